#include "detect/front/match_priv.h"

static uint32_t load(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v | 0x20202020;
}

static uint32_t hash_of(uint32_t gram)
{
	return gram * 0x9e3779b1u >> 16;
}

/* How common a byte is in scripts and pages: the rarest gram of a literal stands for it. */
static unsigned weight(unsigned char c)
{
	if (c == ' ' || c == '\n')
		return 12;
	if (c >= 'A' && c <= 'Z')
		c = (unsigned char)(c | 0x20);
	if (c >= 0x80)
		return 4;
	return memchr("etaoinsr", c, 8) ? 10 : memchr("xqzjkvw", c, 7) ? 3 : c >= 'a' && c <= 'z' ? 7 : 5;
}

static size_t rarest(wq_str text)
{
	size_t best = 0;
	unsigned least = UINT32_MAX;

	for (size_t i = 0; i + FRONT_GRAM <= text.n && i < 200; i++) {
		unsigned sum = 0;
		for (size_t k = 0; k < FRONT_GRAM; k++)
			sum += weight((unsigned char)text.p[i + k]);
		if (sum < least) {
			least = sum;
			best = i;
		}
	}
	return best;
}

wq_err front_finder_add(struct wq_arena *arena, struct front_finder *finder, wq_str text, uint32_t id, bool exact)
{
	struct front_literal *item;
	uint32_t hash;

	if (text.n < FRONT_GRAM)
		return wq_error(WQ_E_INPUT, "a literal of %d bytes or more", FRONT_GRAM);
	if (finder->n == finder->room) {
		size_t room = finder->room ? 2 * finder->room : 256;
		struct front_literal *items = WQ_NEW_ARRAY(arena, struct front_literal, room);
		if (!items)
			return wq_arena_err(arena);
		if (finder->n)
			memcpy(items, finder->items, finder->n * sizeof *items);
		finder->items = items;
		finder->room = room;
	}
	item = &finder->items[finder->n++];
	*item = (struct front_literal){.text = text, .id = id, .exact = exact, .gram_at = (uint16_t)rarest(text)};
	hash = hash_of(load(text.p + item->gram_at));
	item->next = finder->heads[hash % FRONT_SLOTS];
	finder->heads[hash % FRONT_SLOTS] = (uint32_t)finder->n;
	finder->grams[hash / 64] |= (uint64_t)1 << hash % 64;
	return WQ_OK;
}

static void look(const struct front_finder *finder, wq_str text, size_t i, uint32_t hash, front_hit_fn hit, void *data)
{
	for (uint32_t n = finder->heads[hash % FRONT_SLOTS]; n; n = finder->items[n - 1].next) {
		const struct front_literal *item = &finder->items[n - 1];
		wq_str here;

		if (i < item->gram_at || text.n - (i - item->gram_at) < item->text.n)
			continue;
		here = wq_str_of(text.p + i - item->gram_at, item->text.n);
		if (item->exact ? wq_str_eq(here, item->text) : wq_str_eq_nocase(here, item->text))
			hit(data, item->id, i - item->gram_at, item->text.n);
	}
}

void front_find(const struct front_finder *finder, wq_str text, front_hit_fn hit, void *data)
{
	for (size_t i = 0; i + FRONT_GRAM <= text.n; i++) {
		uint32_t hash = hash_of(load(text.p + i));
		if (finder->grams[hash / 64] >> hash % 64 & 1)
			look(finder, text, i, hash, hit, data);
	}
}
