#include "detect/content/word_priv.h"
#include "finding/datafile.h"
#include "finding/excerpt.h"
#include "text/utf8.h"

wq_err wq_content_words_new(
	struct wq_arena *arena, const struct wq_fold_table *fold, struct wq_content_words **ret_words)
{
	struct wq_content_words *words = WQ_NEW(arena, struct wq_content_words);

	if (!words)
		return wq_arena_err(arena);
	words->arena = arena;
	words->fold = fold;
	words->lists = WQ_NEW_ARRAY(arena, struct content_list, WQ_CONTENT_LISTS);
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_words_new(arena, &words->automaton));
	*ret_words = words;
	return WQ_OK;
}

/* ---- reading a file ---- */

struct reader {
	struct wq_content_words *words;
	struct wq_datafile file;
	struct content_list *list; /* open, NULL before the first */
	size_t first_word;         /* how many words there were before it */
};

static bool is_name(wq_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') ||
			    name.p[i] == '-'))
			return false;
	return name.n > 0 && name.n <= WQ_FINDING_RULE_BYTES;
}

static wq_err close_list(struct reader *r)
{
	const struct content_list *list = r->list;

	if (!list)
		return WQ_OK;
	if (!list->clauses.p || !list->advice_zh.p || !list->advice_en.p || list->severity == WQ_SEVERITY_COUNT)
		return wq_datafile_error(&r->file, r->file.line,
			"list %.*s wants severity, clause, advice_zh and advice_en", WQ_S_ARG(list->name));
	if (r->words->listed_n == r->first_word)
		return wq_datafile_error(&r->file, r->file.line, "list %.*s has no word", WQ_S_ARG(list->name));
	return WQ_OK;
}

static wq_err open_list(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_content_words *words = r->words;

	WQ_TRY(close_list(r));
	if (!wq_str_eq(item->key, WQ_S("list")) || !is_name(item->value))
		return wq_datafile_error(&r->file, item->line, "a section is [list NAME]");
	for (size_t i = 0; i < words->lists_n; i++)
		if (wq_str_eq(words->lists[i].name, item->value))
			return wq_datafile_error(&r->file, item->line, "this list is there already");
	if (words->lists_n == WQ_CONTENT_LISTS)
		return wq_datafile_error(&r->file, item->line, "more than %d lists", WQ_CONTENT_LISTS);
	r->list = &words->lists[words->lists_n++];
	*r->list = (struct content_list){.name = item->value, .severity = WQ_SEVERITY_COUNT, .reach = 30};
	r->first_word = words->listed_n;
	return WQ_OK;
}

/* As the search sees a text: what folds to nothing is not there. */
static wq_err read_word(struct reader *r, uint32_t line, wq_str word, enum content_word_use use)
{
	struct wq_content_words *words = r->words;
	uint32_t symbols[WQ_CONTENT_WORD_CHARS], c;
	size_t n = 0;

	for (wq_str rest = word; rest.n;) {
		size_t length = wq_utf8_read(rest, &c);
		if (length == 0)
			return wq_datafile_error(&r->file, line, "not UTF-8");
		rest = wq_str_from(rest, length);
		c = wq_fold_char(words->fold, WQ_FOLD_CASE, c == '_' ? ' ' : c);
		if (!c)
			continue;
		if (n == WQ_CONTENT_WORD_CHARS)
			return wq_datafile_error(
				&r->file, line, "a word of more than %d characters", WQ_CONTENT_WORD_CHARS);
		symbols[n++] = c;
	}
	if (!wq_is_clean(word))
		return wq_datafile_error(&r->file, line, "a word with characters that cannot be seen");
	if (n < 2)
		return wq_datafile_error(&r->file, line, "a word has at least two characters");
	if (words->listed_n == WQ_CONTENT_LISTED_MAX)
		return wq_datafile_error(&r->file, line, "more than %d words", WQ_CONTENT_LISTED_MAX);
	if (words->listed_n == words->listed_room) {
		size_t room = words->listed_room ? 2 * words->listed_room : 256;
		struct content_listed *more = WQ_NEW_ARRAY(words->arena, struct content_listed, room);
		if (!more)
			return wq_arena_err(words->arena);
		if (words->listed_n)
			memcpy(more, words->listed, words->listed_n * sizeof *more);
		words->listed = more;
		words->listed_room = room;
	}
	words->listed[words->listed_n] = (struct content_listed){word, (uint16_t)(words->lists_n - 1), (uint8_t)use};
	return wq_words_add(words->automaton, symbols, n, (uint32_t)words->listed_n++);
}

static wq_err read_words(struct reader *r, const struct wq_datafile_item *item, enum content_word_use use)
{
	for (wq_str rest = item->value; rest.p;) {
		wq_str word = wq_str_trim(wq_str_cut(&rest, ' '));
		if (word.n)
			WQ_TRY(read_word(r, item->line, word, use));
	}
	return WQ_OK;
}

/* Made into a finding once, so that a wrong clause is a fault of the file and not of a page. */
static wq_err read_clauses(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_finding probe = {.rule = WQ_S("x")};

	for (wq_str rest = item->value; rest.p;)
		if (!wq_finding_add_clause(&probe, wq_str_cut(&rest, ' ')))
			return wq_datafile_error(&r->file, item->line, "a clause twice, or too many");
	if (wq_failed(wq_finding_check(&probe)))
		return wq_datafile_error(&r->file, item->line, "clauses look like \"B2 C10\"");
	r->list->clauses = item->value;
	return WQ_OK;
}

static wq_err read_advice(struct reader *r, const struct wq_datafile_item *item, wq_str *text)
{
	if (item->value.n == 0 || item->value.n > WQ_FINDING_ADVICE_BYTES || !wq_is_clean(item->value))
		return wq_datafile_error(&r->file, item->line, "advice of 1 to %d bytes", WQ_FINDING_ADVICE_BYTES);
	*text = item->value;
	return WQ_OK;
}

static wq_err read_value(struct reader *r, const struct wq_datafile_item *item)
{
	static const wq_str uses[] = {WQ_S_INIT("word"), WQ_S_INIT("except"), WQ_S_INIT("unless")};
	struct content_list *list = r->list;

	if (!list)
		return wq_datafile_error(&r->file, item->line, "a value before the first [list NAME]");
	for (size_t i = 0; i < WQ_COUNT(uses); i++)
		if (wq_str_eq(item->key, uses[i]))
			return read_words(r, item, (enum content_word_use)i);
	if (wq_str_eq(item->key, WQ_S("clause")))
		return read_clauses(r, item);
	if (wq_str_eq(item->key, WQ_S("advice_zh")))
		return read_advice(r, item, &list->advice_zh);
	if (wq_str_eq(item->key, WQ_S("advice_en")))
		return read_advice(r, item, &list->advice_en);
	if (wq_str_eq(item->key, WQ_S("severity")))
		return wq_severity_parse(item->value, &list->severity)
			? WQ_OK
			: wq_datafile_error(&r->file, item->line, "no such severity");
	if (wq_str_eq(item->key, WQ_S("reach")))
		return wq_str_to_u64(item->value, 1000, &list->reach)
			? WQ_OK
			: wq_datafile_error(&r->file, item->line, "a whole number up to 1000 is wanted");
	return wq_datafile_error(&r->file, item->line, "no member of this name in a list");
}

wq_err wq_content_words_add(struct wq_content_words *words, wq_str file_name, wq_str bytes)
{
	struct reader r = {.words = words};

	WQ_TRY(wq_datafile_open(&r.file, file_name, bytes, WQ_S("words")));
	for (;;) {
		struct wq_datafile_item item;
		WQ_TRY(wq_datafile_next(&r.file, &item));
		if (item.kind == WQ_DATAFILE_END)
			return close_list(&r);
		WQ_TRY(item.kind == WQ_DATAFILE_SECTION ? open_list(&r, &item) : read_value(&r, &item));
	}
}

wq_err wq_content_words_build(struct wq_content_words *words)
{
	WQ_TRY(wq_words_build(words->automaton));
	for (uint32_t c = 0; c < WQ_COUNT(words->ascii_starts); c++) {
		uint32_t folded = wq_fold_char(words->fold, WQ_FOLD_CASE, c);
		words->ascii_starts[c] = folded && wq_words_step(words->automaton, 0, folded);
	}
	return WQ_OK;
}

size_t wq_content_words_count(const struct wq_content_words *words)
{
	return words->listed_n;
}
