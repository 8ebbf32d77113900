#include "ledger/chain_priv.h"
#include "ledger/ledger_priv.h"

struct rebuild {
	struct wq_ledger *ledger;
	struct wq_chain chain;
	struct wq_verify_result result;
};

static wq_err empty_tables(struct wq_ledger *ledger)
{
	const char *const *table = ledger->projections ? ledger->projections->tables : NULL;

	for (; table && *table; table++) {
		char sql[128];

		if (snprintf(sql, sizeof(sql), "DELETE FROM %s", *table) >= (int)sizeof(sql))
			return wq_error(WQ_E_BUG, "the name of table %s", *table);
		WQ_TRY(wq_db_exec(ledger->db, sql, NULL, 0, NULL));
	}
	return WQ_OK;
}

static wq_err apply_row(void *data, const struct wq_db_rows *row)
{
	struct rebuild *r = data;
	struct wq_event event;

	WQ_TRY(wq_chain_add(&r->chain, wq_db_blob(row, WQ_ROW_BYTES), &event, &r->result));
	return wq_ledger_apply(r->ledger, &event);
}

wq_err wq_ledger_rebuild(struct wq_ledger *ledger)
{
	struct rebuild r = {.ledger = ledger};
	wq_err e;

	WQ_TRY(wq_db_begin(ledger->db));
	e = empty_tables(ledger);
	if (!wq_failed(e))
		e = wq_ledger_rows(ledger, apply_row, &r);
	if (!wq_failed(e))
		e = wq_chain_end(&r.chain, &r.result);
	if (wq_failed(e)) {
		wq_db_abort(ledger->db);
		return e;
	}
	return wq_db_commit(ledger->db);
}
