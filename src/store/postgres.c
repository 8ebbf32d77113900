#include "store/db_priv.h"

#include "base/buf.h"
#include "base/cursor.h"

#include <libpq-fe.h>

/* Type numbers of pg_type.dat; they are part of the protocol and never change. */
enum {
	OID_NONE = 0,
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_VARCHAR = 1043
};

enum { SQL_MAX = 64 * 1024 };

/* The writers' lock, one a database: "weique" in ASCII. */
static const int64_t writers_lock = 0x776569717565;

struct db {
	struct wq_db base;
	PGconn *conn;
	struct wq_db_cache cache; /* handle: the statement's number */
	uintptr_t statements;
};

struct rows {
	struct wq_db_rows base;
	PGresult *result;
	int at;
};

/* Parameters in the form libpq wants; binary throughout. */
struct params {
	int n;
	Oid types[WQ_DB_PARAMETERS_MAX];
	const char *values[WQ_DB_PARAMETERS_MAX];
	int lengths[WQ_DB_PARAMETERS_MAX];
	int formats[WQ_DB_PARAMETERS_MAX];
	uint8_t ints[WQ_DB_PARAMETERS_MAX][8];
};

static struct db *of(struct wq_db *db)
{
	return (struct db *)db;
}

static void quiet(void *data, const PGresult *result)
{
	(void)data;
	(void)result;
}

static wq_err error_of(struct db *db, const PGresult *result)
{
	static const struct {
		const char *state; /* SQLSTATE or its class, PostgreSQL appendix A */
		enum wq_err_id id;
	} table[] = {{"23505", WQ_E_EXISTS}, {"40", WQ_E_DB_CONFLICT}, {"55P03", WQ_E_BUSY}, {"57014", WQ_E_BUSY},
		{"53100", WQ_E_NO_SPACE}, {"53200", WQ_E_NO_MEMORY}, {"54", WQ_E_LIMIT}, {"22021", WQ_E_INPUT}};
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

	if (PQstatus(db->conn) == CONNECTION_BAD)
		return wq_error(WQ_E_DB, "the connection to the database broke");
	for (size_t i = 0; state && i < WQ_COUNT(table); i++)
		if (strncmp(state, table[i].state, strlen(table[i].state)) == 0)
			return wq_error(table[i].id, "%s", message ? message : state);
	return wq_error(WQ_E_DB, "%s (%s)", message ? message : PQerrorMessage(db->conn), state ? state : "");
}

/* Takes the result. */
static wq_err check(struct db *db, PGresult *result, ExecStatusType expected)
{
	wq_err e = PQresultStatus(result) == expected ? WQ_OK : error_of(db, result);

	PQclear(result);
	return e;
}

static wq_err run(struct db *db, const char *sql)
{
	return check(db, PQexec(db->conn, sql), PGRES_COMMAND_OK);
}

/* ---- open and close ---- */

static wq_err check_fsync(struct db *db)
{
	PGresult *result = PQexec(db->conn, "SHOW fsync");
	bool on = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 &&
		strcmp(PQgetvalue(result, 0, 0), "on") == 0;

	PQclear(result);
	return on ? WQ_OK
		  : wq_error(WQ_E_CONFIG, "the PostgreSQL server runs with fsync off: a commit would not be durable");
}

static wq_err configure(struct db *db)
{
	char sql[256];

	PQsetNoticeReceiver(db->conn, quiet, NULL);
	snprintf(sql, sizeof(sql),
		"SET synchronous_commit = on; SET lock_timeout = %d; SET standard_conforming_strings = on; "
		"SET default_transaction_isolation = 'read committed'",
		WQ_DB_LOCK_WAIT_MSEC);
	WQ_TRY(run(db, sql));
	return check_fsync(db);
}

static void forget_statements(struct db *db)
{
	for (size_t i = 0; i < WQ_DB_CACHE; i++)
		free(db->cache.rows[i].key);
	memset(&db->cache, 0, sizeof(db->cache));
}

static void postgres_close(struct wq_db *base)
{
	struct db *db = of(base);

	forget_statements(db);
	PQfinish(db->conn);
	free(db);
}

static wq_err postgres_open(wq_str url, struct wq_db **ret_db)
{
	static const char *const names[] = {
		"connect_timeout", "tcp_user_timeout", "dbname", "client_encoding", "fallback_application_name", NULL};
	WQ_BUF(uri, SQL_MAX);
	const char *values[] = {"10", "30000", NULL, "UTF8", "weique", NULL};
	struct db *db;
	wq_err e;

	wq_buf_add(&uri, url);
	WQ_TRY(wq_buf_err(&uri));
	values[2] = wq_buf_cstr(&uri);
	db = calloc(1, sizeof(*db));
	if (!db)
		return wq_error_id(WQ_E_NO_MEMORY);
	db->base.driver = &wq_db_postgres;
	db->conn = PQconnectdbParams(names, values, 1);
	/* libpq's message names host and user, never the password */
	e = PQstatus(db->conn) == CONNECTION_OK
		? configure(db)
		: wq_error(WQ_E_DB, "%s", db->conn ? PQerrorMessage(db->conn) : "no memory");
	if (wq_failed(e)) {
		postgres_close(&db->base);
		return e;
	}
	*ret_db = &db->base;
	return WQ_OK;
}

/* A server that went away while nothing was outstanding is noticed here, not at the next statement. */
static bool is_alive(struct db *db)
{
	/* twice: the first may read the server's farewell, only the second sees that nothing follows */
	return PQconsumeInput(db->conn) == 1 && PQconsumeInput(db->conn) == 1 && PQstatus(db->conn) == CONNECTION_OK;
}

static wq_err postgres_ready(struct wq_db *base)
{
	struct db *db = of(base);

	if (is_alive(db))
		return WQ_OK;
	PQreset(db->conn);
	forget_statements(db);
	if (PQstatus(db->conn) != CONNECTION_OK)
		return wq_error(WQ_E_DB, "%s", PQerrorMessage(db->conn));
	return configure(db);
}

/* ---- statements ---- */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Our SQL says INTEGER and BLOB; PostgreSQL's INTEGER has 32 bits and it has no BLOB. Quoted parts stay as they are. */
static void translate(const char *sql, struct wq_buf *out)
{
	while (*sql) {
		size_t n = 1;
		wq_str word;

		if (*sql == '\'' || *sql == '"') {
			const char *end = strchr(sql + 1, *sql);
			n = end ? (size_t)(end - sql) + 1 : strlen(sql);
		} else if (is_word(*sql)) {
			while (is_word(sql[n]))
				n++;
		}
		word = wq_str_of(sql, n);
		if (wq_str_eq(word, WQ_S("INTEGER")))
			wq_buf_add(out, WQ_S("BIGINT"));
		else if (wq_str_eq(word, WQ_S("BLOB")))
			wq_buf_add(out, WQ_S("BYTEA"));
		else
			wq_buf_add(out, word);
		sql += n;
	}
}

static void fill(struct params *params, const struct wq_db_value *values, size_t n)
{
	params->n = (int)n;
	for (size_t i = 0; i < n; i++) {
		params->formats[i] = 1;
		params->values[i] = values[i].s.n ? values[i].s.p : "";
		params->lengths[i] = (int)values[i].s.n;
		switch (values[i].type) {
		case WQ_DB_NULL:
			params->types[i] = OID_NONE;
			params->values[i] = NULL;
			params->lengths[i] = 0;
			break;
		case WQ_DB_INT:
			params->types[i] = OID_INT8;
			for (int k = 0; k < 8; k++)
				params->ints[i][k] = (uint8_t)((uint64_t)values[i].i >> (56 - 8 * k));
			params->values[i] = (const char *)params->ints[i];
			params->lengths[i] = 8;
			break;
		case WQ_DB_TEXT: params->types[i] = OID_TEXT; break;
		case WQ_DB_BLOB: params->types[i] = OID_BYTEA; break;
		}
	}
}

static void statement_name(uintptr_t number, char out[32])
{
	snprintf(out, 32, "wq_%llu", (unsigned long long)number);
}

static void drop_statement(struct db *db, struct wq_db_cached *row)
{
	char sql[64], name[32];

	if (!row->key)
		return;
	statement_name((uintptr_t)row->handle, name);
	snprintf(sql, sizeof(sql), "DEALLOCATE %s", name);
	WQ_IGNORE(run(db, sql));
	free(row->key);
	memset(row, 0, sizeof(*row));
}

/* The key of a statement is its text and the types of its parameters: 'i', 't', 'b', 'n'. */
static wq_err prepare(struct db *db, const char *sql, const struct params *params, char ret_name[32])
{
	WQ_BUF(key, SQL_MAX + WQ_DB_PARAMETERS_MAX + 2);
	WQ_BUF(text, SQL_MAX);
	struct wq_db_cached *row;
	wq_err e;

	for (int i = 0; i < params->n; i++)
		wq_buf_byte(&key,
			params->types[i] == OID_INT8            ? 'i'
				: params->types[i] == OID_TEXT  ? 't'
				: params->types[i] == OID_BYTEA ? 'b'
								: 'n');
	wq_buf_byte(&key, ' ');
	wq_buf_add(&key, wq_str_c(sql));
	WQ_TRY(wq_buf_err(&key));
	row = wq_db_cache_find(&db->cache, wq_buf_cstr(&key));
	if (row) {
		statement_name((uintptr_t)row->handle, ret_name);
		return WQ_OK;
	}
	row = wq_db_cache_slot(&db->cache);
	drop_statement(db, row);
	translate(sql, &text);
	WQ_TRY(wq_buf_err(&text));
	statement_name(++db->statements, ret_name);
	e = check(db, PQprepare(db->conn, ret_name, wq_buf_cstr(&text), params->n, params->types), PGRES_COMMAND_OK);
	if (wq_failed(e))
		return e;
	row->key = strdup(wq_buf_cstr(&key));
	if (!row->key)
		return wq_error_id(WQ_E_NO_MEMORY);
	row->handle = (void *)db->statements;
	row->used = ++db->cache.clock;
	return WQ_OK;
}

static wq_err start(
	struct db *db, const char *sql, const struct wq_db_value *values, size_t n, bool cache, PGresult **ret_result)
{
	struct params params;
	PGresult *result;
	ExecStatusType status;

	fill(&params, values, n);
	if (cache) {
		char name[32];

		WQ_TRY(prepare(db, sql, &params, name));
		result = PQexecPrepared(db->conn, name, params.n, params.values, params.lengths, params.formats, 1);
	} else {
		WQ_BUF(text, SQL_MAX);

		translate(sql, &text);
		WQ_TRY(wq_buf_err(&text));
		result = PQexecParams(db->conn, wq_buf_cstr(&text), params.n, params.types, params.values,
			params.lengths, params.formats, 1);
	}
	status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		wq_err e = error_of(db, result);
		PQclear(result);
		return e;
	}
	*ret_result = result;
	return WQ_OK;
}

static wq_err postgres_exec(struct wq_db *base, const char *sql, const struct wq_db_value *values, size_t n, bool cache,
	int64_t *ret_changed)
{
	PGresult *result = NULL;
	uint64_t changed = 0;

	WQ_TRY(start(of(base), sql, values, n, cache, &result));
	if (ret_changed) {
		(void)wq_str_to_u64(wq_str_c(PQcmdTuples(result)), INT64_MAX, &changed);
		*ret_changed = (int64_t)changed;
	}
	PQclear(result);
	return WQ_OK;
}

static wq_err check_columns(const PGresult *result)
{
	for (int i = 0; i < PQnfields(result); i++)
		switch (PQftype(result, i)) {
		case OID_BOOL:
		case OID_BYTEA:
		case OID_INT2:
		case OID_INT4:
		case OID_INT8:
		case OID_TEXT:
		case OID_VARCHAR: break;
		default:
			return wq_error(
				WQ_E_DB, "column \"%s\" is no INTEGER, TEXT or BLOB: cast it", PQfname(result, i));
		}
	return WQ_OK;
}

static wq_err postgres_query(
	struct wq_db *base, const char *sql, const struct wq_db_value *values, size_t n, struct wq_db_rows **ret_rows)
{
	PGresult *result = NULL;
	struct rows *rows;
	wq_err e;

	WQ_TRY(start(of(base), sql, values, n, true, &result));
	e = check_columns(result);
	rows = wq_failed(e) ? NULL : calloc(1, sizeof(*rows));
	if (!rows) {
		PQclear(result);
		return wq_failed(e) ? e : wq_error_id(WQ_E_NO_MEMORY);
	}
	*rows = (struct rows){.base = {.db = base}, .result = result, .at = -1};
	*ret_rows = &rows->base;
	return WQ_OK;
}

static bool postgres_next(struct wq_db_rows *base)
{
	struct rows *rows = (struct rows *)base;

	if (rows->at + 1 >= PQntuples(rows->result))
		return false;
	rows->at++;
	return true;
}

static wq_str postgres_bytes(const struct wq_db_rows *base, int column)
{
	const struct rows *rows = (const struct rows *)base;

	return wq_str_of(
		PQgetvalue(rows->result, rows->at, column), (size_t)PQgetlength(rows->result, rows->at, column));
}

static int64_t postgres_int(const struct wq_db_rows *base, int column)
{
	struct wq_cursor c = wq_cursor_of(postgres_bytes(base, column));

	switch (PQftype(((const struct rows *)base)->result, column)) {
	case OID_BOOL: return wq_cursor_u8(&c);
	case OID_INT2: return (int16_t)wq_cursor_u16(&c);
	case OID_INT4: return (int32_t)wq_cursor_u32(&c);
	case OID_INT8: return (int64_t)wq_cursor_u64(&c);
	default: return 0;
	}
}

static bool postgres_null(const struct wq_db_rows *base, int column)
{
	const struct rows *rows = (const struct rows *)base;

	return PQgetisnull(rows->result, rows->at, column) != 0;
}

static void postgres_rows_close(struct wq_db_rows *base)
{
	PQclear(((struct rows *)base)->result);
	free(base);
}

/* ---- transactions ---- */

static void postgres_abort(struct wq_db *base)
{
	struct db *db = of(base);

	if (PQtransactionStatus(db->conn) != PQTRANS_IDLE && PQstatus(db->conn) == CONNECTION_OK)
		WQ_IGNORE(run(db, "ROLLBACK"));
}

static wq_err begin_with(struct wq_db *base, const char *sql)
{
	wq_err e = run(of(base), sql);

	if (wq_failed(e))
		postgres_abort(base);
	return e;
}

static wq_err postgres_begin(struct wq_db *base)
{
	struct db *db = of(base);
	char sql[80];
	wq_err e;

	WQ_TRY(begin_with(base, "BEGIN"));
	snprintf(sql, sizeof(sql), "SELECT pg_advisory_xact_lock(%lld)", (long long)writers_lock);
	e = check(db, PQexec(db->conn, sql), PGRES_TUPLES_OK);
	if (wq_failed(e))
		postgres_abort(base);
	return e;
}

static wq_err postgres_begin_read(struct wq_db *base)
{
	return begin_with(base, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

static wq_err postgres_commit(struct wq_db *base)
{
	struct db *db = of(base);
	PGresult *result;
	wq_err e = WQ_OK;

	if (!is_alive(db))
		return wq_error(WQ_E_DB, "the connection to the database broke before commit");
	result = PQexec(db->conn, "COMMIT");
	if (PQstatus(db->conn) == CONNECTION_BAD)
		e = wq_error(WQ_E_DB_OUTCOME_UNKNOWN, "the connection to the database broke during commit");
	else if (PQresultStatus(result) != PGRES_COMMAND_OK)
		e = error_of(db, result);
	else if (strcmp(PQcmdStatus(result), "COMMIT") != 0) /* a failed transaction answers ROLLBACK */
		e = wq_error(WQ_E_DB, "the transaction had failed before commit");
	PQclear(result);
	return e;
}

static wq_err postgres_scrub(struct wq_db *base, const char *table)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "VACUUM %s", table);
	return run(of(base), sql);
}

const struct wq_db_driver wq_db_postgres = {
	.kind = WQ_DB_POSTGRES,
	.prefix = "postgresql:",
	.open = postgres_open,
	.close = postgres_close,
	.ready = postgres_ready,
	.exec = postgres_exec,
	.query = postgres_query,
	.next = postgres_next,
	.get_int = postgres_int,
	.get_bytes = postgres_bytes,
	.get_null = postgres_null,
	.rows_close = postgres_rows_close,
	.begin = postgres_begin,
	.begin_read = postgres_begin_read,
	.commit = postgres_commit,
	.abort = postgres_abort,
	.scrub = postgres_scrub,
};
