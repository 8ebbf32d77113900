/* Protected pages, images and identifiers, and the one that a foreign page is nearest to.
 *
 * Filled by add, or read from bytes that wq_likeness_index_write() made (docs/formats.md; whoever keeps them on a disk adds a
 * digest); then ready, then asked. A page is compared only with those that share a band of its MinHash (32 bands of two bins,
 * twice), so that 100,000 protected pages cost little more than one. Limits: below. Not thread-safe: asking marks what it has
 * seen. Bad at: finding more than the best.
 */
#ifndef WQ_DETECT_LIKENESS_INDEX_H
#define WQ_DETECT_LIKENESS_INDEX_H

#include "detect/likeness/image.h"
#include "detect/likeness/page.h"

enum {
	WQ_LIKENESS_PAGES_MAX = 400000,
	WQ_LIKENESS_IMAGES_MAX = 200000,
	WQ_LIKENESS_OWN_MAX = 20000, /* identifiers */
	WQ_LIKENESS_URL_BYTES = 4096
};

struct wq_likeness_index;

/* Errors: WQ_E_NO_MEMORY. Free with wq_likeness_index_free(). */
wq_err wq_likeness_index_new(const struct wq_likeness_rules *rules, struct wq_likeness_index **ret_index);
void wq_likeness_index_free(struct wq_likeness_index **index);

/* `app` says whose; both are copied. Pages with too little text to judge are kept out (WQ_OK). Errors: WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_likeness_index_add_page(
	struct wq_likeness_index *index, wq_str app, wq_str url, const struct wq_likeness_sketch *sketch);
wq_err wq_likeness_index_add_image(
	struct wq_likeness_index *index, wq_str app, wq_str url, const struct wq_likeness_image *image);
wq_err wq_likeness_index_add_identifier(
	struct wq_likeness_index *index, wq_str app, wq_str url, const struct wq_likeness_identifier *identifier);

/* Before it is asked, after the last add. Errors: WQ_E_NO_MEMORY. */
wq_err wq_likeness_index_ready(struct wq_likeness_index *index);

struct wq_likeness_match {
	wq_str app, url; /* of the protected one; live until the next add */
	struct wq_likeness_alike alike;
};
/* The most alike, whether or not it counts as a copy; false when none shares a band. Requires: ready. */
bool wq_likeness_index_find(
	struct wq_likeness_index *index, const struct wq_likeness_sketch *sketch, struct wq_likeness_match *ret_match);
/* The nearest image within the thresholds. */
bool wq_likeness_index_find_image(
	const struct wq_likeness_index *index, const struct wq_likeness_image *image, wq_str *ret_app, wq_str *ret_url);
bool wq_likeness_index_find_identifier(const struct wq_likeness_index *index,
	const struct wq_likeness_identifier *identifier, wq_str *ret_app, wq_str *ret_url);

struct wq_likeness_index_stats {
	size_t pages, images, identifiers;
};
/* How much it holds. */
struct wq_likeness_index_stats wq_likeness_index_stats(const struct wq_likeness_index *index);

/* Errors: those of `out`. */
wq_err wq_likeness_index_write(const struct wq_likeness_index *index, struct wq_buf *out);
/* Adds everything that the bytes hold, but what belongs to `without` (may be empty). Errors: WQ_E_FORMAT (anything that write does not make), WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_likeness_index_read(struct wq_likeness_index *index, wq_str bytes, wq_str without);

#endif
