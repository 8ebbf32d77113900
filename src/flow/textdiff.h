/* What differs between two lists of pieces (lines, sentences, tags, words): Myers' algorithm in linear space ("An O(ND)
 * Difference Algorithm and Its Variations", 1986), bounded.
 *
 * Pieces that do not occur on the other side never cost anything: what is left has a bound, WQ_TEXTDIFF_COST_MAX. Texts
 * that differ by more are "too different": what lies between their common beginning and end is marked as changed on both
 * sides, which is true, only not short. A run that was only added or only removed stands as low as it may, so that equal
 * changes in different pages look equal. Bad at: moved pieces (they are removed and added).
 */
#ifndef WQ_FLOW_TEXTDIFF_H
#define WQ_FLOW_TEXTDIFF_H

#include "base/arena.h"

enum { WQ_TEXTDIFF_COST_MAX = 2000, WQ_TEXTDIFF_PIECES_MAX = 8 * 1024 * 1024 };

struct wq_textdiff_side {
	const wq_str *pieces; /* borrowed */
	size_t n;
	bool *changed; /* n flags: removed on the old side, added on the new one */
	size_t changed_n;
};

struct wq_textdiff {
	struct wq_textdiff_side was, is;
	bool too_different;
};

/* Compares; flags live in `arena`, which also serves as scratch. `secret` keeps whoever writes the pages from choosing
 * colliding pieces: random, made once. Errors: WQ_E_LIMIT (more than WQ_TEXTDIFF_PIECES_MAX pieces, the arena). */
wq_err wq_textdiff(struct wq_arena *arena, const uint64_t secret[2], const wq_str *was, size_t was_n, const wq_str *is,
	size_t is_n, struct wq_textdiff *ret_diff);

/* Runs from the beginning to the end, equal and changed ones in turn. Start with a zeroed run; false after the last. Of an
 * equal run both lengths are equal; of a changed one either may be 0. */
struct wq_textdiff_run {
	bool changed;
	size_t was, was_n, is, is_n;
};
bool wq_textdiff_next(const struct wq_textdiff *diff, struct wq_textdiff_run *run);

/* Cuts text into what is compared inside a changed line: a run of ASCII letters and digits, a run of spaces, else one
 * character: Chinese has no spaces. Slices of `text`, whole when it is put together again. At most `max` pieces, the last
 * then holds the rest. */
wq_err wq_textdiff_words(struct wq_arena *arena, wq_str text, size_t max, const wq_str **ret_words, size_t *ret_n);

#endif
