#include "ledger/release.h"

#include "base/json.h"
#include "base/json_read.h"
#include "ledger/approval.h"

enum { HEX_MAX = 2 * 8192 };

static const struct {
	const char *name;
	struct {
		const char *zh, *en;
	} title;
} states[] = {
	[WQ_RELEASE_OPEN] = {"open", {"待审核", "open"}},
	[WQ_RELEASE_REJECTED] = {"rejected", {"已退回", "rejected"}},
	[WQ_RELEASE_SEALED] = {"sealed", {"已封存", "sealed"}},
	[WQ_RELEASE_SUPERSEDED] = {"superseded", {"已被取代", "superseded"}},
};

const char *wq_release_state_name(enum wq_release_state state)
{
	return (size_t)state < WQ_COUNT(states) ? states[state].name : "open";
}

const char *wq_release_state_title(enum wq_release_state state, enum wq_lang lang)
{
	size_t i = (size_t)state < WQ_COUNT(states) ? state : 0;
	return lang == WQ_LANG_ZH ? states[i].title.zh : states[i].title.en;
}

/* ---- projections ---- */

static void free_json(struct json_t **json)
{
	wq_json_free(json);
}

/* A member of hexadecimal digits, as bytes in `out`. */
static wq_err get_hex(struct json_t *body, const char *key, struct wq_buf *out)
{
	wq_str hex;
	void *room;

	WQ_TRY(wq_json_get_str(body, key, HEX_MAX, &hex));
	room = wq_buf_reserve(out, hex.n / 2);
	if (!room || hex.n % 2 || !wq_str_unhex(hex, room, hex.n / 2))
		return wq_error(WQ_E_FORMAT, "member %s is not hexadecimal", key);
	wq_buf_commit(out, hex.n / 2);
	return WQ_OK;
}

static wq_err apply_created(struct wq_db *db, const struct wq_event *event)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	WQ_BUF(statement, WQ_STATEMENT_BYTES_MAX);
	struct wq_statement said;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(get_hex(body, "statement", &statement));
	WQ_TRY(wq_statement_decode(wq_buf_str(&statement), &said));
	if (!wq_str_eq(said.release, event->subject) || !wq_str_eq(said.app, event->app))
		return wq_error(
			WQ_E_FORMAT, "event %llu: the statement is another release's", (unsigned long long)event->seq);
	return WQ_DB_EXEC(db,
		"INSERT INTO release (id, app, state, statement, serial, seq, created) VALUES ($1, $2, 0, $3, 0, $4, $5)",
		WQ_DB_T(event->subject), WQ_DB_T(event->app), WQ_DB_B(wq_buf_str(&statement)), WQ_DB_I(event->seq),
		WQ_DB_I(said.created));
}

/* The release of the event has to be there, of that application, in a state up to `most`. */
static wq_err check_state(struct wq_db *db, const struct wq_event *event, enum wq_release_state most)
{
	struct wq_db_rows *r;
	bool fine;

	WQ_TRY(wq_db_query(db, "SELECT 1 FROM release WHERE id = $1 AND app = $2 AND state <= $3",
		(const struct wq_db_value[]){WQ_DB_T(event->subject), WQ_DB_T(event->app), WQ_DB_I(most)}, 3, &r));
	fine = wq_db_next(r);
	WQ_TRY(wq_db_rows_close(&r));
	if (!fine)
		return wq_error(WQ_E_STATE, "event %llu: release %.*s is not open", (unsigned long long)event->seq,
			WQ_S_ARG(event->subject));
	return WQ_OK;
}

static wq_err apply_decided(struct wq_db *db, const struct wq_event *event)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	WQ_BUF(canonical, WQ_DECISION_BYTES_MAX);
	WQ_BUF(sig, WQ_SM2_SIG_BYTES);
	struct wq_decision said;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(get_hex(body, "decision", &canonical));
	WQ_TRY(get_hex(body, "signature", &sig));
	WQ_TRY(wq_decision_decode(wq_buf_str(&canonical), &said));
	if (!wq_str_eq(said.release, event->subject) || sig.len != WQ_SM2_SIG_BYTES)
		return wq_error(WQ_E_FORMAT, "event %llu: not a decision on release %.*s",
			(unsigned long long)event->seq, WQ_S_ARG(event->subject));
	WQ_TRY(check_state(db, event, WQ_RELEASE_OPEN));
	WQ_TRY(WQ_DB_EXEC(db,
		"INSERT INTO decision (release, person, verdict, canonical, sig, seq) VALUES ($1, $2, $3, $4, $5, $6)",
		WQ_DB_T(event->subject), WQ_DB_T(said.person), WQ_DB_I(said.verdict), WQ_DB_B(wq_buf_str(&canonical)),
		WQ_DB_B(wq_buf_str(&sig)), WQ_DB_I(event->seq)));
	WQ_TRY(WQ_DB_EXEC(db, "UPDATE release SET deciding = $2 WHERE id = $1", WQ_DB_T(event->subject),
		WQ_DB_B(event->canonical)));
	if (said.verdict == WQ_VERDICT_REJECT)
		return WQ_DB_EXEC(db, "UPDATE release SET state = $2 WHERE id = $1 AND state = 0",
			WQ_DB_T(event->subject), WQ_DB_I(WQ_RELEASE_REJECTED));
	return WQ_OK;
}

static wq_err apply_sealed(struct wq_db *db, const struct wq_event *event)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	WQ_BUF(head, HEX_MAX);
	wq_digest digest;
	uint64_t serial;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(get_hex(body, "head", &head));
	WQ_TRY(wq_json_get_u64(body, "serial", INT64_MAX, &serial));
	digest = wq_sm3(wq_buf_str(&head));
	WQ_TRY(check_state(db, event, WQ_RELEASE_REJECTED));
	WQ_TRY(WQ_DB_EXEC(db, "UPDATE release SET state = $2, serial = $3, snapshot = $4 WHERE id = $1",
		WQ_DB_T(event->subject), WQ_DB_I(WQ_RELEASE_SEALED), WQ_DB_I(serial),
		WQ_DB_B(wq_str_of(digest.b, sizeof digest.b))));
	WQ_TRY(WQ_DB_EXEC(db, "UPDATE app SET state = $2 WHERE id = $1 AND state <= 1", WQ_DB_T(event->app),
		WQ_DB_I(WQ_APP_ONLINE)));
	return WQ_DB_EXEC(db, "UPDATE release SET state = $2 WHERE app = $1 AND state = 0", WQ_DB_T(event->app),
		WQ_DB_I(WQ_RELEASE_SUPERSEDED));
}

static wq_err apply_finding(struct wq_db *db, const struct wq_event *event)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	wq_str id;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(wq_json_get_str(body, "id", WQ_FINDING_ID_TEXT, &id));
	return WQ_DB_EXEC(db, "INSERT INTO finding (id, app, release, body, seq) VALUES ($1, $2, $3, $4, $5)",
		WQ_DB_T(id), WQ_DB_T(event->app), WQ_DB_T(event->subject), WQ_DB_T(event->body), WQ_DB_I(event->seq));
}

static const struct wq_db_migration migrations[] = {
	{"release", 1,
		"CREATE TABLE app (id TEXT PRIMARY KEY, name TEXT NOT NULL, unit TEXT NOT NULL, origin TEXT NOT NULL, "
		"hosts TEXT NOT NULL, seq INTEGER NOT NULL);\n"
		"CREATE TABLE person (id TEXT PRIMARY KEY, public_key BLOB NOT NULL, roles INTEGER NOT NULL, "
		"in_establishment INTEGER NOT NULL, seq INTEGER NOT NULL);\n"
		"CREATE TABLE release (id TEXT PRIMARY KEY, app TEXT NOT NULL, state INTEGER NOT NULL, "
		"statement BLOB NOT NULL, serial INTEGER NOT NULL, snapshot BLOB, deciding BLOB, seq INTEGER NOT NULL, "
		"created INTEGER NOT NULL);\n"
		"CREATE INDEX release_app ON release (app, seq);\n"
		"CREATE TABLE decision (release TEXT NOT NULL, person TEXT NOT NULL, verdict INTEGER NOT NULL, "
		"canonical BLOB NOT NULL, sig BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (release, person));\n"
		"CREATE TABLE finding (id TEXT NOT NULL, app TEXT NOT NULL, release TEXT NOT NULL, body TEXT NOT NULL, "
		"seq INTEGER NOT NULL PRIMARY KEY);\n"
		"CREATE INDEX finding_app ON finding (app, id);\n"},
	{"release", 2,
		"ALTER TABLE app ADD COLUMN profile TEXT NOT NULL DEFAULT '';\n"
		"CREATE TABLE unit (id TEXT PRIMARY KEY, name TEXT NOT NULL, kind INTEGER NOT NULL, "
		"superior TEXT NOT NULL, level INTEGER NOT NULL, region TEXT NOT NULL, seq INTEGER NOT NULL);\n"},
	{"release", 3,
		"ALTER TABLE app ADD COLUMN type INTEGER NOT NULL DEFAULT 0;\n"
		"ALTER TABLE app ADD COLUMN purpose TEXT NOT NULL DEFAULT '';\n"
		"ALTER TABLE app ADD COLUMN leader TEXT NOT NULL DEFAULT '';\n"
		"ALTER TABLE app ADD COLUMN icp TEXT NOT NULL DEFAULT '';\n"
		"ALTER TABLE app ADD COLUMN police TEXT NOT NULL DEFAULT '';\n"
		"ALTER TABLE app ADD COLUMN site_code TEXT NOT NULL DEFAULT '';\n"
		"ALTER TABLE app ADD COLUMN state INTEGER NOT NULL DEFAULT 0;\n"
		"ALTER TABLE app ADD COLUMN opening TEXT NOT NULL DEFAULT '';\n"
		"UPDATE app SET state = 2 WHERE id IN (SELECT app FROM release WHERE state = 2);\n"
		"ALTER TABLE person ADD COLUMN unit TEXT NOT NULL DEFAULT '';\n"
		"ALTER TABLE person ADD COLUMN departed INTEGER NOT NULL DEFAULT 0;\n"
		"CREATE TABLE person_key (public_key BLOB PRIMARY KEY, person TEXT NOT NULL, seq INTEGER NOT NULL);\n"
		"INSERT INTO person_key (public_key, person, seq) SELECT public_key, id, seq FROM person;\n"
		"CREATE TABLE approval (id TEXT PRIMARY KEY, subject TEXT NOT NULL, object TEXT NOT NULL, "
		"app TEXT NOT NULL, asker TEXT NOT NULL, state INTEGER NOT NULL, stage INTEGER NOT NULL, "
		"statement BLOB NOT NULL, until INTEGER NOT NULL, seq INTEGER NOT NULL);\n"
		"CREATE INDEX approval_object ON approval (subject, object, seq);\n"
		"CREATE TABLE approval_decision (approval TEXT NOT NULL, person TEXT NOT NULL, canonical BLOB NOT NULL, "
		"sig BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (approval, person));\n"},
};

static const struct wq_projection rows[] = {
	{"unit.registered", wq_unit_apply},
	{"unit.changed", wq_unit_apply},
	{"app.registered", wq_app_apply},
	{"app.changed", wq_app_apply_changed},
	{"app.closed", wq_app_apply_closed},
	{"app.profiled", wq_app_apply_profile},
	{"person.registered", wq_person_apply},
	{"person.changed", wq_person_apply_changed},
	{"person.left", wq_person_apply_left},
	{"person.key_changed", wq_person_apply_key},
	{"approval.asked", wq_approval_apply_asked},
	{"approval.decided", wq_approval_apply_decided},
	{"approval.withdrawn", wq_approval_apply_withdrawn},
	{"release.created", apply_created},
	{"release.decided", apply_decided},
	{"release.sealed", apply_sealed},
	{"finding.raised", apply_finding},
	{NULL, NULL},
};

static const char *const tables[] = {
	"unit", "app", "person", "person_key", "approval", "approval_decision", "release", "decision", "finding", NULL};

const struct wq_projections wq_release_projections = {migrations, WQ_COUNT(migrations), rows, tables};

/* ---- look-ups ---- */

#define RELEASE_COLUMNS "id, state, statement, serial, snapshot, deciding, seq"

static wq_err read_release(const struct wq_db_rows *r, struct wq_arena *arena, struct wq_release_row *row)
{
	wq_str snapshot = wq_db_blob(r, 4);

	row->id = wq_arena_str(arena, wq_db_text(r, 0));
	row->state = (enum wq_release_state)wq_db_int(r, 1);
	row->statement = wq_arena_str(arena, wq_db_blob(r, 2));
	row->serial = (uint64_t)wq_db_int(r, 3);
	if (snapshot.n == sizeof row->snapshot.b)
		memcpy(row->snapshot.b, snapshot.p, snapshot.n);
	row->deciding_event = wq_arena_str(arena, wq_db_blob(r, 5));
	row->seq = (uint64_t)wq_db_int(r, 6);
	WQ_TRY(wq_arena_err(arena));
	return wq_statement_decode(row->statement, &row->said);
}

wq_err wq_release_find(struct wq_ledger *ledger, wq_str id, struct wq_arena *arena, struct wq_release_row *ret_release)
{
	struct wq_release_row row = {0};
	struct wq_db_rows *r;
	wq_err e = WQ_OK;
	bool found;

	WQ_TRY(wq_db_query(
		wq_ledger_db(ledger), "SELECT " RELEASE_COLUMNS " FROM release WHERE id = $1", &WQ_DB_T(id), 1, &r));
	found = wq_db_next(r);
	if (found)
		e = read_release(r, arena, &row);
	WQ_TRY(wq_db_rows_close(&r));
	WQ_TRY(e);
	if (!found)
		return wq_error(WQ_E_NOT_FOUND, "release %.*s", WQ_S_ARG(id));
	*ret_release = row;
	return WQ_OK;
}

static wq_err list(struct wq_ledger *ledger, const char *sql, wq_str app, size_t limit, struct wq_arena *arena,
	struct wq_release_row **ret_releases, size_t *ret_n)
{
	struct wq_release_row *found = WQ_NEW_ARRAY(arena, struct wq_release_row, limit);
	struct wq_db_rows *r;
	wq_err e = WQ_OK;
	size_t n = 0;

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_db_query(
		wq_ledger_db(ledger), sql, (const struct wq_db_value[]){WQ_DB_T(app), WQ_DB_I(limit)}, 2, &r));
	while (!wq_failed(e) && n < limit && wq_db_next(r))
		e = read_release(r, arena, &found[n++]);
	WQ_TRY(wq_db_rows_close(&r));
	WQ_TRY(e);
	*ret_releases = found;
	*ret_n = n;
	return WQ_OK;
}

wq_err wq_release_list(struct wq_ledger *ledger, wq_str app, size_t limit, struct wq_arena *arena,
	struct wq_release_row **ret_releases, size_t *ret_n)
{
	return list(ledger,
		"SELECT " RELEASE_COLUMNS " FROM release WHERE app = $1 OR $1 = '' ORDER BY seq DESC LIMIT $2", app,
		limit, arena, ret_releases, ret_n);
}

wq_err wq_release_last_sealed(struct wq_ledger *ledger, wq_str app, struct wq_arena *arena,
	struct wq_release_row **ret_releases, size_t *ret_n)
{
	return list(ledger,
		"SELECT " RELEASE_COLUMNS " FROM release WHERE app = $1 AND state = 2 ORDER BY serial DESC LIMIT $2",
		app, 1, arena, ret_releases, ret_n);
}

wq_err wq_release_decisions(struct wq_ledger *ledger, wq_str release, struct wq_arena *arena,
	struct wq_decision_row **ret_decisions, size_t *ret_n)
{
	struct wq_decision_row *list = WQ_NEW_ARRAY(arena, struct wq_decision_row, WQ_DECISIONS_MAX);
	struct wq_db_rows *r;
	wq_err e = WQ_OK;
	size_t n = 0;

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_db_query(wq_ledger_db(ledger),
		"SELECT canonical, sig, seq FROM decision WHERE release = $1 ORDER BY seq", &WQ_DB_T(release), 1, &r));
	while (!wq_failed(e) && n < WQ_DECISIONS_MAX && wq_db_next(r)) {
		struct wq_decision_row *d = &list[n++];
		wq_str sig = wq_db_blob(r, 1);

		d->proof.canonical = wq_arena_str(arena, wq_db_blob(r, 0));
		d->seq = (uint64_t)wq_db_int(r, 2);
		if (sig.n != sizeof d->proof.sig.rs) {
			e = wq_error(WQ_E_STATE, "a signature of %zu bytes", sig.n);
			break;
		}
		memcpy(d->proof.sig.rs, sig.p, sig.n);
		e = wq_decision_decode(d->proof.canonical, &d->said);
	}
	WQ_TRY(wq_db_rows_close(&r));
	WQ_TRY(e);
	*ret_decisions = list;
	*ret_n = n;
	return WQ_OK;
}

wq_err wq_release_findings(struct wq_ledger *ledger, wq_str release, size_t limit, struct wq_arena *arena,
	wq_str **ret_findings, size_t *ret_n)
{
	wq_str *list = WQ_NEW_ARRAY(arena, wq_str, limit);
	struct wq_db_rows *r;
	size_t n = 0;

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_db_query(wq_ledger_db(ledger), "SELECT body FROM finding WHERE release = $1 ORDER BY seq LIMIT $2",
		(const struct wq_db_value[]){WQ_DB_T(release), WQ_DB_I(limit)}, 2, &r));
	while (n < limit && wq_db_next(r))
		list[n++] = wq_arena_str(arena, wq_db_text(r, 0));
	WQ_TRY(wq_db_rows_close(&r));
	*ret_findings = list;
	*ret_n = n;
	return wq_arena_err(arena);
}

wq_err wq_release_finding_known(struct wq_ledger *ledger, wq_str app, const struct wq_finding *finding, bool *ret_known)
{
	struct wq_finding_id id = wq_finding_identity(finding);
	char text[WQ_FINDING_ID_TEXT];
	struct wq_db_rows *r;
	bool known;

	WQ_TRY(wq_db_query(wq_ledger_db(ledger), "SELECT 1 FROM finding WHERE app = $1 AND id = $2 LIMIT 1",
		(const struct wq_db_value[]){WQ_DB_T(app), WQ_DB_T(wq_str_c(wq_finding_id_text(&id, text)))}, 2, &r));
	known = wq_db_next(r);
	WQ_TRY(wq_db_rows_close(&r));
	*ret_known = known;
	return WQ_OK;
}

/* ---- what is appended ---- */

wq_err wq_release_add(struct wq_ledger *ledger, const struct wq_statement *statement, struct wq_arena *arena)
{
	WQ_BUF(canonical, WQ_STATEMENT_BYTES_MAX);
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_json json;

	WQ_TRY(wq_statement_encode(statement, &canonical));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_hex(&json, "statement", canonical.data, canonical.len);
	wq_json_put_u64(&json, "base_serial", statement->base_serial);
	wq_json_put_hex(&json, "body_root", statement->body_root.b, sizeof statement->body_root.b);
	wq_json_put_u64(&json, "entries", statement->entries);
	wq_json_put_u64(&json, "added", statement->added);
	wq_json_put_u64(&json, "changed", statement->changed);
	wq_json_put_u64(&json, "gone", statement->gone);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return wq_ledger_add(ledger,
		&(struct wq_event_new){.type = WQ_S("release.created"),
			.actor = statement->author,
			.app = statement->app,
			.subject = statement->release,
			.body = wq_buf_str(&body)},
		arena, NULL);
}

wq_err wq_release_add_finding(
	struct wq_ledger *ledger, wq_str app, wq_str release, const struct wq_finding *finding, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_FINDING_JSON_BYTES);

	WQ_TRY(wq_finding_to_json(finding, &body));
	return wq_ledger_add(ledger,
		&(struct wq_event_new){.type = WQ_S("finding.raised"),
			.actor = WQ_S("weique"),
			.app = app,
			.subject = release,
			.body = wq_buf_str(&body)},
		arena, NULL);
}

/* Without a stage any deciding role will do: weique-sign's own list says what counts. */
static wq_err may_take_stage(const struct wq_person_row *person, const struct wq_decision *said)
{
	const struct wq_stage *stage = wq_stage_find(said->stage);

	if (said->stage.n > 0 && !stage)
		return wq_error(WQ_E_INPUT, "there is no stage %.*s", WQ_S_ARG(said->stage));
	if (!(person->roles & (stage ? (unsigned)stage->role : WQ_ROLES_DECIDE)))
		return wq_error(WQ_E_DENIED, "%.*s is not registered %s", WQ_S_ARG(said->person),
			!stage || stage->role == WQ_ROLE_REVIEWER ? "as a reviewer" : "with the role of that stage");
	return WQ_OK;
}

/* What the state tables say against a decision; called inside the append's transaction. */
static wq_err may_decide(struct wq_ledger *ledger, const struct wq_signed_decision *proof, struct wq_arena *arena,
	struct wq_release_row *release, struct wq_decision *said)
{
	struct wq_person_row person;
	struct wq_decision_row *others;
	bool is_author;
	size_t n;

	WQ_TRY(wq_decision_decode(proof->canonical, said));
	WQ_TRY(wq_release_find(ledger, said->release, arena, release));
	is_author = wq_str_eq(said->person, release->said.author);
	if (release->state != WQ_RELEASE_OPEN)
		return wq_error(WQ_E_STATE, "release %.*s is %s", WQ_S_ARG(said->release),
			wq_release_state_name(release->state));
	if (!wq_digest_eq(said->statement, wq_sm3(release->statement)))
		return wq_error(WQ_E_SIGNATURE, "the decision is about another statement");
	if (is_author && said->verdict == WQ_VERDICT_APPROVE)
		return wq_error(WQ_E_SELF_REVIEW, "%.*s", WQ_S_ARG(said->person));
	WQ_TRY(wq_person_find(ledger, said->person, arena, &person));
	if (person.left)
		return wq_error(WQ_E_DENIED, "%.*s has left", WQ_S_ARG(said->person));
	if (!is_author)
		WQ_TRY(may_take_stage(&person, said));
	WQ_TRY(wq_sm2_verify(&person.key, proof->canonical, &proof->sig));
	WQ_TRY(wq_release_decisions(ledger, said->release, arena, &others, &n));
	for (size_t i = 0; i < n; i++)
		if (wq_str_eq(others[i].said.person, said->person))
			return wq_error(WQ_E_EXISTS, "%.*s has decided on it already", WQ_S_ARG(said->person));
	return n < WQ_DECISIONS_MAX ? WQ_OK : wq_error(WQ_E_LIMIT, "more than %d decisions", WQ_DECISIONS_MAX);
}

static wq_err add_decision(struct wq_ledger *ledger, const struct wq_signed_decision *proof, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_release_row release;
	struct wq_decision said;
	struct wq_json json;

	WQ_TRY(may_decide(ledger, proof, arena, &release, &said));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_str(&json, "verdict", said.verdict == WQ_VERDICT_APPROVE ? WQ_S("approve") : WQ_S("reject"));
	wq_json_put_bool(&json, "demonstration", said.demonstration);
	wq_json_put_hex(&json, "decision", proof->canonical.p, proof->canonical.n);
	wq_json_put_hex(&json, "signature", proof->sig.rs, sizeof proof->sig.rs);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return wq_ledger_add(ledger,
		&(struct wq_event_new){.type = WQ_S("release.decided"),
			.actor = said.person,
			.app = release.said.app,
			.subject = said.release,
			.body = wq_buf_str(&body)},
		arena, NULL);
}

wq_err wq_release_decide(struct wq_ledger *ledger, const struct wq_signed_decision *decision, struct wq_arena *arena)
{
	wq_err e;

	WQ_TRY(wq_ledger_begin(ledger));
	e = add_decision(ledger, decision, arena);
	if (wq_failed(e)) {
		wq_ledger_abort(ledger);
		return e;
	}
	return wq_ledger_commit(ledger);
}

static wq_err add_sealed(struct wq_ledger *ledger, const struct wq_sealed *sealed, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_release_row release;
	wq_digest digest = wq_sm3(sealed->head);
	struct wq_json json;

	WQ_TRY(wq_release_find(ledger, sealed->release, arena, &release));
	if (release.state == WQ_RELEASE_SEALED && wq_digest_eq(release.snapshot, digest))
		return WQ_OK;
	if (release.state != WQ_RELEASE_OPEN && release.state != WQ_RELEASE_REJECTED)
		return wq_error(WQ_E_STATE, "release %.*s is %s", WQ_S_ARG(sealed->release),
			wq_release_state_name(release.state));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_u64(&json, "serial", sealed->serial);
	wq_json_put_hex(&json, "snapshot", digest.b, sizeof digest.b);
	wq_json_put_hex(&json, "head", sealed->head.p, sealed->head.n);
	wq_json_put_hex(&json, "signature", sealed->sig.rs, sizeof sealed->sig.rs);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return wq_ledger_add(ledger,
		&(struct wq_event_new){.type = WQ_S("release.sealed"),
			.actor = sealed->actor,
			.app = release.said.app,
			.subject = sealed->release,
			.body = wq_buf_str(&body)},
		arena, NULL);
}

wq_err wq_release_record_sealed(struct wq_ledger *ledger, const struct wq_sealed *sealed, struct wq_arena *arena)
{
	wq_err e;

	WQ_TRY(wq_ledger_begin(ledger));
	e = add_sealed(ledger, sealed, arena);
	if (wq_failed(e)) {
		wq_ledger_abort(ledger);
		return e;
	}
	return wq_ledger_commit(ledger);
}
