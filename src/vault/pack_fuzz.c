#include "vault/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wq_pack pack;
	uint8_t sum = 0;

	if (wq_failed(wq_pack_open(wq_str_of(data, n), &pack)))
		return 0;
	for (uint32_t i = 0; i < pack.objects; i++) {
		wq_str object = wq_pack_bytes(&pack, i);
		wq_digest digest = wq_pack_digest(&pack, i), root = wq_pack_root(&pack, i);

		if (object.n > n)
			abort();
		if (object.n > 0)
			sum += (uint8_t)((uint8_t)object.p[0] ^ (uint8_t)object.p[object.n - 1]);
		sum += (uint8_t)(digest.b[0] ^ root.b[31]);
	}
	if (!wq_failed(wq_pack_verify(&pack, wq_sm3(wq_str_of(data, WQ_PACK_HEADER)))) && pack.objects > n)
		abort();
	return sum & 0;
}
