/* Whatever a form is: it is refused with its line, or filled in without a registry, and its page has no tag that is not ours. */
#include "flow/inspect/tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { LONGEST = 64 * 1024, MEMORY = 64 * 1024 * 1024, OUT_MAX = 16 * 1024 * 1024 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check(const struct wq_table_sheet *sheets, size_t n)
{
	WQ_BUF(html, OUT_MAX);
	WQ_BUF(csv, OUT_MAX);
	WQ_BUF(json, OUT_MAX);

	must(!wq_failed(wq_tables_html(sheets, n, WQ_LANG_EN, &html)));
	must(wq_str_find(wq_buf_str(&html), WQ_S("<script")) < 0 && wq_str_find(wq_buf_str(&html), WQ_S("<img")) < 0);
	must(!wq_failed(wq_tables_csv(sheets, n, WQ_LANG_ZH, &csv)));
	must(!wq_failed(wq_tables_json(sheets, n, WQ_LANG_EN, &json)));
	must(sheets[0].filled + sheets[0].blank == sheets[0].form->fields_n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct wq_tables_case bare = {
		.lang = WQ_LANG_EN, .now = 1780000000 * WQ_SECOND, .site = WQ_S("www.example.gov.cn")};
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	const struct wq_table_form *form;
	struct wq_table_sheet *sheets;
	size_t sheets_n;

	wq_arena_init(&arena, MEMORY);
	if (n > LONGEST || wq_failed(wq_table_form_parse(&arena, WQ_S("fuzz"), wq_str_of(data, n), &form)))
		return 0;
	if (!wq_failed(wq_tables_fill(&arena, &bare, &form, 1, &sheets, &sheets_n)))
		check(sheets, sheets_n);
	return 0;
}
