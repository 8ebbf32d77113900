#include "detect/waf/seclang_priv.h"

typedef wq_err check_fn(struct wq_sec_parser *p, struct wq_sec_action *action);

bool wq_sec_phase_parse(wq_str text, unsigned *ret_phase)
{
	static const struct {
		wq_str name;
		unsigned phase;
	} rows[] = {{WQ_S_INIT("request"), 2}, {WQ_S_INIT("response"), 4}, {WQ_S_INIT("logging"), 5}};
	uint64_t number;

	if (wq_str_to_u64(text, 5, &number) && number >= 1) {
		*ret_phase = (unsigned)number;
		return true;
	}
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		if (!wq_str_eq_nocase(text, rows[i].name))
			continue;
		*ret_phase = rows[i].phase;
		return true;
	}
	return false;
}

static const char *const severities[] = {
	"EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"};

bool wq_sec_severity_parse(wq_str text, unsigned *ret_severity)
{
	uint64_t number;

	if (wq_str_to_u64(text, 7, &number)) {
		*ret_severity = (unsigned)number;
		return true;
	}
	for (unsigned i = 0; i < WQ_COUNT(severities); i++) {
		if (!wq_str_eq_nocase(text, wq_str_c(severities[i])))
			continue;
		*ret_severity = i;
		return true;
	}
	return false;
}

bool wq_sec_ids_next(wq_str *rest, uint32_t *ret_first, uint32_t *ret_last)
{
	size_t end = 0;
	uint64_t from, to;

	while (rest->n > 0 && (rest->p[0] == ' ' || rest->p[0] == ','))
		*rest = wq_str_from(*rest, 1);
	while (end < rest->n && rest->p[end] != ' ' && rest->p[end] != ',')
		end++;
	wq_str high = wq_str_head(*rest, end), low = wq_str_cut(&high, '-');
	if (!wq_str_to_u64(low, UINT32_MAX, &from))
		return false;
	to = from;
	if (high.p && (!wq_str_to_u64(high, UINT32_MAX, &to) || to < from))
		return false;
	*rest = wq_str_from(*rest, end);
	*ret_first = (uint32_t)from;
	*ret_last = (uint32_t)to;
	return true;
}

wq_err wq_sec_ids_check(const struct wq_sec_parser *p, wq_str text)
{
	wq_str rest = text;
	uint32_t first, last;
	size_t n = 0;

	while (wq_sec_ids_next(&rest, &first, &last))
		n++;
	if (n == 0 || wq_str_trim(rest).n > 0)
		return wq_sec_fail(p,
			"'%.*s' is no list of rule numbers: write 942100, or 942100-942199, with blanks between",
			WQ_SEC_CUT(text));
	return WQ_OK;
}

static wq_err number_check(
	const struct wq_sec_parser *p, const struct wq_sec_action *action, uint64_t least, uint64_t most)
{
	uint64_t number;

	if (!wq_str_to_u64(action->argument, most, &number) || number < least)
		return wq_sec_fail(p, "%s:%.*s: a number from %llu to %llu", wq_waf_action_name(action->action),
			WQ_SEC_CUT(action->argument), (unsigned long long)least, (unsigned long long)most);
	return WQ_OK;
}

static wq_err check_id(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	return number_check(p, action, 1, UINT32_MAX - 1);
}

static wq_err check_ten(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	return number_check(p, action, 0, 10);
}

static wq_err check_skip(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	return number_check(p, action, 1, WQ_SEC_ITEMS_MAX);
}

static wq_err check_status(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	return number_check(p, action, 100, 599);
}

static wq_err check_phase(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	unsigned phase;

	if (!wq_sec_phase_parse(action->argument, &phase))
		return wq_sec_fail(p, "phase:%.*s: 1 to 5, or request (2), response (4), logging (5)",
			WQ_SEC_CUT(action->argument));
	return WQ_OK;
}

static const char *severity_name(unsigned i)
{
	return severities[i];
}

static wq_err check_severity(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	char hint[WQ_SEC_HINT_BYTES];
	unsigned severity;

	if (!wq_sec_severity_parse(action->argument, &severity))
		return wq_sec_fail(p, "severity:'%.*s': 0 to 7, or a name from EMERGENCY to DEBUG%s",
			WQ_SEC_CUT(action->argument),
			wq_sec_hint(action->argument, severity_name, WQ_COUNT(severities), hint));
	return WQ_OK;
}

static wq_err check_allow(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	if (action->argument.n > 0 && !wq_str_eq_nocase(action->argument, WQ_S("phase")) &&
		!wq_str_eq_nocase(action->argument, WQ_S("request")))
		return wq_sec_fail(p, "allow:%.*s: nothing, phase or request", WQ_SEC_CUT(action->argument));
	return WQ_OK;
}

static const char *transform_name(unsigned i)
{
	return i < WQ_T_COUNT ? wq_transform_name((enum wq_transform)i) : "none";
}

static wq_err check_t(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	char hint[WQ_SEC_HINT_BYTES];

	action->none = wq_str_eq_nocase(action->argument, WQ_S("none"));
	if (!action->none && !wq_transform_parse(action->argument, &action->transform))
		return wq_sec_fail(p, "unknown transformation '%.*s'%s", WQ_SEC_CUT(action->argument),
			wq_sec_hint(action->argument, transform_name, WQ_T_COUNT + 1, hint));
	return WQ_OK;
}

/* Cuts "TX.name" in two. Errors: another collection than those that rules may write. */
static wq_err slot_check(const struct wq_sec_parser *p, enum wq_waf_action action, wq_str slot, bool store_only)
{
	const char *what = wq_waf_action_name(action);
	wq_str name = slot, collection;
	enum wq_waf_var var;
	size_t end = 0;

	while (end < slot.n && slot.p[end] != '.' && slot.p[end] != ':')
		end++;
	collection = wq_str_head(slot, end);
	name = wq_str_from(slot, end + 1);
	if (end == slot.n || name.n == 0)
		return wq_sec_fail(
			p, "%s:%.*s: names a collection and a variable, as tx.score", what, WQ_SEC_CUT(slot));
	if (!wq_waf_var_parse(collection, &var) ||
		(wq_waf_var_shape(var) != WQ_SHAPE_STORE && (store_only || wq_waf_var_shape(var) != WQ_SHAPE_TX)))
		return wq_sec_fail(p, "%s:%.*s: rules may write %sip, session, user, global and resource only", what,
			WQ_SEC_CUT(slot), store_only ? "" : "tx, ");
	return wq_sec_macros_check(p, name, false);
}

static wq_err check_setvar(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	wq_str value = action->argument, slot = wq_str_trim(wq_str_cut(&value, '='));

	if (slot.n > 0 && slot.p[0] == '!') {
		if (value.p)
			return wq_sec_fail(p, "setvar:%.*s: ! takes the variable away and has no value",
				WQ_SEC_CUT(action->argument));
		slot = wq_str_from(slot, 1);
	}
	WQ_TRY(slot_check(p, action->action, slot, false));
	return wq_sec_macros_check(p, value, false);
}

static wq_err check_expirevar(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	wq_str seconds = action->argument, slot = wq_str_cut(&seconds, '=');
	uint64_t number;

	WQ_TRY(slot_check(p, action->action, slot, true));
	if (wq_str_find(seconds, WQ_S("%{")) >= 0)
		return wq_sec_macros_check(p, seconds, false);
	if (!wq_str_to_u64(wq_str_trim(seconds), UINT32_MAX, &number))
		return wq_sec_fail(
			p, "expirevar:%.*s: seconds are missing, as ip.block=600", WQ_SEC_CUT(action->argument));
	return WQ_OK;
}

static wq_err check_initcol(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	wq_str key = action->argument, collection = wq_str_trim(wq_str_cut(&key, '='));
	enum wq_waf_var var;

	if (!wq_waf_var_parse(collection, &var) || wq_waf_var_shape(var) != WQ_SHAPE_STORE)
		return wq_sec_fail(p, "initcol:%.*s: ip, session, user, global or resource, as ip=%%{remote_addr}",
			WQ_SEC_CUT(action->argument));
	if (key.n == 0)
		return wq_sec_fail(
			p, "initcol:%.*s: the key is missing, as ip=%%{remote_addr}", WQ_SEC_CUT(action->argument));
	return wq_sec_macros_check(p, key, false);
}

static wq_err check_setenv(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	wq_str value = action->argument, name = wq_str_cut(&value, '=');

	if (wq_str_trim(name).n == 0)
		return wq_sec_fail(p, "setenv:%.*s: a name is missing, as waf=1", WQ_SEC_CUT(action->argument));
	return wq_sec_macros_check(p, action->argument, false);
}

static wq_err check_xmlns(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	ptrdiff_t at = wq_str_chr(action->argument, '=');

	if (at <= 0 || (size_t)at + 1 == action->argument.n)
		return wq_sec_fail(p, "xmlns:%.*s: prefix and address, as soap=http://…", WQ_SEC_CUT(action->argument));
	return WQ_OK;
}

static check_fn *const checks[WQ_ACT_COUNT] = {
	[WQ_ACT_ACCURACY] = check_ten,
	[WQ_ACT_ALLOW] = check_allow,
	[WQ_ACT_CTL] = wq_sec_ctl_parse,
	[WQ_ACT_EXPIREVAR] = check_expirevar,
	[WQ_ACT_ID] = check_id,
	[WQ_ACT_INITCOL] = check_initcol,
	[WQ_ACT_MATURITY] = check_ten,
	[WQ_ACT_PHASE] = check_phase,
	[WQ_ACT_SETENV] = check_setenv,
	[WQ_ACT_SETVAR] = check_setvar,
	[WQ_ACT_SEVERITY] = check_severity,
	[WQ_ACT_SKIP] = check_skip,
	[WQ_ACT_STATUS] = check_status,
	[WQ_ACT_T] = check_t,
	[WQ_ACT_XMLNS] = check_xmlns,
};

wq_err wq_sec_argument_check(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	enum wq_waf_argument kind = wq_waf_action_argument(action->action);
	bool optional = action->action == WQ_ACT_ALLOW || action->action == WQ_ACT_SANITISE_MATCHED_BYTES;

	if (kind == WQ_ARGUMENT_NONE)
		return WQ_OK;
	if (action->argument.n == 0 && !optional && action->action != WQ_ACT_LOGDATA && action->action != WQ_ACT_MSG)
		return wq_sec_fail(p, "action %s needs an argument", wq_waf_action_name(action->action));
	if (checks[action->action])
		return checks[action->action](p, action);
	return kind == WQ_ARGUMENT_MACRO ? wq_sec_macros_check(p, action->argument, false) : WQ_OK;
}
