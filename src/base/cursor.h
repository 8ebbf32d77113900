/* A reading cursor over bytes from outside: bounds in one place, a sticky error.
 *
 * Invariants: `at` <= `bytes.n`. A read beyond the end returns zero (or the empty slice), sets `bad` and moves to the
 * end, so that a loop over wq_cursor_left() ends; every later read then fails as well, so a whole record may be read and checked once. Numbers are big-endian.
 */
#ifndef WQ_BASE_CURSOR_H
#define WQ_BASE_CURSOR_H

#include "base/base.h"

struct wq_cursor {
	wq_str bytes;
	size_t at;
	bool bad;
	size_t bad_at; /* where the first failing read began */
};

static inline struct wq_cursor wq_cursor_of(wq_str bytes)
{
	return (struct wq_cursor){.bytes = bytes};
}

static inline size_t wq_cursor_left(const struct wq_cursor *c)
{
	return c->bytes.n - c->at;
}

/* Exactly `n` bytes. */
wq_str wq_cursor_take(struct wq_cursor *c, size_t n);
uint8_t wq_cursor_u8(struct wq_cursor *c);
uint16_t wq_cursor_u16(struct wq_cursor *c);
uint32_t wq_cursor_u32(struct wq_cursor *c);
uint64_t wq_cursor_u64(struct wq_cursor *c);
/* Copies exactly `n` bytes to `out`; fills it with zero on failure. */
void wq_cursor_copy(struct wq_cursor *c, void *out, size_t n);
/* A 32-bit length and that many bytes; longer than `max` is an error. */
wq_str wq_cursor_block32(struct wq_cursor *c, size_t max);
/* Marks it bad from outside: for a value that is out of range. */
void wq_cursor_fail(struct wq_cursor *c);

/* WQ_OK when everything was there; WQ_E_FORMAT with the offset otherwise. */
wq_err wq_cursor_err(const struct wq_cursor *c);
/* The same, and nothing may be left over. */
wq_err wq_cursor_end(const struct wq_cursor *c);

#endif
