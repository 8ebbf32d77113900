#include "base/test.h"
#include "policy/leave_site_test.h"
#include "policy/rewrite_probe.h"
#include "text/charset.h"

/* `@1`, `@2`: the ids of "http://evil.com/" and "http://evil.com/a?b=1&c=2"; a row without `after` stays as it is. */
static const struct row {
	const char *before, *after;
} rows[] = {
	/* quotes and spaces */
	{"<a href=\"http://evil.com/\">x</a>", "<a href=\"/leave/@1\">x</a>"},
	{"<a href='http://evil.com/'>x</a>", "<a href='/leave/@1'>x</a>"},
	{"<a href=http://evil.com/>x</a>", "<a href=/leave/@1>x</a>"},
	{"<A\tHREF \n= \" http://evil.com \"\n>", "<A\tHREF \n= \"/leave/@1\"\n>"},
	{"<a class=x href=HTTP://EVIL.com target=_blank>", "<a class=x href=/leave/@1 target=_blank>"},
	{"<a href=http://evil.com?>", "<a href=/leave/@3>"},
	{"<a/href='//evil.com'/>", "<a/href='/leave/@4'/>"},
	{"<a href='http://evil.com/'title=x>", "<a href='/leave/@1'title=x>"},
	{"<area shape=rect coords=0,0,1,1 href=http://evil.com>", "<area shape=rect coords=0,0,1,1 href=/leave/@1>"},
	/* references and what parsers drop */
	{"<a href=\"http://evil.com/a?b=1&amp;c=2\">", "<a href=\"/leave/@2\">"},
	{"<a href=\"http://evil.com/a?b=1&c=2\">", "<a href=\"/leave/@2\">"},
	{"<a href=\"&#104;ttp&colon;&#x2f;&sol;evil.com\">", "<a href=\"/leave/@1\">"},
	{"<a href=\"ht\ttp:/\r\n/ev&Tab;il.com&NewLine;\">", "<a href=\"/leave/@1\">"},
	{"<a href=\"\\\\evil.com\">", "<a href=\"/leave/@4\">"},
	{"<a href=\"/\\evil.com\">", "<a href=\"/leave/@4\">"},
	{"<a href=\"/&#47;evil.com\">", "<a href=\"/leave/@4\">"},
	{"<a href=\"/\t/evil.com\">", "<a href=\"/leave/@4\">"},
	{"<a href=\"&#47;/evil.com\">", "<a href=\"/leave/@4\">"},
	{"<a href=\"http:evil.com\">", "<a href=\"/leave/@1\">"},
	{"<a href=\"https:/news\">", NULL},
	/* inside, nowhere, not followed */
	{"<a href=\"http://www.gov.cn/\">", NULL},
	{"<a href=\"https://www.yunshan.gov.cn/a?u=http://evil.com/\">", NULL},
	{"<a href=\"../a.html#b\"><a href=#top><a href=?p=1><a href=/><a href=><a href><a>", NULL},
	{"<a href=\"mailto:a@evil.com\"><a href=tel:1><a href=javascript:;>", NULL},
	{"<a href=\"http://\"><a href='http://a b/'>", NULL},
	{"<img src=http://evil.com/><script src=//evil.com/></script><link href=http://evil.com/>", NULL},
	{"<p href=http://evil.com/><a hrefs=http://evil.com/ data-href=http://evil.com/>", NULL},
	{"<!-- <a href=http://evil.com/> --><title><a href=http://evil.com/></title>", NULL},
	{"<script>'<a href=http://evil.com/>'</script><textarea><a href=http://evil.com/></textarea>", NULL},
	{"<a href=\"http://evil.com/", NULL},
	/* only the first of a name counts */
	{"<a href=http://evil.com/ href=http://evil.com/>", "<a href=/leave/@1 href=http://evil.com/>"},
	{"<a href=/ HREF=http://evil.com/>", NULL},
	{"<a href HREF=http://evil.com/>", NULL},
	/* only some browsers read it: cut */
	{"<a href='http://☕.example/'>", "<a href='/leave/'>"},
	/* svg and math */
	{"<svg><a xlink:href='http://evil.com/'/><image xlink:href='http://evil.com/'/></svg>",
		"<svg><a xlink:href='/leave/@1'/><image xlink:href='http://evil.com/'/></svg>"},
	{"<svg><a href=http://evil.com/ >", "<svg><a href=/leave/@1 >"},
	{"<math><mrow href=http://evil.com/><mi xlink:href=http://evil.com/>",
		"<math><mrow href=/leave/@1><mi xlink:href=/leave/@1>"},
	/* forms */
	{"<form action=http://evil.com/ method=post>", "<form action=/leave/@1 method=post>"},
	{"<form action=''><form action><form action=/search>", NULL},
	{"<button formaction='http://evil.com/'><input type=submit formaction=http://evil.com/>",
		"<button formaction='/leave/@1'><input type=submit formaction=/leave/@1>"},
	{"<input action=http://evil.com/><form formaction=http://evil.com/>", NULL},
	/* refresh in all its spellings */
	{"<meta http-equiv=refresh content='0;url=http://evil.com/'>",
		"<meta http-equiv=refresh content='0;url=/leave/@1'>"},
	{"<META content=\" 5 , URL = 'http://evil.com/' x\" HTTP-EQUIV=\"Refresh\">",
		"<META content=\" 5 , URL = '/leave/@1' x\" HTTP-EQUIV=\"Refresh\">"},
	{"<meta http-equiv=refresh content='3 http://evil.com/'>", "<meta http-equiv=refresh content='3 /leave/@1'>"},
	{"<meta http-equiv=refresh content='.5;\"http://evil.com/\"'>",
		"<meta http-equiv=refresh content='.5;\"/leave/@1\"'>"},
	{"<meta http-equiv=refresh content=0;http://evil.com/>", "<meta http-equiv=refresh content=0;/leave/@1>"},
	{"<meta http-equiv='re&#102;resh' content='0;url&#61;http://evil.com/'>",
		"<meta http-equiv='re&#102;resh' content='0;url&#61;/leave/@1'>"},
	{"<meta http-equiv=refresh content='0'><meta http-equiv=refresh content='0;'>", NULL},
	{"<meta http-equiv=refresh content='x;url=http://evil.com/'>", NULL},
	{"<meta http-equiv=refresh content='0;url=/a'>", NULL},
	{"<meta name=refresh content='0;url=http://evil.com/'>", NULL},
	/* scripts of events and links */
	{"<a onclick=\"window.open('http://evil.com/')\">", "<a onclick=\"window.open('/leave/@1')\">"},
	{"<div onclick='window . open ( \"http://evil.com/\" , \"_blank\" );return false'>",
		"<div onclick='window . open ( \"/leave/@1\" , \"_blank\" );return false'>"},
	{"<b onclick=\"location='http://evil.com/'\">", "<b onclick=\"location='/leave/@1'\">"},
	{"<b onclick=\"x();self.location.href = 'http:\\/\\/evil.com'; y()\">",
		"<b onclick=\"x();self.location.href = '/leave/@1'; y()\">"},
	{"<b ondblclick=\"top.location.replace(`http://evil.com`)\">",
		"<b ondblclick=\"top.location.replace(`/leave/@1`)\">"},
	{"<b onclick=\"window.open(&quot;http://evil.com/&quot;),alert('中&lt;')\">",
		"<b onclick=\"window.open(&#34;/leave/@1&#34;),alert(&#39;&#20013;&#60;&#39;)\">"},
	{"<b onclick=\"window.open('\\x68ttp\\u003a//evil.com');window.open('http://evil.com')\">",
		"<b onclick=\"window.open('/leave/@1');window.open('/leave/@1')\">"},
	{"<a href=\"javascript:window.open('http://evil.com')\">", "<a href=\"javascript:window.open('/leave/@1')\">"},
	{"<b onclick=\"window.open('http://evil.com/'+id)\">", NULL},
	{"<b onclick=\"if(location=='http://evil.com/')x.location.href='http://evil.com/'\">", NULL},
	{"<b onclick=\"alert('location=\\'http://evil.com/\\'');open('http://evil.com/');mylocation='http://evil.com/'\">",
		NULL},
	{"<b onclick=\"window.open('/a');location.href='b.html'\">", NULL},
	{"<b onclick=\"window.open(`http://${x}`);window.open('http://evil.com\">", NULL},
	{"<b on=\"location='http://evil.com/'\" data-onclick=\"location='http://evil.com/'\">", NULL},
	/* a list of links */
	{"<select onchange=\"if(this.value)window.open(this.value)\"><option value=''><option value=http://evil.com/>x"
	 "<option value='/a'></select><select><option value=http://evil.com/>",
		"<select onchange=\"if(this.value)window.open(this.value)\"><option value=''><option value=/leave/@1>x"
		"<option value='/a'></select><select><option value=http://evil.com/>"},
	{"<select name=a onchange=\"load(this.value)\"><option value=http://evil.com/></select>", NULL},
	/* noscript: markup for one browser, text for another */
	{"<noscript><a href=http://evil.com/>x</a></noscript><a href=http://evil.com/>",
		"<noscript><a href=/leave/@1>x</a></noscript><a href=/leave/@1>"},
	{"<noscript><!-- </noscript><a href=http://evil.com/>-->", "<noscript><!-- </noscript><a href=/leave/@1>-->"},
	{"<noscript><a href=\"</noscript><a href=http://evil.com/>",
		"<noscript><a href=\"</noscript><a href=/leave/@1>"},
	{"<noscript><meta http-equiv=refresh content=0;http://evil.com/>",
		"<noscript><meta http-equiv=refresh content=0;/leave/@1>"},
	/* base */
	{"<base href=/a/><a href=http://evil.com/><a href=b>", "<base href=/a/><a href=/leave/@1><a href=b>"},
	{"<base href=http://evil.com/><a href=''><a href=a?b=1&c=2><a href=https://www.yunshan.gov.cn/x>",
		"<base href=http://evil.com/><a href=''><a href=https://www.yunshan.gov.cn/leave/@2><a "
		"href=https://www.yunshan.gov.cn/x>"},
	{"<base href=http://www.gov.cn/><a href=a><a href=http://evil.com/>",
		"<base href=http://www.gov.cn/><a href=a><a href=https://www.yunshan.gov.cn/leave/@1>"},
	{"<base target=_top><base href=/><base href=http://evil.com/><a href=a>", NULL},
	{"<base href=javascript:0><a href=a><a href=http://evil.com/>",
		"<base href=javascript:0><a href=a><a href=/leave/@1>"},
};

static struct wq_rewrite_options options_for(const struct wq_leave *leave)
{
	return (struct wq_rewrite_options){.leave = *leave,
		.scheme = WQ_S("https"),
		.host = WQ_S("www.yunshan.gov.cn"),
		.path = WQ_S("/news/index.html?x=1")};
}

/* Writes ids in the place of `@n`. */
static void expand(const char *text, struct wq_buf *out)
{
	static const wq_str addresses[] = {WQ_S_INIT("http://evil.com/"), WQ_S_INIT("http://evil.com/a?b=1&c=2"),
		WQ_S_INIT("http://evil.com/?"), WQ_S_INIT("https://evil.com/"),
		WQ_S_INIT("http://bszs.conac.cn.evil.com/")};

	for (; *text; text++) {
		char hex[WQ_LEAVE_ID_HEX + 1];
		struct wq_leave_id id;

		if (*text != '@' || text[1] < '1' || text[1] > '5') {
			wq_buf_byte(out, (uint8_t)*text);
			continue;
		}
		id = wq_leave_id(addresses[*++text - '1']);
		wq_buf_add(out, wq_str_c(wq_hex(id.b, sizeof(id.b), hex)));
	}
}

static void check(const struct wq_rewrite_options *options, wq_str before, wq_str after)
{
	WQ_BUF(whole, WQ_MIB);
	WQ_BUF(again, WQ_MIB);
	WQ_BUF(all, WQ_MIB);
	unsigned transforms = 0, all_transforms = 0;
	uint64_t overlong;

	assert_ok(wq_rewrite_probe(options, before, 0, 0, &whole, &transforms));
	assert_ok(wq_rewrite_probe_all(options, before, &all, &all_transforms, &overlong));
	assert_str(wq_buf_str(&whole), wq_buf_str(&all));
	assert_int_equal(transforms, all_transforms);
	if (!wq_str_eq(wq_buf_str(&whole), after))
		fail_msg("%.*s\nbecame\n%.*s\nnot\n%.*s", WQ_S_ARG(before), WQ_S_ARG(wq_buf_str(&whole)),
			WQ_S_ARG(after));
	assert_int_equal(transforms == 0, wq_str_eq(before, after));
	assert_ok(wq_rewrite_probe(options, after, 0, 0, &again, NULL));
	assert_str(wq_buf_str(&again), after);
	for (size_t cut = 1; cut < before.n; cut++) { /* at every byte */
		WQ_BUF(parts, WQ_MIB);

		assert_ok(wq_rewrite_probe(options, before, cut, 0, &parts, NULL));
		assert_str(wq_buf_str(&parts), after);
	}
	for (size_t step = 1; step < 8; step++) {
		WQ_BUF(parts, WQ_MIB);

		assert_ok(wq_rewrite_probe(options, before, 0, step, &parts, NULL));
		assert_str(wq_buf_str(&parts), after);
	}
}

static void test_what_is_renamed(void **state)
{
	struct wq_rewrite_options options = options_for(&test_leave);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(after, WQ_MIB);

		expand(rows[i].after ? rows[i].after : rows[i].before, &after);
		check(&options, wq_str_c(rows[i].before), wq_buf_str(&after));
	}
}

/* Pieces of documents, in any order. */
static const char *const pieces[] = {"<p>", "</p>", "<br/>", "<div class=\"a b\" id=x>", "<span title='>'>",
	"<img src=\"/a.png\" alt='<' />", "<li/a=/b>", "<p a = 'x'y==z =\">\">", "<a href=/x>",
	"<a href='http://evil.com/'>", "<a class=b href=\"//evil.com\" title=\"标\">",
	"<a href=\"?a\" onclick=\"location='http://evil.com/'\">", "<A HREF=x:y>",
	"<b ONCLICK=\"location='http://evil.com/'\">", "</a href='>'>", "</div", "</", "<", "<>", "</>", "<!", "--",
	"<!--", "-->", "<?x>", "文字", "text ", "\n", "&lt;", "<title>", "</title>", "<script>", "</script>", "<style>",
	"</style x='>'>", "<svg>", "</svg>", "<math><mi href=http://evil.com/>", "</math>", "<foreignObject>",
	"<noscript>", "</noscript>", "<base href=http://evil.com/>", "<base href=/a/>", "<form action=/s>",
	"<form action=http://evil.com/>", "<button formaction=//evil.com>", "<input type=text>",
	"<meta name=x content=\"0;url=http://evil.com/\">",
	"<meta http-equiv=refresh content=\"0;url=http://evil.com/\">", "<select onchange=\"window.open(this.value)\">",
	"</select>", "<option value=http://evil.com/>", "<option value=x>", "<html>", "<head>", "<body>", "</body>",
	"</html>", "<!doctype html>", "<i id=_ideConac>", "<link href=http://bszs.conac.cn/>",
	"<img src='//dcs.conac.cn/x'>", "<p href=\"http://evil.com/\">", "\"", "'", "=", "/", ">", "<textarea>",
	"</textarea>", "<plaintex>", "<table>", "<td width=5 height=6>", "<embed src=a>",
	("\xb0\xa1<p \xb0o=1 \x81"
	 "onx>"),
	"<p\xb0 a>", "<i a=0123456789012345678901234567890123456789012345678901234567890123456789>"};

static void test_what_is_skipped_would_not_have_mattered(void **state)
{
	enum { ROUNDS = 20000, LONGEST = 24 };
	static const wq_str charsets[] = {WQ_S_INIT(""), WQ_S_INIT("gb18030"), WQ_S_INIT("windows-1252")};
	static const wq_digest key = {{7}};
	struct wq_rewrite_names *names = wq_rewrite_names_new();
	struct wq_policy policy = test_policy;
	uint64_t seed = 1;

	(void)state;
	assert_non_null(names);
	policy.footer = WQ_S("<p>f</p>");
	for (size_t round = 0; round < ROUNDS; round++) {
		struct wq_leave leave = test_leave;
		struct wq_rewrite_options options = options_for(&leave);
		uint64_t overlong;
		unsigned skipped = 0, read = 0;
		size_t n;
		WQ_BUF(document, WQ_MIB);
		WQ_BUF(all, WQ_MIB);
		WQ_BUF(out, WQ_MIB);

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		n = 1 + (seed >> 33) % LONGEST;
		options.leave.policy = &policy;
		options.charset = charsets[(seed >> 40) % WQ_COUNT(charsets)];
		options.footer = seed >> 50 & 1;
		options.tag_max = seed >> 51 & 1 ? WQ_HTML_TAG_MIN : 0;
		options.key = seed >> 52 & 1 ? &key : NULL;
		for (size_t i = 0; i < n; i++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			wq_buf_add(&document, wq_str_c(pieces[(seed >> 33) % WQ_COUNT(pieces)]));
		}
		assert_ok(wq_rewrite_probe_all(&options, wq_buf_str(&document), &all, &read, &overlong));
		options.names = names;
		assert_ok(wq_rewrite_probe(
			&options, wq_buf_str(&document), seed >> 33 & 31, seed >> 40 & 31, &out, &skipped));
		if (!wq_str_eq(wq_buf_str(&out), wq_buf_str(&all)) || skipped != read)
			fail_msg("%.*s\nbecame\n%.*s\nnot\n%.*s", WQ_S_ARG(wq_buf_str(&document)),
				WQ_S_ARG(wq_buf_str(&out)), WQ_S_ARG(wq_buf_str(&all)));
	}
	wq_rewrite_names_free(&names);
}

/* Every tag that the tokenizer knows, with each attribute that may matter. */
static void test_every_tag_and_attribute(void **state)
{
	static const char *const attributes[] = {"href", "xlink:href", "action", "formaction", "value", "content",
		"onclick", "id", "src", "http-equiv=refresh content"};
	struct wq_policy policy = test_policy;
	struct wq_rewrite_options options = options_for(&test_leave);

	(void)state;
	policy.footer = WQ_S("<p>f</p>");
	options.leave.policy = &policy;
	options.footer = true;
	for (unsigned tag = WQ_TAG_NONE + 1; tag < WQ_TAG_OTHER; tag++)
		for (size_t i = 0; i < 2 * WQ_COUNT(attributes); i++) {
			char name[16];
			unsigned skipped = 0, read = 0;
			uint64_t overlong;
			WQ_BUF(document, WQ_MIB);
			WQ_BUF(all, WQ_MIB);
			WQ_BUF(out, WQ_MIB);

			wq_html_tag_name((enum wq_html_tag)tag, name);
			wq_buf_printf(&document,
				"<p><%s %s='%s'><a href=http://evil.com/></%s><a href=http://evil.com/></body>", name,
				attributes[i / 2], i & 1 ? "_ideConac" : "http://evil.com/", name);
			assert_ok(wq_rewrite_probe(&options, wq_buf_str(&document), 0, 0, &out, &skipped));
			assert_ok(wq_rewrite_probe_all(&options, wq_buf_str(&document), &all, &read, &overlong));
			assert_str(wq_buf_str(&out), wq_buf_str(&all));
			assert_int_equal(skipped, read);
		}
}

static void test_without_a_prompt_nothing_is(void **state)
{
	struct wq_policy off = test_policy;
	struct wq_leave leave = test_leave;
	struct wq_rewrite_options options;

	(void)state;
	off.leave = false;
	leave.policy = &off;
	options = options_for(&leave);
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		check(&options, wq_str_c(rows[i].before), wq_str_c(rows[i].before));
}

static void test_tokens_of_dynamic_pages(void **state)
{
	struct wq_rewrite_options options = options_for(&test_leave);
	wq_digest key = wq_leave_key(&(wq_digest){{1}}, WQ_S("portal"));
	WQ_BUF(target, WQ_LEAVE_TARGET_MAX);
	WQ_BUF(expected, WQ_MIB);

	(void)state;
	options.key = &key;
	wq_leave_target(&test_policy, WQ_S("http://evil.com/a?b=1&c=2"), &key, &target);
	wq_buf_printf(&expected, "<form method=get action=%s>", wq_buf_cstr(&target));
	check(&options, WQ_S("<form method=get action=http://evil.com/a?b=1&c=2>"), wq_buf_str(&expected));
}

/* 0x5c is a trail byte of these charsets: "誠" in Big5 is B8 DB, "功" A5 5C; GBK has D7 5C */
static void test_charsets(void **state)
{
	struct wq_rewrite_options options = options_for(&test_leave);
	static const struct {
		const char *charset, *before, *address, *form;
	} charsets[] = {
		{"gb18030", "\xd5\xfe\xce\xf1 <a title='\xd7\x5c' href='http://evil.com/?q=\xd6\xd0\x81\x5c'>",
			"http://evil.com/?q=%D6%D0%81\\", "\xd5\xfe\xce\xf1 <a title='\xd7\x5c' href='/leave/%s'>"},
		{"gb18030", "<a href=http://\xd5\xfe\xce\xf1.evil.com/\xd6\xd0>",
			"http://xn--zfr164b.evil.com/%E4%B8%AD", "<a href=/leave/%s>"},
		{"big5", "<a href=http://evil.com/\xa5\x5c>", "http://evil.com/%E5%8A%9F", "<a href=/leave/%s>"},
		{"windows-1252", "<a href='http://evil.com/?\xe9#\xe9'>", "http://evil.com/?%E9#%C3%A9",
			"<a href='/leave/%s'>"},
		{"", "<a href='http://evil.com/?\xe4\xb8\xad'>", "http://evil.com/?%E4%B8%AD", "<a href='/leave/%s'>"},
		{"gb18030", "<b onclick=\"a('\xd6\xd0');window.open('http://evil.com/')\">", "http://evil.com/",
			"<b onclick=\"a(&#39;&#20013;&#39;);window.open(&#39;/leave/%s&#39;)\">"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(charsets); i++) {
		struct wq_leave_id id = wq_leave_id(wq_str_c(charsets[i].address));
		char hex[WQ_LEAVE_ID_HEX + 1];
		const char *gap = strstr(charsets[i].form, "%s");
		WQ_BUF(after, WQ_MIB);

		options.charset = wq_str_c(charsets[i].charset);
		wq_buf_add(&after, wq_str_of(charsets[i].form, (size_t)(gap - charsets[i].form)));
		wq_buf_add(&after, wq_str_c(wq_hex(id.b, sizeof(id.b), hex)));
		wq_buf_add(&after, wq_str_c(gap + 2));
		check(&options, wq_str_c(charsets[i].before), wq_buf_str(&after));
	}
	options.charset = WQ_S("gb18030"); /* inside, with a host in that charset: .政务 */
	check(&options, WQ_S("<a href=http://a.\xd5\xfe\xce\xf1/>"), WQ_S("<a href=http://a.\xd5\xfe\xce\xf1/>"));
	options.charset = WQ_S("utf-16be");
	check(&options, WQ_S("<a href=http://evil.com/>"), WQ_S("<a href=http://evil.com/>"));
}

struct seen {
	char text[1024];
	size_t n, forms;
};

static wq_err on_link(void *data, const struct wq_leave_id *id, wq_str address, uint64_t line)
{
	struct seen *seen = data;
	struct wq_leave_id same = wq_leave_id(address);

	assert_memory_equal(id->b, same.b, sizeof(same.b));
	seen->n += (size_t)snprintf(seen->text + seen->n, sizeof(seen->text) - seen->n, "%llu %.*s\n",
		(unsigned long long)line, WQ_S_ARG(address));
	return seen->n > 900 ? wq_error(WQ_E_LIMIT, "enough") : WQ_OK;
}

static void on_form(void *data, wq_str address, uint64_t line)
{
	(void)address;
	((struct seen *)data)->forms += line;
}

static void test_links_are_told(void **state)
{
	static const wq_str document = WQ_S_INIT(
		"<p>\n<a href=http://evil.com/1>\n<form\naction=http://evil.com/2>\n"
		"<noscript>\n<a href=http://evil.com/3>\n</noscript>\n"
		"<b onclick=\"window.open('//evil.com/4');window.open('//evil.com/5')\">\n"
		"<a href='http://☕.example/'><a href=http://evil.com/1>");
	struct wq_rewrite_options options = options_for(&test_leave);

	(void)state;
	for (size_t step = 0; step < 40; step++) {
		struct seen seen = {.n = 0};
		WQ_BUF(out, WQ_MIB);

		options.on_link = on_link;
		options.on_form = on_form;
		options.data = &seen;
		assert_ok(wq_rewrite_probe(&options, document, 0, step, &out, NULL));
		assert_string_equal(seen.text,
			"2 http://evil.com/1\n4 http://evil.com/2\n6 http://evil.com/3\n8 https://evil.com/4\n"
			"8 https://evil.com/5\n9 http://evil.com/1\n");
		assert_int_equal(seen.forms, 4);
	}
}

static void test_an_error_of_on_link_ends_it(void **state)
{
	struct wq_rewrite_options options = options_for(&test_leave);
	struct seen seen = {.n = 0};
	WQ_BUF(document, WQ_MIB);
	WQ_BUF(out, WQ_MIB);

	(void)state;
	for (size_t i = 0; i < 100; i++)
		wq_buf_printf(&document, "<a href=http://evil.com/%zu>", i);
	options.on_link = on_link;
	options.data = &seen;
	assert_err(wq_rewrite_probe(&options, wq_buf_str(&document), 0, 0, &out, NULL), WQ_E_LIMIT);
}

#define FOOTER "<p title=\"标\">标识 <a href='http://evil.com/'>x</a><a href=//bszs.conac.cn/>y</a></p>"
#define PUT "<!--weique:footer--><p title=\"标\">标识 <a href='/leave/@1'>x</a><a href=//bszs.conac.cn/>y</a></p>"
#define SCRIPT_MARK \
	"<script>document.write(unescape(\"%3Cspan id='_ideConac' %3E%3C/span%3E%3Cscript " \
	"src='http://dcs.conac.cn/js/14/000/0000/40445163/CA140000000404451630001.js' %3E%3C/script%3E\"));</script>"

static const struct row footers[] = {
	{"<html><body>a</body></html>", "<html><body>a" PUT "</body></html>"},
	{"<html><body>a</BODY >b</body>", "<html><body>a" PUT "</BODY >b</body>"},
	{"<!DOCTYPE html>a</html>b", "<!DOCTYPE html>a" PUT "</html>b"},
	{"<!DOCTYPE html>a", "<!DOCTYPE html>a" PUT},
	{"<body>a<!-- </body> --><script>'</body>'</script>", "<body>a<!-- </body> --><script>'</body>'</script>" PUT},
	{"<head></head>a", "<head></head>a" PUT},
	{"<body>a<p", NULL},
	{"<body>a<", NULL},
	{"<body>a</", NULL},
	{"<body>a</>", "<body>a</>" PUT},
	{"<body>a<p title=\"b>", NULL},
	{"<body>a<!-- b>", NULL},
	{"<body>a<script>b", NULL},
	{"<body>a<script>", NULL},
	{"<div>a fragment</div>", NULL},
	{"<body>" SCRIPT_MARK "</body>", NULL},
	{"<body><span id=\"_ideConac\"><a>x</a></span></body>", NULL},
	{"<body><a href=\"//bszs.conac.cn/sitename?method=show&id=07BBE32157290F90E053022819AC8A23\"></a></body>",
		NULL},
	{"<body><a href='http://bszs.conac.cn.evil.com/'></a></body>", "<body><a href='/leave/@5'></a>" PUT "</body>"},
	{"<body><img src='http://dcs.conac.cn/image/red.png'></body>", NULL},
	{"<body><!-- <span id=\"_ideConac\"> --></body>", "<body><!-- <span id=\"_ideConac\"> -->" PUT "</body>"},
	{"<body>_ideConac bszs.conac.cn</body>", "<body>_ideConac bszs.conac.cn" PUT "</body>"},
	{"<body></body>" SCRIPT_MARK, "<body>" PUT "</body>" SCRIPT_MARK},
};

static void test_footer(void **state)
{
	struct wq_policy policy = test_policy;
	struct wq_leave leave = test_leave;
	struct wq_rewrite_options options;

	(void)state;
	policy.footer = WQ_S(FOOTER);
	leave.policy = &policy;
	options = options_for(&leave);
	for (size_t i = 0; i < WQ_COUNT(footers); i++) {
		WQ_BUF(after, WQ_MIB);

		expand(footers[i].after ? footers[i].after : footers[i].before, &after);
		options.footer = true;
		check(&options, wq_str_c(footers[i].before), wq_buf_str(&after));
		options.footer = false;
		wq_buf_clear(&after);
		assert_ok(wq_rewrite_probe(&options, wq_str_c(footers[i].before), 0, 0, &after, NULL));
		assert_true(wq_str_find(wq_buf_str(&after), WQ_S("weique:footer")) < 0);
	}
}

static void test_footer_in_another_charset(void **state)
{
	struct wq_policy policy = test_policy;
	struct wq_leave leave = test_leave;
	struct wq_rewrite_options options;

	(void)state;
	policy.footer = WQ_S("<p title='标'>标识</p><script>a='标\xf0\x9f\x99\x82'</script>");
	leave.policy = &policy;
	options = options_for(&leave);
	options.footer = true;
	options.charset = WQ_S("gb18030");
	check(&options, WQ_S("<body>\xd6\xd0</body>"),
		WQ_S("<body>\xd6\xd0<!--weique:footer--><p title='&#x6807;'>&#x6807;&#x8bc6;</p>"
		     "<script>a='\\u6807\\ud83d\\ude42'</script></body>"));
}

static void test_transforms(void **state)
{
	struct wq_policy policy = test_policy;
	struct wq_leave leave = test_leave;
	struct wq_rewrite_options options;
	static const struct {
		wq_str document;
		unsigned transforms;
	} cases[] = {
		{WQ_S_INIT("<p>"), 0},
		{WQ_S_INIT("<a href=http://evil.com/>"), WQ_TRANSFORM_LEAVE},
		{WQ_S_INIT("<body></body>"), WQ_TRANSFORM_FOOTER},
		{WQ_S_INIT("<body><a href=http://evil.com/>"), WQ_TRANSFORM_LEAVE | WQ_TRANSFORM_FOOTER},
	};

	(void)state;
	policy.footer = WQ_S("<p>f</p>");
	leave.policy = &policy;
	options = options_for(&leave);
	options.footer = true;
	for (size_t i = 0; i < WQ_COUNT(cases); i++) {
		unsigned transforms;
		WQ_BUF(out, WQ_MIB);

		assert_ok(wq_rewrite_probe(&options, cases[i].document, 0, 0, &out, &transforms));
		assert_int_equal(transforms, cases[i].transforms);
	}
}

static void test_overlong_tags_are_counted(void **state)
{
	static const wq_str document = WQ_S_INIT(
		"<a title=0123456789012345678901234567890123456789 href=http://evil.com/>"
		"<p><!-- 0123456789012345678901234567890123456789012345678901234567890 -->");
	struct wq_rewrite_options options = options_for(&test_leave);

	(void)state;
	options.tag_max = WQ_HTML_TAG_MIN;
	check(&options, document, document);
	for (size_t step = 1; step < 100; step += 9) {
		struct wq_rewrite *rewrite;
		WQ_BUF(out, WQ_MIB);

		assert_ok(wq_rewrite_new(&options, &rewrite));
		for (wq_str rest = document; rest.n > 0; rest = wq_str_from(rest, step))
			assert_ok(wq_rewrite_feed(rewrite, wq_str_head(rest, step), &out));
		assert_ok(wq_rewrite_finish(rewrite, &out));
		assert_int_equal(wq_rewrite_overlong(rewrite), 1);
		wq_rewrite_free(&rewrite);
	}
}

/* One rewriter for many documents, of many charsets; no address of its own */
static void test_reset_and_limits(void **state)
{
	static const wq_str charsets[] = {
		WQ_S_INIT(""), WQ_S_INIT("gb18030"), WQ_S_INIT("utf-16le"), WQ_S_INIT("big5"), WQ_S_INIT("utf-8")};
	static const wq_str link = WQ_S_INIT("<a href=http://evil.com/>");
	struct wq_rewrite_options options = options_for(&test_leave);
	struct wq_rewrite *rewrite;
	WQ_BUF(expected, WQ_MIB);

	(void)state;
	expand("<a href=/leave/@1>", &expected);
	assert_ok(wq_rewrite_new(&options, &rewrite));
	for (size_t i = 0; i < 2 * WQ_COUNT(charsets); i++) {
		WQ_BUF(out, WQ_MIB);

		options.charset = charsets[i % WQ_COUNT(charsets)];
		options.tag_max = i < WQ_COUNT(charsets) ? 0 : WQ_HTML_TAG_MIN;
		assert_ok(wq_rewrite_reset(rewrite, &options));
		assert_ok(wq_rewrite_feed(
			rewrite, WQ_S("<base href=http://evil.com/><p"), &out)); /* forgotten by the next */
		assert_ok(wq_rewrite_reset(rewrite, &options));
		wq_buf_clear(&out);
		assert_ok(wq_rewrite_feed(rewrite, link, &out));
		assert_ok(wq_rewrite_finish(rewrite, &out));
		assert_str(wq_buf_str(&out), i % WQ_COUNT(charsets) == 2 ? link : wq_buf_str(&expected));
	}
	wq_rewrite_free(&rewrite);
	assert_null(rewrite);
	options.scheme = WQ_S("ftp");
	assert_err(wq_rewrite_new(&options, &rewrite), WQ_E_INPUT);
	options.scheme = WQ_S("https");
	options.host = WQ_S("a b");
	assert_err(wq_rewrite_new(&options, &rewrite), WQ_E_INPUT);
}

static void test_out_that_is_full(void **state)
{
	struct wq_rewrite_options options = options_for(&test_leave);

	(void)state;
	for (size_t max = 0; max < 50; max++) {
		WQ_BUF(out, max);

		assert_err(wq_rewrite_probe(&options, WQ_S("<p><a href=http://evil.com/>x</a>"), 0, 7, &out, NULL),
			WQ_E_LIMIT);
	}
}

static void test_location(void **state)
{
	static const struct row locations[] = {
		{"/a", NULL},
		{"", NULL},
		{"http://www.yunshan.gov.cn/", NULL},
		{"http://evil.com/", "/leave/@1"},
		{"http:\\\\evil.com", "/leave/@1"},
		{"//evil.com", "/leave/@4"},
		{"http://", NULL},
		{"http://☕.example/", "/leave/"},
	};
	struct wq_rewrite_options options = options_for(&test_leave);
	struct wq_policy off = test_policy;
	struct seen seen = {.n = 0};

	(void)state;
	off.leave = false;
	for (size_t i = 0; i < WQ_COUNT(locations); i++) {
		WQ_BUF(after, WQ_MIB);
		WQ_BUF(out, WQ_MIB);

		options.leave.policy = &test_policy;
		options.on_link = on_link;
		options.data = &seen;
		expand(locations[i].after ? locations[i].after : locations[i].before, &after);
		assert_ok(wq_rewrite_location(&options, wq_str_c(locations[i].before), &out));
		assert_str(wq_buf_str(&out), wq_buf_str(&after));
		wq_buf_clear(&out);
		options.leave.policy = &off;
		assert_ok(wq_rewrite_location(&options, wq_str_c(locations[i].before), &out));
		assert_str(wq_buf_str(&out), wq_str_c(locations[i].before));
	}
	assert_string_equal(seen.text, "0 http://evil.com/\n0 http://evil.com/\n0 https://evil.com/\n");
}

static void test_documents(void **state)
{
	(void)state;
	assert_true(wq_rewrite_is_document(WQ_S("text/html")));
	assert_true(wq_rewrite_is_document(WQ_S(" Text/HTML ; charset=gbk")));
	assert_true(wq_rewrite_is_document(WQ_S("application/xhtml+xml")));
	assert_false(wq_rewrite_is_document(WQ_S("text/html5")));
	assert_false(wq_rewrite_is_document(WQ_S("text/plain; text/html")));
	assert_false(wq_rewrite_is_document(WQ_S("image/svg+xml")));
	assert_false(wq_rewrite_is_document(WQ_S("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_renamed),
		cmocka_unit_test(test_what_is_skipped_would_not_have_mattered),
		cmocka_unit_test(test_every_tag_and_attribute),
		cmocka_unit_test(test_without_a_prompt_nothing_is),
		cmocka_unit_test(test_tokens_of_dynamic_pages),
		cmocka_unit_test(test_charsets),
		cmocka_unit_test(test_links_are_told),
		cmocka_unit_test(test_an_error_of_on_link_ends_it),
		cmocka_unit_test(test_footer),
		cmocka_unit_test(test_footer_in_another_charset),
		cmocka_unit_test(test_transforms),
		cmocka_unit_test(test_overlong_tags_are_counted),
		cmocka_unit_test(test_reset_and_limits),
		cmocka_unit_test(test_out_that_is_full),
		cmocka_unit_test(test_location),
		cmocka_unit_test(test_documents),
	};

	return cmocka_run_group_tests_name("policy/rewrite", tests, NULL, NULL);
}
