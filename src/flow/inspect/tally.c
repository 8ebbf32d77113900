#include "flow/inspect/tally.h"

enum { PLACES_FIRST = 1 };

struct wq_tally_group {
	struct wq_inspect_group group;
	struct wq_inspect_place *places;
	size_t room;
	wq_str page; /* of its last finding */
	struct wq_tally_group *next;
};

void wq_tally_init(struct wq_tally *tally, struct wq_arena *arena, const struct wq_random *random)
{
	*tally = (struct wq_tally){
		.arena = arena, .groups_max = WQ_INSPECT_GROUPS_MAX, .places_max = WQ_INSPECT_PLACES_MAX};
	wq_map_init(&tally->map, WQ_INSPECT_GROUPS_MAX, random);
}

void wq_tally_done(struct wq_tally *tally)
{
	wq_map_done(&tally->map);
}

static wq_str subject_of(const struct wq_finding *f)
{
	return f->evidence.subject.n ? f->evidence.subject : f->evidence.excerpt;
}

static struct wq_finding_id group_id(const struct wq_finding *f)
{
	struct wq_finding without = *f;

	without.place = (struct wq_place){.app = f->place.app};
	return wq_finding_identity(&without);
}

static wq_err new_group(struct wq_tally *t, wq_str key, const struct wq_finding *f, struct wq_tally_group **ret)
{
	struct wq_tally_group *g = WQ_NEW(t->arena, struct wq_tally_group);

	if (!g)
		return wq_arena_err(t->arena);
	g->group = (struct wq_inspect_group){.id = group_id(f),
		.rule = wq_arena_str(t->arena, f->rule),
		.subject = wq_arena_str(t->arena, subject_of(f)),
		.advice_zh = wq_arena_str(t->arena, f->advice_zh),
		.advice_en = wq_arena_str(t->arena, f->advice_en)};
	WQ_TRY(wq_arena_err(t->arena));
	WQ_TRY(wq_map_put(&t->map, key, g, NULL));
	if (t->last)
		t->last->next = g;
	else
		t->first = g;
	t->last = g;
	*ret = g;
	return WQ_OK;
}

static bool has_clause(const struct wq_inspect_group *g, wq_str clause)
{
	for (size_t i = 0; i < g->clause_count; i++)
		if (wq_str_eq(g->clauses[i], clause))
			return true;
	return false;
}

/* The places of a group double in the arena: what the old ones took stays there, as much again at most. */
static wq_err room_for_place(struct wq_tally *t, struct wq_tally_group *g)
{
	size_t room = g->room ? WQ_MIN(2 * g->room, (size_t)WQ_INSPECT_GROUP_PLACES) : PLACES_FIRST;
	struct wq_inspect_place *places;

	if (g->group.places_n < g->room)
		return WQ_OK;
	places = WQ_NEW_ARRAY(t->arena, struct wq_inspect_place, room);
	if (!places)
		return wq_arena_err(t->arena);
	if (g->group.places_n)
		memcpy(places, g->places, g->group.places_n * sizeof *places);
	g->places = places;
	g->room = room;
	return WQ_OK;
}

static wq_err keep_page(struct wq_tally *t, wq_str page)
{
	if (!wq_str_eq(t->page, page))
		t->page = wq_arena_str(t->arena, page);
	return wq_arena_err(t->arena);
}

static wq_str page_of(const struct wq_finding *f)
{
	return f->place.url.n ? f->place.url : f->place.key.n ? f->place.key : f->place.file;
}

static wq_err keep_place(struct wq_tally *t, struct wq_tally_group *g, const struct wq_finding *f)
{
	WQ_TRY(room_for_place(t, g));
	g->places[g->group.places_n] = (struct wq_inspect_place){.id = wq_finding_identity(f),
		.page = t->page,
		.target = wq_arena_str(t->arena, f->evidence.target),
		.excerpt = wq_arena_str(t->arena, f->evidence.excerpt),
		.line = f->place.line,
		.column = f->place.column,
		.count = WQ_MAX(f->evidence.count, 1u),
		.severity = f->severity};
	WQ_TRY(wq_arena_err(t->arena));
	g->group.places_n++;
	t->kept++;
	return WQ_OK;
}

static wq_err add_to(struct wq_tally *t, struct wq_tally_group *g, const struct wq_finding *f)
{
	t->latest = g;
	if (g->group.pages == 0 || !wq_str_eq(g->page, t->page))
		g->group.pages++;
	g->page = t->page;
	g->group.count += WQ_MAX(f->evidence.count, 1u);
	g->group.severity = WQ_MAX(g->group.severity, f->severity);
	for (size_t i = 0; i < f->clause_count; i++)
		if (g->group.clause_count < WQ_FINDING_CLAUSES && !has_clause(&g->group, f->clauses[i]))
			g->group.clauses[g->group.clause_count++] = wq_arena_str(t->arena, f->clauses[i]);
	if (g->group.places_n < WQ_INSPECT_GROUP_PLACES && t->kept < t->places_max)
		return keep_place(t, g, f);
	t->dropped++;
	return wq_arena_err(t->arena);
}

static void put_key(const struct wq_finding *f, struct wq_buf *key)
{
	wq_buf_add(key, f->rule);
	wq_buf_byte(key, 0);
	wq_buf_add(key, subject_of(f));
}

bool wq_tally_has(const struct wq_tally *tally, const struct wq_finding *finding)
{
	WQ_BUF(key, 64 * WQ_KIB);

	put_key(finding, &key);
	return !wq_failed(wq_buf_err(&key)) && wq_map_get(&tally->map, wq_buf_str(&key)) != NULL;
}

wq_err wq_tally_add(struct wq_tally *tally, const struct wq_finding *finding)
{
	WQ_BUF(key, 64 * WQ_KIB);
	struct wq_tally_group *g;

	WQ_TRY(wq_finding_check(finding));
	tally->places++;
	tally->worst = WQ_MAX(tally->worst, finding->severity);
	put_key(finding, &key);
	WQ_TRY(wq_buf_err(&key));
	WQ_TRY(keep_page(tally, page_of(finding)));
	g = wq_map_get(&tally->map, wq_buf_str(&key));
	if (!g && wq_map_count(&tally->map) >= tally->groups_max) {
		tally->dropped++;
		return WQ_OK;
	}
	if (!g)
		WQ_TRY(new_group(tally, wq_buf_str(&key), finding, &g));
	return add_to(tally, g, finding);
}

void wq_tally_at_least(struct wq_tally *tally, uint64_t places)
{
	struct wq_tally_group *g = tally->latest;

	if (!g || places <= WQ_INSPECT_GROUP_PLACES || g->group.pages >= places)
		return;
	g->group.pages = places;
	g->group.count = WQ_MAX(g->group.count, places);
}

wq_err wq_tally_add_all(struct wq_tally *tally, const struct wq_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		WQ_TRY(wq_tally_add(tally, &findings->items[i]));
	tally->dropped += findings->dropped;
	tally->places += findings->dropped;
	tally->worst = WQ_MAX(tally->worst, findings->worst);
	return WQ_OK;
}

/* ---- the result ---- */

static int by_weight(const void *a, const void *b)
{
	const struct wq_inspect_group *x = a, *y = b;
	int order;

	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if ((order = wq_str_cmp(x->rule, y->rule)) != 0)
		return order;
	if (x->pages != y->pages)
		return x->pages > y->pages ? -1 : 1;
	if (x->places_n && y->places_n && (order = wq_str_cmp(x->places[0].page, y->places[0].page)) != 0)
		return order;
	return wq_str_cmp(x->subject, y->subject);
}

wq_err wq_tally_result(const struct wq_tally *tally, struct wq_inspect_result *result)
{
	size_t n = wq_map_count(&tally->map), i = 0;
	struct wq_inspect_group *groups = WQ_NEW_ARRAY(tally->arena, struct wq_inspect_group, n + 1);

	if (!groups)
		return wq_arena_err(tally->arena);
	memset(result->by_severity, 0, sizeof result->by_severity);
	for (const struct wq_tally_group *g = tally->first; g; g = g->next) {
		groups[i] = g->group;
		groups[i++].places = g->places;
		result->by_severity[g->group.severity]++;
	}
	qsort(groups, n, sizeof *groups, by_weight);
	result->groups = groups;
	result->groups_n = n;
	result->places = tally->places;
	result->dropped = tally->dropped;
	result->worst = tally->worst;
	return WQ_OK;
}
