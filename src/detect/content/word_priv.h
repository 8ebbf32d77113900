/* Word lists as their reader makes them and the search uses them. For this folder only. */
#ifndef WQ_DETECT_CONTENT_WORD_PRIV_H
#define WQ_DETECT_CONTENT_WORD_PRIV_H

#include "detect/content/content.h"
#include "text/fold.h"
#include "text/words.h"

struct content_list {
	wq_str name, advice_zh, advice_en;
	wq_str clauses; /* separated by spaces; checked */
	enum wq_severity severity;
	uint64_t reach;
};

enum content_word_use { CONTENT_WORD, CONTENT_EXCEPT, CONTENT_UNLESS };

/* What one word of the automaton is; found by its id. */
struct content_listed {
	wq_str spelled;
	uint16_t list;
	uint8_t use; /* enum content_word_use */
};

struct wq_content_words {
	struct wq_arena *arena;
	const struct wq_fold_table *fold;
	struct content_list *lists;
	size_t lists_n;
	struct content_listed *listed;
	size_t listed_n, listed_room;
	struct wq_words *automaton;
	bool ascii_starts[128]; /* characters of which a word begins with one, as texts have them */
};

#endif
