/* SQL with one voice: SQLite (embedded default) and PostgreSQL behind one interface. Sole user of a database library.
 *
 * SQL is written once, in the part that both speak: parameters are $1 … $n, types INTEGER (64 bits), TEXT, BLOB
 * (translated to BYTEA), BOOLEAN as INTEGER 0/1; `INSERT … ON CONFLICT`, `RETURNING` and row values may be used. A write
 * transaction is exclusive among writers (BEGIN IMMEDIATE; an advisory lock): two processes never interleave.
 * Rows are read with a cursor; text and blobs of a row are valid until the next step. Text is valid UTF-8 without NUL
 * on both; what is not is WQ_E_INPUT. Result columns are integers, text or blobs: cast what an aggregate makes
 * (`CAST(sum(x) AS INTEGER)`). String literals and comments in SQL hold no `$n` and no type names.
 * Durability: commit returns after the data is on stable storage (synchronous=FULL; synchronous_commit=on).
 * One handle belongs to one thread. Not good at: many concurrent writers on SQLite; streaming very large blobs.
 *
 * Errors everywhere: WQ_E_DB, WQ_E_DB_CONFLICT (retry the transaction), WQ_E_DB_OUTCOME_UNKNOWN (only from commit: the
 * connection broke, or the disk failed, after commit was sent; look before trying again), WQ_E_NO_SPACE, WQ_E_BUSY (lock
 * not got in time), WQ_E_EXISTS (a primary key or unique constraint is violated). After an error inside a transaction
 * only wq_db_abort() is of use. A connection that broke is opened again by the next begin, or the next statement outside
 * a transaction.
 */
#ifndef WQ_STORE_DB_H
#define WQ_STORE_DB_H

#include "base/base.h"
#include "base/arena.h"

struct wq_db;
struct wq_db_rows;

enum wq_db_kind { WQ_DB_SQLITE, WQ_DB_POSTGRES };

enum {
	WQ_DB_PARAMETERS_MAX = 32,
	WQ_DB_LOCK_WAIT_MSEC = 30000 /* how long begin waits for the other writers: then WQ_E_BUSY */
};

/* "sqlite:/path/file.db" or "postgresql://…" (libpq's URI, also with host=/socket/dir). The file is created 0640 and its
 * folder synced. "sqlite:/path/file.db?vfs=name" opens through a VFS that the process has registered. A PostgreSQL server
 * that runs with fsync=off is refused: WQ_E_CONFIG. */
wq_err wq_db_open(wq_str url, struct wq_db **ret_db);
void wq_db_close(struct wq_db **db);
enum wq_db_kind wq_db_kind(const struct wq_db *db);

/* A parameter. */
struct wq_db_value {
	enum { WQ_DB_NULL, WQ_DB_INT, WQ_DB_TEXT, WQ_DB_BLOB } type;
	int64_t i;
	wq_str s;
};
#define WQ_DB_I(v) ((struct wq_db_value){.type = WQ_DB_INT, .i = (int64_t)(v)})
#define WQ_DB_T(v) ((struct wq_db_value){.type = WQ_DB_TEXT, .s = (v)})
#define WQ_DB_B(v) ((struct wq_db_value){.type = WQ_DB_BLOB, .s = (v)})
#define WQ_DB_N ((struct wq_db_value){.type = WQ_DB_NULL})

/* Runs one statement without rows. `ret_changed` (may be NULL): rows inserted, updated or deleted. Outside a transaction
 * it is a write transaction of its own, with commit's errors. `sql` is also the key of the statement cache. */
wq_err wq_db_exec(struct wq_db *db, const char *sql, const struct wq_db_value *values, size_t n, int64_t *ret_changed);
/* WQ_DB_EXEC(db, sql, WQ_DB_I(1), …): at least one value. */
#define WQ_DB_EXEC(db, sql, ...) \
	wq_db_exec((db), (sql), (const struct wq_db_value[]){__VA_ARGS__}, \
		sizeof((const struct wq_db_value[]){__VA_ARGS__}) / sizeof(struct wq_db_value), NULL)

/* Runs a query; one that writes (RETURNING) belongs in a transaction. Read with `while (wq_db_next(rows))`; then wq_db_rows_close() returns the error, if one came. */
wq_err wq_db_query(
	struct wq_db *db, const char *sql, const struct wq_db_value *values, size_t n, struct wq_db_rows **ret_rows);
bool wq_db_next(struct wq_db_rows *rows);
int64_t wq_db_int(const struct wq_db_rows *rows, int column);
wq_str wq_db_text(const struct wq_db_rows *rows, int column);
wq_str wq_db_blob(const struct wq_db_rows *rows, int column);
bool wq_db_null(const struct wq_db_rows *rows, int column);
wq_err wq_db_rows_close(struct wq_db_rows **rows);

/* Write transactions; they do not nest. abort is safe at any time, also after an error. */
wq_err wq_db_begin(struct wq_db *db);
wq_err wq_db_commit(struct wq_db *db);
void wq_db_abort(struct wq_db *db);
bool wq_db_in_transaction(const struct wq_db *db);
/* A consistent read over several queries; end it with wq_db_abort(). */
wq_err wq_db_begin_read(struct wq_db *db);

/* Makes what was deleted unreadable in the database's own files, as far as the engine can: SQLite overwrites deleted
 * content (secure_delete) and empties its write-ahead log here; PostgreSQL vacuums `table`, its log is recycled by the
 * server in its own time. Call it outside a transaction, after the commit. WQ_E_BUSY: a reader is in the way. */
wq_err wq_db_scrub(struct wq_db *db, const char *table);

/* Migrations: applied in order, each once, all in one transaction, recorded with the FNV of their text; a text that
 * changed after it was applied, or a database newer than the program, is WQ_E_DB_VERSION. Nothing is written when there
 * is nothing to apply. */
struct wq_db_migration {
	const char *area; /* "ledger", "registry": each area counts by itself */
	int version;      /* 1, 2, … without gaps */
	const char *sql;  /* statements separated by ';' and newline; no such pair within one */
};
wq_err wq_db_migrate(struct wq_db *db, const struct wq_db_migration *migrations, size_t n);

#endif
