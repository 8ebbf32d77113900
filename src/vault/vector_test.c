/* The published vectors: docs/vectors/vault.json was made by another implementation, from docs/formats.md. */
#include "base/test.h"

#include "base/json_read.h"
#include "vault/dir_test.h"
#include "vault/floors.h"
#include "vault/layout_priv.h"
#include "vault/pack.h"

enum { JSON_MAX = 1024 * 1024, TEXT_MAX = 64 * 1024 };

static struct json_t *vectors;

static const char *const objects[] = {"<!doctype html><title>Weique</title>\n", "", "nothing here\n"};

static void vector(const char *name, struct wq_buf *out)
{
	wq_str hex;

	wq_buf_clear(out);
	assert_ok(wq_json_get_str(vectors, name, JSON_MAX, &hex));
	assert_non_null(wq_buf_reserve(out, hex.n / 2));
	assert_true(wq_str_unhex(hex, out->data, hex.n / 2));
	wq_buf_commit(out, hex.n / 2);
}

static wq_digest vector_digest(const char *name)
{
	wq_digest d;
	wq_str hex;

	assert_ok(wq_json_get_str(vectors, name, 64, &hex));
	assert_ok(wq_digest_parse(hex, &d));
	return d;
}

static void the_pack(void **state)
{
	char dir[WQ_TEST_PATH], hex[WQ_DIGEST_HEX], file[WQ_DIGEST_HEX + 8];
	struct wq_pack_writer *w;
	struct wq_pack_object o;
	struct wq_pack pack;
	const wq_digest *names;
	size_t n;
	WQ_BUF(expected, TEXT_MAX);
	WQ_BUF(written, TEXT_MAX);

	(void)state;
	wq_test_dir(dir);
	assert_ok(wq_pack_writer_open(dir, &w));
	for (size_t i = 0; i < WQ_COUNT(objects); i++)
		assert_ok(wq_pack_writer_add(w, wq_str_c(objects[i]), &o));
	assert_ok(wq_pack_writer_finish(w, &names, &n));
	assert_int_equal(n, 1);
	assert_true(wq_digest_eq(names[0], vector_digest("pack_name")));
	snprintf(file, sizeof file, "%s.pack", wq_digest_hex(names[0], hex));
	wq_test_read(dir, file, &written);
	vector("pack", &expected);
	assert_str(wq_buf_str(&written), wq_buf_str(&expected));
	assert_ok(wq_pack_open(wq_buf_str(&expected), &pack));
	assert_ok(wq_pack_verify(&pack, names[0]));
	wq_pack_writer_free(&w);
	wq_test_dir_done(dir);
}

static struct wq_object_ref ref(uint32_t number)
{
	wq_str text = wq_str_c(objects[number]);

	return (struct wq_object_ref){0, number, text.n, wq_sm3(text)};
}

static const struct wq_pack *only_pack(void *data, uint32_t number)
{
	assert_int_equal(number, 0);
	return data;
}

static void the_body(void **state)
{
	static const wq_str hosts[] = {WQ_S_INIT("www.example.gov.cn"), WQ_S_INIT("example.gov.cn")};
	static const struct wq_link_new links[] = {{"\x20\x21\x22\x23\x24\x25\x26\x27\x28\x29\x2a\x2b\x2c\x2d\x2e\x2f",
							   WQ_S_INIT("https://www.example.com/")},
		{"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f",
			WQ_S_INIT("http://example.org/a?b=c")}};
	struct wq_entry_new entries[] = {{.key = WQ_S("www.example.gov.cn/"),
						 .status = 200,
						 .type = WQ_S("text/html; charset=utf-8"),
						 .identity = ref(0),
						 .has_gzip = true,
						 .gzip = ref(2),
						 .has_source = true,
						 .source = wq_sm3(WQ_S("what was captured")),
						 .transforms = 5},
		{.key = WQ_S("example.gov.cn/"),
			.status = 301,
			.headers = WQ_S("Location: http://www.example.gov.cn/\r\n"),
			.identity = ref(1)},
		{.key = WQ_S("www.example.gov.cn/404"), .status = 404, .type = WQ_S("text/plain"), .identity = ref(2)}};
	wq_digest name = vector_digest("pack_name");
	uint64_t pack_bytes;
	struct wq_body_new in = {.packs = &name,
		.pack_bytes = &pack_bytes,
		.packs_n = 1,
		.hosts = hosts,
		.hosts_n = 2,
		.policy = WQ_S("a policy"),
		.links = links,
		.links_n = WQ_COUNT(links),
		.entries = entries,
		.entries_n = WQ_COUNT(entries)};
	struct wq_snapshot s;
	struct wq_pack pack;
	WQ_BUF(packed, TEXT_MAX);
	WQ_BUF(expected, TEXT_MAX);
	WQ_BUF(built, TEXT_MAX);

	(void)state;
	vector("pack", &packed);
	pack_bytes = packed.len;
	assert_ok(wq_snapshot_build(&in, &built));
	vector("body", &expected);
	assert_str(wq_buf_str(&built), wq_buf_str(&expected));
	assert_true(wq_digest_eq(wq_tree_root(wq_buf_str(&built)), vector_digest("body_root")));
	assert_ok(wq_snapshot_open_body(wq_buf_str(&expected), &s));
	assert_ok(wq_snapshot_check(&s));
	assert_ok(wq_pack_open(wq_buf_str(&packed), &pack));
	assert_ok(wq_snapshot_check_packs(&s, only_pack, &pack));
}

static void the_head_and_the_floor(void **state)
{
	struct wq_snapshot_head head = {.app = "portal", .serial = 7, .sealed_at = 1764000000 * WQ_SECOND}, decoded;
	char dir[WQ_TEST_PATH];
	struct wq_floor floor = {.serial = 7};
	WQ_BUF(body, TEXT_MAX);
	WQ_BUF(expected, TEXT_MAX);
	WQ_BUF(made, TEXT_MAX);

	(void)state;
	vector("body", &body);
	memset(head.previous.b, 0x11, WQ_DIGEST_BYTES);
	memset(head.event.b, 0x22, WQ_DIGEST_BYTES);
	memset(head.statement.b, 0x33, WQ_DIGEST_BYTES);
	memset(head.key_id.b, 0x44, WQ_DIGEST_BYTES);
	head.body_root = vector_digest("body_root");
	head.body_bytes = body.len;
	assert_ok(wq_snapshot_head_encode(&head, &made));
	vector("head", &expected);
	assert_str(wq_buf_str(&made), wq_buf_str(&expected));
	assert_ok(wq_snapshot_head_decode(wq_buf_str(&expected), &decoded));
	assert_memory_equal(&decoded, &head, sizeof head);
	floor.digest = wq_sm3(wq_buf_str(&made));
	assert_true(wq_digest_eq(floor.digest, vector_digest("snapshot_digest")));
	wq_test_dir(dir);
	assert_ok(wq_floor_raise(&wq_fs_system, dir, "portal", &floor));
	wq_test_read(dir, "portal.floor", &made);
	vector("floor", &expected);
	assert_str(wq_buf_str(&made), wq_buf_str(&expected));
	wq_test_dir_done(dir);
}

/* One line of a dump, "    0010  00 01 …": compared with those bytes of `expected`. */
static bool dump_line(wq_str line, wq_str expected, size_t *ret_offset)
{
	uint8_t offset[2], byte;
	size_t at;

	if (!wq_str_starts(line, WQ_S("    ")) || !wq_str_unhex(wq_str_head(wq_str_from(line, 4), 4), offset, 2) ||
		!wq_str_starts(wq_str_from(line, 8), WQ_S("  ")))
		return false;
	at = *ret_offset = (size_t)offset[0] << 8 | offset[1];
	for (wq_str rest = wq_str_head(wq_str_from(line, 10), 48); rest.n >= 2; rest = wq_str_from(rest, 3), at++) {
		assert_true(at < expected.n && wq_str_unhex(wq_str_head(rest, 2), &byte, 1));
		if (byte != (uint8_t)expected.p[at])
			fail_msg("%.*s", WQ_S_ARG(line));
	}
	return true;
}

/* The worked example of docs/formats.md: first the pack, whole, then the start of the body. */
static void the_example_in_the_text(void **state)
{
	const char *source = getenv("WQ_SOURCE_ROOT");
	char path[WQ_TEST_PATH];
	size_t offset, lines[2] = {0};
	bool body_begun = false;
	WQ_BUF(text, TEXT_MAX);
	WQ_BUF(pack, TEXT_MAX);
	WQ_BUF(body, TEXT_MAX);

	(void)state;
	snprintf(path, sizeof path, "%.400s/docs/formats.md", source ? source : ".");
	assert_ok(wq_file_read(&wq_fs_system, path, &text));
	vector("pack", &pack);
	vector("body", &body);
	for (wq_str rest = wq_buf_str(&text); rest.p;) {
		wq_str line = wq_str_cut(&rest, '\n');

		body_begun = body_begun || wq_str_starts(line, WQ_S("The body that serves them"));
		lines[body_begun] += dump_line(line, wq_buf_str(body_begun ? &body : &pack), &offset);
	}
	assert_int_equal(lines[0], 14);
	assert_int_equal(lines[1], WQ_BODY_HEADER / 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pack),
		cmocka_unit_test(the_body),
		cmocka_unit_test(the_head_and_the_floor),
		cmocka_unit_test(the_example_in_the_text),
	};
	const char *source = getenv("WQ_SOURCE_ROOT");
	char path[WQ_TEST_PATH];
	int failed;
	WQ_BUF(json, JSON_MAX);

	snprintf(path, sizeof path, "%.400s/docs/vectors/vault.json", source ? source : ".");
	if (wq_failed(wq_crypto_init()) || wq_failed(wq_file_read(&wq_fs_system, path, &json)) ||
		wq_failed(wq_json_read(wq_buf_str(&json), &wq_json_limits_default, &vectors)))
		return 1;
	failed = cmocka_run_group_tests_name("vault vectors", tests, NULL, NULL);
	wq_json_free(&vectors);
	return failed;
}
