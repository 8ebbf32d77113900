/* Files that survive a crash: every durable change of a file goes through here.
 *
 * Invariants: after WQ_OK the change is on the disk (file and directory synced); after an error, or a crash at any point,
 * a file that is replaced holds the old or the new content, never a mix, and a file that is created either is whole or
 * is not there. Every system operation goes through a struct wq_fs, so that tests make any of them fail (file_fault.h)
 * or simulate a crash (file_crash.h). Paths are C strings of at most PATH_MAX; no function follows a symbolic link at the last
 * component, except wq_file_read() and the lock. Bad at: files larger than memory (append and copy aside), network
 * file systems.
 */
#ifndef WQ_BASE_FILE_H
#define WQ_BASE_FILE_H

#include "base/arena.h"
#include "base/buf.h"

#include <sys/stat.h>
#include <sys/types.h>

/* The operations, each with the contract of the system call: -1 and errno on failure. */
struct wq_fs {
	int (*open_at)(void *data, int dirfd, const char *path, int flags, mode_t mode);
	ssize_t (*read)(void *data, int fd, void *out, size_t n);
	ssize_t (*write)(void *data, int fd, const void *bytes, size_t n);
	int (*fsync)(void *data, int fd);
	int (*truncate)(void *data, int fd, off_t length);
	int (*close)(void *data, int fd);
	int (*rename_at)(void *data, int from_dirfd, const char *from, int to_dirfd, const char *to);
	int (*link_at)(void *data, int from_dirfd, const char *from, int to_dirfd, const char *to);
	int (*unlink_at)(void *data, int dirfd, const char *path, int flags);
	int (*mkdir_at)(void *data, int dirfd, const char *path, mode_t mode);
	void *data;
};

/* The machine's. */
extern const struct wq_fs wq_fs_system;

enum { WQ_FILE_TREE_DEPTH = 64, WQ_FILE_PATH_DEPTH = 128 };

/* Appends the whole regular file to `out`, at most its maximum. Errors: WQ_E_NOT_FOUND, WQ_E_LIMIT, WQ_E_INPUT when it
 * is no regular file, WQ_E_IO. */
wq_err wq_file_read(const struct wq_fs *fs, const char *path, struct wq_buf *out);

/* Puts a file with this content in the place of `path`, whether or not there was one. The temporary name is
 * ".<name>.<16 hex digits>.tmp" in the same directory; it is removed on failure, and may be left by a crash. */
wq_err wq_file_replace(const struct wq_fs *fs, const char *path, wq_str content, mode_t mode);

/* The same, but WQ_E_EXISTS when there is one, and then nothing was changed. Atomic against others who do the same. */
wq_err wq_file_create(const struct wq_fs *fs, const char *path, wq_str content, mode_t mode);

/* A copy of at most `max_bytes` in the place of `to`, as wq_file_replace. `from` has to be a regular file. */
wq_err wq_file_copy(const struct wq_fs *fs, const char *from, const char *to, mode_t mode, uint64_t max_bytes);

/* Removes the file and makes that durable. WQ_E_NOT_FOUND when there is none. */
wq_err wq_file_remove(const struct wq_fs *fs, const char *path);

/* A descriptor for wq_file_append(), created (durably) if absent. One writer at a time: take the lock first. */
wq_err wq_file_append_open(const struct wq_fs *fs, const char *path, mode_t mode, int *ret_fd);
/* Adds the bytes at the end and syncs. After an error the file is cut back to where it was if that is possible; if not, or
 * after a crash, its tail may hold a part of `bytes`: readers of such files check their last record. */
wq_err wq_file_append(const struct wq_fs *fs, int fd, wq_str bytes);

/* mkdir -p; every directory that is made is durable. WQ_E_EXISTS when a component is no directory. */
wq_err wq_dir_make(const struct wq_fs *fs, const char *path, mode_t mode);
/* Makes what was done in the directory (renames, links, unlinks) durable. */
wq_err wq_dir_sync(const struct wq_fs *fs, const char *path);
/* The same for the directory in which `path` is: after another library made or removed it. */
wq_err wq_dir_sync_of(const struct wq_fs *fs, const char *path);

struct wq_dir_entry {
	const char *name;
	unsigned char type; /* DT_REG, DT_DIR, DT_LNK, … as readdir(3); never DT_UNKNOWN */
};
/* The entries but "." and "..", in byte order, from the arena. WQ_E_LIMIT over `max_entries`. */
wq_err wq_dir_list(struct wq_arena *arena, const char *path, size_t max_entries, struct wq_dir_entry **ret_entries,
	size_t *ret_count);

/* rm -r: descends by descriptors, never follows a symbolic link, at most WQ_FILE_TREE_DEPTH deep, stays on the file
 * system it starts on. WQ_E_NOT_FOUND when there is none. Not atomic. */
wq_err wq_dir_remove_tree(const struct wq_fs *fs, const char *path);

/* An exclusive lock that ends with its descriptor or the process. Without `wait`, WQ_E_BUSY when somebody else has it. The
 * file is created with mode 0600, stays, and is inherited by no program that is executed. */
wq_err wq_file_lock(const char *path, bool wait, int *ret_fd);
/* Closes any descriptor of this file (also the one of append); sets it to -1. Accepts -1. */
void wq_file_close(int *fd);

#endif
