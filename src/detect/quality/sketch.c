#include "detect/quality/quality_priv.h"

enum { RUN = 8 /* characters */ };

/* The last characters of a text, without what is neither letter nor ideograph. */
struct run {
	uint32_t chars[RUN];
	size_t n;
};

static bool push(struct run *run, uint32_t cp)
{
	if (cp >= 'A' && cp <= 'Z')
		cp += 'a' - 'A';
	if (!((cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9') || (cp >= 0x3400 && cp <= 0x9fff)))
		return false;
	run->chars[run->n++ % RUN] = cp;
	return run->n >= RUN;
}

static uint64_t hash(const struct run *run)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < RUN; i++)
		h = (h ^ run->chars[(run->n + i) % RUN]) * 0x100000001b3;
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15;
	return h ^ h >> 29;
}

/* Where `h` stands, or would stand. */
static size_t place_of(const struct wq_quality_sketch *sketch, uint64_t h)
{
	size_t low = 0, high = sketch->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sketch->hashes[middle] < h)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct wq_quality_sketch *sketch, uint64_t h)
{
	size_t at = place_of(sketch, h);

	if (at == WQ_QUALITY_SKETCH || (at < sketch->n && sketch->hashes[at] == h))
		return;
	if (sketch->n < WQ_QUALITY_SKETCH)
		sketch->n++;
	memmove(&sketch->hashes[at + 1], &sketch->hashes[at], (sketch->n - at - 1) * sizeof sketch->hashes[0]);
	sketch->hashes[at] = h;
}

void quality_sketch_add(struct wq_quality_sketch *sketch, wq_str text)
{
	struct run run = {.n = 0};
	uint32_t cp;
	size_t n;

	for (; (n = wq_utf8_read_lossy(text, &cp)) > 0; text = wq_str_from(text, n))
		if (push(&run, cp))
			insert(sketch, hash(&run));
}

/* How many of the samples stand in `text`. */
static size_t count_in(const struct wq_quality_sketch *sketch, wq_str text)
{
	bool seen[WQ_QUALITY_SKETCH] = {false};
	struct run run = {.n = 0};
	size_t n, count = 0;
	uint32_t cp;

	for (; (n = wq_utf8_read_lossy(text, &cp)) > 0; text = wq_str_from(text, n)) {
		uint64_t h;
		size_t at;
		if (!push(&run, cp))
			continue;
		h = hash(&run);
		at = place_of(sketch, h);
		if (at < sketch->n && sketch->hashes[at] == h && !seen[at]) {
			seen[at] = true;
			count++;
		}
	}
	return count;
}

wq_err wq_quality_reprint_compare(struct wq_arena *arena, const struct wq_quality_rules *rules,
	const struct wq_quality_sketch *reprint, const struct wq_document *source, enum wq_quality_same *ret_same,
	unsigned *ret_percent)
{
	struct wq_quality_page page = {.rules = rules, .document = source};
	struct wq_document_reader reader = {.token = wq_quality_token};
	struct wq_quality *q;
	unsigned percent;

	if (reprint->n == 0 || reprint->n < rules->limits.sketch_least) {
		*ret_same = WQ_QUALITY_TOO_SHORT;
		*ret_percent = 0;
		return WQ_OK;
	}
	WQ_TRY(wq_quality_open(arena, &page, &q));
	reader.data = q;
	WQ_TRY(wq_document_read(source, &reader, 1));
	percent = (unsigned)(count_in(reprint, quality_text(q)) * 100 / reprint->n);
	*ret_percent = percent;
	*ret_same = percent < rules->limits.same_percent ? WQ_QUALITY_DIFFERS : WQ_QUALITY_SAME;
	return WQ_OK;
}

struct wq_finding wq_quality_reprint_finding(
	struct wq_arena *arena, struct wq_place place, const struct wq_quality_reprint *reprint, wq_str detail)
{
	struct wq_finding finding = wq_rule_finding(WQ_RULE_REPRINT_SOURCE);

	finding.place = place;
	finding.place.line = reprint->line;
	finding.place.column = finding.place.line ? 1 : 0;
	finding.evidence.excerpt = wq_clean(arena,
		wq_arena_printf(arena, "%.*s: %.*s", WQ_S_ARG(reprint->source), WQ_S_ARG(detail)), WQ_EXCERPT_BYTES);
	finding.evidence.subject = wq_clean(arena, reprint->link, WQ_EXCERPT_BYTES);
	finding.evidence.target = wq_clean(arena, reprint->link, WQ_FINDING_PLACE_BYTES / 2);
	return finding;
}
