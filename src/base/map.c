#include "base/map.h"

#include <endian.h>

#define REMOVED UINT32_MAX
#define NONE SIZE_MAX

static uint64_t rotl(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

/* The state in registers: a function with a pointer to it is three times slower. */
#define SIP_ROUND(v0, v1, v2, v3) \
	do { \
		(v0) += (v1); \
		(v1) = rotl(v1, 13) ^ (v0); \
		(v0) = rotl(v0, 32); \
		(v2) += (v3); \
		(v3) = rotl(v3, 16) ^ (v2); \
		(v0) += (v3); \
		(v3) = rotl(v3, 21) ^ (v0); \
		(v2) += (v1); \
		(v1) = rotl(v1, 17) ^ (v2); \
		(v2) = rotl(v2, 32); \
	} while (0)

static uint64_t little_endian(const unsigned char *p, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)p[i] << 8 * i;
	return word;
}

static uint64_t little_endian_8(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	return le64toh(word);
}

uint64_t wq_siphash13(const uint64_t key[2], wq_str s)
{
	uint64_t a = key[0] ^ 0x736f6d6570736575ULL, b = key[1] ^ 0x646f72616e646f6dULL,
		 c = key[0] ^ 0x6c7967656e657261ULL, d = key[1] ^ 0x7465646279746573ULL;
	const unsigned char *p = (const unsigned char *)s.p;
	size_t left = s.n;
	uint64_t word;

	for (; left >= 8; p += 8, left -= 8) {
		word = little_endian_8(p);
		d ^= word;
		SIP_ROUND(a, b, c, d);
		a ^= word;
	}
	word = little_endian(p, left) | (uint64_t)s.n << 56;
	d ^= word;
	SIP_ROUND(a, b, c, d);
	a ^= word;
	c ^= 0xff;
	for (int i = 0; i < 3; i++)
		SIP_ROUND(a, b, c, d);
	return a ^ b ^ c ^ d;
}

void wq_map_init(struct wq_map *map, size_t max_entries, const struct wq_random *random)
{
	*map = (struct wq_map){.max_entries = WQ_MIN(max_entries, (size_t)1 << 30)};
	random->fill(random->data, map->secret, sizeof map->secret);
}

void wq_map_done(struct wq_map *map)
{
	struct wq_map empty = {.max_entries = map->max_entries, .secret = {map->secret[0], map->secret[1]}};

	for (size_t i = 0; i < map->used; i++)
		free((void *)(uintptr_t)map->entries[i].key.p);
	free(map->entries);
	free(map->slots);
	*map = empty;
}

/* The slot of the key, or NONE. */
static size_t find(const struct wq_map *map, wq_str key, uint64_t hash)
{
	size_t mask = map->slot_count - 1;

	if (map->slot_count == 0)
		return NONE;
	for (size_t at = hash & mask; map->slots[at] != 0; at = (at + 1) & mask) {
		const struct wq_map_entry *e;
		if (map->slots[at] == REMOVED)
			continue;
		e = &map->entries[map->slots[at] - 1];
		if (e->hash == hash && wq_str_eq(e->key, key))
			return at;
	}
	return NONE;
}

static void link_entry(struct wq_map *map, size_t position)
{
	size_t mask = map->slot_count - 1, at = map->entries[position].hash & mask;

	while (map->slots[at] != 0)
		at = (at + 1) & mask;
	map->slots[at] = (uint32_t)(position + 1);
	map->slot_marks++;
}

/* A table for `count + 1` entries at a load of at most 3/4, without what was removed. */
static bool rebuild(struct wq_map *map)
{
	size_t slot_count = 16, room, kept = 0;
	struct wq_map_entry *entries;
	uint32_t *slots;

	while (slot_count / 4 * 3 < (map->count + 1) * 3 / 2)
		slot_count *= 2;
	room = WQ_MAX(slot_count / 4 * 3, map->used);
	slots = calloc(slot_count, sizeof *slots);
	if (!slots)
		return false;
	entries = realloc(map->entries, room * sizeof *entries);
	if (!entries) {
		free(slots);
		return false;
	}
	for (size_t i = 0; i < map->used; i++)
		if (entries[i].key.p)
			entries[kept++] = entries[i];
	free(map->slots);
	map->entries = entries;
	map->slots = slots;
	map->slot_count = slot_count;
	map->slot_marks = 0;
	map->entry_room = room;
	map->used = kept;
	for (size_t i = 0; i < kept; i++)
		link_entry(map, i);
	return true;
}

static bool has_room(const struct wq_map *map)
{
	return map->used < map->entry_room && map->slot_marks < map->slot_count / 4 * 3;
}

wq_err wq_map_put(struct wq_map *map, wq_str key, void *value, void **ret_old)
{
	uint64_t hash = wq_siphash13(map->secret, key);
	size_t slot = find(map, key, hash);
	char *copy;

	if (slot != NONE) {
		struct wq_map_entry *e = &map->entries[map->slots[slot] - 1];
		if (ret_old)
			*ret_old = e->value;
		e->value = value;
		return WQ_OK;
	}
	if (map->count >= map->max_entries)
		return wq_error(WQ_E_LIMIT, "a map of at most %zu entries is full", map->max_entries);
	copy = malloc(key.n ? key.n : 1);
	if (!copy || (!has_room(map) && !rebuild(map))) {
		free(copy);
		return wq_error_id(WQ_E_NO_MEMORY);
	}
	if (key.n > 0)
		memcpy(copy, key.p, key.n);
	map->entries[map->used] = (struct wq_map_entry){wq_str_of(copy, key.n), value, hash};
	link_entry(map, map->used++);
	map->count++;
	if (ret_old)
		*ret_old = NULL;
	return WQ_OK;
}

void *wq_map_get(const struct wq_map *map, wq_str key)
{
	size_t slot = find(map, key, wq_siphash13(map->secret, key));

	return slot == NONE ? NULL : map->entries[map->slots[slot] - 1].value;
}

bool wq_map_has(const struct wq_map *map, wq_str key)
{
	return find(map, key, wq_siphash13(map->secret, key)) != NONE;
}

bool wq_map_remove(struct wq_map *map, wq_str key, void **ret_value)
{
	size_t slot = find(map, key, wq_siphash13(map->secret, key));
	struct wq_map_entry *e;

	if (slot == NONE)
		return false;
	e = &map->entries[map->slots[slot] - 1];
	if (ret_value)
		*ret_value = e->value;
	free((void *)(uintptr_t)e->key.p);
	*e = (struct wq_map_entry){0};
	map->slots[slot] = REMOVED;
	map->count--;
	return true;
}

const struct wq_map_entry *wq_map_next(const struct wq_map *map, size_t *at)
{
	while (*at < map->used) {
		const struct wq_map_entry *e = &map->entries[(*at)++];
		if (e->key.p)
			return e;
	}
	return NULL;
}
