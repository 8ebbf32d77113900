#include "vault/sealed_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

enum { READ_AT_ONCE = 4 * 1024 * 1024 };

static bool noexec = true;

void wq_sealed_try_noexec(bool on)
{
	noexec = on;
}

static void fd_done(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int memory_open(const char *name)
{
	int fd = -1;

	if (noexec)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (fd < 0 && (!noexec || errno == EINVAL)) {
		noexec = false;
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	}
	return fd;
}

wq_err wq_sealed_file_open(const char *path, int *ret_fd, uint64_t *ret_bytes)
{
	WQ_CLEANUP(fd_done) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ELOOP)
		return wq_error(WQ_E_ALTERED, "%s is a link", path);
	if (fd < 0)
		return wq_error_sys(
			errno == ENOENT ? WQ_E_NOT_FOUND : WQ_E_IO, errno, "open %s: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return wq_error(WQ_E_ALTERED, "%s is no regular file", path);
	*ret_bytes = (uint64_t)st.st_size;
	*ret_fd = fd;
	fd = -1;
	return WQ_OK;
}

wq_err wq_sealed_size(const char *path, uint64_t *ret_bytes)
{
	WQ_CLEANUP(fd_done) int fd = -1;

	return wq_sealed_file_open(path, &fd, ret_bytes);
}

wq_err wq_sealed_file_read(int fd, const char *path, uint64_t offset, uint8_t *out, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes;) {
		ssize_t n = pread(fd, out + at, WQ_MIN(bytes - at, (uint64_t)READ_AT_ONCE), (off_t)(offset + at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return wq_error_sys(WQ_E_IO, errno, "read %s: %s", path, strerror(errno));
		if (n == 0)
			return wq_error(WQ_E_ALTERED, "%s was cut while it was read", path);
		at += (uint64_t)n;
	}
	return WQ_OK;
}

/* Where the bytes come from: a file, or memory. */
struct content {
	int file; /* -1: `at` */
	const char *path, *at;
	uint64_t bytes;
};

/* The writable mapping has to be gone before the seal. fallocate() first: a full tmpfs is an error here, not a SIGBUS. */
static wq_err fill(int memory, const struct content *content)
{
	uint64_t bytes = content->bytes;
	wq_err e = WQ_OK;
	void *at;

	if (ftruncate(memory, (off_t)bytes) != 0 || (bytes > 0 && fallocate(memory, 0, 0, (off_t)bytes) != 0))
		return wq_error_sys(
			WQ_E_NO_MEMORY, errno, "%llu bytes of memory for %s", (unsigned long long)bytes, content->path);
	if (bytes == 0)
		return WQ_OK;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (at == MAP_FAILED)
		return wq_error_sys(
			WQ_E_NO_MEMORY, errno, "map %llu bytes for %s", (unsigned long long)bytes, content->path);
	if (content->file >= 0)
		e = wq_sealed_file_read(content->file, content->path, 0, at, bytes);
	else
		memcpy(at, content->at, bytes);
	munmap(at, bytes);
	return e;
}

static wq_err seal_and_map(int memory, const char *path, uint64_t bytes, struct wq_sealed *ret_sealed)
{
	void *at = NULL;

	if (fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
		return wq_error_sys(WQ_E_UNSUPPORTED, errno, "sealing memory for %s", path);
	if (bytes > 0)
		at = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, memory, 0);
	if (at == MAP_FAILED)
		return wq_error_sys(WQ_E_NO_MEMORY, errno, "map %llu bytes for %s", (unsigned long long)bytes, path);
	*ret_sealed = (struct wq_sealed){.fd = memory, .bytes = wq_str_of(at, bytes)};
	return WQ_OK;
}

static wq_err make(const char *name, const struct content *content, struct wq_sealed *ret_sealed)
{
	WQ_CLEANUP(fd_done) int memory = memory_open(name);

	if (memory < 0)
		return wq_error_sys(WQ_E_UNSUPPORTED, errno, "memfd_create: %s", strerror(errno));
	WQ_TRY(fill(memory, content));
	WQ_TRY(seal_and_map(memory, content->path, content->bytes, ret_sealed));
	memory = -1;
	return WQ_OK;
}

wq_err wq_sealed_copy(const char *path, const char *name, uint64_t bytes, struct wq_sealed *ret_sealed)
{
	WQ_CLEANUP(fd_done) int file = -1;
	uint64_t present;

	WQ_TRY(wq_sealed_file_open(path, &file, &present));
	if (present != bytes)
		return wq_error(WQ_E_ALTERED, "%s has %llu bytes instead of %llu", path, (unsigned long long)present,
			(unsigned long long)bytes);
	return make(name, &(struct content){.file = file, .path = path, .bytes = bytes}, ret_sealed);
}

wq_err wq_sealed_make(wq_str bytes, const char *name, struct wq_sealed *ret_sealed)
{
	return make(name, &(struct content){.file = -1, .path = name, .at = bytes.p, .bytes = bytes.n}, ret_sealed);
}

void wq_sealed_done(struct wq_sealed *sealed)
{
	if (sealed->bytes.n > 0)
		munmap((void *)(uintptr_t)sealed->bytes.p, sealed->bytes.n);
	fd_done(&sealed->fd);
	*sealed = (struct wq_sealed)WQ_SEALED_NONE;
}
