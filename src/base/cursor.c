#include "base/cursor.h"

wq_str wq_cursor_take(struct wq_cursor *c, size_t n)
{
	wq_str piece;

	if (c->bad || n > wq_cursor_left(c)) {
		wq_cursor_fail(c);
		return WQ_S_NONE;
	}
	piece = wq_str_head(wq_str_from(c->bytes, c->at), n);
	c->at += n;
	return piece;
}

static uint64_t take_be(struct wq_cursor *c, size_t n)
{
	wq_str bytes = wq_cursor_take(c, n);
	uint64_t v = 0;

	for (size_t i = 0; i < bytes.n; i++)
		v = v << 8 | (uint8_t)bytes.p[i];
	return v;
}

uint8_t wq_cursor_u8(struct wq_cursor *c)
{
	return (uint8_t)take_be(c, 1);
}

uint16_t wq_cursor_u16(struct wq_cursor *c)
{
	return (uint16_t)take_be(c, 2);
}

uint32_t wq_cursor_u32(struct wq_cursor *c)
{
	return (uint32_t)take_be(c, 4);
}

uint64_t wq_cursor_u64(struct wq_cursor *c)
{
	return take_be(c, 8);
}

void wq_cursor_copy(struct wq_cursor *c, void *out, size_t n)
{
	wq_str bytes = wq_cursor_take(c, n);

	if (bytes.n == n && n > 0)
		memcpy(out, bytes.p, n);
	else if (n > 0)
		memset(out, 0, n);
}

wq_str wq_cursor_block32(struct wq_cursor *c, size_t max)
{
	size_t n = wq_cursor_u32(c);

	if (n > max)
		wq_cursor_fail(c);
	return wq_cursor_take(c, n);
}

void wq_cursor_fail(struct wq_cursor *c)
{
	if (c->bad)
		return;
	c->bad = true;
	c->bad_at = c->at;
	c->at = c->bytes.n;
}

wq_err wq_cursor_err(const struct wq_cursor *c)
{
	return c->bad ? wq_error(WQ_E_FORMAT, "at byte %zu of %zu", c->bad_at, c->bytes.n) : WQ_OK;
}

wq_err wq_cursor_end(const struct wq_cursor *c)
{
	WQ_TRY(wq_cursor_err(c));
	if (wq_cursor_left(c) > 0)
		return wq_error(WQ_E_FORMAT, "%zu bytes left over at byte %zu", wq_cursor_left(c), c->at);
	return WQ_OK;
}
