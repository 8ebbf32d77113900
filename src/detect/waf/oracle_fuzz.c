/* Rules, 0xff, a request, and perhaps 0xff and a response: the fast way and the plain way say the same of them. */
#include "detect/waf/oracle_probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 4096 };

static bool load(const char *rules, bool plain, struct wq_waf_program **ret_program)
{
	static const char *const path = "test.conf";
	const struct wq_sec_source source = {(void *)(uintptr_t)rules, probe_read, probe_list};
	const struct wq_waf_load how = {
		.paths = &path, .paths_n = 1, .source = &source, .no_jit = true, .no_fold = plain, .plain = plain};

	return !wq_failed(wq_waf_program_new(&how, ret_program));
}

static void judge(const struct oracle *oracle, wq_str request)
{
	wq_str response = request;
	WQ_BUF(fast, PROBE_LOG_MAX);
	WQ_BUF(plain, PROBE_LOG_MAX);

	request = wq_str_cut(&response, '\xff');
	if (oracle_ask(oracle, request, response, &fast, &plain) != ORACLE_DIFFERENT)
		return;
	fprintf(stderr, "fast:\n%splain:\n%s", wq_buf_cstr(&fast), wq_buf_cstr(&plain));
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oracle oracle = {0};
	wq_str request = wq_str_of(data, size), rules = wq_str_cut(&request, '\xff');
	char text[INPUT_MAX + 1];

	if (size > INPUT_MAX || !request.p)
		return 0;
	if (rules.n > 0)
		memcpy(text, rules.p, rules.n);
	text[rules.n] = 0;
	if (wq_failed(wq_waf_worker_new(NULL, &oracle.worker)))
		abort();
	if (load(text, false, &oracle.fast) && load(text, true, &oracle.plain))
		judge(&oracle, request);
	if (oracle.fast)
		wq_waf_program_unref(&oracle.fast);
	if (oracle.plain)
		wq_waf_program_unref(&oracle.plain);
	wq_waf_worker_free(&oracle.worker);
	return 0;
}
