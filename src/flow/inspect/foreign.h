/* Home pages of a host that is not registered, with identifiers of an application that is: somebody else's mark, filing or site code
 * on a foreign host is a proof of its own (E5). Private to flow/inspect.
 *
 * Invariants: says nothing of registered hosts, of names below a suffix reserved to organs (nobody else can have one; a sister site
 * may bear the unit's ICP number) and of addresses (trials). Only home pages are read.
 */
#ifndef WQ_FLOW_INSPECT_FOREIGN_H
#define WQ_FLOW_INSPECT_FOREIGN_H

#include "flow/inspect/inspection.h"

/* `subject` is who is inspected, as far as that is known. One finding for each application whose identifiers stand there. Errors:
 * WQ_E_NO_MEMORY, WQ_E_LIMIT, those of wq_findings_add. */
wq_err wq_foreign_judge(const struct wq_inspect_options *options, const struct wq_subject *subject,
	struct wq_arena *arena, const struct wq_document *home, struct wq_findings *findings);

#endif
