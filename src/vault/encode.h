/* Compressed forms of an object, made once when it is captured and sealed with it: gzip (RFC 1952) and brotli (RFC 7932).
 * Deterministic: no name, no time, an effort that the caller and the length decide, so equal bytes give equal forms and equal
 * digests (of one version of the library: what is sealed is the form, never the recipe).
 */
#ifndef WQ_VAULT_ENCODE_H
#define WQ_VAULT_ENCODE_H

#include "base/buf.h"

/* Measured on 12 MiB of Debian's documentation, CPU ms a MiB and size of 1: gzip 1 5.3 0.168, 4 8.0 0.150, 6 11.5 0.145, 9 23.5
 * 0.142; brotli 4 8.2 0.123, 5 14.6 0.114, 6 20.4 0.113, 7 51 0.113, 9 214 0.112, 11 1,310 0.090. */
enum { WQ_GZIP_LEVEL = 6, WQ_GZIP_LEAST_BYTES = 256 };
enum { WQ_BROTLI_FAST = 5, WQ_BROTLI_BEST = 11, WQ_BROTLI_BEST_BYTES = 64 * 1024 };
enum wq_effort {
	WQ_EFFORT_FAST, /* brotli 5: a fifth smaller than gzip, for little more */
	WQ_EFFORT_BEST, /* brotli 11 up to WQ_BROTLI_BEST_BYTES: another fifth, for ninety times that */
};

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
wq_err wq_encode_brotli(wq_str bytes, enum wq_effort effort, struct wq_buf *out);
/* As wq_encode_gunzip_is(): whether `brotli` is one stream that gives exactly `bytes`, and nothing behind it. Metadata blocks
 * (RFC 7932 §9.2), which give no bytes, are not looked for. */
wq_err wq_encode_unbrotli_is(wq_str brotli, wq_str bytes);

#endif
