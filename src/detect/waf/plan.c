#include "detect/waf/eval_priv.h"

/* What a body's report or a rule's action may still change. */
bool wq_waf_var_live(enum wq_waf_var var)
{
	switch ((int)var) {
	case WQ_VAR_ENV:
	case WQ_VAR_GEO:
	case WQ_VAR_MATCHED_VARS:
	case WQ_VAR_MATCHED_VARS_NAMES:
	case WQ_VAR_RULE:
	case WQ_VAR_DURATION:
	case WQ_VAR_FULL_REQUEST_LENGTH:
	case WQ_VAR_HIGHEST_SEVERITY:
	case WQ_VAR_INBOUND_DATA_ERROR:
	case WQ_VAR_MATCHED_VAR:
	case WQ_VAR_MATCHED_VAR_NAME:
	case WQ_VAR_MSC_PCRE_LIMITS_EXCEEDED:
	case WQ_VAR_OUTBOUND_DATA_ERROR:
	case WQ_VAR_REQBODY_ERROR:
	case WQ_VAR_REQBODY_ERROR_MSG:
	case WQ_VAR_REQBODY_PROCESSOR:
	case WQ_VAR_REQBODY_PROCESSOR_ERROR:
	case WQ_VAR_REQBODY_PROCESSOR_ERROR_MSG:
	case WQ_VAR_REQUEST_BODY_LENGTH:
	case WQ_VAR_SESSIONID:
	case WQ_VAR_URLENCODED_ERROR:
	case WQ_VAR_USERID:
	case WQ_VAR_WEBAPPID:
	case WQ_VAR_ARGS_COMBINED_SIZE:
	case WQ_VAR_FILES_COMBINED_SIZE: return true;
	default:
		return wq_waf_var_shape(var) >= WQ_SHAPE_TX ||
			(var >= WQ_VAR_MULTIPART_BOUNDARY_QUOTED && var <= WQ_VAR_MULTIPART_UNMATCHED_BOUNDARY);
	}
}

static bool same_excludes(
	const struct wq_waf_program *program, const struct wq_waf_target *a, const struct wq_waf_target *b)
{
	if (a->excludes_n != b->excludes_n)
		return false;
	for (uint32_t i = 0; i < a->excludes_n; i++) {
		const struct wq_waf_exclude *x = &program->excludes[a->excludes + i];
		const struct wq_waf_exclude *y = &program->excludes[b->excludes + i];
		if (x->selector != y->selector || !wq_str_eq_nocase(x->name, y->name))
			return false;
	}
	return true;
}

static bool same(const struct wq_waf_program *program, const struct wq_waf_target *a, const struct wq_waf_target *b)
{
	return a->var == b->var && a->selector == b->selector && a->slot == b->slot &&
		(a->selector == WQ_SEC_SELECT_REGEX ? wq_str_eq(a->name, b->name)
						    : wq_str_eq_nocase(a->name, b->name)) &&
		same_excludes(program, a, b);
}

/* TX:/…/: which numbered slots it names is the same for every transaction. */
static bool name_slots(const struct wq_waf_program *program, struct wq_waf_plan *plan, struct wq_waf_source *source,
	struct wq_regex_scratch *scratch, struct wq_arena *arena)
{
	uint32_t *slots;

	/* A target of rules that were decided at load has no regular expression any more. */
	if (source->target.var != WQ_VAR_TX || source->target.selector != WQ_SEC_SELECT_REGEX ||
		source->target.regex == WQ_WAF_NONE)
		return true;
	slots = wq_arena_zalloc(arena, (size_t)plan->slots_n + program->slots_n + 1, sizeof *slots);
	if (!slots)
		return false;
	if (plan->slots_n > 0)
		memcpy(slots, plan->slots, plan->slots_n * sizeof *slots);
	plan->slots = slots;
	source->slots = plan->slots_n;
	for (uint32_t i = WQ_WAF_CAPTURES; i < program->slots_n; i++)
		if (wq_regex_match(program->regexes[source->target.regex], scratch, program->slots[i], 0, NULL, NULL) ==
			WQ_REGEX_YES)
			slots[plan->slots_n++] = i;
	source->slots_n = plan->slots_n - source->slots;
	return true;
}

static bool make_sources(const struct wq_waf_program *program, struct wq_waf_plan *plan,
	struct wq_regex_scratch *scratch, struct wq_arena *arena)
{
	plan->sources = WQ_NEW_ARRAY(arena, struct wq_waf_source, program->targets_n + 1);
	plan->target_source = WQ_NEW_ARRAY(arena, uint32_t, program->targets_n + 1);
	if (!plan->sources || !plan->target_source)
		return false;
	for (uint32_t i = 0; i < program->targets_n; i++) {
		const struct wq_waf_target *target = &program->targets[i];
		uint32_t s = 0;
		while (s < plan->sources_n && !same(program, &plan->sources[s].target, target))
			s++;
		plan->target_source[i] = s;
		if (s < plan->sources_n)
			continue;
		struct wq_waf_source *source = &plan->sources[plan->sources_n++];
		source->target = *target;
		source->target.count = false;
		source->live = wq_waf_var_live(target->var);
		source->base = WQ_WAF_NONE;
		if (!name_slots(program, plan, source, scratch, arena))
			return false;
	}
	return true;
}

static uint32_t pair_number(struct wq_waf_plan *plan, uint32_t source, uint16_t chain)
{
	uint32_t i = 0;

	if (plan->sources[source].live)
		return WQ_WAF_NONE;
	while (i < plan->pairs_n && (plan->pairs[i].source != source || plan->pairs[i].chain != chain))
		i++;
	if (i == plan->pairs_n)
		plan->pairs[plan->pairs_n++] = (struct wq_waf_pair){.source = source, .chain = chain};
	return i;
}

static uint32_t view_number(struct wq_waf_plan *plan, uint32_t pairs, uint32_t n)
{
	for (uint32_t i = 0; i < plan->views_n; i++)
		if (plan->views[i].pairs_n == n &&
			memcmp(plan->lists + plan->views[i].pairs, plan->lists + pairs, n * sizeof *plan->lists) == 0)
			return i;
	plan->views[plan->views_n] = (struct wq_waf_view){pairs, n};
	return plan->views_n++;
}

static const uint64_t *plain_of(const struct wq_waf_program *program, const struct wq_waf_rule *rule)
{
	static const uint64_t ascii[4] = {UINT64_MAX, UINT64_MAX, 0, 0};
	static const uint64_t no_percent[4] = {~(UINT64_C(1) << '%'), UINT64_MAX, UINT64_MAX, UINT64_MAX};

	if (program->plain || rule->flags & WQ_RULE_NEGATED)
		return NULL;
	if (rule->op == WQ_OP_VALIDATE_BYTE_RANGE)
		return program->byte_sets[rule->table];
	if (rule->op == WQ_OP_VALIDATE_UTF8_ENCODING)
		return ascii;
	return rule->op == WQ_OP_VALIDATE_URL_ENCODING ? no_percent : NULL;
}

static enum wq_waf_how how_of(
	const struct wq_waf_program *program, const struct wq_waf_plan *plan, const struct wq_waf_rule *rule)
{
	if (program->plain || rule->flags & (WQ_RULE_NEGATED | WQ_RULE_ALWAYS | WQ_RULE_MACRO_ARGUMENT))
		return WQ_HOW_LOOK;
	for (uint32_t i = 0; i < rule->targets_n; i++)
		if (program->targets[rule->targets + i].count ||
			plan->sources[plan->target_source[rule->targets + i]].live)
			return WQ_HOW_LOOK;
	if (rule->pattern != WQ_WAF_NONE)
		return WQ_HOW_PATTERN;
	return plain_of(program, rule) ? WQ_HOW_BYTES : WQ_HOW_LOOK;
}

/* The nodes of a rule's chain that its values are looked at: the last, or with multiMatch all from the first on. */
static uint8_t path_of(
	const struct wq_waf_program *program, const struct wq_waf_rule *rule, uint16_t path[WQ_CHAIN_STEPS_MAX + 1])
{
	uint8_t n = 0;
	uint16_t node = rule->chain;

	path[n++] = node;
	while (rule->flags & WQ_RULE_MULTI_MATCH && node != 0 && n <= WQ_CHAIN_STEPS_MAX)
		path[n++] = node = wq_chains_parent(program->chains, node);
	for (uint8_t i = 0; i < n / 2; i++) {
		uint16_t other = path[i];
		path[i] = path[n - 1 - i];
		path[n - 1 - i] = other;
	}
	return n;
}

static void plan_rule(const struct wq_waf_program *program, struct wq_waf_plan *plan, uint32_t number)
{
	const struct wq_waf_rule *rule = &program->rules[number];
	struct wq_waf_rule_plan *made = &plan->rules[number];
	uint16_t path[WQ_CHAIN_STEPS_MAX + 1];

	made->steps = path_of(program, rule, path);
	made->pairs = plan->lists_n;
	for (uint32_t i = 0; i < rule->targets_n; i++)
		for (uint8_t step = 0; step < made->steps; step++) {
			uint32_t pair = pair_number(plan, plan->target_source[rule->targets + i], path[step]);
			if (pair != WQ_WAF_NONE && rule->pattern != WQ_WAF_NONE)
				plan->pairs[pair].candidates = true;
			plan->lists[plan->lists_n++] = pair;
		}
	made->plain = plain_of(program, rule);
	made->how = how_of(program, plan, rule);
	if (made->how != WQ_HOW_LOOK)
		made->view = view_number(plan, made->pairs, plan->lists_n - made->pairs);
}

static bool make_rules(const struct wq_waf_program *program, struct wq_waf_plan *plan, struct wq_arena *arena)
{
	size_t most = (size_t)plan->sources_n + 1;

	for (uint32_t i = 0; i < program->rules_n; i++) {
		const struct wq_waf_rule *rule = &program->rules[i];
		most += (size_t)rule->targets_n * (rule->flags & WQ_RULE_MULTI_MATCH ? WQ_CHAIN_STEPS_MAX + 1 : 1);
	}
	plan->pairs = WQ_NEW_ARRAY(arena, struct wq_waf_pair, most);
	plan->lists = WQ_NEW_ARRAY(arena, uint32_t, most);
	plan->views = WQ_NEW_ARRAY(arena, struct wq_waf_view, program->rules_n + 1);
	plan->rules = WQ_NEW_ARRAY(arena, struct wq_waf_rule_plan, program->rules_n + 1);
	if (!plan->pairs || !plan->lists || !plan->views || !plan->rules)
		return false;
	for (uint32_t i = 0; i < plan->sources_n; i++)
		plan->sources[i].base = pair_number(plan, i, 0);
	for (uint32_t i = 0; i < program->rules_n; i++)
		plan_rule(program, plan, i);
	return true;
}

static bool all_ones(const uint64_t set[4])
{
	return (set[0] & set[1] & set[2] & set[3]) == UINT64_MAX;
}

/* ---- what bytes and lengths allow ---- */

/* Of patterns with literals only the length counts: what their bytes would add is little, and each would make more classes. */
static bool by_bytes(const struct wq_waf_program *program, uint32_t pattern)
{
	return wq_waf_bit(program->asked, pattern);
}

static bool alike(const struct wq_waf_program *program, uint32_t a, uint32_t b)
{
	for (uint32_t i = 0; i < program->patterns_n; i++) {
		const struct wq_need *need = &program->patterns[i].need;
		if (!by_bytes(program, i))
			continue;
		if (wq_waf_bit(need->any_of, a) != wq_waf_bit(need->any_of, b) ||
			wq_waf_bit(need->only, a) != wq_waf_bit(need->only, b))
			return false;
	}
	return true;
}

static void make_classes(const struct wq_waf_program *program, struct wq_waf_plan *plan, uint8_t first[256])
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t class = 0;
		while (class < plan->classes_n && !alike(program, first[class], b))
			class ++;
		if (class == plan->classes_n)
			first[plan->classes_n++] = (uint8_t)b;
		plan->class_of[b] = (uint8_t) class;
	}
}

static void need_tables(
	const struct wq_waf_program *program, struct wq_waf_plan *plan, uint32_t bit, const uint8_t first[256])
{
	const struct wq_need *need = &program->patterns[bit].need;
	uint64_t mask = UINT64_C(1) << bit % 64;
	uint32_t words = program->pattern_words;

	for (uint32_t n = 0; n < WQ_PLAN_LENGTHS; n++)
		if (n == WQ_PLAN_LENGTHS - 1 || n >= need->min_bytes)
			plan->by_length[n * words + bit / 64] |= mask;
	if (!by_bytes(program, bit) || all_ones(need->any_of))
		plan->open[bit / 64] |= mask;
	for (uint32_t class = 0; by_bytes(program, bit) && class < plan->classes_n; class ++) {
		if (wq_waf_bit(need->any_of, first[class]))
			plan->needed_by[class * words + bit / 64] |= mask;
		if (!wq_waf_bit(need->only, first[class]))
			plan->barred_by[class * words + bit / 64] |= mask;
	}
}

static bool make_needs(const struct wq_waf_program *program, struct wq_waf_plan *plan, struct wq_arena *arena)
{
	uint32_t words = program->pattern_words;
	uint8_t first[256];

	make_classes(program, plan, first);
	plan->by_length = WQ_NEW_ARRAY(arena, uint64_t, (size_t)WQ_PLAN_LENGTHS * words + 1);
	plan->needed_by = WQ_NEW_ARRAY(arena, uint64_t, (size_t)plan->classes_n * words + 1);
	plan->barred_by = WQ_NEW_ARRAY(arena, uint64_t, (size_t)plan->classes_n * words + 1);
	plan->open = WQ_NEW_ARRAY(arena, uint64_t, (size_t)words + 1);
	if (!plan->by_length || !plan->needed_by || !plan->barred_by || !plan->open)
		return false;
	for (uint32_t i = 0; i < program->patterns_n; i++)
		need_tables(program, plan, i, first);
	return true;
}

wq_err wq_waf_plan_new(struct wq_waf_program *program)
{
	struct wq_arena *arena = &program->arena;
	struct wq_waf_plan *plan = WQ_NEW(arena, struct wq_waf_plan);
	struct wq_regex_scratch *scratch = NULL;
	static _Atomic uint32_t serials;
	bool made;

	if (!plan)
		return wq_arena_err(arena);
	plan->serial = atomic_fetch_add_explicit(&serials, 1, memory_order_relaxed) + 1;
	WQ_TRY(wq_regex_scratch_new(WQ_REGEX_MATCH_LIMIT, &scratch));
	made = make_sources(program, plan, scratch, arena) && make_rules(program, plan, arena) &&
		make_needs(program, plan, arena);
	wq_regex_scratch_free(&scratch);
	if (!made)
		return wq_arena_err(arena);
	program->plan = plan;
	return WQ_OK;
}
