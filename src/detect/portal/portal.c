#include "detect/portal/portal_priv.h"
#include "finding/excerpt.h"

enum { SPEND_BYTES = 4 * 1024 * 1024, VALUE_BYTES = 64 * 1024, ITEM_TEXT = 64, NEAR_BYTES = 160, TITLE_BYTES = 300 };

/* ---- small things ---- */

ptrdiff_t portal_find(wq_str text, wq_str needle)
{
	const char *at = needle.n && text.n >= needle.n ? memmem(text.p, text.n, needle.p, needle.n) : NULL;

	return at ? at - text.p : -1;
}

ptrdiff_t portal_find_nocase(wq_str text, wq_str lower)
{
	for (size_t i = 0; i + lower.n <= text.n; i++)
		if (wq_str_starts_nocase(wq_str_from(text, i), lower))
			return (ptrdiff_t)i;
	return -1;
}

bool portal_listed(const struct wq_portal_rules *rules, enum portal_list_id list, wq_str item)
{
	for (size_t i = 0; i < rules->lists[list].n; i++)
		if (wq_str_eq_nocase(rules->lists[list].items[i], item))
			return true;
	return false;
}

wq_str portal_without_port(wq_str host)
{
	ptrdiff_t colon = wq_str_rchr(host, ':');

	return colon > 0 && portal_digits(wq_str_from(host, (size_t)colon + 1)) == host.n - (size_t)colon - 1
		? wq_str_head(host, (size_t)colon)
		: host;
}

wq_str portal_host(wq_str address)
{
	ptrdiff_t at = portal_find(wq_str_head(address, 10), WQ_S("//"));
	wq_str host = at < 0 ? WQ_S_NONE : wq_str_from(address, (size_t)at + 2);
	size_t n = 0;

	while (n < host.n && !portal_is_one(host.p[n], "/?#\\"))
		n++;
	return portal_without_port(wq_str_head(host, n));
}

bool portal_spend(struct wq_portal *p, size_t bytes)
{
	if (bytes > SPEND_BYTES - p->spent)
		return false;
	p->spent += bytes;
	return true;
}

wq_str portal_decode(struct wq_portal *p, wq_str raw, enum wq_html_where where)
{
	WQ_BUF(out, VALUE_BYTES);

	if (wq_str_chr(raw, '&') < 0 || !portal_spend(p, raw.n))
		return raw;
	if (wq_failed(wq_html_decode(wq_str_head(raw, VALUE_BYTES / 2), where, &out)))
		return raw;
	return wq_arena_str(p->arena, wq_buf_str(&out));
}

wq_str portal_attr(struct wq_portal *p, const struct wq_html_token *token, wq_str name)
{
	const struct wq_html_attr *attr = wq_html_attr_find(token, name);

	return attr ? wq_str_trim(portal_decode(p, attr->value, WQ_HTML_IN_ATTRIBUTE)) : WQ_S_NONE;
}

struct portal_spot portal_spot(const struct wq_portal *p, uint64_t at, uint64_t n)
{
	return (struct portal_spot){true, p->page.home && portal_place_foot(p), at, n, p->seen};
}

bool portal_at_foot(const struct wq_portal *p, const struct portal_spot *spot)
{
	uint64_t behind = p->seen - WQ_MIN(spot->seen, p->seen);

	return spot->found &&
		(spot->foot || behind <= p->rules->foot_bytes || behind * 100 <= p->rules->foot_percent * p->seen);
}

void portal_fault(struct wq_portal *p, const struct portal_fault *fault)
{
	if (p->faults_n < WQ_COUNT(p->faults))
		p->faults[p->faults_n++] = *fault;
}

/* ---- reading ---- */

/* A number of one or two digits up to `max` at the start of `s`; its length or 0. */
static size_t number_at(wq_str s, unsigned max)
{
	size_t n = portal_digits(s);
	unsigned value = 0;

	for (size_t i = 0; i < n && n <= 2; i++)
		value = 10 * value + (unsigned)(s.p[i] - '0');
	return value >= 1 && value <= max ? n : 0;
}

/* A date at the start of `s`: 2025-07-14, 2025/7/4, 2025.07.14, 2025年7月14日; its length or 0. */
static size_t date_at(wq_str s)
{
	size_t n = portal_digits(s);

	if (n != 4 || (s.p[0] != '2' && s.p[0] != '1'))
		return 0;
	for (int i = 0; i < 2; i++) {
		wq_str rest = wq_str_from(s, n);
		size_t sep = rest.n && portal_is_one(rest.p[0], "-/.")     ? 1
			: wq_str_starts(rest, i ? WQ_S("月") : WQ_S("年")) ? 3
									   : 0;
		size_t part = sep ? number_at(wq_str_from(rest, sep), i ? 31 : 12) : 0;
		if (!part)
			return 0;
		n += sep + part;
	}
	return n;
}

/* 07-14, the short form of lists; 07/14 is the page of a pamphlet as well. */
static bool is_short_date(wq_str s)
{
	return s.n == 5 && s.p[2] == '-' && number_at(wq_str_head(s, 2), 12) == 2 &&
		number_at(wq_str_from(s, 3), 31) == 2;
}

static bool has_date(wq_str text)
{
	for (size_t i = 0; i + 8 <= text.n; i++)
		if (portal_digit(text.p[i]) && (i == 0 || !portal_digit(text.p[i - 1])) &&
			date_at(wq_str_from(text, i)))
			return true;
	return false;
}

/* An entry of a list of links has a date at one end of its text. */
static bool is_entry_date(wq_str text)
{
	size_t from;

	if (text.n && portal_is_one(text.p[text.n - 1], "])"))
		text = wq_str_head(text, text.n - 1);
	if (text.n && portal_is_one(text.p[0], "[("))
		text = wq_str_from(text, 1);
	if (!text.n || text.n > ITEM_TEXT)
		return false;
	if (portal_digit(text.p[0]))
		return date_at(text) || is_short_date(text);
	for (from = text.n; from > 0 && !portal_is_one(text.p[from - 1], " [(");)
		from--;
	if (!from || from == text.n || !portal_digit(text.p[from]))
		return false;
	/* "Listing 12-15" has none */
	bool title = from > 1 && (text.p[from - 1] != ' ' || (unsigned char)text.p[from - 2] >= 0x80);
	return date_at(wq_str_from(text, from)) || (title && is_short_date(wq_str_from(text, from)));
}

static void see_entry(struct wq_portal *p)
{
	if (p->item_link && p->item_date) {
		p->entries++;
		p->item_link = p->item_date = false;
	}
}

static bool is_ascii(wq_str text)
{
	unsigned char all = 0;

	for (size_t i = 0; i < text.n; i++)
		all |= (unsigned char)text.p[i];
	return all < 0x80;
}

static void add_head(struct wq_portal *p, wq_str text)
{
	if (text.n && p->heads_n < WQ_COUNT(p->heads))
		p->heads[p->heads_n++] = wq_str_head(text, TITLE_BYTES);
}

static void see_dates(struct wq_portal *p, wq_str text)
{
	if (!p->item_date && is_entry_date(text)) {
		p->item_date = true;
		see_entry(p);
	}
	if (p->published || (p->has_published && p->seen > p->published_seen + NEAR_BYTES))
		return;
	/* the label may come before or behind */
	if (text.n <= NEAR_BYTES && has_date(text)) {
		p->has_date = true;
		p->date_seen = p->seen;
	}
	p->published = p->has_published && p->has_date && p->published_seen <= p->date_seen + NEAR_BYTES;
}

static void see_text(struct wq_portal *p, const struct wq_html_token *token)
{
	wq_str text = wq_str_trim(token->raw);
	uint64_t at = token->start + (uint64_t)(text.p - token->raw.p);

	if (!text.n)
		return;
	if (p->in_h1)
		add_head(p, portal_decode(p, text, WQ_HTML_IN_TEXT));
	if (p->code_next)
		portal_foot_code(p, text, at);
	if (!is_ascii(text))
		portal_foot_text(p, text, at);
	see_dates(p, text);
	p->seen += text.n;
	if (!p->links_open)
		p->text_bytes += text.n;
}

static void see_code(struct wq_portal *p, const struct wq_html_token *token)
{
	if (p->mark.on)
		portal_mark_code(p, token->raw, token->start);
	portal_leave_code(p, token->raw, token->start);
}

static void on_text(struct wq_portal *p, const struct wq_html_token *token, enum wq_html_sight sight)
{
	if (sight == WQ_HTML_SEEN)
		see_text(p, token);
	else if (sight == WQ_HTML_TITLE && !p->title.n)
		p->title = wq_str_head(portal_decode(p, wq_str_trim(token->raw), WQ_HTML_IN_TEXT), TITLE_BYTES);
	else if (token->in == WQ_TAG_SCRIPT)
		see_code(p, token);
	else if (token->in == WQ_TAG_STYLE && p->page.home)
		portal_place_sheet(p, token->raw);
}

static void on_link(struct wq_portal *p, const struct wq_html_token *token)
{
	const struct wq_html_attr *href = wq_html_attr_find(token, WQ_S("href"));

	p->links_open = 1;
	p->item_link = true;
	see_entry(p);
	if (!href)
		return;
	portal_foot_link(p, token, href->value);
	portal_leave_link(p, token);
}

static void on_script(struct wq_portal *p, const struct wq_html_token *token)
{
	wq_str src = portal_attr(p, token, WQ_S("src"));

	p->scripts |= src.n > 0;
	portal_foot_script(p, token, src);
	portal_leave_file(p, src);
}

static void on_start(struct wq_portal *p, const struct wq_html_token *token)
{
	if (p->page.home)
		portal_place_start(p, token);
	switch ((int)token->tag) {
	case WQ_TAG_A:
	case WQ_TAG_AREA: on_link(p, token); break;
	case WQ_TAG_LI:
	case WQ_TAG_TR:
	case WQ_TAG_P:
	case WQ_TAG_DD:
	case WQ_TAG_DT: p->item_link = p->item_date = false; break;
	case WQ_TAG_META:
		portal_tags_meta(p, token);
		portal_leave_refresh(p, token);
		break;
	case WQ_TAG_BASE: portal_leave_base(p, token); break;
	case WQ_TAG_FORM: portal_leave_form(p, token); break;
	case WQ_TAG_SCRIPT: on_script(p, token); break;
	case WQ_TAG_H1: p->in_h1 = 1; break;
	case WQ_TAG_HEAD:
	case WQ_TAG_BODY:
	case WQ_TAG_TITLE: p->document = true; break;
	case WQ_TAG_IMG:
		if (p->page.home)
			add_head(p, portal_attr(p, token, WQ_S("alt")));
		break;
	default: break;
	}
	if (token->attrs_n) {
		portal_leave_handlers(p, token);
		if (p->mark.on)
			portal_mark_start(p, token);
	}
}

static void on_end(struct wq_portal *p, const struct wq_html_token *token)
{
	if (p->page.home)
		portal_place_end(p, token);
	if (p->mark.inside)
		portal_mark_end(p, token);
	if (token->tag == WQ_TAG_A)
		p->links_open = 0;
	else if (token->tag == WQ_TAG_H1)
		p->in_h1 = 0;
}

wq_err wq_portal_token(void *data, const struct wq_html_token *token)
{
	struct wq_portal *p = data;
	enum wq_html_sight sight = wq_html_visible(&p->visible, token);

	switch (token->kind) {
	case WQ_HTML_TEXT:
		if (token->raw.p >= p->html.p && token->raw.p + token->raw.n <= p->html.p + p->html.n) {
			on_text(p, token, sight);
		} else { /* what the end of the document cut off was copied; slices that are kept must be the page's */
			struct wq_html_token kept = *token;
			kept.raw = wq_str_head(wq_str_from(p->html, token->start), token->raw.n);
			on_text(p, &kept, sight);
		}
		break;
	case WQ_HTML_START: on_start(p, token); break;
	case WQ_HTML_END: on_end(p, token); break;
	case WQ_HTML_COMMENT:
	case WQ_HTML_DOCTYPE:
	case WQ_HTML_DROPPED:
	case WQ_HTML_OVERLONG:
	case WQ_HTML_KINDS: break;
	}
	return wq_arena_err(p->arena);
}

/* ---- from the first to the last ---- */

wq_err wq_portal_open(struct wq_arena *arena, const struct wq_portal_page *page, struct wq_portal **ret_portal)
{
	struct wq_portal *p = WQ_NEW(arena, struct wq_portal);

	if (!p)
		return wq_arena_err(arena);
	p->arena = arena;
	p->page = *page;
	p->rules = page->rules;
	p->subject = page->subject;
	p->html = page->document->html;
	p->organ = page->subject->kind == WQ_SUBJECT_ORGAN;
	p->mark.on = portal_find(p->html, WQ_S("onac")) >= 0;
	*ret_portal = p;
	return WQ_OK;
}

struct wq_finding portal_finding(struct wq_portal *p, const struct portal_fault *fault)
{
	struct wq_finding finding = wq_rule_finding(fault->rule);

	if (fault->severity >= 0)
		finding.severity = (enum wq_severity)fault->severity;
	finding.place = p->page.place;
	finding.evidence.count = 1;
	finding.evidence.subject = wq_clean(p->arena, fault->subject, WQ_EXCERPT_BYTES);
	finding.evidence.excerpt = finding.evidence.subject;
	finding.evidence.target = wq_clean(p->arena, fault->target, WQ_FINDING_PLACE_BYTES);
	if (fault->n) {
		wq_document_place(p->page.document, &p->line, fault->at, &finding.place.line, &finding.place.column);
		finding.evidence.excerpt = wq_excerpt(
			p->arena, p->html, fault->at, WQ_MIN(fault->n, (uint64_t)WQ_EXCERPT_BYTES / 2));
		if (!p->page.document->converted) {
			finding.place.offset = fault->at;
			finding.place.length = fault->n;
		}
	}
	return finding;
}

static void judge_leave(struct wq_portal *p)
{
	struct portal_leave *leave = &p->leave;

	if (leave->says_so && leave->half) {
		leave->asks = true;
		leave->script |= leave->half;
	}
	if (!leave->n) {
		leave->at = leave->script_at;
		leave->n = leave->script_n;
	}
}

/* Without a site: the page by itself. */
static wq_err say(struct wq_portal *p, struct wq_findings *findings)
{
	struct portal_verdict verdict;

	if (portal_leave_judge(p->leave.out, p->leave.asks, p->leave.script, p->leave.files_n > 0, &verdict))
		portal_fault(p,
			&(struct portal_fault){verdict.rule, verdict.severity, SCOPE_LEAVES, p->leave.at, p->leave.n,
				wq_str_c(verdict.subject), p->leave.target});
	for (size_t i = 0; i < p->faults_n; i++) {
		struct wq_finding finding = portal_finding(p, &p->faults[i]);
		WQ_TRY(wq_arena_err(p->arena));
		WQ_TRY(wq_findings_add(findings, &finding));
	}
	return WQ_OK;
}

wq_err wq_portal_close(struct wq_portal *p, struct wq_findings *findings, struct wq_portal_site *site)
{
	size_t first_article = 3 + p->rules->lists[LIST_COLUMN_TAGS].n;
	bool claims = p->tags[first_article].found || p->tags[first_article + 1].found;
	bool article = !p->page.home &&
		(claims ||
			(p->published && p->text_bytes >= p->rules->article_bytes &&
				p->entries < p->rules->column_entries));
	bool column = !p->page.home && !article && p->entries >= p->rules->column_entries;

	WQ_TRY(wq_arena_err(p->arena));
	portal_mark_judge(p);
	portal_foot_judge(p);
	portal_name_judge(p);
	portal_tags_judge(p, column, article);
	judge_leave(p);
	return site ? portal_site_add(site, p, column, article, findings) : say(p, findings);
}
