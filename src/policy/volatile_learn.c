#include "base/utf8.h"
#include "policy/volatile_priv.h"

enum {
	SCRATCH_MAX = 512 * 1024 * 1024,
	PARTS_BYTES_MAX = 64 * 1024 * 1024,
	TEXTS_MAX = 8,    /* regions of free text on one page: with more it is shuffled */
	SHUFFLED_MIN = 3, /* values that stand elsewhere in the other fetch */
	/* so many counters in one context, at least one in so many of all that stand there, say that all of them are counters */
	SAME_MIN = 3,
	SAME_SHARE = 16,
	FIELD_LEVEL = 3 /* the context of a field's value begins with its name */
};

struct learning {
	wq_str first, second, path;
	bool utf8;
	struct wq_arena *arena, *scratch;
	struct wq_differences differences;
	struct wq_volatile_region *regions;
	size_t regions_n;
	bool unruly;
};

static wq_str value1(const struct learning *l, const struct wq_difference *d)
{
	return wq_str_head(wq_str_from(l->first, d->at), d->n);
}

static wq_str value2(const struct learning *l, const struct wq_difference *d)
{
	return wq_str_head(wq_str_from(l->second, d->at2), d->n2);
}

/* ---- what differs ---- */

static struct wq_window window_of(wq_str a, wq_str b)
{
	size_t n = WQ_MIN(a.n, b.n);
	struct wq_window w = {0};

	while (w.prefix < n && a.p[w.prefix] == b.p[w.prefix])
		w.prefix++;
	while (w.suffix < n - w.prefix && a.p[a.n - 1 - w.suffix] == b.p[b.n - 1 - w.suffix])
		w.suffix++;
	return w;
}

static wq_err compare(struct learning *l, const struct wq_part *a, size_t a_n, const struct wq_part *b, size_t b_n)
{
	l->unruly = a_n != b_n;
	for (size_t i = 0; i < a_n && !l->unruly; i++) {
		if (a[i].kind != b[i].kind || (a[i].kind == WQ_PART_FIXED && !wq_str_eq(a[i].text, b[i].text)))
			l->unruly = true;
		else if (a[i].kind != WQ_PART_FIXED)
			WQ_TRY(wq_part_diff(&a[i], &b[i], l->utf8, l->scratch, &l->differences));
		l->unruly = l->unruly || l->differences.over;
	}
	return WQ_OK;
}

/* ---- which bytes, how many ---- */

static bool has_point(wq_str value)
{
	return wq_str_chr(value, '.') >= 0 || wq_str_chr(value, ',') >= 0;
}

/* Random values may look narrower than they are: eight digits can be hexadecimal, a short base64 value without + and /. */
static enum wq_volatile_bytes widened(
	enum wq_volatile_bytes bytes, enum wq_volatile_kind kind, const struct wq_difference *d)
{
	size_t n = WQ_MIN(d->n, d->n2);

	if (kind == WQ_VOLATILE_COUNTER || kind == WQ_VOLATILE_DATE)
		return bytes;
	if (bytes == WQ_VOLATILE_DIGITS)
		bytes = n < 10 ? WQ_VOLATILE_WORD : WQ_VOLATILE_HEX;
	if (bytes == WQ_VOLATILE_HEX && n < 10)
		bytes = WQ_VOLATILE_WORD;
	if (bytes == WQ_VOLATILE_WORD && n >= 16 && d->part->kind != WQ_PART_URL)
		bytes = WQ_VOLATILE_BASE64;
	return bytes;
}

static enum wq_volatile_bytes bytes_of(
	const struct learning *l, const struct wq_difference *d, enum wq_volatile_kind kind)
{
	wq_str a = value1(l, d), b = value2(l, d);
	enum wq_volatile_bytes bytes = wq_volatile_bytes_join(wq_volatile_bytes_of(a), wq_volatile_bytes_of(b));

	if (d->clock)
		return WQ_VOLATILE_CLOCK;
	return has_point(a) && has_point(b) ? bytes : widened(bytes, kind, d);
}

/* A number or a word may vary in code and in the address of code, but not the code and not where it comes from. */
static bool describable(const struct wq_difference *d, enum wq_volatile_bytes bytes)
{
	if (WQ_MAX(d->n, d->n2) > WQ_VOLATILE_REGION_MAX || bytes == WQ_VOLATILE_ANY)
		return false;
	if (d->part->loads && bytes > WQ_VOLATILE_WORD)
		return false;
	return d->part->kind != WQ_PART_CODE || bytes != WQ_VOLATILE_TEXT;
}

static uint32_t longest(const struct wq_difference *d, enum wq_volatile_bytes bytes)
{
	static const uint32_t least[] = {[WQ_VOLATILE_DIGITS] = 16,
		[WQ_VOLATILE_HEX] = 32,
		[WQ_VOLATILE_WORD] = 32,
		[WQ_VOLATILE_BASE64] = 64,
		[WQ_VOLATILE_CLOCK] = 64,
		[WQ_VOLATILE_TEXT] = 64,
		[WQ_VOLATILE_ANY] = 64};
	size_t n = WQ_MAX(d->n, d->n2) * 2;

	return (uint32_t)WQ_MIN(WQ_MAX(n, (size_t)least[bytes]), (size_t)WQ_VOLATILE_REGION_MAX);
}

/* ---- contexts ---- */

static const size_t levels[] = {6, 10, 16, 24, 40, WQ_VOLATILE_CONTEXT_MAX};

static bool is_inner(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* `n` bytes before or after, some more so that no word is cut, at most `room`. */
static size_t before_bytes(wq_str page, size_t at, size_t n, size_t room)
{
	n = WQ_MIN(n, room);
	while (n > 0 && n < room && is_inner((unsigned char)page.p[at - n]) &&
		is_inner((unsigned char)page.p[at - n - 1]))
		n++;
	return n;
}

static size_t after_bytes(wq_str page, size_t at, size_t n, size_t room)
{
	n = WQ_MIN(n, room);
	while (n > 0 && n < room && is_inner((unsigned char)page.p[at + n]) &&
		is_inner((unsigned char)page.p[at + n - 1]))
		n++;
	return n;
}

/* The stable bytes around a region, up to its neighbours. */
static void rooms(const struct learning *l, size_t number, size_t *ret_before, size_t *ret_after)
{
	const struct wq_difference *d = &l->differences.rows[number];
	size_t from = number > 0 ? d[-1].at + d[-1].n : 0;
	size_t to = number + 1 < l->differences.n ? d[1].at : l->first.n;

	*ret_before = WQ_MIN(d->at - from, (size_t)WQ_VOLATILE_CONTEXT_MAX);
	*ret_after = WQ_MIN(to - (d->at + d->n), (size_t)WQ_VOLATILE_CONTEXT_MAX);
}

/* ---- trying a rule on a page ---- */

struct trial {
	const struct wq_differences *differences;
	bool second;
	size_t at; /* in the differences: both are in order */
	size_t matches, known;
	const struct wq_difference *wanted;
	bool hit;
	struct wq_volatile_region *covers; /* differences found in both pages are covered by it; NULL: only tried */
};

static void mark(const struct trial *t, struct wq_difference *d)
{
	if (t->second) {
		d->seen = true;
		return;
	}
	if (d->seen && !d->covered) {
		d->covered = true;
		t->covers->times++;
		t->covers->in_form = t->covers->in_form || d->part->field;
	}
}

static bool on_match(void *data, size_t at, size_t n)
{
	struct trial *t = data;
	struct wq_difference *rows = t->differences->rows;

	t->matches++;
	while (t->at < t->differences->n && (t->second ? rows[t->at].at2 : rows[t->at].at) < at)
		t->at++;
	if (t->at < t->differences->n && (t->second ? rows[t->at].at2 : rows[t->at].at) == at &&
		(t->second ? rows[t->at].n2 : rows[t->at].n) == n) {
		t->known++;
		t->hit = t->hit || &rows[t->at] == t->wanted;
		if (t->covers)
			mark(t, &rows[t->at]);
	}
	return true;
}

static struct trial try(
	const struct learning *l, const struct wq_volatile_rule *rule, const struct wq_difference *d, bool second)
{
	struct trial t = {.differences = &l->differences, .second = second, .wanted = d};

	wq_volatile_find(rule, second ? l->second : l->first, on_match, &t);
	return t;
}

/* Only what differs, or also what did not happen to differ this time but stands in the same context. */
static bool is_fit(const struct trial *t, enum wq_volatile_kind kind)
{
	if (!t->hit)
		return false;
	if (t->matches == t->known || (t->known >= 2 && t->matches <= 2 * t->known))
		return true;
	return kind == WQ_VOLATILE_COUNTER && t->known >= SAME_MIN && t->matches <= SAME_SHARE * t->known;
}

static bool find_rule(
	const struct learning *l, size_t number, enum wq_volatile_kind kind, struct wq_volatile_rule *rule)
{
	const struct wq_difference *d = &l->differences.rows[number];
	size_t before, after, end = d->at + d->n;

	rooms(l, number, &before, &after);
	for (size_t i = d->part->field ? FIELD_LEVEL : 0; i < WQ_COUNT(levels); i++) {
		size_t b = before_bytes(l->first, d->at, levels[i], before);
		size_t a = after_bytes(l->first, end, i == 0 ? 2 : levels[i - 1], after);
		struct trial t;

		rule->before = wq_str_head(wq_str_from(l->first, d->at - b), b);
		rule->after = wq_str_head(wq_str_from(l->first, end), a);
		if ((b == 0 && d->at > 0) || (a == 0 && end < l->first.n) || (a == 0 && b == 0))
			return false;
		t = try(l, rule, d, false);
		if (!is_fit(&t, kind))
			continue;
		t = try(l, rule, d, true);
		if (is_fit(&t, kind))
			return true;
	}
	return false;
}

/* ---- regions ---- */

/* What its rule covers in both pages needs no rule of its own. */
static void cover(struct learning *l, struct wq_volatile_region *region)
{
	struct trial second = {.differences = &l->differences, .covers = region, .second = true};
	struct trial first = {.differences = &l->differences, .covers = region};

	for (size_t i = 0; i < l->differences.n; i++)
		l->differences.rows[i].seen = false;
	wq_volatile_find(&region->rule, l->second, on_match, &second);
	wq_volatile_find(&region->rule, l->first, on_match, &first);
}

static bool same_place(const struct wq_volatile_rule *a, const struct wq_volatile_rule *b)
{
	return wq_str_eq(a->before, b->before) && wq_str_eq(a->after, b->after);
}

/* An equal context whose values were of other bytes widens the rule that is there. */
static bool widen(struct learning *l, const struct wq_volatile_rule *rule)
{
	for (size_t i = 0; i < l->regions_n; i++) {
		struct wq_volatile_rule *known = &l->regions[i].rule;

		if (!same_place(known, rule))
			continue;
		known->bytes = wq_volatile_bytes_join(known->bytes, rule->bytes);
		known->max_bytes = WQ_MAX(known->max_bytes, rule->max_bytes);
		cover(l, &l->regions[i]);
		return true;
	}
	return false;
}

static wq_err learn_region(struct learning *l, size_t number)
{
	struct wq_difference *d = &l->differences.rows[number];
	struct wq_volatile_region region = {.at = d->at, .n = d->n};

	region.kind = wq_volatile_kind_of(d, value1(l, d), value2(l, d));
	region.rule = (struct wq_volatile_rule){.prefix = l->path, .action = WQ_VOLATILE_FREEZE};
	region.rule.bytes = bytes_of(l, d, region.kind);
	region.rule.max_bytes = longest(d, region.rule.bytes);
	if (!describable(d, region.rule.bytes) || !find_rule(l, number, region.kind, &region.rule)) {
		l->unruly = true;
		return WQ_OK;
	}
	if (widen(l, &region.rule))
		return WQ_OK;
	if (l->regions_n == WQ_VOLATILE_REGIONS_MAX) {
		l->unruly = true;
		return WQ_OK;
	}
	region.rule.prefix = wq_arena_str(l->arena, region.rule.prefix);
	region.rule.before = wq_arena_str(l->arena, region.rule.before);
	region.rule.after = wq_arena_str(l->arena, region.rule.after);
	region.line = 1 + wq_html_newlines(wq_str_head(l->first, d->at));
	cover(l, &region);
	l->regions[l->regions_n++] = region;
	return wq_arena_err(l->arena);
}

/* ---- pages that are no page with regions ---- */

/* Free texts that change places, or too many of them. */
static bool is_shuffled(const struct learning *l)
{
	const struct wq_differences *all = &l->differences;
	size_t moved = 0, texts = 0;

	for (size_t i = 0; i < all->n; i++) {
		wq_str value = value1(l, &all->rows[i]);
		bool elsewhere = false;

		texts += wq_volatile_bytes_of(value) == WQ_VOLATILE_TEXT && !all->rows[i].clock;
		for (size_t k = 0; k < all->n && !elsewhere && value.n > 3; k++)
			elsewhere = k != i && wq_str_eq(value, value2(l, &all->rows[k]));
		moved += elsewhere;
	}
	return texts > TEXTS_MAX || (moved >= SHUFFLED_MIN && 2 * moved >= all->n);
}

/* The proof: with the rules both fetches are the same page. */
static wq_err verify(struct learning *l)
{
	struct wq_volatile_rule *rules = WQ_NEW_ARRAY(l->scratch, struct wq_volatile_rule, l->regions_n);
	struct wq_policy policy = wq_policy_default;
	WQ_BUF(first, l->first.n);
	WQ_BUF(second, l->second.n);
	wq_err e;

	WQ_TRY(wq_arena_err(l->scratch));
	for (size_t i = 0; i < l->regions_n; i++)
		rules[i] = l->regions[i].rule;
	policy.volatiles = rules;
	policy.volatiles_n = l->regions_n;
	e = wq_volatile_apply(&policy, l->path, l->first, NULL, &first, NULL);
	if (!wq_failed(e))
		e = wq_volatile_apply(&policy, l->path, l->second, NULL, &second, NULL);
	if (wq_is(e, WQ_E_NO_MEMORY))
		return e;
	l->unruly = wq_failed(e) || !wq_str_eq(wq_buf_str(&first), wq_buf_str(&second));
	return WQ_OK;
}

static wq_err learn(struct learning *l, bool html)
{
	struct wq_window window = window_of(l->first, l->second);
	WQ_BUF(a, PARTS_BYTES_MAX);
	WQ_BUF(b, PARTS_BYTES_MAX);

	l->regions = WQ_NEW_ARRAY(l->arena, struct wq_volatile_region, WQ_VOLATILE_REGIONS_MAX);
	l->differences.rows = WQ_NEW_ARRAY(l->scratch, struct wq_difference, WQ_VOLATILE_DIFFERENCES_MAX);
	WQ_TRY(wq_arena_err(l->arena));
	WQ_TRY(wq_arena_err(l->scratch));
	WQ_TRY(wq_parts_of(l->first, html, l->utf8, &window, &a));
	WQ_TRY(wq_parts_of(l->second, html, l->utf8, &window, &b));
	WQ_TRY(compare(l, (const struct wq_part *)(const void *)a.data, a.len / sizeof(struct wq_part),
		(const struct wq_part *)(const void *)b.data, b.len / sizeof(struct wq_part)));
	l->unruly = l->unruly || is_shuffled(l);
	for (size_t i = 0; i < l->differences.n && !l->unruly; i++)
		if (!l->differences.rows[i].covered)
			WQ_TRY(learn_region(l, i));
	return l->unruly ? WQ_OK : verify(l);
}

wq_err wq_volatile_learn(wq_str first, wq_str second, bool html, wq_str path, struct wq_arena *arena,
	struct wq_volatile_learnt *ret_learnt)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena scratch;
	struct learning l = {.first = first, .second = second, .path = path, .arena = arena, .scratch = &scratch};
	wq_err e = WQ_OK;

	wq_arena_init(&scratch, SCRATCH_MAX);
	if (!wq_str_eq(first, second)) {
		l.utf8 = wq_utf8_valid(first) && wq_utf8_valid(second);
		e = learn(&l, html);
	}
	if (wq_is(e, WQ_E_LIMIT) && !arena->failed)
		l.unruly = true;
	else if (wq_failed(e))
		return e;
	*ret_learnt = (struct wq_volatile_learnt){.unruly = l.unruly};
	if (!l.unruly) {
		ret_learnt->regions = l.regions;
		ret_learnt->regions_n = l.regions_n;
	}
	return WQ_OK;
}
