#include "detect/transform/transform_priv.h"
#include "text/utf8.h"

/* Best fit: what looks like ASCII and is taken for it by systems that convert to a small code page. From U+00A0 to U+01FF and
 * in `others` the facts of US-ASCII (code page 20127); added are slashes, bars and brackets that code page 1252 or Unicode's
 * normal forms fold. A star: stands for itself. Full-width ASCII is a rule, not a row. */
enum { LATIN_FIRST = 0xa0, LATIN_END = 0x200, WIDE_FIRST = 0xff01, WIDE_LAST = 0xff5e, WIDE_SHIFT = 0xfee0 };

static const char latin[] = " !c*$Y|**Ca<*-R***23***.,1o>****" /* U+00A0 */
			    "AAAAAAACEEEEIIIIDNOOOOO*OUUUUY**" /* U+00C0 */
			    "aaaaaaaceeeeiiii*nooooo*ouuuuy*y" /* U+00E0 */
			    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGg" /* U+0100 */
			    "GgGgHhHhIiIiIiIiIi**JjKk*LlLlLl*" /* U+0120 */
			    "*LlNnNnNn***OoOoOoOoRrRrRrSsSsSs" /* U+0140 */
			    "SsTtTtTtUuUuUuUuUuUuWwYyYZ*ZzZz*" /* U+0160 */
			    "b********D*******Ff****I**l****O" /* U+0180 */
			    "Oo*********t**TUu*****z*********" /* U+01A0 */
			    "*************AaIiOoUuUuUuUuUu*Aa" /* U+01C0 */
			    "****GgGgKkOoOo**j***************" /* U+01E0 */;
_Static_assert(sizeof latin - 1 == LATIN_END - LATIN_FIRST, "one character each");

static const struct {
	uint16_t code;
	char as;
} others[] = {
	{0x0261, 'g'},
	{0x02b9, '\''},
	{0x02ba, '"'},
	{0x02bc, '\''},
	{0x02c4, '^'},
	{0x02c6, '^'},
	{0x02c8, '\''},
	{0x02cb, '`'},
	{0x02cd, '_'},
	{0x02dc, '~'},
	{0x0300, '`'},
	{0x0302, '^'},
	{0x0303, '~'},
	{0x030e, '"'},
	{0x0331, '_'},
	{0x0332, '_'},
	{0x2000, ' '},
	{0x2001, ' '},
	{0x2002, ' '},
	{0x2003, ' '},
	{0x2004, ' '},
	{0x2005, ' '},
	{0x2006, ' '},
	{0x2010, '-'},
	{0x2011, '-'},
	{0x2013, '-'},
	{0x2014, '-'},
	{0x2018, '\''},
	{0x2019, '\''},
	{0x201a, ','},
	{0x201c, '"'},
	{0x201d, '"'},
	{0x201e, '"'},
	{0x2022, '.'},
	{0x2026, '.'},
	{0x2032, '\''},
	{0x2035, '`'},
	{0x2039, '<'},
	{0x203a, '>'},
	{0x2044, '/'},
	{0x2122, 'T'},
	{0x2212, '-'},
	{0x2215, '/'},
	{0x2216, '\\'},
	{0x2217, '*'},
	{0x2223, '|'},
	{0x2236, ':'},
	{0x223c, '~'},
	{0x2329, '<'},
	{0x232a, '>'},
	{0xfe60, '&'},
	{0xfe64, '<'},
	{0xfe65, '>'},
	{0xfe68, '\\'},
};

/* The ASCII character that is taken for `code`, or 0. */
static char best_fit(uint32_t code)
{
	size_t low = 0, high = sizeof others / sizeof others[0];

	if (code < LATIN_END)
		return code < LATIN_FIRST || latin[code - LATIN_FIRST] == '*' ? 0 : latin[code - LATIN_FIRST];
	if (code >= WIDE_FIRST && code <= WIDE_LAST)
		return (char)(code - WIDE_SHIFT);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (others[middle].code == code)
			return others[middle].as;
		if (others[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

size_t wq_transform_put(uint32_t code, char *out)
{
	char ascii = code < 0x80 ? (char)code : best_fit(code);
	size_t n;

	if (code < 0x80 || ascii) {
		out[0] = ascii;
		return 1;
	}
	n = wq_utf8_write(code, out);
	return n > 0 ? n : wq_utf8_write(WQ_UTF8_REPLACEMENT, out);
}

/* ---- utf8toUnicode ---- */

static bool is_high(wq_str s, size_t at)
{
	return at < s.n && (uint8_t)s.p[at] >= 0x80;
}

/* Where the characters that begin at `at` reach the first ASCII one, or the first byte that is no UTF-8. */
static size_t utf8_end(wq_str in, size_t at)
{
	uint32_t code;

	while (is_high(in, at)) {
		size_t n = wq_utf8_step(wq_str_from(in, at), &code);
		if (code == WQ_UTF8_BAD)
			break;
		at += n;
	}
	return at;
}

static bool gb_lead(wq_str s, size_t at)
{
	return is_high(s, at) && (uint8_t)s.p[at] != 0x80 && (uint8_t)s.p[at] != 0xff;
}

static bool gb_digit(wq_str s, size_t at)
{
	return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

/* The same for GB18030. */
static size_t gb_end(wq_str in, size_t at)
{
	while (gb_lead(in, at)) {
		uint8_t next = at + 1 < in.n ? (uint8_t)in.p[at + 1] : 0;
		if (next >= 0x40 && next != 0x7f && next != 0xff)
			at += 2;
		else if (gb_digit(in, at + 1) && gb_lead(in, at + 2) && gb_digit(in, at + 3))
			at += 4;
		else
			break;
	}
	return at;
}

static char *put_unit(char *out, uint32_t unit)
{
	static const char digits[] = "0123456789abcdef";

	*out++ = '%';
	*out++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*out++ = digits[unit >> shift & 15];
	return out;
}

/* What of in[*at, to) is UTF-8 becomes %uHHHH, above U+FFFF two of them; other bytes stay. May read on to the end of the last
 * character; `*at` is moved there. */
static char *encode(wq_str in, size_t *at, size_t to, char *out)
{
	uint32_t code;

	while (*at < to) {
		size_t n = wq_utf8_step(wq_str_from(in, *at), &code);
		if (code == WQ_UTF8_BAD || code < 0x80) {
			n = 1;
			*out++ = in.p[*at];
		} else if (code < 0x10000) {
			out = put_unit(out, code);
		} else {
			out = put_unit(out, 0xd7c0 + (code >> 10));
			out = put_unit(out, 0xdc00 | (code & 0x3ff));
		}
		*at += n;
	}
	return out;
}

/* A stretch that is no UTF-8 as a whole but GB18030 as a whole is left alone: two of its bytes may look like a Latin letter.
 * One that is neither is encoded where it can be, up to where both readings have failed: no byte is read more than three times. */
static char *encode_stretch(wq_str in, size_t *at, char *out)
{
	size_t utf8 = utf8_end(in, *at), gb;

	if (!is_high(in, utf8))
		return encode(in, at, utf8, out);
	gb = gb_end(in, *at);
	if (is_high(in, gb))
		return encode(in, at, WQ_MAX(utf8, gb) + 1, out);
	memcpy(out, in.p + *at, gb - *at);
	out += gb - *at;
	*at = gb;
	return out;
}

bool wq_transform_utf8_to_unicode(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	size_t at = 0;
	char *out, *end;

	if (in.n > SIZE_MAX / 3)
		return false;
	while (at < in.n && !is_high(in, at))
		at++;
	if (at == in.n)
		return true;
	end = out = wq_arena_alloc(arena, 3 * in.n);
	if (!out)
		return false;
	memcpy(out, in.p, at);
	end += at;
	while (at < in.n)
		if (is_high(in, at))
			end = encode_stretch(in, &at, end);
		else
			*end++ = in.p[at++];
	return wq_transform_result(in, arena, out, (size_t)(end - out), ret_out);
}
