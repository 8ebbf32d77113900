/* What of an image stays when it is compressed again, scaled or framed: a difference hash and a hash of its low frequencies.
 *
 * Pixels in, hashes out; decoding is done where it is caged (inspect/fake/image.h). Borders of one colour are cut off first. An
 * image that is too small, or of one colour, has no hash. Bad at: cut, turned and mirrored images.
 */
#ifndef WQ_DETECT_LIKENESS_IMAGE_H
#define WQ_DETECT_LIKENESS_IMAGE_H

#include "detect/likeness/rules.h"

enum { WQ_LIKENESS_SIDE_MAX = 16384, WQ_LIKENESS_PIXELS_MAX = 16 * 1024 * 1024 };

struct wq_likeness_image {
	uint64_t dhash, phash;
};

/* Of `width` times `height` bytes of brightness. False when it has none. */
bool wq_likeness_image_hash(const struct wq_likeness_rules *rules, const uint8_t *grey, uint32_t width, uint32_t height,
	struct wq_likeness_image *ret_image);
/* Whether two are near enough; the distance in bits of both together. */
bool wq_likeness_image_alike(const struct wq_likeness_rules *rules, const struct wq_likeness_image *a,
	const struct wq_likeness_image *b, uint32_t *ret_bits);

#endif
