/* What the target of a link has become: a name that is parked or for sale, gambling, pornography; or a page that says it is not
 * there, under a status that says it is.
 *
 * Bytes in, judgement out: no clock, no file, no socket. Words, weights and thresholds are data (rules/target/target.txt). Several
 * signs that are independent of each other have to meet, and signs of the contrary (the police, a campaign against gambling) weigh
 * against them: one word decides nothing. "Not there" is found by likeness to what the same server answers for a name that cannot
 * exist, by title and runs of words, never by length. Clauses B5, C6.
 * Bad at: pictures; pages that show robots something else; languages other than Chinese and English.
 */
#ifndef WQ_DETECT_TARGET_TARGET_H
#define WQ_DETECT_TARGET_TARGET_H

#include "base/arena.h"
#include "base/buf.h"

enum { WQ_TARGET_BYTES = 256 * 1024 /* of a page that are looked at */, WQ_TARGET_RUNS_MAX = 4096 /* of a print */ };

enum wq_target_kind {
	WQ_TARGET_ORDINARY,
	WQ_TARGET_PARKED,
	WQ_TARGET_GAMBLING,
	WQ_TARGET_PORN,
	WQ_TARGET_MISSING,
	WQ_TARGET_KINDS
};
/* Stable word: "gambling". */
const char *wq_target_kind_text(enum wq_target_kind kind);

struct wq_target_rules;

/* Reads the data. The result lives in `arena`, is never changed and may be shared by threads. Errors: WQ_E_CONFIG and
 * WQ_E_LIMIT with file and line, WQ_E_NO_MEMORY. */
wq_err wq_target_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_target_rules **ret_rules);

/* What the page is: PARKED, GAMBLING or PORN, else ORDINARY. `html` is UTF-8. Errors: WQ_E_NO_MEMORY. */
wq_err wq_target_judge(const struct wq_target_rules *rules, wq_str html, enum wq_target_kind *ret_kind);

/* The text of a page as a set of runs of three words (characters for Chinese), sorted. */
struct wq_target_print {
	uint64_t title; /* hash of it; 0: none */
	const uint32_t *runs;
	size_t runs_n;
	bool title_says_missing; /* "404 Not Found", 页面不存在; or 提示信息, and the text says it */
	bool says_missing;       /* the same anywhere in its text */
};

/* A hash of a title, white space aside; never 0 for one that is not empty. */
uint64_t wq_target_title(wq_str title);
/* Lives in `arena`. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT of the arena. */
wq_err wq_target_print(
	const struct wq_target_rules *rules, wq_str html, struct wq_arena *arena, struct wq_target_print *ret_print);
/* Whether the title says that the page is missing, or may say so (提示信息). */
bool wq_target_title_missing(const struct wq_target_rules *rules, wq_str title);
/* Whether `page` is what says "not there": as `missing` (NULL: not known) of the same server does, or by itself when it says so in
 * its title and has little else to say. */
bool wq_target_is_missing(
	const struct wq_target_rules *rules, const struct wq_target_print *page, const struct wq_target_print *missing);

#endif
