/* HMAC (RFC 2104, GM/T 0042) with our own SM3: gates make and check marks of addresses with it, without a library. */
#include "crypto/sm3_priv.h"

static void take_block(const uint8_t block[WQ_SM3_BLOCK], uint32_t state[8])
{
	const uint8_t *one[] = {block};

	memcpy(state, wq_sm3_iv, sizeof(wq_sm3_iv));
	wq_sm3_kernel_scalar(state, one, 1);
}

void wq_hmac_sm3_key(wq_str key, struct wq_hmac_key *ret_key)
{
	uint8_t inner[WQ_SM3_BLOCK] = {0}, outer[WQ_SM3_BLOCK];

	if (key.n > WQ_SM3_BLOCK) {
		wq_digest d;

		wq_sm3_many(&key, 1, &d);
		memcpy(inner, d.b, sizeof(d.b));
	} else if (key.n > 0) {
		memcpy(inner, key.p, key.n);
	}
	for (size_t i = 0; i < WQ_SM3_BLOCK; i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	take_block(inner, ret_key->inner);
	take_block(outer, ret_key->outer);
	explicit_bzero(inner, sizeof(inner));
	explicit_bzero(outer, sizeof(outer));
}

static wq_digest digest_from(const uint32_t state[8], wq_str bytes)
{
	struct wq_sm3_midstate from = {.prefix_bytes = WQ_SM3_BLOCK};
	wq_digest d;

	memcpy(from.state, state, sizeof(from.state));
	wq_sm3_many_from(&from, &bytes, 1, &d);
	return d;
}

wq_digest wq_hmac_sm3_with(const struct wq_hmac_key *key, wq_str bytes)
{
	wq_digest d = digest_from(key->inner, bytes);

	return digest_from(key->outer, wq_str_of(d.b, sizeof(d.b)));
}

wq_digest wq_hmac_sm3(wq_str key, wq_str bytes)
{
	struct wq_hmac_key prepared;
	wq_digest d;

	wq_hmac_sm3_key(key, &prepared);
	d = wq_hmac_sm3_with(&prepared, bytes);
	explicit_bzero(&prepared, sizeof(prepared));
	return d;
}
