/* Content-Encoding of requests: gzip (RFC 1952) and deflate (RFC 1950). zlib's memory is the arena's. */
#include "detect/body/body_priv.h"

#include <zlib.h>

enum { OUT_BYTES = 16 * 1024, RATIO_FROM = 1024 };

struct inflate {
	z_stream z;
	bool ended;
	unsigned char out[OUT_BYTES];
};

static void *take(void *arena, unsigned count, unsigned size)
{
	return wq_arena_zalloc(arena, count, size);
}

static void give(void *arena, void *p)
{
	(void)arena;
	(void)p;
}

bool wq_body_inflate_open(struct wq_body *body, wq_str encoding)
{
	struct inflate *in;
	bool gzip;
	encoding = wq_str_trim(encoding);
	if (encoding.n == 0 || wq_str_eq_nocase(encoding, WQ_S("identity")))
		return true;
	wq_body_odd(body, WQ_ODD(COMPRESSED));
	gzip = wq_str_eq_nocase(encoding, WQ_S("gzip")) || wq_str_eq_nocase(encoding, WQ_S("x-gzip"));
	if (!gzip && !wq_str_eq_nocase(encoding, WQ_S("deflate"))) {
		wq_body_unreadable(body, "a Content-Encoding that is not gzip or deflate");
		return false;
	}
	in = WQ_NEW(body->arena, struct inflate);
	if (!in) {
		wq_body_over(body, "no memory");
		return false;
	}
	in->z.zalloc = take;
	in->z.zfree = give;
	in->z.opaque = body->arena;
	if (inflateInit2(&in->z, gzip ? 16 + MAX_WBITS : MAX_WBITS) != Z_OK) {
		wq_body_over(body, "no memory");
		return false;
	}
	body->inflate = in;
	return true;
}

static bool too_much(const struct wq_body *body)
{
	const struct inflate *in = body->inflate;
	return in->z.total_out > (uint64_t)body->limits.ratio * WQ_MAX(in->z.total_in, (uLong)RATIO_FROM);
}

void wq_body_inflate_add(struct wq_body *body, wq_str piece)
{
	struct inflate *in = body->inflate;
	while (piece.n && !body->report.failed) {
		wq_str step = wq_str_head(piece, OUT_BYTES);
		piece = wq_str_from(piece, step.n);
		/* zlib does not write to its input */
		in->z.next_in = (unsigned char *)(uintptr_t)step.p;
		in->z.avail_in = (unsigned)step.n;
		do {
			if (in->ended) {
				wq_body_unreadable(body, "bytes after the end of the compressed body");
				return;
			}
			in->z.next_out = in->out;
			in->z.avail_out = OUT_BYTES;
			int status = inflate(&in->z, Z_NO_FLUSH);
			in->ended = status == Z_STREAM_END;
			if (too_much(body))
				wq_body_over(body, "more than %u times its compressed size", body->limits.ratio);
			else
				wq_body_plain(body, wq_str_of(in->out, OUT_BYTES - in->z.avail_out));
			if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
				wq_body_unreadable(body, "the compressed body is damaged");
		} while (!body->report.failed && (in->z.avail_in || (in->z.avail_out == 0 && !in->ended)));
	}
}

void wq_body_inflate_end(struct wq_body *body)
{
	const struct inflate *in = body->inflate;
	if (body->report.bytes && !in->ended)
		wq_body_unreadable(body, "the compressed body is cut off");
}
