/* What the visits of several vantage points say together: is a site up now, since when, and does its week stand against the veto (V2).
 *
 * Invariants: no clock, no file. A failed visit is contradicted when the nearest visit of another vantage point, at most one interval
 * of the indicators away (a day / 20), opened; the joined week counts what nobody contradicts as failed. A vantage point whose last visit is
 * older than two such intervals says nothing about now. Each vantage point's own week is the inspectors' arithmetic untouched
 * (detect/indicator), for an inspector too sits in one place.
 * Bad at: faults that are shorter than the time between visits.
 */
#ifndef WQ_FLOW_WATCH_UPTIME_H
#define WQ_FLOW_WATCH_UPTIME_H

#include "detect/indicator/indicator.h"
#include "finding/finding.h"
#include "flow/watch/log.h"

enum { WQ_UPTIME_DAYS = 8, WQ_UPTIME_HOURS = 24 };

enum wq_uptime_now {
	WQ_UPTIME_UNKNOWN, /* nobody looked lately */
	WQ_UPTIME_UP,
	WQ_UPTIME_PARTLY, /* some vantage points cannot open it, others can */
	WQ_UPTIME_DOWN    /* none of those that looked lately can */
};
/* "unknown", "up", "partly", "down"; and for people. */
const char *wq_uptime_now_name(enum wq_uptime_now now);
const char *wq_uptime_now_title(enum wq_uptime_now now, enum wq_lang lang);

struct wq_uptime_vantage {
	wq_str vantage;
	const struct wq_watch_visit *last; /* never NULL */
	bool fresh, opened;                /* the last visit */
	wq_time since;                     /* of the run of visits like the last */
	struct wq_indicator_week week;     /* the running one */
};

struct wq_uptime_hour {
	uint32_t visits, failed; /* failed: contradicted by nobody */
};

struct wq_uptime {
	wq_str name, url;
	enum wq_uptime_now now;
	wq_time since;      /* of `now`, as far as visits reach back */
	size_t fresh, down; /* vantage points that looked lately, and that could not open it */
	const struct wq_uptime_vantage *vantages;
	size_t vantages_n;
	struct wq_indicator_week week;   /* joined: today and the days before it */
	struct wq_indicator_week before; /* joined: the whole days before today */
	uint64_t contradicted;           /* of the running week */
	uint32_t median_msec;            /* of visits that opened, running week; 0: none */
	wq_time first_day;               /* midnight in China of hours[0] */
	struct wq_uptime_hour hours[WQ_UPTIME_DAYS][WQ_UPTIME_HOURS];
};

/* Where the visits that wq_uptime_join() wants begin, for `now`. */
wq_time wq_uptime_from(const struct wq_indicator_rules *rules, wq_time now);

/* One row for each address, by name and address. Everything lives in `arena` or in the logs. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT. */
wq_err wq_uptime_join(struct wq_arena *arena, const struct wq_indicator_rules *rules, wq_time now,
	const struct wq_watch_log *logs, size_t logs_n, const struct wq_uptime **ret_rows, size_t *ret_n);

/* uptime.down, uptime.share, uptime.slow of one row. Errors: those of wq_findings_add. */
wq_err wq_uptime_judge(const struct wq_uptime *row, const struct wq_indicator_rules *rules, wq_time now,
	struct wq_arena *arena, struct wq_findings *findings);

#endif
