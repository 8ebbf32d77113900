/* Files that nobody links to and a server may still give out, asked for by name on the hosts of the starts. For sites of one's own
 * alone: whoever asks for the check says so. One question after the other, with the delay of the walk; a server that answers anything
 * with what such a file looks like, and one that goes silent, are left alone. Private to flow/inspect. Clauses C5, C19.
 */
#ifndef WQ_FLOW_INSPECT_LEFTOVERS_H
#define WQ_FLOW_INSPECT_LEFTOVERS_H

#include "detect/front/front.h"
#include "flow/inspect/facts.h"

/* Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT, WQ_E_IO, those of wq_findings_add. */
wq_err wq_leftovers_look(const struct wq_front_rules *rules, const struct wq_facts *facts,
	const struct wq_inspect_options *options, struct wq_arena *arena, struct wq_findings *findings);

#endif
