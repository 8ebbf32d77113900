#include "detect/quality/quality_priv.h"

/* So that a page made to be slow is not: a line is looked at around a place, and so many things of a kind are kept. */
enum { LINE_MAX_BYTES = 2048, EMPTY_LINKS_MAX = 64, DATES_MAX = 20000, NUMBERS_MAX = 5000 };

/* ---- the one pass over the text: listed words, dates, bracketed numbers */

struct scan {
	struct wq_quality *q;
	wq_str text;
	uint32_t state; /* of the words */
};

static void add_hits(struct scan *s, uint32_t end)
{
	struct wq_words_hit found;

	for (size_t n = 0; wq_words_found(s->q->rules->words, s->state, n, &found); n++) {
		struct quality_hit *hit = quality_push(s->q->arena, &s->q->hits, sizeof *hit);
		if (!hit)
			return;
		*hit = (struct quality_hit){end - s->q->rules->word[found.id].bytes, end, (uint16_t)found.id};
	}
}

/* Where a number ends, ASCII and full-width digits alike. */
static size_t number_end(wq_str text, size_t at)
{
	unsigned digit;
	size_t n;

	while (quality_digit(text, at, &digit, &n))
		at += n;
	return at;
}

static bool after_bracket(wq_str text, size_t at)
{
	unsigned char c = at ? (unsigned char)text.p[at - 1] : 0;

	return c == '[' || c == '(' || c == '<' || (c >= 0x80 && at >= 6 && (unsigned char)text.p[at - 3] >= 0xe3);
}

/* A number begins at `at`: where to go on. */
static size_t on_number(struct scan *s, size_t at)
{
	struct quality_date date, *kept;
	uint32_t *number;

	s->state = 0;
	if (quality_date_read(s->text, at, &date)) {
		kept = s->q->dates.n < DATES_MAX ? quality_push(s->q->arena, &s->q->dates, sizeof *kept) : NULL;
		if (kept)
			*kept = date;
		return date.end;
	}
	if (s->q->numbers.n < NUMBERS_MAX && after_bracket(s->text, at) &&
		(number = quality_push(s->q->arena, &s->q->numbers, sizeof *number)))
		*number = (uint32_t)at;
	return number_end(s->text, at);
}

static size_t on_wide(struct scan *s, size_t at)
{
	const unsigned char *p = (const unsigned char *)s->text.p + at;
	uint32_t cp;
	size_t n;
	unsigned digit;

	if (at + 2 < s->text.n && (p[0] & 0xf0) == 0xe0 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
		cp = (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
		n = 3;
		if (cp >= 0xff10 && cp <= 0xff19 && quality_digit(s->text, at, &digit, &n))
			return on_number(s, at);
	} else {
		n = wq_utf8_read_lossy(wq_str_from(s->text, at), &cp);
	}
	s->q->han += cp >= 0x4e00 && cp <= 0x9fff;
	if (!s->state && cp < 0x10000 && !(s->q->rules->starts[cp / 64] >> cp % 64 & 1))
		return at + n;
	s->state = wq_words_step(s->q->rules->words, s->state, cp);
	if (s->state && wq_words_any(s->q->rules->words, s->state))
		add_hits(s, (uint32_t)(at + n));
	return at + n;
}

void quality_scan(struct wq_quality *q)
{
	struct scan s = {.q = q, .text = quality_text(q)};
	size_t at = 0;

	while (at < s.text.n) {
		unsigned char c = (unsigned char)s.text.p[at];
		if (c >= 0x80) {
			at = on_wide(&s, at);
			continue;
		}
		s.state = 0;
		if (c >= '0' && c <= '9')
			at = on_number(&s, at);
		else
			at++;
	}
}

/* ---- looking at what was found */

uint32_t quality_skip_space(wq_str text, uint32_t at)
{
	for (;;) {
		wq_str rest = wq_str_from(text, at);
		if (rest.n && (rest.p[0] == ' ' || rest.p[0] == '\t'))
			at++;
		else if (wq_str_starts(rest, WQ_S("\xc2\xa0")))
			at += 2;
		else if (wq_str_starts(rest, WQ_S("\xe3\x80\x80")))
			at += 3;
		else
			return at;
	}
}

wq_str quality_trim(wq_str text)
{
	text = wq_str_from(text, quality_skip_space(text, 0));
	for (;;) {
		if (text.n && (unsigned char)text.p[text.n - 1] <= ' ')
			text.n--;
		else if (wq_str_ends(text, WQ_S("\xc2\xa0")))
			text.n -= 2;
		else if (wq_str_ends(text, WQ_S("\xe3\x80\x80")))
			text.n -= 3;
		else
			return text;
	}
}

bool quality_begins_word(wq_str text, uint32_t at)
{
	uint32_t cp = 0;

	if (at < 3 || (unsigned char)text.p[at - 1] < 0x80)
		return true;
	wq_utf8_read(wq_str_of(text.p + at - 3, 3), &cp);
	return !(cp >= 0x4e00 && cp <= 0x9fff);
}

struct quality_range quality_line(const struct wq_quality *q, uint32_t at)
{
	struct quality_range line = {at, at};
	size_t most = WQ_MIN(q->text_n - at, (size_t)LINE_MAX_BYTES);
	const char *end = memchr(q->text + at, '\n', most);

	while (line.from > 0 && q->text[line.from - 1] != '\n' && at - line.from < LINE_MAX_BYTES)
		line.from--;
	line.to = end ? (uint32_t)(end - q->text) : (uint32_t)(at + most);
	return line;
}

const struct quality_link *quality_link_in(const struct wq_quality *q, uint32_t from, uint32_t to)
{
	const struct quality_link *links = q->links.items;
	size_t low = 0, high = q->links.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (links[middle].to <= from)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t n = 0; n < EMPTY_LINKS_MAX && low < q->links.n && links[low].from < to; n++, low++)
		if (links[low].to > links[low].from)
			return &links[low];
	return NULL;
}

const struct quality_hit *quality_hit_in(const struct wq_quality *q, unsigned class, uint32_t from, uint32_t to)
{
	const struct quality_hit *hits = q->hits.items;
	size_t low = 0, high = q->hits.n;

	/* they are in the order of their ends */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (hits[middle].end <= from)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < q->hits.n && hits[low].end <= to; low++)
		if (hits[low].at >= from && quality_word_of(q, &hits[low])->class == class)
			return &hits[low];
	return NULL;
}

int quality_find_word(const struct wq_quality_rules *rules, wq_str text, unsigned class)
{
	struct wq_words_hit found;
	uint32_t state = 0, cp;
	int number = -1;
	size_t n;

	for (; (n = wq_utf8_read_lossy(text, &cp)) > 0; text = wq_str_from(text, n)) {
		state = wq_words_step(rules->words, state, cp);
		for (size_t i = 0; wq_words_found(rules->words, state, i, &found); i++)
			if (rules->word[found.id].class == class)
				number = rules->word[found.id].number;
	}
	return number;
}

wq_str quality_resolve(struct wq_quality *q, const struct quality_link *link)
{
	struct wq_url url;
	wq_str raw = wq_str_of(q->page.document->html.p + link->href_at, link->href_n);
	WQ_BUF(out, 8 * WQ_KIB);

	if (wq_failed(wq_html_decode(raw, WQ_HTML_IN_ATTRIBUTE, &out)) ||
		wq_failed(wq_url_parse(q->arena, wq_buf_str(&out), &q->page.document->address, &url)) || !url.has_host)
		return WQ_S_NONE;
	return url.href;
}

/* ---- findings */

static uint64_t source_of(const struct wq_quality *q, uint32_t at)
{
	const struct quality_seg *segs = q->segs.items;
	size_t low = 0, high = q->segs.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (segs[middle].text_at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	/* references aside, a text keeps its length */
	return low ? segs[low - 1].html_at + (at - segs[low - 1].text_at) : 0;
}

struct wq_finding quality_finding(
	struct wq_quality *q, enum wq_rule_id rule, uint32_t at, wq_str excerpt, wq_str subject, wq_str target)
{
	struct wq_finding finding = wq_rule_finding(rule);

	finding.place = q->page.place;
	finding.place.offset = WQ_MIN(source_of(q, at), (uint64_t)q->page.document->html.n);
	wq_document_place(
		q->page.document, &q->place_at, finding.place.offset, &finding.place.line, &finding.place.column);
	if (q->page.document->converted)
		finding.place.offset = 0;
	finding.evidence.excerpt = excerpt;
	finding.evidence.subject = wq_clean(q->arena, subject, WQ_EXCERPT_BYTES);
	finding.evidence.target = wq_clean(q->arena, target, WQ_FINDING_PLACE_BYTES / 2);
	return finding;
}

void quality_report(struct wq_quality *q, enum wq_rule_id rule, uint32_t at, wq_str subject, wq_str target)
{
	struct wq_finding finding = quality_finding(
		q, rule, at, wq_excerpt_public(q->arena, quality_text(q), at), subject, target);

	if (!wq_failed(q->err) && !q->arena->failed)
		q->err = wq_findings_add(q->findings, &finding);
}
