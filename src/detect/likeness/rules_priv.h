/* What the rules of likeness hold. Private to detect/likeness. */
#ifndef WQ_DETECT_LIKENESS_RULES_PRIV_H
#define WQ_DETECT_LIKENESS_RULES_PRIV_H

#include "detect/likeness/rules.h"

enum {
	LIKENESS_WORDS = 512,     /* of one list */
	LIKENESS_WORD_BYTES = 63, /* what a label holds */
	LIKENESS_SYLLABLE = 8,
	LIKENESS_READ_CHARS = 32 * 1024
};

struct likeness_list {
	wq_str *items;
	size_t n;
};

struct likeness_pair {
	wq_str from, to;
};

enum likeness_class { LIKENESS_NO_WORD, LIKENESS_PLAIN, LIKENESS_WEAK, LIKENESS_STRONG };

/* A word of labels, by hash: heads and tails are looked up by the hashes of a label's ends. */
struct likeness_word {
	uint64_t hash;
	wq_str text;
	enum likeness_class class;
};

/* What a form of a unit's name is. */
enum likeness_kind {
	LIKENESS_HOST,         /* the label below the suffix: "yunshan" of www.yunshan.gov.cn */
	LIKENESS_FULL,         /* the reading of a name */
	LIKENESS_MIXED,        /* reading of the place, initials of the rest, or the other way round */
	LIKENESS_PLACE,        /* the place alone */
	LIKENESS_ABBREVIATION, /* initials */
	LIKENESS_HAN,
	LIKENESS_HAN_PLACE,
	LIKENESS_KINDS
};

struct likeness_points {
	uint32_t alone, strong, weak;
};

struct likeness_tld {
	wq_str name; /* ASCII; of Han names UTF-8 */
	uint32_t weight;
};

struct wq_likeness_rules {
	struct likeness_list closed, open, likely, heads, tails, han_heads, han_tails, han_words, keys, columns;
	struct likeness_tld *tlds, *han_tlds;
	size_t tlds_n, han_tlds_n;
	struct likeness_word *words; /* open addressing */
	size_t word_slots, words_n;
	uint64_t word_lengths; /* bit n: some word has n bytes */
	struct likeness_pair *cuts, *readings, *doubles, *said;
	uint32_t readings_of[128]; /* by first letter: which of `readings` */
	size_t cuts_n, readings_n, doubles_n, said_n;
	wq_str places;   /* characters that end a place's name */
	char latin[128]; /* what a byte becomes to the eye */
	uint32_t *alike; /* by code point below LIKENESS_HAN_END, from LIKENESS_HAN_AT on; 0: itself */
	struct likeness_list alike_groups;
	wq_str *syllable_of;                            /* by code point, the same range */
	struct likeness_list syllables, syllable_chars; /* in the same order */
	const struct wq_fold_table *fold;
	struct likeness_points points[LIKENESS_KINDS];
	uint32_t subdomain, likely_suffix, long_alone, report, visual, reading, homophone, typo, inside, extra_piece;
	uint32_t typo_least, typo_alone_least, reading_least, abbreviation_least, abbreviation_alone_least, alone_least,
		long_least;
	struct wq_likeness_limits limits;
};

enum { LIKENESS_HAN_AT = 0x3400, LIKENESS_HAN_END = 0xa000 };

/* ---- what several files use ---- */

/* A polynomial hash: that of a text with a byte left out is made of those of its parts. */
#define LIKENESS_BASE 0x9e3779b97f4a7c15ULL

static inline uint64_t likeness_mix(uint64_t h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93ULL;
	return h ^ h >> 29;
}

uint64_t likeness_hash(wq_str s);

/* The class of a word; by its polynomial hash and length. */
enum likeness_class likeness_word_at(const struct wq_likeness_rules *rules, uint64_t hash, size_t n);

/* How an ASCII text looks, and how it sounds to who mixes sounds up; both at most as long as it is. */
size_t likeness_look(const struct wq_likeness_rules *rules, wq_str text, char *out, size_t cap);
size_t likeness_sound(const struct wq_likeness_rules *rules, wq_str text, char *out, size_t cap);

/* A Han character as it is compared: simplified, then as the eye takes it. */
uint32_t likeness_simple(const struct wq_likeness_rules *rules, uint32_t cp);
uint32_t likeness_alike(const struct wq_likeness_rules *rules, uint32_t cp);
/* Its reading, empty when there is none. */
wq_str likeness_syllable(const struct wq_likeness_rules *rules, uint32_t cp);

/* Code points of UTF-8, at most `cap`; 0 when there are more or it is no UTF-8. */
size_t likeness_points_of(wq_str text, uint32_t *out, size_t cap);
/* The code points of an "xn--" label (RFC 3492), or of one in UTF-8; 0 when it is neither. */
size_t likeness_label_points(wq_str label, uint32_t *out, size_t cap);

/* How many of the last labels of a host are its suffix, at least 1. */
size_t likeness_suffix_labels(const struct wq_likeness_rules *rules, const wq_str *labels, size_t n);

/* One edit: */
enum likeness_edit {
	LIKENESS_SAME,
	LIKENESS_LEFT_OUT,
	LIKENESS_PUT_IN,
	LIKENESS_REPLACED,
	LIKENESS_SWAPPED,
	LIKENESS_FAR
};
/* What makes `text` of `form`. */
enum likeness_edit likeness_edit(wq_str form, wq_str text);

#endif
