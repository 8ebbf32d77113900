/* What the files of this folder share: compiled rules, the folded view of a text, and the finding of one detector. */
#ifndef WQ_DETECT_CONTENT_CONTENT_PRIV_H
#define WQ_DETECT_CONTENT_CONTENT_PRIV_H

#include "detect/content/content.h"
#include "finding/rule.h"

struct content_word {
	const uint32_t *c;
	size_t n;
	enum wq_severity severity; /* of levels */
};

struct content_words {
	struct content_word *items;
	size_t n;
	bool starts[1024]; /* by content_start() of first characters: rules most places out */
	bool low;          /* one of them begins before CONTENT_HIGH */
};

enum { CONTENT_HIGH = 0x2e80 /* ideographs, and the signs of their texts, are from here on */ };

static inline size_t content_start(uint32_t c)
{
	return (c ^ c >> 6) & 1023;
}

struct content_pair {
	uint32_t from, to;
};

struct wq_content_rules {
	wq_str version;
	struct content_words levels, stars, weak_stars, terms, units, endings, endings_last, labels, exam_terms, exam;
	struct content_words strong, weak, explain, companions, addressees;
	struct content_words id_labels;
	struct content_words mobile, official, personal, issuers, alone, card_labels;
	struct content_pair *pairs; /* ascending by from */
	size_t pair_count;
	uint64_t paired[0x10000 / 64]; /* one bit for each character of the BMP that is in pairs */
	uint32_t plain[128];           /* what visible ASCII becomes; 0: what needs a look */
	uint64_t gap, start_chars, explain_before, explain_after, companion_before, companion_after, quote_chars;
	uint64_t first_year, last_year, id_medium, id_high, id_critical;
	uint64_t phone_reach, phone_medium, phone_high, phone_office, card_reach, card_medium, card_high, card_critical;
	bool regions[100];
};

/* A text as the detectors read it: zero-width and format characters dropped, full-width ASCII narrow, other forms of a
 * character usual, white space one ' ' or, where it has a line break, one '\n'. at[i] is the offset of character i in
 * the text, at[n] its length. */
struct content_view {
	uint32_t *c, *at;
	size_t n;
	size_t digits; /* how many of them are */
	wq_str text;
	bool is_title;
	bool high; /* one of them is at or behind CONTENT_HIGH */
};

/* A look through a view for words that cannot be in it is left out. */
static inline bool content_may_have(const struct content_view *view, const struct content_words *words)
{
	return view->high || words->low;
}

/* Fills in `plain` when the pairs are known. */
void content_plain(struct wq_content_rules *rules);
wq_err content_view_make(
	struct wq_arena *arena, const struct wq_content_rules *rules, wq_str text, struct content_view *ret_view);
/* Han characters, and digits and letters (after folding). */
bool content_is_han(uint32_t c);
bool content_is_alnum(uint32_t c);
/* Length of the word of `words` that stands at `at`, with up to `gap` spaces between its characters; 0: none. The longest
 * one wins; `ret_word` may be NULL. */
size_t content_longest_word(const struct content_view *view, size_t at, const struct content_words *words, size_t gap,
	const struct content_word **ret_word);
static inline size_t content_word_at(const struct content_view *view, size_t at, const struct content_words *words,
	size_t gap, const struct content_word **ret_word)
{
	if (at >= view->n || !words->starts[content_start(view->c[at])])
		return 0;
	return content_longest_word(view, at, words, gap, ret_word);
}
/* How many different words of the list stand in [from, to). */
size_t content_words_in(const struct content_view *view, size_t from, size_t to, const struct content_words *words);
size_t content_skip_spaces(const struct content_view *view, size_t at, size_t max);
/* [from, to) is enclosed by quotation marks on its line. */
bool content_is_quoted(const struct content_view *view, size_t from, size_t to, size_t reach);
/* How much of a document's head and foot stands around [from, to): 份号, 发文字号, 主送, 签发人 … (GB/T 9704-2012). */
size_t content_companions(
	const struct wq_content_rules *rules, const struct content_view *view, size_t from, size_t to);

/* Different numbers of a page: how many, and the first place. */
struct content_tally {
	uint64_t *slots; /* open addressing; 0 is empty, no number is 0 */
	size_t distinct, from, to;
};
/* Counts one number. Beyond 4,096 different ones every further one counts. */
wq_err content_count(
	struct wq_arena *arena, struct content_tally *tally, const uint8_t *digits, size_t n, size_t from, size_t to);

/* One run over one text. */
struct content_run {
	struct wq_arena *arena;
	const struct wq_content_rules *rules;
	const struct wq_content_words *words; /* may be NULL */
	const struct wq_content_text *input;
	struct wq_findings *findings;
	size_t candidates;
	size_t start_end; /* of the body: the first character behind the start */
};

/* Adds a finding about [from, to) of the view; rule, clauses, severity, advice and subject are set. */
wq_err content_report(struct content_run *run, const struct content_view *view, size_t from, size_t to, bool masked,
	struct wq_finding *finding);

/* The detectors, each over one view. */
wq_err content_secret_marks(struct content_run *run, const struct content_view *view);
wq_err content_internal_marks(struct content_run *run, const struct content_view *view);
wq_err content_resident_ids(struct content_run *run, const struct content_view *view);
wq_err content_numbers(struct content_run *run, const struct content_view *view);
wq_err content_listed_words(struct content_run *run, const struct content_view *view);

#endif
