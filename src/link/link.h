/* Messages between our own processes: typed, size-checked, with descriptors, over Unix SOCK_SEQPACKET sockets.
 *
 *     packet = u32 magic (the protocol and its version), u16 type, u16 flags, u32 payload bytes, payload   (big-endian)
 *
 * A protocol is a table: one row a message type with who may send it, its least and largest payload and the exact number
 * of descriptors. Invariants: a message that breaks its row never reaches the caller, and descriptors that came with it
 * are closed; what was received is never executed, only decoded (base/cursor.h); every call returns at once, except those
 * named _wait, which end at their timeout; the queue of what could not be sent yet is bounded. Who the peer is, is asked
 * of the kernel (SO_PEERCRED), never of the peer. After an error other than WQ_E_BUSY the link is `broken`: close it.
 *
 * Not good at: other machines, bulk data (hand over a descriptor instead). Not thread-safe.
 */
#ifndef WQ_LINK_LINK_H
#define WQ_LINK_LINK_H

#include <sys/types.h>

#include "base/base.h"
#include "base/buf.h"

enum {
	WQ_LINK_HEADER = 12,
	WQ_LINK_PAYLOAD_MAX = 64 * 1024, /* no row may allow more */
	WQ_LINK_FDS_MAX = 16,
	WQ_LINK_QUEUE_MAX = 64, /* messages that wait to be sent */
	WQ_LINK_BACKLOG = 64,
	WQ_LINK_ALLOW_MAX = 16 /* user ids that may connect */
};

/* Which end of a connection: the one that listened is the server. */
enum wq_link_end { WQ_LINK_SERVER = 1, WQ_LINK_CLIENT = 2, WQ_LINK_BOTH = 3 };

struct wq_link_type {
	uint16_t type;
	const char *name;
	enum wq_link_end sender;
	uint32_t min_bytes, max_bytes;
	uint8_t fds;     /* least number of descriptors */
	uint8_t fds_max; /* largest; 0 stands for `fds` */
};

struct wq_link_protocol {
	const char *name;
	uint32_t magic;
	const struct wq_link_type *types;
	size_t types_n;
};

struct wq_link_message {
	const struct wq_link_type *type;
	uint16_t flags;
	wq_str payload; /* in the link's buffer: valid until the next receive or close */
	int fds[WQ_LINK_FDS_MAX];
	size_t fds_n;
};

struct wq_link_peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

struct wq_link;

/* ---- sockets ---- */
/* A listening socket, non-blocking and close-on-exec. A socket file that nobody listens on any more is replaced; one that
 * is served, or a file of another kind, is WQ_E_EXISTS. `mode` is set before the first connection can arrive. */
wq_err wq_link_listen(const char *path, mode_t mode, int *ret_fd);
/* The next waiting connection. Errors: WQ_E_BUSY when none waits; WQ_E_DENIED when the peer's user is neither root nor one
 * of `allow` (the connection is closed, `*ret_peer` is filled for the log); WQ_E_IO. */
wq_err wq_link_accept(int listen_fd, const uid_t *allow, size_t allow_n, int *ret_fd, struct wq_link_peer *ret_peer);
/* Connects; the peer must run as root, as ourselves or as one of `allow`. Errors: WQ_E_PEER when nobody listens, WQ_E_BUSY
 * when its backlog is full, WQ_E_DENIED, WQ_E_USAGE for a path that does not fit a socket address. */
wq_err wq_link_connect(
	const char *path, const uid_t *allow, size_t allow_n, int *ret_fd, struct wq_link_peer *ret_peer);
wq_err wq_link_peer(int fd, struct wq_link_peer *ret_peer);
/* A user by number, or by name as the machine knows it (which may load libraries and ask services: before a lock-in).
 * WQ_E_USAGE when there is no such name. */
wq_err wq_link_user(const char *text, uid_t *ret_uid);

/* ---- a connection ---- */
/* Takes `fd` (also when it fails: then it is closed) and makes it non-blocking. `protocol` outlives the link. */
wq_err wq_link_open(
	int fd, const struct wq_link_protocol *protocol, enum wq_link_end our_end, struct wq_link **ret_link);
void wq_link_close(struct wq_link **link);
int wq_link_fd(const struct wq_link *link);

/* Sends, or keeps a copy (payload and duplicates of the descriptors) until wq_link_flush(). The descriptors stay the
 * caller's. Errors: WQ_E_BUSY when the queue is full (nothing was taken), WQ_E_BUG for a message against its row,
 * WQ_E_PEER. */
wq_err wq_link_send(struct wq_link *link, uint16_t type, uint16_t flags, wq_str payload, const int *fds, size_t fds_n);
/* Sends what waits. WQ_OK also when some is left: ask wq_link_waiting(). */
wq_err wq_link_flush(struct wq_link *link);
/* Messages that wait for the socket to become writable. */
size_t wq_link_waiting(const struct wq_link *link);

/* The next message. Errors: WQ_E_BUSY when there is none; WQ_E_PEER when the peer is gone or broke the protocol. End every
 * received message with wq_link_message_done(). */
wq_err wq_link_receive(struct wq_link *link, struct wq_link_message *ret_message);
/* The same with a deadline. Errors: also WQ_E_TIMEOUT. Flushes our own queue meanwhile. */
wq_err wq_link_receive_wait(struct wq_link *link, int timeout_msec, struct wq_link_message *ret_message);
/* Descriptor `i`, which is the caller's from here on; -1 when it was taken before or is not there. */
int wq_link_take_fd(struct wq_link_message *message, size_t i);
/* Closes what was not taken. */
void wq_link_message_done(struct wq_link_message *message);

/* ---- the format alone ---- */
/* Checks one packet that `sender` sent with `fds_n` descriptors and views it. Errors: WQ_E_FORMAT. */
wq_err wq_link_parse(const struct wq_link_protocol *protocol, enum wq_link_end sender, wq_str packet, size_t fds_n,
	struct wq_link_message *ret_message);
/* The row of a type, or NULL. */
const struct wq_link_type *wq_link_type_find(const struct wq_link_protocol *protocol, uint16_t type);

#endif
