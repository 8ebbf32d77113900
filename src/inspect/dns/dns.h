/* Looks at a domain in the DNS from outside: asks given resolvers and, directly, the authoritative servers, over several
 * rounds; follows the delegation from the root itself, validates DNSSEC, locates what it found. What it means is detect/dns's.
 *
 * Plain queries go by c-ares, many at a time, with queries of our own making (client subnet, DNSSEC OK, no recursion); libunbound validates, and
 * resolves what stands beside (hosts of name servers, mail). Invariants:
 *   - servers whose address came from an answer are asked only when it is global (wq_addr_class()) or `allow_private` is set; resolvers
 *     and roots, which the operator gave, always;
 *   - every wait, every loop and every list has a limit of the options; reaching one is a line in `limits` of the observation;
 *   - nothing is written anywhere; nothing is asked but the domain, the names that its records lead to and one random name beside it.
 * Bad at: zones whose servers answer only after more than total_msec; DNS over TLS or HTTPS.
 */
#ifndef WQ_INSPECT_DNS_DNS_H
#define WQ_INSPECT_DNS_DNS_H

#include "base/arena.h"
#include "base/clock.h"
#include "detect/dns/dns.h"

enum { WQ_DNS_RESOLVERS_MAX = 64, WQ_DNS_ROUNDS_MAX = 16, WQ_DNS_SERVERS_MAX = 32, WQ_DNS_QUERIES_MAX = 20000 };

struct wq_dns_endpoint {
	struct wq_addr addr;
	uint16_t port; /* 0: 53 */
	wq_str name;   /* shown; empty: the address */
};

/* 0, NULL and empty take the default in brackets. */
struct wq_dns_options {
	const struct wq_dns_rules *rules; /* thresholds, root servers, subnets; must be there */
	const struct wq_dns_endpoint *resolvers;
	size_t resolvers_n;
	const struct wq_dns_endpoint *roots; /* [those of the rules] */
	size_t roots_n;
	const char *anchor_file; /* DS or DNSKEY records to trust; NULL: DNSSEC is not validated, and that is said */
	const char *
		geo_file; /* MaxMind DB with country, autonomous_system_*, subdivisions as far as it has them; NULL: nothing is located */
	const struct wq_psl *psl; /* must be there */
	bool allow_private;
	bool no_mail, no_regions;
	bool vantage_abroad;            /* the observer stands outside the country */
	wq_str mail_domain;             /* [the zone's apex] */
	uint32_t rounds;                /* [3], at most WQ_DNS_ROUNDS_MAX */
	uint32_t round_gap_msec;        /* [1000] between rounds */
	uint32_t query_msec;            /* one try [1500] */
	uint32_t tries;                 /* [2] */
	uint32_t total_msec;            /* of a look [60000] */
	const struct wq_clock *clock;   /* [the system's] */
	const struct wq_random *random; /* [the system's] */
};

/* "1.2.3.4", "1.2.3.4:5353", "[2001:db8::1]:53", with an optional "name=" before it. False when it is none. */
bool wq_dns_endpoint_parse(wq_str text, struct wq_dns_endpoint *ret_endpoint);

/* Looks once. `domain` is canonical (text/host.h) and no address. `registered` (may be NULL) tells the DKIM selectors to ask for. Everything
 * in the observation lives in `arena`. What did not answer is in the observation, not an error. Errors: WQ_E_INPUT (domain), WQ_E_CONFIG (files, options), WQ_E_LIMIT
 * and WQ_E_NO_MEMORY of the arena, WQ_E_UNSUPPORTED (c-ares or libunbound cannot start). */
wq_err wq_dns_look(struct wq_arena *arena, const struct wq_dns_options *options, wq_str domain,
	const struct wq_dns_registered *registered, struct wq_dns_observation *ret_seen);

#endif
