#include "base/test.h"
#include "detect/match/regex.h"

static struct wq_regex_scratch *scratch;

static int make_scratch(void **state)
{
	(void)state;
	assert_ok(wq_regex_scratch_new(WQ_REGEX_MATCH_LIMIT, &scratch));
	return 0;
}

static int free_scratch(void **state)
{
	(void)state;
	wq_regex_scratch_free(&scratch);
	wq_regex_scratch_free(&scratch);
	assert_null(scratch);
	return 0;
}

#define BYTES(literal) WQ_S_INIT(literal)

/* The dialect: `.` takes newlines, `$` only the very end, bytes are bytes. */
static const struct {
	wq_str pattern, subject;
	bool caseless;
	enum wq_regex_answer answer;
	wq_str found; /* group 0 */
} cases[] = {
	{BYTES("abc"), BYTES("xxabcx"), false, WQ_REGEX_YES, BYTES("abc")},
	{BYTES("abc"), BYTES("xxABCx"), false, WQ_REGEX_NO, {0}},
	{BYTES("abc"), BYTES("xxABCx"), true, WQ_REGEX_YES, BYTES("ABC")},
	{BYTES("(?i)abc"), BYTES("aBc"), false, WQ_REGEX_YES, BYTES("aBc")},
	{BYTES("a.c"), BYTES("a\nc"), false, WQ_REGEX_YES, BYTES("a\nc")},
	{BYTES("a$"), BYTES("a\n"), false, WQ_REGEX_NO, {0}},
	{BYTES("a$"), BYTES("ba"), false, WQ_REGEX_YES, BYTES("a")},
	{BYTES("^a"), BYTES("b\na"), false, WQ_REGEX_NO, {0}},
	{BYTES("(?m)^a$"), BYTES("b\na\nc"), false, WQ_REGEX_YES, BYTES("a")},
	{BYTES("\\x00b"), BYTES("a\0b"), false, WQ_REGEX_YES, BYTES("\0b")},
	{BYTES("^.{3}$"), BYTES("\xe9\xad\x8f"), false, WQ_REGEX_YES, BYTES("\xe9\xad\x8f")},
	{BYTES("^\\xe9"), BYTES("\xc9"), true, WQ_REGEX_NO, {0}},
	{BYTES("^$"), BYTES(""), false, WQ_REGEX_YES, BYTES("")},
	{BYTES("x*"), {NULL, 0}, false, WQ_REGEX_YES, BYTES("")},
	{BYTES("(?<=a)b"), BYTES("ab"), false, WQ_REGEX_YES, BYTES("b")},
};

static void check_cases(bool jit)
{
	for (size_t i = 0; i < WQ_COUNT(cases); i++) {
		struct wq_regex *regex;
		wq_str groups[WQ_REGEX_GROUPS_MAX];
		size_t n = 0;

		assert_ok(wq_regex_new(cases[i].pattern, cases[i].caseless, jit, &regex));
		if (!jit)
			assert_false(wq_regex_is_jit(regex));
		if (wq_regex_match(regex, scratch, cases[i].subject, 0, groups, &n) != cases[i].answer)
			fail_msg("case %zu, %.*s", i, WQ_S_ARG(cases[i].pattern));
		if (cases[i].answer == WQ_REGEX_YES) {
			assert_true(n >= 1);
			assert_str(groups[0], cases[i].found);
		}
		assert_int_equal(wq_regex_match(regex, scratch, cases[i].subject, 0, NULL, NULL), cases[i].answer);
		wq_regex_free(&regex);
		assert_null(regex);
	}
}

static void test_dialect_by_jit(void **state)
{
	(void)state;
	check_cases(true);
}

static void test_dialect_by_interpreter(void **state)
{
	(void)state;
	check_cases(false);
}

static void test_groups(void **state)
{
	(void)state;
	for (int jit = 0; jit <= 1; jit++) {
		struct wq_regex *regex;
		wq_str groups[WQ_REGEX_GROUPS_MAX], s = WQ_S("--key=value--");
		size_t n;

		assert_ok(wq_regex_new(WQ_S("(no)?(\\w+)=(\\w+)"), false, jit, &regex));
		assert_int_equal(wq_regex_match(regex, scratch, s, 0, groups, &n), WQ_REGEX_YES);
		assert_int_equal(n, 4);
		assert_null(groups[1].p);
		assert_str(groups[2], WQ_S("key"));
		assert_str(groups[3], WQ_S("value"));
		assert_ptr_equal(groups[2].p, s.p + 2);
		assert_int_equal(wq_regex_match(regex, scratch, s, 3, groups, &n), WQ_REGEX_YES);
		assert_str(groups[0], WQ_S("ey=value"));
		assert_int_equal(wq_regex_match(regex, scratch, s, 6, groups, &n), WQ_REGEX_NO);
		assert_int_equal(wq_regex_match(regex, scratch, s, s.n + 1, groups, &n), WQ_REGEX_NO);
		wq_regex_free(&regex);
		/* more groups than places */
		assert_ok(wq_regex_new(WQ_S("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)"), false, jit, &regex));
		assert_int_equal(wq_regex_match(regex, scratch, WQ_S("abcdefghijk"), 0, groups, &n), WQ_REGEX_YES);
		assert_int_equal(n, WQ_REGEX_GROUPS_MAX);
		assert_str(groups[9], WQ_S("i"));
		wq_regex_free(&regex);
	}
}

static void test_bad_patterns(void **state)
{
	static const struct {
		wq_str pattern;
		const char *words;
	} bad[] = {
		{WQ_S_INIT("a(b"), "offset 3"},
		{WQ_S_INIT("a(b"), "missing closing parenthesis"},
		{WQ_S_INIT("ab[z-a]"), "near \"ab[z-a]\""},
		{WQ_S_INIT("ab[z-a]"), "range out of order"},
		{WQ_S_INIT("*a"), "quantifier does not follow"},
		{WQ_S_INIT("(*UTF)a"), "offset"},
		{WQ_S_INIT("\\"), "offset 1"},
	};
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(bad); i++) {
		struct wq_regex *regex = NULL;
		wq_err e = wq_regex_new(bad[i].pattern, false, true, &regex);
		assert_true(wq_is(e, WQ_E_CONFIG));
		assert_null(regex);
		if (!strstr(wq_err_note(e), bad[i].words))
			fail_msg("%s does not say %s", wq_err_note(e), bad[i].words);
	}
}

static void test_too_long(void **state)
{
	struct wq_regex *regex = NULL;
	char *text = malloc(WQ_REGEX_BYTES_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, '(', WQ_REGEX_BYTES_MAX + 1);
	assert_err(wq_regex_new(wq_str_of(text, WQ_REGEX_BYTES_MAX + 1), false, true, &regex), WQ_E_LIMIT);
	assert_err(wq_regex_new(wq_str_of(text, 300), false, true, &regex), WQ_E_CONFIG);
	free(text);
}

static void test_work_is_bounded(void **state)
{
	(void)state;
	for (int jit = 0; jit <= 1; jit++) {
		struct wq_regex *regex;
		wq_str groups[WQ_REGEX_GROUPS_MAX];

		assert_ok(wq_regex_new(WQ_S("^(?:a+)+$"), false, jit, &regex));
		assert_int_equal(wq_regex_match(regex, scratch, WQ_S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"),
					 0, groups, NULL),
			WQ_REGEX_LIMIT);
		assert_int_equal(wq_regex_match(regex, scratch, WQ_S("aaaa"), 0, groups, NULL), WQ_REGEX_YES);
		wq_regex_free(&regex);
	}
}

/* In steps or at once: the same answers, wherever the match is. */
static void test_long_strings(void **state)
{
	static const char *const patterns[] = {"needle", "(?s)a.*needle", "needle$", "(?<=x)needle", "x?needle\\b",
		"[nx]ee(dl)e", "^x.*needle", "\\Gx*needle", "$"};
	enum { LONG = 20000 };
	char *text = malloc(LONG);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 2 * WQ_COUNT(patterns); i++)
		for (size_t at = 0; at <= LONG - 6; at += at < 300 || at > LONG - 300 ? 37 : 2111) {
			struct wq_regex *regex;
			wq_str groups[WQ_REGEX_GROUPS_MAX], s = wq_str_of(text, at % 2 ? LONG : at + 6);

			memset(text, 'x', LONG);
			memcpy(text + at, "needle", 6);
			assert_ok(wq_regex_new(wq_str_c(patterns[i / 2]), false, i % 2, &regex));
			enum wq_regex_answer whole = wq_regex_match(regex, scratch, s, 0, groups, NULL);
			if (i / 2 == 0) {
				assert_int_equal(whole, WQ_REGEX_YES);
				assert_ptr_equal(groups[0].p, text + at);
			}
			if (i / 2 == 8) {
				assert_int_equal(whole, WQ_REGEX_YES);
				assert_ptr_equal(groups[0].p, s.p + s.n);
			}
			bool has = i / 2 == 0 || i / 2 == 5 || i / 2 == 8 || i / 2 == 7 || (i / 2 == 6 && at > 0) ||
				(i / 2 == 3 && at > 0) || (i / 2 == 2 && s.n == at + 6) ||
				(i / 2 == 4 && s.n == at + 6);
			if (whole != (has ? WQ_REGEX_YES : WQ_REGEX_NO))
				fail_msg("%s: %d at %zu of %zu", patterns[i / 2], whole, at, s.n);
			wq_regex_free(&regex);
		}
	free(text);
}

static uint64_t asked;

static uint64_t clock_of_test(void)
{
	return ++asked;
}

/* The first places cost tens of thousands of backtracks each: the clock ends it, after a few looks. */
static void test_deadline(void **state)
{
	enum { LONG = 400 };
	char *text = malloc(LONG);

	(void)state;
	assert_non_null(text);
	memset(text, '\n', LONG);
	for (int jit = 0; jit <= 1; jit++) {
		struct wq_regex *regex;

		assert_ok(wq_regex_new(WQ_S("\\s+\\s*\\s*x"), false, jit, &regex));
		text[LONG - 1] = 'x';
		text[LONG - 2] = 'y';
		asked = 0;
		wq_regex_scratch_until(scratch, clock_of_test, 3);
		assert_int_equal(wq_regex_match(regex, scratch, wq_str_of(text, LONG), 0, NULL, NULL), WQ_REGEX_LIMIT);
		assert_int_equal(asked, 3);
		wq_regex_scratch_until(scratch, clock_of_test, UINT64_MAX);
		assert_int_equal(wq_regex_match(regex, scratch, wq_str_of(text, LONG), 0, NULL, NULL), WQ_REGEX_NO);
		wq_regex_scratch_until(scratch, NULL, 0);
		wq_regex_free(&regex);
	}
	free(text);
}

static void test_one_scratch_for_many_patterns(void **state)
{
	struct wq_regex *a, *b;
	wq_str groups[WQ_REGEX_GROUPS_MAX];
	size_t n;

	(void)state;
	assert_ok(wq_regex_new(WQ_S("(a)(b)(c)"), false, true, &a));
	assert_ok(wq_regex_new(WQ_S("b"), false, false, &b));
	assert_int_equal(wq_regex_match(a, scratch, WQ_S("abc"), 0, groups, &n), WQ_REGEX_YES);
	assert_int_equal(n, 4);
	assert_int_equal(wq_regex_match(b, scratch, WQ_S("abc"), 0, groups, &n), WQ_REGEX_YES);
	assert_int_equal(n, 1);
	wq_regex_free(&a);
	wq_regex_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialect_by_jit),
		cmocka_unit_test(test_dialect_by_interpreter),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_bad_patterns),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_work_is_bounded),
		cmocka_unit_test(test_long_strings),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_one_scratch_for_many_patterns),
	};
	return cmocka_run_group_tests(tests, make_scratch, free_scratch);
}
