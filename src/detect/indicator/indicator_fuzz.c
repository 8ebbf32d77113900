#include "detect/indicator/indicator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct wq_indicator_rules *rules, const uint8_t *data, size_t size)
{
	struct wq_measures measures = {0};
	struct wq_indicator_score score;

	for (size_t i = 0; i < WQ_MEASURE_COUNT && i < size; i++)
		if (data[i] & 1)
			wq_measures_set(&measures, (enum wq_measure_id)i, (int64_t)data[i] * data[size - 1 - i] - 100);
	wq_indicator_judge(rules, &measures, size & 1, size & 2, &score);
	if (score.least < 0 || score.least > score.most || score.results_n != rules->rows_n ||
		(score.unqualified && !score.may_be_unqualified))
		abort();
}

/* The bytes as data, then as what was measured and visited by those rules. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct wq_indicator_rules *rules;
	struct wq_indicator_week week;
	struct wq_arena arena;

	wq_arena_init(&arena, 16 * WQ_MIB);
	if (!wq_failed(wq_indicator_rules_parse(&arena, WQ_S("fuzz"), wq_str_of(data, size), &rules))) {
		struct wq_indicator_visit visits[64];
		size_t n = WQ_MIN(size, WQ_COUNT(visits));
		judge(rules, data, size);
		for (size_t i = 0; i < n; i++)
			visits[i] = (struct wq_indicator_visit){
				((wq_time)data[i] - 20) * WQ_DAY / 10, data[i] & 1, (uint32_t)data[i] * 200};
		if (wq_failed(wq_indicator_visits(&arena, rules, 0, visits, n, &week)) ||
			week.visits + week.outside != n)
			abort();
	}
	wq_arena_done(&arena);
	return 0;
}
