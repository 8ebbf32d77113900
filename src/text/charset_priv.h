/* The tables that charset_gen writes. For text/charset*.c only. */
#ifndef WQ_TEXT_CHARSET_PRIV_H
#define WQ_TEXT_CHARSET_PRIV_H

#include "text/charset.h"

enum { WQ_GB_CELLS = 190, WQ_BIG5_CELLS = 157, WQ_GB4_COUNT = 39420 };

/* By (lead - 0x81) * cells + cell; 0: nothing; over 0x80000000: two characters, of 15 and 16 bits. */
extern const uint32_t wq_charset_gb2[], wq_charset_big5[];
/* By the linear number of the four bytes. */
extern const uint16_t wq_charset_gb4[];

#endif
