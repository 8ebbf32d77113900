/* The rounds of SM3 on vectors: included once by each sm3_<instruction set>.c, which defines before
 *
 *     LANES                    words in a vector
 *     vec                      a vector of LANES uint32_t (vector_size)
 *     ROL(x, n), XOR3(a, b, c), MAJ(a, b, c), CH(e, f, g)
 *     load_block(w, messages, offset)   sixteen vectors: word i of each message's block at `offset`, big-endian
 *
 * and then calls compress_blocks(). The schedule is kept in sixteen vectors that are overwritten as the rounds go on;
 * the working variables change their names instead of their places, which comes round every four rounds.
 */
#ifndef WQ_CRYPTO_SM3_KERNEL_PRIV_H
#define WQ_CRYPTO_SM3_KERNEL_PRIV_H

#include "crypto/sm3_priv.h"

#define P0(x) XOR3(x, ROL(x, 9), ROL(x, 17))
#define P1(x) XOR3(x, ROL(x, 15), ROL(x, 23))

/* The constants of the rounds, each already rotated (GB/T 32905-2016, 4.2): T_j <<< (j mod 32). */
static const uint32_t round_constants[64] = {0x79cc4519, 0xf3988a32, 0xe7311465, 0xce6228cb, 0x9cc45197, 0x3988a32f,
	0x7311465e, 0xe6228cbc, 0xcc451979, 0x988a32f3, 0x311465e7, 0x6228cbce, 0xc451979c, 0x88a32f39, 0x11465e73,
	0x228cbce6, 0x9d8a7a87, 0x3b14f50f, 0x7629ea1e, 0xec53d43c, 0xd8a7a879, 0xb14f50f3, 0x629ea1e7, 0xc53d43ce,
	0x8a7a879d, 0x14f50f3b, 0x29ea1e76, 0x53d43cec, 0xa7a879d8, 0x4f50f3b1, 0x9ea1e762, 0x3d43cec5, 0x7a879d8a,
	0xf50f3b14, 0xea1e7629, 0xd43cec53, 0xa879d8a7, 0x50f3b14f, 0xa1e7629e, 0x43cec53d, 0x879d8a7a, 0x0f3b14f5,
	0x1e7629ea, 0x3cec53d4, 0x79d8a7a8, 0xf3b14f50, 0xe7629ea1, 0xcec53d43, 0x9d8a7a87, 0x3b14f50f, 0x7629ea1e,
	0xec53d43c, 0xd8a7a879, 0xb14f50f3, 0x629ea1e7, 0xc53d43ce, 0x8a7a879d, 0x14f50f3b, 0x29ea1e76, 0x53d43cec,
	0xa7a879d8, 0x4f50f3b1, 0x9ea1e762, 0x3d43cec5};

/* w[i] becomes W[j] for j = i mod 16, j >= 16 */
#define EXPAND(i) \
	w[(i)&15] = XOR3(P1(XOR3(w[(i)&15], w[((i) + 7) & 15], ROL(w[((i) + 13) & 15], 15))), \
		ROL(w[((i) + 3) & 15], 7), w[((i) + 10) & 15])

#define ROUND(A, B, C, D, E, F, G, H, FF, GG, j, i) \
	do { \
		vec a12 = ROL(A, 12), ss1 = a12 + (E + round_constants[j]); \
		ss1 = ROL(ss1, 7); \
		D = (FF(A, B, C) + D) + ((w[(i)&15] ^ w[((i) + 4) & 15]) + (ss1 ^ a12)); \
		H = (GG(E, F, G) + H) + (w[(i)&15] + ss1); \
		H = P0(H); \
		B = ROL(B, 9); \
		F = ROL(F, 19); \
	} while (0)

#define FOUR(FF, GG, j, i) \
	ROUND(a, b, c, d, e, f, g, h, FF, GG, (j) + (i), i); \
	ROUND(d, a, b, c, h, e, f, g, FF, GG, (j) + (i) + 1, (i) + 1); \
	ROUND(c, d, a, b, g, h, e, f, FF, GG, (j) + (i) + 2, (i) + 2); \
	ROUND(b, c, d, a, f, g, h, e, FF, GG, (j) + (i) + 3, (i) + 3)

#define FOUR_EXPANDED(FF, GG, j, i) \
	EXPAND((i) + 4); \
	ROUND(a, b, c, d, e, f, g, h, FF, GG, (j) + (i), i); \
	EXPAND((i) + 5); \
	ROUND(d, a, b, c, h, e, f, g, FF, GG, (j) + (i) + 1, (i) + 1); \
	EXPAND((i) + 6); \
	ROUND(c, d, a, b, g, h, e, f, FF, GG, (j) + (i) + 2, (i) + 2); \
	EXPAND((i) + 7); \
	ROUND(b, c, d, a, f, g, h, e, FF, GG, (j) + (i) + 3, (i) + 3)

static inline void compress_blocks(vec v[8], const uint8_t *const *messages, size_t blocks)
{
	vec w[16];

	for (size_t n = 0; n < blocks; n++) {
		vec a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];

		load_block(w, messages, n * WQ_SM3_BLOCK);
		FOUR(XOR3, XOR3, 0, 0);
		FOUR(XOR3, XOR3, 0, 4);
		FOUR(XOR3, XOR3, 0, 8);
		FOUR_EXPANDED(XOR3, XOR3, 0, 12);
		for (unsigned j = 16; j < 64; j += 16) {
			FOUR_EXPANDED(MAJ, CH, j, 0);
			FOUR_EXPANDED(MAJ, CH, j, 4);
			FOUR_EXPANDED(MAJ, CH, j, 8);
			FOUR_EXPANDED(MAJ, CH, j, 12);
		}
		v[0] ^= a;
		v[1] ^= b;
		v[2] ^= c;
		v[3] ^= d;
		v[4] ^= e;
		v[5] ^= f;
		v[6] ^= g;
		v[7] ^= h;
	}
}

#endif
