#include "base/test.h"

#include "flow/inspect/traps.h"

static const char head[] = "weique-render 1\nversion: 1\ndate: 2026-11-22\nsource: test\n";

static void traps_are_read(void **state)
{
	struct wq_arena arena;
	struct wq_traps traps;
	char text[1024];

	(void)state;
	wq_arena_init(&arena, WQ_MIB);
	snprintf(text, sizeof text,
		"%s[traps]\ntrap: link | user | http://gov.cn@Evil.example/\ntrap: later | added | //a.example\ntrap: form | f | "
		"http://f.example/\n[limits]\nlinks: 4\n[mark]\nhost: dcs.conac.cn\n",
		head);
	assert_ok(wq_traps_parse(&arena, WQ_S("t"), wq_str_c(text), &traps));
	assert_true(traps.n == 3 && traps.links == 4 && traps.marks_n == 1);
	assert_true(wq_str_eq(traps.hosts[0], WQ_S("evil.example")) && wq_str_eq(traps.hosts[1], WQ_S("a.example")));
	assert_true(!traps.items[0].plain && traps.items[1].plain && traps.items[1].way == WQ_RENDER_BY_LINK);
	assert_true(traps.items[2].way == WQ_RENDER_BY_FORM);
	wq_arena_done(&arena);
}

static void what_is_none_is_refused(void **state)
{
	static const char *const rows[] = {"[traps]\ntrap: link | x | /here", "[traps]\ntrap: link | x | mailto:a@b",
		"[traps]\ntrap: jump | x | http://a.example/", "[traps]\ntrap: link || http://a.example/",
		"[traps]\nother: x", "[limits]\nlinks: 1000", "[limits]\nlinks: x", "[mark]\nname: x",
		"[what]\nhost: x"};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		struct wq_traps traps;
		char text[512];

		wq_arena_init(&arena, WQ_MIB);
		snprintf(text, sizeof text, "%s%s\n", head, rows[i]);
		assert_true(wq_is(wq_traps_parse(&arena, WQ_S("t"), wq_str_c(text), &traps), WQ_E_CONFIG));
		wq_arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(traps_are_read),
		cmocka_unit_test(what_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
