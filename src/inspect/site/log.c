#include "inspect/site/log_priv.h"

#include "base/clock.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/map.h"

#include <errno.h>
#include <fcntl.h>

static const char magic[8] = {'W', 'Q', 'W', 'A', 'L', 'K', 0, 1};

static wq_err altered(uint64_t at)
{
	return wq_error(WQ_E_ALTERED, "the log of the walk, at byte %llu", (unsigned long long)at);
}

/* ---- writing */

static wq_err write_all(int fd, uint64_t at, wq_str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = pwrite(fd, bytes.p, bytes.n, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return wq_error_sys(WQ_E_IO, errno, "the log of the walk");
		bytes = wq_str_from(bytes, (size_t)n);
		at += (uint64_t)n;
	}
	return WQ_OK;
}

static void begin_chunk(struct log *log)
{
	static const char head[LOG_CHUNK_HEAD_BYTES];

	wq_buf_clear(&log->chunk);
	wq_buf_add(&log->chunk, wq_str_of(head, sizeof(head)));
}

static void put_be(unsigned char *out, uint64_t v, size_t n)
{
	for (size_t i = n; i-- > 0; v >>= 8)
		out[i] = (unsigned char)v;
}

static uint64_t get_be(const char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

wq_err log_flush(struct log *log, bool now)
{
	wq_str body;

	WQ_TRY(wq_buf_err(&log->chunk));
	if (log->chunk.len == LOG_CHUNK_HEAD_BYTES || (!now && log->chunk.len < LOG_CHUNK_BYTES))
		return WQ_OK;
	body = wq_str_from(wq_buf_str(&log->chunk), LOG_CHUNK_HEAD_BYTES);
	put_be(log->chunk.data, body.n, 4);
	put_be(log->chunk.data + 4, wq_siphash13(log->key, body), 8);
	WQ_TRY(write_all(log->fd, log->flushed, wq_buf_str(&log->chunk)));
	log->flushed += log->chunk.len;
	begin_chunk(log);
	return WQ_OK;
}

uint64_t log_at(const struct log *log)
{
	return log->flushed + log->chunk.len;
}

/* A record is a byte of kind, four of length, the body. */
enum { RECORD_HEAD = 5 };

void log_begin(struct log *log, enum log_kind kind)
{
	static const char length[RECORD_HEAD - 1];

	wq_buf_byte(&log->chunk, (uint8_t)kind);
	wq_buf_add(&log->chunk, wq_str_of(length, sizeof(length)));
	log->record_at = log->chunk.len;
}

void log_end(struct log *log)
{
	if (!wq_failed(wq_buf_err(&log->chunk)))
		put_be(log->chunk.data + log->record_at - 4, log->chunk.len - log->record_at, 4);
}

void log_varint(struct log *log, uint64_t v)
{
	unsigned char bytes[10];
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		bytes[n++] = (unsigned char)(v | 0x80);
	bytes[n++] = (unsigned char)v;
	wq_buf_add(&log->chunk, wq_str_of(bytes, n));
}

void log_bytes(struct log *log, wq_str bytes)
{
	wq_buf_add(&log->chunk, bytes);
}

/* ---- reading */

static wq_err read_at(int fd, uint64_t at, size_t n, char *out)
{
	while (n > 0) {
		ssize_t got = pread(fd, out, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return wq_error_sys(WQ_E_IO, errno, "the log of the walk");
		if (got == 0)
			return altered(at);
		out += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return WQ_OK;
}

wq_err log_read(const struct log *log, uint64_t at, size_t n, char *out)
{
	if (at < log->flushed)
		return read_at(log->fd, at, n, out);
	if (at + n > log_at(log))
		return altered(at);
	memcpy(out, log->chunk.data + (at - log->flushed), n);
	return WQ_OK;
}

uint64_t log_get(struct log_cursor *cursor)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 64 && cursor->rest.n > 0; shift += 7) {
		unsigned char byte = (unsigned char)cursor->rest.p[0];

		cursor->rest = wq_str_from(cursor->rest, 1);
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	cursor->bad = true;
	cursor->rest = WQ_S_NONE;
	return 0;
}

wq_str log_get_bytes(struct log_cursor *cursor, size_t n)
{
	wq_str bytes = wq_str_head(cursor->rest, n);

	if (bytes.n < n) {
		cursor->bad = true;
		cursor->rest = WQ_S_NONE;
		return WQ_S_NONE;
	}
	cursor->rest = wq_str_from(cursor->rest, n);
	return bytes;
}

wq_err log_each_in(wq_str chunk, uint64_t at, log_fn fn, void *data)
{
	while (chunk.n > 0) {
		size_t n;

		if (chunk.n < RECORD_HEAD || chunk.p[0] <= 0 || chunk.p[0] >= LOG_KINDS)
			return altered(at);
		n = (size_t)get_be(chunk.p + 1, 4);
		if (n > chunk.n - RECORD_HEAD)
			return altered(at);
		WQ_TRY(fn(data, (enum log_kind)chunk.p[0], wq_str_of(chunk.p + RECORD_HEAD, n), at + RECORD_HEAD));
		chunk = wq_str_from(chunk, RECORD_HEAD + n);
		at += RECORD_HEAD + n;
	}
	return WQ_OK;
}

/* The chunk at `at` into `room`; *ret_n 0 when the file ends there or inside it. */
static wq_err read_chunk(const struct log *log, uint64_t at, uint64_t end, struct wq_buf *room, size_t *ret_n)
{
	char head[LOG_CHUNK_HEAD_BYTES];
	uint64_t n;
	char *body;

	*ret_n = 0;
	if (end - at < sizeof(head))
		return WQ_OK;
	WQ_TRY(read_at(log->fd, at, sizeof(head), head));
	n = get_be(head, 4);
	if (n == 0 || n > LOG_CHUNK_MAX)
		return altered(at);
	if (n > end - at - sizeof(head))
		return WQ_OK;
	wq_buf_clear(room);
	body = wq_buf_reserve(room, (size_t)n);
	if (!body)
		return wq_buf_err(room);
	WQ_TRY(read_at(log->fd, at + sizeof(head), (size_t)n, body));
	wq_buf_commit(room, (size_t)n);
	if (wq_siphash13(log->key, wq_buf_str(room)) != get_be(head + 4, 8)) {
		if (at + sizeof(head) + n == end)
			return WQ_OK; /* its last bytes were not written */
		return altered(at);
	}
	*ret_n = (size_t)n;
	return WQ_OK;
}

static wq_err each_until(struct log *log, uint64_t end, log_fn fn, void *data, uint64_t *ret_whole)
{
	WQ_BUF(room, LOG_CHUNK_MAX);
	uint64_t at = LOG_HEAD_BYTES;

	while (at < end) {
		size_t n;

		WQ_TRY(read_chunk(log, at, end, &room, &n));
		if (n == 0)
			break;
		at += LOG_CHUNK_HEAD_BYTES;
		if (fn)
			WQ_TRY(log_each_in(wq_buf_str(&room), at, fn, data));
		at += n;
	}
	*ret_whole = at;
	return WQ_OK;
}

wq_err log_each(struct log *log, log_fn fn, void *data)
{
	uint64_t whole;

	WQ_TRY(log_flush(log, true));
	WQ_TRY(each_until(log, log->flushed, fn, data, &whole));
	return whole == log->flushed ? WQ_OK : altered(whole);
}

/* ---- life */

static wq_err write_head(struct log *log)
{
	char head[LOG_HEAD_BYTES] = {0};

	wq_random_system.fill(NULL, log->key, sizeof(log->key));
	memcpy(head, magic, sizeof(magic));
	put_be((unsigned char *)head + 8, LOG_VERSION, 4);
	put_be((unsigned char *)head + 16, log->key[0], 8);
	put_be((unsigned char *)head + 24, log->key[1], 8);
	if (ftruncate(log->fd, 0) < 0)
		return wq_error_sys(WQ_E_IO, errno, "the log of the walk");
	WQ_TRY(write_all(log->fd, 0, wq_str_of(head, sizeof(head))));
	log->flushed = sizeof(head);
	return WQ_OK;
}

static wq_err read_head(struct log *log, uint64_t length)
{
	char head[LOG_HEAD_BYTES];

	WQ_TRY(read_at(log->fd, 0, sizeof(head), head));
	if (memcmp(head, magic, sizeof(magic)) != 0 || get_be(head + 8, 4) != LOG_VERSION)
		return wq_error(WQ_E_FORMAT, "the log of the walk: another magic or version");
	log->key[0] = get_be(head + 16, 8);
	log->key[1] = get_be(head + 24, 8);
	WQ_TRY(each_until(log, length, NULL, NULL, &log->flushed));
	if (log->flushed < length && ftruncate(log->fd, (off_t)log->flushed) < 0)
		return wq_error_sys(WQ_E_IO, errno, "the log of the walk");
	log->resumed = true;
	return WQ_OK;
}

static int unnamed(void)
{
	const char *dir = getenv("TMPDIR");

	return open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

wq_err log_open(struct log *log, const char *path, bool resume)
{
	struct stat st;

	*log = (struct log){.fd = -1};
	wq_buf_init(&log->chunk, LOG_CHUNK_MAX);
	begin_chunk(log);
	log->fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : unnamed();
	if (log->fd < 0 || fstat(log->fd, &st) < 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", path ? path : "a temporary file");
	if (resume && st.st_size >= LOG_HEAD_BYTES)
		return read_head(log, (uint64_t)st.st_size);
	return write_head(log);
}

void log_close(struct log *log)
{
	wq_file_close(&log->fd);
	wq_buf_done(&log->chunk);
}
