#include "detect/indicator/indicator.h"

#include "finding/datafile.h"

enum section { SECTION_NONE, SECTION_LIMITS, SECTION_ROW };

struct reader {
	struct wq_arena *arena;
	struct wq_datafile file;
	struct wq_indicator_rules *rules;
	enum section section;
	uint32_t row_line;
	unsigned limits; /* bits: which were there */
};

static const struct {
	const char *name, *zh, *en;
} measures[] = {
#define WQ_MEASURE(id, name, zh, en) {name, zh, en},
#include "detect/indicator/measure_table.h"
#undef WQ_MEASURE
};

const char *wq_measure_name(enum wq_measure_id id)
{
	return measures[id].name;
}

const char *wq_measure_title(enum wq_measure_id id, enum wq_lang lang)
{
	return lang == WQ_LANG_ZH ? measures[id].zh : measures[id].en;
}

/* "0.1", "15": up to three places, as thousandths. */
static bool read_number(wq_str text, int64_t *ret_value)
{
	wq_str rest = text, whole = wq_str_cut(&rest, '.');
	uint64_t units, part = 0;

	if (!wq_str_to_u64(whole, 1000000, &units) || (rest.p && (rest.n == 0 || rest.n > 3)))
		return false;
	if (rest.p && !wq_str_to_u64(rest, 999, &part))
		return false;
	for (size_t i = rest.n; rest.p && i < 3; i++)
		part *= 10;
	*ret_value = (int64_t)(units * WQ_INDICATOR_UNIT + part);
	return true;
}

static wq_err check_row(struct reader *r)
{
	const struct wq_indicator_row *row;

	if (r->section != SECTION_ROW)
		return WQ_OK;
	row = &r->rules->rows[r->rules->rows_n - 1];
	if (!row->name_zh.n || !row->name_en.n || !row->rule.n || !row->source.n || !row->clauses.n || !row->mark)
		return wq_datafile_error(&r->file, r->row_line, "zh, en, rule, clauses, mark and source are needed");
	if (row->conditions_n == 0 && !row->person)
		return wq_datafile_error(&r->file, r->row_line, "a row without `when` is for a person");
	if (row->kind == WQ_INDICATOR_VETO && row->points_known)
		return wq_datafile_error(&r->file, r->row_line, "a veto has no points");
	if (row->each && row->conditions_n == 0)
		return wq_datafile_error(&r->file, r->row_line, "points for each of what?");
	return WQ_OK;
}

static wq_err open_section(struct reader *r, const struct wq_datafile_item *item)
{
	static const wq_str kinds[] = {WQ_S_INIT("veto"), WQ_S_INIT("deduct"), WQ_S_INIT("bonus")};
	struct wq_indicator_rules *rules = r->rules;

	WQ_TRY(check_row(r));
	if (wq_str_eq(item->key, WQ_S("limits"))) {
		r->section = SECTION_LIMITS;
		return WQ_OK;
	}
	for (size_t i = 0; i < WQ_COUNT(kinds); i++) {
		if (!wq_str_eq(item->key, kinds[i]) || !item->value.n)
			continue;
		for (size_t k = 0; k < rules->rows_n; k++)
			if (wq_str_eq(rules->rows[k].id, item->value))
				return wq_datafile_error(&r->file, item->line, "this id was there before");
		if (rules->rows_n == WQ_INDICATOR_ROWS_MAX)
			return wq_datafile_error(&r->file, item->line, "more than %d rows", WQ_INDICATOR_ROWS_MAX);
		rules->rows[rules->rows_n++] = (struct wq_indicator_row){
			.id = item->value, .kind = (enum wq_indicator_kind)i};
		r->section = SECTION_ROW;
		r->row_line = item->line;
		return WQ_OK;
	}
	return wq_datafile_error(&r->file, item->line, "no section of this name");
}

static wq_err read_limit(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_indicator_limits *l = &r->rules->limits;
	const struct {
		const char *name;
		uint64_t *number, least, max;
		int64_t *points;
	} rows[] = {{"visit_msec", &l->visit_msec, 1, 600000, NULL},
		{"visits_per_day", &l->visits_per_day, 1, 86400, NULL},
		{"visit_days", &l->visit_days, 1, WQ_INDICATOR_DAYS_MAX, NULL},
		{"failed_percent", &l->failed_percent, 1, 100, NULL},
		{"guide_elements", &l->guide_elements, 1, 8, NULL},
		{"zone_minutes", &l->zone_minutes, 0, 14 * 60, NULL}, {"page_msec", &l->page_msec, 1, 600000, NULL},
		{"full", NULL, 0, 0, &l->full}, {"department_full", NULL, 0, 0, &l->department_full},
		{"bonus_full", NULL, 0, 0, &l->bonus_full}, {"pass", NULL, 0, 0, &l->pass},
		{"bonus_over", NULL, 0, 0, &l->bonus_over}};

	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		if (!wq_str_eq(item->key, wq_str_c(rows[i].name)))
			continue;
		r->limits |= 1u << i;
		if (rows[i].points ? read_number(item->value, rows[i].points)
				   : wq_str_to_u64(item->value, rows[i].max, rows[i].number) &&
					*rows[i].number >= rows[i].least)
			return WQ_OK;
		return wq_datafile_error(&r->file, item->line, "not a number that it may be");
	}
	return wq_datafile_error(&r->file, item->line, "no such limit");
}

/* "stale_columns at-least 5" */
static bool read_condition(wq_str text, struct wq_indicator_condition *ret)
{
	static const wq_str tests[] = {WQ_S_INIT("over"), WQ_S_INIT("at-least"), WQ_S_INIT("below")};
	wq_str name = wq_str_cut(&text, ' '), test = text.p ? wq_str_cut(&text, ' ') : WQ_S_NONE;
	bool named = false, tested = false;

	for (size_t i = 0; i < WQ_MEASURE_COUNT; i++)
		if (wq_str_eq(name, wq_str_c(measures[i].name))) {
			ret->measure = (enum wq_measure_id)i;
			named = true;
		}
	for (size_t i = 0; i < WQ_COUNT(tests); i++)
		if (wq_str_eq(test, tests[i])) {
			ret->test = (enum wq_indicator_test)i;
			tested = true;
		}
	return named && tested && text.p && read_number(text, &ret->threshold);
}

static bool read_flag(wq_str value, bool *flag)
{
	*flag = wq_str_eq(value, WQ_S("yes"));
	return *flag || wq_str_eq(value, WQ_S("no"));
}

static bool read_points(struct wq_indicator_row *row, wq_str value, bool each)
{
	row->each = each;
	row->points_known = !wq_str_eq(value, WQ_S("unknown"));
	return !row->points_known || read_number(value, &row->points);
}

static bool read_row(struct wq_indicator_row *row, const struct wq_datafile_item *item)
{
	const struct {
		const char *name;
		wq_str *text;
	} texts[] = {{"zh", &row->name_zh}, {"en", &row->name_en}, {"rule", &row->rule}, {"source", &row->source},
		{"clauses", &row->clauses}};

	for (size_t i = 0; i < WQ_COUNT(texts); i++)
		if (wq_str_eq(item->key, wq_str_c(texts[i].name))) {
			*texts[i].text = item->value;
			return true;
		}
	if (wq_str_eq(item->key, WQ_S("mark")) && item->value.n == 1 && strchr("SVM", item->value.p[0])) {
		row->mark = item->value.p[0];
		return true;
	}
	if (wq_str_eq(item->key, WQ_S("when")))
		return row->conditions_n < WQ_INDICATOR_CONDITIONS_MAX &&
			read_condition(item->value, &row->conditions[row->conditions_n++]);
	if (wq_str_eq(item->key, WQ_S("points")))
		return read_points(row, item->value, false);
	if (wq_str_eq(item->key, WQ_S("each")))
		return read_points(row, item->value, true);
	if (wq_str_eq(item->key, WQ_S("most")))
		return read_number(item->value, &row->most);
	if (wq_str_eq(item->key, WQ_S("person")))
		return read_flag(item->value, &row->person);
	if (wq_str_eq(item->key, WQ_S("services")))
		return read_flag(item->value, &row->services);
	return false;
}

static wq_err read_value(struct reader *r, const struct wq_datafile_item *item)
{
	switch (r->section) {
	case SECTION_LIMITS: return read_limit(r, item);
	case SECTION_ROW:
		if (read_row(&r->rules->rows[r->rules->rows_n - 1], item))
			return WQ_OK;
		return wq_datafile_error(&r->file, item->line, "no such member of a row, or no such value");
	case SECTION_NONE: break;
	}
	return wq_datafile_error(&r->file, item->line, "a value before the first section");
}

wq_err wq_indicator_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_indicator_rules **ret_rules)
{
	struct reader r = {.arena = arena, .rules = WQ_NEW(arena, struct wq_indicator_rules)};
	struct wq_datafile_item item;
	/* what is kept are slices of it */
	wq_str copy = wq_arena_str(arena, bytes);

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_datafile_open(&r.file, file_name, copy, WQ_S("indicator")));
	for (;;) {
		WQ_TRY(wq_datafile_next(&r.file, &item));
		if (item.kind == WQ_DATAFILE_END)
			break;
		WQ_TRY(item.kind == WQ_DATAFILE_SECTION ? open_section(&r, &item) : read_value(&r, &item));
	}
	WQ_TRY(check_row(&r));
	if (r.limits != 0xfff)
		return wq_datafile_error(&r.file, r.file.line, "[limits] is not complete");
	if (r.rules->limits.department_full <= 0 || r.rules->limits.department_full > r.rules->limits.full)
		return wq_datafile_error(&r.file, r.file.line, "department_full is above 0 and at most full");
	r.rules->version = r.file.version;
	r.rules->date = r.file.date;
	r.rules->source = r.file.source;
	*ret_rules = r.rules;
	return WQ_OK;
}
