/* The installation's key for addresses on dynamic pages (policy/leave.h): each application's is derived from it in the
 * gate, so that nobody can use the prompt to lend a false address the portal's name. It signs nothing that is sealed.
 *
 *     <state>/leave.key       32 bytes, made at the first start, mode 0600
 *     <state>/leave.key.old   the one before, if there is one: pages that are still open in a browser were made with it
 *
 * To change it: move leave.key to leave.key.old and start weique-vault again. It is read once, at the start.
 */
#ifndef WQ_GATE_BROKER_LEAVE_KEYS_H
#define WQ_GATE_BROKER_LEAVE_KEYS_H

#include "base/clock.h"
#include "base/file.h"
#include "crypto/digest.h"
#include "link/handover.h"

struct wq_leave_keys {
	wq_digest keys[WQ_HANDOVER_KEYS_MAX]; /* the current one, the one before */
	size_t n;
	bool made; /* just now */
};

/* Durable when it returns. Errors: WQ_E_KEY for a file of another length, those of files. */
wq_err wq_leave_keys_open(
	const struct wq_fs *fs, const struct wq_random *random, const char *state_dir, struct wq_leave_keys *ret_keys);
/* Overwrites them. */
void wq_leave_keys_done(struct wq_leave_keys *keys);

#endif
