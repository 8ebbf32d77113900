#include "crypto/canon.h"
#include "ledger/approval.h"
#include "ledger/ledger_priv.h"
#include "ledger/registry_priv.h"

enum { KEY_CHANGE_VERSION = 1 };

static void free_json(struct json_t **json)
{
	wq_json_free(json);
}

static wq_str point_of(const wq_sm2_public *key)
{
	return wq_str_of(key->point, sizeof key->point);
}

/* ---- a new key ---- */

wq_err wq_key_change_encode(const struct wq_key_change *change, struct wq_buf *out)
{
	if (!wq_id_valid(change->person))
		return wq_error(WQ_E_INPUT, "a person's id is 1 to %d of a-z, 0-9, '-'", WQ_ID_MAX);
	wq_canon_begin(out, WQ_DOMAIN_PERSON_KEY, KEY_CHANGE_VERSION, WQ_ALG_SM2_SM3);
	wq_canon_text(out, change->person);
	wq_canon_digest(out, change->old_key);
	wq_canon_bytes(out, point_of(&change->key));
	wq_canon_time(out, change->time);
	return wq_buf_err(out);
}

wq_err wq_key_change_decode(wq_str canonical, struct wq_key_change *ret_change)
{
	struct wq_cursor c = wq_cursor_of(canonical);
	struct wq_key_change change;
	wq_str point;

	if (wq_canon_read_begin(&c, WQ_DOMAIN_PERSON_KEY, WQ_ALG_SM2_SM3) != KEY_CHANGE_VERSION)
		wq_cursor_fail(&c);
	change.person = wq_canon_read_text(&c, WQ_ID_MAX);
	change.old_key = wq_canon_read_digest(&c);
	point = wq_canon_read_bytes(&c, WQ_SM2_PUBLIC_BYTES);
	change.time = wq_canon_read_time(&c);
	if (point.n != WQ_SM2_PUBLIC_BYTES || !wq_id_valid(change.person))
		wq_cursor_fail(&c);
	WQ_TRY(wq_cursor_end(&c));
	memcpy(change.key.point, point.p, point.n);
	*ret_change = change;
	return WQ_OK;
}

/* ---- projections ---- */

static wq_err add_key(struct wq_db *db, const struct wq_event *event, wq_str point)
{
	return WQ_DB_EXEC(db,
		"INSERT INTO person_key (public_key, person, seq) VALUES ($1, $2, $3) ON CONFLICT (public_key) DO NOTHING",
		WQ_DB_B(point), WQ_DB_T(event->subject), WQ_DB_I(event->seq));
}

static wq_err get_point(const struct json_t *body, const struct wq_event *event, uint8_t point[WQ_SM2_PUBLIC_BYTES])
{
	wq_str key;

	WQ_TRY(wq_json_get_str(body, "public_key", 2 * WQ_SM2_PUBLIC_BYTES, &key));
	if (!wq_str_unhex(key, point, WQ_SM2_PUBLIC_BYTES))
		return wq_error(WQ_E_FORMAT, "event %llu: not a public key", (unsigned long long)event->seq);
	return WQ_OK;
}

wq_err wq_person_apply(struct wq_db *db, const struct wq_event *event)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	uint8_t point[WQ_SM2_PUBLIC_BYTES];
	uint64_t roles;
	wq_str unit;
	bool in_establishment;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(get_point(body, event, point));
	WQ_TRY(wq_json_get_u64(body, "roles", 255, &roles));
	WQ_TRY(wq_json_get_bool(body, "in_establishment", &in_establishment));
	WQ_TRY(wq_registry_get_optional(body, "unit", WQ_ID_MAX, &unit));
	WQ_TRY(WQ_DB_EXEC(db,
		"INSERT INTO person (id, public_key, roles, in_establishment, seq, unit) VALUES ($1, $2, $3, $4, $5, $6) "
		"ON CONFLICT (id) DO UPDATE SET public_key = excluded.public_key, roles = excluded.roles, "
		"in_establishment = excluded.in_establishment, seq = excluded.seq, unit = excluded.unit",
		WQ_DB_T(event->subject), WQ_DB_B(wq_str_of(point, sizeof point)), WQ_DB_I(roles),
		WQ_DB_I(in_establishment), WQ_DB_I(event->seq), WQ_DB_T(unit)));
	return add_key(db, event, wq_str_of(point, sizeof point));
}

wq_err wq_person_apply_changed(struct wq_db *db, const struct wq_event *event)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	uint64_t roles;
	wq_str unit;
	bool in_establishment;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(wq_json_get_u64(body, "roles", 255, &roles));
	WQ_TRY(wq_json_get_bool(body, "in_establishment", &in_establishment));
	WQ_TRY(wq_json_get_str(body, "unit", WQ_ID_MAX, &unit));
	if (event->commitments_n > 0) /* a new name */
		WQ_TRY(WQ_DB_EXEC(
			db, "UPDATE person SET seq = $2 WHERE id = $1", WQ_DB_T(event->subject), WQ_DB_I(event->seq)));
	return WQ_DB_EXEC(db, "UPDATE person SET roles = $2, in_establishment = $3, unit = $4 WHERE id = $1",
		WQ_DB_T(event->subject), WQ_DB_I(roles), WQ_DB_I(in_establishment), WQ_DB_T(unit));
}

wq_err wq_person_apply_left(struct wq_db *db, const struct wq_event *event)
{
	return WQ_DB_EXEC(db, "UPDATE person SET departed = $2 WHERE id = $1", WQ_DB_T(event->subject), WQ_DB_I(1));
}

wq_err wq_person_apply_key(struct wq_db *db, const struct wq_event *event)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	uint8_t point[WQ_SM2_PUBLIC_BYTES];

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(get_point(body, event, point));
	WQ_TRY(WQ_DB_EXEC(db, "UPDATE person SET public_key = $2 WHERE id = $1", WQ_DB_T(event->subject),
		WQ_DB_B(wq_str_of(point, sizeof point))));
	return add_key(db, event, wq_str_of(point, sizeof point));
}

/* ---- look-ups ---- */

#define COLUMNS "SELECT id, public_key, roles, in_establishment, seq, unit, departed FROM person "

static wq_err read_person(const struct wq_db_rows *rows, struct wq_arena *arena, struct wq_person_row *person)
{
	wq_str key = wq_db_blob(rows, 1);

	person->id = wq_arena_str(arena, wq_db_text(rows, 0));
	person->name = WQ_S_NONE;
	if (key.n != sizeof person->key.point)
		return wq_error(WQ_E_STATE, "the key of %.*s has %zu bytes", WQ_S_ARG(person->id), key.n);
	memcpy(person->key.point, key.p, key.n);
	person->roles = (unsigned)wq_db_int(rows, 2);
	person->in_establishment = wq_db_int(rows, 3) != 0;
	person->seq = (uint64_t)wq_db_int(rows, 4);
	person->unit = wq_arena_str(arena, wq_db_text(rows, 5));
	person->left = wq_db_int(rows, 6) != 0;
	return wq_arena_err(arena);
}

wq_err wq_person_find(struct wq_ledger *ledger, wq_str id, struct wq_arena *arena, struct wq_person_row *ret_person)
{
	struct wq_db_rows *rows;
	struct wq_person_row person = {0};
	wq_err e = WQ_OK;
	bool found;

	WQ_TRY(wq_db_query(wq_ledger_db(ledger), COLUMNS "WHERE id = $1", &WQ_DB_T(id), 1, &rows));
	found = wq_db_next(rows);
	if (found)
		e = read_person(rows, arena, &person);
	WQ_TRY(wq_db_rows_close(&rows));
	WQ_TRY(e);
	if (!found)
		return wq_error(WQ_E_NOT_FOUND, "person %.*s", WQ_S_ARG(id));
	e = wq_ledger_private(ledger, person.seq, WQ_S("name"), arena, &person.name);
	if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND))
		return e;
	WQ_TRY(wq_arena_err(arena));
	*ret_person = person;
	return WQ_OK;
}

wq_err wq_person_list(
	struct wq_ledger *ledger, struct wq_arena *arena, struct wq_person_row **ret_people, size_t *ret_n)
{
	struct wq_db_rows *rows;
	struct wq_person_row *people;
	size_t room = 0, n = 0;
	wq_err e = WQ_OK;

	WQ_TRY(wq_db_query(wq_ledger_db(ledger), "SELECT count(*) FROM person", NULL, 0, &rows));
	if (wq_db_next(rows))
		room = (size_t)wq_db_int(rows, 0);
	WQ_TRY(wq_db_rows_close(&rows));
	people = WQ_NEW_ARRAY(arena, struct wq_person_row, room);
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_db_query(wq_ledger_db(ledger), COLUMNS "ORDER BY id", NULL, 0, &rows));
	while (!wq_failed(e) && n < room && wq_db_next(rows))
		e = read_person(rows, arena, &people[n++]);
	WQ_TRY(wq_db_rows_close(&rows));
	WQ_TRY(e);
	*ret_people = people;
	*ret_n = n;
	return wq_arena_err(arena);
}

/* ---- what is appended ---- */

static wq_err check_key_new(struct wq_ledger *ledger, const wq_sm2_public *key)
{
	return wq_registry_check_new(
		ledger, "SELECT person FROM person_key WHERE public_key = $1", WQ_DB_B(point_of(key)));
}

static wq_err check_unit(struct wq_ledger *ledger, wq_str unit, struct wq_arena *arena)
{
	struct wq_unit_row row;

	return unit.n > 0 ? wq_unit_find(ledger, unit, arena, &row) : WQ_OK;
}

/* The person has to be there, and not have left. */
static wq_err find_present(
	struct wq_ledger *ledger, wq_str id, struct wq_arena *arena, struct wq_person_row *ret_person)
{
	WQ_TRY(wq_person_find(ledger, id, arena, ret_person));
	if (ret_person->left)
		return wq_error(WQ_E_STATE, "%.*s has left", WQ_S_ARG(id));
	return WQ_OK;
}

static void put_standing(struct wq_json *json, const struct wq_person_row *person)
{
	wq_json_put_u64(json, "roles", person->roles);
	wq_json_put_bool(json, "in_establishment", person->in_establishment);
	wq_json_put_str(json, "unit", person->unit);
}

static wq_err add(struct wq_ledger *ledger, const char *type, wq_str id, wq_str name, const struct wq_json *json,
	wq_str actor, struct wq_arena *arena)
{
	struct wq_event_private field = {WQ_S("name"), name};

	WQ_TRY(wq_json_end(json));
	return wq_ledger_add(ledger,
		&(struct wq_event_new){.type = wq_str_c(type),
			.actor = actor,
			.subject = id,
			.body = wq_buf_str(json->out),
			.private_fields = &field,
			.private_n = name.n > 0},
		arena, NULL);
}

static wq_err add_person(
	struct wq_ledger *ledger, const struct wq_person_row *person, wq_str actor, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_json json;

	WQ_TRY(wq_registry_check_new(ledger, "SELECT id FROM person WHERE id = $1", WQ_DB_T(person->id)));
	WQ_TRY(check_key_new(ledger, &person->key));
	WQ_TRY(check_unit(ledger, person->unit, arena));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_hex(&json, "public_key", person->key.point, sizeof person->key.point);
	put_standing(&json, person);
	wq_json_object_end(&json);
	return add(ledger, "person.registered", person->id, person->name, &json, actor, arena);
}

wq_err wq_person_register(
	struct wq_ledger *ledger, const struct wq_person_row *person, wq_str actor, struct wq_arena *arena)
{
	if (!wq_id_valid(person->id))
		return wq_error(WQ_E_INPUT, "a person's id is 1 to %d of a-z, 0-9, '-'", WQ_ID_MAX);
	WQ_TRY(wq_registry_check_line("the name", person->name, WQ_NAME_MAX));
	WQ_TRY(wq_ledger_begin(ledger));
	return wq_registry_end(ledger, add_person(ledger, person, actor, arena));
}

static wq_err add_change(
	struct wq_ledger *ledger, const struct wq_person_row *person, wq_str actor, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_person_row old;
	struct wq_json json;

	WQ_TRY(find_present(ledger, person->id, arena, &old));
	WQ_TRY(check_unit(ledger, person->unit, arena));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	put_standing(&json, person);
	wq_json_object_end(&json);
	return add(ledger, "person.changed", person->id, person->name, &json, actor, arena);
}

wq_err wq_person_change(
	struct wq_ledger *ledger, const struct wq_person_row *person, wq_str actor, struct wq_arena *arena)
{
	WQ_TRY(wq_registry_check_line("the name", person->name, WQ_NAME_MAX));
	WQ_TRY(wq_ledger_begin(ledger));
	return wq_registry_end(ledger, add_change(ledger, person, actor, arena));
}

static wq_err add_leave(struct wq_ledger *ledger, wq_str id, wq_str reason, wq_str actor, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_person_row old;
	struct wq_json json;

	WQ_TRY(find_present(ledger, id, arena, &old));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_str(&json, "reason", reason);
	wq_json_object_end(&json);
	return add(ledger, "person.left", id, WQ_S_NONE, &json, actor, arena);
}

wq_err wq_person_leave(struct wq_ledger *ledger, wq_str id, wq_str reason, wq_str actor, struct wq_arena *arena)
{
	WQ_TRY(wq_registry_check_line("the reason", reason, WQ_REASON_MAX));
	WQ_TRY(wq_ledger_begin(ledger));
	return wq_registry_end(ledger, add_leave(ledger, id, reason, actor, arena));
}

static wq_err add_key_change(
	struct wq_ledger *ledger, wq_str canonical, const wq_sm2_sig *sig, wq_str actor, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_key_change change;
	struct wq_person_row person;
	struct wq_json json;

	WQ_TRY(wq_key_change_decode(canonical, &change));
	WQ_TRY(find_present(ledger, change.person, arena, &person));
	if (!wq_digest_eq(change.old_key, wq_sm2_key_id(&person.key)))
		return wq_error(WQ_E_STATE, "it replaces another key than that of %.*s", WQ_S_ARG(change.person));
	WQ_TRY(wq_sm2_verify(&person.key, canonical, sig));
	WQ_TRY(check_key_new(ledger, &change.key));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_hex(&json, "public_key", change.key.point, sizeof change.key.point);
	wq_json_put_hex(&json, "change", canonical.p, canonical.n);
	wq_json_put_hex(&json, "signature", sig->rs, sizeof sig->rs);
	wq_json_object_end(&json);
	return add(ledger, "person.key_changed", change.person, WQ_S_NONE, &json, actor, arena);
}

wq_err wq_person_key_change(
	struct wq_ledger *ledger, wq_str canonical, const wq_sm2_sig *sig, wq_str actor, struct wq_arena *arena)
{
	WQ_TRY(wq_ledger_begin(ledger));
	return wq_registry_end(ledger, add_key_change(ledger, canonical, sig, actor, arena));
}

static wq_err add_key_replacement(
	struct wq_ledger *ledger, wq_str id, const wq_sm2_public *key, wq_str actor, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	char hex[2 * WQ_SM2_PUBLIC_BYTES + 1];
	struct wq_approval_row approval;
	struct wq_person_row person;
	struct wq_json json;

	WQ_TRY(find_present(ledger, id, arena, &person));
	WQ_TRY(wq_approval_standing(
		ledger, WQ_S(WQ_SUBJECT_PERSON_KEY), id, WQ_S_NONE, wq_now(ledger->clock), arena, &approval));
	if (!wq_str_eq(approval.said.text, wq_str_c(wq_hex(key->point, sizeof key->point, hex))))
		return wq_error(WQ_E_UNAPPROVED, "approval %.*s is about another key", WQ_S_ARG(approval.said.id));
	WQ_TRY(check_key_new(ledger, key));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_hex(&json, "public_key", key->point, sizeof key->point);
	wq_json_put_str(&json, "approval", approval.said.id);
	wq_json_object_end(&json);
	return add(ledger, "person.key_changed", id, WQ_S_NONE, &json, actor, arena);
}

wq_err wq_person_key_replace(
	struct wq_ledger *ledger, wq_str person, const wq_sm2_public *key, wq_str actor, struct wq_arena *arena)
{
	WQ_TRY(wq_ledger_begin(ledger));
	return wq_registry_end(ledger, add_key_replacement(ledger, person, key, actor, arena));
}
