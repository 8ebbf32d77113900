/* Fetching over HTTP, many requests at a time, with the rules of an inspector: what it may reach, how long it may take,
 * how politely it asks. libcurl multi inside; one thread, driven by wq_fetch_run().
 *
 * Invariants:
 *   - only http and https; the address is checked each time a socket is opened, after every resolution, so a name that
 *     resolves to something else the second time gains nothing (requirement: outbound HTTP); everything but globally
 *     reachable unicast addresses is refused, save for registered peers; no proxy, no .netrc, no user name in a URL;
 *   - redirects are not followed: they are answers like others;
 *   - every accepted request is answered exactly once, by the callback, or forgotten by wq_fetch_free();
 *   - bodies are as sent, or with `decode` gzip, deflate and br are asked for and undone; in either case no longer than body_max
 *     as handed over, so a decompression bomb is too large and no more;
 *   - a server gets per_host requests at a time and an address per_address, whatever the names that lead there;
 *   - with `retries`, a server that asks for patience (429, 503: RFC 6585 §4, RFC 9110 §15.6.4) gets it: nothing is asked of it
 *     for as long as Retry-After says, else 1, 2, 4, … seconds, and the request is put again. What asks for more than
 *     wait_max_msec, or goes on to, is answered as it stands, and such a server is not waited for again before it has
 *     answered something else: a walk over a site that is away ends.
 * Bad at: large downloads (bodies are held in memory), HTTP authentication, anything after the body's first body_max.
 */
#ifndef WQ_INSPECT_FETCH_FETCH_H
#define WQ_INSPECT_FETCH_FETCH_H

#include "base/base.h"
#include "base/buf.h"
#include "base/clock.h"
#include "text/header.h"
#include "text/host.h"

enum {
	WQ_FETCH_QUEUE_MAX = 4096, /* requests that wait or run */
	WQ_FETCH_PEERS_MAX = 64,   /* registered peers */
	WQ_FETCH_HEADERS_MAX = 32, /* request header lines */
	WQ_FETCH_BOMB = 100,
	WQ_FETCH_URL_MAX = 16 * 1024
};

/* What became of a request. All but WQ_FETCH_ANSWERED mean that `status` may be missing and the body is not whole. */
enum wq_fetch_result {
	WQ_FETCH_ANSWERED,
	WQ_FETCH_DNS,       /* the name has no address */
	WQ_FETCH_FORBIDDEN, /* its address may not be reached: private, loopback … */
	WQ_FETCH_REFUSED,   /* nobody listens there */
	WQ_FETCH_UNREACHABLE,
	WQ_FETCH_TIMEOUT,
	WQ_FETCH_TLS,       /* handshake or certificate */
	WQ_FETCH_TRUNCATED, /* the connection ended before the body did */
	WQ_FETCH_TOO_LARGE, /* over body_max, decoded, or header_max */
	WQ_FETCH_PROTOCOL,  /* no HTTP, an empty reply */
	WQ_FETCH_FAILED,    /* ours: memory, descriptors */
	WQ_FETCH_RESULTS
};
/* Stable lower-case word: "refused". */
const char *wq_fetch_result_text(enum wq_fetch_result result);

/* An address and port that may be reached although it is not global: the origin that the operator registered. Port 0:
 * any. `bits`: a network, so many leading bits count; 0: the whole address. */
struct wq_fetch_peer {
	struct wq_addr addr;
	uint16_t port;
	uint8_t bits;
};

/* Connections meant for host:port go to another place; Host and SNI stay. Port 0: any; to_port 0: the same port. */
struct wq_fetch_route {
	const char *host; /* canonical; IPv6 in brackets */
	uint16_t port;
	const char *to_host;
	uint16_t to_port;
};

/* 0 takes the default in brackets. */
struct wq_fetch_options {
	uint32_t connect_msec;  /* [10000] */
	uint32_t total_msec;    /* per request [30000] */
	size_t body_max;        /* [16 MiB] */
	size_t header_max;      /* [64 KiB] */
	uint32_t concurrent;    /* in all [16], at most 256 */
	uint32_t per_host;      /* [4] */
	uint32_t per_address;   /* [16], all hosts there together */
	uint32_t delay_msec;    /* between the starts of two requests to a host; 0: none */
	uint32_t retries;       /* of one request that was answered 429 or 503; 0: none, at most 16 */
	uint32_t wait_max_msec; /* before one of them [120000] */
	bool fresh;             /* every request on a connection of its own */
	bool decode;            /* ask for content codings and undo them */
	const char *user_agent; /* [Weique] */
	const char *ca_file;    /* [the system's] */
	const struct wq_fetch_peer *peers;
	size_t peers_n; /* at most WQ_FETCH_PEERS_MAX */
	const struct wq_fetch_route *routes;
	size_t routes_n;
	const struct wq_clock *clock; /* [the system's] */
};

struct wq_fetch_request {
	const char *url;            /* as wq_url_parse() serialises it, without fragment */
	bool head;                  /* HEAD instead of GET */
	const char *const *headers; /* "Name: value" */
	size_t headers_n;
	bool documents;  /* the body is wanted only when it is text, HTML, XML or script by its Content-Type */
	size_t body_cut; /* no more than so many bytes of it are wanted; 0: all */
	void *tag;       /* comes back with the response */
};

/* Slices live during the callback. */
struct wq_fetch_response {
	void *tag;
	const char *url;
	enum wq_fetch_result result;
	char detail[160]; /* English, for a log; holds nothing from the peer */
	int status;       /* 0: no status line came */
	wq_str headers;   /* raw lines of the final response, with line ends, without the status line and trailers */
	wq_str body;
	bool cut;  /* more of the body was not wanted */
	bool bomb; /* too large, and WQ_FETCH_BOMB times what was sent; or heads over header_max without end */
	uint32_t msec;
	struct wq_addr addr; /* that answered last; family 0: not known */
};

typedef void (*wq_fetch_fn)(void *data, const struct wq_fetch_response *response);

struct wq_fetch;

struct sockaddr;
/* What a socket's address is, in the form that rules are asked about; false when it is neither IPv4 nor IPv6. */
bool wq_fetch_addr(const struct sockaddr *socket_address, struct wq_addr *ret_addr, uint16_t *ret_port);
/* Whether an address may be asked at that port: a global one, or a peer's. The one rule for whoever opens connections on behalf of an
 * inspection. */
bool wq_fetch_may_reach(const struct wq_fetch_peer *peers, size_t peers_n, const struct wq_addr *addr, uint16_t port);

/* Copies the options, with what they point to but for the clock. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT (peers),
 * WQ_E_UNSUPPORTED (no usable libcurl). */
wq_err wq_fetch_new(const struct wq_fetch_options *options, wq_fetch_fn fn, void *data, struct wq_fetch **ret_fetch);
void wq_fetch_free(struct wq_fetch **fetch);

/* Accepts a request; also from inside the callback. Errors: WQ_E_BUSY when WQ_FETCH_QUEUE_MAX wait, WQ_E_INPUT (no
 * http or https URL, user name in it, control characters), WQ_E_LIMIT (length, headers), WQ_E_NO_MEMORY. */
wq_err wq_fetch_add(struct wq_fetch *fetch, const struct wq_fetch_request *request);
/* Works for at most `msec` and calls back for what ended. Errors: WQ_E_IO. */
wq_err wq_fetch_run(struct wq_fetch *fetch, uint32_t msec);
/* Requests accepted and not answered. */
size_t wq_fetch_pending(const struct wq_fetch *fetch);

#endif
