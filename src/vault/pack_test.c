#include "base/test.h"

#include "vault/dir_test.h"
#include "vault/pack.h"

enum { FILE_MAX = 256 * 1024 * 1024 };

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void fill(struct wq_buf *buf, size_t n)
{
	wq_buf_clear(buf);
	for (size_t i = 0; i < n; i++)
		wq_buf_byte(buf, (uint8_t)next_random());
	assert_ok(wq_buf_err(buf));
}

static void load(const char *dir, wq_digest name, struct wq_buf *bytes, struct wq_pack *ret_pack)
{
	char hex[WQ_DIGEST_HEX], file[WQ_DIGEST_HEX + 8];

	snprintf(file, sizeof file, "%s.pack", wq_digest_hex(name, hex));
	wq_test_read(dir, file, bytes);
	assert_ok(wq_pack_open(wq_buf_str(bytes), ret_pack));
}

/* Writes `n` objects of `sizes` and leaves the writer finished. */
static void write_pack(const char *dir, const size_t *sizes, size_t n, wq_digest *ret_name)
{
	struct wq_pack_writer *w;
	struct wq_pack_object o;
	const wq_digest *names;
	size_t names_n;
	WQ_BUF(bytes, FILE_MAX);

	assert_ok(wq_pack_writer_open(dir, &w));
	for (size_t i = 0; i < n; i++) {
		fill(&bytes, sizes[i]);
		assert_ok(wq_pack_writer_add(w, wq_buf_str(&bytes), &o));
		assert_int_equal(o.number, i);
	}
	assert_ok(wq_pack_writer_finish(w, &names, &names_n));
	assert_int_equal(names_n, 1);
	*ret_name = names[0];
	wq_pack_writer_free(&w);
	assert_null(w);
}

static void what_was_written_comes_back(void **state)
{
	static const wq_str texts[] = {
		WQ_S_INIT(""), WQ_S_INIT("a"), WQ_S_INIT("0123456789abcdef"), WQ_S_INIT("中华人民共和国")};
	char dir[WQ_TEST_PATH];
	struct wq_pack_writer *w;
	struct wq_pack_object objects[WQ_COUNT(texts)], again;
	struct wq_pack pack;
	const wq_digest *names;
	size_t n;
	WQ_BUF(bytes, FILE_MAX);

	(void)state;
	wq_test_dir(dir);
	assert_ok(wq_pack_writer_open(dir, &w));
	for (size_t i = 0; i < WQ_COUNT(texts); i++)
		assert_ok(wq_pack_writer_add(w, texts[i], &objects[i]));
	assert_ok(wq_pack_writer_add(w, texts[2], &again));
	assert_int_equal(again.number, 2);
	assert_int_equal(wq_test_count(dir), 0);
	assert_ok(wq_pack_writer_finish(w, &names, &n));
	assert_int_equal(n, 1);
	assert_int_equal(wq_test_count(dir), 1);
	load(dir, names[0], &bytes, &pack);
	assert_ok(wq_pack_verify(&pack, names[0]));
	assert_ok(wq_pack_reverify(&pack, names[0]));
	assert_int_equal(pack.objects, WQ_COUNT(texts));
	for (uint32_t i = 0; i < pack.objects; i++) {
		assert_str(wq_pack_bytes(&pack, i), texts[i]);
		assert_true(wq_digest_eq(wq_pack_digest(&pack, i), wq_sm3(texts[i])));
		assert_true(wq_digest_eq(wq_pack_root(&pack, i), wq_tree_root(texts[i])));
		assert_true(wq_digest_eq(objects[i].digest, wq_sm3(texts[i])));
		assert_true(objects[i].length_bytes == texts[i].n);
	}
	wq_pack_writer_free(&w);
	wq_test_dir_done(dir);
}

static void full_packs_are_followed_by_others(void **state)
{
	char dir[WQ_TEST_PATH];
	struct wq_pack_writer *w;
	struct wq_pack_object objects[40];
	const wq_digest *names;
	size_t n;
	WQ_BUF(bytes, FILE_MAX);
	WQ_BUF(file, FILE_MAX);

	(void)state;
	wq_test_dir(dir);
	assert_ok(wq_pack_writer_open(dir, &w));
	for (size_t i = 0; i < WQ_COUNT(objects); i++) {
		fill(&bytes, i == 7 ? 18 * WQ_MIB : WQ_MIB);
		assert_ok(wq_pack_writer_add(w, wq_buf_str(&bytes), &objects[i]));
	}
	assert_ok(wq_pack_writer_finish(w, &names, &n));
	assert_int_equal(n, 5);
	for (size_t i = 0; i < n; i++) {
		struct wq_pack pack;

		load(dir, names[i], &file, &pack);
		assert_ok(wq_pack_verify(&pack, names[i]));
		assert_true(pack.objects == 1 || pack.n <= WQ_PACK_TARGET_BYTES + 1024);
		for (size_t j = 0; j < WQ_COUNT(objects); j++)
			assert_true(objects[j].pack != i ||
				wq_digest_eq(wq_pack_digest(&pack, objects[j].number), objects[j].digest));
	}
	wq_pack_writer_free(&w);
	wq_test_dir_done(dir);
}

static void equal_objects_give_equal_packs(void **state)
{
	static const size_t sizes[] = {10, 20000, 0, 33};
	char dir[WQ_TEST_PATH];
	wq_digest a, b;

	(void)state;
	wq_test_dir(dir);
	random_state = 1234567;
	write_pack(dir, sizes, WQ_COUNT(sizes), &a);
	random_state = 1234567;
	write_pack(dir, sizes, WQ_COUNT(sizes), &b);
	assert_true(wq_digest_eq(a, b));
	assert_int_equal(wq_test_count(dir), 1);
	wq_test_dir_done(dir);
}

static void many_small_objects_are_stored_once(void **state)
{
	enum { N = 20000 };
	char dir[WQ_TEST_PATH];
	struct wq_pack_writer *w;
	const wq_digest *names;
	size_t n;

	(void)state;
	wq_test_dir(dir);
	assert_ok(wq_pack_writer_open(dir, &w));
	for (uint32_t i = 0; i < 2 * N; i++) {
		uint32_t value = i % N;
		struct wq_pack_object o;

		assert_ok(wq_pack_writer_add(w, wq_str_of(&value, sizeof value), &o));
		assert_int_equal(o.number, value);
	}
	assert_ok(wq_pack_writer_finish(w, &names, &n));
	assert_int_equal(n, 1);
	wq_pack_writer_free(&w);
	wq_test_dir_done(dir);
}

static void what_was_not_finished_is_gone(void **state)
{
	char dir[WQ_TEST_PATH];
	struct wq_pack_writer *w;
	struct wq_pack_object o;
	WQ_BUF(bytes, FILE_MAX);

	(void)state;
	wq_test_dir(dir);
	assert_ok(wq_pack_writer_open(dir, &w));
	for (int i = 0; i < 3; i++) {
		fill(&bytes, 9 * WQ_MIB);
		assert_ok(wq_pack_writer_add(w, wq_buf_str(&bytes), &o));
	}
	assert_int_equal(wq_test_count(dir), 2);
	wq_pack_writer_free(&w);
	assert_int_equal(wq_test_count(dir), 0);
	wq_test_dir_done(dir);
	assert_err(wq_pack_writer_open(dir, &w), WQ_E_NOT_FOUND);
}

/* ---- altered packs ---- */

static bool accepted(wq_str bytes, wq_digest name, bool full)
{
	struct wq_pack pack;

	return !wq_failed(wq_pack_open(bytes, &pack)) &&
		!wq_failed(full ? wq_pack_verify(&pack, name) : wq_pack_reverify(&pack, name));
}

static void every_changed_byte_is_found(void **state)
{
	static const size_t sizes[] = {10, 100, 0, 33, 500};
	char dir[WQ_TEST_PATH];
	struct wq_pack pack;
	wq_digest name;
	uint8_t *copy;
	WQ_BUF(bytes, FILE_MAX);

	(void)state;
	wq_test_dir(dir);
	write_pack(dir, sizes, WQ_COUNT(sizes), &name);
	load(dir, name, &bytes, &pack);
	copy = malloc(bytes.len);
	memcpy(copy, bytes.data, bytes.len);
	for (size_t i = 0; i < bytes.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			copy[i] ^= (uint8_t)(1 << bit);
			if (accepted(wq_str_of(copy, bytes.len), name, true) ||
				accepted(wq_str_of(copy, bytes.len), name, false))
				fail_msg("byte %zu bit %d", i, bit);
			copy[i] ^= (uint8_t)(1 << bit);
		}
	free(copy);
	for (size_t n = 0; n < bytes.len; n++) {
		copy = malloc(n + 1);
		memcpy(copy, bytes.data, n);
		assert_err(wq_pack_open(wq_str_of(copy, n), &pack), WQ_E_FORMAT);
		free(copy);
	}
	wq_test_dir_done(dir);
}

static void the_first_bad_object_is_named(void **state)
{
	static const size_t sizes[] = {10, 100, 40000, 33};
	char dir[WQ_TEST_PATH], hex[WQ_DIGEST_HEX], expected[128];
	struct wq_pack pack;
	wq_digest name;
	wq_err e;
	WQ_BUF(bytes, FILE_MAX);

	(void)state;
	wq_test_dir(dir);
	write_pack(dir, sizes, WQ_COUNT(sizes), &name);
	load(dir, name, &bytes, &pack);
	bytes.data[(const uint8_t *)wq_pack_bytes(&pack, 2).p + 39999 - pack.bytes] ^= 1;
	bytes.data[(const uint8_t *)wq_pack_bytes(&pack, 3).p - pack.bytes] ^= 1;
	e = wq_pack_verify(&pack, name);
	assert_true(wq_is(e, WQ_E_ALTERED));
	snprintf(expected, sizeof expected, "object 2 (%s)", wq_digest_hex(wq_pack_digest(&pack, 2), hex));
	assert_string_equal(wq_err_note(e), expected);
	wq_test_dir_done(dir);
}

/* Every number of the header and of the index, set to values around its limits: open refuses or everything stays inside. */
static void hostile_indexes_are_refused(void **state)
{
	static const uint64_t values[] = {0, 1, 15, 16, 63, 64, 65, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
		0x8000000000000000, 0xfffffffffffffff0, 0xffffffffffffffff};
	static const size_t sizes[] = {10, 100, 0, 33};
	char dir[WQ_TEST_PATH];
	struct wq_pack pack, hostile;
	wq_digest name;
	uint8_t *copy;
	WQ_BUF(bytes, FILE_MAX);

	(void)state;
	wq_test_dir(dir);
	write_pack(dir, sizes, WQ_COUNT(sizes), &name);
	load(dir, name, &bytes, &pack);
	copy = malloc(bytes.len);
	for (size_t at = 0; at + 8 <= bytes.len; at += 4)
		for (size_t v = 0; v < WQ_COUNT(values); v++) {
			memcpy(copy, bytes.data, bytes.len);
			for (size_t i = 0; i < 8; i++)
				copy[at + i] = (uint8_t)(values[v] >> 8 * (7 - i));
			if (wq_failed(wq_pack_open(wq_str_of(copy, bytes.len), &hostile)))
				continue;
			for (uint32_t i = 0; i < hostile.objects; i++) {
				wq_str object = wq_pack_bytes(&hostile, i);

				assert_true((const uint8_t *)object.p + object.n <= hostile.index);
			}
			assert_true(
				memcmp(copy, bytes.data, bytes.len) == 0 || wq_failed(wq_pack_verify(&hostile, name)));
		}
	free(copy);
	wq_test_dir_done(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_comes_back),
		cmocka_unit_test(full_packs_are_followed_by_others),
		cmocka_unit_test(equal_objects_give_equal_packs),
		cmocka_unit_test(many_small_objects_are_stored_once),
		cmocka_unit_test(what_was_not_finished_is_gone),
		cmocka_unit_test(every_changed_byte_is_found),
		cmocka_unit_test(the_first_bad_object_is_named),
		cmocka_unit_test(hostile_indexes_are_refused),
	};

	if (wq_failed(wq_crypto_init()))
		return 1;
	return cmocka_run_group_tests_name("vault pack", tests, NULL, NULL);
}
