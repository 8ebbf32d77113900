/* Private keys in files: PKCS#8 (RFC 5208), PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC (RFC 8018), which openssl(1)
 * opens. SHA-256 and AES here because every stock tool can read them; what they protect is the passphrase's work. */
#include <openssl/asn1t.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "crypto/sm2_priv.h"

enum {
	ITERATIONS = 600000,
	MAX_ITERATIONS = 10000000, /* a key file must not hold the process up for minutes */
	SALT_BYTES = 16,
	MAX_PASSPHRASE = 1024
};

static void bio_free(BIO **bio)
{
	BIO_free_all(*bio);
}

static void p8_free(PKCS8_PRIV_KEY_INFO **p8)
{
	PKCS8_PRIV_KEY_INFO_free(*p8);
}

static void sealed_free(X509_SIG **sealed)
{
	X509_SIG_free(*sealed);
}

/* The reason of the library is not passed on: it may quote what it parsed. */
static wq_err refused(enum wq_err_id id, const char *path, const char *what)
{
	ERR_clear_error();
	return wq_error(id, "%s: %s", path, what);
}

static wq_err pem_of(const struct wq_sm2_key *key, const char *path, const struct wq_secret *passphrase, BIO *out)
{
	WQ_CLEANUP(p8_free) PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key->pkey);
	WQ_CLEANUP(sealed_free) X509_SIG *sealed = NULL;
	X509_ALGOR *method;

	if (!p8)
		return refused(WQ_E_CRYPTO, path, "the key has no PKCS#8 form");
	if (passphrase->n == 0)
		return PEM_write_bio_PKCS8_PRIV_KEY_INFO(out, p8) == 1 ? WQ_OK
								       : refused(WQ_E_CRYPTO, path, "encoding failed");
	method = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), ITERATIONS, NULL, SALT_BYTES, NULL, NID_hmacWithSHA256);
	if (!method)
		return refused(WQ_E_CRYPTO, path, "no PBES2");
	sealed = PKCS8_set0_pbe((const char *)passphrase->bytes, (int)passphrase->n, p8, method);
	if (!sealed) {
		X509_ALGOR_free(method);
		return refused(WQ_E_CRYPTO, path, "encryption failed");
	}
	return PEM_write_bio_PKCS8(out, sealed) == 1 ? WQ_OK : refused(WQ_E_CRYPTO, path, "encoding failed");
}

wq_err wq_sm2_save(const struct wq_sm2_key *key, const char *path, const struct wq_secret *passphrase)
{
	WQ_CLEANUP(bio_free) BIO *pem = BIO_new(BIO_s_secmem());
	char *p = NULL;
	long n;

	if (!pem)
		return wq_error_id(WQ_E_NO_MEMORY);
	if (!key->pkey)
		return wq_error(WQ_E_KEY, "%s: a key in a token cannot be written", path);
	if (passphrase->n > MAX_PASSPHRASE)
		return wq_error(WQ_E_LIMIT, "a passphrase of over %d bytes", MAX_PASSPHRASE);
	WQ_TRY(pem_of(key, path, passphrase, pem));
	n = BIO_get_mem_data(pem, &p);
	if (n <= 0 || !p)
		return refused(WQ_E_CRYPTO, path, "encoding failed");
	return wq_file_replace(&wq_fs_system, path, wq_str_of(p, (size_t)n), 0600);
}

/* PBES2 with PBKDF2 only (RFC 8018, 6.2), within the limit. */
static bool work_is_bounded(const X509_SIG *sealed)
{
	const X509_ALGOR *method;
	const ASN1_OBJECT *kind;
	const void *value;
	int value_type;
	PBE2PARAM *pbes2 = NULL;
	PBKDF2PARAM *kdf = NULL;
	int64_t iterations = 0;
	bool good = false;

	X509_SIG_get0(sealed, &method, NULL);
	X509_ALGOR_get0(&kind, &value_type, &value, method);
	if (OBJ_obj2nid(kind) == NID_pbes2 && method->parameter)
		pbes2 = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), method->parameter);
	if (pbes2 && OBJ_obj2nid(pbes2->keyfunc->algorithm) == NID_id_pbkdf2 && pbes2->keyfunc->parameter)
		kdf = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), pbes2->keyfunc->parameter);
	if (kdf && ASN1_INTEGER_get_int64(&iterations, kdf->iter) == 1)
		good = iterations > 0 && iterations <= MAX_ITERATIONS;
	PBKDF2PARAM_free(kdf);
	PBE2PARAM_free(pbes2);
	return good;
}

static wq_err decrypt(const char *path, BIO *in, const struct wq_secret *passphrase, PKCS8_PRIV_KEY_INFO **ret_p8)
{
	WQ_CLEANUP(sealed_free) X509_SIG *sealed = PEM_read_bio_PKCS8(in, NULL, NULL, NULL);

	if (!sealed)
		return refused(WQ_E_KEY, path, "not an encrypted PKCS#8 file");
	if (!work_is_bounded(sealed))
		return refused(WQ_E_KEY, path, "encrypted otherwise than with PBES2 and PBKDF2");
	*ret_p8 = PKCS8_decrypt(sealed, (const char *)passphrase->bytes, (int)passphrase->n);
	return *ret_p8 ? WQ_OK : refused(WQ_E_KEY, path, "the passphrase does not open it");
}

static wq_err key_of_pem(const char *path, wq_str pem, const struct wq_secret *passphrase, struct wq_sm2_key **ret_key)
{
	WQ_CLEANUP(bio_free) BIO *in = BIO_new_mem_buf(pem.p, (int)pem.n);
	WQ_CLEANUP(p8_free) PKCS8_PRIV_KEY_INFO *p8 = NULL;
	bool encrypted = wq_str_find(pem, WQ_S("-----BEGIN ENCRYPTED PRIVATE KEY-----")) >= 0;

	if (!in)
		return wq_error_id(WQ_E_NO_MEMORY);
	if (encrypted && passphrase->n == 0)
		return refused(WQ_E_KEY, path, "it needs a passphrase");
	/* who gives a passphrase believes the file to be encrypted: somebody may have put another one there */
	if (!encrypted && passphrase->n > 0)
		return refused(WQ_E_KEY, path, "it is not encrypted, although a passphrase was given");
	if (encrypted)
		WQ_TRY(decrypt(path, in, passphrase, &p8));
	else
		p8 = PEM_read_bio_PKCS8_PRIV_KEY_INFO(in, NULL, NULL, NULL);
	if (!p8)
		return refused(WQ_E_KEY, path, "not a PKCS#8 file");
	return wq_sm2_key_from_pkey(EVP_PKCS82PKEY(p8), ret_key);
}

wq_err wq_sm2_load(const char *path, const struct wq_secret *passphrase, struct wq_sm2_key **ret_key)
{
	struct wq_secret pem = {NULL, 0};
	wq_err e;

	if (passphrase->n > MAX_PASSPHRASE)
		return wq_error(WQ_E_LIMIT, "a passphrase of over %d bytes", MAX_PASSPHRASE);
	WQ_TRY(wq_key_file_read(path, &pem));
	e = key_of_pem(path, wq_str_of(pem.bytes, pem.n), passphrase, ret_key);
	wq_secret_done(&pem);
	return e;
}
