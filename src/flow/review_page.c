#include "flow/review_page.h"

#include "base/utf8.h"
#include "text/html.h"

/* One piece of text without the end of a sentence. */
enum { SENTENCE_MAX = 2000 };

static wq_err add(struct wq_arena *arena, struct wq_pieces *pieces, wq_str piece, unsigned flags)
{
	if (pieces->n == pieces->room) {
		size_t room = pieces->room ? 2 * pieces->room : 64;
		wq_str *items = wq_arena_alloc(arena, room * sizeof *items);
		uint8_t *kept = wq_arena_alloc(arena, room);

		WQ_TRY(wq_arena_err(arena));
		if (pieces->n > 0) {
			memcpy(items, pieces->items, pieces->n * sizeof *items);
			memcpy(kept, pieces->flags, pieces->n);
		}
		pieces->items = items;
		pieces->flags = kept;
		pieces->room = room;
	}
	pieces->items[pieces->n] = piece;
	pieces->flags[pieces->n++] = (uint8_t)flags;
	return WQ_OK;
}

/* ---- cutting ---- */

/* Whether a sentence ends with this character; a full stop counts before a space only. */
static bool ends_sentence(uint32_t cp, wq_str after)
{
	switch (cp) {
	case 0x3002: /* 。 */
	case 0xff01: /* ！ */
	case 0xff1f: /* ？ */
	case 0xff1b: /* ； */
	case 0x2026: /* … */
	case '\n': return true;
	case '.':
	case '!':
	case '?':
	case ';': return after.n > 0 && after.p[0] == ' ';
	default: return false;
	}
}

static bool closes(uint32_t cp)
{
	return cp == 0x201d || cp == 0x2019 || cp == 0x300d || cp == 0x300f || cp == 0xff09 || cp == ')' || cp == '"' ||
		cp == ' ';
}

/* The length of the first sentence with its closing quotes and spaces. */
static size_t sentence(wq_str text)
{
	size_t at = 0;
	uint32_t cp;

	while (at < text.n) {
		at += wq_utf8_step(wq_str_from(text, at), &cp);
		if (at > SENTENCE_MAX)
			return at;
		if (!ends_sentence(cp, wq_str_from(text, at)))
			continue;
		while (at < text.n) {
			size_t n = wq_utf8_step(wq_str_from(text, at), &cp);
			if (!closes(cp))
				break;
			at += n;
		}
		return at;
	}
	return at;
}

static wq_err add_sentences(struct wq_arena *arena, struct wq_pieces *pieces, wq_str text, unsigned flags, bool trim)
{
	while (text.n > 0) {
		wq_str piece = wq_str_head(text, sentence(text));

		text = wq_str_from(text, piece.n);
		if (trim)
			piece = wq_str_trim(piece);
		if (piece.n > 0)
			WQ_TRY(add(arena, pieces, piece, flags));
	}
	return WQ_OK;
}

/* With `trim`, lines without their white space at the ends and without empty ones; else with their line ends. */
static wq_err add_lines(struct wq_arena *arena, struct wq_pieces *pieces, wq_str text, unsigned flags, bool trim)
{
	while (text.n > 0) {
		ptrdiff_t end = wq_str_chr(text, '\n');
		wq_str piece = wq_str_head(text, end < 0 ? text.n : (size_t)end + 1);

		text = wq_str_from(text, piece.n);
		if (trim)
			piece = wq_str_trim(piece);
		if (piece.n > 0)
			WQ_TRY(add(arena, pieces, piece, flags));
	}
	return WQ_OK;
}

static bool blank(wq_str s)
{
	return wq_str_trim(s).n == 0;
}

/* ---- HTML ---- */

struct reading {
	struct wq_arena *arena;
	struct wq_review_page *page;
	struct wq_html_visible visible;
	struct wq_buf text;  /* raw text since the last break */
	struct wq_buf plain; /* decoded */
	wq_str document;
	uint64_t held; /* white space before the next piece of the source begins here */
	bool parts;
	bool cell; /* a cell of a line has just ended, nothing was seen since */
};

/* White space as a browser shows it: one space. */
static wq_str collapse(struct wq_arena *arena, wq_str s)
{
	char *out = wq_arena_alloc(arena, s.n + 1);
	size_t n = 0;

	if (!out)
		return WQ_S_NONE;
	for (size_t i = 0; i < s.n; i++) {
		if (!wq_html_is_space(s.p[i]))
			out[n++] = s.p[i];
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	return wq_str_trim(wq_str_of(out, n));
}

static wq_err flush(struct reading *r)
{
	wq_str text;

	if (r->text.len == 0)
		return wq_buf_err(&r->text);
	wq_buf_clear(&r->plain);
	WQ_TRY(wq_html_decode(wq_buf_str(&r->text), WQ_HTML_IN_TEXT, &r->plain));
	wq_buf_clear(&r->text);
	text = collapse(r->arena, wq_buf_str(&r->plain));
	WQ_TRY(wq_arena_err(r->arena));
	return add_sentences(r->arena, &r->page->seen, text, 0, true);
}

static bool loads_or_sends(enum wq_html_tag tag)
{
	static const enum wq_html_tag tags[] = {WQ_TAG_SCRIPT, WQ_TAG_IFRAME, WQ_TAG_FRAME, WQ_TAG_OBJECT, WQ_TAG_EMBED,
		WQ_TAG_APPLET, WQ_TAG_BASE, WQ_TAG_META, WQ_TAG_LINK, WQ_TAG_FORM, WQ_TAG_TEMPLATE, WQ_TAG_PLAINTEXT};

	for (size_t i = 0; i < WQ_COUNT(tags); i++)
		if (tags[i] == tag)
			return true;
	return false;
}

/* An address of another host, or one that is a program. */
static bool leads_out(wq_str value)
{
	wq_str v = wq_str_trim(value);

	return wq_str_find(v, WQ_S("//")) >= 0 || wq_str_find(v, WQ_S("\\")) >= 0 || wq_str_find(v, WQ_S(":")) >= 0 ||
		wq_str_find(v, WQ_S("&")) == 0;
}

static bool is_name(const struct wq_html_attr *attr, const char *name)
{
	return wq_str_eq_nocase(attr->name, wq_str_c(name));
}

static bool needs_attention(const struct wq_html_token *token)
{
	if (token->kind == WQ_HTML_OVERLONG || (token->of == WQ_HTML_START && loads_or_sends(token->tag)))
		return true;
	for (size_t i = 0; i < token->attrs_n; i++) {
		const struct wq_html_attr *a = &token->attrs[i];

		if (wq_str_starts_nocase(a->name, WQ_S("on")) || is_name(a, "style") || is_name(a, "hidden") ||
			is_name(a, "formaction") || is_name(a, "srcdoc") || is_name(a, "background"))
			return true;
		if ((is_name(a, "href") || is_name(a, "src") || is_name(a, "action") || is_name(a, "data") ||
			    is_name(a, "srcset") || is_name(a, "xlink:href")) &&
			leads_out(a->value))
			return true;
	}
	return false;
}

static unsigned tag_flags(const struct wq_html_token *token)
{
	if (needs_attention(token))
		return WQ_PIECE_ATTENTION;
	return token->kind == WQ_HTML_END || (token->kind == WQ_HTML_START && token->attrs_n == 0) ? WQ_PIECE_PLAIN : 0;
}

/* Slices of the decoded document, which outlives the tokens. */
static wq_str kept(const struct reading *r, const struct wq_html_token *token)
{
	return wq_str_head(wq_str_from(r->document, token->start), token->end - token->start);
}

static wq_err unseen(struct reading *r, const struct wq_html_token *token)
{
	wq_str raw = kept(r, token);

	if (token->kind == WQ_HTML_TEXT)
		return blank(raw) ? WQ_OK : add_lines(r->arena, &r->page->unseen, raw, WQ_PIECE_ATTENTION, true);
	if (token->kind == WQ_HTML_COMMENT)
		return add_lines(r->arena, &r->page->unseen, raw, 0, true);
	return add(r->arena, &r->page->unseen, raw, tag_flags(token));
}

/* White space before a tag belongs to the tag, so that equal changes of a template look equal. */
static wq_err source(struct reading *r, const struct wq_html_token *token)
{
	wq_str raw = wq_str_head(wq_str_from(r->document, r->held), token->end - r->held);

	if (token->kind == WQ_HTML_TEXT && blank(raw))
		return WQ_OK;
	r->held = token->end;
	if (token->kind != WQ_HTML_TEXT)
		return add(r->arena, &r->page->source, raw, 0);
	return token->mode == WQ_HTML_DATA ? add_sentences(r->arena, &r->page->source, raw, 0, false)
					   : add_lines(r->arena, &r->page->source, raw, 0, false);
}

/* Elements that sites set side by side, apart by a style sheet alone: a title and its date. */
static bool is_cell(const struct wq_html_token *token)
{
	static const char *const names[] = {"a", "span", "time", "label", "button", "small"};

	for (size_t i = 0; i < WQ_COUNT(names); i++)
		if (wq_str_eq_nocase(token->name, wq_str_c(names[i])))
			return true;
	return false;
}

static wq_err part_cells(struct reading *r, const struct wq_html_token *token)
{
	bool starts = token->kind == WQ_HTML_START && is_cell(token);

	if (starts && r->cell)
		wq_buf_byte(&r->text, ' ');
	r->cell = (r->cell && !starts) || (token->kind == WQ_HTML_END && is_cell(token));
	return wq_buf_err(&r->text);
}

static wq_err one_token(void *data, const struct wq_html_token *token)
{
	struct reading *r = data;

	WQ_TRY(source(r, token));
	if (!r->parts)
		return WQ_OK;
	switch (wq_html_visible(&r->visible, token)) {
	case WQ_HTML_SEEN:
		r->cell = false;
		wq_buf_add(&r->text, token->raw);
		return wq_buf_err(&r->text);
	case WQ_HTML_TITLE:
		WQ_TRY(flush(r));
		wq_buf_add(&r->text, token->raw);
		return flush(r);
	case WQ_HTML_BREAK:
		r->cell = false;
		WQ_TRY(flush(r));
		break;
	case WQ_HTML_UNSEEN: WQ_TRY(part_cells(r, token)); break;
	}
	return unseen(r, token);
}

static wq_err read_html(struct wq_arena *arena, wq_str document, bool parts, struct wq_review_page *page)
{
	struct wq_html_options options = {.scripting = true};
	struct reading r = {.arena = arena,
		.page = page,
		.text = WQ_BUF_INIT(2 * document.n + 1), /* with spaces between cells */
		.plain = WQ_BUF_INIT(8 * document.n + 64),
		.document = document,
		.parts = parts};
	wq_err e = wq_html_scan(document, &options, one_token, &r);

	if (!wq_failed(e))
		e = flush(&r);
	if (!wq_failed(e) && r.held < document.n)
		e = add(arena, &page->source, wq_str_from(document, r.held), 0);
	wq_buf_done(&r.text);
	wq_buf_done(&r.plain);
	return e;
}

/* ---- */

static bool is_page(wq_str type)
{
	return wq_str_starts_nocase(type, WQ_S("text/html")) || wq_str_starts_nocase(type, WQ_S("application/xhtml"));
}

bool wq_review_is_text(wq_str type)
{
	static const char *const others[] = {"javascript", "ecmascript", "json", "xml", "svg", "manifest"};

	if (wq_str_starts_nocase(type, WQ_S("text/")))
		return true;
	for (size_t i = 0; i < WQ_COUNT(others); i++)
		if (wq_str_find(type, wq_str_c(others[i])) >= 0)
			return true;
	return false;
}

static wq_err decode(
	struct wq_arena *arena, wq_str type, wq_str bytes, struct wq_review_page *page, wq_str *ret_document)
{
	struct wq_charset_guess guess = wq_charset_detect(
		wq_str_head(bytes, WQ_CHARSET_HEAD), wq_charset_of_content_type(type));
	WQ_BUF(text, 3 * bytes.n + 16);
	struct wq_decoder decoder;

	WQ_TRY(wq_charset_decode(guess.charset, wq_str_from(bytes, guess.bom_bytes), &text, &decoder));
	page->charset = guess.charset;
	page->replaced = decoder.replaced;
	*ret_document = wq_arena_str(arena, wq_buf_str(&text));
	return wq_arena_err(arena);
}

wq_err wq_review_page_read(
	struct wq_arena *arena, wq_str type, wq_str bytes, bool parts, struct wq_review_page *ret_page)
{
	struct wq_review_page page = {.text = wq_review_is_text(type), .page = is_page(type)};
	bool plain = wq_str_starts_nocase(type, WQ_S("text/plain"));
	wq_str document;

	if (bytes.n > WQ_REVIEW_PAGE_MAX)
		return wq_error(WQ_E_LIMIT, "%zu bytes", bytes.n);
	if (page.text) {
		WQ_TRY(decode(arena, type, bytes, &page, &document));
		if (page.page) {
			WQ_TRY(read_html(arena, document, parts, &page));
		} else {
			WQ_TRY(add_lines(arena, &page.source, document, 0, false));
			if (parts)
				WQ_TRY(add_lines(arena, plain ? &page.seen : &page.unseen, document,
					plain ? 0 : WQ_PIECE_ATTENTION, true));
		}
	}
	*ret_page = page;
	return WQ_OK;
}
