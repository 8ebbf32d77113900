/* SM3 (GB/T 32905-2016) and the tree of digests.
 *
 * `wq_digest` is a value. wq_sm3() of bytes is what `openssl dgst -sm3` prints: the digest for people. The *tree root* is
 * for machines: leaves of WQ_TREE_LEAF bytes (the last may be shorter; no bytes at all is one empty leaf), hashed in
 * SIMD lanes, so that one block of a large object can be checked alone. Shape: RFC 9162 §2.1.1 (split at the largest
 * power of two below n). Domain separation, each prefix one whole 64-byte SM3 block whose digest state is precomputed
 * (see docs/canonical-encoding.md for the bytes and the test vectors):
 *
 *     leaf = SM3(LEAF-block || bytes)   node = SM3(NODE-block || left || right)
 *     root = SM3(ROOT-block || u64 length || top)
 *
 * None of these can fail: wq_crypto_init() proves once that the library has SM3.
 */
#ifndef WQ_CRYPTO_DIGEST_H
#define WQ_CRYPTO_DIGEST_H

#include "base/base.h"

enum { WQ_DIGEST_BYTES = 32, WQ_DIGEST_HEX = 65, WQ_TREE_LEAF = 16384 };

typedef struct wq_digest {
	uint8_t b[WQ_DIGEST_BYTES];
} wq_digest;

/* Once per process, before anything else of crypto/: loads the library, runs known-answer tests of SM2, SM3, SM4 and
 * chooses the lanes. WQ_E_CRYPTO when one of them fails: the process must not go on. */
wq_err wq_crypto_init(void);

/* SM3 of the bytes (GB/T 32905-2016). */
wq_digest wq_sm3(wq_str bytes);

/* SHA-256 (FIPS 180-4), for what browsers check: CSP. Nothing of ours is hashed with it. */
void wq_sha256(wq_str bytes, uint8_t ret_digest[WQ_DIGEST_BYTES]);

/* Streaming. The context owns heap memory: done() frees it, final() may be called once. */
struct wq_sm3 {
	void *ctx;
};
void wq_sm3_init(struct wq_sm3 *sm3);
void wq_sm3_update(struct wq_sm3 *sm3, wq_str bytes);
wq_digest wq_sm3_final(struct wq_sm3 *sm3);
void wq_sm3_done(struct wq_sm3 *sm3);

/* HMAC (RFC 2104) with SM3; a key of any length. Needs no library, as everything below. */
wq_digest wq_hmac_sm3(wq_str key, wq_str bytes);
/* The same for many messages under one key, whose two blocks are digested once. As secret as the key. */
struct wq_hmac_key {
	uint32_t inner[8], outer[8];
};
void wq_hmac_sm3_key(wq_str key, struct wq_hmac_key *ret_key);
wq_digest wq_hmac_sm3_with(const struct wq_hmac_key *key, wq_str bytes);

/* Digests `n` equally long messages at once in lanes: out[i] = SM3(message i). Tests and the tree use it. */
void wq_sm3_lanes(const uint8_t *const *messages, size_t message_bytes, size_t n, wq_digest *out);
/* The same for messages of any lengths: for many small objects at once. Slices with n == 0 are fine. */
void wq_sm3_many(const wq_str *messages, size_t n, wq_digest *out);
/* "avx512", "avx2", "sse2", "neon" or "scalar": what the dispatcher chose; WQ_SM3_LANES in the environment forces a lower one. */
const char *wq_sm3_lanes_name(void);

/* The root of an object of any length. */
wq_digest wq_tree_root(wq_str bytes);
/* out[i] = wq_tree_root(objects[i]): many small objects share the lanes. */
void wq_tree_roots(const wq_str *objects, size_t n, wq_digest *out);
wq_digest wq_tree_leaf(wq_str leaf);
/* out[i] = wq_tree_leaf(leaves[i]), in lanes. */
void wq_tree_leaf_many(const wq_str *leaves, size_t n, wq_digest *out);
/* Leaf digests of an object of `bytes.n` bytes; `out` holds wq_tree_leaves(bytes.n). */
size_t wq_tree_leaves(uint64_t length_bytes);
void wq_tree_leaf_digests(wq_str bytes, wq_digest *out);
/* The root from leaf digests that were kept beside the object. */
wq_digest wq_tree_root_of_leaves(const wq_digest *leaves, size_t n, uint64_t length_bytes);

/* In constant time. */
bool wq_digest_eq(wq_digest a, wq_digest b);
bool wq_digest_is_zero(wq_digest a);
/* Lower-case hexadecimal; `out` holds WQ_DIGEST_HEX bytes. Returns `out`. */
char *wq_digest_hex(wq_digest d, char out[WQ_DIGEST_HEX]);
/* 64 hexadecimal digits. Errors: WQ_E_INPUT. */
wq_err wq_digest_parse(wq_str hex, wq_digest *ret_digest);

#endif
