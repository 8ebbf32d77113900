/* What the writer and the reader of blocks share: the order of each list and the invariants of policy.h. */
#ifndef WQ_POLICY_BLOCK_PRIV_H
#define WQ_POLICY_BLOCK_PRIV_H

#include "base/cursor.h"
#include "policy/policy.h"

/* The canonical orders; 0 only for what may not stand twice. */
int wq_path_rule_cmp(const void *a, const void *b);
int wq_network_cmp(const void *a, const void *b);
int wq_policy_str_cmp(const void *a, const void *b);
int wq_volatile_rule_cmp(const void *a, const void *b);
int wq_guard_path_cmp(const void *a, const void *b);
int wq_guard_exception_cmp(const void *a, const void *b);

/* Everything that policy.h promises, order included. WQ_E_INPUT naming the place, WQ_E_LIMIT. */
wq_err wq_policy_check(const struct wq_policy *policy);
/* Whether it is what an empty block stands for. */
bool wq_policy_is_default(const struct wq_policy *policy);

/* Text without control characters; a canonical path (`key` is room for it): WQ_E_INPUT naming it. */
bool wq_policy_is_plain(wq_str text);
wq_err wq_policy_check_path(wq_str path, struct wq_buf *key);

/* The same three for the guard; its fields in a block, without begin and end. */
wq_err wq_guard_check(const struct wq_guard *guard, struct wq_buf *key);
bool wq_guard_is_default(const struct wq_guard *guard);
void wq_guard_put(struct wq_buf *out, const struct wq_guard *guard);
void wq_guard_read(struct wq_cursor *c, struct wq_arena *arena, struct wq_guard *ret_guard);

#endif
