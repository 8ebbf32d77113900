#include "flow/inspect/score.h"

static bool below(wq_str rule, wq_str prefix)
{
	return wq_str_starts(rule, prefix);
}

static uint64_t groups_of(const struct wq_inspect_result *r, const char *prefix, enum wq_severity least)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->groups_n; i++)
		n += below(r->groups[i].rule, wq_str_c(prefix)) && r->groups[i].severity >= least;
	return n;
}

static void set(struct wq_measures *m, enum wq_measure_id id, uint64_t value)
{
	if (!m->of[id].known)
		wq_measures_set(m, id, (int64_t)WQ_MIN(value, (uint64_t)INT32_MAX));
}

/* What looks like V1: for a person to decide, so that it must not be missed. */
static uint64_t grave(const struct wq_inspect_result *r)
{
	static const char *const rules[] = {"content.secret-mark", "page.planted-script", "page.hidden-link",
		"page.hidden-frame", "page.cloaking", "page.redirect-outside", "link.changed-hands"};
	uint64_t n = 0;

	for (size_t i = 0; i < WQ_COUNT(rules); i++)
		n += groups_of(r, rules[i], WQ_SEVERITY_HIGH);
	return n;
}

static void measure_pages(const struct wq_inspect_result *r, struct wq_measures *m)
{
	bool known = r->subject.kind != WQ_SUBJECT_UNKNOWN;
	const unsigned whole = WQ_INSPECT_CONTENT | WQ_INSPECT_PAGE;

	if ((r->checks & whole) == whole)
		set(m, WQ_MEASURE_GRAVE, grave(r));
	if (r->checks & WQ_INSPECT_PORTAL && known) {
		set(m, WQ_MEASURE_NAME, groups_of(r, "name.", WQ_SEVERITY_LOW));
		set(m, WQ_MEASURE_ERROR_ENTRY, groups_of(r, "footer.error-entry", WQ_SEVERITY_INFO) ? 0 : 1);
	}
	if (r->checks & WQ_INSPECT_PAGE && r->checks & WQ_INSPECT_PORTAL && known)
		set(m, WQ_MEASURE_MARK, groups_of(r, "mark.", WQ_SEVERITY_LOW));
}

void wq_score_measure(
	const struct wq_inspect_result *result, const struct wq_score_counts *counts, struct wq_measures *measures)
{
	uint64_t broken = counts->home_links + counts->other_links;

	measure_pages(result, measures);
	if (!(result->checks & WQ_INSPECT_LINKS) || result->interrupted)
		return;
	set(measures, WQ_MEASURE_HOME_LINKS, counts->home_links);
	set(measures, WQ_MEASURE_OTHER_LINKS, counts->other_links);
	if (result->walk.targets > 0 && !measures->of[WQ_MEASURE_LINKS_FAILED].known) {
		measures->of[WQ_MEASURE_LINKS_FAILED].known = true;
		measures->of[WQ_MEASURE_LINKS_FAILED].value = (int64_t)(WQ_MIN(broken, result->walk.targets) * 100 *
			WQ_INDICATOR_UNIT / result->walk.targets);
	}
}

struct wq_inspect_score_so_far wq_inspect_score_so_far(const struct wq_inspect_score *score)
{
	struct wq_inspect_score_so_far s = {0};

	for (size_t i = 0; i < score->rows_n; i++) {
		const struct wq_inspect_indicator *row = &score->rows[i];

		s.open += row->verdict == WQ_INDICATOR_UNKNOWN;
		s.determined += row->verdict != WQ_INDICATOR_UNKNOWN && row->verdict != WQ_INDICATOR_NOT_ASKED;
		if (row->verdict == WQ_INDICATOR_POINTS_OFF)
			s.lost += row->least;
	}
	return s;
}

static void row_of(struct wq_arena *arena, const struct wq_indicator_result *from, struct wq_inspect_indicator *ret)
{
	const struct wq_indicator_row *row = from->row;

	*ret = (struct wq_inspect_indicator){.id = wq_arena_str(arena, row->id),
		.name_zh = wq_arena_str(arena, row->name_zh),
		.name_en = wq_arena_str(arena, row->name_en),
		.rule = wq_arena_str(arena, row->rule),
		.clauses = wq_arena_str(arena, row->clauses),
		.kind = row->kind,
		.verdict = from->verdict,
		.mark = row->mark,
		.known = from->known,
		.value = from->value,
		.least = from->least,
		.most = from->most};
	if (!from->condition)
		return;
	ret->measure_zh = wq_str_c(wq_measure_title(from->condition->measure, WQ_LANG_ZH));
	ret->measure_en = wq_str_c(wq_measure_title(from->condition->measure, WQ_LANG_EN));
}

wq_err wq_score_judge(struct wq_arena *arena, const struct wq_indicator_rules *rules,
	const struct wq_measures *measures, const struct wq_subject *subject, struct wq_inspect_score *ret_score)
{
	struct wq_indicator_score *s = WQ_NEW(arena, struct wq_indicator_score);
	struct wq_inspect_indicator *rows;

	if (!s)
		return wq_arena_err(arena);
	wq_indicator_judge(rules, measures, subject->department, subject->portal, s);
	rows = WQ_NEW_ARRAY(arena, struct wq_inspect_indicator, s->results_n);
	if (!rows)
		return wq_arena_err(arena);
	for (size_t i = 0; i < s->results_n; i++)
		row_of(arena, &s->results[i], &rows[i]);
	*ret_score = (struct wq_inspect_score){.judged = true,
		.department = s->department,
		.vetoed = s->vetoed,
		.may_be_vetoed = s->may_be_vetoed,
		.unqualified = s->unqualified,
		.may_be_unqualified = s->may_be_unqualified,
		.points_missing = s->points_missing,
		.least = s->least,
		.most = s->most,
		.version = wq_arena_str(arena, rules->version),
		.rows = rows,
		.rows_n = s->results_n};
	return wq_arena_err(arena);
}
