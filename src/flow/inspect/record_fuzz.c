/* Whatever a record is: it is refused, or reads as a result that writes and reads back as the same. */
#include "flow/inspect/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { LONGEST = 256 * 1024, MEMORY = 256 * 1024 * 1024, OUT_MAX = 16 * 1024 * 1024 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_inspect_result first, second;
	WQ_BUF(once, OUT_MAX);
	WQ_BUF(twice, OUT_MAX);

	wq_arena_init(&arena, MEMORY);
	if (n > LONGEST || wq_failed(wq_record_read(&arena, wq_str_of(data, n), &first)))
		return 0;
	must(!wq_failed(wq_record_write(&first, &once)));
	must(!wq_failed(wq_record_read(&arena, wq_buf_str(&once), &second)));
	must(!wq_failed(wq_record_write(&second, &twice)));
	must(wq_str_eq(wq_buf_str(&once), wq_buf_str(&twice)));
	return 0;
}
