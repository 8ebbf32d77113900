#include "detect/quality/quality_priv.h"
#include "finding/datafile.h"
#include "text/utf8.h"

enum section {
	SECTION_NONE,
	SECTION_LIMITS,
	SECTION_KIND,
	SECTION_WORDS,
	SECTION_SOURCE,
	SECTION_ELEMENT,
	SECTION_ADS,
	SECTION_FORUM
};

struct reader {
	struct wq_arena *arena;
	struct wq_datafile file;
	struct wq_quality_rules *rules;
	enum section section;
	unsigned number; /* kind, class, source or element of the section */
	unsigned limits; /* bits: which were there */
};

static const wq_str classes[Q_WORDS] = {WQ_S_INIT("published"), WQ_S_INIT("time"), WQ_S_INIT("beside"),
	WQ_S_INIT("plan"), WQ_S_INIT("lunar"), WQ_S_INIT("answered"), WQ_S_INIT("asked"), WQ_S_INIT("unanswered"),
	WQ_S_INIT("source-label"), WQ_S_INIT("taken-from"), WQ_S_INIT("reprint"), WQ_S_INIT("reprint-topic"),
	WQ_S_INIT("wire"), WQ_S_INIT("wire-end"), WQ_S_INIT("own"), WQ_S_INIT("medium-end"), WQ_S_INIT("guide"),
	WQ_S_INIT("search"), WQ_S_INIT("contact"), WQ_S_INIT("services"), WQ_S_INIT("report"), WQ_S_INIT("empty"),
	WQ_S_INIT("footer"), WQ_S_INIT("crumb"), WQ_S_INIT("not-document"), WQ_S_INIT("six-bracket"),
	WQ_S_INIT("advertising")};
static const wq_str kinds[WQ_COLUMN_KINDS] = {
	WQ_S_INIT("news"), WQ_S_INIT("notice"), WQ_S_INIT("policy"), WQ_S_INIT("other")};

static wq_err add_word(struct reader *r, uint32_t line, wq_str text, unsigned class, unsigned number)
{
	struct wq_quality_rules *rules = r->rules;
	uint32_t symbols[WQ_WORDS_SYMBOLS_MAX];
	size_t n = 0;

	if (rules->words_n == Q_WORDS_MAX)
		return wq_datafile_error(&r->file, line, "more than %d words", Q_WORDS_MAX);
	for (size_t at = 0, step; at < text.n; at += step) {
		step = wq_utf8_read(wq_str_from(text, at), &symbols[n]);
		if (step < 2 || ++n == WQ_COUNT(symbols))
			return wq_datafile_error(&r->file, line, "a word without ASCII of at most %d characters",
				WQ_WORDS_SYMBOLS_MAX - 1);
	}
	if (n && symbols[0] < 0x10000)
		rules->starts[symbols[0] / 64] |= (uint64_t)1 << symbols[0] % 64;
	rules->word[rules->words_n] = (struct quality_word){(uint8_t) class, (uint8_t)number, (uint16_t)text.n};
	return wq_words_add(rules->words, symbols, n, (uint32_t)rules->words_n++);
}

static wq_err add_words(struct reader *r, const struct wq_datafile_item *item, unsigned class)
{
	for (wq_str rest = item->value; rest.p;) {
		wq_str word = wq_str_trim(wq_str_cut(&rest, ' '));
		if (word.n)
			WQ_TRY(add_word(r, item->line, word, class, r->number));
	}
	return WQ_OK;
}

static wq_err add_list(struct reader *r, const struct wq_datafile_item *item, wq_str *items, size_t room, size_t *n)
{
	for (wq_str rest = item->value; rest.p;) {
		wq_str word = wq_str_trim(wq_str_cut(&rest, ' '));
		if (word.n && *n == room)
			return wq_datafile_error(&r->file, item->line, "more than %zu of these", room);
		if (word.n)
			items[(*n)++] = word;
	}
	return WQ_OK;
}

static wq_err open_named(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_quality_rules *rules = r->rules;

	if (wq_str_eq(item->key, WQ_S("source")) && rules->sources_n < Q_SOURCES_MAX) {
		r->number = (unsigned)rules->sources_n;
		rules->sources[rules->sources_n++].name = item->value;
		r->section = SECTION_SOURCE;
		return WQ_OK;
	}
	if (wq_str_eq(item->key, WQ_S("element")) && rules->elements_n < WQ_QUALITY_ELEMENTS) {
		r->number = (unsigned)rules->elements_n;
		rules->elements[rules->elements_n++] = item->value;
		r->section = SECTION_ELEMENT;
		return WQ_OK;
	}
	for (unsigned i = 0; i < WQ_COLUMN_KINDS && wq_str_eq(item->key, WQ_S("kind")); i++)
		if (wq_str_eq(item->value, kinds[i])) {
			r->number = i;
			r->section = SECTION_KIND;
			return WQ_OK;
		}
	for (unsigned i = 0; i < Q_WORDS && wq_str_eq(item->key, WQ_S("words")); i++)
		if (wq_str_eq(item->value, classes[i])) {
			r->number = i;
			r->section = SECTION_WORDS;
			return WQ_OK;
		}
	return wq_datafile_error(&r->file, item->line, "no section of this name, or too many");
}

static wq_err open_section(struct reader *r, const struct wq_datafile_item *item)
{
	if (wq_str_eq(item->key, WQ_S("limits")))
		r->section = SECTION_LIMITS;
	else if (wq_str_eq(item->key, WQ_S("advertising")))
		r->section = SECTION_ADS;
	else if (wq_str_eq(item->key, WQ_S("forum")))
		r->section = SECTION_FORUM;
	else
		return open_named(r, item);
	return WQ_OK;
}

static wq_err read_limit(struct reader *r, const struct wq_datafile_item *item)
{
	struct quality_limits *l = &r->rules->limits;
	const struct {
		const char *name;
		uint64_t *number, max;
	} rows[] = {{"home_days", &l->home_days, 3660}, {"long_days", &l->long_days, 3660},
		{"report_due", &l->report_due, 1231}, {"same_percent", &l->same_percent, 100},
		{"sketch_least", &l->sketch_least, WQ_QUALITY_SKETCH}, {"blank_chars", &l->blank_chars, 100000},
		{"guide_labels", &l->guide_labels, WQ_QUALITY_ELEMENTS}, {"items", &l->items, 1000},
		{"reprint_lines", &l->reprint_lines, 1000}};

	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (wq_str_eq(item->key, wq_str_c(rows[i].name)) &&
			wq_str_to_u64(item->value, rows[i].max, rows[i].number)) {
			r->limits |= 1u << i;
			return WQ_OK;
		}
	return wq_datafile_error(&r->file, item->line, "no such limit, or no such number");
}

static wq_err read_kind(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_quality_rules *rules = r->rules;
	struct quality_list *paths = &rules->paths[r->number];

	if (wq_str_eq(item->key, WQ_S("name")))
		return add_words(r, item, Q_KIND);
	if (wq_str_eq(item->key, WQ_S("path")))
		return add_list(r, item, paths->items, Q_HOSTS_MAX, &paths->n);
	if (wq_str_eq(item->key, WQ_S("days")) && wq_str_to_u64(item->value, 3660, &rules->days[r->number]))
		return WQ_OK;
	if (wq_str_eq(item->key, WQ_S("months")) && wq_str_to_u64(item->value, 120, &rules->months[r->number]))
		return WQ_OK;
	return wq_datafile_error(&r->file, item->line, "no such member of a kind, or no such value");
}

static wq_err read_source(struct reader *r, const struct wq_datafile_item *item)
{
	struct quality_source *source = &r->rules->sources[r->number];

	if (wq_str_eq(item->key, WQ_S("name")))
		return add_words(r, item, Q_SOURCE);
	if (wq_str_eq(item->key, WQ_S("host")))
		return add_list(r, item, source->hosts, WQ_COUNT(source->hosts), &source->hosts_n);
	return wq_datafile_error(&r->file, item->line, "members of a source are name and host");
}

static wq_err read_list(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_quality_rules *rules = r->rules;
	const struct {
		enum section section;
		const char *name;
		struct quality_list *list;
	} rows[] = {{SECTION_ADS, "host", &rules->ad_hosts}, {SECTION_ADS, "class", &rules->ad_classes},
		{SECTION_FORUM, "generator", &rules->generators}, {SECTION_FORUM, "powered", &rules->powered},
		{SECTION_FORUM, "href", &rules->forum_links}};

	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (r->section == rows[i].section && wq_str_eq(item->key, wq_str_c(rows[i].name)))
			return add_list(r, item, rows[i].list->items, Q_HOSTS_MAX, &rows[i].list->n);
	return wq_datafile_error(&r->file, item->line, "no such member");
}

static wq_err read_value(struct reader *r, const struct wq_datafile_item *item)
{
	bool word = wq_str_eq(item->key, WQ_S("word"));

	switch (r->section) {
	case SECTION_LIMITS: return read_limit(r, item);
	case SECTION_KIND: return read_kind(r, item);
	case SECTION_SOURCE: return read_source(r, item);
	case SECTION_ADS:
	case SECTION_FORUM: return read_list(r, item);
	case SECTION_WORDS:
		if (word)
			return add_words(r, item, r->number);
		break;
	case SECTION_ELEMENT:
		if (word)
			return add_words(r, item, Q_ELEMENT);
		break;
	case SECTION_NONE: break;
	}
	return wq_datafile_error(&r->file, item->line, "no value of a section, or no such member");
}

wq_err wq_quality_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_quality_rules **ret_rules)
{
	struct reader r = {.arena = arena, .rules = WQ_NEW(arena, struct wq_quality_rules)};
	struct wq_datafile_item item;
	/* what is kept are slices of it */
	wq_str copy = wq_arena_str(arena, bytes);

	WQ_TRY(wq_arena_err(arena));
	r.rules->word = WQ_NEW_ARRAY(arena, struct quality_word, Q_WORDS_MAX);
	WQ_TRY(wq_words_new(arena, &r.rules->words));
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_datafile_open(&r.file, file_name, copy, WQ_S("quality")));
	for (;;) {
		WQ_TRY(wq_datafile_next(&r.file, &item));
		if (item.kind == WQ_DATAFILE_END)
			break;
		WQ_TRY(item.kind == WQ_DATAFILE_SECTION ? open_section(&r, &item) : read_value(&r, &item));
	}
	if (r.limits != 0x1ff)
		return wq_datafile_error(&r.file, r.file.line, "[limits] is not complete");
	if (r.rules->elements_n != WQ_QUALITY_ELEMENTS)
		return wq_datafile_error(&r.file, r.file.line, "%d elements are needed", WQ_QUALITY_ELEMENTS);
	WQ_TRY(wq_words_build(r.rules->words));
	*ret_rules = r.rules;
	return WQ_OK;
}
