#include "base/base.h"

static unsigned char lower(char c)
{
	unsigned char u = (unsigned char)c;
	return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int wq_str_cmp(wq_str a, wq_str b)
{
	size_t n = WQ_MIN(a.n, b.n);
	int order = n ? memcmp(a.p, b.p, n) : 0;

	if (order != 0)
		return order;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool wq_str_eq_nocase(wq_str a, wq_str b)
{
	return a.n == b.n && wq_str_starts_nocase(a, b);
}

bool wq_str_starts(wq_str s, wq_str prefix)
{
	return wq_str_eq(wq_str_head(s, prefix.n), prefix);
}

bool wq_str_ends(wq_str s, wq_str suffix)
{
	return s.n >= suffix.n && wq_str_eq(wq_str_from(s, s.n - suffix.n), suffix);
}

bool wq_str_starts_nocase(wq_str s, wq_str prefix)
{
	if (s.n < prefix.n)
		return false;
	for (size_t i = 0; i < prefix.n; i++)
		if (lower(s.p[i]) != lower(prefix.p[i]))
			return false;
	return true;
}

ptrdiff_t wq_str_chr(wq_str s, char byte)
{
	const char *at = s.n ? memchr(s.p, byte, s.n) : NULL;
	return at ? at - s.p : -1;
}

ptrdiff_t wq_str_rchr(wq_str s, char byte)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == byte)
			return (ptrdiff_t)(i - 1);
	return -1;
}

ptrdiff_t wq_str_find(wq_str s, wq_str needle)
{
	if (needle.n == 0)
		return 0;
	for (size_t at = 0; s.n - at >= needle.n;) {
		ptrdiff_t next = wq_str_chr(wq_str_head(wq_str_from(s, at), s.n - at - needle.n + 1), needle.p[0]);
		if (next < 0)
			return -1;
		at += (size_t)next;
		if (memcmp(s.p + at, needle.p, needle.n) == 0)
			return (ptrdiff_t)at;
		at++;
	}
	return -1;
}

wq_str wq_str_trim(wq_str s)
{
	while (s.n > 0 && is_space(s.p[0]))
		s = wq_str_from(s, 1);
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

wq_str wq_str_cut(wq_str *rest, char sep)
{
	ptrdiff_t at = wq_str_chr(*rest, sep);
	wq_str piece = *rest;

	if (at < 0) {
		*rest = WQ_S_NONE;
		return piece;
	}
	*rest = wq_str_from(piece, (size_t)at + 1);
	return wq_str_head(piece, (size_t)at);
}

bool wq_str_to_u64(wq_str s, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (s.n == 0 || s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(s.p[i] - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (value > max)
		return false;
	*ret_value = value;
	return true;
}

bool wq_str_unhex(wq_str hex, uint8_t *out, size_t n)
{
	if (hex.n != 2 * n)
		return false;
	for (size_t i = 0; i < hex.n; i++)
		if (hex_digit(hex.p[i]) < 0)
			return false;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(hex_digit(hex.p[2 * i]) << 4 | hex_digit(hex.p[2 * i + 1]));
	return true;
}

char *wq_hex(const void *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = bytes;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[b[i] >> 4];
		out[2 * i + 1] = digits[b[i] & 15];
	}
	out[2 * n] = '\0';
	return out;
}

uint64_t wq_str_hash(wq_str s, uint64_t seed)
{
	uint64_t h = 14695981039346656037ULL ^ seed;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 1099511628211ULL;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93ULL;
	return h ^ h >> 32;
}
