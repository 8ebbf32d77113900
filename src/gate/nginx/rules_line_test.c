#include "gate/nginx/rules_line.h"

#include "base/test.h"

static void secrets_are_masked(void **state)
{
	static const struct {
		const char *text, *shown;
	} table[] = {
		{"/login?user=li&password=geheim&x=1", "/login?user=li&password=***&x=1"},
		{"/login?PassWord=geheim", "/login?PassWord=***"},
		{"a=1&old_pwd=1&new-pwd=2;mima=3", "a=1&old_pwd=***&new-pwd=***;mima=***"},
		{"密码=一二三&b=2", "密码=***&b=2"},
		{"{\"password\":\"ge heim\",\"b\":\"2\"}", "{\"password\":\"***\",\"b\":\"2\"}"},
		{"{\"password\" : 12345, \"b\":2}", "{\"password\" : ***, \"b\":2}"},
		{"{\"password\":\"\",\"b\":\"2\"}", "{\"password\":\"\",\"b\":\"2\"}"},
		{"{\\\"pwd\\\": \\\"geheim\\\"}", "{\\\"pwd\\\": \\\"***\"}"},
		{"<a><password>ge heim</password></a>", "<a><password>***</password></a>"},
		{"a>password b", "a>password b"},
		{"j=%7B%22password%22%3A%22geheim%22%7D&x=1", "j=%7B%22password%22%3A***&x=1"},
		{"Authorization: Basic Z2VoZWlt\r\nA: b", "Authorization: Basic ***\r\nA: b"},
		{"found within ARGS:password: geheim", "found within ARGS:password: ***"},
		{"/a;jsessionid=geheim?b=1", "/a;jsessionid=***"},
		{"pwd=", "pwd="},
		{"=:>%3a%3D", "=:>%3a%3D"},
		{"access_token: abc def", "access_token: *** def"},
		{"password=", "password="},
		{"/search?q=password", "/search?q=password"},
		{"/search?q=a=b&c", "/search?q=a=b&c"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		WQ_BUF(out, 4096);

		wq_rules_mask(wq_str_c(table[i].text), 4096, &out);
		assert_string_equal(wq_buf_cstr(&out), table[i].shown);
	}
	assert_true(wq_rules_is_secret(WQ_S("REQUEST_COOKIES:JSESSIONID")));
	assert_true(wq_rules_is_secret(WQ_S("REQUEST_HEADERS:authorization")));
	assert_true(wq_rules_is_secret(WQ_S("ARGS:user.passwd")));
	assert_false(wq_rules_is_secret(WQ_S("ARGS:q")));
	assert_false(wq_rules_is_secret(WQ_S("REQUEST_HEADERS:User-Agent")));
}

static void a_line_is_one_json_object(void **state)
{
	static const wq_str tags[] = {WQ_S_INIT("attack-sqli"), WQ_S_INIT("paranoia-level/1")};
	static const wq_str exceptions[] = {WQ_S_INIT("942100 ARGS:content /article")};
	static const struct wq_waf_match matches[] = {
		{.rule = 942100,
			.phase = 2,
			.severity = 2,
			.message = WQ_S_INIT("SQL Injection\nattack"),
			.data = WQ_S_INIT("found in ARGS:q: 1' or"),
			.variable = WQ_S_INIT("ARGS:q"),
			.value = WQ_S_INIT("1' or \xff\"<"),
			.tags = tags,
			.tags_n = WQ_COUNT(tags),
			.file = WQ_S_INIT("REQUEST-942.conf"),
			.line = 45},
		{.rule = 920230,
			.phase = 2,
			.severity = 255,
			.message = WQ_S_INIT("m"),
			.data = WQ_S_INIT("secret data"),
			.variable = WQ_S_INIT("ARGS:password"),
			.value = WQ_S_INIT("geheim")},
	};
	struct wq_rules_line line = {.time = 0,
		.incident = "20261122-0000A7F3",
		.app = "portal",
		.class = "dynamic",
		.verdict = "block",
		.client = WQ_S("192.0.2.7"),
		.method = WQ_S("GET"),
		.uri = WQ_S("/s?q=1&pwd=geheim"),
		.status = 403,
		.matches = matches,
		.matches_n = WQ_COUNT(matches),
		.exceptions = exceptions,
		.exceptions_n = 1,
		.cost_usec = 812,
		.evaluations = 33};
	WQ_BUF(out, WQ_RULES_LINE_MAX);

	(void)state;
	wq_rules_line(&line, &out);
	assert_string_equal(wq_buf_cstr(&out),
		"{\"time\":\"1970-01-01T00:00:00.000000Z\",\"incident\":\"20261122-0000A7F3\",\"application\":\"portal\","
		"\"class\":\"dynamic\",\"client\":\"192.0.2.7\",\"method\":\"GET\",\"uri\":\"/s?q=1\\u0026pwd=***\","
		"\"status\":403,\"verdict\":\"block\",\"over\":false,\"unreadable\":false,\"rules\":[{\"id\":942100,\"phase\":2,"
		"\"msg\":\"SQL Injection\\nattack\",\"data\":\"found in ARGS:q: 1' or\",\"var\":\"ARGS:q\","
		"\"value\":\"1' or \\ufffd\\\"\\u003c\",\"severity\":\"critical\",\"tags\":[\"attack-sqli\","
		"\"paranoia-level/1\"],\"file\":\"REQUEST-942.conf\",\"line\":45},{\"id\":920230,\"phase\":2,\"msg\":\"m\","
		"\"data\":\"***\",\"var\":\"ARGS:password\",\"value\":\"***\",\"tags\":[],\"file\":\"\",\"line\":0}],"
		"\"exceptions\":[\"942100 ARGS:content /article\"],\"cost_usec\":812,\"evaluations\":33}\n");
}

/* 256 values of control bytes, each of which is six bytes in JSON. */
static void a_line_is_not_lost(void **state)
{
	static struct wq_waf_match matches[WQ_WAF_MATCHES_MAX];
	static char bytes[WQ_RULES_VALUE_CUT];
	const wq_str text = wq_str_of(bytes, sizeof bytes);
	struct wq_rules_line line = {.app = "a",
		.class = "dynamic",
		.verdict = "block",
		.matches = matches,
		.matches_n = WQ_WAF_MATCHES_MAX};
	WQ_BUF(out, WQ_RULES_LINE_MAX);

	(void)state;
	memset(bytes, 1, sizeof bytes);
	for (uint32_t i = 0; i < WQ_WAF_MATCHES_MAX; i++)
		matches[i] = (struct wq_waf_match){.rule = i + 1,
			.severity = 255,
			.variable = text,
			.value = text,
			.message = text,
			.data = text,
			.file = WQ_S("f"),
			.disruptive = i + 1 == WQ_WAF_MATCHES_MAX};
	line.incident = "20261122-00000001";
	wq_rules_line(&line, &out);
	assert_ok(wq_buf_err(&out));
	assert_non_null(strstr(wq_buf_cstr(&out), "{\"id\":256,"));
	assert_null(strstr(wq_buf_cstr(&out), "{\"id\":255,"));
	assert_non_null(strstr(wq_buf_cstr(&out), "\"lost\":"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_masked),
		cmocka_unit_test(a_line_is_not_lost),
		cmocka_unit_test(a_line_is_one_json_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
