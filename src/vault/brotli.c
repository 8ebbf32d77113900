#include "vault/encode.h"

#include <brotli/decode.h>
#include <brotli/encode.h>

enum { PIECE = 32 * 1024 };

static int quality_of(size_t n, enum wq_effort effort)
{
	return effort == WQ_EFFORT_BEST && n <= WQ_BROTLI_BEST_BYTES ? WQ_BROTLI_BEST : WQ_BROTLI_FAST;
}

wq_err wq_encode_brotli(wq_str bytes, enum wq_effort effort, struct wq_buf *out)
{
	size_t n = BrotliEncoderMaxCompressedSize(bytes.n);
	uint8_t *room;

	if (n == 0)
		return wq_error_id(WQ_E_LIMIT);
	room = wq_buf_reserve(out, n);
	if (!room)
		return wq_buf_err(out);
	if (!BrotliEncoderCompress(quality_of(bytes.n, effort), BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, bytes.n,
		    (const uint8_t *)bytes.p, &n, room))
		return wq_error_id(WQ_E_NO_MEMORY);
	wq_buf_commit(out, n);
	return WQ_OK;
}

/* Decodes piece by piece and compares each with its place in `bytes`. */
static bool decode_compare(BrotliDecoderState *state, wq_str brotli, wq_str bytes)
{
	const uint8_t *in = (const uint8_t *)brotli.p;
	size_t in_n = brotli.n, at = 0, n;
	uint8_t piece[PIECE];
	BrotliDecoderResult result;

	do {
		uint8_t *to = piece;
		size_t room = sizeof piece;

		result = BrotliDecoderDecompressStream(state, &in_n, &in, &room, &to, NULL);
		n = sizeof piece - room;
		if (n > bytes.n - at || (n > 0 && memcmp(piece, bytes.p + at, n) != 0))
			return false;
		at += n;
	} while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT);
	return result == BROTLI_DECODER_RESULT_SUCCESS && in_n == 0 && at == bytes.n;
}

wq_err wq_encode_unbrotli_is(wq_str brotli, wq_str bytes)
{
	BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	bool same;

	if (!state)
		return wq_error_id(WQ_E_NO_MEMORY);
	same = decode_compare(state, brotli, bytes);
	BrotliDecoderDestroyInstance(state);
	return same ? WQ_OK : wq_error(WQ_E_ALTERED, "the brotli form gives other bytes");
}
