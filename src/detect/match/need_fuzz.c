#include "detect/match/need_probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATTERN_MAX = 512, SUBJECT_MAX = 512, MATCH_LIMIT = 1000 };

static struct wq_regex_scratch *scratch;

static void check(const struct wq_regex *regex, const struct wq_need *need, wq_str s)
{
	if (wq_regex_match(regex, scratch, s, 0, NULL, NULL) == WQ_REGEX_YES && need_lacks(need, s))
		abort();
}

/* A pattern, a newline, a subject: what matches has what is needed. The subject, and strings written from the pattern. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct need_dice dice = {size};
	struct wq_arena arena;
	struct wq_regex *regex;
	struct wq_need need;
	char text[SUBJECT_MAX];
	wq_str subject = wq_str_of(data, size), pattern = wq_str_cut(&subject, '\n');

	if (!scratch && wq_failed(wq_regex_scratch_new(MATCH_LIMIT, &scratch)))
		abort();
	if (pattern.n > PATTERN_MAX || wq_failed(wq_regex_new(pattern, size % 2, false, &regex)))
		return 0;
	wq_arena_init(&arena, 256 * WQ_MIB);
	if (wq_failed(wq_need_of(pattern, size % 2, &arena, &need)))
		abort();
	check(regex, &need, wq_str_head(subject, SUBJECT_MAX));
	struct wq_need_node *tree = wq_need_parse(&arena, pattern, size % 2);
	for (size_t i = 0; i < 8 && tree; i++) {
		size_t n = 0;
		need_write(&dice, tree, text, &n, sizeof text);
		check(regex, &need, wq_str_of(text, i % 2 ? need_mutate(&dice, text, n) : n));
	}
	wq_arena_done(&arena);
	wq_regex_free(&regex);
	return 0;
}
