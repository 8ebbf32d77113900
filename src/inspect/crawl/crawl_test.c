#include "base/test.h"
#include "base/arena.h"
#include "base/file.h"
#include "inspect/crawl/crawl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* A site served by a real nginx on a loopback port; its public name is another. */
static struct {
	char dir[64];
	char origin[64];
	uint16_t port;
	pid_t pid;
	struct wq_arena arena;
} web;

static const struct {
	const char *name, *content;
} files[] = {
	{"www/index.html",
		"<!DOCTYPE html><link rel=stylesheet href=/a.css><a href='b/'>1</a><a href='b/#x'>2</a>"
		"<a href='https://www.example.gov.cn/c.html?x=1'>3</a><a href='HTTP://WWW.EXAMPLE.GOV.CN:80/d%2ehtml'>4</a>"
		"<a href='http://evil.example/'>5</a><a href='mailto:x@y'>6</a><a href='//www.example.gov.cn.evil.example/'>7</a>"
		"<a href='/x%2fy'>8</a><a href='/missing.html'>9</a><img src=i.png srcset='j.png 2x'>"
		"<form action=/search><form method=post action=/never></form><p style='background:url(k.png)'>"
		"<a href='http://www.example.gov.cn:8080/other-port'>10</a><a href=/old>11</a><a href='/closed'>12</a>"
		"<a href=//[>13</a><a href='javascript:x()'>14</a><a href='http://static.example.gov.cn/s.html'>15</a>"},
	{"www/b/index.html", "<base href='/deep/'><a href=e.html>up</a><base href=/wrong/>"},
	{"www/deep/e.html", "<meta http-equiv=refresh content='0;url=../deep/f.html'>"},
	{"www/deep/f.html", "<a href=..;/>x</a><a href='g.html'>y</a>"},
	{"www/deep/g.html", "<a href=/>home</a>"},
	{"www/c.html", "<a href='ABSOLUTE-ORIGIN'>by origin</a>"},
	{"www/d.html", "<title><a href=/no1></title><script>'<a href=/no2>'</script><!--<a href=/no3>-->"},
	{"www/a.css", "@import 'sub/h.css'; a{background:url(i.png)}"},
	{"www/sub/h.css", "@font-face{src:url('font.woff')}"},
	{"www/i.png", "png"},
	{"www/j.png", "png"},
	{"www/k.png", "png"},
	{"www/s.html", "static host"},
	{"www/from-origin.html", "x"},
	{"www/robots.txt", "User-agent: *\nDisallow: /deep/\n"},
};

static const char conf[] =
	"daemon off;\nmaster_process off;\npid %s/pid;\nerror_log %s/error.log;\nevents {}\n"
	"http {\n types { text/html html; text/css css; image/png png; text/plain txt; }\n access_log %s/access.log;\n"
	" client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3; uwsgi_temp_path %s/t4;"
	" scgi_temp_path %s/t5;\n server {\n  listen 127.0.0.1:%u;\n  root %s/www;\n"
	"  location = /old { return 301 /deep/g.html; }\n  location = /closed { return 444; }\n"
	"  location = /search { default_type text/plain; return 200 found; }\n }\n}\n";

static bool listens(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool open = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	close(fd);
	return open;
}

static const char *in_dir(const char *name)
{
	return wq_arena_printf(&web.arena, "%s/%s", web.dir, name).p;
}

static void write_files(void)
{
	static const char *const folders[] = {"www/b", "www/deep", "www/sub"};

	for (size_t i = 0; i < WQ_COUNT(folders); i++)
		assert_ok(wq_dir_make(&wq_fs_system, in_dir(folders[i]), 0755));
	for (size_t i = 0; i < WQ_COUNT(files); i++) {
		wq_str content = wq_str_c(files[i].content);

		if (strcmp(files[i].name, "www/c.html") == 0)
			content = wq_arena_printf(
				&web.arena, "<a href='%s/from-origin.html'>by origin</a>", web.origin);
		assert_ok(wq_file_create(&wq_fs_system, in_dir(files[i].name), content, 0644));
	}
}

static int start_nginx(void)
{
	extern char **environ;
	char *args[] = {(char *)(uintptr_t) "nginx", (char *)(uintptr_t) "-p", web.dir, (char *)(uintptr_t) "-c",
		(char *)(uintptr_t)in_dir("nginx.conf"), (char *)(uintptr_t) "-e",
		(char *)(uintptr_t)in_dir("error.log"), NULL};
	const char *d = web.dir;

	assert_ok(wq_file_create(&wq_fs_system, in_dir("nginx.conf"),
		wq_arena_printf(&web.arena, conf, d, d, d, d, d, d, d, d, web.port, d), 0644));
	if (posix_spawn(&web.pid, "/usr/sbin/nginx", NULL, NULL, args, environ) != 0)
		return -1;
	for (int i = 0; i < 500; i++) {
		int status;

		if (listens(web.port))
			return 0;
		if (waitpid(web.pid, &status, WNOHANG) == web.pid) {
			web.pid = 0;
			return -1;
		}
		poll(NULL, 0, 10);
	}
	return -1;
}

static int setup(void **state)
{
	enum { FIRST = 20000, RANGE = 12000 };

	(void)state;
	wq_arena_init(&web.arena, WQ_MIB);
	snprintf(web.dir, sizeof(web.dir), "/tmp/wq-crawl-XXXXXX");
	if (!mkdtemp(web.dir))
		return -1;
	for (int i = 0; i < 100; i++) { /* below the range from which the system hands out ports */
		web.port = (uint16_t)(FIRST + (getpid() * 7 + i * 31) % RANGE);
		if (!listens(web.port))
			break;
	}
	snprintf(web.origin, sizeof(web.origin), "http://127.0.0.1:%u", web.port);
	write_files();
	return start_nginx();
}

static int teardown(void **state)
{
	(void)state;
	if (web.pid > 0) {
		kill(web.pid, SIGTERM);
		waitpid(web.pid, NULL, 0);
	}
	if (web.dir[0])
		WQ_IGNORE(wq_dir_remove_tree(&wq_fs_system, web.dir));
	wq_arena_done(&web.arena);
	return 0;
}

/* ---- */

enum { LINES = 64 };

struct walk {
	struct wq_arena arena;
	const char *pages[LINES], *links[LINES];
	size_t pages_n, links_n;
	size_t stop_after;
	uint32_t depth;
};

static wq_err on_page(void *data, const struct wq_crawl_page *page)
{
	struct walk *walk = data;

	assert_true(walk->pages_n < LINES);
	walk->depth = WQ_MAX(walk->depth, page->depth);
	walk->pages[walk->pages_n++] = wq_arena_printf(&walk->arena, "%.*s %s %d %u", WQ_S_ARG(page->key),
		wq_fetch_result_text(page->response->result), page->response->status, page->depth)
					       .p;
	return walk->pages_n == walk->stop_after ? wq_error_id(WQ_E_INTERRUPTED) : WQ_OK;
}

static wq_err on_link(void *data, const struct wq_crawl_link *link)
{
	static const char *const fates[] = {
		"taken", "external", "other", "malformed", "ambiguous", "beyond", "robots", "unwanted"};
	struct walk *walk = data;

	if (link->fate != WQ_CRAWL_TAKEN) {
		assert_true(walk->links_n < LINES);
		walk->links[walk->links_n++] = wq_arena_printf(
			&walk->arena, "%s %.*s", fates[link->fate], WQ_S_ARG(link->link->url))
						       .p;
	}
	return WQ_OK;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void expect_lines(const char **lines, size_t n, const char *const *expected, size_t expected_n)
{
	qsort(lines, n, sizeof(*lines), by_text);
	for (size_t i = 0; i < n && i < expected_n; i++)
		assert_string_equal(lines[i], expected[i]);
	assert_int_equal(n, expected_n);
}

static struct wq_crawl_options usual(void)
{
	return (struct wq_crawl_options){
		.site = "https://www.example.gov.cn/", .origin = web.origin, .fetch = {.total_msec = 5000}};
}

static wq_err crawl(const struct wq_crawl_options *options, struct walk *walk, struct wq_crawl_stats *ret_stats)
{
	struct wq_crawl_calls calls = {.page = on_page, .link = on_link, .data = walk};

	wq_arena_init(&walk->arena, WQ_MIB);
	return wq_crawl_run(options, &calls, ret_stats);
}

static void test_whole_site(void **state)
{
	static const char *const pages[] = {"www.example.gov.cn/ answered 200 0",
		"www.example.gov.cn/a.css answered 200 1", "www.example.gov.cn/b/ answered 200 1",
		"www.example.gov.cn/c.html?x=1 answered 200 1", "www.example.gov.cn/closed protocol 0 1",
		"www.example.gov.cn/d.html answered 200 1", "www.example.gov.cn/deep/e.html answered 200 2",
		"www.example.gov.cn/deep/f.html answered 200 3", "www.example.gov.cn/deep/g.html answered 200 2",
		"www.example.gov.cn/from-origin.html answered 200 2", "www.example.gov.cn/i.png answered 200 1",
		"www.example.gov.cn/j.png answered 200 1", "www.example.gov.cn/k.png answered 200 1",
		"www.example.gov.cn/missing.html answered 404 1", "www.example.gov.cn/old answered 301 1",
		"www.example.gov.cn/search answered 200 1", "www.example.gov.cn/sub/font.woff answered 404 3",
		"www.example.gov.cn/sub/h.css answered 200 2"};
	static const char *const links[] = {"ambiguous ..;/", "ambiguous /x%2fy",
		"external //www.example.gov.cn.evil.example/", "external http://evil.example/",
		"external http://static.example.gov.cn/s.html", "external http://www.example.gov.cn:8080/other-port",
		"malformed //[", "other javascript:x()", "other mailto:x@y"};
	struct wq_crawl_options options = usual();
	struct walk walk = {0};
	struct wq_crawl_stats stats;

	(void)state;
	assert_ok(crawl(&options, &walk, &stats));
	expect_lines(walk.pages, walk.pages_n, pages, WQ_COUNT(pages));
	expect_lines(walk.links, walk.links_n, links, WQ_COUNT(links));
	assert_int_equal(stats.pages, WQ_COUNT(pages));
	assert_int_equal(stats.failed, 1);
	assert_false(stats.limited);
	wq_arena_done(&walk.arena);
}

static void test_limits(void **state)
{
	struct wq_crawl_options options = usual();
	struct walk walk = {0};
	struct wq_crawl_stats stats;

	(void)state;
	options.pages_max = 5;
	assert_ok(crawl(&options, &walk, &stats));
	assert_int_equal(walk.pages_n, 5);
	assert_true(stats.limited);
	wq_arena_done(&walk.arena);

	walk = (struct walk){0};
	options = usual();
	options.depth_max = 1;
	assert_ok(crawl(&options, &walk, &stats));
	assert_int_equal(walk.depth, 1);
	assert_true(stats.limited);
	wq_arena_done(&walk.arena);

	walk = (struct walk){0};
	options = usual();
	options.addresses_max = 3;
	assert_ok(crawl(&options, &walk, &stats));
	assert_int_equal(walk.pages_n, 3);
	wq_arena_done(&walk.arena);

	walk = (struct walk){0};
	options = usual();
	options.bytes_max = 1;
	assert_ok(crawl(&options, &walk, &stats));
	assert_int_equal(walk.pages_n, 1);
	wq_arena_done(&walk.arena);
}

static void test_robots_and_more_hosts(void **state)
{
	static const char *const hosts[] = {"static.example.gov.cn"};
	static const char *const seeds[] = {"/s.html?seed", "b/"};
	struct wq_crawl_options options = usual();
	struct walk walk = {0};
	bool other_host = false, seed = false;

	(void)state;
	options.robots = true;
	options.hosts = hosts;
	options.hosts_n = 1;
	options.seeds = seeds;
	options.seeds_n = 2;
	assert_ok(crawl(&options, &walk, NULL));
	for (size_t i = 0; i < walk.pages_n; i++) {
		assert_null(strstr(walk.pages[i], "/deep/"));
		other_host |= strcmp(walk.pages[i], "static.example.gov.cn/s.html answered 200 1") == 0;
		seed |= strcmp(walk.pages[i], "www.example.gov.cn/s.html?seed answered 200 0") == 0;
	}
	assert_true(other_host);
	assert_true(seed);
	wq_arena_done(&walk.arena);
}

static bool some_paths(void *data, wq_str path, struct wq_key_policy *ret_policy)
{
	static const wq_str listed[] = {WQ_S_INIT("y")};

	(void)data;
	if (wq_str_starts(path, WQ_S("/deep/")) || wq_str_eq(path, WQ_S("/closed")))
		return false;
	if (wq_str_eq(path, WQ_S("/c.html")))
		*ret_policy = (struct wq_key_policy){
			.query = WQ_KEY_QUERY_LISTED, .listed = listed, .listed_n = WQ_COUNT(listed)};
	if (wq_str_eq(path, WQ_S("/s.html")))
		ret_policy->query = WQ_KEY_QUERY_REFUSE;
	return true;
}

static void test_paths_by_policy(void **state)
{
	static const char *const seeds[] = {"/deep/e.html", "/s.html?x=1", "/c.html?z=1&y=2"};
	struct wq_crawl_options options = usual();
	struct walk walk = {0};
	struct wq_crawl_calls calls = {.page = on_page, .link = on_link, .path = some_paths, .data = &walk};
	bool kept = false, cut = false;

	(void)state;
	options.seeds = seeds;
	options.seeds_n = WQ_COUNT(seeds);
	wq_arena_init(&walk.arena, WQ_MIB);
	assert_ok(wq_crawl_run(&options, &calls, NULL));
	for (size_t i = 0; i < walk.pages_n; i++) {
		assert_null(strstr(walk.pages[i], "/deep/"));
		assert_null(strstr(walk.pages[i], "/closed"));
		assert_null(strstr(walk.pages[i], "/s.html"));
		assert_null(strstr(walk.pages[i], "x=1"));
		kept |= strcmp(walk.pages[i], "www.example.gov.cn/c.html?y=2 answered 200 0") == 0;
		cut |= strcmp(walk.pages[i], "www.example.gov.cn/c.html answered 200 1") == 0;
	}
	assert_true(kept);
	assert_true(cut);
	wq_arena_done(&walk.arena);
}

/* ---- what is known is not asked for */

static wq_err recall(void *data, wq_str key, struct wq_fetch_response *ret_response, bool *ret_known)
{
	(void)data;
	*ret_known = wq_str_eq(key, WQ_S("www.example.gov.cn/b/"));
	ret_response->status = 200;
	ret_response->headers = WQ_S("Content-Type: text/html\r\n");
	ret_response->body = WQ_S("<a href=../s.html?recalled>");
	return WQ_OK;
}

static wq_err other_links(void *data, const struct wq_crawl_page *page, wq_str *ret_body)
{
	(void)data;
	if (wq_str_eq(page->key, WQ_S("www.example.gov.cn/d.html")))
		*ret_body = WQ_S("<a href=/s.html?document>");
	return WQ_OK;
}

static void test_recall(void **state)
{
	struct wq_crawl_options options = usual();
	struct walk walk = {0};
	struct wq_crawl_calls calls = {.page = on_page, .recall = recall, .document = other_links, .data = &walk};
	struct wq_crawl_stats stats;
	bool by_recall = false, by_document = false;

	(void)state;
	wq_arena_init(&walk.arena, WQ_MIB);
	assert_ok(wq_crawl_run(&options, &calls, &stats));
	assert_int_equal(stats.recalled, 1);
	for (size_t i = 0; i < walk.pages_n; i++) {
		assert_null(strstr(walk.pages[i], "/deep/e.html"));
		by_recall |= strcmp(walk.pages[i], "www.example.gov.cn/s.html?recalled answered 200 2") == 0;
		by_document |= strcmp(walk.pages[i], "www.example.gov.cn/s.html?document answered 200 2") == 0;
	}
	assert_true(by_recall);
	assert_true(by_document);
	wq_arena_done(&walk.arena);
}

static void test_only_seeds(void **state)
{
	static const char *const seeds[] = {"/b/", "/d.html"};
	struct wq_crawl_options options = usual();
	struct walk walk = {0};

	(void)state;
	options.seeds = seeds;
	options.seeds_n = WQ_COUNT(seeds);
	options.only_seeds = true;
	assert_ok(crawl(&options, &walk, NULL));
	assert_int_equal(walk.pages_n, 2);
	wq_arena_done(&walk.arena);
}

static void test_stop(void **state)
{
	struct wq_crawl_options options = usual();
	struct walk walk = {.stop_after = 2};

	(void)state;
	assert_err(crawl(&options, &walk, NULL), WQ_E_INTERRUPTED);
	assert_int_equal(walk.pages_n, 2);
	wq_arena_done(&walk.arena);
}

static void test_without_origin_loopback_is_refused(void **state)
{
	struct wq_crawl_options options = {.site = web.origin, .fetch = {.total_msec = 5000}};
	struct walk walk = {0};

	(void)state;
	assert_ok(crawl(&options, &walk, NULL));
	assert_int_equal(walk.pages_n, 1);
	assert_non_null(strstr(walk.pages[0], "forbidden"));
	wq_arena_done(&walk.arena);
}

static void test_bad_starts(void **state)
{
	static const char *const seeds[] = {"http://elsewhere.example/"};
	struct wq_crawl_options options = usual();
	struct walk walk = {0};

	(void)state;
	options.site = "ftp://www.example.gov.cn/";
	assert_err(crawl(&options, &walk, NULL), WQ_E_INPUT);
	options.site = "http://www.example.gov.cn/a%2fb";
	assert_err(crawl(&options, &walk, NULL), WQ_E_AMBIGUOUS);
	options = usual();
	options.origin = "not a url";
	assert_err(crawl(&options, &walk, NULL), WQ_E_INPUT);
	options = usual();
	options.seeds = seeds;
	options.seeds_n = 1;
	assert_err(crawl(&options, &walk, NULL), WQ_E_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole_site), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_robots_and_more_hosts), cmocka_unit_test(test_stop),
		cmocka_unit_test(test_paths_by_policy), cmocka_unit_test(test_recall),
		cmocka_unit_test(test_only_seeds), cmocka_unit_test(test_without_origin_loopback_is_refused),
		cmocka_unit_test(test_bad_starts)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
