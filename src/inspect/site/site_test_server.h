/* A server on loopback for the tests of the walk: answers by host and path from a table, closes after each answer. */
#ifndef WQ_INSPECT_SITE_SITE_TEST_SERVER_H
#define WQ_INSPECT_SITE_SITE_TEST_SERVER_H

#include "base/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

struct served {
	const char *host; /* NULL: any */
	const char *path; /* a `*` at its end stands for anything */
	const char *status, *headers, *body;
	bool head_refused, hang, grow; /* grow: each page leads to two more of longer names */
};

static struct {
	int fd;
	uint16_t port;
	pthread_t thread;
	atomic_bool stop;
	const struct served *table;
	size_t table_n;
	atomic_int requests, heads, open;
	char last_paths[65536];
	pthread_mutex_t mutex;
} server = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static const struct served *served_at(const char *host, const char *path)
{
	for (size_t i = 0; i < server.table_n; i++) {
		const struct served *row = &server.table[i];
		size_t n = strlen(row->path);

		if (row->host && strcmp(row->host, host) != 0)
			continue;
		if (row->path[n - 1] == '*' ? strncmp(row->path, path, n - 1) == 0 : strcmp(row->path, path) == 0)
			return row;
	}
	return NULL;
}

static void send_answer(int fd, bool head, const struct served *row)
{
	static const struct served missing = {.status = "404 Not Found", .body = "no such thing"};
	char out[8192];
	const char *body;
	int n;

	row = row ? row : &missing;
	body = row->body ? row->body : "";
	if (head && row->head_refused) {
		n = snprintf(out, sizeof(out), "HTTP/1.1 405 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	} else {
		n = snprintf(out, sizeof(out), "HTTP/1.1 %s\r\nConnection: close\r\n%s%s",
			row->status ? row->status : "200 OK",
			row->headers && strstr(row->headers, "Content-Type")
				? ""
				: "Content-Type: text/html; charset=utf-8\r\n",
			row->headers ? row->headers : "");
		if (!row->headers || !strstr(row->headers, "Content-Length"))
			n += snprintf(out + n, sizeof(out) - (size_t)n, "Content-Length: %zu\r\n", strlen(body));
		n += snprintf(out + n, sizeof(out) - (size_t)n, "\r\n");
	}
	(void)!send(fd, out, (size_t)n, MSG_NOSIGNAL);
	if (!head)
		(void)!send(fd, body, strlen(body), MSG_NOSIGNAL);
}

static void answer_request(int fd, char *request)
{
	char method[16] = "", path[2048] = "", host[256] = "", *at = strstr(request, "Host: ");
	const struct served *row;

	if (sscanf(request, "%15s %2047s", method, path) != 2)
		return;
	if (at)
		sscanf(at, "Host: %255[^:\r\n]", host);
	atomic_fetch_add(&server.requests, 1);
	atomic_fetch_add(&server.heads, strcmp(method, "HEAD") == 0);
	pthread_mutex_lock(&server.mutex);
	snprintf(server.last_paths + strlen(server.last_paths), sizeof(server.last_paths) - strlen(server.last_paths),
		"%s %s%s\n", method, host, path);
	pthread_mutex_unlock(&server.mutex);
	row = served_at(host, path);
	if (row && row->hang)
		while (!atomic_load(&server.stop) && poll(&(struct pollfd){fd, POLLIN | POLLHUP, 0}, 1, 20) == 0)
			;
	else if (row && row->grow) {
		char body[5000];

		snprintf(body, sizeof(body), "<a href='%.2000sa'>a</a><a href='%.2000sb'>b</a>", path, path);
		send_answer(fd, false, &(struct served){.body = body});
	} else
		send_answer(fd, strcmp(method, "HEAD") == 0, row);
}

static void *serve_one(void *data)
{
	int fd = (int)(intptr_t)data;
	char request[8192];
	size_t got = 0;

	while (got + 1 < sizeof(request)) {
		ssize_t n = read(fd, request + got, sizeof(request) - 1 - got);

		if (n <= 0)
			break;
		got += (size_t)n;
		request[got] = 0;
		if (strstr(request, "\r\n\r\n")) {
			answer_request(fd, request);
			break;
		}
	}
	shutdown(fd, SHUT_WR);
	while (read(fd, request, sizeof(request)) > 0)
		;
	close(fd);
	atomic_fetch_sub(&server.open, 1);
	return NULL;
}

static void *serve(void *data)
{
	(void)data;
	while (!atomic_load(&server.stop)) {
		int fd = accept(server.fd, NULL, NULL);
		pthread_t thread;

		if (fd < 0)
			continue;
		atomic_fetch_add(&server.open, 1);
		if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) == 0)
			pthread_detach(thread);
		else
			close(fd);
	}
	return NULL;
}

static int server_start(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(address);

	(void)state;
	server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server.fd, (struct sockaddr *)&address, n) != 0 || listen(server.fd, 128) != 0 ||
		getsockname(server.fd, (struct sockaddr *)&address, &n) != 0)
		return -1;
	server.port = ntohs(address.sin_port);
	return pthread_create(&server.thread, NULL, serve, NULL);
}

static int server_stop(void **state)
{
	(void)state;
	atomic_store(&server.stop, true);
	shutdown(server.fd, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	close(server.fd);
	while (atomic_load(&server.open) > 0) /* each ends by `stop` */
		poll(NULL, 0, 5);
	return 0;
}

#endif
