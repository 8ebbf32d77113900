/* The network side of an inspection: names, addresses and secure connections of the hosts of its starts, as reports show them and
 * as the next inspection compares them; and what it is told beforehand of names.
 *
 * Invariants: texts are clean (finding/excerpt.h) but not escaped. A host that is an address, or a name of this machine alone, has no DNS:
 * `named` is false and nothing is said of it.
 */
#ifndef WQ_FLOW_INSPECT_NETWORK_H
#define WQ_FLOW_INSPECT_NETWORK_H

#include "detect/tls/tls.h"
#include "inspect/dns/dns.h"

enum { WQ_INSPECT_ADDRESSES_MAX = 256, WQ_INSPECT_NAMES_MAX = 64 };

/* ---- what is told ---- */

/* Zero: no resolver is compared, nothing is located, nothing is registered. Borrowed. */
struct wq_inspect_names {
	const struct wq_dns_endpoint *resolvers, *roots; /* roots: [those of rules/dns] */
	size_t resolvers_n, roots_n;
	const char *geo_file, *anchor_file; /* inspect/dns/dns.h */
	uint32_t rounds, round_gap_msec;    /* [those of inspect/dns/dns.h] */
	bool allow_private;                 /* name servers at private addresses may be asked */
	struct wq_dns_registered registered;
	wq_str origin; /* the application behind the gate, an http or https address; empty: not known, or a directory */
	const struct wq_domain_portal *portals; /* of the unit, this one among them (A2) */
	size_t portals_n;
};

/* ---- what was seen ---- */

enum wq_inspect_said { WQ_INSPECT_UNSAID, WQ_INSPECT_NO, WQ_INSPECT_YES };

struct wq_inspect_address {
	wq_str text, country, owner; /* country, owner: empty when not located */
};

struct wq_inspect_host {
	wq_str host;
	bool named;  /* it has a name in the DNS */
	bool looked; /* by the check `dns` */
	enum wq_inspect_said ipv6;
	wq_str zone;
	const wq_str *ns, *resolvers; /* resolvers: that were compared */
	size_t ns_n, resolvers_n;
	const struct wq_inspect_address *addresses;
	size_t addresses_n;
};

struct wq_inspect_tls {
	wq_str host, address;
	uint16_t port;
	bool reachable;
	wq_str versions;   /* "TLS 1.2, TLS 1.3" */
	wq_str issuer;     /* empty without a certificate */
	wq_time not_after; /* of it */
	wq_str known;      /* line of wq_tls_known_put(); empty without a certificate */
};

struct wq_inspect_network {
	const struct wq_inspect_host *hosts; /* of the starts, each once */
	size_t hosts_n;
	const struct wq_inspect_tls *tls;
	size_t tls_n;
};

#endif
