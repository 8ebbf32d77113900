/* Makes evidence that may be shown: cuts, cleans and masks text from outside.
 *
 * Invariants of every result: valid UTF-8, at most the size asked for, no control or format characters (C0, C1, bidi
 * overrides, zero-width, BOM, line separators; white space is one space), bytes that are not UTF-8 shown as U+FFFD.
 * It is not escaped: whoever prints it into HTML or a terminal escapes for that place. Bad at: guessing what is personal;
 * the detector says which bytes to mask.
 */
#ifndef WQ_FINDING_EXCERPT_H
#define WQ_FINDING_EXCERPT_H

#include "finding/finding.h"

/* `text` cleaned and cut to at most `max_bytes`, for names and addresses from outside. Bytes that are not UTF-8 become
 * U+FFFD. Lives in `arena`; empty with p == NULL when the arena failed. */
wq_str wq_clean(struct wq_arena *arena, wq_str text, size_t max_bytes);

/* True when `text` is UTF-8 without the characters that wq_clean() removes. */
bool wq_is_clean(wq_str text);

/* The bytes [at, at + length) of `text` (UTF-8) with context around them, cut at characters, "…" where something is
 * missing, at most WQ_EXCERPT_BYTES. Lives in `arena`; empty with p == NULL when the arena failed. */
wq_str wq_excerpt(struct wq_arena *arena, wq_str text, size_t at, size_t length);

/* The same with the digits and letters of [at, at + length) masked (wq_mask); other runs of six and more digits in the
 * context are masked as well, so that one person's number does not give away the neighbour's. */
wq_str wq_excerpt_masked(struct wq_arena *arena, wq_str text, size_t at, size_t length);

/* What stands around byte `at` of a page that is public or wants to be: only numbers as long as somebody's identity number,
 * bank card or telephone (eleven and more digits) are masked; dates, prices and numbers of documents stay readable. */
wq_str wq_excerpt_public(struct wq_arena *arena, wq_str text, size_t at);

/* Keeps `head` and `tail` characters and writes '*' for every character between them; everything is masked when the
 * text has no more than head + tail characters. */
wq_str wq_mask(struct wq_arena *arena, wq_str text, size_t head, size_t tail);

#endif
