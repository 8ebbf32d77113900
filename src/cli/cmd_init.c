#include "cli/commands.h"
#include "cli/common.h"

static wq_err init(struct wq_cli *cli, const struct wq_cli_args *args)
{
	char *dir = wq_arena_cstr(&cli->arena, cli->state_dir);

	(void)args;
	if (!dir)
		return wq_error(WQ_E_USAGE, "--state is no file name");
	WQ_TRY(wq_workspace_init(dir, cli->clock, cli->random));
	wq_cli_print(cli, "状态目录已就绪：%s\n", "the state directory is ready: %s\n", dir);
	if (cli->json)
		fprintf(cli->out, "{\"ok\":true}\n");
	return WQ_OK;
}

const struct wq_cli_command wq_cmd_init[] = {
	{"init", NULL, 0, 0, {"建立状态目录和空账本", "make the state directory and an empty ledger"}, {0}, NULL, init},
	{0},
};
