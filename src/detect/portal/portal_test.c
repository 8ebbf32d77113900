#include "base/test.h"
#include "base/buf.h"
#include "detect/portal/portal.h"
#include "text/host.h"

enum { FILE_MAX = 1024 * 1024 };

static struct wq_arena rules_arena;
static const struct wq_portal_rules *rules;
static struct wq_suffix_rules *suffixes;

static wq_str read_file(const char *name)
{
	const char *root = getenv("WQ_SOURCE_ROOT");
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", root ? root : ".", name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	char *bytes = wq_arena_alloc(&rules_arena, FILE_MAX);
	size_t n = fread(bytes, 1, FILE_MAX, file);
	fclose(file);
	return wq_str_of(bytes, n);
}

static int load_rules(void **state)
{
	(void)state;
	wq_arena_init(&rules_arena, 16 * WQ_MIB);
	assert_ok(wq_portal_rules_parse(
		&rules_arena, WQ_S("rules/portal/portal.txt"), read_file("rules/portal/portal.txt"), &rules));
	assert_ok(wq_suffix_rules_parse(read_file("rules/suffix.conf"), "suffix.conf", &suffixes));
	return 0;
}

static int free_rules(void **state)
{
	(void)state;
	wq_suffix_rules_close(&suffixes);
	wq_arena_done(&rules_arena);
	return 0;
}

/* ---- a site as it should be ---- */

#define ID "07BBE32157290F90E053022819AC8A23"
#define MARK \
	"<span id=\"_ideConac\"><a href=\"//bszs.conac.cn/sitename?method=show&id=" ID \
	"\" target=\"_blank\"><img id=\"imgConac\" vspace=\"0\" src=\"//dcs.conac.cn/image/red.png\"></a></span>"
#define MARK_SCRIPT(scheme) \
	"<script type=\"text/javascript\">document.write(unescape(\"%3Cspan id='_ideConac' %3E%3C/span%3E%3Cscript " \
	"src='" scheme "//dcs.conac.cn/js/14/000/0000/40445163/CA140000000404451630001.js' " \
	"type='text/javascript'%3E%3C/script%3E\"));</script>"
#define ICP "<a href='https://beian.miit.gov.cn/'>闽ICP备05070218号-1</a>"
#define POLICE \
	"<a href='https://beian.mps.gov.cn/#/query/webSearch?code=35030302900035'>闽公网安备 35030302900035号</a>"
#define OWNER "主办单位：青山县人民政府办公室　联系电话：0599-7770001"
#define CODE "网站标识码：3503030001"
#define ENTRY "<script id='_jiucuo_' sitecode='3503030001' src='https://zfwzgl.www.gov.cn/exposure/jiucuo.js'></script>"
#define MAP "<a href='/map.html'>网站地图</a>"
#define META \
	"<meta name=SiteName content='青山县人民政府'><meta name=SiteDomain content='www.qs.gov.cn'>" \
	"<meta name=SiteIDCode content='3503030001'>"
#define TEXT \
	"<p>青山县召开会议，要围绕群众关心的出行、就医、就学等问题，逐项列出清单，明确责任单位和完成时限，定期公布进展。</p>"
#define LONG TEXT TEXT TEXT TEXT
#define HEAD "<html><head>" META "<title>青山县人民政府门户网站</title></head><body>"
#define TOP "<h1>青山县人民政府</h1>" LONG
#define FOOT_OF(mark) \
	"<footer><p>" OWNER CODE ICP POLICE MAP ENTRY "</p><div style='text-align:center'>" mark "</div></footer>"
#define HOME HEAD TOP FOOT_OF(MARK)

static const wq_str hosts[] = {WQ_S_INIT("www.qs.gov.cn"), WQ_S_INIT("static.qs.cn:8080")};
static const wq_str inside[] = {WQ_S_INIT("www.partner.org")};
static const wq_str confirmed[] = {WQ_S_INIT("www.12306.cn")};
static const wq_str short_names[] = {WQ_S_INIT("青山县政府")};

static struct wq_subject subject_of(enum wq_subject_kind kind)
{
	return (struct wq_subject){
		.kind = kind,
		.portal = true,
		.mark = kind == WQ_SUBJECT_ORGAN,
		.name = WQ_S("青山县人民政府"),
		.short_names = short_names,
		.short_names_n = 1,
		.icp = WQ_S("闽ICP备05070218号-1"),
		.police = WQ_S("闽公网安备35030302900035号"),
		.site_code = WQ_S("3503030001"),
		.mark_id = WQ_S(ID),
		.hosts = hosts,
		.hosts_n = WQ_COUNT(hosts),
		.inside = inside,
		.inside_n = WQ_COUNT(inside),
		.confirmed = confirmed,
		.confirmed_n = WQ_COUNT(confirmed),
		.suffixes = suffixes,
		.day = 20261122,
	};
}

static void look(struct wq_arena *arena, const struct wq_subject *subject, bool home, const char *url, const char *html,
	struct wq_findings *found, struct wq_portal_site *site)
{
	struct wq_document document = {.status = 200};
	struct wq_portal_page page = {.rules = rules,
		.subject = subject,
		.document = &document,
		.home = home,
		.place = {.app = WQ_S("portal"), .url = wq_str_c(url)}};
	struct wq_document_reader reader = {.token = wq_portal_token};
	struct wq_portal *portal;
	WQ_BUF(room, 64 * WQ_MIB);

	assert_ok(wq_url_parse(arena, wq_str_c(url), NULL, &document.address));
	assert_ok(wq_document_open(&document, wq_str_c(html), WQ_S("utf-8"), &room));
	assert_ok(wq_portal_open(arena, &page, &portal));
	reader.data = portal;
	assert_ok(wq_document_read(&document, &reader, 1));
	assert_ok(wq_portal_close(portal, found, site));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "rule" of every finding, sorted. */
static const char *said(struct wq_arena *arena, const struct wq_findings *found)
{
	const char **lines = WQ_NEW_ARRAY(arena, const char *, found->count + 1);
	WQ_BUF(out, 64 * WQ_KIB);

	for (size_t i = 0; i < found->count; i++) {
		assert_ok(wq_finding_check(&found->items[i]));
		lines[i] = wq_arena_cstr(arena, found->items[i].rule);
	}
	qsort(lines, found->count, sizeof *lines, by_text);
	for (size_t i = 0; i < found->count; i++)
		wq_buf_printf(&out, "%s%s", i ? " " : "", lines[i]);
	return wq_arena_cstr(arena, wq_arena_str(arena, wq_buf_str(&out)));
}

struct row {
	const char *html, *found;
};

static void run_rows_at(
	const struct row *rows, size_t n, const struct wq_subject *subject, bool home, const char *url, bool of_a_site)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		struct wq_arena arena;
		struct wq_findings found;
		struct wq_portal_site *site = NULL;

		wq_arena_init(&arena, 16 * WQ_MIB);
		assert_ok(wq_findings_init(&found, &arena, 100));
		if (of_a_site)
			assert_ok(wq_portal_site_new(rules, subject, &site));
		look(&arena, subject, home, url, rows[i].html, &found, site);
		if (of_a_site)
			assert_ok(wq_portal_site_judge(site, &arena, &found));
		const char *got = said(&arena, &found);
		if (strcmp(got, rows[i].found) != 0) {
			print_message("# row %zu%s: %s\n#   got \"%s\" instead of \"%s\"\n", i,
				of_a_site ? " of a site" : "", rows[i].html, got, rows[i].found);
			wrong++;
		}
		wq_portal_site_free(&site);
		wq_arena_done(&arena);
	}
	assert_int_equal(wrong, 0);
}

/* A page by itself and a site of one page say the same. */
static void run_rows(const struct row *rows, size_t n, const struct wq_subject *subject, bool home)
{
	const char *url = home ? "https://www.qs.gov.cn/" : "https://www.qs.gov.cn/a/b.html";

	run_rows_at(rows, n, subject, home, url, false);
	run_rows_at(rows, n, subject, home, url, true);
}

/* ---- tests ---- */

static void marks(void **state)
{
	static const struct row rows[] = {
		{HOME, ""},
		{HEAD TOP FOOT_OF(MARK_SCRIPT("")), ""},
		{HEAD TOP FOOT_OF(MARK_SCRIPT("https:")), ""},
		{HEAD TOP FOOT_OF(MARK_SCRIPT("http:")), "mark.insecure"},
		{HEAD TOP FOOT_OF(
			 "<script src='http://dcs.conac.cn/js/14/000/0000/40445163/CA140000000404451630001.js'></script>"),
			"mark.insecure"},
		{HEAD TOP FOOT_OF("<span id='_ideConac'><a href='https://bszs.conac.cn/sitename?method=show&amp;id=" ID
				  "'><img id='imgConac' src='http://dcs.conac.cn/image/red.png'></a></span>"),
			"mark.insecure"},
		{HEAD TOP FOOT_OF("<a href='//bszs.conac.cn/sitename?method=show&id=" ID
				  "'><img src='//dcs.conac.cn/image/red_error.png'></a>"),
			"mark.error-state"},
		{HEAD TOP FOOT_OF("<span id='_ideConac'><a href='/'><img src='/images/jgdw.gif'></a></span>"),
			"mark.local-image"},
		{HEAD TOP FOOT_OF(
			 "<a href='//bszs.conac.cn/sitename?method=show&id=" ID "'><img src='images/red.png'></a>"),
			"mark.local-image"},
		{HEAD TOP FOOT_OF("<a href='//bszs.conac.cn/sitename?method=show&id=07bbe32157290f90e053022819ac8a23'>"
				  "<img src='//dcs.conac.cn/image/red.png'></a>"),
			""},
		{HEAD TOP FOOT_OF("<a href='//bszs.conac.cn/sitename?method=show&id=18BBE32157290F90E053022819AC8A23'>"
				  "<img src='//dcs.conac.cn/image/red.png'></a>"),
			"mark.foreign"},
		/* where it stands */
		{HEAD MARK TOP FOOT_OF(""), "mark.position"},
		{HEAD "<div class='bottom'>" MARK "</div>" TOP FOOT_OF(""), ""},
		{HEAD TOP "<footer>" OWNER CODE ICP POLICE MAP ENTRY "<div align=left>" MARK "</div></footer>",
			"mark.position"},
		{HEAD TOP "<footer>" OWNER CODE ICP POLICE MAP ENTRY "<div style='float:left;text-align:left'>" MARK
			  "</div></footer>",
			""},
		{HEAD "<style>/* x */.r { text-align: right } @media print { .r { color: red } }</style>" TOP
		      "<footer>" OWNER CODE ICP POLICE MAP ENTRY "<div class='a r'>" MARK "</div></footer>",
			"mark.position"},
		{HEAD TOP "<footer align=right>" OWNER CODE ICP POLICE MAP ENTRY "<center><p>" MARK
			  "</p></center></footer>",
			""},
		/* what is in a comment is not there; detect/page says so */
		{HEAD TOP FOOT_OF("<!-- " MARK_SCRIPT("http:") " -->"), ""},
	};
	struct wq_subject organ = subject_of(WQ_SUBJECT_ORGAN);
	static const struct row http[] = {{HEAD TOP FOOT_OF(MARK_SCRIPT("http:")), ""}};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ, true);
	run_rows_at(http, 1, &organ, true, "http://www.qs.gov.cn/", false);
}

#define FOOTER(text) HEAD TOP "<footer>" text "</footer>"

static void footers(void **state)
{
	static const struct row rows[] = {
		{FOOTER(OWNER CODE ICP POLICE MAP ENTRY), ""},
		{FOOTER(OWNER CODE ICP POLICE MAP
			 "<a href='https://zfwzgl.www.gov.cn/exposure/jiucuo.html?site_code=3503030001&url=x'><img src=a></a>"),
			""},
		{FOOTER(OWNER CODE ICP POLICE MAP
			 "<a href='http://pucha.kaipuyun.cn/exposure/jiucuo.html?site_code=3503030001'>x</a>"),
			""},
		{FOOTER(OWNER CODE ICP POLICE MAP), "footer.error-entry"},
		{FOOTER(OWNER CODE ICP POLICE MAP "<!-- " ENTRY " -->"), "footer.error-entry"},
		{FOOTER(OWNER CODE ICP POLICE MAP "<a href='/err.html'>我为政府网站找错</a>"), "footer.error-entry"},
		{FOOTER(OWNER CODE ICP POLICE MAP
			 "<script id=_jiucuo_ sitecode=bm29040001 src='https://zfwzgl.www.gov.cn/exposure/jiucuo.js'></script>"),
			"footer.registry"},
		{FOOTER(CODE ICP POLICE MAP ENTRY), "footer.owner"},
		{FOOTER("主办：青山县人民政府" CODE ICP POLICE MAP ENTRY), "footer.owner"},
		{FOOTER(OWNER CODE ICP POLICE ENTRY), "footer.site-map"},
		{FOOTER(OWNER CODE ICP POLICE ENTRY "<a href=/sitemap/>导航图</a>"), ""},
		/* filings */
		{FOOTER(OWNER CODE "<a href=https://beian.miit.gov.cn/>闽ICP备05070218号</a>" POLICE MAP ENTRY), ""},
		{FOOTER(OWNER CODE "<a href=https://beian.miit.gov.cn/>闽ICP备05070218号-2</a>" POLICE MAP ENTRY),
			"footer.registry"},
		{FOOTER(OWNER CODE "<a href=https://beian.miit.gov.cn/>京ICP备 05070218 号-1</a>" POLICE MAP ENTRY),
			""},
		{FOOTER(OWNER CODE "<a href=https://beian.miit.gov.cn/>京ICP备05070218号-1</a>" POLICE MAP ENTRY),
			"footer.registry"},
		{FOOTER(OWNER CODE ICP "闽公网安备35030302900036号" MAP ENTRY), "footer.registry"},
		{FOOTER(OWNER "网站标识码：3503030009" ICP POLICE MAP ENTRY), "footer.registry"},
		{FOOTER(OWNER "网站标识码：<b>3503030009</b>" ICP POLICE MAP ENTRY), "footer.registry"},
		{FOOTER(OWNER "网站标识码 bm14000002" ICP POLICE MAP ENTRY), "footer.registry"},
		{FOOTER(OWNER CODE "<a href='http://www.miibeian.gov.cn/'>闽ICP备05070218号-1</a>" POLICE MAP ENTRY),
			"footer.old-link"},
		{FOOTER(OWNER CODE ICP
			 "<a href='http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=35030302900035'>闽公网安备35030302900035号</a>" MAP
				 ENTRY),
			"footer.old-link"},
		/* numbers in a text about somebody else's */
		{HEAD "<h1>青山县人民政府</h1><p>京ICP备12345678号 公网安备11010102000001号</p>" LONG LONG LONG LONG
				LONG LONG LONG LONG LONG LONG LONG LONG "<footer>" OWNER CODE ICP POLICE MAP ENTRY
		      "</footer>",
			""},
	};
	static const struct row unions[] = {{FOOTER(ICP), "footer.owner"}, {FOOTER(OWNER ICP), ""}};
	static const struct row nobody[] = {
		{"<html><body>" LONG, ""}, {"<html><body><h1>x</h1>" LONG "<a href=http://e.com>x</a>", ""}};
	struct wq_subject organ = subject_of(WQ_SUBJECT_ORGAN), of_union = subject_of(WQ_SUBJECT_UNION),
			  unknown = subject_of(WQ_SUBJECT_UNKNOWN);

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ, true);
	run_rows(unions, WQ_COUNT(unions), &of_union, true);
	run_rows(nobody, WQ_COUNT(nobody), &unknown, true);
}

#define NAMED(site, title, rest) \
	"<html><head><meta name=SiteName content='" site "'><meta name=SiteDomain content='www.qs.gov.cn'>" \
	"<meta name=SiteIDCode content='3503030001'><title>" title "</title></head><body>" rest LONG \
	"<footer>" OWNER CODE ICP POLICE MAP ENTRY "</footer>"

static void names(void **state)
{
	static const struct row rows[] = {
		{NAMED("青山县人民政府", "首页", ""), ""},
		{NAMED("门户网站", "青山县政府网", ""), ""},
		{NAMED("门户网站", "首页", "<h1>青山县人民政府</h1>"), ""},
		{NAMED("门户网站", "首页", "<img src=/logo.png alt='中国·青山县人民政府门户网站'>"), ""},
		{NAMED("青山政府", "青山政府网", ""), ""}, /* region and duty */
		{NAMED("门户网站", "首页", ""), "name.missing"},
		{NAMED("门户网站", "首页", "<h1>欢迎您</h1>"), "name.missing"},
		{NAMED("白水县人民政府", "白水县人民政府门户网站", "<h1>白水县人民政府</h1>"), "name.differs"},
		{NAMED("白水县人民政府", "青山县人民政府", ""), "name.differs"},
		{NAMED("门户网站", "白水县教育局", "<h1>青山县人民政府</h1>"), "name.differs"},
	};
	static const struct row nameless[] = {
		{NAMED("青山县人民政府", "首页", ""), ""},
		{NAMED("白水市教育局", "首页", ""), "name.differs"},
		{NAMED("首都之窗", "首页", ""), ""},
	};
	struct wq_subject organ = subject_of(WQ_SUBJECT_ORGAN), no_name = organ;

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ, true);
	no_name.name = WQ_S_NONE;
	run_rows(nameless, WQ_COUNT(nameless), &no_name, true);
}

#define TITLED "<title>x</title></head><body>"
#define COLUMN_META \
	"<meta name=ColumnName content=x><meta name=ColumnDescription content=x><meta name=ColumnKeywords content=x>" \
	"<meta name=ColumnType content=x>"
#define ARTICLE_META(date) \
	"<meta name=ArticleTitle content=x><meta name=PubDate content='" date "'><meta name=ContentSource content=x>"
#define ENTRIES(date) \
	"<ul><li><a href=1>一</a><span>" date "</span></li><li><a href=2>二</a><span>" date \
	"</span></li><li><a href=3>三</a>" date "<li><span>" date "</span><a href=4>四</a><li><a href=5>五 " date \
	"</a></ul>"
#define INFO "<p>发布时间：2026-11-20 09:30　来源：青山县人民政府办公室</p>"

static void tags(void **state)
{
	static const struct row rows[] = {
		{META TITLED LONG, ""},
		{TITLED LONG, "meta.site"},
		{LONG, ""}, /* a piece of a page */
		{"<meta name=SiteName content=x><meta name=SiteIDCode content=3503030001>" TITLED LONG, "meta.site"},
		{"<meta name=sitename content=x><meta name=SITEDOMAIN content=https://www.qs.gov.cn/><meta name=SiteIDCode content=3503030001>" TITLED,
			"meta.site"}, /* in other case: severity info */
		{"<meta name=SiteName content=x><meta name=SiteDomain content=www.bs.gov.cn><meta name=SiteIDCode content=3503030001>" TITLED,
			"meta.wrong"},
		{"<meta name=SiteName content=x><meta name=SiteDomain content=www.qs.gov.cn><meta name=SiteIDCode content=28>" TITLED,
			"meta.wrong"},
		{"<meta name=SiteName content=x><meta name=SiteDomain content=static.qs.cn><meta name=SiteIDCode content=3503030002>" TITLED,
			"meta.wrong"},
		{"<meta name=SiteName content=x><meta name=SiteDomain content=qs.gov.cn:443><meta name=SiteIDCode content=3503030001>" TITLED,
			""},
		/* kinds of pages */
		{META COLUMN_META TITLED ENTRIES("2026-11-20"), ""},
		{META TITLED ENTRIES("2026-11-20"), "meta.column"},
		{META TITLED ENTRIES("[2026年11月20日]"), "meta.column"},
		{META TITLED ENTRIES("11-20"), "meta.column"},
		{META TITLED ENTRIES("1.20"), ""},
		{META TITLED ENTRIES("[10/12]"), ""},
		{META TITLED
			"<p><a>x</a> Listing 12-15<p><a>x</a> Listing 12-16<p><a>x</a> Listing 12-17<p><a>x</a> Listing 12-18"
			"<p><a>x</a> Listing 12-19",
			""},
		{META TITLED ENTRIES("13-20"), ""},
		{META TITLED ENTRIES("2026-13-20"), ""},
		{META TITLED "<ul><li><a href=1>一</a><li><a href=1>一</a></ul><p>2026-11-20</p>", ""},
		{META ARTICLE_META("2026-11-20 09:30") TITLED INFO LONG, ""},
		{META TITLED INFO LONG, "meta.article"},
		{META TITLED "<div><span>2026-11-20</span> <span>来源：本站</span></div>" LONG, "meta.article"},
		{META TITLED INFO "<p>短</p>", ""},
		{META TITLED "<p>来源：本站</p>" LONG LONG "<p>2026-11-20</p>", ""},
		{META "<meta name=ArticleTitle content=x>" TITLED LONG, "meta.article"},
		/* dates */
		{META ARTICLE_META("2025-07-14 01:59") TITLED, ""},
		{META ARTICLE_META("2025-07-14 01:59:07") TITLED, ""},
		{META ARTICLE_META("2025-07-14") TITLED, "meta.pub-date"},
		{META ARTICLE_META("2026/7/1") TITLED, "meta.pub-date"},
		{META ARTICLE_META("2025-02-30 01:59") TITLED, "meta.pub-date"},
		{META ARTICLE_META("2025-07-14 24:00") TITLED, "meta.pub-date"},
		{META ARTICLE_META("2026-11-23 01:59") TITLED, "meta.pub-date"},
	};
	static const struct row others[] = {{TITLED INFO LONG ENTRIES("2026-11-20"), ""}};
	struct wq_subject organ = subject_of(WQ_SUBJECT_ORGAN), of_union = subject_of(WQ_SUBJECT_UNION);

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ, false);
	run_rows(others, WQ_COUNT(others), &of_union, false);
}

#define PAGE(body) META TITLED body
#define OUT "<a href='http://e.com/'>x</a>"
#define ASK "if(!confirm('您访问的链接即将离开“青山”门户网站，是否继续？'))return false"
#define GOOD \
	"<script>document.addEventListener('click',function(e){var u=new URL(e.target.href);" \
	"if(!/(^|\\.)gov\\.cn$/.test(u.hostname)){" ASK "}})</script>"
#define LOADED "<script>$('a').click(function(){if(!/\\.gov\\.cn$/.test(this.hostname)){" ASK "}})</script>"

static void leaving(void **state)
{
	static const struct row rows[] = {
		/* who is outside (field facts 5.5) */
		{PAGE(OUT), "leave.no-prompt"},
		{PAGE("<a href='http://www.gov.cn.evil.com/'>x</a>"), "leave.no-prompt"},
		{PAGE("<a href='http://evil.com/?u=gov.cn'>x</a>"), "leave.no-prompt"},
		{PAGE("<a href='http://gov.cn@evil.com/'>x</a>"), "leave.no-prompt"},
		{PAGE("<a href='//evil.com'>x</a>"), "leave.no-prompt"},
		{PAGE("<a href='/\\evil.com'>x</a>"), "leave.no-prompt"},
		{PAGE("<a href='ht\ntps://evil.com'>x</a>"), "leave.no-prompt"},
		{PAGE("<a href='http:evil.com'>x</a>"), "leave.no-prompt"}, /* on a page of http it would be a path */
		{PAGE("<a href='http&#58;//evil.com'>x</a>"), "leave.no-prompt"},
		{PAGE("<a href='http://evilgov.cn/'>x</a>"), "leave.no-prompt"},
		{PAGE("<a href='http://政务.evil.com'>x</a>"), "leave.no-prompt"},
		{PAGE("<a href=https://www.12306.cn/>x</a>"), "leave.no-prompt"}, /* confirmed is still outside */
		{PAGE("<base href='https://e.com/'><a href='a.html'>x</a>"), "leave.no-prompt"},
		{PAGE("<form action='https://e.com/s'></form>"), "leave.no-prompt"},
		{PAGE("<meta http-equiv=refresh content='0; URL=https://e.com/'>"), "leave.no-prompt"},
		{PAGE("<meta http-equiv=refresh content=\"0;url = 'https://e.com/'\">"), "leave.no-prompt"},
		{PAGE("<meta http-equiv=refresh content='0, //e.com/'>"), "leave.no-prompt"},
		{PAGE("<meta http-equiv=refresh content='60'><meta http-equiv=refresh content='0;url=/a'>"), ""},
		{PAGE("<div onclick=\"window.open('https://e.com/')\">x</div>"), "leave.no-prompt"},
		{PAGE("<script>function f(){location.href='https://e.com/'}</script>"), "leave.no-prompt"},
		/* who is not */
		{PAGE("<a href='https://xxx.政务/'>x</a><a href='https://xxx.xn--zfr164b/'>x</a><a href='http://www.fujian.gov.cn'>x</a>"),
			""},
		{PAGE("<a href='/a'>x</a><a href='b'>x</a><a href='#c'>x</a><a href='mailto:a@e.com'>x</a><a href='javascript:void(0)'>x</a>"),
			""},
		{PAGE("<a href='//www.qs.gov.cn/a'>x</a><a href='http://static.qs.cn/'>x</a><a href='http://www.partner.org/'>x</a>"),
			""},
		{PAGE("<a href='/leave/0123456789abcdef0123456789abcdef'>x</a><a href='/link?url=http://e.com/'>x</a>" MARK),
			""},
		{PAGE("<!-- " OUT " -->"), ""},
		/* what asks */
		{PAGE(OUT GOOD), ""},
		{PAGE("<a href='http://e.com/' onclick=\"return confirm('即将离开')\">x</a>"), ""},
		{PAGE(OUT
			 "<div style='display:none'>您访问的链接即将离开本站</div><script>$(document).on('click','a',function(){"
			 "if(this.hostname!=location.hostname)$('#box').show()})</script>"),
			""},
		{PAGE(OUT "<script>/* document.onclick: confirm('即将离开') */</script>"), "leave.no-prompt"},
		{PAGE(OUT "<script>document.onclick=function(){menu.hide()}</script>"), "leave.no-prompt"},
		/* what asks badly */
		{PAGE(OUT "<script>document.onclick=function(e){if(e.target.href.indexOf('gov.cn')<0){" ASK
			  "}}</script>"),
			"leave.bypassed"},
		{PAGE("<form action='https://e.com/s'></form>" OUT GOOD), "leave.bypassed"},
		{PAGE("<meta http-equiv=refresh content='9;url=https://e.com/'>" GOOD), "leave.bypassed"},
		{PAGE("<b onclick=\"window.open('https://e.com/')\">x</b>" GOOD), "leave.bypassed"},
		{PAGE(OUT LOADED), "leave.bypassed"},
		{PAGE(LOADED), ""},
		{PAGE("<a href=//e.com/>x</a><script>$(document).on('click','a[href^=\"http\"]',function(){" ASK
		      "})</script>"),
			"leave.bypassed"},
	};
	struct wq_subject organ = subject_of(WQ_SUBJECT_ORGAN), no_suffixes = organ;
	static const struct row silent[] = {{PAGE(OUT), ""}};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ, false);
	no_suffixes.suffixes = NULL;
	run_rows(silent, 1, &no_suffixes, false);
}

/* ---- sites ---- */

struct walk {
	struct wq_arena arena;
	struct wq_findings found;
	struct wq_portal_site *site;
	struct wq_subject subject;
};

static void walk_begin(struct walk *w)
{
	*w = (struct walk){.subject = subject_of(WQ_SUBJECT_ORGAN)};
	wq_arena_init(&w->arena, 64 * WQ_MIB);
	assert_ok(wq_findings_init(&w->found, &w->arena, 1000));
	assert_ok(wq_portal_site_new(rules, &w->subject, &w->site));
}

static void walk_pages(struct walk *w, unsigned first, unsigned n, const char *html)
{
	for (unsigned i = first; i < first + n; i++)
		look(&w->arena, &w->subject, false,
			wq_arena_cstr(&w->arena, wq_arena_printf(&w->arena, "https://www.qs.gov.cn/%03u.html", i)),
			html, &w->found, w->site);
}

static const char *walk_end(struct walk *w)
{
	assert_int_equal(w->found.count, 0);
	assert_ok(wq_portal_site_judge(w->site, &w->arena, &w->found));
	return said(&w->arena, &w->found);
}

static void walk_done(struct walk *w)
{
	wq_portal_site_free(&w->site);
	wq_arena_done(&w->arena);
}

static size_t told(const struct walk *w)
{
	size_t pages = 0;

	for (size_t i = 0; i < w->found.count; i++) {
		assert_str(w->found.items[i].rule, WQ_S("meta.site"));
		pages += w->found.items[i].evidence.count;
	}
	return pages;
}

/* Of the template: one with its share of the pages, the others are named. Of few pages: each. */
static void templates(void **state)
{
	struct walk w;

	(void)state;
	walk_begin(&w);
	walk_pages(&w, 0, 40, TITLED LONG);
	walk_pages(&w, 40, 10, META TITLED LONG);
	walk_end(&w);
	assert_int_equal(w.found.count, 40);
	assert_int_equal(told(&w), 40);
	assert_str(w.found.items[0].place.url, WQ_S("https://www.qs.gov.cn/000.html"));
	assert_true(wq_str_starts(w.found.items[0].evidence.excerpt, WQ_S("40/50: ")));
	walk_done(&w);

	walk_begin(&w);
	walk_pages(&w, 0, 3, TITLED LONG);
	walk_pages(&w, 3, 47, META TITLED LONG);
	assert_string_equal(walk_end(&w), "meta.site meta.site meta.site");
	walk_done(&w);

	/* one template, wrong in two ways */
	walk_begin(&w);
	walk_pages(&w, 0, 4, TITLED LONG);
	walk_pages(&w, 4, 5, "<meta name=SiteName content=x>" TITLED LONG);
	walk_pages(&w, 9, 5, META TITLED LONG);
	walk_end(&w);
	assert_int_equal(told(&w), 9);
	assert_true(wq_str_starts(w.found.items[0].evidence.excerpt, WQ_S("4/14: ")));
	assert_true(wq_str_starts(w.found.items[4].evidence.excerpt, WQ_S("5/14: ")));
	walk_done(&w);

	/* more than are named */
	walk_begin(&w);
	walk_pages(&w, 0, 150, TITLED LONG);
	walk_pages(&w, 150, 300, META TITLED LONG);
	walk_end(&w);
	assert_int_equal(w.found.count, 100);
	assert_int_equal(w.found.items[0].evidence.count, 51);
	assert_int_equal(told(&w), 150);
	walk_done(&w);
}

static void scripts(void **state)
{
	static const struct {
		const char *script, *found;
		enum wq_severity severity;
	} rows[] = {
		{NULL, "leave.no-prompt", WQ_SEVERITY_INFO},
		{"var a=1", "leave.no-prompt", WQ_SEVERITY_MEDIUM},
		{"document.onclick=function(e){var h=e.target.hostname;if(!h.endsWith('.gov.cn')){" ASK "}}", "", 0},
		{"document.onclick=function(e){if(e.target.href.indexOf('gov.cn')<0){" ASK "}}", "leave.bypassed",
			WQ_SEVERITY_MEDIUM},
		/* GB18030: 即将离开 */
		{"document.onclick=function(){if(this.hostname!='a')return confirm('\xbc\xb4\xbd\xab\xc0\xeb\xbf\xaa\xb1\xbe\xd5\xbe')}",
			"", 0},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct walk w;
		walk_begin(&w);
		walk_pages(&w, 0, 20, PAGE(OUT "<script src='/js/leave.js?v=1#x'></script>" ENTRY));
		if (rows[i].script)
			assert_ok(wq_portal_script(
				w.site, WQ_S("https://www.qs.gov.cn/js/leave.js?v=1"), wq_str_c(rows[i].script)));
		walk_end(&w);
		assert_int_equal(w.found.count, *rows[i].found ? 20 : 0);
		for (size_t k = 0; k < w.found.count; k++) {
			assert_str(w.found.items[k].rule, wq_str_c(rows[i].found));
			assert_int_equal(w.found.items[k].severity, rows[i].severity);
		}
		if (w.found.count) {
			assert_int_equal(w.found.items[0].evidence.count, 1);
			assert_str(w.found.items[0].evidence.target, WQ_S("http://e.com/"));
		}
		walk_done(&w);
	}
}

/* Nobody registered it, but a site has one mark. */
static void two_marks(void **state)
{
	static const char first[] = PAGE(MARK);
	static const char second[] = PAGE(
		"<a href='//bszs.conac.cn/sitename?method=show&id=18BBE32157290F90E053022819AC8A23'><img src=//dcs.conac.cn/image/red.png></a>");
	struct walk w;

	(void)state;
	walk_begin(&w);
	w.subject.mark_id = WQ_S_NONE;
	walk_pages(&w, 0, 5, first);
	walk_pages(&w, 5, 1, second);
	assert_string_equal(walk_end(&w), "mark.foreign");
	assert_str(w.found.items[0].place.url, WQ_S("https://www.qs.gov.cn/005.html"));
	walk_done(&w);
}

/* A footer that nobody sees in the markup may be written by a script: worth a look, not a fault. */
static void written_footers(void **state)
{
	static const struct {
		const char *html;
		enum wq_severity severity;
	} rows[] = {
		{HEAD TOP, WQ_SEVERITY_LOW},
		{HEAD TOP "<script src='/js/foot.js'></script>", WQ_SEVERITY_INFO},
		{HEAD TOP ICP "<script src='/js/foot.js'></script>", WQ_SEVERITY_LOW},
	};
	struct wq_subject organ = subject_of(WQ_SUBJECT_ORGAN);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		struct wq_findings found;
		wq_arena_init(&arena, 16 * WQ_MIB);
		assert_ok(wq_findings_init(&found, &arena, 100));
		look(&arena, &organ, true, "https://www.qs.gov.cn/", rows[i].html, &found, NULL);
		assert_string_equal(said(&arena, &found), "footer.error-entry footer.owner footer.site-map");
		assert_str(found.items[0].rule, WQ_S("footer.error-entry"));
		assert_int_equal(found.items[0].severity, rows[i].severity);
		wq_arena_done(&arena);
	}
}

/* A page that wants memory gets little, and is still judged. */
static void hostile(void **state)
{
	struct wq_arena arena;
	struct wq_findings found;
	struct wq_subject organ = subject_of(WQ_SUBJECT_ORGAN);
	WQ_BUF(html, 64 * WQ_MIB);

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	assert_ok(wq_findings_init(&found, &arena, 100));
	wq_buf_add(&html, WQ_S(META TITLED));
	for (unsigned i = 0; i < 100000; i++)
		wq_buf_printf(&html,
			"<a href='http://E%u.com/?a&amp;b'>闽ICP备05070218号</a><img alt='&amp;%u'><script src='/%u'></script>",
			i, i, i);
	wq_buf_add(&html, WQ_S("<form action='&#47;'></form>"));
	look(&arena, &organ, true, "https://www.qs.gov.cn/", wq_buf_cstr(&html), &found, NULL);
	assert_string_equal(said(&arena, &found), "footer.error-entry footer.owner footer.site-map leave.no-prompt");
	assert_true(arena.used < 12 * WQ_MIB);
	wq_arena_done(&arena);
}

static void places(void **state)
{
	struct wq_arena arena;
	struct wq_findings found;
	struct wq_subject organ = subject_of(WQ_SUBJECT_ORGAN);

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	assert_ok(wq_findings_init(&found, &arena, 100));
	look(&arena, &organ, false, "https://www.qs.gov.cn/a",
		PAGE("\n\n 一<a href='http://e.com/%7e?a=1&amp;b=2'>x</a>"), &found, NULL);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.items[0].place.line, 3);
	assert_int_equal(found.items[0].place.column, 3);
	assert_str(found.items[0].evidence.target, WQ_S("http://e.com/%7e?a=1&b=2"));
	wq_arena_done(&arena);
}

static void rendered(void **state)
{
	static const struct {
		struct wq_portal_rendered measured;
		const char *rule;
	} rows[] = {
		{{1280, 3000, 800, 600, 2900, 80, 80, false}, ""},
		{{1280, 3000, 800, 100, 2900, 80, 80, false}, "mark.position"},
		{{1280, 3000, 800, 600, 100, 80, 80, false}, "mark.position"},
		{{1280, 600, 800, 600, 20, 80, 80, false}, "mark.position"},
		{{1280, 600, 800, 600, 500, 80, 80, false}, ""},
		{{1280, 3000, 800, 600, 2900, 0, 80, false}, "mark.not-shown"},
		{{1280, 3000, 800, -500, 2900, 80, 80, false}, "mark.not-shown"},
		{{1280, 3000, 800, 600, 2900, 80, 80, true}, "mark.not-shown"},
		{{0, 0, 0, 0, 0, 0, 0, false}, ""},
	};
	struct wq_arena arena;
	struct wq_place place = {.url = WQ_S("https://www.qs.gov.cn/")};

	(void)state;
	wq_arena_init(&arena, WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_finding finding = {0};
		bool says = wq_portal_mark_rendered(&arena, rules, &rows[i].measured, &place, &finding);
		assert_int_equal(says, rows[i].rule[0] != 0);
		assert_str(finding.rule, wq_str_c(rows[i].rule));
		if (says)
			assert_ok(wq_finding_check(&finding));
	}
	wq_arena_done(&arena);
}

static void bad_rules(void **state)
{
	static const struct {
		const char *text, *note;
	} rows[] = {
		{"weique-page 1\n", "f:1:"},
		{"weique-portal 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[colours]\n", "f:5:"},
		{"weique-portal 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[labels owner]\nword: x\n", "f:6:"},
		{"weique-portal 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[labels owner]\nitem: a || b\n", "f:6:"},
		{"weique-portal 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[limits]\nfoot_percent: 101\n", "f:6:"},
		{"weique-portal 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[limits]\n", "not complete"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		const struct wq_portal_rules *none;
		wq_arena_init(&arena, WQ_MIB);
		wq_err e = wq_portal_rules_parse(&arena, WQ_S("f"), wq_str_c(rows[i].text), &none);
		assert_true(wq_is(e, WQ_E_CONFIG));
		assert_non_null(strstr(wq_err_note(e), rows[i].note));
		wq_arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks),
		cmocka_unit_test(footers),
		cmocka_unit_test(names),
		cmocka_unit_test(tags),
		cmocka_unit_test(leaving),
		cmocka_unit_test(templates),
		cmocka_unit_test(scripts),
		cmocka_unit_test(two_marks),
		cmocka_unit_test(written_footers),
		cmocka_unit_test(hostile),
		cmocka_unit_test(places),
		cmocka_unit_test(rendered),
		cmocka_unit_test(bad_rules),
	};

	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
