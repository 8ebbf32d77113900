#include "base/test.h"
#include "detect/indicator/indicator.h"

enum { FILE_MAX = 256 * 1024 };

static struct wq_arena arena;
static const struct wq_indicator_rules *rules;

static wq_str read_file(const char *name)
{
	const char *root = getenv("WQ_SOURCE_ROOT");
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", root ? root : ".", name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	char *bytes = wq_arena_alloc(&arena, FILE_MAX);
	size_t n = fread(bytes, 1, FILE_MAX, file);
	fclose(file);
	return wq_str_of(bytes, n);
}

static int load(void **state)
{
	const char *name = "rules/indicator/indicator-2019.txt";

	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	assert_ok(wq_indicator_rules_parse(&arena, wq_str_c(name), read_file(name), &rules));
	return 0;
}

static int unload(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	return 0;
}

/* A site that was measured whole and lacks nothing. */
static struct wq_measures good(void)
{
	static const struct {
		enum wq_measure_id id;
		int64_t value;
	} values[] = {{WQ_MEASURE_CHANNELS, 1}, {WQ_MEASURE_SERVICES, 1}, {WQ_MEASURE_SURVEYS, 6},
		{WQ_MEASURE_SEARCH, 1}, {WQ_MEASURE_IPV6, 1}, {WQ_MEASURE_ERROR_ENTRY, 1}, {WQ_MEASURE_YEAR_REPORT, 1}};
	struct wq_measures m = {0};

	for (size_t i = 0; i < WQ_MEASURE_COUNT; i++)
		wq_measures_set(&m, (enum wq_measure_id)i, 0);
	for (size_t i = 0; i < WQ_COUNT(values); i++)
		wq_measures_set(&m, values[i].id, values[i].value);
	return m;
}

static const struct wq_indicator_result *row_of(const struct wq_indicator_score *score, const char *id)
{
	for (size_t i = 0; i < score->results_n; i++)
		if (wq_str_eq(score->results[i].row->id, wq_str_c(id)))
			return &score->results[i];
	fail_msg("no row %s", id);
	return NULL;
}

static void test_every_threshold_stands_where_the_text_puts_it(void **state)
{
	static const struct {
		const char *row;
		enum wq_measure_id measure;
		int64_t value;
		const char *verdict;
		int64_t off; /* thousandths */
	} rows[] = {
		{"V1", WQ_MEASURE_GRAVE, 1, "unknown", 0},
		{"V2", WQ_MEASURE_VISITS_FAILED, 4, "met", 0},
		{"V2", WQ_MEASURE_VISITS_FAILED, 5, "vetoed", 0},
		{"V3", WQ_MEASURE_HOME_DAYS, 14, "met", 0},
		{"V3", WQ_MEASURE_HOME_DAYS, 15, "vetoed", 0},
		{"V4", WQ_MEASURE_STALE_COLUMNS, 4, "met", 0},
		{"V4", WQ_MEASURE_STALE_COLUMNS, 5, "vetoed", 0},
		{"V4", WQ_MEASURE_LONG_COLUMNS, 9, "met", 0},
		{"V4", WQ_MEASURE_LONG_COLUMNS, 10, "vetoed", 0},
		{"V4", WQ_MEASURE_BLANK_COLUMNS, 4, "met", 0},
		{"V4", WQ_MEASURE_BLANK_COLUMNS, 5, "vetoed", 0},
		{"V5", WQ_MEASURE_CHANNELS, 1, "met", 0},
		{"V5", WQ_MEASURE_CHANNELS, 0, "vetoed", 0},
		{"V5", WQ_MEASURE_UNANSWERED_MONTHS, 3, "met", 0},
		{"V5", WQ_MEASURE_UNANSWERED_MONTHS, 4, "vetoed", 0},
		{"V6", WQ_MEASURE_SERVICES, 0, "vetoed", 0},
		{"V6", WQ_MEASURE_GUIDES_LACKING, 4, "met", 0},
		{"V6", WQ_MEASURE_GUIDES_LACKING, 5, "vetoed", 0},
		{"policy", WQ_MEASURE_POLICY_DAYS, 183, "met", 0},
		{"policy", WQ_MEASURE_POLICY_DAYS, 184, "points-off", 5000},
		{"statistics", WQ_MEASURE_STATISTICS_MONTHS, 3, "met", 0},
		{"statistics", WQ_MEASURE_STATISTICS_MONTHS, 4, "points-off", 2000},
		{"messages", WQ_MEASURE_MESSAGES_MONTHS, 3, "points-off", 3000},
		{"surveys", WQ_MEASURE_SURVEYS, 5, "points-off", 0},
		{"errors-open", WQ_MEASURE_ERRORS_OPEN, 2, "points-off", 6000},
		{"errors-late", WQ_MEASURE_ERRORS_LATE, 3, "points-off", 6000},
		{"home-links", WQ_MEASURE_HOME_LINKS, 7, "points-off", 700},
		{"home-links", WQ_MEASURE_HOME_LINKS, 2000, "points-off", 200000},
		{"search", WQ_MEASURE_SEARCH, 0, "points-off", 0},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_measures m = good();
		struct wq_indicator_score score;

		wq_measures_set(&m, rows[i].measure, rows[i].value);
		wq_indicator_judge(rules, &m, false, false, &score);
		const struct wq_indicator_result *r = row_of(&score, rows[i].row);
		if (strcmp(wq_indicator_verdict_name(r->verdict), rows[i].verdict) != 0 || r->least != rows[i].off)
			fail_msg("row %zu (%s): %s, %lld", i, rows[i].row, wq_indicator_verdict_name(r->verdict),
				(long long)r->least);
	}
}

static void test_a_good_site_has_all_points(void **state)
{
	struct wq_measures m = good();
	struct wq_indicator_score score;

	(void)state;
	wq_indicator_judge(rules, &m, false, false, &score);
	assert_int_equal(score.least, 100000);
	assert_int_equal(score.most, 100000);
	assert_false(score.vetoed);
	assert_false(score.unqualified);
	assert_false(score.points_missing);
	/* V1 is for a person even when nothing was seen */
	assert_true(score.may_be_vetoed);
	assert_true(score.may_be_unqualified);
	assert_int_equal(row_of(&score, "bonus")->verdict, WQ_INDICATOR_NOT_ASKED);
}

static void test_pass_mark_scale_and_bonus(void **state)
{
	static const struct {
		int64_t open_errors, home_links, bonus;
		bool department, portal;
		int64_t score;
		bool unqualified;
	} rows[] = {
		{13, 10, 0, false, false, 60000, false},                                       /* 100 - 39 - 1 */
		{13, 11, 0, false, false, 59900, true}, {10, 0, 0, true, false, 60000, false}, /* (75 - 30) * 4/3 */
		{10, 1, 0, true, false, 59867, true},                                   /* 44.9 * 4/3 = 59.8667 */
		{5, 0, 0, true, false, 80000, false}, {30, 0, 0, true, false, 0, true}, /* never below nothing */
		{0, 200, 30, false, true, 80000, false}, /* the bonus counts above 80 only */
		{0, 199, 30, false, true, 110100, false}, {0, 0, 40, false, true, 130000, false},
		{0, 0, 30, false, false, 100000, false}, /* portals only */
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_measures m = good();
		struct wq_indicator_score score;

		wq_measures_set(&m, WQ_MEASURE_ERRORS_OPEN, rows[i].open_errors);
		wq_measures_set(&m, WQ_MEASURE_HOME_LINKS, rows[i].home_links);
		wq_measures_set(&m, WQ_MEASURE_BONUS, rows[i].bonus);
		wq_indicator_judge(rules, &m, rows[i].department, rows[i].portal, &score);
		if (score.least != rows[i].score || score.most != rows[i].score ||
			score.unqualified != rows[i].unqualified)
			fail_msg("row %zu: %lld to %lld", i, (long long)score.least, (long long)score.most);
	}
}

static void test_what_is_not_known_makes_a_range(void **state)
{
	struct wq_measures m = good();
	struct wq_indicator_score score;

	(void)state;
	m.of[WQ_MEASURE_POLICY_DAYS].known = false;
	m.of[WQ_MEASURE_STATISTICS_MONTHS].known = false;
	m.of[WQ_MEASURE_UNANSWERED_MONTHS].known = false;
	wq_measures_set(&m, WQ_MEASURE_HOME_LINKS, 10);
	wq_indicator_judge(rules, &m, false, false, &score);
	assert_int_equal(score.least, 92000);
	assert_int_equal(score.most, 99000);
	assert_int_equal(row_of(&score, "policy")->verdict, WQ_INDICATOR_UNKNOWN);
	assert_int_equal(row_of(&score, "V5")->verdict, WQ_INDICATOR_UNKNOWN);
	assert_int_equal(row_of(&score, "V5")->condition->measure, WQ_MEASURE_UNANSWERED_MONTHS);
	assert_false(row_of(&score, "V5")->known);
	/* one condition that holds is enough, whatever the others are */
	wq_measures_set(&m, WQ_MEASURE_CHANNELS, 0);
	wq_indicator_judge(rules, &m, false, false, &score);
	assert_int_equal(row_of(&score, "V5")->verdict, WQ_INDICATOR_VETOED);
	assert_true(score.unqualified);
	/* a department without services is not asked for them */
	wq_indicator_judge(rules, &m, true, false, &score);
	assert_int_equal(row_of(&score, "V6")->verdict, WQ_INDICATOR_NOT_ASKED);
	assert_int_equal(row_of(&score, "statistics")->verdict, WQ_INDICATOR_NOT_ASKED);
}

static void test_nothing_known_decides_nothing(void **state)
{
	struct wq_measures m = {0};
	struct wq_indicator_score score;

	(void)state;
	wq_indicator_judge(rules, &m, false, false, &score);
	assert_int_equal(score.least, 0);
	assert_int_equal(score.most, 100000);
	assert_false(score.unqualified);
	assert_true(score.may_be_unqualified);
	for (size_t i = 0; i < score.results_n; i++)
		assert_true(score.results[i].verdict == WQ_INDICATOR_UNKNOWN ||
			score.results[i].verdict == WQ_INDICATOR_NOT_ASKED);
}

/* Seven days from 2026-11-16, midnight in Beijing; `per_day` visits each, of which the first `failed` of the week failed. */
static struct wq_indicator_week week_of(size_t per_day, size_t days, size_t failed, uint32_t msec)
{
	struct wq_indicator_visit visits[1000];
	struct wq_indicator_week week;
	wq_time start;
	size_t n = 0;

	assert_ok(wq_time_parse(WQ_S("2026-11-16T00:00:00+08:00"), &start));
	for (size_t day = 0; day < days; day++)
		for (size_t i = 0; i < per_day; i++) {
			wq_time at = start + (wq_time)day * WQ_DAY + (wq_time)i * (WQ_DAY / (wq_time)per_day);
			/* some are slow, some do not open */
			visits[n] = (struct wq_indicator_visit){
				at, n % 2 == 0 || n >= failed, n < failed ? msec : 15000};
			n++;
		}
	assert_ok(wq_indicator_visits(&arena, rules, start + 5 * WQ_SECOND, visits, n, &week));
	return week;
}

static void test_availability_is_counted_as_inspectors_do(void **state)
{
	static const struct {
		size_t per_day, days, failed;
		uint32_t msec;
		const char *verdict;
		int64_t percent;
		bool complete;
		uint64_t missing;
	} rows[] = {
		{20, 7, 0, 15001, "met", 0, true, 0},
		{20, 7, 6, 15001, "met", 4285, true, 0},    /* 6 of 140 */
		{20, 7, 7, 15001, "vetoed", 5000, true, 0}, /* 7 of 140 are 5 % */
		{20, 7, 7, 15000, "met", 2142, true, 0},    /* 15 s is in time: three did not open */
		{100, 7, 34, 15001, "met", 4857, true, 0},
		{100, 7, 35, 15001, "vetoed", 5000, true, 0},
		{19, 7, 0, 15001, "unknown", 0, false, 7},    /* seven missing ones could all fail */
		{20, 6, 7, 15001, "vetoed", 5833, false, 20}, /* 7 of 140 whatever comes */
		{20, 6, 6, 15001, "unknown", 5000, false, 20},
		{0, 7, 0, 15001, "unknown", 0, false, 140},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_indicator_week week = week_of(
			rows[i].per_day, rows[i].per_day ? rows[i].days : 0, rows[i].failed, rows[i].msec);
		if (strcmp(wq_indicator_verdict_name(week.verdict), rows[i].verdict) != 0 ||
			week.failed_percent != rows[i].percent || week.complete != rows[i].complete ||
			week.missing != rows[i].missing)
			fail_msg("row %zu: %s, %lld, missing %llu", i, wq_indicator_verdict_name(week.verdict),
				(long long)week.failed_percent, (unsigned long long)week.missing);
	}
}

static void test_days_are_those_of_the_zone(void **state)
{
	struct wq_indicator_visit visits[3] = {{.opened = true}, {.opened = true}, {.opened = true}};
	struct wq_indicator_week week;
	wq_time from;

	(void)state;
	assert_ok(wq_time_parse(WQ_S("2026-11-16T12:00:00+08:00"), &from));
	assert_ok(wq_time_parse(WQ_S("2026-11-15T15:59:59Z"), &visits[0].at)); /* the day before */
	assert_ok(wq_time_parse(WQ_S("2026-11-15T16:00:00Z"), &visits[1].at)); /* midnight in Beijing */
	assert_ok(wq_time_parse(WQ_S("2026-11-22T15:59:59Z"), &visits[2].at)); /* the last second */
	assert_ok(wq_indicator_visits(&arena, rules, from, visits, 3, &week));
	assert_int_equal(week.outside, 1);
	assert_int_equal(week.of[0].visits, 1);
	assert_int_equal(week.of[6].visits, 1);
	assert_int_equal(week.longest_gap_msec, (7 * 86400 - 1) * 1000);
}

static void test_an_open_week_sets_no_measure(void **state)
{
	struct wq_measures m = {0};
	struct wq_indicator_week week = week_of(20, 6, 6, 15001);

	(void)state;
	wq_measures_set_week(&m, &week);
	assert_false(m.of[WQ_MEASURE_VISITS_FAILED].known);
	week = week_of(20, 7, 7, 15001);
	wq_measures_set_week(&m, &week);
	assert_int_equal(m.of[WQ_MEASURE_VISITS_FAILED].value, 5000);
}

#define HEAD "weique-indicator 1\nversion: 1\ndate: 2026-01-01\nsource: t\n"
#define LIMITS \
	"[limits]\nvisit_msec: 15000\nvisits_per_day: 20\nvisit_days: 7\nfailed_percent: 5\nguide_elements: 4\nzone_minutes: 480\npage_msec: 3000\n" \
	"full: 100\ndepartment_full: 75\nbonus_full: 30\npass: 60\nbonus_over: 80\n"
#define ROW "[deduct a]\nzh: a\nen: a\nrule: a\nclauses: B9\nmark: V\nsource: s\n"

static void test_data_that_is_wrong_is_refused(void **state)
{
	static const char *const bad[] = {
		HEAD,
		HEAD "[limits]\npass: 60\n",
		HEAD LIMITS "pass: sixty\n",
		HEAD LIMITS "visit_days: 0\n",
		HEAD LIMITS "department_full: 0\n",
		HEAD LIMITS "[deduct]\n",
		HEAD LIMITS "[other a]\n",
		HEAD LIMITS ROW,
		HEAD LIMITS ROW "when: home_days above 14\n",
		HEAD LIMITS ROW "when: home_day over 14\n",
		HEAD LIMITS ROW "when: home_days over 14.0001\n",
		HEAD LIMITS ROW "when: home_days over\n",
		HEAD LIMITS ROW "when: home_days over 1\nmark: X\n",
		HEAD LIMITS ROW "when: home_days over 1\npoints: some\n",
		HEAD LIMITS ROW "when: home_days over 1\nperson: perhaps\n",
		HEAD LIMITS ROW "person: yes\neach: 1\n",
		HEAD LIMITS ROW "when: home_days over 1\n" ROW "when: home_days over 1\n",
		HEAD LIMITS
		"[veto a]\nzh: a\nen: a\nrule: a\nclauses: B9\nmark: V\nsource: s\nwhen: home_days over 1\npoints: 1\n",
	};
	const struct wq_indicator_rules *got;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(bad); i++)
		if (!wq_is(wq_indicator_rules_parse(&arena, WQ_S("t"), wq_str_c(bad[i]), &got), WQ_E_CONFIG))
			fail_msg("row %zu was taken", i);
	assert_ok(wq_indicator_rules_parse(
		&arena, WQ_S("t"), WQ_S(HEAD LIMITS ROW "when: home_days over 1.5\npoints: 0.25\n"), &got));
	assert_int_equal(got->rows[0].conditions[0].threshold, 1500);
	assert_int_equal(got->rows[0].points, 250);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_threshold_stands_where_the_text_puts_it),
		cmocka_unit_test(test_a_good_site_has_all_points),
		cmocka_unit_test(test_pass_mark_scale_and_bonus),
		cmocka_unit_test(test_what_is_not_known_makes_a_range),
		cmocka_unit_test(test_nothing_known_decides_nothing),
		cmocka_unit_test(test_availability_is_counted_as_inspectors_do),
		cmocka_unit_test(test_days_are_those_of_the_zone),
		cmocka_unit_test(test_an_open_week_sets_no_measure),
		cmocka_unit_test(test_data_that_is_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
