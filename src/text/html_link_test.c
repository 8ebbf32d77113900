#include "base/test.h"
#include "text/html_link.h"

/* "kind url" joined by `|`: b base, n navigate, r resource, s sheet */
static const struct {
	const char *document, *links;
} cases[] = {
	{"", ""},
	{"<a href=b>", "n b"},
	{"<A HREF=' b&amp;c '>", "n b&c"},
	{"<a href=''><a href><a name=x>", ""},
	{"<a href=1 href=2>", "n 1"},
	{"<area href=b><base href=c><script src=d></script>", "n b|b c|r d"},
	{"<link rel=stylesheet href=a><link rel='x StyleSheet' href=b><link rel=icon href=c>", "s a|s b|r c"},
	{"<link rel=preconnect href=a><link rel=dns-prefetch href=b><link rel=canonical href=c>", "n c"},
	{"<img src=a data-src=b srcset='c 1x, d 2x,e'>", "r a|r c|r d|r e|r b"},
	{"<img srcset='a,b 100w, c (x,y) 2x , data:x,y'>", "r a,b|r c|r data:x,y"},
	{"<img srcset=', a,, b'>", "r a|r b"},
	{"<picture><source srcset=a><source src=b></picture>", "r a|r b"},
	{"<video src=a poster=b><track src=c></video><audio src=d>", "r a|r b|r c|r d"},
	{"<iframe src=a></iframe><frame src=b>", "n a|n b"},
	{"<form action=a></form><form action=b method=GET><form action=c method=post><form>", "n a|n b"},
	{"<button formaction=a><button formaction=b formmethod=POST><input type=image src=c>", "n a|r c"},
	{"<meta http-equiv=Refresh content='0; url=a'>", "n a"},
	{"<meta http-equiv=refresh content=\"5;URL='a b'x\">", "n a b"},
	{"<meta http-equiv=refresh content='3'><meta content='0;url=a'>", ""},
	{"<meta http-equiv=refresh content='0 , a'>", "n a"},
	{"<object data=a><embed src=b></object>", "r a|r b"},
	{"<svg><image href=a /><image xlink:href=b /><use href='#c'/><a xlink:href=d>", "r a|r b|r #c|n d"},
	{"<body background=a><td background=b>", "r a|r b"},
	{"<p style='background:url(a)'>", "r a"},
	{"<p style='background:url(&quot;a&quot;)'>", "r a"},
	{"<style>@import 'a';b{c:url(d)}</style>", "s a|r d"},
	{"<style>url(a</style><a href=b>", "r a|n b"},
	{"<noscript><img src=a></noscript><template><a href=b></template>", "r a|n b"},
	{"<title><a href=x></title><textarea><a href=y></textarea><!--<a href=z>-->", ""},
	{"<script>'<a href=x>'</script>", ""},
	{"<svg><style><a href=x></style>", "n x"},
	{"<p onclick=\"location.href='a'\"><p onClick=\"window.open('b','_blank'); return false\">", "n a|n b"},
	{"<a href=\"javascript:window.location='a';\" onclick='self.location.assign(\"b\")'>",
		"n a|n javascript:window.location='a';|n b"},
	{"<a href='javascript:void(0)' onclick=\"location.href='a?id=' + id\"><p onclick=\"mylocation='b'\">",
		"n javascript:void(0)"},
	{"<p onclick=\"location.href=a\"><p onclick=\"location.href='\"><p onclick=location><p onclick>", ""},
};

static wq_err on_link(void *data, const struct wq_link *link)
{
	static const char letters[] = "bnrs";
	struct wq_buf *out = data;

	wq_buf_printf(out, "%s%c ", out->len ? "|" : "", letters[link->kind]);
	wq_buf_add(out, link->url);
	return wq_buf_err(out);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(cases); i++) {
		WQ_BUF(out, WQ_KIB);

		assert_ok(wq_html_links(wq_str_c(cases[i].document), NULL, on_link, &out));
		if (!wq_str_eq(wq_buf_str(&out), wq_str_c(cases[i].links)))
			fail_msg("%s: %s instead of %s", cases[i].document, wq_buf_cstr(&out), cases[i].links);
	}
}

static void test_sheet(void **state)
{
	WQ_BUF(out, WQ_KIB);

	(void)state;
	assert_ok(wq_css_links(
		WQ_S("@import url(a);@namespace url(n);b{c:url('d\\29')}"), WQ_HTML_ENC_ASCII, on_link, &out));
	assert_str(wq_buf_str(&out), WQ_S("s a|r d)"));
}

static wq_err on_place(void *data, const struct wq_link *link)
{
	wq_buf_printf(data, "%llu:%llu ", (unsigned long long)link->line, (unsigned long long)link->at);
	return WQ_OK;
}

static void test_places(void **state)
{
	WQ_BUF(out, WQ_KIB);

	(void)state;
	assert_ok(wq_html_links(WQ_S("<p>\n<a\nhref='x'>\n<style>\na{b:url(c)}</style>"), NULL, on_place, &out));
	assert_str(wq_buf_str(&out), WQ_S("3:13 5:33 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_sheet), cmocka_unit_test(test_places)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
