#include "detect/body/body_priv.h"

const struct wq_body_limits wq_body_limits_default = {
	.bytes = 128 * WQ_MIB,
	.no_files_bytes = 128 * WQ_KIB,
	.args = 1000,
	.parts = 256,
	.part_headers_bytes = 8 * WQ_KIB,
	.depth = 64,
	.ratio = 100,
};

static const char *const kinds[WQ_BODY_KINDS] = {
	[WQ_BODY_NONE] = "",
	[WQ_BODY_URLENCODED] = "URLENCODED",
	[WQ_BODY_MULTIPART] = "MULTIPART",
	[WQ_BODY_JSON] = "JSON",
	[WQ_BODY_XML] = "XML",
	[WQ_BODY_PLAIN] = "",
};

const char *wq_body_kind_name(enum wq_body_kind kind)
{
	return kinds[kind];
}

bool wq_body_kind_parse(wq_str name, enum wq_body_kind *ret_kind)
{
	for (unsigned i = 0; i < WQ_COUNT(kinds); i++)
		if (kinds[i][0] && wq_str_eq_nocase(name, wq_str_c(kinds[i]))) {
			*ret_kind = (enum wq_body_kind)i;
			return true;
		}
	return false;
}

enum wq_body_kind wq_body_kind_of(wq_str content_type)
{
	static const struct {
		wq_str type;
		enum wq_body_kind kind;
	} types[] = {
		{WQ_S_INIT("application/x-www-form-urlencoded"), WQ_BODY_URLENCODED},
		{WQ_S_INIT("multipart/form-data"), WQ_BODY_MULTIPART},
		{WQ_S_INIT("application/json"), WQ_BODY_JSON},
		{WQ_S_INIT("text/json"), WQ_BODY_JSON},
		{WQ_S_INIT("application/xml"), WQ_BODY_XML},
		{WQ_S_INIT("text/xml"), WQ_BODY_XML},
		{WQ_S_INIT("text/plain"), WQ_BODY_PLAIN},
	};
	size_t n = 0;
	wq_str type = wq_str_trim(content_type);
	while (n < type.n && !memchr(";, \t", type.p[n], 4))
		n++;
	type.n = n;
	for (size_t i = 0; i < WQ_COUNT(types); i++)
		if (wq_str_eq_nocase(type, types[i].type))
			return types[i].kind;
	/* Servers of the Java family take any multipart body for a form (RFC 2046 §5.1.7 wants unknown ones read as mixed). */
	if (wq_str_starts_nocase(type, WQ_S("multipart/")))
		return WQ_BODY_MULTIPART;
	/* RFC 6839 §3.1, RFC 7303 §4.2 */
	if (n > 5 && wq_str_eq_nocase(wq_str_from(type, n - 5), WQ_S("+json")))
		return WQ_BODY_JSON;
	if (n > 4 && wq_str_eq_nocase(wq_str_from(type, n - 4), WQ_S("+xml")))
		return WQ_BODY_XML;
	return WQ_BODY_NONE;
}

const char *wq_body_oddity_name(enum wq_body_oddity oddity)
{
	static const char *const names[] = {
#define WQ_BODY_ODDITY(id, name, strict, text) name,
#include "detect/body/oddity_table.h"
#undef WQ_BODY_ODDITY
	};
	return names[oddity];
}

static const uint64_t strict_mask = 0
#define WQ_BODY_ODDITY(id, name, strict, text) | ((uint64_t)(strict) << WQ_ODD_##id)
#include "detect/body/oddity_table.h"
#undef WQ_BODY_ODDITY
	;

bool wq_body_strict_error(const struct wq_body_report *report)
{
	return (report->oddities & strict_mask) != 0;
}

/* SecLang's variables, and what sets each of them. */
static const struct {
	const char *name;
	uint64_t oddities;
} wq_body_variables[] = {
	{"MULTIPART_BOUNDARY_QUOTED", WQ_ODD(BOUNDARY_QUOTED)},
	{"MULTIPART_BOUNDARY_WHITESPACE", WQ_ODD(BOUNDARY_SPACE)},
	{"MULTIPART_DATA_BEFORE", WQ_ODD(DATA_BEFORE)},
	{"MULTIPART_DATA_AFTER", WQ_ODD(DATA_AFTER)},
	{"MULTIPART_HEADER_FOLDING", WQ_ODD(HEADER_FOLDED)},
	{"MULTIPART_INVALID_HEADER_FOLDING", WQ_ODD(FOLDING_INVALID)},
	{"MULTIPART_LF_LINE", WQ_ODD(LF_LINE)},
	{"MULTIPART_CRLF_LF_LINES", WQ_ODD(CRLF_LF_MIXED)},
	{"MULTIPART_MISSING_SEMICOLON", WQ_ODD(SEMICOLON_MISSING)},
	{"MULTIPART_INVALID_QUOTING", WQ_ODD(QUOTING)},
	{"MULTIPART_INVALID_PART",
		WQ_ODD(PART_INVALID) | WQ_ODD(PART_HEADER) | WQ_ODD(PART_TWICE) | WQ_ODD(HEADER_TWICE)},
	{"MULTIPART_FILE_LIMIT_EXCEEDED", WQ_ODD(PARTS)},
	{"MULTIPART_UNMATCHED_BOUNDARY", WQ_ODD(UNMATCHED_BOUNDARY)},
	{"URLENCODED_ERROR", WQ_ODD(PERCENT)},
};

uint64_t wq_body_variable_oddities(wq_str variable)
{
	if (wq_str_eq_nocase(variable, WQ_S("MULTIPART_STRICT_ERROR")))
		return strict_mask;
	for (size_t i = 0; i < WQ_COUNT(wq_body_variables); i++)
		if (wq_str_eq_nocase(variable, wq_str_c(wq_body_variables[i].name)))
			return wq_body_variables[i].oddities;
	return 0;
}
