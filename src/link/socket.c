#include "link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static wq_err address_of(const char *path, struct sockaddr_un *ret_address)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof a.sun_path)
		return wq_error(WQ_E_USAGE, "a socket's path has 1 to %zu bytes: %s", sizeof a.sun_path - 1, path);
	memcpy(a.sun_path, path, n);
	*ret_address = a;
	return WQ_OK;
}

static int seqpacket_socket(void)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Removes a socket file whose listener is gone: a connection to it is refused. */
static wq_err remove_stale(const char *path, const struct sockaddr_un *address)
{
	struct stat st;
	int fd, err;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? WQ_OK : wq_error_sys(WQ_E_IO, errno, "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return wq_error(WQ_E_EXISTS, "%s is there and is no socket", path);
	fd = seqpacket_socket();
	if (fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "socket");
	err = connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 ? errno : 0;
	close(fd);
	if (err != ECONNREFUSED)
		return wq_error(WQ_E_EXISTS, "%s is served by another process", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return wq_error_sys(WQ_E_IO, errno, "%s", path);
	return WQ_OK;
}

wq_err wq_link_listen(const char *path, mode_t mode, int *ret_fd)
{
	struct sockaddr_un address;
	mode_t mask;
	int fd, bound, err;

	WQ_TRY(address_of(path, &address));
	WQ_TRY(remove_stale(path, &address));
	fd = seqpacket_socket();
	if (fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "socket");
	/* nobody can connect between bind and chmod: there is no listener before listen() */
	mask = umask(0177);
	bound = bind(fd, (const struct sockaddr *)&address, sizeof address);
	err = errno;
	umask(mask);
	if (bound < 0 || chmod(path, mode) < 0 || listen(fd, WQ_LINK_BACKLOG) < 0) {
		err = bound < 0 ? err : errno;
		close(fd);
		return wq_error_sys(WQ_E_IO, err, "cannot listen at %s", path);
	}
	*ret_fd = fd;
	return WQ_OK;
}

wq_err wq_link_peer(int fd, struct wq_link_peer *ret_peer)
{
	struct ucred cred;
	socklen_t n = sizeof cred;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) < 0 || n != sizeof cred)
		return wq_error_sys(WQ_E_IO, errno, "peer credentials");
	*ret_peer = (struct wq_link_peer){.pid = cred.pid, .uid = cred.uid, .gid = cred.gid};
	return WQ_OK;
}

static bool allowed(uid_t uid, const uid_t *allow, size_t allow_n)
{
	if (uid == 0)
		return true;
	for (size_t i = 0; i < allow_n; i++)
		if (allow[i] == uid)
			return true;
	return false;
}

/* Closes `fd` unless its peer may be there. */
static wq_err check_peer(int fd, const uid_t *allow, size_t allow_n, struct wq_link_peer *ret_peer)
{
	wq_err e = wq_link_peer(fd, ret_peer);

	if (!wq_failed(e) && !allowed(ret_peer->uid, allow, allow_n))
		e = wq_error(WQ_E_DENIED, "user %lu (process %ld) is not on the list", (unsigned long)ret_peer->uid,
			(long)ret_peer->pid);
	if (wq_failed(e))
		close(fd);
	return e;
}

wq_err wq_link_accept(int listen_fd, const uid_t *allow, size_t allow_n, int *ret_fd, struct wq_link_peer *ret_peer)
{
	int fd;

	do {
		fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ECONNABORTED))
		return wq_error_id(WQ_E_BUSY);
	if (fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "accept");
	WQ_TRY(check_peer(fd, allow, allow_n, ret_peer));
	*ret_fd = fd;
	return WQ_OK;
}

wq_err wq_link_connect(const char *path, const uid_t *allow, size_t allow_n, int *ret_fd, struct wq_link_peer *ret_peer)
{
	uid_t list[WQ_LINK_ALLOW_MAX + 1];
	struct sockaddr_un address;
	int fd, done;

	WQ_TRY(address_of(path, &address));
	if (allow_n > WQ_LINK_ALLOW_MAX)
		return wq_error(WQ_E_LIMIT, "at most %d users", WQ_LINK_ALLOW_MAX);
	list[0] = geteuid();
	for (size_t i = 0; i < allow_n; i++)
		list[i + 1] = allow[i];
	fd = seqpacket_socket();
	if (fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "socket");
	do {
		done = connect(fd, (const struct sockaddr *)&address, sizeof address);
	} while (done < 0 && errno == EINTR);
	if (done < 0) {
		int err = errno;

		close(fd);
		return wq_error_sys(err == EAGAIN ? WQ_E_BUSY : WQ_E_PEER, err, "cannot connect to %s", path);
	}
	WQ_TRY(check_peer(fd, list, allow_n + 1, ret_peer));
	*ret_fd = fd;
	return WQ_OK;
}

wq_err wq_link_user(const char *text, uid_t *ret_uid)
{
	const struct passwd *user;
	uint64_t uid;

	if (wq_str_to_u64(wq_str_c(text), UINT32_MAX - 1, &uid)) {
		*ret_uid = (uid_t)uid;
		return WQ_OK;
	}
	user = getpwnam(text);
	if (!user)
		return wq_error(WQ_E_USAGE, "%.64s is no user of this machine", text);
	*ret_uid = user->pw_uid;
	return WQ_OK;
}
