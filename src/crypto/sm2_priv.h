/* The inside of a private key, what a token needs of it, and the forms of a signature. For crypto/ only. */
#ifndef WQ_CRYPTO_SM2_PRIV_H
#define WQ_CRYPTO_SM2_PRIV_H

#include <openssl/evp.h>

#include "crypto/sm2.h"

#define WQ_SM2_IDENTITY "1234567812345678"

/* Either a key of the library (`pkey`), or one that stays in a token and is used through `sign`. */
struct wq_sm2_key {
	EVP_PKEY *pkey;
	wq_sm2_public point;
	wq_err (*sign)(void *token, wq_digest e, wq_sm2_sig *ret_sig);
	void (*token_free)(void *token);
	void *token;
};

/* Takes ownership of `pkey` in every case. WQ_E_KEY when it is not of the type SM2 or not of its curve. */
wq_err wq_sm2_key_from_pkey(EVP_PKEY *pkey, struct wq_sm2_key **ret_key);

/* What is signed: SM3(Z || message) with Z of the key and the default identity (GB/T 32918.2-2016, 5.5 and 6.1). */
wq_digest wq_sm2_message_digest(const wq_sm2_public *key, wq_str message);

/* A file of a private key, at most 16 KiB: a regular file (no link) of the present user, mode 0600 or 0400. Errors:
 * WQ_E_KEY, WQ_E_IO. The caller wipes the content. */
wq_err wq_key_file_read(const char *path, struct wq_secret *ret_content);

/* DER (SEQUENCE of two INTEGER) to r || s and back; WQ_E_SIGNATURE for anything but the one DER form. */
wq_err wq_sm2_sig_from_der(const uint8_t *der, size_t n, wq_sm2_sig *ret_sig);
/* `out` holds WQ_SM2_DER_MAX bytes. Returns the length. */
enum { WQ_SM2_DER_MAX = 72 };
size_t wq_sm2_sig_to_der(const wq_sm2_sig *sig, uint8_t out[WQ_SM2_DER_MAX]);

#endif
