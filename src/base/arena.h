/* An arena: one per unit of work (a request, a page, a command); what lives in it dies with it.
 *
 * Invariants: memory is aligned for any type; nothing is freed one by one; the sum of all blocks stays at or below the
 * maximum given at birth. An allocation that cannot be made returns NULL and makes the arena `failed` for good, so a
 * long composition may be checked once at its end with wq_arena_err(). Not thread-safe.
 */
#ifndef WQ_BASE_ARENA_H
#define WQ_BASE_ARENA_H

#include "base/base.h"

struct wq_arena_block;

struct wq_arena {
	struct wq_arena_block *blocks;
	size_t used;      /* bytes handed out, with alignment */
	size_t max_bytes; /* of all blocks together */
	size_t total_bytes;
	bool failed;
	bool no_mem; /* it failed because the system had none, not because of max_bytes */
};

/* Ready to use; takes no memory before the first allocation. `max_bytes` is at least 1. */
void wq_arena_init(struct wq_arena *arena, size_t max_bytes);
/* Frees everything. Accepts an arena that is done. */
void wq_arena_done(struct wq_arena *arena);
/* Forgets everything but keeps the first block: for the next unit of work. Clears `failed`. */
void wq_arena_reset(struct wq_arena *arena);

/* `n` bytes, not initialised; NULL on failure. n may be 0. */
void *wq_arena_alloc(struct wq_arena *arena, size_t n);
/* Gives back what the last allocation, `at`, does not need beyond `n` bytes, with 0 all of it. Of any other allocation: nothing. */
void wq_arena_shrink(struct wq_arena *arena, const void *at, size_t n);
/* `count` times `size` bytes of zero; NULL on failure or overflow. */
void *wq_arena_zalloc(struct wq_arena *arena, size_t count, size_t size);
/* A copy with a NUL after it, which is not counted. Empty with p == NULL on failure. */
wq_str wq_arena_str(struct wq_arena *arena, wq_str s);
/* The same, returned as a C string; NULL on failure or when `s` contains a NUL. */
char *wq_arena_cstr(struct wq_arena *arena, wq_str s);
/* Formatted. Empty with p == NULL on failure. */
wq_str wq_arena_printf(struct wq_arena *arena, const char *format, ...) WQ_PRINTF(2, 3);

#define WQ_NEW(arena, type) ((type *)wq_arena_zalloc((arena), 1, sizeof(type)))
#define WQ_NEW_ARRAY(arena, type, count) ((type *)wq_arena_zalloc((arena), (count), sizeof(type)))

/* WQ_OK, or WQ_E_LIMIT / WQ_E_NO_MEMORY once an allocation has failed. */
wq_err wq_arena_err(const struct wq_arena *arena);

#endif
