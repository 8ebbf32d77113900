/* Least privilege of an inspection: from before the first byte of a peer, files below the state and the reports' folders, the
 * resolver's and the authorities' files to read, sockets of the network, threads (libcurl resolves in them). No program is started. */
#include "cli/inspect_priv.h"

#include <libgen.h>

#include "base/sandbox.h"

enum { PATHS_MAX = 16 };

/* The folder in which a report will lie; it is there, or the report cannot be written. */
static wq_err add_folder(struct wq_cli *cli, const char *file, const char **paths, size_t *n)
{
	char *copy;

	if (!file)
		return WQ_OK;
	copy = wq_arena_cstr(&cli->arena, wq_str_c(file));
	if (!copy)
		return wq_arena_err(&cli->arena);
	copy = dirname(copy);
	if (access(copy, W_OK) != 0)
		return wq_error(WQ_E_NOT_FOUND, "no folder to write to: %s", copy);
	paths[(*n)++] = copy;
	return WQ_OK;
}

static void say(struct wq_cli *cli, const struct wq_sandbox_report *report)
{
	for (int i = 0; i < WQ_SANDBOX_PARTS; i++)
		if (!report->parts[i].on && i != WQ_SANDBOX_USER && i != WQ_SANDBOX_LANDLOCK_NET && !cli->quiet)
			fprintf(cli->err, "%s: %s: %s\n",
				cli->lang == WQ_LANG_ZH ? "沙箱的一部分未启用"
							: "a part of the sandbox is not in force",
				wq_sandbox_part_name((enum wq_sandbox_part)i), report->parts[i].why);
}

static void add_existing(const char *const *all, const char **out, size_t *n)
{
	for (; *all && *n + 1 < PATHS_MAX; all++)
		if (access(*all, F_OK) == 0)
			out[(*n)++] = *all;
}

wq_err wq_cli_inspect_lock_in(struct wq_cli *cli, const char *const *read, const char *const *write)
{
	static const char *const always[] = {"/etc", "/run/systemd/resolve", "/usr/lib", "/usr/lib64", "/lib", "/lib64",
		"/usr/share/ca-certificates", "/usr/share/publicsuffix", "/dev/urandom", "/dev/null", "/proc/self",
		NULL};
	const char *read_paths[PATHS_MAX] = {NULL};
	const struct wq_sandbox_spec spec = {.read_paths = read_paths,
		.write_paths = write,
		.allow = WQ_SANDBOX_FILES | WQ_SANDBOX_NET | WQ_SANDBOX_THREADS};
	struct wq_sandbox_report report;
	size_t n = 0;

	add_existing(always, read_paths, &n);
	add_existing(read, read_paths, &n);
	WQ_TRY(wq_sandbox_enter(&spec, &report));
	say(cli, &report);
	return WQ_OK;
}

wq_err wq_cli_inspect_lock(struct wq_cli *cli, const struct wq_cli_inspect *inspect)
{
	/* without a state the walk's own file lies nameless among the temporary ones */
	const char *temp = getenv("TMPDIR"), *read[4] = {NULL},
		   *write[PATHS_MAX] = {inspect->state ? inspect->state
				   : temp && *temp     ? temp
						       : "/tmp"};
	const struct wq_inspect_names *names = &inspect->options.names;
	size_t n = 1, read_n = 0;

	if (inspect->options.walk.fetch.ca_file)
		read[read_n++] = inspect->options.walk.fetch.ca_file;
	if (names->geo_file)
		read[read_n++] = names->geo_file;
	if (names->anchor_file)
		read[read_n++] = names->anchor_file;
	WQ_TRY(add_folder(cli, inspect->html, write, &n));
	WQ_TRY(add_folder(cli, inspect->csv, write, &n));
	WQ_TRY(add_folder(cli, inspect->report, write, &n));
	return wq_cli_inspect_lock_in(cli, read, write);
}
