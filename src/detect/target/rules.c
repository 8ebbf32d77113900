#include "detect/target/target_priv.h"
#include "finding/datafile.h"

struct reader {
	struct wq_target_rules *rules;
	struct wq_datafile file;
	enum wq_target_kind kind; /* of the open section, ORDINARY before the first */
};

const char *wq_target_kind_text(enum wq_target_kind kind)
{
	static const char *const texts[WQ_TARGET_KINDS] = {"ordinary", "parked", "gambling", "porn", "missing"};

	return (unsigned int)kind < WQ_TARGET_KINDS ? texts[kind] : "ordinary";
}

static wq_err open_section(struct reader *r, const struct wq_datafile_item *item)
{
	if (wq_str_eq(item->key, WQ_S("kind")))
		for (int kind = WQ_TARGET_PARKED; kind < WQ_TARGET_KINDS; kind++)
			if (wq_str_eq(item->value, wq_str_c(wq_target_kind_text((enum wq_target_kind)kind)))) {
				r->kind = (enum wq_target_kind)kind;
				return WQ_OK;
			}
	return wq_datafile_error(&r->file, item->line, "a section is [kind parked], gambling, porn or missing");
}

/* "3 真人百家乐": a weight and the word. */
static wq_err read_word(struct reader *r, const struct wq_datafile_item *item, bool against, bool in_title)
{
	struct wq_target_rules *rules = r->rules;
	wq_str word = item->value, number = wq_str_cut(&word, ' ');
	uint32_t symbols[WQ_WORDS_SYMBOLS_MAX];
	uint64_t weight;

	word = wq_str_trim(word);
	if (!wq_str_to_u64(number, 100, &weight) || weight == 0 || word.n == 0)
		return wq_datafile_error(&r->file, item->line, "a sign is a weight from 1 to 100 and a word");
	if (word.n > WQ_COUNT(symbols) || rules->words_n == TARGET_WORDS_MAX)
		return wq_datafile_error(&r->file, item->line, "the word is too long, or there are too many");
	for (size_t i = 0; i < word.n; i++)
		symbols[i] = (unsigned char)(word.p[i] >= 'A' && word.p[i] <= 'Z' ? word.p[i] | 0x20 : word.p[i]);
	rules->words[rules->words_n] = (struct target_word){
		.kind = r->kind, .weight = against ? -(int32_t)weight : (int32_t)weight, .in_title = in_title};
	return wq_words_add(rules->automaton, symbols, word.n, (uint32_t)rules->words_n++);
}

/* "notice: 提示信息" */
static wq_err read_notice(struct reader *r, const struct wq_datafile_item *item)
{
	char text[WQ_WORDS_SYMBOLS_MAX + 8];
	struct wq_datafile_item word = *item;
	int n = snprintf(text, sizeof text, "1 %.*s", WQ_S_ARG(item->value));

	word.value = wq_str_of(text, WQ_MIN((size_t)n, sizeof text - 1));
	WQ_TRY(read_word(r, &word, false, true));
	r->rules->words[r->rules->words_n - 1].notice = true;
	return WQ_OK;
}

static wq_err read_number(struct reader *r, const struct wq_datafile_item *item)
{
	struct target_kind_rules *kind = &r->rules->kinds[r->kind];
	bool missing = r->kind == WQ_TARGET_MISSING;
	const struct {
		wq_str name;
		uint32_t *value;
	} rows[] = {{WQ_S_INIT("weight"), missing ? NULL : &kind->weight},
		{WQ_S_INIT("signs"), missing ? NULL : &kind->signs},
		{WQ_S_INIT("alike_percent"), missing ? &r->rules->alike_percent : NULL},
		{WQ_S_INIT("extra_runs"), missing ? &r->rules->extra_runs : NULL},
		{WQ_S_INIT("little_runs"), missing ? &r->rules->little_runs : NULL}};
	uint64_t value;

	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (rows[i].value && wq_str_eq(rows[i].name, item->key)) {
			if (!wq_str_to_u64(item->value, WQ_TARGET_RUNS_MAX, &value) || value == 0)
				return wq_datafile_error(
					&r->file, item->line, "a number from 1 to %d", WQ_TARGET_RUNS_MAX);
			*rows[i].value = (uint32_t)value;
			return WQ_OK;
		}
	return wq_datafile_error(&r->file, item->line, "an unknown member");
}

static wq_err read_value(struct reader *r, const struct wq_datafile_item *item)
{
	bool missing = r->kind == WQ_TARGET_MISSING;

	if (wq_str_eq(item->key, WQ_S("sign")))
		return read_word(r, item, false, false);
	if (wq_str_eq(item->key, WQ_S("title")))
		return read_word(r, item, false, true);
	if (wq_str_eq(item->key, WQ_S("against")) && !missing)
		return read_word(r, item, true, false);
	if (wq_str_eq(item->key, WQ_S("notice")) && missing)
		return read_notice(r, item);
	return read_number(r, item);
}

static wq_err check(const struct reader *r)
{
	const struct wq_target_rules *rules = r->rules;

	for (int kind = WQ_TARGET_PARKED; kind < WQ_TARGET_MISSING; kind++)
		if (rules->kinds[kind].weight == 0 || rules->kinds[kind].signs == 0)
			return wq_datafile_error(&r->file, r->file.line, "[kind %s] wants weight and signs",
				wq_target_kind_text((enum wq_target_kind)kind));
	if (rules->alike_percent == 0 || rules->alike_percent > 100 || rules->extra_runs == 0 ||
		rules->little_runs == 0)
		return wq_datafile_error(&r->file, r->file.line,
			"[kind missing] wants alike_percent (to 100), extra_runs and little_runs");
	return WQ_OK;
}

wq_err wq_target_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_target_rules **ret_rules)
{
	struct reader r = {.rules = WQ_NEW(arena, struct wq_target_rules)};
	struct wq_datafile_item item;

	if (!r.rules)
		return wq_arena_err(arena);
	WQ_TRY(wq_words_new(arena, &r.rules->automaton));
	WQ_TRY(wq_datafile_open(&r.file, file_name, bytes, WQ_S("target")));
	for (;;) {
		WQ_TRY(wq_datafile_next(&r.file, &item));
		if (item.kind == WQ_DATAFILE_END)
			break;
		if (item.kind == WQ_DATAFILE_SECTION)
			WQ_TRY(open_section(&r, &item));
		else if (r.kind == WQ_TARGET_ORDINARY)
			return wq_datafile_error(&r.file, item.line, "a value before the first section");
		else
			WQ_TRY(read_value(&r, &item));
	}
	WQ_TRY(check(&r));
	WQ_TRY(wq_words_build(r.rules->automaton));
	*ret_rules = r.rules;
	return WQ_OK;
}
