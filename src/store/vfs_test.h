/* A disk that loses power, tears and drops what was not synced, fills up and fails: an SQLite VFS for tests.
 *
 * It lies over the default VFS: files are real, reads see everything written. Beside them it keeps what a disk is sure to
 * hold: the bytes at the last successful sync, and every write since. wq_vfs_test_crash() makes of that what a disk might
 * hold after a power cut: of the unsynced writes any set of 512-byte sectors. Nothing is really synced. What was unsynced
 * when a sync failed is lost or kept by chance, whatever later syncs say, as Linux does. Open with "?vfs=wq-test". One
 * per process, one thread. Tests only.
 */
#ifndef WQ_STORE_VFS_TEST_H
#define WQ_STORE_VFS_TEST_H

#include "base/base.h"

struct wq_vfs_test {
	uint64_t ops;     /* writes, truncations, syncs and deletions so far */
	uint64_t fail_at; /* the number of the one that fails; 0: none */
	int fail_errno;   /* ENOSPC or EIO */
	bool fail_on;     /* those after it fail as well */
	uint64_t failed;  /* how many did */
	uint64_t seed;    /* of what a crash keeps */
	/* Called before an operation takes effect; a write is among the unsynced ones already. May be NULL. */
	void (*before)(void *data);
	void *data;
};

/* Registers it, or starts it anew: nothing is known of any file, no failure is set. */
struct wq_vfs_test *wq_vfs_test_reset(uint64_t seed);
/* Writes into `folder` what the disk might hold after a power cut now, under the files' own names. */
wq_err wq_vfs_test_crash(const char *folder);

#endif
