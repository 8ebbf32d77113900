/* A slice: pointer and length, passed by value. It owns nothing and need not end in NUL.
 *
 * Invariants: `n` bytes at `p` are readable; `p` may be NULL only when `n` is 0. Two slices are equal when their bytes
 * are. No function here allocates. Not good at: text; for what the bytes mean see text/charset.h.
 */
#ifndef WQ_BASE_STR_H
#define WQ_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct wq_str {
	const char *p;
	size_t n;
} wq_str;

/* A slice of a string literal, usable in initialisers as well. */
#define WQ_S(literal) ((wq_str){"" literal, sizeof(literal) - 1})
#define WQ_S_INIT(literal) \
	{ \
		"" literal, sizeof(literal) - 1 \
	}
#define WQ_S_NONE ((wq_str){NULL, 0})
/* For printf: "%.*s", WQ_S_ARG(s). Only for text that is already known to be clean. */
#define WQ_S_ARG(s) (int)((s).n > 4096 ? 4096 : (s).n), ((s).p ? (s).p : "")

/* Slice of `n` bytes at `p`. */
static inline wq_str wq_str_of(const void *p, size_t n)
{
	return (wq_str){(const char *)p, n};
}

/* Slice of a NUL-terminated string; NULL gives the empty slice. */
static inline wq_str wq_str_c(const char *c)
{
	return (wq_str){c, c ? strlen(c) : 0};
}

static inline bool wq_str_eq(wq_str a, wq_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* The slice from `from` (clamped to the length) on. */
static inline wq_str wq_str_from(wq_str s, size_t from)
{
	if (from > s.n)
		from = s.n;
	return (wq_str){s.p ? s.p + from : NULL, s.n - from};
}

/* At most the first `n` bytes. */
static inline wq_str wq_str_head(wq_str s, size_t n)
{
	return (wq_str){s.p, n < s.n ? n : s.n};
}

/* Byte order: negative, 0 or positive as memcmp, a prefix sorts first. */
int wq_str_cmp(wq_str a, wq_str b);

/* ASCII only, other bytes compare as they are. */
bool wq_str_eq_nocase(wq_str a, wq_str b);
bool wq_str_starts(wq_str s, wq_str prefix);
bool wq_str_ends(wq_str s, wq_str suffix);
bool wq_str_starts_nocase(wq_str s, wq_str prefix);

/* Offset of the first `byte` or of the first `needle`, or -1. An empty needle is found at 0. */
ptrdiff_t wq_str_chr(wq_str s, char byte);
ptrdiff_t wq_str_rchr(wq_str s, char byte);
ptrdiff_t wq_str_find(wq_str s, wq_str needle);

/* Without ASCII white space (space, \t, \r, \n, \f, \v) at both ends. */
wq_str wq_str_trim(wq_str s);

/* Cuts `*rest` at the first `sep`: returns what is before it and leaves what is after it in `*rest`. Returns the whole
 * and leaves `*rest` with p == NULL when there is no separator, so that `while (rest.p)` visits every piece. */
wq_str wq_str_cut(wq_str *rest, char sep);

/* Decimal digits only, no sign, no white space, no overflow past `max`. Writes `*ret_value` only when true. */
bool wq_str_to_u64(wq_str s, uint64_t max, uint64_t *ret_value);

/* Exactly `n` bytes from 2n hexadecimal digits of either case. Writes `out` only when true. */
bool wq_str_unhex(wq_str hex, uint8_t *out, size_t n);

/* 2n lower-case digits and a NUL into `out`, which holds 2n + 1 bytes. Returns `out`. */
char *wq_hex(const void *bytes, size_t n, char *out);

/* FNV-1a with a seed and a finaliser: for tables filled by ourselves, not against chosen keys (see base/map.h). */
uint64_t wq_str_hash(wq_str s, uint64_t seed);

#endif
