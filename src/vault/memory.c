#include "vault/load_priv.h"

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

/* Accepts NULL. */
static void pack_free(struct wq_vault_pack **pack)
{
	struct wq_vault_pack *p = *pack;

	*pack = NULL;
	if (!p)
		return;
	wq_sealed_done(&p->sealed);
	if (p->file >= 0)
		close(p->file);
	free(p);
}

void wq_vault_pack_unref(struct wq_vault_memory *memory, struct wq_vault_pack *pack)
{
	if (--pack->refs > 0)
		return;
	for (size_t i = 0; i < memory->packs_n; i++)
		if (memory->packs[i] == pack) {
			memory->packs[i] = memory->packs[--memory->packs_n];
			break;
		}
	memory->used_bytes -= pack->sealed.bytes.n;
	pack_free(&pack);
}

static wq_err as_altered(wq_err e)
{
	return wq_is(e, WQ_E_FORMAT) ? wq_error(WQ_E_ALTERED, "%s", wq_err_note(e)) : e;
}

static wq_err hot_read(const char *path, struct wq_vault_pack *pack)
{
	WQ_TRY(wq_sealed_copy(path, "weique-pack", pack->bytes, &pack->sealed));
	WQ_TRY(as_altered(wq_pack_open(pack->sealed.bytes, &pack->pack)));
	return wq_pack_reverify(&pack->pack, pack->name);
}

static wq_err cold_read(const char *path, struct wq_vault_pack *pack)
{
	WQ_BUF(index, WQ_COLD_BYTES_MAX);

	pack->cold = true;
	WQ_TRY(wq_cold_build(path, pack->name, pack->bytes, &index, &pack->file));
	WQ_TRY(wq_sealed_make(wq_buf_str(&index), "weique-cold", &pack->sealed));
	return wq_cold_open(pack->sealed.bytes, &pack->index);
}

static wq_err pack_read(
	const struct wq_shelf *shelf, wq_digest name, uint64_t bytes, bool hot, struct wq_vault_pack **ret)
{
	WQ_CLEANUP(pack_free) struct wq_vault_pack *pack = calloc(1, sizeof *pack);
	char path[PATH_MAX];

	if (!pack)
		return wq_error_id(WQ_E_NO_MEMORY);
	*pack = (struct wq_vault_pack){.name = name, .bytes = bytes, .sealed = WQ_SEALED_NONE, .file = -1};
	wq_shelf_pack_path(shelf, name, path);
	WQ_TRY(hot ? hot_read(path, pack) : cold_read(path, pack));
	*ret = pack;
	pack = NULL;
	return WQ_OK;
}

static bool fits(const struct wq_vault_memory *memory, uint64_t bytes)
{
	return bytes <= WQ_VAULT_HOT_BYTES && memory->used_bytes <= memory->budget_bytes &&
		bytes <= memory->budget_bytes - memory->used_bytes;
}

/* The one in memory rather than a cold one. */
static struct wq_vault_pack *pack_find(const struct wq_vault_memory *memory, wq_digest name)
{
	struct wq_vault_pack *found = NULL;

	for (size_t i = 0; i < memory->packs_n; i++)
		if (wq_digest_eq(memory->packs[i]->name, name) && (!found || found->cold))
			found = memory->packs[i];
	return found;
}

static wq_err room_for_one(struct wq_vault_memory *memory)
{
	size_t cap = memory->packs_cap ? 2 * memory->packs_cap : 16;
	struct wq_vault_pack **packs;

	if (memory->packs_n < memory->packs_cap)
		return WQ_OK;
	packs = reallocarray(memory->packs, cap, sizeof *packs);
	if (!packs)
		return wq_error_id(WQ_E_NO_MEMORY);
	memory->packs = packs;
	memory->packs_cap = cap;
	return WQ_OK;
}

wq_err wq_vault_pack_take(struct wq_vault_memory *memory, const struct wq_shelf *shelf, wq_digest name, uint64_t bytes,
	struct wq_vault_pack **ret_pack)
{
	struct wq_vault_pack *pack = pack_find(memory, name);
	bool hot = fits(memory, bytes);
	wq_err e;

	/* a cold one stays with who has it; what comes gets it from memory when there is room by now */
	if (pack && (!pack->cold || !hot)) {
		pack->refs++;
		*ret_pack = pack;
		return WQ_OK;
	}
	WQ_TRY(room_for_one(memory));
	e = pack_read(shelf, name, bytes, hot, &pack);
	if (hot && wq_is(e, WQ_E_NO_MEMORY))
		e = pack_read(shelf, name, bytes, false, &pack);
	WQ_TRY(e);
	pack->refs = 1;
	memory->used_bytes += pack->sealed.bytes.n;
	memory->packs[memory->packs_n++] = pack;
	*ret_pack = pack;
	return WQ_OK;
}
