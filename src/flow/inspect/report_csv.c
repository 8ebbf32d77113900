#include "flow/inspect/report.h"

#include "flow/inspect/words.h"

/* What a spreadsheet program takes for a formula at the start of a cell gets an apostrophe (OWASP "CSV Injection"). */
void wq_inspect_csv_cell(struct wq_buf *out, wq_str text, bool last)
{
	bool formula = text.n > 0 && strchr("=+-@\t\r", text.p[0]);

	wq_buf_byte(out, '"');
	if (formula)
		wq_buf_byte(out, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			wq_buf_byte(out, '"');
		wq_buf_byte(out, (uint8_t)text.p[i]);
	}
	wq_buf_add(out, last ? WQ_S("\"\r\n") : WQ_S("\","));
}

static void put_number(struct wq_buf *out, uint64_t n)
{
	wq_buf_printf(out, "%llu,", (unsigned long long)n);
}

static void put_row(
	struct wq_buf *out, const struct wq_inspect_group *g, const struct wq_inspect_place *p, enum wq_lang lang)
{
	WQ_BUF(clauses, WQ_KIB);

	for (size_t i = 0; i < g->clause_count; i++) {
		wq_buf_add(&clauses, i ? WQ_S(" ") : WQ_S_NONE);
		wq_buf_add(&clauses, g->clauses[i]);
	}
	wq_inspect_csv_cell(out, wq_str_c(wq_severity_title(p->severity, lang)), false);
	wq_inspect_csv_cell(out, g->rule, false);
	wq_inspect_csv_cell(out, wq_inspect_rule_title(g->rule, lang), false);
	wq_inspect_csv_cell(out, wq_buf_str(&clauses), false);
	wq_inspect_csv_cell(out, wq_inspect_url_of(g, p), false);
	wq_inspect_csv_cell(out, p->page, false);
	wq_inspect_csv_cell(out, p->target, false);
	put_number(out, p->line);
	put_number(out, p->column);
	wq_inspect_csv_cell(out, p->excerpt, false);
	put_number(out, p->count);
	put_number(out, g->pages);
	wq_inspect_csv_cell(out, lang == WQ_LANG_ZH ? g->advice_zh : g->advice_en, true);
}

wq_err wq_inspect_report_csv(const struct wq_inspect_result *result, enum wq_lang lang, struct wq_buf *out)
{
	wq_buf_add(out, WQ_S("\xef\xbb\xbf"));
	wq_buf_add(out,
		lang == WQ_LANG_ZH
			? WQ_S("级别,规则,名称,条款,地址,所在页面,指向,行,列,证据,次数,页数,整改建议\r\n")
			: WQ_S("severity,rule,title,clauses,url,page,target,line,column,excerpt,count,pages,advice\r\n"));
	for (size_t i = 0; i < result->groups_n; i++) {
		const struct wq_inspect_group *g = &result->groups[i];
		const struct wq_inspect_place none = {.severity = g->severity, .excerpt = g->subject};

		if (g->places_n == 0)
			put_row(out, g, &none, lang);
		for (size_t k = 0; k < g->places_n; k++)
			put_row(out, g, &g->places[k], lang);
	}
	return wq_buf_err(out);
}
