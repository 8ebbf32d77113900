#include "detect/likeness/clone_test.h"

#include <iconv.h>

#include "base/file.h"
#include "text/html.h"

struct maker {
	enum clone_kind kind;
	struct wq_buf *out;
	struct wq_html_visible visible;
	size_t words, blocks, dropped;
	enum wq_html_tag dropping;
};

static const char *const names[CLONE_KINDS] = {
	"host", "numbers", "added", "removed", "template", "minified", "charset", "synonyms", "text"};

const char *clone_name(enum clone_kind kind)
{
	return names[kind];
}

static bool letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static void words(struct maker *m, wq_str raw)
{
	for (size_t i = 0; i < raw.n;) {
		size_t n = 0;
		while (i + n < raw.n && letter(raw.p[i + n]))
			n++;
		bool reference = i > 0 && raw.p[i - 1] == '&';
		if (n > 2 && !reference && ++m->words % 12 == 0)
			wq_buf_add(m->out, WQ_S("otherwise"));
		else
			wq_buf_add(m->out, wq_str_of(raw.p + i, n ? n : 1));
		i += n ? n : 1;
	}
}

static void squeezed(struct maker *m, wq_str raw)
{
	for (size_t i = 0; i < raw.n; i++)
		if (!wq_html_is_space(raw.p[i]))
			wq_buf_byte(m->out, (uint8_t)raw.p[i]);
		else if (i == 0 || !wq_html_is_space(raw.p[i - 1]))
			wq_buf_byte(m->out, ' ');
}

static void other_numbers(struct maker *m, wq_str raw)
{
	for (size_t i = 0; i < raw.n; i++)
		wq_buf_byte(m->out,
			(uint8_t)(raw.p[i] >= '0' && raw.p[i] <= '9' ? '0' + (raw.p[i] - '0' + 3) % 10 : raw.p[i]));
}

static void bare_tag(struct maker *m, const struct wq_html_token *token)
{
	wq_buf_add(m->out, token->kind == WQ_HTML_END ? WQ_S("</") : WQ_S("<"));
	wq_buf_add(m->out, token->name);
	for (size_t i = 0; i < token->attrs_n; i++)
		if (wq_str_eq(token->attrs[i].name, WQ_S("href")))
			wq_buf_add(m->out, WQ_S(" href=\"https://yunshan-gov.example/index\""));
	wq_buf_byte(m->out, '>');
}

static bool drops(struct maker *m, const struct wq_html_token *token)
{
	bool block = token->tag == WQ_TAG_P || token->tag == WQ_TAG_TR || token->tag == WQ_TAG_LI;

	if (m->dropping == WQ_TAG_NONE && token->kind == WQ_HTML_START && block && ++m->blocks % 5 == 0)
		m->dropping = token->tag;
	if (m->dropping == WQ_TAG_NONE)
		return false;
	m->dropped++;
	if (token->kind == WQ_HTML_END && (token->tag == m->dropping || m->dropped > 40)) {
		m->dropping = WQ_TAG_NONE;
		m->dropped = 0;
	}
	return true;
}

static wq_err each(void *data, const struct wq_html_token *token)
{
	struct maker *m = data;
	enum wq_html_sight sight = wq_html_visible(&m->visible, token);
	bool tag = token->kind == WQ_HTML_START || token->kind == WQ_HTML_END, text = token->kind == WQ_HTML_TEXT;

	if (m->kind == CLONE_REMOVED && drops(m, token))
		return WQ_OK;
	if (m->kind == CLONE_TEMPLATE || m->kind == CLONE_TEXT) {
		if (sight == WQ_HTML_SEEN)
			wq_buf_add(m->out, token->raw);
		else if (sight == WQ_HTML_BREAK)
			wq_buf_add(m->out, m->kind == CLONE_TEXT ? WQ_S("<br>") : WQ_S("<div class=q>"));
		return wq_buf_err(m->out);
	}
	if (m->kind == CLONE_MINIFIED && token->kind == WQ_HTML_COMMENT)
		return WQ_OK;
	if (tag && (m->kind == CLONE_MINIFIED || m->kind == CLONE_HOST))
		bare_tag(m, token);
	else if (text && sight == WQ_HTML_SEEN && m->kind == CLONE_SYNONYMS)
		words(m, token->raw);
	else if (text && sight == WQ_HTML_SEEN && m->kind == CLONE_MINIFIED)
		squeezed(m, token->raw);
	else if (text && sight == WQ_HTML_SEEN && m->kind == CLONE_NUMBERS)
		other_numbers(m, token->raw);
	else
		wq_buf_add(m->out, token->raw);
	return wq_buf_err(m->out);
}

static void of_page(enum clone_kind kind, wq_str page, struct wq_buf *out)
{
	struct maker m = {.kind = kind, .out = out};
	WQ_IGNORE(wq_html_scan(page, NULL, each, &m));
}

static void gb18030(wq_str page, struct wq_buf *out)
{
	iconv_t to = iconv_open("GB18030", "UTF-8");
	char *in = (char *)(uintptr_t)page.p;
	size_t left = page.n, room = page.n * 2 + 16, before = room;
	char *at = wq_buf_reserve(out, room);

	if (to == (iconv_t)-1 || !at)
		abort();
	iconv(to, &in, &left, &at, &room);
	wq_buf_commit(out, before - room);
	iconv_close(to);
}

wq_str clone_make(enum clone_kind kind, wq_str page, wq_str other, struct wq_buf *out)
{
	WQ_BUF(lent, 64 * WQ_MIB);

	if (kind == CLONE_CHARSET) {
		gb18030(page, out);
		return WQ_S("gb18030");
	}
	if (kind == CLONE_ADDED) {
		of_page(CLONE_TEXT, other, &lent);
		wq_buf_add(out, wq_str_head(wq_buf_str(&lent), page.n / 10));
		wq_buf_add(out, page);
		return WQ_S("utf-8");
	}
	if (kind == CLONE_TEMPLATE) {
		wq_buf_add(out, WQ_S("<html><head><title>New</title></head><body><nav><ul>"));
		for (int i = 0; i < 40; i++)
			wq_buf_printf(out, "<li><a href=/c%d>Column of matter %c%c</a>", i, 'a' + i % 26, 'a' + i % 7);
		wq_buf_add(out, WQ_S("</ul></nav><section>"));
	}
	of_page(kind, page, out);
	return WQ_S("utf-8");
}

static void below(const char *dir, size_t bytes_min, unsigned depth,
	void (*page)(void *data, const char *path, wq_str bytes), void *data)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_dir_entry *entries;
	char path[4096];
	size_t n;

	wq_arena_init(&arena, 64 * WQ_MIB);
	if (depth > 12 || wq_failed(wq_dir_list(&arena, dir, 1000000, &entries, &n)))
		return;
	for (size_t i = 0; i < n; i++) {
		WQ_BUF(bytes, 16 * WQ_MIB);
		snprintf(path, sizeof path, "%s/%s", dir, entries[i].name);
		if (entries[i].type == 4)
			below(path, bytes_min, depth + 1, page, data);
		else if (wq_str_ends(wq_str_c(path), WQ_S(".html")) &&
			!wq_failed(wq_file_read(&wq_fs_system, path, &bytes)) && bytes.len >= bytes_min)
			page(data, path, wq_buf_str(&bytes));
	}
}

void clone_pages(
	const char *dir, size_t bytes_min, void (*page)(void *data, const char *path, wq_str bytes), void *data)
{
	below(dir, bytes_min, 0, page, data);
}
