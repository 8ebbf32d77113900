#include "base/test.h"

#include "policy/policy.h"
#include "policy/profile.h"

static struct wq_arena arena;

static int setup(void **state)
{
	(void)state;
	wq_arena_init(&arena, 8 * WQ_MIB);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	return 0;
}

static void exceptions_are_read_and_written_alike(void **state)
{
	static const struct {
		const char *text, *again;
	} rows[] = {
		{"942100 ARGS:content /article until 2027-03-01 SQL 教程", NULL},
		{"942100-942199 / until 2026-12-31 testing until Friday", NULL},
		{"tag:attack-sqli ARGS:q /search until 2027-03-01 检索词", NULL},
		{"941310 until 2027-03-01 x", "941310 / until 2027-03-01 x"},
		{"  941310   /a   ARGS:/^t/   until 2027-03-01   a  b ", "941310 ARGS:/^t/ /a until 2027-03-01 a  b"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(out, 4096);
		struct wq_guard_exception x;

		assert_ok(wq_guard_exception_parse(wq_str_c(rows[i].text), &arena, &x));
		assert_ok(wq_guard_exception_text(&x, &out));
		assert_str(wq_buf_str(&out), wq_str_c(rows[i].again ? rows[i].again : rows[i].text));
	}
}

static void what_is_no_exception_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"ARGS:q until 2027-03-01 x",
		"0 until 2027-03-01 x",
		"5-4 until 2027-03-01 x",
		"99999999999 until 2027-03-01 x",
		"942100",
		"942100 ARGS:q /a",
		"942100 until 2027-02-30 x",
		"942100 until 2027-03-01",
		"942100 ARGS:q ARGS:r until 2027-03-01 x",
		"942100 /a /b until 2027-03-01 x",
		"tag: until 2027-03-01 x",
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(texts); i++) {
		struct wq_guard_exception x;

		assert_err(wq_guard_exception_parse(wq_str_c(texts[i]), &arena, &x), WQ_E_INPUT);
	}
}

static const char profile_text[] =
	"rules = { mode = \"block\"; over = \"pass\"; budget = \"20ms\"; client = \"0s\"; body_max = \"64KiB\"; inbound = 7;\n"
	"  paths = [ \"/b/c log\", \"/b challenge\" ];\n"
	"  exceptions = [ \"942100 ARGS:q /b until 2027-03-01 why\", \"tag:x / until 2027-03-01 why\" ]; };\n";

static struct wq_policy read_profile(const char *text)
{
	struct wq_profile profile;

	assert_ok(wq_profile_parse(wq_str_c(text), "test", &arena, &profile));
	return profile.policy;
}

static void a_profile_becomes_a_guard(void **state)
{
	struct wq_guard g = read_profile(profile_text).guard;

	(void)state;
	assert_int_equal(g.mode, WQ_GUARD_BLOCK);
	assert_true(g.over_passes);
	assert_false(g.unreadable_passes);
	assert_int_equal(g.body_max, 64 * WQ_KIB);
	assert_int_equal(g.budget_msec, 20);
	assert_int_equal(g.client_msec, 0);
	assert_int_equal(g.inbound, 7);
	assert_int_equal(g.exceptions_n, 2);
	assert_int_equal(g.exceptions[1].until, 20270301);
	assert_int_equal(wq_guard_mode_of(&g, WQ_S("/a")), WQ_GUARD_BLOCK);
	assert_int_equal(wq_guard_mode_of(&g, WQ_S("/b/x")), WQ_GUARD_CHALLENGE);
	assert_int_equal(wq_guard_mode_of(&g, WQ_S("/b/c/d")), WQ_GUARD_LOG);
	assert_int_equal(wq_guard_mode_of(&g, WQ_S("/bc")), WQ_GUARD_BLOCK);
}

static void wrong_profiles_are_refused(void **state)
{
	static const char *const texts[] = {
		"rules = { mode = \"on\"; };",
		"rules = { over = \"log\"; };",
		"rules = { unreadable = \"\"; };",
		"rules = { budget = \"0ms\"; };",
		"rules = { paths = [ \"/a\" ]; };",
		"rules = { paths = [ \"/a log\", \"/a off\" ]; };",
		"rules = { exceptions = [ \"942100 /a\" ]; };",
		"rules = { exceptions = [ \"942100 until 2027-03-01 x\", \"942100 / until 2028-03-01 y\" ]; };",
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(texts); i++) {
		struct wq_profile profile;

		assert_err(wq_profile_parse(wq_str_c(texts[i]), "test", &arena, &profile), WQ_E_CONFIG);
	}
}

static wq_str encoded(const struct wq_policy *policy)
{
	WQ_BUF(out, WQ_POLICY_BLOCK_MAX);

	assert_ok(wq_policy_encode(policy, &out));
	return wq_arena_str(&arena, wq_buf_str(&out));
}

static void a_block_keeps_the_guard(void **state)
{
	struct wq_policy in = read_profile(profile_text), out;
	wq_str block = encoded(&in);

	(void)state;
	assert_ok(wq_policy_decode(block, &arena, &out));
	assert_str(encoded(&out), block);
	assert_int_equal(out.guard.paths_n, 2);
	assert_str(out.guard.exceptions[1].reason, WQ_S("why"));
	for (size_t n = 1; n < block.n; n++)
		assert_err(wq_policy_decode(wq_str_head(block, n), &arena, &out), WQ_E_FORMAT);
}

/* Blocks of releases that were sealed before there was a guard stay what they are, byte for byte. */
static void a_policy_without_a_guard_is_written_as_before(void **state)
{
	struct wq_policy in = read_profile("csp = \"report\";"), out;
	wq_str block = encoded(&in);

	(void)state;
	assert_ok(wq_policy_decode(block, &arena, &out));
	assert_int_equal(out.guard.mode, WQ_GUARD_LOG);
	assert_int_equal(out.guard.budget_msec, wq_guard_default.budget_msec);
	in.guard.mode = WQ_GUARD_BLOCK;
	assert_true(encoded(&in).n > block.n);
}

static wq_err collect(void *data, char sign, wq_str text)
{
	wq_buf_printf(data, "%c%.*s\n", sign, WQ_S_ARG(text));
	return WQ_OK;
}

static void reviewers_see_what_changed(void **state)
{
	struct wq_policy policy = read_profile(
		"rules = { mode = \"block\"; exceptions = [ \"9-10 /b until 2027-03-01 why\" ]; };");
	WQ_BUF(lines, 4096);

	(void)state;
	assert_ok(wq_policy_diff(NULL, &policy, collect, &lines));
	assert_str(wq_buf_str(&lines),
		WQ_S("+rules exception 9-10 /b until 2027-03-01 why\n+rules mode block\n-rules mode log\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(exceptions_are_read_and_written_alike, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_exception_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_profile_becomes_a_guard, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_profiles_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_block_keeps_the_guard, setup, teardown),
		cmocka_unit_test_setup_teardown(a_policy_without_a_guard_is_written_as_before, setup, teardown),
		cmocka_unit_test_setup_teardown(reviewers_see_what_changed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
