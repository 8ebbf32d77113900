#include "base/test.h"
#include "text/base64.h"

/* RFC 4648 section 10, and what the two alphabets differ in */
static const struct {
	wq_str bytes, padded, url;
} rows[] = {
	{WQ_S_INIT(""), WQ_S_INIT(""), WQ_S_INIT("")},
	{WQ_S_INIT("f"), WQ_S_INIT("Zg=="), WQ_S_INIT("Zg")},
	{WQ_S_INIT("fo"), WQ_S_INIT("Zm8="), WQ_S_INIT("Zm8")},
	{WQ_S_INIT("foo"), WQ_S_INIT("Zm9v"), WQ_S_INIT("Zm9v")},
	{WQ_S_INIT("foob"), WQ_S_INIT("Zm9vYg=="), WQ_S_INIT("Zm9vYg")},
	{WQ_S_INIT("fooba"), WQ_S_INIT("Zm9vYmE="), WQ_S_INIT("Zm9vYmE")},
	{WQ_S_INIT("foobar"), WQ_S_INIT("Zm9vYmFy"), WQ_S_INIT("Zm9vYmFy")},
	{WQ_S_INIT("\xfb\xff\xfe"), WQ_S_INIT("+//+"), WQ_S_INIT("-__-")},
	{WQ_S_INIT("\0\0"), WQ_S_INIT("AAA="), WQ_S_INIT("AAA")},
};

static void test_known_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(out, 64);

		wq_base64_encode(rows[i].bytes, WQ_BASE64_PADDED, &out);
		assert_str(wq_buf_str(&out), rows[i].padded);
		wq_buf_clear(&out);
		wq_base64_encode(rows[i].bytes, WQ_BASE64_URL, &out);
		assert_str(wq_buf_str(&out), rows[i].url);
		wq_buf_done(&out);
		wq_buf_init(&out, rows[i].bytes.n); /* takes no more room than the bytes need */
		assert_true(wq_base64_url_decode(rows[i].url, &out));
		assert_str(wq_buf_str(&out), rows[i].bytes);
	}
}

/* padding, the other alphabet, a length that no bytes have, bits that encoding would not have set, other characters */
static void test_only_what_encoding_makes(void **state)
{
	static const wq_str wrong[] = {WQ_S_INIT("Zg=="), WQ_S_INIT("+//+"), WQ_S_INIT("Z"), WQ_S_INIT("Zm9vY"),
		WQ_S_INIT("Zh"), WQ_S_INIT("Zm9"), WQ_S_INIT("Zm 9v"), WQ_S_INIT("Zm\0v"), WQ_S_INIT("Zm9v\n"),
		WQ_S_INIT("\xe6\x94\xbf\xe5")};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(wrong); i++) {
		WQ_BUF(out, 64);

		assert_false(wq_base64_url_decode(wrong[i], &out));
		assert_int_equal(out.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_only_what_encoding_makes),
	};

	return cmocka_run_group_tests_name("text/base64", tests, NULL, NULL);
}
