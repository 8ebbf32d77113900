/* What several commands share: opening the state directory, asking for a passphrase, printing lists. Private to cli/. */
#ifndef WQ_CLI_COMMON_H
#define WQ_CLI_COMMON_H

#include "base/json.h"
#include "cli/cli.h"
#include "flow/workspace.h"

/* Opens the state directory of this run; what it returns lives in cli->arena. The language that it names counts from then on
 * unless --lang or $WEIQUE_LANG named one. */
wq_err wq_cli_open(struct wq_cli *cli, struct wq_workspace *ret_workspace);
/* Runs `fn` with the state directory open, and closes it. */
wq_err wq_cli_with(struct wq_cli *cli, const struct wq_cli_args *args,
	wq_err (*fn)(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *workspace));
/* The content of --passphrase-file without its line end; empty without that option. */
wq_err wq_cli_passphrase(const struct wq_cli_args *args, struct wq_secret *ret_passphrase);
/* Local time of the machine: "2026-11-22 11:08:39". */
const char *wq_cli_time(wq_time t, char out[32]);
/* Writes one JSON document and a newline to cli->out. Errors: the writer's. */
wq_err wq_cli_json(struct wq_cli *cli, const struct wq_json *json);
/* {"ok":true} with --json; nothing otherwise. */
wq_err wq_cli_json_ok(struct wq_cli *cli);
/* The value of the option `name`: "30s", "10min", "2h", from 1s to 30d. WQ_E_USAGE naming the option. */
wq_err wq_cli_duration(const char *name, wq_str text, uint64_t *ret_msec);
/* Who does it: the login name of the user, "user-<name>", as far as it is an id; "user-unknown" otherwise. */
wq_str wq_cli_actor(struct wq_cli *cli);

#endif
