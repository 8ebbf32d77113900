/* What the broker has to say: each event goes to the log at once and to the ledger through a queue.
 *
 * The ledger is written by a thread of its own, which waits and tries again as long as it has to: a database that is
 * locked or gone never holds up the handing over of sealed memory. Invariants: events reach the ledger in the order in
 * which they were reported; one that cannot be written stays at the head of the queue; when the queue is full the newest
 * are counted and their number is recorded as soon as there is room. Every failure is said in the log, once an outage.
 */
#ifndef WQ_GATE_BROKER_REPORT_H
#define WQ_GATE_BROKER_REPORT_H

#include "base/clock.h"
#include "base/log.h"
#include "link/handover.h"
#include "vault/load.h"

enum { WQ_REPORT_QUEUE_MAX = 4096, WQ_REPORT_RETRY_MSEC = 1000, WQ_REPORT_STOP_MSEC = 3000 };

struct wq_report;

/* `ledger_url` NULL: the log only. Borrows log, clock and random. Starts the thread. */
wq_err wq_report_new(struct wq_log *log, const char *ledger_url, const struct wq_clock *clock,
	const struct wq_random *random, struct wq_report **ret_report);
/* Writes what waits, for at most WQ_REPORT_STOP_MSEC, then ends the thread. What is left is said in the log. */
void wq_report_free(struct wq_report **report);

/* An application is served: the first gate has acknowledged this generation. */
void wq_report_served(struct wq_report *report, const struct wq_snapshot *snapshot, wq_digest digest, pid_t worker);
/* The first snapshot that is accepted of an application has a serial over 1: a new installation, or its floor was lost, and
 * with it the knowledge of what was newer. */
void wq_report_floor_new(struct wq_report *report, const struct wq_snapshot *snapshot, wq_digest digest);
/* Something is wrong on the shelf. The name of the event follows from the kind of fault. */
void wq_report_fault(struct wq_report *report, const struct wq_vault_fault *fault);
/* What the fault is about was put back, or could not be. `evidence`: the file that keeps what stood there, or "". */
void wq_report_restored(struct wq_report *report, const struct wq_vault_fault *fault, const char *evidence);
void wq_report_restore_failed(struct wq_report *report, const struct wq_vault_fault *fault, wq_err why);
void wq_report_leave_key_new(struct wq_report *report);
/* The shelf cannot be listed at all. Goes to the log only: the next look may be a moment later. */
void wq_report_shelf_unreadable(struct wq_report *report, wq_err e);
void wq_report_worker_connected(struct wq_report *report, pid_t pid, uid_t uid);
void wq_report_worker_gone(struct wq_report *report, pid_t pid, wq_err why);
/* A process that may not have what is sealed came for it. */
void wq_report_worker_denied(struct wq_report *report, pid_t pid, uid_t uid);
/* A gate refused a generation (NACK). `reason` is a word of link/handover.h, `note` comes from the gate. */
void wq_report_refused(
	struct wq_report *report, pid_t pid, const char *app, uint64_t serial, const char *reason, wq_str note);
/* The rule engine of a gate refused a request (RULE). `m` is from the gate, its texts from outside. */
void wq_report_rule_blocked(struct wq_report *report, const struct wq_handover *m);

#endif
