#include "base/test.h"
#include "flow/site.h"

static void names_and_bytes_give_a_type(void **state)
{
	static const struct {
		const char *name, *bytes, *type;
	} rows[] = {
		{"a.html", "<meta charset=utf-8>", "text/html; charset=utf-8"},
		{"a.HTM", "<meta charset=\"utf-8\">", "text/html; charset=utf-8"},
		{"gb.html", "<meta charset=gb2312><p>\xb9\xab\xce\xc4</p>", "text/html; charset=gb18030"},
		{"gb.html", "<meta http-equiv=Content-Type content='text/html; charset=GBK'>\xb9\xab",
			"text/html; charset=gb18030"},
		{"gb.html", "<p>\xb9\xab\xce\xc4\xb4\xa6\xc0\xed\xb9\xfa\xbc\xd2</p>", "text/html; charset=gb18030"},
		{"utf.html", "<p>公文处理</p>", "text/html; charset=utf-8"},
		{"bom.html", "\xef\xbb\xbf<p>x</p>", "text/html; charset=utf-8"},
		{"big5.html", "<meta charset=big5>", "text/html; charset=big5"},
		{"ascii.html", "<p>x</p>", "text/html; charset=utf-8"},
		{"a.css", "@charset \"utf-8\";", "text/css; charset=utf-8"},
		{"a.js", "var a = '公文';", "application/javascript; charset=utf-8"},
		{"a.txt", "公文", "text/plain; charset=utf-8"},
		{"a.json", "{}", "application/json"},
		{"a.PNG", "png", "image/png"},
		{"a.svg", "<svg>", "image/svg+xml"},
		{"a.pdf", "%PDF", "application/pdf"},
		{"a.ofd", "PK", "application/ofd"},
		{"a.woff2", "x", "font/woff2"},
		{"a.tar.gz", "x", "application/gzip"},
		{"a.unknown", "x", "application/octet-stream"},
		{"README", "x", "application/octet-stream"},
		{"html", "x", "application/octet-stream"},
		{"a.", "x", "application/octet-stream"},
		{"", "x", "application/octet-stream"},
	};
	struct wq_arena arena;

	(void)state;
	wq_arena_init(&arena, WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_str(
			wq_site_type(wq_str_c(rows[i].name), wq_str_c(rows[i].bytes), &arena), wq_str_c(rows[i].type));
	wq_arena_done(&arena);
}

static void a_label_comes_first(void **state)
{
	(void)state;
	assert_str(wq_site_charset(WQ_S("gb2312"), WQ_S("x")), WQ_S("gb18030"));
	assert_str(wq_site_charset(WQ_S("utf-8"), WQ_S("<meta charset=gbk>")), WQ_S("utf-8"));
	assert_str(wq_site_charset(WQ_S("no-such"), WQ_S("<meta charset=gbk>")), WQ_S("gb18030"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_bytes_give_a_type),
		cmocka_unit_test(a_label_comes_first),
	};
	return cmocka_run_group_tests_name("flow site type", tests, NULL, NULL);
}
