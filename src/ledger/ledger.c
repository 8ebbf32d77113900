#include "ledger/ledger_priv.h"

#include "ledger/event_priv.h"

static const struct wq_db_migration migrations[] = {{"ledger", 1,
	"CREATE TABLE ledger_event (seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, type TEXT NOT NULL, "
	"actor TEXT NOT NULL, app TEXT NOT NULL, subject TEXT NOT NULL, digest BLOB NOT NULL, bytes BLOB NOT NULL);\n"
	"CREATE INDEX ledger_event_subject ON ledger_event (subject, seq);\n"
	"CREATE INDEX ledger_event_app ON ledger_event (app, seq);\n"
	"CREATE TABLE ledger_private (seq INTEGER NOT NULL, name TEXT NOT NULL, salt BLOB NOT NULL, "
	"value BLOB NOT NULL, PRIMARY KEY (seq, name));\n"
	"CREATE TABLE ledger_head (seq INTEGER NOT NULL, key_id BLOB NOT NULL, time INTEGER NOT NULL, "
	"bytes BLOB NOT NULL, sig BLOB NOT NULL, PRIMARY KEY (seq, key_id));\n"}};

/* ---- open and close ---- */

wq_err wq_ledger_open(struct wq_db *db, const struct wq_clock *clock, const struct wq_random *random,
	const struct wq_projections *projections, struct wq_ledger **ret_ledger)
{
	struct wq_ledger *ledger;

	WQ_TRY(wq_db_migrate(db, migrations, WQ_COUNT(migrations)));
	if (projections && projections->migrations_n > 0)
		WQ_TRY(wq_db_migrate(db, projections->migrations, projections->migrations_n));
	ledger = calloc(1, sizeof(*ledger));
	if (!ledger)
		return wq_error_id(WQ_E_NO_MEMORY);
	*ledger = (struct wq_ledger){.db = db, .clock = clock, .random = random, .projections = projections};
	*ret_ledger = ledger;
	return WQ_OK;
}

void wq_ledger_close(struct wq_ledger **ledger)
{
	if (!*ledger)
		return;
	wq_db_abort((*ledger)->db);
	free(*ledger);
	*ledger = NULL;
}

struct wq_db *wq_ledger_db(struct wq_ledger *ledger)
{
	return ledger->db;
}

/* ---- appending ---- */

/* From the bytes, not from the columns beside them: nothing may be chained to an event that was altered. */
wq_err wq_ledger_tip(struct wq_ledger *ledger, struct wq_tip *ret_tip)
{
	struct wq_db_rows *rows = NULL;
	struct wq_tip tip = {0};
	wq_err e = WQ_OK;

	WQ_TRY(wq_db_query(
		ledger->db, "SELECT seq, digest, bytes FROM ledger_event ORDER BY seq DESC LIMIT 1", NULL, 0, &rows));
	if (wq_db_next(rows)) {
		struct wq_event event = {0};
		wq_str digest = wq_db_blob(rows, 1);

		e = wq_event_decode(wq_db_blob(rows, 2), &event);
		if (wq_failed(e) || event.seq != (uint64_t)wq_db_int(rows, 0) ||
			!wq_str_eq(digest, wq_str_of(event.digest.b, WQ_DIGEST_BYTES)))
			e = wq_error(WQ_E_CHAIN, "the last event, %lld, was altered", (long long)wq_db_int(rows, 0));
		tip = (struct wq_tip){.seq = event.seq, .digest = event.digest};
	}
	if (wq_failed(e))
		WQ_IGNORE(wq_db_rows_close(&rows));
	else
		e = wq_db_rows_close(&rows);
	if (!wq_failed(e))
		*ret_tip = tip;
	return e;
}

wq_err wq_ledger_apply(struct wq_ledger *ledger, const struct wq_event *event)
{
	const struct wq_projection *row = ledger->projections ? ledger->projections->rows : NULL;

	for (; row && row->type; row++)
		if (wq_str_eq(event->type, wq_str_c(row->type)))
			return row->apply(ledger->db, event);
	return WQ_OK;
}

wq_err wq_ledger_begin(struct wq_ledger *ledger)
{
	wq_err e;

	WQ_TRY(wq_db_begin(ledger->db));
	e = wq_ledger_tip(ledger, &ledger->tip);
	if (wq_failed(e))
		wq_db_abort(ledger->db);
	return e;
}

wq_err wq_ledger_commit(struct wq_ledger *ledger)
{
	return wq_db_commit(ledger->db);
}

void wq_ledger_abort(struct wq_ledger *ledger)
{
	wq_db_abort(ledger->db);
}

static wq_err store(struct wq_ledger *ledger, const struct wq_event *event)
{
	return WQ_DB_EXEC(ledger->db,
		"INSERT INTO ledger_event (seq, time, type, actor, app, subject, digest, bytes) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		WQ_DB_I(event->seq), WQ_DB_I(event->time), WQ_DB_T(event->type), WQ_DB_T(event->actor),
		WQ_DB_T(event->app), WQ_DB_T(event->subject), WQ_DB_B(wq_str_of(event->digest.b, WQ_DIGEST_BYTES)),
		WQ_DB_B(event->canonical));
}

/* What is stored is what decoding gives, so that a reader refuses nothing that was accepted here. */
static wq_err add(
	struct wq_ledger *ledger, const struct wq_event_new *new_event, struct wq_buf *bytes, struct wq_event *event)
{
	struct wq_event_commitments commitments = {0};
	uint64_t seq = ledger->tip.seq + 1;

	WQ_TRY(wq_event_check(new_event));
	WQ_TRY(wq_ledger_keep_private(ledger, seq, new_event, &commitments));
	WQ_TRY(wq_event_encode(seq, wq_now(ledger->clock), new_event, &commitments, ledger->tip.digest, bytes));
	WQ_TRY(wq_event_decode(wq_buf_str(bytes), event));
	WQ_TRY(store(ledger, event));
	return wq_ledger_apply(ledger, event);
}

static wq_err copy_out(wq_str canonical, struct wq_arena *arena, struct wq_event *ret_event)
{
	wq_str copy = wq_arena_str(arena, canonical);

	WQ_TRY(wq_arena_err(arena));
	return wq_event_decode(copy, ret_event);
}

wq_err wq_ledger_add_own(struct wq_ledger *ledger, const struct wq_event_new *new_event, struct wq_arena *arena,
	struct wq_event *ret_event)
{
	WQ_BUF(bytes, WQ_EVENT_BYTES_MAX);
	struct wq_event event;
	wq_err e;

	if (!wq_db_in_transaction(ledger->db))
		return wq_error(WQ_E_BUG, "wq_ledger_add() without begin");
	e = add(ledger, new_event, &bytes, &event);
	if (!wq_failed(e) && ret_event)
		e = copy_out(event.canonical, arena, ret_event);
	if (wq_failed(e)) {
		wq_db_abort(ledger->db);
		return e;
	}
	ledger->tip = (struct wq_tip){.seq = event.seq, .digest = event.digest};
	return WQ_OK;
}

wq_err wq_ledger_add(
	struct wq_ledger *ledger, const struct wq_event_new *event, struct wq_arena *arena, struct wq_event *ret_event)
{
	/* erasing keeps two tables in step: only wq_ledger_erase() writes these */
	if (wq_str_starts(event->type, WQ_S("ledger."))) {
		wq_db_abort(ledger->db);
		return wq_error(WQ_E_INPUT, "events \"ledger.\" are the ledger's own");
	}
	return wq_ledger_add_own(ledger, event, arena, ret_event);
}

wq_err wq_ledger_append(
	struct wq_ledger *ledger, const struct wq_event_new *event, struct wq_arena *arena, struct wq_event *ret_event)
{
	WQ_TRY(wq_ledger_begin(ledger));
	WQ_TRY(wq_ledger_add(ledger, event, arena, ret_event));
	return wq_ledger_commit(ledger);
}
