/* Front-end code and transport: third parties, known-vulnerable libraries, mixed content, cookies and headers, what a page demands of its visitors,
 * basics of accessibility. Rules front.*, data.*, open.*, access.*. Clauses A9, C5, C7, C11, C15, C19.
 *
 * Bytes in, findings out: no clock, no file, no socket. Lists and thresholds are data (rules/front/), versioned and dated. One
 * pass: open, every token of the document in order (text/document.h calls wq_front_token), close. What concerns the site as a whole is
 * gathered from the `seen` of its pages and judged at the end of the walk, so that a fault of the template is
 * said at one page with its share (evidence.count), and named at some others, as many as fit a report, not at a million. Findings carry url, line and, where something leads elsewhere, evidence.target.
 *
 * Bad at: code that scripts load or write when they run; libraries that a bundler has mixed with others and stripped of their
 * banners; labels that only style sheets or scripts connect.
 */
#ifndef WQ_DETECT_FRONT_FRONT_H
#define WQ_DETECT_FRONT_FRONT_H

#include "finding/finding.h"
#include "finding/subject.h"
#include "text/document.h"

struct wq_front_rules;

/* One file of rules/front/. */
struct wq_front_file {
	wq_str name, bytes;
};

/* Reads the data: every file of rules/front/, in any order (kind "front" of finding/datafile.h). The result lives in `arena`, is never changed and may be
 * shared by threads; `files` are not needed afterwards. Errors: WQ_E_CONFIG and WQ_E_LIMIT with file and line, WQ_E_NO_MEMORY. */
wq_err wq_front_rules_parse(
	struct wq_arena *arena, const struct wq_front_file *files, size_t n, const struct wq_front_rules **ret_rules);

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

/* What a site's pages say together. Lives as long as the walk; memory by distinct faults, and limited. */
struct wq_front_site;
wq_err wq_front_site_new(
	const struct wq_front_rules *rules, const struct wq_subject *subject, struct wq_front_site **ret_site);
void wq_front_site_free(struct wq_front_site **site);

/* Adds what this page shows to `site`, which says it at the end; without one (NULL), or when it is full, to `findings`.
 * Errors: WQ_E_NO_MEMORY, those of wq_findings_add. */
wq_err wq_front_close(struct wq_front *front, struct wq_findings *findings, struct wq_front_site *site);

/* A script file at `url` (absolute), asked for by the page of `place`: which libraries it holds, which trackers and plug-ins it
 * loads. Once for each file, whatever number of pages use it. `arena` is scratch space. `findings` and `site` as for wq_front_close. */
wq_err wq_front_script(struct wq_arena *arena, const struct wq_front_rules *rules, const struct wq_subject *subject,
	const struct wq_place *place, wq_str url, wq_str bytes, struct wq_findings *findings,
	struct wq_front_site *site);

/* An address that a browser asked for when it showed the page of `place`: whether that is a tracker's, as scripts load them. Errors: as
 * for wq_findings_add, WQ_E_NO_MEMORY. */
wq_err wq_front_requested(struct wq_arena *arena, const struct wq_front_rules *rules, const struct wq_subject *subject,
	const struct wq_place *place, wq_str url, struct wq_findings *findings);

/* At the end of the walk: what was gathered. A fault that more pages share than the rules' template_pages is
 * named at the first 32 of them, the first counting for those that are not; of the others each page has its own. */
wq_err wq_front_site_judge(struct wq_front_site *site, struct wq_arena *arena, struct wq_findings *findings);

/* ---- leftovers: what nobody links to and a server may still give out ----
 *
 * For one's own sites only: who walks asks, politely, for the path of every number below wq_front_leftovers() and hands over
 * what came back (the first WQ_FRONT_LEFTOVER_BYTES are enough). */
enum { WQ_FRONT_LEFTOVER_BYTES = 4096 };
size_t wq_front_leftovers(const struct wq_front_rules *rules);
/* The path to ask for, "/.git/HEAD"; names made of the host's are filled in. Lives in `arena`; p == NULL when that failed. */
wq_str wq_front_leftover_path(struct wq_arena *arena, const struct wq_front_rules *rules, size_t number, wq_str host);
/* Whether the answer is what the path stands for, and no error page that says 200: adds a finding about place->url (which
 * is the address asked for). Errors: those of wq_findings_add, WQ_E_NO_MEMORY. */
wq_err wq_front_leftover_judge(struct wq_arena *arena, const struct wq_front_rules *rules, size_t number, int status,
	const struct wq_place *place, wq_str bytes, struct wq_findings *findings);

#endif
