/* weique config show|check|manual: the settings of the state directory (flow/settings.h). */
#include "cli/commands.h"
#include "cli/common.h"

static wq_err state_dir(struct wq_cli *cli, const char **ret_dir)
{
	const char *dir = wq_arena_cstr(&cli->arena, cli->state_dir);
	const char *path;

	if (!dir || !*dir)
		return wq_error(WQ_E_USAGE, "--state is no file name");
	path = wq_arena_printf(&cli->arena, "%s/ledger", dir).p;
	if (!path || access(path, F_OK) != 0)
		return wq_error(WQ_E_CONFIG, "%s is no state directory; run: weique init --state %s", dir, dir);
	*ret_dir = dir;
	return WQ_OK;
}

struct show {
	struct wq_cli *cli;
	struct wq_json json;
};

static wq_err show_one(void *data, const struct wq_conf_row *row, wq_str value, const char *where)
{
	struct show *show = data;
	struct wq_cli *cli = show->cli;

	if (cli->json) {
		wq_json_key(&show->json, wq_str_c(row->name));
		wq_json_object(&show->json);
		wq_json_put_str(&show->json, "value", value);
		wq_json_put_str(&show->json, "from", wq_str_c(where));
		wq_json_object_end(&show->json);
	} else {
		fprintf(cli->out, "%-26s ", row->name);
		wq_cli_text(cli->out, value.n ? value : WQ_S("-"));
		fprintf(cli->out, "  (%s)\n", where);
	}
	return WQ_OK;
}

static wq_err show(struct wq_cli *cli, const struct wq_cli_args *args)
{
	WQ_BUF(out, WQ_MIB);
	struct show s = {.cli = cli};
	const char *dir;

	(void)args;
	WQ_TRY(state_dir(cli, &dir));
	wq_json_init(&s.json, &out);
	wq_json_object(&s.json);
	WQ_TRY(wq_settings_visit(dir, &cli->arena, show_one, &s));
	wq_json_object_end(&s.json);
	return cli->json ? wq_cli_json(cli, &s.json) : WQ_OK;
}

static wq_err check(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct wq_settings settings;
	const char *dir;

	(void)args;
	WQ_TRY(state_dir(cli, &dir));
	WQ_TRY(wq_settings_load(dir, &cli->arena, &settings));
	wq_cli_print(cli, "配置无误：%s/weique.conf\n", "the settings are fine: %s/weique.conf\n", dir);
	return wq_cli_json_ok(cli);
}

static wq_err manual(struct wq_cli *cli, const struct wq_cli_args *args)
{
	WQ_BUF(out, WQ_MIB);
	const struct wq_conf_row *rows;
	size_t n;

	if (wq_cli_has(args, "document")) {
		wq_settings_document(&out);
	} else {
		rows = wq_settings_rows(&n);
		wq_conf_manual(rows, n, cli->lang, &out);
	}
	WQ_TRY(wq_buf_err(&out));
	fputs(wq_buf_cstr(&out), cli->out);
	return WQ_OK;
}

static const struct wq_cli_option manual_options[] = {
	{"document", NULL, {"输出 docs/configuration.md 全文", "print all of docs/configuration.md"}, false}, {0}};

const struct wq_cli_command wq_cmd_config[] = {
	{"config show", NULL, 0, 0, {"显示生效的设置及其来源", "print the settings in force, and where from"}, {0},
		NULL, show, "weique config show --json"},
	{"config check", NULL, 0, 0, {"检查配置文件", "check the configuration file"},
		{"有误时指出文件和行，退出码为 3。",
			"What is wrong is named with file and line; the exit status is 3."},
		NULL, check, "weique config check --state /var/lib/weique"},
	{"config manual", NULL, 0, 0, {"输出设置说明（Markdown）", "print the manual of the settings (Markdown)"}, {0},
		manual_options, manual, "weique config manual --lang zh"},
	{0},
};
