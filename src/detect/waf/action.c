#include "detect/waf/eval_priv.h"

/* ---- setvar ---- */

static int64_t macro_number(struct wq_waf_tx *tx, const struct wq_waf_macro *macro)
{
	const struct wq_waf_part *part = &tx->program->parts[macro->parts];

	if (macro->parts_n == 1 && part->var == WQ_VAR_TX && part->slot != WQ_WAF_NONE)
		return tx->slots[part->slot].set ? wq_waf_value_number(&tx->slots[part->slot]) : 0;
	return wq_waf_atoi(wq_waf_expand(tx, macro));
}

static struct wq_waf_value macro_value(struct wq_waf_tx *tx, const struct wq_waf_macro *macro)
{
	const struct wq_waf_part *part = &tx->program->parts[macro->parts];
	struct wq_waf_value value = {.set = true};

	if (macro->parts_n == 1 && part->var == WQ_VAR_TX && part->slot != WQ_WAF_NONE && tx->slots[part->slot].set)
		return tx->slots[part->slot];
	value.text = wq_waf_expand(tx, macro);
	return value;
}

static void change(struct wq_waf_tx *tx, const struct wq_waf_act *act, struct wq_waf_value *value)
{
	int64_t by, before;

	if (act->set == WQ_SET_UNSET) {
		value->set = false;
		return;
	}
	if (act->set == WQ_SET_TO) {
		*value = act->is_number ? (struct wq_waf_value){.set = true, .is_number = true, .number = act->number}
					: macro_value(tx, &act->value);
		return;
	}
	by = act->is_number ? act->number : macro_number(tx, &act->value);
	before = value->set ? wq_waf_value_number(value) : 0;
	*value = (struct wq_waf_value){.set = true, .is_number = true};
	if (act->set == WQ_SET_ADD ? __builtin_add_overflow(before, by, &value->number)
				   : __builtin_sub_overflow(before, by, &value->number))
		value->number = (act->set == WQ_SET_ADD) == (by > 0) ? INT64_MAX : INT64_MIN;
}

static bool is_fixed(const struct wq_waf_tx *tx, const struct wq_waf_value *value)
{
	for (uint32_t i = 0; i < tx->fixed_n; i++)
		if (&tx->slots[tx->fixed[i]] == value)
			return true;
	return false;
}

static void act_setvar(struct wq_waf_tx *tx, const struct wq_waf_act *act)
{
	struct wq_waf_value *value;

	if (act->slot != WQ_WAF_NONE)
		value = &tx->slots[act->slot];
	else {
		wq_str name = wq_waf_expand(tx, &act->name);
		value = act->set == WQ_SET_UNSET ? wq_waf_value_find(tx, act->var, name)
						 : wq_waf_value_make(tx, act->var, name);
	}
	if (value && !is_fixed(tx, value))
		change(tx, act, value);
}

static void act_setenv(struct wq_waf_tx *tx, const struct wq_waf_act *act)
{
	struct wq_waf_value *value = wq_waf_value_make(tx, WQ_VAR_ENV, wq_waf_expand(tx, &act->name));

	if (value)
		change(tx, act, value);
}

/* ---- ctl ---- */

static bool is_on(wq_str text)
{
	return wq_str_eq_nocase(text, WQ_S("On"));
}

static void remove_rules(struct wq_waf_tx *tx, const uint64_t *rules)
{
	uint32_t words = tx->program->rule_words;

	if (!tx->removed)
		tx->removed = WQ_NEW_ARRAY(&tx->arena, uint64_t, words + 1);
	if (!tx->removed) {
		tx->no_memory = true;
		return;
	}
	for (uint32_t w = 0; w < words; w++)
		tx->removed[w] |= rules[w];
}

static void remove_target(struct wq_waf_tx *tx, const uint64_t *rules, const struct wq_waf_target *target,
	struct wq_regex *const *regexes)
{
	struct wq_waf_target_removal *removal = wq_waf_grow(
		tx, (void **)&tx->removals, tx->removals_n, &tx->removals_room, sizeof *removal);

	if (!removal)
		return;
	*removal = (struct wq_waf_target_removal){rules, target, regexes};
	tx->removals_n++;
}

static void set_engine(struct wq_waf_tx *tx, wq_str text)
{
	if (wq_str_eq_nocase(text, WQ_S("Off")))
		tx->engine = 0;
	else
		tx->engine = is_on(text) ? 1 : 2;
}

static void set_processor(struct wq_waf_tx *tx, wq_str text)
{
	enum wq_body_kind kind;

	if (wq_body_kind_parse(text, &kind))
		tx->kind = kind;
}

static void act_ctl(struct wq_waf_tx *tx, const struct wq_waf_act *act)
{
	const struct wq_waf_program *program = tx->program;
	const uint64_t *rules = act->rules == WQ_WAF_NONE
		? NULL
		: program->rule_sets + (size_t)act->rules * program->rule_words;

	switch ((int)act->ctl) {
	case WQ_CTL_FORCE_REQUEST_BODY_VARIABLE: tx->body_forced = is_on(act->text); break;
	case WQ_CTL_REQUEST_BODY_ACCESS: tx->body_access = is_on(act->text); break;
	case WQ_CTL_REQUEST_BODY_LIMIT: tx->body_limit = (uint64_t)wq_waf_atoi(act->text); break;
	case WQ_CTL_REQUEST_BODY_PROCESSOR: set_processor(tx, act->text); break;
	case WQ_CTL_RESPONSE_BODY_ACCESS: tx->response_access = is_on(act->text); break;
	case WQ_CTL_RESPONSE_BODY_LIMIT: tx->response_limit = (uint64_t)wq_waf_atoi(act->text); break;
	case WQ_CTL_RULE_ENGINE: set_engine(tx, act->text); break;
	case WQ_CTL_RULE_REMOVE_BY_ID:
	case WQ_CTL_RULE_REMOVE_BY_MSG:
	case WQ_CTL_RULE_REMOVE_BY_TAG:
		if (rules)
			remove_rules(tx, rules);
		break;
	case WQ_CTL_RULE_REMOVE_TARGET_BY_ID:
	case WQ_CTL_RULE_REMOVE_TARGET_BY_MSG:
	case WQ_CTL_RULE_REMOVE_TARGET_BY_TAG:
		if (rules && act->target != WQ_WAF_NONE)
			remove_target(tx, rules, &program->targets[act->target], program->regexes);
		break;
	default: /* of logs that we do not write */ break;
	}
}

void wq_waf_act(struct wq_waf_tx *tx, const struct wq_waf_rule *rule)
{
	for (uint32_t i = 0; i < rule->actions_n; i++) {
		const struct wq_waf_act *act = &tx->program->actions[rule->actions + i];
		switch (act->action) {
		case WQ_ACT_SETVAR: act_setvar(tx, act); break;
		case WQ_ACT_CTL: act_ctl(tx, act); break;
		case WQ_ACT_SETENV: act_setenv(tx, act); break;
		case WQ_ACT_SETSID: tx->session = wq_waf_expand(tx, &act->value); break;
		case WQ_ACT_SETUID: tx->user = wq_waf_expand(tx, &act->value); break;
		default: /* initcol, expirevar: collections live as long as the transaction */ break;
		}
	}
}

/* ---- what does not run ---- */

bool wq_waf_is_removed(struct wq_waf_tx *tx, uint32_t rule)
{
	const struct wq_waf_exceptions *exceptions = tx->begin.exceptions;

	if (!tx->removed || !wq_waf_bit(tx->removed, rule))
		return false;
	for (size_t i = 0; exceptions && i < exceptions->n; i++)
		if (exceptions->list[i].whole && wq_waf_bit(exceptions->list[i].rules, rule))
			tx->exceptions_used[i / 64] |= UINT64_C(1) << i % 64;
	return true;
}

static bool covers(enum wq_waf_var removed, enum wq_waf_var var)
{
	return removed == var || (removed == WQ_VAR_ARGS && (var == WQ_VAR_ARGS_GET || var == WQ_VAR_ARGS_POST));
}

static bool takes_away(struct wq_waf_tx *tx, const struct wq_waf_target_removal *removal, uint32_t head,
	enum wq_waf_var var, wq_str name)
{
	return covers(removal->target->var, var) && wq_waf_bit(removal->rules, head) &&
		wq_waf_selects(tx, removal->target, removal->regexes, name);
}

static void note_exception(struct wq_waf_tx *tx, const struct wq_waf_target *target)
{
	const struct wq_waf_exceptions *exceptions = tx->begin.exceptions;

	for (size_t i = 0; exceptions && i < exceptions->n; i++)
		if (&exceptions->list[i].target == target)
			tx->exceptions_used[i / 64] |= UINT64_C(1) << i % 64;
}

bool wq_waf_is_target_removed(struct wq_waf_tx *tx, uint32_t head, enum wq_waf_var var, wq_str name)
{
	for (uint32_t i = 0; i < tx->removals_n; i++)
		if (takes_away(tx, &tx->removals[i], head, var, name)) {
			note_exception(tx, tx->removals[i].target);
			return true;
		}
	return false;
}

void wq_waf_exceptions_apply(struct wq_waf_tx *tx)
{
	const struct wq_waf_exceptions *exceptions = tx->begin.exceptions;
	const uint64_t *active = tx->begin.exceptions_active;

	if (!exceptions || exceptions->n == 0)
		return;
	tx->exceptions_used = WQ_NEW_ARRAY(&tx->arena, uint64_t, exceptions->n / 64 + 1);
	if (!tx->exceptions_used) {
		tx->no_memory = true;
		return;
	}
	for (size_t i = 0; i < exceptions->n; i++) {
		const struct wq_waf_removal *removal = &exceptions->list[i];
		if (active && !wq_waf_bit(active, (uint32_t)i))
			continue;
		if (removal->whole)
			remove_rules(tx, removal->rules);
		else
			remove_target(tx, removal->rules, &removal->target, exceptions->regexes);
	}
}

void wq_waf_exceptions_used(const struct wq_waf_tx *tx, void (*each)(void *data, uint64_t mark), void *data)
{
	const struct wq_waf_exceptions *exceptions = tx->begin.exceptions;

	for (size_t i = 0; tx->exceptions_used && i < exceptions->n; i++)
		if (wq_waf_bit(tx->exceptions_used, (uint32_t)i))
			each(data, exceptions->list[i].mark);
}
