/* The tree of digests over 16 KiB leaves. Needs no cryptographic library: gates check single leaves with it. */
#include "crypto/sm3_priv.h"

/* Digested at one go; a power of two, so that every whole batch is a whole subtree (RFC 9162 section 2.1.1). */
enum { BATCH = 256, MAX_LEVELS = 64 };

/* The states after the one-block prefixes "WQT1weique.tree.leaf", "…node", "…root", filled with zeros to 64 bytes; the test
 * computes them again. */
static const struct wq_sm3_midstate after_leaf = {
	{0x03aa1c18, 0xecd2e9d5, 0x81d182d9, 0xa3f1307c, 0x0226f1c9, 0x986906aa, 0xe34cabbd, 0x90e52dff}, WQ_SM3_BLOCK};
static const struct wq_sm3_midstate after_node = {
	{0xc77b212b, 0xe409703e, 0xa4c3b055, 0x65b14325, 0xb840c8d9, 0xebbe87e8, 0x89a3053c, 0x6518c271}, WQ_SM3_BLOCK};
static const struct wq_sm3_midstate after_root = {
	{0xbdd1aa44, 0xf5732c67, 0xed9ee03b, 0x8e58c1cf, 0xbb1f0f4e, 0x18c92b53, 0x64bd345f, 0x39648abe}, WQ_SM3_BLOCK};

size_t wq_tree_leaves(uint64_t length_bytes)
{
	return length_bytes == 0 ? 1 : (size_t)((length_bytes - 1) / WQ_TREE_LEAF + 1);
}

wq_digest wq_tree_leaf(wq_str leaf)
{
	wq_digest d;

	wq_sm3_many_from(&after_leaf, &leaf, 1, &d);
	return d;
}

void wq_tree_leaf_many(const wq_str *leaves, size_t n, wq_digest *out)
{
	wq_sm3_many_from(&after_leaf, leaves, n, out);
}

void wq_tree_leaf_digests(wq_str bytes, wq_digest *out)
{
	wq_str leaves[BATCH];
	size_t n = wq_tree_leaves(bytes.n);

	for (size_t done = 0; done < n;) {
		size_t batch = WQ_MIN(n - done, (size_t)BATCH);

		for (size_t i = 0; i < batch; i++)
			leaves[i] = wq_str_head(wq_str_from(bytes, (done + i) * WQ_TREE_LEAF), WQ_TREE_LEAF);
		wq_sm3_many_from(&after_leaf, leaves, batch, out + done);
		done += batch;
	}
}

/* Pairs `n` (1 to BATCH) digests level by level, in place, until one is left: an odd one at the end of a level moves up
 * unchanged, which is the shape of RFC 9162. */
static wq_digest reduce(wq_digest *level, size_t n)
{
	wq_str pairs[BATCH / 2];
	wq_digest up[BATCH / 2];

	while (n > 1) {
		size_t half = n / 2;

		for (size_t i = 0; i < half; i++)
			pairs[i] = wq_str_of(&level[2 * i], 2 * sizeof(*level));
		wq_sm3_many_from(&after_node, pairs, half, up);
		if (n % 2)
			level[half] = level[n - 1];
		memcpy(level, up, half * sizeof(*up));
		n = half + n % 2;
	}
	return level[0];
}

/* Whole batches seen so far, as a binary counter: one subtree for every bit that is set. */
struct spine {
	wq_digest trees[MAX_LEVELS];
	unsigned n;
	uint64_t batches;
};

static wq_digest join(wq_digest left, wq_digest right)
{
	wq_digest two[2] = {left, right};

	return reduce(two, 2);
}

static void spine_add(struct spine *spine, wq_digest batch)
{
	for (uint64_t bits = spine->batches++; bits & 1; bits >>= 1)
		batch = join(spine->trees[--spine->n], batch);
	spine->trees[spine->n++] = batch;
}

static wq_digest spine_top(struct spine *spine)
{
	wq_digest top = spine->trees[--spine->n];

	while (spine->n > 0)
		top = join(spine->trees[--spine->n], top);
	return top;
}

enum { ROOT_MESSAGE = 8 + WQ_DIGEST_BYTES };

static void root_message(uint8_t out[ROOT_MESSAGE], uint64_t length_bytes, wq_digest top)
{
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(length_bytes >> 8 * (7 - i));
	memcpy(out + 8, top.b, sizeof(top.b));
}

static wq_digest finish(struct spine *spine, uint64_t length_bytes)
{
	uint8_t last[ROOT_MESSAGE];
	wq_str message = wq_str_of(last, sizeof(last));
	wq_digest root;

	root_message(last, length_bytes, spine_top(spine));
	wq_sm3_many_from(&after_root, &message, 1, &root);
	return root;
}

wq_digest wq_tree_root(wq_str bytes)
{
	struct spine spine = {.n = 0};
	wq_digest level[BATCH];
	size_t at = 0;

	do {
		wq_str piece = wq_str_head(wq_str_from(bytes, at), (size_t)BATCH * WQ_TREE_LEAF);

		wq_tree_leaf_digests(piece, level);
		spine_add(&spine, reduce(level, wq_tree_leaves(piece.n)));
		at += piece.n;
	} while (at < bytes.n);
	return finish(&spine, bytes.n);
}

wq_digest wq_tree_root_of_leaves(const wq_digest *leaves, size_t n, uint64_t length_bytes)
{
	struct spine spine = {.n = 0};
	wq_digest level[BATCH];

	if (n != wq_tree_leaves(length_bytes))
		return (wq_digest){0};
	for (size_t done = 0; done < n;) {
		size_t piece = WQ_MIN(n - done, (size_t)BATCH);

		memcpy(level, leaves + done, piece * sizeof(*leaves));
		spine_add(&spine, reduce(level, piece));
		done += piece;
	}
	return finish(&spine, length_bytes);
}

/* Up to BATCH objects of one leaf each. */
static void roots_of_small(const wq_str *objects, size_t n, wq_digest *out)
{
	uint8_t last[BATCH][ROOT_MESSAGE];
	wq_str messages[BATCH];

	wq_sm3_many_from(&after_leaf, objects, n, out);
	for (size_t i = 0; i < n; i++) {
		root_message(last[i], objects[i].n, out[i]);
		messages[i] = wq_str_of(last[i], ROOT_MESSAGE);
	}
	wq_sm3_many_from(&after_root, messages, n, out);
}

void wq_tree_roots(const wq_str *objects, size_t n, wq_digest *out)
{
	for (size_t i = 0; i < n;) {
		size_t small = 0;

		while (small < BATCH && i + small < n && objects[i + small].n <= WQ_TREE_LEAF)
			small++;
		if (small > 0)
			roots_of_small(objects + i, small, out + i);
		else
			out[i] = wq_tree_root(objects[i]);
		i += small ? small : 1;
	}
}
