/* What an attacker may try on a transaction's edges: to be judged by half, by the wrong phase, or with another one's limits. */
#include "base/test.h"
#include "detect/waf/eval_probe.h"

enum { PROGRAMS = 6 }; /* more than a worker keeps match limits for */

static struct wq_waf_program *load(const char *rules)
{
	struct wq_waf_program *program = NULL;

	assert_ok(probe_load(rules, false, &program));
	return program;
}

static uint64_t clock_nsec;

static uint64_t ticking(void)
{
	return clock_nsec += 1000000;
}

static void expect(struct wq_waf_tx *tx, const char *expected)
{
	WQ_BUF(log, PROBE_LOG_MAX);

	probe_result(tx, &log);
	assert_string_equal(wq_buf_cstr(&log), expected);
}

#define TWENTY_ARGUMENTS \
	"/?a=xy&b=xy&c=xy&d=xy&e=xy&f=xy&g=xy&h=xy&i=xy&j=xy&k=xy&l=xy&m=xy&n=xy&o=xy&p=xy&q=xy&r=xy&s=xy&t=xy"

/* The visitor is gone: the last phase runs, and it is not the rest of the one before. */
static void a_phase_that_was_left_is_over(void **state)
{
	struct wq_waf_program *program = load(
		"SecRule ARGS \"!@rx x\" \"id:1,phase:1,pass,log\"\n"
		"SecAction \"id:2,phase:1,deny,log\"\nSecAction \"id:3,phase:5,pass,log\"");
	const struct wq_waf_begin begin = {.budget = {.slice_usec = 1}};
	struct wq_waf_worker *worker;
	struct wq_waf_tx *tx;
	(void)state;

	assert_ok(wq_waf_worker_new(ticking, &worker));
	tx = wq_waf_begin(worker, program, &begin);
	wq_waf_request(tx, WQ_S("GET"), WQ_S(TWENTY_ARGUMENTS), WQ_S("HTTP/1.1"));
	assert_int_equal(wq_waf_run(tx, 1), WQ_WAF_AGAIN);
	assert_int_equal(probe_phase(tx, 5), WQ_WAF_DONE);
	expect(tx, "3 =\n");
	assert_int_equal(wq_waf_run(tx, 1), WQ_WAF_DONE);
	expect(tx, "3 =\n");
	wq_waf_end(&tx);
	wq_waf_worker_free(&worker);
	wq_waf_program_unref(&program);
}

/* Requests of applications with other match limits come in between. */
static void limits_are_of_the_one_that_runs(void **state)
{
	struct wq_waf_program *programs[PROGRAMS];
	const struct wq_waf_begin begin = {.budget = {.slice_usec = 1}};
	struct wq_waf_worker *worker;
	struct wq_waf_tx *tx[PROGRAMS];
	(void)state;

	assert_ok(wq_waf_worker_new(ticking, &worker));
	for (unsigned i = 0; i < PROGRAMS; i++) {
		char rules[256];
		(void)snprintf(rules, sizeof rules,
			"SecPcreMatchLimit %u\nSecRule ARGS \"!@rx x\" \"id:1,phase:1,pass,log\"\n"
			"SecRule ARGS:t \"@rx x(y)\" \"id:2,phase:1,deny,log\"",
			1000 + i);
		programs[i] = load(rules);
		tx[i] = wq_waf_begin(worker, programs[i], &begin);
		wq_waf_request(tx[i], WQ_S("GET"), WQ_S(TWENTY_ARGUMENTS), WQ_S("HTTP/1.1"));
		assert_int_equal(wq_waf_run(tx[i], 1), WQ_WAF_AGAIN);
	}
	for (unsigned i = 0; i < PROGRAMS; i++) {
		assert_int_equal(probe_phase(tx[i], 1), WQ_WAF_STOP);
		expect(tx[i], "2 ARGS:t=xy\ndeny 403 by 2 \n");
		wq_waf_end(&tx[i]);
		wq_waf_program_unref(&programs[i]);
	}
	wq_waf_worker_free(&worker);
}

static void what_policy_fixed_stays(void **state)
{
	struct wq_waf_program *program = load(
		"SecRule ARGS_NAMES \"@rx ^lim\" \"id:1,phase:1,pass,nolog,setvar:'tx.%{MATCHED_VAR}=999'\"\n"
		"SecRule TX:limit \"@eq 9\" \"id:2,phase:1,pass,log\"");
	const struct wq_waf_begin begin = {0};
	struct wq_waf_worker *worker;
	struct wq_waf_tx *tx;
	(void)state;

	assert_ok(wq_waf_worker_new(NULL, &worker));
	tx = wq_waf_begin(worker, program, &begin);
	assert_true(wq_waf_tx_fix(tx, WQ_S("limit"), 9));
	assert_int_equal(probe_request(tx, WQ_S("GET /?limit=1 HTTP/1.1\r\n\r\n"), 1), WQ_WAF_DONE);
	expect(tx, "2 TX:limit=9\n");
	wq_waf_end(&tx);
	wq_waf_worker_free(&worker);
	wq_waf_program_unref(&program);
}

/* A pattern that gives up has said nothing of the value, nor of whether the value is one of its own. */
static void what_gives_up_is_over(void **state)
{
	static const char *const rules[] = {"SecRule ARGS \"@rx ^(?:a|aa|ab)+$\" \"id:1,phase:1,deny,log\"",
		"SecRule ARGS \"!@rx ^(?:a|aa|ab)+$\" \"id:1,phase:1,deny,log\"",
		"SecRule ARGS:/^(?:a|aa|ab)+$/ \"@rx x\" \"id:1,phase:1,deny,log\"",
		"SecRule &ARGS:/^(?:a|aa|ab)+$/ \"@gt 0\" \"id:1,phase:1,deny,log\""};
	static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabb";
	const struct wq_waf_begin begin = {0};
	struct wq_waf_worker *worker;
	char request[256];
	(void)state;

	(void)snprintf(request, sizeof request, "GET /?%s=%s HTTP/1.1\r\n\r\n", text, text);
	assert_ok(wq_waf_worker_new(NULL, &worker));
	for (size_t i = 0; i < WQ_COUNT(rules); i++) {
		struct wq_waf_program *program = load(rules[i]);
		struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
		assert_int_equal(probe_request(tx, wq_str_c(request), 1), WQ_WAF_OVER);
		wq_waf_end(&tx);
		wq_waf_program_unref(&program);
	}
	wq_waf_worker_free(&worker);
}

static void targets(void **state)
{
	static const struct {
		const char *target, *expected;
	} rows[] = {
		{"http://h/a?u=1", "1 REQUEST_URI=/a?u=1\n1 ARGS:u=1\n"},
		{"HTTP+x-1.2://h?u=1", "1 REQUEST_URI=?u=1\n1 ARGS:u=1\n"},
		{"http://h", "1 REQUEST_URI=/\n"},
		{"/a?u=http://h/b", "1 REQUEST_URI=/a?u=http://h/b\n1 ARGS:u=http://h/b\n"},
		/* no scheme: all of it is looked at */
		{"a?u=http://h/b", "1 REQUEST_URI=a?u=http://h/b\n1 ARGS:u=http://h/b\n"},
		{"?u=x://y", "1 REQUEST_URI=?u=x://y\n1 ARGS:u=x://y\n"},
		{"/a#b?u=1", "1 REQUEST_URI=/a#b?u=1\n1 ARGS:u=1\n"},
		{"/a?u=1#?v=2", "1 REQUEST_URI=/a?u=1#?v=2\n1 ARGS:u=1#?v=2\n"},
	};
	struct wq_waf_program *program = load("SecRule REQUEST_URI|ARGS \"@rx .\" \"id:1,phase:1,pass,log\"");
	const struct wq_waf_begin begin = {0};
	struct wq_waf_worker *worker;
	(void)state;

	assert_ok(wq_waf_worker_new(NULL, &worker));
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
		wq_waf_request(tx, WQ_S("GET"), wq_str_c(rows[i].target), WQ_S("HTTP/1.1"));
		assert_int_equal(probe_phase(tx, 1), WQ_WAF_DONE);
		expect(tx, rows[i].expected);
		wq_waf_end(&tx);
	}
	wq_waf_worker_free(&worker);
	wq_waf_program_unref(&program);
}

/* Which of two headers a server goes by is not known: the body is read, and counts as unreadable. */
static void two_types_are_in_doubt(void **state)
{
	static const struct {
		const char *headers, *body, *expected;
		bool unreadable;
	} rows[] = {
		{"Content-Type: application/x-www-form-urlencoded\r\n", "a=x", "1 ARGS:a=x\n", false},
		{"Content-Type: application/x-www-form-urlencoded\r\nContent-Type: application/x-www-form-urlencoded\r\n",
			"a=x", "1 ARGS:a=x\n", false},
		{"Content-Type: application/x-www-form-urlencoded\r\ncontent-type: text/plain\r\n", "a=x",
			"1 ARGS:a=x\n", true},
		{"Content-Type: text/plain\r\nContent-Type: application/x-www-form-urlencoded\r\n", "a=x", "", true},
		{"Content-Type: image/png\r\nContent-Type: application/json\r\n", "{\"a\":\"x\"}", "1 ARGS:json.a=x\n",
			true},
		{"Content-Type: application/json\r\nContent-Encoding: identity\r\nContent-Encoding: br\r\n",
			"{\"a\":\"x\"}", "1 ARGS:json.a=x\n", true},
		{"Content-Type: multipart/related; boundary=b\r\n",
			"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b--\r\n", "1 ARGS:a=x\n", false},
	};
	struct wq_waf_program *program = load(
		"SecRequestBodyAccess On\nSecRule ARGS \"@rx x\" \"id:1,phase:2,pass,log\"");
	const struct wq_waf_begin begin = {.body = wq_body_limits_default};
	struct wq_waf_worker *worker;
	char request[512];
	(void)state;

	assert_ok(wq_waf_worker_new(NULL, &worker));
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
		(void)snprintf(request, sizeof request, "POST / HTTP/1.1\r\n%s\r\n%s", rows[i].headers, rows[i].body);
		assert_int_equal(probe_request(tx, wq_str_c(request), SIZE_MAX / 2), WQ_WAF_DONE);
		expect(tx, rows[i].expected);
		assert_int_equal(wq_waf_body_report(tx)->unreadable, rows[i].unreadable);
		assert_false(wq_waf_body_report(tx)->failed);
		wq_waf_end(&tx);
	}
	wq_waf_worker_free(&worker);
	wq_waf_program_unref(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_phase_that_was_left_is_over),
		cmocka_unit_test(limits_are_of_the_one_that_runs),
		cmocka_unit_test(what_policy_fixed_stays),
		cmocka_unit_test(what_gives_up_is_over),
		cmocka_unit_test(targets),
		cmocka_unit_test(two_types_are_in_doubt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
