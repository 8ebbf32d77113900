#include "detect/quality/quality_priv.h"

enum { WRONG_MAX = 20 /* of one page */, HAN_LEAST = 20 };

/* ---- what a date is there for */

/* Where a label would end that belongs to what stands at `at`: over spaces, colons and opening brackets. */
static uint32_t label_end(wq_str text, uint32_t at)
{
	static const wq_str between[] = {WQ_S_INIT(" "), WQ_S_INIT(":"), WQ_S_INIT("["), WQ_S_INIT("("),
		WQ_S_INIT("\n"), WQ_S_INIT("："), WQ_S_INIT("　"), WQ_S_INIT("\xc2\xa0"), WQ_S_INIT("【"),
		WQ_S_INIT("（"), WQ_S_INIT("］"), WQ_S_INIT("]"), WQ_S_INIT("】")};
	uint32_t floor = at > 24 ? at - 24 : 0;
	bool moved = true;

	while (moved && at > floor) {
		moved = false;
		for (size_t i = 0; i < WQ_COUNT(between); i++)
			if (wq_str_ends(wq_str_head(text, at), between[i])) {
				at -= (uint32_t)between[i].n;
				moved = true;
			}
	}
	return at;
}

static enum quality_context context_of_label(const struct wq_quality *q, uint32_t end, struct quality_range line)
{
	wq_str text = quality_text(q);
	uint32_t from = end > 24 ? end - 24 : 0;
	const struct {
		unsigned class;
		enum quality_context context;
	} rows[] = {
		{Q_PUBLISHED, Q_LABELLED}, {Q_ANSWERED, Q_ANSWERED_AT}, {Q_ASKED, Q_ASKED_AT}, {Q_TIME, Q_LABELLED}};

	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		const struct quality_hit *hit = quality_hit_in(q, rows[i].class, from, end);
		while (hit && hit->end < end)
			hit = quality_hit_in(q, rows[i].class, hit->at + 1, end);
		if (!hit || !quality_begins_word(text, hit->at))
			continue;
		if (rows[i].class == Q_TIME && !quality_hit_in(q, Q_BESIDE, line.from, line.to) &&
			!quality_hit_in(q, Q_SOURCE_LABEL, line.from, line.to))
			continue;
		return rows[i].context;
	}
	return Q_RUNNING;
}

/* What is left of a line beside brackets and spaces. */
static wq_str bare(wq_str text)
{
	static const wq_str edges[] = {WQ_S_INIT("["), WQ_S_INIT("]"), WQ_S_INIT("("), WQ_S_INIT(")"), WQ_S_INIT("【"),
		WQ_S_INIT("】"), WQ_S_INIT("（"), WQ_S_INIT("）"), WQ_S_INIT("［"), WQ_S_INIT("］"), WQ_S_INIT("|"),
		WQ_S_INIT("·")};

	text = quality_trim(text);
	for (size_t i = 0; i < WQ_COUNT(edges); i++) {
		if (wq_str_starts(text, edges[i]))
			text = quality_trim(wq_str_from(text, edges[i].n));
		if (text.n && wq_str_ends(text, edges[i]))
			text = quality_trim(wq_str_head(text, text.n - edges[i].n));
	}
	return text;
}

/* A link on this line, or on one of the three before or the one after it. */
static bool beside_link(const struct wq_quality *q, struct quality_range line)
{
	uint32_t from = line.from;

	for (int i = 0; i < 3 && from > 0; i++)
		from = quality_line(q, from - 1).from;
	if (quality_link_in(q, from, line.to))
		return true;
	if (line.to >= q->text_n)
		return false;
	line = quality_line(q, line.to + 1);
	return quality_link_in(q, line.from, line.to) != NULL;
}

static bool is_listed(const struct wq_quality *q, const struct quality_date *date, struct quality_range line)
{
	if (date->alone)
		return beside_link(q, line);
	return date->edge && quality_link_in(q, line.from, line.to) != NULL;
}

static void set_context(struct wq_quality *q, struct quality_date *date)
{
	struct quality_range line = quality_line(q, date->at);
	wq_str before, after;

	line.to = WQ_MAX(line.to, date->end);
	before = bare(wq_str_of(q->text + line.from, date->at - line.from));
	after = bare(wq_str_of(q->text + date->end, line.to - date->end));
	date->alone = before.n == 0 && after.n == 0;
	date->edge = before.n == 0 || after.n == 0;
	date->context = (uint8_t)context_of_label(q, label_end(quality_text(q), date->at), line);
	if (date->context == Q_RUNNING && is_listed(q, date, line))
		date->context = Q_LISTED;
}

void quality_set_contexts(struct wq_quality *q)
{
	struct quality_date *dates = q->dates.items;

	for (size_t i = 0; i < q->dates.n; i++)
		set_context(q, &dates[i]);
}

/* ---- whether it is wrong */

static bool is_lunar(const struct wq_quality *q, const struct quality_date *date)
{
	struct quality_range line = quality_line(q, date->at);
	return quality_hit_in(q, Q_LUNAR, line.from, line.to) != NULL;
}

/* "1-2月30日", "1月至2月30日": the numbers belong to something else. */
static bool part_of_range(const struct wq_quality *q, const struct quality_date *date)
{
	static const wq_str before[] = {WQ_S_INIT("-"), WQ_S_INIT("—"), WQ_S_INIT("~"), WQ_S_INIT("～"),
		WQ_S_INIT("至"), WQ_S_INIT("、"), WQ_S_INIT("."), WQ_S_INIT("年")};
	wq_str head = wq_str_head(quality_text(q), date->at);

	for (size_t i = 0; i < WQ_COUNT(before); i++)
		if (wq_str_ends(head, before[i]))
			return true;
	return false;
}

static bool does_not_exist(const struct wq_quality *q, const struct quality_date *date)
{
	bool near = date->month >= 1 && date->month <= 12 && date->day >= 1 && date->day <= 31;
	bool placed = date->context == Q_LABELLED || date->context == Q_LISTED;

	if (placed && date->bad_time)
		return true;
	if (date->possible)
		return false;
	switch ((enum quality_form)date->form) {
	case Q_HAN: return !is_lunar(q, date);
	case Q_DASH: return placed || near;
	case Q_SLASH:
	case Q_DOT: return placed;
	case Q_HAN_MONTH_DAY: return near && !is_lunar(q, date) && !part_of_range(q, date);
	case Q_MONTH_DAY: return near && date->context == Q_LISTED && q->han > 0;
	case Q_YEAR_MONTH: break;
	}
	return false;
}

static bool is_plan_page(const struct wq_quality *q)
{
	return quality_find_word(q->rules, q->title, Q_PLAN) >= 0 ||
		quality_find_word(q->rules, q->column_name, Q_PLAN) >= 0 ||
		quality_hit_in(q, Q_PLAN, q->h1.from, q->h1.to);
}

static bool lies_ahead(const struct wq_quality *q, const struct quality_date *date, uint32_t tomorrow)
{
	struct quality_range line;

	if (tomorrow == 0 || date->year == 0 || date->form == Q_YEAR_MONTH || quality_date_day(date, 0) <= tomorrow)
		return false;
	if (date->context == Q_LABELLED)
		return true;
	/* what lists give a day for may be anything where nobody writes Chinese */
	line = quality_line(q, date->at);
	/* a sentence that begins with a day and holds a link is no item */
	if (!date->alone && date->form == Q_HAN)
		return false;
	return date->context == Q_LISTED && q->han >= HAN_LEAST && !quality_hit_in(q, Q_PLAN, line.from, line.to);
}

static void judge_meta(struct wq_quality *q, uint32_t tomorrow)
{
	struct quality_date date;
	struct wq_finding finding;

	if (q->pub_date.n == 0 || !quality_date_read(q->pub_date, 0, &date))
		return;
	if (date.possible && !date.bad_time && !(tomorrow && date.year && quality_date_day(&date, 0) > tomorrow))
		return;
	finding = quality_finding(q, WQ_RULE_DATE_WRONG, 0, wq_clean(q->arena, q->pub_date, WQ_EXCERPT_BYTES),
		WQ_S("PubDate"), WQ_S_NONE);
	finding.place.offset = 0;
	wq_document_place(q->page.document, &q->place_at, q->pub_date_at, &finding.place.line, &finding.place.column);
	if (!wq_failed(q->err) && !q->arena->failed)
		q->err = wq_findings_add(q->findings, &finding);
}

static void note_form(struct wq_quality *q, struct wq_quality_site *site, const struct quality_date *date)
{
	wq_str excerpt = wq_excerpt_public(q->arena, quality_text(q), date->at);

	if (site)
		quality_site_note(site, q, WQ_RULE_DATE_FORM, date->at, excerpt, WQ_S("form"), WQ_S_NONE);
	else
		quality_report(q, WQ_RULE_DATE_FORM, date->at, WQ_S("form"), WQ_S_NONE);
}

void quality_judge_dates(struct wq_quality *q, struct wq_quality_site *site)
{
	const struct quality_date *dates = q->dates.items;
	uint32_t today = q->page.subject->day;
	uint32_t tomorrow = today ? quality_day_of(quality_day_number(today) + 1) : 0;
	bool plans = is_plan_page(q), noted = false;
	size_t wrong = 0;

	judge_meta(q, tomorrow);
	for (size_t i = 0; i < q->dates.n && wrong < WRONG_MAX; i++) {
		const struct quality_date *date = &dates[i];
		wq_str written = wq_str_of(q->text + date->at, date->end - date->at);
		if (does_not_exist(q, date) || (!plans && lies_ahead(q, date, tomorrow))) {
			wrong++;
			quality_report(q, WQ_RULE_DATE_WRONG, date->at, written, WQ_S_NONE);
		} else if (!noted && date->context == Q_LABELLED && date->year &&
			(date->form != Q_DASH || date->wide)) {
			noted = true;
			note_form(q, site, date);
		}
	}
}
