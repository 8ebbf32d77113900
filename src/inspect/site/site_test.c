#include "inspect/site/site.h"

#include "base/arena.h"
#include "base/file.h"
#include "detect/target/target.h"
#include "inspect/site/site_test_server.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

/* ---- what a walk says, as lines */

struct told {
	struct wq_buf faults, pages;
	struct wq_site_stats stats;
	size_t stop_after, pages_n;
	bool over_days;
};

static const char *const verdicts[WQ_SITE_VERDICTS] = {"fine", "broken", "server-error", "unreachable", "tls",
	"truncated", "loop", "soft-404", "fragment", "unknown", "failing", "changed-hands", "malformed", "private",
	"redirects-outside"};

static wq_str path_of(wq_str url)
{
	wq_str site = WQ_S("http://www.site.example");

	return wq_str_starts(url, site) ? wq_str_from(url, site.n) : url;
}

static wq_err on_fault(void *data, const struct wq_site_fault *fault)
{
	struct told *told = data;
	struct wq_arena arena;
	struct wq_finding finding;

	wq_buf_printf(&told->faults, "%s %.*s < %.*s:%u %.*s\n", verdicts[fault->verdict],
		WQ_S_ARG(path_of(fault->target.n ? fault->target : fault->written)), WQ_S_ARG(path_of(fault->page)),
		fault->line, WQ_S_ARG(fault->attr));
	wq_arena_init(&arena, 64 * WQ_KIB);
	finding = wq_site_finding(&arena, fault);
	assert_ok(wq_finding_check(&finding));
	wq_arena_done(&arena);
	return WQ_OK;
}

static wq_err on_page(void *data, const struct wq_site_page *page)
{
	struct told *told = data;

	wq_buf_printf(
		&told->pages, "%.*s%s\n", WQ_S_ARG(path_of(page->document->address.href)), page->home ? " home" : "");
	return ++told->pages_n == told->stop_after ? wq_error_id(WQ_E_INTERRUPTED) : WQ_OK;
}

static void told_init(struct told *told)
{
	*told = (struct told){0};
	wq_buf_init(&told->faults, WQ_MIB);
	wq_buf_init(&told->pages, WQ_MIB);
}

static void told_done(struct told *told)
{
	wq_buf_done(&told->faults);
	wq_buf_done(&told->pages);
}

static wq_err walk(const struct served *table, size_t n, const struct wq_site_options *extra, struct told *told)
{
	static const char *const hosts[] = {"www.site.example", "site.example", "friend.example", "other.example"};
	static const char *const starts[] = {"http://www.site.example/"};
	struct wq_site_options options = extra ? *extra : (struct wq_site_options){0};
	struct wq_site_calls calls = {.page = on_page, .fault = on_fault, .data = told};
	struct wq_fetch_peer peers[] = {{{4, {127}}, 0, 8}};
	struct wq_fetch_route routes[WQ_COUNT(hosts)];

	for (size_t i = 0; i < WQ_COUNT(hosts); i++)
		routes[i] = (struct wq_fetch_route){hosts[i], 80, "127.0.0.1", server.port};
	if (!options.starts) {
		options.starts = starts;
		options.starts_n = 1;
	}
	options.verdicts_at_once = !told->over_days;
	options.fetch.peers = peers;
	options.fetch.peers_n = WQ_COUNT(peers);
	options.fetch.routes = routes;
	options.fetch.routes_n = WQ_COUNT(hosts);
	options.fetch.total_msec = options.fetch.total_msec ? options.fetch.total_msec : 5000;
	server.table = table;
	server.table_n = n;
	server.last_paths[0] = 0;
	atomic_store(&server.heads, 0);
	return wq_site_run(&options, &calls, &told->stats);
}

static void expect(const char *name, struct wq_buf *told, const char *expected)
{
	if (strcmp(wq_buf_cstr(told), expected) != 0)
		fail_msg("%s:\n%sinstead of\n%s", name, wq_buf_cstr(told), expected);
}

/* Sorted: what is found first depends on who answers first. */
static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void expect_lines(const char *name, struct wq_buf *told, const char *expected)
{
	char *lines[64], *copy = strdup(wq_buf_cstr(told)), *at = copy;
	WQ_BUF(sorted, WQ_MIB);
	size_t n = 0;

	for (char *end; n < WQ_COUNT(lines) && (end = strchr(at, '\n')); at = end + 1) {
		*end = 0;
		lines[n++] = at;
	}
	qsort(lines, n, sizeof(*lines), by_text);
	for (size_t i = 0; i < n; i++)
		wq_buf_printf(&sorted, "%s\n", lines[i]);
	free(copy);
	expect(name, &sorted, expected);
}

#define CSS "Content-Type: text/css\r\n"
#define XML "Content-Type: application/xml\r\n"
#define PNG "Content-Type: image/png\r\n"

/* ---- links of every kind */

static void test_links(void **state)
{
	static const struct served table[] = {
		{"www.site.example", "/",
			.body = "<a href=a.html>1</a>\n<link rel=stylesheet href=s/a.css>\n<img src=i.png>"},
		{"www.site.example", "/a.html",
			.body = "<a href=gone>1</a>\n<a href=410>2</a>\n<a href=500>3</a>\n<a href=403>4</a><a href=429>5</a>"
				"<a href='mailto:a@b'>6</a><a href='http://[1:2/'>7</a>\n<a href=b.html#there>8</a>"
				"<a href='b.html#not-there'>9</a><a href=#self>10</a><a href=#top>11</a><a href=#>12</a>\n"
				"<a href='b.html#%E4%B8%AD'>13</a><a href='b.html#:~:text=x'>14</a>"
				"<a href=http://friend.example/ok>15</a><a href=http://friend.example/lost>16</a>"
				"<a href=http://10.1.2.3/oa/>17</a><a href=r1>18</a><a href=out>19</a><a href=l1>20</a>\n"
				"<a href=e0>21</a><a href=cut>22</a><p onclick=\"location.href='click'\">"
				"<a href=http://127.0.0.1:1/>23</a>"},
		{"www.site.example", "/b.html",
			.body = "<p id=there><a name='中'></a><base href=/deep/><a href=c>1</a>"},
		{"www.site.example", "/s/a.css", .headers = CSS, .body = "@import 'b.css';\na{background:url(x.png)}"},
		{"www.site.example", "/s/b.css", .headers = CSS, .body = "a{background:url(../i.png)}"},
		{"www.site.example", "/i.png", .headers = PNG, .body = "png", .head_refused = true},
		{"www.site.example", "/410", "410 Gone"},
		{"www.site.example", "/500", "500 No"},
		{"www.site.example", "/403", "403 No"},
		{"www.site.example", "/429", "429 No", "Retry-After: 99999\r\n"},
		{"www.site.example", "/cut", .headers = "Content-Length: 99\r\n", .body = "short"},
		{"www.site.example", "/r1", "302 Found", "Location: gone\r\n"},
		{"www.site.example", "/out", "302 Found", "Location: http://friend.example/ok\r\n"},
		{"www.site.example", "/l1", "302 Found", "Location: l2\r\n"},
		{"www.site.example", "/l2", "302 Found", "Location: l1\r\n"},
		{"www.site.example", "/e*", "302 Found", "Location: ?e\r\n"},
		{"friend.example", "/ok", .body = "fine"},
	};
	struct told told;

	(void)state;
	told_init(&told);
	assert_ok(walk(table, WQ_COUNT(table), NULL, &told));
	expect_lines("pages", &told.pages, "/ home\n/a.html\n/b.html\n");
	expect_lines("faults", &told.faults,
		"broken /410 < /a.html:2 href\n"
		"broken /click < /a.html:7 onclick\n"
		"broken /deep/c < /b.html:1 href\n"
		"broken /gone < /a.html:1 href\n"
		"broken /r1 < /a.html:6 href\n"
		"broken /s/x.png < /:2 \n"
		"broken http://friend.example/lost < /a.html:6 href\n"
		"fragment /a.html#self < /a.html:5 href\n"
		"fragment /b.html#not-there < /a.html:5 href\n"
		"loop /e0 < /a.html:7 href\n"
		"loop /l1 < /a.html:6 href\n"
		"malformed http://[1:2/ < /a.html:4 href\n"
		"private http://10.1.2.3/oa/ < /a.html:6 href\n"
		"redirects-outside /out < /a.html:6 href\n"
		"server-error /500 < /a.html:3 href\n"
		"truncated /cut < /a.html:7 href\n"
		"unknown /403 < /a.html:4 href\n"
		"unknown /429 < /a.html:4 href\n"
		"unreachable http://127.0.0.1:1/ < /a.html:7 href\n");
	told_done(&told);
}

static void test_feeds(void **state)
{
	static const struct served table[] = {
		{"www.site.example", "/", .body = "<link rel=alternate type=application/rss+xml href=feed.xml>"},
		{"www.site.example", "/robots.txt", .headers = "Content-Type: text/plain\r\n",
			.body = "User-agent: *\nDisallow: /kept/\nSitemap: http://www.site.example/map-index.xml\n"},
		{"www.site.example", "/map-index.xml", .headers = XML,
			.body = "<sitemapindex><sitemap><loc>http://www.site.example/map.xml</loc></sitemap></sitemapindex>"},
		{"www.site.example", "/map.xml", .headers = XML,
			.body = "<urlset>\n<url><loc>http://www.site.example/gone</loc></url>"
				"<url><loc>http://www.site.example/kept/away</loc></url></urlset>"},
		{"www.site.example", "/feed.xml", .headers = XML,
			.body = "<rss><channel><item><link>http://www.site.example/lost</link></item></channel></rss>"},
	};
	struct told told;

	(void)state;
	told_init(&told);
	assert_ok(walk(table, WQ_COUNT(table), NULL, &told));
	expect_lines("faults", &told.faults, "broken /gone < /map.xml:2 loc\nbroken /lost < /feed.xml:1 link\n");
	assert_int_equal(told.stats.robots_kept_away, 1);
	told_done(&told);
}

/* ---- what wants to keep us */

static void test_endless(void **state)
{
	static const struct served table[] = {{"www.site.example", "/*", .grow = true}};
	static const struct {
		struct wq_site_options options;
		const char *by;
	} rows[] = {{{.addresses_max = 300}, "addresses"}, {{.pages_max = 50}, "pages"}, {{.depth_max = 4}, "depth"},
		{{.bytes_max = 2000}, "bytes"}, {{.run_msec_max = 300}, "time"}};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct told told;

		told_init(&told);
		assert_ok(walk(table, 1, &rows[i].options, &told));
		assert_true(told.stats.limited);
		assert_string_equal(told.stats.limited_by, rows[i].by);
		expect("faults", &told.faults, "");
		told_done(&told);
	}
}

/* Its host is given up; another goes on. */
static void test_silent(void **state)
{
	enum { TARGETS = 400 };
	WQ_BUF(body, 64 * WQ_KIB);
	struct served table[] = {{"www.site.example", "/"}, {"www.site.example", "/a", .body = "a"},
		{"friend.example", "/*", .hang = true}};
	struct wq_site_options options = {.host_msec_max = 500, .fetch = {.total_msec = 200}};
	struct told told;

	(void)state;
	wq_buf_add(&body, WQ_S("<a href=/a>a</a><a href=/b>b</a>"));
	for (int i = 0; i < TARGETS; i++)
		wq_buf_printf(&body, "<a href=http://friend.example/%d>x</a>", i);
	table[0].body = wq_buf_cstr(&body);
	told_init(&told);
	assert_ok(walk(table, WQ_COUNT(table), &options, &told));
	expect("pages", &told.pages, "/ home\n/a\n");
	assert_true(wq_str_starts(wq_buf_str(&told.faults), WQ_S("broken /b < /:1 href\n")));
	assert_int_equal(told.stats.faults, TARGETS + 1);
	assert_int_equal(told.stats.hosts_given_up, 1);
	assert_string_equal(told.stats.limited_by, "time of http://friend.example");
	assert_true(told.stats.msec < 5000);
	told_done(&told);
}

/* Bytes that are no text, names that are no names, a body that is longer than anybody reads. */
static void test_hostile(void **state)
{
	static const struct served table[] = {
		{"www.site.example", "/",
			.body = "<title>\x1b[2J\x07</title><a href='\x1b[31mx\x07'>1</a><a href=big>2</a><a href='http://\xff\xfe/'>3</a>"
				"<a href='bad'>4</a><a href=//>5</a><base href=javascript:x><a href=http://x:99999/>6</a><a href='to'>7</a>"},
		{"www.site.example", "/big", .headers = "Content-Length: 2147483648\r\n", .body = "x"},
		{"www.site.example", "/bad", .headers = "Content-Type: text/html; charset=utf-16\r\n",
			.body = "\xd8\xd8<a href=x>"},
		{"www.site.example", "/to", "302 Found", "Location: http://169.254.169.254/latest/meta-data\r\n"},
	};
	struct told told;

	(void)state;
	told_init(&told);
	assert_ok(walk(table, WQ_COUNT(table), NULL, &told));
	assert_int_equal(told.stats.too_large, 1);
	expect_lines("faults", &told.faults,
		"broken /[31mx < /:1 href\nmalformed // < /:1 href\nmalformed http://x:99999/ < /:1 href\n"
		"malformed http://\xff\xfe/ < /:1 href\nprivate /to < /:1 href\n");
	told_done(&told);
}

/* ---- state */

static const struct served many[] = {
	{"www.site.example", "/", .body = "<a href=1>1</a><a href=2>2</a><a href=3>3</a>"},
	{"www.site.example", "/1", .body = "<a href=4>4</a><a href=gone>0</a>"},
	{"www.site.example", "/2", .body = "<a href=5#x>5</a><a href=http://friend.example/lost>0</a>"},
	{"www.site.example", "/3", .body = "<a href=6>6</a>"},
	{"www.site.example", "/4", .body = "<a href=7>7</a>"},
	{"www.site.example", "/5", .body = "<a href=http://[>0</a>"},
	{"www.site.example", "/6", .body = "<a href=gone>0</a>"},
	{"www.site.example", "/7", .body = "the end"},
};

static const char many_sorted[] = "broken /gone < /1:1 href\nbroken /gone < /6:1 href\n"
				  "broken http://friend.example/lost < /2:1 href\nfragment /5#x < /2:1 href\n"
				  "malformed http://[ < /5:1 href\n";

static void make_dir(char dir[64])
{
	snprintf(dir, 64, "/tmp/wq-site-XXXXXX");
	assert_non_null(mkdtemp(dir));
}

/* Ended by a callback after each number of pages, then resumed: the same is found, and no page is handed over twice but the one
 * during which it ended. */
static void test_resume(void **state)
{
	(void)state;
	for (size_t stop = 1; stop <= WQ_COUNT(many); stop++) {
		char dir[64];
		struct wq_site_options options = {.dir = dir};
		struct told first, second;

		make_dir(dir);
		told_init(&first);
		told_init(&second);
		first.stop_after = stop;
		assert_err(walk(many, WQ_COUNT(many), &options, &first), WQ_E_INTERRUPTED);
		assert_true(first.faults.len < sizeof(many_sorted)); /* what was seen so far, as it stands */
		options.resume = true;
		assert_ok(walk(many, WQ_COUNT(many), &options, &second));
		expect_lines("faults", &second.faults, many_sorted);
		assert_int_equal(first.pages_n + second.pages_n, WQ_COUNT(many) + 1);
		assert_int_equal(second.stats.pages, WQ_COUNT(many));
		told_done(&first);
		told_done(&second);
		assert_ok(wq_dir_remove_tree(&wq_fs_system, dir));
	}
}

/* The log cut anywhere, as a crash of the machine may leave it. */
static void test_cut_log(void **state)
{
	char dir[64], path[96];
	struct wq_site_options options = {.dir = dir};
	struct told told;
	WQ_BUF(log, WQ_MIB);

	(void)state;
	make_dir(dir);
	snprintf(path, sizeof(path), "%s/walk.log", dir);
	told_init(&told);
	assert_ok(walk(many, WQ_COUNT(many), &options, &told));
	expect_lines("faults", &told.faults, many_sorted);
	told_done(&told);
	assert_ok(wq_file_read(&wq_fs_system, path, &log));
	options.resume = true;
	for (size_t n = 0; n <= log.len; n += 61) {
		assert_ok(wq_file_replace(&wq_fs_system, path, wq_str_head(wq_buf_str(&log), n), 0600));
		told_init(&told);
		assert_ok(walk(many, WQ_COUNT(many), &options, &told));
		expect_lines("faults", &told.faults, many_sorted);
		told_done(&told);
	}
	assert_ok(wq_dir_remove_tree(&wq_fs_system, dir));
}

/* kill -9 in the middle, again and again; the walk that gets through has found everything. */
static void test_killed(void **state)
{
	extern char **environ;
	char dir[64], child[128];
	char *args[] = {(char *)(uintptr_t) "walk", NULL};
	struct wq_site_options options = {.dir = dir, .resume = true};
	struct told told;

	(void)state;
	make_dir(dir);
	snprintf(child, sizeof(child), "%u %s", server.port, dir);
	setenv("WQ_SITE_TEST_CHILD", child, 1);
	server.table = many;
	server.table_n = WQ_COUNT(many);
	for (int kills = 0; kills < 4; kills++) {
		int until = atomic_load(&server.requests) + 3 + kills;
		pid_t pid;

		assert_int_equal(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, args, environ), 0);
		for (int i = 0; i < 5000 && atomic_load(&server.requests) < until; i++)
			poll(NULL, 0, 1);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	unsetenv("WQ_SITE_TEST_CHILD");
	told_init(&told);
	assert_ok(walk(many, WQ_COUNT(many), &options, &told));
	expect_lines("faults", &told.faults, many_sorted);
	told_done(&told);
	assert_ok(wq_dir_remove_tree(&wq_fs_system, dir));
}

/* The one that is killed. */
static int killed_child(const char *text)
{
	char dir[64];
	struct wq_site_options options = {.dir = dir, .resume = true};
	struct told told;
	unsigned int port;

	if (sscanf(text, "%u %63s", &port, dir) != 2)
		return 2;
	server.port = (uint16_t)port;
	told_init(&told);
	return wq_failed(walk(many, WQ_COUNT(many), &options, &told));
}

/* What fails outside is broken only when it failed on several days; coming back forgets. */
static void test_days(void **state)
{
	static const struct served fails[] = {
		{"www.site.example", "/", .body = "<a href=http://friend.example/lost>0</a>"},
	};
	static const struct served works[] = {
		{"www.site.example", "/", .body = "<a href=http://friend.example/lost>0</a>"},
		{"friend.example", "/lost"}};
	static const char failing[] = "failing http://friend.example/lost < /:1 href\n",
			  broken[] = "broken http://friend.example/lost < /:1 href\n";
	static const struct {
		int hours;
		bool works;
		const char *faults;
	} runs[] = {{0, false, failing}, {1, false, failing}, {30, false, failing}, {31, false, failing},
		{60, false, broken}, {61, true, ""}, {90, false, failing}};
	char dir[64];
	wq_time now = 1000 * WQ_DAY;
	struct wq_clock fixed = wq_clock_fixed(&now), clock = {fixed.now, wq_clock_system.monotonic_msec, fixed.data};

	(void)state;
	make_dir(dir);
	for (size_t i = 0; i < WQ_COUNT(runs); i++) {
		struct wq_site_options options = {.dir = dir, .clock = &clock};
		struct told told;

		now = 1000 * WQ_DAY + runs[i].hours * 3600 * WQ_SECOND;
		told_init(&told);
		told.over_days = true;
		assert_ok(walk(runs[i].works ? works : fails, runs[i].works ? 2 : 1, &options, &told));
		expect("faults", &told.faults, runs[i].faults);
		told_done(&told);
	}
	assert_ok(wq_dir_remove_tree(&wq_fs_system, dir));
}

static void test_locked(void **state)
{
	char dir[64], path[96];
	struct wq_site_options options = {.dir = dir};
	struct told told;
	int lock;

	(void)state;
	make_dir(dir);
	snprintf(path, sizeof(path), "%s/lock", dir);
	assert_ok(wq_file_lock(path, false, &lock));
	told_init(&told);
	assert_err(walk(many, WQ_COUNT(many), &options, &told), WQ_E_BUSY);
	wq_file_close(&lock);
	snprintf(path, sizeof(path), "%s/looks", dir);
	assert_ok(wq_file_create(&wq_fs_system, path, WQ_S("weique-looks 1\n1 0 1 http://x/\n"), 0600));
	assert_err(walk(many, WQ_COUNT(many), &options, &told), WQ_E_FORMAT);
	told_done(&told);
	assert_ok(wq_dir_remove_tree(&wq_fs_system, dir));
}

/* ---- what says "not there" under a good status, and what changed hands */

static const struct wq_target_rules *target_rules(struct wq_arena *arena, struct wq_buf *file)
{
	const struct wq_target_rules *rules;
	char path[4096];

	snprintf(path, sizeof(path), "%s/rules/target/target.txt", getenv("WQ_SOURCE_ROOT"));
	assert_ok(wq_file_read(&wq_fs_system, path, file));
	assert_ok(wq_target_rules_parse(arena, WQ_S("target.txt"), wq_buf_str(file), &rules));
	return rules;
}

#define FRAME \
	"<title>某市</title><p>首页 新闻中心 政务公开 办事服务 互动交流 机构概况 政策文件 通知公告 网站地图 联系我们 统计数据"

static void test_soft(void **state)
{
	static const struct served table[] = {
		{"www.site.example", "/",
			.body = "<title>某市</title><a href=a/gone.html>1</a><a href=a/real.html>2</a><a href=moved/x.html>3</a>"
				"<a href=index.html>4</a><a href=http://friend.example/>5</a><a href=http://other.example/>6</a>"
				"<a href=plain.html>7</a><a href=http://other.example/gone>8</a>"},
		{"www.site.example", "/a/real.html",
			.body = FRAME
			"<p>市政府召开常务会议，研究部署近期重点工作，审议通过有关文件，强调要抓好落实，确保完成全年任务"},
		{"www.site.example", "/a/*", .body = FRAME "<p>您访问的页面不存在或已被删除"},
		{"www.site.example", "/moved/*", "302 Found", "Location: /\r\n"},
		{"www.site.example", "/index.html", "302 Found", "Location: /\r\n"},
		{"www.site.example", "/plain.html", .body = "<title>页面不存在</title>"},
		{"www.site.example", "/*", "404 Not Found", .body = "<title>404 Not Found</title>"},
		{"friend.example", "/", .body = "<title>澳门新葡京</title><p>真人百家乐 电子游艺 注册送彩金"},
		{"other.example", "/", .body = "<title>other.example is for sale</title><p>Buy this domain"},
		{"other.example", "/gone", .body = "<title>Page not found</title>"},
	};
	struct wq_arena arena;
	WQ_BUF(file, WQ_MIB);
	struct wq_site_options options = {0};
	struct told told;

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	options.target = target_rules(&arena, &file);
	told_init(&told);
	assert_ok(walk(table, WQ_COUNT(table), &options, &told));
	expect_lines("faults", &told.faults,
		"changed-hands http://friend.example/ < /:1 href\n"
		"changed-hands http://other.example/ < /:1 href\n"
		"soft-404 /a/gone.html < /:1 href\n"
		"soft-404 /moved/x.html < /:1 href\n"
		"soft-404 /plain.html < /:1 href\n"
		"soft-404 http://other.example/gone < /:1 href\n");
	told_done(&told);
	wq_arena_done(&arena);
}

/* Every address of the site answers with the same shell, that scripts fill. */
static void test_shell(void **state)
{
	static const struct served table[] = {
		{"www.site.example", "/*",
			.body = "<title>某市</title><a href=/a>1</a><a href=/b>2</a><div id=app></div>页面不存在"},
	};
	struct wq_arena arena;
	WQ_BUF(file, WQ_MIB);
	struct wq_site_options options = {0};
	struct told told;

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	options.target = target_rules(&arena, &file);
	told_init(&told);
	assert_ok(walk(table, WQ_COUNT(table), &options, &told));
	expect_lines("pages", &told.pages, "/ home\n/a\n/b\n");
	expect("faults", &told.faults, "");
	told_done(&told);
	wq_arena_done(&arena);
}

int main(void)
{
	if (getenv("WQ_SITE_TEST_CHILD"))
		return killed_child(getenv("WQ_SITE_TEST_CHILD"));
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_feeds),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_cut_log),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_soft),
		cmocka_unit_test(test_shell),
	};

	return cmocka_run_group_tests(tests, server_start, server_stop);
}
