#include "ledger/registry.h"

#include "base/json.h"
#include "base/json_read.h"
#include "base/utf8.h"

#include <jansson.h>

static void free_json(struct json_t **json)
{
	wq_json_free(json);
}

static wq_err check_name(const char *what, wq_str s, size_t max)
{
	if (s.n > max || wq_str_chr(s, '\n') >= 0 || wq_str_chr(s, '\0') >= 0)
		return wq_error(WQ_E_INPUT, "%s is longer than %zu bytes or has a line break", what, max);
	return WQ_OK;
}

static wq_err check_host(wq_str host)
{
	if (host.n == 0 || host.n > WQ_HOST_NAME_MAX)
		return wq_error(WQ_E_INPUT, "a host has 1 to %d bytes", WQ_HOST_NAME_MAX);
	return check_name("a host", host, WQ_HOST_NAME_MAX);
}

static wq_err check_hosts(struct json_t *hosts)
{
	size_t i;
	struct json_t *host;

	if (!hosts || json_array_size(hosts) == 0 || json_array_size(hosts) > WQ_HOSTS_MAX)
		return wq_error(WQ_E_INPUT, "an application has 1 to %d hosts", WQ_HOSTS_MAX);
	json_array_foreach(hosts, i, host)
	{
		if (!json_is_string(host))
			return wq_error(WQ_E_INPUT, "host %zu is no text", i + 1);
		WQ_TRY(check_host(wq_str_of(json_string_value(host), json_string_length(host))));
	}
	return WQ_OK;
}

wq_err wq_registry_apply_app(struct wq_db *db, const struct wq_event *event)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	WQ_BUF(joined, WQ_HOSTS_MAX * (WQ_HOST_NAME_MAX + 1));
	struct json_t *hosts, *host;
	wq_str name, unit, origin;
	size_t i;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(wq_json_get_str(body, "name", WQ_NAME_MAX, &name));
	WQ_TRY(wq_json_get_str(body, "unit", WQ_NAME_MAX, &unit));
	WQ_TRY(wq_json_get_str(body, "origin", WQ_ORIGIN_MAX, &origin));
	hosts = wq_json_get_array(body, "hosts");
	WQ_TRY(check_hosts(hosts));
	json_array_foreach(hosts, i, host) wq_buf_printf(&joined, "%s%s", i ? "\n" : "", json_string_value(host));
	WQ_TRY(wq_buf_err(&joined));
	return WQ_DB_EXEC(db,
		"INSERT INTO app (id, name, unit, origin, hosts, seq) VALUES ($1, $2, $3, $4, $5, $6) "
		"ON CONFLICT (id) DO UPDATE SET name = excluded.name, unit = excluded.unit, origin = excluded.origin, "
		"hosts = excluded.hosts, seq = excluded.seq",
		WQ_DB_T(event->subject), WQ_DB_T(name), WQ_DB_T(unit), WQ_DB_T(origin), WQ_DB_T(wq_buf_str(&joined)),
		WQ_DB_I(event->seq));
}

wq_err wq_registry_apply_profile(struct wq_db *db, const struct wq_event *event)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	wq_str profile;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(wq_json_get_str(body, "profile", WQ_APP_PROFILE_MAX, &profile));
	return WQ_DB_EXEC(db, "UPDATE app SET profile = $2 WHERE id = $1", WQ_DB_T(event->subject), WQ_DB_T(profile));
}

wq_err wq_registry_apply_person(struct wq_db *db, const struct wq_event *event)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	uint8_t point[WQ_SM2_PUBLIC_BYTES];
	wq_str key;
	uint64_t roles;
	bool in_establishment;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(wq_json_get_str(body, "public_key", 2 * sizeof point, &key));
	WQ_TRY(wq_json_get_u64(body, "roles", 255, &roles));
	WQ_TRY(wq_json_get_bool(body, "in_establishment", &in_establishment));
	if (!wq_str_unhex(key, point, sizeof point))
		return wq_error(WQ_E_FORMAT, "event %llu: not a public key", (unsigned long long)event->seq);
	return WQ_DB_EXEC(db,
		"INSERT INTO person (id, public_key, roles, in_establishment, seq) VALUES ($1, $2, $3, $4, $5) "
		"ON CONFLICT (id) DO UPDATE SET public_key = excluded.public_key, roles = excluded.roles, "
		"in_establishment = excluded.in_establishment, seq = excluded.seq",
		WQ_DB_T(event->subject), WQ_DB_B(wq_str_of(point, sizeof point)), WQ_DB_I(roles),
		WQ_DB_I(in_establishment), WQ_DB_I(event->seq));
}

/* ---- what is appended ---- */

/* WQ_E_EXISTS when the query finds a row; its first column is who has it. */
static wq_err check_new(struct wq_ledger *ledger, const char *sql, struct wq_db_value value)
{
	struct wq_db_rows *rows = NULL;
	wq_err e = WQ_OK;

	WQ_TRY(wq_db_query(wq_ledger_db(ledger), sql, &value, 1, &rows));
	if (wq_db_next(rows))
		e = wq_error(WQ_E_EXISTS, "%.*s", WQ_S_ARG(wq_db_text(rows, 0)));
	WQ_TRY(wq_db_rows_close(&rows));
	return e;
}

/* `key` may be NULL: what nobody else may have either. */
static wq_err append_new(struct wq_ledger *ledger, const char *exists_sql, const struct wq_event_new *event,
	const wq_sm2_public *key, struct wq_arena *arena)
{
	wq_err e;

	WQ_TRY(wq_ledger_begin(ledger));
	e = check_new(ledger, exists_sql, WQ_DB_T(event->subject));
	if (!wq_failed(e) && key)
		e = check_new(ledger, "SELECT id FROM person WHERE public_key = $1",
			WQ_DB_B(wq_str_of(key->point, sizeof key->point)));
	if (!wq_failed(e))
		e = wq_ledger_add(ledger, event, arena, NULL);
	if (wq_failed(e)) {
		wq_ledger_abort(ledger);
		return e;
	}
	return wq_ledger_commit(ledger);
}

wq_err wq_app_register(struct wq_ledger *ledger, const struct wq_app_row *app, wq_str actor, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_json json;

	if (!wq_id_valid(app->id))
		return wq_error(WQ_E_INPUT, "an application's id is 1 to %d of a-z, 0-9, '-'", WQ_ID_MAX);
	if (app->hosts_n == 0 || app->hosts_n > WQ_HOSTS_MAX)
		return wq_error(WQ_E_INPUT, "an application has 1 to %d hosts", WQ_HOSTS_MAX);
	for (size_t i = 0; i < app->hosts_n; i++)
		WQ_TRY(check_host(app->hosts[i]));
	WQ_TRY(check_name("the name", app->name, WQ_NAME_MAX));
	WQ_TRY(check_name("the unit", app->unit, WQ_NAME_MAX));
	WQ_TRY(check_name("the origin", app->origin, WQ_ORIGIN_MAX));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_str(&json, "name", app->name);
	wq_json_put_str(&json, "unit", app->unit);
	wq_json_put_str(&json, "origin", app->origin);
	wq_json_key(&json, WQ_S("hosts"));
	wq_json_array(&json);
	for (size_t i = 0; i < app->hosts_n; i++)
		wq_json_str(&json, app->hosts[i]);
	wq_json_array_end(&json);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return append_new(ledger, "SELECT id FROM app WHERE id = $1",
		&(struct wq_event_new){.type = WQ_S("app.registered"),
			.actor = actor,
			.app = app->id,
			.subject = app->id,
			.body = wq_buf_str(&body)},
		NULL, arena);
}

static wq_err add_profile(struct wq_ledger *ledger, wq_str app, wq_str text, wq_str actor, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_app_row row;
	struct wq_json json;

	WQ_TRY(wq_app_find(ledger, app, arena, &row));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_str(&json, "profile", text);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return wq_ledger_add(ledger,
		&(struct wq_event_new){.type = WQ_S("app.profiled"),
			.actor = actor,
			.app = app,
			.subject = app,
			.body = wq_buf_str(&body)},
		arena, NULL);
}

wq_err wq_app_profile_set(struct wq_ledger *ledger, wq_str app, wq_str text, wq_str actor, struct wq_arena *arena)
{
	wq_err e;

	if (text.n > WQ_APP_PROFILE_MAX)
		return wq_error(WQ_E_LIMIT, "a profile has at most %d bytes", WQ_APP_PROFILE_MAX);
	if (!wq_utf8_valid(text) || wq_str_chr(text, '\0') >= 0)
		return wq_error(WQ_E_INPUT, "the profile is not UTF-8 without NUL");
	WQ_TRY(wq_ledger_begin(ledger));
	e = add_profile(ledger, app, text, actor, arena);
	if (wq_failed(e)) {
		wq_ledger_abort(ledger);
		return e;
	}
	return wq_ledger_commit(ledger);
}

wq_err wq_person_register(
	struct wq_ledger *ledger, const struct wq_person_row *person, wq_str actor, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_event_private name = {WQ_S("name"), person->name};
	struct wq_json json;

	if (!wq_id_valid(person->id))
		return wq_error(WQ_E_INPUT, "a person's id is 1 to %d of a-z, 0-9, '-'", WQ_ID_MAX);
	WQ_TRY(check_name("the name", person->name, WQ_NAME_MAX));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_hex(&json, "public_key", person->key.point, sizeof person->key.point);
	wq_json_put_u64(&json, "roles", person->roles);
	wq_json_put_bool(&json, "in_establishment", person->in_establishment);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return append_new(ledger, "SELECT id FROM person WHERE id = $1",
		&(struct wq_event_new){.type = WQ_S("person.registered"),
			.actor = actor,
			.subject = person->id,
			.body = wq_buf_str(&body),
			.private_fields = &name,
			.private_n = person->name.n > 0},
		&person->key, arena);
}

/* ---- look-ups ---- */

#define APP_COLUMNS \
	"SELECT app.id, app.name, app.unit, app.origin, app.hosts, app.profile, coalesce(unit.kind, 0) " \
	"FROM app LEFT JOIN unit ON unit.id = app.unit "

static void read_app(const struct wq_db_rows *rows, struct wq_arena *arena, struct wq_app_row *app)
{
	wq_str hosts = wq_arena_str(arena, wq_db_text(rows, 4));

	app->id = wq_arena_str(arena, wq_db_text(rows, 0));
	app->name = wq_arena_str(arena, wq_db_text(rows, 1));
	app->unit = wq_arena_str(arena, wq_db_text(rows, 2));
	app->origin = wq_arena_str(arena, wq_db_text(rows, 3));
	for (app->hosts_n = 0; hosts.p && app->hosts_n < WQ_HOSTS_MAX;)
		app->hosts[app->hosts_n++] = wq_str_cut(&hosts, '\n');
	app->profile = wq_arena_str(arena, wq_db_text(rows, 5));
	app->kind = (enum wq_unit_kind)wq_db_int(rows, 6);
}

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
	return wq_arena_err(arena);
}

wq_err wq_app_find(struct wq_ledger *ledger, wq_str id, struct wq_arena *arena, struct wq_app_row *ret_app)
{
	struct wq_db_rows *rows;
	struct wq_app_row app = {0};
	bool found;

	WQ_TRY(wq_db_query(wq_ledger_db(ledger), APP_COLUMNS "WHERE app.id = $1", &WQ_DB_T(id), 1, &rows));
	found = wq_db_next(rows);
	if (found)
		read_app(rows, arena, &app);
	WQ_TRY(wq_db_rows_close(&rows));
	WQ_TRY(wq_arena_err(arena));
	if (!found)
		return wq_error(WQ_E_NOT_FOUND, "application %.*s", WQ_S_ARG(id));
	*ret_app = app;
	return WQ_OK;
}

wq_err wq_person_find(struct wq_ledger *ledger, wq_str id, struct wq_arena *arena, struct wq_person_row *ret_person)
{
	struct wq_db_rows *rows;
	struct wq_person_row person = {0};
	wq_err e = WQ_OK;
	bool found;

	WQ_TRY(wq_db_query(wq_ledger_db(ledger),
		"SELECT id, public_key, roles, in_establishment, seq FROM person WHERE id = $1", &WQ_DB_T(id), 1,
		&rows));
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

/* How many rows a table has: room for a list. */
static wq_err count(struct wq_ledger *ledger, const char *sql, size_t *ret_n)
{
	struct wq_db_rows *rows;
	int64_t n = 0;

	WQ_TRY(wq_db_query(wq_ledger_db(ledger), sql, NULL, 0, &rows));
	if (wq_db_next(rows))
		n = wq_db_int(rows, 0);
	*ret_n = (size_t)n;
	return wq_db_rows_close(&rows);
}

wq_err wq_app_list(struct wq_ledger *ledger, struct wq_arena *arena, struct wq_app_row **ret_apps, size_t *ret_n)
{
	struct wq_db_rows *rows;
	struct wq_app_row *apps;
	size_t room, n = 0;

	WQ_TRY(count(ledger, "SELECT count(*) FROM app", &room));
	apps = WQ_NEW_ARRAY(arena, struct wq_app_row, room);
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_db_query(wq_ledger_db(ledger), APP_COLUMNS "ORDER BY app.id", NULL, 0, &rows));
	while (n < room && wq_db_next(rows))
		read_app(rows, arena, &apps[n++]);
	WQ_TRY(wq_db_rows_close(&rows));
	*ret_apps = apps;
	*ret_n = n;
	return wq_arena_err(arena);
}

wq_err wq_person_list(
	struct wq_ledger *ledger, struct wq_arena *arena, struct wq_person_row **ret_people, size_t *ret_n)
{
	struct wq_db_rows *rows;
	struct wq_person_row *people;
	size_t room, n = 0;
	wq_err e = WQ_OK;

	WQ_TRY(count(ledger, "SELECT count(*) FROM person", &room));
	people = WQ_NEW_ARRAY(arena, struct wq_person_row, room);
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_db_query(wq_ledger_db(ledger),
		"SELECT id, public_key, roles, in_establishment, seq FROM person ORDER BY id", NULL, 0, &rows));
	while (!wq_failed(e) && n < room && wq_db_next(rows))
		e = read_person(rows, arena, &people[n++]);
	WQ_TRY(wq_db_rows_close(&rows));
	WQ_TRY(e);
	*ret_people = people;
	*ret_n = n;
	return wq_arena_err(arena);
}
