/* Actions that are not disruptive: what a rule does to the transaction when it fires. */
#include "detect/waf/compile_priv.h"

/* "tx.name", "ip.name_%{tx.0}": the collection and the name in it. */
static wq_err variable_name(struct wq_waf_compiler *c, wq_str text, struct wq_waf_act *act)
{
	size_t at = 0;
	enum wq_waf_var var = WQ_VAR_TX;
	bool variable = wq_waf_has_variable(text);

	while (at < text.n && text.p[at] != '.' && text.p[at] != ':')
		at++;
	wq_str name = wq_str_from(text, at + 1);
	(void)wq_waf_var_parse(wq_str_trim(wq_str_head(text, at)), &var);
	act->var = (uint8_t)var;
	if (!variable)
		name = wq_waf_keep_lower(c, name);
	if (!name.p)
		return wq_error_id(WQ_E_NO_MEMORY);
	WQ_TRY(wq_waf_macro_of(c, name, &act->name, NULL));
	return var == WQ_VAR_TX && !variable ? wq_waf_slot_of(c, name, &act->slot) : WQ_OK;
}

static wq_err value_of(struct wq_waf_compiler *c, wq_str value, struct wq_waf_act *act)
{
	bool variable, adds = value.n > 1 && (value.p[0] == '+' || value.p[0] == '-');

	if (adds) {
		act->set = value.p[0] == '+' ? WQ_SET_ADD : WQ_SET_SUBTRACT;
		value = wq_str_from(value, 1);
	}
	WQ_TRY(wq_waf_macro_of(c, value, &act->value, &variable));
	act->is_number = !variable && (adds || wq_waf_number(value, &act->number));
	if (!variable && adds)
		act->number = wq_waf_number_lax(value);
	return WQ_OK;
}

static wq_err setvar(struct wq_waf_compiler *c, wq_str text, struct wq_waf_act *act)
{
	wq_str rest = wq_str_trim(text), name = wq_str_cut(&rest, '=');
	bool unset = name.n > 0 && name.p[0] == '!';

	WQ_TRY(variable_name(c, wq_str_trim(wq_str_from(name, unset ? 1 : 0)), act));
	act->set = unset ? WQ_SET_UNSET : WQ_SET_TO;
	return unset ? WQ_OK : value_of(c, rest.p ? rest : WQ_S("1"), act);
}

/* "name=value" */
static wq_err named(struct wq_waf_compiler *c, wq_str text, struct wq_waf_act *act)
{
	wq_str rest = text, name = wq_str_trim(wq_str_cut(&rest, '='));
	enum wq_waf_var var = WQ_VAR_IP;

	if (act->action == WQ_ACT_EXPIREVAR)
		WQ_TRY(variable_name(c, name, act));
	else if (act->action == WQ_ACT_SETENV)
		WQ_TRY(wq_waf_macro_of(c, name, &act->name, NULL));
	else if (wq_waf_var_parse(name, &var))
		act->var = (uint8_t)var;
	return wq_waf_macro_of(c, rest, &act->value, NULL);
}

static wq_err ctl_of(struct wq_waf_compiler *c, const struct wq_sec_action *action, struct wq_sec_place place,
	struct wq_waf_act *act)
{
	struct wq_waf_target target, *added;
	bool removes = action->ctl >= WQ_CTL_RULE_REMOVE_BY_ID && action->ctl <= WQ_CTL_RULE_REMOVE_TARGET_BY_TAG;

	act->ctl = (uint8_t)action->ctl;
	act->text = wq_waf_keep(c, action->argument);
	if (!act->text.p)
		return wq_error_id(WQ_E_NO_MEMORY);
	if (removes)
		WQ_TRY(wq_waf_set_of(c, action->ctl, action->argument, place, &act->rules));
	if (!action->has_target)
		return WQ_OK;
	WQ_TRY(wq_waf_target_of(c, &action->target, place, &target));
	act->target = c->targets.n;
	added = WQ_WAF_ADD(c, targets, struct wq_waf_target);
	if (!added)
		return wq_error_id(WQ_E_NO_MEMORY);
	*added = target;
	return WQ_OK;
}

wq_err wq_waf_act_of(struct wq_waf_compiler *c, const struct wq_sec_action *action, struct wq_sec_place place)
{
	struct wq_waf_act act = {
		.action = (uint8_t)action->action, .slot = WQ_WAF_NONE, .rules = WQ_WAF_NONE, .target = WQ_WAF_NONE};
	struct wq_waf_act *added;

	switch ((int)action->action) {
	case WQ_ACT_SETVAR: WQ_TRY(setvar(c, action->argument, &act)); break;
	case WQ_ACT_EXPIREVAR:
	case WQ_ACT_INITCOL:
	case WQ_ACT_SETENV: WQ_TRY(named(c, action->argument, &act)); break;
	case WQ_ACT_CTL: WQ_TRY(ctl_of(c, action, place, &act)); break;
	case WQ_ACT_SETSID:
	case WQ_ACT_SETUID:
	case WQ_ACT_SETRSC: WQ_TRY(wq_waf_macro_of(c, action->argument, &act.value, NULL)); break;
	case WQ_ACT_SANITISE_ARG:
	case WQ_ACT_SANITISE_MATCHED:
	case WQ_ACT_SANITISE_MATCHED_BYTES:
	case WQ_ACT_SANITISE_REQUEST_HEADER:
	case WQ_ACT_SANITISE_RESPONSE_HEADER:
		act.text = wq_waf_keep(c, action->argument);
		if (!act.text.p)
			return wq_error_id(WQ_E_NO_MEMORY);
		break;
	default: return WQ_OK; /* of the rule itself, or of the audit log that we do not write */
	}
	added = WQ_WAF_ADD(c, actions, struct wq_waf_act);
	if (!added)
		return wq_error_id(WQ_E_NO_MEMORY);
	*added = act;
	return WQ_OK;
}
