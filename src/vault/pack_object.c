#include "vault/pack_object.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "vault/layout_priv.h"
#include "vault/pack.h"

enum { HEADER_INDEX = 16, ROW_OFFSET = 64 };

/* All of it, or WQ_E_ALTERED where the file ends before. */
static wq_err read_at(int fd, const char *path, uint64_t at, uint8_t *out, size_t n)
{
	while (n > 0) {
		ssize_t got = at > INT64_MAX - n ? 0 : pread(fd, out, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return wq_error_sys(WQ_E_IO, errno, "%s", path);
		if (got == 0)
			return wq_error(WQ_E_ALTERED, "%s ends too early", path);
		out += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return WQ_OK;
}

static wq_err read_object(
	int fd, const char *path, uint32_t number, uint64_t length, wq_digest digest, struct wq_buf *out)
{
	uint8_t header[WQ_PACK_HEADER], row[WQ_PACK_ROW], *bytes;

	WQ_TRY(read_at(fd, path, 0, header, sizeof header));
	if (memcmp(header, WQ_PACK_MAGIC.p, WQ_PACK_MAGIC.n) != 0)
		return wq_error(WQ_E_ALTERED, "%s is no pack", path);
	WQ_TRY(read_at(fd, path, wq_load_u64(header + HEADER_INDEX) + (uint64_t)number * WQ_PACK_ROW, row, sizeof row));
	bytes = wq_buf_reserve(out, length);
	if (!bytes && length > 0)
		return wq_buf_err(out);
	WQ_TRY(read_at(fd, path, wq_load_u64(row + ROW_OFFSET), bytes, length));
	if (!wq_digest_eq(wq_sm3(wq_str_of(bytes, length)), digest))
		return wq_error(WQ_E_ALTERED, "object %u of %s is not the one that was recorded", number, path);
	wq_buf_commit(out, length);
	return WQ_OK;
}

wq_err wq_pack_object_read(
	const char *path, uint32_t number, uint64_t length_bytes, wq_digest digest, struct wq_buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	wq_err e;

	if (fd < 0)
		return wq_error_sys(errno == ENOENT ? WQ_E_NOT_FOUND : WQ_E_IO, errno, "%s", path);
	e = read_object(fd, path, number, length_bytes, digest, out);
	wq_file_close(&fd);
	return e;
}
