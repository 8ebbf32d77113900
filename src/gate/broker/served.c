#include "gate/broker/served_priv.h"

enum { SCANS_MAX = 8 };

struct wq_offer *wq_offer_ref(struct wq_offer *offer)
{
	offer->refs++;
	return offer;
}

void wq_offer_unref(struct wq_offer **offer)
{
	struct wq_offer *o = *offer;

	*offer = NULL;
	if (!o || --o->refs > 0)
		return;
	wq_generation_free(&o->generation);
	free(o);
}

wq_err wq_served_open(const struct wq_served_config *config, struct wq_report *report, struct wq_served **ret_served)
{
	struct wq_served *served = calloc(1, sizeof *served);
	wq_err e;

	if (!served)
		return wq_error_id(WQ_E_NO_MEMORY);
	served->report = report;
	served->keys = config->keys;
	served->fs = config->fs;
	served->restores = !config->no_restore;
	served->restorer = (struct wq_restorer){
		.fs = config->fs, .clock = config->clock, .shelf = &served->shelf, .state_dir = served->state_dir};
	e = strlen(config->state_dir) < sizeof served->state_dir ? WQ_OK
								 : wq_error(WQ_E_LIMIT, "%s", config->state_dir);
	snprintf(served->state_dir, sizeof served->state_dir, "%s", config->state_dir);
	if (!wq_failed(e))
		e = wq_shelf_open(config->fs, config->vault_dir, true, &served->shelf);
	if (!wq_failed(e))
		e = wq_dir_make(config->fs, config->state_dir, 0700);
	if (!wq_failed(e))
		e = wq_leave_keys_open(config->fs, &wq_random_system, config->state_dir, &served->leave_keys);
	if (!wq_failed(e))
		e = wq_vault_memory_new(config->budget_bytes, &served->memory);
	if (wq_failed(e)) {
		free(served);
		return e;
	}
	if (served->leave_keys.made)
		wq_report_leave_key_new(report);
	*ret_served = served;
	return WQ_OK;
}

void wq_served_close(struct wq_served **served)
{
	struct wq_served *s = *served;

	*served = NULL;
	if (!s)
		return;
	for (size_t i = 0; i < s->apps_n; i++) {
		wq_offer_unref(&s->apps[i]->offer);
		free(s->apps[i]);
	}
	wq_vault_memory_free(&s->memory);
	wq_leave_keys_done(&s->leave_keys);
	free(s);
}

void wq_served_tell_error(struct wq_served *s, const char *app, wq_err e, enum wq_told_by by, uint32_t round)
{
	struct wq_vault_fault fault = {.error = (enum wq_err_id)e.id};

	snprintf(fault.app, sizeof fault.app, "%s", app);
	snprintf(fault.note, sizeof fault.note, "%s", wq_err_note(e));
	wq_told_say(&s->told, s->report, &fault, by, round);
}

/* ---- applications ---- */

struct wq_served_app *wq_served_find(const struct wq_served *s, const char *name)
{
	for (size_t i = 0; i < s->apps_n; i++)
		if (strcmp(s->apps[i]->name, name) == 0)
			return s->apps[i];
	return NULL;
}

static struct wq_served_app *app_of(struct wq_served *s, const char *name)
{
	struct wq_served_app *app = wq_served_find(s, name);

	if (app || s->apps_n == WQ_SHELF_APPS_MAX)
		return app;
	app = calloc(1, sizeof *app);
	if (!app)
		return NULL;
	snprintf(app->name, sizeof app->name, "%s", name);
	s->apps[s->apps_n++] = app;
	return app;
}

static wq_err raise_floor(struct wq_served *s, const struct wq_generation *generation)
{
	struct wq_floor floor = {.serial = generation->snapshot.head.serial, .digest = generation->digest};

	return wq_floor_raise(s->fs, s->state_dir, generation->snapshot.head.app, &floor);
}

/* ---- hosts ---- */

/* The first host that both have, or nothing. Both lists are sorted. */
static wq_str common_host(const struct wq_snapshot *a, const struct wq_snapshot *b)
{
	uint32_t i = 0, j = 0;

	while (i < a->hosts_n && j < b->hosts_n) {
		wq_str host = wq_snapshot_host(a, i);
		int order = wq_str_cmp(host, wq_snapshot_host(b, j));

		if (order == 0)
			return host;
		i += order < 0;
		j += order > 0;
	}
	return WQ_S_NONE;
}

/* Refuses hosts that another application has. */
static wq_err judge_hosts(void *data, const struct wq_snapshot *snapshot)
{
	struct wq_served *s = data;

	for (size_t i = 0; i < s->apps_n; i++) {
		const struct wq_served_app *app = s->apps[i];
		wq_str host;

		if (!app->offer || strcmp(app->name, snapshot->head.app) == 0)
			continue;
		host = common_host(snapshot, &app->offer->generation->snapshot);
		if (host.n == 0)
			continue;
		return wq_error(WQ_E_EXISTS, "%.*s belongs to %s", WQ_S_ARG(host), app->name);
	}
	return WQ_OK;
}

/* ---- scanning ---- */

/* Takes `generation`. */
static wq_err offer_new(struct wq_served *s, struct wq_served_app *app, struct wq_generation *generation)
{
	struct wq_offer *offer = calloc(1, sizeof *offer);
	wq_err e = offer ? raise_floor(s, generation) : wq_error_id(WQ_E_NO_MEMORY);

	if (wq_failed(e)) {
		wq_generation_free(&generation);
		free(offer);
		return e;
	}
	offer->generation = generation;
	offer->number = ++s->last_number;
	offer->refs = 1;
	wq_offer_unref(&app->offer);
	app->offer = offer;
	return WQ_OK;
}

/* Loads what is newer than what `app` has, and offers it. */
static wq_err scan_app(struct wq_served *s, struct wq_served_app *app, bool *ret_changed)
{
	struct wq_generation *present = app->offer ? app->offer->generation : NULL, *generation = NULL;
	const struct wq_vault_judge judge = {judge_hosts, s};
	struct wq_vault_faults faults = {0};
	struct wq_floor floor;
	wq_err e;

	WQ_TRY(wq_floor_read(s->fs, s->state_dir, app->name, &floor));
	e = wq_vault_load(s->memory, &s->shelf, app->name, &s->keys, &floor, &judge, present, &faults, &generation);
	app->waits = faults.n > 0;
	for (size_t i = 0; i < faults.n; i++)
		wq_told_say(&s->told, s->report, &faults.rows[i], WQ_TOLD_SCAN, s->scan_round);
	if (wq_failed(e))
		return faults.n > 0 ? WQ_OK : e; /* told already */
	if (!generation)
		return WQ_OK;
	if (floor.serial == 0 && generation->snapshot.head.serial > 1)
		wq_report_floor_new(s->report, &generation->snapshot, generation->digest);
	WQ_TRY(offer_new(s, app, generation));
	*ret_changed = true;
	return WQ_OK;
}

struct restoring {
	struct wq_served *served;
	struct wq_floor floor;
};

static wq_err judge_restored(void *data, const struct wq_snapshot *snapshot)
{
	const struct restoring *r = data;

	return snapshot->head.serial == r->floor.serial ? judge_hosts(r->served, snapshot) : wq_error_id(WQ_E_EXISTS);
}

/* What this application was served from when the process ended. Whatever is in the way is the scan's to say. */
static void restore_app(struct wq_served *s, struct wq_served_app *app)
{
	struct wq_generation *generation = NULL;
	struct wq_vault_faults faults = {0};
	struct restoring r = {.served = s};
	const struct wq_vault_judge judge = {judge_restored, &r};

	if (wq_failed(wq_floor_read(s->fs, s->state_dir, app->name, &r.floor)) || r.floor.serial == 0)
		return;
	if (!wq_failed(wq_vault_load(
		    s->memory, &s->shelf, app->name, &s->keys, &r.floor, &judge, NULL, &faults, &generation)))
		WQ_IGNORE(offer_new(s, app, generation));
}

/* When the newest snapshot of an application came. Not believed: it decides only who gets memory first. */
static time_t came_at(const struct wq_served *s, const char *app)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	char path[PATH_MAX];
	uint64_t *serials;
	struct stat st;
	size_t n;

	wq_arena_init(&arena, 64 * WQ_MIB);
	if (wq_failed(wq_shelf_serials(&s->shelf, app, &arena, &serials, &n)) || n == 0 ||
		lstat(wq_shelf_snapshot_path(&s->shelf, app, serials[0], path), &st) != 0)
		return 0;
	return st.st_mtime;
}

struct start {
	const char *name;
	time_t came_at;
};

static int newest_first(const void *a, const void *b)
{
	const struct start *x = a, *y = b;

	if (x->came_at != y->came_at)
		return x->came_at > y->came_at ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
	const struct wq_served_app *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* The newest first, so that what the memory budget holds is what changed last. From then on by name: who waits for a host
 * gets it in the same order whenever the files came. */
static void restore_all(struct wq_served *s, struct wq_arena *arena, const char **names, size_t n)
{
	struct start *order = WQ_NEW_ARRAY(arena, struct start, n + 1);

	if (s->restored || wq_failed(wq_arena_err(arena)))
		return;
	for (size_t i = 0; i < n; i++)
		order[i] = (struct start){names[i], came_at(s, names[i])};
	qsort(order, n, sizeof *order, newest_first);
	for (size_t i = 0; i < n; i++) {
		struct wq_served_app *app = app_of(s, order[i].name);

		if (app)
			restore_app(s, app);
	}
	qsort(s->apps, s->apps_n, sizeof(s->apps[0]), by_name);
	s->restored = true;
}

/* One look. True when something new is offered. */
static bool scan_one(struct wq_served *s, const char *name)
{
	struct wq_served_app *app = app_of(s, name);
	bool changed = false;
	wq_err e;

	s->scan_round++;
	e = app ? scan_app(s, app, &changed) : wq_error_id(WQ_E_LIMIT);
	if (wq_failed(e))
		wq_served_tell_error(s, name, e, WQ_TOLD_SCAN, s->scan_round);
	wq_told_forget(&s->told, WQ_TOLD_SCAN, name, s->scan_round);
	return changed;
}

/* Again while a change may have freed a host that somebody else waits for. */
bool wq_served_scan_waiting(struct wq_served *s)
{
	bool any = false, changed = true;

	for (int round = 0; changed && round < SCANS_MAX; round++) {
		changed = false;
		for (size_t i = 0; i < s->apps_n; i++)
			if (s->apps[i]->waits && scan_one(s, s->apps[i]->name))
				changed = any = true;
	}
	return any;
}

wq_err wq_served_scan(struct wq_served *s, bool *ret_changed)
{
	uint32_t before = s->scan_round;
	struct wq_arena arena;
	const char **names;
	bool changed = false;
	size_t n;
	wq_err e;

	wq_arena_init(&arena, 16 * WQ_MIB);
	e = wq_shelf_apps(&s->shelf, &arena, &names, &n);
	if (!wq_failed(e)) {
		restore_all(s, &arena, names, n);
		for (size_t i = 0; i < n; i++)
			changed = scan_one(s, names[i]) || changed;
		/* of applications that are no longer on the shelf */
		wq_told_forget(&s->told, WQ_TOLD_SCAN, NULL, before + 1);
		if (changed)
			wq_served_scan_waiting(s);
	}
	wq_arena_done(&arena);
	if (ret_changed)
		*ret_changed = changed;
	return e;
}

bool wq_served_scan_app(struct wq_served *s, const char *name)
{
	bool changed = scan_one(s, name);

	if (changed)
		wq_served_scan_waiting(s);
	return changed;
}

size_t wq_served_count(const struct wq_served *s)
{
	return s->apps_n;
}

struct wq_offer *wq_served_offer(const struct wq_served *s, size_t i)
{
	return s->apps[i]->offer;
}

const struct wq_shelf *wq_served_shelf(const struct wq_served *s)
{
	return &s->shelf;
}

const char *wq_served_app(const struct wq_served *s, size_t i)
{
	return s->apps[i]->name;
}

const struct wq_leave_keys *wq_served_leave_keys(const struct wq_served *s)
{
	return &s->leave_keys;
}
