#include "base/test.h"
#include "text/html.h"
#include "text/html_probe.h"

/* Notation: tokens joined by `|`; t: r: w: s: p: text by mode; <…> </…> tags, `~` inside svg or math; ! comment; D doctype;
 * x: dropped; O: overlong. */
static const struct {
	const char *document, *tokens;
} cases[] = {
	/* data and tags */
	{"", ""},
	{"a", "t:a"},
	{"a<b>c</b>d", "t:a|<b>|t:c|</b>|t:d"},
	{"a < b", "t:a < b"},
	{"a<", "t:a<"},
	{"a</", "t:a</"},
	{"<<b>", "t:<|<b>"},
	{"<3 <a>", "t:<3 |<a>"},
	{"a</>b", "t:a|x:</>|t:b"},
	{"</ a>b", "! a|t:b"},
	{"</3>b", "!3|t:b"},
	{"<?php echo '>' ?>", "!?php echo '|t:' ?>"},
	{"<a", "x:<a"},
	{"t<a href='x", "t:t|x:<a href='x"},
	{"<a b=\"c\"", "x:<a b=\"c\""},
	{"</a", "x:</a"},
	{"</a b=c>", "</a b=c>"},
	{"<A HREF=X>", "<A HREF=X>"},
	{"<br/>", "<br />"},
	{"<br / >", "<br>"},
	{"<a/b/c>", "<a b c>"},
	{"<a<b>", "<a<b>"},
	{"<a\tb\nc\fd\re>", "<a b c d e>"},
	/* attributes */
	{"<a b>", "<a b>"},
	{"<a b=c>", "<a b=c>"},
	{"<a b='c'>", "<a b='c'>"},
	{"<a b=\"c\">", "<a b=\"c\">"},
	{"<a b = 'c' d>", "<a b='c' d>"},
	{"<a b='c'd=\"e\">", "<a b='c' d=\"e\">"},
	{"<a b='c'/>", "<a b='c' />"},
	{"<a b=c/>", "<a b=c/>"},
	{"<a b=>", "<a b=>"},
	{"<a b= >", "<a b=>"},
	{"<a =b>", "<a =b>"},
	{"<a ==b>", "<a ==b>"},
	{"<a b==c>", "<a b==c>"},
	{"<a b='>'>", "<a b='>'>"},
	{"<a b=\">\" c='\"'>", "<a b=\">\" c='\"'>"},
	{"<a b=c'd\"e`f<g>", "<a b=c'd\"e`f<g>"},
	{"<a \"b\"=c>", "<a \"b\"=c>"},
	{"<a b=''>", "<a b=''>"},
	{"<a b b=1 B=2>", "<a b b=1 B=2>"},
	{"<a b/=c>", "<a b =c>"},
	{"<a / b>", "<a b>"},
	{"<a b\n=\n'c\nd'>", "<a b='c\nd'>"},
	{"<a b=&amp;>&amp;", "<a b=&amp;>|t:&amp;"},
	{"<a 'b>", "<a 'b>"},
	{"<img src=x onerror=alert(1)//>", "<img src=x onerror=alert(1)//>"},
	/* comments */
	{"<!--a-->b", "!a|t:b"},
	{"<!---->b", "!|t:b"},
	{"<!-->b", "!|t:b"},
	{"<!--->b", "!|t:b"},
	{"<!--a--!>b", "!a|t:b"},
	{"<!--a--!b-->c", "!a--!b|t:c"},
	{"<!--a--!-->c", "!a--!|t:c"},
	{"<!--a--->b", "!a-|t:b"},
	{"<!--a- ->b-->", "!a- ->b"},
	{"<!--<!--a-->b-->", "!<!--a|t:b-->"},
	{"<!--<!-->b", "!<!|t:b"},
	{"<!--a", "!a"},
	{"<!--a-", "!a"},
	{"<!--a--", "!a"},
	{"<!--a--!", "!a"},
	{"<!--", "!"},
	{"<!---", "!"},
	{"<!-", "!-"},
	{"<!", "!"},
	{"<!>a", "!|t:a"},
	{"<!-a>b", "!-a|t:b"},
	{"<!a-->b", "!a--|t:b"},
	{"<!--!>a-->", "!!>a"},
	{"<![CDATA[a]]>b", "![CDATA[a]]|t:b"},
	/* doctypes */
	{"<!DOCTYPE html>a", "D html|t:a"},
	{"<!doctype>a", "D|t:a"},
	{"<!DocTypehtml>", "Dhtml"},
	{"<!doctyp html>", "!doctyp html"},
	{"<!DOCTYPE html PUBLIC \"-//>\">", "D html PUBLIC \"-//|t:\">"},
	{"<!DOCTYPE a", "D a"},
	{"<!doc", "!doc"},
	/* RCDATA and RAWTEXT */
	{"<title>a<b>&amp;</title>c", "<title>|r:a<b>&amp;|</title>|t:c"},
	{"<TITLE>a</tItLe >b", "<TITLE>|r:a|</tItLe>|t:b"},
	{"<title>a</titlex></title>", "<title>|r:a</titlex>|</title>"},
	{"<title>a</titl</title>", "<title>|r:a</titl|</title>"},
	{"<title><</title>", "<title>|r:<|</title>"},
	{"<title></</title>", "<title>|r:</|</title>"},
	{"<title>a</title", "<title>|r:a</title"},
	{"<title>a</title b", "<title>|r:a|x:</title b"},
	{"<title>a</title/b=c>d", "<title>|r:a|</title b=c>|t:d"},
	{"<title/>a</title>", "<title />|r:a|</title>"},
	{"<textarea><!--</textarea>-->", "<textarea>|r:<!--|</textarea>|t:-->"},
	{"<style>a<b></style>", "<style>|w:a<b>|</style>"},
	{"<style><!--</style>-->", "<style>|w:<!--|</style>|t:-->"},
	{"<xmp><a></xmp>", "<xmp>|w:<a>|</xmp>"},
	{"<iframe><a></iframe>", "<iframe>|w:<a>|</iframe>"},
	{"<noembed><a></noembed>", "<noembed>|w:<a>|</noembed>"},
	{"<noframes><a></noframes>", "<noframes>|w:<a>|</noframes>"},
	{"<noscript><a></noscript>", "<noscript>|<a>|</noscript>"},
	{"<plaintext><a></plaintext>", "<plaintext>|p:<a></plaintext>"},
	{"</title><a>", "</title>|<a>"},
	/* script data */
	{"<script>a<b</script>c", "<script>|s:a<b|</script>|t:c"},
	{"<script>'</scrip'</script >", "<script>|s:'</scrip'|</script>"},
	{"<script><!--a</script>b", "<script>|s:<!--a|</script>|t:b"},
	{"<script><!--<script>a</script>b</script>c", "<script>|s:<!--<script>a</script>b|</script>|t:c"},
	{"<script><!--<script>a</script>b--></script>c", "<script>|s:<!--<script>a</script>b-->|</script>|t:c"},
	{"<script><!--<script>--></script>c", "<script>|s:<!--<script>-->|</script>|t:c"},
	{"<script><!--><script></script>c", "<script>|s:<!--><script>|</script>|t:c"},
	{"<script><!---><script></script>c", "<script>|s:<!---><script>|</script>|t:c"},
	{"<script><!--<scriptx></script>c", "<script>|s:<!--<scriptx>|</script>|t:c"},
	{"<script><!--<SCRIPT/></script></script>c", "<script>|s:<!--<SCRIPT/></script>|</script>|t:c"},
	{"<script><!-<script></script>c", "<script>|s:<!-<script>|</script>|t:c"},
	{"<script><!<script></script>c", "<script>|s:<!<script>|</script>|t:c"},
	{"<script><!--<script></scriptx></script></script>", "<script>|s:<!--<script></scriptx></script>|</script>"},
	{"<script><!--<script><script></script></script>", "<script>|s:<!--<script><script></script>|</script>"},
	{"<script><!--- -- >--></script>", "<script>|s:<!--- -- >-->|</script>"},
	{"<script><!--<<script></script></script>", "<script>|s:<!--<<script></script>|</script>"},
	{"<script><!-- </</script>", "<script>|s:<!-- </|</script>"},
	{"<script><!--<script>", "<script>|s:<!--<script>"},
	{"<script></script", "<script>|s:</script"},
	{"<script>a</script x='>'>b", "<script>|s:a|</script x='>'>|t:b"},
	/* svg and math */
	{"<svg><style><a></style></svg><style><a></style>",
		"<svg>|<style>~|<a>~|</style>~|</svg>~|<style>|w:<a>|</style>"},
	{"<svg><title><a></title><style><b>", "<svg>|<title>~|<a>|</title>|<style>~|<b>"},
	{"<svg><desc><style><a>", "<svg>|<desc>~|<style>|w:<a>"},
	{"<svg><foreignObject><style><a></style></svg></foreignObject><style><a>",
		"<svg>|<foreignObject>~|<style>|w:<a>|</style>|</svg>|</foreignObject>|<style>~|<a>~"},
	{"<svg><p><style><a>", "<svg>|<p>|<style>|w:<a>"},
	{"<svg></p><style><a>", "<svg>|</p>~|<style>|w:<a>"},
	{"<svg><font><style><a>", "<svg>|<font>~|<style>~|<a>~"},
	{"<svg><font color=x><style><a>", "<svg>|<font color=x>|<style>|w:<a>"},
	{"<svg/><style><a>", "<svg />|<style>|w:<a>"},
	{"<math><mi><style><a>", "<math>|<mi>~|<style>|w:<a>"},
	{"<math><annotation-xml><style><a>", "<math>|<annotation-xml>~|<style>~|<a>~"},
	{"<math><annotation-xml encoding='text/HTML'><style><a>",
		"<math>|<annotation-xml encoding='text/HTML'>~|<style>|w:<a>"},
	{"<svg><script><a></script>", "<svg>|<script>~|<a>~|</script>~"},
	/* bytes outside ASCII: GBK 0xb0 0x5c, Big5 0xa5 0x7c, GB18030 0x81 0x30 0x81 0x30, a lead byte before syntax */
	{"<a b=\xb0\x5c>\xa5\x7c", "<a b=\xb0\x5c>|t:\xa5\x7c"},
	{"<a b='\x81\x30\x81\x30'>\x81\x30\x81\x30", "<a b='\x81\x30\x81\x30'>|t:\x81\x30\x81\x30"},
	{"\xb0<a b='\xb0'>\xb0</a>", "t:\xb0|<a b='\xb0'>|t:\xb0|</a>"},
	{"<\xb0\x41>", "t:<\xb0\x41>"},
	{"<\xe6\x96\x87>", "t:<\xe6\x96\x87>"},
	{"<title>\xb0\x3c/title>", "<title>|r:\xb0|</title>"},
};

static void expect(
	wq_str document, const struct wq_html_options *options, const char *tokens, size_t first, size_t step)
{
	struct wq_html_probe probe;

	assert_ok(wq_html_probe_run(&probe, document, options, first, step));
	if (probe.fault)
		fail_msg("%.*s cut at %zu: %s", WQ_S_ARG(document), first, probe.fault);
	if (!wq_str_eq(wq_buf_str(&probe.out), wq_str_c(tokens)))
		fail_msg("%.*s cut at %zu: %s instead of %s", WQ_S_ARG(document), first, wq_buf_cstr(&probe.out),
			tokens);
	wq_buf_done(&probe.out);
}

/* whole, at every split point, byte by byte */
static void expect_everywhere(wq_str document, const struct wq_html_options *options, const char *tokens)
{
	expect(document, options, tokens, 0, document.n + 1);
	for (size_t i = 1; i < document.n; i++)
		expect(document, options, tokens, i, document.n);
	for (size_t step = 1; step < 4; step++)
		expect(document, options, tokens, 0, step);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(cases); i++)
		expect_everywhere(wq_str_c(cases[i].document), NULL, cases[i].tokens);
}

static void test_scripting(void **state)
{
	struct wq_html_options options = {.scripting = true};

	(void)state;
	expect_everywhere(WQ_S("<noscript><a></noscript><a>"), &options, "<noscript>|w:<a>|</noscript>|<a>");
}

static void test_every_case_in_one_document(void **state)
{
	WQ_BUF(document, WQ_MIB);
	struct wq_html_probe whole, parts;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(cases); i++) {
		if (strstr(cases[i].document, "<plaintext"))
			continue;
		wq_buf_add(&document, wq_str_c(cases[i].document));
		wq_buf_add(&document, WQ_S("\n--></title></textarea></style></xmp></script></svg></math>'\">\n"));
	}
	assert_ok(wq_html_probe_run(&whole, wq_buf_str(&document), NULL, 0, document.len));
	assert_null(whole.fault);
	for (size_t step = 1; step < 200; step += 7) {
		assert_ok(wq_html_probe_run(&parts, wq_buf_str(&document), NULL, 0, step));
		assert_null(parts.fault);
		assert_str(wq_buf_str(&parts.out), wq_buf_str(&whole.out));
		wq_buf_done(&parts.out);
	}
	wq_buf_done(&whole.out);
}

static void test_overlong(void **state)
{
	struct wq_html_options options = {.tag_max = WQ_HTML_TAG_MIN};
	WQ_BUF(document, WQ_MIB);
	WQ_BUF(tokens, WQ_MIB);

	(void)state;
	/* exactly the limit, and one byte more */
	for (size_t extra = 0; extra < 2; extra++) {
		wq_buf_clear(&document);
		wq_buf_clear(&tokens);
		wq_buf_add(&document, WQ_S("<script b='"));
		for (size_t i = 0; i < WQ_HTML_TAG_MIN - sizeof("<script b=''>") + 1 + extra; i++)
			wq_buf_byte(&document, 'x');
		wq_buf_add(&document, WQ_S("'>"));
		wq_buf_add(&tokens, extra ? WQ_S("O:") : WQ_S_NONE);
		wq_buf_add(&tokens, wq_buf_str(&document));
		wq_buf_add(&document, WQ_S("<a></script>b"));
		wq_buf_add(&tokens, WQ_S("|s:<a>|</script>|t:b"));
		expect_everywhere(wq_buf_str(&document), &options, wq_buf_cstr(&tokens));
	}
}

static void test_overlong_comment(void **state)
{
	struct wq_html_options options = {.tag_max = WQ_HTML_TAG_MIN};
	static const char text[] = "<!--0123456789012345678901234567890123456789012345678901234567890123456789-->";
	WQ_BUF(tokens, WQ_KIB);
	WQ_BUF(document, WQ_KIB);

	(void)state;
	wq_buf_printf(&document, "a%sb", text);
	wq_buf_printf(&tokens, "t:a|O:%s|t:b", text);
	expect_everywhere(wq_buf_str(&document), &options, wq_buf_cstr(&tokens));
	wq_buf_clear(&document);
	wq_buf_clear(&tokens);
	wq_buf_printf(&document, "a%.70s", text);
	wq_buf_printf(&tokens, "t:a|O:%.70s", text);
	expect_everywhere(wq_buf_str(&document), &options, wq_buf_cstr(&tokens));
}

static void test_too_many_attributes(void **state)
{
	WQ_BUF(document, WQ_MIB);
	struct wq_html_probe probe;

	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		wq_buf_clear(&document);
		wq_buf_add(&document, WQ_S("<a"));
		for (size_t i = 0; i < WQ_HTML_ATTRS_MAX + extra; i++)
			wq_buf_add(&document, WQ_S(" b=c"));
		wq_buf_add(&document, WQ_S(">d"));
		for (size_t step = 1; step < document.len; step = step * 5 + 1) {
			assert_ok(wq_html_probe_run(&probe, wq_buf_str(&document), NULL, 0, step));
			assert_null(probe.fault);
			assert_int_equal(probe.out.data[0], extra ? 'O' : '<');
			wq_buf_done(&probe.out);
		}
	}
}

static void test_nul(void **state)
{
	struct wq_html_probe probe;
	wq_str document = wq_str_of("<a\0b c\0=\0>\0", 11);

	(void)state;
	assert_ok(wq_html_probe_run(&probe, document, NULL, 0, 1));
	assert_null(probe.fault);
	assert_str(wq_buf_str(&probe.out), wq_str_of("<a\0b c\0=\0>|t:\0", 14));
	wq_buf_done(&probe.out);
}

static wq_err stop(void *data, const struct wq_html_token *token)
{
	(void)token;
	++*(int *)data;
	return wq_error_id(WQ_E_DENIED);
}

static void test_callback_stops(void **state)
{
	int calls = 0;
	WQ_CLEANUP(wq_html_free) struct wq_html *html = wq_html_new(NULL, stop, &calls);

	(void)state;
	assert_err(wq_html_feed(html, WQ_S("a<b>c<d>")), WQ_E_DENIED);
	assert_err(wq_html_feed(html, WQ_S("e<f>")), WQ_E_DENIED);
	assert_err(wq_html_finish(html), WQ_E_DENIED);
	assert_int_equal(calls, 1);
	wq_html_reset(html);
	assert_ok(wq_html_feed(html, WQ_S("<b")));
	assert_int_equal(calls, 1);
}

static void test_tags(void **state)
{
	char name[16], upper[16];

	(void)state;
	for (int tag = WQ_TAG_NONE + 1; tag < WQ_TAG_OTHER; tag++) {
		wq_html_tag_name((enum wq_html_tag)tag, name);
		assert_int_equal(wq_html_tag_of(wq_str_c(name)), tag);
		for (size_t i = 0; i < sizeof(name); i++)
			upper[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 0x20) : name[i];
		assert_int_equal(wq_html_tag_of(wq_str_c(upper)), tag);
		upper[strlen(name) - 1]++;
		assert_int_not_equal(wq_html_tag_of(wq_str_c(upper)), tag);
	}
	assert_int_equal(wq_html_tag_of(WQ_S_NONE), WQ_TAG_NONE);
	assert_int_equal(wq_html_tag_of(WQ_S("scriptx")), WQ_TAG_OTHER);
	assert_int_equal(wq_html_tag_of(wq_str_of("a\0", 2)), WQ_TAG_OTHER);
}

static void test_names(void **state)
{
	(void)state;
	assert_true(wq_html_name_eq(WQ_S("HREF"), WQ_S("href"), WQ_HTML_ENC_ASCII));
	assert_false(wq_html_name_eq(WQ_S("hre"), WQ_S("href"), WQ_HTML_ENC_ASCII));
	/* GBK: 0xb0 0x41 and 0xb0 0x61 are two characters */
	assert_false(wq_html_name_eq(WQ_S("\xb0\x41"), WQ_S("\xb0\x61"), WQ_HTML_ENC_MULTIBYTE));
	assert_true(wq_html_name_eq(WQ_S("\xb0\x41"), WQ_S("\xb0\x61"), WQ_HTML_ENC_ASCII));
	assert_true(wq_html_name_eq(WQ_S("\xb0\x41"
					 "A"),
		WQ_S("\xb0\x41"
		     "a"),
		WQ_HTML_ENC_MULTIBYTE));
}

static const struct {
	const char *raw, *text, *attribute;
} references[] = {
	{"a", "a", "a"},
	{"&", "&", "&"},
	{"&;", "&;", "&;"},
	{"&amp;", "&", "&"},
	{"&amp", "&", "&"},
	{"&AMP;&LT;", "&<", "&<"},
	{"&ampx", "&x", "&ampx"},
	{"&amp=", "&=", "&amp="},
	{"&amp=x&copy", "&=x\xc2\xa9", "&amp=x\xc2\xa9"},
	{"?a=b&copy=1", "?a=b\xc2\xa9=1", "?a=b&copy=1"},
	{"&notit;", "\xc2\xacit;", "&notit;"},
	{"&notin;", "\xe2\x88\x89", "\xe2\x88\x89"},
	{"&nosuch;", "&nosuch;", "&nosuch;"},
	{"&nbsp;&nbsp", "\xc2\xa0\xc2\xa0", "\xc2\xa0\xc2\xa0"},
	{"&#65;&#x41;&#X41;&#65", "AAAA", "AAAA"},
	{"&#65x", "Ax", "Ax"},
	{"&#;&#x;&#xg;", "&#;&#x;&#xg;", "&#;&#x;&#xg;"},
	{"&#0;&#xd800;&#x110000;", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	{"&#99999999999999999999;", "\xef\xbf\xbd", "\xef\xbf\xbd"},
	{"&#x10ffff;", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
	{"&#128;&#x9f;&#x81;", "\xe2\x82\xac\xc5\xb8\xc2\x81", "\xe2\x82\xac\xc5\xb8\xc2\x81"},
	{"&#000000000000000000000000065;", "A", "A"},
	{"javascript&colon;&Tab;&NewLine;", "javascript:\t\n", "javascript:\t\n"},
	{"&NotEqualTilde;", "\xe2\x89\x82\xcc\xb8", "\xe2\x89\x82\xcc\xb8"},
	{"&CounterClockwiseContourIntegral;", "\xe2\x88\xb3", "\xe2\x88\xb3"},
	{"&zwnj;&Aacute;&zscr;", "\xe2\x80\x8c\xc3\x81\xf0\x9d\x93\x8f", "\xe2\x80\x8c\xc3\x81\xf0\x9d\x93\x8f"},
	{"&amp;amp;", "&amp;", "&amp;"},
};

static void test_references(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(references); i++) {
		WQ_BUF(text, WQ_KIB);
		WQ_BUF(attribute, WQ_KIB);

		assert_ok(wq_html_decode(wq_str_c(references[i].raw), WQ_HTML_IN_TEXT, &text));
		assert_str(wq_buf_str(&text), wq_str_c(references[i].text));
		assert_ok(wq_html_decode(wq_str_c(references[i].raw), WQ_HTML_IN_ATTRIBUTE, &attribute));
		assert_str(wq_buf_str(&attribute), wq_str_c(references[i].attribute));
	}
}

struct sights {
	struct wq_html_visible visible;
	struct wq_buf out;
};

static wq_err sight(void *data, const struct wq_html_token *token)
{
	struct sights *sights = data;

	switch (wq_html_visible(&sights->visible, token)) {
	case WQ_HTML_SEEN: wq_buf_add(&sights->out, token->raw); break;
	case WQ_HTML_TITLE: wq_buf_printf(&sights->out, "[%.*s]", WQ_S_ARG(token->raw)); break;
	case WQ_HTML_BREAK: wq_buf_byte(&sights->out, '|'); break;
	case WQ_HTML_UNSEEN: break;
	}
	return WQ_OK;
}

static void test_visible(void **state)
{
	struct sights sights = {.out = WQ_BUF_INIT(WQ_KIB)};

	(void)state;
	assert_ok(wq_html_scan(
		WQ_S("<head><title>T</title><style>s</style><script>x</script></head><p>a<b>b</b>c<br>d"
		     "<template><p>hidden<template>h</template>i</template><!--c--><td>e<noframes>n</noframes><xmp>f</xmp>"),
		NULL, sight, &sights));
	assert_str(wq_buf_str(&sights.out), WQ_S("||[T]|||abc|d|e|f|"));
	wq_buf_done(&sights.out);
}

/* vectors, lanes that come to their end, what is left over */
static void test_newlines(void **state)
{
	enum { LONGEST = 16 * 600 };
	static char bytes[LONGEST];
	uint64_t n = 0;

	(void)state;
	for (size_t i = 0; i < LONGEST; i++)
		bytes[i] = i < LONGEST / 2 || i % 7 == 0 ? '\n' : '\v';
	for (size_t i = 0; i < LONGEST; i++) {
		assert_int_equal(wq_html_newlines(wq_str_of(bytes, i)), n);
		n += bytes[i] == '\n';
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_newlines), cmocka_unit_test(test_cases),
		cmocka_unit_test(test_scripting), cmocka_unit_test(test_every_case_in_one_document),
		cmocka_unit_test(test_overlong), cmocka_unit_test(test_overlong_comment),
		cmocka_unit_test(test_too_many_attributes), cmocka_unit_test(test_nul),
		cmocka_unit_test(test_callback_stops), cmocka_unit_test(test_tags), cmocka_unit_test(test_names),
		cmocka_unit_test(test_references), cmocka_unit_test(test_visible)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
