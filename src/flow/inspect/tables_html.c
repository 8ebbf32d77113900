/* Sheets for people: ruled tables as they are known on paper, each on pages of A4 of its own. */
#include "flow/inspect/tables.h"

#include "flow/report_html.h"

struct page {
	struct wq_buf *out;
	bool zh;
};

static const char style[] =
	":root{color-scheme:light}*{box-sizing:border-box}"
	"body{margin:0;background:#e9ecef;color:#000;line-height:1.5;font-size:15px;overflow-wrap:anywhere;"
	"font-family:\"Noto Serif CJK SC\",\"Source Han Serif SC\",SimSun,\"Songti SC\",\"Noto Sans CJK SC\",serif}"
	"main{max-width:54rem;margin:1.5rem auto}"
	".sheet{background:#fff;padding:2.2rem 2.4rem;margin:0 0 1.5rem}"
	"h1{font-family:\"Noto Sans CJK SC\",SimHei,\"Heiti SC\",\"Microsoft YaHei\",sans-serif;font-size:1.5rem;text-align:center;margin:0 0 1rem;"
	"letter-spacing:.06em}"
	".head{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.2rem 2rem;margin:0 0 .5rem}.head span{max-width:100%}"
	"table{border-collapse:collapse;width:100%;table-layout:fixed;border:2px solid #000}"
	"th,td{border:1px solid #000;padding:.34rem .55rem;text-align:left;vertical-align:top;font-weight:400}"
	"thead th,.part th{font-family:\"Noto Sans CJK SC\",SimHei,\"Microsoft YaHei\",sans-serif;font-weight:700}"
	"thead th{text-align:center;background:#f1f1f1}.part th{background:#f7f7f7}"
	".c1{width:30%}.c2{width:36%}.why{font-size:.84rem}"
	".todo{display:inline-block;border:1px dashed #444;padding:0 .45em;font-size:.84rem}.room{display:block;min-height:1.2em}"
	".bad{display:inline-block;border:2px solid #8c1010;color:#8c1010;font-weight:700;padding:0 .4em;font-size:.84rem}"
	".mark{font-size:.72rem;vertical-align:super}.box{white-space:nowrap;margin-right:1em}"
	".sign{display:flex;flex-wrap:wrap;gap:1.6rem 1rem;margin:1.8rem 0 .8rem}.sign span{flex:1 1 28%;white-space:nowrap}"
	".sign i{display:inline-block;min-width:6.5em;border-bottom:1px solid #000}"
	".foot{font-size:.8rem;margin:.5rem 0 0}"
	"@page{size:A4;margin:15mm 14mm 16mm}"
	"@media print{body{background:none;font-size:10.5pt}main{max-width:none;margin:0}.sheet{padding:0;margin:0;break-after:page}"
	".sheet:last-child{break-after:auto}tr,.sign,.foot{break-inside:avoid}.part{break-after:avoid}thead{display:table-header-group}"
	"thead th,.part th{-webkit-print-color-adjust:exact;print-color-adjust:exact}}";

static void put(struct page *p, const char *html)
{
	wq_buf_add(p->out, wq_str_c(html));
}

static void say(struct page *p, const char *zh, const char *en)
{
	put(p, p->zh ? zh : en);
}

static void esc(struct page *p, wq_str text)
{
	wq_report_escape(text, p->out);
}

static wq_str words(const struct page *p, const struct wq_table_words *w)
{
	return p->zh ? w->zh : w->en;
}

/* ---- cells ---- */

/* Boxes; the one that is the value is ticked, and whether one was is returned. */
static bool put_choices(struct page *p, const struct wq_table_cell *cell)
{
	wq_str rest = words(p, &cell->field->choices);
	bool ticked = false;

	while (rest.p) {
		wq_str choice = wq_str_trim(wq_str_cut(&rest, '/'));
		bool is = wq_str_eq(choice, cell->value);

		ticked |= is;
		put(p, is ? "<span class=\"box\">☑ " : "<span class=\"box\">□ ");
		esc(p, choice);
		put(p, "</span> ");
	}
	return ticked;
}

static void put_value(struct page *p, const struct wq_table_cell *cell)
{
	bool shown = cell->field->choices.zh.n > 0 && put_choices(p, cell);

	if (cell->value.n == 0 && cell->field->choices.zh.n == 0)
		put(p, "<span class=\"room\"></span>");
	else if (!shown)
		esc(p, cell->value);
}

static void put_why(struct page *p, const struct wq_table_cell *cell)
{
	if (cell->value.n == 0)
		say(p, "<span class=\"todo\">待填</span> ", "<span class=\"todo\">to fill in</span> ");
	esc(p, cell->whence);
	if (cell->remark.n == 0)
		return;
	put(p, "<br>");
	if (cell->state == WQ_TABLE_CONFLICT)
		say(p, "<span class=\"bad\">须核对</span> ", "<span class=\"bad\">conflict</span> ");
	esc(p, cell->remark);
}

static void put_row(struct page *p, const struct wq_table_cell *cell)
{
	put(p, "<tr><th scope=\"row\">");
	esc(p, words(p, &cell->field->title));
	wq_buf_printf(p->out, "&nbsp;<span class=\"mark\">%c</span></th><td>", cell->field->mark);
	put_value(p, cell);
	put(p, "</td><td class=\"why\">");
	put_why(p, cell);
	put(p, "</td></tr>\n");
}

/* ---- sheets ---- */

static void put_head(struct page *p, const struct wq_table_sheet *sheet)
{
	put(p, "<section class=\"sheet\">\n<h1>");
	esc(p, words(p, &sheet->form->title));
	say(p, "</h1>\n<div class=\"head\"><span>填报对象：", "</h1>\n<div class=\"head\"><span>For: ");
	esc(p, sheet->subject);
	say(p, "</span><span>统计期间：", "</span><span>Period: ");
	esc(p, sheet->from);
	say(p, " 至 ", " to ");
	esc(p, sheet->until);
	wq_buf_printf(p->out,
		p->zh ? "</span><span>已填 %zu 项，待填 %zu 项，须核对 %zu 项</span></div>\n"
		      : "</span><span>%zu filled in, %zu blank, %zu in conflict</span></div>\n",
		sheet->filled, sheet->blank, sheet->conflicts);
}

static void put_part(struct page *p, const struct wq_table_sheet *sheet, size_t at)
{
	static const char *const numerals[] = {"一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一",
		"十二", "十三", "十四", "十五", "十六"};
	const struct wq_table_section *section = &sheet->form->sections[at];

	put(p, "<tr class=\"part\"><th colspan=\"3\" scope=\"rowgroup\">");
	if (p->zh && at < WQ_COUNT(numerals))
		wq_buf_printf(p->out, "%s、", numerals[at]);
	else
		wq_buf_printf(p->out, "%zu. ", at + 1);
	esc(p, words(p, &section->title));
	put(p, "</th></tr>\n");
	for (size_t i = 0; i < section->n; i++)
		put_row(p, &sheet->cells[section->first + i]);
}

static void put_signs(struct page *p, const struct wq_table_form *form)
{
	put(p, "<div class=\"sign\">");
	for (size_t i = 0; i < form->signs_n; i++) {
		put(p, "<span>");
		esc(p, words(p, &form->signs[i]));
		say(p, "：<i></i></span>", ": <i></i></span>");
	}
	put(p, "</div>\n");
}

static void put_foot(struct page *p, const struct wq_table_form *form)
{
	if (form->note.zh.n) {
		put(p, "<p class=\"foot\">");
		esc(p, words(p, &form->note));
		put(p, "</p>\n");
	}
	say(p, "<p class=\"foot\">项目后的字母为表式依据的确定程度：S 原文所载，V 公开文本所见，M 一般了解、未经核实；以主管部门下发的表式为准。表式来源：",
		"<p class=\"foot\">The letter behind an item says how sure the form is: S stands in the source document, V read in public text, M general "
		"knowledge, not confirmed. The form that the authority hands out counts. Source of the form: ");
	esc(p, form->source);
	say(p, "。版本 ", ". Version ");
	esc(p, form->version);
	say(p, "，", ", ");
	esc(p, form->date);
	say(p, "。</p>\n</section>\n", ".</p>\n</section>\n");
}

static void put_sheet(struct page *p, const struct wq_table_sheet *sheet)
{
	put_head(p, sheet);
	say(p,
		"<table><thead><tr><th class=\"c1\" scope=\"col\">项目</th><th class=\"c2\" scope=\"col\">内容</th><th scope=\"col\">来源与说明</th></tr></thead>"
		"<tbody>\n",
		"<table><thead><tr><th class=\"c1\" scope=\"col\">Item</th><th class=\"c2\" scope=\"col\">Content</th><th scope=\"col\">Whence, remarks</th></tr>"
		"</thead><tbody>\n");
	for (size_t i = 0; i < sheet->form->sections_n; i++)
		put_part(p, sheet, i);
	put(p, "</tbody></table>\n");
	put_signs(p, sheet->form);
	put_foot(p, sheet->form);
}

wq_err wq_tables_html(const struct wq_table_sheet *sheets, size_t n, enum wq_lang lang, struct wq_buf *out)
{
	struct page p = {out, lang == WQ_LANG_ZH};

	wq_buf_printf(out,
		"<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
		"form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n<title>%s ",
		p.zh ? "zh-CN" : "en", p.zh ? "自查表与年度报表" : "Self-checks and yearly tables");
	esc(&p, n ? sheets[0].subject : WQ_S_NONE);
	put(&p, "</title>\n<style>");
	put(&p, style);
	put(&p, "</style>\n</head>\n<body>\n<main>\n");
	for (size_t i = 0; i < n; i++)
		put_sheet(&p, &sheets[i]);
	put(&p, "</main>\n</body>\n</html>\n");
	return wq_buf_err(out);
}
