#include "base/file.h"
#include "base/test.h"
#include "crypto/canon.h"
#include "policy/policy.h"

static struct wq_arena arena;

static int begin(void **state)
{
	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	return 0;
}

static int end(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	return 0;
}

static wq_str encoded(const struct wq_policy *policy)
{
	WQ_BUF(block, WQ_POLICY_BLOCK_MAX);

	assert_ok(wq_policy_encode(policy, &block));
	return wq_arena_str(&arena, wq_buf_str(&block));
}

static struct wq_policy decoded(const struct wq_policy *policy)
{
	struct wq_policy again;

	assert_ok(wq_policy_decode(encoded(policy), &arena, &again));
	return again;
}

#define PATH(text, its_class) \
	{ \
		.prefix = WQ_S_INIT(text), .class = (its_class) \
	}

static const wq_str page_and_size[] = {WQ_S_INIT("page"), WQ_S_INIT("size"), WQ_S_INIT("栏目")};

static const struct wq_path_rule full_paths[] = {
	PATH("/search", WQ_CLASS_DYNAMIC),
	PATH("/admin/", WQ_CLASS_STAFF),
	PATH("/%E5%85%AC%E5%BC%80", WQ_CLASS_CLOSED),
	{WQ_S_INIT("/list"), WQ_CLASS_SEALED, WQ_KEY_QUERY_LISTED, page_and_size, 3},
	{WQ_S_INIT("/static"), WQ_CLASS_SEALED, WQ_KEY_QUERY_IGNORE, NULL, 0},
};
static const struct wq_network full_staff[] = {
	{{6, {0x20, 0x01, 0x0d, 0xb8}}, 32},
	{{4, {192, 0, 2, 7}}, 32},
	{{4, {10}}, 8},
};
static const wq_str full_suffixes[] = {WQ_S_INIT("xn--zfr164b"), WQ_S_INIT("gov.cn")};
static const wq_str full_inside[] = {WQ_S_INIT("www.partner.example"), WQ_S_INIT("[2001:db8::1]")};
static const struct wq_volatile_rule full_volatiles[] = {
	{WQ_S_INIT("/news"), WQ_VOLATILE_FREEZE, WQ_S_INIT("value=\""), WQ_S_INIT("\""), 64, WQ_VOLATILE_HEX},
	{WQ_S_INIT("/"), WQ_VOLATILE_REMOVE, WQ_S_INIT("\xb5\xe3\xbb\xf7"), WQ_S_INIT(""), 4096, WQ_VOLATILE_ANY},
};

static struct wq_policy full(void)
{
	return (struct wq_policy){
		.guard = WQ_GUARD_DEFAULT,
		.paths = full_paths,
		.paths_n = WQ_COUNT(full_paths),
		.staff = full_staff,
		.staff_n = WQ_COUNT(full_staff),
		.leave = true,
		.portal = WQ_S("云山县人民政府"),
		.leave_prefix = WQ_S("/go/out/"),
		.suffixes = full_suffixes,
		.suffixes_n = WQ_COUNT(full_suffixes),
		.inside = full_inside,
		.inside_n = WQ_COUNT(full_inside),
		.footer = WQ_S("<p>党政机关\n</p>"),
		.csp = WQ_CSP_ENFORCE,
		.volatiles = full_volatiles,
		.volatiles_n = WQ_COUNT(full_volatiles),
	};
}

/* ---- blocks ---- */

static void what_is_written_is_read(void **state)
{
	struct wq_policy in = full(), p = decoded(&in);

	(void)state;
	assert_int_equal(p.paths_n, 5);
	assert_str(p.paths[0].prefix, WQ_S("/%E5%85%AC%E5%BC%80"));
	assert_str(p.paths[4].prefix, WQ_S("/static"));
	assert_int_equal(p.paths[4].query, WQ_KEY_QUERY_IGNORE);
	assert_int_equal(p.paths[2].listed_n, 3);
	assert_str(p.paths[2].listed[0], WQ_S("page"));
	assert_str(p.paths[2].listed[2], WQ_S("栏目"));
	assert_int_equal(p.staff_n, 3);
	assert_int_equal(p.staff[0].bits, 8);
	assert_int_equal(p.staff[2].addr.family, 6);
	assert_true(p.leave);
	assert_str(p.portal, in.portal);
	assert_str(p.leave_prefix, in.leave_prefix);
	assert_str(p.suffixes[0], WQ_S("gov.cn"));
	assert_int_equal(p.suffixes_n, 2);
	assert_str(p.inside[0], WQ_S("[2001:db8::1]"));
	assert_int_equal(p.inside_n, 2);
	assert_str(p.footer, in.footer);
	assert_int_equal(p.csp, WQ_CSP_ENFORCE);
	assert_int_equal(p.volatiles_n, 2);
	assert_str(p.volatiles[0].before, WQ_S("\xb5\xe3\xbb\xf7"));
	assert_int_equal(p.volatiles[0].action, WQ_VOLATILE_REMOVE);
	assert_int_equal(p.volatiles[0].bytes, WQ_VOLATILE_ANY);
	assert_int_equal(p.volatiles[1].max_bytes, 64);
	assert_str(p.volatiles[1].after, WQ_S("\""));
}

static void the_order_of_lists_does_not_count(void **state)
{
	struct wq_policy a = full(), b = full();
	struct wq_path_rule paths[5];
	struct wq_network staff[3];
	wq_str inside[2] = {full_inside[1], full_inside[0]};

	(void)state;
	for (size_t i = 0; i < 5; i++)
		paths[i] = full_paths[4 - i];
	for (size_t i = 0; i < 3; i++)
		staff[i] = full_staff[2 - i];
	b.paths = paths;
	b.staff = staff;
	b.inside = inside;
	assert_str(encoded(&a), encoded(&b));
	paths[0].class = WQ_CLASS_CLOSED;
	paths[0].query = WQ_KEY_QUERY_REFUSE;
	assert_false(wq_str_eq(encoded(&a), encoded(&b)));
}

static void the_default_is_no_bytes(void **state)
{
	struct wq_policy p;

	(void)state;
	assert_int_equal(encoded(&wq_policy_default).n, 0);
	assert_ok(wq_policy_decode(WQ_S_NONE, &arena, &p));
	assert_str(p.leave_prefix, WQ_S("/leave/"));
	assert_false(p.leave);
	assert_int_equal(wq_policy_class(&p, WQ_S("/admin")), WQ_CLASS_SEALED);
	assert_false(wq_policy_staff(&p, &(struct wq_addr){.family = 4, .bytes = {127, 0, 0, 1}}));
}

static void every_cut_and_every_flipped_bit_is_refused_or_another_policy(void **state)
{
	struct wq_policy in = full(), p;
	wq_str block = encoded(&in);
	char *copy = wq_arena_alloc(&arena, block.n);

	(void)state;
	for (size_t n = 1; n < block.n; n++)
		assert_err(wq_policy_decode(wq_str_head(block, n), &arena, &p), WQ_E_FORMAT);
	for (size_t bit = 0; bit < block.n * 8; bit++) {
		WQ_BUF(again, WQ_POLICY_BLOCK_MAX);

		memcpy(copy, block.p, block.n);
		copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
		if (wq_failed(wq_policy_decode(wq_str_of(copy, block.n), &arena, &p)))
			continue;
		assert_ok(wq_policy_encode(&p, &again));
		assert_str(wq_buf_str(&again), wq_str_of(copy, block.n));
	}
}

static void an_explicit_default_is_refused(void **state)
{
	WQ_BUF(block, WQ_POLICY_BLOCK_MAX);
	struct wq_policy p;

	(void)state;
	wq_canon_begin(&block, WQ_DOMAIN_POLICY, 1, WQ_ALG_SM3);
	wq_canon_list(&block, 0);
	wq_canon_list(&block, 0);
	wq_canon_u64(&block, 0);
	wq_canon_text(&block, WQ_S(""));
	wq_canon_text(&block, WQ_S("/leave/"));
	wq_canon_list(&block, 0);
	wq_canon_list(&block, 0);
	wq_canon_text(&block, WQ_S(""));
	wq_canon_u64(&block, 0);
	wq_canon_list(&block, 0);
	assert_ok(wq_buf_err(&block));
	assert_err(wq_policy_decode(wq_buf_str(&block), &arena, &p), WQ_E_FORMAT);
}

/* Written by hand from docs/canonical-encoding.md alone. */
static void a_foreign_block_is_read(void **state)
{
	const char *path = wq_arena_printf(&arena, "%s/tests/corpus/policy-block/full", getenv("WQ_SOURCE_ROOT")).p;
	WQ_BUF(block, WQ_MIB);
	struct wq_policy p;

	(void)state;
	assert_ok(wq_file_read(&wq_fs_system, path, &block));
	assert_ok(wq_policy_decode(wq_buf_str(&block), &arena, &p));
	assert_int_equal(wq_policy_class(&p, WQ_S("/admin/x")), WQ_CLASS_STAFF);
	assert_str(p.portal, WQ_S("云山县人民政府"));
	assert_str(encoded(&p), wq_buf_str(&block));
}

/* Each alters a fine policy in one place. */
static struct wq_path_rule one_path;
static struct wq_network one_network;
static struct wq_volatile_rule one_region;
static wq_str one_text[2];

static void path(struct wq_policy *p, wq_str prefix)
{
	one_path = (struct wq_path_rule){.prefix = prefix};
	p->paths = &one_path;
	p->paths_n = 1;
}

static void two_of_a_path(struct wq_policy *p)
{
	static const struct wq_path_rule two[] = {PATH("/a", WQ_CLASS_SEALED), PATH("/a", WQ_CLASS_DYNAMIC)};

	p->paths = two;
	p->paths_n = 2;
}

static void listed(struct wq_policy *p, wq_str a, wq_str b)
{
	one_text[0] = a;
	one_text[1] = b;
	path(p, WQ_S("/a"));
	one_path.query = WQ_KEY_QUERY_LISTED;
	one_path.listed = one_text;
	one_path.listed_n = 2;
}

static void region(struct wq_policy *p, wq_str before, wq_str after, uint32_t max_bytes)
{
	one_region = (struct wq_volatile_rule){
		WQ_S("/"), WQ_VOLATILE_FREEZE, before, after, max_bytes, WQ_VOLATILE_TEXT};
	p->volatiles = &one_region;
	p->volatiles_n = 1;
}

static void inside(struct wq_policy *p, wq_str a, wq_str b)
{
	one_text[0] = a;
	one_text[1] = b;
	p->inside = one_text;
	p->inside_n = 2;
}

static void network(struct wq_policy *p, uint8_t family, uint8_t last, uint8_t bits)
{
	one_network = (struct wq_network){{family, {10, 0, 0, last}}, bits};
	p->staff = &one_network;
	p->staff_n = 1;
}

static void what_breaks_an_invariant_is_named(void **state)
{
	static char text_max[WQ_POLICY_TEXT_MAX + 1], footer_max[WQ_POLICY_FOOTER_MAX + 1];
	static const struct wq_path_rule many[WQ_POLICY_PATHS_MAX + 1];

	(void)state;
	memset(text_max, 'a', sizeof text_max);
	memset(footer_max, 'a', sizeof footer_max);
	for (int i = 0;; i++) {
		WQ_BUF(block, WQ_POLICY_BLOCK_MAX);
		struct wq_policy p = full();
		const char *note = NULL;
		wq_err e;

		switch (i) {
		case 0: path(&p, WQ_S("admin")), note = "no-path"; break;
		case 1: path(&p, WQ_S("/a?b=c")), note = "without query"; break;
		case 2: path(&p, WQ_S("/公开")), note = "write /%E5%85%AC%E5%BC%80"; break;
		case 3: path(&p, WQ_S("/a/../b")), note = "write /b"; break;
		case 4: path(&p, WQ_S("/a%2fb")), note = "encoded-separator"; break;
		case 5: path(&p, WQ_S("/a\nb")), note = "control"; break;
		case 6: two_of_a_path(&p), note = "/a twice"; break;
		case 7: path(&p, WQ_S("/a")), one_path.class = 4, note = "no such class"; break;
		case 8:
			path(&p, WQ_S("/a")), one_path.class = WQ_CLASS_DYNAMIC;
			one_path.query = WQ_KEY_QUERY_IGNORE, note = "only a sealed path";
			break;
		case 9: path(&p, WQ_S("/a")), one_path.query = WQ_KEY_QUERY_LISTED, note = "missing"; break;
		case 10: listed(&p, WQ_S("x"), WQ_S("x")), note = "parameter x twice"; break;
		case 11: listed(&p, WQ_S("x"), WQ_S("a&b")), note = "no name of a parameter"; break;
		case 12: listed(&p, WQ_S("x"), WQ_S("")), note = "empty"; break;
		case 13: network(&p, 4, 1, 24), note = "beyond its length"; break;
		case 14: network(&p, 4, 0, 33), note = "neither"; break;
		case 15: network(&p, 5, 0, 8), note = "neither"; break;
		case 16: p.portal = wq_str_of(text_max, sizeof text_max), note = "portal's name"; break;
		case 17: p.portal = WQ_S("a\x1b[31m"), note = "portal's name"; break;
		case 18: p.portal = WQ_S("\xc2\x85"), note = "portal's name"; break;
		case 19: p.leave_prefix = WQ_S("/"), note = "prompt"; break;
		case 20: p.leave_prefix = WQ_S("/leave"), note = "prompt"; break;
		case 21: p.leave_prefix = WQ_S(""), note = "path"; break;
		case 22: inside(&p, WQ_S("a.example"), WQ_S("A.example")), note = "write a.example"; break;
		case 23: inside(&p, WQ_S("a.example"), WQ_S("a.example")), note = "twice"; break;
		case 24: inside(&p, WQ_S("a.example"), WQ_S("b.example:80")), note = "write b.example"; break;
		case 25: inside(&p, WQ_S("a.example"), WQ_S("a b")), note = "is no host"; break;
		case 26: p.footer = wq_str_of(footer_max, sizeof footer_max), note = "footer"; break;
		case 27: p.footer = WQ_S("\xff"), note = "footer"; break;
		case 28: p.csp = 3, note = "content security"; break;
		case 29: region(&p, WQ_S(""), WQ_S(""), 5), note = "nothing says where"; break;
		case 30: region(&p, WQ_S("a"), WQ_S(""), 0), note = "1 to 4096"; break;
		case 31: region(&p, WQ_S("a"), WQ_S(""), 4097), note = "1 to 4096"; break;
		case 32: region(&p, wq_str_of(text_max, 65), WQ_S(""), 1), note = "over 64 bytes"; break;
		case 33: region(&p, WQ_S("a"), WQ_S("b"), 1), one_region.bytes = 7, note = "no such"; break;
		case 34: p.paths = many, p.paths_n = WQ_COUNT(many), note = "more than 4096"; break;
		case 35: p.leave_prefix = WQ_S("/l'/"), note = "characters"; break;
		default: return;
		}
		wq_buf_add(&block, WQ_S("before"));
		e = wq_policy_encode(&p, &block);
		if (!wq_is(e, WQ_E_INPUT) && !wq_is(e, WQ_E_LIMIT))
			fail_msg("row %d: %s", i, wq_err_name(e));
		if (wq_str_find(wq_str_c(wq_err_note(e)), wq_str_c(note)) < 0)
			fail_msg("row %d: \"%s\" does not say \"%s\"", i, wq_err_note(e), note);
		assert_str(wq_buf_str(&block), WQ_S("before"));
	}
}

/* ---- look-ups ---- */

static void the_longest_prefix_of_whole_segments_counts(void **state)
{
	static const struct wq_path_rule rules[] = {
		PATH("/admin", WQ_CLASS_STAFF),
		PATH("/admin-help", WQ_CLASS_CLOSED),
		PATH("/admin/public/", WQ_CLASS_DYNAMIC),
		PATH("/a", WQ_CLASS_CLOSED),
		PATH("/below/", WQ_CLASS_DYNAMIC),
		PATH("/x/y/z", WQ_CLASS_DYNAMIC),
	};
	static const struct {
		const char *path;
		enum wq_path_class class;
	} rows[] = {
		{"/", WQ_CLASS_SEALED},
		{"/admin", WQ_CLASS_STAFF},
		{"/admin/", WQ_CLASS_STAFF},
		{"/admin/x", WQ_CLASS_STAFF},
		{"/administrator", WQ_CLASS_SEALED},
		{"/admin.php", WQ_CLASS_SEALED},
		{"/admin-help", WQ_CLASS_CLOSED},
		{"/admin-help/1", WQ_CLASS_CLOSED},
		{"/admin-helper", WQ_CLASS_SEALED},
		{"/admin/public", WQ_CLASS_STAFF},
		{"/admin/public/", WQ_CLASS_DYNAMIC},
		{"/admin/public/a/b", WQ_CLASS_DYNAMIC},
		{"/admin/publicity", WQ_CLASS_STAFF},
		{"/a", WQ_CLASS_CLOSED},
		{"/a/dmin", WQ_CLASS_CLOSED},
		{"/below", WQ_CLASS_SEALED},
		{"/below/", WQ_CLASS_DYNAMIC},
		{"/x", WQ_CLASS_SEALED},
		{"/x/y", WQ_CLASS_SEALED},
		{"/x/y/z", WQ_CLASS_DYNAMIC},
		{"/x/y/zz", WQ_CLASS_SEALED},
		{"", WQ_CLASS_SEALED},
	};
	struct wq_policy in = wq_policy_default, p;

	(void)state;
	in.paths = rules;
	in.paths_n = WQ_COUNT(rules);
	p = decoded(&in);
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (wq_policy_class(&p, wq_str_c(rows[i].path)) != rows[i].class)
			fail_msg("%s: %s", rows[i].path,
				wq_path_class_name(wq_policy_class(&p, wq_str_c(rows[i].path))));
}

static const struct wq_path_rule *slowly(const struct wq_policy *p, wq_str at)
{
	const struct wq_path_rule *best = NULL;

	for (size_t i = 0; i < p->paths_n; i++)
		if (wq_policy_below(p->paths[i].prefix, at) && (!best || p->paths[i].prefix.n > best->prefix.n))
			best = &p->paths[i];
	return best;
}

/* Paths of few letters, so that prefixes are often shared; "-" sorts before "/", "a" after it. */
static wq_str random_path(uint64_t *seed)
{
	char text[16] = "/";
	size_t n = 1;

	for (*seed = *seed * 6364136223846793005u + 1442695040888963407u; n < 2 + (*seed >> 60) % 10; n++) {
		*seed = *seed * 6364136223846793005u + 1442695040888963407u;
		text[n] = "a-/ab/"[(*seed >> 33) % 6];
		if (text[n] == '/' && text[n - 1] == '/')
			text[n] = 'a';
	}
	return wq_arena_str(&arena, wq_str_of(text, n));
}

static void the_look_up_is_that_of_a_linear_search(void **state)
{
	uint64_t seed = 20261122;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct wq_path_rule rules[40];
		struct wq_policy in = wq_policy_default, p;

		in.paths = rules;
		while (in.paths_n < WQ_COUNT(rules)) {
			wq_str prefix = random_path(&seed);
			bool twice = false;

			for (size_t k = 0; k < in.paths_n; k++)
				twice = twice || wq_str_eq(rules[k].prefix, prefix);
			if (!twice || in.paths_n == 0)
				rules[in.paths_n++] = (struct wq_path_rule){.prefix = prefix, .class = WQ_CLASS_STAFF};
			else if ((seed & 7) == 0)
				break;
		}
		p = decoded(&in);
		for (int k = 0; k < 100; k++) {
			wq_str at = random_path(&seed);
			if (wq_policy_path(&p, at) != slowly(&p, at))
				fail_msg("%.*s", WQ_S_ARG(at));
		}
	}
}

static void an_altered_class_is_closed(void **state)
{
	static const struct wq_path_rule rules[] = {PATH("/a", (enum wq_path_class)9)};
	struct wq_policy p = {.paths = rules, .paths_n = 1};

	(void)state;
	assert_int_equal(wq_policy_class(&p, WQ_S("/a/b")), WQ_CLASS_CLOSED);
	assert_string_equal(wq_path_class_name((enum wq_path_class)9), "unknown");
}

static void classes_have_names(void **state)
{
	enum wq_path_class class;

	(void)state;
	for (int i = 0; i <= WQ_CLASS_CLOSED; i++) {
		assert_true(wq_path_class_parse(wq_str_c(wq_path_class_name((enum wq_path_class)i)), &class));
		assert_int_equal(class, i);
		assert_true(strlen(wq_path_class_title(class, WQ_LANG_ZH)) > 0);
	}
	assert_false(wq_path_class_parse(WQ_S("Sealed"), &class));
	assert_false(wq_path_class_parse(WQ_S(""), &class));
}

static void networks(void **state)
{
	static const struct {
		const char *network, *in, *out;
	} rows[] = {
		{"10.0.0.0/8", "10.255.0.1", "11.0.0.1"},
		{"192.0.2.7", "192.0.2.7", "192.0.2.6"},
		{"192.0.2.0/25", "192.0.2.127", "192.0.2.128"},
		{"10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:11.0.0.1"},
		{"2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"},
		{"2001:db8::1", "2001:db8::1", "2001:db8::2"},
		{"0.0.0.0/0", "203.0.113.9", "2001:db8::1"},
		{"::/0", "2001:db8::1", "::ffff:10.0.0.1"},
	};
	static const char *const bad[] = {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0/8", "::1/129",
		"2001:db8::1/32", "[::1]", "::ffff:10.0.0.0/104", "a.example", "10.0.0.0/8/8", "10.0.0.0/-1",
		"010.0.0.1", " 10.0.0.1", "10.0.0.1."};
	struct wq_network network, address;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		char text[64];

		assert_ok(wq_network_parse(wq_str_c(rows[i].network), &network));
		for (int in = 0; in < 2; in++) {
			const char *addr = in ? rows[i].in : rows[i].out;
			struct wq_addr a;

			snprintf(text, sizeof text, strchr(addr, ':') ? "[%s]" : "%s", addr);
			assert_true(wq_host_address(wq_str_c(text), &a));
			if (wq_network_has(&network, &a) != (in == 1))
				fail_msg("%s and %s", rows[i].network, addr);
		}
	}
	for (size_t i = 0; i < WQ_COUNT(bad); i++)
		if (!wq_is(wq_network_parse(wq_str_c(bad[i]), &address), WQ_E_INPUT))
			fail_msg("\"%s\" was accepted", bad[i]);
}

static void staff_come_from_listed_networks(void **state)
{
	struct wq_policy in = full(), p = decoded(&in);

	(void)state;
	assert_true(wq_policy_staff(&p, &(struct wq_addr){4, {10, 2, 3, 4}}));
	assert_true(wq_policy_staff(&p, &(struct wq_addr){4, {192, 0, 2, 7}}));
	assert_true(wq_policy_staff(&p, &(struct wq_addr){6, {0x20, 0x01, 0x0d, 0xb8, 9}}));
	assert_false(wq_policy_staff(&p, &(struct wq_addr){4, {192, 0, 2, 8}}));
	assert_false(wq_policy_staff(&p, &(struct wq_addr){0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_is_read, begin, end),
		cmocka_unit_test_setup_teardown(the_order_of_lists_does_not_count, begin, end),
		cmocka_unit_test_setup_teardown(the_default_is_no_bytes, begin, end),
		cmocka_unit_test_setup_teardown(
			every_cut_and_every_flipped_bit_is_refused_or_another_policy, begin, end),
		cmocka_unit_test_setup_teardown(an_explicit_default_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(a_foreign_block_is_read, begin, end),
		cmocka_unit_test_setup_teardown(what_breaks_an_invariant_is_named, begin, end),
		cmocka_unit_test_setup_teardown(the_longest_prefix_of_whole_segments_counts, begin, end),
		cmocka_unit_test_setup_teardown(the_look_up_is_that_of_a_linear_search, begin, end),
		cmocka_unit_test(an_altered_class_is_closed),
		cmocka_unit_test(classes_have_names),
		cmocka_unit_test(networks),
		cmocka_unit_test_setup_teardown(staff_come_from_listed_networks, begin, end),
	};
	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
