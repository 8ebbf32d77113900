/* The inside of a private key. For crypto/ only. */
#ifndef WQ_CRYPTO_SM2_PRIV_H
#define WQ_CRYPTO_SM2_PRIV_H

#include <openssl/evp.h>

#include "crypto/sm2.h"

#define WQ_SM2_IDENTITY "1234567812345678"

struct wq_sm2_key {
	EVP_PKEY *pkey;
	wq_sm2_public point;
};

/* Takes ownership of `pkey` in every case. WQ_E_KEY when it is not of the type SM2 or not of its curve. */
wq_err wq_sm2_key_from_pkey(EVP_PKEY *pkey, struct wq_sm2_key **ret_key);

/* DER (SEQUENCE of two INTEGER) to r || s and back; WQ_E_SIGNATURE for anything but the one DER form. */
wq_err wq_sm2_sig_from_der(const uint8_t *der, size_t n, wq_sm2_sig *ret_sig);
/* `out` holds WQ_SM2_DER_MAX bytes. Returns the length. */
enum { WQ_SM2_DER_MAX = 72 };
size_t wq_sm2_sig_to_der(const wq_sm2_sig *sig, uint8_t out[WQ_SM2_DER_MAX]);

#endif
