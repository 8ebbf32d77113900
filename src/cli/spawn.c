#include "cli/spawn_priv.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

bool wq_spawn_find(const char *name, char *out)
{
	const char *path = getenv("PATH");
	wq_str rest = wq_str_c(path ? path : "/usr/bin:/bin");
	if (strchr(name, '/')) {
		snprintf(out, PATH_MAX, "%s", name);
		return access(out, X_OK) == 0;
	}
	while (rest.p) {
		wq_str folder = wq_str_cut(&rest, ':');
		snprintf(out, PATH_MAX, "%.*s/%s", WQ_S_ARG(folder), name);
		if (folder.n && access(out, X_OK) == 0)
			return true;
	}
	/* an ordinary user's PATH often lacks it, and nginx lies there */
	snprintf(out, PATH_MAX, "/usr/sbin/%s", name);
	return access(out, X_OK) == 0;
}

static uint64_t now_msec(void)
{
	return wq_clock_system.monotonic_msec(wq_clock_system.data);
}

/* Reads until the other end closes or the time is over; false then. */
static bool drain(int fd, uint64_t until, struct wq_buf *out)
{
	char bytes[4096];
	for (;;) {
		uint64_t now = now_msec();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int ready = now < until ? poll(&p, 1, (int)(until - now)) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return false;
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return true;
		wq_buf_add(out, wq_str_of(bytes, WQ_MIN((size_t)n, out->max_bytes - out->len)));
	}
}

static int start(const char *path, char *const argv[], int out_fd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
	posix_spawn_file_actions_adddup2(&actions, out_fd, 2);
	int failed = posix_spawn(ret_pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

wq_err wq_spawn(char *const argv[], unsigned timeout_msec, struct wq_buf *out, int *ret_status)
{
	char path[PATH_MAX];
	int fds[2], status = 0;
	pid_t pid;
	if (!wq_spawn_find(argv[0], path))
		return wq_error(WQ_E_NOT_FOUND, "program %s", argv[0]);
	if (pipe2(fds, O_CLOEXEC) != 0)
		return wq_error_sys(WQ_E_IO, errno, "pipe");
	int failed = start(path, argv, fds[1], &pid);
	close(fds[1]);
	bool ended = !failed && drain(fds[0], now_msec() + timeout_msec, out);
	close(fds[0]);
	if (failed)
		return wq_error_sys(WQ_E_IO, failed, "%s", path);
	if (!ended)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!ended)
		return wq_error(WQ_E_TIMEOUT, "%s: no end within %u ms", path, timeout_msec);
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return WQ_OK;
}
