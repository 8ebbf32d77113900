/* Deciding on a release and sealing it, as the command line and later the control plane do it.
 *
 * approve and reject: a decision over the release's statement, signed with the person's own key, recorded in the ledger.
 * seal: statement, decisions and body go to weique-sign, which checks them again by itself and signs; the snapshot is
 * published for the vault, release.sealed is recorded and the ledger gets a signed head. Every step may be repeated after
 * a crash: the same signature comes back, the same snapshot is published, an event that stands is not added twice.
 */
#ifndef WQ_FLOW_DECIDE_H
#define WQ_FLOW_DECIDE_H

#include "flow/workspace.h"

struct wq_decide_options {
	wq_str release, person, stage, comment;
	enum wq_verdict verdict;
	bool accept_findings; /* says yes to findings of severity high and critical, which needs a comment */
	bool demonstration;   /* the key came from the state directory: marked so in the decision */
};

/* An approval is signed only after wq_release_verify(). Where the release has findings of severity high or critical, it takes
 * `accept_findings` and a comment, else WQ_E_DENIED; how many they are and the SM3 over their sorted identities become part
 * of the comment, and so of what is signed (B2, 2024 art. 13). Errors: those of both and of wq_release_decide(); WQ_E_KEY when
 * `key` is not the person's registered one. */
wq_err wq_decide(struct wq_workspace *workspace, const struct wq_decide_options *options, const struct wq_sm2_key *key);

/* The findings that have to be accepted, in `arena`. */
wq_err wq_findings_serious(struct wq_workspace *workspace, wq_str release, struct wq_arena *arena,
	struct wq_finding **ret_findings, size_t *ret_n);

struct wq_seal_result {
	uint64_t serial;
	wq_digest snapshot;
	bool again; /* it was sealed before */
};
/* Errors: those of weique-sign (WQ_E_UNAPPROVED and so on), WQ_E_ALTERED when the body on disk is another one,
 * WQ_E_PEER when the answer is not about this release. */
wq_err wq_seal(struct wq_workspace *workspace, wq_str release, wq_str actor, struct wq_seal_result *ret_result);

#endif
