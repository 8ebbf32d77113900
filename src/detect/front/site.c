#include "detect/front/front_priv.h"

/* Faults by rule and subject, each with the first pages that show it. */
enum {
	SITE_BYTES = 64 * 1024 * 1024,
	ENTRIES_MAX = 50000,
	SLOTS = 1 << 17,
	PAGES_MAX = 1000000,
	PLACES_MAX = 32 /* named of one fault; over the limit template_pages */
};

struct place_of {
	uint32_t page, line, column;
};

struct entry {
	enum wq_rule_id rule;
	enum wq_severity severity;
	enum front_scope scope;
	uint64_t hash;
	wq_str subject, excerpt, target;
	uint32_t pages;
	struct place_of places[PLACES_MAX];
};

struct page_of {
	wq_str app, url;
};

struct wq_front_site {
	struct wq_arena arena;
	const struct wq_front_rules *rules;
	struct entry *entries;
	uint32_t *slots; /* entry + 1 */
	size_t entries_n, entries_room;
	struct page_of *pages;
	size_t pages_n, pages_room;
};

wq_err wq_front_site_new(
	const struct wq_front_rules *rules, const struct wq_subject *subject, struct wq_front_site **ret_site)
{
	struct wq_front_site *site = calloc(1, sizeof *site);

	(void)subject;
	if (!site)
		return wq_error_id(WQ_E_NO_MEMORY);
	wq_arena_init(&site->arena, SITE_BYTES);
	site->rules = rules;

	site->slots = calloc(SLOTS, sizeof *site->slots);
	if (!site->slots) {
		wq_front_site_free(&site);
		return wq_error_id(WQ_E_NO_MEMORY);
	}
	*ret_site = site;
	return WQ_OK;
}

void wq_front_site_free(struct wq_front_site **site)
{
	if (!*site)
		return;
	wq_arena_done(&(*site)->arena);
	free((*site)->entries);
	free((*site)->slots);
	free((*site)->pages);
	free(*site);
	*site = NULL;
}

static bool entry_room(struct wq_front_site *site)
{
	size_t room = site->entries_room ? 2 * site->entries_room : 64;
	struct entry *entries;

	if (site->entries_n < site->entries_room)
		return true;
	if (site->entries_n >= ENTRIES_MAX)
		return false;
	entries = realloc(site->entries, room * sizeof *entries);
	if (!entries)
		return false;
	site->entries = entries;
	site->entries_room = room;
	return true;
}

static struct entry *entry_of(struct wq_front_site *site, const struct front_note *note, bool *ret_made)
{
	size_t i = note->hash % SLOTS;
	struct entry *entry;

	*ret_made = false;
	for (; site->slots[i]; i = (i + 1) % SLOTS) {
		entry = &site->entries[site->slots[i] - 1];
		if (entry->hash == note->hash && entry->rule == note->rule)
			return entry;
	}
	if (!entry_room(site))
		return NULL;
	entry = &site->entries[site->entries_n];
	*entry = (struct entry){.rule = note->rule,
		.severity = note->severity,
		.scope = note->scope,
		.hash = note->hash,
		.subject = wq_arena_str(&site->arena, note->subject),
		.excerpt = wq_arena_str(&site->arena, note->excerpt),
		.target = wq_arena_str(&site->arena, note->target)};
	if (site->arena.failed)
		return NULL;
	site->slots[i] = (uint32_t)++site->entries_n;
	*ret_made = true;
	return entry;
}

static bool page_number(struct wq_front_site *site, const struct wq_place *place, uint32_t *ret_number)
{
	const struct page_of *last = site->pages_n ? &site->pages[site->pages_n - 1] : NULL;
	struct page_of page;

	if (last && wq_str_eq(last->url, place->url) && wq_str_eq(last->app, place->app)) {
		*ret_number = (uint32_t)(site->pages_n - 1);
		return true;
	}
	if (site->pages_n == PAGES_MAX)
		return false;
	if (site->pages_n == site->pages_room) {
		size_t room = site->pages_room ? 2 * site->pages_room : 256;
		struct page_of *pages = realloc(site->pages, room * sizeof *pages);
		if (!pages)
			return false;
		site->pages = pages;
		site->pages_room = room;
	}
	page.app = last && wq_str_eq(last->app, place->app) ? last->app : wq_arena_str(&site->arena, place->app);
	page.url = wq_arena_str(&site->arena, place->url);
	if (site->arena.failed)
		return false;
	site->pages[site->pages_n] = page;
	*ret_number = (uint32_t)site->pages_n++;
	return true;
}

/* False when the site has no room for it. */
static bool gather(struct wq_front_site *site, const struct wq_place *place, const struct front_note *note)
{
	bool made;
	struct entry *entry = entry_of(site, note, &made);
	uint32_t page;

	if (!entry)
		return false;
	if (entry->pages < PLACES_MAX) {
		if (!page_number(site, place, &page))
			return !made; /* what nothing names has to be said at once */
		/* a file that several walks hand over */
		if (entry->pages && entry->places[entry->pages - 1].page == page)
			return true;
		entry->places[entry->pages] = (struct place_of){page, note->line, note->column};
	}
	entry->pages += entry->pages < UINT32_MAX;
	entry->severity = WQ_MAX(entry->severity, note->severity);
	return true;
}

/* ---- saying it ---- */

static struct wq_finding finding_of(
	enum wq_rule_id rule, enum wq_severity severity, wq_str excerpt, wq_str subject, wq_str target, uint32_t count)
{
	struct wq_finding finding = wq_rule_finding(rule);

	finding.severity = severity;
	finding.evidence.excerpt = excerpt;
	finding.evidence.subject = subject;
	finding.evidence.target = target;
	finding.evidence.count = count;
	return finding;
}

static wq_err say_notes(const struct front_note *first, const struct wq_place *place, struct wq_findings *findings)
{
	for (const struct front_note *note = first; note; note = note->next) {
		bool grouped = note->scope == FRONT_GROUP;
		struct wq_finding finding = finding_of(note->rule, note->severity, note->excerpt,
			grouped ? wq_rule_name(note->rule) : note->subject, note->target, note->count);
		finding.place = *place;
		finding.place.line = note->line;
		finding.place.column = note->column;
		WQ_TRY(wq_findings_add(findings, &finding)); /* those of a group are joined */
	}
	return WQ_OK;
}

wq_err front_notes_close(struct front_notes *notes, const struct wq_place *place, struct wq_findings *findings,
	struct wq_front_site *site)
{
	struct front_note *rest = NULL, **last = &rest;

	WQ_TRY(wq_arena_err(notes->arena));
	if (!site)
		return say_notes(notes->first, place, findings);
	for (struct front_note *note = notes->first, *next; note; note = next) {
		next = note->next;
		if (gather(site, place, note))
			continue;
		note->next = NULL;
		*last = note;
		last = &note->next;
	}
	return say_notes(rest, place, findings);
}

static wq_err say(const struct wq_front_site *site, const struct entry *entry, const struct place_of *place,
	bool grouped, uint32_t count, struct wq_findings *findings)
{
	struct wq_finding finding = finding_of(entry->rule, entry->severity, entry->excerpt,
		grouped ? wq_rule_name(entry->rule) : entry->subject, entry->target, count);

	finding.place.app = site->pages[place->page].app;
	finding.place.url = site->pages[place->page].url;
	finding.place.line = place->line;
	finding.place.column = place->column;
	return wq_findings_add(findings, &finding);
}

/* One page's share of the faults that few pages have. */
struct share {
	const struct entry *entry;
	struct place_of place;
};

static int by_place(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	if (x->place.page != y->place.page)
		return x->place.page < y->place.page ? -1 : 1;
	if (x->entry->rule != y->entry->rule)
		return x->entry->rule < y->entry->rule ? -1 : 1;
	if (x->place.line != y->place.line)
		return x->place.line < y->place.line ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static bool is_shared(const struct wq_front_site *site, const struct entry *entry)
{
	return entry->scope == FRONT_ONCE || entry->pages > site->rules->limits.template_pages;
}

/* The first page with the share of all that are not named, then the others. */
static wq_err say_shared(const struct wq_front_site *site, const struct entry *entry, struct wq_findings *findings)
{
	uint32_t named = entry->scope == FRONT_ONCE ? 1 : WQ_MIN(entry->pages, (uint32_t)PLACES_MAX);

	WQ_TRY(say(site, entry, &entry->places[0], false, entry->pages - (named - 1), findings));
	for (uint32_t k = 1; k < named; k++)
		WQ_TRY(say(site, entry, &entry->places[k], false, 1, findings));
	return WQ_OK;
}

wq_err wq_front_site_judge(struct wq_front_site *site, struct wq_arena *arena, struct wq_findings *findings)
{
	size_t n = 0;
	struct share *shares;

	for (size_t i = 0; i < site->entries_n; i++) {
		const struct entry *entry = &site->entries[i];
		if (entry->pages && is_shared(site, entry))
			WQ_TRY(say_shared(site, entry, findings));
		else
			n += entry->pages;
	}
	shares = WQ_NEW_ARRAY(arena, struct share, n + 1);
	WQ_TRY(wq_arena_err(arena));
	n = 0;
	for (size_t i = 0; i < site->entries_n; i++)
		for (uint32_t k = 0; k < site->entries[i].pages && !is_shared(site, &site->entries[i]); k++)
			shares[n++] = (struct share){&site->entries[i], site->entries[i].places[k]};
	qsort(shares, n, sizeof *shares, by_place);
	for (size_t i = 0; i < n; i++) /* those of a group are joined by the collector */
		WQ_TRY(say(
			site, shares[i].entry, &shares[i].place, shares[i].entry->scope == FRONT_GROUP, 1, findings));
	return WQ_OK;
}
