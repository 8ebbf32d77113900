/* The table of named character references (HTML Living Standard §13.5) and how a name is looked up.
 *
 * Sorted by bytes. 106 names exist without `;` as well (`&amp` for `&amp;`): a longest match decides between `&not` and
 * `&notin;`. Users call wq_html_decode (text/html.h).
 */
#ifndef WQ_TEXT_ENTITY_H
#define WQ_TEXT_ENTITY_H

#include "base/base.h"

enum { WQ_ENTITY_COUNT = 2231, WQ_ENTITY_NAME_MAX = 32 };

struct wq_entity {
	const char *name;   /* without `&`, with `;` where it has one */
	uint32_t points[2]; /* the second is 0 when there is one */
};

extern const struct wq_entity wq_entities[WQ_ENTITY_COUNT];

/* The longest name that `at` (what follows the `&`) begins with, or NULL. */
const struct wq_entity *wq_entity_find(wq_str at);

#endif
