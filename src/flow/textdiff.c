#include "flow/textdiff.h"

#include "base/map.h"
#include "base/utf8.h"

enum { NOWHERE = -1 };

/* ---- numbers for pieces ---- */

struct slot {
	uint64_t hash;
	wq_str piece;
	uint32_t number; /* + 1; 0: free */
	bool in_was, in_is;
};

struct numbers {
	struct slot *slots;
	size_t mask;
	uint32_t n;
	const uint64_t *secret;
};

static struct slot *slot_of(struct numbers *t, wq_str piece)
{
	uint64_t hash = wq_siphash13(t->secret, piece);
	size_t at = hash & t->mask;

	while (t->slots[at].number && (t->slots[at].hash != hash || !wq_str_eq(t->slots[at].piece, piece)))
		at = (at + 1) & t->mask;
	if (!t->slots[at].number)
		t->slots[at] = (struct slot){.hash = hash, .piece = piece, .number = ++t->n};
	return &t->slots[at];
}

/* ---- Myers ---- */

/* What takes part: numbers, and the piece that each stands for. */
struct sequence {
	uint32_t *numbers, *pieces;
	size_t n;
	bool *changed; /* of the pieces */
};

struct myers {
	struct sequence was, is;
	int32_t *forward, *backward; /* furthest x on each diagonal; index 0 is the middle one */
	int32_t limit;
	bool too_different;
};

/* Part of both sequences. */
struct box {
	size_t was, was_n, is, is_n;
};

static void mark(struct sequence *s, size_t from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s->changed[s->pieces[from + i]] = true;
}

/* One step on diagonal k: where to, or NOWHERE. `v` has the places of the step before. */
static int32_t step(const int32_t *v, int32_t k, int32_t n, int32_t m)
{
	int32_t right = v[k - 1] >= 0 && v[k - 1] < n ? v[k - 1] + 1 : NOWHERE;
	int32_t down = v[k + 1] >= 0 && v[k + 1] - (k + 1) < m ? v[k + 1] : NOWHERE;

	return WQ_MAX(right, down);
}

struct snake {
	int32_t x, y, u, v; /* begin and end */
};

/* One round of one direction. Returns whether the two have met. */
static bool advance(const struct myers *my, const struct box *box, bool back, int32_t d, struct snake *ret)
{
	const uint32_t *a = my->was.numbers + box->was, *b = my->is.numbers + box->is;
	int32_t n = (int32_t)box->was_n, m = (int32_t)box->is_n, delta = n - m;
	int32_t *v = back ? my->backward : my->forward;
	const int32_t *other = back ? my->forward : my->backward;
	bool odd = delta & 1;
	int32_t reach = back ? d : d - 1; /* diagonals that the other direction has been to */

	v[-d - 1] = v[d + 1] = NOWHERE;
	for (int32_t k = -d; k <= d; k += 2) {
		int32_t x = d == 0 ? 0 : step(v, k, n, m), x0 = x, y0 = x - k;

		while (x >= 0 && x < n && x - k < m && (back ? a[n - 1 - x] == b[m - 1 - x + k] : a[x] == b[x - k]))
			x++;
		v[k] = x;
		if (x < 0 || odd == back || delta - k < -reach || delta - k > reach || other[delta - k] < 0 ||
			x + other[delta - k] < n)
			continue;
		*ret = back ? (struct snake){n - x, m - x + k, n - x0, m - y0} : (struct snake){x0, y0, x, x - k};
		return true;
	}
	return false;
}

static bool middle(const struct myers *my, const struct box *box, struct snake *ret)
{
	for (int32_t d = 0; d <= my->limit; d++)
		if (advance(my, box, false, d, ret) || advance(my, box, true, d, ret))
			return true;
	return false;
}

/* Each half has half the cost, so this is at most log2(WQ_TEXTDIFF_COST_MAX) + 1 deep. */
static void compare(struct myers *my, struct box box)
{
	const uint32_t *a = my->was.numbers, *b = my->is.numbers;
	struct snake s;

	while (box.was_n > 0 && box.is_n > 0 && a[box.was] == b[box.is]) {
		box.was++, box.is++;
		box.was_n--, box.is_n--;
	}
	while (box.was_n > 0 && box.is_n > 0 && a[box.was + box.was_n - 1] == b[box.is + box.is_n - 1])
		box.was_n--, box.is_n--;
	if (box.was_n > 0 && box.is_n > 0 && middle(my, &box, &s)) {
		compare(my, (struct box){box.was, (size_t)s.x, box.is, (size_t)s.y});
		compare(my,
			(struct box){box.was + (size_t)s.u, box.was_n - (size_t)s.u, box.is + (size_t)s.v,
				box.is_n - (size_t)s.v});
		return;
	}
	my->too_different |= box.was_n > 0 && box.is_n > 0;
	mark(&my->was, box.was, box.was_n);
	mark(&my->is, box.is, box.is_n);
}

/* ---- composition ---- */

/* The pieces of one side between the common ends that occur on the other side too; the others are marked. */
static void take_part(struct numbers *t, const struct wq_textdiff_side *side, size_t from, size_t to, bool other_is,
	struct sequence *s)
{
	for (size_t i = from; i < to; i++) {
		const struct slot *slot = slot_of(t, side->pieces[i]);

		if (other_is ? !slot->in_is : !slot->in_was) {
			side->changed[i] = true;
			continue;
		}
		s->numbers[s->n] = slot->number;
		s->pieces[s->n++] = (uint32_t)i;
	}
	s->changed = side->changed;
}

static wq_err number(struct wq_arena *arena, struct numbers *t, const struct wq_textdiff *d, size_t head, size_t tail,
	struct myers *my)
{
	size_t was = d->was.n - head - tail, is = d->is.n - head - tail, room = 16;

	while (room < 2 * (was + is))
		room *= 2;
	t->slots = WQ_NEW_ARRAY(arena, struct slot, room);
	my->was.numbers = wq_arena_alloc(arena, (was + 1) * sizeof(uint32_t));
	my->was.pieces = wq_arena_alloc(arena, (was + 1) * sizeof(uint32_t));
	my->is.numbers = wq_arena_alloc(arena, (is + 1) * sizeof(uint32_t));
	my->is.pieces = wq_arena_alloc(arena, (is + 1) * sizeof(uint32_t));
	WQ_TRY(wq_arena_err(arena));
	t->mask = room - 1;
	for (size_t i = head; i < head + was; i++)
		slot_of(t, d->was.pieces[i])->in_was = true;
	for (size_t i = head; i < head + is; i++)
		slot_of(t, d->is.pieces[i])->in_is = true;
	take_part(t, &d->was, head, head + was, true, &my->was);
	take_part(t, &d->is, head, head + is, false, &my->is);
	return WQ_OK;
}

static wq_err run_myers(struct wq_arena *arena, struct myers *my)
{
	size_t worst = (my->was.n + my->is.n + 1) / 2 + 1, room;

	my->limit = (int32_t)WQ_MIN(worst, (size_t)WQ_TEXTDIFF_COST_MAX / 2);
	room = 2 * ((size_t)my->limit + 2) + 1;
	my->forward = wq_arena_alloc(arena, room * sizeof(int32_t));
	my->backward = wq_arena_alloc(arena, room * sizeof(int32_t));
	WQ_TRY(wq_arena_err(arena));
	my->forward += my->limit + 2;
	my->backward += my->limit + 2;
	compare(my, (struct box){0, my->was.n, 0, my->is.n});
	return WQ_OK;
}

/* Moves a run that stands alone on its side down, as far as the pieces allow: [from, to) of `side`, whose other side has
 * nothing that changed between its neighbours. */
static void lower(
	struct wq_textdiff_side *side, const struct wq_textdiff_side *other, struct wq_textdiff_run run, bool was)
{
	size_t from = was ? run.was : run.is, n = was ? run.was_n : run.is_n, at = was ? run.is : run.was;

	while (from + n < side->n && !side->changed[from + n] && at < other->n && !other->changed[at] &&
		wq_str_eq(side->pieces[from], side->pieces[from + n])) {
		side->changed[from] = false;
		side->changed[from + n] = true;
		from++;
		at++;
	}
}

static void settle(struct wq_textdiff *d)
{
	struct wq_textdiff_run run = {0};

	while (wq_textdiff_next(d, &run)) {
		if (!run.changed || (run.was_n > 0 && run.is_n > 0))
			continue;
		if (run.was_n > 0)
			lower(&d->was, &d->is, run, true);
		else
			lower(&d->is, &d->was, run, false);
		/* what moved is behind this place now; go on from where both sides stand equal */
		run.was_n = run.is_n = 0;
		run.changed = true;
		while (run.was < d->was.n && run.is < d->is.n && !d->was.changed[run.was] && !d->is.changed[run.is])
			run.was++, run.is++;
		while (run.was < d->was.n && d->was.changed[run.was])
			run.was++;
		while (run.is < d->is.n && d->is.changed[run.is])
			run.is++;
	}
}

static void count(struct wq_textdiff_side *side)
{
	for (size_t i = 0; i < side->n; i++)
		side->changed_n += side->changed[i];
}

wq_err wq_textdiff(struct wq_arena *arena, const uint64_t secret[2], const wq_str *was, size_t was_n, const wq_str *is,
	size_t is_n, struct wq_textdiff *ret_diff)
{
	struct wq_textdiff d = {.was = {.pieces = was, .n = was_n}, .is = {.pieces = is, .n = is_n}};
	struct numbers t = {.secret = secret};
	struct myers my = {0};
	size_t head = 0, tail = 0;

	if (was_n > WQ_TEXTDIFF_PIECES_MAX || is_n > WQ_TEXTDIFF_PIECES_MAX)
		return wq_error(WQ_E_LIMIT, "%zu and %zu pieces to compare", was_n, is_n);
	d.was.changed = WQ_NEW_ARRAY(arena, bool, was_n + 1);
	d.is.changed = WQ_NEW_ARRAY(arena, bool, is_n + 1);
	WQ_TRY(wq_arena_err(arena));
	while (head < was_n && head < is_n && wq_str_eq(was[head], is[head]))
		head++;
	while (tail < was_n - head && tail < is_n - head && wq_str_eq(was[was_n - 1 - tail], is[is_n - 1 - tail]))
		tail++;
	WQ_TRY(number(arena, &t, &d, head, tail, &my));
	WQ_TRY(run_myers(arena, &my));
	settle(&d);
	count(&d.was);
	count(&d.is);
	d.too_different = my.too_different;
	*ret_diff = d;
	return WQ_OK;
}

bool wq_textdiff_next(const struct wq_textdiff *diff, struct wq_textdiff_run *run)
{
	const struct wq_textdiff_side *was = &diff->was, *is = &diff->is;
	struct wq_textdiff_run r = {.was = run->was + run->was_n, .is = run->is + run->is_n};

	while (r.was + r.was_n < was->n && was->changed[r.was + r.was_n])
		r.was_n++;
	while (r.is + r.is_n < is->n && is->changed[r.is + r.is_n])
		r.is_n++;
	r.changed = r.was_n > 0 || r.is_n > 0;
	while (!r.changed && r.was + r.was_n < was->n && r.is + r.is_n < is->n && !was->changed[r.was + r.was_n] &&
		!is->changed[r.is + r.is_n])
		r.was_n++, r.is_n++;
	*run = r;
	return r.was_n > 0 || r.is_n > 0;
}

/* ---- words ---- */

static bool of_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool of_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t word_length(wq_str s)
{
	bool (*same)(unsigned char) = of_word((unsigned char)s.p[0]) ? of_word
		: of_space((unsigned char)s.p[0])                    ? of_space
								     : NULL;
	size_t n = 1;
	uint32_t cp;

	if (!same)
		return wq_utf8_step(s, &cp);
	while (n < s.n && same((unsigned char)s.p[n]))
		n++;
	return n;
}

wq_err wq_textdiff_words(struct wq_arena *arena, wq_str text, size_t max, const wq_str **ret_words, size_t *ret_n)
{
	wq_str *words = WQ_NEW_ARRAY(arena, wq_str, WQ_MIN(text.n, max) + 1);
	size_t n = 0;

	WQ_TRY(wq_arena_err(arena));
	while (text.n > 0) {
		size_t length = n + 1 >= max ? text.n : word_length(text);

		words[n++] = wq_str_head(text, length);
		text = wq_str_from(text, length);
	}
	*ret_words = words;
	*ret_n = n;
	return WQ_OK;
}
