#include "detect/match/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
	NEST_MAX = 250,       /* brackets within brackets, in a pattern */
	HEAP_KIB = 16 * 1024, /* of the interpreter */
	DEPTH_MAX = 50000,
	STEP_FROM = 256, /* places to begin at, from which on a call is done in steps */
	STEP_PLACES = 2048,
	STEP_FACTOR = 4,
	STEP_CAUTION = 64,    /* how much more time a step with a larger limit may take than the one before */
	STEP_BYTES = 8 << 20, /* of one step: places times bytes of the string */
	STEP_WORK = 32 << 20, /* places times match limit times bytes */
	JIT_STACK_FIRST = 32 * 1024,
	JIT_STACK_MAX = 1024 * 1024
};

struct wq_regex {
	pcre2_code *code;
	bool jit;
	bool one_place; /* it can only match where the search begins */
};

struct wq_regex_scratch {
	pcre2_match_context *limits;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
	uint32_t match_limit;
	uint64_t (*now_nsec)(void);
	uint64_t deadline_nsec;
};

static wq_err refuse(wq_str pattern, int code, size_t at)
{
	PCRE2_UCHAR words[160] = "";

	if (code == PCRE2_ERROR_HEAP_FAILED)
		return wq_error_id(WQ_E_NO_MEMORY);
	(void)pcre2_get_error_message(code, words, sizeof words);
	at = WQ_MIN(at, pattern.n);
	wq_str around = wq_str_head(wq_str_from(pattern, at > 20 ? at - 20 : 0), 40);
	return wq_error(WQ_E_CONFIG, "regular expression, offset %zu, near \"%.*s\": %s", at, WQ_S_ARG(around),
		(const char *)words);
}

static wq_err compile(wq_str pattern, uint32_t options, pcre2_code **ret_code)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	int code = 0;
	PCRE2_SIZE at = 0;

	if (!context)
		return wq_error_id(WQ_E_NO_MEMORY);
	(void)pcre2_set_parens_nest_limit(context, NEST_MAX);
	*ret_code = pcre2_compile((PCRE2_SPTR)(pattern.p ? pattern.p : ""), pattern.n, options, &code, &at, context);
	pcre2_compile_context_free(context);
	return *ret_code ? WQ_OK : refuse(pattern, code, at);
}

wq_err wq_regex_new(wq_str pattern, bool caseless, bool jit, struct wq_regex **ret_regex)
{
	struct wq_regex *regex;
	uint32_t all = 0,
		 options = PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF | PCRE2_USE_OFFSET_LIMIT |
		(caseless ? PCRE2_CASELESS : 0);

	if (pattern.n > WQ_REGEX_BYTES_MAX)
		return wq_error(
			WQ_E_LIMIT, "regular expression of %zu bytes, at most %d", pattern.n, WQ_REGEX_BYTES_MAX);
	regex = calloc(1, sizeof *regex);
	if (!regex)
		return wq_error_id(WQ_E_NO_MEMORY);
	wq_err e = compile(pattern, options, &regex->code);
	if (wq_failed(e)) {
		free(regex);
		return e;
	}
	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_ALLOPTIONS, &all);
	regex->one_place = (all & PCRE2_ANCHORED) != 0 || wq_str_find(pattern, WQ_S("\\G")) >= 0;
	/* Refused where writable code is forbidden, and for patterns beyond the JIT: both run in the interpreter. */
	regex->jit = jit && pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) == 0;
	*ret_regex = regex;
	return WQ_OK;
}

void wq_regex_free(struct wq_regex **regex)
{
	if (!*regex)
		return;
	pcre2_code_free((*regex)->code);
	free(*regex);
	*regex = NULL;
}

bool wq_regex_is_jit(const struct wq_regex *regex)
{
	return regex->jit;
}

static bool has_jit(void)
{
	uint32_t yes = 0;

	return pcre2_config(PCRE2_CONFIG_JIT, &yes) >= 0 && yes != 0;
}

wq_err wq_regex_scratch_new(uint32_t match_limit, struct wq_regex_scratch **ret_scratch)
{
	struct wq_regex_scratch *scratch = calloc(1, sizeof *scratch);

	if (!scratch)
		return wq_error_id(WQ_E_NO_MEMORY);
	scratch->limits = pcre2_match_context_create(NULL);
	scratch->data = pcre2_match_data_create(WQ_REGEX_GROUPS_MAX, NULL);
	scratch->stack = has_jit() ? pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MAX, NULL) : NULL;
	if (!scratch->limits || !scratch->data || (has_jit() && !scratch->stack)) {
		wq_regex_scratch_free(&scratch);
		return wq_error_id(WQ_E_NO_MEMORY);
	}
	scratch->match_limit = match_limit;
	(void)pcre2_set_match_limit(scratch->limits, match_limit);
	(void)pcre2_set_heap_limit(scratch->limits, HEAP_KIB);
	(void)pcre2_set_depth_limit(scratch->limits, DEPTH_MAX);
	if (scratch->stack)
		pcre2_jit_stack_assign(scratch->limits, NULL, scratch->stack);
	*ret_scratch = scratch;
	return WQ_OK;
}

void wq_regex_scratch_free(struct wq_regex_scratch **scratch)
{
	if (!*scratch)
		return;
	pcre2_match_context_free((*scratch)->limits);
	pcre2_match_data_free((*scratch)->data);
	pcre2_jit_stack_free((*scratch)->stack);
	free(*scratch);
	*scratch = NULL;
}

void wq_regex_scratch_until(struct wq_regex_scratch *scratch, uint64_t (*now_nsec)(void), uint64_t deadline_nsec)
{
	scratch->now_nsec = now_nsec;
	scratch->deadline_nsec = deadline_nsec;
}

static size_t put_groups(pcre2_match_data *data, int found, wq_str s, wq_str *groups)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
	size_t n = found == 0 ? WQ_REGEX_GROUPS_MAX : (size_t)found; /* 0: more groups than places */

	for (size_t i = 0; i < n; i++) {
		PCRE2_SIZE from = at[2 * i], to = at[2 * i + 1];
		groups[i] = from == PCRE2_UNSET ? WQ_S_NONE : wq_str_of(s.p + from, to > from ? to - from : 0);
	}
	return n;
}

static int match_once(const struct wq_regex *regex, struct wq_regex_scratch *scratch, wq_str s, size_t from)
{
	if (regex->jit)
		return pcre2_jit_match(regex->code, (PCRE2_SPTR)s.p, s.n, from, 0, scratch->data, scratch->limits);
	return pcre2_match(regex->code, (PCRE2_SPTR)s.p, s.n, from, PCRE2_NO_JIT, scratch->data, scratch->limits);
}

/* Whether the deadline is passed, or will be when `factor` times the time since `*before` is spent. */
static bool is_late(const struct wq_regex_scratch *scratch, uint64_t *before, uint64_t factor)
{
	uint64_t now = scratch->now_nsec ? scratch->now_nsec() : 0, spent = now - *before;

	*before = now;
	return scratch->now_nsec && now + spent * factor >= scratch->deadline_nsec;
}

/* PCRE2 counts its work for each place that a match may begin at, anew, and what it counts may cost as much as the string is long. So a
 * long string is searched by stretches of such places: many with a small limit each, and where that was not enough fewer, at last one
 * with larger and larger limits; in between there is time to look at the clock. */
static int match_in_steps(const struct wq_regex *regex, struct wq_regex_scratch *scratch, wq_str s, size_t from)
{
	size_t most = regex->one_place ? 1 : WQ_MIN(WQ_MAX(STEP_BYTES / s.n, (size_t)1), (size_t)STEP_PLACES);
	size_t places = most, work = WQ_MAX(STEP_WORK / s.n, (size_t)1);
	uint64_t before = scratch->now_nsec ? scratch->now_nsec() : 0;
	int found;

	do {
		size_t limit = WQ_MIN(work / places + 1, (size_t)scratch->match_limit);
		bool again, larger;

		(void)pcre2_set_match_limit(scratch->limits, (uint32_t)limit);
		(void)pcre2_set_offset_limit(scratch->limits, from + places - 1);
		found = match_once(regex, scratch, s, from);
		again = found == PCRE2_ERROR_MATCHLIMIT && limit < scratch->match_limit;
		larger = again && places == 1;
		if (!again && (found != PCRE2_ERROR_NOMATCH || regex->one_place))
			break;
		from += again ? 0 : places;
		work *= larger ? STEP_FACTOR : 1;
		places = again ? (places + STEP_FACTOR - 1) / STEP_FACTOR : WQ_MIN(places * STEP_FACTOR, most);
		if (from <= s.n && is_late(scratch, &before, larger ? STEP_CAUTION : 0)) {
			found = PCRE2_ERROR_MATCHLIMIT;
			break;
		}
	} while (from <= s.n);
	(void)pcre2_set_match_limit(scratch->limits, scratch->match_limit);
	(void)pcre2_set_offset_limit(scratch->limits, PCRE2_UNSET);
	return found;
}

enum wq_regex_answer wq_regex_match(const struct wq_regex *regex, struct wq_regex_scratch *scratch, wq_str s,
	size_t from, wq_str groups[WQ_REGEX_GROUPS_MAX], size_t *ret_n)
{
	int found;

	if (!s.p)
		s.p = "";
	if (from > s.n)
		return WQ_REGEX_NO;
	if (s.n - from < STEP_FROM)
		found = match_once(regex, scratch, s, from);
	else
		found = match_in_steps(regex, scratch, s, from);
	if (found == PCRE2_ERROR_NOMATCH)
		return WQ_REGEX_NO;
	if (found < 0)
		return WQ_REGEX_LIMIT;
	if (groups) {
		size_t n = put_groups(scratch->data, found, s, groups);
		if (ret_n)
			*ret_n = n;
	}
	return WQ_REGEX_YES;
}
