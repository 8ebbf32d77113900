/* What a character is to evidence; decoding is base/utf8.h. This folder stands beside text/ and may not include it. */
#ifndef WQ_FINDING_UTF8_PRIV_H
#define WQ_FINDING_UTF8_PRIV_H

#include "base/utf8.h"

/* The character at `at` (< s.n), WQ_UTF8_BAD for bytes that are none; returns its length. */
static inline size_t wq_utf8_next(wq_str s, size_t at, uint32_t *ret_c)
{
	return wq_utf8_step(wq_str_from(s, at), ret_c);
}

/* Control and format characters that may not stand in evidence. White space is none, except line separators. */
bool wq_utf8_is_unclean(uint32_t c);
bool wq_utf8_is_space(uint32_t c);

#endif
