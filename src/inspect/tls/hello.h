/* ClientHello, made by hand: what no library offers any more. RFC 6101, 2246, 5246, 8446; SSLv2 as RFC 6101 appendix E; TLCP as
 * GB/T 38636 §6.4.5. What it leads to is read by inspect/tls/flight.h; no key is ever agreed on. Private to inspect/tls. */
#ifndef WQ_INSPECT_TLS_HELLO_H
#define WQ_INSPECT_TLS_HELLO_H

#include "base/buf.h"
#include "base/clock.h"
#include "detect/tls/tls.h"

enum { TLS_HELLO_MAX = 4096, TLS_HELLO_SUITES = 256, TLS_FALLBACK_SCSV = 0x5600 };

struct tls_hello {
	enum wq_tls_version version; /* the highest offered, and of TLS 1.3 and TLCP the only one */
	uint16_t suites[TLS_HELLO_SUITES];
	size_t suites_n;
	bool fallback; /* RFC 7507 */
	wq_str name;   /* SNI; empty: none */
};

/* As on the wire: 0x0303, 0x0101. */
uint16_t tls_version_code(enum wq_tls_version version);
/* The version of a code; false for others. */
bool tls_version_of(uint16_t code, enum wq_tls_version *ret_version);

/* Adds the suites of the rules whose kinds are in `kinds` (bits 1 << enum wq_tls_suite_kind). */
void tls_hello_offer(struct tls_hello *hello, const struct wq_tls_rules *rules, unsigned kinds);
/* Takes one away. False when it was not offered. */
bool tls_hello_remove(struct tls_hello *hello, uint16_t suite);
bool tls_hello_offers(const struct tls_hello *hello, uint16_t suite);
/* Writes the record. Compression is offered up to TLS 1.2, secure renegotiation by its extension (RFC 5746) or, where there are
 * none, by its suite. Errors: the buffer's. */
wq_err tls_hello_put(const struct tls_hello *hello, const struct wq_random *random, struct wq_buf *out);

#endif
