#include "detect/page/page_priv.h"

enum { POLICE_DIGITS = 14, SITE_CODE = 10 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits_at(wq_str s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && is_digit(s.p[at + n]))
		n++;
	return n;
}

/* ---- the mark (field: bszs.conac.cn) ---- */

/* /js/PP/CCC/DDDD/SSSSSSSS/CAPPCCCDDDDSSSSSSSSNNNN.js: the file repeats the folders. */
static bool path_is_consistent(wq_str path)
{
	static const size_t lengths[] = {2, 3, 4, 8};
	char digits[18];
	size_t n = 0;

	for (size_t i = 0; i < WQ_COUNT(lengths); i++) {
		wq_str part = wq_str_cut(&path, '/');
		if (part.n != lengths[i] || digits_at(part, 0) != part.n || !path.p)
			return false;
		memcpy(digits + n, part.p, part.n);
		n += part.n;
	}
	return path.n >= 2 + n + 4 + 3 && wq_str_starts(path, WQ_S("CA")) && memcmp(path.p + 2, digits, n) == 0 &&
		digits_at(path, 2) == n + 4 && wq_str_starts(wq_str_from(path, 2 + n + 4), WQ_S(".js"));
}

static void see_mark(struct page_run *run, uint64_t at, uint64_t n)
{
	struct page_footer *f = &run->footer;

	*(run->hidden.tag != WQ_TAG_NONE ? &f->mark_hidden : &f->mark_open) = true;
	if (!f->mark_at) {
		f->mark_at = at;
		f->mark_n = n;
	}
}

static void see_path(struct page_run *run, wq_str text, uint64_t at, uint64_t n)
{
	ptrdiff_t found = wq_str_find(text, WQ_S("conac.cn/js/"));

	if (found < 0)
		return;
	see_mark(run, at, n);
	run->footer.mark_shown = true;
	*(path_is_consistent(wq_str_from(text, (size_t)found + 12)) ? &run->footer.mark_path_ok
								    : &run->footer.mark_path_bad) = true;
}

/* 32 upper-case hexadecimal digits behind id=. */
static void see_id(struct page_run *run, wq_str address)
{
	ptrdiff_t at = wq_str_find(address, WQ_S("id="));
	wq_str id = at < 0 ? WQ_S_NONE : wq_str_from(address, (size_t)at + 3);
	bool ok = id.n == 32;

	for (size_t i = 0; i < id.n && ok; i++)
		ok = is_digit(id.p[i]) || (id.p[i] >= 'A' && id.p[i] <= 'F');
	*(ok ? &run->footer.mark_id_ok : &run->footer.mark_id_bad) = true;
}

static void see_image(struct page_run *run, const struct wq_html_token *token, wq_str src)
{
	static const wq_str names[] = {
		WQ_S_INIT("red.png"), WQ_S_INIT("blue.png"), WQ_S_INIT("red_error.png"), WQ_S_INIT("blue_error.png")};
	const struct wq_html_attr *id = wq_html_attr_find(token, WQ_S("id"));
	bool named = id && wq_str_eq_nocase(id->value, WQ_S("imgConac"));
	bool ours = wq_str_find(src, WQ_S("conac.cn")) >= 0;

	if (!named && !ours && run->footer.inside == WQ_TAG_NONE)
		return;
	see_mark(run, token->start, token->raw.n);
	run->footer.mark_shown = true;
	run->footer.local_image |= !ours;
	for (size_t i = 0; i < WQ_COUNT(names); i++) {
		ptrdiff_t slash = wq_str_rchr(src, '/');
		if (!wq_str_starts(wq_str_from(src, (size_t)(slash + 1)), names[i]))
			continue;
		run->footer.red |= i % 2 == 0;
		run->footer.blue |= i % 2 == 1;
		run->footer.error_image |= i >= 2;
	}
}

void page_footer_code(struct page_run *run, wq_str code, uint64_t at, uint64_t n)
{
	if (wq_str_find(code, WQ_S("_ideConac")) < 0 && wq_str_find(code, WQ_S("conac.cn")) < 0)
		return;
	see_mark(run, at, n);
	/* "%3E3C/span": the percent sign got lost */
	run->footer.typo |= wq_str_find(code, WQ_S(">3C/")) >= 0;
	see_path(run, code, at, n);
}

void page_footer_comment(struct page_run *run, const struct wq_html_token *token)
{
	if (wq_str_find(token->content, WQ_S("onac")) < 0 ||
		(wq_str_find(token->content, WQ_S("_ideConac")) < 0 &&
			wq_str_find(token->content, WQ_S("conac.cn")) < 0))
		return;
	run->footer.comment_at = token->start;
	run->footer.comment_n = token->raw.n;
}

/* ---- site code ---- */

static bool is_site_code(wq_str code)
{
	bool department = wq_str_starts(code, WQ_S("bm"));

	return code.n == SITE_CODE && digits_at(code, department ? 2 : 0) == (department ? 8 : SITE_CODE);
}

static void see_site_code(struct page_run *run, wq_str code, uint64_t at, uint64_t n)
{
	struct page_footer *f = &run->footer;

	code = wq_str_trim(code);
	if (!is_site_code(code)) {
		if (!f->code_bad_at) {
			f->code_bad_at = at;
			f->code_bad_n = n;
		}
	} else if (!f->site_code[0]) {
		memcpy(f->site_code, code.p, SITE_CODE);
		f->code_at = at;
		f->code_n = n;
	} else if (!wq_str_eq(wq_str_of(f->site_code, SITE_CODE), code) && !f->code_differs_at) {
		f->code_differs_at = at;
		f->code_differs_n = n;
	}
}

/* ---- filings ---- */

static void see_police(struct page_run *run, char kept[15], uint64_t *kept_at, uint64_t *kept_n, wq_str digits,
	uint64_t at, uint64_t n)
{
	if (digits_at(digits, 0) != POLICE_DIGITS) {
		run->footer.police_bad_at = at;
		run->footer.police_bad_n = n;
	} else if (!kept[0]) {
		memcpy(kept, digits.p, POLICE_DIGITS);
		*kept_at = at;
		*kept_n = n;
	}
}

static void see_link(struct page_run *run, const struct wq_html_token *token, wq_str href)
{
	struct page_footer *f = &run->footer;
	ptrdiff_t at;

	if (wq_str_find(href, WQ_S("miibeian.gov.cn")) >= 0) {
		f->icp_old_at = token->start;
		f->icp_old_n = token->raw.n;
		f->icp_old_host = wq_str_find(href, WQ_S("www.miibeian.gov.cn")) >= 0 ? WQ_S("www.miibeian.gov.cn")
										      : WQ_S("miibeian.gov.cn");
	} else if (wq_str_find(href, WQ_S("beian.miit.gov.cn")) >= 0) {
		f->icp_link_at = token->start;
	} else if (wq_str_find(href, WQ_S("beian.gov.cn")) >= 0 || wq_str_find(href, WQ_S("beian.mps.gov.cn")) >= 0) {
		if ((at = wq_str_find(href, WQ_S("code="))) >= 0)
			see_police(run, f->police_link, &f->police_link_at, &f->police_link_n,
				wq_str_from(href, (size_t)at + 5), token->start, token->raw.n);
	}
	if (wq_str_find(href, WQ_S("bszs.conac.cn")) >= 0) {
		see_mark(run, token->start, token->raw.n);
		see_id(run, href);
		run->footer.inside = WQ_TAG_A;
	}
	if ((at = wq_str_find(href, WQ_S("site_code="))) >= 0)
		see_site_code(
			run, wq_str_head(wq_str_from(href, (size_t)at + 10), SITE_CODE), token->start, token->raw.n);
}

void page_footer_tag(struct page_run *run, const struct wq_html_token *token)
{
	const struct wq_html_attr *attr;

	if (token->tag == WQ_TAG_A && (attr = wq_html_attr_find(token, WQ_S("href"))) &&
		wq_str_find(attr->value, WQ_S(".cn")) >= 0)
		see_link(run, token, attr->value);
	else if (token->tag == WQ_TAG_IMG && (attr = wq_html_attr_find(token, WQ_S("src"))))
		see_image(run, token, attr->value);
	else if (token->tag == WQ_TAG_SCRIPT) {
		if ((attr = wq_html_attr_find(token, WQ_S("sitecode"))))
			see_site_code(run, attr->value, token->start, token->raw.n);
		if ((attr = wq_html_attr_find(token, WQ_S("src"))))
			see_path(run, attr->value, token->start, token->raw.n);
	} else if (token->tag == WQ_TAG_META && (attr = wq_html_attr_find(token, WQ_S("name"))) &&
		wq_str_eq_nocase(attr->value, WQ_S("SiteIDCode")) && (attr = wq_html_attr_find(token, WQ_S("content"))))
		see_site_code(run, attr->value, token->start, token->raw.n);
	else if ((attr = wq_html_attr_find(token, WQ_S("id"))) && wq_str_eq(attr->value, WQ_S("_ideConac"))) {
		see_mark(run, token->start, token->raw.n);
		run->footer.inside = token->tag;
	}
}

void page_footer_end(struct page_run *run, const struct wq_html_token *token)
{
	if (run->footer.inside == token->tag)
		run->footer.inside = WQ_TAG_NONE;
}

static wq_str skip_spaces(wq_str s)
{
	static const wq_str spaces[] = {WQ_S_INIT("\xc2\xa0"), WQ_S_INIT("　"), WQ_S_INIT("&nbsp;")};

	for (size_t i = 0; i < WQ_COUNT(spaces);) {
		size_t n = s.n && wq_html_is_space(s.p[0]) ? 1 : wq_str_starts(s, spaces[i]) ? spaces[i].n : 0;
		s = wq_str_from(s, n);
		i = n ? 0 : i + 1;
	}
	return s;
}

/* A province before, 8 to 10 digits and 号 behind. */
static void see_icp(struct page_run *run, wq_str text, size_t at, uint64_t start)
{
	struct page_footer *f = &run->footer;
	wq_str rest = skip_spaces(wq_str_from(text, at + strlen("ICP备")));
	size_t n = digits_at(rest, 0);
	bool province = at >= 3 && (unsigned char)text.p[at - 3] >= 0xe4;
	bool ok = province && n >= 8 && n <= 10 && wq_str_starts(skip_spaces(wq_str_from(rest, n)), WQ_S("号"));
	uint64_t from = start + (at >= 3 ? at - 3 : at), length = (uint64_t)(rest.p + n - text.p) + start - from;

	if (n == 0)
		return; /* a word about filing */
	*(ok ? &f->icp_at : &f->icp_bad_at) = from;
	*(ok ? &f->icp_n : &f->icp_bad_n) = length;
}

/* The ten characters behind "标识码：", in this text or at the start of the next. */
static void see_labelled_code(struct page_run *run, wq_str text, size_t at, uint64_t start)
{
	wq_str rest = skip_spaces(wq_str_from(text, at));
	bool colon = wq_str_starts(rest, WQ_S("：")) || wq_str_starts(rest, WQ_S(":"));
	size_t n = 0;

	if (colon)
		rest = skip_spaces(wq_str_from(rest, rest.p[0] == ':' ? 1 : strlen("：")));
	while (n < rest.n && (is_digit(rest.p[n]) || (rest.p[n] >= 'a' && rest.p[n] <= 'z')))
		n++;
	run->footer.code_next = rest.n == 0;
	/* without a colon it may be a word about codes */
	if (n && (colon || is_site_code(wq_str_head(rest, n))))
		see_site_code(run, wq_str_head(rest, n), start + (uint64_t)(rest.p - text.p), n);
}

static void see_labelled_police(struct page_run *run, wq_str text, size_t at, uint64_t start)
{
	struct page_footer *f = &run->footer;
	wq_str rest = skip_spaces(wq_str_from(text, at));

	if (digits_at(rest, 0) > 0)
		see_police(run, f->police_text, &f->police_at, &f->police_n, rest, start + (uint64_t)(rest.p - text.p),
			digits_at(rest, 0));
}

static void see_union(struct page_footer *f, wq_str text)
{
	f->hotline |= wq_str_find(text, WQ_S("12351")) >= 0;
	f->postcode |= wq_str_find(text, WQ_S("邮")) >= 0;
	f->telephone |= wq_str_find(text, WQ_S("电话")) >= 0;
	f->address |= wq_str_find(text, WQ_S("地址")) >= 0;
	f->owner |= wq_str_find(text, WQ_S("主办")) >= 0 || wq_str_find(text, WQ_S("版权所有")) >= 0;
}

void page_footer_text(struct page_run *run, wq_str text, uint64_t start)
{
	static const wq_str labels[] = {WQ_S_INIT("标识码"), WQ_S_INIT("ICP备"), WQ_S_INIT("公网安备")};
	ptrdiff_t found;

	if (run->facts->unit == WQ_PAGE_UNION)
		see_union(&run->footer, text);
	if (run->footer.code_next && wq_str_trim(text).n && is_site_code(wq_str_trim(text)))
		see_site_code(run, text, start, text.n);
	if (wq_str_trim(text).n)
		run->footer.code_next = false;
	/* the shortest of them with what belongs to it */
	if (text.n < WQ_MIN(labels[0].n, labels[1].n))
		return;
	for (size_t i = 0; i < WQ_COUNT(labels); i++)
		for (size_t at = 0; (found = wq_str_find(wq_str_from(text, at), labels[i])) >= 0;) {
			at += (size_t)found + labels[i].n;
			if (i == 0)
				see_labelled_code(run, text, at, start);
			else if (i == 1)
				see_icp(run, text, at - labels[i].n, start);
			else
				see_labelled_police(run, text, at, start);
		}
}

/* ---- judging ---- */

static wq_err judge_mark(struct page_run *run)
{
	const struct page_footer *f = &run->footer;
	enum wq_page_unit unit = run->facts->unit;
	enum wq_page_mark mark = run->facts->mark;
	wq_str fault = WQ_S_NONE;

	if (!f->mark_at) {
		if (f->comment_at)
			return page_report(
				run, WQ_RULE_MARK_NOT_SHOWN, -1, f->comment_at, f->comment_n, WQ_S("in a comment"));
		return run->facts->home && mark == WQ_PAGE_MARK_ENTITLED
			? page_report(run, WQ_RULE_MARK_MISSING, -1, 0, 0, WQ_S("mark"))
			: WQ_OK;
	}
	if (mark == WQ_PAGE_MARK_NOT_ENTITLED)
		fault = WQ_S("not entitled");
	else if ((unit == WQ_PAGE_ORGAN && f->blue) || (unit == WQ_PAGE_INSTITUTION && f->red))
		fault = unit == WQ_PAGE_ORGAN ? WQ_S("blue on an organ's page") : WQ_S("red on an institution's page");
	if (fault.n)
		WQ_TRY(page_report(run, WQ_RULE_MARK_WRONG_KIND, -1, f->mark_at, f->mark_n, fault));
	if (f->local_image)
		return page_report(
			run, WQ_RULE_MARK_LOCAL, -1, f->mark_at, f->mark_n, WQ_S("the picture is a copy of our own"));
	if (f->error_image)
		WQ_TRY(page_report(run, WQ_RULE_MARK_ERROR_STATE, -1, f->mark_at, f->mark_n,
			WQ_S("the picture says that host and mark do not match")));
	fault = f->typo            ? WQ_S("a percent sign is missing in the code")
		: f->mark_path_bad ? WQ_S("the path of the script contradicts itself")
		: f->mark_id_bad   ? WQ_S("the id is not 32 hexadecimal digits")
		: f->mark_shown && !f->mark_path_ok && !f->mark_id_ok ? WQ_S("it leads to no certificate")
								      : WQ_S_NONE;
	if (fault.n)
		return page_report(run, WQ_RULE_MARK_MALFORMED, -1, f->mark_at, f->mark_n, fault);
	if (f->mark_shown && (f->mark_open || !f->mark_hidden))
		return WQ_OK;
	return page_report(run, WQ_RULE_MARK_NOT_SHOWN, -1, f->mark_at, f->mark_n,
		f->mark_shown ? WQ_S("in a hidden element") : WQ_S("empty"));
}

static wq_err judge_filings(struct page_run *run)
{
	const struct page_footer *f = &run->footer;
	bool home = run->facts->home && run->facts->unit != WQ_PAGE_UNIT_UNKNOWN;

	if (f->icp_bad_at)
		WQ_TRY(page_report(run, WQ_RULE_FOOTER_ICP, -1, f->icp_bad_at, f->icp_bad_n, WQ_S("malformed")));
	if (f->icp_old_at)
		WQ_TRY(page_report(run, WQ_RULE_FOOTER_OLD_LINK, -1, f->icp_old_at, f->icp_old_n, f->icp_old_host));
	if (home && !f->icp_at && !f->icp_bad_at)
		WQ_TRY(page_report(run, WQ_RULE_FOOTER_ICP, -1, 0, 0, WQ_S("missing")));
	if (home && f->icp_at && !f->icp_link_at && !f->icp_old_at)
		WQ_TRY(page_report(run, WQ_RULE_FOOTER_ICP, -1, f->icp_at, f->icp_n, WQ_S("not linked")));
	if (f->police_bad_at)
		WQ_TRY(page_report(
			run, WQ_RULE_FOOTER_POLICE, -1, f->police_bad_at, f->police_bad_n, WQ_S("not 14 digits")));
	if (f->police_text[0] && f->police_link[0] && strcmp(f->police_text, f->police_link) != 0)
		WQ_TRY(page_report(run, WQ_RULE_FOOTER_POLICE, WQ_SEVERITY_MEDIUM, f->police_link_at, f->police_link_n,
			WQ_S("text and link differ")));
	if (home && !f->police_text[0] && !f->police_link[0] && !f->police_bad_at)
		WQ_TRY(page_report(run, WQ_RULE_FOOTER_POLICE, -1, 0, 0, WQ_S("missing")));
	return WQ_OK;
}

wq_err page_footer_judge(struct page_run *run)
{
	const struct page_footer *f = &run->footer;
	bool home = run->facts->home;
	wq_str fault;

	WQ_TRY(judge_mark(run));
	WQ_TRY(judge_filings(run));
	if (f->code_differs_at)
		WQ_TRY(page_report(run, WQ_RULE_FOOTER_SITE_CODE, WQ_SEVERITY_MEDIUM, f->code_differs_at,
			f->code_differs_n, WQ_S("differs")));
	if (f->code_bad_at)
		WQ_TRY(page_report(
			run, WQ_RULE_FOOTER_SITE_CODE, -1, f->code_bad_at, f->code_bad_n, WQ_S("malformed")));
	if (home && run->facts->unit == WQ_PAGE_ORGAN && !f->site_code[0] && !f->code_bad_at)
		WQ_TRY(page_report(run, WQ_RULE_FOOTER_SITE_CODE, -1, 0, 0, WQ_S("missing")));
	fault = run->facts->unit != WQ_PAGE_UNION ? WQ_S_NONE
		: !f->hotline                     ? WQ_S("12351")
		: !f->postcode                    ? WQ_S("postcode")
		: !f->telephone                   ? WQ_S("telephone")
		: !f->address                     ? WQ_S("address")
		: !f->owner                       ? WQ_S("host unit")
						  : WQ_S_NONE;
	return home && fault.n ? page_report(run, WQ_RULE_FOOTER_UNION, -1, 0, 0, fault) : WQ_OK;
}
