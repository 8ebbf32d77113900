#include "text/html.h"
#include "text/html_foreign.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Where the tokenizer stands between two bytes; the standard's states, with those that differ in errors only made one.
 * From TEXT nothing is open; in every other state but the SCRIPT_ ones a token is open that began at `<`. */
enum state {
	TEXT,
	TAG_OPEN,          /* < in data */
	END_OPEN,          /* </ in data */
	RAW_OPEN,          /* < in RCDATA, RAWTEXT, script data */
	RAW_END_NAME,      /* </ there, and `match` letters of the name that would end it */
	SCRIPT_BANG,       /* <! in script data */
	SCRIPT_BANG_DASH,  /* <!- */
	SCRIPT_START_NAME, /* < and `match` letters of "script" in escaped script data */
	SCRIPT_END_NAME,   /* </ and `match` letters of "script" in double escaped script data */
	TAG_NAME,
	BEFORE_ATTR,
	ATTR_NAME,
	AFTER_ATTR_NAME,
	BEFORE_VALUE,
	VALUE_DOUBLE,
	VALUE_SINGLE,
	VALUE_UNQUOTED,
	AFTER_VALUE,
	SELF_CLOSING,
	DECLARATION,      /* <! */
	DECLARATION_DASH, /* <!- */
	DECLARATION_WORD, /* <! and `match` letters of "doctype" */
	DOCTYPE,
	BOGUS,
	COMMENT_START,
	COMMENT_START_DASH,
	COMMENT,
	COMMENT_DASH,
	COMMENT_END,
	COMMENT_END_BANG
};

struct wq_html {
	struct wq_html_options options;
	wq_html_fn fn;
	void *data;
	wq_err err;

	enum state state;
	enum wq_html_mode mode;
	enum wq_html_tag in;
	uint8_t match;
	uint8_t script_level; /* 0 script data, 1 escaped, 2 double escaped */
	uint8_t dashes;       /* of escaped script data: how many stand before this byte, at most 2 */

	/* this chunk */
	const char *chunk;
	uint64_t chunk_at;
	const char *text; /* where the text that was not delivered yet begins; NULL while all of it is */
	const char *seg;  /* where the open token begins or goes on */
	bool open;

	/* the open token */
	uint64_t token_at;
	struct wq_buf carry; /* what earlier chunks held of it */
	bool over;           /* longer than tag_max: its bytes go out in pieces */
	bool self_closing, too_many;
	enum wq_html_kind of;
	enum wq_html_tag tag;
	uint64_t name_end, content_at;
	struct wq_html_attr *attrs;
	size_t attrs_n, attrs_cap;

	/* lines: newlines before offset lines_at */
	uint64_t lines, lines_at;

	struct wq_html_foreign foreign;
};

/* ---- bytes */

enum { SPACE = 1, NAME_END = 2 /* of a tag's name */, ATTR_END = 4, UNQUOTED_END = 8 };

static const uint8_t classes[256] = {
	['\t'] = 15,
	['\n'] = 15,
	['\f'] = 15,
	['\r'] = 15,
	[' '] = 15,
	['/'] = NAME_END | ATTR_END,
	['>'] = NAME_END | ATTR_END | UNQUOTED_END,
	['='] = ATTR_END,
};

static inline bool is_class(char c, uint8_t class)
{
	return classes[(unsigned char)c] & class;
}

static inline bool is_letter(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

bool wq_html_is_space(char c)
{
	return is_class(c, SPACE);
}

static inline const char *skip_to(const char *p, const char *end, char c)
{
	const char *found = memchr(p, c, (size_t)(end - p));

	return found ? found : end;
}

static inline const char *skip_until(const char *p, const char *end, uint8_t class)
{
	while (p < end && !is_class(*p, class))
		p++;
	return p;
}

uint64_t wq_html_newlines(wq_str bytes)
{
	uint64_t n = 0;
	size_t i = 0;

#if defined(__SSE2__)
	while (i + 16 <= bytes.n) {
		size_t end = i + WQ_MIN((bytes.n - i) / 16, (size_t)255) * 16; /* a lane counts to 255 */
		__m128i lanes = _mm_setzero_si128();

		for (; i < end; i += 16) {
			__m128i block = _mm_loadu_si128((const __m128i *)(const void *)(bytes.p + i));

			lanes = _mm_sub_epi8(lanes, _mm_cmpeq_epi8(block, _mm_set1_epi8('\n')));
		}
		lanes = _mm_sad_epu8(lanes, _mm_setzero_si128());
		n += (uint64_t)_mm_cvtsi128_si64(lanes) + (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(lanes, lanes));
	}
#endif
	for (; i < bytes.n; i++)
		n += bytes.p[i] == '\n';
	return n;
}

/* ---- delivering */

static inline uint64_t at(const struct wq_html *t, const char *p)
{
	return t->chunk_at + (uint64_t)(p - t->chunk);
}

static void deliver(struct wq_html *t, struct wq_html_token *token)
{
	if (wq_failed(t->err))
		return;
	token->end = token->start + token->raw.n;
	token->encoding = t->options.encoding;
	t->err = t->fn(t->data, token);
}

static void deliver_text(struct wq_html *t, wq_str raw, uint64_t start)
{
	struct wq_html_token token = {
		.kind = WQ_HTML_TEXT, .of = WQ_HTML_TEXT, .mode = t->mode, .in = t->in, .raw = raw, .start = start};

	if (raw.n > 0)
		deliver(t, &token);
}

/* the text before `end`, which lies in this chunk */
static inline void flush_text(struct wq_html *t, const char *end)
{
	if (t->text && t->text < end)
		deliver_text(t, wq_str_of(t->text, (size_t)(end - t->text)), at(t, t->text));
	t->text = NULL;
}

static inline void open_token(struct wq_html *t, const char *p, enum state state)
{
	t->seg = p;
	t->token_at = at(t, p);
	t->open = true;
	t->state = state;
	t->match = 0;
}

/* It was no markup after all: what was held back is text, and so is what follows. */
static void fall_back(struct wq_html *t)
{
	if (t->carry.len > 0)
		deliver_text(t, wq_buf_str(&t->carry), t->token_at);
	wq_buf_clear(&t->carry);
	if (!t->text)
		t->text = t->seg;
	t->open = false;
	t->state = TEXT;
}

/* It is markup: the text before it can go. */
static void begin_markup(struct wq_html *t, enum wq_html_kind of, enum state state)
{
	flush_text(t, t->seg);
	t->of = of;
	t->tag = WQ_TAG_NONE;
	t->self_closing = false;
	t->too_many = false;
	t->attrs_n = 0;
	t->name_end = 0;
	t->state = state;
}

static void deliver_piece(struct wq_html *t, wq_str raw, uint64_t start, bool partial)
{
	struct wq_html_token token = {
		.kind = WQ_HTML_OVERLONG, .of = t->of, .tag = t->tag, .raw = raw, .start = start, .partial = partial};

	if (raw.n > 0 || !partial)
		deliver(t, &token);
}

/* What this chunk holds of the open token goes to the carry, or out if there is too much of it. */
static void keep(struct wq_html *t, const char *end)
{
	size_t n = (size_t)(end - t->seg);

	if (!t->over && at(t, end) - t->token_at > t->options.tag_max) {
		t->over = true;
		deliver_piece(t, wq_buf_str(&t->carry), t->token_at, true);
		wq_buf_clear(&t->carry);
	}
	if (t->over) {
		deliver_piece(t, wq_str_of(t->seg, n), at(t, t->seg), true);
		return;
	}
	wq_buf_add(&t->carry, wq_str_of(t->seg, n));
	if (!wq_failed(t->err))
		t->err = wq_buf_err(&t->carry);
}

/* The bytes of the open token up to `end`, in one piece. */
static wq_str gather(struct wq_html *t, const char *end)
{
	if (t->carry.len == 0)
		return wq_str_of(t->seg, (size_t)(end - t->seg));
	wq_buf_add(&t->carry, wq_str_of(t->seg, (size_t)(end - t->seg)));
	if (!wq_failed(t->err))
		t->err = wq_buf_err(&t->carry);
	return wq_buf_str(&t->carry);
}

/* ---- what a start tag switches (§13.2.6.2, §13.2.6.4) */

static void switch_mode(struct wq_html *t)
{
	static const uint8_t modes[WQ_TAG_COUNT] = {[WQ_TAG_TITLE] = WQ_HTML_RCDATA,
		[WQ_TAG_TEXTAREA] = WQ_HTML_RCDATA,
		[WQ_TAG_STYLE] = WQ_HTML_RAWTEXT,
		[WQ_TAG_XMP] = WQ_HTML_RAWTEXT,
		[WQ_TAG_IFRAME] = WQ_HTML_RAWTEXT,
		[WQ_TAG_NOEMBED] = WQ_HTML_RAWTEXT,
		[WQ_TAG_NOFRAMES] = WQ_HTML_RAWTEXT,
		[WQ_TAG_SCRIPT] = WQ_HTML_SCRIPT_DATA,
		[WQ_TAG_PLAINTEXT] = WQ_HTML_PLAINTEXT_DATA};
	uint8_t mode = modes[t->tag];

	if (t->tag == WQ_TAG_NOSCRIPT && t->options.scripting)
		mode = WQ_HTML_RAWTEXT;
	if (mode == WQ_HTML_DATA)
		return;
	t->mode = (enum wq_html_mode)mode;
	t->in = t->tag;
	t->script_level = 0;
	t->dashes = 0;
}

static bool has_attr(const struct wq_html_token *token, wq_str name, wq_str value)
{
	const struct wq_html_attr *attr = wq_html_attr_find(token, name);

	return attr && (value.n == 0 || wq_str_eq_nocase(attr->value, value));
}

/* What the element of this start tag changes for the tags to come. Sets token->foreign. */
static void begin_element(struct wq_html *t, struct wq_html_token *token)
{
	struct wq_html_element element = {.tag = token->tag, .self_closing = t->self_closing};

	if (t->foreign.n > 0 && token->tag == WQ_TAG_FONT)
		element.font = has_attr(token, WQ_S("color"), WQ_S_NONE) || has_attr(token, WQ_S("face"), WQ_S_NONE) ||
			has_attr(token, WQ_S("size"), WQ_S_NONE);
	if (t->foreign.n > 0 && token->tag == WQ_TAG_ANNOTATION_XML)
		element.encoding = has_attr(token, WQ_S("encoding"), WQ_S("text/html")) ||
			has_attr(token, WQ_S("encoding"), WQ_S("application/xhtml+xml"));
	wq_html_foreign_break(&t->foreign, &element);
	token->foreign = wq_html_foreign_in(&t->foreign);
	wq_html_foreign_start(&t->foreign, &element);
	if (!token->foreign)
		switch_mode(t);
}

static void resolve_attrs(struct wq_html *t, wq_str raw)
{
	for (size_t i = 0; i < t->attrs_n; i++) {
		struct wq_html_attr *attr = &t->attrs[i];

		attr->name.p = raw.p + (attr->name_at - t->token_at);
		attr->value.p = raw.p + (attr->value_at - t->token_at);
	}
}

static void deliver_over(struct wq_html *t, const char *end, enum wq_html_kind kind)
{
	struct wq_html_token token = {.tag = t->tag};

	if (!t->over) {
		deliver_piece(t, wq_buf_str(&t->carry), t->token_at, true);
		wq_buf_clear(&t->carry);
	}
	deliver_piece(t, wq_str_of(t->seg, (size_t)(end - t->seg)), at(t, t->seg), false);
	if (kind == WQ_HTML_START)
		begin_element(t, &token);
}

static void deliver_tag(struct wq_html *t, struct wq_html_token *token)
{
	size_t from = token->kind == WQ_HTML_START ? 1 : 2;

	token->tag = t->tag;
	token->name = wq_str_of(token->raw.p + from, (size_t)(t->name_end - t->token_at) - from);
	token->self_closing = t->self_closing;
	resolve_attrs(t, token->raw);
	token->attrs = t->attrs;
	token->attrs_n = t->attrs_n;
	if (token->kind == WQ_HTML_START)
		begin_element(t, token);
	else
		token->foreign = wq_html_foreign_in(&t->foreign);
	deliver(t, token);
}

/* The open token ends before `end`. `drop` bytes at its end are not content. */
static void close_token(struct wq_html *t, const char *end, enum wq_html_kind kind, size_t drop)
{
	struct wq_html_token token = {.kind = kind, .of = kind, .start = t->token_at};
	size_t from = (size_t)(t->content_at - t->token_at);

	t->text = end;
	t->open = false;
	t->state = TEXT;
	if (t->over || t->too_many || at(t, end) - t->token_at > t->options.tag_max) {
		deliver_over(t, end, kind);
	} else {
		token.raw = gather(t, end);
		if (wq_failed(t->err))
			return;
		if (kind == WQ_HTML_START || kind == WQ_HTML_END) {
			deliver_tag(t, &token);
		} else {
			if (kind != WQ_HTML_DROPPED)
				token.content = wq_str_of(
					token.raw.p + from, token.raw.n > from + drop ? token.raw.n - from - drop : 0);
			deliver(t, &token);
		}
	}
	wq_buf_clear(&t->carry);
	t->over = false;
}

static void close_tag(struct wq_html *t, const char *end)
{
	if (t->of == WQ_HTML_START) {
		close_token(t, end, WQ_HTML_START, 0);
		return;
	}
	t->mode = WQ_HTML_DATA;
	t->in = WQ_TAG_NONE;
	close_token(t, end, WQ_HTML_END, 0);
	wq_html_foreign_end(&t->foreign, t->tag);
}

/* ---- tags */

/* The name of the tag ends before `p`: look it up while its bytes are at hand. */
static void end_name(struct wq_html *t, const char *p)
{
	enum { LONGEST = 16 };
	size_t from = t->of == WQ_HTML_START ? 1 : 2;
	size_t n = (size_t)(at(t, p) - t->token_at) - from;
	char copy[LONGEST];

	t->name_end = at(t, p);
	if (t->carry.len == 0 && !t->over) {
		t->tag = wq_html_tag_of(wq_str_of(t->seg + from, n));
		return;
	}
	t->tag = WQ_TAG_OTHER;
	if (n > LONGEST)
		return;
	for (size_t i = 0; i < n; i++)
		copy[i] = from + i < t->carry.len ? (char)t->carry.data[from + i] : t->seg[from + i - t->carry.len];
	t->tag = wq_html_tag_of(wq_str_of(copy, n));
}

static const char *in_tag_name(struct wq_html *t, const char *p, const char *end)
{
	p = skip_until(p, end, NAME_END);
	if (p == end)
		return p;
	end_name(t, p);
	if (*p == '>') {
		close_tag(t, p + 1);
		return p + 1;
	}
	t->state = *p == '/' ? SELF_CLOSING : BEFORE_ATTR;
	return p + 1;
}

/* A new attribute begins at `p`. */
static void begin_attr(struct wq_html *t, const char *p)
{
	enum { FIRST = 16 };

	t->state = ATTR_NAME;
	if (t->attrs_n == WQ_HTML_ATTRS_MAX) {
		t->too_many = true;
		t->attrs_n = 0; /* they will not be shown; the room is used again */
	}
	if (t->attrs_n == t->attrs_cap) {
		size_t cap = t->attrs_cap ? t->attrs_cap * 2 : FIRST;
		struct wq_html_attr *grown = reallocarray(t->attrs, cap, sizeof(*grown));

		if (!grown) {
			t->err = wq_error_id(WQ_E_NO_MEMORY);
			return;
		}
		t->attrs = grown;
		t->attrs_cap = cap;
	}
	t->attrs[t->attrs_n++] = (struct wq_html_attr){.name_at = at(t, p)};
}

static inline struct wq_html_attr *last_attr(struct wq_html *t)
{
	return &t->attrs[t->attrs_n - 1];
}

static const char *in_before_attr(struct wq_html *t, const char *p, const char *end)
{
	while (p < end && is_class(*p, SPACE))
		p++;
	if (p == end)
		return p;
	if (*p == '>') {
		close_tag(t, p + 1);
		return p + 1;
	}
	if (*p == '/') {
		t->state = SELF_CLOSING;
		return p + 1;
	}
	begin_attr(t, p);
	return p + 1; /* also a `=`, which begins a name here (§13.2.5.32) */
}

static const char *in_attr_name(struct wq_html *t, const char *p, const char *end)
{
	struct wq_html_attr *attr = last_attr(t);

	p = skip_until(p, end, ATTR_END);
	if (p == end)
		return p;
	attr->name.n = (size_t)(at(t, p) - attr->name_at);
	attr->value_at = at(t, p);
	if (*p == '=') {
		attr->has_value = true;
		t->state = BEFORE_VALUE;
		return p + 1;
	}
	t->state = AFTER_ATTR_NAME;
	return p;
}

static const char *in_after_attr_name(struct wq_html *t, const char *p, const char *end)
{
	while (p < end && is_class(*p, SPACE))
		p++;
	if (p == end)
		return p;
	if (*p == '=') {
		last_attr(t)->has_value = true;
		t->state = BEFORE_VALUE;
		return p + 1;
	}
	t->state = BEFORE_ATTR;
	return p;
}

static const char *in_before_value(struct wq_html *t, const char *p, const char *end)
{
	struct wq_html_attr *attr = last_attr(t);

	while (p < end && is_class(*p, SPACE))
		p++;
	if (p == end)
		return p;
	attr->value_at = at(t, p);
	if (*p == '>') {
		close_tag(t, p + 1);
		return p + 1;
	}
	if (*p == '"' || *p == '\'') {
		attr->quote = *p;
		attr->value_at++;
		t->state = *p == '"' ? VALUE_DOUBLE : VALUE_SINGLE;
		return p + 1;
	}
	t->state = VALUE_UNQUOTED;
	return p;
}

static const char *in_value(struct wq_html *t, const char *p, const char *end)
{
	struct wq_html_attr *attr = last_attr(t);

	if (t->state == VALUE_UNQUOTED)
		p = skip_until(p, end, UNQUOTED_END);
	else
		p = skip_to(p, end, attr->quote);
	if (p == end)
		return p;
	attr->value.n = (size_t)(at(t, p) - attr->value_at);
	if (t->state == VALUE_UNQUOTED) {
		t->state = BEFORE_ATTR;
		return p;
	}
	t->state = AFTER_VALUE;
	return p + 1;
}

/* after `/` in a tag */
static const char *in_self_closing(struct wq_html *t, const char *p)
{
	if (*p == '>') {
		t->self_closing = true;
		close_tag(t, p + 1);
		return p + 1;
	}
	t->state = BEFORE_ATTR;
	return p;
}

/* ---- text, and what a `<` in it begins */

static const char *in_escaped_script(struct wq_html *t, const char *p, const char *end)
{
	for (; p < end; p++)
		switch (*p) {
		case '-': t->dashes = t->dashes < 2 ? t->dashes + 1 : 2; break;
		case '>':
			if (t->dashes == 2) {
				t->script_level = 0;
				return p + 1;
			}
			break;
		case '<':
			t->dashes = 0;
			open_token(t, p, RAW_OPEN);
			return p + 1;
		default: t->dashes = 0;
		}
	return p;
}

/* What the user takes; the text before it goes first. */
static const char *skip(struct wq_html *t, const char *p, const char *end)
{
	flush_text(t, p);
	return wq_failed(t->err) ? p : p + t->options.skip(t->data, wq_str_of(p, (size_t)(end - p)));
}

static const char *in_text(struct wq_html *t, const char *p, const char *end)
{
	if (t->options.skip && t->mode == WQ_HTML_DATA && t->foreign.n == 0)
		p = skip(t, p, end);
	if (!t->text)
		t->text = p;
	if (t->mode == WQ_HTML_PLAINTEXT_DATA)
		return end;
	if (t->script_level > 0 && t->mode == WQ_HTML_SCRIPT_DATA)
		return in_escaped_script(t, p, end);
	p = skip_to(p, end, '<');
	if (p == end)
		return p;
	open_token(t, p, t->mode == WQ_HTML_DATA ? TAG_OPEN : RAW_OPEN);
	return p + 1;
}

static const char *in_tag_open(struct wq_html *t, const char *p)
{
	if (is_letter(*p)) {
		begin_markup(t, WQ_HTML_START, TAG_NAME);
		return p + 1;
	}
	if (*p == '/') {
		t->state = END_OPEN;
		return p + 1;
	}
	if (*p == '!') {
		begin_markup(t, WQ_HTML_COMMENT, DECLARATION);
		t->content_at = t->token_at + 2;
		return p + 1;
	}
	if (*p == '?') {
		begin_markup(t, WQ_HTML_COMMENT, BOGUS);
		t->content_at = t->token_at + 1;
		return p + 1;
	}
	fall_back(t);
	return p;
}

static const char *in_end_open(struct wq_html *t, const char *p)
{
	if (is_letter(*p)) {
		begin_markup(t, WQ_HTML_END, TAG_NAME);
		return p + 1;
	}
	if (*p == '>') {
		begin_markup(t, WQ_HTML_DROPPED, TEXT);
		close_token(t, p + 1, WQ_HTML_DROPPED, 0);
		return p + 1;
	}
	begin_markup(t, WQ_HTML_COMMENT, BOGUS);
	t->content_at = t->token_at + 2;
	return p;
}

/* after `<` in RCDATA, RAWTEXT and script data */
static const char *in_raw_open(struct wq_html *t, const char *p)
{
	if (*p == '/' && t->script_level < 2) {
		t->state = RAW_END_NAME;
		return p + 1;
	}
	fall_back(t); /* the `<` is text in any case; what is left to know is how script data goes on */
	if (t->mode != WQ_HTML_SCRIPT_DATA)
		return p;
	if (t->script_level == 0 && *p == '!') {
		t->state = SCRIPT_BANG;
		return p + 1;
	}
	if (t->script_level == 1 && is_letter(*p))
		t->state = SCRIPT_START_NAME;
	if (t->script_level == 2 && *p == '/') {
		t->state = SCRIPT_END_NAME;
		return p + 1;
	}
	return p;
}

static bool is_name_end(char c)
{
	return is_class(c, NAME_END);
}

/* Is it the "appropriate end tag" (§13.2.5)? */
static const char *in_raw_end_name(struct wq_html *t, const char *p)
{
	char name[16];

	wq_html_tag_name(t->in, name);
	if (name[t->match] == 0 && is_name_end(*p)) {
		begin_markup(t, WQ_HTML_END, TAG_NAME);
		return p;
	}
	if (name[t->match] != 0 && is_letter(*p) && (*p | 0x20) == name[t->match]) {
		t->match++;
		return p + 1;
	}
	fall_back(t);
	return p;
}

/* §13.2.5.26, §13.2.5.31: "script" and a byte that ends a name switch to `level` */
static const char *in_script_name(struct wq_html *t, const char *p, uint8_t level)
{
	static const char name[] = "script";

	if (name[t->match] == 0 && is_name_end(*p)) {
		t->script_level = level;
		t->state = TEXT;
		return p + 1;
	}
	if (name[t->match] != 0 && (*p | 0x20) == name[t->match]) {
		t->match++;
		return p + 1;
	}
	t->state = TEXT;
	return p;
}

static const char *in_script_bang(struct wq_html *t, const char *p)
{
	if (*p != '-') {
		t->state = TEXT;
		return p;
	}
	if (t->state == SCRIPT_BANG) {
		t->state = SCRIPT_BANG_DASH;
		return p + 1;
	}
	t->script_level = 1;
	t->dashes = 2;
	t->state = TEXT;
	return p + 1;
}

/* ---- comments and doctypes */

static const char *in_declaration(struct wq_html *t, const char *p)
{
	static const char word[] = "doctype";

	if (t->state == DECLARATION && *p == '-') {
		t->state = DECLARATION_DASH;
		return p + 1;
	}
	if (t->state == DECLARATION_DASH && *p == '-') {
		t->content_at = t->token_at + 4;
		t->state = COMMENT_START;
		return p + 1;
	}
	if (t->state != DECLARATION_DASH && is_letter(*p) && (*p | 0x20) == word[t->match]) {
		t->state = DECLARATION_WORD;
		if (word[++t->match] == 0) {
			t->of = WQ_HTML_DOCTYPE;
			t->content_at = t->token_at + 2 + sizeof(word) - 1;
			t->state = DOCTYPE;
		}
		return p + 1;
	}
	t->state = BOGUS;
	return p;
}

static const char *in_until_gt(struct wq_html *t, const char *p, const char *end)
{
	p = skip_to(p, end, '>');
	if (p == end)
		return p;
	close_token(t, p + 1, t->of, 1);
	return p + 1;
}

/* One byte after the start or after a dash of a comment. */
static const char *in_comment_dash(struct wq_html *t, const char *p)
{
	static const struct {
		uint8_t closes; /* bytes that are not content if a `>` comes now, with it; 0: it closes nothing */
		uint8_t dash, bang;
	} rows[] = {
		[COMMENT_START - COMMENT_START] = {1, COMMENT_START_DASH, COMMENT},
		[COMMENT_START_DASH - COMMENT_START] = {2, COMMENT_END, COMMENT},
		[COMMENT - COMMENT_START] = {0, COMMENT_DASH, COMMENT},
		[COMMENT_DASH - COMMENT_START] = {0, COMMENT_END, COMMENT},
		[COMMENT_END - COMMENT_START] = {3, COMMENT_END, COMMENT_END_BANG},
		[COMMENT_END_BANG - COMMENT_START] = {4, COMMENT_DASH, COMMENT},
	};
	size_t row = t->state - COMMENT_START;

	if (*p == '>' && rows[row].closes > 0)
		close_token(t, p + 1, WQ_HTML_COMMENT, rows[row].closes);
	else
		t->state = *p == '-' ? (enum state)rows[row].dash : *p == '!' ? (enum state)rows[row].bang : COMMENT;
	return p + 1;
}

static const char *in_comment(struct wq_html *t, const char *p, const char *end)
{
	if (t->state == COMMENT)
		p = skip_to(p, end, '-');
	return p == end ? p : in_comment_dash(t, p);
}

/* ---- the machine */

static const char *step(struct wq_html *t, const char *p, const char *end)
{
	switch (t->state) {
	case TEXT: return in_text(t, p, end);
	case TAG_OPEN: return in_tag_open(t, p);
	case END_OPEN: return in_end_open(t, p);
	case RAW_OPEN: return in_raw_open(t, p);
	case RAW_END_NAME: return in_raw_end_name(t, p);
	case SCRIPT_BANG:
	case SCRIPT_BANG_DASH: return in_script_bang(t, p);
	case SCRIPT_START_NAME: return in_script_name(t, p, 2);
	case SCRIPT_END_NAME: return in_script_name(t, p, 1);
	case TAG_NAME: return in_tag_name(t, p, end);
	case AFTER_VALUE: /* as before an attribute, a missing space is forgiven (§13.2.5.39) */
	case BEFORE_ATTR: return in_before_attr(t, p, end);
	case ATTR_NAME: return in_attr_name(t, p, end);
	case AFTER_ATTR_NAME: return in_after_attr_name(t, p, end);
	case BEFORE_VALUE: return in_before_value(t, p, end);
	case VALUE_DOUBLE:
	case VALUE_SINGLE:
	case VALUE_UNQUOTED: return in_value(t, p, end);
	case SELF_CLOSING: return in_self_closing(t, p);
	case DECLARATION:
	case DECLARATION_DASH:
	case DECLARATION_WORD: return in_declaration(t, p);
	case DOCTYPE:
	case BOGUS: return in_until_gt(t, p, end);
	case COMMENT_START:
	case COMMENT_START_DASH:
	case COMMENT:
	case COMMENT_DASH:
	case COMMENT_END:
	case COMMENT_END_BANG: return in_comment(t, p, end);
	}
	return end;
}

wq_err wq_html_feed(struct wq_html *t, wq_str chunk)
{
	const char *p = chunk.p, *end;

	if (chunk.n == 0)
		return t->err;
	end = p + chunk.n;
	t->chunk = p;
	t->seg = p;
	t->text = t->open ? NULL : p;
	while (p < end && !wq_failed(t->err))
		p = step(t, p, end);
	if (wq_failed(t->err))
		return t->err;
	flush_text(t, t->open ? t->seg : end);
	if (t->open)
		keep(t, end);
	if (t->lines_at < at(t, end)) {
		size_t from = (size_t)(t->lines_at - t->chunk_at);

		t->lines += wq_html_newlines(wq_str_from(chunk, from));
		t->lines_at = at(t, end);
	}
	t->chunk_at += chunk.n;
	t->chunk = NULL;
	return t->err;
}

/* How many bytes at the end of an unfinished comment are not content. */
static size_t unfinished_drop(enum state state)
{
	switch ((int)state) {
	case COMMENT_START_DASH:
	case COMMENT_DASH: return 1;
	case COMMENT_END: return 2;
	case COMMENT_END_BANG: return 3;
	default: return 0;
	}
}

wq_err wq_html_finish(struct wq_html *t)
{
	static const char nothing[1];

	if (wq_failed(t->err))
		return t->err;
	t->chunk = nothing;
	t->seg = nothing;
	t->text = NULL;
	if (!t->open)
		return t->err;
	if (t->state <= RAW_END_NAME)
		fall_back(t);
	else if (t->state < DECLARATION)
		close_token(t, nothing, WQ_HTML_DROPPED, 0);
	else
		close_token(t, nothing, t->of, unfinished_drop(t->state));
	return t->err;
}

uint64_t wq_html_line(struct wq_html *t, const struct wq_html_token *token, uint64_t where)
{
	if (where < t->lines_at) /* begun in an earlier chunk */
		return t->lines + 1 -
			wq_html_newlines(
				wq_str_of(token->raw.p + (where - token->start), (size_t)(t->lines_at - where)));
	t->lines += wq_html_newlines(wq_str_of(t->chunk + (t->lines_at - t->chunk_at), (size_t)(where - t->lines_at)));
	t->lines_at = where;
	return t->lines + 1;
}

struct wq_html *wq_html_new(const struct wq_html_options *options, wq_html_fn fn, void *data)
{
	struct wq_html *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	if (options)
		t->options = *options;
	if (t->options.tag_max == 0)
		t->options.tag_max = WQ_HTML_TAG_MAX;
	if (t->options.tag_max < WQ_HTML_TAG_MIN)
		t->options.tag_max = WQ_HTML_TAG_MIN;
	t->fn = fn;
	t->data = data;
	wq_buf_init(&t->carry, t->options.tag_max);
	return t;
}

void wq_html_free(struct wq_html **html)
{
	if (!html || !*html)
		return;
	wq_buf_done(&(*html)->carry);
	free((*html)->attrs);
	free(*html);
	*html = NULL;
}

void wq_html_reset(struct wq_html *t)
{
	struct wq_html fresh = {.options = t->options,
		.fn = t->fn,
		.data = t->data,
		.carry = t->carry,
		.attrs = t->attrs,
		.attrs_cap = t->attrs_cap};

	wq_buf_clear(&fresh.carry);
	*t = fresh;
}

wq_err wq_html_scan(wq_str document, const struct wq_html_options *options, wq_html_fn fn, void *data)
{
	WQ_CLEANUP(wq_html_free) struct wq_html *t = wq_html_new(options, fn, data);

	if (!t)
		return wq_error_id(WQ_E_NO_MEMORY);
	WQ_TRY(wq_html_feed(t, document));
	return wq_html_finish(t);
}
