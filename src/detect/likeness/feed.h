/* The names in a line of a feed: a list with one domain a line (further columns are passed over), a certificate log's JSON line (every
 * string that is a name), a log with addresses (every host after "://").
 *
 * Lines come from outside: longer ones than WQ_LIKENESS_LINE_BYTES give nothing, of one line at most WQ_LIKENESS_LINE_NAMES names are
 * taken. Names are given in lower case, without "*.", port and final dot; they are ASCII or valid UTF-8, and have a dot.
 */
#ifndef WQ_DETECT_LIKENESS_FEED_H
#define WQ_DETECT_LIKENESS_FEED_H

#include "base/base.h"

enum { WQ_LIKENESS_LINE_BYTES = 1024 * 1024, WQ_LIKENESS_LINE_NAMES = 1000 };

/* Calls `name` for each; slices live during the call. An error of it ends the line and is returned. */
wq_err wq_likeness_feed_line(wq_str line, wq_err (*name)(void *data, wq_str name), void *data);

#endif
