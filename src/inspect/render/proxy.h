/* The browser's only way out: an HTTP proxy on the loopback that checks every address after every resolution.
 *
 * Invariants: a process of its own, without privileges, that ends with whoever started it; it serves connections of one user alone (the
 * kernel says whose a connection is); a name is resolved here, the address that was checked is the one that is connected to
 * (wq_fetch_may_reach), at ports of the web and of registered peers; time, bytes and connections are bounded. It sees into
 * nothing: TLS passes through.
 * Bad at: being a proxy for people.
 */
#ifndef WQ_INSPECT_RENDER_PROXY_H
#define WQ_INSPECT_RENDER_PROXY_H

#include "base/arena.h"
#include "inspect/fetch/fetch.h"
#include "text/key.h"

#include <sys/types.h>

enum {
	WQ_PROXY_HEAD = 32 * 1024, /* bytes of a request's head */
	WQ_PROXY_CONNECTIONS = 64,
	WQ_PROXY_SECONDS = 120,            /* of one connection */
	WQ_PROXY_BYTES = 256 * 1024 * 1024 /* of one connection, both ways */
};

struct wq_proxy_options {
	uid_t user; /* who may use it, and as whom it runs when root starts it */
	gid_t group;
	const struct wq_fetch_peer *peers;
	size_t peers_n;
	const struct wq_fetch_route *routes;
	size_t routes_n;
	const wq_str *never; /* hosts that are not even resolved, canonical */
	size_t never_n;
};

/* Starts it, without the descriptors of `shut`. Errors: WQ_E_IO. */
wq_err wq_proxy_start(
	const struct wq_proxy_options *options, const int *shut, size_t shut_n, pid_t *ret_pid, uint16_t *ret_port);

/* What a request asks the proxy for. Slices point into the head; `target` is path and query. */
struct wq_proxy_request {
	bool tunnel; /* CONNECT */
	char host[WQ_HOST_MAX + 8];
	uint16_t port;
	wq_str method, target, version, fields; /* of a request in absolute form */
};
/* Reads a head (up to and without the empty line). Errors: WQ_E_INPUT: no proxy request, another scheme than http, a user name. */
wq_err wq_proxy_request_read(struct wq_arena *arena, wq_str head, struct wq_proxy_request *ret_request);
/* The request as the server gets it: origin form, without what is meant for proxies, one request on the connection. */
void wq_proxy_request_write(const struct wq_proxy_request *request, struct wq_buf *out);
/* How many bytes of body belong to the request, and may follow it; false when that is not said in a way we understand. */
bool wq_proxy_request_body(const struct wq_proxy_request *request, uint64_t *ret_bytes);
/* False when a host is one of `never`. */
bool wq_proxy_host_fine(const struct wq_proxy_options *options, wq_str host);
/* Whether a port may be asked for at all: 80, 443, 8080, 8443, or one of a registered peer or route. */
bool wq_proxy_port_fine(const struct wq_proxy_options *options, uint16_t port);

#endif
