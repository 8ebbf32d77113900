/* What loading (load.c) and rechecking (recheck.c) share: how a fault gets into the list. For this folder only. */
#ifndef WQ_VAULT_LOAD_PRIV_H
#define WQ_VAULT_LOAD_PRIV_H

#include "vault/load.h"

/* Adds a fault; `pack` NULL when it is about the snapshot. */
void wq_vault_fault_add(
	struct wq_vault_faults *faults, wq_err e, const char *app, uint64_t serial, const wq_digest *pack);

#endif
