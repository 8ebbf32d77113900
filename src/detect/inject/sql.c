#include "detect/inject/sql_priv.h"

enum { ENOUGH = 4 };

static const struct {
	int weight;
	const char *text;
} evidences[] = {
#define WQ_SQL_EVIDENCE(name, weight, text) {weight, text},
#include "detect/inject/sql_evidence_table.h"
#undef WQ_SQL_EVIDENCE
};

static int weight_of(uint64_t evidence)
{
	int sum = 0;

	for (; evidence; evidence &= evidence - 1)
		sum += evidences[__builtin_ctzll(evidence)].weight;
	return sum;
}

/* The first two rows of the table that were found: the place, and what weighs most. */
static void explain(uint64_t evidence, struct wq_inject_reason *ret_reason)
{
	const char *first = evidences[__builtin_ctzll(evidence)].text;
	uint64_t rest = evidence & (evidence - 1);

	snprintf(ret_reason->text, sizeof ret_reason->text, "%s%s%s", first, rest ? ", " : "",
		rest ? evidences[__builtin_ctzll(rest)].text : "");
}

static bool judged(struct wq_sql_lex *lex, enum wq_sql_place place, char quote, struct wq_inject_reason *ret_reason)
{
	uint64_t evidence = wq_sql_judge(lex, place, quote);

	if (weight_of(evidence) < ENOUGH)
		return false;
	if (ret_reason)
		explain(evidence, ret_reason);
	return true;
}

/* The value as text inside a string of the program, which its first quote of that kind ends. */
static bool in_string(wq_str s, char quote, bool backslash, struct wq_inject_reason *ret_reason)
{
	const unsigned char *p = (const unsigned char *)s.p;
	struct wq_sql_lex lex = {.begin = p, .p = p, .end = p + s.n, .backslash = backslash};

	return wq_sql_string_end(&lex, (unsigned char)quote) && judged(&lex, WQ_SQL_IN_STRING, quote, ret_reason);
}

/* The value inside a comment of the program, which its first end of one ends; an end of its own comment is no such thing. */
static bool in_comment(wq_str s, struct wq_inject_reason *ret_reason)
{
	const unsigned char *p = (const unsigned char *)s.p;
	ptrdiff_t at = wq_str_find(s, WQ_S("*/"));
	struct wq_sql_lex lex = {.begin = p, .end = p + s.n};

	if (at < 0 || wq_str_find(wq_str_head(s, (size_t)at), WQ_S("/*")) >= 0)
		return false;
	lex.p = p + at + 2;
	return judged(&lex, WQ_SQL_IN_COMMENT, 0, ret_reason);
}

bool wq_inject_sql(wq_str s, struct wq_inject_reason *ret_reason)
{
	static const char quotes[] = "'\"`";
	const unsigned char *p;
	bool dialects;

	if (s.n == 0)
		return false;
	s = wq_str_head(s, WQ_INJECT_BYTES_MAX);
	p = (const unsigned char *)s.p;
	dialects = wq_str_chr(s, '\\') >= 0;
	for (int backslash = 0; backslash <= dialects; backslash++) {
		struct wq_sql_lex lex = {.begin = p, .p = p, .end = p + s.n, .backslash = backslash};

		if (judged(&lex, WQ_SQL_BARE, 0, ret_reason))
			return true;
		for (const char *q = quotes; *q; q++)
			if (in_string(s, *q, backslash, ret_reason))
				return true;
	}
	return in_comment(s, ret_reason);
}
