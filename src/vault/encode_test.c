#include "vault/encode.h"

#include "base/test.h"

enum { MAX = 4 * 1024 * 1024 };

static void text_of(size_t n, struct wq_buf *out)
{
	wq_buf_clear(out);
	for (size_t i = 0; out->len < n; i++)
		wq_buf_printf(out, "<p>第 %zu 段，第 %zu 条</p>\n", i, i * i % 97);
	out->len = n;
}

static void round_trip(void **state)
{
	static const size_t sizes[] = {0, 1, 255, 256, 32767, 32768, 32769, 65536, 1000000};
	WQ_BUF(text, MAX);
	WQ_BUF(gzip, MAX);
	WQ_BUF(again, MAX);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(sizes); i++) {
		text_of(sizes[i], &text);
		wq_buf_clear(&gzip);
		wq_buf_clear(&again);
		assert_ok(wq_encode_gzip(wq_buf_str(&text), &gzip));
		assert_ok(wq_encode_gzip(wq_buf_str(&text), &again));
		assert_str(wq_buf_str(&again), wq_buf_str(&gzip));
		assert_ok(wq_encode_gunzip_is(wq_buf_str(&gzip), wq_buf_str(&text)));
	}
}

/* One byte of the text or of the form changed, anywhere, is found; and so is a form that is cut or has more behind it. */
static void every_difference(void **state)
{
	WQ_BUF(text, MAX);
	WQ_BUF(gzip, MAX);
	wq_str form, whole;

	(void)state;
	text_of(3000, &text);
	assert_ok(wq_encode_gzip(wq_buf_str(&text), &gzip));
	whole = wq_buf_str(&text);
	form = wq_buf_str(&gzip);
	for (size_t i = 0; i < text.len; i += 7) {
		text.data[i] ^= 1;
		assert_err(wq_encode_gunzip_is(form, whole), WQ_E_ALTERED);
		text.data[i] ^= 1;
	}
	assert_err(wq_encode_gunzip_is(form, wq_str_head(whole, whole.n - 1)), WQ_E_ALTERED);
	assert_err(wq_encode_gunzip_is(form, WQ_S_NONE), WQ_E_ALTERED);
	for (size_t n = 0; n < form.n; n++)
		assert_err(wq_encode_gunzip_is(wq_str_head(form, n), whole), WQ_E_ALTERED);
	/* the header's time, extra flags and system (bytes 4 to 9) say nothing about the content, nor do the bits that fill
	 * the last byte before the checksum and the length */
	for (size_t i = 0; i < form.n; i++) {
		if ((i >= 4 && i < 10) || i == form.n - 9)
			continue;
		gzip.data[i] ^= 4;
		assert_err(wq_encode_gunzip_is(form, whole), WQ_E_ALTERED);
		gzip.data[i] ^= 4;
	}
	assert_ok(wq_encode_gunzip_is(form, whole));
	wq_buf_byte(&gzip, 0);
	assert_err(wq_encode_gunzip_is(wq_buf_str(&gzip), whole), WQ_E_ALTERED);
}

/* Browsers read one member after the other as one text. */
static void two_members(void **state)
{
	WQ_BUF(text, MAX);
	WQ_BUF(gzip, MAX);

	(void)state;
	text_of(2000, &text);
	assert_ok(wq_encode_gzip(wq_str_head(wq_buf_str(&text), 1000), &gzip));
	assert_ok(wq_encode_gzip(wq_str_from(wq_buf_str(&text), 1000), &gzip));
	assert_err(wq_encode_gunzip_is(wq_buf_str(&gzip), wq_buf_str(&text)), WQ_E_ALTERED);
	assert_err(wq_encode_gunzip_is(wq_buf_str(&gzip), wq_str_head(wq_buf_str(&text), 1000)), WQ_E_ALTERED);
}

static void brotli_round_trip(void **state)
{
	static const size_t sizes[] = {0, 1, 255, WQ_BROTLI_BEST_BYTES, WQ_BROTLI_BEST_BYTES + 1, MAX};
	WQ_BUF(text, 2 * MAX);
	WQ_BUF(form, 2 * MAX);
	WQ_BUF(again, 2 * MAX);

	(void)state;
	for (size_t i = 0; i < 2 * WQ_COUNT(sizes); i++) {
		enum wq_effort effort = i % 2 ? WQ_EFFORT_BEST : WQ_EFFORT_FAST;

		text_of(sizes[i / 2], &text);
		wq_buf_clear(&form);
		wq_buf_clear(&again);
		assert_ok(wq_encode_brotli(wq_buf_str(&text), effort, &form));
		assert_ok(wq_encode_brotli(wq_buf_str(&text), effort, &again));
		assert_str(wq_buf_str(&again), wq_buf_str(&form));
		assert_ok(wq_encode_unbrotli_is(wq_buf_str(&form), wq_buf_str(&text)));
	}
}

/* The best effort is for what is small: there it gives less, above it is the fast one. */
static void efforts_differ(void **state)
{
	WQ_BUF(text, 2 * MAX);
	WQ_BUF(fast, 2 * MAX);
	WQ_BUF(best, 2 * MAX);

	(void)state;
	for (size_t over = 0; over < 2; over++) {
		text_of(WQ_BROTLI_BEST_BYTES + over, &text);
		wq_buf_clear(&fast);
		wq_buf_clear(&best);
		assert_ok(wq_encode_brotli(wq_buf_str(&text), WQ_EFFORT_FAST, &fast));
		assert_ok(wq_encode_brotli(wq_buf_str(&text), WQ_EFFORT_BEST, &best));
		if (over)
			assert_str(wq_buf_str(&best), wq_buf_str(&fast));
		else
			assert_true(best.len < fast.len);
	}
}

static void every_difference_in_brotli(void **state)
{
	WQ_BUF(text, MAX);
	WQ_BUF(brotli, 2 * MAX);
	wq_str form, whole;

	(void)state;
	text_of(3000, &text);
	assert_ok(wq_encode_brotli(wq_buf_str(&text), WQ_EFFORT_BEST, &brotli));
	whole = wq_buf_str(&text);
	form = wq_buf_str(&brotli);
	for (size_t i = 0; i < text.len; i += 7) {
		text.data[i] ^= 1;
		assert_err(wq_encode_unbrotli_is(form, whole), WQ_E_ALTERED);
		text.data[i] ^= 1;
	}
	assert_err(wq_encode_unbrotli_is(form, wq_str_head(whole, whole.n - 1)), WQ_E_ALTERED);
	assert_err(wq_encode_unbrotli_is(form, WQ_S_NONE), WQ_E_ALTERED);
	for (size_t n = 0; n < form.n; n++)
		assert_err(wq_encode_unbrotli_is(wq_str_head(form, n), whole), WQ_E_ALTERED);
	wq_buf_byte(&brotli, 0);
	assert_err(wq_encode_unbrotli_is(wq_buf_str(&brotli), whole), WQ_E_ALTERED);
	/* a bomb costs no more than what it should give */
	wq_buf_clear(&text);
	memset(wq_buf_reserve(&text, MAX), 0, MAX);
	wq_buf_commit(&text, MAX);
	wq_buf_clear(&brotli);
	assert_ok(wq_encode_brotli(wq_buf_str(&text), WQ_EFFORT_BEST, &brotli));
	assert_err(wq_encode_unbrotli_is(wq_buf_str(&brotli), wq_str_head(wq_buf_str(&text), 100)), WQ_E_ALTERED);
}

static void worth(void **state)
{
	(void)state;
	assert_true(wq_encode_worth(WQ_S("text/html; charset=utf-8"), WQ_GZIP_LEAST_BYTES));
	assert_false(wq_encode_worth(WQ_S("text/html"), WQ_GZIP_LEAST_BYTES - 1));
	assert_false(wq_encode_worth(WQ_S("image/png"), 100000));
	assert_false(wq_encode_worth(WQ_S(""), 100000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(every_difference),
		cmocka_unit_test(two_members),
		cmocka_unit_test(brotli_round_trip),
		cmocka_unit_test(efforts_differ),
		cmocka_unit_test(every_difference_in_brotli),
		cmocka_unit_test(worth),
	};

	return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}
