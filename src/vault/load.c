#include "vault/load_priv.h"
#include "vault/pack_priv.h"

#include <inttypes.h>

void wq_vault_fault_add(
	struct wq_vault_faults *faults, wq_err e, const char *app, uint64_t serial, const wq_digest *pack)
{
	struct wq_vault_fault *row = &faults->rows[faults->n];

	if (faults->n == WQ_VAULT_FAULTS_MAX) {
		faults->more++;
		return;
	}
	*row = (struct wq_vault_fault){.error = (enum wq_err_id)e.id, .serial = serial, .in_pack = pack != NULL};
	snprintf(row->app, sizeof row->app, "%s", app);
	snprintf(row->note, sizeof row->note, "%s", wq_err_note(e));
	if (pack)
		row->pack = *pack;
	faults->n++;
}

/* A file on the shelf that is malformed was not written by us. */
static wq_err as_altered(wq_err e)
{
	return wq_is(e, WQ_E_FORMAT) ? wq_error(WQ_E_ALTERED, "%s", wq_err_note(e)) : e;
}

/* ---- generations ---- */

void wq_generation_free(struct wq_generation **generation)
{
	struct wq_generation *g = *generation;

	if (!g)
		return;
	for (size_t i = 0; i < g->packs_n; i++)
		if (g->packs[i])
			wq_vault_pack_unref(g->memory, g->packs[i]);
	g->memory->used_bytes -= g->sealed.bytes.n;
	wq_sealed_done(&g->sealed);
	free(g->packs);
	free(g);
	*generation = NULL;
}

/* One load: what it needs, and whose fault is being looked for. */
struct load {
	struct wq_vault_memory *memory;
	const struct wq_shelf *shelf;
	const char *app;
	const struct wq_vault_keys *keys;
	const struct wq_floor *floor;
	const struct wq_vault_judge *judge;
	uint64_t serial;
	wq_digest pack; /* the one under way */
	bool in_pack;
};

static wq_err snapshot_read(const struct load *load, struct wq_generation *g)
{
	char path[PATH_MAX];
	uint64_t bytes;

	wq_shelf_snapshot_path(load->shelf, load->app, load->serial, path);
	WQ_TRY(wq_sealed_size(path, &bytes));
	WQ_TRY(wq_sealed_copy(path, "weique-snapshot", bytes, &g->sealed));
	load->memory->used_bytes += bytes;
	return as_altered(wq_snapshot_open(g->sealed.bytes, &g->snapshot));
}

static wq_err snapshot_verify(const struct load *load, struct wq_generation *g)
{
	const struct wq_snapshot_head *head = &g->snapshot.head;
	const wq_sm2_public *key = NULL;

	for (size_t i = 0; i < load->keys->n; i++)
		if (wq_digest_eq(wq_sm2_key_id(&load->keys->keys[i]), head->key_id))
			key = &load->keys->keys[i];
	if (!key)
		return wq_error(WQ_E_SIGNATURE,
			"snapshot %s serial %" PRIu64 " is sealed by a key that is not accepted here", head->app,
			head->serial);
	WQ_TRY(wq_snapshot_verify(
		&g->snapshot, key, load->floor->serial, load->floor->serial > 0 ? &load->floor->digest : NULL));
	if (strcmp(head->app, load->app) != 0 || head->serial != load->serial)
		return wq_error(WQ_E_REPLAYED, "the file of %s serial %" PRIu64 " holds %s serial %" PRIu64, load->app,
			load->serial, head->app, head->serial);
	if (load->judge)
		WQ_TRY(load->judge->call(load->judge->data, &g->snapshot));
	WQ_TRY(wq_snapshot_check(&g->snapshot));
	return wq_snapshot_digest(&g->snapshot, &g->digest);
}

/* From the last on: what a release added stands at the end, and is asked for most. */
static wq_err packs_load(struct load *load, struct wq_generation *g)
{
	uint64_t bytes;

	g->packs = calloc((size_t)g->snapshot.packs_n + 1, sizeof(struct wq_vault_pack *));
	if (!g->packs)
		return wq_error_id(WQ_E_NO_MEMORY);
	g->packs_n = g->snapshot.packs_n;
	for (uint32_t i = g->snapshot.packs_n; i-- > 0 && wq_snapshot_pack(&g->snapshot, i, &load->pack, &bytes);) {
		load->in_pack = true;
		WQ_TRY(wq_vault_pack_take(load->memory, load->shelf, load->pack, bytes, &g->packs[i]));
		if (g->packs[i]->bytes != bytes)
			return wq_error(WQ_E_ALTERED, "the snapshot says %" PRIu64 " bytes", bytes);
	}
	load->in_pack = false;
	return WQ_OK;
}

/* Indexes of cold packs while references are compared with them. */
struct views {
	const struct wq_generation *g;
	struct wq_pack_file *files; /* by number; none for hot ones */
};

static void views_done(struct views *views)
{
	for (size_t i = 0; views->files && i < views->g->packs_n; i++)
		wq_pack_file_done(&views->files[i]);
	free(views->files);
}

static const struct wq_pack *pack_of(void *data, uint32_t number)
{
	const struct views *views = data;

	return views->g->packs[number]->cold ? &views->files[number].pack : &views->g->packs[number]->pack;
}

static wq_err references_check(struct load *load, const struct wq_generation *g)
{
	WQ_CLEANUP(views_done) struct views views = {.g = g, .files = calloc(g->packs_n + 1, sizeof *views.files)};
	char path[PATH_MAX];

	if (!views.files)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (size_t i = 0; i < g->packs_n; i++)
		views.files[i] = (struct wq_pack_file)WQ_PACK_FILE_NONE;
	for (size_t i = 0; i < g->packs_n; i++) {
		const struct wq_vault_pack *pack = g->packs[i];

		load->in_pack = true;
		load->pack = pack->name;
		if (pack->cold)
			WQ_TRY(wq_pack_file_open(wq_shelf_pack_path(load->shelf, pack->name, path), pack->name,
				pack->bytes, &views.files[i]));
	}
	load->in_pack = false;
	return wq_snapshot_check_packs(&g->snapshot, pack_of, &views);
}

static wq_err generation_load(struct load *load, struct wq_generation **ret_generation)
{
	WQ_CLEANUP(wq_generation_free) struct wq_generation *g = calloc(1, sizeof *g);

	if (!g)
		return wq_error_id(WQ_E_NO_MEMORY);
	g->memory = load->memory;
	g->sealed = (struct wq_sealed)WQ_SEALED_NONE;
	load->in_pack = false;
	WQ_TRY(snapshot_read(load, g));
	WQ_TRY(snapshot_verify(load, g));
	WQ_TRY(packs_load(load, g));
	WQ_TRY(references_check(load, g));
	*ret_generation = g;
	g = NULL;
	return WQ_OK;
}

/* Says which object: application, serial and pack are known here only. */
static wq_err named(const struct load *load, wq_err e)
{
	char hex[WQ_DIGEST_HEX];
	wq_err n;

	if (load->in_pack)
		n = wq_error((enum wq_err_id)e.id, "%s serial %" PRIu64 ": pack %s: %s", load->app, load->serial,
			wq_digest_hex(load->pack, hex), wq_err_note(e));
	else
		n = wq_error(
			(enum wq_err_id)e.id, "%s serial %" PRIu64 ": %s", load->app, load->serial, wq_err_note(e));
	n.sys = e.sys;
	return n;
}

static wq_err none_found(const struct load *load, size_t lower)
{
	if (lower > 0)
		return wq_error(WQ_E_REPLAYED, "%s: only serials below %" PRIu64 ", which was seen, are there",
			load->app, load->floor->serial);
	return wq_error(WQ_E_NOT_FOUND, "%s has no snapshot in %s", load->app, load->shelf->dir);
}

wq_err wq_vault_load(struct wq_vault_memory *memory, const struct wq_shelf *shelf, const char *app,
	const struct wq_vault_keys *keys, const struct wq_floor *floor, const struct wq_vault_judge *judge,
	const struct wq_generation *present, struct wq_vault_faults *faults, struct wq_generation **ret_generation)
{
	struct load load = {.memory = memory, .shelf = shelf, .app = app, .keys = keys, .floor = floor, .judge = judge};
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	wq_err first = WQ_OK;
	uint64_t *serials;
	size_t n, i;

	wq_arena_init(&arena, 64 * WQ_MIB);
	WQ_TRY(wq_shelf_serials(shelf, app, &arena, &serials, &n));
	for (i = 0; i < n && serials[i] >= floor->serial; i++) {
		wq_err e;

		load.serial = serials[i];
		if (present && load.serial <= present->snapshot.head.serial)
			break;
		e = generation_load(&load, ret_generation);
		if (!wq_failed(e))
			return WQ_OK;
		e = named(&load, e);
		wq_vault_fault_add(faults, e, app, load.serial, load.in_pack ? &load.pack : NULL);
		if (!wq_failed(first))
			first = e;
	}
	if (present) {
		*ret_generation = NULL;
		return WQ_OK;
	}
	if (wq_failed(first))
		return first;
	first = none_found(&load, n - i);
	wq_vault_fault_add(faults, first, app, 0, NULL);
	return first;
}
