#include "crypto/sm2.h"

#include <openssl/crypto.h>
#include <sys/mman.h>

enum { MAX_SECRET = 1024 * 1024 };

wq_err wq_secret_copy(wq_str bytes, struct wq_secret *ret_secret)
{
	uint8_t *copy;

	if (bytes.n > MAX_SECRET)
		return wq_error(WQ_E_LIMIT, "a secret of %zu bytes", bytes.n);
	/* at least one byte, so that an empty secret is one as well; the NUL behind it is for passphrase interfaces */
	copy = calloc(1, bytes.n + 1);
	if (!copy)
		return wq_error_id(WQ_E_NO_MEMORY);
	/* best effort: a small lock limit must not keep a passphrase from being read */
	(void)mlock(copy, bytes.n + 1);
	if (bytes.n > 0)
		memcpy(copy, bytes.p, bytes.n);
	*ret_secret = (struct wq_secret){copy, bytes.n};
	return WQ_OK;
}

void wq_secret_done(struct wq_secret *secret)
{
	if (secret->bytes) {
		OPENSSL_cleanse(secret->bytes, secret->n);
		(void)munlock(secret->bytes, secret->n + 1);
		free(secret->bytes);
	}
	*secret = (struct wq_secret){NULL, 0};
}
