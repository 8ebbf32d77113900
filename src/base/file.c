#include "base/file.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>

static int system_open_at(void *data, int dirfd, const char *path, int flags, mode_t mode)
{
	(void)data;
	return openat(dirfd, path, flags, mode);
}

static ssize_t system_read(void *data, int fd, void *out, size_t n)
{
	(void)data;
	return read(fd, out, n);
}

static ssize_t system_write(void *data, int fd, const void *bytes, size_t n)
{
	(void)data;
	return write(fd, bytes, n);
}

static int system_fsync(void *data, int fd)
{
	(void)data;
	return fsync(fd);
}

static int system_truncate(void *data, int fd, off_t length)
{
	(void)data;
	return ftruncate(fd, length);
}

static int system_close(void *data, int fd)
{
	(void)data;
	return close(fd);
}

static int system_rename_at(void *data, int from_dirfd, const char *from, int to_dirfd, const char *to)
{
	(void)data;
	return renameat(from_dirfd, from, to_dirfd, to);
}

static int system_link_at(void *data, int from_dirfd, const char *from, int to_dirfd, const char *to)
{
	(void)data;
	return linkat(from_dirfd, from, to_dirfd, to, 0);
}

static int system_unlink_at(void *data, int dirfd, const char *path, int flags)
{
	(void)data;
	return unlinkat(dirfd, path, flags);
}

static int system_mkdir_at(void *data, int dirfd, const char *path, mode_t mode)
{
	(void)data;
	return mkdirat(dirfd, path, mode);
}

const struct wq_fs wq_fs_system = {system_open_at, system_read, system_write, system_fsync, system_truncate,
	system_close, system_rename_at, system_link_at, system_unlink_at, system_mkdir_at, NULL};

static wq_err failed(const char *what, const char *path)
{
	int e = errno;
	enum wq_err_id id = e == ENOENT || e == ENOTDIR ? WQ_E_NOT_FOUND : e == EEXIST ? WQ_E_EXISTS : WQ_E_IO;

	if (e == EACCES || e == EPERM || e == ELOOP)
		id = WQ_E_DENIED;
	return wq_error_sys(id, e, "%s %s: %s", what, path, strerror(e));
}

void wq_file_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Keeps the errno of what went before. */
static void fs_close(const struct wq_fs *fs, int fd)
{
	int e = errno;

	fs->close(fs->data, fd);
	errno = e;
}

static int fs_open(const struct wq_fs *fs, const char *path, int flags, mode_t mode)
{
	return fs->open_at(fs->data, AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

static bool write_all(const struct wq_fs *fs, int fd, wq_str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = fs->write(fs->data, fd, bytes.p, WQ_MIN(bytes.n, 16 * WQ_MIB));
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return false;
		bytes = wq_str_from(bytes, (size_t)n);
	}
	return true;
}

static ssize_t read_some(const struct wq_fs *fs, int fd, void *out, size_t n)
{
	ssize_t got;

	do
		got = fs->read(fs->data, fd, out, n);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Opens for reading without waiting on a FIFO, and only what is a regular file. */
static wq_err open_regular(const struct wq_fs *fs, const char *path, int flags, int *ret_fd)
{
	struct stat st;
	int fd = fs_open(fs, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | flags, 0);

	if (fd < 0)
		return failed("open", path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		fs_close(fs, fd);
		return wq_error(WQ_E_INPUT, "%s is not a regular file", path);
	}
	*ret_fd = fd;
	return WQ_OK;
}

wq_err wq_file_read(const struct wq_fs *fs, const char *path, struct wq_buf *out)
{
	wq_err e = WQ_OK;
	int fd;

	WQ_TRY(open_regular(fs, path, 0, &fd));
	for (;;) {
		char chunk[16384];
		ssize_t n = read_some(fs, fd, chunk, sizeof chunk);
		if (n < 0)
			e = failed("read", path);
		if (n <= 0)
			break;
		wq_buf_add(out, wq_str_of(chunk, (size_t)n));
		if (wq_failed(wq_buf_err(out))) {
			e = wq_error(
				(enum wq_err_id)wq_buf_err(out).id, "%s: more than %zu bytes", path, out->max_bytes);
			break;
		}
	}
	fs_close(fs, fd);
	return e;
}

/* The directory part ("." when there is none) and the last component. */
static wq_err split(const char *path, char dir[PATH_MAX], const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 1;

	*ret_name = slash ? slash + 1 : path;
	if (n == 0)
		n = 1; /* the root itself */
	if (n >= PATH_MAX || strlen(*ret_name) > NAME_MAX - 24)
		return wq_error(WQ_E_LIMIT, "the path is too long: %.100s", path);
	if (!**ret_name || strcmp(*ret_name, ".") == 0 || strcmp(*ret_name, "..") == 0)
		return wq_error(WQ_E_INPUT, "not the name of a file: %s", path);
	memcpy(dir, slash ? path : ".", n);
	dir[n] = '\0';
	return WQ_OK;
}

/* A file under way to its place: the directory is held open, so that it may be moved meanwhile. */
struct pending {
	const struct wq_fs *fs;
	const char *path, *name;
	char temp[NAME_MAX + 1];
	int dir, fd;
};

static void pending_drop(struct pending *p)
{
	int e = errno;

	if (p->fd >= 0)
		p->fs->close(p->fs->data, p->fd);
	p->fs->unlink_at(p->fs->data, p->dir, p->temp, 0);
	p->fs->close(p->fs->data, p->dir);
	errno = e;
}

static wq_err pending_open(const struct wq_fs *fs, const char *path, mode_t mode, struct pending *ret_pending)
{
	struct pending p = {.fs = fs, .path = path, .fd = -1};
	char dir[PATH_MAX], hex[17];
	uint8_t random[8];

	WQ_TRY(split(path, dir, &p.name));
	p.dir = fs_open(fs, dir, O_RDONLY | O_DIRECTORY, 0);
	if (p.dir < 0)
		return failed("open the directory", dir);
	wq_random_system.fill(NULL, random, sizeof random);
	snprintf(p.temp, sizeof p.temp, ".%s.%s.tmp", p.name, wq_hex(random, sizeof random, hex));
	p.fd = fs->open_at(fs->data, p.dir, p.temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (p.fd < 0) {
		wq_err e = failed("create a file beside", path);
		fs_close(fs, p.dir);
		return e;
	}
	*ret_pending = p;
	return WQ_OK;
}

/* Content to the disk, then the name, then the directory. Done with `p` either way. */
static wq_err pending_finish(struct pending *p, bool exclusive)
{
	const struct wq_fs *fs = p->fs;
	int fd = p->fd, moved;
	wq_err e;

	if (fs->fsync(fs->data, fd) != 0) {
		e = failed("sync", p->path);
		pending_drop(p);
		return e;
	}
	p->fd = -1;
	if (fs->close(fs->data, fd) != 0 && errno != EINTR) {
		e = failed("close", p->path);
		pending_drop(p);
		return e;
	}
	if (exclusive)
		moved = fs->link_at(fs->data, p->dir, p->temp, p->dir, p->name);
	else
		moved = fs->rename_at(fs->data, p->dir, p->temp, p->dir, p->name);
	if (moved != 0) {
		e = failed(exclusive ? "create" : "rename to", p->path);
		pending_drop(p);
		return e;
	}
	if (exclusive)
		fs->unlink_at(fs->data, p->dir, p->temp, 0); /* what stays is a spare name, not a fault */
	e = fs->fsync(fs->data, p->dir) != 0 ? failed("sync the directory of", p->path) : WQ_OK;
	fs_close(fs, p->dir);
	return e;
}

static wq_err place(const struct wq_fs *fs, const char *path, wq_str content, mode_t mode, bool exclusive)
{
	struct pending p;

	WQ_TRY(pending_open(fs, path, mode, &p));
	if (!write_all(fs, p.fd, content)) {
		wq_err e = failed("write", path);
		pending_drop(&p);
		return e;
	}
	return pending_finish(&p, exclusive);
}

wq_err wq_file_replace(const struct wq_fs *fs, const char *path, wq_str content, mode_t mode)
{
	return place(fs, path, content, mode, false);
}

wq_err wq_file_create(const struct wq_fs *fs, const char *path, wq_str content, mode_t mode)
{
	return place(fs, path, content, mode, true);
}

static wq_err copy_bytes(const struct wq_fs *fs, int from, int to, const char *path, uint64_t max_bytes)
{
	char chunk[65536];
	uint64_t total = 0;
	ssize_t n;

	while ((n = read_some(fs, from, chunk, sizeof chunk)) > 0) {
		total += (uint64_t)n;
		if (total > max_bytes)
			return wq_error(WQ_E_LIMIT, "%s: more than %llu bytes", path, (unsigned long long)max_bytes);
		if (!write_all(fs, to, wq_str_of(chunk, (size_t)n)))
			return failed("write the copy of", path);
	}
	return n < 0 ? failed("read", path) : WQ_OK;
}

wq_err wq_file_copy(const struct wq_fs *fs, const char *from, const char *to, mode_t mode, uint64_t max_bytes)
{
	struct pending p;
	int fd;
	wq_err e;

	WQ_TRY(open_regular(fs, from, O_NOFOLLOW, &fd));
	e = pending_open(fs, to, mode, &p);
	if (!wq_failed(e)) {
		e = copy_bytes(fs, fd, p.fd, from, max_bytes);
		if (wq_failed(e))
			pending_drop(&p);
		else
			e = pending_finish(&p, false);
	}
	fs_close(fs, fd);
	return e;
}

wq_err wq_dir_sync(const struct wq_fs *fs, const char *path)
{
	int fd = fs_open(fs, path, O_RDONLY | O_DIRECTORY, 0);
	wq_err e;

	if (fd < 0)
		return failed("open the directory", path);
	e = fs->fsync(fs->data, fd) != 0 ? failed("sync the directory", path) : WQ_OK;
	fs_close(fs, fd);
	return e;
}

wq_err wq_dir_sync_of(const struct wq_fs *fs, const char *path)
{
	char dir[PATH_MAX];
	const char *name;

	WQ_TRY(split(path, dir, &name));
	return wq_dir_sync(fs, dir);
}

wq_err wq_file_remove(const struct wq_fs *fs, const char *path)
{
	if (fs->unlink_at(fs->data, AT_FDCWD, path, 0) != 0)
		return failed("remove", path);
	return wq_dir_sync_of(fs, path);
}

wq_err wq_file_append_open(const struct wq_fs *fs, const char *path, mode_t mode, int *ret_fd)
{
	char dir[PATH_MAX];
	const char *name;
	int fd;
	wq_err e;

	WQ_TRY(split(path, dir, &name));
	fd = fs_open(fs, path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY, mode);
	if (fd < 0)
		return failed("open", path);
	e = wq_dir_sync(fs, dir); /* also when it was there: a crash may have come between its birth and this */
	if (wq_failed(e)) {
		fs_close(fs, fd);
		return e;
	}
	*ret_fd = fd;
	return WQ_OK;
}

wq_err wq_file_append(const struct wq_fs *fs, int fd, wq_str bytes)
{
	struct stat st;
	wq_err e;

	if (fstat(fd, &st) != 0)
		return failed("append to", "the file");
	if (write_all(fs, fd, bytes) && fs->fsync(fs->data, fd) == 0)
		return WQ_OK;
	e = failed("append to", "the file");
	if (fs->truncate(fs->data, fd, st.st_size) == 0)
		fs->fsync(fs->data, fd);
	return e;
}

wq_err wq_file_lock(const char *path, bool wait, int *ret_fd)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600), rc;

	if (fd < 0)
		return failed("open the lock", path);
	do
		rc = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
	while (rc != 0 && errno == EINTR);
	if (rc != 0) {
		wq_err e = errno == EWOULDBLOCK ? wq_error(WQ_E_BUSY, "%s is held by another process", path)
						: failed("lock", path);
		close(fd);
		return e;
	}
	*ret_fd = fd;
	return WQ_OK;
}
