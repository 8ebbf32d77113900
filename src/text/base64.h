/* Base64 (RFC 4648): section 4 with padding, and section 5, the form for addresses, without.
 *
 * Decoding is strict: of all texts that mean the same bytes only the one that encoding makes is taken.
 */
#ifndef WQ_TEXT_BASE64_H
#define WQ_TEXT_BASE64_H

#include "base/buf.h"

enum wq_base64 { WQ_BASE64_PADDED, WQ_BASE64_URL };

/* Appends. Errors: those of `out`. */
void wq_base64_encode(wq_str bytes, enum wq_base64 form, struct wq_buf *out);
/* Appends the bytes of a text in the form for addresses; false, with `out` as before, when it is none. */
bool wq_base64_url_decode(wq_str text, struct wq_buf *out);

#endif
