#include "detect/front/front_probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A script file; the same bytes as what came back for every leftover. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct front_probe probe;
	struct wq_findings found;
	struct wq_arena arena;
	wq_str bytes = wq_str_of(data, size);
	struct wq_place place = {.url = WQ_S("https://www.example.gov.cn/a")};

	front_probe_open(&probe);
	wq_arena_init(&arena, 64 * WQ_MIB);
	if (wq_failed(wq_findings_init(&found, &arena, 1000)) ||
		wq_failed(wq_front_script(&arena, probe.rules, &probe.subject, &place,
			WQ_S("https://www.example.gov.cn/a.js"), bytes, &found, NULL)))
		abort();
	for (size_t i = 0; i < wq_front_leftovers(probe.rules); i++)
		if (!wq_front_leftover_path(&arena, probe.rules, i, WQ_S("www.example.gov.cn")).p ||
			wq_failed(wq_front_leftover_judge(&arena, probe.rules, i, 200, &place, bytes, &found)))
			abort();
	for (size_t i = 0; i < found.count; i++)
		if (wq_failed(wq_finding_check(&found.items[i])))
			abort();
	wq_arena_done(&arena);
	return 0;
}
