/* Reading a file that holds a private key: who may see it decides whether it may be used. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>

#include "base/file.h"
#include "crypto/sm2_priv.h"

enum { MAX_FILE = 16 * 1024 };

static wq_err open_private(const char *path, int *ret_fd)
{
	WQ_CLEANUP(wq_file_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return wq_error_sys(errno == ELOOP ? WQ_E_KEY : WQ_E_IO, errno, "%s", path);
	if (fstat(fd, &st) != 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_FILE)
		return wq_error(WQ_E_KEY, "%s: not a key file", path);
	if (st.st_uid != geteuid() || (st.st_mode & 07177) != 0)
		return wq_error(WQ_E_KEY, "%s: must belong to the user who uses it, with mode 0600", path);
	*ret_fd = fd;
	fd = -1;
	return WQ_OK;
}

static wq_err read_all(int fd, const char *path, uint8_t *out, size_t *ret_n)
{
	size_t n = 0;

	for (;;) {
		ssize_t got = read(fd, out + n, MAX_FILE - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return wq_error_sys(WQ_E_IO, errno, "%s: read", path);
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*ret_n = n;
	return WQ_OK;
}

wq_err wq_key_file_read(const char *path, struct wq_secret *ret_content)
{
	WQ_CLEANUP(wq_file_close) int fd = -1;
	uint8_t room[MAX_FILE];
	size_t n = 0;
	wq_err e;

	WQ_TRY(open_private(path, &fd));
	e = read_all(fd, path, room, &n);
	if (!wq_failed(e))
		e = wq_secret_copy(wq_str_of(room, n), ret_content);
	OPENSSL_cleanse(room, sizeof(room));
	return e;
}
