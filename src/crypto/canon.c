#include "crypto/canon.h"

#include "base/utf8.h"

static const char magic[4] = {'W', 'Q', 'C', '1'};

void wq_canon_begin(struct wq_buf *out, const char *domain, uint16_t version, uint16_t algorithm)
{
	wq_str tag = wq_str_c(domain);

	if (tag.n == 0 || tag.n > UINT8_MAX || version == 0) {
		out->over = true;
		return;
	}
	wq_buf_add(out, wq_str_of(magic, sizeof(magic)));
	wq_buf_byte(out, (uint8_t)tag.n);
	wq_buf_add(out, tag);
	wq_buf_u16(out, version);
	wq_buf_u16(out, algorithm);
}

void wq_canon_u64(struct wq_buf *out, uint64_t v)
{
	wq_buf_byte(out, 'u');
	wq_buf_u64(out, v);
}

void wq_canon_time(struct wq_buf *out, wq_time t)
{
	wq_buf_byte(out, 't');
	wq_buf_u64(out, (uint64_t)t);
}

void wq_canon_digest(struct wq_buf *out, wq_digest d)
{
	wq_buf_byte(out, 'd');
	wq_buf_add(out, wq_str_of(d.b, sizeof(d.b)));
}

static void add_counted(struct wq_buf *out, char type, wq_str s)
{
	if (s.n > UINT32_MAX) {
		out->over = true;
		return;
	}
	wq_buf_byte(out, (uint8_t)type);
	wq_buf_u32(out, (uint32_t)s.n);
	wq_buf_add(out, s);
}

void wq_canon_bytes(struct wq_buf *out, wq_str bytes)
{
	add_counted(out, 'b', bytes);
}

static bool is_text(wq_str s)
{
	return wq_utf8_valid(s) && wq_str_chr(s, '\0') < 0;
}

void wq_canon_text(struct wq_buf *out, wq_str text)
{
	if (!is_text(text)) {
		out->over = true;
		return;
	}
	add_counted(out, 's', text);
}

void wq_canon_list(struct wq_buf *out, uint32_t count)
{
	wq_buf_byte(out, 'l');
	wq_buf_u32(out, count);
}

uint16_t wq_canon_read_begin(struct wq_cursor *c, const char *domain, uint16_t algorithm)
{
	wq_str tag = wq_str_c(domain);
	uint16_t version;

	if (!wq_str_eq(wq_cursor_take(c, sizeof(magic)), wq_str_of(magic, sizeof(magic))) || wq_cursor_u8(c) != tag.n ||
		!wq_str_eq(wq_cursor_take(c, tag.n), tag))
		wq_cursor_fail(c);
	version = wq_cursor_u16(c);
	if (wq_cursor_u16(c) != algorithm || version == 0)
		wq_cursor_fail(c);
	return c->bad ? 0 : version;
}

/* True when the next field is of this type, which is consumed. */
static bool expect(struct wq_cursor *c, char type)
{
	if (wq_cursor_u8(c) != (uint8_t)type)
		wq_cursor_fail(c);
	return !c->bad;
}

uint64_t wq_canon_read_u64(struct wq_cursor *c)
{
	return expect(c, 'u') ? wq_cursor_u64(c) : 0;
}

wq_time wq_canon_read_time(struct wq_cursor *c)
{
	return expect(c, 't') ? (wq_time)wq_cursor_u64(c) : 0;
}

wq_digest wq_canon_read_digest(struct wq_cursor *c)
{
	wq_digest d = {0};

	if (expect(c, 'd'))
		wq_cursor_copy(c, d.b, sizeof(d.b));
	return d;
}

wq_str wq_canon_read_bytes(struct wq_cursor *c, size_t max)
{
	return expect(c, 'b') ? wq_cursor_block32(c, max) : WQ_S_NONE;
}

wq_str wq_canon_read_text(struct wq_cursor *c, size_t max)
{
	wq_str text = expect(c, 's') ? wq_cursor_block32(c, max) : WQ_S_NONE;

	if (is_text(text))
		return text;
	wq_cursor_fail(c);
	return WQ_S_NONE;
}

uint32_t wq_canon_read_list(struct wq_cursor *c, uint32_t max)
{
	uint32_t count = expect(c, 'l') ? wq_cursor_u32(c) : 0;

	if (count <= max)
		return count;
	wq_cursor_fail(c);
	return 0;
}
