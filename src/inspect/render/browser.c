#include "inspect/render/browser.h"

#include "base/file.h"
#include "base/json_read.h"
#include "inspect/render/proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum {
	PIPE_IN = 3,
	PIPE_OUT = 4,
	END_MSEC = 3000,
	ORPHAN_ROUNDS = 200,
	READ_MORE = 64 * 1024,
	SEND_MSEC = 5000,
	THREADS = 2000
};
#define FILE_BYTES (256 * WQ_MIB)
#define DATA_BYTES (4096 * WQ_MIB)

static const struct wq_json_limits message_limits = {WQ_RENDER_MESSAGE, 32};

uint64_t wq_browser_now(const struct wq_browser *browser)
{
	return browser->clock->monotonic_msec(browser->clock->data);
}

/* ---- starting ---- */

static wq_err whose(const struct wq_render_options *options, struct wq_proxy_options *proxy, bool *ret_own)
{
	const char *name = options->user ? options->user : "weique-render";
	char room[4096];
	struct passwd user, *found = NULL;

	*ret_own = geteuid() == 0;
	proxy->user = getuid();
	proxy->group = getgid();
	if (!*ret_own)
		return WQ_OK;
	if (getpwnam_r(name, &user, room, sizeof room, &found) != 0 || !found || user.pw_uid == 0)
		return wq_error(WQ_E_CONFIG,
			"no user %s for the browser: make it (useradd --system %s), or name another with --render-user",
			name, name);
	proxy->user = user.pw_uid;
	proxy->group = user.pw_gid;
	return WQ_OK;
}

static wq_err make_profile(struct wq_browser *browser, const struct wq_proxy_options *proxy)
{
	snprintf(browser->profile, sizeof browser->profile, "/tmp/weique-render-XXXXXX");
	if (!mkdtemp(browser->profile)) {
		browser->profile[0] = 0;
		return wq_error_sys(WQ_E_IO, errno, "a profile for the browser");
	}
	return !browser->own_user || chown(browser->profile, proxy->user, proxy->group) == 0
		? WQ_OK
		: wq_error_sys(WQ_E_IO, errno, "%s", browser->profile);
}

static void closed_but(int keep)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > 65536)
		files.rlim_cur = 65536;
	for (int fd = keep + 1; fd < (int)files.rlim_cur; fd++)
		close(fd);
}

/* What a page can make the browser take. Threads count for a user, so they are only bounded for one of the browser's own; memory is
 * that of one process, of which there are few (RENDERERS). */
static bool set_limits(const struct wq_browser *browser)
{
	const struct rlimit none = {0, 0}, file = {FILE_BYTES, FILE_BYTES}, data = {DATA_BYTES, DATA_BYTES},
			    threads = {THREADS, THREADS};

	return setrlimit(RLIMIT_CORE, &none) == 0 && setrlimit(RLIMIT_FSIZE, &file) == 0 &&
		setrlimit(RLIMIT_DATA, &data) == 0 && (!browser->own_user || setrlimit(RLIMIT_NPROC, &threads) == 0);
}

/* In the child: pipes to 3 and 4, nothing else open, the other user, no more privileges. */
static bool prepare(const struct wq_browser *browser, const struct wq_proxy_options *user, int in, int out)
{
	int null = open("/dev/null", O_RDWR);
	int a = fcntl(in, F_DUPFD, 10), b = fcntl(out, F_DUPFD, 10);

	if (null < 0 || a < 0 || b < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
		dup2(a, PIPE_IN) < 0 || dup2(b, PIPE_OUT) < 0)
		return false;
	closed_but(PIPE_OUT);
	if (setsid() < 0 || chdir(browser->profile) != 0 || !set_limits(browser))
		return false;
	if (browser->own_user &&
		(setgroups(0, NULL) != 0 || setresgid(user->group, user->group, user->group) != 0 ||
			setresuid(user->user, user->user, user->user) != 0))
		return false;
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

static _Noreturn void execute(const struct wq_browser *browser, const struct wq_render_options *options,
	const struct wq_proxy_options *user, int in, int out)
{
	const char *program = options->program ? options->program : "/usr/bin/chromium";
	char home[80], temp[80], profile[100], proxy[64], size[48];
	const char *const env[] = {home, temp, "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "TZ=Asia/Shanghai", NULL};

	snprintf(home, sizeof home, "HOME=%s", browser->profile);
	snprintf(temp, sizeof temp, "TMPDIR=%s", browser->profile);
	snprintf(profile, sizeof profile, "--user-data-dir=%s/profile", browser->profile);
	snprintf(proxy, sizeof proxy, "--proxy-server=http://127.0.0.1:%u", browser->proxy_port);
	snprintf(size, sizeof size, "--window-size=%u,%u", options->width ? options->width : 1366,
		options->height ? options->height : 768);
	const char *const args[] = {program, "--headless=new", "--remote-debugging-pipe", profile, proxy, size,
		"--proxy-bypass-list=<-loopback>", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--no-first-run", "--no-default-browser-check", "--disable-gpu", "--disable-background-networking",
		"--disable-component-update", "--disable-domain-reliability", "--disable-sync", "--disable-extensions",
		"--disable-default-apps", "--disable-breakpad", "--disable-crash-reporter", "--disable-dev-shm-usage",
		"--mute-audio", "--renderer-process-limit=4", "--js-flags=--max-old-space-size=512",
		"--disk-cache-size=33554432", "--metrics-recording-only", "--no-pings", "--hide-scrollbars",
		"--lang=zh-CN", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
		"--webrtc-ip-handling-policy=disable_non_proxied_udp", "--disable-quic",
		"--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,AutofillServerCommunication",
		"about:blank", NULL};

	if (prepare(browser, user, in, out))
		execve(program, (char *const *)(uintptr_t)args, (char *const *)(uintptr_t)env);
	_exit(127);
}

/* ---- the keeper: a process that does nothing but wait for us to be through, since we may be locked in by then ---- */

/* Nothing of ours stays open in it but the pipes. */
static void keep_open(const int *fds, size_t n)
{
	struct rlimit files;
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > 65536)
		files.rlim_cur = 65536;
	for (int fd = 3; fd < (int)files.rlim_cur; fd++) {
		bool kept = false;

		for (size_t i = 0; i < n; i++)
			kept |= fds[i] == fd;
		if (!kept)
			close(fd);
	}
}

static bool become(const struct wq_browser *browser, const struct wq_proxy_options *user)
{
	return !browser->own_user ||
		(setgroups(0, NULL) == 0 && setresgid(user->group, user->group, user->group) == 0 &&
			setresuid(user->user, user->user, user->user) == 0);
}

/* Ends the browser, if it has not ended with its pipe, and what it started. */
static void end_browser(const struct wq_browser *browser, pid_t pid)
{
	uint64_t until = wq_browser_now(browser) + END_MSEC;

	while (waitpid(pid, NULL, WNOHANG) == 0 && wq_browser_now(browser) < until)
		poll(NULL, 0, 10);
	kill(-pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* What the browser left running (its crash handlers leave its session) has become ours: all of it ends. */
static void end_orphans(void)
{
	for (int rounds = 0; rounds < ORPHAN_ROUNDS; rounds++) {
		FILE *children = fopen("/proc/thread-self/children", "re");
		int pid, met = 0;

		while (children && fscanf(children, "%d", &pid) == 1) {
			kill(pid, SIGKILL);
			met++;
		}
		if (children)
			fclose(children);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (met == 0)
			return;
		poll(NULL, 0, 10);
	}
}

static void remove_profile(const struct wq_browser *browser)
{
	for (int tries = 0; tries < 50; tries++) { /* its children may still write there */
		wq_err e = wq_dir_remove_tree(&wq_fs_system, browser->profile);

		if (!wq_failed(e) || wq_is(e, WQ_E_NOT_FOUND))
			return;
		poll(NULL, 0, 20);
	}
}

/* `life` ends when we do, or are through. */
static _Noreturn void keep(struct wq_browser *browser, const struct wq_render_options *options,
	const struct wq_proxy_options *proxy, int in, int out, int life)
{
	const int fds[] = {in, out, life};
	struct pollfd end = {.fd = life, .events = POLLIN};
	uint16_t port = 0;
	pid_t pid = -1, proxy_pid = -1;

	keep_open(fds, WQ_COUNT(fds));
	if (setsid() < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 ||
		wq_failed(wq_proxy_start(proxy, fds, WQ_COUNT(fds), &proxy_pid, &port)))
		_exit(1);
	browser->proxy_port = port;
	pid = fork();
	if (pid == 0)
		execute(browser, options, proxy, in, out);
	close(in);
	close(out);
	if (pid > 0 && become(browser, proxy)) {
		while (poll(&end, 1, -1) < 0 && errno == EINTR)
			;
		end_browser(browser, pid);
	}
	if (proxy_pid > 0)
		kill(proxy_pid, SIGKILL);
	end_orphans();
	remove_profile(browser);
	_exit(0);
}

static wq_err start_keeper(
	struct wq_browser *browser, const struct wq_render_options *options, const struct wq_proxy_options *proxy)
{
	int in[2] = {-1, -1}, out[2] = {-1, -1}, life[2] = {-1, -1};
	wq_err e = WQ_OK;

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(life, O_CLOEXEC) != 0)
		e = wq_error_sys(WQ_E_IO, errno, "pipe");
	if (!wq_failed(e)) {
		browser->keeper = fork();
		if (browser->keeper == 0)
			keep(browser, options, proxy, in[0], out[1], life[0]);
		if (browser->keeper < 0)
			e = wq_error_sys(WQ_E_IO, errno, "fork");
	}
	wq_file_close(&in[0]);
	wq_file_close(&out[1]);
	wq_file_close(&life[0]);
	if (in[1] >= 0 && fcntl(in[1], F_SETFL, O_NONBLOCK) < 0)
		e = wq_error_sys(WQ_E_IO, errno, "pipe");
	browser->to = in[1];
	browser->from = out[0];
	browser->life = life[1];
	return e;
}

wq_err wq_browser_start(struct wq_browser *browser, const struct wq_render_options *options)
{
	struct wq_proxy_options proxy = {.peers = options->peers,
		.peers_n = options->peers_n,
		.routes = options->routes,
		.routes_n = options->routes_n,
		.never = options->never,
		.never_n = options->never_n};
	const char *program = options->program ? options->program : "/usr/bin/chromium";

	*browser = (struct wq_browser){.keeper = -1,
		.to = -1,
		.from = -1,
		.life = -1,
		.clock = options->clock ? options->clock : &wq_clock_system};
	wq_buf_init(&browser->in, WQ_RENDER_MESSAGE);
	if (access(program, X_OK) != 0)
		return wq_error(WQ_E_UNSUPPORTED, "%s is not there: install the package chromium", program);
	WQ_TRY(whose(options, &proxy, &browser->own_user));
	WQ_TRY(make_profile(browser, &proxy));
	return start_keeper(browser, options, &proxy);
}

/* ---- ending ---- */

void wq_browser_end(struct wq_browser *browser)
{
	wq_file_close(&browser->to); /* it ends when its pipe does */
	wq_file_close(&browser->from);
	wq_file_close(&browser->life);
	if (browser->keeper > 0)
		while (waitpid(browser->keeper, NULL, 0) < 0 && errno == EINTR)
			;
	else if (browser->profile[0])
		WQ_IGNORE(wq_dir_remove_tree(&wq_fs_system, browser->profile));
	browser->keeper = -1;
	browser->profile[0] = 0;
	wq_buf_done(&browser->in);
}

/* ---- talking ---- */

bool wq_browser_message(wq_str in, size_t *taken, wq_str *ret_message)
{
	wq_str rest = wq_str_from(in, *taken);
	ptrdiff_t end = wq_str_chr(rest, 0);

	if (end < 0)
		return false;
	*ret_message = wq_str_head(rest, (size_t)end);
	*taken += (size_t)end + 1;
	return true;
}

static wq_err send_message(struct wq_browser *browser, wq_str session, const char *method, wq_str params, uint32_t id)
{
	WQ_BUF(out, 4 * WQ_MIB);
	wq_str rest;

	wq_buf_printf(&out, "{\"id\":%u,\"method\":\"%s\"", id, method);
	if (session.n)
		wq_buf_printf(&out, ",\"sessionId\":\"%.*s\"", WQ_S_ARG(session));
	if (params.n)
		wq_buf_printf(&out, ",\"params\":%.*s", WQ_S_ARG(params));
	wq_buf_add(&out, wq_str_of("}\0", 2));
	WQ_TRY(wq_buf_err(&out));
	for (rest = wq_buf_str(&out); rest.n > 0;) {
		ssize_t n = write(browser->to, rest.p, rest.n);

		struct pollfd ready = {.fd = browser->to, .events = POLLOUT};

		if (n < 0 && (errno == EINTR || (errno == EAGAIN && poll(&ready, 1, SEND_MSEC) > 0)))
			continue;
		if (n <= 0)
			return wq_error_sys(WQ_E_IO, errno, "the browser does not listen");
		rest = wq_str_from(rest, (size_t)n);
	}
	return WQ_OK;
}

wq_err wq_browser_tell(struct wq_browser *browser, wq_str session, const char *method, wq_str params)
{
	return send_message(browser, session, method, params, ++browser->last_id);
}

/* Reads what is there, at least one byte, before `until`. */
static wq_err read_more(struct wq_browser *browser, uint64_t until)
{
	struct pollfd ready = {.fd = browser->from, .events = POLLIN};
	uint64_t now = wq_browser_now(browser);
	size_t left = browser->in.len - browser->taken;
	ssize_t n;
	void *room;
	int polled = now < until ? poll(&ready, 1, (int)WQ_MIN(until - now, (uint64_t)INT_MAX)) : 0;

	if (polled < 0 && errno == EINTR)
		return WQ_OK;
	if (polled <= 0)
		return wq_error(WQ_E_TIMEOUT, "the browser does not answer");
	if (browser->taken > 0) {
		memmove(browser->in.data, browser->in.data + browser->taken, left);
		browser->in.len = left;
		browser->taken = 0;
	}
	room = wq_buf_reserve(&browser->in, READ_MORE);
	if (!room)
		return wq_buf_err(&browser->in);
	n = read(browser->from, room, READ_MORE);
	if (n < 0 && errno == EINTR)
		return WQ_OK;
	if (n <= 0)
		return wq_error(WQ_E_IO,
			"the browser ended: is its sandbox possible here (user name spaces, or chromium-sandbox)?");
	wq_buf_commit(&browser->in, (size_t)n);
	return WQ_OK;
}

/* One message: an event is handled, an answer to `id` is kept in `*ret_root`. */
static wq_err handle(struct wq_browser *browser, wq_str text, uint32_t id, struct json_t **ret_root)
{
	struct json_t *root;
	uint64_t answered;
	wq_str method;

	WQ_TRY(wq_json_read(text, &message_limits, &root));
	if (!wq_failed(wq_json_get_str(root, "method", 200, &method))) {
		if (browser->event)
			browser->event(browser->data, method, wq_json_get_object(root, "params"));
	} else if (id && !wq_failed(wq_json_get_u64(root, "id", UINT32_MAX, &answered)) && answered == id) {
		*ret_root = root;
		return WQ_OK;
	}
	wq_json_free(&root);
	return WQ_OK;
}

/* Until an answer to `id` came (0: none is waited for) or the time is over. */
static wq_err pump(struct wq_browser *browser, uint32_t id, uint64_t until, struct json_t **ret_root)
{
	wq_str message;

	for (;;) {
		while (wq_browser_message(wq_buf_str(&browser->in), &browser->taken, &message)) {
			WQ_TRY(handle(browser, message, id, ret_root));
			if (*ret_root)
				return WQ_OK;
			if (browser->gone)
				return wq_error(WQ_E_TIMEOUT, "the page is gone");
		}
		WQ_TRY(read_more(browser, until));
	}
}

wq_err wq_browser_call(struct wq_browser *browser, wq_str session, const char *method, wq_str params,
	uint64_t until_msec, struct json_t **ret_root, const struct json_t **ret_result)
{
	uint32_t id = ++browser->last_id;

	*ret_root = NULL;
	WQ_TRY(send_message(browser, session, method, params, id));
	WQ_TRY(pump(browser, id, until_msec, ret_root));
	*ret_result = wq_json_get_object(*ret_root, "result");
	if (*ret_result)
		return WQ_OK;
	wq_json_free(ret_root);
	return wq_error(WQ_E_INPUT, "the browser refused %s", method);
}

wq_err wq_browser_do(struct wq_browser *browser, wq_str session, const char *method, wq_str params, uint64_t until_msec)
{
	const struct json_t *result;
	struct json_t *root;

	WQ_TRY(wq_browser_call(browser, session, method, params, until_msec, &root, &result));
	wq_json_free(&root);
	return WQ_OK;
}

wq_err wq_browser_wait(struct wq_browser *browser, uint64_t until_msec)
{
	struct json_t *root = NULL;
	wq_err e = pump(browser, 0, until_msec, &root);

	return wq_is(e, WQ_E_TIMEOUT) && !browser->gone ? WQ_OK : e;
}
