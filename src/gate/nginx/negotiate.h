/* Which form of a sealed response a request gets: content coding (RFC 9110 §12.5.3) and conditional requests (§13.1.2).
 * Knows nothing of nginx. None of these allocates; hostile header values of any length cost one pass.
 */
#ifndef WQ_GATE_NGINX_NEGOTIATE_H
#define WQ_GATE_NGINX_NEGOTIATE_H

#include "base/base.h"

enum wq_gate_coding { WQ_CODING_IDENTITY, WQ_CODING_GZIP, WQ_CODING_BROTLI };

/* The coding that the client likes best among those that are there; at equal liking the smaller one (brotli, gzip,
 * identity). An absent header and one that accepts nothing give identity. `accept` is the value of Accept-Encoding. */
enum wq_gate_coding wq_gate_coding_choose(wq_str accept, bool has_gzip, bool has_brotli);
/* "gzip", "br", ""; as Content-Encoding names it. */
wq_str wq_gate_coding_name(enum wq_gate_coding coding);

enum { WQ_GATE_ETAG_MAX = 48, WQ_GATE_ETAG_DIGEST_BYTES = 16 };
/* "sm3-<32 hexadecimal digits>[-gzip|-br]" in double quotes, from the digest of the identity form. Returns the length. */
size_t wq_gate_etag(
	const uint8_t digest[WQ_GATE_ETAG_DIGEST_BYTES], enum wq_gate_coding coding, char out[WQ_GATE_ETAG_MAX]);
/* True when `If-None-Match: <list>` names `etag` (weak comparison, §8.8.3.2) or is "*". */
bool wq_gate_etag_listed(wq_str list, wq_str etag);

/* A request for one part of `length` bytes (RFC 9110 §14.2): "bytes=0-9", "bytes=100-", "bytes=-5". More than one part, another
 * unit, a malformed value: WQ_RANGE_WHOLE, which is always a right answer. `*ret_to` is one behind the last byte. */
enum wq_gate_range { WQ_RANGE_WHOLE, WQ_RANGE_PART, WQ_RANGE_OUTSIDE };
enum wq_gate_range wq_gate_range_parse(wq_str value, uint64_t length, uint64_t *ret_from, uint64_t *ret_to);

#endif
