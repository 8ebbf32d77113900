/* What a page of somebody else says about us: its identifiers first, then its likeness, then its name.
 *
 * Bytes in, findings out: fake.identifier, fake.page, fake.name (and fake.image for an image). On one's own hosts nothing is said. A
 * page that only quotes a number, such as a list of all sites of a region, is reported as well: a person looks. Clauses E5, A6.
 */
#ifndef WQ_DETECT_LIKENESS_JUDGE_H
#define WQ_DETECT_LIKENESS_JUDGE_H

#include "detect/likeness/index.h"
#include "detect/likeness/names.h"

struct wq_likeness_judgement {
	bool own;           /* nothing was looked at */
	size_t identifiers; /* of ours */
	bool near;          /* some protected page is comparable: `match` says which */
	struct wq_likeness_match match;
	bool named;
	struct wq_likeness_hit hit;
};

/* `document` has its address and its UTF-8 (wq_document_open). The subjects are those of the set. `index` may be NULL: no page was
 * protected yet. Errors: those of wq_findings_add and the arena. */
wq_err wq_likeness_judge(struct wq_arena *arena, const struct wq_likeness_set *set, struct wq_likeness_index *index,
	const struct wq_document *document, struct wq_findings *findings, struct wq_likeness_judgement *ret_judgement);

/* The same for an image that the page at `page_url` shows; `url` is its own. */
wq_err wq_likeness_judge_image(struct wq_arena *arena, const struct wq_likeness_index *index, wq_str page_url,
	wq_str url, const struct wq_likeness_image *image, struct wq_findings *findings);

#endif
