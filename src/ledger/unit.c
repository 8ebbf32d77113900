#include "ledger/unit.h"

#include "base/json.h"
#include "base/json_read.h"
#include "ledger/statement.h"

enum { REGION_MIN = 6 };

struct named {
	const char *name, *zh, *en;
};

static const struct named kinds[WQ_UNIT_KINDS] = {
	[WQ_UNIT_UNKNOWN] = {"", "未登记的单位", "no registered unit"},
	[WQ_UNIT_ORGAN] = {"organ", "党政机关", "organ"},
	[WQ_UNIT_INSTITUTION] = {"institution", "事业单位", "institution"},
	[WQ_UNIT_UNION] = {"union", "工会", "union"},
	[WQ_UNIT_ENTERPRISE] = {"enterprise", "国有企业", "state-owned enterprise"},
	[WQ_UNIT_OTHER] = {"other", "其他", "other"},
};

static const struct named levels[WQ_LEVELS] = {
	[WQ_LEVEL_NONE] = {"", "", ""},
	[WQ_LEVEL_CENTRAL] = {"central", "中央", "central"},
	[WQ_LEVEL_PROVINCE] = {"province", "省级", "province"},
	[WQ_LEVEL_PREFECTURE] = {"prefecture", "地市级", "prefecture"},
	[WQ_LEVEL_COUNTY] = {"county", "县级", "county"},
	[WQ_LEVEL_TOWNSHIP] = {"township", "乡级", "township"},
};

static const struct named *row_of(const struct named *table, size_t n, unsigned i)
{
	return &table[i < n ? i : 0];
}

/* 0: none of them. */
static unsigned number_of(const struct named *table, size_t n, wq_str text)
{
	for (unsigned i = 1; i < n; i++)
		if (wq_str_eq(text, wq_str_c(table[i].name)))
			return i;
	return 0;
}

const char *wq_unit_kind_name(enum wq_unit_kind kind)
{
	return row_of(kinds, WQ_UNIT_KINDS, kind)->name;
}

const char *wq_unit_kind_title(enum wq_unit_kind kind, enum wq_lang lang)
{
	const struct named *row = row_of(kinds, WQ_UNIT_KINDS, kind);

	return lang == WQ_LANG_ZH ? row->zh : row->en;
}

bool wq_unit_kind_parse(wq_str text, enum wq_unit_kind *ret_kind)
{
	unsigned i = number_of(kinds, WQ_UNIT_KINDS, text);

	if (i)
		*ret_kind = (enum wq_unit_kind)i;
	return i != 0;
}

const char *wq_unit_level_name(enum wq_unit_level level)
{
	return row_of(levels, WQ_LEVELS, level)->name;
}

const char *wq_unit_level_title(enum wq_unit_level level, enum wq_lang lang)
{
	const struct named *row = row_of(levels, WQ_LEVELS, level);

	return lang == WQ_LANG_ZH ? row->zh : row->en;
}

bool wq_unit_level_parse(wq_str text, enum wq_unit_level *ret_level)
{
	unsigned i = number_of(levels, WQ_LEVELS, text);

	if (i)
		*ret_level = (enum wq_unit_level)i;
	return i != 0;
}

/* ---- projection ---- */

static void free_json(struct json_t **json)
{
	wq_json_free(json);
}

wq_err wq_unit_apply(struct wq_db *db, const struct wq_event *event)
{
	WQ_CLEANUP(free_json) struct json_t *body = NULL;
	enum wq_unit_kind kind = WQ_UNIT_UNKNOWN;
	enum wq_unit_level level = WQ_LEVEL_NONE;
	wq_str name, kind_text, superior, level_text, region;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &body));
	WQ_TRY(wq_json_get_str(body, "name", WQ_UNIT_NAME_MAX, &name));
	WQ_TRY(wq_json_get_str(body, "kind", 64, &kind_text));
	WQ_TRY(wq_json_get_str(body, "superior", WQ_ID_MAX, &superior));
	WQ_TRY(wq_json_get_str(body, "level", 64, &level_text));
	WQ_TRY(wq_json_get_str(body, "region", WQ_UNIT_REGION_MAX, &region));
	if (!wq_unit_kind_parse(kind_text, &kind) || (level_text.n && !wq_unit_level_parse(level_text, &level)))
		return wq_error(WQ_E_FORMAT, "event %llu: not a unit", (unsigned long long)event->seq);
	return WQ_DB_EXEC(db,
		"INSERT INTO unit (id, name, kind, superior, level, region, seq) VALUES ($1, $2, $3, $4, $5, $6, $7) "
		"ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, "
		"superior = excluded.superior, level = excluded.level, region = excluded.region, seq = excluded.seq",
		WQ_DB_T(event->subject), WQ_DB_T(name), WQ_DB_I(kind), WQ_DB_T(superior), WQ_DB_I(level),
		WQ_DB_T(region), WQ_DB_I(event->seq));
}

/* ---- look-ups ---- */

#define COLUMNS "SELECT id, name, kind, superior, level, region, seq FROM unit "

static void read_unit(const struct wq_db_rows *rows, struct wq_arena *arena, struct wq_unit_row *unit)
{
	unit->id = wq_arena_str(arena, wq_db_text(rows, 0));
	unit->name = wq_arena_str(arena, wq_db_text(rows, 1));
	unit->kind = (enum wq_unit_kind)wq_db_int(rows, 2);
	unit->superior = wq_arena_str(arena, wq_db_text(rows, 3));
	unit->level = (enum wq_unit_level)wq_db_int(rows, 4);
	unit->region = wq_arena_str(arena, wq_db_text(rows, 5));
	unit->seq = (uint64_t)wq_db_int(rows, 6);
}

wq_err wq_unit_find(struct wq_ledger *ledger, wq_str id, struct wq_arena *arena, struct wq_unit_row *ret_unit)
{
	struct wq_db_rows *rows;
	struct wq_unit_row unit = {0};
	bool found;

	WQ_TRY(wq_db_query(wq_ledger_db(ledger), COLUMNS "WHERE id = $1", &WQ_DB_T(id), 1, &rows));
	found = wq_db_next(rows);
	if (found)
		read_unit(rows, arena, &unit);
	WQ_TRY(wq_db_rows_close(&rows));
	WQ_TRY(wq_arena_err(arena));
	if (!found)
		return wq_error(WQ_E_NOT_FOUND, "unit %.*s", WQ_S_ARG(id));
	*ret_unit = unit;
	return WQ_OK;
}

wq_err wq_unit_list(struct wq_ledger *ledger, struct wq_arena *arena, struct wq_unit_row **ret_units, size_t *ret_n)
{
	struct wq_db_rows *rows;
	struct wq_unit_row *units;
	size_t room = 0, n = 0;

	WQ_TRY(wq_db_query(wq_ledger_db(ledger), "SELECT count(*) FROM unit", NULL, 0, &rows));
	if (wq_db_next(rows))
		room = (size_t)wq_db_int(rows, 0);
	WQ_TRY(wq_db_rows_close(&rows));
	units = WQ_NEW_ARRAY(arena, struct wq_unit_row, room);
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_db_query(wq_ledger_db(ledger), COLUMNS "ORDER BY id", NULL, 0, &rows));
	while (n < room && wq_db_next(rows))
		read_unit(rows, arena, &units[n++]);
	WQ_TRY(wq_db_rows_close(&rows));
	*ret_units = units;
	*ret_n = n;
	return wq_arena_err(arena);
}

/* ---- what is appended ---- */

static wq_err check_region(wq_str region)
{
	bool fine = region.n == 0 || (region.n >= REGION_MIN && region.n <= WQ_UNIT_REGION_MAX);

	for (size_t i = 0; i < region.n; i++)
		fine = fine && region.p[i] >= '0' && region.p[i] <= '9';
	return fine ? WQ_OK : wq_error(WQ_E_INPUT, "a region is %d to %d digits", REGION_MIN, WQ_UNIT_REGION_MAX);
}

static wq_err check_unit(const struct wq_unit_row *unit)
{
	if (!wq_id_valid(unit->id))
		return wq_error(WQ_E_INPUT, "a unit's id is 1 to %d of a-z, 0-9, '-'", WQ_ID_MAX);
	if (unit->name.n == 0 || unit->name.n > WQ_UNIT_NAME_MAX || wq_str_chr(unit->name, '\n') >= 0 ||
		wq_str_chr(unit->name, '\0') >= 0)
		return wq_error(WQ_E_INPUT, "the name of a unit has 1 to %d bytes in one line", WQ_UNIT_NAME_MAX);
	if (unit->kind == WQ_UNIT_UNKNOWN || unit->kind >= WQ_UNIT_KINDS || unit->level >= WQ_LEVELS)
		return wq_error(WQ_E_INPUT, "unit %.*s has no kind", WQ_S_ARG(unit->id));
	return check_region(unit->region);
}

/* Every superior is registered, and none of them is the unit itself. */
static wq_err check_superiors(struct wq_ledger *ledger, const struct wq_unit_row *unit, struct wq_arena *arena)
{
	wq_str above = unit->superior;

	for (int depth = 0; above.n > 0; depth++) {
		struct wq_unit_row row;

		if (wq_str_eq(above, unit->id) || depth == WQ_UNIT_DEPTH_MAX)
			return wq_error(WQ_E_INPUT, "unit %.*s would be above itself, or %d units above each other",
				WQ_S_ARG(unit->id), WQ_UNIT_DEPTH_MAX);
		WQ_TRY(wq_unit_find(ledger, above, arena, &row));
		above = row.superior;
	}
	return WQ_OK;
}

static wq_err add(struct wq_ledger *ledger, const struct wq_unit_row *unit, const char *type, wq_str actor,
	struct wq_arena *arena)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_json json;

	WQ_TRY(check_superiors(ledger, unit, arena));
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_str(&json, "name", unit->name);
	wq_json_put_str(&json, "kind", wq_str_c(wq_unit_kind_name(unit->kind)));
	wq_json_put_str(&json, "superior", unit->superior);
	wq_json_put_str(&json, "level", wq_str_c(wq_unit_level_name(unit->level)));
	wq_json_put_str(&json, "region", unit->region);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return wq_ledger_add(ledger,
		&(struct wq_event_new){
			.type = wq_str_c(type), .actor = actor, .subject = unit->id, .body = wq_buf_str(&body)},
		arena, NULL);
}

static wq_err append(
	struct wq_ledger *ledger, const struct wq_unit_row *unit, bool is_new, wq_str actor, struct wq_arena *arena)
{
	struct wq_unit_row old;
	wq_err e;

	WQ_TRY(check_unit(unit));
	WQ_TRY(wq_ledger_begin(ledger));
	e = wq_unit_find(ledger, unit->id, arena, &old);
	if (is_new && !wq_failed(e))
		e = wq_error(WQ_E_EXISTS, "%.*s", WQ_S_ARG(unit->id));
	else if (!wq_failed(e) || (is_new && wq_is(e, WQ_E_NOT_FOUND)))
		e = add(ledger, unit, is_new ? "unit.registered" : "unit.changed", actor, arena);
	if (wq_failed(e)) {
		wq_ledger_abort(ledger);
		return e;
	}
	return wq_ledger_commit(ledger);
}

wq_err wq_unit_register(struct wq_ledger *ledger, const struct wq_unit_row *unit, wq_str actor, struct wq_arena *arena)
{
	return append(ledger, unit, true, actor, arena);
}

wq_err wq_unit_change(struct wq_ledger *ledger, const struct wq_unit_row *unit, wq_str actor, struct wq_arena *arena)
{
	return append(ledger, unit, false, actor, arena);
}
