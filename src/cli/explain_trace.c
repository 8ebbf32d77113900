#include "cli/explain_priv.h"

#include "detect/transform/transform.h"

static void on_rule(void *data, uint32_t rule, wq_str file, uint32_t line, const char *why)
{
	struct wq_explain *x = data;
	bool skipped = strcmp(why, "skipped") == 0;
	const char *name = wq_arena_cstr(x->arena, file);

	if (strcmp(why, "matched") == 0)
		x->last_matched = rule;
	if (x->fates_n == WQ_EXPLAIN_FATES_MAX || !name) {
		x->cut = true;
		return;
	}
	x->fates[x->fates_n++] = (struct wq_explain_fate){rule, line, skipped ? x->last_matched : 0, name, why};
}

static void on_value(
	void *data, uint32_t rule, wq_str variable, wq_str before, const char *chain, wq_str after, const char *why)
{
	struct wq_explain *x = data;
	struct wq_explain_value value = {.rule = rule, .matched = strcmp(why, "matched") == 0};

	(void)after; /* made again, step by step */
	value.variable = wq_arena_str(x->arena, variable);
	value.before = wq_arena_str(x->arena, before);
	value.chain = wq_arena_str(x->arena, wq_str_c(chain));
	if (x->values_n == WQ_EXPLAIN_VALUES_MAX || !value.chain.p) {
		x->cut = true;
		return;
	}
	x->values[x->values_n++] = value;
}

wq_err wq_explain_init(struct wq_explain *x, struct wq_arena *arena, struct wq_waf_trace *ret_trace)
{
	*x = (struct wq_explain){.arena = arena,
		.fates = WQ_NEW_ARRAY(arena, struct wq_explain_fate, WQ_EXPLAIN_FATES_MAX),
		.values = WQ_NEW_ARRAY(arena, struct wq_explain_value, WQ_EXPLAIN_VALUES_MAX)};
	*ret_trace = (struct wq_waf_trace){x, on_rule, on_value};
	return wq_arena_err(arena);
}

size_t wq_explain_steps(const struct wq_explain_value *value, struct wq_arena *arena,
	struct wq_explain_step steps[WQ_EXPLAIN_STEPS_MAX])
{
	wq_str rest = value->chain, text = value->before;
	size_t n = 0;

	while (rest.p && n < WQ_EXPLAIN_STEPS_MAX) {
		wq_str name = wq_str_cut(&rest, ',');
		enum wq_transform transform;

		if (!wq_str_starts(name, WQ_S("t:")) || !wq_transform_parse(wq_str_from(name, 2), &transform))
			continue;
		if (!wq_transform_apply(transform, text, arena, &text))
			break;
		steps[n++] = (struct wq_explain_step){wq_transform_name(transform), text};
	}
	return n;
}
