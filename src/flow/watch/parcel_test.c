#include "flow/watch/parcel.h"

#include "base/test.h"

static struct wq_arena arena;
static struct wq_sm2_key *key, *other;
static char dir[64];
static const wq_time now = 1795320000 * WQ_SECOND;

static int set_up(void **state)
{
	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	snprintf(dir, sizeof dir, "/tmp/wq-parcel-XXXXXX");
	return mkdtemp(dir) && !wq_failed(wq_crypto_init()) && !wq_failed(wq_sm2_generate(&key)) &&
			!wq_failed(wq_sm2_generate(&other))
		? 0
		: -1;
}

static int tear_down(void **state)
{
	(void)state;
	wq_sm2_key_free(&key);
	wq_sm2_key_free(&other);
	wq_arena_done(&arena);
	return wq_failed(wq_dir_remove_tree(&wq_fs_system, dir));
}

static wq_str sealed(const char *from, wq_time made, const struct wq_sm2_key *by)
{
	static const wq_str items[] = {WQ_S_INIT("first\nlines\n"), WQ_S_INIT(""), WQ_S_INIT("last")};
	const struct wq_parcel parcel = {
		.kind = WQ_S(WQ_PARCEL_VISITS), .from = wq_str_c(from), .made = made, .items = items, .items_n = 3};
	WQ_BUF(out, WQ_MIB);

	assert_ok(wq_parcel_seal(&parcel, by, &out));
	return wq_arena_str(&arena, wq_buf_str(&out));
}

static wq_err admit(wq_str bytes, const char *kind)
{
	struct wq_parcel parcel;

	WQ_TRY(wq_parcel_open(&arena, bytes, &parcel));
	return wq_parcel_admit(&wq_fs_system, dir, &parcel, wq_str_c(kind), now);
}

static void trust(const char *name, const struct wq_sm2_key *by)
{
	wq_sm2_public public = wq_sm2_key_public(by);

	assert_ok(wq_peer_trust(&wq_fs_system, dir, wq_str_c(name), &public));
}

static void test_what_is_sealed_opens(void **state)
{
	struct wq_parcel p;

	(void)state;
	assert_ok(wq_parcel_open(&arena, sealed("north", now, key), &p));
	assert_str(p.from, WQ_S("north"));
	assert_str(p.kind, WQ_S(WQ_PARCEL_VISITS));
	assert_true(p.made == now);
	assert_int_equal(p.items_n, 3);
	assert_str(p.items[0], WQ_S("first\nlines\n"));
	assert_str(p.items[2], WQ_S("last"));
}

static wq_str longer(wq_str bytes)
{
	WQ_BUF(out, WQ_MIB);

	wq_buf_add(&out, bytes);
	wq_buf_byte(&out, 0);
	return wq_arena_str(&arena, wq_buf_str(&out));
}

static void test_every_altered_byte_is_refused(void **state)
{
	wq_str bytes = sealed("north", now, key);
	struct wq_parcel p;

	(void)state;
	for (size_t i = 0; i < bytes.n; i++) {
		char *altered = wq_arena_alloc(&arena, bytes.n);

		assert_non_null(altered);
		memcpy(altered, bytes.p, bytes.n);
		altered[i] ^= 1;
		assert_true(wq_failed(wq_parcel_open(&arena, wq_str_of(altered, bytes.n), &p)));
		assert_true(wq_failed(wq_parcel_open(&arena, wq_str_head(bytes, i), &p)));
	}
	assert_err(wq_parcel_open(&arena, longer(bytes), &p), WQ_E_FORMAT);
}

static void test_only_who_is_pinned(void **state)
{
	wq_sm2_public public = wq_sm2_key_public(other);

	(void)state;
	assert_err(admit(sealed("north", now, key), WQ_PARCEL_VISITS), WQ_E_DENIED);
	trust("north", key);
	trust("north", key);
	assert_ok(admit(sealed("north", now, key), WQ_PARCEL_VISITS));
	assert_err(admit(sealed("north", now, key), WQ_PARCEL_INSPECTIONS), WQ_E_INPUT);
	assert_err(admit(sealed("north", now, other), WQ_PARCEL_VISITS), WQ_E_SIGNATURE);
	assert_err(admit(sealed("south", now, key), WQ_PARCEL_VISITS), WQ_E_DENIED);
	assert_err(wq_peer_trust(&wq_fs_system, dir, WQ_S("north"), &public), WQ_E_EXISTS);
	assert_err(wq_peer_trust(&wq_fs_system, dir, WQ_S("../north"), &public), WQ_E_INPUT);
}

static void test_no_replay(void **state)
{
	struct wq_parcel p;

	(void)state;
	trust("north", key);
	assert_ok(wq_parcel_open(&arena, sealed("north", now, key), &p));
	assert_ok(wq_parcel_taken(&wq_fs_system, dir, &p));
	assert_err(admit(sealed("north", now, key), WQ_PARCEL_VISITS), WQ_E_REPLAYED);
	assert_err(admit(sealed("north", now - 1, key), WQ_PARCEL_VISITS), WQ_E_REPLAYED);
	assert_ok(admit(sealed("north", now + 1, key), WQ_PARCEL_VISITS));
	assert_err(admit(sealed("north", now + 2 * 3600 * WQ_SECOND, key), WQ_PARCEL_VISITS), WQ_E_FORMAT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_sealed_opens, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_every_altered_byte_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_only_who_is_pinned, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_replay, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
