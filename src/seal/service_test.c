/* The whole business of weique-sign, in this process: what it seals, what it refuses, what it remembers. */
#include "seal/service_fixture_test.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { BODY = 40000, FILE_MAX = 1024 * 1024 };

static struct people people;
static const struct wq_secret no_secret;
static wq_time now = 1790000200 * WQ_SECOND;
static struct wq_clock test_clock;
static char body_bytes[BODY];
static const wq_str body = {body_bytes, BODY};

struct fixture {
	char dir[TEST_PATH];
	struct wq_seal_service *service;
};

static void reopen(struct fixture *f)
{
	wq_seal_service_close(&f->service);
	assert_ok(wq_seal_service_open(&wq_fs_system, f->dir, &no_secret, &test_clock, &f->service));
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	folder_make(f->dir, &people);
	reopen(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	wq_seal_service_close(&f->service);
	folder_remove(f->dir);
	free(f);
	return 0;
}

static void remove_file(struct fixture *f, const char *name)
{
	char path[2 * TEST_PATH];

	snprintf(path, sizeof path, "%s/%s", f->dir, name);
	assert_int_equal(unlink(path), 0);
}

static wq_err seal(struct fixture *f, const struct release *r, struct wq_buf *out, wq_sm2_sig *ret_sig)
{
	wq_buf_clear(out);
	return wq_seal_service_seal(f->service, &r->request, r->body_fd, out, ret_sig);
}

static void refused(struct fixture *f, const struct release *r, enum wq_err_id id)
{
	WQ_BUF(out, WQ_SNAPSHOT_HEADER);
	wq_sm2_sig sig;

	assert_err(seal(f, r, &out, &sig), id);
	assert_int_equal(out.len, 0);
}

/* Seals `body` for app "portal" as serial 1 and leaves the canonical head in `out`. */
static void seal_first(struct fixture *f, struct wq_buf *out)
{
	struct release r;
	wq_sm2_sig sig;

	release_approved(&r, &people, "portal", "r1", body, 0, WQ_S_NONE);
	assert_ok(seal(f, &r, out, &sig));
	release_done(&r);
}

/* ---- sealing ---- */

static void test_seals(void **state)
{
	struct fixture *f = *state;
	struct wq_event event;
	struct wq_snapshot_head head;
	struct release r, next;
	wq_sm2_public key = wq_seal_service_public(f->service);
	wq_sm2_sig sig;
	WQ_BUF(first, WQ_SNAPSHOT_HEADER);
	WQ_BUF(second, WQ_SNAPSHOT_HEADER);

	release_approved(&r, &people, "portal", "r1", body, 0, WQ_S_NONE);
	assert_ok(seal(f, &r, &first, &sig));
	assert_ok(wq_sm2_verify(&key, wq_buf_str(&first), &sig));
	assert_ok(wq_snapshot_head_decode(wq_buf_str(&first), &head));
	assert_ok(wq_event_decode(r.request.event, &event));
	assert_string_equal(head.app, "portal");
	assert_int_equal(head.serial, 1);
	assert_true(wq_digest_is_zero(head.previous));
	assert_true(wq_digest_eq(head.event, event.digest));
	assert_true(wq_digest_eq(head.statement, wq_sm3(r.request.statement)));
	assert_true(wq_digest_eq(head.body_root, wq_tree_root(body)));
	assert_int_equal(head.body_bytes, BODY);
	assert_int_equal(head.sealed_at, now);
	assert_true(wq_digest_eq(head.key_id, wq_sm2_key_id(&key)));

	release_approved(&next, &people, "portal", "r2", WQ_S_NONE, 1, wq_buf_str(&first));
	assert_ok(seal(f, &next, &second, &sig));
	assert_ok(wq_snapshot_head_decode(wq_buf_str(&second), &head));
	assert_int_equal(head.serial, 2);
	assert_true(wq_digest_eq(head.previous, wq_sm3(wq_buf_str(&first))));
	refused(f, &r, WQ_E_REPLAYED);
	release_done(&r);
	release_done(&next);
}

/* Asked again, also after a restart, later, and without the body: the same bytes. */
static void test_same_answer(void **state)
{
	struct fixture *f = *state;
	struct release r;
	wq_sm2_sig sig, again;
	WQ_BUF(first, WQ_SNAPSHOT_HEADER);
	WQ_BUF(second, WQ_SNAPSHOT_HEADER);

	release_approved(&r, &people, "portal", "r1", body, 0, WQ_S_NONE);
	assert_ok(seal(f, &r, &first, &sig));
	for (int i = 0; i < 2; i++) {
		now += WQ_DAY;
		assert_ok(seal(f, &r, &second, &again));
		assert_str(wq_buf_str(&second), wq_buf_str(&first));
		assert_memory_equal(&sig, &again, sizeof sig);
		reopen(f);
	}
	release_done(&r);
}

static void test_applications_are_apart(void **state)
{
	struct fixture *f = *state;
	struct release r;
	wq_sm2_sig sig;
	WQ_BUF(head, WQ_SNAPSHOT_HEADER);

	seal_first(f, &head);
	release_begin(&r, "notice", "r1", body, 0, WQ_S_NONE);
	release_decide(&r, &people, CHEN, WQ_VERDICT_APPROVE); /* one of anybody is enough there */
	release_finish(&r);
	assert_ok(seal(f, &r, &head, &sig));
	release_done(&r);
}

/* ---- refusals ---- */

static void test_decisions(void **state)
{
	static const struct {
		enum who who[3];
		enum wq_verdict verdict[3];
		size_t n;
		enum wq_err_id id;
	} table[] = {
		{{WANG}, {WQ_VERDICT_APPROVE}, 1, WQ_E_UNAPPROVED},
		{{WANG, WANG}, {WQ_VERDICT_APPROVE, WQ_VERDICT_APPROVE}, 2, WQ_E_UNAPPROVED},
		{{EDITOR, WANG}, {WQ_VERDICT_APPROVE, WQ_VERDICT_APPROVE}, 2, WQ_E_SELF_REVIEW},
		{{CHEN, WANG}, {WQ_VERDICT_APPROVE, WQ_VERDICT_APPROVE}, 2, WQ_E_UNAPPROVED},
		{{HE, WANG}, {WQ_VERDICT_APPROVE, WQ_VERDICT_APPROVE}, 2, WQ_E_UNAPPROVED},
		{{WANG, LI, SUN}, {WQ_VERDICT_APPROVE, WQ_VERDICT_APPROVE, WQ_VERDICT_REJECT}, 3, WQ_E_UNAPPROVED},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		struct release r;

		release_begin(&r, "portal", "r1", body, 0, WQ_S_NONE);
		for (size_t j = 0; j < table[i].n; j++)
			release_decide(&r, &people, table[i].who[j], table[i].verdict[j]);
		release_finish(&r);
		refused(f, &r, table[i].id);
		release_done(&r);
	}
}

static void test_altered_request(void **state)
{
	struct fixture *f = *state;
	struct release r, other;

	release_approved(&r, &people, "portal", "r1", body, 0, WQ_S_NONE);
	release_approved(&other, &people, "portal", "r2", body, 0, WQ_S_NONE);
	r.request.decisions[1].sig.rs[5] ^= 1;
	refused(f, &r, WQ_E_SIGNATURE);
	r.request.decisions[1].sig.rs[5] ^= 1;
	r.request.decisions[1] = other.request.decisions[1];
	refused(f, &r, WQ_E_SIGNATURE);
	r.request.decisions[1].canonical = WQ_S("no decision");
	refused(f, &r, WQ_E_FORMAT);
	r.request.statement = WQ_S("no statement");
	refused(f, &r, WQ_E_FORMAT);
	r.request.statement = other.request.statement; /* approved: another one */
	refused(f, &r, WQ_E_SIGNATURE);
	release_done(&r);
	release_done(&other);
}

static void test_event(void **state)
{
	struct fixture *f = *state;
	struct release r, other;
	struct wq_event real;
	WQ_BUF(event, WQ_EVENT_BYTES_MAX);
	const wq_str portal = WQ_S("portal"), r1 = WQ_S("r1"), li = WQ_S("li");

	release_approved(&r, &people, "portal", "r1", body, 0, WQ_S_NONE);
	release_approved(&other, &people, "portal", "r2", body, 0, WQ_S_NONE);
	assert_ok(wq_event_decode(r.request.event, &real));
	const struct {
		const char *type;
		wq_str actor, app, subject, body;
	} table[] = {
		{"release.created", li, portal, r1, real.body},
		{"release.decided", WQ_S("wang"), portal, r1, real.body},
		{"release.decided", li, WQ_S("notice"), r1, real.body},
		{"release.decided", li, portal, WQ_S("r2"), real.body},
		{"release.decided", li, portal, r1, WQ_S("{\"decision\":\"00\"}")},
		{"release.decided", li, portal, r1, WQ_S("{}")},
	};
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		wq_buf_clear(&event);
		event_encode(9, table[i].type, table[i].actor, table[i].app, table[i].subject, table[i].body,
			(wq_digest){{1}}, &event);
		r.request.event = wq_buf_str(&event);
		refused(f, &r, WQ_E_UNAPPROVED);
	}
	r.request.event = other.request.event;
	refused(f, &r, WQ_E_UNAPPROVED);
	r.request.event = WQ_S("");
	refused(f, &r, WQ_E_FORMAT);
	release_done(&r);
	release_done(&other);
}

static void test_base(void **state)
{
	struct fixture *f = *state;
	struct release r;
	WQ_BUF(first, WQ_SNAPSHOT_HEADER);

	release_approved(&r, &people, "portal", "r0", body, 1, WQ_S("never sealed"));
	refused(f, &r, WQ_E_REPLAYED);
	release_done(&r);
	seal_first(f, &first);
	release_approved(&r, &people, "portal", "r2", body, 0, WQ_S_NONE);
	refused(f, &r, WQ_E_REPLAYED);
	release_done(&r);
	release_approved(&r, &people, "portal", "r3", body, 2, wq_buf_str(&first));
	refused(f, &r, WQ_E_REPLAYED);
	release_done(&r);
	release_approved(&r, &people, "portal", "r4", body, 1, WQ_S("another head"));
	refused(f, &r, WQ_E_REPLAYED);
	release_done(&r);
}

static void test_body(void **state)
{
	struct fixture *f = *state;
	struct release r;
	int fds[2];

	release_approved(&r, &people, "portal", "r1", body, 0, WQ_S_NONE);
	assert_int_equal(pwrite(r.body_fd, "x", 1, BODY - 1), 1);
	refused(f, &r, WQ_E_ALTERED);
	assert_int_equal(pwrite(r.body_fd, body.p + BODY - 1, 1, BODY - 1), 1);
	assert_int_equal(ftruncate(r.body_fd, BODY - 1), 0);
	refused(f, &r, WQ_E_ALTERED);
	assert_int_equal(ftruncate(r.body_fd, BODY + 1), 0);
	refused(f, &r, WQ_E_ALTERED);
	close(r.body_fd);
	assert_int_equal(pipe(fds), 0);
	r.body_fd = fds[0];
	refused(f, &r, WQ_E_INPUT);
	close(fds[0]);
	close(fds[1]);
	r.body_fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	refused(f, &r, WQ_E_INPUT);
	release_done(&r);
	release_begin(&r, "portal", "r2", body, 0, WQ_S_NONE);
	r.said.body_bytes = (uint64_t)5 << 30;
	wq_buf_clear(&r.statement);
	assert_ok(wq_statement_encode(&r.said, &r.statement));
	r.request.statement = wq_buf_str(&r.statement);
	refused(f, &r, WQ_E_LIMIT);
	release_done(&r);
}

static void test_trust_list(void **state)
{
	struct fixture *f = *state;
	struct release r;
	char path[TEST_PATH + 16];
	wq_sm2_sig sig;
	WQ_BUF(out, WQ_SNAPSHOT_HEADER);
	WQ_BUF(list, FILE_MAX);

	release_approved(&r, &people, "portal", "r1", body, 0, WQ_S_NONE);
	snprintf(path, sizeof path, "%s/trust", f->dir);
	folder_read(f->dir, "trust", &list);
	assert_int_equal(chmod(path, 0620), 0);
	refused(f, &r, WQ_E_CONFIG);
	folder_write(f->dir, "trust", WQ_S("weique-trust 1\nperson nobody\n"));
	refused(f, &r, WQ_E_CONFIG);
	assert_int_equal(unlink(path), 0);
	refused(f, &r, WQ_E_CONFIG);
	folder_write(f->dir, "trust", wq_buf_str(&list)); /* read anew each time */
	assert_ok(seal(f, &r, &out, &sig));
	release_done(&r);
}

/* ---- its own records ---- */

static void test_records_altered(void **state)
{
	static const char *const files[] = {"apps/portal.sealed", "serials"};
	struct fixture *f = *state;
	struct release r;
	WQ_BUF(first, WQ_SNAPSHOT_HEADER);
	WQ_BUF(file, FILE_MAX);

	seal_first(f, &first);
	release_approved(&r, &people, "portal", "r2", body, 1, wq_buf_str(&first));
	for (size_t i = 0; i < WQ_COUNT(files); i++) {
		folder_read(f->dir, files[i], &file);
		for (size_t at = 0; at < file.len; at += 11) {
			WQ_BUF(out, WQ_SNAPSHOT_HEADER);
			struct wq_seal_service *service = NULL;
			wq_sm2_sig sig;
			wq_err e;

			wq_seal_service_close(&f->service);
			file.data[at] ^= 1;
			folder_write(f->dir, files[i], wq_buf_str(&file));
			file.data[at] ^= 1;
			e = wq_seal_service_open(&wq_fs_system, f->dir, &no_secret, &test_clock, &service);
			if (!wq_failed(e))
				e = wq_seal_service_seal(service, &r.request, r.body_fd, &out, &sig);
			if (!wq_is(e, WQ_E_ALTERED) && !wq_is(e, WQ_E_REPLAYED))
				fail_msg("byte %zu of %s: %s", at, files[i], wq_err_name(e));
			wq_seal_service_close(&service);
		}
		folder_write(f->dir, files[i], wq_buf_str(&file));
		reopen(f);
	}
	release_done(&r);
}

static void test_records_cut_and_gone(void **state)
{
	struct fixture *f = *state;
	struct release r;
	WQ_BUF(first, WQ_SNAPSHOT_HEADER);
	WQ_BUF(file, FILE_MAX);

	seal_first(f, &first);
	release_approved(&r, &people, "portal", "again", body, 0, WQ_S_NONE);
	folder_read(f->dir, "apps/portal.sealed", &file);
	for (size_t n = 0; n < file.len; n += 37) {
		folder_write(f->dir, "apps/portal.sealed", wq_str_head(wq_buf_str(&file), n));
		refused(f, &r, WQ_E_ALTERED);
	}
	remove_file(f, "apps/portal.sealed");
	refused(f, &r, WQ_E_ALTERED);
	reopen(f);
	refused(f, &r, WQ_E_ALTERED);
	folder_read(f->dir, "serials", &file);
	wq_seal_service_close(&f->service);
	for (size_t n = 0; n < file.len; n++) {
		folder_write(f->dir, "serials", wq_str_head(wq_buf_str(&file), n));
		assert_err(wq_seal_service_open(&wq_fs_system, f->dir, &no_secret, &test_clock, &f->service),
			WQ_E_ALTERED);
	}
	folder_write(f->dir, "serials", wq_buf_str(&file));
	release_done(&r);
}

/* Yesterday's record put back, with the service running and stopped: its serial is not given a second time. */
static void test_record_replayed(void **state)
{
	struct fixture *f = *state;
	struct release two, three, other;
	wq_sm2_sig sig;
	WQ_BUF(first, WQ_SNAPSHOT_HEADER);
	WQ_BUF(second, WQ_SNAPSHOT_HEADER);
	WQ_BUF(third, WQ_SNAPSHOT_HEADER);
	WQ_BUF(old, FILE_MAX);
	WQ_BUF(serials, FILE_MAX);

	seal_first(f, &first);
	folder_read(f->dir, "apps/portal.sealed", &old);
	folder_read(f->dir, "serials", &serials);
	release_approved(&two, &people, "portal", "r2", body, 1, wq_buf_str(&first));
	assert_ok(seal(f, &two, &second, &sig));
	release_approved(&three, &people, "portal", "r3", body, 2, wq_buf_str(&second));
	assert_ok(seal(f, &three, &third, &sig));
	release_approved(&other, &people, "portal", "x2", WQ_S("other"), 1, wq_buf_str(&first));
	folder_write(f->dir, "apps/portal.sealed", wq_buf_str(&old));
	refused(f, &other, WQ_E_REPLAYED);
	reopen(f);
	refused(f, &other, WQ_E_REPLAYED);
	refused(f, &three, WQ_E_REPLAYED);
	release_done(&two);
	release_done(&three);
	release_done(&other);
}

/* The second witness put back, two steps behind: refused. */
static void test_serials_replayed(void **state)
{
	struct fixture *f = *state;
	struct release two, three;
	wq_sm2_sig sig;
	WQ_BUF(first, WQ_SNAPSHOT_HEADER);
	WQ_BUF(second, WQ_SNAPSHOT_HEADER);
	WQ_BUF(third, WQ_SNAPSHOT_HEADER);
	WQ_BUF(serials, FILE_MAX);

	seal_first(f, &first);
	folder_read(f->dir, "serials", &serials);
	release_approved(&two, &people, "portal", "r2", body, 1, wq_buf_str(&first));
	assert_ok(seal(f, &two, &second, &sig));
	release_approved(&three, &people, "portal", "r3", body, 2, wq_buf_str(&second));
	assert_ok(seal(f, &three, &third, &sig));
	folder_write(f->dir, "serials", wq_buf_str(&serials));
	reopen(f);
	refused(f, &three, WQ_E_ALTERED);
	remove_file(f, "serials");
	reopen(f);
	refused(f, &three, WQ_E_ALTERED);
	release_done(&two);
	release_done(&three);
}

static void test_init_and_open(void **state)
{
	struct fixture *f = *state;
	struct wq_seal_service *second;
	struct wq_seal_keys keys;

	assert_err(wq_seal_service_init(&wq_fs_system, f->dir, &no_secret), WQ_E_EXISTS);
	assert_err(wq_seal_service_open(&wq_fs_system, f->dir, &no_secret, &test_clock, &second), WQ_E_BUSY);
	assert_ok(wq_seal_service_read_keys(&wq_fs_system, f->dir, &no_secret, &keys));
	assert_int_equal(keys.n, 1);
	assert_memory_equal(keys.keys[0].point, wq_seal_service_public(f->service).point, WQ_SM2_PUBLIC_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_seals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_applications_are_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_decisions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_altered_request, setup, teardown),
		cmocka_unit_test_setup_teardown(test_event, setup, teardown),
		cmocka_unit_test_setup_teardown(test_base, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trust_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_records_altered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_records_cut_and_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_record_replayed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_serials_replayed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_init_and_open, setup, teardown),
	};
	int failed;

	if (wq_failed(wq_crypto_init()))
		return 1;
	test_clock = wq_clock_fixed(&now);
	for (size_t i = 0; i < BODY; i++)
		body_bytes[i] = (char)('a' + i % 23);
	people_new(&people);
	failed = cmocka_run_group_tests_name("seal service", tests, NULL, NULL);
	people_free(&people);
	return failed;
}
