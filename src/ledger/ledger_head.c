#include "ledger/chain_priv.h"
#include "ledger/ledger_priv.h"

#define COLUMNS "SELECT seq, key_id, time, bytes, sig FROM ledger_head "

wq_err wq_ledger_head_row(const struct wq_db_rows *row, struct wq_head *ret_head)
{
	wq_str sig_bytes = wq_db_blob(row, 4), key_id = wq_db_blob(row, 1);
	wq_sm2_sig sig = {0};
	struct wq_head head = {0};

	if (sig_bytes.n == sizeof(sig.rs))
		memcpy(sig.rs, sig_bytes.p, sizeof(sig.rs));
	if (sig_bytes.n != sizeof(sig.rs) || wq_failed(wq_head_decode(wq_db_blob(row, 3), &sig, &head)) ||
		head.tip.seq != (uint64_t)wq_db_int(row, 0) || head.time != wq_db_int(row, 2) ||
		!wq_str_eq(key_id, wq_str_of(head.key_id.b, WQ_DIGEST_BYTES)))
		return wq_error(WQ_E_CHAIN, "the head kept for event %lld was altered", (long long)wq_db_int(row, 0));
	*ret_head = head;
	return WQ_OK;
}

wq_err wq_ledger_heads(struct wq_ledger *ledger, uint64_t first, uint64_t last, struct wq_db_rows **ret_rows)
{
	return wq_db_query(ledger->db, COLUMNS "WHERE seq >= $1 AND seq <= $2 ORDER BY seq, key_id",
		(struct wq_db_value[]){WQ_DB_I(first), WQ_DB_I(last)}, 2, ret_rows);
}

static wq_err check_place(struct wq_ledger *ledger, const struct wq_head *head)
{
	struct wq_db_rows *rows = NULL;
	bool same = false;

	WQ_TRY(wq_db_query(ledger->db, "SELECT bytes FROM ledger_event WHERE seq = $1",
		(struct wq_db_value[]){WQ_DB_I(head->tip.seq)}, 1, &rows));
	if (wq_db_next(rows))
		same = wq_digest_eq(wq_sm3(wq_db_blob(rows, 0)), head->tip.digest);
	WQ_TRY(wq_db_rows_close(&rows));
	return same ? WQ_OK
		    : wq_error(WQ_E_CHAIN, "event %llu is not the one of this head", (unsigned long long)head->tip.seq);
}

wq_err wq_ledger_head_save(struct wq_ledger *ledger, const struct wq_head *head)
{
	WQ_BUF(bytes, 512);

	if (head->tip.seq > INT64_MAX)
		return wq_error(WQ_E_INPUT, "a head of an event that cannot be");
	WQ_TRY(check_place(ledger, head));
	WQ_TRY(wq_head_encode(head, &bytes));
	return WQ_DB_EXEC(ledger->db,
		"INSERT INTO ledger_head (seq, key_id, time, bytes, sig) VALUES ($1, $2, $3, $4, $5) "
		"ON CONFLICT (seq, key_id) DO UPDATE SET time = excluded.time, bytes = excluded.bytes, sig = excluded.sig",
		WQ_DB_I(head->tip.seq), WQ_DB_B(wq_str_of(head->key_id.b, WQ_DIGEST_BYTES)), WQ_DB_I(head->time),
		WQ_DB_B(wq_buf_str(&bytes)), WQ_DB_B(wq_str_of(head->sig.rs, WQ_SM2_SIG_BYTES)));
}

wq_err wq_ledger_head_last(struct wq_ledger *ledger, struct wq_head *ret_head)
{
	struct wq_db_rows *rows = NULL;
	wq_err e = wq_error(WQ_E_NOT_FOUND, "the ledger has no head yet");
	struct wq_head head;
	wq_err closed;

	WQ_TRY(wq_db_query(ledger->db, COLUMNS "ORDER BY seq DESC, time DESC LIMIT 1", NULL, 0, &rows));
	if (wq_db_next(rows))
		e = wq_ledger_head_row(rows, &head);
	closed = wq_db_rows_close(&rows);
	if (wq_failed(closed))
		return closed;
	if (!wq_failed(e))
		*ret_head = head;
	return e;
}
