/* The official indicators of one inspection: what was measured, put into the inspectors' arithmetic (detect/indicator). Private to
 * flow/inspect.
 *
 * Invariants: a measure is set only when the check that could tell it ran over the site; what was not looked at stays open and is
 * the range of the score, never a guess.
 */
#ifndef WQ_FLOW_INSPECT_SCORE_H
#define WQ_FLOW_INSPECT_SCORE_H

#include "flow/inspect/inspection.h"

/* Counted during the walk. */
struct wq_score_counts {
	uint64_t home_links, other_links; /* broken targets by where they stand */
};

/* Sets the measures that findings and counts tell; those that `measures` has already stay. */
void wq_score_measure(
	const struct wq_inspect_result *result, const struct wq_score_counts *counts, struct wq_measures *measures);
/* Judges. What is returned lives in `arena`. Errors: WQ_E_NO_MEMORY. */
wq_err wq_score_judge(struct wq_arena *arena, const struct wq_indicator_rules *rules,
	const struct wq_measures *measures, const struct wq_subject *subject, struct wq_inspect_score *ret_score);

#endif
