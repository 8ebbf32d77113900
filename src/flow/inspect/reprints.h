/* Reprints of the walked pages against what they name as their source: the link is fetched, by the rules of the walk, and its text
 * compared (B4). Private to flow/inspect.
 *
 * Invariants: a bounded number, in a bounded time; what was not looked at is said. A link to a site's home page names no text and is
 * not compared; a source outside that cannot be opened is left to the look over days (inspect/site), unless verdicts are
 * asked for at once. Bad at: sources whose text only scripts write.
 */
#ifndef WQ_FLOW_INSPECT_REPRINTS_H
#define WQ_FLOW_INSPECT_REPRINTS_H

#include "detect/quality/quality.h"
#include "flow/inspect/facts.h"

enum { WQ_REPRINTS_MAX = 100, WQ_REPRINTS_MSEC = 300000 };

struct wq_reprints {
	struct {
		wq_str page;
		struct wq_quality_reprint what;
	} items[WQ_REPRINTS_MAX];
	size_t n;
	uint64_t left_out;
};

/* Keeps a copy in `arena`. Errors: WQ_E_NO_MEMORY. */
wq_err wq_reprints_add(
	struct wq_reprints *reprints, struct wq_arena *arena, wq_str page, const struct wq_quality_reprint *what);

/* Fetches and compares. What no time was left for counts as left out. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT, WQ_E_IO, those of
 * wq_findings_add. */
wq_err wq_reprints_look(struct wq_reprints *reprints, const struct wq_quality_rules *rules,
	const struct wq_facts *facts, const struct wq_inspect_options *options, struct wq_arena *arena,
	struct wq_findings *findings);

#endif
