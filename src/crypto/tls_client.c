#include "crypto/tls_client.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

enum { NAME_MAX_BYTES = 255, READ_BYTES = 16 * 1024 };

struct wq_tls_client {
	SSL_CTX *ctx;
	SSL *ssl; /* owns both */
	BIO *in, *out;
	bool ended;
	uint8_t *ders[WQ_TLS_CLIENT_CERTS_MAX];
};

static wq_err refused(void)
{
	unsigned long code = ERR_peek_error();
	const char *why = code ? ERR_reason_error_string(code) : NULL;
	wq_err e = wq_error(WQ_E_PEER, "%s", why ? why : "the stream ended");

	ERR_clear_error();
	return e;
}

/* Everything that the library still has and that brings a certificate, so that old servers can be looked at. */
static SSL_CTX *context(void)
{
	char groups[] = "X25519:P-256:P-384:P-521:secp256k1:secp224r1:secp192r1"; /* the macro takes no const */
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	bool good = ctx && SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) == 1;

	if (good)
		SSL_CTX_set_security_level(ctx, 0);
	good = good && SSL_CTX_set_cipher_list(ctx, "ALL:!aNULL:!eNULL") == 1 &&
		SSL_CTX_set1_groups_list(ctx, groups) == 1;
	if (!good) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return ctx;
}

static bool set_name(SSL *ssl, wq_str name)
{
	char text[NAME_MAX_BYTES + 1];
	uint8_t address[16];

	if (name.n == 0 || name.p[0] == '[')
		return true;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	if (inet_pton(AF_INET, text, address) == 1)
		return true;
	return SSL_set_tlsext_host_name(ssl, text) == 1;
}

wq_err wq_tls_client_new(wq_str server_name, struct wq_tls_client **ret_client)
{
	struct wq_tls_client *client;

	if (server_name.n > NAME_MAX_BYTES || (server_name.n && memchr(server_name.p, '\0', server_name.n)))
		return wq_error(WQ_E_INPUT, "no name of a server");
	client = calloc(1, sizeof(*client));
	if (!client)
		return wq_error_id(WQ_E_NO_MEMORY);
	client->ctx = context();
	client->ssl = client->ctx ? SSL_new(client->ctx) : NULL;
	client->in = BIO_new(BIO_s_mem());
	client->out = BIO_new(BIO_s_mem());
	if (!client->ssl || !client->in || !client->out || !set_name(client->ssl, server_name) ||
		SSL_set_tlsext_status_type(client->ssl, TLSEXT_STATUSTYPE_ocsp) != 1) {
		wq_tls_client_free(&client);
		ERR_clear_error();
		return wq_error(WQ_E_CRYPTO, "no TLS client");
	}
	BIO_set_mem_eof_return(client->in, -1);
	SSL_set_bio(client->ssl, client->in, client->out);
	SSL_set_connect_state(client->ssl);
	*ret_client = client;
	return WQ_OK;
}

void wq_tls_client_free(struct wq_tls_client **client)
{
	struct wq_tls_client *c = *client;

	if (!c)
		return;
	for (size_t i = 0; i < WQ_TLS_CLIENT_CERTS_MAX; i++)
		OPENSSL_free(c->ders[i]);
	if (c->ssl && SSL_get_rbio(c->ssl)) {
		SSL_free(c->ssl);
	} else {
		SSL_free(c->ssl);
		BIO_free(c->in);
		BIO_free(c->out);
	}
	SSL_CTX_free(c->ctx);
	free(c);
	*client = NULL;
}

static void take_out(struct wq_tls_client *client, struct wq_buf *out)
{
	char *bytes;
	long n = BIO_get_mem_data(client->out, &bytes);

	if (n > 0)
		wq_buf_add(out, wq_str_of(bytes, (size_t)n));
	(void)BIO_reset(client->out);
}

static bool waits(const struct wq_tls_client *client, int result)
{
	int why = SSL_get_error(client->ssl, result);

	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

static wq_err read_plain(struct wq_tls_client *client, struct wq_buf *plain)
{
	int n;

	for (;;) {
		void *room = wq_buf_reserve(plain, READ_BYTES);

		if (!room)
			return wq_buf_err(plain);
		n = SSL_read(client->ssl, room, READ_BYTES);
		if (n <= 0)
			break;
		wq_buf_commit(plain, (size_t)n);
	}
	if (SSL_get_error(client->ssl, n) == SSL_ERROR_ZERO_RETURN) {
		client->ended = true;
		return WQ_OK;
	}
	return waits(client, n) ? WQ_OK : refused();
}

wq_err wq_tls_client_step(struct wq_tls_client *client, wq_str in, struct wq_buf *out, struct wq_buf *plain)
{
	wq_err e = WQ_OK;
	int done;

	ERR_clear_error();
	if (in.n && (in.n > INT32_MAX || BIO_write(client->in, in.p, (int)in.n) != (int)in.n))
		return wq_error_id(WQ_E_NO_MEMORY);
	if (!SSL_is_init_finished(client->ssl)) {
		done = SSL_do_handshake(client->ssl);
		if (done != 1 && !waits(client, done))
			e = refused();
	}
	if (!wq_failed(e) && SSL_is_init_finished(client->ssl))
		e = read_plain(client, plain);
	take_out(client, out);
	return wq_failed(e) ? e : wq_buf_err(out);
}

bool wq_tls_client_ready(const struct wq_tls_client *client)
{
	return SSL_is_init_finished(client->ssl) == 1;
}

bool wq_tls_client_ended(const struct wq_tls_client *client)
{
	return client->ended;
}

wq_err wq_tls_client_write(struct wq_tls_client *client, wq_str plain, struct wq_buf *out)
{
	ERR_clear_error();
	if (plain.n > INT32_MAX || SSL_write(client->ssl, plain.p, (int)plain.n) != (int)plain.n)
		return refused();
	take_out(client, out);
	return wq_buf_err(out);
}

size_t wq_tls_client_certs(struct wq_tls_client *client, wq_str ret_ders[WQ_TLS_CLIENT_CERTS_MAX])
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(client->ssl);
	size_t count = 0;

	for (int i = 0; i < sk_X509_num(chain) && count < WQ_TLS_CLIENT_CERTS_MAX; i++) {
		int n;

		OPENSSL_free(client->ders[count]);
		client->ders[count] = NULL;
		n = i2d_X509(sk_X509_value(chain, i), &client->ders[count]);
		if (n > 0) {
			ret_ders[count] = wq_str_of(client->ders[count], (size_t)n);
			count++;
		}
	}
	return count;
}

wq_str wq_tls_client_staple(const struct wq_tls_client *client)
{
	const unsigned char *bytes = NULL;
	long n = SSL_get_tlsext_status_ocsp_resp(client->ssl, &bytes);

	return n > 0 && n <= WQ_TLS_CLIENT_STAPLE_MAX ? wq_str_of(bytes, (size_t)n) : WQ_S_NONE;
}

uint16_t wq_tls_client_version(const struct wq_tls_client *client)
{
	return wq_tls_client_ready(client) ? (uint16_t)SSL_version(client->ssl) : 0;
}

uint16_t wq_tls_client_suite(const struct wq_tls_client *client)
{
	const SSL_CIPHER *cipher = wq_tls_client_ready(client) ? SSL_get_current_cipher(client->ssl) : NULL;

	return cipher ? SSL_CIPHER_get_protocol_id(cipher) : 0;
}
