/* What applications, people and approvals share when they read bodies of events and append new ones. For this folder only. */
#ifndef WQ_LEDGER_REGISTRY_PRIV_H
#define WQ_LEDGER_REGISTRY_PRIV_H

#include "base/json.h"
#include "base/json_read.h"
#include "ledger/registry.h"

/* One line of at most `max` bytes: otherwise WQ_E_INPUT. */
wq_err wq_registry_check_line(const char *what, wq_str s, size_t max);
/* A member that events of former versions lack: empty then. */
wq_err wq_registry_get_optional(const struct json_t *body, const char *key, size_t max, wq_str *ret_value);
/* WQ_E_EXISTS when the query finds a row; its first column is who has it. */
wq_err wq_registry_check_new(struct wq_ledger *ledger, const char *sql, struct wq_db_value value);
/* Ends what wq_ledger_begin() began: commits, or aborts with the error `e`. */
wq_err wq_registry_end(struct wq_ledger *ledger, wq_err e);

#endif
