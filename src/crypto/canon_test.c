#include "base/test.h"

#include "crypto/canon.h"

static void test_every_field_comes_back(void **state)
{
	WQ_BUF(buf, 4096);
	wq_digest d = wq_sm3(WQ_S("x"));
	struct wq_cursor c;

	(void)state;
	wq_canon_begin(&buf, WQ_DOMAIN_KEY, 7, WQ_ALG_SM3);
	wq_canon_u64(&buf, UINT64_MAX);
	wq_canon_time(&buf, -1);
	wq_canon_digest(&buf, d);
	wq_canon_bytes(&buf, wq_str_of("\0\xff", 2));
	wq_canon_text(&buf, WQ_S("魏阙"));
	wq_canon_text(&buf, WQ_S(""));
	wq_canon_list(&buf, 3);
	assert_ok(wq_buf_err(&buf));
	c = wq_cursor_of(wq_buf_str(&buf));
	assert_int_equal(wq_canon_read_begin(&c, WQ_DOMAIN_KEY, WQ_ALG_SM3), 7);
	assert_true(wq_canon_read_u64(&c) == UINT64_MAX);
	assert_true(wq_canon_read_time(&c) == -1);
	assert_true(wq_digest_eq(wq_canon_read_digest(&c), d));
	assert_str(wq_canon_read_bytes(&c, 2), wq_str_of("\0\xff", 2));
	assert_str(wq_canon_read_text(&c, 100), WQ_S("魏阙"));
	assert_str(wq_canon_read_text(&c, 100), WQ_S(""));
	assert_int_equal(wq_canon_read_list(&c, 3), 3);
	assert_ok(wq_cursor_end(&c));
}

static void test_the_bytes_are_the_published_ones(void **state)
{
	static const char expected[] = "WQC1\012weique.key\0\1\0\2u\0\0\0\0\0\0\1\2s\0\0\0\2ok";
	WQ_BUF(buf, 4096);

	(void)state;
	wq_canon_begin(&buf, WQ_DOMAIN_KEY, 1, WQ_ALG_SM2_SM3);
	wq_canon_u64(&buf, 258);
	wq_canon_text(&buf, WQ_S("ok"));
	assert_ok(wq_buf_err(&buf));
	assert_int_equal(buf.len, sizeof(expected) - 1);
	assert_memory_equal(buf.data, expected, buf.len);
}

static void test_text_must_be_utf8(void **state)
{
	static const struct {
		wq_str text;
		bool good;
	} rows[] = {
		{WQ_S_INIT("plain"), true},
		{WQ_S_INIT("\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
			true},
		{WQ_S_INIT("a\0b"), false},
		{WQ_S_INIT("\x80"), false},
		{WQ_S_INIT("\xc0\x80"), false},
		{WQ_S_INIT("\xc1\xbf"), false},
		{WQ_S_INIT("\xe0\x9f\xbf"), false},
		{WQ_S_INIT("\xed\xa0\x80"), false},
		{WQ_S_INIT("\xf0\x8f\xbf\xbf"), false},
		{WQ_S_INIT("\xf4\x90\x80\x80"), false},
		{WQ_S_INIT("\xf5\x80\x80\x80"), false},
		{WQ_S_INIT("\xe9\xad"), false},
		{WQ_S_INIT("\xe9\xad\x41"), false},
		{WQ_S_INIT("\xff"), false},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(buf, 4096);
		WQ_BUF(raw, 4096);
		struct wq_cursor c;

		wq_canon_text(&buf, rows[i].text);
		assert_int_equal(!wq_failed(wq_buf_err(&buf)), rows[i].good);
		wq_buf_byte(&raw, 's');
		wq_buf_u32(&raw, (uint32_t)rows[i].text.n);
		wq_buf_add(&raw, rows[i].text);
		c = wq_cursor_of(wq_buf_str(&raw));
		wq_canon_read_text(&c, 100);
		assert_int_equal(!wq_failed(wq_cursor_end(&c)), rows[i].good);
	}
}

static void test_what_is_not_canonical_is_refused(void **state)
{
	WQ_BUF(buf, 4096);
	struct wq_cursor c;

	(void)state;
	wq_canon_begin(&buf, WQ_DOMAIN_EVENT, 1, WQ_ALG_SM3);
	wq_canon_u64(&buf, 1);
	/* another domain, another algorithm */
	c = wq_cursor_of(wq_buf_str(&buf));
	assert_int_equal(wq_canon_read_begin(&c, WQ_DOMAIN_HEAD, WQ_ALG_SM3), 0);
	assert_err(wq_cursor_err(&c), WQ_E_FORMAT);
	c = wq_cursor_of(wq_buf_str(&buf));
	assert_int_equal(wq_canon_read_begin(&c, WQ_DOMAIN_EVENT, WQ_ALG_SM2_SM3), 0);
	/* another type */
	c = wq_cursor_of(wq_buf_str(&buf));
	assert_int_equal(wq_canon_read_begin(&c, WQ_DOMAIN_EVENT, WQ_ALG_SM3), 1);
	assert_int_equal(wq_canon_read_time(&c), 0);
	assert_err(wq_cursor_err(&c), WQ_E_FORMAT);
	/* every shorter form */
	for (size_t n = 0; n < buf.len; n++) {
		c = wq_cursor_of(wq_str_head(wq_buf_str(&buf), n));
		wq_canon_read_begin(&c, WQ_DOMAIN_EVENT, WQ_ALG_SM3);
		wq_canon_read_u64(&c);
		assert_err(wq_cursor_end(&c), WQ_E_FORMAT);
	}
	/* one byte more */
	wq_buf_byte(&buf, 0);
	c = wq_cursor_of(wq_buf_str(&buf));
	wq_canon_read_begin(&c, WQ_DOMAIN_EVENT, WQ_ALG_SM3);
	wq_canon_read_u64(&c);
	assert_err(wq_cursor_end(&c), WQ_E_FORMAT);
}

static void test_limits_hold(void **state)
{
	WQ_BUF(buf, 4096);
	struct wq_cursor c;

	(void)state;
	wq_canon_bytes(&buf, WQ_S("12345"));
	c = wq_cursor_of(wq_buf_str(&buf));
	assert_int_equal(wq_canon_read_bytes(&c, 4).n, 0);
	assert_true(c.bad);
	wq_buf_clear(&buf);
	wq_canon_list(&buf, 11);
	c = wq_cursor_of(wq_buf_str(&buf));
	assert_int_equal(wq_canon_read_list(&c, 10), 0);
	assert_true(c.bad);
	wq_buf_clear(&buf);
	wq_canon_begin(&buf, "", 1, 1);
	assert_err(wq_buf_err(&buf), WQ_E_LIMIT);
	wq_buf_clear(&buf);
	wq_canon_begin(&buf, WQ_DOMAIN_KEY, 0, 1);
	assert_err(wq_buf_err(&buf), WQ_E_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field_comes_back),
		cmocka_unit_test(test_the_bytes_are_the_published_ones),
		cmocka_unit_test(test_text_must_be_utf8),
		cmocka_unit_test(test_what_is_not_canonical_is_refused),
		cmocka_unit_test(test_limits_hold),
	};

	return cmocka_run_group_tests_name("crypto/canon", tests, NULL, NULL);
}
