#include "base/test.h"

#include "base/buf.h"
#include "base/cursor.h"

static void grows_to_its_maximum(void **state)
{
	static const size_t maxima[] = {0, 1, 2, 63, 64, 65, 1000, 4096};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(maxima); i++) {
		struct wq_buf b = WQ_BUF_INIT(maxima[i]);
		for (size_t n = 0; n < maxima[i]; n++)
			wq_buf_byte(&b, (uint8_t)n);
		assert_ok(wq_buf_err(&b));
		assert_int_equal(b.len, maxima[i]);
		for (size_t n = 0; n < b.len; n++)
			assert_int_equal(b.data[n], (uint8_t)n);
		assert_true(strlen(wq_buf_cstr(&b)) == 0); /* the first byte is 0, or there is none */
		wq_buf_byte(&b, 1);
		assert_err(wq_buf_err(&b), WQ_E_LIMIT);
		assert_int_equal(b.len, maxima[i]);
		wq_buf_done(&b);
		assert_ok(wq_buf_err(&b));
	}
}

static void error_sticks(void **state)
{
	struct wq_buf b = WQ_BUF_INIT(4);

	(void)state;
	wq_buf_add(&b, WQ_S("abc"));
	wq_buf_add(&b, WQ_S("de"));
	wq_buf_add(&b, WQ_S("f"));
	wq_buf_printf(&b, "%d", 1);
	assert_null(wq_buf_reserve(&b, 0));
	assert_str(wq_buf_str(&b), WQ_S("abc"));
	assert_err(wq_buf_err(&b), WQ_E_LIMIT);
	wq_buf_clear(&b);
	wq_buf_add(&b, WQ_S("wxyz"));
	assert_ok(wq_buf_err(&b));
	assert_string_equal(wq_buf_cstr(&b), "wxyz");
	wq_buf_done(&b);
	wq_buf_done(&b);
}

static void without_a_maximum(void **state)
{
	struct wq_buf b = WQ_BUF_INIT(SIZE_MAX);

	(void)state;
	wq_buf_add(&b, WQ_S("x"));
	assert_null(wq_buf_reserve(&b, SIZE_MAX - 1));
	assert_err(wq_buf_err(&b), WQ_E_NO_MEMORY);
	wq_buf_done(&b);
}

static void formats_and_reserves(void **state)
{
	WQ_BUF(b, 200);
	char *room;

	(void)state;
	assert_string_equal(wq_buf_cstr(&b), "");
	wq_buf_printf(&b, "%s", "");
	assert_int_equal(b.len, 0);
	wq_buf_printf(&b, "%0100d", 7);
	assert_int_equal(b.len, 100);
	room = wq_buf_reserve(&b, 100);
	assert_non_null(room);
	memset(room, 'r', 100);
	wq_buf_commit(&b, 3);
	assert_str(wq_str_from(wq_buf_str(&b), 99), WQ_S("7rrr"));
	wq_buf_printf(&b, "%0200d", 7);
	assert_int_equal(b.len, 103);
	assert_err(wq_buf_err(&b), WQ_E_LIMIT);
}

static void numbers_round_trip(void **state)
{
	WQ_BUF(b, 100);
	struct wq_cursor c;
	uint8_t copy[3];

	(void)state;
	wq_buf_byte(&b, 0xfe);
	wq_buf_u16(&b, 0x1234);
	wq_buf_u32(&b, 0xdeadbeef);
	wq_buf_u64(&b, 0x0102030405060708ULL);
	wq_buf_u32(&b, 2);
	wq_buf_add(&b, WQ_S("hixyz"));
	assert_memory_equal(b.data, "\xfe\x12\x34\xde\xad\xbe\xef\x01\x02\x03\x04\x05\x06\x07\x08", 15);
	c = wq_cursor_of(wq_buf_str(&b));
	assert_int_equal(wq_cursor_u8(&c), 0xfe);
	assert_int_equal(wq_cursor_u16(&c), 0x1234);
	assert_int_equal(wq_cursor_u32(&c), 0xdeadbeef);
	assert_int_equal(wq_cursor_u64(&c), 0x0102030405060708ULL);
	assert_str(wq_cursor_block32(&c, 2), WQ_S("hi"));
	assert_ok(wq_cursor_err(&c));
	assert_err(wq_cursor_end(&c), WQ_E_FORMAT);
	wq_cursor_copy(&c, copy, 3);
	assert_memory_equal(copy, "xyz", 3);
	assert_ok(wq_cursor_end(&c));
}

static void cursor_error_sticks(void **state)
{
	struct wq_cursor c = wq_cursor_of(WQ_S("abcd"));
	uint8_t copy[2] = {9, 9};
	int rounds = 0;

	(void)state;
	assert_int_equal(wq_cursor_u16(&c), 0x6162);
	assert_int_equal(wq_cursor_u32(&c), 0);
	assert_true(c.bad);
	assert_int_equal(wq_cursor_u8(&c), 0);
	wq_cursor_copy(&c, copy, 2);
	assert_int_equal(copy[0] | copy[1], 0);
	assert_int_equal(wq_cursor_take(&c, 0).n, 0);
	while (wq_cursor_left(&c) > 0 && rounds++ < 10)
		wq_cursor_u8(&c);
	assert_int_equal(rounds, 0);
	assert_err(wq_cursor_end(&c), WQ_E_FORMAT);
	assert_string_equal(wq_err_note(wq_cursor_err(&c)), "at byte 2 of 4");
}

static void cursor_limits(void **state)
{
	struct wq_cursor c = wq_cursor_of(wq_str_of("\0\0\0\3abc", 7));

	(void)state;
	assert_int_equal(wq_cursor_block32(&c, 2).n, 0);
	assert_err(wq_cursor_err(&c), WQ_E_FORMAT);
	c = wq_cursor_of(wq_str_of("\0\0\0\4abc", 7));
	assert_int_equal(wq_cursor_block32(&c, 100).n, 0);
	assert_err(wq_cursor_err(&c), WQ_E_FORMAT);
	c = wq_cursor_of(wq_str_of("\xff\xff\xff\xff", 4));
	assert_int_equal(wq_cursor_block32(&c, SIZE_MAX).n, 0);
	assert_err(wq_cursor_err(&c), WQ_E_FORMAT);
	c = wq_cursor_of(WQ_S_NONE);
	assert_ok(wq_cursor_end(&c));
	assert_int_equal(wq_cursor_take(&c, 0).n, 0);
	assert_ok(wq_cursor_end(&c));
	wq_cursor_fail(&c);
	assert_err(wq_cursor_end(&c), WQ_E_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_to_its_maximum),
		cmocka_unit_test(error_sticks),
		cmocka_unit_test(without_a_maximum),
		cmocka_unit_test(formats_and_reserves),
		cmocka_unit_test(numbers_round_trip),
		cmocka_unit_test(cursor_error_sticks),
		cmocka_unit_test(cursor_limits),
	};
	return cmocka_run_group_tests_name("base-buf", tests, NULL, NULL);
}
