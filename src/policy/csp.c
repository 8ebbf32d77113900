#include "policy/csp.h"

#include "crypto/digest.h"
#include "text/base64.h"
#include "text/charset.h"
#include "text/html_link.h"

enum { ARENA_MAX = 64 * WQ_MIB, SOURCE_MAX = 512 };

enum directive { SCRIPT, STYLE, IMG, MEDIA, FONT, FRAME, OBJECT, FORM, BASE, DIRECTIVES };

/* Always: written even when 'self' is all there is, because default-src does not stand for it. */
static const struct {
	const char *name;
	bool always;
} directives[DIRECTIVES] = {
	[SCRIPT] = {"script-src", true},
	[STYLE] = {"style-src", true},
	[IMG] = {"img-src", false},
	[MEDIA] = {"media-src", false},
	[FONT] = {"font-src", false},
	[FRAME] = {"frame-src", false},
	[OBJECT] = {"object-src", true},
	[FORM] = {"form-action", true},
	[BASE] = {"base-uri", true},
};

struct source {
	enum directive of;
	wq_str text;
};

struct page {
	struct wq_arena *arena;
	struct wq_url document, base;
	bool base_seen, style_attributes, object_self;
	struct source sources[WQ_CSP_SOURCES_MAX];
	size_t n;
	bool over;
	enum wq_html_tag in; /* script or style whose content is hashed; WQ_TAG_NONE: of none */
	struct wq_buf content, value;
};

/* ---- the set */

static void add(struct page *p, enum directive of, wq_str text)
{
	wq_str copy;

	for (size_t i = 0; i < p->n; i++)
		if (p->sources[i].of == of && wq_str_eq(p->sources[i].text, text))
			return;
	if (p->n == WQ_CSP_SOURCES_MAX || text.n > SOURCE_MAX) {
		p->over = true;
		return;
	}
	copy = wq_arena_str(p->arena, text);
	if (copy.p)
		p->sources[p->n++] = (struct source){of, copy};
}

static void add_hash(struct page *p, enum directive of, wq_str bytes)
{
	uint8_t digest[WQ_DIGEST_BYTES];
	WQ_BUF(text, 64);

	wq_sha256(bytes, digest);
	wq_buf_add(&text, WQ_S("'sha256-"));
	wq_base64_encode(wq_str_of(digest, sizeof(digest)), WQ_BASE64_PADDED, &text);
	wq_buf_byte(&text, '\'');
	add(p, of, wq_buf_str(&text));
}

/* CSP3 §2.3.1: only of these is a host made there; a semicolon or a comma would end it. */
static bool can_be_named(wq_str host)
{
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '_')
			return false;
	}
	return host.n > 0;
}

static void add_address(struct page *p, enum directive of, wq_str address)
{
	struct wq_url url;
	WQ_BUF(text, SOURCE_MAX);

	if (wq_str_eq_nocase(wq_url_scheme(address), WQ_S("data"))) {
		add(p, of, WQ_S("data:"));
		return;
	}
	if (wq_failed(wq_url_parse(p->arena, address, &p->base, &url)) || !wq_url_is_http(&url))
		return;
	if (wq_url_same_origin(&url, &p->document)) {
		p->object_self |= of == OBJECT;
		return;
	}
	if (!can_be_named(url.host))
		return;
	wq_buf_add(&text, url.host);
	if (url.port != WQ_URL_NO_PORT)
		wq_buf_printf(&text, ":%d", url.port);
	add(p, of, wq_buf_str(&text));
	if (of == SCRIPT)
		add(p, IMG, wq_buf_str(&text));
}

/* ---- addresses */

static bool ends_with(wq_str address, const wq_str *suffixes, size_t n)
{
	wq_str path = wq_str_cut(&address, '?');

	path = wq_str_cut(&path, '#');
	for (size_t i = 0; i < n; i++)
		if (path.n >= suffixes[i].n && wq_str_eq_nocase(wq_str_from(path, path.n - suffixes[i].n), suffixes[i]))
			return true;
	return false;
}

/* What a sheet or a link element without a clearer word loads: by its name. */
static enum directive by_name(wq_str address)
{
	static const wq_str fonts[] = {
		WQ_S_INIT(".woff"), WQ_S_INIT(".woff2"), WQ_S_INIT(".ttf"), WQ_S_INIT(".otf"), WQ_S_INIT(".eot")};
	static const wq_str scripts[] = {WQ_S_INIT(".js"), WQ_S_INIT(".mjs")};

	if (wq_str_starts_nocase(address, WQ_S("data:")))
		return wq_str_find(wq_str_head(address, 64), WQ_S("font")) >= 0 ? FONT : IMG;
	if (ends_with(address, fonts, WQ_COUNT(fonts)))
		return FONT;
	return ends_with(address, scripts, WQ_COUNT(scripts)) ? SCRIPT : IMG;
}

static enum directive directive_of(const struct wq_link *link)
{
	if (link->kind == WQ_LINK_SHEET)
		return STYLE;
	switch ((int)link->tag) {
	case WQ_TAG_SCRIPT: return SCRIPT;
	case WQ_TAG_IFRAME:
	case WQ_TAG_FRAME: return FRAME;
	case WQ_TAG_OBJECT:
	case WQ_TAG_EMBED: return OBJECT;
	case WQ_TAG_VIDEO: return wq_str_eq(link->attr, WQ_S("poster")) ? IMG : MEDIA;
	case WQ_TAG_SOURCE: return wq_str_eq(link->attr, WQ_S("srcset")) ? IMG : MEDIA;
	case WQ_TAG_AUDIO:
	case WQ_TAG_TRACK: return MEDIA;
	default: return by_name(link->url);
	}
}

static wq_err on_link(void *data, const struct wq_link *link)
{
	struct page *p = data;
	struct wq_url base;
	bool style = wq_str_eq(link->attr, WQ_S("style"));

	if (link->kind == WQ_LINK_BASE && !p->base_seen) {
		p->base_seen = true;
		add_address(p, BASE, link->url);
		if (!wq_failed(wq_url_parse(p->arena, link->url, &p->document, &base)) && wq_url_is_http(&base))
			p->base = base;
		return WQ_OK;
	}
	if (style || link->kind == WQ_LINK_RESOURCE || link->kind == WQ_LINK_SHEET || link->tag == WQ_TAG_IFRAME ||
		link->tag == WQ_TAG_FRAME)
		add_address(p, style ? by_name(link->url) : directive_of(link), link->url);
	return wq_arena_err(p->arena);
}

/* ---- what stands in the page itself */

static bool is_first(const struct wq_html_token *token, const struct wq_html_attr *attr)
{
	for (const struct wq_html_attr *a = token->attrs; a < attr; a++)
		if (wq_str_eq_nocase(a->name, attr->name))
			return false;
	return true;
}

/* The decoded value, in p->value. */
static wq_str value_of(struct page *p, const struct wq_html_attr *attr)
{
	wq_buf_clear(&p->value);
	if (wq_failed(wq_html_decode(attr->value, WQ_HTML_IN_ATTRIBUTE, &p->value)))
		p->over = true;
	return wq_buf_str(&p->value);
}

/* HTML §4.12.1: what is run, or guides what is run; the rest is data. */
static bool is_run(struct page *p, const struct wq_html_token *token)
{
	const struct wq_html_attr *attr = wq_html_attr_find(token, WQ_S("type"));
	wq_str type = attr ? value_of(p, attr) : WQ_S_NONE;
	static const wq_str run[] = {WQ_S_INIT(""), WQ_S_INIT("module"), WQ_S_INIT("importmap"),
		WQ_S_INIT("speculationrules"), WQ_S_INIT("text/javascript"), WQ_S_INIT("application/javascript"),
		WQ_S_INIT("application/x-javascript"), WQ_S_INIT("text/ecmascript"),
		WQ_S_INIT("application/ecmascript"), WQ_S_INIT("application/x-ecmascript"),
		WQ_S_INIT("text/x-javascript"), WQ_S_INIT("text/x-ecmascript"), WQ_S_INIT("text/jscript"),
		WQ_S_INIT("text/livescript")};

	type = wq_str_trim(wq_str_cut(&type, ';'));
	for (size_t i = 0; i < WQ_COUNT(run); i++)
		if (wq_str_eq_nocase(type, run[i]) || wq_str_starts_nocase(type, WQ_S("text/javascript1.")))
			return true;
	return false;
}

static int hex(char c)
{
	uint8_t v;
	char two[2] = {'0', c};

	return wq_str_unhex(wq_str_of(two, 2), &v, 1) ? v : -1;
}

/* A "javascript:" link is hashed as serialised by CSP3 §4.2.4, percent-decoded by Chromium: both are listed. */
static void take_link(struct page *p, wq_str address)
{
	struct wq_url url;
	char *decoded;
	size_t n = 0;

	if (wq_failed(wq_url_parse(p->arena, address, NULL, &url)) || !wq_str_eq(url.scheme, WQ_S("javascript")))
		return;
	add(p, SCRIPT, WQ_S("'unsafe-hashes'"));
	add_hash(p, SCRIPT, url.href);
	decoded = wq_arena_alloc(p->arena, url.href.n);
	for (size_t i = 0; decoded && i < url.href.n; i++) {
		bool two = url.href.p[i] == '%' && i + 2 < url.href.n && hex(url.href.p[i + 1]) >= 0 &&
			hex(url.href.p[i + 2]) >= 0;

		decoded[n++] = two ? (char)(hex(url.href.p[i + 1]) << 4 | hex(url.href.p[i + 2])) : url.href.p[i];
		i += two ? 2 : 0;
	}
	if (decoded)
		add_hash(p, SCRIPT, wq_str_of(decoded, n));
}

static void take_attr(struct page *p, const struct wq_html_token *token, const struct wq_html_attr *attr)
{
	char first = attr->name.p[0] | 0x20;

	if (first == 'o' && attr->name.n > 2 && (attr->name.p[1] | 0x20) == 'n') {
		add(p, SCRIPT, WQ_S("'unsafe-hashes'"));
		add_hash(p, SCRIPT, value_of(p, attr));
	} else if (first == 's' && wq_html_name_eq(attr->name, WQ_S("style"), token->encoding)) {
		p->style_attributes = true;
	} else if (first == 's' && (token->tag == WQ_TAG_IMG || token->tag == WQ_TAG_INPUT) &&
		wq_str_starts_nocase(wq_str_trim(attr->value), WQ_S("data:"))) {
		add(p, IMG, WQ_S("data:")); /* also those that wq_html_links() leaves out for their length */
	} else if ((token->tag == WQ_TAG_FORM && wq_html_name_eq(attr->name, WQ_S("action"), token->encoding)) ||
		wq_html_name_eq(attr->name, WQ_S("formaction"), token->encoding)) {
		add_address(p, FORM, value_of(p, attr));
	} else if (first == 'h' && wq_html_name_eq(attr->name, WQ_S("href"), token->encoding)) {
		take_link(p, value_of(p, attr));
	}
}

/* The content of the element that began before is whole. */
static void end_content(struct page *p)
{
	wq_str content = wq_buf_str(&p->content);

	if (p->in == WQ_TAG_SCRIPT && content.n > 0) {
		add_hash(p, SCRIPT, content);
		if (wq_str_find(content, WQ_S("dcs.conac.cn")) >= 0)
			add_address(p, SCRIPT, WQ_S("https://dcs.conac.cn/"));
	}
	if (p->in == WQ_TAG_STYLE)
		add_hash(p, STYLE, content);
	p->in = WQ_TAG_NONE;
	wq_buf_clear(&p->content);
}

static wq_err on_token(void *data, const struct wq_html_token *token)
{
	struct page *p = data;

	if (token->kind == WQ_HTML_TEXT && p->in != WQ_TAG_NONE && token->in == p->in) {
		wq_buf_add(&p->content, token->raw);
		return wq_buf_err(&p->content);
	}
	end_content(p);
	if (token->kind != WQ_HTML_START)
		return WQ_OK;
	if (!token->foreign && token->tag == WQ_TAG_STYLE)
		p->in = WQ_TAG_STYLE;
	if (!token->foreign && token->tag == WQ_TAG_SCRIPT && !wq_html_attr_find(token, WQ_S("src")) &&
		is_run(p, token))
		p->in = WQ_TAG_SCRIPT;
	for (size_t i = 0; i < token->attrs_n; i++)
		if (is_first(token, &token->attrs[i]))
			take_attr(p, token, &token->attrs[i]);
	return wq_arena_err(p->arena);
}

/* ---- writing */

static int by_source(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	return x->of != y->of ? (x->of > y->of) - (x->of < y->of) : wq_str_cmp(x->text, y->text);
}

static bool is_hash(wq_str source)
{
	return wq_str_starts(source, WQ_S("'sha256-"));
}

static bool left_out(const struct page *p, const struct source *source)
{
	return source->of == STYLE && p->style_attributes && is_hash(source->text); /* one would undo 'unsafe-inline' */
}

static void put_directive(struct page *p, enum directive d, struct wq_buf *text)
{
	bool object = d == OBJECT, any = false;

	for (size_t i = 0; i < p->n; i++)
		any |= p->sources[i].of == d;
	if (!any && !directives[d].always)
		return;
	wq_buf_printf(text, "; %s", directives[d].name);
	if (object && !any && !p->object_self)
		wq_buf_add(text, WQ_S(" 'none'"));
	else if (!object || p->object_self)
		wq_buf_add(text, WQ_S(" 'self'"));
	if (d == STYLE && p->style_attributes)
		wq_buf_add(text, WQ_S(" 'unsafe-inline'"));
	for (size_t i = 0; i < p->n; i++)
		if (p->sources[i].of == d && !left_out(p, &p->sources[i])) {
			wq_buf_byte(text, ' ');
			wq_buf_add(text, p->sources[i].text);
		}
}

static wq_err put(struct page *p, struct wq_buf *out)
{
	WQ_BUF(text, WQ_CSP_BYTES_MAX);

	qsort(p->sources, p->n, sizeof(*p->sources), by_source);
	wq_buf_add(&text, WQ_S("default-src 'self'"));
	for (int d = 0; d < DIRECTIVES; d++)
		put_directive(p, (enum directive)d, &text);
	wq_buf_add(&text, WQ_S("; frame-ancestors 'self'"));
	if (p->over)
		return wq_error(WQ_E_LIMIT, "the page names more than %d sources", WQ_CSP_SOURCES_MAX);
	WQ_TRY(wq_buf_err(&text));
	wq_buf_add(out, wq_buf_str(&text));
	return wq_buf_err(out);
}

/* As a browser's parser gets it: UTF-8, line ends as line feeds (HTML §13.2.3.5), which is what it hashes. */
static wq_err as_parsed(wq_str document, wq_str charset, struct wq_buf *out)
{
	enum wq_charset from = charset.n > 0 ? wq_charset_by_label(charset) : WQ_CHARSET_UTF8;
	size_t n = 0;

	WQ_TRY(wq_charset_decode(from == WQ_CHARSET_NONE ? WQ_CHARSET_UTF8 : from, document, out, NULL));
	for (size_t i = 0; i < out->len; i++) {
		if (out->data[i] == '\r' && i + 1 < out->len && out->data[i + 1] == '\n')
			continue;
		out->data[n++] = out->data[i] == '\r' ? '\n' : out->data[i];
	}
	out->len = n;
	return WQ_OK;
}

static wq_err read_page(struct page *p, wq_str document)
{
	struct wq_html_options html = {.scripting = false};

	WQ_TRY(wq_html_links(document, &html, on_link, p));
	WQ_TRY(wq_html_scan(document, &html, on_token, p));
	end_content(p);
	return wq_arena_err(p->arena);
}

wq_err wq_csp_of_page(wq_str document, wq_str charset, const struct wq_url *base, struct wq_buf *out)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct page p = {.arena = &arena, .document = *base, .base = *base};
	WQ_BUF(parsed, 3 * document.n + 8);
	wq_err e;

	wq_arena_init(&arena, ARENA_MAX);
	wq_buf_init(&p.content, parsed.max_bytes);
	wq_buf_init(&p.value, 2 * WQ_HTML_TAG_MAX);
	e = as_parsed(document, charset, &parsed);
	if (!wq_failed(e))
		e = read_page(&p, wq_buf_str(&parsed));
	if (!wq_failed(e))
		e = put(&p, out);
	wq_buf_done(&p.content);
	wq_buf_done(&p.value);
	return e;
}
