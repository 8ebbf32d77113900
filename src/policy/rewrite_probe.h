/* Rewrites a document for the test and the fuzz target of policy/rewrite.h, in chunks that are heap copies, so that reading
 * beyond one is seen by a sanitizer. */
#ifndef WQ_POLICY_REWRITE_PROBE_H
#define WQ_POLICY_REWRITE_PROBE_H

#include "policy/rewrite_priv.h"

static inline wq_err wq_rewrite_probe_with(struct wq_rewrite *rewrite, wq_str document, size_t first, size_t step,
	struct wq_buf *out, unsigned *ret_transforms)
{
	for (size_t i = 0, n; i < document.n; i += n) {
		char *copy;
		wq_err e;

		n = i == 0 && first > 0 ? first : step > 0 ? step : document.n;
		n = WQ_MIN(n, document.n - i);
		copy = malloc(n);
		if (!copy)
			return wq_error_id(WQ_E_NO_MEMORY);
		memcpy(copy, document.p + i, n);
		e = wq_rewrite_feed(rewrite, wq_str_of(copy, n), out);
		free(copy);
		WQ_TRY(e);
	}
	WQ_TRY(wq_rewrite_finish(rewrite, out));
	if (ret_transforms)
		*ret_transforms = wq_rewrite_transforms(rewrite);
	return WQ_OK;
}

/* `first` bytes, then `step` at a time (0: all). The caller has initialised `out`. */
static inline wq_err wq_rewrite_probe(const struct wq_rewrite_options *options, wq_str document, size_t first,
	size_t step, struct wq_buf *out, unsigned *ret_transforms)
{
	WQ_CLEANUP(wq_rewrite_free) struct wq_rewrite *rewrite = NULL;

	WQ_TRY(wq_rewrite_new(options, &rewrite));
	return wq_rewrite_probe_with(rewrite, document, first, step, out, ret_transforms);
}

/* The same in one piece, every tag of it read by the tokenizer; also counts those that were overlong. */
static inline wq_err wq_rewrite_probe_all(const struct wq_rewrite_options *options, wq_str document, struct wq_buf *out,
	unsigned *ret_transforms, uint64_t *ret_overlong)
{
	WQ_CLEANUP(wq_rewrite_free) struct wq_rewrite *rewrite = NULL;
	wq_err e;

	WQ_TRY(wq_rewrite_new(options, &rewrite));
	wq_rewrite_read_all(rewrite);
	e = wq_rewrite_probe_with(rewrite, document, 0, 0, out, ret_transforms);
	*ret_overlong = wq_rewrite_overlong(rewrite);
	return e;
}

#endif
