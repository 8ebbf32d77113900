/* Says that something on the shelf changed. A hint only: what changed is found by looking (served.h); a lost event, an
 * overflow or a change without an event is caught by the periodic comparison. For broker.c. */
#ifndef WQ_GATE_BROKER_WATCHER_H
#define WQ_GATE_BROKER_WATCHER_H

#include "gate/broker/served.h"

struct wq_watcher {
	int fd;
};

/* Watches the shelf and every application that is known. Errors: WQ_E_IO. */
wq_err wq_watcher_open(const struct wq_served *served, struct wq_watcher *ret_watcher);
/* Accepts one that is closed. */
void wq_watcher_close(struct wq_watcher *watcher);
/* Watches directories that are new on the shelf too; those that are watched stay so. */
void wq_watcher_update(struct wq_watcher *watcher, const struct wq_served *served);
/* Reads all that waits. True when there was a change. */
bool wq_watcher_drain(struct wq_watcher *watcher);

#endif
