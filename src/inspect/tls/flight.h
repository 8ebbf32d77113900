/* What a server answers to a ClientHello, as far as it is in clear: alert, ServerHello, certificates, parameters of the key
 * exchange. SSLv3 to TLS 1.2, TLCP; of TLS 1.3 the ServerHello; of SSLv2 the SERVER-HELLO.
 *
 * Invariants: everything comes from outside; records over 2^14 + 2048 bytes, messages over TLS_MESSAGE_MAX and what the
 * protocol does not allow end the flight as TLS_FLIGHT_WRONG; slices lie in the arena. Signatures are not looked at: what
 * matters here is what the server offers, not who it is. Private to inspect/tls. */
#ifndef WQ_INSPECT_TLS_FLIGHT_H
#define WQ_INSPECT_TLS_FLIGHT_H

#include "base/arena.h"
#include "base/buf.h"
#include "detect/tls/tls.h"

enum { TLS_MESSAGE_MAX = 96 * 1024 };

enum tls_flight_state {
	TLS_FLIGHT_MORE, /* goes on */
	TLS_FLIGHT_DONE, /* ServerHelloDone, or what comes now is encrypted */
	TLS_FLIGHT_ALERT,
	TLS_FLIGHT_WRONG /* no TLS, or broken */
};

struct tls_flight {
	enum tls_flight_state state;
	bool hello;       /* a ServerHello was read: what follows here is from it */
	uint16_t version; /* as on the wire; of TLS 1.3 from supported_versions */
	uint16_t suite;
	bool compressed, renegotiation;
	wq_str certs[WQ_TLS_CERTS_MAX]; /* DER */
	size_t certs_n;
	uint32_t dh_bits;
	uint16_t group;
	uint8_t alert; /* description */
	/* inside */
	bool begun; /* a record was read: it is not SSLv2 */
	struct wq_arena *arena;
	struct wq_buf raw, messages;
};

/* `arena` takes the certificates. */
void tls_flight_init(struct tls_flight *flight, struct wq_arena *arena);
void tls_flight_done(struct tls_flight *flight);
/* Takes what came. Returns the state; after any but TLS_FLIGHT_MORE nothing more is read. */
enum tls_flight_state tls_flight_feed(struct tls_flight *flight, wq_str bytes);

#endif
