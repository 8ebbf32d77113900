/* What the commands of availability share: rules, names, keys, signed files, the joined view. */
#include "cli/probe_priv.h"

#include "text/url.h"

enum { RULES_MAX = 4 * 1024 * 1024 };

wq_err wq_cli_indicators(struct wq_arena *arena, const struct wq_indicator_rules **ret_rules)
{
	const char *dir = getenv("WEIQUE_RULES"),
		   *path = wq_arena_printf(arena, "%s/indicator/indicator-2019.txt", dir && *dir ? dir : WQ_RULES_DIR)
				   .p;
	WQ_BUF(bytes, RULES_MAX);

	WQ_TRY(wq_arena_err(arena));
	if (wq_failed(wq_file_read(&wq_fs_system, path, &bytes)))
		return wq_error(WQ_E_CONFIG, "cannot read the rules in %s", path);
	return wq_indicator_rules_parse(arena, wq_str_c(path), wq_buf_str(&bytes), ret_rules);
}

wq_err wq_cli_uptime_read(struct wq_cli *cli, struct wq_arena *arena, struct wq_cli_uptime *ret)
{
	struct wq_cli_uptime up = {.now = wq_now(cli->clock)};
	struct wq_watch_log *logs;
	const wq_str *names;
	size_t n;

	WQ_TRY(wq_cli_indicators(arena, &up.rules));
	WQ_TRY(wq_watch_vantages(wq_cli_state(cli), arena, &names, &n));
	logs = WQ_NEW_ARRAY(arena, struct wq_watch_log, n);
	if (!logs)
		return wq_arena_err(arena);
	for (size_t i = 0; i < n; i++) {
		WQ_TRY(wq_watch_read(
			wq_cli_state(cli), names[i], wq_uptime_from(up.rules, up.now), up.now + 1, arena, &logs[i]));
		up.altered += logs[i].altered;
		up.torn += logs[i].torn;
	}
	WQ_TRY(wq_uptime_join(arena, up.rules, up.now, logs, n, &up.rows, &up.rows_n));
	*ret = up;
	return WQ_OK;
}

const struct wq_uptime *wq_cli_uptime_of(const struct wq_cli_uptime *uptime, wq_str what)
{
	char about[1024];

	for (size_t i = 0; i < uptime->rows_n; i++) {
		const struct wq_uptime *row = &uptime->rows[i];
		wq_str host = wq_str_from(row->url, (size_t)WQ_MAX(wq_str_find(row->url, WQ_S("://")), 0) + 3);

		snprintf(about, sizeof about, "%.*s/", WQ_S_ARG(what));
		if (wq_str_eq(row->name, what) || wq_str_eq(row->url, what) || wq_str_eq(row->url, wq_str_c(about)) ||
			wq_str_eq(wq_str_cut(&host, '/'), what))
			return row;
	}
	return NULL;
}

const char *wq_cli_state(struct wq_cli *cli)
{
	const char *state = wq_arena_cstr(&cli->arena, cli->state_dir);

	return state ? state : "";
}

wq_err wq_cli_key(const struct wq_cli_args *args, struct wq_sm2_key **ret_key)
{
	struct wq_secret passphrase = {0};
	wq_err e;

	if (!wq_cli_has(args, "key"))
		return wq_error(WQ_E_USAGE, "--key FILE is needed");
	WQ_TRY(wq_cli_passphrase(args, &passphrase));
	e = wq_sm2_load(wq_cli_value(args, "key").p, &passphrase, ret_key);
	wq_secret_done(&passphrase);
	return e;
}

wq_err wq_cli_vantage(struct wq_cli *cli, const struct wq_cli_args *args, wq_str *ret_name)
{
	wq_str given = wq_cli_value(args, "vantage");
	char host[WQ_WATCH_NAME] = "";

	if (wq_cli_has(args, "vantage") && !wq_watch_is_name(given))
		return wq_error(WQ_E_USAGE, "--vantage takes a name of a-z, 0-9, '-' and '.'");
	if (!given.n) {
		if (gethostname(host, sizeof host - 1) != 0)
			host[0] = 0;
		for (char *c = host; *c; c++)
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
		given = wq_watch_is_name(wq_str_c(host)) ? wq_str_c(host) : WQ_S("here");
	}
	*ret_name = wq_arena_str(&cli->arena, given);
	return wq_arena_err(&cli->arena);
}

wq_err wq_cli_parcel_write(struct wq_cli *cli, const struct wq_cli_args *args, const struct wq_parcel *parcel)
{
	struct wq_sm2_key *key = NULL;
	wq_sm2_public public;
	char hex[2 * WQ_SM2_PUBLIC_BYTES + 1];
	WQ_BUF(out, WQ_PARCEL_BYTES);
	wq_err e;

	if (!wq_cli_has(args, "out"))
		return wq_error(WQ_E_USAGE, "--out FILE is needed");
	WQ_TRY(wq_cli_key(args, &key));
	e = wq_parcel_seal(parcel, key, &out);
	public = wq_sm2_key_public(key);
	wq_sm2_key_free(&key);
	WQ_TRY(e);
	WQ_TRY(wq_file_replace(&wq_fs_system, wq_cli_value(args, "out").p, wq_buf_str(&out), 0640));
	wq_hex(public.point, sizeof public.point, hex);
	if (cli->json)
		fprintf(cli->out, "{\"from\":\"%.*s\",\"items\":%zu,\"key\":\"%s\"}\n", WQ_S_ARG(parcel->from),
			parcel->items_n, hex);
	wq_cli_print(cli, "已写出并签名，名称 %.*s；公钥：%s\n", "written and signed as %.*s; public key: %s\n",
		WQ_S_ARG(parcel->from), hex);
	return WQ_OK;
}

wq_err wq_cli_parcel_read(
	struct wq_cli *cli, const char *path, struct wq_buf *bytes, wq_str kind, struct wq_parcel *ret_parcel)
{
	struct wq_parcel parcel;

	WQ_TRY(wq_crypto_init());
	WQ_TRY(wq_file_read(&wq_fs_system, path, bytes));
	WQ_TRY(wq_parcel_open(&cli->arena, wq_buf_str(bytes), &parcel));
	WQ_TRY(wq_parcel_admit(&wq_fs_system, wq_cli_state(cli), &parcel, kind, wq_now(cli->clock)));
	*ret_parcel = parcel;
	return WQ_OK;
}
