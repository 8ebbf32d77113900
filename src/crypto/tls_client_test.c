#include "base/test.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "crypto/tls_client.h"

enum { ROOM = 256 * 1024 };

/* The library's own server on the other side. */
struct fixture {
	SSL_CTX *ctx;
	SSL *server;
	BIO *in, *out;
	struct wq_tls_client *client;
	struct wq_buf to_server, plain;
};

static X509 *certificate(EVP_PKEY *key)
{
	X509 *cert = X509_new();

	ASN1_INTEGER_set(X509_get_serialNumber(cert), 5);
	X509_NAME_add_entry_by_txt(
		X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const uint8_t *)"www.example.gov.cn", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 1000);
	X509_set_pubkey(cert, key);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = certificate(key);

	f->ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_security_level(f->ctx, 0);
	SSL_CTX_set_cipher_list(f->ctx, "ALL:COMPLEMENTOFALL");
	SSL_CTX_use_certificate(f->ctx, cert);
	SSL_CTX_use_PrivateKey(f->ctx, key);
	f->server = SSL_new(f->ctx);
	f->in = BIO_new(BIO_s_mem());
	f->out = BIO_new(BIO_s_mem());
	SSL_set_bio(f->server, f->in, f->out);
	SSL_set_accept_state(f->server);
	X509_free(cert);
	EVP_PKEY_free(key);
	wq_buf_init(&f->to_server, ROOM);
	wq_buf_init(&f->plain, ROOM);
	assert_ok(wq_tls_client_new(WQ_S("www.example.gov.cn"), &f->client));
	*state = f;
	return 0;
}

static int finish(void **state)
{
	struct fixture *f = *state;

	wq_tls_client_free(&f->client);
	assert_null(f->client);
	SSL_free(f->server);
	SSL_CTX_free(f->ctx);
	wq_buf_done(&f->to_server);
	wq_buf_done(&f->plain);
	free(f);
	return 0;
}

static void to_server(struct fixture *f)
{
	if (f->to_server.len)
		assert_int_equal(BIO_write(f->in, f->to_server.data, (int)f->to_server.len), (int)f->to_server.len);
	wq_buf_clear(&f->to_server);
	if (!SSL_is_init_finished(f->server))
		SSL_do_handshake(f->server);
}

/* What the server has to say, in pieces of `piece` bytes. */
static wq_err to_client(struct fixture *f, size_t piece)
{
	char *bytes;
	long n = BIO_get_mem_data(f->out, &bytes);
	wq_err e = WQ_OK;

	for (size_t at = 0; at < (size_t)n && !wq_failed(e); at += piece)
		e = wq_tls_client_step(
			f->client, wq_str_head(wq_str_of(bytes + at, (size_t)n - at), piece), &f->to_server, &f->plain);
	(void)BIO_reset(f->out);
	return e;
}

static void shake_hands(struct fixture *f, size_t piece)
{
	assert_ok(wq_tls_client_step(f->client, WQ_S(""), &f->to_server, &f->plain));
	for (int i = 0; i < 5; i++) {
		to_server(f);
		assert_ok(to_client(f, piece));
	}
	assert_true(wq_tls_client_ready(f->client) && SSL_is_init_finished(f->server));
}

static void test_a_conversation(void **state)
{
	struct fixture *f = *state;
	wq_str ders[WQ_TLS_CLIENT_CERTS_MAX];
	char room[100];

	assert_int_equal(wq_tls_client_certs(f->client, ders), 0);
	assert_int_equal(wq_tls_client_version(f->client), 0);
	shake_hands(f, 1);
	assert_int_equal(wq_tls_client_version(f->client), 0x0304);
	assert_int_equal(wq_tls_client_suite(f->client) >> 8, 0x13);
	assert_int_equal(wq_tls_client_certs(f->client, ders), 1);
	assert_int_equal(wq_tls_client_certs(f->client, ders), 1);
	assert_true(ders[0].n > 100 && ders[0].p[0] == 0x30);
	assert_int_equal(wq_tls_client_staple(f->client).n, 0);
	assert_string_equal(SSL_get_servername(f->server, TLSEXT_NAMETYPE_host_name), "www.example.gov.cn");
	assert_ok(wq_tls_client_write(f->client, WQ_S("question"), &f->to_server));
	to_server(f);
	assert_int_equal(SSL_read(f->server, room, sizeof(room)), 8);
	assert_int_equal(SSL_write(f->server, "answer", 6), 6);
	assert_ok(to_client(f, ROOM));
	assert_str(wq_buf_str(&f->plain), WQ_S("answer"));
	assert_false(wq_tls_client_ended(f->client));
	SSL_shutdown(f->server);
	assert_ok(to_client(f, ROOM));
	assert_true(wq_tls_client_ended(f->client));
}

static void test_an_old_server(void **state)
{
	struct fixture *f = *state;

	SSL_set_min_proto_version(f->server, TLS1_VERSION);
	SSL_set_max_proto_version(f->server, TLS1_VERSION);
	shake_hands(f, ROOM);
	assert_int_equal(wq_tls_client_version(f->client), 0x0301);
}

static void test_no_tls(void **state)
{
	struct fixture *f = *state;
	struct wq_tls_client *none = NULL;

	assert_ok(wq_tls_client_step(f->client, WQ_S(""), &f->to_server, &f->plain));
	assert_err(wq_tls_client_step(f->client, WQ_S("HTTP/1.1 400 Bad Request\r\n\r\n"), &f->to_server, &f->plain),
		WQ_E_PEER);
	assert_false(wq_tls_client_ready(f->client));
	assert_err(wq_tls_client_new(wq_str_of("a\0b", 3), &none), WQ_E_INPUT);
	assert_ok(wq_tls_client_new(WQ_S("192.0.2.1"), &none));
	wq_tls_client_free(&none);
	wq_tls_client_free(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_conversation, begin, finish),
		cmocka_unit_test_setup_teardown(test_an_old_server, begin, finish),
		cmocka_unit_test_setup_teardown(test_no_tls, begin, finish),
	};

	return cmocka_run_group_tests_name("crypto/tls_client", tests, NULL, NULL);
}
