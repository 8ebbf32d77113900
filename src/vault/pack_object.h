/* One object out of a pack file, without reading the rest of it: for looking at single responses. What comes back is
 * believed because of its digest, which the caller knows from a body that was verified; nothing else of the file is.
 */
#ifndef WQ_VAULT_PACK_OBJECT_H
#define WQ_VAULT_PACK_OBJECT_H

#include "base/buf.h"
#include "crypto/digest.h"

/* Appends the bytes of row `number` of the pack at `path`, which have to have this length and SM3. Errors: WQ_E_NOT_FOUND (no
 * such file), WQ_E_ALTERED, WQ_E_LIMIT of `out`, WQ_E_IO. */
wq_err wq_pack_object_read(
	const char *path, uint32_t number, uint64_t length_bytes, wq_digest digest, struct wq_buf *out);

#endif
