#include "detect/indicator/indicator.h"

void wq_measures_set(struct wq_measures *measures, enum wq_measure_id id, int64_t value)
{
	const int64_t most = 1000000000000;

	value = WQ_MIN(WQ_MAX(value, -most), most);
	measures->of[id].known = true;
	measures->of[id].value = value * WQ_INDICATOR_UNIT;
}

const char *wq_indicator_verdict_name(enum wq_indicator_verdict verdict)
{
	static const char *const names[] = {"met", "vetoed", "points-off", "points-on", "unknown", "not-asked"};
	return names[verdict];
}

const char *wq_indicator_verdict_title(enum wq_indicator_verdict verdict, enum wq_lang lang)
{
	static const char *const titles[][2] = {{"符合", "met"}, {"单项否决", "vetoed"}, {"扣分", "points off"},
		{"加分", "points added"}, {"待人工核实", "a person has to look"}, {"不适用", "not asked"}};
	return titles[verdict][lang == WQ_LANG_ZH ? 0 : 1];
}

static bool holds(const struct wq_indicator_condition *condition, int64_t value)
{
	switch (condition->test) {
	case WQ_INDICATOR_OVER: return value > condition->threshold;
	case WQ_INDICATOR_AT_LEAST: return value >= condition->threshold;
	case WQ_INDICATOR_BELOW: return value < condition->threshold;
	}
	return false;
}

enum outcome { HOLDS, HOLDS_NOT, OPEN };

/* Any condition that holds decides; one that is not known leaves it open. */
static enum outcome test_conditions(
	const struct wq_indicator_row *row, const struct wq_measures *measures, struct wq_indicator_result *result)
{
	const struct wq_indicator_condition *open = NULL, *held = NULL;

	for (size_t i = 0; i < row->conditions_n && !held; i++) {
		const struct wq_indicator_condition *c = &row->conditions[i];
		if (!measures->of[c->measure].known)
			open = open ? open : c;
		else if (holds(c, measures->of[c->measure].value))
			held = c;
	}
	result->condition = held ? held : open ? open : row->conditions_n ? &row->conditions[0] : NULL;
	if (result->condition) {
		result->known = measures->of[result->condition->measure].known;
		result->value = measures->of[result->condition->measure].value;
	}
	return held ? HOLDS : open || row->conditions_n == 0 ? OPEN : HOLDS_NOT;
}

/* What a row costs when its condition holds. */
static int64_t points_of(const struct wq_indicator_row *row, int64_t value)
{
	int64_t points = row->points;

	if (row->each)
		points = WQ_MAX(value / WQ_INDICATOR_UNIT, 0) * row->points;
	return row->most && points > row->most ? row->most : points;
}

/* The most that it can cost. */
static int64_t points_at_most(const struct wq_indicator_row *row, int64_t full)
{
	if (!row->points_known)
		return 0;
	return row->most ? row->most : row->each ? full : row->points;
}

static struct wq_indicator_result judge_row(const struct wq_indicator_row *row, const struct wq_measures *measures,
	bool department, bool portal, int64_t full)
{
	static const enum wq_indicator_verdict fired[] = {
		WQ_INDICATOR_VETOED, WQ_INDICATOR_POINTS_OFF, WQ_INDICATOR_POINTS_ON};
	struct wq_indicator_result result = {.row = row, .verdict = WQ_INDICATOR_NOT_ASKED};
	enum outcome outcome;

	if ((row->services && department) || (row->kind == WQ_INDICATOR_BONUS && !portal))
		return result;
	outcome = test_conditions(row, measures, &result);
	if (outcome == HOLDS_NOT && !row->person) {
		result.verdict = WQ_INDICATOR_MET;
	} else if (outcome == HOLDS && !row->person) {
		result.verdict = fired[row->kind];
		result.least = result.most = row->points_known ? points_of(row, result.value) : 0;
	} else {
		result.verdict = WQ_INDICATOR_UNKNOWN;
		result.most = points_at_most(row, full);
	}
	return result;
}

struct sums {
	int64_t off_least, off_most, on_least, on_most;
};

static void add_result(struct wq_indicator_score *score, const struct wq_indicator_result *result, struct sums *sums)
{
	switch (result->row->kind) {
	case WQ_INDICATOR_VETO:
		score->vetoed |= result->verdict == WQ_INDICATOR_VETOED;
		score->may_be_vetoed |= result->verdict == WQ_INDICATOR_UNKNOWN;
		break;
	case WQ_INDICATOR_DEDUCTION:
		sums->off_least += result->least;
		sums->off_most += result->most;
		score->points_missing |= result->verdict == WQ_INDICATOR_POINTS_OFF && !result->row->points_known;
		break;
	case WQ_INDICATOR_BONUS:
		sums->on_least += result->least;
		sums->on_most += result->most;
		break;
	}
	score->results[score->results_n++] = *result;
}

/* The score after `off` points, scaled to `full`; the nearest thousandth. */
static int64_t scaled(const struct wq_indicator_limits *limits, bool department, int64_t off)
{
	int64_t full = department ? limits->department_full : limits->full, left = WQ_MAX(full - off, 0);

	return (2 * left * limits->full + full) / (2 * full);
}

static int64_t with_bonus(const struct wq_indicator_limits *limits, int64_t score, int64_t bonus)
{
	return score > limits->bonus_over ? score + WQ_MIN(bonus, limits->bonus_full) : score;
}

void wq_indicator_judge(const struct wq_indicator_rules *rules, const struct wq_measures *measures, bool department,
	bool portal, struct wq_indicator_score *ret_score)
{
	const struct wq_indicator_limits *limits = &rules->limits;
	struct sums sums = {0};
	int64_t least, most;

	*ret_score = (struct wq_indicator_score){.department = department};
	for (size_t i = 0; i < rules->rows_n; i++) {
		struct wq_indicator_result result = judge_row(&rules->rows[i], measures, department, portal,
			department ? limits->department_full : limits->full);
		add_result(ret_score, &result, &sums);
	}
	least = scaled(limits, department, sums.off_most);
	most = scaled(limits, department, sums.off_least);
	ret_score->least = with_bonus(limits, least, sums.on_least);
	ret_score->most = with_bonus(limits, most, sums.on_most);
	ret_score->unqualified = ret_score->vetoed || most < limits->pass;
	ret_score->may_be_unqualified = ret_score->unqualified || ret_score->may_be_vetoed || least < limits->pass;
}
