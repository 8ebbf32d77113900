/* The parts of `weique rules test`: reading cases, the bytes that are sent, how a server reads them, what a log says. */
#include "base/test.h"
#include "cli/ftw.h"

enum { MEMORY = 128 * 1024 * 1024 };

struct fixture {
	struct wq_arena arena;
};

static int setup(void **state)
{
	static struct fixture f;

	wq_arena_init(&f.arena, MEMORY);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	wq_arena_done(&((struct fixture *)*state)->arena);
	return 0;
}

/* ---- what is sent ---- */

#define CASE(input) "rule_id: 1\ntests:\n - stages:\n    - input: {" input "}\n      output: {status: 200}\n"
#define OLD(input) \
	"meta: {enabled: true}\ntests:\n - test_title: 1-3\n   stages:\n    - stage: {input: {" input \
	"}, output: {log_contains: 'id \"77\"'}}\n"
#define POST "method: POST, headers: {Host: h}, "

static void assert_sent(struct wq_arena *arena, const char *text, const char *bytes)
{
	WQ_BUF(out, WQ_FTW_REQUEST_MAX);
	struct wq_ftw_suite suite;

	assert_ok(wq_ftw_read_text(wq_str_c(text), "case.yaml", arena, &suite));
	assert_int_equal(suite.n, 1);
	assert_ok(wq_ftw_request(&suite.tests[0].stages[0].input, &out));
	assert_string_equal(wq_buf_cstr(&out), bytes);
}

static void requests(void **state)
{
	static const struct {
		const char *text, *bytes;
	} rows[] = {
		{CASE("headers: {B: 1, A: x}"), "GET / HTTP/1.1\r\nA: x\r\nB: 1\r\nConnection: close\r\n\r\n"},
		{CASE("autocomplete_headers: false, uri: /q, version: HTTP/1.0"), "GET /q HTTP/1.0\r\n\r\n"},
		{CASE("stop_magic: true, headers: {A: }"), "GET / HTTP/1.1\r\nA: \r\n\r\n"},
		{CASE("method: POST"), "POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
		{CASE(POST "data: 'a=b c&d=<&e'"),
			"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: "
			"close\r\nContent-Length: 13\r\n\r\na=b+c&d=%3C&e"},
		{CASE(POST "data: 'a=%20<'"),
			"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: "
			"close\r\nContent-Length: 6\r\n\r\na=%20<"},
		{CASE("data: 'x < y', headers: {Content-Type: text/plain, Content-Length: 3}"),
			"GET / HTTP/1.1\r\nContent-Length: 3\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nx < y"},
		{CASE("data: \"a\\nb\", headers: {Content-Type: multipart/form-data; boundary=x}"),
			"GET / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nConnection: "
			"close\r\nContent-Length: 4\r\n\r\na\r\nb"},
		{CASE("data: 'a={{ \"xy\" | repeat 3 }}z', headers: {Content-Type: t}"),
			"GET / HTTP/1.1\r\nContent-Type: t\r\nConnection: close\r\nContent-Length: 9\r\n\r\na=xyxyxyz"},
		{CASE("encoded_request: R0VUIC8K"), "GET /\n"},
		{OLD("headers: {B: 1, A: x}, data: ['a', 'b']"),
			"GET / HTTP/1.1\r\nB: 1\r\nA: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
			"4\r\n\r\na\r\nb"},
		{OLD("data: 'a=b+c d&x&e=+'"),
			"GET / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
			"11\r\n\r\na=b+c+d&e=+"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_sent(&f->arena, rows[i].text, rows[i].bytes);
}

static void old_format(void **state)
{
	struct fixture *f = *state;
	struct wq_ftw_suite suite;

	assert_ok(wq_ftw_read_text(WQ_S(OLD("uri: /")), "123.yaml", &f->arena, &suite));
	assert_str(suite.tests[0].name, WQ_S("1-3"));
	assert_int_equal(suite.tests[0].id, 3);
	assert_int_equal(suite.tests[0].rule, 123);
	assert_int_equal(suite.tests[0].stages[0].output.expect_n, 1);
	assert_int_equal(suite.tests[0].stages[0].output.expect[0], 77);
	assert_ok(wq_ftw_read_text(WQ_S("meta: {enabled: false}\ntests:\n - {test_title: a, stages: [{stage: {}}]}\n"),
		"x.yaml", &f->arena, &suite));
	assert_int_equal(suite.n, 0);
}

static void refused(void **state)
{
	static const char *const rows[] = {CASE("unknown: 1"), CASE("headers: [a]"), CASE("data: '{{ x }}'"),
		CASE("encoded_request: '!'"), CASE("data: x, encoded_request: R0VU"),
		CASE("autocomplete_headers: maybe"), CASE("protocol: https"), "tests: 1", "tests: [1]",
		"tests:\n - stages: []\n", "tests:\n - desc: x\n", "a: b", "- a", "tests: [", "\t",
		"tests: [{stages: [{output: {status: 1000}}]}]",
		"tests: [{stages: [{output: {log: {expect_ids: [x]}}}]}]"};
	struct fixture *f = *state;
	struct wq_ftw_suite suite;

	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_err(wq_ftw_read_text(wq_str_c(rows[i]), "case.yaml", &f->arena, &suite), WQ_E_CONFIG);
	assert_ok(wq_ftw_read_text(WQ_S(""), "case.yaml", &f->arena, &suite));
	assert_ok(wq_ftw_read_text(WQ_S_NONE, "case.yaml", &f->arena, &suite));
	assert_int_equal(suite.n, 0);
}

/* ---- how it is read ---- */

#define HOST "Host: www.example.com\r\n"

static void servers(void **state)
{
	static const struct {
		const char *bytes;
		unsigned answered, refused;
	} rows[] = {
		{"GET / HTTP/1.1\r\n" HOST "\r\n", 0, 0},
		{"\r\nGET /a%20b?%zz HTTP/1.0\r\n" HOST "\r\n", 0, 400},
		{"get / HTTP/1.1\r\n" HOST "\r\n", 400, 0},
		{"GET x HTTP/1.1\r\n" HOST "\r\n", 400, 0},
		{"GET /a b HTTP/1.1\r\n" HOST "\r\n", 400, 0},
		{"GET / HTTP/2.0\r\n" HOST "\r\n", 505, 0},
		{"GET / HTTP/1\r\n" HOST "\r\n", 400, 0},
		{"GET /%00 HTTP/1.1\r\n" HOST "\r\n", 400, 0},
		{"GET /%zz HTTP/1.1\r\n" HOST "\r\n", 400, 0},
		{"GET /../x HTTP/1.1\r\n" HOST "\r\n", 400, 0},
		{"GET /a/../x HTTP/1.1\r\n" HOST "\r\n", 0, 0},
		{"GET /a/../../x HTTP/1.1\r\n" HOST "\r\n", 400, 0},
		{"GET /a/%2e%2e/%2e./x HTTP/1.1\r\n" HOST "\r\n", 400, 0},
		{"GET http://h/x HTTP/1.1\r\n" HOST "\r\n", 0, 0},
		{"GET / HTTP/1.1\r\n\r\n", 400, 0},
		{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, 0},
		{"GET / HTTP/1.1\r\nHost: a..b\r\n\r\n", 400, 0},
		{"GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n", 400, 0},
		{"GET / HTTP/1.1\r\n" HOST " folded\r\n\r\n", 400, 0},
		{"GET / HTTP/1.1\r\n" HOST "A: x\ry\r\n\r\n", 400, 0},
		{"TRACE / HTTP/1.1\r\n" HOST "\r\n", 405, 0},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: x\r\n\r\n", 400, 0},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", 400, 0},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: 9999999\r\n\r\n", 413, 0},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, 0},
		{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 501, 0},
		{"POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 400, 0},
		{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nz\r\n", 400, 0},
		{"GET /a%2fb HTTP/1.1\r\n" HOST "\r\n", 0, 400},
		{"GET /a/x;y HTTP/1.1\r\n" HOST "\r\n", 0, 400},
		{"GET /?a=\\ HTTP/1.1\r\n" HOST "\r\n", 0, 400},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_ftw_http http;

		wq_ftw_http_read(wq_str_c(rows[i].bytes), &f->arena, &http);
		if (http.answered != rows[i].answered || http.refused != rows[i].refused)
			fail_msg("row %zu: %u %u (%s)", i, http.answered, http.refused, http.why ? http.why : "");
	}
}

static void read_in_full(void **state)
{
	struct fixture *f = *state;
	struct wq_ftw_http http;

	wq_ftw_http_read(
		WQ_S("POST http://h/x?y HTTP/1.1\r\nHost: h\r\nX_A: 1\r\nB:  v w \r\nC\r\nContent-Length: 3\r\n\r\nabcdef"),
		&f->arena, &http);
	assert_str(http.target, WQ_S("/x?y"));
	assert_int_equal(http.headers_n, 4);
	assert_int_equal(http.dropped, 1);
	assert_str(http.headers[1].value, WQ_S("v w"));
	assert_str(http.headers[2].name, WQ_S("C"));
	assert_str(http.body, WQ_S("abc"));
	wq_ftw_http_read(
		WQ_S("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
		&f->arena, &http);
	assert_str(http.body, WQ_S("abcde"));
	assert_false(http.incomplete);
	wq_ftw_http_read(WQ_S("POST / HTTP/1.1\r\n" HOST "Content-Length: 30\r\n\r\nabc"), &f->arena, &http);
	assert_true(http.incomplete);
	wq_ftw_http_read(WQ_S("GET /\r\n"), &f->arena, &http);
	assert_true(http.simple);
	wq_ftw_http_read(WQ_S("GET / HT"), &f->arena, &http);
	assert_true(http.incomplete);
}

static void answers(void **state)
{
	static const struct {
		const char *body;
		unsigned status;
		const char *type;
	} rows[] = {{"{\"status\":404,\"body\":\"<b>x\"}", 404, "text/html; charset=utf-8"},
		{"{\"encodedBody\":\"AAE=\"}", 200, "application/octet-stream"},
		{"{\"headers\":{\"Content-Type\":\"a/b\"},\"body\":\"x\"}", 200, "a/b"},
		{"{\"body\":\"x\"}", 200, "text/plain; charset=utf-8"}, {"{}", 200, "0"},
		{"{\"status\":42}", 400, "text/plain; charset=utf-8"}, {"nothing", 400, "text/plain; charset=utf-8"}};
	struct fixture *f = *state;

	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_ftw_http http = {
			.method = WQ_S("POST"), .target = WQ_S("/reflect"), .body = wq_str_c(rows[i].body)};
		struct wq_ftw_answer answer;

		wq_ftw_backend(&http, &f->arena, &answer);
		assert_int_equal(answer.status, rows[i].status);
		assert_str(answer.headers[0].value, wq_str_c(rows[i].type));
	}
}

/* ---- logs ---- */

static void logs(void **state)
{
	struct fixture *f = *state;
	struct wq_ftw_log *log = WQ_NEW(&f->arena, struct wq_ftw_log);

	wq_ftw_log_line(
		WQ_S("{\"rules\":[{\"id\":1,\"msg\":\"a \\\"b\\u0000\",\"var\":\"ARGS:x\",\"value\":\"v\"},{\"id\":2}]}"),
		&f->arena, log);
	wq_ftw_log_line(WQ_S("2026 [info] ModSecurity: Warning. [id \"33\"] [msg \"m\"] [id \"34\"]"), &f->arena, log);
	wq_ftw_log_line(WQ_S("{broken"), &f->arena, log);
	wq_ftw_log_line(WQ_S("anything"), &f->arena, log);
	assert_str(wq_ftw_ids(log->ids, log->ids_n, &f->arena), WQ_S("1 2 33 34"));
	assert_int_equal(log->lines_n, 4);
	assert_true(wq_str_find(log->lines[0], WQ_S("`ARGS:x'")) >= 0);
	assert_true(wq_str_find(log->lines[0], WQ_S("[id \"1\"]")) >= 0);
	assert_true(wq_str_find(log->lines[0], WQ_S("[msg \"a \\\"b")) >= 0);
}

static void judged(void **state)
{
	static const uint32_t ids[] = {5, 6};
	static const wq_str lines[] = {WQ_S_INIT("[id \"5\"] x")};
	const struct wq_ftw_seen seen = {
		.status = 200, .response = WQ_S("hello"), .ids = ids, .ids_n = 2, .lines = lines, .lines_n = 1};
	const struct wq_ftw_seen silent = {0};
	const struct {
		struct wq_ftw_output expected;
		const char *why, *why_silent;
	} rows[] = {
		{{.expect = {5, 6}, .expect_n = 2}, "", "no answer"},
		{{.expect = {7}, .expect_n = 1, .unexpect = {6}, .unexpect_n = 1}, "7 did not fire; 6 fired",
			"no answer"},
		{{.status = {404, 200}, .status_n = 2}, "", "no answer"},
		{{.status = {403}, .status_n = 1}, "", "no answer"},
		{{.status = {404}, .status_n = 1}, "expected status 404, seen 200", "no answer"},
		{{.isolated = true}, "expected one rule alone, 2 fired", "no answer"},
		{{.error_given = true, .error = true}, "expected no answer, seen status 200", ""},
		{{.match = WQ_S("\"5\".*x$"), .no_match = WQ_S("\"6\"")}, "", "no answer"},
		{{.match = WQ_S("y")}, "not in the log: y", "no answer"},
		{{.no_match = WQ_S("x")}, "in the log: x", "no answer"},
		{{.response = WQ_S("^hell")}, "", "no answer"},
	};
	const struct wq_ftw_test test = {.rule = 5};
	struct fixture *f = *state;
	wq_str why;

	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		assert_ok(wq_ftw_judge(&test, &rows[i].expected, &seen, &f->arena, &why));
		assert_str(why, wq_str_c(rows[i].why));
		assert_ok(wq_ftw_judge(&test, &rows[i].expected, &silent, &f->arena, &why));
		assert_str(why, wq_str_c(rows[i].why_silent));
	}
	assert_err(
		wq_ftw_judge(&test, &(struct wq_ftw_output){.match = WQ_S("(")}, &seen, &f->arena, &why), WQ_E_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(requests, setup, teardown),
		cmocka_unit_test_setup_teardown(old_format, setup, teardown),
		cmocka_unit_test_setup_teardown(refused, setup, teardown),
		cmocka_unit_test_setup_teardown(servers, setup, teardown),
		cmocka_unit_test_setup_teardown(read_in_full, setup, teardown),
		cmocka_unit_test_setup_teardown(answers, setup, teardown),
		cmocka_unit_test_setup_teardown(logs, setup, teardown),
		cmocka_unit_test_setup_teardown(judged, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
