/* What the files of the literal scanner share. For this folder only.
 *
 * Three tables of 4,096 words of 64 bits say where a literal may be. Two positions of the string, an even one and the next, are looked up
 * at once:
 * - 2 to 4 bytes: by three bytes of the literal. Classes of the second and the third byte of four lead to the word; its low half says
 *   which first bytes matter, its high half which fourth bytes; what a literal of two bytes leaves open is set;
 * - 5 and 6 bytes: by four bytes, hashed; longer ones: by six bytes, hashed. Of these a literal has two windows, one at an even and one
 *   at an odd offset in it, so that one of them is at an even position of the string. A window sets two bits of a word.
 * Where a literal has a choice of windows it takes what ordinary text has least. A word leads to its few candidates, which are compared.
 */
#ifndef WQ_DETECT_MATCH_LITERALS_PRIV_H
#define WQ_DETECT_MATCH_LITERALS_PRIV_H

#include "detect/match/literals.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "windows are compared as little-endian numbers");

enum {
	WQ_LITERALS_CLASS_BITS = 6,
	WQ_LITERALS_CLASSES = 1 << WQ_LITERALS_CLASS_BITS,
	WQ_LITERALS_WORDS = 1 << (2 * WQ_LITERALS_CLASS_BITS), /* of a table */
	WQ_LITERALS_HALF = 31
};

struct wq_literals_one {
	uint32_t text_at, owners_at, owners_n, n;
};

/* Compared with the eight bytes at an even position of the string. */
struct wq_literals_candidate {
	uint64_t bytes, mask; /* in lower case */
	uint32_t literal;
	int32_t start; /* of the literal, from the position */
};

enum wq_literals_kind { WQ_LITERALS_SHORT, WQ_LITERALS_MIDDLE, WQ_LITERALS_LONG, WQ_LITERALS_KINDS };
static const size_t wq_literals_window_bytes[WQ_LITERALS_KINDS] = {3, 4, 6};

struct wq_literals_table {
	uint64_t map[WQ_LITERALS_WORDS];
	uint32_t lists[WQ_LITERALS_WORDS + 1]; /* where the candidates of each word begin */
	struct wq_literals_candidate *candidates;
};

struct wq_literals {
	struct wq_literals_table tables[WQ_LITERALS_KINDS];
	struct {
		uint8_t byte;
		uint32_t literal;
	} singles[256]; /* literals of one byte; letters twice */
	size_t singles_n;
	struct wq_literals_one *literals;
	uint32_t *owners;
	char *text;
	size_t literals_n, owners_n, text_n;
};

/* The class of each byte; letters of either case have the same. */
extern const uint8_t wq_literals_class[256];

static inline uint8_t wq_literals_lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

static inline uint64_t wq_literals_lower8(uint64_t w)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	uint64_t heavy = w & 0x7f * each; /* without the high bits sums stay in their byte */
	uint64_t from_a = heavy + (0x80 - 'A') * each, over_z = heavy + (0x7f - 'Z') * each;

	return w | ((from_a & ~over_z & ~w & 0x80 * each) >> 2);
}

static inline uint64_t wq_literals_load8(const void *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return w;
}

/* Of the first bytes of little-endian `w`; bytes that differ in case only, and a few others, are taken for the same. */
static inline uint64_t wq_literals_hash_of(uint64_t w, size_t bytes)
{
	return (w | UINT64_C(0x2020202020202020)) * (UINT64_C(0x9e3779b97f4a7c15) << (64 - 8 * bytes));
}

static inline size_t wq_literals_word_of(uint64_t hash)
{
	return hash >> 52;
}

static inline uint64_t wq_literals_bits_of(uint64_t hash)
{
	return UINT64_C(1) << (hash >> 46 & 63) | UINT64_C(1) << (hash >> 40 & 63);
}

static inline size_t wq_literals_pair_of(const char *p)
{
	return (size_t)wq_literals_class[(uint8_t)p[0]] << WQ_LITERALS_CLASS_BITS | wq_literals_class[(uint8_t)p[1]];
}

static inline uint64_t wq_literals_window(const char *text, size_t at, size_t n)
{
	uint64_t w = 0;

	memcpy(&w, text + at, n);
	return w;
}

/* How often one class follows another in ordinary text. */
struct wq_literals_model {
	uint32_t pairs[WQ_LITERALS_CLASSES][WQ_LITERALS_CLASSES], all[WQ_LITERALS_CLASSES];
};

/* From the built-in sample of ordinary words, and `text`. */
void wq_literals_learn(struct wq_literals_model *model, wq_str text);
/* The offset of the window that ordinary text has least, from offset `at` of the literal on by steps; `crowd` says how many candidates the
 * words of the table have. Requires: one fits. */
size_t wq_literals_best_window(const struct wq_literals_model *model, enum wq_literals_kind kind, wq_str text,
	size_t at, size_t step, const uint32_t *crowd);

#endif
