#include "base/buf.h"
#include "base/test.h"
#include "finding/clause.h"
#include "finding/datafile.h"

static wq_str read_file(struct wq_arena *arena, const char *name)
{
	const char *root = getenv("WQ_SOURCE_ROOT");
	FILE *file = fopen(wq_arena_cstr(arena, wq_arena_printf(arena, "%s/%s", root ? root : ".", name)), "rb");
	assert_non_null(file);
	char *bytes = wq_arena_alloc(arena, WQ_MIB);
	size_t n = fread(bytes, 1, WQ_MIB, file);
	fclose(file);
	return wq_str_of(bytes, n);
}

static struct wq_clauses load(struct wq_arena *arena)
{
	struct wq_clauses clauses;
	wq_str name = WQ_S("rules/clauses/clauses.txt");
	assert_ok(wq_clauses_parse(arena, name, read_file(arena, name.p), &clauses));
	return clauses;
}

static void every_clause_is_there(void **state)
{
	(void)state;
	static const struct {
		char letter;
		unsigned last;
	} groups[] = {{'A', 11}, {'B', 9}, {'C', 22}, {'D', 9}, {'E', 6}, {'F', 4}};
	struct wq_arena arena;
	wq_arena_init(&arena, 4 * WQ_MIB);
	struct wq_clauses clauses = load(&arena);
	size_t count = 0;
	for (size_t g = 0; g < WQ_COUNT(groups); g++) {
		for (unsigned i = 1; i <= groups[g].last; i++, count++) {
			wq_str id = wq_arena_printf(&arena, "%c%u", groups[g].letter, i);
			const struct wq_clause *clause = wq_clauses_find(&clauses, id);
			if (!clause)
				fail_msg("%.*s is missing", WQ_S_ARG(id));
			assert_str(clause->id, id);
			assert_true(clause->zh.n >= 30 && clause->en.n >= 40 && clause->ref_count >= 1);
			assert_true((unsigned char)clause->zh.p[0] >= 0x80);
			assert_true((unsigned char)clause->en.p[0] < 0x80);
		}
	}
	assert_int_equal(clauses.count, count);
	wq_arena_done(&arena);
}

static void unknown_clauses_are_not_found(void **state)
{
	(void)state;
	static const char *const ids[] = {"", "A", "A0", "A01", "A12", "G1", "a1", "A1 ", "A100", "AA", "F5"};
	struct wq_arena arena;
	wq_arena_init(&arena, 4 * WQ_MIB);
	struct wq_clauses clauses = load(&arena);
	for (size_t i = 0; i < WQ_COUNT(ids); i++)
		assert_null(wq_clauses_find(&clauses, wq_str_c(ids[i])));
	wq_arena_done(&arena);
}

static void documents_have_titles_and_dates(void **state)
{
	(void)state;
	static const struct {
		const char *id, *title, *number, *in_force;
	} rows[] = {
		{"2014", "关于加强党政机关网站安全管理的通知", "中网办发文〔2014〕1号", "2014-05-09"},
		{"2015", "党政机关、事业单位和国有企业互联网网站安全专项整治行动方案", "公信安〔2015〕2562号",
			"2015-09-30"},
		{"2024", "互联网政务应用安全管理规定", "", "2024-07-01"},
		{"union", "关于加强全省工会系统网站安全管理的通知", "苏工办〔2014〕143号", "2014-08-01"},
	};
	struct wq_arena arena;
	wq_arena_init(&arena, 4 * WQ_MIB);
	struct wq_clauses clauses = load(&arena);
	assert_int_equal(clauses.document_count, WQ_COUNT(rows));
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		const struct wq_clause_document *document = wq_clauses_document(&clauses, wq_str_c(rows[i].id));
		assert_non_null(document);
		assert_str(document->title_zh, wq_str_c(rows[i].title));
		assert_str(document->number, wq_str_c(rows[i].number));
		assert_str(document->in_force, wq_str_c(rows[i].in_force));
		assert_true(document->title_en.n > 0);
	}
	wq_arena_done(&arena);
}

static void references_are_cited(void **state)
{
	(void)state;
	static const struct {
		const char *id, *en, *zh;
	} rows[] = {
		{"A1", "2014 二; 2015 (一)(二)(四); union 二; 2024 art. 4, 7, 12, 40, 42",
			"2014 二；2015 (一)(二)(四)；union 二；2024 第4、7、12、40、42条"},
		{"B8", "2014 三, 六; 2024 art. 16, 31; union 三, 六", "2014 三、六；2024 第16、31条；union 三、六"},
		{"D7", "2024 art. 35", "2024 第35条"},
		{"F3", "all; 2014 八", "全部文件；2014 八"},
	};
	struct wq_arena arena;
	wq_arena_init(&arena, 4 * WQ_MIB);
	struct wq_clauses clauses = load(&arena);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		const struct wq_clause *clause = wq_clauses_find(&clauses, wq_str_c(rows[i].id));
		assert_non_null(clause);
		assert_str(wq_clause_cite(&arena, clause, WQ_LANG_EN), wq_str_c(rows[i].en));
		assert_str(wq_clause_cite(&arena, clause, WQ_LANG_ZH), wq_str_c(rows[i].zh));
	}
	wq_arena_done(&arena);
}

#define HEAD "weique-clauses 1\nversion: 1\ndate: 2026-01-01\nsource: x\n"
#define DOC "[document d]\ntitle_zh: a\ntitle_en: b\nissuer_zh: c\nissuer_en: d\nin_force: 2024-07-01\n"
#define CLAUSE "[clause A1]\nzh: 甲\nen: a\nrefs: d 1\n"

static void wrong_files_name_the_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *where;
	} rows[] = {
		{"", "f:0:"},
		{"# only\n", "f:1:"},
		{"weique-marks 1\n", "f:1:"},
		{"weique-clauses 2\n", "f:1:"},
		{"weique-clauses 1\nversion: 1\n", "f:2:"},
		{"weique-clauses 1\nversion: 1\ndate: 1.1.2026\nsource: x\n", "f:4:"},
		{HEAD, "f:4:"},
		{HEAD "zh: x\n", "f:5:"},
		{HEAD "[other x]\n", "f:5:"},
		{HEAD "[document]\n", "f:5:"},
		{HEAD "[document d]\n", "f:5:"},
		{HEAD "[document d\n", "f:5:"},
		{HEAD "[]\n", "f:5:"},
		{HEAD DOC "in_force: 2024-07-01\n" CLAUSE, "f:11:"},
		{HEAD DOC "issued: 2024-13-01\n" CLAUSE, "f:11:"},
		{HEAD DOC DOC CLAUSE, "f:11:"},
		{HEAD DOC "[clause G1]\n", "f:11:"},
		{HEAD DOC "[clause A0]\n", "f:11:"},
		{HEAD DOC "[clause A1]\nzh: 甲\nen: a\n", "f:11:"},
		{HEAD DOC "[clause A1]\nrefs: e 1\n", "f:12:"},
		{HEAD DOC "[clause A1]\nrefs: d\n", "f:12:"},
		{HEAD DOC "[clause A1]\nrefs: all 1\n", "f:12:"},
		{HEAD DOC "[clause A1]\nrefs: d 1;\n", "f:12:"},
		{HEAD DOC "[clause A1]\nnonsense\n", "f:12:"},
		{HEAD DOC "[clause A1]\nzh:\n", "f:12:"},
		{HEAD DOC CLAUSE CLAUSE, "f:15:"},
		{HEAD DOC "[clause A2]\nzh: 甲\nen: a\nrefs: d 1\n" CLAUSE, "f:15:"},
	};
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		struct wq_clauses clauses;
		wq_arena_init(&arena, WQ_MIB);
		wq_err err = wq_clauses_parse(&arena, WQ_S("f"), wq_str_c(rows[i].text), &clauses);
		if (!wq_is(err, WQ_E_CONFIG) || !wq_str_starts(wq_str_c(wq_err_note(err)), wq_str_c(rows[i].where)))
			fail_msg("row %zu: %s %s instead of %s", i, wq_err_name(err), wq_err_note(err), rows[i].where);
		wq_arena_done(&arena);
	}
}

static void limits_hold(void **state)
{
	(void)state;
	struct wq_arena arena;
	struct wq_clauses clauses;
	WQ_BUF(text, 8 * WQ_MIB);
	wq_arena_init(&arena, WQ_MIB);
	wq_buf_add(&text, WQ_S(HEAD DOC "[clause A1]\nzh: "));
	for (size_t i = 0; i < WQ_DATAFILE_LINE_BYTES; i++)
		wq_buf_byte(&text, 'x');
	assert_err(wq_clauses_parse(&arena, WQ_S("f"), wq_buf_str(&text), &clauses), WQ_E_LIMIT);
	wq_buf_clear(&text);
	for (size_t i = 0; i <= WQ_DATAFILE_LINES; i++)
		wq_buf_byte(&text, '\n');
	wq_buf_add(&text, WQ_S(HEAD DOC CLAUSE));
	assert_err(wq_clauses_parse(&arena, WQ_S("f"), wq_buf_str(&text), &clauses), WQ_E_LIMIT);
	assert_err(wq_clauses_parse(&arena, WQ_S("f"), WQ_S(HEAD DOC CLAUSE "#\0"), &clauses), WQ_E_CONFIG);
	assert_ok(wq_clauses_parse(&arena, WQ_S("f"), WQ_S(HEAD DOC CLAUSE), &clauses));
	wq_arena_done(&arena);
	wq_arena_init(&arena, 100);
	wq_err err = wq_clauses_parse(&arena, WQ_S("f"), WQ_S(HEAD DOC CLAUSE), &clauses);
	assert_true(wq_err_kind(err) == WQ_KIND_LIMIT);
	wq_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_clause_is_there),
		cmocka_unit_test(unknown_clauses_are_not_found),
		cmocka_unit_test(documents_have_titles_and_dates),
		cmocka_unit_test(references_are_cited),
		cmocka_unit_test(wrong_files_name_the_line),
		cmocka_unit_test(limits_hold),
	};
	return cmocka_run_group_tests_name("finding clause", tests, NULL, NULL);
}
