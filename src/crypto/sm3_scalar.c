/* One lane in plain C: the reference for the others, and what short objects use. */
#include "crypto/sm3_priv.h"

const uint32_t wq_sm3_iv[8] = {
	0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};

static inline uint32_t rotl(uint32_t x, unsigned n)
{
	return x << (n & 31) | x >> (-n & 31);
}

static inline uint32_t load_be(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint32_t p0(uint32_t x)
{
	return x ^ rotl(x, 9) ^ rotl(x, 17);
}

static inline uint32_t p1(uint32_t x)
{
	return x ^ rotl(x, 15) ^ rotl(x, 23);
}

/* GB/T 32905-2016, 5.3.2 */
static void expand(const uint8_t *block, uint32_t w[68])
{
	for (unsigned j = 0; j < 16; j++)
		w[j] = load_be(block + 4 * j);
	for (unsigned j = 16; j < 68; j++)
		w[j] = p1(w[j - 16] ^ w[j - 9] ^ rotl(w[j - 3], 15)) ^ rotl(w[j - 13], 7) ^ w[j - 6];
}

/* GB/T 32905-2016, 5.3.3 */
static void compress(uint32_t v[8], const uint8_t *block)
{
	uint32_t w[68], a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];

	expand(block, w);
	for (unsigned j = 0; j < 64; j++) {
		uint32_t a12 = rotl(a, 12);
		uint32_t ss1 = rotl(a12 + e + rotl(j < 16 ? 0x79cc4519 : 0x7a879d8a, j), 7);
		uint32_t ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
		uint32_t gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
		uint32_t tt1 = ff + d + (ss1 ^ a12) + (w[j] ^ w[j + 4]);
		uint32_t tt2 = gg + h + ss1 + w[j];

		d = c;
		c = rotl(b, 9);
		b = a;
		a = tt1;
		h = g;
		g = rotl(f, 19);
		f = e;
		e = p0(tt2);
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

void wq_sm3_kernel_scalar(uint32_t *state, const uint8_t *const *messages, size_t blocks)
{
	for (size_t i = 0; i < blocks; i++)
		compress(state, messages[0] + i * WQ_SM3_BLOCK);
}
