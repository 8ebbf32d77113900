/* Going back: a new release whose content is that of an earlier sealed version, byte for byte, on the version that is sealed now.
 *
 * It is a release like any other: people look at what it changes, decide, and it gets a new serial when it is sealed; nothing
 * that was served comes back without them. What it needs are the snapshot of that serial and its packs; both are checked
 * against the ledger and the body before anything is proposed. What differs from the present version is checked again (flow/check.h):
 * rules may be newer than what was sealed. Clauses B1, C1, C4.
 */
#ifndef WQ_FLOW_ROLLBACK_H
#define WQ_FLOW_ROLLBACK_H

#include "flow/workspace.h"

struct wq_rollback_options {
	wq_str app, author, reason; /* `reason` may be empty; it stands in the event release.rollback */
	uint64_t serial;
};

struct wq_rollback_result {
	wq_str release; /* in the workspace's arena */
	bool again;     /* it is proposed already */
	uint64_t added, changed, gone, findings;
};

/* Errors: WQ_E_NOT_FOUND (that serial was never sealed, or is no longer kept, or a pack of it is gone: the note says which),
 * WQ_E_ALTERED, WQ_E_STATE when it is what is sealed now, or when the application's hosts have changed since. */
wq_err wq_rollback(struct wq_workspace *workspace, const struct wq_rollback_options *options,
	struct wq_rollback_result *ret_result);

#endif
