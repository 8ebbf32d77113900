#include "base/map.h"
#include "base/test.h"
#include "flow/site.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define HOST "www.example.gov.cn"
#define OK "HTTP/1.1 200 OK\r\nConnection: close\r\n"
#define HTML "Content-Type: text/html; charset=utf-8\r\n"

enum { UNKNOWN = -1, ABSENT = 0, HANG_MSEC = 5000 };

/* The origin: for each path the bytes that it answers, and what capture has to make of them. */
static const struct answer {
	const char *path, *bytes;
	int status; /* or UNKNOWN, ABSENT */
	const char *type, *headers, *body;
	bool hangs; /* after these bytes */
} answers[] = {
	{"/",
		OK HTML
		"\r\n<a href=/in>1</a><a href=/out>2</a><a href=/loop>3</a><a href=/nowhere>4</a><a href=/missing>5</a>"
		"<a href=/gone>6</a><a href=/broken>7</a><a href=/slow>8</a><a href=/cut>9</a><a href=/kept>a</a>"
		"<a href=/control>b</a><a href=/bare>c</a><a href=/notype>d</a><a href=/gb>e</a><a href=/longtype>f</a>"
		"<link rel=stylesheet href=/a.css><a href=/range>g</a><a href=/crlf>h</a><a href=/s.css?v=3>i</a>"
		"<a href=/longlocation>j</a><a href=http://other.example/x>k</a>",
		200, "text/html; charset=utf-8", "", NULL, false},
	{"/in", "HTTP/1.1 301 x\r\nConnection: close\r\nLocation: http://www.example.gov.cn/kept?x=1\r\n\r\n", 301,
		"application/octet-stream", "Location: /kept?x=1\r\n", "", false},
	{"/kept?x=1", OK "Content-Type: text/plain; charset=utf-8\r\n\r\nx", 200, "text/plain; charset=utf-8", "", "x",
		false},
	{"/out", "HTTP/1.1 302 x\r\nConnection: close\r\nLocation: https://other.example/y?z#f\r\n\r\n", 302, NULL,
		"Location: https://other.example/y?z\r\n", "", false},
	{"/loop", "HTTP/1.1 302 x\r\nConnection: close\r\nLocation: /loop\r\n\r\n", 302, NULL, "Location: /loop\r\n",
		"", false},
	/* no Location: the style sheet's links before it are not its own */
	{"/nowhere", "HTTP/1.1 302 x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", UNKNOWN, NULL, NULL, NULL,
		false},
	{"/missing", "HTTP/1.1 404 x\r\nConnection: close\r\n\r\nno", ABSENT, NULL, NULL, NULL, false},
	{"/gone", "HTTP/1.1 410 x\r\nConnection: close\r\n\r\nno", ABSENT, NULL, NULL, NULL, false},
	{"/broken", "HTTP/1.1 500 x\r\nConnection: close\r\n\r\noops", UNKNOWN, NULL, NULL, NULL, false},
	{"/slow", OK HTML, UNKNOWN, NULL, NULL, NULL, true},
	{"/cut", OK HTML "Content-Length: 100\r\n\r\nhalf", UNKNOWN, NULL, NULL, NULL, false},
	{"/range", "HTTP/1.1 206 x\r\nConnection: close\r\n\r\npart", UNKNOWN, NULL, NULL, NULL, false},
	{"/kept",
		OK HTML
		"X-Frame-Options: DENY\r\nSet-Cookie: a=b\r\nServer: x\r\nlink: <a>; rel=b\r\nX-Powered-By: y\r\n"
		"CACHE-CONTROL: no-cache\r\nContent-Language: zh\r\nLocation: /never\r\n\r\nk",
		200, "text/html; charset=utf-8",
		"Cache-Control: no-cache\r\nContent-Language: zh\r\nLink: <a>; rel=b\r\nX-Frame-Options: DENY\r\n", "k",
		false},
	{"/control", OK "Content-Type: text/html\x01; charset=utf-8\r\nContent-Language: z\x02h\r\n\r\nc", 200,
		"application/octet-stream", "", "c", false},
	/* a bare CR inside a value must not end a line of ours */
	{"/crlf", OK HTML "Content-Language: zh\rSet-Cookie: a=b\r\n\r\nc", 200, NULL, "", "c", false},
	{"/bare", OK "Content-Type: text/html\r\n\r\n<p>公文处理</p>", 200, "text/html; charset=utf-8", "", NULL,
		false},
	{"/notype", OK "\r\nbytes", 200, "application/octet-stream", "", "bytes", false},
	{"/gb", OK "Content-Type: text/html\r\n\r\n<meta charset=gb2312><p>\xb9\xab\xce\xc4</p>", 200,
		"text/html; charset=gb18030", "", NULL, false},
	{"/longtype", NULL, 200, "application/octet-stream", "", "t", false},
	{"/longlocation", NULL, UNKNOWN, NULL, NULL, NULL, false},
	{"/a.css", OK "Content-Type: text/css\r\n\r\na{background:url(/i.png)}", 200, "text/css; charset=utf-8", "",
		NULL, false},
	{"/i.png", OK "Content-Type: image/png\r\n\r\npng", 200, "image/png", "", "png", false},
	{"/s.css?v=3", OK "Content-Type: text/css; charset=utf-8\r\n\r\nx{}", 200, "text/css; charset=utf-8", "", "x{}",
		false},
	{"/sealed-only", OK HTML "\r\ns", 200, NULL, "", "s", false},
};

static struct {
	uint16_t port;
	pid_t pid;
	struct wq_arena arena;
	struct wq_map items;
	size_t skipped;
} web;

/* ---- the origin ---- */

static void send_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		bytes += sent;
		n -= (size_t)sent;
	}
}

static void send_long(int fd, const char *start, size_t n, const char *end)
{
	send_all(fd, start, strlen(start));
	for (size_t i = 0; i < n; i++)
		send_all(fd, "a", 1);
	send_all(fd, end, strlen(end));
}

static void answer(int fd)
{
	char request[8192], path[512] = "";
	ssize_t n = recv(fd, request, sizeof request - 1, 0);

	request[n > 0 ? n : 0] = '\0';
	if (sscanf(request, "GET %511s ", path) != 1)
		return;
	for (size_t i = 0; i < WQ_COUNT(answers); i++) {
		const struct answer *a = &answers[i];

		if (strcmp(a->path, path) != 0)
			continue;
		if (strcmp(path, "/longtype") == 0)
			send_long(fd, OK "Content-Type: text/", 1000, "\r\n\r\nt");
		else if (!a->bytes)
			send_long(fd, "HTTP/1.1 302 x\r\nConnection: close\r\nLocation: /", 9000, "\r\n\r\n");
		else
			send_all(fd, a->bytes, strlen(a->bytes));
		if (a->hangs)
			poll(NULL, 0, HANG_MSEC);
		return;
	}
	send_all(fd, "HTTP/1.1 404 x\r\n\r\n", 18);
}

static void serve(int listen_fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listen_fd, NULL, NULL);

		if (fd < 0)
			continue;
		if (fork() == 0) {
			answer(fd);
			shutdown(fd, SHUT_WR);
			_exit(0);
		}
		close(fd);
	}
}

static int begin(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	wq_arena_init(&web.arena, 16 * WQ_MIB);
	wq_map_init(&web.items, 1000, &wq_random_system);
	if (bind(fd, (struct sockaddr *)&address, n) != 0 || listen(fd, 64) != 0 ||
		getsockname(fd, (struct sockaddr *)&address, &n) != 0)
		return -1;
	web.port = ntohs(address.sin_port);
	web.pid = fork();
	if (web.pid == 0)
		serve(fd);
	close(fd);
	return web.pid > 0 ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	kill(web.pid, SIGKILL);
	waitpid(web.pid, NULL, 0);
	wq_map_done(&web.items);
	wq_arena_done(&web.arena);
	return 0;
}

/* ---- the visit ---- */

static wq_err keep(void *data, const struct wq_site_item *item)
{
	struct wq_site_item *copy = WQ_NEW(&web.arena, struct wq_site_item);

	(void)data;
	if (item->absent)
		return WQ_OK;
	*copy = *item;
	copy->type = wq_arena_str(&web.arena, item->type);
	copy->headers = wq_arena_str(&web.arena, item->headers);
	copy->body = wq_arena_str(&web.arena, item->body);
	return wq_map_put(&web.items, item->key, copy, NULL);
}

static void skipped(void *data, wq_str source, const char *why)
{
	(void)data;
	assert_true(source.n > 0 && *why);
	web.skipped++;
}

static wq_err visit(bool allow_private, size_t pages)
{
	static const char *const seeds[] = {"http://" HOST "/sealed-only", "http://" HOST "/gone"};
	struct wq_capture_settings settings = wq_capture_settings_default();
	struct wq_site_options options = {.settings = &settings,
		.allow_private = allow_private,
		.seeds = seeds,
		.seeds_n = 2,
		.skipped = skipped};
	struct wq_app_row app = {.id = WQ_S("portal"), .hosts = {WQ_S(HOST)}, .hosts_n = 1};

	settings.request_msec = 1500;
	settings.pages_max = pages;
	app.origin = wq_arena_printf(&web.arena, "http://127.0.0.1:%u/", web.port);
	return wq_site_visit(&app, &options, keep, NULL);
}

static void each_answer_becomes_what_it_is(void **state)
{
	(void)state;
	assert_ok(visit(true, 1000));
	for (size_t i = 0; i < WQ_COUNT(answers); i++) {
		const struct answer *a = &answers[i];
		wq_str key = wq_arena_printf(&web.arena, HOST "%s", a->path);
		const struct wq_site_item *item = wq_map_get(&web.items, key);
		int status = !item ? ABSENT : item->unknown ? UNKNOWN : item->status;

		if (status != a->status)
			fail_msg("%s: %d instead of %d", a->path, status, a->status);
		if (status <= 0)
			continue;
		if (a->type && !wq_str_eq(item->type, wq_str_c(a->type)))
			fail_msg("%s: %.*s", a->path, WQ_S_ARG(item->type));
		if (!wq_str_eq(item->headers, wq_str_c(a->headers)))
			fail_msg("%s: %.*s", a->path, WQ_S_ARG(item->headers));
		if (a->body)
			assert_str(item->body, wq_str_c(a->body));
	}
	assert_true(web.skipped >= 9); /* each that is absent or unknown, and headers left out */
}

static void a_private_address_needs_permission(void **state)
{
	(void)state;
	assert_err(visit(false, 1000), WQ_E_DENIED);
	assert_int_equal(wq_map_count(&web.items), 0);
}

static void a_walk_over_its_limit_is_no_capture(void **state)
{
	(void)state;
	assert_err(visit(true, 5), WQ_E_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_answer_becomes_what_it_is, begin, end),
		cmocka_unit_test_setup_teardown(a_private_address_needs_permission, begin, end),
		cmocka_unit_test_setup_teardown(a_walk_over_its_limit_is_no_capture, begin, end),
	};
	return cmocka_run_group_tests_name("flow site http", tests, NULL, NULL);
}
