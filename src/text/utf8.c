#include "text/utf8.h"

/* How long the sequence that begins with `lead` is and what its second byte may be (Unicode table 3-7); 0: no lead. */
static size_t lead_length(unsigned char lead, unsigned char *ret_low, unsigned char *ret_high)
{
	*ret_low = 0x80;
	*ret_high = 0xbf;
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	if (lead < 0xe0)
		return 2;
	if (lead < 0xf0) {
		if (lead == 0xe0)
			*ret_low = 0xa0;
		if (lead == 0xed)
			*ret_high = 0x9f;
		return 3;
	}
	if (lead == 0xf0)
		*ret_low = 0x90;
	if (lead == 0xf4)
		*ret_high = 0x8f;
	return 4;
}

/* Bytes of the sequence at the start of `s` that are there and right, up to its length, which goes to `*ret_whole`. */
static size_t match(wq_str s, size_t *ret_whole)
{
	const unsigned char *b = (const unsigned char *)s.p;
	unsigned char low, high;
	size_t whole = lead_length(b[0], &low, &high), i = 1;

	*ret_whole = whole;
	if (whole == 0)
		return 0;
	for (; i < whole && i < s.n; i++) {
		if (b[i] < low || b[i] > high)
			break;
		low = 0x80;
		high = 0xbf;
	}
	return i;
}

size_t wq_utf8_read(wq_str s, uint32_t *ret_cp)
{
	static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const unsigned char *b = (const unsigned char *)s.p;
	size_t whole;
	uint32_t cp;

	if (s.n == 0 || match(s, &whole) != whole || whole == 0)
		return 0;
	cp = b[0] & mask[whole];
	for (size_t i = 1; i < whole; i++)
		cp = cp << 6 | (b[i] & 0x3f);
	*ret_cp = cp;
	return whole;
}

size_t wq_utf8_read_lossy(wq_str s, uint32_t *ret_cp)
{
	size_t n = wq_utf8_read(s, ret_cp), whole;

	if (n != 0 || s.n == 0)
		return n;
	*ret_cp = WQ_UTF8_REPLACEMENT;
	n = match(s, &whole);
	return n ? n : 1;
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

size_t wq_utf8_valid_prefix(wq_str s)
{
	size_t at = 0;

	while (at < s.n) {
		uint32_t cp;
		size_t n = 1;

		if ((unsigned char)s.p[at] >= 0x80)
			n = wq_utf8_read(wq_str_from(s, at), &cp);
		if (n == 0)
			return at;
		at += n;
	}
	return at;
}
