#include "flow/inside.h"

#include "base/test.h"

#define HEAD "weique-inside 1\nversion: 1\ndate: 2026-01-01\nsource: x\n"
#define MARK "[inside mark]\nhost: bszs.conac.cn\nfrom: 2014-05-09\nuntil: -\nclause: 2014 五\n"
#define OLD "[inside old]\nhost: old.example\nfrom: 2014-05-09\nuntil: 2024-06-30\nclause: 2014 五\n"

static void hosts_of_a_day(void **state)
{
	static const struct {
		const char *day;
		size_t n;
	} rows[] = {{"2014-05-08", 0}, {"2014-05-09", 2}, {"2024-06-30", 2}, {"2024-07-01", 1}};
	struct wq_arena arena;
	const wq_str *hosts;
	size_t n;

	(void)state;
	wq_arena_init(&arena, WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		assert_ok(wq_inside_parse(WQ_S(HEAD MARK OLD), "t", wq_str_c(rows[i].day), &arena, &hosts, &n));
		assert_int_equal(n, rows[i].n);
		if (n)
			assert_str(hosts[0], WQ_S("bszs.conac.cn"));
	}
	wq_arena_done(&arena);
}

static void what_is_no_such_list_is_named(void **state)
{
	static const char *const rows[] = {"", "weique-units 1\n", HEAD "host: a.example\n", HEAD "[outside x]\n",
		HEAD "[inside x]\n", HEAD MARK "host: a.example\n", HEAD MARK "port: 80\n",
		HEAD "[inside x]\nhost: A.example\nfrom: 2014-05-09\nuntil: -\nclause: B6\n",
		HEAD "[inside x]\nhost: a.example:80\nfrom: 2014-05-09\nuntil: -\nclause: B6\n",
		HEAD "[inside x]\nhost: a.example\nfrom: 2014-5-9\nuntil: -\nclause: B6\n",
		HEAD "[inside x]\nhost: a.example\nfrom: 2014-05-09\nuntil: never\nclause: B6\n",
		HEAD "[inside x]\nhost: a.example\nfrom: 2014-05-09\nuntil: -\n"};
	struct wq_arena arena;
	const wq_str *hosts;
	size_t n;

	(void)state;
	wq_arena_init(&arena, WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_err(
			wq_inside_parse(wq_str_c(rows[i]), "t", WQ_S("2026-11-22"), &arena, &hosts, &n), WQ_E_CONFIG);
	wq_arena_done(&arena);
}

/* The link behind the mark of every site. */
static void our_own_list(void **state)
{
	const char *root = getenv("WQ_SOURCE_ROOT");
	struct wq_arena arena;
	const wq_str *hosts;
	bool mark = false;
	char path[512];
	size_t n;

	(void)state;
	snprintf(path, sizeof path, "%s/rules/inside.conf", root ? root : ".");
	wq_arena_init(&arena, WQ_MIB);
	assert_ok(wq_inside_open(path, WQ_S("2026-11-22"), &arena, &hosts, &n));
	for (size_t i = 0; i < n; i++)
		mark |= wq_str_eq(hosts[i], WQ_S("bszs.conac.cn"));
	assert_true(mark);
	wq_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_of_a_day),
		cmocka_unit_test(what_is_no_such_list_is_named),
		cmocka_unit_test(our_own_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
