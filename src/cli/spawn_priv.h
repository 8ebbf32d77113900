/* Runs another program and keeps what it says. Never through a shell: the arguments arrive as they are. */
#ifndef WQ_CLI_SPAWN_PRIV_H
#define WQ_CLI_SPAWN_PRIV_H

#include "base/buf.h"

/* Runs argv[0] (found in PATH, or in the usual system directories) with standard input from /dev/null; what it writes to
 * standard output and error goes to `out` as far as its maximum allows. `*ret_status` is the exit status, 128 + signal
 * when one ended it. Errors: WQ_E_NOT_FOUND, WQ_E_TIMEOUT (then it was killed), WQ_E_IO. */
wq_err wq_spawn(char *const argv[], unsigned timeout_msec, struct wq_buf *out, int *ret_status);

/* The path of a program into `out` (PATH_MAX bytes); false when there is none. */
bool wq_spawn_find(const char *name, char *out);

#endif
