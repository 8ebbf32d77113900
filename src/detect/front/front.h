/* Front-end code and transport: third parties, known-vulnerable libraries, mixed content, cookies and headers, what a page demands of its visitors,
 * basics of accessibility. Rules front.*, data.*, open.*, access.*. Clauses A9, C5, C7, C11, C15, C19.
 *
 * Bytes in, findings out: no clock, no file, no socket. Lists and thresholds are data (rules/front/), versioned and dated. One
 * pass: open, every token of the document in order (text/document.h calls wq_front_token), close. What concerns the site as a whole is
 * gathered from the `seen` of its pages and judged at the end of the walk, so that a fault of the template is said once, with
 * the number of its pages, not once a page. Findings carry url, line and, where something leads elsewhere, evidence.target.
 */
#ifndef WQ_DETECT_FRONT_FRONT_H
#define WQ_DETECT_FRONT_FRONT_H

#include "finding/finding.h"
#include "finding/subject.h"
#include "text/document.h"

struct wq_front_rules;

/* Reads the data. The result lives in `arena`, is never changed and may be shared by threads. Errors: WQ_E_CONFIG and
 * WQ_E_LIMIT with file and line, WQ_E_NO_MEMORY. */
wq_err wq_front_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_front_rules **ret_rules);

/* What is known of the page besides its bytes. */
struct wq_front_page {
	const struct wq_front_rules *rules;
	const struct wq_subject *subject;
	const struct wq_document *document;
	bool home;             /* the site's home page */
	struct wq_place place; /* app, url: go into every finding */
};

struct wq_front; /* of one page */

/* Everything lives in `arena`, which is scratch space of the page. Errors: WQ_E_NO_MEMORY. */
wq_err wq_front_open(struct wq_arena *arena, const struct wq_front_page *page, struct wq_front **ret_front);
/* A reader of text/document.h; `data` is the struct wq_front. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT. */
wq_err wq_front_token(void *data, const struct wq_html_token *token);

/* What a site's pages say together. Lives as long as the walk; a few bytes a page at most. */
struct wq_front_site;
wq_err wq_front_site_new(
	const struct wq_front_rules *rules, const struct wq_subject *subject, struct wq_front_site **ret_site);
void wq_front_site_free(struct wq_front_site **site);

/* Adds what this page alone shows to `findings`, and the rest to `site` (may be NULL: then nothing is gathered). Errors:
 * WQ_E_NO_MEMORY, those of wq_findings_add. */
wq_err wq_front_close(struct wq_front *front, struct wq_findings *findings, struct wq_front_site *site);
/* At the end of the walk: what the site as a whole lacks. */
wq_err wq_front_site_judge(struct wq_front_site *site, struct wq_arena *arena, struct wq_findings *findings);

#endif
