/* What each cmd_<noun>.c brings to the table of commands: rows that end with NULL words. A noun may have several tables, one a file.
 * Private to cli/. */
#ifndef WQ_CLI_COMMANDS_H
#define WQ_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct wq_cli_command wq_cmd_completion[];
extern const struct wq_cli_command wq_cmd_doctor[];
extern const struct wq_cli_command wq_cmd_app[];
extern const struct wq_cli_command wq_cmd_approval[];
extern const struct wq_cli_command wq_cmd_capture[];
extern const struct wq_cli_command wq_cmd_config[];
extern const struct wq_cli_command wq_cmd_fake[];
extern const struct wq_cli_command wq_cmd_fake_case[];
extern const struct wq_cli_command wq_cmd_init[];
extern const struct wq_cli_command wq_cmd_inspect[];
extern const struct wq_cli_command wq_cmd_inspect_all[];
extern const struct wq_cli_command wq_cmd_inspect_region[];
extern const struct wq_cli_command wq_cmd_inspect_records[];
extern const struct wq_cli_command wq_cmd_inspect_tables[];
extern const struct wq_cli_command wq_cmd_inspect_tls[];
extern const struct wq_cli_command wq_cmd_inspect_dns[];
extern const struct wq_cli_command wq_cmd_person[];
extern const struct wq_cli_command wq_cmd_probe[];
extern const struct wq_cli_command wq_cmd_probe_share[];
extern const struct wq_cli_command wq_cmd_probe_status[];
extern const struct wq_cli_command wq_cmd_release[];
extern const struct wq_cli_command wq_cmd_ledger[];
extern const struct wq_cli_command wq_cmd_rules[];
extern const struct wq_cli_command wq_cmd_rules_sets[];
extern const struct wq_cli_command wq_cmd_rules_test[];
extern const struct wq_cli_command wq_cmd_rules_explain[];
extern const struct wq_cli_command wq_cmd_rules_replay[];
extern const struct wq_cli_command wq_cmd_unit[];
extern const struct wq_cli_command wq_cmd_vault[];
extern const struct wq_cli_command wq_cmd_version[];

#endif
