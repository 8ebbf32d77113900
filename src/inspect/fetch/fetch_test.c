#include "base/test.h"
#include "inspect/fetch/fetch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

/* A server on loopback that answers by the path's first letter, some of them as no server should. */
static struct {
	int fd;
	uint16_t port;
	pthread_t thread;
	atomic_bool stop;
	atomic_int now, most; /* connections open at once */
	atomic_int busy;      /* requests that were turned away by /w and /x, or /v and /u */
	char request[4096];
} peer;

enum { BODY_MAX = 10000, HEADER_MAX = 4000, TOTAL_MSEC = 600 };

static void say(int fd, const char *text)
{
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* gzip: "hello", and 100,000 zeros */
static const unsigned char packed_hello[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48,
	0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x86, 0xa6, 0x10, 0x36, 0x05, 0x00, 0x00, 0x00};
static const unsigned char packed_zeros[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1,
	0x31, 0x01, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x0d, 0x0f, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x80, 0x57, 0x03, 0x7d, 0x95, 0x11, 0xd4, 0xa0, 0x86, 0x01, 0x00};

static void say_packed(int fd, const unsigned char *bytes, size_t n)
{
	char head[128];

	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", n);
	say(fd, head);
	(void)!send(fd, bytes, n, MSG_NOSIGNAL);
}

static void answer(int fd, char what)
{
	char big[1000];

	memset(big, 'x', sizeof(big));
	switch (what) {
	case 'o': say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-b:  two \r\n\r\nhello"); break;
	case 'r': say(fd, "HTTP/1.1 302 Found\r\nLocation: /o\r\nContent-Length: 0\r\n\r\n"); break;
	case 'n': say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"); break;
	case 't': say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"); break;
	case 'c': say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"); break;
	case 'i':
		say(fd, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
		break;
	case 'g': say(fd, "SSH-2.0-x\r\n"); break;
	case 'e': break;
	case 'z': say_packed(fd, packed_hello, sizeof(packed_hello)); break;
	case 'Z': say_packed(fd, packed_zeros, sizeof(packed_zeros)); break;
	case 'Y': say_packed(fd, packed_zeros + 9, sizeof(packed_zeros) - 9); break;
	case 'd': say(fd, "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 99999999\r\n\r\nhello"); break;
	case 'D': say(fd, "HTTP/1.1 200 OK\r\nContent-Type: Text/HTML;x\r\nContent-Length: 5\r\n\r\nhello"); break;
	case 'b': /* more than body_max, without saying how much */
		say(fd, "HTTP/1.1 200 OK\r\n\r\n");
		for (int i = 0; i < 2 * BODY_MAX / 1000; i++)
			(void)!send(fd, big, sizeof(big), MSG_NOSIGNAL);
		break;
	case 'l': say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"); break;
	case 'h':
		say(fd, "HTTP/1.1 200 OK\r\n");
		for (int i = 0; i < 2 * HEADER_MAX / 1000; i++) {
			(void)!send(fd, "X: ", 3, MSG_NOSIGNAL);
			(void)!send(fd, big, sizeof(big), MSG_NOSIGNAL);
			(void)!send(fd, "\r\n", 2, MSG_NOSIGNAL);
		}
		say(fd, "\r\n");
		break;
	case 'p': /* holds the connection for a moment: for counting */
		poll(NULL, 0, 60);
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
		break;
	case 'w': /* busy twice, then not */
	case 'x': /* the same once, without saying for how long */
		if (atomic_fetch_add(&peer.busy, 1) >= (what == 'w' ? 2 : 1))
			say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
		else
			say(fd,
				what == 'w' ? "HTTP/1.1 503 x\r\nRetry-After: 0\r\nContent-Length: 2\r\n\r\nno"
					    : "HTTP/1.1 429 x\r\nContent-Length: 0\r\n\r\n");
		break;
	case 'v': /* busy for ever */
	case 'u': /* for longer than anybody waits */
		atomic_fetch_add(&peer.busy, 1);
		say(fd,
			what == 'v' ? "HTTP/1.1 503 x\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
				    : "HTTP/1.1 429 x\r\nRetry-After: 9999\r\nContent-Length: 0\r\n\r\n");
		break;
	default: break;
	}
}

static void *serve_one(void *data)
{
	int fd = (int)(intptr_t)data, open = atomic_fetch_add(&peer.now, 1) + 1;
	char request[4096];
	ssize_t n;

	for (int most = atomic_load(&peer.most); open > most && !atomic_compare_exchange_weak(&peer.most, &most, open);)
		;
	n = read(fd, request, sizeof(request) - 1);
	if (n > 0) {
		request[n] = 0;
		memcpy(peer.request, request, (size_t)n + 1);
		if (strncmp(request, "GET /s", 6) == 0) /* says nothing until the other side leaves */
			while (!atomic_load(&peer.stop) && poll(&(struct pollfd){fd, POLLIN | POLLHUP, 0}, 1, 20) == 0)
				;
		else
			answer(fd, request[strncmp(request, "HEAD", 4) == 0 ? 6 : 5]);
	}
	shutdown(fd, SHUT_WR);
	while (read(fd, request, sizeof(request)) > 0)
		;
	close(fd);
	atomic_fetch_sub(&peer.now, 1);
	return NULL;
}

static void *serve(void *data)
{
	pthread_t thread;

	(void)data;
	while (!atomic_load(&peer.stop)) {
		int fd = accept(peer.fd, NULL, NULL);

		if (fd < 0)
			continue;
		if (atomic_load(&peer.stop) || pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) != 0)
			close(fd);
		else
			pthread_detach(thread);
	}
	return NULL;
}

static int listen_on(uint16_t *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static int setup(void **state)
{
	(void)state;
	peer.fd = listen_on(&peer.port);
	return pthread_create(&peer.thread, NULL, serve, NULL);
}

static int teardown(void **state)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(peer.port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	atomic_store(&peer.stop, true);
	connect(fd, (struct sockaddr *)&address, sizeof(address)); /* wakes accept */
	close(fd);
	pthread_join(peer.thread, NULL);
	for (int i = 0; i < 200 && atomic_load(&peer.now) > 0; i++)
		poll(NULL, 0, 10);
	return close(peer.fd);
}

/* ---- */

struct got {
	int calls, status;
	enum wq_fetch_result result;
	char headers[512], body[512];
	size_t body_n;
	bool cut;
	void *tag;
	struct wq_fetch *fetch;
	const char *then; /* asked for from inside the callback */
};

static void on_response(void *data, const struct wq_fetch_response *response)
{
	struct got *got = data;

	got->calls++;
	got->status = response->status;
	got->result = response->result;
	got->tag = response->tag;
	got->body_n = response->body.n;
	got->cut = response->cut;
	snprintf(got->headers, sizeof(got->headers), "%.*s", WQ_S_ARG(wq_str_head(response->headers, 500)));
	snprintf(got->body, sizeof(got->body), "%.*s", WQ_S_ARG(wq_str_head(response->body, 500)));
	if (got->then) {
		struct wq_fetch_request request = {.url = got->then};

		got->then = NULL;
		assert_ok(wq_fetch_add(got->fetch, &request));
	}
}

static const struct wq_fetch_peer *loopback(uint16_t port)
{
	static struct wq_fetch_peer allowed;

	allowed = (struct wq_fetch_peer){.addr = {.family = 4, .bytes = {127, 0, 0, 1}}, .port = port};
	return &allowed;
}

static struct wq_fetch_options usual(void)
{
	return (struct wq_fetch_options){.peers = loopback(peer.port),
		.peers_n = 1,
		.body_max = BODY_MAX,
		.header_max = HEADER_MAX,
		.total_msec = TOTAL_MSEC};
}

static void drain(struct wq_fetch *fetch)
{
	for (int i = 0; i < 100 && wq_fetch_pending(fetch) > 0; i++)
		assert_ok(wq_fetch_run(fetch, 100));
	assert_int_equal(wq_fetch_pending(fetch), 0);
}

static void get(const struct wq_fetch_options *options, const char *url, bool head, struct got *got)
{
	WQ_CLEANUP(wq_fetch_free) struct wq_fetch *fetch = NULL;
	struct wq_fetch_request request = {.url = url, .head = head, .tag = got};

	memset(got, 0, sizeof(*got));
	assert_ok(wq_fetch_new(options, on_response, got, &fetch));
	assert_ok(wq_fetch_add(fetch, &request));
	drain(fetch);
	assert_int_equal(got->calls, 1);
	assert_ptr_equal(got->tag, got);
}

static const char *url_of(const char *path)
{
	static char url[128];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", peer.port, path);
	return url;
}

static void test_answers(void **state)
{
	static const struct {
		const char *path;
		bool head;
		enum wq_fetch_result result;
		int status;
		const char *body; /* NULL: not looked at */
	} rows[] = {
		{"/o", false, WQ_FETCH_ANSWERED, 200, "hello"},
		{"/o", true, WQ_FETCH_ANSWERED, 200, ""},
		{"/r", false, WQ_FETCH_ANSWERED, 302, ""},
		{"/n", false, WQ_FETCH_ANSWERED, 404, "no"},
		{"/i", false, WQ_FETCH_ANSWERED, 200, "a"},
		{"/t", false, WQ_FETCH_TRUNCATED, 200, "hello"},
		{"/c", false, WQ_FETCH_TRUNCATED, 200, "hello"},
		{"/g", false, WQ_FETCH_PROTOCOL, 0, NULL},
		{"/e", false, WQ_FETCH_PROTOCOL, 0, ""},
		{"/b", false, WQ_FETCH_TOO_LARGE, 200, NULL},
		{"/l", false, WQ_FETCH_TOO_LARGE, 200, NULL},
		{"/h", false, WQ_FETCH_TOO_LARGE, 200, ""},
		{"/s", false, WQ_FETCH_TIMEOUT, 0, ""},
	};
	struct wq_fetch_options options = usual();
	struct got got;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		get(&options, url_of(rows[i].path), rows[i].head, &got);
		if (got.result != rows[i].result || (rows[i].status && got.status != rows[i].status))
			fail_msg("%s: %s, status %d", rows[i].path, wq_fetch_result_text(got.result), got.status);
		if (rows[i].body)
			assert_string_equal(got.body, rows[i].body);
		assert_true(got.body_n <= BODY_MAX);
	}
}

/* Codings are undone when that is wanted, and never beyond body_max. */
static void test_codings(void **state)
{
	struct wq_fetch_options options = usual();
	struct got got;

	(void)state;
	get(&options, url_of("/z"), false, &got);
	assert_int_equal(got.body_n, sizeof(packed_hello));
	assert_null(strstr(peer.request, "Accept-Encoding"));
	options.decode = true;
	get(&options, url_of("/z"), false, &got);
	assert_string_equal(got.body, "hello");
	assert_non_null(strstr(peer.request, "Accept-Encoding: gzip, deflate, br"));
	get(&options, url_of("/Z"), false, &got);
	assert_int_equal(got.result, WQ_FETCH_TOO_LARGE);
	assert_true(got.body_n <= BODY_MAX);
	get(&options, url_of("/Y"), false, &got);
	assert_int_equal(got.result, WQ_FETCH_PROTOCOL);
}

/* What nobody wants of a body is cut, however long it says it is. */
static void test_cut(void **state)
{
	static const struct {
		const char *path;
		bool documents;
		size_t cut;
		enum wq_fetch_result result;
		const char *body;
		bool is_cut;
	} rows[] = {{"/d", false, 0, WQ_FETCH_TOO_LARGE, NULL, false}, {"/d", true, 0, WQ_FETCH_ANSWERED, "", true},
		{"/D", true, 0, WQ_FETCH_ANSWERED, "hello", false}, {"/D", true, 3, WQ_FETCH_ANSWERED, "hel", true},
		{"/o", false, 5, WQ_FETCH_ANSWERED, "hello", false}, {"/o", true, 1, WQ_FETCH_ANSWERED, "h", true},
		{"/b", false, 100, WQ_FETCH_ANSWERED, NULL, true}};
	struct wq_fetch_options options = usual();

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_CLEANUP(wq_fetch_free) struct wq_fetch *fetch = NULL;
		struct got got = {0};
		struct wq_fetch_request request = {.url = url_of(rows[i].path),
			.documents = rows[i].documents,
			.body_cut = rows[i].cut,
			.tag = &got};

		assert_ok(wq_fetch_new(&options, on_response, &got, &fetch));
		assert_ok(wq_fetch_add(fetch, &request));
		drain(fetch);
		assert_int_equal(got.result, rows[i].result);
		assert_int_equal(got.cut, rows[i].is_cut);
		if (rows[i].body)
			assert_string_equal(got.body, rows[i].body);
	}
}

static void test_networks(void **state)
{
	static const struct {
		struct wq_fetch_peer peer;
		bool reached;
	} rows[] = {{{{4, {127}}, 0, 8}, true}, {{{4, {126}}, 0, 7}, true}, {{{4, {126}}, 0, 8}, false},
		{{{4, {127, 0, 0, 0}}, 0, 31}, true}, {{{4, {127, 0, 0, 2}}, 0, 31}, false},
		{{{4, {127, 0, 0, 1}}, 0, 32}, true}, {{{4, {127, 0, 0, 1}}, 0, 33}, false},
		{{{6, {127}}, 0, 8}, false}, {{{4, {127}}, 1, 8}, false}};
	struct wq_fetch_options options = usual();
	struct got got;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		options.peers = &rows[i].peer;
		get(&options, url_of("/o"), false, &got);
		assert_int_equal(got.result, rows[i].reached ? WQ_FETCH_ANSWERED : WQ_FETCH_FORBIDDEN);
	}
}

static void test_headers(void **state)
{
	struct wq_fetch_options options = usual();
	struct got got;
	wq_str headers, name, value;

	(void)state;
	get(&options, url_of("/o"), false, &got);
	headers = wq_str_c(got.headers);
	assert_str(wq_header_find(headers, WQ_S("X-B")), WQ_S("two"));
	assert_null(wq_header_find(headers, WQ_S("X-C")).p);
	assert_true(wq_header_next(&headers, &name, &value));
	assert_str(name, WQ_S("Content-Length"));
	get(&options, url_of("/i"), false, &got);
	assert_null(wq_header_find(wq_str_c(got.headers), WQ_S("Link")).p);
}

static void test_forbidden(void **state)
{
	static const char *const urls[] = {"http://127.0.0.1/", "http://localhost/", "http://[::1]/",
		"http://169.254.169.254/latest", "http://10.1.2.3/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/"};
	struct wq_fetch_options options = {.total_msec = TOTAL_MSEC};
	struct got got;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(urls); i++) {
		char url[128];

		/* as the parser serialises them */
		snprintf(url, sizeof(url), "%s", i == 5 ? "http://[::ffff:7f00:1]/" : urls[i]);
		get(&options, url, false, &got);
		if (got.result != WQ_FETCH_FORBIDDEN)
			fail_msg("%s: %s", url, wq_fetch_result_text(got.result));
	}
	/* our peer listens, but is not registered, or for another port only */
	get(&options, url_of("/o"), false, &got);
	assert_int_equal(got.result, WQ_FETCH_FORBIDDEN);
	options.peers = loopback((uint16_t)(peer.port ^ 1));
	options.peers_n = 1;
	get(&options, url_of("/o"), false, &got);
	assert_int_equal(got.result, WQ_FETCH_FORBIDDEN);
}

static void test_refused_and_dns(void **state)
{
	struct wq_fetch_options options = usual();
	struct got got;
	uint16_t port;
	char url[64];
	int fd = listen_on(&port);

	(void)state;
	close(fd); /* nobody there now */
	options.peers = loopback(port);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
	get(&options, url, false, &got);
	assert_int_equal(got.result, WQ_FETCH_REFUSED);
	options.total_msec = 5000;
	get(&options, "http://name.invalid/", false, &got);
	assert_true(got.result == WQ_FETCH_DNS || got.result == WQ_FETCH_TIMEOUT);
}

static void test_tls(void **state)
{
	struct wq_fetch_options options = usual();
	struct got got;
	char url[64];

	(void)state;
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/g", peer.port); /* it speaks no TLS */
	get(&options, url, false, &got);
	assert_int_equal(got.result, WQ_FETCH_TLS);
}

static void test_route(void **state)
{
	struct wq_fetch_route route = {"www.example.gov.cn", 80, "127.0.0.1", peer.port};
	struct wq_fetch_options options = usual();
	struct got got;

	(void)state;
	options.routes = &route;
	options.routes_n = 1;
	get(&options, "http://www.example.gov.cn/o", false, &got);
	assert_int_equal(got.result, WQ_FETCH_ANSWERED);
	assert_non_null(strstr(peer.request, "\r\nHost: www.example.gov.cn\r\n"));
}

static void test_bad_requests(void **state)
{
	static const char *const bad[] = {"file:///etc/passwd", "ftp://a/", "gopher://a/", "http://u@a/",
		"http://u:p@a/", "a", "", "http://a/#f", "HTTP://a/", "http://a/../b", "http://a/\r\nX: y", "//a/"};
	WQ_CLEANUP(wq_fetch_free) struct wq_fetch *fetch = NULL;
	const char *const header[] = {"X: a\r\nY: b"};
	struct wq_fetch_request request = {.url = "http://a/", .headers = header, .headers_n = 1};
	struct got got = {0};

	(void)state;
	assert_ok(wq_fetch_new(NULL, on_response, &got, &fetch));
	assert_err(wq_fetch_add(fetch, &request), WQ_E_INPUT);
	for (size_t i = 0; i < WQ_COUNT(bad); i++) {
		request = (struct wq_fetch_request){.url = bad[i]};
		assert_err(wq_fetch_add(fetch, &request), WQ_E_INPUT);
	}
	assert_int_equal(wq_fetch_pending(fetch), 0);
	request.url = "http://127.0.0.1/";
	for (int i = 0; i < WQ_FETCH_QUEUE_MAX; i++)
		assert_ok(wq_fetch_add(fetch, &request));
	assert_err(wq_fetch_add(fetch, &request), WQ_E_BUSY);
	assert_int_equal(got.calls, 0); /* freed with all of them waiting */
}

static void test_per_host_and_delay(void **state)
{
	WQ_CLEANUP(wq_fetch_free) struct wq_fetch *fetch = NULL;
	struct wq_fetch_options options = usual();
	struct wq_fetch_request request = {.url = url_of("/p")};
	struct got got = {0};
	uint64_t start;

	(void)state;
	options.total_msec = 5000;
	options.per_host = 2;
	for (int i = 0; i < 100 && atomic_load(&peer.now) > 0; i++)
		poll(NULL, 0, 10);
	atomic_store(&peer.most, 0);
	assert_ok(wq_fetch_new(&options, on_response, &got, &fetch));
	for (int i = 0; i < 6; i++)
		assert_ok(wq_fetch_add(fetch, &request));
	drain(fetch);
	assert_int_equal(got.calls, 6);
	assert_int_equal(got.result, WQ_FETCH_ANSWERED);
	assert_in_range(atomic_load(&peer.most), 1, 3); /* a closing one may still be counted */
	wq_fetch_free(&fetch);

	options.delay_msec = 50;
	assert_ok(wq_fetch_new(&options, on_response, &got, &fetch));
	request.url = url_of("/o");
	start = wq_clock_system.monotonic_msec(NULL);
	for (int i = 0; i < 4; i++)
		assert_ok(wq_fetch_add(fetch, &request));
	drain(fetch);
	assert_true(wq_clock_system.monotonic_msec(NULL) - start >= 150);
}

static void test_patience(void **state)
{
	static const struct {
		const char *path;
		uint32_t retries;
		int status, asked;
		uint64_t least_msec;
	} rows[] = {{"/w", 3, 200, 3, 0}, {"/w", 1, 503, 2, 0}, {"/w", 0, 503, 1, 0}, {"/v", 4, 503, 5, 0},
		{"/u", 4, 429, 1, 0}, {"/x", 2, 200, 2, 1000}};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_fetch_options options = usual();
		uint64_t start = wq_clock_system.monotonic_msec(NULL);
		struct got got;

		options.retries = rows[i].retries;
		atomic_store(&peer.busy, 0);
		get(&options, url_of(rows[i].path), false, &got);
		if (got.status != rows[i].status || atomic_load(&peer.busy) != rows[i].asked)
			fail_msg("row %zu: %d after %d requests", i, got.status, atomic_load(&peer.busy));
		assert_string_equal(got.body, got.status == 200 ? "hello" : rows[i].path[1] == 'w' ? "no" : "");
		assert_true(wq_clock_system.monotonic_msec(NULL) - start >= rows[i].least_msec);
	}
}

/* A server that is away is waited for once, not once for each page. */
static void test_a_tired_server(void **state)
{
	WQ_CLEANUP(wq_fetch_free) struct wq_fetch *fetch = NULL;
	struct wq_fetch_options options = usual();
	struct wq_fetch_request request = {.url = url_of("/v")};
	struct got got = {0};

	(void)state;
	options.retries = 2;
	options.per_host = 1;
	atomic_store(&peer.busy, 0);
	assert_ok(wq_fetch_new(&options, on_response, &got, &fetch));
	for (int i = 0; i < 10; i++)
		assert_ok(wq_fetch_add(fetch, &request));
	drain(fetch);
	assert_int_equal(got.calls, 10);
	assert_int_equal(atomic_load(&peer.busy), 12);
}

static void test_add_from_callback(void **state)
{
	WQ_CLEANUP(wq_fetch_free) struct wq_fetch *fetch = NULL;
	struct wq_fetch_options options = usual();
	char again[128];
	struct got got = {.then = again};
	struct wq_fetch_request request = {.url = url_of("/r")};

	(void)state;
	assert_ok(wq_fetch_new(&options, on_response, &got, &fetch));
	got.fetch = fetch;
	assert_ok(wq_fetch_add(fetch, &request));
	snprintf(again, sizeof(again), "%s", url_of("/o"));
	drain(fetch);
	assert_int_equal(got.calls, 2);
	assert_int_equal(got.status, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_answers), cmocka_unit_test(test_codings),
		cmocka_unit_test(test_cut), cmocka_unit_test(test_networks), cmocka_unit_test(test_headers),
		cmocka_unit_test(test_forbidden), cmocka_unit_test(test_refused_and_dns), cmocka_unit_test(test_tls),
		cmocka_unit_test(test_route), cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_per_host_and_delay), cmocka_unit_test(test_patience),
		cmocka_unit_test(test_a_tired_server), cmocka_unit_test(test_add_from_callback)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
