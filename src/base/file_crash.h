/* A simulated disk: records what is done below a directory, and shows what a power cut at any point would have left.
 *
 * The rules are those that POSIX leaves to a file system: the data of a file is safe once fsync() of that file returned;
 * a name (creation, rename, link, unlink, mkdir) is safe once fsync() of its directory returned. Of what is not safe,
 * each write survives whole, torn (a prefix, the rest missing or zero) or not at all, in any combination; of the names
 * of one directory a prefix survives, since journals keep their order; a rename is never half done. For tests only.
 * Bad at: descriptors that other processes write to, memory maps, several threads, files that were not opened through it.
 */
#ifndef WQ_BASE_FILE_CRASH_H
#define WQ_BASE_FILE_CRASH_H

#include "base/file.h"

struct wq_crash;

/* Starts recording below `root`, an existing directory; what is in it counts as safe. */
wq_err wq_crash_new(const struct wq_fs *under, const char *root, struct wq_crash **ret_crash);
void wq_crash_free(struct wq_crash **crash);
/* The file system to hand to the code under test; it works on the real directory as well. */
const struct wq_fs *wq_crash_fs(struct wq_crash *crash);

/* Operations recorded so far: crash points are 0 (before the first) to this number (after the last). */
size_t wq_crash_points(const struct wq_crash *crash);

enum { WQ_CRASH_LOSE_ALL = 0, WQ_CRASH_KEEP_ALL = 1 };
/* Writes into `target`, a new or empty directory, what a crash after the first `point` operations may leave. `choice`
 * picks one of the possibilities: WQ_CRASH_LOSE_ALL that was not safe, WQ_CRASH_KEEP_ALL, or any other seed. */
wq_err wq_crash_materialise(const struct wq_crash *crash, size_t point, uint64_t choice, const char *target);

#endif
