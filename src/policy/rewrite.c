#include "policy/rewrite.h"

#include "policy/rewrite_priv.h"
#include "text/charset.h"
#include "text/utf8.h"

/* GROWTH: of a value that is decoded, at most (a byte of GB18030 is three of UTF-8, a reference of 5 bytes is 6). */
enum { GROWTH = 4, NEEDLE_MAX = 13 };

/* Stands before a footer that was put in, so that it is put in once. */
#define FOOTER_MARK "weique:footer"

struct wq_rewrite {
	const struct wq_rewrite_options *options;
	struct wq_naming naming;
	bool prompt;       /* the policy has one */
	bool select_opens; /* in a select whose handler opens what is chosen */
	bool base_seen;
	enum wq_charset charset;
	enum wq_html_encoding encoding;
	uint32_t tag_max;
	struct wq_html *html;
	struct wq_html
		*inner; /* reads what noscript holds: raw text for a browser with scripts, markup for one without */
	struct wq_html *now;  /* which of them delivers */
	uint64_t line_before; /* the line before that on which `now` began */
	unsigned transforms;
	uint64_t overlong;
	wq_err err;
	bool read_all;
	uint32_t skip_max;

	/* this call */
	struct wq_buf *out;
	wq_str chunk;
	wq_str run; /* of the chunk, to be written as it is */

	struct wq_buf decoded, text, literal; /* of a value: from its charset, without references, of a script */

	/* the footer */
	bool in_footer, in_script, marked, is_document, footer_done;
	bool closed;               /* the last token left nothing open that would swallow what is put behind it */
	char tail[NEEDLE_MAX - 1]; /* of a script that came in pieces */
	size_t tail_n;
};

/* ---- output */

static void flush(struct wq_rewrite *r)
{
	wq_buf_add(r->out, r->run);
	r->run = WQ_S_NONE;
}

/* Bytes of ours. */
static void emit(struct wq_rewrite *r, wq_str bytes)
{
	flush(r);
	wq_buf_add(r->out, bytes);
}

/* UTF-8 for a document of another charset: references, and escapes in scripts, say the same in all of them. */
static void emit_ascii(struct wq_rewrite *r, wq_str text)
{
	uint32_t cp;

	for (size_t i = 0, n; (n = wq_utf8_read_lossy(wq_str_from(text, i), &cp)) > 0; i += n)
		if (cp < 0x80)
			wq_buf_byte(r->out, (uint8_t)cp);
		else if (!r->in_script)
			wq_buf_printf(r->out, "&#x%x;", cp);
		else if (cp < 0x10000)
			wq_buf_printf(r->out, "\\u%04x", cp);
		else
			wq_buf_printf(r->out, "\\u%04x\\u%04x", 0xd7c0 + (cp >> 10), 0xdc00 + (cp & 0x3ff));
}

static void pass_apart(struct wq_rewrite *r, wq_str raw)
{
	uintptr_t at = (uintptr_t)raw.p, chunk = (uintptr_t)r->chunk.p;

	if (raw.n == 0)
		return;
	flush(r);
	if (r->in_footer && r->charset != WQ_CHARSET_UTF8)
		emit_ascii(r, raw);
	else if (at >= chunk && at - chunk < r->chunk.n)
		r->run = raw;
	else
		wq_buf_add(r->out, raw);
}

/* Bytes of the document, or of the footer. Those that follow each other in the chunk are written at once. */
static inline void pass(struct wq_rewrite *r, wq_str raw)
{
	/* a run ends inside its chunk, or at its end, where other memory may begin */
	if (r->run.n > 0 && raw.p == r->run.p + r->run.n && raw.p != r->chunk.p + r->chunk.n)
		r->run.n += raw.n;
	else
		pass_apart(r, raw);
}

/* ---- values */

static bool is_ascii(wq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* A browser puts the query of an address into the document's charset again: its bytes are those that stand here. */
static void decode_query(struct wq_rewrite *r, wq_str query)
{
	for (size_t i = 0; i < query.n; i++)
		if ((unsigned char)query.p[i] >= 0x80)
			wq_buf_printf(&r->decoded, "%%%02X", (unsigned char)query.p[i]);
		else
			wq_buf_byte(&r->decoded, (uint8_t)query.p[i]);
}

static wq_str decode_charset(struct wq_rewrite *r, wq_str raw, bool address)
{
	wq_str fragment = raw, query = wq_str_cut(&fragment, '#'), path = wq_str_cut(&query, '?');

	wq_buf_clear(&r->decoded);
	if (!address || !query.p) {
		WQ_IGNORE(wq_charset_decode(r->charset, raw, &r->decoded, NULL));
		return wq_buf_str(&r->decoded);
	}
	WQ_IGNORE(wq_charset_decode(r->charset, path, &r->decoded, NULL));
	wq_buf_byte(&r->decoded, '?');
	decode_query(r, query);
	if (fragment.p) {
		wq_buf_byte(&r->decoded, '#');
		WQ_IGNORE(wq_charset_decode(r->charset, fragment, &r->decoded, NULL));
	}
	return wq_buf_str(&r->decoded);
}

/* A raw value as a browser reads it, in UTF-8: `raw` itself when that is the same. */
static wq_str text_of(struct wq_rewrite *r, wq_str raw, bool address)
{
	wq_str text = raw;

	if (r->charset != WQ_CHARSET_UTF8 && !r->in_footer && !is_ascii(raw))
		text = decode_charset(r, raw, address);
	if (wq_str_chr(raw, '&') < 0)
		return text;
	wq_buf_clear(&r->text);
	WQ_IGNORE(wq_html_decode(text, WQ_HTML_IN_ATTRIBUTE, &r->text));
	return wq_buf_str(&r->text);
}

/* A part of a decoded value, written again so that it means the same in any quoting and charset. */
static void put_again(struct wq_rewrite *r, wq_str text)
{
	uint32_t cp;

	for (size_t i = 0, n; (n = wq_utf8_read_lossy(wq_str_from(text, i), &cp)) > 0; i += n)
		if (cp > 0x20 && cp < 0x7f && !strchr("&\"'<>`=", (int)cp))
			wq_buf_byte(r->out, (uint8_t)cp);
		else
			wq_buf_printf(r->out, "&#%u;", cp);
}

/* ---- naming */

enum what { ADDRESS, FORM, REFRESH, SCRIPT };

/* Of the tag at hand. */
struct value {
	const struct wq_html_token *token;
	const struct wq_html_attr *attr;
	enum what what;
	wq_str text; /* decoded */
	size_t done; /* of `text`: written */
	bool replaced;
	const char *passed; /* of the token: written */
};

static wq_err report(struct wq_rewrite *r, const struct value *v)
{
	const struct wq_rewrite_options *o = r->options;
	wq_str address = wq_buf_str(&r->naming.address);
	uint64_t line = 0;

	if (address.n == 0 || (!o->on_link && !o->on_form))
		return WQ_OK;
	if (!r->in_footer)
		line = r->line_before + wq_html_line(r->now, v->token, v->attr->value_at);
	if (v->what == FORM && o->on_form)
		o->on_form(o->data, address, line);
	if (o->on_link) {
		struct wq_leave_id id = wq_leave_id(address);

		return o->on_link(o->data, &id, address, line);
	}
	return WQ_OK;
}

static void pass_until(struct wq_rewrite *r, struct value *v, const char *end)
{
	pass(r, wq_str_of(v->passed, (size_t)(end - v->passed)));
	v->passed = end;
}

/* The value up to `to`: as it stands when it was not decoded, else written again. */
static void put_value(struct wq_rewrite *r, struct value *v, size_t to)
{
	wq_str part = wq_str_of(v->text.p + v->done, to - v->done);

	if (v->text.p == v->attr->value.p)
		pass_until(r, v, v->attr->value.p + to);
	else {
		pass_until(r, v, v->attr->value.p);
		flush(r);
		put_again(r, part);
	}
	v->done = to;
}

/* Puts the name of what was judged last in the place of a part of the value. */
static wq_err replace(struct wq_rewrite *r, struct value *v, struct wq_place place)
{
	put_value(r, v, place.from);
	emit(r, wq_buf_str(&r->naming.name));
	v->done = place.to;
	if (v->text.p == v->attr->value.p)
		v->passed = v->attr->value.p + place.to;
	v->replaced = true;
	r->transforms |= WQ_TRANSFORM_LEAVE;
	WQ_TRY(wq_buf_err(&r->naming.name));
	return report(r, v);
}

static bool leads_out(struct wq_rewrite *r, wq_str address)
{
	enum wq_leave_verdict verdict = wq_naming_judge(&r->naming, address);

	return verdict == WQ_LEAVE_LEADS_OUT || verdict == WQ_LEAVE_CUT;
}

static wq_err rename_script(struct wq_rewrite *r, struct value *v)
{
	struct wq_place place;

	for (size_t at = v->done; wq_script_find(v->text, &at, &place);) {
		wq_buf_clear(&r->literal);
		if (wq_script_decode(wq_str_of(v->text.p + place.from, place.to - place.from), &r->literal) &&
			leads_out(r, wq_buf_str(&r->literal)))
			WQ_TRY(replace(r, v, place));
	}
	return WQ_OK;
}

static wq_err rename_text(struct wq_rewrite *r, struct value *v)
{
	struct wq_place whole = {0, v->text.n};

	if (v->what == SCRIPT)
		return rename_script(r, v);
	if (v->what == ADDRESS && wq_str_eq_nocase(wq_url_scheme(v->text), WQ_S("javascript")))
		return rename_script(r, v);
	if (v->what == FORM && v->text.n == 0) /* the document's own address, whatever the base (HTML §4.10.21.3) */
		return WQ_OK;
	if (v->what == REFRESH && !wq_refresh_find(v->text, &whole))
		return WQ_OK;
	if (leads_out(r, wq_str_of(v->text.p + whole.from, whole.to - whole.from)))
		return replace(r, v, whole);
	return WQ_OK;
}

/* The rest of the value behind what was replaced. */
static void finish_value(struct wq_rewrite *r, struct value *v)
{
	if (!v->replaced)
		return;
	put_value(r, v, v->text.n);
	v->passed = v->attr->value.p + v->attr->value.n;
}

/* ---- which attribute of which element */

static bool name_is(const struct wq_html_token *token, const struct wq_html_attr *attr, wq_str name)
{
	return wq_html_name_eq(attr->name, name, token->encoding);
}

/* MathML: any element may be a link. */
static bool is_math(const struct wq_html_token *token)
{
	return token->foreign && token->name.n > 0 && (token->name.p[0] | 0x20) == 'm';
}

static bool refreshes(struct wq_rewrite *r, const struct wq_html_token *token)
{
	const struct wq_html_attr *attr = wq_html_attr_find(token, WQ_S("http-equiv"));

	return attr && wq_str_eq_nocase(wq_str_trim(text_of(r, attr->value, false)), WQ_S("refresh"));
}

/* False: nothing that is followed. */
static bool followed(
	struct wq_rewrite *r, const struct wq_html_token *token, const struct wq_html_attr *attr, enum what *ret_what)
{
	bool link = token->tag == WQ_TAG_A || token->tag == WQ_TAG_AREA || is_math(token);

	switch (attr->name.p[0] | 0x20) {
	case 'a': *ret_what = FORM; return token->tag == WQ_TAG_FORM && name_is(token, attr, WQ_S("action"));
	case 'c':
		*ret_what = REFRESH;
		return token->tag == WQ_TAG_META && name_is(token, attr, WQ_S("content")) && refreshes(r, token);
	case 'f':
		*ret_what = FORM;
		return (token->tag == WQ_TAG_BUTTON || token->tag == WQ_TAG_INPUT) &&
			name_is(token, attr, WQ_S("formaction"));
	case 'h': *ret_what = ADDRESS; return link && name_is(token, attr, WQ_S("href"));
	case 'v':
		*ret_what = ADDRESS;
		return r->select_opens && token->tag == WQ_TAG_OPTION && name_is(token, attr, WQ_S("value"));
	case 'o': *ret_what = SCRIPT; return attr->name.n > 2 && (attr->name.p[1] | 0x20) == 'n';
	case 'x': *ret_what = ADDRESS; return link && name_is(token, attr, WQ_S("xlink:href"));
	default: return false;
	}
}

static bool is_first(const struct wq_html_token *token, const struct wq_html_attr *attr)
{
	for (const struct wq_html_attr *a = token->attrs; a < attr; a++)
		if (wq_str_eq_nocase(a->name, attr->name))
			return false;
	return true;
}

/* Whether the tag may hold what is followed: most do not. */
static inline bool may_be_followed(const struct wq_html_token *token)
{
	static const bool rows[WQ_TAG_COUNT] = {[WQ_TAG_A] = true,
		[WQ_TAG_AREA] = true,
		[WQ_TAG_META] = true,
		[WQ_TAG_FORM] = true,
		[WQ_TAG_BUTTON] = true,
		[WQ_TAG_INPUT] = true,
		[WQ_TAG_OPTION] = true};

	if (rows[token->tag] || token->foreign)
		return token->attrs_n > 0;
	for (size_t i = 0; i < token->attrs_n; i++)
		if ((token->attrs[i].name.p[0] | 0x20) == 'o')
			return true;
	return false;
}

static wq_err rewrite_tag(struct wq_rewrite *r, const struct wq_html_token *token)
{
	struct value v = {.token = token, .passed = token->raw.p};

	for (size_t i = 0; i < token->attrs_n; i++) {
		v.attr = &token->attrs[i];
		if (!followed(r, token, v.attr, &v.what) || v.attr->value.n == 0)
			continue;
		if ((v.what == ADDRESS || v.what == FORM) && wq_naming_stays(&r->naming, v.attr->value))
			continue;
		if (!is_first(token, v.attr))
			continue;
		v.text = text_of(r, v.attr->value, v.what != SCRIPT);
		WQ_TRY(wq_buf_err(&r->decoded));
		WQ_TRY(wq_buf_err(&r->text));
		v.done = 0;
		v.replaced = false;
		WQ_TRY(rename_text(r, &v));
		finish_value(r, &v);
	}
	pass_until(r, &v, token->raw.p + token->raw.n);
	return WQ_OK;
}

/* A list of links: <select onchange="window.open(this.value)">. */
static bool opens_choice(const struct wq_html_token *token)
{
	for (size_t i = 0; i < token->attrs_n; i++) {
		const struct wq_html_attr *attr = &token->attrs[i];

		if (wq_str_starts_nocase(attr->name, WQ_S("on")) &&
			(wq_str_find(attr->value, WQ_S("open")) >= 0 ||
				wq_str_find(attr->value, WQ_S("location")) >= 0))
			return true;
	}
	return false;
}

static void take_base(struct wq_rewrite *r, const struct wq_html_token *token)
{
	const struct wq_html_attr *attr = wq_html_attr_find(token, WQ_S("href"));

	if (!attr || r->base_seen || r->in_footer)
		return;
	r->base_seen = true;
	wq_naming_base(&r->naming, text_of(r, attr->value, true));
}

/* ---- the mark and the footer: A6, 2024 art. 9 */

static bool has_mark(wq_str text)
{
	return wq_str_find(text, WQ_S("_ideConac")) >= 0 || wq_str_find(text, WQ_S("dcs.conac.cn")) >= 0 ||
		wq_str_find(text, WQ_S("bszs.conac.cn")) >= 0;
}

/* A link to the mark's register that is renamed is none to the next gate: only what stays counts, so that all agree. */
static bool is_kept(struct wq_rewrite *r, const struct wq_html_attr *attr)
{
	return !leads_out(r, text_of(r, attr->value, true));
}

static void look_in_tag(struct wq_rewrite *r, const struct wq_html_token *token)
{
	for (size_t i = 0; i < token->attrs_n && !r->marked; i++) {
		const struct wq_html_attr *attr = &token->attrs[i];
		char first = attr->name.p[0] | 0x20;

		if ((first == 'i' && name_is(token, attr, WQ_S("id"))) ||
			(first == 's' && name_is(token, attr, WQ_S("src"))) ||
			(first == 'h' && !wq_naming_stays(&r->naming, attr->value)))
			r->marked = has_mark(attr->value) && (first != 'h' || is_kept(r, attr));
	}
}

/* A script comes in pieces that depend on the chunks: what two of them hold together is looked at as well. */
static void look_in_script(struct wq_rewrite *r, wq_str piece)
{
	char joint[2 * (NEEDLE_MAX - 1)];
	size_t head = WQ_MIN(piece.n, (size_t)NEEDLE_MAX - 1), keep;

	memcpy(joint, r->tail, r->tail_n);
	memcpy(joint + r->tail_n, piece.p, head);
	r->marked = r->marked || has_mark(wq_str_of(joint, r->tail_n + head)) || has_mark(piece);
	if (piece.n >= NEEDLE_MAX - 1) {
		memcpy(r->tail, piece.p + piece.n - (NEEDLE_MAX - 1), NEEDLE_MAX - 1);
		r->tail_n = NEEDLE_MAX - 1;
		return;
	}
	keep = WQ_MIN(r->tail_n, NEEDLE_MAX - 1 - piece.n);
	memmove(r->tail, joint + r->tail_n - keep, keep);
	memcpy(r->tail + keep, piece.p, piece.n);
	r->tail_n = keep + piece.n;
}

static wq_err on_token(void *data, const struct wq_html_token *token);

static wq_err put_footer(struct wq_rewrite *r)
{
	struct wq_html_options html = {.scripting = true};
	wq_err e;

	r->footer_done = true;
	if (r->marked)
		return WQ_OK;
	emit(r, WQ_S("<!--" FOOTER_MARK "-->"));
	r->in_footer = true;
	e = wq_html_scan(r->options->leave.policy->footer, &html, on_token, r);
	r->in_footer = false;
	r->transforms |= WQ_TRANSFORM_FOOTER;
	return e;
}

/* Elements whose content is no markup. */
static bool opens_raw_text(const struct wq_html_token *token)
{
	static const bool rows[WQ_TAG_COUNT] = {[WQ_TAG_TITLE] = true,
		[WQ_TAG_TEXTAREA] = true,
		[WQ_TAG_STYLE] = true,
		[WQ_TAG_XMP] = true,
		[WQ_TAG_IFRAME] = true,
		[WQ_TAG_NOEMBED] = true,
		[WQ_TAG_NOFRAMES] = true,
		[WQ_TAG_NOSCRIPT] = true,
		[WQ_TAG_SCRIPT] = true,
		[WQ_TAG_PLAINTEXT] = true};

	return !token->foreign && rows[token->tag];
}

static bool leaves_nothing_open(const struct wq_html_token *token)
{
	if (token->of == WQ_HTML_TEXT)
		return token->mode == WQ_HTML_DATA && !wq_str_ends(token->raw, WQ_S("<")) &&
			!wq_str_ends(token->raw, WQ_S("</"));
	if (token->of == WQ_HTML_COMMENT && wq_str_starts(token->raw, WQ_S("<!--")))
		return wq_str_ends(token->raw, WQ_S("-->")) || wq_str_ends(token->raw, WQ_S("--!>"));
	if (token->of == WQ_HTML_DROPPED)
		return wq_str_eq(token->raw, WQ_S("</>"));
	return token->raw.n > 0 && token->raw.p[token->raw.n - 1] == '>' &&
		!(token->of == WQ_HTML_START && opens_raw_text(token));
}

/* What of a page tells whether it is one, and where its footer goes. A fragment that a script fetches gets none. */
static wq_err watch_footer(struct wq_rewrite *r, const struct wq_html_token *token)
{
	enum wq_html_tag tag = token->foreign ? WQ_TAG_OTHER : token->tag;
	bool page = tag == WQ_TAG_HTML || tag == WQ_TAG_BODY;

	if (token->kind == WQ_HTML_DOCTYPE || page || tag == WQ_TAG_HEAD)
		r->is_document = true;
	if (token->kind == WQ_HTML_START) {
		r->tail_n = 0;
		look_in_tag(r, token);
	} else if (token->kind == WQ_HTML_TEXT && token->in == WQ_TAG_SCRIPT) {
		look_in_script(r, token->raw);
	} else if (token->kind == WQ_HTML_COMMENT && wq_str_eq(token->content, WQ_S(FOOTER_MARK))) {
		r->marked = true;
	} else if (token->kind == WQ_HTML_END && page) {
		WQ_TRY(put_footer(r));
	}
	r->closed = leaves_nothing_open(token);
	return WQ_OK;
}

/* ---- the document */

/* Most of a document is taken here, by the stretch. */
static size_t take_dull(void *data, wq_str rest)
{
	struct wq_rewrite *r = data;
	bool watches = r->now == r->html && !r->footer_done;
	struct wq_skip skip = {.naming = &r->naming,
		.tag_max = r->skip_max,
		.select_opens = r->select_opens,
		.mark = watches && !r->marked};
	size_t n = r->read_all ? 0 : wq_skip_dull(&skip, rest);

	if (n == 0)
		return 0;
	pass(r, wq_str_head(rest, n));
	if (watches)
		r->closed = true;
	return n;
}

void wq_rewrite_read_all(struct wq_rewrite *r)
{
	r->read_all = true;
}

static wq_err make_inner(struct wq_rewrite *r)
{
	struct wq_html_options html = {
		.encoding = r->encoding, .scripting = true, .tag_max = r->tag_max, .skip = take_dull};

	if (!r->inner)
		r->inner = wq_html_new(&html, on_token, r);
	return r->inner ? WQ_OK : wq_error_id(WQ_E_NO_MEMORY);
}

static wq_err feed_inner(struct wq_rewrite *r, wq_str text)
{
	wq_err e;

	WQ_TRY(make_inner(r));
	r->now = r->inner;
	e = wq_html_feed(r->inner, text);
	r->now = r->html;
	return e;
}

/* Where the content of this noscript begins. */
static void note_line(struct wq_rewrite *r, const struct wq_html_token *token)
{
	if (r->options->on_link || r->options->on_form)
		r->line_before = wq_html_line(r->html, token, token->end - 1) - 1;
}

static wq_err end_inner(struct wq_rewrite *r)
{
	wq_err e;

	if (!r->inner)
		return WQ_OK;
	r->now = r->inner;
	e = wq_html_finish(r->inner);
	wq_html_reset(r->inner);
	r->now = r->html;
	r->line_before = 0;
	return e;
}

static wq_err on_start(struct wq_rewrite *r, const struct wq_html_token *token)
{
	if (token->tag == WQ_TAG_BASE && !token->foreign)
		take_base(r, token);
	if (token->tag == WQ_TAG_SELECT)
		r->select_opens = opens_choice(token);
	if (r->prompt && may_be_followed(token))
		WQ_TRY(rewrite_tag(r, token));
	else
		pass(r, token->raw);
	if (token->tag == WQ_TAG_NOSCRIPT && !token->foreign && r->now == r->html && !r->in_footer)
		note_line(r, token);
	return WQ_OK;
}

static wq_err on_token(void *data, const struct wq_html_token *token)
{
	struct wq_rewrite *r = data;
	bool outer = r->now == r->html && !r->in_footer;

	if (outer && token->kind == WQ_HTML_TEXT && token->in == WQ_TAG_NOSCRIPT)
		return feed_inner(r, token->raw);
	if (outer && token->of == WQ_HTML_END && token->tag == WQ_TAG_NOSCRIPT)
		WQ_TRY(end_inner(r));
	if (outer && !r->footer_done)
		WQ_TRY(watch_footer(r, token));
	r->overlong += token->kind == WQ_HTML_OVERLONG && token->of == WQ_HTML_START && !token->partial;
	r->in_script = token->in == WQ_TAG_SCRIPT;
	if (token->kind == WQ_HTML_START)
		return on_start(r, token);
	if (token->of == WQ_HTML_END && token->tag == WQ_TAG_SELECT)
		r->select_opens = false;
	pass(r, token->raw);
	return WQ_OK;
}

wq_err wq_rewrite_feed(struct wq_rewrite *r, wq_str chunk, struct wq_buf *out)
{
	if (wq_failed(r->err))
		return r->err;
	r->out = out;
	r->chunk = chunk;
	if (r->html)
		r->err = wq_html_feed(r->html, chunk);
	else
		pass(r, chunk);
	flush(r);
	r->chunk = WQ_S_NONE;
	if (!wq_failed(r->err))
		r->err = wq_buf_err(out);
	return r->err;
}

static wq_err finish(struct wq_rewrite *r)
{
	WQ_TRY(wq_html_finish(r->html));
	WQ_TRY(end_inner(r));
	if (!r->footer_done && r->is_document && r->closed)
		WQ_TRY(put_footer(r));
	flush(r);
	return wq_buf_err(r->out);
}

wq_err wq_rewrite_finish(struct wq_rewrite *r, struct wq_buf *out)
{
	if (wq_failed(r->err) || !r->html)
		return r->err;
	r->out = out;
	r->err = finish(r);
	return r->err;
}

unsigned wq_rewrite_transforms(const struct wq_rewrite *r)
{
	return r->transforms;
}

uint64_t wq_rewrite_overlong(const struct wq_rewrite *r)
{
	return r->overlong;
}

/* ---- life */

static void free_html(struct wq_rewrite *r)
{
	wq_html_free(&r->html);
	wq_html_free(&r->inner);
}

/* The tokenizers are kept when they would be made the same again. */
static wq_err prepare_html(struct wq_rewrite *r, enum wq_html_encoding encoding, uint32_t tag_max)
{
	struct wq_html_options html = {.encoding = encoding, .scripting = true, .tag_max = tag_max, .skip = take_dull};
	uint32_t longest = tag_max > 0 ? WQ_MAX(tag_max, (uint32_t)WQ_HTML_TAG_MIN) : (uint32_t)WQ_HTML_TAG_MAX;

	if (r->html && (r->encoding != encoding || r->tag_max != tag_max))
		free_html(r);
	r->encoding = encoding;
	r->tag_max = tag_max;
	r->skip_max = WQ_MIN(longest, (uint32_t)WQ_SKIP_TAG_MAX);
	r->decoded.max_bytes = r->text.max_bytes = r->literal.max_bytes = GROWTH * (size_t)longest;
	if (r->html) {
		wq_html_reset(r->html);
		if (r->inner)
			wq_html_reset(r->inner);
		return WQ_OK;
	}
	r->html = wq_html_new(&html, on_token, r);
	return r->html ? WQ_OK : wq_error_id(WQ_E_NO_MEMORY);
}

wq_err wq_rewrite_reset(struct wq_rewrite *r, const struct wq_rewrite_options *options)
{
	enum wq_charset charset = options->charset.n > 0 ? wq_charset_by_label(options->charset) : WQ_CHARSET_UTF8;
	bool multibyte = charset == WQ_CHARSET_GB18030 || charset == WQ_CHARSET_BIG5;
	struct wq_rewrite fresh = {.options = options,
		.prompt = options->leave.policy->leave,
		.charset = charset == WQ_CHARSET_NONE ? WQ_CHARSET_UTF8 : charset,
		.footer_done = !options->footer || options->leave.policy->footer.n == 0,
		.encoding = r->encoding,
		.tag_max = r->tag_max,
		.html = r->html,
		.inner = r->inner,
		.decoded = r->decoded,
		.text = r->text,
		.literal = r->literal};

	wq_naming_done(&r->naming);
	*r = fresh;
	WQ_TRY(wq_naming_init(&r->naming, options));
	if (charset == WQ_CHARSET_UTF16LE || charset == WQ_CHARSET_UTF16BE)
		free_html(r);
	else
		WQ_TRY(prepare_html(r, multibyte ? WQ_HTML_ENC_MULTIBYTE : WQ_HTML_ENC_ASCII, options->tag_max));
	r->now = r->html;
	return WQ_OK;
}

wq_err wq_rewrite_new(const struct wq_rewrite_options *options, struct wq_rewrite **ret_rewrite)
{
	struct wq_rewrite *r = calloc(1, sizeof(*r));
	wq_err e;

	if (!r)
		return wq_error_id(WQ_E_NO_MEMORY);
	e = wq_rewrite_reset(r, options);
	if (wq_failed(e)) {
		wq_rewrite_free(&r);
		return e;
	}
	*ret_rewrite = r;
	return WQ_OK;
}

void wq_rewrite_free(struct wq_rewrite **rewrite)
{
	if (!rewrite || !*rewrite)
		return;
	free_html(*rewrite);
	wq_naming_done(&(*rewrite)->naming);
	wq_buf_done(&(*rewrite)->decoded);
	wq_buf_done(&(*rewrite)->text);
	wq_buf_done(&(*rewrite)->literal);
	free(*rewrite);
	*rewrite = NULL;
}

/* ---- responses */

wq_err wq_rewrite_location(const struct wq_rewrite_options *options, wq_str location, struct wq_buf *out)
{
	WQ_CLEANUP(wq_naming_done) struct wq_naming naming;
	enum wq_leave_verdict verdict;

	WQ_TRY(wq_naming_init(&naming, options));
	verdict = options->leave.policy->leave ? wq_naming_judge(&naming, location) : WQ_LEAVE_STAYS;
	if (verdict != WQ_LEAVE_LEADS_OUT && verdict != WQ_LEAVE_CUT) {
		wq_buf_add(out, location);
		return wq_buf_err(out);
	}
	if (verdict == WQ_LEAVE_LEADS_OUT && options->on_link) {
		struct wq_leave_id id = wq_leave_id(wq_buf_str(&naming.address));

		WQ_TRY(options->on_link(options->data, &id, wq_buf_str(&naming.address), 0));
	}
	wq_buf_add(out, wq_buf_str(&naming.name));
	return wq_buf_err(out);
}

bool wq_rewrite_is_document(wq_str content_type)
{
	wq_str type = wq_str_trim(wq_str_cut(&content_type, ';'));

	return wq_str_eq_nocase(type, WQ_S("text/html")) || wq_str_eq_nocase(type, WQ_S("application/xhtml+xml"));
}
