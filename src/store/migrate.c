#include "store/db_priv.h"

#include "base/buf.h"

enum { STATEMENT_MAX = 64 * 1024 };

static const char
	create_table[] = "CREATE TABLE IF NOT EXISTS wq_migration (area TEXT NOT NULL, version INTEGER NOT NULL, "
			 "hash INTEGER NOT NULL, PRIMARY KEY (area, version))";

static int64_t text_hash(const struct wq_db_migration *m)
{
	return (int64_t)wq_str_hash(wq_str_c(m->sql), 0);
}

/* Whether `m` is applied already; a changed text is an error. */
static wq_err is_applied(struct wq_db *db, const struct wq_db_migration *m, bool *ret_applied)
{
	struct wq_db_rows *rows = NULL;
	int64_t hash = 0;
	bool found;

	WQ_TRY(wq_db_query(db, "SELECT hash FROM wq_migration WHERE area = $1 AND version = $2",
		(struct wq_db_value[]){WQ_DB_T(wq_str_c(m->area)), WQ_DB_I(m->version)}, 2, &rows));
	found = wq_db_next(rows);
	if (found)
		hash = wq_db_int(rows, 0);
	WQ_TRY(wq_db_rows_close(&rows));
	if (found && hash != text_hash(m))
		return wq_error(WQ_E_DB_VERSION, "migration %s %d was applied with another text", m->area, m->version);
	*ret_applied = found;
	return WQ_OK;
}

static wq_err not_newer(struct wq_db *db, const struct wq_db_migration *all, size_t n, const char *area)
{
	struct wq_db_rows *rows = NULL;
	int64_t have = 0, know = 0;

	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].area, area) == 0)
			know = WQ_MAX(know, all[i].version);
	WQ_TRY(wq_db_query(db, "SELECT version FROM wq_migration WHERE area = $1 ORDER BY version DESC LIMIT 1",
		(struct wq_db_value[]){WQ_DB_T(wq_str_c(area))}, 1, &rows));
	if (wq_db_next(rows))
		have = wq_db_int(rows, 0);
	WQ_TRY(wq_db_rows_close(&rows));
	if (have > know)
		return wq_error(WQ_E_DB_VERSION, "%s is at version %lld, this program knows %lld", area,
			(long long)have, (long long)know);
	return WQ_OK;
}

static wq_err apply(struct wq_db *db, const struct wq_db_migration *m)
{
	wq_str rest = wq_str_c(m->sql);

	while (rest.n > 0) {
		WQ_BUF(statement, STATEMENT_MAX);
		ptrdiff_t end = wq_str_find(rest, WQ_S(";\n"));
		wq_str one = wq_str_trim(end < 0 ? rest : wq_str_head(rest, (size_t)end));

		rest = end < 0 ? WQ_S_NONE : wq_str_from(rest, (size_t)end + 2);
		if (wq_str_ends(one, WQ_S(";")))
			one.n--;
		if (one.n == 0)
			continue;
		wq_buf_add(&statement, one);
		WQ_TRY(wq_buf_err(&statement));
		WQ_TRY(db->driver->exec(db, wq_buf_cstr(&statement), NULL, 0, false, NULL));
	}
	return WQ_DB_EXEC(db, "INSERT INTO wq_migration (area, version, hash) VALUES ($1, $2, $3)",
		WQ_DB_T(wq_str_c(m->area)), WQ_DB_I(m->version), WQ_DB_I(text_hash(m)));
}

static wq_err check_all(struct wq_db *db, const struct wq_db_migration *all, size_t n, bool *ret_complete)
{
	bool complete = true;

	for (size_t i = 0; i < n; i++) {
		bool applied;

		WQ_TRY(is_applied(db, &all[i], &applied));
		WQ_TRY(not_newer(db, all, n, all[i].area));
		complete = complete && applied;
	}
	*ret_complete = complete;
	return WQ_OK;
}

static wq_err apply_missing(struct wq_db *db, const struct wq_db_migration *all, size_t n)
{
	bool complete;

	WQ_TRY(db->driver->exec(db, create_table, NULL, 0, false, NULL));
	/* again, under the writers' lock: another process may have been first */
	WQ_TRY(check_all(db, all, n, &complete));
	for (size_t i = 0; !complete && i < n; i++) {
		bool applied;

		WQ_TRY(is_applied(db, &all[i], &applied));
		if (!applied)
			WQ_TRY(apply(db, &all[i]));
	}
	return WQ_OK;
}

/* Versions of an area are 1, 2, … in the order of the table. */
static wq_err check_order(const struct wq_db_migration *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int expected = 1;

		for (size_t k = 0; k < i; k++)
			expected += strcmp(all[k].area, all[i].area) == 0;
		if (all[i].version != expected)
			return wq_error(WQ_E_BUG, "migration %s %d is out of order", all[i].area, all[i].version);
	}
	return WQ_OK;
}

wq_err wq_db_migrate(struct wq_db *db, const struct wq_db_migration *migrations, size_t n)
{
	bool complete = false;
	wq_err e;

	WQ_TRY(check_order(migrations, n));
	WQ_TRY(wq_db_begin_read(db));
	e = check_all(db, migrations, n, &complete);
	wq_db_abort(db);
	if (wq_is(e, WQ_E_DB_VERSION) || (!wq_failed(e) && complete))
		return e;
	/* another error: most likely the table is not there yet; if not, it comes again below */
	WQ_TRY(wq_db_begin(db));
	e = apply_missing(db, migrations, n);
	if (wq_failed(e)) {
		wq_db_abort(db);
		return e;
	}
	return wq_db_commit(db);
}
