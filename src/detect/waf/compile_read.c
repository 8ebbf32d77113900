/* Items in order → drafts. What changes rules (SecRuleRemove…, SecRuleUpdate…) changes those that were read before it. */
#include "detect/waf/compile_priv.h"
#include "detect/waf/seclang_priv.h"

struct reader {
	struct wq_waf_compiler *c;
	const struct wq_sec_item *defaults[WQ_WAF_PHASES + 1];
	uint32_t open; /* the last rule of a chain that goes on; WQ_WAF_NONE */
};

static struct wq_waf_draft *at(struct wq_waf_compiler *c, uint32_t i)
{
	return WQ_WAF_AT(c, drafts, struct wq_waf_draft, i);
}

static const struct wq_sec_action *last_of(const struct wq_sec_action *actions, size_t n, enum wq_waf_action wanted)
{
	for (size_t i = n; i > 0; i--)
		if (actions[i - 1].action == wanted)
			return &actions[i - 1];
	return NULL;
}

static uint8_t phase_of(const struct wq_sec_item *item)
{
	const struct wq_sec_action *action = last_of(item->actions, item->actions_n, WQ_ACT_PHASE);
	unsigned phase = 2;

	if (action)
		(void)wq_sec_phase_parse(action->argument, &phase);
	return (uint8_t)phase;
}

static void begin_head(struct reader *r, struct wq_waf_draft *draft)
{
	const struct wq_sec_action *action = last_of(draft->item->actions, draft->item->actions_n, WQ_ACT_ID);
	uint64_t id = 0;

	if (action)
		(void)wq_str_to_u64(action->argument, UINT32_MAX, &id);
	draft->id = (uint32_t)id;
	draft->phase = phase_of(draft->item);
	draft->head = r->c->drafts.n - 1;
}

static void begin_link(struct reader *r, struct wq_waf_draft *draft)
{
	struct wq_waf_draft *before = at(r->c, r->open);

	draft->link = true;
	draft->phase = before->phase;
	draft->id = before->id;
	draft->head = before->head;
	before->next = r->c->drafts.n - 1;
}

static wq_err add_rule(struct reader *r, const struct wq_sec_item *item)
{
	struct wq_waf_draft *draft = WQ_WAF_ADD(r->c, drafts, struct wq_waf_draft);

	if (!draft)
		return wq_error_id(WQ_E_NO_MEMORY);
	draft->item = item;
	draft->place = item->place;
	draft->always = item->kind == WQ_SEC_ACTION;
	draft->next = WQ_WAF_NONE;
	draft->vars = item->vars;
	draft->vars_n = item->vars_n;
	draft->actions = item->actions;
	draft->actions_n = item->actions_n;
	if (r->open == WQ_WAF_NONE)
		begin_head(r, draft);
	else
		begin_link(r, draft);
	if (r->defaults[draft->phase]) {
		draft->defaults = r->defaults[draft->phase]->actions;
		draft->defaults_n = r->defaults[draft->phase]->actions_n;
	}
	bool goes_on = last_of(item->actions, item->actions_n, WQ_ACT_CHAIN) != NULL;
	r->open = goes_on ? r->c->drafts.n - 1 : WQ_WAF_NONE;
	return WQ_OK;
}

static wq_err add_marker(struct reader *r, const struct wq_sec_item *item)
{
	struct wq_waf_draft *draft = WQ_WAF_ADD(r->c, drafts, struct wq_waf_draft);

	if (!draft)
		return wq_error_id(WQ_E_NO_MEMORY);
	draft->item = item;
	draft->place = item->place;
	draft->marker = true;
	draft->head = draft->next = WQ_WAF_NONE;
	return WQ_OK;
}

/* ---- changes */

static void remove_rule(struct reader *r, struct wq_waf_draft *draft)
{
	draft->removed = true;
	while (draft->next != WQ_WAF_NONE) {
		draft = at(r->c, draft->next);
		draft->removed = true;
	}
}

static void *joined(struct wq_waf_compiler *c, const void *a, size_t a_n, const void *b, size_t b_n, size_t bytes)
{
	char *all = a_n + b_n <= WQ_WAF_ITEMS_OF_RULE_MAX ? wq_arena_zalloc(&c->scratch, a_n + b_n + 1, bytes) : NULL;

	if (all && a_n > 0)
		memcpy(all, a, a_n * bytes);
	if (all && b_n > 0)
		memcpy(all + a_n * bytes, b, b_n * bytes);
	return all;
}

static wq_err update_actions(struct reader *r, struct wq_waf_draft *draft, const struct wq_sec_item *item)
{
	for (size_t i = 0; i < item->actions_n; i++)
		if (item->actions[i].action == WQ_ACT_ID || item->actions[i].action == WQ_ACT_PHASE ||
			item->actions[i].action == WQ_ACT_CHAIN)
			return WQ_WAF_BAD(item->place, "%s of a rule cannot be changed; take it off",
				wq_waf_action_name(item->actions[i].action));
	draft->actions = joined(
		r->c, draft->actions, draft->actions_n, item->actions, item->actions_n, sizeof *draft->actions);
	if (!draft->actions)
		return wq_error(WQ_E_LIMIT, "%s:%u: more than %d actions for one rule", item->place.file,
			(unsigned)item->place.line, WQ_WAF_ITEMS_OF_RULE_MAX);
	draft->actions_n += item->actions_n;
	return WQ_OK;
}

static bool is_replaced(const struct wq_sec_item *item, const struct wq_sec_var *var)
{
	for (size_t i = 0; i < item->replaced_n; i++)
		if (wq_waf_var_same(&item->replaced[i], var))
			return true;
	return false;
}

static wq_err update_targets(struct reader *r, struct wq_waf_draft *draft, const struct wq_sec_item *item)
{
	struct wq_sec_var *vars = joined(
		r->c, draft->vars, draft->vars_n, item->vars, item->vars_n, sizeof *draft->vars);
	size_t kept = 0;

	if (!vars)
		return wq_error(WQ_E_LIMIT, "%s:%u: more than %d variables for one rule", item->place.file,
			(unsigned)item->place.line, WQ_WAF_ITEMS_OF_RULE_MAX);
	for (size_t i = 0; i < draft->vars_n; i++)
		if (!is_replaced(item, &vars[i]))
			vars[kept++] = vars[i];
	/* a replacement takes the place of something: where there is nothing, nothing changes */
	if (item->replaced_n > 0 && kept == draft->vars_n)
		return WQ_OK;
	if (kept < draft->vars_n)
		memmove(vars + kept, vars + draft->vars_n, item->vars_n * sizeof *vars);
	draft->vars = vars;
	draft->vars_n = kept + item->vars_n;
	return WQ_OK;
}

static wq_err change_one(struct reader *r, struct wq_waf_draft *draft, const struct wq_sec_item *item)
{
	switch ((int)item->kind) {
	case WQ_SEC_REMOVE_BY_ID:
	case WQ_SEC_REMOVE_BY_TAG:
	case WQ_SEC_REMOVE_BY_MSG: remove_rule(r, draft); return WQ_OK;
	case WQ_SEC_UPDATE_ACTION_BY_ID: return update_actions(r, draft, item);
	default: return draft->always ? WQ_OK : update_targets(r, draft, item);
	}
}

static wq_err change(struct reader *r, const struct wq_sec_item *item, struct wq_waf_choice *choice)
{
	WQ_TRY(wq_waf_choice_init(choice, item->place));
	for (uint32_t i = 0; i < r->c->drafts.n; i++)
		if (wq_waf_chosen(choice, at(r->c, i)))
			WQ_TRY(change_one(r, at(r->c, i), item));
	return WQ_OK;
}

static wq_err change_by(struct reader *r, const struct wq_sec_item *item, int by)
{
	struct wq_waf_choice choice = {.text = item->argument};

	choice.by = by;
	wq_err e = change(r, item, &choice);
	wq_waf_choice_done(&choice);
	return e;
}

static wq_err read_item(struct reader *r, const struct wq_sec_item *item)
{
	switch (item->kind) {
	case WQ_SEC_RULE:
	case WQ_SEC_ACTION: return add_rule(r, item);
	case WQ_SEC_MARKER: return add_marker(r, item);
	case WQ_SEC_DEFAULT: r->defaults[phase_of(item)] = item; return WQ_OK;
	case WQ_SEC_REMOVE_BY_ID:
	case WQ_SEC_UPDATE_TARGET_BY_ID:
	case WQ_SEC_UPDATE_ACTION_BY_ID: return change_by(r, item, WQ_CHOOSE_ID);
	case WQ_SEC_REMOVE_BY_TAG:
	case WQ_SEC_UPDATE_TARGET_BY_TAG: return change_by(r, item, WQ_CHOOSE_TAG);
	case WQ_SEC_REMOVE_BY_MSG:
	case WQ_SEC_UPDATE_TARGET_BY_MSG: return change_by(r, item, WQ_CHOOSE_MSG);
	case WQ_SEC_SETTING: break;
	}
	return WQ_OK;
}

wq_err wq_waf_read(struct wq_waf_compiler *c)
{
	struct reader r = {.c = c, .open = WQ_WAF_NONE};

	for (size_t i = 0; i < c->items->n; i++)
		WQ_TRY(read_item(&r, &c->items->items[i]));
	return WQ_OK;
}
