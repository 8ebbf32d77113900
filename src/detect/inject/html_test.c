#include "base/test.h"
#include "detect/inject/html_priv.h"

/* One row each: what runs or is able to, and the words that the reason must have. */
static const struct {
	const char *value, *reason;
} attacks[] = {
	/* elements */
	{"<script>alert(1)</script>", "element script"},
	{"<ScRiPt/x>", "element script"},
	{"<script", "element script"},
	{"<x:script xmlns:x='http://www.w3.org/1999/xhtml' src='data:,alert(1)'/>", "element script"},
	{"</script><b>", "end of a script"},
	{"<iframe src=http://example.com>", "element iframe"},
	{"<object data=x>", "element object"},
	{"<embed/src=x>", "element embed"},
	{"<base href=//example.com/>", "element base"},
	{"<link rel=stylesheet href=x>", "element link"},
	{"<meta http-equiv=refresh content=0>", "element meta"},
	{"<style>@import 'x'", "element style"},
	{"<svg><animate attributeName=href to=x>", "element svg"},
	{"<?xml-stylesheet href=x?>", "declaration"},
	{"<!ENTITY x SYSTEM 'y'>", "declaration"},
	{"<!doctype html>", "declaration"},
	{"<!--[if gte IE 4]>", "declaration"},
	/* event handlers, in and out of a tag */
	{"<img src=x onerror=alert(1)>", "event handler onerror"},
	{"<img src=\">\" onerror=alert(1)>", "event handler onerror"},
	{"<x onfoo=1>", "event handler onfoo"},
	{"<a/onclick\x0c=1>", "event handler onclick"},
	{"\" onmouseover=\"alert(1)", "event handler onmouseover"},
	{"' onfocus=alert(1) autofocus '", "event handler onfocus"},
	{"x onmouseover=alert(1)", "event handler onmouseover"},
	{"` onerror=alert(1)", "event handler onerror"},
	{"onload=alert`1`", "event handler onload"},
	/* addresses */
	{"javascript:alert(1)", "address that runs script"},
	{" \tJaVa\nScript:alert(1)", "address that runs script"},
	{"java&#x0A;script&colon;alert(1)", "address that runs script"},
	{"&#106&#97&#118&#97&#115&#99&#114&#105&#112&#116&#58alert(1)", "address that runs script"},
	{"data:text/html,<b onclick=alert(1)>", "event handler onclick"},
	{"data:text/html;base64,PHNjcmlwdD4=", "address that runs script"},
	{"<a href=javascript:x>", "script in the address of href"},
	{"<a href=\"\x01javascript:x\">", "script in the address of href"},
	{"<a href='vbscript:x'>", "script in the address of href"},
	{"<form action=&#x6a;avascript:x>", "script in the address of action"},
	{"<button formaction=javascript:x>", "script in the address of formaction"},
	{"<a xlink:href=\"javascript:x\">", "script in the address of xlink:href"},
	/* style sheets, pages in attributes */
	{"<p style=\"width:expression(alert(1))\">", "script in a style sheet"},
	{"<p style=\"width:ex/**/pression(alert(1))\">", "script in a style sheet"},
	{"<p style='width:\\65xpression(alert(1))'>", "script in a style sheet"},
	{"<p style=\"-moz-binding:url(x)\">", "script in a style sheet"},
	{"<p style=\"behavior:url(x)\">", "script in a style sheet"},
	{"xss:expression(alert(1))", "script in a style sheet"},
	{"<p srcdoc=x>", "attribute srcdoc"},
	/* strings of a script */
	{"';alert(1)//", "string of a script left"},
	{"\"-prompt(8)-\"", "string of a script left"},
	{"'+document.cookie+'", "string of a script left"},
	{"\\';alert(1)//", "string of a script left"},
	{"'}});alert(1);({'", "string of a script left"},
	{"${alert(1)}", "string of a script left"},
	{"{{constructor.constructor('alert(1)')()}}", "string of a script left"},
	{"\"onzoom=", "event handler onzoom"},
	{"<xi:include href=x>", "element include"},
	{"+ADw-script+AD4-", "UTF-7"},
};

static const char *const benign[] = {
	"",
	"<",
	">",
	"<>",
	"< b",
	"a<b",
	"a < b and c > d",
	"1<2",
	"<3",
	"h2<h1",
	"=",
	"on=",
	"on",
	"x=1",
	"a=\"b\"",
	"<b>bold</b>",
	"<p class=\"a\">text <em>em</em><br/></p>",
	"<a href=\"http://example.com/?a=1\" title=\"x\">link</a>",
	"<img src=\"/a.png\" alt=\"a\">",
	"<span style=\"color:red;font-size:12px\">red</span>",
	"<table><tr><td>1</td></tr></table>",
	"the <object> element",
	"List<Object> list = new ArrayList<>();",
	"#include <math.h>",
	"#include <link.h>",
	"std::set<int> s",
	"javascript: The Good Parts",
	"JavaScript: 权威指南(第6版)",
	"I like JavaScript",
	"data: 5, more",
	"data:image/png;base64,iVBORw0KGgo=",
	"once = 1",
	"online=true",
	"only one=1",
	"based on=5",
	"expression (regular)",
	"regular expressions(s)",
	"style=\"bold\"",
	"it's (really) good",
	"'quoted' (text)",
	"the 'top' (one)",
	"a; b // c",
	"if (a<b && c>d) x=1;",
	"http://example.com/?onload=1",
	"mail to <john@example.com>",
	"cost: $5 {net}",
	"&lt;script&gt;",
	"OnFailure= is used in (some) units",
	"`--import` with `register()`",
	"{{ user.name }}",
	"the expression: (a)",
	"\"online=",
	"AT&T",
	"Q&A",
	"<!-- comment -->",
	"</b>",
	"<o:p></o:p>",
	"“脚本”是什么?",
	"<p>关于开展<strong>安全生产</strong>检查的通知</p>",
	"价格<100元",
	"满意度>90%",
	"联系人:张三<zhangsan@example.cn>",
	"请填写style=样式",
	"《JavaScript:从入门到精通》",
	"a=1;b=2",
	"\xa1\xb6\xbd\xc5\xb1\xbe\xa1\xb7<b>\xbd\xc5</b>",
};

static void finds_markup(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(attacks); i++) {
		struct wq_inject_reason reason = {""};

		if (!wq_inject_html(wq_str_c(attacks[i].value), &reason))
			fail_msg("%s: not found", attacks[i].value);
		if (!strstr(reason.text, attacks[i].reason))
			fail_msg("%s: \"%s\" instead of \"%s\"", attacks[i].value, reason.text, attacks[i].reason);
		assert_true(wq_inject_html(wq_str_c(attacks[i].value), NULL));
	}
	assert_true(wq_inject_html(WQ_S("<\0s\0cript>"), NULL));
}

static void lets_text_be(void **state)
{
	struct wq_inject_reason reason;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(benign); i++)
		if (wq_inject_html(wq_str_c(benign[i]), &reason))
			fail_msg("%s: %s", benign[i], reason.text);
	assert_false(wq_inject_html(WQ_S_NONE, NULL));
}

static void judges_up_to_the_limit(void **state)
{
	char *text = malloc(WQ_INJECT_BYTES_MAX + 64);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', WQ_INJECT_BYTES_MAX + 64);
	memcpy(text + WQ_INJECT_BYTES_MAX, "<script>", 8);
	assert_false(wq_inject_html(wq_str_of(text, WQ_INJECT_BYTES_MAX + 64), NULL));
	memcpy(text + WQ_INJECT_BYTES_MAX - 8, "<script>", 8);
	assert_true(wq_inject_html(wq_str_of(text, WQ_INJECT_BYTES_MAX + 64), NULL));
	free(text);
}

static uint64_t cost_of(wq_str s)
{
	uint64_t least = UINT64_MAX;

	for (int round = 0; round < 3; round++) {
		struct timespec a, b;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
		wq_inject_html(s, NULL);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
		least = WQ_MIN(least,
			(uint64_t)(b.tv_sec - a.tv_sec) * 1000000000U + (uint64_t)b.tv_nsec - (uint64_t)a.tv_nsec);
	}
	return least;
}

/* Sixteen times the bytes cost sixteen times the time; with a square in it, it would be 256 times. */
static void is_linear(void **state)
{
	static const char *const nasty[] = {"<", "<a ", "<a x=", "=",
		"x=", "style=", "<p style=", "onx=", "<a href=jav", "&#106;", "&", "&Tab;", "a:", "\\", "\\0", "/*",
		"'", "';", "${", "\"", "<x =j", " =java script", "x\n=", "<!--", "</", "</scrip", "+ADw",
		"a<b=d&#97;ta:", "= ", "=\\", "style=/*"};
	char *text = malloc(WQ_INJECT_BYTES_MAX);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < WQ_COUNT(nasty); i++) {
		size_t n = strlen(nasty[i]);
		uint64_t small, large;

		for (size_t k = 0; k < WQ_INJECT_BYTES_MAX; k++)
			text[k] = nasty[i][k % n];
		small = cost_of(wq_str_of(text, WQ_INJECT_BYTES_MAX / 16));
		large = cost_of(wq_str_of(text, WQ_INJECT_BYTES_MAX));
		if (large > 80 * (small + 20000))
			fail_msg(
				"%s: %llu ns, %llu ns", nasty[i], (unsigned long long)small, (unsigned long long)large);
		if (getenv("WQ_INJECT_COST"))
			print_message("%s: %llu us\n", nasty[i], (unsigned long long)large / 1000);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_markup),
		cmocka_unit_test(lets_text_be),
		cmocka_unit_test(judges_up_to_the_limit),
		cmocka_unit_test(is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
