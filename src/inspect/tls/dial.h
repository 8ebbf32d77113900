/* Connections to the one address of a look, one at a time, each with a deadline. Private to inspect/tls. */
#ifndef WQ_INSPECT_TLS_DIAL_H
#define WQ_INSPECT_TLS_DIAL_H

#include <sys/socket.h>

#include "base/buf.h"
#include "inspect/tls/tls.h"

enum tls_dialled { TLS_DIAL_OPEN, TLS_DIAL_REFUSED, TLS_DIAL_SILENT /* no way there, or no answer */ };

struct tls_dial {
	const struct wq_tls_options *options;
	const struct wq_clock *clock;
	struct sockaddr_storage address;
	socklen_t address_n;
	uint64_t began, ends, until; /* monotonic msec: of the look, of this connection */
	uint32_t probe_msec;
	uint32_t connections;
	int fd;
};

void tls_dial_init(struct tls_dial *dial, const struct wq_tls_options *options);
/* Takes an address of `host`; says in `o` what became of it (address, resolved, forbidden). True when it may be asked. */
bool tls_dial_find(struct tls_dial *dial, struct wq_arena *arena, wq_str host, struct wq_tls_observation *o);
/* Opens a connection; one that is open is closed. */
enum tls_dialled tls_dial_open(struct tls_dial *dial, uint16_t port);
/* False when it cannot be sent before the deadline. */
bool tls_dial_send(struct tls_dial *dial, wq_str bytes);
/* Waits for bytes: how many came, 0 at the end of the stream, after an error and at the deadline. */
size_t tls_dial_receive(struct tls_dial *dial, void *room, size_t n);
/* Accepts one that is not open. */
void tls_dial_close(struct tls_dial *dial);
/* The time of this connection is used up. */
bool tls_dial_late(const struct tls_dial *dial);
/* All the time of the look is used up. */
bool tls_dial_over(const struct tls_dial *dial);

#endif
