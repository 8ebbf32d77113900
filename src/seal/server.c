#include "seal/server.h"

#include <limits.h>

#include "base/sandbox.h"

enum { DESCRIPTORS_MAX = 256 };

struct client {
	struct wq_seal_server *server;
	struct wq_link *link; /* NULL: the place is free */
	struct wq_watch *watch;
	uint64_t heard; /* number of the request, or of the connection, that was its last */
};

struct wq_seal_server {
	struct wq_loop *loop;
	struct wq_log *log;
	struct wq_seal_service *service;
	struct wq_watch *watch;
	uid_t allow[WQ_LINK_ALLOW_MAX + 1];
	size_t allow_n;
	int listen_fd;
	char socket[PATH_MAX];
	uint64_t heard; /* requests and connections so far */
	struct client clients[WQ_SEAL_CLIENTS_MAX];
};

/* ---- one client ---- */

static void drop(struct client *client)
{
	wq_watch_close(&client->watch);
	wq_link_close(&client->link);
}

/* Answers, or refuses and says so; an error means that the client is gone or broke the protocol. */
static wq_err answer(struct client *client, struct wq_link_message *message)
{
	struct wq_seal_server *server = client->server;
	const char *request = message->type->name;
	wq_err e = wq_seal_service_answer(server->service, client->link, message);

	if (!wq_failed(e))
		wq_event(server->log, SIGN_ANSWERED, wq_f_text("request", request));
	else
		wq_event(server->log, SIGN_REFUSED, wq_f_text("request", request), wq_f_err("error", e));
	WQ_TRY(wq_link_flush(client->link));
	return wq_link_waiting(client->link) == 0 ? WQ_OK : wq_error(WQ_E_PEER, "it does not take its answer");
}

static void on_request(void *data, uint32_t events)
{
	struct client *client = data;
	struct wq_link_message message;
	wq_err e = wq_link_receive(client->link, &message);

	(void)events;
	if (wq_is(e, WQ_E_BUSY))
		return;
	if (!wq_failed(e)) {
		client->heard = ++client->server->heard;
		e = answer(client, &message);
		wq_link_message_done(&message);
	}
	if (wq_failed(e))
		drop(client);
}

/* A free place, or that of the client which was silent for the longest time. */
static struct client *place(struct wq_seal_server *server)
{
	struct client *oldest = &server->clients[0];

	for (size_t i = 0; i < WQ_SEAL_CLIENTS_MAX; i++) {
		if (!server->clients[i].link)
			return &server->clients[i];
		if (server->clients[i].heard < oldest->heard)
			oldest = &server->clients[i];
	}
	drop(oldest);
	return oldest;
}

static void on_connect(void *data, uint32_t events)
{
	struct wq_seal_server *server = data;
	struct wq_link_peer peer;
	struct client *client;
	int fd;
	wq_err e = wq_link_accept(server->listen_fd, server->allow, server->allow_n, &fd, &peer);

	(void)events;
	if (wq_is(e, WQ_E_DENIED))
		wq_event(server->log, SIGN_PEER_DENIED, wq_f_u64("uid", peer.uid), wq_f_u64("pid", (uint64_t)peer.pid));
	if (wq_failed(e))
		return;
	client = place(server);
	client->server = server;
	client->heard = ++server->heard;
	if (wq_failed(wq_link_open(fd, &wq_seal_protocol, WQ_LINK_SERVER, &client->link)))
		return;
	if (wq_failed(wq_loop_watch_fd(
		    server->loop, wq_link_fd(client->link), WQ_LOOP_IN, on_request, client, &client->watch)))
		drop(client);
}

/* ---- life ---- */

wq_err wq_seal_server_new(struct wq_loop *loop, struct wq_log *log, const char *socket, const uid_t *allow,
	size_t allow_n, struct wq_seal_server **ret_server)
{
	struct wq_seal_server *server = calloc(1, sizeof *server);
	wq_err e;

	if (!server)
		return wq_error_id(WQ_E_NO_MEMORY);
	server->loop = loop;
	server->log = log;
	server->listen_fd = -1;
	server->allow[server->allow_n++] = geteuid();
	for (size_t i = 0; i < allow_n && i < WQ_LINK_ALLOW_MAX; i++)
		server->allow[server->allow_n++] = allow[i];
	snprintf(server->socket, sizeof server->socket, "%s", socket);
	e = wq_link_listen(socket, WQ_SEAL_SOCKET_MODE, &server->listen_fd);
	if (wq_failed(e)) {
		wq_seal_server_free(&server);
		return e;
	}
	*ret_server = server;
	return WQ_OK;
}

wq_err wq_seal_server_start(struct wq_seal_server *server, struct wq_seal_service *service)
{
	server->service = service;
	return wq_loop_watch_fd(server->loop, server->listen_fd, WQ_LOOP_IN, on_connect, server, &server->watch);
}

void wq_seal_server_free(struct wq_seal_server **server)
{
	struct wq_seal_server *s = *server;

	*server = NULL;
	if (!s)
		return;
	for (size_t i = 0; i < WQ_SEAL_CLIENTS_MAX; i++)
		drop(&s->clients[i]);
	wq_watch_close(&s->watch);
	if (s->listen_fd >= 0) {
		close(s->listen_fd);
		unlink(s->socket);
	}
	free(s);
}

/* ---- lock-in ---- */

wq_err wq_seal_sandbox_parse(const char *text, enum wq_seal_sandbox *ret_sandbox)
{
	static const char *const words[] = {
		[WQ_SEAL_SANDBOX_OFF] = "off", [WQ_SEAL_SANDBOX_ON] = "on", [WQ_SEAL_SANDBOX_REQUIRED] = "required"};

	for (size_t i = 0; i < WQ_COUNT(words); i++)
		if (strcmp(text, words[i]) == 0) {
			*ret_sandbox = (enum wq_seal_sandbox)i;
			return WQ_OK;
		}
	return wq_error(WQ_E_USAGE, "--sandbox takes off, on or required");
}

wq_err wq_seal_lock_in(enum wq_seal_sandbox sandbox, const char *dir, struct wq_log *log)
{
	const char *write_paths[] = {dir, NULL};
	struct wq_sandbox_spec spec = {.write_paths = write_paths,
		.allow = WQ_SANDBOX_FILES | WQ_SANDBOX_UNIX,
		.max_descriptors = DESCRIPTORS_MAX,
		.required = sandbox == WQ_SEAL_SANDBOX_REQUIRED
			? WQ_SANDBOX_ALL & ~WQ_SANDBOX_BIT(WQ_SANDBOX_LANDLOCK_NET)
			: WQ_SANDBOX_BIT(WQ_SANDBOX_NO_NEW_PRIVS)};
	struct wq_sandbox_report report;
	wq_err e;

	if (sandbox == WQ_SEAL_SANDBOX_OFF) {
		wq_event(log, SANDBOX_PART_OFF, wq_f_text("part", "all"), wq_f_text("why", "--sandbox=off"));
		return WQ_OK;
	}
	e = wq_sandbox_enter(&spec, &report);
	for (int i = 0; i < WQ_SANDBOX_PARTS; i++)
		if (!report.parts[i].on)
			wq_event(log, SANDBOX_PART_OFF,
				wq_f_text("part", wq_sandbox_part_name((enum wq_sandbox_part)i)),
				wq_f_text("why", report.parts[i].why));
	return e;
}
