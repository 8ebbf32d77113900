#include "base/test.h"
#include "detect/quality/quality.h"
#include "detect/quality/quality_priv.h"

enum { FILE_MAX = 256 * 1024 };

static struct wq_arena rules_arena;
static const struct wq_quality_rules *rules;

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

static int load(void **state)
{
	const char *name = "rules/quality/quality.txt";

	(void)state;
	wq_arena_init(&rules_arena, 16 * WQ_MIB);
	assert_ok(wq_quality_rules_parse(&rules_arena, wq_str_c(name), read_file(name), &rules));
	return 0;
}

static int unload(void **state)
{
	(void)state;
	wq_arena_done(&rules_arena);
	return 0;
}

static const wq_str short_names[] = {WQ_S_INIT("示例市政府")};
static const struct wq_subject organ = {.kind = WQ_SUBJECT_ORGAN,
	.name = WQ_S_INIT("示例市人民政府"),
	.short_names = short_names,
	.short_names_n = 1,
	.day = 20261122};
static const struct wq_subject nobody = {.kind = WQ_SUBJECT_UNKNOWN, .day = 20261122};

/* A page of a site, read; what it says goes to `found`. */
static struct wq_quality *look(struct wq_arena *arena, const struct wq_subject *subject, const char *path, bool home,
	const char *html, struct wq_findings *found, struct wq_quality_site *site)
{
	struct wq_document *document = WQ_NEW(arena, struct wq_document);
	struct wq_document_reader reader = {.token = wq_quality_token};
	struct wq_quality_page page = {rules, subject, document, home, {.app = WQ_S("portal")}};
	struct wq_quality *quality;
	WQ_BUF(room, WQ_MIB);

	page.place.url = wq_arena_printf(arena, "https://www.example.gov.cn%s", path);
	assert_ok(wq_url_parse(arena, page.place.url, NULL, &document->address));
	assert_ok(wq_document_open(document, wq_str_c(html), WQ_S("utf-8"), &room));
	assert_ok(wq_quality_open(arena, &page, &quality));
	reader.data = quality;
	assert_ok(wq_document_read(document, &reader, 1));
	assert_ok(wq_quality_close(quality, found, site));
	return quality;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The rules found, sorted, once each. */
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
		if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
			wq_buf_printf(&out, "%s%s", out.len ? " " : "", lines[i]);
	return wq_arena_cstr(arena, wq_arena_str(arena, wq_buf_str(&out)));
}

struct row {
	const char *path, *html, *found;
};

static void run_rows(const struct row *rows, size_t n, const struct wq_subject *subject)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		struct wq_arena arena;
		struct wq_findings found;

		wq_arena_init(&arena, 16 * WQ_MIB);
		assert_ok(wq_findings_init(&found, &arena, 100));
		look(&arena, subject, rows[i].path, strcmp(rows[i].path, "/") == 0, rows[i].html, &found, NULL);
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

/* ---- dates */

static void test_dates_are_read_in_every_usual_form(void **state)
{
	static const struct {
		const char *text;
		unsigned year, month, day;
		enum quality_form form;
		bool possible;
	} rows[] = {{"2026-11-22", 2026, 11, 22, Q_DASH, true}, {"2026-11-22 08:30", 2026, 11, 22, Q_DASH, true},
		{"2026-11-22T08:30:00Z", 2026, 11, 22, Q_DASH, true}, {"2026年11月22日", 2026, 11, 22, Q_HAN, true},
		{"2026 年 1 月 2 日", 2026, 1, 2, Q_HAN, true}, {"２０２６年１１月２２日", 2026, 11, 22, Q_HAN, true},
		{"２０２６－１１－２２", 2026, 11, 22, Q_DASH, true}, {"2026/11/22", 2026, 11, 22, Q_SLASH, true},
		{"2026.11.22", 2026, 11, 22, Q_DOT, true}, {"2026.1.2", 2026, 1, 2, Q_DOT, true},
		{"11-22]", 0, 11, 22, Q_MONTH_DAY, true}, {"11月22日", 0, 11, 22, Q_HAN_MONTH_DAY, true},
		{"2026-11", 2026, 11, 0, Q_YEAR_MONTH, true}, {"2026-02-30", 2026, 2, 30, Q_DASH, false},
		{"2024-02-29", 2024, 2, 29, Q_DASH, true}, {"2025-02-29", 2025, 2, 29, Q_DASH, false},
		{"2000年2月29日", 2000, 2, 29, Q_HAN, true}, {"1900年2月29日", 1900, 2, 29, Q_HAN, false},
		{"2026年13月1日", 2026, 13, 1, Q_HAN, false}, {"2026-04-31", 2026, 4, 31, Q_DASH, false},
		{"2026-00-10", 2026, 0, 10, Q_DASH, false}};
	static const char *const none[] = {"2026", "20261122", "2026-11-22-33", "2026.11.22.1", "2026-1122", "12.3.4",
		"192.168.1.1", "2026年11月", "2026.11", "2026/11", "1234-11-22", "2026-11-22x", "2026-11-22_1",
		"400-810-8888", "2026/11/22/a.html", "3-4", "2026-13", "2026－", "２０２６"};
	struct quality_date date;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		if (!quality_date_read(wq_str_c(rows[i].text), 0, &date))
			fail_msg("%s is no date", rows[i].text);
		if (date.year != rows[i].year || date.month != rows[i].month || date.day != rows[i].day ||
			date.form != rows[i].form || date.possible != rows[i].possible)
			fail_msg("%s: %u-%u-%u, form %d", rows[i].text, date.year, date.month, date.day, date.form);
	}
	for (size_t i = 0; i < WQ_COUNT(none); i++)
		if (quality_date_read(wq_str_c(none[i]), 0, &date))
			fail_msg("%s is a date", none[i]);
	/* what stands before makes it something else */
	assert_false(quality_date_read(WQ_S("v2026.11.22"), 1, &date));
	assert_false(quality_date_read(WQ_S("/2026-11-22"), 1, &date));
	assert_false(quality_date_read(WQ_S("10.2026-11-22"), 3, &date));
	assert_true(quality_date_read(WQ_S("2026-11-22 25:10"), 0, &date));
	assert_true(date.bad_time);
}

static void test_days_are_counted(void **state)
{
	static const struct {
		uint32_t day;
		int64_t number;
	} rows[] = {
		{19700101, 0}, {19700102, 1}, {20000229, 11016}, {20000301, 11017}, {20261122, 20779}, {19691231, -1}};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		assert_int_equal(quality_day_number(rows[i].day), rows[i].number);
		assert_int_equal(quality_day_of(rows[i].number), rows[i].day);
	}
	assert_int_equal(quality_months_before(20261122, 6), 20260522);
	assert_int_equal(quality_months_before(20260831, 6), 20260228);
	assert_int_equal(quality_months_before(20260315, 6), 20250915);
	assert_int_equal(quality_months_before(20260110, 1), 20251210);
}

#define ITEM(date) "<li><a href=a.html>关于做好某项工作的通知</a><span>" date "</span></li>"
#define HEAD(name) "<title>" name "-示例市人民政府</title><div>当前位置：<a href=/>首页</a> &gt; " name "</div>"

static void test_wrong_dates(void **state)
{
	static const struct row rows[] = {
		/* that do not exist */
		{"/a.html", "<p>会议于2026年2月30日召开。", "date.wrong"},
		{"/a.html", "<p>截至2026-02-30已经完成。", "date.wrong"},
		{"/a.html", "<p>11月31日前完成。", "date.wrong"},
		{"/a.html", "<p>2026年13月1日。", "date.wrong"},
		{"/a.html", "<p>２０２６年２月３０日。", "date.wrong"},
		{"/a.html", "<p>发布时间：2026/13/01", "date.wrong"},
		{"/a.html", "<p>发布时间：2026-11-20 25:10", "date.wrong"},
		{"/a.html", "<ul>" ITEM("[02-30]") "</ul>", "date.wrong"},
		{"/a.html", "<meta name=PubDate content='2026-02-30 10:00'>", "date.wrong"},
		/* numbers that are none */
		{"/a.html", "<p>版本2026.2.30发布", ""},
		{"/a.html", "<p>电话 0310-2026-0230", ""},
		{"/a.html", "<p>服务器 10.2026.02.30", ""},
		{"/a.html", "<p>编号2026-13-05", ""},
		{"/a.html", "<p>2026/02/30", ""},
		{"/a.html", "<p>农历2月30日", ""},
		{"/a.html", "<p>1月至2月30日", ""},
		{"/a.html", "<pre>date -d 2026-02-30</pre><code>2026-02-30</code>", ""},
		{"/a.html", "<select><option>2026-02-30</select>", ""},
		{"/a.html", "<a href='/2026-02-30/x.html'>通知</a>", ""},
		{"/a.html", "<script>var d = '2026-02-30'</script><!-- 2026-02-30 -->", ""},
		{"/a.html", "<p>2024年2月29日，2026年12月31日", ""},
		/* that lie ahead */
		{"/a.html", "<p>发布时间：2027-01-05", "date.wrong"},
		{"/a.html", "<p>来源：示例市人民政府 时间：2027-01-05", "date.wrong"},
		{"/a.html", "<table><tr><td>发布日期</td><td>2027-01-05</td></table>", "date.wrong"},
		{"/a.html", "<meta name=PubDate content='2027-01-05'>", "date.wrong"},
		{"/tzgg/", HEAD("通知公告") "<ul>" ITEM("2027-01-05") ITEM("2026-11-05") "</ul>", "date.wrong"},
		/* and may */
		{"/a.html", "<p>发布时间：2026-11-22", ""},
		{"/a.html", "<p>发布时间：2026-11-23", ""},
		{"/a.html", "<p>报名截止时间：2027-01-05", ""},
		{"/a.html", "<p>会议时间：2027年1月5日 地点：市政府", ""},
		{"/a.html", "<p>时间：2027年1月5日", ""},
		{"/a.html", "<p>本办法自2027年1月1日起施行", ""},
		{"/a.html",
			"<p>2027年1月1日起，我市全面推行电子证照，市民可登录<a href=/x>网上办事大厅</a>办理各类业务，不再收取纸质材料",
			""},
		{"/a.html", "<p>发布时间：2026-11-20 有效期至：2027-12-31", ""},
		{"/a.html", "<title>招聘计划</title><ul>" ITEM("2027-01-05") "</ul>", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ);
}

static void test_forms_of_dates(void **state)
{
	static const struct row rows[] = {
		{"/a.html", "<p>发布时间：2026/11/05", "date.form"},
		{"/a.html", "<p>发布日期：2026年11月5日", "date.form"},
		{"/a.html", "<p>发布时间：２０２６－１１－０５", "date.form"},
		{"/a.html", "<p>发布时间：2026-11-05 09:00", ""},
		{"/a.html", "<p>会议于2026年11月5日召开", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ);
}

static void test_document_numbers(void **state)
{
	static const struct row rows[] = {
		{"/a.html", "<p>国办发[2024]5号", "document.number"},
		{"/a.html", "<p>国办发（2024）5号", "document.number"},
		{"/a.html", "<p>国办发(2024)5号", "document.number"},
		{"/a.html", "<p>国办发【2024】5号", "document.number"},
		{"/a.html", "<p>国办发［2024］5号", "document.number"},
		{"/a.html", "<p>国办发〔2024〕05号", "document.number"},
		{"/a.html", "<p>国办发〔2024〕第5号", "document.number"},
		{"/a.html", "<p>国办发〔24〕5号", "document.number"},
		{"/a.html", "<p>国办发〔２０２４〕０５号", "document.number"},
		{"/a.html", "<p>中网办发文〔2014〕1号，公信安〔2015〕2562号，苏工办〔2014〕143号", ""},
		{"/a.html", "<p>工厅办字〔1993〕54号", ""},
		{"/a.html", "<p>国家税务总局公告2024年第5号", ""},
		{"/a.html", "<p>（2024）京01民初5号", ""},
		{"/a.html", "<p>某某许可证[2024]012号", ""},
		{"/a.html", "<p>采购合同（2024）015号", ""},
		{"/a.html", "<p>见[2024]5号", ""},
		{"/a.html", "<p>年份用六角括号，如国办发[2024]5号为错", ""},
		{"/a.html", "<p>array[2024] 5号楼", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ);
}

/* ---- columns */

static void test_columns(void **state)
{
	static const struct row rows[] = {
		{"/news/", HEAD("动态要闻") "<ul>" ITEM("2026-10-13") ITEM("2026-10-01") "</ul>", "column.stale"},
		{"/xwzx/index.html", "<meta name=ColumnName content=工作动态><ul>" ITEM("2026-11-07") "</ul>",
			"column.stale"},
		{"/news/", HEAD("动态要闻") "<ul>" ITEM("2026-11-08") ITEM("2026-10-01") "</ul>", ""},
		{"/news/",
			HEAD("动态要闻") "<table><tr><td><a href=1.html>标题标题标题</a></td><td>2026-10-13</td></tr></table>",
			"column.stale"},
		{"/news/", HEAD("动态要闻") "<ul>" ITEM("[10-13]") "</ul>", "column.stale"},
		{"/news/", HEAD("动态要闻") "<ul>" ITEM("11月20日") "</ul>", ""},
		/* twelve months are over: the day without a year is last year's */
		{"/news/", HEAD("动态要闻") "<ul>" ITEM("[12-20]") "</ul>", "column.stale"},
		{"/notices/", HEAD("通知公告") "<ul>" ITEM("2026-03-20") "</ul>", "column.stale"},
		{"/notices/", HEAD("通知公告") "<ul>" ITEM("2026-05-22") "</ul>", ""},
		{"/notices/", HEAD("通知公告") "<ul>" ITEM("2026-05-21") "</ul>", "column.stale"},
		{"/zcwj/", HEAD("政策文件") "<ul>" ITEM("2026-05-01") "</ul>", "column.stale"},
		/* a further page of a list is old by nature */
		{"/news/index_2.html", HEAD("动态要闻") "<ul>" ITEM("2026-01-13") "</ul>", ""},
		{"/news/?page=3", HEAD("动态要闻") "<ul>" ITEM("2026-01-13") "</ul>", ""},
		/* nobody says that others have to be updated */
		{"/zzjg/", HEAD("机构设置") "<ul>" ITEM("2020-01-13") "</ul>", ""},
		/* an article is no column, whatever its title says */
		{"/news/t1.html",
			"<title>关于通知公告的说明</title><h1>通知公告</h1><p>发布时间：2020-01-01</p><p>正文", ""},
		/* undated lists say nothing */
		{"/news/", HEAD("动态要闻") "<ul><li><a href=1.html>一条没有日期的新闻标题</a></ul>", ""},
		/* blank */
		{"/plans/", HEAD("规划计划") "<p></p><div>版权所有 示例市人民政府</div>", "column.blank"},
		{"/plans/", HEAD("规划计划") "<p>暂无数据</p>", "column.blank"},
		{"/plans/", HEAD("规划计划") "<ul><li><a href=/news/>动态要闻</a><li><a href=/plans/>规划计划</a></ul>",
			"column.blank"},
		{"/plans/", "<meta name=ColumnName content=某栏目><h1>某栏目</h1>", "column.blank"},
		{"/plans/", HEAD("规划计划") "<ul><li><a href=a.html>关于印发示例市规划的通知</a></ul>", ""},
		{"/plans/", HEAD("规划计划") "<ul><li><a href=2026/>年度计划</a></ul>", ""},
		{"/plans/",
			HEAD("规划计划") "<p>示例市国民经济和社会发展第十四个五年规划纲要已经市人民代表大会审议通过，现予公布，请各单位遵照执行并做好宣传工作。",
			""},
		/* a script or a picture may fill it in */
		{"/plans/", HEAD("规划计划") "<div id=list></div><script src=list.js></script>", ""},
		{"/plans/", HEAD("规划计划") "<div id=list></div><script>load('list')</script>", ""},
		{"/plans/", HEAD("规划计划") "<img src=plan.png>", ""},
		/* marks, counters and what stands in the footer fill nothing in */
		{"/plans/",
			HEAD("规划计划") "<script src=//hm.baidu.com/h.js></script><script>unescape(\"%3Cspan id='_ideConac'\")</script>",
			"column.blank"},
		{"/plans/", HEAD("规划计划") "<p>版权所有</p><script src=foot.js></script><img src=logo.png>",
			"column.blank"},
		/* lists without links */
		{"/news/", HEAD("动态要闻") "<p>2026-10-01 某某会议召开<p>2026-10-03 某某工作启动", "column.stale"},
		{"/x/", "<title>Empty</title>", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ);
}

static void test_home_pages(void **state)
{
	static const struct row rows[] = {
		{"/", "<title>示例市人民政府</title><ul>" ITEM("2026-11-02") ITEM("2026-10-01") "</ul>", "home.stale"},
		{"/", "<title>示例市人民政府</title><ul>" ITEM("2026-11-07") "</ul>", "home.stale"},
		{"/", "<title>示例市人民政府</title><ul>" ITEM("2026-11-08") "</ul>", ""},
		{"/", "<title>示例市人民政府</title><ul>" ITEM("11-21") "</ul>", ""},
		{"/", "<title>示例市人民政府</title><li><b>20</b><i>2026-11</i><a href=a>标题标题</a>", ""},
		{"/", "<title>示例市人民政府</title><li><div>20</div><div>2026-10</div><a href=a>标题标题</a>",
			"home.stale"},
		{"/", "<title>示例市人民政府</title><a href=/news/>动态要闻</a>", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ);
}

/* ---- guides */

#define E_NAME "<tr><th>事项名称</th><td>户口登记</td></tr>"
#define E_BASIS "<tr><th>设定依据</th><td>户口登记条例</td></tr>"
#define E_IF "<tr><th>申请条件</th><td>本市居民</td></tr>"
#define E_WITH "<tr><th>申请材料</th><td>身份证</td></tr>"
#define E_WHERE "<tr><th>办理地点</th><td>市民中心一楼</td></tr>"
#define E_WHEN "<tr><th>办公时间</th><td>周一至周五</td></tr>"
#define E_CALL "<tr><th>咨询电话</th><td>8888888</td></tr>"
#define E_HOW "<tr><th>办理流程</th><td>受理、审核、办结</td></tr>"
#define GUIDE(rows) "<title>办事指南</title><h1>办事指南</h1><table>" rows "</table>"

static void test_guides(void **state)
{
	static const struct row rows[] = {
		{"/g.html", GUIDE(E_NAME E_BASIS E_IF E_WITH E_WHERE E_WHEN E_CALL E_HOW), ""},
		{"/g.html", GUIDE(E_NAME E_IF E_WITH E_HOW), "guide.incomplete"},
		{"/g.html", GUIDE(E_NAME E_BASIS E_IF E_WITH E_WHERE E_WHEN E_HOW), "guide.incomplete"},
		/* a label with nothing behind it is no element */
		{"/g.html", GUIDE(E_NAME "<tr><th>设定依据</th><td></td></tr>" E_IF E_WITH E_WHERE E_WHEN E_CALL E_HOW),
			"guide.incomplete"},
		{"/g.html",
			"<h1>户口登记办事指南</h1><p>一、设定依据：条例<p>二、办理条件：居民<p>三、所需材料：身份证<p>四、办理地址：中心"
			"<p>五、工作时间：工作日<p>六、联系电话：8888888<p>七、办理程序<p>受理、办结",
			""},
		/* a picture is a procedure */
		{"/g.html",
			GUIDE(E_NAME E_BASIS E_IF E_WITH E_WHERE E_WHEN E_CALL
				"<tr><th>流程图</th><td><img src=a.png></td></tr>"),
			""},
		/* the footer's telephone is not the guide's */
		{"/g.html", GUIDE(E_NAME E_BASIS E_IF E_WITH E_WHERE E_WHEN E_HOW) "<p>版权所有 联系电话：123",
			"guide.incomplete"},
		{"/g.html",
			GUIDE(E_NAME E_BASIS E_IF E_WITH
				"<tr><th>办理地点/时间</th><td>市民中心，工作日</td></tr>" E_CALL E_HOW),
			""},
		/* without the word, by its labels */
		{"/g.html", "<h1>户口登记</h1><table>" E_BASIS E_IF E_WITH E_HOW "</table>", "guide.incomplete"},
		/* pages that only speak of such things */
		{"/g.html", "<h1>通知</h1><p>请携带申请材料到办理地点，咨询电话：123", ""},
		{"/g.html", "<title>办事指南</title><ul><li><a href=1>户口登记</a><li><a href=2>婚姻登记</a></ul>", ""},
	};
	struct wq_arena arena;
	struct wq_findings found;

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ);
	wq_arena_init(&arena, 16 * WQ_MIB);
	assert_ok(wq_findings_init(&found, &arena, 100));
	look(&arena, &organ, "/g.html", false, GUIDE(E_NAME E_IF E_WITH E_HOW), &found, NULL);
	assert_int_equal(found.count, 1);
	assert_str(found.items[0].evidence.excerpt, WQ_S("缺：设定依据、办理地点、办理时间、联系电话"));
	assert_int_equal(found.items[0].severity, WQ_SEVERITY_MEDIUM);
	wq_arena_done(&arena);
}

/* ---- reprints */

#define BODY "<p>这是一段足够长的正文，讲述了某地某项工作的进展情况，以及下一步的安排和有关部门负责人的意见。</p>"

static void test_reprints(void **state)
{
	static const struct row rows[] = {
		/* whole */
		{"/r.html", "<p>2026-11-20 来源：<a href=http://www.news.cn/a.html>新华网</a>" BODY, ""},
		{"/r.html", "<p>来源：人民日报 2026-11-20" BODY "<a href=http://politics.people.com.cn/a>原文链接</a>",
			""},
		{"/r.html", "<p>来源：新华网（http://www.xinhuanet.com/a.html） 发布时间：2026-11-20" BODY, ""},
		{"/r.html",
			"<table><tr><td>信息来源：</td><td><a href=http://www.gov.cn/a>中国政府网</a></td><td>2026-11-20</td></table>" BODY,
			""},
		/* lacking */
		{"/r.html", "<p>2026-11-20 来源：新华网" BODY, "reprint.no-link"},
		{"/r.html", "<p>来源：<a href=http://www.news.cn/a.html>新华网</a>" BODY, "reprint.no-time"},
		{"/r.html",
			"<meta name=PubDate content='2026-11-20 10:00'><p>来源：<a href=http://www.news.cn/a.html>新华网</a>" BODY,
			"reprint.no-time"},
		{"/r.html", "<p>转载自：湖南日报" BODY, "reprint.no-link reprint.no-time"},
		{"/r.html", "<p>2026-11-20 来源：<a href=http://www.other.com/a.html>新华网</a>" BODY,
			"reprint.source-mismatch"},
		{"/r.html", "<p>2026-11-20 来源：<a href=http://fakenews.cn/a.html>新华网</a>" BODY,
			"reprint.source-mismatch"},
		{"/r.html", "<p>（转载）" BODY, "reprint.unlabelled"},
		{"/r.html", BODY "<p>本文为转载，仅供参考。", "reprint.unlabelled"},
		{"/r.html", "<p>新华社北京11月20日电 （记者某某）国务院日前印发通知。", "reprint.unlabelled"},
		{"/r.html", "<p>来源：</p><p>分享到</p><p>新华社北京11月20日电 （记者某某）国务院日前印发通知。",
			"reprint.unlabelled"},
		{"/r.html", "<table><tr><td>来源</td><td>新华社</td><td>2026-11-20</td></table>" BODY,
			"reprint.no-link"},
		{"/r.html", "<p>2026-11-20 来源： 新华社 【字体：大 中 小】" BODY, "reprint.no-link"},
		/* none */
		{"/r.html",
			"<meta name=ContentSource content=新华社><p>新华社北京11月20日电 （记者某某）国务院印发通知。",
			""},
		{"/r.html", "<p>2026-11-20 来源：示例市人民政府" BODY, ""},
		{"/r.html", "<p>2026-11-20 来源：示例市政府办公室" BODY, ""},
		{"/r.html", "<p>2026-11-20 来源：本站原创" BODY, ""},
		{"/r.html", "<p>2026-11-20 来源：市财政局" BODY, ""},
		{"/r.html", "<p>2026-11-20 来源： 作者：张三" BODY, ""},
		{"/r.html", "<p>资金来源：新华网建设专项" BODY, ""},
		{"/r.html", "<p>数据来源：人民日报" BODY, ""},
		{"/r.html", BODY "<p>转载请注明出处。未经授权不得转载。", ""},
		{"/r.html", "<p>加强转载管理，规范网站转载行为。", ""},
		{"/r.html", "<p>据新华网报道，会议召开。", ""},
		{"/r.html", "<ul><li>转载自：红网<li>来源：人民网<li>来源：新华网<li>来源：光明网</ul>", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ);
}

static void test_reprints_are_compared_with_their_source(void **state)
{
	static const char *const same = "<p>导航</p>" BODY "<p>另一段完全属于来源网站的文字，与转载没有关系。</p>";
	static const char *const other =
		"<p>本网讯：某公司举行新品发布会，介绍了新一代产品的性能、价格和上市安排，现场气氛热烈，记者提问踊跃，掌声不断。</p>";
	struct wq_arena arena;
	struct wq_findings found;
	const struct wq_quality_reprint *reprint;
	struct wq_document source = {.status = 200};
	enum wq_quality_same verdict;
	struct wq_finding finding;
	unsigned percent;

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	assert_ok(wq_findings_init(&found, &arena, 100));
	reprint = wq_quality_reprint_of(look(&arena, &organ, "/r.html", false,
		"<p>\n2026-11-20 来源：<a href=//www.news.cn/a.html>新华网</a>" BODY, &found, NULL));
	assert_non_null(reprint);
	assert_str(reprint->link, WQ_S("https://www.news.cn/a.html"));
	assert_str(reprint->source, WQ_S("新华网"));
	assert_int_equal(reprint->line, 2);
	source.html = source.bytes = wq_str_c(same);
	assert_ok(wq_quality_reprint_compare(&arena, rules, &reprint->sketch, &source, &verdict, &percent));
	assert_int_equal(verdict, WQ_QUALITY_SAME);
	assert_int_equal(percent, 100);
	source.html = source.bytes = wq_str_c(other);
	assert_ok(wq_quality_reprint_compare(&arena, rules, &reprint->sketch, &source, &verdict, &percent));
	assert_int_equal(verdict, WQ_QUALITY_DIFFERS);
	assert_int_equal(percent, 0);
	finding = wq_quality_reprint_finding(
		&arena, (struct wq_place){.url = WQ_S("https://a/")}, reprint, WQ_S("404"));
	assert_ok(wq_finding_check(&finding));
	assert_str(finding.evidence.target, WQ_S("https://www.news.cn/a.html"));
	/* what is too short to be compared is not */
	reprint = wq_quality_reprint_of(look(&arena, &organ, "/r.html", false,
		"<p>2026-11-20 来源：<a href=//www.news.cn/a.html>新华网</a>", &found, NULL));
	assert_ok(wq_quality_reprint_compare(&arena, rules, &reprint->sketch, &source, &verdict, &percent));
	assert_int_equal(verdict, WQ_QUALITY_TOO_SHORT);
	/* who reprints nothing has nothing to compare */
	assert_null(wq_quality_reprint_of(look(&arena, &organ, "/r.html", false, BODY, &found, NULL)));
	wq_arena_done(&arena);
}

/* ---- the site */

#define OFFERS \
	"<form action=/search.do><input name=q></form><a href=/hd/>互动交流</a><a href=/fw/>办事服务</a><p>2025年政府网站工作年度报表</p>"

static const char *judge(struct wq_arena *arena, const struct wq_subject *subject, const struct row *pages, size_t n,
	struct wq_quality_facts *ret_facts)
{
	struct wq_quality_site *site;
	struct wq_findings found;
	const char *got;

	assert_ok(wq_findings_init(&found, arena, 100));
	assert_ok(wq_quality_site_new(rules, subject, &site));
	for (size_t i = 0; i < n; i++)
		look(arena, subject, pages[i].path, pages[i].found != NULL, pages[i].html, &found, site);
	assert_ok(wq_quality_site_judge(site, arena, &found));
	wq_quality_site_facts(site, ret_facts);
	got = said(arena, &found);
	wq_quality_site_free(&site);
	wq_quality_site_free(&site);
	return got;
}

#define TITLE "<title>示例市人民政府门户网站</title><p>示例市人民政府欢迎您的访问，祝您生活愉快，工作顺利。</p>"

static void test_what_a_site_lacks(void **state)
{
	static const struct {
		const char *html, *found;
		const struct wq_subject *subject;
	} rows[] = {
		{TITLE OFFERS, "", &organ},
		{TITLE, "site.no-contact site.no-search site.no-services site.no-year-report", &organ},
		{TITLE "<a href=/s>站内搜索</a><a href=/x>领导信箱</a><a href=/y>网上办事</a><a href=/z>政府网站工作年度报表（2025年度）</a>",
			"", &organ},
		{TITLE OFFERS "<p>2024年政府网站工作年度报表", "", &organ},
		{TITLE "<form action=/so><input placeholder=请输入搜索内容></form><a href=/hd/>互动交流</a><a href=/fw/>办事服务</a>"
		       "<p>2024年政府网站工作年度报表",
			"site.no-year-report", &organ},
		/* a word in a text is no entry */
		{TITLE "<p>我市持续优化政务服务，畅通互动交流渠道，不断提升群众满意度，取得明显成效，受到各界好评，搜索引擎也有收录。",
			"site.no-contact site.no-search site.no-services site.no-year-report", &organ},
		/* who is not known to be bound is not asked */
		{TITLE, "", &nobody},
		{"<title>Home</title><p>Welcome", "", &organ},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct row page = {"/", rows[i].html, ""};
		struct wq_quality_facts facts;
		struct wq_arena arena;
		wq_arena_init(&arena, 16 * WQ_MIB);
		const char *got = judge(&arena, rows[i].subject, &page, 1, &facts);
		if (strcmp(got, rows[i].found) != 0)
			fail_msg("row %zu: %s", i, got);
		wq_arena_done(&arena);
	}
}

/* `found` set: a home page */
static void test_each_home_page_answers_for_its_own(void **state)
{
	static const struct row pages[] = {
		{"/", TITLE OFFERS "<ul>" ITEM("2026-11-20") "</ul>", ""},
		{"/stale/", TITLE "<ul>" ITEM("2026-11-02") "</ul>", ""},
		{"/news/", HEAD("动态要闻") "<ul>" ITEM("2026-10-01") "</ul>", NULL},
		{"/zcwj/", HEAD("政策文件") "<ul>" ITEM("2026-11-12") "</ul>", NULL},
		{"/plans/", HEAD("规划计划"), NULL},
		{"/g1.html", GUIDE(E_NAME E_IF E_WITH E_HOW), NULL},
		{"/g2.html", GUIDE(E_NAME E_BASIS E_IF E_WITH E_WHERE E_WHEN E_CALL E_HOW), NULL},
		{"/m.html", "<p>留言时间：2026-06-01<p>状态：未回复<p>留言时间：2026-10-01 内容<p>回复时间：2026-10-05",
			NULL},
		{"/r.html", "<p>2026-11-20 来源：新华网" BODY, NULL},
	};
	struct wq_quality_facts facts;
	struct wq_arena arena;

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	assert_string_equal(judge(&arena, &organ, pages, WQ_COUNT(pages), &facts),
		"column.blank column.stale guide.incomplete home.stale reprint.no-link site.no-contact site.no-search site.no-services "
		"site.no-year-report");
	assert_true(facts.home_seen);
	assert_int_equal(facts.home_newest, 20261120);
	assert_int_equal(facts.home_days, 2);
	assert_int_equal(facts.columns[WQ_COLUMN_NEWS], 1);
	assert_int_equal(facts.stale[WQ_COLUMN_NEWS], 1);
	assert_int_equal(facts.stale[WQ_COLUMN_POLICY], 0);
	assert_int_equal(facts.policy_days, 10);
	assert_int_equal(facts.blank, 1);
	assert_int_equal(facts.guides, 2);
	assert_int_equal(facts.lacking[4], 1);
	assert_int_equal(facts.lacking[0], 1);
	assert_true(facts.search && facts.contact && facts.services);
	assert_int_equal(facts.report_year, 2025);
	assert_false(facts.report_due);
	assert_int_equal(facts.last_answer_months, 2);
	assert_int_equal(facts.unanswered_months, 6);
	assert_int_equal(facts.reprints, 1);
	wq_arena_done(&arena);
}

static void test_months_that_messages_wait(void **state)
{
	static const struct {
		const char *html;
		int32_t months;
	} rows[] = {{"<p>留言时间：2026-08-22<p>未回复", 3}, {"<p>留言时间：2026-08-21<p>未回复", 4},
		{"<p>留言时间：2026-11-22<p>未回复", 0},
		{"<p>留言时间：2026-08-21<p>回复时间：2026-08-22<p>未回复", -1},
		{"<p>留言时间：2026-08-21<p>已办结", -1}, {"<p>留言时间：2025-11-21<p>未回复", -1}};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct row page = {"/m.html", rows[i].html, NULL};
		struct wq_quality_facts facts;
		struct wq_arena arena;
		wq_arena_init(&arena, 16 * WQ_MIB);
		judge(&arena, &organ, &page, 1, &facts);
		assert_int_equal(facts.unanswered_months, rows[i].months);
		assert_false(facts.home_seen);
		wq_arena_done(&arena);
	}
}

static void test_a_home_page_of_links_goes_by_its_second_level(void **state)
{
	struct row pages[] = {
		{"/", TITLE OFFERS "<a href=/news/>动态要闻</a>", ""},
		{"/news/", HEAD("其他栏目") "<ul>" ITEM("2026-11-02") ITEM("2026-11-01") ITEM("2026-10-01") "</ul>",
			NULL},
		{"/zcwj/", HEAD("政策文件") "<ul>" ITEM("2026-10-12") "</ul>", NULL},
	};
	struct wq_quality_facts facts;
	struct wq_arena arena;

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	assert_string_equal(judge(&arena, &organ, pages, WQ_COUNT(pages), &facts), "column.stale home.stale");
	assert_int_equal(facts.home_newest, 0);
	assert_int_equal(facts.home_days, 20);
	pages[2].html = HEAD("政策文件") "<ul>" ITEM("2026-11-12") "</ul>";
	assert_string_equal(judge(&arena, &organ, pages, WQ_COUNT(pages), &facts), "column.stale");
	assert_int_equal(facts.home_days, 10);
	wq_arena_done(&arena);
}

static void test_forums_and_advertising(void **state)
{
	static const struct row rows[] = {
		{"/bbs/", "<p>Powered by Discuz! X3.4", "site.forum"},
		{"/bbs/", "<meta name=generator content='Discuz! X3.4'>", "site.forum"},
		{"/bbs/", "<title>论坛 - Powered by phpwind</title>", "site.forum"},
		{"/bbs/", "<a href='forum.php?mod=viewthread&tid=1'>帖子</a>", "site.forum"},
		{"/bbs/", "<a href='http://www.other.com/forum.php?mod=viewthread&tid=1'>帖子</a>", ""},
		{"/bbs/", "<p>Powered by nginx", ""},
		{"/bbs/", "<p>关于论坛 Discuz! 漏洞的通报", ""},
		{"/a.html", "<script src=//pos.baidu.com/x.js></script>", "site.advertising"},
		{"/a.html", "<ins class='adsbygoogle' data-x=1></ins>", "site.advertising"},
		{"/a.html", "<p>广告位招租，电话123", "site.advertising"},
		{"/a.html", "<p>检查中发现，有的单位在办公楼外墙设立广告位招租信息，内容未经审核即对外发布，影响不好。",
			""},
		{"/a.html", "<script src=//hm.baidu.com/x.js></script>", ""},
		{"/a.html", "<p>打击虚假广告，贯彻广告法", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), &organ);
}

static void test_a_fault_of_the_template_is_said_once(void **state)
{
	static const struct row pages[] = {
		{"/bbs/thread-1.html", "<p>Powered by Discuz!", NULL},
		{"/bbs/", "<p>Powered by Discuz!", NULL},
		{"/bbs/thread-2.html", "<p>Powered by Discuz!", NULL},
	};
	struct wq_quality_site *site;
	struct wq_findings found;
	struct wq_arena arena;

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	assert_ok(wq_findings_init(&found, &arena, 100));
	assert_ok(wq_quality_site_new(rules, &organ, &site));
	for (size_t i = 0; i < WQ_COUNT(pages); i++)
		look(&arena, &organ, pages[i].path, false, pages[i].html, &found, site);
	assert_ok(wq_quality_site_judge(site, &arena, &found));
	assert_int_equal(found.count, 1);
	assert_str(found.items[0].place.url, WQ_S("https://www.example.gov.cn/bbs/"));
	assert_int_equal(found.items[0].evidence.count, 3);
	wq_quality_site_free(&site);
	wq_arena_done(&arena);
}

/* A page made to be slow: one line of dates, labels without values, links without text. */
static void test_hostile_pages_end(void **state)
{
	static const char *const parts[] = {"2026-11-22 ", "来源：", "<a href=a></a>", "发布时间：2026-02-30 ",
		"国办发[2024]5号", "转载", "&nGt;", "<code>", "办理材料：", "<a href=a>2026-11-22"};
	const size_t bytes = 512 * WQ_KIB;
	char *html = malloc(bytes + 1);

	(void)state;
	assert_non_null(html);
	for (size_t i = 0; i < WQ_COUNT(parts); i++) {
		struct wq_arena arena;
		struct wq_findings found;
		size_t n = strlen(parts[i]), at = 0;
		for (; at + n <= bytes; at += n)
			memcpy(html + at, parts[i], n);
		html[at] = '\0';
		wq_arena_init(&arena, 256 * WQ_MIB);
		assert_ok(wq_findings_init(&found, &arena, 1000));
		look(&arena, &organ, "/news/", false, html, &found, NULL);
		assert_true(found.count <= 100);
		wq_arena_done(&arena);
	}
	free(html);
}

#define RULES_HEAD "weique-quality 1\nversion: 1\ndate: 2026-01-01\nsource: t\n"

static void test_data_that_is_wrong_is_refused(void **state)
{
	static const char *const bad[] = {RULES_HEAD, RULES_HEAD "[limits]\nhome_days: 14\n",
		RULES_HEAD "[limits]\nhome_days: x\n", RULES_HEAD "[words nothing]\n",
		RULES_HEAD "[words time]\nword: time\n", RULES_HEAD "[words time]\nword: 时 a\n",
		RULES_HEAD "[kind sport]\n", RULES_HEAD "[kind news]\ndays: many\n", RULES_HEAD "[source a]\nlink: b\n",
		RULES_HEAD "[other]\n", RULES_HEAD "word: 时间\n"};
	const struct wq_quality_rules *got;
	struct wq_arena arena;

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(bad); i++)
		if (!wq_is(wq_quality_rules_parse(&arena, WQ_S("t"), wq_str_c(bad[i]), &got), WQ_E_CONFIG))
			fail_msg("row %zu was taken", i);
	wq_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates_are_read_in_every_usual_form),
		cmocka_unit_test(test_days_are_counted),
		cmocka_unit_test(test_wrong_dates),
		cmocka_unit_test(test_forms_of_dates),
		cmocka_unit_test(test_document_numbers),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_home_pages),
		cmocka_unit_test(test_guides),
		cmocka_unit_test(test_reprints),
		cmocka_unit_test(test_reprints_are_compared_with_their_source),
		cmocka_unit_test(test_what_a_site_lacks),
		cmocka_unit_test(test_each_home_page_answers_for_its_own),
		cmocka_unit_test(test_months_that_messages_wait),
		cmocka_unit_test(test_a_home_page_of_links_goes_by_its_second_level),
		cmocka_unit_test(test_forums_and_advertising),
		cmocka_unit_test(test_a_fault_of_the_template_is_said_once),
		cmocka_unit_test(test_hostile_pages_end),
		cmocka_unit_test(test_data_that_is_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
