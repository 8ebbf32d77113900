#include "ledger/ledger_priv.h"

#define COLUMNS "SELECT seq, time, type, actor, app, subject, digest, bytes FROM ledger_event "

/* Closes the rows; the first error wins. */
static wq_err close_with(wq_err e, struct wq_db_rows **rows)
{
	if (!wq_failed(e))
		return wq_db_rows_close(rows);
	WQ_IGNORE(wq_db_rows_close(rows));
	return e;
}

wq_err wq_ledger_rows(struct wq_ledger *ledger, wq_err (*visit)(void *data, const struct wq_db_rows *row), void *data)
{
	int64_t last = INT64_MIN; /* rows that no ledger would write are visited too */

	for (size_t n = WQ_LEDGER_PAGE; n == WQ_LEDGER_PAGE;) {
		struct wq_db_rows *rows = NULL;
		wq_err e = WQ_OK;

		n = 0;
		WQ_TRY(wq_db_query(ledger->db, COLUMNS "WHERE seq > $1 ORDER BY seq LIMIT $2",
			(struct wq_db_value[]){WQ_DB_I(last), WQ_DB_I(WQ_LEDGER_PAGE)}, 2, &rows));
		while (!wq_failed(e) && wq_db_next(rows)) {
			last = wq_db_int(rows, WQ_ROW_SEQ);
			n++;
			e = visit(data, rows);
		}
		WQ_TRY(close_with(e, &rows));
	}
	return WQ_OK;
}

/* ---- visiting ---- */

enum { SQL_MAX = 1024, VALUES = 9 };

struct query {
	struct wq_buf sql;
	struct wq_db_value values[VALUES];
	size_t n;
};

static void where(struct query *q, const char *condition, struct wq_db_value value)
{
	q->values[q->n++] = value;
	wq_buf_printf(&q->sql, "%s %s $%zu ", q->n == 1 ? "WHERE" : "AND", condition, q->n);
}

static void build(struct query *q, const struct wq_ledger_filter *f, int64_t first, int64_t last)
{
	wq_buf_add(&q->sql, WQ_S(COLUMNS));
	where(q, "seq >=", WQ_DB_I(first));
	where(q, "seq <=", WQ_DB_I(last));
	if (f->app.n > 0)
		where(q, "app =", WQ_DB_T(f->app));
	if (f->subject.n > 0)
		where(q, "subject =", WQ_DB_T(f->subject));
	if (f->since != 0)
		where(q, "time >=", WQ_DB_I(f->since));
	if (f->until != 0)
		where(q, "time <", WQ_DB_I(f->until));
	if (f->type_prefix.n > 0) {
		/* not LIKE: its case and escapes differ between databases; not a range: so does the order of text */
		q->values[q->n++] = WQ_DB_I(f->type_prefix.n);
		wq_buf_printf(&q->sql, "AND substr(type, 1, CAST($%zu AS int)) = $%zu ", q->n, q->n + 1);
		q->values[q->n++] = WQ_DB_T(f->type_prefix);
	}
	wq_buf_printf(&q->sql, "ORDER BY seq %s LIMIT %d", f->newest_first ? "DESC" : "ASC", WQ_LEDGER_PAGE);
}

static bool matches(const struct wq_ledger_filter *f, const struct wq_event *event)
{
	return wq_str_starts(event->type, f->type_prefix) && (f->app.n == 0 || wq_str_eq(event->app, f->app)) &&
		(f->subject.n == 0 || wq_str_eq(event->subject, f->subject)) &&
		(f->since == 0 || event->time >= f->since) && (f->until == 0 || event->time < f->until);
}

struct visitor {
	const struct wq_ledger_filter *filter;
	wq_err (*visit)(void *data, const struct wq_event *event);
	void *data;
	size_t left;
};

static wq_err visit_row(struct visitor *v, const struct wq_db_rows *row)
{
	int64_t seq = wq_db_int(row, WQ_ROW_SEQ);
	struct wq_event event;

	if (wq_failed(wq_event_decode(wq_db_blob(row, WQ_ROW_BYTES), &event)) || event.seq != (uint64_t)seq ||
		!matches(v->filter, &event))
		return wq_error(WQ_E_CHAIN, "event %lld was altered", (long long)seq);
	v->left--;
	return v->visit(v->data, &event);
}

static wq_err visit_page(struct wq_ledger *ledger, struct visitor *v, int64_t *first, int64_t *last, size_t *ret_rows)
{
	struct query q = {.sql = WQ_BUF_INIT(SQL_MAX)};
	struct wq_db_rows *rows = NULL;
	size_t n = 0;
	wq_err e;

	build(&q, v->filter, *first, *last);
	e = wq_buf_err(&q.sql);
	if (!wq_failed(e))
		e = wq_db_query(ledger->db, wq_buf_cstr(&q.sql), q.values, q.n, &rows);
	wq_buf_done(&q.sql);
	while (!wq_failed(e) && v->left > 0 && wq_db_next(rows)) {
		n++;
		*(v->filter->newest_first ? last : first) = wq_db_int(rows, WQ_ROW_SEQ) +
			(v->filter->newest_first ? -1 : 1);
		e = visit_row(v, rows);
	}
	*ret_rows = n;
	return close_with(e, &rows);
}

wq_err wq_ledger_visit(struct wq_ledger *ledger, const struct wq_ledger_filter *filter,
	wq_err (*visit)(void *data, const struct wq_event *event), void *data)
{
	struct visitor v = {
		.filter = filter, .visit = visit, .data = data, .left = filter->limit ? filter->limit : SIZE_MAX};
	int64_t first = (int64_t)WQ_MIN(filter->first, (uint64_t)INT64_MAX);
	int64_t last = filter->last ? (int64_t)WQ_MIN(filter->last, (uint64_t)INT64_MAX) : INT64_MAX;
	size_t n = WQ_LEDGER_PAGE;

	while (n == WQ_LEDGER_PAGE && v.left > 0 && first <= last)
		WQ_TRY(visit_page(ledger, &v, &first, &last, &n));
	return WQ_OK;
}
