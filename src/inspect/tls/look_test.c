/* Servers that mean no good: a look ends in its time and with its memory. What servers offer is tested in tests/e2e. */
#include "base/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/digest.h"
#include "inspect/tls/tls.h"

enum { PROBE_MSEC = 100, TOTAL_MSEC = 700, STEP_MSEC = 10, CHUNK = 64 * 1024 };

enum manner { SILENT, TRICKLES, WARNS_WITHOUT_END, SENDS_ONE_LONG_MESSAGE, CLOSES, SPEAKS_HTTP, MANNERS };

struct server {
	int fd;
	uint16_t port;
	enum manner manner;
	pthread_t thread;
	bool stop; /* atomically */
};

static bool stopped(struct server *s)
{
	return __atomic_load_n(&s->stop, __ATOMIC_ACQUIRE);
}

/* Fails when the other side is gone. */
static bool put(int fd, const void *bytes, size_t n)
{
	const struct timeval patience = {.tv_usec = 50000};

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static void answer(struct server *s, int fd)
{
	static const uint8_t handshake[] = {22, 3, 3, 64, 0, 2, 1, 0, 0}, warning[] = {21, 3, 3, 0, 2, 1, 112};
	static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	static uint8_t zero[CHUNK];
	struct pollfd one = {.fd = fd, .events = POLLIN};

	switch (s->manner) {
	case SILENT:
		while (!stopped(s) && (poll(&one, 1, STEP_MSEC) == 0 || recv(fd, zero, 1, 0) > 0))
			;
		break;
	case TRICKLES:
		for (size_t i = 0; !stopped(s) && put(fd, &handshake[i < 5 ? i : 5], 1); i++)
			poll(NULL, 0, STEP_MSEC);
		break;
	case WARNS_WITHOUT_END:
		while (!stopped(s) && put(fd, warning, sizeof(warning)))
			;
		break;
	case SENDS_ONE_LONG_MESSAGE:
		put(fd, handshake, sizeof(handshake));
		while (!stopped(s) && put(fd, zero, sizeof(zero)))
			;
		break;
	case SPEAKS_HTTP: put(fd, http, sizeof(http) - 1); break;
	case CLOSES:
	case MANNERS: break;
	}
}

static void *serve(void *data)
{
	struct server *s = data;
	struct pollfd one = {.fd = s->fd, .events = POLLIN};

	while (!stopped(s))
		if (poll(&one, 1, STEP_MSEC) > 0) {
			int fd = accept(s->fd, NULL, NULL);

			if (fd >= 0)
				answer(s, fd);
			if (fd >= 0)
				close(fd);
		}
	return NULL;
}

static void begin_server(struct server *s, enum manner manner)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(address);

	*s = (struct server){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .manner = manner};
	assert_int_equal(bind(s->fd, (struct sockaddr *)&address, n), 0);
	assert_int_equal(listen(s->fd, 16), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&address, &n), 0);
	s->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void end_server(struct server *s)
{
	__atomic_store_n(&s->stop, true, __ATOMIC_RELEASE);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

struct fixture {
	struct wq_arena arena;
	struct wq_tls_options options;
	struct wq_x509_store *store;
};

static int begin(void **state)
{
	static const struct wq_tls_route route = {WQ_S_INIT("www.example.gov.cn"), WQ_S_INIT("127.0.0.1")};
	struct fixture *f = calloc(1, sizeof(*f));
	const char *root = getenv("WQ_SOURCE_ROOT");
	WQ_BUF(bytes, 1024 * 1024);
	char path[4096];

	snprintf(path, sizeof(path), "%s/rules/tls/tls.txt", root ? root : ".");
	wq_arena_init(&f->arena, 16 * 1024 * 1024);
	assert_ok(wq_crypto_init());
	assert_ok(wq_file_read(&wq_fs_system, path, &bytes));
	assert_ok(wq_tls_rules_parse(&f->arena, WQ_S("tls.txt"), wq_buf_str(&bytes), &f->options.rules));
	assert_ok(wq_x509_store_open(NULL, &f->store));
	f->options.store = f->store;
	f->options.routes = &route;
	f->options.routes_n = 1;
	f->options.allow_private = true;
	f->options.probe_msec = PROBE_MSEC;
	f->options.total_msec = TOTAL_MSEC;
	f->options.clock = &wq_clock_system;
	f->options.random = &wq_random_system;
	*state = f;
	return 0;
}

static int finish(void **state)
{
	struct fixture *f = *state;

	wq_x509_store_close(&f->store);
	wq_arena_done(&f->arena);
	free(f);
	return 0;
}

static bool accepts_any(const struct wq_tls_observation *o)
{
	for (size_t i = 0; i < WQ_TLS_VERSIONS; i++)
		if (o->versions[i] == WQ_TLS_YES)
			return true;
	return false;
}

static void test_every_look_ends(void **state)
{
	struct fixture *f = *state;

	for (int manner = SILENT; manner < MANNERS; manner++) {
		struct server server;
		struct wq_tls_observation *o = NULL;

		begin_server(&server, (enum manner)manner);
		f->options.http_port = server.port;
		assert_ok(wq_tls_look(&f->arena, &f->options, WQ_S("www.example.gov.cn"), server.port, &o));
		end_server(&server);
		if (!o->reachable || accepts_any(o) || o->chain.n || o->connections > 12 ||
			o->msec > TOTAL_MSEC + 10 * PROBE_MSEC)
			fail_msg("manner %d: %u connections, %u ms", manner, o->connections, o->msec);
		/* silence is believed after three questions; the fourth connection is for HTTP */
		if (manner == SILENT)
			assert_int_equal(o->connections, 4);
		assert_int_equal(o->http.answered, manner == SPEAKS_HTTP);
	}
}

static void test_who_may_be_asked(void **state)
{
	struct fixture *f = *state;
	struct wq_tls_observation *o = NULL;

	f->options.allow_private = false;
	assert_ok(wq_tls_look(&f->arena, &f->options, WQ_S("www.example.gov.cn"), 443, &o));
	assert_true(o->resolved && o->forbidden && !o->reachable);
	assert_int_equal(o->connections, 0);
	assert_ok(wq_tls_look(&f->arena, &f->options, WQ_S("[::1]"), 443, &o));
	assert_true(o->forbidden && o->connections == 0);
	assert_err(wq_tls_look(&f->arena, &f->options, WQ_S(""), 443, &o), WQ_E_INPUT);
	assert_err(wq_tls_look(&f->arena, &f->options, WQ_S("www.example.gov.cn"), 0, &o), WQ_E_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_look_ends, begin, finish),
		cmocka_unit_test_setup_teardown(test_who_may_be_asked, begin, finish),
	};

	return cmocka_run_group_tests_name("inspect/tls look", tests, NULL, NULL);
}
