#include "ledger/chain_priv.h"
#include "ledger/event_priv.h"
#include "ledger/ledger_priv.h"

#include "base/map.h"

#define SEQ(n) ((unsigned long long)(n))

enum { ERASED_MAX = 16 * 1024 * 1024, KEY_MAX = WQ_EVENT_FIELD_MAX + 24 };

struct verify {
	struct wq_ledger *ledger;
	const struct wq_head_keys *keys;
	struct wq_verify_result *result;
	struct wq_chain chain;
	struct wq_map gone;     /* "SEQ:FIELD" of values that are not there; an event must say that they were erased */
	uint64_t private_found; /* values that belong to a commitment */
	struct wq_db_rows *heads;
	int64_t head_seq; /* the event of the next one, 0: none in this page */
};

/* ---- index columns ---- */

static const char *wrong_column(const struct wq_event *event, const struct wq_db_rows *row)
{
	if (event->time != wq_db_int(row, WQ_ROW_TIME))
		return "time";
	if (!wq_str_eq(event->type, wq_db_text(row, WQ_ROW_TYPE)))
		return "type";
	if (!wq_str_eq(event->actor, wq_db_text(row, WQ_ROW_ACTOR)))
		return "actor";
	if (!wq_str_eq(event->app, wq_db_text(row, WQ_ROW_APP)))
		return "app";
	if (!wq_str_eq(event->subject, wq_db_text(row, WQ_ROW_SUBJECT)))
		return "subject";
	if (!wq_str_eq(wq_str_of(event->digest.b, WQ_DIGEST_BYTES), wq_db_blob(row, WQ_ROW_DIGEST)))
		return "digest";
	return NULL;
}

/* ---- heads ---- */

static void next_head(struct verify *v)
{
	v->head_seq = wq_db_next(v->heads) ? wq_db_int(v->heads, 0) : 0;
}

/* Heads come in pages, from event `first` on. */
static wq_err open_heads(struct verify *v, uint64_t first)
{
	WQ_TRY(wq_db_rows_close(&v->heads));
	WQ_TRY(wq_ledger_heads(v->ledger, first, first + WQ_LEDGER_PAGE - 1, &v->heads));
	next_head(v);
	return WQ_OK;
}

static wq_err check_head(struct verify *v)
{
	struct wq_head head;

	if (wq_failed(wq_ledger_head_row(v->heads, &head)))
		return wq_chain_fault(v->result, WQ_E_CHAIN, v->chain.tip.seq,
			"the head kept for event %llu was altered", SEQ(v->chain.tip.seq));
	if (v->keys && wq_failed(wq_head_verify(&head, v->keys)))
		return wq_chain_fault(v->result, WQ_E_SIGNATURE, v->chain.tip.seq,
			"the head kept for event %llu is not signed by the key", SEQ(v->chain.tip.seq));
	WQ_TRY(wq_chain_confirm(&v->chain, head.tip.digest, "a kept head", v->result));
	v->result->heads++;
	return WQ_OK;
}

static wq_err check_heads(struct verify *v)
{
	while (v->head_seq != 0 && v->head_seq == (int64_t)v->chain.tip.seq) {
		WQ_TRY(check_head(v));
		next_head(v);
	}
	return WQ_OK;
}

/* A kept head that is not at a place of the chain: before the first event, or beyond the last. */
static wq_err stray_heads(struct verify *v)
{
	struct wq_db_rows *rows = NULL;
	bool found;
	int64_t seq = 0;

	WQ_TRY(wq_db_query(v->ledger->db,
		"SELECT seq FROM ledger_head WHERE seq < 1 OR seq > $1 ORDER BY seq DESC LIMIT 1",
		(struct wq_db_value[]){WQ_DB_I(v->chain.tip.seq)}, 1, &rows));
	found = wq_db_next(rows);
	if (found)
		seq = wq_db_int(rows, 0);
	WQ_TRY(wq_db_rows_close(&rows));
	if (!found)
		return WQ_OK;
	if (seq < 1)
		return wq_chain_fault(v->result, WQ_E_CHAIN, 1, "a head is kept for event %lld", (long long)seq);
	return wq_chain_fault(v->result, WQ_E_REPLAYED, v->chain.tip.seq + 1,
		"the ledger ends at event %llu, a head is kept for event %lld", SEQ(v->chain.tip.seq), (long long)seq);
}

/* ---- personal fields ---- */

static wq_str gone_key(char *out, uint64_t seq, wq_str name)
{
	int n = snprintf(out, KEY_MAX, "%llu:%.*s", SEQ(seq), WQ_S_ARG(name));
	return wq_str_of(out, (size_t)WQ_MIN(n, KEY_MAX - 1));
}

static wq_err check_field(struct verify *v, uint64_t seq, wq_str name, wq_digest commitment)
{
	struct wq_db_rows *rows = NULL;
	wq_digest made = {0};
	char key[KEY_MAX];
	bool found;
	wq_err e = WQ_OK;

	WQ_TRY(wq_db_query(v->ledger->db, "SELECT salt, value FROM ledger_private WHERE seq = $1 AND name = $2",
		(struct wq_db_value[]){WQ_DB_I(seq), WQ_DB_T(name)}, 2, &rows));
	found = wq_db_next(rows);
	if (found)
		e = wq_event_commit(seq, wq_db_blob(rows, 0), name, wq_db_blob(rows, 1), &made);
	if (wq_is(e, WQ_E_LIMIT))
		e = WQ_OK; /* longer than any that was accepted: not the one committed to */
	if (wq_failed(e)) {
		WQ_IGNORE(wq_db_rows_close(&rows));
		return e;
	}
	WQ_TRY(wq_db_rows_close(&rows));
	if (!found)
		return wq_map_put(&v->gone, gone_key(key, seq, name), NULL, NULL);
	v->private_found++;
	if (!wq_digest_eq(made, commitment))
		return wq_chain_fault(v->result, WQ_E_CHAIN, seq, "field \"%.*s\" of event %llu was altered",
			WQ_S_ARG(name), SEQ(seq));
	return WQ_OK;
}

static wq_err check_fields(struct verify *v, const struct wq_event *event)
{
	for (size_t i = 0; i < event->commitments_n; i++) {
		wq_str name;
		wq_digest commitment;

		wq_event_commitment(event, i, &name, &commitment);
		WQ_TRY(check_field(v, event->seq, name, commitment));
	}
	if (wq_str_eq(event->type, WQ_S("ledger.erased")) && !wq_map_remove(&v->gone, event->subject, NULL))
		return wq_chain_fault(v->result, WQ_E_CHAIN, event->seq,
			"event %llu says that field %.*s was erased, but it is there", SEQ(event->seq),
			WQ_S_ARG(event->subject));
	return WQ_OK;
}

static wq_err not_erased(struct verify *v)
{
	size_t at = 0;
	const struct wq_map_entry *first = wq_map_next(&v->gone, &at);
	wq_str field, number;
	uint64_t seq = 1;

	if (!first)
		return WQ_OK;
	field = first->key;
	number = wq_str_cut(&field, ':');
	(void)wq_str_to_u64(number, UINT64_MAX, &seq);
	return wq_chain_fault(v->result, WQ_E_CHAIN, seq,
		"field \"%.*s\" of event %llu is gone, but no event erased it", WQ_S_ARG(field), SEQ(seq));
}

/* Whether the event commits to the field; only asked when the numbers differ. */
static wq_err is_committed(struct verify *v, int64_t seq, wq_str name, bool *ret_committed)
{
	struct wq_db_rows *rows = NULL;
	struct wq_event event;
	bool committed = false;

	WQ_TRY(wq_db_query(v->ledger->db, "SELECT bytes FROM ledger_event WHERE seq = $1",
		(struct wq_db_value[]){WQ_DB_I(seq)}, 1, &rows));
	if (wq_db_next(rows) && !wq_failed(wq_event_decode(wq_db_blob(rows, 0), &event)))
		for (size_t i = 0; i < event.commitments_n; i++) {
			wq_str other;
			wq_digest commitment;

			wq_event_commitment(&event, i, &other, &commitment);
			committed = committed || wq_str_eq(name, other);
		}
	WQ_TRY(wq_db_rows_close(&rows));
	*ret_committed = committed;
	return WQ_OK;
}

static wq_err stray_fields(struct verify *v)
{
	struct wq_db_rows *rows = NULL;
	uint64_t n = 0;
	wq_err e = WQ_OK;

	WQ_TRY(wq_db_query(v->ledger->db, "SELECT count(*) FROM ledger_private", NULL, 0, &rows));
	if (wq_db_next(rows))
		n = (uint64_t)wq_db_int(rows, 0);
	WQ_TRY(wq_db_rows_close(&rows));
	if (n == v->private_found)
		return WQ_OK;
	WQ_TRY(wq_db_query(v->ledger->db, "SELECT seq, name FROM ledger_private ORDER BY seq, name", NULL, 0, &rows));
	while (!wq_failed(e) && wq_db_next(rows)) {
		int64_t seq = wq_db_int(rows, 0);
		bool committed = true;

		e = is_committed(v, seq, wq_db_text(rows, 1), &committed);
		if (!wq_failed(e) && !committed)
			e = wq_chain_fault(v->result, WQ_E_CHAIN, seq > 0 ? (uint64_t)seq : 1,
				"a field is kept for event %lld that the event does not name", (long long)seq);
	}
	if (wq_failed(e)) {
		WQ_IGNORE(wq_db_rows_close(&rows));
		return e;
	}
	return wq_db_rows_close(&rows);
}

/* ---- all of it ---- */

static wq_err verify_row(void *data, const struct wq_db_rows *row)
{
	struct verify *v = data;
	uint64_t expected = v->chain.tip.seq + 1;
	struct wq_event event;
	const char *column;

	if ((expected - 1) % WQ_LEDGER_PAGE == 0)
		WQ_TRY(open_heads(v, expected));
	if (wq_db_int(row, WQ_ROW_SEQ) != (int64_t)expected)
		return wq_chain_fault(v->result, WQ_E_CHAIN, expected, "in the place of event %llu stands row %lld",
			SEQ(expected), (long long)wq_db_int(row, WQ_ROW_SEQ));
	WQ_TRY(wq_chain_add(&v->chain, wq_db_blob(row, WQ_ROW_BYTES), &event, v->result));
	column = wrong_column(&event, row);
	if (column)
		return wq_chain_fault(v->result, WQ_E_CHAIN, expected,
			"event %llu or its index was altered: column \"%s\" is not what the event says", SEQ(expected),
			column);
	WQ_TRY(check_heads(v));
	return check_fields(v, &event);
}

static wq_err verify_all(struct verify *v)
{
	WQ_TRY(wq_ledger_rows(v->ledger, verify_row, v));
	/* heads before witnesses: a head kept in the database places a cut as well */
	if (!v->chain.suspect) {
		WQ_TRY(stray_heads(v));
		WQ_TRY(not_erased(v));
		WQ_TRY(stray_fields(v));
	}
	return wq_chain_end(&v->chain, v->result);
}

wq_err wq_ledger_verify(struct wq_ledger *ledger, const struct wq_head_keys *keys, const struct wq_head *witness,
	size_t witness_n, struct wq_verify_result *ret_result)
{
	struct wq_verify_result result = {0};
	struct verify v = {.ledger = ledger, .keys = keys, .result = &result};
	bool own = !wq_db_in_transaction(ledger->db);
	struct wq_arena arena;
	wq_err e = WQ_OK;

	wq_arena_init(&arena, witness_n * sizeof(void *) + 4096);
	wq_map_init(&v.gone, ERASED_MAX, ledger->random);
	if (own)
		e = wq_db_begin_read(ledger->db);
	if (!wq_failed(e))
		e = wq_chain_witness(&v.chain, &arena, keys, witness, witness_n, &result);
	if (!wq_failed(e))
		e = verify_all(&v);
	WQ_IGNORE(wq_db_rows_close(&v.heads));
	if (own)
		wq_db_abort(ledger->db);
	wq_map_done(&v.gone);
	wq_arena_done(&arena);
	result.tip = v.chain.tip;
	*ret_result = result;
	return e;
}
