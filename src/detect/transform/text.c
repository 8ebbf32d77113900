#include "detect/transform/transform_priv.h"

/* ---- case ---- */

/* Eight bytes at a time: flips the case bit of those between `first` and `first` + 25. */
static uint64_t flip_case(uint64_t word, char first)
{
	const uint64_t ones = 0x0101010101010101, tops = 0x80 * ones;
	uint64_t low = word & ~tops;
	uint64_t from = low + (0x80 - (uint64_t)first) * ones, past = low + (0x80 - (uint64_t)first - 26) * ones;

	return word ^ ((from & ~past & ~word & tops) >> 2);
}

static bool change_case(wq_str in, char first, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = wq_arena_alloc(arena, in.n);
	uint64_t word;
	size_t i = 0;

	if (!out)
		return false;
	for (; i + 8 <= in.n; i += 8) {
		memcpy(&word, in.p + i, 8);
		word = flip_case(word, first);
		memcpy(out + i, &word, 8);
	}
	for (; i < in.n; i++)
		out[i] = (char)(in.p[i] ^ ((uint8_t)(in.p[i] - first) < 26 ? 0x20 : 0));
	return wq_transform_result(in, arena, out, in.n, ret_out);
}

bool wq_transform_lowercase(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return change_case(in, 'A', arena, ret_out);
}

bool wq_transform_uppercase(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return change_case(in, 'a', arena, ret_out);
}

/* ---- white space ---- */

static uint8_t at_or_0(wq_str s, size_t at)
{
	return at < s.n ? (uint8_t)s.p[at] : 0;
}

/* The length of the white space character at `at`, 0: none. U+00A0 is one, in UTF-8 and, with no byte from 0x80 on beside it,
 * in Latin-1: among others the byte is part of a Chinese character. */
static size_t space_at(wq_str in, size_t at)
{
	uint8_t c = (uint8_t)in.p[at];

	if (wq_transform_space((char)c))
		return 1;
	if (c == 0xc2)
		return at_or_0(in, at + 1) == 0xa0 ? 2 : 0;
	return c == 0xa0 && at_or_0(in, at + 1) < 0x80 && (at == 0 || (uint8_t)in.p[at - 1] < 0x80);
}

bool wq_transform_remove_whitespace(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = wq_arena_alloc(arena, in.n);
	size_t n = 0;

	if (!out)
		return false;
	for (size_t i = 0; i < in.n;) {
		size_t space = space_at(in, i);
		if (space == 0)
			out[n++] = in.p[i++];
		i += space;
	}
	return wq_transform_result(in, arena, out, n, ret_out);
}

bool wq_transform_compress_whitespace(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = wq_arena_alloc(arena, in.n);
	bool after_space = false;
	size_t n = 0;

	if (!out)
		return false;
	for (size_t i = 0; i < in.n;) {
		size_t space = space_at(in, i);
		if (space == 0)
			out[n++] = in.p[i++];
		else if (!after_space)
			out[n++] = ' ';
		after_space = space > 0;
		i += space;
	}
	return wq_transform_result(in, arena, out, n, ret_out);
}

static bool trim(wq_str in, bool left, bool right, wq_str *ret_out)
{
	while (left && in.n > 0 && wq_transform_space(in.p[0]))
		in = wq_str_from(in, 1);
	while (right && in.n > 0 && wq_transform_space(in.p[in.n - 1]))
		in.n--;
	*ret_out = in;
	return true;
}

bool wq_transform_trim(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	(void)arena;
	return trim(in, true, true, ret_out);
}

bool wq_transform_trim_left(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	(void)arena;
	return trim(in, true, false, ret_out);
}

bool wq_transform_trim_right(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	(void)arena;
	return trim(in, false, true, ret_out);
}

/* ---- command lines ---- */

bool wq_transform_cmd_line(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = wq_arena_alloc(arena, in.n);
	bool after_space = false;
	size_t n = 0;

	if (!out)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		switch (c) {
		case '"':
		case '\'':
		case '\\':
		case '^': break;
		case ' ':
		case ',':
		case ';':
		case '\t':
		case '\r':
		case '\n':
			if (!after_space)
				out[n++] = ' ';
			after_space = true;
			break;
		default:
			n -= after_space && (c == '/' || c == '(');
			after_space = false;
			out[n++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
		}
	}
	return wq_transform_result(in, arena, out, n, ret_out);
}

/* ---- NUL ---- */

static bool change_nulls(wq_str in, bool keep_as_space, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = wq_arena_alloc(arena, in.n);
	size_t n = 0;

	if (!out)
		return false;
	for (size_t i = 0; i < in.n; i++)
		if (in.p[i] != '\0')
			out[n++] = in.p[i];
		else if (keep_as_space)
			out[n++] = ' ';
	return wq_transform_result(in, arena, out, n, ret_out);
}

bool wq_transform_remove_nulls(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return change_nulls(in, false, arena, ret_out);
}

bool wq_transform_replace_nulls(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return change_nulls(in, true, arena, ret_out);
}

/* ---- parity, as of 7-bit lines ---- */

static bool parity(wq_str in, bool odd, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = wq_arena_alloc(arena, in.n);

	if (!out)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		bool top = __builtin_parity((uint8_t)in.p[i]) != odd;
		out[i] = (char)(top ? in.p[i] | 0x80 : in.p[i] & 0x7f);
	}
	return wq_transform_result(in, arena, out, in.n, ret_out);
}

bool wq_transform_parity_even(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return parity(in, false, arena, ret_out);
}

bool wq_transform_parity_odd(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return parity(in, true, arena, ret_out);
}

bool wq_transform_parity_zero(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = wq_arena_alloc(arena, in.n);

	if (!out)
		return false;
	for (size_t i = 0; i < in.n; i++)
		out[i] = (char)(in.p[i] & 0x7f);
	return wq_transform_result(in, arena, out, in.n, ret_out);
}

/* ---- length ---- */

bool wq_transform_length(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	char digits[24];
	size_t at = sizeof digits, n = in.n;
	wq_str out;

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	out = wq_arena_str(arena, wq_str_of(digits + at, sizeof digits - at));
	return out.p && wq_transform_result(in, arena, out.p, out.n, ret_out);
}
