/* What the fuzz targets of this folder share. The input: how many bytes a piece has, "Content-Type|Content-Encoding" up to the end of the
 * line, the body. Whatever it is, told at once and in pieces of two sizes it must be the same. */
#ifndef WQ_DETECT_BODY_BODY_FUZZ_H
#define WQ_DETECT_BODY_BODY_FUZZ_H

#include "detect/body/body_probe.h"

enum { FUZZ_MAX = 64 * 1024 };

/* Whether it ended over a limit: of bytes, or of the ratio to compressed bytes, which stop a little earlier or later with the pieces. */
static inline bool fuzz_run(const struct probe_body *in, size_t piece, bool stay, struct wq_buf *log)
{
	struct wq_arena arena;
	wq_arena_init(&arena, 4 * WQ_MIB); /* 64 KiB of input cannot need more */
	bool over = probe_run(in, piece, stay, &arena, log).over;
	if (arena.failed || wq_failed(wq_buf_err(log)))
		abort();
	wq_arena_done(&arena);
	return over;
}

static inline int fuzz_body(enum wq_body_kind kind, const uint8_t *data, size_t size)
{
	WQ_BUF(whole, PROBE_MAX);
	WQ_BUF(cut, PROBE_MAX);
	WQ_BUF(bytewise, PROBE_MAX);
	if (size == 0 || size > FUZZ_MAX)
		return 0;
	struct probe_body in = {.kind = kind, .bytes = wq_str_of(data + 1, size - 1)};
	in.encoding = wq_str_cut(&in.bytes, '\n');
	in.type = wq_str_cut(&in.encoding, '|');
	bool over = fuzz_run(&in, SIZE_MAX, true, &whole);
	over |= fuzz_run(&in, 1 + (size_t)data[0], false, &cut);
	over |= fuzz_run(&in, 1, true, &bytewise);
	if (over && in.encoding.n)
		return 0;
	if (!wq_str_eq(wq_buf_str(&whole), wq_buf_str(&cut)) || !wq_str_eq(wq_buf_str(&whole), wq_buf_str(&bytewise)))
		abort();
	return 0;
}

#endif
