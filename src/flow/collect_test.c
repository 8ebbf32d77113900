/* What is kept, what goes, and that a crash at any step leaves everything that is kept whole. */
#include "flow/collect.h"

#include "base/file_fault.h"
#include "flow/audit.h"
#include "flow/flow_fixture_test.h"
#include "flow/rollback.h"
#include "flow/verify.h"
#include "vault/snapshot.h"

#include <errno.h>
#include <sys/wait.h>

enum { VERSIONS = 4 };

/* Versions 1 to VERSIONS, each with a page of its own size, so that every one has a pack of its own. */
static struct wq_capture_result version(struct flow_fixture *f, int n)
{
	char text[200];

	snprintf(text, sizeof text, "<html><body><p>第 %d 版。</p></body></html>", n);
	flow_write(f, "index.html", text);
	snprintf(text, sizeof text, "<html><body><p>只在第 %d 版。</p></body></html>", n);
	flow_write(f, "only.html", text);
	return flow_capture(f);
}

static void seal_versions(struct flow_fixture *f, int n)
{
	for (int i = 1; i <= n; i++)
		flow_seal(f, version(f, i).release);
}

static struct wq_collect_result collect(struct flow_fixture *f, size_t keep, bool dry_run)
{
	struct wq_collect_options options = {.keep = keep, .dry_run = dry_run, .actor = WQ_S("test")};
	struct wq_collect_result r;

	assert_ok(wq_collect(&f->w, &options, &r));
	return r;
}

static struct wq_audit_result audit(struct flow_fixture *f, const char *from)
{
	struct wq_audit_options options = {.from = from, .actor = WQ_S("test")};
	struct wq_audit_result r;

	assert_ok(wq_audit(&f->w, &options, &r));
	return r;
}

static wq_err roll_back(struct flow_fixture *f, uint64_t to, struct wq_rollback_result *ret)
{
	struct wq_rollback_options options = {
		.app = WQ_S("portal"), .author = WQ_S("editor"), .reason = WQ_S("误改"), .serial = to};

	return wq_rollback(&f->w, &options, ret);
}

/* ---- collecting ---- */

static void the_last_versions_are_kept(void **state)
{
	struct flow_fixture f;
	struct wq_collect_result r;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	seal_versions(&f, VERSIONS);
	r = collect(&f, VERSIONS, false);
	assert_int_equal(
		r.removed[WQ_COLLECTED_SNAPSHOT] + r.removed[WQ_COLLECTED_BODY] + r.removed[WQ_COLLECTED_PACK], 0);
	assert_int_equal(flow_events(&f, "vault.collected"), 0);

	r = collect(&f, 2, true);
	assert_int_equal(r.removed[WQ_COLLECTED_SNAPSHOT], VERSIONS - 2);
	assert_int_equal(audit(&f, NULL).snapshots, VERSIONS);
	r = collect(&f, 2, false);
	assert_int_equal(r.removed[WQ_COLLECTED_SNAPSHOT], VERSIONS - 2);
	assert_int_equal(r.removed[WQ_COLLECTED_BODY], VERSIONS - 2);
	assert_int_equal(r.removed[WQ_COLLECTED_PACK], VERSIONS - 2);
	assert_int_equal(flow_events(&f, "vault.collected"), 1);
	assert_int_equal(audit(&f, NULL).snapshots, 2);
	assert_int_equal(audit(&f, NULL).wrong, 0);
	assert_err(wq_collect(&f.w, &(struct wq_collect_options){.keep = 0}, &r), WQ_E_INPUT);
	flow_close(&f);
}

static void what_is_open_is_kept_and_what_was_rejected_goes(void **state)
{
	struct flow_fixture f;
	struct wq_collect_result r;
	struct wq_capture_result open;
	struct wq_release_row row;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	seal_versions(&f, 1);
	open = version(&f, 2);
	r = collect(&f, 1, false);
	assert_int_equal(r.removed[WQ_COLLECTED_BODY] + r.removed[WQ_COLLECTED_PACK], 0);
	assert_ok(wq_release_find(f.w.ledger, open.release, &f.arena, &row));
	assert_ok(wq_release_verify(&f.w, &row, NULL));
	/* another one is sealed: the open one is superseded */
	flow_seal(&f, version(&f, 3).release);
	r = collect(&f, 9, false);
	assert_int_equal(r.removed[WQ_COLLECTED_BODY], 1);
	assert_int_equal(r.removed[WQ_COLLECTED_PACK], 1);
	assert_int_equal(audit(&f, NULL).wrong, 0);
	flow_close(&f);
}

static void what_is_young_is_kept(void **state)
{
	struct flow_fixture f;
	struct wq_collect_result r;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	seal_versions(&f, 2);
	assert_ok(wq_collect(
		&f.w, &(struct wq_collect_options){.keep = 1, .grace_msec = 3600 * 1000, .actor = WQ_S("test")}, &r));
	assert_int_equal(r.removed[WQ_COLLECTED_SNAPSHOT] + r.removed[WQ_COLLECTED_PACK], 0);
	flow_close(&f);
}

static void a_capture_keeps_it_away(void **state)
{
	struct flow_fixture f;
	struct wq_collect_result r;
	int hold, second;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	seal_versions(&f, 2);
	assert_ok(wq_collect_hold(&f.w, false, &hold));
	assert_ok(wq_collect_hold(&f.w, false, &second)); /* several captures may run */
	wq_file_close(&second);
	assert_err(wq_collect(&f.w, &(struct wq_collect_options){.keep = 1, .actor = WQ_S("test")}, &r), WQ_E_BUSY);
	wq_file_close(&hold);
	assert_int_equal(collect(&f, 1, false).removed[WQ_COLLECTED_SNAPSHOT], 1);
	flow_close(&f);
}

/* What it needs is unknown: nothing goes. */
static void a_kept_file_that_cannot_be_read_ends_it(void **state)
{
	struct flow_fixture f;
	struct wq_collect_result r;
	const char *path;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	seal_versions(&f, 3);
	path = flow_path(&f, "state/vault/apps/portal/%020d.snapshot", 3);
	assert_ok(wq_file_replace(&wq_fs_system, path, WQ_S("not a snapshot"), 0644));
	assert_err(wq_collect(&f.w, &(struct wq_collect_options){.keep = 1, .actor = WQ_S("test")}, &r), WQ_E_FORMAT);
	assert_int_equal(flow_events(&f, "vault.collected"), 0);
	assert_int_equal(audit(&f, NULL).snapshots, 3);
	flow_close(&f);
}

/* Names on the shelf count for nothing: a file with a high serial does not push out what the ledger knows. */
static void a_strange_snapshot_pushes_nothing_out(void **state)
{
	struct flow_fixture f;
	const char *from, *to;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	seal_versions(&f, 2);
	from = flow_path(&f, "state/vault/apps/portal/%020d.snapshot", 1);
	to = flow_path(&f, "state/vault/apps/portal/%020d.snapshot", 99);
	assert_ok(wq_file_copy(&wq_fs_system, from, to, 0644, WQ_MIB));
	assert_int_equal(collect(&f, 1, false).removed[WQ_COLLECTED_SNAPSHOT], 1);
	assert_int_equal(audit(&f, NULL).wrong, 0);
	assert_int_equal(audit(&f, NULL).unknown, 1);
	flow_close(&f);
}

/* Each removal fails once, then every later one as well: what is kept is whole, and the next run finishes. */
static void a_crash_at_any_step_leaves_what_is_kept(void **state)
{
	struct flow_fixture f;
	size_t faults = 0;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	seal_versions(&f, VERSIONS);
	for (unsigned long at = 1;; at++) {
		struct wq_collect_options options = {.keep = 1, .actor = WQ_S("test")};
		struct wq_collect_result r;
		struct wq_fault fault;
		wq_err e;

		wq_fault_init(&fault, &wq_fs_system);
		fault.kind = WQ_FAULT_ERRNO;
		fault.errnum = EIO;
		fault.sticky = true;
		fault.at = at;
		f.w.fs = &fault.fs;
		e = wq_collect(&f.w, &options, &r);
		f.w.fs = &wq_fs_system;
		assert_int_equal(audit(&f, NULL).wrong, 0);
		if (fault.hits == 0) {
			assert_ok(e);
			break;
		}
		faults++;
		assert_true(wq_failed(e));
	}
	assert_true(faults > 3);
	assert_int_equal(audit(&f, NULL).snapshots, 1);
	assert_int_equal(audit(&f, NULL).packs, 1);
	flow_close(&f);
}

/* ---- rollback ---- */

static void back_to_an_old_version(void **state)
{
	struct flow_fixture f;
	struct wq_rollback_result r, again;
	struct wq_release_row row;
	WQ_BUF(first, WQ_MIB);
	WQ_BUF(last, WQ_MIB);

	(void)state;
	flow_open(&f, WQ_S_NONE);
	seal_versions(&f, 3);
	assert_err(roll_back(&f, 3, &r), WQ_E_STATE);
	assert_err(roll_back(&f, 4, &r), WQ_E_NOT_FOUND);
	assert_ok(roll_back(&f, 1, &r));
	assert_int_equal(r.changed, 3); /* the start page has two addresses */
	assert_false(r.again);
	assert_int_equal(flow_events(&f, "release.rollback"), 1);
	assert_ok(roll_back(&f, 1, &again));
	assert_true(again.again && wq_str_eq(again.release, r.release));
	flow_seal(&f, r.release);
	assert_ok(wq_release_find(f.w.ledger, r.release, &f.arena, &row));
	assert_int_equal(row.serial, 4);
	assert_ok(wq_file_read(&wq_fs_system, flow_path(&f, "state/vault/apps/portal/%020d.snapshot", 1), &first));
	assert_ok(wq_file_read(&wq_fs_system, flow_path(&f, "state/vault/apps/portal/%020d.snapshot", 4), &last));
	assert_str(wq_str_from(wq_buf_str(&last), WQ_SNAPSHOT_HEADER),
		wq_str_from(wq_buf_str(&first), WQ_SNAPSHOT_HEADER));
	flow_close(&f);
}

static void what_is_gone_cannot_come_back(void **state)
{
	struct flow_fixture f;
	struct wq_rollback_result r;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	seal_versions(&f, 3);
	collect(&f, 2, false);
	assert_err(roll_back(&f, 1, &r), WQ_E_NOT_FOUND);
	assert_ok(roll_back(&f, 2, &r));
	/* an altered snapshot and an altered body: neither is believed */
	assert_ok(wq_file_replace(
		&wq_fs_system, flow_path(&f, "state/vault/apps/portal/%020d.snapshot", 2), WQ_S("x"), 0644));
	assert_int_equal(audit(&f, NULL).wrong, 1);
	flow_close(&f);
}

/* Rules are asked again: what was sealed before a rule was there is found now. */
static void what_comes_back_is_checked(void **state)
{
	struct flow_fixture f;
	struct wq_rollback_result r;
	wq_str *findings;
	size_t n;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	flow_write(&f, "secret.html", "<html><body><p>绝密★10年</p><p>关于若干问题的报告</p></body></html>");
	seal_versions(&f, 1);
	flow_unlink(&f, "secret.html");
	flow_seal(&f, version(&f, 2).release);
	assert_ok(roll_back(&f, 1, &r));
	assert_true(r.findings > 0);
	assert_ok(wq_release_findings(f.w.ledger, r.release, 100, &f.arena, &findings, &n));
	assert_int_equal(n, r.findings);
	flow_close(&f);
}

/* ---- repair ---- */

static const char *a_pack(struct flow_fixture *f)
{
	struct wq_dir_entry *entries;
	size_t n;

	assert_ok(wq_dir_list(&f->arena, flow_path(f, "state/vault/packs"), 100, &entries, &n));
	assert_true(n > 0);
	return flow_path(f, "state/vault/packs/%s", entries[0].name);
}

static void copy(struct flow_fixture *f, const char *from, const char *to)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execlp("cp", "cp", "-r", from, flow_path(f, "%s", to), (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void altered_and_lost_files_are_put_back(void **state)
{
	struct flow_fixture f;
	const char *victims[3];
	struct wq_audit_result r;
	WQ_BUF(bytes, WQ_MIB);

	(void)state;
	flow_open(&f, WQ_S_NONE);
	seal_versions(&f, 2);
	copy(&f, f.state, "backup");
	victims[0] = a_pack(&f);
	victims[1] = flow_path(&f, "state/vault/apps/portal/%020d.snapshot", 2);
	victims[2] = flow_path(&f, "state/vault/apps/portal/%020d.snapshot", 1);
	for (size_t i = 0; i < WQ_COUNT(victims); i++) {
		wq_buf_clear(&bytes);
		assert_ok(wq_file_read(&wq_fs_system, victims[i], &bytes));
		bytes.data[bytes.len / 2] ^= 1;
		assert_ok(wq_file_replace(&wq_fs_system, victims[i], wq_buf_str(&bytes), 0644));
		assert_int_equal(audit(&f, NULL).wrong, 1);
		/* a backup that is altered as well is not believed */
		r = audit(&f, f.state);
		assert_int_equal(r.wrong, 1);
		assert_int_equal(r.repaired, 0);
		r = audit(&f, flow_path(&f, "backup"));
		assert_int_equal(r.repaired, 1);
		assert_int_equal(audit(&f, NULL).wrong, 0);
	}
	assert_int_equal(unlink(victims[0]), 0);
	assert_int_equal(unlink(victims[1]), 0);
	r = audit(&f, flow_path(&f, "backup/vault"));
	assert_int_equal(r.wrong, 2);
	assert_int_equal(r.repaired, 2);
	assert_int_equal(unlink(victims[0]), 0);
	assert_int_equal(audit(&f, flow_path(&f, "backup/vault/packs")).repaired, 1);
	assert_int_equal(audit(&f, NULL).wrong, 0);
	assert_int_equal(flow_events(&f, "vault.repaired"), 5);
	flow_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_versions_are_kept),
		cmocka_unit_test(what_is_open_is_kept_and_what_was_rejected_goes),
		cmocka_unit_test(what_is_young_is_kept),
		cmocka_unit_test(a_capture_keeps_it_away),
		cmocka_unit_test(a_kept_file_that_cannot_be_read_ends_it),
		cmocka_unit_test(a_strange_snapshot_pushes_nothing_out),
		cmocka_unit_test(a_crash_at_any_step_leaves_what_is_kept),
		cmocka_unit_test(back_to_an_old_version),
		cmocka_unit_test(what_is_gone_cannot_come_back),
		cmocka_unit_test(what_comes_back_is_checked),
		cmocka_unit_test(altered_and_lost_files_are_put_back),
	};
	return cmocka_run_group_tests_name("flow collect", tests, NULL, NULL);
}
