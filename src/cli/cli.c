#include "cli/cli.h"

#include <stdarg.h>

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

static const struct wq_cli_option *find_option(const struct wq_cli_option *list, wq_str name)
{
	for (; list && list->name; list++)
		if (wq_str_eq(wq_str_c(list->name), name))
			return list;
	return NULL;
}

bool wq_cli_has(const struct wq_cli_args *args, const char *option)
{
	for (size_t i = 0; i < args->options_n; i++)
		if (strcmp(args->options[i].option->name, option) == 0)
			return true;
	return false;
}

wq_str wq_cli_value(const struct wq_cli_args *args, const char *option)
{
	wq_str value = WQ_S_NONE;

	for (size_t i = 0; i < args->options_n; i++)
		if (strcmp(args->options[i].option->name, option) == 0)
			value = args->options[i].value;
	return value;
}

wq_str wq_cli_value_at(const struct wq_cli_args *args, const char *option, size_t n)
{
	for (size_t i = 0; i < args->options_n; i++)
		if (strcmp(args->options[i].option->name, option) == 0 && n-- == 0)
			return args->options[i].value;
	return WQ_S_NONE;
}

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

/* ---- which command ---- */

static const struct wq_cli_command *command_named(wq_str words)
{
	for (size_t i = 0; wq_cli_commands[i]; i++)
		for (const struct wq_cli_command *c = wq_cli_commands[i]; c->words; c++)
			if (wq_str_eq(wq_str_c(c->words), words))
				return c;
	return NULL;
}

static bool is_noun(wq_str word)
{
	for (size_t i = 0; wq_cli_commands[i]; i++)
		for (const struct wq_cli_command *c = wq_cli_commands[i]; c->words; c++) {
			wq_str rest = wq_str_c(c->words);
			if (wq_str_eq(wq_str_cut(&rest, ' '), word))
				return true;
		}
	return false;
}

/* Levenshtein distance, small words only; 99 when one is too long to be a typing error. */
static unsigned distance(wq_str a, wq_str b)
{
	unsigned row[33];

	if (a.n > 32 || b.n > 32)
		return 99;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.n; j++) {
			unsigned best = diagonal + (a.p[i - 1] != b.p[j - 1]);
			diagonal = row[j];
			best = WQ_MIN(best, row[j] + 1);
			row[j] = WQ_MIN(best, row[j - 1] + 1);
		}
	}
	return row[b.n];
}

static const char *nearest_command(wq_str words)
{
	const char *best = NULL;
	unsigned least = 4;

	for (size_t i = 0; wq_cli_commands[i]; i++)
		for (const struct wq_cli_command *c = wq_cli_commands[i]; c->words; c++) {
			unsigned d = distance(words, wq_str_c(c->words));
			if (d < least) {
				least = d;
				best = c->words;
			}
		}
	return best;
}

/* Takes one or two leading words of argv as the command; `*ret_used` says how many. */
static wq_err choose(struct wq_cli *cli, int argc, char **argv, const struct wq_cli_command **ret, int *ret_used)
{
	wq_str first = wq_str_c(argv[0]);
	wq_str two = argc > 1 ? wq_arena_printf(&cli->arena, "%s %s", argv[0], argv[1]) : WQ_S_NONE;
	const char *near;

	if (argc > 1 && (*ret = command_named(two))) {
		*ret_used = 2;
		return WQ_OK;
	}
	if ((*ret = command_named(first))) {
		*ret_used = 1;
		return WQ_OK;
	}
	near = nearest_command(argc > 1 && argv[1][0] != '-' ? two : first);
	if (near)
		return wq_error(
			WQ_E_USAGE, "no command '%.*s'; did you mean '%s'?", WQ_S_ARG(argc > 1 ? two : first), near);
	return wq_error(WQ_E_USAGE, "no command '%.*s'", WQ_S_ARG(first));
}

/* ---- its arguments ---- */

static wq_err parse_option(
	const struct wq_cli_command *command, int argc, char **argv, int *i, struct wq_cli_args *args)
{
	wq_str value, name = wq_str_from(wq_str_c(argv[*i]), 2);
	bool joined = wq_str_chr(name, '=') >= 0;
	const struct wq_cli_option *option;

	value = name;
	name = wq_str_cut(&value, '=');
	option = find_option(wq_cli_global_options, name);
	if (!option && command)
		option = find_option(command->options, name);
	if (!option)
		return wq_error(WQ_E_USAGE, "no option --%.*s here", WQ_S_ARG(name));
	if (option->value && !joined) {
		if (*i + 1 >= argc)
			return wq_error(WQ_E_USAGE, "--%s needs a value: %s", option->name, option->value);
		value = wq_str_c(argv[++*i]);
	} else if (!option->value && joined) {
		return wq_error(WQ_E_USAGE, "--%s takes no value", option->name);
	}
	if (!option->many && wq_cli_has(args, option->name))
		return wq_error(WQ_E_USAGE, "--%s is given twice", option->name);
	if (args->options_n >= WQ_CLI_OPTIONS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d options", WQ_CLI_OPTIONS_MAX);
	args->options[args->options_n].option = option;
	args->options[args->options_n++].value = value;
	return WQ_OK;
}

static wq_err parse(const struct wq_cli_command *command, int argc, char **argv, struct wq_cli_args *args)
{
	bool only_words = false;

	for (int i = 0; i < argc; i++) {
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
		} else if (!only_words && argv[i][0] == '-' && argv[i][1] == '-') {
			WQ_TRY(parse_option(command, argc, argv, &i, args));
		} else if (!only_words && argv[i][0] == '-' && argv[i][1]) {
			return wq_error(WQ_E_USAGE, "no option %s; options are spelled out, with two dashes", argv[i]);
		} else {
			if (args->words_n >= WQ_CLI_ARGS_MAX)
				return wq_error(WQ_E_LIMIT, "more than %d words", WQ_CLI_ARGS_MAX);
			args->words[args->words_n++] = wq_str_c(argv[i]);
		}
	}
	return WQ_OK;
}

static wq_err check_words(const struct wq_cli_args *args)
{
	const struct wq_cli_command *c = args->command;

	if (args->words_n < c->least || args->words_n > c->most)
		return wq_error(WQ_E_USAGE, "usage: weique %s %s", c->words, c->takes ? c->takes : "");
	return WQ_OK;
}

/* ---- how it runs ---- */

static enum wq_lang lang_of(wq_str given)
{
	const char *names[] = {"WEIQUE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};

	if (given.n > 0)
		return wq_str_starts(given, WQ_S("zh")) ? WQ_LANG_ZH : WQ_LANG_EN;
	for (size_t i = 0; i < WQ_COUNT(names); i++) {
		wq_str value = wq_str_c(getenv(names[i]));
		if (value.n > 0)
			return wq_str_starts(value, WQ_S("zh")) ? WQ_LANG_ZH : WQ_LANG_EN;
	}
	return WQ_LANG_EN;
}

static void settle(struct wq_cli *cli, const struct wq_cli_args *args)
{
	const char *state = getenv("WEIQUE_STATE");

	cli->json = wq_cli_has(args, "json");
	cli->quiet = wq_cli_has(args, "quiet");
	cli->lang = lang_of(wq_cli_value(args, "lang"));
	cli->state_dir = wq_cli_value(args, "state");
	if (cli->state_dir.n == 0)
		cli->state_dir = wq_str_c(state && *state ? state : "/var/lib/weique");
	cli->colour = isatty(fileno(cli->out)) && !getenv("NO_COLOR") && !cli->json;
}

static wq_err dispatch(struct wq_cli *cli, int argc, char **argv)
{
	struct wq_cli_args args = {0};
	int used = 0;

	settle(cli, &args);
	if (argc == 0 || strcmp(argv[0], "--help") == 0 || (strcmp(argv[0], "help") == 0 && argc == 1)) {
		wq_cli_help_all(cli, argc == 0 ? cli->err : cli->out);
		return argc == 0 ? wq_error(WQ_E_USAGE, "which command?") : WQ_OK;
	}
	if (strcmp(argv[0], "--version") == 0) {
		fprintf(cli->out, "weique %s\n", WQ_VERSION);
		return WQ_OK;
	}
	if (strcmp(argv[0], "help") == 0) {
		argc--;
		argv++;
	}
	if (is_noun(wq_str_c(argv[0])) && !command_named(wq_str_c(argv[0])) &&
		(argc == 1 || strcmp(argv[1], "--help") == 0)) {
		wq_cli_help_noun(cli, cli->out, wq_str_c(argv[0]));
		return WQ_OK;
	}
	WQ_TRY(choose(cli, argc, argv, &args.command, &used));
	if (strcmp(argv[-1], "help") == 0) {
		wq_cli_help_command(cli, cli->out, args.command);
		return WQ_OK;
	}
	WQ_TRY(parse(args.command, argc - used, argv + used, &args));
	settle(cli, &args);
	if (wq_cli_has(&args, "help")) {
		wq_cli_help_command(cli, cli->out, args.command);
		return WQ_OK;
	}
	WQ_TRY(check_words(&args));
	return args.command->run(cli, &args);
}

static void complain(struct wq_cli *cli, wq_err e)
{
	const char *note = wq_err_note(e);

	fflush(cli->out);
	fprintf(cli->err, "weique: %s%s%s%s%s\n", wq_err_message(e, cli->lang), *note ? ": " : "", note,
		e.sys ? ": " : "", e.sys ? strerror(e.sys) : "");
	if (!cli->quiet && *wq_err_advice(e, cli->lang))
		fprintf(cli->err, "  -> %s\n", wq_err_advice(e, cli->lang));
}

int wq_cli_run(int argc, char **argv, const struct wq_clock *clock, const struct wq_random *random)
{
	struct wq_cli cli = {.out = stdout, .err = stderr, .clock = clock, .random = random};
	wq_err e;

	wq_arena_init(&cli.arena, COMMAND_MEMORY);
	e = dispatch(&cli, argc - 1, argv + 1);
	if (wq_failed(e))
		complain(&cli, e);
	if (fflush(cli.out) != 0 && !wq_failed(e))
		e = wq_error_id(WQ_E_IO);
	wq_arena_done(&cli.arena);
	return wq_err_exit(e);
}
