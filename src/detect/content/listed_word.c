#include "detect/content/content_priv.h"
#include "detect/content/word_priv.h"

/* A word that was found, as characters of the view. */
struct hit {
	size_t from, to;
	const struct content_listed *listed;
};

struct hits {
	struct hit *items;
	size_t n, words;
	bool flood;
};

/* Letters and digits must not run on: "av" is not in "java". */
static bool is_whole(const struct content_view *view, const struct hit *hit)
{
	if (hit->from > 0 && content_is_alnum(view->c[hit->from]) && content_is_alnum(view->c[hit->from - 1]))
		return false;
	return !(hit->to < view->n && content_is_alnum(view->c[hit->to - 1]) && content_is_alnum(view->c[hit->to]));
}

static wq_err add_hit(struct wq_arena *arena, struct hits *hits, const struct hit *hit)
{
	bool word = hit->listed->use == CONTENT_WORD;

	if (!hits->items) {
		hits->items = wq_arena_alloc(arena, WQ_CONTENT_WORD_HITS * sizeof *hits->items);
		if (!hits->items)
			return wq_arena_err(arena);
	}
	/* what excuses a word may fill three quarters of the room, never all of it */
	if (hits->n >= (word ? WQ_CONTENT_WORD_HITS : WQ_CONTENT_WORD_HITS / 4 * 3)) {
		hits->flood |= word;
		return WQ_OK;
	}
	hits->items[hits->n++] = *hit;
	hits->words += word;
	return WQ_OK;
}

static wq_err collect(struct content_run *run, const struct content_view *view, struct hits *hits)
{
	enum { RING = 64 }; /* a power of two, not less than the longest word */
	const struct wq_content_words *words = run->words;
	size_t ring[RING], kept = 0;
	uint32_t state = 0;

	for (size_t i = 0; i < view->n; i++) {
		uint32_t c = view->c[i];
		struct wq_words_hit found;
		if (!state && c < WQ_COUNT(words->ascii_starts) && !words->ascii_starts[c])
			continue;
		/* a space between ideographs hides a word from machines only */
		if (c == ' ' && i > 0 && i + 1 < view->n && content_is_han(view->c[i - 1]) &&
			content_is_han(view->c[i + 1]))
			continue;
		c = wq_fold_char(words->fold, WQ_FOLD_CASE, c);
		if (!c)
			continue;
		ring[kept++ % RING] = i;
		state = wq_words_step(words->automaton, state, c);
		if (!state || !wq_words_any(words->automaton, state))
			continue;
		for (size_t k = 0; wq_words_found(words->automaton, state, k, &found); k++) {
			struct hit hit = {ring[(kept - found.length) % RING], i + 1, &words->listed[found.id]};
			if (is_whole(view, &hit))
				WQ_TRY(add_hit(run->arena, hits, &hit));
		}
	}
	return WQ_OK;
}

/* One of the list's exceptions covers it, or stands near enough to say that the page speaks about such things. */
static bool is_excused(const struct content_list *list, const struct hits *hits, const struct hit *hit)
{
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *other = &hits->items[i];
		if (other->listed->list != hit->listed->list || other->listed->use == CONTENT_WORD)
			continue;
		if (other->listed->use == CONTENT_EXCEPT && other->from <= hit->from && other->to >= hit->to)
			return true;
		if (other->listed->use == CONTENT_UNLESS && other->from < hit->to + list->reach &&
			other->to + list->reach > hit->from)
			return true;
	}
	return false;
}

static wq_err report(struct content_run *run, const struct content_view *view, const struct content_list *list,
	const struct hit *hit)
{
	struct wq_finding finding = wq_rule_finding(WQ_RULE_CONTENT_WORD);

	finding.clause_count = 0;
	for (wq_str rest = list->clauses; rest.p;)
		wq_finding_add_clause(&finding, wq_str_cut(&rest, ' '));
	finding.severity = list->severity;
	finding.advice_zh = list->advice_zh;
	finding.advice_en = list->advice_en;
	finding.evidence.subject = wq_arena_printf(
		run->arena, "%.*s: %.*s", WQ_S_ARG(list->name), WQ_S_ARG(hit->listed->spelled));
	return content_report(run, view, hit->from, hit->to, false, &finding);
}

wq_err content_listed_words(struct content_run *run, const struct content_view *view)
{
	struct hits hits = {0};

	if (!run->words || wq_words_count(run->words->automaton) == 0)
		return WQ_OK;
	WQ_TRY(collect(run, view, &hits));
	for (size_t i = 0, reported = 0; i < hits.n && hits.words; i++) {
		const struct hit *hit = &hits.items[i];
		const struct content_list *list = &run->words->lists[hit->listed->list];
		if (hit->listed->use != CONTENT_WORD || is_excused(list, &hits, hit))
			continue;
		if (++reported > WQ_CONTENT_CANDIDATES || hits.flood) {
			struct wq_finding finding = wq_rule_finding(WQ_RULE_CONTENT_WORD_FLOOD);
			finding.evidence.subject = WQ_S("word-flood");
			return content_report(run, view, hit->from, hit->to, false, &finding);
		}
		WQ_TRY(report(run, view, list, hit));
	}
	return WQ_OK;
}
