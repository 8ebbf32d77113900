#include "detect/front/front_priv.h"

enum { TRACE_SUBJECT = 120 };

/* ---- the visible text, block by block ---- */

static void add_bytes(struct wq_front *front, wq_str text)
{
	while (text.n) {
		size_t n = WQ_MIN(text.n, FRONT_BLOCK_BYTES - front->block_n);
		memcpy(front->block + front->block_n, text.p, n);
		front->block_n += n;
		text = wq_str_from(text, n);
		if (front->block_n == FRONT_BLOCK_BYTES)
			front_block_end(front);
	}
}

void front_text(struct wq_front *front, wq_str raw, uint64_t at)
{
	if (front->link.open && !front->link.named)
		front_access_text(front, raw);
	if (front->block_n == 0) {
		front->block_at = at;
		for (; raw.n && wq_html_is_space(raw.p[0]); front->block_at++)
			raw = wq_str_from(raw, 1);
		if (raw.n == 0)
			return;
	}
	add_bytes(front, front_decode(front->arena, raw, WQ_HTML_IN_TEXT));
}

static void on_hit(void *data, uint32_t id, size_t at, size_t n)
{
	struct wq_front *front = data;

	if (front->hits_n < FRONT_HITS)
		front->hits[front->hits_n++] = (struct front_hit){id, (uint32_t)at, (uint32_t)n};
}

static unsigned kind_of(const struct front_hit *hit)
{
	return hit->id >> 16;
}

static unsigned section_of(const struct front_hit *hit)
{
	return hit->id >> 8 & 0xff;
}

/* ---- demands ---- */

/* Bytes of a sentence's end at `p`, 0 when it goes on. */
static size_t sentence_end(const char *p, size_t n)
{
	static const wq_str ends[] = {WQ_S_INIT("。"), WQ_S_INIT("！"), WQ_S_INIT("？"), WQ_S_INIT("；"),
		WQ_S_INIT("!"), WQ_S_INIT("?"), WQ_S_INIT(";"), WQ_S_INIT(". ")};

	if (!memchr("\xe3\xef!?;.", p[0], 6))
		return 0;
	for (size_t i = 0; i < WQ_COUNT(ends); i++)
		if (wq_str_starts(wq_str_of(p, n), ends[i]))
			return ends[i].n;
	return 0;
}

struct sentence {
	size_t from, to;
};

static struct sentence sentence_around(const struct wq_front *front, size_t at)
{
	struct sentence s = {0, front->block_n};

	for (size_t i = 0; i < front->block_n; i++) {
		size_t end = sentence_end(front->block + i, front->block_n - i);
		if (!end)
			continue;
		if (i >= at) {
			s.to = i;
			break;
		}
		s.from = i + end;
	}
	return s;
}

/* What of demand `n` the sentence names: how many kinds, and whether any stands near the word at `hit`. */
struct named {
	uint64_t numbers; /* bits of the kinds */
	size_t kinds;
	bool near, excused;
};

static struct named names_of(const struct wq_front *front, const struct front_hit *hit, struct sentence in)
{
	struct named named = {0};
	uint64_t near = front->rules->limits.near_bytes;

	for (size_t i = 0; i < front->hits_n; i++) {
		const struct front_hit *h = &front->hits[i];
		unsigned number = h->id & 0xff;
		size_t gap = h->at < hit->at ? hit->at - h->at : h->at - hit->at;
		if (section_of(h) != section_of(hit) || h->at < in.from || h->at >= in.to)
			continue;
		if (kind_of(h) == FRONT_EXCUSE)
			named.excused = true;
		if (kind_of(h) != FRONT_WHAT)
			continue;
		named.near |= gap <= near;
		named.kinds += !(named.numbers >> number & 1);
		named.numbers |= (uint64_t)1 << number;
	}
	return named;
}

static void judge_demand(struct wq_front *front, const struct front_hit *hit)
{
	const struct front_demand *demand = &front->rules->demands[section_of(hit)];
	struct sentence in = sentence_around(front, hit->at);
	struct named named = names_of(front, hit, in);
	bool must = kind_of(hit) == FRONT_MUST;
	wq_str text = wq_str_of(front->block + in.from, WQ_MIN(in.to - in.from, WQ_EXCERPT_BYTES));

	if (!named.near || named.excused || named.kinds >= demand->kinds || (!must && !demand->has_mild))
		return;
	front_note_add(&front->notes, demand->rule, FRONT_EACH, must ? demand->severity : demand->mild,
		wq_str_trim(text), wq_str_trim(text), front->block_at);
}

/* ---- traces and labels ---- */

static bool begins_block(const struct wq_front *front, const struct front_hit *hit)
{
	return hit->at == 0 && front->in_pre == 0;
}

static bool block_has(const struct wq_front *front, enum front_word kind, unsigned section)
{
	for (size_t i = 0; i < front->hits_n; i++)
		if (kind_of(&front->hits[i]) == kind && section_of(&front->hits[i]) == section)
			return true;
	return false;
}

static void count_trace(struct wq_front *front, const struct front_hit *hit)
{
	unsigned n = section_of(hit);

	if (front->rules->traces[n].anywhere && !(begins_block(front, hit) && block_has(front, FRONT_TRACE_WITH, n)))
		return;
	if (front->trace_hits[n]++ == 0)
		front->trace_at[n] = front->block_at;
}

static void judge_hits(struct wq_front *front)
{
	bool trace = false, is_label = front->block_n <= front->rules->limits.label_bytes;

	for (size_t i = 0; i < front->hits_n; i++) {
		const struct front_hit *hit = &front->hits[i];
		switch (kind_of(hit)) {
		case FRONT_MUST:
		case FRONT_SHOULD: judge_demand(front, hit); break;
		case FRONT_TRACE:
			count_trace(front, hit);
			trace = true;
			break;
		case FRONT_TRACE_WITH: front->trace_with[section_of(hit)] = true; break;
		case FRONT_LABEL:
			if (is_label)
				front->pending |= 1u << section_of(hit);
			break;
		default: break;
		}
	}
	if (trace)
		front->trace_bytes += front->block_n;
}

static void judge_listing(struct wq_front *front)
{
	wq_str text = wq_str_of(front->block, front->block_n);

	for (size_t i = 0; i < front->rules->listings_n; i++)
		for (size_t k = 0; k < front->rules->listings[i].with.n; k++)
			if (wq_str_find(text, front->rules->listings[i].with.items[k]) >= 0)
				front->listing_with |= 1u << i;
}

void front_block_end(struct wq_front *front)
{
	if (front->block_n == 0)
		return;
	front->hits_n = 0;
	front_find(&front->rules->words, wq_str_of(front->block, front->block_n), on_hit, front);
	if (front->hits_n)
		judge_hits(front);
	if (front->listing_title)
		judge_listing(front);
	front->text_bytes += front->block_n;
	front->block_n = 0;
	front->link.text_from = 0;
}

/* A title is complete before the text begins. */
void front_title_end(struct wq_front *front)
{
	wq_str title = wq_str_trim(wq_str_of(front->title, front->title_n));

	for (size_t i = 0; i < front->rules->listings_n; i++)
		for (size_t k = 0; k < front->rules->listings[i].title.n; k++)
			if (wq_str_find(title, front->rules->listings[i].title.items[k]) >= 0)
				front->listing_title |= 1u << i;
}

/* Another text is another error. */
static void note_trace(struct wq_front *front, wq_str name, uint64_t at)
{
	wq_str text = wq_str_head(wq_str_from(front->document->html, (size_t)at), TRACE_SUBJECT);
	wq_str subject = wq_arena_printf(front->arena, "%.*s: %.*s", WQ_S_ARG(name), WQ_S_ARG(text));

	front_note(front, WQ_RULE_FRONT_ERROR_TRACE, FRONT_GROUP, wq_rule_severity(WQ_RULE_FRONT_ERROR_TRACE), subject,
		at);
}

void front_text_judge(struct wq_front *front)
{
	const struct wq_front_rules *rules = front->rules;
	bool bare = front->document->status >= 500 ||
		front->trace_bytes * 100 >= rules->limits.trace_percent * front->text_bytes;

	for (size_t i = 0; i < rules->traces_n; i++) {
		const struct front_trace *trace = &rules->traces[i];
		if (front->trace_hits[i] < trace->least || (trace->has_with && !front->trace_with[i]))
			continue;
		if (bare || trace->anywhere)
			note_trace(front, trace->name, front->trace_at[i]);
	}
	front->is_listing = (front->listing_title & front->listing_with) != 0;
	if (front->is_listing)
		front_note_add(&front->notes, WQ_RULE_FRONT_LISTING, FRONT_EACH,
			wq_rule_severity(WQ_RULE_FRONT_LISTING), WQ_S("listing"),
			wq_str_trim(wq_str_of(front->title, front->title_n)), 0);
}
