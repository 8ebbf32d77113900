/* SM4-GCM (GB/T 32907-2016, GB/T 36624-2018, RFC 8998): bytes sealed under a key, readable by nobody else, and refused
 * when one bit of them or of what they are bound to was changed.
 *
 * Rules of the nonce: never the same nonce twice under one key: two messages under one nonce give away both, and the key of
 * the authenticator. Either it is a counter that is durable before it is used, or it is random and the key seals at most 2^32
 * messages; or the key is fresh and used once. Who has no reason to choose uses wq_sm4_wrap(), which draws it. Bad at:
 * streams (everything is in memory), messages over WQ_SM4_MAX_BYTES.
 */
#ifndef WQ_CRYPTO_SM4_H
#define WQ_CRYPTO_SM4_H

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/sm2.h"

enum {
	WQ_SM4_KEY_BYTES = 16,
	WQ_SM4_NONCE_BYTES = 12,
	WQ_SM4_TAG_BYTES = 16,
	WQ_SM4_MAX_BYTES = 64 * 1024 * 1024,
	WQ_SM4_WRAP_MAX = 64 * 1024
};

/* Appends the ciphertext and the tag of 16 bytes to `out`. `bound` is authenticated but not contained. Requires: a key of
 * WQ_SM4_KEY_BYTES. Errors: WQ_E_KEY, WQ_E_LIMIT, WQ_E_NO_MEMORY, WQ_E_CRYPTO; `out` is then as before. */
wq_err wq_sm4_seal(const struct wq_secret *key, const uint8_t nonce[WQ_SM4_NONCE_BYTES], wq_str bound, wq_str plain,
	struct wq_buf *out);

/* The bytes of a sealed message, which the caller wipes. WQ_E_ALTERED when key, nonce, `bound` or a byte is another. */
wq_err wq_sm4_open(const struct wq_secret *key, const uint8_t nonce[WQ_SM4_NONCE_BYTES], wq_str bound, wq_str sealed,
	struct wq_secret *ret_plain);

/* A small secret (at most WQ_SM4_WRAP_MAX) as a canonical structure of the domain weique.secret: nonce, sealed bytes; bound to
 * `purpose`, a short text that the reader has to name again, so that one secret cannot be put in another's place. */
wq_err wq_sm4_wrap(const struct wq_secret *key, const struct wq_random *random, const char *purpose,
	const struct wq_secret *secret, struct wq_buf *out);
/* Errors: WQ_E_FORMAT, WQ_E_ALTERED (also for another purpose). */
wq_err wq_sm4_unwrap(const struct wq_secret *key, const char *purpose, wq_str wrapped, struct wq_secret *ret_secret);

/* A key for one purpose from a longer or shared one: the first 16 bytes of HMAC-SM3(secret, purpose). */
wq_err wq_sm4_key_derive(const struct wq_secret *secret, const char *purpose, struct wq_secret *ret_key);

#endif
