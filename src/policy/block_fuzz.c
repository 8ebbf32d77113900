/* wq_policy_decode() on any bytes: what it accepts is the only encoding of what it gives, and every look-up ends. */
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	WQ_BUF(again, WQ_POLICY_BLOCK_MAX);
	struct wq_addr addr = {.family = 4, .bytes = {10, 1, 2, 3}};
	struct wq_policy policy;
	wq_str input = wq_str_of(data, n);

	wq_arena_init(&arena, 16 * WQ_MIB);
	if (wq_failed(wq_policy_decode(input, &arena, &policy)))
		return 0;
	if (wq_failed(wq_policy_encode(&policy, &again)) || !wq_str_eq(wq_buf_str(&again), input))
		abort();
	for (size_t i = 0; i < policy.paths_n; i++)
		if (wq_policy_path(&policy, policy.paths[i].prefix) != &policy.paths[i])
			abort();
	(void)wq_policy_staff(&policy, &addr);
	return 0;
}
