#include "detect/quality/quality_priv.h"

/* Service guides and their eight elements (检查指标 V6): an element is there when its label stands there with something behind it. */

enum { NAME = 0, BASIS = 1, CONDITIONS = 2, MATERIALS = 3, TIME = 5, PROCEDURE = 7, SURE_LABELS = 4, VETO_LACKING = 4 };

struct guide {
	unsigned labels, filled; /* bits of elements */
};

static bool followed_by_colon(wq_str text, uint32_t at)
{
	wq_str rest = wq_str_from(text, quality_skip_space(text, at));
	return wq_str_starts(rest, WQ_S(":")) || wq_str_starts(rest, WQ_S("："));
}

/* "一、", "3.", "（二）", "【" and the like. */
static bool only_numbering(wq_str before)
{
	uint32_t cp;
	size_t n, chars = 0;

	for (; (n = wq_utf8_read_lossy(before, &cp)) > 0; before = wq_str_from(before, n)) {
		bool numeral = cp == 0x4e00 || cp == 0x4e8c || cp == 0x4e09 || cp == 0x56db || cp == 0x4e94 ||
			cp == 0x516d || cp == 0x4e03 || cp == 0x516b || cp == 0x4e5d || cp == 0x5341;
		bool letter = (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
		if (letter || (cp >= 0x4e00 && cp <= 0x9fff && !numeral) || ++chars > 8)
			return false;
	}
	return true;
}

/* "办理地点/时间" is two labels. */
static const wq_str times[] = {WQ_S_INIT("/时间"), WQ_S_INIT("和时间"), WQ_S_INIT("及时间"), WQ_S_INIT("、时间")};

static bool with_time(wq_str rest)
{
	for (size_t i = 0; i < WQ_COUNT(times); i++)
		if (wq_str_starts(rest, times[i]))
			return true;
	return false;
}

/* What stands between the label and the end of the line, without marks. */
static wq_str behind(wq_str rest)
{
	static const wq_str marks[] = {WQ_S_INIT(":"), WQ_S_INIT("："), WQ_S_INIT("】"), WQ_S_INIT("）"),
		WQ_S_INIT("]"), WQ_S_INIT(")"), WQ_S_INIT("」"), WQ_S_INIT("、"), WQ_S_INIT("。")};

	for (size_t i = 0; i < WQ_COUNT(times); i++)
		if (wq_str_starts(rest, times[i]))
			rest = wq_str_from(rest, times[i].n);
	rest = quality_trim(rest);
	for (size_t i = 0; i < WQ_COUNT(marks); i++)
		if (wq_str_starts(rest, marks[i]))
			rest = quality_trim(wq_str_from(rest, marks[i].n));
	return rest;
}

static bool thing_in(const struct wq_quality *q, uint32_t from, uint32_t to)
{
	const uint32_t *things = q->things.items;

	for (size_t i = 0; i < q->things.n; i++)
		if (things[i] >= from && things[i] <= to)
			return true;
	return false;
}

static bool is_label(const struct wq_quality *q, const struct quality_hit *hit, struct quality_range line)
{
	wq_str text = quality_text(q);

	if (followed_by_colon(text, hit->end))
		return true;
	return only_numbering(wq_str_of(q->text + line.from, hit->at - line.from)) &&
		behind(wq_str_of(q->text + hit->end, line.to - hit->end)).n == 0;
}

/* The line after a bare label says it, unless it is a label itself. */
static bool next_line_says(const struct wq_quality *q, struct quality_range line, uint32_t end)
{
	const struct quality_hit *hit;
	struct quality_range next;

	if (line.to + 1 >= end)
		return thing_in(q, line.to, end);
	next = quality_line(q, line.to + 1);
	if (thing_in(q, line.to, line.to + 1))
		return true;
	hit = quality_hit_in(q, Q_ELEMENT, next.from, next.to);
	return next.from < end && quality_trim(wq_str_of(q->text + next.from, next.to - next.from)).n > 0 &&
		!(hit && is_label(q, hit, next));
}

static void read_elements(const struct wq_quality *q, struct guide *guide)
{
	const struct quality_hit *hits = q->hits.items;

	for (size_t i = 0; i < q->hits.n; i++) {
		const struct quality_word *word = quality_word_of(q, &hits[i]);
		struct quality_range line;
		unsigned elements;
		if (word->class != Q_ELEMENT || hits[i].at < q->body_at || hits[i].end > q->footer_at)
			continue;
		if (guide->filled >> word->number & 1)
			continue;
		line = quality_line(q, hits[i].at);
		if (!is_label(q, &hits[i], line))
			continue;
		elements = 1u << word->number;
		if (with_time(wq_str_of(q->text + hits[i].end, line.to - hits[i].end)))
			elements |= 1u << TIME;
		guide->labels |= elements;
		if (behind(wq_str_of(q->text + hits[i].end, line.to - hits[i].end)).n ||
			thing_in(q, hits[i].end, line.to) || next_line_says(q, line, q->footer_at))
			guide->filled |= elements;
	}
}

static wq_str heading_of(const struct wq_quality *q)
{
	wq_str h1 = quality_trim(wq_str_of(q->text + q->h1.from, q->h1.to - q->h1.from));
	return h1.n ? h1 : q->title;
}

/* A heading that says more than "办事指南" names the service. */
static bool heading_names(const struct wq_quality *q)
{
	return heading_of(q).n >= 18;
}

static bool is_guide(const struct wq_quality *q, const struct guide *guide)
{
	unsigned labels = (unsigned)__builtin_popcount(guide->labels);
	unsigned typical = guide->labels & (1u << BASIS | 1u << CONDITIONS | 1u << MATERIALS | 1u << PROCEDURE);
	bool said = quality_find_word(q->rules, q->title, Q_GUIDE) >= 0 ||
		quality_find_word(q->rules, heading_of(q), Q_GUIDE) >= 0;

	if (q->class == Q_PAGE_HOME || q->items >= q->rules->limits.items)
		return false;
	return (said && labels >= q->rules->limits.guide_labels) ||
		(labels >= SURE_LABELS && __builtin_popcount(typical) >= 2);
}

void quality_judge_guide(struct wq_quality *q, struct wq_quality_site *site)
{
	struct guide guide = {0};
	struct wq_finding finding;
	unsigned lacking;
	WQ_BUF(missing, 512);

	if (q->han == 0 || !quality_hit_in(q, Q_ELEMENT, q->body_at, q->footer_at))
		return;
	read_elements(q, &guide);
	if (!is_guide(q, &guide))
		return;
	q->class = Q_PAGE_GUIDE;
	if (heading_names(q))
		guide.filled |= 1u << NAME;
	lacking = WQ_QUALITY_ELEMENTS - (unsigned)__builtin_popcount(guide.filled);
	if (site)
		quality_site_guide(site, lacking);
	if (lacking == 0)
		return;
	for (size_t i = 0; i < WQ_QUALITY_ELEMENTS; i++)
		if (!(guide.filled >> i & 1))
			wq_buf_printf(&missing, "%s%.*s", missing.len ? "、" : "缺：", WQ_S_ARG(q->rules->elements[i]));
	finding = quality_finding(q, WQ_RULE_GUIDE_INCOMPLETE, q->h1.from,
		wq_clean(q->arena, wq_buf_str(&missing), WQ_EXCERPT_BYTES), wq_buf_str(&missing), WQ_S_NONE);
	if (lacking < VETO_LACKING)
		finding.severity = WQ_SEVERITY_LOW;
	if (!wq_failed(q->err) && !q->arena->failed)
		q->err = wq_findings_add(q->findings, &finding);
}
