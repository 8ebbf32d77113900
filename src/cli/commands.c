/* The table of commands: one row of rows for each cmd_<noun>.c. */
#include "cli/commands.h"

const struct wq_cli_command *const wq_cli_commands[] = {
	wq_cmd_doctor,
	wq_cmd_completion,
	wq_cmd_version,
	NULL,
};
