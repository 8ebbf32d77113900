#include "base/test.h"

#include "text/document.h"

struct seen {
	size_t tokens, tags;
	wq_err stop;
};

static wq_err count(void *data, const struct wq_html_token *token)
{
	struct seen *seen = data;

	seen->tokens++;
	seen->tags += token->kind == WQ_HTML_START;
	return seen->stop;
}

static void every_reader_gets_every_token(void **state)
{
	struct wq_document document = {0};
	struct seen a = {0}, b = {0};
	const struct wq_document_reader readers[] = {{count, &a}, {count, &b}};
	WQ_BUF(room, 1024);

	(void)state;
	assert_ok(wq_document_open(&document, WQ_S("<p>a<b>c</b><!-- d --></p>"), WQ_S(""), &room));
	assert_false(document.converted);
	assert_ok(wq_document_read(&document, readers, 2));
	assert_true(a.tokens == b.tokens && a.tags == 2 && a.tokens == 7);
	b = (struct seen){.stop = wq_error_id(WQ_E_INTERRUPTED)};
	assert_true(wq_is(wq_document_read(&document, readers, 2), WQ_E_INTERRUPTED));
	assert_true(wq_is(wq_document_read(&document, readers, WQ_DOCUMENT_READERS_MAX + 1), WQ_E_LIMIT));
}

static void what_is_not_utf8_is_decoded(void **state)
{
	struct wq_document document = {0};
	WQ_BUF(room, 1024);
	WQ_BUF(small, 4);

	(void)state;
	assert_ok(wq_document_open(&document, WQ_S("<p>\xd6\xd0"), WQ_S("gbk"), &room));
	assert_true(document.converted && wq_str_eq(document.html, WQ_S("<p>中")));
	assert_true(wq_is(wq_document_open(&document, WQ_S("<p>\xd6\xd0"), WQ_S("gbk"), &small), WQ_E_LIMIT));
}

static void places_count_lines_and_characters(void **state)
{
	static const struct {
		uint64_t offset;
		uint32_t line, column;
	} rows[] = {{0, 1, 1}, {1, 1, 2}, {3, 2, 1}, {9, 2, 3}, {10, 3, 1}, {11, 3, 2}, {99, 3, 2}, {6, 2, 2}};
	struct wq_document document = {.html = WQ_S_INIT("ab\n\u4e2d\u6587\nc")};
	struct wq_document_at at = {0};
	uint32_t line, column;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		wq_document_place(&document, &at, rows[i].offset, &line, &column);
		assert_int_equal(line, rows[i].line);
		assert_int_equal(column, rows[i].column);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reader_gets_every_token),
		cmocka_unit_test(what_is_not_utf8_is_decoded),
		cmocka_unit_test(places_count_lines_and_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
