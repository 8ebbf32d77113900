/* `weique release diff`: what a release changes, readable in a terminal or a pager: groups first, then pages. */
#include "base/progress.h"
#include "cli/release_priv.h"
#include "flow/report_html.h"
#include "flow/review_show.h"

#include <unistd.h>

enum {
	JSON_MAX = 512 * 1024 * 1024,
	PAGE_MEMORY = 1024 * 1024 * 1024,
	SEGMENT_MAX = 1000, /* bytes of a changed segment in the terminal */
	RUNS_SHOWN = 200,   /* of one page */
	FINDINGS_MAX = 100000
};

struct diff {
	struct wq_cli *cli;
	const struct wq_cli_args *args;
	struct wq_review *review;
	struct wq_json json;
	struct wq_arena page;
	struct wq_progress meter;
	size_t policy_lines;
};

static const char marks[] = {[WQ_CHANGE_ADDED] = '+', [WQ_CHANGE_CHANGED] = '~', [WQ_CHANGE_GONE] = '-'};

static bool zh(const struct diff *d)
{
	return d->cli->lang == WQ_LANG_ZH;
}

static void colour(const struct diff *d, enum wq_colour c)
{
	fputs(wq_colour(d->cli->colour, c), d->cli->out);
}

static const char *group_name(const struct wq_review_group *group, char out[16])
{
	snprintf(out, 16, "%02x%02x%02x%02x", group->signature.b[0], group->signature.b[1], group->signature.b[2],
		group->signature.b[3]);
	return out;
}

/* ---- one page, for people ---- */

struct line {
	struct diff *d;
	bool removed;
};

/* A line end inside a piece is a sign. */
static void put_outside(const struct diff *d, wq_str text)
{
	while (text.p && text.n > 0) {
		size_t n = text.n;
		wq_str line = wq_str_cut(&text, '\n');

		wq_cli_text(d->cli->out, line);
		if (line.n < n)
			fputs("↵", d->cli->out);
	}
}

static void put_segment(void *data, wq_str text, bool marked, size_t left_out)
{
	struct line *l = data;
	FILE *out = l->d->cli->out;
	bool plain = !l->d->cli->colour;

	if (left_out > 0)
		fprintf(out, zh(l->d) ? "…（略 %zu 字节）…" : "…(%zu bytes left out)…", left_out);
	if (text.n == 0)
		return;
	if (marked && plain)
		fputs(l->removed ? "[-" : "{+", out);
	if (marked)
		colour(l->d, WQ_COLOUR_BOLD);
	if (marked)
		colour(l->d, l->removed ? WQ_COLOUR_RED : WQ_COLOUR_GREEN);
	put_outside(l->d, text);
	if (marked)
		colour(l->d, WQ_COLOUR_NONE);
	if (marked && plain)
		fputs(l->removed ? "-]" : "+}", out);
}

static void put_whole(void *data, wq_str text, bool marked, size_t left_out)
{
	struct line *l = data;

	(void)marked;
	colour(l->d, l->removed ? WQ_COLOUR_RED : WQ_COLOUR_GREEN);
	if (left_out > 0)
		fprintf(l->d->cli->out, zh(l->d) ? "…（略 %zu 字节）" : "…(%zu bytes left out)", left_out);
	put_outside(l->d, text);
	colour(l->d, WQ_COLOUR_NONE);
}

static void put_piece(struct diff *d, bool removed, unsigned flags, wq_str piece, const bool *marked)
{
	struct line line = {d, removed};

	colour(d, flags & WQ_PIECE_ATTENTION ? WQ_COLOUR_YELLOW : WQ_COLOUR_NONE);
	fputs(flags & WQ_PIECE_ATTENTION ? "  ! " : "    ", d->cli->out);
	colour(d, removed ? WQ_COLOUR_RED : WQ_COLOUR_GREEN);
	fputs(removed ? "- " : "+ ", d->cli->out);
	colour(d, WQ_COLOUR_NONE);
	wq_show_segments(piece, marked, SEGMENT_MAX, marked ? put_segment : put_whole, &line);
	fputc('\n', d->cli->out);
}

/* Tags without attributes say little: those that stand together are one line. */
static size_t put_plain(struct diff *d, bool removed, const wq_str *pieces, const uint8_t *flags, size_t n)
{
	size_t done = 0;

	if (!flags || !(flags[0] & WQ_PIECE_PLAIN))
		return 0;
	colour(d, removed ? WQ_COLOUR_RED : WQ_COLOUR_GREEN);
	fputs(removed ? "    -" : "    +", d->cli->out);
	for (; done < n && (flags[done] & WQ_PIECE_PLAIN) && done < 20; done++) {
		fputc(' ', d->cli->out);
		wq_cli_text(d->cli->out, wq_str_head(pieces[done], 40));
	}
	colour(d, WQ_COLOUR_NONE);
	fputc('\n', d->cli->out);
	return done;
}

static void put_side(struct diff *d, bool removed, const struct wq_pieces *pieces, size_t at, size_t n, const bool **m)
{
	for (size_t i = 0; i < n;) {
		const uint8_t *flags = pieces->flags + at + i;
		size_t joined = put_plain(d, removed, pieces->items + at + i, flags, n - i);

		if (joined == 0)
			put_piece(d, removed, *flags, pieces->items[at + i], m[i]);
		i += joined ? joined : 1;
	}
}

static wq_err put_runs(struct diff *d, const char *title, const struct wq_pieces *was, const struct wq_pieces *is,
	const struct wq_textdiff *diff)
{
	struct wq_textdiff_run run = {0};
	size_t shown = 0;

	if (diff->was.changed_n + diff->is.changed_n == 0)
		return WQ_OK;
	fprintf(d->cli->out, "  %s  -%zu +%zu\n", title, diff->was.changed_n, diff->is.changed_n);
	if (diff->too_different) {
		fprintf(d->cli->out,
			zh(d) ? "    差异过大，不逐行对应：删去 %zu 行，新增 %zu 行\n"
			      : "    too different to match lines: %zu lines removed, %zu added\n",
			diff->was.changed_n, diff->is.changed_n);
	}
	while (wq_textdiff_next(diff, &run)) {
		struct wq_show_marks m;

		if (!run.changed)
			continue;
		if (shown++ == RUNS_SHOWN) {
			fputs(zh(d) ? "    …（其余差异请用 --html 查看）\n" : "    … (see the rest with --html)\n",
				d->cli->out);
			break;
		}
		WQ_TRY(wq_show_marks(&d->page, d->review->secret, diff, &run, &m));
		put_side(d, true, was, run.was, run.was_n, m.was);
		put_side(d, false, is, run.is, run.is_n, m.is);
	}
	return WQ_OK;
}

static void put_header(void *data, char sign, wq_str line)
{
	struct diff *d = data;

	colour(d, sign == '-' ? WQ_COLOUR_RED : WQ_COLOUR_GREEN);
	fprintf(d->cli->out, "  ! %c ", sign);
	wq_cli_text(d->cli->out, line);
	colour(d, WQ_COLOUR_NONE);
	fputc('\n', d->cli->out);
}

static void put_response(struct diff *d, const struct wq_change *c)
{
	wq_str was = c->was ? c->was->headers : WQ_S_NONE, is = c->is ? c->is->headers : WQ_S_NONE;

	if (c->was && c->is && c->was->status != c->is->status)
		fprintf(d->cli->out, "  ! %s %u -> %u\n", zh(d) ? "状态" : "status", c->was->status, c->is->status);
	if (c->was && c->is && !wq_str_eq(c->was->type, c->is->type)) {
		fprintf(d->cli->out, "  ! %s ", zh(d) ? "类型" : "type");
		wq_cli_text(d->cli->out, c->was->type);
		fputs(" -> ", d->cli->out);
		wq_cli_text(d->cli->out, c->is->type);
		fputc('\n', d->cli->out);
	}
	wq_show_headers(was, is, put_header, d);
}

static void put_binary(struct diff *d, const struct wq_change *c)
{
	char hex[WQ_DIGEST_HEX];

	for (int is = 0; is < 2; is++) {
		const struct wq_entry *e = is ? c->is : c->was;
		if (e)
			fprintf(d->cli->out, "    %c %llu %s  SM3 %s\n", is ? '+' : '-',
				(unsigned long long)e->identity.length_bytes, zh(d) ? "字节" : "bytes",
				wq_digest_hex(e->identity.digest, hex));
	}
}

static wq_err put_text(struct diff *d, const struct wq_change *c)
{
	struct wq_review_text t;

	WQ_TRY(wq_review_text(d->review, c, &d->page, &t));
	if (!t.text || t.too_large || t.only_bytes) {
		if (t.too_large)
			fputs(zh(d) ? "  内容过大，只比较摘要\n" : "  too large to compare: by digest only\n",
				d->cli->out);
		if (t.only_bytes && c->kind == WQ_CHANGE_CHANGED)
			fputs(zh(d) ? "  文字和标记都没有变化，只是编码后的字节不同\n"
				    : "  text and markup are equal; only the encoded bytes differ\n",
				d->cli->out);
		put_binary(d, c);
		return WQ_OK;
	}
	WQ_TRY(put_runs(d, zh(d) ? "可见文字" : "visible text", &t.was.seen, &t.is.seen, &t.seen));
	WQ_TRY(put_runs(d,
		zh(d) ? "不可见的标记（链接、脚本、属性）" : "markup that is not visible (links, scripts, attributes)",
		&t.was.unseen, &t.is.unseen, &t.unseen));
	return put_runs(
		d, zh(d) ? "空白与排列" : "white space and arrangement", &t.was.source, &t.is.source, &t.source);
}

static wq_err put_page(struct diff *d, size_t number)
{
	const struct wq_review_group *group = &d->review->groups[d->review->changes[number].group];
	struct wq_entry was, is;
	struct wq_change c;
	char name[16];

	wq_arena_reset(&d->page);
	WQ_TRY(wq_review_at(d->review, number, &was, &is, &c));
	colour(d, WQ_COLOUR_BOLD);
	fprintf(d->cli->out, "\n%c %s ", marks[c.kind], wq_change_title(c.kind, d->cli->lang));
	wq_cli_text(d->cli->out, c.key);
	colour(d, WQ_COLOUR_NONE);
	if (group->changes > 1)
		fprintf(d->cli->out, zh(d) ? "  （同一改动 %u 页，%s）" : "  (%u pages, the same change, %s)",
			group->changes, group_name(group, name));
	fputc('\n', d->cli->out);
	put_response(d, &c);
	return put_text(d, &c);
}

/* ---- groups ---- */

static wq_err put_group(struct diff *d, const struct wq_review_group *group)
{
	struct wq_entry was, is;
	struct wq_change c;
	char name[16];

	WQ_TRY(wq_review_at(d->review, group->first, &was, &is, &c));
	fprintf(d->cli->out, "  %s %c ", group_name(group, name), marks[group->kind]);
	colour(d, WQ_COLOUR_BOLD);
	fprintf(d->cli->out, zh(d) ? "同一改动 %u 页" : "the same change in %u pages", group->changes);
	colour(d, WQ_COLOUR_NONE);
	fputs(zh(d) ? "，例如 " : ", for example ", d->cli->out);
	wq_cli_text(d->cli->out, c.key);
	fputc('\n', d->cli->out);
	return WQ_OK;
}

static wq_err put_groups(struct diff *d)
{
	const struct wq_review *r = d->review;
	size_t alone = 0;

	fprintf(d->cli->out,
		zh(d) ? "发布 %.*s（%.*s）：修改 %zu，新增 %zu，消失 %zu；共 %zu 种改动\n"
		      : "release %.*s of %.*s: %zu changed, %zu added, %zu gone; %zu different changes\n",
		WQ_S_ARG(r->release.id), WQ_S_ARG(r->release.said.app), r->counts[WQ_CHANGE_CHANGED],
		r->counts[WQ_CHANGE_ADDED], r->counts[WQ_CHANGE_GONE], r->groups_n);
	if (r->base_gone)
		fprintf(d->cli->out,
			zh(d) ? "  （它所基于的版本 %llu 已不再保留：全部显示为新增）\n"
			      : "  (serial %llu, which it builds on, is no longer kept: all shows as added)\n",
			(unsigned long long)r->release.said.base_serial);
	for (size_t i = 0; i < r->groups_n; i++) {
		if (r->groups[i].changes > 1)
			WQ_TRY(put_group(d, &r->groups[i]));
		else
			alone++;
	}
	if (alone > 0)
		fprintf(d->cli->out, zh(d) ? "  单独的改动 %zu 项\n" : "  %zu changes of their own\n", alone);
	return WQ_OK;
}

static wq_err put_policy_line(void *data, char sign, wq_str text)
{
	struct diff *d = data;

	if (d->policy_lines++ == 0)
		fputs(zh(d) ? "策略变化：\n" : "policy:\n", d->cli->out);
	put_header(d, sign, text);
	return WQ_OK;
}

/* ---- JSON ---- */

static void json_pieces(struct diff *d, const char *name, const wq_str *pieces, size_t n)
{
	wq_json_key(&d->json, wq_str_c(name));
	wq_json_array(&d->json);
	for (size_t i = 0; i < n; i++)
		wq_json_str(&d->json, pieces[i]);
	wq_json_array_end(&d->json);
}

static void json_runs(struct diff *d, const char *name, const struct wq_textdiff *diff)
{
	struct wq_textdiff_run run = {0};

	if (diff->was.changed_n + diff->is.changed_n == 0)
		return;
	wq_json_key(&d->json, wq_str_c(name));
	wq_json_array(&d->json);
	while (wq_textdiff_next(diff, &run)) {
		if (!run.changed)
			continue;
		wq_json_object(&d->json);
		json_pieces(d, "removed", diff->was.pieces + run.was, run.was_n);
		json_pieces(d, "added", diff->is.pieces + run.is, run.is_n);
		wq_json_object_end(&d->json);
	}
	wq_json_array_end(&d->json);
}

static void json_entry(struct diff *d, const char *name, const struct wq_entry *e)
{
	if (!e)
		return;
	wq_json_key(&d->json, wq_str_c(name));
	wq_json_object(&d->json);
	wq_json_put_u64(&d->json, "status", e->status);
	wq_json_put_str(&d->json, "type", e->type);
	wq_json_put_str(&d->json, "headers", e->headers);
	wq_json_put_u64(&d->json, "bytes", e->identity.length_bytes);
	wq_json_put_hex(&d->json, "digest", e->identity.digest.b, WQ_DIGEST_BYTES);
	wq_json_object_end(&d->json);
}

static wq_err json_page(struct diff *d, size_t number)
{
	struct wq_review_text t;
	struct wq_entry was, is;
	struct wq_change c;

	wq_arena_reset(&d->page);
	WQ_TRY(wq_review_at(d->review, number, &was, &is, &c));
	WQ_TRY(wq_review_text(d->review, &c, &d->page, &t));
	wq_json_object(&d->json);
	wq_json_put_str(&d->json, "key", c.key);
	wq_json_put_str(&d->json, "change", wq_str_c(wq_change_name(c.kind)));
	wq_json_put_u64(&d->json, "group", d->review->changes[number].group);
	json_entry(d, "was", c.was);
	json_entry(d, "is", c.is);
	wq_json_put_bool(&d->json, "too_different", t.seen.too_different || t.unseen.too_different);
	json_runs(d, "text", &t.seen);
	json_runs(d, "markup", &t.unseen);
	json_runs(d, "source", &t.source);
	wq_json_object_end(&d->json);
	return WQ_OK;
}

static wq_err json_policy_line(void *data, char sign, wq_str text)
{
	struct diff *d = data;

	wq_json_object(&d->json);
	wq_json_put_str(&d->json, "change", sign == '-' ? WQ_S("removed") : WQ_S("added"));
	wq_json_put_str(&d->json, "line", text);
	wq_json_object_end(&d->json);
	return WQ_OK;
}

static wq_err json_groups(struct diff *d)
{
	const struct wq_review *r = d->review;

	wq_json_key(&d->json, WQ_S("groups"));
	wq_json_array(&d->json);
	for (size_t i = 0; i < r->groups_n; i++) {
		struct wq_entry was, is;
		struct wq_change c;
		char name[16];

		WQ_TRY(wq_review_at(r, r->groups[i].first, &was, &is, &c));
		wq_json_object(&d->json);
		wq_json_put_str(&d->json, "id", wq_str_c(group_name(&r->groups[i], name)));
		wq_json_put_hex(&d->json, "signature", r->groups[i].signature.b, WQ_DIGEST_BYTES);
		wq_json_put_str(&d->json, "change", wq_str_c(wq_change_name(r->groups[i].kind)));
		wq_json_put_u64(&d->json, "pages", r->groups[i].changes);
		wq_json_put_str(&d->json, "first", c.key);
		wq_json_object_end(&d->json);
	}
	wq_json_array_end(&d->json);
	return WQ_OK;
}

/* ---- which pages ---- */

/* "host/path" as it is, or "/path" of any host. */
static bool key_is(wq_str key, wq_str asked)
{
	ptrdiff_t slash = wq_str_chr(key, '/');

	return wq_str_eq(key, asked) ||
		(wq_str_starts(asked, WQ_S("/")) && slash >= 0 && wq_str_eq(wq_str_from(key, (size_t)slash), asked));
}

static bool asked_for(const struct diff *d, wq_str key)
{
	for (size_t i = 1; i < d->args->words_n; i++)
		if (key_is(key, d->args->words[i]))
			return true;
	return false;
}

/* Of each group the first page, unless pages are named or one group is. */
static wq_err visit_pages(struct diff *d, wq_err (*page)(struct diff *d, size_t number), size_t *ret_n)
{
	const struct wq_review *r = d->review;
	wq_str group = wq_cli_value(d->args, "group");
	bool all = wq_cli_has(d->args, "all"), named = d->args->words_n > 1;
	char name[16];

	*ret_n = 0;
	for (size_t i = 0; i < r->changes_n; i++) {
		const struct wq_review_group *g = &r->groups[r->changes[i].group];
		struct wq_entry was, is;
		struct wq_change c;

		WQ_TRY(wq_review_at(r, i, &was, &is, &c));
		if (named                     ? !asked_for(d, c.key)
				: group.n > 0 ? !wq_str_eq(group, wq_str_c(group_name(g, name)))
					      : !all && g->first != i)
			continue;
		WQ_TRY(page(d, i));
		++*ret_n;
	}
	if (*ret_n == 0 && (named || group.n > 0))
		return wq_error(WQ_E_NOT_FOUND, "release %.*s changes nothing like this", WQ_S_ARG(r->release.id));
	return WQ_OK;
}

static wq_err stat_page(struct diff *d, size_t number)
{
	struct wq_review_text t;
	struct wq_entry was, is;
	struct wq_change c;

	wq_arena_reset(&d->page);
	WQ_TRY(wq_review_at(d->review, number, &was, &is, &c));
	WQ_TRY(wq_review_text(d->review, &c, &d->page, &t));
	fprintf(d->cli->out,
		zh(d) ? "  %c %6u 页  文字 +%zu -%zu  标记 +%zu -%zu  "
		      : "  %c %6u pages  text +%zu -%zu  markup +%zu -%zu  ",
		marks[c.kind], d->review->groups[d->review->changes[number].group].changes, t.seen.is.changed_n,
		t.seen.was.changed_n, t.unseen.is.changed_n, t.unseen.was.changed_n);
	wq_cli_text(d->cli->out, c.key);
	fputc('\n', d->cli->out);
	return WQ_OK;
}

/* ---- */

static wq_err print_json(struct diff *d)
{
	WQ_BUF(out, JSON_MAX);
	size_t n;

	wq_json_init(&d->json, &out);
	wq_json_object(&d->json);
	wq_json_put_str(&d->json, "release", d->review->release.id);
	wq_json_put_bool(&d->json, "base_gone", d->review->base_gone);
	for (int kind = 0; kind < 3; kind++)
		wq_json_put_u64(&d->json, wq_change_name((enum wq_change_kind)kind), d->review->counts[kind]);
	wq_json_key(&d->json, WQ_S("policy"));
	wq_json_array(&d->json);
	WQ_TRY(wq_review_policy(d->review, json_policy_line, d));
	wq_json_array_end(&d->json);
	WQ_TRY(json_groups(d));
	if (!wq_cli_has(d->args, "stat")) {
		wq_json_key(&d->json, WQ_S("pages"));
		wq_json_array(&d->json);
		WQ_TRY(visit_pages(d, json_page, &n));
		wq_json_array_end(&d->json);
	}
	wq_json_object_end(&d->json);
	return wq_cli_json(d->cli, &d->json);
}

static wq_err print_text(struct diff *d)
{
	size_t n;

	WQ_TRY(put_groups(d));
	WQ_TRY(wq_review_policy(d->review, put_policy_line, d));
	return visit_pages(d, wq_cli_has(d->args, "stat") ? stat_page : put_page, &n);
}

static wq_err read_findings(struct diff *d, struct wq_report_options *options)
{
	struct wq_finding *findings;
	wq_str *texts;
	size_t n;

	WQ_TRY(wq_release_findings(
		d->review->w->ledger, d->review->release.id, FINDINGS_MAX, &d->cli->arena, &texts, &n));
	findings = WQ_NEW_ARRAY(&d->cli->arena, struct wq_finding, n + 1);
	WQ_TRY(wq_arena_err(&d->cli->arena));
	for (size_t i = 0; i < n; i++)
		WQ_TRY(wq_finding_from_json(&d->cli->arena, texts[i], &findings[i]));
	options->findings = findings;
	options->findings_n = n;
	return WQ_OK;
}

static wq_err write_report(struct diff *d, wq_str file)
{
	struct wq_report_options options = {.now = wq_now(d->cli->clock)};
	WQ_BUF(out, WQ_REPORT_BYTES_MAX);
	char *path = wq_arena_cstr(&d->cli->arena, file);

	if (!path)
		return wq_error(WQ_E_USAGE, "--html is no file name");
	WQ_TRY(read_findings(d, &options));
	WQ_TRY(wq_report_html(d->review, &options, &out));
	WQ_TRY(wq_file_replace(&wq_fs_system, path, wq_buf_str(&out), 0640));
	wq_cli_print(d->cli, "已写入 %s（%zu 字节）\n", "written: %s (%zu bytes)\n", path, out.len);
	return wq_cli_json_ok(d->cli);
}

static wq_err print(struct diff *d)
{
	wq_str file = wq_cli_value(d->args, "html");

	if (file.n > 0)
		return write_report(d, file);
	return d->cli->json ? print_json(d) : print_text(d);
}

static void progress(void *data, size_t changes)
{
	struct diff *d = data;

	wq_progress_add(&d->meter, changes - d->meter.done);
}

static wq_err diff(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct diff d = {.cli = cli, .args = args};
	struct wq_review_options options = {.progress = progress, .data = &d};
	struct wq_release_row release;
	wq_err e;

	WQ_TRY(wq_release_find(w->ledger, args->words[0], &cli->arena, &release));
	wq_progress_init(&d.meter, cli->clock, STDERR_FILENO, cli->lang == WQ_LANG_ZH ? "比较" : "comparing",
		release.said.added + release.said.changed + release.said.gone, cli->json || cli->quiet);
	e = wq_review_open(w, &release, &options, &d.review);
	wq_progress_done(&d.meter);
	WQ_TRY(e);
	wq_arena_init(&d.page, PAGE_MEMORY);
	e = print(&d);
	wq_arena_done(&d.page);
	wq_review_close(&d.review);
	return e;
}

wq_err wq_release_cmd_diff(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, diff);
}

const struct wq_cli_option wq_release_diff_options[] = {
	{"stat", NULL, {"只列数量", "counts only"}, false},
	{"all", NULL, {"每一页都显示，不只每组的代表", "every page, not only one of each group"}, false},
	{"group", "GROUP", {"只显示这一组的每一页", "every page of this group"}, false},
	{"html", "FILE", {"写成一个独立的 HTML 文件", "write one self-contained HTML file"}, false},
	{0},
};
