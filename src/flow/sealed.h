/* The sealed version of an application and proposed bodies, opened from disk for comparing. The copy in memory is
 * verified against the ledger before anything is believed.
 */
#ifndef WQ_FLOW_SEALED_H
#define WQ_FLOW_SEALED_H

#include "flow/workspace.h"
#include "vault/snapshot.h"

struct wq_sealed_view {
	struct wq_buf bytes; /* owns the memory that `snapshot` views */
	struct wq_snapshot snapshot;
	wq_digest digest; /* of the head; zero for a body */
};

/* The last sealed version. WQ_E_NOT_FOUND when there is none yet; WQ_E_ALTERED when the file is not what was sealed. */
wq_err wq_sealed_open(struct wq_workspace *workspace, wq_str app, struct wq_sealed_view *ret_view);
/* The body of a release, proposed or sealed. */
wq_err wq_sealed_open_body(
	struct wq_workspace *workspace, const struct wq_release_row *release, struct wq_sealed_view *ret_view);
/* The version that a release builds on, by the digest that its statement names. Requires: base_serial is not 0. WQ_E_NOT_FOUND when
 * it is no longer kept. */
wq_err wq_sealed_open_base(
	struct wq_workspace *workspace, const struct wq_release_row *release, struct wq_sealed_view *ret_view);
/* What a release would have served: its body, or, when that is no longer kept, the snapshot that was sealed from it. WQ_E_NOT_FOUND
 * when neither is there. */
wq_err wq_sealed_open_release(
	struct wq_workspace *workspace, const struct wq_release_row *release, struct wq_sealed_view *ret_view);
void wq_sealed_close(struct wq_sealed_view *view);

#endif
