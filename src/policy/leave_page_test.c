#include "base/test.h"
#include "policy/leave_site_test.h"
#include "text/base64.h"
#include "text/html.h"

enum { PAGE_MAX = 64 * 1024 };

static const wq_str ADDRESS = WQ_S_INIT("http://www.gov.cn@evil.com:8080/a?b=1&c='\"><script>alert(1)</script>#d");

static void page(const struct wq_policy *policy, wq_str address, wq_str back, struct wq_buf *out)
{
	wq_buf_clear(out);
	wq_leave_page(policy, address, back, out);
	assert_ok(wq_buf_err(out));
}

static bool has(const struct wq_buf *out, wq_str needle)
{
	return wq_str_find(wq_buf_str(out), needle) >= 0;
}

static void test_the_sentence_and_the_links(void **state)
{
	WQ_BUF(out, PAGE_MAX);

	(void)state;
	page(&test_policy, ADDRESS, WQ_S("/news/1.html?a=1&b=2"), &out);
	assert_true(has(&out, WQ_S("<h1>您访问的链接即将离开“云山县人民政府”门户网站，是否继续？</h1>")));
	assert_true(has(&out, WQ_S(">继续访问</a>")));
	assert_true(has(&out, WQ_S("<a href=\"/news/1.html?a=1&amp;b=2\">放弃</a>")));
	assert_true(has(&out,
		WQ_S("rel=\"noreferrer noopener\" href=\"http://www.gov.cn@evil.com:8080/a?b=1&amp;c=&#39;&quot;&gt;")));
	assert_true(has(&out, WQ_S("<dd class=\"host\">evil.com:8080</dd>")));
	assert_false(has(&out, WQ_S("<script")));
	assert_false(has(&out, WQ_S("http-equiv")));
}

static void test_without_a_name(void **state)
{
	WQ_BUF(out, PAGE_MAX);

	(void)state;
	page(&wq_policy_default, WQ_S("http://evil.com/"), WQ_S("/"), &out);
	assert_true(has(&out, WQ_S("您访问的链接即将离开本门户网站，是否继续？")));
}

static void test_back_is_a_path_of_our_own(void **state)
{
	static const wq_str wrong[] = {WQ_S_INIT(""), WQ_S_INIT("news"), WQ_S_INIT("//evil.com"),
		WQ_S_INIT("/\\evil.com"), WQ_S_INIT("/\t/evil.com"), WQ_S_INIT("http://evil.com/"),
		WQ_S_INIT("javascript:alert(1)")};
	WQ_BUF(out, PAGE_MAX);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(wrong); i++) {
		page(&test_policy, WQ_S("http://evil.com/"), wrong[i], &out);
		assert_true(has(&out, WQ_S("<a href=\"/\">放弃</a>")));
	}
}

static void test_what_would_run_is_no_link(void **state)
{
	static const wq_str wrong[] = {WQ_S_INIT("javascript://a/%0aalert(1)"), WQ_S_INIT("JavaScript:alert(1)"),
		WQ_S_INIT("data:text/html,x"), WQ_S_INIT("data://a/x"), WQ_S_INIT("evil"), WQ_S_INIT("")};
	WQ_BUF(out, PAGE_MAX);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(wrong); i++) {
		page(&test_policy, wrong[i], WQ_S("/"), &out);
		assert_false(has(&out, WQ_S(">继续访问</a>")));
	}
}

/* every start tag is closed in order, so nothing from outside opened one */
static wq_err on_token(void *data, const struct wq_html_token *token)
{
	struct wq_buf *open = data;

	if (token->kind == WQ_HTML_START && token->tag != WQ_TAG_META) {
		wq_buf_byte(open, (uint8_t)token->tag);
	} else if (token->kind == WQ_HTML_END) {
		assert_true(open->len > 0);
		assert_int_equal(open->data[--open->len], (uint8_t)token->tag);
	}
	return WQ_OK;
}

static void test_the_page_is_whole(void **state)
{
	struct wq_policy hostile = test_policy;
	WQ_BUF(out, PAGE_MAX);
	WQ_BUF(open, 64);

	(void)state;
	hostile.portal = WQ_S("<b>\"&'");
	page(&hostile, ADDRESS, WQ_S("/\"><b>"), &out);
	assert_ok(wq_html_scan(wq_buf_str(&out), NULL, on_token, &open));
	assert_int_equal(open.len, 0);
	assert_false(has(&out, WQ_S("<b>\"")));
}

static void test_the_style_has_the_hash_of_the_headers(void **state)
{
	WQ_BUF(out, PAGE_MAX);
	WQ_BUF(expected, 256);
	uint8_t digest[WQ_DIGEST_BYTES];
	ptrdiff_t from, to;

	(void)state;
	page(&test_policy, ADDRESS, WQ_S("/"), &out);
	from = wq_str_find(wq_buf_str(&out), WQ_S("<style>")) + 7;
	to = wq_str_find(wq_buf_str(&out), WQ_S("</style>"));
	assert_true(from > 7 && to > from);
	wq_sha256(wq_str_of(out.data + from, (size_t)(to - from)), digest);
	wq_buf_add(&expected, WQ_S("style-src 'sha256-"));
	wq_base64_encode(wq_str_of(digest, sizeof(digest)), WQ_BASE64_PADDED, &expected);
	wq_buf_add(&expected, WQ_S("';"));
	if (wq_str_find(wq_leave_page_headers(), wq_buf_str(&expected)) < 0)
		fail_msg("the headers have to say %s", wq_buf_cstr(&expected));
	assert_false(has(&out, WQ_S("style=")));
}

static void test_headers_are_lines(void **state)
{
	wq_str rest = wq_leave_page_headers();

	(void)state;
	assert_true(wq_str_ends(rest, WQ_S("\r\n")));
	for (ptrdiff_t end; (end = wq_str_find(rest, WQ_S("\r\n"))) >= 0; rest = wq_str_from(rest, (size_t)end + 2))
		assert_true(wq_str_find(wq_str_head(rest, (size_t)end), WQ_S(": ")) > 0);
	assert_int_equal(rest.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_sentence_and_the_links),
		cmocka_unit_test(test_without_a_name),
		cmocka_unit_test(test_back_is_a_path_of_our_own),
		cmocka_unit_test(test_what_would_run_is_no_link),
		cmocka_unit_test(test_the_page_is_whole),
		cmocka_unit_test(test_the_style_has_the_hash_of_the_headers),
		cmocka_unit_test(test_headers_are_lines),
	};

	return cmocka_run_group_tests_name("policy/leave_page", tests, NULL, NULL);
}
