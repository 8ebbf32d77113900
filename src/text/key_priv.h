/* What the files of the key share: character classes and the work buffer. For text/key*.c only. */
#ifndef WQ_TEXT_KEY_PRIV_H
#define WQ_TEXT_KEY_PRIV_H

#include "text/key.h"

/* Where the key is built: on the stack, so that nothing is allocated and nothing half-made leaves. */
struct wq_key_work {
	size_t n;
	bool over;
	char at[WQ_KEY_MAX];
};

static inline void wq_key_put(struct wq_key_work *work, char byte)
{
	if (work->n < WQ_KEY_MAX)
		work->at[work->n++] = byte;
	else
		work->over = true;
}

static inline void wq_key_put_encoded(struct wq_key_work *work, unsigned char byte)
{
	static const char digits[] = "0123456789ABCDEF";

	wq_key_put(work, '%');
	wq_key_put(work, digits[byte >> 4]);
	wq_key_put(work, digits[byte & 15]);
}

static inline int wq_key_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte that "%hh" at `at` stands for, or -1. */
static inline int wq_key_percent(wq_str s, size_t at)
{
	int high, low;

	if (s.n - at < 3)
		return -1;
	high = wq_key_hex(s.p[at + 1]);
	low = wq_key_hex(s.p[at + 2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* RFC 3986 §2.3 */
static inline bool wq_key_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		c == '_' || c == '~';
}

/* RFC 3986 §2.2 and the rest of pchar (§3.3) */
static inline bool wq_key_pchar(unsigned char c)
{
	return wq_key_unreserved(c) || (c != 0 && strchr("!$&'()*+,;=:@", c) != NULL);
}

/* Adds "?query" as the policy wants it; nothing when nothing of it counts. `query` is what follows the first "?" and
 * has been searched for raw control bytes and "#". */
enum wq_key_reason wq_key_query(wq_str query, const struct wq_key_policy *policy, struct wq_key_work *work);

#endif
