#include "base/test.h"
#include "detect/body/body_probe.h"

#include <zlib.h>

struct row {
	const char *type;
	wq_str bytes;
	const char *told;
};
#define ROW(type, bytes, told) \
	{ \
		type, WQ_S_INIT(bytes), told \
	}

/* At once, and in pieces of every size, kept and lent: always the same. */
static void check_body(const struct probe_body *in, const char *expected)
{
	for (size_t piece = in->bytes.n + 1; piece > 0; piece--) {
		struct wq_arena arena;
		WQ_BUF(log, PROBE_MAX);
		wq_arena_init(&arena, 64 * WQ_MIB);
		probe_run(in, piece, piece % 2, &arena, &log);
		if (strcmp(wq_buf_cstr(&log), expected) != 0)
			fail_msg("%.*s in pieces of %zu:\n%sinstead of\n%s", WQ_S_ARG(in->bytes), piece,
				wq_buf_cstr(&log), expected);
		wq_arena_done(&arena);
	}
}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		wq_str type = wq_str_c(rows[i].type);
		struct probe_body in = {wq_body_kind_of(type), type, WQ_S(""), rows[i].bytes, NULL};
		check_body(&in, rows[i].told);
	}
}

#define FORM "application/x-www-form-urlencoded"

static void forms(void **state)
{
	static const struct row rows[] = {
		ROW(FORM, "", ""),
		ROW(FORM, "a=1", "a=1\n"),
		ROW(FORM, "a=1&b=%41+c&d", "a=1\nb=A c\nd=\n"),
		ROW(FORM, "a=b=c&&=x&", "a=b=c\n=x\n"),
		ROW(FORM, "%61%3d=%26%3D", "a==&=\n"),
		ROW(FORM, "a=%e4%b8%ad%E6%96%87", "a=中文\n"),
		ROW(FORM, "a=中文", "a=中文\n"),
		ROW(FORM, "a=1&a=2", "a=1\na=2\n! duplicate\n"),
		ROW(FORM, "a=%00b", "a=\\x00b\n! nul\n"),
		ROW(FORM, "a\0=1", "a\\x00=1\n! nul\n"),
		ROW(FORM, "a=%zz&b=%4&c=%", "a=%zz\nb=%4\nc=%\n! percent\n"),
		ROW(FORM, "a=%u0041", "a=%u0041\n! percent\n! percent-u\n"),
		ROW(FORM, "a=%2541", "a=%41\n"),
		ROW(FORM, "a=1;b=2", "a=1;b=2\n! semicolon-pair\n"),
		ROW(FORM, "a=1;2", "a=1;2\n"),
		ROW(FORM, "a=%3Bb%3D2", "a=;b=2\n"),
		ROW(FORM, "a=..%c0%af..", "a=..\xc0\xaf..\n! overlong\n"),
	};
	(void)state;
	check_rows(rows, WQ_COUNT(rows));
}

static void charsets(void **state)
{
	static const struct row rows[] = {
		ROW(FORM "; charset=UTF-8", "a=%e4%b8%ad", "a=中\n"),
		ROW(FORM "; charset=utf-8", "a=%d6%d0", "a=\xd6\xd0\n! charset\n"),
		ROW(FORM ";charset=\"gb2312\"", "%d6%d0=%ce%c4\xce\xc4", "中=文文\n"),
		ROW(FORM "; charset=GBK", "a=%bf%27", "a=\xbf'\n! charset\n"),
		ROW(FORM "; charset=gb18030", "a=%81%30%81%30",
			"a=\xc2\x80\na=\xef\xbf\xbd"
			"0\xef\xbf\xbd"
			"0\n"),
		ROW(FORM "; charset=gbk", "a=%81|id", "a=亅id\na=\xef\xbf\xbd|id\n"),
		ROW(FORM "; charset=gbk", "%81a=%d2%b2%81a",
			"乤=也乤\n\xef\xbf\xbd"
			"a=\xef\xbf\xbd\xef\xbf\xbd"
			"a\n"),
		ROW(FORM "; charset=big5", "a=%a4%a4", "a=中\n"),
		ROW(FORM "; charset=iso-8859-1", "a=%e9", "a=\xe9\n"),
		ROW(FORM "; charset=utf-7", "a=1",
			"! charset\nfailed unreadable: the charset is not known, or not one that is read here\n"),
		ROW(FORM "; charset=utf-16", "a=1",
			"! charset\nfailed unreadable: the charset is not known, or not one that is read here\n"),
		ROW(FORM "; charset=utf-8; charset=UTF8", "a=1", "a=1\n! charset\n"),
		ROW(FORM "; charset=utf-8; charset=gbk", "a=1", "a=1\n! charset\nunreadable\n"),
		ROW(FORM "; charset=utf-8; charset=ibm037", "a=1", "a=1\n! charset\nunreadable\n"),
		ROW("application/json; charset=gbk", "{\"\xd6\xd0\":\"\xc1\x5c\xce\xc4\"}", "json.中=羂文\n"),
		ROW("text/plain; charset=gbk", "\xd6\xd0", ""),
		ROW("text/plain; charset=utf-16", "a",
			"! charset\nfailed unreadable: the charset is not known, or not one that is read here\n"),
		ROW("application/octet-stream; charset=utf-16", "a", ""),
		ROW("application/json; charset=gbk", "[\"\xff\"]", "json.array_0=\xef\xbf\xbd\n! charset\n"),
	};
	(void)state;
	check_rows(rows, WQ_COUNT(rows));
}

#define JSON "application/json"
static void json(void **state)
{
	static const struct row rows[] = {
		ROW(JSON, "", ""),
		ROW(JSON, "{\"a\":1,\"b\":[1,{\"c\":null,\"\":2},[3,true]]}",
			"json.a=1\njson.b.array_0=1\njson.b.array_1.c=\njson.b.array_1.empty-key=2\n"
			"json.b.array_2.array_0=3\njson.b.array_2.array_1=true\n"),
		ROW(JSON, " 3 ", "json=3\n"),
		ROW(JSON, "-0.5e+10", "json=-0.5e+10\n"),
		ROW(JSON, "\"s\"", "json=s\n"),
		ROW(JSON, "false\r\n", "json=false\n"),
		ROW(JSON, "{}", "json=\n"),
		ROW(JSON, "{\"x\":{},\"y\":[ ]}", "json.x=\njson.y=\n"),
		ROW(JSON, "[[1,2],[3],\"\"]",
			"json.array_0.array_0=1\njson.array_0.array_1=2\njson.array_1.array_0=3\njson.array_2=\n"),
		ROW(JSON, "{ \"a\" : { \"b\" : 1 , \"c\" : 2 } , \"d\" : \"中文\" }",
			"json.a.b=1\njson.a.c=2\njson.d=中文\n"),
		ROW(JSON, "[\"\\\"\\\\\\/\\b\\f\\n\\r\\tx\"]", "json.array_0=\"\\/\\x08\\x0c\\x0a\\x0d\\x09x\n"),
		ROW(JSON, "[\"\\u0041\\u4e2d\\ud83d\\ude00z\"]", "json.array_0=A中😀z\n"),
		ROW(JSON, "{\"\\u0061\":1,\"a\":2}", "json.a=1\njson.a=2\n! duplicate\n! json-duplicate\n"),
		ROW(JSON, "{\"a\":{},\"b\":{\"a\":1}}", "json.a=\njson.b.a=1\n"),
		ROW(JSON, "[\"a\\u0000b\"]", "json.array_0=a\\x00b\n! nul\n"),
		ROW(JSON, "[\"\\ud83dz\",\"\\udc00\",\"\\ud83d\",\"\\ud83d\\n\",\"\\ud83d\\ud83d\\ude00\"]",
			"json.array_0=\xef\xbf\xbdz\njson.array_1=\xef\xbf\xbd\njson.array_2=\xef\xbf\xbd\n"
			"json.array_3=\xef\xbf\xbd\\x0a\njson.array_4=\xef\xbf\xbd😀\n! charset\n"),
		ROW(JSON, "[\"\xff\"]", "json.array_0=\xff\n! charset\n"),
		ROW(JSON, "[\"\xc0\xaf\"]", "json.array_0=\xc0\xaf\n! overlong\n! charset\n"),
		ROW(JSON, "\xef\xbb\xbf[1]", "json.array_0=1\n! json-bom\n"),
		ROW("application/problem+json; x=y", "[1]", "json.array_0=1\n"),
	};
	static const struct row bad[] = {
		ROW(JSON, " ", "failed: JSON: the end is missing\n"),
		ROW(JSON, "{\"a\":\"1\",", "json.a=1\nfailed: JSON: the end is missing\n"),
		ROW(JSON, "[1] x", "json.array_0=1\nfailed: JSON: bytes after the value\n"),
		ROW(JSON, "[1][2]", "json.array_0=1\nfailed: JSON: bytes after the value\n"),
		ROW(JSON, "{a:1}", "failed: JSON: a key is missing\n"),
		ROW(JSON, "{'a':1}", "failed: JSON: a key is missing\n"),
		ROW(JSON, "{\"a\":'1'}", "failed: JSON: a value is missing\n"),
		ROW(JSON, "{\"a\" 1}", "failed: JSON: a colon is missing\n"),
		ROW(JSON, "[1,]", "json.array_0=1\nfailed: JSON: a value is missing\n"),
		ROW(JSON, "{\"a\":1,}", "json.a=1\nfailed: JSON: a key is missing\n"),
		ROW(JSON, "[1 2]", "json.array_0=1\nfailed: JSON: a comma or an end is missing\n"),
		ROW(JSON, "[1}", "json.array_0=1\nfailed: JSON: a comma or an end is missing\n"),
		ROW(JSON, "]", "failed: JSON: a value is missing\n"),
		ROW(JSON, "[01]", "failed: JSON: a word that is no value\n"),
		ROW(JSON, "[+1]", "failed: JSON: a word that is no value\n"),
		ROW(JSON, "[1.]", "failed: JSON: a word that is no value\n"),
		ROW(JSON, "[.5]", "failed: JSON: a word that is no value\n"),
		ROW(JSON, "[1e]", "failed: JSON: a word that is no value\n"),
		ROW(JSON, "-", "failed: JSON: a word that is no value\n"),
		ROW(JSON, "[NaN]", "failed: JSON: a word that is no value\n"),
		ROW(JSON, "[True]", "failed: JSON: a word that is no value\n"),
		ROW(JSON, "[\"a\nb\"]", "failed: JSON: a control byte in a string\n"),
		ROW(JSON, "[\"\\x41\"]", "failed: JSON: an escape that is none\n"),
		ROW(JSON, "[\"\\u00g1\"]", "failed: JSON: \\u without four hexadecimal digits\n"),
		ROW(JSON, "[1] /* x */", "json.array_0=1\nfailed: JSON: bytes after the value\n"),
		ROW(JSON, "\xef\xbb[1]", "failed: JSON: a value is missing\n"),
		ROW(JSON, "a=1", "failed: JSON: a word that is no value\n"),
	};
	(void)state;
	check_rows(rows, WQ_COUNT(rows));
	check_rows(bad, WQ_COUNT(bad));
}

#define XML "text/xml"
#define UNKNOWN_ENCODING \
	"! charset\nfailed unreadable: XML: an encoding that is not known, or not one that is read here\n"
static void xml(void **state)
{
	static const struct row rows[] = {
		ROW(XML, "", ""),
		ROW(XML, "<a/>", "text \n"),
		ROW(XML,
			"<?xml version=\"1.0\"?><a b=\"1\" c='x&amp;y'>t1<b d=\"2\">t2</b> t3<!-- c --><![CDATA[ <cd> ]]></a>",
			"attribute 1\nattribute x&y\nattribute 2\ntext t1t2 t3 <cd> \n"),
		ROW(XML, "<a xmlns:x=\"urn:q\" x:k=\"v\">&lt;s&gt; &#65;&#x4e2d;</a>", "attribute v\ntext <s> A中\n"),
		ROW(XML, "<a> <b>1</b>\n<c>2</c> </a>", "text  1\\x0a2 \n"),
		ROW(XML, "\xef\xbb\xbf<a>中</a>", "text 中\n"),
		ROW(XML "; charset=gbk", "<a b='\xd6\xd0'>\xce\xc4</a>", "attribute 中\ntext 文\n"),
		ROW(XML, "<?xml version='1.0' encoding='GB2312' ?><a>\xce\xc4</a>", "text 文\n"),
		ROW(XML, "<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>", "text é\n"),
		ROW(XML "; charset=utf-8", "<?xml version='1.0' encoding='gbk'?><a>中</a>", "text 中\n! charset\n"),
		ROW(XML "; charset=gbk", "<a>\xff</a>", "text \xef\xbf\xbd\n! charset\n"),
	};
	static const struct row bad[] = {
		ROW(XML, "<a>", "failed: XML: not well-formed\n"),
		ROW(XML, "<a></b>", "failed: XML: not well-formed\n"),
		ROW(XML, "<a/><b/>", "failed: XML: not well-formed\n"),
		ROW(XML, "<a b=1/>", "failed: XML: not well-formed\n"),
		ROW(XML, "<a b='1' b='2'/>", "failed: XML: not well-formed\n"),
		ROW(XML, "<a>&e;</a>", "failed: XML: not well-formed\n"),
		ROW(XML, "<a>\xd6\xd0</a>", "failed: XML: not well-formed\n"),
		ROW(XML, "{\"a\":1}", "failed: XML: not well-formed\n"),
		ROW(XML, "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>",
			"! xml-doctype\nfailed unreadable: XML: a document type\n"),
		ROW(XML, "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
			"! xml-doctype\nfailed unreadable: XML: a document type\n"),
		ROW(XML, "<?xml version='1.0' encoding='utf-16'?><a/>", UNKNOWN_ENCODING),
		ROW(XML, "<?xml version='1.0' encoding='utf-7'?><a/>", UNKNOWN_ENCODING),
		ROW(XML, "\xff\xfe<\0a\0/\0>\0", UNKNOWN_ENCODING),
		ROW(XML, "<\0a\0/\0>\0", UNKNOWN_ENCODING),
	};
	(void)state;
	check_rows(rows, WQ_COUNT(rows));
	check_rows(bad, WQ_COUNT(bad));
}

/* Attributes by the ten thousand: refused before anything compares each with each. */
static void many_attributes(void **state)
{
	struct wq_arena arena;
	WQ_BUF(log, PROBE_MAX);
	WQ_BUF(text, PROBE_MAX);
	(void)state;
	wq_buf_printf(&text, "<a");
	for (unsigned i = 0; i < 10000; i++)
		wq_buf_printf(&text, " a%x=''", i);
	wq_buf_printf(&text, "/>");
	struct probe_body in = {WQ_BODY_XML, WQ_S(XML), WQ_S(""), wq_buf_str(&text), NULL};
	wq_arena_init(&arena, 4 * WQ_MIB);
	probe_run(&in, 1000, false, &arena, &log);
	assert_string_equal(wq_buf_cstr(&log), "failed over: more than 1000 attributes in one element\n");
	wq_arena_done(&arena);
}

static void limits(void **state)
{
	static const struct {
		const char *type;
		wq_str bytes;
		struct wq_body_limits limits;
		const char *told;
	} rows[] = {
		{FORM, WQ_S_INIT("a=1&b=2&c=3"), {100, 100, 2, 9, 9, 9, 9},
			"a=1\nb=2\nfailed over: more than 2 arguments, or no memory\n"},
		{JSON, WQ_S_INIT("[1,2,3]"), {100, 100, 2, 9, 9, 9, 9},
			"json.array_0=1\njson.array_1=2\nfailed over: more than 2 arguments, or no memory\n"},
		{JSON, WQ_S_INIT("[[[1]]]"), {100, 100, 9, 9, 9, 2, 9}, "failed over: deeper than 2\n"},
		{XML, WQ_S_INIT("<a><b><c/></b></a>"), {100, 100, 9, 9, 9, 2, 9}, "failed over: deeper than 2\n"},
		{XML, WQ_S_INIT("<a b='1'><b c='2' d='3'/></a>"), {100, 100, 2, 9, 9, 9, 9},
			"attribute 1\nattribute 2\nfailed over: more than 2 attributes\n"},
		{JSON, WQ_S_INIT("[[1]]"), {100, 100, 9, 9, 9, 2, 9}, "json.array_0.array_0=1\n"},
	};
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		wq_str type = wq_str_c(rows[i].type);
		struct probe_body in = {wq_body_kind_of(type), type, WQ_S(""), rows[i].bytes, &rows[i].limits};
		check_body(&in, rows[i].told);
	}
}

/* What is read before a limit of bytes depends on the pieces; that it ends there, and what is kept, does not. */
static void limits_of_bytes(void **state)
{
	static const struct wq_body_limits few = {1000, 8, 9, 9, 9, 9, 9};
	static const struct wq_body_limits fewer = {8, 1000, 9, 9, 9, 9, 9};
	const struct wq_body_limits *both[] = {&few, &fewer};
	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t piece = 1; piece < 12; piece++) {
			struct probe_body in = {WQ_BODY_URLENCODED, WQ_S(FORM), WQ_S(""), WQ_S("a=1&b=2&c=3"), both[i]};
			struct wq_arena arena;
			WQ_BUF(log, PROBE_MAX);
			wq_arena_init(&arena, WQ_MIB);
			struct wq_body_report report = probe_run(&in, piece, false, &arena, &log);
			assert_true(report.failed && report.over && !report.unreadable);
			assert_int_equal(report.bytes, 11);
			wq_arena_done(&arena);
		}
}

static void no_memory(void **state)
{
	static const wq_str bytes[] = {WQ_S_INIT("a=%41&b=2&c=3&d=4"), WQ_S_INIT("{\"a\":[1,2,{\"b\":\"\\n\"}]}")};
	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t max = 1200; max < 12000; max += 16) {
			struct wq_arena arena;
			WQ_BUF(log, PROBE_MAX);
			struct probe probe = {.log = &log};
			struct wq_body_sink sink = probe_sink(&probe);
			wq_arena_init(&arena, max);
			struct wq_body *body = wq_body_new(i ? WQ_BODY_JSON : WQ_BODY_URLENCODED, WQ_S(""), WQ_S(""),
				&wq_body_limits_default, &sink, &arena);
			if (body) {
				for (size_t at = 0; at < bytes[i].n; at++)
					wq_body_add(body, wq_str_of(bytes[i].p + at, 1));
				wq_body_end(body);
				if (arena.failed)
					assert_true(wq_body_report(body)->failed && wq_body_report(body)->over);
				else
					assert_false(wq_body_report(body)->failed);
			}
			wq_arena_done(&arena);
		}
}

static size_t compressed(wq_str s, int window, char *out, size_t room)
{
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)s.p,
		.avail_in = (unsigned)s.n,
		.next_out = (unsigned char *)out,
		.avail_out = (unsigned)room};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static void compression(void **state)
{
	static char zeros[200000], out[4096];
	static const char *const unknown[] = {"br", "zstd", "gzip, gzip", "compress", "x"};
	wq_str text = WQ_S("a=1&b=%41&c=hello+world");
	struct probe_body in = {WQ_BODY_URLENCODED, WQ_S(FORM), WQ_S("gzip"), {0}, NULL};
	(void)state;
	in.bytes = wq_str_of(out, compressed(text, 31, out, sizeof out));
	check_body(&in, "a=1\nb=A\nc=hello world\n! compressed\n");
	in.encoding = WQ_S(" X-GZIP ");
	check_body(&in, "a=1\nb=A\nc=hello world\n! compressed\n");
	in.encoding = WQ_S("deflate");
	check_body(&in, "! compressed\nfailed unreadable: the compressed body is damaged\n");
	in.encoding = WQ_S("gzip");
	in.bytes.n -= 3;
	check_body(&in, "a=1\nb=A\n! compressed\nfailed unreadable: the compressed body is cut off\n");
	in.bytes.n += 3;
	out[in.bytes.n++] = 'x';
	check_body(&in, "a=1\nb=A\n! compressed\nfailed unreadable: bytes after the end of the compressed body\n");
	in.encoding = WQ_S("deflate");
	in.bytes = wq_str_of(out, compressed(text, 15, out, sizeof out));
	check_body(&in, "a=1\nb=A\nc=hello world\n! compressed\n");
	/* raw deflate, which some servers take under that name */
	in.bytes = wq_str_of(out, compressed(text, -15, out, sizeof out));
	check_body(&in, "! compressed\nfailed unreadable: the compressed body is damaged\n");
	in.encoding = WQ_S("identity");
	in.bytes = text;
	check_body(&in, "a=1\nb=A\nc=hello world\n");
	for (size_t i = 0; i < WQ_COUNT(unknown); i++) {
		in.encoding = wq_str_c(unknown[i]);
		check_body(&in, "! compressed\nfailed unreadable: a Content-Encoding that is not gzip or deflate\n");
	}
	in.encoding = WQ_S("gzip");
	in.bytes = wq_str_of(out, compressed(wq_str_of(zeros, sizeof zeros), 31, out, sizeof out));
	check_body(&in, "! compressed\nfailed over: more than 100 times its compressed size\n");
}

/* What names no charset, where the caller says that it may be GB18030. */
static void fallback(void **state)
{
	static const struct row rows[] = {
		ROW(FORM, "a=%d6%d0", "a=中\n"),
		ROW(FORM, "a=%e4%b8%ad", "a=中\n"),
		ROW(FORM, "a=%c0%af", "a=蜡\n"),
		ROW(FORM, "a=%ff", "a=\xff\n"),
		ROW(FORM, "a=%d6%d0%ff", "a=\xd6\xd0\xff\n"),
		ROW(FORM, "a=%81%27", "a=\x81'\n"),
		ROW(FORM, "a=%81|id&b=1", "a=亅id\na=\xef\xbf\xbd|id\nb=1\n"),
		ROW(FORM "; charset=utf-8", "a=%d6%d0", "a=\xd6\xd0\n! charset\n"),
		ROW("multipart/form-data; boundary=b",
			"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xd6\xd0\x81|id\r\n--b--\r\n",
			"header a:Content-Disposition: form-data; name=\"a\"\na=中亅id\na=\xef\xbf\xbd\xef\xbf\xbd|id\n"),
	};
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		wq_str type = wq_str_c(rows[i].type);
		struct probe_body in = {wq_body_kind_of(type), type, WQ_S(""), rows[i].bytes, NULL, true};
		check_body(&in, rows[i].told);
	}
}

static void queries(void **state)
{
	static const struct row rows[] = {
		ROW("", "", ""),
		ROW("", "a=1&b=%20+&c", "a=1\nb=  \nc=\n"),
		ROW("", "a=1;b=2", "a=1;b=2\n! semicolon-pair\n"),
		ROW("", "a[]=1&a[]=2", "a[]=1\na[]=2\n! duplicate\n"),
		ROW("", "a=%c0%ae", "a=\xc0\xae\n! overlong\n"),
		ROW("", "1&2&3&4&5", "1=\n2=\n3=\n4=\nfalse\n"),
	};
	static const struct row cookies[] = {
		ROW("", "", ""),
		ROW("", "a=1; b=\"2\";c;=e;d=x=y;  q  =  z  ;;", "a=1\nb=\"2\"\nc=\n=e\nfalse\n"),
		ROW("", "  q  =  z  ; %41=%42", "q=z\n%41=%42\n"),
		ROW("", "a=\0", "a=\\x00\n! nul\n"),
	};
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows) + WQ_COUNT(cookies); i++) {
		bool query = i < WQ_COUNT(rows);
		const struct row *row = query ? &rows[i] : &cookies[i - WQ_COUNT(rows)];
		struct wq_arena arena;
		uint64_t oddities = 0;
		WQ_BUF(log, PROBE_MAX);
		struct probe probe = {.log = &log};
		struct wq_body_sink sink = probe_sink(&probe);
		wq_arena_init(&arena, WQ_MIB);
		bool all = query ? wq_body_query(row->bytes, 4, &sink, &arena, &oddities)
				 : wq_body_cookies(row->bytes, 4, &sink, &oddities);
		probe_oddities(&log, oddities);
		if (!all)
			wq_buf_printf(&log, "false\n");
		assert_string_equal(wq_buf_cstr(&log), row->told);
		wq_arena_done(&arena);
	}
}

static void percent(void **state)
{
	static const struct {
		wq_str s;
		bool bad;
	} rows[] = {{WQ_S_INIT(""), false}, {WQ_S_INIT("a%41%5a%Ff"), false}, {WQ_S_INIT("%"), true},
		{WQ_S_INIT("%4"), true}, {WQ_S_INIT("%41%"), true}, {WQ_S_INIT("%g1"), true}, {WQ_S_INIT("%1g"), true},
		{WQ_S_INIT("%u0041"), true}, {WQ_S_INIT("%%41"), true}};
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_int_equal(wq_body_bad_percent(rows[i].s), rows[i].bad);
}

static void kinds(void **state)
{
	static const struct {
		wq_str type;
		enum wq_body_kind kind;
	} rows[] = {
		{WQ_S_INIT(""), WQ_BODY_NONE},
		{WQ_S_INIT("application/x-www-form-urlencoded"), WQ_BODY_URLENCODED},
		{WQ_S_INIT(" Application/X-WWW-Form-URLencoded ; charset=x"), WQ_BODY_URLENCODED},
		{WQ_S_INIT("multipart/form-data;boundary=x"), WQ_BODY_MULTIPART},
		{WQ_S_INIT("multipart/form-data, x"), WQ_BODY_MULTIPART},
		{WQ_S_INIT("Multipart/Related; boundary=x"), WQ_BODY_MULTIPART},
		{WQ_S_INIT("application/json"), WQ_BODY_JSON},
		{WQ_S_INIT("application/ld+json"), WQ_BODY_JSON},
		{WQ_S_INIT("text/xml"), WQ_BODY_XML},
		{WQ_S_INIT("application/soap+xml; charset=utf-8"), WQ_BODY_XML},
		{WQ_S_INIT("text/plain"), WQ_BODY_PLAIN},
		{WQ_S_INIT("application/jsonx"), WQ_BODY_NONE},
		{WQ_S_INIT("+json"), WQ_BODY_NONE},
	};
	enum wq_body_kind kind;
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_int_equal(wq_body_kind_of(rows[i].type), rows[i].kind);
	for (unsigned i = WQ_BODY_URLENCODED; i <= WQ_BODY_XML; i++) {
		assert_true(wq_body_kind_parse(wq_str_c(wq_body_kind_name((enum wq_body_kind)i)), &kind));
		assert_int_equal(kind, i);
	}
	assert_true(wq_body_kind_parse(WQ_S("json"), &kind) && kind == WQ_BODY_JSON);
	assert_false(wq_body_kind_parse(WQ_S(""), &kind) || wq_body_kind_parse(WQ_S("YAML"), &kind));
	assert_int_equal(wq_body_variable_oddities(WQ_S("multipart_data_after")), (uint64_t)1 << WQ_ODD_DATA_AFTER);
	assert_int_equal(wq_body_variable_oddities(WQ_S("ARGS")), 0);
}

/* Many names whose hashes may meet: at most a flag too many, and no time lost. */
static void many_names(void **state)
{
	struct wq_body_limits limits = wq_body_limits_default;
	struct wq_arena arena;
	WQ_BUF(log, PROBE_MAX);
	WQ_BUF(text, PROBE_MAX);
	(void)state;
	limits.args = 100000;
	limits.no_files_bytes = 10000000;
	for (unsigned i = 0; i < 50000; i++)
		wq_buf_printf(&text, "%u=%u&", i, i);
	struct probe_body in = {WQ_BODY_URLENCODED, WQ_S(FORM), WQ_S(""), wq_buf_str(&text), &limits};
	wq_arena_init(&arena, 64 * WQ_MIB);
	struct wq_body_report report = probe_run(&in, SIZE_MAX, true, &arena, &log);
	assert_int_equal(report.args, 50000);
	assert_int_equal(report.oddities, 0);
	wq_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(charsets),
		cmocka_unit_test(fallback),
		cmocka_unit_test(json),
		cmocka_unit_test(xml),
		cmocka_unit_test(many_attributes),
		cmocka_unit_test(limits),
		cmocka_unit_test(limits_of_bytes),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(compression),
		cmocka_unit_test(queries),
		cmocka_unit_test(percent),
		cmocka_unit_test(kinds),
		cmocka_unit_test(many_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
