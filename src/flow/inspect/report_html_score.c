/* The figures of the report: cards, the chart of clauses, the official indicators. */
#include "flow/inspect/report_html_priv.h"
#include "flow/inspect/words.h"

enum { LETTERS = 6, BAR_WIDTH = 460, BAR_HEIGHT = 18, ROW_HEIGHT = 30, LABEL_WIDTH = 190 };

static const char *const letter_titles[LETTERS][2] = {
	{"A 开办、命名、标识", "A opening, naming, mark"},
	{"B 信息发布与维护", "B what is published"},
	{"C 网络与数据安全", "C network and data"},
	{"D 电子邮件", "D mail"},
	{"E 监测与处置", "E watching, responding"},
	{"F 责任与考核", "F answering for it"},
};

/* ---- cards ---- */

static void put_card(struct wq_html_report *r, const char *mood, const char *value, const char *zh, const char *en)
{
	wq_buf_printf(r->out, "<li class=\"%s\"><b>%s</b>%s</li>\n", mood, value, r->zh ? zh : en);
}

static const char *points(int64_t thousandths, char out[24])
{
	int64_t tenths = thousandths / 100, rest = tenths % 10;

	if (rest)
		snprintf(out, 24, "%s%lld.%lld", tenths < 0 ? "-" : "", (long long)(tenths < 0 ? -tenths : tenths) / 10,
			(long long)(rest < 0 ? -rest : rest));
	else
		snprintf(out, 24, "%lld", (long long)tenths / 10);
	return out;
}

static void put_score_card(struct wq_html_report *r)
{
	const struct wq_inspect_score *s = &r->result->score;
	const struct wq_inspect_score_so_far so_far = wq_inspect_score_so_far(s);
	char lost[24], most[24], value[64], zh[160], en[160];

	if (!s->judged)
		return;
	points(so_far.lost, lost);
	points(s->most, most);
	snprintf(value, sizeof value, "−%s", lost);
	snprintf(zh, sizeof zh, "已判定扣分（%zu 项），最高可得 %s 分，%zu 项待人工核实", so_far.determined, most,
		so_far.open);
	snprintf(en, sizeof en, "points so far, of %zu rows; up to %s; %zu rows are for a person", so_far.determined,
		most, so_far.open);
	put_card(r, s->unqualified ? "bad" : s->may_be_unqualified ? "" : "good", value, zh, en);
	put_card(r,
		s->vetoed                  ? "bad"
			: s->may_be_vetoed ? ""
					   : "good",
		s->vetoed                  ? r->zh ? "否决" : "veto"
			: s->may_be_vetoed ? r->zh ? "待定" : "open"
			: r->zh            ? "无"
					   : "none",
		"单项否决", "single veto");
}

void wq_html_summary(struct wq_html_report *r)
{
	const struct wq_inspect_result *result = r->result;
	uint64_t grave = result->by_severity[WQ_SEVERITY_HIGH] + result->by_severity[WQ_SEVERITY_CRITICAL];
	char text[32];

	wq_html_put(r, "<section aria-labelledby=\"summary\"><h2 id=\"summary\">概要</h2>\n<ul class=\"cards\">\n",
		"<section aria-labelledby=\"summary\"><h2 id=\"summary\">Summary</h2>\n<ul class=\"cards\">\n");
	put_score_card(r);
	snprintf(text, sizeof text, "%llu", (unsigned long long)grave);
	put_card(r, grave ? "bad" : "good", text, "高、严重问题", "high or critical");
	snprintf(text, sizeof text, "%zu", result->groups_n);
	put_card(r, "", text, "问题（同类合并）", "findings, alike ones joined");
	snprintf(text, sizeof text, "%llu", (unsigned long long)result->pages);
	put_card(r, "", text, "检查页面", "pages looked at");
	snprintf(text, sizeof text, "%llu", (unsigned long long)result->walk.targets);
	put_card(r, "", text, "检查链接目标", "link targets looked at");
	wq_html_put(r, "</ul>\n", "</ul>\n");
}

/* ---- the chart ---- */

struct counts {
	size_t of[LETTERS][WQ_SEVERITY_COUNT], all[LETTERS], most;
};

static struct counts count(const struct wq_inspect_result *result)
{
	struct counts c = {0};

	for (size_t i = 0; i < result->groups_n; i++) {
		const struct wq_inspect_group *g = &result->groups[i];
		int letter = g->clause_count && g->clauses[0].n ? g->clauses[0].p[0] - 'A' : -1;

		if (letter < 0 || letter >= LETTERS)
			continue;
		c.of[letter][g->severity]++;
		c.all[letter]++;
		c.most = WQ_MAX(c.most, c.all[letter]);
	}
	return c;
}

static void put_bars(struct wq_html_report *r, const struct counts *c, int letter, int y)
{
	size_t before = 0;

	wq_buf_printf(
		r->out, "<text x=\"0\" y=\"%d\" font-size=\"14\">%s</text>", y + 14, letter_titles[letter][!r->zh]);
	for (int s = WQ_SEVERITY_COUNT - 1; s >= 0; s--) {
		size_t from = before * BAR_WIDTH / c->most, to = (before + c->of[letter][s]) * BAR_WIDTH / c->most;

		before += c->of[letter][s];
		if (to > from)
			wq_buf_printf(r->out, "<rect class=\"f-%s\" x=\"%zu\" y=\"%d\" width=\"%zu\" height=\"%d\"/>",
				wq_severity_name((enum wq_severity)s), LABEL_WIDTH + from, y, to - from, BAR_HEIGHT);
	}
	wq_buf_printf(r->out, "<text x=\"%zu\" y=\"%d\" font-size=\"14\">%zu</text>\n",
		LABEL_WIDTH + before * BAR_WIDTH / c->most + 8, y + 14, c->all[letter]);
}

static void put_chart_table(struct wq_html_report *r, const struct counts *c)
{
	wq_html_put(r, "<table><caption>按条款类别和级别</caption><thead><tr><th scope=\"col\">类别</th>",
		"<table><caption>By group of clauses and severity</caption><thead><tr><th scope=\"col\">Group</th>");
	for (int s = WQ_SEVERITY_COUNT - 1; s >= 0; s--) {
		wq_html_put(r, "<th scope=\"col\" class=\"num\">", "<th scope=\"col\" class=\"num\">");
		wq_html_severity(r, (enum wq_severity)s);
		wq_html_put(r, "</th>", "</th>");
	}
	wq_html_put(r, "</tr></thead><tbody>\n", "</tr></thead><tbody>\n");
	for (int letter = 0; letter < LETTERS; letter++) {
		if (c->all[letter] == 0)
			continue;
		wq_buf_printf(r->out, "<tr><th scope=\"row\">%s</th>", letter_titles[letter][!r->zh]);
		for (int s = WQ_SEVERITY_COUNT - 1; s >= 0; s--)
			wq_buf_printf(r->out, "<td class=\"num\">%zu</td>", c->of[letter][s]);
		wq_html_put(r, "</tr>\n", "</tr>\n");
	}
	wq_html_put(r, "</tbody></table>\n", "</tbody></table>\n");
}

void wq_html_chart(struct wq_html_report *r)
{
	struct counts c = count(r->result);
	int rows = 0, y = 0;

	if (c.most == 0)
		return;
	for (int letter = 0; letter < LETTERS; letter++)
		rows += c.all[letter] > 0;
	wq_buf_printf(r->out, "<svg role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %d %d\" width=\"%d\">\n",
		r->zh ? "各类条款的问题数量，数字见下表"
		      : "findings by group of clauses; the table below has the numbers",
		LABEL_WIDTH + BAR_WIDTH + 60, rows * ROW_HEIGHT, LABEL_WIDTH + BAR_WIDTH + 60);
	for (int letter = 0; letter < LETTERS; letter++)
		if (c.all[letter] > 0) {
			put_bars(r, &c, letter, y);
			y += ROW_HEIGHT;
		}
	wq_html_put(r, "</svg>\n", "</svg>\n");
	put_chart_table(r, &c);
}

/* ---- the official indicators ---- */

static void put_points(struct wq_html_report *r, const struct wq_inspect_indicator *i)
{
	char least[24], most[24];
	const char *sign = i->kind == WQ_INDICATOR_DEDUCTION ? "−" : "+";

	if (i->kind == WQ_INDICATOR_VETO || (i->least == 0 && i->most == 0))
		return;
	if (i->least == i->most)
		wq_buf_printf(r->out, "%s%s", sign, points(i->least, least));
	else
		wq_buf_printf(r->out, "%s%s–%s", sign, points(i->least, least), points(i->most, most));
}

static void put_row(struct wq_html_report *r, const struct wq_inspect_indicator *i)
{
	char value[24];

	wq_html_put(r, "<tr><th scope=\"row\"><code>", "<tr><th scope=\"row\"><code>");
	wq_html_esc(r, i->id);
	wq_html_put(r, "</code></th><td>", "</code></th><td>");
	wq_html_esc(r, r->zh ? i->name_zh : i->name_en);
	wq_html_put(r, "<br><span class=\"soft\">", "<br><span class=\"soft\">");
	wq_html_esc(r, i->rule);
	wq_buf_printf(r->out, "</span></td><td class=\"nowrap\">%s</td><td>",
		wq_inspect_indicator_kind_title(i->kind, r->report->lang));
	if (i->known) {
		wq_html_esc(r, r->zh ? i->measure_zh : i->measure_en);
		wq_buf_printf(r->out, " %s", points(i->value, value));
	} else {
		wq_html_put(r, "未知", "not known");
	}
	wq_buf_printf(r->out, "</td><td class=\"verdict v-%s\">%s</td><td class=\"num\">",
		wq_indicator_verdict_name(i->verdict), wq_indicator_verdict_title(i->verdict, r->report->lang));
	put_points(r, i);
	wq_html_put(r, "</td></tr>\n", "</td></tr>\n");
}

void wq_html_score(struct wq_html_report *r)
{
	const struct wq_inspect_score *s = &r->result->score;
	char least[24], most[24];

	if (!s->judged)
		return;
	wq_html_put(r,
		"<section aria-labelledby=\"score\"><h2 id=\"score\">检查指标</h2>\n<p>按《政府网站与政务新媒体检查指标》计算，",
		"<section aria-labelledby=\"score\"><h2 id=\"score\">Official indicators</h2>\n<p>Computed as the inspectors do; ");
	wq_html_put(r, "规则版本 ", "data version ");
	wq_html_esc(r, s->version);
	wq_html_put(r, "。未能自动判定的项目由人工核查。", ". What no program can tell is for a person.");
	if (s->points_missing)
		wq_html_put(r, "部分扣分项的分值未公布，未计入。", " Points that nobody published are not counted.");
	wq_html_put(r,
		"</p>\n<table><thead><tr><th scope=\"col\">编号</th><th scope=\"col\">指标</th><th scope=\"col\">类型</th><th scope=\"col\">测得</th>"
		"<th scope=\"col\">判定</th><th scope=\"col\" class=\"num\">分值</th></tr></thead><tbody>\n",
		"</p>\n<table><thead><tr><th scope=\"col\">ID</th><th scope=\"col\">Indicator</th><th scope=\"col\">Kind</th><th "
		"scope=\"col\">Measured</th><th scope=\"col\">Verdict</th><th scope=\"col\" class=\"num\">Points</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < s->rows_n; i++)
		put_row(r, &s->rows[i]);
	wq_html_put(r, "</tbody></table>\n<p class=\"soft\">", "</tbody></table>\n<p class=\"soft\">");
	wq_buf_printf(r->out,
		r->zh ? "得分区间 %s–%s：待人工核实的项目全部扣分、全部不扣分时的得分。"
		      : "The score lies in %s–%s: when every row that is for a person loses all, or nothing.",
		points(s->least, least), points(s->most, most));
	wq_html_put(r, "</p></section>\n", "</p></section>\n");
}
