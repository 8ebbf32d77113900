/* A growing buffer with a maximum from birth and a sticky error.
 *
 * Invariants: `data[0 .. len)` was added in order; len <= max_bytes; once an addition has failed (over the maximum, out
 * of memory) nothing more is added and wq_buf_err() says so: compose freely, check once. The buffer owns its memory;
 * slices of it are valid until the next addition. Zero-initialised plus a max_bytes is a valid empty buffer.
 */
#ifndef WQ_BASE_BUF_H
#define WQ_BASE_BUF_H

#include "base/base.h"

#include <stdarg.h>

struct wq_buf {
	unsigned char *data;
	size_t len, cap, max_bytes;
	bool over;   /* an addition did not fit */
	bool no_mem; /* an addition found no memory */
};

#define WQ_BUF_INIT(max) \
	{ \
		.max_bytes = (max) \
	}
/* A buffer that frees itself at the end of the scope. */
#define WQ_BUF(name, max) WQ_CLEANUP(wq_buf_done) struct wq_buf name = WQ_BUF_INIT(max)

/* Empty, for at most `max_bytes`; takes no memory yet. */
void wq_buf_init(struct wq_buf *buf, size_t max_bytes);
/* Frees; the buffer is empty afterwards and may be used again with the same maximum. */
void wq_buf_done(struct wq_buf *buf);
/* Empties it, clears the error, keeps the memory. */
void wq_buf_clear(struct wq_buf *buf);

/* Each of these adds to the end, or adds nothing and sets the error: over max_bytes, or no memory. */
void wq_buf_add(struct wq_buf *buf, wq_str s);
void wq_buf_byte(struct wq_buf *buf, uint8_t byte);
void wq_buf_printf(struct wq_buf *buf, const char *format, ...) WQ_PRINTF(2, 3);
void wq_buf_vprintf(struct wq_buf *buf, const char *format, va_list args) WQ_PRINTF(2, 0);
/* Big-endian (network order). */
void wq_buf_u16(struct wq_buf *buf, uint16_t v);
void wq_buf_u32(struct wq_buf *buf, uint32_t v);
void wq_buf_u64(struct wq_buf *buf, uint64_t v);

/* Room for `n` more bytes at the returned address, NULL when they do not fit; wq_buf_commit() makes them count. */
void *wq_buf_reserve(struct wq_buf *buf, size_t n);
/* Requires: n is at most what was reserved last. */
void wq_buf_commit(struct wq_buf *buf, size_t n);

static inline wq_str wq_buf_str(const struct wq_buf *buf)
{
	return wq_str_of(buf->data, buf->len);
}

/* The content as a C string: a NUL is kept behind it (not counted). "" when empty or failed. */
const char *wq_buf_cstr(struct wq_buf *buf);

/* WQ_OK, WQ_E_LIMIT or WQ_E_NO_MEMORY. */
wq_err wq_buf_err(const struct wq_buf *buf);

#endif
