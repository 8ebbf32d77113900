#include "crypto/sm2_priv.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "crypto/canon.h"

/* OpenSSL keeps a queue of errors for each thread; ours say what matters, and a full queue would mislead later readers. */
static wq_err crypto_error(enum wq_err_id id, const char *what)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	wq_err e = wq_error(id, "%s%s%s", what, reason ? ": " : "", reason ? reason : "");

	ERR_clear_error();
	return e;
}

/* An integer of 32 bytes as DER: no leading zeros but the one that keeps it positive. */
static size_t der_integer(const uint8_t *v, uint8_t *out)
{
	size_t skip = 0, n;

	while (skip < 31 && v[skip] == 0)
		skip++;
	n = 32 - skip;
	out[0] = 0x02;
	out[1] = (uint8_t)(n + (v[skip] >> 7));
	out[2] = 0;
	memcpy(out + 2 + (v[skip] >> 7), v + skip, n);
	return 2u + out[1];
}

size_t wq_sm2_sig_to_der(const wq_sm2_sig *sig, uint8_t out[WQ_SM2_DER_MAX])
{
	size_t n = der_integer(sig->rs, out + 2);

	n += der_integer(sig->rs + 32, out + 2 + n);
	out[0] = 0x30;
	out[1] = (uint8_t)n;
	return n + 2;
}

/* One INTEGER into 32 bytes. Returns its length in DER or 0. */
static size_t undo_integer(const uint8_t *der, size_t n, uint8_t out[32])
{
	size_t length = n >= 2 && der[0] == 0x02 ? der[1] : 0, skip;

	if (length == 0 || length > 33 || length + 2 > n || der[2] & 0x80)
		return 0;
	skip = length > 1 && der[2] == 0;
	if ((skip && !(der[3] & 0x80)) || length - skip > 32)
		return 0;
	memset(out, 0, 32);
	memcpy(out + 32 - (length - skip), der + 2 + skip, length - skip);
	return length + 2;
}

wq_err wq_sm2_sig_from_der(const uint8_t *der, size_t n, wq_sm2_sig *ret_sig)
{
	wq_sm2_sig sig;
	size_t r, s;

	if (n < 8 || n > WQ_SM2_DER_MAX || der[0] != 0x30 || der[1] != n - 2)
		return wq_error_id(WQ_E_SIGNATURE);
	r = undo_integer(der + 2, n - 2, sig.rs);
	if (r == 0)
		return wq_error_id(WQ_E_SIGNATURE);
	s = undo_integer(der + 2 + r, n - 2 - r, sig.rs + 32);
	if (s == 0 || r + s + 2 != n)
		return wq_error_id(WQ_E_SIGNATURE);
	*ret_sig = sig;
	return WQ_OK;
}

wq_err wq_sm2_key_from_pkey(EVP_PKEY *pkey, struct wq_sm2_key **ret_key)
{
	struct wq_sm2_key *key = calloc(1, sizeof(*key));
	size_t n = 0;
	wq_err e = WQ_OK;

	/* an EC key on the SM2 curve would sign ECDSA without a word */
	if (!key)
		e = wq_error_id(WQ_E_NO_MEMORY);
	else if (!pkey || !EVP_PKEY_is_a(pkey, "SM2"))
		e = crypto_error(WQ_E_KEY, "not an SM2 key");
	else if (EVP_PKEY_get_octet_string_param(
			 pkey, OSSL_PKEY_PARAM_PUB_KEY, key->point.point, sizeof(key->point.point), &n) != 1 ||
		n != sizeof(key->point.point) || key->point.point[0] != 0x04)
		e = crypto_error(WQ_E_KEY, "the key has no uncompressed public point");
	if (wq_failed(e)) {
		EVP_PKEY_free(pkey);
		free(key);
		return e;
	}
	key->pkey = pkey;
	*ret_key = key;
	return WQ_OK;
}

wq_err wq_sm2_generate(struct wq_sm2_key **ret_key)
{
	return wq_sm2_key_from_pkey(EVP_PKEY_Q_keygen(NULL, NULL, "SM2"), ret_key);
}

void wq_sm2_key_free(struct wq_sm2_key **key)
{
	if (!*key)
		return;
	EVP_PKEY_free((*key)->pkey); /* clears the private number */
	if ((*key)->token_free)
		(*key)->token_free((*key)->token);
	free(*key);
	*key = NULL;
}

wq_sm2_public wq_sm2_key_public(const struct wq_sm2_key *key)
{
	return key->point;
}

/* The identity goes in at the start: it is part of what is hashed first (GB/T 32918.2-2016, 5.5). */
static void identity(OSSL_PARAM params[2])
{
	static char id[] = WQ_SM2_IDENTITY;

	params[0] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_DIST_ID, id, sizeof(id) - 1);
	params[1] = OSSL_PARAM_construct_end();
}

static bool sign_der(EVP_MD_CTX *ctx, EVP_PKEY *pkey, wq_str message, uint8_t *der, size_t *n)
{
	OSSL_PARAM params[2];

	identity(params);
	return EVP_DigestSignInit_ex(ctx, NULL, "SM3", NULL, NULL, pkey, params) == 1 &&
		EVP_DigestSign(ctx, der, n, (const uint8_t *)message.p, message.n) == 1;
}

/* GB/T 32918.5-2017: a, b, xG, yG of the recommended curve, as they stand in Z */
static const uint8_t curve[128] = {0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
	0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7, 0xf3, 0x97,
	0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93, 0x32, 0xc4, 0xae, 0x2c,
	0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94, 0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66,
	0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7, 0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c,
	0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53, 0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf,
	0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0};

wq_digest wq_sm2_message_digest(const wq_sm2_public *key, wq_str message)
{
	static const uint8_t entl[2] = {0, 8 * (sizeof(WQ_SM2_IDENTITY) - 1)};
	struct wq_sm3 s;
	wq_digest z, e;

	wq_sm3_init(&s);
	wq_sm3_update(&s, wq_str_of(entl, sizeof(entl)));
	wq_sm3_update(&s, WQ_S(WQ_SM2_IDENTITY));
	wq_sm3_update(&s, wq_str_of(curve, sizeof(curve)));
	wq_sm3_update(&s, wq_str_of(key->point + 1, sizeof(key->point) - 1));
	z = wq_sm3_final(&s);
	wq_sm3_done(&s);
	wq_sm3_init(&s);
	wq_sm3_update(&s, wq_str_of(z.b, sizeof(z.b)));
	wq_sm3_update(&s, message);
	e = wq_sm3_final(&s);
	wq_sm3_done(&s);
	return e;
}

/* A token is somebody else's code: what it signed is verified before it goes out. */
static wq_err sign_in_token(const struct wq_sm2_key *key, wq_str message, wq_sm2_sig *ret_sig)
{
	wq_sm2_sig sig;

	WQ_TRY(key->sign(key->token, wq_sm2_message_digest(&key->point, message), &sig));
	if (wq_failed(wq_sm2_verify(&key->point, message, &sig)))
		return wq_error(WQ_E_CRYPTO, "the token's signature does not verify with its public key");
	*ret_sig = sig;
	return WQ_OK;
}

static wq_err sign_here(const struct wq_sm2_key *key, wq_str message, wq_sm2_sig *ret_sig)
{
	uint8_t der[WQ_SM2_DER_MAX];
	size_t n = sizeof(der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool signed_ = ctx && sign_der(ctx, key->pkey, message, der, &n);

	EVP_MD_CTX_free(ctx);
	if (!signed_)
		return crypto_error(WQ_E_CRYPTO, "signing failed");
	if (wq_failed(wq_sm2_sig_from_der(der, n, ret_sig)))
		return wq_error(WQ_E_CRYPTO, "the library's signature is not in DER");
	return WQ_OK;
}

wq_err wq_sm2_sign(const struct wq_sm2_key *key, wq_str message, wq_sm2_sig *ret_sig)
{
	return key->sign ? sign_in_token(key, message, ret_sig) : sign_here(key, message, ret_sig);
}

/* NULL when the point is not on the curve. */
static EVP_PKEY *pkey_of_point(const wq_sm2_public *key)
{
	char group[] = "SM2";
	wq_sm2_public copy = *key;
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy.point, sizeof(copy.point)),
		OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
	EVP_PKEY *pkey = NULL;

	/* the hybrid form (0x06, 0x07) would be a second encoding of the same key */
	if (ctx && key->point[0] == 0x04 && EVP_PKEY_fromdata_init(ctx) == 1 &&
		EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static bool verify_der(EVP_MD_CTX *ctx, EVP_PKEY *pkey, wq_str message, const uint8_t *der, size_t n)
{
	OSSL_PARAM params[2];

	identity(params);
	return EVP_PKEY_is_a(pkey, "SM2") && EVP_DigestVerifyInit_ex(ctx, NULL, "SM3", NULL, NULL, pkey, params) == 1 &&
		EVP_DigestVerify(ctx, der, n, (const uint8_t *)message.p, message.n) == 1;
}

wq_err wq_sm2_verify(const wq_sm2_public *key, wq_str message, const wq_sm2_sig *sig)
{
	uint8_t der[WQ_SM2_DER_MAX];
	size_t n = wq_sm2_sig_to_der(sig, der);
	EVP_PKEY *pkey = pkey_of_point(key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = pkey && ctx && verify_der(ctx, pkey, message, der, n);

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return good ? WQ_OK : wq_error_id(WQ_E_SIGNATURE);
}

wq_digest wq_sm2_key_id(const wq_sm2_public *key)
{
	struct wq_buf form = WQ_BUF_INIT(256);
	wq_digest id;

	wq_canon_begin(&form, WQ_DOMAIN_KEY, 1, WQ_ALG_SM2_SM3);
	wq_canon_bytes(&form, wq_str_of(key->point, sizeof(key->point)));
	if (wq_failed(wq_buf_err(&form)))
		abort(); /* no memory for 100 bytes */
	id = wq_sm3(wq_buf_str(&form));
	wq_buf_done(&form);
	return id;
}
