/* Compressed forms of an object, made once when it is captured and sealed with it: RFC 1952 gzip. Deterministic: no name,
 * no time, always the same level, so equal bytes give equal forms and equal digests.
 */
#ifndef WQ_VAULT_ENCODE_H
#define WQ_VAULT_ENCODE_H

#include "base/buf.h"

enum { WQ_GZIP_LEVEL = 6, WQ_GZIP_LEAST_BYTES = 256 };

/* Whether a compressed form is worth having for this content type: text, scripts, JSON, XML, SVG, fonts that are not
 * compressed already. */
bool wq_encode_worth(wq_str type, size_t n);
/* Appends the gzip form. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT of `out`. */
wq_err wq_encode_gzip(wq_str bytes, struct wq_buf *out);
/* Whether `gzip` is one member (RFC 1952) without name, comment or extra field that gives exactly `bytes`, and nothing
 * behind it. Stops at the first byte that differs, so a bomb costs no more than `bytes` is long. Errors: WQ_E_ALTERED with
 * what is wrong, WQ_E_NO_MEMORY. */
wq_err wq_encode_gunzip_is(wq_str gzip, wq_str bytes);

#endif
