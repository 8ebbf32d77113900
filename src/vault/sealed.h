/* Sealed memory: a memfd that nobody can change any more, not even who made it.
 *
 * A file is copied into it first, then it is sealed (F_SEAL_WRITE, GROW, SHRINK, SEAL), then it is mapped and verified:
 * what was verified is what is handed over, whatever happens to the file meanwhile. The mapping is private and read-only,
 * which every kernel with memfds grants on a write-sealed one (a shared one only from 6.7 on). MFD_NOEXEC_SEAL is used
 * where the kernel has it (6.3), which is tried at the first call.
 */
#ifndef WQ_VAULT_SEALED_H
#define WQ_VAULT_SEALED_H

#include "base/base.h"

struct wq_sealed {
	int fd; /* -1: none */
	wq_str bytes;
};

#define WQ_SEALED_NONE \
	{ \
		.fd = -1 \
	}

/* Copies the regular file at `path` of exactly `bytes` bytes; follows no link at the last component. `name` is what /proc
 * shows of the memfd. Errors: WQ_E_NOT_FOUND, WQ_E_ALTERED (no regular file, or of another size, or cut while it was
 * read), WQ_E_NO_MEMORY, WQ_E_IO. */
wq_err wq_sealed_copy(const char *path, const char *name, uint64_t bytes, struct wq_sealed *ret_sealed);
/* The same of bytes. Errors: WQ_E_NO_MEMORY, WQ_E_UNSUPPORTED. */
wq_err wq_sealed_make(wq_str bytes, const char *name, struct wq_sealed *ret_sealed);
/* The size of a regular file, as above. */
wq_err wq_sealed_size(const char *path, uint64_t *ret_bytes);
/* Unmaps and closes. Accepts WQ_SEALED_NONE. */
void wq_sealed_done(struct wq_sealed *sealed);

/* For tests: false as if the kernel had no MFD_NOEXEC_SEAL; true tries it again. */
void wq_sealed_try_noexec(bool on);

#endif
