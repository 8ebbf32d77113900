/* Visits to sites on disk: what each vantage point saw, in files that only grow.
 *
 *     <state>/probe/<vantage>/<day in China>.log     one visit a line, docs/formats.md
 *
 * Invariants: a line carries a sum over its bytes, so that an altered one is told and left out, never believed; a tail without a line
 * end (a crash while writing) is left out and cut by the next writer; writers take turns by a lock. A line lies in the file of its own day,
 * also when the clock went back; readers sort by time, and a line that is there twice counts once.
 * Bad at: proving who wrote a line: whoever may write the file can write sums. For that, see parcel.h.
 */
#ifndef WQ_FLOW_WATCH_LOG_H
#define WQ_FLOW_WATCH_LOG_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"

enum {
	WQ_WATCH_NAME = 64,
	WQ_WATCH_LINE = 16 * 1024,
	WQ_WATCH_DAY_BYTES = 256 * 1024 * 1024,
	WQ_WATCH_VISITS_MAX = 4000000, /* read at once */
	WQ_WATCH_VANTAGES_MAX = 64
};

/* How a visit ended beside the words of wq_fetch_result_text(). */
#define WQ_WATCH_OPENED "opened"
#define WQ_WATCH_SLOW "slow"           /* not within the limit */
#define WQ_WATCH_STATUS "status"       /* an answer that is an error */
#define WQ_WATCH_EMPTY "empty"         /* an answer without a page */
#define WQ_WATCH_REDIRECTS "redirects" /* too many, or to nowhere */

struct wq_watch_visit {
	wq_time at;  /* when it began */
	wq_str name; /* of the target: an application, or as in the list of targets */
	wq_str url;  /* that was asked for */
	wq_str outcome;
	wq_str address; /* that answered last; may be empty */
	uint32_t status, msec;
	uint64_t bytes;
};
static inline bool wq_watch_opened(const struct wq_watch_visit *visit)
{
	return wq_str_eq(visit->outcome, WQ_S(WQ_WATCH_OPENED));
}

/* 1 to WQ_WATCH_NAME - 1 of a-z, 0-9, '-' and '.', not first a '.'. */
bool wq_watch_is_name(wq_str name);

/* One line with its end. Errors: those of the buffer. */
wq_err wq_watch_line_write(const struct wq_watch_visit *visit, struct wq_buf *out);
/* A line without its end; texts live in `arena`. Errors: WQ_E_ALTERED (the sum), WQ_E_FORMAT, WQ_E_NO_MEMORY. */
wq_err wq_watch_line_read(struct wq_arena *arena, wq_str line, struct wq_watch_visit *ret_visit);

/* Appends visits, in any order, each to the file of its day. All of a day or nothing, unless the machine stops in between. Errors:
 * WQ_E_INPUT (the name), WQ_E_NO_SPACE and others of the disk: `*ret_kept` (may be NULL) of them were kept, the first ones. */
wq_err wq_watch_keep(const struct wq_fs *fs, const char *state, wq_str vantage, const struct wq_watch_visit *visits,
	size_t n, size_t *ret_kept);

struct wq_watch_log {
	wq_str vantage;
	const struct wq_watch_visit *visits; /* by time */
	size_t n;
	size_t altered, torn, repeated; /* lines that were left out */
};
/* What a vantage point saw from `from` on and before `until`. No file is an empty log. Errors: WQ_E_LIMIT, WQ_E_NO_MEMORY, WQ_E_IO. */
wq_err wq_watch_read(const char *state, wq_str vantage, wq_time from, wq_time until, struct wq_arena *arena,
	struct wq_watch_log *ret_log);
/* The vantage points that have a folder, by name. */
wq_err wq_watch_vantages(const char *state, struct wq_arena *arena, const wq_str **ret_names, size_t *ret_n);

#endif
