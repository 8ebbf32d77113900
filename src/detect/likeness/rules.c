#include "detect/likeness/rules_priv.h"

#include "finding/datafile.h"
#include "text/utf8.h"

struct reader {
	struct wq_arena *arena;
	struct wq_datafile file;
	struct wq_likeness_rules *rules;
	struct wq_datafile_item item;
	wq_str section;
};

static wq_err wrong(const struct reader *r, const char *what)
{
	return wq_datafile_error(&r->file, r->item.line, "%s", what);
}

static wq_str next_word(wq_str *rest)
{
	*rest = wq_str_trim(*rest);
	if (rest->n == 0)
		return WQ_S_NONE;
	return wq_str_cut(rest, ' ');
}

static wq_err add(struct reader *r, struct likeness_list *list, wq_str item)
{
	if (!list->items)
		list->items = WQ_NEW_ARRAY(r->arena, wq_str, LIKENESS_WORDS);
	WQ_TRY(wq_arena_err(r->arena));
	if (list->n == LIKENESS_WORDS)
		return wrong(r, "too many words");
	list->items[list->n++] = item;
	return WQ_OK;
}

static wq_err add_all(struct reader *r, struct likeness_list *list)
{
	wq_str rest = r->item.value;

	for (wq_str word; (word = next_word(&rest)).n > 0;)
		WQ_TRY(add(r, list, word));
	return WQ_OK;
}

static wq_err add_pair(struct reader *r, struct likeness_pair **pairs, size_t *n)
{
	wq_str rest = r->item.value, from = next_word(&rest), to = next_word(&rest);

	if (!*pairs)
		*pairs = WQ_NEW_ARRAY(r->arena, struct likeness_pair, LIKENESS_WORDS);
	WQ_TRY(wq_arena_err(r->arena));
	if (*n == LIKENESS_WORDS || to.n == 0)
		return wrong(r, "two words are wanted, or there are too many");
	(*pairs)[(*n)++] = (struct likeness_pair){from, to};
	return WQ_OK;
}

static wq_err number(struct reader *r, wq_str text, uint32_t *ret)
{
	uint64_t value;

	if (!wq_str_to_u64(text, 1000000, &value))
		return wrong(r, "a number is wanted");
	*ret = (uint32_t)value;
	return WQ_OK;
}

/* ---- words ---- */

static wq_err add_words(struct reader *r, enum likeness_class class)
{
	struct wq_likeness_rules *rules = r->rules;
	wq_str rest = r->item.value;

	for (wq_str word; (word = next_word(&rest)).n > 0;) {
		uint64_t hash = likeness_mix(likeness_hash(word));
		size_t at = hash & (rules->word_slots - 1);
		if (word.n > LIKENESS_WORD_BYTES || rules->words_n == rules->word_slots / 2)
			return wrong(r, "a word is too long, or there are too many");
		while (rules->words[at].text.n)
			at = (at + 1) & (rules->word_slots - 1);
		rules->words[at] = (struct likeness_word){hash, word, class};
		rules->word_lengths |= 1ULL << word.n;
		rules->words_n++;
	}
	return WQ_OK;
}

static wq_err words_value(struct reader *r)
{
	if (wq_str_eq(r->item.key, WQ_S("strong")))
		return add_words(r, LIKENESS_STRONG);
	if (wq_str_eq(r->item.key, WQ_S("weak")))
		return add_words(r, LIKENESS_WEAK);
	if (wq_str_eq(r->item.key, WQ_S("plain")))
		return add_words(r, LIKENESS_PLAIN);
	return wrong(r, "unknown member");
}

static wq_err tld_value(struct reader *r)
{
	bool han = wq_str_eq(r->item.key, WQ_S("han"));
	struct likeness_tld **list = han ? &r->rules->han_tlds : &r->rules->tlds;
	size_t *n = han ? &r->rules->han_tlds_n : &r->rules->tlds_n;
	wq_str rest = r->item.value, name = next_word(&rest);
	uint32_t weight;

	WQ_TRY(number(r, next_word(&rest), &weight));
	if (!*list)
		*list = WQ_NEW_ARRAY(r->arena, struct likeness_tld, LIKENESS_WORDS);
	WQ_TRY(wq_arena_err(r->arena));
	if (*n == LIKENESS_WORDS)
		return wrong(r, "too many");
	(*list)[(*n)++] = (struct likeness_tld){name, weight};
	return WQ_OK;
}

/* ---- look-alikes ---- */

static wq_err alike_value(struct reader *r)
{
	wq_str rest = r->item.value;

	if (wq_str_eq(r->item.key, WQ_S("latin"))) {
		char to = 0;
		for (wq_str one; (one = next_word(&rest)).n > 0; to = to ? to : one.p[0])
			if (one.n != 1 || (unsigned char)one.p[0] >= 128)
				return wrong(r, "one ASCII letter each is wanted");
			else if (to)
				r->rules->latin[(unsigned char)one.p[0]] = to;
		return WQ_OK;
	}
	if (wq_str_eq(r->item.key, WQ_S("double"))) {
		WQ_TRY(add_pair(r, &r->rules->doubles, &r->rules->doubles_n));
		const struct likeness_pair *pair = &r->rules->doubles[r->rules->doubles_n - 1];
		return pair->from.n == 1 && pair->to.n == 2 ? WQ_OK : wrong(r, "a letter and two letters are wanted");
	}
	uint32_t first = 0, cp;
	for (size_t n; (n = wq_utf8_read(rest, &cp)) > 0; rest = wq_str_from(rest, n)) {
		if (cp < LIKENESS_HAN_AT || cp >= LIKENESS_HAN_END)
			return wrong(r, "a Chinese character is wanted");
		first = first ? first : cp;
		if (!r->rules->alike[cp - LIKENESS_HAN_AT])
			r->rules->alike[cp - LIKENESS_HAN_AT] = first;
	}
	return rest.n ? wrong(r, "no UTF-8") : add(r, &r->rules->alike_groups, r->item.value);
}

/* ---- numbers ---- */

#define MEMBER(name, member) \
	{ \
		name, offsetof(struct wq_likeness_rules, member) \
	}
static const struct {
	const char *name;
	size_t at;
} numbers[] = {
	MEMBER("subdomain", subdomain),
	MEMBER("likely-suffix", likely_suffix),
	MEMBER("long", long_alone),
	MEMBER("report", report),
	MEMBER("visual", visual),
	MEMBER("reading", reading),
	MEMBER("homophone", homophone),
	MEMBER("typo", typo),
	MEMBER("inside", inside),
	MEMBER("extra-piece", extra_piece),
	MEMBER("typo-least", typo_least),
	MEMBER("typo-alone-least", typo_alone_least),
	MEMBER("reading-least", reading_least),
	MEMBER("abbreviation-least", abbreviation_least),
	MEMBER("abbreviation-alone-least", abbreviation_alone_least),
	MEMBER("alone-least", alone_least),
	MEMBER("long-least", long_least),
	MEMBER("text", limits.text_percent),
	MEMBER("text-with-structure", limits.text_with_structure_percent),
	MEMBER("structure", limits.structure_percent),
	MEMBER("shingles-least", limits.shingles_least),
	MEMBER("dhash", limits.dhash_bits),
	MEMBER("phash", limits.phash_bits),
	MEMBER("side-least", limits.side_least),
	MEMBER("trim", limits.trim),
	MEMBER("contrast-least", limits.contrast_least),
};

static const char *const kinds[LIKENESS_KINDS] = {"host", "full", "mixed", "place", "abbreviation", "han", "han-place"};

static wq_err number_value(struct reader *r)
{
	wq_str rest = r->item.value;

	if (wq_str_eq(r->item.key, WQ_S("likely")))
		return add_all(r, &r->rules->likely);
	for (size_t i = 0; i < LIKENESS_KINDS; i++) {
		struct likeness_points *points = &r->rules->points[i];
		if (!wq_str_eq(r->item.key, wq_str_c(kinds[i])))
			continue;
		WQ_TRY(number(r, next_word(&rest), &points->alone));
		WQ_TRY(number(r, next_word(&rest), &points->strong));
		return number(r, next_word(&rest), &points->weak);
	}
	for (size_t i = 0; i < WQ_COUNT(numbers); i++)
		if (wq_str_eq(r->item.key, wq_str_c(numbers[i].name)))
			return number(r, rest, (uint32_t *)((char *)r->rules + numbers[i].at));
	return wrong(r, "unknown member");
}

/* ---- the sections ---- */

static wq_err made_value(struct reader *r)
{
	bool head = wq_str_eq(r->item.key, WQ_S("head"));
	return add_all(r, head ? &r->rules->heads : &r->rules->tails);
}

static wq_err endings_value(struct reader *r)
{
	struct wq_likeness_rules *rules = r->rules;

	if (wq_str_eq(r->item.key, WQ_S("cut")))
		return add_pair(r, &rules->cuts, &rules->cuts_n);
	if (wq_str_eq(r->item.key, WQ_S("place"))) {
		rules->places = r->item.value;
		return WQ_OK;
	}
	return add_all(r, wq_str_eq(r->item.key, WQ_S("head")) ? &rules->han_heads : &rules->han_tails);
}

static wq_err keys_value(struct reader *r)
{
	return add_all(r, wq_str_eq(r->item.key, WQ_S("row")) ? &r->rules->keys : &r->rules->columns);
}

static wq_err readings_value(struct reader *r)
{
	struct wq_likeness_rules *rules = r->rules;

	WQ_TRY(add_pair(r, &rules->readings, &rules->readings_n));
	unsigned char first = (unsigned char)rules->readings[rules->readings_n - 1].from.p[0];
	if (rules->readings_n > 32 || first >= 128)
		return wrong(r, "at most 32 pairs of ASCII letters");
	rules->readings_of[first] |= 1u << (rules->readings_n - 1);
	return WQ_OK;
}

static wq_err closed_value(struct reader *r)
{
	return add_all(r, &r->rules->closed);
}

static wq_err open_value(struct reader *r)
{
	return add_all(r, &r->rules->open);
}

static wq_err syllable_value(struct reader *r)
{
	wq_str rest = r->item.value;
	uint32_t cp;

	if (r->item.key.n >= LIKENESS_SYLLABLE)
		return wrong(r, "a syllable is too long");
	for (size_t n; (n = wq_utf8_read(rest, &cp)) > 0; rest = wq_str_from(rest, n)) {
		if (cp < LIKENESS_HAN_AT || cp >= LIKENESS_HAN_END)
			return wrong(r, "a Chinese character is wanted");
		r->rules->syllable_of[cp - LIKENESS_HAN_AT] = r->item.key;
	}
	WQ_TRY(add(r, &r->rules->syllables, r->item.key));
	return rest.n ? wrong(r, "no UTF-8") : add(r, &r->rules->syllable_chars, r->item.value);
}

static wq_err said_value(struct reader *r)
{
	return add_pair(r, &r->rules->said, &r->rules->said_n);
}

static const struct {
	const char *file, *section;
	wq_err (*value)(struct reader *r);
} sections[] = {
	{"likeness", "closed", closed_value},
	{"likeness", "open", open_value},
	{"likeness", "tlds", tld_value},
	{"likeness", "words", words_value},
	{"likeness", "made", made_value},
	{"likeness", "endings", endings_value},
	{"likeness", "alike", alike_value},
	{"likeness", "readings", readings_value},
	{"likeness", "keys", keys_value},
	{"likeness", "scores", number_value},
	{"likeness", "pages", number_value},
	{"likeness", "images", number_value},
	{"pinyin", "syllables", syllable_value},
	{"pinyin", "words", said_value},
};

static wq_err value(struct reader *r, const char *kind)
{
	for (size_t i = 0; i < WQ_COUNT(sections); i++)
		if (strcmp(kind, sections[i].file) == 0 && wq_str_eq(r->section, wq_str_c(sections[i].section)))
			return sections[i].value(r);
	return wrong(r, "unknown section");
}

static wq_err read_file(struct reader *r, wq_str name, wq_str bytes, const char *kind)
{
	WQ_TRY(wq_datafile_open(&r->file, name, bytes, wq_str_c(kind)));
	r->section = WQ_S_NONE;
	for (;;) {
		WQ_TRY(wq_datafile_next(&r->file, &r->item));
		if (r->item.kind == WQ_DATAFILE_END)
			return WQ_OK;
		if (r->item.kind == WQ_DATAFILE_SECTION)
			r->section = r->item.key;
		else
			WQ_TRY(value(r, kind));
	}
}

wq_err wq_likeness_rules_parse(
	struct wq_arena *arena, const struct wq_likeness_files *files, const struct wq_likeness_rules **ret_rules)
{
	struct reader r = {.arena = arena, .rules = WQ_NEW(arena, struct wq_likeness_rules)};

	WQ_TRY(wq_arena_err(arena));
	r.rules->fold = files->fold;
	r.rules->word_slots = (size_t)2 * LIKENESS_WORDS;
	r.rules->words = WQ_NEW_ARRAY(arena, struct likeness_word, r.rules->word_slots);
	r.rules->alike = WQ_NEW_ARRAY(arena, uint32_t, LIKENESS_HAN_END - LIKENESS_HAN_AT);
	r.rules->syllable_of = WQ_NEW_ARRAY(arena, wq_str, LIKENESS_HAN_END - LIKENESS_HAN_AT);
	WQ_TRY(wq_arena_err(arena));
	for (int c = 0; c < 128; c++)
		r.rules->latin[c] = (char)c;
	WQ_TRY(read_file(&r, files->names_file, files->names, "likeness"));
	WQ_TRY(read_file(&r, files->pinyin_file, files->pinyin, "pinyin"));
	if (r.rules->report == 0 || r.rules->limits.text_percent == 0 || r.rules->limits.dhash_bits == 0)
		return wq_datafile_error(&r.file, 0, "the scores or thresholds are not there");
	*ret_rules = r.rules;
	return WQ_OK;
}

const struct wq_likeness_limits *wq_likeness_limits(const struct wq_likeness_rules *rules)
{
	return &rules->limits;
}
