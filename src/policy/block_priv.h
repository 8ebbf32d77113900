/* What the writer and the reader of blocks share: the order of each list and the invariants of policy.h. */
#ifndef WQ_POLICY_BLOCK_PRIV_H
#define WQ_POLICY_BLOCK_PRIV_H

#include "policy/policy.h"

/* The canonical orders; 0 only for what may not stand twice. */
int wq_path_rule_cmp(const void *a, const void *b);
int wq_network_cmp(const void *a, const void *b);
int wq_policy_str_cmp(const void *a, const void *b);
int wq_volatile_rule_cmp(const void *a, const void *b);

/* Everything that policy.h promises, order included. WQ_E_INPUT naming the place, WQ_E_LIMIT. */
wq_err wq_policy_check(const struct wq_policy *policy);
/* Whether it is what an empty block stands for. */
bool wq_policy_is_default(const struct wq_policy *policy);

#endif
