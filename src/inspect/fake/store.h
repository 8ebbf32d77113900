/* The index of protected pages as a file: its bytes (detect/likeness/index.h), then their SM3. */
#ifndef WQ_INSPECT_FAKE_STORE_H
#define WQ_INSPECT_FAKE_STORE_H

#include "base/file.h"
#include "detect/likeness/index.h"

enum { WQ_FAKE_INDEX_BYTES = 512 * 1024 * 1024 };

/* Adds what the file holds, but what belongs to `without` (may be empty). Errors: WQ_E_NOT_FOUND; WQ_E_ALTERED when the digest is
 * another, those of wq_likeness_index_read(). */
wq_err wq_fake_store_load(const struct wq_fs *fs, const char *path, wq_str without, struct wq_likeness_index *index);
/* Puts the file in the place of what was there. */
wq_err wq_fake_store_save(const struct wq_fs *fs, const char *path, const struct wq_likeness_index *index);

/* Takes a page or an image (by its bytes) into the index; anything else is passed over. `*ret_taken` says whether it was taken.
 * Errors: those of the index, WQ_E_IO. */
wq_err wq_fake_store_add(struct wq_likeness_index *index, const struct wq_likeness_rules *rules, wq_str app, wq_str url,
	wq_str bytes, bool *ret_taken);

#endif
