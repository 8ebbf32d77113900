/* The first byte says how the rest is cut and which kind it is: the pieces have to give what the whole gives. */
#include "vault/inflate.h"

enum { OUT_MAX = 256 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool inflate_by(enum wq_inflate_kind kind, wq_str bytes, size_t piece, struct wq_buf *out)
{
	const struct wq_inflate_limits limits = {.max_bytes = OUT_MAX, .max_ratio = 200};
	struct wq_inflate *stream;
	wq_err e = wq_inflate_new(kind, &limits, &stream);

	if (wq_failed(e))
		abort();
	while (!wq_failed(e) && bytes.n > 0) {
		wq_str part = wq_str_head(bytes, piece);

		e = wq_inflate_push(stream, part, out);
		bytes = wq_str_from(bytes, part.n);
	}
	if (!wq_failed(e))
		e = wq_inflate_end(stream);
	wq_inflate_free(&stream);
	return !wq_failed(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum wq_inflate_kind kind = n > 0 && data[0] & 1 ? WQ_INFLATE_GZIP : WQ_INFLATE_DEFLATE;
	wq_str rest = n > 0 ? wq_str_of(data + 1, n - 1) : WQ_S_NONE;
	WQ_BUF(whole, OUT_MAX + 32 * 1024);
	WQ_BUF(parts, OUT_MAX + 32 * 1024);
	bool fine = inflate_by(kind, rest, SIZE_MAX, &whole);

	if (fine != inflate_by(kind, rest, n > 0 ? 1 + data[0] / 2 : 1, &parts))
		abort();
	if (fine && !wq_str_eq(wq_buf_str(&whole), wq_buf_str(&parts)))
		abort();
	return 0;
}
