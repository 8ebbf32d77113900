/* Shared inside the folder: the finder of literals, patterns with a version in them, the order of versions. */
#ifndef WQ_DETECT_FRONT_MATCH_PRIV_H
#define WQ_DETECT_FRONT_MATCH_PRIV_H

#include "base/arena.h"

/* ---- literals (find.c) ----
 *
 * Many literals in one pass, by a hash of four bytes of each, and not by text/words.h, because
 * scripts are made of the bytes that its words begin with. Literals have 4 bytes or more; ASCII case is ignored unless `exact`. */
enum { FRONT_GRAM = 4, FRONT_SLOTS = 4096 };

struct front_literal {
	wq_str text;
	uint32_t id, next; /* of the same slot, + 1 */
	uint16_t gram_at;
	bool exact;
};

struct front_finder {
	struct front_literal *items;
	size_t n, room;
	uint32_t heads[FRONT_SLOTS];
	uint64_t grams[0x10000 / 64];
};

typedef void (*front_hit_fn)(void *data, uint32_t id, size_t at, size_t n);
wq_err front_finder_add(struct wq_arena *arena, struct front_finder *finder, wq_str text, uint32_t id, bool exact);
void front_find(const struct front_finder *finder, wq_str text, front_hit_fn hit, void *data);

/* ---- patterns (pattern.c) ----
 *
 * Literals, sets with a number of repeats, and the version:
 *     %v             the version: a digit, then digits, lower-case letters . _ -
 *     %[a-z_]2-9;    2 to 9 bytes of a set; %[^…] of all others; inside \n \t \r \] \\ \-
 *     %n %t %r %%    line feed, tab, carriage return, a per cent sign
 * Matched from the anchor, the longest literal, in both directions; the steps are counted. */
enum { FRONT_VERSION_BYTES = 32, FRONT_GAP_MAX = 9000, FRONT_ITEMS_MAX = 40 };

enum front_op { FRONT_LITERAL, FRONT_SET, FRONT_VERSION };

struct front_item {
	enum front_op op;
	wq_str literal;
	uint64_t set[4];
	uint16_t min, max;
};

enum front_where { FRONT_BY_NAME, FRONT_BY_URI, FRONT_BY_CONTENT };

struct front_pattern {
	struct front_item *items;
	size_t n, anchor;
	uint32_t library;
	enum front_where where;
};

/* Errors: WQ_E_INPUT with a note, WQ_E_NO_MEMORY. */
wq_err front_pattern_parse(struct wq_arena *arena, wq_str text, struct front_pattern *ret_pattern);
/* Whether the pattern stands in `text` with its anchor at `at`. `*steps` goes down; at 0 nothing matches any more. */
bool front_pattern_match(const struct front_pattern *pattern, wq_str text, size_t at, uint32_t *steps,
	wq_str *ret_whole, wq_str *ret_version);

/* ---- versions (version.c) ---- */

/* As semantic versioning orders them, of any number of parts: 1.12.4 < 3.0.0-beta.2 < 3.0.0-rc1 < 3.0.0 = 3.0. What is
 * no word of a pre-release ends a version ("3.7.1.slim.min" is 3.7.1). */
int front_version_compare(wq_str a, wq_str b);
/* Without what is no part of a version. */
wq_str front_version_trim(wq_str version);

#endif
