/* Whether a site is kept up: dates, columns, guides, reprints, search, channels, services. Rules column.*, home.*, date.*, document.*, guide.*,
 * reprint.*, site.* (but site.no-ipv6). Clauses B2, B4, B7, B9; 检查指标 V3 to V6.
 *
 * Bytes in, findings out: no clock, no file, no socket. Lists and thresholds are data (rules/quality/), versioned and dated. One
 * pass: open, every token of the document in order (text/document.h calls wq_quality_token), close. What concerns the site as a whole is
 * gathered from its pages and judged at the end of the walk, so that a fault of the template is said once, with
 * the number of its pages, not once a page. Findings carry url, line and, where something leads elsewhere, evidence.target.
 * A day that lies ahead is wrong only where it says when something was published, never in plans; a number is a date only where it can be
 * nothing else.
 * Bad at: lists that scripts fill in (then a column is neither blank nor late, and a home page without dates is for a person); days in pictures;
 * whether a document number exists.
 */
#ifndef WQ_DETECT_QUALITY_QUALITY_H
#define WQ_DETECT_QUALITY_QUALITY_H

#include "finding/finding.h"
#include "finding/subject.h"
#include "text/document.h"

struct wq_quality_rules;

/* Reads the data. The result lives in `arena`, is never changed and may be shared by threads. Errors: WQ_E_CONFIG and
 * WQ_E_LIMIT with file and line, WQ_E_NO_MEMORY. */
wq_err wq_quality_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_quality_rules **ret_rules);

/* What is known of the page besides its bytes. */
struct wq_quality_page {
	const struct wq_quality_rules *rules;
	const struct wq_subject *subject;
	const struct wq_document *document;
	bool home;             /* the site's home page */
	struct wq_place place; /* app, url: go into every finding */
};

struct wq_quality; /* of one page */

/* Everything lives in `arena`, which is scratch space of the page: once the page's text and some. Errors: WQ_E_NO_MEMORY. */
wq_err wq_quality_open(struct wq_arena *arena, const struct wq_quality_page *page, struct wq_quality **ret_quality);
/* A reader of text/document.h; `data` is the struct wq_quality. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT. */
wq_err wq_quality_token(void *data, const struct wq_html_token *token);

/* What a site's pages say together. Lives as long as the walk; a few bytes a page at most. */
struct wq_quality_site;
wq_err wq_quality_site_new(
	const struct wq_quality_rules *rules, const struct wq_subject *subject, struct wq_quality_site **ret_site);
void wq_quality_site_free(struct wq_quality_site **site);

/* Adds what this page alone shows to `findings`, and the rest to `site` (may be NULL: then nothing is gathered). Errors:
 * WQ_E_NO_MEMORY, those of wq_findings_add. */
wq_err wq_quality_close(struct wq_quality *quality, struct wq_findings *findings, struct wq_quality_site *site);
/* At the end of the walk: what the site as a whole lacks. Each home page that was seen is judged with the pages below it. */
wq_err wq_quality_site_judge(struct wq_quality_site *site, struct wq_arena *arena, struct wq_findings *findings);

/* ---- what the indicators need (detect/indicator): all pages of the walk together */

enum wq_quality_kind { WQ_COLUMN_NEWS, WQ_COLUMN_NOTICE, WQ_COLUMN_POLICY, WQ_COLUMN_OTHER, WQ_COLUMN_KINDS };
enum { WQ_QUALITY_ELEMENTS = 8 };

struct wq_quality_facts {
	bool home_seen;       /* a home page with text in it was among the pages: what is not on it is not there */
	uint32_t home_newest; /* 20261122; 0: it shows no day, see second_newest */
	int32_t home_days; /* since the newest day of the home page, or of the second-level pages when it has none; -1: not known */
	uint32_t columns[WQ_COLUMN_KINDS], stale[WQ_COLUMN_KINDS]; /* stale of OTHER: not for `long_days` */
	uint32_t blank;
	int32_t policy_days;                               /* since the newest policy document; -1: not known */
	uint32_t guides, lacking[WQ_QUALITY_ELEMENTS + 1]; /* guides by the number of elements that they lack */
	bool search, contact, services;
	uint32_t report_year; /* of the newest 年度工作报表 that was seen; 0: none */
	bool report_due;      /* the one of last year is not there, and should be */
	/* Months that have begun since the newest answer, and since the oldest message without one: 4 is "over three months"; -1: none
	 * was seen. */
	int32_t last_answer_months, unanswered_months;
	uint32_t reprints;
};
void wq_quality_site_facts(const struct wq_quality_site *site, struct wq_quality_facts *ret_facts);

/* ---- reprints, to be compared with what they name (B4) */

enum { WQ_QUALITY_SKETCH = 128 };

/* Samples of a text: hashes of runs of eight characters, the smallest ones, ascending. */
struct wq_quality_sketch {
	uint64_t hashes[WQ_QUALITY_SKETCH];
	size_t n;
};

struct wq_quality_reprint {
	wq_str source; /* as labelled, clean */
	wq_str link;   /* resolved; never empty */
	uint32_t line;
	struct wq_quality_sketch sketch; /* of this page's text */
};
/* The reprint that this page says it is, with a link that can be fetched; NULL when it is none. Requires: closed. Lives as long as the
 * page's arena: whoever fetches later copies it. */
const struct wq_quality_reprint *wq_quality_reprint_of(const struct wq_quality *quality);

enum wq_quality_same { WQ_QUALITY_SAME, WQ_QUALITY_DIFFERS, WQ_QUALITY_TOO_SHORT };
/* Whether the source says what the reprint says: the share of the reprint's samples that stand in `source`'s visible text (per cent).
 * Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT. */
wq_err wq_quality_reprint_compare(struct wq_arena *arena, const struct wq_quality_rules *rules,
	const struct wq_quality_sketch *reprint, const struct wq_document *source, enum wq_quality_same *ret_same,
	unsigned *ret_percent);
/* reprint.source-mismatch at `place` (of the reprint). `detail` says what was seen: "404", "3 % of the text". */
struct wq_finding wq_quality_reprint_finding(
	struct wq_arena *arena, struct wq_place place, const struct wq_quality_reprint *reprint, wq_str detail);

#endif
