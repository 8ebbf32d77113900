/* What weique-sign remembers: the last head it signed for each application, and the ledger heads.
 *
 *     apps/<app>.sealed   "WQSEAL\0\1", u32 length, canonical head, 64 bytes signature: verified by one of our keys when read
 *     serials             "weique-serials 1", then "<app> <serial> <digest of the head>" a line, and last
 *                         the SM3 of what stands before: the second witness. An
 *                         older apps/ file that is put back, or taken away, does not agree with it
 *     heads.log           one ledger head a line; the last one counts
 *
 * Order of writing: apps/<app>.sealed, serials, then the answer. So the first may be exactly one step ahead of the second (a
 * crash in between: nobody has seen that signature, and it is the only one of its serial); reading completes the step. Any
 * other difference is refused. What this cannot find: both put back together; the gates' floors (vault/floors.h) and
 * the ledger do. For src/seal only.
 */
#ifndef WQ_SEAL_RECORDS_PRIV_H
#define WQ_SEAL_RECORDS_PRIV_H

#include "base/arena.h"
#include "base/file.h"
#include "crypto/sm2.h"
#include "ledger/ledger.h"
#include "seal/protocol.h"
#include "vault/snapshot.h"

enum { WQ_SEAL_APPS_MAX = 4096 };

struct wq_seal_serial {
	char app[WQ_APP_ID_MAX + 1];
	uint64_t serial;
	wq_digest digest;
};

struct wq_seal_records {
	const struct wq_fs *fs;
	const char *dir;
	const struct wq_seal_keys *keys;
	struct wq_seal_serial *serials; /* room for WQ_SEAL_APPS_MAX */
	size_t serials_n;
	struct wq_head last; /* the ledger head signed last; seq 0: none */
	int heads_fd;        /* heads.log, for appending; -1: to be opened again */
};

/* What was sealed last for an application. */
struct wq_seal_record {
	struct wq_snapshot_head head;
	wq_str canonical; /* of the head; in the arena of the call */
	wq_sm2_sig sig;
};

/* Borrows fs, dir and keys. Errors: WQ_E_ALTERED when serials or the end of heads.log is not what was written. */
wq_err wq_seal_records_open(
	const struct wq_fs *fs, const char *dir, const struct wq_seal_keys *keys, struct wq_seal_records *ret_records);
void wq_seal_records_close(struct wq_seal_records *records);

/* Errors: WQ_E_NOT_FOUND when nothing was sealed; WQ_E_ALTERED, WQ_E_REPLAYED when the records are not what was written. */
wq_err wq_seal_record_read(
	struct wq_seal_records *records, wq_str app, struct wq_arena *arena, struct wq_seal_record *ret_record);
/* Durable when it returns WQ_OK. After an error either nothing happened or the record is there: read it again. */
wq_err wq_seal_record_write(struct wq_seal_records *records, const struct wq_seal_record *record);

/* Opens heads.log again when an append failed: `last` may then be the head of that append. */
wq_err wq_seal_records_ready(struct wq_seal_records *records);
/* Appends a signed head; durable when it returns WQ_OK, and `last` is it. Requires: ready. */
wq_err wq_seal_records_add_head(struct wq_seal_records *records, const struct wq_head *head);

#endif
