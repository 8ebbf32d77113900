/* What the tool of a reviewer makes sure of before the person signs an approval.
 *
 * A person looks at pages; what is sealed is bytes: the forms that are sent (gzip and brotli as well), headers, hosts.
 * Whoever prepared the release could have shown one thing and put another into it. Here everything that would be sealed is
 * compared with what can be shown: the body is the statement's; every pack is the one of its name, every object the one of
 * its digest; every encoded form (gzip, brotli) gives exactly the bytes that are shown; the policy can be read, and pages were
 * transformed only in ways that it has; every address of the link table stands under its own id; nothing stands in the body that the review does
 * not show; the statement's counts are true against the sealed version that it names. Clause 2024 art. 13.
 *
 * Each pack is read once into memory of our own and believed only there: at most three of them are held. Bad at: bodies
 * whose encoded forms lie far from their identity forms (a pack may then be read several times).
 */
#ifndef WQ_FLOW_VERIFY_H
#define WQ_FLOW_VERIFY_H

#include "flow/workspace.h"

struct wq_verified {
	uint64_t entries, packs, gzip_forms, brotli_forms;
	uint64_t bytes; /* of packs that were read */
};

/* `release` as the ledger has it. `ret_verified` may be NULL. Errors: WQ_E_ALTERED naming the pack or the key,
 * WQ_E_NOT_FOUND (a pack), WQ_E_STATE when the release does not build on what is sealed now, WQ_E_FORMAT. */
wq_err wq_release_verify(
	struct wq_workspace *workspace, const struct wq_release_row *release, struct wq_verified *ret_verified);

#endif
