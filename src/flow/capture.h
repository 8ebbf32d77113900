/* Capture: looks at an application's origin, compares with what is sealed, and makes a release of what differs.
 *
 * Steps: visit the site (flow/site.h), check what is new or changed (detectors), write new objects into packs, build the
 * proposed body, and append release.created with its findings in one ledger commit. Nothing is served by it: that
 * needs decisions and the seal. What is equal to the sealed version is not stored again. When something is sealed
 * already, every difference is also a change.found event: an unapproved change, by whomever. When nothing differs, there
 * is no release; when an open release proposes the very same bytes on the same ground, that one is named again.
 */
#ifndef WQ_FLOW_CAPTURE_H
#define WQ_FLOW_CAPTURE_H

#include "finding/finding.h"
#include "flow/site.h"
#include "flow/workspace.h"

enum { WQ_CAPTURE_ENTRIES_MAX = 4000000, WQ_CAPTURE_FINDINGS_MAX = 10000, WQ_CAPTURE_EVENTS_MAX = 1000 };

struct wq_capture_options {
	wq_str author; /* who proposes it: may not approve */
	struct wq_site_options site;
	/* Progress: called for every resource; may be NULL. */
	void (*progress)(void *data, uint64_t resources, uint64_t bytes);
	void *progress_data;
};

struct wq_capture_result {
	wq_str release; /* its id; empty when nothing differs */
	uint64_t resources, bytes;
	uint64_t added, changed, gone, same;
	bool again;                       /* `release` was proposed before, with the same bytes, and is still open */
	uint64_t unknown;                 /* could not be looked at: stay as sealed */
	uint64_t findings, findings_high; /* of severity high and above */
	enum wq_severity worst;
};

/* Errors: those of the site, the vault and the ledger; WQ_E_NOT_FOUND when the origin is empty (a site that vanished is
 * never proposed as a release of nothing). */
wq_err wq_capture(struct wq_workspace *workspace, const struct wq_app_row *app,
	const struct wq_capture_options *options, struct wq_capture_result *ret_result);

#endif
