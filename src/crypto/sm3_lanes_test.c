#include "base/test.h"

#include <gcrypt.h>

#include "base/clock.h"
#include "crypto/sm3_priv.h"

static const char *const kinds[] = {"avx512", "avx2", "sse2", "neon", "scalar"};

enum { ROOM = 64 * 1024, MAX_LANES_TRIED = 33 };
static uint8_t bytes[ROOM + MAX_LANES_TRIED];
static uint64_t seed = 20261122;

static int init(void **state)
{
	struct wq_random random = wq_random_seeded(&seed);

	(void)state;
	random.fill(random.data, bytes, sizeof(bytes));
	return wq_failed(wq_crypto_init()) ? -1 : 0;
}

static void assert_same(const wq_str *messages, size_t n)
{
	wq_digest out[2 * MAX_LANES_TRIED];

	wq_sm3_many(messages, n, out);
	for (size_t i = 0; i < n; i++)
		if (!wq_digest_eq(out[i], wq_sm3(messages[i])))
			fail_msg("%s: message %zu of %zu, %zu bytes", wq_sm3_lanes_name(), i, n, messages[i].n);
}

/* Every length from 0 to 300 and some longer ones, every number of messages from 1 to 33. */
static void equal_lengths(void)
{
	const uint8_t *messages[MAX_LANES_TRIED];
	wq_digest out[MAX_LANES_TRIED], expected[MAX_LANES_TRIED];
	uint64_t longer = 7;

	for (size_t i = 0; i < MAX_LANES_TRIED; i++)
		messages[i] = bytes + i;
	for (size_t length = 0; length <= 310; length++) {
		longer = longer * 6364136223846793005u + 1442695040888963407u;
		size_t n_bytes = length <= 300 ? length : 300 + (size_t)(longer >> 33) % 20000;

		for (size_t i = 0; i < MAX_LANES_TRIED; i++)
			expected[i] = wq_sm3(wq_str_of(messages[i], n_bytes));
		for (size_t n = 1; n <= MAX_LANES_TRIED; n++) {
			memset(out, 0, sizeof(out));
			wq_sm3_lanes(messages, n_bytes, n, out);
			for (size_t i = 0; i < n; i++)
				if (!wq_digest_eq(out[i], expected[i]))
					fail_msg("%s: message %zu of %zu, %zu bytes", wq_sm3_lanes_name(), i, n,
						n_bytes);
		}
	}
}

static void mixed_lengths(void)
{
	wq_str messages[2 * MAX_LANES_TRIED];
	uint64_t x = 3;

	for (unsigned round = 0; round < 200; round++) {
		size_t n = 1 + round % (2 * MAX_LANES_TRIED);

		for (size_t i = 0; i < n; i++) {
			x = x * 6364136223846793005u + 1442695040888963407u;
			messages[i] = wq_str_of(
				bytes + (x >> 20) % 64, (size_t)(x >> 40) % (round % 4 == 0 ? 30000 : 300));
			if (messages[i].n == 0)
				messages[i].p = NULL;
		}
		assert_same(messages, n);
	}
}

static void test_every_kernel_equals_openssl(void **state)
{
	size_t tried = 0;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(kinds); i++) {
		wq_err e = wq_sm3_lanes_choose(kinds[i]);

		if (wq_is(e, WQ_E_CONFIG))
			continue;
		assert_ok(e);
		assert_string_equal(wq_sm3_lanes_name(), kinds[i]);
		equal_lengths();
		mixed_lengths();
		tried++;
	}
	assert_true(tried >= 1);
	print_message("# %zu kinds of lanes on this machine\n", tried);
	assert_ok(wq_sm3_lanes_choose(NULL));
}

static void test_an_unknown_kind_is_refused(void **state)
{
	(void)state;
	assert_err(wq_sm3_lanes_choose("mmx"), WQ_E_CONFIG);
}

/* A third opinion. */
static void test_equals_libgcrypt(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 1000; n++) {
		wq_str message = wq_str_of(bytes, n);
		wq_digest theirs, lane[2];

		gcry_md_hash_buffer(GCRY_MD_SM3, theirs.b, bytes, n);
		assert_true(wq_digest_eq(wq_sm3(message), theirs));
		wq_sm3_many((wq_str[]){message, message}, 2, lane);
		assert_true(wq_digest_eq(lane[0], theirs));
		assert_true(wq_digest_eq(lane[1], theirs));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kernel_equals_openssl),
		cmocka_unit_test(test_an_unknown_kind_is_refused),
		cmocka_unit_test(test_equals_libgcrypt),
	};

	return cmocka_run_group_tests_name("crypto/sm3_lanes", tests, init, NULL);
}
