#include "base/utf8.h"

/* What the second byte may be, by the first: Unicode 15, table 3-7. */
static bool second_range(uint8_t first, uint8_t *ret_low, uint8_t *ret_high, size_t *ret_length)
{
	*ret_low = 0x80;
	*ret_high = 0xbf;
	if (first < 0xc2 || first > 0xf4)
		return false;
	*ret_length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first == 0xe0)
		*ret_low = 0xa0;
	else if (first == 0xed)
		*ret_high = 0x9f;
	else if (first == 0xf0)
		*ret_low = 0x90;
	else if (first == 0xf4)
		*ret_high = 0x8f;
	return true;
}

size_t wq_utf8_step(wq_str s, uint32_t *ret_code)
{
	uint8_t first = (uint8_t)s.p[0], low, high;
	size_t length;
	uint32_t code;

	*ret_code = first;
	if (first < 0x80)
		return 1;
	*ret_code = WQ_UTF8_BAD;
	if (!second_range(first, &low, &high, &length))
		return 1;
	code = first & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		uint8_t byte = i < s.n ? (uint8_t)s.p[i] : 0;
		if (byte < low || byte > high)
			return i;
		code = code << 6 | (byte & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	*ret_code = code;
	return length;
}

/* Characters of three bytes that need no second look: E1 to EC, EE, EF, then two of 80 to BF. Most Chinese text is of them. */
static inline bool plain_three(const uint8_t *p)
{
	return p[0] > 0xe0 && p[0] < 0xf0 && p[0] != 0xed && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80;
}

bool wq_utf8_valid(wq_str s)
{
	const uint8_t *p = (const uint8_t *)s.p, *end = s.n ? p + s.n : p;
	uint32_t code;
	uint64_t eight;

	while (p < end) {
		if (end - p >= 8 && (memcpy(&eight, p, 8), (eight & 0x8080808080808080u) == 0)) {
			p += 8;
		} else if (*p < 0x80) {
			p++;
		} else if (end - p >= 3 && plain_three(p)) {
			p += 3;
		} else {
			p += wq_utf8_step(wq_str_of(p, (size_t)(end - p)), &code);
			if (code == WQ_UTF8_BAD)
				return false;
		}
	}
	return true;
}

wq_str wq_utf8_head(wq_str s, size_t max)
{
	uint32_t code;

	if (s.n <= max)
		return s;
	for (size_t back = 1; back <= 3 && back <= max; back++) {
		size_t n = wq_utf8_step(wq_str_from(s, max - back), &code);
		if (code != WQ_UTF8_BAD && n > 1)
			return wq_str_head(s, n > back ? max - back : max);
	}
	return wq_str_head(s, max);
}
