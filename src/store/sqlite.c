#include "store/db_priv.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sqlite3.h>
#include <sys/stat.h>

struct db {
	struct wq_db base;
	sqlite3 *sqlite;
	struct wq_db_cache cache;
};

struct rows {
	struct wq_db_rows base;
	sqlite3_stmt *stmt;
	struct wq_db_cached *cached; /* NULL: the statement is ours alone */
};

static struct db *of(struct wq_db *db)
{
	return (struct db *)db;
}

static wq_err error_of(struct db *db, int rc)
{
	int errnum = sqlite3_system_errno(db->sqlite);
	const char *message = sqlite3_errmsg(db->sqlite);

	switch (rc & 0xff) {
	case SQLITE_BUSY:
		return rc == SQLITE_BUSY_SNAPSHOT ? wq_error(WQ_E_DB_CONFLICT, "%s", message)
						  : wq_error(WQ_E_BUSY, "%s", message);
	case SQLITE_LOCKED: return wq_error(WQ_E_BUSY, "%s", message);
	case SQLITE_FULL: return wq_error(WQ_E_NO_SPACE, "%s", message);
	case SQLITE_IOERR: return wq_error_sys(WQ_E_DB, errnum, "%s (%d)", message, rc);
	case SQLITE_NOMEM: return wq_error(WQ_E_NO_MEMORY, "%s", message);
	case SQLITE_TOOBIG: return wq_error(WQ_E_LIMIT, "%s", message);
	case SQLITE_CONSTRAINT:
		if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
			rc == SQLITE_CONSTRAINT_ROWID)
			return wq_error(WQ_E_EXISTS, "%s", message);
		return wq_error(WQ_E_DB, "%s", message);
	default: return wq_error(WQ_E_DB, "%s (%d)", message, rc);
	}
}

/* ---- open and close ---- */

/* In a folder that a group may write to, the database is the group's too: weique-vault records its alarms there. */
static bool folder_is_shared(const char *path)
{
	char folder[PATH_MAX];
	struct stat st;

	snprintf(folder, sizeof folder, "%s", path);
	return stat(dirname(folder), &st) == 0 && st.st_mode & S_IWGRP;
}

/* SQLite gives its log and index files the mode of the database, so that is set before it opens it. */
static wq_err create_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	if (fd < 0)
		return errno == EEXIST ? WQ_OK : wq_error_sys(WQ_E_IO, errno, "%s", path);
	if (folder_is_shared(path) && fchmod(fd, 0660) != 0) {
		wq_err e = wq_error_sys(WQ_E_IO, errno, "%s", path);

		close(fd);
		return e;
	}
	close(fd);
	return wq_dir_sync_of(&wq_fs_system, path);
}

static wq_err run(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? WQ_OK : error_of(db, rc);
}

/* Between two openers of a new file the change to WAL may find it locked; the busy timeout does not cover that. */
static wq_err switch_to_wal(struct db *db)
{
	static const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
	wq_err e = run(db, "PRAGMA journal_mode = WAL");

	for (int waited = 0; wq_is(e, WQ_E_BUSY) && waited < WQ_DB_LOCK_WAIT_MSEC; waited += 10) {
		nanosleep(&pause, NULL);
		e = run(db, "PRAGMA journal_mode = WAL");
	}
	return e;
}

static wq_err configure(struct db *db)
{
	sqlite3 *s = db->sqlite;

	sqlite3_extended_result_codes(s, 1);
	sqlite3_busy_timeout(s, WQ_DB_LOCK_WAIT_MSEC);
	sqlite3_limit(s, SQLITE_LIMIT_ATTACHED, 0);
	if (sqlite3_db_config(s, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK ||
		sqlite3_db_config(s, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) != SQLITE_OK ||
		sqlite3_db_config(s, SQLITE_DBCONFIG_DQS_DML, 0, NULL) != SQLITE_OK ||
		sqlite3_db_config(s, SQLITE_DBCONFIG_DQS_DDL, 0, NULL) != SQLITE_OK ||
		sqlite3_db_config(s, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL) != SQLITE_OK)
		return wq_error(WQ_E_DB, "this SQLite cannot be made defensive");
	WQ_TRY(switch_to_wal(db));
	WQ_TRY(run(db,
		"PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; "
		"PRAGMA cell_size_check = ON"));
	return WQ_OK;
}

static void sqlite_close(struct wq_db *base)
{
	struct db *db = of(base);

	for (size_t i = 0; i < WQ_DB_CACHE; i++) {
		sqlite3_finalize(db->cache.rows[i].handle);
		free(db->cache.rows[i].key);
	}
	sqlite3_close_v2(db->sqlite);
	free(db);
}

static wq_err sqlite_open(wq_str url, struct wq_db **ret_db)
{
	char path[PATH_MAX], vfs[32] = "";
	wq_str file = wq_str_from(url, strlen("sqlite:"));
	ptrdiff_t query = wq_str_find(file, WQ_S("?vfs="));
	struct db *db;
	int rc;
	wq_err e;

	if (query >= 0) {
		wq_str name = wq_str_from(file, (size_t)query + strlen("?vfs="));
		snprintf(vfs, sizeof(vfs), "%.*s", WQ_S_ARG(name));
		file = wq_str_head(file, (size_t)query);
	}
	if (file.n == 0 || file.n >= sizeof(path) || memchr(file.p, 0, file.n) || file.p[0] != '/')
		return wq_error(WQ_E_CONFIG, "a database file needs an absolute path");
	snprintf(path, sizeof(path), "%.*s", WQ_S_ARG(file));
	WQ_TRY(create_file(path));
	db = calloc(1, sizeof(*db));
	if (!db)
		return wq_error_id(WQ_E_NO_MEMORY);
	db->base.driver = &wq_db_sqlite;
	rc = sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
		vfs[0] ? vfs : NULL);
	e = rc == SQLITE_OK ? configure(db) : error_of(db, rc);
	if (wq_failed(e)) {
		sqlite_close(&db->base);
		return e;
	}
	*ret_db = &db->base;
	return WQ_OK;
}

static wq_err sqlite_ready(struct wq_db *db)
{
	(void)db;
	return WQ_OK;
}

/* ---- statements ---- */

static wq_err prepare(
	struct db *db, const char *sql, bool cache, sqlite3_stmt **ret_stmt, struct wq_db_cached **ret_cached)
{
	struct wq_db_cached *row = cache ? wq_db_cache_find(&db->cache, sql) : NULL;
	sqlite3_stmt *stmt = NULL;
	int rc;

	if (row && !row->busy) {
		*ret_stmt = row->handle;
		*ret_cached = row;
		return WQ_OK;
	}
	rc = sqlite3_prepare_v3(db->sqlite, sql, -1, cache ? SQLITE_PREPARE_PERSISTENT : 0, &stmt, NULL);
	if (rc != SQLITE_OK)
		return error_of(db, rc);
	if (!stmt)
		return wq_error(WQ_E_BUG, "an empty statement");
	row = cache && !row ? wq_db_cache_slot(&db->cache) : NULL;
	if (row) {
		sqlite3_finalize(row->handle);
		free(row->key);
		row->handle = NULL;
		row->key = strdup(sql);
		row->used = ++db->cache.clock;
		if (row->key)
			row->handle = stmt;
		else
			row = NULL;
	}
	*ret_stmt = stmt;
	*ret_cached = row;
	return WQ_OK;
}

static int bind_one(sqlite3_stmt *stmt, int at, const struct wq_db_value *v)
{
	switch (v->type) {
	case WQ_DB_INT: return sqlite3_bind_int64(stmt, at, v->i);
	case WQ_DB_TEXT: return sqlite3_bind_text(stmt, at, v->s.n ? v->s.p : "", (int)v->s.n, SQLITE_TRANSIENT);
	case WQ_DB_BLOB: return sqlite3_bind_blob(stmt, at, v->s.n ? v->s.p : "", (int)v->s.n, SQLITE_TRANSIENT);
	case WQ_DB_NULL: break;
	}
	return sqlite3_bind_null(stmt, at);
}

/* SQLite numbers "$2" by where it first stands, so its name says which value belongs to it. */
static wq_err bind(struct db *db, sqlite3_stmt *stmt, const struct wq_db_value *values, size_t n)
{
	int count = sqlite3_bind_parameter_count(stmt);

	for (int at = 1; at <= count; at++) {
		const char *name = sqlite3_bind_parameter_name(stmt, at);
		uint64_t number;
		int rc;

		if (!name || name[0] != '$' || !wq_str_to_u64(wq_str_c(name + 1), n, &number) || number == 0)
			return wq_error(
				WQ_E_BUG, "parameter %s of %zu in: %s", name ? name : "?", n, sqlite3_sql(stmt));
		rc = bind_one(stmt, at, &values[number - 1]);
		if (rc != SQLITE_OK)
			return error_of(db, rc);
	}
	return WQ_OK;
}

static void release(sqlite3_stmt *stmt, struct wq_db_cached *cached)
{
	if (!cached) {
		sqlite3_finalize(stmt);
		return;
	}
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	cached->busy = false;
}

static wq_err sqlite_exec(struct wq_db *base, const char *sql, const struct wq_db_value *values, size_t n, bool cache,
	int64_t *ret_changed)
{
	struct db *db = of(base);
	struct wq_db_cached *cached;
	sqlite3_stmt *stmt;
	int rc;
	wq_err e;

	WQ_TRY(prepare(db, sql, cache, &stmt, &cached));
	e = bind(db, stmt, values, n);
	if (!wq_failed(e)) {
		do
			rc = sqlite3_step(stmt);
		while (rc == SQLITE_ROW);
		e = rc == SQLITE_DONE ? WQ_OK : error_of(db, rc);
		if (!wq_failed(e) && ret_changed)
			*ret_changed = sqlite3_changes64(db->sqlite);
	}
	release(stmt, cached);
	return e;
}

static wq_err sqlite_query(
	struct wq_db *base, const char *sql, const struct wq_db_value *values, size_t n, struct wq_db_rows **ret_rows)
{
	struct rows *rows = calloc(1, sizeof(*rows));
	wq_err e;

	if (!rows)
		return wq_error_id(WQ_E_NO_MEMORY);
	rows->base.db = base;
	e = prepare(of(base), sql, true, &rows->stmt, &rows->cached);
	if (!wq_failed(e)) {
		e = bind(of(base), rows->stmt, values, n);
		if (wq_failed(e))
			release(rows->stmt, rows->cached);
	}
	if (wq_failed(e)) {
		free(rows);
		return e;
	}
	if (rows->cached)
		rows->cached->busy = true;
	*ret_rows = &rows->base;
	return WQ_OK;
}

static bool sqlite_next(struct wq_db_rows *base)
{
	struct rows *rows = (struct rows *)base;
	int rc = sqlite3_step(rows->stmt);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		base->err = error_of(of(base->db), rc);
	return rc == SQLITE_ROW;
}

static int64_t sqlite_int(const struct wq_db_rows *rows, int column)
{
	return sqlite3_column_int64(((const struct rows *)rows)->stmt, column);
}

static wq_str sqlite_bytes(const struct wq_db_rows *rows, int column)
{
	sqlite3_stmt *stmt = ((const struct rows *)rows)->stmt;
	const void *p = sqlite3_column_blob(stmt, column);

	return wq_str_of(p, p ? (size_t)sqlite3_column_bytes(stmt, column) : 0);
}

static bool sqlite_null(const struct wq_db_rows *rows, int column)
{
	return sqlite3_column_type(((const struct rows *)rows)->stmt, column) == SQLITE_NULL;
}

static void sqlite_rows_close(struct wq_db_rows *base)
{
	struct rows *rows = (struct rows *)base;

	release(rows->stmt, rows->cached);
	free(rows);
}

/* ---- transactions ---- */

static wq_err sqlite_begin(struct wq_db *db)
{
	return sqlite_exec(db, "BEGIN IMMEDIATE", NULL, 0, true, NULL);
}

static wq_err sqlite_begin_read(struct wq_db *db)
{
	return sqlite_exec(db, "BEGIN DEFERRED", NULL, 0, true, NULL);
}

/* A log that could not be written or synced to the end may still be found complete by a later recovery. A disk that is
 * full while it is written (SQLITE_FULL) cannot have taken the commit mark, which comes last. */
static wq_err sqlite_commit(struct wq_db *db)
{
	wq_err e = sqlite_exec(db, "COMMIT", NULL, 0, true, NULL);

	if (wq_failed(e) && (sqlite3_extended_errcode(of(db)->sqlite) & 0xff) == SQLITE_IOERR)
		return wq_error(WQ_E_DB_OUTCOME_UNKNOWN, "%s", sqlite3_errmsg(of(db)->sqlite));
	return e;
}

static void sqlite_abort(struct wq_db *db)
{
	if (!sqlite3_get_autocommit(of(db)->sqlite))
		WQ_IGNORE(sqlite_exec(db, "ROLLBACK", NULL, 0, true, NULL));
}

static wq_err sqlite_scrub(struct wq_db *db, const char *table)
{
	struct wq_db_rows *rows = NULL;
	bool busy = true;

	(void)table; /* the log is one for all tables */
	WQ_TRY(sqlite_query(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, 0, &rows));
	if (wq_db_next(rows))
		busy = wq_db_int(rows, 0) != 0;
	WQ_TRY(wq_db_rows_close(&rows));
	return busy ? wq_error(WQ_E_BUSY, "somebody reads the database; its log could not be emptied") : WQ_OK;
}

const struct wq_db_driver wq_db_sqlite = {
	.kind = WQ_DB_SQLITE,
	.prefix = "sqlite:",
	.open = sqlite_open,
	.close = sqlite_close,
	.ready = sqlite_ready,
	.exec = sqlite_exec,
	.query = sqlite_query,
	.next = sqlite_next,
	.get_int = sqlite_int,
	.get_bytes = sqlite_bytes,
	.get_null = sqlite_null,
	.rows_close = sqlite_rows_close,
	.begin = sqlite_begin,
	.begin_read = sqlite_begin_read,
	.commit = sqlite_commit,
	.abort = sqlite_abort,
	.scrub = sqlite_scrub,
};
