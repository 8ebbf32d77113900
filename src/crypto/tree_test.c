#include "base/test.h"

#include "crypto/sm3_priv.h"

enum { BYTES = 9 * 1024 * 1024 + 123 };
static char *bytes;

static int init(void **state)
{
	(void)state;
	bytes = malloc(BYTES);
	if (!bytes || wq_failed(wq_crypto_init()))
		return -1;
	for (size_t i = 0; i < BYTES; i++)
		bytes[i] = (char)(i * 2654435761u >> 13);
	return 0;
}

static int done(void **state)
{
	(void)state;
	free(bytes);
	return 0;
}

/* The definition, word for word, by streaming through OpenSSL. */
static wq_digest prefixed(const char *tag, wq_str a, wq_str b)
{
	char prefix[64] = {0};
	struct wq_sm3 s;
	wq_digest d;

	snprintf(prefix, sizeof(prefix), "WQT1weique.tree.%s", tag);
	wq_sm3_init(&s);
	wq_sm3_update(&s, wq_str_of(prefix, sizeof(prefix)));
	wq_sm3_update(&s, a);
	wq_sm3_update(&s, b);
	d = wq_sm3_final(&s);
	wq_sm3_done(&s);
	return d;
}

/* RFC 9162 section 2.1.1, recursively. */
static wq_digest top_of(wq_str piece)
{
	size_t n = wq_tree_leaves(piece.n), k = 1;
	wq_digest left, right;

	if (n == 1)
		return prefixed("leaf", piece, WQ_S_NONE);
	while (2 * k < n)
		k *= 2;
	left = top_of(wq_str_head(piece, k * WQ_TREE_LEAF));
	right = top_of(wq_str_from(piece, k * WQ_TREE_LEAF));
	return prefixed("node", wq_str_of(left.b, sizeof(left.b)), wq_str_of(right.b, sizeof(right.b)));
}

static wq_digest root_of(wq_str object)
{
	wq_digest top = top_of(object);
	uint8_t length[8];

	for (unsigned i = 0; i < 8; i++)
		length[i] = (uint8_t)((uint64_t)object.n >> 8 * (7 - i));
	return prefixed("root", wq_str_of(length, 8), wq_str_of(top.b, sizeof(top.b)));
}

static void test_root_is_as_defined(void **state)
{
	static const size_t lengths[] = {0, 1, 63, 64, 16383, 16384, 16385, 32768, 40000, 49152, 65536, 65537, 100000,
		16384 * 15, 16384 * 16, 16384 * 17, 16384 * 33 + 5, 1024 * 1024, 4 * 1024 * 1024 - 1, 4 * 1024 * 1024,
		4 * 1024 * 1024 + 1, 8 * 1024 * 1024 + 16384, BYTES};
	static wq_digest leaves[BYTES / WQ_TREE_LEAF + 1];

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(lengths); i++) {
		wq_str object = wq_str_of(bytes, lengths[i]);
		size_t n = wq_tree_leaves(object.n);
		wq_digest expected = root_of(object);

		assert_true(wq_digest_eq(wq_tree_root(object), expected));
		wq_tree_leaf_digests(object, leaves);
		assert_true(wq_digest_eq(leaves[n - 1], wq_tree_leaf(wq_str_from(object, (n - 1) * WQ_TREE_LEAF))));
		assert_true(wq_digest_eq(wq_tree_root_of_leaves(leaves, n, object.n), expected));
		/* a length that does not belong to so many leaves has no root */
		assert_true(wq_digest_is_zero(wq_tree_root_of_leaves(leaves, n + 1, object.n)));
		assert_true(wq_digest_is_zero(wq_tree_root_of_leaves(leaves, 0, object.n)));
	}
}

static void test_many_objects_at_once(void **state)
{
	enum { N = 600 };
	static wq_str objects[N];
	static wq_digest roots[N];

	(void)state;
	for (size_t i = 0; i < N; i++)
		objects[i] = wq_str_of(bytes + i, i % 50 == 7 ? 20000 + i : i * 37 % 16385);
	wq_tree_roots(objects, N, roots);
	for (size_t i = 0; i < N; i++)
		assert_true(wq_digest_eq(roots[i], root_of(objects[i])));
}

static void test_one_bit_changes_the_root(void **state)
{
	wq_str object = wq_str_of(bytes, 100000);
	wq_digest before = wq_tree_root(object);

	(void)state;
	for (size_t at = 0; at < object.n; at += 9973) {
		bytes[at] ^= 1;
		assert_false(wq_digest_eq(wq_tree_root(object), before));
		bytes[at] ^= 1;
	}
	assert_true(wq_digest_eq(wq_tree_root(object), before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_root_is_as_defined),
		cmocka_unit_test(test_many_objects_at_once),
		cmocka_unit_test(test_one_bit_changes_the_root),
	};

	return cmocka_run_group_tests_name("crypto/tree", tests, init, done);
}
