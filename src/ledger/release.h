/* Releases: what was proposed, who decided what, what was sealed. State made from the events
 *
 *     release.created   statement            -> open
 *     release.decided   decision, signature  -> open | rejected (one rejection is enough)
 *     release.sealed    head, signature      open or rejected -> sealed; other open releases of the application -> superseded
 *     finding.raised    one finding, when it is new
 *
 * The tables are projections: what they say can always be made again from the ledger, and weique-sign does not believe
 * them but the signed decisions (ledger/trust.h). Clauses B1; 2024 art. 13.
 */
#ifndef WQ_LEDGER_RELEASE_H
#define WQ_LEDGER_RELEASE_H

#include "finding/finding.h"
#include "ledger/registry.h"

enum wq_release_state { WQ_RELEASE_OPEN, WQ_RELEASE_REJECTED, WQ_RELEASE_SEALED, WQ_RELEASE_SUPERSEDED };

struct wq_release_row {
	wq_str id;
	enum wq_release_state state;
	wq_str statement;         /* canonical */
	struct wq_statement said; /* decoded; slices in `statement` */
	uint64_t serial;          /* when sealed */
	wq_digest snapshot;
	wq_str deciding_event; /* canonical bytes of the last release.decided; empty before */
	uint64_t seq;
};

struct wq_decision_row {
	struct wq_signed_decision proof;
	struct wq_decision said;
	uint64_t seq;
};

/* All projections of the ledger of one installation: give them to wq_ledger_open(). */
extern const struct wq_projections wq_release_projections;

/* "open", "rejected", "sealed", "superseded"; with a language for people. */
const char *wq_release_state_name(enum wq_release_state state);
const char *wq_release_state_title(enum wq_release_state state, enum wq_lang lang);

/* Adds release.created to an append that was begun (wq_ledger_begin). */
wq_err wq_release_add(struct wq_ledger *ledger, const struct wq_statement *statement, struct wq_arena *arena);
/* Adds finding.raised for a release. */
wq_err wq_release_add_finding(
	struct wq_ledger *ledger, wq_str app, wq_str release, const struct wq_finding *finding, struct wq_arena *arena);
/* Records a signed decision. The author may reject (take it back), never approve. Errors: WQ_E_STATE when the release is
 * not open, WQ_E_EXISTS when this person has decided, WQ_E_SELF_REVIEW, WQ_E_DENIED for somebody who is no reviewer (one
 * such decision would keep weique-sign from sealing), WQ_E_SIGNATURE when it is not signed by the registered key or about
 * another statement. */
wq_err wq_release_decide(struct wq_ledger *ledger, const struct wq_signed_decision *decision, struct wq_arena *arena);
/* Records that a snapshot was sealed; the same one again is WQ_OK and records nothing. What weique-sign has signed is a
 * fact: a rejection that came in between does not keep it out of the ledger. The signature is the caller's to check.
 * Errors: WQ_E_STATE when another snapshot was sealed from this release, or it was superseded. */
struct wq_sealed {
	wq_str release, actor;
	uint64_t serial;
	wq_str head; /* canonical; its SM3 names the snapshot */
	wq_sm2_sig sig;
};
wq_err wq_release_record_sealed(struct wq_ledger *ledger, const struct wq_sealed *sealed, struct wq_arena *arena);

/* Look-ups; results live in `arena`. Errors: WQ_E_NOT_FOUND. */
wq_err wq_release_find(struct wq_ledger *ledger, wq_str id, struct wq_arena *arena, struct wq_release_row *ret_release);
/* Newest first; of one application unless `app` is empty. */
wq_err wq_release_list(struct wq_ledger *ledger, wq_str app, size_t limit, struct wq_arena *arena,
	struct wq_release_row **ret_releases, size_t *ret_n);
/* The release that was sealed last for an application, as a list of one or none. */
wq_err wq_release_last_sealed(struct wq_ledger *ledger, wq_str app, struct wq_arena *arena,
	struct wq_release_row **ret_releases, size_t *ret_n);
wq_err wq_release_decisions(struct wq_ledger *ledger, wq_str release, struct wq_arena *arena,
	struct wq_decision_row **ret_decisions, size_t *ret_n);
/* The findings of a release, as the JSON they were raised with. */
wq_err wq_release_findings(struct wq_ledger *ledger, wq_str release, size_t limit, struct wq_arena *arena,
	wq_str **ret_findings, size_t *ret_n);
/* Whether a finding with this identity was raised before for this application. */
wq_err wq_release_finding_known(
	struct wq_ledger *ledger, wq_str app, const struct wq_finding *finding, bool *ret_known);

#endif
