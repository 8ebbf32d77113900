/* What loading (load.c), the packs in memory (memory.c) and rechecking (recheck.c) share. For this folder only. */
#ifndef WQ_VAULT_LOAD_PRIV_H
#define WQ_VAULT_LOAD_PRIV_H

#include "vault/load.h"

struct wq_vault_memory {
	uint64_t budget_bytes, used_bytes;
	struct wq_vault_pack **packs; /* every pack that a generation names; few enough to look through */
	size_t packs_n, packs_cap;
};

/* Adds a fault; `pack` NULL when it is about the snapshot. */
void wq_vault_fault_add(
	struct wq_vault_faults *faults, wq_err e, const char *app, uint64_t serial, const wq_digest *pack);

/* A reference to a verified pack: one that is there already, or read now; in memory when it fits the budget, cold when
 * not. Errors: WQ_E_NOT_FOUND, WQ_E_ALTERED, WQ_E_NO_MEMORY, WQ_E_IO. */
wq_err wq_vault_pack_take(struct wq_vault_memory *memory, const struct wq_shelf *shelf, wq_digest name, uint64_t bytes,
	struct wq_vault_pack **ret_pack);
void wq_vault_pack_unref(struct wq_vault_memory *memory, struct wq_vault_pack *pack);

#endif
