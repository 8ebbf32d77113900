#include "base/test.h"
#include "text/fold.h"

static struct wq_fold_table *table;

static int open_table(void **state)
{
	char path[4096];

	(void)state;
	snprintf(path, sizeof(path), "%s/rules/fold/trad-simp.txt", getenv("WQ_SOURCE_ROOT"));
	assert_ok(wq_fold_table_open(path, &table));
	return 0;
}

static int close_table(void **state)
{
	(void)state;
	wq_fold_table_close(&table);
	wq_fold_table_close(&table);
	return 0;
}

enum { ALL = WQ_FOLD_CASE | WQ_FOLD_STAR | WQ_FOLD_SPACE | WQ_FOLD_PUNCT };

static const struct {
	unsigned options;
	bool traditional;
	wq_str source;
	const char *text;
} rows[] = {
	{0, false, WQ_S_INIT(""), ""},
	{0, false, WQ_S_INIT("Abc 1, 机密"), "Abc 1, 机密"},
	{0, false, WQ_S_INIT("ＡＢＣ１２３！～　ｘ"), "ABC123!~ x"},
	{0, false, WQ_S_INIT("￥￡￠"), "¥£¢"},
	{0, false, WQ_S_INIT("機密"), "機密"},
	{0, true, WQ_S_INIT("機密"), "机密"},
	{0, true, WQ_S_INIT("絕密★長期"), "绝密★长期"},
	{0, true, WQ_S_INIT("互聯網政務應用安全管理規定"), "互联网政务应用安全管理规定"},
	{0, true, WQ_S_INIT("內部資料，註意保存"), "内部资料,注意保存"},
	{0, true, WQ_S_INIT("後裡裏為爲衆眾羣群峯峰綫線佈布台臺"), "后里里为为众众群群峰峰线线布布台台"},
	{0, true, WQ_S_INIT("㊙⼼⽉"), "秘心月"},
	{0, true, WQ_S_INIT("覆盖"), "覆盖"},
	{0, false, WQ_S_INIT("机\xe2\x80\x8b密"), "机密"},
	{0, false, WQ_S_INIT("机\xe2\x80\x8d\xef\xbb\xbf\xc2\xad\xe2\x81\xa0密"), "机密"},
	{0, false, WQ_S_INIT("\xe2\x80\xae机\xe2\x80\xac密\xef\xb8\x8f"), "机密"},
	{0, false, WQ_S_INIT("机\xe2\x83\x9d密\xcc\xb6"), "机密"},
	{0, false, WQ_S_INIT("机\xf3\xa0\x81\x81密"), "机密"},
	{0, false, WQ_S_INIT("机\0密"), "机密"},
	{0, false, WQ_S_INIT("机 密"), "机 密"},
	{WQ_FOLD_SPACE, false, WQ_S_INIT("机 　\t\r\n\xc2\xa0\xe2\x80\x89密"), "机密"},
	{WQ_FOLD_SPACE, false, WQ_S_INIT("机-密"), "机-密"},
	{WQ_FOLD_PUNCT, false, WQ_S_INIT("机-密"), "机密"},
	{WQ_FOLD_PUNCT, false, WQ_S_INIT("机_密.绝/密|秘、密。「内」—部…资·料"), "机密绝密秘密内部资料"},
	{WQ_FOLD_PUNCT, false, WQ_S_INIT("机 密"), "机 密"},
	{WQ_FOLD_PUNCT, false, WQ_S_INIT("机★密■绝🔒密"), "机密绝密"},
	{WQ_FOLD_PUNCT, false, WQ_S_INIT("〔2014〕1号ａ！"), "20141号a"},
	{WQ_FOLD_CASE, false, WQ_S_INIT("AbＣZ@["), "abcz@["},
	{WQ_FOLD_STAR, false, WQ_S_INIT("机密★☆*•＊✱⭐・"), "机密★★★★★★★★"},
	{WQ_FOLD_STAR, false, WQ_S_INIT("机密*10年"), "机密★10年"},
	{0, false, WQ_S_INIT("机密*10年"), "机密*10年"},
	{ALL, true, WQ_S_INIT("機 密 ＊ １０ 年。"), "机密★10年"},
	{ALL, true, WQ_S_INIT("Ｗ.Ｅ.Ｉ-ｑｕｅ"), "weique"},
	{ALL, true, WQ_S_INIT(" 　\xe2\x80\x8b，。"), ""},
	{0, false, WQ_S_INIT("机\xff\xe6密"), "机\xef\xbf\xbd\xef\xbf\xbd密"},
	{ALL, false, WQ_S_INIT("机\xff密"), "机\xef\xbf\xbd密"},
	{0, true, WQ_S_INIT("\xf0\xa0\x80\x80"), "\xf0\xa0\x80\x80"},
};

static void folds(void **state)
{
	struct wq_folded once, twice;

	(void)state;
	wq_folded_init(&once, WQ_KIB);
	wq_folded_init(&twice, WQ_KIB);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		const struct wq_fold_table *with = rows[i].traditional ? table : NULL;

		assert_ok(wq_fold(with, rows[i].options, rows[i].source, &once));
		assert_str(wq_buf_str(&once.text), wq_str_c(rows[i].text));
		assert_ok(wq_fold(with, rows[i].options, wq_buf_str(&once.text), &twice));
		assert_str(wq_buf_str(&twice.text), wq_buf_str(&once.text));
	}
	wq_folded_done(&once);
	wq_folded_done(&twice);
}

static void finds_the_source_again(void **state)
{
	wq_str source = WQ_S("《請看機\xe2\x80\x8b 密＊１０年》");
	struct wq_folded folded;
	size_t from, to;
	ptrdiff_t at;

	(void)state;
	wq_folded_init(&folded, WQ_KIB);
	assert_ok(wq_fold(table, ALL, source, &folded));
	at = wq_str_find(wq_buf_str(&folded.text), WQ_S("机密★10年"));
	assert_true(at >= 0);
	wq_folded_source(&folded, (size_t)at, (size_t)at + WQ_S("机密★10年").n, &from, &to);
	assert_str(wq_str_of(source.p + from, to - from), WQ_S("機\xe2\x80\x8b 密＊１０年"));
	wq_folded_source(&folded, (size_t)at + 1, (size_t)at + 2, &from, &to);
	assert_str(wq_str_of(source.p + from, to - from), WQ_S("機"));
	wq_folded_source(&folded, (size_t)at, (size_t)at, &from, &to);
	assert_int_equal(from, to);
	wq_folded_source(&folded, 0, 9999, &from, &to);
	assert_str(wq_str_of(source.p + from, to - from), WQ_S("請看機\xe2\x80\x8b 密＊１０年"));
	assert_ok(wq_fold(table, ALL, WQ_S(""), &folded));
	wq_folded_source(&folded, 0, 1, &from, &to);
	assert_int_equal(to, 0);
	wq_folded_done(&folded);
}

static void bad_tables_are_refused_with_their_line(void **state)
{
	static const struct {
		wq_str text;
		const char *note;
	} bad[] = {
		{WQ_S_INIT(""), "f:1: the first line"},
		{WQ_S_INIT("fold-pairs 2 x\n"), "f:1: the first line"},
		{WQ_S_INIT("fold-pairs 1 x\n# c\n"), "f:3: no pair at all"},
		{WQ_S_INIT("fold-pairs 1 x\n機机 密\n"), "f:2: no pair"},
		{WQ_S_INIT("fold-pairs 1 x\n機机密\n"), "f:2: no pair"},
		{WQ_S_INIT("fold-pairs 1 x\n機a\n"), "f:2: no pair"},
		{WQ_S_INIT("fold-pairs 1 x\na机\n"), "f:2: no pair"},
		{WQ_S_INIT("fold-pairs 1 x\n\xe6\xa9\n"), "f:2: no UTF-8"},
		{WQ_S_INIT("fold-pairs 1 x\n机机\n"), "f:2: a character leads to itself"},
		{WQ_S_INIT("fold-pairs 1 x\n機机\n機几\n"), "f:3: a character stands twice"},
		{WQ_S_INIT("fold-pairs 1 x\n機机\n机几\n"), "f: U+6A5F leads to"},
	};
	struct wq_fold_table *none = NULL;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(bad); i++) {
		wq_err e = wq_fold_table_parse(bad[i].text, "f", &none);

		assert_true(wq_is(e, WQ_E_CONFIG));
		assert_null(none);
		if (strncmp(wq_err_note(e), bad[i].note, strlen(bad[i].note)) != 0)
			fail_msg("row %zu: \"%s\"", i, wq_err_note(e));
	}
	assert_err(wq_fold_table_open("/nonexistent", &none), WQ_E_NOT_FOUND);
	assert_true(wq_fold_table_pairs(table) >= 1500);
}

static void over_the_limit(void **state)
{
	struct wq_folded folded;

	(void)state;
	wq_folded_init(&folded, 4);
	assert_ok(wq_fold(NULL, 0, WQ_S("abcd"), &folded));
	assert_err(wq_fold(NULL, 0, WQ_S("abcde"), &folded), WQ_E_LIMIT);
	assert_ok(wq_fold(NULL, WQ_FOLD_SPACE, WQ_S("ab  cd"), &folded));
	wq_folded_done(&folded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds),
		cmocka_unit_test(finds_the_source_again),
		cmocka_unit_test(bad_tables_are_refused_with_their_line),
		cmocka_unit_test(over_the_limit),
	};

	return cmocka_run_group_tests(tests, open_table, close_table);
}
