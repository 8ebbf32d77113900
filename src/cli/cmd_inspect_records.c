#include "cli/commands.h"
#include "cli/inspect_priv.h"

#include "flow/inspect/report.h"

enum { RECORD_MEMORY = 1024 * 1024 * 1024 };

/* Where records lie: --dir, else the state directory. */
static const char *dir_of(struct wq_cli *cli, const struct wq_cli_args *args)
{
	wq_str dir = wq_cli_value(args, "dir");

	return wq_arena_cstr(&cli->arena, dir.n ? dir : cli->state_dir);
}

/* "www.example.gov.cn:8080" as well as the name of its folder. */
static const char *site_of(struct wq_cli *cli, wq_str word)
{
	char site[WQ_RECORD_NAME];

	return wq_arena_cstr(&cli->arena, wq_str_c(wq_record_site(word, site)));
}

static const char *word_at(struct wq_cli *cli, const struct wq_cli_args *args, size_t i)
{
	return i < args->words_n ? wq_arena_cstr(&cli->arena, args->words[i]) : NULL;
}

/* ---- list ---- */

static wq_err cmd_list(struct wq_cli *cli, const struct wq_cli_args *args)
{
	const char *dir = dir_of(cli, args), *site = args->words_n ? site_of(cli, args->words[0]) : NULL;
	const struct wq_record *records;
	WQ_BUF(out, 16 * WQ_MIB);
	struct wq_json json;
	size_t n;

	WQ_TRY(wq_arena_err(&cli->arena));
	WQ_TRY(wq_record_list(dir, site, &cli->arena, &records, &n));
	wq_json_init(&json, &out);
	wq_json_array(&json);
	for (size_t i = 0; i < n; i++) {
		wq_json_object(&json);
		wq_json_put_str(&json, "site", wq_str_c(records[i].site));
		wq_json_put_str(&json, "time", wq_str_c(records[i].time));
		wq_json_object_end(&json);
		wq_cli_print(cli, "%s  %s\n", "%s  %s\n", records[i].time, records[i].site);
	}
	wq_json_array_end(&json);
	return cli->json ? wq_cli_json(cli, &json) : WQ_OK;
}

/* ---- show ---- */

static wq_err cmd_show(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct wq_cli_inspect files = {0};
	struct wq_inspect_result result;
	const char *dir = dir_of(cli, args), *site = site_of(cli, args->words[0]), *time = word_at(cli, args, 1);
	WQ_BUF(out, WQ_RECORD_BYTES_MAX);

	WQ_TRY(wq_arena_err(&cli->arena));
	WQ_TRY(wq_record_open(dir, site, time, &cli->arena, &result));
	files.html = wq_cli_has(args, "html") ? wq_arena_cstr(&cli->arena, wq_cli_value(args, "html")) : NULL;
	files.csv = wq_cli_has(args, "csv") ? wq_arena_cstr(&cli->arena, wq_cli_value(args, "csv")) : NULL;
	if (files.html)
		WQ_TRY(wq_cli_inspect_clauses(cli, &files.clauses));
	WQ_TRY(wq_cli_inspect_files(cli, &files, &result, NULL));
	if (cli->json) {
		WQ_TRY(wq_record_write(&result, &out));
		fprintf(cli->out, "%s\n", wq_buf_cstr(&out));
	} else if (!cli->quiet && !files.html && !files.csv) {
		wq_cli_inspect_summary(cli, cli->out, &result, NULL);
		wq_cli_inspect_findings(cli, cli->out, &result, NULL);
	}
	return WQ_OK;
}

/* ---- diff ---- */

static void put_group(struct wq_json *json, const char *change, const struct wq_inspect_group *g)
{
	wq_json_object(json);
	wq_json_put_str(json, "change", wq_str_c(change));
	wq_json_put_str(json, "rule", g->rule);
	wq_json_put_str(json, "severity", wq_str_c(wq_severity_name(g->severity)));
	wq_json_put_str(json, "subject", g->subject);
	wq_json_put_u64(json, "pages", g->pages);
	wq_json_put_hex(json, "group", g->id.bytes, sizeof g->id.bytes);
	wq_json_object_end(json);
}

static wq_err put_json(
	struct wq_cli *cli, const struct wq_inspect_result *after, const struct wq_inspect_changes *changes)
{
	WQ_BUF(out, WQ_RECORD_BYTES_MAX);
	struct wq_json json;

	wq_json_init(&json, &out);
	wq_json_object(&json);
	wq_json_put_time(&json, "since", changes->since);
	wq_json_put_bool(&json, "comparable", changes->comparable);
	wq_json_put_u64(&json, "still", changes->still_n);
	wq_json_key(&json, WQ_S("changes"));
	wq_json_array(&json);
	for (size_t i = 0; i < after->groups_n; i++)
		if (changes->is_new[i])
			put_group(&json, "new", &after->groups[i]);
	for (size_t i = 0; i < changes->gone_n; i++)
		put_group(&json, changes->comparable ? "gone" : "not-seen", changes->gone[i]);
	wq_json_array_end(&json);
	wq_json_object_end(&json);
	return wq_cli_json(cli, &json);
}

/* Two records; without names the last two. */
static wq_err cmd_diff(struct wq_cli *cli, const struct wq_cli_args *args)
{
	const char *dir = dir_of(cli, args), *site = site_of(cli, args->words[0]), *from = word_at(cli, args, 1),
		   *to = word_at(cli, args, 2);
	struct wq_inspect_result before, after;
	struct wq_inspect_changes changes;
	const struct wq_record *records;
	size_t n;

	WQ_TRY(wq_arena_err(&cli->arena));
	if (!from) {
		WQ_TRY(wq_record_list(dir, site, &cli->arena, &records, &n));
		if (n < 2)
			return wq_error(WQ_E_NOT_FOUND, "there are not two inspections of %s", site);
		from = records[n - 2].time;
	}
	WQ_TRY(wq_record_open(dir, site, from, &cli->arena, &before));
	WQ_TRY(wq_record_open(dir, site, to, &cli->arena, &after));
	WQ_TRY(wq_record_changes(&cli->arena, &before, &after, &changes));
	if (cli->json)
		return put_json(cli, &after, &changes);
	wq_cli_inspect_changes(cli, cli->out, &after, &changes);
	wq_cli_print(cli, "新增 %zu，%s %zu，仍在 %zu\n", "new %zu, %s %zu, still there %zu\n", changes.new_n,
		changes.comparable                ? cli->lang == WQ_LANG_ZH ? "消失" : "gone"
			: cli->lang == WQ_LANG_ZH ? "未再见到（检查范围小于上次）"
						  : "not seen (the look was narrower)",
		changes.gone_n, changes.still_n);
	return WQ_OK;
}

static const struct wq_cli_option dir_options[] = {
	{"dir", "DIR", {"检查结果的目录，缺省为状态目录", "folder of the records; else the state directory"}, false},
	{0},
};

static const struct wq_cli_option show_options[] = {
	{"dir", "DIR", {"检查结果的目录，缺省为状态目录", "folder of the records; else the state directory"}, false},
	{"html", "FILE", {"写出可打印的网页报告", "write a report that prints, one HTML file"}, false},
	{"csv", "FILE", {"写出表格", "write a table"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_inspect_records[] = {
	{"inspect list", "[SITE]", 0, 1, {"列出历次检查", "list inspections on record"}, {0}, dir_options, cmd_list,
		NULL},
	{"inspect show", "SITE [TIME]", 1, 2,
		{"查看一次检查的结果（缺省为最近一次）", "show one of them; without TIME the last"}, {0}, show_options,
		cmd_show, "weique inspect show www.example.gov.cn"},
	{"inspect diff", "SITE [TIME [TIME]]", 1, 3,
		{"比较两次检查：新增、消失", "what two of them differ in: new and gone; without TIME the last two"},
		{0}, dir_options, cmd_diff, "weique inspect diff www.example.gov.cn"},
	{0},
};
