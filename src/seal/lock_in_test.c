/* What weique-sign can and cannot do once it is locked in: tried from inside, in a child. */
#include "seal/server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "seal/service_fixture_test.h"

static struct people people;
static const struct wq_secret no_secret;
static struct release first;
static char dir[TEST_PATH];

/* Runs `try` in a child that is locked in; its exit status, or 1000 and the signal that killed it. */
static int inside(enum wq_seal_sandbox sandbox, int (*try)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct wq_log *log;

		if (wq_failed(wq_log_new(&wq_clock_system, WQ_LANG_EN, &log)))
			_exit(101);
		if (wq_failed(wq_seal_lock_in(sandbox, dir, log)))
			_exit(102);
		_exit(try());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Its own work goes on: open the folder, seal, sign a head. */
static int work(void)
{
	WQ_BUF(head, WQ_SNAPSHOT_HEADER);
	struct wq_seal_service *service;
	struct wq_head ledger_head;
	wq_sm2_sig sig;

	if (wq_failed(wq_seal_service_open(&wq_fs_system, dir, &no_secret, &wq_clock_system, &service)))
		return 1;
	if (wq_failed(wq_seal_service_seal(service, &first.request, first.body_fd, &head, &sig)))
		return 2;
	if (!wq_is(wq_seal_service_head(service, 0, 0, first.body_fd, &ledger_head), WQ_E_NOT_FOUND))
		return 3;
	wq_seal_service_close(&service);
	return 0;
}

static int errno_of(int rc)
{
	return rc < 0 ? errno : 0;
}

static int tcp(void)
{
	return errno_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int tcp6(void)
{
	return errno_of(socket(AF_INET6, SOCK_STREAM, 0));
}

static int udp(void)
{
	return errno_of(socket(AF_INET, SOCK_DGRAM, 0));
}

static int netlink(void)
{
	return errno_of(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int read_outside(void)
{
	return errno_of(open("/etc/passwd", O_RDONLY));
}

static int write_outside(void)
{
	return errno_of(open("/tmp/weique-sign-was-here", O_WRONLY | O_CREAT, 0600));
}

static int child(void)
{
	return errno_of(fork());
}

static int run_program(void)
{
	char *const argv[] = {(char[]){"true"}, NULL};

	return errno_of(execv("/bin/true", argv));
}

static void test_work_goes_on(void **state)
{
	(void)state;
	assert_int_equal(inside(WQ_SEAL_SANDBOX_ON, work), 0);
	assert_int_equal(inside(WQ_SEAL_SANDBOX_OFF, work), 0);
}

static void test_forbidden(void **state)
{
	static const struct {
		int (*try)(void);
		int status;
	} table[] = {{tcp, EPERM}, {tcp6, EPERM}, {udp, EPERM}, {netlink, EPERM}, {read_outside, EACCES},
		{write_outside, EACCES}, {child, EPERM}, {run_program, 1000 + SIGSYS}};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		int status = inside(WQ_SEAL_SANDBOX_ON, table[i].try);

		if (status != table[i].status)
			fail_msg("row %zu: %d instead of %d", i, status, table[i].status);
		assert_int_equal(inside(WQ_SEAL_SANDBOX_OFF, table[i].try), 0); /* it is the lock-in that forbids it */
	}
	unlink("/tmp/weique-sign-was-here");
}

/* Required: as root something is missing (the user), so it does not run; as somebody else it does. */
static void test_required(void **state)
{
	(void)state;
	assert_int_equal(inside(WQ_SEAL_SANDBOX_REQUIRED, work), geteuid() == 0 ? 102 : 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_work_goes_on),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_required),
	};
	int failed;

	if (wq_failed(wq_crypto_init()))
		return 1;
	people_new(&people);
	folder_make(dir, &people);
	release_approved(&first, &people, "portal", "r1", WQ_S("body"), 0, WQ_S_NONE);
	failed = cmocka_run_group_tests_name("seal lock-in", tests, NULL, NULL);
	release_done(&first);
	folder_remove(dir);
	people_free(&people);
	return failed;
}
