/* The home pages of an inspection as a browser shows them (inspect/render), and what that says against what the bytes of the page
 * said: the mark's place, whether leaving asks, who is asked for what. Private to flow/inspect.
 *
 * Invariants: the browser is started before the process locks itself in and gone before the walk begins; what it says is kept as
 * data. Where a home page was rendered, rendering knows better: static findings about the visibility and the place of its mark and
 * about its leave-site prompt give way (wq_rendering_gives_way). A machine without a browser, or without a sandbox for it, is said
 * and no failure. Clauses A6, A9, B6, C11.
 * Bad at: pages other than the starts; prompts that only show after more than a click.
 */
#ifndef WQ_FLOW_INSPECT_RENDERING_H
#define WQ_FLOW_INSPECT_RENDERING_H

#include "detect/front/front.h"
#include "detect/portal/portal.h"
#include "flow/inspect/facts.h"
#include "flow/inspect/traps.h"

enum { WQ_RENDERING_PAGES = 16, WQ_RENDERING_PICTURE = 2 * 1024 * 1024, WQ_RENDERING_REACHES = 64 };

/* A page that was asked to be rendered. */
struct wq_rendering_page {
	struct wq_rendered seen;
	wq_str url; /* where it ended, without fragment */
	struct wq_render_click clicks[WQ_RENDER_CLICKS];
	size_t links_n, clicks_n; /* links of the page itself come first */
	bool said_mark;           /* the bytes of the page have no mark that shows, and that was said */
};

struct wq_rendering {
	struct wq_traps traps;
	const struct wq_portal_rules *portal;
	const struct wq_front_rules *front;
	struct wq_render *render;
	struct wq_rendering_page pages[WQ_RENDERING_PAGES];
	size_t n;
	struct wq_inspect_picture pictures[WQ_RENDERING_PAGES];
	size_t pictures_n;
	char why[400]; /* it could not be done; empty: it was */
};

/* Reads the rules and starts the browser. Errors: WQ_E_CONFIG (rules; no such user), WQ_E_NO_MEMORY, WQ_E_LIMIT. */
wq_err wq_rendering_open(
	struct wq_rendering *rendering, struct wq_facts *facts, const struct wq_inspect_options *options);
void wq_rendering_close(struct wq_rendering *rendering);

/* Looks at the home pages and ends the browser. Everything lives in the arena of `facts`. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT. */
wq_err wq_rendering_look(
	struct wq_rendering *rendering, struct wq_facts *facts, const struct wq_inspect_options *options);

/* Whether a finding of a detector is about something that the browser knows better. Every finding of the run is shown to it. */
bool wq_rendering_gives_way(struct wq_rendering *rendering, const struct wq_finding *finding);

/* At the end of the run: what was seen. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT, those of wq_findings_add. */
wq_err wq_rendering_judge(const struct wq_rendering *rendering, const struct wq_subject *subject,
	struct wq_arena *arena, struct wq_findings *findings);

#endif
