/* What need.c and need_parse.c share: the tree of a pattern, and sets of strings. For this folder only. */
#ifndef WQ_DETECT_MATCH_NEED_PRIV_H
#define WQ_DETECT_MATCH_NEED_PRIV_H

#include "detect/match/regex.h"

enum wq_need_kind {
	WQ_NEED_BYTE,    /* one byte of `set` */
	WQ_NEED_ALL,     /* children one after the other; none: the empty string */
	WQ_NEED_EITHER,  /* one of the children */
	WQ_NEED_REPEAT,  /* the child, `least` to `most` times */
	WQ_NEED_BEGIN,   /* only where the string begins */
	WQ_NEED_END,     /* only where it ends */
	WQ_NEED_NOTHING, /* another assertion: takes no bytes; that it demands something is not used */
	WQ_NEED_ANYTHING /* any bytes or none */
};

enum { WQ_NEED_ENDLESS = UINT32_MAX, WQ_NEED_DEPTH_MAX = 250 };

struct wq_need_node {
	enum wq_need_kind kind;
	uint64_t set[4];
	uint32_t least, most;
	struct wq_need_node *first, *last, *next; /* children; the next of the parent's */
};

/* The pattern's tree in `arena`, in which a string that the pattern matches is always one that the tree matches too. NULL: a construct
 * that is not read, or no memory (the arena then has failed). Requires: PCRE2 accepts the pattern. */
struct wq_need_node *wq_need_parse(struct wq_arena *arena, wq_str pattern, bool caseless);

/* A set of strings in lower case, each once. */
struct wq_need_strings {
	wq_str *items;
	size_t n;
};

/* Whether all strings are kept as they are (exact), or may be cut at their end (heads) or at their beginning (tails). */
enum wq_need_cut { WQ_NEED_WHOLE, WQ_NEED_HEADS, WQ_NEED_TAILS };

/* Each of the following returns at most `max` strings, of at most WQ_NEED_LITERAL_MAX bytes, or false: it cannot be done so, or the
 * arena failed. With heads and tails it shortens until it can be done; the empty string alone says nothing and is always possible. */
bool wq_need_join(struct wq_arena *arena, struct wq_need_strings a, struct wq_need_strings b, enum wq_need_cut cut,
	size_t max, struct wq_need_strings *ret_set);
bool wq_need_cross(struct wq_arena *arena, struct wq_need_strings a, struct wq_need_strings b, enum wq_need_cut cut,
	size_t max, struct wq_need_strings *ret_set);
/* Without strings that contain another one of the set. */
void wq_need_thin(struct wq_need_strings *set);

static inline bool wq_need_has(const uint64_t set[4], uint8_t byte)
{
	return set[byte / 64] >> byte % 64 & 1;
}

static inline void wq_need_put(uint64_t set[4], uint8_t byte)
{
	set[byte / 64] |= UINT64_C(1) << byte % 64;
}

#endif
