#include "vault/disk_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { WRITE_AT_ONCE = 4 * 1024 * 1024, TEMP_NAME = 256 };

void wq_disk_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

wq_err wq_disk_dir_open(int at, const char *path, int *ret_dir)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return wq_error_sys(errno == ENOENT ? WQ_E_NOT_FOUND : WQ_E_IO, errno, "folder %s", path);
	*ret_dir = fd;
	return WQ_OK;
}

wq_err wq_disk_dir_make(int at, const char *path, int *ret_dir)
{
	WQ_CLEANUP(wq_disk_close) int fd = -1;

	if (mkdirat(at, path, 0755) != 0 && errno != EEXIST)
		return wq_error_sys(WQ_E_IO, errno, "folder %s", path);
	WQ_TRY(wq_disk_dir_open(at, path, &fd));
	WQ_TRY(wq_disk_sync(fd));
	if (at != AT_FDCWD)
		WQ_TRY(wq_disk_sync(at));
	*ret_dir = fd;
	fd = -1;
	return WQ_OK;
}

static wq_err write_all(int fd, const char *name, wq_str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, WQ_MIN(bytes.n, (size_t)WRITE_AT_ONCE));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return wq_error_sys(WQ_E_IO, errno, "writing %s", name);
		bytes = wq_str_from(bytes, (size_t)n);
	}
	return WQ_OK;
}

static wq_err create(int dir, const char *name, wq_str bytes)
{
	WQ_CLEANUP(wq_disk_close)
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return wq_error_sys(errno == EEXIST ? WQ_E_EXISTS : WQ_E_IO, errno, "creating %s", name);
	WQ_TRY(write_all(fd, name, bytes));
	if (fsync(fd) != 0)
		return wq_error_sys(WQ_E_IO, errno, "syncing %s", name);
	return WQ_OK;
}

wq_err wq_disk_create(int dir, const char *name, wq_str bytes)
{
	wq_err e = create(dir, name, bytes);

	if (wq_failed(e) && !wq_is(e, WQ_E_EXISTS))
		unlinkat(dir, name, 0);
	return e;
}

wq_err wq_disk_rename(int dir, const char *from, const char *to)
{
	if (renameat(dir, from, dir, to) != 0)
		return wq_error_sys(WQ_E_IO, errno, "renaming %s to %s", from, to);
	return WQ_OK;
}

wq_err wq_disk_sync(int dir)
{
	if (fsync(dir) != 0)
		return wq_error_sys(WQ_E_IO, errno, "syncing a folder");
	return WQ_OK;
}

wq_err wq_disk_replace(int dir, const char *name, wq_str bytes)
{
	char temp[TEMP_NAME];

	snprintf(temp, sizeof temp, ".%.200s.%ld.tmp", name, (long)getpid());
	/* a left-over of a process that had this id and died */
	if (unlinkat(dir, temp, 0) != 0 && errno != ENOENT)
		return wq_error_sys(WQ_E_IO, errno, "removing %s", temp);
	WQ_TRY(wq_disk_create(dir, temp, bytes));
	WQ_TRY(wq_disk_rename(dir, temp, name));
	return wq_disk_sync(dir);
}

wq_err wq_disk_open(int dir, const char *name, int *ret_fd, uint64_t *ret_bytes)
{
	WQ_CLEANUP(wq_disk_close) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return wq_error_sys(errno == ENOENT ? WQ_E_NOT_FOUND
				: errno == ELOOP    ? WQ_E_ALTERED
						    : WQ_E_IO,
			errno, "%s", name);
	if (fstat(fd, &st) != 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", name);
	if (!S_ISREG(st.st_mode))
		return wq_error(WQ_E_ALTERED, "%s is no regular file", name);
	*ret_bytes = (uint64_t)st.st_size;
	*ret_fd = fd;
	fd = -1;
	return WQ_OK;
}

wq_err wq_disk_copy(int fd, const char *name, void *out, uint64_t n)
{
	for (uint64_t at = 0; at < n;) {
		ssize_t got = pread(fd, (char *)out + at, WQ_MIN(n - at, (uint64_t)WRITE_AT_ONCE), (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return wq_error_sys(WQ_E_IO, errno, "reading %s", name);
		if (got == 0)
			return wq_error(WQ_E_ALTERED, "%s was cut while it was read", name);
		at += (uint64_t)got;
	}
	return WQ_OK;
}
