#include "base/utf8.h"
#include "policy/volatile_priv.h"

/* How far two sequences of lexemes may be apart, and how many equal ones bring them together again. */
enum { APART_MAX = 40, TOGETHER = 3, GAP_MAX = 3, LONG_TOKEN = 20 };

/* ---- lexemes ---- */

struct lexeme {
	uint32_t at, n;
	bool clock;
};

struct lexemes {
	wq_str text;
	struct lexeme *rows;
	size_t n;
};

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Base64 is one token although + / = - stand in it: long, with digits and letters of both cases. `*ret_run` is how far such
 * bytes go: where they are no token, no part of them is one either. */
static size_t token_at(wq_str s, size_t *ret_run)
{
	bool lower = false, upper = false, digit = false;
	size_t n = 0;

	for (; n < s.n && (is_word(s.p[n]) || strchr("+/=-", s.p[n])) && s.p[n]; n++) {
		lower = lower || (s.p[n] >= 'a' && s.p[n] <= 'z');
		upper = upper || (s.p[n] >= 'A' && s.p[n] <= 'Z');
		digit = digit || (s.p[n] >= '0' && s.p[n] <= '9');
	}
	*ret_run = n;
	return n >= LONG_TOKEN && lower && upper && digit ? n : 0;
}

/* 0.125, 1,234: one number, so that the digits before its point are not taken for what surrounds it. 0: none, or it goes on as
 * a word. */
static size_t number_at(wq_str s)
{
	size_t n = 0;

	while (n < s.n &&
		((s.p[n] >= '0' && s.p[n] <= '9') ||
			(n > 0 && n + 1 < s.n && (s.p[n] == '.' || s.p[n] == ',') && s.p[n + 1] >= '0' &&
				s.p[n + 1] <= '9')))
		n++;
	return n < s.n && is_word(s.p[n]) ? 0 : n;
}

static size_t character(wq_str s, bool utf8)
{
	unsigned char c = (unsigned char)s.p[0];
	uint32_t code;

	if (c < 0x80)
		return 1;
	if (utf8)
		return wq_utf8_step(s, &code);
	return c > 0x80 && s.n > 1 && (unsigned char)s.p[1] >= 0x40 ? 2 : 1;
}

/* Up to where there is no token, no time: nothing is looked at over and over. */
struct known {
	size_t no_token, no_clock;
};

static struct lexeme next_lexeme(wq_str text, size_t at, struct known *known, bool utf8)
{
	wq_str s = wq_str_from(text, at);
	struct lexeme x = {.at = (uint32_t)at};
	size_t n = 0, run;

	if (at >= known->no_clock && (n = wq_clock_read(s, &run)) == 0)
		known->no_clock = at + run;

	if (n > 0) {
		x.clock = true;
	} else if (is_word(s.p[0])) {
		if (at >= known->no_token && (n = token_at(s, &run)) == 0)
			known->no_token = at + run;
		n = WQ_MAX(n, number_at(s));
		while (n == 0 || (n < s.n && is_word(s.p[n])))
			n++;
	} else {
		n = character(s, utf8);
	}
	x.n = (uint32_t)n;
	return x;
}

static wq_err lex(const struct wq_part *part, bool utf8, struct wq_arena *scratch, struct lexemes *ret)
{
	struct lexemes l = {.text = part->text};
	struct known known = {.no_token = part->kind == WQ_PART_URL ? SIZE_MAX : 0};

	if (part->text.n > UINT32_MAX)
		return wq_error_id(WQ_E_LIMIT);
	l.rows = WQ_NEW_ARRAY(scratch, struct lexeme, part->text.n);
	WQ_TRY(wq_arena_err(scratch));
	for (size_t at = 0; at < part->text.n; at += l.rows[l.n - 1].n)
		l.rows[l.n++] = next_lexeme(part->text, at, &known, utf8);
	*ret = l;
	return WQ_OK;
}

/* ---- aligning ---- */

static bool same(const struct lexemes *a, size_t i, const struct lexemes *b, size_t k)
{
	const struct lexeme *x = &a->rows[i], *y = &b->rows[k];

	return x->n == y->n && memcmp(a->text.p + x->at, b->text.p + y->at, x->n) == 0;
}

/* Whether both go on together from here for `count` lexemes, at least one of them no single sign if `shifted`; or both end. */
static bool together(const struct lexemes *a, size_t i, const struct lexemes *b, size_t k, size_t count, bool shifted)
{
	size_t bytes = 0;

	for (size_t n = 0; n < count; n++, i++, k++) {
		if (i == a->n || k == b->n)
			return i == a->n && k == b->n;
		if (!same(a, i, b, k))
			return false;
		bytes += a->rows[i].n;
	}
	return !shifted || bytes > count;
}

/* One word for another, or one time for another: what is ordinary, and what needs least to be believed. */
static bool replaced(const struct lexemes *a, size_t i, const struct lexemes *b, size_t k)
{
	if (i == a->n || k == b->n || a->rows[i].clock != b->rows[k].clock)
		return false;
	return is_word(a->text.p[a->rows[i].at]) && is_word(b->text.p[b->rows[k].at]) &&
		together(a, i + 1, b, k + 1, 1, false);
}

static size_t start_of(const struct lexemes *l, size_t i)
{
	return i < l->n ? l->rows[i].at : l->text.n;
}

static bool is_gap(wq_str gap)
{
	if (gap.n > GAP_MAX)
		return false;
	for (size_t i = 0; i < gap.n; i++)
		if (!gap.p[i] || !strchr("-_.:+/=, ", gap.p[i]))
			return false;
	return true;
}

static bool all_clock(const struct lexemes *l, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (!l->rows[i].clock)
			return false;
	return to > from;
}

/* Joins the difference to the one before it when only punctuation of the same part stands between. */
static void push(struct wq_differences *differences, struct wq_difference d, wq_str text)
{
	struct wq_difference *last = differences->n > 0 ? &differences->rows[differences->n - 1] : NULL;

	if (last && last->part == d.part) {
		size_t end = last->at + last->n;
		if (is_gap(wq_str_head(wq_str_from(text, end - d.part->at), d.at - end))) {
			last->n = d.at + d.n - last->at;
			last->n2 = d.at2 + d.n2 - last->at2;
			last->clock = last->clock && d.clock;
			return;
		}
	}
	if (differences->n == WQ_VOLATILE_DIFFERENCES_MAX)
		differences->over = true;
	else
		differences->rows[differences->n++] = d;
}

struct place {
	size_t i, k;
};

static bool meets(
	const struct lexemes *a, const struct lexemes *b, struct place from, size_t di, size_t dk, struct place *ret)
{
	if (di > APART_MAX || dk > APART_MAX || from.i + di > a->n || from.k + dk > b->n ||
		!together(a, from.i + di, b, from.k + dk, TOGETHER, di != dk))
		return false;
	*ret = (struct place){from.i + di, from.k + dk};
	return true;
}

/* Where both are together again, passing over the fewest lexemes, evenly if possible. */
static bool resync(const struct lexemes *a, const struct lexemes *b, struct place from, struct place *ret)
{
	for (size_t sum = 1; sum <= 2 * APART_MAX; sum++)
		for (size_t less = sum / 2 + 1; less-- > 0;)
			if (meets(a, b, from, less, sum - less, ret) || meets(a, b, from, sum - less, less, ret))
				return true;
	return false;
}

static void align(const struct wq_part *part, const struct wq_part *other, const struct lexemes *a,
	const struct lexemes *b, struct wq_differences *differences)
{
	struct place at = {0, 0};

	while (!differences->over && (at.i < a->n || at.k < b->n)) {
		struct place to = {a->n, b->n};

		if (at.i < a->n && at.k < b->n && same(a, at.i, b, at.k)) {
			at.i++, at.k++;
			continue;
		}
		if (replaced(a, at.i, b, at.k))
			to = (struct place){at.i + 1, at.k + 1};
		else if (!resync(a, b, at, &to))
			while (to.i > at.i && to.k > at.k && same(a, to.i - 1, b, to.k - 1))
				to.i--, to.k--;
		push(differences,
			(struct wq_difference){
				.at = part->at + start_of(a, at.i),
				.n = start_of(a, to.i) - start_of(a, at.i),
				.at2 = other->at + start_of(b, at.k),
				.n2 = start_of(b, to.k) - start_of(b, at.k),
				.part = part,
				.clock = all_clock(a, at.i, to.i) && all_clock(b, at.k, to.k),
			},
			part->text);
		at = to;
	}
}

wq_err wq_part_diff(const struct wq_part *part, const struct wq_part *other, bool utf8, struct wq_arena *scratch,
	struct wq_differences *differences)
{
	struct lexemes a, b;

	if (wq_str_eq(part->text, other->text))
		return WQ_OK;
	WQ_TRY(lex(part, utf8, scratch, &a));
	WQ_TRY(lex(other, utf8, scratch, &b));
	align(part, other, &a, &b, differences);
	return WQ_OK;
}
