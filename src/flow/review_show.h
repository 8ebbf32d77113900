/* What the terminal and the HTML report share: marking what changed inside a changed line, and cutting long lines so that
 * what changed stays in sight.
 */
#ifndef WQ_FLOW_REVIEW_SHOW_H
#define WQ_FLOW_REVIEW_SHOW_H

#include "flow/review.h"

enum { WQ_SHOW_WORDS_MAX = 4096, WQ_SHOW_AROUND = 48 /* characters kept before and after what changed */ };

/* For each piece of both sides of a changed run one flag a byte, or NULL when the piece is changed as a whole (or the run is
 * too large for marking). Lives in `arena`. */
struct wq_show_marks {
	const bool **was, **is;
};
wq_err wq_show_marks(struct wq_arena *arena, const uint64_t secret[2], const struct wq_textdiff *diff,
	const struct wq_textdiff_run *run, struct wq_show_marks *ret_marks);

/* The piece as segments that are marked or not. An unmarked segment that is long is cut in its middle, a marked one (and a whole
 * piece) after `max` bytes: `left_out` says how many bytes are not shown before the segment. The last may be empty. */
typedef void (*wq_show_fn)(void *data, wq_str text, bool marked, size_t left_out);
void wq_show_segments(wq_str piece, const bool *marks, size_t max, wq_show_fn show, void *data);

/* One difference between header blocks: calls for each line that only one side has. */
typedef void (*wq_show_header_fn)(void *data, char sign, wq_str line);
void wq_show_headers(wq_str was, wq_str is, wq_show_header_fn show, void *data);

#endif
