/* A file system in which a chosen operation fails. For tests only; not linked into any program.
 *
 * Every operation that can change or make durable (open for creation, write, fsync, truncate, rename, link, unlink,
 * mkdir) counts; the one whose number is `at` fails. Everything else goes to `under`.
 */
#ifndef WQ_BASE_FILE_FAULT_H
#define WQ_BASE_FILE_FAULT_H

#include "base/file.h"

enum wq_fault_kind {
	WQ_FAULT_ERRNO, /* fails with `errnum`, nothing was done */
	WQ_FAULT_SHORT, /* a write writes half (at least one byte) and says so; other operations succeed */
	WQ_FAULT_TORN,  /* a write writes half and then fails with `errnum`; other operations fail with it */
};

struct wq_fault {
	struct wq_fs fs; /* hand in &fault.fs */
	const struct wq_fs *under;
	enum wq_fault_kind kind;
	int errnum;
	unsigned long at;    /* from 1; 0: never */
	bool sticky;         /* every later operation fails as well: a full or dead disk */
	unsigned long calls; /* so far */
	unsigned long hits;  /* faults given */
};

/* `fault` must not move afterwards. Set kind, errnum, at and sticky as wanted. */
void wq_fault_init(struct wq_fault *fault, const struct wq_fs *under);

#endif
