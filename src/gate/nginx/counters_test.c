#include "gate/nginx/counters.h"

#include "base/test.h"

static struct wq_gate_zone *new_zone(void)
{
	struct wq_gate_zone *zone = aligned_alloc(64, sizeof *zone);

	assert_non_null(zone);
	memset(zone, 0, sizeof *zone);
	wq_gate_zone_init(zone);
	return zone;
}

static void an_application_has_one_row(void **state)
{
	struct wq_gate_zone *zone = new_zone();
	char name[WQ_GATE_ROW_NAME + 1];

	(void)state;
	assert_int_equal(wq_gate_zone_row(zone, "portal"), 1);
	assert_int_equal(wq_gate_zone_row(zone, "tax"), 2);
	assert_int_equal(wq_gate_zone_row(zone, "portal"), 1);
	memset(name, 'a', WQ_GATE_ROW_NAME);
	name[WQ_GATE_ROW_NAME] = 0;
	assert_int_equal(wq_gate_zone_row(zone, name), 0);
	for (uint32_t i = 3; i < WQ_GATE_ROWS_MAX; i++) {
		snprintf(name, sizeof name, "app-%u", i);
		assert_int_equal(wq_gate_zone_row(zone, name), i);
	}
	assert_int_equal(wq_gate_zone_row(zone, "one-too-many"), 0);
	assert_int_equal(wq_gate_zone_row(zone, "tax"), 2);
	free(zone);
}

static void sums_are_over_workers_and_rows(void **state)
{
	struct wq_gate_zone *zone = new_zone();
	uint32_t portal = wq_gate_zone_row(zone, "portal"), tax = wq_gate_zone_row(zone, "tax");

	(void)state;
	for (int i = 0; i < 5; i++)
		wq_gate_slot_count(&zone->slots[0], portal, WQ_N_SEALED_SERVED);
	wq_gate_slot_count(&zone->slots[WQ_GATE_SLOTS - 1], portal, WQ_N_SEALED_SERVED);
	wq_gate_slot_count(&zone->slots[0], tax, WQ_N_SEALED_SERVED);
	wq_gate_slot_count(&zone->slots[0], 0, WQ_N_AMBIGUOUS);
	assert_int_equal(wq_gate_zone_sum(zone, portal, WQ_N_SEALED_SERVED), 6);
	assert_int_equal(wq_gate_zone_sum(zone, tax, WQ_N_SEALED_SERVED), 1);
	assert_int_equal(wq_gate_zone_sum(zone, portal, WQ_N_SEALED_BROKEN), 0);
	assert_int_equal(wq_gate_slot_sum(zone, &zone->slots[0], WQ_N_SEALED_SERVED), 6);
	assert_int_equal(wq_gate_slot_sum(zone, &zone->slots[1], WQ_N_SEALED_SERVED), 0);
	free(zone);
}

static bool has(const struct wq_buf *text, const char *line)
{
	return wq_str_find(wq_buf_str(text), wq_str_c(line)) >= 0;
}

static void what_prometheus_reads(void **state)
{
	struct wq_gate_zone *zone = new_zone();
	uint32_t portal = wq_gate_zone_row(zone, "portal");
	WQ_BUF(text, 1024 * 1024);

	(void)state;
	wq_gate_slot_count(&zone->slots[3], portal, WQ_N_LEAVE_ASKED);
	wq_gate_slot_count(&zone->slots[3], portal, WQ_N_DOCUMENT_REWRITTEN);
	wq_gate_slot_count(&zone->slots[3], 0, WQ_N_UNKNOWN_HOST);
	zone->slots[3].gauges = (struct wq_gate_gauges){.pid = 77, .mapped_bytes = 4096, .switched = 2};
	wq_gate_zone_write(zone, &text);
	assert_true(has(&text, "# TYPE weique_requests_total counter\n"));
	assert_true(has(&text, "\nweique_requests_total{app=\"portal\",class=\"sealed\",outcome=\"served\"} 0\n"));
	assert_true(has(&text, "\nweique_requests_total{app=\"portal\",class=\"leave\",outcome=\"served\"} 1\n"));
	assert_true(has(&text, "\nweique_requests_total{app=\"\",class=\"-\",outcome=\"unknown_host\"} 1\n"));
	assert_true(has(&text, "\nweique_documents_total{app=\"portal\",class=\"dynamic\",outcome=\"rewritten\"} 1\n"));
	assert_true(has(&text, "\nweique_worker_mapped_bytes{worker=\"3\"} 4096\n"));
	assert_true(has(&text, "\nweique_generations_switched_total{worker=\"3\"} 2\n"));
	assert_false(has(&text, "worker=\"0\""));
	assert_false(has(&text, "outcome=\"broken\""));
	free(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_application_has_one_row),
		cmocka_unit_test(sums_are_over_workers_and_rows),
		cmocka_unit_test(what_prometheus_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
