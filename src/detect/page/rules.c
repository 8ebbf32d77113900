#include "detect/page/page_priv.h"
#include "finding/datafile.h"

enum { HOSTS_MAX = 4096 };

enum section { SECTION_NONE, SECTION_SCRIPT, SECTION_LIMITS, SECTION_TRUSTED, SECTION_BAD, SECTION_DEFACEMENT };

struct reader {
	struct wq_arena *arena;
	struct wq_datafile file;
	struct wq_page_rules *rules;
	enum section section;
	unsigned limits; /* bits: which were there */
};

static wq_err add_literal(struct reader *r, uint32_t line, struct wq_words *words, wq_str text, uint32_t id)
{
	uint32_t symbols[WQ_WORDS_SYMBOLS_MAX];

	if (text.n == 0 || text.n > WQ_COUNT(symbols))
		return wq_datafile_error(&r->file, line, "a literal of 1 to %d bytes", WQ_WORDS_SYMBOLS_MAX);
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c >= 'A' && c <= 'Z')
			return wq_datafile_error(&r->file, line, "literals are in lower case");
		symbols[i] = c;
	}
	return wq_words_add(words, symbols, text.n, id);
}

static wq_err add_literals(
	struct reader *r, const struct wq_datafile_item *item, char sep, struct wq_words *words, uint32_t id)
{
	for (wq_str rest = item->value; rest.p;) {
		wq_str text = wq_str_trim(wq_str_cut(&rest, sep));
		if (text.n)
			WQ_TRY(add_literal(r, item->line, words, text, id));
	}
	return WQ_OK;
}

static wq_err open_section(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_page_rules *rules = r->rules;

	if (wq_str_eq(item->key, WQ_S("script")) && item->value.n) {
		if (rules->patterns_n == WQ_PAGE_PATTERNS)
			return wq_datafile_error(&r->file, item->line, "more than %d scripts", WQ_PAGE_PATTERNS);
		rules->patterns[rules->patterns_n++] = (struct page_pattern){.name = item->value};
		r->section = SECTION_SCRIPT;
	} else if (wq_str_eq(item->key, WQ_S("limits"))) {
		r->section = SECTION_LIMITS;
	} else if (wq_str_eq(item->key, WQ_S("hosts")) && wq_str_eq(item->value, WQ_S("trusted"))) {
		r->section = SECTION_TRUSTED;
	} else if (wq_str_eq(item->key, WQ_S("hosts")) && wq_str_eq(item->value, WQ_S("bad"))) {
		r->section = SECTION_BAD;
	} else if (wq_str_eq(item->key, WQ_S("defacement"))) {
		r->section = SECTION_DEFACEMENT;
	} else {
		return wq_datafile_error(&r->file, item->line, "no section of this name");
	}
	return WQ_OK;
}

static wq_err read_script(struct reader *r, const struct wq_datafile_item *item)
{
	static const wq_str names[] = {
		WQ_S_INIT("planted"), WQ_S_INIT("obfuscated"), WQ_S_INIT("cloaking"), WQ_S_INIT("service-worker")};
	uint32_t id = (uint32_t)(r->rules->patterns_n - 1);
	struct page_pattern *pattern = &r->rules->patterns[id];

	if (wq_str_eq(item->key, WQ_S("find")))
		return add_literals(r, item, ' ', r->rules->literals, 2 * id);
	if (wq_str_eq(item->key, WQ_S("with"))) {
		pattern->has_with = true;
		return add_literals(r, item, ' ', r->rules->literals, 2 * id + 1);
	}
	if (wq_str_eq(item->key, WQ_S("severity")) && wq_severity_parse(item->value, &pattern->severity))
		return WQ_OK;
	for (size_t i = 0; i < WQ_COUNT(names) && wq_str_eq(item->key, WQ_S("rule")); i++)
		if (wq_str_eq(item->value, names[i])) {
			pattern->rule = (enum page_rule)i;
			return WQ_OK;
		}
	return wq_datafile_error(&r->file, item->line, "no such member of a script, or no such value");
}

static wq_err read_limit(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_page_rules *rules = r->rules;
	const struct {
		const char *name;
		uint64_t *number, max;
	} limits[] = {{"char_codes", &rules->char_codes, 100000}, {"hex_escapes", &rules->hex_escapes, 100000},
		{"kept_percent", &rules->kept_percent, 100}, {"text_bytes", &rules->text_bytes, 1000000}};

	for (size_t i = 0; i < WQ_COUNT(limits); i++)
		if (wq_str_eq(item->key, wq_str_c(limits[i].name)) &&
			wq_str_to_u64(item->value, limits[i].max, limits[i].number)) {
			r->limits |= 1u << i;
			return WQ_OK;
		}
	return wq_datafile_error(&r->file, item->line, "no such limit, or no whole number");
}

static wq_err read_hosts(struct reader *r, const struct wq_datafile_item *item, struct page_hosts *hosts)
{
	if (!wq_str_eq(item->key, WQ_S("host")))
		return wq_datafile_error(&r->file, item->line, "a member of this section is host");
	if (!hosts->items)
		hosts->items = WQ_NEW_ARRAY(r->arena, wq_str, HOSTS_MAX);
	WQ_TRY(wq_arena_err(r->arena));
	for (wq_str rest = item->value; rest.p;) {
		wq_str host = wq_str_trim(wq_str_cut(&rest, ' '));
		if (host.n && hosts->n == HOSTS_MAX)
			return wq_datafile_error(&r->file, item->line, "more than %d hosts", HOSTS_MAX);
		if (host.n)
			hosts->items[hosts->n++] = wq_arena_str(r->arena, host);
	}
	return wq_arena_err(r->arena);
}

static wq_err read_value(struct reader *r, const struct wq_datafile_item *item)
{
	switch (r->section) {
	case SECTION_SCRIPT: return read_script(r, item);
	case SECTION_LIMITS: return read_limit(r, item);
	case SECTION_TRUSTED: return read_hosts(r, item, &r->rules->trusted);
	case SECTION_BAD: return read_hosts(r, item, &r->rules->bad);
	case SECTION_DEFACEMENT: return add_literals(r, item, '|', r->rules->signatures, 0);
	case SECTION_NONE: break;
	}
	return wq_datafile_error(&r->file, item->line, "a value before the first section");
}

wq_err wq_page_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_page_rules **ret_rules)
{
	struct reader r = {.arena = arena, .rules = WQ_NEW(arena, struct wq_page_rules)};
	struct wq_datafile_item item;
	/* what is kept are slices of it */
	wq_str copy = wq_arena_str(arena, bytes);

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_words_new(arena, &r.rules->literals));
	WQ_TRY(wq_words_new(arena, &r.rules->signatures));
	WQ_TRY(wq_datafile_open(&r.file, file_name, copy, WQ_S("page")));
	for (;;) {
		WQ_TRY(wq_datafile_next(&r.file, &item));
		if (item.kind == WQ_DATAFILE_END)
			break;
		WQ_TRY(item.kind == WQ_DATAFILE_SECTION ? open_section(&r, &item) : read_value(&r, &item));
	}
	if (r.limits != 0xf)
		return wq_datafile_error(&r.file, r.file.line, "[limits] is not complete");
	WQ_TRY(wq_words_build(r.rules->literals));
	WQ_TRY(wq_words_build(r.rules->signatures));
	*ret_rules = r.rules;
	return WQ_OK;
}
