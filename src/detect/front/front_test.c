#include "base/buf.h"
#include "base/test.h"
#include "detect/front/front_priv.h"
#include "detect/front/front_probe.h"

static struct front_probe probe;

static int open_probe(void **state)
{
	(void)state;
	front_probe_open(&probe);
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "rule:severity" of every finding that `keep` begins, sorted, once each. */
static const char *said(struct wq_arena *arena, const struct wq_findings *found, const char *keep)
{
	const char **lines = WQ_NEW_ARRAY(arena, const char *, found->count + 1);
	WQ_BUF(out, 64 * WQ_KIB);
	size_t n = 0;

	for (size_t i = 0; i < found->count; i++) {
		const struct wq_finding *f = &found->items[i];
		assert_ok(wq_finding_check(f));
		if (wq_str_starts(f->rule, wq_str_c(keep)))
			lines[n++] = wq_arena_cstr(arena,
				wq_arena_printf(arena, "%.*s:%s", WQ_S_ARG(f->rule), wq_severity_name(f->severity)));
	}
	qsort(lines, n, sizeof *lines, by_text);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
			wq_buf_printf(&out, "%s%s", out.len ? " " : "", lines[i]);
	return wq_arena_cstr(arena, wq_arena_str(arena, wq_buf_str(&out)));
}

struct row {
	const char *html, *found;
	const char *headers, *address;
	int status;
};

/* Only what begins with `keep` is compared: every row is a fragment, which lacks a title and a language. */
static void run_rows(const struct row *rows, size_t n, const char *keep)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		struct wq_findings found;
		struct wq_arena arena;

		wq_arena_init(&arena, 16 * WQ_MIB);
		assert_ok(wq_findings_init(&found, &arena, 1000));
		assert_ok(front_probe_page(&probe, &arena,
			rows[i].address ? rows[i].address : "https://www.example.gov.cn/a/b.html",
			rows[i].status ? rows[i].status : 200, wq_str_c(rows[i].headers), wq_str_c(rows[i].html),
			&found, NULL));
		const char *got = said(&arena, &found, keep);
		if (strcmp(got, rows[i].found) != 0) {
			print_message("# row %zu: %.300s\n#   got \"%s\" instead of \"%s\"\n", i, rows[i].html, got,
				rows[i].found);
			wrong++;
		}
		wq_arena_done(&arena);
	}
	assert_int_equal(wrong, 0);
}

static void demands(void **state)
{
	static const struct row rows[] = {
		{"<p>请使用IE浏览器（IE8及以上版本）访问本系统，其他浏览器无法正常办理业务。</p>",
			"open.browser:medium"},
		{"<p>本系统仅支持<b>IE</b>浏览器</p>", "open.browser:medium"},
		{"<p>仅支持 Chrome 内核浏览器。</p>", "open.browser:medium"},
		{"<td>Please use Internet Explorer 8</td>", "open.browser:medium"},
		{"<p>建议使用IE9以上浏览器浏览本站</p>", "open.browser:info"},
		{"<p>请使用IE、360浏览器、Chrome、Firefox等访问</p>", ""},
		{"<p>请使用谷歌、火狐、360浏览器。</p>", ""},
		{"<p>本站不再支持IE8浏览器，请使用其他软件。</p>", ""},
		{"<p>请使用本人身份证办理。IE浏览器是一种软件。</p>", ""},
		{"<p>微软宣布停止开发IE浏览器</p>", ""},
		{"<p>请安装网银控件后办理</p>", "open.plugin:medium"},
		{"<p>未检测到 ActiveX 控件</p>", "open.plugin:medium"},
		{"<p>本系统无需安装插件</p>", ""},
		{"<p>不得强制要求群众安装插件</p>", ""},
		{"<p>请在微信客户端打开链接办理，不支持其他方式。</p>", "open.platform:medium"},
		{"<p>请在微信客户端打开链接</p>", "open.platform:medium"},
		{"<p>只能通过“浙里办”APP办理</p>", "open.platform:medium"},
		{"<p>请先关注“青山发布”公众号</p>", "open.platform:medium"},
		{"<p>微信扫一扫，关注“青山发布”公众号</p>", ""},
		{"<p>可以通过微信、支付宝或者窗口办理</p>", ""},
		{"<p>不得要求群众必须下载手机APP</p>", ""},
		{"<script>var s='请使用IE浏览器'</script>", ""},
		{"<script>if(!ie)alert('请使用IE浏览器访问')</script>", "open.browser:medium"},
		{"<p>最低支持IE8浏览器</p>", "open.browser:medium"},
		{"<p>请将浏览器切换到兼容模式</p>", "open.browser:medium"},
		{"<p>请下载“闽政通”APP办理</p>", "open.platform:medium"},
		{"<p>请通过微信小程序预约</p>", "open.platform:medium"},
		{"<p>请通过微信小程序或前往窗口预约</p>", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), "open.");
}

static void plugins(void **state)
{
	static const struct row rows[] = {
		{"<object classid=\"clsid:8AD9C840-044E-11D1-B3E9-00805F499D93\"></object>", "open.plugin:medium"},
		{"<embed type=\"application/x-shockwave-flash\" src=a>", "open.plugin:medium"},
		{"<embed src=\"/a.SWF?x=1\">", "open.plugin:medium"},
		{"<applet code=\"A.class\"></applet>", "open.plugin:medium"},
		{"<object codebase=\"/x.cab#version=1\"></object>", "open.plugin:medium"},
		{"<a href=\"/down/ukey.ocx\">下载</a>", "open.plugin:medium"},
		{"<script>var o=new ActiveXObject(\"NTKO.OfficeControl\")</script>", "open.plugin:medium"},
		{"<script>swfobject.embedSWF('a.swf','b',1,1,'9')</script>", "open.plugin:medium"},
		{"<script>var x=new ActiveXObject('Microsoft.XMLHTTP')||new ActiveXObject(\"Msxml2.XMLHTTP.6.0\")</script>",
			""},
		{"<object type=\"image/svg+xml\" data=\"a.svg\"></object>", ""},
		{"<embed type=\"application/pdf\" src=\"a.pdf\">", ""},
		{"<a href=\"/list.html?f=.cab\">x</a>", ""},
	};
	static const struct row files[] = {
		{"<a href=\"/files/form.wps\">下载申请表</a>", "open.office:low"},
		{"<a href=\"a.doc\">表一</a><a href=\"b.doc\">表二</a><a href=\"a.pdf\">表一</a>", "open.office:low"},
		{"<a href=\"a.doc\">表一.doc</a><a href=\"x/a.pdf\">表一</a>", ""},
		{"<a href=\"P01.doc\">表一.doc</a><a href=\"P02.pdf\">表一.pdf</a>", ""},
		{"<a href=\"P01.et\">数据</a><a href=\"P02.xlsx?v=1\">公开表</a>", ""},
		{"<a href=\"a.docx\">申请表</a>", ""},
		{"<a href=\"/wps\">WPS</a><a href=\"a.html\">x.doc</a>", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), "open.");
	run_rows(files, WQ_COUNT(files), "open.");
}

static void trackers(void **state)
{
	static const struct row rows[] = {
		{"<script>var hm=document.createElement(\"script\");hm.src=\"https://hm.baidu.com/hm.js?0123\";</script>",
			"data.tracker:medium"},
		{"<script src=\"//s4.cnzz.com/z_stat.php?id=1\"></script>", "data.tracker:medium"},
		{"<script src='https://js.users.51.la/1.js'></script>", "data.tracker:medium"},
		{"<img src=\"https://www.google-analytics.com/collect?v=1\" alt=''>", "data.tracker:medium"},
		{"<iframe src=\"//stats.g.doubleclick.net/x\"></iframe>", "data.tracker:medium"},
		{"<a href=\"https://hm.baidu.com/\">百度统计</a>", ""},
		{"<p>hm.baidu.com</p>", ""},
		{"<script>var a='nothm.baidu.com.example.cn'</script>", ""},
		{"<script src=\"/hm.baidu.com/a.js\"></script>", ""},
		{"<script src=\"https://hm.baidu.com.example.cn/a.js\"></script>", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), "data.");
}

static void forms(void **state)
{
	static const struct row rows[] = {
		{"<form action=\"http://www.example.gov.cn/login\" method=post><input type=password name=w></form>",
			"data.insecure-form:high"},
		{"<form action=\"/login\"><input type=password></form>", "", .address = "https://www.example.gov.cn/"},
		{"<form action=\"/login\"><input type=password></form>", "data.insecure-form:high",
			.address = "http://www.example.gov.cn/"},
		{"<input type=password>", "data.insecure-form:high", .address = "http://www.example.gov.cn/"},
		{"<form action=\"/s\"><input type=password><button formaction=\"http://x.example.cn/\">登录</button></form>",
			"data.insecure-form:high"},
		{"<form><label>姓名<input name=a></label><label>身份证号码<input name=b></label><input name=mobile></form>",
			"data.personal-form:info"},
		{"<form><table><tr><td>姓 名</td><td><input name=xm></td></tr><tr><td>联系电话</td><td><input name=b></td></tr></table></form>",
			"data.personal-form:info"},
		{"<form><input name=\"user[id_card]\"></form>", "data.personal-form:info"},
		{"<form action=\"http://www.example.gov.cn/s\"><input name=a placeholder=\"请输入身份证号\"></form>",
			"data.insecure-form:high data.personal-form:info"},
		{"<form action=\"http://www.example.gov.cn/s\"><input name=q placeholder=\"搜索\"></form>", ""},
		{"<form><input name=email></form>", ""},
		{"<form><p>办理时请携带身份证、户口本、银行卡以及近期免冠照片两张，到窗口提交申请</p><input name=q></form>",
			""},
		{"<form><input type=hidden name=idcard></form>", ""},
		{"<p>姓名</p><p>身份证</p>", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), "data.");
}

static void libraries(void **state)
{
	static const struct row rows[] = {
		{"<script src=\"/js/jquery-1.8.3.min.js\"></script>", "front.vulnerable-library:medium"},
		{"<script src=\"/js/jquery1.8.3.js?v=9.9.9\"></script>", "front.vulnerable-library:medium"},
		{"<script src=\"/js/JQuery.1.11.1.min.js\"></script>", "front.vulnerable-library:medium"},
		{"<script src=\"//cdn.example.cn/jquery/2.1.4/jquery.min.js\"></script>",
			"front.vulnerable-library:medium"},
		{"<script src=\"https://cdn.example.cn/npm/bootstrap@3.3.7/dist/js/bootstrap.min.js\"></script>",
			"front.vulnerable-library:medium"},
		{"<script>/*! jQuery v1.12.4 | (c) jQuery Foundation | jquery.org/license */</script>",
			"front.vulnerable-library:medium"},
		{"<script src=\"/js/jquery-9.9.9.min.js\"></script>", ""},
		{"<script src=\"/js/myjquery-1.8.3.js\"></script>", ""},
		{"<script src=\"/2024/jquery.js\"></script>", ""},
		{"<script src=\"/js/jquery.cookie-1.4.1.js\"></script>", ""},
		{"<script src=\"/js/jquery-1.8.3.min.css\"></script>", ""},
		{"<p>jquery-1.8.3.min.js</p>", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), "front.vulnerable");
}

static void scripts(void **state)
{
	static const struct {
		const char *bytes, *excerpt;
	} rows[] = {
		{"/*! jQuery v1.12.4 | (c) jQuery Foundation | jquery.org/license */", "jquery 1.12.4"},
		{"/*!\n * jQuery JavaScript Library v1.8.3\n", "jquery 1.8.3"},
		{"/*!\n * Bootstrap v3.3.7 (http://getbootstrap.com)\n", "bootstrap 3.3.7"},
		{"/**\n * @license AngularJS v1.5.8\n", "angularjs 1.5.8"},
		{"/*!\n * Vue.js v2.6.10\n", "vue 2.6.10"},
		{"var n=\"2.1.4\",r=function(e,t){return new r.fn.init(e,t)};xxxxxxxxxxxxxxxxxxxxxxxxxx;r.fn=r.prototype={jquery:n",
			"jquery 2.1.4"},
		{"var h=document.createElement('script');h.src='//hm.baidu.com/hm.js?1'", "百度统计"},
		{"/*! jQuery v9.9.9 | (c) */", NULL},
		{"/*! jQuery vendor */", NULL},
		{"// uses jQuery 1.8.3", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_findings found;
		struct wq_arena arena;
		struct wq_place place = {.url = WQ_S("https://www.example.gov.cn/")};

		wq_arena_init(&arena, 4 * WQ_MIB);
		assert_ok(wq_findings_init(&found, &arena, 10));
		assert_ok(wq_front_script(&arena, probe.rules, &probe.subject, &place,
			WQ_S("https://www.example.gov.cn/l.js"), wq_str_c(rows[i].bytes), &found, NULL));
		if (found.count != (rows[i].excerpt ? 1u : 0u))
			fail_msg("row %zu: %zu findings", i, found.count);
		if (found.count) {
			const struct wq_evidence *evidence = &found.items[0].evidence;
			assert_str(wq_str_head(evidence->excerpt, strlen(rows[i].excerpt)), wq_str_c(rows[i].excerpt));
			if (wq_str_eq(found.items[0].rule, WQ_S("front.vulnerable-library")) &&
				wq_str_find(evidence->excerpt, WQ_S("CVE-")) < 0)
				fail_msg("row %zu: %.*s", i, WQ_S_ARG(evidence->excerpt));
			assert_str(evidence->target, WQ_S("https://www.example.gov.cn/l.js"));
		}
		wq_arena_done(&arena);
	}
}

static void versions(void **state)
{
	static const struct {
		const char *a, *b;
		int order;
	} rows[] = {{"1.12.4", "3.0.0-beta", -1}, {"3.0.0-beta", "3.0.0", -1}, {"3.0.0-rc1", "3.0.0", -1},
		{"3.0.0-beta.2", "3.0.0-beta.10", -1}, {"1.9.0b1", "1.9.0", -1}, {"3.0.0-alpha1", "3.0.0-beta", -1},
		{"1.9", "1.9.0", 0}, {"1.10", "1.9", 1}, {"2.2.4", "2.2.4.1", -1}, {"3.7.1.slim", "3.7.1", 0},
		{"1.12.4-wp", "1.12.4", 0}, {"0", "0.0", 0}, {"2.999.999", "3.0.0", -1}, {"4.0.0-RC1", "4.0.0-rc.1", 0},
		{"99999999999999999999", "1", 1}};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		int order = front_version_compare(wq_str_c(rows[i].a), wq_str_c(rows[i].b));
		if (order != rows[i].order || front_version_compare(wq_str_c(rows[i].b), wq_str_c(rows[i].a)) != -order)
			fail_msg("%s and %s: %d", rows[i].a, rows[i].b, order);
	}
	assert_str(front_version_trim(WQ_S("1.11.1.min")), WQ_S("1.11.1"));
	assert_str(front_version_trim(WQ_S("3.0.0-beta.2-min")), WQ_S("3.0.0-beta.2"));
	assert_str(front_version_trim(WQ_S("1.8.16.custom")), WQ_S("1.8.16"));
}

static void patterns(void **state)
{
	static const struct {
		const char *pattern, *text, *version; /* NULL: it does not match; no text: it is no pattern */
	} rows[] = {
		{"jQuery v%v", "jQuery v1.8.3 x", "1.8.3"},
		{"=\"%v\",%[^\\n]3-9;jquery:", "n=\"2.1.4\",abcdjquery:", "2.1.4"},
		{"=\"%v\",%[^\\n]3-9;jquery:", "n=\"2.1.4\",abjquery:", NULL},
		{"=\"%v\",%[^\\n]3-9;jquery:", "n=\"2.1.4\",ab\ncdjquery:", NULL},
		{"%[a-c]1-2;=%v;name", "xxb=1.2;name", "1.2"},
		{"%[a-c]1-2;=%v;name", "xx=1.2;name", NULL},
		{"a%%b%n%v", "a%b\n12", "12"},
		{"Lib v%v", "Lib v1", NULL},
		{"Lib v%v", "Lib vx.1", NULL},
		{"%[\\]\\\\\\-^]1-3;word%v", "]-^word77", "77"},
		{"no version", NULL, NULL},
		{"two %v and %v", NULL, NULL},
		{"abc%v", NULL, NULL},
		{"abcd%v%q", NULL, NULL},
		{"abcd%v%[a", NULL, NULL},
		{"abcd%v%[a]5-2;", NULL, NULL},
		{"abcd%v%[a]1-99999;", NULL, NULL},
		{"abcd%v%", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct front_pattern pattern = {.n = 0};
		struct wq_arena arena;
		wq_str whole, version, text = wq_str_c(rows[i].text);
		uint32_t steps = 10000;

		wq_arena_init(&arena, WQ_MIB);
		wq_err err = front_pattern_parse(&arena, wq_str_c(rows[i].pattern), &pattern);
		if (!rows[i].text) {
			assert_err(err, WQ_E_INPUT);
			wq_arena_done(&arena);
			continue;
		}
		assert_ok(err);
		ptrdiff_t at = wq_str_find(text, pattern.items[pattern.anchor].literal);
		bool found = at >= 0 && front_pattern_match(&pattern, text, (size_t)at, &steps, &whole, &version);
		if (found != (rows[i].version != NULL))
			fail_msg("%s in %s", rows[i].pattern, rows[i].text);
		if (found)
			assert_str(version, wq_str_c(rows[i].version));
		steps = 1;
		if (at >= 0)
			assert_false(front_pattern_match(&pattern, text, (size_t)at, &steps, &whole, &version));
		wq_arena_done(&arena);
	}
}

static void mixed(void **state)
{
	static const struct row rows[] = {
		{"<img src=\"http://img.example.com/a.png\" alt=x>", "front.mixed-content:medium"},
		{"<script src=http://img.example.com/a.js></script>", "front.mixed-content:high"},
		{"<link rel=stylesheet href=\"http://a.example.cn/a.css\">", "front.mixed-content:high"},
		{"<iframe src=\"HTTP://a.example.cn/\"></iframe>", "front.mixed-content:high"},
		{"<img srcset=\"/a 1x, http://a.example.cn/b 2x\" alt=x>", "front.mixed-content:medium"},
		{"<style>body{background:url(http://a.example.cn/b.png)}</style>", "front.mixed-content:medium"},
		{"<img src=\"http://a.example.cn/a\" alt=x>", "", .address = "http://www.example.gov.cn/"},
		{"<img src=\"//a.example.cn/a\" alt=x><a href=\"http://a.example.cn/\">x</a>", ""},
		{"<meta http-equiv=Content-Security-Policy content=\"upgrade-insecure-requests\"><img src=http://a.cn/a alt=x>",
			""},
		{"<img src=http://a.cn/a alt=x>", "",
			.headers =
				"Content-Security-Policy: default-src *; upgrade-insecure-requests\r\nX-Content-Type-Options: "
				"nosniff\r\nX-Frame-Options: DENY\r\n"},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), "front.mixed");
}

#define GUARDED "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"

static void headers(void **state)
{
	static const struct row rows[] = {
		{"x", "front.cookie:low", GUARDED "Set-Cookie: JSESSIONID=0A1B; Path=/\r\n"},
		{"x", "front.cookie:low", GUARDED "Set-Cookie: PHPSESSID=1; HttpOnly; SameSite=Lax\r\n"},
		{"x", "front.cookie:info", GUARDED "Set-Cookie: PHPSESSID=1; HttpOnly; Secure\r\n"},
		{"x", "", GUARDED "Set-Cookie: PHPSESSID=1; HttpOnly; Secure; SameSite=Strict\r\n"},
		{"x", "",
			GUARDED
			"Set-Cookie: XSRF-TOKEN=1\r\nSet-Cookie: lang=zh\r\nSet-Cookie: SESSION=; Max-Age=0\r\n"},
		{"x", "front.cookie:info", GUARDED "Set-Cookie: sid=1; HttpOnly\r\n", "http://www.example.gov.cn/"},
		{"x", "front.discloses:low", GUARDED "Server: nginx/1.18.0\r\n"},
		{"x", "front.discloses:low", GUARDED "X-Powered-By: PHP/5.4.16\r\n"},
		{"<meta name=generator content=\"WordPress 5.2\">", "front.discloses:low", GUARDED},
		{"<meta name=generator content=\"Doxygen 1.9.1\">", "",
			GUARDED "Server: nginx\r\nX-Powered-By: ASP.NET\r\n"},
		{"x", "front.header:low", "X-Content-Type-Options: nosniff\r\n"},
		{"x", "front.header:low", "Date: x\r\nX-Frame-Options: DENY\r\n"},
		{"x", "", "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: frame-ancestors 'self'\r\n"},
		{"x", "", ""},
		{"x", "", "Date: x\r\n", .status = 404},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), "front.");
}

static void leaks(void **state)
{
	static const struct row rows[] = {
		{"<html><body><pre>java.lang.NullPointerException\n\tat cn.gov.example.A.b(A.java:42)\n\tat x.C.d(C.java:7)</pre>",
			"front.error-trace:medium"},
		{"<b>Warning</b>:  mysql_connect(): Access denied in <b>/www/a.php</b> on line <b>12</b><br>",
			"front.error-trace:medium"},
		{"<div>导航</div><div>正文很长很长很长很长很长很长很长很长</div><br><b>Fatal error</b>:  Call to a member in "
		 "<b>/www/a.php</b> on line <b>1</b>",
			"front.error-trace:medium"},
		{"<h1>Server Error in '/' Application.</h1><b>Stack Trace:</b>", "front.error-trace:medium"},
		{"<p>ORA-00942: table or view does not exist</p>", "front.error-trace:medium"},
		{"<pre>Traceback (most recent call last):\n  File \"a.py\", line 1</pre>", "front.error-trace:medium"},
		{"<p>Warning: this option is dangerous. See line 3 of a.php.</p><p>much text</p>", ""},
		{"<p>本文介绍 java.lang.NullPointerException 的原因以及排查方法，供开发人员在日常工作中参考使用，请各单位认真学习。</p>"
		 "<p>首先应当查看日志文件，其次应当检查配置，最后联系供应商解决问题，不要在页面上显示详细的错误信息，以免泄露内部结构，"
		 "同时应当按照规定做好记录并及时上报，必要时启动应急预案，组织专家进行分析研判，形成书面报告报送主管部门备案审查。</p>"
		 "<code>A.java:1</code><code>B.java:2</code>",
			""},
		{"<p>Warning: 天气预警</p>", ""},
		{"<html><head><title>Index of /files/</title></head><body><h1>Index of /files/</h1><hr><pre><a href=\"../\">../</a>",
			"front.directory-listing:medium"},
		{"<title>www.example.gov.cn - /up/</title><pre><A HREF=\"/\">[To Parent Directory]</A>",
			"front.directory-listing:medium"},
		{"<title>Directory Listing For [/a/]</title><td>Filename</td>", "front.directory-listing:medium"},
		{"<title>Index of /files/</title><p>A page about listings</p>", ""},
		{"<title>Index of classes</title><a href=\"../\">../</a>", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), "front.");
}

static void access_rows(void **state)
{
#define HEAD "<html lang=zh><title>标题</title>"
	static const struct row rows[] = {
		{"<html><title>x</title><p>x", "access.lang:low"},
		{"<html lang=zh><p>x", "access.title:low"},
		{"<html xml:lang=zh><title> &nbsp; </title><p>x", ""},
		{"<html lang=zh><title>  </title><p>x", "access.title:low"},
		{HEAD "<p>x<img src=a>", "access.alt:low"},
		{HEAD "<p>x<map><area href=a></map>", "access.alt:low"},
		{HEAD "<p>x<input type=image src=a>", "access.alt:low"},
		{HEAD "<p>x<img src=a alt=''><img src=b role=presentation><img src=c aria-hidden=true><img src=d width=1 height=1>"
		      "<img src=e style='display:none'><img src=f alt=x>",
			""},
		{HEAD "<p>x<input name=a>", "access.label:low"},
		{HEAD "<p>x<select></select>", "access.label:low"},
		{HEAD "<p>x<label>a<input></label><input id=b><label for=b>b</label><input aria-label=c><input title=d><input "
		      "type=hidden><input type=submit><input type=button><input placeholder=e>",
			""},
		{HEAD "<p>x<a href=/a></a>", "access.empty-link:low"},
		{HEAD "<p>x<a href=/a>&nbsp;　<i class=icon></i></a>", "access.empty-link:low"},
		{HEAD "<p>x<a href=/a><img src=b alt=''></a>", "access.empty-link:low"},
		{HEAD "<p>x<a href=/a><img src=b alt=首页></a><a href=/b title=x></a><a name=c></a><a href='#d'></a><a href=/e "
		      "aria-hidden=true></a><a href=/f><span>x</span></a>",
			""},
		{HEAD "<meta name=viewport content='width=device-width, user-scalable=no'><p>x", "access.zoom:low"},
		{HEAD "<meta name=viewport content='width=device-width,maximum-scale=1.0'><p>x", "access.zoom:low"},
		{HEAD "<meta name=viewport content='width=device-width,initial-scale=1,maximum-scale=5,user-scalable=yes'><p>x",
			""},
		{HEAD "<p>x<audio autoplay src=a></audio>", "access.autoplay:low"},
		{HEAD "<body onload=\"window.open('a')\"><p>x", "access.autoplay:low"},
		{HEAD "<p>x<bgsound src=a.mid>", "access.autoplay:low"},
		{HEAD "<p>x<video autoplay muted></video><audio controls></audio>", ""},
		{"<meta http-equiv=refresh content='0;url=/a'><p>x", ""},
		{"", ""},
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows), "access.");
}

/* What pages share is said with their number at the first, and at some others; what few have is said for each. */
static void site(void **state)
{
	struct wq_front_site *walk = NULL;
	struct wq_findings found;
	struct wq_arena arena;
	size_t lang = 0, alt = 0, alt_pages = 0, header = 0;

	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	assert_ok(wq_findings_init(&found, &arena, 1000));
	assert_ok(wq_front_site_new(probe.rules, &probe.subject, &walk));
	for (int i = 0; i < 40; i++) {
		char address[64], html[400];
		snprintf(address, sizeof address, "https://www.example.gov.cn/%d.html", i);
		snprintf(html, sizeof html, "<html><title>x</title><p>x<img src=/logo.png>%s",
			i == 7 ? "<img src=/a.png><img src=/b.png>" : "");
		assert_ok(front_probe_page(
			&probe, &arena, address, 200, WQ_S("Date: x\r\n"), wq_str_c(html), &found, walk));
	}
	assert_int_equal(found.count, 0);
	assert_ok(wq_front_site_judge(walk, &arena, &found));
	for (size_t i = 0; i < found.count; i++) {
		const struct wq_finding *f = &found.items[i];
		assert_ok(wq_finding_check(f));
		if (wq_str_eq(f->rule, WQ_S("access.lang")))
			lang += f->evidence.count;
		if (wq_str_eq(f->rule, WQ_S("front.header")))
			header++;
		if (!wq_str_eq(f->rule, WQ_S("access.alt")))
			continue;
		alt++;
		alt_pages += f->evidence.count;
		if (f->evidence.count > 2)
			assert_str(f->place.url, WQ_S("https://www.example.gov.cn/0.html"));
	}
	assert_int_equal(lang, 40);
	assert_int_equal(header, 1);
	assert_int_equal(alt, 32 + 1);
	assert_int_equal(alt_pages, 40 + 2);
	wq_front_site_free(&walk);
	wq_front_site_free(&walk);
	wq_arena_done(&arena);
}

static size_t leftover_of(const char *path)
{
	struct wq_arena arena;
	size_t found = SIZE_MAX;

	wq_arena_init(&arena, WQ_MIB);
	for (size_t i = 0; i < wq_front_leftovers(probe.rules); i++)
		if (wq_str_eq(wq_front_leftover_path(&arena, probe.rules, i, WQ_S("www.qingshan.gov.cn")),
			    wq_str_c(path)))
			found = i;
	wq_arena_done(&arena);
	return found;
}

static void leftovers(void **state)
{
	static const struct {
		const char *path;
		wq_str bytes;
		int status;
		bool found;
	} rows[] = {
		{"/.git/HEAD", WQ_S_INIT("ref: refs/heads/master\n"), 200, true},
		{"/.git/HEAD", WQ_S_INIT("<!DOCTYPE html><title>页面不存在</title>ref: refs/"), 200, false},
		{"/.git/HEAD", WQ_S_INIT("ref: refs/heads/master\n"), 404, false},
		{"/www.zip", WQ_S_INIT("PK\3\4\24"), 200, true},
		{"/www.zip", WQ_S_INIT("PKWARE"), 200, false},
		{"/qingshan.zip", WQ_S_INIT("PK\3\4\24"), 200, true},
		{"/www.qingshan.gov.cn.zip", WQ_S_INIT("PK\3\4\24"), 200, true},
		{"/web.config.bak", WQ_S_INIT("<?xml version=\"1.0\"?>\n<configuration>"), 200, true},
		{"/web.config.bak", WQ_S_INIT("<html><configuration>"), 200, false},
		{"/phpinfo.php", WQ_S_INIT("<html><title>phpinfo()</title>PHP Version 5.4"), 200, true},
		{"/phpinfo.php", WQ_S_INIT("<html><title>首页</title>"), 200, false},
		{"/actuator/env", WQ_S_INIT("{\"propertySources\":[]}"), 200, true},
		{"/druid/index.html", WQ_S_INIT("<html><title>Druid Stat Index</title><script src=druid.js>"), 200,
			true},
		{"/.svn/entries", WQ_S_INIT("10\n\ndir\nsvn:special"), 200, true},
		{"/backup.sql", WQ_S_INIT("-- MySQL dump 10.13"), 200, true},
		{"/backup.sql", WQ_S_INIT(""), 200, false},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		size_t number = leftover_of(rows[i].path);
		struct wq_place place = {.url = WQ_S("https://www.qingshan.gov.cn/x")};
		struct wq_findings found;
		struct wq_arena arena;

		assert_true(number != SIZE_MAX);
		wq_arena_init(&arena, WQ_MIB);
		assert_ok(wq_findings_init(&found, &arena, 10));
		assert_ok(wq_front_leftover_judge(
			&arena, probe.rules, number, rows[i].status, &place, rows[i].bytes, &found));
		if (found.count != (rows[i].found ? 1u : 0u))
			fail_msg("%s: %zu findings", rows[i].path, found.count);
		wq_arena_done(&arena);
	}
}

static void bad_data(void **state)
{
#define FILE_HEAD "weique-front 1\nversion: 1\ndate: 2026-01-01\nsource: test\n"
#define LIMITS \
	"[limits]\ntemplate_pages: 8\nnear_bytes: 72\nlabel_bytes: 60\ntrace_percent: 25\npersonal_weight: 2\nzoom_percent: 200\n"
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{FILE_HEAD LIMITS, true},
		{FILE_HEAD, false},
		{FILE_HEAD "[limits]\ntemplate_pages: 9\n", false},
		{FILE_HEAD LIMITS "[nonsense]\n", false},
		{FILE_HEAD LIMITS "[tracker]\nhost: a.example.cn\n", false},
		{FILE_HEAD LIMITS "[tracker x]\nhost: a.b\n", false},
		{FILE_HEAD LIMITS "[tracker x]\nname: a.example.cn\n", false},
		{FILE_HEAD LIMITS "[library x]\nname: /lib-%v.js\nflaw: high 0 1.2 CVE-1\n", true},
		{FILE_HEAD LIMITS "[library x]\nname: %v\n", false},
		{FILE_HEAD LIMITS "[library x]\nflaw: awful 0 1.2 CVE-1\n", false},
		{FILE_HEAD LIMITS "[library x]\nflaw: high 0\n", false},
		{FILE_HEAD LIMITS "[demand x]\nrule: browser\nwhat: abcd\nmust: efgh\n", true},
		{FILE_HEAD LIMITS "[demand x]\nrule: colour\n", false},
		{FILE_HEAD LIMITS "[demand x]\nwhat: abcd\n", false},
		{FILE_HEAD LIMITS "[demand x]\nrule: browser\nwhat: IE\n", false},
		{FILE_HEAD LIMITS "[leftover x]\nhex: 504b\npath: /a\npath: /b\n", true},
		{FILE_HEAD LIMITS "[leftover x]\nhex: 50q\npath: /a\n", false},
		{FILE_HEAD LIMITS "[leftover x]\npath: a\n", false},
		{FILE_HEAD LIMITS "[leftover x]\npath: /a\nhas: b\n", false},
		{FILE_HEAD "template_pages: 8\n", false},
		{"weique-page 1\n", false},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_front_file file = {WQ_S("test"), wq_str_c(rows[i].text)};
		const struct wq_front_rules *rules;
		struct wq_arena arena;

		wq_arena_init(&arena, 16 * WQ_MIB);
		wq_err err = wq_front_rules_parse(&arena, &file, 1, &rules);
		if (wq_failed(err) == rows[i].good)
			fail_msg("row %zu: %s %s", i, wq_err_name(err), wq_err_note(err));
		if (wq_failed(err))
			assert_true(wq_is(err, WQ_E_CONFIG) || wq_is(err, WQ_E_LIMIT));
		wq_arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(demands),
		cmocka_unit_test(plugins),
		cmocka_unit_test(trackers),
		cmocka_unit_test(forms),
		cmocka_unit_test(libraries),
		cmocka_unit_test(scripts),
		cmocka_unit_test(versions),
		cmocka_unit_test(patterns),
		cmocka_unit_test(mixed),
		cmocka_unit_test(headers),
		cmocka_unit_test(leaks),
		cmocka_unit_test(access_rows),
		cmocka_unit_test(site),
		cmocka_unit_test(leftovers),
		cmocka_unit_test(bad_data),
	};

	return cmocka_run_group_tests(tests, open_probe, NULL);
}
