/* A draft → a rule. Defaults first, then the rule's own actions, then those of updates: the later wins. */
#include "detect/waf/compile_priv.h"
#include "detect/waf/seclang_priv.h"

struct making {
	struct wq_waf_compiler *c;
	const struct wq_waf_draft *draft;
	struct wq_waf_rule *rule;
	enum wq_transform steps[WQ_CHAIN_STEPS_MAX];
	size_t steps_n;
	/* what `block` means */
	uint8_t block;
	uint16_t block_status;
	struct wq_waf_macro block_url;
};

static void severity_of(struct making *m, wq_str text)
{
	unsigned severity;

	if (wq_sec_severity_parse(text, &severity))
		m->rule->severity = (uint8_t)severity;
}

static void allow_of(struct making *m, wq_str text)
{
	m->rule->disrupt = WQ_WAF_ALLOW;
	m->rule->allow = wq_str_eq_nocase(text, WQ_S("phase")) ? WQ_ALLOW_PHASE
		: wq_str_eq_nocase(text, WQ_S("request"))      ? WQ_ALLOW_REQUEST
							       : WQ_ALLOW_ALL;
}

static void status_of(struct making *m, wq_str text)
{
	uint64_t status;

	if (wq_str_to_u64(text, 599, &status))
		m->rule->status = (uint16_t)status;
}

static wq_err disrupt(struct making *m, const struct wq_sec_action *action)
{
	struct wq_waf_rule *rule = m->rule;

	switch ((int)action->action) {
	case WQ_ACT_BLOCK:
		rule->disrupt = m->block;
		rule->url = m->block_url;
		if (rule->status == 0)
			rule->status = m->block_status;
		return WQ_OK;
	case WQ_ACT_DENY: rule->disrupt = WQ_WAF_DENY; return WQ_OK;
	case WQ_ACT_DROP: rule->disrupt = WQ_WAF_DROP; return WQ_OK;
	case WQ_ACT_PASS: rule->disrupt = WQ_WAF_PASS; return WQ_OK;
	case WQ_ACT_REDIRECT:
		rule->disrupt = WQ_WAF_REDIRECT;
		return wq_waf_macro_of(m->c, action->argument, &rule->url, NULL);
	default: allow_of(m, action->argument); return WQ_OK;
	}
}

static wq_err transform(struct making *m, const struct wq_sec_action *action)
{
	if (action->none) {
		m->steps_n = 0;
		return WQ_OK;
	}
	if (m->steps_n == WQ_CHAIN_STEPS_MAX)
		return wq_error(WQ_E_LIMIT, "%s:%u: more than %d transformations", m->draft->place.file,
			(unsigned)m->draft->place.line, WQ_CHAIN_STEPS_MAX);
	m->steps[m->steps_n++] = action->transform;
	return WQ_OK;
}

/* What both heads and links may have; true when it was one of these. */
static bool plain(struct making *m, const struct wq_sec_action *action)
{
	switch ((int)action->action) {
	case WQ_ACT_LOG: m->rule->flags |= WQ_RULE_LOG; return true;
	case WQ_ACT_NOLOG: m->rule->flags &= (uint16_t)~WQ_RULE_LOG; return true;
	case WQ_ACT_CAPTURE: m->rule->flags |= WQ_RULE_CAPTURE; return true;
	case WQ_ACT_MULTI_MATCH: m->rule->flags |= WQ_RULE_MULTI_MATCH; return true;
	default: return false;
	}
}

static wq_err text(struct making *m, wq_str from, wq_str *to)
{
	*to = wq_waf_keep(m->c, from);
	return to->p ? WQ_OK : wq_error_id(WQ_E_NO_MEMORY);
}

static wq_err head_only(struct making *m, const struct wq_sec_action *action)
{
	struct wq_waf_rule *rule = m->rule;

	switch ((int)action->action) {
	case WQ_ACT_ALLOW:
	case WQ_ACT_BLOCK:
	case WQ_ACT_DENY:
	case WQ_ACT_DROP:
	case WQ_ACT_PASS:
	case WQ_ACT_REDIRECT: return disrupt(m, action);
	case WQ_ACT_STATUS: status_of(m, action->argument); return WQ_OK;
	case WQ_ACT_SEVERITY: severity_of(m, action->argument); return WQ_OK;
	case WQ_ACT_MSG: return wq_waf_macro_of(m->c, action->argument, &rule->message, NULL);
	case WQ_ACT_LOGDATA: return wq_waf_macro_of(m->c, action->argument, &rule->data, NULL);
	case WQ_ACT_REV: return text(m, action->argument, &rule->rev);
	case WQ_ACT_VER: return text(m, action->argument, &rule->ver);
	case WQ_ACT_TAG: {
		struct wq_waf_macro tag, *added;
		WQ_TRY(wq_waf_macro_of(m->c, action->argument, &tag, NULL));
		added = WQ_WAF_ADD(m->c, tags, struct wq_waf_macro);
		if (!added)
			return wq_error_id(WQ_E_NO_MEMORY);
		*added = tag;
		return WQ_OK;
	}
	default: return WQ_OK;
	}
}

static wq_err one_action(struct making *m, const struct wq_sec_action *action, bool inherited)
{
	if (action->action == WQ_ACT_T)
		return transform(m, action);
	if (plain(m, action))
		return WQ_OK;
	if (!m->draft->link)
		WQ_TRY(head_only(m, action));
	return m->draft->link && inherited ? WQ_OK : wq_waf_act_of(m->c, action, m->draft->place);
}

static wq_err all_actions(struct making *m)
{
	struct wq_waf_rule *rule = m->rule;
	const struct wq_waf_draft *draft = m->draft;

	rule->tags = m->c->tags.n;
	rule->actions = m->c->actions.n;
	rule->flags |= WQ_RULE_LOG;
	for (size_t i = 0; i < draft->defaults_n; i++)
		WQ_TRY(one_action(m, &draft->defaults[i], true));
	m->block = rule->disrupt;
	m->block_status = rule->status;
	m->block_url = rule->url;
	for (size_t i = 0; i < draft->actions_n; i++)
		WQ_TRY(one_action(m, &draft->actions[i], false));
	rule->tags_n = m->c->tags.n - rule->tags;
	rule->actions_n = m->c->actions.n - rule->actions;
	if (rule->status == 0)
		rule->status = rule->disrupt == WQ_WAF_REDIRECT ? 302 : 403;
	return WQ_OK;
}

static wq_err make(struct wq_waf_compiler *c, const struct wq_waf_draft *draft)
{
	struct wq_waf_rule *rule = &c->program->rules[draft->rule];
	struct making m = {.c = c, .draft = draft, .rule = rule};

	*rule = (struct wq_waf_rule){.id = draft->id,
		.phase = draft->phase,
		.severity = 255,
		.pattern = WQ_WAF_NONE,
		.regex = WQ_WAF_NONE,
		.table = WQ_WAF_NONE,
		.link = WQ_WAF_NONE,
		.skip = WQ_WAF_NONE,
		.file = wq_waf_keep(c, wq_str_c(draft->place.file)),
		.line = draft->place.line};
	if (draft->link)
		rule->flags |= WQ_RULE_CHAINED;
	if (draft->next != WQ_WAF_NONE)
		rule->link = WQ_WAF_AT(c, drafts, struct wq_waf_draft, draft->next)->rule;
	WQ_TRY(wq_waf_targets_of(c, draft, rule));
	WQ_TRY(wq_waf_operator_of(c, draft, rule));
	WQ_TRY(all_actions(&m));
	return wq_chains_add(c->program->chains, m.steps, m.steps_n, &rule->chain);
}

/* Numbers first: links follow their head, sets of rules and skips need the numbers of rules that come later. */
static wq_err number(struct wq_waf_compiler *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->drafts.n; i++) {
		struct wq_waf_draft *draft = WQ_WAF_AT(c, drafts, struct wq_waf_draft, i);
		draft->rule = WQ_WAF_NONE;
		if (draft->marker || draft->removed)
			continue;
		draft->rule = n++;
		c->program->info.rules += !draft->link;
	}
	if (n > WQ_WAF_RULES_MAX)
		return wq_error(WQ_E_LIMIT, "%u rules, at most %d", (unsigned)n, WQ_WAF_RULES_MAX);
	c->program->rules_n = n;
	c->program->rule_words = (n + 63) / 64;
	c->program->rules = WQ_NEW_ARRAY(&c->program->arena, struct wq_waf_rule, n);
	c->out = WQ_NEW_ARRAY(&c->scratch, bool, n + 1);
	return c->program->rules && c->out ? WQ_OK : wq_error_id(WQ_E_NO_MEMORY);
}

wq_err wq_waf_rules_of(struct wq_waf_compiler *c)
{
	WQ_TRY(number(c));
	for (uint32_t i = 0; i < c->drafts.n; i++) {
		const struct wq_waf_draft *draft = WQ_WAF_AT(c, drafts, struct wq_waf_draft, i);
		if (draft->rule != WQ_WAF_NONE)
			WQ_TRY(make(c, draft));
	}
	return WQ_OK;
}
