#include "detect/front/front_probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two pages, cut at 0xff, on an https and an http site: findings are well-formed and lie inside, with a site and without. */
static void look(struct front_probe *probe, wq_str html, const char *address, struct wq_front_site *site)
{
	struct wq_findings found;
	struct wq_arena arena;

	wq_arena_init(&arena, 256 * WQ_MIB);
	if (wq_failed(wq_findings_init(&found, &arena, 1000)) ||
		wq_failed(front_probe_page(probe, &arena, address, 200,
			WQ_S("Set-Cookie: SESSIONID=1\r\nServer: nginx/1.2.3\r\n"), html, &found, site)))
		abort();
	for (size_t i = 0; i < found.count; i++)
		if (wq_failed(wq_finding_check(&found.items[i])))
			abort();
	wq_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct front_probe probe;
	struct wq_front_site *site = NULL;
	struct wq_findings found;
	struct wq_arena arena;
	wq_str after = wq_str_of(data, size), before = wq_str_cut(&after, '\xff');

	front_probe_open(&probe);
	if (wq_failed(wq_front_site_new(probe.rules, &probe.subject, &site)))
		abort();
	look(&probe, before, "https://www.example.gov.cn/a", NULL);
	look(&probe, before, "https://www.example.gov.cn/a", site);
	look(&probe, after, "http://www.example.gov.cn/b", site);
	wq_arena_init(&arena, 64 * WQ_MIB);
	if (wq_failed(wq_findings_init(&found, &arena, 1000)) || wq_failed(wq_front_site_judge(site, &arena, &found)))
		abort();
	for (size_t i = 0; i < found.count; i++)
		if (wq_failed(wq_finding_check(&found.items[i])))
			abort();
	wq_arena_done(&arena);
	wq_front_site_free(&site);
	return 0;
}
