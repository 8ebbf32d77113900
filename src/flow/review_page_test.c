#include "flow/review_page.h"

#include "base/test.h"

/* What a visitor sees, sentences parted by "|". */
static void what_is_seen(void **state)
{
	static const struct {
		const char *html, *seen;
	} rows[] = {
		{"<p>一<b>二</b>三<p>四", "一二三|四"},
		{"<li><a href=x>全县会议</a><time>2025-07-14</time></li>", "全县会议 2025-07-14"},
		{"<li><span><a href=x>会议</a></span><!-- x --><span>07-14</span></li>", "会议 07-14"},
		{"<li><a href=x>会议</a> \n <span>07-14</span></li>", "会议 07-14"},
		{"<p>见<a href=x>通知</a>和<a href=y>公告</a>。", "见通知和公告。"},
		{"<p>第<span>3</span>件", "第3件"},
		{"<p><a href=x>会议</a><script>1</script><time>7月</time>", "会议 7月"},
		{"<div><a href=x>一</a></div><div><a href=y>二</a></div>", "一|二"},
	};
	struct wq_arena arena;

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_review_page page;
		WQ_BUF(seen, WQ_KIB);

		assert_ok(wq_review_page_read(
			&arena, WQ_S("text/html; charset=utf-8"), wq_str_c(rows[i].html), true, &page));
		for (size_t k = 0; k < page.seen.n; k++)
			wq_buf_printf(&seen, "%s%.*s", k ? "|" : "", WQ_S_ARG(page.seen.items[k]));
		assert_str(wq_buf_str(&seen), wq_str_c(rows[i].seen));
	}
	wq_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_seen)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
