/* Rules and requests as text, and what comes of them. Semantics: ModSecurity Reference Manual v2, where 2 and 3 differ. */
#include "base/test.h"
#include "detect/waf/eval_probe.h"

#define GET(target) "GET " target " HTTP/1.1\r\nHost: h\r\n\r\n"
#define FORM(target, body) \
	"POST " target " HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n" body
#define JSON(body) "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\r\n" body
/* What TX holds at the end. */
#define SAY(text) "SecAction \"id:99,phase:5,pass,log,msg:'" text "'\"\n"

struct row {
	const char *why;
	const char *rules;
	wq_str request;
	wq_str response;
	const char *expected;
};
#define ROW(why, rules, request, expected) \
	{ \
		why, rules, WQ_S_INIT(request), {NULL, 0}, expected \
	}
#define ROW_RESPONSE(why, rules, request, response, expected) \
	{ \
		why, rules, WQ_S_INIT(request), WQ_S_INIT(response), expected \
	}

static struct wq_waf_program *load(const char *rules, bool no_fold)
{
	struct wq_waf_program *program = NULL;
	wq_err e = probe_load(rules, no_fold, &program);

	if (wq_failed(e))
		fail_msg("%s\n%s: %s", rules, wq_err_name(e), wq_err_note(e));
	return program;
}

#define RUNS(value) FORM("/", "a=" value)

static void run_row(const struct row *row, struct wq_waf_worker *worker, bool no_fold, size_t piece)
{
	struct wq_waf_program *program = load(row->rules, no_fold);
	const struct wq_waf_begin begin = {.budget = wq_waf_budget_default, .body = wq_body_limits_default};
	struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
	WQ_BUF(log, PROBE_LOG_MAX);

	assert_non_null(tx);
	enum wq_waf_step step = probe_request(tx, row->request, piece);
	if (step == WQ_WAF_DONE && row->response.p)
		step = probe_response(tx, row->response);
	(void)probe_phase(tx, 5);
	probe_result(tx, &log);
	if (step == WQ_WAF_OVER)
		wq_buf_printf(&log, "over\n");
	if (strcmp(wq_buf_cstr(&log), row->expected) != 0)
		fail_msg("%s (%s):\n%sinstead of\n%s", row->why, no_fold ? "not folded" : "folded", wq_buf_cstr(&log),
			row->expected);
	wq_waf_end(&tx);
	wq_waf_program_unref(&program);
}

static void run_rows(const struct row *rows, size_t n)
{
	struct wq_waf_worker *worker;

	assert_ok(wq_waf_worker_new(NULL, &worker));
	for (size_t i = 0; i < n; i++)
		for (unsigned way = 0; way < 4; way++)
			run_row(&rows[i], worker, way & 1, way & 2 ? 1 : SIZE_MAX / 2);
	wq_waf_worker_free(&worker);
	assert_null(worker);
}

static void variables(void **state)
{
	static const struct row rows[] = {
		ROW("arguments of the query, in their order", "SecRule ARGS \"@rx .\" \"id:1,phase:1,log\"",
			GET("/?a=1&b=2"), "1 ARGS:a=1\n1 ARGS:b=2\n"),
		ROW("arguments of query and form", "SecRule ARGS \"@rx .\" \"id:1,phase:2,log\"",
			FORM("/?a=1", "b=2&c=%41"), "1 ARGS:a=1\n1 ARGS:b=2\n1 ARGS:c=A\n"),
		ROW("a set that grew between phases",
			"SecRule ARGS \"@contains 2\" \"id:1,phase:1,log\"\nSecRule ARGS \"@rx 2\" \"id:2,phase:2,log\"",
			FORM("/?a=1", "b=2"), "2 ARGS:b=2\n"),
		ROW("a pattern that was asked in phase 1 is asked again of what is new",
			"SecRule ARGS \"@rx x.*y\" \"id:1,phase:1,log\"\nSecRule ARGS \"@rx x.*y\" \"id:2,phase:2,log\"",
			FORM("/?a=xx", "b=xzy"), "2 ARGS:b=xzy\n"),
		ROW("names", "SecRule ARGS_NAMES \"@streq b\" \"id:1,phase:1,log\"", GET("/?a=1&b=2"),
			"1 ARGS_NAMES:b=b\n"),
		ROW("one by name, without case", "SecRule REQUEST_HEADERS:x-one \"@rx .\" \"id:1,phase:1,log\"",
			"GET / HTTP/1.1\r\nX-One: 1\r\nX-Two: 2\r\n\r\n", "1 REQUEST_HEADERS:X-One=1\n"),
		ROW("by regular expression, and left out", "SecRule ARGS:/^a/|!ARGS:ab \"@rx .\" \"id:1,phase:1,log\"",
			GET("/?aa=1&ab=2&b=3"), "1 ARGS:aa=1\n"),
		ROW("left out by regular expression", "SecRule ARGS|!ARGS:/^a/ \"@rx .\" \"id:1,phase:1,log\"",
			GET("/?aa=1&ab=2&b=3"), "1 ARGS:b=3\n"),
		ROW("count", "SecRule &ARGS \"@eq 2\" \"id:1,phase:1,log\"", GET("/?a=1&b=2"), "1 ARGS=2\n"),
		ROW("count of what is not there", "SecRule &REQUEST_HEADERS:Accept \"@eq 0\" \"id:1,phase:1,log\"",
			GET("/"), "1 REQUEST_HEADERS:Accept=0\n"),
		ROW("cookies", "SecRule REQUEST_COOKIES|REQUEST_COOKIES_NAMES \"@rx .\" \"id:1,phase:1,log\"",
			"GET / HTTP/1.1\r\nCookie: a=1; b=2\r\n\r\n",
			"1 REQUEST_COOKIES:a=1\n1 REQUEST_COOKIES:b=2\n1 REQUEST_COOKIES_NAMES:a=a\n1 REQUEST_COOKIES_NAMES:b=b\n"),
		ROW("the request line and its parts",
			"SecRule REQUEST_LINE|REQUEST_METHOD|REQUEST_PROTOCOL|REQUEST_URI|REQUEST_URI_RAW|REQUEST_FILENAME|"
			"REQUEST_BASENAME|QUERY_STRING \"@rx .\" \"id:1,phase:1,log\"",
			GET("http://h/a%20b/c.html?q=%41"),
			"1 REQUEST_LINE=GET http://h/a%20b/c.html?q=%41 HTTP/1.1\n1 REQUEST_METHOD=GET\n"
			"1 REQUEST_PROTOCOL=HTTP/1.1\n1 REQUEST_URI=/a%20b/c.html?q=%41\n"
			"1 REQUEST_URI_RAW=http://h/a%20b/c.html?q=%41\n1 REQUEST_FILENAME=/a b/c.html\n"
			"1 REQUEST_BASENAME=c.html\n1 QUERY_STRING=q=%41\n"),
		ROW("a request without protocol", "SecRule REQUEST_PROTOCOL \"@rx .\" \"id:1,phase:1,log\"",
			"GET /\r\n\r\n", "1 REQUEST_PROTOCOL=HTTP/0.9\n"),
		ROW("the connection", "SecRule REMOTE_ADDR|SERVER_PORT \"@rx .\" \"id:1,phase:1,log\"", GET("/"),
			"1 REMOTE_ADDR=192.0.2.7\n1 SERVER_PORT=80\n"),
		ROW("REQUEST_BODY of a form", "SecRule REQUEST_BODY \"@rx .\" \"id:1,phase:2,log\"", FORM("/", "a=%41"),
			"1 REQUEST_BODY=a=%41\n"),
		ROW("no REQUEST_BODY of JSON", "SecRule REQUEST_BODY \"@rx .\" \"id:1,phase:2,log\"", JSON("{\"a\":1}"),
			""),
		ROW("REQUEST_BODY of JSON by force",
			"SecAction \"id:1,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On\"\n"
			"SecRule REQUEST_BODY \"@rx .\" \"id:2,phase:2,log\"",
			JSON("{\"a\":1}"), "2 REQUEST_BODY={\"a\":1}\n"),
		ROW("JSON", "SecRule ARGS \"@rx .\" \"id:1,phase:2,log\"", JSON("{\"a\":{\"b\":\"x\"}}"),
			"1 ARGS:json.a.b=x\n"),
		ROW("the name of an array in JSON", "SecRule ARGS_NAMES \"@rx a\" \"id:1,phase:2,log\"",
			JSON("{\"a\":[[1,2]]}"),
			"1 ARGS_NAMES:json.a.array_0.array_0=json.a.array_0.array_0\n1 ARGS_NAMES:json.a=json.a\n"
			"1 ARGS_NAMES:json.a.array_0.array_1=json.a.array_0.array_1\n"),
		ROW("JSON that is none", "SecRule REQBODY_ERROR \"@eq 1\" \"id:1,phase:2,log\"", JSON("{\"a\""),
			"1 REQBODY_ERROR=1\n"),
		ROW("sizes", "SecRule ARGS_COMBINED_SIZE|REQUEST_BODY_LENGTH|&ARGS_POST \"@gt 0\" \"id:1,phase:2,log\"",
			FORM("/?a=1", "bc=23"), "1 ARGS_COMBINED_SIZE=6\n1 REQUEST_BODY_LENGTH=5\n1 ARGS_POST=1\n"),
		ROW("multipart",
			"SecRule FILES|FILES_NAMES|MULTIPART_PART_HEADERS|ARGS|MULTIPART_STRICT_ERROR \"@rx .\" \"id:1,phase:2,log\"",
			"POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
			"Content-Disposition: form-data; name=\"f\"; filename=\"x.php\"\r\n\r\nhi\r\n--b\r\n"
			"Content-Disposition: form-data; name=\"g\"\r\n\r\nho\r\n--b--\r\n",
			"1 FILES:f=x.php\n1 FILES_NAMES:f=f\n"
			"1 MULTIPART_PART_HEADERS:f=Content-Disposition: form-data; name=\"f\"; filename=\"x.php\"\n"
			"1 MULTIPART_PART_HEADERS:g=Content-Disposition: form-data; name=\"g\"\n1 ARGS:g=ho\n"
			"1 MULTIPART_STRICT_ERROR=0\n"),
		ROW("XML", "SecRule XML:/*|XML://@* \"@rx .\" \"id:1,phase:2,log\"",
			"POST / HTTP/1.1\r\nContent-Type: text/xml\r\n\r\n<a b=\"c\">d</a>", "1 XML=d\n1 XML=c\n"),
		ROW("what is bound to the rule",
			"SecRule ARGS \"@rx .\" \"id:7,phase:1,log,severity:2,msg:'%{rule.id} %{rule.severity}'\"",
			GET("/?a=1"), "7 ARGS:a=1 7 2\n"),
		ROW_RESPONSE("a response",
			"SecRule RESPONSE_STATUS \"@eq 404\" \"id:1,phase:3,log\"\n"
			"SecRule RESPONSE_HEADERS:Server \"@rx .\" \"id:2,phase:3,log\"\n"
			"SecRule RESPONSE_BODY \"@contains secret\" \"id:3,phase:4,log\"",
			GET("/"), "HTTP/1.1 404\r\nServer: s\r\nContent-Type: text/html\r\n\r\na secret",
			"1 RESPONSE_STATUS=404\n2 RESPONSE_HEADERS:Server=s\n3 RESPONSE_BODY=a secret\n"),
		ROW_RESPONSE("a response of a type that is not looked at",
			"SecRule RESPONSE_BODY \"@contains secret\" \"id:3,phase:4,log\"", GET("/"),
			"HTTP/1.1 200\r\nContent-Type: image/png\r\n\r\na secret", ""),
	};
	(void)state;
	run_rows(rows, WQ_COUNT(rows));
}

#define TX_ONE(value) "SecAction \"id:50,phase:1,pass,nolog,setvar:'tx.one=" value "'\"\n"

static void chinese(void **state)
{
	static const struct row rows[] = {
		ROW("text without Chinese is plain", "SecRule ARGS_PLAIN|ARGS_RUNS \"@rx .\" \"id:1,phase:2,log\"",
			GET("/?a=x'+or+1=1&b=%EF%BC%8C%C3%A9"),
			"1 ARGS:a=x' or 1=1\n1 ARGS:b=\\xef\\xbc\\x8c\\xc3\\xa9\n"),
		ROW("runs of a value with Chinese text, its punctuation gone",
			"SecRule ARGS_PLAIN|ARGS_RUNS \"@rx .\" \"id:1,phase:2,log\"", RUNS("中x 1，文' or 1=1。y"),
			"1 ARGS:a=x 1\n1 ARGS:a=' or 1=1\n1 ARGS:a=y\n"),
		ROW("nothing but Chinese has no run", "SecRule ARGS_PLAIN|ARGS_RUNS \"@rx .\" \"id:1,phase:2,log\"",
			RUNS("中，文 文。"), ""),
		ROW("full-width signs are no punctuation", "SecRule ARGS_RUNS \"@rx .\" \"id:1,phase:2,log\"",
			RUNS("中＇"), "1 ARGS:a=\\xef\\xbc\\x87\n"),
		ROW("no cut in a comment, nor between quotation marks",
			"SecRule ARGS_RUNS \"@rx .\" \"id:1,phase:2,t:length,log\"", RUNS("中' /*中*/ or '中'='中"),
			"1 ARGS:a=20\n"),
		ROW("quotation marks within Chinese text go with it",
			"SecRule ARGS_RUNS \"@rx .\" \"id:1,phase:2,log\"", RUNS("\"中\"文'文'中x中\"文\"=\"文\""),
			"1 ARGS:a=x\n1 ARGS:a=\"\\xe6\\x96\\x87\"=\"\\xe6\\x96\\x87\"\n"),
		ROW("a comment without end is none", "SecRule ARGS_RUNS \"@rx .\" \"id:1,phase:2,log\"",
			RUNS("a/*中b/*文c"), "1 ARGS:a=a/*\n1 ARGS:a=b/*\n1 ARGS:a=c\n"),
		ROW("the halves of broken characters count as Chinese",
			"SecRule ARGS_RUNS \"@rx .\" \"id:1,phase:2,log\"", RUNS("�|id"), "1 ARGS:a=|id\n"),
		ROW("patterns cut runs further",
			"WqRunsCut \"#[0-9]+#\"\nWqRunsCut \"^->$\"\n"
			"SecRule ARGS_RUNS \"@rx .\" \"id:1,phase:2,log\"",
			RUNS("中a#1#b#23#文->中x->"), "1 ARGS:a=a\n1 ARGS:a=b\n1 ARGS:a=x->\n"),
		ROW("patterns do not cut values without Chinese text",
			"WqRunsCut \"#[0-9]+#\"\n"
			"SecRule ARGS_PLAIN|ARGS_RUNS \"@rx .\" \"id:1,phase:2,log\"",
			RUNS("a#1#b"), "1 ARGS:a=a#1#b\n"),
		ROW("an exclusion of ARGS by name holds for runs",
			"SecRule ARGS_PLAIN|ARGS_RUNS|!ARGS:a \"@rx .\" \"id:1,phase:2,log\"", RUNS("中x&b=y"),
			"1 ARGS:b=y\n"),
		ROW("ARGS taken away, its parts stay",
			"SecRule ARGS \"@rx .\" \"id:1,phase:2,log\"\n"
			"SecRuleUpdateTargetById 1 \"!ARGS,ARGS_PLAIN,ARGS_RUNS\"",
			RUNS("中x&b=y"), "1 ARGS:b=y\n1 ARGS:a=x\n"),
		ROW("ctl takes ARGS and its parts",
			"SecAction \"id:2,phase:1,pass,nolog,ctl:ruleRemoveTargetById=1;ARGS:a\"\n"
			"SecRule ARGS_PLAIN|ARGS_RUNS \"@rx .\" \"id:1,phase:2,log\"",
			RUNS("中x&b=y"), "1 ARGS:b=y\n"),
		ROW("GB18030 where the rules say so",
			"WqFallbackCharset GB18030\nSecRule ARGS_RUNS \"@rx .\" \"id:1,phase:2,log\"",
			FORM("/?b=%d6%d0x", "a=%d6%d0%81|y"), "1 ARGS:b=x\n1 ARGS:a=y\n1 ARGS:a=|y\n"),
		ROW("…and not where they do not",
			"SecRule ARGS_PLAIN|ARGS_RUNS \"@validateUtf8Encoding\" \"id:1,phase:2,log\"",
			FORM("/?b=%d6%d0x", "a=1"), "1 ARGS:b=\\xd6\\xd0x\n"),
	};

	(void)state;
	run_rows(rows, WQ_COUNT(rows));
}

static void operators(void **state)
{
	static const struct row rows[] = {
		ROW("a line before and behind hides nothing", "SecRule ARGS \"@rx ^ab$\" \"id:1,phase:1,log\"",
			GET("/?x=c%0Aab%0Ad&y=cab"), "1 ARGS:x=c\\x0aab\\x0ad\n"),
		ROW("what a value has to be, it is as a whole", "SecRule ARGS \"!@rx ^ab$\" \"id:1,phase:1,log\"",
			GET("/?x=ab%0Ac&y=ab"), "1 ARGS:x=ab\\x0ac\n"),
		ROW("rx", "SecRule ARGS \"@rx ^a+$\" \"id:1,phase:1,log\"", GET("/?x=aaa&y=ab"), "1 ARGS:x=aaa\n"),
		ROW("not rx", "SecRule ARGS \"!@rx ^a+$\" \"id:1,phase:1,log\"", GET("/?x=aaa&y=ab"), "1 ARGS:y=ab\n"),
		ROW("not rx of nothing", "SecRule ARGS:z \"!@rx ^a+$\" \"id:1,phase:1,log\"", GET("/?x=aaa"), ""),
		ROW("rx with a macro", TX_ONE("a+") "SecRule ARGS \"!@rx ^%{tx.one}$\" \"id:1,phase:1,log\"",
			GET("/?x=aaa&y=ab"), "1 ARGS:y=ab\n"),
		ROW("rx with a macro that makes it none counts as over",
			"SecRule ARGS \"@rx ^%{ARGS.x}$\" \"id:1,phase:1,log\"", GET("/?x=(a"), "over\n"),
		ROW("pm, without case", "SecRule ARGS \"@pm select union\" \"id:1,phase:1,log,capture,msg:'%{tx.0}'\"",
			GET("/?x=a+UNION+b&y=unio"), "1 ARGS:x=a UNION b UNION\n"),
		ROW("not pm", "SecRule ARGS \"!@pm select\" \"id:1,phase:1,log\"", GET("/?x=select&y=b"),
			"1 ARGS:y=b\n"),
		ROW("numbers", "SecRule ARGS \"@gt 9\" \"id:1,phase:1,log\"", GET("/?a=10&b=9&c=x&d=-20"),
			"1 ARGS:a=10\n"),
		ROW("a number that is too big", "SecRule ARGS \"@gt 9\" \"id:1,phase:1,log\"",
			GET("/?a=99999999999999999999"), "1 ARGS:a=99999999999999999999\n"),
		ROW("not a number is nought", "SecRule ARGS \"@eq 0\" \"id:1,phase:1,log\"", GET("/?a=x"),
			"1 ARGS:a=x\n"),
		ROW("with a macro", TX_ONE("7") "SecRule ARGS \"@lt %{tx.one}\" \"id:1,phase:1,log\"", GET("/?a=6&b=7"),
			"1 ARGS:a=6\n"),
		ROW("streq", "SecRule ARGS \"@streq ab\" \"id:1,phase:1,log\"", GET("/?a=ab&b=AB&c=abc"),
			"1 ARGS:a=ab\n"),
		ROW("contains", "SecRule ARGS \"@contains b\" \"id:1,phase:1,log\"", GET("/?a=abc&b=B"),
			"1 ARGS:a=abc\n"),
		ROW("containsWord", "SecRule ARGS \"@containsWord b\" \"id:1,phase:1,log\"", GET("/?a=a-b&b=abc"),
			"1 ARGS:a=a-b\n"),
		ROW("beginsWith", "SecRule ARGS \"@beginsWith ab\" \"id:1,phase:1,log\"", GET("/?a=abc&b=a"),
			"1 ARGS:a=abc\n"),
		ROW("endsWith with a macro",
			"SecRule ARGS \"!@endsWith .%{request_headers.host}\" \"id:1,phase:1,log\"", GET("/?a=x.h&b=x"),
			"1 ARGS:b=x\n"),
		ROW("within", "SecRule REQUEST_METHOD \"!@within GET HEAD\" \"id:1,phase:1,log\"",
			"PUT / HTTP/1.1\r\n\r\n", "1 REQUEST_METHOD=PUT\n"),
		ROW("the empty text is within everything", "SecRule ARGS \"@within GET\" \"id:1,phase:1,log\"",
			GET("/?a="), "1 ARGS:a=\n"),
		ROW("strmatch", "SecRule ARGS \"@strmatch bc\" \"id:1,phase:1,log\"", GET("/?a=abcd"),
			"1 ARGS:a=abcd\n"),
		ROW("byte range", "SecRule ARGS \"@validateByteRange 32-126\" \"id:1,phase:1,log\"", GET("/?a=x&b=%00"),
			"1 ARGS:b=\\x00\n"),
		ROW("UTF-8", "SecRule ARGS \"@validateUtf8Encoding\" \"id:1,phase:1,log\"",
			GET("/?a=%e4%bd%a0&b=%c0%af"), "1 ARGS:b=\\xc0\\xaf\n"),
		ROW("URL encoding", "SecRule REQUEST_URI \"@validateUrlEncoding\" \"id:1,phase:1,log\"", GET("/?a=%4g"),
			"1 REQUEST_URI=/?a=%4g\n"),
		ROW("addresses", "SecRule REMOTE_ADDR \"@ipMatch 10.0.0.0/8,192.0.2.0/29\" \"id:1,phase:1,log\"",
			GET("/"), "1 REMOTE_ADDR=192.0.2.7\n"),
		ROW("addresses of others", "SecRule REMOTE_ADDR \"@ipMatch 192.0.2.0/30,::1\" \"id:1,phase:1,log\"",
			GET("/"), ""),
		ROW("a card's number", "SecRule ARGS \"@verifyCC \\b\\d{13,16}\\b\" \"id:1,phase:1,log\"",
			GET("/?a=4111111111111111&b=4111111111111112"), "1 ARGS:a=4111111111111111\n"),
		ROW("identity numbers",
			"SecRule ARGS \"@verifySSN \\d{9}\" \"id:1,phase:1,log\"\nSecRule ARGS \"@verifyCPF \\d{11}\" \"id:2,phase:1,log\"\n"
			"SecRule ARGS \"@verifySVNR \\d{10}\" \"id:3,phase:1,log\"",
			GET("/?a=078051120&b=52998224725&c=1237010180"),
			"1 ARGS:a=078051120\n1 ARGS:b=52998224725\n1 ARGS:c=1237010180\n2 ARGS:b=52998224725\n3 ARGS:c=1237010180\n"),
		ROW("SQL", "SecRule ARGS \"@detectSQLi\" \"id:1,phase:1,log\"", GET("/?a=1'+or+'1'='1&b=hello"),
			"1 ARGS:a=1' or '1'='1\n"),
		ROW("HTML", "SecRule ARGS \"@detectXSS\" \"id:1,phase:1,log\"",
			GET("/?a=%3Cscript%3Ealert(1)%3C/script%3E&b=hello"), "1 ARGS:a=<script>alert(1)</script>\n"),
		ROW("what has no data never matches",
			"SecRule REMOTE_ADDR \"@geoLookup\" \"id:1,phase:1,log\"\nSecRule REMOTE_ADDR \"@rbl x\" \"id:2,phase:1,log\"",
			GET("/"), ""),
		ROW("unconditional", "SecRule ARGS \"@unconditionalMatch\" \"id:1,phase:1,log\"", GET("/?a=1"),
			"1 ARGS:a=1\n"),
	};
	(void)state;
	run_rows(rows, WQ_COUNT(rows));
}

static void transformations(void **state)
{
	static const struct row rows[] = {
		ROW("a chain", "SecRule ARGS \"@streq a b\" \"id:1,phase:1,log,t:urlDecodeUni,t:lowercase\"",
			GET("/?x=A%2520B"), "1 ARGS:x=a b\n"),
		ROW("a value that nothing changes", "SecRule ARGS \"@rx ^ab$\" \"id:1,phase:1,log,t:lowercase\"",
			GET("/?x=ab"), "1 ARGS:x=ab\n"),
		ROW("length", "SecRule ARGS \"@gt 3\" \"id:1,phase:1,log,t:length\"", GET("/?x=abcd&y=abc"),
			"1 ARGS:x=4\n"),
		ROW("of the empty text", "SecRule ARGS \"@eq 0\" \"id:1,phase:1,log,t:length\"", GET("/?x="),
			"1 ARGS:x=0\n"),
		ROW("of a TX variable", TX_ONE("AB") "SecRule TX:one \"@rx ^ab$\" \"id:1,phase:1,log,t:lowercase\"",
			GET("/"), "1 TX:one=ab\n"),
		ROW("multiMatch looks at each step",
			"SecRule ARGS \"@rx A\" \"id:1,phase:1,log,multiMatch,t:lowercase,t:uppercase\"", GET("/?x=Aa"),
			"1 ARGS:x=Aa\n1 ARGS:x=AA\n"),
		ROW("multiMatch does not look twice at the same",
			"SecRule ARGS \"@rx a\" \"id:1,phase:1,log,multiMatch,t:lowercase,t:urlDecode\"", GET("/?x=a"),
			"1 ARGS:x=a\n"),
	};
	(void)state;
	run_rows(rows, WQ_COUNT(rows));
}

static void chains(void **state)
{
	static const struct row rows[] = {
		ROW("a chain that holds",
			"SecRule REQUEST_METHOD \"@streq GET\" \"id:1,phase:1,log,chain\"\nSecRule ARGS \"@rx b\" \"t:none\"",
			GET("/?x=b"), "1 ARGS:x=b\n"),
		ROW("a chain that fails says nothing",
			"SecRule REQUEST_METHOD \"@streq GET\" \"id:1,phase:1,log,chain\"\nSecRule ARGS \"@rx b\" \"t:none\"",
			GET("/?x=c"), ""),
		ROW("each link acts when it matches, though the chain fails",
			"SecRule ARGS \"@rx a\" \"id:1,phase:1,log,chain,setvar:'tx.n=+1'\"\nSecRule ARGS \"@rx b\" \"setvar:'tx.m=+1'\"\n" SAY(
				"%{tx.n} %{tx.m}"),
			GET("/?x=a&y=a"), "99 = 2 \n"),
		ROW("the last link acts once for each value",
			"SecRule REQUEST_METHOD \"@rx G\" \"id:1,phase:1,nolog,chain\"\nSecRule ARGS \"@rx a\" \"setvar:'tx.m=+5'\"\n" SAY(
				"%{tx.m}"),
			GET("/?x=a&y=a&z=b"), "99 = 10\n"),
		ROW("captures reach the next link",
			"SecRule ARGS \"@rx (\\d+)-(\\d+)\" \"id:1,phase:1,log,capture,chain\"\nSecRule TX:2 \"@lt %{tx.1}\" \"t:none\"",
			GET("/?x=9-3&y=8-7"), "1 TX:2=7\n"),
		ROW("captures are of the last match, shorter ones take the rest away",
			"SecRule ARGS:a \"@rx (a)(b)\" \"id:1,phase:1,nolog,pass,capture\"\n"
			"SecRule ARGS:a \"@rx b\" \"id:2,phase:1,nolog,pass,capture\"\n" SAY("[%{tx.0}][%{tx.1}]"),
			GET("/?a=ab"), "99 = [b][]\n"),
		ROW("MATCHED_VARS of all links before",
			"SecRule ARGS \"@rx a\" \"id:1,phase:1,log,chain\"\nSecRule MATCHED_VARS \"@rx b\" \"chain\"\n"
			"SecRule MATCHED_VARS \"@rx c\" \"t:none\"",
			GET("/?x=ab&y=ac&z=bc"), "1 ARGS:y=ac\n"),
		ROW("MATCHED_VAR and its name",
			"SecRule ARGS \"@rx b\" \"id:1,phase:1,log,msg:'%{MATCHED_VAR_NAME} %{MATCHED_VAR}'\"",
			GET("/?x=ab"), "1 ARGS:x=ab ARGS:x ab\n"),
		ROW("MATCHED_VARS_NAMES",
			"SecRule ARGS \"@rx a\" \"id:1,phase:1,log,chain\"\nSecRule MATCHED_VARS_NAMES \"@streq ARGS:y\" \"t:none\"",
			GET("/?x=a&y=a"), "1 ARGS:y=ARGS:y\n"),
	};
	(void)state;
	run_rows(rows, WQ_COUNT(rows));
}

static void actions(void **state)
{
	static const struct row rows[] = {
		ROW("numbers in TX",
			TX_ONE("5") "SecAction \"id:2,phase:1,pass,nolog,setvar:'tx.two=+%{tx.one}',setvar:'tx.two=-2'\"\n" SAY(
				"%{tx.two}"),
			GET("/"), "99 = 3\n"),
		ROW("unset", TX_ONE("5") "SecAction \"id:2,phase:1,pass,nolog,setvar:'!tx.one'\"\n" SAY("[%{tx.one}]"),
			GET("/"), "99 = []\n"),
		ROW("zeros stay", TX_ONE("007") SAY("%{tx.one}"), GET("/"), "99 = 007\n"),
		ROW("names made at run time",
			"SecRule ARGS_NAMES \"@rx .\" \"id:1,phase:1,pass,nolog,setvar:'tx.seen_%{MATCHED_VAR_NAME}=+1'\"\n"
			"SecRule TX:/^seen_/ \"@gt 1\" \"id:2,phase:1,log\"",
			GET("/?a=1&b=1&a=2"), "2 TX:seen_ARGS_NAMES:a=2\n"),
		ROW("a regular expression over names of both kinds",
			TX_ONE("1") "SecAction \"id:2,phase:1,pass,nolog,setvar:'tx.on%{REQUEST_METHOD}=2'\"\n"
				    "SecRule TX:/^on/ \"@rx .\" \"id:3,phase:1,log\"",
			GET("/"), "3 TX:one=1\n3 TX:onGET=2\n"),
		ROW("a collection",
			"SecAction \"id:1,phase:1,pass,nolog,initcol:ip=%{remote_addr},setvar:'ip.n=+4'\"\n"
			"SecRule IP:n \"@eq 4\" \"id:2,phase:1,log\"",
			GET("/"), "2 IP:n=4\n"),
		ROW("skip",
			"SecAction \"id:1,phase:1,pass,nolog,skip:1\"\nSecAction \"id:2,phase:1,log\"\nSecAction \"id:3,phase:1,log\"",
			GET("/"), "3 =\n"),
		ROW("skipAfter a marker",
			"SecRule ARGS \"@rx a\" \"id:1,phase:1,pass,nolog,skipAfter:END\"\nSecAction \"id:2,phase:1,log\"\n"
			"SecMarker END\nSecAction \"id:3,phase:1,log\"",
			GET("/?x=a"), "3 =\n"),
		ROW("skipAfter, when it does not match",
			"SecRule ARGS \"@rx a\" \"id:1,phase:1,pass,nolog,skipAfter:END\"\nSecAction \"id:2,phase:1,log\"\n"
			"SecMarker END\nSecAction \"id:3,phase:1,log\"",
			GET("/?x=b"), "2 =\n3 =\n"),
		ROW("a rule taken away by its number",
			"SecRule ARGS \"@rx a\" \"id:1,phase:1,pass,nolog,ctl:ruleRemoveById=2\"\nSecAction \"id:2,phase:1,log\"",
			GET("/?x=a"), ""),
		ROW("rules taken away by their tag",
			"SecRule ARGS \"@rx a\" \"id:1,phase:1,pass,nolog,ctl:ruleRemoveByTag=T\"\nSecAction \"id:2,phase:2,log,tag:'T'\"\n"
			"SecAction \"id:3,phase:2,log,tag:'U'\"",
			GET("/?x=a"), "3 =\n"),
		ROW("a target taken away",
			"SecRule ARGS \"@rx a\" \"id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:x\"\n"
			"SecRule ARGS \"@rx a\" \"id:2,phase:1,log\"\nSecRule ARGS \"@rx a\" \"id:3,phase:1,log\"",
			GET("/?x=a&y=a"), "2 ARGS:y=a\n3 ARGS:x=a\n3 ARGS:y=a\n"),
		ROW("the engine switched off",
			"SecAction \"id:1,phase:1,pass,nolog,ctl:ruleEngine=Off\"\nSecAction \"id:2,phase:1,log\"",
			GET("/"), ""),
		ROW("another body processor",
			"SecAction \"id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON\"\nSecRule ARGS \"@rx .\" \"id:2,phase:2,log\"",
			FORM("/", "{\"a\":\"b\"}"), "2 ARGS:json.a=b\n"),
		ROW("setenv", "SecAction \"id:1,phase:1,pass,nolog,setenv:k=v%{REQUEST_METHOD}\"\n" SAY("%{env.k}"),
			GET("/"), "99 = vGET\n"),
		ROW("the worst severity",
			"SecAction \"id:1,phase:1,pass,nolog,severity:3\"\nSecAction \"id:2,phase:1,pass,nolog,severity:5\"\n" SAY(
				"%{HIGHEST_SEVERITY}"),
			GET("/"), "99 = 3\n"),
	};
	(void)state;
	run_rows(rows, WQ_COUNT(rows));
}

static void verdicts(void **state)
{
	static const struct row rows[] = {
		ROW("deny stops",
			"SecRule ARGS \"@rx a\" \"id:1,phase:1,log,deny,status:429\"\nSecAction \"id:2,phase:1,log\"",
			GET("/?x=a&y=a"), "1 ARGS:x=a\ndeny 429 by 1 \n"),
		ROW("phase 5 runs all the same", "SecAction \"id:1,phase:1,log,deny\"\n" SAY("end"), GET("/"),
			"1 =\n99 = end\ndeny 403 by 1 \n"),
		ROW("detection only says what would have been",
			"SecRuleEngine DetectionOnly\nSecAction \"id:1,phase:1,log,deny\"\nSecAction \"id:2,phase:1,log,drop\"",
			GET("/"), "1 =\n2 =\ndeny 403 by 1 \n"),
		ROW("off", "SecRuleEngine Off\nSecAction \"id:1,phase:1,log,deny\"", GET("/"), ""),
		ROW("redirect", "SecAction \"id:1,phase:1,log,redirect:'https://x/%{REQUEST_METHOD}',status:302\"",
			GET("/"), "1 =\nredirect 302 by 1 https://x/GET\n"),
		ROW("allow ends all",
			"SecAction \"id:1,phase:1,nolog,allow\"\nSecAction \"id:2,phase:1,log\"\nSecAction \"id:3,phase:2,log,deny\"",
			GET("/"), "allow 403 by 1 \n"),
		ROW("allow this phase",
			"SecAction \"id:1,phase:1,nolog,allow:phase\"\nSecAction \"id:2,phase:1,log\"\nSecAction \"id:3,phase:2,log\"",
			GET("/"), "3 =\n"),
		ROW_RESPONSE("allow the request",
			"SecAction \"id:1,phase:1,nolog,allow:request\"\nSecAction \"id:2,phase:2,log\"\nSecAction \"id:3,phase:3,log\"",
			GET("/"), "HTTP/1.1 200\r\n\r\n", "3 =\n"),
		ROW("block is what the default action says",
			"SecDefaultAction \"phase:1,log,deny,status:406\"\nSecRule ARGS \"@rx a\" \"id:1,phase:1,block\"",
			GET("/?x=a"), "1 ARGS:x=a\ndeny 406 by 1 \n"),
		ROW("anomaly scores",
			TX_ONE("5") "SecRule ARGS \"@rx a\" \"id:1,phase:2,log,pass,setvar:'tx.score=+%{tx.one}'\"\n"
				    "SecRule TX:score \"@ge 10\" \"id:2,phase:2,log,deny\"",
			FORM("/?x=a", "y=a"), "1 ARGS:x=a\n1 ARGS:y=a\n2 TX:score=10\ndeny 403 by 2 \n"),
		ROW("ten lines of one rule are eight and two lost", "SecRule ARGS \"@rx a\" \"id:1,phase:1,log,pass\"",
			GET("/?a=a&b=a&c=a&d=a&e=a&f=a&g=a&h=a&i=a&j=a"),
			"1 ARGS:a=a\n1 ARGS:b=a\n1 ARGS:c=a\n1 ARGS:d=a\n1 ARGS:e=a\n1 ARGS:f=a\n1 ARGS:g=a\n1 ARGS:h=a\nlost 2\n"),
		ROW("a pattern without end counts as over",
			"SecPcreMatchLimit 1000\nSecRule ARGS \"@rx ^(a+)+b\\d\" \"id:1,phase:1,log\"\n"
			"SecRule MSC_PCRE_LIMITS_EXCEEDED \"@eq 1\" \"id:2,phase:1,log\"",
			GET("/?x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabcab1"),
			"2 MSC_PCRE_LIMITS_EXCEEDED=1\nover\n"),
	};
	(void)state;
	run_rows(rows, WQ_COUNT(rows));
}

/* ---- budgets ---- */

static uint64_t clock_nsec;

static uint64_t ticking(void)
{
	return clock_nsec += 100000;
}

static void budgets(void **state)
{
	static const char
		rules[] = "SecRule ARGS \"@rx a\" \"id:1,phase:1,log\"\nSecRule ARGS \"@rx b\" \"id:2,phase:1,log\"\n"
			  "SecRule ARGS \"@rx c\" \"id:3,phase:1,log\"";
	static const struct {
		struct wq_waf_budget budget;
		enum wq_waf_step expected;
		size_t slices; /* at least */
	} rows[] = {
		{{0}, WQ_WAF_DONE, 1},
		{{.evaluations = 1}, WQ_WAF_OVER, 1},
		{{.bytes = 10}, WQ_WAF_OVER, 1},
		{{.usec = 150}, WQ_WAF_OVER, 1},
		{{.slice_usec = 1}, WQ_WAF_DONE, 2},
	};
	struct wq_waf_program *program = load(rules, false);
	struct wq_waf_worker *worker;
	char target[8192] = "/?";
	(void)state;

	for (size_t i = 0; i < 300; i++)
		snprintf(target + strlen(target), sizeof target - strlen(target), "p%zu=abc%zu&", i, i);
	assert_ok(wq_waf_worker_new(ticking, &worker));
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		const struct wq_waf_begin begin = {.budget = rows[i].budget, .body = wq_body_limits_default};
		struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
		size_t slices = 1;
		enum wq_waf_step step;
		assert_non_null(tx);
		wq_waf_request(tx, WQ_S("GET"), wq_str_c(target), WQ_S("HTTP/1.1"));
		while ((step = wq_waf_run(tx, 1)) == WQ_WAF_AGAIN)
			slices++;
		if (step != rows[i].expected || slices < rows[i].slices)
			fail_msg("row %zu: step %d after %zu slices", i, step, slices);
		assert_true(step == WQ_WAF_OVER || wq_waf_cost(tx).evaluations >= 900);
		assert_int_equal(wq_waf_run(tx, 1), step == WQ_WAF_OVER ? WQ_WAF_OVER : WQ_WAF_DONE);
		wq_waf_end(&tx);
	}
	wq_waf_worker_free(&worker);
	wq_waf_program_unref(&program);
}

static uint64_t cpu_nsec;

static uint64_t standing(void)
{
	return cpu_nsec;
}

static uint64_t running(void)
{
	return cpu_nsec += 100000;
}

/* Time in which the thread did not run is not the request's. */
static void processor_time(void **state)
{
	static const struct {
		uint64_t (*cpu)(void);
		enum wq_waf_step expected;
	} rows[] = {{NULL, WQ_WAF_OVER}, {standing, WQ_WAF_DONE}, {running, WQ_WAF_OVER}};
	struct wq_waf_program *program = load("SecRule ARGS \"@rx a\" \"id:1,phase:1,log\"", false);
	char target[8192] = "/?";
	(void)state;

	for (size_t i = 0; i < 300; i++)
		snprintf(target + strlen(target), sizeof target - strlen(target), "p%zu=abc%zu&", i, i);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		const struct wq_waf_begin begin = {.budget = {.usec = 150, .slice_usec = 100}};
		struct wq_waf_worker *worker;
		enum wq_waf_step step;
		assert_ok(wq_waf_worker_new(ticking, &worker));
		wq_waf_worker_cpu_clock(worker, rows[i].cpu);
		struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
		assert_non_null(tx);
		wq_waf_request(tx, WQ_S("GET"), wq_str_c(target), WQ_S("HTTP/1.1"));
		while ((step = wq_waf_run(tx, 1)) == WQ_WAF_AGAIN)
			;
		assert_int_equal(step, rows[i].expected);
		wq_waf_end(&tx);
		wq_waf_worker_free(&worker);
	}
	wq_waf_program_unref(&program);
}

/* Tens of thousands of backtracks for each of 400 places, one evaluation in all. */
static void one_value_has_an_end(void **state)
{
	static const uint32_t budgets_usec[] = {0, 1000};
	struct wq_waf_program *program = load("SecRule ARGS \"@rx \\s+\\s*\\s*x\" \"id:1,phase:1,log\"", false);
	struct wq_waf_worker *worker;
	char target[2048] = "/?a=";
	(void)state;

	for (size_t i = 0; i < 400; i++)
		snprintf(target + strlen(target), sizeof target - strlen(target), "%%0a");
	snprintf(target + strlen(target), sizeof target - strlen(target), "yx");
	assert_ok(wq_waf_worker_new(ticking, &worker));
	for (size_t i = 0; i < WQ_COUNT(budgets_usec); i++) {
		const struct wq_waf_begin begin = {.budget = {.usec = budgets_usec[i]}, .body = wq_body_limits_default};
		struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
		assert_non_null(tx);
		wq_waf_request(tx, WQ_S("GET"), wq_str_c(target), WQ_S("HTTP/1.1"));
		assert_int_equal(wq_waf_run(tx, 1), budgets_usec[i] ? WQ_WAF_OVER : WQ_WAF_DONE);
		wq_waf_end(&tx);
	}
	wq_waf_worker_free(&worker);
	wq_waf_program_unref(&program);
}

/* ---- exceptions ---- */

static void note(void *data, uint64_t mark)
{
	*(uint64_t *)data |= mark;
}

static void exceptions(void **state)
{
	static const char rules
		[] = "SecRule ARGS \"@rx a\" \"id:1,phase:1,log,tag:'T'\"\nSecRule ARGS \"@rx a\" \"id:2,phase:1,log\"";
	static const struct wq_waf_exception list[] = {
		{.first = 1, .last = 1, .target = WQ_S_INIT("ARGS:x"), .mark = 1},
		{.first = 2, .last = 9, .mark = 2},
		{.tag = WQ_S_INIT("T"), .target = WQ_S_INIT("ARGS:/^y/"), .mark = 4},
	};
	static const struct {
		uint64_t active;
		const char *expected;
		uint64_t used;
	} rows[] = {
		{0, "1 ARGS:x=a\n1 ARGS:yy=a\n2 ARGS:x=a\n2 ARGS:yy=a\n", 0},
		{1, "1 ARGS:yy=a\n2 ARGS:x=a\n2 ARGS:yy=a\n", 1},
		{2, "1 ARGS:x=a\n1 ARGS:yy=a\n", 2},
		{5, "2 ARGS:x=a\n2 ARGS:yy=a\n", 5},
	};
	struct wq_waf_program *program = load(rules, false);
	struct wq_waf_exceptions *made;
	struct wq_waf_worker *worker;
	(void)state;

	assert_ok(wq_waf_exceptions_new(program, list, WQ_COUNT(list), &made));
	assert_ok(wq_waf_worker_new(NULL, &worker));
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		const struct wq_waf_begin begin = {.exceptions = made, .exceptions_active = &rows[i].active};
		struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
		uint64_t used = 0;
		WQ_BUF(log, PROBE_LOG_MAX);
		assert_int_equal(probe_request(tx, WQ_S(GET("/?x=a&yy=a")), 1), WQ_WAF_DONE);
		probe_result(tx, &log);
		assert_string_equal(wq_buf_cstr(&log), rows[i].expected);
		wq_waf_exceptions_used(tx, note, &used);
		assert_int_equal(used, rows[i].used);
		wq_waf_end(&tx);
	}
	wq_waf_worker_free(&worker);
	wq_waf_exceptions_free(&made);
	wq_waf_program_unref(&program);
}

/* ---- traces ---- */

static void trace_rule(void *data, uint32_t rule, wq_str file, uint32_t line, const char *why)
{
	assert_str(file, WQ_S("test.conf"));
	wq_buf_printf(data, "%u:%u %s\n", rule, line, why);
}

static void trace_value(
	void *data, uint32_t rule, wq_str variable, wq_str before, const char *chain, wq_str after, const char *why)
{
	wq_buf_printf(data, "  %u %.*s %.*s -%s> %.*s %s\n", rule, WQ_S_ARG(variable), WQ_S_ARG(before), chain,
		WQ_S_ARG(after), why);
}

static void traces(void **state)
{
	static const char
		rules[] = "SecRule ARGS \"@rx b+\" \"id:1,phase:1,pass,nolog,t:urlDecode,t:lowercase,skipAfter:END\"\n"
			  "SecAction \"id:2,phase:1,pass,nolog\"\nSecMarker END\n"
			  "SecRule ARGS \"@rx zzz\" \"id:3,phase:1,log\"\n"
			  "SecAction \"id:4,phase:1,pass,nolog,ctl:ruleRemoveById=5\"\nSecAction \"id:5,phase:1,log\"\n"
			  "SecRule TX:x \"@eq 1\" \"id:6,phase:1,log\"";
	struct wq_waf_program *program = load(rules, true);
	struct wq_waf_worker *worker;
	const struct wq_waf_begin begin = {.unique_id = WQ_S("id")};
	WQ_BUF(log, PROBE_LOG_MAX);
	const struct wq_waf_trace trace = {&log, trace_rule, trace_value};
	(void)state;

	assert_ok(wq_waf_worker_new(NULL, &worker));
	struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
	wq_waf_set_trace(tx, &trace);
	assert_int_equal(probe_request(tx, WQ_S(GET("/?a=B&c=x")), 1), WQ_WAF_DONE);
	assert_string_equal(wq_buf_cstr(&log),
		"  1 ARGS:a B -t:urlDecode,t:lowercase> b matched\n1:1 matched\n2:2 skipped\n3:4 prefilter\n"
		"4:5 matched\n5:6 removed\n6:7 not matched\n");
	wq_waf_end(&tx);
	wq_waf_worker_free(&worker);
	wq_waf_program_unref(&program);
}

/* ---- what callers read ---- */

static void answers(void **state)
{
	struct wq_waf_program *program = load(
		TX_ONE("5") "SecAction \"id:1,phase:1,pass,nolog,setvar:'tx.limit=3',setenv:k=v\"\n"
			    "SecRule TX:limit \"@eq 9\" \"id:2,phase:1,log\"",
		false);
	struct wq_waf_worker *worker;
	const struct wq_waf_begin begin = {.unique_id = WQ_S("id")};
	int64_t number = 0;
	(void)state;

	assert_ok(wq_waf_worker_new(NULL, &worker));
	struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
	assert_true(wq_waf_tx_fix(tx, WQ_S("LIMIT"), 9));
	assert_false(wq_waf_tx_fix(tx, WQ_S("nobody_reads_it"), 9));
	assert_int_equal(probe_request(tx, WQ_S(GET("/")), 1), WQ_WAF_DONE);
	assert_true(wq_waf_tx_number(tx, WQ_S("one"), &number));
	assert_int_equal(number, 5);
	assert_true(wq_waf_tx_number(tx, WQ_S("Limit"), &number));
	assert_int_equal(number, 9);
	assert_false(wq_waf_tx_number(tx, WQ_S("none"), &number));
	assert_true(wq_str_eq(wq_waf_env(tx, WQ_S("k")), WQ_S("v")));
	assert_int_equal(wq_waf_env(tx, WQ_S("l")).n, 0);
	wq_waf_end(&tx);
	assert_null(tx);
	wq_waf_worker_free(&worker);
	wq_waf_program_unref(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables),
		cmocka_unit_test(chinese),
		cmocka_unit_test(operators),
		cmocka_unit_test(transformations),
		cmocka_unit_test(chains),
		cmocka_unit_test(actions),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(budgets),
		cmocka_unit_test(processor_time),
		cmocka_unit_test(one_value_has_an_end),
		cmocka_unit_test(exceptions),
		cmocka_unit_test(traces),
		cmocka_unit_test(answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
