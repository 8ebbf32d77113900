#include "policy/volatile_priv.h"

/* ---- finding the regions of a rule ---- */

/* Everything here only moves forward: what follows a region is looked for once, and so is the end of a run. */
struct search {
	const struct wq_volatile_rule *rule;
	wq_str page;
	size_t after_at, run_end; /* both hold for every start up to them */
	bool after_known, run_known;
};

static size_t find_from(wq_str page, wq_str needle, size_t at)
{
	const char *found = at <= page.n ? memmem(page.p + at, page.n - at, needle.p, needle.n) : NULL;

	return found ? (size_t)(found - page.p) : SIZE_MAX;
}

static size_t after_from(struct search *s, size_t start)
{
	if (s->rule->after.n == 0)
		return s->page.n;
	if (!s->after_known || s->after_at < start) {
		s->after_at = find_from(s->page, s->rule->after, start);
		s->after_known = true;
	}
	return s->after_at;
}

static size_t run_from(struct search *s, size_t start)
{
	if (s->rule->bytes == WQ_VOLATILE_CLOCK)
		return wq_volatile_run(WQ_VOLATILE_CLOCK, s->page, start, WQ_MIN(s->page.n, start + WQ_CLOCK_MAX));
	if (!s->run_known || s->run_end < start) {
		s->run_end = wq_volatile_run(s->rule->bytes, s->page, start, s->page.n);
		s->run_known = true;
	}
	return s->run_end;
}

/* The length of the region that begins at `start`; false when there is none. */
static bool region_at(struct search *s, size_t start, size_t *ret_n)
{
	size_t end = after_from(s, start);

	if (end > s->page.n || end - start > s->rule->max_bytes || end > run_from(s, start))
		return false;
	*ret_n = end - start;
	return true;
}

void wq_volatile_find(const struct wq_volatile_rule *rule, wq_str page, wq_volatile_found_fn found, void *data)
{
	struct search s = {.rule = rule, .page = page};
	size_t at = 0, n;

	if (page.n == 0)
		return;
	if (rule->before.n == 0) {
		if (region_at(&s, 0, &n))
			found(data, 0, n);
		return;
	}
	while ((at = find_from(page, rule->before, at)) != SIZE_MAX) {
		size_t start = at + rule->before.n;

		if (!region_at(&s, start, &n)) {
			at++;
			continue;
		}
		if (!found(data, start, n))
			return;
		at = start + n;
	}
}

/* ---- applying ---- */

struct region {
	size_t at, end;
	enum wq_volatile_action action;
};

struct regions {
	struct region rows[WQ_VOLATILE_MATCHES_MAX];
	size_t n;
	bool over;
	enum wq_volatile_action action;
};

static bool add_region(void *data, size_t at, size_t n)
{
	struct regions *r = data;

	if (r->n == WQ_COUNT(r->rows)) {
		r->over = true;
		return false;
	}
	r->rows[r->n++] = (struct region){at, at + n, r->action};
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct region *x = a, *y = b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1) : (x->end > y->end) - (x->end < y->end);
}

/* The page without its regions; of all rules, or of those that remove. Regions may overlap. */
static void put_rest(wq_str page, const struct regions *r, bool all, struct wq_buf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (!all && r->rows[i].action != WQ_VOLATILE_REMOVE)
			continue;
		if (r->rows[i].at > at)
			wq_buf_add(out, wq_str_head(wq_str_from(page, at), r->rows[i].at - at));
		at = WQ_MAX(at, r->rows[i].end);
	}
	wq_buf_add(out, wq_str_from(page, at));
}

static wq_err put(wq_str page, const struct regions *r, struct wq_buf *cut, struct wq_buf *masked)
{
	if (cut) {
		put_rest(page, r, false, cut);
		WQ_TRY(wq_buf_err(cut));
	}
	if (masked) {
		put_rest(page, r, true, masked);
		WQ_TRY(wq_buf_err(masked));
	}
	return WQ_OK;
}

static wq_err collect(const struct wq_policy *policy, wq_str path, wq_str page, struct regions *r)
{
	for (size_t i = 0; i < policy->volatiles_n; i++) {
		const struct wq_volatile_rule *rule = &policy->volatiles[i];

		if (!wq_policy_below(rule->prefix, path))
			continue;
		r->action = rule->action;
		wq_volatile_find(rule, page, add_region, r);
		if (r->over)
			return wq_error(WQ_E_LIMIT, "%.*s: more than %d volatile regions", WQ_S_ARG(path),
				WQ_VOLATILE_MATCHES_MAX);
	}
	qsort(r->rows, r->n, sizeof *r->rows, by_place);
	return WQ_OK;
}

wq_err wq_volatile_apply(const struct wq_policy *policy, wq_str path, wq_str page, struct wq_buf *cut,
	struct wq_buf *masked, size_t *ret_matches)
{
	struct regions *regions = malloc(sizeof *regions);
	wq_err e;

	if (!regions)
		return wq_error_id(WQ_E_NO_MEMORY);
	regions->n = 0;
	regions->over = false;
	e = collect(policy, path, page, regions);
	if (!wq_failed(e))
		e = put(page, regions, cut, masked);
	if (!wq_failed(e) && ret_matches)
		*ret_matches = regions->n;
	free(regions);
	return e;
}

/* ---- freezing ---- */

static wq_str between(wq_str page, const struct regions *r, size_t number)
{
	size_t from = number > 0 ? r->rows[number - 1].end : 0;
	size_t to = number < r->n ? r->rows[number].at : page.n;

	return wq_str_head(wq_str_from(page, from), to - from);
}

/* One region in each is the same one; of several, those whose neighbourhood is the same up to the next ones. */
static bool is_paired(wq_str page, const struct regions *now, wq_str sealed, const struct regions *was, size_t i)
{
	return now->n == 1 ||
		(wq_str_eq(between(page, now, i), between(sealed, was, i)) &&
			wq_str_eq(between(page, now, i + 1), between(sealed, was, i + 1)));
}

static wq_err put_sealed(
	wq_str page, const struct regions *now, wq_str sealed, const struct regions *was, struct wq_buf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < now->n; i++) {
		const struct region *to = &now->rows[i], *from = &was->rows[i];

		if (!is_paired(page, now, sealed, was, i))
			continue;
		wq_buf_add(out, wq_str_head(wq_str_from(page, at), to->at - at));
		wq_buf_add(out, wq_str_head(wq_str_from(sealed, from->at), from->end - from->at));
		at = to->end;
	}
	wq_buf_add(out, wq_str_from(page, at));
	return wq_buf_err(out);
}

/* Adds the page to `out` with the sealed values of this rule's regions; as it is when they are not the same ones. */
static wq_err freeze_one(
	const struct wq_volatile_rule *rule, wq_str page, wq_str sealed, struct regions r[2], struct wq_buf *out)
{
	for (size_t i = 0; i < 2; i++) {
		r[i].n = 0;
		r[i].over = false;
		wq_volatile_find(rule, i ? sealed : page, add_region, &r[i]);
	}
	if (r[0].n == r[1].n && !r[0].over && !r[1].over)
		return put_sealed(page, &r[0], sealed, &r[1], out);
	wq_buf_add(out, page);
	return wq_buf_err(out);
}

wq_err wq_volatile_freeze(const struct wq_policy *policy, wq_str path, wq_str page, wq_str sealed, struct wq_buf *out,
	struct wq_buf *scratch)
{
	struct regions *r = malloc(2 * sizeof *r);
	struct wq_buf swap;
	wq_err e;

	if (!r)
		return wq_error_id(WQ_E_NO_MEMORY);
	wq_buf_clear(out);
	wq_buf_add(out, page);
	e = wq_buf_err(out);
	for (size_t i = 0; i < policy->volatiles_n && !wq_failed(e); i++) {
		if (policy->volatiles[i].action != WQ_VOLATILE_FREEZE ||
			!wq_policy_below(policy->volatiles[i].prefix, path))
			continue;
		wq_buf_clear(scratch);
		e = freeze_one(&policy->volatiles[i], wq_buf_str(out), sealed, r, scratch);
		swap = *out;
		*out = *scratch;
		*scratch = swap;
	}
	free(r);
	return e;
}
