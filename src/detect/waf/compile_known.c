/* Single questions about known slots, answered as the evaluator would. */
#include "detect/waf/compile_fold_priv.h"

static bool is_known(const struct wq_waf_fold *f, uint32_t slot)
{
	return slot != WQ_WAF_NONE && !f->unknown[slot] && !f->dirty[slot];
}

/* The text of a macro whose variables are all known and set. p is NULL when one is not, or when there is no memory. */
static wq_str expand(const struct wq_waf_fold *f, struct wq_waf_macro macro)
{
	wq_str all = WQ_S("");

	for (uint32_t i = 0; i < macro.parts_n; i++) {
		const struct wq_waf_part *part = WQ_WAF_AT(f->c, parts, struct wq_waf_part, macro.parts + i);
		wq_str piece = part->text;
		if (part->var != WQ_VAR_COUNT) {
			if (part->var != WQ_VAR_TX || !is_known(f, part->slot) ||
				!f->c->program->initial[part->slot].set)
				return WQ_S_NONE;
			piece = f->c->program->initial[part->slot].text;
		}
		char *joined = wq_arena_alloc(&f->c->scratch, all.n + piece.n + 1);
		if (!joined)
			return WQ_S_NONE;
		memcpy(joined, all.p, all.n);
		memcpy(joined + all.n, piece.p, piece.n);
		all = wq_str_of(joined, all.n + piece.n);
	}
	return all;
}

/* ---- questions */

static bool compare(enum wq_waf_op op, int64_t left, int64_t right)
{
	switch ((int)op) {
	case WQ_OP_EQ: return left == right;
	case WQ_OP_GE: return left >= right;
	case WQ_OP_GT: return left > right;
	case WQ_OP_LE: return left <= right;
	default: return left < right;
	}
}

static bool is_comparison(uint8_t op)
{
	return op == WQ_OP_EQ || op == WQ_OP_GE || op == WQ_OP_GT || op == WQ_OP_LE || op == WQ_OP_LT;
}

static enum wq_waf_known ask_text(const struct wq_waf_rule *rule, wq_str text, wq_str argument)
{
	bool yes;

	switch ((int)rule->op) {
	case WQ_OP_UNCONDITIONAL_MATCH: yes = true; break;
	case WQ_OP_NO_MATCH: yes = false; break;
	case WQ_OP_BEGINS_WITH: yes = wq_str_starts(text, argument); break;
	case WQ_OP_ENDS_WITH: yes = wq_str_ends(text, argument); break;
	case WQ_OP_STREQ: yes = wq_str_eq(text, argument); break;
	case WQ_OP_WITHIN: yes = wq_str_find(argument, text) >= 0; break;
	case WQ_OP_CONTAINS: yes = wq_str_find(text, argument) >= 0; break;
	default: return WQ_KNOWN_MAYBE;
	}
	return yes ? WQ_KNOWN_YES : WQ_KNOWN_NO;
}

static enum wq_waf_known ask_value(const struct wq_waf_fold *f, const struct wq_waf_rule *rule, wq_str text)
{
	wq_str argument = WQ_S("");
	enum wq_waf_known answer;

	if (rule->argument.parts_n > 0)
		argument = expand(f, rule->argument);
	if (!argument.p)
		return WQ_KNOWN_MAYBE;
	if (is_comparison(rule->op)) {
		int64_t right = rule->flags & WQ_RULE_MACRO_ARGUMENT ? wq_waf_number_lax(argument) : rule->number;
		answer = compare((enum wq_waf_op)rule->op, wq_waf_number_lax(text), right) ? WQ_KNOWN_YES : WQ_KNOWN_NO;
	} else {
		answer = ask_text(rule, text, argument);
	}
	if (answer == WQ_KNOWN_MAYBE || !(rule->flags & WQ_RULE_NEGATED))
		return answer;
	return answer == WQ_KNOWN_YES ? WQ_KNOWN_NO : WQ_KNOWN_YES;
}

static bool transformed(const struct wq_waf_fold *f, const struct wq_waf_rule *rule, wq_str *text)
{
	enum wq_transform steps[WQ_CHAIN_STEPS_MAX];
	size_t n = wq_chains_steps(f->c->program->chains, rule->chain, steps);

	for (size_t i = 0; i < n; i++)
		if (!wq_transform_apply(steps[i], *text, &f->c->scratch, text))
			return false;
	return true;
}

static enum wq_waf_known ask_target(
	const struct wq_waf_fold *f, const struct wq_waf_rule *rule, const struct wq_waf_target *target)
{
	const struct wq_waf_value *value;
	wq_str text;

	if (target->var != WQ_VAR_TX || target->excludes_n > 0 || !is_known(f, target->slot))
		return WQ_KNOWN_MAYBE;
	value = &f->c->program->initial[target->slot];
	if (!target->count && !value->set)
		return WQ_KNOWN_NO;
	text = !target->count ? value->text : value->set ? WQ_S("1") : WQ_S("0");
	return transformed(f, rule, &text) ? ask_value(f, rule, text) : WQ_KNOWN_MAYBE;
}

static enum wq_waf_known ask_one(const struct wq_waf_fold *f, const struct wq_waf_rule *rule)
{
	enum wq_waf_known answer = WQ_KNOWN_NO;

	if (rule->flags & WQ_RULE_ALWAYS)
		return WQ_KNOWN_YES;
	if (rule->flags & WQ_RULE_MULTI_MATCH)
		return WQ_KNOWN_MAYBE;
	for (uint32_t i = 0; i < rule->targets_n; i++) {
		enum wq_waf_known one = ask_target(
			f, rule, WQ_WAF_AT(f->c, targets, struct wq_waf_target, rule->targets + i));
		/* what a rule does is done for each value that matches: only one may */
		if (one != WQ_KNOWN_NO)
			answer = rule->targets_n == 1 ? one : WQ_KNOWN_MAYBE;
	}
	return answer;
}

static void soil(struct wq_waf_fold *f, const struct wq_waf_rule *rule)
{
	for (uint32_t i = 0; i < rule->actions_n; i++) {
		const struct wq_waf_act *act = WQ_WAF_AT(f->c, actions, struct wq_waf_act, rule->actions + i);
		if (act->var == WQ_VAR_TX && act->slot != WQ_WAF_NONE)
			f->dirty[act->slot] = true;
		else if (act->var == WQ_VAR_TX)
			memset(f->dirty, 1, f->c->slots.n);
		if (act->target != WQ_WAF_NONE) /* may be one of its own links */
			memset(f->dirty, 1, f->c->slots.n);
	}
}

wq_err wq_waf_fold_ask(struct wq_waf_fold *f, const struct wq_waf_rule *head, enum wq_waf_known *ret_answer)
{
	const struct wq_waf_rule *rule = head;
	enum wq_waf_known all = WQ_KNOWN_YES;
	bool does = false;

	memset(f->dirty, 0, f->c->slots.n);
	for (;;) {
		enum wq_waf_known one = ask_one(f, rule);
		if (one == WQ_KNOWN_NO) {
			all = does ? WQ_KNOWN_MAYBE : WQ_KNOWN_NO;
			break;
		}
		if (one == WQ_KNOWN_MAYBE)
			all = WQ_KNOWN_MAYBE;
		does |= rule->actions_n > 0 || (rule->flags & WQ_RULE_CAPTURE);
		soil(f, rule);
		if (rule->link == WQ_WAF_NONE)
			break;
		rule = &f->c->program->rules[rule->link];
	}
	memset(f->dirty, 0, f->c->slots.n);
	*ret_answer = all;
	return wq_arena_err(&f->c->scratch);
}

/* ---- setting */

static bool value_of(const struct wq_waf_fold *f, const struct wq_waf_act *act, struct wq_waf_value *value)
{
	wq_str text = act->set == WQ_SET_UNSET ? WQ_S("") : expand(f, act->value);
	int64_t number = value->number;

	if (!text.p)
		return false;
	if (act->set == WQ_SET_UNSET) {
		*value = (struct wq_waf_value){0};
		return true;
	}
	if (act->set != WQ_SET_TO) {
		if (value->set && !value->is_number)
			return false;
		int64_t by = wq_waf_number_lax(text);
		number = (value->set ? value->number : 0) + (act->set == WQ_SET_ADD ? by : -by);
		text = wq_arena_printf(&f->c->scratch, "%lld", (long long)number);
	}
	*value = (struct wq_waf_value){.set = true, .text = wq_waf_keep(f->c, text)};
	value->is_number = wq_waf_number(value->text, &value->number);
	return value->text.p != NULL && (act->set == WQ_SET_TO || value->is_number);
}

static bool set_all(struct wq_waf_fold *f, const struct wq_waf_rule *head)
{
	const struct wq_waf_rule *rule = head;

	for (;;) {
		for (uint32_t i = 0; i < rule->actions_n; i++) {
			const struct wq_waf_act *act = WQ_WAF_AT(f->c, actions, struct wq_waf_act, rule->actions + i);
			if (act->var != WQ_VAR_TX || !is_known(f, act->slot) || f->touched[act->slot] ||
				!value_of(f, act, &f->c->program->initial[act->slot]))
				return false;
		}
		if (rule->link == WQ_WAF_NONE)
			return true;
		rule = &f->c->program->rules[rule->link];
	}
}

void wq_waf_fold_sets(struct wq_waf_fold *f, const struct wq_waf_rule *head, bool *ret_done)
{
	size_t bytes = f->c->slots.n * sizeof *f->before;

	memcpy(f->before, f->c->program->initial, bytes);
	*ret_done = set_all(f, head);
	if (!*ret_done)
		memcpy(f->c->program->initial, f->before, bytes);
}

/* ---- constants */

static bool is_text(uint8_t op)
{
	return op == WQ_OP_BEGINS_WITH || op == WQ_OP_ENDS_WITH || op == WQ_OP_STREQ || op == WQ_OP_WITHIN ||
		op == WQ_OP_CONTAINS || op == WQ_OP_CONTAINS_WORD || op == WQ_OP_STRMATCH;
}

wq_err wq_waf_fold_argument(struct wq_waf_fold *f, struct wq_waf_rule *rule)
{
	struct wq_sec_place place = {rule->file.p, rule->line};
	wq_str text;

	if (!(rule->flags & WQ_RULE_MACRO_ARGUMENT))
		return WQ_OK;
	text = expand(f, rule->argument);
	if (!text.p || wq_waf_has_variable(text))
		return WQ_OK;
	if (rule->op == WQ_OP_RX) {
		WQ_TRY(wq_waf_pattern_of(f->c, text, place, rule));
	} else if (is_comparison(rule->op)) {
		rule->number = wq_waf_number_lax(text);
	} else if (!is_text(rule->op)) {
		return WQ_OK;
	}
	rule->flags &= (uint16_t)~WQ_RULE_MACRO_ARGUMENT;
	return wq_waf_macro_of(f->c, text, &rule->argument, NULL);
}
