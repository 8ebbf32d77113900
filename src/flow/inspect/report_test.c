#include "base/json_read.h"
#include "base/test.h"
#include "finding/rule.h"
#include "flow/inspect/report.h"
#include "flow/inspect/tally.h"

enum { REPORT_MAX = 16 * 1024 * 1024 };

static struct wq_arena arena;

static int set_up(void **state)
{
	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	return 0;
}

static struct wq_inspect_result result_of(const char *page, const char *subject, const char *excerpt)
{
	static const wq_str starts[] = {WQ_S_INIT("http://www.example.gov.cn/")};
	struct wq_inspect_result r = {.site = WQ_S("www.example.gov.cn"),
		.starts = starts,
		.starts_n = 1,
		.began = 1700000000 * WQ_SECOND,
		.ended = 1700000001 * WQ_SECOND,
		.checks = WQ_INSPECT_STANDARD,
		.pages = 1};
	struct wq_finding link = wq_rule_finding(WQ_RULE_LINK_BROKEN), lang = wq_rule_finding(WQ_RULE_ACCESS_LANG);
	struct wq_tally tally;

	link.place = lang.place = (struct wq_place){.url = wq_str_c(page), .line = 3};
	link.evidence.target = WQ_S("https://www.example.gov.cn/gone");
	link.evidence.subject = link.evidence.target;
	link.evidence.excerpt = WQ_S("404");
	lang.evidence.subject = wq_str_c(subject);
	lang.evidence.excerpt = wq_str_c(excerpt);
	wq_tally_init(&tally, &arena, &wq_random_system);
	assert_ok(wq_tally_add(&tally, &link));
	assert_ok(wq_tally_add(&tally, &lang));
	assert_ok(wq_tally_result(&tally, &r));
	wq_tally_done(&tally);
	return r;
}

/* Of a link the address that leads wrong, of everything else the page. */
static void test_lines(void **state)
{
	struct wq_inspect_result r = result_of("https://www.example.gov.cn/", "s", "e");
	WQ_BUF(out, REPORT_MAX);
	struct json_t *object;
	wq_str rest, value;

	(void)state;
	assert_ok(wq_inspect_report_lines(&r, WQ_LANG_EN, &out));
	rest = wq_buf_str(&out);
	assert_ok(wq_json_read(wq_str_cut(&rest, '\n'), &wq_json_limits_default, &object));
	assert_ok(wq_json_get_str(object, "rule", 100, &value));
	assert_str(value, WQ_S("link.broken"));
	assert_ok(wq_json_get_str(object, "url", 100, &value));
	assert_str(value, WQ_S("https://www.example.gov.cn/gone"));
	assert_ok(wq_json_get_str(object, "page", 100, &value));
	assert_str(value, WQ_S("https://www.example.gov.cn/"));
	assert_ok(wq_json_get_str(object, "clause", 100, &value));
	assert_str(value, WQ_S("B5"));
	wq_json_free(&object);
	assert_ok(wq_json_read(wq_str_cut(&rest, '\n'), &wq_json_limits_default, &object));
	assert_ok(wq_json_get_str(object, "url", 100, &value));
	assert_str(value, WQ_S("https://www.example.gov.cn/"));
	assert_err(wq_json_get_str(object, "target", 100, &value), WQ_E_INPUT);
	wq_json_free(&object);
	assert_int_equal(rest.n, 0);
}

/* No cell is a formula to a spreadsheet program, none ends early. */
static void test_csv(void **state)
{
	static const char *const hostile[] = {"=1+2", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "say \"hi\", there"};
	static const char *const shown[] = {
		"\"'=1+2\"", "\"'+cmd|' /C calc'!A0\"", "\"'-2+3\"", "\"'@SUM(1)\"", "\"say \"\"hi\"\", there\""};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(hostile); i++) {
		struct wq_inspect_result r = result_of("https://a/", "s", hostile[i]);
		WQ_BUF(out, REPORT_MAX);

		assert_ok(wq_inspect_report_csv(&r, WQ_LANG_ZH, &out));
		assert_true(wq_str_starts(wq_buf_str(&out), WQ_S("\xef\xbb\xbf")));
		if (wq_str_find(wq_buf_str(&out), wq_str_c(shown[i])) < 0)
			fail_msg("%s in %.*s", shown[i], WQ_S_ARG(wq_buf_str(&out)));
		assert_int_equal(wq_html_newlines(wq_buf_str(&out)), 3);
	}
}

static void test_html(void **state)
{
	static const char *const must[2][7] = {
		{"lang=\"zh-CN\"", "网站检查报告", "与上次相比", "&lt;script&gt;", "检查范围", "整改", "新增"},
		{"lang=\"en\"", "SITE INSPECTION REPORT", "Since last time", "&lt;script&gt;", "How complete", "Remedy",
			"new"}};
	struct wq_inspect_result r = result_of("https://a/<script>alert(1)</script>", "s\"'>", "e"),
				 before = result_of("https://a/", "another", "e");
	struct wq_inspect_changes changes;

	(void)state;
	assert_ok(wq_record_changes(&arena, &before, &r, &changes));
	for (int lang = 0; lang < 2; lang++) {
		const struct wq_inspect_report report = {
			.result = &r, .changes = &changes, .lang = lang ? WQ_LANG_EN : WQ_LANG_ZH};
		WQ_BUF(out, REPORT_MAX);
		wq_str text;

		assert_ok(wq_inspect_report_html(&report, &out));
		text = wq_buf_str(&out);
		assert_true(wq_str_find(text, WQ_S("<script")) < 0);
		assert_true(wq_str_find(text, WQ_S("default-src 'none'")) > 0);
		for (size_t i = 0; i < WQ_COUNT(must[lang]); i++)
			if (wq_str_find(text, wq_str_c(must[lang][i])) < 0)
				fail_msg("%s is not in the report", must[lang][i]);
	}
}

static void test_network(void **state)
{
	static const wq_str ns[] = {WQ_S_INIT("ns1.example.gov.cn")};
	static const struct wq_inspect_address address = {WQ_S_INIT("61.10.1.1"), WQ_S_INIT("CN"), {0}};
	static const struct wq_inspect_host hosts[] = {{.host = WQ_S_INIT("www.example.gov.cn"),
							       .named = true,
							       .looked = true,
							       .ipv6 = WQ_INSPECT_NO,
							       .ns = ns,
							       .ns_n = 1,
							       .addresses = &address,
							       .addresses_n = 1},
		{.host = WQ_S_INIT("127.0.0.1")}};
	static const char *const must[] = {"网络", "<code>61.10.1.1</code> (CN)", "ns1.example.gov.cn",
		"不适用：不是域名", "TLS 1.3", "CN=&lt;CA&gt;", "剩余 10 天", "已过期 2 天"};
	struct wq_inspect_result r = result_of("https://a/", "s", "e");
	const struct wq_inspect_tls tls[] = {{.host = WQ_S("www.example.gov.cn"),
						     .port = 443,
						     .versions = WQ_S("TLS 1.3"),
						     .issuer = WQ_S("CN=<CA>"),
						     .not_after = r.began + 10 * WQ_DAY + WQ_SECOND,
						     .known = WQ_S("x")},
		{.host = WQ_S("b"), .not_after = r.began - WQ_DAY - WQ_SECOND, .known = WQ_S("x")}};
	const struct wq_inspect_report report = {.result = &r, .lang = WQ_LANG_ZH};
	WQ_BUF(out, REPORT_MAX);

	(void)state;
	assert_ok(wq_inspect_report_html(&report, &out));
	assert_true(wq_str_find(wq_buf_str(&out), WQ_S("id=\"network\"")) < 0);
	wq_buf_clear(&out);
	r.network = (struct wq_inspect_network){hosts, 2, tls, 2};
	assert_ok(wq_inspect_report_html(&report, &out));
	for (size_t i = 0; i < WQ_COUNT(must); i++)
		if (wq_str_find(wq_buf_str(&out), wq_str_c(must[i])) < 0)
			fail_msg("%s is not in the report", must[i]);
}

static void test_score_so_far(void **state)
{
	static const struct wq_inspect_indicator rows[] = {{.kind = WQ_INDICATOR_VETO, .verdict = WQ_INDICATOR_MET},
		{.kind = WQ_INDICATOR_DEDUCTION, .verdict = WQ_INDICATOR_POINTS_OFF, .least = 500, .most = 500},
		{.kind = WQ_INDICATOR_DEDUCTION, .verdict = WQ_INDICATOR_UNKNOWN, .most = 5000},
		{.kind = WQ_INDICATOR_DEDUCTION, .verdict = WQ_INDICATOR_NOT_ASKED}};
	struct wq_inspect_result r = result_of("https://a/", "s", "e");
	const struct wq_inspect_report report = {.result = &r, .lang = WQ_LANG_ZH};
	struct wq_inspect_score_so_far so_far;
	WQ_BUF(out, REPORT_MAX);

	(void)state;
	r.score = (struct wq_inspect_score){.judged = true, .least = 94500, .most = 99500, .rows = rows, .rows_n = 4};
	so_far = wq_inspect_score_so_far(&r.score);
	assert_int_equal(so_far.lost, 500);
	assert_int_equal(so_far.determined, 2);
	assert_int_equal(so_far.open, 1);
	assert_ok(wq_inspect_report_html(&report, &out));
	assert_true(wq_str_find(wq_buf_str(&out),
			    WQ_S("<b>−0.5</b>已判定扣分（2 项），最高可得 99.5 分，1 项待人工核实")) > 0);
	assert_true(wq_str_find(wq_buf_str(&out), WQ_S("得分区间 94.5–99.5")) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_csv, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_html, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_network, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_score_so_far, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
