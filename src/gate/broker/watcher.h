/* Says what on the shelf changed, so that one release among a thousand applications costs one look. A hint only: what
 * changed is found by looking (served.h); a lost event, an overflow or a change without an event is caught by the periodic
 * comparison. For broker.c. */
#ifndef WQ_GATE_BROKER_WATCHER_H
#define WQ_GATE_BROKER_WATCHER_H

#include "gate/broker/served.h"

enum { WQ_DIRTY_MAX = 256 };

/* What has to be looked at. Over WQ_DIRTY_MAX of a kind: everything. */
struct wq_dirty {
	bool all;
	char apps[WQ_DIRTY_MAX][WQ_APP_ID_MAX + 1];
	size_t apps_n;
	wq_digest packs[WQ_DIRTY_MAX];
	size_t packs_n;
};
void wq_dirty_app(struct wq_dirty *dirty, const char *app);
void wq_dirty_add(struct wq_dirty *dirty, const struct wq_dirty *more);
static inline bool wq_dirty_any(const struct wq_dirty *dirty)
{
	return dirty->all || dirty->apps_n > 0 || dirty->packs_n > 0;
}

struct wq_watcher {
	int fd, apps, packs; /* watches of the two folders, -1: none */
	int *watches;        /* of applications, by number */
	size_t watches_n;
};

/* Watches the shelf and every application that is known. Errors: WQ_E_IO. */
wq_err wq_watcher_open(const struct wq_served *served, struct wq_watcher *ret_watcher);
/* Accepts one that is closed. */
void wq_watcher_close(struct wq_watcher *watcher);
/* Watches applications that are not watched yet. Adds them to `dirty`: something may have come before the watch. */
void wq_watcher_update(struct wq_watcher *watcher, const struct wq_served *served, struct wq_dirty *dirty);
/* Reads all that waits and adds it to what there is already. What has no name of ours (a pack while it is written) is
 * passed over. */
void wq_watcher_drain(struct wq_watcher *watcher, const struct wq_served *served, struct wq_dirty *dirty);

#endif
