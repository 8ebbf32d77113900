#include "detect/waf/eval_priv.h"

#include "detect/inject/inject.h"

enum { LONG_BYTES = 2048 }; /* what is shorter takes less time than a slice */

/* Its number in the pool, made when it has none. False: no memory. */
static bool pooled(struct wq_waf_tx *tx, struct wq_waf_item *item)
{
	if (item->string == WQ_STRING_NONE)
		item->string = wq_pool_add(&tx->pool, wq_waf_item_text(tx, item));
	if (item->string == WQ_STRING_NONE)
		tx->no_memory = true;
	return item->string != WQ_STRING_NONE;
}

static bool moved_deadline(struct wq_waf_tx *tx)
{
	uint64_t before = tx->time_limit;

	return !wq_waf_time_up(tx) && tx->time_limit != before;
}

static enum wq_regex_answer run_regex(
	struct wq_waf_tx *tx, const struct wq_waf_rule *rule, wq_str s, size_t from, struct wq_waf_found *found)
{
	const struct wq_regex *regex = wq_waf_regex_of(tx, rule);
	bool is_long = s.n - from >= LONG_BYTES && tx->begin.budget.pattern_usec > 0 && tx->worker->now, spent = false;
	enum wq_regex_answer answer = WQ_REGEX_LIMIT;
	struct wq_waf_pattern_clock clock;

	tx->cost.regex_runs++;
	tx->cost.bytes += s.n - from;
	if (regex && is_long) {
		wq_waf_pattern_start(tx, &clock);
		answer = wq_regex_match(regex, tx->scratch, s, from, found->groups, &found->n);
		spent = wq_waf_pattern_end(tx, &clock);
	}
	if (regex && answer == WQ_REGEX_LIMIT && !spent)
		answer = wq_regex_match(regex, tx->scratch, s, from, found->groups, &found->n);
	/* Given up because the clock says so, but there is time of the processor left: once more. */
	if (regex && answer == WQ_REGEX_LIMIT && !spent && tx->worker->cpu && moved_deadline(tx))
		answer = wq_regex_match(regex, tx->scratch, s, from, found->groups, &found->n);
	if (answer == WQ_REGEX_LIMIT)
		tx->pattern_limit = true;
	return answer;
}

/* Candidates first; a pattern that did not match is no candidate any more. */
static enum wq_regex_answer ask_regex(struct wq_waf_tx *tx, const struct wq_waf_rule *rule,
	const struct wq_waf_item *item, struct wq_waf_found *found)
{
	uint64_t *candidates = NULL;
	enum wq_regex_answer answer;

	if (tx->program->plain || item->string == WQ_STRING_NONE || rule->pattern == WQ_WAF_NONE)
		return run_regex(tx, rule, wq_waf_item_text(tx, item), 0, found);
	candidates = wq_waf_candidates(tx, item->string);
	if (!candidates || !wq_waf_bit(candidates, rule->pattern))
		return WQ_REGEX_NO;
	answer = run_regex(tx, rule, wq_pool_str(&tx->pool, item->string), 0, found);
	if (answer == WQ_REGEX_NO)
		candidates[rule->pattern / 64] &= ~(UINT64_C(1) << rule->pattern % 64);
	return answer;
}

static enum wq_regex_answer ask_phrases(struct wq_waf_tx *tx, const struct wq_waf_rule *rule,
	const struct wq_waf_item *item, struct wq_waf_found *found)
{
	wq_str text = wq_waf_item_text(tx, item);
	const uint64_t *candidates;

	if (tx->program->plain) {
		if (!wq_literals_has(tx->program->literals, rule->pattern, text))
			return WQ_REGEX_NO;
	} else if (item->string != WQ_STRING_NONE) {
		candidates = wq_waf_candidates(tx, item->string);
		if (!candidates || !wq_waf_bit(candidates, rule->pattern))
			return WQ_REGEX_NO;
		if (!(rule->flags & WQ_RULE_CAPTURE))
			return WQ_REGEX_YES;
	}
	tx->cost.bytes += text.n;
	if (!wq_literals_find(tx->program->literals, rule->pattern, text, &found->groups[0]))
		return WQ_REGEX_NO;
	found->n = 1;
	return WQ_REGEX_YES;
}

/* The pattern finds digits, the check says whether they are a number of the kind; if not, it looks further on. */
static enum wq_regex_answer ask_number(struct wq_waf_tx *tx, const struct wq_waf_rule *rule,
	const struct wq_waf_item *item, struct wq_waf_found *found)
{
	wq_str text = wq_waf_item_text(tx, item);

	for (size_t from = 0; from <= text.n;) {
		enum wq_regex_answer answer = run_regex(tx, rule, text, from, found);
		if (answer != WQ_REGEX_YES)
			return answer;
		if (wq_waf_check_number(rule->op, found->groups[0]))
			return WQ_REGEX_YES;
		from = (size_t)(found->groups[0].p - text.p) + 1;
	}
	return WQ_REGEX_NO;
}

static bool ask_inject(
	struct wq_waf_tx *tx, const struct wq_waf_rule *rule, struct wq_waf_item *item, struct wq_waf_found *found)
{
	bool sql = rule->op == WQ_OP_DETECT_SQLI;
	uint64_t asked = sql ? WQ_FACT_SQL_ASKED : WQ_FACT_HTML_ASKED, yes = sql ? WQ_FACT_SQL : WQ_FACT_HTML;
	struct wq_inject_reason reason = {""};
	uint64_t *facts;
	wq_str text;

	if (!pooled(tx, item) || !(facts = wq_waf_candidates(tx, item->string)))
		return false;
	facts += tx->program->pattern_words;
	if (tx->program->plain)
		*facts = 0;
	if ((*facts & asked) && !(*facts & yes))
		return false;
	text = wq_pool_str(&tx->pool, item->string);
	tx->cost.bytes += text.n;
	*facts |= asked;
	if (!(sql ? wq_inject_sql(text, &reason) : wq_inject_html(text, &reason)))
		return false;
	*facts |= yes;
	found->groups[0] = wq_arena_str(&tx->arena, wq_str_c(reason.text));
	found->n = 1;
	return true;
}

static bool ask_bytes(struct wq_waf_tx *tx, const struct wq_waf_rule *rule, struct wq_waf_item *item)
{
	return pooled(tx, item) &&
		wq_waf_beyond(tx->pool.strings[item->string].bytes, tx->program->byte_sets[rule->table]);
}

static bool compare(struct wq_waf_tx *tx, const struct wq_waf_rule *rule, const struct wq_waf_item *item)
{
	int64_t left = item->is_number ? item->number : wq_waf_atoi(wq_waf_item_text(tx, item));
	int64_t right = rule->flags & WQ_RULE_MACRO_ARGUMENT ? wq_waf_atoi(wq_waf_expand(tx, &rule->argument))
							     : rule->number;

	switch (rule->op) {
	case WQ_OP_EQ: return left == right;
	case WQ_OP_GE: return left >= right;
	case WQ_OP_GT: return left > right;
	case WQ_OP_LE: return left <= right;
	default: return left < right;
	}
}

static bool word_byte(wq_str s, ptrdiff_t at)
{
	if (at < 0 || (size_t)at >= s.n)
		return false;
	unsigned char c = (unsigned char)s.p[at];
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool contains_word(wq_str s, wq_str word)
{
	for (size_t from = 0; from + word.n <= s.n;) {
		ptrdiff_t at = wq_str_find(wq_str_from(s, from), word);
		if (at < 0)
			return false;
		at += (ptrdiff_t)from;
		if (!word_byte(s, at - 1) && !word_byte(s, at + (ptrdiff_t)word.n))
			return true;
		from = (size_t)at + 1;
	}
	return false;
}

/* The empty text is in every text: ModSecurity's rule. */
static bool ask_text(struct wq_waf_tx *tx, const struct wq_waf_rule *rule, const struct wq_waf_item *item)
{
	wq_str text = wq_waf_item_text(tx, item), argument = wq_waf_expand(tx, &rule->argument);

	tx->cost.bytes += text.n;
	switch (rule->op) {
	case WQ_OP_BEGINS_WITH: return wq_str_starts(text, argument);
	case WQ_OP_ENDS_WITH: return wq_str_ends(text, argument);
	case WQ_OP_STREQ: return wq_str_eq(text, argument);
	case WQ_OP_WITHIN: return wq_str_find(argument, text) >= 0;
	case WQ_OP_CONTAINS_WORD: return argument.n == 0 || contains_word(text, argument);
	default: /* contains, strmatch */ return wq_str_find(text, argument) >= 0;
	}
}

static bool ask_other(
	struct wq_waf_tx *tx, const struct wq_waf_rule *rule, struct wq_waf_item *item, struct wq_waf_found *found)
{
	switch (rule->op) {
	case WQ_OP_UNCONDITIONAL_MATCH: return true;
	case WQ_OP_NO_MATCH:
	case WQ_OP_GEO_LOOKUP:
	case WQ_OP_RBL: return false;
	case WQ_OP_EQ:
	case WQ_OP_GE:
	case WQ_OP_GT:
	case WQ_OP_LE:
	case WQ_OP_LT: return compare(tx, rule, item);
	case WQ_OP_DETECT_SQLI:
	case WQ_OP_DETECT_XSS: return ask_inject(tx, rule, item, found);
	case WQ_OP_VALIDATE_BYTE_RANGE: return ask_bytes(tx, rule, item);
	case WQ_OP_VALIDATE_URL_ENCODING: return wq_body_bad_percent(wq_waf_item_text(tx, item));
	case WQ_OP_VALIDATE_UTF8_ENCODING: return !wq_waf_check_utf8(wq_waf_item_text(tx, item));
	case WQ_OP_IP_MATCH:
	case WQ_OP_IP_MATCH_F:
	case WQ_OP_IP_MATCH_FROM_FILE: return wq_waf_check_networks(tx->program, rule, wq_waf_item_text(tx, item));
	default: return ask_text(tx, rule, item);
	}
}

enum wq_regex_answer wq_waf_ask(
	struct wq_waf_tx *tx, const struct wq_waf_rule *rule, struct wq_waf_item *item, struct wq_waf_found *found)
{
	found->n = 0;
	tx->cost.evaluations++;
	switch (rule->op) {
	case WQ_OP_RX:
	case WQ_OP_RX_GLOBAL: return ask_regex(tx, rule, item, found);
	case WQ_OP_PM:
	case WQ_OP_PMF:
	case WQ_OP_PM_FROM_FILE: return ask_phrases(tx, rule, item, found);
	case WQ_OP_VERIFY_CC:
	case WQ_OP_VERIFY_CPF:
	case WQ_OP_VERIFY_SSN:
	case WQ_OP_VERIFY_SVNR: return ask_number(tx, rule, item, found);
	default: return ask_other(tx, rule, item, found) ? WQ_REGEX_YES : WQ_REGEX_NO;
	}
}
