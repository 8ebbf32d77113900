#include "detect/quality/quality_priv.h"

#include <ctype.h>

/* What a page offers (search, channels, services), what it should not carry (forums, advertising), and how long messages wait. */

enum { OFFER_BYTES = 72 /* of a link's text */, TAIL_BYTES = 4000, REPORT_REACH = 48, MESSAGE_REACH = 600 };

/* Words count as an offer in a link, or in a line of their own. */
static bool is_offered(const struct wq_quality *q, const struct quality_hit *hit)
{
	const struct quality_link *link = quality_link_in(q, hit->at, hit->end);
	struct quality_range line;

	if (link)
		return link->to - link->from <= OFFER_BYTES;
	line = quality_line(q, hit->at);
	return line.to - line.from <= OFFER_BYTES / 2;
}

/* The year that stands on the line of a 年度报表, before or after the word; 0 when none. */
static uint32_t report_year(const struct wq_quality *q, const struct quality_hit *hit)
{
	struct quality_range line = quality_line(q, hit->at);
	uint32_t from = WQ_MAX(line.from, hit->at > REPORT_REACH ? hit->at - REPORT_REACH : 0);
	uint32_t to = WQ_MIN(line.to, hit->end + REPORT_REACH), year = 0;

	for (uint32_t at = from; at + 4 <= to; at++) {
		uint64_t value;
		bool alone = (at == 0 || q->text[at - 1] < '0' || q->text[at - 1] > '9') &&
			(at + 4 == q->text_n || q->text[at + 4] < '0' || q->text[at + 4] > '9');
		if (alone && wq_str_to_u64(wq_str_of(q->text + at, 4), 2199, &value) && value >= 2015)
			year = WQ_MAX(year, (uint32_t)value);
	}
	return year;
}

/* The hotline of every place: a number of its own, no part of a longer one. */
static bool names_hotline(wq_str text)
{
	const wq_str number = WQ_S("12345");
	ptrdiff_t at;

	for (size_t from = 0; (at = wq_str_find(wq_str_from(text, from), number)) >= 0; from += (size_t)at + number.n) {
		size_t begin = from + (size_t)at, end = begin + number.n;
		if ((begin == 0 || !isalnum((unsigned char)text.p[begin - 1])) &&
			(end == text.n || !isalnum((unsigned char)text.p[end])))
			return true;
	}
	return false;
}

static void gather_offers(struct wq_quality *q, struct wq_quality_site *site)
{
	const struct quality_hit *hits = q->hits.items;
	unsigned flags = q->search ? Q_HAS_SEARCH : 0;
	uint32_t year = 0;

	for (size_t i = 0; i < q->hits.n; i++) {
		unsigned class = quality_word_of(q, &hits[i])->class, flag = 0;
		if (class == Q_REPORT)
			year = WQ_MAX(year, report_year(q, &hits[i]));
		flag = class == Q_SEARCH      ? Q_HAS_SEARCH
			: class == Q_CONTACT  ? Q_HAS_CONTACT
			: class == Q_SERVICES ? Q_HAS_SERVICES
					      : 0;
		if (flag && !(flags & flag) && is_offered(q, &hits[i]))
			flags |= flag;
	}
	if (q->class == Q_PAGE_HOME && names_hotline(quality_text(q)))
		flags |= Q_HAS_CONTACT;
	quality_site_offers(site, q, flags, year);
}

/* ---- messages: the newest answer, and the oldest message of the last year that has none (检查指标 V5) */

static void gather_messages(struct wq_quality *q, struct wq_quality_site *site)
{
	const struct quality_date *dates = q->dates.items;
	uint32_t today = q->page.subject->day, answered = 0, unanswered = 0;

	for (size_t i = 0; i < q->dates.n; i++) {
		uint32_t day = quality_date_day(&dates[i], today);
		if (day == 0 || day > today)
			continue;
		if (dates[i].context == Q_ANSWERED_AT)
			answered = WQ_MAX(answered, day);
		if (dates[i].context == Q_ASKED_AT && day >= quality_months_before(today, 12) &&
			quality_hit_in(q, Q_UNANSWERED, dates[i].end, dates[i].end + MESSAGE_REACH) &&
			(i + 1 == q->dates.n || dates[i + 1].context != Q_ANSWERED_AT))
			unanswered = unanswered ? WQ_MIN(unanswered, day) : day;
	}
	if (answered || unanswered)
		quality_site_message(site, answered, unanswered);
}

/* ---- forums, advertising */

static wq_str sign_in(const struct quality_list *list, wq_str text)
{
	for (size_t i = 0; i < list->n; i++)
		if (wq_str_starts_nocase(text, list->items[i]))
			return list->items[i];
	return WQ_S_NONE;
}

/* "Powered by X" in the title or near the end of the text. */
static void find_powered(struct wq_quality *q)
{
	const wq_str by = WQ_S("owered by");
	uint32_t from = q->text_n > TAIL_BYTES ? (uint32_t)q->text_n - TAIL_BYTES : 0;
	wq_str rest = wq_str_from(quality_text(q), from), title = q->title;
	ptrdiff_t at;

	for (; (at = wq_str_find(rest, by)) >= 0 && !q->forum_sign.n; rest = wq_str_from(rest, (size_t)at + by.n)) {
		wq_str name = wq_str_from(rest, (size_t)at + by.n);
		q->forum_sign = sign_in(&q->rules->powered, quality_trim(wq_str_head(name, 40)));
		q->forum_at = (uint32_t)(rest.p - q->text) + (uint32_t)at;
	}
	at = q->forum_sign.n ? -1 : wq_str_find(title, by);
	if (at >= 0)
		q->forum_sign = sign_in(&q->rules->powered, quality_trim(wq_str_from(title, (size_t)at + by.n)));
}

static void note(struct wq_quality *q, struct wq_quality_site *site, enum wq_rule_id rule, uint32_t at, wq_str subject)
{
	wq_str excerpt = wq_clean(q->arena, subject, WQ_EXCERPT_BYTES);

	if (site) {
		quality_site_note(site, q, rule, at, excerpt, subject, WQ_S_NONE);
	} else if (!wq_failed(q->err)) {
		struct wq_finding finding = quality_finding(q, rule, at, excerpt, subject, WQ_S_NONE);
		if (!q->arena->failed)
			q->err = wq_findings_add(q->findings, &finding);
	}
}

void quality_judge_offers(struct wq_quality *q, struct wq_quality_site *site)
{
	const struct quality_hit *hit;

	find_powered(q);
	if (q->forum_sign.n)
		note(q, site, WQ_RULE_SITE_FORUM, q->forum_at, q->forum_sign);
	if (q->ad_host.n)
		note(q, site, WQ_RULE_SITE_ADVERTISING, q->ad_at, q->ad_host);
	hit = q->han ? quality_hit_in(q, Q_ADVERTISING, 0, (uint32_t)q->text_n) : NULL;
	if (hit && is_offered(q, hit))
		note(q, site, WQ_RULE_SITE_ADVERTISING, hit->at, wq_str_of(q->text + hit->at, hit->end - hit->at));
	if (site && (q->han || q->search)) {
		gather_offers(q, site);
		gather_messages(q, site);
	}
}
