/* Opening and reading files of the shelf, shared by what copies them (sealed.c) and what reads them in parts. For this
 * folder only. */
#ifndef WQ_VAULT_SEALED_PRIV_H
#define WQ_VAULT_SEALED_PRIV_H

#include "vault/sealed.h"

/* A regular file, no link at the last component, read-only. Errors: as wq_sealed_copy(). */
wq_err wq_sealed_file_open(const char *path, int *ret_fd, uint64_t *ret_bytes);
/* Exactly `bytes` bytes from `offset` on. Errors: WQ_E_ALTERED when the file ends before, WQ_E_IO. */
wq_err wq_sealed_file_read(int fd, const char *path, uint64_t offset, uint8_t *out, uint64_t bytes);

#endif
