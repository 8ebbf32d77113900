#include "gate/nginx/rules_zone.h"

#include "base/test.h"

static struct wq_rules_zone *new_zone(void)
{
	struct wq_rules_zone *zone = calloc(1, sizeof *zone);

	assert_non_null(zone);
	return zone;
}

static void a_bucket_is_emptied_and_fills_again(void **state)
{
	struct wq_rules_zone *zone = new_zone();
	uint64_t now = 1000000;

	(void)state;
	assert_true(wq_rules_may(zone, 7, 200, now));
	wq_rules_take(zone, 7, 200, now, 150000);
	assert_true(wq_rules_may(zone, 7, 200, now));
	wq_rules_take(zone, 7, 200, now, 100000);
	assert_false(wq_rules_may(zone, 7, 200, now));
	assert_true(wq_rules_may(zone, 9, 200, now));
	/* 50 ms below zero: 250 ms at 200 µs a millisecond */
	assert_false(wq_rules_may(zone, 7, 200, now + 250));
	assert_true(wq_rules_may(zone, 7, 200, now + 251));
	/* never deeper than a second, never fuller either */
	wq_rules_take(zone, 7, 200, now + 251, 100 * 1000 * 1000);
	assert_false(wq_rules_may(zone, 7, 200, now + 1251));
	assert_true(wq_rules_may(zone, 7, 200, now + 1252));
	assert_true(wq_rules_may(zone, 7, 200, now + 100000));
	wq_rules_take(zone, 7, 200, now + 100000, 200000);
	assert_false(wq_rules_may(zone, 7, 200, now + 100000));
	/* no rate, no limit */
	wq_rules_take(zone, 7, 0, now, 100 * 1000 * 1000);
	assert_true(wq_rules_may(zone, 7, 0, now));
	free(zone);
}

static void a_full_table_refuses_nobody(void **state)
{
	struct wq_rules_zone *zone = new_zone();
	uint64_t now = 1000000;

	(void)state;
	for (uint64_t key = 1; key < 4 * WQ_RULES_BUCKETS; key++) {
		assert_true(wq_rules_may(zone, key, 200, now + key));
		wq_rules_take(zone, key, 200, now + key, 500000);
		assert_false(wq_rules_may(zone, key, 200, now + key));
	}
	/* the oldest are forgotten, the newest remembered */
	assert_false(wq_rules_may(zone, 4 * WQ_RULES_BUCKETS - 1, 200, now + 4 * WQ_RULES_BUCKETS));
	assert_true(wq_rules_may(zone, 1, 200, now + 4 * WQ_RULES_BUCKETS));
	free(zone);
}

static void a_client_is_its_network(void **state)
{
	static const struct {
		const char *a, *b, *text;
		bool same;
	} table[] = {
		{"192.0.2.1", "192.0.2.255", "192.0.2.0/24", true},
		{"192.0.2.1", "192.0.3.1", "192.0.2.0/24", false},
		{"[2001:db8:0:1ff::1]", "[2001:db8:0:100::2]", "2001:db8:0:100::/56", true},
		{"[2001:db8:0:1ff::1]", "[2001:db8:0:200::2]", "2001:db8:0:100::/56", false},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		struct wq_addr a, b;
		char text[WQ_RULES_CLIENT_TEXT];

		assert_true(wq_host_address(wq_str_c(table[i].a), &a) && wq_host_address(wq_str_c(table[i].b), &b));
		assert_int_equal(wq_rules_client(&a) == wq_rules_client(&b), table[i].same);
		wq_rules_client_text(&a, text);
		assert_string_equal(text, table[i].text);
	}
}

static void what_repeats_is_told_once_a_minute(void **state)
{
	struct wq_rules_zone *zone = new_zone();
	uint32_t count = 0;

	(void)state;
	assert_true(wq_rules_tell(zone, 5, 1000000, &count));
	assert_int_equal(count, 1);
	for (int i = 0; i < 10; i++)
		assert_false(wq_rules_tell(zone, 5, 1000000 + (uint64_t)i, &count));
	assert_true(wq_rules_tell(zone, 6, 1000000, &count));
	assert_int_equal(count, 1);
	assert_true(wq_rules_tell(zone, 5, 1000000 + WQ_RULES_TELL_MSEC, &count));
	assert_int_equal(count, 11);
	free(zone);
}

static void incidents_ascend(void **state)
{
	struct wq_rules_zone *zone = new_zone();
	char before[WQ_INCIDENT_TEXT] = "", text[WQ_INCIDENT_TEXT];
	wq_time now = 0;

	(void)state;
	assert_false(wq_failed(wq_time_parse(WQ_S("2026-11-22T00:00:01.500Z"), &now)));
	wq_incident_next(zone, now, text);
	assert_string_equal(text, "20261122-0000BB80");
	for (int i = 0; i < 1000; i++) {
		memcpy(before, text, sizeof before);
		wq_incident_next(zone, now + i, text);
		assert_true(strcmp(before, text) < 0);
	}
	free(zone);
}

static const char *name_of_row(void *data, uint32_t row)
{
	(void)data;
	return row == 1 ? "one" : "two";
}

static void exceptions_have_places(void **state)
{
	struct wq_rules_zone *zone = new_zone();
	WQ_BUF(text, WQ_MIB);
	struct wq_rules_hit *a = wq_rules_hit(zone, 1, WQ_S("942100 /")), *b = wq_rules_hit(zone, 2, WQ_S("942100 /"));

	(void)state;
	assert_true(a && b && a != b);
	assert_ptr_equal(wq_rules_hit(zone, 1, WQ_S("942100 /")), a);
	a->count = 5;
	wq_rules_hit(zone, 2, WQ_S("920230 ARGS:\"x\\ /"))->count = 7;
	wq_rules_hits_write(zone, name_of_row, NULL, &text);
	assert_true(wq_str_find(wq_buf_str(&text), WQ_S("{app=\"one\",exception=\"942100 /\"} 5\n")) > 0);
	assert_true(
		wq_str_find(wq_buf_str(&text), WQ_S("{app=\"two\",exception=\"920230 ARGS:\\\"x\\\\ /\"} 7\n")) > 0);
	for (uint32_t i = 4; i <= WQ_RULES_HITS; i++)
		assert_non_null(wq_rules_hit(zone, i, WQ_S("x")));
	assert_null(wq_rules_hit(zone, 70000, WQ_S("x")));
	free(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_is_emptied_and_fills_again),
		cmocka_unit_test(a_full_table_refuses_nobody),
		cmocka_unit_test(a_client_is_its_network),
		cmocka_unit_test(what_repeats_is_told_once_a_minute),
		cmocka_unit_test(incidents_ascend),
		cmocka_unit_test(exceptions_have_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
