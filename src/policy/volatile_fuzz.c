/* Volatile regions. The input is two fetches with a byte 0xff between them: learning ends, and what it learnt makes them one
 * page; applying a fixed set of rules never makes a page longer. */
#include "policy/profile.h"
#include "policy/volatile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const texts[] = {
	"freeze / \"value=\\\"\" \"\\\"\" 64 hex",
	"remove / \"a\" \"b\" 4096 any",
	"freeze / \"\" \"<\" 16 text",
	"freeze / \">\" \"\" 16 word",
	"remove / \"aa\" \"a\" 3 base64",
	"freeze / \" \" \" \" 4096 clock",
	"freeze / \"=\" \"&\" 1 digits",
};

static void apply_fixed(wq_str page, struct wq_arena *arena)
{
	struct wq_volatile_rule rules[WQ_COUNT(texts)];
	struct wq_policy policy = wq_policy_default;
	WQ_BUF(cut, page.n);
	WQ_BUF(masked, page.n);
	size_t matches;
	wq_err e;

	for (size_t i = 0; i < WQ_COUNT(texts); i++)
		if (wq_failed(wq_volatile_rule_parse(wq_str_c(texts[i]), arena, &rules[i])))
			abort();
	policy.volatiles = rules;
	policy.volatiles_n = WQ_COUNT(rules);
	e = wq_volatile_apply(&policy, WQ_S("/"), page, &cut, &masked, &matches);
	if (wq_is(e, WQ_E_LIMIT) && page.n > WQ_VOLATILE_MATCHES_MAX)
		return;
	if (wq_failed(e) || masked.len > cut.len || (matches == 0 && masked.len != page.n))
		abort();
}

static void learn(wq_str first, wq_str second, bool html, struct wq_arena *arena)
{
	struct wq_volatile_rule rules[WQ_VOLATILE_REGIONS_MAX], *merged;
	struct wq_policy policy = wq_policy_default;
	struct wq_volatile_learnt learnt;
	WQ_BUF(a, first.n);
	WQ_BUF(b, second.n);
	WQ_BUF(block, WQ_POLICY_BLOCK_MAX);

	if (wq_failed(wq_volatile_learn(first, second, html, WQ_S("/a/b"), arena, &learnt)))
		abort();
	if (learnt.unruly)
		return;
	for (size_t i = 0; i < learnt.regions_n; i++)
		rules[i] = learnt.regions[i].rule;
	if (wq_failed(wq_volatile_merge(NULL, 0, rules, learnt.regions_n, arena, &merged, &policy.volatiles_n)))
		abort();
	policy.volatiles = merged;
	if (wq_failed(wq_policy_encode(&policy, &block)) ||
		wq_failed(wq_volatile_apply(&policy, WQ_S("/a/b"), first, NULL, &a, NULL)) ||
		wq_failed(wq_volatile_apply(&policy, WQ_S("/a/b"), second, NULL, &b, NULL)) ||
		!wq_str_eq(wq_buf_str(&a), wq_buf_str(&b)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	wq_str second = wq_str_of(data, n), first = wq_str_cut(&second, '\xff');

	wq_arena_init(&arena, 64 * WQ_MIB);
	apply_fixed(wq_str_of(data, n), &arena);
	learn(first, second, true, &arena);
	learn(first, second, false, &arena);
	return 0;
}
