/* Whatever a parcel is: it is refused; no bytes that were not signed are taken. */
#include "flow/watch/parcel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_parcel parcel;
	size_t bytes = 0;

	wq_arena_init(&arena, 64 * WQ_MIB);
	if (wq_failed(wq_crypto_init()))
		abort();
	if (wq_failed(wq_parcel_open(&arena, wq_str_of(data, n), &parcel)))
		return 0;
	for (size_t i = 0; i < parcel.items_n; i++)
		bytes += parcel.items[i].n;
	if (bytes > n)
		abort();
	return 0;
}
