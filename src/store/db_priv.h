/* What a driver is: one row of functions a database. For this folder only.
 *
 * The front (db.c) checks parameters, guards the transaction's state and owns `struct wq_db`; a driver embeds it as its
 * first member. A driver may assume: parameters are well-formed, begin comes outside a transaction, commit inside a write
 * transaction, and rows are closed before the handle.
 */
#ifndef WQ_STORE_DB_PRIV_H
#define WQ_STORE_DB_PRIV_H

#include "store/db.h"

enum wq_db_state { WQ_DB_IDLE, WQ_DB_READING, WQ_DB_WRITING };

struct wq_db_driver {
	enum wq_db_kind kind;
	const char *prefix; /* of the URL */
	wq_err (*open)(wq_str url, struct wq_db **ret_db);
	void (*close)(struct wq_db *db);
	/* Opens again what broke. Called outside a transaction only. */
	wq_err (*ready)(struct wq_db *db);
	/* `cache`: keep the prepared statement for the next time. */
	wq_err (*exec)(struct wq_db *db, const char *sql, const struct wq_db_value *values, size_t n, bool cache,
		int64_t *ret_changed);
	wq_err (*query)(struct wq_db *db, const char *sql, const struct wq_db_value *values, size_t n,
		struct wq_db_rows **ret_rows);
	bool (*next)(struct wq_db_rows *rows);
	int64_t (*get_int)(const struct wq_db_rows *rows, int column);
	wq_str (*get_bytes)(const struct wq_db_rows *rows, int column);
	bool (*get_null)(const struct wq_db_rows *rows, int column);
	void (*rows_close)(struct wq_db_rows *rows);
	wq_err (*begin)(struct wq_db *db);
	wq_err (*begin_read)(struct wq_db *db);
	wq_err (*commit)(struct wq_db *db);
	void (*abort)(struct wq_db *db);
	wq_err (*scrub)(struct wq_db *db, const char *table);
};

struct wq_db {
	const struct wq_db_driver *driver;
	enum wq_db_state state;
};

struct wq_db_rows {
	struct wq_db *db;
	wq_err err;
};

extern const struct wq_db_driver wq_db_sqlite, wq_db_postgres;

/* Prepared statements by their key, the least recently used goes first. `handle` is the driver's. */
enum { WQ_DB_CACHE = 64 };
struct wq_db_cached {
	char *key;
	void *handle;
	uint64_t used;
	bool busy; /* rows are open on it */
};
struct wq_db_cache {
	struct wq_db_cached rows[WQ_DB_CACHE];
	uint64_t clock;
};

static inline struct wq_db_cached *wq_db_cache_find(struct wq_db_cache *cache, const char *key)
{
	for (size_t i = 0; i < WQ_DB_CACHE; i++)
		if (cache->rows[i].key && strcmp(cache->rows[i].key, key) == 0) {
			cache->rows[i].used = ++cache->clock;
			return &cache->rows[i];
		}
	return NULL;
}

/* A row that may be filled: a free one, else the oldest that is not busy (its handle is still there: the caller ends it);
 * NULL when all are busy. */
static inline struct wq_db_cached *wq_db_cache_slot(struct wq_db_cache *cache)
{
	struct wq_db_cached *oldest = NULL;

	for (size_t i = 0; i < WQ_DB_CACHE; i++) {
		struct wq_db_cached *row = &cache->rows[i];

		if (!row->key)
			return row;
		if (!row->busy && (!oldest || row->used < oldest->used))
			oldest = row;
	}
	return oldest;
}

#endif
