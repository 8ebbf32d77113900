#include "detect/waf/eval_priv.h"
#include "detect/waf/runs.h"

/* A rule, or a link of a chain, that looks at its values. */
struct look {
	struct wq_waf_tx *tx;
	const struct wq_waf_rule *rule, *head;
	const struct wq_waf_rule_plan *plan;
	uint32_t head_number;
	uint32_t hits;
};

static bool negated(const struct wq_waf_rule *rule)
{
	return rule->flags & WQ_RULE_NEGATED;
}

static bool enforcing(const struct wq_waf_tx *tx)
{
	return tx->engine == 1 && !tx->begin.detection_only && tx->phase < 5;
}

static bool ended(const struct look *look)
{
	return look->tx->stopped || wq_waf_over(look->tx);
}

static void trace_rule(struct wq_waf_tx *tx, const struct wq_waf_rule *rule, const char *why)
{
	if (tx->trace && tx->trace->rule)
		tx->trace->rule(tx->trace->data, rule->id, rule->file, rule->line, why);
}

/* ---- what a match does ---- */

static void set_captures(struct wq_waf_tx *tx, const struct wq_waf_found *found)
{
	for (size_t i = 0; i < WQ_WAF_CAPTURES; i++)
		tx->slots[i] = (struct wq_waf_value){
			.set = i < found->n,
			.text = i < found->n && found->groups[i].p ? found->groups[i] : WQ_S(""),
		};
}

static void decide(struct wq_waf_tx *tx, const struct wq_waf_rule *head)
{
	if (head->disrupt == WQ_WAF_PASS)
		return;
	if (head->disrupt == WQ_WAF_ALLOW) {
		if (!enforcing(tx))
			return;
		tx->allow_phase = true;
		tx->allow_request |= head->allow == WQ_ALLOW_REQUEST;
		tx->allow_all |= head->allow == WQ_ALLOW_ALL;
		tx->stopped = true;
	}
	if (tx->verdict.what == WQ_WAF_PASS && (head->disrupt != WQ_WAF_ALLOW || tx->allow_all))
		tx->verdict = (struct wq_waf_verdict){
			.what = head->disrupt,
			.status = head->status ? head->status : 403,
			.url = head->disrupt == WQ_WAF_REDIRECT ? wq_waf_expand(tx, &head->url) : WQ_S_NONE,
			.rule = head->id,
		};
	if (enforcing(tx))
		tx->stopped = true;
}

static void remember(struct wq_waf_tx *tx, const struct wq_waf_item *item)
{
	struct wq_waf_item *place = wq_waf_grow(
		tx, (void **)&tx->matched.list, tx->matched.n, &tx->matched.room, sizeof *place);

	if (!place)
		return;
	*place = *item;
	tx->matched.n++;
}

static void matched(struct look *look, const struct wq_waf_item *item, const struct wq_waf_found *found)
{
	struct wq_waf_tx *tx = look->tx;
	const struct wq_waf_rule *rule = look->rule;

	look->hits++;
	if (item->var != WQ_VAR_COUNT) {
		tx->last = *item;
		if (look->head->link != WQ_WAF_NONE)
			remember(tx, item);
	}
	if (look->head->severity < tx->highest_severity)
		tx->highest_severity = look->head->severity;
	if (rule->flags & WQ_RULE_CAPTURE && found->n > 0)
		set_captures(tx, found);
	wq_waf_act(tx, rule);
	if (rule->link != WQ_WAF_NONE)
		return;
	decide(tx, look->head);
	wq_waf_log(tx, look->head, item, look->head->disrupt != WQ_WAF_PASS && look->head->disrupt != WQ_WAF_ALLOW);
}

/* ---- values ---- */

static void trace_value(struct look *look, const struct wq_waf_item *item, wq_str before, uint16_t chain, bool yes)
{
	const struct wq_waf_trace *trace = look->tx->trace;
	enum wq_transform steps[WQ_CHAIN_STEPS_MAX];
	size_t n = wq_chains_steps(look->tx->program->chains, chain, steps);
	char names[WQ_CHAIN_STEPS_MAX * 24] = "";
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(
			names + at, sizeof names - at, "%st:%s", i ? "," : "", wq_transform_name(steps[i]));
	trace->value(trace->data, look->head->id, wq_waf_item_name(look->tx, item), before, names,
		wq_waf_item_text(look->tx, item), yes ? "matched" : "not matched");
}

static void ask(struct look *look, struct wq_waf_item *item, wq_str before, uint16_t chain)
{
	struct wq_waf_found found;
	enum wq_regex_answer answer;
	bool yes;

	if (look->tx->removals_n > 0 && wq_waf_is_target_removed(look->tx, look->head_number, item->var, item->name))
		return;
	answer = wq_waf_ask(look->tx, look->rule, item, &found);
	yes = answer != WQ_REGEX_LIMIT && (answer == WQ_REGEX_YES) != negated(look->rule);
	if (look->tx->trace && look->tx->trace->value)
		trace_value(look, item, before, chain, yes);
	if (yes)
		matched(look, item, &found);
}

/* Whether strings with these bytes and candidates leave anything to ask. */
static bool may_hold(const struct look *look, const uint64_t *bytes, const uint64_t *candidates)
{
	if (look->plan->plain)
		return wq_waf_beyond(bytes, look->plan->plain);
	if (look->tx->program->plain || look->rule->pattern == WQ_WAF_NONE || negated(look->rule))
		return true;
	return candidates && wq_waf_bit(candidates, look->rule->pattern);
}

/* The pairs of one target: one, or with multiMatch one for each step; a step that changed nothing is not asked again. */
static void look_pairs(struct look *look, const uint32_t *pairs)
{
	struct wq_waf_tx *tx = look->tx;
	const struct wq_waf_pair *first = &tx->plan->pairs[pairs[0]];
	const struct wq_waf_source *source = &tx->plan->sources[first->source];
	const struct wq_waf_values *set = &tx->sets[source->target.var];
	const struct wq_waf_pair_state *states[WQ_CHAIN_STEPS_MAX + 1];
	bool may = false;

	for (uint8_t step = 0; step < look->plan->steps; step++) {
		states[step] = wq_waf_pair_of(tx, pairs[step]);
		may = may ||
			(states[step]->known &&
				may_hold(look, states[step]->known, states[step]->known + WQ_KNOWN_BYTES));
	}
	if (!may)
		return;
	const struct wq_waf_source_state *chosen = &tx->sources[first->source];
	for (uint32_t i = 0; i < states[0]->done && !ended(look); i++) {
		uint32_t at = chosen->at ? chosen->at[i] : i;
		wq_string last = WQ_STRING_NONE;
		for (uint8_t step = 0; step < look->plan->steps && i < states[step]->done; step++) {
			wq_string string = states[step]->strings[i];
			if (string == last)
				continue;
			last = string;
			if (!may_hold(look, tx->pool.strings[string].bytes, tx->pool.strings[string].facts))
				continue;
			struct wq_waf_item item = {.var = (uint8_t)wq_waf_var_shown(source->target.var),
				.name = set->entries[at].name,
				.string = string};
			ask(look, &item, wq_pool_str(&tx->pool, set->entries[at].string),
				tx->plan->pairs[pairs[step]].chain);
		}
	}
}

static void look_steps(struct look *look, struct wq_waf_item item)
{
	struct wq_waf_tx *tx = look->tx;
	uint16_t path[WQ_CHAIN_STEPS_MAX + 1], node = look->rule->chain;
	wq_str before = wq_waf_item_text(tx, &item);
	wq_string first, last = WQ_STRING_NONE;
	uint8_t steps = look->plan->steps;

	for (uint8_t i = steps; i > 0; node = wq_chains_parent(tx->program->chains, node))
		path[--i] = node;
	first = item.string == WQ_STRING_NONE ? wq_pool_add(&tx->pool, before) : item.string;
	for (uint8_t i = 0; i < steps && first != WQ_STRING_NONE && !tx->stopped; i++) {
		struct wq_waf_item after = {.var = item.var, .name = item.name};
		after.string = wq_pool_via(&tx->pool, first, path[i]);
		if (after.string == WQ_STRING_NONE) {
			tx->no_memory = true;
			return;
		}
		if (after.string != last)
			ask(look, &after, before, path[i]);
		last = after.string;
	}
}

static void look_live(struct look *look, const struct wq_waf_source *source)
{
	struct wq_waf_tx *tx = look->tx;

	wq_waf_live(tx, source);
	for (uint32_t i = 0; i < tx->items.n && !ended(look); i++) {
		struct wq_waf_item item = tx->items.list[i];
		if (look->rule->chain == 0)
			ask(look, &item, wq_waf_item_text(tx, &item), 0);
		else
			look_steps(look, item);
	}
}

static void look_count(struct look *look, const struct wq_waf_target *target, uint32_t source)
{
	struct wq_waf_tx *tx = look->tx;
	struct wq_waf_item item = {
		.var = target->var, .name = target->name, .string = WQ_STRING_NONE, .is_number = true};

	if (tx->plan->sources[source].live) {
		wq_waf_live(tx, &tx->plan->sources[source]);
		item.number = tx->items.n;
	} else
		item.number = wq_waf_source_of(tx, source)->n;
	ask(look, &item, WQ_S(""), 0);
}

static void look_targets(struct look *look)
{
	const struct wq_waf_plan *plan = look->tx->plan;
	const struct wq_waf_rule *rule = look->rule;

	for (uint32_t i = 0; i < rule->targets_n && !ended(look); i++) {
		const struct wq_waf_target *target = &look->tx->program->targets[rule->targets + i];
		uint32_t source = plan->target_source[rule->targets + i];
		if (target->count)
			look_count(look, target, source);
		else if (plan->sources[source].live)
			look_live(look, &plan->sources[source]);
		else
			look_pairs(look, plan->lists + look->plan->pairs + (size_t)i * look->plan->steps);
	}
}

/* ---- rules ---- */

/* Whether the whole chain matched. */
static bool run_chain(struct wq_waf_tx *tx, uint32_t number)
{
	const struct wq_waf_rule *head = &tx->program->rules[number];

	tx->head = head;
	tx->matched.n = 0;
	for (uint32_t at = number;; at = tx->program->rules[at].link) {
		struct look look = {
			.tx = tx,
			.rule = &tx->program->rules[at],
			.head = head,
			.plan = &tx->plan->rules[at],
			.head_number = number,
		};
		if (look.rule->flags & WQ_RULE_ALWAYS) {
			const struct wq_waf_item none = {.var = WQ_VAR_COUNT, .string = WQ_STRING_NONE};
			const struct wq_waf_found nothing = {.n = 0};
			matched(&look, &none, &nothing);
		} else
			look_targets(&look);
		if (look.hits == 0)
			return false;
		if (look.rule->link == WQ_WAF_NONE)
			return true;
	}
}

/* Whether the candidates of its values leave anything to ask. */
static bool may_match(struct wq_waf_tx *tx, uint32_t number)
{
	const struct wq_waf_rule *rule = &tx->program->rules[number];
	const struct wq_waf_rule_plan *plan = &tx->plan->rules[number];
	const struct wq_waf_view_state *view;

	if (plan->how == WQ_HOW_LOOK)
		return true;
	view = tx->views[plan->view].epoch == tx->epoch ? &tx->views[plan->view] : wq_waf_view_of(tx, plan->view);
	if (!view->known)
		return false;
	return plan->how == WQ_HOW_PATTERN ? wq_waf_bit(view->known + WQ_KNOWN_BYTES, rule->pattern)
					   : wq_waf_beyond(view->known, plan->plain);
}

static void go_on(struct wq_waf_tx *tx, const struct wq_waf_rule *rule, bool yes)
{
	const uint32_t *list = tx->program->phases[tx->phase];

	tx->at++;
	if (!yes || rule->skip == WQ_WAF_NONE)
		return;
	for (; tx->trace && tx->at < rule->skip; tx->at++)
		trace_rule(tx, &tx->program->rules[list[tx->at]], "skipped");
	tx->at = rule->skip;
}

static void run_rule(struct wq_waf_tx *tx, uint32_t number)
{
	const struct wq_waf_rule *rule = &tx->program->rules[number];
	bool yes;

	if (tx->removed && wq_waf_is_removed(tx, number)) {
		trace_rule(tx, rule, "removed");
		go_on(tx, rule, false);
		return;
	}
	if (!may_match(tx, number)) {
		trace_rule(tx, rule, "prefilter");
		go_on(tx, rule, false);
		return;
	}
	yes = run_chain(tx, number);
	trace_rule(tx, rule, yes ? "matched" : "not matched");
	go_on(tx, rule, yes);
}

/* Between rules the clock is looked at when there was some work since the last time. */
static bool slice_used(struct wq_waf_tx *tx)
{
	uint64_t work = tx->cost.evaluations + tx->cost.bytes / 256;
	const struct wq_waf_budget *budget = &tx->begin.budget;
	uint64_t run;

	if (work - tx->looked < 16 || !tx->worker->now)
		return false;
	tx->looked = work;
	run = tx->worker->now() - tx->since;
	if (wq_waf_time_up(tx))
		tx->over = true;
	return budget->slice_usec && run > (uint64_t)budget->slice_usec * 1000;
}

static enum wq_waf_step run_phase(struct wq_waf_tx *tx)
{
	const uint32_t *list = tx->program->phases[tx->phase];
	uint32_t n = tx->program->phases_n[tx->phase];

	while (tx->at < n) {
		bool give_way = slice_used(tx);
		if (wq_waf_over(tx))
			return WQ_WAF_OVER;
		if (give_way)
			return WQ_WAF_AGAIN;
		run_rule(tx, list[tx->at]);
		if (tx->stopped)
			return WQ_WAF_STOP;
		if (tx->engine == 0)
			return WQ_WAF_DONE;
	}
	/* A pattern that was given up has no answer: that is not "no". */
	return wq_waf_over(tx) || tx->pattern_limit ? WQ_WAF_OVER : WQ_WAF_DONE;
}

/* Phase 5 is run after whatever happened, and has a little of its own to spend. */
static void begin_last(struct wq_waf_tx *tx)
{
	struct wq_waf_budget *budget = &tx->begin.budget;

	tx->stopped = false;
	tx->over = tx->no_memory;
	if (budget->evaluations)
		budget->evaluations += tx->cost.evaluations;
	if (budget->bytes)
		budget->bytes += tx->cost.bytes;
	tx->cpu_spent = 0;
	if (budget->usec)
		tx->time_limit = tx->cost.nsec + (uint64_t)budget->usec * 1000;
}

static enum wq_waf_step settle(struct wq_waf_tx *tx, enum wq_waf_step step)
{
	if (step != WQ_WAF_STOP || tx->allow_all || !tx->allow_phase)
		return step;
	tx->stopped = false; /* allow:phase, allow:request */
	return WQ_WAF_DONE;
}

enum wq_waf_step wq_waf_run(struct wq_waf_tx *tx, unsigned phase)
{
	enum wq_waf_step step;

	if (phase == 0 || phase > WQ_WAF_PHASES || phase < tx->phase || (phase == tx->phase && !tx->running))
		return tx->stopped ? WQ_WAF_STOP : tx->over ? WQ_WAF_OVER : WQ_WAF_DONE;
	if (!tx->running || phase != tx->phase) {
		tx->phase = (uint8_t)phase;
		tx->at = 0;
		tx->epoch++;
		tx->allow_phase = false;
		if (phase == 5)
			begin_last(tx);
	}
	if (tx->stopped)
		return WQ_WAF_STOP;
	if (tx->over)
		return WQ_WAF_OVER;
	if (tx->engine == 0 || (phase <= 2 && tx->allow_request))
		return WQ_WAF_DONE;
	tx->scratch = wq_waf_scratch(tx->worker, tx->program->match_limit);
	if (!tx->scratch) {
		tx->no_memory = tx->over = true;
		return WQ_WAF_OVER;
	}
	tx->running = true;
	wq_waf_clock_start(tx);
	step = settle(tx, run_phase(tx));
	wq_waf_clock_stop(tx);
	tx->running = step == WQ_WAF_AGAIN;
	return step;
}
