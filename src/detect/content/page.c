#include "detect/content/content_priv.h"
#include "text/charset.h"
#include "text/utf8.h"

static void add_piece(struct wq_content_page *page, uint64_t source_at, uint64_t source_n)
{
	const struct wq_content_piece piece = {page->text.len, source_at, source_n};
	wq_buf_add(&page->pieces, wq_str_of(&piece, sizeof(piece)));
}

/* Outside of <pre> a line break in the source is a space to the reader. The length does not change. */
static void add_literal(struct wq_content_page *page, struct wq_buf *out, wq_str raw)
{
	size_t from = out->len;
	wq_buf_add(out, raw);
	for (size_t i = from; i < out->len && !page->pre; i++)
		if (out->data[i] == '\n' || out->data[i] == '\r' || out->data[i] == '\f')
			out->data[i] = ' ';
}

static void add_points(struct wq_buf *out, const uint32_t *points, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char bytes[WQ_UTF8_MAX];
		wq_buf_add(out, wq_str_of(bytes, wq_utf8_write(points[i], bytes)));
	}
}

/* Text with its character references; `out` is page->text (then pieces are kept) or another buffer. */
static void add_text(struct wq_content_page *page, struct wq_buf *out, wq_str raw, uint64_t start)
{
	bool mapped = out == &page->text;
	for (size_t at = 0; at < raw.n;) {
		wq_str rest = wq_str_from(raw, at);
		uint32_t points[2];
		size_t n = 0, length = rest.p[0] == '&' ? wq_html_reference(rest, WQ_HTML_IN_TEXT, points, &n) : 0;
		if (length == 0) {
			ptrdiff_t next = wq_str_chr(wq_str_from(rest, 1), '&');
			size_t literal = next < 0 ? rest.n : (size_t)next + 1;
			if (mapped)
				add_piece(page, start + at, literal);
			add_literal(page, out, wq_str_head(rest, literal));
			at += literal;
			continue;
		}
		if (mapped)
			add_piece(page, start + at, length);
		add_points(out, points, n);
		at += length;
	}
}

static void add_break(struct wq_content_page *page, const struct wq_html_token *token)
{
	if (page->text.len && page->text.data[page->text.len - 1] == '\n')
		return;
	add_piece(page, token->start, 0);
	wq_buf_byte(&page->text, '\n');
}

/* Attributes that people or search engines read. */
static wq_err add_attributes(struct wq_content_page *page, const struct wq_html_token *token)
{
	static const wq_str names[] = {WQ_S_INIT("alt"), WQ_S_INIT("title"), WQ_S_INIT("placeholder"),
		WQ_S_INIT("value"), WQ_S_INIT("content")};
	for (size_t i = 0; i < WQ_COUNT(names); i++) {
		const struct wq_html_attr *attr = wq_html_attr_find(token, names[i]);
		if (!attr || attr->value.n == 0)
			continue;
		WQ_TRY(wq_html_decode(attr->value, WQ_HTML_IN_ATTRIBUTE, &page->meta));
		wq_buf_byte(&page->meta, '\n');
	}
	return WQ_OK;
}

wq_err wq_content_page_token(void *data, const struct wq_html_token *token)
{
	struct wq_content_page *page = data;
	if (token->tag == WQ_TAG_PRE && token->kind == WQ_HTML_START)
		page->pre++;
	if (token->tag == WQ_TAG_PRE && token->kind == WQ_HTML_END && page->pre)
		page->pre--;
	switch (wq_html_visible(&page->visible, token)) {
	case WQ_HTML_SEEN: add_text(page, &page->text, token->raw, token->start); break;
	case WQ_HTML_TITLE: add_text(page, &page->title, token->raw, token->start); break;
	case WQ_HTML_BREAK: add_break(page, token); break;
	case WQ_HTML_UNSEEN: break;
	}
	if (token->kind == WQ_HTML_START)
		WQ_TRY(add_attributes(page, token));
	WQ_TRY(wq_buf_err(&page->text));
	WQ_TRY(wq_buf_err(&page->title));
	WQ_TRY(wq_buf_err(&page->meta));
	return wq_buf_err(&page->pieces);
}

void wq_content_page_init(struct wq_content_page *page)
{
	*page = (struct wq_content_page){
		.text = WQ_BUF_INIT(WQ_CONTENT_TEXT_BYTES),
		.title = WQ_BUF_INIT(WQ_CONTENT_TEXT_BYTES),
		.meta = WQ_BUF_INIT(WQ_CONTENT_TEXT_BYTES),
		.pieces = WQ_BUF_INIT(WQ_CONTENT_PIECES * sizeof(struct wq_content_piece)),
	};
}

void wq_content_page_done(struct wq_content_page *page)
{
	wq_buf_done(&page->text);
	wq_buf_done(&page->title);
	wq_buf_done(&page->meta);
	wq_buf_done(&page->pieces);
}

static wq_err check_size(wq_str bytes)
{
	if (bytes.n > WQ_CONTENT_TEXT_BYTES)
		return wq_error(WQ_E_LIMIT, "%zu bytes, more than %d are not examined", bytes.n, WQ_CONTENT_TEXT_BYTES);
	return WQ_OK;
}

wq_err wq_content_page_begin(struct wq_content_page *page, wq_str html)
{
	wq_buf_clear(&page->text);
	wq_buf_clear(&page->title);
	wq_buf_clear(&page->meta);
	wq_buf_clear(&page->pieces);
	page->visible = (struct wq_html_visible){0};
	page->pre = 0;
	return check_size(html);
}

wq_err wq_content_page_end(struct wq_content_page *page, struct wq_arena *arena, const struct wq_content_rules *rules,
	const struct wq_content_words *words, wq_str html, bool converted, const struct wq_place *place,
	struct wq_findings *findings)
{
	/* the buffers come from malloc: aligned for any type */
	const void *pieces = page->pieces.data;
	const struct wq_content_text text = {
		.text = wq_buf_str(&page->text),
		.title = wq_buf_str(&page->title),
		.meta = wq_buf_str(&page->meta),
		.source = html,
		.pieces = pieces,
		.piece_count = page->pieces.len / sizeof(struct wq_content_piece),
		.converted = converted,
		.place = *place,
	};
	return wq_content_check(arena, rules, words, &text, findings);
}

/* A body in UTF-8: what was delivered, or its conversion in `room`. */
struct body {
	wq_str utf8;
	bool converted;
};

static wq_err read_body(wq_str bytes, wq_str http_label, struct wq_buf *room, struct body *ret_body)
{
	WQ_TRY(check_size(bytes));
	return wq_charset_document(bytes, http_label, room, &ret_body->utf8, &ret_body->converted);
}

static wq_err check_page(struct wq_content_page *page, struct wq_arena *arena, const struct wq_content_rules *rules,
	const struct wq_content_words *words, const struct body *body, const struct wq_place *place,
	struct wq_findings *findings)
{
	WQ_TRY(wq_content_page_begin(page, body->utf8));
	WQ_TRY(wq_html_scan(body->utf8, NULL, wq_content_page_token, page));
	return wq_content_page_end(page, arena, rules, words, body->utf8, body->converted, place, findings);
}

wq_err wq_content_page(struct wq_arena *arena, const struct wq_content_rules *rules,
	const struct wq_content_words *words, wq_str html, wq_str http_label, const struct wq_place *place,
	struct wq_findings *findings)
{
	struct wq_content_page page;
	struct body body;
	WQ_BUF(room, WQ_CONTENT_TEXT_BYTES);
	WQ_TRY(read_body(html, http_label, &room, &body));
	wq_content_page_init(&page);
	wq_err err = check_page(&page, arena, rules, words, &body, place, findings);
	wq_content_page_done(&page);
	return err;
}

wq_err wq_content_plain(struct wq_arena *arena, const struct wq_content_rules *rules,
	const struct wq_content_words *words, wq_str bytes, wq_str http_label, const struct wq_place *place,
	struct wq_findings *findings)
{
	struct body body;
	WQ_BUF(room, WQ_CONTENT_TEXT_BYTES);
	WQ_TRY(read_body(bytes, http_label, &room, &body));
	const struct wq_content_text text = {.text = body.utf8, .converted = body.converted, .place = *place};
	return wq_content_check(arena, rules, words, &text, findings);
}
