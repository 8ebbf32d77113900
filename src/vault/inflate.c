#include "vault/inflate.h"

#include <zlib.h>

enum { PIECE = 16 * 1024, HEAD = 2, WINDOW_GZIP = 15 + 16, WINDOW_ZLIB = 15, WINDOW_RAW = -15 };

struct wq_inflate {
	enum wq_inflate_kind kind;
	struct wq_inflate_limits limits;
	uint64_t in_bytes, out_bytes;
	bool open, ended;
	uint8_t head[HEAD]; /* of "deflate", until it is clear which of the two it is */
	size_t head_n;
	z_stream z;
};

bool wq_inflate_kind_of(wq_str encoding, enum wq_inflate_kind *ret_kind)
{
	if (wq_str_eq_nocase(encoding, WQ_S("gzip")) || wq_str_eq_nocase(encoding, WQ_S("x-gzip")))
		*ret_kind = WQ_INFLATE_GZIP;
	else if (wq_str_eq_nocase(encoding, WQ_S("deflate")))
		*ret_kind = WQ_INFLATE_DEFLATE;
	else
		return false;
	return true;
}

static wq_err open_as(struct wq_inflate *stream, int window)
{
	if (inflateInit2(&stream->z, window) != Z_OK)
		return wq_error_id(WQ_E_NO_MEMORY);
	stream->open = true;
	return WQ_OK;
}

wq_err wq_inflate_new(enum wq_inflate_kind kind, const struct wq_inflate_limits *limits, struct wq_inflate **ret_stream)
{
	struct wq_inflate *stream = calloc(1, sizeof *stream);
	wq_err e = WQ_OK;

	if (!stream)
		return wq_error_id(WQ_E_NO_MEMORY);
	stream->kind = kind;
	stream->limits = *limits;
	if (kind == WQ_INFLATE_GZIP)
		e = open_as(stream, WINDOW_GZIP);
	if (wq_failed(e)) {
		free(stream);
		return e;
	}
	*ret_stream = stream;
	return WQ_OK;
}

void wq_inflate_free(struct wq_inflate **stream)
{
	if (*stream && (*stream)->open)
		inflateEnd(&(*stream)->z);
	free(*stream);
	*stream = NULL;
}

/* RFC 1950 §2.2: method 8, a window of at most 32 KiB, and a check of both bytes. Otherwise it is RFC 1951 alone. */
static bool is_zlib(const uint8_t head[HEAD])
{
	return (head[0] & 0x0f) == 8 && head[0] >> 4 <= 7 && ((unsigned)head[0] << 8 | head[1]) % 31 == 0;
}

static wq_err limits_check(const struct wq_inflate *stream)
{
	uint64_t out = stream->out_bytes, in = stream->in_bytes - stream->z.avail_in;

	if (out > stream->limits.max_bytes)
		return wq_error(WQ_E_LIMIT, "it inflates to more than %llu bytes",
			(unsigned long long)stream->limits.max_bytes);
	if (out > WQ_INFLATE_FREE && out / stream->limits.max_ratio > in)
		return wq_error(WQ_E_LIMIT, "it inflates to more than %u times its size", stream->limits.max_ratio);
	return WQ_OK;
}

/* One call of zlib. `*ret_more`: there may be more to come out of what it has. */
static wq_err step(struct wq_inflate *stream, struct wq_buf *out, bool *ret_more)
{
	z_stream *z = &stream->z;
	size_t room = WQ_MIN((size_t)PIECE, out->max_bytes - out->len), given;
	uint8_t *at = room > 0 ? wq_buf_reserve(out, room) : NULL;
	int status;

	if (!at)
		return wq_error(WQ_E_LIMIT, "no room for what comes out");
	z->next_out = at;
	z->avail_out = (uInt)room;
	status = inflate(z, Z_NO_FLUSH);
	given = room - z->avail_out;
	wq_buf_commit(out, given);
	stream->out_bytes += given;
	if (status == Z_MEM_ERROR)
		return wq_error_id(WQ_E_NO_MEMORY);
	if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
		return wq_error(WQ_E_FORMAT, "this is no such stream: %.80s", z->msg ? z->msg : "inflate");
	WQ_TRY(limits_check(stream));
	stream->ended = status == Z_STREAM_END;
	*ret_more = z->avail_in > 0 || (!stream->ended && z->avail_out == 0);
	return WQ_OK;
}

static wq_err feed(struct wq_inflate *stream, wq_str input, struct wq_buf *out)
{
	bool more = input.n > 0;

	stream->z.next_in = (z_const Bytef *)(uintptr_t)input.p;
	stream->z.avail_in = (uInt)input.n;
	while (more) {
		if (stream->ended && stream->kind != WQ_INFLATE_GZIP)
			return wq_error(WQ_E_FORMAT, "there is something behind the end");
		if (stream->ended && inflateReset(&stream->z) != Z_OK)
			return wq_error_id(WQ_E_BUG);
		stream->ended = false;
		WQ_TRY(step(stream, out, &more));
	}
	return WQ_OK;
}

wq_err wq_inflate_push(struct wq_inflate *stream, wq_str input, struct wq_buf *out)
{
	if (input.n > UINT32_MAX / 2)
		return wq_error_id(WQ_E_LIMIT);
	stream->in_bytes += input.n;
	while (!stream->open && input.n > 0 && stream->head_n < HEAD) {
		stream->head[stream->head_n++] = (uint8_t)input.p[0];
		input = wq_str_from(input, 1);
	}
	if (!stream->open) {
		if (stream->head_n < HEAD)
			return WQ_OK;
		WQ_TRY(open_as(stream, is_zlib(stream->head) ? WINDOW_ZLIB : WINDOW_RAW));
		WQ_TRY(feed(stream, wq_str_of(stream->head, HEAD), out));
	}
	return feed(stream, input, out);
}

wq_err wq_inflate_end(const struct wq_inflate *stream)
{
	if (stream->ended || stream->in_bytes == 0)
		return WQ_OK;
	return wq_error(WQ_E_FORMAT, "it ends early");
}
