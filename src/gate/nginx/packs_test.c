/* What a generation brings besides pages: policies, keys, cold packs and what becomes of their files. */
#include "gate/nginx/store.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "vault/cold.h"
#include "vault/dir_test.h"

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, MAX = 16 * 1024 * 1024 };
enum { SMALL = 100, LARGE = 20 * WQ_TREE_LEAF + 777 };

/* One application with a small and a large object in a real pack. */
struct fixture {
	char dir[WQ_TEST_PATH], path[PATH_MAX];
	struct wq_pack_object objects[2];
	struct wq_buf bytes[2];
	struct wq_buf snapshot, index;
	wq_digest name;
	uint64_t pack_bytes, serial, generation;
	int fd; /* of the pack that was verified */
};

static int memfd(wq_str bytes)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, SEALS), 0);
	return fd;
}

static void make_pack(struct fixture *f)
{
	static const size_t lengths[] = {SMALL, LARGE};
	char hex[WQ_DIGEST_HEX];
	struct wq_pack_writer *w;
	const wq_digest *names;
	struct stat st;
	size_t n;

	wq_test_dir(f->dir);
	assert_ok(wq_pack_writer_open(f->dir, &w));
	for (size_t i = 0; i < WQ_COUNT(lengths); i++) {
		f->bytes[i] = (struct wq_buf)WQ_BUF_INIT(MAX);
		for (size_t at = 0; at < lengths[i]; at++)
			wq_buf_byte(&f->bytes[i], (uint8_t)(at * 2654435761u >> 13) ^ (uint8_t)i);
		assert_ok(wq_pack_writer_add(w, wq_buf_str(&f->bytes[i]), &f->objects[i]));
	}
	assert_ok(wq_pack_writer_finish(w, &names, &n));
	f->name = names[0];
	snprintf(f->path, sizeof f->path, "%s/%s.pack", f->dir, wq_digest_hex(f->name, hex));
	assert_int_equal(stat(f->path, &st), 0);
	f->pack_bytes = (uint64_t)st.st_size;
	wq_pack_writer_free(&w);
	f->index = (struct wq_buf)WQ_BUF_INIT(MAX);
	assert_ok(wq_cold_build(f->path, f->name, f->pack_bytes, &f->index, &f->fd));
}

static void make_snapshot(struct fixture *f, wq_str policy)
{
	static const wq_str hosts[] = {WQ_S_INIT("a.example")};
	struct wq_snapshot_head head = {.app = "portal", .serial = f->serial};
	struct wq_entry_new entries[] = {{.key = WQ_S("a.example/small"), .status = 200, .type = WQ_S("text/html")},
		{.key = WQ_S("a.example/large"), .status = 200, .type = WQ_S("text/html")}};
	struct wq_body_new b = {.packs = &f->name,
		.pack_bytes = &f->pack_bytes,
		.packs_n = 1,
		.hosts = hosts,
		.hosts_n = 1,
		.policy = policy,
		.entries = entries,
		.entries_n = 2};
	wq_sm2_sig sig = {0};
	WQ_BUF(body, MAX);

	for (size_t i = 0; i < 2; i++)
		entries[i].identity = (struct wq_object_ref){.number = f->objects[i].number,
			.length_bytes = f->objects[i].length_bytes,
			.digest = f->objects[i].digest};
	assert_ok(wq_snapshot_build(&b, &body));
	head.body_bytes = body.len;
	memset(head.previous.b, f->serial > 1, sizeof head.previous.b);
	memset(head.event.b, 1, sizeof head.event.b);
	memset(head.statement.b, 1, sizeof head.statement.b);
	memset(head.body_root.b, 1, sizeof head.body_root.b);
	memset(head.key_id.b, 1, sizeof head.key_id.b);
	f->snapshot = (struct wq_buf)WQ_BUF_INIT(MAX);
	assert_ok(wq_snapshot_header(&head, &sig, &f->snapshot));
	wq_buf_add(&f->snapshot, wq_buf_str(&body));
}

static void fixture_init(struct fixture *f, wq_str policy)
{
	*f = (struct fixture){.serial = 1, .generation = 1};
	assert_ok(wq_crypto_init());
	make_pack(f);
	make_snapshot(f, policy);
}

static void fixture_done(struct fixture *f)
{
	close(f->fd);
	wq_buf_done(&f->bytes[0]);
	wq_buf_done(&f->bytes[1]);
	wq_buf_done(&f->snapshot);
	wq_buf_done(&f->index);
	wq_test_dir_done(f->dir);
}

static struct wq_gate_step give_snapshot(struct wq_gate_store *store, const struct fixture *f)
{
	struct wq_handover begin = {.type = WQ_HANDOVER_BEGIN,
		.generation = f->generation,
		.serial = f->serial,
		.number = 1,
		.bytes = f->snapshot.len,
		.app = WQ_S("portal")};
	struct wq_handover m = {.type = WQ_HANDOVER_SNAPSHOT, .generation = f->generation, .bytes = f->snapshot.len};

	assert_int_equal(wq_gate_store_receive(store, &begin, -1).outcome, WQ_GATE_NOTHING);
	return wq_gate_store_receive(store, &m, memfd(wq_buf_str(&f->snapshot)));
}

static struct wq_gate_step give_index(struct wq_gate_store *store, const struct fixture *f, wq_str index)
{
	struct wq_handover m = {.type = WQ_HANDOVER_PACK_COLD,
		.generation = f->generation,
		.bytes = f->pack_bytes,
		.index_bytes = f->index.len};

	memcpy(m.digest, f->name.b, sizeof m.digest);
	return wq_gate_store_receive(store, &m, memfd(index));
}

static struct wq_gate_step give_file(struct wq_gate_store *store, const struct fixture *f, int fd)
{
	struct wq_handover m = {.type = WQ_HANDOVER_PACK_FILE, .generation = f->generation};

	return wq_gate_store_receive(store, &m, fd);
}

static struct wq_gate_step give_commit(struct wq_gate_store *store, const struct fixture *f)
{
	struct wq_handover m = {.type = WQ_HANDOVER_COMMIT, .generation = f->generation};

	return wq_gate_store_receive(store, &m, -1);
}

static struct wq_gate_release *give_cold(struct wq_gate_store *store, const struct fixture *f)
{
	assert_int_equal(give_snapshot(store, f).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_index(store, f, wq_buf_str(&f->index)).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_file(store, f, fcntl(f->fd, F_DUPFD_CLOEXEC, 0)).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_commit(store, f).outcome, WQ_GATE_SWITCHED);
	return wq_gate_store_find(store, WQ_S("a.example"));
}

static struct wq_gate_object find(const struct wq_gate_release *release, const char *key)
{
	struct wq_gate_object object;
	struct wq_entry entry;

	assert_true(wq_snapshot_find(&release->snapshot, wq_str_c(key), &entry));
	assert_true(wq_gate_release_object(release, &entry.identity, &object));
	assert_true(object.cold);
	return object;
}

static void a_cold_object_is_read_block_by_block(void **state)
{
	struct wq_gate_store *store = wq_gate_store_new(WQ_MIB);
	struct wq_gate_release *release;
	struct wq_gate_object object;
	struct wq_gate_totals totals;
	uint8_t block[WQ_GATE_BLOCK];
	struct fixture f;
	uint32_t leaf;

	(void)state;
	fixture_init(&f, WQ_S_NONE);
	release = give_cold(store, &f);
	object = find(release, "a.example/small");
	assert_ok(wq_gate_object_read(&object, 0, block, SMALL, &leaf));
	assert_memory_equal(block, f.bytes[0].data, SMALL);
	object = find(release, "a.example/large");
	assert_int_equal(object.length_bytes, LARGE);
	for (uint64_t at = 0; at < LARGE; at += WQ_GATE_BLOCK) {
		size_t n = (size_t)WQ_MIN((uint64_t)WQ_GATE_BLOCK, LARGE - at);

		assert_ok(wq_gate_object_read(&object, at, block, n, &leaf));
		assert_memory_equal(block, f.bytes[1].data + at, n);
	}
	assert_err(wq_gate_object_read(&object, 1, block, WQ_TREE_LEAF, &leaf), WQ_E_BUG);
	assert_err(wq_gate_object_read(&object, 0, block, WQ_TREE_LEAF + 1, &leaf), WQ_E_BUG);
	assert_err(wq_gate_object_read(&object, LARGE - 777, block, 778, &leaf), WQ_E_BUG);
	wq_gate_store_totals(store, &totals);
	assert_int_equal(totals.cold, 1);
	assert_int_equal(totals.mapped_bytes, f.snapshot.len + f.index.len);
	fixture_done(&f);
	wq_gate_store_free(&store);
}

static void what_was_altered_on_the_disk_is_never_read(void **state)
{
	struct wq_gate_store *store = wq_gate_store_new(WQ_MIB);
	struct wq_gate_object object;
	uint8_t block[WQ_GATE_BLOCK];
	struct fixture f;
	uint32_t leaf;
	int fd;

	(void)state;
	fixture_init(&f, WQ_S_NONE);
	object = find(give_cold(store, &f), "a.example/large");
	fd = open(f.path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	/* one bit of leaf 9: 64 bytes of header, the small object and its padding stand before */
	assert_int_equal(pwrite(fd, "\xff", 1, 64 + 112 + 9 * WQ_TREE_LEAF + 5), 1);
	assert_ok(wq_gate_object_read(&object, 0, block, WQ_GATE_BLOCK, &leaf));
	assert_err(wq_gate_object_read(&object, WQ_GATE_BLOCK, block, WQ_GATE_BLOCK, &leaf), WQ_E_ALTERED);
	assert_int_equal(leaf, 9);
	assert_ok(wq_gate_object_read(&object, 8 * WQ_TREE_LEAF, block, WQ_TREE_LEAF, &leaf));
	assert_int_equal(ftruncate(fd, 64 + 112 + 12 * WQ_TREE_LEAF + 1), 0);
	assert_err(wq_gate_object_read(&object, 12 * WQ_TREE_LEAF, block, WQ_TREE_LEAF, &leaf), WQ_E_IO);
	assert_ok(wq_gate_object_read(&object, 11 * WQ_TREE_LEAF, block, WQ_TREE_LEAF, &leaf));
	close(fd);
	fixture_done(&f);
	wq_gate_store_free(&store);
}

static void a_release_with_cold_packs_is_taken_again(void **state)
{
	struct wq_gate_store *store = wq_gate_store_new(WQ_MIB);
	struct wq_gate_object object;
	uint8_t block[WQ_GATE_BLOCK];
	WQ_BUF(file, MAX);
	struct fixture f;
	uint32_t leaf;
	char name[WQ_DIGEST_HEX + 8], hex[WQ_DIGEST_HEX];

	(void)state;
	fixture_init(&f, WQ_S_NONE);
	object = find(give_cold(store, &f), "a.example/small");
	snprintf(name, sizeof name, "%s.pack", wq_digest_hex(f.name, hex));
	wq_test_read(f.dir, name, &file);
	assert_int_equal(truncate(f.path, 100), 0);
	assert_err(wq_gate_object_read(&object, 0, block, SMALL, &leaf), WQ_E_IO);
	/* mended: another file under the same name */
	assert_int_equal(unlink(f.path), 0);
	wq_test_write(f.dir, name, wq_buf_str(&file));
	close(f.fd);
	f.fd = open(f.path, O_RDONLY | O_CLOEXEC);
	f.generation++;
	object = find(give_cold(store, &f), "a.example/small");
	assert_ok(wq_gate_object_read(&object, 0, block, SMALL, &leaf));
	fixture_done(&f);
	wq_gate_store_free(&store);
}

static void a_cold_pack_comes_whole_and_in_order(void **state)
{
	struct wq_gate_store *store = wq_gate_store_new(WQ_MIB);
	WQ_BUF(other, MAX);
	struct fixture f;
	int pipes[2];

	(void)state;
	fixture_init(&f, WQ_S_NONE);
	assert_int_equal(give_snapshot(store, &f).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_file(store, &f, fcntl(f.fd, F_DUPFD_CLOEXEC, 0)).reason, WQ_REFUSED_ORDER);
	f.generation++;
	assert_int_equal(give_snapshot(store, &f).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_index(store, &f, wq_buf_str(&f.index)).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_commit(store, &f).reason, WQ_REFUSED_ORDER);
	f.generation++;
	/* an index of another pack, one that breaks its bounds, one of another length */
	wq_buf_add(&other, wq_buf_str(&f.index));
	other.data[30] ^= 1;
	assert_int_equal(give_snapshot(store, &f).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_index(store, &f, wq_buf_str(&other)).reason, WQ_REFUSED_FORMAT);
	f.generation++;
	other.data[30] ^= 1;
	other.data[WQ_COLD_HEADER + 7] ^= 1;
	assert_int_equal(give_snapshot(store, &f).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_index(store, &f, wq_buf_str(&other)).reason, WQ_REFUSED_FORMAT);
	f.generation++;
	assert_int_equal(give_snapshot(store, &f).outcome, WQ_GATE_NOTHING);
	assert_int_equal(
		give_index(store, &f, wq_str_head(wq_buf_str(&f.index), f.index.len - 1)).reason, WQ_REFUSED_SIZE);
	f.generation++;
	/* no regular file; a file that can be written through the descriptor; one of another size */
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(give_snapshot(store, &f).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_index(store, &f, wq_buf_str(&f.index)).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_file(store, &f, pipes[0]).reason, WQ_REFUSED_FORMAT);
	close(pipes[1]);
	f.generation++;
	assert_int_equal(give_snapshot(store, &f).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_index(store, &f, wq_buf_str(&f.index)).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_file(store, &f, open(f.path, O_RDWR | O_CLOEXEC)).reason, WQ_REFUSED_FORMAT);
	f.generation++;
	assert_int_equal(truncate(f.path, (off_t)f.pack_bytes - 1), 0);
	assert_int_equal(give_snapshot(store, &f).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_index(store, &f, wq_buf_str(&f.index)).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_file(store, &f, open(f.path, O_RDONLY | O_CLOEXEC)).reason, WQ_REFUSED_SIZE);
	assert_null(wq_gate_store_find(store, WQ_S("a.example")));
	fixture_done(&f);
	wq_gate_store_free(&store);
}

static void a_policy_is_decoded_and_a_malformed_one_refused(void **state)
{
	static const struct wq_path_rule paths[] = {{.prefix = WQ_S_INIT("/app"), .class = WQ_CLASS_DYNAMIC}};
	struct wq_gate_store *store = wq_gate_store_new(WQ_MIB);
	struct wq_policy policy = wq_policy_default;
	struct wq_gate_release *release;
	WQ_BUF(block, WQ_POLICY_BLOCK_MAX);
	struct fixture good, bad;

	(void)state;
	policy.paths = paths;
	policy.paths_n = 1;
	assert_ok(wq_policy_encode(&policy, &block));
	fixture_init(&good, wq_buf_str(&block));
	fixture_init(&bad, wq_str_head(wq_buf_str(&block), block.len - 1));
	assert_int_equal(give_snapshot(store, &bad).reason, WQ_REFUSED_FORMAT);
	assert_null(wq_gate_store_find(store, WQ_S("a.example")));
	good.generation = 2;
	release = give_cold(store, &good);
	assert_true(release->unsealed);
	assert_int_equal(wq_policy_class(&release->policy, WQ_S("/app/x")), WQ_CLASS_DYNAMIC);
	assert_int_equal(wq_policy_class(&release->policy, WQ_S("/apple")), WQ_CLASS_SEALED);
	assert_true(wq_leave_inside(&release->leave, WQ_S("a.example")));
	fixture_done(&good);
	fixture_done(&bad);
	wq_gate_store_free(&store);
}

static void keys_are_of_one_application(void **state)
{
	struct wq_handover m = {.type = WQ_HANDOVER_KEY, .number = 1};
	struct wq_gate_store *store = wq_gate_store_new(WQ_MIB);
	wq_digest master, expected;
	struct wq_gate_release *release;
	struct fixture f;

	(void)state;
	fixture_init(&f, WQ_S_NONE);
	release = give_cold(store, &f);
	assert_int_equal(wq_gate_release_keys(release), 0);
	/* the one before alone is none that tokens are made with */
	memset(m.digest, 1, sizeof m.digest);
	wq_gate_store_receive(store, &m, -1);
	assert_int_equal(wq_gate_release_keys(release), 0);
	m.number = 0;
	memset(m.digest, 7, sizeof m.digest);
	wq_gate_store_receive(store, &m, -1);
	assert_int_equal(wq_gate_release_keys(release), 2);
	memset(master.b, 7, sizeof master.b);
	expected = wq_leave_key(&master, WQ_S("portal"));
	assert_memory_equal(release->keys[0].b, expected.b, sizeof expected.b);
	assert_false(wq_digest_eq(release->keys[0], release->pass_keys[0]));
	assert_false(wq_digest_eq(release->pass_keys[0], release->pass_keys[1]));
	expected = release->pass_keys[1];
	m.number = 1;
	memset(m.digest, 9, sizeof m.digest);
	wq_gate_store_receive(store, &m, -1);
	assert_int_equal(wq_gate_release_keys(release), 2);
	assert_false(wq_digest_eq(release->pass_keys[1], expected));
	fixture_done(&f);
	wq_gate_store_free(&store);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cold_object_is_read_block_by_block),
		cmocka_unit_test(what_was_altered_on_the_disk_is_never_read),
		cmocka_unit_test(a_release_with_cold_packs_is_taken_again),
		cmocka_unit_test(a_cold_pack_comes_whole_and_in_order),
		cmocka_unit_test(a_policy_is_decoded_and_a_malformed_one_refused),
		cmocka_unit_test(keys_are_of_one_application),
	};

	return cmocka_run_group_tests_name("gate/nginx/packs", tests, NULL, NULL);
}
