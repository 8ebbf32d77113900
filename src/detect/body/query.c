/* Pairs of forms, query strings and cookies. */
#include "detect/body/body_priv.h"

#include "base/utf8.h"

/* What a byte means inside a pair. */
enum { EQUALS = 1, CODED = 2, ZERO = 4, HIGH = 8, SEMICOLON = 16 };

static const uint8_t classes[256] = {
	[0] = ZERO,
	['='] = EQUALS,
	['%'] = CODED,
	['+'] = CODED,
	[';'] = SEMICOLON,
	[0x80 ... 0xff] = HIGH,
};

static const int8_t digits[256] = {
	['0'] = 1,
	2,
	3,
	4,
	5,
	6,
	7,
	8,
	9,
	10,
	['A'] = 11,
	12,
	13,
	14,
	15,
	16,
	['a'] = 11,
	12,
	13,
	14,
	15,
	16,
};

static inline int digit(char c)
{
	return digits[(uint8_t)c] - 1;
}

static inline int coded_byte(wq_str s, size_t at)
{
	int high, low;
	if (s.n - at < 3)
		return -1;
	high = digit(s.p[at + 1]);
	low = digit(s.p[at + 2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool wq_body_bad_percent(wq_str s)
{
	for (size_t at = 0; at < s.n; at++) {
		const char *p = memchr(s.p + at, '%', s.n - at);
		if (!p)
			return false;
		at = (size_t)(p - s.p);
		if (coded_byte(s, at) < 0)
			return true;
		at += 2;
	}
	return false;
}

static uint64_t odd_percent(wq_str s, size_t at)
{
	if (s.n - at < 6 || (s.p[at + 1] | 0x20) != 'u')
		return WQ_ODD(PERCENT);
	for (size_t i = 2; i < 6; i++)
		if (digit(s.p[at + i]) < 0)
			return WQ_ODD(PERCENT);
	return WQ_ODD(PERCENT) | WQ_ODD(PERCENT_U);
}

/* Into `out`, which has room for s.n bytes. Returns what was written; adds the classes of the bytes that came out. */
static size_t decode(wq_str s, char *out, uint8_t *classes_found, uint64_t *oddities)
{
	size_t n = 0;
	uint8_t found = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int byte = coded_byte(s, i);
			if (byte < 0)
				*oddities |= odd_percent(s, i);
			else
				i += 2, c = (char)byte;
		}
		found |= classes[(uint8_t)c];
		out[n++] = c;
	}
	*classes_found |= found;
	return n;
}

/* Forms of more bytes than needed: what no UTF-8 decoder may take (RFC 3629 §3), and some do. */
static bool overlong(wq_str s)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		uint8_t a = (uint8_t)s.p[i], b = (uint8_t)s.p[i + 1];
		if ((b & 0xc0) == 0x80 &&
			(a == 0xc0 || a == 0xc1 || (a == 0xe0 && b < 0xa0) || (a == 0xf0 && b < 0x90)))
			return true;
	}
	return false;
}

static size_t ascii_bytes(wq_str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += (uint8_t)s.p[i] < 0x80;
	return n;
}

/* By a decoder of text/charset.h, when it finds no fault; else `s` itself. */
static wq_str converted(struct wq_args *args, enum wq_charset charset, wq_str s)
{
	struct wq_decoder decoder;
	WQ_BUF(out, 3 * s.n + 4);
	if (wq_failed(wq_charset_decode(charset, s, &out, &decoder)))
		return WQ_S_NONE;
	if (decoder.replaced)
		return s;
	args->hid |= ascii_bytes(wq_buf_str(&out)) < ascii_bytes(s);
	return wq_arena_str(args->arena, wq_buf_str(&out));
}

/* A stretch of high bytes that is not UTF-8: what looks like a character of two bytes is one by chance. */
static void replaced(struct wq_buf *out, wq_str stretch)
{
	for (uint32_t code; stretch.n > 0;) {
		size_t n = wq_utf8_step(stretch, &code);
		wq_buf_add(out, code == WQ_UTF8_BAD || n == 2 ? WQ_S("\xef\xbf\xbd") : wq_str_head(stretch, n));
		stretch = wq_str_from(stretch, n);
	}
}

wq_str wq_args_lossy(struct wq_args *args, wq_str s)
{
	WQ_BUF(out, 3 * s.n + 4);
	for (size_t at = 0, n; at < s.n; at += n) {
		bool high = (uint8_t)s.p[at] >= 0x80;
		for (n = 1; at + n < s.n && ((uint8_t)s.p[at + n] >= 0x80) == high; n++)
			;
		wq_str stretch = wq_str_head(wq_str_from(s, at), n);
		if (high && !wq_utf8_valid(stretch))
			replaced(&out, stretch);
		else
			wq_buf_add(&out, stretch);
	}
	return wq_failed(wq_buf_err(&out)) ? WQ_S_NONE : wq_arena_str(args->arena, wq_buf_str(&out));
}

wq_str wq_args_text(struct wq_args *args, enum wq_charset charset, wq_str s)
{
	if (!wq_has_high(s) || charset == WQ_CHARSET_WINDOWS1252)
		return s;
	if (charset == WQ_CHARSET_GB18030 || charset == WQ_CHARSET_BIG5) {
		wq_str text = converted(args, charset, s);
		if (text.p == s.p)
			*args->oddities |= WQ_ODD(CHARSET);
		return text;
	}
	if (wq_utf8_valid(s))
		return s;
	if (charset == WQ_CHARSET_NONE && args->sink->gb18030) {
		wq_str text = converted(args, WQ_CHARSET_GB18030, s);
		if (text.p != s.p)
			return text;
	}
	if (charset != WQ_CHARSET_NONE)
		*args->oddities |= WQ_ODD(CHARSET);
	if (overlong(s))
		*args->oddities |= WQ_ODD(OVERLONG);
	return s;
}

bool wq_args_tell(struct wq_args *args, wq_str name, wq_str value)
{
	if (args->n >= args->max)
		return false;
	args->n++;
	if (!args->distinct && wq_seen_add(&args->names, args->arena, wq_str_hash(name, 0)))
		*args->oddities |= WQ_ODD(DUPLICATE);
	if (args->arena->failed)
		return false;
	return !args->sink->arg || args->sink->arg(args->sink->data, name, value);
}

/* One side of a pair, of which the classes are known, with escapes decoded. False: no memory. */
static bool side(struct wq_args *args, wq_str *s, uint8_t found, bool lent)
{
	if ((found & CODED) || !lent) {
		char *out = wq_arena_alloc(args->arena, s->n);
		if (!out)
			return false;
		*s = wq_str_of(out, decode(*s, out, &found, args->oddities));
	}
	if (found & ZERO)
		*args->oddities |= WQ_ODD(NUL);
	return s->p != NULL;
}

/* In the charset, and the other reading where there is one. */
static bool tell_pair(struct wq_args *args, wq_str name, wq_str value)
{
	bool distinct = args->distinct, told;
	args->hid = false;
	wq_str name_text = wq_args_text(args, args->charset, name);
	wq_str value_text = wq_args_text(args, args->charset, value);
	if (!name_text.p || !value_text.p || !wq_args_tell(args, name_text, value_text))
		return false;
	if (!args->hid)
		return true;
	name = wq_args_lossy(args, name);
	value = wq_args_lossy(args, value);
	args->distinct = true; /* the sender gave it once */
	told = name.p && value.p && wq_args_tell(args, name, value);
	args->distinct = distinct;
	return told;
}

bool wq_args_pair(struct wq_args *args, wq_str raw, bool lent)
{
	uint8_t in_name = 0, in_value = 0;
	size_t i = 0;
	wq_str name, value;
	if (raw.n == 0)
		return true;
	while (i < raw.n && raw.p[i] != '=')
		in_name |= classes[(uint8_t)raw.p[i++]];
	name = wq_str_head(raw, i);
	value = wq_str_from(raw, i + 1);
	for (i = 0; i < value.n; i++)
		in_value |= classes[(uint8_t)value.p[i]];
	if ((in_value & (SEMICOLON | EQUALS)) == (SEMICOLON | EQUALS) || ((in_name & SEMICOLON) && name.n < raw.n))
		*args->oddities |= WQ_ODD(SEMICOLON_PAIR);
	return side(args, &name, in_name, lent) && side(args, &value, in_value, lent) && tell_pair(args, name, value);
}

bool wq_body_query(
	wq_str raw, uint32_t args_max, const struct wq_body_sink *sink, struct wq_arena *arena, uint64_t *oddities)
{
	struct wq_args args = {.sink = sink, .arena = arena, .oddities = oddities, .max = args_max};
	if (raw.n == 0)
		return true;
	while (raw.p)
		if (!wq_args_pair(&args, wq_str_cut(&raw, '&'), true))
			return false;
	return true;
}

bool wq_body_cookies(wq_str header, uint32_t max, const struct wq_body_sink *sink, uint64_t *oddities)
{
	uint32_t n = 0;
	if (memchr(header.p ? header.p : "", '\0', header.n))
		*oddities |= WQ_ODD(NUL);
	while (header.p) {
		wq_str value = wq_str_trim(wq_str_cut(&header, ';'));
		if (value.n == 0)
			continue;
		wq_str name = wq_str_trim(wq_str_cut(&value, '='));
		value = value.p ? wq_str_trim(value) : wq_str_of(name.p + name.n, 0);
		if (n++ >= max || (sink->arg && !sink->arg(sink->data, name, value)))
			return false;
	}
	return true;
}
