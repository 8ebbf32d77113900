/* What p11_wrapped.c needs of a token: one small key encrypted and decrypted there. For crypto/ only. */
#ifndef WQ_CRYPTO_P11_PRIV_H
#define WQ_CRYPTO_P11_PRIV_H

#include "crypto/p11.h"

enum { WQ_P11_KEK_BYTES = 32, WQ_P11_IV_BYTES = 16, WQ_P11_CIPHER_MAX = 1024 };

/* The key-encryption key through the token's key of this label: RSA-OAEP (SHA-1, all that every token has; OAEP needs
 * no collision resistance) or AES-CBC with padding. `iv` counts for AES only. `*n` is the room, then the length. */
wq_err wq_p11_encrypt(struct wq_p11 *token, enum wq_p11_kind kind, const char *label, const uint8_t iv[WQ_P11_IV_BYTES],
	wq_str plain, uint8_t *out, size_t *n);
wq_err wq_p11_decrypt(struct wq_p11 *token, enum wq_p11_kind kind, const char *label, const uint8_t iv[WQ_P11_IV_BYTES],
	wq_str cipher, uint8_t *out, size_t *n);

#endif
