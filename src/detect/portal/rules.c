#include "detect/portal/portal_priv.h"
#include "finding/datafile.h"

static const wq_str list_names[LISTS] = {
	[LIST_OWNER] = WQ_S_INIT("labels owner"),
	[LIST_CONTACT] = WQ_S_INIT("labels contact"),
	[LIST_SITE_MAP] = WQ_S_INIT("labels site-map"),
	[LIST_ENTRY] = WQ_S_INIT("labels error-entry"),
	[LIST_PUBLISHED] = WQ_S_INIT("labels published"),
	[LIST_ICP] = WQ_S_INIT("labels icp"),
	[LIST_POLICE] = WQ_S_INIT("labels police"),
	[LIST_SITE_CODE] = WQ_S_INIT("labels site-code"),
	[LIST_PROMPT] = WQ_S_INIT("labels prompt"),
	[LIST_MARK_HOSTS] = WQ_S_INIT("hosts mark"),
	[LIST_ENTRY_HOSTS] = WQ_S_INIT("hosts error-entry"),
	[LIST_OLD_FILING] = WQ_S_INIT("hosts old-filing"),
	[LIST_SITE_TAGS] = WQ_S_INIT("tags site"),
	[LIST_COLUMN_TAGS] = WQ_S_INIT("tags column"),
	[LIST_ARTICLE_TAGS] = WQ_S_INIT("tags article"),
	[LIST_GENERIC] = WQ_S_INIT("names generic"),
	[LIST_ENDING] = WQ_S_INIT("names ending"),
	[LIST_FOOT] = WQ_S_INIT("names foot"),
	[LIST_SUFFIX] = WQ_S_INIT("scripts suffix"),
};

enum { SECTION_NONE = LISTS, SECTION_LIMITS };

struct reader {
	struct wq_arena *arena;
	struct wq_datafile file;
	struct wq_portal_rules *rules;
	unsigned section, limits; /* limits: bits, which were there */
};

static wq_err open_section(struct reader *r, const struct wq_datafile_item *item)
{
	for (unsigned i = 0; i < LISTS; i++) {
		wq_str rest = list_names[i], key = wq_str_cut(&rest, ' ');
		if (wq_str_eq(item->key, key) && wq_str_eq(item->value, rest)) {
			r->section = i;
			return WQ_OK;
		}
	}
	if (!wq_str_eq(item->key, WQ_S("limits")))
		return wq_datafile_error(&r->file, item->line, "no section of this name");
	r->section = SECTION_LIMITS;
	return WQ_OK;
}

static wq_err add_label(struct reader *r, uint32_t line, wq_str text)
{
	uint32_t symbols[WQ_WORDS_SYMBOLS_MAX];

	if (text.n > WQ_COUNT(symbols))
		return wq_datafile_error(&r->file, line, "a label of at most %d bytes", WQ_WORDS_SYMBOLS_MAX);
	for (size_t i = 0; i < text.n; i++)
		symbols[i] = (unsigned char)text.p[i];
	if (symbols[0] < 0x80)
		r->rules->ascii_starts[symbols[0]] = true;
	else if (symbols[0] < 0xe0 || symbols[0] >= 0xf0 || text.n < 3)
		return wq_datafile_error(&r->file, line, "a label begins with ASCII or an ideograph");
	else
		r->rules->starts[portal_start(text.p) / 64] |= (uint64_t)1 << portal_start(text.p) % 64;
	return wq_words_add(r->rules->labels, symbols, text.n, r->section);
}

static wq_err read_item(struct reader *r, const struct wq_datafile_item *item)
{
	struct portal_list *list = &r->rules->lists[r->section];

	if (!wq_str_eq(item->key, WQ_S("item")))
		return wq_datafile_error(&r->file, item->line, "a member of this section is item");
	for (wq_str rest = item->value; rest.p;) {
		wq_str text = wq_str_trim(wq_str_cut(&rest, '|'));
		if (!text.n)
			return wq_datafile_error(&r->file, item->line, "an item is empty");
		if (list->n == WQ_COUNT(list->items))
			return wq_datafile_error(&r->file, item->line, "more than %zu items", WQ_COUNT(list->items));
		list->items[list->n++] = text;
		if (r->section < LABELS)
			WQ_TRY(add_label(r, item->line, text));
	}
	return WQ_OK;
}

static wq_err read_limit(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_portal_rules *rules = r->rules;
	const struct {
		const char *name;
		uint64_t *number, max;
	} limits[] = {{"foot_percent", &rules->foot_percent, 100}, {"foot_bytes", &rules->foot_bytes, 100000},
		{"behind_percent", &rules->behind_percent, 100}, {"page_bytes", &rules->page_bytes, 100000},
		{"centre_percent", &rules->centre_percent, 50}, {"column_entries", &rules->column_entries, 1000},
		{"article_bytes", &rules->article_bytes, 100000}, {"template_pages", &rules->template_pages, 100000},
		{"named_pages", &rules->named_pages, 1000}};

	for (size_t i = 0; i < WQ_COUNT(limits); i++)
		if (wq_str_eq(item->key, wq_str_c(limits[i].name)) &&
			wq_str_to_u64(item->value, limits[i].max, limits[i].number)) {
			r->limits |= 1u << i;
			return WQ_OK;
		}
	return wq_datafile_error(&r->file, item->line, "no such limit, or no whole number");
}

static wq_err read_value(struct reader *r, const struct wq_datafile_item *item)
{
	if (r->section == SECTION_LIMITS)
		return read_limit(r, item);
	if (r->section == SECTION_NONE)
		return wq_datafile_error(&r->file, item->line, "a value before the first section");
	return read_item(r, item);
}

static wq_err complete(struct reader *r)
{
	if (r->limits != 0x1ff)
		return wq_datafile_error(&r->file, r->file.line, "[limits] is not complete");
	for (unsigned i = 0; i < LISTS; i++)
		if (!r->rules->lists[i].n)
			return wq_datafile_error(&r->file, r->file.line, "[%.*s] is missing", WQ_S_ARG(list_names[i]));
	/* their places in the list are known to the code */
	if (r->rules->lists[LIST_SITE_TAGS].n != 3 ||
		r->rules->lists[LIST_COLUMN_TAGS].n + r->rules->lists[LIST_ARTICLE_TAGS].n + 3 > PORTAL_TAGS_MAX)
		return wq_datafile_error(&r->file, r->file.line,
			"[tags site] has name, domain and code; all tags together are at most %d", PORTAL_TAGS_MAX);
	return WQ_OK;
}

wq_err wq_portal_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_portal_rules **ret_rules)
{
	struct reader r = {.arena = arena, .rules = WQ_NEW(arena, struct wq_portal_rules), .section = SECTION_NONE};
	struct wq_datafile_item item;
	/* what is kept are slices of it */
	wq_str copy = wq_arena_str(arena, bytes);

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_words_new(arena, &r.rules->labels));
	WQ_TRY(wq_datafile_open(&r.file, file_name, copy, WQ_S("portal")));
	for (;;) {
		WQ_TRY(wq_datafile_next(&r.file, &item));
		if (item.kind == WQ_DATAFILE_END)
			break;
		WQ_TRY(item.kind == WQ_DATAFILE_SECTION ? open_section(&r, &item) : read_value(&r, &item));
	}
	WQ_TRY(complete(&r));
	WQ_TRY(wq_words_build(r.rules->labels));
	*ret_rules = r.rules;
	return WQ_OK;
}
