/* Changes with one cause: what two changed pages have in common when the same thing happened to both.
 *
 * The signature of a changed page is a digest over *what* was removed and added (each run of the source's pieces, both
 * sides together, as often as it occurs), the status, type and headers before and after; not over where. So in a group
 * exactly these pieces were taken away and exactly these were put in, in every page of it: whoever has read one has
 * read what changed in all, and a page to which anything more happened is in no group with them. SM3 is collision-resistant,
 * so nobody can write a change that hides behind another one. Added and gone resources, and what is no text, are
 * alike when their bytes are. Clause B1.
 * Bad at: the place. The same sentence put in at another place of a page is the same change.
 */
#ifndef WQ_FLOW_GROUP_H
#define WQ_FLOW_GROUP_H

#include "base/arena.h"
#include "flow/diff.h"

/* The two sides' bytes; of a side that is not there, or that is not compared as text, empty. */
struct wq_group_sides {
	wq_str was, is;
	bool compared; /* both are there and are text */
};

/* Errors: WQ_E_LIMIT, WQ_E_NO_MEMORY. `scratch` is used, not reset. */
wq_err wq_group_signature(struct wq_arena *scratch, const uint64_t secret[2], const struct wq_change *change,
	const struct wq_group_sides *sides, wq_digest *ret_signature);

#endif
