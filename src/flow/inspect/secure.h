/* The secure connections of an inspection: one look at each host of the starts (inspect/tls), judged (detect/tls). Private to
 * flow/inspect.
 *
 * Invariants: rules and the system's authorities are read before the process locks itself in; a host that is an address, or whose
 * start is http on a port of its own, is not asked on 443. What was seen goes to the result for whoever compares sites.
 */
#ifndef WQ_FLOW_INSPECT_SECURE_H
#define WQ_FLOW_INSPECT_SECURE_H

#include "flow/inspect/facts.h"

struct wq_x509_store;

struct wq_secure {
	const struct wq_tls_rules *rules;
	struct wq_x509_store *store;
};

/* Reads rules and authorities. Errors: WQ_E_CONFIG, WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_secure_open(struct wq_secure *secure, struct wq_facts *facts, const struct wq_inspect_options *options);
void wq_secure_close(struct wq_secure *secure);

/* Looks and judges, also against the certificates of `options->before`, and all of them together. Observations go into `ret_seen` (room
 * for WQ_INSPECT_HOSTS_MAX), what reports show into `network`, findings into `findings`, everything into `arena`. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT, those of wq_findings_add. */
wq_err wq_secure_look(const struct wq_secure *secure, const struct wq_facts *facts,
	const struct wq_inspect_options *options, struct wq_arena *arena, const struct wq_tls_observation **ret_seen,
	size_t *ret_n, struct wq_inspect_network *network, struct wq_findings *findings);

#endif
