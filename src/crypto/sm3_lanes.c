/* Many messages of one length at once: the dispatcher, the padding, the lanes. */
#include "crypto/sm3_priv.h"

static const struct wq_sm3_kernel scalar = {"scalar", 1, wq_sm3_kernel_scalar};
static const struct wq_sm3_kernel *widest = &scalar;

static void store_be(uint8_t *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
}

/* The last block or two of a message: what is left of it, one bit, zeros, the length in bits (GB/T 32905-2016, 5.2).
 * Returns how many blocks. */
static size_t pad(const uint8_t *rest, size_t rest_bytes, uint64_t total_bytes, uint8_t out[2 * WQ_SM3_BLOCK])
{
	size_t blocks = rest_bytes + 9 <= WQ_SM3_BLOCK ? 1 : 2;

	memset(out, 0, 2 * WQ_SM3_BLOCK);
	if (rest_bytes > 0)
		memcpy(out, rest, rest_bytes);
	out[rest_bytes] = 0x80;
	store_be(out + blocks * WQ_SM3_BLOCK - 8, total_bytes * 8, 8);
	return blocks;
}

/* One call of a kernel: `n` (at most its lanes) messages; lanes without one repeat the first. */
static void digest_group(const struct wq_sm3_kernel *kernel, const struct wq_sm3_midstate *from,
	const uint8_t *const *messages, size_t message_bytes, size_t n, wq_digest *out)
{
	_Alignas(64) uint32_t state[8 * WQ_SM3_MAX_LANES];
	uint8_t tails[WQ_SM3_MAX_LANES][2 * WQ_SM3_BLOCK];
	const uint8_t *heads[WQ_SM3_MAX_LANES], *ends[WQ_SM3_MAX_LANES];
	size_t whole = message_bytes / WQ_SM3_BLOCK, rest = message_bytes % WQ_SM3_BLOCK, last = 1;
	unsigned lanes = kernel->lanes;

	for (unsigned j = 0; j < lanes; j++) {
		size_t source = j < n ? j : 0;

		heads[j] = messages[source];
		ends[j] = tails[source];
		if (j < n)
			last = pad(rest ? heads[j] + whole * WQ_SM3_BLOCK : NULL, rest,
				from->prefix_bytes + message_bytes, tails[j]);
		for (unsigned i = 0; i < 8; i++)
			state[i * lanes + j] = from->state[i];
	}
	kernel->run(state, heads, whole);
	kernel->run(state, ends, last);
	for (unsigned j = 0; j < n; j++)
		for (unsigned i = 0; i < 8; i++)
			store_be(out[j].b + 4 * i, state[i * lanes + j], 4);
}

void wq_sm3_lanes_from(const struct wq_sm3_midstate *from, const uint8_t *const *messages, size_t message_bytes,
	size_t n, wq_digest *out)
{
	for (size_t done = 0; done < n;) {
		size_t group = WQ_MIN(n - done, (size_t)widest->lanes);

		digest_group(widest, from, messages + done, message_bytes, group, out + done);
		done += group;
	}
}

void wq_sm3_lanes(const uint8_t *const *messages, size_t message_bytes, size_t n, wq_digest *out)
{
	struct wq_sm3_midstate from = {.prefix_bytes = 0};

	memcpy(from.state, wq_sm3_iv, sizeof(from.state));
	wq_sm3_lanes_from(&from, messages, message_bytes, n, out);
}

const char *wq_sm3_lanes_name(void)
{
	return widest->name;
}

wq_err wq_sm3_lanes_init(void)
{
	return WQ_OK;
}
