#include "base/test.h"
#include "policy/profile.h"
#include "policy/volatile_priv.h"

static struct wq_arena arena;

static int begin(void **state)
{
	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	return 0;
}

static int end(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	return 0;
}

static struct wq_policy policy_of(const char *const *texts, size_t n)
{
	struct wq_volatile_rule *rules = WQ_NEW_ARRAY(&arena, struct wq_volatile_rule, n);
	struct wq_policy policy = wq_policy_default;

	for (size_t i = 0; i < n; i++)
		assert_ok(wq_volatile_rule_parse(wq_str_c(texts[i]), &arena, &rules[i]));
	policy.volatiles = rules;
	policy.volatiles_n = n;
	return policy;
}

/* ---- one rule, one page ---- */

static void regions_are_cut_and_masked(void **state)
{
	static const struct {
		const char *rule, *page, *cut, *masked;
	} rows[] = {
		{"freeze / \"n=\" \";\" 4 digits", "n=12; n=3; n=", "n=12; n=3; n=", "n=; n=; n="},
		{"remove / \"n=\" \";\" 4 digits", "n=12; n=3; n=", "n=; n=; n=", "n=; n=; n="},
		/* too long, other bytes, nothing behind it */
		{"remove / \"n=\" \";\" 4 digits", "n=12345;", "n=12345;", "n=12345;"},
		{"remove / \"n=\" \";\" 4 digits", "n=12a;", "n=12a;", "n=12a;"},
		{"remove / \"n=\" \";\" 4 digits", "n=12", "n=12", "n=12"},
		{"remove / \"n=\" \";\" 4 digits", "n=;", "n=;", "n=;"},
		{"remove / \"n=\" \";\" 4 digits", "", "", ""},
		/* the first that fits counts, and the search goes on behind it */
		{"remove / \"a\" \"a\" 4 word", "abaca", "aaa", "aaa"},
		{"remove / \"<b>\" \"</b>\" 9 text", "<b>x<b>y</b>", "<b>x<b></b>", "<b>x<b></b>"},
		/* the page's own ends */
		{"remove / \"\" \"\\n\" 9 text", "abc\ndef\n", "\ndef\n", "\ndef\n"},
		{"remove / \"\\n\" \"\" 9 text", "abc\ndef", "abc\n", "abc\n"},
		{"remove / \"\\n\" \"\" 2 text", "abc\ndef", "abc\ndef", "abc\ndef"},
		/* every kind of bytes */
		{"remove / \"[\" \"]\" 40 digits", "[1,2.3][a]", "[][a]", "[][a]"},
		{"remove / \"[\" \"]\" 40 hex", "[0a-F][g]", "[][g]", "[][g]"},
		{"remove / \"[\" \"]\" 40 word", "[aZ_9%~][a b][a+]", "[][a b][a+]", "[][a b][a+]"},
		{"remove / \"[\" \"]\" 40 base64", "[aZ+/9==][a:b]", "[][a:b]", "[][a:b]"},
		{"remove / \"[\" \"]\" 40 clock", "[Sun, 22 Nov 2026 10:15:33 GMT][hacked]", "[][hacked]",
			"[][hacked]"},
		{"remove / \"[\" \"]\" 60 clock", "[2026年11月22日 星期日 上午10:15][你好]", "[][你好]", "[][你好]"},
		{"remove / \"[\" \"]\" 40 clock",
			"[2026\xc4\xea"
			"11\xd4\xc2"
			"22\xc8\xd5]",
			"[]", "[]"},
		{"remove / \"[\" \"]\" 40 text", "[你好, a=b][<b>][\"]['][\x01]", "[][<b>][\"]['][\x01]",
			"[][<b>][\"]['][\x01]"},
		{"remove / \"[\" \"]\" 40 any", "[<b>\"'\x01]", "[]", "[]"},
		/* another path */
		{"remove /news \"n=\" \";\" 4 digits", "n=12;", "n=12;", "n=12;"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_policy policy = policy_of(&rows[i].rule, 1);
		WQ_BUF(cut, WQ_KIB);
		WQ_BUF(masked, WQ_KIB);

		assert_ok(wq_volatile_apply(&policy, WQ_S("/x"), wq_str_c(rows[i].page), &cut, &masked, NULL));
		if (!wq_str_eq(wq_buf_str(&cut), wq_str_c(rows[i].cut)) ||
			!wq_str_eq(wq_buf_str(&masked), wq_str_c(rows[i].masked)))
			fail_msg("row %zu: %s and %s", i, wq_buf_cstr(&cut), wq_buf_cstr(&masked));
	}
}

static void sealed_values_stay(void **state)
{
	static const struct {
		const char *rule, *page, *sealed, *frozen;
	} rows[] = {
		{"freeze / \"n=\" \";\" 4 digits", "new n=12; text", "old n=7;", "new n=7; text"},
		{"freeze / \"n=\" \";\" 4 digits", "n=;", "n=7;", "n=7;"},
		{"remove / \"n=\" \";\" 4 digits", "n=12;", "n=7;", "n=12;"},
		{"freeze /news \"n=\" \";\" 4 digits", "n=12;", "n=7;", "n=12;"},
		/* nothing there, another number of them, none that fits the rule */
		{"freeze / \"n=\" \";\" 4 digits", "n=12;", "m=7;", "n=12;"},
		{"freeze / \"n=\" \";\" 4 digits", "n=1; n=2;", "n=7;", "n=1; n=2;"},
		{"freeze / \"n=\" \";\" 4 digits", "n=1;", "n=12345;", "n=1;"},
		/* a list: what stands where it stood, not what moved */
		{"freeze / \"n=\" \";\" 4 digits", "a n=1; b n=2; c n=3;", "a n=7; b n=8; c n=9;",
			"a n=7; b n=8; c n=9;"},
		{"freeze / \"n=\" \";\" 4 digits", "x n=1; a n=2; b n=3;", "a n=7; b n=8; c n=9;",
			"x n=1; a n=2; b n=3;"},
		{"freeze / \"n=\" \";\" 4 digits", "a n=1; b n=2; c n=3; d", "a n=7; b n=8; x n=9; d",
			"a n=7; b n=2; c n=3; d"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_policy policy = policy_of(&rows[i].rule, 1);
		WQ_BUF(out, 1000);
		WQ_BUF(scratch, 1000);

		assert_ok(wq_volatile_freeze(
			&policy, WQ_S("/a.html"), wq_str_c(rows[i].page), wq_str_c(rows[i].sealed), &out, &scratch));
		if (!wq_str_eq(wq_buf_str(&out), wq_str_c(rows[i].frozen)))
			fail_msg("row %zu: %.*s", i, WQ_S_ARG(wq_buf_str(&out)));
	}
}

static void several_rules_act_together(void **state)
{
	static const char *const texts[] = {"freeze / \"a=\" \";\" 9 text", "remove / \"b=\" \";\" 9 text",
		"freeze / \"=x\" \"y\" 9 text", "remove /other \"c=\" \";\" 9 text"};
	struct wq_policy policy = policy_of(texts, WQ_COUNT(texts));
	WQ_BUF(cut, WQ_KIB);
	WQ_BUF(masked, WQ_KIB);
	size_t matches;

	(void)state;
	/* =x…y lies across the end of a's region: both are masked */
	assert_ok(wq_volatile_apply(&policy, WQ_S("/p"), WQ_S("a=x1;2y b=3; c=4;"), &cut, &masked, &matches));
	assert_str(wq_buf_str(&cut), WQ_S("a=x1;2y b=; c=4;"));
	assert_str(wq_buf_str(&masked), WQ_S("a=y b=; c=4;"));
	assert_int_equal(matches, 3);
	assert_ok(wq_volatile_apply(&wq_policy_default, WQ_S("/p"), WQ_S("a=1;"), NULL, NULL, &matches));
	assert_int_equal(matches, 0);
}

static void there_is_a_limit_of_matches(void **state)
{
	static const char *const rule = "freeze / \"a\" \"b\" 1 digits";
	struct wq_policy policy = policy_of(&rule, 1);
	WQ_BUF(page, WQ_MIB);
	WQ_BUF(small, 10);

	(void)state;
	for (int i = 0; i < WQ_VOLATILE_MATCHES_MAX; i++)
		wq_buf_add(&page, WQ_S("a1b"));
	assert_ok(wq_volatile_apply(&policy, WQ_S("/"), wq_buf_str(&page), NULL, NULL, NULL));
	assert_err(wq_volatile_apply(&policy, WQ_S("/"), wq_buf_str(&page), NULL, &small, NULL), WQ_E_LIMIT);
	wq_buf_add(&page, WQ_S("a1b"));
	assert_err(wq_volatile_apply(&policy, WQ_S("/"), wq_buf_str(&page), NULL, NULL, NULL), WQ_E_LIMIT);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Pages of one byte, where every place begins a region that never ends: twice the page, twice the time. */
static void the_time_is_linear(void **state)
{
	static const char *const texts[] = {"freeze / \"a\" \"b\" 4096 text", "freeze / \"aa\" \"ab\" 4096 any",
		"freeze / \"a\" \"\" 4096 word", "freeze / \"1\" \"b\" 4096 clock",
		"freeze / \"aaaaaaaa\" \"aaaaaaab\" 9 word"};
	struct wq_policy policy = policy_of(texts, WQ_COUNT(texts));
	size_t n = WQ_MIB / 2; /* more is slow under a sanitizer, which looks at all of a range for each search in it */
	char *page = wq_arena_alloc(&arena, n);
	double start = seconds();

	(void)state;
	memset(page, 'a', n);
	assert_ok(wq_volatile_apply(&policy, WQ_S("/"), wq_str_of(page, n), NULL, NULL, NULL));
	memset(page, '1', n);
	assert_ok(wq_volatile_apply(&policy, WQ_S("/"), wq_str_of(page, n), NULL, NULL, NULL));
	/* quadratic would be hours */
	assert_true(seconds() - start < 60);
}

/* ---- dates ---- */

static void dates_and_times_are_known(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} rows[] = {
		{"10:15:33", 8},
		{"2026-11-22 10:15:33", 19},
		{"2026/1/2", 8},
		{"2026.11.22", 10},
		{"2026-11-22T10:15:33Z", 20},
		{"2026-11-22T10:15:33+08:00<", 25},
		{"2026年11月22日 10:15:33", 26},
		{"2026年11月22日 星期日，", 27},
		{"10时15分33秒", 15},
		{"2026\xc4\xea"
		 "11\xd4\xc2"
		 "22\xc8\xd5\xa1\xa1",
			14},
		{"Sun, 22 Nov 2026 10:15:33 GMT", 29},
		{"Nov 22, 2026", 12},
		{"10:15 ", 5},
		{"1234", 0},
		{"6.4.2", 0},
		{"192.168.1.1", 0},
		{"1:2", 0},
		{"12分", 0},
		{"2026", 0},
		{"March", 0},
		{"10:15:33abc", 0},
		{"阅读", 0},
		{"", 0},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		size_t run, n = wq_clock_read(wq_str_c(rows[i].text), &run);

		if (n != rows[i].n || run < n)
			fail_msg("%s: %zu", rows[i].text, n);
	}
}

/* ---- merging ---- */

static void merged(const char *const *known, const char *const *learnt, const char *expected)
{
	struct wq_volatile_rule k[8], l[8], *rules;
	size_t known_n = 0, learnt_n = 0, n;
	WQ_BUF(text, WQ_KIB);

	for (; known && known[known_n]; known_n++)
		assert_ok(wq_volatile_rule_parse(wq_str_c(known[known_n]), &arena, &k[known_n]));
	for (; learnt[learnt_n]; learnt_n++)
		assert_ok(wq_volatile_rule_parse(wq_str_c(learnt[learnt_n]), &arena, &l[learnt_n]));
	assert_ok(wq_volatile_merge(k, known_n, l, learnt_n, &arena, &rules, &n));
	for (size_t i = 0; i < n; i++) {
		assert_ok(wq_volatile_rule_text(&rules[i], &text));
		wq_buf_byte(&text, '\n');
	}
	assert_str(wq_buf_str(&text), wq_str_c(expected));
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void rules_of_many_pages_become_few(void **state)
{
	(void)state;
	merged(NULL, LIST("freeze /news/1.html \"a\" \"b\" 16 digits", "freeze /news/2.html \"a\" \"b\" 32 digits"),
		"freeze /news/ \"a\" \"b\" 32 digits\n");
	/* never over a segment */
	merged(NULL, LIST("freeze /news/10 \"a\" \"b\" 16 digits", "freeze /news/11 \"a\" \"b\" 16 hex"),
		"freeze /news/ \"a\" \"b\" 16 hex\n");
	merged(NULL, LIST("freeze /news \"a\" \"b\" 16 digits", "freeze /news/1 \"a\" \"b\" 16 digits"),
		"freeze /news \"a\" \"b\" 16 digits\n");
	merged(NULL, LIST("freeze /news \"a\" \"b\" 16 clock", "freeze /newspaper \"a\" \"b\" 16 hex"),
		"freeze / \"a\" \"b\" 16 text\n");
	/* other contexts, other actions */
	merged(NULL,
		LIST("freeze /x/2 \"c\" \"b\" 16 word", "freeze /x/1 \"a\" \"b\" 16 word",
			"remove /x/3 \"a\" \"b\" 16 word"),
		"freeze /x/1 \"a\" \"b\" 16 word\nfreeze /x/2 \"c\" \"b\" 16 word\nremove /x/3 \"a\" \"b\" 16 word\n");
	/* a less exact place covers a more exact one */
	merged(NULL, LIST("freeze /x/1 \"xa\" \"bc\" 16 digits", "freeze /x \"a\" \"b\" 16 word"),
		"freeze /x \"a\" \"b\" 16 word\n");
	/* what is known */
	merged(LIST("freeze / \"a\" \"b\" 16 word"),
		LIST("freeze /x/1 \"a\" \"b\" 16 digits", "freeze /x/1 \"a\" \"b\" 17 digits",
			"freeze /x/1 \"\" \"b\" 9 hex"),
		"freeze /x/1 \"\" \"b\" 9 hex\nfreeze /x/1 \"a\" \"b\" 17 digits\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(regions_are_cut_and_masked, begin, end),
		cmocka_unit_test_setup_teardown(sealed_values_stay, begin, end),
		cmocka_unit_test_setup_teardown(several_rules_act_together, begin, end),
		cmocka_unit_test_setup_teardown(there_is_a_limit_of_matches, begin, end),
		cmocka_unit_test_setup_teardown(the_time_is_linear, begin, end),
		cmocka_unit_test(dates_and_times_are_known),
		cmocka_unit_test_setup_teardown(rules_of_many_pages_become_few, begin, end),
	};
	return cmocka_run_group_tests_name("policy volatile", tests, NULL, NULL);
}
