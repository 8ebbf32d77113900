#include "detect/portal/portal.h"
#include "text/host.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules_text[] =
	"weique-portal 1\nversion: 1\ndate: 2026-01-01\nsource: fuzz\n"
	"[labels owner]\nitem: 主办\n[labels contact]\nitem: 电话\n[labels site-map]\nitem: 网站地图\n"
	"[labels error-entry]\nitem: 找错\n[labels published]\nitem: 发布时间 | 来源\n[labels icp]\nitem: ICP备\n"
	"[labels police]\nitem: 公网安备\n[labels site-code]\nitem: 标识码\n[labels prompt]\nitem: 即将离开\n"
	"[hosts mark]\nitem: bszs.conac.cn\n[hosts error-entry]\nitem: zfwzgl.www.gov.cn\n"
	"[hosts old-filing]\nitem: www.miibeian.gov.cn\n[tags site]\nitem: SiteName | SiteDomain | SiteIDCode\n"
	"[tags column]\nitem: ColumnName\n[tags article]\nitem: ArticleTitle | PubDate\n[names generic]\nitem: 网站\n"
	"[names ending]\nitem: 局 | 政府\n[names foot]\nitem: foot\n[scripts suffix]\nitem: gov.cn\n"
	"[limits]\nfoot_percent: 30\nfoot_bytes: 20\nbehind_percent: 50\npage_bytes: 1\ncentre_percent: 20\n"
	"column_entries: 2\narticle_bytes: 10\ntemplate_pages: 2\nnamed_pages: 2\n";

static const struct wq_portal_rules *rules;
static struct wq_suffix_rules *suffixes;

static void prepare(void)
{
	static struct wq_arena arena;
	if (rules)
		return;
	wq_arena_init(&arena, 4 * WQ_MIB);
	if (wq_failed(wq_portal_rules_parse(&arena, WQ_S("fuzz"), wq_str_c(rules_text), &rules)) ||
		wq_failed(wq_suffix_rules_parse(
			WQ_S("suffix-rules 1 1 2024-07-01 x\na organ site .gov.cn reserved 2024-07-01 - x\n"), "s",
			&suffixes)))
		abort();
}

static void read_page(struct wq_arena *arena, const struct wq_portal_page *page, struct wq_findings *found,
	struct wq_portal_site *site)
{
	struct wq_portal *portal;
	struct wq_document_reader reader = {.token = wq_portal_token};

	if (wq_failed(wq_portal_open(arena, page, &portal)))
		abort();
	reader.data = portal;
	if (wq_failed(wq_document_read(page->document, &reader, 1)) || wq_failed(wq_portal_close(portal, found, site)))
		abort();
}

/* A page, 0xff, a script: the page by itself, then with its script as pages of a site. Findings are well-formed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wq_arena arena;
	struct wq_findings found;
	wq_str rest = wq_str_of(data, size), html = wq_str_cut(&rest, '\xff');
	struct wq_document document = {.status = 200};
	struct wq_subject subject = {.kind = (enum wq_subject_kind)(1 + size % 3),
		.name = size % 5 ? WQ_S("青山县人民政府") : WQ_S_NONE,
		.icp = WQ_S("闽ICP备12345678号-1"),
		.police = WQ_S("35999902000001"),
		.site_code = WQ_S("3599990001"),
		.mark_id = size % 2 ? WQ_S("07BBE32157290F90E053022819AC8A23") : WQ_S_NONE,
		.day = 20261122};
	struct wq_portal_page page = {
		.subject = &subject, .document = &document, .place.url = WQ_S("https://www.x.gov.cn/")};
	struct wq_portal_site *site;
	WQ_BUF(room, WQ_MIB);

	prepare();
	page.rules = rules;
	subject.suffixes = suffixes;
	wq_arena_init(&arena, 256 * WQ_MIB);
	if (wq_failed(wq_document_open(&document, html, WQ_S("utf-8"), &room)) ||
		wq_failed(wq_findings_init(&found, &arena, 1000)) ||
		wq_failed(wq_url_parse(&arena, WQ_S("https://www.x.gov.cn/a"), NULL, &document.address)) ||
		wq_failed(wq_portal_site_new(rules, &subject, &site)))
		abort();
	for (int i = 0; i < 4; i++) {
		page.home = i % 2;
		read_page(&arena, &page, &found, i < 2 ? NULL : site);
	}
	if (wq_failed(wq_portal_script(site, WQ_S("https://www.x.gov.cn/l.js"), rest)) ||
		wq_failed(wq_portal_site_judge(site, &arena, &found)))
		abort();
	for (size_t i = 0; i < found.count; i++)
		if (wq_failed(wq_finding_check(&found.items[i])) ||
			found.items[i].place.offset + found.items[i].place.length > document.html.n)
			abort();
	wq_portal_site_free(&site);
	wq_arena_done(&arena);
	return 0;
}
