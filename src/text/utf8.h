/* UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF.
 *
 * Nothing here allocates or keeps state. Not good at: other charsets (charset.h), meaning (fold.h).
 */
#ifndef WQ_TEXT_UTF8_H
#define WQ_TEXT_UTF8_H

#include "base/base.h"

enum { WQ_UTF8_MAX = 4, WQ_UTF8_REPLACEMENT = 0xfffd };

/* Reads the code point at the start of `s` (n > 0) into `*ret_cp` and returns its length, 1 to 4. For bytes that are no
 * UTF-8 it returns 0 and leaves `*ret_cp`. */
size_t wq_utf8_read(wq_str s, uint32_t *ret_cp);

/* The same, but never fails on a non-empty slice: a fault is U+FFFD and as many bytes as the WHATWG decoder consumes for
 * it (the maximal subpart, Unicode §3.9). */
size_t wq_utf8_read_lossy(wq_str s, uint32_t *ret_cp);

/* Writes the code point and returns its length; 0 for a surrogate or a number above U+10FFFF. */
size_t wq_utf8_write(uint32_t cp, char out[WQ_UTF8_MAX]);

/* Offset of the first byte that is not part of a whole code point; s.n when all are. */
size_t wq_utf8_valid_prefix(wq_str s);

static inline bool wq_utf8_valid(wq_str s)
{
	return wq_utf8_valid_prefix(s) == s.n;
}

#endif
