/* Finds in a page of HTML, or in a script file, what a reviewer cannot see: where its links lead, hidden links and frames,
 * planted scripts, redirects, forms that send elsewhere, and whether mark and footer of a home page are right.
 *
 * Bytes in, findings out: no clock, no file, no socket. Lists and limits are data (rules/page/page.txt); the rules that it
 * can find are link.*, page.*, mark.* and footer.* of docs/findings.md. Clauses: A6 (2024 art. 9), B5 and B6 (2014 三; 2024
 * art. 15), C6, C11 (2024 art. 22).
 *
 * Two different sets (B5, B6): link.outside-unconfirmed are hosts that are neither the application's own, nor of the Party or
 * the government, nor inside, nor confirmed; link.needs-prompt counts every link that leaves the sites of the Party and the
 * government, confirmed or not. Hosts are judged on the parsed address, never on its text. One finding for each host and
 * rule of a page, with the first place; equal ones are counted.
 *
 * Hidden is: display:none, visibility:hidden, no opacity, no size, far off the screen, clipped, the colour of its own
 * background, by a style attribute or by a class or id that a <style> of the same page hides; a marquee without height; inside
 * noscript or template. What scripts of the page show again by a class of the same sheet is not hidden.
 * Bad at: sheets in files of their own, what scripts do when they run, colours inherited from elsewhere.
 */
#ifndef WQ_DETECT_PAGE_PAGE_H
#define WQ_DETECT_PAGE_PAGE_H

#include "finding/finding.h"
#include "text/document.h"
#include "text/host.h"

enum {
	WQ_PAGE_BYTES = 16 * 1024 * 1024, /* of one page or script in UTF-8 */
	WQ_PAGE_ITEMS = 100000,           /* links, scripts, frames, forms of one page */
	WQ_PAGE_PATTERNS = 64             /* [script …] sections */
};

struct wq_page_rules;

/* Reads rules/page/page.txt (kind "page" of finding/datafile.h). The result lives in `arena`, is never changed and may be
 * shared by threads. Errors: WQ_E_CONFIG and WQ_E_LIMIT with file and line, WQ_E_NO_MEMORY. */
wq_err wq_page_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_page_rules **ret_rules);

enum wq_page_unit { WQ_PAGE_UNIT_UNKNOWN, WQ_PAGE_ORGAN, WQ_PAGE_INSTITUTION, WQ_PAGE_UNION, WQ_PAGE_OTHER_UNIT };

/* Whether such a unit bears the identity mark. */
enum wq_page_mark { WQ_PAGE_MARK_UNKNOWN, WQ_PAGE_MARK_ENTITLED, WQ_PAGE_MARK_NOT_ENTITLED };

/* What is known besides the bytes. Hosts are canonical (text/host.h). */
struct wq_page_facts {
	wq_str address; /* of the page: "https://www.example.gov.cn/a.html" */
	const wq_str *hosts, *inside, *confirmed;
	size_t hosts_n, inside_n, confirmed_n;
	const struct wq_suffix_rules *suffixes; /* with `day`: who is the government */
	wq_day day;
	enum wq_page_unit unit;
	enum wq_page_mark mark; /* by the rules of the day (rules/units.conf) */
	bool home;              /* mark and filings must be there, when the unit is known */
	struct wq_place place;  /* app, key: go into every finding */
};

/* Adds what it finds. The charset is the one browsers would use. `arena` is scratch space, free after the call. Errors:
 * WQ_E_LIMIT (over WQ_PAGE_BYTES or WQ_PAGE_ITEMS: not examined, so not fit to publish), WQ_E_INPUT for facts whose address
 * is none, WQ_E_NO_MEMORY, those of wq_findings_add. */
wq_err wq_page_check(struct wq_arena *arena, const struct wq_page_rules *rules, const struct wq_page_facts *facts,
	wq_str html, wq_str http_label, struct wq_findings *findings);

/* The same, as one of several readers of a document: open, every token, close. `facts`, `document` and `value` (room for
 * a decoded attribute, good for any number of pages in turn) outlive it; the rest lives in `arena`: who gives up half-way owes nothing. */
enum { WQ_PAGE_VALUE_MAX = WQ_HTML_TAG_MAX * 4 };
struct wq_page;
wq_err wq_page_open(struct wq_arena *arena, const struct wq_page_rules *rules, const struct wq_page_facts *facts,
	const struct wq_document *document, struct wq_buf *value, struct wq_page **ret_page);
/* A wq_html_fn. */
wq_err wq_page_token(void *page, const struct wq_html_token *token);
wq_err wq_page_close(struct wq_page *page, struct wq_findings *findings);

/* The same for a script file: planted and obfuscated code, redirects, what it loads from outside. */
wq_err wq_page_check_script(struct wq_arena *arena, const struct wq_page_rules *rules,
	const struct wq_page_facts *facts, wq_str script, wq_str http_label, struct wq_findings *findings);

#endif
