#include "cli/commands.h"

static wq_err version(struct wq_cli *cli, const struct wq_cli_args *args)
{
	(void)args;
	if (cli->json)
		fprintf(cli->out, "{\"name\":\"weique\",\"version\":\"%s\"}\n", WQ_VERSION);
	else
		fprintf(cli->out, "weique %s\n", WQ_VERSION);
	return WQ_OK;
}

const struct wq_cli_command wq_cmd_version[] = {
	{"version", NULL, 0, 0, {"显示版本", "print the version"}, {0}, NULL, version},
	{0},
};
