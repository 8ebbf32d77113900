/* The same table of tests on both databases. */
#include "store/db.h"

#include "base/test.h"
#include "store/pg_test.h"

#include <sys/stat.h>
#include <sys/wait.h>

static struct wq_pg_test pg;
static char folder[] = "/tmp/wq-db-XXXXXX";

struct fixture {
	enum wq_db_kind kind;
	char url[160];
	struct wq_db *db;
};
static struct fixture sqlite = {.kind = WQ_DB_SQLITE}, postgres = {.kind = WQ_DB_POSTGRES};

static void remove_sqlite(void)
{
	static const char *const names[] = {"a.db", "a.db-wal", "a.db-shm"};
	char path[64];

	for (size_t i = 0; i < WQ_COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
}

static int setup(void **state)
{
	struct fixture *f = *state;

	if (f->kind == WQ_DB_SQLITE) {
		remove_sqlite();
		snprintf(f->url, sizeof(f->url), "sqlite:%s/a.db", folder);
	} else {
		snprintf(f->url, sizeof(f->url), "%s", pg.url);
		assert_ok(wq_pg_test_clear(&pg));
	}
	assert_ok(wq_db_open(wq_str_c(f->url), &f->db));
	assert_ok(
		wq_db_exec(f->db, "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT, data BLOB)", NULL, 0, NULL));
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	wq_db_close(&f->db);
	return 0;
}

static wq_err insert(struct wq_db *db, int64_t id, wq_str name)
{
	return WQ_DB_EXEC(db, "INSERT INTO thing (id, name) VALUES ($1, $2)", WQ_DB_I(id), WQ_DB_T(name));
}

static int64_t count(struct wq_db *db)
{
	struct wq_db_rows *rows = NULL;
	int64_t n = -1;

	assert_ok(wq_db_query(db, "SELECT count(*) FROM thing", NULL, 0, &rows));
	assert_true(wq_db_next(rows));
	n = wq_db_int(rows, 0);
	assert_false(wq_db_next(rows));
	assert_ok(wq_db_rows_close(&rows));
	assert_null(rows);
	return n;
}

static void test_round_trip(void **state)
{
	static const int64_t ints[] = {0, 1, -1, INT64_MAX, INT64_MIN};
	static const wq_str texts[] = {WQ_S_INIT(""), WQ_S_INIT("魏阙"), WQ_S_INIT("a'b\"c;--$1"),
		WQ_S_INIT("\U0001f3ef"), WQ_S_INIT("\\x41")};
	static const wq_str blobs[] = {
		WQ_S_INIT(""), WQ_S_INIT("\0\1\2"), WQ_S_INIT("\xff\xfe"), WQ_S_INIT("\\x00"), WQ_S_INIT("plain")};
	struct fixture *f = *state;

	for (size_t i = 0; i < WQ_COUNT(ints); i++) {
		struct wq_db_value values[] = {WQ_DB_I(ints[i]), WQ_DB_T(texts[i]), WQ_DB_B(blobs[i])};
		struct wq_db_rows *rows = NULL;
		int64_t changed = 0;

		assert_ok(wq_db_exec(f->db, "INSERT INTO thing (data, name, id) VALUES ($3, $2, $1)", values,
			WQ_COUNT(values), &changed));
		assert_int_equal(changed, 1);
		/* a parameter twice, and out of order */
		assert_ok(wq_db_query(f->db,
			"SELECT id, name, data, $2 FROM thing WHERE id = $1 AND name = $2 AND $1 = id", values, 2,
			&rows));
		assert_true(wq_db_next(rows));
		assert_int_equal(wq_db_int(rows, 0), ints[i]);
		assert_str(wq_db_text(rows, 1), texts[i]);
		assert_str(wq_db_blob(rows, 2), blobs[i]);
		assert_str(wq_db_text(rows, 3), texts[i]);
		assert_false(wq_db_null(rows, 2));
		assert_false(wq_db_next(rows));
		assert_ok(wq_db_rows_close(&rows));
	}
}

static void test_null_and_empty(void **state)
{
	struct fixture *f = *state;
	struct wq_db_rows *rows = NULL;

	assert_ok(WQ_DB_EXEC(f->db, "INSERT INTO thing (id, name, data) VALUES ($1, $2, $3)", WQ_DB_I(1), WQ_DB_N,
		WQ_DB_B(WQ_S_NONE)));
	assert_ok(wq_db_query(f->db, "SELECT name, data FROM thing", NULL, 0, &rows));
	assert_true(wq_db_next(rows));
	assert_true(wq_db_null(rows, 0));
	assert_int_equal(wq_db_text(rows, 0).n, 0);
	assert_false(wq_db_null(rows, 1));
	assert_ok(wq_db_rows_close(&rows));
}

static void test_dialect(void **state)
{
	struct fixture *f = *state;
	struct wq_db_rows *rows = NULL;

	assert_ok(insert(f->db, 1, WQ_S("old")));
	assert_ok(wq_db_begin(f->db));
	assert_ok(wq_db_query(f->db,
		"INSERT INTO thing (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING name",
		(struct wq_db_value[]){WQ_DB_I(1), WQ_DB_T(WQ_S("new"))}, 2, &rows));
	assert_true(wq_db_next(rows));
	assert_str(wq_db_text(rows, 0), WQ_S("new"));
	assert_false(wq_db_next(rows));
	assert_ok(wq_db_rows_close(&rows));
	assert_ok(wq_db_commit(f->db));
	assert_ok(
		wq_db_query(f->db, "SELECT CAST(sum(id) AS INTEGER), 'INTEGER' FROM thing WHERE (id, name) >= ($1, $2)",
			(struct wq_db_value[]){WQ_DB_I(1), WQ_DB_T(WQ_S("new"))}, 2, &rows));
	assert_true(wq_db_next(rows));
	assert_int_equal(wq_db_int(rows, 0), 1);
	assert_str(wq_db_text(rows, 1), WQ_S("INTEGER"));
	assert_ok(wq_db_rows_close(&rows));
}

static void test_nested_queries(void **state)
{
	struct fixture *f = *state;
	struct wq_db_rows *outer = NULL, *inner = NULL;
	static const char sql[] = "SELECT id FROM thing WHERE id >= $1 ORDER BY id";
	int pairs = 0;

	for (int i = 1; i <= 3; i++)
		assert_ok(insert(f->db, i, WQ_S("x")));
	assert_ok(wq_db_query(f->db, sql, (struct wq_db_value[]){WQ_DB_I(1)}, 1, &outer));
	while (wq_db_next(outer)) {
		/* the same statement while its rows are open */
		assert_ok(wq_db_query(f->db, sql, (struct wq_db_value[]){WQ_DB_I(wq_db_int(outer, 0))}, 1, &inner));
		while (wq_db_next(inner))
			pairs++;
		assert_ok(wq_db_rows_close(&inner));
	}
	assert_ok(wq_db_rows_close(&outer));
	assert_int_equal(pairs, 6);
}

static void test_more_statements_than_cached(void **state)
{
	struct fixture *f = *state;

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 150; i++) {
			struct wq_db_rows *rows = NULL;
			char sql[64];

			snprintf(sql, sizeof(sql), "SELECT $1 + %d", i);
			assert_ok(wq_db_query(f->db, sql, (struct wq_db_value[]){WQ_DB_I(i)}, 1, &rows));
			assert_true(wq_db_next(rows));
			assert_int_equal(wq_db_int(rows, 0), 2 * i);
			assert_ok(wq_db_rows_close(&rows));
		}
}

static void test_refusals(void **state)
{
	static const struct {
		wq_str text;
		enum wq_err_id id;
	} texts[] = {{WQ_S_INIT("\xff"), WQ_E_INPUT}, {WQ_S_INIT("a\0b"), WQ_E_INPUT},
		{WQ_S_INIT("\xc0\xaf"), WQ_E_INPUT}, {WQ_S_INIT("\xed\xa0\x80"), WQ_E_INPUT},
		{WQ_S_INIT("\xf4\x90\x80\x80"), WQ_E_INPUT}, {WQ_S_INIT("\xe4\xb8"), WQ_E_INPUT}};
	struct fixture *f = *state;
	struct wq_db_rows *rows = NULL;

	for (size_t i = 0; i < WQ_COUNT(texts); i++)
		assert_err(insert(f->db, 1, texts[i].text), texts[i].id);
	assert_ok(insert(f->db, 1, WQ_S("x")));
	assert_err(insert(f->db, 1, WQ_S("y")), WQ_E_EXISTS);
	assert_err(wq_db_exec(f->db, "INSERT INTO nothing VALUES (1)", NULL, 0, NULL), WQ_E_DB);
	assert_err(wq_db_query(f->db, "SELECT * FROM nothing", NULL, 0, &rows), WQ_E_DB);
	assert_null(rows);
	assert_err(wq_db_commit(f->db), WQ_E_BUG);
	assert_false(wq_db_in_transaction(f->db));
	assert_int_equal(count(f->db), 1);
}

static void test_transactions(void **state)
{
	struct fixture *f = *state;

	assert_ok(wq_db_begin(f->db));
	assert_true(wq_db_in_transaction(f->db));
	assert_err(wq_db_begin(f->db), WQ_E_BUG);
	assert_ok(insert(f->db, 1, WQ_S("x")));
	wq_db_abort(f->db);
	wq_db_abort(f->db);
	assert_int_equal(count(f->db), 0);

	assert_ok(wq_db_begin(f->db));
	assert_ok(insert(f->db, 2, WQ_S("x")));
	assert_ok(wq_db_commit(f->db));
	assert_int_equal(count(f->db), 1);

	/* an error in between, then abort, then as if nothing had been */
	assert_ok(wq_db_begin(f->db));
	assert_ok(insert(f->db, 3, WQ_S("x")));
	assert_err(insert(f->db, 3, WQ_S("x")), WQ_E_EXISTS);
	wq_db_abort(f->db);
	assert_int_equal(count(f->db), 1);
	assert_ok(insert(f->db, 3, WQ_S("x")));

	assert_ok(wq_db_begin_read(f->db));
	assert_err(insert(f->db, 4, WQ_S("x")), WQ_E_BUG);
	assert_int_equal(count(f->db), 2);
	wq_db_abort(f->db);
}

static void test_consistent_read(void **state)
{
	struct fixture *f = *state;
	struct wq_db *other = NULL;

	assert_ok(wq_db_open(wq_str_c(f->url), &other));
	assert_ok(wq_db_begin_read(f->db));
	assert_int_equal(count(f->db), 0);
	assert_ok(insert(other, 1, WQ_S("x")));
	assert_int_equal(count(f->db), 0);
	wq_db_abort(f->db);
	assert_int_equal(count(f->db), 1);
	wq_db_close(&other);
}

enum { WRITERS = 6, ROUNDS = 20 };

/* Reads the count and writes it as the next id: two writers that interleave would collide. */
static void write_next(const char *url)
{
	struct wq_db *db = NULL;

	if (wq_failed(wq_db_open(wq_str_c(url), &db)))
		_exit(2);
	for (int i = 0; i < ROUNDS; i++) {
		struct wq_db_rows *rows = NULL;
		int64_t n = -1;

		if (wq_failed(wq_db_begin(db)) ||
			wq_failed(wq_db_query(db, "SELECT count(*) FROM thing", NULL, 0, &rows)))
			_exit(3);
		if (wq_db_next(rows))
			n = wq_db_int(rows, 0);
		if (wq_failed(wq_db_rows_close(&rows)) || wq_failed(insert(db, n, WQ_S("x"))) ||
			wq_failed(wq_db_commit(db)))
			_exit(4);
	}
	wq_db_close(&db);
	_exit(0);
}

static void test_writers_exclude_each_other(void **state)
{
	struct fixture *f = *state;
	pid_t children[WRITERS];

	for (int i = 0; i < WRITERS; i++) {
		children[i] = fork();
		if (children[i] == 0)
			write_next(f->url);
		assert_true(children[i] > 0);
	}
	for (int i = 0; i < WRITERS; i++) {
		int status = -1;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count(f->db), WRITERS * ROUNDS);
}

static void test_migrations(void **state)
{
	static const struct wq_db_migration first[] = {
		{"a", 1, "CREATE TABLE m (id INTEGER PRIMARY KEY);\nCREATE INDEX m_id ON m (id);\n"},
		{"b", 1, "CREATE TABLE n (id INTEGER PRIMARY KEY, text TEXT NOT NULL DEFAULT ';')"}};
	static const struct wq_db_migration second[] = {
		{"a", 1, "CREATE TABLE m (id INTEGER PRIMARY KEY);\nCREATE INDEX m_id ON m (id);\n"},
		{"a", 2, "ALTER TABLE m ADD COLUMN more TEXT;\nINSERT INTO m (id, more) VALUES (1, 'x')"}};
	static const struct wq_db_migration changed[] = {{"a", 1, "CREATE TABLE m (id INTEGER)"}};
	static const struct wq_db_migration broken[] = {{"c", 1, "CREATE TABLE c (id INTEGER);\nCREATE NONSENSE"}};
	static const struct wq_db_migration gap[] = {{"d", 2, "CREATE TABLE d (id INTEGER)"}};
	struct fixture *f = *state;

	for (int again = 0; again < 2; again++)
		assert_ok(wq_db_migrate(f->db, first, WQ_COUNT(first)));
	for (int again = 0; again < 2; again++)
		assert_ok(wq_db_migrate(f->db, second, WQ_COUNT(second)));
	assert_ok(wq_db_exec(f->db, "UPDATE m SET more = 'y' WHERE id = 1", NULL, 0, NULL));
	assert_err(wq_db_migrate(f->db, first, WQ_COUNT(first)), WQ_E_DB_VERSION);
	assert_err(wq_db_migrate(f->db, changed, WQ_COUNT(changed)), WQ_E_DB_VERSION);
	assert_err(wq_db_migrate(f->db, gap, WQ_COUNT(gap)), WQ_E_BUG);
	/* all or nothing */
	assert_err(wq_db_migrate(f->db, broken, WQ_COUNT(broken)), WQ_E_DB);
	assert_err(wq_db_exec(f->db, "INSERT INTO c (id) VALUES (1)", NULL, 0, NULL), WQ_E_DB);
}

static void test_scrub(void **state)
{
	struct fixture *f = *state;
	char path[64], *bytes;
	FILE *file;
	size_t n;

	assert_ok(insert(f->db, 1, WQ_S("a-secret-to-be-erased")));
	assert_ok(WQ_DB_EXEC(f->db, "DELETE FROM thing WHERE id = $1", WQ_DB_I(1)));
	assert_ok(wq_db_scrub(f->db, "thing"));
	assert_err(wq_db_scrub(f->db, "thing; DROP TABLE thing"), WQ_E_BUG);
	if (f->kind != WQ_DB_SQLITE)
		return;
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/a.db%s", folder, i ? "-wal" : "");
		file = fopen(path, "rb");
		bytes = calloc(1, 1 << 20);
		assert_non_null(file);
		assert_non_null(bytes);
		n = fread(bytes, 1, 1 << 20, file);
		assert_null(memmem(bytes, n, "a-secret-to-be-erased", 21));
		free(bytes);
		fclose(file);
	}
}

/* ---- one database only ---- */

static void test_sqlite_file(void **state)
{
	static const char *const bad[] = {
		"sqlite:", "sqlite:relative.db", "mysql:/x", "", "sqlite:/nonexistent/x.db", "sqlite:/tmp"};
	struct fixture *f = *state;
	struct wq_db_rows *rows = NULL;
	struct wq_db *db = NULL;
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "%s/a.db", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777 & ~0640, 0);
	assert_ok(wq_db_query(f->db, "PRAGMA synchronous", NULL, 0, &rows));
	assert_true(wq_db_next(rows));
	assert_int_equal(wq_db_int(rows, 0), 2);
	assert_ok(wq_db_rows_close(&rows));
	assert_ok(wq_db_query(f->db, "PRAGMA journal_mode", NULL, 0, &rows));
	assert_true(wq_db_next(rows));
	assert_str(wq_db_text(rows, 0), WQ_S("wal"));
	assert_ok(wq_db_rows_close(&rows));
	for (size_t i = 0; i < WQ_COUNT(bad); i++) {
		assert_true(wq_failed(wq_db_open(wq_str_c(bad[i]), &db)));
		assert_null(db);
	}
}

static void test_postgres_connection_lost(void **state)
{
	struct fixture *f = *state;

	/* idle: the next begin connects again */
	assert_ok(insert(f->db, 1, WQ_S("x")));
	assert_int_equal(wq_pg_test_terminate(&pg), 1);
	assert_ok(insert(f->db, 2, WQ_S("x")));
	/* inside a transaction: an error, and nothing of it is there */
	assert_ok(wq_db_begin(f->db));
	assert_ok(insert(f->db, 3, WQ_S("x")));
	assert_int_equal(wq_pg_test_terminate(&pg), 1);
	assert_err(insert(f->db, 4, WQ_S("x")), WQ_E_DB);
	wq_db_abort(f->db);
	assert_int_equal(count(f->db), 2);
	/* between the last statement and commit: known to be lost */
	assert_ok(wq_db_begin(f->db));
	assert_ok(insert(f->db, 3, WQ_S("x")));
	assert_int_equal(wq_pg_test_terminate(&pg), 1);
	assert_err(wq_db_commit(f->db), WQ_E_DB);
	assert_false(wq_db_in_transaction(f->db));
	assert_int_equal(count(f->db), 2);
}

static void test_postgres_outcome_unknown(void **state)
{
	static const struct {
		enum wq_pg_cut cut;
		int64_t rows;
	} table[] = {{WQ_PG_CUT_BEFORE, 0}, {WQ_PG_CUT_AFTER, 1}};
	struct fixture *f = *state;
	struct wq_pg_proxy proxy;
	struct wq_db *db = NULL;

	assert_ok(wq_pg_proxy_start(&pg, &proxy));
	assert_ok(wq_db_open(wq_str_c(proxy.url), &db));
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		int64_t before = count(f->db);

		*proxy.mode = table[i].cut;
		assert_ok(wq_db_begin(db));
		assert_ok(insert(db, (int64_t)i, WQ_S("x")));
		assert_err(wq_db_commit(db), WQ_E_DB_OUTCOME_UNKNOWN);
		assert_false(wq_db_in_transaction(db));
		/* who looks finds out, over the same handle */
		assert_int_equal(count(db) - before, table[i].rows);
	}
	wq_db_close(&db);
	wq_pg_proxy_stop(&proxy);
}

static int start_all(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_ok(wq_pg_test_start(&pg));
	return 0;
}

static int stop_all(void **state)
{
	(void)state;
	wq_pg_test_stop(&pg);
	remove_sqlite();
	return rmdir(folder);
}

#define ON(kind, test) \
	{ \
#kind ": " #test, test, setup, teardown, &kind \
	}
#define BOTH(test) ON(sqlite, test), ON(postgres, test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_round_trip),
		BOTH(test_null_and_empty),
		BOTH(test_dialect),
		BOTH(test_nested_queries),
		BOTH(test_more_statements_than_cached),
		BOTH(test_refusals),
		BOTH(test_transactions),
		BOTH(test_consistent_read),
		BOTH(test_writers_exclude_each_other),
		BOTH(test_migrations),
		BOTH(test_scrub),
		ON(sqlite, test_sqlite_file),
		ON(postgres, test_postgres_connection_lost),
		ON(postgres, test_postgres_outcome_unknown),
	};

	return cmocka_run_group_tests(tests, start_all, stop_all);
}
