#include "detect/body/body_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The body, and the same bytes as query string and as Cookie header. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wq_arena arena;
	WQ_BUF(log, PROBE_MAX);
	struct probe probe = {.log = &log};
	struct wq_body_sink sink = probe_sink(&probe);
	uint64_t oddities = 0;
	wq_str bytes = wq_str_of(data, size);
	if (size > FUZZ_MAX)
		return 0;
	wq_arena_init(&arena, 16 * WQ_MIB);
	wq_body_query(bytes, 100, &sink, &arena, &oddities);
	wq_body_cookies(bytes, 100, &sink, &oddities);
	wq_arena_done(&arena);
	return fuzz_body(WQ_BODY_URLENCODED, data, size);
}
