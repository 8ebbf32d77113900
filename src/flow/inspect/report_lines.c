#include "flow/inspect/report.h"

#include "base/json.h"
#include "flow/inspect/tally.h"

wq_str wq_inspect_url_of(const struct wq_inspect_group *group, const struct wq_inspect_place *place)
{
	return wq_str_starts(group->rule, WQ_S("link.")) && place->target.n ? place->target : place->page;
}

static void put_or_null(struct wq_json *json, const char *key, wq_str text)
{
	wq_json_key(json, wq_str_c(key));
	if (text.n)
		wq_json_str(json, text);
	else
		wq_json_null(json);
}

static void put_line(
	struct wq_json *json, const struct wq_inspect_group *g, const struct wq_inspect_place *p, enum wq_lang lang)
{
	wq_json_object(json);
	wq_json_put_str(json, "rule", g->rule);
	wq_json_put_str(json, "clause", g->clause_count ? g->clauses[0] : WQ_S_NONE);
	wq_json_key(json, WQ_S("clauses"));
	wq_json_array(json);
	for (size_t i = 0; i < g->clause_count; i++)
		wq_json_str(json, g->clauses[i]);
	wq_json_array_end(json);
	wq_json_put_str(json, "severity", wq_str_c(wq_severity_name(p->severity)));
	put_or_null(json, "url", wq_inspect_url_of(g, p));
	put_or_null(json, "target", p->target);
	put_or_null(json, "page", p->page);
	wq_json_put_u64(json, "line", p->line);
	wq_json_put_u64(json, "column", p->column);
	wq_json_put_str(json, "excerpt", p->excerpt);
	wq_json_put_str(json, "advice", lang == WQ_LANG_ZH ? g->advice_zh : g->advice_en);
	wq_json_put_u64(json, "count", p->count);
	wq_json_put_u64(json, "pages", g->pages);
	wq_json_put_hex(json, "id", p->id.bytes, sizeof p->id.bytes);
	wq_json_put_hex(json, "group", g->id.bytes, sizeof g->id.bytes);
	wq_json_object_end(json);
}

wq_err wq_inspect_report_lines(const struct wq_inspect_result *result, enum wq_lang lang, struct wq_buf *out)
{
	for (size_t i = 0; i < result->groups_n; i++)
		for (size_t k = 0; k < result->groups[i].places_n; k++) {
			struct wq_json json;

			wq_json_init(&json, out);
			put_line(&json, &result->groups[i], &result->groups[i].places[k], lang);
			WQ_TRY(wq_json_end(&json));
			wq_buf_byte(out, '\n');
		}
	return wq_buf_err(out);
}

wq_err wq_inspect_result_of(
	struct wq_arena *arena, const struct wq_findings *findings, struct wq_inspect_result *ret_result)
{
	struct wq_inspect_result result = {0};
	struct wq_tally tally;
	wq_err e;

	wq_tally_init(&tally, arena, &wq_random_system);
	e = wq_tally_add_all(&tally, findings);
	if (!wq_failed(e))
		e = wq_tally_result(&tally, &result);
	wq_tally_done(&tally);
	if (!wq_failed(e))
		*ret_result = result;
	return e;
}
