#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1024 * 1024 };

struct wq_arena_block {
	struct wq_arena_block *next;
	size_t size, used, last; /* `last`: where the last allocation begins */
	alignas(max_align_t) unsigned char data[];
};

void wq_arena_init(struct wq_arena *arena, size_t max_bytes)
{
	*arena = (struct wq_arena){.max_bytes = max_bytes};
}

static void free_from(struct wq_arena_block *block)
{
	while (block) {
		struct wq_arena_block *next = block->next;
		free(block);
		block = next;
	}
}

void wq_arena_done(struct wq_arena *arena)
{
	free_from(arena->blocks);
	wq_arena_init(arena, arena->max_bytes);
}

void wq_arena_reset(struct wq_arena *arena)
{
	struct wq_arena_block *keep = arena->blocks;

	while (keep && keep->next) {
		struct wq_arena_block *next = keep->next;
		free(keep);
		keep = next;
	}
	wq_arena_init(arena, arena->max_bytes);
	if (keep) {
		keep->used = keep->last = 0;
		arena->blocks = keep;
		arena->total_bytes = keep->size;
	}
}

static struct wq_arena_block *grow(struct wq_arena *arena, size_t n)
{
	size_t room = arena->max_bytes - arena->total_bytes;
	size_t size = arena->blocks ? arena->blocks->size * 2 : FIRST_BLOCK;
	struct wq_arena_block *block;

	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	if (size < n)
		size = n;
	if (size > room)
		size = n;
	if (n > room)
		return NULL;
	block = size < PTRDIFF_MAX - sizeof *block ? malloc(sizeof *block + size) : NULL;
	if (!block) {
		arena->no_mem = true;
		return NULL;
	}
	*block = (struct wq_arena_block){.next = arena->blocks, .size = size};
	arena->blocks = block;
	arena->total_bytes += size;
	return block;
}

void *wq_arena_alloc(struct wq_arena *arena, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct wq_arena_block *block = arena->blocks;
	void *at;

	if (n > arena->max_bytes || n > SIZE_MAX - align) {
		arena->failed = true;
		return NULL;
	}
	n = n == 0 ? align : (n + align - 1) / align * align;
	if (!block || block->size - block->used < n)
		block = grow(arena, n);
	if (!block) {
		arena->failed = true;
		return NULL;
	}
	at = block->data + block->used;
	block->last = block->used;
	block->used += n;
	arena->used += n;
	return at;
}

void wq_arena_shrink(struct wq_arena *arena, const void *at, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct wq_arena_block *block = arena->blocks;
	size_t freed;

	if (!block || at != block->data + block->last || n > block->used - block->last)
		return;
	freed = (block->used - block->last - n) / align * align;
	block->used -= freed;
	arena->used -= freed;
}

void *wq_arena_zalloc(struct wq_arena *arena, size_t count, size_t size)
{
	size_t n;
	void *at;

	if (__builtin_mul_overflow(count, size, &n)) {
		arena->failed = true;
		return NULL;
	}
	at = wq_arena_alloc(arena, n);
	if (at)
		memset(at, 0, n);
	return at;
}

wq_str wq_arena_str(struct wq_arena *arena, wq_str s)
{
	char *copy = wq_arena_alloc(arena, s.n < SIZE_MAX ? s.n + 1 : s.n);

	if (!copy)
		return WQ_S_NONE;
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return wq_str_of(copy, s.n);
}

char *wq_arena_cstr(struct wq_arena *arena, wq_str s)
{
	if (wq_str_chr(s, '\0') >= 0)
		return NULL;
	return (char *)(uintptr_t)wq_arena_str(arena, s).p;
}

wq_str wq_arena_printf(struct wq_arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || !(text = wq_arena_alloc(arena, (size_t)n + 1))) {
		arena->failed = true;
		return WQ_S_NONE;
	}
	va_start(args, format);
	vsnprintf(text, (size_t)n + 1, format, args);
	va_end(args);
	return wq_str_of(text, (size_t)n);
}

wq_err wq_arena_err(const struct wq_arena *arena)
{
	if (!arena->failed)
		return WQ_OK;
	return wq_error_id(arena->no_mem ? WQ_E_NO_MEMORY : WQ_E_LIMIT);
}
