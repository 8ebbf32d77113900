/* One step through bytes that may be UTF-8 (Unicode 15, table 3-7: shortest forms only, no surrogates).
 *
 * Only what logging and JSON need; what text means is the business of text/.
 */
#ifndef WQ_BASE_UTF8_H
#define WQ_BASE_UTF8_H

#include "base/base.h"

#define WQ_UTF8_BAD UINT32_MAX

/* Bytes of the first character of `s`, 1 to 4, and its code point; for bytes that are not a character the length of the
 * maximal ill-formed part (at least 1) and WQ_UTF8_BAD. Requires: s.n > 0. */
size_t wq_utf8_step(wq_str s, uint32_t *ret_code);

/* Whether all of it is well-formed. */
bool wq_utf8_valid(wq_str s);

/* The longest prefix of at most `max` bytes that does not end inside a well-formed character. */
wq_str wq_utf8_head(wq_str s, size_t max);

#endif
