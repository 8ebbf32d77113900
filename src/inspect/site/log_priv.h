/* The log of a walk: one file that only grows, from which everything the walk knows is built again.
 *
 * Records are gathered and written as chunks: a chunk is whole or it is cut off at the next opening, so what is put between two
 * flushes is there together or not at all. Every chunk carries a keyed checksum: a torn tail is told from altered bytes inside.
 * Survives kill -9; a power failure may cost the last chunks, never more (the walk asks again).
 * docs/formats.md has the bytes.
 */
#ifndef WQ_INSPECT_SITE_LOG_PRIV_H
#define WQ_INSPECT_SITE_LOG_PRIV_H

#include "base/buf.h"

enum {
	LOG_HEAD_BYTES = 32,
	LOG_CHUNK_HEAD_BYTES = 12,
	LOG_CHUNK_BYTES = 256 * 1024,     /* written when it is longer */
	LOG_CHUNK_MAX = 64 * 1024 * 1024, /* of one group of records */
	LOG_VERSION = 1
};

enum log_kind { LOG_ADDRESS = 1, LOG_LINKS, LOG_ANCHORS, LOG_RESULT, LOG_MALFORMED, LOG_SIGN, LOG_KINDS };

struct log {
	int fd; /* -1: not open */
	uint64_t key[2];
	uint64_t flushed;    /* length of the file */
	struct wq_buf chunk; /* its head, then records */
	size_t record_at;    /* of the open record, 0: none */
	bool resumed;
};

/* Opens `path` (NULL: an unnamed file), empty or with what it holds, torn tail cut off. Errors: WQ_E_FORMAT (another version),
 * WQ_E_ALTERED, WQ_E_IO, WQ_E_NO_SPACE. */
wq_err log_open(struct log *log, const char *path, bool resume);
void log_close(struct log *log);

/* A record: begin, put, end. Offsets in the file stay as log_at() says them, flushed or not. */
void log_begin(struct log *log, enum log_kind kind);
void log_varint(struct log *log, uint64_t v);
void log_bytes(struct log *log, wq_str bytes);
void log_end(struct log *log);
uint64_t log_at(const struct log *log);
/* Between groups of records that belong together: writes when there is enough, or `now`. Errors: the buffer's, WQ_E_IO,
 * WQ_E_NO_SPACE. */
wq_err log_flush(struct log *log, bool now);

/* `n` bytes at `at`, where log_at() was. Errors: WQ_E_IO, WQ_E_ALTERED (the file is shorter). */
wq_err log_read(const struct log *log, uint64_t at, size_t n, char *out);

/* Sticky: a read past the end gives zero and sets `bad`. */
struct log_cursor {
	wq_str rest;
	bool bad;
};
uint64_t log_get(struct log_cursor *cursor);
wq_str log_get_bytes(struct log_cursor *cursor, size_t n);

/* Every record in order; `at` is the file offset of the body. Errors: WQ_E_ALTERED, what `fn` returned. */
typedef wq_err (*log_fn)(void *data, enum log_kind kind, wq_str body, uint64_t at);
wq_err log_each(struct log *log, log_fn fn, void *data);
/* The records of one chunk's body that stands at `at`. */
wq_err log_each_in(wq_str chunk, uint64_t at, log_fn fn, void *data);

#endif
