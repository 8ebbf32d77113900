#include "finding/finding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read passes the check, and written and read again it is the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wq_arena arena;
	struct wq_finding first, second;
	wq_arena_init(&arena, WQ_MIB);
	if (!wq_failed(wq_finding_from_json(&arena, wq_str_of(data, size), &first))) {
		WQ_BUF(once, 2 * WQ_FINDING_JSON_BYTES);
		WQ_BUF(twice, 2 * WQ_FINDING_JSON_BYTES);
		if (wq_failed(wq_finding_check(&first)) || wq_failed(wq_finding_to_json(&first, &once)) ||
			wq_failed(wq_finding_from_json(&arena, wq_buf_str(&once), &second)) ||
			wq_failed(wq_finding_to_json(&second, &twice)) ||
			!wq_str_eq(wq_buf_str(&once), wq_buf_str(&twice)) || !wq_finding_same(&first, &second))
			abort();
	}
	wq_arena_done(&arena);
	return 0;
}
