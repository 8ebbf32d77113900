#include "detect/content/content_priv.h"
#include "finding/datafile.h"
#include "text/utf8.h"

enum { PAIRS_MAX = 4096, MEMBERS_MAX = 64 };

/* Where a member goes: a list of words or a number. */
struct member {
	const char *section, *name;
	struct content_words *words;
	uint64_t *number;
	uint64_t max;
};

static wq_err read_word(
	struct wq_arena *arena, const struct wq_datafile *file, uint32_t line, wq_str text, struct content_words *words)
{
	uint32_t c[WQ_CONTENT_WORD_CHARS];
	size_t n = 0;
	if (words->n == WQ_CONTENT_WORDS)
		return wq_datafile_error(file, line, "more than %d words", WQ_CONTENT_WORDS);
	while (text.n) {
		size_t length = wq_utf8_read(text, &c[n]);
		if (length == 0)
			return wq_datafile_error(file, line, "not UTF-8");
		text = wq_str_from(text, length);
		if (++n == WQ_CONTENT_WORD_CHARS && text.n)
			return wq_datafile_error(
				file, line, "a word of more than %d characters", WQ_CONTENT_WORD_CHARS);
	}
	uint32_t *copy = WQ_NEW_ARRAY(arena, uint32_t, n);
	if (!copy)
		return wq_arena_err(arena);
	memcpy(copy, c, n * sizeof(*c));
	words->items[words->n++] = (struct content_word){.c = copy, .n = n};
	words->starts[content_start(c[0])] = true;
	words->low |= c[0] < CONTENT_HIGH;
	return WQ_OK;
}

static wq_err read_words(
	struct wq_arena *arena, const struct wq_datafile *file, uint32_t line, wq_str text, struct content_words *words)
{
	if (!words->items)
		words->items = WQ_NEW_ARRAY(arena, struct content_word, WQ_CONTENT_WORDS);
	WQ_TRY(wq_arena_err(arena));
	while (text.p) {
		wq_str word = wq_str_trim(wq_str_cut(&text, ' '));
		if (word.n)
			WQ_TRY(read_word(arena, file, line, word, words));
	}
	return WQ_OK;
}

static wq_err read_regions(const struct wq_datafile *file, uint32_t line, wq_str text, bool regions[100])
{
	while (text.p) {
		wq_str word = wq_str_trim(wq_str_cut(&text, ' '));
		uint64_t region;
		if (word.n == 0)
			continue;
		if (word.n != 2 || !wq_str_to_u64(word, 99, &region))
			return wq_datafile_error(file, line, "a region is two digits");
		regions[region] = true;
	}
	return WQ_OK;
}

/* Insertion keeps them sorted; the list is short. */
static wq_err read_pair(const struct wq_datafile *file, uint32_t line, wq_str word, struct wq_content_rules *rules)
{
	struct content_pair pair;
	size_t length = wq_utf8_read(word, &pair.from);
	wq_str rest = wq_str_from(word, length);
	if (length == 0 || rest.n == 0 || wq_utf8_read(rest, &pair.to) != rest.n || pair.from == pair.to)
		return wq_datafile_error(file, line, "a pair is two different characters");
	if (rules->pair_count == PAIRS_MAX)
		return wq_datafile_error(file, line, "more than %d pairs", PAIRS_MAX);
	size_t at = rules->pair_count++;
	for (; at > 0 && rules->pairs[at - 1].from >= pair.from; at--)
		rules->pairs[at] = rules->pairs[at - 1];
	rules->pairs[at] = pair;
	if (pair.from < 0x10000)
		rules->paired[pair.from / 64] |= (uint64_t)1 << pair.from % 64;
	return WQ_OK;
}

static wq_err read_pairs(struct wq_arena *arena, const struct wq_datafile *file, uint32_t line, wq_str text,
	struct wq_content_rules *rules)
{
	if (!rules->pairs)
		rules->pairs = WQ_NEW_ARRAY(arena, struct content_pair, PAIRS_MAX);
	WQ_TRY(wq_arena_err(arena));
	while (text.p) {
		wq_str word = wq_str_trim(wq_str_cut(&text, ' '));
		if (word.n)
			WQ_TRY(read_pair(file, line, word, rules));
	}
	return WQ_OK;
}

/* Ends with NULL. A section's name is its first word. */
static void members_of(struct wq_content_rules *r, struct member out[MEMBERS_MAX])
{
	const struct member members[] = {
		{"grammar", "star", &r->stars, NULL, 0},
		{"grammar", "weak_star", &r->weak_stars, NULL, 0},
		{"grammar", "term", &r->terms, NULL, 0},
		{"grammar", "unit", &r->units, NULL, 0},
		{"grammar", "ending", &r->endings, NULL, 0},
		{"grammar", "ending_last", &r->endings_last, NULL, 0},
		{"grammar", "label", &r->labels, NULL, 0},
		{"grammar", "exam_term", &r->exam_terms, NULL, 0},
		{"grammar", "exam", &r->exam, NULL, 0},
		{"grammar", "gap", NULL, &r->gap, 8},
		{"internal", "strong", &r->strong, NULL, 0},
		{"internal", "weak", &r->weak, NULL, 0},
		{"context", "explain", &r->explain, NULL, 0},
		{"context", "companion", &r->companions, NULL, 0},
		{"context", "addressee", &r->addressees, NULL, 0},
		{"context", "start_chars", NULL, &r->start_chars, 10000},
		{"context", "explain_before", NULL, &r->explain_before, 1000},
		{"context", "explain_after", NULL, &r->explain_after, 1000},
		{"context", "companion_before", NULL, &r->companion_before, 2000},
		{"context", "companion_after", NULL, &r->companion_after, 2000},
		{"context", "quote_chars", NULL, &r->quote_chars, 1000},
		{"resident_id", "label", &r->id_labels, NULL, 0},
		{"resident_id", "first_year", NULL, &r->first_year, 9999},
		{"resident_id", "last_year", NULL, &r->last_year, 9999},
		{"resident_id", "medium", NULL, &r->id_medium, 1000000},
		{"resident_id", "high", NULL, &r->id_high, 1000000},
		{"resident_id", "critical", NULL, &r->id_critical, 1000000},
		{"telephone", "mobile", &r->mobile, NULL, 0},
		{"telephone", "official", &r->official, NULL, 0},
		{"telephone", "personal", &r->personal, NULL, 0},
		{"telephone", "reach", NULL, &r->phone_reach, 1000},
		{"telephone", "medium", NULL, &r->phone_medium, 1000000},
		{"telephone", "high", NULL, &r->phone_high, 1000000},
		{"telephone", "office", NULL, &r->phone_office, 1000000},
		{"bank_card", "issuer", &r->issuers, NULL, 0},
		{"bank_card", "alone", &r->alone, NULL, 0},
		{"bank_card", "label", &r->card_labels, NULL, 0},
		{"bank_card", "reach", NULL, &r->card_reach, 1000},
		{"bank_card", "medium", NULL, &r->card_medium, 1000000},
		{"bank_card", "high", NULL, &r->card_high, 1000000},
		{"bank_card", "critical", NULL, &r->card_critical, 1000000},
		{NULL, NULL, NULL, NULL, 0},
	};
	memcpy(out, members, sizeof(members));
}

struct reader {
	struct wq_arena *arena;
	struct wq_datafile file;
	struct wq_content_rules *rules;
	struct member members[MEMBERS_MAX];
	bool seen[MEMBERS_MAX];
	wq_str section;
};

static wq_err open_section(struct reader *r, const struct wq_datafile_item *item)
{
	static const char *const names[] = {
		"level", "grammar", "internal", "context", "resident_id", "telephone", "bank_card", "variants"};
	bool known = false;
	for (size_t i = 0; i < WQ_COUNT(names); i++)
		known |= wq_str_eq(item->key, wq_str_c(names[i]));
	bool level = wq_str_eq(item->key, WQ_S("level"));
	if (!known || level != (item->value.n > 0))
		return wq_datafile_error(&r->file, item->line, "no section of this name");
	r->section = item->key;
	return level ? read_words(r->arena, &r->file, item->line, item->value, &r->rules->levels) : WQ_OK;
}

static wq_err set_number(struct reader *r, const struct wq_datafile_item *item, size_t i)
{
	if (r->seen[i])
		return wq_datafile_error(&r->file, item->line, "this member is there already");
	if (!wq_str_to_u64(item->value, r->members[i].max, r->members[i].number))
		return wq_datafile_error(&r->file, item->line, "a whole number up to %llu is wanted",
			(unsigned long long)r->members[i].max);
	return WQ_OK;
}

static wq_err read_value(struct reader *r, const struct wq_datafile_item *item)
{
	struct content_words *levels = &r->rules->levels;
	if (wq_str_eq(r->section, WQ_S("level")) && wq_str_eq(item->key, WQ_S("severity")) && levels->n) {
		if (!wq_severity_parse(item->value, &levels->items[levels->n - 1].severity))
			return wq_datafile_error(&r->file, item->line, "no such severity");
		return WQ_OK;
	}
	if (wq_str_eq(r->section, WQ_S("variants")) && wq_str_eq(item->key, WQ_S("pair")))
		return read_pairs(r->arena, &r->file, item->line, item->value, r->rules);
	if (wq_str_eq(r->section, WQ_S("resident_id")) && wq_str_eq(item->key, WQ_S("region")))
		return read_regions(&r->file, item->line, item->value, r->rules->regions);
	for (size_t i = 0; r->members[i].name; i++) {
		const struct member *m = &r->members[i];
		if (!wq_str_eq(r->section, wq_str_c(m->section)) || !wq_str_eq(item->key, wq_str_c(m->name)))
			continue;
		WQ_TRY(m->words ? read_words(r->arena, &r->file, item->line, item->value, m->words)
				: set_number(r, item, i));
		r->seen[i] = true;
		return WQ_OK;
	}
	return wq_datafile_error(&r->file, item->line, "no member of this name in this section");
}

/* Nothing has a default in the code: a file that lacks a member is not a file of rules. */
static wq_err finish(struct reader *r)
{
	for (size_t i = 0; r->members[i].name; i++)
		if (!r->seen[i])
			return wq_datafile_error(&r->file, r->file.line, "[%s] %s is missing", r->members[i].section,
				r->members[i].name);
	if (r->rules->levels.n == 0)
		return wq_datafile_error(&r->file, r->file.line, "no [level]");
	content_plain(r->rules);
	r->rules->version = wq_arena_str(r->arena, r->file.version);
	return wq_arena_err(r->arena);
}

wq_err wq_content_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_content_rules **ret_rules)
{
	struct reader r = {.arena = arena, .rules = WQ_NEW(arena, struct wq_content_rules)};
	WQ_TRY(wq_arena_err(arena));
	members_of(r.rules, r.members);
	WQ_TRY(wq_datafile_open(&r.file, file_name, bytes, WQ_S("marks")));
	for (;;) {
		struct wq_datafile_item item;
		WQ_TRY(wq_datafile_next(&r.file, &item));
		if (item.kind == WQ_DATAFILE_END)
			break;
		WQ_TRY(item.kind == WQ_DATAFILE_SECTION ? open_section(&r, &item) : read_value(&r, &item));
	}
	WQ_TRY(finish(&r));
	*ret_rules = r.rules;
	return WQ_OK;
}

wq_str wq_content_rules_version(const struct wq_content_rules *rules)
{
	return rules->version;
}
