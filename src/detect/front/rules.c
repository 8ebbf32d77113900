#include "detect/front/front_priv.h"
#include "finding/datafile.h"

/* Sections of rules/front/, one function each: the heads of those files say what their members mean. */
enum section {
	IN_NONE,
	IN_LIMITS,
	IN_DEMAND,
	IN_TRACE,
	IN_LISTING,
	IN_FIELD,
	IN_LEFTOVER,
	IN_LIBRARY,
	IN_TRACKER,
	IN_FORMATS,
	IN_PLUGIN,
	IN_COOKIE,
	IN_GENERATOR,
	IN_HEADER
};

struct reader {
	struct wq_arena *arena;
	struct wq_datafile file;
	struct wq_front_rules *rules;
	enum section section;
	unsigned limits; /* bits: which were there */
	size_t flaws_room;
	wq_str tracker;
};

static wq_err list_add(struct reader *r, struct front_list *list, wq_str text)
{
	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		wq_str *items = WQ_NEW_ARRAY(r->arena, wq_str, room);
		if (!items)
			return wq_arena_err(r->arena);
		if (list->n)
			memcpy(items, list->items, list->n * sizeof *items);
		list->items = items;
		list->room = room;
	}
	list->items[list->n++] = text;
	return WQ_OK;
}

/* Pieces of a value, at `sep`. */
static wq_err list_add_all(struct reader *r, struct front_list *list, wq_str value, char sep)
{
	for (wq_str rest = value; rest.p;) {
		wq_str text = wq_str_trim(wq_str_cut(&rest, sep));
		if (text.n)
			WQ_TRY(list_add(r, list, text));
	}
	return WQ_OK;
}

/* An error without a place gets one. */
static wq_err placed(struct reader *r, const struct wq_datafile_item *item, wq_err err)
{
	return wq_is(err, WQ_E_INPUT) ? wq_datafile_error(&r->file, item->line, "%s", wq_err_note(err)) : err;
}

static wq_err words_add(
	struct reader *r, const struct wq_datafile_item *item, enum front_word kind, size_t section, size_t number)
{
	uint32_t id = (uint32_t)kind << 16 | (uint32_t)section << 8 | (uint32_t)number;

	for (wq_str rest = item->value; rest.p;) {
		wq_str text = wq_str_trim(wq_str_cut(&rest, '|'));
		if (text.n)
			WQ_TRY(placed(r, item,
				front_finder_add(r->arena, &r->rules->words, text, id,
					kind == FRONT_TRACE || kind == FRONT_TRACE_WITH)));
	}
	return WQ_OK;
}

static bool key_is(const struct wq_datafile_item *item, const char *key)
{
	return wq_str_eq(item->key, wq_str_c(key));
}

static wq_err unknown(struct reader *r, const struct wq_datafile_item *item)
{
	return wq_datafile_error(&r->file, item->line, "no such member here, or no such value");
}

static wq_err full(struct reader *r, const struct wq_datafile_item *item, int max)
{
	return wq_datafile_error(&r->file, item->line, "more than %d of these", max);
}

/* ---- sections ---- */

static wq_err open_library(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_front_rules *rules = r->rules;

	if (!rules->libraries) {
		rules->libraries = WQ_NEW_ARRAY(r->arena, struct front_library, FRONT_LIBRARIES);
		rules->patterns = WQ_NEW_ARRAY(r->arena, struct front_pattern, FRONT_PATTERNS);
		WQ_TRY(wq_arena_err(r->arena));
	}
	if (rules->libraries_n == FRONT_LIBRARIES)
		return full(r, item, FRONT_LIBRARIES);
	rules->libraries[rules->libraries_n++] = (struct front_library){.name = item->value};
	r->flaws_room = 0;
	return WQ_OK;
}

static wq_err open_section(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_front_rules *rules = r->rules;
	static const struct {
		const char *name;
		enum section section;
		bool named;
	} sections[] = {{"limits", IN_LIMITS, false}, {"demand", IN_DEMAND, true}, {"trace", IN_TRACE, true},
		{"listing", IN_LISTING, true}, {"field", IN_FIELD, true}, {"leftover", IN_LEFTOVER, true},
		{"library", IN_LIBRARY, true}, {"tracker", IN_TRACKER, true}, {"formats", IN_FORMATS, false},
		{"plugin", IN_PLUGIN, false}, {"cookie", IN_COOKIE, false}, {"generator", IN_GENERATOR, false},
		{"header", IN_HEADER, false}};

	r->section = IN_NONE;
	for (size_t i = 0; i < WQ_COUNT(sections); i++)
		if (key_is(item, sections[i].name) && (item->value.n > 0) == sections[i].named)
			r->section = sections[i].section;
	switch ((int)r->section) {
	case IN_NONE: return wq_datafile_error(&r->file, item->line, "no section of this name");
	case IN_DEMAND:
		if (rules->demands_n == FRONT_DEMANDS)
			return full(r, item, FRONT_DEMANDS);
		rules->demands[rules->demands_n++] = (struct front_demand){.name = item->value, .kinds = UINT64_MAX};
		return WQ_OK;
	case IN_TRACE:
		if (rules->traces_n == FRONT_TRACES)
			return full(r, item, FRONT_TRACES);
		rules->traces[rules->traces_n++] = (struct front_trace){.name = item->value, .least = 1};
		return WQ_OK;
	case IN_LISTING:
		if (rules->listings_n == FRONT_LISTINGS)
			return full(r, item, FRONT_LISTINGS);
		rules->listings_n++;
		return WQ_OK;
	case IN_FIELD:
		if (rules->fields_n == FRONT_FIELDS)
			return full(r, item, FRONT_FIELDS);
		rules->fields[rules->fields_n++] = (struct front_field){.name = item->value, .weight = 1};
		return WQ_OK;
	case IN_LEFTOVER:
		if (rules->leftovers_n == FRONT_LEFTOVERS)
			return full(r, item, FRONT_LEFTOVERS);
		rules->leftovers[rules->leftovers_n++] = (struct front_leftover){
			.name = item->value, .severity = wq_rule_severity(WQ_RULE_FRONT_LEFTOVER)};
		return WQ_OK;
	case IN_LIBRARY: return open_library(r, item);
	case IN_TRACKER: r->tracker = item->value; return WQ_OK;
	default: return WQ_OK;
	}
}

static wq_err read_limit(struct reader *r, const struct wq_datafile_item *item)
{
	struct front_limits *limits = &r->rules->limits;
	const struct {
		const char *name;
		uint64_t *number, max;
	} rows[] = {{"template_pages", &limits->template_pages, 8}, {"near_bytes", &limits->near_bytes, 1000},
		{"label_bytes", &limits->label_bytes, 1000}, {"trace_percent", &limits->trace_percent, 100},
		{"personal_weight", &limits->personal_weight, 100}, {"zoom_percent", &limits->zoom_percent, 1000}};

	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (key_is(item, rows[i].name) && wq_str_to_u64(item->value, rows[i].max, rows[i].number)) {
			r->limits |= 1u << i;
			return WQ_OK;
		}
	return unknown(r, item);
}

static wq_err read_demand(struct reader *r, const struct wq_datafile_item *item)
{
	static const struct {
		const char *name;
		enum wq_rule_id rule;
	} rules[] = {{"browser", WQ_RULE_OPEN_BROWSER}, {"plugin", WQ_RULE_OPEN_PLUGIN},
		{"platform", WQ_RULE_OPEN_PLATFORM}};
	static const struct {
		const char *key;
		enum front_word word;
	} words[] = {{"what", FRONT_WHAT}, {"must", FRONT_MUST}, {"should", FRONT_SHOULD}, {"excuse", FRONT_EXCUSE}};
	size_t at = r->rules->demands_n - 1;
	struct front_demand *demand = &r->rules->demands[at];

	for (size_t i = 0; i < WQ_COUNT(rules) && key_is(item, "rule"); i++)
		if (wq_str_eq(item->value, wq_str_c(rules[i].name))) {
			demand->rule = rules[i].rule;
			demand->severity = wq_rule_severity(demand->rule);
			return WQ_OK;
		}
	if (key_is(item, "what") && ++demand->whats >= FRONT_KINDS)
		return full(r, item, FRONT_KINDS);
	for (size_t i = 0; i < WQ_COUNT(words); i++)
		if (key_is(item, words[i].key))
			return words_add(r, item, words[i].word, at, demand->whats);
	if (key_is(item, "kinds") && wq_str_to_u64(item->value, 100, &demand->kinds))
		return WQ_OK;
	if (key_is(item, "mild") && wq_severity_parse(item->value, &demand->mild)) {
		demand->has_mild = true;
		return WQ_OK;
	}
	return unknown(r, item);
}

static wq_err read_trace(struct reader *r, const struct wq_datafile_item *item)
{
	size_t at = r->rules->traces_n - 1;
	struct front_trace *trace = &r->rules->traces[at];

	if (key_is(item, "find"))
		return words_add(r, item, FRONT_TRACE, at, 0);
	if (key_is(item, "with")) {
		trace->has_with = true;
		return words_add(r, item, FRONT_TRACE_WITH, at, 0);
	}
	if (key_is(item, "least") && wq_str_to_u64(item->value, 100, &trace->least))
		return WQ_OK;
	if (key_is(item, "anywhere") && wq_str_eq(item->value, WQ_S("yes"))) {
		trace->anywhere = true;
		return WQ_OK;
	}
	return unknown(r, item);
}

static wq_err read_field(struct reader *r, const struct wq_datafile_item *item)
{
	size_t at = r->rules->fields_n - 1;
	struct front_field *field = &r->rules->fields[at];

	if (key_is(item, "weight") && wq_str_to_u64(item->value, 100, &field->weight))
		return WQ_OK;
	if (key_is(item, "label"))
		return words_add(r, item, FRONT_LABEL, at, 0);
	if (key_is(item, "name"))
		return list_add_all(r, &field->names, item->value, ' ');
	return unknown(r, item);
}

static wq_err add_test(struct reader *r, const struct wq_datafile_item *item, struct front_leftover *leftover)
{
	struct front_test test = {.bytes = item->value, .start = !key_is(item, "has")};
	struct front_test *tests = leftover->tests;

	if (!tests)
		tests = leftover->tests = WQ_NEW_ARRAY(r->arena, struct front_test, FRONT_TESTS);
	WQ_TRY(wq_arena_err(r->arena));
	if (leftover->tests_n == FRONT_TESTS)
		return full(r, item, FRONT_TESTS);
	if (key_is(item, "hex")) {
		test.bytes.n = item->value.n / 2;
		test.bytes.p = wq_arena_alloc(r->arena, test.bytes.n);
		WQ_TRY(wq_arena_err(r->arena));
		if (!wq_str_unhex(item->value, (uint8_t *)(uintptr_t)test.bytes.p, test.bytes.n))
			return unknown(r, item);
	}
	if (test.bytes.n == 0 || test.bytes.n > WQ_FRONT_LEFTOVER_BYTES)
		return unknown(r, item);
	tests[leftover->tests_n++] = test;
	return WQ_OK;
}

static wq_err read_leftover(struct reader *r, const struct wq_datafile_item *item)
{
	struct front_leftover *leftover = &r->rules->leftovers[r->rules->leftovers_n - 1];

	if (key_is(item, "path") && item->value.n && item->value.p[0] == '/') {
		if (leftover->path.n) { /* another path with the tests of the one before */
			if (r->rules->leftovers_n == FRONT_LEFTOVERS)
				return full(r, item, FRONT_LEFTOVERS);
			leftover[1] = *leftover;
			leftover++;
			r->rules->leftovers_n++;
		}
		leftover->path = item->value;
		return WQ_OK;
	}
	if (leftover->path.n)
		return wq_datafile_error(&r->file, item->line, "the paths come last");
	if (key_is(item, "starts") || key_is(item, "has") || key_is(item, "hex"))
		return add_test(r, item, leftover);
	if (key_is(item, "html") && wq_str_eq(item->value, WQ_S("yes"))) {
		leftover->html = true;
		return WQ_OK;
	}
	if (key_is(item, "severity") && wq_severity_parse(item->value, &leftover->severity))
		return WQ_OK;
	return unknown(r, item);
}

static wq_err read_flaw(struct reader *r, const struct wq_datafile_item *item)
{
	struct front_library *library = &r->rules->libraries[r->rules->libraries_n - 1];
	wq_str rest = item->value, severity = wq_str_cut(&rest, ' ');
	struct front_flaw flaw = {.from = wq_str_cut(&rest, ' '), .below = wq_str_cut(&rest, ' ')};

	flaw.ids = wq_str_trim(rest);
	if (!wq_severity_parse(severity, &flaw.severity) || !flaw.below.n || !flaw.ids.n)
		return unknown(r, item);
	if (library->flaws_n == r->flaws_room) {
		size_t room = r->flaws_room ? 2 * r->flaws_room : 8;
		struct front_flaw *flaws = WQ_NEW_ARRAY(r->arena, struct front_flaw, room);
		if (!flaws)
			return wq_arena_err(r->arena);
		if (library->flaws_n)
			memcpy(flaws, library->flaws, library->flaws_n * sizeof *flaws);
		library->flaws = flaws;
		r->flaws_room = room;
	}
	library->flaws[library->flaws_n++] = flaw;
	return WQ_OK;
}

static wq_err read_library(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_front_rules *rules = r->rules;
	struct front_pattern pattern = {.library = (uint32_t)(rules->libraries_n - 1)};
	wq_str anchor;

	if (key_is(item, "flaw"))
		return read_flaw(r, item);
	if (!key_is(item, "name") && !key_is(item, "uri") && !key_is(item, "content"))
		return unknown(r, item);
	pattern.where = key_is(item, "name") ? FRONT_BY_NAME : key_is(item, "uri") ? FRONT_BY_URI : FRONT_BY_CONTENT;
	if (rules->patterns_n == FRONT_PATTERNS)
		return full(r, item, FRONT_PATTERNS);
	WQ_TRY(placed(r, item, front_pattern_parse(r->arena, item->value, &pattern)));
	anchor = pattern.items[pattern.anchor].literal;
	rules->patterns[rules->patterns_n] = pattern;
	return front_finder_add(r->arena, pattern.where == FRONT_BY_CONTENT ? &rules->contents : &rules->addresses,
		anchor, (uint32_t)rules->patterns_n++, true);
}

static wq_err read_tracker(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_front_rules *rules = r->rules;

	if (!key_is(item, "host"))
		return unknown(r, item);
	for (wq_str rest = item->value; rest.p;) {
		wq_str host = wq_str_trim(wq_str_cut(&rest, ' '));
		uint32_t id = FRONT_ID_TRACKER | (uint32_t)rules->trackers.n;
		if (!host.n)
			continue;
		if (rules->trackers.n == FRONT_TRACKERS)
			return full(r, item, FRONT_TRACKERS);
		WQ_TRY(list_add(r, &rules->trackers, host));
		WQ_TRY(list_add(r, &rules->tracker_names, r->tracker));
		WQ_TRY(placed(r, item, front_finder_add(r->arena, &rules->addresses, host, id, false)));
		WQ_TRY(placed(r, item, front_finder_add(r->arena, &rules->contents, host, id, false)));
	}
	return WQ_OK;
}

/* Sections that are lists only. */
static wq_err read_lists(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_front_rules *rules = r->rules;
	struct front_listing *listing = rules->listings_n ? &rules->listings[rules->listings_n - 1] : NULL;
	const struct {
		enum section section;
		const char *key;
		struct front_list *list;
		char sep;
	} rows[] = {{IN_FORMATS, "closed", &rules->closed, ' '}, {IN_FORMATS, "open", &rules->open, ' '},
		{IN_PLUGIN, "type", &rules->plugin_types, ' '}, {IN_PLUGIN, "file", &rules->plugin_files, ' '},
		{IN_PLUGIN, "plain", &rules->plain_objects, ' '}, {IN_COOKIE, "name", &rules->sessions, ' '},
		{IN_COOKIE, "not", &rules->not_sessions, ' '}, {IN_GENERATOR, "name", &rules->generators, '|'},
		{IN_HEADER, "name", &rules->headers, ' '}, {IN_LISTING, "title", listing ? &listing->title : NULL, '|'},
		{IN_LISTING, "with", listing ? &listing->with : NULL, '|'}};

	if (r->section == IN_PLUGIN && key_is(item, "code"))
		return placed(
			r, item, front_finder_add(r->arena, &rules->contents, item->value, FRONT_ID_PLUGIN, false));
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (r->section == rows[i].section && key_is(item, rows[i].key))
			return list_add_all(r, rows[i].list, item->value, rows[i].sep);
	return unknown(r, item);
}

static wq_err read_value(struct reader *r, const struct wq_datafile_item *item)
{
	switch ((int)r->section) {
	case IN_NONE: break;
	case IN_LIMITS: return read_limit(r, item);
	case IN_DEMAND: return read_demand(r, item);
	case IN_TRACE: return read_trace(r, item);
	case IN_FIELD: return read_field(r, item);
	case IN_LEFTOVER: return read_leftover(r, item);
	case IN_LIBRARY: return read_library(r, item);
	case IN_TRACKER: return read_tracker(r, item);
	default: return read_lists(r, item);
	}
	return wq_datafile_error(&r->file, item->line, "a value before the first section");
}

static wq_err read_file(struct reader *r, const struct wq_front_file *file)
{
	struct wq_datafile_item item;
	/* what is kept are slices of it */
	wq_str copy = wq_arena_str(r->arena, file->bytes);

	WQ_TRY(wq_arena_err(r->arena));
	r->section = IN_NONE;
	WQ_TRY(wq_datafile_open(&r->file, file->name, copy, WQ_S("front")));
	for (;;) {
		WQ_TRY(wq_datafile_next(&r->file, &item));
		if (item.kind == WQ_DATAFILE_END)
			return WQ_OK;
		WQ_TRY(item.kind == WQ_DATAFILE_SECTION ? open_section(r, &item) : read_value(r, &item));
	}
}

/* What the code itself looks for: how a style sheet loads in the clear, and how a script asks for an object. */
static wq_err add_own(struct wq_arena *arena, struct wq_front_rules *rules)
{
	static const wq_str forms[] = {WQ_S_INIT("url(http://"), WQ_S_INIT("url('http://"), WQ_S_INIT("url(\"http://"),
		WQ_S_INIT("@import \"http://")};

	for (size_t i = 0; i < WQ_COUNT(forms); i++)
		WQ_TRY(front_finder_add(arena, &rules->contents, forms[i], FRONT_ID_INSECURE, false));
	return front_finder_add(arena, &rules->contents, WQ_S("ActiveXObject("), FRONT_ID_OBJECT, false);
}

wq_err wq_front_rules_parse(
	struct wq_arena *arena, const struct wq_front_file *files, size_t n, const struct wq_front_rules **ret_rules)
{
	struct reader r = {.arena = arena, .rules = WQ_NEW(arena, struct wq_front_rules)};

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(add_own(arena, r.rules));
	for (size_t i = 0; i < n; i++)
		WQ_TRY(read_file(&r, &files[i]));
	if (r.limits != 0x3f)
		return wq_error(WQ_E_CONFIG, "rules/front: [limits] is not there, or not complete");
	for (size_t i = 0; i < r.rules->demands_n; i++)
		if (r.rules->demands[i].rule == 0)
			return wq_error(WQ_E_CONFIG, "rules/front: a demand without a rule");
	*ret_rules = r.rules;
	return WQ_OK;
}

bool front_list_has(const struct front_list *list, wq_str text)
{
	for (size_t i = 0; i < list->n; i++)
		if (wq_str_eq_nocase(list->items[i], text))
			return true;
	return false;
}

bool front_list_ends(const struct front_list *list, wq_str text)
{
	for (size_t i = 0; i < list->n; i++)
		if (text.n >= list->items[i].n &&
			wq_str_eq_nocase(wq_str_from(text, text.n - list->items[i].n), list->items[i]))
			return true;
	return false;
}

bool front_list_begins(const struct front_list *list, wq_str text)
{
	for (size_t i = 0; i < list->n; i++)
		if (wq_str_starts_nocase(text, list->items[i]))
			return true;
	return false;
}

bool front_list_in(const struct front_list *list, wq_str text)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t at = 0; at + list->items[i].n <= text.n; at++)
			if (wq_str_starts_nocase(wq_str_from(text, at), list->items[i]))
				return true;
	return false;
}
