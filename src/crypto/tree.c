/* The tree of digests over 16 KiB leaves. Needs no cryptographic library: gates check single leaves with it. */
#include "crypto/sm3_priv.h"

/* Digested at one go; a power of two, so that every whole batch is a whole subtree (RFC 9162 section 2.1.1). */
enum { BATCH = 256, MAX_LEVELS = 64 };

/* The states after the one-block prefixes; the test computes them again from the prefixes. */
static struct wq_sm3_midstate from_prefix(const char *tag)
{
	struct wq_sm3_midstate m = {.prefix_bytes = WQ_SM3_BLOCK};
	uint8_t block[WQ_SM3_BLOCK] = {'W', 'Q', 'T', '1'};
	const uint8_t *message = block;

	memcpy(block + 4, tag, strlen(tag));
	memcpy(m.state, wq_sm3_iv, sizeof(m.state));
	wq_sm3_kernel_scalar(m.state, &message, 1);
	return m;
}

static struct wq_sm3_midstate leaf_prefix(void)
{
	return from_prefix("weique.tree.leaf");
}

static struct wq_sm3_midstate node_prefix(void)
{
	return from_prefix("weique.tree.node");
}

static struct wq_sm3_midstate root_prefix(void)
{
	return from_prefix("weique.tree.root");
}

size_t wq_tree_leaves(uint64_t length_bytes)
{
	return length_bytes == 0 ? 1 : (size_t)((length_bytes - 1) / WQ_TREE_LEAF + 1);
}

static void leaf_one(const uint8_t *leaf, size_t n, wq_digest *out)
{
	struct wq_sm3_midstate from = leaf_prefix();

	wq_sm3_lanes_from(&from, &leaf, n, 1, out);
}

wq_digest wq_tree_leaf(wq_str leaf)
{
	wq_digest d;

	leaf_one((const uint8_t *)leaf.p, leaf.n, &d);
	return d;
}

void wq_tree_leaf_digests(wq_str bytes, wq_digest *out)
{
	struct wq_sm3_midstate from = leaf_prefix();
	const uint8_t *messages[BATCH], *p = (const uint8_t *)bytes.p;
	size_t whole = bytes.n / WQ_TREE_LEAF;

	for (size_t done = 0; done < whole;) {
		size_t n = WQ_MIN(whole - done, (size_t)BATCH);

		for (size_t i = 0; i < n; i++)
			messages[i] = p + (done + i) * WQ_TREE_LEAF;
		wq_sm3_lanes_from(&from, messages, WQ_TREE_LEAF, n, out + done);
		done += n;
	}
	if (whole < wq_tree_leaves(bytes.n))
		leaf_one(bytes.n ? p + whole * WQ_TREE_LEAF : NULL, bytes.n - whole * WQ_TREE_LEAF, out + whole);
}

/* Pairs `n` (1 to BATCH) digests level by level, in place, until one is left: an odd one at the end of a level moves up
 * unchanged, which is the shape of RFC 9162. */
static wq_digest reduce(wq_digest *level, size_t n)
{
	struct wq_sm3_midstate from = node_prefix();
	const uint8_t *pairs[BATCH / 2];
	wq_digest up[BATCH / 2];

	while (n > 1) {
		size_t half = n / 2;

		for (size_t i = 0; i < half; i++)
			pairs[i] = level[2 * i].b;
		wq_sm3_lanes_from(&from, pairs, 2 * sizeof(wq_digest), half, up);
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

static wq_digest finish(struct spine *spine, uint64_t length_bytes)
{
	struct wq_sm3_midstate from = root_prefix();
	uint8_t last[8 + sizeof(wq_digest)];
	const uint8_t *message = last;
	wq_digest top = spine_top(spine), root;

	for (unsigned i = 0; i < 8; i++)
		last[i] = (uint8_t)(length_bytes >> 8 * (7 - i));
	memcpy(last + 8, top.b, sizeof(top.b));
	wq_sm3_lanes_from(&from, &message, sizeof(last), 1, &root);
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
