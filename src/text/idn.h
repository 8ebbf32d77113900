/* One place where libidn2 is called: UTS 46, non-transitional, with the checks of an IDNA2008 look-up.
 *
 * Stricter than browsers in one respect: symbols that UTS 46 still lets through (emoji) are no host here.
 */
#ifndef WQ_TEXT_IDN_H
#define WQ_TEXT_IDN_H

#include "base/base.h"

enum { WQ_IDN_MAX_RAW = 1024 };

/* Maps a host of at most WQ_IDN_MAX_RAW bytes of UTF-8 to ASCII in lower case; false when it is none, or does not fit
 * `cap` bytes with the NUL behind it. The result may hold any ASCII: check it as any other name. */
bool wq_idn_to_ascii(wq_str host, char *out, size_t cap, size_t *ret_n);

/* The way back, for showing: a canonical host with its A-labels as people write them, in UTF-8. False when one is none, or it does
 * not fit. Not canonical, and may look like another host: show the canonical one beside it. */
bool wq_idn_to_unicode(wq_str host, char *out, size_t cap, size_t *ret_n);

#endif
