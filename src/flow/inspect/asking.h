/* Single questions over HTTP beside the walk: one after the other, by its rules (addresses, routes, delay between requests to a
 * host, authorities). Private to flow/inspect.
 */
#ifndef WQ_FLOW_INSPECT_ASKING_H
#define WQ_FLOW_INSPECT_ASKING_H

#include "flow/inspect/inspection.h"

struct wq_asked {
	enum wq_fetch_result result;
	int status;
	struct wq_addr addr;
	wq_str url; /* where redirects ended */
	wq_str headers, body;
};

struct wq_asking {
	struct wq_fetch *fetch;
	struct wq_asked last;
	struct wq_arena *arena; /* of the question at hand */
};

/* `route` (may be NULL) takes the place of the walk's. Errors: those of wq_fetch_new. */
wq_err wq_asking_open(
	struct wq_asking *asking, const struct wq_inspect_options *options, const struct wq_fetch_route *route);
void wq_asking_close(struct wq_asking *asking);

/* Asks and waits; at most `cut` bytes of the body (0: as many as are allowed), at most `redirects` followed. The answer lives in `arena`.
 * What did not answer is an answer. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT, WQ_E_IO. */
wq_err wq_ask(struct wq_asking *asking, struct wq_arena *arena, wq_str url, size_t cut, unsigned redirects,
	struct wq_asked *ret_asked);

#endif
