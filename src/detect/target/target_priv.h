/* The rules as they are kept: one automaton for all words. For this folder only. */
#ifndef WQ_DETECT_TARGET_TARGET_PRIV_H
#define WQ_DETECT_TARGET_TARGET_PRIV_H

#include "detect/target/target.h"
#include "text/words.h"

enum { TARGET_WORDS_MAX = 2000 };

/* A word of one kind. */
struct target_word {
	enum wq_target_kind kind;
	int32_t weight; /* below 0: of the contrary */
	bool in_title;  /* counts there only */
	bool notice; /* of the missing: a title of pages that say something short; they are missing when the text says so */
};

struct target_kind_rules {
	uint32_t weight; /* that have to be reached */
	uint32_t signs;  /* different words, at least */
};

struct wq_target_rules {
	struct wq_words *automaton;
	struct target_word words[TARGET_WORDS_MAX];
	size_t words_n;
	struct target_kind_rules kinds[WQ_TARGET_KINDS];
	uint32_t alike_percent; /* of runs that two answers share */
	uint32_t extra_runs;    /* a missing page may have of its own */
	uint32_t little_runs;   /* a page with no more has little to say */
};

#endif
