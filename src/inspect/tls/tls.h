/* Goes and looks at the secure connection of one host: which versions and suites it accepts, what certificates it sends and where
 * they lead, what it says over HTTP. The judge is detect/tls.
 *
 * Invariants:
 *   - one connection at a time, a dozen or so in all; each with a deadline, all of them with another; nothing that the peer
 *     sends makes it read more than WQ_TLS_FLIGHT_MAX bytes of a connection;
 *   - the address is taken once and checked: globally reachable unicast, unless it is allowed by option; every connection
 *     goes to that address;
 *   - weak and old things are asked with hellos of our own (inspect/tls/hello.h) and read from what the server answers in clear
 *     (inspect/tls/flight.h), to no end; one ordinary handshake, with what the library has, is made by crypto/tls_client.h, and
 *     nothing secret is sent over it;
 *   - nothing is fetched besides: no issuer's certificate, no OCSP, no CRL.
 * Bad at: resolving without the system's resolver, whose time is not bounded here: give a route when the address is known.
 */
#ifndef WQ_INSPECT_TLS_TLS_H
#define WQ_INSPECT_TLS_TLS_H

#include "base/clock.h"
#include "crypto/x509_path.h"
#include "detect/tls/tls.h"
#include "inspect/fetch/fetch.h"

enum { WQ_TLS_FLIGHT_MAX = 128 * 1024 };

/* The address of a host, known already. */
struct wq_tls_route {
	wq_str host;
	wq_str address; /* numeric; IPv6 without brackets */
};

/* 0 takes the default in brackets. */
struct wq_tls_options {
	const struct wq_tls_rules *rules;
	const struct wq_x509_store *store;
	bool allow_private;                /* any address */
	const struct wq_fetch_peer *peers; /* these besides global ones, as in inspect/fetch */
	size_t peers_n;
	const struct wq_tls_route *routes;
	size_t routes_n;
	uint16_t http_port;  /* where HTTP without TLS is asked [80 when the port is 443, else not asked] */
	uint32_t probe_msec; /* per connection [5000] */
	uint32_t total_msec; /* [60000] */
	uint32_t delay_msec; /* between two connections [0] */
	const struct wq_clock *clock;
	const struct wq_random *random;
};

/* Everything lives in `arena`. A host that cannot be resolved, may not be reached or does not answer is an observation that
 * says so, no error. Requires: `host` is canonical (text/host.h). Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT, WQ_E_INPUT (host),
 * WQ_E_CRYPTO. */
wq_err wq_tls_look(struct wq_arena *arena, const struct wq_tls_options *options, wq_str host, uint16_t port,
	struct wq_tls_observation **ret_observation);

#endif
