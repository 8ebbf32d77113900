#include "base/buf.h"

void wq_buf_init(struct wq_buf *buf, size_t max_bytes)
{
	*buf = (struct wq_buf)WQ_BUF_INIT(max_bytes);
}

void wq_buf_done(struct wq_buf *buf)
{
	free(buf->data);
	wq_buf_init(buf, buf->max_bytes);
}

void wq_buf_clear(struct wq_buf *buf)
{
	buf->len = 0;
	buf->over = buf->no_mem = false;
}

/* One byte more than asked is always kept, for the NUL of wq_buf_cstr(). */
static bool ensure(struct wq_buf *buf, size_t n)
{
	size_t cap = buf->cap ? buf->cap : 64;
	unsigned char *data;

	if (buf->over || buf->no_mem)
		return false;
	if (n > buf->max_bytes - buf->len) {
		buf->over = true;
		return false;
	}
	if (buf->cap > buf->len && buf->cap - buf->len > n)
		return true;
	if (n > SIZE_MAX / 2 - buf->len) { /* no allocator gives that much; the doubling below stays exact */
		buf->no_mem = true;
		return false;
	}
	while (cap <= buf->len + n)
		cap *= 2;
	if (buf->max_bytes < SIZE_MAX && cap > buf->max_bytes + 1)
		cap = buf->max_bytes + 1;
	data = realloc(buf->data, cap);
	if (!data) {
		buf->no_mem = true;
		return false;
	}
	buf->data = data;
	buf->cap = cap;
	return true;
}

void *wq_buf_reserve(struct wq_buf *buf, size_t n)
{
	return ensure(buf, n) ? buf->data + buf->len : NULL;
}

void wq_buf_commit(struct wq_buf *buf, size_t n)
{
	buf->len += n;
}

void wq_buf_add(struct wq_buf *buf, wq_str s)
{
	if (s.n > 0 && ensure(buf, s.n)) {
		memcpy(buf->data + buf->len, s.p, s.n);
		buf->len += s.n;
	}
}

void wq_buf_byte(struct wq_buf *buf, uint8_t byte)
{
	wq_buf_add(buf, wq_str_of(&byte, 1));
}

void wq_buf_vprintf(struct wq_buf *buf, const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		buf->over = true;
	else if (ensure(buf, (size_t)n)) {
		vsnprintf((char *)buf->data + buf->len, (size_t)n + 1, format, args);
		buf->len += (size_t)n;
	}
}

void wq_buf_printf(struct wq_buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	wq_buf_vprintf(buf, format, args);
	va_end(args);
}

static void add_be(struct wq_buf *buf, uint64_t v, unsigned bytes)
{
	uint8_t out[8];

	for (unsigned i = 0; i < bytes; i++)
		out[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
	wq_buf_add(buf, wq_str_of(out, bytes));
}

void wq_buf_u16(struct wq_buf *buf, uint16_t v)
{
	add_be(buf, v, 2);
}

void wq_buf_u32(struct wq_buf *buf, uint32_t v)
{
	add_be(buf, v, 4);
}

void wq_buf_u64(struct wq_buf *buf, uint64_t v)
{
	add_be(buf, v, 8);
}

const char *wq_buf_cstr(struct wq_buf *buf)
{
	if (!buf->data)
		return "";
	buf->data[buf->len] = '\0';
	return (const char *)buf->data;
}

wq_err wq_buf_err(const struct wq_buf *buf)
{
	if (buf->no_mem)
		return wq_error_id(WQ_E_NO_MEMORY);
	return buf->over ? wq_error_id(WQ_E_LIMIT) : WQ_OK;
}
