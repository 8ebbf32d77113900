/* PKCS#11 (v2.40): a token (smart card, USB key, cryptographic machine) guards the signing key.
 *
 * Two ways, chosen by what the token can do:
 *   wrapped  the token holds an RSA or AES key that never leaves it; that key opens a random key of 32 bytes, which opens the
 *            SM4-GCM sealed private key in a file. Works with every token; the SM2 key is in this process's memory while used.
 *   native   the token holds the SM2 key and signs; `mechanism` is the vendor's number of the mechanism that signs a digest e
 *            of 32 bytes and returns r || s (PKCS#11 2.40 has no SM2 of its own).
 * A module is another's code in our process: name it by its absolute path, nothing is searched. One session, used by one
 * thread at a time. The PIN is a wq_secret and goes nowhere but to C_Login. Keys that sign in the token must be freed
 * before the token is closed.
 */
#ifndef WQ_CRYPTO_P11_H
#define WQ_CRYPTO_P11_H

#include "base/clock.h"
#include "crypto/sm2.h"

enum wq_p11_kind { WQ_P11_RSA_OAEP = 1, WQ_P11_AES_CBC_PAD = 2 };

enum { WQ_P11_LABEL_MAX = 64, WQ_P11_SLOTS_MAX = 64 };

struct wq_p11;

/* Loads the module, finds the token by its label and logs in. Errors: WQ_E_CONFIG (module), WQ_E_KEY (token, PIN). */
wq_err wq_p11_open(
	const char *module_path, const char *token_label, const struct wq_secret *pin, struct wq_p11 **ret_token);
/* Logs out and closes. Accepts NULL. */
void wq_p11_close(struct wq_p11 **token);

/* Makes a wrapping key inside the token: RSA-2048 or AES-256, not extractable. WQ_E_EXISTS when the label is taken. */
wq_err wq_p11_wrapping_key_make(struct wq_p11 *token, enum wq_p11_kind kind, const char *label);

/* Writes `key` to `path` (mode 0600, atomically) so that only the token's key of this label opens it. The form is the
 * canonical structure weique.key.wrapped of docs/canonical-encoding.md. */
wq_err wq_p11_key_save(struct wq_p11 *token, enum wq_p11_kind kind, const char *label, const struct wq_random *random,
	const struct wq_sm2_key *key, const char *path);
/* Errors: WQ_E_KEY (permissions, another token), WQ_E_FORMAT, WQ_E_ALTERED. */
wq_err wq_p11_key_load(struct wq_p11 *token, const char *path, struct wq_sm2_key **ret_key);

/* The SM2 key of this label in the token, which signs there. Its public key must stand beside it (CKO_PUBLIC_KEY with
 * CKA_EC_POINT). Every signature is verified before it is returned. */
wq_err wq_p11_key_native(struct wq_p11 *token, const char *label, unsigned long mechanism, struct wq_sm2_key **ret_key);

#endif
