/* Regular expressions and lists of phrases: wished for by rules, made when it is known which rules are left. Equal ones are one. */
#include "detect/waf/compile_priv.h"

static wq_err wish(struct wq_waf_compiler *c, struct wq_map *map, struct wq_waf_list *list, wq_str key,
	const struct wq_waf_wish *what, uint32_t *ret_wish)
{
	uintptr_t known = (uintptr_t)wq_map_get(map, key);

	if (known == 0) {
		struct wq_waf_wish *added = wq_waf_list_add(&c->scratch, list, sizeof *added, 1);
		if (!added)
			return wq_error_id(WQ_E_NO_MEMORY);
		*added = *what;
		known = list->n;
		WQ_TRY(wq_map_put(map, key, (void *)known, NULL));
	}
	*ret_wish = (uint32_t)known - 1;
	return WQ_OK;
}

/* A letter and a text. */
static wq_str key_of(struct wq_waf_compiler *c, char letter, wq_str text)
{
	char *key = wq_arena_alloc(&c->scratch, text.n + 1);

	if (!key)
		return WQ_S_NONE;
	key[0] = letter;
	if (text.n > 0)
		memcpy(key + 1, text.p, text.n);
	return wq_str_of(key, text.n + 1);
}

wq_err wq_waf_regex_wish(
	struct wq_waf_compiler *c, wq_str text, bool caseless, struct wq_sec_place place, uint32_t *ret_wish)
{
	struct wq_waf_wish what = {.text = text, .caseless = caseless, .place = place};
	wq_str key = key_of(c, caseless ? 'i' : '-', text);

	if (!key.p)
		return wq_error_id(WQ_E_NO_MEMORY);
	return wish(c, &c->regex_texts, &c->regexes, key, &what, ret_wish);
}

static wq_str phrases_key(struct wq_waf_compiler *c, const struct wq_sec_operator *op)
{
	size_t n = 0;
	char *text;

	for (size_t i = 0; i < op->phrases_n; i++)
		n += op->phrases[i].n + 1;
	text = wq_arena_alloc(&c->scratch, n + 1);
	if (!text)
		return WQ_S_NONE;
	n = 0;
	for (size_t i = 0; i < op->phrases_n; i++) {
		if (op->phrases[i].n > 0)
			memcpy(text + n, op->phrases[i].p, op->phrases[i].n);
		n += op->phrases[i].n;
		text[n++] = 0;
	}
	return key_of(c, 'p', wq_str_of(text, n));
}

wq_err wq_waf_pattern_wish(
	struct wq_waf_compiler *c, const struct wq_sec_operator *op, struct wq_sec_place place, uint32_t *ret_wish)
{
	bool phrases = op->op == WQ_OP_PM || op->op == WQ_OP_PMF || op->op == WQ_OP_PM_FROM_FILE;
	struct wq_waf_wish what = {.text = op->argument, .phrases = phrases ? op : NULL, .place = place};
	wq_str key = phrases ? phrases_key(c, op) : key_of(c, 'r', op->argument);

	if (!key.p)
		return wq_error_id(WQ_E_NO_MEMORY);
	return wish(c, &c->pattern_texts, &c->patterns, key, &what, ret_wish);
}

/* A rule that looks for something bad finds it on any line, so that a line before or after hides nothing; one that says how
 * a value has to look (negated) means the whole of it. */
static wq_str on_any_line(struct wq_waf_compiler *c, wq_str text)
{
	if ((wq_str_chr(text, '^') < 0 && wq_str_chr(text, '$') < 0) || wq_str_starts(text, WQ_S("(*")))
		return text;
	return wq_arena_printf(&c->scratch, "(?m)%.*s", (int)text.n, text.p);
}

wq_err wq_waf_pattern_of(struct wq_waf_compiler *c, wq_str text, struct wq_sec_place place, struct wq_waf_rule *rule)
{
	struct wq_sec_operator op = {.op = WQ_OP_RX, .argument = text};

	if (!(rule->flags & WQ_RULE_NEGATED))
		op.argument = on_any_line(c, text);
	if (!op.argument.p && text.n > 0)
		return wq_error_id(WQ_E_NO_MEMORY);
	WQ_TRY(wq_waf_regex_wish(c, op.argument, false, place, &rule->regex));
	return wq_waf_pattern_wish(c, &op, place, &rule->pattern);
}

/* ---- which are left */

static void use(struct wq_waf_list *list, uint32_t number)
{
	if (number != WQ_WAF_NONE)
		((struct wq_waf_wish *)list->items)[number].used = true;
}

static void use_target(struct wq_waf_compiler *c, const struct wq_waf_target *target)
{
	use(&c->regexes, target->regex);
	for (uint32_t i = 0; i < target->excludes_n; i++)
		use(&c->regexes, WQ_WAF_AT(c, excludes, struct wq_waf_exclude, target->excludes + i)->regex);
}

static void use_rule(struct wq_waf_compiler *c, const struct wq_waf_rule *rule)
{
	use(&c->regexes, rule->regex);
	use(&c->patterns, rule->pattern);
	for (uint32_t i = 0; i < rule->targets_n; i++)
		use_target(c, WQ_WAF_AT(c, targets, struct wq_waf_target, rule->targets + i));
	for (uint32_t i = 0; i < rule->actions_n; i++) {
		uint32_t target = WQ_WAF_AT(c, actions, struct wq_waf_act, rule->actions + i)->target;
		if (target != WQ_WAF_NONE)
			use_target(c, WQ_WAF_AT(c, targets, struct wq_waf_target, target));
	}
}

static void use_all(struct wq_waf_compiler *c)
{
	bool out = false;

	for (uint32_t i = 0; i < c->program->rules_n; i++) {
		const struct wq_waf_rule *rule = &c->program->rules[i];
		if (!(rule->flags & WQ_RULE_CHAINED))
			out = c->out[i];
		if (!out)
			use_rule(c, rule);
	}
}

static uint32_t renumber(struct wq_waf_list *list)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < list->n; i++) {
		struct wq_waf_wish *w = &((struct wq_waf_wish *)list->items)[i];
		w->number = w->used ? n++ : WQ_WAF_NONE;
	}
	return n;
}

static void settle(const struct wq_waf_list *list, uint32_t *number)
{
	if (*number != WQ_WAF_NONE)
		*number = ((struct wq_waf_wish *)list->items)[*number].number;
}

static void settle_all(struct wq_waf_compiler *c)
{
	c->program->regexes_n = renumber(&c->regexes);
	c->program->patterns_n = renumber(&c->patterns);
	for (uint32_t i = 0; i < c->program->rules_n; i++) {
		settle(&c->regexes, &c->program->rules[i].regex);
		settle(&c->patterns, &c->program->rules[i].pattern);
	}
	for (uint32_t i = 0; i < c->targets.n; i++)
		settle(&c->regexes, &WQ_WAF_AT(c, targets, struct wq_waf_target, i)->regex);
	for (uint32_t i = 0; i < c->excludes.n; i++)
		settle(&c->regexes, &WQ_WAF_AT(c, excludes, struct wq_waf_exclude, i)->regex);
}

/* ---- making them */

/* A pattern of a rule that is left out is compiled all the same, without the JIT: a fault in it is named whatever the level. */
static wq_err make_regexes(struct wq_waf_compiler *c)
{
	struct wq_waf_program *program = c->program;

	program->regexes = WQ_NEW_ARRAY(&program->arena, struct wq_regex *, program->regexes_n + 1);
	if (!program->regexes)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (uint32_t i = 0; i < c->regexes.n; i++) {
		const struct wq_waf_wish *w = WQ_WAF_AT(c, regexes, struct wq_waf_wish, i);
		struct wq_regex *regex;
		wq_err e = wq_regex_new(w->text, w->caseless, w->used && !c->load->no_jit, &regex);
		if (wq_failed(e))
			return wq_waf_bad_at(w->place, e);
		if (w->used)
			program->regexes[w->number] = regex;
		else
			wq_regex_free(&regex);
	}
	return WQ_OK;
}

static wq_err add_literals(
	struct wq_waf_compiler *c, struct wq_waf_list *list, const wq_str *texts, size_t n, uint32_t owner)
{
	struct wq_literal *added;

	if (n == 0)
		return WQ_OK;
	if (n > WQ_LITERALS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d phrases", WQ_LITERALS_MAX);
	added = wq_waf_list_add(&c->scratch, list, sizeof *added, (uint32_t)n);
	if (!added)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (size_t i = 0; i < n; i++)
		added[i] = (struct wq_literal){texts[i], owner};
	return WQ_OK;
}

static wq_err make_phrases(struct wq_waf_compiler *c, const struct wq_waf_wish *w, struct wq_waf_list *literals)
{
	struct wq_waf_pattern *pattern = &c->program->patterns[w->number];

	pattern->regex = WQ_WAF_NONE;
	memset(pattern->need.any_of, 0xff, sizeof pattern->need.any_of);
	memset(pattern->need.only, 0xff, sizeof pattern->need.only);
	return add_literals(c, literals, w->phrases->phrases, w->phrases->phrases_n, w->number);
}

static wq_err make_pattern(struct wq_waf_compiler *c, const struct wq_waf_wish *w, struct wq_waf_list *literals)
{
	struct wq_waf_program *program = c->program;
	struct wq_waf_pattern *pattern = &program->patterns[w->number];
	uint32_t regex;

	if (w->phrases)
		return make_phrases(c, w, literals);
	WQ_TRY(wq_waf_regex_wish(c, w->text, w->caseless, w->place, &regex));
	pattern->regex = WQ_WAF_AT(c, regexes, struct wq_waf_wish, regex)->number;
	WQ_TRY(wq_need_of(w->text, w->caseless, &c->scratch, &pattern->need));
	if (pattern->need.literals_n == 0) {
		program->asked[w->number / 64] |= (uint64_t)1 << w->number % 64;
		program->info.no_prefilter++;
	}
	WQ_TRY(add_literals(c, literals, pattern->need.literals, pattern->need.literals_n, w->number));
	pattern->need.literals = NULL; /* they are in program->literals */
	pattern->need.literals_n = 0;
	return WQ_OK;
}

static wq_err make_patterns(struct wq_waf_compiler *c)
{
	struct wq_waf_program *program = c->program;
	struct wq_waf_list literals = {0};

	if (program->patterns_n > WQ_WAF_PATTERNS_MAX)
		return wq_error(
			WQ_E_LIMIT, "%u patterns, at most %d", (unsigned)program->patterns_n, WQ_WAF_PATTERNS_MAX);
	program->pattern_words = (program->patterns_n + 63) / 64;
	program->patterns = WQ_NEW_ARRAY(&program->arena, struct wq_waf_pattern, program->patterns_n + 1);
	program->asked = WQ_NEW_ARRAY(&program->arena, uint64_t, program->pattern_words + 1);
	if (!program->patterns || !program->asked)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (uint32_t i = 0; i < c->patterns.n; i++) {
		const struct wq_waf_wish *w = WQ_WAF_AT(c, patterns, struct wq_waf_wish, i);
		if (!w->used)
			continue;
		wq_err e = make_pattern(c, w, &literals);
		if (wq_failed(e))
			return wq_waf_bad_at(w->place, e);
	}
	program->info.patterns = program->patterns_n;
	program->info.literals = literals.n;
	return wq_literals_new(literals.items, literals.n, WQ_MAX(program->patterns_n, 1), &program->literals);
}

wq_err wq_waf_patterns_make(struct wq_waf_compiler *c)
{
	use_all(c);
	settle_all(c);
	WQ_TRY(make_regexes(c));
	return make_patterns(c);
}
