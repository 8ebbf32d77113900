/* The page detectors that share one shape (detect/portal, detect/quality, detect/front) as rows of one table. Private to
 * flow/inspect. A row's functions are those of its header, with the types taken away.
 */
#ifndef WQ_FLOW_INSPECT_PARTS_H
#define WQ_FLOW_INSPECT_PARTS_H

#include "flow/inspect/inspection.h"

enum { WQ_PARTS_MAX = 8, WQ_PART_FILES_MAX = 32 };

/* What a detector is told of a page. */
struct wq_part_page {
	const struct wq_subject *subject;
	const struct wq_document *document;
	bool home;
	struct wq_place place;
};

struct wq_part_file {
	wq_str name, bytes;
};

struct wq_part {
	unsigned check;         /* enum wq_inspect_check */
	const char *rules_file; /* below the rules; a folder when it ends with '/': every .txt of it */
	wq_err (*rules)(struct wq_arena *arena, const struct wq_part_file *files, size_t n, const void **ret_rules);
	wq_err (*site_new)(const void *rules, const struct wq_subject *subject, void **ret_site);
	void (*site_free)(void *site);
	wq_err (*open)(struct wq_arena *arena, const void *rules, const struct wq_part_page *page, void **ret_state);
	wq_html_fn token;
	wq_err (*close)(void *state, struct wq_findings *findings, void *site);
	/* A script file of the site, asked for by the page of `place`; NULL: scripts say nothing to it. */
	wq_err (*script)(struct wq_arena *arena, const void *rules, const struct wq_subject *subject,
		const struct wq_place *place, wq_str url, wq_str bytes, struct wq_findings *findings, void *site);
	/* What the walk measured for the official indicators; NULL: nothing. */
	void (*measure)(const void *site, struct wq_measures *measures);
	wq_err (*judge)(void *site, struct wq_arena *arena, struct wq_findings *findings);
};

extern const struct wq_part wq_parts[];
extern const size_t wq_parts_n; /* at most WQ_PARTS_MAX */

#endif
