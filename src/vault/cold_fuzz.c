/* A cold index of any bytes: whatever opens keeps every promise of its bounds. */
#include "vault/cold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wq_cold cold;
	uint64_t offset, length, sum = 0;
	uint32_t leaves;
	wq_digest digest;

	if (wq_failed(wq_cold_open(wq_str_of(data, n), &cold)))
		return 0;
	for (uint32_t i = 0; i < cold.objects; i++) {
		if (!wq_cold_object(&cold, i, &offset, &length, &leaves) || offset + length > cold.file_bytes ||
			leaves != wq_tree_leaves(length))
			abort();
		for (uint32_t leaf = 0; leaf < leaves; leaf++) {
			if (!wq_cold_leaf(&cold, i, leaf, &digest))
				abort();
			sum += digest.b[0] + digest.b[31];
		}
		if (wq_cold_leaf(&cold, i, leaves, &digest) || wq_cold_block_is(&cold, i, leaves, WQ_S("")))
			abort();
	}
	if (wq_cold_object(&cold, cold.objects, &offset, &length, &leaves))
		abort();
	return sum == UINT64_MAX;
}
