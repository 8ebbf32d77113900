/* One look at many home pages, as the inspectors look: a page has to come, with all that leads to it, within the time that the
 * indicators give (V2: 15 s).
 *
 * Invariants: redirects are followed, each checked as an address of its own (inspect/fetch), and their time counts; an answer of 400 or
 * above, or without a body, is not a page. Every target has exactly one visit.
 * Bad at: a page that a script or a meta refresh leads on from: it counts as opened.
 */
#ifndef WQ_FLOW_WATCH_LOOK_H
#define WQ_FLOW_WATCH_LOOK_H

#include "flow/watch/log.h"
#include "inspect/fetch/fetch.h"

enum { WQ_WATCH_TARGETS_MAX = 10000, WQ_WATCH_HOPS = 10 };

struct wq_watch_target {
	wq_str name;
	const char *url; /* as wq_url_parse() serialises it, without fragment */
};

/* `fetch`: peers, routes, authorities, clock; its times are set here. `visits` has room for `n`; texts live in `arena`. `stop` (may be
 * NULL) ends it early with WQ_E_INTERRUPTED, and nothing is returned. Errors: WQ_E_INPUT (a target's address), those of
 * fetch, WQ_E_NO_MEMORY. */
wq_err wq_watch_look(const struct wq_fetch_options *fetch, uint64_t visit_msec, const struct wq_watch_target *targets,
	size_t n, bool (*stop)(void), struct wq_arena *arena, struct wq_watch_visit *visits);

/* "name URL" a line, empty ones and those with '#' first left out. Errors: WQ_E_INPUT naming the line, WQ_E_LIMIT. */
wq_err wq_watch_targets_parse(
	struct wq_arena *arena, wq_str text, const struct wq_watch_target **ret_targets, size_t *ret_n);
/* One of them: cleans the address. Errors: WQ_E_INPUT. */
wq_err wq_watch_target(struct wq_arena *arena, wq_str name, wq_str url, struct wq_watch_target *ret_target);

#endif
