#include "text/html_link.h"

/* Where lines were counted up to. */
struct lines {
	uint64_t at, n;
};

struct wq_link_reader {
	wq_str document;
	struct lines lines;
	const struct wq_html_token *token; /* being looked at */
	enum wq_html_encoding encoding;
	enum wq_html_tag tag;
	wq_str attr;
	uint64_t offset; /* of what is being scanned as CSS */
	bool decoded;    /* it was decoded before: offsets inside it mean nothing */
	bool choices;    /* in a select whose change leads to the value that was chosen */
	wq_link_fn fn;
	void *data;
	struct wq_buf text, css; /* decoded values */
};

/* The line of an offset; asked in about ascending order, so that each byte is counted once or so. */
static uint64_t line_of(struct wq_link_reader *f, uint64_t at)
{
	struct lines *lines = &f->lines;

	at = WQ_MIN(at, (uint64_t)f->document.n);
	if (at >= lines->at)
		lines->n += wq_html_newlines(wq_str_of(f->document.p + lines->at, (size_t)(at - lines->at)));
	else
		lines->n -= wq_html_newlines(wq_str_of(f->document.p + at, (size_t)(lines->at - at)));
	lines->at = at;
	return lines->n + 1;
}

static wq_err found(struct wq_link_reader *f, enum wq_link_kind kind, wq_str url, uint64_t at)
{
	struct wq_link link = {.kind = kind, .url = wq_str_trim(url), .tag = f->tag, .attr = f->attr, .at = at};

	if (link.url.n == 0 || link.url.n > WQ_LINK_BYTES_MAX)
		return WQ_OK;
	link.line = line_of(f, at);
	return f->fn(f->data, &link);
}

/* ---- CSS */

static wq_err on_css(void *data, const struct wq_css_token *token)
{
	struct wq_link_reader *f = data;

	if ((token->kind != WQ_CSS_STRING && token->kind != WQ_CSS_URL) || token->bad ||
		(token->use != WQ_CSS_RESOURCE && token->use != WQ_CSS_IMPORT))
		return WQ_OK;
	wq_buf_clear(&f->css);
	if (token->value.n > WQ_LINK_BYTES_MAX || wq_failed(wq_css_decode(token->value, &f->css)))
		return WQ_OK;
	return found(f, token->use == WQ_CSS_IMPORT ? WQ_LINK_SHEET : WQ_LINK_RESOURCE, wq_buf_str(&f->css),
		f->decoded ? f->offset : f->offset + token->value_at);
}

static wq_err scan_css(struct wq_link_reader *f, wq_str css, uint64_t offset, bool decoded)
{
	struct wq_css_options options = {.encoding = f->encoding};

	f->offset = offset;
	f->decoded = decoded;
	return wq_css_scan(css, &options, on_css, f);
}

/* ---- attributes whose value is not one address */

/* HTML §4.8.4.2.2 (srcset), as far as the addresses go. */
static wq_err scan_srcset(struct wq_link_reader *f, wq_str s, uint64_t at)
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
static wq_err scan_refresh(struct wq_link_reader *f, wq_str s, uint64_t at)
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

/* The address in `location.href = 'a'`, `location.assign('a')`, `window.open('a', …)`, when it is one constant string; empty
 * when there is none. */
static wq_str constant_after(wq_str code)
{
	char quote;
	ptrdiff_t end;
	wq_str rest;

	while (code.n > 0 && wq_html_is_space(code.p[0]))
		code = wq_str_from(code, 1);
	if (code.n < 2 || (code.p[0] != '=' && code.p[0] != '('))
		return WQ_S_NONE;
	code = wq_str_trim(wq_str_from(code, 1));
	if (code.n < 2 || (code.p[0] != '\'' && code.p[0] != '"'))
		return WQ_S_NONE;
	quote = code.p[0];
	code = wq_str_from(code, 1);
	end = wq_str_chr(code, quote);
	if (end < 0)
		return WQ_S_NONE;
	rest = wq_str_trim(wq_str_from(code, (size_t)end + 1));
	code = wq_str_head(code, (size_t)end);
	if ((rest.n > 0 && !memchr(",);}", rest.p[0], 4)) || wq_str_chr(code, '\\') >= 0)
		return WQ_S_NONE; /* put together, or escaped */
	return code;
}

static bool joins_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

static wq_err scan_code(struct wq_link_reader *f, wq_str code, uint64_t at)
{
	static const struct {
		wq_str word;
		wq_str members[3];
	} ways[] = {{WQ_S_INIT("location"), {WQ_S_INIT(".href"), WQ_S_INIT(".assign"), WQ_S_INIT(".replace")}},
		{WQ_S_INIT("window.open"), {{NULL, 0}}}};

	for (size_t i = 0; i < WQ_COUNT(ways); i++) {
		wq_str rest = code;
		ptrdiff_t from;

		while ((from = wq_str_find(rest, ways[i].word)) >= 0) {
			bool inside = from > 0 && joins_name(rest.p[from - 1]);
			wq_str address;

			rest = wq_str_from(rest, (size_t)from + ways[i].word.n);
			for (size_t m = 0; m < WQ_COUNT(ways[i].members); m++)
				if (ways[i].members[m].n > 0 && wq_str_starts(rest, ways[i].members[m])) {
					rest = wq_str_from(rest, ways[i].members[m].n);
					break;
				}
			address = inside ? WQ_S_NONE : constant_after(rest);
			if (address.n > 0)
				WQ_TRY(found(f, WQ_LINK_NAVIGATE, address, at));
		}
	}
	return WQ_OK;
}

/* ---- which attribute of which element */

enum how { ADDRESS, SRCSET, PLACE /* javascript: is read as code */ };

struct row {
	wq_str attr;
	enum wq_link_kind kind;
	enum how how;
};

enum { ROWS = 8 };
#define NAVIGATE(name) \
	{ \
		WQ_S_INIT(name), WQ_LINK_NAVIGATE, PLACE \
	}
#define RESOURCE(name) \
	{ \
		WQ_S_INIT(name), WQ_LINK_RESOURCE, ADDRESS \
	}
#define CANDIDATES(name) \
	{ \
		WQ_S_INIT(name), WQ_LINK_RESOURCE, SRCSET \
	}
/* clang-format off */
static const struct row rows[WQ_TAG_COUNT][ROWS] = {
	[WQ_TAG_A] = {NAVIGATE("href"), NAVIGATE("xlink:href")},
	[WQ_TAG_AREA] = {NAVIGATE("href")},
	[WQ_TAG_BASE] = {{WQ_S_INIT("href"), WQ_LINK_BASE, ADDRESS}},
	[WQ_TAG_SCRIPT] = {RESOURCE("src"), RESOURCE("href"), RESOURCE("xlink:href")},
	[WQ_TAG_IMG] = {RESOURCE("src"), CANDIDATES("srcset"), RESOURCE("data-src"), RESOURCE("data-original"),
		CANDIDATES("data-srcset"), RESOURCE("data-lazy"), RESOURCE("data-lazyload"), RESOURCE("lazy-src")},
	[WQ_TAG_SOURCE] = {RESOURCE("src"), CANDIDATES("srcset")},
	[WQ_TAG_VIDEO] = {RESOURCE("src"), RESOURCE("poster")},
	[WQ_TAG_AUDIO] = {RESOURCE("src")},
	[WQ_TAG_TRACK] = {RESOURCE("src")},
	[WQ_TAG_IFRAME] = {NAVIGATE("src")},
	[WQ_TAG_FRAME] = {NAVIGATE("src")},
	[WQ_TAG_EMBED] = {RESOURCE("src")},
	[WQ_TAG_OBJECT] = {RESOURCE("data")},
	[WQ_TAG_INPUT] = {RESOURCE("src")},
	[WQ_TAG_IMAGE] = {RESOURCE("src"), RESOURCE("href"), RESOURCE("xlink:href")},
	[WQ_TAG_USE] = {RESOURCE("href"), RESOURCE("xlink:href")},
	[WQ_TAG_BODY] = {RESOURCE("background")},
	[WQ_TAG_TABLE] = {RESOURCE("background")},
	[WQ_TAG_TR] = {RESOURCE("background")},
	[WQ_TAG_TD] = {RESOURCE("background")},
	[WQ_TAG_TH] = {RESOURCE("background")},
};
/* clang-format on */

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

/* The value of an attribute, decoded in f->text where that changes it; false when it is empty or too long. */
static bool decode(struct wq_link_reader *f, wq_str name, const struct wq_html_attr *attr, wq_str *ret_value)
{
	if (attr->value.n == 0)
		return false;
	f->attr = name;
	*ret_value = attr->value;
	if (!memchr(attr->value.p, '&', attr->value.n))
		return true;
	wq_buf_clear(&f->text);
	if (wq_failed(wq_html_decode(attr->value, WQ_HTML_IN_ATTRIBUTE, &f->text)))
		return false;
	*ret_value = wq_buf_str(&f->text);
	return true;
}

static bool value_of(struct wq_link_reader *f, wq_str name, wq_str *ret_value, uint64_t *ret_at)
{
	const struct wq_html_attr *attr = wq_html_attr_find(f->token, name);

	if (!attr || !decode(f, name, attr, ret_value))
		return false;
	*ret_at = attr->value_at;
	return true;
}

static wq_err address(struct wq_link_reader *f, wq_str name, enum wq_link_kind kind)
{
	wq_str value;
	uint64_t at;

	return value_of(f, name, &value, &at) ? found(f, kind, value, at) : WQ_OK;
}

/* What can only be meant as an address: of attributes that may hold anything. */
static bool is_place(wq_str value)
{
	value = wq_str_trim(value);
	return (wq_str_starts(value, WQ_S("/")) || wq_str_starts(value, WQ_S("./")) ||
		       wq_str_starts(value, WQ_S("../")) || wq_str_starts_nocase(value, WQ_S("http://")) ||
		       wq_str_starts_nocase(value, WQ_S("https://"))) &&
		value.n > 1 && wq_str_chr(value, '{') < 0 && wq_str_chr(value, ' ') < 0;
}

/* onchange="location.href=this.value", "window.open(this.options[…].value)", "MM_jumpMenu('parent',this,0)" */
static bool leads_on(const struct wq_link_reader *f)
{
	const struct wq_html_attr *attr = wq_html_attr_find(f->token, WQ_S("onchange"));

	return attr &&
		(wq_str_find(attr->value, WQ_S("location")) >= 0 || wq_str_find(attr->value, WQ_S("open(")) >= 0 ||
			wq_str_find(attr->value, WQ_S("jumpMenu(")) >= 0);
}

/* link, form, meta, select: what else the tag says decides */
static wq_err special(struct wq_link_reader *f)
{
	const struct wq_html_attr *attr;
	wq_str name, value;
	uint64_t at;

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
		if (attr_is(f->token, WQ_S("http-equiv"), WQ_S("refresh")) && value_of(f, WQ_S("content"), &value, &at))
			return scan_refresh(f, value, at);
		if (attr_is(f->token, WQ_S("property"), WQ_S("og:image")) ||
			attr_is(f->token, WQ_S("name"), WQ_S("twitter:image")) ||
			attr_is(f->token, WQ_S("itemprop"), WQ_S("image")))
			return address(f, WQ_S("content"), WQ_LINK_RESOURCE);
		return WQ_OK;
	case WQ_TAG_SELECT: f->choices = leads_on(f); return WQ_OK;
	case WQ_TAG_OPTION:
		return f->choices && value_of(f, WQ_S("value"), &value, &at) && is_place(value)
			? found(f, WQ_LINK_NAVIGATE, value, at)
			: WQ_OK;
	default: return WQ_OK;
	}
}

static wq_err by_row(struct wq_link_reader *f, const struct row *row)
{
	wq_str value;
	uint64_t at;

	if (!value_of(f, row->attr, &value, &at))
		return WQ_OK;
	if (row->how == SRCSET)
		return scan_srcset(f, value, at);
	if (row->how == PLACE && wq_str_starts_nocase(wq_str_trim(value), WQ_S("javascript:")))
		WQ_TRY(scan_code(f, value, at));
	return found(f, row->kind, value, at);
}

/* What any element may carry. */
static wq_err of_any(struct wq_link_reader *f)
{
	static const wq_str style = WQ_S_INIT("style"), onclick = WQ_S_INIT("onclick"), data = WQ_S_INIT("data-href");
	wq_str value;

	for (size_t i = 0; i < f->token->attrs_n; i++) {
		const struct wq_html_attr *attr = &f->token->attrs[i];

		if (attr->name.n == style.n && (attr->name.p[0] | 0x20) == 's' && wq_str_eq_nocase(attr->name, style)) {
			if (decode(f, style, attr, &value))
				WQ_TRY(scan_css(f, value, attr->value_at, true));
		} else if (attr->name.n == onclick.n && (attr->name.p[0] | 0x20) == 'o' &&
			wq_str_eq_nocase(attr->name, onclick) && decode(f, onclick, attr, &value)) {
			WQ_TRY(scan_code(f, value, attr->value_at));
		} else if (attr->name.n == data.n && (attr->name.p[0] | 0x20) == 'd' &&
			wq_str_eq_nocase(attr->name, data) && decode(f, data, attr, &value) && is_place(value)) {
			WQ_TRY(found(f, WQ_LINK_NAVIGATE, value, attr->value_at));
		}
	}
	return WQ_OK;
}

static wq_err on_start(struct wq_link_reader *f)
{
	if (f->token->attrs_n == 0)
		return WQ_OK;
	for (const struct row *row = rows[f->tag]; row < rows[f->tag] + ROWS && row->attr.n > 0; row++)
		WQ_TRY(by_row(f, row));
	WQ_TRY(special(f));
	return of_any(f);
}

wq_err wq_link_reader_token(void *data, const struct wq_html_token *token)
{
	struct wq_link_reader *f = data;

	if (token->kind == WQ_HTML_START) {
		f->token = token;
		f->attr = WQ_S_NONE;
		f->tag = token->tag;
		return on_start(f);
	}
	if (token->kind == WQ_HTML_END && token->tag == WQ_TAG_SELECT)
		f->choices = false;
	if (token->kind == WQ_HTML_TEXT && token->in == WQ_TAG_STYLE) {
		f->attr = WQ_S_NONE;
		f->tag = WQ_TAG_STYLE;
		return scan_css(f, token->raw, token->start, false);
	}
	return WQ_OK;
}

wq_err wq_link_reader_sheet(struct wq_link_reader *reader)
{
	reader->tag = WQ_TAG_NONE;
	reader->attr = WQ_S_NONE;
	return scan_css(reader, reader->document, 0, false);
}

/* ---- life */

static void finder_init(struct wq_link_reader *f, wq_link_fn fn, void *data)
{
	*f = (struct wq_link_reader){.fn = fn, .data = data};
	wq_buf_init(&f->text, WQ_HTML_TAG_MAX);
	wq_buf_init(&f->css, 2 * WQ_LINK_BYTES_MAX);
}

static void finder_done(struct wq_link_reader *f)
{
	wq_buf_done(&f->text);
	wq_buf_done(&f->css);
}

wq_err wq_link_reader_new(wq_link_fn fn, void *data, struct wq_link_reader **ret_reader)
{
	struct wq_link_reader *f = malloc(sizeof(*f));

	if (!f)
		return wq_error_id(WQ_E_NO_MEMORY);
	finder_init(f, fn, data);
	*ret_reader = f;
	return WQ_OK;
}

void wq_link_reader_free(struct wq_link_reader **reader)
{
	if (!reader || !*reader)
		return;
	finder_done(*reader);
	free(*reader);
	*reader = NULL;
}

void wq_link_reader_begin(struct wq_link_reader *reader, wq_str document, enum wq_html_encoding encoding)
{
	reader->document = document;
	reader->encoding = encoding;
	reader->choices = false;
	reader->lines = (struct lines){0};
}

wq_err wq_html_links(wq_str document, const struct wq_html_options *options, wq_link_fn fn, void *data)
{
	WQ_CLEANUP(finder_done) struct wq_link_reader f;

	finder_init(&f, fn, data);
	wq_link_reader_begin(&f, document, options ? options->encoding : WQ_HTML_ENC_ASCII);
	return wq_html_scan(document, options, wq_link_reader_token, &f);
}

wq_err wq_css_links(wq_str sheet, enum wq_html_encoding encoding, wq_link_fn fn, void *data)
{
	WQ_CLEANUP(finder_done) struct wq_link_reader f;

	finder_init(&f, fn, data);
	wq_link_reader_begin(&f, sheet, encoding);
	return wq_link_reader_sheet(&f);
}
