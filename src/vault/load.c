#include "vault/load_priv.h"

#include <inttypes.h>

struct wq_vault_memory {
	uint64_t budget_bytes, used_bytes;
	struct wq_vault_pack **packs; /* every pack in memory; few enough to look through */
	size_t packs_n, packs_cap;
};

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

/* ---- memory ---- */

wq_err wq_vault_memory_new(uint64_t budget_bytes, struct wq_vault_memory **ret_memory)
{
	struct wq_vault_memory *memory = calloc(1, sizeof *memory);

	if (!memory)
		return wq_error_id(WQ_E_NO_MEMORY);
	memory->budget_bytes = budget_bytes;
	*ret_memory = memory;
	return WQ_OK;
}

void wq_vault_memory_free(struct wq_vault_memory **memory)
{
	if (*memory)
		free((*memory)->packs);
	free(*memory);
	*memory = NULL;
}

uint64_t wq_vault_memory_used(const struct wq_vault_memory *memory)
{
	return memory->used_bytes;
}

static wq_err budget_take(struct wq_vault_memory *memory, uint64_t bytes, const char *path)
{
	if (bytes > memory->budget_bytes - memory->used_bytes)
		return wq_error(WQ_E_LIMIT, "%s needs %" PRIu64 " bytes, %" PRIu64 " of %" PRIu64 " are in use", path,
			bytes, memory->used_bytes, memory->budget_bytes);
	memory->used_bytes += bytes;
	return WQ_OK;
}

/* ---- packs ---- */

static void pack_unref(struct wq_vault_memory *memory, struct wq_vault_pack *pack)
{
	if (--pack->refs > 0)
		return;
	for (size_t i = 0; i < memory->packs_n; i++)
		if (memory->packs[i] == pack) {
			memory->packs[i] = memory->packs[--memory->packs_n];
			break;
		}
	memory->used_bytes -= pack->sealed.bytes.n;
	wq_sealed_done(&pack->sealed);
	free(pack);
}

/* A pack that nobody holds yet. */
static void pack_done(struct wq_vault_pack **pack)
{
	if (!*pack)
		return;
	wq_sealed_done(&(*pack)->sealed);
	free(*pack);
	*pack = NULL;
}

/* A file on the shelf that is malformed was not written by us. */
static wq_err as_altered(wq_err e)
{
	return wq_is(e, WQ_E_FORMAT) ? wq_error(WQ_E_ALTERED, "%s", wq_err_note(e)) : e;
}

static wq_err pack_read(const struct wq_shelf *shelf, wq_digest name, uint64_t bytes, struct wq_vault_pack *pack)
{
	char path[PATH_MAX];

	*pack = (struct wq_vault_pack){.name = name, .sealed = WQ_SEALED_NONE};
	WQ_TRY(wq_sealed_copy(wq_shelf_pack_path(shelf, name, path), "weique-pack", bytes, &pack->sealed));
	WQ_TRY(as_altered(wq_pack_open(pack->sealed.bytes, &pack->pack)));
	return wq_pack_reverify(&pack->pack, name);
}

static struct wq_vault_pack *pack_find(const struct wq_vault_memory *memory, wq_digest name)
{
	for (size_t i = 0; i < memory->packs_n; i++)
		if (wq_digest_eq(memory->packs[i]->name, name))
			return memory->packs[i];
	return NULL;
}

static wq_err pack_load(struct wq_vault_memory *memory, const struct wq_shelf *shelf, wq_digest name, uint64_t bytes,
	struct wq_vault_pack **ret_pack)
{
	WQ_CLEANUP(pack_done) struct wq_vault_pack *pack = NULL;
	char path[PATH_MAX];
	wq_err e;

	if (memory->packs_n == memory->packs_cap) {
		size_t cap = memory->packs_cap ? 2 * memory->packs_cap : 16;
		struct wq_vault_pack **packs = reallocarray(memory->packs, cap, sizeof *packs);

		if (!packs)
			return wq_error_id(WQ_E_NO_MEMORY);
		memory->packs = packs;
		memory->packs_cap = cap;
	}
	pack = malloc(sizeof *pack);
	if (!pack)
		return wq_error_id(WQ_E_NO_MEMORY);
	*pack = (struct wq_vault_pack){.sealed = WQ_SEALED_NONE};
	WQ_TRY(budget_take(memory, bytes, wq_shelf_pack_path(shelf, name, path)));
	e = pack_read(shelf, name, bytes, pack);
	if (wq_failed(e)) {
		memory->used_bytes -= bytes;
		return e;
	}
	memory->packs[memory->packs_n++] = pack;
	*ret_pack = pack;
	pack = NULL;
	return WQ_OK;
}

/* ---- generations ---- */

void wq_generation_free(struct wq_generation **generation)
{
	struct wq_generation *g = *generation;

	if (!g)
		return;
	for (size_t i = 0; i < g->packs_n; i++)
		if (g->packs[i])
			pack_unref(g->memory, g->packs[i]);
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
	wq_err e;

	wq_shelf_snapshot_path(load->shelf, load->app, load->serial, path);
	WQ_TRY(wq_sealed_size(path, &bytes));
	WQ_TRY(budget_take(load->memory, bytes, path));
	e = wq_sealed_copy(path, "weique-snapshot", bytes, &g->sealed);
	if (wq_failed(e)) {
		load->memory->used_bytes -= bytes;
		return e;
	}
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

static wq_err packs_load(struct load *load, struct wq_generation *g)
{
	uint64_t bytes;

	g->packs = calloc((size_t)g->snapshot.packs_n + 1, sizeof(struct wq_vault_pack *));
	if (!g->packs)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (uint32_t i = 0; wq_snapshot_pack(&g->snapshot, i, &load->pack, &bytes); i++) {
		struct wq_vault_pack *pack = pack_find(load->memory, load->pack);

		load->in_pack = true;
		if (!pack)
			WQ_TRY(pack_load(load->memory, load->shelf, load->pack, bytes, &pack));
		pack->refs++;
		g->packs[i] = pack;
		g->packs_n = (size_t)i + 1;
		if (pack->sealed.bytes.n != bytes)
			return wq_error(WQ_E_ALTERED, "the snapshot says %" PRIu64 " bytes", bytes);
	}
	load->in_pack = false;
	return WQ_OK;
}

static const struct wq_pack *pack_of(void *data, uint32_t number)
{
	const struct wq_generation *g = data;

	return &g->packs[number]->pack;
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
	WQ_TRY(wq_snapshot_check_packs(&g->snapshot, pack_of, g));
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
