#include "base/test.h"

#include "inspect/render/browser.h"
#include "inspect/render/proxy.h"
#include "inspect/render/render.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { ASK_MAX = 8192 };

/* ---- a site on the loopback ---- */

struct site {
	pid_t pid;
	uint16_t port;
	struct wq_fetch_peer peer;
};

static const char mark[] = "<span id='_ideConac'><img id='imgConac' src='/mark.png' width='60' height='80'></span>";

/* Pages that would harm whoever looks at them. */
static const struct {
	const char *path, *body;
} hostile_pages[] = {
	{"GET /alerts ", "<title>alerts</title><script>for (;;) alert(document.cookie)</script>"},
	{"GET /spins ", "<title>spins</title><script>for (;;);</script>"},
	{"GET /stays ",
		"<title>stays</title><script>onbeforeunload = e => {e.preventDefault(); e.returnValue = 'x'; for (;;);}</script>"},
	{"GET /moves ", "<title>moves</title><script>location = '/moves?' + Math.random()</script>"},
	{"GET /moves?", "<title>moves</title><script>location = '/moves?' + Math.random()</script>"},
	{"GET /windows ", "<title>windows</title><script>setInterval(() => window.open('/windows'), 1)</script>"},
	{"GET /eats ",
		"<title>eats</title><script>let a = []; for (;;) a.push(new Uint8Array(1 << 26).fill(1))</script>"},
	{"GET /grows ",
		"<title>grows</title><body><script>for (let i = 0; i < 300000; i++) {const d = document.createElement('div'); "
		"d.textContent = i; document.body.append(d)}</script>"},
	{"GET /says ",
		"<title>says</title><script>setInterval(() => {for (let i = 0; i < 100; i++) console.log('x'.repeat(1000000))}, 1)</script>"},
	{"GET /loads ",
		"<title>loads</title><script>for (let i = 0; i < 5000; i++) fetch('/nothing?' + i + 'x'.repeat(8000))</script>"},
	{"GET /works ",
		"<title>works</title><script>for (let i = 0; i < 200; i++) new Worker('data:text/javascript,for(;;);')</script>"},
	{"GET /keeps ",
		"<title>keeps</title><script>const was = localStorage.x + document.cookie; localStorage.x = 'kept'; "
		"document.cookie = 'kept=1; Max-Age=9999'; document.title = was</script>"},
	{"GET /downloads ",
		"<title>downloads</title><a id=a download=x href='data:application/octet-stream,x'>d</a><script>a.click()</script>"},
	{"GET /reads ",
		"<title>reads</title><iframe src='file:///etc/passwd'></iframe><script>for (const u of ['file:///etc/passwd', "
		"'chrome://crash', 'chrome://version', 'view-source:file:///etc/passwd', 'devtools://devtools']) {try {location = u} "
		"catch (e) {}; try {open(u)} catch (e) {}}</script>"},
	{"GET /peers ",
		"<title>peers</title><script>const p = new RTCPeerConnection({iceServers: [{urls: ['stun:127.0.0.1:%u', "
		"'turn:127.0.0.1:%u?transport=tcp'], username: 'a', credential: 'b'}]}); p.createDataChannel('x'); p.createOffer().then(o => "
		"p.setLocalDescription(o)); new WebSocket('ws://127.0.0.1:%u/'); fetch('http://127.0.0.1:%u/', {mode: 'no-cors'}); "
		"navigator.sendBeacon('http://127.0.0.1:%u/'); new Image().src = 'http://localhost:%u/'</script>"},
};
static uint16_t canary_port;

static bool answer_hostile(int fd, const char *ask)
{
	char out[4096];
	unsigned p = canary_port;

	for (size_t i = 0; i < WQ_COUNT(hostile_pages); i++) {
		int len;

		if (!strstr(ask, hostile_pages[i].path))
			continue;
		len = snprintf(out, sizeof out,
			"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		len += snprintf(out + len, sizeof out - (size_t)len, hostile_pages[i].body, p, p, p, p, p, p);
#pragma GCC diagnostic pop
		if (send(fd, out, (size_t)len, MSG_NOSIGNAL) != len)
			_exit(1);
		return true;
	}
	return false;
}

static void answer(int fd)
{
	char ask[ASK_MAX + 1], out[16384];
	ssize_t n = recv(fd, ask, ASK_MAX, 0);
	const char *body = "<title>nothing</title>", *status = "404 Not Found";
	int len;

	if (n <= 0)
		return;
	ask[n] = 0;
	if (answer_hostile(fd, ask))
		return;
	if (strstr(ask, "GET /good ")) {
		status = "200 OK";
		body = "<!DOCTYPE html><html lang='zh'><title>\xe9\x9d\x92\xe5\xb1\xb1</title><body style='margin:0'><div style='height:1500px'>"
		       "text</div><footer style='text-align:center'>%s</footer><script>document.addEventListener('click', e => {const a = "
		       "e.target.closest('a'); if (a && a.hostname !== location.hostname && !confirm('leave?')) "
		       "e.preventDefault()})</script></body></html>";
	} else if (strstr(ask, "GET /bad ")) {
		status = "200 OK";
		body = "<!DOCTYPE html><html lang='zh'><title>bad</title><body>%s<p>text</p><script>alert(1);</script>"
		       "<a href='/leave/d/0/x'>by the gate</a></body></html>";
	} else if (strstr(ask, "GET /inside ")) {
		status = "200 OK";
		body = "<title>inside</title><img src='http://10.255.255.1/a.png'><img src='http://127.0.0.2:1/b.png'>%s";
	}
	len = snprintf(out, sizeof out,
		"HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n", status);
	len += snprintf(out + len, sizeof out - (size_t)len, strstr(body, "%s") ? "%.*s%s%s" : "%.*s",
		(int)(strstr(body, "%s") ? strstr(body, "%s") - body : (ptrdiff_t)strlen(body)), body, mark,
		strstr(body, "%s") ? strstr(body, "%s") + 2 : "");
	if (send(fd, out, (size_t)len, MSG_NOSIGNAL) != len)
		_exit(1);
}

static void site_start(struct site *site)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(listener >= 0 && bind(listener, (struct sockaddr *)&at, sizeof at) == 0 &&
		listen(listener, 16) == 0 && getsockname(listener, (struct sockaddr *)&at, &n) == 0);
	*site = (struct site){.port = ntohs(at.sin_port), .peer = {.addr = {.family = 4, .bytes = {127, 0, 0, 1}}}};
	site->pid = fork();
	assert_true(site->pid >= 0);
	if (site->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			int fd = accept(listener, NULL, NULL);

			answer(fd);
			close(fd);
		}
	}
	close(listener);
}

static void site_end(struct site *site)
{
	kill(site->pid, SIGKILL);
	waitpid(site->pid, NULL, 0);
}

static struct wq_render_options options_of(const struct site *site)
{
	return (struct wq_render_options){.user = "nobody", .peers = &site->peer, .peers_n = 1};
}

static const char *address(const struct site *site, const char *path, char out[64])
{
	snprintf(out, 64, "http://127.0.0.1:%u%s", site->port, path);
	return out;
}

static bool asked_for(const struct wq_rendered *page, const char *part)
{
	for (size_t i = 0; i < page->requests_n; i++)
		if (wq_str_find(page->requests[i].url, wq_str_c(part)) >= 0)
			return true;
	return false;
}

/* ---- tests ---- */

static void a_page_is_measured_and_clicked(void **state)
{
	static const struct wq_render_click clicks[] = {{"http://www.gov.cn.evil.example/", WQ_RENDER_BY_LINK},
		{"http://evil.example/?u=gov.cn", WQ_RENDER_BY_FORM}, {"http://evil.example/", WQ_RENDER_BY_WINDOW}};
	struct wq_render_options options;
	struct wq_rendered page;
	struct wq_render *render;
	struct wq_arena arena;
	struct site site;
	char url[64];
	WQ_BUF(png, 16 * WQ_MIB);

	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	site_start(&site);
	options = options_of(&site);
	assert_ok(wq_render_new(&options, &render));
	assert_ok(wq_render_page(render, address(&site, "/good", url), clicks, 3, &png, &arena, &page));
	assert_string_equal(page.why, "");
	assert_true(page.loaded && wq_str_eq(page.title, WQ_S("\xe9\x9d\x92\xe5\xb1\xb1")));
	assert_int_equal(page.own_user, geteuid() == 0);
	assert_true(page.mark.found && !page.mark.hidden && page.mark.width == 60 && page.mark.height == 80);
	assert_true(page.mark.top >= 1500 && page.page_height >= 1580 && page.view_height < 1500);
	assert_true(abs(page.mark.left + 30 - page.page_width / 2) < 20);
	assert_true(asked_for(&page, "/mark.png"));
	assert_true(wq_str_starts(wq_buf_str(&png), WQ_S("\x89PNG")));
	/* the script binds clicks on links, not forms and windows */
	assert_int_equal(page.leaves[0], WQ_RENDER_PROMPTED);
	assert_int_equal(page.leaves[1], WQ_RENDER_LEFT);
	assert_int_equal(page.leaves[2], WQ_RENDER_LEFT);
	/* the next page of the same browser */
	assert_ok(wq_render_page(render, address(&site, "/bad", url), clicks, 1, NULL, &arena, &page));
	assert_true(page.loaded && page.dialogs == 1 && page.mark.top < 100 && page.leaves[0] == WQ_RENDER_LEFT);
	assert_ok(wq_render_page(render, address(&site, "/none", url), clicks, 1, NULL, &arena, &page));
	assert_true(!page.loaded && strcmp(page.why, "status 404") == 0);
	wq_render_free(&render);
	site_end(&site);
	wq_arena_done(&arena);
}

static void the_gates_page_is_a_prompt(void **state)
{
	struct wq_render_click click = {NULL, WQ_RENDER_BY_LINK};
	struct wq_render_options options;
	struct wq_rendered page;
	struct wq_render *render;
	struct wq_arena arena;
	struct site site;
	char url[64], leave[64];

	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	site_start(&site);
	options = options_of(&site);
	assert_ok(wq_render_new(&options, &render));
	click.url = address(&site, "/leave/d/0/x", leave);
	assert_ok(wq_render_page(render, address(&site, "/bad", url), &click, 1, NULL, &arena, &page));
	assert_int_equal(page.leaves[0], WQ_RENDER_PROMPTED);
	wq_render_free(&render);
	site_end(&site);
	/* and nothing of the browser is left */
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	wq_arena_done(&arena);
}

static void nothing_else_is_reached(void **state)
{
	struct wq_render_options options;
	struct wq_rendered page;
	struct wq_render *render;
	struct wq_arena arena;
	struct site site, other;
	char url[64];

	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	site_start(&site);
	site_start(&other);
	options = options_of(&site);
	site.peer.port = site.port; /* this one alone */
	assert_ok(wq_render_new(&options, &render));
	assert_ok(wq_render_page(render, address(&site, "/inside", url), NULL, 0, NULL, &arena, &page));
	assert_true(page.loaded && asked_for(&page, "10.255.255.1"));
	assert_ok(wq_render_page(render, address(&other, "/good", url), NULL, 0, NULL, &arena, &page));
	assert_false(page.loaded);
	assert_true(wq_is(wq_render_page(render, "file:///etc/passwd", NULL, 0, NULL, &arena, &page), WQ_E_INPUT));
	wq_render_free(&render);
	site_end(&site);
	site_end(&other);
	wq_arena_done(&arena);
}

/* What nobody may come to: a port for TCP and UDP. */
static uint16_t canary(int *ret_tcp, int *ret_udp)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof at;

	*ret_tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	*ret_udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(bind(*ret_tcp, (struct sockaddr *)&at, n) == 0 && listen(*ret_tcp, 8) == 0 &&
		getsockname(*ret_tcp, (struct sockaddr *)&at, &n) == 0 &&
		bind(*ret_udp, (struct sockaddr *)&at, n) == 0);
	return ntohs(at.sin_port);
}

/* Whatever a page does: its time is kept, the browser shows the next one, and nothing of it stays. */
static void hostile_pages_do_no_harm(void **state)
{
	enum { PAGE_MSEC = 2500, GRACE_MSEC = 5000, TRIES = 8 };
	struct wq_render_options options;
	struct wq_rendered page;
	struct wq_render *render;
	struct wq_arena arena;
	struct site site;
	char url[64], path[32], byte;
	int tcp, udp;

	(void)state;
	wq_arena_init(&arena, 256 * WQ_MIB);
	canary_port = canary(&tcp, &udp);
	site_start(&site);
	site.peer.port = site.port;
	options = options_of(&site);
	options.page_msec = PAGE_MSEC;
	assert_ok(wq_render_new(&options, &render));
	for (size_t i = 0; i < WQ_COUNT(hostile_pages); i++) {
		const struct wq_render_click click = {"http://evil.example/", WQ_RENDER_BY_LINK};

		snprintf(path, sizeof path, "%.*s", (int)strlen(hostile_pages[i].path) - 5, hostile_pages[i].path + 4);
		for (int twice = 0; twice < (strcmp(path, "/keeps") == 0 ? 2 : 1); twice++) {
			wq_err e = wq_render_page(render, address(&site, path, url), &click, 1, NULL, &arena, &page);

			if (wq_failed(e))
				fail_msg("%s: %s", path, wq_err_note(e));
			if (page.msec > PAGE_MSEC + GRACE_MSEC)
				fail_msg("%s took %u ms", path, page.msec);
			if (strcmp(path, "/keeps") == 0 && page.loaded)
				assert_true(wq_str_eq(page.title, WQ_S("undefined")));
			assert_true(wq_str_find(page.html, WQ_S("root:")) < 0);
		}
		wq_arena_reset(&arena);
	}
	page.loaded = false;
	for (int i = 0; i < TRIES && !page.loaded; i++)
		assert_ok(wq_render_page(render, address(&site, "/good", url), NULL, 0, NULL, &arena, &page));
	if (!page.loaded)
		fail_msg("the page after them: %s", page.why);
	assert_true(accept(tcp, NULL, NULL) < 0); /* nor by WebRTC, which asks no proxy unless it is told to */
	assert_true(recv(udp, &byte, 1, 0) < 0);
	wq_render_free(&render);
	site_end(&site);
	close(tcp);
	close(udp);
	wq_arena_done(&arena);
}

/* ---- the proxy, asked by hand ---- */

/* What it answers to `text`, from `from` (0: any) of the loopback; "" when it hangs up. */
static const char *ask_proxy(uint16_t port, uint32_t from, const char *text, char out[ASK_MAX + 1])
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons(port)},
			   own = {.sin_family = AF_INET, .sin_addr = {htonl(from)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	size_t len = 0;
	ssize_t n;

	assert_true((from == 0 || bind(fd, (struct sockaddr *)&own, sizeof own) == 0) &&
		connect(fd, (struct sockaddr *)&at, sizeof at) == 0);
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) >= 0)
		while (len < ASK_MAX && (n = recv(fd, out + len, ASK_MAX - len, 0)) > 0)
			len += (size_t)n;
	out[len] = 0;
	close(fd);
	return out;
}

static void the_proxy_serves_one_user_and_one_request(void **state)
{
	char out[ASK_MAX + 1], text[1024];
	struct wq_proxy_options options = {.user = getuid(), .group = getgid()};
	struct site site;
	uint16_t port;
	pid_t pid;
	int status;

	(void)state;
	site_start(&site);
	options.peers = &site.peer;
	options.peers_n = 1;
	assert_ok(wq_proxy_start(&options, NULL, 0, &pid, &port));
	snprintf(text, sizeof text, "GET http://127.0.0.1:%u/bad HTTP/1.1\r\nHost: x\r\n\r\nGET /good HTTP/1.1\r\n\r\n",
		site.port);
	assert_non_null(strstr(ask_proxy(port, 0, text, out), "<title>bad"));
	assert_null(strstr(out, "1500px"));
	snprintf(text, sizeof text,
		"POST http://127.0.0.1:%u/bad HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", site.port);
	assert_non_null(strstr(ask_proxy(port, 0, text, out), "411"));
	snprintf(text, sizeof text, "CONNECT 127.0.0.1:%u HTTP/1.1\r\n\r\n", port);
	assert_non_null(strstr(ask_proxy(port, 0, text, out), " 403 ")); /* itself */
	assert_non_null(strstr(ask_proxy(port, 0, "GET http://127.0.0.2/ HTTP/1.1\r\n\r\n", out), " 403 "));
	assert_non_null(strstr(ask_proxy(port, 0, "CONNECT [::ffff:10.0.0.1]:443 HTTP/1.1\r\n\r\n", out), " 403 "));
	assert_non_null(strstr(ask_proxy(port, 0, "CONNECT 169.254.169.254:80 HTTP/1.1\r\n\r\n", out), " 403 "));
	assert_non_null(strstr(ask_proxy(port, 0, "CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n", out), " 403 "));
	if (geteuid() == 0) { /* somebody else of this machine, from wherever */
		pid_t other = fork();

		if (other == 0) {
			if (setresgid(65533, 65533, 65533) != 0 || setresuid(65533, 65533, 65533) != 0)
				_exit(2);
			_exit(ask_proxy(port, 0, text, out)[0] != 0 || ask_proxy(port, 0x7f000003, text, out)[0] != 0);
		}
		assert_true(waitpid(other, &status, 0) == other && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	site_end(&site);
}

static void what_is_missing_is_said(void **state)
{
	struct wq_render_options options = {.program = "/nonexistent/chromium"};
	struct wq_render *render;

	(void)state;
	assert_true(wq_is(wq_render_new(&options, &render), WQ_E_UNSUPPORTED));
	assert_null(render);
	if (geteuid() == 0) {
		options = (struct wq_render_options){.user = "no-such-user"};
		assert_true(wq_is(wq_render_new(&options, &render), WQ_E_CONFIG));
		options.user = "root";
		assert_true(wq_is(wq_render_new(&options, &render), WQ_E_CONFIG));
	}
	options = (struct wq_render_options){.user = "nobody", .program = "/bin/true"};
	assert_true(wq_is(wq_render_new(&options, &render), WQ_E_IO));
}

static void requests_to_the_proxy(void **state)
{
	static const struct {
		const char *head, *host, *line;
		uint16_t port;
		bool tunnel;
	} rows[] = {
		{"CONNECT www.example.cn:443 HTTP/1.1\r\nHost: x\r\n", "www.example.cn", NULL, 443, true},
		{"CONNECT [::1]:8443 HTTP/1.1\r\n", "[::1]", NULL, 8443, true},
		{"GET http://www.example.cn/a?b HTTP/1.1\r\nProxy-Connection: x\r\nAccept: y\r\nUpgrade: z\r\n",
			"www.example.cn", "GET /a?b HTTP/1.1\r\nAccept: y\r\nConnection: close\r\n\r\n", 80, false},
		{"GET http://127.0.0.1:81 HTTP/1.0\r\n", "127.0.0.1", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 81,
			false},
		{"GET http://0x7f000001/ HTTP/1.1\r\n", "127.0.0.1", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 80,
			false},
		{"GET / HTTP/1.1\r\nHost: a\r\n", NULL, NULL, 0, false},
		{"GET https://a/ HTTP/1.1\r\n", NULL, NULL, 0, false},
		{"GET http://u:p@a/ HTTP/1.1\r\n", NULL, NULL, 0, false},
		{"CONNECT a HTTP/1.1\r\n", NULL, NULL, 0, true},
		{"CONNECT a:0 HTTP/1.1\r\n", NULL, NULL, 0, true},
		{"CONNECT a:65536 HTTP/1.1\r\n", NULL, NULL, 0, true},
		{"GET http://a/\r\n", NULL, NULL, 0, false},
		{"\r\n", NULL, NULL, 0, false},
	};
	struct wq_arena arena;

	(void)state;
	wq_arena_init(&arena, WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_proxy_request request;
		wq_err e = wq_proxy_request_read(&arena, wq_str_c(rows[i].head), &request);
		WQ_BUF(out, 4096);

		assert_int_equal(wq_failed(e), rows[i].host == NULL);
		if (wq_failed(e))
			continue;
		assert_string_equal(request.host, rows[i].host);
		assert_true(request.port == rows[i].port && request.tunnel == rows[i].tunnel);
		if (!rows[i].line)
			continue;
		wq_proxy_request_write(&request, &out);
		assert_string_equal(wq_buf_cstr(&out), rows[i].line);
	}
	wq_arena_done(&arena);
}

static void messages_end_with_a_nul(void **state)
{
	wq_str in = wq_str_of("{}\0{\"a\":1}\0{", 12), message;
	size_t taken = 0;

	(void)state;
	assert_true(wq_browser_message(in, &taken, &message) && wq_str_eq(message, WQ_S("{}")));
	assert_true(wq_browser_message(in, &taken, &message) && wq_str_eq(message, WQ_S("{\"a\":1}")));
	assert_false(wq_browser_message(in, &taken, &message));
	assert_int_equal(taken, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_measured_and_clicked),
		cmocka_unit_test(the_gates_page_is_a_prompt),
		cmocka_unit_test(nothing_else_is_reached),
		cmocka_unit_test(hostile_pages_do_no_harm),
		cmocka_unit_test(the_proxy_serves_one_user_and_one_request),
		cmocka_unit_test(what_is_missing_is_said),
		cmocka_unit_test(requests_to_the_proxy),
		cmocka_unit_test(messages_end_with_a_nul),
	};

	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* what is left behind becomes ours, and is seen */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
