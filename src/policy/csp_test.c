#include "base/test.h"
#include "crypto/digest.h"
#include "policy/csp.h"
#include "text/base64.h"

#define HEAD "default-src 'self'; script-src 'self'"
#define MIDDLE "; style-src 'self'"
#define TAIL "; object-src 'none'; form-action 'self'; base-uri 'self'; frame-ancestors 'self'"

/* `{…}` in a policy stands for the hash of what is between */
static const struct {
	const char *document, *policy;
} rows[] = {
	{"", HEAD MIDDLE TAIL},
	{"<p>text</p><a href=http://evil.com/>x</a>", HEAD MIDDLE TAIL},
	{"<img src=/a.png><script src=b.js></script><link rel=stylesheet href=https://www.yunshan.gov.cn/c.css>",
		HEAD MIDDLE TAIL},
	/* scripts */
	{"<script src=//cdn.b.example/x.js></script><script src=https://cdn.a.example:8443/y.js></script>",
		HEAD " cdn.a.example:8443 cdn.b.example" MIDDLE
		     "; img-src 'self' cdn.a.example:8443 cdn.b.example" TAIL},
	{"<script>a()</script><script>a()</script>", HEAD " {a()}" MIDDLE TAIL},
	{"<script>a\r\nb\rc</script>", HEAD " {a\nb\nc}" MIDDLE TAIL},
	{"<script src=x.js>a()</script><script></script><script type=application/json>{}</script>", HEAD MIDDLE TAIL},
	{"<script type=' Text/JavaScript '>&amp;</script>", HEAD " {&amp;}" MIDDLE TAIL},
	{"<script>unfinished", HEAD " {unfinished}" MIDDLE TAIL},
	{"<script>document.write(unescape(\"%3Cscript src='http://dcs.conac.cn/js/14/x.js'\"))</script>",
		HEAD
		" {document.write(unescape(\"%3Cscript src='http://dcs.conac.cn/js/14/x.js'\"))} dcs.conac.cn" MIDDLE
		"; img-src 'self' dcs.conac.cn" TAIL},
	/* events */
	{"<b onclick=\"a(&quot;1&quot;)\" onclick=second()>", HEAD " {a(\"1\")} 'unsafe-hashes'" MIDDLE TAIL},
	{"<a href=' javascript:a( 1)'>", HEAD " {javascript:a( 1)} 'unsafe-hashes'" MIDDLE TAIL},
	{"<a href=javascript:a(%31)>", HEAD " {javascript:a(%31)} {javascript:a(1)} 'unsafe-hashes'" MIDDLE TAIL},
	/* styles */
	{"<style>p{}</style>", HEAD MIDDLE " {p{}}" TAIL},
	{"<style>p{}</style><p style='a:b'>", HEAD MIDDLE " 'unsafe-inline'" TAIL},
	{"<link rel=stylesheet href=//c.example/x.css><style>@import '//d.example/y.css'</style>",
		HEAD MIDDLE " {@import '//d.example/y.css'} c.example d.example" TAIL},
	/* what is loaded */
	{"<img src=//b.example/x><img srcset='//a.example/y 2x'><input type=image src=data:image/png,x>",
		HEAD MIDDLE "; img-src 'self' a.example b.example data:" TAIL},
	{"<video src=//v.example/a poster=//p.example/b><audio src=//s.example/c>",
		HEAD MIDDLE "; img-src 'self' p.example; media-src 'self' s.example v.example" TAIL},
	{"<p style=\"background:url(//i.example/a.png);src:url('//f.example/a.woff2?b')\">",
		HEAD MIDDLE " 'unsafe-inline'; img-src 'self' i.example; font-src 'self' f.example" TAIL},
	{"<iframe src=//f.example/></iframe>", HEAD MIDDLE "; frame-src 'self' f.example" TAIL},
	{"<embed src=/a.pdf>",
		HEAD MIDDLE "; object-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'self'"},
	{"<object data=//o.example/a></object>",
		HEAD MIDDLE "; object-src o.example; form-action 'self'; base-uri 'self'; frame-ancestors 'self'"},
	/* where forms go, whatever their method */
	{"<form action=//g.example/ ><form method=post action=//f.example/ ><button formaction=//h.example/ >",
		HEAD MIDDLE
		"; object-src 'none'; form-action 'self' f.example g.example h.example; base-uri 'self'; frame-ancestors 'self'"},
	/* base */
	{"<base href=//b.example/x/ ><img src=a><form action=c>",
		HEAD MIDDLE
		"; img-src 'self' b.example; object-src 'none'; form-action 'self' b.example; base-uri 'self' b.example; "
		"frame-ancestors 'self'"},
	/* nothing breaks out: hosts that no source can name */
	{"<img src='//[::1]/x'><img src='//a;b.example/'><img src='//a,b.example/'>", HEAD MIDDLE TAIL},
	{"<script src=\"javascript:x\"></script><img src='mailto:x'><img src='http://'>", HEAD MIDDLE TAIL},
};

static void expand(const char *policy, struct wq_buf *out)
{
	for (; *policy; policy++) {
		const char *from = policy + 1, *end;
		uint8_t digest[WQ_DIGEST_BYTES];

		if (*policy != '{') {
			wq_buf_byte(out, (uint8_t)*policy);
			continue;
		}
		for (end = from; *end != '}' || end[1] == '}'; end++)
			;
		wq_sha256(wq_str_of(from, (size_t)(end - from)), digest);
		wq_buf_add(out, WQ_S("'sha256-"));
		wq_base64_encode(wq_str_of(digest, sizeof(digest)), WQ_BASE64_PADDED, out);
		wq_buf_byte(out, '\'');
		policy = end;
	}
}

static struct wq_url base_of(struct wq_arena *arena)
{
	struct wq_url url;

	wq_arena_init(arena, WQ_MIB);
	assert_ok(wq_url_parse(arena, WQ_S("https://www.yunshan.gov.cn/news/"), NULL, &url));
	return url;
}

static void test_pages(void **state)
{
	struct wq_arena arena;
	struct wq_url base = base_of(&arena);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(expected, 64 * 1024);
		WQ_BUF(out, 64 * 1024);

		expand(rows[i].policy, &expected);
		assert_ok(wq_csp_of_page(wq_str_c(rows[i].document), WQ_S(""), &base, &out));
		if (!wq_str_eq(wq_buf_str(&out), wq_buf_str(&expected)))
			fail_msg("%s\ngives\n%s\nnot\n%s", rows[i].document, wq_buf_cstr(&out), wq_buf_cstr(&expected));
	}
	wq_arena_done(&arena);
}

/* a browser hashes what it read, not the bytes that came */
static void test_charset(void **state)
{
	struct wq_arena arena;
	struct wq_url base = base_of(&arena);
	WQ_BUF(gbk, 64 * 1024);
	WQ_BUF(utf8, 64 * 1024);

	(void)state;
	assert_ok(wq_csp_of_page(WQ_S("<script>'\xd6\xd0'</script>"), WQ_S("gb18030"), &base, &gbk));
	assert_ok(wq_csp_of_page(WQ_S("<script>'中'</script>"), WQ_S("utf-8"), &base, &utf8));
	assert_str(wq_buf_str(&gbk), wq_buf_str(&utf8));
	wq_arena_done(&arena);
}

static void test_order_does_not_matter(void **state)
{
	struct wq_arena arena;
	struct wq_url base = base_of(&arena);
	WQ_BUF(a, 64 * 1024);
	WQ_BUF(b, 64 * 1024);

	(void)state;
	assert_ok(
		wq_csp_of_page(WQ_S("<img src=//b.example/><img src=//a.example/><script>1</script><script>2</script>"),
			WQ_S(""), &base, &a));
	assert_ok(
		wq_csp_of_page(WQ_S("<script>2</script><script>1</script><img src=//a.example/><img src=//b.example/>"),
			WQ_S(""), &base, &b));
	assert_str(wq_buf_str(&a), wq_buf_str(&b));
	wq_arena_done(&arena);
}

/* up to the last byte that fits, and one source too many; what was in `out` stays */
static void test_limits(void **state)
{
	struct wq_arena arena;
	struct wq_url base = base_of(&arena);
	WQ_BUF(document, WQ_MIB);
	bool refused = false;

	(void)state;
	for (int i = 0; i < 300; i++) {
		WQ_BUF(out, 64 * 1024);
		wq_err e;

		wq_buf_add(&out, WQ_S("before"));
		wq_buf_printf(&document, "<img src=//%d.example/>", i);
		e = wq_csp_of_page(wq_buf_str(&document), WQ_S(""), &base, &out);
		assert_false(refused && !wq_failed(e));
		refused = wq_failed(e);
		if (refused) {
			assert_true(wq_is(e, WQ_E_LIMIT));
			assert_str(wq_buf_str(&out), WQ_S("before"));
		} else {
			assert_true(out.len <= WQ_CSP_BYTES_MAX + 6);
		}
	}
	assert_true(refused);
	wq_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_charset),
		cmocka_unit_test(test_order_does_not_matter),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("policy/csp", tests, NULL, NULL);
}
