/* Whether a site is kept up: dates, columns, guides, reprints, search, channels, services. Rules column.*, home.*, date.*, document.*, guide.*,
 * reprint.*, site.*. Clauses B4, B9; 检查指标 V3 to V6.
 *
 * Bytes in, findings out: no clock, no file, no socket. Lists and thresholds are data (rules/quality/), versioned and dated. One
 * pass: open, every token of the document in order (text/document.h calls wq_quality_token), close. What concerns the site as a whole is
 * gathered from the `seen` of its pages and judged at the end of the walk, so that a fault of the template is said once, with
 * the number of its pages, not once a page. Findings carry url, line and, where something leads elsewhere, evidence.target.
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

/* Everything lives in `arena`, which is scratch space of the page. Errors: WQ_E_NO_MEMORY. */
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
/* At the end of the walk: what the site as a whole lacks. */
wq_err wq_quality_site_judge(struct wq_quality_site *site, struct wq_arena *arena, struct wq_findings *findings);

#endif
