#include "flow/watch/region.h"

#include <dirent.h>

#include "base/file.h"

enum { PEERS_MAX = 10000, PATH_BYTES = 4096, RECORD_MEMORY = 1024 * 1024 * 1024 };

struct reading {
	struct wq_arena *arena;
	struct wq_region_site *sites;
	size_t n, room, unreadable;
	struct wq_region_clause clauses[WQ_REGION_CLAUSES];
	size_t clauses_n;
	int64_t pass;
};

const char *wq_region_grade_name(enum wq_region_grade grade)
{
	static const char *const names[] = {"qualified", "open", "unqualified"};

	return names[grade];
}

const char *wq_region_grade_title(enum wq_region_grade grade, enum wq_lang lang)
{
	static const struct {
		const char *zh, *en;
	} titles[] = {{"合格", "qualified"}, {"待定", "open"}, {"不合格", "unqualified"}};

	return lang == WQ_LANG_ZH ? titles[grade].zh : titles[grade].en;
}

static enum wq_region_grade grade_of(const struct wq_inspect_score *score, bool unreachable, int64_t pass)
{
	if (unreachable || !score->judged)
		return WQ_REGION_OPEN;
	if (score->vetoed || score->unqualified || score->most < pass)
		return WQ_REGION_UNQUALIFIED;
	return !score->may_be_vetoed && !score->may_be_unqualified && score->least >= pass ? WQ_REGION_QUALIFIED
											   : WQ_REGION_OPEN;
}

/* ---- one site ---- */

static void count_clause(struct reading *r, wq_str id, size_t *seen, size_t site)
{
	for (size_t i = 0; i < r->clauses_n; i++)
		if (wq_str_eq(r->clauses[i].id, id)) {
			r->clauses[i].groups++;
			r->clauses[i].sites += seen[i] != site;
			seen[i] = site;
			return;
		}
	if (r->clauses_n == WQ_REGION_CLAUSES)
		return;
	seen[r->clauses_n] = site;
	r->clauses[r->clauses_n++] = (struct wq_region_clause){wq_arena_str(r->arena, id), 1, 1};
}

static void worst_of(struct reading *r, const struct wq_inspect_result *result, struct wq_region_site *site)
{
	for (size_t i = 0; i < result->groups_n && site->worst_n < WQ_REGION_WORST; i++) {
		wq_str rule = result->groups[i].rule;
		bool there = false;

		for (size_t k = 0; k < site->worst_n; k++)
			there |= wq_str_eq(site->worst[k], rule);
		if (!there && result->groups[i].severity > WQ_SEVERITY_INFO)
			site->worst[site->worst_n++] = wq_arena_str(r->arena, rule);
	}
}

static wq_err add(struct reading *r, const char *state, wq_str peer, const struct wq_record *record,
	const struct wq_record *before, size_t *seen)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_inspect_result result, earlier;
	struct wq_inspect_changes changes;
	struct wq_region_site *site;

	wq_arena_init(&arena, RECORD_MEMORY);
	if (wq_failed(wq_record_open(state, record->site, record->time, &arena, &result))) {
		r->unreadable++;
		return WQ_OK;
	}
	if (r->n == r->room)
		return wq_error(WQ_E_LIMIT, "more than %zu sites", r->room);
	site = &r->sites[r->n++];
	*site = (struct wq_region_site){.peer = peer,
		.unit = wq_arena_str(r->arena, result.subject.name),
		.app = wq_arena_str(r->arena, result.subject.app),
		.site = wq_arena_str(r->arena, result.site),
		.url = result.starts_n ? wq_arena_str(r->arena, result.starts[0]) : WQ_S(""),
		.began = result.began,
		.unreachable = result.unreachable,
		.judged = result.score.judged,
		.vetoed = result.score.vetoed,
		.may_be_vetoed = result.score.may_be_vetoed,
		.least = result.score.least,
		.most = result.score.most,
		.grade = grade_of(&result.score, result.unreachable, r->pass)};
	memcpy(site->by_severity, result.by_severity, sizeof site->by_severity);
	worst_of(r, &result, site);
	for (size_t i = 0; i < result.groups_n; i++)
		for (size_t c = 0; c < result.groups[i].clause_count; c++)
			count_clause(r, result.groups[i].clauses[c], seen, r->n);
	if (before && !wq_failed(wq_record_open(state, before->site, before->time, &arena, &earlier)) &&
		!wq_failed(wq_record_changes(&arena, &earlier, &result, &changes))) {
		site->compared = true;
		site->new_n = changes.new_n;
		site->gone_n = changes.gone_n;
	}
	return wq_arena_err(r->arena);
}

/* The newest of each site: the list is by site and time. */
static wq_err read_state(struct reading *r, const char *state, wq_str peer)
{
	size_t seen[WQ_REGION_CLAUSES] = {0}, n;
	const struct wq_record *records;

	WQ_TRY(wq_record_list(state, NULL, r->arena, &records, &n));
	for (size_t i = 0; i < n; i++) {
		bool last = i + 1 == n || strcmp(records[i].site, records[i + 1].site) != 0;
		const struct wq_record *before = i > 0 && strcmp(records[i].site, records[i - 1].site) == 0
			? &records[i - 1]
			: NULL;

		if (last)
			WQ_TRY(add(r, state, peer, &records[i], before, seen));
	}
	return WQ_OK;
}

static wq_err read_peers(struct reading *r, const char *state)
{
	struct wq_dir_entry *entries;
	char path[PATH_BYTES];
	size_t n;

	if (snprintf(path, sizeof path, "%s/peers", state) >= (int)sizeof path)
		return wq_error(WQ_E_LIMIT, "the directory's name is too long");
	if (access(path, F_OK) != 0)
		return WQ_OK;
	WQ_TRY(wq_dir_list(r->arena, path, PEERS_MAX, &entries, &n));
	for (size_t i = 0; i < n; i++) {
		if (entries[i].type != DT_DIR || !wq_watch_is_name(wq_str_c(entries[i].name)))
			continue;
		if (snprintf(path, sizeof path, "%s/peers/%s", state, entries[i].name) >= (int)sizeof path)
			return wq_error(WQ_E_LIMIT, "the directory's name is too long");
		WQ_TRY(read_state(r, path, wq_str_c(entries[i].name)));
	}
	return WQ_OK;
}

/* ---- all of them ---- */

static int by_rank(const void *x, const void *y)
{
	const struct wq_region_site *a = x, *b = y;

	if (a->grade != b->grade)
		return a->grade < b->grade ? -1 : 1;
	if (a->least != b->least)
		return a->least > b->least ? -1 : 1;
	if (a->most != b->most)
		return a->most > b->most ? -1 : 1;
	return wq_str_cmp(a->site, b->site) ? wq_str_cmp(a->site, b->site) : wq_str_cmp(a->peer, b->peer);
}

static int by_sites(const void *x, const void *y)
{
	const struct wq_region_clause *a = x, *b = y;

	if (a->sites != b->sites)
		return a->sites > b->sites ? -1 : 1;
	return wq_str_cmp(a->id, b->id);
}

/* The host of an address, with its port. */
static wq_str host_of(wq_str url)
{
	ptrdiff_t at = wq_str_find(url, WQ_S("://"));
	wq_str rest = at < 0 ? url : wq_str_from(url, (size_t)at + 3);

	return wq_str_cut(&rest, '/');
}

wq_err wq_region_read(const char *state, int64_t pass, const struct wq_uptime *rows, size_t rows_n, wq_time now,
	struct wq_arena *arena, struct wq_region *ret_region)
{
	struct reading r = {.arena = arena, .room = WQ_REGION_SITES_MAX, .pass = pass};
	struct wq_region region = {.now = now};
	struct wq_region_clause *clauses;

	r.sites = WQ_NEW_ARRAY(arena, struct wq_region_site, r.room);
	if (!r.sites)
		return wq_arena_err(arena);
	WQ_TRY(read_state(&r, state, WQ_S("")));
	WQ_TRY(read_peers(&r, state));
	for (size_t i = 0; i < r.n; i++) {
		for (size_t k = 0; k < rows_n; k++)
			if (wq_str_eq(host_of(rows[k].url), host_of(r.sites[i].url)))
				r.sites[i].uptime = &rows[k];
		region.by_grade[r.sites[i].grade]++;
	}
	clauses = WQ_NEW_ARRAY(arena, struct wq_region_clause, r.clauses_n + 1);
	if (!clauses)
		return wq_arena_err(arena);
	memcpy(clauses, r.clauses, r.clauses_n * sizeof *clauses);
	qsort(r.sites, r.n, sizeof *r.sites, by_rank);
	qsort(clauses, r.clauses_n, sizeof *clauses, by_sites);
	region.sites = r.sites;
	region.sites_n = r.n;
	region.clauses = clauses;
	region.clauses_n = r.clauses_n;
	region.unreadable = r.unreadable;
	*ret_region = region;
	return WQ_OK;
}
