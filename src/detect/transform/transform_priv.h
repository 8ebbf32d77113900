/* What the sources of detect/transform share: one function per row of the table, and writing a code point.
 *
 * A transformation function is called with `*ret_out` equal to `in`; it returns true, or false when the arena is full. It writes
 * `*ret_out` through wq_transform_result(), which gives `in` back when nothing changed.
 */
#ifndef WQ_DETECT_TRANSFORM_TRANSFORM_PRIV_H
#define WQ_DETECT_TRANSFORM_TRANSFORM_PRIV_H

#include "detect/transform/transform.h"

typedef bool (*wq_transform_fn)(wq_str in, struct wq_arena *arena, wq_str *ret_out);

#define WQ_TRANSFORM(id, name, triggers, function) bool function(wq_str in, struct wq_arena *arena, wq_str *ret_out);
#include "detect/transform/transform_table.h"
#undef WQ_TRANSFORM

/* `out` is the last allocation of the arena; what is not needed of it goes back. */
static inline bool wq_transform_result(wq_str in, struct wq_arena *arena, const char *out, size_t n, wq_str *ret_out)
{
	bool same = n == in.n && (n == 0 || memcmp(out, in.p, n) == 0);

	wq_arena_shrink(arena, out, same ? 0 : n);
	*ret_out = same ? in : wq_str_of(out, n);
	return true;
}

/* Writes what a code point is to a rule, 1 to 4 bytes: ASCII and what looks like it as that byte, everything else as UTF-8;
 * what is no character (a surrogate, above U+10FFFF) as U+FFFD. Never more bytes than its shortest escape in any of the
 * languages, so a decoder's result fits in the room of its input. */
size_t wq_transform_put(uint32_t code, char *out);

static inline int wq_transform_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of exactly `n` hexadecimal digits at `at`, or -1. */
static inline int32_t wq_transform_hex_n(wq_str s, size_t at, size_t n)
{
	int32_t value = 0;

	if (at > s.n || s.n - at < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int digit = wq_transform_hex(s.p[at + i]);
		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static inline bool wq_transform_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

#endif
