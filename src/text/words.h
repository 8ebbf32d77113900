/* Finds any of many words in one pass over a text: an Aho-Corasick automaton over symbols, which are code points or bytes,
 * as the user folds them. 10,000 words cost a step what ten do.
 *
 * Fill it, build it, then step through texts: it is never changed after that and may be shared by threads. Every word is
 * found wherever it stands, also inside another. Bad at: patterns; those are for whoever looks at what was found.
 */
#ifndef WQ_TEXT_WORDS_H
#define WQ_TEXT_WORDS_H

#include "base/arena.h"

enum { WQ_WORDS_MAX = 200000, WQ_WORDS_SYMBOLS_MAX = 64 /* of one word */ };

struct wq_words;

/* Everything lives in `arena`. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT of the arena. */
wq_err wq_words_new(struct wq_arena *arena, struct wq_words **ret_words);
/* The same word may be added more than once; each is found. Errors: WQ_E_INPUT (no symbol), WQ_E_LIMIT (over WQ_WORDS_MAX
 * or WQ_WORDS_SYMBOLS_MAX), WQ_E_NO_MEMORY. Requires: not built. */
wq_err wq_words_add(struct wq_words *words, const uint32_t *symbols, size_t n, uint32_t id);
/* Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT of the arena. */
wq_err wq_words_build(struct wq_words *words);
size_t wq_words_count(const struct wq_words *words);

/* The state after one more symbol; a text begins in state 0. Requires: built. */
uint32_t wq_words_step(const struct wq_words *words, uint32_t state, uint32_t symbol);

/* The words that end where `state` was reached: for (n = 0; wq_words_found(words, state, n, &hit); n++), longest first. */
struct wq_words_hit {
	uint32_t id;
	uint32_t length; /* symbols */
};
bool wq_words_found(const struct wq_words *words, uint32_t state, size_t n, struct wq_words_hit *ret_hit);
/* Whether any word ends there. */
bool wq_words_any(const struct wq_words *words, uint32_t state);

#endif
