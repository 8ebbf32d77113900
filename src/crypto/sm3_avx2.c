/* Eight lanes. Compiled with -mavx2. */
#include <immintrin.h>

#include "crypto/sm3_priv.h"

enum { LANES = 8 };
typedef uint32_t vec __attribute__((vector_size(4 * LANES)));

#define ROL(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define XOR3(a, b, c) ((a) ^ (b) ^ (c))
#define MAJ(a, b, c) (((a) & (b)) | ((c) & ((a) | (b))))
#define CH(e, f, g) ((((f) ^ (g)) & (e)) ^ (g))

/* Eight words of each of eight messages: an 8 x 8 transposition. */
static inline void load_half(vec w[8], const uint8_t *const *messages, size_t offset)
{
	const __m256i swap = _mm256_broadcastsi128_si256(
		_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
	__m256i r[8], t[8];

	for (unsigned i = 0; i < 8; i++)
		r[i] = _mm256_shuffle_epi8(
			_mm256_loadu_si256((const __m256i *)(const void *)(messages[i] + offset)), swap);
	for (unsigned i = 0; i < 8; i += 2) {
		t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
		t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
	}
	for (unsigned i = 0; i < 8; i += 4) {
		r[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
		r[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
		r[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
		r[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
	}
	for (unsigned i = 0; i < 4; i++) {
		w[i] = (vec)_mm256_permute2x128_si256(r[i], r[i + 4], 0x20);
		w[i + 4] = (vec)_mm256_permute2x128_si256(r[i], r[i + 4], 0x31);
	}
}

static inline void load_block(vec w[16], const uint8_t *const *messages, size_t offset)
{
	load_half(w, messages, offset);
	load_half(w + 8, messages, offset + 32);
}

#include "crypto/sm3_kernel_priv.h"

void wq_sm3_kernel_avx2(uint32_t *state, const uint8_t *const *messages, size_t blocks)
{
	vec v[8];

	memcpy(v, state, sizeof(v));
	compress_blocks(v, messages, blocks);
	memcpy(state, v, sizeof(v));
}
