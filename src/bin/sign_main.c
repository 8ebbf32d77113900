/* weique-sign: the only holder of the sealing key (seal/service.h).
 *
 *     weique-sign init   --dir DIR [--passphrase-file FILE]     make the folder, key and trust list
 *     weique-sign public --dir DIR [--passphrase-file FILE]     print the public key, 130 hexadecimal digits
 *     weique-sign serve  --dir DIR --socket PATH [--passphrase-file FILE] [--allow-uid N ...] [--log FILE]
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/loop.h"
#include "seal/service.h"

enum { CLIENTS_MAX = 16, SOCKET_MODE = 0660 };

struct client {
	struct server *server;
	struct wq_link *link;
	struct wq_watch *watch;
};

struct server {
	struct wq_loop *loop;
	struct wq_log *log;
	struct wq_seal_service *service;
	uid_t allow[WQ_LINK_ALLOW_MAX];
	size_t allow_n;
	int listen_fd;
	struct client clients[CLIENTS_MAX];
};

static void drop(struct client *client)
{
	wq_watch_close(&client->watch);
	wq_link_close(&client->link);
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
		const char *request = message.type->name;
		e = wq_seal_service_answer(client->server->service, client->link, &message);
		wq_link_message_done(&message);
		if (!wq_failed(e))
			wq_event(client->server->log, SIGN_ANSWERED, wq_f_text("request", request));
		else
			wq_event(
				client->server->log, SIGN_REFUSED, wq_f_text("request", request), wq_f_err("error", e));
		if (!wq_failed(wq_link_flush(client->link)) && wq_link_waiting(client->link) == 0)
			return;
	}
	drop(client);
}

static void on_connect(void *data, uint32_t events)
{
	struct server *server = data;
	struct wq_link_peer peer;
	struct client *client = NULL;
	int fd;
	wq_err e = wq_link_accept(server->listen_fd, server->allow, server->allow_n, &fd, &peer);

	(void)events;
	if (wq_is(e, WQ_E_DENIED))
		wq_event(server->log, SIGN_PEER_DENIED, wq_f_u64("uid", peer.uid), wq_f_u64("pid", (uint64_t)peer.pid));
	if (wq_failed(e))
		return;
	for (size_t i = 0; i < CLIENTS_MAX && !client; i++)
		if (!server->clients[i].link)
			client = &server->clients[i];
	if (!client) {
		close(fd);
		return;
	}
	client->server = server;
	if (wq_failed(wq_link_open(fd, &wq_seal_protocol, WQ_LINK_SERVER, &client->link)))
		return;
	if (wq_failed(wq_loop_watch_fd(
		    server->loop, wq_link_fd(client->link), WQ_LOOP_IN, on_request, client, &client->watch)))
		drop(client);
}

static void on_signal(void *data, int signum)
{
	(void)signum;
	wq_loop_stop(data);
}

static wq_err serve(struct server *server, const char *socket)
{
	struct wq_watch *watch[3];
	wq_err e;

	WQ_TRY(wq_loop_new(&wq_clock_system, &server->loop));
	WQ_TRY(wq_loop_watch_signal(server->loop, SIGTERM, on_signal, server->loop, &watch[0]));
	WQ_TRY(wq_loop_watch_signal(server->loop, SIGINT, on_signal, server->loop, &watch[1]));
	WQ_TRY(wq_link_listen(socket, SOCKET_MODE, &server->listen_fd));
	WQ_TRY(wq_loop_watch_fd(server->loop, server->listen_fd, WQ_LOOP_IN, on_connect, server, &watch[2]));
	wq_event(server->log, PROCESS_STARTED, wq_f_text("process", "weique-sign"));
	e = wq_loop_run(server->loop);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		drop(&server->clients[i]);
	wq_loop_free(&server->loop);
	close(server->listen_fd);
	unlink(socket);
	wq_event(server->log, PROCESS_STOPPED, wq_f_text("process", "weique-sign"));
	return e;
}

struct options {
	const char *verb, *dir, *socket, *passphrase_file, *log;
};

static wq_err parse(int argc, char **argv, struct options *o, struct server *server)
{
	static const char usage[] = "weique-sign init|public|serve --dir DIR [--socket PATH] [--passphrase-file FILE] "
				    "[--allow-uid N] [--log FILE]";
	uint64_t uid;

	o->verb = argc > 1 ? argv[1] : "";
	for (int i = 2; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		const char **into = strcmp(argv[i], "--dir") == 0   ? &o->dir
			: strcmp(argv[i], "--socket") == 0          ? &o->socket
			: strcmp(argv[i], "--passphrase-file") == 0 ? &o->passphrase_file
			: strcmp(argv[i], "--log") == 0             ? &o->log
								    : NULL;

		if (into && value)
			*into = value;
		else if (strcmp(argv[i], "--allow-uid") == 0 && value && server->allow_n < WQ_LINK_ALLOW_MAX &&
			wq_str_to_u64(wq_str_c(value), UINT32_MAX - 1, &uid))
			server->allow[server->allow_n++] = (uid_t)uid;
		else
			return wq_error(WQ_E_USAGE, "%s", usage);
	}
	if (!o->dir || (strcmp(o->verb, "serve") == 0 && !o->socket))
		return wq_error(WQ_E_USAGE, "%s", usage);
	return WQ_OK;
}

static wq_err run(const struct options *o, struct server *server, const struct wq_secret *passphrase)
{
	char hex[2 * WQ_SM2_PUBLIC_BYTES + 1];
	wq_sm2_public public_key;

	if (strcmp(o->verb, "init") == 0)
		return wq_seal_service_init(&wq_fs_system, o->dir, passphrase);
	if (strcmp(o->verb, "serve") != 0 && strcmp(o->verb, "public") != 0)
		return wq_error(WQ_E_USAGE, "no verb %s; there are init, public, serve", o->verb);
	WQ_TRY(wq_seal_service_open(&wq_fs_system, o->dir, passphrase, &wq_clock_system, &server->service));
	if (strcmp(o->verb, "serve") == 0)
		return serve(server, o->socket);
	public_key = wq_seal_service_public(server->service);
	printf("%s\n", wq_hex(public_key.point, sizeof public_key.point, hex));
	return WQ_OK;
}

int main(int argc, char **argv)
{
	/* who runs as we do could read the key anyway; root is always let in, others by --allow-uid */
	struct server server = {.listen_fd = -1, .allow = {geteuid()}, .allow_n = 1};
	struct wq_secret passphrase = {0};
	struct options options = {0};
	wq_err e;

	umask(077);
	WQ_IGNORE(wq_log_new(&wq_clock_system, WQ_LANG_EN, &server.log));
	e = parse(argc, argv, &options, &server);
	WQ_IGNORE(options.log ? wq_log_add_json_file(server.log, options.log, WQ_LEVEL_INFO)
			      : wq_log_add_text(server.log, STDERR_FILENO, WQ_LEVEL_INFO));
	if (!wq_failed(e))
		e = wq_crypto_init();
	if (!wq_failed(e))
		e = wq_secret_read(options.passphrase_file, &passphrase);
	if (!wq_failed(e))
		e = run(&options, &server, &passphrase);
	if (wq_failed(e)) {
		wq_event(server.log, PROCESS_FAILED, wq_f_err("error", e));
		fprintf(stderr, "weique-sign: %s: %s\n", wq_err_message(e, WQ_LANG_EN), wq_err_note(e));
	}
	wq_secret_done(&passphrase);
	wq_seal_service_close(&server.service);
	wq_log_free(&server.log);
	return wq_err_exit(e);
}
