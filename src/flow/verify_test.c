/* What the reviewer's tool finds in a release before the person signs: each thing that could be put into it unseen. */
#include "flow/verify.h"

#include "base/test.h"
#include "policy/rewrite.h"
#include "vault/dir_test.h"
#include "vault/encode.h"
#include "vault/pack.h"
#include "vault/shelf.h"

enum { PAGES = 12, MAX = 64 * 1024 * 1024 };

struct fixture {
	char dir[WQ_TEST_PATH];
	struct wq_arena arena;
	struct wq_workspace w;
	struct wq_entry_new entries[PAGES];
	char keys[PAGES][64];
	wq_digest packs[8];
	uint64_t pack_bytes[8];
	size_t packs_n;
	struct wq_body_new body;
	struct wq_statement said;
	unsigned releases;
};

static const wq_str host = WQ_S_INIT("www.example.gov.cn");

/* ---- packs ---- */

static struct wq_object_ref put(struct wq_pack_writer *w, uint32_t pack, wq_str bytes)
{
	struct wq_pack_object o;

	assert_ok(wq_pack_writer_add(w, bytes, &o));
	return (struct wq_object_ref){pack, o.number, o.length_bytes, o.digest};
}

static struct wq_pack_writer *pack_begin(struct fixture *f)
{
	struct wq_pack_writer *w;

	assert_ok(wq_pack_writer_open(wq_workspace_path(&f->w, "vault/packs"), &w));
	return w;
}

/* The writer's one pack becomes the next of the body. */
static void pack_end(struct fixture *f, struct wq_pack_writer *w)
{
	char hex[WQ_DIGEST_HEX];
	const wq_digest *names;
	struct stat st;
	size_t n;

	assert_ok(wq_pack_writer_finish(w, &names, &n));
	assert_int_equal(n, 1);
	f->packs[f->packs_n] = names[0];
	assert_int_equal(stat(wq_workspace_path(&f->w, "vault/packs/%s.pack", wq_digest_hex(names[0], hex)), &st), 0);
	f->pack_bytes[f->packs_n++] = (uint64_t)st.st_size;
	wq_pack_writer_free(&w);
}

static void page(unsigned number, struct wq_buf *out)
{
	wq_buf_clear(out);
	for (unsigned i = 0; i < 100 + number; i++)
		wq_buf_printf(out, "<p>第 %u 页第 %u 段</p>\n", number, i);
}

/* Pages in two packs; the gzip forms lie in the other one. */
static void make_pages(struct fixture *f)
{
	struct wq_pack_writer *first = pack_begin(f), *second;
	WQ_BUF(text, MAX);
	WQ_BUF(gzip, MAX);

	for (unsigned i = 0; i < PAGES; i++) {
		page(i, &text);
		snprintf(f->keys[i], sizeof f->keys[i], "www.example.gov.cn/p%02u.html", i);
		f->entries[i] = (struct wq_entry_new){.key = wq_str_c(f->keys[i]),
			.status = 200,
			.type = WQ_S("text/html; charset=utf-8"),
			.identity = put(first, 0, wq_buf_str(&text))};
	}
	pack_end(f, first);
	second = pack_begin(f);
	for (unsigned i = 0; i < PAGES; i += 2) {
		page(i, &text);
		wq_buf_clear(&gzip);
		assert_ok(wq_encode_gzip(wq_buf_str(&text), &gzip));
		f->entries[i].has_gzip = true;
		f->entries[i].gzip = put(second, 1, wq_buf_str(&gzip));
	}
	pack_end(f, second);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct wq_app_row app = {.id = WQ_S("portal"),
		.name = WQ_S("门户"),
		.unit = WQ_S("县政府"),
		.origin = WQ_S("/srv"),
		.hosts = {host},
		.hosts_n = 1};

	wq_test_dir(f->dir);
	wq_arena_init(&f->arena, MAX);
	assert_ok(wq_workspace_init(f->dir, WQ_S(""), &wq_clock_system, &wq_random_system));
	assert_ok(wq_workspace_open(f->dir, &wq_clock_system, &wq_random_system, &f->arena, &f->w));
	assert_ok(wq_app_register(f->w.ledger, &app, WQ_S("admin"), &f->arena));
	make_pages(f);
	f->body = (struct wq_body_new){.packs = f->packs,
		.pack_bytes = f->pack_bytes,
		.packs_n = f->packs_n,
		.hosts = &host,
		.hosts_n = 1,
		.entries = f->entries,
		.entries_n = PAGES};
	f->said = (struct wq_statement){
		.app = WQ_S("portal"), .author = WQ_S("editor"), .entries = PAGES, .added = PAGES, .created = 1};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	wq_workspace_close(&f->w);
	wq_arena_done(&f->arena);
	wq_test_dir_done(f->dir);
	free(f);
	return 0;
}

/* Records the body and what is said about it as a new release. */
static struct wq_release_row propose(struct fixture *f)
{
	struct wq_release_row row;
	WQ_BUF(body, MAX);

	f->said.release = wq_arena_printf(&f->arena, "r%u", ++f->releases);
	f->body.packs_n = f->packs_n;
	assert_ok(wq_snapshot_build(&f->body, &body));
	f->said.body_root = wq_tree_root(wq_buf_str(&body));
	f->said.body_bytes = body.len;
	assert_ok(wq_file_replace(&wq_fs_system,
		wq_workspace_path(&f->w, "releases/%.*s.body", WQ_S_ARG(f->said.release)), wq_buf_str(&body), 0600));
	assert_ok(wq_ledger_begin(f->w.ledger));
	assert_ok(wq_release_add(f->w.ledger, &f->said, &f->arena));
	assert_ok(wq_ledger_commit(f->w.ledger));
	assert_ok(wq_release_find(f->w.ledger, f->said.release, &f->arena, &row));
	return row;
}

static void refused(struct fixture *f, enum wq_err_id id, const char *why)
{
	struct wq_release_row row = propose(f);
	wq_err e = wq_release_verify(&f->w, &row, NULL);

	if (!wq_is(e, id) || !strstr(wq_err_note(e), why))
		fail_msg("%s: %s, not: %s", wq_err_name(e), wq_err_note(e), why);
}

/* ---- */

static void test_fine(void **state)
{
	struct fixture *f = *state;
	struct wq_release_row row = propose(f);
	struct wq_verified v;

	assert_ok(wq_release_verify(&f->w, &row, &v));
	assert_int_equal(v.entries, PAGES);
	assert_int_equal(v.gzip_forms, PAGES / 2);
	assert_int_equal(v.packs, 2);
}

/* The pack is consistent in itself, the page that is shown is harmless: what is sent compressed is another one. */
static void test_planted_gzip(void **state)
{
	struct fixture *f = *state;
	struct wq_pack_writer *w = pack_begin(f);
	WQ_BUF(text, MAX);
	WQ_BUF(gzip, MAX);

	page(4, &text);
	text.data[700] ^= 1;
	assert_ok(wq_encode_gzip(wq_buf_str(&text), &gzip));
	f->entries[4].gzip = put(w, 2, wq_buf_str(&gzip));
	pack_end(f, w);
	refused(f, WQ_E_ALTERED, "www.example.gov.cn/p04.html: what is sent compressed is not what is shown");
}

static void test_gzip_of_another_page(void **state)
{
	struct fixture *f = *state;

	f->entries[3].has_gzip = true;
	f->entries[3].gzip = f->entries[2].gzip;
	refused(f, WQ_E_ALTERED, "p03.html");
}

static void test_gzip_bomb(void **state)
{
	struct fixture *f = *state;
	struct wq_pack_writer *w = pack_begin(f);
	WQ_BUF(zeros, MAX);
	WQ_BUF(gzip, MAX);

	assert_non_null(wq_buf_reserve(&zeros, MAX / 2));
	memset(zeros.data, 0, MAX / 2);
	wq_buf_commit(&zeros, MAX / 2);
	assert_ok(wq_encode_gzip(wq_buf_str(&zeros), &gzip));
	f->entries[4].gzip = put(w, 2, wq_buf_str(&gzip));
	pack_end(f, w);
	refused(f, WQ_E_ALTERED, "p04.html");
}

static void test_brotli(void **state)
{
	struct fixture *f = *state;
	struct wq_pack_writer *w = pack_begin(f);
	struct wq_release_row row;
	struct wq_verified v;
	WQ_BUF(text, MAX);
	WQ_BUF(brotli, MAX);

	page(5, &text);
	assert_ok(wq_encode_brotli(wq_buf_str(&text), WQ_EFFORT_BEST, &brotli));
	f->entries[5].has_brotli = true;
	f->entries[5].brotli = put(w, 2, wq_buf_str(&brotli));
	pack_end(f, w);
	row = propose(f);
	assert_ok(wq_release_verify(&f->w, &row, &v));
	assert_int_equal(v.brotli_forms, 1);
	/* of another page; no brotli at all */
	f->entries[6].has_brotli = true;
	f->entries[6].brotli = f->entries[5].brotli;
	refused(f, WQ_E_ALTERED, "p06.html: what is sent compressed");
	f->entries[6].has_brotli = false;
	f->entries[5].brotli = f->entries[4].gzip;
	refused(f, WQ_E_ALTERED, "p05.html: what is sent compressed");
}

/* What a body says about links, sources and transformations has to be what its policy does. */
static void test_policy(void **state)
{
	struct fixture *f = *state;
	static const wq_str suffixes[] = {WQ_S_INIT("gov.cn")};
	struct wq_policy policy = wq_policy_default;
	struct wq_link_new link = {.address = WQ_S("https://www.example.com/")};
	struct wq_release_row row;
	WQ_BUF(block, WQ_POLICY_BLOCK_MAX);

	f->entries[0].transforms = WQ_TRANSFORM_LEAVE;
	f->entries[0].has_source = true;
	f->entries[0].source = wq_sm3(WQ_S("as captured"));
	refused(f, WQ_E_ALTERED, "p00.html: it says that it was transformed as the policy does not (1)");
	policy.leave = true;
	policy.portal = WQ_S("云山县人民政府");
	policy.leave_prefix = WQ_S("/leave/");
	policy.suffixes = suffixes;
	policy.suffixes_n = 1;
	assert_ok(wq_policy_encode(&policy, &block));
	f->body.policy = wq_buf_str(&block);
	row = propose(f);
	assert_ok(wq_release_verify(&f->w, &row, NULL));

	f->body.links = &link;
	f->body.links_n = 1;
	refused(f, WQ_E_ALTERED, "the link to https://www.example.com/ stands under another id");
	memcpy(link.id, wq_leave_id(link.address).b, sizeof link.id);
	row = propose(f);
	assert_ok(wq_release_verify(&f->w, &row, NULL));

	f->body.policy = wq_str_head(wq_buf_str(&block), block.len - 1);
	row = propose(f);
	assert_err(wq_release_verify(&f->w, &row, NULL), WQ_E_FORMAT);
}

static void test_wrong_object(void **state)
{
	struct fixture *f = *state;
	struct wq_object_ref was = f->entries[6].identity;

	f->entries[6].identity.number++; /* the next page's bytes under this one's digest */
	refused(f, WQ_E_ALTERED, "p06.html");
	f->entries[6].identity = was;
	f->entries[6].identity.number = 1000;
	refused(f, WQ_E_ALTERED, "p06.html");
	f->entries[6].identity = was;
	f->entries[6].identity.digest.b[0] ^= 1;
	refused(f, WQ_E_ALTERED, "p06.html");
	f->entries[6].identity = was;
	f->entries[6].gzip.number = 1000;
	refused(f, WQ_E_ALTERED, "p06.html");
}

static void test_packs(void **state)
{
	struct fixture *f = *state;
	struct wq_release_row row = propose(f);
	char hex[WQ_DIGEST_HEX];
	const char *path = wq_workspace_path(&f->w, "vault/packs/%s.pack", wq_digest_hex(f->packs[1], hex));
	WQ_BUF(pack, MAX);

	assert_ok(wq_file_read(&wq_fs_system, path, &pack));
	for (size_t at = 70; at < pack.len; at += 97) {
		pack.data[at] ^= 1;
		assert_ok(wq_file_replace(&wq_fs_system, path, wq_buf_str(&pack), 0644));
		pack.data[at] ^= 1;
		assert_true(wq_failed(wq_release_verify(&f->w, &row, NULL)));
	}
	assert_ok(wq_file_replace(&wq_fs_system, path, wq_str_head(wq_buf_str(&pack), pack.len - 1), 0644));
	assert_err(wq_release_verify(&f->w, &row, NULL), WQ_E_ALTERED);
	assert_int_equal(unlink(path), 0);
	assert_err(wq_release_verify(&f->w, &row, NULL), WQ_E_NOT_FOUND);
}

static void test_body(void **state)
{
	struct fixture *f = *state;
	struct wq_release_row row = propose(f);
	const char *path = wq_workspace_path(&f->w, "releases/%.*s.body", WQ_S_ARG(row.id));
	WQ_BUF(body, MAX);

	assert_ok(wq_file_read(&wq_fs_system, path, &body));
	body.data[body.len / 2] ^= 1;
	assert_ok(wq_file_replace(&wq_fs_system, path, wq_buf_str(&body), 0600));
	assert_err(wq_release_verify(&f->w, &row, NULL), WQ_E_ALTERED);
}

/* The body lets more through than the pages that are shown. */
static void test_hosts(void **state)
{
	static const wq_str two[] = {WQ_S_INIT("other.example.gov.cn"), WQ_S_INIT("www.example.gov.cn")};
	struct fixture *f = *state;

	f->body.hosts = two;
	f->body.hosts_n = 2;
	refused(f, WQ_E_ALTERED, "hosts");
}

static void test_counts(void **state)
{
	struct fixture *f = *state;
	uint64_t *const counts[] = {&f->said.entries, &f->said.added, &f->said.changed, &f->said.gone};

	for (size_t i = 0; i < WQ_COUNT(counts); i++) {
		++*counts[i];
		refused(f, WQ_E_ALTERED, "the statement says");
		--*counts[i];
	}
}

/* Seals the release as serial 1 and puts it on the shelf. */
static void seal(struct fixture *f, const struct wq_release_row *row, struct wq_buf *canonical)
{
	struct wq_snapshot_head head = {
		.app = "portal", .serial = 1, .body_root = row->said.body_root, .body_bytes = row->said.body_bytes};
	struct wq_sealed sealed = {.release = row->id, .actor = WQ_S("wang"), .serial = 1};
	struct wq_sm2_key *key;
	struct wq_shelf shelf;
	WQ_BUF(body, MAX);
	WQ_BUF(file, MAX);

	assert_ok(wq_sm2_generate(&key));
	assert_ok(wq_snapshot_head_encode(&head, canonical));
	assert_ok(wq_sm2_sign(key, wq_buf_str(canonical), &sealed.sig));
	sealed.head = wq_buf_str(canonical);
	assert_ok(
		wq_file_read(&wq_fs_system, wq_workspace_path(&f->w, "releases/%.*s.body", WQ_S_ARG(row->id)), &body));
	assert_ok(wq_snapshot_header(&head, &sealed.sig, &file));
	wq_buf_add(&file, wq_buf_str(&body));
	assert_ok(wq_shelf_open(NULL, wq_workspace_path(&f->w, "vault"), true, &shelf));
	assert_ok(wq_shelf_publish(&shelf, wq_buf_str(&file)));
	assert_ok(wq_release_record_sealed(f->w.ledger, &sealed, &f->arena));
	wq_sm2_key_free(&key);
}

/* Against a sealed version: one page changed, one gone, one added. */
static void test_on_a_base(void **state)
{
	struct fixture *f = *state;
	struct wq_release_row row = propose(f);
	WQ_BUF(head, WQ_SNAPSHOT_HEADER);

	seal(f, &row, &head);
	f->entries[7].identity = f->entries[8].identity;
	f->entries[8].key = WQ_S("www.example.gov.cn/new.html");
	refused(f, WQ_E_STATE, "builds on serial 0, sealed now is 1");
	f->said.base_serial = 1;
	f->said.base = wq_sm3(WQ_S("another head"));
	refused(f, WQ_E_STATE, "sealed now is 1");
	f->said.base = wq_sm3(wq_buf_str(&head));
	refused(f, WQ_E_ALTERED, "found 12, 1, 1, 1");
	f->said.added = f->said.changed = f->said.gone = 1;
	row = propose(f);
	assert_ok(wq_release_verify(&f->w, &row, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_planted_gzip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gzip_of_another_page, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gzip_bomb, setup, teardown),
		cmocka_unit_test_setup_teardown(test_brotli, setup, teardown),
		cmocka_unit_test_setup_teardown(test_policy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_object, setup, teardown),
		cmocka_unit_test_setup_teardown(test_packs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hosts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_on_a_base, setup, teardown),
	};

	if (wq_failed(wq_crypto_init()))
		return 1;
	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
