/* Findings of a whole inspection, grouped: one group for each rule and subject, with the places it was found at. Private to
 * flow/inspect.
 *
 * Invariants: a page counts once in a group, wherever in the walk its findings come, as long as those of a page come together;
 * the first WQ_INSPECT_GROUP_PLACES places of a group are kept, the rest is counted; memory is bounded by the limits of
 * inspection.h and the arena. What does not fit is `dropped`, and still counts in `worst`.
 */
#ifndef WQ_FLOW_INSPECT_TALLY_H
#define WQ_FLOW_INSPECT_TALLY_H

#include "base/map.h"
#include "flow/inspect/inspection.h"

struct wq_tally_group;

struct wq_tally {
	struct wq_arena *arena;
	struct wq_map map; /* rule, subject -> group */
	struct wq_tally_group *first, *last;
	wq_str page; /* of the finding before, kept once */
	struct wq_tally_group *latest;
	size_t groups_max, places_max;
	uint64_t places, kept, dropped;
	enum wq_severity worst;
};

/* `arena` outlives it and holds everything. */
void wq_tally_init(struct wq_tally *tally, struct wq_arena *arena, const struct wq_random *random);
void wq_tally_done(struct wq_tally *tally);

/* Copies one finding. Errors: those of wq_finding_check, WQ_E_NO_MEMORY, WQ_E_LIMIT of the arena. */
wq_err wq_tally_add(struct wq_tally *tally, const struct wq_finding *finding);
/* Whether a group of that rule and subject is there. */
bool wq_tally_has(const struct wq_tally *tally, const struct wq_finding *finding);
/* The group of the finding that was added last has at least so many places: more of them were seen than are handed over. */
void wq_tally_at_least(struct wq_tally *tally, uint64_t places);
/* wq_tally_add() for all of a collector; what that one dropped counts as dropped here. */
wq_err wq_tally_add_all(struct wq_tally *tally, const struct wq_findings *findings);

/* Groups, places and counts into the result: by severity, highest first, then by rule, number of pages, first place. */
wq_err wq_tally_result(const struct wq_tally *tally, struct wq_inspect_result *result);

#endif
