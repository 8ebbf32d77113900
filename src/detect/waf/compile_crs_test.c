/* The rule sets of the field become programs: Debian's, and CRS 4.28.0 when WEIQUE_CRS names its folder. */
#include "base/test.h"
#include "detect/waf/program_priv.h"

#include <limits.h>

enum { LOADS = 100, PAGES_MAX = 512, BYTES_MAX = 8 * 1024 * 1024 };

static struct wq_waf_program *load(const char *const *paths, size_t n, const char *level, bool fold)
{
	const struct wq_waf_setting settings[] = {
		{WQ_S("blocking_paranoia_level"), wq_str_c(level)}, {WQ_S("paranoia_level"), wq_str_c(level)}};
	struct wq_waf_load what = {.paths = paths,
		.paths_n = n,
		.source = &wq_sec_source_files,
		.settings = settings,
		.settings_n = WQ_COUNT(settings),
		.no_fold = !fold};
	struct wq_waf_program *program;

	assert_ok(wq_waf_program_new(&what, &program));
	return program;
}

static uint32_t left(const struct wq_waf_program *program)
{
	uint32_t n = 0;

	for (unsigned phase = 1; phase <= WQ_WAF_PHASES; phase++)
		n += program->phases_n[phase];
	return n;
}

static bool is_left(const struct wq_waf_program *program, uint32_t id)
{
	for (unsigned phase = 1; phase <= WQ_WAF_PHASES; phase++)
		for (uint32_t i = 0; i < program->phases_n[phase]; i++)
			if (program->rules[program->phases[phase][i]].id == id)
				return true;
	return false;
}

static int64_t known(const struct wq_waf_program *program, const char *name)
{
	uint32_t slot = wq_waf_slot(program, wq_str_c(name));

	assert_int_not_equal(slot, WQ_WAF_NONE);
	assert_true(program->initial[slot].set && program->initial[slot].is_number);
	return program->initial[slot].number;
}

static const char *folder(void)
{
	return getenv("WEIQUE_CRS");
}

static struct wq_waf_program *load_crs(const char *level, bool fold)
{
	char setup[PATH_MAX], rules[PATH_MAX];

	(void)snprintf(setup, sizeof setup, "%s/crs-setup.conf.example", folder());
	(void)snprintf(rules, sizeof rules, "%s/rules/*.conf", folder());
	return load((const char *const[]){setup, rules}, 2, level, fold);
}

static struct wq_waf_program *load_debian(const char *level, bool fold)
{
	return load((const char *const[]){"/usr/share/modsecurity-crs/owasp-crs.load"}, 1, level, fold);
}

static void crs_of_the_environment_becomes_a_program(void **state)
{
	struct wq_waf_program *whole, *first, *fourth;

	(void)state;
	if (!folder())
		return;
	whole = load_crs("1", false);
	assert_int_equal(whole->info.rules, 630);
	assert_int_equal(left(whole), 630);
	assert_true(whole->info.bytes < BYTES_MAX);
	assert_true(whole->info.no_prefilter * 2 < whole->info.patterns);
	assert_str(whole->info.signature, WQ_S("OWASP_CRS/4.28.0"));
	wq_waf_program_unref(&whole);

	first = load_crs("1", true);
	assert_int_equal(left(first) + first->info.folded, 630);
	assert_int_equal(known(first, "detection_paranoia_level"), 1);
	assert_int_equal(known(first, "critical_anomaly_score"), 5);
	assert_int_equal(known(first, "inbound_anomaly_score_pl1"), 0);
	assert_true(is_left(first, 942100) && is_left(first, 949110) && is_left(first, 901100));
	assert_false(is_left(first, 942013));
	assert_false(is_left(first, 942120)); /* paranoia 2 */
	fourth = load_crs("4", true);
	assert_true(is_left(fourth, 942120) && is_left(fourth, 942432));
	assert_true(left(fourth) > left(first));
	assert_true(fourth->info.patterns > first->info.patterns);
	assert_memory_not_equal(first->info.digest, fourth->info.digest, 32);
	wq_waf_program_unref(&first);
	wq_waf_program_unref(&fourth);
}

static void crs_of_debian_becomes_a_program(void **state)
{
	struct wq_waf_program *whole = load_debian("1", false), *first = load_debian("1", true);

	(void)state;
	assert_int_equal(left(whole), whole->info.rules);
	assert_int_equal(left(first) + first->info.folded, whole->info.rules);
	assert_true(whole->info.bytes < BYTES_MAX);
	assert_true(is_left(first, 942100));
	assert_false(is_left(first, 942120));
	/* the regular expression of 920480 has a variable that is known */
	assert_true(is_left(first, 920480));
	for (uint32_t i = 0; i < first->rules_n; i++)
		if (first->rules[i].id == 920480 && first->rules[i].op == WQ_OP_RX)
			assert_false(first->rules[i].flags & WQ_RULE_MACRO_ARGUMENT);
	wq_waf_program_unref(&whole);
	wq_waf_program_unref(&first);
}

static long resident_pages(void)
{
	long size, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld", &size, &resident), 2);
	fclose(f);
	return resident;
}

static void memory_stays_flat(void **state)
{
	long before = 0;

	(void)state;
	for (int i = 0; i < LOADS; i++) {
		struct wq_waf_program *program = folder() ? load_crs("1", true) : load_debian("1", true);
		wq_waf_program_unref(&program);
		if (i == LOADS / 10)
			before = resident_pages();
	}
	if (!getenv("WQ_TEST_SANITIZED")) /* freed memory is kept there for a while */
		assert_true(resident_pages() - before < PAGES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crs_of_the_environment_becomes_a_program),
		cmocka_unit_test(crs_of_debian_becomes_a_program),
		cmocka_unit_test(memory_stays_flat),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
