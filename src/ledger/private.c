#include "ledger/event_priv.h"
#include "ledger/ledger_priv.h"

static void sort_fields(const struct wq_event_private *fields, size_t n, const struct wq_event_private **out)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = i;

		for (; at > 0 && wq_str_cmp(out[at - 1]->name, fields[i].name) > 0; at--)
			out[at] = out[at - 1];
		out[at] = &fields[i];
	}
}

wq_err wq_ledger_keep_private(struct wq_ledger *ledger, uint64_t seq, const struct wq_event_new *event,
	struct wq_event_commitments *ret_commitments)
{
	const struct wq_event_private *sorted[WQ_EVENT_PRIVATE_MAX];
	struct wq_event_commitments made = {.n = event->private_n};

	sort_fields(event->private_fields, event->private_n, sorted);
	for (size_t i = 0; i < event->private_n; i++) {
		uint8_t bytes[WQ_SALT_BYTES];
		wq_str salt = wq_str_of(bytes, sizeof(bytes));

		ledger->random->fill(ledger->random->data, bytes, sizeof(bytes));
		made.names[i] = sorted[i]->name;
		WQ_TRY(wq_event_commit(seq, salt, sorted[i]->name, sorted[i]->value, &made.digests[i]));
		WQ_TRY(WQ_DB_EXEC(ledger->db,
			"INSERT INTO ledger_private (seq, name, salt, value) VALUES ($1, $2, $3, $4)", WQ_DB_I(seq),
			WQ_DB_T(sorted[i]->name), WQ_DB_B(salt), WQ_DB_B(sorted[i]->value)));
	}
	*ret_commitments = made;
	return WQ_OK;
}

/* The event's commitment to the field, and its application (in `arena`). */
static wq_err find_commitment(struct wq_ledger *ledger, uint64_t seq, wq_str field, struct wq_arena *arena,
	wq_str *ret_app, wq_digest *ret_commitment)
{
	wq_err e = wq_error(WQ_E_NOT_FOUND, "event %llu has no such field", (unsigned long long)seq);
	struct wq_db_rows *rows = NULL;
	struct wq_event event;
	wq_err closed;

	if (seq > INT64_MAX)
		return e;
	WQ_TRY(wq_db_query(ledger->db, "SELECT bytes FROM ledger_event WHERE seq = $1",
		(struct wq_db_value[]){WQ_DB_I(seq)}, 1, &rows));
	if (wq_db_next(rows)) {
		wq_str name;
		wq_digest commitment;

		if (wq_failed(wq_event_decode(wq_db_blob(rows, 0), &event)) || event.seq != seq) {
			e = wq_error(WQ_E_CHAIN, "event %llu was altered", (unsigned long long)seq);
			event.commitments_n = 0;
		}
		for (size_t i = 0; i < event.commitments_n; i++) {
			wq_event_commitment(&event, i, &name, &commitment);
			if (wq_str_eq(name, field)) {
				*ret_commitment = commitment;
				*ret_app = wq_arena_str(arena, event.app);
				e = wq_arena_err(arena);
			}
		}
	}
	closed = wq_db_rows_close(&rows);
	return wq_failed(closed) ? closed : e;
}

wq_err wq_ledger_private(
	struct wq_ledger *ledger, uint64_t seq, wq_str field, struct wq_arena *arena, wq_str *ret_value)
{
	wq_err e = wq_error(WQ_E_NOT_FOUND, "the field was erased");
	wq_digest commitment, found;
	struct wq_db_rows *rows = NULL;
	wq_str value = WQ_S_NONE, app;
	wq_err closed;

	WQ_TRY(find_commitment(ledger, seq, field, arena, &app, &commitment));
	WQ_TRY(wq_db_query(ledger->db, "SELECT salt, value FROM ledger_private WHERE seq = $1 AND name = $2",
		(struct wq_db_value[]){WQ_DB_I(seq), WQ_DB_T(field)}, 2, &rows));
	if (wq_db_next(rows)) {
		value = wq_arena_str(arena, wq_db_blob(rows, 1));
		e = wq_arena_err(arena);
		if (!wq_failed(e))
			e = wq_event_commit(seq, wq_db_blob(rows, 0), field, value, &found);
		if (!wq_failed(e) && !wq_digest_eq(found, commitment))
			e = wq_error(WQ_E_ALTERED, "the field is not what the event says");
	}
	closed = wq_db_rows_close(&rows);
	if (wq_failed(closed))
		return closed;
	if (!wq_failed(e))
		*ret_value = value;
	return e;
}

static wq_err erase(struct wq_ledger *ledger, uint64_t seq, wq_str field, wq_str actor, struct wq_arena *arena)
{
	struct wq_event_new event = {.type = WQ_S("ledger.erased"), .actor = actor, .body = WQ_S("{}")};
	wq_digest commitment;
	int64_t changed = 0;

	WQ_TRY(find_commitment(ledger, seq, field, arena, &event.app, &commitment));
	WQ_TRY(wq_db_exec(ledger->db, "DELETE FROM ledger_private WHERE seq = $1 AND name = $2",
		(struct wq_db_value[]){WQ_DB_I(seq), WQ_DB_T(field)}, 2, &changed));
	if (changed != 1)
		return wq_error(WQ_E_NOT_FOUND, "the field was erased before");
	event.subject = wq_arena_printf(arena, "%llu:%.*s", (unsigned long long)seq, WQ_S_ARG(field));
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_ledger_add_own(ledger, &event, NULL, NULL));
	return wq_ledger_commit(ledger);
}

wq_err wq_ledger_erase(struct wq_ledger *ledger, uint64_t seq, wq_str field, wq_str actor)
{
	struct wq_arena arena;
	wq_err e;

	if (!wq_event_is_field(field))
		return wq_error(WQ_E_INPUT, "a personal field's name is [a-z0-9_]+");
	WQ_TRY(wq_ledger_begin(ledger));
	wq_arena_init(&arena, 16 * WQ_KIB);
	e = erase(ledger, seq, field, actor, &arena);
	wq_arena_done(&arena);
	if (wq_failed(e)) {
		wq_ledger_abort(ledger);
		return e;
	}
	/* erased it is; a reader in the way only delays when its old bytes are overwritten */
	WQ_IGNORE(wq_db_scrub(ledger->db, "ledger_private"));
	return WQ_OK;
}
