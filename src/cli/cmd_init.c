#include "cli/commands.h"
#include "cli/common.h"

static wq_err init(struct wq_cli *cli, const struct wq_cli_args *args)
{
	char *dir = wq_arena_cstr(&cli->arena, cli->state_dir);

	if (!dir || !*dir)
		return wq_error(WQ_E_USAGE, "--state is no file name");
	WQ_TRY(wq_workspace_init(dir, wq_cli_value(args, "database"), cli->clock, cli->random));
	wq_cli_print(cli, "状态目录已就绪：%s\n设置在 %s/weique.conf\n",
		"the state directory is ready: %s\nits settings are in %s/weique.conf\n", dir, dir);
	return wq_cli_json_ok(cli);
}

static const struct wq_cli_option options[] = {
	{"database", "URL",
		{"账本所在的数据库，如 postgresql:///weique（默认为状态目录中的 SQLite）",
			"database of the ledger, e.g. postgresql:///weique (default: SQLite in the state directory)"},
		false},
	{0},
};

const struct wq_cli_command wq_cmd_init[] = {
	{"init", "[--database URL]", 0, 0,
		{"建立状态目录、配置文件和空账本", "make the state directory, its settings and an empty ledger"},
		{"已有的内容保持不变，可以重复运行。", "What exists stays as it is; it may be run again."}, options,
		init, "weique init --state /var/lib/weique"},
	{0},
};
