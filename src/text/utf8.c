#include "text/utf8.h"

size_t wq_utf8_read(wq_str s, uint32_t *ret_cp)
{
	uint32_t cp;
	size_t n;

	if (s.n == 0)
		return 0;
	n = wq_utf8_step(s, &cp);
	if (cp == WQ_UTF8_BAD)
		return 0;
	*ret_cp = cp;
	return n;
}

size_t wq_utf8_read_lossy(wq_str s, uint32_t *ret_cp)
{
	uint32_t cp;
	size_t n;

	if (s.n == 0)
		return 0;
	n = wq_utf8_step(s, &cp);
	*ret_cp = cp == WQ_UTF8_BAD ? WQ_UTF8_REPLACEMENT : cp;
	return n;
}

size_t wq_utf8_write(uint32_t cp, char out[WQ_UTF8_MAX])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		if (cp >= 0xd800 && cp <= 0xdfff)
			return 0;
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	if (cp > 0x10ffff)
		return 0;
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

/* Whether the eight bytes are all ASCII: most of markup is. */
static bool are_ascii(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	return !(word & 0x8080808080808080ULL);
}

size_t wq_utf8_valid_prefix(wq_str s)
{
	size_t at = 0;

	while (at < s.n) {
		uint32_t cp;
		size_t n = 1;

		if (s.n - at >= 8 && are_ascii(s.p + at))
			n = 8;
		else if ((unsigned char)s.p[at] >= 0x80)
			n = wq_utf8_read(wq_str_from(s, at), &cp);
		if (n == 0)
			return at;
		at += n;
	}
	return at;
}
