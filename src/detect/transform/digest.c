/* SHA-1 (FIPS 180-4) and MD5 (RFC 1321), because rules compare digests of values with lists. Both are broken: nothing but t:sha1
 * and t:md5 may use them. Not in crypto/, which has the digests that are to be trusted, nor from a library: workers have none. */
#include "detect/transform/transform_priv.h"

enum { BLOCK = 64, LENGTH_BYTES = 8, MD5_WORDS = 4, SHA1_WORDS = 5 };

static uint32_t rotl(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

static uint32_t word(const uint8_t *p, bool big)
{
	return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
		   : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void put_word(uint32_t value, bool big, char *out)
{
	for (int i = 0; i < 4; i++)
		out[i] = (char)(value >> 8 * (big ? 3 - i : i) & 0xff);
}

static void sha1_block(uint32_t state[SHA1_WORDS], const uint8_t *p)
{
	uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

	for (int i = 0; i < 16; i++)
		w[i] = word(p + 4 * i, true);
	for (int i = 16; i < 80; i++)
		w[i] = rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (int i = 0; i < 80; i++) {
		uint32_t f = i < 20 ? (b & c) | (~b & d)
			: i < 40    ? b ^ c ^ d
			: i < 60    ? (b & c) | (b & d) | (c & d)
				    : b ^ c ^ d;
		static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
		uint32_t next = rotl(a, 5) + f + e + k[i / 20] + w[i];
		e = d;
		d = c;
		c = rotl(b, 30);
		b = a;
		a = next;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

/* floor(2^32 * abs(sin(i + 1))), RFC 1321 §3.4 */
static const uint32_t md5_sines[64] = {
	0xd76aa478,
	0xe8c7b756,
	0x242070db,
	0xc1bdceee,
	0xf57c0faf,
	0x4787c62a,
	0xa8304613,
	0xfd469501,
	0x698098d8,
	0x8b44f7af,
	0xffff5bb1,
	0x895cd7be,
	0x6b901122,
	0xfd987193,
	0xa679438e,
	0x49b40821,
	0xf61e2562,
	0xc040b340,
	0x265e5a51,
	0xe9b6c7aa,
	0xd62f105d,
	0x02441453,
	0xd8a1e681,
	0xe7d3fbc8,
	0x21e1cde6,
	0xc33707d6,
	0xf4d50d87,
	0x455a14ed,
	0xa9e3e905,
	0xfcefa3f8,
	0x676f02d9,
	0x8d2a4c8a,
	0xfffa3942,
	0x8771f681,
	0x6d9d6122,
	0xfde5380c,
	0xa4beea44,
	0x4bdecfa9,
	0xf6bb4b60,
	0xbebfbc70,
	0x289b7ec6,
	0xeaa127fa,
	0xd4ef3085,
	0x04881d05,
	0xd9d4d039,
	0xe6db99e5,
	0x1fa27cf8,
	0xc4ac5665,
	0xf4292244,
	0x432aff97,
	0xab9423a7,
	0xfc93a039,
	0x655b59c3,
	0x8f0ccc92,
	0xffeff47d,
	0x85845dd1,
	0x6fa87e4f,
	0xfe2ce6e0,
	0xa3014314,
	0x4e0811a1,
	0xf7537e82,
	0xbd3af235,
	0x2ad7d2bb,
	0xeb86d391,
};

static void md5_block(uint32_t state[MD5_WORDS], const uint8_t *p)
{
	static const uint8_t shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];

	for (unsigned i = 0; i < 64; i++) {
		uint32_t f, next;
		unsigned g;
		switch (i / 16) {
		case 0:
			f = (b & c) | (~b & d);
			g = i;
			break;
		case 1:
			f = (d & b) | (~d & c);
			g = 5 * i + 1;
			break;
		case 2:
			f = b ^ c ^ d;
			g = 3 * i + 5;
			break;
		default: f = c ^ (b | ~d); g = 7 * i;
		}
		next = b + rotl(a + f + md5_sines[i] + word(p + 4 * (g % 16), false), shifts[i / 16][i % 4]);
		a = d;
		d = c;
		c = b;
		b = next;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
}

/* Both pad alike: a one bit, zeros, the length in bits; they differ in the order of bytes. */
static bool digest(wq_str in, uint32_t *state, size_t words, void (*block)(uint32_t *state, const uint8_t *p), bool big,
	struct wq_arena *arena, wq_str *ret_out)
{
	size_t whole = in.n / BLOCK * BLOCK, left = in.n - whole;
	size_t tail_n = left + 1 + LENGTH_BYTES <= BLOCK ? BLOCK : 2 * BLOCK;
	uint8_t tail[2 * BLOCK] = {0};
	uint64_t bits = (uint64_t)in.n * 8;
	char *out = wq_arena_alloc(arena, 4 * words);

	if (!out)
		return false;
	for (size_t i = 0; i < whole; i += BLOCK)
		block(state, (const uint8_t *)in.p + i);
	if (left > 0)
		memcpy(tail, in.p + whole, left);
	tail[left] = 0x80;
	for (size_t i = 0; i < LENGTH_BYTES; i++)
		tail[tail_n - LENGTH_BYTES + i] = (uint8_t)(bits >> 8 * (big ? 7 - i : i));
	for (size_t i = 0; i < tail_n; i += BLOCK)
		block(state, tail + i);
	for (size_t i = 0; i < words; i++)
		put_word(state[i], big, out + 4 * i);
	return wq_transform_result(in, arena, out, 4 * words, ret_out);
}

bool wq_transform_sha1(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	uint32_t state[SHA1_WORDS] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};

	return digest(in, state, SHA1_WORDS, sha1_block, true, arena, ret_out);
}

bool wq_transform_md5(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	uint32_t state[MD5_WORDS] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

	return digest(in, state, MD5_WORDS, md5_block, false, arena, ret_out);
}
