/* weique probe key, trust, export, import: vantage points without a network between them. */
#include "cli/commands.h"
#include "cli/probe_priv.h"

#include "text/url.h"

enum { LINES_MAX = 4000000, DEFAULT_DAYS = 8, KEY_TEXT = 64 * 1024 };

/* ---- keys ---- */

static wq_err make_or_load(const struct wq_cli_args *args, const char *path, struct wq_sm2_key **ret_key)
{
	struct wq_secret passphrase = {0};
	wq_err e;

	WQ_TRY(wq_cli_passphrase(args, &passphrase));
	if (access(path, F_OK) == 0) {
		e = wq_sm2_load(path, &passphrase, ret_key);
	} else {
		e = wq_sm2_generate(ret_key);
		if (!wq_failed(e))
			e = wq_sm2_save(*ret_key, path, &passphrase);
	}
	wq_secret_done(&passphrase);
	return e;
}

static wq_err cmd_key(struct wq_cli *cli, const struct wq_cli_args *args)
{
	char hex[2 * WQ_SM2_PUBLIC_BYTES + 1];
	struct wq_sm2_key *key = NULL;
	wq_sm2_public public;
	wq_err e;

	WQ_TRY(wq_crypto_init());
	e = make_or_load(args, args->words[0].p, &key);
	if (!wq_failed(e)) {
		public = wq_sm2_key_public(key);
		fprintf(cli->out, cli->json ? "{\"public_key\":\"%s\"}\n" : "%s\n",
			wq_hex(public.point, sizeof public.point, hex));
	}
	wq_sm2_key_free(&key);
	return e;
}

static wq_err cmd_trust(struct wq_cli *cli, const struct wq_cli_args *args)
{
	const char *state = wq_cli_state(cli);
	struct wq_watch_log log = {0};
	wq_sm2_public key, known;
	WQ_BUF(text, KEY_TEXT);

	if (!wq_cli_has(args, "key"))
		return wq_error(WQ_E_USAGE, "--key FILE is needed: the public key in hexadecimal");
	WQ_TRY(wq_crypto_init());
	WQ_TRY(wq_file_read(&wq_fs_system, wq_cli_value(args, "key").p, &text));
	if (!wq_str_unhex(wq_str_trim(wq_buf_str(&text)), key.point, sizeof key.point))
		return wq_error(WQ_E_INPUT, "a public key is %d hexadecimal digits", 2 * WQ_SM2_PUBLIC_BYTES);
	if (wq_failed(wq_peer_key(&wq_fs_system, state, args->words[0], &known)))
		WQ_TRY(wq_watch_read(state, args->words[0], 0, wq_now(cli->clock) + WQ_DAY, &cli->arena, &log));
	if (log.n)
		return wq_error(WQ_E_EXISTS, "%.*s is a vantage point of this machine", WQ_S_ARG(args->words[0]));
	WQ_TRY(wq_peer_trust(&wq_fs_system, state, args->words[0], &key));
	wq_cli_print(cli, "已信任 %.*s\n", "%.*s is trusted\n", WQ_S_ARG(args->words[0]));
	return wq_cli_json_ok(cli);
}

/* ---- export ---- */

static wq_err since_of(struct wq_cli *cli, const struct wq_cli_args *args, wq_time *ret_since)
{
	*ret_since = wq_now(cli->clock) - DEFAULT_DAYS * WQ_DAY;
	if (!wq_cli_has(args, "since"))
		return WQ_OK;
	if (wq_failed(wq_time_parse(wq_cli_value(args, "since"), ret_since)))
		return wq_error(WQ_E_USAGE, "--since takes a day or a time: 2026-11-22, 2026-11-22T08:00:00+08:00");
	return WQ_OK;
}

static wq_err cmd_export(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct wq_parcel parcel = {.kind = WQ_S(WQ_PARCEL_VISITS), .made = wq_now(cli->clock), .items_n = 1};
	WQ_BUF(lines, WQ_PARCEL_BYTES - 4096);
	struct wq_watch_log log;
	wq_time since;
	wq_str item;

	WQ_TRY(wq_crypto_init());
	WQ_TRY(wq_cli_vantage(cli, args, &parcel.from));
	WQ_TRY(since_of(cli, args, &since));
	WQ_TRY(wq_watch_read(wq_cli_state(cli), parcel.from, since, parcel.made + 1, &cli->arena, &log));
	if (log.n == 0)
		return wq_error(WQ_E_NOT_FOUND, "%.*s has no visits since then", WQ_S_ARG(parcel.from));
	for (size_t i = 0; i < log.n; i++)
		WQ_TRY(wq_watch_line_write(&log.visits[i], &lines));
	item = wq_buf_str(&lines);
	parcel.items = &item;
	WQ_TRY(wq_cli_parcel_write(cli, args, &parcel));
	wq_cli_print(cli, "%zu 次访问\n", "%zu visits\n", log.n);
	return WQ_OK;
}

/* ---- import ---- */

static wq_err take_line(struct wq_cli *cli, wq_str line, wq_time now, struct wq_watch_visit *ret)
{
	struct wq_url url;

	WQ_TRY(wq_watch_line_read(&cli->arena, line, ret));
	if (ret->at > now + 3600 * WQ_SECOND)
		return wq_error(WQ_E_FORMAT, "a visit that is to come");
	if (wq_failed(wq_url_parse(&cli->arena, ret->url, NULL, &url)) || !wq_url_is_http(&url))
		return wq_error(WQ_E_FORMAT, "a visit to no http or https address");
	return WQ_OK;
}

/* Every line or none. */
static wq_err visits_of(struct wq_cli *cli, const struct wq_parcel *parcel, struct wq_watch_visit **ret, size_t *ret_n)
{
	struct wq_watch_visit *visits;
	size_t room = 0, n = 0;

	for (size_t i = 0; i < parcel->items_n; i++)
		for (size_t k = 0; k < parcel->items[i].n; k++)
			room += parcel->items[i].p[k] == '\n';
	if (room > LINES_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d visits", LINES_MAX);
	visits = WQ_NEW_ARRAY(&cli->arena, struct wq_watch_visit, room + 1);
	if (!visits)
		return wq_arena_err(&cli->arena);
	for (size_t i = 0; i < parcel->items_n; i++)
		for (wq_str rest = parcel->items[i]; rest.n;) {
			wq_str line = wq_str_cut(&rest, '\n');

			if (!rest.p)
				return wq_error(WQ_E_FORMAT, "a line without an end");
			WQ_TRY(take_line(cli, line, wq_now(cli->clock), &visits[n++]));
		}
	*ret = visits;
	*ret_n = n;
	return WQ_OK;
}

static int by_time(const void *x, const void *y)
{
	const struct wq_watch_visit *a = x, *b = y;
	int order = (a->at > b->at) - (a->at < b->at);

	return order ? order : wq_str_cmp(a->url, b->url);
}

/* Those that are not on record yet; both are by time. */
static size_t only_new(struct wq_watch_visit *visits, size_t n, const struct wq_watch_log *log)
{
	size_t kept = 0, at = 0;

	for (size_t i = 0; i < n; i++) {
		while (at < log->n && by_time(&log->visits[at], &visits[i]) < 0)
			at++;
		if (at < log->n && by_time(&log->visits[at], &visits[i]) == 0)
			continue;
		visits[kept++] = visits[i];
	}
	return kept;
}

static wq_err cmd_import(struct wq_cli *cli, const struct wq_cli_args *args)
{
	const char *state = wq_cli_state(cli);
	struct wq_watch_visit *visits = NULL;
	struct wq_parcel parcel;
	struct wq_watch_log log = {0};
	size_t n = 0, all = 0;
	WQ_BUF(bytes, WQ_PARCEL_BYTES);

	WQ_TRY(wq_cli_parcel_read(cli, args->words[0].p, &bytes, WQ_S(WQ_PARCEL_VISITS), &parcel));
	WQ_TRY(visits_of(cli, &parcel, &visits, &all));
	n = all;
	if (n) {
		qsort(visits, n, sizeof *visits, by_time);
		WQ_TRY(wq_watch_read(state, parcel.from, visits[0].at, visits[n - 1].at + 1, &cli->arena, &log));
		n = only_new(visits, n, &log);
	}
	WQ_TRY(wq_watch_keep(&wq_fs_system, state, parcel.from, visits, n, NULL));
	WQ_TRY(wq_parcel_taken(&wq_fs_system, state, &parcel));
	if (cli->json)
		fprintf(cli->out, "{\"from\":\"%.*s\",\"visits\":%zu,\"new\":%zu}\n", WQ_S_ARG(parcel.from), all, n);
	wq_cli_print(cli, "来自 %.*s：%zu 次访问，新增 %zu\n", "from %.*s: %zu visits, %zu of them new\n",
		WQ_S_ARG(parcel.from), all, n);
	return WQ_OK;
}

static const struct wq_cli_option key_options[] = {
	{"passphrase-file", "FILE", {"私钥口令所在文件", "file with the passphrase of the key"}, false},
	{0},
};

static const struct wq_cli_option trust_options[] = {
	{"key", "FILE", {"对方公钥（十六进制）所在文件", "file with the other's public key, hexadecimal"}, false},
	{0},
};

static const struct wq_cli_option export_options[] = {
	{"since", "TIME", {"起始时间，缺省为 8 天前", "from when on; else 8 days ago"}, false},
	{"out", "FILE", {"写出的文件", "the file that is written"}, false},
	{"key", "FILE", {"签名用的 SM2 私钥文件", "the SM2 key file that signs"}, false},
	{"passphrase-file", "FILE", {"私钥口令所在文件", "file with the passphrase of the key"}, false},
	{"vantage", "NAME", {"探测点名称，缺省为本机名", "name of the vantage point; else the machine's"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_probe_share[] = {
	{"probe key", "FILE", 1, 1,
		{"显示私钥文件的公钥；没有时新建",
			"print the public key of a key file, which is made when it is not there"},
		{0}, key_options, cmd_key, "weique probe key probe.key > north.pub"},
	{"probe trust", "NAME", 1, 1,
		{"信任某探测点或下级单位的公钥", "trust the key of a vantage point or of a lower unit"},
		{"名称与其 --vantage（或 inspect export --name）相同。公钥须经可靠途径核对。",
			"NAME is its --vantage, or the --name of inspect export. Compare the key by a way that you trust."},
		trust_options, cmd_trust, "weique probe trust north --key north.pub"},
	{"probe export", "", 0, 0,
		{"写出本探测点的访问记录（签名）", "write what this vantage point saw into a signed file"}, {0},
		export_options, cmd_export,
		"weique probe export --since 2026-11-22 --out north.parcel --key probe.key"},
	{"probe import", "FILE", 1, 1, {"并入其他探测点的签名记录", "join the signed file of another vantage point"},
		{"名称和公钥须先用 probe trust 信任；被改动、重放、来源不明的一律拒收。",
			"Its name and key are trusted first: probe trust. What was altered, was taken before or comes from others is refused."},
		NULL, cmd_import, "weique probe import north.parcel"},
	{0},
};
