/* SM2 signatures (GB/T 32918.2-2016) with SM3 and the standard's default identity "1234567812345678".
 *
 * A public key is a value: the uncompressed point (0x04, X, Y). A signature is r || s, 64 bytes. What is signed is always
 * a whole canonical structure (crypto/canon.h), never a bare digest. A private key is an opaque handle: in an encrypted
 * file (PKCS#8, PBES2), or behind PKCS#11; it cannot be printed and its memory is wiped.
 * Trap that is tested: EVP_EC_gen("SM2") yields a key that silently signs ECDSA; every key is asserted to be SM2.
 */
#ifndef WQ_CRYPTO_SM2_H
#define WQ_CRYPTO_SM2_H

#include "base/base.h"
#include "base/clock.h"
#include "crypto/digest.h"

enum { WQ_SM2_PUBLIC_BYTES = 65, WQ_SM2_SIG_BYTES = 64 };

typedef struct wq_sm2_public {
	uint8_t point[WQ_SM2_PUBLIC_BYTES];
} wq_sm2_public;

typedef struct wq_sm2_sig {
	uint8_t rs[WQ_SM2_SIG_BYTES];
} wq_sm2_sig;

struct wq_sm2_key;

/* A secret that cannot be printed: wiped by done. */
struct wq_secret {
	uint8_t *bytes;
	size_t n;
};
wq_err wq_secret_copy(wq_str bytes, struct wq_secret *ret_secret);
/* Room for `n` bytes of zero, to be filled in place. At most WQ_SECRET_MAX. */
enum { WQ_SECRET_MAX = 64 * 1024 * 1024 };
wq_err wq_secret_room(size_t n, struct wq_secret *ret_secret);
void wq_secret_done(struct wq_secret *secret);
/* The first line of a file, without its end; the empty secret when `path` is NULL. Errors: those of wq_file_read(). */
wq_err wq_secret_read(const char *path, struct wq_secret *ret_secret);

/* A new key from the library's generator; free it with wq_sm2_key_free(), which wipes it. */
wq_err wq_sm2_generate(struct wq_sm2_key **ret_key);
void wq_sm2_key_free(struct wq_sm2_key **key);
wq_sm2_public wq_sm2_key_public(const struct wq_sm2_key *key);

/* Key file: PEM of an encrypted PKCS#8 (PBES2, PBKDF2-HMAC, SM4-CBC or AES-256-CBC), mode 0600, written atomically. An
 * empty passphrase writes an unencrypted file, which wq_sm2_load() accepts only with mode 0600 and the same owner.
 * Errors: WQ_E_KEY (passphrase, not SM2, permissions), WQ_E_IO. */
wq_err wq_sm2_save(const struct wq_sm2_key *key, const char *path, const struct wq_secret *passphrase);
wq_err wq_sm2_load(const char *path, const struct wq_secret *passphrase, struct wq_sm2_key **ret_key);

/* Signs with a fresh random number. Errors: WQ_E_CRYPTO; WQ_E_KEY from a token. */
wq_err wq_sm2_sign(const struct wq_sm2_key *key, wq_str message, wq_sm2_sig *ret_sig);
/* WQ_OK, or WQ_E_SIGNATURE. A public key that is no point of the curve is WQ_E_SIGNATURE as well. */
wq_err wq_sm2_verify(const wq_sm2_public *key, wq_str message, const wq_sm2_sig *sig);

/* SM3 over the canonical form of the key: the name under which others speak of it. */
wq_digest wq_sm2_key_id(const wq_sm2_public *key);

#endif
