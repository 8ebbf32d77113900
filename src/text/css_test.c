#include "base/test.h"
#include "text/css.h"
#include "text/css_probe.h"

/* Notation: tokens joined by `|`: t text, s string, u address without quotes, b bad one, c comment, o overlong; then
 * r resource, i import, n namespace; `!` bad string; then the value (of text and overlong, the bytes). */
static const struct {
	const char *sheet, *tokens;
} cases[] = {
	{"", ""},
	{"a{b:c}", "t:a{b:c}"},
	/* url() */
	{"url(a)", "t:url(|ur:a|t:)"},
	{"URL(a)", "t:URL(|ur:a|t:)"},
	{"url( a )", "t:url( |ur:a|t:)"},
	{"url(\n\ta\r\n)", "t:url(\n\t|ur:a|t:)"},
	{"url('a')", "t:url(|sr:a|t:)"},
	{"url( \"a\" )", "t:url( |sr:a|t: )"},
	{"url()", "t:url()"},
	{"url(", "t:url("},
	{"url(a", "t:url(|ur:a"},
	{"url(a ", "t:url(|ur:a"},
	{"url('a", "t:url(|sr:a"},
	{"url(a b)c", "t:url(|br:a|t:)c"},
	{"url(a'b)c", "t:url(|br:a|t:)c"},
	{"url(a(b)c", "t:url(|br:a|t:)c"},
	{"url(a b\\)c)d", "t:url(|br:a|t:)d"},
	{"url(a\\)b)", "t:url(|ur:a\\)b|t:)"},
	{"url(a\\\nb)", "t:url(|br:a\\|t:)"},
	{"url(a/*b*/)", "t:url(|ur:a/*b*/|t:)"},
	{"url(/*'*/)", "t:url(|br:/*|t:)"},
	{"url(//a/b?c=d#e)", "t:url(|ur://a/b?c=d#e|t:)"},
	{"url(data:x;base64,AA==)", "t:url(|ur:data:x;base64,AA==|t:)"},
	{"a:url(b)url(c)", "t:a:url(|ur:b|t:)url(|ur:c|t:)"},
	{"src('a')", "t:src(|sr:a|t:)"},
	{"src(a)", "t:src(a)"},
	{"src:url(a)", "t:src:url(|ur:a|t:)"},
	/* what is no url( */
	{"curl(a)", "t:curl(a)"},
	{"url (a)", "t:url (a)"},
	{"#url(a)", "t:#url(a)"},
	{"@url(a)", "t:@url(a)"},
	{"1url(a)", "t:1url(a)"},
	{"-url(a)", "t:-url(a)"},
	{"url-prefix('a')", "t:url-prefix(|s:a|t:)"},
	{"url/**/(a)", "t:url|c:|t:(a)"},
	{"50%url(a)", "t:50%url(|ur:a|t:)"},
	{"\xc3\xa9url(a)", "t:\xc3\xa9url(a)"},
	{"<!--url(a)-->url(b)", "t:<!--url(|ur:a|t:)-->url(|ur:b|t:)"},
	{"!--url(a)", "t:!--url(a)"},
	{"<a!--url(a)", "t:<a!--url(a)"},
	/* escapes in names */
	{"u\\72l(a)", "t:u\\72l(|ur:a|t:)"},
	{"u\\72 l(a)", "t:u\\72 l(|ur:a|t:)"},
	{"u\\000072l(a)", "t:u\\000072l(|ur:a|t:)"},
	{"u\\0000720l(a)", "t:u\\0000720l(a)"},
	{"\\75\\52\\4c(a)", "t:\\75\\52\\4c(|ur:a|t:)"},
	{"u\\72\r\nl(a)", "t:u\\72\r\nl(|ur:a|t:)"},
	{"ur\\l(a)", "t:ur\\l(|ur:a|t:)"},
	{"ur\\\nl(a)", "t:ur\\\nl(a)"},
	{"\\url(a)", "t:\\url(|ur:a|t:)"},
	{"url\\(a)", "t:url\\(a)"},
	{"url\\28 a)", "t:url\\28 a)"},
	/* strings */
	{"'a'\"b\"", "s:a|s:b"},
	{"'a\"b'", "s:a\"b"},
	{"'a\\'b'c", "s:a\\'b|t:c"},
	{"'a\\\nb'", "s:a\\\nb"},
	{"'a\\\r\nb'", "s:a\\\r\nb"},
	{"'a\nb'c'", "s!:a|t:\nb|s:c"},
	{"'a", "s:a"},
	{"'a\\", "s:a\\"},
	{"'url(a)'", "s:url(a)"},
	{"'/*'b'*/'", "s:/*|t:b|s:*/"},
	{"url('a\nb)", "t:url(|sr!:a|t:\nb)"},
	/* comments */
	{"a/*b*/c", "t:a|c:b|t:c"},
	{"/**/", "c:"},
	{"/*/*/", "c:/"},
	{"/***/", "c:*"},
	{"/*a", "c:a"},
	{"/*a*", "c:a*"},
	{"/*url(a)'*/url(b)", "c:url(a)'|t:url(|ur:b|t:)"},
	{"a/b", "t:a/b"},
	{"a/", "t:a/"},
	{"//url(a)", "t://url(|ur:a|t:)"},
	{"/'*'/", "t:/|s:*|t:/"},
	{"/\\*a*/", "t:/\\*a*/"},
	/* @import and @namespace */
	{"@import 'a';", "t:@import |si:a|t:;"},
	{"@import'a'", "t:@import|si:a"},
	{"@IMPORT url(a) b;", "t:@IMPORT url(|ui:a|t:) b;"},
	{"@import url('a')", "t:@import url(|si:a|t:)"},
	{"@import/**/\"a\"", "t:@import|c:|si:a"},
	{"@\\69mport 'a'", "t:@\\69mport |si:a"},
	{"@import 'a' 'b'", "t:@import |si:a|t: |s:b"},
	{"@import 'a' url(b)", "t:@import |si:a|t: url(|ur:b|t:)"},
	{"@import a 'b'", "t:@import a |s:b"},
	{"@import ; 'a'", "t:@import ; |s:a"},
	{"@imports 'a'", "t:@imports |s:a"},
	{"@ import 'a'", "t:@ import |s:a"},
	{"#import 'a'", "t:#import |s:a"},
	{"@charset 'a';@import 'b'", "t:@charset |s:a|t:;@import |si:b"},
	{"@namespace svg url(a);url(b)", "t:@namespace svg url(|un:a|t:);url(|ur:b|t:)"},
	{"@namespace 'a'", "t:@namespace |sn:a"},
	/* image-set */
	{"image-set('a' 1x,url(b) 2x,url('c') 3x)'d'",
		"t:image-set(|sr:a|t: 1x,url(|ur:b|t:) 2x,url(|sr:c|t:) 3x)|s:d"},
	{"-webkit-image-set('a' type('b') , 'c')", "t:-webkit-image-set(|sr:a|t: type(|s:b|t:) , |sr:c|t:)"},
	{"image-set(url() 'a')'b'", "t:image-set(url() |sr:a|t:)|s:b"},
	{"image-set('a';'b'", "t:image-set(|sr:a|t:;|s:b"},
	/* GBK bytes read as ASCII supersets: 0x5c after a lead byte is an escape there */
	{"'\xb0\x5c'a'", "s:\xb0\x5c'a"},
};

static const struct {
	const char *sheet, *tokens;
} multibyte[] = {
	{"'\xb0\x5c'a'", "s:\xb0\x5c|t:a|s:"},
	{"url(\xb0\x5c)a", "t:url(|ur:\xb0\x5c|t:)a"},
	{"\xa5\x5curl(a)", "t:\xa5\x5curl(a)"},
	{"\xb0\x75rl(a)", "t:\xb0\x75rl(a)"},
	{"\x81\x30\x81\x30url(a)", "t:\x81\x30\x81\x30url(a)"},
	{"'\x81\x30\x81\x5c'", "s:\x81\x30\x81\x5c"},
	{"'\xb0'a", "s:\xb0|t:a"},
	{"'\\\xb0\x5c'a", "s:\\\xb0\x5c|t:a"},
	{"url(a \xb0\x5c)b", "t:url(|br:a|t:)b"},
	{"/*\xb0*/a", "c:\xb0|t:a"},
	{"@import \xb0\x5c'a'", "t:@import \xb0\x5c|s:a"},
};

static void expect(wq_str sheet, const struct wq_css_options *options, const char *tokens, size_t first, size_t step)
{
	struct wq_css_probe probe;

	assert_ok(wq_css_probe_run(&probe, sheet, options, first, step));
	if (probe.fault)
		fail_msg("%.*s cut at %zu: %s", WQ_S_ARG(sheet), first, probe.fault);
	if (!wq_str_eq(wq_buf_str(&probe.out), wq_str_c(tokens)))
		fail_msg("%.*s cut at %zu: %s instead of %s", WQ_S_ARG(sheet), first, wq_buf_cstr(&probe.out), tokens);
	wq_buf_done(&probe.out);
}

static void expect_everywhere(const char *text, const struct wq_css_options *options, const char *tokens)
{
	wq_str sheet = wq_str_c(text);

	expect(sheet, options, tokens, 0, sheet.n + 1);
	for (size_t i = 1; i < sheet.n; i++)
		expect(sheet, options, tokens, i, sheet.n);
	for (size_t step = 1; step < 4; step++)
		expect(sheet, options, tokens, 0, step);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(cases); i++)
		expect_everywhere(cases[i].sheet, NULL, cases[i].tokens);
}

static void test_multibyte(void **state)
{
	struct wq_css_options options = {.encoding = WQ_HTML_ENC_MULTIBYTE};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(multibyte); i++)
		expect_everywhere(multibyte[i].sheet, &options, multibyte[i].tokens);
}

static void test_overlong(void **state)
{
	struct wq_css_options options = {.token_max = WQ_CSS_TOKEN_MIN};
	static const char digits[] = "0123456789012345678901234567890123456789012345678901234567890123456789";
	WQ_BUF(sheet, WQ_KIB);
	WQ_BUF(tokens, WQ_KIB);

	(void)state;
	wq_buf_printf(&sheet, "url(%.64s)url(%.65s)/*%.60s*/'%.63s'", digits, digits, digits, digits);
	wq_buf_printf(
		&tokens, "t:url(|ur:%.64s|t:)url(|or:%.65s|t:)|c:%.60s|o:'%.63s'", digits, digits, digits, digits);
	expect_everywhere(wq_buf_cstr(&sheet), &options, wq_buf_cstr(&tokens));
}

static void test_decode(void **state)
{
	static const struct {
		const char *value, *text;
	} rows[] = {{"a", "a"}, {"\\61 b", "ab"}, {"\\000061b", "ab"}, {"\\61\r\nb", "ab"}, {"\\)", ")"},
		{"a\\\nb", "ab"}, {"a\\\r\nb", "ab"}, {"\\6587", "\xe6\x96\x87"}, {"\\0", "\xef\xbf\xbd"},
		{"\\d800", "\xef\xbf\xbd"}, {"\\110000", "\xef\xbf\xbd"}, {"\\1F600x", "\xf0\x9f\x98\x80x"},
		{"a\\", "a"}, {"\\\\", "\\"}, {"\\zb", "zb"}};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(out, WQ_KIB);

		assert_ok(wq_css_decode(wq_str_c(rows[i].value), &out));
		assert_str(wq_buf_str(&out), wq_str_c(rows[i].text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_multibyte),
		cmocka_unit_test(test_overlong), cmocka_unit_test(test_decode)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
