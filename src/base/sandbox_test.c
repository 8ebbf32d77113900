#include "base/test.h"

#include "base/file.h"
#include "base/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* What a child tries; 0: it could, otherwise the errno. */
typedef int (*attempt)(void);

static char inside[64], outside[64];
static uint16_t port; /* somebody listens there */

static int try_open(const char *dir, int flags)
{
	char path[100];
	int fd;

	snprintf(path, sizeof path, "%s/f", dir);
	fd = open(path, flags, 0600);
	return fd < 0 ? errno : 0;
}

static int read_inside(void)
{
	return try_open(inside, O_RDONLY);
}

static int write_inside(void)
{
	return try_open(inside, O_WRONLY);
}

static int read_outside(void)
{
	return try_open(outside, O_RDONLY);
}

static int unlink_outside(void)
{
	char path[100];

	snprintf(path, sizeof path, "%s/f", outside);
	return unlink(path) == 0 ? 0 : errno;
}

static int tcp_connect(void)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return errno;
	return connect(fd, (struct sockaddr *)&a, sizeof a) == 0 ? 0 : errno;
}

static int unix_pair(void)
{
	int fds[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0 ? 0 : errno;
}

static int run_program(void)
{
	char *const argv[] = {(char[]){"true"}, NULL};

	execve("/bin/true", argv, NULL);
	return errno;
}

static int be_traced(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : errno;
}

static void *in_thread(void *data)
{
	return data;
}

static int start_thread(void)
{
	pthread_t t;
	int rc = pthread_create(&t, NULL, in_thread, NULL);

	if (rc == 0)
		pthread_join(t, NULL);
	return rc;
}

static int become_root(void)
{
	return setuid(0) == 0 && geteuid() == 0 ? 0 : EPERM;
}

static int many_descriptors(void)
{
	for (int i = 0; i < 100; i++)
		if (dup(1) < 0)
			return errno;
	return 0;
}

static int compute_only(void)
{
	char *memory = malloc(10000);
	int ok = memory && getpid() > 0;

	free(memory);
	return ok ? 0 : EINVAL;
}

enum { KILLED = 1000, NOT_LOCKED = 200 };

/* What came of it: 0, an errno, or KILLED by SIGSYS. */
static int run(const struct wq_sandbox_spec *spec, attempt what)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct wq_sandbox_report report;
		if (wq_failed(wq_sandbox_enter(spec, &report)))
			_exit(NOT_LOCKED);
		_exit(what());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : KILLED + WTERMSIG(status);
	return WEXITSTATUS(status);
}

static int up(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char path[100];

	(void)state;
	snprintf(inside, sizeof inside, "/tmp/wq-in-XXXXXX");
	snprintf(outside, sizeof outside, "/tmp/wq-out-XXXXXX");
	if (!mkdtemp(inside) || !mkdtemp(outside) || chmod(inside, 0777) != 0 || chmod(outside, 0777) != 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/f", i ? inside : outside);
		if (wq_failed(wq_file_create(&wq_fs_system, path, WQ_S("x"), 0644)) || chmod(path, 0666) != 0)
			return -1;
	}
	if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 50) != 0 ||
		getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		return -1;
	port = ntohs(a.sin_port);
	return 0;
}

static int down(void **state)
{
	(void)state;
	return wq_failed(wq_dir_remove_tree(&wq_fs_system, inside)) ||
		wq_failed(wq_dir_remove_tree(&wq_fs_system, outside));
}

#define ONLY(part) (WQ_SANDBOX_ALL & ~WQ_SANDBOX_BIT(part))

static const char *const in_paths[] = {inside, NULL};

/* Each attempt succeeds with the part that forbids it forced off, and is refused with that part alone in force. */
static void each_part_alone(void **state)
{
	static const struct {
		attempt what;
		enum wq_sandbox_part part;
		unsigned allow;
		bool writable;
		int refused;
	} rows[] = {
		{read_outside, WQ_SANDBOX_LANDLOCK, 0, false, EACCES},
		{unlink_outside, WQ_SANDBOX_LANDLOCK, 0, false, EACCES},
		{write_inside, WQ_SANDBOX_LANDLOCK, 0, false, EACCES},
		{read_inside, WQ_SANDBOX_SECCOMP, 0, false, EPERM},
		{tcp_connect, WQ_SANDBOX_SECCOMP, WQ_SANDBOX_UNIX, false, EPERM},
		{unix_pair, WQ_SANDBOX_SECCOMP, 0, false, EPERM},
		{run_program, WQ_SANDBOX_SECCOMP, WQ_SANDBOX_FILES, false, KILLED},
		{be_traced, WQ_SANDBOX_SECCOMP, 31, false, KILLED},
		{start_thread, WQ_SANDBOX_SECCOMP, 0, false, EPERM},
		{many_descriptors, WQ_SANDBOX_LIMITS, 0, false, EMFILE},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_sandbox_spec spec = {.allow = rows[i].allow, .max_descriptors = 50, .off = WQ_SANDBOX_ALL};
		int got;
		spec.read_paths = in_paths;
		if (rows[i].what != unlink_outside) { /* or it would be gone */
			got = run(&spec, rows[i].what);
			if (got != 0)
				fail_msg("row %zu, nothing in force: %d", i, got);
		}
		spec.off = ONLY(rows[i].part) & ~WQ_SANDBOX_BIT(WQ_SANDBOX_NO_NEW_PRIVS);
		spec.required = WQ_SANDBOX_BIT(rows[i].part);
		got = run(&spec, rows[i].what);
		if (got != rows[i].refused && !(SANITIZED && got != 0))
			fail_msg("row %zu, only %s in force: %d instead of %d", i, wq_sandbox_part_name(rows[i].part),
				got, rows[i].refused);
	}
}

static void all_together(void **state)
{
	struct wq_sandbox_spec spec = {.user = geteuid() == 0 ? "nobody" : NULL,
		.write_paths = in_paths,
		.allow = WQ_SANDBOX_FILES | WQ_SANDBOX_UNIX | WQ_SANDBOX_THREADS,
		.required = WQ_SANDBOX_ALL & ~WQ_SANDBOX_BIT(WQ_SANDBOX_LANDLOCK_NET)};

	(void)state;
	assert_int_equal(run(&spec, compute_only), 0);
	assert_int_equal(run(&spec, read_inside), 0);
	assert_int_equal(run(&spec, write_inside), 0);
	assert_int_equal(run(&spec, unix_pair), 0);
	assert_int_equal(run(&spec, start_thread), 0);
	assert_int_equal(run(&spec, read_outside), EACCES);
	assert_int_equal(run(&spec, tcp_connect), EPERM);
	assert_int_equal(run(&spec, run_program), KILLED);
	assert_int_equal(run(&spec, be_traced), KILLED);
	assert_int_equal(run(&spec, become_root), KILLED);
}

/* Without seccomp Landlock refuses the network where the kernel is new enough. */
static void landlock_net(void **state)
{
	struct wq_sandbox_spec spec = {.off = ONLY(WQ_SANDBOX_LANDLOCK) & ~WQ_SANDBOX_BIT(WQ_SANDBOX_NO_NEW_PRIVS) &
			~WQ_SANDBOX_BIT(WQ_SANDBOX_LANDLOCK_NET)};
	struct wq_sandbox_report *report = mmap(
		NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(wq_failed(wq_sandbox_enter(&spec, report)) ? NOT_LOCKED : tcp_connect());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(report->parts[WQ_SANDBOX_LANDLOCK_NET].on, report->landlock_abi >= 4);
	assert_int_equal(WEXITSTATUS(status), report->landlock_abi >= 4 ? EACCES : 0);
	munmap(report, sizeof *report);
}

/* Every part forced off is reported with a reason; required, it is a failure that names it. */
static void degrades_loudly(void **state)
{
	(void)state;
	for (unsigned part = 0; part < WQ_SANDBOX_PARTS; part++) {
		struct wq_sandbox_spec spec = {.user = geteuid() == 0 ? "nobody" : NULL, .off = WQ_SANDBOX_BIT(part)};
		int status;
		pid_t pid = fork();
		if (pid == 0) {
			struct wq_sandbox_report report;
			if (wq_failed(wq_sandbox_enter(&spec, &report)))
				_exit(1);
			for (unsigned i = 0; i < WQ_SANDBOX_PARTS; i++)
				if (report.parts[i].on == (report.parts[i].why[0] != '\0') && i != WQ_SANDBOX_LANDLOCK)
					_exit(2);
			_exit(report.parts[part].on || !report.parts[part].why[0] ? 3 : 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		pid = fork();
		if (pid == 0) {
			struct wq_sandbox_report report;
			wq_err e;
			spec.required = WQ_SANDBOX_BIT(part);
			e = wq_sandbox_enter(&spec, &report);
			_exit(wq_is(e, WQ_E_UNSUPPORTED) &&
						strstr(wq_err_note(e), wq_sandbox_part_name((enum wq_sandbox_part)part))
					? 0
					: 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

static int bad_spec(const struct wq_sandbox_spec *spec)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct wq_sandbox_report report;
		_exit(wq_is(wq_sandbox_enter(spec, &report), WQ_E_CONFIG) ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void refuses_a_wrong_spec(void **state)
{
	static const char *const none[] = {"/nonexistent", NULL};

	(void)state;
	assert_int_equal(bad_spec(&(struct wq_sandbox_spec){.read_paths = none}), 0);
	if (geteuid() == 0) {
		assert_int_equal(bad_spec(&(struct wq_sandbox_spec){.user = "no-such-user"}), 0);
		assert_int_equal(bad_spec(&(struct wq_sandbox_spec){.user = "nobody", .group = "no-such-group"}), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_part_alone, up, down),
		cmocka_unit_test_setup_teardown(all_together, up, down),
		cmocka_unit_test_setup_teardown(landlock_net, up, down),
		cmocka_unit_test(degrades_loudly),
		cmocka_unit_test(refuses_a_wrong_spec),
	};
	return cmocka_run_group_tests_name("base-sandbox", tests, NULL, NULL);
}
