#include "detect/portal/portal_priv.h"
#include "text/host.h"

enum { FIRST_COLUMN = 3, HOST_BYTES = 256, PUB_DATE = 1 /* of the article's tags */ };

/* The number of a tag in the order of the three lists, or -1. */
static int tag_number(const struct wq_portal_rules *rules, wq_str name, bool *ret_other_case)
{
	int number = 0;

	for (int list = LIST_SITE_TAGS; list <= LIST_ARTICLE_TAGS; list++)
		for (size_t i = 0; i < rules->lists[list].n; i++, number++)
			if (wq_str_eq_nocase(name, rules->lists[list].items[i])) {
				*ret_other_case = !wq_str_eq(name, rules->lists[list].items[i]);
				return number;
			}
	return -1;
}

void portal_tags_meta(struct wq_portal *p, const struct wq_html_token *token)
{
	wq_str name = portal_attr(p, token, WQ_S("name")), content;
	bool other_case;
	int number = name.n ? tag_number(p->rules, name, &other_case) : -1;

	if (number < 0 || p->tags[number].found)
		return;
	content = portal_attr(p, token, WQ_S("content"));
	if (content.n)
		p->tags[number] = (struct portal_tag){token->start, token->raw.n, content, true, other_case};
}

static void fault(struct wq_portal *p, enum wq_rule_id rule, int severity, enum portal_scope scope,
	const struct portal_tag *tag, wq_str subject)
{
	portal_fault(p,
		&(struct portal_fault){rule, severity, scope, tag ? tag->at : 0, tag ? tag->n : 0, subject, WQ_S_NONE});
}

/* One finding with the names of what is missing. */
static void judge_missing(
	struct wq_portal *p, enum wq_rule_id rule, enum portal_scope scope, enum portal_list_id list, size_t first)
{
	wq_str missing = WQ_S_NONE;

	for (size_t i = 0; i < p->rules->lists[list].n; i++)
		if (!p->tags[first + i].found)
			missing = wq_arena_printf(p->arena, "%.*s%s%.*s", WQ_S_ARG(missing), missing.n ? ", " : "",
				WQ_S_ARG(p->rules->lists[list].items[i]));
	if (missing.n)
		fault(p, rule, -1, scope, NULL, missing);
}

static bool is_own(const struct wq_portal *p, wq_str host)
{
	wq_str own = p->page.document->address.host;
	wq_str site = wq_str_starts(host, WQ_S("www.")) ? wq_str_from(host, 4) : host;

	if (wq_str_eq(host, own) || (portal_find(site, WQ_S(".")) > 0 && wq_host_under(own, site)))
		return true;
	for (size_t i = 0; i < p->subject->hosts_n; i++)
		if (wq_str_eq(portal_without_port(p->subject->hosts[i]), host))
			return true;
	return false;
}

/* "www.example.gov.cn", "https://www.example.gov.cn/", with or without port. */
static void judge_domain(struct wq_portal *p)
{
	const struct portal_tag *tag = &p->tags[TAG_SITE_DOMAIN];
	wq_str rest = tag->content, host;
	char room[HOST_BYTES];
	size_t n;

	if (!tag->found || !p->page.document->address.host.n)
		return;
	if (portal_find(rest, WQ_S("//")) >= 0)
		rest = wq_str_from(rest, (size_t)portal_find(rest, WQ_S("//")) + 2);
	host = portal_without_port(wq_str_trim(wq_str_cut(&rest, '/')));
	if (wq_url_host_parse(host, true, room, sizeof room, &n))
		host = wq_str_of(room, n);
	if (!is_own(p, host))
		fault(p, WQ_RULE_META_WRONG, -1, SCOPE_PAGE, tag,
			wq_arena_printf(p->arena, "SiteDomain=%.*s", WQ_S_ARG(tag->content)));
}

static void judge_code(struct wq_portal *p)
{
	const struct portal_tag *tag = &p->tags[TAG_SITE_CODE];
	wq_str code = tag->content, registered = p->subject->site_code;
	bool department = wq_str_starts_nocase(code, WQ_S("bm"));
	size_t digits = portal_digits(wq_str_from(code, department ? 2 : 0));
	bool formed = code.n == 10 && digits == (department ? 8u : 10u);

	if (tag->found && (!formed || (registered.n && !wq_str_eq_nocase(code, registered))))
		fault(p, WQ_RULE_META_WRONG, -1, SCOPE_PAGE, tag,
			wq_arena_printf(p->arena, "SiteIDCode=%.*s", WQ_S_ARG(code)));
}

/* YYYY-MM-DD HH:MM; seconds do no harm. */
static bool is_pub_date(wq_str text, wq_day *ret_day)
{
	uint64_t hour, minute;

	return (text.n == 16 || (text.n == 19 && text.p[16] == ':')) && wq_day_parse(wq_str_head(text, 10), ret_day) &&
		text.p[10] == ' ' && text.p[13] == ':' && wq_str_to_u64(wq_str_of(text.p + 11, 2), 23, &hour) &&
		wq_str_to_u64(wq_str_of(text.p + 14, 2), 59, &minute);
}

static void judge_date(struct wq_portal *p)
{
	const struct portal_tag *tag = &p->tags[FIRST_COLUMN + p->rules->lists[LIST_COLUMN_TAGS].n + PUB_DATE];
	wq_day day;

	if (!tag->found)
		return;
	if (!is_pub_date(tag->content, &day))
		fault(p, WQ_RULE_META_DATE, -1, SCOPE_ARTICLE, tag, tag->content);
	else if (p->subject->day && day > p->subject->day)
		fault(p, WQ_RULE_META_DATE, -1, SCOPE_ARTICLE, tag,
			wq_arena_printf(p->arena, "%.*s: in the future", WQ_S_ARG(tag->content)));
}

static void judge_case(struct wq_portal *p)
{
	size_t n = FIRST_COLUMN + p->rules->lists[LIST_COLUMN_TAGS].n + p->rules->lists[LIST_ARTICLE_TAGS].n;

	for (size_t i = 0; i < n; i++)
		if (p->tags[i].found && p->tags[i].other_case) {
			fault(p, WQ_RULE_META_SITE, WQ_SEVERITY_INFO, SCOPE_PAGE, &p->tags[i],
				WQ_S("names in other case"));
			return;
		}
}

void portal_tags_judge(struct wq_portal *p, bool column, bool article)
{
	size_t first_article = FIRST_COLUMN + p->rules->lists[LIST_COLUMN_TAGS].n;

	if (p->subject->kind == WQ_SUBJECT_UNKNOWN || !p->document)
		return;
	judge_domain(p);
	judge_code(p);
	judge_date(p);
	if (!p->organ)
		return;
	judge_missing(p, WQ_RULE_META_SITE, SCOPE_PAGE, LIST_SITE_TAGS, 0);
	judge_case(p);
	if (column)
		judge_missing(p, WQ_RULE_META_COLUMN, SCOPE_COLUMN, LIST_COLUMN_TAGS, FIRST_COLUMN);
	if (article)
		judge_missing(p, WQ_RULE_META_ARTICLE, SCOPE_ARTICLE, LIST_ARTICLE_TAGS, first_article);
}
