#include "detect/likeness/fixture_test.h"
#include "detect/likeness/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes of an index: what is read is written again as the same bytes, and is found. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct wq_likeness_rules *rules;
	static struct wq_arena arena;
	WQ_BUF(out, 16 * WQ_MIB);
	struct wq_likeness_index *index;
	struct wq_likeness_match match;
	struct wq_likeness_sketch sketch = {.all_n = 100, .body_n = 100};

	if (!rules) {
		wq_arena_init(&arena, 64 * WQ_MIB);
		rules = likeness_test_rules(&arena);
	}
	if (wq_failed(wq_likeness_index_new(rules, &index)))
		abort();
	if (!wq_failed(wq_likeness_index_read(index, wq_str_of(data, size), WQ_S_NONE))) {
		if (wq_failed(wq_likeness_index_ready(index)) || wq_failed(wq_likeness_index_write(index, &out)) ||
			out.len > size)
			abort();
		wq_likeness_index_find(index, &sketch, &match);
	}
	wq_likeness_index_free(&index);
	return 0;
}
