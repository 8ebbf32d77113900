#include "text/base64.h"

static const char *const alphabets[] = {
	[WQ_BASE64_PADDED] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	[WQ_BASE64_URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

void wq_base64_encode(wq_str bytes, enum wq_base64 form, struct wq_buf *out)
{
	const char *digits = alphabets[form];
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t tail = bytes.n % 3, whole = bytes.n - tail;
	char *to = wq_buf_reserve(out, bytes.n / 3 * 4 + 4), *start = to;
	uint32_t v;

	if (!to)
		return;
	for (size_t i = 0; i < whole; i += 3) {
		v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];
		*to++ = digits[v >> 18];
		*to++ = digits[v >> 12 & 63];
		*to++ = digits[v >> 6 & 63];
		*to++ = digits[v & 63];
	}
	if (tail > 0) {
		v = (uint32_t)p[whole] << 16 | (tail == 2 ? (uint32_t)p[whole + 1] << 8 : 0);
		*to++ = digits[v >> 18];
		*to++ = digits[v >> 12 & 63];
		if (tail == 2)
			*to++ = digits[v >> 6 & 63];
		for (size_t i = tail; form == WQ_BASE64_PADDED && i < 3; i++)
			*to++ = '=';
	}
	wq_buf_commit(out, (size_t)(to - start));
}

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool wq_base64_url_decode(wq_str text, struct wq_buf *out)
{
	uint8_t *to = wq_buf_reserve(out, text.n / 4 * 3 + text.n % 4 * 3 / 4), *start = to;
	uint32_t v = 0;
	unsigned bits = 0;

	if (!to || text.n % 4 == 1)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		int d = digit(text.p[i]);

		if (d < 0)
			return false;
		v = v << 6 | (uint32_t)d;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*to++ = (uint8_t)(v >> bits);
		}
	}
	if (v & ((1u << bits) - 1))
		return false;
	wq_buf_commit(out, (size_t)(to - start));
	return true;
}
