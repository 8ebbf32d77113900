/* What the registry knows of an application, as the subject of an inspection. */
#ifndef WQ_FLOW_INSPECT_REGISTERED_H
#define WQ_FLOW_INSPECT_REGISTERED_H

#include "finding/subject.h"
#include "flow/inspect/network.h"
#include "flow/workspace.h"

/* Unit, hosts, filings, what is inside and confirmed (profile, approvals of links that hold). Everything lives in `arena`. Errors: WQ_E_NOT_FOUND, those of the
 * ledger and of the profile. */
wq_err wq_inspect_registered(
	struct wq_workspace *workspace, wq_str app, struct wq_arena *arena, struct wq_subject *ret_subject);
/* What is to be known of its names: whether it is closed, its origin, the portals of its unit. Only these members are set. Errors as above. */
wq_err wq_inspect_registered_names(
	struct wq_workspace *workspace, wq_str app, struct wq_arena *arena, struct wq_inspect_names *names);

/* Id, unit's name, hosts and identifiers of every application that is not closed. Errors as above. */
wq_err wq_inspect_registered_all(
	struct wq_workspace *workspace, struct wq_arena *arena, const struct wq_subject **ret_subjects, size_t *ret_n);

#endif
