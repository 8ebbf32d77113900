#include "base/file_fault.h"

#include <errno.h>
#include <fcntl.h>

/* Whether this operation is one to fail. */
static bool hit(struct wq_fault *f)
{
	f->calls++;
	if (f->at == 0 || f->calls < f->at || (f->calls > f->at && !f->sticky))
		return false;
	f->hits++;
	errno = f->errnum;
	return true;
}

/* The same for operations that know no half. */
static bool fails(struct wq_fault *f)
{
	return hit(f) && f->kind != WQ_FAULT_SHORT;
}

static int fault_open_at(void *data, int dirfd, const char *path, int flags, mode_t mode)
{
	struct wq_fault *f = data;

	if (flags & O_CREAT && fails(f))
		return -1;
	return f->under->open_at(f->under->data, dirfd, path, flags, mode);
}

static ssize_t fault_read(void *data, int fd, void *out, size_t n)
{
	struct wq_fault *f = data;

	return f->under->read(f->under->data, fd, out, n);
}

static ssize_t fault_write(void *data, int fd, const void *bytes, size_t n)
{
	struct wq_fault *f = data;
	ssize_t done;

	if (!hit(f))
		return f->under->write(f->under->data, fd, bytes, n);
	if (f->kind == WQ_FAULT_ERRNO)
		return -1;
	done = f->under->write(f->under->data, fd, bytes, n > 1 ? n / 2 : n);
	if (f->kind == WQ_FAULT_SHORT)
		return done;
	errno = f->errnum;
	return -1;
}

static int fault_fsync(void *data, int fd)
{
	struct wq_fault *f = data;

	return fails(f) ? -1 : f->under->fsync(f->under->data, fd);
}

static int fault_truncate(void *data, int fd, off_t length)
{
	struct wq_fault *f = data;

	return fails(f) ? -1 : f->under->truncate(f->under->data, fd, length);
}

static int fault_close(void *data, int fd)
{
	struct wq_fault *f = data;

	return f->under->close(f->under->data, fd);
}

static int fault_rename_at(void *data, int from_dirfd, const char *from, int to_dirfd, const char *to)
{
	struct wq_fault *f = data;

	return fails(f) ? -1 : f->under->rename_at(f->under->data, from_dirfd, from, to_dirfd, to);
}

static int fault_link_at(void *data, int from_dirfd, const char *from, int to_dirfd, const char *to)
{
	struct wq_fault *f = data;

	return fails(f) ? -1 : f->under->link_at(f->under->data, from_dirfd, from, to_dirfd, to);
}

static int fault_unlink_at(void *data, int dirfd, const char *path, int flags)
{
	struct wq_fault *f = data;

	return fails(f) ? -1 : f->under->unlink_at(f->under->data, dirfd, path, flags);
}

static int fault_mkdir_at(void *data, int dirfd, const char *path, mode_t mode)
{
	struct wq_fault *f = data;

	return fails(f) ? -1 : f->under->mkdir_at(f->under->data, dirfd, path, mode);
}

void wq_fault_init(struct wq_fault *fault, const struct wq_fs *under)
{
	*fault = (struct wq_fault){
		.fs = {fault_open_at, fault_read, fault_write, fault_fsync, fault_truncate, fault_close,
			fault_rename_at, fault_link_at, fault_unlink_at, fault_mkdir_at, fault},
		.under = under,
		.errnum = EIO,
	};
}
