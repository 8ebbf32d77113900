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

/* Whether skipAfter of this name means a draft: a marker, or a rule by its id. */
static bool is_called(const struct wq_waf_draft *draft, wq_str name)
{
	uint64_t id;

	if (draft->marker)
		return wq_str_eq(draft->item->argument, name);
	return !draft->link && wq_str_to_u64(name, UINT32_MAX, &id) && id == draft->id;
}

/* Rules that were removed still mark their place. */
static uint32_t place_after(struct wq_waf_compiler *c, uint32_t from, wq_str name)
{
	uint32_t i = from + 1;

	while (i < c->drafts.n && !is_called(at(c, i), name))
		i++;
	return i < c->drafts.n ? i + 1 : i;
}

/* skip:N jumps over the next N rules of the phase, a chain being one. */
static uint32_t rule_after(struct wq_waf_compiler *c, uint32_t from, wq_str text)
{
	uint64_t left = 0;
	uint32_t i = from + 1;

	(void)wq_str_to_u64(text, WQ_WAF_RULES_MAX, &left);
	while (i < c->drafts.n && !(is_head(at(c, i)) && at(c, i)->phase == at(c, from)->phase && left-- == 0))
		i++;
	return i;
}

void wq_waf_skips(struct wq_waf_compiler *c)
{
	for (uint32_t i = 0; i < c->drafts.n; i++) {
		struct wq_waf_draft *draft = at(c, i);
		draft->skip_to = WQ_WAF_NONE;
		if (!is_head(draft))
			continue;
		const struct wq_sec_action *after = last_of(draft, WQ_ACT_SKIP_AFTER),
					   *skip = last_of(draft, WQ_ACT_SKIP);
		if (after)
			draft->skip_to = place_after(c, i, after->argument);
		else if (skip)
			draft->skip_to = rule_after(c, i, skip->argument);
	}
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
