/* One lane in plain C: for short objects, for single ones, and where there is nothing better. */
#include "crypto/sm3_priv.h"

const uint32_t wq_sm3_iv[8] = {
	0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};

typedef uint32_t vec;

#define ROL(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define XOR3(a, b, c) ((a) ^ (b) ^ (c))
#define MAJ(a, b, c) (((a) & (b)) | ((c) & ((a) | (b))))
#define CH(e, f, g) ((((f) ^ (g)) & (e)) ^ (g))

static inline void load_block(vec w[16], const uint8_t *const *messages, size_t offset)
{
	const uint8_t *p = messages[0] + offset;

	for (unsigned i = 0; i < 16; i++, p += 4)
		w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

#include "crypto/sm3_kernel_priv.h"

void wq_sm3_kernel_scalar(uint32_t *state, const uint8_t *const *messages, size_t blocks)
{
	compress_blocks(state, messages, blocks);
}
