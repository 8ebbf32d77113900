#include "ledger/unit_rules.h"

#include "base/test.h"

#define HEAD "weique-units 1\nversion: 1\ndate: 2026-11-22\nsource: here\n"
#define KIND_BODY "kind: organ\nreviewers: named\nmark: yes\nportals: 1\ndomains: -\nclause: A2\n"
#define KIND HEAD "[kind a]\n" KIND_BODY "from: 2024-07-01\nuntil: -\n"
#define APPROVAL_BODY \
	"subject: link\ndemanded: yes\nstages: review, release\nreviewers: in-establishment\ndays: 30\nclause: B5\n"
#define APPROVAL HEAD "[approval x]\n" APPROVAL_BODY "kinds: organ, union\nfrom: 2024-07-01\nuntil: 2024-12-31\n"

static struct wq_arena arena;

static struct wq_unit_rules parse(const char *text)
{
	struct wq_unit_rules rules;

	assert_ok(wq_unit_rules_parse(wq_str_c(text), "units.conf", &arena, &rules));
	return rules;
}

static void test_kinds(void **state)
{
	struct wq_unit_rules rules = parse(KIND "[kind b]\n" KIND_BODY "from: 2014-05-09\nuntil: 2024-06-30\n");
	const struct wq_kind_rule *rule = wq_kind_rule_find(&rules, WQ_UNIT_ORGAN, WQ_S("2024-07-01"));

	(void)state;
	assert_non_null(rule);
	assert_str(rule->span.name, WQ_S("a"));
	assert_int_equal(rule->portals, 1);
	assert_int_equal(rule->domains, 0);
	assert_true(rule->mark);
	assert_false(rule->in_establishment);
	assert_str(wq_kind_rule_find(&rules, WQ_UNIT_ORGAN, WQ_S("2024-06-30"))->span.name, WQ_S("b"));
	assert_null(wq_kind_rule_find(&rules, WQ_UNIT_ORGAN, WQ_S("2014-05-08")));
	assert_null(wq_kind_rule_find(&rules, WQ_UNIT_UNION, WQ_S("2024-07-01")));
	assert_null(wq_kind_rule_find(&rules, WQ_UNIT_UNKNOWN, WQ_S("2024-07-01")));
}

static void test_approvals(void **state)
{
	struct wq_unit_rules rules = parse(APPROVAL);
	const struct wq_approval_rule *rule = wq_approval_rule_find(
		&rules, WQ_S("link"), WQ_UNIT_UNION, WQ_S("2024-12-31"));

	(void)state;
	assert_non_null(rule);
	assert_int_equal(rule->stages_n, 2);
	assert_string_equal(rule->stages[1]->name, "release");
	assert_true(rule->in_establishment && rule->demanded);
	assert_int_equal(rule->days, 30);
	assert_null(wq_approval_rule_find(&rules, WQ_S("link"), WQ_UNIT_UNION, WQ_S("2025-01-01")));
	assert_null(wq_approval_rule_find(&rules, WQ_S("link"), WQ_UNIT_OTHER, WQ_S("2024-12-31")));
	assert_null(wq_approval_rule_find(&rules, WQ_S("links"), WQ_UNIT_UNION, WQ_S("2024-12-31")));
}

static void test_invalid(void **state)
{
	static const struct {
		const char *text, *says;
	} table[] = {
		{"", "units.conf:"},
		{"weique-units 2\n", "units.conf:"},
		{HEAD, "no rule at all"},
		{HEAD "more: 1\n", "outside of a section"},
		{HEAD "[kinds a]\n", "units.conf:5: neither kind nor approval"},
		{HEAD "[kind]\n", "a name is missing"},
		{HEAD "[kind a]\n" KIND_BODY "from: 2024-07-01\n", "until is missing"},
		{HEAD "[kind a]\n" KIND_BODY "from: 2024-07-32\nuntil: -\n", "from: not a value"},
		{HEAD "[kind a]\n" KIND_BODY "from: 2024-7-1\nuntil: -\n", "from: not a value"},
		{HEAD "[kind a]\n" KIND_BODY "from: 2024-07-01\nuntil: 2024-06-30\n", "ends before"},
		{KIND "mark: no\n", "mark stands twice"},
		{KIND "stages: review\n", "no member of this section: stages"},
		{KIND "[kind a]\n" KIND_BODY "from: 2014-05-09\nuntil: 2024-06-30\n", "the name a stands twice"},
		{KIND "[kind b]\n" KIND_BODY "from: 2030-01-01\nuntil: -\n", "in force together with a"},
		{KIND "[kind b]\n" KIND_BODY "from: 2014-01-01\nuntil: 2024-07-01\n", "in force together with a"},
		{HEAD "[kind a]\nkind: organs\n", "kind: not a value"},
		{HEAD "[kind a]\nkind: organ, union\n", "kind: not a value"},
		{HEAD "[kind a]\nportals: 0\n", "portals: not a value"},
		{HEAD "[kind a]\nmark: maybe\n", "mark: not a value"},
		{HEAD "[approval a]\nstages: review,\n", "stages: not a value"},
		{HEAD "[approval a]\nstages: boss\n", "stages: not a value"},
		{HEAD "[approval a]\nsubject: App\n", "subject: not a value"},
		{HEAD "[approval a]\nkinds: organ,,union\n", "kinds: not a value"},
		{HEAD "[approval a]\ndays: 40000\n", "days: not a value"},
		{HEAD "[approval a]\nmark: yes\n", "no member of this section: mark"},
		{APPROVAL "[approval y]\n" APPROVAL_BODY "kinds: union\nfrom: 2024-12-31\nuntil: -\n",
			"in force together with x"},
	};
	struct wq_unit_rules rules;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		wq_err e = wq_unit_rules_parse(wq_str_c(table[i].text), "units.conf", &arena, &rules);

		if (!wq_is(e, WQ_E_CONFIG) || !strstr(wq_err_note(e), table[i].says))
			fail_msg("row %zu: %s: %s, not %s", i, wq_err_name(e), wq_err_note(e), table[i].says);
	}
	/* the same subject for others, or later, is fine */
	parse(APPROVAL "[approval y]\n" APPROVAL_BODY "kinds: other\nfrom: 2014-01-01\nuntil: -\n");
	parse(APPROVAL "[approval y]\n" APPROVAL_BODY "kinds: union\nfrom: 2025-01-01\nuntil: -\n");
}

static void test_limits(void **state)
{
	struct wq_unit_rules rules;
	WQ_BUF(text, WQ_MIB);

	(void)state;
	wq_buf_printf(&text, HEAD);
	for (int i = 0; i < WQ_UNIT_RULES_MAX; i++)
		wq_buf_printf(
			&text, "[kind k%d]\n" KIND_BODY "from: %04d-01-01\nuntil: %04d-12-31\n", i, 2000 + i, 2000 + i);
	assert_ok(wq_unit_rules_parse(wq_buf_str(&text), "units.conf", &arena, &rules));
	assert_int_equal(rules.kinds_n, WQ_UNIT_RULES_MAX);
	wq_buf_printf(&text, "[kind more]\n" KIND_BODY "from: 1999-01-01\nuntil: 1999-12-31\n");
	assert_err(wq_unit_rules_parse(wq_buf_str(&text), "units.conf", &arena, &rules), WQ_E_LIMIT);
}

/* What is shipped: every subject has a procedure for every kind that it binds, today. */
static void test_shipped(void **state)
{
	static const char *const subjects[] = {
		"app.opening", "app.change", "app.closing", "link", "profile", "person.key"};
	struct wq_unit_rules rules;
	wq_str today = WQ_S("2026-11-22");
	char path[4096];

	(void)state;
	snprintf(path, sizeof path, "%s/rules/units.conf", getenv("WQ_SOURCE_ROOT"));
	assert_ok(wq_unit_rules_open(path, &arena, &rules));
	for (int kind = 1; kind < WQ_UNIT_KINDS; kind++) {
		assert_non_null(wq_kind_rule_find(&rules, (enum wq_unit_kind)kind, today));
		for (size_t i = 0; i < WQ_COUNT(subjects); i++)
			assert_non_null(
				wq_approval_rule_find(&rules, wq_str_c(subjects[i]), (enum wq_unit_kind)kind, today));
	}
	/* 2024 art. 4, 9, 13 */
	assert_int_equal(wq_kind_rule_find(&rules, WQ_UNIT_ORGAN, today)->portals, 1);
	assert_true(wq_kind_rule_find(&rules, WQ_UNIT_INSTITUTION, today)->in_establishment);
	assert_false(wq_kind_rule_find(&rules, WQ_UNIT_UNION, today)->in_establishment);
	assert_false(wq_kind_rule_find(&rules, WQ_UNIT_UNION, today)->mark);
	assert_int_equal(wq_kind_rule_find(&rules, WQ_UNIT_ORGAN, WQ_S("2020-01-01"))->portals, 0);
}

static int fresh(void **state)
{
	(void)state;
	wq_arena_reset(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_kinds, fresh),
		cmocka_unit_test_setup(test_approvals, fresh),
		cmocka_unit_test_setup(test_invalid, fresh),
		cmocka_unit_test_setup(test_limits, fresh),
		cmocka_unit_test_setup(test_shipped, fresh),
	};

	wq_arena_init(&arena, 16 * WQ_MIB);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
