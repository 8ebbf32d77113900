/* What is known before the first request is decided here, once.
 *
 * Rules are walked in the order in which they run. A slot of TX is *known* while no rule that is left may have written it: its value
 * then stands in program->initial from the beginning of a transaction to the end. A rule whose every question is about known slots is
 * decided:
 *   no match: it is left out;
 *   match:    it is left out when all it does can be done before the first rule (it sets slots that nothing left has read or
 *             written yet, and every transaction comes by) and when what it skips is reached in no other way;
 *   else it stays, and what it writes is unknown from there on.
 * What no way leads to is left out as well. A comparison with known slots becomes one with a constant.
 *
 * Never decided: what says something (log, severity), asks for captures, or may be taken out of play by a ctl that may have run before.
 * Exceptions of applications do not concern rules that were decided. compile_known.c answers the single questions.
 */
#include "detect/waf/compile_fold_priv.h"

static const struct wq_waf_draft *at(const struct wq_waf_fold *f, uint32_t i)
{
	return WQ_WAF_AT(f->c, drafts, struct wq_waf_draft, i);
}

static struct wq_waf_rule *rule_at(const struct wq_waf_fold *f, uint32_t rule)
{
	return &f->c->program->rules[rule];
}

static const struct wq_waf_act *act_at(const struct wq_waf_fold *f, const struct wq_waf_rule *rule, uint32_t i)
{
	return WQ_WAF_AT(f->c, actions, struct wq_waf_act, rule->actions + i);
}

static bool runs_in(const struct wq_waf_fold *f, uint32_t i, unsigned phase)
{
	return at(f, i)->rule != WQ_WAF_NONE && !at(f, i)->link && at(f, i)->phase == phase;
}

/* ---- what a rule that stays reads and writes */

static void touch_all(struct wq_waf_fold *f)
{
	memset(f->touched, 1, f->c->slots.n);
}

static void read_macro(struct wq_waf_fold *f, struct wq_waf_macro macro)
{
	for (uint32_t i = 0; i < macro.parts_n; i++) {
		uint32_t slot = WQ_WAF_AT(f->c, parts, struct wq_waf_part, macro.parts + i)->slot;
		if (slot != WQ_WAF_NONE)
			f->touched[slot] = true;
	}
}

static void read_rule(struct wq_waf_fold *f, const struct wq_waf_rule *rule)
{
	for (uint32_t i = 0; i < rule->targets_n; i++) {
		const struct wq_waf_target *target = WQ_WAF_AT(f->c, targets, struct wq_waf_target, rule->targets + i);
		if (target->slot != WQ_WAF_NONE)
			f->touched[target->slot] = true;
		else if (target->var == WQ_VAR_TX)
			touch_all(f);
	}
	for (uint32_t i = 0; i < rule->actions_n; i++) {
		read_macro(f, act_at(f, rule, i)->name);
		read_macro(f, act_at(f, rule, i)->value);
	}
	for (uint32_t i = 0; i < rule->tags_n; i++)
		read_macro(f, *WQ_WAF_AT(f->c, tags, struct wq_waf_macro, rule->tags + i));
	read_macro(f, rule->argument);
	read_macro(f, rule->message);
	read_macro(f, rule->data);
	read_macro(f, rule->url);
}

static void write_slot(struct wq_waf_fold *f, uint32_t slot)
{
	f->unknown[slot] = f->touched[slot] = true;
}

/* A name that is made at run time may be any that begins like it. */
static void write_made_name(struct wq_waf_fold *f, struct wq_waf_macro name)
{
	const struct wq_waf_part *first = WQ_WAF_AT(f->c, parts, struct wq_waf_part, name.parts);
	wq_str prefix = first->var == WQ_VAR_COUNT ? first->text : WQ_S("");

	for (uint32_t i = 0; i < f->c->slots.n; i++)
		if (wq_str_starts_nocase(*WQ_WAF_AT(f->c, slots, wq_str, i), prefix))
			write_slot(f, i);
}

static bool is_tx(const struct wq_waf_fold *f, uint32_t target)
{
	return WQ_WAF_AT(f->c, targets, struct wq_waf_target, target)->var == WQ_VAR_TX;
}

static void act_of_kept(struct wq_waf_fold *f, const struct wq_waf_act *act)
{
	if (act->rules != WQ_WAF_NONE && act->target == WQ_WAF_NONE)
		f->sets[act->rules] |= WQ_FOLD_RULES;
	else if (act->rules != WQ_WAF_NONE && is_tx(f, act->target))
		f->sets[act->rules] |= WQ_FOLD_TARGETS;
	if (act->var != WQ_VAR_TX || (act->action != WQ_ACT_SETVAR && act->action != WQ_ACT_EXPIREVAR))
		return;
	if (act->slot != WQ_WAF_NONE)
		write_slot(f, act->slot);
	else
		write_made_name(f, act->name);
}

static wq_err keep(struct wq_waf_fold *f, const struct wq_waf_rule *head)
{
	for (const struct wq_waf_rule *r = head; r; r = r->link == WQ_WAF_NONE ? NULL : rule_at(f, r->link)) {
		read_rule(f, r);
		for (uint32_t i = 0; i < r->actions_n; i++)
			act_of_kept(f, act_at(f, r, i));
	}
	if (head->disrupt != WQ_WAF_PASS)
		f->may_have_stopped = true;
	for (uint32_t r = (uint32_t)(head - f->c->program->rules); r != WQ_WAF_NONE; r = rule_at(f, r)->link)
		WQ_TRY(wq_waf_fold_argument(f, rule_at(f, r)));
	return WQ_OK;
}

/* ---- whether a rule that matches can go */

static bool in_set(const struct wq_waf_fold *f, uint32_t set, uint32_t rule)
{
	const uint64_t *bits = (const uint64_t *)f->c->sets.items + (size_t)set * f->c->program->rule_words;

	return bits[rule / 64] >> rule % 64 & 1;
}

static bool set_covers(const struct wq_waf_fold *f, uint32_t set, uint32_t from, uint32_t to, unsigned phase)
{
	for (uint32_t i = from; i < to; i++)
		if (runs_in(f, i, phase) && !in_set(f, set, at(f, i)->rule))
			return false;
	return true;
}

/* Whether a ctl may have taken it out of play, and not what it skips along with it. */
static bool may_be_removed(const struct wq_waf_fold *f, uint32_t i)
{
	uint32_t to = at(f, i)->skip_to == WQ_WAF_NONE ? i + 1 : at(f, i)->skip_to;

	for (uint32_t set = 0; set < f->c->sets.n; set++) {
		if (!f->sets[set] || !in_set(f, set, at(f, i)->rule))
			continue;
		if ((f->sets[set] & WQ_FOLD_TARGETS) || to == i + 1 || !set_covers(f, set, i + 1, to, at(f, i)->phase))
			return true;
	}
	return false;
}

static bool lands_between(const struct wq_waf_fold *f, uint32_t from, uint32_t to)
{
	for (uint32_t i = from + 1; i < to; i++)
		if (f->landing[i])
			return true;
	return false;
}

static bool says_nothing(const struct wq_waf_fold *f, const struct wq_waf_rule *head)
{
	if ((head->flags & WQ_RULE_LOG) || head->disrupt != WQ_WAF_PASS || head->severity != 255 || f->match_matters)
		return false;
	for (const struct wq_waf_rule *r = head; r; r = r->link == WQ_WAF_NONE ? NULL : rule_at(f, r->link)) {
		if (r->flags & WQ_RULE_CAPTURE)
			return false;
		for (uint32_t i = 0; i < r->actions_n; i++)
			if (act_at(f, r, i)->action != WQ_ACT_SETVAR)
				return false;
	}
	return true;
}

static bool sets_anything(const struct wq_waf_fold *f, const struct wq_waf_rule *head)
{
	uint32_t n = 0;

	for (const struct wq_waf_rule *r = head; r; r = r->link == WQ_WAF_NONE ? NULL : rule_at(f, r->link))
		n += r->actions_n;
	return n > 0;
}

static bool can_go(const struct wq_waf_fold *f, uint32_t i)
{
	const struct wq_waf_draft *draft = at(f, i);
	const struct wq_waf_rule *head = rule_at(f, draft->rule);
	bool everybody = draft->phase == 1 && !f->may_have_stopped && f->farthest <= i;

	if (!says_nothing(f, head) || may_be_removed(f, i))
		return false;
	if (draft->skip_to != WQ_WAF_NONE && lands_between(f, i, draft->skip_to))
		return false;
	if (!sets_anything(f, head))
		return true;
	/* with what it sets gone to the beginning, nobody may have set out on a way around it */
	for (uint32_t set = 0; set < f->c->sets.n; set++)
		if (f->sets[set] && in_set(f, set, draft->rule))
			return false;
	return everybody;
}

/* ---- the walk */

static void leave_out(struct wq_waf_fold *f, uint32_t i)
{
	f->c->out[at(f, i)->rule] = true;
	f->c->program->info.folded++;
}

static wq_err matched(struct wq_waf_fold *f, uint32_t i, bool *ret_live)
{
	const struct wq_waf_draft *draft = at(f, i);
	bool gone = can_go(f, i);

	if (gone && sets_anything(f, rule_at(f, draft->rule)))
		wq_waf_fold_sets(f, rule_at(f, draft->rule), &gone);
	/* whoever can be taken out of play does not surely skip */
	*ret_live = draft->skip_to == WQ_WAF_NONE || may_be_removed(f, i);
	if (draft->skip_to != WQ_WAF_NONE)
		f->landing[draft->skip_to] = true;
	if (gone) {
		leave_out(f, i);
		return WQ_OK;
	}
	/* who comes by another way goes on behind it */
	if (draft->skip_to != WQ_WAF_NONE)
		f->farthest = WQ_MAX(f->farthest, draft->skip_to);
	return keep(f, rule_at(f, draft->rule));
}

static wq_err step(struct wq_waf_fold *f, uint32_t i, bool *live)
{
	const struct wq_waf_draft *draft = at(f, i);
	enum wq_waf_known answer = WQ_KNOWN_NO;

	if (*live)
		WQ_TRY(wq_waf_fold_ask(f, rule_at(f, draft->rule), &answer));
	if (answer == WQ_KNOWN_NO) {
		leave_out(f, i);
		return WQ_OK;
	}
	if (answer == WQ_KNOWN_YES)
		return matched(f, i, live);
	if (draft->skip_to != WQ_WAF_NONE) {
		f->landing[draft->skip_to] = true;
		f->farthest = WQ_MAX(f->farthest, draft->skip_to);
	}
	return keep(f, rule_at(f, draft->rule));
}

static wq_err walk(struct wq_waf_fold *f, unsigned phase)
{
	bool live = true;

	memset(f->landing, 0, f->c->drafts.n + 1);
	f->farthest = 0;
	for (uint32_t i = 0; i < f->c->drafts.n; i++) {
		live |= f->landing[i];
		if (runs_in(f, i, phase))
			WQ_TRY(step(f, i, &live));
	}
	return WQ_OK;
}

/* ---- what may not be decided at all */

static bool is_match(uint8_t var)
{
	return var == WQ_VAR_MATCHED_VAR || var == WQ_VAR_MATCHED_VAR_NAME || var == WQ_VAR_MATCHED_VARS ||
		var == WQ_VAR_MATCHED_VARS_NAMES;
}

static bool macro_has_match(const struct wq_waf_fold *f, struct wq_waf_macro macro)
{
	for (uint32_t i = 0; i < macro.parts_n; i++)
		if (is_match(WQ_WAF_AT(f->c, parts, struct wq_waf_part, macro.parts + i)->var))
			return true;
	return false;
}

/* Whether a rule looks at the last match of the rules before it. */
static bool looks_back(const struct wq_waf_fold *f, const struct wq_waf_rule *rule)
{
	bool back = macro_has_match(f, rule->argument);

	for (uint32_t i = 0; i < rule->targets_n; i++)
		back |= is_match(WQ_WAF_AT(f->c, targets, struct wq_waf_target, rule->targets + i)->var);
	if (!(rule->flags & WQ_RULE_ALWAYS))
		return back;
	for (uint32_t i = 0; i < rule->actions_n; i++)
		back |= macro_has_match(f, act_at(f, rule, i)->name) || macro_has_match(f, act_at(f, rule, i)->value);
	return back || macro_has_match(f, rule->message) || macro_has_match(f, rule->data);
}

static void begin(struct wq_waf_fold *f)
{
	/* an application's policy may name these: wq_waf_tx_fix() */
	static const wq_str theirs[] = {
		WQ_S_INIT("inbound_anomaly_score_threshold"), WQ_S_INIT("outbound_anomaly_score_threshold")};

	memset(f->unknown, 1, WQ_WAF_CAPTURES);
	for (uint32_t i = 0; i < f->c->slots.n; i++)
		for (size_t k = 0; k < WQ_COUNT(theirs); k++)
			f->unknown[i] |= wq_str_eq(*WQ_WAF_AT(f->c, slots, wq_str, i), theirs[k]);
	for (uint32_t i = 0; i < f->c->program->rules_n; i++)
		if (!(rule_at(f, i)->flags & WQ_RULE_CHAINED))
			f->match_matters |= looks_back(f, rule_at(f, i));
}

wq_err wq_waf_fold(struct wq_waf_compiler *c)
{
	struct wq_waf_fold f = {.c = c,
		.unknown = WQ_NEW_ARRAY(&c->scratch, bool, c->slots.n + 1),
		.touched = WQ_NEW_ARRAY(&c->scratch, bool, c->slots.n + 1),
		.dirty = WQ_NEW_ARRAY(&c->scratch, bool, c->slots.n + 1),
		.landing = WQ_NEW_ARRAY(&c->scratch, bool, c->drafts.n + 2),
		.sets = WQ_NEW_ARRAY(&c->scratch, uint8_t, c->sets.n + 1),
		.before = WQ_NEW_ARRAY(&c->scratch, struct wq_waf_value, c->slots.n + 1)};

	WQ_TRY(wq_arena_err(&c->scratch));
	begin(&f);
	for (unsigned phase = 1; phase <= WQ_WAF_PHASES; phase++)
		WQ_TRY(walk(&f, phase));
	return WQ_OK;
}
