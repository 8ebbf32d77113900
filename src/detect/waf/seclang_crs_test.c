/* The rule sets of the field are read whole: Debian's, and CRS 4.28.0 when WEIQUE_CRS names its folder. */
#include "base/test.h"
#include "detect/waf/seclang_priv.h"

#include <limits.h>

struct counts {
	size_t kinds[WQ_SEC_SETTING + 1];
	size_t ops[WQ_OP_COUNT];
	size_t t[WQ_T_COUNT];
	size_t notices;
};

static void notice(void *data, struct wq_sec_place place, const char *text)
{
	struct counts *counts = data;

	assert_non_null(place.file);
	assert_non_null(text);
	counts->notices++;
}

static struct counts counted(const char *const *paths, size_t n)
{
	struct counts counts = {0};
	struct wq_sec_rules rules;
	struct wq_arena arena;

	wq_arena_init(&arena, 64 * WQ_MIB);
	assert_ok(wq_sec_parse_files(paths, n, &wq_sec_source_files, &arena, notice, &counts, &rules));
	for (size_t i = 0; i < rules.n; i++) {
		const struct wq_sec_item *item = &rules.items[i];
		counts.kinds[item->kind]++;
		if (item->kind == WQ_SEC_RULE)
			counts.ops[item->op.op]++;
		for (size_t j = 0; j < item->actions_n; j++) {
			if (item->actions[j].action == WQ_ACT_T && !item->actions[j].none)
				counts.t[item->actions[j].transform]++;
		}
	}
	wq_arena_done(&arena);
	return counts;
}

static void crs_of_the_environment_is_read_whole(void **state)
{
	const char *folder = getenv("WEIQUE_CRS");
	char setup[PATH_MAX], rules[PATH_MAX];

	(void)state;
	if (!folder)
		return;
	(void)snprintf(setup, sizeof setup, "%s/crs-setup.conf.example", folder);
	(void)snprintf(rules, sizeof rules, "%s/rules/*.conf", folder);
	struct counts c = counted((const char *const[]){setup, rules}, 2);
	assert_int_equal(c.kinds[WQ_SEC_RULE], 695);
	assert_int_equal(c.kinds[WQ_SEC_ACTION], 8);
	assert_int_equal(c.kinds[WQ_SEC_MARKER], 30);
	assert_int_equal(c.kinds[WQ_SEC_DEFAULT], 5);
	assert_int_equal(c.kinds[WQ_SEC_UPDATE_TARGET_BY_ID], 55);
	assert_int_equal(c.kinds[WQ_SEC_SETTING], 1);
	assert_int_equal(c.ops[WQ_OP_RX], 318);
	assert_int_equal(c.ops[WQ_OP_LT], 190);
	assert_int_equal(c.ops[WQ_OP_EQ], 53);
	assert_int_equal(c.ops[WQ_OP_GE], 42);
	assert_int_equal(c.ops[WQ_OP_PM_FROM_FILE], 21);
	assert_int_equal(c.ops[WQ_OP_PM], 12);
	assert_int_equal(c.ops[WQ_OP_VALIDATE_BYTE_RANGE], 6);
	assert_int_equal(c.t[WQ_T_URL_DECODE_UNI], 140);
}

static void crs_of_debian_is_read_whole(void **state)
{
	(void)state;
	struct counts c = counted((const char *const[]){"/usr/share/modsecurity-crs/owasp-crs.load"}, 1);
	assert_int_equal(c.kinds[WQ_SEC_RULE], 790);
	assert_int_equal(c.kinds[WQ_SEC_ACTION], 10);
	assert_int_equal(c.kinds[WQ_SEC_MARKER], 40);
	assert_int_equal(c.kinds[WQ_SEC_DEFAULT], 2);
	assert_int_equal(c.kinds[WQ_SEC_SETTING], 2);
	assert_int_equal(c.ops[WQ_OP_RX], 265);
	assert_int_equal(c.ops[WQ_OP_GEO_LOOKUP], 1);
	assert_int_equal(c.ops[WQ_OP_RBL], 1);
	assert_int_equal(c.notices, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crs_of_the_environment_is_read_whole),
		cmocka_unit_test(crs_of_debian_is_read_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
