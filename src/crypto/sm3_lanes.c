/* Many messages at once: the dispatcher, the padding, and which message is in which lane.
 *
 * Every lane works on a message of its own. All lanes advance together by as many blocks as the shortest still has in one
 * piece; a lane that has come to the end of a piece goes on with its padded tail, then with the next message. So messages
 * may differ in length, and lanes idle only when no message is left.
 */
#include "crypto/sm3_priv.h"

enum { MAX_KERNELS = 4 };

static const struct wq_sm3_kernel scalar = {"scalar", 1, wq_sm3_kernel_scalar};

/* Widest first; what this machine has and the operator allows. Before init: the scalar one alone. */
static struct wq_sm3_kernel kernels[MAX_KERNELS] = {{"scalar", 1, wq_sm3_kernel_scalar}};
static bool chosen;

struct lane {
	const uint8_t *at;
	size_t blocks; /* in one piece from `at` */
	size_t message;
	bool in_tail, busy;
	uint8_t tail[2 * WQ_SM3_BLOCK];
};

struct work {
	const struct wq_sm3_midstate *from;
	const wq_str *messages;
	size_t n, next;
	wq_digest *out;
	unsigned lanes, busy;
	uint32_t *state;
	struct lane lane[WQ_SM3_MAX_LANES];
};

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

static void begin_tail(struct work *w, struct lane *lane)
{
	wq_str m = w->messages[lane->message];
	size_t rest = m.n % WQ_SM3_BLOCK;

	lane->blocks = pad(
		rest ? (const uint8_t *)m.p + (m.n - rest) : NULL, rest, w->from->prefix_bytes + m.n, lane->tail);
	lane->at = lane->tail;
	lane->in_tail = true;
}

/* Gives the lane the next message, if there is one. */
static void begin_message(struct work *w, unsigned j)
{
	struct lane *lane = &w->lane[j];

	lane->busy = w->next < w->n;
	if (!lane->busy)
		return;
	w->busy++;
	lane->message = w->next++;
	lane->at = (const uint8_t *)w->messages[lane->message].p;
	lane->blocks = w->messages[lane->message].n / WQ_SM3_BLOCK;
	lane->in_tail = false;
	for (unsigned i = 0; i < 8; i++)
		w->state[i * w->lanes + j] = w->from->state[i];
	if (lane->blocks == 0)
		begin_tail(w, lane);
}

static void end_piece(struct work *w, unsigned j)
{
	struct lane *lane = &w->lane[j];

	if (!lane->in_tail) {
		begin_tail(w, lane);
		return;
	}
	for (unsigned i = 0; i < 8; i++)
		store_be(w->out[lane->message].b + 4 * i, w->state[i * w->lanes + j], 4);
	w->busy--;
	begin_message(w, j);
}

/* Blocks that every busy lane has; idle lanes are pointed at a busy one's bytes, what they compute is not used. */
static size_t step_of(const struct work *w, const uint8_t **pointers)
{
	const uint8_t *some = NULL;
	size_t step = SIZE_MAX;

	for (unsigned j = 0; j < w->lanes; j++)
		if (w->lane[j].busy && w->lane[j].blocks < step) {
			step = w->lane[j].blocks;
			some = w->lane[j].at;
		}
	for (unsigned j = 0; j < w->lanes; j++)
		pointers[j] = w->lane[j].busy ? w->lane[j].at : some;
	return step;
}

/* The message in lane j to its end in the scalar kernel: for the last one, when all other lanes would idle. */
static void finish_alone(struct work *w, unsigned j)
{
	struct lane *lane = &w->lane[j];
	uint32_t state[8];

	for (unsigned i = 0; i < 8; i++)
		state[i] = w->state[i * w->lanes + j];
	for (;;) {
		scalar.run(state, &lane->at, lane->blocks);
		if (lane->in_tail)
			break;
		begin_tail(w, lane);
	}
	for (unsigned i = 0; i < 8; i++)
		w->state[i * w->lanes + j] = state[i];
	end_piece(w, j);
}

static void run(const struct wq_sm3_kernel *kernel, struct work *w)
{
	const uint8_t *pointers[WQ_SM3_MAX_LANES];

	w->lanes = kernel->lanes;
	for (unsigned j = 0; j < w->lanes; j++)
		begin_message(w, j);
	while (w->busy > 1 || w->next < w->n) {
		size_t step = step_of(w, pointers);

		kernel->run(w->state, pointers, step);
		for (unsigned j = 0; j < w->lanes; j++) {
			struct lane *lane = &w->lane[j];

			if (!lane->busy)
				continue;
			lane->at += step * WQ_SM3_BLOCK;
			lane->blocks -= step;
			if (lane->blocks == 0)
				end_piece(w, j);
		}
	}
	for (unsigned j = 0; j < w->lanes; j++)
		if (w->lane[j].busy)
			finish_alone(w, j);
}

/* The widest kernel, or a narrower one that has room for all. */
static const struct wq_sm3_kernel *kernel_for(size_t n)
{
	const struct wq_sm3_kernel *kernel = kernels;

	if (n == 1)
		return &scalar;
	while (kernel + 1 < kernels + MAX_KERNELS && kernel[1].lanes >= WQ_MAX(n, 2))
		kernel++;
	return kernel;
}

void wq_sm3_many_from(const struct wq_sm3_midstate *from, const wq_str *messages, size_t n, wq_digest *out)
{
	_Alignas(64) uint32_t state[8 * WQ_SM3_MAX_LANES] = {0};
	struct work w;

	if (n == 0)
		return;
	w.from = from;
	w.messages = messages;
	w.n = n;
	w.next = 0;
	w.out = out;
	w.busy = 0;
	w.state = state;
	run(kernel_for(n), &w);
}

void wq_sm3_many(const wq_str *messages, size_t n, wq_digest *out)
{
	struct wq_sm3_midstate from = {.prefix_bytes = 0};

	memcpy(from.state, wq_sm3_iv, sizeof(from.state));
	wq_sm3_many_from(&from, messages, n, out);
}

void wq_sm3_lanes(const uint8_t *const *messages, size_t message_bytes, size_t n, wq_digest *out)
{
	enum { AT_ONCE = 64 };
	wq_str slices[AT_ONCE];

	for (size_t done = 0; done < n;) {
		size_t group = WQ_MIN(n - done, (size_t)AT_ONCE);

		for (size_t i = 0; i < group; i++)
			slices[i] = wq_str_of(messages[done + i], message_bytes);
		wq_sm3_many(slices, group, out + done);
		done += group;
	}
}

const char *wq_sm3_lanes_name(void)
{
	return kernels[0].name;
}

/* What this processor and its system can do, widest first. Returns how many. */
static size_t available(struct wq_sm3_kernel out[MAX_KERNELS])
{
	size_t n = 0;

#if defined(__x86_64__)
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"))
		out[n++] = (struct wq_sm3_kernel){"avx512", 16, wq_sm3_kernel_avx512};
	if (__builtin_cpu_supports("avx2"))
		out[n++] = (struct wq_sm3_kernel){"avx2", 8, wq_sm3_kernel_avx2};
	out[n++] = (struct wq_sm3_kernel){"sse2", 4, wq_sm3_kernel_v128};
#elif defined(__aarch64__)
	out[n++] = (struct wq_sm3_kernel){"neon", 4, wq_sm3_kernel_v128};
#endif
	out[n++] = scalar;
	return n;
}

/* The same blocks through the kernel and through the scalar one. */
static bool agrees(const struct wq_sm3_kernel *kernel)
{
	_Alignas(64) uint32_t state[8 * WQ_SM3_MAX_LANES];
	uint8_t bytes[WQ_SM3_MAX_LANES + 2 * WQ_SM3_BLOCK];
	const uint8_t *messages[WQ_SM3_MAX_LANES];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * i + 3 * i + 1);
	for (unsigned j = 0; j < kernel->lanes; j++) {
		messages[j] = bytes + j;
		for (unsigned i = 0; i < 8; i++)
			state[i * kernel->lanes + j] = wq_sm3_iv[i] + j;
	}
	kernel->run(state, messages, 2);
	for (unsigned j = 0; j < kernel->lanes; j++) {
		uint32_t one[8];

		for (unsigned i = 0; i < 8; i++)
			one[i] = wq_sm3_iv[i] + j;
		scalar.run(one, &messages[j], 2);
		for (unsigned i = 0; i < 8; i++)
			if (one[i] != state[i * kernel->lanes + j])
				return false;
	}
	return true;
}

wq_err wq_sm3_lanes_choose(const char *name)
{
	struct wq_sm3_kernel all[MAX_KERNELS] = {{0}};
	size_t n = available(all), first = 0;

	if (name && *name) {
		while (first < n && strcmp(all[first].name, name) != 0)
			first++;
		if (first == n)
			return wq_error(WQ_E_CONFIG, "WQ_SM3_LANES: this machine has no lanes of this name");
	}
	for (size_t i = first; i < n; i++)
		if (!agrees(&all[i]))
			return wq_error(WQ_E_CRYPTO, "SM3 in %s lanes differs from the scalar one", all[i].name);
	memset(kernels, 0, sizeof(kernels));
	memcpy(kernels, all + first, (n - first) * sizeof(*all));
	return WQ_OK;
}

wq_err wq_sm3_lanes_init(void)
{
	if (!chosen)
		WQ_TRY(wq_sm3_lanes_choose(secure_getenv("WQ_SM3_LANES")));
	chosen = true;
	return WQ_OK;
}
