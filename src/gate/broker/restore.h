/* Putting back what was altered on the shelf, from the good copy in sealed memory (C1: found, shown, evidenced, restored).
 *
 * What stands in its place is copied first to <state>/evidence/<name>.<time>, as far as WQ_EVIDENCE_FILES and
 * WQ_EVIDENCE_BYTES go: what is there already is worth more than what comes, so nothing is ever pushed out; somebody
 * has to clear it away. Then the good bytes are put in its place in one step. A cold pack has no good copy: it is
 * reported, not restored. The same file is not restored twice within WQ_RESTORE_PAUSE_SECONDS, so that somebody who
 * alters it again and again fills neither log nor ledger.
 */
#ifndef WQ_GATE_BROKER_RESTORE_H
#define WQ_GATE_BROKER_RESTORE_H

#include "base/clock.h"
#include "vault/load.h"

enum {
	WQ_EVIDENCE_FILES = 64,
	WQ_EVIDENCE_BYTES = 512 * 1024 * 1024,
	WQ_RESTORE_PAUSE_SECONDS = 10,
	WQ_RESTORE_REMEMBERED = 64
};

struct wq_restorer {
	const struct wq_fs *fs;
	const struct wq_clock *clock;
	const struct wq_shelf *shelf;
	const char *state_dir;
	struct {
		uint64_t file;
		uint64_t at_msec;
	} last[WQ_RESTORE_REMEMBERED]; /* a ring */
	size_t next;
};

/* Whether there is a good copy of this part (as wq_vault_recheck() counts them). */
bool wq_restore_can(const struct wq_generation *generation, size_t part);
/* `evidence` holds PATH_MAX and gets the file's name, or "" when nothing was kept. Errors: WQ_E_BUSY within the pause (nothing
 * was done), WQ_E_NO_SPACE, WQ_E_IO and others of files: nothing was changed then, but evidence may have been kept. */
wq_err wq_restore(
	struct wq_restorer *restorer, const struct wq_generation *generation, size_t part, char evidence[PATH_MAX]);

#endif
