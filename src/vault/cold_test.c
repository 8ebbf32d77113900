#include "vault/cold.h"

#include <fcntl.h>

#include "base/test.h"
#include "vault/dir_test.h"
#include "vault/layout_priv.h"
#include "vault/pack.h"
#include "vault/shelf.h"

enum { MAX = 64 * 1024 * 1024 };

/* Lengths around leaves, around the window, and many small ones. */
static const size_t lengths[] = {37, 1, 15, 16, 16383, 16384, 16385, 100000, 3 * 16384, WQ_COLD_WINDOW + 5, 7,
	WQ_COLD_WINDOW - 100, 300, 2 * WQ_COLD_WINDOW + 16384};

struct fixture {
	char dir[WQ_TEST_PATH], path[PATH_MAX];
	wq_digest name;
	struct wq_buf file, index;
	struct wq_pack pack;
};

static void make(struct fixture *f, const size_t *object_lengths, size_t n)
{
	char hex[WQ_DIGEST_HEX], file[WQ_DIGEST_HEX + 8];
	struct wq_pack_writer *w;
	struct wq_pack_object object;
	const wq_digest *names;
	size_t packs;
	WQ_BUF(bytes, MAX);

	*f = (struct fixture){.file = WQ_BUF_INIT(MAX), .index = WQ_BUF_INIT(MAX)};
	wq_test_dir(f->dir);
	assert_ok(wq_pack_writer_open(f->dir, &w));
	for (size_t i = 0; i < n; i++) {
		wq_buf_clear(&bytes);
		assert_non_null(wq_buf_reserve(&bytes, object_lengths[i] + 1));
		for (size_t at = 0; at < object_lengths[i]; at++)
			bytes.data[at] = (uint8_t)(at * 2654435761u >> 11) ^ (uint8_t)i;
		assert_ok(wq_pack_writer_add(w, wq_str_of(bytes.data, object_lengths[i]), &object));
	}
	assert_ok(wq_pack_writer_finish(w, &names, &packs));
	assert_true(packs > 0);
	f->name = names[packs - 1];
	snprintf(file, sizeof file, "%s.pack", wq_digest_hex(f->name, hex));
	snprintf(f->path, sizeof f->path, "%s/%s", f->dir, file);
	wq_test_read(f->dir, file, &f->file);
	assert_ok(wq_pack_open(wq_buf_str(&f->file), &f->pack));
	wq_pack_writer_free(&w);
}

static void done(struct fixture *f)
{
	wq_buf_done(&f->file);
	wq_buf_done(&f->index);
	wq_test_dir_done(f->dir);
}

static wq_err build(struct fixture *f)
{
	int fd = -1;
	wq_err e;

	wq_buf_clear(&f->index);
	e = wq_cold_build(f->path, f->name, f->file.len, &f->index, &fd);
	if (wq_failed(e)) {
		assert_int_equal(f->index.len, 0);
		assert_int_equal(fd, -1);
		return e;
	}
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	close(fd);
	return e;
}

/* Every block of every object is accepted, and none that differs. */
static void blocks_are_known(const struct wq_pack *pack, const struct wq_cold *cold)
{
	uint64_t offset, length;
	uint32_t leaves;

	assert_int_equal(cold->objects, pack->objects);
	for (uint32_t i = 0; i < cold->objects; i++) {
		wq_str object = wq_pack_bytes(pack, i);

		assert_true(wq_cold_object(cold, i, &offset, &length, &leaves));
		assert_int_equal(offset, object.p - (const char *)pack->bytes);
		assert_int_equal(length, object.n);
		assert_int_equal(leaves, wq_tree_leaves(object.n));
		for (uint32_t leaf = 0; leaf < leaves; leaf++) {
			wq_str block = wq_str_head(wq_str_from(object, (size_t)leaf * WQ_TREE_LEAF), WQ_TREE_LEAF);
			uint8_t *byte = (uint8_t *)(uintptr_t)block.p + block.n / 2;

			assert_true(wq_cold_block_is(cold, i, leaf, block));
			if (block.n == 0)
				continue;
			assert_false(wq_cold_block_is(cold, i, leaf, wq_str_head(block, block.n - 1)));
			*byte ^= 0x20;
			assert_false(wq_cold_block_is(cold, i, leaf, block));
			*byte ^= 0x20;
		}
		assert_false(wq_cold_block_is(cold, i, leaves, WQ_S("")));
	}
	assert_false(wq_cold_object(cold, cold->objects, &offset, &length, &leaves));
}

/* The writer begins a pack anew at its target, so the long ones come in a pack of their own. */
static void every_block_is_known(void **state)
{
	static const size_t none[] = {0};
	struct fixture f;
	struct wq_cold cold;

	(void)state;
	for (size_t first = 0; first < WQ_COUNT(lengths); first++) {
		make(&f, lengths + first, WQ_MIN(WQ_COUNT(lengths) - first, (size_t)9));
		assert_ok(build(&f));
		assert_ok(wq_cold_open(wq_buf_str(&f.index), &cold));
		assert_true(wq_digest_eq(cold.name, f.name));
		assert_int_equal(cold.file_bytes, f.file.len);
		blocks_are_known(&f.pack, &cold);
		done(&f);
	}
	make(&f, none, 1);
	assert_ok(build(&f));
	assert_ok(wq_cold_open(wq_buf_str(&f.index), &cold));
	blocks_are_known(&f.pack, &cold);
	done(&f);
}

/* Many small objects: more leaves than one batch of lanes, more bytes than one window. */
static void small_ones_go_in_batches(void **state)
{
	static size_t many[5000];
	struct fixture f;
	struct wq_cold cold;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(many); i++)
		many[i] = 1 + i * 37 % 5000;
	make(&f, many, WQ_COUNT(many));
	assert_true(f.file.len > WQ_COLD_WINDOW);
	assert_ok(build(&f));
	assert_ok(wq_cold_open(wq_buf_str(&f.index), &cold));
	blocks_are_known(&f.pack, &cold);
	print_message("# %zu bytes of index for %u objects\n", f.index.len, cold.objects);
	done(&f);
}

static void put(const struct fixture *f, size_t at, uint8_t byte)
{
	int fd = open(f->path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

/* One byte anywhere in header, objects, padding or index. */
static void every_altered_byte_is_refused(void **state)
{
	static const size_t few[] = {37, 100000, WQ_COLD_WINDOW + 5, 300};
	struct fixture f;
	char expected[32];
	wq_err e;

	(void)state;
	make(&f, few, WQ_COUNT(few));
	for (size_t at = 0; at < f.file.len; at += at < 200 || at + 500 > f.file.len ? 3 : 99991) {
		put(&f, at, f.file.data[at] ^ 1);
		e = build(&f);
		if (!wq_is(e, WQ_E_ALTERED))
			fail_msg("byte %zu: %s", at, wq_err_name(e));
		for (uint32_t i = 0; i < f.pack.objects; i++) {
			wq_str object = wq_pack_bytes(&f.pack, i);
			size_t begin = (size_t)(object.p - (const char *)f.file.data);

			snprintf(expected, sizeof expected, "object %u (", i);
			if (at >= begin && at - begin < object.n && !strstr(wq_err_note(e), expected))
				fail_msg("byte %zu of %u: %s", at, i, wq_err_note(e));
		}
		put(&f, at, f.file.data[at]);
	}
	assert_ok(build(&f));
	assert_int_equal(truncate(f.path, (off_t)f.file.len - 1), 0);
	assert_err(build(&f), WQ_E_ALTERED);
	assert_int_equal(truncate(f.path, 10), 0);
	assert_err(build(&f), WQ_E_ALTERED);
	assert_int_equal(unlink(f.path), 0);
	assert_err(build(&f), WQ_E_NOT_FOUND);
	assert_int_equal(symlink("/dev/null", f.path), 0);
	assert_err(build(&f), WQ_E_ALTERED);
	done(&f);
}

/* Each bit of the structure changed and each length: refused, or every object still lies inside the file and has its leaves. */
static void hostile_indexes_are_refused(void **state)
{
	static const size_t few[] = {37, 0, 40000, 16384};
	size_t structure = WQ_COLD_HEADER + 4 * (size_t)WQ_COLD_ROW, refused = 0;
	struct fixture f;
	struct wq_cold cold;
	uint64_t offset, length;
	wq_digest digest;
	uint32_t leaves;
	uint8_t *copy;

	(void)state;
	make(&f, few, WQ_COUNT(few));
	assert_ok(build(&f));
	assert_int_equal(f.index.len, structure + (1 + 1 + 3 + 1) * (size_t)WQ_DIGEST_BYTES);
	for (size_t n = 0; n < f.index.len; n++) {
		copy = malloc(n + 1);
		memcpy(copy, f.index.data, n);
		assert_err(wq_cold_open(wq_str_of(copy, n), &cold), WQ_E_FORMAT);
		free(copy);
	}
	copy = malloc(f.index.len);
	for (size_t bit = 0; bit < 8 * structure; bit++) {
		memcpy(copy, f.index.data, f.index.len);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (wq_failed(wq_cold_open(wq_str_of(copy, f.index.len), &cold))) {
			refused++;
			continue;
		}
		for (uint32_t i = 0; i < cold.objects; i++) {
			assert_true(wq_cold_object(&cold, i, &offset, &length, &leaves));
			assert_true(offset + length <= cold.file_bytes);
			assert_true(wq_cold_leaf(&cold, i, leaves - 1, &digest));
		}
	}
	free(copy);
	/* unseen: the name, a length within its padding, a larger file */
	assert_true(refused > 8 * structure * 5 / 8 - 8 * WQ_DIGEST_BYTES);
	done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_block_is_known),
		cmocka_unit_test(small_ones_go_in_batches),
		cmocka_unit_test(every_altered_byte_is_refused),
		cmocka_unit_test(hostile_indexes_are_refused),
	};

	if (wq_failed(wq_crypto_init()))
		return 1;
	return cmocka_run_group_tests_name("vault cold", tests, NULL, NULL);
}
