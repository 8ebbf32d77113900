#include "vault/load_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

enum { CHUNK = 1024 * 1024 };

static void fd_done(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Offset of the first byte in which the file differs from `expected`; expected.n when it does not. */
static wq_err first_difference(const char *path, wq_str expected, uint64_t *ret_at)
{
	WQ_CLEANUP(fd_done) int fd = -1;
	char *chunk;
	uint64_t bytes, at = 0;
	ssize_t n = 0;

	WQ_TRY(wq_sealed_size(path, &bytes));
	if (bytes != expected.n)
		return wq_error(WQ_E_ALTERED, "%s has %" PRIu64 " bytes instead of %zu", path, bytes, expected.n);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	chunk = malloc(CHUNK);
	while (fd >= 0 && chunk && at < expected.n) {
		n = pread(fd, chunk, WQ_MIN((size_t)CHUNK, expected.n - at), (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || memcmp(chunk, expected.p + at, (size_t)n) != 0)
			break;
		at += (uint64_t)n;
	}
	if (n > 0 && at < expected.n)
		for (size_t i = 0; i < (size_t)n && chunk[i] == expected.p[at]; i++)
			at++;
	free(chunk);
	if (fd < 0 || !chunk || n < 0)
		return wq_error_sys(WQ_E_IO, errno, "compare %s: %s", path, strerror(errno));
	*ret_at = at;
	return WQ_OK;
}

/* An older snapshot under this name? Only the head is read, and not believed: it decides how the fault is called. */
static bool holds_older(const char *path, const struct wq_snapshot_head *expected)
{
	WQ_CLEANUP(wq_sealed_done) struct wq_sealed file = WQ_SEALED_NONE;
	struct wq_snapshot s;
	uint64_t bytes;

	if (wq_failed(wq_sealed_size(path, &bytes)) || bytes > (uint64_t)4 * 1024 * WQ_MIB ||
		wq_failed(wq_sealed_copy(path, "weique-recheck", bytes, &file)) ||
		wq_failed(wq_snapshot_open(file.bytes, &s)))
		return false;
	return strcmp(s.head.app, expected->app) == 0 && s.head.serial < expected->serial;
}

static wq_err snapshot_recheck(const struct wq_shelf *shelf, const struct wq_generation *g)
{
	const struct wq_snapshot_head *head = &g->snapshot.head;
	char path[PATH_MAX];
	uint64_t at;
	wq_err e;

	wq_shelf_snapshot_path(shelf, head->app, head->serial, path);
	e = first_difference(path, g->sealed.bytes, &at);
	if (wq_is(e, WQ_E_NOT_FOUND) || wq_is(e, WQ_E_IO) || (!wq_failed(e) && at == g->sealed.bytes.n))
		return e;
	if (holds_older(path, head))
		return wq_error(WQ_E_REPLAYED, "the file of %s serial %" PRIu64 " holds an older snapshot", head->app,
			head->serial);
	return wq_failed(e) ? e : wq_error(WQ_E_ALTERED, "%s differs from byte %" PRIu64 " on", path, at);
}

/* Names the object that holds the byte, by what is in memory. */
static wq_err pack_altered(const struct wq_vault_pack *pack, const char *path, uint64_t at)
{
	char hex[WQ_DIGEST_HEX];

	for (uint32_t i = 0; i < pack->pack.objects; i++) {
		wq_str object = wq_pack_bytes(&pack->pack, i);
		uint64_t begin = (uint64_t)(object.p - pack->sealed.bytes.p);

		if (at >= begin && at - begin < object.n)
			return wq_error(WQ_E_ALTERED, "object %u (%s) of %s, byte %" PRIu64, i,
				wq_digest_hex(wq_pack_digest(&pack->pack, i), hex), path, at - begin);
	}
	return wq_error(WQ_E_ALTERED, "header, index or padding of %s, byte %" PRIu64, path, at);
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* A whole file that was put in the place of the one that is held (the held one may have been altered) is held from here on. */
static wq_err cold_recheck(const char *path, struct wq_vault_pack *pack)
{
	WQ_CLEANUP(fd_done) int fd = -1;
	WQ_BUF(index, WQ_COLD_BYTES_MAX);

	WQ_TRY(wq_cold_build(path, pack->name, pack->bytes, &index, &fd));
	if (!same_file(fd, pack->file)) {
		close(pack->file);
		pack->file = fd;
		pack->file_changes++;
		fd = -1;
	}
	return WQ_OK;
}

static wq_err pack_recheck(const struct wq_shelf *shelf, struct wq_vault_pack *pack)
{
	char path[PATH_MAX];
	uint64_t at;

	wq_shelf_pack_path(shelf, pack->name, path);
	if (pack->cold)
		return cold_recheck(path, pack);
	WQ_TRY(first_difference(path, pack->sealed.bytes, &at));
	return at == pack->sealed.bytes.n ? WQ_OK : pack_altered(pack, path, at);
}

static bool is_fault(wq_err e)
{
	return wq_is(e, WQ_E_NOT_FOUND) || wq_is(e, WQ_E_ALTERED) || wq_is(e, WQ_E_REPLAYED);
}

wq_err wq_vault_recheck(const struct wq_shelf *shelf, const struct wq_generation *generation, size_t part,
	struct wq_vault_faults *faults)
{
	const struct wq_snapshot_head *head = &generation->snapshot.head;
	struct wq_vault_pack *pack = part > 0 ? generation->packs[part - 1] : NULL;
	wq_err e = pack ? pack_recheck(shelf, pack) : snapshot_recheck(shelf, generation);

	if (!is_fault(e))
		return e;
	wq_vault_fault_add(faults, e, head->app, head->serial, pack ? &pack->name : NULL);
	return WQ_OK;
}
