/* What the files of the noun `release` (cmd_release*.c) share among themselves. Private to cli/. */
#ifndef WQ_CLI_RELEASE_PRIV_H
#define WQ_CLI_RELEASE_PRIV_H

#include "cli/common.h"

/* One release as an object: a value of a document that is being written. */
void wq_release_json(struct wq_json *json, const struct wq_release_row *release);

/* `weique release show` and `weique release diff`. */
wq_err wq_release_cmd_show(struct wq_cli *cli, const struct wq_cli_args *args);
wq_err wq_release_cmd_diff(struct wq_cli *cli, const struct wq_cli_args *args);
extern const struct wq_cli_option wq_release_diff_options[];

#endif
