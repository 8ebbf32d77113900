#include "detect/target/target_priv.h"
#include "text/html.h"

/* What was found of each word: once in all, whichever way often. */
struct tally {
	const struct wq_target_rules *rules;
	uint8_t seen[TARGET_WORDS_MAX]; /* 1: somewhere, 2: in the title */
};

static void look(struct tally *tally, wq_str text, uint8_t where)
{
	const struct wq_target_rules *rules = tally->rules;
	uint32_t state = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		struct wq_words_hit hit;

		state = wq_words_step(rules->automaton, state, c >= 'A' && c <= 'Z' ? c | 0x20u : c);
		if (!wq_words_any(rules->automaton, state))
			continue;
		for (size_t n = 0; wq_words_found(rules->automaton, state, n, &hit); n++)
			tally->seen[hit.id] |= where;
	}
}

/* ---- the text of a page */

struct text {
	const struct wq_target_rules *rules;
	struct wq_html_visible visible;
	struct wq_buf title, hidden, body;
};

static wq_err on_token(void *data, const struct wq_html_token *token)
{
	struct text *text = data;
	enum wq_html_sight sight = wq_html_visible(&text->visible, token);

	if (sight == WQ_HTML_TITLE && text->title.len == 0)
		return wq_html_decode(token->raw, WQ_HTML_IN_TEXT, &text->title);
	if (sight == WQ_HTML_SEEN)
		return wq_html_decode(token->raw, WQ_HTML_IN_TEXT, &text->body);
	if (sight == WQ_HTML_BREAK)
		wq_buf_byte(&text->body, ' ');
	/* what a hijacked page says to search engines, and where a parked one loads its advertising from */
	if (token->kind == WQ_HTML_START &&
		(token->tag == WQ_TAG_META || token->tag == WQ_TAG_SCRIPT || token->tag == WQ_TAG_IFRAME))
		for (size_t i = 0; i < token->attrs_n; i++) {
			WQ_TRY(wq_html_decode(token->attrs[i].value, WQ_HTML_IN_ATTRIBUTE, &text->hidden));
			wq_buf_byte(&text->hidden, '\n');
		}
	return WQ_OK;
}

static void text_done(struct text *text)
{
	wq_buf_done(&text->title);
	wq_buf_done(&text->hidden);
	wq_buf_done(&text->body);
}

static wq_err read_text(struct text *text, wq_str html)
{
	*text = (struct text){0};
	wq_buf_init(&text->title, 8 * WQ_TARGET_BYTES);
	wq_buf_init(&text->hidden, 8 * WQ_TARGET_BYTES);
	wq_buf_init(&text->body, 8 * WQ_TARGET_BYTES);
	return wq_html_scan(wq_str_head(html, WQ_TARGET_BYTES), NULL, on_token, text);
}

/* ---- what the page is */

static enum wq_target_kind decide(const struct tally *tally)
{
	int64_t weights[WQ_TARGET_KINDS] = {0};
	uint32_t signs[WQ_TARGET_KINDS] = {0};
	enum wq_target_kind best = WQ_TARGET_ORDINARY;

	for (size_t i = 0; i < tally->rules->words_n; i++) {
		const struct target_word *word = &tally->rules->words[i];

		if (tally->seen[i] == 0 || (word->in_title && !(tally->seen[i] & 2)))
			continue;
		weights[word->kind] += word->weight;
		signs[word->kind] += word->weight > 0;
	}
	for (int kind = WQ_TARGET_PARKED; kind < WQ_TARGET_MISSING; kind++)
		if (weights[kind] >= (int64_t)tally->rules->kinds[kind].weight &&
			signs[kind] >= tally->rules->kinds[kind].signs &&
			(best == WQ_TARGET_ORDINARY || weights[kind] > weights[best]))
			best = (enum wq_target_kind)kind;
	return best;
}

wq_err wq_target_judge(const struct wq_target_rules *rules, wq_str html, enum wq_target_kind *ret_kind)
{
	WQ_CLEANUP(text_done) struct text text;
	struct tally tally = {.rules = rules};

	WQ_TRY(read_text(&text, html));
	look(&tally, wq_buf_str(&text.title), 3);
	look(&tally, wq_buf_str(&text.hidden), 1);
	look(&tally, wq_buf_str(&text.body), 1);
	*ret_kind = decide(&tally);
	return WQ_OK;
}

/* ---- likeness */

static bool says(const struct wq_target_rules *rules, wq_str text, bool title, bool notice)
{
	struct tally tally = {.rules = rules};

	look(&tally, text, title ? 3 : 1);
	for (size_t i = 0; i < rules->words_n; i++)
		if (rules->words[i].kind == WQ_TARGET_MISSING && rules->words[i].notice == notice && tally.seen[i] &&
			(title || !rules->words[i].in_title))
			return true;
	return false;
}

static bool says_missing(const struct wq_target_rules *rules, wq_str text, bool title)
{
	return says(rules, text, title, false);
}

bool wq_target_title_missing(const struct wq_target_rules *rules, wq_str title)
{
	return says_missing(rules, title, true) || says(rules, title, true, true);
}

uint64_t wq_target_title(wq_str title)
{
	uint64_t hash;

	title = wq_str_trim(title);
	hash = wq_str_hash(title, 0);
	return title.n == 0 ? 0 : hash ? hash : 1;
}

static bool is_letter(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* The next word: letters and digits together, any other character beyond ASCII alone. */
static bool next_word(wq_str *rest, uint64_t *ret_hash)
{
	size_t i = 0, n = 1;

	while (i < rest->n && (unsigned char)rest->p[i] < 0x80 && !is_letter(rest->p[i]))
		i++;
	*rest = wq_str_from(*rest, i);
	if (rest->n == 0)
		return false;
	if ((unsigned char)rest->p[0] < 0x80)
		while (n < rest->n && is_letter(rest->p[n]))
			n++;
	else
		while (n < rest->n && ((unsigned char)rest->p[n] & 0xc0) == 0x80)
			n++;
	*ret_hash = wq_str_hash(wq_str_head(*rest, n), 0);
	*rest = wq_str_from(*rest, n);
	return true;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static size_t runs_of(wq_str text, uint32_t *runs)
{
	uint64_t word, before[2] = {0};
	size_t n = 0, kept = 0;

	while (n < WQ_TARGET_RUNS_MAX && next_word(&text, &word)) {
		uint64_t mixed = (before[0] * 31 + before[1]) * 31 + word;

		runs[n++] = (uint32_t)((mixed * 0x9e3779b97f4a7c15u) >> 32);
		before[0] = before[1];
		before[1] = word;
	}
	qsort(runs, n, sizeof(*runs), by_value);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || runs[i] != runs[kept - 1])
			runs[kept++] = runs[i];
	return kept;
}

wq_err wq_target_print(
	const struct wq_target_rules *rules, wq_str html, struct wq_arena *arena, struct wq_target_print *ret_print)
{
	WQ_CLEANUP(text_done) struct text text;
	struct wq_target_print print = {0};
	uint32_t *runs = WQ_NEW_ARRAY(arena, uint32_t, WQ_TARGET_RUNS_MAX);
	wq_str title;

	if (!runs)
		return wq_arena_err(arena);
	WQ_TRY(read_text(&text, html));
	title = wq_buf_str(&text.title);
	print.title = wq_target_title(title);
	print.title_says_missing = says_missing(rules, title, true);
	print.says_missing = print.title_says_missing || says_missing(rules, wq_buf_str(&text.body), false);
	print.title_says_missing |= print.says_missing && says(rules, title, true, true);
	print.runs = runs;
	print.runs_n = runs_of(wq_buf_str(&text.body), runs);
	*ret_print = print;
	return WQ_OK;
}

static size_t shared(const struct wq_target_print *a, const struct wq_target_print *b)
{
	size_t n = 0;

	for (size_t i = 0, j = 0; i < a->runs_n && j < b->runs_n;) {
		if (a->runs[i] == b->runs[j])
			n++, i++, j++;
		else if (a->runs[i] < b->runs[j])
			i++;
		else
			j++;
	}
	return n;
}

bool wq_target_is_missing(
	const struct wq_target_rules *rules, const struct wq_target_print *page, const struct wq_target_print *missing)
{
	size_t both;

	if (page->title_says_missing && page->runs_n <= rules->little_runs)
		return true;
	if (!missing || missing->title != page->title || missing->runs_n == 0)
		return false;
	both = shared(page, missing);
	/* whatever is its own would be the article; a page that says nothing of being gone has to be the very same */
	if (page->runs_n - both > (page->says_missing ? rules->extra_runs : 0))
		return false;
	return both * 100 >= rules->alike_percent * WQ_MAX(page->runs_n, missing->runs_n);
}
