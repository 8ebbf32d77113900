#include "vault/encode.h"

#include <zlib.h>

enum {
	GZIP_WINDOW = 15 + 16, /* zlib: 16 more asks for the gzip wrapper */
	GZIP_HEADER = 10,
	GZIP_FLAGS = 3, /* offset of FLG, RFC 1952 section 2.3 */
	GUNZIP_PIECE = 32 * 1024,
	GUNZIP_INPUT = 1024 * 1024 * 1024
};

bool wq_encode_worth(wq_str type, size_t n)
{
	static const wq_str prefixes[] = {
		WQ_S_INIT("text/"),
		WQ_S_INIT("application/javascript"),
		WQ_S_INIT("application/json"),
		WQ_S_INIT("application/xml"),
		WQ_S_INIT("application/xhtml+xml"),
		WQ_S_INIT("application/rss+xml"),
		WQ_S_INIT("application/atom+xml"),
		WQ_S_INIT("application/manifest+json"),
		WQ_S_INIT("image/svg+xml"),
		WQ_S_INIT("image/bmp"),
		WQ_S_INIT("image/x-icon"),
		WQ_S_INIT("font/ttf"),
		WQ_S_INIT("font/otf"),
	};

	for (size_t i = 0; n >= WQ_GZIP_LEAST_BYTES && i < WQ_COUNT(prefixes); i++)
		if (wq_str_starts(type, prefixes[i]))
			return true;
	return false;
}

wq_err wq_encode_gzip(wq_str bytes, struct wq_buf *out)
{
	z_stream z = {0};
	void *room;
	size_t bound;
	int status;

	if (bytes.n > UINT32_MAX / 2)
		return wq_error_id(WQ_E_LIMIT);
	if (deflateInit2(&z, WQ_GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return wq_error_id(WQ_E_NO_MEMORY);
	bound = deflateBound(&z, bytes.n);
	room = wq_buf_reserve(out, bound);
	if (!room) {
		deflateEnd(&z);
		return wq_buf_err(out);
	}
	z.next_in = (z_const Bytef *)(uintptr_t)bytes.p;
	z.avail_in = (uInt)bytes.n;
	z.next_out = room;
	z.avail_out = (uInt)bound;
	status = deflate(&z, Z_FINISH);
	wq_buf_commit(out, bound - z.avail_out);
	deflateEnd(&z);
	return status == Z_STREAM_END ? WQ_OK : wq_error(WQ_E_BUG, "deflate ended with %d", status);
}

/* Inflates piece by piece and compares each with its place in `bytes`; `*ret_at` is how far they are equal. */
static int inflate_compare(z_stream *z, wq_str gzip, wq_str bytes, size_t *ret_at)
{
	unsigned char piece[GUNZIP_PIECE];
	size_t given = 0, at = 0, n = 0;
	int status = Z_OK;

	while (status == Z_OK) {
		if (z->avail_in == 0 && given < gzip.n) {
			z->next_in = (z_const Bytef *)(uintptr_t)(gzip.p + given);
			z->avail_in = (uInt)WQ_MIN(gzip.n - given, (size_t)GUNZIP_INPUT);
			given += z->avail_in;
		}
		z->next_out = piece;
		z->avail_out = sizeof piece;
		status = inflate(z, Z_NO_FLUSH); /* Z_BUF_ERROR: it ends too early */
		n = sizeof piece - z->avail_out;
		if (n > bytes.n - at || (n > 0 && memcmp(piece, bytes.p + at, n) != 0))
			return Z_DATA_ERROR;
		at += n;
	}
	*ret_at = at;
	return status == Z_STREAM_END && (z->avail_in > 0 || given < gzip.n) ? Z_DATA_ERROR : status;
}

wq_err wq_encode_gunzip_is(wq_str gzip, wq_str bytes)
{
	z_stream z = {0};
	size_t at = 0;
	int status;

	if (gzip.n < GZIP_HEADER || gzip.p[GZIP_FLAGS] != 0)
		return wq_error(WQ_E_ALTERED, "it is no gzip form of ours");
	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return wq_error_id(WQ_E_NO_MEMORY);
	status = inflate_compare(&z, gzip, bytes, &at);
	inflateEnd(&z);
	if (status == Z_MEM_ERROR)
		return wq_error_id(WQ_E_NO_MEMORY);
	if (status != Z_STREAM_END || at != bytes.n)
		return wq_error(WQ_E_ALTERED, "the gzip form gives other bytes");
	return WQ_OK;
}
