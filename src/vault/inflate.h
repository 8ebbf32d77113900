/* Inflating a stream piece by piece with bounds: for bodies of origins that come compressed while they are passed on
 * (RFC 1952 gzip, RFC 1950 zlib and, for "deflate", raw RFC 1951 as some servers send it).
 *
 * Invariants: memory is a window of zlib (about 40 KiB) and what the caller's buffer may hold; output never exceeds
 * `max_bytes`, nor `max_ratio` times the input once it exceeds WQ_INFLATE_FREE bytes, so a bomb ends early; every call
 * consumes all of its input or fails. Several gzip members one behind the other are one stream (RFC 1952 §2.2); anything else
 * behind the end is an error. Bad at: brotli and zstd (ask the origin for identity or gzip).
 *
 *     wq_inflate_new(WQ_INFLATE_GZIP, &limits, &stream)
 *     for each piece: wq_inflate_push(stream, piece, &out), which appends what came out
 *     at the end:     wq_inflate_end(stream): did the stream end where the input did?
 *     wq_inflate_free(&stream)
 */
#ifndef WQ_VAULT_INFLATE_H
#define WQ_VAULT_INFLATE_H

#include "base/buf.h"

enum { WQ_INFLATE_FREE = 1024 * 1024 };

enum wq_inflate_kind { WQ_INFLATE_GZIP, WQ_INFLATE_DEFLATE };

struct wq_inflate_limits {
	uint64_t max_bytes; /* of output, in all */
	uint32_t max_ratio; /* output : input; deflate itself ends at 1032 */
};

struct wq_inflate;

/* "gzip", "x-gzip" and "deflate" of Content-Encoding (RFC 9110 §8.4.1), without regard to case; false for others. */
bool wq_inflate_kind_of(wq_str encoding, enum wq_inflate_kind *ret_kind);
/* Errors: WQ_E_NO_MEMORY. */
wq_err wq_inflate_new(
	enum wq_inflate_kind kind, const struct wq_inflate_limits *limits, struct wq_inflate **ret_stream);
/* Appends what `input` gives. A caller that wants small pieces gives small pieces: one byte gives at most about 1,032. Errors, after which the
 * stream is only good for freeing: WQ_E_FORMAT (not such a stream), WQ_E_LIMIT (over a limit, or `out` is full), WQ_E_NO_MEMORY. */
wq_err wq_inflate_push(struct wq_inflate *stream, wq_str input, struct wq_buf *out);
/* Errors: WQ_E_FORMAT when the input ended early. */
wq_err wq_inflate_end(const struct wq_inflate *stream);
void wq_inflate_free(struct wq_inflate **stream);

#endif
