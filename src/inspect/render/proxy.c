#include "inspect/render/proxy.h"

#include "base/arena.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { CONNECT_MSEC = 10000, HEAD_SECONDS = 10, CHUNK = 64 * 1024, ADDRESSES = 16, ESTABLISHED = 1 };

/* ---- whose connection it is */

/* The user who owns the other end of a connection, from the kernel's table; false when it is not there. Addresses count: somebody else
 * may have the same port at another address of the loopback. */
static bool owner_of(const struct sockaddr_in *they, const struct sockaddr_in *we, uid_t *ret_user)
{
	FILE *table = fopen("/proc/net/tcp", "re");
	char line[512];
	bool found = false;

	while (table && !found && fgets(line, sizeof line, table)) {
		unsigned local, local_port, remote, remote_port, state, user;

		found = sscanf(line, " %*d: %8X:%4X %8X:%4X %2X %*X:%*X %*X:%*X %*X %u", &local, &local_port, &remote,
				&remote_port, &state, &user) == 6 &&
			state == ESTABLISHED && local == they->sin_addr.s_addr && local_port == ntohs(they->sin_port) &&
			remote == we->sin_addr.s_addr && remote_port == ntohs(we->sin_port);
		if (found)
			*ret_user = user;
	}
	if (table)
		fclose(table);
	return found;
}

/* ---- the way out */

/* Where we listen: no way leads to ourselves. */
static struct sockaddr_in own;

static bool is_own(const struct addrinfo *to)
{
	struct sockaddr_in v4;

	if (to->ai_family != AF_INET)
		return false;
	memcpy(&v4, to->ai_addr, sizeof v4);
	return v4.sin_port == own.sin_port && ntohl(v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

static int connect_to(const struct addrinfo *to)
{
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), fault = 0;
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	socklen_t n = sizeof fault;

	if (fd < 0)
		return -1;
	if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
		return fd;
	if (errno == EINPROGRESS && poll(&ready, 1, CONNECT_MSEC) == 1 &&
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &n) == 0 && fault == 0)
		return fd;
	close(fd);
	return -1;
}

/* Resolves, checks and connects: -1 and `*ret_forbidden` when no address may be reached. */
static int open_way(const struct wq_proxy_options *options, const struct wq_proxy_request *request, bool *ret_forbidden)
{
	const char *host = request->host;
	char bare[sizeof request->host], port[8];
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	uint16_t number = request->port;
	int fd = -1, tried = 0;

	for (size_t i = 0; i < options->routes_n; i++)
		if (strcmp(options->routes[i].host, host) == 0 &&
			(options->routes[i].port == 0 || options->routes[i].port == number)) {
			host = options->routes[i].to_host;
			number = options->routes[i].to_port ? options->routes[i].to_port : number;
			break;
		}
	snprintf(bare, sizeof bare, "%s", host[0] == '[' ? host + 1 : host);
	if (host[0] == '[')
		bare[strcspn(bare, "]")] = 0;
	snprintf(port, sizeof port, "%u", number);
	*ret_forbidden = false;
	if (getaddrinfo(bare, port, &hints, &list) != 0)
		return -1;
	for (struct addrinfo *at = list; at && fd < 0 && tried < ADDRESSES; at = at->ai_next, tried++) {
		struct wq_addr addr;
		uint16_t port_there;

		if (wq_fetch_addr(at->ai_addr, &addr, &port_there) && !is_own(at) &&
			wq_fetch_may_reach(options->peers, options->peers_n, &addr, number))
			fd = connect_to(at);
		else
			*ret_forbidden = true;
	}
	freeaddrinfo(list);
	return fd;
}

/* ---- one connection, in a process of its own */

static bool put(int fd, wq_str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		struct pollfd ready = {.fd = fd, .events = POLLOUT};

		if (n > 0)
			bytes = wq_str_from(bytes, (size_t)n);
		else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (poll(&ready, 1, WQ_PROXY_SECONDS * 1000) < 0 && errno != EINTR)
				return false;
		} else
			return false;
	}
	return true;
}

static void refuse(int fd, const char *status)
{
	char answer[160];
	int n = snprintf(
		answer, sizeof answer, "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);

	(void)put(fd, wq_str_of(answer, (size_t)n));
}

/* Reads up to the empty line; what follows it stays in `buf`. Returns where it ends, 0 when it does not come. */
static size_t read_head(int fd, struct wq_buf *buf)
{
	for (;;) {
		ptrdiff_t end = wq_str_find(wq_buf_str(buf), WQ_S("\r\n\r\n"));
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		ssize_t n;
		void *room;

		if (end >= 0)
			return (size_t)end + 4;
		room = wq_buf_reserve(buf, WQ_MIN((size_t)4096, buf->max_bytes - buf->len));
		if (!room || buf->len == buf->max_bytes || poll(&ready, 1, HEAD_SECONDS * 1000) != 1)
			return 0;
		n = recv(fd, room, WQ_MIN((size_t)4096, buf->max_bytes - buf->len), 0);
		if (n <= 0)
			return 0;
		wq_buf_commit(buf, (size_t)n);
	}
}

/* Both ways, until one end closes or a limit is reached; `most` bytes from a to b. */
static void splice_both(int a, int b, uint64_t most)
{
	struct pollfd ends[2] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
	static char chunk[CHUNK];
	uint64_t bytes = 0;
	int open = most > 0 ? 2 : 1;

	if (most == 0)
		ends[0].fd = -1;
	while (open > 0 && bytes < WQ_PROXY_BYTES && poll(ends, 2, WQ_PROXY_SECONDS * 1000) > 0)
		for (int i = 0; i < 2; i++) {
			ssize_t n;

			if (ends[i].fd < 0 || !ends[i].revents)
				continue;
			n = recv(ends[i].fd, chunk, i ? sizeof chunk : (size_t)WQ_MIN(most, (uint64_t)sizeof chunk),
				MSG_DONTWAIT);
			if (n < 0 && (errno == EAGAIN || errno == EINTR))
				continue;
			if (n > 0 && put(i ? a : b, wq_str_of(chunk, (size_t)n))) {
				bytes += (uint64_t)n;
				if (i || (most -= (uint64_t)n) > 0)
					continue; /* else: a second request would go to the first one's server */
			} else
				shutdown(i ? a : b, SHUT_WR);
			ends[i].fd = -1;
			open--;
		}
}

static void serve(const struct wq_proxy_options *options, int fd)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_proxy_request request;
	bool forbidden = false;
	uint64_t most = WQ_PROXY_BYTES;
	wq_str early;
	size_t end;
	int out;
	WQ_BUF(in, WQ_PROXY_HEAD);
	WQ_BUF(head, 2 * WQ_PROXY_HEAD);

	wq_arena_init(&arena, WQ_MIB);
	end = read_head(fd, &in);
	if (end == 0 || wq_failed(wq_proxy_request_read(&arena, wq_str_head(wq_buf_str(&in), end - 2), &request))) {
		refuse(fd, "400 Bad Request");
		return;
	}
	if (!wq_proxy_port_fine(options, request.port) || !wq_proxy_host_fine(options, wq_str_c(request.host))) {
		refuse(fd, "403 Forbidden");
		return;
	}
	out = open_way(options, &request, &forbidden);
	if (out < 0) {
		refuse(fd, forbidden ? "403 Forbidden" : "502 Bad Gateway");
		return;
	}
	if (request.tunnel)
		wq_buf_add(&head, WQ_S("HTTP/1.1 200 Connection Established\r\n\r\n"));
	else if (!wq_proxy_request_body(&request, &most)) {
		refuse(fd, "411 Length Required");
		close(out);
		return;
	} else
		wq_proxy_request_write(&request, &head);
	early = wq_str_head(wq_str_from(wq_buf_str(&in), end), (size_t)WQ_MIN(most, (uint64_t)SIZE_MAX));
	if (!wq_failed(wq_buf_err(&head)) && put(request.tunnel ? fd : out, wq_buf_str(&head)) && put(out, early))
		splice_both(fd, out, most - early.n);
	close(out);
}

/* ---- the process */

static bool drop(const struct wq_proxy_options *options)
{
	const struct rlimit none = {0, 0}, files = {256, 256};

	if (geteuid() == 0 && options->user != 0 &&
		(setgroups(0, NULL) != 0 || setresgid(options->group, options->group, options->group) != 0 ||
			setresuid(options->user, options->user, options->user) != 0))
		return false;
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		setrlimit(RLIMIT_CORE, &none) == 0 && setrlimit(RLIMIT_FSIZE, &none) == 0 &&
		setrlimit(RLIMIT_NOFILE, &files) == 0;
}

/* True when a child serves it. */
static bool accept_one(const struct wq_proxy_options *options, int listener)
{
	struct sockaddr_in peer;
	socklen_t n = sizeof peer;
	int fd = accept4(listener, (struct sockaddr *)&peer, &n, SOCK_CLOEXEC);
	uid_t user;
	pid_t child;

	if (fd < 0)
		return false;
	if (!owner_of(&peer, &own, &user) || user != options->user) {
		close(fd);
		return false;
	}
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(listener);
		alarm(WQ_PROXY_SECONDS);
		serve(options, fd);
		_exit(0);
	}
	close(fd);
	return child > 0;
}

static _Noreturn void run(const struct wq_proxy_options *options, int listener, pid_t parent)
{
	signal(SIGALRM, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	if (!drop(options) || getppid() != parent)
		_exit(1);
	for (int running = 0;;) {
		struct pollfd ready = {.fd = listener, .events = POLLIN};

		while (running > 0 && waitpid(-1, NULL, running < WQ_PROXY_CONNECTIONS ? WNOHANG : 0) > 0)
			running--;
		if (poll(&ready, 1, 1000) == 1 && accept_one(options, listener))
			running++;
	}
}

wq_err wq_proxy_start(
	const struct wq_proxy_options *options, const int *shut, size_t shut_n, pid_t *ret_pid, uint16_t *ret_port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t parent = getpid(), pid = -1;

	if (listener >= 0 && bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 64) == 0 &&
		getsockname(listener, (struct sockaddr *)&at, &n) == 0)
		pid = fork();
	if (pid == 0) {
		for (size_t i = 0; i < shut_n; i++)
			close(shut[i]);
		own = at;
		run(options, listener, parent);
	}
	if (pid < 0) {
		wq_err e = wq_error_sys(WQ_E_IO, errno, "the browser's proxy");

		if (listener >= 0)
			close(listener);
		return e;
	}
	close(listener);
	*ret_pid = pid;
	*ret_port = ntohs(at.sin_port);
	return WQ_OK;
}
