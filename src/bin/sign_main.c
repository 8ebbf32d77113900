/* weique-sign: the only holder of the sealing key. Its work is in seal/. */
#include <getopt.h>
#include <signal.h>
#include <sys/stat.h>

#include "seal/server.h"

static const char usage[] =
	"usage: weique-sign init   --dir DIR [--passphrase-file FILE]\n"
	"       weique-sign public --dir DIR [--passphrase-file FILE]\n"
	"       weique-sign rotate --dir DIR [--passphrase-file FILE]\n"
	"       weique-sign serve  --dir DIR --socket PATH [OPTION ...]\n"
	"\n"
	"  init, public, serve      make folder, key and trust list; print the public keys, the one that signs first, then\n"
	"                           those before it; answer until SIGTERM\n"
	"  rotate                   make a new sealing key, while nobody serves; prints the public keys\n"
	"  --dir DIR                its own folder, which nobody else can read\n"
	"  --socket PATH            where to listen\n"
	"  --passphrase-file FILE   the first line opens the key; without it the key file is not encrypted\n"
	"  --allow-uid USER         a user (name or number) whose processes may ask, besides root and our own; repeatable\n"
	"  --log FILE               events as JSON lines to a file instead of text to the standard error\n"
	"  --sandbox=off|on|required\n"
	"                           on (default): what the machine cannot give is an event; required: an error\n"
	"  --help\n"
	"\n"
	"Exit status: 0 done, 2 called wrongly, 3 configuration, 4 altered records, 5 input or output, 7 in use.\n";

struct options {
	const char *verb, *dir, *socket, *passphrase_file, *log;
	enum wq_seal_sandbox sandbox;
	uid_t allow[WQ_LINK_ALLOW_MAX];
	size_t allow_n;
	bool help;
};

static const struct option options_table[] = {
	{"dir", required_argument, NULL, 'd'},
	{"socket", required_argument, NULL, 'S'},
	{"passphrase-file", required_argument, NULL, 'p'},
	{"allow-uid", required_argument, NULL, 'u'},
	{"log", required_argument, NULL, 'L'},
	{"sandbox", required_argument, NULL, 'x'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static wq_err take_user(struct options *o, const char *text)
{
	if (o->allow_n == WQ_LINK_ALLOW_MAX)
		return wq_error(WQ_E_USAGE, "--allow-uid at most %d times", WQ_LINK_ALLOW_MAX);
	return wq_link_user(text, &o->allow[o->allow_n++]);
}

static wq_err take_option(struct options *o, int option)
{
	switch (option) {
	case 'd': o->dir = optarg; return WQ_OK;
	case 'S': o->socket = optarg; return WQ_OK;
	case 'p': o->passphrase_file = optarg; return WQ_OK;
	case 'u': return take_user(o, optarg);
	case 'L': o->log = optarg; return WQ_OK;
	case 'x': return wq_seal_sandbox_parse(optarg, &o->sandbox);
	case 'h': o->help = true; return WQ_OK;
	default: return wq_error(WQ_E_USAGE, "an unknown option, or one without its value");
	}
}

static wq_err read_options(int argc, char **argv, struct options *o)
{
	bool serve;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options_table, NULL)) != -1)
		WQ_TRY(take_option(o, option));
	if (o->help)
		return WQ_OK;
	o->verb = optind < argc ? argv[optind] : "";
	serve = strcmp(o->verb, "serve") == 0;
	if (!serve && strcmp(o->verb, "init") != 0 && strcmp(o->verb, "public") != 0 && strcmp(o->verb, "rotate") != 0)
		return wq_error(WQ_E_USAGE, "the first word is init, public, rotate or serve");
	if (optind + 1 < argc)
		return wq_error(WQ_E_USAGE, "unexpected argument %s", argv[optind + 1]);
	if (!o->dir || (serve && !o->socket))
		return wq_error(WQ_E_USAGE, "%s needs --dir%s", o->verb, serve ? " and --socket" : "");
	if (!serve && (o->socket || o->log || o->allow_n > 0))
		return wq_error(WQ_E_USAGE, "--socket, --log and --allow-uid belong to serve");
	return WQ_OK;
}

static void on_signal(void *loop, [[maybe_unused]] int signum)
{
	wq_loop_stop(loop);
}

static wq_err serve_with(const struct options *o, const struct wq_secret *passphrase, struct wq_loop *loop,
	struct wq_log *log, struct wq_seal_server *server)
{
	struct wq_seal_service *service = NULL;
	wq_err e;

	WQ_TRY(wq_seal_lock_in(o->sandbox, o->dir, log));
	WQ_TRY(wq_seal_service_open(&wq_fs_system, o->dir, passphrase, &wq_clock_system, &service));
	e = wq_seal_server_start(server, service);
	if (!wq_failed(e)) {
		wq_event(log, PROCESS_STARTED, wq_f_text("process", "weique-sign"));
		e = wq_loop_run(loop);
		wq_event(log, PROCESS_STOPPED, wq_f_text("process", "weique-sign"));
	}
	wq_seal_service_close(&service);
	return e;
}

static wq_err serve(const struct options *o, const struct wq_secret *passphrase, struct wq_log *log)
{
	struct wq_watch *watch[2];
	struct wq_seal_server *server = NULL;
	struct wq_loop *loop = NULL;
	wq_err e;

	WQ_TRY(wq_loop_new(&wq_clock_system, &loop));
	e = wq_loop_watch_signal(loop, SIGTERM, on_signal, loop, &watch[0]);
	if (!wq_failed(e))
		e = wq_loop_watch_signal(loop, SIGINT, on_signal, loop, &watch[1]);
	if (!wq_failed(e))
		e = wq_seal_server_new(loop, log, o->socket, o->allow, o->allow_n, &server);
	if (!wq_failed(e))
		e = serve_with(o, passphrase, loop, log, server);
	wq_seal_server_free(&server);
	wq_loop_free(&loop);
	return e;
}

static wq_err print_public(const struct options *o, const struct wq_secret *passphrase)
{
	char hex[2 * WQ_SM2_PUBLIC_BYTES + 1];
	struct wq_seal_keys keys;

	WQ_TRY(wq_seal_service_read_keys(&wq_fs_system, o->dir, passphrase, &keys));
	for (size_t i = 0; i < keys.n; i++)
		printf("%s%s\n", wq_hex(keys.keys[i].point, sizeof keys.keys[i].point, hex),
			i ? "  # signs no more" : "");
	return fflush(stdout) == 0 && !ferror(stdout) ? WQ_OK : wq_error_id(WQ_E_IO);
}

static wq_err rotate(const struct options *o, const struct wq_secret *passphrase)
{
	WQ_TRY(wq_seal_service_rotate(&wq_fs_system, o->dir, passphrase, &wq_clock_system));
	return print_public(o, passphrase);
}

static wq_err run(const struct options *o, struct wq_log *log)
{
	struct wq_secret passphrase = {0};
	wq_err e;

	WQ_TRY(wq_crypto_init());
	WQ_TRY(wq_secret_read(o->passphrase_file, &passphrase));
	if (strcmp(o->verb, "init") == 0)
		e = wq_seal_service_init(&wq_fs_system, o->dir, &passphrase);
	else if (strcmp(o->verb, "public") == 0)
		e = print_public(o, &passphrase);
	else if (strcmp(o->verb, "rotate") == 0)
		e = rotate(o, &passphrase);
	else
		e = serve(o, &passphrase, log);
	wq_secret_done(&passphrase);
	return e;
}

int main(int argc, char **argv)
{
	struct options o = {.sandbox = WQ_SEAL_SANDBOX_ON};
	struct wq_log *log = NULL;
	wq_err e = read_options(argc, argv, &o);

	umask(077);
	signal(SIGPIPE, SIG_IGN);
	if (!wq_failed(e) && o.help)
		return fputs(usage, stdout) >= 0 && fflush(stdout) == 0 ? 0 : 5;
	if (!wq_failed(e))
		e = wq_log_new(&wq_clock_system, WQ_LANG_EN, &log);
	if (!wq_failed(e))
		e = o.log ? wq_log_add_json_file(log, o.log, WQ_LEVEL_INFO)
			  : wq_log_add_text(log, STDERR_FILENO, WQ_LEVEL_INFO);
	if (!wq_failed(e))
		e = run(&o, log);
	if (wq_failed(e)) {
		if (o.log && log)
			wq_event(log, PROCESS_FAILED, wq_f_text("process", "weique-sign"), wq_f_err("error", e));
		fprintf(stderr, "weique-sign: %s: %s; %s\n", wq_err_message(e, WQ_LANG_EN), wq_err_note(e),
			wq_err_advice(e, WQ_LANG_EN));
	}
	wq_log_free(&log);
	return wq_err_exit(e);
}
