/* UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF. What base/utf8.h has not: writing,
 * reading with replacement, the place of the first fault.
 *
 * Nothing here allocates or keeps state. Not good at: other charsets (charset.h), meaning (fold.h).
 */
#ifndef WQ_TEXT_UTF8_H
#define WQ_TEXT_UTF8_H

#include "base/utf8.h"

enum { WQ_UTF8_MAX = 4, WQ_UTF8_REPLACEMENT = 0xfffd };

/* Reads the code point at the start of `s` into `*ret_cp` and returns its length, 1 to 4. For no bytes, and for bytes
 * that are no UTF-8, it returns 0 and leaves `*ret_cp`. */
size_t wq_utf8_read(wq_str s, uint32_t *ret_cp);

/* The same, but a fault is U+FFFD and as many bytes as the WHATWG decoder consumes for it (the maximal subpart, Unicode
 * §3.9): 0 only at the end. */
size_t wq_utf8_read_lossy(wq_str s, uint32_t *ret_cp);

/* Writes the code point and returns its length; 0 for a surrogate or a number above U+10FFFF. */
size_t wq_utf8_write(uint32_t cp, char out[WQ_UTF8_MAX]);

/* Offset of the first byte that is not part of a whole code point; s.n when all are. */
size_t wq_utf8_valid_prefix(wq_str s);

#endif
