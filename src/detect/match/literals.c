#include "detect/match/literals_priv.h"

enum { AHEAD = 8 /* bytes that a look at two positions reads */ };

struct look {
	const struct wq_literals *set;
	wq_str s;
	uint64_t *bits; /* of owners found; NULL: the first literal of `owner` is wanted */
	uint32_t owner;
	wq_str found;
};

static bool is_better(wq_str found, const char *start, size_t n)
{
	const char *end = start + n;

	return !found.p || end < found.p + found.n || (end == found.p + found.n && start < found.p);
}

static void on_hit(struct look *look, const struct wq_literals_one *literal, const char *start)
{
	const uint32_t *owner = look->set->owners + literal->owners_at, *end = owner + literal->owners_n;

	for (; owner < end; owner++)
		if (look->bits)
			look->bits[*owner / 64] |= UINT64_C(1) << *owner % 64;
		else if (*owner == look->owner && is_better(look->found, start, literal->n))
			look->found = wq_str_of(start, literal->n);
}

static bool is_text(const char *s, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (wq_literals_lower((uint8_t)s[i]) != (uint8_t)text[i])
			return false;
	return true;
}

static void compare(struct look *look, const struct wq_literals_table *table, size_t word, size_t at, uint64_t bytes)
{
	const struct wq_literals_candidate *c = table->candidates + table->lists[word],
					   *end = table->candidates + table->lists[word + 1];

	for (; c < end; c++) {
		const struct wq_literals_one *literal = &look->set->literals[c->literal];
		ptrdiff_t start = (ptrdiff_t)at + c->start;

		if (((bytes ^ c->bytes) & c->mask) != 0 || start < 0 || look->s.n - (size_t)start < literal->n)
			continue;
		if (is_text(look->s.p + start, look->set->text + literal->text_at, literal->n))
			on_hit(look, literal, look->s.p + start);
	}
}

/* A bit of some table is set for the eight bytes `p` at position `at`, which are 0 behind the end. */
static __attribute__((noinline)) void examine(struct look *look, const uint8_t *p, size_t at)
{
	const struct wq_literals_table *tables = look->set->tables;
	uint64_t bytes = wq_literals_load8(p), folded = wq_literals_lower8(bytes);
	size_t pair = (size_t)wq_literals_class[p[1]] << WQ_LITERALS_CLASS_BITS | wq_literals_class[p[2]];

	compare(look, &tables[WQ_LITERALS_SHORT], pair, at, folded);
	for (int kind = WQ_LITERALS_MIDDLE; kind <= WQ_LITERALS_LONG; kind++) {
		uint64_t hash = wq_literals_hash_of(bytes, wq_literals_window_bytes[kind]),
			 bits = wq_literals_bits_of(hash);

		if ((tables[kind].map[wq_literals_word_of(hash)] & bits) == bits)
			compare(look, &tables[kind], wq_literals_word_of(hash), at, folded);
	}
}

/* Looks at the positions of `at` to before `to`, two at a time. `p` is where `at` is readable; AHEAD bytes are from each. */
static void run_over(struct look *look, const uint8_t *p, size_t at, size_t to)
{
	const uint64_t *shorts = look->set->tables[WQ_LITERALS_SHORT].map,
		       *middles = look->set->tables[WQ_LITERALS_MIDDLE].map,
		       *longs = look->set->tables[WQ_LITERALS_LONG].map;
	const uint8_t *begin = p, *end = p + (to - at);
	size_t first = wq_literals_class[p[0]], second = wq_literals_class[p[1]];

	for (; p < end; p += 2) {
		uint64_t bytes = wq_literals_load8(p);
		uint64_t four = wq_literals_hash_of(bytes, wq_literals_window_bytes[WQ_LITERALS_MIDDLE]),
			 six = wq_literals_hash_of(bytes, wq_literals_window_bytes[WQ_LITERALS_LONG]);
		uint64_t middle = middles[wq_literals_word_of(four)] >> (four >> 46 & 63);
		uint64_t last = longs[wq_literals_word_of(six)];
		size_t third = wq_literals_class[p[2]], fourth = wq_literals_class[p[3]];
		uint64_t word = shorts[second << WQ_LITERALS_CLASS_BITS | third];
		uint32_t begins = (uint32_t)word >> (first & WQ_LITERALS_HALF),
			 ends = (uint32_t)(word >> 32) >> (fourth & WQ_LITERALS_HALF);

		last = last >> (six >> 46 & 63) & last >> (six >> 40 & 63);
		first = third;
		second = fourth;
		if (__builtin_expect((begins | ends | (uint32_t)middle | (uint32_t)last) & 1, 0))
			examine(look, p, at + (size_t)(p - begin));
	}
}

static void run_singles(struct look *look)
{
	const struct wq_literals *set = look->set;

	for (size_t i = 0; i < set->singles_n; i++) {
		const char *at = memchr(look->s.p, set->singles[i].byte, look->s.n);

		if (at)
			on_hit(look, &set->literals[set->singles[i].literal], at);
	}
}

static void run(struct look *look)
{
	size_t n = look->s.n, end = n < AHEAD ? 0 : (n - AHEAD + 2) & ~(size_t)1;
	uint8_t rest[2 * AHEAD] = {0};

	if (n == 0)
		return;
	if (end > 0)
		run_over(look, (const uint8_t *)look->s.p, 0, end);
	memcpy(rest, look->s.p + end, n - end);
	run_over(look, rest, end, n);
	run_singles(look);
}

void wq_literals_scan(const struct wq_literals *literals, wq_str s, uint64_t *bits)
{
	struct look look = {.set = literals, .s = s, .bits = bits};

	run(&look);
}

bool wq_literals_find(const struct wq_literals *literals, uint32_t owner, wq_str s, wq_str *ret_found)
{
	struct look look = {.set = literals, .s = s, .owner = owner};

	run(&look);
	if (look.found.p)
		*ret_found = look.found;
	return look.found.p != NULL;
}

static bool is_of(const struct wq_literals *set, const struct wq_literals_one *literal, uint32_t owner)
{
	for (uint32_t i = 0; i < literal->owners_n; i++)
		if (set->owners[literal->owners_at + i] == owner)
			return true;
	return false;
}

bool wq_literals_has(const struct wq_literals *literals, uint32_t owner, wq_str s)
{
	for (uint32_t i = 0; i < literals->literals_n; i++) {
		const struct wq_literals_one *literal = &literals->literals[i];
		if (!is_of(literals, literal, owner))
			continue;
		for (size_t at = 0; at + literal->n <= s.n; at++)
			if (is_text(s.p + at, literals->text + literal->text_at, literal->n))
				return true;
	}
	return false;
}
