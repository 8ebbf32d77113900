/* What a government site shows of itself: identity mark, filings and footer, site code in its four places, site tags, entry for reporting errors, names, and whether leaving it prompts. Rules mark.*, footer.*, name.*, meta.*, leave.* of docs/findings.md but those that
 * detect/page finds (mark.missing, -malformed, -not-shown, -wrong-kind, footer.icp, -police, -site-code, -union). Clauses A5, A6, B6, B9; 发展指引.
 *
 * Bytes in, findings out: no clock, no file, no socket. Lists and thresholds are data (rules/portal/), versioned and dated. One
 * pass: open, every token of the document in order (text/document.h calls wq_portal_token), close. What concerns the site as a whole is
 * gathered from its pages and judged at the end of the walk, so that a fault of the template is
 * said at one page with its share (evidence.count), and named at some others, as many as fit a report, not at a million. Findings carry url, line and, where something leads elsewhere, evidence.target.
 *
 * A check that does not fit says nothing: of a subject of unknown kind nothing is demanded, what is not registered is not
 * compared, what structure cannot tell (where a sheet in a file of its own moves something) is left to wq_portal_mark_rendered().
 * Scripts are understood as far as their tokens tell: what they bind, what they compare, whom they ask; they are not run.
 * Bad at: footers (said with severity info where there is none but scripts) and links that scripts write; prompts by a script that was not handed over (said with severity info).
 */
#ifndef WQ_DETECT_PORTAL_PORTAL_H
#define WQ_DETECT_PORTAL_PORTAL_H

#include "finding/finding.h"
#include "finding/subject.h"
#include "text/document.h"

struct wq_portal_rules;

/* Reads the data: rules/portal/portal.txt (kind "portal" of finding/datafile.h). The result lives in `arena`, is never changed and may be shared by threads. Errors: WQ_E_CONFIG and
 * WQ_E_LIMIT with file and line, WQ_E_NO_MEMORY. */
wq_err wq_portal_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_portal_rules **ret_rules);

/* What is known of the page besides its bytes. */
struct wq_portal_page {
	const struct wq_portal_rules *rules;
	const struct wq_subject *subject;
	const struct wq_document *document;
	bool home;             /* the site's home page */
	struct wq_place place; /* app, url: go into every finding */
};

struct wq_portal; /* of one page */

/* Everything lives in `arena`, which is scratch space of the page. `page` is copied; what it points to is needed until the close. Errors: WQ_E_NO_MEMORY. */
wq_err wq_portal_open(struct wq_arena *arena, const struct wq_portal_page *page, struct wq_portal **ret_portal);
/* A reader of text/document.h; `data` is the struct wq_portal. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT. */
wq_err wq_portal_token(void *data, const struct wq_html_token *token);

/* What a site's pages say together. Lives as long as the walk; memory by distinct faults and by the pages that are named for
 * them, both limited. */
struct wq_portal_site;
wq_err wq_portal_site_new(
	const struct wq_portal_rules *rules, const struct wq_subject *subject, struct wq_portal_site **ret_site);
void wq_portal_site_free(struct wq_portal_site **site);

/* Adds what the page shows to `site`, which says it at the end; without one (NULL) to `findings`, from this page alone. Errors:
 * WQ_E_NO_MEMORY, WQ_E_LIMIT, those of wq_findings_add. */
wq_err wq_portal_close(struct wq_portal *portal, struct wq_findings *findings, struct wq_portal_site *site);

/* A script file of the site at `url` (absolute, as wq_url_parse serialises it, without fragment): whether it asks before a visitor leaves, and how well. In any order
 * with the pages that load it. Without it, pages that load it and show no prompt of their own are only said with severity info. `bytes` as
 * delivered; anything but UTF-8 is decoded. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT. */
wq_err wq_portal_script(struct wq_portal_site *site, wq_str url, wq_str bytes);

/* At the end of the walk: what was gathered. */
wq_err wq_portal_site_judge(struct wq_portal_site *site, struct wq_arena *arena, struct wq_findings *findings);

/* ---- the mark in the rendered page ----
 *
 * What a browser measured, in CSS pixels: the page from its upper left corner, and the rectangle of the mark's image (or, without one, of
 * #_ideConac). */
struct wq_portal_rendered {
	int32_t page_width, page_height, view_height;
	int32_t left, top, width, height; /* of the mark */
	bool hidden;                      /* by its computed style */
};

/* Judges it: true when there is something to say, then `*ret_finding` is mark.not-shown or mark.position. Evidence is in `arena`;
 * `place` goes into the finding. Measures without a page (no width, no height) say nothing. */
bool wq_portal_mark_rendered(struct wq_arena *arena, const struct wq_portal_rules *rules,
	const struct wq_portal_rendered *measured, const struct wq_place *place, struct wq_finding *ret_finding);

#endif
