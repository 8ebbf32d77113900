/* What the gate counts, in memory that all workers share: a row for each application (row 0: requests of none), a column
 * for each counter, a slot for each worker, so that counting is one addition to a cache line of one's own.
 *
 * Invariants: counters only grow; a worker that dies loses nothing that it counted, and the one after it goes on in its
 * slot; rows are never taken back, so an application that was withdrawn keeps what was counted. Additions are atomic:
 * an old worker that still drains shares the slot with its successor. Knows nothing of nginx.
 * Bad at: more than WQ_GATE_ROWS_MAX applications in one life of the gate (they count into row 0).
 */
#ifndef WQ_GATE_NGINX_COUNTERS_H
#define WQ_GATE_NGINX_COUNTERS_H

#include "base/buf.h"

enum wq_gate_count {
#define WQ_N_ROW(id, family, class, outcome) WQ_N_##id,
#include "gate/nginx/counter_table.h"
#undef WQ_N_ROW
	WQ_GATE_COUNTS
};

enum {
	WQ_GATE_SLOTS = 16,   /* workers beyond share */
	WQ_GATE_COLUMNS = 40, /* whole cache lines a row */
	WQ_GATE_ROWS_MAX = 4097,
	WQ_GATE_ROW_NAME = 72
};

struct wq_gate_count_name {
	const char *family, *class, *outcome;
};
extern const struct wq_gate_count_name wq_gate_count_names[WQ_GATE_COUNTS];

/* What one worker says of itself: the last word counts. */
struct wq_gate_gauges {
	uint64_t pid;
	uint64_t mapped_bytes, max_bytes, packs, draining;
	uint64_t ready, connected;  /* 0 or 1 */
	uint64_t switched, refused; /* generations, counted over all workers that had this slot */
};

struct wq_gate_slot {
	_Alignas(64) struct wq_gate_gauges gauges;
	_Alignas(64) uint64_t cells[WQ_GATE_ROWS_MAX][WQ_GATE_COLUMNS];
};

struct wq_gate_zone {
	uint32_t rows_n;
	char names[WQ_GATE_ROWS_MAX][WQ_GATE_ROW_NAME];
	struct wq_gate_slot slots[WQ_GATE_SLOTS];
};

/* Ready for use; `zone` is zero. */
void wq_gate_zone_init(struct wq_gate_zone *zone);
/* The row of an application, added when there is none; 0 when there is no room. The caller holds the zone's lock. */
uint32_t wq_gate_zone_row(struct wq_gate_zone *zone, const char *app);

static inline void wq_gate_slot_count(struct wq_gate_slot *slot, uint32_t row, enum wq_gate_count which)
{
	__atomic_fetch_add(&slot->cells[row][which], 1, __ATOMIC_RELAXED);
}

static inline void wq_gate_slot_add(struct wq_gate_slot *slot, uint32_t row, enum wq_gate_count which, uint64_t n)
{
	__atomic_fetch_add(&slot->cells[row][which], n, __ATOMIC_RELAXED);
}

/* One cell over all slots, and over one slot's rows. */
uint64_t wq_gate_zone_sum(const struct wq_gate_zone *zone, uint32_t row, enum wq_gate_count which);
uint64_t wq_gate_slot_sum(const struct wq_gate_zone *zone, const struct wq_gate_slot *slot, enum wq_gate_count which);

/* The counters and gauges as Prometheus reads them (text exposition format 0.0.4). Cells that are zero are left out, but
 * for what was served under a sealed path. */
void wq_gate_zone_write(const struct wq_gate_zone *zone, struct wq_buf *out);

#endif
