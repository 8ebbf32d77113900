/* What transactions cost in memory: nothing is allocated in the steady state, and nothing grows. */
#include <limits.h>

#include "base/test.h"
#include "detect/waf/eval_probe.h"

/* Calls of the project's own code, arenas above all (the linker leads them here). */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static unsigned long calls, fail_from = ULONG_MAX;

void *__wrap_malloc(size_t n)
{
	return calls++ >= fail_from ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return calls++ >= fail_from ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return calls++ >= fail_from ? NULL : __real_realloc(p, n);
}

static const char rules[] =
	"SecRule REQUEST_HEADERS_NAMES \"@rx ^.*$\" \"id:1,phase:1,pass,nolog,capture,setvar:'tx.name_%{tx.0}=1'\"\n"
	"SecRule ARGS|REQUEST_COOKIES \"@rx (?i)union\\s+select\" \"id:2,phase:2,log,capture,t:urlDecodeUni,t:lowercase,msg:'%{tx.0}'\"\n"
	"SecRule ARGS \"@pm eval passwd\" \"id:3,phase:2,log,chain\"\nSecRule MATCHED_VARS \"@rx w\" \"setvar:tx.score=+5\"\n"
	"SecRule ARGS|ARGS_NAMES \"@detectSQLi\" \"id:4,phase:2,log\"\n"
	"SecRule TX:score \"@ge 5\" \"id:5,phase:2,log,deny\"\n";

static const char
	form[] = "POST /?a=1&b=UNION%20%20select HTTP/1.1\r\nHost: h\r\nCookie: a=1; b=2\r\nAccept: */*\r\n"
		 "Content-Type: application/x-www-form-urlencoded\r\n\r\nc=passwd&d=%E4%BD%A0%E5%A5%BD&e=1'+or+'1'='1";
static const char json[] = "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\r\n"
			   "{\"a\":[1,2,3],\"b\":{\"c\":\"union  select\",\"d\":\"passwd\"}}";

static void run(struct wq_waf_worker *worker, const struct wq_waf_program *program, wq_str request)
{
	const struct wq_waf_begin begin = {
		.budget = wq_waf_budget_default, .body = wq_body_limits_default, .unique_id = WQ_S("id")};
	struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
	uint32_t lost;
	size_t n;

	assert_non_null(tx);
	assert_int_equal(probe_request(tx, request, 16), WQ_WAF_STOP);
	assert_int_equal(probe_phase(tx, 5), WQ_WAF_DONE);
	(void)wq_waf_matches(tx, &n, &lost);
	assert_true(n >= 3);
	wq_waf_end(&tx);
}

static long resident_pages(void)
{
	char text[64] = "";
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	size_t n = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	wq_str rest = wq_str_of(text, n);
	uint64_t pages = 0;
	(void)wq_str_cut(&rest, ' ');
	(void)wq_str_to_u64(wq_str_cut(&rest, ' '), UINT32_MAX, &pages);
	return (long)pages;
}

static void steady(void **state)
{
	enum { ROUNDS = 50000 };
	struct wq_waf_program *program;
	struct wq_waf_worker *worker;
	long before;
	(void)state;

	assert_ok(probe_load(rules, false, &program));
	assert_ok(wq_waf_worker_new(NULL, &worker));
	for (int i = 0; i < 100; i++) {
		run(worker, program, wq_str_c(form));
		run(worker, program, wq_str_c(json));
	}
	calls = 0;
	before = resident_pages();
	for (int i = 0; i < (getenv("WQ_TEST_SANITIZED") ? ROUNDS / 50 : ROUNDS); i++) {
		run(worker, program, wq_str_c(form));
		run(worker, program, wq_str_c(json));
	}
	assert_int_equal(calls, 0);
	if (!getenv("WQ_TEST_SANITIZED"))
		assert_true(resident_pages() <= before + 16);
	wq_waf_worker_free(&worker);
	wq_waf_program_unref(&program);
}

/* Transactions that live side by side have each its own memory; only so many are kept. */
static void side_by_side(void **state)
{
	enum { MANY = 200 };
	struct wq_waf_program *program;
	struct wq_waf_worker *worker;
	struct wq_waf_tx *all[MANY];
	const struct wq_waf_begin begin = {.unique_id = WQ_S("id")};
	(void)state;

	assert_ok(probe_load(rules, false, &program));
	assert_ok(wq_waf_worker_new(NULL, &worker));
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++)
			assert_non_null(all[i] = wq_waf_begin(worker, program, &begin));
		for (int i = 0; i < MANY; i++)
			assert_int_equal(
				probe_request(all[i], i % 2 ? wq_str_c(form) : wq_str_c(json), 7), WQ_WAF_STOP);
		for (int i = 0; i < MANY; i++) {
			assert_int_equal(wq_waf_verdict(all[i]).rule, 5);
			wq_waf_end(&all[i]);
		}
	}
	wq_waf_worker_free(&worker);
	wq_waf_program_unref(&program);
}

/* A request of many values, so that memory grows at many places. */
static char *many_values(void)
{
	WQ_BUF(text, 8 * WQ_MIB);

	wq_buf_printf(&text, "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\r\n[0");
	for (int i = 0; i < 900; i++)
		wq_buf_printf(&text, ",\"Union %d%%2520 Select %d\"", i, i * 7);
	wq_buf_printf(&text, "]");
	assert_ok(wq_buf_err(&text));
	return strdup(wq_buf_cstr(&text));
}

/* Whichever allocation fails: no transaction, or one that says so; never an answer from half of the values. */
static void without_memory(void **state)
{
	struct wq_waf_program *program;
	const struct wq_waf_begin begin = {.body = wq_body_limits_default, .unique_id = WQ_S("id")};
	char *request = many_values();
	bool done = false;
	unsigned long refused = 0;
	(void)state;

	assert_ok(probe_load(rules, false, &program));
	for (unsigned long n = 0; !done; n++) {
		struct wq_waf_worker *worker;
		assert_ok(wq_waf_worker_new(NULL, &worker));
		calls = 0;
		fail_from = n;
		struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
		enum wq_waf_step step = tx ? probe_request(tx, wq_str_c(request), 1000) : WQ_WAF_OVER;
		done = calls <= n;
		fail_from = ULONG_MAX;
		refused += step == WQ_WAF_OVER;
		if (done)
			assert_int_equal(step, WQ_WAF_DONE);
		else
			assert_int_equal(step, WQ_WAF_OVER);
		if (tx)
			(void)probe_phase(tx, 5);
		wq_waf_end(&tx);
		wq_waf_worker_free(&worker);
	}
	assert_true(refused > 8);
	free(request);
	wq_waf_program_unref(&program);
}

/* More than a transaction may hold. */
static void too_much(void **state)
{
	enum { ARGS = 900, BYTES = 9000 };
	struct wq_waf_program *program;
	struct wq_waf_worker *worker;
	const struct wq_waf_begin begin = {.body = wq_body_limits_default, .unique_id = WQ_S("id")};
	char *target = malloc((size_t)ARGS * (BYTES + 16)), *at = target;
	(void)state;

	assert_non_null(target);
	*at++ = '?';
	for (int i = 0; i < ARGS; i++) {
		at += snprintf(at, 16, "&%d=%%41%d", i, i);
		memset(at, 'a' + i % 26, BYTES);
		at += BYTES;
	}
	assert_ok(probe_load(rules, false, &program));
	assert_ok(wq_waf_worker_new(NULL, &worker));
	for (int round = 0; round < 3; round++) {
		struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
		assert_non_null(tx);
		wq_waf_request(tx, WQ_S("GET"), wq_str_of(target, (size_t)(at - target)), WQ_S("HTTP/1.1"));
		assert_int_equal(probe_phase(tx, 1), WQ_WAF_DONE);
		wq_waf_body_end(tx);
		assert_int_equal(probe_phase(tx, 2), WQ_WAF_OVER);
		(void)probe_phase(tx, 5);
		wq_waf_end(&tx);
		run(worker, program, wq_str_c(form));
	}
	free(target);
	wq_waf_worker_free(&worker);
	wq_waf_program_unref(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steady),
		cmocka_unit_test(side_by_side),
		cmocka_unit_test(without_memory),
		cmocka_unit_test(too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
