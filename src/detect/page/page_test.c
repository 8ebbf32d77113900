#include "base/buf.h"
#include "base/test.h"
#include "detect/page/change.h"
#include "detect/page/page.h"

enum { FILE_MAX = 1024 * 1024 };

static struct wq_arena rules_arena;
static const struct wq_page_rules *rules;
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
	assert_ok(wq_page_rules_parse(
		&rules_arena, WQ_S("rules/page/page.txt"), read_file("rules/page/page.txt"), &rules));
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

static const wq_str hosts[] = {WQ_S_INIT("www.example.gov.cn"), WQ_S_INIT("img.example.com")};
static const wq_str inside[] = {WQ_S_INIT("www.partner.org")};
static const wq_str confirmed[] = {WQ_S_INIT("www.12306.cn")};

static struct wq_page_facts facts_of(enum wq_page_unit unit, bool home)
{
	return (struct wq_page_facts){
		.address = home ? WQ_S("https://www.example.gov.cn/") : WQ_S("https://www.example.gov.cn/a/b.html"),
		.hosts = hosts,
		.hosts_n = WQ_COUNT(hosts),
		.inside = inside,
		.inside_n = WQ_COUNT(inside),
		.confirmed = confirmed,
		.confirmed_n = WQ_COUNT(confirmed),
		.suffixes = suffixes,
		.day = 20261122,
		.unit = unit,
		.mark = unit == WQ_PAGE_ORGAN   ? WQ_PAGE_MARK_ENTITLED
			: unit == WQ_PAGE_UNION ? WQ_PAGE_MARK_NOT_ENTITLED
						: WQ_PAGE_MARK_UNKNOWN,
		.home = home,
		.place = {.app = WQ_S("portal"), .key = WQ_S("www.example.gov.cn/a/b.html")},
	};
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "rule:severity" of every finding, sorted, once each; what is only counted (link.needs-prompt) aside. */
static const char *said(struct wq_arena *arena, const struct wq_findings *found)
{
	const char **lines = WQ_NEW_ARRAY(arena, const char *, found->count + 1);
	WQ_BUF(out, 64 * WQ_KIB);
	size_t n = 0;

	for (size_t i = 0; i < found->count; i++) {
		const struct wq_finding *f = &found->items[i];
		assert_ok(wq_finding_check(f));
		if (wq_str_eq(f->rule, WQ_S("link.needs-prompt")))
			continue;
		lines[n++] = wq_arena_cstr(
			arena, wq_arena_printf(arena, "%.*s:%s", WQ_S_ARG(f->rule), wq_severity_name(f->severity)));
	}
	qsort(lines, n, sizeof *lines, by_text);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
			wq_buf_printf(&out, "%s%s", out.len ? " " : "", lines[i]);
	return wq_arena_cstr(arena, wq_arena_str(arena, wq_buf_str(&out)));
}

static void check(
	struct wq_arena *arena, const struct wq_page_facts *facts, const char *html, struct wq_findings *found)
{
	assert_ok(wq_findings_init(found, arena, 1000));
	assert_ok(wq_page_check(arena, rules, facts, wq_str_c(html), WQ_S("utf-8"), found));
}

struct row {
	const char *html, *found;
};

static void run_rows(const struct row *rows, size_t n, const struct wq_page_facts *facts)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		struct wq_arena arena;
		struct wq_findings found;

		wq_arena_init(&arena, 16 * WQ_MIB);
		check(&arena, facts, rows[i].html, &found);
		const char *got = said(&arena, &found);
		if (strcmp(got, rows[i].found) != 0) {
			print_message("# row %zu: %s\n#   got \"%s\" instead of \"%s\"\n", i, rows[i].html, got,
				rows[i].found);
			wrong++;
		}
		wq_arena_done(&arena);
	}
	assert_int_equal(wrong, 0);
}

#define UNCONFIRMED "link.outside-unconfirmed:medium"
#define HIDDEN "page.hidden-link:high"

/* The faults of scripts in the field, which look for "gov.cn" in the text of an address, are rows. */
static void links(void **state)
{
	static const struct row rows[] = {
		{"<a href='/x.html'>x</a><a href=y.html>y</a><a href='#z'>z</a><a href='?p=1:2'>p</a>", ""},
		{"<a href='https://www.gov.cn/'>x</a><a href='//www.other.gov.cn/a'>y</a>", ""},
		{"<a href='https://www.partner.org/'>x</a><a href='http://img.example.com/'>y</a>", ""},
		{"<a href='https://www.12306.cn/'>x</a>", ""},
		{"<a href='mailto:a@b.cn'>x</a><a href='tel:12345'>y</a><a href='javascript:void(0)'>z</a>", ""},
		{"<a href='http://news.example.com/'>x</a>", UNCONFIRMED},
		{"<a href='//evil.com'>x</a>", UNCONFIRMED},
		{"<a href=http://evil.com/?u=gov.cn>x</a>", UNCONFIRMED},
		{"<a href='http&#58;//evil.com/'>x</a>", UNCONFIRMED},
		{"<a href='\\\\evil.com/'>x</a>", UNCONFIRMED},
		{"<a href='ht\ntp://evil.com/'>x</a>", UNCONFIRMED},
		{"<a href='http://www.gov.cn.evil.com/'>x</a>", "link.look-alike:high " UNCONFIRMED},
		{"<a href='http://gov.cn@evil.com/'>x</a>", "link.look-alike:high " UNCONFIRMED},
		{"<a href='http://evilgov.cn/'>x</a>", "link.look-alike:high " UNCONFIRMED},
		{"<a href='http://政务.evil.com/'>x</a>", "link.look-alike:high " UNCONFIRMED},
		{"<a href='http://www.xn--80ak6aa92e.com/'>x</a>", "link.look-alike:high " UNCONFIRMED},
		{"<a href='http://www.xn--fiqs8s.com/'>x</a>", UNCONFIRMED},
		{"<a href='https://某某.政务/'>x</a><a href='https://xn--1-7n6a.xn--zfr164b/'>x</a>", ""},
		{"<a href='http://8.8.8.8/'>x</a>", "link.address:medium " UNCONFIRMED},
		{"<a href='http://192.168.1.2:8080/'>x</a><a href='http://localhost/'>x</a>", "link.address:medium"},
		{"<a href='file:///C:/a.doc'>x</a><a href='C:\\a.doc'>y</a><a href='http://'>z</a>", "link.dead:low"},
		{"<base href='http://evil.com/'><a href='x.html'>x</a>", UNCONFIRMED},
		{"<a target=_blank href='http://e.com/'>x</a>", "link.no-opener:low " UNCONFIRMED},
		{"<a target=_blank rel='noopener' href='http://e.com/'>x</a>", UNCONFIRMED},
		{"<area href='http://e.com/'>", UNCONFIRMED},
		{"<a onclick=\"window.open('http://e.com/')\">x</a>", UNCONFIRMED},
		{"<!-- <a href='http://e.com/'>x</a> -->", ""},
		{"<script>var a = \"<a href='http://e.com/'>x</a>\"</script>", ""},
	};
	struct wq_page_facts facts = facts_of(WQ_PAGE_ORGAN, false);

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &facts);
}

#define L "<a href='http://e.com/'>x</a>"

static void hidden_links(void **state)
{
	static const struct row rows[] = {
		{"<div style='display:none'>" L "</div>", HIDDEN},
		{"<div style='DISPLAY : NONE ;'><p>" L "</p></div>", HIDDEN},
		{"<div style='display:none'></div>" L, UNCONFIRMED},
		{"<div style='display:none'><div></div>" L "</div>" L, UNCONFIRMED " " HIDDEN},
		{"<div style='position:absolute;left:-9999px'>" L "</div>", HIDDEN},
		{"<div style='position:absolute;left:-3px'>" L "</div>", UNCONFIRMED},
		{"<div style='overflow:hidden;height:0'>" L "</div>", HIDDEN},
		{"<div style='overflow:hidden;height:1px;width:1px'>" L "</div>", HIDDEN},
		{"<div style='line-height:0;overflow:hidden;max-height:200px'>" L "</div>", UNCONFIRMED},
		{"<div style='text-indent:-999em'>" L "</div>", HIDDEN},
		{"<div style='opacity:0'>" L "</div>", HIDDEN},
		{"<div style='opacity:0.9'>" L "</div>", UNCONFIRMED},
		{"<a style='font-size:0px' href='http://e.com/'>x</a>", HIDDEN},
		{"<a style='color:#fff;background:#FFF' href='http://e.com/'>x</a>", HIDDEN},
		{"<a style='color:#fff;background:#000' href='http://e.com/'>x</a>", UNCONFIRMED},
		{"<a style='visibility:hidden' href='http://e.com/'>x</a>", HIDDEN},
		{"<div hidden>" L "</div>", HIDDEN},
		{"<marquee height=1 width=5 scrollamount=3000>" L "</marquee>", HIDDEN},
		{"<marquee>" L "</marquee>", UNCONFIRMED},
		{"<noscript>" L "</noscript>", HIDDEN},
		{"<style>.k{display:none}</style><div class='a k'>" L "</div>", HIDDEN},
		{"<style>#k{position:fixed;top:-1000px}</style><div id=k>" L "</div>", HIDDEN},
		{"<style>@media print{.k{display:none}}</style><div class='k'>" L "</div>", UNCONFIRMED},
		{"<style>.k{display:none}.k.on{display:block}</style><div class='k'>" L "</div>", UNCONFIRMED},
		{"<style>.m .k{display:none}</style><div class='k'>" L "</div>", UNCONFIRMED},
		{"<style>/* .k{display:none} */ .k{color:red}</style><div class='k'>" L "</div>", UNCONFIRMED},
		{"<ul><li style='display:none'>a<li>" L "</ul>", UNCONFIRMED},
		{"<table><tr><td style='display:none'>a</td><td>" L "</td></tr></table>", UNCONFIRMED},
		{"<ul><li style='display:none'><ul><li>" L "</ul><li>b</ul>", HIDDEN},
		{"<div style='display:none'><a href='https://www.gov.cn/'>x</a><a href='/a'>y</a></div>", ""},
		{"<p>a<a href='http://e.com/'></a>b</p>", "link.outside-unconfirmed:medium page.hidden-link:medium"},
		{"<a href='http://e.com/'><img src=a.png></a>", UNCONFIRMED},
		{"<br style='display:none'>" L, UNCONFIRMED},
	};
	struct wq_page_facts facts = facts_of(WQ_PAGE_ORGAN, false);

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &facts);
}

#define CONAC \
	"<script type=\"text/javascript\">document.write(unescape(\"%3Cspan id='_ideConac' %3E%3C/span%3E%3Cscript " \
	"src='https://dcs.conac.cn/js/14/000/0000/40445163/CA140000000404451630001.js' " \
	"type='text/javascript'%3E%3C/script%3E\"));</script>"

static void scripts(void **state)
{
	static const struct row rows[] = {
		{"<script src='/a.js'></script><script src='//www.other.gov.cn/b.js'></script>", ""},
		{"<script src='https://hm.baidu.com/hm.js?1'></script>", "page.outside-script:medium"},
		{"<script>var hm=document.createElement('script');hm.src=\"https://hm.baidu.com/hm.js?1\";</script>",
			"page.outside-script:medium"},
		{"<script src='http://1.2.3.4/x.js'></script>", "page.outside-script:high"},
		{"<script src='https://coinhive.com/lib/coinhive.min.js'></script>", "page.planted-script:critical"},
		{"<script>var miner = new CoinHive.Anonymous('k');</script>", "page.planted-script:critical"},
		{"<script>eval(unescape('%64%6f'))</script>", "page.planted-script:high"},
		{"<script>document.write(String.fromCharCode(60,97))</script>", "page.planted-script:high"},
		{"<script>eval(function(p,a,c,k,e,d){}('',1))</script>", "page.obfuscated-script:medium"},
		{"<script>x=String.fromCharCode(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25)</script>",
			"page.obfuscated-script:medium"},
		{"<script>x=String.fromCharCode(1,2,3)</script>", ""},
		{"<script>document.write(unescape(\"%3Ciframe src='http://e.com/' width=0%3E\"))</script>",
			"page.hidden-frame:high"},
		{"<script>var s=document.referrer;if(s.indexOf('baidu.')>0){location.href='http://e.com/'}</script>",
			"page.cloaking:high page.redirect-outside:medium"},
		{"<script>if(/Baiduspider/i.test(navigator.userAgent))document.write('x')</script>",
			"page.cloaking:high"},
		{"<script>var from=document.referrer;send(from)</script>", ""},
		{"<script>navigator.serviceWorker.register('/sw.js')</script>", "page.service-worker:medium"},
		{"<script>window.location = 'https://m.example.gov.cn/'</script>", ""},
		{"<script type='application/ld+json'>{\"u\":\"eval(unescape(\"}</script>", ""},
		{CONAC, ""},
		{"<meta http-equiv=refresh content='0;url=http://e.com/'>", "page.redirect-outside:high"},
		{"<meta http-equiv=refresh content='0; URL=\"/b.html\"'>", ""},
		{"<body onload=\"location.href='http://e.com/'\">", "page.redirect-outside:medium"},
		{"<iframe src='http://e.com/' width=0 height=0></iframe>", "page.hidden-frame:high"},
		{"<iframe src='http://e.com/' style='display:none'></iframe>", "page.hidden-frame:high"},
		{"<iframe src='http://e.com/' width=600 height=400></iframe>", "page.outside-frame:medium"},
		{"<iframe src='/x.html' width=0 height=0></iframe>", ""},
		{"<form method=post action='http://e.com/'></form>", "page.outside-form:medium"},
		{"<form action='http://www.baidu.com/baidu'></form>", "page.outside-form:low"},
		{"<form method=post action='/do'></form>", ""},
	};
	struct wq_page_facts facts = facts_of(WQ_PAGE_UNIT_UNKNOWN, false);

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &facts);
}

#define ICP "<a href='https://beian.miit.gov.cn/'>京ICP备05070218号-1</a>"
#define POLICE "<a href='https://beian.mps.gov.cn/#/query/webSearch?code=35030302900035'>闽公网安备35030302900035号</a>"
#define CODE "<p>网站标识码：1304000009</p>"
#define FOOT ICP POLICE CODE
#define STATIC(id, image) \
	"<span id=\"_ideConac\"><a href=\"//bszs.conac.cn/sitename?method=show&id=" id \
	"\"><img id=\"imgConac\" src=\"" image "\"></a></span>"
#define ID "07BBE32157290F90E053022819AC8A23"
#define RED "//dcs.conac.cn/image/red.png"

static void marks_and_footers(void **state)
{
	static const struct row rows[] = {
		{" " CONAC FOOT, ""},
		{" " STATIC(ID, RED) FOOT, ""},
		{" " FOOT, "mark.missing:medium"},
		{" <!-- " STATIC(ID, RED) " -->" FOOT, "mark.not-shown:medium"},
		{" <span id='_ideConac'></span>" FOOT, "mark.not-shown:medium"},
		{" " STATIC(ID, "//dcs.conac.cn/image/blue.png") FOOT, "mark.wrong-kind:high"},
		{" " STATIC(ID, "//dcs.conac.cn/image/red_error.png") FOOT, "mark.error-state:medium"},
		{" " STATIC(ID, "/images/red.png") FOOT, "mark.local-image:medium"},
		{" <span id='_ideConac'><a href='/'><img src='/images/jgdw.gif'></a></span>" FOOT,
			"mark.local-image:medium"},
		{" <span id='_ideConac'></span><img src='/logo.gif'>" FOOT, "mark.not-shown:medium"},
		{" <script src='//dcs.conac.cn/js/14/000/0000/40445163/CA140000000404451630001.js'></script>" FOOT, ""},
		{" " STATIC("07BBE3", RED) FOOT, "mark.malformed:medium"},
		{" <script src='https://dcs.conac.cn/js/14/000/0000/40445163/CA140000000404451640001.js'></script>" FOOT,
			"mark.malformed:medium"},
		{" " CONAC POLICE CODE, "footer.icp:low"},
		{" " CONAC "<a href='http://www.miibeian.gov.cn/'>京ICP备05070218号</a>" POLICE CODE,
			"footer.old-link:low"},
		{" " CONAC "<a href='https://beian.miit.gov.cn/'>ICP备案号：京ICP备05070218 号-1</a>" POLICE CODE, ""},
		{" " CONAC "<a href='https://beian.miit.gov.cn/'>ICP备0507号</a>" POLICE CODE, "footer.icp:low"},
		{" " CONAC "京ICP备05070218号" POLICE CODE, "footer.icp:low"},
		{" " CONAC "<a href='https://beian.miit.gov.cn/'>京ICP备2025146653号</a>" POLICE CODE, ""},
		{" " CONAC ICP CODE, "footer.police:low"},
		{" " CONAC ICP
		 "<a href='http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=35030302900036'>闽公网安备 "
		 "35030302900035号</a>" CODE,
			"footer.police:medium"},
		{" " CONAC ICP "<p>闽公网安备3503030290003号</p>" CODE, "footer.police:low"},
		{" " CONAC ICP
		 "<a href='https://beian.mps.gov.cn/#/query/webSearch?code=35030302900035'><img src=ga.png></a>" CODE,
			""},
		{" " CONAC ICP POLICE, "footer.site-code:low"},
		{" " CONAC ICP POLICE "<p>网站标识码：<b>1304000009</b></p>", ""},
		{" " CONAC ICP POLICE "<p>政府网站标识码&nbsp;bm14000002</p>", ""},
		{" " CONAC ICP POLICE "<p>标识码是什么</p>", "footer.site-code:low"},
		{" " CONAC ICP POLICE "<p>网站标识码：28</p>", "footer.site-code:low"},
		{" " CONAC ICP POLICE "<p>标识码：</p><p>13040000091304</p>", "footer.site-code:low"},
		{" " CONAC FOOT "<script id='_jiucuo_' sitecode='1304000008' src='/a.js'></script>",
			"footer.site-code:medium"},
		{" " CONAC FOOT "<meta name=siteidcode content='28'>", "footer.site-code:low"},
		{" " CONAC FOOT
		 "<a href='https://zfwzgl.www.gov.cn/exposure/jiucuo.html?site_code=1304000009&url=x'>x</a>",
			""},
	};
	static const struct row unions[] = {
		{" " ICP POLICE "<p>主办单位：总工会 地址：一路1号 邮编：210000 电话：025-1234567 12351</p>", ""},
		{" " ICP POLICE "<p>主办单位：总工会 地址：一路1号 邮编：210000 电话：025-1234567</p>",
			"footer.union:low"},
		{" " ICP POLICE "<p>主办单位：总工会 邮编：210000 电话：025-1234567 12351</p>", "footer.union:low"},
		{" " ICP POLICE "<p>地址：一路1号 邮编：210000 电话：025-1234567 12351</p>", "footer.union:low"},
		{" " ICP POLICE "<p>主办：总工会 地址：一路1号 邮编：210000 电话 12351</p>" STATIC(ID, RED),
			"mark.wrong-kind:high"},
	};
	/* who bears it is a fact of the rules, not of the kind */
	static const struct row unknown[] = {{" " FOOT, ""}, {" " STATIC(ID, RED) FOOT, ""}};
	struct wq_page_facts of_nobody = facts_of(WQ_PAGE_ORGAN, true);
	struct wq_page_facts organ = facts_of(WQ_PAGE_ORGAN, true), of_union = facts_of(WQ_PAGE_UNION, true);

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ);
	run_rows(unions, WQ_COUNT(unions), &of_union);
	of_nobody.mark = WQ_PAGE_MARK_UNKNOWN;
	run_rows(unknown, WQ_COUNT(unknown), &of_nobody);
}

/* One finding a host, with the first place; B5's and B6's sets differ by what is confirmed. */
static void places_and_counts(void **state)
{
	static const char
		html[] = "<p>首页</p>\n<p>一二<a href='http://e.com/1'>a</a>\n<a href='http://e.com/2'>b</a>\n"
			 "<a href='https://www.12306.cn/'>c</a></p>";
	struct wq_arena arena;
	struct wq_findings found;
	struct wq_page_facts facts = facts_of(WQ_PAGE_ORGAN, false);

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	check(&arena, &facts, html, &found);
	assert_int_equal(found.count, 2);
	const struct wq_finding *outside = &found.items[0], *prompt = &found.items[1];
	assert_str(outside->rule, WQ_S("link.outside-unconfirmed"));
	assert_int_equal(outside->evidence.count, 2);
	assert_str(outside->evidence.subject, WQ_S("e.com"));
	assert_str(outside->evidence.target, WQ_S("http://e.com/1"));
	assert_int_equal(outside->place.line, 2);
	assert_int_equal(outside->place.column, 6);
	assert_int_equal(outside->place.offset, strlen("<p>首页</p>\n<p>一二"));
	assert_true(wq_str_find(outside->evidence.excerpt, WQ_S("<a href='http://e.com/1'>")) >= 0);
	assert_str(prompt->rule, WQ_S("link.needs-prompt"));
	assert_int_equal(prompt->evidence.count, 3);
	assert_int_equal(prompt->severity, WQ_SEVERITY_INFO);
	wq_arena_done(&arena);
}

static void other_charsets(void **state)
{
	struct wq_arena arena;
	struct wq_findings found;
	struct wq_page_facts facts = facts_of(WQ_PAGE_ORGAN, false);

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	assert_ok(wq_findings_init(&found, &arena, 10));
	assert_ok(wq_page_check(
		&arena, rules, &facts, WQ_S("<p>\xbb\xfa\xc3\xdc<a href='http://e.com/'>x</a>"), WQ_S("gbk"), &found));
	assert_int_equal(found.items[0].place.column, 6);
	assert_int_equal(found.items[0].place.length, 0);
	wq_arena_done(&arena);
}

static void script_files(void **state)
{
	static const struct row rows[] = {
		{"function f(){return document.referrer}", ""},
		{"eval(unescape('%61'))", "page.planted-script:high"},
		{"var s=document.createElement('script');s.src='//cdn.e.com/x.js'", "page.outside-script:medium"},
	};
	struct wq_page_facts facts = facts_of(WQ_PAGE_ORGAN, false);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		struct wq_findings found;

		wq_arena_init(&arena, 16 * WQ_MIB);
		assert_ok(wq_findings_init(&found, &arena, 10));
		assert_ok(wq_page_check_script(&arena, rules, &facts, wq_str_c(rows[i].html), WQ_S("utf-8"), &found));
		assert_string_equal(said(&arena, &found), rows[i].found);
		wq_arena_done(&arena);
	}
}

/* ---- changes ---- */

#define LONG \
	"<p>第一段说明本市今年的重点工作安排和有关部门的任务分工。</p><p>第二段说明办理材料、办理地点、办理时间和联系方式。" \
	"</p><p>第三段说明监督渠道和意见反馈方式，欢迎社会各界提出宝贵意见建议。</p><p>第四段说明文件的施行日期和解释机关。</p>"

static void changes(void **state)
{
	static const struct {
		const char *type_before, *before, *type_after, *after, *found;
	} rows[] = {
		{"text/html", "<p>a", "text/html", "<p>a", ""},
		{"text/html", LONG, "text/html", LONG "<p>新增一段", "change.text:low"},
		{"text/html", LONG, "text/html", LONG "<script src='http://e.com/x.js'></script>",
			"change.script:high"},
		{"text/html", LONG, "text/html", LONG "<script src='/new.js'></script>", "change.script:medium"},
		{"text/html", LONG, "text/html", LONG "<script>var a=1</script>", "change.script:medium"},
		{"text/html", LONG, "text/html", LONG "<script>eval(atob('YQ=='))</script>", "change.script:high"},
		{"text/html", LONG "<script>var n=1</script>", "text/html", LONG "<script>var n = 27</script>",
			"change.text:low"},
		{"text/html", LONG L, "text/html", LONG L "<a href='http://e.com/2'>y</a>", "change.text:low"},
		{"text/html", LONG, "text/html", LONG L, "change.outside-host:medium"},
		{"text/html", LONG, "text/html", LONG "<a href='https://www.gov.cn/'>x</a>", "change.text:low"},
		{"text/html", LONG L, "text/html", LONG L "<div style='display:none'>" L "</div>",
			"change.hidden-link:high"},
		{"text/html", LONG, "text/html", LONG "<iframe src='http://e.com/'></iframe>",
			"change.outside-host:high"},
		{"text/html", LONG, "text/html", LONG "<iframe height=0 src='http://e.com/'></iframe>",
			"change.hidden-link:high"},
		{"text/html", LONG, "text/html", LONG "<form method=post action='http://e.com/'>",
			"change.outside-host:high"},
		{"text/html", LONG, "text/html", LONG "<meta http-equiv=refresh content='0;url=http://e.com/'>",
			"change.redirect:high"},
		{"text/html", LONG, "text/html", "<h1>It works</h1>", "change.defacement:high"},
		{"text/html", "<title>市政府</title>" LONG, "text/html", "<title>x</title>y",
			"change.defacement:critical"},
		{"text/html", LONG, "text/html", LONG "<h1>Hacked By nobody</h1>", "change.defacement:high"},
		{"text/html", LONG, "text/html", "<h1>HACKED BY nobody</h1>", "change.defacement:critical"},
		{"text/html", "<p>短</p>", "text/html", "<p>长</p>", "change.text:low"},
		{"text/html; charset=utf-8", LONG, "application/octet-stream", "MZ", "change.type:medium"},
		{"text/javascript", "var a", "text/javascript", "var b", "change.script:medium"},
		{"text/javascript", "var a", "text/javascript", "var a;eval(unescape('x'))", "change.script:high"},
		{"image/png", "a", "image/png", "b", "change.text:low"},
	};
	struct wq_page_facts facts = facts_of(WQ_PAGE_ORGAN, false);
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		struct wq_findings found;
		const char *types[] = {rows[i].type_before, rows[i].type_after};
		struct wq_page_version version[2] = {
			{.bytes = wq_str_c(rows[i].before)}, {.bytes = wq_str_c(rows[i].after)}};

		for (size_t k = 0; k < 2; k++) {
			wq_str rest = wq_str_c(types[k]);
			version[k].type = wq_str_cut(&rest, ';');
			version[k].label = WQ_S("utf-8");
			version[k].as = wq_str_eq(version[k].type, WQ_S("text/html")) ? WQ_PAGE_AS_HTML
				: wq_str_eq(version[k].type, WQ_S("text/javascript")) ? WQ_PAGE_AS_SCRIPT
										      : WQ_PAGE_AS_OTHER;
		}
		wq_arena_init(&arena, 16 * WQ_MIB);
		assert_ok(wq_findings_init(&found, &arena, 100));
		assert_ok(wq_page_change(&arena, rules, &facts, &version[0], &version[1], &found));
		const char *got = said(&arena, &found);
		if (strcmp(got, rows[i].found) != 0) {
			print_message("# row %zu: got \"%s\" instead of \"%s\"\n", i, got, rows[i].found);
			wrong++;
		}
		wq_arena_done(&arena);
	}
	assert_int_equal(wrong, 0);
}

static void wrong_rules_name_the_line(void **state)
{
#define HEAD "weique-page 1\nversion: 1\ndate: 2026-01-01\nsource: x\n"
	static const struct {
		const char *text, *where;
	} rows[] = {
		{"weique-marks 1\n", "f:1:"},
		{HEAD "[scripts]\n", "f:5:"},
		{HEAD "[script]\n", "f:5:"},
		{HEAD "[script a]\nrule: bad\n", "f:6:"},
		{HEAD "[script a]\nseverity: dire\n", "f:6:"},
		{HEAD "[script a]\nfind: EVAL\n", "f:6:"},
		{HEAD "[limits]\nchar_codes: x\n", "f:6:"},
		{HEAD "[limits]\nchar_codes: 1\n", "f:"},
		{HEAD "[hosts trusted]\nname: x\n", "f:6:"},
		{HEAD "[hosts other]\n", "f:5:"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		const struct wq_page_rules *none;

		wq_arena_init(&arena, WQ_MIB);
		wq_err err = wq_page_rules_parse(&arena, WQ_S("f"), wq_str_c(rows[i].text), &none);
		if (!wq_is(err, WQ_E_CONFIG) || !wq_str_starts(wq_str_c(wq_err_note(err)), wq_str_c(rows[i].where)))
			fail_msg("row %zu: %s %s instead of %s", i, wq_err_name(err), wq_err_note(err), rows[i].where);
		wq_arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_rules_name_the_line),
		cmocka_unit_test(links),
		cmocka_unit_test(hidden_links),
		cmocka_unit_test(scripts),
		cmocka_unit_test(marks_and_footers),
		cmocka_unit_test(places_and_counts),
		cmocka_unit_test(other_charsets),
		cmocka_unit_test(script_files),
		cmocka_unit_test(changes),
	};
	return cmocka_run_group_tests_name("detect page", tests, load_rules, free_rules);
}
