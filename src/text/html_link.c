#include "text/html_link.h"

struct finder {
	struct wq_html *html;
	const struct wq_html_token *token; /* being looked at; NULL in a style sheet file */
	enum wq_html_encoding encoding;
	enum wq_html_tag tag;
	wq_str attr;
	uint64_t offset; /* of what is being scanned as CSS */
	bool decoded;    /* it was decoded before: offsets inside it mean nothing */
	wq_link_fn fn;
	void *data;
	struct wq_buf text, css; /* decoded values */
};

static wq_err found(struct finder *f, enum wq_link_kind kind, wq_str url, uint64_t at)
{
	struct wq_link link = {.kind = kind, .url = wq_str_trim(url), .tag = f->tag, .attr = f->attr, .at = at};

	if (link.url.n == 0 || link.url.n > WQ_LINK_BYTES_MAX)
		return WQ_OK;
	if (f->token)
		link.line = wq_html_line(f->html, f->token, at);
	return f->fn(f->data, &link);
}

/* ---- CSS */

static wq_err on_css(void *data, const struct wq_css_token *token)
{
	struct finder *f = data;

	if ((token->kind != WQ_CSS_STRING && token->kind != WQ_CSS_URL) || token->bad ||
		(token->use != WQ_CSS_RESOURCE && token->use != WQ_CSS_IMPORT))
		return WQ_OK;
	wq_buf_clear(&f->css);
	if (token->value.n > WQ_LINK_BYTES_MAX || wq_failed(wq_css_decode(token->value, &f->css)))
		return WQ_OK;
	return found(f, token->use == WQ_CSS_IMPORT ? WQ_LINK_SHEET : WQ_LINK_RESOURCE, wq_buf_str(&f->css),
		f->decoded ? f->offset : f->offset + token->value_at);
}

static wq_err scan_css(struct finder *f, wq_str css, uint64_t offset, bool decoded)
{
	struct wq_css_options options = {.encoding = f->encoding};

	f->offset = offset;
	f->decoded = decoded;
	return wq_css_scan(css, &options, on_css, f);
}

/* ---- attributes whose value is not one address */

/* HTML §4.8.4.2.2 (srcset), as far as the addresses go. */
static wq_err scan_srcset(struct finder *f, wq_str s, uint64_t at)
{
	size_t i = 0;

	for (size_t n = 0; n < WQ_LINK_SRCSET_MAX; n++) {
		size_t from, end, depth = 0;

		while (i < s.n && (wq_html_is_space(s.p[i]) || s.p[i] == ','))
			i++;
		from = i;
		while (i < s.n && !wq_html_is_space(s.p[i]))
			i++;
		if (i == from)
			break;
		end = i;
		while (end > from && s.p[end - 1] == ',')
			end--;
		WQ_TRY(found(f, WQ_LINK_RESOURCE, wq_str_of(s.p + from, end - from), at));
		if (end < i)
			continue;
		for (; i < s.n && (s.p[i] != ',' || depth > 0); i++) /* the descriptors */
			if (s.p[i] == '(')
				depth++;
			else if (s.p[i] == ')' && depth > 0)
				depth--;
	}
	return WQ_OK;
}

/* HTML §4.2.5.3, refresh: "5; url='next'" */
static wq_err scan_refresh(struct finder *f, wq_str s, uint64_t at)
{
	size_t i = 0;
	char quote = 0;
	wq_str rest;
	ptrdiff_t end;

	while (i < s.n && (wq_html_is_space(s.p[i]) || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.'))
		i++;
	if (i == 0 || i == s.n)
		return WQ_OK;
	while (i < s.n && (wq_html_is_space(s.p[i]) || s.p[i] == ';' || s.p[i] == ','))
		i++;
	rest = wq_str_from(s, i);
	if (wq_str_starts_nocase(rest, WQ_S("url"))) {
		wq_str after = wq_str_trim(wq_str_from(rest, 3));

		if (after.n > 0 && after.p[0] == '=')
			rest = wq_str_trim(wq_str_from(after, 1));
	}
	if (rest.n > 0 && (rest.p[0] == '"' || rest.p[0] == '\'')) {
		quote = rest.p[0];
		rest = wq_str_from(rest, 1);
		end = wq_str_chr(rest, quote);
		if (end >= 0)
			rest = wq_str_head(rest, (size_t)end);
	}
	return found(f, WQ_LINK_NAVIGATE, rest, at);
}

/* ---- which attribute of which element */

enum how { ADDRESS, SRCSET };

static const struct row {
	enum wq_html_tag tag; /* WQ_TAG_NONE: any */
	wq_str attr;
	enum wq_link_kind kind;
	enum how how;
} rows[] = {
	{WQ_TAG_A, WQ_S_INIT("href"), WQ_LINK_NAVIGATE, ADDRESS},
	{WQ_TAG_AREA, WQ_S_INIT("href"), WQ_LINK_NAVIGATE, ADDRESS},
	{WQ_TAG_BASE, WQ_S_INIT("href"), WQ_LINK_BASE, ADDRESS},
	{WQ_TAG_SCRIPT, WQ_S_INIT("src"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_SCRIPT, WQ_S_INIT("href"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_SCRIPT, WQ_S_INIT("xlink:href"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_IMG, WQ_S_INIT("src"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_IMG, WQ_S_INIT("srcset"), WQ_LINK_RESOURCE, SRCSET},
	{WQ_TAG_IMG, WQ_S_INIT("data-src"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_IMG, WQ_S_INIT("data-original"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_IMG, WQ_S_INIT("data-srcset"), WQ_LINK_RESOURCE, SRCSET},
	{WQ_TAG_SOURCE, WQ_S_INIT("src"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_SOURCE, WQ_S_INIT("srcset"), WQ_LINK_RESOURCE, SRCSET},
	{WQ_TAG_VIDEO, WQ_S_INIT("src"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_VIDEO, WQ_S_INIT("poster"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_AUDIO, WQ_S_INIT("src"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_TRACK, WQ_S_INIT("src"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_IFRAME, WQ_S_INIT("src"), WQ_LINK_NAVIGATE, ADDRESS},
	{WQ_TAG_FRAME, WQ_S_INIT("src"), WQ_LINK_NAVIGATE, ADDRESS},
	{WQ_TAG_EMBED, WQ_S_INIT("src"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_OBJECT, WQ_S_INIT("data"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_INPUT, WQ_S_INIT("src"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_IMAGE, WQ_S_INIT("src"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_IMAGE, WQ_S_INIT("href"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_IMAGE, WQ_S_INIT("xlink:href"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_USE, WQ_S_INIT("href"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_USE, WQ_S_INIT("xlink:href"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_A, WQ_S_INIT("xlink:href"), WQ_LINK_NAVIGATE, ADDRESS},
	{WQ_TAG_BODY, WQ_S_INIT("background"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_TABLE, WQ_S_INIT("background"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_TR, WQ_S_INIT("background"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_TD, WQ_S_INIT("background"), WQ_LINK_RESOURCE, ADDRESS},
	{WQ_TAG_TH, WQ_S_INIT("background"), WQ_LINK_RESOURCE, ADDRESS},
};

static bool attr_is(const struct wq_html_token *token, wq_str name, wq_str value)
{
	const struct wq_html_attr *attr = wq_html_attr_find(token, name);

	return attr && wq_str_eq_nocase(wq_str_trim(attr->value), value);
}

static bool has_word(wq_str list, wq_str word)
{
	for (size_t i = 0; i < list.n;) {
		size_t from;

		while (i < list.n && wq_html_is_space(list.p[i]))
			i++;
		from = i;
		while (i < list.n && !wq_html_is_space(list.p[i]))
			i++;
		if (wq_str_eq_nocase(wq_str_of(list.p + from, i - from), word))
			return true;
	}
	return false;
}

/* The decoded value of an attribute, in f->text; false when it is absent or too long. */
static bool value_of(struct finder *f, wq_str name, const struct wq_html_attr **ret_attr)
{
	const struct wq_html_attr *attr = wq_html_attr_find(f->token, name);

	if (!attr || attr->value.n == 0)
		return false;
	f->attr = name;
	wq_buf_clear(&f->text);
	if (wq_failed(wq_html_decode(attr->value, WQ_HTML_IN_ATTRIBUTE, &f->text)))
		return false;
	*ret_attr = attr;
	return true;
}

static wq_err address(struct finder *f, wq_str name, enum wq_link_kind kind)
{
	const struct wq_html_attr *attr;

	return value_of(f, name, &attr) ? found(f, kind, wq_buf_str(&f->text), attr->value_at) : WQ_OK;
}

/* link, form, meta: what else the tag says decides */
static wq_err special(struct finder *f)
{
	const struct wq_html_attr *attr;
	wq_str name;

	switch ((int)f->tag) {
	case WQ_TAG_LINK:
		attr = wq_html_attr_find(f->token, WQ_S("rel"));
		if (attr && (has_word(attr->value, WQ_S("preconnect")) || has_word(attr->value, WQ_S("dns-prefetch"))))
			return WQ_OK; /* a host, no resource */
		return address(f, WQ_S("href"),
			attr && has_word(attr->value, WQ_S("stylesheet")) ? WQ_LINK_SHEET
				: attr &&
					(has_word(attr->value, WQ_S("alternate")) ||
						has_word(attr->value, WQ_S("next")) ||
						has_word(attr->value, WQ_S("prev")) ||
						has_word(attr->value, WQ_S("canonical")))
				? WQ_LINK_NAVIGATE
				: WQ_LINK_RESOURCE);
	case WQ_TAG_FORM:
	case WQ_TAG_BUTTON:
	case WQ_TAG_INPUT:
		name = f->tag == WQ_TAG_FORM ? WQ_S("action") : WQ_S("formaction");
		if (attr_is(f->token, f->tag == WQ_TAG_FORM ? WQ_S("method") : WQ_S("formmethod"), WQ_S("post")) ||
			attr_is(f->token, WQ_S("method"), WQ_S("dialog")))
			return WQ_OK;
		return address(f, name, WQ_LINK_NAVIGATE);
	case WQ_TAG_META:
		if (attr_is(f->token, WQ_S("http-equiv"), WQ_S("refresh")) && value_of(f, WQ_S("content"), &attr))
			return scan_refresh(f, wq_buf_str(&f->text), attr->value_at);
		return WQ_OK;
	default: return WQ_OK;
	}
}

static wq_err on_start(struct finder *f)
{
	const struct wq_html_attr *attr;

	for (size_t i = 0; i < WQ_COUNT(rows) && f->token->attrs_n > 0; i++) {
		if (rows[i].tag != f->tag || !value_of(f, rows[i].attr, &attr))
			continue;
		if (rows[i].how == SRCSET)
			WQ_TRY(scan_srcset(f, wq_buf_str(&f->text), attr->value_at));
		else
			WQ_TRY(found(f, rows[i].kind, wq_buf_str(&f->text), attr->value_at));
	}
	WQ_TRY(special(f));
	if (f->token->attrs_n > 0 && value_of(f, WQ_S("style"), &attr))
		return scan_css(f, wq_buf_str(&f->text), attr->value_at, true);
	return WQ_OK;
}

static wq_err on_token(void *data, const struct wq_html_token *token)
{
	struct finder *f = data;

	f->token = token;
	f->attr = WQ_S_NONE;
	if (token->kind == WQ_HTML_START) {
		f->tag = token->tag;
		return on_start(f);
	}
	if (token->kind == WQ_HTML_TEXT && token->in == WQ_TAG_STYLE) {
		f->tag = WQ_TAG_STYLE;
		return scan_css(f, token->raw, token->start, false);
	}
	return WQ_OK;
}

static void finder_init(struct finder *f, enum wq_html_encoding encoding, wq_link_fn fn, void *data)
{
	*f = (struct finder){.encoding = encoding, .fn = fn, .data = data};
	wq_buf_init(&f->text, WQ_HTML_TAG_MAX);
	wq_buf_init(&f->css, 2 * WQ_LINK_BYTES_MAX);
}

static void finder_done(struct finder *f)
{
	wq_buf_done(&f->text);
	wq_buf_done(&f->css);
	wq_html_free(&f->html);
}

wq_err wq_html_links(wq_str document, const struct wq_html_options *options, wq_link_fn fn, void *data)
{
	WQ_CLEANUP(finder_done) struct finder f;

	finder_init(&f, options ? options->encoding : WQ_HTML_ENC_ASCII, fn, data);
	f.html = wq_html_new(options, on_token, &f);
	if (!f.html)
		return wq_error_id(WQ_E_NO_MEMORY);
	WQ_TRY(wq_html_feed(f.html, document));
	return wq_html_finish(f.html);
}

wq_err wq_css_links(wq_str sheet, enum wq_html_encoding encoding, wq_link_fn fn, void *data)
{
	WQ_CLEANUP(finder_done) struct finder f;

	finder_init(&f, encoding, fn, data);
	return scan_css(&f, sheet, 0, false);
}
