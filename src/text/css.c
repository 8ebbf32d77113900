#include "text/css.h"

/* From TEXT and IDENT nothing is open; SLASH holds a `/` back; the others are inside a token. */
enum state {
	TEXT,
	IDENT,
	AFTER_PAREN, /* url( and white space */
	SLASH,
	COMMENT,
	COMMENT_STAR,
	STRING,
	URL,
	URL_SPACE, /* white space after an address without quotes: only `)` may follow */
	BAD_URL
};

enum { ESCAPE_NONE, ESCAPE_FIRST, ESCAPE_HEX, ESCAPE_CR /* \r ended it, \n belongs to it */ };

enum { NAME_MAX_BYTES = 24, HEX_MAX = 6, LEAD = 0x81, TRAIL = 0x30, DEPTH_MAX = 1000000 };

struct wq_css {
	struct wq_css_options options;
	wq_css_fn fn;
	void *data;
	wq_err err;

	enum state state;
	bool lead; /* the byte before this one began a character of several bytes */
	uint8_t escape, hex_n;
	uint32_t hex;
	char quote;
	bool bad;

	/* the name being read, decoded; a longer one is none that matters */
	char name[NAME_MAX_BYTES];
	size_t name_n;
	char prefix;          /* the byte before it */
	char before[2];       /* the last two bytes of text, for `<!--` */
	enum wq_css_use rule; /* after @import, @namespace: what the next address is for */
	bool quoted_only;     /* src( */
	uint32_t set_depth;   /* parentheses open since image-set( */

	const char *chunk, *text, *seg;
	uint64_t chunk_at;
	bool open, over;
	uint64_t token_at, value_end;
	enum wq_css_kind of;
	enum wq_css_use use;
	struct wq_buf carry;
};

static inline uint64_t at(const struct wq_css *t, const char *p)
{
	return t->chunk_at + (uint64_t)(p - t->chunk);
}

static inline bool is_newline(char c)
{
	return c == '\n' || c == '\r' || c == '\f';
}

static inline bool is_space(char c)
{
	return c == ' ' || c == '\t' || is_newline(c);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

static inline bool is_name_byte(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_' ||
		(unsigned char)c >= 0x80 || c == 0;
}

/* ---- delivering */

static void deliver(struct wq_css *t, struct wq_css_token *token)
{
	if (wq_failed(t->err))
		return;
	token->end = token->start + token->raw.n;
	t->err = t->fn(t->data, token);
}

static void deliver_text(struct wq_css *t, wq_str raw, uint64_t start)
{
	struct wq_css_token token = {.raw = raw, .start = start, .value = raw, .value_at = start};

	if (raw.n > 0)
		deliver(t, &token);
}

static void deliver_piece(struct wq_css *t, wq_str raw, uint64_t start, bool partial)
{
	struct wq_css_token token = {.kind = WQ_CSS_OVERLONG,
		.of = t->of,
		.use = t->use,
		.partial = partial,
		.raw = raw,
		.start = start,
		.value_at = start};

	if (raw.n > 0 || !partial)
		deliver(t, &token);
}

static void flush_text(struct wq_css *t, const char *end)
{
	if (t->text && t->text < end)
		deliver_text(t, wq_str_of(t->text, (size_t)(end - t->text)), at(t, t->text));
	t->text = NULL;
}

static void open_token(struct wq_css *t, const char *p, enum wq_css_kind of, enum state state)
{
	t->seg = p;
	t->token_at = at(t, p);
	t->open = true;
	t->of = of;
	t->use = WQ_CSS_NO_ADDRESS;
	t->bad = false;
	t->state = state;
}

static void add_carry(struct wq_css *t, const char *end)
{
	wq_buf_add(&t->carry, wq_str_of(t->seg, (size_t)(end - t->seg)));
	if (!wq_failed(t->err))
		t->err = wq_buf_err(&t->carry);
}

/* The chunk ends inside a token. */
static void keep(struct wq_css *t, const char *end)
{
	if (!t->over && at(t, end) - t->token_at > t->options.token_max) {
		t->over = true;
		deliver_piece(t, wq_buf_str(&t->carry), t->token_at, true);
		wq_buf_clear(&t->carry);
	}
	if (t->over)
		deliver_piece(t, wq_str_of(t->seg, (size_t)(end - t->seg)), at(t, t->seg), true);
	else
		add_carry(t, end);
}

/* The open token ends before `end`; `head` bytes and what is behind value_end are not its value. */
static void close_token(struct wq_css *t, const char *end, size_t head)
{
	struct wq_css_token token = {.kind = t->of, .of = t->of, .use = t->use, .bad = t->bad, .start = t->token_at};

	flush_text(t, t->seg);
	t->text = end;
	t->open = false;
	t->state = TEXT;
	t->name_n = 0;
	t->prefix = 0;
	t->before[0] = 0;
	t->before[1] = 0;
	if (t->use != WQ_CSS_NO_ADDRESS)
		t->rule = WQ_CSS_NO_ADDRESS;
	if (t->over || at(t, end) - t->token_at > t->options.token_max) {
		if (!t->over)
			deliver_piece(t, wq_buf_str(&t->carry), t->token_at, true);
		deliver_piece(t, wq_str_of(t->seg, (size_t)(end - t->seg)), at(t, t->seg), false);
	} else {
		if (t->carry.len > 0) {
			add_carry(t, end);
			token.raw = wq_buf_str(&t->carry);
		} else
			token.raw = wq_str_of(t->seg, (size_t)(end - t->seg));
		if (!wq_failed(t->err)) {
			size_t value_end = (size_t)(t->value_end - t->token_at);

			token.value = wq_str_of(token.raw.p + head, value_end > head ? value_end - head : 0);
			token.value_at = t->token_at + head;
			deliver(t, &token);
		}
	}
	wq_buf_clear(&t->carry);
	t->over = false;
}

/* ---- names */

static void add_name(struct wq_css *t, char c)
{
	if (t->name_n < NAME_MAX_BYTES)
		t->name[t->name_n] = c;
	if (t->name_n <= NAME_MAX_BYTES)
		t->name_n++;
}

static bool name_is(const struct wq_css *t, const char *name)
{
	return t->name_n <= NAME_MAX_BYTES && wq_str_eq_nocase(wq_str_of(t->name, t->name_n), wq_str_c(name));
}

/* A code point of an escape goes into the name; what is not ASCII is in no name that matters. */
static void add_name_point(struct wq_css *t, uint32_t point)
{
	add_name(t, point > 0 && point < 0x80 ? (char)point : (char)0xff);
}

/* The name ended at `c`. */
static void end_name(struct wq_css *t, char c)
{
	bool function = c == '(' && t->prefix != '@' && t->prefix != '#';

	t->state = TEXT;
	if (t->prefix == '@' && c != '(')
		t->rule = name_is(t, "import")    ? WQ_CSS_IMPORT
			: name_is(t, "namespace") ? WQ_CSS_NAMESPACE
						  : WQ_CSS_NO_ADDRESS;
	else if (function && (name_is(t, "url") || name_is(t, "src"))) {
		t->quoted_only = name_is(t, "src");
		t->state = AFTER_PAREN;
	} else {
		/* the prefix of `@namespace svg url(…)` is a name; after @import there is none */
		if (t->rule == WQ_CSS_IMPORT || c == '(')
			t->rule = WQ_CSS_NO_ADDRESS;
		if (function && t->set_depth == 0 && (name_is(t, "image-set") || name_is(t, "-webkit-image-set")))
			t->set_depth = 1;
		else if (c == '(' && t->set_depth > 0 && t->set_depth < DEPTH_MAX)
			t->set_depth++;
	}
	t->name_n = 0;
}

/* ---- escapes: one byte of one; false when the byte is not part of it */

static bool in_escape(struct wq_css *t, char c)
{
	int digit = hex_digit(c);

	switch (t->escape) {
	case ESCAPE_FIRST:
		if (digit < 0) {
			t->escape = c == '\r' ? ESCAPE_CR : ESCAPE_NONE;
			if (t->state == IDENT)
				add_name(t, c);
			t->lead = t->options.encoding == WQ_HTML_ENC_MULTIBYTE && (unsigned char)c >= LEAD;
			return true;
		}
		t->escape = ESCAPE_HEX;
		t->hex = (uint32_t)digit;
		t->hex_n = 1;
		return true;
	case ESCAPE_HEX:
		if (digit >= 0 && t->hex_n < HEX_MAX) {
			t->hex = t->hex * 16 + (uint32_t)digit;
			t->hex_n++;
			return true;
		}
		if (t->state == IDENT)
			add_name_point(t, t->hex);
		t->escape = c == '\r' ? ESCAPE_CR : ESCAPE_NONE;
		return is_space(c);
	default: t->escape = ESCAPE_NONE; return c == '\n';
	}
}

/* ---- one byte in each state; false: look at the byte again */

static void open_string(struct wq_css *t, const char *p, enum wq_css_use use)
{
	open_token(t, p, WQ_CSS_STRING, STRING);
	t->quote = *p;
	t->use = use;
}

/* An escape begins a name, unless a newline follows; that newline is then text like any other. */
static void begin_name(struct wq_css *t, char c)
{
	t->state = IDENT;
	t->name_n = 0;
	if (c == '\\')
		t->escape = ESCAPE_FIRST;
	else
		add_name(t, c);
}

static void text_delimiter(struct wq_css *t, char c)
{
	if (c == '(' && t->set_depth > 0 && t->set_depth < DEPTH_MAX)
		t->set_depth++;
	else if (c == ')' && t->set_depth > 0)
		t->set_depth--;
	else if (c == ';' || c == '{' || c == '}')
		t->set_depth = 0;
	if (!is_space(c) && c != '@')
		t->rule = WQ_CSS_NO_ADDRESS;
}

static bool in_text(struct wq_css *t, const char *p)
{
	char c = *p;

	if (c == '"' || c == '\'') {
		open_string(t, p,
			t->rule != WQ_CSS_NO_ADDRESS ? t->rule
				: t->set_depth == 1  ? WQ_CSS_RESOURCE
						     : WQ_CSS_NO_ADDRESS);
	} else if (c == '/') {
		open_token(t, p, WQ_CSS_COMMENT, SLASH);
	} else if (c == '\\' || is_name_byte(c)) {
		begin_name(t, c);
	} else {
		text_delimiter(t, c);
		t->before[0] = t->before[1];
		t->before[1] = c;
		t->prefix = c;
	}
	return true;
}

static bool in_ident(struct wq_css *t, const char *p)
{
	char c = *p;

	if (c == '\\') {
		t->escape = ESCAPE_FIRST;
		return true;
	}
	if (is_name_byte(c)) {
		add_name(t, c);
		if (t->name_n == 2 && t->name[0] == '-' && t->name[1] == '-' && t->before[0] == '<' &&
			t->before[1] == '!') {
			t->state = TEXT; /* <!-- is a token of its own (§4.3.1) */
			t->prefix = 0;
		}
		return true;
	}
	end_name(t, c);
	t->before[0] = 0;
	t->before[1] = 0;
	t->prefix = 0;
	return c == '(';
}

static bool in_after_paren(struct wq_css *t, const char *p)
{
	enum wq_css_use use = t->rule != WQ_CSS_NO_ADDRESS ? t->rule : WQ_CSS_RESOURCE;

	if (is_space(*p))
		return true;
	if (*p == '"' || *p == '\'') {
		open_string(t, p, use);
		if (t->set_depth > 0 && t->set_depth < DEPTH_MAX)
			t->set_depth++;
		return true;
	}
	if (*p == ')' || t->quoted_only) {
		t->state = TEXT;
		if (t->set_depth > 0 && t->set_depth < DEPTH_MAX)
			t->set_depth++;
		return false;
	}
	open_token(t, p, WQ_CSS_URL, URL);
	t->use = use;
	return false;
}

static bool in_string(struct wq_css *t, const char *p)
{
	if (*p == '\\') {
		t->escape = ESCAPE_FIRST;
		return true;
	}
	if (*p == t->quote) {
		t->value_end = at(t, p);
		close_token(t, p + 1, 1);
		return true;
	}
	if (is_newline(*p)) {
		t->bad = true;
		t->value_end = at(t, p);
		close_token(t, p, 1);
		return false;
	}
	return true;
}

static void spoil_url(struct wq_css *t)
{
	t->of = WQ_CSS_BAD_URL;
	t->state = BAD_URL;
}

static bool in_url(struct wq_css *t, const char *p)
{
	unsigned char c = (unsigned char)*p;

	if (c == ')') {
		if (t->state == URL)
			t->value_end = at(t, p);
		close_token(t, p, 0);
		return true;
	}
	if (t->state == BAD_URL) {
		if (c == '\\')
			t->escape = ESCAPE_FIRST;
		return true;
	}
	if (is_space(*p)) {
		if (t->state == URL)
			t->value_end = at(t, p);
		t->state = URL_SPACE;
	} else if (t->state == URL_SPACE || c == '"' || c == '\'' || c == '(' || c < 0x20 || c == 0x7f) {
		if (t->state == URL)
			t->value_end = at(t, p);
		spoil_url(t);
		return false;
	} else if (c == '\\')
		t->escape = ESCAPE_FIRST;
	return true;
}

static bool in_comment(struct wq_css *t, const char *p)
{
	if (t->state == SLASH) {
		if (*p == '*') {
			t->state = COMMENT;
			return true;
		}
		if (t->carry.len > 0)
			deliver_text(t, wq_buf_str(&t->carry), t->token_at);
		wq_buf_clear(&t->carry);
		if (!t->text)
			t->text = t->seg;
		t->open = false;
		t->state = TEXT;
		t->prefix = 0;
		t->before[1] = 0;
		t->rule = WQ_CSS_NO_ADDRESS;
		return false;
	}
	if (t->state == COMMENT_STAR && *p == '/') {
		t->value_end = at(t, p) - 1;
		close_token(t, p + 1, 2);
		return true;
	}
	t->state = *p == '*' ? COMMENT_STAR : COMMENT;
	return true;
}

/* An escape whose first byte is a newline is none, except in a string, where it is nothing. */
static bool spoils_escape(struct wq_css *t, const char *p)
{
	if (t->escape != ESCAPE_FIRST || !is_newline(*p) || t->state == STRING || t->state == BAD_URL)
		return false;
	t->escape = ESCAPE_NONE;
	if (t->state == IDENT)
		end_name(t, *p);
	else {
		t->value_end = at(t, p);
		spoil_url(t);
	}
	return true;
}

static bool in_state(struct wq_css *t, const char *p)
{
	switch (t->state) {
	case TEXT: return in_text(t, p);
	case IDENT: return in_ident(t, p);
	case AFTER_PAREN: return in_after_paren(t, p);
	case STRING: return in_string(t, p);
	case URL:
	case URL_SPACE:
	case BAD_URL: return in_url(t, p);
	case SLASH:
	case COMMENT:
	case COMMENT_STAR: return in_comment(t, p);
	}
	return true;
}

static bool step(struct wq_css *t, const char *p)
{
	unsigned char c = (unsigned char)*p;

	if (t->lead) {
		t->lead = false;
		if (c >= TRAIL) {
			if (t->state == IDENT)
				add_name(t, (char)0xff);
			return true;
		}
	}
	if (t->escape != ESCAPE_NONE && !spoils_escape(t, p) && in_escape(t, *p))
		return true;
	if (!in_state(t, p))
		return false;
	t->lead = t->options.encoding == WQ_HTML_ENC_MULTIBYTE && c >= LEAD;
	return true;
}

wq_err wq_css_feed(struct wq_css *t, wq_str chunk)
{
	const char *p = chunk.p, *end = p + chunk.n;

	if (chunk.n == 0)
		return t->err;
	t->chunk = p;
	t->seg = p;
	t->text = t->open ? NULL : p;
	while (p < end && !wq_failed(t->err)) {
		if (t->state == COMMENT) { /* the one long run */
			const char *star = memchr(p, '*', (size_t)(end - p));

			p = star ? star : end;
			if (p == end)
				break;
		}
		if (step(t, p))
			p++;
	}
	if (wq_failed(t->err))
		return t->err;
	flush_text(t, t->open ? t->seg : end);
	if (t->open)
		keep(t, end);
	t->chunk_at += chunk.n;
	t->chunk = NULL;
	return t->err;
}

wq_err wq_css_finish(struct wq_css *t)
{
	static const char nothing[1];

	if (wq_failed(t->err))
		return t->err;
	t->chunk = nothing;
	t->seg = nothing;
	t->text = NULL;
	if (!t->open)
		return t->err;
	if (t->state == SLASH) {
		deliver_text(t, wq_buf_str(&t->carry), t->token_at);
		return t->err;
	}
	if (t->state != URL_SPACE && t->state != BAD_URL)
		t->value_end = at(t, nothing);
	close_token(t, nothing, t->of == WQ_CSS_COMMENT ? 2 : t->of == WQ_CSS_STRING ? 1 : 0);
	return t->err;
}

struct wq_css *wq_css_new(const struct wq_css_options *options, wq_css_fn fn, void *data)
{
	struct wq_css *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	if (options)
		t->options = *options;
	if (t->options.token_max == 0)
		t->options.token_max = WQ_CSS_TOKEN_MAX;
	if (t->options.token_max < WQ_CSS_TOKEN_MIN)
		t->options.token_max = WQ_CSS_TOKEN_MIN;
	t->fn = fn;
	t->data = data;
	wq_buf_init(&t->carry, t->options.token_max);
	return t;
}

void wq_css_free(struct wq_css **css)
{
	if (!css || !*css)
		return;
	wq_buf_done(&(*css)->carry);
	free(*css);
	*css = NULL;
}

wq_err wq_css_scan(wq_str sheet, const struct wq_css_options *options, wq_css_fn fn, void *data)
{
	WQ_CLEANUP(wq_css_free) struct wq_css *t = wq_css_new(options, fn, data);

	if (!t)
		return wq_error_id(WQ_E_NO_MEMORY);
	WQ_TRY(wq_css_feed(t, sheet));
	return wq_css_finish(t);
}

static void add_point(struct wq_buf *out, uint32_t c)
{
	char b[4];
	size_t n;
	static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};

	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		b[i] = (char)(0x80 | (c & 0x3f));
	b[0] = (char)(lead[n] | c);
	wq_buf_add(out, wq_str_of(b, n));
}

wq_err wq_css_decode(wq_str value, struct wq_buf *out)
{
	for (size_t i = 0; i < value.n;) {
		uint32_t point = 0;
		size_t first;

		if (value.p[i] != '\\') {
			wq_buf_byte(out, (uint8_t)value.p[i++]);
			continue;
		}
		first = ++i;
		while (i < value.n && i < first + HEX_MAX && hex_digit(value.p[i]) >= 0)
			point = point * 16 + (uint32_t)hex_digit(value.p[i++]);
		if (i > first)
			add_point(out, point);
		else if (i < value.n && !is_newline(value.p[i])) {
			wq_buf_byte(out, (uint8_t)value.p[i++]);
			continue;
		}
		if (i < value.n && is_space(value.p[i]))
			i += value.p[i] == '\r' && i + 1 < value.n && value.p[i + 1] == '\n' ? 2 : 1;
	}
	return wq_buf_err(out);
}
