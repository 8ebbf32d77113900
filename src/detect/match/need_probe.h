/* Checks of struct wq_need that the tests and the fuzz target share. Tests only. */
#ifndef WQ_DETECT_MATCH_NEED_PROBE_H
#define WQ_DETECT_MATCH_NEED_PROBE_H

#include "detect/match/naive.h"
#include "detect/match/need_priv.h"

/* What of the need `s` lacks, or NULL. */
static inline const char *need_lacks(const struct wq_need *need, wq_str s)
{
	bool literal = need->literals_n == 0, any = false, only = true;

	for (size_t i = 0; i < need->literals_n && !literal; i++)
		literal = naive_find(s, need->literals[i], 0) >= 0;
	for (size_t i = 0; i < s.n; i++) {
		any |= wq_need_has(need->any_of, (uint8_t)s.p[i]);
		only &= wq_need_has(need->only, (uint8_t)s.p[i]);
	}
	if (s.n == 0)
		any = need->min_bytes == 0; /* the set of a pattern that may be empty is all bytes, or none is needed */
	return s.n < need->min_bytes ? "min_bytes" : !literal ? "literals" : !any ? "any_of" : !only ? "only" : NULL;
}

/* Numbers by a small generator, so that a failure can be repeated. */
struct need_dice {
	uint64_t state;
};

static inline uint32_t need_roll(struct need_dice *dice, uint32_t n)
{
	dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(dice->state >> 33) % n;
}

/* Appends a string that the tree matches, assertions aside, up to `max` bytes. */
static inline void need_write(
	struct need_dice *dice, const struct wq_need_node *node, char *text, size_t *n, size_t max)
{
	uint32_t times = 1, pick = 0, children = 0;
	uint8_t bytes[256];

	switch (node->kind) {
	case WQ_NEED_BYTE:
		for (unsigned byte = 0; byte < 256; byte++)
			if (wq_need_has(node->set, (uint8_t)byte))
				bytes[children++] = (uint8_t)byte;
		if (children > 0 && *n < max)
			text[(*n)++] = (char)bytes[need_roll(dice, children)];
		return;
	case WQ_NEED_REPEAT:
		times = node->least + need_roll(dice, 3);
		times = WQ_MIN(times, node->most);
		for (uint32_t i = 0; i < times && *n < max; i++)
			need_write(dice, node->first, text, n, max);
		return;
	case WQ_NEED_EITHER:
		for (const struct wq_need_node *child = node->first; child; child = child->next)
			children++;
		pick = need_roll(dice, children);
		for (const struct wq_need_node *child = node->first; child; child = child->next)
			if (pick-- == 0)
				need_write(dice, child, text, n, max);
		return;
	case WQ_NEED_ALL:
		for (const struct wq_need_node *child = node->first; child; child = child->next)
			need_write(dice, child, text, n, max);
		return;
	case WQ_NEED_BEGIN:
	case WQ_NEED_END:
	case WQ_NEED_NOTHING:
	case WQ_NEED_ANYTHING: return;
	}
}

/* Changes a byte or two: another one, another case, one away, one twice. */
static inline size_t need_mutate(struct need_dice *dice, char *text, size_t n)
{
	for (uint32_t i = need_roll(dice, 3); i > 0 && n > 1; i--) {
		size_t at = need_roll(dice, (uint32_t)n);

		switch (need_roll(dice, 4)) {
		case 0: text[at] = (char)need_roll(dice, 256); break;
		case 1: text[at] = (char)(text[at] ^ 0x20); break;
		case 2: memmove(text + at, text + at + 1, --n - at); break;
		default: text[at] = text[need_roll(dice, (uint32_t)n)]; break;
		}
	}
	return n;
}

#endif
