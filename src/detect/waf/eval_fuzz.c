/* A small program of every kind of rule, and any bytes as a request and its response: no crash, and neither folding at load nor
 * the pieces in which a body comes change what is found. */
#include "detect/waf/eval_probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules[] =
	"SecRule TX:level \"@eq 0\" \"id:1,phase:1,pass,nolog\"\n"
	"SecAction \"id:2,phase:1,pass,nolog,setvar:tx.level=1,setvar:tx.words=GET POST\"\n"
	"SecRule TX:level \"@lt 2\" \"id:3,phase:1,pass,nolog,skipAfter:LATER\"\n"
	"SecRule ARGS \"@rx .\" \"id:4,phase:1,log\"\n"
	"SecMarker LATER\n"
	"SecRule REQUEST_METHOD \"!@within %{tx.words}\" \"id:10,phase:1,log,setvar:tx.score=+5\"\n"
	"SecRule REQUEST_HEADERS_NAMES \"@rx ^.*$\" \"id:11,phase:1,log,capture,t:lowercase,"
	"setvar:'tx.name_%{tx.0}=/%{tx.0}/',chain\"\n"
	"SecRule TX:/^name_/ \"@within /x-a/ /x-b/\" \"setvar:tx.score=+1\"\n"
	"SecRule REQUEST_HEADERS|!REQUEST_HEADERS:/^acc/ \"@validateByteRange 9,10,13,32-126\" \"id:12,phase:1,log,t:urlDecodeUni\"\n"
	"SecRule REQUEST_HEADERS:Content-Type \"@rx json\" \"id:13,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON,"
	"ctl:ruleRemoveTargetById=21;ARGS:json.a\"\n"
	"SecRule REQUEST_HEADERS:X-Off \"@rx 1\" \"id:14,phase:1,pass,nolog,ctl:ruleRemoveByTag=T\"\n"
	"SecRule ARGS|ARGS_NAMES|REQUEST_COOKIES|XML:/*|XML://@* \"@rx (?i)union\\s+select|<script|\\.\\./\" "
	"\"id:20,phase:2,log,capture,t:urlDecodeUni,t:htmlEntityDecode,t:lowercase,tag:'T',msg:'%{tx.0} in %{MATCHED_VAR_NAME}',"
	"setvar:tx.score=+5\"\n"
	"SecRule ARGS \"@rx ^[a-z]+$\" \"id:21,phase:2,log\"\n"
	"SecRule ARGS \"!@rx ^[a-z0-9]*$\" \"id:22,phase:2,log,multiMatch,t:base64Decode,t:cmdLine\"\n"
	"SecRule ARGS|REQUEST_BODY \"@pm eval system passwd\" \"id:23,phase:2,log,chain,setvar:tx.score=+2\"\n"
	"SecRule MATCHED_VARS \"@rx \\(\" \"chain\"\n"
	"SecRule MATCHED_VARS_NAMES \"@rx ARGS\" \"setvar:tx.score=+3\"\n"
	"SecRule ARGS \"@detectSQLi\" \"id:24,phase:2,log\"\n"
	"SecRule ARGS \"@detectXSS\" \"id:25,phase:2,log\"\n"
	"SecRule ARGS|ARGS_NAMES \"@validateUtf8Encoding\" \"id:26,phase:2,log\"\n"
	"SecRule ARGS_NAMES \"@rx .\" \"id:27,phase:2,pass,nolog,setvar:'tx.count_%{MATCHED_VAR_NAME}=+1'\"\n"
	"SecRule TX:/^count_/ \"@gt 1\" \"id:28,phase:2,log\"\n"
	"SecRule FILES|FILES_NAMES|MULTIPART_PART_HEADERS \"@rx [;=]\" \"id:29,phase:2,log\"\n"
	"SecRule REQBODY_ERROR|MULTIPART_STRICT_ERROR|URLENCODED_ERROR \"!@eq 0\" \"id:30,phase:2,log\"\n"
	"SecRule &ARGS \"@gt 3\" \"id:31,phase:2,log\"\n"
	"SecRule ARGS_COMBINED_SIZE \"@gt 100\" \"id:32,phase:2,log,t:length\"\n"
	"SecRule ARGS \"@verifyCC \\d{13,16}\" \"id:33,phase:2,log\"\n"
	"SecRule REQUEST_FILENAME|REQUEST_BASENAME|QUERY_STRING|REQUEST_LINE|FULL_REQUEST \"@contains passwd\" \"id:34,phase:2,log\"\n"
	"SecRule ARGS:a \"@rx ^%{ARGS.b}$\" \"id:35,phase:2,log\"\n"
	"SecRule TX:score \"@ge 12\" \"id:90,phase:2,log,deny\"\n"
	"SecRule RESPONSE_STATUS \"@rx ^5\" \"id:40,phase:3,log\"\n"
	"SecRule RESPONSE_BODY|RESPONSE_HEADERS \"@pm error warning\" \"id:41,phase:4,log,t:lowercase\"\n"
	"SecAction \"id:99,phase:5,pass,log,msg:'%{tx.score} %{HIGHEST_SEVERITY} %{DURATION}'\"\n";

static struct wq_waf_program *programs[2];
static struct wq_waf_worker *worker;

static bool ready(void)
{
	if (worker)
		return true;
	return !wq_failed(probe_load(rules, false, &programs[0])) &&
		!wq_failed(probe_load(rules, true, &programs[1])) && !wq_failed(wq_waf_worker_new(NULL, &worker));
}

static void run(unsigned which, wq_str request, wq_str response, size_t piece, struct wq_buf *log)
{
	const struct wq_waf_begin begin = {
		.budget = {.evaluations = 20000, .bytes = 4 * WQ_MIB},
		.body = wq_body_limits_default,
		.detection_only = piece % 2 == 0,
	};
	struct wq_waf_tx *tx = wq_waf_begin(worker, programs[which], &begin);

	if (!tx)
		abort();
	enum wq_waf_step step = probe_request(tx, request, piece);
	if (step == WQ_WAF_DONE)
		step = probe_response(tx, response);
	(void)probe_phase(tx, 5);
	probe_result(tx, log);
	if (step == WQ_WAF_OVER)
		wq_buf_clear(log); /* where it stopped depends on what folding left to count */
	wq_waf_end(&tx);
}

/* A byte for the size of pieces, then the request, then after a line "--" the response. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	WQ_BUF(whole, PROBE_LOG_MAX);
	WQ_BUF(pieces, PROBE_LOG_MAX);
	WQ_BUF(unfolded, PROBE_LOG_MAX);

	if (size < 2 || !ready())
		return 0;
	wq_str request = wq_str_of(data + 1, size - 1),
	       response = WQ_S("HTTP/1.1 200\r\nContent-Type: text/html\r\n\r\n");
	ptrdiff_t at = wq_str_find(request, WQ_S("\n--\n"));
	if (at >= 0) {
		response = wq_str_from(request, (size_t)at + 4);
		request = wq_str_head(request, (size_t)at);
	}
	run(0, request, response, SIZE_MAX / 2 - data[0] % 2, &whole);
	run(0, request, response, (size_t)data[0] / 16 * 2 + 1 + data[0] % 2, &pieces);
	run(1, request, response, SIZE_MAX / 2 - data[0] % 2, &unfolded);
	if (!wq_str_eq(wq_buf_str(&whole), wq_buf_str(&unfolded)))
		abort();
	/* REQUEST_BODY and limits of the parser do not depend on how the bytes came */
	if (!wq_str_eq(wq_buf_str(&whole), wq_buf_str(&pieces)))
		abort();
	return 0;
}
