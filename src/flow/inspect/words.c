#include "flow/inspect/words.h"

#include "finding/rule.h"

struct word {
	const char *name, *zh, *en;
};

static const struct word kinds[] = {
	[WQ_SUBJECT_UNKNOWN] = {"unknown", "未知", "not known"},
	[WQ_SUBJECT_ORGAN] = {"organ", "党政机关", "organ of the Party or the State"},
	[WQ_SUBJECT_INSTITUTION] = {"institution", "事业单位", "public institution"},
	[WQ_SUBJECT_UNION] = {"union", "工会等群团组织", "trade union or mass organisation"},
	[WQ_SUBJECT_ENTERPRISE] = {"enterprise", "国有企业", "state-owned enterprise"},
	[WQ_SUBJECT_OTHER] = {"other", "其他单位", "another unit"},
};

static const struct word whys[] = {
	[WQ_INSPECT_TOLD] = {"told", "由操作者或登记信息给出", "as the operator or the registry says"},
	[WQ_INSPECT_BY_SUFFIX] = {"suffix", "推定：域名后缀为党政机关专用",
		"assumed: the suffix is reserved to organs"},
	[WQ_INSPECT_BY_ADDRESS] = {"address", "推定：本机或内网地址，按党政机关网站检查",
		"assumed: an address of this machine or network, inspected as an organ's site"},
	[WQ_INSPECT_BY_PAGE] = {"page", "推定：首页挂有标识或找错入口",
		"assumed: the home page bears the mark or the entry for errors"},
	[WQ_INSPECT_BY_NOTHING] = {"nothing", "无法推定：未检查只约束特定单位的事项（可用 --kind 指定）",
		"nothing tells: what only some units must do is not asked for (see --kind)"},
};

static const struct word indicator_kinds[] = {
	[WQ_INDICATOR_VETO] = {"veto", "单项否决", "veto"},
	[WQ_INDICATOR_DEDUCTION] = {"deduct", "扣分", "deduction"},
	[WQ_INDICATOR_BONUS] = {"bonus", "加分", "bonus"},
};

static bool find(const struct word *words, size_t n, wq_str name, size_t *ret)
{
	for (size_t i = 0; i < n; i++)
		if (wq_str_eq(wq_str_c(words[i].name), name)) {
			*ret = i;
			return true;
		}
	return false;
}

const char *wq_subject_kind_name(enum wq_subject_kind kind)
{
	return kinds[(unsigned)kind < WQ_COUNT(kinds) ? kind : WQ_SUBJECT_UNKNOWN].name;
}

const char *wq_subject_kind_title(enum wq_subject_kind kind, enum wq_lang lang)
{
	const struct word *w = &kinds[(unsigned)kind < WQ_COUNT(kinds) ? kind : WQ_SUBJECT_UNKNOWN];

	return lang == WQ_LANG_ZH ? w->zh : w->en;
}

bool wq_subject_kind_parse(wq_str text, enum wq_subject_kind *ret_kind)
{
	size_t i;

	if (!find(kinds, WQ_COUNT(kinds), text, &i))
		return false;
	*ret_kind = (enum wq_subject_kind)i;
	return true;
}

const char *wq_inspect_why_name(enum wq_inspect_why why)
{
	return whys[(unsigned)why < WQ_COUNT(whys) ? why : WQ_INSPECT_BY_NOTHING].name;
}

const char *wq_inspect_why_title(enum wq_inspect_why why, enum wq_lang lang)
{
	const struct word *w = &whys[(unsigned)why < WQ_COUNT(whys) ? why : WQ_INSPECT_BY_NOTHING];

	return lang == WQ_LANG_ZH ? w->zh : w->en;
}

bool wq_inspect_why_parse(wq_str text, enum wq_inspect_why *ret_why)
{
	size_t i;

	if (!find(whys, WQ_COUNT(whys), text, &i))
		return false;
	*ret_why = (enum wq_inspect_why)i;
	return true;
}

const char *wq_inspect_indicator_kind_name(enum wq_indicator_kind kind)
{
	return indicator_kinds[kind].name;
}

const char *wq_inspect_indicator_kind_title(enum wq_indicator_kind kind, enum wq_lang lang)
{
	return lang == WQ_LANG_ZH ? indicator_kinds[kind].zh : indicator_kinds[kind].en;
}

bool wq_inspect_indicator_kind_parse(wq_str text, enum wq_indicator_kind *ret_kind)
{
	size_t i;

	if (!find(indicator_kinds, WQ_COUNT(indicator_kinds), text, &i))
		return false;
	*ret_kind = (enum wq_indicator_kind)i;
	return true;
}

bool wq_inspect_verdict_parse(wq_str text, enum wq_indicator_verdict *ret_verdict)
{
	for (int i = 0; i < WQ_INDICATOR_VERDICTS; i++)
		if (wq_str_eq(wq_str_c(wq_indicator_verdict_name((enum wq_indicator_verdict)i)), text)) {
			*ret_verdict = (enum wq_indicator_verdict)i;
			return true;
		}
	return false;
}

static const struct word saids[] = {
	[WQ_INSPECT_UNSAID] = {"unknown", "未知", "not known"},
	[WQ_INSPECT_NO] = {"no", "无", "no"},
	[WQ_INSPECT_YES] = {"yes", "有", "yes"},
};

const char *wq_inspect_said_name(enum wq_inspect_said said)
{
	return saids[said].name;
}

const char *wq_inspect_said_title(enum wq_inspect_said said, enum wq_lang lang)
{
	return lang == WQ_LANG_ZH ? saids[said].zh : saids[said].en;
}

bool wq_inspect_said_parse(wq_str text, enum wq_inspect_said *ret_said)
{
	size_t i;

	if (!find(saids, WQ_COUNT(saids), text, &i))
		return false;
	*ret_said = (enum wq_inspect_said)i;
	return true;
}

wq_str wq_inspect_rule_title(wq_str rule, enum wq_lang lang)
{
	for (int i = 0; i < WQ_RULE_COUNT; i++)
		if (wq_str_eq(wq_rule_name((enum wq_rule_id)i), rule))
			return wq_rule_title((enum wq_rule_id)i, lang);
	return rule;
}

const char *wq_inspect_time(wq_time t, char out[32])
{
	char text[WQ_TIME_TEXT];

	wq_time_text(t + 8 * 3600 * WQ_SECOND, text);
	snprintf(out, 32, "%.10s %.8s", text, text + 11);
	return out;
}

int64_t wq_inspect_days_left(const struct wq_inspect_tls *tls, wq_time now)
{
	wq_time left = tls->not_after - now;

	return left < 0 ? -((-left + WQ_DAY - 1) / WQ_DAY) : left / WQ_DAY;
}
