#include "detect/front/library_priv.h"
#include "finding/excerpt.h"

enum { ADDRESS_BYTES = 2048, STEPS_BASE = 200000, STEPS_BYTE = 32, EXCERPT_IDS = 120 };

/* Slices of `text`; a library counts once with each version. */
static void add_found(struct front_founds *founds, uint32_t library, wq_str version)
{
	for (size_t i = 0; i < founds->n; i++)
		if (founds->items[i].library == library &&
			front_version_compare(founds->items[i].version, version) == 0)
			return;
	if (founds->n < FRONT_FOUND_MAX)
		founds->items[founds->n++] = (struct front_found){library, version};
}

struct front_search front_library_search(const struct wq_front_rules *rules, wq_str text)
{
	uint64_t steps = (uint64_t)text.n * STEPS_BYTE + STEPS_BASE;

	return (struct front_search){.rules = rules, .text = text, .steps = (uint32_t)WQ_MIN(steps, UINT32_MAX)};
}

void front_library_hit(struct front_search *search, uint32_t id, size_t at)
{
	const struct front_pattern *pattern = &search->rules->patterns[id];
	wq_str whole, version;

	if (!front_pattern_match(pattern, search->text, at, &search->steps, &whole, &version))
		return;
	if (pattern->where == FRONT_BY_NAME && whole.p + whole.n != search->text.p + search->text.n)
		return;
	/* in an address a number without a dot is a year or a directory */
	if (pattern->where != FRONT_BY_CONTENT && wq_str_chr(version, '.') < 0)
		return;
	add_found(&search->founds, pattern->library, version);
}

static void on_address(void *data, uint32_t id, size_t at, size_t n)
{
	(void)n;
	if (id < FRONT_ID_TRACKER)
		front_library_hit(data, id, at);
}

void front_library_of_address(const struct wq_front_rules *rules, wq_str address, struct front_founds *founds)
{
	char lower[ADDRESS_BYTES];
	struct front_search search;

	founds->n = 0;
	if (address.n > sizeof lower)
		return;
	for (size_t i = 0; i < address.n; i++)
		lower[i] = address.p[i] >= 'A' && address.p[i] <= 'Z' ? (char)(address.p[i] | 0x20) : address.p[i];
	search = front_library_search(rules, wq_str_of(lower, address.n));
	front_find(&rules->addresses, search.text, on_address, &search);
	for (size_t i = 0; i < search.founds.n; i++) /* versions are lower case: the same bytes of the address */
		search.founds.items[i].version.p = address.p + (search.founds.items[i].version.p - lower);
	*founds = search.founds;
}

static bool is_hit(const struct front_flaw *flaw, wq_str version)
{
	return front_version_compare(version, flaw->from) >= 0 && front_version_compare(version, flaw->below) < 0;
}

struct ids {
	char text[EXCERPT_IDS];
	size_t n;
};

/* Numbers that everybody knows before descriptions, each once. */
static void add_ids(struct ids *ids, const struct front_flaw *flaw)
{
	size_t sep = ids->n ? 2 : 0;

	if (wq_str_find(wq_str_of(ids->text, ids->n), flaw->ids) >= 0 || ids->n + sep + flaw->ids.n > sizeof ids->text)
		return;
	memcpy(ids->text + ids->n, ", ", sep);
	memcpy(ids->text + ids->n + sep, flaw->ids.p, flaw->ids.n);
	ids->n += sep + flaw->ids.n;
}

bool front_library_judge(struct wq_arena *arena, const struct wq_front_rules *rules, const struct front_found *found,
	enum wq_severity *ret_severity, wq_str *ret_excerpt)
{
	const struct front_library *library = &rules->libraries[found->library];
	struct ids ids = {.n = 0};
	size_t flaws = 0;

	*ret_severity = WQ_SEVERITY_INFO;
	for (int cve = 1; cve >= 0; cve--)
		for (int severity = WQ_SEVERITY_CRITICAL; severity >= WQ_SEVERITY_INFO; severity--)
			for (size_t i = 0; i < library->flaws_n; i++) {
				const struct front_flaw *flaw = &library->flaws[i];
				if ((int)flaw->severity != severity || !is_hit(flaw, found->version) ||
					wq_str_starts(flaw->ids, WQ_S("CVE-")) != (cve == 1))
					continue;
				flaws++;
				*ret_severity = WQ_MAX(*ret_severity, WQ_MIN(flaw->severity, WQ_SEVERITY_HIGH));
				add_ids(&ids, flaw);
			}
	if (flaws == 0)
		return false;
	*ret_excerpt = wq_arena_printf(arena, "%.*s %.*s (%zu): %.*s", WQ_S_ARG(library->name),
		WQ_S_ARG(found->version), flaws, (int)ids.n, ids.text);
	return ret_excerpt->p != NULL;
}

void front_library_note(struct front_notes *notes, const struct wq_front_rules *rules, const struct front_found *found,
	wq_str target, uint64_t at)
{
	enum wq_severity severity;
	struct front_note *note;
	wq_str excerpt, subject;

	if (!front_library_judge(notes->arena, rules, found, &severity, &excerpt))
		return;
	subject = wq_arena_printf(notes->arena, "%.*s %.*s %.*s", WQ_S_ARG(rules->libraries[found->library].name),
		WQ_S_ARG(found->version), WQ_S_ARG(target));
	note = front_note_add(notes, WQ_RULE_FRONT_LIBRARY, FRONT_EACH, severity, subject, excerpt, at);
	if (note)
		note->target = wq_clean(notes->arena, target, WQ_FINDING_PLACE_BYTES);
}
