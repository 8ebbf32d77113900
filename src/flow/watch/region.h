/* Many sites at once, as a region or a sector publishes them (E2): the newest kept inspection of each, one's own and those that lower
 * units handed over, ranked, with totals by clause.
 *
 * Invariants: qualified (合格) is said only of what is certain: no veto holds or may hold and the least score reaches the pass
 * mark; unqualified likewise; the rest is open and counts for neither. The rate is qualified / (qualified + unqualified + open).
 * Text of the result is clean but not escaped.
 * Bad at: sites that nobody inspected: they are not there.
 */
#ifndef WQ_FLOW_WATCH_REGION_H
#define WQ_FLOW_WATCH_REGION_H

#include "flow/inspect/record.h"
#include "flow/watch/uptime.h"

enum {
	WQ_REGION_SITES_MAX = 100000,
	WQ_REGION_WORST = 3,
	WQ_REGION_CLAUSES = 128,
	WQ_REGION_HTML_BYTES = 64 * 1024 * 1024
};

enum wq_region_grade { WQ_REGION_QUALIFIED, WQ_REGION_OPEN, WQ_REGION_UNQUALIFIED, WQ_REGION_GRADES };
/* "qualified", "open", "unqualified"; and for people. */
const char *wq_region_grade_name(enum wq_region_grade grade);
const char *wq_region_grade_title(enum wq_region_grade grade, enum wq_lang lang);

struct wq_region_site {
	wq_str peer; /* who handed it over; empty: one's own */
	wq_str unit, app, site, url;
	wq_time began;
	enum wq_region_grade grade;
	bool unreachable, judged, vetoed, may_be_vetoed;
	int64_t least, most; /* thousandths */
	size_t by_severity[WQ_SEVERITY_COUNT];
	wq_str worst[WQ_REGION_WORST]; /* rules, the gravest first */
	size_t worst_n;
	bool compared;
	size_t new_n, gone_n;
	const struct wq_uptime *uptime; /* NULL: nobody visits it */
};

struct wq_region_clause {
	wq_str id;
	size_t sites, groups;
};

struct wq_region {
	const struct wq_region_site *sites; /* by grade, least score, site */
	size_t sites_n, by_grade[WQ_REGION_GRADES];
	const struct wq_region_clause *clauses; /* by sites, most first */
	size_t clauses_n;
	size_t unreadable; /* records that could not be read */
	wq_time now;
};

/* Reads the newest record of each site below `state` and <state>/peers/<name>. `pass`: thousandths. Everything lives in `arena`. Errors:
 * WQ_E_LIMIT, WQ_E_NO_MEMORY, WQ_E_IO. */
wq_err wq_region_read(const char *state, int64_t pass, const struct wq_uptime *rows, size_t rows_n, wq_time now,
	struct wq_arena *arena, struct wq_region *ret_region);

/* Terminal lines, one JSON document, a table for spreadsheet programs, one HTML file that prints. Errors: those of the buffer. */
wq_err wq_region_json(const struct wq_region *region, struct wq_buf *out);
wq_err wq_region_csv(const struct wq_region *region, enum wq_lang lang, struct wq_buf *out);
wq_err wq_region_html(const struct wq_region *region, enum wq_lang lang, struct wq_buf *out);

#endif
