/* The plain way to look for literals, which tests and the fuzz target hold the scanner against. Tests only. */
#ifndef WQ_DETECT_MATCH_NAIVE_H
#define WQ_DETECT_MATCH_NAIVE_H

#include "detect/match/literals.h"

/* Where `text` is in `s` from `from` on, without ASCII case, or -1. */
static inline ptrdiff_t naive_find(wq_str s, wq_str text, size_t from)
{
	for (size_t i = from; i + text.n <= s.n; i++)
		if (wq_str_starts_nocase(wq_str_from(s, i), text))
			return (ptrdiff_t)i;
	return -1;
}

/* The first to end, of those the longest. */
static inline bool naive_owner(const struct wq_literal *literals, size_t n, uint32_t owner, wq_str s, wq_str *ret_found)
{
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at = literals[i].owner == owner ? naive_find(s, literals[i].text, 0) : -1;
		wq_str here = at < 0 ? WQ_S_NONE : wq_str_of(s.p + at, literals[i].text.n);

		if (at < 0)
			continue;
		if (!found || here.p + here.n < ret_found->p + ret_found->n ||
			(here.p + here.n == ret_found->p + ret_found->n && here.n > ret_found->n))
			*ret_found = here;
		found = true;
	}
	return found;
}

/* What is wrong with the scanner's answers for `s`, or NULL. */
static inline const char *naive_differs(
	const struct wq_literals *set, const struct wq_literal *literals, size_t n, uint32_t owners_n, wq_str s)
{
	uint64_t bits[WQ_LITERALS_OWNERS_MAX / 64] = {0};

	wq_literals_scan(set, s, bits);
	for (uint32_t owner = 0; owner < owners_n; owner++) {
		wq_str plain = WQ_S_NONE, found = WQ_S_NONE;
		bool has = naive_owner(literals, n, owner, s, &plain);

		if ((bits[owner / 64] >> owner % 64 & 1) != has)
			return has ? "a literal was not seen" : "a literal was seen that is not there";
		if (wq_literals_find(set, owner, s, &found) != has || found.p != plain.p || found.n != plain.n)
			return "another literal was found";
	}
	return NULL;
}

#endif
