/* The table of commands: one row of rows for each cmd_<noun>.c, in the order of the help. */
#include "cli/commands.h"

const struct wq_cli_command *const wq_cli_commands[] = {
	wq_cmd_init,
	wq_cmd_config,
	wq_cmd_unit,
	wq_cmd_person,
	wq_cmd_app,
	wq_cmd_approval,
	wq_cmd_capture,
	wq_cmd_release,
	wq_cmd_inspect,
	wq_cmd_inspect_records,
	wq_cmd_inspect_tls,
	wq_cmd_inspect_dns,
	wq_cmd_rules,
	wq_cmd_rules_sets,
	wq_cmd_rules_test,
	wq_cmd_rules_explain,
	wq_cmd_rules_replay,
	wq_cmd_vault,
	wq_cmd_ledger,
	wq_cmd_doctor,
	wq_cmd_completion,
	wq_cmd_version,
	NULL,
};
