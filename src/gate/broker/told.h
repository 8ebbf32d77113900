/* Which faults were reported and still stand, so that each is reported once, and again only after it was gone. Bounded: over
 * WQ_TOLD_MAX faults at a time the rest is reported each time. For this folder. */
#ifndef WQ_GATE_BROKER_TOLD_H
#define WQ_GATE_BROKER_TOLD_H

#include "gate/broker/report.h"

enum { WQ_TOLD_MAX = 512 };

/* Who found it. What a gate met and a comparison finds is one fault. */
enum wq_told_by { WQ_TOLD_SCAN, WQ_TOLD_RECHECK, WQ_TOLD_GATE };

struct wq_told {
	struct {
		uint64_t identity, app, pack;
		enum wq_told_by by;
		uint32_t round;
	} rows[WQ_TOLD_MAX];
	size_t n;
};

/* Reports the fault unless it stands already. Either way it was met in `round`. True when it was news. */
bool wq_told_say(struct wq_told *told, struct wq_report *report, const struct wq_vault_fault *fault, enum wq_told_by by,
	uint32_t round);
/* What `by` found before `round` is gone; of `app` only, unless NULL. */
void wq_told_forget(struct wq_told *told, enum wq_told_by by, const char *app, uint32_t round);
/* A part (`pack` NULL: the snapshot) was found whole. */
void wq_told_whole(struct wq_told *told, const char *app, const wq_digest *pack);

#endif
