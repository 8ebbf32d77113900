#include "detect/front/front.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two data files, cut at 0xff. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	wq_str after = wq_str_of(data, size), before = wq_str_cut(&after, '\xff');
	const struct wq_front_file files[] = {{WQ_S("a"), before}, {WQ_S("b"), after}};
	const struct wq_front_rules *rules;
	struct wq_arena arena;

	wq_arena_init(&arena, 64 * WQ_MIB);
	WQ_IGNORE(wq_front_rules_parse(&arena, files, after.p ? 2 : 1, &rules));
	wq_arena_done(&arena);
	return 0;
}
