#include "detect/indicator/indicator.h"

static int by_time(const void *a, const void *b)
{
	wq_time x = *(const wq_time *)a, y = *(const wq_time *)b;
	return (x > y) - (x < y);
}

/* Midnight, in the zone, of the day that holds `at`. */
static wq_time day_start(wq_time at, wq_time zone)
{
	wq_time local = at + zone, rest = local % WQ_DAY;

	return local - (rest < 0 ? rest + WQ_DAY : rest) - zone;
}

static uint64_t longest_gap(wq_time *times, size_t n, wq_time start, wq_time end)
{
	wq_time last = start, gap = 0;

	qsort(times, n, sizeof *times, by_time);
	for (size_t i = 0; i < n; i++) {
		gap = WQ_MAX(gap, times[i] - last);
		last = times[i];
	}
	return (uint64_t)(WQ_MAX(gap, end - last) / 1000);
}

static void judge_week(const struct wq_indicator_limits *limits, struct wq_indicator_week *week)
{
	uint64_t all, limit = limits->failed_percent;

	for (size_t i = 0; i < week->days; i++) {
		week->visits += week->of[i].visits;
		week->failed += week->of[i].failed;
		if (week->of[i].visits < limits->visits_per_day)
			week->missing += limits->visits_per_day - week->of[i].visits;
	}
	all = week->visits + week->missing;
	week->complete = week->missing == 0;
	if (week->visits)
		week->failed_percent = (int64_t)(week->failed * 100 * WQ_INDICATOR_UNIT / week->visits);
	/* certain although visits are missing: they could all have opened, or all have failed */
	if (week->failed * 100 >= limit * all)
		week->verdict = WQ_INDICATOR_VETOED;
	else if ((week->failed + week->missing) * 100 < limit * all)
		week->verdict = WQ_INDICATOR_MET;
	else
		week->verdict = WQ_INDICATOR_UNKNOWN;
}

wq_err wq_indicator_visits(struct wq_arena *arena, const struct wq_indicator_rules *rules, wq_time from,
	const struct wq_indicator_visit *visits, size_t n, struct wq_indicator_week *ret_week)
{
	const struct wq_indicator_limits *limits = &rules->limits;
	struct wq_indicator_week week = {.days = limits->visit_days};
	wq_time start = day_start(from, (wq_time)limits->zone_minutes * 60 * WQ_SECOND);
	wq_time end = start + (wq_time)week.days * WQ_DAY;
	wq_time *times = WQ_NEW_ARRAY(arena, wq_time, n);
	size_t inside = 0;

	WQ_TRY(wq_arena_err(arena));
	for (size_t i = 0; i < n; i++) {
		size_t day;
		if (visits[i].at < start || visits[i].at >= end) {
			week.outside++;
			continue;
		}
		day = (size_t)((visits[i].at - start) / WQ_DAY);
		times[inside++] = visits[i].at;
		week.of[day].visits++;
		week.of[day].failed += !visits[i].opened || visits[i].msec > limits->visit_msec;
	}
	week.longest_gap_msec = longest_gap(times, inside, start, end);
	judge_week(limits, &week);
	*ret_week = week;
	return WQ_OK;
}

void wq_measures_set_week(struct wq_measures *measures, const struct wq_indicator_week *week)
{
	if (week->verdict == WQ_INDICATOR_UNKNOWN)
		return;
	measures->of[WQ_MEASURE_VISITS_FAILED].known = true;
	measures->of[WQ_MEASURE_VISITS_FAILED].value = week->failed_percent;
}
