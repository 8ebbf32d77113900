/* Variables of a rule → targets, each with the exclusions that concern it. */
#include "detect/waf/compile_priv.h"

bool wq_waf_var_same(const struct wq_sec_var *a, const struct wq_sec_var *b)
{
	return a->var == b->var && a->selector == b->selector && a->count == b->count &&
		(a->selector == WQ_SEC_SELECT_REGEX ? wq_str_eq(a->name, b->name) : wq_str_eq_nocase(a->name, b->name));
}

/* Whether an exclusion takes the whole target away. */
static bool swallows(const struct wq_sec_var *exclude, const struct wq_sec_var *var)
{
	struct wq_sec_var plain = *var;

	plain.count = exclude->count;
	return exclude->var == var->var && (exclude->selector == WQ_SEC_SELECT_ALL || wq_waf_var_same(exclude, &plain));
}

static bool is_part(enum wq_waf_var var)
{
	return var == WQ_VAR_ARGS_PLAIN || var == WQ_VAR_ARGS_RUNS;
}

/* Whether it may take something of it away when values are there. */
static bool concerns(const struct wq_sec_var *exclude, const struct wq_sec_var *var)
{
	/* exclusions of single names of ARGS hold for its parts too */
	if (exclude->var != var->var &&
		(exclude->var != WQ_VAR_ARGS || exclude->selector == WQ_SEC_SELECT_ALL || !is_part(var->var)))
		return false;
	return exclude->selector != WQ_SEC_SELECT_NAME || var->selector != WQ_SEC_SELECT_NAME;
}

wq_err wq_waf_target_of(struct wq_waf_compiler *c, const struct wq_sec_var *var, struct wq_sec_place place,
	struct wq_waf_target *ret_target)
{
	*ret_target = (struct wq_waf_target){.var = (uint8_t)var->var,
		.selector = (uint8_t)var->selector,
		.count = var->count,
		.name = wq_waf_keep(c, var->name),
		.regex = WQ_WAF_NONE,
		.slot = WQ_WAF_NONE};
	if (!ret_target->name.p)
		return wq_error_id(WQ_E_NO_MEMORY);
	if (var->selector == WQ_SEC_SELECT_REGEX)
		return wq_waf_regex_wish(c, var->name, true, place, &ret_target->regex);
	if (var->selector == WQ_SEC_SELECT_NAME && var->var == WQ_VAR_TX)
		return wq_waf_slot_of(c, var->name, &ret_target->slot);
	return WQ_OK;
}

static wq_err add_exclude(struct wq_waf_compiler *c, const struct wq_sec_var *var, struct wq_sec_place place)
{
	struct wq_waf_exclude exclude = {
		.selector = (uint8_t)var->selector, .name = wq_waf_keep(c, var->name), .regex = WQ_WAF_NONE};
	struct wq_waf_exclude *added;

	if (var->selector == WQ_SEC_SELECT_REGEX)
		WQ_TRY(wq_waf_regex_wish(c, var->name, true, place, &exclude.regex));
	added = WQ_WAF_ADD(c, excludes, struct wq_waf_exclude);
	if (!added || !exclude.name.p)
		return wq_error_id(WQ_E_NO_MEMORY);
	*added = exclude;
	return WQ_OK;
}

static bool is_swallowed(const struct wq_waf_draft *draft, const struct wq_sec_var *var)
{
	for (size_t i = 0; i < draft->vars_n; i++)
		if (draft->vars[i].exclude && swallows(&draft->vars[i], var))
			return true;
	return false;
}

static wq_err add_target(struct wq_waf_compiler *c, const struct wq_waf_draft *draft, const struct wq_sec_var *var)
{
	struct wq_waf_target target, *added;

	WQ_TRY(wq_waf_target_of(c, var, draft->place, &target));
	target.excludes = c->excludes.n;
	for (size_t i = 0; i < draft->vars_n; i++)
		if (draft->vars[i].exclude && concerns(&draft->vars[i], var))
			WQ_TRY(add_exclude(c, &draft->vars[i], draft->place));
	target.excludes_n = c->excludes.n - target.excludes;
	added = WQ_WAF_ADD(c, targets, struct wq_waf_target);
	if (!added)
		return wq_error_id(WQ_E_NO_MEMORY);
	*added = target;
	return WQ_OK;
}

/* Written twice is looked at once. */
static bool is_repeated(const struct wq_waf_draft *draft, size_t i)
{
	for (size_t before = 0; before < i; before++)
		if (!draft->vars[before].exclude && wq_waf_var_same(&draft->vars[before], &draft->vars[i]))
			return true;
	return false;
}

wq_err wq_waf_targets_of(struct wq_waf_compiler *c, const struct wq_waf_draft *draft, struct wq_waf_rule *rule)
{
	rule->targets = c->targets.n;
	for (size_t i = 0; i < draft->vars_n; i++)
		if (!draft->vars[i].exclude && !is_swallowed(draft, &draft->vars[i]) && !is_repeated(draft, i))
			WQ_TRY(add_target(c, draft, &draft->vars[i]));
	rule->targets_n = c->targets.n - rule->targets;
	return WQ_OK;
}
