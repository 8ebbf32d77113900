#include "detect/transform/transform_priv.h"

static const char digits[] = "0123456789abcdef";

bool wq_transform_hex_encode(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = in.n <= SIZE_MAX / 2 ? wq_arena_alloc(arena, 2 * in.n) : NULL;

	if (!out)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		out[2 * i] = digits[(uint8_t)in.p[i] >> 4];
		out[2 * i + 1] = digits[in.p[i] & 15];
	}
	return wq_transform_result(in, arena, out, 2 * in.n, ret_out);
}

static bool stays_in_url(char c)
{
	return c == '*' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

bool wq_transform_url_encode(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = in.n <= SIZE_MAX / 3 ? wq_arena_alloc(arena, 3 * in.n) : NULL;
	size_t n = 0;

	if (!out)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		if (c == ' ' || stays_in_url(c)) {
			out[n++] = c == ' ' ? '+' : c;
			continue;
		}
		out[n++] = '%';
		out[n++] = digits[(uint8_t)c >> 4];
		out[n++] = digits[c & 15];
	}
	return wq_transform_result(in, arena, out, n, ret_out);
}

/* ---- base64 ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool wq_transform_base64_encode(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = in.n <= SIZE_MAX / 2 - 4 ? wq_arena_alloc(arena, (in.n + 2) / 3 * 4) : NULL;
	const uint8_t *p = (const uint8_t *)in.p;
	size_t n = 0;

	if (!out)
		return false;
	for (size_t i = 0; i < in.n; i += 3) {
		size_t left = in.n - i;
		uint32_t group = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
			(left > 2 ? p[i + 2] : 0u);
		out[n++] = alphabet[group >> 18];
		out[n++] = alphabet[group >> 12 & 63];
		out[n++] = left > 1 ? alphabet[group >> 6 & 63] : '=';
		out[n++] = left > 2 ? alphabet[group & 63] : '=';
	}
	return wq_transform_result(in, arena, out, n, ret_out);
}

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* `forgiving` passes over everything that is not of the alphabet; otherwise only over line ends, and anything else is the end.
 * Bits that make no whole byte are dropped. */
static bool base64_decode(wq_str in, bool forgiving, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = wq_arena_alloc(arena, in.n);
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	if (!out)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		int value = sextet(in.p[i]);
		if (value < 0 && !forgiving && in.p[i] != '\r' && in.p[i] != '\n')
			break;
		if (value < 0)
			continue;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[n++] = (char)(bits >> have);
	}
	return wq_transform_result(in, arena, out, n, ret_out);
}

bool wq_transform_base64_decode(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return base64_decode(in, false, arena, ret_out);
}

bool wq_transform_base64_decode_ext(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return base64_decode(in, true, arena, ret_out);
}
