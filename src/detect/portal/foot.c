#include "detect/portal/portal_priv.h"

enum { SITE_CODE = 10, POLICE_DIGITS = 14, OWNER_BYTES = 120 };

static wq_str skip(wq_str s)
{
	static const wq_str blanks[] = {WQ_S_INIT(" "), WQ_S_INIT("\t"), WQ_S_INIT("\n"), WQ_S_INIT("\r"),
		WQ_S_INIT("\xc2\xa0"), WQ_S_INIT("　"), WQ_S_INIT("&nbsp;"), WQ_S_INIT(":"), WQ_S_INIT("：")};

	for (size_t i = 0; i < WQ_COUNT(blanks);) {
		if (wq_str_starts(s, blanks[i])) {
			s = wq_str_from(s, blanks[i].n);
			i = 0;
		} else {
			i++;
		}
	}
	return s;
}

/* Ten characters, digits or bm and eight of them, and no more. */
static bool read_code(wq_str text, char out[11])
{
	bool department = wq_str_starts_nocase(text, WQ_S("bm"));
	size_t digits = portal_digits(wq_str_from(text, department ? 2 : 0));

	if (digits != (department ? SITE_CODE - 2 : SITE_CODE))
		return false;
	memcpy(out, text.p, SITE_CODE);
	out[0] = department ? 'b' : out[0];
	out[1] = department ? 'm' : out[1];
	return true;
}

/* 京ICP备05070218号-1: a character of the province before, digits, 号, the number of the site. */
static void see_icp(struct wq_portal *p, wq_str text, size_t from, size_t to, uint64_t at)
{
	wq_str rest = skip(wq_str_from(text, to));
	size_t digits = portal_digits(rest), tail;
	wq_str number = wq_str_head(rest, digits);

	if (digits < 8 || digits > 10 || from < 3 || !portal_spend(p, OWNER_BYTES))
		return;
	rest = wq_str_from(rest, digits);
	if (!wq_str_starts(rest, WQ_S("号")))
		return;
	rest = wq_str_from(rest, strlen("号"));
	tail = rest.n && rest.p[0] == '-' ? 1 + portal_digits(wq_str_from(rest, 1)) : 0;
	p->icp = wq_arena_printf(p->arena, "%.*sICP备%.*s号%.*s", 3, text.p + from - 3, WQ_S_ARG(number),
		WQ_S_ARG(wq_str_head(rest, tail)));
	p->icp_spot = portal_spot(p, at + from - 3, (uint64_t)(rest.p + tail - text.p) - from + 3);
	p->icp_spot.seen += from;
}

static void see_police(struct wq_portal *p, wq_str text, size_t from, size_t to, uint64_t at)
{
	wq_str rest = skip(wq_str_from(text, to));

	if (portal_digits(rest) != POLICE_DIGITS)
		return;
	p->police = wq_str_head(rest, POLICE_DIGITS);
	p->police_spot = portal_spot(p, at + from, (uint64_t)(rest.p - text.p) + POLICE_DIGITS - from);
	p->police_spot.seen += from;
}

static void see_code(struct wq_portal *p, wq_str text, size_t from, size_t to, uint64_t at)
{
	wq_str rest = skip(wq_str_from(text, to));

	p->code_next = rest.n == 0;
	if (!read_code(rest, p->site_code))
		return;
	p->code_spot = portal_spot(p, at + from, (uint64_t)(rest.p - text.p) + SITE_CODE - from);
	p->code_spot.seen += from;
}

void portal_foot_code(struct wq_portal *p, wq_str text, uint64_t at)
{
	see_code(p, text, 0, 0, at);
}

/* The name behind "主办单位：", up to what parts it from the next. */
static void see_owner(struct wq_portal *p, wq_str text, size_t to)
{
	static const wq_str ends[] = {WQ_S_INIT(" "), WQ_S_INIT("　"), WQ_S_INIT("&"), WQ_S_INIT("\xc2\xa0"),
		WQ_S_INIT("|"), WQ_S_INIT("\n"), WQ_S_INIT("承办"), WQ_S_INIT("联系"), WQ_S_INIT("地址"),
		WQ_S_INIT("。"), WQ_S_INIT("，"), WQ_S_INIT("；")};
	wq_str name = wq_str_head(skip(wq_str_from(text, to)), OWNER_BYTES);

	for (size_t i = 0; i < WQ_COUNT(ends); i++) {
		ptrdiff_t end = portal_find(name, ends[i]);
		if (end >= 0)
			name = wq_str_head(name, (size_t)end);
	}
	if (name.n && name.n < OWNER_BYTES)
		p->owner = name;
}

static void see_label(struct wq_portal *p, unsigned list, wq_str text, size_t from, size_t to, uint64_t at)
{
	p->labels[list] = portal_spot(p, at + from, to - from);
	p->labels[list].seen += from;
	switch (list) {
	case LIST_ICP: see_icp(p, text, from, to, at); break;
	case LIST_POLICE: see_police(p, text, from, to, at); break;
	case LIST_SITE_CODE: see_code(p, text, from, to, at); break;
	case LIST_OWNER: see_owner(p, text, to); break;
	case LIST_PROMPT: p->leave.says_so = true; break;
	case LIST_PUBLISHED:
		p->has_published = true;
		p->published_seen = p->seen + from;
		break;
	default: break;
	}
}

/* How many bytes no label begins with. */
static size_t no_label(const struct wq_portal_rules *rules, wq_str text)
{
	size_t i = 0;

	while (i < text.n) {
		unsigned char c = (unsigned char)text.p[i];
		if (c < 0x80 ? rules->ascii_starts[c]
			     : c >= 0xe0 && c < 0xf0 && i + 2 < text.n &&
					(rules->starts[portal_start(text.p + i) / 64] >> portal_start(text.p + i) % 64 &
						1))
			break;
		i += c >= 0xe0 && c < 0xf0 && i + 2 < text.n ? 3 : 1;
	}
	return i;
}

/* Requires: text with a byte outside ASCII. */
void portal_foot_text(struct wq_portal *p, wq_str text, uint64_t at)
{
	const struct wq_words *words = p->rules->labels;
	struct wq_words_hit hit;
	uint32_t state = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (state == 0)
			i += no_label(p->rules, wq_str_from(text, i));
		if (i >= text.n)
			break;
		state = wq_words_step(words, state, (unsigned char)text.p[i]);
		if (state == 0 || !wq_words_any(words, state))
			continue;
		/* the longest says more: 主办单位, not 主办 */
		for (size_t n = 0; wq_words_found(words, state, n, &hit); n++)
			see_label(p, hit.id, text, i + 1 - hit.length, i + 1, at);
	}
}

static void see_entry(struct wq_portal *p, const struct wq_html_token *token, wq_str code)
{
	p->entry_seen = true;
	if (read_code(code, p->entry_code))
		p->entry_code_spot = portal_spot(p, token->start, token->raw.n);
}

void portal_foot_link(struct wq_portal *p, const struct wq_html_token *token, wq_str href)
{
	wq_str host = portal_host(href);
	ptrdiff_t at;

	if (portal_find_nocase(href, WQ_S("sitemap")) >= 0 || portal_find_nocase(href, WQ_S("wzdt")) >= 0)
		p->map_link = true;
	if (!host.n || !wq_str_ends(host, WQ_S(".cn")))
		return;
	if (portal_listed(p->rules, LIST_OLD_FILING, host)) {
		p->old_filing = portal_spot(p, token->start, token->raw.n);
		p->old_target = href;
	} else if (portal_listed(p->rules, LIST_ENTRY_HOSTS, host)) {
		at = portal_find(href, WQ_S("site_code="));
		see_entry(p, token, at < 0 ? WQ_S_NONE : wq_str_from(href, (size_t)at + strlen("site_code=")));
	}
}

void portal_foot_script(struct wq_portal *p, const struct wq_html_token *token, wq_str src)
{
	wq_str code = portal_attr(p, token, WQ_S("sitecode"));
	bool theirs = portal_listed(p->rules, LIST_ENTRY_HOSTS, portal_host(src));

	if (theirs || wq_str_eq(portal_attr(p, token, WQ_S("id")), WQ_S("_jiucuo_")))
		see_entry(p, token, code);
}

/* ---- judging ---- */

static void differs(struct wq_portal *p, const struct portal_spot *spot, wq_str number)
{
	portal_fault(p,
		&(struct portal_fault){WQ_RULE_FOOTER_REGISTRY, -1, SCOPE_PAGE, spot->at, spot->n, number, WQ_S_NONE});
}

/* Numbers before 号 are the owner's; -1 behind it is the site's, which may be left out on either side. */
static bool same_icp(wq_str a, wq_str b)
{
	ptrdiff_t end_a = portal_find(a, WQ_S("号")), end_b = portal_find(b, WQ_S("号"));
	wq_str tail_a = end_a < 0 ? WQ_S_NONE : wq_str_from(a, (size_t)end_a + 3);
	wq_str tail_b = end_b < 0 ? WQ_S_NONE : wq_str_from(b, (size_t)end_b + 3);

	if (end_a < 0 || end_b < 0)
		return wq_str_eq(a, b);
	return wq_str_eq(wq_str_head(a, (size_t)end_a), wq_str_head(b, (size_t)end_b)) &&
		(!tail_a.n || !tail_b.n || wq_str_eq(tail_a, tail_b));
}

static wq_str digits_of(wq_str registered)
{
	for (size_t i = 0; i < registered.n; i++)
		if (portal_digits(wq_str_from(registered, i)) == POLICE_DIGITS)
			return wq_str_head(wq_str_from(registered, i), POLICE_DIGITS);
	return WQ_S_NONE;
}

static void judge_registry(struct wq_portal *p)
{
	const struct wq_subject *s = p->subject;
	wq_str police = digits_of(s->police);

	if (s->icp.n && p->icp.n && portal_at_foot(p, &p->icp_spot) && !same_icp(s->icp, p->icp))
		differs(p, &p->icp_spot, p->icp);
	if (police.n && p->police.n && portal_at_foot(p, &p->police_spot) && !wq_str_eq(police, p->police))
		differs(p, &p->police_spot, p->police);
	if (s->site_code.n && p->code_spot.found && portal_at_foot(p, &p->code_spot) &&
		!wq_str_eq_nocase(s->site_code, wq_str_c(p->site_code)))
		differs(p, &p->code_spot, wq_str_c(p->site_code));
	if (s->site_code.n && p->entry_code_spot.found && !wq_str_eq_nocase(s->site_code, wq_str_c(p->entry_code)))
		differs(p, &p->entry_code_spot, wq_str_c(p->entry_code));
}

/* Nothing of a footer is there, but scripts that may write one. */
static bool may_be_written(const struct wq_portal *p)
{
	return p->scripts && !p->mark.spot.found && !p->entry_seen && !p->labels[LIST_ICP].found &&
		!p->labels[LIST_POLICE].found && !p->labels[LIST_SITE_CODE].found && !p->labels[LIST_OWNER].found;
}

static void missing(struct wq_portal *p, enum wq_rule_id rule, const struct portal_spot *spot, wq_str subject)
{
	portal_fault(p,
		&(struct portal_fault){.rule = rule,
			.severity = may_be_written(p) ? WQ_SEVERITY_INFO : -1,
			.scope = SCOPE_HOME,
			.at = spot ? spot->at : 0,
			.n = spot ? spot->n : 0,
			.subject = subject});
}

static void judge_home(struct wq_portal *p)
{
	enum wq_subject_kind kind = p->subject->kind;
	bool owner = portal_at_foot(p, &p->labels[LIST_OWNER]), contact = portal_at_foot(p, &p->labels[LIST_CONTACT]);

	if (p->organ && !p->entry_seen)
		missing(p, WQ_RULE_FOOTER_ERROR_ENTRY, p->labels[LIST_ENTRY].found ? &p->labels[LIST_ENTRY] : NULL,
			WQ_S("error entry"));
	if ((kind == WQ_SUBJECT_ORGAN || kind == WQ_SUBJECT_INSTITUTION || kind == WQ_SUBJECT_UNION) &&
		!(owner && contact))
		missing(p, WQ_RULE_FOOTER_OWNER, NULL,
			!owner && !contact ? WQ_S("host unit, contact")
				: !owner   ? WQ_S("host unit")
					   : WQ_S("contact"));
	if (p->organ && !p->labels[LIST_SITE_MAP].found && !p->map_link)
		missing(p, WQ_RULE_FOOTER_SITE_MAP, NULL, WQ_S("site map"));
}

void portal_foot_judge(struct wq_portal *p)
{
	if (p->subject->kind == WQ_SUBJECT_UNKNOWN || p->seen < p->rules->page_bytes)
		return;
	if (portal_at_foot(p, &p->old_filing)) {
		struct portal_fault old = {.rule = WQ_RULE_FOOTER_OLD_LINK,
			.severity = -1,
			.scope = SCOPE_PAGE,
			.at = p->old_filing.at,
			.n = p->old_filing.n,
			.subject = portal_host(p->old_target),
			.target = p->old_target};
		portal_fault(p, &old);
	}
	judge_registry(p);
	if (p->page.home)
		judge_home(p);
}
