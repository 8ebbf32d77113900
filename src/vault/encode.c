#include "vault/encode.h"

#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16 /* zlib: 16 more asks for the gzip wrapper */ };

bool wq_encode_worth(wq_str type, size_t n)
{
	static const wq_str prefixes[] = {
		WQ_S_INIT("text/"), WQ_S_INIT("application/javascript"), WQ_S_INIT("application/json"),
		WQ_S_INIT("application/xml"), WQ_S_INIT("application/xhtml+xml"), WQ_S_INIT("application/rss+xml"),
		WQ_S_INIT("application/atom+xml"), WQ_S_INIT("application/manifest+json"), WQ_S_INIT("image/svg+xml"),
		WQ_S_INIT("image/bmp"), WQ_S_INIT("image/x-icon"), WQ_S_INIT("font/ttf"), WQ_S_INIT("font/otf"),
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
