#include "cli/ftw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cases as YAML, their requests as a server reads them, and the bytes themselves as a request and as a line of a log. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wq_arena arena;
	struct wq_ftw_suite suite = {0};
	struct wq_ftw_http http;
	struct wq_ftw_answer answer;
	struct wq_ftw_log *log;
	wq_str bytes = wq_str_of(data, size);

	wq_arena_init(&arena, 64 * WQ_MIB);
	if (!wq_failed(wq_ftw_read_text(bytes, "fuzz.yaml", &arena, &suite)))
		for (size_t i = 0; i < suite.n; i++) {
			WQ_BUF(request, WQ_FTW_REQUEST_MAX);

			if (wq_failed(wq_ftw_request(&suite.tests[i].stages[0].input, &request)))
				continue;
			wq_ftw_http_read(wq_buf_str(&request), &arena, &http);
		}
	wq_ftw_http_read(bytes, &arena, &http);
	if (http.body.n > size)
		abort();
	http = (struct wq_ftw_http){.method = WQ_S("POST"), .target = WQ_S("/reflect"), .body = bytes};
	wq_ftw_backend(&http, &arena, &answer);
	log = WQ_NEW(&arena, struct wq_ftw_log);
	if (log)
		wq_ftw_log_line(bytes, &arena, log);
	wq_arena_done(&arena);
	return 0;
}
