/* What the commands of availability and of the region share. Private to cli/. */
#ifndef WQ_CLI_PROBE_PRIV_H
#define WQ_CLI_PROBE_PRIV_H

#include "cli/common.h"
#include "flow/watch/parcel.h"
#include "flow/watch/uptime.h"

/* The official indicators: rules/indicator. Everything lives in `arena`. Errors: WQ_E_CONFIG. */
wq_err wq_cli_indicators(struct wq_arena *arena, const struct wq_indicator_rules **ret_rules);

struct wq_cli_uptime {
	const struct wq_indicator_rules *rules;
	wq_time now;
	const struct wq_uptime *rows;
	size_t rows_n;
	size_t altered, torn; /* lines that were left out */
};
/* All that every vantage point below `state` saw lately, joined. Everything lives in `arena`. */
wq_err wq_cli_uptime_read(struct wq_cli *cli, struct wq_arena *arena, struct wq_cli_uptime *ret);
/* The row of an application's id, of an address or its host; NULL when nobody looked. */
const struct wq_uptime *wq_cli_uptime_of(const struct wq_cli_uptime *uptime, wq_str what);

/* Terminal and JSON of one row. */
void wq_cli_uptime_show(struct wq_cli *cli, FILE *to, const struct wq_cli_uptime *uptime, const struct wq_uptime *row);
void wq_cli_uptime_json(struct wq_json *json, const struct wq_cli_uptime *uptime, const struct wq_uptime *row);

/* The state directory as a C string; `--key FILE` with `--passphrase-file`, loaded. */
const char *wq_cli_state(struct wq_cli *cli);
wq_err wq_cli_key(const struct wq_cli_args *args, struct wq_sm2_key **ret_key);
/* --vantage, else this machine's name as far as it is one. */
wq_err wq_cli_vantage(struct wq_cli *cli, const struct wq_cli_args *args, wq_str *ret_name);
/* Writes the file of an export, signed; reads one that may be taken. */
wq_err wq_cli_parcel_write(struct wq_cli *cli, const struct wq_cli_args *args, const struct wq_parcel *parcel);
wq_err wq_cli_parcel_read(
	struct wq_cli *cli, const char *path, struct wq_buf *bytes, wq_str kind, struct wq_parcel *ret_parcel);

#endif
