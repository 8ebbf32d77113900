#include "base/test.h"

#include "base/arena.h"

static void gives_aligned_memory(void **state)
{
	struct wq_arena a;
	unsigned char *last = NULL;

	(void)state;
	wq_arena_init(&a, WQ_MIB);
	assert_int_equal(a.total_bytes, 0);
	for (size_t n = 0; n < 300; n++) {
		unsigned char *at = wq_arena_alloc(&a, n);
		assert_non_null(at);
		assert_true(at != last);
		assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
		memset(at, 0xaa, n);
		last = at;
	}
	assert_ok(wq_arena_err(&a));
	assert_true(a.total_bytes <= a.max_bytes && a.used <= a.total_bytes);
	wq_arena_done(&a);
	wq_arena_done(&a);
	assert_non_null(wq_arena_alloc(&a, 1));
	wq_arena_done(&a);
}

static void stops_at_its_maximum(void **state)
{
	static const struct {
		size_t max, n;
		bool fits;
	} rows[] = {
		{1, 1, false}, /* less than one aligned unit */
		{16, 16, true},
		{16, 17, false},
		{4096, 4096, true},
		{5000, 4992, true},
		{WQ_MIB, WQ_MIB, true},
		{WQ_MIB, WQ_MIB + 1, false},
		{SIZE_MAX, SIZE_MAX, false},
		{SIZE_MAX, SIZE_MAX - 8, false},
		{SIZE_MAX, SIZE_MAX - 64, false},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena a;
		wq_arena_init(&a, rows[i].max);
		assert_int_equal(wq_arena_alloc(&a, rows[i].n) != NULL, rows[i].fits);
		assert_int_equal(wq_failed(wq_arena_err(&a)), !rows[i].fits);
		assert_true(a.total_bytes <= a.max_bytes);
		wq_arena_done(&a);
	}
}

static void fills_to_the_last_byte(void **state)
{
	struct wq_arena a;
	size_t n = 0;

	(void)state;
	wq_arena_init(&a, 100000);
	while (wq_arena_alloc(&a, 16))
		n++;
	assert_int_equal(n, 100000 / 16);
	assert_err(wq_arena_err(&a), WQ_E_LIMIT);
	wq_arena_reset(&a);
	assert_ok(wq_arena_err(&a));
	assert_int_equal(a.used, 0);
	assert_true(a.total_bytes > 0 && a.total_bytes <= 4096);
	assert_non_null(wq_arena_alloc(&a, 4096));
	wq_arena_done(&a);
}

static void zeroes_and_refuses_overflow(void **state)
{
	struct wq_arena a;
	int *v;

	(void)state;
	wq_arena_init(&a, WQ_MIB);
	memset(wq_arena_alloc(&a, 4000), 0xff, 4000);
	wq_arena_reset(&a);
	v = WQ_NEW_ARRAY(&a, int, 500);
	for (size_t i = 0; i < 500; i++)
		assert_int_equal(v[i], 0);
	assert_null(wq_arena_zalloc(&a, SIZE_MAX / 2, 3));
	assert_err(wq_arena_err(&a), WQ_E_LIMIT);
	wq_arena_done(&a);
}

static void copies_text(void **state)
{
	struct wq_arena a;
	wq_str s;

	(void)state;
	wq_arena_init(&a, 200);
	s = wq_arena_str(&a, wq_str_of("a\0b", 3));
	assert_str(s, wq_str_of("a\0b", 3));
	assert_int_equal(s.p[3], '\0');
	s = wq_arena_str(&a, WQ_S_NONE);
	assert_non_null(s.p);
	assert_string_equal(wq_arena_cstr(&a, wq_str_head(WQ_S("hello"), 4)), "hell");
	assert_null(wq_arena_cstr(&a, wq_str_of("a\0b", 3)));
	assert_ok(wq_arena_err(&a));
	assert_str(wq_arena_printf(&a, "%s=%d", "x", 7), WQ_S("x=7"));
	s = wq_arena_printf(&a, "%500d", 1);
	assert_null(s.p);
	assert_err(wq_arena_err(&a), WQ_E_LIMIT);
	wq_arena_done(&a);
}

static void gives_the_last_back(void **state)
{
	struct wq_arena a;
	char *first, *second;
	size_t used;

	(void)state;
	wq_arena_init(&a, 4096);
	first = wq_arena_alloc(&a, 100);
	used = a.used;
	second = wq_arena_alloc(&a, 1000);
	memset(second, 1, 1000);
	wq_arena_shrink(&a, first, 0);
	wq_arena_shrink(&a, second + 16, 0);
	wq_arena_shrink(&a, second, 2000);
	assert_ptr_equal(wq_arena_alloc(&a, 1), second + 1008);
	wq_arena_shrink(&a, second, 10);
	second = wq_arena_alloc(&a, 1000);
	wq_arena_shrink(&a, second, 17);
	assert_ptr_equal(wq_arena_alloc(&a, 1), second + 32);
	wq_arena_reset(&a);
	first = wq_arena_alloc(&a, 100);
	second = wq_arena_alloc(&a, 3000);
	wq_arena_shrink(&a, second, 0);
	assert_int_equal(a.used, used);
	for (int i = 0; i < 100; i++) {
		assert_ptr_equal(wq_arena_alloc(&a, 3000), second);
		wq_arena_shrink(&a, second, 0);
	}
	wq_arena_shrink(&a, second, 0);
	wq_arena_shrink(&a, first, 0);
	assert_int_equal(a.used, used);
	assert_ok(wq_arena_err(&a));
	wq_arena_done(&a);
	wq_arena_shrink(&a, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_aligned_memory),
		cmocka_unit_test(stops_at_its_maximum),
		cmocka_unit_test(fills_to_the_last_byte),
		cmocka_unit_test(zeroes_and_refuses_overflow),
		cmocka_unit_test(copies_text),
		cmocka_unit_test(gives_the_last_back),
	};
	return cmocka_run_group_tests_name("base-arena", tests, NULL, NULL);
}
