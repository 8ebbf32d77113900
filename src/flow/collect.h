/* Making room: which sealed versions are kept, and taking away what none of them needs.
 *
 * Kept are, of every application, the snapshots of its last `keep` sealed releases (the ledger says which they are, not the
 * names on the shelf), with their bodies; the bodies of open releases; what the ledger does not know of (a seal that was
 * signed and not recorded yet); and every pack that one of these names. What is younger than the grace time is kept too.
 * Everything else goes: snapshots first, then bodies, then packs, so that after a crash at any step nothing that is kept
 * lacks a pack, and the next run takes away the rest. A kept file that cannot be read ends it before anything is removed:
 * what it needs is unknown.
 *
 * Captures and rollbacks make packs and name old ones: they hold the vault (wq_collect_hold) from before they read what is sealed
 * until their release stands in the ledger; collecting holds it alone, and is WQ_E_BUSY meanwhile. weique-sign, weique-vault
 * and gates are not stopped: they use what is sealed last, which is always kept. Clause B1 (what was decided stays in
 * the ledger, with its digests), C4.
 */
#ifndef WQ_FLOW_COLLECT_H
#define WQ_FLOW_COLLECT_H

#include "flow/workspace.h"

/* With `alone`, WQ_E_BUSY when somebody else has it; without, it waits for who has it alone. wq_file_close() lets it go. */
wq_err wq_collect_hold(struct wq_workspace *workspace, bool alone, int *ret_fd);

enum wq_collected {
	WQ_COLLECTED_SNAPSHOT,
	WQ_COLLECTED_BODY,
	WQ_COLLECTED_PACK,
	WQ_COLLECTED_TEMPORARY,
	WQ_COLLECTED_KINDS
};
/* "snapshot", "body", "pack", "temporary". */
const char *wq_collected_name(enum wq_collected kind);

struct wq_collect_options {
	size_t keep; /* at least 1 */
	uint64_t grace_msec;
	bool dry_run;
	wq_str actor;
	void (*visit)(
		void *data, enum wq_collected kind, const char *path, uint64_t bytes); /* before it goes; may be NULL */
	void *data;
};

struct wq_collect_result {
	uint64_t removed[WQ_COLLECTED_KINDS], removed_bytes[WQ_COLLECTED_KINDS]; /* dry_run: what would be */
	uint64_t kept[WQ_COLLECTED_KINDS], kept_bytes[WQ_COLLECTED_KINDS];
};

/* The event vault.collected says what goes, before it goes. Errors: WQ_E_BUSY, WQ_E_INPUT (keep is 0), WQ_E_FORMAT or
 * WQ_E_ALTERED of a kept file, WQ_E_IO. */
wq_err wq_collect(
	struct wq_workspace *workspace, const struct wq_collect_options *options, struct wq_collect_result *ret_result);

#endif
