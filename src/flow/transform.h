/* What is done to a captured resource before it is sealed: leave-site prompts (B6), a missing mark and footer (A6), a
 * Content-Security-Policy from the page itself. Deterministic: equal resources under equal policies give equal bytes.
 *
 * The ids that pages call collect in a table of links, which becomes part of the body. Bad at: documents in UTF-16, which
 * stay as they are (transforms 0).
 */
#ifndef WQ_FLOW_TRANSFORM_H
#define WQ_FLOW_TRANSFORM_H

#include "base/clock.h"
#include "flow/site.h"
#include "policy/policy.h"
#include "vault/snapshot.h"

enum { WQ_TRANSFORM_LINKS_MAX = 2000000 };

struct wq_transform;

struct wq_transform_options { /* borrowed */
	const struct wq_policy *policy;
	const wq_str *hosts;
	size_t hosts_n;
	const struct wq_random *random;
	/* A form that posts to a place outside; may be NULL. */
	void (*on_form)(void *data, wq_str key, wq_str address, uint64_t line);
	void *data;
};

/* Slices live until the next call with the same transform. */
struct wq_transformed {
	wq_str body, headers;
	unsigned transforms; /* flags of policy/rewrite.h; 0: the body is what was given */
	bool csp_too_long;   /* the page names too many sources: it gets no policy */
};

/* Errors: WQ_E_NO_MEMORY. */
wq_err wq_transform_new(const struct wq_transform_options *options, struct wq_transform **ret_transform);
/* Accepts NULL. */
void wq_transform_free(struct wq_transform **transform);

/* `body` instead of the item's own: without the volatile regions that are removed. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT (links,
 * sizes). */
wq_err wq_transform_item(
	struct wq_transform *transform, const struct wq_site_item *item, wq_str body, struct wq_transformed *ret);
/* The headers as they would be sealed, but for the Content-Security-Policy. */
wq_err wq_transform_headers(struct wq_transform *transform, const struct wq_site_item *item, wq_str *ret_headers);
/* Whether two header blocks are the same but for a Content-Security-Policy. */
bool wq_headers_same(wq_str a, wq_str b);

/* Keeps the links that `text` (of a page, or headers) calls by id and `sealed` knows. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT. */
wq_err wq_transform_keep(struct wq_transform *transform, const struct wq_snapshot *sealed, wq_str text);
/* The other way round: each id that is known, here or in `sealed` (may be NULL), becomes the address again, escaped for an
 * attribute. Appends to `out`. */
wq_err wq_transform_undo(
	struct wq_transform *transform, const struct wq_snapshot *sealed, wq_str text, struct wq_buf *out);
/* The table; lives until the next call. Errors: WQ_E_NO_MEMORY. */
wq_err wq_transform_links(struct wq_transform *transform, const struct wq_link_new **ret_links, size_t *ret_n);

#endif
