#include "base/buf.h"
#include "base/file.h"
#include "base/test.h"
#include "detect/dns/rules.h"

static wq_str source(struct wq_arena *arena, const char *name)
{
	const char *root = getenv("WQ_SOURCE_ROOT");
	WQ_BUF(file, WQ_MIB);
	assert_ok(wq_file_read(&wq_fs_system, wq_arena_printf(arena, "%s/%s", root ? root : ".", name).p, &file));
	return wq_arena_str(arena, wq_buf_str(&file));
}

static void the_files_of_the_project(void **state)
{
	(void)state;
	struct wq_dns_rules rules;
	struct wq_arena arena;
	wq_arena_init(&arena, WQ_MIB);
	assert_ok(wq_dns_rules_parse(&arena, WQ_S("dns.txt"), source(&arena, "rules/dns/dns.txt"), &rules));
	assert_int_equal(rules.roots_n, 13);
	assert_true(rules.poison_rounds >= 2 && rules.ns_min == 2);
	assert_ok(wq_dns_subnets_parse(&arena, WQ_S("subnets.txt"), source(&arena, "rules/dns/subnets.txt"), &rules));
	assert_int_equal(rules.subnets_n, 31); /* one a province */
	for (size_t i = 0; i < rules.subnets_n; i++) {
		assert_int_equal(wq_addr_class(&rules.subnets[i].addr), WQ_ADDR_GLOBAL);
		for (size_t k = 0; k < i; k++)
			assert_false(wq_str_eq(rules.subnets[i].province, rules.subnets[k].province));
	}
	wq_arena_done(&arena);
}

#define HEAD "weique-dns 1\nversion: 1\ndate: 2026-01-01\nsource: test\n"
#define LIMITS \
	"[limits]\npoison_rounds: 2\nexpires_days: 7\nns_min: 2\ndkim_bits: 1024\nsts_age_seconds: 1\nsame_bits4: 24\nsame_bits6: 48\n"
#define REST "[country]\ninside: CN\n[root a]\naddress: 192.0.2.1\n"

static void broken_files(void **state)
{
	(void)state;
	static const char *const valid = HEAD LIMITS REST;
	static const char *const bad[] = {HEAD REST, HEAD LIMITS, HEAD LIMITS REST "[root b]\naddress: nowhere\n",
		HEAD LIMITS REST "[root b]\naddress: 192.0.2.0/24\n", HEAD LIMITS REST "[country]\ninside: China\n",
		HEAD LIMITS REST "[limits]\nns_min: 2\n", HEAD LIMITS REST "[limits]\nns_max: 2\n",
		HEAD LIMITS REST "[other]\na: b\n", HEAD "[limits]\npoison_rounds: 0\n",
		HEAD "[limits]\npoison_rounds: many\n", "weique-other 1\n"};
	static const char *const bad_subnets[] = {"[net x]\nnet: 192.0.2.0/24\n", "[subnet 京]\nnet: 192.0.2.0/33\n",
		"[subnet 京]\naddress: 192.0.2.0/24\n", "[subnet]\nnet: 192.0.2.0/24\n", "net: 192.0.2.0/24\n"};
	struct wq_dns_rules rules;
	struct wq_arena arena;
	wq_arena_init(&arena, WQ_MIB);
	assert_ok(wq_dns_rules_parse(&arena, WQ_S("x"), wq_str_c(valid), &rules));
	for (size_t i = 0; i < WQ_COUNT(bad); i++)
		assert_err(wq_dns_rules_parse(&arena, WQ_S("x"), wq_str_c(bad[i]), &rules), WQ_E_CONFIG);
	for (size_t i = 0; i < WQ_COUNT(bad_subnets); i++) {
		wq_str text = wq_arena_printf(
			&arena, "weique-subnets 1\nversion: 1\ndate: 2026-01-01\nsource: t\n%s", bad_subnets[i]);
		assert_err(wq_dns_subnets_parse(&arena, WQ_S("x"), text, &rules), WQ_E_CONFIG);
	}
	wq_arena_done(&arena);
}

static void networks(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool valid;
		uint8_t family, bits;
	} rows[] = {{"192.0.2.1", true, 4, 32}, {"192.0.2.0/24", true, 4, 24}, {"0.0.0.0/0", true, 4, 0},
		{"2001:db8::/32", true, 6, 32}, {"::1", true, 6, 128}, {"192.0.2.0/33", false, 0, 0},
		{"192.0.2.0/", false, 0, 0}, {"192.0.2/24", false, 0, 0}, {"x", false, 0, 0}, {"", false, 0, 0},
		{"2001:db8::/129", false, 0, 0}};
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_addr addr;
		uint8_t bits;
		if (wq_dns_net_parse(wq_str_c(rows[i].text), &addr, &bits) != rows[i].valid)
			fail_msg("%s", rows[i].text);
		if (rows[i].valid)
			assert_true(addr.family == rows[i].family && bits == rows[i].bits);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_files_of_the_project), cmocka_unit_test(broken_files), cmocka_unit_test(networks)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
