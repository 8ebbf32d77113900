/* weique inspect region, export, import: many units, and installations without a network between them. */
#include "cli/commands.h"
#include "cli/inspect_priv.h"
#include "cli/probe_priv.h"
#include "flow/inspect/words.h"
#include "flow/watch/region.h"

/* ---- region ---- */

static void print(struct wq_cli *cli, const struct wq_region *region)
{
	bool zh = cli->lang == WQ_LANG_ZH;
	char when[32];

	wq_cli_print(cli, "检查网站 %zu：合格 %zu，待定 %zu，不合格 %zu\n",
		"%zu sites: %zu qualified, %zu open, %zu unqualified\n", region->sites_n,
		region->by_grade[WQ_REGION_QUALIFIED], region->by_grade[WQ_REGION_OPEN],
		region->by_grade[WQ_REGION_UNQUALIFIED]);
	for (size_t i = 0; i < region->sites_n && !cli->quiet; i++) {
		const struct wq_region_site *s = &region->sites[i];

		char score[48] = "-";

		if (s->judged)
			snprintf(score, sizeof score, "%lld.%lld–%lld.%lld", (long long)s->least / 1000,
				(long long)s->least % 1000 / 100, (long long)s->most / 1000,
				(long long)s->most % 1000 / 100);
		fprintf(cli->out, "%3zu  %s  %s  %zu/%zu/%zu/%zu  ", i + 1, wq_region_grade_title(s->grade, cli->lang),
			score, s->by_severity[WQ_SEVERITY_CRITICAL], s->by_severity[WQ_SEVERITY_HIGH],
			s->by_severity[WQ_SEVERITY_MEDIUM], s->by_severity[WQ_SEVERITY_LOW]);
		wq_cli_text(cli->out, s->site);
		fputs("  ", cli->out);
		wq_cli_text(cli->out, s->unit.n ? s->unit : s->app);
		if (s->peer.n)
			fprintf(cli->out, zh ? "（%.*s）" : " (%.*s)", WQ_S_ARG(s->peer));
		fprintf(cli->out, "  %s\n", wq_inspect_time(s->began, when));
	}
	if (region->unreadable)
		wq_cli_print(cli, "%zu 份记录无法读取\n", "%zu records could not be read\n", region->unreadable);
}

static wq_err write_file(const struct wq_cli_args *args, const char *option, struct wq_buf *bytes)
{
	WQ_TRY(wq_buf_err(bytes));
	return wq_file_replace(&wq_fs_system, wq_cli_value(args, option).p, wq_buf_str(bytes), 0644);
}

static wq_err cmd_region(struct wq_cli *cli, const struct wq_cli_args *args)
{
	WQ_BUF(html, WQ_REGION_HTML_BYTES);
	WQ_BUF(csv, WQ_REGION_HTML_BYTES);
	WQ_BUF(json, WQ_REGION_HTML_BYTES);
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_cli_uptime up;
	struct wq_region region;

	wq_arena_init(&arena, (size_t)4096 * WQ_MIB);
	WQ_TRY(wq_crypto_init());
	WQ_TRY(wq_cli_uptime_read(cli, &arena, &up));
	WQ_TRY(wq_region_read(wq_cli_state(cli), up.rules->limits.pass, up.rows, up.rows_n, up.now, &arena, &region));
	if (region.sites_n == 0)
		return wq_error(WQ_E_NOT_FOUND, "no inspection is on record");
	if (wq_cli_has(args, "html")) {
		WQ_TRY(wq_region_html(&region, cli->lang, &html));
		WQ_TRY(write_file(args, "html", &html));
	}
	if (wq_cli_has(args, "csv")) {
		WQ_TRY(wq_region_csv(&region, cli->lang, &csv));
		WQ_TRY(write_file(args, "csv", &csv));
	}
	if (cli->json) {
		WQ_TRY(wq_region_json(&region, &json));
		fprintf(cli->out, "%s\n", wq_buf_cstr(&json));
		return WQ_OK;
	}
	print(cli, &region);
	return WQ_OK;
}

/* ---- export, import ---- */

static wq_err read_record(
	struct wq_cli *cli, const char *state, const struct wq_record *record, wq_time since, wq_str *ret_bytes)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_inspect_result result;
	WQ_BUF(bytes, WQ_RECORD_BYTES_MAX);

	*ret_bytes = WQ_S_NONE;
	wq_arena_init(&arena, (size_t)1024 * WQ_MIB);
	WQ_TRY(wq_record_open(state, record->site, record->time, &arena, &result));
	if (result.began < since)
		return WQ_OK;
	WQ_TRY(wq_record_write(&result, &bytes));
	*ret_bytes = wq_arena_str(&cli->arena, wq_buf_str(&bytes));
	return wq_arena_err(&cli->arena);
}

static wq_err cmd_export(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct wq_parcel parcel = {
		.kind = WQ_S(WQ_PARCEL_INSPECTIONS), .from = wq_cli_value(args, "name"), .made = wq_now(cli->clock)};
	const struct wq_record *records;
	wq_time since = INT64_MIN;
	wq_str *items;
	size_t n;

	if (!wq_watch_is_name(parcel.from))
		return wq_error(WQ_E_USAGE, "--name takes a name of a-z, 0-9, '-' and '.'");
	if (wq_cli_has(args, "since") && wq_failed(wq_time_parse(wq_cli_value(args, "since"), &since)))
		return wq_error(WQ_E_USAGE, "--since takes a day or a time: 2026-11-22, 2026-11-22T08:00:00+08:00");
	WQ_TRY(wq_crypto_init());
	WQ_TRY(wq_record_list(wq_cli_state(cli), NULL, &cli->arena, &records, &n));
	items = WQ_NEW_ARRAY(&cli->arena, wq_str, n + 1);
	if (!items)
		return wq_arena_err(&cli->arena);
	for (size_t i = 0; i < n; i++) {
		/* the newest of each site, or all since then */
		if (!wq_cli_has(args, "since") && i + 1 < n && strcmp(records[i].site, records[i + 1].site) == 0)
			continue;
		WQ_TRY(read_record(cli, wq_cli_state(cli), &records[i], since, &items[parcel.items_n]));
		parcel.items_n += items[parcel.items_n].p != NULL;
	}
	if (parcel.items_n == 0)
		return wq_error(WQ_E_NOT_FOUND, "no inspection is on record");
	parcel.items = items;
	return wq_cli_parcel_write(cli, args, &parcel);
}

/* All of them hold as records, or none is taken. */
static wq_err cmd_import(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct wq_parcel parcel;
	const char *state;
	WQ_BUF(bytes, WQ_PARCEL_BYTES);

	WQ_TRY(wq_cli_parcel_read(cli, args->words[0].p, &bytes, WQ_S(WQ_PARCEL_INSPECTIONS), &parcel));
	state = wq_arena_cstr(
		&cli->arena, wq_arena_printf(&cli->arena, "%s/peers/%.*s", wq_cli_state(cli), WQ_S_ARG(parcel.from)));
	if (!state)
		return wq_arena_err(&cli->arena);
	for (int keep = 0; keep < 2; keep++)
		for (size_t i = 0; i < parcel.items_n; i++) {
			WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
			struct wq_inspect_result result;

			wq_arena_init(&arena, (size_t)1024 * WQ_MIB);
			WQ_TRY(wq_record_read(&arena, parcel.items[i], &result));
			if (result.began > parcel.made || result.site.n == 0)
				return wq_error(
					WQ_E_FORMAT, "an inspection that is later than its file, or of no site");
			if (keep)
				WQ_TRY(wq_record_keep(state, &result, &arena, NULL));
		}
	WQ_TRY(wq_parcel_taken(&wq_fs_system, wq_cli_state(cli), &parcel));
	if (cli->json)
		fprintf(cli->out, "{\"from\":\"%.*s\",\"inspections\":%zu}\n", WQ_S_ARG(parcel.from), parcel.items_n);
	wq_cli_print(
		cli, "来自 %.*s：%zu 次检查\n", "from %.*s: %zu inspections\n", WQ_S_ARG(parcel.from), parcel.items_n);
	return WQ_OK;
}

static const struct wq_cli_option region_options[] = {
	{"html", "FILE", {"写出可打印的通报", "write a report that prints, one HTML file"}, false},
	{"csv", "FILE", {"写出表格", "write a table"}, false},
	{0},
};

static const struct wq_cli_option export_options[] = {
	{"name", "NAME", {"本单位的名称，对方以此信任", "the name that the receiver trusts"}, false},
	{"since", "TIME", {"此后的全部检查；缺省为每个网站最近一次", "all since then; else the newest of each site"},
		false},
	{"out", "FILE", {"写出的文件", "the file that is written"}, false},
	{"key", "FILE", {"签名用的 SM2 私钥文件", "the SM2 key file that signs"}, false},
	{"passphrase-file", "FILE", {"私钥口令所在文件", "file with the passphrase of the key"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_inspect_region[] = {
	{"inspect region", "", 0, 0,
		{"汇总各单位网站的最近一次检查：排名、合格率、按条款统计",
			"the newest inspection of every site, one's own and of lower units: ranking, share that qualifies, totals by clause"},
		{0}, region_options, cmd_region, "weique inspect region --html region.html"},
	{"inspect export", "", 0, 0,
		{"写出检查结果（签名），交上级汇总", "write inspections into a signed file, for a superior"}, {0},
		export_options, cmd_export, "weique inspect export --name county --out county.parcel --key unit.key"},
	{"inspect import", "FILE", 1, 1, {"并入下级单位的检查结果", "join the signed inspections of a lower unit"},
		{"名称和公钥须先用 probe trust 信任；被改动、重放、来源不明的一律拒收。",
			"Its name and key are trusted first: probe trust. What was altered, was taken before or comes from others is refused."},
		NULL, cmd_import, "weique inspect import county.parcel"},
	{0},
};
