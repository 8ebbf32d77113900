/* A new sealing key: what the old one signed stays believed, the next seal and head are by the new one, and a rotation that is
 * interrupted anywhere is whole or not begun. */
#include "seal/keys_priv.h"

#include <errno.h>

#include "base/file_fault.h"
#include "seal/service_fixture_test.h"

enum { FILE_BYTES = 64 * 1024, STEPS_MAX = 64 };

static struct people people;
static const struct wq_secret no_secret;
static wq_time now = 1790000200 * WQ_SECOND;
static struct wq_clock test_clock;

struct fixture {
	char dir[TEST_PATH];
	struct wq_seal_service *service;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	folder_make(f->dir, &people);
	assert_ok(wq_seal_service_open(&wq_fs_system, f->dir, &no_secret, &test_clock, &f->service));
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

static wq_err reopen(struct fixture *f)
{
	wq_seal_service_close(&f->service);
	return wq_seal_service_open(&wq_fs_system, f->dir, &no_secret, &test_clock, &f->service);
}

static struct wq_seal_keys keys_of(struct fixture *f)
{
	struct wq_seal_keys keys;

	assert_ok(wq_seal_service_read_keys(&wq_fs_system, f->dir, &no_secret, &keys));
	return keys;
}

static void rotate(struct fixture *f)
{
	wq_seal_service_close(&f->service);
	assert_ok(wq_seal_service_rotate(&wq_fs_system, f->dir, &no_secret, &test_clock));
	assert_ok(reopen(f));
}

/* A release of "portal" that was approved, sealed; the head goes to `head`. */
static wq_err seal(struct fixture *f, const char *id, uint64_t base, const struct wq_buf *on, struct wq_buf *head,
	wq_sm2_sig *ret_sig)
{
	struct release r;
	wq_err e;

	release_approved(&r, &people, "portal", id, WQ_S("body"), base, on ? wq_buf_str(on) : WQ_S_NONE);
	e = wq_seal_service_seal(f->service, &r.request, r.body_fd, head, ret_sig);
	release_done(&r);
	return e;
}

static bool signed_by(const wq_sm2_public *key, const struct wq_buf *head, const wq_sm2_sig *sig)
{
	struct wq_snapshot_head said;

	assert_ok(wq_snapshot_head_decode(wq_buf_str(head), &said));
	return wq_digest_eq(said.key_id, wq_sm2_key_id(key)) && !wq_failed(wq_sm2_verify(key, wq_buf_str(head), sig));
}

static wq_err head(struct fixture *f, uint64_t seq, wq_digest previous, wq_digest *ret_digest, struct wq_head *ret_head)
{
	WQ_BUF(event, WQ_EVENT_BYTES_MAX);
	WQ_BUF(list, WQ_EVENT_BYTES_MAX);
	wq_err e;
	int fd;

	event_encode(seq, "change.found", WQ_S("weique"), WQ_S("portal"), WQ_S("x"), WQ_S("{}"), previous, &event);
	wq_buf_u32(&list, (uint32_t)event.len);
	wq_buf_add(&list, wq_buf_str(&event));
	*ret_digest = wq_sm3(wq_buf_str(&event));
	fd = memory_file(wq_buf_str(&list));
	e = wq_seal_service_head(f->service, seq, 1, fd, ret_head);
	close(fd);
	return e;
}

/* ---- */

static void test_across_a_rotation(void **state)
{
	struct fixture *f = *state;
	wq_sm2_public first = wq_seal_service_public(f->service), second;
	WQ_BUF(one, WQ_SNAPSHOT_HEADER);
	WQ_BUF(again, WQ_SNAPSHOT_HEADER);
	WQ_BUF(two, WQ_SNAPSHOT_HEADER);
	wq_sm2_sig sig, sig_again;
	struct wq_head h1, h2;
	wq_digest d1, d2;
	struct wq_seal_keys keys;

	assert_ok(seal(f, "r1", 0, NULL, &one, &sig));
	assert_true(signed_by(&first, &one, &sig));
	assert_ok(head(f, 1, (wq_digest){{0}}, &d1, &h1));
	assert_err(wq_seal_service_rotate(&wq_fs_system, f->dir, &no_secret, &test_clock), WQ_E_BUSY);
	rotate(f);
	second = wq_seal_service_public(f->service);
	assert_memory_not_equal(second.point, first.point, sizeof first.point);
	keys = keys_of(f);
	assert_int_equal(keys.n, 2);
	assert_memory_equal(keys.keys[0].point, second.point, sizeof second.point);
	assert_memory_equal(keys.keys[1].point, first.point, sizeof first.point);
	/* what the old one signed is remembered and given again as it was */
	now += WQ_SECOND;
	assert_ok(seal(f, "r1", 0, NULL, &again, &sig_again));
	assert_str(wq_buf_str(&again), wq_buf_str(&one));
	assert_memory_equal(&sig_again, &sig, sizeof sig);
	/* the next serial, and the next head, are by the new one */
	assert_ok(seal(f, "r2", 1, &one, &two, &sig));
	assert_true(signed_by(&second, &two, &sig));
	assert_ok(head(f, 2, d1, &d2, &h2));
	assert_true(wq_digest_eq(h1.key_id, wq_sm2_key_id(&first)));
	assert_true(wq_digest_eq(h2.key_id, wq_sm2_key_id(&second)));
	/* a second time, and the folder still opens */
	rotate(f);
	assert_int_equal(keys_of(f).n, 3);
	assert_ok(head(f, 3, d2, &d1, &h2));
	assert_ok(reopen(f));
}

static void test_limit(void **state)
{
	struct fixture *f = *state;

	wq_seal_service_close(&f->service);
	for (int i = 1; i < WQ_SEAL_KEYS_MAX; i++)
		assert_ok(wq_seal_service_rotate(&wq_fs_system, f->dir, &no_secret, &test_clock));
	assert_int_equal(keys_of(f).n, WQ_SEAL_KEYS_MAX);
	assert_err(wq_seal_service_rotate(&wq_fs_system, f->dir, &no_secret, &test_clock), WQ_E_LIMIT);
	assert_ok(reopen(f));
}

/* The n-th operation of the disk fails, once or from then on, for every n. */
static void interrupted(struct fixture *f, bool sticky)
{
	struct wq_fault fault;
	unsigned long at = 1;
	bool done = false;

	wq_seal_service_close(&f->service);
	for (; !done && at < STEPS_MAX; at++) {
		struct wq_seal_keys before = keys_of(f), after;

		wq_fault_init(&fault, &wq_fs_system);
		fault.kind = WQ_FAULT_TORN;
		fault.errnum = EIO;
		fault.at = at;
		fault.sticky = sticky;
		done = !wq_failed(wq_seal_service_rotate(&fault.fs, f->dir, &no_secret, &test_clock)) &&
			fault.hits == 0;
		/* the old key signs, or the new one does and the old one is on record; and the folder opens */
		assert_ok(reopen(f));
		after = keys_of(f);
		assert_memory_equal(after.keys[0].point, wq_seal_service_public(f->service).point, WQ_SM2_PUBLIC_BYTES);
		if (after.n == before.n)
			assert_memory_equal(&after.keys[0], &before.keys[0], sizeof after.keys[0]);
		else
			assert_memory_equal(&after.keys[1], &before.keys[0], sizeof after.keys[0]);
		assert_true(after.n == before.n + 1 || (!done && after.n == before.n));
		wq_seal_service_close(&f->service);
	}
	assert_true(done);
	assert_true(at > 4);
}

static void test_interrupted(void **state)
{
	interrupted(*state, false);
	interrupted(*state, true);
}

/* Killed between the steps: each state that the disk can then be in. */
static void test_crashed(void **state)
{
	struct fixture *f = *state;
	WQ_BUF(old_key, FILE_BYTES);
	WQ_BUF(new_key, FILE_BYTES);
	WQ_BUF(keys, FILE_BYTES);
	wq_sm2_public first = wq_seal_service_public(f->service), second;
	char path[TEST_PATH + 32];

	folder_read(f->dir, "seal.key", &old_key);
	rotate(f);
	second = wq_seal_service_public(f->service);
	folder_read(f->dir, "seal.key", &new_key);
	folder_read(f->dir, "keys", &keys);
	/* before `keys`: nothing has happened; a key that was left lying is replaced by the next rotation */
	snprintf(path, sizeof path, "%s/keys", f->dir);
	assert_int_equal(unlink(path), 0);
	folder_write(f->dir, "seal.key", wq_buf_str(&old_key));
	folder_write(f->dir, "seal.key.next", wq_buf_str(&new_key));
	assert_ok(reopen(f));
	assert_memory_equal(wq_seal_service_public(f->service).point, first.point, sizeof first.point);
	assert_int_equal(keys_of(f).n, 1);
	/* after it: opening completes the step, and asking for the keys does not wait for that */
	folder_write(f->dir, "keys", wq_buf_str(&keys));
	assert_int_equal(keys_of(f).n, 2);
	assert_memory_equal(keys_of(f).keys[0].point, second.point, sizeof second.point);
	assert_ok(reopen(f));
	assert_memory_equal(wq_seal_service_public(f->service).point, second.point, sizeof second.point);
	snprintf(path, sizeof path, "%s/seal.key.next", f->dir);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_ok(reopen(f));
	/* the old key put back alone is found */
	folder_write(f->dir, "seal.key", wq_buf_str(&old_key));
	assert_err(reopen(f), WQ_E_ALTERED);
}

/* Nobody gets a key into the past of a folder, nor another version of its file. */
static void test_altered(void **state)
{
	struct fixture *f = *state;
	WQ_BUF(keys, FILE_BYTES);
	WQ_BUF(other, FILE_BYTES);

	rotate(f);
	rotate(f);
	folder_read(f->dir, "keys", &keys);
	for (size_t i = 0; i < keys.len; i += 7) {
		keys.data[i] ^= 1;
		folder_write(f->dir, "keys", wq_buf_str(&keys));
		if (!wq_failed(reopen(f)))
			fail_msg("byte %zu", i);
		keys.data[i] ^= 1;
	}
	for (size_t n = 1; n < keys.len; n += 97) {
		folder_write(f->dir, "keys", wq_str_head(wq_buf_str(&keys), n));
		assert_true(wq_failed(reopen(f)));
	}
	wq_buf_printf(&other, "weique-keys 2\n");
	folder_write(f->dir, "keys", wq_buf_str(&other));
	assert_err(reopen(f), WQ_E_FORMAT);
	folder_write(f->dir, "keys", wq_buf_str(&keys));
	assert_ok(reopen(f));
}

static int start_all(void **state)
{
	(void)state;
	test_clock = wq_clock_fixed(&now);
	assert_ok(wq_crypto_init());
	people_new(&people);
	return 0;
}

static int stop_all(void **state)
{
	(void)state;
	people_free(&people);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_across_a_rotation, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_crashed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_altered, setup, teardown),
	};

	return cmocka_run_group_tests(tests, start_all, stop_all);
}
