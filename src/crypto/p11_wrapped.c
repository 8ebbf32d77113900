/* Key files that a token's key opens. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "crypto/canon.h"
#include "crypto/p11_priv.h"
#include "crypto/sm2_priv.h"
#include "crypto/sm4.h"

enum { MAX_P8 = 1024, MAX_FORM = 4096 };

#define PURPOSE "weique.key.wrapped"

/* A wrapped key file as read; slices of it. `bound` is everything before the sealed key: it is authenticated with it. */
struct form {
	uint64_t kind;
	wq_str label, iv, kek, point, nonce, sealed, bound;
};

static void kek_wipe(uint8_t (*kek)[WQ_P11_CIPHER_MAX])
{
	OPENSSL_cleanse(*kek, sizeof(*kek));
}

static wq_err p8_of(const struct wq_sm2_key *key, struct wq_secret *ret_p8)
{
	PKCS8_PRIV_KEY_INFO *p8 = key->pkey ? EVP_PKEY2PKCS8(key->pkey) : NULL;
	uint8_t *der = NULL;
	int n = p8 ? i2d_PKCS8_PRIV_KEY_INFO(p8, &der) : 0;
	wq_err e = n > 0 ? wq_secret_copy(wq_str_of(der, (size_t)n), ret_p8)
			 : wq_error(WQ_E_KEY, "the key cannot leave its token");

	if (n > 0)
		OPENSSL_clear_free(der, (size_t)n);
	PKCS8_PRIV_KEY_INFO_free(p8);
	return e;
}

/* Everything of the form but the sealed key. */
static wq_err write_head(struct wq_p11 *token, enum wq_p11_kind kind, const char *label, const struct wq_random *random,
	wq_str kek, const wq_sm2_public *point, const uint8_t *nonce, struct wq_buf *out)
{
	uint8_t iv[WQ_P11_IV_BYTES], wrapped[WQ_P11_CIPHER_MAX];
	size_t n = sizeof(wrapped);

	random->fill(random->data, iv, sizeof(iv));
	WQ_TRY(wq_p11_encrypt(token, kind, label, iv, kek, wrapped, &n));
	wq_canon_begin(out, WQ_DOMAIN_WRAPPED_KEY, 1, WQ_ALG_SM4_GCM);
	wq_canon_u64(out, kind);
	wq_canon_text(out, wq_str_c(label));
	wq_canon_bytes(out, kind == WQ_P11_AES_CBC_PAD ? wq_str_of(iv, sizeof(iv)) : WQ_S_NONE);
	wq_canon_bytes(out, wq_str_of(wrapped, n));
	wq_canon_bytes(out, wq_str_of(point->point, sizeof(point->point)));
	wq_canon_bytes(out, wq_str_of(nonce, WQ_SM4_NONCE_BYTES));
	return wq_buf_err(out);
}

static wq_err seal_key(
	const struct wq_secret *kek, const uint8_t *nonce, const struct wq_sm2_key *key, struct wq_buf *out)
{
	WQ_CLEANUP(wq_secret_done) struct wq_secret p8 = {NULL, 0};
	WQ_CLEANUP(wq_secret_done) struct wq_secret sm4_key = {NULL, 0};
	WQ_BUF(sealed, MAX_P8 + WQ_SM4_TAG_BYTES);

	WQ_TRY(p8_of(key, &p8));
	WQ_TRY(wq_sm4_key_derive(kek, PURPOSE, &sm4_key));
	WQ_TRY(wq_sm4_seal(&sm4_key, nonce, wq_buf_str(out), wq_str_of(p8.bytes, p8.n), &sealed));
	wq_canon_bytes(out, wq_buf_str(&sealed));
	return wq_buf_err(out);
}

wq_err wq_p11_key_save(struct wq_p11 *token, enum wq_p11_kind kind, const char *label, const struct wq_random *random,
	const struct wq_sm2_key *key, const char *path)
{
	WQ_CLEANUP(wq_secret_done) struct wq_secret kek = {NULL, 0};
	uint8_t nonce[WQ_SM4_NONCE_BYTES];
	WQ_BUF(form, MAX_FORM);

	WQ_TRY(wq_secret_room(WQ_P11_KEK_BYTES, &kek));
	random->fill(random->data, kek.bytes, kek.n);
	random->fill(random->data, nonce, sizeof(nonce));
	WQ_TRY(write_head(token, kind, label, random, wq_str_of(kek.bytes, kek.n), &key->point, nonce, &form));
	WQ_TRY(seal_key(&kek, nonce, key, &form));
	return wq_file_replace(&wq_fs_system, path, wq_buf_str(&form), 0600);
}

static wq_err parse(wq_str bytes, struct form *ret_form)
{
	struct wq_cursor c = wq_cursor_of(bytes);
	struct form f;

	if (wq_canon_read_begin(&c, WQ_DOMAIN_WRAPPED_KEY, WQ_ALG_SM4_GCM) != 1)
		wq_cursor_fail(&c);
	f.kind = wq_canon_read_u64(&c);
	f.label = wq_canon_read_text(&c, WQ_P11_LABEL_MAX);
	f.iv = wq_canon_read_bytes(&c, WQ_P11_IV_BYTES);
	f.kek = wq_canon_read_bytes(&c, WQ_P11_CIPHER_MAX);
	f.point = wq_canon_read_bytes(&c, WQ_SM2_PUBLIC_BYTES);
	f.nonce = wq_canon_read_bytes(&c, WQ_SM4_NONCE_BYTES);
	f.bound = wq_str_head(bytes, c.at);
	f.sealed = wq_canon_read_bytes(&c, MAX_P8 + WQ_SM4_TAG_BYTES);
	WQ_TRY(wq_cursor_end(&c));
	if ((f.kind != WQ_P11_RSA_OAEP && f.kind != WQ_P11_AES_CBC_PAD) ||
		f.iv.n != (f.kind == WQ_P11_AES_CBC_PAD ? (size_t)WQ_P11_IV_BYTES : 0) ||
		f.point.n != WQ_SM2_PUBLIC_BYTES || f.nonce.n != WQ_SM4_NONCE_BYTES)
		return wq_error(WQ_E_FORMAT, "a wrapped key of an unknown form");
	*ret_form = f;
	return WQ_OK;
}

static wq_err kek_of(struct wq_p11 *token, const struct form *form, struct wq_secret *ret_kek)
{
	WQ_CLEANUP(kek_wipe) uint8_t kek[WQ_P11_CIPHER_MAX];
	char label[WQ_P11_LABEL_MAX + 1];
	size_t n = sizeof(kek);

	snprintf(label, sizeof(label), "%.*s", WQ_S_ARG(form->label));
	WQ_TRY(wq_p11_decrypt(
		token, (enum wq_p11_kind)form->kind, label, (const uint8_t *)form->iv.p, form->kek, kek, &n));
	if (n != WQ_P11_KEK_BYTES)
		return wq_error(WQ_E_ALTERED, "what the token opened is no key");
	return wq_secret_copy(wq_str_of(kek, n), ret_kek);
}

static wq_err key_of_p8(const struct wq_secret *der, wq_str point, struct wq_sm2_key **ret_key)
{
	const uint8_t *p = der->bytes;
	PKCS8_PRIV_KEY_INFO *p8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der->n);
	struct wq_sm2_key *key = NULL;
	EVP_PKEY *pkey = p8 ? EVP_PKCS82PKEY(p8) : NULL;

	PKCS8_PRIV_KEY_INFO_free(p8);
	WQ_TRY(wq_sm2_key_from_pkey(pkey, &key));
	if (!wq_str_eq(point, wq_str_of(key->point.point, sizeof(key->point.point)))) {
		wq_sm2_key_free(&key);
		return wq_error(WQ_E_ALTERED, "the file's public key is another's");
	}
	*ret_key = key;
	return WQ_OK;
}

static wq_err open_form(struct wq_p11 *token, wq_str bytes, struct wq_sm2_key **ret_key)
{
	WQ_CLEANUP(wq_secret_done) struct wq_secret kek = {NULL, 0};
	WQ_CLEANUP(wq_secret_done) struct wq_secret sm4_key = {NULL, 0};
	WQ_CLEANUP(wq_secret_done) struct wq_secret p8 = {NULL, 0};
	struct form form = {0};

	WQ_TRY(parse(bytes, &form));
	WQ_TRY(kek_of(token, &form, &kek));
	WQ_TRY(wq_sm4_key_derive(&kek, PURPOSE, &sm4_key));
	WQ_TRY(wq_sm4_open(&sm4_key, (const uint8_t *)form.nonce.p, form.bound, form.sealed, &p8));
	return key_of_p8(&p8, form.point, ret_key);
}

wq_err wq_p11_key_load(struct wq_p11 *token, const char *path, struct wq_sm2_key **ret_key)
{
	WQ_CLEANUP(wq_secret_done) struct wq_secret content = {NULL, 0};

	WQ_TRY(wq_key_file_read(path, &content));
	return open_form(token, wq_str_of(content.bytes, content.n), ret_key);
}
