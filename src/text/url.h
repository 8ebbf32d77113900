/* URLs as the WHATWG URL Standard reads them: what a browser makes of an address, so that a check sees what a visitor
 * gets. Special schemes (http, https, ws, wss, ftp, file) and opaque ones (mailto, javascript, data, …).
 *
 * Invariants: every part is percent-encoded ASCII as the standard serialises it, but for an opaque path, which is ASCII
 * with spaces; parsing the serialisation gives the same parts again. All parts are slices of one string in the arena.
 * Not good at: documents that are not UTF-8 (their queries are encoded in UTF-8 all the same, a byte that is no UTF-8 is
 * U+FFFD); emoji domains (text/idn.h). For the one name of a resource use text/key.h; for what a host is, text/host.h.
 */
#ifndef WQ_TEXT_URL_H
#define WQ_TEXT_URL_H

#include "base/arena.h"

/* Longer input is WQ_E_LIMIT; what matters of a long data: URL is its scheme, see wq_url_scheme(). */
enum { WQ_URL_MAX = 64 * 1024, WQ_URL_NO_PORT = -1 };

struct wq_url {
	wq_str href;   /* the serialisation (URL Standard §4.5) */
	wq_str scheme; /* lower case, without ":" */
	wq_str user, password;
	wq_str host; /* as serialised, IPv6 in brackets; "" is a host for file: and other schemes */
	wq_str path; /* "/…", or opaque, or "" (only without a special scheme) */
	wq_str query, fragment;
	int port; /* WQ_URL_NO_PORT when none or the scheme's own */
	bool special, has_host, opaque_path, has_query, has_fragment;
};

/* Parses `input`, relative to `base` when that is not NULL. Errors: WQ_E_INPUT (the standard's failure; no note),
 * WQ_E_LIMIT, WQ_E_NO_MEMORY. `base` is not needed afterwards. */
wq_err wq_url_parse(struct wq_arena *arena, wq_str input, const struct wq_url *base, struct wq_url *ret_url);

/* The scheme that `input` begins with, as it stands, after the white space a browser skips; empty when there is none.
 * Reads no further; fit for any length. Tabs and line feeds inside the scheme, which a browser skips as well, are not
 * skipped here. */
wq_str wq_url_scheme(wq_str input);

/* The port that a client connects to: the URL's, the scheme's own, or 0. */
uint16_t wq_url_port(const struct wq_url *url);

/* http or https. */
bool wq_url_is_http(const struct wq_url *url);

/* Path and query, as a request target in origin form; a slice of the URL's string. */
wq_str wq_url_target(const struct wq_url *url);

/* The serialisation without the fragment; a slice of the URL's string. */
wq_str wq_url_without_fragment(const struct wq_url *url);

/* Same scheme, host and port (RFC 6454 §5), both with a host and a special scheme other than file. */
bool wq_url_same_origin(const struct wq_url *a, const struct wq_url *b);

/* The host parser (URL Standard §3.5) alone: domain to ASCII, IPv4 in any number form, IPv6 in brackets; `special` false
 * gives an opaque host. Writes at most `cap` bytes. False on failure. */
bool wq_url_host_parse(wq_str input, bool special, char *out, size_t cap, size_t *ret_n);

#endif
