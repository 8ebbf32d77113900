#include "detect/waf/seclang_priv.h"

static const char *action_name(unsigned i)
{
	return wq_waf_action_name((enum wq_waf_action)i);
}

/* From behind the opening quotation mark up to the closing one; \' and \\ lose their backslash, any other is kept. */
static wq_err quoted_cut(struct wq_sec_parser *p, enum wq_waf_action action, wq_str *rest, wq_str *ret_value)
{
	char *out = wq_arena_alloc(p->arena, rest->n);
	size_t n = 0, i = 0;

	if (!out)
		return wq_arena_err(p->arena);
	while (i < rest->n && rest->p[i] != '\'') {
		if (rest->p[i] == '\\' && i + 1 < rest->n && (rest->p[i + 1] == '\'' || rest->p[i + 1] == '\\'))
			i++;
		out[n++] = rest->p[i++];
	}
	if (i == rest->n)
		return wq_sec_fail(p, "%s: the quotation mark ' is not closed; inside a text it is written \\'",
			wq_waf_action_name(action));
	*ret_value = wq_str_of(out, n);
	*rest = wq_str_trim(wq_str_from(*rest, i + 1));
	if (rest->n > 0 && rest->p[0] != ',')
		return wq_sec_fail(p, "%s: after its quoted text stands a comma, not \"%.*s\"",
			wq_waf_action_name(action), WQ_SEC_CUT(*rest));
	return WQ_OK;
}

static wq_err value_cut(struct wq_sec_parser *p, enum wq_waf_action action, wq_str *rest, wq_str *ret_value)
{
	size_t end = 0;

	while (rest->n > 0 && (rest->p[0] == ' ' || rest->p[0] == '\t'))
		*rest = wq_str_from(*rest, 1);
	if (rest->n > 0 && rest->p[0] == '\'') {
		*rest = wq_str_from(*rest, 1);
		return quoted_cut(p, action, rest, ret_value);
	}
	while (end < rest->n && rest->p[end] != ',')
		end++;
	*ret_value = wq_str_trim(wq_str_head(*rest, end));
	*rest = wq_str_from(*rest, end);
	return WQ_OK;
}

static wq_err action_cut(struct wq_sec_parser *p, wq_str *rest, struct wq_sec_action *ret_action)
{
	struct wq_sec_action action = {0};
	char hint[WQ_SEC_HINT_BYTES];
	bool has_value = false;
	size_t end = 0;

	while (end < rest->n && rest->p[end] != ',' && rest->p[end] != ':')
		end++;
	wq_str name = wq_str_trim(wq_str_head(*rest, end));
	if (!wq_waf_action_parse(name, &action.action))
		return wq_sec_fail(p, "unknown action '%.*s'%s", WQ_SEC_CUT(name),
			wq_sec_hint(name, action_name, WQ_ACT_COUNT, hint));
	*rest = wq_str_from(*rest, end);
	if (rest->n > 0 && rest->p[0] == ':') {
		has_value = true;
		*rest = wq_str_from(*rest, 1);
		WQ_TRY(value_cut(p, action.action, rest, &action.argument));
	}
	const char *known = wq_waf_action_name(action.action);
	enum wq_waf_argument kind = wq_waf_action_argument(action.action);
	if (kind == WQ_ARGUMENT_REFUSED)
		return wq_sec_fail(p, "action %s is not supported: take it out of the rule", known);
	if (kind == WQ_ARGUMENT_NONE && has_value)
		return wq_sec_fail(
			p, "action %s takes no argument: take \":%.*s\" off", known, WQ_SEC_CUT(action.argument));
	WQ_TRY(wq_sec_argument_check(p, &action));
	*ret_action = action;
	return WQ_OK;
}

wq_err wq_sec_actions_parse(
	struct wq_sec_parser *p, wq_str text, const struct wq_sec_action **ret_actions, size_t *ret_n)
{
	struct wq_sec_action actions[WQ_SEC_ACTIONS_MAX], *kept;
	wq_str rest = wq_str_trim(text);
	size_t n = 0;

	while (rest.n > 0) {
		if (rest.p[0] == ',' || rest.p[0] == ' ' || rest.p[0] == '\t') {
			rest = wq_str_from(rest, 1);
			continue;
		}
		if (n == WQ_SEC_ACTIONS_MAX)
			return wq_error(WQ_E_LIMIT, "%.120s:%u: more than %d actions", p->place.file, p->place.line,
				WQ_SEC_ACTIONS_MAX);
		WQ_TRY(action_cut(p, &rest, &actions[n++]));
	}
	if (n == 0)
		return wq_sec_fail(p, "a list of actions is empty: write at least id, phase and pass or block");
	kept = WQ_NEW_ARRAY(p->arena, struct wq_sec_action, n);
	if (!kept)
		return wq_arena_err(p->arena);
	memcpy(kept, actions, n * sizeof *kept);
	*ret_actions = kept;
	*ret_n = n;
	return WQ_OK;
}
