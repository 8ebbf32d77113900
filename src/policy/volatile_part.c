#include "policy/volatile_priv.h"

struct parts {
	wq_str page;
	const struct wq_window *window;
	struct wq_buf *out;
	/* text that is collected until a tag comes */
	size_t text_at, text_n;
	enum wq_part_kind text_kind;
	bool text_field;
};

static wq_err add(struct parts *p, struct wq_part part, size_t at, size_t n)
{
	struct wq_part *row;

	if (at + n < p->window->prefix || at + p->window->suffix > p->page.n)
		return WQ_OK;
	row = wq_buf_reserve(p->out, sizeof *row);
	if (!row)
		return wq_buf_err(p->out);
	part.at = at;
	part.text = wq_str_head(wq_str_from(p->page, at), n);
	*row = part;
	wq_buf_commit(p->out, sizeof *row);
	return WQ_OK;
}

static wq_err add_fixed(struct parts *p, size_t at, size_t end)
{
	return add(p, (struct wq_part){.kind = WQ_PART_FIXED}, at, end - at);
}

/* ---- attributes ---- */

static bool is_one_of(
	const struct wq_html_attr *attr, enum wq_html_encoding encoding, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (wq_html_name_eq(attr->name, wq_str_c(names[i]), encoding))
			return true;
	return false;
}

static enum wq_part_kind kind_of(const struct wq_html_attr *attr, enum wq_html_encoding encoding)
{
	static const char *const urls[] = {"href", "src", "action", "formaction", "data", "poster", "background",
		"srcset", "data-src", "data-original", "cite", "xlink:href", "longdesc"};
	static const char *const codes[] = {"style", "srcdoc"};

	if (is_one_of(attr, encoding, urls, WQ_COUNT(urls)))
		return WQ_PART_URL;
	if (is_one_of(attr, encoding, codes, WQ_COUNT(codes)) || wq_str_starts_nocase(attr->name, WQ_S("on")))
		return WQ_PART_CODE;
	return WQ_PART_VALUE;
}

static bool is_field(const struct wq_html_token *t)
{
	return t->tag == WQ_TAG_INPUT || t->tag == WQ_TAG_BUTTON || t->tag == WQ_TAG_OPTION;
}

static bool loads(const struct wq_html_token *t)
{
	return t->tag == WQ_TAG_SCRIPT || t->tag == WQ_TAG_IFRAME || t->tag == WQ_TAG_FRAME ||
		t->tag == WQ_TAG_OBJECT || t->tag == WQ_TAG_EMBED || t->tag == WQ_TAG_LINK || t->tag == WQ_TAG_BASE ||
		t->tag == WQ_TAG_APPLET;
}

/* What tells a value apart: <input name=…>, <meta name=…>, else the attribute. */
static wq_str name_of(const struct parts *p, const struct wq_html_token *t, const struct wq_html_attr *attr)
{
	static const char *const naming[] = {"name", "id", "property", "http-equiv"};

	if (is_field(t) || t->tag == WQ_TAG_META)
		for (size_t i = 0; i < WQ_COUNT(naming); i++) {
			const struct wq_html_attr *name = wq_html_attr_find(t, wq_str_c(naming[i]));
			if (name)
				return wq_str_of(p->page.p + name->value_at, name->value.n);
		}
	return wq_str_of(p->page.p + attr->name_at, attr->name.n);
}

static wq_err add_tag(struct parts *p, const struct wq_html_token *t)
{
	size_t at = t->start;

	for (size_t i = 0; i < t->attrs_n; i++) {
		const struct wq_html_attr *attr = &t->attrs[i];
		struct wq_part part = {.kind = kind_of(attr, t->encoding), .name = name_of(p, t, attr)};

		part.field = is_field(t) && wq_html_name_eq(attr->name, WQ_S("value"), t->encoding);
		part.loads = part.kind == WQ_PART_URL && loads(t);
		WQ_TRY(add_fixed(p, at, attr->value_at));
		WQ_TRY(add(p, part, attr->value_at, attr->value.n));
		at = attr->value_at + attr->value.n;
	}
	return add_fixed(p, at, t->end);
}

/* ---- the document ---- */

/* There is a text, maybe an empty one, between any two tags: one that comes and goes does not alter the structure. */
static wq_err end_text(struct parts *p, size_t at)
{
	struct wq_part part = {.kind = p->text_kind, .field = p->text_field};

	if (p->text_n == 0)
		p->text_at = at;
	WQ_TRY(add(p, part, p->text_at, p->text_n));
	p->text_n = 0;
	p->text_kind = WQ_PART_TEXT;
	p->text_field = false;
	return WQ_OK;
}

static wq_err on_token(void *data, const struct wq_html_token *t)
{
	struct parts *p = data;
	size_t content;

	if (t->kind == WQ_HTML_TEXT) {
		if (p->text_n == 0)
			p->text_at = t->start;
		p->text_n = t->end - p->text_at;
		p->text_kind = t->mode == WQ_HTML_DATA || t->mode == WQ_HTML_RCDATA ? WQ_PART_TEXT : WQ_PART_CODE;
		p->text_field = t->in == WQ_TAG_TEXTAREA;
		return WQ_OK;
	}
	WQ_TRY(end_text(p, t->start));
	if (t->kind == WQ_HTML_START)
		return add_tag(p, t);
	if (t->kind != WQ_HTML_COMMENT)
		return add_fixed(p, t->start, t->end);
	content = t->content.n ? t->start + (size_t)(t->content.p - t->raw.p) : t->start;
	WQ_TRY(add_fixed(p, t->start, content));
	WQ_TRY(add(p, (struct wq_part){.kind = WQ_PART_COMMENT}, content, t->content.n));
	return add_fixed(p, content + t->content.n, t->end);
}

wq_err wq_parts_of(wq_str page, bool html, bool utf8, const struct wq_window *window, struct wq_buf *out)
{
	struct parts p = {.page = page, .window = window, .out = out, .text_kind = WQ_PART_TEXT};
	struct wq_html_options options = {
		.encoding = utf8 ? WQ_HTML_ENC_ASCII : WQ_HTML_ENC_MULTIBYTE, .scripting = true};

	if (!html)
		return add(&p, (struct wq_part){.kind = WQ_PART_TEXT}, 0, page.n);
	WQ_TRY(wq_html_scan(page, &options, on_token, &p));
	return end_text(&p, page.n);
}
