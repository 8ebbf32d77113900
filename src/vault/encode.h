/* Compressed forms of an object, made once when it is captured and sealed with it: gzip (RFC 1952) and brotli (RFC 7932).
 * Deterministic: no name, no time, an effort that the length alone decides, so equal bytes give equal forms and equal digests
 * (of one version of the library: what is sealed is the form, never the recipe).
 */
#ifndef WQ_VAULT_ENCODE_H
#define WQ_VAULT_ENCODE_H

#include "base/buf.h"

enum { WQ_GZIP_LEVEL = 6, WQ_GZIP_LEAST_BYTES = 256 };
/* Brotli's effort: the highest for what is small (measured: 0.65 s of CPU a MiB, 12 ms for a page of 20 KiB, 18 % smaller than
 * gzip), little for what is large (15 ms a MiB; the efforts between cost 5 to 20 times that for 2 %). */
enum { WQ_BROTLI_QUALITY = 11, WQ_BROTLI_SMALL_BYTES = 64 * 1024, WQ_BROTLI_QUALITY_LARGE = 5 };

/* Whether a compressed form is worth having for this content type: text, scripts, JSON, XML, SVG, fonts that are not
 * compressed already. */
bool wq_encode_worth(wq_str type, size_t n);
/* Appends the gzip form. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT of `out`. */
wq_err wq_encode_gzip(wq_str bytes, struct wq_buf *out);
/* Whether `gzip` is one member (RFC 1952) without name, comment or extra field that gives exactly `bytes`, and nothing
 * behind it. Stops at the first byte that differs, so a bomb costs no more than `bytes` is long. Errors: WQ_E_ALTERED with
 * what is wrong, WQ_E_NO_MEMORY. */
wq_err wq_encode_gunzip_is(wq_str gzip, wq_str bytes);
/* Appends the brotli form. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT of `out`. */
wq_err wq_encode_brotli(wq_str bytes, struct wq_buf *out);
/* As wq_encode_gunzip_is(): whether `brotli` is one stream that gives exactly `bytes`, and nothing behind it. Metadata blocks
 * (RFC 7932 §9.2), which give no bytes, are not looked for. */
wq_err wq_encode_unbrotli_is(wq_str brotli, wq_str bytes);

#endif
