/* Four lanes in the compiler's own vectors: NEON on aarch64, SSE2 on x86-64, so that the same source is tested on both. */
#include "crypto/sm3_priv.h"

enum { LANES = 4 };
typedef uint32_t vec __attribute__((vector_size(4 * LANES)));
typedef uint8_t octets __attribute__((vector_size(16)));

#define ROL(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define XOR3(a, b, c) ((a) ^ (b) ^ (c))
#define MAJ(a, b, c) (((a) & (b)) | ((c) & ((a) | (b))))
#define CH(e, f, g) ((((f) ^ (g)) & (e)) ^ (g))

static inline vec load_swapped(const uint8_t *p)
{
	octets o;

	memcpy(&o, p, sizeof(o));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	o = __builtin_shufflevector(o, o, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
#endif
	return (vec)o;
}

static inline void load_block(vec w[16], const uint8_t *const *messages, size_t offset)
{
	for (unsigned i = 0; i < 16; i += 4) {
		vec r0 = load_swapped(messages[0] + offset + 4 * i), r1 = load_swapped(messages[1] + offset + 4 * i);
		vec r2 = load_swapped(messages[2] + offset + 4 * i), r3 = load_swapped(messages[3] + offset + 4 * i);
		vec t0 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5), t1 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
		vec t2 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5), t3 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);

		w[i] = __builtin_shufflevector(t0, t2, 0, 1, 4, 5);
		w[i + 1] = __builtin_shufflevector(t0, t2, 2, 3, 6, 7);
		w[i + 2] = __builtin_shufflevector(t1, t3, 0, 1, 4, 5);
		w[i + 3] = __builtin_shufflevector(t1, t3, 2, 3, 6, 7);
	}
}

#include "crypto/sm3_kernel_priv.h"

void wq_sm3_kernel_v128(uint32_t *state, const uint8_t *const *messages, size_t blocks)
{
	vec v[8];

	memcpy(v, state, sizeof(v));
	compress_blocks(v, messages, blocks);
	memcpy(state, v, sizeof(v));
}
