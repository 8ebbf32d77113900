#include "base/file.h"
#include "base/test.h"
#include "finding/rule.h"
#include "flow/inspect/record.h"
#include "flow/inspect/tally.h"

#define KNOWN "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f 2027-01-15T08:00:00Z CN=CA"

enum { TEXT_MAX = 4 * 1024 * 1024 };

static struct wq_arena arena;

static int set_up(void **state)
{
	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	return 0;
}

static void add(struct wq_tally *tally, enum wq_rule_id rule, const char *page, const char *subject)
{
	struct wq_finding f = wq_rule_finding(rule);

	f.place = (struct wq_place){.url = wq_str_c(page), .line = 7, .column = 3};
	f.evidence = (struct wq_evidence){.subject = wq_str_c(subject), .excerpt = WQ_S("<b>\"证据\"</b>"), .count = 2};
	if (rule == WQ_RULE_LINK_BROKEN)
		f.evidence.target = wq_str_c(subject);
	assert_ok(wq_tally_add(tally, &f));
}

/* One finding for each word of `what`, on pages in turn. */
static struct wq_inspect_result result_of(const char *what, wq_time began)
{
	static const wq_str starts[] = {WQ_S_INIT("http://www.example.gov.cn:8080/")};
	struct wq_inspect_result r = {.site = WQ_S("www.example.gov.cn:8080"),
		.starts = starts,
		.starts_n = 1,
		.began = began,
		.ended = began + 3 * WQ_SECOND,
		.msec = 3000,
		.checks = WQ_INSPECT_STANDARD,
		.subject = {.kind = WQ_SUBJECT_ORGAN, .kind_assumed = true, .mark = true, .name = WQ_S("某县人民政府")},
		.why = WQ_INSPECT_BY_SUFFIX,
		.walk = {.pages = 3, .links = 40, .bytes = 12345, .limited_by = "pages"},
		.pages = 3};
	static const wq_str ns[] = {WQ_S_INIT("ns1.example.gov.cn")};
	static const struct wq_inspect_address addresses[] = {
		{WQ_S_INIT("61.10.1.1"), WQ_S_INIT("CN"), WQ_S_INIT("AS4134")}, {WQ_S_INIT("2400::1"), {0}, {0}}};
	static const struct wq_inspect_host hosts[] = {{.host = WQ_S_INIT("www.example.gov.cn"),
							       .named = true,
							       .looked = true,
							       .ipv6 = WQ_INSPECT_YES,
							       .zone = WQ_S_INIT("example.gov.cn"),
							       .ns = ns,
							       .ns_n = 1,
							       .addresses = addresses,
							       .addresses_n = 2},
		{.host = WQ_S_INIT("127.0.0.1")}};
	static const struct wq_inspect_tls tls[] = {{.host = WQ_S_INIT("www.example.gov.cn"),
							    .port = 443,
							    .reachable = true,
							    .versions = WQ_S_INIT("TLS 1.3"),
							    .issuer = WQ_S_INIT("CN=CA"),
							    .not_after = 1800000000 * WQ_SECOND,
							    .known = WQ_S_INIT(KNOWN)},
		{.host = WQ_S_INIT("b.example.gov.cn"), .port = 8443}};
	struct wq_tally tally;
	char subject[32];

	r.network = (struct wq_inspect_network){hosts, 2, tls, 2};
	wq_tally_init(&tally, &arena, &wq_random_system);
	for (; *what; what++) {
		snprintf(subject, sizeof subject, "https://x/%c", *what);
		add(&tally, *what < 'n' ? WQ_RULE_LINK_BROKEN : WQ_RULE_ACCESS_ALT, "https://a/1", subject);
		add(&tally, *what < 'n' ? WQ_RULE_LINK_BROKEN : WQ_RULE_ACCESS_ALT, "https://a/2", subject);
	}
	assert_ok(wq_tally_result(&tally, &r));
	wq_tally_done(&tally);
	return r;
}

static wq_str written(const struct wq_inspect_result *r)
{
	WQ_BUF(out, TEXT_MAX);

	assert_ok(wq_record_write(r, &out));
	return wq_arena_str(&arena, wq_buf_str(&out));
}

static void test_round_trip(void **state)
{
	struct wq_inspect_result r = result_of("abxy", 1700000000 * WQ_SECOND), back;
	wq_str text = written(&r);

	(void)state;
	assert_ok(wq_record_read(&arena, text, &back));
	assert_str(written(&back), text);
	assert_int_equal(back.groups_n, 4);
	assert_int_equal(back.groups[0].pages, 2);
	assert_int_equal(back.groups[0].places[1].line, 7);
	assert_str(back.groups[0].places[1].target, WQ_S("https://x/a"));
	assert_str(back.groups[0].places[1].excerpt, WQ_S("<b>\"证据\"</b>"));
	assert_str(back.subject.name, WQ_S("某县人民政府"));
	assert_int_equal(back.why, WQ_INSPECT_BY_SUFFIX);
	assert_int_equal(back.network.hosts_n, 2);
	assert_int_equal(back.network.hosts[0].ipv6, WQ_INSPECT_YES);
	assert_str(back.network.hosts[0].addresses[0].country, WQ_S("CN"));
	assert_false(back.network.hosts[1].named);
	assert_int_equal(back.network.tls[0].port, 443);
	assert_str(back.network.tls[0].known, WQ_S(KNOWN));
	assert_int_equal(back.network.tls[1].known.n, 0);
	assert_int_equal(back.by_severity[r.groups[0].severity], r.by_severity[r.groups[0].severity]);
}

/* The text with its first `from` replaced. */
static wq_str altered(wq_str text, const char *from, const char *to)
{
	ptrdiff_t at = wq_str_find(text, wq_str_c(from));

	assert_true(at >= 0);
	return wq_arena_printf(&arena, "%.*s%s%.*s", (int)at, text.p, to, (int)(text.n - (size_t)at - strlen(from)),
		text.p + at + strlen(from));
}

static void test_refused(void **state)
{
	static const char *const changes[][2] = {
		{"weique-inspection", "weique-finding"},
		{"\"version\":1", "\"version\":2"},
		{"\"organ\"", "\"king\""},
		{"\"suffix\"", "\"guess\""},
		{"links,content", "links,everything"},
		{"\"groups\":[", "\"groups\":[7,"},
		{"\"clauses\":[", "\"clauses\":[\"a clause\","},
		{"\"clauses\":[", "\"clauses\":[null,"},
		{"\"severity\":\"", "\"severity\":\"very "},
		{"\"places\":[", "\"places\":{}, \"x\":["},
		{"\"pages\":2", "\"pages\":-2"},
		{"证据", "证\\u0007据"},
		{"\"began\":\"20", "\"began\":\"x"},
		{"\"id\":\"", "\"id\":\"0"},
		{"\"ipv6\":\"yes", "\"ipv6\":\"maybe"},
		{"\"port\":443", "\"port\":70000"},
		{"\"known\":\"0001", "\"known\":\"x001"},
		{"\"ns\":[", "\"ns\":[\"\","},
		{"\"addresses\":[", "\"addresses\":[7,"},
	};
	struct wq_inspect_result r = result_of("ax", 1700000000 * WQ_SECOND), back;
	wq_str text = written(&r);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(changes); i++) {
		wq_err e = wq_record_read(&arena, altered(text, changes[i][0], changes[i][1]), &back);
		if (!wq_is(e, WQ_E_FORMAT))
			fail_msg("%s: %s (%s)", changes[i][1], wq_err_name(e), wq_err_note(e));
	}
	assert_err(wq_record_read(&arena, wq_str_head(text, text.n / 2), &back), WQ_E_INPUT);
}

static void test_changes(void **state)
{
	struct wq_inspect_result before = result_of("abx", 1700000000 * WQ_SECOND),
				 after = result_of("bcx", 1700100000 * WQ_SECOND);
	struct wq_inspect_changes changes;

	(void)state;
	assert_ok(wq_record_changes(&arena, &before, &after, &changes));
	assert_int_equal(changes.new_n, 1);
	assert_int_equal(changes.gone_n, 1);
	assert_int_equal(changes.still_n, 2);
	assert_true(changes.comparable);
	assert_str(changes.gone[0]->subject, WQ_S("https://x/a"));
	for (size_t i = 0; i < after.groups_n; i++)
		assert_int_equal(changes.is_new[i], wq_str_eq(after.groups[i].subject, WQ_S("https://x/c")));
	after.checks = WQ_INSPECT_LINKS;
	assert_ok(wq_record_changes(&arena, &before, &after, &changes));
	assert_false(changes.comparable);
}

static void test_kept(void **state)
{
	struct wq_inspect_result first = result_of("a", 1700000000 * WQ_SECOND),
				 second = result_of("b", 1700100000 * WQ_SECOND), back;
	char dir[] = "/tmp/wq-record-XXXXXX";
	const struct wq_record *records;
	const char *path;
	size_t n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_ok(wq_record_list(dir, NULL, &arena, &records, &n));
	assert_int_equal(n, 0);
	assert_err(wq_record_open(dir, "www.example.gov.cn_8080", NULL, &arena, &back), WQ_E_NOT_FOUND);
	assert_ok(wq_record_keep(dir, &second, &arena, &path));
	assert_ok(wq_record_keep(dir, &first, &arena, NULL));
	assert_true(wq_str_ends(wq_str_c(path), WQ_S("/inspect/www.example.gov.cn_8080/20231116T020000Z.json")));
	assert_ok(wq_record_list(dir, NULL, &arena, &records, &n));
	assert_int_equal(n, 2);
	assert_string_equal(records[0].time, "20231114T221320Z");
	assert_ok(wq_record_open(dir, "www.example.gov.cn_8080", NULL, &arena, &back));
	assert_str(back.groups[0].subject, WQ_S("https://x/b"));
	assert_ok(wq_record_open(dir, "www.example.gov.cn_8080", "20231114T221320Z", &arena, &back));
	assert_str(back.groups[0].subject, WQ_S("https://x/a"));
	assert_err(wq_record_open(dir, "..", NULL, &arena, &back), WQ_E_INPUT);
	assert_err(wq_record_open(dir, "www.example.gov.cn_8080", "../../x", &arena, &back), WQ_E_INPUT);
	assert_ok(wq_dir_remove_tree(&wq_fs_system, dir));
}

static void test_names(void **state)
{
	static const char *const names[][2] = {{"www.example.gov.cn", "www.example.gov.cn"},
		{"127.0.0.1:80", "127.0.0.1_80"}, {"[::1]", "___1_"}, {"../x", "_._x"}, {".", "_"}};
	char out[WQ_RECORD_NAME];

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(names); i++)
		assert_string_equal(wq_record_site(wq_str_c(names[i][0]), out), names[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_changes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
