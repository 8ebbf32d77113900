/* Items in order → drafts. What changes rules (SecRuleRemove…, SecRuleUpdate…) changes those that were read before it. */
#include "detect/waf/compile_priv.h"

struct reader {
	struct wq_waf_compiler *c;
	const struct wq_sec_item *defaults[WQ_WAF_PHASES + 1];
	struct wq_map ids;
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

static wq_err phase_of(const struct wq_sec_item *item, uint8_t *ret_phase)
{
	static const struct {
		const char *name;
		uint8_t phase;
	} names[] = {{"1", 1}, {"2", 2}, {"3", 3}, {"4", 4}, {"5", 5}, {"request", 2}, {"response", 4}, {"logging", 5}};
	const struct wq_sec_action *action = last_of(item->actions, item->actions_n, WQ_ACT_PHASE);

	*ret_phase = 2;
	if (!action)
		return WQ_OK;
	for (size_t i = 0; i < WQ_COUNT(names); i++)
		if (wq_str_eq_nocase(action->argument, wq_str_c(names[i].name))) {
			*ret_phase = names[i].phase;
			return WQ_OK;
		}
	return WQ_WAF_BAD(
		item->place, "phase:%.*s: write 1 to 5, request, response or logging", WQ_S_ARG(action->argument));
}

static wq_err id_of(struct reader *r, const struct wq_sec_item *item, uint32_t *ret_id)
{
	const struct wq_sec_action *action = last_of(item->actions, item->actions_n, WQ_ACT_ID);
	const struct wq_sec_item *other;
	uint64_t id;
	char key[16];

	if (!action)
		return WQ_WAF_BAD(item->place, "the rule has no id; write id:NUMBER in its actions");
	if (!wq_str_to_u64(action->argument, UINT32_MAX - 1, &id) || id == 0)
		return WQ_WAF_BAD(item->place, "id:%.*s is no number from 1 to 4294967294", WQ_S_ARG(action->argument));
	int n = snprintf(key, sizeof key, "%u", (unsigned)id);
	wq_str name = wq_str_of(key, (size_t)n);
	other = wq_map_get(&r->ids, name);
	if (other)
		return WQ_WAF_BAD(item->place, "rule %u stands in %s:%u already; give one of them another id",
			(unsigned)id, other->place.file, (unsigned)other->place.line);
	*ret_id = (uint32_t)id;
	return wq_map_put(&r->ids, name, (void *)(uintptr_t)item, NULL);
}

static wq_err begin_head(struct reader *r, struct wq_waf_draft *draft)
{
	WQ_TRY(phase_of(draft->item, &draft->phase));
	WQ_TRY(id_of(r, draft->item, &draft->id));
	draft->head = r->c->drafts.n - 1;
	return WQ_OK;
}

static wq_err begin_link(struct reader *r, struct wq_waf_draft *draft)
{
	struct wq_waf_draft *before = at(r->c, r->open);
	const struct wq_sec_item *item = draft->item;

	if (last_of(item->actions, item->actions_n, WQ_ACT_ID))
		return WQ_WAF_BAD(item->place,
			"a rule in a chain has no id of its own; take it off, or \"chain\" off the rule before (%s:%u)",
			before->place.file, (unsigned)before->place.line);
	uint8_t phase;
	WQ_TRY(phase_of(item, &phase));
	if (last_of(item->actions, item->actions_n, WQ_ACT_PHASE) && phase != before->phase)
		return WQ_WAF_BAD(item->place, "a rule in a chain has the phase of the first one; take phase: off");
	draft->link = true;
	draft->phase = before->phase;
	draft->id = before->id;
	draft->head = before->head;
	before->next = r->c->drafts.n - 1;
	return WQ_OK;
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
	WQ_TRY(r->open == WQ_WAF_NONE ? begin_head(r, draft) : begin_link(r, draft));
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

static wq_err set_default(struct reader *r, const struct wq_sec_item *item)
{
	uint8_t phase;

	for (size_t i = 0; i < item->actions_n; i++) {
		enum wq_waf_action action = item->actions[i].action;
		if (action == WQ_ACT_ID || action == WQ_ACT_CHAIN || action == WQ_ACT_SKIP ||
			action == WQ_ACT_SKIP_AFTER || action == WQ_ACT_MSG || action == WQ_ACT_BLOCK)
			return WQ_WAF_BAD(
				item->place, "%s cannot be a default; take it off", wq_waf_action_name(action));
	}
	WQ_TRY(phase_of(item, &phase));
	r->defaults[phase] = item;
	return WQ_OK;
}

/* ---- changes */

static void remove_rule(struct reader *r, struct wq_waf_draft *draft)
{
	char key[16];
	int n = snprintf(key, sizeof key, "%u", (unsigned)draft->id);

	wq_map_remove(&r->ids, wq_str_of(key, (size_t)n), NULL);
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
		return WQ_WAF_BAD(item->place, "too many actions for one rule");
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
		return WQ_WAF_BAD(item->place, "too many variables for one rule");
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

static wq_err change_one(struct reader *r, struct wq_waf_draft *draft, const struct wq_sec_item *item, uint32_t offset)
{
	for (uint32_t i = 0; i < offset; i++) {
		if (draft->next == WQ_WAF_NONE)
			return WQ_WAF_BAD(item->place, "rule %u has no link %u", (unsigned)draft->id, (unsigned)offset);
		draft = at(r->c, draft->next);
	}
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
	WQ_TRY(wq_waf_choice_init(r->c, choice, item->place));
	if (choice->offset > 0 && item->kind == WQ_SEC_REMOVE_BY_ID)
		return WQ_WAF_BAD(item->place, "a link cannot be removed alone; name the id only");
	for (uint32_t i = 0; i < r->c->drafts.n; i++)
		if (wq_waf_chosen(choice, at(r->c, i)))
			WQ_TRY(change_one(r, at(r->c, i), item, choice->offset));
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
	bool rule = item->kind == WQ_SEC_RULE || item->kind == WQ_SEC_ACTION;

	if (r->open != WQ_WAF_NONE && !rule)
		return WQ_WAF_BAD(item->place, "the chain that begins in %s:%u is not finished; write its next rule",
			at(r->c, at(r->c, r->open)->head)->place.file,
			(unsigned)at(r->c, at(r->c, r->open)->head)->place.line);
	switch (item->kind) {
	case WQ_SEC_RULE:
	case WQ_SEC_ACTION: return add_rule(r, item);
	case WQ_SEC_MARKER: return add_marker(r, item);
	case WQ_SEC_DEFAULT: return set_default(r, item);
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

static wq_err read_all(struct reader *r)
{
	for (size_t i = 0; i < r->c->items->n; i++)
		WQ_TRY(read_item(r, &r->c->items->items[i]));
	if (r->open != WQ_WAF_NONE)
		return WQ_WAF_BAD(at(r->c, r->open)->place,
			"the chain goes on, but no rule follows; take \"chain\" off or write the next rule");
	return WQ_OK;
}

wq_err wq_waf_read(struct wq_waf_compiler *c)
{
	struct reader r = {.c = c, .open = WQ_WAF_NONE};

	wq_map_init(&r.ids, WQ_SEC_ITEMS_MAX, &wq_random_system);
	wq_err e = read_all(&r);
	wq_map_done(&r.ids);
	return e;
}
