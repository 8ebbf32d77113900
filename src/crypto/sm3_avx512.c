/* Sixteen lanes: rotations and three-operand logic are single instructions here. Compiled with -mavx512f -mavx512bw. */
#include <immintrin.h>

#include "crypto/sm3_priv.h"

enum { LANES = 16 };
typedef uint32_t vec __attribute__((vector_size(4 * LANES)));

#define V(x) ((__m512i)(x))
#define ROL(x, n) ((vec)_mm512_rol_epi32(V(x), n))
#define XOR3(a, b, c) ((vec)_mm512_ternarylogic_epi32(V(a), V(b), V(c), 0x96))
#define MAJ(a, b, c) ((vec)_mm512_ternarylogic_epi32(V(a), V(b), V(c), 0xe8))
#define CH(e, f, g) ((vec)_mm512_ternarylogic_epi32(V(e), V(f), V(g), 0xca))

/* A 16 x 16 transposition of words: by pairs, by fours, then by quarters of the register. */
static inline void transpose(__m512i r[16])
{
	__m512i t[16];

	for (unsigned i = 0; i < 16; i += 2) {
		t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
	}
	for (unsigned i = 0; i < 16; i += 4) {
		r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
		r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
		r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
		r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
	}
	for (unsigned i = 0; i < 4; i++) {
		t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
		t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
		t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
		t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
	}
	for (unsigned i = 0; i < 8; i++) {
		r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
		r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
	}
}

static inline void load_block(vec w[16], const uint8_t *const *messages, size_t offset)
{
	const __m512i swap = _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
	__m512i r[16];

	for (unsigned i = 0; i < 16; i++)
		r[i] = _mm512_shuffle_epi8(_mm512_loadu_si512(messages[i] + offset), swap);
	transpose(r);
	for (unsigned i = 0; i < 16; i++)
		w[i] = (vec)r[i];
}

#include "crypto/sm3_kernel_priv.h"

void wq_sm3_kernel_avx512(uint32_t *state, const uint8_t *const *messages, size_t blocks)
{
	vec v[8];

	memcpy(v, state, sizeof(v));
	compress_blocks(v, messages, blocks);
	memcpy(state, v, sizeof(v));
}
