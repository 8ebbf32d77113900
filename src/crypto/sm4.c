#include "crypto/sm4.h"

#include <gcrypt.h>
#include <openssl/crypto.h>

#include "crypto/canon.h"

static void cipher_close(gcry_cipher_hd_t *h)
{
	gcry_cipher_close(*h);
}

static wq_err library(gcry_error_t code, const char *what)
{
	return code ? wq_error(WQ_E_CRYPTO, "%s: %s", what, gcry_strerror(code)) : WQ_OK;
}

static wq_err start(const struct wq_secret *key, const uint8_t *nonce, wq_str bound, gcry_cipher_hd_t *h)
{
	if (key->n != WQ_SM4_KEY_BYTES)
		return wq_error(WQ_E_KEY, "an SM4 key has %d bytes", WQ_SM4_KEY_BYTES);
	WQ_TRY(library(gcry_cipher_open(h, GCRY_CIPHER_SM4, GCRY_CIPHER_MODE_GCM, 0), "SM4-GCM"));
	WQ_TRY(library(gcry_cipher_setkey(*h, key->bytes, key->n), "SM4 key"));
	WQ_TRY(library(gcry_cipher_setiv(*h, nonce, WQ_SM4_NONCE_BYTES), "GCM nonce"));
	return bound.n ? library(gcry_cipher_authenticate(*h, bound.p, bound.n), "GCM") : WQ_OK;
}

wq_err wq_sm4_seal(const struct wq_secret *key, const uint8_t nonce[WQ_SM4_NONCE_BYTES], wq_str bound, wq_str plain,
	struct wq_buf *out)
{
	WQ_CLEANUP(cipher_close) gcry_cipher_hd_t h = NULL;
	uint8_t *room;

	if (plain.n > WQ_SM4_MAX_BYTES)
		return wq_error(WQ_E_LIMIT, "over %d bytes to seal", WQ_SM4_MAX_BYTES);
	WQ_TRY(start(key, nonce, bound, &h));
	room = wq_buf_reserve(out, plain.n + WQ_SM4_TAG_BYTES);
	if (!room)
		return wq_buf_err(out);
	if (plain.n > 0)
		WQ_TRY(library(gcry_cipher_encrypt(h, room, plain.n, plain.p, plain.n), "SM4-GCM"));
	WQ_TRY(library(gcry_cipher_gettag(h, room + plain.n, WQ_SM4_TAG_BYTES), "SM4-GCM"));
	wq_buf_commit(out, plain.n + WQ_SM4_TAG_BYTES);
	return WQ_OK;
}

/* Decrypts before the tag is known: the room is wiped when it does not fit. */
static wq_err decrypt_into(gcry_cipher_hd_t h, wq_str sealed, uint8_t *room, size_t n)
{
	if (n > 0)
		WQ_TRY(library(gcry_cipher_decrypt(h, room, n, sealed.p, n), "SM4-GCM"));
	if (gcry_cipher_checktag(h, sealed.p + n, WQ_SM4_TAG_BYTES) != 0)
		return wq_error(WQ_E_ALTERED, "the seal of SM4-GCM does not fit");
	return WQ_OK;
}

wq_err wq_sm4_open(const struct wq_secret *key, const uint8_t nonce[WQ_SM4_NONCE_BYTES], wq_str bound, wq_str sealed,
	struct wq_secret *ret_plain)
{
	WQ_CLEANUP(cipher_close) gcry_cipher_hd_t h = NULL;
	struct wq_secret plain = {NULL, 0};
	size_t n = sealed.n - WQ_SM4_TAG_BYTES;
	wq_err e;

	if (sealed.n < WQ_SM4_TAG_BYTES)
		return wq_error(WQ_E_ALTERED, "shorter than the seal of SM4-GCM");
	if (n > WQ_SM4_MAX_BYTES)
		return wq_error(WQ_E_LIMIT, "over %d bytes to open", WQ_SM4_MAX_BYTES);
	WQ_TRY(start(key, nonce, bound, &h));
	WQ_TRY(wq_secret_room(n, &plain));
	e = decrypt_into(h, sealed, plain.bytes, n);
	if (wq_failed(e)) {
		wq_secret_done(&plain);
		return e;
	}
	*ret_plain = plain;
	return WQ_OK;
}

wq_err wq_sm4_wrap(const struct wq_secret *key, const struct wq_random *random, const char *purpose,
	const struct wq_secret *secret, struct wq_buf *out)
{
	WQ_BUF(sealed, WQ_SM4_WRAP_MAX + WQ_SM4_TAG_BYTES);
	uint8_t nonce[WQ_SM4_NONCE_BYTES];

	random->fill(random->data, nonce, sizeof(nonce));
	WQ_TRY(wq_sm4_seal(key, nonce, wq_str_c(purpose), wq_str_of(secret->bytes, secret->n), &sealed));
	wq_canon_begin(out, WQ_DOMAIN_SECRET, 1, WQ_ALG_SM4_GCM);
	wq_canon_bytes(out, wq_str_of(nonce, sizeof(nonce)));
	wq_canon_bytes(out, wq_buf_str(&sealed));
	return wq_buf_err(out);
}

wq_err wq_sm4_unwrap(const struct wq_secret *key, const char *purpose, wq_str wrapped, struct wq_secret *ret_secret)
{
	struct wq_cursor c = wq_cursor_of(wrapped);
	uint16_t version = wq_canon_read_begin(&c, WQ_DOMAIN_SECRET, WQ_ALG_SM4_GCM);
	wq_str nonce = wq_canon_read_bytes(&c, WQ_SM4_NONCE_BYTES);
	wq_str sealed = wq_canon_read_bytes(&c, WQ_SM4_WRAP_MAX + WQ_SM4_TAG_BYTES);

	WQ_TRY(wq_cursor_end(&c));
	if (version != 1 || nonce.n != WQ_SM4_NONCE_BYTES)
		return wq_error(WQ_E_FORMAT, "a wrapped secret of an unknown form");
	return wq_sm4_open(key, (const uint8_t *)nonce.p, wq_str_c(purpose), sealed, ret_secret);
}

wq_err wq_sm4_key_derive(const struct wq_secret *secret, const char *purpose, struct wq_secret *ret_key)
{
	wq_digest d = wq_hmac_sm3(wq_str_of(secret->bytes, secret->n), wq_str_c(purpose));
	wq_err e = wq_secret_copy(wq_str_of(d.b, WQ_SM4_KEY_BYTES), ret_key);

	OPENSSL_cleanse(d.b, sizeof(d.b));
	return e;
}
