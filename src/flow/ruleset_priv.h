/* What taking rule sets in and keeping them share: their digest and the names that may stand in them. Private to flow/. */
#ifndef WQ_FLOW_RULESET_PRIV_H
#define WQ_FLOW_RULESET_PRIV_H

#include "flow/ruleset.h"

/* SM3 over a domain word and each file's name and text, with their lengths. Requires: sorted by name. */
wq_digest wq_ruleset_digest(const struct wq_ruleset_file *files, size_t n);
/* Whether it can stand below a set's folder: parts of letters, digits, ".", "_", "+", "-", none beginning with a dot, at most three. */
bool wq_ruleset_name_fits(wq_str name);

#endif
