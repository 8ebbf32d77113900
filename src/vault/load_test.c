#include "base/test.h"

#include "base/file_crash.h"
#include "base/file_fault.h"
#include "vault/dir_test.h"
#include "vault/load_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

enum { FILE_MAX = 64 * 1024 * 1024, OBJECTS = 4 };

static struct wq_sm2_key *key, *other_key;
static wq_sm2_public publics[2];
static const struct wq_vault_keys keys = {publics, 1};
static const struct wq_floor no_floor;

/* ---- a shelf with sealed things ---- */

static void object_text(uint64_t content, unsigned number, struct wq_buf *out)
{
	wq_buf_clear(out);
	for (unsigned i = 0; i < 1000 * (number + 1); i++)
		wq_buf_printf(out, "<p>%u %u of %u</p>\n", i, number, (unsigned)content);
	assert_ok(wq_buf_err(out));
}

static wq_digest pack_make(const struct wq_shelf *shelf, uint64_t content, struct wq_pack_object *objects)
{
	char path[PATH_MAX];
	struct wq_pack_writer *w;
	const wq_digest *names;
	wq_digest name;
	size_t n;
	WQ_BUF(text, FILE_MAX);

	assert_ok(wq_pack_writer_open_on(shelf->fs, wq_shelf_packs_path(shelf, path), &w));
	for (unsigned i = 0; i < OBJECTS; i++) {
		object_text(content, i, &text);
		assert_ok(wq_pack_writer_add(w, wq_buf_str(&text), &objects[i]));
	}
	assert_ok(wq_pack_writer_finish(w, &names, &n));
	assert_int_equal(n, 1);
	name = names[0];
	wq_pack_writer_free(&w);
	return name;
}

/* A sealed snapshot whose pages come from the packs of contents 1 and `content`. */
static void snapshot_make(const struct wq_shelf *shelf, const char *app, uint64_t serial, uint64_t content,
	const struct wq_sm2_key *sealer, struct wq_buf *out)
{
	static const wq_str host = WQ_S_INIT("www.example.gov.cn");
	struct wq_snapshot_head head = {.serial = serial, .sealed_at = 1764000000 * WQ_SECOND};
	struct wq_pack_object objects[2 * OBJECTS];
	struct wq_entry_new entries[2 * OBJECTS];
	char text[2 * OBJECTS][64], path[PATH_MAX];
	wq_sm2_public public = wq_sm2_key_public(sealer);
	struct wq_body_new body = {
		.hosts = &host, .hosts_n = 1, .packs_n = 2, .entries = entries, .entries_n = WQ_COUNT(entries)};
	wq_digest packs[2] = {pack_make(shelf, 1, objects), pack_make(shelf, content, objects + OBJECTS)};
	uint64_t pack_bytes[2];
	wq_sm2_sig sig;
	WQ_BUF(bytes, FILE_MAX);
	WQ_BUF(canonical, 1024);

	for (unsigned i = 0; i < WQ_COUNT(entries); i++) {
		snprintf(text[i], sizeof text[i], "www.example.gov.cn/%u.html", i);
		entries[i] = (struct wq_entry_new){.key = wq_str_c(text[i]),
			.status = 200,
			.type = WQ_S("text/html"),
			.identity = {i / OBJECTS, objects[i].number, objects[i].length_bytes, objects[i].digest}};
	}
	for (unsigned i = 0; i < 2; i++)
		assert_ok(wq_sealed_size(wq_shelf_pack_path(shelf, packs[i], path), &pack_bytes[i]));
	body.packs = packs;
	body.pack_bytes = pack_bytes;
	assert_ok(wq_snapshot_build(&body, &bytes));
	snprintf(head.app, sizeof head.app, "%s", app);
	head.body_root = wq_tree_root(wq_buf_str(&bytes));
	head.body_bytes = bytes.len;
	head.key_id = wq_sm2_key_id(&public);
	assert_ok(wq_snapshot_head_encode(&head, &canonical));
	assert_ok(wq_sm2_sign(sealer, wq_buf_str(&canonical), &sig));
	wq_buf_clear(out);
	assert_ok(wq_snapshot_header(&head, &sig, out));
	wq_buf_add(out, wq_buf_str(&bytes));
}

static void publish(const struct wq_shelf *shelf, const char *app, uint64_t serial, uint64_t content)
{
	WQ_BUF(snapshot, FILE_MAX);

	snapshot_make(shelf, app, serial, content, key, &snapshot);
	assert_ok(wq_shelf_publish(shelf, wq_buf_str(&snapshot)));
}

/* ---- one test's surroundings ---- */

struct fixture {
	char dir[WQ_TEST_PATH];
	struct wq_shelf shelf;
	struct wq_vault_memory *memory;
	struct wq_vault_faults faults;
	struct wq_generation *g;
};

static void begin(struct fixture *f)
{
	char path[2 * WQ_TEST_PATH];

	memset(f, 0, sizeof *f);
	wq_test_dir(f->dir);
	snprintf(path, sizeof path, "%s/vault", f->dir);
	assert_ok(wq_shelf_open(NULL, path, true, &f->shelf));
	assert_ok(wq_vault_memory_new(1024 * WQ_MIB, &f->memory));
}

static void end(struct fixture *f)
{
	wq_generation_free(&f->g);
	assert_true(wq_vault_memory_used(f->memory) == 0);
	wq_vault_memory_free(&f->memory);
	wq_test_dir_done(f->dir);
}

static wq_err load(struct fixture *f, const char *app, uint64_t floor_serial)
{
	/* no digest: for serials that are refused before it is compared */
	struct wq_floor floor = {.serial = floor_serial};

	f->faults.n = 0;
	return wq_vault_load(f->memory, &f->shelf, app, &keys, &floor, NULL, NULL, &f->faults, &f->g);
}

static wq_err recheck(struct fixture *f)
{
	for (size_t part = 0; part <= f->g->packs_n; part++)
		WQ_TRY(wq_vault_recheck(&f->shelf, f->g, part, &f->faults));
	return WQ_OK;
}

static void flip(const char *path, long offset)
{
	FILE *f = fopen(path, "r+b");
	int c;

	assert_non_null(f);
	assert_int_equal(fseek(f, offset, offset < 0 ? SEEK_END : SEEK_SET), 0);
	c = fgetc(f);
	assert_int_equal(fseek(f, -1, SEEK_CUR), 0);
	fputc(c ^ 1, f);
	assert_int_equal(fclose(f), 0);
}

static void file_copy(const char *from, const char *to)
{
	assert_ok(wq_file_copy(&wq_fs_system, from, to, 0644, FILE_MAX));
}

/* ---- loading ---- */

static void sealed_memory(const struct wq_sealed *s)
{
	int seals = fcntl(s->fd, F_GET_SEALS), all = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
	struct stat st;

	assert_int_equal(seals & all, all);
	assert_int_equal(fstat(s->fd, &st), 0);
	assert_true((size_t)st.st_size == s->bytes.n);
	assert_int_equal(pwrite(s->fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(s->fd, 0), -1);
	assert_true(mmap(NULL, s->bytes.n, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0) == MAP_FAILED);
}

static void everything_is_loaded_and_sealed(void **state)
{
	struct fixture f;
	struct wq_entry e;
	WQ_BUF(text, FILE_MAX);

	(void)state;
	begin(&f);
	publish(&f.shelf, "portal", 1, 2);
	assert_ok(load(&f, "portal", 0));
	assert_int_equal(f.faults.n, 0);
	assert_true(f.g->snapshot.head.serial == 1);
	assert_int_equal(f.g->packs_n, 2);
	sealed_memory(&f.g->sealed);
	sealed_memory(&f.g->packs[0]->sealed);
	for (unsigned i = 0; i < 2 * OBJECTS; i++) {
		char name[64];

		snprintf(name, sizeof name, "www.example.gov.cn/%u.html", i);
		assert_true(wq_snapshot_find(&f.g->snapshot, wq_str_c(name), &e));
		object_text(i < OBJECTS ? 1 : 2, i % OBJECTS, &text);
		assert_str(wq_pack_bytes(&f.g->packs[e.identity.pack]->pack, e.identity.number), wq_buf_str(&text));
	}
	end(&f);
}

static void without_noexec_seals_as_well(void **state)
{
	wq_sealed_try_noexec(false);
	everything_is_loaded_and_sealed(state);
	wq_sealed_try_noexec(true);
}

static void packs_are_shared_between_generations(void **state)
{
	struct fixture f;
	struct wq_generation *first;
	uint64_t used;

	(void)state;
	begin(&f);
	publish(&f.shelf, "portal", 1, 2);
	assert_ok(load(&f, "portal", 0));
	first = f.g;
	used = wq_vault_memory_used(f.memory);
	publish(&f.shelf, "portal", 2, 3);
	assert_ok(wq_vault_load(f.memory, &f.shelf, "portal", &keys, &no_floor, NULL, first, &f.faults, &f.g));
	assert_true(f.g->snapshot.head.serial == 2);
	assert_ptr_equal(f.g->packs[0], first->packs[0]);
	assert_true(wq_vault_memory_used(f.memory) < 2 * used);
	wq_generation_free(&first);
	assert_ok(wq_vault_load(f.memory, &f.shelf, "portal", &keys, &no_floor, NULL, f.g, &f.faults, &first));
	assert_null(first);
	end(&f);
}

static void an_altered_pack_is_refused_by_name(void **state)
{
	struct fixture f;
	char path[PATH_MAX], hex[WQ_DIGEST_HEX], digest[WQ_DIGEST_HEX], expected[WQ_ERR_NOTE_BYTES];
	struct wq_floor floor;
	wq_digest name;
	wq_str object;
	long offset;

	(void)state;
	begin(&f);
	publish(&f.shelf, "portal", 1, 2);
	publish(&f.shelf, "portal", 2, 3);
	assert_ok(load(&f, "portal", 0));
	name = f.g->packs[1]->name;
	floor = (struct wq_floor){2, f.g->digest};
	object = wq_pack_bytes(&f.g->packs[1]->pack, 2);
	offset = object.p - f.g->packs[1]->sealed.bytes.p + 17000;
	snprintf(expected, sizeof expected, "portal serial 2: pack %s: object 2 (%s)", wq_digest_hex(name, hex),
		wq_digest_hex(wq_pack_digest(&f.g->packs[1]->pack, 2), digest));
	wq_generation_free(&f.g);
	flip(wq_shelf_pack_path(&f.shelf, name, path), offset);
	/* the one before is whole, but was it the last one seen? */
	assert_ok(load(&f, "portal", 0));
	assert_true(f.g->snapshot.head.serial == 1);
	wq_generation_free(&f.g);
	f.faults.n = 0;
	assert_err(
		wq_vault_load(f.memory, &f.shelf, "portal", &keys, &floor, NULL, NULL, &f.faults, &f.g), WQ_E_ALTERED);
	assert_int_equal(f.faults.n, 1);
	assert_true(f.faults.rows[0].in_pack && wq_digest_eq(f.faults.rows[0].pack, name));
	assert_true(f.faults.rows[0].serial == 2);
	assert_string_equal(f.faults.rows[0].note, expected);
	end(&f);
}

static void what_is_present_stays(void **state)
{
	struct fixture f;
	struct wq_generation *next;
	char path[PATH_MAX];

	(void)state;
	begin(&f);
	publish(&f.shelf, "portal", 1, 2);
	assert_ok(load(&f, "portal", 0));
	publish(&f.shelf, "portal", 2, 3);
	flip(wq_shelf_snapshot_path(&f.shelf, "portal", 2, path), -1);
	assert_ok(wq_vault_load(f.memory, &f.shelf, "portal", &keys, &no_floor, NULL, f.g, &f.faults, &next));
	assert_null(next);
	assert_int_equal(f.faults.n, 1);
	assert_int_equal(f.faults.rows[0].error, WQ_E_ALTERED);
	assert_true(f.faults.rows[0].serial == 2 && !f.faults.rows[0].in_pack);
	end(&f);
}

static void every_altered_snapshot_is_refused(void **state)
{
	struct fixture f;
	char path[PATH_MAX];
	struct stat st;

	(void)state;
	begin(&f);
	publish(&f.shelf, "portal", 1, 2);
	wq_shelf_snapshot_path(&f.shelf, "portal", 1, path);
	assert_int_equal(stat(path, &st), 0);
	for (long i = 0; i < st.st_size; i += 7) {
		wq_err e;

		flip(path, i);
		e = load(&f, "portal", 0);
		if (!wq_is(e, WQ_E_ALTERED) && !wq_is(e, WQ_E_SIGNATURE))
			fail_msg("byte %ld: %s", i, wq_err_name(e));
		assert_int_equal(f.faults.n, 1);
		flip(path, i);
	}
	assert_int_equal(truncate(path, st.st_size - 1), 0);
	assert_err(load(&f, "portal", 0), WQ_E_ALTERED);
	assert_int_equal(truncate(path, 0), 0);
	assert_err(load(&f, "portal", 0), WQ_E_ALTERED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_err(load(&f, "portal", 0), WQ_E_ALTERED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_err(load(&f, "portal", 0), WQ_E_ALTERED);
	assert_int_equal(unlink(path), 0);
	assert_err(load(&f, "portal", 0), WQ_E_NOT_FOUND);
	end(&f);
}

/* A shelf that version 1 of the body wrote loads whole. */
static void a_shelf_of_version_1_loads(void **state)
{
	const char *source = getenv("WQ_SOURCE_ROOT");
	struct wq_vault_keys old_keys = {.n = 1};
	struct wq_shelf shelf;
	wq_sm2_public public;
	struct wq_entry e;
	struct fixture f;
	char path[PATH_MAX];
	WQ_BUF(pub, 4096);

	(void)state;
	begin(&f);
	snprintf(path, sizeof path, "%.300s/tests/upgrade/vault-1/seal.pub", source ? source : ".");
	assert_ok(wq_file_read(&wq_fs_system, path, &pub));
	assert_true(wq_str_unhex(
		wq_str_head(wq_buf_str(&pub), 2 * sizeof public.point), public.point, sizeof public.point));
	old_keys.keys = &public;
	snprintf(path, sizeof path, "%.300s/tests/upgrade/vault-1", source ? source : ".");
	assert_ok(wq_shelf_open(NULL, path, false, &shelf));
	assert_ok(wq_vault_load(f.memory, &shelf, "portal", &old_keys, &no_floor, NULL, NULL, &f.faults, &f.g));
	assert_int_equal(f.g->snapshot.version, 1);
	assert_true(wq_snapshot_find(&f.g->snapshot, WQ_S("www.example.gov.cn/404.html"), &e));
	assert_str(wq_pack_bytes(&f.g->packs[0]->pack, e.identity.number), WQ_S("<!doctype html><p>404</p>\n"));
	end(&f);
}

static void older_ones_are_refused(void **state)
{
	struct fixture f;
	struct wq_floor floor = {.serial = 3};
	char one[PATH_MAX], three[PATH_MAX], other[PATH_MAX];

	(void)state;
	begin(&f);
	publish(&f.shelf, "other", 3, 9);
	publish(&f.shelf, "portal", 1, 2);
	publish(&f.shelf, "portal", 3, 4);
	wq_shelf_snapshot_path(&f.shelf, "portal", 1, one);
	wq_shelf_snapshot_path(&f.shelf, "portal", 3, three);
	wq_shelf_snapshot_path(&f.shelf, "other", 3, other);
	assert_ok(load(&f, "portal", 0));
	floor.digest = f.g->digest;
	wq_generation_free(&f.g);
	assert_ok(wq_vault_load(f.memory, &f.shelf, "portal", &keys, &floor, NULL, NULL, &f.faults, &f.g));
	wq_generation_free(&f.g);
	/* the same serial, sealed by the same key, but not what was seen */
	floor.digest.b[0] ^= 1;
	assert_err(
		wq_vault_load(f.memory, &f.shelf, "portal", &keys, &floor, NULL, NULL, &f.faults, &f.g), WQ_E_REPLAYED);
	/* yesterday's under today's name */
	file_copy(one, three);
	assert_err(load(&f, "portal", 3), WQ_E_REPLAYED);
	assert_true(f.faults.rows[0].serial == 3);
	assert_ok(load(&f, "portal", 0));
	assert_true(f.g->snapshot.head.serial == 1);
	assert_int_equal(f.faults.n, 1);
	wq_generation_free(&f.g);
	/* another application's under this one's name */
	file_copy(other, three);
	assert_err(load(&f, "portal", 3), WQ_E_REPLAYED);
	/* today's taken away, so that yesterday's is the highest */
	assert_int_equal(unlink(three), 0);
	assert_err(load(&f, "portal", 3), WQ_E_REPLAYED);
	assert_int_equal(f.faults.n, 1);
	end(&f);
}

static void a_foreign_key_is_refused(void **state)
{
	static const struct wq_vault_keys both = {publics, 2};
	struct fixture f;
	WQ_BUF(snapshot, FILE_MAX);

	(void)state;
	begin(&f);
	snapshot_make(&f.shelf, "portal", 1, 2, other_key, &snapshot);
	assert_ok(wq_shelf_publish(&f.shelf, wq_buf_str(&snapshot)));
	assert_err(load(&f, "portal", 0), WQ_E_SIGNATURE);
	assert_ok(wq_vault_load(f.memory, &f.shelf, "portal", &both, &no_floor, NULL, NULL, &f.faults, &f.g));
	end(&f);
}

static void a_missing_or_cut_pack_is_named(void **state)
{
	struct fixture f;
	char path[PATH_MAX];
	wq_digest name;

	(void)state;
	begin(&f);
	publish(&f.shelf, "portal", 1, 2);
	assert_ok(load(&f, "portal", 0));
	name = f.g->packs[0]->name;
	wq_generation_free(&f.g);
	wq_shelf_pack_path(&f.shelf, name, path);
	assert_int_equal(truncate(path, 1000), 0);
	assert_err(load(&f, "portal", 0), WQ_E_ALTERED);
	assert_int_equal(unlink(path), 0);
	assert_err(load(&f, "portal", 0), WQ_E_NOT_FOUND);
	assert_true(f.faults.rows[0].in_pack && wq_digest_eq(f.faults.rows[0].pack, name));
	assert_int_equal(f.memory ? wq_vault_memory_used(f.memory) : 1, 0);
	end(&f);
}

/* Bytes of hot packs, and how many are cold. */
static uint64_t hot_bytes(const struct wq_generation *g, size_t *ret_cold)
{
	uint64_t bytes = 0;

	*ret_cold = 0;
	for (size_t i = 0; i < g->packs_n; i++) {
		*ret_cold += g->packs[i]->cold;
		bytes += g->packs[i]->cold ? 0 : g->packs[i]->bytes;
	}
	return bytes;
}

/* Every object that the snapshot names, through the index of its pack. */
static void cold_serves(const struct wq_generation *g)
{
	struct wq_entry e;
	uint64_t offset, length;
	uint32_t leaves;
	WQ_BUF(bytes, FILE_MAX);

	for (uint32_t i = 0; wq_snapshot_entry(&g->snapshot, i, &e); i++) {
		const struct wq_vault_pack *pack = g->packs[e.identity.pack];

		if (!pack->cold)
			continue;
		assert_true(wq_cold_object(&pack->index, e.identity.number, &offset, &length, &leaves));
		assert_int_equal(length, e.identity.length_bytes);
		wq_buf_clear(&bytes);
		assert_non_null(wq_buf_reserve(&bytes, length));
		assert_int_equal(pread(pack->file, bytes.data, length, (off_t)offset), length);
		assert_true(wq_digest_eq(wq_sm3(wq_str_of(bytes.data, length)), e.identity.digest));
		for (uint32_t leaf = 0; leaf < leaves; leaf++)
			assert_true(wq_cold_block_is(&pack->index, e.identity.number, leaf,
				wq_str_head(wq_str_from(wq_str_of(bytes.data, length), (size_t)leaf * WQ_TREE_LEAF),
					WQ_TREE_LEAF)));
	}
}

static void what_does_not_fit_stays_cold(void **state)
{
	struct fixture f;
	struct wq_vault_memory *small;
	uint64_t used, bytes;
	size_t cold, last = 2;

	(void)state;
	begin(&f);
	publish(&f.shelf, "portal", 1, 2);
	assert_ok(load(&f, "portal", 0));
	used = wq_vault_memory_used(f.memory);
	assert_true(hot_bytes(f.g, &cold) > 0);
	assert_int_equal(cold, 0);
	wq_generation_free(&f.g);
	for (uint64_t budget = 0; budget <= used; budget += used / 10) {
		assert_ok(wq_vault_memory_new(budget, &small));
		assert_ok(wq_vault_load(small, &f.shelf, "portal", &keys, &no_floor, NULL, NULL, &f.faults, &f.g));
		bytes = hot_bytes(f.g, &cold);
		assert_true(bytes == 0 || wq_vault_memory_used(small) <= budget + 64 * 1024);
		assert_true(cold <= last);
		assert_true(cold == 0 || f.g->packs[0]->cold);
		last = cold;
		cold_serves(f.g);
		wq_generation_free(&f.g);
		assert_true(wq_vault_memory_used(small) == 0);
		wq_vault_memory_free(&small);
		if (budget == 0)
			assert_int_equal(cold, 2);
	}
	assert_ok(wq_vault_memory_new(used, &small));
	assert_ok(wq_vault_load(small, &f.shelf, "portal", &keys, &no_floor, NULL, NULL, &f.faults, &f.g));
	hot_bytes(f.g, &cold);
	assert_int_equal(cold, 0);
	wq_generation_free(&f.g);
	wq_vault_memory_free(&small);
	end(&f);
}

/* A cold pack that was altered is not loaded; altered afterwards it is found, with the object, and so is its end. */
static void a_cold_pack_is_verified_and_compared(void **state)
{
	struct fixture f;
	char path[PATH_MAX], object[32];
	struct wq_vault_memory *none;
	uint64_t offset, length;
	uint32_t leaves;

	(void)state;
	begin(&f);
	assert_ok(wq_vault_memory_new(0, &none));
	publish(&f.shelf, "portal", 1, 2);
	assert_ok(wq_vault_load(none, &f.shelf, "portal", &keys, &no_floor, NULL, NULL, &f.faults, &f.g));
	assert_ok(recheck(&f));
	assert_int_equal(f.faults.n, 0);
	wq_shelf_pack_path(&f.shelf, f.g->packs[1]->name, path);
	assert_true(wq_cold_object(&f.g->packs[1]->index, 2, &offset, &length, &leaves));
	flip(path, (long)(offset + length / 2));
	assert_ok(recheck(&f));
	assert_int_equal(f.faults.n, 1);
	assert_int_equal(f.faults.rows[0].error, WQ_E_ALTERED);
	snprintf(object, sizeof object, "object 2 (");
	assert_non_null(strstr(f.faults.rows[0].note, object));
	wq_generation_free(&f.g);
	f.faults.n = 0;
	assert_err(
		wq_vault_load(none, &f.shelf, "portal", &keys, &no_floor, NULL, NULL, &f.faults, &f.g), WQ_E_ALTERED);
	assert_true(f.faults.n == 1 && f.faults.rows[0].in_pack);
	flip(path, (long)(offset + length / 2));
	assert_ok(wq_vault_load(none, &f.shelf, "portal", &keys, &no_floor, NULL, NULL, &f.faults, &f.g));
	f.faults.n = 0;
	assert_int_equal(unlink(path), 0);
	assert_ok(recheck(&f));
	assert_int_equal(f.faults.rows[0].error, WQ_E_NOT_FOUND);
	cold_serves(f.g); /* from the file that was verified, whatever its name */
	wq_generation_free(&f.g);
	wq_vault_memory_free(&none);
	end(&f);
}

/* Room that came free goes to the next generation; the one that is there keeps its cold pack. */
static void a_cold_pack_comes_into_memory_with_the_next(void **state)
{
	struct fixture f;
	struct wq_generation *first;

	(void)state;
	begin(&f);
	publish(&f.shelf, "portal", 1, 2);
	f.memory->budget_bytes = 0;
	assert_ok(load(&f, "portal", 0));
	first = f.g;
	assert_true(first->packs[0]->cold && first->packs[1]->cold);
	f.memory->budget_bytes = 1024 * WQ_MIB;
	publish(&f.shelf, "portal", 2, 3);
	assert_ok(load(&f, "portal", 0));
	assert_true(wq_digest_eq(f.g->packs[0]->name, first->packs[0]->name));
	assert_false(f.g->packs[0]->cold);
	assert_true(first->packs[0]->cold);
	wq_generation_free(&first);
	end(&f);
}

/* ---- comparing with what is loaded ---- */

static void rechecking_names_what_differs(void **state)
{
	struct fixture f;
	char pack[PATH_MAX], one[PATH_MAX], two[PATH_MAX], save[PATH_MAX + 8];
	wq_str object;
	long offset;

	(void)state;
	begin(&f);
	publish(&f.shelf, "portal", 1, 2);
	publish(&f.shelf, "portal", 2, 3);
	assert_ok(load(&f, "portal", 0));
	assert_ok(recheck(&f));
	assert_int_equal(f.faults.n, 0);
	wq_shelf_pack_path(&f.shelf, f.g->packs[1]->name, pack);
	object = wq_pack_bytes(&f.g->packs[1]->pack, 3);
	offset = object.p - f.g->packs[1]->sealed.bytes.p + (long)object.n - 1;
	flip(pack, offset);
	assert_ok(recheck(&f));
	assert_int_equal(f.faults.n, 1);
	assert_int_equal(f.faults.rows[0].error, WQ_E_ALTERED);
	assert_true(f.faults.rows[0].in_pack);
	if (!strstr(f.faults.rows[0].note, "object 3 ("))
		fail_msg("%s", f.faults.rows[0].note);
	flip(pack, offset);
	/* missing, cut, replaced by an older one */
	snprintf(save, sizeof save, "%s.away", pack);
	assert_int_equal(rename(pack, save), 0);
	wq_shelf_snapshot_path(&f.shelf, "portal", 1, one);
	wq_shelf_snapshot_path(&f.shelf, "portal", 2, two);
	file_copy(one, two);
	f.faults.n = 0;
	assert_ok(recheck(&f));
	assert_int_equal(f.faults.n, 2);
	assert_int_equal(f.faults.rows[0].error, WQ_E_REPLAYED);
	assert_int_equal(f.faults.rows[1].error, WQ_E_NOT_FOUND);
	assert_int_equal(rename(save, pack), 0);
	assert_int_equal(truncate(two, 100), 0);
	f.faults.n = 0;
	assert_ok(recheck(&f));
	assert_int_equal(f.faults.n, 1);
	assert_int_equal(f.faults.rows[0].error, WQ_E_ALTERED);
	end(&f);
}

/* ---- publishing ---- */

static void publishing_keeps_the_order(void **state)
{
	struct fixture f;
	char path[PATH_MAX], name[PATH_MAX + 16];
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	const char **apps;
	uint64_t *serials;
	size_t n;
	WQ_BUF(one, FILE_MAX);
	WQ_BUF(two, FILE_MAX);
	WQ_BUF(hint, 256);

	(void)state;
	begin(&f);
	wq_arena_init(&arena, WQ_MIB);
	snapshot_make(&f.shelf, "portal", 5, 2, key, &one);
	snapshot_make(&f.shelf, "portal", 5, 3, key, &two);
	assert_ok(wq_shelf_publish(&f.shelf, wq_buf_str(&one)));
	assert_ok(wq_shelf_publish(&f.shelf, wq_buf_str(&one)));
	assert_err(wq_shelf_publish(&f.shelf, wq_buf_str(&two)), WQ_E_REPLAYED);
	snapshot_make(&f.shelf, "portal", 4, 3, key, &two);
	assert_err(wq_shelf_publish(&f.shelf, wq_buf_str(&two)), WQ_E_REPLAYED);
	snapshot_make(&f.shelf, "portal", 11, 3, key, &two);
	two.data[two.len - 1] ^= 1;
	assert_err(wq_shelf_publish(&f.shelf, wq_buf_str(&two)), WQ_E_FORMAT);
	two.data[two.len - 1] ^= 1;
	assert_ok(wq_shelf_publish(&f.shelf, wq_buf_str(&two)));
	publish(&f.shelf, "mail", 1, 7);
	assert_ok(wq_shelf_apps(&f.shelf, &arena, &apps, &n));
	assert_int_equal(n, 2);
	assert_string_equal(apps[0], "mail");
	assert_string_equal(apps[1], "portal");
	assert_ok(wq_shelf_serials(&f.shelf, "portal", &arena, &serials, &n));
	assert_int_equal(n, 2);
	assert_true(serials[0] == 11 && serials[1] == 5);
	assert_ok(wq_shelf_serials(&f.shelf, "nobody", &arena, &serials, &n));
	assert_int_equal(n, 0);
	assert_err(wq_shelf_serials(&f.shelf, "../portal", &arena, &serials, &n), WQ_E_INPUT);
	snprintf(name, sizeof name, "%s/current", wq_shelf_app_path(&f.shelf, "portal", path));
	assert_ok(wq_file_read(&wq_fs_system, name, &hint));
	assert_true(wq_str_starts(wq_buf_str(&hint), WQ_S("11 ")));
	end(&f);
}

static void a_snapshot_without_its_packs_is_not_published(void **state)
{
	struct fixture f;
	char path[PATH_MAX];
	struct wq_snapshot s;
	wq_digest name;
	uint64_t bytes;
	WQ_BUF(snapshot, FILE_MAX);

	(void)state;
	begin(&f);
	snapshot_make(&f.shelf, "portal", 1, 2, key, &snapshot);
	assert_ok(wq_snapshot_open(wq_buf_str(&snapshot), &s));
	assert_true(wq_snapshot_pack(&s, 1, &name, &bytes));
	assert_int_equal(unlink(wq_shelf_pack_path(&f.shelf, name, path)), 0);
	assert_err(wq_shelf_publish(&f.shelf, wq_buf_str(&snapshot)), WQ_E_NOT_FOUND);
	end(&f);
}

/* ---- power cuts and failing disks: the old or the new, and never less than what was acknowledged ---- */

static uint64_t loaded_serial(struct fixture *f, const char *vault)
{
	struct wq_shelf shelf;
	uint64_t serial;

	assert_ok(wq_shelf_open(NULL, vault, false, &shelf));
	f->faults.n = 0;
	assert_ok(wq_vault_load(f->memory, &shelf, "portal", &keys, &no_floor, NULL, NULL, &f->faults, &f->g));
	assert_int_equal(f->faults.n, 0);
	serial = f->g->snapshot.head.serial;
	wq_generation_free(&f->g);
	return serial;
}

static void a_power_cut_leaves_the_old_or_the_new(void **state)
{
	struct fixture f;
	struct wq_crash *crash;
	char target[2 * WQ_TEST_PATH];
	size_t news = 0;

	(void)state;
	begin(&f);
	publish(&f.shelf, "portal", 1, 2);
	assert_ok(wq_crash_new(&wq_fs_system, f.shelf.dir, &crash));
	f.shelf.fs = wq_crash_fs(crash);
	publish(&f.shelf, "portal", 2, 3);
	for (size_t point = 0; point <= wq_crash_points(crash); point++)
		for (uint64_t choice = 0; choice < 5; choice++) {
			uint64_t serial;

			snprintf(target, sizeof target, "%s/after", f.dir);
			assert_int_equal(mkdir(target, 0755), 0);
			assert_ok(wq_crash_materialise(crash, point, choice, target));
			serial = loaded_serial(&f, target);
			assert_true(serial == 1 || serial == 2);
			news += serial == 2;
			if (point == wq_crash_points(crash))
				assert_int_equal(serial, 2);
			wq_test_dir_done(target);
		}
	assert_true(news > 5);
	wq_crash_free(&crash);
	end(&f);
}

static void a_failing_disk_leaves_the_old(void **state)
{
	static const int errors[] = {EIO, ENOSPC};
	struct fixture f;
	struct wq_fault fault;
	bool failed = true;
	WQ_BUF(snapshot, FILE_MAX);

	(void)state;
	begin(&f);
	publish(&f.shelf, "portal", 1, 2);
	snapshot_make(&f.shelf, "portal", 2, 3, key, &snapshot);
	for (unsigned long at = 1; failed; at++)
		for (size_t i = 0; i < WQ_COUNT(errors); i++) {
			char vault[WQ_SHELF_DIR_MAX];
			wq_err e;

			wq_fault_init(&fault, &wq_fs_system);
			fault.kind = at % 2 ? WQ_FAULT_TORN : WQ_FAULT_ERRNO;
			fault.errnum = errors[i];
			fault.at = at;
			fault.sticky = true;
			f.shelf.fs = &fault.fs;
			e = wq_shelf_publish(&f.shelf, wq_buf_str(&snapshot));
			failed = fault.hits > 0;
			snprintf(vault, sizeof vault, "%s", f.shelf.dir);
			assert_true(wq_failed(e) || !failed);
			assert_true(!failed || wq_is(e, errors[i] == EIO ? WQ_E_IO : WQ_E_NO_SPACE));
			assert_true(loaded_serial(&f, vault) == 1 || loaded_serial(&f, vault) == 2);
		}
	assert_true(loaded_serial(&f, f.shelf.dir) == 2);
	end(&f);
}

/* ---- floors ---- */

static void floors_only_rise(void **state)
{
	struct fixture f;
	struct wq_floor floor = {.serial = 3, .digest = {{1, 2, 3}}}, read;
	char path[2 * WQ_TEST_PATH];

	(void)state;
	begin(&f);
	assert_ok(wq_floor_read(&wq_fs_system, f.dir, "portal", &read));
	assert_true(read.serial == 0);
	assert_ok(wq_floor_raise(&wq_fs_system, f.dir, "portal", &floor));
	assert_ok(wq_floor_raise(&wq_fs_system, f.dir, "portal", &floor));
	assert_ok(wq_floor_read(&wq_fs_system, f.dir, "portal", &read));
	assert_true(read.serial == 3 && wq_digest_eq(read.digest, floor.digest));
	floor.digest.b[0] = 9;
	assert_err(wq_floor_raise(&wq_fs_system, f.dir, "portal", &floor), WQ_E_REPLAYED);
	floor.serial = 2;
	assert_err(wq_floor_raise(&wq_fs_system, f.dir, "portal", &floor), WQ_E_REPLAYED);
	assert_err(wq_floor_read(&wq_fs_system, f.dir, "a/b", &read), WQ_E_INPUT);
	snprintf(path, sizeof path, "%s/portal.floor", f.dir);
	for (long i = 0; i < 80; i++) {
		flip(path, i);
		assert_err(wq_floor_read(&wq_fs_system, f.dir, "portal", &read), WQ_E_STATE);
		floor.serial = 9;
		assert_err(wq_floor_raise(&wq_fs_system, f.dir, "portal", &floor), WQ_E_STATE);
		flip(path, i);
	}
	assert_int_equal(truncate(path, 79), 0);
	assert_err(wq_floor_read(&wq_fs_system, f.dir, "portal", &read), WQ_E_STATE);
	end(&f);
}

static void a_floor_belongs_to_one_application(void **state)
{
	struct fixture f;
	struct wq_floor floor = {.serial = 3, .digest = {{1}}}, read;
	char from[2 * WQ_TEST_PATH], to[2 * WQ_TEST_PATH];

	(void)state;
	begin(&f);
	assert_ok(wq_floor_raise(&wq_fs_system, f.dir, "portal", &floor));
	snprintf(from, sizeof from, "%s/portal.floor", f.dir);
	snprintf(to, sizeof to, "%s/mail.floor", f.dir);
	file_copy(from, to);
	assert_err(wq_floor_read(&wq_fs_system, f.dir, "mail", &read), WQ_E_STATE);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_loaded_and_sealed),
		cmocka_unit_test(without_noexec_seals_as_well),
		cmocka_unit_test(packs_are_shared_between_generations),
		cmocka_unit_test(an_altered_pack_is_refused_by_name),
		cmocka_unit_test(what_is_present_stays),
		cmocka_unit_test(every_altered_snapshot_is_refused),
		cmocka_unit_test(a_shelf_of_version_1_loads),
		cmocka_unit_test(older_ones_are_refused),
		cmocka_unit_test(a_foreign_key_is_refused),
		cmocka_unit_test(a_missing_or_cut_pack_is_named),
		cmocka_unit_test(what_does_not_fit_stays_cold),
		cmocka_unit_test(a_cold_pack_is_verified_and_compared),
		cmocka_unit_test(a_cold_pack_comes_into_memory_with_the_next),
		cmocka_unit_test(rechecking_names_what_differs),
		cmocka_unit_test(publishing_keeps_the_order),
		cmocka_unit_test(a_snapshot_without_its_packs_is_not_published),
		cmocka_unit_test(a_power_cut_leaves_the_old_or_the_new),
		cmocka_unit_test(a_failing_disk_leaves_the_old),
		cmocka_unit_test(floors_only_rise),
		cmocka_unit_test(a_floor_belongs_to_one_application),
	};
	int failed;

	if (wq_failed(wq_crypto_init()) || wq_failed(wq_sm2_generate(&key)) || wq_failed(wq_sm2_generate(&other_key)))
		return 1;
	publics[0] = wq_sm2_key_public(key);
	publics[1] = wq_sm2_key_public(other_key);
	failed = cmocka_run_group_tests_name("vault load", tests, NULL, NULL);
	wq_sm2_key_free(&key);
	wq_sm2_key_free(&other_key);
	return failed;
}
