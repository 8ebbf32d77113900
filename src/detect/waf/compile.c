/* The parts in their order, and what they made as one program. */
#include "detect/waf/compile_priv.h"

static wq_err name_captures(struct wq_waf_compiler *c)
{
	for (uint32_t i = 0; i < WQ_WAF_CAPTURES; i++) {
		char digit = (char)('0' + i);
		uint32_t slot;
		WQ_TRY(wq_waf_slot_of(c, wq_str_of(&digit, 1), &slot));
	}
	return WQ_OK;
}

/* A list as one array of the program. */
static void *fixed(struct wq_waf_compiler *c, const struct wq_waf_list *list, size_t bytes, uint32_t *ret_n)
{
	void *array = wq_arena_zalloc(&c->program->arena, (size_t)list->n + 1, bytes);

	if (array && list->n > 0)
		memcpy(array, list->items, list->n * bytes);
	*ret_n = list->n;
	return array;
}

static wq_err fix_lists(struct wq_waf_compiler *c)
{
	struct wq_waf_program *p = c->program;

	p->targets = fixed(c, &c->targets, sizeof *p->targets, &p->targets_n);
	p->excludes = fixed(c, &c->excludes, sizeof *p->excludes, &p->excludes_n);
	p->actions = fixed(c, &c->actions, sizeof *p->actions, &p->actions_n);
	p->parts = fixed(c, &c->parts, sizeof *p->parts, &p->parts_n);
	p->tags = fixed(c, &c->tags, sizeof *p->tags, &p->tags_n);
	p->networks = fixed(c, &c->networks, sizeof *p->networks, &p->networks_n);
	p->byte_sets = fixed(c, &c->byte_sets, sizeof *p->byte_sets, &p->byte_sets_n);
	p->rule_sets = fixed(c, &c->sets, p->rule_words * sizeof *p->rule_sets, &p->rule_sets_n);
	p->slots = fixed(c, &c->slots, sizeof *p->slots, &p->slots_n);
	return wq_arena_err(&p->arena);
}

static wq_err initial(struct wq_waf_compiler *c)
{
	struct wq_waf_program *program = c->program;

	for (size_t i = 0; i < c->load->settings_n; i++) {
		uint32_t slot;
		WQ_TRY(wq_waf_slot_of(c, c->load->settings[i].name, &slot));
	}
	program->initial = WQ_NEW_ARRAY(&program->arena, struct wq_waf_value, c->slots.n);
	if (!program->initial)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (size_t i = 0; i < c->load->settings_n; i++) {
		struct wq_waf_value value = {.set = true, .text = wq_waf_keep(c, c->load->settings[i].value)};
		uint32_t slot;
		if (!value.text.p)
			return wq_error_id(WQ_E_NO_MEMORY);
		value.is_number = wq_waf_number(value.text, &value.number);
		WQ_TRY(wq_waf_slot_of(c, c->load->settings[i].name, &slot));
		program->initial[slot] = value;
	}
	return WQ_OK;
}

/* ---- which variables the rules of a phase look at */

static void want(uint64_t *wanted, uint8_t var)
{
	wanted[var / 64] |= (uint64_t)1 << var % 64;
}

static void want_macro(const struct wq_waf_program *p, uint64_t *wanted, struct wq_waf_macro macro)
{
	for (uint32_t i = 0; i < macro.parts_n; i++)
		if (p->parts[macro.parts + i].var != WQ_VAR_COUNT)
			want(wanted, p->parts[macro.parts + i].var);
}

static void want_rule(const struct wq_waf_program *p, uint64_t *wanted, const struct wq_waf_rule *rule)
{
	for (uint32_t i = 0; i < rule->targets_n; i++)
		want(wanted, p->targets[rule->targets + i].var);
	for (uint32_t i = 0; i < rule->tags_n; i++)
		want_macro(p, wanted, p->tags[rule->tags + i]);
	for (uint32_t i = 0; i < rule->actions_n; i++) {
		want_macro(p, wanted, p->actions[rule->actions + i].name);
		want_macro(p, wanted, p->actions[rule->actions + i].value);
	}
	want_macro(p, wanted, rule->argument);
	want_macro(p, wanted, rule->message);
	want_macro(p, wanted, rule->data);
	want_macro(p, wanted, rule->url);
}

static void want_all(struct wq_waf_program *p)
{
	for (unsigned phase = 1; phase <= WQ_WAF_PHASES; phase++)
		for (uint32_t i = 0; i < p->phases_n[phase]; i++)
			for (uint32_t r = p->phases[phase][i]; r != WQ_WAF_NONE; r = p->rules[r].link)
				want_rule(p, p->wanted[phase], &p->rules[r]);
}

/* ---- */

static wq_err compile(struct wq_waf_compiler *c)
{
	c->program->plain = c->load->plain;
	WQ_TRY(wq_chains_new(&wq_random_system, &c->program->chains));
	WQ_TRY(name_captures(c));
	WQ_TRY(wq_waf_settings(c));
	WQ_TRY(wq_waf_read(c));
	WQ_TRY(wq_waf_rules_of(c));
	wq_waf_skips(c);
	WQ_TRY(initial(c));
	if (!c->load->no_fold)
		WQ_TRY(wq_waf_fold(c));
	WQ_TRY(wq_waf_flow(c));
	WQ_TRY(wq_waf_patterns_make(c));
	WQ_TRY(fix_lists(c));
	WQ_TRY(wq_waf_slots_index(c->program));
	want_all(c->program);
	WQ_TRY(wq_waf_plan_new(c->program));
	c->program->info.bytes = c->program->arena.total_bytes + sizeof *c->program +
		wq_literals_bytes(c->program->literals);
	return wq_arena_err(&c->scratch);
}

static void each_map(struct wq_waf_compiler *c, void (*act)(struct wq_map *map))
{
	act(&c->strings);
	act(&c->macro_texts);
	act(&c->slot_names);
	act(&c->regex_texts);
	act(&c->pattern_texts);
	act(&c->set_texts);
}

static void open_map(struct wq_map *map)
{
	wq_map_init(map, WQ_WAF_ENTRIES_MAX, &wq_random_system);
}

wq_err wq_waf_compile(
	const struct wq_sec_rules *rules, const struct wq_waf_load *load, struct wq_waf_program **ret_program)
{
	struct wq_waf_compiler c = {.program = calloc(1, sizeof *c.program), .load = load, .items = rules};

	if (!c.program)
		return wq_error_id(WQ_E_NO_MEMORY);
	atomic_init(&c.program->refs, 1);
	wq_arena_init(&c.program->arena, WQ_WAF_PROGRAM_BYTES_MAX);
	wq_arena_init(&c.scratch, WQ_WAF_PROGRAM_BYTES_MAX);
	each_map(&c, open_map);
	wq_err e = compile(&c);
	each_map(&c, wq_map_done);
	wq_arena_done(&c.scratch);
	if (wq_failed(e))
		wq_waf_program_unref(&c.program);
	else
		*ret_program = c.program;
	return e;
}
