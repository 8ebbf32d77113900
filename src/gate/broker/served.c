#include "gate/broker/served.h"

enum { TOLD_MAX = 512, SCANS_MAX = 8 };

struct app {
	char name[WQ_APP_ID_MAX + 1];
	struct wq_offer *offer;
};

/* Faults that were reported and still stand, by identity; those of a scan and of a recheck come and go apart. */
struct told {
	uint64_t identity;
	uint32_t round;
	char by; /* 's', 'r' */
};

struct wq_served {
	struct wq_shelf shelf;
	char state_dir[WQ_SHELF_DIR_MAX];
	struct wq_vault_keys keys;
	struct wq_vault_memory *memory;
	struct wq_report *report;
	const struct wq_fs *fs;
	struct app *apps[WQ_SHELF_APPS_MAX];
	size_t apps_n, recheck_at, recheck_part;
	bool restored, host_taken; /* host_taken: a release was passed over for it in this round */
	uint64_t last_number;
	struct told told[TOLD_MAX];
	size_t told_n;
	uint32_t scan_round, recheck_round;
};

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
	e = strlen(config->state_dir) < sizeof served->state_dir ? WQ_OK
								 : wq_error(WQ_E_LIMIT, "%s", config->state_dir);
	snprintf(served->state_dir, sizeof served->state_dir, "%s", config->state_dir);
	if (!wq_failed(e))
		e = wq_shelf_open(config->fs, config->vault_dir, true, &served->shelf);
	if (!wq_failed(e))
		e = wq_dir_make(config->fs, config->state_dir, 0700);
	if (!wq_failed(e))
		e = wq_vault_memory_new(config->budget_bytes, &served->memory);
	if (wq_failed(e)) {
		free(served);
		return e;
	}
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
	free(s);
}

/* ---- faults, each once ---- */

static uint64_t fault_identity(const struct wq_vault_fault *fault)
{
	uint64_t h = wq_str_hash(wq_str_c(fault->app), (uint64_t)fault->error);

	h = wq_str_hash(wq_str_of(&fault->serial, sizeof fault->serial), h);
	return fault->in_pack ? wq_str_hash(wq_str_of(fault->pack.b, sizeof fault->pack.b), h) : h;
}

static void tell(struct wq_served *s, const struct wq_vault_fault *fault, char by, uint32_t round)
{
	uint64_t identity = fault_identity(fault);

	for (size_t i = 0; i < s->told_n; i++)
		if (s->told[i].identity == identity && s->told[i].by == by) {
			s->told[i].round = round;
			return;
		}
	if (s->told_n < TOLD_MAX)
		s->told[s->told_n++] = (struct told){.identity = identity, .round = round, .by = by};
	wq_report_fault(s->report, fault);
}

static void tell_all(struct wq_served *s, const struct wq_vault_faults *faults, char by, uint32_t round)
{
	for (size_t i = 0; i < faults->n; i++)
		tell(s, &faults->rows[i], by, round);
}

/* At the end of a round: what was not met again is gone, and news if it comes back. */
static void forget_gone(struct wq_served *s, char by, uint32_t round)
{
	for (size_t i = 0; i < s->told_n;)
		if (s->told[i].by == by && s->told[i].round != round)
			s->told[i] = s->told[--s->told_n];
		else
			i++;
}

/* An error that concerns the application as a whole. */
static void tell_error(struct wq_served *s, const char *app, wq_err e, char by, uint32_t round)
{
	struct wq_vault_fault fault = {.error = (enum wq_err_id)e.id};

	snprintf(fault.app, sizeof fault.app, "%s", app);
	snprintf(fault.note, sizeof fault.note, "%s", wq_err_note(e));
	tell(s, &fault, by, round);
}

/* ---- applications ---- */

static struct app *app_of(struct wq_served *s, const char *name)
{
	struct app *app;

	for (size_t i = 0; i < s->apps_n; i++)
		if (strcmp(s->apps[i]->name, name) == 0)
			return s->apps[i];
	if (s->apps_n == WQ_SHELF_APPS_MAX)
		return NULL;
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
		const struct app *app = s->apps[i];
		wq_str host;

		if (!app->offer || strcmp(app->name, snapshot->head.app) == 0)
			continue;
		host = common_host(snapshot, &app->offer->generation->snapshot);
		if (host.n == 0)
			continue;
		s->host_taken = true;
		return wq_error(WQ_E_EXISTS, "%.*s belongs to %s", WQ_S_ARG(host), app->name);
	}
	return WQ_OK;
}

/* ---- scanning ---- */

/* Takes `generation`. */
static wq_err offer_new(struct wq_served *s, struct app *app, struct wq_generation *generation)
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
static wq_err scan_app(struct wq_served *s, struct app *app, bool *ret_changed)
{
	struct wq_generation *present = app->offer ? app->offer->generation : NULL, *generation = NULL;
	const struct wq_vault_judge judge = {judge_hosts, s};
	struct wq_vault_faults faults = {0};
	struct wq_floor floor;
	wq_err e;

	WQ_TRY(wq_floor_read(s->fs, s->state_dir, app->name, &floor));
	e = wq_vault_load(s->memory, &s->shelf, app->name, &s->keys, &floor, &judge, present, &faults, &generation);
	tell_all(s, &faults, 's', s->scan_round);
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
static void restore_app(struct wq_served *s, struct app *app)
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

static void restore_all(struct wq_served *s, const char **names, size_t n)
{
	for (size_t i = 0; !s->restored && i < n; i++) {
		struct app *app = app_of(s, names[i]);

		if (app)
			restore_app(s, app);
	}
	s->restored = true;
}

/* One look at every application. True when something new is offered. */
static bool scan_all(struct wq_served *s, const char **names, size_t n)
{
	bool changed = false;

	s->scan_round++;
	s->host_taken = false;
	for (size_t i = 0; i < n; i++) {
		struct app *app = app_of(s, names[i]);
		wq_err e = app ? scan_app(s, app, &changed) : wq_error_id(WQ_E_LIMIT);

		if (wq_failed(e))
			tell_error(s, names[i], e, 's', s->scan_round);
	}
	forget_gone(s, 's', s->scan_round);
	return changed;
}

wq_err wq_served_scan(struct wq_served *s, bool *ret_changed)
{
	struct wq_arena arena;
	const char **names;
	bool changed = false;
	size_t n;
	wq_err e;

	wq_arena_init(&arena, 16 * WQ_MIB);
	e = wq_shelf_apps(&s->shelf, &arena, &names, &n);
	if (!wq_failed(e)) {
		restore_all(s, names, n);
		/* again when a change may have freed a host that somebody waits for */
		for (int i = 0; i < SCANS_MAX && scan_all(s, names, n); i++) {
			changed = true;
			if (!s->host_taken)
				break;
		}
	}
	wq_arena_done(&arena);
	if (ret_changed)
		*ret_changed = changed;
	return e;
}

bool wq_served_recheck_next(struct wq_served *s)
{
	struct wq_vault_faults faults = {0};
	struct app *app;
	wq_err e;

	if (s->recheck_at >= s->apps_n) {
		forget_gone(s, 'r', s->recheck_round);
		s->recheck_round++;
		s->recheck_at = 0;
		return false;
	}
	app = s->apps[s->recheck_at];
	/* a generation that came meanwhile may have fewer packs */
	if (!app->offer || s->recheck_part > app->offer->generation->packs_n) {
		s->recheck_at++;
		s->recheck_part = 0;
		return true;
	}
	e = wq_vault_recheck(&s->shelf, app->offer->generation, s->recheck_part++, &faults);
	tell_all(s, &faults, 'r', s->recheck_round);
	if (wq_failed(e) && faults.n == 0)
		tell_error(s, app->name, e, 'r', s->recheck_round);
	return true;
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
