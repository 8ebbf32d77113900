/* The transformations once more, as their description reads: slow, byte by byte, sharing nothing with the real ones. For the fuzz
 * target only. Digests are not there: they have published vectors.
 */
#ifndef WQ_DETECT_TRANSFORM_TRANSFORM_NAIVE_H
#define WQ_DETECT_TRANSFORM_TRANSFORM_NAIVE_H

#include "base/buf.h"
#include "detect/transform/transform.h"

/* Into `out`, which is empty before. False: there is no naive form. */
bool wq_transform_naive(enum wq_transform transform, wq_str in, struct wq_buf *out);

#endif
