/* First byte: charset; second: where to cut; then the bytes. The output may not depend on how the input was cut. */
#include "text/charset.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool claim, const char *what)
{
	if (claim)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static void same(const struct wq_decoder *a, const struct wq_buf *a_out, const struct wq_decoder *b,
	const struct wq_buf *b_out, size_t n)
{
	check(wq_str_eq(wq_buf_str(a_out), wq_buf_str(b_out)), "the same text");
	check(a->replaced == b->replaced && (a->replaced == 0 || a->first_bad == b->first_bad), "the same faults");
	check(a->at == n && b->at == n, "all of it");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum wq_charset charset;
	struct wq_decoder whole, cut;
	struct wq_charset_guess guess;
	wq_str bytes;
	size_t step;

	if (n < 2)
		return 0;
	charset = (enum wq_charset)(1 + data[0] % WQ_CHARSET_WINDOWS1252);
	step = 1 + data[1] % 9;
	bytes = wq_str_of(data + 2, n - 2);
	guess = wq_charset_detect(bytes, WQ_S_NONE);
	check(guess.charset != WQ_CHARSET_NONE && guess.bom_bytes <= bytes.n, "there is always a guess");
	WQ_IGNORE(wq_error_id(wq_charset_by_label(wq_charset_of_content_type(bytes)) ? WQ_E_OK : WQ_E_INPUT));

	WQ_BUF(once, 3 * bytes.n + 4);
	WQ_BUF(pieces, 3 * bytes.n + 4);
	check(!wq_failed(wq_charset_decode(charset, bytes, &once, &whole)), "at most three bytes for one");
	check(wq_utf8_valid(wq_buf_str(&once)), "UTF-8 comes out");
	wq_decoder_init(&cut, charset);
	for (size_t at = 0; at < bytes.n; at += step)
		wq_decoder_feed(&cut, wq_str_head(wq_str_from(bytes, at), step), &pieces);
	wq_decoder_end(&cut, &pieces);
	same(&whole, &once, &cut, &pieces, bytes.n);
	return 0;
}
