/* weique-vault: hands what is sealed to the gates. Its work is in gate/broker/. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>

#include "gate/broker/broker.h"

enum { RECHECK_SECONDS = 300, RECHECK_SECONDS_MAX = 86400, MEMORY_MIB = 4096, MEMORY_MIB_MAX = 1024 * 1024 };

static const char usage
	[] = "usage: weique-vault --vault DIR --state DIR --socket PATH --key-file FILE [OPTION ...]\n"
	     "\n"
	     "Hands sealed snapshots and packs to the gates, as sealed memory, after verifying them there.\n"
	     "\n"
	     "  --vault DIR         the shelf: packs/ and apps/ (made when absent)\n"
	     "  --state DIR         where the highest serials are remembered; only this process writes there\n"
	     "  --socket PATH       where gate workers connect\n"
	     "  --key-file FILE     accepted sealing keys, one a line as 130 hexadecimal digits; repeatable\n"
	     "  --ledger URL        where events are recorded: sqlite:/path or postgresql://...\n"
	     "  --allow-uid USER    a user (name or number) whose processes may connect, besides root and our own;\n"
	     "                      repeatable\n"
	     "  --log json:PATH     events as JSON lines to a file; or stderr (default), journal; repeatable\n"
	     "  --recheck SECONDS   compare the shelf with what is served at least this often (300)\n"
	     "  --memory MIB        most sealed memory at a time (4096); packs over it stay on the disk and are\n"
	     "                      checked block by block while they are read; 0: all of them\n"
	     "  --no-restore        report what was altered on the shelf, do not put the sealed bytes back\n"
	     "  --sandbox=off|on|required\n"
	     "                      on (default): what the machine cannot give is an event; required: an error\n"
	     "  --help\n";

struct options {
	struct wq_broker_config broker;
	const char *ledger;
	wq_sm2_public keys[WQ_BROKER_KEYS_MAX];
	size_t keys_n;
	uid_t allow[WQ_LINK_ALLOW_MAX];
	enum wq_broker_sandbox sandbox;
	bool logs;
};

static wq_err number(const char *option, const char *text, uint64_t least, uint64_t most, uint64_t *ret_value)
{
	uint64_t v;

	if (!wq_str_to_u64(wq_str_c(text), most, &v) || v < least)
		return wq_error(WQ_E_USAGE, "--%s takes %llu to %llu", option, (unsigned long long)least,
			(unsigned long long)most);
	*ret_value = v;
	return WQ_OK;
}

static wq_err add_log(struct wq_log *log, const char *where)
{
	if (strncmp(where, "json:", 5) == 0)
		return wq_log_add_json_file(log, where + 5, WQ_LEVEL_INFO);
	if (strcmp(where, "stderr") == 0)
		return wq_log_add_text(log, STDERR_FILENO, WQ_LEVEL_INFO);
	if (strcmp(where, "journal") == 0)
		return wq_log_add_journal(log, NULL, "weique-vault", WQ_LEVEL_INFO);
	return wq_error(WQ_E_USAGE, "--log takes json:PATH, stderr or journal");
}

static wq_err add_user(struct options *o, const char *text)
{
	if (o->broker.allow_n == WQ_LINK_ALLOW_MAX)
		return wq_error(WQ_E_USAGE, "--allow-uid at most %d times", WQ_LINK_ALLOW_MAX);
	return wq_link_user(text, &o->allow[o->broker.allow_n++]);
}

static const struct option options_table[] = {
	{"vault", required_argument, NULL, 'v'},
	{"state", required_argument, NULL, 's'},
	{"socket", required_argument, NULL, 'S'},
	{"key-file", required_argument, NULL, 'k'},
	{"ledger", required_argument, NULL, 'l'},
	{"allow-uid", required_argument, NULL, 'u'},
	{"log", required_argument, NULL, 'L'},
	{"recheck", required_argument, NULL, 'r'},
	{"memory", required_argument, NULL, 'm'},
	{"no-restore", no_argument, NULL, 'R'},
	{"sandbox", required_argument, NULL, 'x'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static wq_err take_option(struct options *o, struct wq_log *log, int option)
{
	uint64_t v;

	switch (option) {
	case 'v': o->broker.served.vault_dir = optarg; return WQ_OK;
	case 's': o->broker.served.state_dir = optarg; return WQ_OK;
	case 'S': o->broker.socket = optarg; return WQ_OK;
	case 'k': return wq_broker_keys_read(&wq_fs_system, optarg, o->keys, &o->keys_n);
	case 'l': o->ledger = optarg; return WQ_OK;
	case 'u': return add_user(o, optarg);
	case 'L': o->logs = true; return add_log(log, optarg);
	case 'r':
		WQ_TRY(number("recheck", optarg, 1, RECHECK_SECONDS_MAX, &v));
		o->broker.recheck_msec = v * 1000;
		return WQ_OK;
	case 'm':
		WQ_TRY(number("memory", optarg, 0, MEMORY_MIB_MAX, &v));
		o->broker.served.budget_bytes = v * WQ_MIB;
		return WQ_OK;
	case 'R': o->broker.served.no_restore = true; return WQ_OK;
	case 'x': return wq_broker_sandbox_parse(optarg, &o->sandbox);
	case 'h': fputs(usage, stdout); exit(0);
	default: return wq_error(WQ_E_USAGE, "see --help");
	}
}

static wq_err read_options(int argc, char **argv, struct wq_log *log, struct options *o)
{
	int option;

	while ((option = getopt_long(argc, argv, "", options_table, NULL)) != -1)
		WQ_TRY(take_option(o, log, option));
	if (optind < argc)
		return wq_error(WQ_E_USAGE, "unexpected argument %s", argv[optind]);
	if (!o->broker.served.vault_dir || !o->broker.served.state_dir || !o->broker.socket || o->keys_n == 0)
		return wq_error(WQ_E_USAGE, "--vault, --state, --socket and --key-file are needed; see --help");
	o->broker.served.keys = (struct wq_vault_keys){.keys = o->keys, .n = o->keys_n};
	o->broker.served.fs = &wq_fs_system;
	o->broker.allow = o->allow;
	return o->logs ? WQ_OK : add_log(log, "stderr");
}

static void on_signal(void *loop, int signum)
{
	(void)signum;
	wq_loop_stop(loop);
}

static wq_err serve(const struct options *o, struct wq_loop *loop, struct wq_report *report)
{
	struct wq_broker *broker;
	wq_err e;

	WQ_TRY(wq_broker_open(loop, &o->broker, report, &wq_clock_system, &broker));
	wq_event(wq_log_default(), PROCESS_STARTED, wq_f_text("process", "weique-vault"),
		wq_f_outside("socket", wq_str_c(o->broker.socket)));
	e = wq_loop_run(loop);
	wq_broker_close(&broker);
	return e;
}

static wq_err run(int argc, char **argv, struct wq_log *log)
{
	struct options o = {.sandbox = WQ_BROKER_SANDBOX_ON,
		.broker = {.recheck_msec = RECHECK_SECONDS * 1000, .served = {.budget_bytes = MEMORY_MIB * WQ_MIB}}};
	struct wq_watch *term = NULL, *interrupt = NULL;
	struct wq_report *report = NULL;
	struct wq_loop *loop = NULL;
	wq_err e;

	WQ_TRY(read_options(argc, argv, log, &o));
	WQ_TRY(wq_crypto_init());
	WQ_TRY(wq_broker_lock_in(o.sandbox, &o.broker, o.ledger, log));
	WQ_TRY(wq_loop_new(&wq_clock_system, &loop));
	/* before the ledger's thread starts, so that it inherits them blocked */
	e = wq_loop_watch_signal(loop, SIGTERM, on_signal, loop, &term);
	if (!wq_failed(e))
		e = wq_loop_watch_signal(loop, SIGINT, on_signal, loop, &interrupt);
	if (!wq_failed(e))
		e = wq_report_new(log, o.ledger, &wq_clock_system, &wq_random_system, &report);
	if (!wq_failed(e))
		e = serve(&o, loop, report);
	wq_report_free(&report);
	wq_watch_close(&term);
	wq_watch_close(&interrupt);
	wq_loop_free(&loop);
	return e;
}

int main(int argc, char **argv)
{
	struct wq_log *log;
	wq_err e = wq_log_new(&wq_clock_system, WQ_LANG_EN, &log);

	if (wq_failed(e))
		return wq_err_exit(e);
	signal(SIGPIPE, SIG_IGN);
	wq_log_set_default(log);
	e = run(argc, argv, log);
	if (wq_failed(e)) {
		wq_event(log, PROCESS_FAILED, wq_f_text("process", "weique-vault"), wq_f_err("error", e));
		fprintf(stderr, "weique-vault: %s: %s\n", wq_err_message(e, WQ_LANG_EN), wq_err_note(e));
	} else {
		wq_event(log, PROCESS_STOPPED, wq_f_text("process", "weique-vault"));
	}
	wq_log_set_default(NULL);
	wq_log_free(&log);
	return wq_err_exit(e);
}
