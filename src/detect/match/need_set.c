#include "detect/match/need_priv.h"

enum { EDGE_MAX = 16, PRODUCT_MAX = 512 };

static int by_bytes(const void *a, const void *b)
{
	return wq_str_cmp(*(const wq_str *)a, *(const wq_str *)b);
}

/* From the last byte back: strings with one end stand together. */
static int by_end(const void *a, const void *b)
{
	const wq_str *x = a, *y = b;

	for (size_t i = 1; i <= x->n && i <= y->n; i++)
		if (x->p[x->n - i] != y->p[y->n - i])
			return (uint8_t)x->p[x->n - i] - (uint8_t)y->p[y->n - i];
	return (x->n > y->n) - (x->n < y->n);
}

/* Requires: equal strings stand together. */
static void drop_equal(struct wq_need_strings *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		if (n == 0 || !wq_str_eq(set->items[n - 1], set->items[i]))
			set->items[n++] = set->items[i];
	set->n = n;
}

static void shorten(struct wq_need_strings *set, enum wq_need_cut cut, size_t longest)
{
	for (size_t i = 0; i < set->n; i++) {
		wq_str *s = &set->items[i];
		if (s->n > longest)
			*s = cut == WQ_NEED_HEADS ? wq_str_head(*s, longest) : wq_str_from(*s, s->n - longest);
	}
	drop_equal(set);
}

static bool fit(struct wq_need_strings *set, enum wq_need_cut cut, size_t max)
{
	if (set->n > 1)
		qsort(set->items, set->n, sizeof *set->items, cut == WQ_NEED_TAILS ? by_end : by_bytes);
	if (cut != WQ_NEED_WHOLE) {
		for (size_t longest = EDGE_MAX; shorten(set, cut, longest), set->n > max; longest--)
			;
		return true;
	}
	drop_equal(set);
	for (size_t i = 0; i < set->n; i++)
		if (set->items[i].n > WQ_NEED_LITERAL_MAX)
			return false;
	return set->n <= max;
}

bool wq_need_join(struct wq_arena *arena, struct wq_need_strings a, struct wq_need_strings b, enum wq_need_cut cut,
	size_t max, struct wq_need_strings *ret_set)
{
	struct wq_need_strings set = {WQ_NEW_ARRAY(arena, wq_str, a.n + b.n + 1), a.n + b.n};

	if (!set.items)
		return false;
	if (a.n > 0)
		memcpy(set.items, a.items, a.n * sizeof *a.items);
	if (b.n > 0)
		memcpy(set.items + a.n, b.items, b.n * sizeof *b.items);
	if (!fit(&set, cut, max))
		return false;
	*ret_set = set;
	return true;
}

static wq_str paste(struct wq_arena *arena, wq_str a, wq_str b)
{
	char *p;

	if (a.n == 0 || b.n == 0)
		return a.n == 0 ? b : a;
	p = wq_arena_alloc(arena, a.n + b.n);
	if (!p)
		return WQ_S_NONE;
	memcpy(p, a.p, a.n);
	memcpy(p + a.n, b.p, b.n);
	return wq_str_of(p, a.n + b.n);
}

bool wq_need_cross(struct wq_arena *arena, struct wq_need_strings a, struct wq_need_strings b, enum wq_need_cut cut,
	size_t max, struct wq_need_strings *ret_set)
{
	struct wq_need_strings set = {NULL, a.n * b.n}, none = {NULL, 0};

	if (set.n > (cut == WQ_NEED_WHOLE ? max : (size_t)PRODUCT_MAX))
		return cut != WQ_NEED_WHOLE &&
			wq_need_join(arena, cut == WQ_NEED_HEADS ? a : b, none, cut, max, ret_set);
	set.items = WQ_NEW_ARRAY(arena, wq_str, set.n + 1);
	if (!set.items)
		return false;
	for (size_t i = 0; i < a.n; i++)
		for (size_t k = 0; k < b.n; k++)
			set.items[i * b.n + k] = paste(arena, a.items[i], b.items[k]);
	if (arena->failed || !fit(&set, cut, max))
		return false;
	*ret_set = set;
	return true;
}

void wq_need_thin(struct wq_need_strings *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++) {
		bool contains = false;

		for (size_t k = 0; k < set->n && !contains; k++)
			contains = k != i && set->items[k].n < set->items[i].n &&
				wq_str_find(set->items[i], set->items[k]) >= 0;
		if (!contains)
			set->items[n++] = set->items[i];
	}
	set->n = n;
}
