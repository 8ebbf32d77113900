#include "flow/watch/uptime.h"

#include "base/test.h"

#define MINUTE (60 * WQ_SECOND)
#define HOUR (60 * MINUTE)

static struct wq_arena arena;
static struct wq_indicator_rules rules = {.limits = {.visit_msec = 15000,
						  .visits_per_day = 20,
						  .visit_days = 7,
						  .failed_percent = 5,
						  .zone_minutes = 480,
						  .page_msec = 3000}};
static const wq_time midnight = 1795276800 * WQ_SECOND; /* 2026-11-22T00:00:00+08:00 */

/* Visits of one vantage point: each hour from `from` on one letter, o opened, x refused, s slow, space none. */
struct seen {
	const char *vantage;
	wq_time from;
	const char *hours;
};

static struct wq_watch_log log_of(const struct seen *seen)
{
	size_t room = strlen(seen->hours), n = 0;
	struct wq_watch_visit *visits = WQ_NEW_ARRAY(&arena, struct wq_watch_visit, room + 1);

	assert_non_null(visits);
	for (size_t i = 0; i < room; i++)
		if (seen->hours[i] != ' ')
			visits[n++] = (struct wq_watch_visit){.at = seen->from + (wq_time)i * HOUR,
				.name = WQ_S("portal"),
				.url = WQ_S("https://www.example.gov.cn/"),
				.outcome = wq_str_c(seen->hours[i] == 'x' ? "refused" : WQ_WATCH_OPENED),
				.msec = seen->hours[i] == 's' ? 15001 : 4000};
	return (struct wq_watch_log){.vantage = wq_str_c(seen->vantage), .visits = visits, .n = n};
}

static const struct wq_uptime *join(const struct seen *seen, size_t n, wq_time now)
{
	struct wq_watch_log logs[4];
	const struct wq_uptime *rows;
	size_t rows_n;

	for (size_t i = 0; i < n; i++)
		logs[i] = log_of(&seen[i]);
	assert_ok(wq_uptime_join(&arena, &rules, now, logs, n, &rows, &rows_n));
	assert_int_equal(rows_n, 1);
	return rows;
}

static size_t findings_of(const struct wq_uptime *row, wq_time now, const char *rule, enum wq_severity *ret_severity)
{
	struct wq_findings findings;
	size_t n = 0;

	assert_ok(wq_findings_init(&findings, &arena, 10));
	assert_ok(wq_uptime_judge(row, &rules, now, &arena, &findings));
	for (size_t i = 0; i < findings.count; i++)
		if (wq_str_eq(findings.items[i].rule, wq_str_c(rule))) {
			*ret_severity = findings.items[i].severity;
			n++;
		}
	return n;
}

static int set_up(void **state)
{
	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	return 0;
}

static void test_now(void **state)
{
	static const struct {
		const char *here, *there;
		enum wq_uptime_now now;
		int since; /* hours from midnight */
		size_t fresh, down;
	} rows[] = {
		{"oooo", "oooo", WQ_UPTIME_UP, 0, 2, 0},
		{"ooxx", "oooo", WQ_UPTIME_PARTLY, 2, 2, 1},
		{"oxxx", "ooxx", WQ_UPTIME_DOWN, 2, 2, 2},
		{"xxoo", "xooo", WQ_UPTIME_UP, 2, 2, 0},
		{"ooox", "o   ", WQ_UPTIME_DOWN, 3, 1, 1}, /* the other one did not look lately */
		{"ooos", "    ", WQ_UPTIME_DOWN, 3, 1, 1}, /* it came, but not within 15 s */
		{"o   ", "o   ", WQ_UPTIME_UNKNOWN, 0, 0, 0},
	};
	enum wq_severity severity = WQ_SEVERITY_INFO;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		const struct seen seen[] = {
			{"here", midnight, rows[i].here}, {"there", midnight + 5 * MINUTE, rows[i].there}};
		wq_time now = midnight + 3 * HOUR + 10 * MINUTE, since;
		const struct wq_uptime *row = join(seen, 2, now);
		bool found = rows[i].now == WQ_UPTIME_DOWN || rows[i].now == WQ_UPTIME_PARTLY;

		assert_int_equal(row->now, rows[i].now);
		assert_int_equal(row->fresh, rows[i].fresh);
		assert_int_equal(row->down, rows[i].down);
		since = row->since - (midnight + rows[i].since * HOUR);
		assert_true(row->fresh == 0 || since == 0 || since == 5 * MINUTE);
		assert_int_equal(findings_of(row, now, "uptime.down", &severity), found);
		if (found)
			assert_int_equal(
				severity, rows[i].now == WQ_UPTIME_DOWN ? WQ_SEVERITY_HIGH : WQ_SEVERITY_MEDIUM);
	}
}

/* A week of 24 visits a day of which `failed` fail, spread. */
static const char *week_of(size_t failed)
{
	char *hours = wq_arena_alloc(&arena, 169);

	assert_non_null(hours);
	memset(hours, 'o', 168);
	hours[168] = 0;
	for (size_t i = 0; i < failed; i++)
		hours[(i * 13) % 168] = 'x';
	return hours;
}

/* 5 % of 168 is 8.4. */
static void test_the_week_of_one(void **state)
{
	static const struct {
		size_t failed;
		enum wq_indicator_verdict verdict;
	} rows[] = {{0, WQ_INDICATOR_MET}, {8, WQ_INDICATOR_MET}, {9, WQ_INDICATOR_VETOED}};
	enum wq_severity severity;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		const struct seen seen[] = {{"here", midnight - 7 * WQ_DAY, week_of(rows[i].failed)}};
		const struct wq_uptime *row = join(seen, 1, midnight + MINUTE);

		assert_true(row->before.complete);
		assert_false(row->week.complete); /* today has only begun */
		assert_int_equal(row->before.visits, 168);
		assert_int_equal(row->before.failed, rows[i].failed);
		assert_int_equal(row->before.verdict, rows[i].verdict);
		assert_int_equal(
			findings_of(row, midnight, "uptime.share", &severity), rows[i].verdict == WQ_INDICATOR_VETOED);
		assert_int_equal(row->median_msec, 4000);
		assert_int_equal(findings_of(row, midnight, "uptime.slow", &severity), 1);
	}
}

/* What only one of them saw fail is not a failure of the site, but stays one of that vantage point. */
static void test_failures_of_one_alone(void **state)
{
	const struct seen seen[] = {{"here", midnight - 6 * WQ_DAY, week_of(20)},
		{"there", midnight - 6 * WQ_DAY + 20 * MINUTE, week_of(0)}};
	const struct wq_uptime *row = join(seen, 2, midnight + WQ_DAY - 1);

	(void)state;
	assert_int_equal(row->week.failed, 0);
	assert_int_equal(row->week.visits, 336);
	assert_int_equal(row->contradicted, 20);
	assert_int_equal(row->week.verdict, WQ_INDICATOR_MET);
	assert_int_equal(row->vantages[0].week.failed, 20);
	assert_int_equal(row->vantages[0].week.verdict, WQ_INDICATOR_VETOED);
	assert_int_equal(row->vantages[1].week.verdict, WQ_INDICATOR_MET);
}

static void test_failures_of_both_count(void **state)
{
	const struct seen seen[] = {
		{"here", midnight - 6 * WQ_DAY, week_of(20)}, {"there", midnight - 6 * WQ_DAY + MINUTE, week_of(20)}};
	const struct wq_uptime *row = join(seen, 2, midnight + WQ_DAY - 1);

	(void)state;
	assert_int_equal(row->week.failed, 40);
	assert_int_equal(row->contradicted, 0);
	assert_int_equal(row->week.verdict, WQ_INDICATOR_VETOED);
}

/* An opened visit further away than a day / 20 contradicts nothing. */
static void test_too_far_to_contradict(void **state)
{
	const struct seen seen[] = {{"here", midnight, "x"}, {"there", midnight + 73 * MINUTE, "o"}};
	const struct seen near[] = {{"here", midnight, "x"}, {"there", midnight + 72 * MINUTE, "o"}};

	(void)state;
	assert_int_equal(join(seen, 2, midnight + 2 * HOUR)->contradicted, 0);
	assert_int_equal(join(near, 2, midnight + 2 * HOUR)->contradicted, 1);
}

static void test_hours(void **state)
{
	const struct seen seen[] = {{"here", midnight - WQ_DAY + 23 * HOUR, "oxx"}};
	const struct wq_uptime *row = join(seen, 1, midnight + 2 * HOUR);

	(void)state;
	assert_true(row->first_day == midnight - (WQ_UPTIME_DAYS - 1) * WQ_DAY);
	assert_int_equal(row->hours[WQ_UPTIME_DAYS - 2][23].visits, 1);
	assert_int_equal(row->hours[WQ_UPTIME_DAYS - 2][23].failed, 0);
	assert_int_equal(row->hours[WQ_UPTIME_DAYS - 1][0].failed, 1);
	assert_int_equal(row->hours[WQ_UPTIME_DAYS - 1][1].failed, 1);
}

/* Visits that are to come, of a clock that was ahead, say nothing yet. */
static void test_the_future_says_nothing(void **state)
{
	const struct seen seen[] = {{"here", midnight, "oox"}};

	(void)state;
	assert_int_equal(join(seen, 1, midnight + HOUR)->now, WQ_UPTIME_UP);
	assert_int_equal(join(seen, 1, midnight + 2 * HOUR)->now, WQ_UPTIME_DOWN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_now, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_week_of_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failures_of_one_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failures_of_both_count, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_far_to_contradict, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_future_says_nothing, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
