/* The tables of one page: before beside after. */
#include "base/utf8.h"
#include "flow/report_html_priv.h"
#include "flow/review_show.h"

enum { SEGMENT_MAX = 20000, CONTEXT = 2 };

/* ---- escaping ---- */

/* What a reader would not see, or would see turned round. */
static bool is_invisible(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c || cp == 0x180e ||
		(cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f) ||
		cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) || (cp >= 0xe0000 && cp <= 0xe007f);
}

void wq_report_escape(wq_str text, struct wq_buf *out)
{
	while (text.n > 0) {
		uint32_t cp;
		size_t n = wq_utf8_step(text, &cp);

		switch (cp) {
		case '<': wq_buf_add(out, WQ_S("&lt;")); break;
		case '>': wq_buf_add(out, WQ_S("&gt;")); break;
		case '&': wq_buf_add(out, WQ_S("&amp;")); break;
		case '"': wq_buf_add(out, WQ_S("&quot;")); break;
		case '\'': wq_buf_add(out, WQ_S("&#39;")); break;
		case '\t': wq_buf_byte(out, ' '); break;
		case '\n': wq_buf_add(out, WQ_S("↵")); break;
		case WQ_UTF8_BAD: wq_buf_add(out, WQ_S("\xef\xbf\xbd")); break;
		default:
			if (is_invisible(cp))
				wq_buf_printf(out, "[U+%04X]", cp);
			else
				wq_buf_add(out, wq_str_head(text, n));
		}
		text = wq_str_from(text, n);
	}
}

/* ---- one cell ---- */

struct cell {
	struct wq_buf *out;
	bool removed;
};

static void put_segment(void *data, wq_str text, bool marked, size_t left_out)
{
	struct cell *c = data;
	const char *tag = c->removed ? "del" : "ins";

	if (left_out > 0)
		wq_buf_printf(c->out, "<span class=\"cut\">…（略 %zu 字节 left out）…</span>", left_out);
	if (text.n == 0)
		return;
	if (marked)
		wq_buf_printf(c->out, "<%s>", tag);
	wq_report_escape(text, c->out);
	if (marked)
		wq_buf_printf(c->out, "</%s>", tag);
}

static void put_cell(struct wq_buf *out, bool removed, wq_str piece, unsigned flags, const bool *marks)
{
	struct cell cell = {out, removed};

	wq_buf_printf(out, "<td class=\"%s\">", removed ? "w" : "i");
	if (flags & WQ_PIECE_ATTENTION)
		wq_buf_add(out, WQ_S("<span class=\"look\" title=\"请特别注意 look closely\">！</span>"));
	wq_show_segments(piece, marks, SEGMENT_MAX, put_segment, &cell);
	wq_buf_add(out, WQ_S("</td>"));
}

static void put_side(
	struct wq_buf *out, bool removed, const struct wq_pieces *pieces, size_t at, bool there, const bool *marks)
{
	wq_str piece;

	if (!there) {
		wq_buf_add(out, WQ_S("<td></td>"));
		return;
	}
	piece = pieces->items[at];
	put_cell(out, removed, piece, pieces->flags[at], marks);
}

/* ---- tables ---- */

struct table {
	struct wq_arena *arena;
	const uint64_t *secret;
	const struct wq_pieces *was, *is;
	const struct wq_textdiff *diff;
	struct wq_buf *out;
	size_t rows;
};

static void gap(struct table *t, size_t n)
{
	wq_buf_printf(t->out, "<tr><td class=\"gap\" colspan=\"2\">… 相同 %zu 行 unchanged …</td></tr>\n", n);
}

static void context(struct table *t, const struct wq_textdiff_run *run, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++) {
		struct cell cell = {t->out, false};
		wq_str piece = wq_str_trim(t->is->items[run->is + i]);

		for (int side = 0; side < 2; side++) {
			wq_buf_add(t->out, side ? WQ_S("<td class=\"c\">") : WQ_S("<tr><td class=\"c\">"));
			put_segment(&cell, wq_utf8_head(piece, 300), false, 0);
			wq_buf_add(t->out, piece.n > 300 ? WQ_S("…</td>") : WQ_S("</td>"));
		}
		wq_buf_add(t->out, WQ_S("</tr>\n"));
		t->rows++;
	}
}

static void same(struct table *t, const struct wq_textdiff_run *run)
{
	bool first = run->is == 0,
	     last = run->is + run->is_n == t->diff->is.n && run->was + run->was_n == t->diff->was.n;
	size_t before = first ? 0 : WQ_MIN((size_t)CONTEXT, run->is_n),
	       after = last ? 0 : WQ_MIN((size_t)CONTEXT, run->is_n - before);

	context(t, run, 0, before);
	if (run->is_n > before + after)
		gap(t, run->is_n - before - after);
	context(t, run, run->is_n - after, after);
}

static wq_err changed(struct table *t, const struct wq_textdiff_run *run)
{
	struct wq_show_marks m;

	WQ_TRY(wq_show_marks(t->arena, t->secret, t->diff, run, &m));
	for (size_t i = 0; i < WQ_MAX(run->was_n, run->is_n) && t->rows < WQ_REPORT_ROWS_MAX; i++) {
		wq_buf_add(t->out, WQ_S("<tr>"));
		put_side(t->out, true, t->was, run->was + i, i < run->was_n, i < run->was_n ? m.was[i] : NULL);
		put_side(t->out, false, t->is, run->is + i, i < run->is_n, i < run->is_n ? m.is[i] : NULL);
		wq_buf_add(t->out, WQ_S("</tr>\n"));
		t->rows++;
	}
	return WQ_OK;
}

static wq_err put_table(struct table *t, const char *caption, bool code)
{
	const struct wq_textdiff *d = t->diff;
	struct wq_textdiff_run run = {0};

	if (d->was.changed_n + d->is.changed_n == 0)
		return WQ_OK;
	wq_buf_printf(t->out,
		"<table class=\"diff%s\"><caption>%s −%zu +%zu</caption>\n<thead><tr><th scope=\"col\">之前（已封存） "
		"<span lang=\"en\">Before, sealed</span></th><th scope=\"col\">之后（拟发布） <span lang=\"en\">After, "
		"proposed</span></th></tr></thead>\n<tbody>\n",
		code ? " code" : "", caption, d->was.changed_n, d->is.changed_n);
	while (t->rows < WQ_REPORT_ROWS_MAX && wq_textdiff_next(d, &run)) {
		if (run.changed)
			WQ_TRY(changed(t, &run));
		else
			same(t, &run);
	}
	wq_buf_add(t->out, WQ_S("</tbody></table>\n"));
	if (t->rows >= WQ_REPORT_ROWS_MAX)
		wq_buf_add(t->out,
			WQ_S("<p class=\"note\">此表过长，其余未列出。 <span lang=\"en\">The table is too long; the rest is left "
			     "out.</span></p>\n"));
	if (d->too_different)
		wq_buf_printf(t->out,
			"<p class=\"note\">差异过大，未逐行对应：删去 %zu 行，新增 %zu 行。 <span lang=\"en\">Too different to match "
			"lines: %zu removed, %zu added.</span></p>\n",
			d->was.changed_n, d->is.changed_n, d->was.changed_n, d->is.changed_n);
	return wq_buf_err(t->out);
}

wq_err wq_report_text(
	struct wq_arena *arena, const uint64_t secret[2], const struct wq_review_text *text, struct wq_buf *out)
{
	struct table seen = {arena, secret, &text->was.seen, &text->is.seen, &text->seen, out, 0},
		     unseen = {arena, secret, &text->was.unseen, &text->is.unseen, &text->unseen, out, 0},
		     source = {arena, secret, &text->was.source, &text->is.source, &text->source, out, 0};

	WQ_TRY(put_table(&seen, "可见文字 <span lang=\"en\">Visible text</span>", false));
	WQ_TRY(put_table(&unseen,
		"不可见的标记：链接、脚本、属性 <span lang=\"en\">Markup: links, scripts, attributes</span>", true));
	return put_table(&source, "空白与排列 <span lang=\"en\">White space and arrangement</span>", true);
}
