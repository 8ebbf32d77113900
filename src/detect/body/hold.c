#include "detect/body/body_priv.h"

enum { SEEN_FIRST = 32, SEEN_STEPS = 48, HOLD_FIRST = 64 };

/* Puts a hash at its place or behind it: 1 it was there, 0 it is now, -1 no place within the steps. */
static int put(uint64_t *slots, uint32_t room, uint64_t hash)
{
	for (uint32_t i = 0; i < SEEN_STEPS && i < room; i++) {
		uint64_t *slot = &slots[(hash + i) & (room - 1)];
		if (*slot == hash)
			return 1;
		if (*slot == 0) {
			*slot = hash;
			return 0;
		}
	}
	return -1;
}

static bool grow(struct wq_seen *seen, struct wq_arena *arena)
{
	uint32_t room = seen->room ? seen->room * 4 : SEEN_FIRST;
	uint64_t *slots = WQ_NEW_ARRAY(arena, uint64_t, room);
	if (!slots)
		return false;
	for (uint32_t i = 0; i < seen->room; i++)
		if (seen->slots[i])
			put(slots, room, seen->slots[i]);
	seen->slots = slots;
	seen->room = room;
	return true;
}

bool wq_seen_add(struct wq_seen *seen, struct wq_arena *arena, uint64_t hash)
{
	int was;
	hash |= hash == 0;
	if (seen->n * 2 >= seen->room && !grow(seen, arena))
		return false;
	was = put(seen->slots, seen->room, hash);
	seen->n += was == 0;
	return was != 0;
}

bool wq_hold_grow(struct wq_hold *hold, struct wq_arena *arena, size_t n)
{
	size_t room = WQ_MAX(WQ_MAX(hold->n * 2, hold->n + n), (size_t)HOLD_FIRST);
	char *p = wq_arena_alloc(arena, room);
	if (!p)
		return false;
	if (hold->n)
		memcpy(p, hold->p, hold->n);
	hold->p = p;
	hold->room = room;
	return true;
}

wq_str wq_hold_take(struct wq_hold *hold)
{
	wq_str s = wq_str_of(hold->n ? hold->p : "", hold->n);
	if (hold->n)
		hold->p += hold->n;
	hold->room -= hold->n;
	hold->n = 0;
	return s;
}
