/* Digests as values: comparing, writing, reading. Needs no cryptographic library. */
#include "crypto/digest.h"

/* No early exit, and nothing the compiler could turn into one. */
static uint8_t difference(const uint8_t *a, const uint8_t *b)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; i < WQ_DIGEST_BYTES; i++)
		sum = sum | (a[i] ^ b[i]);
	return sum;
}

bool wq_digest_eq(wq_digest a, wq_digest b)
{
	return difference(a.b, b.b) == 0;
}

bool wq_digest_is_zero(wq_digest a)
{
	static const wq_digest zero;

	return difference(a.b, zero.b) == 0;
}

char *wq_digest_hex(wq_digest d, char out[WQ_DIGEST_HEX])
{
	return wq_hex(d.b, sizeof(d.b), out);
}

wq_err wq_digest_parse(wq_str hex, wq_digest *ret_digest)
{
	wq_digest d;

	if (!wq_str_unhex(hex, d.b, sizeof(d.b)))
		return wq_error(WQ_E_INPUT, "a digest has 64 hexadecimal digits");
	*ret_digest = d;
	return WQ_OK;
}
