/* Images from outside, decoded in a cage: a child of its own for each, without files and network, killed after WQ_FAKE_IMAGE_MSEC.
 *
 * PNG and JPEG, by the distribution's libraries; sides and pixels are limited before anything is decoded
 * (detect/likeness/image.h). Anything else has no hash. Bad at: GIF, ICO, WebP, SVG.
 */
#ifndef WQ_INSPECT_FAKE_IMAGE_H
#define WQ_INSPECT_FAKE_IMAGE_H

#include "base/buf.h"
#include "detect/likeness/image.h"

enum { WQ_FAKE_IMAGE_BYTES = 16 * 1024 * 1024, WQ_FAKE_IMAGE_MSEC = 5000 };

/* The hash of an image. `*ret_has` is false when it is none, is broken, too large, too small or of one colour, or when its child
 * died. Errors: WQ_E_IO (no child could be made), WQ_E_LIMIT over WQ_FAKE_IMAGE_BYTES. */
wq_err wq_fake_image_hash(
	const struct wq_likeness_rules *rules, wq_str bytes, struct wq_likeness_image *ret_image, bool *ret_has);

/* What the child does, in this process: for it, and for fuzzing. Appends width times height bytes of brightness. False when it is
 * no image that may be decoded; `out` may then hold anything. */
bool wq_fake_image_decode(wq_str bytes, struct wq_buf *out, uint32_t *ret_width, uint32_t *ret_height);

#endif
