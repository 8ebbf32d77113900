/* What of a page can be copied, and recognised again: its identifiers, its text, its structure.
 *
 * Identifiers (identity mark, filing numbers, site code) are looked for in the bytes, also in comments and scripts: on a foreign
 * host each is a proof of its own. Text is compared by shingles of three units (a Chinese character, or a whole word of letters;
 * digits and punctuation count for nothing) in a one-permutation MinHash of 128 bins, once over all that is visible and once over
 * what stands outside links and navigation, so that a new template around the same text changes only the first. Structure is the
 * same over the sequence of tags. Bad at: text that scripts write, text in pictures, translations. Clauses E5, A6.
 */
#ifndef WQ_DETECT_LIKENESS_PAGE_H
#define WQ_DETECT_LIKENESS_PAGE_H

#include "detect/likeness/rules.h"
#include "finding/subject.h"
#include "text/document.h"

enum {
	WQ_LIKENESS_BINS = 128,
	WQ_LIKENESS_TAG_BINS = 32,
	WQ_LIKENESS_IDENTIFIERS = 32,
	WQ_LIKENESS_SHINGLES_MAX = 2000000
};

struct wq_likeness_sketch {
	uint16_t all[WQ_LIKENESS_BINS], body[WQ_LIKENESS_BINS], tags[WQ_LIKENESS_TAG_BINS];
	uint32_t all_n, body_n, tags_n; /* shingles that went in; with none the bins say nothing */
	uint64_t title;                 /* hash of the title's letters; 0: none */
};

/* A reader for wq_document_read(): token as its wq_html_fn with the sketcher as data, then done. Several sketchers may live at once. */
struct wq_likeness_sketcher;
wq_err wq_likeness_sketcher_new(
	struct wq_arena *arena, const struct wq_likeness_rules *rules, struct wq_likeness_sketcher **ret_sketcher);
wq_err wq_likeness_sketcher_token(void *sketcher, const struct wq_html_token *token);
void wq_likeness_sketcher_done(struct wq_likeness_sketcher *sketcher, struct wq_likeness_sketch *ret_sketch);
/* All at once. Errors: WQ_E_NO_MEMORY, those of the arena. */
wq_err wq_likeness_sketch_of(struct wq_arena *arena, const struct wq_likeness_rules *rules,
	const struct wq_document *document, struct wq_likeness_sketch *ret_sketch);

struct wq_likeness_alike {
	uint32_t text, body, tags; /* percent of shingles that are the same, estimated */
	bool title;
	bool copy; /* by the thresholds of the rules */
};
struct wq_likeness_alike wq_likeness_compare(
	const struct wq_likeness_rules *rules, const struct wq_likeness_sketch *a, const struct wq_likeness_sketch *b);

/* ---- identifiers ---- */

enum wq_likeness_identifier_kind {
	WQ_LIKENESS_MARK,      /* id of the identity mark: 32 hexadecimal digits, upper case */
	WQ_LIKENESS_MARK_CODE, /* the number of its script: "CA" and digits */
	WQ_LIKENESS_ICP,       /* "京ICP备05070218号", without "-1" */
	WQ_LIKENESS_POLICE,    /* 14 digits */
	WQ_LIKENESS_SITE_CODE,
	WQ_LIKENESS_IDENTIFIER_KINDS
};
/* "mark", …; with a language for people. */
const char *wq_likeness_identifier_name(enum wq_likeness_identifier_kind kind);
const char *wq_likeness_identifier_title(enum wq_likeness_identifier_kind kind, enum wq_lang lang);

struct wq_likeness_identifier {
	enum wq_likeness_identifier_kind kind;
	wq_str value;
	uint64_t at; /* offset in the page */
};

/* At most WQ_LIKENESS_IDENTIFIERS, none twice; the values live in `arena`. Errors: those of the arena. */
wq_err wq_likeness_identifiers(struct wq_arena *arena, wq_str html,
	struct wq_likeness_identifier ret_found[WQ_LIKENESS_IDENTIFIERS], size_t *ret_n);

/* Whether it is one of those that the subject is registered with. */
bool wq_likeness_identifier_of(const struct wq_likeness_identifier *identifier, const struct wq_subject *subject);

#endif
