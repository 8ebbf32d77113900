/* Folding Chinese for matching: what looks or means the same becomes the same, and what was put in between goes.
 *
 * Always: full width to half width (Ａ to A, U+3000 to a space); zero-width characters, direction marks, variation
 * selectors and combining marks are dropped; bytes that are no UTF-8 become U+FFFD. With a table: traditional, variant,
 * compatibility and circled characters to the simplified one. By option: ASCII case, star look-alikes, white space,
 * punctuation. Fold the words you look for with the same table and options, then search bytes.
 *
 * Folding twice changes nothing more. Every character of the result knows where it came from. Not good at: words that
 * differ between the regions (軟體), several characters for one, display; for that keep the source.
 */
#ifndef WQ_TEXT_FOLD_H
#define WQ_TEXT_FOLD_H

#include "base/buf.h"

enum wq_fold_option {
	WQ_FOLD_CASE = 1,  /* A–Z to a–z */
	WQ_FOLD_STAR = 2,  /* ☆ ✩ * • ＊ … to ★; takes precedence over WQ_FOLD_PUNCT */
	WQ_FOLD_SPACE = 4, /* white space of any kind is dropped, line ends too */
	WQ_FOLD_PUNCT = 8  /* punctuation and drawing symbols are dropped, ASCII and Chinese; U+FFFD is kept */
};

enum { WQ_FOLD_MAX_BYTES = 64 * 1024 * 1024, WQ_FOLD_TABLE_MAX_BYTES = 256 * 1024 };

/* ---- the table of pairs, rules/fold/trad-simp.txt ---- */

struct wq_fold_table;

/* Errors: WQ_E_CONFIG with "file:line: what", WQ_E_LIMIT, WQ_E_IO. Pairs lead from radicals,
 * enclosed, compatibility and other ideographs to U+3400–U+9FFF; one that leads to the left side of another is refused. */
wq_err wq_fold_table_open(const char *path, struct wq_fold_table **ret_table);
wq_err wq_fold_table_parse(wq_str text, const char *name, struct wq_fold_table **ret_table);
void wq_fold_table_close(struct wq_fold_table **table);
size_t wq_fold_table_pairs(const struct wq_fold_table *table);

/* ---- folding ---- */

/* One character of the result: where it begins there, and the bytes of the source that it stands for. */
struct wq_fold_place {
	uint32_t at, from, to;
};

struct wq_folded {
	struct wq_buf text; /* UTF-8 */
	struct wq_buf map;  /* struct wq_fold_place, one a character, ascending; see wq_folded_source() */
};

/* An empty result that will hold at most `max_bytes` of text. May be used for one text after another. */
void wq_folded_init(struct wq_folded *folded, size_t max_bytes);
void wq_folded_done(struct wq_folded *folded);

/* Folds `source` into `folded`, in place of what was there. `table` NULL leaves ideographs as they are; `options` are
 * or-ed wq_fold_option. Errors: WQ_E_LIMIT (source over WQ_FOLD_MAX_BYTES, result over its maximum), WQ_E_NO_MEMORY. */
wq_err wq_fold(const struct wq_fold_table *table, unsigned options, wq_str source, struct wq_folded *folded);

/* What one character becomes; 0: nothing. For those who step through a text themselves. */
uint32_t wq_fold_char(const struct wq_fold_table *table, unsigned options, uint32_t cp);

/* The source bytes behind text[from .. to), as [*ret_from, *ret_to): everything between the first and the last character
 * touched, what was dropped among them included. An empty range gives an empty one. */
void wq_folded_source(const struct wq_folded *folded, size_t from, size_t to, size_t *ret_from, size_t *ret_to);

#endif
