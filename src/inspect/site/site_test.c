#include "inspect/site/site.h"

#include "base/arena.h"
#include "base/file.h"
#include "inspect/site/site_test_server.h"

/* ---- what a walk says, as lines */

struct told {
	struct wq_buf faults, pages;
	struct wq_site_stats stats;
	size_t stop_after, pages_n;
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
	options.verdicts_at_once = true;
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

#define CSS "Content-Type: text/css\r\n"
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
	expect("pages", &told.pages, "/ home\n/a.html\n/b.html\n");
	expect("faults", &told.faults,
		"fragment /a.html#self < /a.html:5 href\n"
		"broken /gone < /a.html:1 href\n"
		"broken /410 < /a.html:2 href\n"
		"server-error /500 < /a.html:3 href\n"
		"unknown /403 < /a.html:4 href\n"
		"unknown /429 < /a.html:4 href\n"
		"fragment /b.html#not-there < /a.html:5 href\n"
		"broken http://friend.example/lost < /a.html:6 href\n"
		"private http://10.1.2.3/oa/ < /a.html:6 href\n"
		"broken /r1 < /a.html:6 href\n"
		"redirects-outside /out < /a.html:6 href\n"
		"loop /l1 < /a.html:6 href\n"
		"loop /e0 < /a.html:7 href\n"
		"truncated /cut < /a.html:7 href\n"
		"broken /click < /a.html:7 onclick\n"
		"unreachable http://127.0.0.1:1/ < /a.html:7 href\n"
		"broken /s/x.png < /:2 \n"
		"broken /deep/c < /b.html:1 href\n"
		"malformed http://[1:2/ < /a.html:4 href\n");
	told_done(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, server_start, server_stop);
}
