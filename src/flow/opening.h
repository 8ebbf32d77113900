/* Opening an application by the rules of the day: what speaks against it, by clause, and what to do about it.
 *
 * Rules: rules/suffix.conf (whose suffix, text/host.h) and rules/units.conf (how many portals and domains, which approvals,
 * ledger/unit_rules.h). What a clause only says "in principle" may be set aside with a reason, which stands in the event.
 * Nothing is asked of the outside: whether a name is registered, the inspector sees. Clauses A1, A2, A3, A4, F1; 2024 art. 4,
 * 5, 12, 31, 40.
 */
#ifndef WQ_FLOW_OPENING_H
#define WQ_FLOW_OPENING_H

#include "flow/workspace.h"
#include "ledger/approval.h"
#include "ledger/unit_rules.h"

enum { WQ_REMARKS_MAX = 32 };

struct wq_remark {
	wq_str clause;     /* "2024 art. 5" */
	bool in_principle; /* may be set aside with a reason */
	wq_str zh, en;     /* what is wrong, and the next step */
};

struct wq_remarks {
	struct wq_remark list[WQ_REMARKS_MAX];
	size_t n;
};

/* What speaks against this application as it would be registered: its unit, the number of portals, its domains and their
 * suffixes today. With `opening` also what has to be on record before it is opened: purpose, responsible leader, filing. Texts
 * live in the workspace's arena. Errors: those of the rules' files. */
wq_err wq_opening_check(
	struct wq_workspace *workspace, const struct wq_app_row *app, bool opening, struct wq_remarks *ret_remarks);
/* WQ_OK when nothing speaks against it, or only what `despite` (may be empty) sets aside; else WQ_E_DENIED with the first one. */
wq_err wq_opening_judge(const struct wq_remarks *remarks, wq_str despite);

/* The procedure of a subject for an application (its unit's kind, today); of no application (empty id): of any kind that demands the
 * most, which is an organ's. WQ_E_NOT_FOUND when there is none. */
wq_err wq_opening_rule(struct wq_workspace *workspace, wq_str subject, wq_str app, struct wq_approval_rule *ret_rule);

/* Registers, or changes, after the check. A change of unit or hosts of what was reviewed needs an approval of subject app.change
 * where that is demanded. Errors: those of judge and of ledger/registry.h, WQ_E_UNAPPROVED. */
wq_err wq_opening_register(struct wq_workspace *workspace, const struct wq_app_row *app, wq_str despite, wq_str actor);
wq_err wq_opening_change(struct wq_workspace *workspace, const struct wq_app_row *app, wq_str despite, wq_str actor);
/* Closes it; WQ_E_UNAPPROVED without the approval app.closing where that is demanded. */
wq_err wq_opening_close(struct wq_workspace *workspace, wq_str app, wq_str reason, wq_str actor);

/* Whether a release of this application may be sealed that has so many pages: it is not closed, or the release has none, as the
 * one that ends serving it (flow/capture.h); and, unless one was sealed before or the setting
 * opening.required is off, an opening approval stands where one is demanded. WQ_E_UNAPPROVED, WQ_E_STATE. */
wq_err wq_opening_permits(struct wq_workspace *workspace, wq_str app, uint64_t pages);

#endif
