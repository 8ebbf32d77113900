/* Strict UTF-8 for this folder, which stands beside text/ and may not include it (RFC 3629). */
#ifndef WQ_FINDING_UTF8_PRIV_H
#define WQ_FINDING_UTF8_PRIV_H

#include "base/base.h"

#define WQ_UTF8_BAD 0xfffffffful

/* Decodes one character at `at` (< s.n). Returns its length, 1 for a byte that belongs to none; `*ret_c` is then
 * WQ_UTF8_BAD. */
size_t wq_utf8_next(wq_str s, size_t at, uint32_t *ret_c);

/* Control and format characters that may not stand in evidence. White space is none, except line separators. */
bool wq_utf8_is_unclean(uint32_t c);
bool wq_utf8_is_space(uint32_t c);

#endif
