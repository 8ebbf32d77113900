/* A TLS client that speaks to whatever is there: for looking, not for trusting. No socket: bytes in, bytes out.
 *
 * It takes any certificate and old versions and keys as far as the library still has them; nothing secret may be sent over it.
 * Whether the peer is who it should be is for crypto/x509_path.h to say. Bad at: client certificates, resumption.
 */
#ifndef WQ_CRYPTO_TLS_CLIENT_H
#define WQ_CRYPTO_TLS_CLIENT_H

#include "base/buf.h"

enum { WQ_TLS_CLIENT_CERTS_MAX = 10, WQ_TLS_CLIENT_STAPLE_MAX = 64 * 1024 };

struct wq_tls_client;

/* `server_name` goes into SNI unless it is empty or an address. Errors: WQ_E_CRYPTO, WQ_E_NO_MEMORY, WQ_E_INPUT. */
wq_err wq_tls_client_new(wq_str server_name, struct wq_tls_client **ret_client);
/* Accepts NULL. */
void wq_tls_client_free(struct wq_tls_client **client);

/* Takes what came from the peer (nothing, to begin) and adds to `out` what has to be sent, to `plain` what was received.
 * Errors: WQ_E_PEER with the library's reason when the handshake or the stream fails; what is in `out` is to be sent even then. */
wq_err wq_tls_client_step(struct wq_tls_client *client, wq_str in, struct wq_buf *out, struct wq_buf *plain);
/* The handshake is done: the rest may be asked and data written. */
bool wq_tls_client_ready(const struct wq_tls_client *client);
/* The peer has ended the stream. */
bool wq_tls_client_ended(const struct wq_tls_client *client);
/* Requires: ready. Errors: WQ_E_PEER. */
wq_err wq_tls_client_write(struct wq_tls_client *client, wq_str plain, struct wq_buf *out);

/* The certificates as sent, leaf first, at most WQ_TLS_CLIENT_CERTS_MAX; DER, lives as long as the client. Returns how many. */
size_t wq_tls_client_certs(struct wq_tls_client *client, wq_str ret_ders[WQ_TLS_CLIENT_CERTS_MAX]);
/* The stapled OCSP response in DER, or empty. */
wq_str wq_tls_client_staple(const struct wq_tls_client *client);
/* As on the wire: 0x0304, 0x1301. 0 before the handshake is done. */
uint16_t wq_tls_client_version(const struct wq_tls_client *client);
uint16_t wq_tls_client_suite(const struct wq_tls_client *client);

#endif
