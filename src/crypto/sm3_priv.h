/* The compression function of SM3 (GB/T 32905-2016, 5.3) in lanes: `lanes` messages side by side.
 *
 * A state is eight rows of `lanes` words: word i of lane j is state[i * lanes + j]. A kernel takes `blocks` whole 64-byte
 * blocks from each of `lanes` messages. Kernels know nothing of padding; sm3_lanes.c does. For crypto/ only.
 */
#ifndef WQ_CRYPTO_SM3_PRIV_H
#define WQ_CRYPTO_SM3_PRIV_H

#include "crypto/digest.h"

enum { WQ_SM3_BLOCK = 64, WQ_SM3_MAX_LANES = 16 };

typedef void (*wq_sm3_kernel_fn)(uint32_t *state, const uint8_t *const *messages, size_t blocks);

struct wq_sm3_kernel {
	const char *name;
	unsigned lanes;
	wq_sm3_kernel_fn run;
};

/* Each only where the processor has it. */
void wq_sm3_kernel_scalar(uint32_t *state, const uint8_t *const *messages, size_t blocks);
void wq_sm3_kernel_avx2(uint32_t *state, const uint8_t *const *messages, size_t blocks);
void wq_sm3_kernel_avx512(uint32_t *state, const uint8_t *const *messages, size_t blocks);
void wq_sm3_kernel_v128(uint32_t *state, const uint8_t *const *messages, size_t blocks);

extern const uint32_t wq_sm3_iv[8];

/* What a message is appended to: the state after `prefix_bytes` (a multiple of WQ_SM3_BLOCK) that were digested before. */
struct wq_sm3_midstate {
	uint32_t state[8];
	uint64_t prefix_bytes;
};

/* out[i] = SM3(prefix || message i). */
void wq_sm3_many_from(const struct wq_sm3_midstate *from, const wq_str *messages, size_t n, wq_digest *out);

/* Chooses the kernels as WQ_SM3_LANES says: WQ_E_CRYPTO when one of them is not bit-exact with the scalar one,
 * WQ_E_CONFIG when the name is unknown or not available here. Idempotent; not thread-safe. */
wq_err wq_sm3_lanes_init(void);
/* The same, any number of times, for tests and measurements; NULL for the widest. */
wq_err wq_sm3_lanes_choose(const char *name);

#endif
