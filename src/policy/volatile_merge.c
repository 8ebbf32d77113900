#include "policy/block_priv.h"
#include "policy/volatile_priv.h"

static bool same_place(const struct wq_volatile_rule *a, const struct wq_volatile_rule *b)
{
	return a->action == b->action && wq_str_eq(a->before, b->before) && wq_str_eq(a->after, b->after);
}

/* By place, so that what is to be joined stands together. */
static int by_context(const void *a, const void *b)
{
	const struct wq_volatile_rule *x = a, *y = b;
	int order = wq_str_cmp(x->before, y->before);

	if (order == 0)
		order = wq_str_cmp(x->after, y->after);
	if (order == 0)
		order = (x->action > y->action) - (x->action < y->action);
	return order ? order : wq_str_cmp(x->prefix, y->prefix);
}

/* The longest prefix below which both lie: it ends with a whole segment. */
static wq_str common_prefix(wq_str a, wq_str b)
{
	size_t n = 0;

	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	if ((n == a.n && wq_policy_below(a, b)) || (n == b.n && wq_policy_below(b, a)))
		return wq_str_head(a, n);
	while (n > 1 && a.p[n - 1] != '/')
		n--;
	return wq_str_head(a, n);
}

/* Every region of `b` is one of `a`: the same place or a less exact one, below its prefix. */
static bool covers(const struct wq_volatile_rule *a, const struct wq_volatile_rule *b)
{
	return a->action == b->action && wq_policy_below(a->prefix, b->prefix) && wq_str_ends(b->before, a->before) &&
		wq_str_starts(b->after, a->after) && (a->before.n > 0) == (b->before.n > 0) &&
		(a->after.n > 0) == (b->after.n > 0) && a->max_bytes >= b->max_bytes &&
		wq_volatile_bytes_join(a->bytes, b->bytes) == a->bytes;
}

static size_t join(struct wq_volatile_rule *rules, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct wq_volatile_rule *last = kept > 0 ? &rules[kept - 1] : NULL;

		if (!last || !same_place(last, &rules[i])) {
			rules[kept++] = rules[i];
			continue;
		}
		last->prefix = common_prefix(last->prefix, rules[i].prefix);
		last->bytes = wq_volatile_bytes_join(last->bytes, rules[i].bytes);
		last->max_bytes = WQ_MAX(last->max_bytes, rules[i].max_bytes);
	}
	return kept;
}

static bool is_covered(const struct wq_volatile_rule *rules, size_t n, const struct wq_volatile_rule *rule)
{
	for (size_t i = 0; i < n; i++)
		if (&rules[i] != rule && covers(&rules[i], rule) && (!covers(rule, &rules[i]) || &rules[i] < rule))
			return true;
	return false;
}

wq_err wq_volatile_merge(const struct wq_volatile_rule *known, size_t known_n, const struct wq_volatile_rule *learnt,
	size_t learnt_n, struct wq_arena *arena, struct wq_volatile_rule **ret_rules, size_t *ret_n)
{
	struct wq_volatile_rule *rules = WQ_NEW_ARRAY(arena, struct wq_volatile_rule, learnt_n);
	struct wq_volatile_rule *left = WQ_NEW_ARRAY(arena, struct wq_volatile_rule, learnt_n);
	size_t n = 0, left_n = 0;

	WQ_TRY(wq_arena_err(arena));
	for (size_t i = 0; i < learnt_n; i++)
		if (!is_covered(known, known_n, &learnt[i]))
			rules[n++] = learnt[i];
	qsort(rules, n, sizeof *rules, by_context);
	n = join(rules, n);
	for (size_t i = 0; i < n; i++)
		if (!is_covered(rules, n, &rules[i]))
			left[left_n++] = rules[i];
	qsort(left, left_n, sizeof *left, wq_volatile_rule_cmp);
	*ret_rules = left;
	*ret_n = left_n;
	return WQ_OK;
}
