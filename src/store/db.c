#include "store/db_priv.h"

#include "base/utf8.h"

static const struct wq_db_driver *const drivers[] = {&wq_db_sqlite, &wq_db_postgres};

/* PostgreSQL keeps no NUL in text; both databases refuse the same. */
static bool is_text(wq_str s)
{
	return wq_utf8_valid(s) && wq_str_chr(s, '\0') < 0;
}

static wq_err check_values(const struct wq_db_value *values, size_t n)
{
	if (n > WQ_DB_PARAMETERS_MAX)
		return wq_error(WQ_E_BUG, "%zu parameters", n);
	for (size_t i = 0; i < n; i++) {
		if (values[i].type == WQ_DB_TEXT && !is_text(values[i].s))
			return wq_error(WQ_E_INPUT, "parameter $%zu is not UTF-8 text", i + 1);
		if (values[i].s.n > INT32_MAX / 4)
			return wq_error(WQ_E_LIMIT, "parameter $%zu has %zu bytes", i + 1, values[i].s.n);
	}
	return WQ_OK;
}

wq_err wq_db_open(wq_str url, struct wq_db **ret_db)
{
	for (size_t i = 0; i < WQ_COUNT(drivers); i++)
		if (wq_str_starts(url, wq_str_c(drivers[i]->prefix)))
			return drivers[i]->open(url, ret_db);
	return wq_error(
		WQ_E_CONFIG, "a database is sqlite:/path or postgresql://..., not \"%.20s\"", url.n ? url.p : "");
}

void wq_db_close(struct wq_db **db)
{
	if (!*db)
		return;
	wq_db_abort(*db);
	(*db)->driver->close(*db);
	*db = NULL;
}

enum wq_db_kind wq_db_kind(const struct wq_db *db)
{
	return db->driver->kind;
}

static wq_err exec_inside(
	struct wq_db *db, const char *sql, const struct wq_db_value *values, size_t n, int64_t *ret_changed)
{
	if (db->state != WQ_DB_WRITING)
		return wq_error(WQ_E_BUG, "a write in a read transaction");
	return db->driver->exec(db, sql, values, n, true, ret_changed);
}

wq_err wq_db_exec(struct wq_db *db, const char *sql, const struct wq_db_value *values, size_t n, int64_t *ret_changed)
{
	int64_t changed = 0;
	wq_err e = check_values(values, n);

	if (wq_failed(e))
		return e;
	if (db->state != WQ_DB_IDLE) {
		e = exec_inside(db, sql, values, n, &changed);
	} else {
		WQ_TRY(wq_db_begin(db));
		e = exec_inside(db, sql, values, n, &changed);
		if (wq_failed(e))
			wq_db_abort(db);
		else
			e = wq_db_commit(db);
	}
	if (!wq_failed(e) && ret_changed)
		*ret_changed = changed;
	return e;
}

wq_err wq_db_query(
	struct wq_db *db, const char *sql, const struct wq_db_value *values, size_t n, struct wq_db_rows **ret_rows)
{
	WQ_TRY(check_values(values, n));
	if (db->state == WQ_DB_IDLE)
		WQ_TRY(db->driver->ready(db));
	return db->driver->query(db, sql, values, n, ret_rows);
}

bool wq_db_next(struct wq_db_rows *rows)
{
	return !wq_failed(rows->err) && rows->db->driver->next(rows);
}

int64_t wq_db_int(const struct wq_db_rows *rows, int column)
{
	return rows->db->driver->get_int(rows, column);
}

wq_str wq_db_text(const struct wq_db_rows *rows, int column)
{
	return rows->db->driver->get_bytes(rows, column);
}

wq_str wq_db_blob(const struct wq_db_rows *rows, int column)
{
	return rows->db->driver->get_bytes(rows, column);
}

bool wq_db_null(const struct wq_db_rows *rows, int column)
{
	return rows->db->driver->get_null(rows, column);
}

wq_err wq_db_rows_close(struct wq_db_rows **rows)
{
	wq_err e = WQ_OK;

	if (*rows) {
		e = (*rows)->err;
		(*rows)->db->driver->rows_close(*rows);
		*rows = NULL;
	}
	return e;
}

static wq_err begin(struct wq_db *db, enum wq_db_state state)
{
	if (db->state != WQ_DB_IDLE)
		return wq_error(WQ_E_BUG, "transactions do not nest");
	WQ_TRY(db->driver->ready(db));
	WQ_TRY(state == WQ_DB_WRITING ? db->driver->begin(db) : db->driver->begin_read(db));
	db->state = state;
	return WQ_OK;
}

wq_err wq_db_begin(struct wq_db *db)
{
	return begin(db, WQ_DB_WRITING);
}

wq_err wq_db_begin_read(struct wq_db *db)
{
	return begin(db, WQ_DB_READING);
}

wq_err wq_db_commit(struct wq_db *db)
{
	wq_err e;

	if (db->state != WQ_DB_WRITING)
		return wq_error(WQ_E_BUG, "commit without begin");
	e = db->driver->commit(db);
	db->state = WQ_DB_IDLE;
	if (wq_failed(e))
		db->driver->abort(db);
	return e;
}

void wq_db_abort(struct wq_db *db)
{
	if (db->state != WQ_DB_IDLE)
		db->driver->abort(db);
	db->state = WQ_DB_IDLE;
}

bool wq_db_in_transaction(const struct wq_db *db)
{
	return db->state != WQ_DB_IDLE;
}

wq_err wq_db_scrub(struct wq_db *db, const char *table)
{
	if (db->state != WQ_DB_IDLE)
		return wq_error(WQ_E_BUG, "scrub in a transaction");
	for (const char *c = table; *c; c++)
		if (*c != '_' && (*c < 'a' || *c > 'z'))
			return wq_error(WQ_E_BUG, "a table's name is lower case");
	WQ_TRY(db->driver->ready(db));
	return db->driver->scrub(db, table);
}
