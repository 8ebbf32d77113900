#include "flow/watch/uptime.h"

#include "finding/rule.h"

/* A visit and who made it. */
struct seen {
	const struct wq_watch_visit *visit;
	size_t log;
	bool failed, contradicted;
};

struct join {
	struct wq_arena *arena;
	const struct wq_indicator_rules *rules;
	const struct wq_watch_log *logs;
	size_t logs_n;
	wq_time now, zone, interval;
	struct seen *seen; /* by address, then time */
	struct wq_indicator_visit *visits;
	size_t n;
};

const char *wq_uptime_now_name(enum wq_uptime_now now)
{
	static const char *const names[] = {"unknown", "up", "partly", "down"};

	return names[now];
}

const char *wq_uptime_now_title(enum wq_uptime_now now, enum wq_lang lang)
{
	static const struct {
		const char *zh, *en;
	} titles[] = {{"近期无访问", "not visited lately"}, {"正常", "up"}, {"部分探测点打不开", "partly down"},
		{"打不开", "down"}};

	return lang == WQ_LANG_ZH ? titles[now].zh : titles[now].en;
}

static wq_time zone_of(const struct wq_indicator_rules *rules)
{
	return (wq_time)rules->limits.zone_minutes * 60 * WQ_SECOND;
}

static wq_time midnight(wq_time at, wq_time zone)
{
	wq_time local = at + zone, rest = local % WQ_DAY;

	return local - (rest < 0 ? rest + WQ_DAY : rest) - zone;
}

wq_time wq_uptime_from(const struct wq_indicator_rules *rules, wq_time now)
{
	return midnight(now, zone_of(rules)) - (wq_time)WQ_MAX(rules->limits.visit_days, WQ_UPTIME_DAYS - 1) * WQ_DAY;
}

/* ---- all visits in one row ---- */

static int by_url(const void *x, const void *y)
{
	const struct seen *a = x, *b = y;
	int order = wq_str_cmp(a->visit->url, b->visit->url);

	if (order == 0)
		order = (a->visit->at > b->visit->at) - (a->visit->at < b->visit->at);
	return order ? order : (a->log > b->log) - (a->log < b->log);
}

static wq_err collect(struct join *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->logs_n; i++)
		n += j->logs[i].n;
	j->seen = WQ_NEW_ARRAY(j->arena, struct seen, n);
	j->visits = WQ_NEW_ARRAY(j->arena, struct wq_indicator_visit, n);
	WQ_TRY(wq_arena_err(j->arena));
	for (size_t i = 0; i < j->logs_n; i++)
		for (size_t k = 0; k < j->logs[i].n; k++) {
			const struct wq_watch_visit *v = &j->logs[i].visits[k];

			if (v->at <= j->now)
				j->seen[j->n++] = (struct seen){.visit = v,
					.log = i,
					.failed = !wq_watch_opened(v) || v->msec > j->rules->limits.visit_msec};
		}
	if (j->n)
		qsort(j->seen, j->n, sizeof *j->seen, by_url);
	return WQ_OK;
}

/* ---- contradiction ---- */

/* Looks from `i` in one direction for the nearest visit of each other vantage point; the nearer of both sides counts. */
static void nearest(const struct join *j, const struct seen *seen, size_t n, size_t i, int step, const struct seen **of)
{
	wq_time at = seen[i].visit->at;

	for (size_t k = i + (size_t)step; k < n; k += (size_t)step) {
		wq_time away = seen[k].visit->at > at ? seen[k].visit->at - at : at - seen[k].visit->at;
		const struct seen *other = of[seen[k].log];

		if (away > j->interval)
			break;
		if (seen[k].log == seen[i].log)
			continue;
		if (!other || away < (other->visit->at > at ? other->visit->at - at : at - other->visit->at))
			of[seen[k].log] = &seen[k];
	}
}

static wq_err contradict(const struct join *j, struct seen *seen, size_t n, uint64_t *ret_contradicted, wq_time from)
{
	const struct seen **of = WQ_NEW_ARRAY(j->arena, const struct seen *, j->logs_n);

	if (!of)
		return wq_arena_err(j->arena);
	for (size_t i = 0; i < n && j->logs_n > 1; i++) {
		if (!seen[i].failed)
			continue;
		memset(of, 0, j->logs_n * sizeof *of);
		nearest(j, seen, n, i, 1, of);
		nearest(j, seen, n, i, -1, of); /* beyond 0 it is beyond n */
		for (size_t k = 0; k < j->logs_n; k++)
			seen[i].contradicted |= of[k] && !of[k]->failed;
		*ret_contradicted += seen[i].contradicted && seen[i].visit->at >= from;
	}
	return WQ_OK;
}

/* ---- weeks ---- */

/* The week from `from` on: of one vantage point, or joined (`log` is logs_n). */
static wq_err week_of(const struct join *j, const struct seen *seen, size_t n, size_t log, wq_time from,
	struct wq_indicator_week *ret_week)
{
	size_t m = 0;

	for (size_t i = 0; i < n; i++)
		if (log == j->logs_n || seen[i].log == log)
			j->visits[m++] = (struct wq_indicator_visit){
				seen[i].visit->at, !seen[i].failed || (log == j->logs_n && seen[i].contradicted), 0};
	return wq_indicator_visits(j->arena, j->rules, from, j->visits, m, ret_week);
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

static wq_err median_of(const struct join *j, const struct seen *seen, size_t n, wq_time from, uint32_t *ret_median)
{
	uint32_t *msec = WQ_NEW_ARRAY(j->arena, uint32_t, n);
	size_t m = 0;

	if (!msec)
		return wq_arena_err(j->arena);
	for (size_t i = 0; i < n; i++)
		if (!seen[i].failed && seen[i].visit->at >= from)
			msec[m++] = seen[i].visit->msec;
	if (m)
		qsort(msec, m, sizeof *msec, by_number);
	*ret_median = m ? msec[(m - 1) / 2] : 0;
	wq_arena_shrink(j->arena, msec, 0);
	return WQ_OK;
}

static void fill_hours(const struct join *j, const struct seen *seen, size_t n, struct wq_uptime *row)
{
	row->first_day = midnight(j->now, j->zone) - (WQ_UPTIME_DAYS - 1) * WQ_DAY;
	for (size_t i = 0; i < n; i++) {
		wq_time into = seen[i].visit->at - row->first_day;
		struct wq_uptime_hour *hour;

		if (into < 0 || into >= WQ_UPTIME_DAYS * WQ_DAY)
			continue;
		hour = &row->hours[into / WQ_DAY][into % WQ_DAY / (WQ_DAY / 24)];
		hour->visits++;
		hour->failed += seen[i].failed && !seen[i].contradicted;
	}
}

/* ---- now ---- */

static void vantage_now(
	const struct join *j, const struct seen *seen, size_t n, size_t log, struct wq_uptime_vantage *v)
{
	v->vantage = j->logs[log].vantage;
	for (size_t i = n; i-- > 0;) {
		if (seen[i].log != log)
			continue;
		if (!v->last) {
			v->last = seen[i].visit;
			v->opened = !seen[i].failed;
			v->fresh = j->now - v->last->at <= 2 * j->interval;
		} else if (seen[i].failed == v->opened) {
			break;
		}
		v->since = seen[i].visit->at;
	}
}

static void now_of(struct wq_uptime *row)
{
	wq_time down = INT64_MIN, up = INT64_MAX, partly = INT64_MAX;

	for (size_t i = 0; i < row->vantages_n; i++) {
		const struct wq_uptime_vantage *v = &row->vantages[i];

		if (!v->fresh)
			continue;
		row->fresh++;
		row->down += !v->opened;
		if (!v->opened) {
			down = WQ_MAX(down, v->since); /* down is when the last of them saw it fail */
			partly = WQ_MIN(partly, v->since);
		} else {
			up = up == INT64_MAX ? v->since : WQ_MAX(up, v->since);
		}
	}
	if (row->fresh == 0)
		return;
	row->now = row->down == 0 ? WQ_UPTIME_UP : row->down == row->fresh ? WQ_UPTIME_DOWN : WQ_UPTIME_PARTLY;
	row->since = row->now == WQ_UPTIME_UP ? up : row->now == WQ_UPTIME_DOWN ? down : partly;
}

static wq_err one_address(struct join *j, struct seen *seen, size_t n, struct wq_uptime *row)
{
	wq_time today = midnight(j->now, j->zone), days = (wq_time)j->rules->limits.visit_days * WQ_DAY,
		from = today - days + WQ_DAY;
	struct wq_uptime_vantage *vantages = WQ_NEW_ARRAY(j->arena, struct wq_uptime_vantage, j->logs_n);

	if (!vantages)
		return wq_arena_err(j->arena);
	*row = (struct wq_uptime){.name = seen[n - 1].visit->name, .url = seen[n - 1].visit->url, .vantages = vantages};
	WQ_TRY(contradict(j, seen, n, &row->contradicted, from));
	for (size_t log = 0; log < j->logs_n; log++) {
		struct wq_uptime_vantage *v = &vantages[row->vantages_n];

		*v = (struct wq_uptime_vantage){0};
		vantage_now(j, seen, n, log, v);
		if (!v->last)
			continue;
		WQ_TRY(week_of(j, seen, n, log, from, &v->week));
		row->vantages_n++;
	}
	now_of(row);
	WQ_TRY(week_of(j, seen, n, j->logs_n, from, &row->week));
	WQ_TRY(week_of(j, seen, n, j->logs_n, today - days, &row->before));
	WQ_TRY(median_of(j, seen, n, from, &row->median_msec));
	fill_hours(j, seen, n, row);
	return WQ_OK;
}

static int by_name(const void *x, const void *y)
{
	const struct wq_uptime *a = x, *b = y;
	int order = wq_str_cmp(a->name, b->name);

	return order ? order : wq_str_cmp(a->url, b->url);
}

wq_err wq_uptime_join(struct wq_arena *arena, const struct wq_indicator_rules *rules, wq_time now,
	const struct wq_watch_log *logs, size_t logs_n, const struct wq_uptime **ret_rows, size_t *ret_n)
{
	struct join j = {.arena = arena, .rules = rules, .logs = logs, .logs_n = logs_n, .now = now};
	struct wq_uptime *rows;
	size_t addresses = 0, at = 0;

	j.zone = zone_of(rules);
	j.interval = WQ_DAY / (wq_time)rules->limits.visits_per_day;
	WQ_TRY(collect(&j));
	for (size_t i = 0; i < j.n; i++)
		addresses += i == 0 || !wq_str_eq(j.seen[i].visit->url, j.seen[i - 1].visit->url);
	rows = WQ_NEW_ARRAY(arena, struct wq_uptime, addresses);
	if (!rows)
		return wq_arena_err(arena);
	for (size_t i = 0, end; i < j.n; i = end) {
		for (end = i + 1; end < j.n && wq_str_eq(j.seen[end].visit->url, j.seen[i].visit->url);)
			end++;
		WQ_TRY(one_address(&j, &j.seen[i], end - i, &rows[at++]));
	}
	if (addresses)
		qsort(rows, addresses, sizeof *rows, by_name);
	*ret_rows = rows;
	*ret_n = addresses;
	return WQ_OK;
}

/* ---- findings ---- */

static wq_err add(struct wq_findings *findings, const struct wq_uptime *row, enum wq_rule_id rule,
	enum wq_severity severity, wq_time now, wq_str excerpt)
{
	struct wq_finding f = wq_rule_finding(rule);

	f.severity = severity;
	f.place.url = row->url;
	f.evidence = (struct wq_evidence){.excerpt = excerpt, .subject = row->url, .target = row->url};
	f.found_at = now;
	return excerpt.p ? wq_findings_add(findings, &f) : wq_error_id(WQ_E_NO_MEMORY);
}

static wq_err judge_now(const struct wq_uptime *row, wq_time now, struct wq_arena *arena, struct wq_findings *findings)
{
	char since[WQ_TIME_TEXT];
	wq_str who = WQ_S("");

	if (row->now != WQ_UPTIME_DOWN && row->now != WQ_UPTIME_PARTLY)
		return WQ_OK;
	wq_time_text(row->since, since);
	for (size_t i = 0; i < row->vantages_n; i++)
		if (row->vantages[i].fresh && !row->vantages[i].opened)
			who = wq_arena_printf(arena, "%.*s%s%.*s: %.*s", WQ_S_ARG(who), who.n ? ", " : "",
				WQ_S_ARG(row->vantages[i].vantage), WQ_S_ARG(row->vantages[i].last->outcome));
	who = wq_arena_printf(arena, "%s %zu/%zu (%.*s)", since, row->down, row->fresh, WQ_S_ARG(who));
	return add(findings, row, WQ_RULE_UPTIME_DOWN,
		row->now == WQ_UPTIME_DOWN ? wq_rule_severity(WQ_RULE_UPTIME_DOWN) : WQ_SEVERITY_MEDIUM, now,
		wq_str_head(who, WQ_EXCERPT_BYTES));
}

static wq_str share_text(struct wq_arena *arena, const struct wq_indicator_week *week)
{
	return wq_arena_printf(arena, "%llu/%llu = %lld.%03lld %%", (unsigned long long)week->failed,
		(unsigned long long)week->visits, (long long)week->failed_percent / 1000,
		(long long)week->failed_percent % 1000);
}

wq_err wq_uptime_judge(const struct wq_uptime *row, const struct wq_indicator_rules *rules, wq_time now,
	struct wq_arena *arena, struct wq_findings *findings)
{
	const struct wq_indicator_week *week = row->week.verdict == WQ_INDICATOR_VETOED ? &row->week : &row->before;

	WQ_TRY(judge_now(row, now, arena, findings));
	if (week->verdict == WQ_INDICATOR_VETOED)
		WQ_TRY(add(findings, row, WQ_RULE_UPTIME_SHARE, wq_rule_severity(WQ_RULE_UPTIME_SHARE), now,
			share_text(arena, week)));
	if (row->median_msec > rules->limits.page_msec)
		WQ_TRY(add(findings, row, WQ_RULE_UPTIME_SLOW, wq_rule_severity(WQ_RULE_UPTIME_SLOW), now,
			wq_arena_printf(arena, "%u ms", row->median_msec)));
	return WQ_OK;
}
