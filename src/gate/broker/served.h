/* What is served: for each application on the shelf the generation that is handed to gates.
 *
 * Invariants: an application is switched to a whole new generation or stays with the one it has; its floor is raised,
 * durably, before a new one is offered; whatever is wrong on the shelf never takes away what is served. A host has one
 * application: who has it keeps it until its own release gives it up, and a release that claims it for another is passed
 * over. What was accepted before a restart is taken up first, so that this does not depend on names or on the order of
 * publishing. A fault is reported once, and again only after it was gone.
 */
#ifndef WQ_GATE_BROKER_SERVED_H
#define WQ_GATE_BROKER_SERVED_H

#include "gate/broker/leave_keys.h"
#include "gate/broker/report.h"
#include "vault/load.h"

/* A generation with the number under which gates acknowledge it. Held by the table and by sessions that send it. */
struct wq_offer {
	struct wq_generation *generation;
	uint64_t number; /* 1, 2, …: never reused in this process; a new one makes it due once more at every gate */
	size_t refs;
	bool acknowledged;
};
struct wq_offer *wq_offer_ref(struct wq_offer *offer);
void wq_offer_unref(struct wq_offer **offer);

struct wq_served;

struct wq_served_config {
	const char *vault_dir, *state_dir;
	struct wq_vault_keys keys; /* borrowed */
	uint64_t budget_bytes;
	const struct wq_fs *fs;
	const struct wq_clock *clock;
	bool no_restore; /* what was altered on the shelf is reported, not put back (restore.h) */
};
/* Errors: those of shelf, state directory and leave key. */
wq_err wq_served_open(const struct wq_served_config *config, struct wq_report *report, struct wq_served **ret_served);
/* Requires: no offer is held by others. */
void wq_served_close(struct wq_served **served);

/* Looks for new snapshots of all applications. `*ret_changed` (may be NULL): something new is offered. Only a shelf that
 * cannot be listed is an error. */
wq_err wq_served_scan(struct wq_served *served, bool *ret_changed);
/* The same for one, which may be new, and for those that wait for a host. True: something new is offered. */
bool wq_served_scan_app(struct wq_served *served, const char *app);
/* The same for those of which a snapshot was passed over: something that it needs may have come. */
bool wq_served_scan_waiting(struct wq_served *served);
/* Compares the shelf with what is in memory, reports what differs and puts it back: one file a call, in turn. False when a whole
 * round is done. */
bool wq_served_recheck_next(struct wq_served *served);
/* Whether something was met, since it was asked last, that could not be put back yet and is worth another round. */
bool wq_served_restore_due(struct wq_served *served);
/* The same for the snapshot of one application, and for one pack wherever it is named. Unknown ones are passed over. */
void wq_served_recheck_app(struct wq_served *served, const char *app);
void wq_served_recheck_pack(struct wq_served *served, wq_digest pack);
/* A gate read a block of a cold pack that is not what was sealed. Reported once a fault. False when the application is not
 * served from such a pack: nothing was reported. */
bool wq_served_gate_fault(struct wq_served *served, const char *app, wq_digest pack, uint32_t object, wq_str note);

/* Applications that were ever met on the shelf. */
size_t wq_served_count(const struct wq_served *served);
/* Requires i < count. Applications keep their places. NULL: nothing of this one was ever whole. */
struct wq_offer *wq_served_offer(const struct wq_served *served, size_t i);
/* For watching it. */
const struct wq_shelf *wq_served_shelf(const struct wq_served *served);
/* The name; requires i < count. */
const char *wq_served_app(const struct wq_served *served, size_t i);
const struct wq_leave_keys *wq_served_leave_keys(const struct wq_served *served);

#endif
