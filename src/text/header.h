/* Header fields of a message as raw lines ("Name: value", any line end): looking them up (RFC 9110 §5).
 *
 * Nothing is copied, nothing is decoded; folded lines are not joined. The lines come from outside: their number and length are
 * bounded by whoever received them.
 */
#ifndef WQ_TEXT_HEADER_H
#define WQ_TEXT_HEADER_H

#include "base/str.h"

/* The value of the first field of that name (trimmed), or p == NULL. Case does not matter. */
wq_str wq_header_find(wq_str headers, wq_str name);
/* The next line of `*rest` as name and trimmed value; false at the end. Lines without a colon are skipped. */
bool wq_header_next(wq_str *rest, wq_str *ret_name, wq_str *ret_value);

#endif
