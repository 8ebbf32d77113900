#include "flow/flow_fixture_test.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "flow/decide.h"
#include "seal/protocol.h"
#include "seal/service.h"

enum { SERVE_WAIT_MSEC = 30000 };

const char *flow_path(struct flow_fixture *f, const char *format, ...)
{
	WQ_BUF(path, 65536);
	va_list args;

	wq_buf_printf(&path, "%s/", f->dir);
	va_start(args, format);
	wq_buf_vprintf(&path, format, args);
	va_end(args);
	return wq_arena_cstr(&f->arena, wq_buf_str(&path));
}

void flow_write(struct flow_fixture *f, const char *name, const char *content)
{
	const char *path = flow_path(f, "site/%s", name);
	wq_str folder = wq_str_head(wq_str_c(path), (size_t)wq_str_rchr(wq_str_c(path), '/'));

	assert_ok(wq_dir_make(&wq_fs_system, wq_arena_cstr(&f->arena, folder), 0755));
	assert_ok(wq_file_replace(&wq_fs_system, path, wq_str_c(content), 0644));
}

void flow_unlink(struct flow_fixture *f, const char *name)
{
	assert_int_equal(unlink(flow_path(f, "site/%s", name)), 0);
}

/* ---- weique-sign ---- */

static void answer_one(struct wq_seal_service *service, int fd)
{
	struct wq_link_message message;
	struct wq_link *link;

	if (wq_failed(wq_link_open(fd, &wq_seal_protocol, WQ_LINK_SERVER, &link)))
		return;
	if (!wq_failed(wq_link_receive_wait(link, SERVE_WAIT_MSEC, &message))) {
		WQ_IGNORE(wq_seal_service_answer(service, link, &message));
		wq_link_message_done(&message);
		WQ_IGNORE(wq_link_flush(link));
	}
	wq_link_close(&link);
}

/* In the child: until it is killed, or its parent ends. */
static void serve(const char *dir, const char *socket)
{
	const struct wq_secret none = {0};
	struct wq_seal_service *service;
	struct wq_link_peer peer;
	int listen_fd, fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (wq_failed(wq_seal_service_open(&wq_fs_system, dir, &none, &wq_clock_system, &service)) ||
		wq_failed(wq_link_listen(socket, 0600, &listen_fd)))
		_exit(1);
	for (;;) {
		poll(&(struct pollfd){.fd = listen_fd, .events = POLLIN}, 1, -1);
		if (!wq_failed(wq_link_accept(listen_fd, NULL, 0, &fd, &peer)))
			answer_one(service, fd);
	}
}

static void start_sign(struct flow_fixture *f)
{
	const char *socket = flow_path(f, "state/run/sign.sock");
	int status;

	f->sign = fork();
	assert_true(f->sign >= 0);
	if (f->sign == 0)
		serve(flow_path(f, "state/sign"), socket);
	for (int i = 0; i < 1000 && access(socket, F_OK) != 0; i++) {
		assert_int_equal(waitpid(f->sign, &status, WNOHANG), 0);
		poll(NULL, 0, 10);
	}
	assert_int_equal(access(socket, F_OK), 0);
}

/* ---- people ---- */

static void add_person(
	struct flow_fixture *f, const char *id, unsigned roles, struct wq_sm2_key **ret_key, struct wq_buf *trust)
{
	struct wq_person_row person = {.id = wq_str_c(id), .roles = roles, .in_establishment = true};

	assert_ok(wq_sm2_generate(ret_key));
	person.key = wq_sm2_key_public(*ret_key);
	assert_ok(wq_person_register(f->w.ledger, &person, WQ_S("test"), &f->arena));
	assert_ok(wq_trust_person_line(
		&(struct wq_trust_person){.id = person.id, .key = person.key, .roles = roles, .in_establishment = true},
		trust));
}

static void add_people(struct flow_fixture *f)
{
	const struct wq_secret none = {0};
	const char *path = flow_path(f, "state/sign/trust");
	struct wq_sm2_key *editor;
	WQ_BUF(trust, WQ_MIB);

	assert_ok(wq_seal_service_init(&wq_fs_system, flow_path(f, "state/sign"), &none));
	assert_ok(wq_file_read(&wq_fs_system, path, &trust));
	add_person(f, "editor", WQ_ROLE_AUTHOR, &editor, &trust);
	wq_sm2_key_free(&editor);
	add_person(f, "wang", WQ_ROLE_REVIEWER, &f->keys[0], &trust);
	add_person(f, "li", WQ_ROLE_REVIEWER, &f->keys[1], &trust);
	assert_ok(wq_file_replace(&wq_fs_system, path, wq_buf_str(&trust), 0640));
}

void flow_open(struct flow_fixture *f, wq_str database)
{
	struct wq_app_row app = {.id = WQ_S("portal"), .name = WQ_S("门户"), .hosts = {WQ_S(FLOW_HOST)}, .hosts_n = 1};

	*f = (struct flow_fixture){.dir = "/tmp/wq-flow-XXXXXX"};
	assert_ok(wq_crypto_init());
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(chmod(f->dir, 0755), 0);
	wq_arena_init(&f->arena, 1024 * WQ_MIB);
	setenv("WEIQUE_RULES", wq_arena_printf(&f->arena, "%s/rules", getenv("WQ_SOURCE_ROOT")).p, 1);
	snprintf(f->state, sizeof f->state, "%s/state", f->dir);
	snprintf(f->site, sizeof f->site, "%s/site", f->dir);
	assert_ok(wq_dir_make(&wq_fs_system, f->site, 0755));
	assert_ok(wq_workspace_init(f->state, database, &wq_clock_system, &wq_random_system));
	assert_ok(wq_workspace_open(f->state, &wq_clock_system, &wq_random_system, &f->arena, &f->w));
	f->w.settings.opening_required = false; /* opening_test.c */
	add_people(f);
	app.origin = wq_str_c(f->site);
	assert_ok(wq_app_register(f->w.ledger, &app, WQ_S("test"), &f->arena));
	assert_ok(wq_app_find(f->w.ledger, app.id, &f->arena, &f->app));
	start_sign(f);
}

void flow_close(struct flow_fixture *f)
{
	if (f->sign > 0) {
		kill(f->sign, SIGKILL);
		waitpid(f->sign, NULL, 0);
	}
	wq_sm2_key_free(&f->keys[0]);
	wq_sm2_key_free(&f->keys[1]);
	wq_workspace_close(&f->w);
	assert_ok(wq_dir_remove_tree(&wq_fs_system, f->dir));
	wq_arena_done(&f->arena);
}

/* ---- the line ---- */

wq_err flow_try_capture(struct flow_fixture *f, struct wq_capture_result *ret)
{
	struct wq_capture_options options = {.author = WQ_S("editor"), .site = {.settings = &f->w.settings.capture}};

	return wq_capture(&f->w, &f->app, &options, ret);
}

struct wq_capture_result flow_capture(struct flow_fixture *f)
{
	struct wq_capture_result result;

	assert_ok(flow_try_capture(f, &result));
	return result;
}

void flow_seal(struct flow_fixture *f, wq_str release)
{
	static const char *const people[] = {"wang", "li"};
	struct wq_seal_result sealed;

	for (size_t i = 0; i < 2; i++) {
		struct wq_decide_options options = {.release = release,
			.person = wq_str_c(people[i]),
			.stage = WQ_S("review"),
			.comment = WQ_S("同意"),
			.accept_findings = true,
			.verdict = WQ_VERDICT_APPROVE};
		assert_ok(wq_decide(&f->w, &options, f->keys[i]));
	}
	assert_ok(wq_seal(&f->w, release, WQ_S("test"), &sealed));
}

static wq_err count_event(void *data, const struct wq_event *event)
{
	(void)event;
	++*(size_t *)data;
	return WQ_OK;
}

size_t flow_events(struct flow_fixture *f, const char *type)
{
	struct wq_ledger_filter filter = {.type_prefix = wq_str_c(type)};
	size_t n = 0;

	assert_ok(wq_ledger_visit(f->w.ledger, &filter, count_event, &n));
	return n;
}
