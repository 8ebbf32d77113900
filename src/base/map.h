/* A hash map from byte strings to pointers, safe against keys that an attacker chooses.
 *
 * Invariants: keys are copied and owned, values are not; iteration is in order of insertion (a value that is replaced
 * keeps its place); at most the number of entries given at birth. Hashing is SipHash-1-3 under a random key of the map's
 * own. Not thread-safe. Bad at: ordered ranges, many millions of entries (32-bit positions).
 */
#ifndef WQ_BASE_MAP_H
#define WQ_BASE_MAP_H

#include "base/base.h"
#include "base/clock.h"

struct wq_map_entry {
	wq_str key;
	void *value;
	uint64_t hash; /* private */
};

struct wq_map {
	struct wq_map_entry *entries; /* in order; key.p == NULL: removed */
	uint32_t *slots;              /* position in entries + 1, 0: free, UINT32_MAX: removed */
	size_t used, count, entry_room, slot_count, slot_marks, max_entries;
	uint64_t secret[2];
};

/* Empty; takes no memory before the first entry. `max_entries` is at most 2^30. `random` gives the key. */
void wq_map_init(struct wq_map *map, size_t max_entries, const struct wq_random *random);
/* Frees the keys and the table; the values are the caller's. The map may be used again. */
void wq_map_done(struct wq_map *map);

/* Inserts or replaces. `ret_old` (may be NULL) gets the value that was there, or NULL. Errors: WQ_E_LIMIT,
 * WQ_E_NO_MEMORY; the map is as before then. */
wq_err wq_map_put(struct wq_map *map, wq_str key, void *value, void **ret_old);
/* The value, or NULL when there is none; wq_map_has() tells a NULL value from none. */
void *wq_map_get(const struct wq_map *map, wq_str key);
bool wq_map_has(const struct wq_map *map, wq_str key);
/* False when it was not there. `ret_value` may be NULL. */
bool wq_map_remove(struct wq_map *map, wq_str key, void **ret_value);

/* `size_t at = 0; while ((e = wq_map_next(&map, &at)))`: every entry in order of insertion, then NULL. Between calls the
 * current entry may be removed and values replaced; nothing may be inserted. */
const struct wq_map_entry *wq_map_next(const struct wq_map *map, size_t *at);

static inline size_t wq_map_count(const struct wq_map *map)
{
	return map->count;
}

/* SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", with one and three rounds). */
uint64_t wq_siphash13(const uint64_t key[2], wq_str s);

#endif
