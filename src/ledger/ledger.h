/* The ledger: facts in an order that cannot be changed afterwards without being found out.
 *
 * An event is one canonical structure (domain weique.ledger.event): seq, time, type, actor, app, subject, body, the
 * commitments of its personal fields, and the digest of the event before it. Its digest is SM3 of these bytes. Stored
 * bytes are what was hashed; columns beside them are an index and never trusted. Appends from several processes never
 * fork the chain: one write transaction reads the tip, adds, and applies the event to the state tables (`projections`),
 * so state is always what the events say, and wq_ledger_rebuild() makes it again from events alone.
 *
 * A *head* is {seq, digest, time} signed by weique-sign. A chain whose tail was cut still looks whole, so completeness
 * can only be said up to a head that somebody else kept (a *witness*). Personal and secret fields stand in events as
 * salted commitments; their values lie in a side table and can be erased while the chain still verifies.
 *
 * Errors: those of store/db.h, and WQ_E_CHAIN with the place of the first fault.
 */
#ifndef WQ_LEDGER_LEDGER_H
#define WQ_LEDGER_LEDGER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "crypto/digest.h"
#include "crypto/sm2.h"
#include "store/db.h"

enum {
	WQ_EVENT_TYPE_MAX = 64,
	WQ_EVENT_NAME_MAX = 256, /* actor, app, subject */
	WQ_EVENT_BODY_MAX = 1024 * 1024,
	WQ_EVENT_BYTES_MAX = 1024 * 1024 + 8192, /* the canonical form */
	WQ_EVENT_PRIVATE_MAX = 16,
	WQ_EVENT_FIELD_MAX = 64, /* a personal field's name: [a-z0-9_]+ */
	WQ_EVENT_VALUE_MAX = 65536,
	WQ_HEAD_LINE_MAX = 1024,
	WQ_HEADS_MAX = 4096 /* read from one witness file: the last ones */
};

/* A field that stands in the event only as a commitment. */
struct wq_event_private {
	wq_str name, value;
};

/* What a caller says; seq, time and the chain are the ledger's. Type: "release.created", noun.verb in lower case;
 * "ledger.…" belongs to the ledger itself. Body: one JSON object in UTF-8, stored as given, byte for byte. Otherwise
 * WQ_E_INPUT, or WQ_E_LIMIT when something is too long. */
struct wq_event_new {
	wq_str type, actor, app, subject, body;
	const struct wq_event_private *private_fields;
	size_t private_n;
};

struct wq_event {
	uint64_t seq; /* from 1, no gaps */
	wq_time time;
	wq_str type, actor, app, subject, body;
	wq_digest previous, digest;
	wq_str canonical; /* the bytes that were hashed */
	size_t commitments_n;
};

/* State made from events: for each type a function that changes state tables. It runs inside the append's transaction and
 * again on rebuild; it must depend on nothing but the event and the tables. Table of them: one row a type, last row
 * NULL. `tables` are emptied by rebuild, in this order. */
struct wq_projection {
	const char *type;
	wq_err (*apply)(struct wq_db *db, const struct wq_event *event);
};
struct wq_projections {
	const struct wq_db_migration *migrations;
	size_t migrations_n;
	const struct wq_projection *rows;
	const char *const *tables; /* ends with NULL */
};

struct wq_ledger;

/* Opens and migrates. `projections` (may be NULL) outlives the ledger; the ledger borrows db, clock and random. */
wq_err wq_ledger_open(struct wq_db *db, const struct wq_clock *clock, const struct wq_random *random,
	const struct wq_projections *projections, struct wq_ledger **ret_ledger);
void wq_ledger_close(struct wq_ledger **ledger);
struct wq_db *wq_ledger_db(struct wq_ledger *ledger);

/* Appends one event and commits: durable when it returns WQ_OK. `ret_event` (may be NULL) lives in `arena`. */
wq_err wq_ledger_append(
	struct wq_ledger *ledger, const struct wq_event_new *event, struct wq_arena *arena, struct wq_event *ret_event);
/* Group commit: begin, any number of adds, then one durable commit for all. An error in between aborts them all. A caller
 * may read state tables between begin and commit: what it decides on cannot change under it. */
wq_err wq_ledger_begin(struct wq_ledger *ledger);
wq_err wq_ledger_add(
	struct wq_ledger *ledger, const struct wq_event_new *event, struct wq_arena *arena, struct wq_event *ret_event);
wq_err wq_ledger_commit(struct wq_ledger *ledger);
void wq_ledger_abort(struct wq_ledger *ledger);

/* The last event's place; seq 0 and zero digest for an empty ledger. */
struct wq_tip {
	uint64_t seq;
	wq_digest digest;
};
wq_err wq_ledger_tip(struct wq_ledger *ledger, struct wq_tip *ret_tip);

/* Visits events from `first` to `last` (0: to the end) in order; the event lives until the visitor returns. A visitor's
 * error stops the visit and is returned. `type_prefix`, `app` and `subject` filter when not empty; since <= time < until. Filters go by the index columns: an event
 * whose column was altered may be missed (verify finds it), but none that does not match is shown. */
struct wq_ledger_filter {
	uint64_t first, last;
	wq_str type_prefix, app, subject;
	wq_time since, until; /* 0: open */
	bool newest_first;
	size_t limit; /* 0: none */
};
wq_err wq_ledger_visit(struct wq_ledger *ledger, const struct wq_ledger_filter *filter,
	wq_err (*visit)(void *data, const struct wq_event *event), void *data);

/* Slices point into `canonical`; the digest is computed. Errors: WQ_E_FORMAT. */
wq_err wq_event_decode(wq_str canonical, struct wq_event *ret_event);
/* The i-th commitment of a decoded event, i < commitments_n; they are in byte order of their names. */
void wq_event_commitment(const struct wq_event *event, size_t i, wq_str *ret_name, wq_digest *ret_commitment);

/* Erases the value and salt of an event's personal field. The chain still verifies. Appends ledger.erased (subject
 * "SEQ:FIELD") and scrubs the database's files as far as nobody is reading; outside a transaction only. WQ_E_NOT_FOUND:
 * no such field, or erased already. */
wq_err wq_ledger_erase(struct wq_ledger *ledger, uint64_t seq, wq_str field, wq_str actor);
/* The value, checked against the commitment; WQ_E_NOT_FOUND when erased, WQ_E_ALTERED when it does not match. */
wq_err wq_ledger_private(
	struct wq_ledger *ledger, uint64_t seq, wq_str field, struct wq_arena *arena, wq_str *ret_value);

/* Empties the state tables and applies every event again, checking the chain on the way, in one transaction. */
wq_err wq_ledger_rebuild(struct wq_ledger *ledger);

/* ---- heads ---- */
struct wq_head {
	struct wq_tip tip;
	wq_time time;
	wq_digest key_id;
	wq_sm2_sig sig;
};
wq_err wq_head_encode(
	const struct wq_head *head, struct wq_buf *out); /* canonical, without signature: what is signed */
/* One line of text (JSON) for files and syslog, and back. */
wq_err wq_head_line(const struct wq_head *head, struct wq_buf *out);
wq_err wq_head_parse(wq_str line, struct wq_head *ret_head);
/* The heads of a witness file: one a line, text before the first '{' of a line is skipped (syslog), empty lines too. A line
 * that is no head (its writer was cut off) is skipped and counted in `ret_unreadable` (may be NULL). At most the last
 * WQ_HEADS_MAX. Errors: WQ_E_FORMAT when no line is a head. */
wq_err wq_head_read_file(
	const char *path, struct wq_arena *arena, struct wq_head **ret_heads, size_t *ret_n, size_t *ret_unreadable);
/* Keeps a head beside the events; WQ_E_CHAIN when the ledger has another event there. The signature is not checked. */
wq_err wq_ledger_head_save(struct wq_ledger *ledger, const struct wq_head *head);
wq_err wq_ledger_head_last(struct wq_ledger *ledger, struct wq_head *ret_head); /* WQ_E_NOT_FOUND: none yet */
/* Hands a head to a witness: "file:/path" (opened O_APPEND, fsync), "syslog:" (the datagram socket /dev/log; another one
 * as "syslog:/path"). WQ_OK from syslog says that it was sent, not that it was kept. */
wq_err wq_witness_add(wq_str witness, const struct wq_head *head);

/* ---- verification ---- */
/* The keys that may have signed heads: the one of today, and those that it replaced. */
struct wq_head_keys {
	const wq_sm2_public *keys;
	size_t n;
};
struct wq_verify_result {
	uint64_t events;
	struct wq_tip tip;
	uint64_t witnessed_to; /* complete at least up to this seq; 0: completeness unknown */
	uint64_t heads;        /* kept in the database or the file, and checked */
	uint64_t fault_seq;    /* first fault; 0: none. tip + 1 when what follows the last event is at fault */
	uint64_t fault_offset; /* of an export: where the record that shows the fault begins */
	char fault[200];       /* in English, what and where */
};
/* Verifies the database's chain, index columns, personal fields (against their commitments; one that is gone must have
 * been erased by an event), stored heads with `keys` (may be NULL: signatures are not checked, and the caller answers for
 * where the witness heads come from), and completeness against `witness` heads. An event whose digest is not what its
 * successor says is placed by the successor's successor: if that confirms the successor, the event itself was altered. Returns WQ_E_CHAIN, WQ_E_SIGNATURE, WQ_E_REPLAYED with `ret_result`
 * filled, WQ_OK otherwise. */
wq_err wq_ledger_verify(struct wq_ledger *ledger, const struct wq_head_keys *keys, const struct wq_head *witness,
	size_t witness_n, struct wq_verify_result *ret_result);
/* Export: "WQLX\0\1", then records of a type byte, a 32-bit length and that many bytes: 'E' an event in canonical bytes,
 * 'H' a head (canonical bytes and signature) right behind its event, 'Z' the closing record at the very end. A file that
 * others can check with wq_export_verify() and nothing else. Personal fields are not in it. Written atomically. */
wq_err wq_ledger_export(struct wq_ledger *ledger, const char *path);
wq_err wq_export_verify(const char *path, const struct wq_head_keys *keys, const struct wq_head *witness,
	size_t witness_n, struct wq_verify_result *ret_result);

#endif
