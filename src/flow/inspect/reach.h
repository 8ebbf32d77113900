/* Which addresses beside the public ones an inspection may reach: those that the operator named, and with --allow-private those that
 * the names of the starts have. Everything else private stays forbidden, whatever a page says.
 */
#ifndef WQ_FLOW_INSPECT_REACH_H
#define WQ_FLOW_INSPECT_REACH_H

#include "flow/inspect/inspection.h"

/* "10.1.2.3", "10.0.0.0/8", "fd00::/8". False when it is none, or has bits beyond its prefix. */
bool wq_reach_parse(wq_str text, struct wq_fetch_peer *ret_peer);
/* "HOST:ADDRESS", "HOST:PORT:ADDRESS" or "HOST:PORT:ADDRESS:PORT"; IPv6 addresses in brackets. The strings live in `arena`.
 * Errors: WQ_E_USAGE, WQ_E_NO_MEMORY. */
wq_err wq_reach_route(struct wq_arena *arena, wq_str text, struct wq_fetch_route *ret_route);

/* Adds the addresses of a start to `peers` (room for WQ_FETCH_PEERS_MAX), any port; all of 127.0.0.0/8 and ::1 when one of them
 * is a loopback. A name that does not resolve adds nothing. Errors: WQ_E_LIMIT. */
wq_err wq_reach_start(const struct wq_url *start, const struct wq_fetch_route *routes, size_t routes_n,
	struct wq_fetch_peer *peers, size_t *n);

#endif
