#include "base/test.h"
#include "detect/transform/pool.h"

enum { ARENA_MAX = 64 * 1024 * 1024, MANY = 5000 };

static struct wq_arena arena;
static struct wq_chains *chains;
static struct wq_pool pool;

static int start(void **state)
{
	uint64_t seed = 1;
	struct wq_random random = wq_random_seeded(&seed);

	(void)state;
	wq_arena_init(&arena, ARENA_MAX);
	assert_ok(wq_chains_new(&random, &chains));
	wq_pool_init(&pool, chains, 3, &arena);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	wq_chains_free(&chains);
	assert_null(chains);
	wq_arena_done(&arena);
	return 0;
}

static uint16_t chain(size_t n, const enum wq_transform *steps)
{
	uint16_t node;

	assert_ok(wq_chains_add(chains, steps, n, &node));
	return node;
}

#define CHAIN(...) \
	chain(sizeof((enum wq_transform[]){__VA_ARGS__}) / sizeof(enum wq_transform), \
		(const enum wq_transform[]){__VA_ARGS__})

static void test_tree(void **state)
{
	(void)state;
	enum wq_transform steps[WQ_CHAIN_STEPS_MAX + 1] = {WQ_T_LOWERCASE};
	uint16_t url = CHAIN(WQ_T_URL_DECODE_UNI), lower = CHAIN(WQ_T_URL_DECODE_UNI, WQ_T_LOWERCASE), node;
	uint16_t other = CHAIN(WQ_T_LOWERCASE, WQ_T_URL_DECODE_UNI);

	assert_int_equal(wq_chains_count(chains), 5);
	assert_int_equal(CHAIN(WQ_T_URL_DECODE_UNI, WQ_T_LOWERCASE), lower);
	assert_int_not_equal(lower, other);
	assert_int_equal(wq_chains_parent(chains, lower), url);
	assert_int_equal(wq_chains_parent(chains, url), 0);
	assert_int_equal(chain(0, steps), 0);
	assert_int_equal(wq_chains_steps(chains, 0, steps), 0);
	assert_int_equal(wq_chains_steps(chains, lower, steps), 2);
	assert_int_equal(steps[0], WQ_T_URL_DECODE_UNI);
	assert_int_equal(steps[1], WQ_T_LOWERCASE);
	assert_true(wq_chains_triggers(chains, lower)[0] == (1ull << '%' | 1ull << '+'));
	assert_true(wq_chains_triggers(chains, lower)[1] == 0x3ffffffull << 1);
	assert_err(wq_chains_add(chains, steps, WQ_CHAIN_STEPS_MAX + 1, &node), WQ_E_LIMIT);
}

static void test_tree_limit(void **state)
{
	(void)state;
	uint16_t node;
	int added = 1;

	for (int a = 0; a < WQ_T_COUNT && added < WQ_CHAINS_MAX; a++)
		for (int b = 0; b < WQ_T_COUNT && added < WQ_CHAINS_MAX; b++) {
			assert_ok(wq_chains_add(
				chains, (enum wq_transform[]){(enum wq_transform)a, (enum wq_transform)b}, 2, &node));
			added = (int)wq_chains_count(chains);
		}
	assert_int_equal(added, WQ_CHAINS_MAX);
	assert_err(wq_chains_add(chains, (enum wq_transform[]){WQ_T_TRIM, WQ_T_TRIM, WQ_T_TRIM}, 3, &node), WQ_E_LIMIT);
}

static void test_strings(void **state)
{
	(void)state;
	wq_string a = wq_pool_add(&pool, WQ_S("医院")), b = wq_pool_add(&pool, WQ_S("a")), c;
	char again[] = "医院";

	assert_int_not_equal(a, b);
	assert_int_equal(wq_pool_add(&pool, wq_str_c(again)), a);
	assert_str(wq_pool_str(&pool, a), WQ_S("医院"));
	c = wq_pool_add(&pool, WQ_S(""));
	assert_int_equal(wq_pool_add(&pool, WQ_S_NONE), c);
	assert_int_equal(wq_pool_add(&pool, WQ_S("a")), b);
	assert_true(pool.strings[b].bytes[1] == 1ull << ('a' - 64) && pool.strings[b].bytes[0] == 0);
	assert_true(pool.strings[a].bytes[2] ==
		(1ull << (0x8c - 128) | 1ull << (0xbb - 128) | 1ull << (0x99 - 128) | 1ull << (0xa2 - 128)));
	assert_true(pool.strings[a].bytes[3] == (1ull << (0xe5 - 192) | 1ull << (0xe9 - 192)));
	assert_true((pool.strings[c].bytes[0] | pool.strings[c].bytes[1]) == 0);
}

static void test_many(void **state)
{
	(void)state;
	uint16_t upper = CHAIN(WQ_T_UPPERCASE, WQ_T_HEX_ENCODE, WQ_T_HEX_DECODE);
	wq_string results[MANY];

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < MANY; i++) {
			wq_str s = wq_arena_printf(&arena, "value %d", i), out;
			wq_string string = wq_pool_add(&pool, s);
			wq_string result = wq_pool_via(&pool, string, upper);
			assert_true(result != WQ_STRING_NONE);
			out = wq_pool_str(&pool, result);
			assert_str(out, wq_arena_printf(&arena, "VALUE %d", i));
			if (round == 0)
				results[i] = result;
			assert_int_equal(result, results[i]);
		}
	assert_int_equal(pool.n, 3 * MANY); /* the way back from hexadecimal leads to the same string */
}

static void test_via(void **state)
{
	(void)state;
	uint16_t pair = CHAIN(WQ_T_UTF8_TO_UNICODE, WQ_T_URL_DECODE_UNI), url = CHAIN(WQ_T_URL_DECODE_UNI);
	uint16_t html = CHAIN(WQ_T_UTF8_TO_UNICODE, WQ_T_URL_DECODE_UNI, WQ_T_HTML_ENTITY_DECODE);
	wq_string han = wq_pool_add(&pool, WQ_S("医院"));
	wq_string wide = wq_pool_add(&pool, WQ_S("＆lt;x")), less = wq_pool_add(&pool, WQ_S("<x"));
	wq_string plain = wq_pool_add(&pool, WQ_S("plain"));
	uint32_t before = pool.n;

	assert_int_equal(wq_pool_via(&pool, plain, html), plain);
	assert_int_equal(wq_pool_via(&pool, han, url), han);
	assert_int_equal(wq_pool_via(&pool, han, 0), han);
	assert_int_equal(pool.n, before);
	assert_int_equal(wq_pool_via(&pool, han, pair), han);
	assert_int_equal(pool.n, before + 1);
	assert_int_equal(wq_pool_via(&pool, wide, html), less);
	before = pool.n;
	assert_int_equal(wq_pool_via(&pool, wide, html), less);
	assert_int_equal(pool.n, before);
}

static void test_empty(void **state)
{
	(void)state;
	wq_string empty = wq_pool_add(&pool, WQ_S(""));

	assert_str(wq_pool_str(&pool, wq_pool_via(&pool, empty, CHAIN(WQ_T_LENGTH))), WQ_S("0"));
	assert_str(wq_pool_str(&pool, wq_pool_via(&pool, empty, CHAIN(WQ_T_MD5, WQ_T_HEX_ENCODE))),
		WQ_S("d41d8cd98f00b204e9800998ecf8427e"));
	assert_int_equal(wq_pool_via(&pool, empty, CHAIN(WQ_T_LOWERCASE, WQ_T_HEX_ENCODE)), empty);
	assert_str(wq_pool_str(&pool, wq_pool_via(&pool, wq_pool_add(&pool, WQ_S(" ")), CHAIN(WQ_T_TRIM, WQ_T_LENGTH))),
		WQ_S("0"));
}

static void test_facts(void **state)
{
	(void)state;
	wq_string a = wq_pool_add(&pool, WQ_S("a"));
	bool new;
	uint64_t *facts = wq_pool_facts(&pool, a, &new);

	assert_true(new);
	assert_true(facts[0] == 0 && facts[1] == 0 && facts[2] == 0);
	facts[2] = 7;
	for (int i = 0; i < MANY; i++)
		wq_pool_add(&pool, wq_arena_printf(&arena, "%d", i));
	facts = wq_pool_facts(&pool, a, &new);
	assert_false(new);
	assert_true(facts[2] == 7);
}

/* Ways that lead to known strings leave no memory behind; the part of a string that another is stays. */
static void test_memory(void **state)
{
	(void)state;
	uint16_t pair = CHAIN(WQ_T_UTF8_TO_UNICODE, WQ_T_URL_DECODE_UNI), lower = CHAIN(WQ_T_LOWERCASE);
	uint16_t trim = CHAIN(WQ_T_TRIM_RIGHT);
	wq_string han = wq_pool_add(&pool, WQ_S("医院，Ａ")), a = wq_pool_add(&pool, WQ_S("a")), b, padded;
	size_t used;

	wq_pool_via(&pool, han, pair);
	used = arena.used;
	assert_int_equal(wq_pool_via(&pool, wq_pool_add(&pool, WQ_S("A")), lower), a);
	assert_int_equal(arena.used, used);
	b = wq_pool_add(&pool, WQ_S("b"));
	padded = wq_pool_add(&pool, wq_arena_str(&arena, WQ_S("b ")));
	assert_int_equal(wq_pool_via(&pool, padded, trim), b);
	memset(wq_arena_alloc(&arena, 16), 'x', 16);
	assert_str(wq_pool_str(&pool, padded), WQ_S("b "));
}

/* An empty result has no memory of its own: the pool's table, grown when it was looked up, stands in its place. */
static void test_empty_result(void **state)
{
	(void)state;
	/* one block, so that the table can stand where the result was */
	assert_non_null(wq_arena_alloc(&arena, 256 * WQ_KIB));
	wq_arena_reset(&arena);
	wq_pool_init(&pool, chains, 3, &arena);
	uint16_t remove = CHAIN(WQ_T_REMOVE_WHITESPACE);
	wq_string empty = wq_pool_add(&pool, WQ_S("")), space = wq_pool_add(&pool, WQ_S(" "));

	for (unsigned i = 0; pool.n < pool.room; i++)
		wq_pool_add(&pool, wq_arena_printf(&arena, "%u", i));
	assert_int_equal(wq_pool_via(&pool, space, remove), empty);
	memset(wq_arena_alloc(&arena, 4096), 'x', 4096);
	assert_str(wq_pool_str(&pool, space), WQ_S(" "));
}

static void test_limits(void **state)
{
	(void)state;
	static char text[WQ_POOL_STRINGS_MAX + 1];
	struct wq_arena small;
	uint16_t hex = CHAIN(WQ_T_HEX_ENCODE);
	wq_string last = 0;

	wq_arena_init(&small, 64 * 1024);
	wq_pool_init(&pool, chains, 1, &small);
	for (size_t i = 0; i < sizeof text && last != WQ_STRING_NONE; i++)
		last = wq_pool_via(&pool, wq_pool_add(&pool, wq_str_of(text, i)), hex);
	assert_int_equal(last, WQ_STRING_NONE);
	wq_arena_done(&small);
}

static void test_most(void **state)
{
	(void)state;
	static uint32_t numbers[WQ_POOL_STRINGS_MAX + 1];
	wq_string last = 0;

	for (uint32_t i = 0; i <= WQ_POOL_STRINGS_MAX; i++) {
		numbers[i] = i;
		last = wq_pool_add(&pool, wq_str_of(&numbers[i], sizeof numbers[i]));
		assert_int_equal(last, i < WQ_POOL_STRINGS_MAX ? i : WQ_STRING_NONE);
	}
	assert_int_equal(wq_pool_add(&pool, wq_str_of(&numbers[5], sizeof numbers[5])), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tree, start, stop),
		cmocka_unit_test_setup_teardown(test_tree_limit, start, stop),
		cmocka_unit_test_setup_teardown(test_strings, start, stop),
		cmocka_unit_test_setup_teardown(test_many, start, stop),
		cmocka_unit_test_setup_teardown(test_via, start, stop),
		cmocka_unit_test_setup_teardown(test_empty, start, stop),
		cmocka_unit_test_setup_teardown(test_facts, start, stop),
		cmocka_unit_test_setup_teardown(test_memory, start, stop),
		cmocka_unit_test_setup_teardown(test_empty_result, start, stop),
		cmocka_unit_test_setup_teardown(test_limits, start, stop),
		cmocka_unit_test_setup_teardown(test_most, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
