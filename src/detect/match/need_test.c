#include "base/test.h"
#include "detect/match/crs_probe.h"
#include "detect/match/need_probe.h"

#include <ftw.h>

static struct wq_arena arena;
static struct wq_regex_scratch *scratch;

static int set_up(void **state)
{
	(void)state;
	wq_arena_init(&arena, 256 * WQ_MIB);
	assert_ok(wq_regex_scratch_new(WQ_REGEX_MATCH_LIMIT, &scratch));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	wq_regex_scratch_free(&scratch);
	wq_arena_done(&arena);
	return 0;
}

/* ---- what is found in single patterns */

#define S(literal) WQ_S_INIT(literal)

static const struct {
	wq_str pattern;
	bool caseless;
	uint32_t min_bytes;
	const char *literals; /* between spaces, sorted; "": none */
} cases[] = {
	{S("union"), false, 5, "union"},
	{S("UNION"), false, 5, "union"},
	{S("(?i)UNION\\s+select"), false, 12, "select"},
	{S("abc|xyzw"), true, 3, "abc xyzw"},
	{S("abc|x?"), true, 0, ""},
	{S("s(?:elect|how)t"), false, 5, "selectt showt"},
	{S("java\\.lang\\."), false, 10, "java.lang."},
	{S("\\bon(?:load|click)\\s*="), true, 7, "onclick onload"},
	{S("[xy][z]q+"), false, 3, "xzq yzq"},
	{S("(?:abc)*"), false, 0, ""},
	{S("(?:abc){2,}"), false, 6, "abcabc"},
	{S("(?:abc){0}qrs"), false, 3, "qrs"},
	{S("a.c"), false, 3, ""},
	{S("[^a]z"), false, 2, ""},
	{S("a(?=bcd)"), false, 1, ""},
	{S("(?<!foo)bar"), false, 3, "bar"},
	{S("(?<name>bar)(?P<other>foo)"), false, 6, "barfoo"},
	{S("(?#foo)bar(?#foo)ba(?#foo)r(?#foo)*q"), false, 6, "barba"},
	{S("\\Qa.b\\E*qq"), false, 4, "qq"},
	{S("\\x41\\x{42}\\103\\t"), false, 0, ""}, /* a group again, or octal: not read */
	{S("\\x41\\x{42}\\t"), false, 3, "ab\t"},
	{S("(?x) a b # c\n d"), false, 3, "abd"},
	{S("(?x)ab|\x85"), false, 0, ""}, /* white space as well */
	{S("a(?i)b|C"), false, 1, ""},
	{S("(a+b)\\1xyz"), false, 5, "xyz"},
	{S("(?R)?abc"), false, 0, ""}, /* not read */
	{S("(?>atomic)++x"), false, 7, "atomicx"},
	{S("a{,3}b"), false, 0, ""}, /* versions differ: not read */
	{S("a{b}c"), false, 5, "a{b}c"},
	{S("[]a]]x"), false, 3, "]]x a]x"},
	{S("[[:digit:]a-c]{2}"), false, 2, ""},
	{S("ab\\Rcd"), false, 5, "*"},
	{S(""), false, 0, ""},
	{S("|"), false, 0, ""},
	{S("0123456789012345678901234567890123456789"), false, 40, "*"},
};

static void check_literals(const char *expected, const struct wq_need *need, size_t i)
{
	wq_str rest = wq_str_c(expected);
	size_t n = 0;

	if (wq_str_eq(rest, WQ_S("*"))) {
		assert_true(need->literals_n > 0);
		return;
	}
	for (; rest.n > 0; n++) {
		wq_str word = wq_str_cut(&rest, ' ');
		if (n >= need->literals_n)
			fail_msg("case %zu, %.*s: %zu literals", i, WQ_S_ARG(cases[i].pattern), need->literals_n);
		assert_str(need->literals[n], word);
	}
	if (need->literals_n != n)
		fail_msg("case %zu, %.*s: %zu literals, first %.*s", i, WQ_S_ARG(cases[i].pattern), need->literals_n,
			WQ_S_ARG(need->literals[0]));
}

static void test_literals(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(cases); i++) {
		struct wq_need need;

		assert_ok(wq_need_of(cases[i].pattern, cases[i].caseless, &arena, &need));
		if (need.min_bytes != cases[i].min_bytes)
			fail_msg("case %zu, %.*s: min_bytes %u", i, WQ_S_ARG(cases[i].pattern), need.min_bytes);
		check_literals(cases[i].literals, &need, i);
	}
}

/* Sets of bytes are those of PCRE2, byte by byte. */
static void test_sets(void **state)
{
	static const char *const sets[] = {"[a-z]", "[^a-z]", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\h", "\\H",
		"\\v", "\\V", ".", "\\N", "\\C", "[[:alnum:]]", "[[:alpha:]]", "[[:ascii:]]", "[[:blank:]]",
		"[[:cntrl:]]", "[[:digit:]]", "[[:graph:]]", "[[:lower:]]", "[[:print:]]", "[[:punct:]]", "[[:space:]]",
		"[[:upper:]]", "[[:word:]]", "[[:xdigit:]]", "[[:^alpha:]]", "[^[:^punct:]x]", "[\\w.-]", "[.\\d-]",
		"[a\\-z]", "[-a]", "[a-]", "[]a]", "[^]a]", "[\\]a]", "[a\\b]", "[\\x41-\\x43]", "[\\x{e0}-\\x{ff}]",
		"[\\Q]^-\\E]", "[\\Qa\\E-z]", "[a-\\Qd\\E]", "[\\n-\\r]", "[!-/:-@]", "[\\\\x]", "[[.]", "[[:alpha]",
		"[a[:digit:]-]", "[\\cA-\\cZ]", "\\cz", "[\\e\\f\\a\\t]", "[\\0-\\07]", "\\o{101}", "\\x", "[\\xg]",
		"\\0", "[[:upper:]x]", "[^[:lower:]]", "\\/", "\\_", "\\\x80", "[a&&b]", "[\\h\\v]", "[^\\W_]",
		"(?i)[a-f]", "(?i)[^a-f]", "(?i)[[:upper:]]", "(?i)[^[:upper:]]", "(?i)[Z-a]", "(?i:k)", "(?-i)k",
		"(?s).", "[\\E^a]", "[^\\Ea]"};

	(void)state;
	for (size_t i = 0; i < 2 * WQ_COUNT(sets); i++) {
		struct wq_regex *regex;
		struct wq_need need;
		char pattern[100];
		int n = snprintf(pattern, sizeof pattern, "^(?:%s)$", sets[i / 2]);

		assert_ok(wq_regex_new(wq_str_of(pattern, (size_t)n), i % 2, false, &regex));
		assert_ok(wq_need_of(wq_str_of(pattern, (size_t)n), i % 2, &arena, &need));
		for (unsigned byte = 0; byte < 256; byte++) {
			char c = (char)byte;
			bool yes = wq_regex_match(regex, scratch, wq_str_of(&c, 1), 0, NULL, NULL) == WQ_REGEX_YES;

			if (yes != wq_need_has(need.only, (uint8_t)byte) && strcmp(sets[i / 2], "\\N") != 0)
				fail_msg("%s: byte %u", pattern, byte);
			if (yes && need_lacks(&need, wq_str_of(&c, 1)))
				fail_msg("%s: byte %u lacks %s", pattern, byte, need_lacks(&need, wq_str_of(&c, 1)));
		}
		wq_regex_free(&regex);
	}
}

static void test_only(void **state)
{
	static const struct {
		const char *pattern;
		bool is_known;
	} known[] = {{"^[a-z]*$", true}, {"\\A\\d+\\z", true}, {"^(?:a|bc)$", true}, {"^a$|^b$", true},
		{"(?:^a|^b)c*$", true}, {"^$", true}, {"^a$|b", false}, {"(?m)^a$", false}, {"^a", false},
		{"a$", false}, {"^?a$", false}, {"^a\\Z", false}, {"(?:^a)*$", false}, {"x^a$", false},
		{"(?=^)a$", false}, {"\\b^a$", true}};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(known); i++) {
		struct wq_need need;
		bool is_open;

		assert_ok(wq_need_of(wq_str_c(known[i].pattern), false, &arena, &need));
		is_open = (need.only[0] & need.only[1] & need.only[2] & need.only[3]) == ~UINT64_C(0);
		if (is_open == known[i].is_known)
			fail_msg("%s", known[i].pattern);
	}
}

/* ---- a match has what is needed */

struct tally {
	size_t patterns, literals, any_of, matches, written;
};

static void check(
	const struct wq_regex *regex, const struct wq_need *need, wq_str pattern, wq_str s, struct tally *tally)
{
	const char *lacks;

	if (wq_regex_match(regex, scratch, s, 0, NULL, NULL) != WQ_REGEX_YES)
		return;
	tally->matches++;
	lacks = need_lacks(need, s);
	if (lacks)
		fail_msg(
			"%.*s matches \"%.*s\" (%zu bytes) without its %s", WQ_S_ARG(pattern), WQ_S_ARG(s), s.n, lacks);
}

static bool is_open(const uint64_t set[4])
{
	return (set[0] & set[1] & set[2] & set[3]) == ~UINT64_C(0);
}

/* Strings written from the pattern's own tree, changed ones, and those given. */
static void check_pattern(
	wq_str pattern, bool caseless, const wq_str *others, size_t others_n, size_t rounds, struct tally *tally)
{
	struct need_dice dice = {pattern.n + 7};
	struct wq_arena own;
	struct wq_regex *regex;
	struct wq_need need;
	char text[600];

	if (wq_failed(wq_regex_new(pattern, caseless, true, &regex)))
		return;
	wq_arena_init(&own, 16 * WQ_MIB);
	assert_ok(wq_need_of(pattern, caseless, &own, &need));
	struct wq_need_node *tree = wq_need_parse(&own, pattern, caseless);
	for (size_t i = 0; i < rounds; i++) {
		size_t n = 0;

		for (uint32_t before = need_roll(&dice, 3); before > 0; before--)
			text[n++] = (char)need_roll(&dice, 256);
		if (tree)
			need_write(&dice, tree, text, &n, sizeof text);
		for (uint32_t behind = need_roll(&dice, 2); behind > 0 && n < sizeof text; behind--)
			text[n++] = (char)need_roll(&dice, 256);
		n = i % 2 ? need_mutate(&dice, text, n) : n;
		check(regex, &need, pattern, wq_str_of(text, n), tally);
	}
	for (size_t i = 0; i < others_n; i++)
		check(regex, &need, pattern, others[i], tally);
	tally->patterns++;
	tally->written += tree != NULL;
	tally->literals += need.literals_n > 0;
	tally->any_of += need.literals_n == 0 && !is_open(need.any_of);
	wq_regex_free(&regex);
	wq_arena_done(&own);
}

/* Lines of the regression cases, as they stand and decoded. */
enum { PAYLOADS = 1500, EACH = 23 };
static struct {
	wq_str items[PAYLOADS];
	size_t n, seen;
} payloads;

static wq_str decoded(wq_str s)
{
	char *text = wq_arena_alloc(&arena, s.n + 1);
	size_t n = 0;

	assert_non_null(text);
	for (size_t i = 0; i < s.n; i++) {
		uint8_t byte = (uint8_t)s.p[i];

		if (byte == '%' && wq_str_unhex(wq_str_head(wq_str_from(s, i + 1), 2), &byte, 1))
			i += 2;
		text[n++] = byte == '+' ? ' ' : (char)byte;
	}
	return wq_str_of(text, n);
}

static int take_payloads(const char *path, const struct stat *st, int type, struct FTW *at)
{
	wq_str text = WQ_S_NONE;

	(void)st;
	(void)at;
	if (type == FTW_F && wq_str_ends(wq_str_c(path), WQ_S(".yaml")))
		text = crs_file(&arena, "/", wq_str_c(path));
	while (text.p && payloads.n < PAYLOADS) {
		wq_str line = wq_str_trim(wq_str_cut(&text, '\n'));

		if ((wq_str_starts(line, WQ_S("uri:")) || wq_str_starts(line, WQ_S("data:"))) &&
			payloads.seen++ % EACH == 0)
			payloads.items[payloads.n++] = decoded(wq_str_from(line, 5));
	}
	return 0;
}

static void test_rules_of_the_field(void **state)
{
	char folder[4096], tests[4096];
	struct tally tally = {0};
	struct crs *crs = crs_load(&arena, crs_folder(folder, sizeof folder));

	(void)state;
	if (!crs)
		skip();
	if (getenv("WEIQUE_CRS")) {
		snprintf(tests, sizeof tests, "%s/tests", getenv("WEIQUE_CRS"));
		(void)nftw(tests, take_payloads, 16, FTW_PHYS);
		assert_true(payloads.n > 100);
	}
	for (size_t i = 0; i < crs->n; i++)
		if (crs->rules[i].pattern.n > 0)
			check_pattern(crs->rules[i].pattern, false, payloads.items, payloads.n, 60, &tally);
	print_message("# %zu patterns: %zu with literals, %zu with bytes, %zu matches looked at\n", tally.patterns,
		tally.literals, tally.any_of, tally.matches);
	assert_true(tally.patterns > 200);
	assert_true(tally.written * 100 > tally.patterns * 98);
	assert_true(tally.matches > tally.patterns * 15);
	assert_true((tally.literals + tally.any_of) * 100 > tally.patterns * 90);
}

/* Patterns put together from pieces, most of them no sense. */
static void test_random_patterns(void **state)
{
	static const char *const pieces[] = {"a", "b", "B", "ab", "abc", ".", "|", "|", "(", "(", ")", ")",
		"(?:", "(?i)", "(?-i)", "(?i:", "(?x)", "(?>", "(?|", "(?=", "(?!", "(?<=a)", "(?<!b)", "(?<n>",
		"(?#b)", "*", "+", "?", "*?", "++", "{2}", "{0,1}", "{1,}", "{0}", "{,2}", "{a}", "[ab]", "[^ab]",
		"[a-c]", "[]b]", "[^]b]", "[\\Qab\\E]", "\\Q", "\\E", "\\Qa*\\E", "^", "$", "\\A", "\\z", "\\Z", "\\b",
		"\\B", "\\K", "\\d", "\\W", "\\s", "\\1", "\\x61", "\\x{62}", "\\0", "\\R", "\\N", " ", "#", "\n", "{",
		"}", "]", "-", "(?s)", "(?^)", "(?m)", "[[:alpha:]]", "[[:<:]]", "(?(1)a|b)", "(*ACCEPT)", "\\g{1}",
		"(?1)", "(?R)", "[a\\E-c]", "a\\E", "\\\\"};
	static const char *const alphabet = "abABc \n#*\\-\r1";
	wq_str subjects[40];
	char texts[40][12];
	struct need_dice dice = {42};
	struct tally tally = {0};

	(void)state;
	for (size_t round = 0; round < 30000; round++) {
		char pattern[128];
		size_t n = 0;

		for (uint32_t i = 1 + need_roll(&dice, 9); i > 0; i--) {
			wq_str piece = wq_str_c(pieces[need_roll(&dice, WQ_COUNT(pieces))]);
			memcpy(pattern + n, piece.p, piece.n);
			n += piece.n;
		}
		for (size_t i = 0; i < WQ_COUNT(subjects); i++) {
			size_t bytes = need_roll(&dice, sizeof texts[0]);
			for (size_t k = 0; k < bytes; k++)
				texts[i][k] = alphabet[need_roll(&dice, (uint32_t)strlen(alphabet))];
			subjects[i] = wq_str_of(texts[i], bytes);
		}
		check_pattern(wq_str_of(pattern, n), round % 2, subjects, WQ_COUNT(subjects), 10, &tally);
	}
	print_message(
		"# %zu patterns, %zu with literals, %zu matches\n", tally.patterns, tally.literals, tally.matches);
	assert_true(tally.patterns > 5000);
	assert_true(tally.literals > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_only),
		cmocka_unit_test(test_rules_of_the_field),
		cmocka_unit_test(test_random_patterns),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
