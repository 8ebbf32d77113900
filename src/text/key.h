/* The canonical key: the one name of a resource, made by the one function that capture, class choice, look-up and
 * forwarding share. What cannot be named without ambiguity is refused.
 *
 *     key = host "/" path ["?" query]          e.g.  www.example.gov.cn/a/b%20c.html
 *
 * host: IDN to ASCII (UTS 46 non-transitional), lower case, no port, no trailing dot, no user information. path:
 * percent-decoded exactly once, dot segments resolved, empty segments kept out (`//` is refused), then encoded again with
 * upper-case hex for every byte outside unreserved / sub-delims / ":" / "@" / "/" (RFC 3986 §2.2, §3.3). query: by policy.
 * Refused as WQ_E_AMBIGUOUS (each with its reason): encoded or raw `\`, %2f, %5c, %00, raw control bytes, `%` not followed
 * by two hex digits, double encoding (%25 followed by two hex digits), `;` parameters in or after dot segments (`..;/`),
 * dot segments that climb over the root, overlong or invalid UTF-8, `//`, fragments, host and SNI that differ, host that
 * is no host. Because common origins differ on them, also: %3B (a name's character to some, a parameter to others),
 * segments that begin with `;` or consist of dots and spaces but are no dot segment, encoded control bytes, look-alikes
 * of "/" and `\` beyond ASCII, IPv4 hosts in any but the plain dotted form. docs/key.md gives every rule with its reason,
 * text/key_test.c a table of more than 200 spellings.
 *
 * Not good at: paths whose bytes are GBK (refused as invalid UTF-8); in queries bytes stay bytes.
 */
#ifndef WQ_TEXT_KEY_H
#define WQ_TEXT_KEY_H

#include "base/base.h"
#include "base/buf.h"

enum { WQ_KEY_MAX = 4096, WQ_HOST_MAX = 253 };

/* What a path's policy says of the query string. */
enum wq_key_query {
	WQ_KEY_QUERY_REFUSE, /* a non-empty query is WQ_E_NOT_FOUND: there is no such resource */
	WQ_KEY_QUERY_IGNORE,
	WQ_KEY_QUERY_LISTED, /* only the listed parameters, in the order of the list, first value of each; others ignored */
	WQ_KEY_QUERY_KEEP /* as it is, if it is unambiguous (for capture by exact address) */
};

struct wq_key_policy {
	enum wq_key_query query;
	const wq_str *listed;
	size_t listed_n;
};

/* Why a target was refused; wq_key_reason_text() gives a stable English word for logs and tables. */
enum wq_key_reason {
	WQ_KEY_FINE,
	WQ_KEY_BAD_HOST,
	WQ_KEY_BAD_PERCENT,
	WQ_KEY_ENCODED_SEPARATOR,
	WQ_KEY_BACKSLASH,
	WQ_KEY_DOUBLE_ENCODING,
	WQ_KEY_CONTROL,
	WQ_KEY_BAD_UTF8,
	WQ_KEY_EMPTY_SEGMENT,
	WQ_KEY_DOT_PARAMETER,
	WQ_KEY_ABOVE_ROOT,
	WQ_KEY_FRAGMENT,
	WQ_KEY_TOO_LONG,
	WQ_KEY_NO_PATH,
	WQ_KEY_BAD_QUERY,
	WQ_KEY_SNI_DIFFERS
};
const char *wq_key_reason_text(enum wq_key_reason reason);

/* Writes the canonical host to `out` (room for WQ_HOST_MAX + 1). Accepts "Host" header form: a port is cut off. IPv6 in
 * brackets is kept in brackets. Returns the reason; `*ret_n` only when WQ_KEY_FINE. */
enum wq_key_reason wq_key_host(wq_str host, char out[WQ_HOST_MAX + 1], size_t *ret_n);

/* Makes the key from a Host header and a raw request target in origin form ("/path?query", still encoded). Appends to
 * `out`; allocation-free when `out` has room. Errors: WQ_E_AMBIGUOUS with `*ret_reason`; WQ_E_NOT_FOUND for a query the
 * policy refuses; WQ_E_LIMIT. `policy` NULL means WQ_KEY_QUERY_REFUSE. */
wq_err wq_key_make(wq_str host, wq_str target, const struct wq_key_policy *policy, struct wq_buf *out,
	enum wq_key_reason *ret_reason);

/* A query for an origin, of any length and without judging what it means: appended to `out` in the spelling that keys have.
 * Requires: the target that it is of was accepted by wq_key_make() without it. WQ_KEY_BAD_QUERY, WQ_KEY_BACKSLASH: it has
 * none; `out` may then have grown. */
enum wq_key_reason wq_key_query_spell(wq_str query, struct wq_buf *out);

/* The parts of a key made above: host, then the path with its leading slash (and query). */
void wq_key_split(wq_str key, wq_str *ret_host, wq_str *ret_target);

/* Host and origin form of an absolute-form target ("http://host/path", RFC 9112 §3.2.2), as slices of it. The host is as
 * it stands, with port and whatever else: wq_key_make() judges it. WQ_KEY_NO_PATH for every other form, and when a query
 * follows the host at once. */
enum wq_key_reason wq_key_absolute(wq_str target, wq_str *ret_host, wq_str *ret_target);

/* Whether the name in the TLS hello and the Host header are one: WQ_KEY_FINE, WQ_KEY_SNI_DIFFERS, or why `host` is none.
 * An empty `sni` (none was sent) is fine: whether that is allowed is not decided here. */
enum wq_key_reason wq_key_sni(wq_str host, wq_str sni);

/* Whether the path of a key made above carries a `;`: an origin that cuts parameters off (Tomcat, Jetty) then sees
 * another path than the key names ("/admin;x" is "/admin" to it), so a class chosen by prefix needs this asked first. */
bool wq_key_has_parameter(wq_str key);

#endif
