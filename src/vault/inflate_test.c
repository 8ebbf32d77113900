#include "vault/inflate.h"

#include <zlib.h>

#include "base/test.h"
#include "vault/encode.h"

enum { MAX = 32 * 1024 * 1024 };

static const struct wq_inflate_limits wide = {.max_bytes = MAX, .max_ratio = 2000};

static void text_of(size_t n, struct wq_buf *out)
{
	wq_buf_clear(out);
	for (size_t i = 0; out->len < n; i++)
		wq_buf_printf(out, "<p>第 %zu 段，第 %zu 条</p>\n", i, i * i % 9973);
	out->len = n;
}

/* `window` as deflateInit2() takes it: 31 gzip, 15 zlib, -15 raw. */
static void deflate_with(int window, wq_str bytes, struct wq_buf *out)
{
	z_stream z = {0};
	uint8_t *room;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
	room = wq_buf_reserve(out, bytes.n + 1024);
	assert_non_null(room);
	z.next_in = (z_const Bytef *)(uintptr_t)bytes.p;
	z.avail_in = (uInt)bytes.n;
	z.next_out = room;
	z.avail_out = (uInt)bytes.n + 1024;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	wq_buf_commit(out, z.total_out);
	deflateEnd(&z);
}

static wq_err inflate_by(enum wq_inflate_kind kind, const struct wq_inflate_limits *limits, wq_str bytes, size_t piece,
	struct wq_buf *out)
{
	struct wq_inflate *stream;
	wq_err e = WQ_OK;

	wq_buf_clear(out);
	assert_ok(wq_inflate_new(kind, limits, &stream));
	while (!wq_failed(e) && bytes.n > 0) {
		wq_str part = wq_str_head(bytes, piece);

		e = wq_inflate_push(stream, part, out);
		bytes = wq_str_from(bytes, part.n);
	}
	if (!wq_failed(e))
		e = wq_inflate_end(stream);
	wq_inflate_free(&stream);
	assert_null(stream);
	return e;
}

static void every_kind_in_every_cut(void **state)
{
	static const struct {
		enum wq_inflate_kind kind;
		int window;
	} kinds[] = {{WQ_INFLATE_GZIP, 31}, {WQ_INFLATE_DEFLATE, 15}, {WQ_INFLATE_DEFLATE, -15}};
	static const size_t sizes[] = {0, 1, 100, 16384, 200000}, pieces[] = {1, 2, 3, 1000, SIZE_MAX};
	WQ_BUF(text, MAX);
	WQ_BUF(packed, MAX);
	WQ_BUF(out, MAX);

	(void)state;
	for (size_t k = 0; k < WQ_COUNT(kinds); k++)
		for (size_t s = 0; s < WQ_COUNT(sizes); s++)
			for (size_t p = 0; p < WQ_COUNT(pieces); p++) {
				text_of(sizes[s], &text);
				wq_buf_clear(&packed);
				deflate_with(kinds[k].window, wq_buf_str(&text), &packed);
				assert_ok(inflate_by(kinds[k].kind, &wide, wq_buf_str(&packed), pieces[p], &out));
				assert_str(wq_buf_str(&out), wq_buf_str(&text));
			}
}

static void members_follow_each_other(void **state)
{
	WQ_BUF(packed, MAX);
	WQ_BUF(out, MAX);

	(void)state;
	deflate_with(31, WQ_S("one "), &packed);
	deflate_with(31, WQ_S(""), &packed);
	deflate_with(31, WQ_S("two"), &packed);
	for (size_t piece = 1; piece < 40; piece++) {
		assert_ok(inflate_by(WQ_INFLATE_GZIP, &wide, wq_buf_str(&packed), piece, &out));
		assert_str(wq_buf_str(&out), WQ_S("one two"));
	}
	wq_buf_add(&packed, WQ_S("x"));
	assert_err(inflate_by(WQ_INFLATE_GZIP, &wide, wq_buf_str(&packed), SIZE_MAX, &out), WQ_E_FORMAT);
}

static void what_is_no_stream_is_refused(void **state)
{
	WQ_BUF(text, MAX);
	WQ_BUF(packed, MAX);
	WQ_BUF(out, MAX);

	(void)state;
	text_of(5000, &text);
	deflate_with(31, wq_buf_str(&text), &packed);
	for (size_t n = 1; n < packed.len; n++)
		assert_err(inflate_by(WQ_INFLATE_GZIP, &wide, wq_str_of(packed.data, n), 100, &out), WQ_E_FORMAT);
	packed.data[packed.len - 5] ^= 1; /* of the checksum */
	assert_err(inflate_by(WQ_INFLATE_GZIP, &wide, wq_buf_str(&packed), 100, &out), WQ_E_FORMAT);
	assert_err(inflate_by(WQ_INFLATE_GZIP, &wide, WQ_S("<html>"), 1, &out), WQ_E_FORMAT);
	assert_err(inflate_by(WQ_INFLATE_DEFLATE, &wide, WQ_S("<html>"), 1, &out), WQ_E_FORMAT);
	assert_err(inflate_by(WQ_INFLATE_DEFLATE, &wide, WQ_S("x"), 1, &out), WQ_E_FORMAT);
	wq_buf_clear(&packed);
	deflate_with(15, WQ_S("text"), &packed);
	wq_buf_add(&packed, WQ_S("more"));
	assert_err(inflate_by(WQ_INFLATE_DEFLATE, &wide, wq_buf_str(&packed), 1, &out), WQ_E_FORMAT);
	assert_ok(inflate_by(WQ_INFLATE_GZIP, &wide, WQ_S(""), 1, &out));
}

static void bombs_end_early(void **state)
{
	const struct wq_inflate_limits bytes = {.max_bytes = 100000, .max_ratio = 2000},
				       ratio = {.max_bytes = MAX, .max_ratio = 100};
	uint8_t *zeros = calloc(1, MAX / 2);
	WQ_BUF(packed, MAX);
	WQ_BUF(out, MAX);
	WQ_BUF(narrow, 1000);

	(void)state;
	assert_non_null(zeros);
	deflate_with(31, wq_str_of(zeros, MAX / 2), &packed);
	assert_err(inflate_by(WQ_INFLATE_GZIP, &bytes, wq_buf_str(&packed), 1000, &out), WQ_E_LIMIT);
	assert_in_range(out.len, 100000, 120000);
	assert_err(inflate_by(WQ_INFLATE_GZIP, &ratio, wq_buf_str(&packed), SIZE_MAX, &out), WQ_E_LIMIT);
	assert_in_range(out.len, WQ_INFLATE_FREE, WQ_INFLATE_FREE + 20000);
	assert_err(inflate_by(WQ_INFLATE_GZIP, &wide, wq_buf_str(&packed), 1, &narrow), WQ_E_LIMIT);
	assert_ok(inflate_by(WQ_INFLATE_GZIP, &wide, wq_buf_str(&packed), 100, &out));
	assert_int_equal(out.len, MAX / 2);
	free(zeros);
}

static void encodings_have_names(void **state)
{
	enum wq_inflate_kind kind = WQ_INFLATE_DEFLATE;

	(void)state;
	assert_true(wq_inflate_kind_of(WQ_S("GZip"), &kind) && kind == WQ_INFLATE_GZIP);
	assert_true(wq_inflate_kind_of(WQ_S("deflate"), &kind) && kind == WQ_INFLATE_DEFLATE);
	assert_true(wq_inflate_kind_of(WQ_S("x-gzip"), &kind) && kind == WQ_INFLATE_GZIP);
	assert_false(wq_inflate_kind_of(WQ_S("br"), &kind));
	assert_false(wq_inflate_kind_of(WQ_S("gzip, gzip"), &kind));
	assert_false(wq_inflate_kind_of(WQ_S(""), &kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_in_every_cut),
		cmocka_unit_test(members_follow_each_other),
		cmocka_unit_test(what_is_no_stream_is_refused),
		cmocka_unit_test(bombs_end_early),
		cmocka_unit_test(encodings_have_names),
	};

	return cmocka_run_group_tests_name("vault inflate", tests, NULL, NULL);
}
