/* The thread that writes the broker's events into the ledger. For report.c; see there for the guarantees. */
#ifndef WQ_GATE_BROKER_RECORDER_H
#define WQ_GATE_BROKER_RECORDER_H

#include "base/clock.h"
#include "base/log.h"

struct wq_recorder;

/* Starts the thread. The ledger is opened by it, now or as soon as it can be. Borrows everything. Errors: WQ_E_NO_MEMORY,
 * WQ_E_IO when there can be no thread. */
wq_err wq_recorder_start(struct wq_log *log, const char *ledger_url, const struct wq_clock *clock,
	const struct wq_random *random, struct wq_recorder **ret_recorder);
/* Waits at most WQ_REPORT_STOP_MSEC for the queue to empty, then frees. Accepts NULL. */
void wq_recorder_stop(struct wq_recorder **recorder);
/* Queues one event; copies everything. `body` is a JSON object. */
void wq_recorder_add(struct wq_recorder *recorder, const char *type, const char *app, const char *subject, wq_str body);

#endif
