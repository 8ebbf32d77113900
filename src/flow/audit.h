/* Looking after what is kept: every pack and snapshot against its name, its digest and the ledger; and putting back from a
 * backup or another machine's shelf what was altered or lost.
 *
 * A pack is right when its bytes have its name; a snapshot when its head is the one that the ledger has of that serial, with
 * the body of its root, and (where keys are given) with the signature of one of them. What a kept snapshot or an open release
 * names has to be there. Repair copies into memory, checks the copy by the same rules, and only then puts it in
 * place: a backup need not be trusted. Clauses C1, E6.
 */
#ifndef WQ_FLOW_AUDIT_H
#define WQ_FLOW_AUDIT_H

#include "flow/workspace.h"

enum wq_audited { WQ_AUDITED_SNAPSHOT, WQ_AUDITED_BODY, WQ_AUDITED_PACK };

struct wq_audit_options {
	const wq_sm2_public *keys; /* of weique-sign, the present one and those before it */
	size_t keys_n;             /* 0: signatures are not checked */
	const char *from; /* repair from here: a state directory, a shelf, or a folder of packs; NULL: only look */
	wq_str actor;     /* of the event vault.repaired */
	/* Each thing that is not right: what is wrong, and whether it was put right. May be NULL. */
	void (*wrong)(void *data, enum wq_audited kind, const char *path, wq_err what, bool repaired);
	void (*progress)(void *data, uint64_t bytes); /* may be NULL */
	void *data;
};

struct wq_audit_result {
	uint64_t packs, snapshots, bodies, bytes; /* looked at */
	uint64_t wrong, repaired;
	uint64_t unknown; /* snapshots that the ledger does not know */
};

/* WQ_OK also when something is wrong: the result says it. Errors: WQ_E_IO of the folders themselves, WQ_E_LIMIT. */
wq_err wq_audit(
	struct wq_workspace *workspace, const struct wq_audit_options *options, struct wq_audit_result *ret_result);

#endif
