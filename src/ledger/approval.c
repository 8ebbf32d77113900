#include "ledger/approval.h"

#include "ledger/ledger_priv.h"
#include "ledger/registry_priv.h"

static const struct {
	const char *name, *zh, *en;
} states[WQ_APPROVAL_STATES] = {
	[WQ_APPROVAL_OPEN] = {"open", "待审批", "open"},
	[WQ_APPROVAL_APPROVED] = {"approved", "已批准", "approved"},
	[WQ_APPROVAL_REJECTED] = {"rejected", "已退回", "rejected"},
	[WQ_APPROVAL_WITHDRAWN] = {"withdrawn", "已撤回", "withdrawn"},
	[WQ_APPROVAL_ENDED] = {"ended", "已到期", "ended"},
};

const char *wq_approval_state_name(enum wq_approval_state state)
{
	return states[state < WQ_APPROVAL_STATES ? state : 0].name;
}

const char *wq_approval_state_title(enum wq_approval_state state, enum wq_lang lang)
{
	size_t i = state < WQ_APPROVAL_STATES ? state : 0;

	return lang == WQ_LANG_ZH ? states[i].zh : states[i].en;
}

enum wq_approval_state wq_approval_state(const struct wq_approval_row *approval, wq_time now)
{
	bool holds = approval->stored == WQ_APPROVAL_OPEN || approval->stored == WQ_APPROVAL_APPROVED;

	return holds && approval->said.until != 0 && now >= approval->said.until ? WQ_APPROVAL_ENDED : approval->stored;
}

/* ---- projections ---- */

static void free_json(struct json_t **json)
{
	wq_json_free(json);
}

/* A member of hexadecimal digits, as bytes in `out`. */
static wq_err get_hex(const struct json_t *body, const char *key, struct wq_buf *out)
{
	wq_str hex;
	void *room;

	WQ_TRY(wq_json_get_str(body, key, 2 * out->max_bytes, &hex));
	room = wq_buf_reserve(out, hex.n / 2);
	if (!room || hex.n % 2 || !wq_str_unhex(hex, room, hex.n / 2))
		return wq_error(WQ_E_FORMAT, "member %s is not hexadecimal", key);
	wq_buf_commit(out, hex.n / 2);
	return WQ_OK;
}

wq_err wq_approval_apply_asked(struct wq_db *db, const struct wq_event *event)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	WQ_BUF(statement, WQ_APPROVAL_BYTES_MAX);
	struct wq_approval_statement said;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(get_hex(body, "statement", &statement));
	WQ_TRY(wq_approval_decode(wq_buf_str(&statement), &said));
	if (!wq_str_eq(said.id, event->subject) || !wq_str_eq(said.app, event->app))
		return wq_error(
			WQ_E_FORMAT, "event %llu: the statement is another approval's", (unsigned long long)event->seq);
	return WQ_DB_EXEC(db,
		"INSERT INTO approval (id, subject, object, app, asker, state, stage, statement, until, seq) "
		"VALUES ($1, $2, $3, $4, $5, 0, 0, $6, $7, $8)",
		WQ_DB_T(said.id), WQ_DB_T(said.subject), WQ_DB_T(said.object), WQ_DB_T(said.app), WQ_DB_T(said.asker),
		WQ_DB_B(wq_buf_str(&statement)), WQ_DB_I(said.until), WQ_DB_I(event->seq));
}

#define COLUMNS "SELECT state, stage, statement, seq FROM approval "

static wq_err read_approval(const struct wq_db_rows *r, struct wq_arena *arena, struct wq_approval_row *row)
{
	row->stored = (enum wq_approval_state)wq_db_int(r, 0);
	row->stage = (size_t)wq_db_int(r, 1);
	row->statement = wq_arena_str(arena, wq_db_blob(r, 2));
	row->seq = (uint64_t)wq_db_int(r, 3);
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_approval_decode(row->statement, &row->said));
	if (row->stored >= WQ_APPROVAL_ENDED || row->stage > row->said.stages_n)
		return wq_error(WQ_E_STATE, "the row of approval %.*s is no state", WQ_S_ARG(row->said.id));
	return WQ_OK;
}

static wq_err find(struct wq_db *db, wq_str id, struct wq_arena *arena, struct wq_approval_row *ret_approval)
{
	struct wq_approval_row row = {0};
	struct wq_db_rows *r;
	wq_err e = WQ_OK;
	bool found;

	WQ_TRY(wq_db_query(db, COLUMNS "WHERE id = $1", &WQ_DB_T(id), 1, &r));
	found = wq_db_next(r);
	if (found)
		e = read_approval(r, arena, &row);
	WQ_TRY(wq_db_rows_close(&r));
	WQ_TRY(e);
	if (!found)
		return wq_error(WQ_E_NOT_FOUND, "approval %.*s", WQ_S_ARG(id));
	*ret_approval = row;
	return WQ_OK;
}

/* What an approval of all stages brings about by itself. */
static wq_err apply_approved(struct wq_db *db, const struct wq_approval_statement *said)
{
	if (!wq_str_eq(said->subject, WQ_S(WQ_SUBJECT_OPENING)))
		return WQ_OK;
	return WQ_DB_EXEC(db, "UPDATE app SET state = $3, opening = $2 WHERE id = $1 AND state = 0",
		WQ_DB_T(said->object), WQ_DB_T(said->id), WQ_DB_I(WQ_APP_REVIEWED));
}

static wq_err apply_verdict(struct wq_db *db, const struct wq_approval_row *row, const struct wq_decision *said)
{
	bool approved = said->verdict == WQ_VERDICT_APPROVE, last = row->stage + 1 == row->said.stages_n;
	enum wq_approval_state next = !approved ? WQ_APPROVAL_REJECTED : last ? WQ_APPROVAL_APPROVED : WQ_APPROVAL_OPEN;

	WQ_TRY(WQ_DB_EXEC(db, "UPDATE approval SET state = $2, stage = $3 WHERE id = $1", WQ_DB_T(row->said.id),
		WQ_DB_I(next), WQ_DB_I(row->stage + approved)));
	return next == WQ_APPROVAL_APPROVED ? apply_approved(db, &row->said) : WQ_OK;
}

static wq_err apply_decided(struct wq_db *db, const struct wq_event *event, struct wq_arena *arena)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	WQ_BUF(canonical, WQ_DECISION_BYTES_MAX);
	WQ_BUF(sig, WQ_SM2_SIG_BYTES);
	struct wq_approval_row row;
	struct wq_decision said;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(get_hex(body, "decision", &canonical));
	WQ_TRY(get_hex(body, "signature", &sig));
	WQ_TRY(wq_approval_decision_decode(wq_buf_str(&canonical), &said));
	WQ_TRY(find(db, event->subject, arena, &row));
	if (!wq_str_eq(said.release, event->subject) || sig.len != WQ_SM2_SIG_BYTES || row.stored != WQ_APPROVAL_OPEN ||
		row.stage >= row.said.stages_n)
		return wq_error(WQ_E_STATE, "event %llu: not a decision on approval %.*s as it stands",
			(unsigned long long)event->seq, WQ_S_ARG(event->subject));
	WQ_TRY(WQ_DB_EXEC(db,
		"INSERT INTO approval_decision (approval, person, canonical, sig, seq) VALUES ($1, $2, $3, $4, $5)",
		WQ_DB_T(said.release), WQ_DB_T(said.person), WQ_DB_B(wq_buf_str(&canonical)), WQ_DB_B(wq_buf_str(&sig)),
		WQ_DB_I(event->seq)));
	return apply_verdict(db, &row, &said);
}

wq_err wq_approval_apply_decided(struct wq_db *db, const struct wq_event *event)
{
	struct wq_arena arena;
	wq_err e;

	wq_arena_init(&arena, WQ_MIB);
	e = apply_decided(db, event, &arena);
	wq_arena_done(&arena);
	return e;
}

wq_err wq_approval_apply_withdrawn(struct wq_db *db, const struct wq_event *event)
{
	return WQ_DB_EXEC(db, "UPDATE approval SET state = $2 WHERE id = $1 AND state <= 1", WQ_DB_T(event->subject),
		WQ_DB_I(WQ_APPROVAL_WITHDRAWN));
}

/* ---- look-ups ---- */

wq_err wq_approval_find(
	struct wq_ledger *ledger, wq_str id, struct wq_arena *arena, struct wq_approval_row *ret_approval)
{
	return find(wq_ledger_db(ledger), id, arena, ret_approval);
}

static wq_err select_rows(struct wq_ledger *ledger, const char *sql, const struct wq_db_value *values, size_t values_n,
	size_t limit, struct wq_arena *arena, struct wq_approval_row **ret_approvals, size_t *ret_n)
{
	struct wq_approval_row *found = WQ_NEW_ARRAY(arena, struct wq_approval_row, limit);
	struct wq_db_rows *r;
	wq_err e = WQ_OK;
	size_t n = 0;

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_db_query(wq_ledger_db(ledger), sql, values, values_n, &r));
	while (!wq_failed(e) && n < limit && wq_db_next(r))
		e = read_approval(r, arena, &found[n++]);
	WQ_TRY(wq_db_rows_close(&r));
	WQ_TRY(e);
	*ret_approvals = found;
	*ret_n = n;
	return WQ_OK;
}

wq_err wq_approval_list(struct wq_ledger *ledger, wq_str subject, wq_str object, wq_str app, size_t limit,
	struct wq_arena *arena, struct wq_approval_row **ret_approvals, size_t *ret_n)
{
	return select_rows(ledger,
		COLUMNS "WHERE (subject = $1 OR $1 = '') AND (object = $2 OR $2 = '') AND (app = $3 OR $3 = '') "
			"ORDER BY seq DESC LIMIT $4",
		(const struct wq_db_value[]){WQ_DB_T(subject), WQ_DB_T(object), WQ_DB_T(app), WQ_DB_I(limit)}, 4, limit,
		arena, ret_approvals, ret_n);
}

wq_err wq_approval_standing(struct wq_ledger *ledger, wq_str subject, wq_str object, wq_str app, wq_time now,
	struct wq_arena *arena, struct wq_approval_row *ret_approval)
{
	struct wq_approval_row *found;
	size_t n;

	WQ_TRY(select_rows(ledger,
		COLUMNS "WHERE subject = $1 AND object = $2 AND (app = $3 OR $3 = '') AND state = 1 "
			"AND (until = 0 OR until > $4) ORDER BY seq DESC LIMIT 1",
		(const struct wq_db_value[]){WQ_DB_T(subject), WQ_DB_T(object), WQ_DB_T(app), WQ_DB_I(now)}, 4, 1,
		arena, &found, &n));
	if (n == 0)
		return wq_error(WQ_E_UNAPPROVED, "no approval holds: %.*s %.*s; weique approval ask %.*s %.*s",
			WQ_S_ARG(subject), WQ_S_ARG(object), WQ_S_ARG(subject), WQ_S_ARG(object));
	*ret_approval = found[0];
	return WQ_OK;
}

wq_err wq_approval_list_standing(struct wq_ledger *ledger, wq_str subject, wq_str app, wq_time now, size_t limit,
	struct wq_arena *arena, struct wq_approval_row **ret_approvals, size_t *ret_n)
{
	return select_rows(ledger,
		COLUMNS "WHERE subject = $1 AND app = $2 AND state = 1 AND (until = 0 OR until > $3) "
			"ORDER BY seq DESC LIMIT $4",
		(const struct wq_db_value[]){WQ_DB_T(subject), WQ_DB_T(app), WQ_DB_I(now), WQ_DB_I(limit)}, 4, limit,
		arena, ret_approvals, ret_n);
}

wq_err wq_approval_decisions(struct wq_ledger *ledger, wq_str id, struct wq_arena *arena,
	struct wq_approval_decision_row **ret_decisions, size_t *ret_n)
{
	struct wq_approval_decision_row *list = WQ_NEW_ARRAY(arena, struct wq_approval_decision_row, WQ_STAGES_MAX);
	struct wq_db_rows *r;
	wq_err e = WQ_OK;
	size_t n = 0;

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_db_query(wq_ledger_db(ledger),
		"SELECT canonical, sig, seq FROM approval_decision WHERE approval = $1 ORDER BY seq", &WQ_DB_T(id), 1,
		&r));
	while (!wq_failed(e) && n < WQ_STAGES_MAX && wq_db_next(r)) {
		struct wq_approval_decision_row *d = &list[n++];
		wq_str sig = wq_db_blob(r, 1);

		d->proof.canonical = wq_arena_str(arena, wq_db_blob(r, 0));
		d->seq = (uint64_t)wq_db_int(r, 2);
		if (sig.n == sizeof d->proof.sig.rs)
			memcpy(d->proof.sig.rs, sig.p, sig.n);
		e = sig.n == sizeof d->proof.sig.rs ? wq_approval_decision_decode(d->proof.canonical, &d->said)
						    : wq_error(WQ_E_STATE, "a signature of %zu bytes", sig.n);
	}
	WQ_TRY(wq_db_rows_close(&r));
	WQ_TRY(e);
	*ret_decisions = list;
	*ret_n = n;
	return wq_arena_err(arena);
}

/* ---- asking ---- */

static wq_err check_asked(struct wq_ledger *ledger, const struct wq_approval_statement *s, struct wq_arena *arena)
{
	struct wq_approval_row *same;
	struct wq_person_row asker;
	struct wq_app_row app;
	size_t n;

	WQ_TRY(wq_person_find(ledger, s->asker, arena, &asker));
	if (asker.left)
		return wq_error(WQ_E_DENIED, "%.*s has left", WQ_S_ARG(s->asker));
	if (s->app.n > 0)
		WQ_TRY(wq_app_find(ledger, s->app, arena, &app));
	WQ_TRY(select_rows(ledger,
		COLUMNS "WHERE subject = $1 AND object = $2 AND app = $3 AND state = 0 AND (until = 0 OR until > $4) "
			"LIMIT 1",
		(const struct wq_db_value[]){
			WQ_DB_T(s->subject), WQ_DB_T(s->object), WQ_DB_T(s->app), WQ_DB_I(s->asked)},
		4, 1, arena, &same, &n));
	if (n > 0)
		return wq_error(WQ_E_EXISTS, "approval %.*s is open for it", WQ_S_ARG(same[0].said.id));
	return WQ_OK;
}

static wq_err add_asked(struct wq_ledger *ledger, struct wq_approval_statement *s, struct wq_arena *arena)
{
	WQ_BUF(canonical, WQ_APPROVAL_BYTES_MAX);
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_json json;
	struct wq_tip tip;

	WQ_TRY(wq_ledger_tip(ledger, &tip));
	s->id = wq_arena_printf(arena, "a%llu", (unsigned long long)tip.seq + 1);
	WQ_TRY(wq_approval_encode(s, &canonical));
	WQ_TRY(check_asked(ledger, s, arena));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_hex(&json, "statement", canonical.data, canonical.len);
	wq_json_put_str(&json, "subject", s->subject);
	wq_json_put_str(&json, "object", s->object);
	wq_json_put_str(&json, "text", s->text);
	wq_json_put_str(&json, "rule", s->rule);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return wq_ledger_add(ledger,
		&(struct wq_event_new){.type = WQ_S("approval.asked"),
			.actor = s->asker,
			.app = s->app,
			.subject = s->id,
			.body = wq_buf_str(&body)},
		arena, NULL);
}

wq_err wq_approval_ask(struct wq_ledger *ledger, const struct wq_approval_statement *asked, struct wq_arena *arena,
	struct wq_approval_row *ret_approval)
{
	struct wq_approval_statement s = *asked;

	s.asked = wq_now(ledger->clock);
	WQ_TRY(wq_ledger_begin(ledger));
	WQ_TRY(wq_registry_end(ledger, add_asked(ledger, &s, arena)));
	return ret_approval ? wq_approval_find(ledger, s.id, arena, ret_approval) : WQ_OK;
}

/* ---- deciding ---- */

static wq_err check_stands(const struct wq_approval_row *row, wq_time now)
{
	enum wq_approval_state state = wq_approval_state(row, now);

	if (state != WQ_APPROVAL_OPEN)
		return wq_error(
			WQ_E_STATE, "approval %.*s is %s", WQ_S_ARG(row->said.id), wq_approval_state_name(state));
	return WQ_OK;
}

/* Somebody of the application's unit, or of one above it. */
static wq_err check_unit(struct wq_ledger *ledger, const struct wq_approval_row *row,
	const struct wq_person_row *person, struct wq_arena *arena)
{
	struct wq_app_row app;
	wq_str unit;

	if (row->said.app.n == 0 || person->unit.n == 0)
		return WQ_OK;
	WQ_TRY(wq_app_find(ledger, row->said.app, arena, &app));
	unit = app.unit;
	for (int depth = 0; unit.n > 0 && depth <= WQ_UNIT_DEPTH_MAX; depth++) {
		struct wq_unit_row above;

		if (wq_str_eq(unit, person->unit))
			return WQ_OK;
		WQ_TRY(wq_unit_find(ledger, unit, arena, &above));
		unit = above.superior;
	}
	return wq_error(WQ_E_DENIED, "%.*s belongs to unit %.*s, which is neither that of %.*s nor above it",
		WQ_S_ARG(person->id), WQ_S_ARG(person->unit), WQ_S_ARG(app.id));
}

static wq_err check_person(struct wq_ledger *ledger, const struct wq_approval_row *row,
	const struct wq_person_row *person, struct wq_arena *arena)
{
	const struct wq_stage *stage = row->said.stages[row->stage];

	if (person->left)
		return wq_error(WQ_E_DENIED, "%.*s has left", WQ_S_ARG(person->id));
	if (wq_str_eq(person->id, row->said.asker) ||
		(wq_str_eq(row->said.subject, WQ_S(WQ_SUBJECT_PERSON_KEY)) && wq_str_eq(person->id, row->said.object)))
		return wq_error(WQ_E_SELF_REVIEW, "%.*s asked for it, or it is about %.*s", WQ_S_ARG(person->id),
			WQ_S_ARG(person->id));
	if (!(person->roles & stage->role))
		return wq_error(WQ_E_DENIED, "the stage %s is next, and %.*s has not its role", stage->name,
			WQ_S_ARG(person->id));
	if (row->said.in_establishment && !person->in_establishment)
		return wq_error(WQ_E_DENIED, "%.*s is not in-establishment staff (2024 art. 13)", WQ_S_ARG(person->id));
	return check_unit(ledger, row, person, arena);
}

static wq_err may_decide(struct wq_ledger *ledger, const struct wq_signed_decision *proof, struct wq_arena *arena,
	struct wq_approval_row *row, struct wq_decision *said)
{
	struct wq_approval_decision_row *others;
	struct wq_person_row person;
	size_t n;

	WQ_TRY(wq_approval_decision_decode(proof->canonical, said));
	WQ_TRY(wq_approval_find(ledger, said->release, arena, row));
	WQ_TRY(check_stands(row, wq_now(ledger->clock)));
	if (!wq_digest_eq(said->statement, wq_sm3(row->statement)))
		return wq_error(WQ_E_SIGNATURE, "the decision is about another statement");
	if (!wq_str_eq(said->stage, wq_str_c(row->said.stages[row->stage]->name)))
		return wq_error(WQ_E_STATE, "the stage %s is next", row->said.stages[row->stage]->name);
	WQ_TRY(wq_person_find(ledger, said->person, arena, &person));
	WQ_TRY(wq_approval_decisions(ledger, said->release, arena, &others, &n));
	for (size_t i = 0; i < n; i++)
		if (wq_str_eq(others[i].said.person, said->person))
			return wq_error(WQ_E_EXISTS, "%.*s has decided on it already", WQ_S_ARG(said->person));
	WQ_TRY(check_person(ledger, row, &person, arena));
	return wq_sm2_verify(&person.key, proof->canonical, &proof->sig);
}

static wq_err add_decision(struct wq_ledger *ledger, const struct wq_signed_decision *proof, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_approval_row row;
	struct wq_decision said;
	struct wq_json json;

	WQ_TRY(may_decide(ledger, proof, arena, &row, &said));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_str(&json, "verdict", said.verdict == WQ_VERDICT_APPROVE ? WQ_S("approve") : WQ_S("reject"));
	wq_json_put_str(&json, "stage", said.stage);
	wq_json_put_bool(&json, "demonstration", said.demonstration);
	wq_json_put_hex(&json, "decision", proof->canonical.p, proof->canonical.n);
	wq_json_put_hex(&json, "signature", proof->sig.rs, sizeof proof->sig.rs);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return wq_ledger_add(ledger,
		&(struct wq_event_new){.type = WQ_S("approval.decided"),
			.actor = said.person,
			.app = row.said.app,
			.subject = said.release,
			.body = wq_buf_str(&body)},
		arena, NULL);
}

wq_err wq_approval_decide(struct wq_ledger *ledger, const struct wq_signed_decision *decision, struct wq_arena *arena)
{
	WQ_TRY(wq_ledger_begin(ledger));
	return wq_registry_end(ledger, add_decision(ledger, decision, arena));
}

/* ---- taking back ---- */

static wq_err may_withdraw(
	struct wq_ledger *ledger, const struct wq_approval_row *row, wq_str person, struct wq_arena *arena)
{
	struct wq_approval_decision_row *decisions;
	bool may = wq_str_eq(person, row->said.asker);
	size_t n;

	if (row->stored != WQ_APPROVAL_OPEN && row->stored != WQ_APPROVAL_APPROVED)
		return wq_error(
			WQ_E_STATE, "approval %.*s is %s", WQ_S_ARG(row->said.id), wq_approval_state_name(row->stored));
	WQ_TRY(wq_approval_decisions(ledger, row->said.id, arena, &decisions, &n));
	for (size_t i = 0; i < n; i++)
		may = may || wq_str_eq(person, decisions[i].said.person);
	return may ? WQ_OK
		   : wq_error(WQ_E_DENIED, "%.*s neither asked for %.*s nor approved it", WQ_S_ARG(person),
			     WQ_S_ARG(row->said.id));
}

static wq_err add_withdrawal(struct wq_ledger *ledger, wq_str id, wq_str person, wq_str reason, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_approval_row row;
	struct wq_json json;

	WQ_TRY(wq_approval_find(ledger, id, arena, &row));
	WQ_TRY(may_withdraw(ledger, &row, person, arena));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_str(&json, "reason", reason);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return wq_ledger_add(ledger,
		&(struct wq_event_new){.type = WQ_S("approval.withdrawn"),
			.actor = person,
			.app = row.said.app,
			.subject = id,
			.body = wq_buf_str(&body)},
		arena, NULL);
}

wq_err wq_approval_withdraw(struct wq_ledger *ledger, wq_str id, wq_str person, wq_str reason, struct wq_arena *arena)
{
	WQ_TRY(wq_registry_check_line("the reason", reason, WQ_REASON_MAX));
	WQ_TRY(wq_ledger_begin(ledger));
	return wq_registry_end(ledger, add_withdrawal(ledger, id, person, reason, arena));
}
