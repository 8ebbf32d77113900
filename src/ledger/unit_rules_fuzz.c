/* rules/units.conf: whatever is accepted can be asked, and of two rules for one kind and day there is never a choice. */
#include "ledger/unit_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wq_unit_rules rules;
	struct wq_arena arena;

	wq_arena_init(&arena, 16 * WQ_MIB);
	if (!wq_failed(wq_unit_rules_parse(wq_str_of(data, n), "fuzz", &arena, &rules)))
		for (size_t i = 0; i < rules.kinds_n; i++)
			for (unsigned kind = 0; kind < WQ_UNIT_KINDS; kind++)
				if (rules.kinds[i].span.kinds == 1U << kind &&
					wq_kind_rule_find(&rules, (enum wq_unit_kind)kind, rules.kinds[i].span.from) !=
						&rules.kinds[i])
					abort();
	wq_arena_done(&arena);
	return 0;
}
