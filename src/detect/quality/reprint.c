#include "detect/quality/quality_priv.h"

/* Reprints are labelled with source, time and link (2024 art. 14). Whether a page is one is told by its label, by the word 转载 where it is a
 * statement, or by the head of an agency's report. */

enum { LABELS_MAX = 3 /* with more, the page lists articles */, VALUE_BYTES = 90, VALUE_LEAST = 6, WIRE_REACH = 90 };

struct label {
	uint32_t at; /* of the label */
	struct quality_range value;
	wq_str name;
	int source; /* of the rules; -1: none of them */
};

static bool contains(wq_str text, wq_str part)
{
	return part.n >= VALUE_LEAST && wq_str_find(text, part) >= 0;
}

/* Ours, or what nobody would call a source. */
static bool is_own(const struct wq_quality *q, wq_str name, int source)
{
	const struct wq_subject *s = q->page.subject;

	if (contains(name, s->name) || contains(s->name, name) || contains(name, q->site_name) ||
		contains(q->site_name, name))
		return true;
	for (size_t i = 0; i < s->short_names_n; i++)
		if (contains(name, s->short_names[i]) || contains(s->short_names[i], name))
			return true;
	return source < 0 && (contains(q->title, name) || quality_find_word(q->rules, name, Q_OWN) >= 0);
}

/* The listed source that a value names: most of it, or its beginning. */
static int source_of(const struct wq_quality *q, wq_str name)
{
	struct wq_words_hit found;
	uint32_t state = 0, cp;
	size_t n, end = 0;
	int source = -1;
	wq_str rest = name;

	for (; (n = wq_utf8_read_lossy(rest, &cp)) > 0; rest = wq_str_from(rest, n)) {
		end += n;
		state = wq_words_step(q->rules->words, state, cp);
		for (size_t i = 0; wq_words_found(q->rules->words, state, i, &found); i++) {
			const struct quality_word *word = &q->rules->word[found.id];
			if (word->class == Q_SOURCE && (end == word->bytes || 2u * word->bytes >= name.n))
				source = word->number;
		}
	}
	return source;
}

static bool ends_like_medium(const struct wq_quality *q, wq_str name)
{
	struct wq_words_hit found;
	uint32_t state = 0, cp;
	size_t n;

	for (; (n = wq_utf8_read_lossy(name, &cp)) > 0; name = wq_str_from(name, n))
		state = wq_words_step(q->rules->words, state, cp);
	for (size_t i = 0; wq_words_found(q->rules->words, state, i, &found); i++)
		if (q->rules->word[found.id].class == Q_MEDIUM_END)
			return true;
	return false;
}

static bool names_other(const struct wq_quality *q, wq_str name, int source)
{
	return source >= 0 || ends_like_medium(q, name);
}

/* The value ends before the next label, date, bar or closing bracket. */
static uint32_t value_end(const struct wq_quality *q, uint32_t from, uint32_t to)
{
	static const unsigned classes[] = {Q_PUBLISHED, Q_TIME, Q_BESIDE, Q_SOURCE_LABEL};
	static const wq_str stops[] = {WQ_S_INIT("|"), WQ_S_INIT("）"), WQ_S_INIT(")"), WQ_S_INIT("]"), WQ_S_INIT("】"),
		WQ_S_INIT("　"), WQ_S_INIT("  "), WQ_S_INIT("，"), WQ_S_INIT("。"), WQ_S_INIT("；")};
	const struct quality_date *dates = q->dates.items;

	for (size_t i = 0; i < WQ_COUNT(classes); i++) {
		const struct quality_hit *hit = quality_hit_in(q, classes[i], from, to);
		if (hit)
			to = WQ_MIN(to, hit->at);
	}
	for (size_t i = 0; i < q->dates.n && dates[i].at < to; i++)
		if (dates[i].at >= from)
			to = dates[i].at;
	for (size_t i = 0; i < WQ_COUNT(stops); i++) {
		ptrdiff_t at = wq_str_find(wq_str_of(q->text + from, to - from), stops[i]);
		if (at > 0)
			to = from + (uint32_t)at;
	}
	return to;
}

static wq_str unquoted(wq_str name)
{
	static const wq_str edges[] = {WQ_S_INIT("《"), WQ_S_INIT("》"), WQ_S_INIT("“"), WQ_S_INIT("”"),
		WQ_S_INIT("【"), WQ_S_INIT("["), WQ_S_INIT("<"), WQ_S_INIT(">"), WQ_S_INIT("\"")};

	name = quality_trim(name);
	for (size_t i = 0; i < WQ_COUNT(edges); i++) {
		if (wq_str_starts(name, edges[i]))
			name = wq_str_from(name, edges[i].n);
		if (wq_str_ends(name, edges[i]))
			name.n -= edges[i].n;
	}
	return quality_trim(name);
}

/* "来源：X", "（来源：X）", "转载自X"; 数据来源 and the like are none. */
static bool read_label(const struct wq_quality *q, const struct quality_hit *hit, bool colon, struct label *ret)
{
	wq_str text = quality_text(q);
	struct quality_range line = quality_line(q, hit->at);
	uint32_t at = quality_skip_space(text, hit->end), end;
	wq_str rest = wq_str_from(text, at);
	bool has_colon = wq_str_starts(rest, WQ_S("：")) || wq_str_starts(rest, WQ_S(":")), next_line = false;

	/* without a colon, a cell of a table that holds nothing else */
	if (!quality_begins_word(text, hit->at) || (colon && !has_colon && (at < line.to || hit->at > line.from)))
		return false;
	if (has_colon)
		at += rest.p[0] == ':' ? 1 : 3;
	at = quality_skip_space(text, at);
	if (at >= line.to && line.to + 1 < q->text_n) {
		line = quality_line(q, line.to + 1);
		at = quality_skip_space(text, line.from);
		next_line = true;
	}
	if (at >= line.to)
		return false;
	end = value_end(q, at, WQ_MIN(line.to, at + VALUE_BYTES));
	*ret = (struct label){.at = hit->at, .value = {at, end}, .name = unquoted(wq_str_of(q->text + at, end - at))};
	ret->source = source_of(q, ret->name);
	if (next_line && !names_other(q, ret->name, ret->source))
		return false;
	return ret->name.n >= VALUE_LEAST;
}

/* The first label with a value; how many there are. */
static size_t find_label(const struct wq_quality *q, struct label *ret)
{
	const struct quality_hit *hits = q->hits.items;
	struct label label;
	uint32_t last = 0;
	size_t n = 0;

	for (size_t i = 0; i < q->hits.n && n <= LABELS_MAX; i++) {
		unsigned class = quality_word_of(q, &hits[i])->class;
		/* 信息来源 holds 来源: the longer one comes first */
		if ((class != Q_SOURCE_LABEL && class != Q_TAKEN_FROM) || hits[i].end == last)
			continue;
		if (!read_label(q, &hits[i], class == Q_SOURCE_LABEL, &label))
			continue;
		last = hits[i].end;
		if (n++ == 0)
			*ret = label;
	}
	return n;
}

/* ---- link and time */

static bool leads_away(struct wq_quality *q, const struct quality_link *link, wq_str *ret_href)
{
	wq_str href = quality_resolve(q, link);

	if (!href.n || wq_str_eq(href, q->page.document->address.href))
		return false;
	*ret_href = href;
	return true;
}

/* An address written out in the line. */
static wq_str written_address(const struct wq_quality *q, struct quality_range line)
{
	wq_str text = wq_str_of(q->text + line.from, line.to - line.from);
	ptrdiff_t at = wq_str_find(text, WQ_S("http"));
	size_t n = 0;

	if (at < 0)
		return WQ_S_NONE;
	text = wq_str_from(text, (size_t)at);
	while (n < text.n && (unsigned char)text.p[n] > ' ' && (unsigned char)text.p[n] < 0x7f &&
		!strchr("\"'<>)]", text.p[n]))
		n++;
	return n > 10 ? wq_str_head(text, n) : WQ_S_NONE;
}

static wq_str link_of(struct wq_quality *q, const struct label *label)
{
	struct quality_range line = quality_line(q, label->value.from);
	const struct quality_link *link = quality_link_in(q, label->at, label->value.to), *links = q->links.items;
	wq_str href = WQ_S_NONE;

	if (link && leads_away(q, link, &href))
		return href;
	href = written_address(q, line);
	for (size_t i = 0; i < q->links.n && !href.n; i++) {
		wq_str text = wq_str_of(
			q->text + links[i].from, links[i].to > links[i].from ? links[i].to - links[i].from : 0);
		bool near = links[i].from >= label->at && links[i].from < label->value.to + WIRE_REACH;
		if (!contains(text, WQ_S("原文")) && !(near && contains(text, label->name)) &&
			!wq_str_starts(text, WQ_S("http")))
			continue;
		if (!leads_away(q, &links[i], &href))
			href = WQ_S_NONE;
	}
	return href;
}

static bool has_time(const struct wq_quality *q, const struct label *label)
{
	const struct quality_date *dates = q->dates.items;
	struct quality_range line = quality_line(q, label->at);
	uint32_t from = line.from, to = quality_line(q, label->value.to).to;

	for (uint64_t i = 0; i < q->rules->limits.reprint_lines; i++) {
		from = from ? quality_line(q, from - 1).from : 0;
		to = to + 1 < q->text_n ? quality_line(q, to + 1).to : to;
	}
	for (size_t i = 0; i < q->dates.n; i++) {
		bool same_line = dates[i].at >= line.from && dates[i].at < line.to;
		bool near = dates[i].at >= from && dates[i].at < to && dates[i].at < q->footer_at;
		if (dates[i].year && (same_line || (near && (dates[i].alone || dates[i].context == Q_LABELLED))))
			return true;
	}
	return false;
}

static bool host_belongs(const struct quality_source *source, wq_str host)
{
	for (size_t i = 0; i < source->hosts_n; i++) {
		wq_str own = source->hosts[i];
		if (wq_str_ends(host, own) && (host.n == own.n || host.p[host.n - own.n - 1] == '.'))
			return true;
	}
	return source->hosts_n == 0;
}

/* ---- what is said */

static void add_text(struct wq_quality *q, struct wq_quality_sketch *sketch)
{
	for (uint32_t at = 0; at < q->footer_at;) {
		const char *end = memchr(q->text + at, '\n', q->footer_at - at);
		uint32_t to = end ? (uint32_t)(end - q->text) : q->footer_at;
		const struct quality_link *link = quality_link_in(q, at, to);
		if (to - at >= VALUE_BYTES / 2 && (!link || link->to - link->from < (to - at) / 2))
			quality_sketch_add(sketch, wq_str_of(q->text + at, to - at));
		at = to + 1;
	}
}

static void keep_reprint(struct wq_quality *q, const struct label *label, wq_str link)
{
	struct wq_document_at at = {0};
	struct wq_finding finding;
	struct wq_quality_reprint *reprint = WQ_NEW(q->arena, struct wq_quality_reprint);
	struct wq_url url;

	if (!reprint || wq_failed(wq_url_parse(q->arena, link, NULL, &url)))
		return;
	q->place_at = at;
	finding = quality_finding(q, WQ_RULE_REPRINT_SOURCE, label->at, WQ_S_NONE, WQ_S_NONE, WQ_S_NONE);
	reprint->source = wq_clean(q->arena, label->name, VALUE_BYTES);
	reprint->link = url.href;
	reprint->line = finding.place.line;
	add_text(q, &reprint->sketch);
	if (wq_str_starts(url.scheme, WQ_S("http")))
		q->reprint = reprint;
	if (label->source >= 0 && !host_belongs(&q->rules->sources[label->source], url.host))
		quality_report(q, WQ_RULE_REPRINT_SOURCE, label->at, label->name, url.href);
}

static void judge_label(struct wq_quality *q, const struct label *label)
{
	wq_str link = link_of(q, label);

	if (link.n)
		keep_reprint(q, label, link);
	else
		quality_report(q, WQ_RULE_REPRINT_NO_LINK, label->at, label->name, WQ_S_NONE);
	if (!has_time(q, label))
		quality_report(q, WQ_RULE_REPRINT_NO_TIME, label->at, label->name, WQ_S_NONE);
}

/* 转载 at the beginning of a line, in brackets, or "本文…转载". */
static const struct quality_hit *find_statement(const struct wq_quality *q)
{
	static const wq_str before[] = {WQ_S_INIT("（"), WQ_S_INIT("("), WQ_S_INIT("【"), WQ_S_INIT("["),
		WQ_S_INIT("本文"), WQ_S_INIT("文章"), WQ_S_INIT("系"), WQ_S_INIT("为"), WQ_S_INIT("属"),
		WQ_S_INIT("全文")};
	const struct quality_hit *hits = q->hits.items;

	for (size_t i = 0; i < q->hits.n; i++) {
		struct quality_range line;
		wq_str head;
		if (quality_word_of(q, &hits[i])->class != Q_REPRINT || hits[i].end > q->footer_at)
			continue;
		if (quality_hit_in(q, Q_REPRINT_TOPIC, hits[i].at > 12 ? hits[i].at - 12 : 0, hits[i].end + 12) ||
			quality_link_in(q, hits[i].at, hits[i].end))
			continue;
		line = quality_line(q, hits[i].at);
		head = quality_trim(wq_str_of(q->text + line.from, hits[i].at - line.from));
		for (size_t k = 0; k < WQ_COUNT(before); k++)
			if (head.n == 0 || wq_str_ends(head, before[k]))
				return &hits[i];
	}
	return NULL;
}

/* "新华社北京11月20日电 " */
static const struct quality_hit *find_wire(const struct wq_quality *q)
{
	const struct quality_hit *hits = q->hits.items;

	for (size_t i = 0; i < q->hits.n; i++) {
		struct quality_range line;
		const struct quality_hit *end;
		wq_str rest;
		if (quality_word_of(q, &hits[i])->class != Q_WIRE || hits[i].end > q->footer_at)
			continue;
		line = quality_line(q, hits[i].at);
		if (quality_trim(wq_str_of(q->text + line.from, hits[i].at - line.from)).n > 3 ||
			quality_link_in(q, hits[i].at, hits[i].end))
			continue;
		end = quality_hit_in(q, Q_WIRE_END, hits[i].end, WQ_MIN(line.to, hits[i].end + WIRE_REACH));
		rest = end ? wq_str_from(quality_text(q), end->end) : WQ_S_NONE;
		if (rest.n &&
			(rest.p[0] == ' ' || wq_str_starts(rest, WQ_S("　")) || wq_str_starts(rest, WQ_S("（")) ||
				wq_str_starts(rest, WQ_S("(")) || wq_str_starts(rest, WQ_S("：")) ||
				wq_str_starts(rest, WQ_S("\xc2\xa0"))))
			return &hits[i];
	}
	return NULL;
}

void quality_judge_reprint(struct wq_quality *q, struct wq_quality_site *site)
{
	const struct quality_hit *hit;
	struct label label;
	size_t labels;

	if (q->han == 0 || q->class == Q_PAGE_HOME || q->class == Q_PAGE_COLUMN || q->class == Q_PAGE_GUIDE)
		return;
	labels = find_label(q, &label);
	if (labels > LABELS_MAX)
		return;
	if (labels == 0 && names_other(q, q->content_source, source_of(q, q->content_source)))
		return; /* the label may be where no text is */
	if (labels == 0) {
		hit = find_statement(q);
		if (!hit)
			hit = find_wire(q);
		if (hit)
			quality_report(q, WQ_RULE_REPRINT_UNLABELLED, hit->at, WQ_S("unlabelled"), WQ_S_NONE);
	} else if (!is_own(q, label.name, label.source) && names_other(q, label.name, label.source)) {
		hit = NULL;
		judge_label(q, &label);
	} else {
		return;
	}
	if (site && (labels || hit))
		quality_site_reprint(site);
}
