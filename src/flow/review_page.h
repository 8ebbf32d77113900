/* A page as a reviewer reads it: what a visitor sees, sentence by sentence; what a visitor does not see and a browser obeys
 * (tags with their attributes, scripts, styles, comments), piece by piece; and the source as a whole, for comparing.
 *
 * Bytes are decoded from the charset that a browser would use. `source` is complete: its pieces put together are the
 * decoded document. So two pages whose sources have the same differences differ by nothing else.
 * Bad at: documents other than text (only their size and digest can be compared); text that a style sheet hides.
 */
#ifndef WQ_FLOW_REVIEW_PAGE_H
#define WQ_FLOW_REVIEW_PAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "text/charset.h"

enum { WQ_REVIEW_PAGE_MAX = 16 * 1024 * 1024 /* bytes: larger ones are compared by their digests */ };

/* What a piece is, for showing. */
enum wq_piece {
	WQ_PIECE_PLAIN = 1,    /* a tag without attributes, an end tag */
	WQ_PIECE_ATTENTION = 2 /* what intruders change: scripts, frames, forms, addresses outside, handlers, styles */
};

struct wq_pieces {
	wq_str *items;
	uint8_t *flags; /* enum wq_piece */
	size_t n, room;
};

struct wq_review_page {
	bool text, page; /* text of any kind; HTML */
	enum wq_charset charset;
	uint64_t replaced; /* faults of the charset: shown as U+FFFD */
	struct wq_pieces seen, unseen, source;
};

/* Whether bytes of this type are compared as text at all. */
bool wq_review_is_text(wq_str type);
/* Reads. `parts` false: only `source` is made. Everything lives in `arena`. Errors: WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_review_page_read(
	struct wq_arena *arena, wq_str type, wq_str bytes, bool parts, struct wq_review_page *ret_page);

#endif
