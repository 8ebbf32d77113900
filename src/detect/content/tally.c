#include "detect/content/content_priv.h"

enum { DISTINCT_MAX = 4096, SLOTS = 2 * DISTINCT_MAX };

wq_err content_count(
	struct wq_arena *arena, struct content_tally *tally, const uint8_t *digits, size_t n, size_t from, size_t to)
{
	uint64_t key = n;

	for (size_t i = 0; i < n; i++)
		key = 11 * key + digits[i];
	if (!tally->slots) {
		tally->slots = WQ_NEW_ARRAY(arena, uint64_t, SLOTS);
		tally->from = from;
		tally->to = to;
		if (!tally->slots)
			return wq_arena_err(arena);
	}
	if (tally->distinct >= DISTINCT_MAX) {
		tally->distinct++;
		return WQ_OK;
	}
	size_t at = wq_str_hash(wq_str_of(&key, sizeof(key)), 0) % SLOTS;
	for (; tally->slots[at]; at = (at + 1) % SLOTS)
		if (tally->slots[at] == key)
			return WQ_OK;
	tally->slots[at] = key;
	tally->distinct++;
	return WQ_OK;
}
