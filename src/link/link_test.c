#include "link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/test.h"

enum { ASK = 1, ANSWER = 2, FILES = 3 };

static const struct wq_link_type types[] = {
	{ASK, "ASK", WQ_LINK_CLIENT, 1, 16, 0, 0},
	{ANSWER, "ANSWER", WQ_LINK_SERVER, 0, 1000, 0, 0},
	{FILES, "FILES", WQ_LINK_BOTH, 0, 0, 1, 3},
};
static const struct wq_link_protocol protocol = {"test", 0x54455354, types, WQ_COUNT(types)};
static const struct wq_link_protocol other = {"other", 0x54455355, types, WQ_COUNT(types)};

struct pair {
	struct wq_link *server, *client;
};

static struct pair pair_open(const struct wq_link_protocol *client_protocol)
{
	struct pair p = {0};
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	assert_ok(wq_link_open(fds[0], &protocol, WQ_LINK_SERVER, &p.server));
	assert_ok(wq_link_open(fds[1], client_protocol, WQ_LINK_CLIENT, &p.client));
	return p;
}

static void pair_close(struct pair *p)
{
	wq_link_close(&p->server);
	wq_link_close(&p->client);
	wq_link_close(&p->client);
}

static size_t open_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void a_message_arrives_as_it_was_sent(void **state)
{
	struct pair p = pair_open(&protocol);
	struct wq_link_message m;

	(void)state;
	assert_err(wq_link_receive(p.server, &m), WQ_E_BUSY);
	assert_ok(wq_link_send(p.client, ASK, 7, WQ_S("hello"), NULL, 0));
	assert_ok(wq_link_receive(p.server, &m));
	assert_int_equal(m.type->type, ASK);
	assert_int_equal(m.flags, 7);
	assert_str(m.payload, WQ_S("hello"));
	wq_link_message_done(&m);
	assert_ok(wq_link_send(p.server, ANSWER, 0, WQ_S_NONE, NULL, 0));
	assert_ok(wq_link_receive_wait(p.client, 1000, &m));
	assert_int_equal(m.payload.n, 0);
	wq_link_message_done(&m);
	pair_close(&p);
}

static void a_message_against_its_row_is_not_sent(void **state)
{
	struct pair p = pair_open(&protocol);

	(void)state;
	assert_err(wq_link_send(p.client, ASK, 0, WQ_S_NONE, NULL, 0), WQ_E_BUG);
	assert_err(wq_link_send(p.client, ASK, 0, WQ_S("seventeen bytes.."), NULL, 0), WQ_E_BUG);
	assert_err(wq_link_send(p.client, ANSWER, 0, WQ_S("x"), NULL, 0), WQ_E_BUG);
	assert_err(wq_link_send(p.client, FILES, 0, WQ_S_NONE, NULL, 0), WQ_E_BUG);
	assert_err(wq_link_send(p.client, 9, 0, WQ_S_NONE, NULL, 0), WQ_E_BUG);
	pair_close(&p);
}

/* What a raw peer may put on the wire, and that the link is broken after it. */
static void a_bad_packet_breaks_the_link(void **state)
{
	static const struct {
		const char *what;
		wq_str bytes;
		bool with_fd;
	} table[] = {
		{"short header", WQ_S_INIT("TEST\0\1"), false},
		{"other magic", WQ_S_INIT("TESU\0\1\0\0\0\0\0\1x"), false},
		{"unknown type", WQ_S_INIT("TEST\0\x9\0\0\0\0\0\1x"), false},
		{"wrong end", WQ_S_INIT("TEST\0\2\0\0\0\0\0\1x"), false},
		{"too short for its row", WQ_S_INIT("TEST\0\1\0\0\0\0\0\0"), false},
		{"too long for its row", WQ_S_INIT("TEST\0\1\0\0\0\0\0\x11seventeen bytes.."), false},
		{"length beyond the packet", WQ_S_INIT("TEST\0\1\0\0\0\0\0\5x"), false},
		{"bytes after the payload", WQ_S_INIT("TEST\0\1\0\0\0\0\0\1xy"), false},
		{"huge length", WQ_S_INIT("TEST\0\1\0\0\xff\xff\xff\xffx"), false},
		{"a descriptor nobody asked for", WQ_S_INIT("TEST\0\1\0\0\0\0\0\1x"), true},
		{"no descriptor where one belongs", WQ_S_INIT("TEST\0\3\0\0\0\0\0\0"), false},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		size_t before = open_fds();
		struct pair p = pair_open(&protocol);
		struct wq_link_message m;
		int zero = open("/dev/null", O_RDONLY | O_CLOEXEC);
		union {
			char bytes[CMSG_SPACE(sizeof(int))];
			struct cmsghdr align;
		} control = {0};
		struct iovec iov = {(void *)(uintptr_t)table[i].bytes.p, table[i].bytes.n};
		struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

		if (table[i].with_fd) {
			msg.msg_control = control.bytes;
			msg.msg_controllen = sizeof control.bytes;
			CMSG_FIRSTHDR(&msg)->cmsg_level = SOL_SOCKET;
			CMSG_FIRSTHDR(&msg)->cmsg_type = SCM_RIGHTS;
			CMSG_FIRSTHDR(&msg)->cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &zero, sizeof zero);
		}
		assert_int_equal(sendmsg(wq_link_fd(p.client), &msg, 0), table[i].bytes.n);
		if (!wq_is(wq_link_receive(p.server, &m), WQ_E_PEER))
			fail_msg("accepted: %s", table[i].what);
		assert_err(wq_link_receive(p.server, &m), WQ_E_PEER);
		assert_err(wq_link_send(p.server, ANSWER, 0, WQ_S("x"), NULL, 0), WQ_E_PEER);
		close(zero);
		pair_close(&p);
		assert_int_equal(open_fds(), before);
	}
}

static void another_protocol_is_refused(void **state)
{
	struct pair p = pair_open(&other);
	struct wq_link_message m;

	(void)state;
	assert_ok(wq_link_send(p.client, ASK, 0, WQ_S("x"), NULL, 0));
	assert_err(wq_link_receive(p.server, &m), WQ_E_PEER);
	pair_close(&p);
}

static void descriptors_are_handed_over_once(void **state)
{
	size_t before = open_fds();
	struct pair p = pair_open(&protocol);
	struct wq_link_message m;
	int fds[2] = {open("/dev/null", O_RDONLY | O_CLOEXEC), open("/dev/zero", O_RDONLY | O_CLOEXEC)};
	char byte = 1;
	int fd;

	(void)state;
	assert_ok(wq_link_send(p.client, FILES, 0, WQ_S_NONE, fds, 2));
	close(fds[0]);
	close(fds[1]);
	assert_ok(wq_link_receive(p.server, &m));
	assert_int_equal(m.fds_n, 2);
	fd = wq_link_take_fd(&m, 1);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(wq_link_take_fd(&m, 1), -1);
	assert_int_equal(wq_link_take_fd(&m, 2), -1);
	wq_link_message_done(&m);
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(byte, 0);
	close(fd);
	pair_close(&p);
	assert_int_equal(open_fds(), before);
}

/* A peer that does not read: the queue fills, then BUSY; everything arrives in order once it reads. */
static void the_queue_is_bounded_and_keeps_order(void **state)
{
	size_t before = open_fds();
	struct pair p = pair_open(&protocol);
	struct wq_link_message m;
	char text[17];
	unsigned sent = 0, got = 0;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int small = 4096;

	(void)state;
	assert_int_equal(setsockopt(wq_link_fd(p.client), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
	for (;;) {
		wq_err e;

		snprintf(text, sizeof text, "%u", sent);
		e = wq_link_send(p.client, ASK, 0, wq_str_c(text), NULL, 0);
		if (wq_is(e, WQ_E_BUSY))
			break;
		assert_ok(e);
		sent++;
		assert_true(sent < 100000);
	}
	assert_int_equal(wq_link_waiting(p.client), WQ_LINK_QUEUE_MAX);
	while (got < sent) {
		if (wq_is(wq_link_receive(p.server, &m), WQ_E_BUSY)) {
			assert_ok(wq_link_flush(p.client));
			continue;
		}
		snprintf(text, sizeof text, "%u", got++);
		assert_str(m.payload, wq_str_c(text));
		wq_link_message_done(&m);
	}
	assert_int_equal(wq_link_waiting(p.client), 0);
	/* descriptors that still wait are closed with the link */
	while (!wq_is(wq_link_send(p.client, FILES, 0, WQ_S_NONE, &fd, 1), WQ_E_BUSY))
		;
	close(fd);
	pair_close(&p);
	assert_int_equal(open_fds(), before);
}

static void an_end_of_the_peer_is_seen_and_a_silent_one_times_out(void **state)
{
	struct pair p = pair_open(&protocol);
	struct wq_link_message m;

	(void)state;
	assert_err(wq_link_receive_wait(p.client, 20, &m), WQ_E_TIMEOUT);
	wq_link_close(&p.server);
	assert_err(wq_link_receive_wait(p.client, 1000, &m), WQ_E_PEER);
	assert_err(wq_link_send(p.client, ASK, 0, WQ_S("x"), NULL, 0), WQ_E_PEER);
	pair_close(&p);
}

static char dir[] = "/tmp/wq-link-test-XXXXXX";

static void a_listener_names_its_peer(void **state)
{
	char path[64], file[64];
	int listener, again, client, server;
	struct wq_link_peer peer;
	struct stat st;
	uid_t self = geteuid();

	(void)state;
	snprintf(path, sizeof path, "%s/socket", dir);
	snprintf(file, sizeof file, "%s/file", dir);
	assert_ok(wq_link_listen(path, 0660, &listener));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_err(wq_link_accept(listener, &self, 1, &server, &peer), WQ_E_BUSY);
	/* the second listener's probe is a connection like any other */
	assert_err(wq_link_listen(path, 0660, &again), WQ_E_EXISTS);
	assert_ok(wq_link_accept(listener, &self, 1, &server, &peer));
	close(server);
	assert_ok(wq_link_connect(path, NULL, 0, &client, &peer));
	assert_int_equal(peer.uid, self);
	assert_ok(wq_link_accept(listener, &self, 1, &server, &peer));
	assert_int_equal(peer.pid, getpid());
	close(client);
	close(server);
	close(listener);
	/* stale: replaced; a file of another kind: never */
	assert_err(wq_link_connect(path, NULL, 0, &client, &peer), WQ_E_PEER);
	assert_ok(wq_link_listen(path, 0600, &listener));
	close(listener);
	assert_int_equal(unlink(path), 0);
	close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_err(wq_link_listen(file, 0600, &listener), WQ_E_EXISTS);
	assert_int_equal(unlink(file), 0);
	assert_err(wq_link_listen("", 0600, &listener), WQ_E_USAGE);
	assert_err(wq_link_connect("/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/"
				   "0123456789/0123456789/0123456789/socket",
			   NULL, 0, &client, &peer),
		WQ_E_USAGE);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_arrives_as_it_was_sent),
		cmocka_unit_test(a_message_against_its_row_is_not_sent),
		cmocka_unit_test(a_bad_packet_breaks_the_link),
		cmocka_unit_test(another_protocol_is_refused),
		cmocka_unit_test(descriptors_are_handed_over_once),
		cmocka_unit_test(the_queue_is_bounded_and_keeps_order),
		cmocka_unit_test(an_end_of_the_peer_is_seen_and_a_silent_one_times_out),
		cmocka_unit_test(a_listener_names_its_peer),
	};

	return cmocka_run_group_tests_name("link/link", tests, make_dir, remove_dir);
}
