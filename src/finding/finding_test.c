#include "base/test.h"
#include "finding/excerpt.h"
#include "finding/finding.h"

static struct wq_finding sample(void)
{
	struct wq_finding f = {
		.rule = WQ_S("content.secret-mark"),
		.severity = WQ_SEVERITY_CRITICAL,
		.place = {.app = WQ_S("portal"),
			.key = WQ_S("www.example.gov.cn/a/1.html"),
			.line = 12,
			.column = 3,
			.offset = 4711,
			.length = 13},
		.evidence = {.excerpt = WQ_S("机密★1年 关于召开会议的通知"),
			.subject = WQ_S("机密★1年"),
			.has_digest = true},
		.advice_zh = WQ_S("停止发布"),
		.advice_en = WQ_S("do not publish"),
		.owner = WQ_S("zhang.san"),
		.due = 1763780919 * WQ_SECOND,
		.found_at = 1763694519 * WQ_SECOND + 5,
	};
	memset(f.evidence.digest, 0xa5, sizeof(f.evidence.digest));
	(void)wq_finding_add_clause(&f, WQ_S("B2"));
	(void)wq_finding_add_clause(&f, WQ_S("B8"));
	return f;
}

static void identity_is_stable(void **state)
{
	(void)state;
	char text[WQ_FINDING_ID_TEXT];
	struct wq_finding f = sample(), g = sample();
	struct wq_finding_id id = wq_finding_identity(&f);
	/* the published vector: changes only with the domain tag */
	assert_string_equal(wq_finding_id_text(&id, text), "7f58db8659dd4962491b71ebb179609f");
	g.place.line = 99;
	g.place.column = 1;
	g.place.offset = 1;
	g.severity = WQ_SEVERITY_LOW;
	g.evidence.excerpt = WQ_S("…");
	g.evidence.subject = WQ_S("机密 ★ １年");
	g.evidence.has_digest = false;
	g.owner = WQ_S("li.si");
	assert_true(wq_finding_same(&f, &g));
}

static void identity_depends_on_what_matters(void **state)
{
	(void)state;
	struct wq_finding f = sample();
	wq_str *const members[] = {
		&f.rule, &f.place.app, &f.place.key, &f.place.url, &f.place.file, &f.evidence.subject};
	for (size_t i = 0; i < WQ_COUNT(members); i++) {
		const struct wq_finding other = sample();
		f = sample();
		*members[i] = WQ_S("x");
		assert_false(wq_finding_same(&f, &other));
	}
	/* members do not run into each other */
	f = sample();
	struct wq_finding g = sample();
	f.place.app = WQ_S("ab"), f.place.key = WQ_S("c");
	g.place.app = WQ_S("a"), g.place.key = WQ_S("bc");
	assert_false(wq_finding_same(&f, &g));
}

static void check_refuses(void **state)
{
	(void)state;
	static char many[WQ_FINDING_PLACE_BYTES + 1];
	memset(many, 'a', sizeof(many));
	const wq_str long_text = {many, sizeof(many)};
	const struct {
		size_t member;
		wq_str value;
		enum wq_err_id err;
	} rows[] = {
		{0, WQ_S(""), WQ_E_INPUT},
		{0, WQ_S("Content.Mark"), WQ_E_INPUT},
		{0, WQ_S("a b"), WQ_E_INPUT},
		{0, long_text, WQ_E_INPUT},
		{1, WQ_S(""), WQ_E_INPUT},
		{1, WQ_S("G1"), WQ_E_INPUT},
		{1, WQ_S("B"), WQ_E_INPUT},
		{1, WQ_S("B02"), WQ_E_INPUT},
		{1, WQ_S("B-2"), WQ_E_INPUT},
		{2, long_text, WQ_E_LIMIT},
		{2, WQ_S("a\nb"), WQ_E_INPUT},
		{2, WQ_S("\xff"), WQ_E_INPUT},
		{2, WQ_S("\xed\xa0\x80"), WQ_E_INPUT},
		{3, WQ_S("\x1b[31m"), WQ_E_INPUT},
		{3,
			WQ_S("a\xe2\x80\xae"
			     "b"),
			WQ_E_INPUT},
		{3, wq_str_head(long_text, WQ_EXCERPT_BYTES + 1), WQ_E_LIMIT},
	};
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_finding f = sample();
		wq_str *const members[] = {&f.rule, &f.clauses[0], &f.place.key, &f.evidence.excerpt};
		*members[rows[i].member] = rows[i].value;
		assert_err(wq_finding_check(&f), rows[i].err);
	}
	struct wq_finding f = sample();
	assert_ok(wq_finding_check(&f));
	f.clause_count = 0;
	assert_err(wq_finding_check(&f), WQ_E_INPUT);
	f = sample();
	f.place.offset = (uint64_t)1 << 53;
	assert_err(wq_finding_check(&f), WQ_E_LIMIT);
	f = sample();
	f.due = -1;
	assert_err(wq_finding_check(&f), WQ_E_INPUT);
}

static void json_round_trip(void **state)
{
	(void)state;
	struct wq_arena arena;
	WQ_BUF(once, WQ_MIB);
	WQ_BUF(twice, WQ_MIB);
	wq_arena_init(&arena, WQ_MIB);
	struct wq_finding f = sample(), g;
	f.place.file = WQ_S("附件 \"一\"\\.docx");
	assert_ok(wq_finding_to_json(&f, &once));
	assert_ok(wq_finding_from_json(&arena, wq_buf_str(&once), &g));
	assert_ok(wq_finding_to_json(&g, &twice));
	assert_str(wq_buf_str(&once), wq_buf_str(&twice));
	assert_true(wq_finding_same(&f, &g));
	assert_int_equal(g.severity, WQ_SEVERITY_CRITICAL);
	assert_int_equal(g.clause_count, 2);
	assert_int_equal(g.place.offset, 4711);
	assert_true(g.due == f.due && g.found_at == f.found_at && g.evidence.has_digest);
	assert_memory_equal(g.evidence.digest, f.evidence.digest, sizeof(f.evidence.digest));
	assert_str(g.place.file, f.place.file);
	wq_arena_done(&arena);
}

#define MIN_JSON(more) \
	"{\"rule\":\"a.b\",\"clauses\":[\"B2\"],\"severity\":\"low\",\"place\":{},\"evidence\":{},\"advice\":{}" more \
	"}"

static void json_is_strict(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",
		"[]",
		"{}",
		"null",
		"{\"rule\":\"a.b\"",
		MIN_JSON(",\"more\":1"),
		MIN_JSON(",\"rule\":\"a.b\""),
		MIN_JSON(",\"owner\":1"),
		MIN_JSON(",\"owner\":\"a\\u0000b\""),
		MIN_JSON(",\"owner\":\"a\\nb\""),
		MIN_JSON(",\"due\":\"yesterday\""),
		MIN_JSON(",\"id\":\"00000000000000000000000000000000\""),
		MIN_JSON("") "x",
		MIN_JSON("") MIN_JSON(""),
		"{\"rule\":\"a.b\",\"clauses\":[],\"severity\":\"low\",\"place\":{},\"evidence\":{},\"advice\":{}}",
		"{\"rule\":\"a.b\",\"clauses\":[1],\"severity\":\"low\",\"place\":{},\"evidence\":{},\"advice\":{}}",
		"{\"rule\":\"a.b\",\"clauses\":[\"B2\"],\"severity\":\"dire\",\"place\":{},\"evidence\":{},\"advice\":{}}",
		"{\"rule\":\"a.b\",\"clauses\":[\"B2\"],\"severity\":\"low\",\"place\":[],\"evidence\":{},\"advice\":{}}",
		"{\"rule\":\"a.b\",\"clauses\":[\"B2\"],\"severity\":\"low\",\"place\":{\"line\":-1},\"evidence\":{},\"advice\":{}}",
		"{\"rule\":\"a.b\",\"clauses\":[\"B2\"],\"severity\":\"low\",\"place\":{\"line\":1.5},\"evidence\":{},\"advice\":{}}",
		"{\"rule\":\"a.b\",\"clauses\":[\"B2\"],\"severity\":\"low\",\"place\":{\"line\":4294967296},\"evidence\":{},\"advice\":{}}",
		"{\"rule\":\"a.b\",\"clauses\":[\"B2\"],\"severity\":\"low\",\"place\":{},\"evidence\":{\"digest\":\"a5\"},\"advice\":{}}",
	};
	struct wq_finding f;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		wq_arena_init(&arena, WQ_MIB);
		wq_err err = wq_finding_from_json(&arena, wq_str_c(rows[i]), &f);
		if (!wq_is(err, WQ_E_INPUT))
			fail_msg("row %zu was taken: %s", i, rows[i]);
		wq_arena_done(&arena);
	}
	struct wq_arena arena;
	wq_arena_init(&arena, WQ_MIB);
	assert_ok(wq_finding_from_json(&arena, wq_str_c(MIN_JSON("")), &f));
	static char big[WQ_FINDING_JSON_BYTES + 1];
	memset(big, ' ', sizeof(big));
	assert_err(wq_finding_from_json(&arena, wq_str_of(big, sizeof(big)), &f), WQ_E_LIMIT);
	wq_arena_done(&arena);
}

static void collector_joins_and_says_when_cut(void **state)
{
	(void)state;
	struct wq_arena arena;
	struct wq_findings all;
	wq_arena_init(&arena, 16 * WQ_MIB);
	assert_ok(wq_findings_init(&all, &arena, 100));
	assert_int_equal(all.worst, WQ_SEVERITY_INFO);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 150; i++) {
			struct wq_finding f = sample();
			f.severity = round ? WQ_SEVERITY_HIGH : WQ_SEVERITY_LOW;
			f.place.line = round + 1;
			f.place.key = wq_arena_printf(&arena, "k/%u", i);
			assert_ok(wq_findings_add(&all, &f));
		}
	}
	assert_int_equal(all.count, 100);
	assert_int_equal(all.dropped, 100);
	assert_int_equal(all.worst, WQ_SEVERITY_HIGH);
	for (size_t i = 0; i < all.count; i++) {
		assert_int_equal(all.items[i].evidence.count, 2);
		assert_int_equal(all.items[i].severity, WQ_SEVERITY_HIGH);
		assert_int_equal(all.items[i].place.line, 1);
	}
	struct wq_finding wrong = sample();
	wrong.rule = WQ_S("");
	assert_err(wq_findings_add(&all, &wrong), WQ_E_INPUT);
	assert_err(wq_findings_init(&all, &arena, 0), WQ_E_LIMIT);
	wq_arena_done(&arena);
}

static void list_as_json(void **state)
{
	(void)state;
	struct wq_arena arena;
	struct wq_findings all;
	WQ_BUF(json, WQ_MIB);
	wq_arena_init(&arena, WQ_MIB);
	assert_ok(wq_findings_init(&all, &arena, 1));
	assert_ok(wq_findings_to_json(&all, &json));
	assert_str(wq_buf_str(&json), WQ_S("{\"findings\":[],\"dropped\":0,\"worst\":\"info\"}"));
	struct wq_finding f = sample();
	assert_ok(wq_findings_add(&all, &f));
	f.place.key = WQ_S("other");
	assert_ok(wq_findings_add(&all, &f));
	wq_buf_clear(&json);
	assert_ok(wq_findings_to_json(&all, &json));
	assert_true(wq_str_ends(wq_buf_str(&json), WQ_S("],\"dropped\":1,\"worst\":\"critical\"}")));
	wq_arena_done(&arena);
}

static void text_is_cleaned(void **state)
{
	(void)state;
	static const struct {
		wq_str in;
		size_t max;
		wq_str out;
	} rows[] = {
		{WQ_S_INIT(""), 10, WQ_S_INIT("")},
		{WQ_S_INIT("  a \t\r\n b "), 10, WQ_S_INIT("a b")},
		{WQ_S_INIT("a\x1b[0m\0b"), 10, WQ_S_INIT("a[0mb")},
		{WQ_S_INIT("机\xe2\x80\x8b密\xef\xbb\xbf★"), 20, WQ_S_INIT("机密★")},
		{WQ_S_INIT("\xff\xe6\x9c"), 20, WQ_S_INIT("\xef\xbf\xbd\xef\xbf\xbd")},
		{WQ_S_INIT("机密"), 5, WQ_S_INIT("机")},
		{WQ_S_INIT("机密"), 2, WQ_S_INIT("")},
		{WQ_S_INIT("\xe2\x80\xae"
			   "abc"),
			9, WQ_S_INIT("abc")},
	};
	struct wq_arena arena;
	wq_arena_init(&arena, WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		wq_str out = wq_clean(&arena, rows[i].in, rows[i].max);
		assert_str(out, rows[i].out);
		assert_true(wq_is_clean(out));
	}
	wq_arena_done(&arena);
}

static void excerpts_are_cut_and_masked(void **state)
{
	(void)state;
	struct wq_arena arena;
	wq_arena_init(&arena, WQ_MIB);
	assert_str(wq_excerpt(&arena, WQ_S("前\n机密★1年\n后"), 4, 13), WQ_S("前 机密★1年 后"));
	assert_str(wq_excerpt_masked(&arena, WQ_S("身份证34052419800101001X，电话13800138000，第12条"), 9, 18),
		WQ_S("身份证******************，电话***********，第12条"));
	assert_str(wq_excerpt_public(&arena,
			   WQ_S("2025-07-14 2025-7-15 1234567.50元 云政〔2025〕12号 010-12345678 13800138000，"
				"2025-07-14 6222021234567890，340524 1980-01-01 001X"),
			   0),
		WQ_S("2025-07-14 2025-7-15 1234567.50元 云政〔2025〕12号 ***-******** ***********，"
		     "2025-07-14 ****************，****** ****-**-** ***X"));
	WQ_BUF(text, WQ_MIB);
	for (unsigned i = 0; i < 500; i++)
		wq_buf_add(&text, WQ_S("密34052419800101001X "));
	for (size_t at = 0; at < text.len; at += 7) {
		wq_str out = wq_excerpt_masked(&arena, wq_buf_str(&text), at, 18);
		assert_true(out.p && out.n <= WQ_EXCERPT_BYTES && wq_is_clean(out));
		for (size_t i = 0; i < out.n; i++)
			assert_false(out.p[i] >= '0' && out.p[i] <= '9');
		wq_arena_reset(&arena);
	}
	wq_str out = wq_excerpt(&arena, wq_buf_str(&text), text.len + 5, 100);
	assert_true(out.p && out.n <= WQ_EXCERPT_BYTES);
	wq_arena_done(&arena);
}

static void masks(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		size_t head, tail;
		const char *out;
	} rows[] = {
		{"34052419800101001X", 3, 2, "340*************1X"},
		{"张三丰", 1, 0, "张**"},
		{"abc", 2, 1, "***"},
		{"abc", 5, 5, "***"},
		{"", 1, 1, ""},
	};
	struct wq_arena arena;
	wq_arena_init(&arena, WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_str(wq_mask(&arena, wq_str_c(rows[i].in), rows[i].head, rows[i].tail), wq_str_c(rows[i].out));
	wq_arena_done(&arena);
}

static void severities_have_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WQ_SEVERITY_COUNT; i++) {
		enum wq_severity severity = WQ_SEVERITY_COUNT;
		assert_true(wq_severity_parse(wq_str_c(wq_severity_name((enum wq_severity)i)), &severity));
		assert_int_equal(severity, i);
		assert_true(wq_severity_title((enum wq_severity)i, WQ_LANG_ZH)[0] != 0);
	}
	enum wq_severity severity;
	assert_false(wq_severity_parse(WQ_S("High"), &severity));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(severities_have_names),
		cmocka_unit_test(check_refuses),
		cmocka_unit_test(identity_is_stable),
		cmocka_unit_test(identity_depends_on_what_matters),
		cmocka_unit_test(collector_joins_and_says_when_cut),
		cmocka_unit_test(json_round_trip),
		cmocka_unit_test(json_is_strict),
		cmocka_unit_test(list_as_json),
		cmocka_unit_test(text_is_cleaned),
		cmocka_unit_test(excerpts_are_cut_and_masked),
		cmocka_unit_test(masks),
	};
	return cmocka_run_group_tests_name("finding", tests, NULL, NULL);
}
