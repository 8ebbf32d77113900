#include "detect/quality/quality.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules_text[] =
	"weique-quality 1\nversion: 1\ndate: 2026-01-01\nsource: fuzz\n"
	"[limits]\nhome_days: 14\nlong_days: 365\nreport_due: 131\nsame_percent: 30\nsketch_least: 2\nblank_chars: 40\n"
	"guide_labels: 2\nitems: 3\nreprint_lines: 6\n"
	"[kind news]\ndays: 14\nname: 要闻\npath: news\n[kind policy]\nmonths: 6\nname: 政策\n[kind other]\nname: 计划\n"
	"[words published]\nword: 发布时间\n[words time]\nword: 时间\n[words beside]\nword: 作者\n[words source-label]\nword: 来源\n"
	"[words reprint]\nword: 转载\n[words wire]\nword: 新华社\n[words wire-end]\nword: 电\n[words footer]\nword: 版权所有\n"
	"[words answered]\nword: 回复时间\n[words asked]\nword: 留言时间\n[words unanswered]\nword: 未回复\n"
	"[words search]\nword: 搜索\n[words contact]\nword: 信箱\n[words report]\nword: 年度报表\n[words crumb]\nword: 当前位置\n"
	"[words medium-end]\nword: 日报\n[words guide]\nword: 指南\n[words empty]\nword: 暂无\n"
	"[source x]\nname: 新华网\nhost: news.cn\n[element 1]\nword: 名称\n[element 2]\nword: 依据\n[element 3]\nword: 条件\n"
	"[element 4]\nword: 材料\n[element 5]\nword: 地点\n[element 6]\nword: 办理时间\n[element 7]\nword: 电话\n[element 8]\nword: 流程\n"
	"[advertising]\nhost: ad.example\nclass: ads\n[forum]\ngenerator: discuz\npowered: discuz\nhref: forum.php\n";

static const struct wq_quality_rules *rules;

static void prepare(void)
{
	static struct wq_arena arena;
	if (rules)
		return;
	wq_arena_init(&arena, 4 * WQ_MIB);
	if (wq_failed(wq_quality_rules_parse(&arena, WQ_S("fuzz"), wq_str_c(rules_text), &rules)))
		abort();
}

static void expect(const struct wq_findings *found, size_t size)
{
	for (size_t i = 0; i < found->count; i++)
		if (wq_failed(wq_finding_check(&found->items[i])) || found->items[i].place.offset > size)
			abort();
}

/* Two pages, split at 0xff, one the home page and one below it; then the site. Findings are well-formed and lie inside. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *const addresses[] = {"https://www.example.gov.cn/", "https://www.example.gov.cn/news/index.html"};
	struct wq_subject subject = {.kind = WQ_SUBJECT_ORGAN, .name = WQ_S("示例市人民政府"), .day = 20261122};
	wq_str second = wq_str_of(data, size), first = wq_str_cut(&second, '\xff');
	const wq_str pages[] = {first, second};
	struct wq_quality_sketch sketch = {.n = 0};
	struct wq_quality_site *site;
	struct wq_findings found;
	struct wq_arena arena;
	struct wq_quality_facts facts;

	prepare();
	wq_arena_init(&arena, 256 * WQ_MIB);
	if (wq_failed(wq_quality_site_new(rules, &subject, &site)) || wq_failed(wq_findings_init(&found, &arena, 1000)))
		abort();
	for (size_t i = 0; i < WQ_COUNT(pages); i++) {
		struct wq_document document = {.status = 200};
		struct wq_quality_page page = {rules, &subject, &document, i == 0, {.url = wq_str_c(addresses[i])}};
		struct wq_document_reader reader = {.token = wq_quality_token};
		struct wq_quality *quality;
		enum wq_quality_same same;
		unsigned percent;
		WQ_BUF(room, 64 * WQ_MIB);

		if (wq_failed(wq_url_parse(&arena, page.place.url, NULL, &document.address)) ||
			wq_failed(wq_document_open(&document, pages[i], WQ_S("utf-8"), &room)) ||
			wq_failed(wq_quality_open(&arena, &page, &quality)))
			abort();
		reader.data = quality;
		if (wq_failed(wq_document_read(&document, &reader, 1)) ||
			wq_failed(wq_quality_close(quality, &found, site)))
			abort();
		if (wq_quality_reprint_of(quality))
			sketch = wq_quality_reprint_of(quality)->sketch;
		if (wq_failed(wq_quality_reprint_compare(&arena, rules, &sketch, &document, &same, &percent)) ||
			percent > 100)
			abort();
	}
	if (wq_failed(wq_quality_site_judge(site, &arena, &found)))
		abort();
	wq_quality_site_facts(site, &facts);
	expect(&found, size);
	wq_quality_site_free(&site);
	wq_arena_done(&arena);
	return 0;
}
