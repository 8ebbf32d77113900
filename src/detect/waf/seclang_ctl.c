#include "detect/waf/seclang_priv.h"

/* What an option takes: one of the words, a number, ids or a text; and whether ";TARGET" follows. */
enum takes { WORDS, NUMBER, IDS, TEXT };
static const struct {
	enum takes takes;
	const char *words; /* | between */
	bool target;
} options[WQ_CTL_COUNT] = {
	[WQ_CTL_AUDIT_ENGINE] = {WORDS, "On|Off|RelevantOnly", false},
	[WQ_CTL_AUDIT_LOG_PARTS] = {TEXT, NULL, false},
	[WQ_CTL_DEBUG_LOG_LEVEL] = {NUMBER, NULL, false},
	[WQ_CTL_FORCE_REQUEST_BODY_VARIABLE] = {WORDS, "On|Off", false},
	[WQ_CTL_PARSE_XML_INTO_ARGS] = {WORDS, "On|Off|OnlyArgs", false},
	[WQ_CTL_REQUEST_BODY_ACCESS] = {WORDS, "On|Off", false},
	[WQ_CTL_REQUEST_BODY_LIMIT] = {NUMBER, NULL, false},
	[WQ_CTL_REQUEST_BODY_PROCESSOR] = {WORDS, "URLENCODED|MULTIPART|XML|JSON", false},
	[WQ_CTL_RESPONSE_BODY_ACCESS] = {WORDS, "On|Off", false},
	[WQ_CTL_RESPONSE_BODY_LIMIT] = {NUMBER, NULL, false},
	[WQ_CTL_RULE_ENGINE] = {WORDS, "On|Off|DetectionOnly", false},
	[WQ_CTL_RULE_REMOVE_BY_ID] = {IDS, NULL, false},
	[WQ_CTL_RULE_REMOVE_BY_MSG] = {TEXT, NULL, false},
	[WQ_CTL_RULE_REMOVE_BY_TAG] = {TEXT, NULL, false},
	[WQ_CTL_RULE_REMOVE_TARGET_BY_ID] = {IDS, NULL, true},
	[WQ_CTL_RULE_REMOVE_TARGET_BY_MSG] = {TEXT, NULL, true},
	[WQ_CTL_RULE_REMOVE_TARGET_BY_TAG] = {TEXT, NULL, true},
};

static const char *ctl_name(unsigned i)
{
	return wq_waf_ctl_name((enum wq_waf_ctl)i);
}

static bool is_one_of(wq_str text, wq_str words)
{
	while (words.p) {
		if (wq_str_eq_nocase(text, wq_str_cut(&words, '|')))
			return true;
	}
	return false;
}

static wq_err value_check(struct wq_sec_parser *p, const struct wq_sec_action *action)
{
	const char *name = wq_waf_ctl_name(action->ctl);
	uint64_t number;

	switch (options[action->ctl].takes) {
	case WORDS:
		if (!is_one_of(action->argument, wq_str_c(options[action->ctl].words)))
			return wq_sec_fail(p, "ctl:%s=%.*s: one of %s", name, WQ_SEC_CUT(action->argument),
				options[action->ctl].words);
		return WQ_OK;
	case NUMBER:
		if (!wq_str_to_u64(action->argument, UINT32_MAX, &number))
			return wq_sec_fail(p, "ctl:%s=%.*s: a number", name, WQ_SEC_CUT(action->argument));
		return WQ_OK;
	case IDS: return wq_sec_ids_check(p, action->argument);
	case TEXT: break;
	}
	return WQ_OK;
}

static wq_err target_parse(struct wq_sec_parser *p, struct wq_sec_action *action, wq_str text)
{
	const char *name = wq_waf_ctl_name(action->ctl);
	const struct wq_sec_var *vars;
	size_t n;

	if (text.n == 0)
		return wq_sec_fail(p, "ctl:%s: the target is missing, as %s=942100;ARGS:text", name, name);
	WQ_TRY(wq_sec_vars_parse(p, text, &vars, &n));
	if (n != 1 || vars[0].exclude || vars[0].count)
		return wq_sec_fail(p, "ctl:%s: one target without ! and &; write one ctl for each", name);
	action->target = vars[0];
	action->has_target = true;
	return WQ_OK;
}

wq_err wq_sec_ctl_parse(struct wq_sec_parser *p, struct wq_sec_action *action)
{
	wq_str value = action->argument, name = wq_str_trim(wq_str_cut(&value, '='));
	char hint[WQ_SEC_HINT_BYTES];

	if (!wq_waf_ctl_parse(name, &action->ctl))
		return wq_sec_fail(p, "unknown option '%.*s' of ctl%s", WQ_SEC_CUT(name),
			wq_sec_hint(name, ctl_name, WQ_CTL_COUNT, hint));
	if (value.n == 0)
		return wq_sec_fail(p, "ctl:%s has no value", wq_waf_ctl_name(action->ctl));
	if (!options[action->ctl].target) {
		action->argument = wq_str_trim(value);
		return value_check(p, action);
	}
	wq_str target = value;
	action->argument = wq_str_trim(wq_str_cut(&target, ';'));
	if (action->argument.n == 0)
		return wq_sec_fail(p, "ctl:%s has no rule before the semicolon", wq_waf_ctl_name(action->ctl));
	WQ_TRY(value_check(p, action));
	return target_parse(p, action, wq_str_trim(target));
}
