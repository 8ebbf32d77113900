#include "flow/report_html_priv.h"

#include "base/map.h"
#include "ledger/release.h"
#include "flow/review_show.h"
#include "text/base64.h"

enum { PAGE_MEMORY = 1024 * 1024 * 1024, FINDINGS_LISTED = 500 };

struct report {
	struct wq_review *review;
	const struct wq_report_options *options;
	struct wq_buf *out;
	struct wq_map findings; /* key -> number of its first finding + 1 */
	size_t *next_finding;   /* of the same key: number + 1, 0 ends */
	struct wq_arena page;
	size_t image_bytes;
};

static void put(struct report *r, const char *html)
{
	wq_buf_add(r->out, wq_str_c(html));
}

static void esc(struct report *r, wq_str text)
{
	wq_report_escape(text, r->out);
}

/* ---- pictures ---- */

wq_str wq_report_image(wq_str bytes)
{
	static const struct {
		wq_str magic, type;
	} kinds[] = {{WQ_S_INIT("\x89PNG\r\n\x1a\n"), WQ_S_INIT("image/png")},
		{WQ_S_INIT("\xff\xd8\xff"), WQ_S_INIT("image/jpeg")}, {WQ_S_INIT("GIF87a"), WQ_S_INIT("image/gif")},
		{WQ_S_INIT("GIF89a"), WQ_S_INIT("image/gif")}};

	for (size_t i = 0; i < WQ_COUNT(kinds); i++)
		if (wq_str_starts(bytes, kinds[i].magic))
			return kinds[i].type;
	if (wq_str_starts(bytes, WQ_S("RIFF")) && wq_str_starts(wq_str_from(bytes, 8), WQ_S("WEBP")))
		return WQ_S("image/webp");
	return WQ_S_NONE;
}

static wq_err put_image(struct report *r, const struct wq_change *c, bool is)
{
	const struct wq_entry *e = is ? c->is : c->was;
	WQ_BUF(bytes, WQ_REPORT_IMAGE_MAX);
	wq_str type;

	if (e->identity.length_bytes > WQ_REPORT_IMAGE_MAX ||
		r->image_bytes + e->identity.length_bytes > WQ_REPORT_IMAGES_MAX)
		return WQ_OK;
	WQ_TRY(wq_review_bytes(r->review, c, is, &bytes));
	type = wq_report_image(wq_buf_str(&bytes));
	if (type.n == 0)
		return WQ_OK;
	r->image_bytes += bytes.len;
	wq_buf_printf(r->out, "<img alt=\"%s\" src=\"data:%.*s;base64,", is ? "之后的图片 after" : "之前的图片 before",
		WQ_S_ARG(type));
	wq_base64_encode(wq_buf_str(&bytes), WQ_BASE64_PADDED, r->out);
	put(r, "\">");
	return WQ_OK;
}

static wq_err put_binary(struct report *r, const struct wq_change *c)
{
	char hex[WQ_DIGEST_HEX];

	put(r, "<div class=\"sides\">");
	for (int is = 0; is < 2; is++) {
		const struct wq_entry *e = is ? c->is : c->was;
		put(r,
			is ? "<figure><figcaption>之后 <span lang=\"en\">After</span>"
			   : "<figure><figcaption>之前 <span lang=\"en\">Before</span>");
		if (!e) {
			put(r, "：无 <span lang=\"en\">none</span></figcaption></figure>");
			continue;
		}
		wq_buf_printf(r->out, "：%llu 字节 bytes<br><code>SM3 %s</code></figcaption>",
			(unsigned long long)e->identity.length_bytes, wq_digest_hex(e->identity.digest, hex));
		WQ_TRY(put_image(r, c, is));
		put(r, "</figure>");
	}
	put(r, "</div>\n");
	return wq_buf_err(r->out);
}

/* ---- findings ---- */

static wq_err index_findings(struct report *r)
{
	r->next_finding = calloc(r->options->findings_n + 1, sizeof *r->next_finding);
	if (!r->next_finding)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (size_t i = r->options->findings_n; i > 0; i--) {
		wq_str key = r->options->findings[i - 1].place.key;

		r->next_finding[i - 1] = (size_t)(uintptr_t)wq_map_get(&r->findings, key);
		WQ_TRY(wq_map_put(&r->findings, key, (void *)(uintptr_t)i, NULL));
	}
	return WQ_OK;
}

static void put_finding(struct report *r, const struct wq_finding *f, bool with_key)
{
	const char *severity = wq_severity_name(f->severity);

	wq_buf_printf(r->out, "<li class=\"sev-%s\"><span class=\"sev\">%s <span lang=\"en\">%s</span></span> <code>",
		severity, wq_severity_title(f->severity, WQ_LANG_ZH), severity);
	esc(r, f->rule);
	put(r, "</code> ");
	for (size_t i = 0; i < f->clause_count; i++) {
		put(r, i ? ", " : "条款 <span lang=\"en\">clause</span> ");
		esc(r, f->clauses[i]);
	}
	if (with_key) {
		put(r, "<br><code>");
		esc(r, f->place.key);
		put(r, "</code>");
	}
	if (f->place.line > 0)
		wq_buf_printf(r->out, " 第 %u 行 <span lang=\"en\">line %u</span>", f->place.line, f->place.line);
	put(r, "<br>「");
	esc(r, f->evidence.excerpt);
	put(r, "」<br>");
	esc(r, f->advice_zh);
	put(r, " <span lang=\"en\">");
	esc(r, f->advice_en);
	put(r, "</span></li>\n");
}

static void put_findings_of(struct report *r, wq_str key)
{
	size_t at = (size_t)(uintptr_t)wq_map_get(&r->findings, key);

	if (at == 0)
		return;
	put(r, "<aside aria-label=\"发现 findings\"><ul class=\"findings\">\n");
	for (; at > 0; at = r->next_finding[at - 1])
		put_finding(r, &r->options->findings[at - 1], false);
	put(r, "</ul></aside>\n");
}

static void put_findings(struct report *r)
{
	size_t listed = 0;

	if (r->options->findings_n == 0)
		return;
	put(r, "<section aria-labelledby=\"findings\"><h2 id=\"findings\">发现 <span lang=\"en\">Findings</span></h2>\n<ul class=\"findings\">\n");
	for (int severity = WQ_SEVERITY_COUNT - 1; severity >= 0; severity--)
		for (size_t i = 0; i < r->options->findings_n && listed < FINDINGS_LISTED; i++)
			if (r->options->findings[i].severity == (enum wq_severity)severity) {
				put_finding(r, &r->options->findings[i], true);
				listed++;
			}
	put(r, "</ul>\n");
	if (listed < r->options->findings_n)
		wq_buf_printf(r->out,
			"<p class=\"note\">另有 %zu 项，见 weique release show。 <span lang=\"en\">%zu more: weique release "
			"show.</span></p>\n",
			r->options->findings_n - listed, r->options->findings_n - listed);
	put(r, "</section>\n");
}

/* ---- one page ---- */

static void put_header_line(void *data, char sign, wq_str line)
{
	struct report *r = data;

	wq_buf_printf(r->out, "<tr><th scope=\"row\">头 <span lang=\"en\">header</span></th><td>%s",
		sign == '-' ? "<del>" : "</td><td><ins>");
	esc(r, line);
	put(r, sign == '-' ? "</del></td><td></td></tr>\n" : "</ins></td></tr>\n");
}

static void put_response(struct report *r, const struct wq_change *c)
{
	bool status = c->was && c->is && c->was->status != c->is->status;
	bool type = c->was && c->is && !wq_str_eq(c->was->type, c->is->type);
	wq_str was = c->was ? c->was->headers : WQ_S_NONE, is = c->is ? c->is->headers : WQ_S_NONE;

	if (!status && !type && wq_str_eq(was, is))
		return;
	put(r,
		"<table class=\"list\"><caption>响应 <span lang=\"en\">Response</span></caption><thead><tr><th scope=\"col\"></th>"
		"<th scope=\"col\">之前 Before</th><th scope=\"col\">之后 After</th></tr></thead><tbody>\n");
	if (status)
		wq_buf_printf(r->out,
			"<tr><th scope=\"row\">状态 <span lang=\"en\">status</span></th><td><del>%u</del></td><td><ins>%u</ins></td></tr>\n",
			c->was->status, c->is->status);
	if (type) {
		put(r, "<tr><th scope=\"row\">类型 <span lang=\"en\">type</span></th><td><del>");
		esc(r, c->was->type);
		put(r, "</del></td><td><ins>");
		esc(r, c->is->type);
		put(r, "</ins></td></tr>\n");
	}
	wq_show_headers(was, is, put_header_line, r);
	put(r, "</tbody></table>\n");
}

static wq_err put_content(struct report *r, const struct wq_change *c)
{
	struct wq_review_text t;

	WQ_TRY(wq_review_text(r->review, c, &r->page, &t));
	if (t.too_large)
		put(r, "<p class=\"note\">内容过大，只比较摘要。 <span lang=\"en\">Too large: compared by digest.</span></p>\n");
	if (t.text && t.only_bytes && c->kind == WQ_CHANGE_CHANGED)
		put(r,
			"<p class=\"note\">文字和标记都没有变化，只是编码后的字节不同。 <span lang=\"en\">Text and markup are equal; only the "
			"encoded bytes differ.</span></p>\n");
	if (!t.text || t.too_large || t.only_bytes)
		return put_binary(r, c);
	return wq_report_text(&r->page, r->review->secret, &t, r->out);
}

/* The other pages of a group, by name. */
static wq_err put_others(struct report *r, uint32_t group)
{
	const struct wq_review_group *g = &r->review->groups[group];
	size_t listed = 0;

	if (g->changes < 2)
		return WQ_OK;
	wq_buf_printf(r->out,
		"<details><summary>同一改动的其余 %u 页 <span lang=\"en\">The other %u pages with the same change</span></summary><ul>\n",
		g->changes - 1, g->changes - 1);
	for (size_t i = g->first + 1; i < r->review->changes_n && listed < WQ_REPORT_KEYS_MAX; i++) {
		struct wq_entry was, is;
		struct wq_change c;

		if (r->review->changes[i].group != group)
			continue;
		WQ_TRY(wq_review_at(r->review, i, &was, &is, &c));
		put(r, "<li><code>");
		esc(r, c.key);
		put(r, "</code>");
		put_findings_of(r, c.key);
		put(r, "</li>\n");
		listed++;
	}
	put(r, "</ul>");
	if (listed < g->changes - 1)
		wq_buf_printf(r->out, "<p class=\"note\">另有 %zu 页未列出。 <span lang=\"en\">%zu more.</span></p>",
			g->changes - 1 - listed, g->changes - 1 - listed);
	put(r, "</details>\n");
	return wq_buf_err(r->out);
}

static wq_err put_change(struct report *r, uint32_t group)
{
	const struct wq_review_group *g = &r->review->groups[group];
	struct wq_entry was, is;
	struct wq_change c;

	wq_arena_reset(&r->page);
	WQ_TRY(wq_review_at(r->review, g->first, &was, &is, &c));
	wq_buf_printf(r->out,
		"<article id=\"g%u\" aria-labelledby=\"t%u\"><header><span class=\"kind\">%s %s</span><h3 id=\"t%u\"><code>",
		group, group, wq_change_title(c.kind, WQ_LANG_ZH), wq_change_name(c.kind), group);
	esc(r, c.key);
	put(r, "</code></h3>");
	if (g->changes > 1)
		wq_buf_printf(r->out,
			"<span class=\"together\">同一改动 %u 页 <span lang=\"en\">the same change in %u pages</span></span>",
			g->changes, g->changes);
	put(r, "</header>\n");
	put_findings_of(r, c.key);
	put_response(r, &c);
	WQ_TRY(put_content(r, &c));
	WQ_TRY(put_others(r, group));
	put(r, "</article>\n");
	return wq_buf_err(r->out);
}

static wq_err put_changes(struct report *r)
{
	const struct wq_review *review = r->review;
	uint32_t g = 0;

	put(r, "<section aria-labelledby=\"pages\"><h2 id=\"pages\" tabindex=\"-1\">变更 <span lang=\"en\">Changes</span></h2>\n");
	for (; g < review->groups_n && r->out->len < WQ_REPORT_PAGES_BYTES; g++)
		WQ_TRY(put_change(r, g));
	if (g < review->groups_n) {
		wq_buf_printf(r->out,
			"<p class=\"note\">文件已达大小上限，另有 %zu 种改动未列出；请用 <code>weique release diff %.*s KEY</code> 逐页查看。 "
			"<span lang=\"en\">The file is at its limit; %zu more changes are not in it: see them with this "
			"command.</span></p>\n",
			review->groups_n - g, WQ_S_ARG(review->release.id), review->groups_n - g);
	}
	put(r, "</section>\n");
	return wq_buf_err(r->out);
}

/* ---- policy ---- */

struct policy_lines {
	struct report *r;
	size_t n;
};

static wq_err put_policy_line(void *data, char sign, wq_str text)
{
	struct policy_lines *lines = data;

	if (lines->n++ == 0)
		put(lines->r,
			"<section aria-labelledby=\"policy\"><h2 id=\"policy\">策略变化 <span lang=\"en\">Policy</span></h2>\n<p>网关对路径的"
			"处理、外链提示、网页改写等随此发布一起改变。 <span lang=\"en\">What the gate does with paths, leave-site prompts and "
			"rewriting changes with this release.</span></p>\n<table class=\"diff code\"><tbody>\n");
	put(lines->r, sign == '-' ? "<tr><td class=\"w\"><del>" : "<tr><td class=\"i\"><ins>");
	esc(lines->r, text);
	put(lines->r, sign == '-' ? "</del></td></tr>\n" : "</ins></td></tr>\n");
	return wq_buf_err(lines->r->out);
}

static wq_err put_policy(struct report *r)
{
	struct policy_lines lines = {r, 0};

	WQ_TRY(wq_review_policy(r->review, put_policy_line, &lines));
	if (lines.n > 0)
		put(r, "</tbody></table></section>\n");
	return wq_buf_err(r->out);
}

/* ---- head ---- */

static wq_err put_groups(struct report *r)
{
	const struct wq_review *review = r->review;
	size_t listed = 0;

	put(r,
		"<nav aria-labelledby=\"groups\"><h2 id=\"groups\">同一原因的改动 <span lang=\"en\">Changes with one cause</span></h2>\n"
		"<table class=\"list\"><thead><tr><th scope=\"col\">改动 Change</th><th scope=\"col\" class=\"num\">页数 Pages</th>"
		"<th scope=\"col\">例 Example</th></tr></thead><tbody>\n");
	for (uint32_t i = 0; i < review->groups_n && listed < WQ_REPORT_KEYS_MAX; i++, listed++) {
		struct wq_entry was, is;
		struct wq_change c;

		WQ_TRY(wq_review_at(review, review->groups[i].first, &was, &is, &c));
		wq_buf_printf(r->out,
			"<tr><td>%s <span lang=\"en\">%s</span></td><td class=\"num\">%u</td><td><a href=\"#g%u\">",
			wq_change_title(c.kind, WQ_LANG_ZH), wq_change_name(c.kind), review->groups[i].changes, i);
		esc(r, c.key);
		put(r, "</a></td></tr>\n");
	}
	put(r, "</tbody></table>\n");
	if (listed < review->groups_n)
		wq_buf_printf(r->out, "<p class=\"note\">另有 %zu 种。 <span lang=\"en\">%zu more.</span></p>\n",
			review->groups_n - listed, review->groups_n - listed);
	put(r, "</nav>\n");
	return wq_buf_err(r->out);
}

static void put_count(struct report *r, uint64_t n, const char *label, const char *english)
{
	wq_buf_printf(
		r->out, "<li><b>%llu</b>%s <span lang=\"en\">%s</span></li>", (unsigned long long)n, label, english);
}

static void put_meta(struct report *r, const char *label, wq_str value)
{
	wq_buf_printf(r->out, "<dt>%s</dt><dd>", label);
	esc(r, value);
	put(r, "</dd>\n");
}

static void put_top(struct report *r)
{
	const struct wq_release_row *release = &r->review->release;
	char root[WQ_DIGEST_HEX], created[WQ_TIME_TEXT];

	put(r,
		"<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
		"base-uri 'none'; form-action 'none'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>发布审核材料 ");
	esc(r, release->id);
	put(r, "</title>\n<style>");
	put(r, wq_report_style);
	put(r,
		"</style></head>\n<body><a class=\"skip\" href=\"#pages\">跳到变更 Skip to the changes</a>\n<header class=\"top\"><h1>发布审核材料 "
		"<span lang=\"en\">Review of a release</span></h1>\n<dl class=\"meta\">\n");
	put_meta(r, "发布 <span lang=\"en\">Release</span>", release->id);
	put_meta(r, "应用 <span lang=\"en\">Application</span>", release->said.app);
	put_meta(r, "作者 <span lang=\"en\">Author</span>", release->said.author);
	put_meta(r, "提出时间 <span lang=\"en\">Proposed</span>",
		wq_str_c(wq_time_text(release->said.created, created)));
	put_meta(
		r, "状态 <span lang=\"en\">State</span>", wq_str_c(wq_release_state_title(release->state, WQ_LANG_ZH)));
	wq_buf_printf(r->out, "<dt>所依据的版本 <span lang=\"en\">Builds on serial</span></dt><dd>%llu</dd>\n",
		(unsigned long long)release->said.base_serial);
	wq_buf_printf(r->out, "<dt>内容根 <span lang=\"en\">Body root</span></dt><dd><code>%s</code></dd>\n</dl>\n",
		wq_digest_hex(release->said.body_root, root));
	put(r, "<ul class=\"counts\" aria-label=\"数量 counts\">");
	put_count(r, r->review->counts[WQ_CHANGE_CHANGED], "修改", "changed");
	put_count(r, r->review->counts[WQ_CHANGE_ADDED], "新增", "added");
	put_count(r, r->review->counts[WQ_CHANGE_GONE], "消失", "gone");
	put_count(r, r->review->groups_n, "种不同的改动", "different changes");
	put_count(r, r->options->findings_n, "项发现", "findings");
	put(r, "</ul>\n");
	if (r->review->base_gone)
		put(r,
			"<p class=\"note\">所依据的版本已不再保留：全部显示为新增。 <span lang=\"en\">The version before is no longer kept: all "
			"shows as added.</span></p>\n");
	put(r, "</header>\n<main>\n");
}

static void put_bottom(struct report *r)
{
	char now[WQ_TIME_TEXT];

	wq_buf_printf(r->out,
		"</main>\n<footer><p>由 weique 于 %s 生成；不含脚本，不访问网络。摘要均为 SM3。审核签署的是内容根，不是本文件。</p>"
		"<p lang=\"en\">Made by weique; no script, no network. Digests are SM3. What reviewers sign is the body root, not this "
		"file.</p></footer>\n</body></html>\n",
		wq_time_text(r->options->now, now));
}

static wq_err put_all(struct report *r)
{
	WQ_TRY(index_findings(r));
	put_top(r);
	WQ_TRY(put_policy(r));
	WQ_TRY(put_groups(r));
	put_findings(r);
	WQ_TRY(put_changes(r));
	put_bottom(r);
	return wq_buf_err(r->out);
}

wq_err wq_report_html(struct wq_review *review, const struct wq_report_options *options, struct wq_buf *out)
{
	struct report r = {.review = review, .options = options, .out = out};
	wq_err e;

	wq_arena_init(&r.page, PAGE_MEMORY);
	wq_map_init(&r.findings, options->findings_n + 1, review->w->random);
	e = put_all(&r);
	wq_map_done(&r.findings);
	free(r.next_finding);
	wq_arena_done(&r.page);
	return e;
}
