/* Landlock by its system calls: Debian 12's headers know less than its backported kernels (landlock(7)). */
#include "base/sandbox_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446, RULE_PATH_BENEATH = 1, VERSION_FLAG = 1 };

enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_ALL_1 = (1 << 13) - 1,
	FS_REFER = 1 << 13,          /* ABI 2 */
	FS_TRUNCATE = 1 << 14,       /* ABI 3 */
	FS_IOCTL_DEV = 1 << 15,      /* ABI 5 */
	NET_TCP = 1 << 0 | 1 << 1,   /* bind, connect: ABI 4 */
	SCOPE_ALL = 1 << 0 | 1 << 1, /* abstract sockets, signals: ABI 6 */
};

struct ruleset {
	uint64_t fs, net, scoped;
};

struct __attribute__((packed)) path_beneath {
	uint64_t allowed;
	int32_t parent_fd;
};

int wq_sandbox_landlock_abi(void)
{
	long abi = syscall(CREATE_RULESET, NULL, (size_t)0, VERSION_FLAG);

	return abi > 0 ? (int)abi : 0;
}

static uint64_t handled_fs(int abi)
{
	return FS_ALL_1 | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL_DEV : 0);
}

static wq_err add_path(int ruleset, const char *path, uint64_t allowed)
{
	struct path_beneath rule = {.allowed = allowed, .parent_fd = open(path, O_PATH | O_CLOEXEC)};
	struct stat st;
	int rc;

	if (rule.parent_fd < 0)
		return wq_error_sys(WQ_E_CONFIG, errno, "sandbox path %s: %s", path, strerror(errno));
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed &= FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV;
	rc = (int)syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0u);
	close(rule.parent_fd);
	if (rc != 0)
		return wq_error_sys(WQ_E_CONFIG, errno, "sandbox path %s: %s", path, strerror(errno));
	return WQ_OK;
}

static wq_err add_paths(int ruleset, const char *const *paths, uint64_t allowed)
{
	for (; paths && *paths; paths++)
		WQ_TRY(add_path(ruleset, *paths, allowed));
	return WQ_OK;
}

wq_err wq_sandbox_landlock_prepare(const struct wq_sandbox_spec *spec, int abi, int *ret_fd)
{
	struct ruleset attr = {.fs = handled_fs(abi)};
	uint64_t all = attr.fs;
	wq_err e;
	int fd;

	if (abi >= 4 && !(spec->allow & WQ_SANDBOX_NET) && !(spec->off & WQ_SANDBOX_BIT(WQ_SANDBOX_LANDLOCK_NET)))
		attr.net = NET_TCP;
	if (abi >= 6)
		attr.scoped = SCOPE_ALL;
	fd = (int)syscall(CREATE_RULESET, &attr, abi >= 6 ? sizeof attr : abi >= 4 ? (size_t)16 : (size_t)8, 0u);
	if (fd < 0)
		return wq_error_sys(WQ_E_UNSUPPORTED, errno, "landlock: %s", strerror(errno));
	e = add_paths(fd, spec->read_paths, FS_READ_FILE | FS_READ_DIR);
	if (!wq_failed(e))
		e = add_paths(fd, spec->write_paths, all & ~(uint64_t)(FS_EXECUTE | FS_IOCTL_DEV));
	if (!wq_failed(e))
		e = add_paths(fd, spec->exec_paths, FS_EXECUTE | FS_READ_FILE | FS_READ_DIR);
	if (wq_failed(e)) {
		close(fd);
		return e;
	}
	*ret_fd = fd;
	return WQ_OK;
}

int wq_sandbox_landlock_restrict(int fd)
{
	return syscall(RESTRICT_SELF, fd, 0u) == 0 ? 0 : errno;
}
