#include "crypto/digest.h"

#include <openssl/evp.h>

#include "crypto/init_priv.h"

/* Fetched once: an implicit fetch costs more than digesting a short message. */
static EVP_MD *sm3;

wq_err wq_digest_init(void)
{
	if (!sm3)
		sm3 = EVP_MD_fetch(NULL, "SM3", NULL);
	return sm3 ? WQ_OK : wq_error(WQ_E_CRYPTO, "the library has no SM3");
}

/* What wq_crypto_init() has proved to work can only fail for want of memory: there is no way to go on without. */
static void must(bool worked)
{
	if (!worked)
		abort();
}

static const EVP_MD *fetched(void)
{
	return sm3 ? sm3 : EVP_sm3();
}

wq_digest wq_sm3(wq_str bytes)
{
	wq_digest d;
	unsigned n = 0;

	must(EVP_Digest(bytes.p, bytes.n, d.b, &n, fetched(), NULL) == 1 && n == sizeof(d.b));
	return d;
}

void wq_sha256(wq_str bytes, uint8_t ret_digest[WQ_DIGEST_BYTES])
{
	unsigned n = 0;

	must(EVP_Digest(bytes.p, bytes.n, ret_digest, &n, EVP_sha256(), NULL) == 1 && n == WQ_DIGEST_BYTES);
}

void wq_sm3_init(struct wq_sm3 *s)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	must(ctx && EVP_DigestInit_ex2(ctx, fetched(), NULL) == 1);
	s->ctx = ctx;
}

void wq_sm3_update(struct wq_sm3 *s, wq_str bytes)
{
	must(bytes.n == 0 || EVP_DigestUpdate(s->ctx, bytes.p, bytes.n) == 1);
}

wq_digest wq_sm3_final(struct wq_sm3 *s)
{
	wq_digest d;
	unsigned n = 0;

	must(EVP_DigestFinal_ex(s->ctx, d.b, &n) == 1 && n == sizeof(d.b));
	return d;
}

void wq_sm3_done(struct wq_sm3 *s)
{
	EVP_MD_CTX_free(s->ctx);
	s->ctx = NULL;
}
