/* What a browser tries on a home page, from rules/render/render.txt (form: finding/datafile.h). Private to flow/inspect.
 *
 *     [traps]   trap: WAY | NAME | ADDRESS    ways: link, later (a link without a trick), form, window; the address may be relative to the page's scheme ("//host/")
 *     [limits]  links: N                      outside links of the page itself that are clicked
 *     [mark]    host: HOST                    whence the identity mark comes
 */
#ifndef WQ_FLOW_INSPECT_TRAPS_H
#define WQ_FLOW_INSPECT_TRAPS_H

#include "inspect/render/render.h"

enum { WQ_TRAPS_MAX = 16, WQ_TRAPS_LINKS_MAX = WQ_RENDER_CLICKS - WQ_TRAPS_MAX, WQ_TRAPS_MARKS_MAX = 8 };

struct wq_trap {
	enum wq_render_way way;
	bool plain; /* nothing but that the link was added later: where it is let go, other links that are added later say no more */
	wq_str name, url;
};

struct wq_traps {
	struct wq_trap items[WQ_TRAPS_MAX];
	wq_str hosts[WQ_TRAPS_MAX]; /* of the traps, as serialised */
	size_t n;
	wq_str marks[WQ_TRAPS_MARKS_MAX];
	size_t marks_n;
	uint64_t links;
};

/* Everything lives in `arena` and in `bytes`. Errors: WQ_E_CONFIG and WQ_E_LIMIT with file and line, WQ_E_NO_MEMORY. */
wq_err wq_traps_parse(struct wq_arena *arena, wq_str file_name, wq_str bytes, struct wq_traps *ret_traps);

#endif
