#include "base/file.h"
#include "base/test.h"
#include "finding/clause.h"
#include "finding/rule.h"

static const char *root_of_sources(void)
{
	const char *root = getenv("WQ_SOURCE_ROOT");
	return root ? root : ".";
}

static void load_clauses(struct wq_arena *arena, struct wq_buf *bytes, struct wq_clauses *ret_clauses)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/rules/clauses/clauses.txt", root_of_sources());
	assert_ok(wq_file_read(&wq_fs_system, path, bytes));
	assert_ok(wq_clauses_parse(arena, WQ_S("clauses"), wq_buf_str(bytes), ret_clauses));
}

/* Every row makes a finding that the collector takes, under clauses that exist. */
static void rows_are_whole(void **state)
{
	struct wq_arena arena;
	struct wq_clauses clauses;
	WQ_BUF(bytes, WQ_MIB);

	(void)state;
	wq_arena_init(&arena, WQ_MIB);
	load_clauses(&arena, &bytes, &clauses);
	for (unsigned i = 0; i < WQ_RULE_COUNT; i++) {
		struct wq_finding finding = wq_rule_finding((enum wq_rule_id)i);

		assert_ok(wq_finding_check(&finding));
		assert_true(finding.clause_count > 0);
		for (size_t k = 0; k < finding.clause_count; k++)
			assert_non_null(wq_clauses_find(&clauses, finding.clauses[k]));
		assert_true(finding.advice_zh.n > 0 && finding.advice_en.n > 0);
		for (unsigned j = 0; j < i; j++)
			assert_false(wq_str_eq(finding.rule, wq_rule_name((enum wq_rule_id)j)));
	}
	wq_arena_done(&arena);
}

static void write_row(struct wq_buf *doc, enum wq_rule_id id)
{
	struct wq_finding finding = wq_rule_finding(id);
	wq_str zh = wq_rule_title(id, WQ_LANG_ZH), en = wq_rule_title(id, WQ_LANG_EN);

	wq_buf_printf(doc, "| `%.*s` | %s | ", WQ_S_ARG(finding.rule), wq_severity_name(finding.severity));
	for (size_t i = 0; i < finding.clause_count; i++)
		wq_buf_printf(doc, "%s%.*s", i ? " " : "", WQ_S_ARG(finding.clauses[i]));
	wq_buf_printf(doc, " | %.*s：%.*s | %.*s: %.*s |\n", WQ_S_ARG(zh), WQ_S_ARG(finding.advice_zh), WQ_S_ARG(en),
		WQ_S_ARG(finding.advice_en));
}

/* docs/findings.md is the table of rule_table.h; WQ_UPDATE_DOCS=1 writes it anew. */
static void catalogue(void **state)
{
	char path[4096];
	WQ_BUF(doc, WQ_MIB);
	WQ_BUF(file, WQ_MIB);

	(void)state;
	wq_buf_add(&doc,
		WQ_S("# Findings 发现\n\nMade from `src/finding/rule_table.h`; a test compares the two. Severity is the usual "
		     "one: how many, where and in which context raise or lower it. Clauses: `rules/clauses/clauses.txt`.\n\n"
		     "| rule | severity | clauses | 中文 | English |\n| --- | --- | --- | --- | --- |\n"));
	for (unsigned i = 0; i < WQ_RULE_COUNT; i++)
		write_row(&doc, (enum wq_rule_id)i);
	assert_ok(wq_buf_err(&doc));
	snprintf(path, sizeof path, "%s/docs/findings.md", root_of_sources());
	if (getenv("WQ_UPDATE_DOCS"))
		assert_ok(wq_file_replace(&wq_fs_system, path, wq_buf_str(&doc), 0644));
	assert_ok(wq_file_read(&wq_fs_system, path, &file));
	if (!wq_str_eq(wq_buf_str(&file), wq_buf_str(&doc)))
		fail_msg(
			"docs/findings.md is not what src/finding/rule_table.h says: run this test with WQ_UPDATE_DOCS=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(catalogue),
	};
	return cmocka_run_group_tests_name("finding rule", tests, NULL, NULL);
}
