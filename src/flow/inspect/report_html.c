#include "flow/inspect/report_html_priv.h"

#include "flow/inspect/words.h"
#include "flow/report_html.h"
#include "text/base64.h"

enum { MEMORY = 64 * 1024 * 1024, CHANGES_LISTED = 300 };

void wq_html_put(struct wq_html_report *r, const char *zh, const char *en)
{
	wq_buf_add(r->out, wq_str_c(r->zh ? zh : en));
}

void wq_html_esc(struct wq_html_report *r, wq_str text)
{
	wq_report_escape(text, r->out);
}

void wq_html_severity(struct wq_html_report *r, enum wq_severity severity)
{
	wq_buf_printf(r->out, "<span class=\"sev s-%s\">%s</span>", wq_severity_name(severity),
		wq_severity_title(severity, r->report->lang));
}

static void put(struct wq_html_report *r, const char *html)
{
	wq_buf_add(r->out, wq_str_c(html));
}

/* ---- head ---- */

static void put_meta(struct wq_html_report *r, const char *zh, const char *en, wq_str value)
{
	if (value.n == 0)
		return;
	wq_buf_printf(r->out, "<dt>%s</dt><dd>", r->zh ? zh : en);
	wq_html_esc(r, value);
	put(r, "</dd>\n");
}

static void put_subject(struct wq_html_report *r)
{
	const struct wq_inspect_result *result = r->result;
	const struct wq_subject *s = &result->subject;
	char began[32], ended[32];
	WQ_BUF(checks, WQ_KIB);

	put(r, "<dl class=\"meta\">\n");
	put_meta(r, "单位", "Unit", s->name);
	wq_buf_printf(r->out, "<dt>%s</dt><dd>%s <span class=\"soft\">(%s)</span></dd>\n",
		r->zh ? "单位性质" : "Kind of unit", wq_subject_kind_title(s->kind, r->report->lang),
		wq_inspect_why_title(result->why, r->report->lang));
	for (size_t i = 0; i < result->starts_n; i++)
		put_meta(r, "检查地址", "Address", result->starts[i]);
	wq_buf_printf(r->out, "<dt>%s</dt><dd>%s — %s (UTC+8)</dd>\n", r->zh ? "检查时间" : "Time",
		wq_inspect_time(result->began, began), wq_inspect_time(result->ended, ended));
	wq_inspect_checks_text(result->checks, &checks);
	put_meta(r, "检查项目", "Checks", wq_buf_str(&checks));
	put(r, "</dl>\n");
}

static void put_top(struct wq_html_report *r)
{
	wq_buf_printf(r->out,
		"<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
		"form-action 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>%s ",
		r->zh ? "zh-CN" : "en", r->zh ? "网站检查报告" : "Site inspection report");
	wq_html_esc(r, r->result->site);
	put(r, "</title>\n<style>");
	put(r, wq_inspect_style);
	put(r, "</style>\n</head>\n<body>\n");
	wq_html_put(r,
		"<a class=\"skip\" href=\"#findings\">跳到问题清单</a>\n<header><p class=\"doc\">网站检查报告</p>\n<h1>",
		"<a class=\"skip\" href=\"#findings\">Skip to the findings</a>\n<header><p class=\"doc\">SITE INSPECTION REPORT</p>\n<h1>");
	wq_html_esc(r, r->result->site);
	put(r, "</h1>\n");
	put_subject(r);
	put(r, "</header>\n<main>\n");
}

/* ---- what stands in the way of trusting the numbers ---- */

static void put_notes(struct wq_html_report *r)
{
	const struct wq_inspect_result *result = r->result;

	if (result->unreachable) {
		wq_html_put(r, "<p class=\"note\">网站无法打开：", "<p class=\"note\">The site cannot be opened: ");
		wq_html_esc(r, result->unreachable_why);
		put(r, "</p>\n");
	}
	if (result->interrupted)
		wq_html_put(r, "<p class=\"note\">检查被中断：以下只是已检查部分的结果。</p>\n",
			"<p class=\"note\">The inspection was interrupted: these are the results of the part that was looked at.</p>\n");
	if (result->walk.limited) {
		wq_html_put(r, "<p class=\"note\">达到限额，未检查全部内容：",
			"<p class=\"note\">A limit was reached, not everything was looked at: ");
		wq_html_esc(r, wq_str_c(result->walk.limited_by));
		put(r, "</p>\n");
	}
	put(r, "</section>\n");
}

/* ---- changes ---- */

static void put_change_row(struct wq_html_report *r, const struct wq_inspect_group *g, const char *zh, const char *en)
{
	wq_buf_printf(r->out, "<tr><td class=\"nowrap\">%s</td><td>", r->zh ? zh : en);
	wq_html_severity(r, g->severity);
	put(r, "</td><td>");
	wq_html_esc(r, wq_inspect_rule_title(g->rule, r->report->lang));
	put(r, "</td><td>");
	wq_html_esc(r, wq_str_head(g->subject, 300));
	wq_buf_printf(r->out, "</td><td class=\"num\">%llu</td></tr>\n", (unsigned long long)g->pages);
}

static void put_change_rows(struct wq_html_report *r, const struct wq_inspect_changes *c)
{
	size_t listed = 0;

	wq_html_put(r,
		"<table><thead><tr><th scope=\"col\">变化</th><th scope=\"col\">级别</th><th scope=\"col\">问题</th><th scope=\"col\">对象</th><th "
		"scope=\"col\" class=\"num\">页数</th></tr></thead><tbody>\n",
		"<table><thead><tr><th scope=\"col\">Change</th><th scope=\"col\">Severity</th><th scope=\"col\">Finding</th><th "
		"scope=\"col\">Subject</th><th scope=\"col\" class=\"num\">Pages</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < r->result->groups_n && listed < CHANGES_LISTED; i++)
		if (c->is_new[i]) {
			put_change_row(r, &r->result->groups[i], "新增", "new");
			listed++;
		}
	for (size_t i = 0; i < c->gone_n && listed < CHANGES_LISTED; i++, listed++)
		put_change_row(r, c->gone[i], c->comparable ? "消失" : "未再见到", c->comparable ? "gone" : "not seen");
	put(r, "</tbody></table>\n");
	if (listed < c->new_n + c->gone_n)
		wq_buf_printf(r->out,
			r->zh ? "<p class=\"soft\">另有 %zu 项未列出。</p>\n" : "<p class=\"soft\">%zu more.</p>\n",
			c->new_n + c->gone_n - listed);
}

static void put_changes(struct wq_html_report *r)
{
	const struct wq_inspect_changes *c = r->report->changes;
	char since[32];

	if (!c)
		return;
	wq_buf_printf(r->out, "<section aria-labelledby=\"changes\"><h2 id=\"changes\">%s</h2>\n<p>",
		r->zh ? "与上次相比" : "Since last time");
	wq_buf_printf(r->out,
		r->zh ? "上次检查：%s（UTC+8）。新增 %zu，消失 %zu，仍在 %zu。"
		      : "Last looked at: %s (UTC+8). New %zu, gone %zu, still there %zu.",
		wq_inspect_time(c->since, since), c->new_n, c->gone_n, c->still_n);
	if (!c->comparable)
		wq_html_put(r, "本次检查范围小于上次，未再见到的问题不等于已整改。",
			" This look was narrower than the last one: what was not seen again is not thereby mended.");
	put(r, "</p>\n");
	if (c->new_n + c->gone_n > 0)
		put_change_rows(r, c);
	put(r, "</section>\n");
}

/* ---- findings ---- */

static void put_clauses(struct wq_html_report *r, const struct wq_inspect_group *g)
{
	wq_html_put(r, "<p class=\"soft\">条款：", "<p class=\"soft\">Clauses: ");
	for (size_t i = 0; i < g->clause_count; i++) {
		const struct wq_clause *clause = r->report->clauses ? wq_clauses_find(r->report->clauses, g->clauses[i])
								    : NULL;

		put(r, i ? "; " : "");
		wq_html_esc(r, g->clauses[i]);
		if (clause) {
			put(r, " (");
			wq_html_esc(r, wq_clause_cite(&r->arena, clause, r->report->lang));
			put(r, ")");
		}
	}
	put(r, " · <code>");
	wq_html_esc(r, g->rule);
	put(r, "</code></p>\n");
}

static void put_place(struct wq_html_report *r, const struct wq_inspect_group *g, const struct wq_inspect_place *p)
{
	put(r, "<li><code>");
	wq_html_esc(r, p->page);
	put(r, "</code>");
	if (p->line > 0)
		wq_buf_printf(r->out, r->zh ? " 第 %u 行" : " line %u", p->line);
	if (p->target.n > 0 && !wq_str_eq(p->target, g->subject) && !wq_str_eq(p->target, p->page)) {
		put(r, " → <code>");
		wq_html_esc(r, p->target);
		put(r, "</code>");
	}
	if (p->excerpt.n > 0 && !wq_str_eq(p->excerpt, g->subject) && !wq_str_eq(p->excerpt, p->target)) {
		wq_html_put(r, "：「", ": “");
		wq_html_esc(r, p->excerpt);
		wq_html_put(r, "」", "”");
	}
	put(r, "</li>\n");
}

static wq_str advice_of(const struct wq_html_report *r, const struct wq_inspect_group *g)
{
	return r->zh ? g->advice_zh : g->advice_en;
}

static void put_advice(struct wq_html_report *r, wq_str advice)
{
	if (advice.n == 0)
		return;
	wq_html_put(r, "<p class=\"advice\"><b>整改</b>", "<p class=\"advice\"><b>Remedy</b>");
	wq_html_esc(r, advice);
	put(r, "</p>\n");
}

/* `first` of its rule: its advice stands above. */
static void put_group(struct wq_html_report *r, const struct wq_inspect_group *g, const struct wq_inspect_group *first)
{
	bool is_new = r->report->changes && r->report->changes->is_new[g - r->result->groups];
	size_t n = WQ_MIN(g->places_n, (size_t)WQ_INSPECT_HTML_PLACES);

	put(r, "<div class=\"group\"><p>");
	if (is_new)
		wq_html_put(r, "<span class=\"new\">新增</span> ", "<span class=\"new\">new</span> ");
	wq_html_esc(r, wq_str_head(g->subject, 1000));
	if (g->pages > 1)
		wq_buf_printf(r->out,
			r->zh ? " <span class=\"soft\">（%llu 页）</span>"
			      : " <span class=\"soft\">(on %llu pages)</span>",
			(unsigned long long)g->pages);
	put(r, "</p>\n");
	if (!wq_str_eq(advice_of(r, g), advice_of(r, first)))
		put_advice(r, advice_of(r, g));
	put(r, "<ul class=\"places\">\n");
	for (size_t i = 0; i < n; i++)
		put_place(r, g, &g->places[i]);
	if (n < g->pages)
		wq_buf_printf(r->out,
			r->zh ? "<li class=\"soft\">另有 %llu 页，见 JSON 或 CSV 报告</li>\n"
			      : "<li class=\"soft\">%llu more pages: see the JSON or CSV report</li>\n",
			(unsigned long long)(g->pages - n));
	put(r, "</ul></div>\n");
}

/* All groups of one rule and severity: they stand together. Returns how many. */
static size_t put_rule(struct wq_html_report *r, size_t first, size_t number)
{
	const struct wq_inspect_result *result = r->result;
	const struct wq_inspect_group *g = &result->groups[first];
	size_t n = 1;

	while (first + n < result->groups_n && result->groups[first + n].severity == g->severity &&
		wq_str_eq(result->groups[first + n].rule, g->rule))
		n++;
	wq_buf_printf(r->out, "<article class=\"g-%s\" aria-labelledby=\"r%zu\"><header>",
		wq_severity_name(g->severity), number);
	wq_html_severity(r, g->severity);
	wq_buf_printf(r->out, "<h3 id=\"r%zu\">", number);
	wq_html_esc(r, wq_inspect_rule_title(g->rule, r->report->lang));
	wq_buf_printf(r->out,
		r->zh ? "</h3><span class=\"soft\">%zu 项</span></header>\n"
		      : "</h3><span class=\"soft\">%zu</span></header>\n",
		n);
	put_clauses(r, g);
	put_advice(r, advice_of(r, g));
	for (size_t i = first; i < first + n && i < WQ_INSPECT_HTML_GROUPS; i++)
		put_group(r, &result->groups[i], g);
	put(r, "</article>\n");
	return n;
}

static void put_findings(struct wq_html_report *r)
{
	size_t number = 0;

	wq_html_put(r, "<section aria-labelledby=\"findings\"><h2 id=\"findings\" tabindex=\"-1\">问题清单</h2>\n",
		"<section aria-labelledby=\"findings\"><h2 id=\"findings\" tabindex=\"-1\">Findings</h2>\n");
	if (r->result->groups_n == 0)
		wq_html_put(r, "<p>没有发现问题。</p>\n", "<p>Nothing was found.</p>\n");
	for (size_t i = 0; i < r->result->groups_n && i < WQ_INSPECT_HTML_GROUPS;)
		i += put_rule(r, i, number++);
	if (r->result->groups_n > WQ_INSPECT_HTML_GROUPS)
		wq_buf_printf(r->out,
			r->zh ? "<p class=\"note\">另有 %zu 项未列出，见 JSON 或 CSV 报告。</p>\n"
			      : "<p class=\"note\">%zu more are left out here: see the JSON or CSV report.</p>\n",
			r->result->groups_n - WQ_INSPECT_HTML_GROUPS);
	put(r, "</section>\n");
}

/* ---- how complete the look was ---- */

static void put_figure(struct wq_html_report *r, const char *zh, const char *en, uint64_t n)
{
	wq_buf_printf(r->out, "<tr><th scope=\"row\">%s</th><td class=\"num\">%llu</td></tr>\n", r->zh ? zh : en,
		(unsigned long long)n);
}

static void put_coverage(struct wq_html_report *r)
{
	const struct wq_inspect_result *result = r->result;
	const struct wq_site_stats *w = &result->walk;

	wq_html_put(r, "<section aria-labelledby=\"coverage\"><h2 id=\"coverage\">检查范围</h2>\n<table><tbody>\n",
		"<section aria-labelledby=\"coverage\"><h2 id=\"coverage\">How complete the look was</h2>\n<table><tbody>\n");
	put_figure(r, "检查页面", "pages looked at", result->pages);
	put_figure(r, "检查脚本", "scripts looked at", result->scripts);
	put_figure(r, "未能检查的页面", "pages that could not be examined", result->unexamined);
	put_figure(r, "已知地址", "addresses known", w->known);
	put_figure(r, "尚未访问的地址", "addresses not visited yet", w->waiting);
	put_figure(r, "robots.txt 排除的地址", "addresses kept away by robots.txt", w->robots_kept_away);
	put_figure(r, "链接", "links", w->links);
	put_figure(r, "链接目标", "link targets", w->targets);
	put_figure(r, "下载字节", "bytes", w->bytes);
	put_figure(r, "用时（毫秒）", "milliseconds", result->msec);
	if (result->dropped > 0)
		put_figure(
			r, "只计数、未逐一列出的问题位置", "places that are counted but not listed", result->dropped);
	put(r, "</tbody></table></section>\n");
}

/* ---- what a browser showed ---- */

static void put_pictures(struct wq_html_report *r)
{
	const struct wq_inspect_result *result = r->result;

	if (result->pictures_n == 0)
		return;
	wq_html_put(r, "<section aria-labelledby=\"pictures\"><h2 id=\"pictures\">首页截图</h2>\n",
		"<section aria-labelledby=\"pictures\"><h2 id=\"pictures\">Home pages as rendered</h2>\n");
	for (size_t i = 0; i < result->pictures_n; i++) {
		put(r, "<figure><figcaption><code>");
		wq_html_esc(r, result->pictures[i].url);
		put(r, "</code></figcaption><img class=\"shot\" alt=\"\" src=\"data:image/png;base64,");
		wq_base64_encode(result->pictures[i].png, WQ_BASE64_PADDED, r->out);
		put(r, "\"></figure>\n");
	}
	put(r, "</section>\n");
}

static void put_bottom(struct wq_html_report *r)
{
	wq_html_put(r,
		"</main>\n<footer><p>由魏阙生成。报告中的地址有意不做成链接：其中可能有恶意网站。自动检查不代替人工审查，也不代替等级测评和密码应用安全性评估。</p></footer>\n</body>\n</html>\n",
		"</main>\n<footer><p>Made by Weique. Addresses are no links on purpose: some may be hostile. A program's look replaces neither a "
		"person's nor the assessments of classified protection and of cryptography.</p></footer>\n</body>\n</html>\n");
}

wq_err wq_inspect_report_html(const struct wq_inspect_report *report, struct wq_buf *out)
{
	struct wq_html_report r = {
		.report = report, .result = report->result, .out = out, .zh = report->lang == WQ_LANG_ZH};
	wq_err e;

	wq_arena_init(&r.arena, MEMORY);
	put_top(&r);
	wq_html_summary(&r);
	put_notes(&r);
	put_changes(&r);
	wq_html_put(&r, "<section aria-labelledby=\"chart\"><h2 id=\"chart\">分布</h2>\n",
		"<section aria-labelledby=\"chart\"><h2 id=\"chart\">Distribution</h2>\n");
	wq_html_chart(&r);
	put(&r, "</section>\n");
	wq_html_score(&r);
	put_findings(&r);
	wq_html_network(&r);
	put_pictures(&r);
	put_coverage(&r);
	put_bottom(&r);
	e = wq_arena_err(&r.arena);
	wq_arena_done(&r.arena);
	return wq_failed(e) ? e : wq_buf_err(out);
}
