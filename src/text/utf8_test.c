#include "base/test.h"
#include "text/utf8.h"

static const struct {
	const char *name;
	wq_str bytes;
	size_t n; /* of the first code point; 0: none */
	uint32_t cp;
	size_t lossy; /* bytes that a lossy reader consumes */
} rows[] = {
	{"ascii", WQ_S_INIT("a"), 1, 'a', 1},
	{"nul", WQ_S_INIT("\0"), 1, 0, 1},
	{"two", WQ_S_INIT("\xc3\xa9"), 2, 0xe9, 2},
	{"three", WQ_S_INIT("\xe9\xad\x8f"), 3, 0x9b4f, 3},
	{"four", WQ_S_INIT("\xf0\xa0\x80\x80"), 4, 0x20000, 4},
	{"last", WQ_S_INIT("\xf4\x8f\xbf\xbf"), 4, 0x10ffff, 4},
	{"before the surrogates", WQ_S_INIT("\xed\x9f\xbf"), 3, 0xd7ff, 3},
	{"after the surrogates", WQ_S_INIT("\xee\x80\x80"), 3, 0xe000, 3},
	{"lone continuation", WQ_S_INIT("\x80"), 0, 0, 1},
	{"overlong two", WQ_S_INIT("\xc0\xaf"), 0, 0, 1},
	{"overlong three", WQ_S_INIT("\xe0\x80\xaf"), 0, 0, 1},
	{"overlong four", WQ_S_INIT("\xf0\x80\x80\xaf"), 0, 0, 1},
	{"surrogate", WQ_S_INIT("\xed\xa0\x80"), 0, 0, 1},
	{"above the last", WQ_S_INIT("\xf4\x90\x80\x80"), 0, 0, 1},
	{"f5", WQ_S_INIT("\xf5\x80\x80\x80"), 0, 0, 1},
	{"cut after one", WQ_S_INIT("\xe9"), 0, 0, 1},
	{"cut after two", WQ_S_INIT("\xe9\xad"), 0, 0, 2},
	{"cut after three", WQ_S_INIT("\xf0\xa0\x80"), 0, 0, 3},
	{"broken by ascii",
		WQ_S_INIT("\xe9\xad"
			  "a"),
		0, 0, 2},
};

static void reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		uint32_t cp = 0, lossy = 0;

		print_message("# %s\n", rows[i].name);
		assert_int_equal(wq_utf8_read(rows[i].bytes, &cp), rows[i].n);
		assert_int_equal(cp, rows[i].n ? rows[i].cp : 0);
		assert_int_equal(wq_utf8_read_lossy(rows[i].bytes, &lossy), rows[i].lossy);
		assert_int_equal(lossy, rows[i].n ? rows[i].cp : WQ_UTF8_REPLACEMENT);
		assert_int_equal(wq_utf8_valid(rows[i].bytes), rows[i].n == rows[i].bytes.n);
	}
}

static void writes_what_it_reads(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp < 0x110010; cp++) {
		char out[WQ_UTF8_MAX];
		uint32_t back = 0;
		size_t n = wq_utf8_write(cp, out);

		if ((cp >= 0xd800 && cp <= 0xdfff) || cp > 0x10ffff) {
			assert_int_equal(n, 0);
			continue;
		}
		assert_int_equal(wq_utf8_read(wq_str_of(out, n), &back), n);
		assert_int_equal(back, cp);
	}
}

static void finds_the_first_fault(void **state)
{
	(void)state;
	assert_int_equal(wq_utf8_valid_prefix(WQ_S("ab\xe9\xad\x8f\xff")), 5);
	assert_int_equal(wq_utf8_valid_prefix(WQ_S("\xe9\xad\x8f\xe9\xad")), 3);
	assert_int_equal(wq_utf8_valid_prefix(WQ_S_NONE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(finds_the_first_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
