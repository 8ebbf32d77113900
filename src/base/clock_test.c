#include "base/test.h"

#include "base/clock.h"

static void reads_and_writes(void **state)
{
	static const struct {
		const char *in;
		wq_time t;
		const char *out; /* NULL: the same */
	} rows[] = {
		{"1970-01-01T00:00:00.000000Z", 0, NULL},
		{"1969-12-31T23:59:59.999999Z", -1, NULL},
		{"2000-02-29T12:34:56.000001Z", 951827696000001, NULL},
		{"2024-02-29", 1709164800000000, "2024-02-29T00:00:00.000000Z"},
		{"1900-02-28T23:59:59Z", -2203891201000000, "1900-02-28T23:59:59.000000Z"},
		{"2026-11-22T03:08:39.5Z", 1795316919500000, "2026-11-22T03:08:39.500000Z"},
		{"2026-11-22 11:08:39+08:00", 1795316919000000, "2026-11-22T03:08:39.000000Z"},
		{"2026-11-21T22:08:39-05:00", 1795316919000000, "2026-11-22T03:08:39.000000Z"},
		{"0000-01-01T00:00:00Z", -62167219200000000, "0000-01-01T00:00:00.000000Z"},
		{"0000-02-29", -62162121600000000, "0000-02-29T00:00:00.000000Z"},
		{"9999-12-31T23:59:59.999999Z", 253402300799999999, NULL},
		{"0000-01-01T00:00:00+01:00", -62167222800000000, "0000-01-01T00:00:00.000000Z"},
		{"9999-12-31T23:59:59-01:00", 253402304399000000, "9999-12-31T23:59:59.999999Z"},
	};
	char text[WQ_TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		wq_time t;
		assert_ok(wq_time_parse(wq_str_c(rows[i].in), &t));
		assert_int_equal(t, rows[i].t);
		assert_string_equal(wq_time_text(t, text), rows[i].out ? rows[i].out : rows[i].in);
	}
	assert_string_equal(wq_time_text(INT64_MIN, text), "0000-01-01T00:00:00.000000Z");
	assert_string_equal(wq_time_text(INT64_MAX, text), "9999-12-31T23:59:59.999999Z");
}

static void refuses(void **state)
{
	static const char *const bad[] = {"", "2026", "2026-1-01", "2026-13-01", "2026-00-01", "2026-01-00",
		"2026-01-32", "2026-04-31", "2023-02-29", "1900-02-29", "2100-02-29", "10000-01-01", "-001-01-01",
		"2026-01-01T", "2026-01-01T00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
		"2026-01-01T00:00:60Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00z", "2026-01-01T00:00:00.Z",
		"2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00+8:00", "2026-01-01T00:00:00+24:00",
		"2026-01-01T00:00:00+08:60", "2026-01-01T00:00:00ZZ", "2026-01-01 ", " 2026-01-01",
		"2026-01-01T00:00:00+0800", "2026/01/01"};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(bad); i++) {
		wq_time t = 42;
		if (!wq_is(wq_time_parse(wq_str_c(bad[i]), &t), WQ_E_INPUT))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(t, 42);
	}
}

/* Every day of the calendar, against the count of days by its plain definition. */
static void every_day(void **state)
{
	static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	wq_time t = -62167219200000000;
	char text[WQ_TIME_TEXT], expected[WQ_TIME_TEXT * 2];

	(void)state;
	for (int y = 0; y < 10000; y++)
		for (int m = 1; m <= 12; m++) {
			int days = length[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
			for (int d = 1; d <= days; d++, t += WQ_DAY) {
				wq_time back;
				if (d != 1 && d != days)
					continue;
				snprintf(expected, sizeof expected, "%04d-%02d-%02dT00:00:00.000000Z", y, m, d);
				assert_string_equal(wq_time_text(t, text), expected);
				assert_ok(wq_time_parse(wq_str_c(text), &back));
				assert_true(back == t);
			}
		}
}

static void injected(void **state)
{
	wq_time t = 5 * WQ_SECOND;
	struct wq_clock clock = wq_clock_fixed(&t);
	uint64_t seed_a = 1, seed_b = 1, seed_c = 2;
	struct wq_random a = wq_random_seeded(&seed_a), b = wq_random_seeded(&seed_b), c = wq_random_seeded(&seed_c);
	uint8_t x[64], y[64];

	(void)state;
	assert_int_equal(wq_now(&clock), 5 * WQ_SECOND);
	assert_int_equal(clock.monotonic_msec(clock.data), 5000);
	t += WQ_SECOND;
	assert_int_equal(wq_now(&clock), 6 * WQ_SECOND);
	a.fill(a.data, x, sizeof x);
	b.fill(b.data, y, sizeof y);
	assert_memory_equal(x, y, sizeof x);
	c.fill(c.data, y, sizeof y);
	assert_memory_not_equal(x, y, sizeof x);
}

static void the_machines_own(void **state)
{
	uint8_t x[600] = {0}, y[600] = {0};
	uint64_t before = wq_clock_system.monotonic_msec(NULL);

	(void)state;
	assert_true(wq_now(&wq_clock_system) > 1700000000 * WQ_SECOND);
	assert_true(wq_clock_system.monotonic_msec(NULL) >= before);
	wq_random_system.fill(NULL, x, sizeof x);
	wq_random_system.fill(NULL, y, sizeof y);
	assert_memory_not_equal(x, y, sizeof x);
	assert_memory_not_equal(x + 560, y + 560, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes),
		cmocka_unit_test(refuses),
		cmocka_unit_test(every_day),
		cmocka_unit_test(injected),
		cmocka_unit_test(the_machines_own),
	};
	return cmocka_run_group_tests_name("base-clock", tests, NULL, NULL);
}
