/* The open ledger, and what its files share. For this folder only. */
#ifndef WQ_LEDGER_LEDGER_PRIV_H
#define WQ_LEDGER_LEDGER_PRIV_H

#include "ledger/ledger.h"

struct wq_ledger {
	struct wq_db *db;
	const struct wq_clock *clock;
	const struct wq_random *random;
	const struct wq_projections *projections;
	struct wq_tip tip; /* of the open write transaction */
};

/* Rows fetched at a time: bounds memory where a driver hands over whole results. */
enum { WQ_LEDGER_PAGE = 128 };

/* Runs the projection of the event's type, if there is one. */
wq_err wq_ledger_apply(struct wq_ledger *ledger, const struct wq_event *event);

/* wq_ledger_add() for the ledger's own types too. */
wq_err wq_ledger_add_own(
	struct wq_ledger *ledger, const struct wq_event_new *event, struct wq_arena *arena, struct wq_event *ret_event);

/* Every stored event in order, as stored, with its index columns in the row. A visitor's error ends it. */
enum { WQ_ROW_SEQ, WQ_ROW_TIME, WQ_ROW_TYPE, WQ_ROW_ACTOR, WQ_ROW_APP, WQ_ROW_SUBJECT, WQ_ROW_DIGEST, WQ_ROW_BYTES };
wq_err wq_ledger_rows(struct wq_ledger *ledger, wq_err (*visit)(void *data, const struct wq_db_rows *row), void *data);

/* The heads kept for events first … last, in order; columns seq, key_id, time, bytes, sig. */
wq_err wq_ledger_heads(struct wq_ledger *ledger, uint64_t first, uint64_t last, struct wq_db_rows **ret_rows);
/* One of these rows. WQ_E_CHAIN when it is no head or its index columns are not the head's. */
wq_err wq_ledger_head_row(const struct wq_db_rows *row, struct wq_head *ret_head);

/* Stores the personal fields of the next event and makes their commitments. */
struct wq_event_commitments;
wq_err wq_ledger_keep_private(struct wq_ledger *ledger, uint64_t seq, const struct wq_event_new *event,
	struct wq_event_commitments *ret_commitments);

#endif
