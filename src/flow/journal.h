/* The journal of a capture by HTTP: what the origin answered, on the disk until the release is proposed.
 *
 * A walk spools each answer here; the second look adds its own; then everything is read in the order in which it came. A
 * capture that was cut off (a kill, a power cut, Ctrl-C) finds its answers again and does not fetch them twice.
 *
 *     head, 56 bytes:    "WQJRNL\0\1", u64 time of its beginning (microseconds), 32 bytes of what it belongs to (SM3 over
 *                        origin, hosts, profile), u64 checksum
 *     records:           u8 kind, u8 0, u16 status, u32 bytes of key, of type, of headers, u64 of body; u64 checksum; then
 *                        key, type, headers, body
 * Big-endian. Checksums are SipHash-1-3 under a fixed key: they find what was torn, not what was forged. Who can write the
 * state directory can propose anything; reviewers decide on what is proposed.
 *
 * Invariants: one capture at a time has a journal (a lock); a torn tail is cut off when it is opened; what belongs to
 * something else, is older than WQ_JOURNAL_AGE_MAX, of another version or from the future is dropped. Nothing is synced: after a
 * power cut the tail is fetched again. Bad at: anything but appending and reading.
 */
#ifndef WQ_FLOW_JOURNAL_H
#define WQ_FLOW_JOURNAL_H

#include "base/clock.h"
#include "base/file.h"
#include "crypto/digest.h"
#include "flow/site.h"

#define WQ_JOURNAL_AGE_MAX WQ_DAY
enum { WQ_JOURNAL_RECORDS_MAX = 8000000 };

enum wq_journal_kind {
	WQ_JOURNAL_RESOURCE = 1,
	WQ_JOURNAL_ABSENT,  /* 404, 410 */
	WQ_JOURNAL_UNKNOWN, /* could not be looked at: asked for again when the capture goes on */
	WQ_JOURNAL_SECOND,  /* what the second look saw; with an empty body: the same as the first */
	WQ_JOURNAL_KINDS
};

struct wq_journal_record {
	enum wq_journal_kind kind;
	struct wq_site_item item; /* key, status, type, headers, body; `source` is the key */
};

struct wq_journal;

struct wq_journal_options {
	const struct wq_fs *fs;
	const struct wq_random *random;
	wq_time now;
	wq_digest belongs; /* to what */
	bool fresh;        /* drop what is there */
};

/* Opens <dir>/journal; makes the folder. Errors: WQ_E_BUSY when another capture has it, WQ_E_IO, WQ_E_NO_SPACE,
 * WQ_E_NO_MEMORY. What is there and cannot be used is no error: it is dropped. */
wq_err wq_journal_open(const char *dir, const struct wq_journal_options *options, struct wq_journal **ret_journal);
/* Closes; `done`: the file goes. Accepts NULL. */
void wq_journal_close(struct wq_journal **journal, bool done);
/* Answers that were there when it was opened, and when they began. */
size_t wq_journal_found(const struct wq_journal *journal, wq_time *ret_began);

/* Adds a record; a later one of the same key (first look and second look apart) counts. Errors: WQ_E_NO_SPACE, WQ_E_IO,
 * WQ_E_LIMIT. */
wq_err wq_journal_add(struct wq_journal *journal, enum wq_journal_kind kind, const struct wq_site_item *item);
/* What the first look, or the second, says of a key; slices live until the next call. Errors: WQ_E_NOT_FOUND; WQ_E_IO. */
wq_err wq_journal_find(struct wq_journal *journal, wq_str key, bool second, struct wq_journal_record *ret_record);
/* Whether there is one; no reading. */
bool wq_journal_has(const struct wq_journal *journal, wq_str key, bool second);
/* Visits the records that count, in order, of the first look or of the second. Slices live until the visitor returns; it
 * may call wq_journal_find() with another buffer. Its error ends the visit. */
wq_err wq_journal_visit(struct wq_journal *journal, bool second,
	wq_err (*visit)(void *data, const struct wq_journal_record *record), void *data);

#endif
