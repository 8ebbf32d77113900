#include "detect/likeness/page.h"

#include "detect/likeness/rules_priv.h"
#include "text/utf8.h"

enum { NAV_DEPTH = 1000, BIN_TRIES = 4096 };

/* Three units and the least hash of each bin. */
struct shingles {
	uint32_t bins[WQ_LIKENESS_BINS];
	uint64_t a, b; /* the two units before */
	uint32_t n;
};

struct wq_likeness_sketcher {
	const struct wq_likeness_rules *rules;
	struct wq_html_visible visible;
	struct shingles all, body, tags;
	uint64_t word, title;
	uint32_t nav; /* open nav, header, footer */
	bool link;
};

static void shingle(struct shingles *s, uint64_t unit)
{
	uint64_t h = likeness_mix(s->a * 0x9ddfea08eb382d69ULL + s->b * LIKENESS_BASE + unit);

	if (s->n == WQ_LIKENESS_SHINGLES_MAX)
		return;
	if (s->a) {
		uint32_t *bin = &s->bins[h >> 57], value = (uint32_t)(h >> 8) & INT32_MAX;
		if (value < *bin)
			*bin = value;
		s->n++;
	}
	s->a = s->b;
	s->b = unit;
}

static void unit(struct wq_likeness_sketcher *s, uint64_t value, bool title)
{
	value = likeness_mix(value) | 1;
	if (title) {
		s->title = likeness_mix(s->title * LIKENESS_BASE + value);
		return;
	}
	shingle(&s->all, value);
	if (!s->link && s->nav == 0)
		shingle(&s->body, value);
}

static void end_word(struct wq_likeness_sketcher *s, bool title)
{
	if (s->word)
		unit(s, s->word, title);
	s->word = 0;
}

static void character(struct wq_likeness_sketcher *s, uint32_t cp, bool title)
{
	if ((cp | 32) >= 'a' && (cp | 32) <= 'z') {
		s->word = s->word * LIKENESS_BASE + (cp | 32);
		return;
	}
	if (cp >= LIKENESS_HAN_AT && cp < LIKENESS_HAN_END) {
		end_word(s, title);
		unit(s, likeness_simple(s->rules, cp), title);
	} else if (cp < 128 || (cp >= 0x2000 && cp < 0x3100) || (cp >= 0xff00 && cp < 0xffff)) {
		end_word(s, title);
	} else {
		s->word = s->word * LIKENESS_BASE + cp;
	}
}

static void text(struct wq_likeness_sketcher *s, wq_str raw, bool title)
{
	uint32_t points[2];

	for (size_t i = 0; i < raw.n;) {
		unsigned char c = (unsigned char)raw.p[i];
		size_t took = 1, n = 1;
		points[0] = c;
		if (c == '&') {
			took = wq_html_reference(wq_str_from(raw, i), WQ_HTML_IN_TEXT, points, &n);
			if (took == 0) {
				took = n = 1;
				points[0] = c;
			}
		} else if (c >= 128) {
			took = wq_utf8_read_lossy(wq_str_from(raw, i), points);
		}
		for (size_t k = 0; k < n; k++)
			character(s, points[k], title);
		i += took;
	}
}

static void tag(struct wq_likeness_sketcher *s, const struct wq_html_token *token)
{
	bool start = token->kind == WQ_HTML_START;

	if (token->tag == WQ_TAG_A)
		s->link = start;
	if (token->tag == WQ_TAG_NAV || token->tag == WQ_TAG_HEADER || token->tag == WQ_TAG_FOOTER) {
		if (start && s->nav < NAV_DEPTH)
			s->nav++;
		else if (!start && s->nav > 0)
			s->nav--;
	}
	if (start && token->tag != WQ_TAG_SPAN)
		shingle(&s->tags, likeness_mix(likeness_hash(token->name)) | 1);
}

wq_err wq_likeness_sketcher_token(void *sketcher, const struct wq_html_token *token)
{
	struct wq_likeness_sketcher *s = sketcher;
	enum wq_html_sight sight = wq_html_visible(&s->visible, token);

	if (token->kind == WQ_HTML_TEXT) {
		if (sight == WQ_HTML_SEEN || sight == WQ_HTML_TITLE)
			text(s, token->raw, sight == WQ_HTML_TITLE);
		if (sight == WQ_HTML_TITLE)
			end_word(s, true);
		return WQ_OK;
	}
	if (sight == WQ_HTML_BREAK)
		end_word(s, false);
	if (token->kind == WQ_HTML_START || token->kind == WQ_HTML_END)
		tag(s, token);
	return WQ_OK;
}

wq_err wq_likeness_sketcher_new(
	struct wq_arena *arena, const struct wq_likeness_rules *rules, struct wq_likeness_sketcher **ret_sketcher)
{
	struct wq_likeness_sketcher *s = WQ_NEW(arena, struct wq_likeness_sketcher);

	WQ_TRY(wq_arena_err(arena));
	s->rules = rules;
	memset(s->all.bins, 0xff, sizeof s->all.bins);
	s->body = s->tags = s->all;
	*ret_sketcher = s;
	return WQ_OK;
}

/* An empty bin takes the value of a full one, chosen by its number (optimal densification, Shrivastava 2017): equal sets choose
 * equally. */
static void bins(const struct shingles *s, uint16_t *out, size_t n)
{
	uint32_t folded[WQ_LIKENESS_BINS];

	for (size_t i = 0; i < n; i++) {
		folded[i] = UINT32_MAX;
		for (size_t k = i; k < WQ_LIKENESS_BINS; k += n)
			folded[i] = WQ_MIN(folded[i], s->bins[k]);
	}
	for (size_t i = 0; i < n; i++) {
		size_t at = i;
		for (uint64_t step = 1; s->n > 0 && folded[at] == UINT32_MAX; step++)
			at = step > BIN_TRIES ? (at + 1) % n
					      : (size_t)(likeness_mix(i * 0x1f123bb5ULL + step * LIKENESS_BASE) % n);
		out[i] = s->n > 0 ? (uint16_t)(folded[at] ^ folded[at] >> 16) : 0;
	}
}

void wq_likeness_sketcher_done(struct wq_likeness_sketcher *sketcher, struct wq_likeness_sketch *ret_sketch)
{
	end_word(sketcher, false);
	*ret_sketch = (struct wq_likeness_sketch){.all_n = sketcher->all.n,
		.body_n = sketcher->body.n,
		.tags_n = sketcher->tags.n,
		.title = sketcher->title};
	bins(&sketcher->all, ret_sketch->all, WQ_LIKENESS_BINS);
	bins(&sketcher->body, ret_sketch->body, WQ_LIKENESS_BINS);
	bins(&sketcher->tags, ret_sketch->tags, WQ_LIKENESS_TAG_BINS);
}

wq_err wq_likeness_sketch_of(struct wq_arena *arena, const struct wq_likeness_rules *rules,
	const struct wq_document *document, struct wq_likeness_sketch *ret_sketch)
{
	struct wq_likeness_sketcher *sketcher;

	WQ_TRY(wq_likeness_sketcher_new(arena, rules, &sketcher));
	struct wq_document_reader reader = {wq_likeness_sketcher_token, sketcher};
	WQ_TRY(wq_document_read(document, &reader, 1));
	wq_likeness_sketcher_done(sketcher, ret_sketch);
	return WQ_OK;
}

/* ---- comparing ---- */

static uint32_t percent(const uint16_t *a, const uint16_t *b, size_t n)
{
	uint32_t same = 0;

	for (size_t i = 0; i < n; i++)
		same += a[i] == b[i];
	return (uint32_t)(same * 100 / n);
}

struct wq_likeness_alike wq_likeness_compare(
	const struct wq_likeness_rules *rules, const struct wq_likeness_sketch *a, const struct wq_likeness_sketch *b)
{
	const struct wq_likeness_limits *limits = &rules->limits;
	struct wq_likeness_alike alike = {.title = a->title && a->title == b->title};
	uint32_t least = limits->shingles_least;

	if (a->all_n >= least && b->all_n >= least)
		alike.text = percent(a->all, b->all, WQ_LIKENESS_BINS);
	if (a->body_n >= least && b->body_n >= least)
		alike.body = percent(a->body, b->body, WQ_LIKENESS_BINS);
	if (a->tags_n > 0 && b->tags_n > 0)
		alike.tags = percent(a->tags, b->tags, WQ_LIKENESS_TAG_BINS);
	uint32_t best = WQ_MAX(alike.text, alike.body);
	alike.copy = best >= limits->text_percent ||
		(best >= limits->text_with_structure_percent &&
			(alike.tags >= limits->structure_percent || alike.title));
	return alike;
}
