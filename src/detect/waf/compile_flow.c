/* The list of each phase, and where a rule that skips goes on. A marker is a place in every phase. */
#include "detect/waf/compile_priv.h"

static const struct wq_sec_action *last_of(const struct wq_waf_draft *draft, enum wq_waf_action wanted)
{
	for (size_t i = draft->actions_n; i > 0; i--)
		if (draft->actions[i - 1].action == wanted)
			return &draft->actions[i - 1];
	return NULL;
}

static struct wq_waf_draft *at(struct wq_waf_compiler *c, uint32_t i)
{
	return WQ_WAF_AT(c, drafts, struct wq_waf_draft, i);
}

static bool is_head(const struct wq_waf_draft *draft)
{
	return draft->rule != WQ_WAF_NONE && !draft->link;
}

static wq_err marker_after(struct wq_waf_compiler *c, uint32_t from, wq_str name, uint32_t *ret_draft)
{
	const struct wq_waf_draft *rule = at(c, from);

	for (uint32_t i = from + 1; i < c->drafts.n; i++)
		if (at(c, i)->marker && wq_str_eq(at(c, i)->item->argument, name)) {
			*ret_draft = i;
			return WQ_OK;
		}
	return WQ_WAF_BAD(rule->place,
		"skipAfter:%.*s: no SecMarker of this name follows; write one or correct the name", WQ_S_ARG(name));
}

/* skip:N jumps over the next N rules of the phase, a chain being one. */
static wq_err rule_after(struct wq_waf_compiler *c, uint32_t from, wq_str text, uint32_t *ret_draft)
{
	const struct wq_waf_draft *rule = at(c, from);
	uint64_t left;
	uint32_t i;

	if (!wq_str_to_u64(text, WQ_WAF_RULES_MAX, &left) || left == 0)
		return WQ_WAF_BAD(rule->place, "skip:%.*s: write how many rules to skip", WQ_S_ARG(text));
	for (i = from + 1; i < c->drafts.n; i++)
		if (is_head(at(c, i)) && at(c, i)->phase == rule->phase && left-- == 0)
			break;
	*ret_draft = i;
	return WQ_OK;
}

wq_err wq_waf_skips(struct wq_waf_compiler *c)
{
	for (uint32_t i = 0; i < c->drafts.n; i++) {
		struct wq_waf_draft *draft = at(c, i);
		draft->skip_to = WQ_WAF_NONE;
		if (!is_head(draft))
			continue;
		const struct wq_sec_action *after = last_of(draft, WQ_ACT_SKIP_AFTER),
					   *skip = last_of(draft, WQ_ACT_SKIP);
		if (after)
			WQ_TRY(marker_after(c, i, after->argument, &draft->skip_to));
		else if (skip)
			WQ_TRY(rule_after(c, i, skip->argument, &draft->skip_to));
	}
	return WQ_OK;
}

static bool runs(struct wq_waf_compiler *c, uint32_t i, unsigned phase)
{
	const struct wq_waf_draft *draft = at(c, i);

	return is_head(draft) && draft->phase == phase && !c->out[draft->rule];
}

static wq_err list_phase(struct wq_waf_compiler *c, unsigned phase, uint32_t *places)
{
	struct wq_waf_program *program = c->program;
	uint32_t n = 0, *list;

	for (uint32_t i = 0; i < c->drafts.n; i++) {
		places[i] = n;
		n += runs(c, i, phase);
	}
	places[c->drafts.n] = n;
	list = WQ_NEW_ARRAY(&program->arena, uint32_t, n + 1);
	if (!list)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (uint32_t i = 0; i < c->drafts.n; i++) {
		const struct wq_waf_draft *draft = at(c, i);
		if (!runs(c, i, phase))
			continue;
		list[places[i]] = draft->rule;
		if (draft->skip_to != WQ_WAF_NONE)
			program->rules[draft->rule].skip = places[draft->skip_to];
	}
	program->phases[phase] = list;
	program->phases_n[phase] = n;
	return WQ_OK;
}

wq_err wq_waf_flow(struct wq_waf_compiler *c)
{
	uint32_t *places = WQ_NEW_ARRAY(&c->scratch, uint32_t, c->drafts.n + 1);

	if (!places)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (unsigned phase = 1; phase <= WQ_WAF_PHASES; phase++)
		WQ_TRY(list_phase(c, phase, places));
	return WQ_OK;
}
