/* A region for programs, spreadsheet programs and paper. */
#include "base/json.h"
#include "flow/inspect/report.h"
#include "flow/inspect/words.h"
#include "flow/report_html.h"
#include "flow/watch/region.h"

/* ---- JSON ---- */

static void put_site(struct wq_json *json, const struct wq_region_site *s, size_t rank)
{
	wq_json_object(json);
	wq_json_put_u64(json, "rank", rank);
	wq_json_put_str(json, "peer", s->peer);
	wq_json_put_str(json, "unit", s->unit);
	wq_json_put_str(json, "app", s->app);
	wq_json_put_str(json, "site", s->site);
	wq_json_put_time(json, "began", s->began);
	wq_json_put_str(json, "grade", wq_str_c(wq_region_grade_name(s->grade)));
	wq_json_put_bool(json, "unreachable", s->unreachable);
	wq_json_put_bool(json, "vetoed", s->vetoed);
	wq_json_put_i64(json, "least_thousandths", s->least);
	wq_json_put_i64(json, "most_thousandths", s->most);
	for (int i = 0; i < WQ_SEVERITY_COUNT; i++)
		wq_json_put_u64(json, wq_severity_name((enum wq_severity)i), s->by_severity[i]);
	wq_json_key(json, WQ_S("worst"));
	wq_json_array(json);
	for (size_t i = 0; i < s->worst_n; i++)
		wq_json_str(json, s->worst[i]);
	wq_json_array_end(json);
	if (s->compared) {
		wq_json_put_u64(json, "new", s->new_n);
		wq_json_put_u64(json, "gone", s->gone_n);
	}
	if (s->uptime) {
		wq_json_put_str(json, "now", wq_str_c(wq_uptime_now_name(s->uptime->now)));
		wq_json_put_u64(json, "visits", s->uptime->week.visits);
		wq_json_put_u64(json, "failed", s->uptime->week.failed);
	}
	wq_json_object_end(json);
}

wq_err wq_region_json(const struct wq_region *region, struct wq_buf *out)
{
	struct wq_json json;

	wq_json_init(&json, out);
	wq_json_object(&json);
	wq_json_put_time(&json, "time", region->now);
	for (int i = 0; i < WQ_REGION_GRADES; i++)
		wq_json_put_u64(&json, wq_region_grade_name((enum wq_region_grade)i), region->by_grade[i]);
	wq_json_put_u64(&json, "unreadable", region->unreadable);
	wq_json_key(&json, WQ_S("sites"));
	wq_json_array(&json);
	for (size_t i = 0; i < region->sites_n; i++)
		put_site(&json, &region->sites[i], i + 1);
	wq_json_array_end(&json);
	wq_json_key(&json, WQ_S("clauses"));
	wq_json_array(&json);
	for (size_t i = 0; i < region->clauses_n; i++) {
		wq_json_object(&json);
		wq_json_put_str(&json, "clause", region->clauses[i].id);
		wq_json_put_u64(&json, "sites", region->clauses[i].sites);
		wq_json_put_u64(&json, "findings", region->clauses[i].groups);
		wq_json_object_end(&json);
	}
	wq_json_array_end(&json);
	wq_json_object_end(&json);
	return wq_json_end(&json);
}

/* ---- CSV (RFC 4180) ---- */

wq_err wq_region_csv(const struct wq_region *region, enum wq_lang lang, struct wq_buf *out)
{
	char time[32];

	wq_buf_add(out, WQ_S("\xEF\xBB\xBF"));
	wq_buf_add(out,
		lang == WQ_LANG_ZH
			? WQ_S("来源,单位,应用,网站,检查时间,评定,最低分,最高分,严重,高,中,低,新增,消失,突出问题,近7日访问,失败\r\n")
			: WQ_S("from,unit,application,site,inspected,grade,least,most,critical,high,medium,low,new,gone,worst,visits of the week,failed\r\n"));
	for (size_t i = 0; i < region->sites_n; i++) {
		const struct wq_region_site *s = &region->sites[i];

		wq_inspect_csv_cell(out, s->peer, false);
		wq_inspect_csv_cell(out, s->unit, false);
		wq_inspect_csv_cell(out, s->app, false);
		wq_inspect_csv_cell(out, s->site, false);
		wq_inspect_csv_cell(out, wq_str_c(wq_inspect_time(s->began, time)), false);
		wq_inspect_csv_cell(out, wq_str_c(wq_region_grade_title(s->grade, lang)), false);
		wq_buf_printf(out, "%lld.%03lld,%lld.%03lld,", (long long)s->least / 1000, (long long)s->least % 1000,
			(long long)s->most / 1000, (long long)s->most % 1000);
		for (int k = WQ_SEVERITY_CRITICAL; k >= WQ_SEVERITY_LOW; k--)
			wq_buf_printf(out, "%zu,", s->by_severity[k]);
		if (s->compared)
			wq_buf_printf(out, "%zu,%zu,\"", s->new_n, s->gone_n);
		else
			wq_buf_add(out, WQ_S(",,\""));
		for (size_t k = 0; k < s->worst_n; k++)
			wq_buf_printf(out, "%s%.*s", k ? " " : "", WQ_S_ARG(wq_inspect_rule_title(s->worst[k], lang)));
		wq_buf_add(out, WQ_S("\","));
		if (s->uptime)
			wq_buf_printf(out, "%llu,%llu", (unsigned long long)s->uptime->week.visits,
				(unsigned long long)s->uptime->week.failed);
		else
			wq_buf_byte(out, ',');
		wq_buf_add(out, WQ_S("\r\n"));
	}
	return wq_buf_err(out);
}

/* ---- HTML ---- */

struct page {
	struct wq_buf *out;
	bool zh;
	enum wq_lang lang;
};

static void put(const struct page *p, const char *zh, const char *en)
{
	wq_buf_add(p->out, wq_str_c(p->zh ? zh : en));
}

static void cell(const struct page *p, wq_str text)
{
	wq_buf_add(p->out, WQ_S("<td>"));
	wq_report_escape(text, p->out);
	wq_buf_add(p->out, WQ_S("</td>"));
}

static void put_head(const struct page *p, const struct wq_region *r)
{
	size_t all = r->sites_n;
	char time[32];

	wq_buf_printf(p->out,
		"<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
		"form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n<style>",
		p->zh ? "zh-CN" : "en", p->zh ? "网站检查情况通报" : "Inspection of sites");
	wq_buf_add(p->out, wq_str_c(wq_inspect_style));
	wq_buf_add(p->out,
		WQ_S("@page{size:A4 landscape}.g-qualified{color:#1c5431}.g-unqualified{color:var(--high)}"
		     ".g-qualified,.g-unqualified,.g-open{font-weight:600;white-space:nowrap}</style>\n</head>\n<body>\n"));
	put(p, "<header><p class=\"doc\">网站检查</p>\n<h1>网站检查情况通报</h1>\n<p>",
		"<header><p class=\"doc\">SITES</p>\n<h1>Inspection of sites</h1>\n<p>");
	wq_buf_printf(p->out, "%s (UTC+8)</p></header>\n<main>\n<ul class=\"cards\">\n", wq_inspect_time(r->now, time));
	wq_buf_printf(p->out, "<li><b>%zu</b>%s</li>\n", all, p->zh ? "检查网站" : "sites");
	for (int i = 0; i < WQ_REGION_GRADES; i++)
		wq_buf_printf(p->out, "<li class=\"%s\"><b>%zu</b>%s</li>\n",
			i == 0           ? "good"
				: i == 2 ? "bad"
					 : "",
			r->by_grade[i], wq_region_grade_title((enum wq_region_grade)i, p->lang));
	if (all)
		wq_buf_printf(p->out, "<li><b>%zu.%zu %%</b>%s</li>\n",
			r->by_grade[WQ_REGION_QUALIFIED] * 1000 / all / 10,
			r->by_grade[WQ_REGION_QUALIFIED] * 1000 / all % 10, p->zh ? "合格率" : "qualified");
	wq_buf_add(p->out, WQ_S("</ul>\n"));
	put(p, "<p class=\"soft\">合格：无单项否决（也无待人工确认的否决项）且最低得分不低于及格线；不合格：有单项否决，或最高得分低于及格线；其余为待定，不计入合格。</p>\n",
		"<p class=\"soft\">Qualified: no veto holds or may hold, and the least score reaches the pass mark. Unqualified: a veto holds, or the most is below it. The rest is open and not counted as qualified.</p>\n");
	if (r->unreadable)
		wq_buf_printf(p->out, "<p class=\"note\">%zu %s</p>\n", r->unreadable,
			p->zh ? "份记录无法读取，未计入" : "records could not be read and are left out");
}

static void put_uptime(const struct page *p, const struct wq_uptime *u)
{
	if (!u) {
		put(p, "<td class=\"soft\">未监测</td>", "<td class=\"soft\">not visited</td>");
		return;
	}
	wq_buf_printf(p->out, "<td>%s<br>%llu/%llu</td>", wq_uptime_now_title(u->now, p->lang),
		(unsigned long long)u->week.failed, (unsigned long long)u->week.visits);
}

static void put_row(const struct page *p, const struct wq_region_site *s, size_t rank, wq_time now)
{
	wq_time days = (now - s->began) / WQ_DAY;

	wq_buf_printf(p->out, "<tr><td class=\"num\">%zu</td><td>", rank);
	wq_report_escape(s->unit.n ? s->unit : s->app, p->out);
	if (s->peer.n) {
		wq_buf_add(p->out, WQ_S("<br><span class=\"soft\">"));
		wq_report_escape(s->peer, p->out);
		wq_buf_add(p->out, WQ_S("</span>"));
	}
	wq_buf_add(p->out, WQ_S("</td>"));
	cell(p, s->site);
	wq_buf_printf(p->out, "<td class=\"g-%s\">%s%s</td>", wq_region_grade_name(s->grade),
		wq_region_grade_title(s->grade, p->lang),
		s->vetoed                ? p->zh ? "<br>单项否决" : "<br>veto"
			: s->unreachable ? p->zh ? "<br>打不开" : "<br>does not open"
					 : "");
	if (s->judged)
		wq_buf_printf(p->out, "<td class=\"num\">%lld.%lld–%lld.%lld</td>", (long long)s->least / 1000,
			(long long)s->least % 1000 / 100, (long long)s->most / 1000, (long long)s->most % 1000 / 100);
	else
		wq_buf_add(p->out, WQ_S("<td class=\"num\">–</td>"));
	for (int i = WQ_SEVERITY_CRITICAL; i >= WQ_SEVERITY_LOW; i--)
		wq_buf_printf(p->out, "<td class=\"num\">%zu</td>", s->by_severity[i]);
	if (s->compared)
		wq_buf_printf(p->out, "<td class=\"num\">+%zu −%zu</td>", s->new_n, s->gone_n);
	else
		wq_buf_add(p->out, WQ_S("<td class=\"num\">–</td>"));
	wq_buf_add(p->out, WQ_S("<td>"));
	for (size_t i = 0; i < s->worst_n; i++) {
		if (i)
			wq_buf_add(p->out, WQ_S("<br>"));
		wq_report_escape(wq_inspect_rule_title(s->worst[i], p->lang), p->out);
	}
	wq_buf_add(p->out, WQ_S("</td>"));
	put_uptime(p, s->uptime);
	wq_buf_printf(p->out, "<td class=\"num\">%lld</td></tr>\n", (long long)days);
}

static void put_clauses(const struct page *p, const struct wq_region *r)
{
	put(p, "<h2>按条款汇总</h2>\n<table><thead><tr><th>条款</th><th class=\"num\">涉及网站</th><th class=\"num\">问题</th></tr></thead><tbody>\n",
		"<h2>By clause</h2>\n<table><thead><tr><th>Clause</th><th class=\"num\">Sites</th><th class=\"num\">Findings</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < r->clauses_n; i++) {
		wq_buf_add(p->out, WQ_S("<tr>"));
		cell(p, r->clauses[i].id);
		wq_buf_printf(p->out, "<td class=\"num\">%zu</td><td class=\"num\">%zu</td></tr>\n",
			r->clauses[i].sites, r->clauses[i].groups);
	}
	wq_buf_add(p->out, WQ_S("</tbody></table>\n"));
}

wq_err wq_region_html(const struct wq_region *region, enum wq_lang lang, struct wq_buf *out)
{
	const struct page p = {out, lang == WQ_LANG_ZH, lang};

	put_head(&p, region);
	put(&p,
		"<h2>排名</h2>\n<table><thead><tr><th class=\"num\">名次</th><th>单位</th><th>网站</th><th>评定</th><th class=\"num\">得分</th>"
		"<th class=\"num\">严重</th><th class=\"num\">高</th><th class=\"num\">中</th><th class=\"num\">低</th><th class=\"num\">较上次</th>"
		"<th>突出问题</th><th>可用性（近 7 日失败/访问）</th><th class=\"num\">距检查天数</th></tr></thead><tbody>\n",
		"<h2>Ranking</h2>\n<table><thead><tr><th class=\"num\">Rank</th><th>Unit</th><th>Site</th><th>Grade</th><th class=\"num\">Score</th>"
		"<th class=\"num\">Critical</th><th class=\"num\">High</th><th class=\"num\">Medium</th><th class=\"num\">Low</th><th class=\"num\">Change</th>"
		"<th>Worst</th><th>Availability (7 days: failed/visits)</th><th class=\"num\">Days since</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < region->sites_n; i++)
		put_row(&p, &region->sites[i], i + 1, region->now);
	wq_buf_add(out, WQ_S("</tbody></table>\n"));
	put_clauses(&p, region);
	put(&p, "</main>\n<footer>由 weique inspect region 生成；标为“待定”的须人工确认。</footer>\n</body>\n</html>\n",
		"</main>\n<footer>Made by weique inspect region; what is open is for a person to decide.</footer>\n</body>\n</html>\n");
	return wq_buf_err(out);
}
