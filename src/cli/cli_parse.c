/* Words and options of a command line, by the table of commands. */
#include "cli/cli.h"

enum { NEAR = 3 /* typing errors that a suggestion forgives */ };

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

/* ---- names ---- */

const struct wq_cli_command *wq_cli_command_named(wq_str words)
{
	for (size_t i = 0; wq_cli_commands[i]; i++)
		for (const struct wq_cli_command *c = wq_cli_commands[i]; c->words; c++)
			if (wq_str_eq(wq_str_c(c->words), words))
				return c;
	return NULL;
}

bool wq_cli_is_noun(wq_str word)
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

static void nearer(const char *name, wq_str given, const char **best, unsigned *least)
{
	unsigned d = distance(given, wq_str_c(name));

	if (d < *least) {
		*least = d;
		*best = name;
	}
}

wq_err wq_cli_no_command(wq_str words)
{
	const char *best = NULL;
	unsigned least = NEAR + 1;

	for (size_t i = 0; wq_cli_commands[i]; i++)
		for (const struct wq_cli_command *c = wq_cli_commands[i]; c->words; c++)
			nearer(c->words, words, &best, &least);
	if (best)
		return wq_error(WQ_E_USAGE, "no command '%.*s'; did you mean '%s'?", WQ_S_ARG(words), best);
	return wq_error(WQ_E_USAGE, "no command '%.*s'", WQ_S_ARG(words));
}

static wq_err no_option(const struct wq_cli_command *command, wq_str name)
{
	const char *best = NULL;
	unsigned least = NEAR + 1;

	for (const struct wq_cli_option *o = command ? command->options : NULL; o && o->name; o++)
		nearer(o->name, name, &best, &least);
	for (const struct wq_cli_option *o = wq_cli_global_options; o->name; o++)
		nearer(o->name, name, &best, &least);
	if (best && least < name.n)
		return wq_error(WQ_E_USAGE, "no option --%.*s here; did you mean --%s?", WQ_S_ARG(name), best);
	return wq_error(WQ_E_USAGE, "no option --%.*s here", WQ_S_ARG(name));
}

/* ---- arguments ---- */

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
		return no_option(command, name);
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

/* Takes one or two words of argv as the command; returns how many. */
static int choose(struct wq_cli *cli, int argc, char **argv, const struct wq_cli_command **ret)
{
	if (argc > 1 && (*ret = wq_cli_command_named(wq_arena_printf(&cli->arena, "%s %s", argv[0], argv[1]))))
		return 2;
	return (*ret = wq_cli_command_named(wq_str_c(argv[0]))) ? 1 : 0;
}

static wq_err parse_rest(int argc, char **argv, struct wq_cli_args *args)
{
	bool only_words = false;

	for (int i = 0; i < argc; i++) {
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
		} else if (!only_words && argv[i][0] == '-' && argv[i][1] == '-') {
			WQ_TRY(parse_option(args->command, argc, argv, &i, args));
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

/* A noun without a verb, or with --help, asks for the verbs; anything else is a mistake. */
static wq_err noun_or_mistake(struct wq_cli *cli, int argc, char **argv, struct wq_cli_args *args)
{
	wq_str first = wq_str_c(argv[0]);

	if (wq_cli_is_noun(first) && (argc == 1 || argv[1][0] == '-')) {
		WQ_TRY(parse_rest(argc, argv, args));
		return WQ_OK;
	}
	if (argc > 1 && argv[1][0] != '-')
		return wq_cli_no_command(wq_arena_printf(&cli->arena, "%s %s", argv[0], argv[1]));
	return wq_cli_no_command(first);
}

wq_err wq_cli_parse(struct wq_cli *cli, int argc, char **argv, struct wq_cli_args *ret_args)
{
	int i = 0, used;

	while (i < argc && argv[i][0] == '-' && argv[i][1] == '-' && argv[i][2]) {
		WQ_TRY(parse_option(NULL, argc, argv, &i, ret_args));
		i++;
	}
	if (i == argc)
		return WQ_OK;
	used = choose(cli, argc - i, argv + i, &ret_args->command);
	if (used == 0)
		return noun_or_mistake(cli, argc - i, argv + i, ret_args);
	WQ_TRY(parse_rest(argc - i - used, argv + i + used, ret_args));
	if (!wq_cli_has(ret_args, "help") &&
		(ret_args->words_n < ret_args->command->least || ret_args->words_n > ret_args->command->most))
		return wq_error(WQ_E_USAGE, "usage: weique %s%s%s", ret_args->command->words,
			ret_args->command->takes ? " " : "", ret_args->command->takes ? ret_args->command->takes : "");
	return WQ_OK;
}
