#include "base/file.h"
#include "base/test.h"
#include "policy/profile.h"

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

static const char everything[] =
	"paths  = [ \"/search dynamic\", \"/admin staff\", \"/tmp closed\", \"/static sealed query=ignore\",\n"
	"           \"/list  sealed  query=page,size\", \"/公开 sealed query=keep\", \"/\\x7e%7euser sealed\" ];\n"
	"staff  = { from = [ \"10.0.0.0/8\", \"2001:db8::/32\" ]; };\n"
	"leave  = { prompt = true; name = \"云山县人民政府\"; path = \"/出去/\";\n"
	"           inside = [ \"WWW.Partner.example\", \"例子.中国\" ]; };\n"
	"footer = \"<p>党政机关</p>\\n\";\n"
	"csp    = \"report\";\n"
	"volatile = [ \"freeze /news \\\"阅读次数：\\\" \\\"次\\\" 16 digits\", \"remove / \\\"\\\\xb5\\\\xe3\\\" \\\"\\\" 9\" ];\n"
	"capture = { twice = false; };\n"
	"confirmed = [ \"www.12306.cn\" ];\n";

static void every_setting_is_read(void **state)
{
	struct wq_profile p;

	(void)state;
	assert_ok(wq_profile_parse(wq_str_c(everything), "p.conf", &arena, &p));
	assert_int_equal(p.policy.paths_n, 7);
	assert_int_equal(wq_policy_class(&p.policy, WQ_S("/search/x")), WQ_CLASS_DYNAMIC);
	assert_int_equal(wq_policy_class(&p.policy, WQ_S("/admin")), WQ_CLASS_STAFF);
	assert_int_equal(wq_policy_class(&p.policy, WQ_S("/tmp/")), WQ_CLASS_CLOSED);
	assert_int_equal(wq_policy_path(&p.policy, WQ_S("/static/a.css"))->query, WQ_KEY_QUERY_IGNORE);
	assert_int_equal(wq_policy_path(&p.policy, WQ_S("/list"))->listed_n, 2);
	assert_str(wq_policy_path(&p.policy, WQ_S("/list"))->listed[1], WQ_S("size"));
	assert_int_equal(wq_policy_path(&p.policy, WQ_S("/%E5%85%AC%E5%BC%80/1"))->query, WQ_KEY_QUERY_KEEP);
	assert_non_null(wq_policy_path(&p.policy, WQ_S("/~~user")));
	assert_true(wq_policy_staff(&p.policy, &(struct wq_addr){4, {10, 9, 8, 7}}));
	assert_true(p.policy.leave);
	assert_str(p.policy.portal, WQ_S("云山县人民政府"));
	assert_str(p.policy.leave_prefix, WQ_S("/%E5%87%BA%E5%8E%BB/"));
	assert_int_equal(p.policy.inside_n, 2);
	assert_str(p.policy.inside[0], WQ_S("www.partner.example"));
	assert_str(p.policy.inside[1], WQ_S("xn--fsqu00a.xn--fiqs8s"));
	assert_str(p.policy.footer, WQ_S("<p>党政机关</p>\n"));
	assert_int_equal(p.policy.csp, WQ_CSP_REPORT);
	assert_int_equal(p.policy.volatiles_n, 2);
	assert_str(p.policy.volatiles[0].before, WQ_S("\xb5\xe3"));
	assert_int_equal(p.policy.volatiles[0].action, WQ_VOLATILE_REMOVE);
	assert_int_equal(p.policy.volatiles[0].bytes, WQ_VOLATILE_TEXT);
	assert_int_equal(p.policy.volatiles[1].max_bytes, 16);
	assert_int_equal(p.policy.volatiles[1].bytes, WQ_VOLATILE_DIGITS);
	assert_false(p.twice);
	assert_int_equal(p.confirmed_n, 1);
	assert_str(p.confirmed[0], WQ_S("www.12306.cn"));
}

static void an_empty_one_is_the_default(void **state)
{
	WQ_BUF(block, WQ_POLICY_BLOCK_MAX);
	struct wq_profile p;

	(void)state;
	assert_ok(wq_profile_parse(WQ_S_NONE, "p.conf", &arena, &p));
	assert_ok(wq_policy_encode(&p.policy, &block));
	assert_int_equal(block.len, 0);
	assert_true(p.twice);
	assert_int_equal(p.confirmed_n, 0);
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text, *place, *hint;
	} rows[] = {
		{"\npath = [];", "p.conf:2", "did you mean paths?"},
		{"\n\npaths = [ \"/a sealed\", \"/b\" ];", "p.conf:3: paths, entry 2",
			"comes sealed, dynamic, staff or closed"},
		{"paths = [ \"/a open\" ];", "p.conf:1: paths, entry 1", "comes sealed, dynamic"},
		{"paths = [ \"a sealed\" ];", "p.conf:1: paths, entry 1", "begins with /"},
		{"paths = [ \"/a?x=1 sealed\" ];", "p.conf:1: paths, entry 1", "has no query"},
		{"paths = [ \"/a%2fb sealed\" ];", "p.conf:1", "encoded-separator"},
		{"paths = [ \"/a dynamic query=ignore\" ];", "p.conf:1", "only a sealed path"},
		{"paths = [ \"/a sealed ignore\" ];", "p.conf:1", "query=refuse|ignore|keep"},
		{"paths = [ \"/a sealed query=a,,b\" ];", "p.conf", "parameter"},
		{"paths = [ \"/a sealed query=a b\" ];", "p.conf:1", "is left over"},
		{"paths = [ \"/a sealed\",\n \"/b/../a dynamic\" ];", "p.conf:1: paths: entry 2", "same as entry 1"},
		{"paths = [ \"\xff sealed\" ];", "p.conf:1", "UTF-8"},
		{"staff = {\n from = [ \"10.0.0.1/8\" ]; };", "p.conf:2: staff.from, entry 1", "beyond the length"},
		{"staff = { from = [ \"intranet\" ]; };", "p.conf:1", "10.0.0.0/8"},
		{"leave = { prompt = true; };", "p.conf:1: leave.prompt", "set leave.name"},
		{"leave = { path = \"/leave\"; };", "p.conf:1: leave.path", "like /leave/"},
		{"leave = { path = \"leave/\"; };", "p.conf:1: leave.path", "begins with /"},
		{"leave = { name = \"a\\x1b\"; };", "p.conf", "portal's name"},
		{"leave = { inside = [ \"http://a.example/\" ]; };", "p.conf:1: leave.inside, entry 1",
			"www.partner.example"},
		{"leave = { inside = [ \"*.example\" ]; };", "p.conf:1: leave.inside", "www.partner.example"},
		{"csp = \"on\";", "p.conf:1: csp", "off, report or enforce"},
		{"footer = \"\\xff\";", "p.conf:1: footer", "UTF-8"},
		{"volatile = [ \"freeze\" ];", "p.conf:1: volatile, entry 1", "a path is missing"},
		{"volatile = [ \"keep / \\\"a\\\" \\\"b\\\" 1\" ];", "p.conf:1", "freeze or remove"},
		{"volatile = [ \"freeze / \\\"a\\\" \\\"b\\\" 0\" ];", "p.conf:1", "1 to 4096"},
		{"volatile = [ \"freeze / \\\"a\\\" \\\"b\\\" 4097\" ];", "p.conf:1", "1 to 4096"},
		{"volatile = [ \"freeze / \\\"a\\\" \\\"b\\\" 5 some\" ];", "p.conf:1", "no such kind of bytes"},
		{"volatile = [ \"freeze / \\\"a\\\" \\\"b\\\" 5 text x\" ];", "p.conf:1", "left over"},
		{"volatile = [ \"freeze / \\\"a\\\" \\\"b 5\" ];", "p.conf:1", "quotation mark is missing"},
		{"volatile = [ \"freeze / \\\"\\\" \\\"\\\" 5\" ];", "p.conf:1", "is missing"},
		{"volatile = [ \"freeze / \\\"\\\\q\\\" \\\"\\\" 5\" ];", "p.conf:1", "xNN"},
		{"volatile = [ \"freeze /?a \\\"a\\\" \\\"\\\" 5\" ];", "p.conf:1", "no query"},
		{"confirmed = [ \"a..b\" ];", "p.conf:1: confirmed, entry 1", "is no host"},
		{"capture = { twice = 3; };", "p.conf:1: capture.twice", "true or false"},
		{"paths = [", "p.conf:", "syntax"},
	};
	struct wq_profile p;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		wq_err e = wq_profile_parse(wq_str_c(rows[i].text), "p.conf", &arena, &p);
		wq_str note = wq_str_c(wq_err_note(e));

		assert_err(e, WQ_E_CONFIG);
		if (wq_str_find(note, wq_str_c(rows[i].place)) < 0 || wq_str_find(note, wq_str_c(rows[i].hint)) < 0)
			fail_msg("%s: %s", rows[i].text, note.p);
	}
}

static void a_profile_has_a_limit(void **state)
{
	static char text[WQ_PROFILE_BYTES_MAX + 1];
	struct wq_profile p;

	(void)state;
	memset(text, ' ', sizeof text);
	assert_ok(wq_profile_parse(wq_str_of(text, sizeof text - 1), "p.conf", &arena, &p));
	assert_err(wq_profile_parse(wq_str_of(text, sizeof text), "p.conf", &arena, &p), WQ_E_CONFIG);
}

static void rules_are_written_as_they_are_read(void **state)
{
	static const char *const texts[] = {
		"freeze /news \"阅读次数：\" \"次\" 16 digits",
		"remove / \"\" \"</div>\" 4096 any",
		"freeze /a \"\\\"\\\\\\n\\r\\t\\x00\\xff\" \"\" 1 clock",
		"freeze /a \" a  b \" \"\\xc2\\x85\" 77 base64",
		"freeze /a \"x\" \"y\" 77 hex",
		"freeze /a \"x\" \"y\" 77 word",
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(texts); i++) {
		WQ_BUF(again, WQ_KIB);
		struct wq_volatile_rule rule;

		assert_ok(wq_volatile_rule_parse(wq_str_c(texts[i]), &arena, &rule));
		assert_ok(wq_volatile_rule_text(&rule, &again));
		assert_str(wq_buf_str(&again), wq_str_c(texts[i]));
	}
}

static void suffixes_are_those_of_the_day(void **state)
{
	const char *path = wq_arena_printf(&arena, "%s/rules/suffix.conf", getenv("WQ_SOURCE_ROOT")).p;
	struct wq_policy policy = wq_policy_default;
	WQ_BUF(block, WQ_POLICY_BLOCK_MAX);
	struct wq_suffix_rules *rules;

	(void)state;
	assert_ok(wq_suffix_rules_open(path, &rules));
	assert_ok(wq_policy_suffixes(rules, 20261122, &arena, &policy.suffixes, &policy.suffixes_n));
	assert_int_equal(policy.suffixes_n, 2);
	assert_str(policy.suffixes[0], WQ_S("gov.cn"));
	assert_str(policy.suffixes[1], WQ_S("xn--zfr164b"));
	assert_ok(wq_policy_suffixes(rules, 20200101, &arena, &policy.suffixes, &policy.suffixes_n));
	assert_int_equal(policy.suffixes_n, 3); /* 2014: also .政务.cn */
	assert_ok(wq_policy_encode(&policy, &block));
	assert_ok(wq_policy_suffixes(rules, 20000101, &arena, &policy.suffixes, &policy.suffixes_n));
	assert_int_equal(policy.suffixes_n, 0);
	wq_suffix_rules_close(&rules);
}

/* ---- differences ---- */

static wq_err put_line(void *data, char sign, wq_str text)
{
	wq_buf_printf(data, "%c %.*s\n", sign, WQ_S_ARG(text));
	return WQ_OK;
}

static wq_err stop(void *data, char sign, wq_str text)
{
	(void)sign, (void)text;
	++*(int *)data;
	return wq_error_id(WQ_E_INTERRUPTED);
}

static void a_reviewer_sees_what_differs(void **state)
{
	struct wq_profile old, now;
	WQ_BUF(lines, 64 * WQ_KIB);
	int calls = 0;

	(void)state;
	assert_ok(wq_profile_parse(wq_str_c(everything), "p.conf", &arena, &old));
	assert_ok(wq_policy_diff(&old.policy, &old.policy, put_line, &lines));
	assert_int_equal(lines.len, 0);
	assert_ok(wq_profile_parse(
		WQ_S("paths = [ \"/search dynamic\", \"/admin closed\", \"/list sealed query=page\" ];\n"
		     "staff = { from = [ \"2001:db8::/33\" ]; };\n"
		     "footer = \"<p>a</p>\\n<p>b</p>\";\n"
		     "csp = \"enforce\";\n"
		     "volatile = [ \"freeze /news \\\"阅读次数：\\\" \\\"次\\\" 17 digits\" ];\n"),
		"p.conf", &arena, &now));
	assert_ok(wq_policy_diff(&old.policy, &now.policy, put_line, &lines));
	assert_str(wq_buf_str(&lines),
		WQ_S("+ csp enforce\n- csp report\n- leave inside www.partner.example\n"
		     "- leave inside xn--fsqu00a.xn--fiqs8s\n+ leave name \n- leave name 云山县人民政府\n"
		     "- leave path /%E5%87%BA%E5%8E%BB/\n+ leave path /leave/\n+ leave prompt false\n- leave prompt true\n"
		     "- path /%E5%85%AC%E5%BC%80 sealed query=keep\n+ path /admin closed\n- path /admin staff\n"
		     "+ path /list sealed query=page\n- path /list sealed query=page,size\n- path /static sealed query=ignore\n"
		     "- path /tmp closed\n- path /~~user sealed\n- staff from 10.0.0.0/8\n"
		     "- staff from 2001:db8:0:0:0:0:0:0/32\n+ staff from 2001:db8:0:0:0:0:0:0/33\n"
		     "- volatile freeze /news \"阅读次数：\" \"次\" 16 digits\n"
		     "+ volatile freeze /news \"阅读次数：\" \"次\" 17 digits\n"
		     "- volatile remove / \"\\xb5\\xe3\" \"\" 9 text\n- footer <p>党政机关</p>\n+ footer <p>a</p>\n"
		     "+ footer <p>b</p>\n"));
	assert_err(wq_policy_diff(NULL, &now.policy, stop, &calls), WQ_E_INTERRUPTED);
	assert_int_equal(calls, 1);
}

static void the_document_is_the_table(void **state)
{
	const char *path = wq_arena_printf(&arena, "%s/docs/profile.md", getenv("WQ_SOURCE_ROOT")).p;
	WQ_BUF(printed, WQ_MIB);
	WQ_BUF(file, WQ_MIB);

	(void)state;
	wq_profile_document(&printed);
	assert_ok(wq_buf_err(&printed));
	if (getenv("WQ_UPDATE_DOCS"))
		assert_ok(wq_file_replace(&wq_fs_system, path, wq_buf_str(&printed), 0644));
	assert_ok(wq_file_read(&wq_fs_system, path, &file));
	if (!wq_str_eq(wq_buf_str(&printed), wq_buf_str(&file)))
		fail_msg("docs/profile.md is not what src/policy/profile.c says: run this test with WQ_UPDATE_DOCS=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_setting_is_read, begin, end),
		cmocka_unit_test_setup_teardown(an_empty_one_is_the_default, begin, end),
		cmocka_unit_test_setup_teardown(what_is_wrong_is_named_with_its_line, begin, end),
		cmocka_unit_test_setup_teardown(a_profile_has_a_limit, begin, end),
		cmocka_unit_test_setup_teardown(rules_are_written_as_they_are_read, begin, end),
		cmocka_unit_test_setup_teardown(suffixes_are_those_of_the_day, begin, end),
		cmocka_unit_test_setup_teardown(a_reviewer_sees_what_differs, begin, end),
		cmocka_unit_test_setup_teardown(the_document_is_the_table, begin, end),
	};
	return cmocka_run_group_tests_name("policy profile", tests, NULL, NULL);
}
