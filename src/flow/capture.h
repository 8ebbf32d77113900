/* Capture: looks at an application's origin, compares with what is sealed, and makes a release of what differs.
 *
 * Steps, one file each: the policy of today (capture_policy.c: profile, suffixes, what is sealed); a walk over the origin into
 * the journal (capture_walk.c), which goes on where an earlier one was cut off; a second look at what is new or changed,
 * from which volatile regions are learnt (capture_learn.c); then each resource (capture_page.c): what is the same but for its
 * volatile regions stays exactly as it is sealed, anything else is cut, transformed (flow/transform.h), checked and
 * stored (capture_store.c); the proposed body (capture_propose.c); release.created with findings and change.found events in
 * one ledger commit (capture_record.c). A directory has no journal and no second look.
 *
 * Nothing is served by it: that needs decisions and the seal. When something is sealed already, every difference is a
 * change.found event with its severity (`changes` below): an unapproved change, by whomever; once, not again while a
 * release that has it is open. When nothing differs there is no release; when an open release proposes the same on the
 * same ground, that one is named again.
 */
#ifndef WQ_FLOW_CAPTURE_H
#define WQ_FLOW_CAPTURE_H

#include "finding/finding.h"
#include "flow/site.h"
#include "flow/workspace.h"

enum { WQ_CAPTURE_ENTRIES_MAX = 4000000, WQ_CAPTURE_FINDINGS_MAX = 10000, WQ_CAPTURE_EVENTS_MAX = 1000 };

/* Where a capture is. */
enum wq_capture_phase { WQ_CAPTURE_WALK, WQ_CAPTURE_SECOND, WQ_CAPTURE_PAGES };
struct wq_capture_progress {
	enum wq_capture_phase phase;
	uint64_t done,
		known; /* resources of this phase; known: how many there will be as far as is known, 0: unknown */
	uint64_t bytes;
};

struct wq_capture_options {
	wq_str author;               /* who proposes it: may not approve */
	struct wq_site_options site; /* settings, allow_private, skipped */
	bool fresh;                  /* forget what a capture that was cut off had read */
	/* Called for every resource and at least every second; may be NULL. False ends the capture (WQ_E_INTERRUPTED); what it
	 * read is kept for the next. */
	bool (*progress)(void *data, const struct wq_capture_progress *progress);
	void *progress_data;
};

struct wq_capture_result {
	wq_str release; /* its id; empty when nothing differs */
	uint64_t resources, bytes;
	uint64_t added, changed, gone, same;
	bool policy;                      /* the policy differs from the sealed one */
	bool again;                       /* `release` was proposed before, with the same bytes, and is still open */
	uint64_t unknown;                 /* could not be looked at: stay as sealed */
	uint64_t recalled;                /* were read by a capture that was cut off */
	uint64_t volatile_rules;          /* learnt, and not approved yet */
	uint64_t findings, findings_high; /* of severity high and above */
	enum wq_severity worst;
	/* What differs from the sealed version, by the severity of its event: of a changed resource that of the change (rules
	 * change.*), of a new one the worst of its findings, at least low. Changes that an open release had before count. */
	uint64_t changes[WQ_SEVERITY_COUNT];
};

/* Errors: those of the site, the profile, the vault and the ledger; WQ_E_NOT_FOUND when the origin is empty (a site that
 * vanished is never proposed as a release of nothing); WQ_E_STATE when the application is closed; WQ_E_BUSY when another
 * capture by HTTP runs; WQ_E_INTERRUPTED. */
wq_err wq_capture(struct wq_workspace *workspace, const struct wq_app_row *app,
	const struct wq_capture_options *options, struct wq_capture_result *ret_result);

/* A release of the sealed pages under today's policy; the origin is not asked. Errors: WQ_E_NOT_FOUND when nothing is
 * sealed; WQ_E_STATE when pages have to be made anew (other prompts, footer, CSP or volatile regions): capture. Of a closed
 * application only a policy that closes every path, in a release without a page; WQ_E_STATE for any other. */
wq_err wq_capture_policy(struct wq_workspace *workspace, const struct wq_app_row *app,
	const struct wq_capture_options *options, struct wq_capture_result *ret_result);

#endif
