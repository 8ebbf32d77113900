#include "crypto/x509.h"

#include <arpa/inet.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/sm2_priv.h"
#include "crypto/x509_priv.h"

static wq_err unreadable(const char *what)
{
	ERR_clear_error();
	return wq_error(WQ_E_CERT, "%s", what);
}

static bool key_is_sm2(const X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);

	return key && EVP_PKEY_is_a(key, "SM2");
}

bool wq_x509_set_identity(X509 *cert)
{
	ASN1_OCTET_STRING *id;

	if (X509_get_signature_nid(cert) != NID_SM2_with_SM3)
		return true;
	id = ASN1_OCTET_STRING_new();
	if (!id || ASN1_OCTET_STRING_set(id, (const uint8_t *)WQ_SM2_IDENTITY, sizeof(WQ_SM2_IDENTITY) - 1) != 1) {
		ASN1_OCTET_STRING_free(id);
		return false;
	}
	X509_set0_distinguishing_id(cert, id);
	return true;
}

/* Takes the certificate in every case. */
static wq_err bundle_add(struct wq_x509 *bundle, X509 *cert)
{
	if (bundle->n == WQ_X509_CERTS_MAX || !wq_x509_set_identity(cert)) {
		X509_free(cert);
		return bundle->n == WQ_X509_CERTS_MAX ? wq_error(WQ_E_LIMIT, "over %d certificates", WQ_X509_CERTS_MAX)
						      : wq_error_id(WQ_E_NO_MEMORY);
	}
	bundle->certs[bundle->n++] = cert;
	return WQ_OK;
}

static wq_err read_der(struct wq_x509 *bundle, wq_str bytes)
{
	const uint8_t *p = (const uint8_t *)bytes.p;
	X509 *cert = d2i_X509(NULL, &p, (long)bytes.n);

	if (cert && p != (const uint8_t *)bytes.p + bytes.n) {
		X509_free(cert);
		return unreadable("something follows the certificate");
	}
	return cert ? bundle_add(bundle, cert) : unreadable("not a certificate in DER");
}

static wq_err read_pem(struct wq_x509 *bundle, wq_str bytes)
{
	BIO *in = BIO_new_mem_buf(bytes.p, (int)bytes.n);
	wq_err e = in ? WQ_OK : wq_error_id(WQ_E_NO_MEMORY);
	unsigned long last = 0;
	X509 *cert;

	while (!wq_failed(e) && (cert = PEM_read_bio_X509(in, NULL, NULL, NULL)))
		e = bundle_add(bundle, cert);
	BIO_free(in);
	last = ERR_peek_last_error();
	ERR_clear_error();
	if (wq_failed(e))
		return e;
	/* the end of the text is the one reason to stop */
	if (ERR_GET_LIB(last) != ERR_LIB_PEM || ERR_GET_REASON(last) != PEM_R_NO_START_LINE)
		return unreadable("a certificate in PEM cannot be read");
	return bundle->n > 0 ? WQ_OK : unreadable("no certificate in it");
}

wq_err wq_x509_read(wq_str bytes, struct wq_x509 **ret_bundle)
{
	struct wq_x509 *bundle;
	wq_err e;

	if (bytes.n > WQ_X509_BYTES_MAX)
		return wq_error(WQ_E_LIMIT, "over %d bytes of certificates", WQ_X509_BYTES_MAX);
	if (bytes.n == 0)
		return unreadable("no certificate in it");
	bundle = calloc(1, sizeof(*bundle));
	if (!bundle)
		return wq_error_id(WQ_E_NO_MEMORY);
	e = bytes.p[0] == 0x30 ? read_der(bundle, bytes) : read_pem(bundle, bytes);
	if (wq_failed(e))
		wq_x509_free(&bundle);
	else
		*ret_bundle = bundle;
	return e;
}

wq_err wq_x509_read_list(const wq_str *ders, size_t n, struct wq_x509 **ret_bundle)
{
	struct wq_x509 *bundle = calloc(1, sizeof(*bundle));
	wq_err e = bundle ? WQ_OK : wq_error_id(WQ_E_NO_MEMORY);

	for (size_t i = 0; i < n && i < WQ_X509_CERTS_MAX && !wq_failed(e); i++)
		e = ders[i].n > WQ_X509_BYTES_MAX ? wq_error(WQ_E_LIMIT, "over %d bytes", WQ_X509_BYTES_MAX)
						  : read_der(bundle, ders[i]);
	if (bundle && bundle->n == 0) {
		wq_x509_free(&bundle);
		return wq_failed(e) ? e : unreadable("no certificate in it");
	}
	if (bundle)
		*ret_bundle = bundle;
	return bundle ? WQ_OK : e;
}

void wq_x509_free(struct wq_x509 **bundle)
{
	if (!*bundle)
		return;
	for (size_t i = 0; i < (*bundle)->n; i++)
		X509_free((*bundle)->certs[i]);
	free(*bundle);
	*bundle = NULL;
}

size_t wq_x509_count(const struct wq_x509 *bundle)
{
	return bundle->n;
}

static bool name_text(const X509_NAME *name, char *out, size_t room)
{
	BIO *text = BIO_new(BIO_s_mem());
	unsigned long how = (XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) | ASN1_STRFLGS_ESC_CTRL;
	bool good = text && X509_NAME_print_ex(text, name, 0, how) >= 0;
	int n = good ? BIO_read(text, out, (int)room - 1) : 0;

	out[n > 0 ? n : 0] = '\0';
	BIO_free(text);
	return good;
}

static bool time_of(const ASN1_TIME *t, wq_time *ret_time)
{
	struct tm tm;
	time_t seconds;

	if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	seconds = timegm(&tm);
	*ret_time = (wq_time)seconds * WQ_SECOND;
	return true;
}

static void serial_text(const X509 *cert, char out[WQ_X509_SERIAL_HEX])
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
	char *hex = number ? BN_bn2hex(number) : NULL;

	snprintf(out, WQ_X509_SERIAL_HEX, "%s", hex ? hex : "");
	OPENSSL_free(hex);
	BN_free(number);
}

static bool fingerprint(const X509 *cert, wq_digest *ret_digest)
{
	uint8_t *der = NULL;
	int n = i2d_X509(cert, &der);

	if (n <= 0)
		return false;
	*ret_digest = wq_sm3(wq_str_of(der, (size_t)n));
	OPENSSL_free(der);
	return true;
}

wq_err wq_x509_info(const struct wq_x509 *bundle, size_t i, struct wq_x509_info *ret_info)
{
	X509 *cert = bundle->certs[i];
	struct wq_x509_info info = {.is_sm2 = key_is_sm2(cert), .is_ca = X509_check_ca(cert) == 1};

	if (!name_text(X509_get_subject_name(cert), info.subject, sizeof(info.subject)) ||
		!name_text(X509_get_issuer_name(cert), info.issuer, sizeof(info.issuer)))
		return unreadable("a name in the certificate cannot be read");
	if (!time_of(X509_get0_notBefore(cert), &info.not_before) ||
		!time_of(X509_get0_notAfter(cert), &info.not_after))
		return unreadable("a date in the certificate cannot be read");
	if (!fingerprint(cert, &info.fingerprint))
		return unreadable("the certificate cannot be encoded");
	serial_text(cert, info.serial);
	ERR_clear_error();
	*ret_info = info;
	return WQ_OK;
}

bool wq_x509_matches_host(const struct wq_x509 *bundle, size_t i, wq_str host)
{
	unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
	char text[256];
	uint8_t address[16];
	bool matches;

	/* a leading dot would ask OpenSSL for any name below */
	if (host.n == 0 || host.n >= sizeof(text) || memchr(host.p, '\0', host.n) || host.p[0] == '.')
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	if (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1)
		matches = X509_check_ip_asc(bundle->certs[i], text, 0) == 1;
	else
		matches = X509_check_host(bundle->certs[i], text, host.n, flags, NULL) == 1;
	ERR_clear_error();
	return matches;
}

wq_err wq_x509_public(const struct wq_x509 *bundle, size_t i, wq_sm2_public *ret_key)
{
	wq_sm2_public key;
	size_t n = 0;

	if (!key_is_sm2(bundle->certs[i]))
		return wq_error(WQ_E_KEY, "the certificate's key is not SM2");
	if (EVP_PKEY_get_octet_string_param(X509_get0_pubkey(bundle->certs[i]), OSSL_PKEY_PARAM_PUB_KEY, key.point,
		    sizeof(key.point), &n) != 1 ||
		n != sizeof(key.point) || key.point[0] != 0x04) {
		ERR_clear_error();
		return wq_error(WQ_E_KEY, "the certificate's key is no uncompressed point");
	}
	*ret_key = key;
	return WQ_OK;
}

/* An SM2 key may sign ECDSA, an SM3 digest may be signed by RSA: only the pair is the national algorithm. */
static bool is_national(const X509 *cert)
{
	return key_is_sm2(cert) && X509_get_signature_nid(cert) == NID_SM2_with_SM3;
}

static bool all_national(X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);

	for (int i = 0; i < sk_X509_num(chain); i++)
		if (!is_national(sk_X509_value(chain, i)))
			return false;
	return true;
}

struct verifier {
	X509_STORE *store;
	X509_STORE_CTX *ctx;
	STACK_OF(X509) * others;
};

static void verifier_done(struct verifier *v)
{
	X509_STORE_CTX_free(v->ctx);
	sk_X509_free(v->others);
	X509_STORE_free(v->store);
	ERR_clear_error();
}

static bool verifier_set(struct verifier *v, const struct wq_x509 *chain, const struct wq_x509 *roots, wq_time at)
{
	X509_VERIFY_PARAM *param;
	wq_time seconds = at / WQ_SECOND - (at % WQ_SECOND < 0);

	if (!v->store || !v->ctx || !v->others)
		return false;
	for (size_t i = 0; i < roots->n; i++)
		if (X509_STORE_add_cert(v->store, roots->certs[i]) != 1)
			return false;
	for (size_t i = 1; i < chain->n; i++)
		if (sk_X509_push(v->others, chain->certs[i]) <= 0)
			return false;
	if (X509_STORE_CTX_init(v->ctx, v->store, chain->certs[0], v->others) != 1)
		return false;
	param = X509_STORE_CTX_get0_param(v->ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)seconds);
	X509_VERIFY_PARAM_set_auth_level(param, 2); /* RSA from 2048 bits, no SHA-1 */
	X509_VERIFY_PARAM_set_depth(param, WQ_X509_CERTS_MAX);
	return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CHECK_SS_SIGNATURE) == 1;
}

wq_err wq_x509_verify(const struct wq_x509 *chain, const struct wq_x509 *roots, wq_time at, bool sm2_only)
{
	WQ_CLEANUP(verifier_done)
	struct verifier v = {X509_STORE_new(), X509_STORE_CTX_new(), sk_X509_new_null()};

	if (!verifier_set(&v, chain, roots, at))
		return wq_error_id(WQ_E_NO_MEMORY);
	if (X509_verify_cert(v.ctx) != 1)
		return wq_error(WQ_E_CERT, "%s, at depth %d",
			X509_verify_cert_error_string(X509_STORE_CTX_get_error(v.ctx)),
			X509_STORE_CTX_get_error_depth(v.ctx));
	if (sm2_only && !all_national(v.ctx))
		return wq_error(WQ_E_CERT, "the chain is not SM2 with SM3 throughout");
	return WQ_OK;
}
