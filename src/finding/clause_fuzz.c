#include "finding/clause.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is accepted can be found again under its own ID and cited in both languages. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wq_arena arena;
	struct wq_clauses clauses;
	wq_arena_init(&arena, 16 * WQ_MIB);
	if (!wq_failed(wq_clauses_parse(&arena, WQ_S("f"), wq_str_of(data, size), &clauses))) {
		for (size_t i = 0; i < clauses.count; i++) {
			if (wq_clauses_find(&clauses, clauses.items[i].id) != &clauses.items[i])
				abort();
			(void)wq_clause_cite(&arena, &clauses.items[i], WQ_LANG_ZH);
			(void)wq_clause_cite(&arena, &clauses.items[i], WQ_LANG_EN);
		}
	}
	wq_arena_done(&arena);
	return 0;
}
