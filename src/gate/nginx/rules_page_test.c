#include "gate/nginx/rules_page.h"

#include "base/test.h"

static const wq_digest keys[2] = {{{1}}, {{2}}};
static const wq_str client = WQ_S_INIT("192.0.2.0/24");

static void a_mark_holds_where_and_when_it_was_made(void **state)
{
	char mark[WQ_RULES_MARK + 1];

	(void)state;
	wq_rules_mark(&keys[1], WQ_RULES_MARK_COOKIE, client, 100, WQ_S(""), mark);
	for (uint64_t hour = 98; hour < 104; hour++)
		assert_int_equal(
			wq_rules_mark_holds(keys, 2, WQ_RULES_MARK_COOKIE, client, hour, WQ_S(""), wq_str_c(mark)),
			hour == 100 || hour == 101);
	assert_false(wq_rules_mark_holds(keys, 1, WQ_RULES_MARK_COOKIE, client, 100, WQ_S(""), wq_str_c(mark)));
	assert_false(wq_rules_mark_holds(keys, 2, WQ_RULES_MARK_CONTINUE, client, 100, WQ_S(""), wq_str_c(mark)));
	assert_false(wq_rules_mark_holds(
		keys, 2, WQ_RULES_MARK_COOKIE, WQ_S("192.0.3.0/24"), 100, WQ_S(""), wq_str_c(mark)));
	assert_false(wq_rules_mark_holds(keys, 2, WQ_RULES_MARK_COOKIE, client, 100, WQ_S(""), WQ_S("")));
	mark[3] ^= 1;
	assert_false(wq_rules_mark_holds(keys, 2, WQ_RULES_MARK_COOKIE, client, 100, WQ_S(""), wq_str_c(mark)));
}

static void the_way_on_carries_its_target(void **state)
{
	WQ_BUF(path, 4096);
	WQ_BUF(target, 4096);

	(void)state;
	wq_rules_continue(&keys[0], client, 100, WQ_S("/search?q=1' or 1"), &path);
	assert_true(wq_rules_continue_read(keys, 2, client, 101, wq_buf_str(&path), &target));
	assert_string_equal(wq_buf_cstr(&target), "/search?q=1' or 1");
	wq_buf_clear(&target);
	assert_false(wq_rules_continue_read(keys, 2, client, 102, wq_buf_str(&path), &target));
	assert_false(wq_rules_continue_read(keys, 2, client, 100, WQ_S("/weique-continue/"), &target));
	assert_false(wq_rules_continue_read(keys, 2, client, 100, WQ_S("/weique-continue/00/"), &target));
	assert_false(wq_rules_continue_read(keys, 2, client, 100, WQ_S("/other"), &target));
	path.data[path.len - 1] ^= 1;
	assert_false(wq_rules_continue_read(keys, 2, client, 100, wq_buf_str(&path), &target));
}

static void the_cookie_is_found_among_others(void **state)
{
	(void)state;
	assert_true(wq_str_eq(wq_rules_cookie(WQ_S("a=b; weique_pass=abc; c=d")), WQ_S("abc")));
	assert_true(wq_str_eq(wq_rules_cookie(WQ_S("weique_pass=abc")), WQ_S("abc")));
	assert_int_equal(wq_rules_cookie(WQ_S("xweique_pass=abc; weique_pass")).n, 0);
	assert_int_equal(wq_rules_cookie(WQ_S("")).n, 0);
}

static void pages_speak_chinese_first(void **state)
{
	(void)state;
	for (int kind = WQ_RULES_PAGE_BLOCK; kind <= WQ_RULES_PAGE_CHALLENGE; kind++) {
		WQ_BUF(page, WQ_RULES_PAGE_MAX);
		wq_str text;

		wq_rules_page((enum wq_rules_page)kind, "20261122-0000A7F3", WQ_S("/weique-continue/x/y"), &page);
		text = wq_buf_str(&page);
		assert_true(wq_str_find(text, WQ_S("<html lang=\"zh-CN\">")) > 0);
		assert_true(wq_str_find(text, WQ_S("<h1>请")) < wq_str_find(text, WQ_S("<p lang=\"en\">")));
		assert_true(wq_str_find(text, WQ_S("<strong>20261122-0000A7F3</strong>")) > 0);
		assert_int_equal(wq_str_find(text, WQ_S("action=\"/weique-continue/x/y\"")) > 0,
			kind == WQ_RULES_PAGE_CHALLENGE);
		assert_int_equal(wq_str_find(text, WQ_S("<script")), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_holds_where_and_when_it_was_made),
		cmocka_unit_test(the_way_on_carries_its_target),
		cmocka_unit_test(the_cookie_is_found_among_others),
		cmocka_unit_test(pages_speak_chinese_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
