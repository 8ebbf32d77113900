#include "base/test.h"

#include "base/map.h"

static uint64_t seed = 7;

/* One changed bit of key or text changes about half of the output. */
static void siphash_mixes(void **state)
{
	uint64_t key[2] = {0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
	char text[24];
	unsigned total = 0, samples = 0;

	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)i;
	for (size_t n = 1; n <= sizeof text; n++) {
		uint64_t whole = wq_siphash13(key, wq_str_of(text, n));
		for (size_t bit = 0; bit < 8 * n; bit++) {
			text[bit / 8] ^= (char)(1 << bit % 8);
			unsigned changed = (unsigned)__builtin_popcountll(
				whole ^ wq_siphash13(key, wq_str_of(text, n)));
			text[bit / 8] ^= (char)(1 << bit % 8);
			assert_true(changed >= 8 && changed <= 56);
			total += changed;
			samples++;
		}
		key[0] ^= 1;
		assert_true(wq_siphash13(key, wq_str_of(text, n)) != whole);
		key[0] ^= 1;
	}
	assert_true(total / samples >= 30 && total / samples <= 34);
}

static void puts_and_gets(void **state)
{
	struct wq_random random = wq_random_seeded(&seed);
	struct wq_map map;
	int a, b;
	void *old = &a;

	(void)state;
	wq_map_init(&map, 10, &random);
	assert_null(wq_map_get(&map, WQ_S("x")));
	assert_ok(wq_map_put(&map, WQ_S("x"), &a, &old));
	assert_null(old);
	assert_ok(wq_map_put(&map, WQ_S_NONE, &b, NULL));
	assert_ok(wq_map_put(&map, wq_str_of("x\0", 2), NULL, NULL));
	assert_ptr_equal(wq_map_get(&map, WQ_S("x")), &a);
	assert_ptr_equal(wq_map_get(&map, WQ_S("")), &b);
	assert_true(wq_map_has(&map, wq_str_of("x\0", 2)));
	assert_null(wq_map_get(&map, wq_str_of("x\0", 2)));
	assert_ok(wq_map_put(&map, WQ_S("x"), &b, &old));
	assert_ptr_equal(old, &a);
	assert_int_equal(wq_map_count(&map), 3);
	assert_true(wq_map_remove(&map, WQ_S("x"), &old));
	assert_ptr_equal(old, &b);
	assert_false(wq_map_remove(&map, WQ_S("x"), NULL));
	assert_int_equal(wq_map_count(&map), 2);
	wq_map_done(&map);
	assert_int_equal(wq_map_count(&map), 0);
	assert_ok(wq_map_put(&map, WQ_S("again"), &a, NULL));
	wq_map_done(&map);
}

static void is_limited(void **state)
{
	struct wq_random random = wq_random_seeded(&seed);
	struct wq_map map;
	int v;

	(void)state;
	wq_map_init(&map, 2, &random);
	assert_ok(wq_map_put(&map, WQ_S("a"), &v, NULL));
	assert_ok(wq_map_put(&map, WQ_S("b"), &v, NULL));
	assert_err(wq_map_put(&map, WQ_S("c"), &v, NULL), WQ_E_LIMIT);
	assert_ok(wq_map_put(&map, WQ_S("a"), NULL, NULL));
	assert_true(wq_map_remove(&map, WQ_S("a"), NULL));
	assert_ok(wq_map_put(&map, WQ_S("c"), &v, NULL));
	assert_false(wq_map_has(&map, WQ_S("a")));
	wq_map_done(&map);
}

/* Against a plain array, through many insertions and removals. */
static void agrees_with_a_model(void **state)
{
	enum { KEYS = 500, ROUNDS = 40000 };
	struct wq_random random = wq_random_seeded(&seed);
	static intptr_t model[KEYS];
	static size_t order[KEYS];
	size_t clock = 0, count = 0;
	struct wq_map map;
	char key[16];

	(void)state;
	memset(model, 0, sizeof model);
	wq_map_init(&map, KEYS, &random);
	for (size_t round = 1; round <= ROUNDS; round++) {
		uint32_t dice;
		random.fill(random.data, &dice, sizeof dice);
		size_t k = dice % KEYS;
		int n = snprintf(key, sizeof key, "k%zu", k);
		if (dice >> 16 & 1) {
			assert_ok(wq_map_put(&map, wq_str_of(key, (size_t)n), (void *)round, NULL));
			if (!model[k]) {
				order[k] = ++clock;
				count++;
			}
			model[k] = (intptr_t)round;
		} else {
			assert_int_equal(wq_map_remove(&map, wq_str_of(key, (size_t)n), NULL), model[k] != 0);
			count -= model[k] != 0;
			model[k] = 0;
		}
		assert_int_equal(wq_map_count(&map), count);
	}
	for (size_t k = 0; k < KEYS; k++) {
		int n = snprintf(key, sizeof key, "k%zu", k);
		assert_int_equal((intptr_t)wq_map_get(&map, wq_str_of(key, (size_t)n)), model[k]);
	}
	const struct wq_map_entry *e;
	size_t at = 0, seen = 0, last = 0;
	while ((e = wq_map_next(&map, &at))) {
		uint64_t k;
		assert_true(wq_str_to_u64(wq_str_from(e->key, 1), KEYS, &k));
		assert_true(order[k] > last);
		last = order[k];
		seen++;
		assert_true(wq_map_remove(&map, wq_str_of(e->key.p, e->key.n), NULL));
	}
	assert_int_equal(seen, count);
	assert_int_equal(wq_map_count(&map), 0);
	assert_true(map.slot_count <= 2048); /* removal does not make it grow without end */
	wq_map_done(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_mixes),
		cmocka_unit_test(puts_and_gets),
		cmocka_unit_test(is_limited),
		cmocka_unit_test(agrees_with_a_model),
	};
	return cmocka_run_group_tests_name("base-map", tests, NULL, NULL);
}
