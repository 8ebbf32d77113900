/* Exceptions of one application → bit sets over the rules of a program. */
#include "detect/waf/program_priv.h"

enum { EXCEPTIONS_MAX = 4096, EXCEPTIONS_BYTES_MAX = 32 * 1024 * 1024 };

static bool has_tag(const struct wq_waf_program *program, const struct wq_waf_rule *rule, wq_str tag)
{
	for (uint32_t i = 0; i < rule->tags_n; i++) {
		struct wq_waf_macro macro = program->tags[rule->tags + i];
		if (macro.parts_n == 1 && wq_str_eq(program->parts[macro.parts].text, tag))
			return true;
	}
	return false;
}

static bool concerns(
	const struct wq_waf_program *program, const struct wq_waf_rule *rule, const struct wq_waf_exception *exception)
{
	if (rule->flags & WQ_RULE_CHAINED)
		return false;
	if (exception->first == 0 && exception->last == 0)
		return has_tag(program, rule, exception->tag);
	return rule->id >= exception->first && rule->id <= exception->last;
}

static wq_err rules_of(
	struct wq_waf_exceptions *made, const struct wq_waf_exception *exception, struct wq_waf_removal *removal)
{
	const struct wq_waf_program *program = made->program;
	uint64_t *bits = WQ_NEW_ARRAY(&made->arena, uint64_t, program->rule_words + 1);

	if (!bits)
		return wq_arena_err(&made->arena);
	for (uint32_t i = 0; i < program->rules_n; i++)
		if (concerns(program, &program->rules[i], exception))
			bits[i / 64] |= (uint64_t)1 << i % 64;
	removal->rules = bits;
	return WQ_OK;
}

static wq_err target_of(
	struct wq_waf_exceptions *made, const struct wq_waf_exception *exception, struct wq_waf_removal *removal)
{
	static const struct wq_sec_place place = {"exception", 1};
	const struct wq_sec_var *vars;
	struct wq_waf_target *target = &removal->target;
	size_t n;

	WQ_TRY(wq_sec_parse_vars(exception->target, place, &made->arena, &vars, &n));
	if (n != 1 || vars[0].exclude || vars[0].count)
		return wq_error(WQ_E_CONFIG, "exception for %.*s: write one variable, as in ARGS:content",
			WQ_S_ARG(exception->target));
	*target = (struct wq_waf_target){.var = (uint8_t)vars[0].var,
		.selector = (uint8_t)vars[0].selector,
		.name = wq_arena_str(&made->arena, vars[0].name),
		.regex = WQ_WAF_NONE,
		.slot = WQ_WAF_NONE};
	if (!target->name.p)
		return wq_arena_err(&made->arena);
	if (vars[0].var == WQ_VAR_TX && vars[0].selector == WQ_SEC_SELECT_NAME)
		target->slot = wq_waf_slot(made->program, target->name);
	if (vars[0].selector != WQ_SEC_SELECT_REGEX)
		return WQ_OK;
	WQ_TRY(wq_regex_new(target->name, true, true, &made->regexes[made->regexes_n]));
	target->regex = made->regexes_n++;
	return WQ_OK;
}

static wq_err make(struct wq_waf_exceptions *made, const struct wq_waf_exception *list, size_t n)
{
	made->list = WQ_NEW_ARRAY(&made->arena, struct wq_waf_removal, n + 1);
	made->regexes = WQ_NEW_ARRAY(&made->arena, struct wq_regex *, n + 1);
	if (!made->list || !made->regexes)
		return wq_arena_err(&made->arena);
	for (size_t i = 0; i < n; i++) {
		struct wq_waf_removal *removal = &made->list[made->n++];
		removal->mark = list[i].mark;
		removal->whole = list[i].target.n == 0;
		WQ_TRY(rules_of(made, &list[i], removal));
		if (!removal->whole)
			WQ_TRY(target_of(made, &list[i], removal));
	}
	return WQ_OK;
}

wq_err wq_waf_exceptions_new(const struct wq_waf_program *program, const struct wq_waf_exception *list, size_t n,
	struct wq_waf_exceptions **ret_exceptions)
{
	struct wq_waf_exceptions *made;

	if (n > EXCEPTIONS_MAX)
		return wq_error(WQ_E_LIMIT, "%zu exceptions, at most %d", n, EXCEPTIONS_MAX);
	made = calloc(1, sizeof *made);
	if (!made)
		return wq_error_id(WQ_E_NO_MEMORY);
	made->program = program;
	wq_arena_init(&made->arena, EXCEPTIONS_BYTES_MAX);
	wq_err e = make(made, list, n);
	if (wq_failed(e))
		wq_waf_exceptions_free(&made);
	else
		*ret_exceptions = made;
	return e;
}

void wq_waf_exceptions_free(struct wq_waf_exceptions **exceptions)
{
	struct wq_waf_exceptions *made = *exceptions;

	*exceptions = NULL;
	if (!made)
		return;
	for (uint32_t i = 0; i < made->regexes_n; i++)
		wq_regex_free(&made->regexes[i]);
	wq_arena_done(&made->arena);
	free(made);
}
