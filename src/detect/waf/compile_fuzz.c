/* A text of rules, 0xff, what the file "other" holds: becomes a program whose numbers are all in range, folded or not, or is refused
 * with a sentence. */
#include "detect/waf/program_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	wq_str text, other;
};

static wq_err file_read(void *data, const char *path, struct wq_arena *arena, wq_str *ret_text)
{
	const struct input *input = data;
	bool other = strcmp(path, "other") == 0;

	(void)arena;
	if (!other && strcmp(path, "main") != 0)
		return wq_error(WQ_E_NOT_FOUND, "%.100s", path);
	*ret_text = other ? input->other : input->text;
	return WQ_OK;
}

static wq_err file_list(void *data, const char *pattern, struct wq_arena *arena, const char ***ret_paths, size_t *ret_n)
{
	const char **paths = WQ_NEW_ARRAY(arena, const char *, 1);

	(void)data;
	if (!paths)
		return wq_arena_err(arena);
	paths[0] = pattern;
	*ret_paths = paths;
	*ret_n = 1;
	return WQ_OK;
}

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void in_range(uint32_t number, uint32_t n)
{
	require(number == WQ_WAF_NONE || number < n);
}

static void run_in_range(uint32_t from, uint32_t n, uint32_t all)
{
	require(from <= all && n <= all - from);
}

static void check_macro(const struct wq_waf_program *p, struct wq_waf_macro macro)
{
	run_in_range(macro.parts, macro.parts_n, p->parts_n);
	for (uint32_t i = 0; i < macro.parts_n; i++) {
		const struct wq_waf_part *part = &p->parts[macro.parts + i];
		require(part->var <= WQ_VAR_COUNT && part->text.p);
		in_range(part->slot, p->slots_n);
	}
}

static void check_target(const struct wq_waf_program *p, const struct wq_waf_target *target)
{
	require(target->var < WQ_VAR_COUNT && target->name.p);
	in_range(target->regex, p->regexes_n);
	in_range(target->slot, p->slots_n);
	run_in_range(target->excludes, target->excludes_n, p->excludes_n);
	for (uint32_t i = 0; i < target->excludes_n; i++)
		in_range(p->excludes[target->excludes + i].regex, p->regexes_n);
}

static void check_act(const struct wq_waf_program *p, const struct wq_waf_act *act)
{
	check_macro(p, act->name);
	check_macro(p, act->value);
	in_range(act->slot, p->slots_n);
	in_range(act->rules, p->rule_sets_n);
	in_range(act->target, p->targets_n);
	if (act->target != WQ_WAF_NONE)
		check_target(p, &p->targets[act->target]);
}

static void check_rule(const struct wq_waf_program *p, const struct wq_waf_rule *rule)
{
	require(rule->phase >= 1 && rule->phase <= WQ_WAF_PHASES && rule->op < WQ_OP_COUNT && rule->file.p);
	require(rule->chain < wq_chains_count(p->chains));
	in_range(rule->pattern, p->patterns_n);
	in_range(rule->regex, p->regexes_n);
	if (rule->link != WQ_WAF_NONE)
		require(rule->link < p->rules_n && rule == &p->rules[rule->link - 1]);
	if (rule->op == WQ_OP_VALIDATE_BYTE_RANGE)
		require(rule->table < p->byte_sets_n);
	else if (rule->table != WQ_WAF_NONE)
		run_in_range(rule->table, rule->table_n, p->networks_n);
	run_in_range(rule->targets, rule->targets_n, p->targets_n);
	for (uint32_t i = 0; i < rule->targets_n; i++)
		check_target(p, &p->targets[rule->targets + i]);
	run_in_range(rule->actions, rule->actions_n, p->actions_n);
	for (uint32_t i = 0; i < rule->actions_n; i++)
		check_act(p, &p->actions[rule->actions + i]);
	run_in_range(rule->tags, rule->tags_n, p->tags_n);
	for (uint32_t i = 0; i < rule->tags_n; i++)
		check_macro(p, p->tags[rule->tags + i]);
	check_macro(p, rule->argument);
	check_macro(p, rule->message);
	check_macro(p, rule->data);
	check_macro(p, rule->url);
}

/* What is left of a rule can be asked: its regular expression is there. */
static void check_reachable(const struct wq_waf_program *p, uint32_t head)
{
	for (uint32_t r = head; r != WQ_WAF_NONE; r = p->rules[r].link) {
		const struct wq_waf_rule *rule = &p->rules[r];
		if (rule->op == WQ_OP_RX && !(rule->flags & WQ_RULE_MACRO_ARGUMENT))
			require(p->regexes[rule->regex] && p->patterns[rule->pattern].regex == rule->regex);
		if (rule->op == WQ_OP_PM)
			require(p->patterns[rule->pattern].regex == WQ_WAF_NONE);
	}
}

static uint32_t check_program(const struct wq_waf_program *p)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < p->rules_n; i++)
		check_rule(p, &p->rules[i]);
	for (unsigned phase = 1; phase <= WQ_WAF_PHASES; phase++) {
		left += p->phases_n[phase];
		for (uint32_t i = 0; i < p->phases_n[phase]; i++) {
			uint32_t number = p->phases[phase][i];
			require(number < p->rules_n && p->rules[number].phase == phase);
			require(!(p->rules[number].flags & WQ_RULE_CHAINED));
			require(i == 0 || number > p->phases[phase][i - 1]);
			uint32_t skip = p->rules[number].skip;
			require(skip == WQ_WAF_NONE || (skip > i && skip <= p->phases_n[phase]));
			check_reachable(p, number);
		}
	}
	require(left + p->info.folded == p->info.rules);
	for (uint32_t i = 0; i < p->slots_n; i++)
		require(wq_waf_slot(p, p->slots[i]) == i);
	return p->info.rules;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {"main"};
	struct input input = {.other = wq_str_of(data, size)};
	const struct wq_sec_source source = {&input, file_read, file_list};
	struct wq_waf_load load = {.paths = paths, .paths_n = 1, .source = &source, .no_jit = true};
	struct wq_waf_program *folded = NULL, *whole = NULL;

	input.text = wq_str_cut(&input.other, '\xff');
	wq_err e = wq_waf_program_new(&load, &folded);
	require(wq_failed(e) == (folded == NULL));
	load.no_fold = true;
	wq_err again = wq_waf_program_new(&load, &whole);
	/* Folding puts known variables into patterns, and may find a fault in what comes of it. */
	require(again.id == e.id || wq_failed(e));
	if (wq_failed(e)) {
		require(wq_err_note(e)[0] != 0);
		wq_waf_program_unref(&whole);
		return 0;
	}
	require(check_program(folded) == check_program(whole) && whole->info.folded == 0);
	require(memcmp(folded->info.digest, whole->info.digest, 32) != 0);
	wq_waf_program_unref(&folded);
	wq_waf_program_unref(&whole);
	return 0;
}
