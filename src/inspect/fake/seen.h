/* Which look-alike names were seen, and when first: so that a list is of what is new.
 *
 * A file of lines (docs/formats.md): "weique-fake-seen 1", then "TIME DOMAIN SCORE TECHNIQUE APP" each. What was registered counts, not
 * its sub-domains: a domain that answers every sub-domain is one line. Added lines are appended and synced at once by
 * wq_fake_seen_keep(); a last line that was cut off by a crash is dropped when the file is read. One writer at a time: the caller locks.
 */
#ifndef WQ_INSPECT_FAKE_SEEN_H
#define WQ_INSPECT_FAKE_SEEN_H

#include "base/clock.h"
#include "base/file.h"
#include "base/map.h"

enum { WQ_FAKE_SEEN_MAX = 5000000, WQ_FAKE_SEEN_BYTES = 1024 * 1024 * 1024 };

struct wq_fake_seen {
	const struct wq_fs *fs;
	const char *path;
	struct wq_map domains;
	struct wq_buf fresh; /* lines that are not kept yet */
	size_t whole;        /* bytes of the file that are lines */
	bool exists;
};

/* Reads what there is. Done with wq_fake_seen_done(), also after an error. Errors: WQ_E_FORMAT with the line, those of the file. */
wq_err wq_fake_seen_open(
	const struct wq_fs *fs, const char *path, const struct wq_random *random, struct wq_fake_seen *ret_seen);
void wq_fake_seen_done(struct wq_fake_seen *seen);

/* Whether the domain is new; then it is noted. Errors: WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_fake_seen_add(struct wq_fake_seen *seen, wq_str domain, wq_time time, uint32_t score, const char *technique,
	wq_str app, bool *ret_new);
/* Makes what was noted durable. */
wq_err wq_fake_seen_keep(struct wq_fake_seen *seen);

#endif
