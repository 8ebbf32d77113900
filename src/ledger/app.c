#include "base/utf8.h"
#include "ledger/filing.h"
#include "ledger/registry_priv.h"

#include <jansson.h>

struct named {
	const char *name, *zh, *en;
};

static const struct named types[WQ_APP_TYPES] = {
	[WQ_APP_SERVICE] = {"service", "业务应用", "service"},
	[WQ_APP_PORTAL] = {"portal", "门户网站", "portal"},
	[WQ_APP_OFFICE] = {"office", "办公应用", "office"},
	[WQ_APP_MAIL] = {"mail", "电子邮件系统", "mail system"},
	[WQ_APP_MOBILE] = {"mobile", "移动应用程序", "mobile application"},
	[WQ_APP_MINI_PROGRAM] = {"mini-program", "小程序", "mini-program"},
	[WQ_APP_ACCOUNT] = {"account", "公众账号", "public account"},
};

static const struct named states[WQ_APP_STATES] = {
	[WQ_APP_APPLIED] = {"applied", "已申请", "applied"},
	[WQ_APP_REVIEWED] = {"reviewed", "已审核", "reviewed"},
	[WQ_APP_ONLINE] = {"online", "已上线", "online"},
	[WQ_APP_CLOSED] = {"closed", "已关闭", "closed"},
};

const char *wq_app_type_name(enum wq_app_type type)
{
	return types[type < WQ_APP_TYPES ? type : 0].name;
}

const char *wq_app_type_title(enum wq_app_type type, enum wq_lang lang)
{
	const struct named *row = &types[type < WQ_APP_TYPES ? type : 0];

	return lang == WQ_LANG_ZH ? row->zh : row->en;
}

bool wq_app_type_parse(wq_str text, enum wq_app_type *ret_type)
{
	for (size_t i = 0; i < WQ_APP_TYPES; i++)
		if (wq_str_eq(text, wq_str_c(types[i].name))) {
			*ret_type = (enum wq_app_type)i;
			return true;
		}
	return false;
}

const char *wq_app_state_name(enum wq_app_state state)
{
	return states[state < WQ_APP_STATES ? state : 0].name;
}

const char *wq_app_state_title(enum wq_app_state state, enum wq_lang lang)
{
	const struct named *row = &states[state < WQ_APP_STATES ? state : 0];

	return lang == WQ_LANG_ZH ? row->zh : row->en;
}

static void free_json(struct json_t **json)
{
	wq_json_free(json);
}

static wq_err check_host(wq_str host)
{
	if (host.n == 0 || host.n > WQ_HOST_NAME_MAX)
		return wq_error(WQ_E_INPUT, "a host has 1 to %d bytes", WQ_HOST_NAME_MAX);
	return wq_registry_check_line("a host", host, WQ_HOST_NAME_MAX);
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

/* ---- projections ---- */

/* What an event says an application is; slices live as long as `body`, `joined` holds the hosts. */
struct said {
	wq_str name, unit, origin, purpose, leader, icp, police, site_code;
	enum wq_app_type type;
};

static wq_err read_said(struct json_t *body, struct said *said, struct wq_buf *joined)
{
	struct json_t *hosts = wq_json_get_array(body, "hosts"), *host;
	wq_str type;
	size_t i;

	WQ_TRY(wq_json_get_str(body, "name", WQ_NAME_MAX, &said->name));
	WQ_TRY(wq_json_get_str(body, "unit", WQ_NAME_MAX, &said->unit));
	WQ_TRY(wq_json_get_str(body, "origin", WQ_ORIGIN_MAX, &said->origin));
	WQ_TRY(wq_registry_get_optional(body, "purpose", WQ_PURPOSE_MAX, &said->purpose));
	WQ_TRY(wq_registry_get_optional(body, "leader", WQ_ID_MAX, &said->leader));
	WQ_TRY(wq_registry_get_optional(body, "icp", WQ_FILING_MAX, &said->icp));
	WQ_TRY(wq_registry_get_optional(body, "police", WQ_FILING_MAX, &said->police));
	WQ_TRY(wq_registry_get_optional(body, "site_code", WQ_FILING_MAX, &said->site_code));
	WQ_TRY(wq_registry_get_optional(body, "type", WQ_ID_MAX, &type));
	said->type = WQ_APP_SERVICE;
	if (type.n > 0 && !wq_app_type_parse(type, &said->type))
		return wq_error(WQ_E_FORMAT, "no type of an application: %.*s", WQ_S_ARG(type));
	WQ_TRY(check_hosts(hosts));
	json_array_foreach(hosts, i, host) wq_buf_printf(joined, "%s%s", i ? "\n" : "", json_string_value(host));
	return wq_buf_err(joined);
}

static wq_err apply(struct wq_db *db, const struct wq_event *event, const char *sql)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	WQ_BUF(joined, WQ_HOSTS_MAX * (WQ_HOST_NAME_MAX + 1));
	struct said s;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(read_said(body, &s, &joined));
	return WQ_DB_EXEC(db, sql, WQ_DB_T(event->subject), WQ_DB_T(s.name), WQ_DB_T(s.unit), WQ_DB_T(s.origin),
		WQ_DB_T(wq_buf_str(&joined)), WQ_DB_I(event->seq), WQ_DB_I(s.type), WQ_DB_T(s.purpose),
		WQ_DB_T(s.leader), WQ_DB_T(s.icp), WQ_DB_T(s.police), WQ_DB_T(s.site_code));
}

wq_err wq_app_apply(struct wq_db *db, const struct wq_event *event)
{
	return apply(db, event,
		"INSERT INTO app (id, name, unit, origin, hosts, seq, type, purpose, leader, icp, police, site_code) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
		"ON CONFLICT (id) DO UPDATE SET name = excluded.name, unit = excluded.unit, origin = excluded.origin, "
		"hosts = excluded.hosts, seq = excluded.seq");
}

wq_err wq_app_apply_changed(struct wq_db *db, const struct wq_event *event)
{
	return apply(db, event,
		"UPDATE app SET name = $2, unit = $3, origin = $4, hosts = $5, seq = $6, type = $7, purpose = $8, "
		"leader = $9, icp = $10, police = $11, site_code = $12 WHERE id = $1");
}

wq_err wq_app_apply_closed(struct wq_db *db, const struct wq_event *event)
{
	return WQ_DB_EXEC(
		db, "UPDATE app SET state = $2 WHERE id = $1", WQ_DB_T(event->subject), WQ_DB_I(WQ_APP_CLOSED));
}

wq_err wq_app_apply_profile(struct wq_db *db, const struct wq_event *event)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	wq_str profile;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(wq_json_get_str(body, "profile", WQ_APP_PROFILE_MAX, &profile));
	return WQ_DB_EXEC(db, "UPDATE app SET profile = $2 WHERE id = $1", WQ_DB_T(event->subject), WQ_DB_T(profile));
}

/* ---- look-ups ---- */

#define APP_COLUMNS \
	"SELECT app.id, app.name, app.unit, app.origin, app.hosts, app.profile, coalesce(unit.kind, 0), app.type, " \
	"app.purpose, app.leader, app.icp, app.police, app.site_code, app.state, app.opening " \
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
	app->type = (enum wq_app_type)wq_db_int(rows, 7);
	app->purpose = wq_arena_str(arena, wq_db_text(rows, 8));
	app->leader = wq_arena_str(arena, wq_db_text(rows, 9));
	app->icp = wq_arena_str(arena, wq_db_text(rows, 10));
	app->police = wq_arena_str(arena, wq_db_text(rows, 11));
	app->site_code = wq_arena_str(arena, wq_db_text(rows, 12));
	app->state = (enum wq_app_state)wq_db_int(rows, 13);
	app->opening = wq_arena_str(arena, wq_db_text(rows, 14));
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

wq_err wq_app_list(struct wq_ledger *ledger, struct wq_arena *arena, struct wq_app_row **ret_apps, size_t *ret_n)
{
	struct wq_db_rows *rows;
	struct wq_app_row *apps;
	size_t room = 0, n = 0;

	WQ_TRY(wq_db_query(wq_ledger_db(ledger), "SELECT count(*) FROM app", NULL, 0, &rows));
	if (wq_db_next(rows))
		room = (size_t)wq_db_int(rows, 0);
	WQ_TRY(wq_db_rows_close(&rows));
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

/* ---- what is appended ---- */

static wq_err check_filings(const struct wq_app_row *app)
{
	if (app->icp.n > 0 && !wq_filing_icp(app->icp))
		return wq_error(WQ_E_INPUT, "%.*s is no ICP filing number, as 京ICP备05070218号-1", WQ_S_ARG(app->icp));
	if (app->police.n > 0 && !wq_filing_police(app->police))
		return wq_error(WQ_E_INPUT, "%.*s is no police filing number, as 闽公网安备35030302900035号",
			WQ_S_ARG(app->police));
	if (app->site_code.n > 0 && !wq_filing_site_code(app->site_code))
		return wq_error(
			WQ_E_INPUT, "%.*s is no site code, as 3501000001 or bm14000002", WQ_S_ARG(app->site_code));
	return WQ_OK;
}

static wq_err check_app(const struct wq_app_row *app, const struct wq_app_ground *ground)
{
	if (!wq_id_valid(app->id))
		return wq_error(WQ_E_INPUT, "an application's id is 1 to %d of a-z, 0-9, '-'", WQ_ID_MAX);
	if (app->hosts_n == 0 || app->hosts_n > WQ_HOSTS_MAX)
		return wq_error(WQ_E_INPUT, "an application has 1 to %d hosts", WQ_HOSTS_MAX);
	for (size_t i = 0; i < app->hosts_n; i++)
		WQ_TRY(check_host(app->hosts[i]));
	WQ_TRY(wq_registry_check_line("the name", app->name, WQ_NAME_MAX));
	WQ_TRY(wq_registry_check_line("the unit", app->unit, WQ_NAME_MAX));
	WQ_TRY(wq_registry_check_line("the origin", app->origin, WQ_ORIGIN_MAX));
	WQ_TRY(wq_registry_check_line("the purpose", app->purpose, WQ_PURPOSE_MAX));
	WQ_TRY(wq_registry_check_line("the reason", ground->despite, WQ_REASON_MAX));
	return check_filings(app);
}

static wq_err put_app(const struct wq_app_row *app, const struct wq_app_ground *ground, struct wq_buf *out)
{
	struct wq_json json;

	wq_json_init(&json, out);
	wq_json_object(&json);
	wq_json_put_str(&json, "name", app->name);
	wq_json_put_str(&json, "unit", app->unit);
	wq_json_put_str(&json, "origin", app->origin);
	wq_json_key(&json, WQ_S("hosts"));
	wq_json_array(&json);
	for (size_t i = 0; i < app->hosts_n; i++)
		wq_json_str(&json, app->hosts[i]);
	wq_json_array_end(&json);
	wq_json_put_str(&json, "type", wq_str_c(wq_app_type_name(app->type)));
	wq_json_put_str(&json, "purpose", app->purpose);
	wq_json_put_str(&json, "leader", app->leader);
	wq_json_put_str(&json, "icp", app->icp);
	wq_json_put_str(&json, "police", app->police);
	wq_json_put_str(&json, "site_code", app->site_code);
	wq_json_put_str(&json, "despite", ground->despite);
	wq_json_put_str(&json, "approval", ground->approval);
	wq_json_object_end(&json);
	return wq_json_end(&json);
}

static wq_err add(
	struct wq_ledger *ledger, wq_str app, const char *type, wq_str body, wq_str actor, struct wq_arena *arena)
{
	return wq_ledger_add(ledger,
		&(struct wq_event_new){
			.type = wq_str_c(type), .actor = actor, .app = app, .subject = app, .body = body},
		arena, NULL);
}

/* The application has to be there, and not closed. */
static wq_err check_alive(struct wq_ledger *ledger, wq_str id, struct wq_arena *arena)
{
	struct wq_app_row app;

	WQ_TRY(wq_app_find(ledger, id, arena, &app));
	if (app.state == WQ_APP_CLOSED)
		return wq_error(WQ_E_STATE, "application %.*s is closed", WQ_S_ARG(id));
	return WQ_OK;
}

static wq_err put(struct wq_ledger *ledger, const struct wq_app_row *app, const struct wq_app_ground *ground,
	bool is_new, wq_str actor, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_person_row leader;

	if (is_new)
		WQ_TRY(wq_registry_check_new(ledger, "SELECT id FROM app WHERE id = $1", WQ_DB_T(app->id)));
	else
		WQ_TRY(check_alive(ledger, app->id, arena));
	if (app->leader.n > 0)
		WQ_TRY(wq_person_find(ledger, app->leader, arena, &leader));
	WQ_TRY(put_app(app, ground, &body));
	return add(ledger, app->id, is_new ? "app.registered" : "app.changed", wq_buf_str(&body), actor, arena);
}

wq_err wq_app_register_on(struct wq_ledger *ledger, const struct wq_app_row *app, const struct wq_app_ground *ground,
	wq_str actor, struct wq_arena *arena)
{
	WQ_TRY(check_app(app, ground));
	WQ_TRY(wq_ledger_begin(ledger));
	return wq_registry_end(ledger, put(ledger, app, ground, true, actor, arena));
}

wq_err wq_app_register(struct wq_ledger *ledger, const struct wq_app_row *app, wq_str actor, struct wq_arena *arena)
{
	return wq_app_register_on(ledger, app, &(struct wq_app_ground){0}, actor, arena);
}

wq_err wq_app_change(struct wq_ledger *ledger, const struct wq_app_row *app, const struct wq_app_ground *ground,
	wq_str actor, struct wq_arena *arena)
{
	WQ_TRY(check_app(app, ground));
	WQ_TRY(wq_ledger_begin(ledger));
	return wq_registry_end(ledger, put(ledger, app, ground, false, actor, arena));
}

static wq_err put_text(struct wq_ledger *ledger, wq_str app, const char *type, const char *key, wq_str text,
	wq_str approval, wq_str actor, struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_json json;

	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_str(&json, key, text);
	if (approval.n > 0)
		wq_json_put_str(&json, "approval", approval);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return add(ledger, app, type, wq_buf_str(&body), actor, arena);
}

static wq_err put_closed(
	struct wq_ledger *ledger, wq_str app, const struct wq_app_ground *ground, wq_str actor, struct wq_arena *arena)
{
	WQ_TRY(check_alive(ledger, app, arena));
	return put_text(ledger, app, "app.closed", "reason", ground->despite, ground->approval, actor, arena);
}

/* Of a closed application as well: the profile is what ends serving it. */
static wq_err put_profile(struct wq_ledger *ledger, wq_str id, wq_str text, wq_str actor, struct wq_arena *arena)
{
	struct wq_app_row app;

	WQ_TRY(wq_app_find(ledger, id, arena, &app));
	return put_text(ledger, id, "app.profiled", "profile", text, WQ_S_NONE, actor, arena);
}

wq_err wq_app_close(
	struct wq_ledger *ledger, wq_str app, const struct wq_app_ground *ground, wq_str actor, struct wq_arena *arena)
{
	WQ_TRY(wq_registry_check_line("the reason", ground->despite, WQ_REASON_MAX));
	WQ_TRY(wq_ledger_begin(ledger));
	return wq_registry_end(ledger, put_closed(ledger, app, ground, actor, arena));
}

wq_err wq_app_profile_set(struct wq_ledger *ledger, wq_str app, wq_str text, wq_str actor, struct wq_arena *arena)
{
	if (text.n > WQ_APP_PROFILE_MAX)
		return wq_error(WQ_E_LIMIT, "a profile has at most %d bytes", WQ_APP_PROFILE_MAX);
	if (!wq_utf8_valid(text) || wq_str_chr(text, '\0') >= 0)
		return wq_error(WQ_E_INPUT, "the profile is not UTF-8 without NUL");
	WQ_TRY(wq_ledger_begin(ledger));
	return wq_registry_end(ledger, put_profile(ledger, app, text, actor, arena));
}
