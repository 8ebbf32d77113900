#include "detect/quality/quality_priv.h"

static bool is_late(const struct wq_quality *q)
{
	const struct wq_quality_rules *rules = q->rules;
	uint32_t today = q->page.subject->day, oldest;

	if (today == 0 || q->newest == 0)
		return false;
	if (rules->days[q->kind])
		oldest = quality_day_of(quality_day_number(today) - (int64_t)rules->days[q->kind]);
	else if (rules->months[q->kind])
		oldest = quality_months_before(today, (unsigned)rules->months[q->kind]);
	else
		oldest = quality_day_of(quality_day_number(today) - (int64_t)rules->limits.long_days);
	return q->newest < oldest;
}

/* Characters of the page's own text that is no link. */
static size_t prose(const struct wq_quality *q)
{
	size_t chars = 0;

	for (uint32_t at = q->body_at; at < q->footer_at;) {
		const struct quality_link *link = quality_link_in(q, at, q->footer_at);
		uint32_t end = link ? WQ_MAX(link->from, at) : q->footer_at;
		for (; at < end; at++)
			chars += ((unsigned char)q->text[at] & 0xc0) != 0x80 && (unsigned char)q->text[at] > ' ';
		at = link ? WQ_MAX(link->to, at) : at;
	}
	return chars;
}

static bool has_things(const struct wq_quality *q)
{
	const uint32_t *things = q->things.items;

	for (size_t i = 0; i < q->things.n; i++)
		if (things[i] >= q->body_at && (things[i] < q->footer_at || q->footer_at == q->text_n))
			return true;
	return false;
}

/* A link with a title of some length, or to a page below this one: something is listed. */
static bool lists_something(struct wq_quality *q)
{
	const struct wq_url *own = &q->page.document->address;
	wq_str folder = wq_str_head(own->path, (size_t)(wq_str_rchr(own->path, '/') + 1));
	const struct quality_link *links = q->links.items;

	for (size_t i = 0; i < q->links.n; i++) {
		struct wq_url to;
		wq_str href;
		if (links[i].from < q->body_at || links[i].from >= q->footer_at || links[i].to <= links[i].from)
			continue;
		if (quality_trim(wq_str_of(q->text + links[i].from, links[i].to - links[i].from)).n >= 24)
			return true;
		href = quality_resolve(q, &links[i]);
		if (href.n && !wq_failed(wq_url_parse(q->arena, href, NULL, &to)) && wq_str_eq(to.host, own->host) &&
			wq_str_starts(to.path, folder) && !wq_str_eq(to.path, own->path) && to.path.n > folder.n)
			return true;
	}
	return false;
}

static bool is_blank(struct wq_quality *q)
{
	if (q->items)
		return false;
	if (quality_hit_in(q, Q_EMPTY, q->body_at, q->footer_at))
		return prose(q) < q->rules->limits.blank_chars && !lists_something(q);
	return !has_things(q) && prose(q) < q->rules->limits.blank_chars && !lists_something(q);
}

static void judge_home(struct wq_quality *q, struct wq_quality_site *site)
{
	uint32_t today = q->page.subject->day;

	if (site)
		quality_site_home(site, q);
	if (today == 0 || q->newest == 0)
		return;
	if (q->newest < quality_day_of(quality_day_number(today) - (int64_t)q->rules->limits.home_days))
		quality_report(q, WQ_RULE_HOME_STALE, q->newest_at, WQ_S("home"), WQ_S_NONE);
}

void quality_judge_column(struct wq_quality *q, struct wq_quality_site *site)
{
	static const char *const names[] = {"news", "notice", "policy", "other"};
	bool late, blank;

	if (q->class == Q_PAGE_HOME)
		judge_home(q, site);
	if (q->class != Q_PAGE_COLUMN || q->full || quality_is_further_page(q))
		return;
	late = is_late(q);
	blank = is_blank(q);
	if (site)
		quality_site_column(site, q, late, blank);
	/* nobody says which of the others ought to be updated */
	if (late && q->kind != WQ_COLUMN_OTHER)
		quality_report(q, WQ_RULE_COLUMN_STALE, q->newest_at, wq_str_c(names[q->kind]), WQ_S_NONE);
	if (blank)
		quality_report(q, WQ_RULE_COLUMN_BLANK, q->body_at, WQ_S("blank"), WQ_S_NONE);
}
