#include "detect/front/match_priv.h"

enum { PARTS = 12, RELEASE = 100 };

struct part {
	uint64_t number;
	int word; /* of a pre-release; 0: a number */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* In the order in which they come before a release. */
static int word_of(wq_str text)
{
	static const struct {
		wq_str text;
		int order;
	} words[] = {{WQ_S_INIT("dev"), 1}, {WQ_S_INIT("canary"), 2}, {WQ_S_INIT("nightly"), 2}, {WQ_S_INIT("next"), 3},
		{WQ_S_INIT("snapshot"), 4}, {WQ_S_INIT("alpha"), 5}, {WQ_S_INIT("a"), 5}, {WQ_S_INIT("beta"), 6},
		{WQ_S_INIT("b"), 6}, {WQ_S_INIT("preview"), 7}, {WQ_S_INIT("pre"), 7}, {WQ_S_INIT("rc"), 8}};

	for (size_t i = 0; i < WQ_COUNT(words); i++)
		if (wq_str_eq_nocase(text, words[i].text))
			return words[i].order;
	return 0;
}

/* The next part, or false where the version ends. */
static bool next_part(wq_str *rest, struct part *ret_part)
{
	wq_str at = *rest;
	size_t n = 0;

	while (at.n && (at.p[0] == '.' || at.p[0] == '-' || at.p[0] == '_'))
		at = wq_str_from(at, 1);
	if (at.n == 0)
		return false;
	*ret_part = (struct part){0};
	if (is_digit(at.p[0])) {
		for (; n < at.n && is_digit(at.p[n]); n++)
			ret_part->number = WQ_MIN(ret_part->number * 10 + (uint64_t)(at.p[n] - '0'), 1000000000u);
	} else {
		while (n < at.n && ((at.p[n] | 0x20) >= 'a' && (at.p[n] | 0x20) <= 'z'))
			n++;
		ret_part->word = word_of(wq_str_head(at, n));
		if (!ret_part->word)
			return false;
	}
	*rest = wq_str_from(at, n);
	return true;
}

static size_t parts_of(wq_str version, struct part parts[PARTS])
{
	size_t n = 0;

	while (n < PARTS && next_part(&version, &parts[n]))
		n++;
	return n;
}

static int order_of(const struct part *part)
{
	return part->word ? part->word : RELEASE;
}

int front_version_compare(wq_str a, wq_str b)
{
	struct part pa[PARTS], pb[PARTS];
	const struct part none = {0};
	size_t na = parts_of(a, pa), nb = parts_of(b, pb);

	for (size_t i = 0; i < na || i < nb; i++) {
		const struct part *x = i < na ? &pa[i] : &none, *y = i < nb ? &pb[i] : &none;
		if (order_of(x) != order_of(y))
			return order_of(x) < order_of(y) ? -1 : 1;
		if (x->number != y->number)
			return x->number < y->number ? -1 : 1;
	}
	return 0;
}

wq_str front_version_trim(wq_str version)
{
	wq_str rest = version;
	struct part part;

	for (size_t n = 0; n < PARTS && next_part(&rest, &part); n++)
		;
	return wq_str_head(version, (size_t)(rest.p - version.p));
}
