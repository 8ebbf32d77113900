/* What differs between the sealed version and a proposed one. Both are views of bodies (vault/snapshot.h), whose entries
 * are in order of their keys, so one pass finds everything.
 */
#ifndef WQ_FLOW_DIFF_H
#define WQ_FLOW_DIFF_H

#include "vault/snapshot.h"

enum wq_change_kind { WQ_CHANGE_ADDED, WQ_CHANGE_CHANGED, WQ_CHANGE_GONE };

struct wq_change {
	enum wq_change_kind kind;
	wq_str key;
	const struct wq_entry *was, *is; /* NULL where there is none */
};

typedef wq_err (*wq_change_fn)(void *data, const struct wq_change *change);

/* Visits every difference. `base` may be NULL: then everything is added. Errors: WQ_E_FORMAT when a view breaks a bound,
 * the visitor's. */
wq_err wq_diff(const struct wq_snapshot *base, const struct wq_snapshot *proposed, wq_change_fn visit, void *data);
/* "added", "changed", "gone"; and for people. */
const char *wq_change_name(enum wq_change_kind kind);
const char *wq_change_title(enum wq_change_kind kind, enum wq_lang lang);
/* Whether two entries give a visitor the same response. */
bool wq_entry_same(const struct wq_entry *a, const struct wq_entry *b);

#endif
