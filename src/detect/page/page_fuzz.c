#include "detect/page/change.h"
#include "detect/page/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules_text
	[] = "weique-page 1\nversion: 1\ndate: 2026-01-01\nsource: fuzz\n"
	     "[script a]\nrule: planted\nseverity: high\nfind: eval( unescape(\n"
	     "[script b]\nrule: cloaking\nseverity: high\nfind: referrer\nwith: baidu.\n"
	     "[limits]\nchar_codes: 4\nhex_escapes: 4\nkept_percent: 20\ntext_bytes: 10\n"
	     "[hosts trusted]\nhost: dcs.conac.cn\n[hosts bad]\nhost: coinhive.com\n[defacement]\nword: hacked by\n";

static const struct wq_page_rules *rules;

static void prepare(void)
{
	static struct wq_arena arena;
	if (rules)
		return;
	wq_arena_init(&arena, 4 * WQ_MIB);
	if (wq_failed(wq_page_rules_parse(&arena, WQ_S("fuzz"), wq_str_c(rules_text), &rules)))
		abort();
}

static void expect(const struct wq_findings *found, size_t size)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct wq_place *place = &found->items[i].place;
		if (wq_failed(wq_finding_check(&found->items[i])) || place->offset + place->length > size)
			abort();
	}
}

/* One version, 0xff, another: each is checked as page and as script, then compared. Findings are well-formed and lie inside. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wq_arena arena;
	struct wq_findings found;
	const wq_str own = WQ_S("www.example.gov.cn");
	struct wq_page_facts facts = {.address = WQ_S("https://www.example.gov.cn/a"),
		.hosts = &own,
		.hosts_n = 1,
		.unit = size % 2 ? WQ_PAGE_ORGAN : WQ_PAGE_UNION,
		.mark = (enum wq_page_mark)(size % 3),
		.home = true};
	wq_str after = wq_str_of(data, size), before = wq_str_cut(&after, '\xff');

	prepare();
	wq_arena_init(&arena, 256 * WQ_MIB);
	if (wq_failed(wq_findings_init(&found, &arena, 1000)) ||
		wq_failed(wq_page_check(&arena, rules, &facts, before, WQ_S_NONE, &found)) ||
		wq_failed(wq_page_check_script(&arena, rules, &facts, before, WQ_S_NONE, &found)))
		abort();
	expect(&found, before.n);
	for (int as = WQ_PAGE_AS_HTML; as <= WQ_PAGE_AS_OTHER; as++) {
		struct wq_page_version versions[2] = {{(enum wq_page_as)as, WQ_S("a/b"), WQ_S_NONE, before},
			{(enum wq_page_as)as, WQ_S("a/b"), WQ_S_NONE, after}};
		if (wq_failed(wq_findings_init(&found, &arena, 1000)) ||
			wq_failed(wq_page_change(&arena, rules, &facts, &versions[0], &versions[1], &found)))
			abort();
		expect(&found, after.n);
	}
	wq_arena_done(&arena);
	return 0;
}
