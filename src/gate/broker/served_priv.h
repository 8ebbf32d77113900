/* What scanning (served.c) and comparing (served_recheck.c) share. For these two. */
#ifndef WQ_GATE_BROKER_SERVED_PRIV_H
#define WQ_GATE_BROKER_SERVED_PRIV_H

#include "gate/broker/restore.h"
#include "gate/broker/served.h"
#include "gate/broker/told.h"

struct wq_served_app {
	char name[WQ_APP_ID_MAX + 1];
	struct wq_offer *offer;
	bool waits; /* a snapshot was passed over: its host is another's, a pack is missing */
};

struct wq_served {
	struct wq_shelf shelf;
	char state_dir[WQ_SHELF_DIR_MAX];
	struct wq_vault_keys keys;
	struct wq_leave_keys leave_keys;
	struct wq_vault_memory *memory;
	struct wq_report *report;
	const struct wq_fs *fs;
	struct wq_served_app *apps[WQ_SHELF_APPS_MAX];
	size_t apps_n, recheck_at, recheck_part;
	bool restored;    /* what was served before this process began was taken up */
	bool restores;    /* puts back what was altered */
	bool restore_due; /* something could not be put back: the disk was full, it was its pause */
	uint64_t last_number;
	struct wq_told told;
	struct wq_restorer restorer;
	uint32_t scan_round, recheck_round;
};

/* NULL when it was never met. */
struct wq_served_app *wq_served_find(const struct wq_served *served, const char *name);
/* An error that concerns the application as a whole. */
void wq_served_tell_error(struct wq_served *served, const char *app, wq_err e, enum wq_told_by by, uint32_t round);

#endif
