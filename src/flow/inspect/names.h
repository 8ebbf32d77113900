/* The names of an inspection: one look at each host of the starts in the DNS (inspect/dns), judged (detect/dns), with what only HTTP tells
 * (an MTA-STS policy, a closed application that answers, an origin past the gate); what names say by themselves (A2, A3); IPv6 (A9). Private
 * to flow/inspect.
 *
 * Invariants: rules are read before the process locks itself in; a host that is an address, or a name of this machine alone, is passed over. HTTP
 * keeps the rules of the walk: addresses, routes, authorities. An origin at a loopback address, or at the address and port of the site
 * itself, is not asked: it cannot be past the gate. IPv6 is known from the look, else from the system's resolver; of a host that --resolve
 * leads elsewhere nothing is said. Bad at: an origin that is asked from a machine which the firewall lets through.
 */
#ifndef WQ_FLOW_INSPECT_NAMES_H
#define WQ_FLOW_INSPECT_NAMES_H

#include "detect/indicator/indicator.h"
#include "flow/inspect/facts.h"

struct wq_names {
	bool open;
	struct wq_dns_rules rules;
	struct wq_psl *psl;
};

/* Reads rules and the public suffixes. Errors: WQ_E_CONFIG, WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_names_open(struct wq_names *names, struct wq_facts *facts);
void wq_names_close(struct wq_names *names);

/* Looks and judges by what `checks` asks for. Observations live in the arena of the result, findings in `scratch`; `ret_network` gets the
 * hosts. Errors: those of wq_dns_look(), wq_findings_add(), WQ_E_NO_MEMORY. */
wq_err wq_names_look(const struct wq_names *names, const struct wq_facts *facts,
	const struct wq_inspect_options *options, struct wq_arena *scratch, struct wq_inspect_network *ret_network,
	struct wq_measures *measures, struct wq_findings *findings);

/* ---- names_ask.c: over HTTP ---- */

/* Completes what was seen of the host of `start`: policy of MTA-STS, `http_*` when the application is closed, origins. Errors: WQ_E_NO_MEMORY,
 * those of wq_fetch_new(). */
wq_err wq_names_ask(const struct wq_inspect_options *options, struct wq_arena *arena, const struct wq_url *start,
	struct wq_dns_observation *seen);

#endif
