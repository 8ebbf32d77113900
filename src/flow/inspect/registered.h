/* What the registry knows of an application, as the subject of an inspection. */
#ifndef WQ_FLOW_INSPECT_REGISTERED_H
#define WQ_FLOW_INSPECT_REGISTERED_H

#include "finding/subject.h"
#include "flow/workspace.h"

/* Unit, hosts, filings, what is inside and confirmed (profile, approvals of links that hold). Everything lives in `arena`. Errors: WQ_E_NOT_FOUND, those of the
 * ledger and of the profile. */
wq_err wq_inspect_registered(
	struct wq_workspace *workspace, wq_str app, struct wq_arena *arena, struct wq_subject *ret_subject);

#endif
