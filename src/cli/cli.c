#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>

#include "base/json.h"
#include "base/progress.h"
#include "base/utf8.h"

enum { COMMAND_MEMORY = 1 << 30 };

const struct wq_cli_option wq_cli_global_options[] = {
	{"state", "DIR",
		{"状态目录（默认 $WEIQUE_STATE 或 /var/lib/weique）",
			"state directory (default $WEIQUE_STATE or /var/lib/weique)"},
		false},
	{"json", NULL, {"以 JSON 输出", "print JSON"}, false},
	{"lang", "zh|en",
		{"语言（默认按 $WEIQUE_LANG、$LC_ALL、$LANG）", "language (default by $WEIQUE_LANG, $LC_ALL, $LANG)"},
		false},
	{"quiet", NULL, {"不显示进度和提示", "no progress, no hints"}, false},
	{"help", NULL, {"显示帮助", "show this help"}, false},
	{0},
};

const char *wq_cli_say(const struct wq_cli *cli, const struct wq_say *say)
{
	const char *text = cli->lang == WQ_LANG_ZH ? say->zh : say->en;
	return text ? text : "";
}

void wq_cli_print(struct wq_cli *cli, const char *zh, const char *en, ...)
{
	va_list args;

	if (cli->json || cli->quiet)
		return;
	va_start(args, en);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	vfprintf(cli->out, cli->lang == WQ_LANG_ZH ? zh : en, args);
#pragma GCC diagnostic pop
	va_end(args);
}

void wq_cli_text(FILE *to, wq_str text)
{
	while (text.n > 0) {
		uint32_t code;
		size_t n = wq_utf8_step(text, &code);
		bool unsafe = code == WQ_UTF8_BAD || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x200e ||
			code == 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);

		if (unsafe)
			fputc('?', to);
		else
			fwrite(text.p, 1, n, to);
		text = wq_str_from(text, n);
	}
}

/* ---- how it runs ---- */

static void choose_language(struct wq_cli *cli, wq_str given)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	wq_str value = given.n ? given : wq_str_c(getenv("WEIQUE_LANG"));

	cli->lang_given = value.n > 0;
	for (size_t i = 0; i < WQ_COUNT(names) && value.n == 0; i++)
		value = wq_str_c(getenv(names[i]));
	cli->lang = wq_str_starts(value, WQ_S("zh")) ? WQ_LANG_ZH : WQ_LANG_EN;
}

/* How to speak is settled before anything is understood: a usage error has to come in the form that was asked for. */
static void settle_form(struct wq_cli *cli, int argc, char **argv)
{
	wq_str lang = WQ_S_NONE;

	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		wq_str arg = wq_str_c(argv[i]);

		cli->json |= wq_str_eq(arg, WQ_S("--json"));
		cli->quiet |= wq_str_eq(arg, WQ_S("--quiet"));
		if (wq_str_eq(arg, WQ_S("--lang")) && i + 1 < argc)
			lang = wq_str_c(argv[i + 1]);
		else if (wq_str_starts(arg, WQ_S("--lang=")))
			lang = wq_str_from(arg, strlen("--lang="));
	}
	choose_language(cli, lang);
	cli->colour = !cli->json && wq_colour_wanted(fileno(cli->out));
}

static wq_err settle(struct wq_cli *cli, const struct wq_cli_args *args)
{
	const char *state = getenv("WEIQUE_STATE");
	wq_str lang = wq_cli_value(args, "lang");

	cli->json = wq_cli_has(args, "json");
	cli->quiet = wq_cli_has(args, "quiet");
	if (lang.n > 0 && !wq_str_eq(lang, WQ_S("zh")) && !wq_str_eq(lang, WQ_S("en")))
		return wq_error(WQ_E_USAGE, "--lang takes zh or en");
	cli->state_dir = wq_cli_value(args, "state");
	if (cli->state_dir.n == 0)
		cli->state_dir = wq_str_c(state && *state ? state : "/var/lib/weique");
	return WQ_OK;
}

/* weique help [NOUN [VERB]]; `weique help --markdown` prints docs/cli.md. */
static wq_err help(struct wq_cli *cli, int argc, char **argv)
{
	wq_str words = WQ_S_NONE;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--markdown") == 0) {
			wq_cli_help_document(cli->out);
			return WQ_OK;
		}
		if (strcmp(argv[i], "--lang") == 0)
			i++; /* its value */
		else if (argv[i][0] != '-')
			words = words.n ? wq_arena_printf(&cli->arena, "%.*s %s", WQ_S_ARG(words), argv[i])
					: wq_str_c(argv[i]);
	}
	if (words.n == 0)
		wq_cli_help_all(cli, cli->out);
	else if (wq_cli_command_named(words))
		wq_cli_help_command(cli, cli->out, wq_cli_command_named(words));
	else if (wq_cli_is_noun(words))
		wq_cli_help_noun(cli, cli->out, words);
	else
		return wq_cli_no_command(words);
	return WQ_OK;
}

static wq_err dispatch(struct wq_cli *cli, int argc, char **argv)
{
	struct wq_cli_args args = {0};

	if (argc > 0 && strcmp(argv[0], "help") == 0)
		return help(cli, argc - 1, argv + 1);
	if (argc > 0 && strcmp(argv[0], "--version") == 0) {
		fprintf(cli->out, "weique %s\n", WQ_VERSION);
		return WQ_OK;
	}
	WQ_TRY(wq_cli_parse(cli, argc, argv, &args));
	WQ_TRY(settle(cli, &args));
	if (args.command && !wq_cli_has(&args, "help"))
		return args.command->run(cli, &args);
	if (args.command)
		wq_cli_help_command(cli, cli->out, args.command);
	else if (args.words_n > 0)
		wq_cli_help_noun(cli, cli->out, args.words[0]);
	else if (wq_cli_has(&args, "help"))
		wq_cli_help_all(cli, cli->out);
	else if (!cli->json)
		wq_cli_help_all(cli, cli->err);
	return args.command || args.words_n > 0 || wq_cli_has(&args, "help") ? WQ_OK
									     : wq_error(WQ_E_USAGE, "which command?");
}

static void complain_json(struct wq_cli *cli, wq_err e)
{
	WQ_BUF(out, 64 * WQ_KIB);
	struct wq_json json;

	wq_json_init(&json, &out);
	wq_json_err(&json, e);
	fprintf(cli->err, "%s\n", wq_buf_cstr(&out));
}

static void complain(struct wq_cli *cli, wq_err e)
{
	const char *note = wq_err_note(e);
	bool colour = wq_colour_wanted(fileno(cli->err));
	/* the note often says it already: "open x: Permission denied" */
	const char *sys = e.sys && wq_str_find(wq_str_c(note), wq_str_c(strerror(e.sys))) < 0 ? strerror(e.sys) : "";

	fflush(cli->out);
	if (cli->json) {
		complain_json(cli, e);
		return;
	}
	fprintf(cli->err, "%sweique:%s %s%s%s%s%s\n", wq_colour(colour, WQ_COLOUR_RED),
		wq_colour(colour, WQ_COLOUR_NONE), wq_err_message(e, cli->lang), *note ? ": " : "", note,
		*sys ? ": " : "", sys);
	if (!cli->quiet && *wq_err_advice(e, cli->lang))
		fprintf(cli->err, "  -> %s\n", wq_err_advice(e, cli->lang));
}

int wq_cli_run_on(struct wq_cli *cli, int argc, char **argv)
{
	wq_err e;

	wq_arena_init(&cli->arena, COMMAND_MEMORY);
	settle_form(cli, argc - 1, argv + 1);
	e = dispatch(cli, argc - 1, argv + 1);
	if (!wq_failed(e) && (fflush(cli->out) != 0 || ferror(cli->out)))
		e = wq_error_sys(WQ_E_IO, errno, "standard output");
	if (wq_failed(e))
		complain(cli, e);
	fflush(cli->err);
	wq_arena_done(&cli->arena);
	return wq_err_exit(e);
}

int wq_cli_run(int argc, char **argv, const struct wq_clock *clock, const struct wq_random *random)
{
	struct wq_cli cli = {.out = stdout, .err = stderr, .clock = clock, .random = random};

	return wq_cli_run_on(&cli, argc, argv);
}
