/* The table of pairs as fold.c reads it. For text/fold*.c only. */
#ifndef WQ_TEXT_FOLD_PRIV_H
#define WQ_TEXT_FOLD_PRIV_H

#include "text/fold.h"

enum { WQ_FOLD_FIRST = 0x2e80, WQ_FOLD_LAST = 0xfaff };

struct wq_fold_table {
	size_t pairs;
	uint16_t to[WQ_FOLD_LAST - WQ_FOLD_FIRST + 1]; /* 0: stays */
};

#endif
