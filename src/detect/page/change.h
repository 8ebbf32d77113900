/* What an unapproved change is: two versions of one resource compared by what they carry (detect/page/page.h), so that an
 * editor's new paragraph is told from an intruder's new script.
 *
 *   change.script        code that was not there: high from outside, hidden in a redirect or planted by the look of it; else
 *                        medium
 *   change.hidden-link   a hidden link or frame that was not there
 *   change.outside-host  links, frames, forms to a host that the page did not know: scripts aside
 *   change.redirect      an automatic redirect to a place outside
 *   change.defacement    the words with which intruders sign, or most of the text gone; critical when both, or the title too
 *   change.type          another kind of content
 *   change.text          anything else
 * Evidence is what is new with its line; numbers as long as a person's are masked (finding/excerpt.h). Clauses C1, C6. Bad at: what scripts in files of their own do.
 */
#ifndef WQ_DETECT_PAGE_CHANGE_H
#define WQ_DETECT_PAGE_CHANGE_H

#include "detect/page/page.h"

enum wq_page_as { WQ_PAGE_AS_HTML, WQ_PAGE_AS_SCRIPT, WQ_PAGE_AS_OTHER };

struct wq_page_version {
	enum wq_page_as as;
	wq_str type;  /* without parameters: "text/html" */
	wq_str label; /* charset of the Content-Type, may be empty */
	wq_str bytes;
};

/* Adds findings; nothing for equal versions. `arena` is scratch space. Errors: as wq_page_check(). */
wq_err wq_page_change(struct wq_arena *arena, const struct wq_page_rules *rules, const struct wq_page_facts *facts,
	const struct wq_page_version *before, const struct wq_page_version *after, struct wq_findings *findings);

#endif
