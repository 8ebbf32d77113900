#include "store/pg_test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { START_WAIT_MSEC = 60000, PORT = 5432, PROXY_PORT = 5433 };

static wq_err find_server(char *out, size_t n)
{
	glob_t found;
	wq_err e = wq_error(WQ_E_UNSUPPORTED, "no PostgreSQL server under /usr/lib/postgresql");

	if (glob("/usr/lib/postgresql/*/bin", GLOB_ONLYDIR, NULL, &found) == 0) {
		snprintf(out, n, "%s", found.gl_pathv[found.gl_pathc - 1]);
		globfree(&found);
		e = WQ_OK;
	}
	return e;
}

/* PostgreSQL refuses to run as root. */
static wq_err find_user(uid_t *ret_uid, gid_t *ret_gid)
{
	const struct passwd *user = getpwnam("postgres");

	if (geteuid() != 0) {
		*ret_uid = geteuid();
		*ret_gid = getegid();
		return WQ_OK;
	}
	if (!user)
		user = getpwnam("nobody");
	if (!user)
		return wq_error(WQ_E_UNSUPPORTED, "neither user postgres nor nobody");
	*ret_uid = user->pw_uid;
	*ret_gid = user->pw_gid;
	return WQ_OK;
}

/* In the child: never returns. `die_with` is sent to it when the parent ends. */
static void become(uid_t uid, gid_t gid, const char *folder, int die_with, const char *const argv[])
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int log;

	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(gid) != 0 || setuid(uid) != 0))
		_exit(126);
	if (chdir(folder) != 0 || prctl(PR_SET_PDEATHSIG, die_with) != 0)
		_exit(126);
	log = open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	dup2(null, 0);
	dup2(log, 1);
	dup2(log, 2);
	execv(argv[0], (char *const *)(uintptr_t)argv); /* execv's type is older than const */
	_exit(127);
}

static wq_err init_cluster(const char *folder, const char *bin, uid_t uid, gid_t gid)
{
	char program[128], data[96];
	const char *const argv[] = {
		program, "-D", data, "-U", "weique", "-E", "UTF8", "--locale=C", "--auth=trust", "--no-sync", NULL};
	int status = -1;
	pid_t child;

	snprintf(program, sizeof(program), "%s/initdb", bin);
	snprintf(data, sizeof(data), "%s/data", folder);
	child = fork();
	if (child == 0)
		become(uid, gid, folder, SIGKILL, argv);
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		return wq_error(WQ_E_IO, "initdb failed with %d, see %s/log", status, folder);
	return WQ_OK;
}

static wq_err start_server(struct wq_pg_test *pg, const char *bin, uid_t uid, gid_t gid)
{
	char program[128], data[96], sockets[128];
	const char *const argv[] = {
		program, "-D", data, "-c", "listen_addresses=", "-c", sockets, "-c", "max_connections=40", NULL};

	snprintf(program, sizeof(program), "%s/postgres", bin);
	snprintf(data, sizeof(data), "%s/data", pg->folder);
	snprintf(sockets, sizeof(sockets), "unix_socket_directories=%s", pg->folder);
	pg->server = fork();
	if (pg->server == 0)
		become(uid, gid, pg->folder, SIGQUIT, argv);
	if (pg->server < 0)
		return wq_error_sys(WQ_E_IO, errno, "fork");
	snprintf(pg->url, sizeof(pg->url), "postgresql:///postgres?host=%s&port=%d&user=weique", pg->folder, PORT);
	return WQ_OK;
}

static wq_err wait_until_ready(const struct wq_pg_test *pg)
{
	static const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
	struct wq_db *db = NULL;
	wq_err e = WQ_OK;

	for (int waited = 0; waited < START_WAIT_MSEC; waited += 50) {
		e = wq_db_open(wq_str_c(pg->url), &db);
		if (!wq_failed(e)) {
			wq_db_close(&db);
			return WQ_OK;
		}
		nanosleep(&pause, NULL);
	}
	return e;
}

wq_err wq_pg_test_start(struct wq_pg_test *pg)
{
	char bin[96];
	uid_t uid = 0;
	gid_t gid = 0;
	wq_err e;

	*pg = (struct wq_pg_test){.folder = "/tmp/wq-pg-XXXXXX", .server = -1};
	WQ_TRY(find_server(bin, sizeof(bin)));
	WQ_TRY(find_user(&uid, &gid));
	if (!mkdtemp(pg->folder))
		return wq_error_sys(WQ_E_IO, errno, "%s", pg->folder);
	if (chown(pg->folder, uid, gid) != 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", pg->folder);
	WQ_TRY(init_cluster(pg->folder, bin, uid, gid));
	WQ_TRY(start_server(pg, bin, uid, gid));
	e = wait_until_ready(pg);
	if (wq_failed(e))
		wq_pg_test_stop(pg);
	return e;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void wq_pg_test_stop(struct wq_pg_test *pg)
{
	if (pg->server > 0) {
		kill(pg->server, SIGINT);
		waitpid(pg->server, NULL, 0);
		pg->server = -1;
	}
	if (pg->folder[0])
		nftw(pg->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	pg->folder[0] = '\0';
}

wq_err wq_pg_test_clear(const struct wq_pg_test *pg)
{
	struct wq_db *db = NULL;
	wq_err e;

	WQ_TRY(wq_db_open(wq_str_c(pg->url), &db));
	e = wq_db_exec(db, "DROP SCHEMA IF EXISTS public CASCADE", NULL, 0, NULL);
	if (!wq_failed(e))
		e = wq_db_exec(db, "CREATE SCHEMA public", NULL, 0, NULL);
	wq_db_close(&db);
	return e;
}

int wq_pg_test_terminate(const struct wq_pg_test *pg)
{
	struct wq_db *db = NULL;
	struct wq_db_rows *rows = NULL;
	int n = 0;

	/* waits until they are gone, at most five seconds each */
	if (wq_failed(wq_db_open(wq_str_c(pg->url), &db)) ||
		wq_failed(wq_db_query(db,
			"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE backend_type = 'client backend' "
			"AND pid <> pg_backend_pid()",
			NULL, 0, &rows)))
		n = -1;
	while (rows && wq_db_next(rows))
		n += wq_db_int(rows, 0) != 0;
	WQ_IGNORE(wq_db_rows_close(&rows));
	wq_db_close(&db);
	return n;
}

/* ---- the proxy ---- */

static int unix_socket(const char *folder, int port, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path, sizeof(address->sun_path), "%s/.s.PGSQL.%d", folder, port);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static bool forward(int from, int to, char *bytes, size_t size, ssize_t *ret_n)
{
	*ret_n = read(from, bytes, size);
	for (ssize_t sent = 0, n; *ret_n > 0 && to >= 0 && sent < *ret_n; sent += n) {
		n = write(to, bytes + sent, (size_t)(*ret_n - sent));
		if (n <= 0)
			return false;
	}
	return *ret_n > 0;
}

/* One connection, until one side ends or the cut. */
static void serve(int client, int server, volatile int *mode)
{
	struct pollfd fds[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
	static char bytes[65536];
	bool committing = false;
	ssize_t n;

	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents) {
			if (!forward(client, -1, bytes, sizeof(bytes), &n))
				return;
			committing = *mode != WQ_PG_FORWARD && memmem(bytes, (size_t)n, "COMMIT", 6) != NULL;
			if (committing && *mode == WQ_PG_CUT_BEFORE)
				break;
			if (write(server, bytes, (size_t)n) != n)
				return;
		}
		if (fds[1].revents && !forward(server, committing ? -1 : client, bytes, sizeof(bytes), &n))
			return;
		if (fds[1].revents && committing)
			break;
	}
	*mode = WQ_PG_FORWARD;
}

static void proxy_main(const char *folder, int listener, volatile int *mode)
{
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		struct sockaddr_un address;
		int client = accept(listener, NULL, NULL);
		int server = unix_socket(folder, PORT, &address);

		if (client < 0 || server < 0)
			_exit(1);
		if (connect(server, (struct sockaddr *)&address, sizeof(address)) == 0)
			serve(client, server, mode);
		close(client);
		close(server);
	}
}

wq_err wq_pg_proxy_start(const struct wq_pg_test *pg, struct wq_pg_proxy *proxy)
{
	struct sockaddr_un address;
	int listener = unix_socket(pg->folder, PROXY_PORT, &address);
	void *shared = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (listener < 0 || shared == MAP_FAILED || bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
		listen(listener, 4) != 0)
		return wq_error_sys(WQ_E_IO, errno, "proxy");
	*proxy = (struct wq_pg_proxy){.mode = shared};
	snprintf(proxy->url, sizeof(proxy->url), "postgresql:///postgres?host=%s&port=%d&user=weique", pg->folder,
		PROXY_PORT);
	proxy->process = fork();
	if (proxy->process == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		proxy_main(pg->folder, listener, proxy->mode);
	}
	close(listener);
	return proxy->process > 0 ? WQ_OK : wq_error_sys(WQ_E_IO, errno, "fork");
}

void wq_pg_proxy_stop(struct wq_pg_proxy *proxy)
{
	if (proxy->process > 0) {
		kill(proxy->process, SIGKILL);
		waitpid(proxy->process, NULL, 0);
	}
	proxy->process = -1;
}
