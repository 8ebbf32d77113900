#include "base/file_fault.h"
#include "flow/flow_fixture_test.h"
#include "flow/sealed.h"
#include "store/pg_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

static const char page
	[] = "<!DOCTYPE html><meta charset=utf-8><title>首页</title><link rel=stylesheet href=a.css?v=3><p>欢迎</p>";

static void small_site(struct flow_fixture *f)
{
	flow_write(f, "index.html", page);
	flow_write(f, "a.css", "body{color:red}");
	flow_write(f, "files/index.html", "<p>files</p>");
	flow_write(f, "files/b.txt", "plain");
}

static size_t packs(struct flow_fixture *f)
{
	struct wq_dir_entry *entries;
	size_t n;

	assert_ok(wq_dir_list(&f->arena, flow_path(f, "state/vault/packs"), 1000, &entries, &n));
	for (size_t i = 0; i < n; i++)
		assert_true(wq_str_ends(wq_str_c(entries[i].name), WQ_S(".pack")));
	return n;
}

static void a_site_comes_as_a_release(void **state)
{
	struct flow_fixture f;
	struct wq_capture_result r;
	struct wq_release_row row;
	struct wq_sealed_view view;
	struct wq_entry entry;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	small_site(&f);
	r = flow_capture(&f);
	/* index.html and /, a.css and a.css?v=3, files/index.html, files/ and the redirect, files/b.txt */
	assert_int_equal(r.added, 8);
	assert_int_equal(r.changed + r.gone + r.same + r.unknown, 0);
	assert_int_equal(flow_events(&f, "release.created"), 1);
	assert_int_equal(flow_events(&f, "change.found"), 0);
	assert_ok(wq_release_find(f.w.ledger, r.release, &f.arena, &row));
	assert_int_equal(row.said.entries, 8);
	assert_ok(wq_sealed_open_body(&f.w, &row, &view));
	assert_true(wq_snapshot_find(&view.snapshot, WQ_S(FLOW_HOST "/a.css?v=3"), &entry));
	assert_int_equal(entry.status, 200);
	assert_true(wq_snapshot_find(&view.snapshot, WQ_S(FLOW_HOST "/files"), &entry));
	assert_int_equal(entry.status, 301);
	assert_str(entry.headers, WQ_S("Location: /files/\r\n"));
	wq_sealed_close(&view);
	flow_close(&f);
}

static void nothing_changed_means_nothing_happens(void **state)
{
	struct flow_fixture f;
	struct wq_capture_result r;
	struct wq_tip before, after;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	small_site(&f);
	flow_seal(&f, flow_capture(&f).release);
	assert_ok(wq_ledger_tip(f.w.ledger, &before));
	r = flow_capture(&f);
	assert_ok(wq_ledger_tip(f.w.ledger, &after));
	assert_int_equal(r.release.n, 0);
	assert_int_equal(r.same, 8);
	assert_int_equal(before.seq, after.seq);
	assert_int_equal(packs(&f), 1);
	flow_close(&f);
}

struct wanted {
	const char *change, *key;
	bool found;
};

static wq_err has_change(void *data, const struct wq_event *event)
{
	struct wanted *want = data;
	WQ_BUF(change, 256);
	WQ_BUF(key, 1024);

	wq_buf_printf(&change, "\"change\":\"%s\"", want->change);
	wq_buf_printf(&key, "\"key\":\"" FLOW_HOST "%s\"", want->key);
	want->found |= wq_str_find(event->body, wq_buf_str(&change)) >= 0 &&
		wq_str_find(event->body, wq_buf_str(&key)) >= 0;
	return WQ_OK;
}

static void every_difference_is_an_event_and_packs_are_reused(void **state)
{
	static const struct {
		const char *change, *key;
	} rows[] = {{"added", "/new.html"}, {"changed", "/a.css"}, {"changed", "/a.css?v=3"}, {"gone", "/files/b.txt"}};
	struct flow_fixture f;
	struct wq_capture_result r;
	struct wq_release_row row;
	struct wq_sealed_view view;
	struct wq_entry entry;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	small_site(&f);
	flow_seal(&f, flow_capture(&f).release);
	flow_write(&f, "new.html", page);
	flow_write(&f, "a.css", "body{color:blue}");
	flow_unlink(&f, "files/b.txt");
	r = flow_capture(&f);
	assert_int_equal(r.added, 1);
	assert_int_equal(r.changed, 2);
	assert_int_equal(r.gone, 1);
	assert_int_equal(flow_events(&f, "change.found"), 4);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wanted want = {rows[i].change, rows[i].key, false};
		struct wq_ledger_filter filter = {.type_prefix = WQ_S("change.found")};

		assert_ok(wq_ledger_visit(f.w.ledger, &filter, has_change, &want));
		assert_true(want.found);
	}
	/* new.html has the bytes of index.html, which lie in the first pack */
	assert_int_equal(packs(&f), 2);
	assert_ok(wq_release_find(f.w.ledger, r.release, &f.arena, &row));
	assert_int_equal(row.said.base_serial, 1);
	assert_ok(wq_sealed_open_body(&f.w, &row, &view));
	assert_int_equal(view.snapshot.packs_n, 2);
	assert_true(wq_snapshot_find(&view.snapshot, WQ_S(FLOW_HOST "/new.html"), &entry));
	assert_int_equal(entry.identity.pack, 0);
	assert_true(wq_snapshot_find(&view.snapshot, WQ_S(FLOW_HOST "/a.css"), &entry));
	assert_int_equal(entry.identity.pack, 1);
	wq_sealed_close(&view);
	flow_seal(&f, r.release);
	assert_int_equal(flow_capture(&f).release.n, 0);
	flow_close(&f);
}

static void findings_are_recorded_once_with_place_and_digest(void **state)
{
	static const char
		marked[] = "<!DOCTYPE html><meta charset=utf-8><title>x</title>\n<p>一般内容</p>\n<p>机密★10年</p>\n";
	struct flow_fixture f;
	struct wq_capture_result r;
	struct wq_finding finding;
	wq_digest digest = wq_sm3(wq_str_c(marked));
	wq_str *found;
	size_t n;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	small_site(&f);
	flow_write(&f, "files/index.html", marked);
	r = flow_capture(&f);
	assert_int_equal(r.findings, 1);
	assert_int_equal(r.findings_high, 1);
	assert_ok(wq_release_findings(f.w.ledger, r.release, 100, &f.arena, &found, &n));
	assert_int_equal(n, 1);
	assert_ok(wq_finding_from_json(&f.arena, found[0], &finding));
	assert_str(finding.rule, WQ_S("content.secret-mark"));
	assert_str(finding.place.key, WQ_S(FLOW_HOST "/files/index.html"));
	assert_int_equal(finding.place.line, 3);
	assert_true(finding.evidence.has_digest);
	assert_memory_equal(finding.evidence.digest, digest.b, sizeof digest.b);
	flow_seal(&f, r.release);
	/* what two people have seen is not reported again */
	flow_write(&f, "new.txt", "plain");
	r = flow_capture(&f);
	assert_int_equal(r.findings, 0);
	flow_close(&f);
}

static void an_empty_origin_is_no_release(void **state)
{
	struct flow_fixture f;
	struct wq_capture_result r;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	assert_err(flow_try_capture(&f, &r), WQ_E_NOT_FOUND);
	assert_int_equal(flow_events(&f, "release.created"), 0);
	flow_close(&f);
}

/* An origin that has lost one page and cannot give the others. */
static pid_t failing_origin(uint16_t *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	assert_int_equal(bind(fd, (struct sockaddr *)&address, n) | listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
	*ret_port = ntohs(address.sin_port);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			static const char gone[] = "HTTP/1.1 404 x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
					  fails[] = "HTTP/1.1 503 x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
			char request[4096] = "";
			int one = accept(fd, NULL, NULL);
			bool is_gone = recv(one, request, sizeof request - 1, 0) > 0 &&
				strstr(request, "GET /files/b.txt ") != NULL;

			send(one, is_gone ? gone : fails, sizeof gone - 1, MSG_NOSIGNAL);
			close(one);
		}
	}
	close(fd);
	return pid;
}

static void what_cannot_be_read_stays_as_it_is_sealed(void **state)
{
	struct wq_capture_settings settings = wq_capture_settings_default();
	struct wq_capture_options options = {
		.author = WQ_S("editor"), .site = {.settings = &settings, .allow_private = true}};
	struct flow_fixture f;
	struct wq_capture_result r;
	uint16_t port;
	pid_t origin;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	small_site(&f);
	flow_seal(&f, flow_capture(&f).release);
	settings.retries = 0;
	origin = failing_origin(&port);
	f.app.origin = wq_arena_printf(&f.arena, "http://127.0.0.1:%u/", port);
	assert_ok(wq_capture(&f.w, &f.app, &options, &r));
	kill(origin, SIGKILL);
	waitpid(origin, NULL, 0);
	assert_int_equal(r.unknown, 7);
	assert_int_equal(r.gone, 1);
	assert_int_equal(r.same, 7);
	assert_int_equal(r.added + r.changed, 0);
	assert_int_equal(flow_events(&f, "change.found"), 1);
	/* and when the origin is away altogether, nothing differs */
	assert_ok(wq_capture(&f.w, &f.app, &options, &r));
	assert_int_equal(r.unknown, 8);
	assert_int_equal(r.release.n, 0);
	flow_close(&f);
}

/* Every release that the ledger lists has a body that can be read. */
static size_t readable_releases(struct flow_fixture *f)
{
	struct wq_release_row *rows;
	size_t n;

	assert_ok(wq_release_list(f->w.ledger, WQ_S_NONE, 200, &f->arena, &rows, &n));
	for (size_t i = 0; i < n; i++) {
		struct wq_sealed_view view;

		assert_ok(wq_sealed_open_body(&f->w, &rows[i], &view));
		wq_sealed_close(&view);
	}
	return n;
}

static void a_failing_disk_leaves_a_whole_release_or_none(void **state)
{
	static const struct {
		enum wq_fault_kind kind;
		int errnum;
		bool sticky;
	} kinds[] = {{WQ_FAULT_ERRNO, ENOSPC, true}, {WQ_FAULT_ERRNO, EIO, false}, {WQ_FAULT_TORN, ENOSPC, true}};
	struct flow_fixture f;
	struct wq_capture_result r;
	size_t faults = 0;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	small_site(&f);
	for (size_t k = 0; k < WQ_COUNT(kinds); k++) {
		for (unsigned long at = 1;; at++) {
			size_t before = readable_releases(&f), created = flow_events(&f, "release.created");
			struct wq_fault fault;
			wq_err e;

			wq_fault_init(&fault, &wq_fs_system);
			fault.kind = kinds[k].kind;
			fault.errnum = kinds[k].errnum;
			fault.sticky = kinds[k].sticky;
			fault.at = at;
			f.w.fs = &fault.fs;
			e = flow_try_capture(&f, &r);
			f.w.fs = &wq_fs_system;
			if (fault.hits == 0) {
				assert_ok(e);
				break;
			}
			faults++;
			if (kinds[k].errnum == ENOSPC && wq_failed(e))
				assert_true(wq_is(e, WQ_E_NO_SPACE));
			assert_int_equal(readable_releases(&f), before + !wq_failed(e));
			assert_int_equal(flow_events(&f, "release.created"), created + !wq_failed(e));
		}
	}
	assert_true(faults > 10);
	/* nothing is left that would be in the way */
	r = flow_capture(&f);
	flow_seal(&f, r.release);
	flow_close(&f);
}

static void a_body_without_its_event_is_no_release(void **state)
{
	struct flow_fixture f;
	struct wq_capture_result r;
	struct wq_tip tip;
	WQ_BUF(body, WQ_MIB);

	(void)state;
	flow_open(&f, WQ_S_NONE);
	small_site(&f);
	assert_ok(wq_ledger_tip(f.w.ledger, &tip));
	assert_ok(wq_file_replace(&wq_fs_system,
		flow_path(&f, "state/releases/r%llu.body", (unsigned long long)tip.seq + 1), WQ_S("orphan"), 0644));
	assert_int_equal(readable_releases(&f), 0);
	r = flow_capture(&f);
	assert_int_equal(readable_releases(&f), 1);
	assert_ok(wq_file_read(&wq_fs_system, flow_path(&f, "state/releases/%.*s.body", WQ_S_ARG(r.release)), &body));
	assert_true(body.len > 100);
	flow_close(&f);
}

static void two_processes_capture_at_once(void **state)
{
	enum { PROCESSES = 2, ROUNDS = 5 };
	struct flow_fixture f;
	pid_t children[PROCESSES];
	int status;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	small_site(&f);
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			struct wq_capture_options options = {.author = WQ_S("editor")};
			struct wq_capture_result r;
			struct wq_workspace w;
			struct wq_arena arena;

			wq_arena_init(&arena, 64 * WQ_MIB);
			if (wq_failed(wq_workspace_open(f.state, &wq_clock_system, &wq_random_system, &arena, &w)))
				_exit(2);
			for (int round = 0; round < ROUNDS; round++)
				if (wq_failed(wq_capture(&w, &f.app, &options, &r)))
					_exit(3);
			_exit(0);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	/* looking ten times at the same bytes proposes them once */
	assert_int_equal(readable_releases(&f), 1);
	assert_int_equal(packs(&f), 1);
	flow_close(&f);
}

static void the_whole_line_runs_on_postgresql(void **state)
{
	struct flow_fixture f;
	struct wq_pg_test pg;
	struct wq_capture_result r;
	wq_err e = wq_pg_test_start(&pg);

	(void)state;
	if (wq_is(e, WQ_E_UNSUPPORTED))
		skip();
	assert_ok(e);
	flow_open(&f, wq_str_c(pg.url));
	assert_int_equal(wq_db_kind(f.w.db), WQ_DB_POSTGRES);
	assert_int_not_equal(access(flow_path(&f, "state/ledger/ledger.db"), F_OK), 0);
	small_site(&f);
	flow_seal(&f, flow_capture(&f).release);
	flow_write(&f, "a.css", "body{}");
	r = flow_capture(&f);
	assert_int_equal(r.changed, 2);
	flow_seal(&f, r.release);
	assert_int_equal(flow_events(&f, "release.sealed"), 2);
	assert_int_equal(flow_capture(&f).release.n, 0);
	/* another database than the one in the configuration is refused */
	assert_err(wq_workspace_init(f.state, WQ_S("postgresql:///other"), &wq_clock_system, &wq_random_system),
		WQ_E_EXISTS);
	flow_close(&f);
	wq_pg_test_stop(&pg);
}

/* Heads come in steps, and one that was signed but not kept is kept later. */
static void heads_reach_the_tip(void **state)
{
	struct flow_fixture f;
	struct wq_head head;
	struct wq_tip tip;
	WQ_BUF(witness, WQ_MIB);

	(void)state;
	flow_open(&f, WQ_S_NONE);
	assert_ok(wq_workspace_sign_head(&f.w));
	assert_ok(wq_ledger_tip(f.w.ledger, &tip));
	assert_ok(wq_ledger_head_last(f.w.ledger, &head));
	assert_int_equal(head.tip.seq, tip.seq);
	assert_ok(wq_workspace_sign_head(&f.w)); /* nothing new: nothing is added */
	assert_ok(wq_file_read(&wq_fs_system, flow_path(&f, "state/heads/witness.log"), &witness));
	assert_int_equal(wq_str_chr(wq_buf_str(&witness), '\n'), (ptrdiff_t)witness.len - 1);
	flow_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_site_comes_as_a_release),
		cmocka_unit_test(nothing_changed_means_nothing_happens),
		cmocka_unit_test(every_difference_is_an_event_and_packs_are_reused),
		cmocka_unit_test(findings_are_recorded_once_with_place_and_digest),
		cmocka_unit_test(an_empty_origin_is_no_release),
		cmocka_unit_test(what_cannot_be_read_stays_as_it_is_sealed),
		cmocka_unit_test(a_failing_disk_leaves_a_whole_release_or_none),
		cmocka_unit_test(a_body_without_its_event_is_no_release),
		cmocka_unit_test(two_processes_capture_at_once),
		cmocka_unit_test(heads_reach_the_tip),
		cmocka_unit_test(the_whole_line_runs_on_postgresql),
	};
	return cmocka_run_group_tests_name("flow capture", tests, NULL, NULL);
}
