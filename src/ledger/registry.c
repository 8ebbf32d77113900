#include "ledger/registry_priv.h"

#include <jansson.h>

wq_err wq_registry_check_line(const char *what, wq_str s, size_t max)
{
	if (s.n > max || wq_str_chr(s, '\n') >= 0 || wq_str_chr(s, '\0') >= 0)
		return wq_error(WQ_E_INPUT, "%s is longer than %zu bytes or has a line break", what, max);
	return WQ_OK;
}

wq_err wq_registry_get_optional(const struct json_t *body, const char *key, size_t max, wq_str *ret_value)
{
	*ret_value = WQ_S_NONE;
	return json_object_get(body, key) ? wq_json_get_str(body, key, max, ret_value) : WQ_OK;
}

wq_err wq_registry_check_new(struct wq_ledger *ledger, const char *sql, struct wq_db_value value)
{
	struct wq_db_rows *rows = NULL;
	wq_err e = WQ_OK;

	WQ_TRY(wq_db_query(wq_ledger_db(ledger), sql, &value, 1, &rows));
	if (wq_db_next(rows))
		e = wq_error(WQ_E_EXISTS, "%.*s", WQ_S_ARG(wq_db_text(rows, 0)));
	WQ_TRY(wq_db_rows_close(&rows));
	return e;
}

wq_err wq_registry_end(struct wq_ledger *ledger, wq_err e)
{
	if (wq_failed(e)) {
		wq_ledger_abort(ledger);
		return e;
	}
	return wq_ledger_commit(ledger);
}
