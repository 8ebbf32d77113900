#include "base/test.h"

#include <limits.h>

#include "base/file.h"
#include "vault/layout_priv.h"
#include "vault/site_test.h"

enum { BODY_MAX = 512 * 1024 * 1024 };

static void build(const struct wq_site *site, struct wq_buf *out, struct wq_snapshot *ret_snapshot)
{
	struct wq_body_new body = wq_site_body(site);

	assert_ok(wq_snapshot_build(&body, out));
	assert_ok(wq_snapshot_open_body(wq_buf_str(out), ret_snapshot));
}

static bool same_ref(const struct wq_object_ref *a, const struct wq_object_ref *b)
{
	return a->pack == b->pack && a->number == b->number && a->length_bytes == b->length_bytes;
}

static void entry_matches(const struct wq_entry_new *in, const struct wq_entry *out)
{
	assert_str(out->key, in->key);
	assert_int_equal(out->status, in->status);
	assert_str(out->type, in->type);
	assert_str(out->headers, in->headers);
	assert_true(same_ref(&out->identity, &in->identity));
	assert_memory_equal(out->identity.digest.b, in->identity.digest.b, WQ_DIGEST_BYTES);
	assert_int_equal(out->has_gzip, in->has_gzip);
	assert_int_equal(out->has_brotli, in->has_brotli);
	assert_true(!in->has_gzip || same_ref(&out->gzip, &in->gzip));
	assert_true(!in->has_brotli || same_ref(&out->brotli, &in->brotli));
	assert_int_equal(out->has_source, in->has_source);
	assert_memory_equal(out->source.b, in->source.b, WQ_DIGEST_BYTES);
	assert_int_equal(out->transforms, in->transforms);
}

static void shuffle(struct wq_site *site)
{
	for (size_t i = site->n; i > 1; i--) {
		size_t j = wq_site_random(site) % i;
		struct wq_entry_new t = site->entries[i - 1];

		site->entries[i - 1] = site->entries[j];
		site->entries[j] = t;
	}
}

/* ---- every key is found, no other is, and order does not matter ---- */

static void one_site(size_t n, uint64_t seed)
{
	struct wq_site site;
	struct wq_snapshot s;
	struct wq_entry e, at;
	char unknown[64];
	WQ_BUF(body, BODY_MAX);
	WQ_BUF(again, BODY_MAX);

	wq_site_init(&site, n, seed, 0);
	build(&site, &body, &s);
	assert_int_equal(s.entries_n, n);
	for (size_t i = 0; i < n; i++) {
		assert_true(wq_snapshot_find(&s, site.entries[i].key, &e));
		entry_matches(&site.entries[i], &e);
		assert_true(wq_snapshot_entry(&s, e.number, &at));
		assert_str(at.key, e.key);
	}
	for (size_t i = 0; i < 10 * n; i++) {
		snprintf(unknown, sizeof unknown, "www.example.gov.cn/%c/%08zx?", 'a' + (int)(i % 26), i);
		assert_false(wq_snapshot_find(&s, wq_str_c(unknown), &e));
	}
	assert_false(wq_snapshot_entry(&s, (uint32_t)n, &at));
	shuffle(&site);
	build(&site, &again, &s);
	assert_str(wq_buf_str(&again), wq_buf_str(&body));
	wq_site_done(&site);
}

static void every_key_is_found_and_no_other(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 7, 10, 16, 100, 999, 5000};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(sizes); i++)
		one_site(sizes[i], i + 1);
	for (uint64_t seed = 100; seed < 160; seed++)
		one_site(seed * 7919 % 400 + 1, seed);
}

static void tables_come_back(void **state)
{
	struct wq_site site;
	struct wq_snapshot s;
	wq_digest name;
	uint64_t bytes;
	WQ_BUF(body, BODY_MAX);

	(void)state;
	wq_site_init(&site, 5, 1, 0);
	build(&site, &body, &s);
	assert_int_equal(s.hosts_n, 3);
	assert_str(wq_snapshot_host(&s, 0), WQ_S("example.gov.cn"));
	assert_str(wq_snapshot_host(&s, 1), WQ_S("m.example.gov.cn"));
	assert_str(wq_snapshot_host(&s, 2), WQ_S("www.example.gov.cn"));
	assert_str(wq_snapshot_host(&s, 3), WQ_S_NONE);
	assert_true(wq_snapshot_pack(&s, 3, &name, &bytes));
	assert_memory_equal(name.b, site.packs[3].b, sizeof name.b);
	assert_true(bytes == 16 * WQ_MIB);
	assert_false(wq_snapshot_pack(&s, 4, &name, &bytes));
	wq_site_done(&site);
}

static void policy_and_links_come_back(void **state)
{
	struct wq_site site;
	struct wq_snapshot s;
	uint8_t id[WQ_SNAPSHOT_LINK_ID], unknown[WQ_SNAPSHOT_LINK_ID] = {0};
	wq_str address;
	WQ_BUF(body, BODY_MAX);

	(void)state;
	wq_site_init(&site, 5, 1, 0);
	build(&site, &body, &s);
	assert_int_equal(s.version, 2);
	assert_str(wq_snapshot_policy(&s), WQ_S("a policy"));
	assert_int_equal(s.links_n, WQ_COUNT(site.links));
	for (uint32_t i = 0; i < s.links_n; i++) {
		const struct wq_link_new *in = &site.links[s.links_n - 1 - i]; /* they come sorted by id */

		assert_true(wq_snapshot_link_at(&s, i, id, &address));
		assert_memory_equal(id, in->id, sizeof id);
		assert_str(address, in->address);
		assert_true(wq_snapshot_link(&s, id, &address));
		assert_str(address, in->address);
	}
	assert_false(wq_snapshot_link_at(&s, s.links_n, id, &address));
	assert_false(wq_snapshot_link(&s, unknown, &address));
	memset(unknown, 0xff, sizeof unknown);
	assert_false(wq_snapshot_link(&s, unknown, &address));
	wq_site_done(&site);
}

static void links_count_once(void **state)
{
	struct wq_site site;
	struct wq_body_new in;
	struct wq_snapshot s;
	struct wq_link_new twice[3];
	WQ_BUF(body, BODY_MAX);

	(void)state;
	wq_site_init(&site, 1, 1, 0);
	in = wq_site_body(&site);
	twice[0] = twice[2] = site.links[0];
	twice[1] = site.links[1];
	in.links = twice;
	in.links_n = 3;
	assert_ok(wq_snapshot_build(&in, &body));
	assert_ok(wq_snapshot_open_body(wq_buf_str(&body), &s));
	assert_int_equal(s.links_n, 2);
	wq_site_done(&site);
}

/* A million links, the limit; one more is refused. */
static void links_have_a_limit(void **state)
{
	const size_t n = WQ_SNAPSHOT_LINKS_MAX + 1;
	struct wq_link_new *links = calloc(n, sizeof *links);
	struct wq_body_new in = {.links = links, .links_n = n};
	struct wq_snapshot s;
	wq_str address;
	WQ_BUF(body, BODY_MAX);

	(void)state;
	assert_non_null(links);
	for (size_t i = 0; i < n; i++) {
		links[i].address = WQ_S("https://www.example.com/");
		for (size_t j = 0; j < 4; j++)
			links[i].id[j] = (uint8_t)(i * 2654435761u >> 8 * j);
	}
	assert_err(wq_snapshot_build(&in, &body), WQ_E_LIMIT);
	in.links_n = WQ_SNAPSHOT_LINKS_MAX;
	assert_ok(wq_snapshot_build(&in, &body));
	assert_ok(wq_snapshot_open_body(wq_buf_str(&body), &s));
	assert_true(wq_snapshot_link(&s, links[777777].id, &address));
	assert_false(wq_snapshot_link(&s, links[n - 1].id, &address));
	free(links);
}

static void a_policy_has_a_limit(void **state)
{
	struct wq_body_new in = {.policy = {calloc(1, WQ_SNAPSHOT_POLICY_MAX + 1), WQ_SNAPSHOT_POLICY_MAX + 1}};
	WQ_BUF(body, BODY_MAX);

	(void)state;
	assert_err(wq_snapshot_build(&in, &body), WQ_E_LIMIT);
	in.policy.n--;
	assert_ok(wq_snapshot_build(&in, &body));
	free((void *)(uintptr_t)in.policy.p);
}

/* ---- version 1: made by the code that wrote it ---- */

static void version_1_is_read(void **state)
{
	const char *source = getenv("WQ_SOURCE_ROOT");
	char path[PATH_MAX];
	struct wq_snapshot s;
	struct wq_entry e;
	wq_str address;
	WQ_BUF(file, 64 * 1024);

	(void)state;
	snprintf(
		path, sizeof path, "%.300s/tests/upgrade/vault-1/apps/portal/%020d.snapshot", source ? source : ".", 1);
	assert_ok(wq_file_read(&wq_fs_system, path, &file));
	assert_ok(wq_snapshot_open(wq_buf_str(&file), &s));
	assert_ok(wq_snapshot_check(&s));
	assert_int_equal(s.version, 1);
	assert_int_equal(s.entries_n, 3);
	assert_int_equal(s.hosts_n, 2);
	assert_true(wq_snapshot_find(&s, WQ_S("www.example.gov.cn/"), &e));
	assert_int_equal(e.status, 200);
	assert_true(e.has_gzip && !e.has_source);
	assert_true(wq_snapshot_find(&s, WQ_S("www.example.gov.cn/old"), &e));
	assert_str(e.headers, WQ_S("Location: http://www.example.gov.cn/\r\n"));
	assert_str(wq_snapshot_policy(&s), WQ_S_NONE);
	assert_int_equal(s.links_n, 0);
	assert_false(wq_snapshot_link(&s, s.head.event.b, &address));
	/* the rows of path classes, which nothing ever wrote */
	file.data[WQ_SNAPSHOT_HEADER + WQ_BODY_FIXED + 3 * WQ_SECTION_ROW + 11] = 1;
	assert_err(wq_snapshot_open(wq_buf_str(&file), &s), WQ_E_FORMAT);
}

/* ---- size ---- */

/* Hundredths of bytes an entry with a key of 60 bytes, all three forms and `sources`. */
static size_t bytes_an_entry(bool sources)
{
	struct wq_site site;
	struct wq_snapshot s;
	size_t hundredths;
	WQ_BUF(body, BODY_MAX);

	wq_site_init(&site, 100000, 7, 60);
	for (size_t i = 0; i < site.n; i++) {
		assert_true(site.entries[i].key.n >= 60);
		site.entries[i].has_gzip = site.entries[i].has_brotli = true;
		site.entries[i].has_source = sources;
	}
	build(&site, &body, &s);
	hundredths = body.len * 100 / site.n;
	print_message("# %zu.%02zu bytes an entry%s, longest probe %u\n", hundredths / 100, hundredths % 100,
		sources ? " with its source" : "", s.probes_max);
	wq_site_done(&site);
	return hundredths;
}

static void an_entry_takes_200_bytes_at_most(void **state)
{
	(void)state;
	assert_in_range(bytes_an_entry(false), 100 * 100, 200 * 100);
	assert_in_range(bytes_an_entry(true), 100 * 100, 240 * 100);
}

/* ---- what may not be sealed ---- */

static void refused(struct wq_site *site, const char *why)
{
	struct wq_body_new in = wq_site_body(site);
	wq_err e;
	WQ_BUF(body, BODY_MAX);

	e = wq_snapshot_build(&in, &body);
	if (!wq_is(e, WQ_E_INPUT))
		fail_msg("%s: %s %s", why, wq_err_name(e), wq_err_note(e));
	assert_int_equal(body.len, 0);
}

#define REFUSED(what, change) \
	do { \
		struct wq_site site; \
		struct wq_entry_new *e; \
		wq_site_init(&site, 9, 3, 0); \
		e = &site.entries[4]; \
		change; \
		(void)e; \
		refused(&site, what); \
		wq_site_done(&site); \
	} while (0)

static void malformed_entries_are_refused(void **state)
{
	(void)state;
	REFUSED("duplicate key", e->key = site.entries[7].key);
	REFUSED("empty key", e->key = WQ_S_NONE);
	REFUSED("key without path", e->key = WQ_S("www.example.gov.cn"));
	REFUSED("foreign host", e->key = WQ_S("other.gov.cn/a"));
	REFUSED("no host", e->key = WQ_S("/a"));
	REFUSED("host as a prefix only", e->key = WQ_S("example.gov.cn.evil.com/a"));
	REFUSED("status 99", e->status = 99);
	REFUSED("status 600", e->status = 600);
	REFUSED("split header", e->headers = WQ_S("X-A: 1\r\n\r\n<html>"));
	REFUSED("header without end", e->headers = WQ_S("X-A: 1"));
	REFUSED("header without name", e->headers = WQ_S(": 1\r\n"));
	REFUSED("header with a bare LF", e->headers = WQ_S("X-A: 1\nX-B: 2\r\n"));
	REFUSED("header name with space", e->headers = WQ_S("X A: 1\r\n"));
	REFUSED("type with CRLF", e->type = WQ_S("text/html\r\nX: y"));
	REFUSED("pack 4 of 4", e->identity.pack = 4);
	REFUSED("gzip in pack 9", (e->has_gzip = true, e->gzip.pack = 9));
	REFUSED("longer than its pack", e->identity.length_bytes = 16 * WQ_MIB + 1);
	REFUSED("host twice", site.hosts[1] = site.hosts[0]);
	REFUSED("link without address", site.links[2].address = WQ_S(""));
	REFUSED("link with CRLF", site.links[2].address = WQ_S("http://a/\r\nX: y"));
	REFUSED("two addresses under one id", memcpy(site.links[2].id, site.links[1].id, 16));
}

/* ---- hostile bytes: every byte changed, every length; nothing is read outside ---- */

static size_t use_everything(wq_str body, const struct wq_site *site)
{
	uint8_t id[WQ_SNAPSHOT_LINK_ID];
	struct wq_snapshot s;
	struct wq_entry e;
	wq_digest name;
	wq_str address;
	uint64_t bytes;
	size_t sum = 0;

	if (wq_failed(wq_snapshot_open_body(body, &s)))
		return 0;
	WQ_IGNORE(wq_snapshot_check(&s));
	for (size_t i = 0; i < site->n; i++)
		if (wq_snapshot_find(&s, site->entries[i].key, &e))
			for (size_t j = 0; j < e.headers.n; j++)
				sum += (uint8_t)e.headers.p[j];
	for (uint32_t i = 0; i < s.entries_n && i < 100; i++)
		if (wq_snapshot_entry(&s, i, &e) && e.type.n > 0)
			sum += (uint8_t)e.type.p[e.type.n - 1];
	for (uint32_t i = 0; i < s.hosts_n && i < 100; i++)
		sum += wq_snapshot_host(&s, i).n;
	for (uint32_t i = 0; i < s.packs_n && i < 100; i++)
		sum += wq_snapshot_pack(&s, i, &name, &bytes);
	for (size_t i = 0; i < WQ_COUNT(site->links); i++)
		if (wq_snapshot_link(&s, site->links[i].id, &address))
			sum += (uint8_t)address.p[address.n - 1];
	for (uint32_t i = 0; i < s.links_n && i < 100; i++)
		if (wq_snapshot_link_at(&s, i, id, &address))
			sum += (uint8_t)address.p[address.n - 1];
	if (s.policy.n > 0)
		sum += (uint8_t)s.policy.p[s.policy.n - 1];
	return sum;
}

static void altered_bodies_do_no_harm(void **state)
{
	static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	struct wq_site site;
	struct wq_snapshot s;
	uint8_t *copy;
	WQ_BUF(body, BODY_MAX);

	(void)state;
	wq_site_init(&site, 12, 5, 0);
	build(&site, &body, &s);
	/* an exact heap copy, so that a sanitizer sees one byte too many */
	copy = malloc(body.len);
	memcpy(copy, body.data, body.len);
	for (size_t i = 0; i < body.len; i++) {
		for (size_t v = 0; v < WQ_COUNT(values); v++) {
			copy[i] = values[v];
			use_everything(wq_str_of(copy, body.len), &site);
		}
		copy[i] = body.data[i] ^ 1;
		use_everything(wq_str_of(copy, body.len), &site);
		copy[i] = body.data[i];
	}
	free(copy);
	for (size_t n = 0; n < body.len; n++) {
		copy = malloc(n + 1);
		memcpy(copy, body.data, n);
		assert_err(wq_snapshot_open_body(wq_str_of(copy, n), &s), WQ_E_FORMAT);
		free(copy);
	}
	wq_site_done(&site);
}

/* Every 32- and 64-bit number of the header and the section table, set to values around its limits. */
static void hostile_tables_are_refused_or_harmless(void **state)
{
	static const uint64_t values[] = {0, 1, 2, 15, 16, 17, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
		0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffffff0, 0xffffffffffffffff};
	struct wq_site site;
	struct wq_snapshot s;
	uint8_t *copy;
	size_t refusals = 0;
	WQ_BUF(body, BODY_MAX);

	(void)state;
	wq_site_init(&site, 12, 6, 0);
	build(&site, &body, &s);
	copy = malloc(body.len);
	for (size_t at = 0; at + 8 <= WQ_BODY_HEADER; at += 4)
		for (size_t v = 0; v < WQ_COUNT(values); v++)
			for (size_t width = 4; width <= 8; width += 4) {
				memcpy(copy, body.data, body.len);
				for (size_t i = 0; i < width; i++)
					copy[at + i] = (uint8_t)(values[v] >> 8 * (width - 1 - i));
				use_everything(wq_str_of(copy, body.len), &site);
				refusals += wq_failed(wq_snapshot_open_body(wq_str_of(copy, body.len), &s)) ||
					wq_failed(wq_snapshot_check(&s));
			}
	assert_true(refusals > 500);
	free(copy);
	wq_site_done(&site);
}

/* A body in which everything was altered except the bounds: the check finds what the root would find. */
static void check_finds_every_flip_of_structure(void **state)
{
	struct wq_site site;
	struct wq_snapshot s;
	WQ_BUF(body, BODY_MAX);

	(void)state;
	wq_site_init(&site, 12, 8, 0);
	build(&site, &body, &s);
	for (size_t i = 0; i < WQ_BODY_HEADER; i++) {
		body.data[i] ^= 0x10;
		/* a longer bound on probes is the one thing that does no harm */
		if (i / 4 != 3 && !wq_failed(wq_snapshot_open_body(wq_buf_str(&body), &s)) &&
			!wq_failed(wq_snapshot_check(&s)))
			fail_msg("byte %zu of the header", i);
		body.data[i] ^= 0x10;
	}
	for (const uint8_t *slot = s.slots; slot < s.slots + (size_t)s.slots_n * WQ_SLOT_ROW; slot++) {
		body.data[slot - body.data] ^= 0x10;
		assert_err(wq_snapshot_check(&s), WQ_E_FORMAT);
		body.data[slot - body.data] ^= 0x10;
	}
	assert_ok(wq_snapshot_check(&s));
	wq_site_done(&site);
}

/* Computed by another implementation, from docs/formats.md: they may never change. */
static void the_hash_is_part_of_the_format(void **state)
{
	(void)state;
	assert_true(wq_key_hash(WQ_S("")) == 0x3be80d02b0218a72);
	assert_true(wq_key_hash(WQ_S("12345678")) == 0xdbc2f34f4871a4a1);
	assert_true(wq_key_hash(WQ_S("www.example.gov.cn/")) == 0xc744b338c3d48cc9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_found_and_no_other),
		cmocka_unit_test(tables_come_back),
		cmocka_unit_test(policy_and_links_come_back),
		cmocka_unit_test(links_count_once),
		cmocka_unit_test(links_have_a_limit),
		cmocka_unit_test(a_policy_has_a_limit),
		cmocka_unit_test(version_1_is_read),
		cmocka_unit_test(an_entry_takes_200_bytes_at_most),
		cmocka_unit_test(malformed_entries_are_refused),
		cmocka_unit_test(altered_bodies_do_no_harm),
		cmocka_unit_test(hostile_tables_are_refused_or_harmless),
		cmocka_unit_test(check_finds_every_flip_of_structure),
		cmocka_unit_test(the_hash_is_part_of_the_format),
	};

	return cmocka_run_group_tests_name("vault snapshot", tests, NULL, NULL);
}
