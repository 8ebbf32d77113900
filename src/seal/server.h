/* weique-sign as a server: who may connect, one answer to each request, and the lock-in before the first.
 *
 * Order for main(): wq_seal_server_new() makes the socket while that is still possible; wq_seal_lock_in() takes everything
 * away that is not needed; then the service is opened and given to wq_seal_server_start(). One thread, one request at a
 * time. There are WQ_SEAL_CLIENTS_MAX places: when all are taken the longest silent client loses its own, so nobody can keep
 * others out by connecting and saying nothing.
 */
#ifndef WQ_SEAL_SERVER_H
#define WQ_SEAL_SERVER_H

#include "base/log.h"
#include "base/loop.h"
#include "seal/service.h"

enum { WQ_SEAL_CLIENTS_MAX = 16, WQ_SEAL_SOCKET_MODE = 0660 };

struct wq_seal_server;

/* Listens at `socket` for processes of root, of our own user and of `allow`. Borrows loop and log. */
wq_err wq_seal_server_new(struct wq_loop *loop, struct wq_log *log, const char *socket, const uid_t *allow,
	size_t allow_n, struct wq_seal_server **ret_server);
/* Begins to answer. Borrows the service. */
wq_err wq_seal_server_start(struct wq_seal_server *server, struct wq_seal_service *service);
/* Ends all connections. The socket's file is removed unless the lock-in forbids it; the next server replaces it. */
void wq_seal_server_free(struct wq_seal_server **server);

enum wq_seal_sandbox { WQ_SEAL_SANDBOX_OFF, WQ_SEAL_SANDBOX_ON, WQ_SEAL_SANDBOX_REQUIRED };
/* "off", "on", "required"; otherwise WQ_E_USAGE. */
wq_err wq_seal_sandbox_parse(const char *text, enum wq_seal_sandbox *ret_sandbox);

/* Landlock: nothing but `dir`. Seccomp: files and Unix sockets, no network, no child, no exec. No capabilities, no core
 * dumps, no debugger. What this machine cannot give is an event each (sandbox.part_off), or with REQUIRED the error
 * WQ_E_UNSUPPORTED (TCP by Landlock excepted, which seccomp covers). Cannot be undone. */
wq_err wq_seal_lock_in(enum wq_seal_sandbox sandbox, const char *dir, struct wq_log *log);

#endif
