#include "inspect/tls/look_priv.h"

#include "crypto/tls_client.h"
#include "text/header.h"

enum {
	RECEIVE_BYTES = 16 * 1024,
	HTTP_BYTES = 128 * 1024,
	REQUEST_BYTES = 1024,
	VALUE_MAX = 2048,
	HTTPS = 443,
	HTTP = 80
};

/* ---- HTTP, as much as is needed ---- */

static void put_request(const struct tls_look *look, uint16_t port, uint16_t usual, struct wq_buf *out)
{
	wq_buf_printf(out, "GET / HTTP/1.1\r\nHost: %.*s", WQ_S_ARG(look->host));
	if (port != usual)
		wq_buf_printf(out, ":%u", port);
	wq_buf_add(out, WQ_S("\r\nUser-Agent: Weique\r\nAccept: */*\r\nConnection: close\r\n\r\n"));
}

static bool has_head(const struct wq_buf *plain)
{
	return wq_str_find(wq_buf_str(plain), WQ_S("\r\n\r\n")) >= 0;
}

static void read_head(struct tls_look *look, const struct wq_buf *plain, struct wq_tls_http *http)
{
	wq_str head = wq_buf_str(plain), line, value;
	ptrdiff_t at = wq_str_find(head, WQ_S("\r\n\r\n"));
	uint64_t status;

	if (at < 0)
		return;
	head = wq_str_head(head, (size_t)at);
	line = wq_str_cut(&head, '\n');
	/* HTTP/1.1 200 OK */
	if (!wq_str_starts(line, WQ_S("HTTP/1.")) || line.n < 12 ||
		!wq_str_to_u64(wq_str_of(line.p + 9, 3), 999, &status))
		return;
	http->answered = true;
	http->status = (int)status;
	http->location = wq_arena_str(look->arena, wq_str_head(wq_header_find(head, WQ_S("Location")), VALUE_MAX));
	value = wq_header_find(head, WQ_S("Strict-Transport-Security"));
	http->has_hsts = value.p != NULL;
	http->hsts = wq_arena_str(look->arena, wq_str_head(value, VALUE_MAX));
}

/* ---- over TLS ---- */

struct talk {
	struct tls_look *look;
	struct wq_tls_client *client;
	struct wq_buf out, plain;
	bool asked;
};

static bool flush(struct talk *t)
{
	bool good = tls_dial_send(&t->look->dial, wq_buf_str(&t->out));

	wq_buf_clear(&t->out);
	return good;
}

static bool write_request(struct talk *t)
{
	WQ_BUF(request, REQUEST_BYTES);

	t->asked = true;
	put_request(t->look, t->look->port, HTTPS, &request);
	return !wq_failed(wq_tls_client_write(t->client, wq_buf_str(&request), &t->out)) && flush(t);
}

/* Handshake, request, head of the answer: until one of them is not to be had. */
static void exchange(struct talk *t)
{
	char room[RECEIVE_BYTES];
	size_t n = 0, total = 0;

	do {
		wq_err e = wq_tls_client_step(t->client, wq_str_of(room, n), &t->out, &t->plain);

		if (!flush(t) || wq_failed(e) || has_head(&t->plain) || wq_tls_client_ended(t->client))
			return;
		if (wq_tls_client_ready(t->client) && !t->asked && !write_request(t))
			return;
		n = tls_dial_receive(&t->look->dial, room, sizeof(room));
		total += n;
	} while (n > 0 && total < WQ_TLS_FLIGHT_MAX);
}

static void take(struct talk *t)
{
	struct tls_look *look = t->look;
	wq_str ders[WQ_TLS_CLIENT_CERTS_MAX];
	size_t n = wq_tls_client_certs(t->client, ders);

	if (n)
		tls_look_certs(look, ders, n, wq_tls_client_staple(t->client), &look->o->chain);
	read_head(look, &t->plain, &look->o->https);
}

static bool may_shake_hands(const struct wq_tls_observation *o)
{
	for (int v = WQ_TLS_10; v <= WQ_TLS_13; v++)
		if (o->versions[v] == WQ_TLS_YES)
			return true;
	return false;
}

void tls_look_talk(struct tls_look *look)
{
	struct talk t = {.look = look};

	if (may_shake_hands(look->o) && !tls_dial_over(&look->dial) &&
		tls_dial_open(&look->dial, look->port) == TLS_DIAL_OPEN) {
		wq_buf_init(&t.out, WQ_TLS_FLIGHT_MAX);
		wq_buf_init(&t.plain, HTTP_BYTES);
		look->e = wq_tls_client_new(look->host, &t.client);
		if (!wq_failed(look->e)) {
			exchange(&t);
			take(&t);
		}
		wq_tls_client_free(&t.client);
		wq_buf_done(&t.out);
		wq_buf_done(&t.plain);
		tls_dial_close(&look->dial);
	}
	/* no handshake to be had: what was sent in clear */
	if (look->o->chain.n == 0)
		tls_look_certs(look, look->certs, look->certs_n, WQ_S_NONE, &look->o->chain);
	tls_look_certs(look, look->tlcp, look->tlcp_n, WQ_S_NONE, &look->o->tlcp);
}

/* ---- without ---- */

void tls_look_plain(struct tls_look *look, uint16_t port)
{
	WQ_BUF(request, REQUEST_BYTES);
	WQ_BUF(plain, HTTP_BYTES);
	char room[RECEIVE_BYTES];
	enum tls_dialled dialled;
	size_t n;

	if (wq_failed(look->e) || tls_dial_over(&look->dial))
		return;
	dialled = tls_dial_open(&look->dial, port);
	look->o->http_refused = dialled == TLS_DIAL_REFUSED;
	put_request(look, port, HTTP, &request);
	if (dialled == TLS_DIAL_OPEN && tls_dial_send(&look->dial, wq_buf_str(&request)))
		while (!has_head(&plain) && (n = tls_dial_receive(&look->dial, room, sizeof(room))) > 0) {
			wq_buf_add(&plain, wq_str_of(room, n));
			if (wq_failed(wq_buf_err(&plain)))
				break;
		}
	tls_dial_close(&look->dial);
	read_head(look, &plain, &look->o->http);
}
