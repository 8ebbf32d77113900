/* The parts of one look, which look.c puts together: questions in clear, one handshake, HTTP. Private to inspect/tls. */
#ifndef WQ_INSPECT_TLS_LOOK_PRIV_H
#define WQ_INSPECT_TLS_LOOK_PRIV_H

#include "inspect/tls/dial.h"

struct tls_look {
	struct wq_arena *arena;
	const struct wq_tls_options *options;
	const struct wq_tls_rules *rules;
	struct tls_dial dial;
	wq_str host; /* as in the observation */
	uint16_t port;
	struct wq_tls_observation *o;
	wq_err e;                       /* sticky: ours, never the peer's */
	wq_str certs[WQ_TLS_CERTS_MAX]; /* of the best answer in clear */
	size_t certs_n;
	wq_str tlcp[WQ_TLS_CERTS_MAX];
	size_t tlcp_n;
	unsigned silent; /* questions in a row on which nothing came, not even an end */
};

/* Versions, suites and what answers in clear tell (probe.c). */
void tls_look_probe(struct tls_look *look);
/* One handshake to its end, certificates, and what the server says over HTTP (talk.c). */
void tls_look_talk(struct tls_look *look);
/* HTTP without TLS (talk.c). */
void tls_look_plain(struct tls_look *look, uint16_t port);
/* Reads and judges a list of certificates (certs.c). */
void tls_look_certs(struct tls_look *look, const wq_str *ders, size_t n, wq_str staple, struct wq_tls_chain *ret_chain);

#endif
