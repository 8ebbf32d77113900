#include "detect/waf/seclang_priv.h"

enum { WORD_MAX = 40 };

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Steps (change, insert, delete, swap of neighbours) from one word to the other, without case. */
static unsigned distance(wq_str a, wq_str b)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	for (unsigned j = 0; j <= b.n; j++)
		last[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		now[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned other = lower(a.p[i - 1]) != lower(b.p[j - 1]);
			unsigned steps = WQ_MIN(WQ_MIN(last[j], now[j - 1]) + 1, last[j - 1] + other);
			if (i > 1 && j > 1 && lower(a.p[i - 1]) == lower(b.p[j - 2]) &&
				lower(a.p[i - 2]) == lower(b.p[j - 1]))
				steps = WQ_MIN(steps, before[j - 2] + 1);
			now[j] = steps;
		}
		unsigned *free_row = before;
		before = last;
		last = now;
		now = free_row;
	}
	return last[b.n];
}

const char *wq_sec_hint(wq_str word, const char *(*name)(unsigned i), unsigned n, char out[WQ_SEC_HINT_BYTES])
{
	unsigned best = (unsigned)(word.n < 4 ? 1 : word.n / 3);
	const char *nearest = NULL;

	out[0] = 0;
	if (word.n == 0 || word.n > WORD_MAX)
		return out;
	for (unsigned i = 0; i < n; i++) {
		wq_str candidate = wq_str_c(name(i));
		if (candidate.n > WORD_MAX)
			continue;
		unsigned steps = distance(word, candidate);
		if (steps > best || (nearest && steps == best))
			continue;
		best = steps;
		nearest = candidate.p;
	}
	if (nearest)
		(void)snprintf(out, WQ_SEC_HINT_BYTES, ": did you mean %s?", nearest);
	return out;
}
