#include "text/words.h"

struct word {
	struct word *next; /* in order of adding */
	const struct word *same;
	uint32_t id;
	uint32_t n;
	uint32_t symbols[];
};

struct state {
	uint32_t fail;  /* the longest proper suffix that begins a word */
	uint32_t found; /* the nearest state at or behind this one at which a word ends; 0: none */
	const struct word *word;
};

struct step {
	uint64_t from; /* state << 32 | symbol */
	uint32_t to;   /* 0: free; no step leads to the root */
};

struct wq_words {
	struct wq_arena *arena;
	struct word *first, **last;
	size_t count, symbols;
	struct state *states;
	struct step *steps;
	size_t states_n, mask;
	uint64_t starts[0x10000 / 64]; /* symbols that begin a word: most of a text does not */
};

wq_err wq_words_new(struct wq_arena *arena, struct wq_words **ret_words)
{
	struct wq_words *words = WQ_NEW(arena, struct wq_words);

	if (!words)
		return wq_arena_err(arena);
	words->arena = arena;
	words->last = &words->first;
	*ret_words = words;
	return WQ_OK;
}

wq_err wq_words_add(struct wq_words *words, const uint32_t *symbols, size_t n, uint32_t id)
{
	struct word *word;

	if (n == 0)
		return wq_error(WQ_E_INPUT, "an empty word");
	if (n > WQ_WORDS_SYMBOLS_MAX || words->count == WQ_WORDS_MAX)
		return wq_error(WQ_E_LIMIT, n > WQ_WORDS_SYMBOLS_MAX ? "a word is too long" : "too many words");
	word = wq_arena_alloc(words->arena, sizeof *word + n * sizeof *symbols);
	if (!word)
		return wq_arena_err(words->arena);
	*word = (struct word){.id = id, .n = (uint32_t)n};
	memcpy(word->symbols, symbols, n * sizeof *symbols);
	*words->last = word;
	words->last = &word->next;
	words->count++;
	words->symbols += n;
	return WQ_OK;
}

static uint64_t step_key(uint32_t state, uint32_t symbol)
{
	return (uint64_t)state << 32 | symbol;
}

static size_t slot_of(const struct wq_words *words, uint64_t key)
{
	uint64_t h = key * 0x9e3779b97f4a7c15;

	return (size_t)(h >> 32) & words->mask;
}

static uint32_t find(const struct wq_words *words, uint32_t state, uint32_t symbol)
{
	uint64_t key = step_key(state, symbol);

	for (size_t i = slot_of(words, key); words->steps[i].to; i = (i + 1) & words->mask)
		if (words->steps[i].from == key)
			return words->steps[i].to;
	return 0;
}

static uint32_t add_step(struct wq_words *words, uint32_t state, uint32_t symbol)
{
	uint64_t key = step_key(state, symbol);
	size_t i = slot_of(words, key);

	for (; words->steps[i].to; i = (i + 1) & words->mask)
		if (words->steps[i].from == key)
			return words->steps[i].to;
	words->steps[i] = (struct step){key, (uint32_t)words->states_n++};
	return words->steps[i].to;
}

static void add_word(struct wq_words *words, struct word *word)
{
	uint32_t state = 0;

	if (word->symbols[0] < 0x10000)
		words->starts[word->symbols[0] / 64] |= (uint64_t)1 << word->symbols[0] % 64;
	for (uint32_t i = 0; i < word->n; i++)
		state = add_step(words, state, word->symbols[i]);
	word->same = words->states[state].word;
	words->states[state].word = word;
	words->states[state].found = state;
}

/* Where a word's end leads when the next symbol does not fit. Shorter prefixes first, so that what a state leads to is
 * complete: one symbol deeper in every round. */
static void link_round(struct wq_words *words, const struct word *word, uint32_t depth)
{
	uint32_t state = 0, parent = 0;

	for (uint32_t i = 0; i <= depth; i++) {
		parent = state;
		state = find(words, state, word->symbols[i]);
	}
	if (depth > 0) {
		uint32_t at = words->states[parent].fail;
		words->states[state].fail = wq_words_step(words, at, word->symbols[depth]);
	}
	if (!words->states[state].word)
		words->states[state].found = words->states[words->states[state].fail].found;
}

wq_err wq_words_build(struct wq_words *words)
{
	size_t room = 16;
	uint32_t longest = 0;

	while (room < 2 * (words->symbols + 1))
		room *= 2;
	words->mask = room - 1;
	words->steps = WQ_NEW_ARRAY(words->arena, struct step, room);
	words->states = WQ_NEW_ARRAY(words->arena, struct state, words->symbols + 1);
	WQ_TRY(wq_arena_err(words->arena));
	words->states_n = 1;
	for (struct word *w = words->first; w; w = w->next) {
		add_word(words, w);
		longest = WQ_MAX(longest, w->n);
	}
	for (uint32_t depth = 0; depth < longest; depth++)
		for (const struct word *w = words->first; w; w = w->next)
			if (w->n > depth)
				link_round(words, w, depth);
	return WQ_OK;
}

size_t wq_words_count(const struct wq_words *words)
{
	return words->count;
}

uint32_t wq_words_step(const struct wq_words *words, uint32_t state, uint32_t symbol)
{
	for (; state; state = words->states[state].fail) {
		uint32_t next = find(words, state, symbol);
		if (next)
			return next;
	}
	if (symbol < 0x10000 && !(words->starts[symbol / 64] >> symbol % 64 & 1))
		return 0;
	return find(words, 0, symbol);
}

bool wq_words_any(const struct wq_words *words, uint32_t state)
{
	return words->states[state].found != 0;
}

bool wq_words_found(const struct wq_words *words, uint32_t state, size_t n, struct wq_words_hit *ret_hit)
{
	for (uint32_t at = words->states[state].found; at; at = words->states[words->states[at].fail].found)
		for (const struct word *w = words->states[at].word; w; w = w->same)
			if (n-- == 0) {
				*ret_hit = (struct wq_words_hit){w->id, w->n};
				return true;
			}
	return false;
}
