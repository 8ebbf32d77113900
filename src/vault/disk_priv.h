/* Files of the vault: written whole, durable before they have their name, read whole into memory that nobody else has.
 *
 * Names are relative to a directory descriptor, never follow a link and never leave the directory; every error names the
 * file. For this folder only.
 */
#ifndef WQ_VAULT_DISK_PRIV_H
#define WQ_VAULT_DISK_PRIV_H

#include "base/base.h"

/* Opens `path` below `at` (AT_FDCWD for an ordinary path). Errors: WQ_E_NOT_FOUND, WQ_E_IO. */
wq_err wq_disk_dir_open(int at, const char *path, int *ret_dir);
/* The same, made (mode 0755) and made durable if it is missing. */
wq_err wq_disk_dir_make(int at, const char *path, int *ret_dir);

/* Creates `name` (it must not exist) with mode 0644: all bytes, synced. Nothing is left behind on failure. */
wq_err wq_disk_create(int dir, const char *name, wq_str bytes);
/* Gives `from` the name `to`, replacing it. Durable after wq_disk_sync(). */
wq_err wq_disk_rename(int dir, const char *from, const char *to);
/* Makes names durable. */
wq_err wq_disk_sync(int dir);
/* Atomic and durable: readers see the old content or the new. */
wq_err wq_disk_replace(int dir, const char *name, wq_str bytes);

/* A descriptor of a regular file and its size. Errors: WQ_E_NOT_FOUND, WQ_E_ALTERED when it is a link or no file, WQ_E_IO. */
wq_err wq_disk_open(int dir, const char *name, int *ret_fd, uint64_t *ret_bytes);
/* Copies exactly `n` bytes from the beginning of `fd` into `out`. Errors: WQ_E_ALTERED when the file became shorter, WQ_E_IO. */
wq_err wq_disk_copy(int fd, const char *name, void *out, uint64_t n);

/* Cleanup attributes. */
void wq_disk_close(int *fd);

#endif
