#include "detect/transform/transform_priv.h"

/* Reads the escape that begins at s.p[0], the mark; returns how many bytes it took (at least 1) and writes as many or fewer. */
typedef size_t (*escape_fn)(wq_str s, char *out, size_t *ret_n);

/* Escapes begin with `mark` or `mark2`; everything else is copied. Inlined into each decoder with its own `read`. */
static inline __attribute__((always_inline)) bool decode(
	wq_str in, char mark, char mark2, escape_fn read, struct wq_arena *arena, wq_str *ret_out)
{
	size_t at = 0, n;
	char *out, *end;

	while (at < in.n && in.p[at] != mark && in.p[at] != mark2)
		at++;
	if (at == in.n)
		return true;
	end = out = wq_arena_alloc(arena, in.n);
	if (!out)
		return false;
	memcpy(out, in.p, at);
	end += at;
	while (at < in.n)
		if (in.p[at] == mark || in.p[at] == mark2) {
			at += read(wq_str_from(in, at), end, &n);
			end += n;
		} else {
			*end++ = in.p[at++];
		}
	return wq_transform_result(in, arena, out, (size_t)(end - out), ret_out);
}

static size_t byte(uint32_t value, size_t taken, char *out, size_t *ret_n)
{
	out[0] = (char)(value & 0xff);
	*ret_n = 1;
	return taken;
}

static size_t code(uint32_t value, size_t taken, char *out, size_t *ret_n)
{
	*ret_n = wq_transform_put(value, out);
	return taken;
}

/* Four digits after two bytes of mark (%u, \u); two surrogates, each with its mark, are one character. 0: not four digits. */
static size_t unit(wq_str s, char *out, size_t *ret_n)
{
	int32_t first = wq_transform_hex_n(s, 2, 4), second;

	if (first < 0)
		return 0;
	if ((first & 0xfc00) == 0xd800 && s.n >= 12 && s.p[6] == s.p[0] && (s.p[7] | 0x20) == 'u') {
		second = wq_transform_hex_n(s, 8, 4);
		if (second >= 0xdc00 && second <= 0xdfff)
			return code(((uint32_t)first << 10) + (uint32_t)second - ((0xd800u << 10) + 0xdc00 - 0x10000),
				12, out, ret_n);
	}
	return code((uint32_t)first, 6, out, ret_n);
}

/* ---- percent ---- */

static inline size_t read_percent(wq_str s, char *out, size_t *ret_n)
{
	int32_t value;

	if (s.p[0] == '+')
		return byte(' ', 1, out, ret_n);
	value = wq_transform_hex_n(s, 1, 2);
	return value < 0 ? byte('%', 1, out, ret_n) : byte((uint32_t)value, 3, out, ret_n);
}

static inline size_t read_percent_uni(wq_str s, char *out, size_t *ret_n)
{
	size_t taken = s.n >= 6 && (s.p[1] | 0x20) == 'u' && s.p[0] == '%' ? unit(s, out, ret_n) : 0;

	return taken > 0 ? taken : read_percent(s, out, ret_n);
}

bool wq_transform_url_decode(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return decode(in, '%', '+', read_percent, arena, ret_out);
}

bool wq_transform_url_decode_uni(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return decode(in, '%', '+', read_percent_uni, arena, ret_out);
}

/* ---- backslash ---- */

static int control_escape(char c)
{
	static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
	const char *found = c ? strchr(from, c) : NULL;

	return found ? to[found - from] : -1;
}

/* Octal digits from s.p[1] on, at most three; returns their number. */
static size_t octal(wq_str s, uint32_t *ret_value)
{
	size_t n = 0;

	*ret_value = 0;
	while (n < 3 && n + 1 < s.n && s.p[n + 1] >= '0' && s.p[n + 1] <= '7')
		*ret_value = *ret_value * 8 + (uint32_t)(s.p[++n] - '0');
	return n;
}

static inline size_t read_escape(wq_str s, char *out, size_t *ret_n)
{
	uint32_t value;
	size_t digits;
	int32_t hex;
	int control;

	if (s.n < 2)
		return byte('\\', 1, out, ret_n);
	control = control_escape(s.p[1]);
	if (control >= 0)
		return byte((uint32_t)control, 2, out, ret_n);
	hex = (s.p[1] | 0x20) == 'x' ? wq_transform_hex_n(s, 2, 2) : -1;
	if (hex >= 0)
		return byte((uint32_t)hex, 4, out, ret_n);
	digits = octal(s, &value);
	return digits > 0 ? byte(value, 1 + digits, out, ret_n) : byte((uint8_t)s.p[1], 2, out, ret_n);
}

static inline size_t read_js(wq_str s, char *out, size_t *ret_n)
{
	uint32_t value;
	size_t taken = 0;
	int32_t hex;
	int control;

	if (s.n < 2)
		return byte('\\', 1, out, ret_n);
	if (s.p[1] == 'u')
		taken = unit(s, out, ret_n);
	if (taken > 0)
		return taken;
	hex = s.p[1] == 'x' ? wq_transform_hex_n(s, 2, 2) : -1;
	if (hex >= 0)
		return byte((uint32_t)hex, 4, out, ret_n);
	taken = octal(s, &value);
	if (taken == 3 && value > 0xff)
		return byte(value / 8, 3, out, ret_n);
	if (taken > 0)
		return byte(value, 1 + taken, out, ret_n);
	control = control_escape(s.p[1]);
	return byte(control >= 0 ? (uint32_t)control : (uint8_t)s.p[1], 2, out, ret_n);
}

static inline size_t read_css(wq_str s, char *out, size_t *ret_n)
{
	uint32_t value = 0;
	size_t at = 1;

	for (; at < s.n && at <= 6 && wq_transform_hex(s.p[at]) >= 0; at++)
		value = value << 4 | (uint32_t)wq_transform_hex(s.p[at]);
	if (at > 1)
		return code(value, at + (at < s.n && wq_transform_space(s.p[at])), out, ret_n);
	*ret_n = 0;
	if (s.n < 2)
		return 1;
	return s.p[1] == '\n' ? 2 : byte((uint8_t)s.p[1], 2, out, ret_n);
}

bool wq_transform_escape_seq_decode(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return decode(in, '\\', '\\', read_escape, arena, ret_out);
}

bool wq_transform_js_decode(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return decode(in, '\\', '\\', read_js, arena, ret_out);
}

bool wq_transform_css_decode(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return decode(in, '\\', '\\', read_css, arena, ret_out);
}

/* ---- ampersand ---- */

/* Where the digits in `s` from `at` on end; a number too large to be a character stays too large. */
static size_t number(wq_str s, size_t at, uint32_t base, uint32_t *ret_value)
{
	uint32_t value = 0;

	for (; at < s.n; at++) {
		int digit = wq_transform_hex(s.p[at]);
		if (digit < 0 || digit >= (int)base)
			break;
		if (value < 0x200000)
			value = value * base + (uint32_t)digit;
	}
	*ret_value = value;
	return at;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

struct name {
	wq_str name;
	char as;
};

/* Known in any case, with and without a semicolon. */
static const struct name any_case[] = {{WQ_S_INIT("quot"), '"'}, {WQ_S_INIT("amp"), '&'}, {WQ_S_INIT("lt"), '<'},
	{WQ_S_INIT("gt"), '>'}, {WQ_S_INIT("nbsp"), ' '}};
/* The other names that HTML has for ASCII characters; they end with a semicolon. */
static const struct name exact[] = {
	{WQ_S_INIT("Tab"), '\t'},
	{WQ_S_INIT("NewLine"), '\n'},
	{WQ_S_INIT("excl"), '!'},
	{WQ_S_INIT("num"), '#'},
	{WQ_S_INIT("dollar"), '$'},
	{WQ_S_INIT("percnt"), '%'},
	{WQ_S_INIT("apos"), '\''},
	{WQ_S_INIT("lpar"), '('},
	{WQ_S_INIT("rpar"), ')'},
	{WQ_S_INIT("ast"), '*'},
	{WQ_S_INIT("midast"), '*'},
	{WQ_S_INIT("plus"), '+'},
	{WQ_S_INIT("comma"), ','},
	{WQ_S_INIT("period"), '.'},
	{WQ_S_INIT("sol"), '/'},
	{WQ_S_INIT("colon"), ':'},
	{WQ_S_INIT("semi"), ';'},
	{WQ_S_INIT("equals"), '='},
	{WQ_S_INIT("quest"), '?'},
	{WQ_S_INIT("commat"), '@'},
	{WQ_S_INIT("lsqb"), '['},
	{WQ_S_INIT("lbrack"), '['},
	{WQ_S_INIT("bsol"), '\\'},
	{WQ_S_INIT("rsqb"), ']'},
	{WQ_S_INIT("rbrack"), ']'},
	{WQ_S_INIT("Hat"), '^'},
	{WQ_S_INIT("lowbar"), '_'},
	{WQ_S_INIT("UnderBar"), '_'},
	{WQ_S_INIT("grave"), '`'},
	{WQ_S_INIT("DiacriticalGrave"), '`'},
	{WQ_S_INIT("lcub"), '{'},
	{WQ_S_INIT("lbrace"), '{'},
	{WQ_S_INIT("verbar"), '|'},
	{WQ_S_INIT("vert"), '|'},
	{WQ_S_INIT("VerticalLine"), '|'},
	{WQ_S_INIT("rcub"), '}'},
	{WQ_S_INIT("rbrace"), '}'},
};

static uint32_t named(wq_str name, bool semicolon)
{
	for (size_t i = 0; i < sizeof any_case / sizeof any_case[0]; i++)
		if (wq_str_eq_nocase(any_case[i].name, name))
			return (uint32_t)any_case[i].as;
	for (size_t i = 0; semicolon && i < sizeof exact / sizeof exact[0]; i++)
		if (wq_str_eq(exact[i].name, name))
			return (uint32_t)exact[i].as;
	return 0;
}

/* The name is at most this long: what is longer is not read to its end for every ampersand. */
enum { NAME_MAX_BYTES = 16 };

static size_t read_name(wq_str s, char *out, size_t *ret_n)
{
	size_t end = 1;
	uint32_t value;
	bool semicolon;

	while (end < s.n && end <= NAME_MAX_BYTES + 1 && is_alnum(s.p[end]))
		end++;
	semicolon = end < s.n && s.p[end] == ';';
	value = named(wq_str_of(s.p + 1, end - 1), semicolon);
	return value > 0 ? byte(value, end + semicolon, out, ret_n) : byte('&', 1, out, ret_n);
}

static inline size_t read_entity(wq_str s, char *out, size_t *ret_n)
{
	bool hex = s.n > 2 && (s.p[2] | 0x20) == 'x';
	size_t from = hex ? 3 : 2, end;
	uint32_t value;

	if (s.n < 2 || s.p[1] != '#')
		return read_name(s, out, ret_n);
	end = number(s, from, hex ? 16 : 10, &value);
	if (end <= from)
		return byte('&', 1, out, ret_n);
	return code(value, end + (end < s.n && s.p[end] == ';'), out, ret_n);
}

bool wq_transform_html_entity_decode(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return decode(in, '&', '&', read_entity, arena, ret_out);
}

/* ---- hexadecimal ---- */

/* 0xHH…: as long as there are pairs. */
bool wq_transform_sql_hex_decode(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	size_t at = 0, n = 0;
	char *out = wq_arena_alloc(arena, in.n);

	if (!out)
		return false;
	while (at < in.n) {
		int32_t pair = -1;
		if (in.p[at] == '0' && at + 1 < in.n && (in.p[at + 1] | 0x20) == 'x')
			pair = wq_transform_hex_n(in, at + 2, 2);
		if (pair < 0) {
			out[n++] = in.p[at++];
			continue;
		}
		for (at += 2; pair >= 0; pair = wq_transform_hex_n(in, at, 2)) {
			out[n++] = (char)pair;
			at += 2;
		}
	}
	return wq_transform_result(in, arena, out, n, ret_out);
}

/* What ModSecurity's arithmetic makes of a digit, also of a byte that is none. */
static int any_digit(char c)
{
	uint8_t u = (uint8_t)c;

	return u >= 'A' ? (u & 0xdf) - 'A' + 10 : u - '0';
}

bool wq_transform_hex_decode(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = wq_arena_alloc(arena, in.n / 2);

	if (!out)
		return false;
	for (size_t i = 0; i < in.n / 2; i++)
		out[i] = (char)(any_digit(in.p[2 * i]) * 16 + any_digit(in.p[2 * i + 1]));
	return wq_transform_result(in, arena, out, in.n / 2, ret_out);
}
