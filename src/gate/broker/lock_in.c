#include "base/sandbox.h"
#include "gate/broker/broker.h"

#include <libgen.h>
#include <sys/resource.h>

/* A descriptor for each pack: after a thousand small releases the customary 1024 are not enough. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* The folder in which `path` lies. */
static const char *folder_of(wq_str path, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%.*s", WQ_S_ARG(path));
	return dirname(out);
}

wq_err wq_broker_sandbox_parse(const char *text, enum wq_broker_sandbox *ret_sandbox)
{
	static const char *const words[] = {[WQ_BROKER_SANDBOX_OFF] = "off",
		[WQ_BROKER_SANDBOX_ON] = "on",
		[WQ_BROKER_SANDBOX_REQUIRED] = "required"};

	for (size_t i = 0; i < WQ_COUNT(words); i++)
		if (strcmp(text, words[i]) == 0) {
			*ret_sandbox = (enum wq_broker_sandbox)i;
			return WQ_OK;
		}
	return wq_error(WQ_E_USAGE, "--sandbox takes off, on or required");
}

wq_err wq_broker_lock_in(enum wq_broker_sandbox sandbox, const struct wq_broker_config *config, const char *ledger_url,
	struct wq_log *log)
{
	static const wq_str sqlite = WQ_S_INIT("sqlite:");
	static const char *const read_paths[] = {"/etc", "/dev/urandom", NULL};
	bool file_ledger = ledger_url && wq_str_starts(wq_str_c(ledger_url), sqlite);
	char socket_dir[PATH_MAX], ledger_dir[PATH_MAX];
	const char *write_paths[] = {config->served.vault_dir, config->served.state_dir,
		folder_of(wq_str_c(config->socket), socket_dir), NULL, NULL};
	struct wq_sandbox_spec spec = {.read_paths = read_paths,
		.write_paths = write_paths,
		.allow = WQ_SANDBOX_FILES | WQ_SANDBOX_UNIX | WQ_SANDBOX_THREADS,
		.required = sandbox == WQ_BROKER_SANDBOX_REQUIRED
			? WQ_SANDBOX_ALL & ~WQ_SANDBOX_BIT(WQ_SANDBOX_LANDLOCK_NET)
			: WQ_SANDBOX_BIT(WQ_SANDBOX_NO_NEW_PRIVS)};
	struct wq_sandbox_report report;
	struct wq_shelf shelf;
	wq_err e;

	if (file_ledger) {
		wq_str rest = wq_str_from(wq_str_c(ledger_url), sqlite.n);

		write_paths[3] = folder_of(wq_str_cut(&rest, '?'), ledger_dir);
	} else if (ledger_url) {
		spec.allow |= WQ_SANDBOX_NET;
	}
	allow_descriptors();
	/* what is to be allowed has to be there */
	WQ_TRY(wq_shelf_open(config->served.fs, config->served.vault_dir, true, &shelf));
	WQ_TRY(wq_dir_make(config->served.fs, config->served.state_dir, 0700));
	if (sandbox == WQ_BROKER_SANDBOX_OFF) {
		wq_event(log, SANDBOX_PART_OFF, wq_f_text("part", "all"), wq_f_text("why", "--sandbox=off"));
		return WQ_OK;
	}
	e = wq_sandbox_enter(&spec, &report);
	for (int i = 0; i < WQ_SANDBOX_PARTS; i++)
		if (!report.parts[i].on)
			wq_event(log, SANDBOX_PART_OFF,
				wq_f_text("part", wq_sandbox_part_name((enum wq_sandbox_part)i)),
				wq_f_text("why", report.parts[i].why));
	return e;
}
