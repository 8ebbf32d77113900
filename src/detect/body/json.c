/* JSON (RFC 8259) in pieces, no tree. The name of the value that comes next stands in `path`: the container's name, and behind
 * it the key or the index. What a piece cuts (a string, a number, a word) is kept in `token`. */
#include "detect/body/body_priv.h"

#include "base/utf8.h"

enum state {
	VALUE,       /* a value is due */
	FIRST_VALUE, /* a value, or the end of the array */
	FIRST_KEY,   /* a key, or the end of the object */
	KEY,         /* a key */
	COLON,       /* after a key */
	COMMA,       /* after a value in a container */
	STRING,      /* in a string: a key when `key` */
	ESCAPE,      /* after the backslash */
	UNICODE,     /* in the digits of \u */
	WORD,        /* in a number, true, false, null */
	END          /* nothing but white space */
};

/* What a byte may be. */
enum { SPACE = 1, WORDY = 2, PLAIN = 4 };

static const uint8_t classes[256] = {
	[' '] = SPACE | PLAIN,
	['\t'] = SPACE,
	['\n'] = SPACE,
	['\r'] = SPACE,
	['!'] = PLAIN,
	['#' ... '*'] = PLAIN,
	['+'] = WORDY | PLAIN,
	[','] = PLAIN,
	['-' ... '.'] = WORDY | PLAIN,
	['/'] = PLAIN,
	['0' ... '9'] = WORDY | PLAIN,
	[':' ... '@'] = PLAIN,
	['A' ... 'Z'] = WORDY | PLAIN,
	['['] = PLAIN,
	[']' ... '`'] = PLAIN,
	['a' ... 'z'] = WORDY | PLAIN,
	['{' ... 0xff] = PLAIN,
};

enum { NAMES_FACTOR = 8 };
/* FNV mixes a small seed with the first byte only */
#define SPREAD UINT64_C(0x9e3779b97f4a7c15)

struct level {
	size_t path_n; /* the container's name */
	uint32_t index;
	uint32_t id; /* of the container, for its keys */
	bool array;
};

struct json {
	struct level *levels;
	struct wq_hold path, token;
	struct wq_seen keys;
	size_t names_bytes;
	uint64_t at; /* bytes before the piece */
	uint32_t depth, ids;
	uint16_t code, surrogate; /* of \u; a high surrogate that waits for its other half */
	uint8_t code_n;
	uint8_t high; /* all bytes of the string, or'ed */
	enum state state;
	bool key, cut, bom_over;
};

static bool open(struct wq_body *body, wq_str content_type)
{
	struct json *json = WQ_NEW(body->arena, struct json);
	(void)content_type;
	if (!json)
		return false;
	json->levels = WQ_NEW_ARRAY(body->arena, struct level, (size_t)body->limits.depth + 1);
	body->state = json;
	body->args.distinct = true;
	return json->levels && wq_hold_add(&json->path, body->arena, WQ_S("json"));
}

static bool hold(struct wq_body *body, struct wq_hold *to, wq_str s)
{
	if (wq_hold_add(to, body->arena, s))
		return true;
	wq_body_over(body, "no memory");
	return false;
}

static struct level *top(struct json *json)
{
	return json->depth ? &json->levels[json->depth] : NULL;
}

/* The name of what comes next: that of the container, then `mark`, then `part`. */
static bool name_next(struct wq_body *body, wq_str mark, wq_str part)
{
	struct json *json = body->state;
	json->path.n = top(json)->path_n;
	return hold(body, &json->path, mark) && hold(body, &json->path, part);
}

/* An element begins, or the value of a key that is named already. */
static bool name_element(struct wq_body *body)
{
	struct json *json = body->state;
	struct level *level = top(json);
	char text[16];
	size_t at = sizeof text;
	if (!level || !level->array)
		return true;
	uint32_t n = level->index++;
	do
		text[--at] = (char)('0' + n % 10);
	while (n /= 10);
	return name_next(body, WQ_S(".array_"), wq_str_of(text + at, sizeof text - at));
}

static bool name_member(struct wq_body *body, wq_str key)
{
	struct json *json = body->state;
	if (wq_seen_add(&json->keys, body->arena, wq_str_hash(key, top(json)->id * SPREAD)))
		wq_body_odd(body, WQ_ODD(JSON_DUPLICATE) | WQ_ODD(DUPLICATE));
	if (body->arena->failed) {
		wq_body_over(body, "no memory");
		return false;
	}
	return name_next(body, WQ_S("."), key.n ? key : WQ_S("empty-key"));
}

/* Tells what stands at `path`. `stays`: the value does; else it is copied behind its name. */
static void leaf(struct wq_body *body, wq_str value, bool stays)
{
	struct json *json = body->state;
	size_t name_n = json->path.n;
	char *p;
	json->names_bytes += name_n;
	if (json->names_bytes > (size_t)NAMES_FACTOR * body->limits.no_files_bytes) {
		wq_body_over(body, "names of more than %u bytes", NAMES_FACTOR * body->limits.no_files_bytes);
		return;
	}
	p = wq_arena_alloc(body->arena, name_n + (stays ? 0 : value.n));
	if (!p) {
		wq_body_over(body, "no memory");
		return;
	}
	memcpy(p, json->path.p, name_n);
	if (!stays) {
		memcpy(p + name_n, value.p, value.n);
		value.p = p + name_n;
	}
	json->state = json->depth ? COMMA : END;
	wq_body_arg(body, wq_str_of(p, name_n), value);
}

static void push(struct wq_body *body, bool array)
{
	struct json *json = body->state;
	if (json->depth >= body->limits.depth) {
		wq_body_over(body, "deeper than %u", body->limits.depth);
		return;
	}
	json->levels[++json->depth] = (struct level){.path_n = json->path.n, .id = ++json->ids, .array = array};
	json->state = array ? FIRST_VALUE : FIRST_KEY;
}

static void pop(struct wq_body *body, bool empty)
{
	struct json *json = body->state;
	json->path.n = top(json)->path_n;
	json->depth--;
	if (empty)
		leaf(body, WQ_S(""), true);
	json->state = json->depth ? COMMA : END;
}

static bool is_digit(wq_str s, size_t at)
{
	return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

static size_t skip_digits(wq_str s, size_t at)
{
	while (is_digit(s, at))
		at++;
	return at;
}

/* RFC 8259 §6 */
static bool is_number(wq_str s)
{
	size_t at = s.n > 0 && s.p[0] == '-';
	if (!is_digit(s, at))
		return false;
	at = s.p[at] == '0' ? at + 1 : skip_digits(s, at);
	if (at < s.n && s.p[at] == '.') {
		if (!is_digit(s, ++at))
			return false;
		at = skip_digits(s, at);
	}
	if (at < s.n && (s.p[at] | 0x20) == 'e') {
		at++;
		at += at < s.n && (s.p[at] == '+' || s.p[at] == '-');
		if (!is_digit(s, at))
			return false;
		at = skip_digits(s, at);
	}
	return at == s.n;
}

static void word_ends(struct wq_body *body, wq_str word, bool stays)
{
	if (wq_str_eq(word, WQ_S("null")))
		leaf(body, WQ_S(""), true);
	else if (wq_str_eq(word, WQ_S("true")) || wq_str_eq(word, WQ_S("false")) || is_number(word))
		leaf(body, word, stays);
	else
		wq_body_fail(body, "JSON: a word that is no value");
}

static void string_ends(struct wq_body *body, wq_str s, bool stays)
{
	struct json *json = body->state;
	if (json->high >= 0x80 && !wq_utf8_valid(s)) {
		wq_body_odd(body, WQ_ODD(CHARSET));
		(void)wq_args_text(&body->args, WQ_CHARSET_UTF8, s);
	}
	if (!json->key) {
		leaf(body, s, stays);
		return;
	}
	json->state = COLON;
	name_member(body, s);
}

/* Adds a code point that \u named; half a surrogate pair becomes U+FFFD. */
static bool code_point(struct wq_body *body, uint32_t code)
{
	char out[4];
	size_t n = 0;
	if (code == 0)
		wq_body_odd(body, WQ_ODD(NUL));
	if (code >= 0xd800 && code < 0xe000) {
		wq_body_odd(body, WQ_ODD(CHARSET));
		code = 0xfffd;
	}
	if (code < 0x80) {
		out[n++] = (char)code;
	} else if (code < 0x800) {
		out[n++] = (char)(0xc0 | code >> 6);
	} else if (code < 0x10000) {
		out[n++] = (char)(0xe0 | code >> 12);
		out[n++] = (char)(0x80 | (code >> 6 & 0x3f));
	} else {
		out[n++] = (char)(0xf0 | code >> 18);
		out[n++] = (char)(0x80 | (code >> 12 & 0x3f));
		out[n++] = (char)(0x80 | (code >> 6 & 0x3f));
	}
	if (code >= 0x80)
		out[n++] = (char)(0x80 | (code & 0x3f));
	return hold(body, &((struct json *)body->state)->token, wq_str_of(out, n));
}

/* A high surrogate was not followed by a low one. */
static bool lone_surrogate(struct wq_body *body)
{
	struct json *json = body->state;
	uint16_t high = json->surrogate;
	json->surrogate = 0;
	return !high || code_point(body, high);
}

static void unit_ends(struct wq_body *body)
{
	struct json *json = body->state;
	uint32_t code = json->code;
	json->state = STRING;
	if (json->surrogate && code >= 0xdc00 && code < 0xe000) {
		code = 0x10000 + ((uint32_t)(json->surrogate - 0xd800) << 10) + (code - 0xdc00);
		json->surrogate = 0;
		code_point(body, code);
		return;
	}
	if (!lone_surrogate(body))
		return;
	if (code >= 0xd800 && code < 0xdc00)
		json->surrogate = (uint16_t)code;
	else
		code_point(body, code);
}

static void unit_digit(struct wq_body *body, char c)
{
	struct json *json = body->state;
	unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : ((unsigned)(c | 0x20) - 'a') + 10;
	if (digit > 15) {
		wq_body_fail(body, "JSON: \\u without four hexadecimal digits");
		return;
	}
	json->code = (uint16_t)(json->code << 4 | digit);
	if (++json->code_n == 4)
		unit_ends(body);
}

static void escaped(struct wq_body *body, char c)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	struct json *json = body->state;
	const char *found = c ? strchr(from, c) : NULL;
	if (c == 'u') {
		json->state = UNICODE;
		json->code = json->code_n = 0;
		return;
	}
	json->state = STRING;
	if (!found)
		wq_body_fail(body, "JSON: an escape that is none");
	else if (lone_surrogate(body))
		hold(body, &json->token, wq_str_of(&to[found - from], 1));
}

#define EIGHT(byte) (UINT64_C(0x0101010101010101) * (byte))
/* Eight bytes at once, of which none ends the run: no quotation mark, backslash, control byte. */
static inline bool eight_plain(uint64_t x)
{
	uint64_t quote = x ^ EIGHT('"'), slash = x ^ EIGHT('\\');
	return !((((quote - EIGHT(1)) & ~quote) | ((slash - EIGHT(1)) & ~slash) | ((x - EIGHT(0x20)) & ~x)) &
		EIGHT(0x80));
}

/* The end of the run of plain bytes from `at` on; what of them is not ASCII shows in *high. */
static size_t plain_run(wq_str s, size_t at, uint8_t *high)
{
	uint64_t x, any = 0;
	while (s.n - at >= 8 && (memcpy(&x, s.p + at, 8), eight_plain(x))) {
		any |= x;
		at += 8;
	}
	uint8_t last = any & EIGHT(0x80) ? 0x80 : 0;
	while (at < s.n && (classes[(uint8_t)s.p[at]] & PLAIN))
		last |= (uint8_t)s.p[at++];
	*high |= last;
	return at;
}

/* From `at` on inside a string. Returns where it stopped. */
static size_t in_string(struct wq_body *body, wq_str s, size_t at)
{
	struct json *json = body->state;
	size_t from = at;
	at = plain_run(s, at, &json->high);
	wq_str run = wq_str_head(wq_str_from(s, from), at - from);
	if (json->surrogate && (run.n || (at < s.n && s.p[at] == '"')) && !lone_surrogate(body))
		return at;
	if (at < s.n && s.p[at] == '"' && !json->cut) {
		string_ends(body, run, body->lent);
		return at + 1;
	}
	json->cut = true;
	if (!hold(body, &json->token, run) || at == s.n)
		return at;
	if (s.p[at] == '"') {
		string_ends(body, wq_hold_take(&json->token), true);
	} else if (s.p[at] == '\\') {
		json->state = ESCAPE;
	} else {
		wq_body_fail(body, "JSON: a control byte in a string");
	}
	return at + 1;
}

static size_t in_word(struct wq_body *body, wq_str s, size_t at)
{
	struct json *json = body->state;
	size_t from = at;
	while (at < s.n && (classes[(uint8_t)s.p[at]] & WORDY))
		at++;
	wq_str run = wq_str_head(wq_str_from(s, from), at - from);
	if (at < s.n && !json->token.n) {
		word_ends(body, run, body->lent);
	} else if (hold(body, &json->token, run) && at < s.n) {
		word_ends(body, wq_hold_take(&json->token), true);
	}
	return at;
}

static void begin_string(struct json *json, bool key)
{
	json->state = STRING;
	json->key = key;
	json->cut = false;
	json->high = 0;
}

/* The first byte of a value. Returns how many bytes were used. */
static size_t value_begins(struct wq_body *body, char c)
{
	struct json *json = body->state;
	if (c == ']' && json->state == FIRST_VALUE) {
		pop(body, true);
		return 1;
	}
	if (!name_element(body))
		return 0;
	if (c == '"') {
		begin_string(json, false);
		return 1;
	}
	if (c == '{' || c == '[') {
		push(body, c == '[');
		return 1;
	}
	if (!(classes[(uint8_t)c] & WORDY))
		wq_body_fail(body, "JSON: a value is missing");
	json->state = WORD;
	return 0;
}

/* A byte between values that is not white space. Returns how many were used. */
static size_t between(struct wq_body *body, char c)
{
	struct json *json = body->state;
	switch (json->state) {
	case VALUE:
	case FIRST_VALUE: return value_begins(body, c);
	case FIRST_KEY:
	case KEY:
		if (c == '"')
			begin_string(json, true);
		else if (c == '}' && json->state == FIRST_KEY)
			pop(body, true);
		else
			wq_body_fail(body, "JSON: a key is missing");
		return 1;
	case COLON:
		json->state = VALUE;
		if (c != ':')
			wq_body_fail(body, "JSON: a colon is missing");
		return 1;
	case COMMA:
		if (c == ',')
			json->state = top(json)->array ? VALUE : KEY;
		else if (c == (top(json)->array ? ']' : '}'))
			pop(body, false);
		else
			wq_body_fail(body, "JSON: a comma or an end is missing");
		return 1;
	case END: wq_body_fail(body, "JSON: bytes after the value"); return 0;
	case STRING:
	case ESCAPE:
	case UNICODE:
	case WORD: break;
	}
	return 0;
}

/* A byte order mark before the value (RFC 8259 §8.1: "MUST NOT add", may be ignored). Bytes of it. */
static size_t byte_order_mark(struct wq_body *body, wq_str s)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct json *json = body->state;
	size_t n = 0;
	while (!json->bom_over && n < s.n) {
		size_t was = (size_t)json->at + n;
		if (was == 3 || s.p[n] != mark[was]) {
			json->bom_over = true;
			if (was == 3)
				wq_body_odd(body, WQ_ODD(JSON_BOM));
			else if (was)
				wq_body_fail(body, "JSON: a value is missing");
		} else {
			n++;
		}
	}
	return n;
}

static void add(struct wq_body *body, wq_str piece)
{
	struct json *json = body->state;
	size_t at = byte_order_mark(body, piece);
	while (at < piece.n && !body->report.failed) {
		char c = piece.p[at];
		switch (json->state) {
		case STRING: at = in_string(body, piece, at); break;
		case WORD: at = in_word(body, piece, at); break;
		case ESCAPE: escaped(body, c), at++; break;
		case UNICODE: unit_digit(body, c), at++; break;
		case VALUE:
		case FIRST_VALUE:
		case FIRST_KEY:
		case KEY:
		case COLON:
		case COMMA:
		case END: at += classes[(uint8_t)c] & SPACE ? 1 : between(body, c); break;
		}
	}
	json->at += piece.n;
}

static void end(struct wq_body *body)
{
	struct json *json = body->state;
	if (json->state == WORD && json->depth == 0)
		word_ends(body, wq_hold_take(&json->token), true);
	if (json->state != END)
		wq_body_fail(body, "JSON: the end is missing");
}

const struct wq_body_parser wq_body_json = {.open = open, .add = add, .end = end, .decode = true};
