/* Whatever the page: the policy is one header value of visible ASCII, begins as every policy does, and is the same again. */
#include "policy/csp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { LONGEST = 32 * 1024 };
	struct wq_arena arena;
	struct wq_url base;
	WQ_BUF(out, 2 * WQ_CSP_BYTES_MAX);
	WQ_BUF(again, 2 * WQ_CSP_BYTES_MAX);
	wq_str document = wq_str_of(data, n), charset = n > 0 && data[0] & 1 ? WQ_S("gb18030") : WQ_S("");

	if (n > LONGEST)
		return 0;
	wq_arena_init(&arena, WQ_MIB);
	if (wq_failed(wq_url_parse(&arena, WQ_S("https://www.yunshan.gov.cn/a/"), NULL, &base)))
		abort();
	if (!wq_failed(wq_csp_of_page(document, charset, &base, &out))) {
		for (size_t i = 0; i < out.len; i++)
			if (out.data[i] < ' ' || out.data[i] > '~' || out.data[i] == ',')
				abort();
		if (!wq_str_starts(wq_buf_str(&out), WQ_S("default-src 'self'; script-src 'self'")))
			abort();
		if (wq_failed(wq_csp_of_page(document, charset, &base, &again)) ||
			!wq_str_eq(wq_buf_str(&out), wq_buf_str(&again)))
			abort();
	}
	wq_arena_done(&arena);
	return 0;
}
