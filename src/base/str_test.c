#include "base/test.h"

static void compares(void **state)
{
	static const struct {
		wq_str a, b;
		int order;
		bool nocase;
	} rows[] = {
		{WQ_S_INIT(""), {NULL, 0}, 0, true},
		{WQ_S_INIT(""), WQ_S_INIT("a"), -1, false},
		{WQ_S_INIT("a"), WQ_S_INIT("ab"), -1, false},
		{WQ_S_INIT("b"), WQ_S_INIT("ab"), 1, false},
		{WQ_S_INIT("aB"), WQ_S_INIT("Ab"), 1, true},
		{WQ_S_INIT("\x7f"), WQ_S_INIT("\x80"), -1, false},
		{WQ_S_INIT("\xc4"), WQ_S_INIT("\xe4"), -1, false},
		{WQ_S_INIT("@["), WQ_S_INIT("`{"), -1, false},
		{WQ_S_INIT("a\0b"), WQ_S_INIT("a\0c"), -1, false},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		int order = wq_str_cmp(rows[i].a, rows[i].b), back = wq_str_cmp(rows[i].b, rows[i].a);
		assert_int_equal((order > 0) - (order < 0), rows[i].order);
		assert_int_equal((back > 0) - (back < 0), -rows[i].order);
		assert_int_equal(wq_str_eq(rows[i].a, rows[i].b), rows[i].order == 0);
		assert_int_equal(wq_str_eq_nocase(rows[i].a, rows[i].b), rows[i].nocase);
	}
}

static void starts_and_ends(void **state)
{
	(void)state;
	assert_true(wq_str_starts(WQ_S("abc"), WQ_S("")) && wq_str_starts(WQ_S("abc"), WQ_S("abc")));
	assert_false(wq_str_starts(WQ_S("ab"), WQ_S("abc")));
	assert_true(wq_str_starts_nocase(WQ_S("HTTPS://x"), WQ_S("https://")));
	assert_false(wq_str_starts_nocase(WQ_S("HTTP"), WQ_S("https")));
	assert_true(wq_str_ends(WQ_S("abc"), WQ_S("bc")) && wq_str_ends(WQ_S("abc"), WQ_S("")));
	assert_false(wq_str_ends(WQ_S("c"), WQ_S("bc")));
	assert_true(wq_str_ends(WQ_S_NONE, WQ_S_NONE));
}

static void slices(void **state)
{
	(void)state;
	assert_str(wq_str_from(WQ_S("abc"), 1), WQ_S("bc"));
	assert_str(wq_str_from(WQ_S("abc"), 3), WQ_S(""));
	assert_str(wq_str_from(WQ_S("abc"), 4), WQ_S(""));
	assert_null(wq_str_from(WQ_S_NONE, 9).p);
	assert_str(wq_str_head(WQ_S("abc"), 2), WQ_S("ab"));
	assert_str(wq_str_head(WQ_S("abc"), SIZE_MAX), WQ_S("abc"));
	assert_str(wq_str_c(NULL), WQ_S(""));
	assert_str(wq_str_c("x"), WQ_S("x"));
}

static void finds(void **state)
{
	static const struct {
		wq_str in, what;
		ptrdiff_t at;
	} rows[] = {
		{WQ_S_INIT("abcabd"), WQ_S_INIT("abd"), 3},
		{WQ_S_INIT("aaab"), WQ_S_INIT("aab"), 1},
		{WQ_S_INIT("abc"), WQ_S_INIT(""), 0},
		{{NULL, 0}, WQ_S_INIT(""), 0},
		{{NULL, 0}, WQ_S_INIT("a"), -1},
		{WQ_S_INIT("ab"), WQ_S_INIT("abc"), -1},
		{WQ_S_INIT("aaaa"), WQ_S_INIT("b"), -1},
		{WQ_S_INIT("xa\0b"), WQ_S_INIT("\0b"), 2},
		{WQ_S_INIT("abab"), WQ_S_INIT("ab"), 0},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_int_equal(wq_str_find(rows[i].in, rows[i].what), rows[i].at);
	assert_int_equal(wq_str_chr(WQ_S("aba"), 'b'), 1);
	assert_int_equal(wq_str_chr(WQ_S_NONE, 'b'), -1);
	assert_int_equal(wq_str_rchr(WQ_S("aba"), 'a'), 2);
	assert_int_equal(wq_str_rchr(WQ_S("aba"), 'x'), -1);
}

static void trims_and_cuts(void **state)
{
	wq_str rest = WQ_S("a,,b,");
	const wq_str pieces[] = {WQ_S("a"), WQ_S(""), WQ_S("b"), WQ_S("")};
	size_t n = 0;

	(void)state;
	assert_str(wq_str_trim(WQ_S(" \t\r\n\f\vx y ")), WQ_S("x y"));
	assert_str(wq_str_trim(WQ_S(" \n ")), WQ_S(""));
	assert_str(wq_str_trim(WQ_S_NONE), WQ_S(""));
	assert_str(wq_str_trim(WQ_S("\xa0x\b")), WQ_S("\xa0x\b"));
	while (rest.p) {
		wq_str piece = wq_str_cut(&rest, ',');
		assert_true(n < WQ_COUNT(pieces));
		assert_str(piece, pieces[n++]);
	}
	assert_int_equal(n, WQ_COUNT(pieces));
}

static void reads_numbers(void **state)
{
	static const struct {
		wq_str text;
		uint64_t max, value;
		bool good;
	} rows[] = {
		{WQ_S_INIT("0"), 0, 0, true},
		{WQ_S_INIT("18446744073709551615"), UINT64_MAX, UINT64_MAX, true},
		{WQ_S_INIT("18446744073709551616"), UINT64_MAX, 0, false},
		{WQ_S_INIT("99999999999999999999"), UINT64_MAX, 0, false},
		{WQ_S_INIT("00000000000000000001"), 9, 1, true},
		{WQ_S_INIT("000000000000000000001"), 9, 0, false},
		{WQ_S_INIT("10"), 9, 0, false},
		{WQ_S_INIT(""), 9, 0, false},
		{WQ_S_INIT("+1"), 9, 0, false},
		{WQ_S_INIT("-1"), 9, 0, false},
		{WQ_S_INIT(" 1"), 9, 0, false},
		{WQ_S_INIT("1 "), 9, 0, false},
		{WQ_S_INIT("1\0"), 9, 0, false},
		{WQ_S_INIT("0x1"), 9, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		uint64_t v = 77;
		assert_int_equal(wq_str_to_u64(rows[i].text, rows[i].max, &v), rows[i].good);
		assert_int_equal(v, rows[i].good ? rows[i].value : 77);
	}
}

static void hex(void **state)
{
	static const char *const bad[] = {"", "0", "0g", "000", "0000", " 0", "-1", "0x"};
	uint8_t out[3] = {7, 7, 7};
	char text[7];

	(void)state;
	assert_true(wq_str_unhex(WQ_S("00fFa9"), out, 3));
	assert_memory_equal(out, "\x00\xff\xa9", 3);
	assert_string_equal(wq_hex(out, 3, text), "00ffa9");
	assert_string_equal(wq_hex(out, 0, text), "");
	assert_true(wq_str_unhex(WQ_S(""), out, 0));
	for (size_t i = 0; i < WQ_COUNT(bad); i++)
		assert_false(wq_str_unhex(wq_str_c(bad[i]), out, 1));
	assert_memory_equal(out, "\x00\xff\xa9", 3);
}

static void hashes(void **state)
{
	(void)state;
	assert_true(wq_str_hash(WQ_S("a"), 1) == wq_str_hash(WQ_S("a"), 1));
	assert_true(wq_str_hash(WQ_S("a"), 1) != wq_str_hash(WQ_S("a"), 2));
	assert_true(wq_str_hash(WQ_S("a"), 1) != wq_str_hash(WQ_S("b"), 1));
	assert_true(wq_str_hash(WQ_S("a\0"), 1) != wq_str_hash(WQ_S("a"), 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),
		cmocka_unit_test(starts_and_ends),
		cmocka_unit_test(slices),
		cmocka_unit_test(finds),
		cmocka_unit_test(trims_and_cuts),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(hex),
		cmocka_unit_test(hashes),
	};
	return cmocka_run_group_tests_name("base-str", tests, NULL, NULL);
}
