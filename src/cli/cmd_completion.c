/* weique completion: scripts for the shells, made from the table of commands. */
#include "cli/commands.h"

/* ---- what all shells need ---- */

/* Text for a single-quoted word of a shell: a quote ends, escapes and begins again. */
static void quoted(FILE *to, const char *text)
{
	fputc('\'', to);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", to);
		else
			fputc(*text, to);
	}
	fputc('\'', to);
}

/* The n-th word of a command; empty when it has none. */
static wq_str word_of(const struct wq_cli_command *command, size_t n)
{
	wq_str rest = wq_str_c(command->words), word = wq_str_cut(&rest, ' ');
	while (n-- > 0)
		word = rest.p ? wq_str_cut(&rest, ' ') : WQ_S_NONE;
	return word;
}

static void each(FILE *to, void (*fn)(FILE *to, const struct wq_cli_command *command))
{
	for (size_t i = 0; wq_cli_commands[i]; i++)
		for (const struct wq_cli_command *c = wq_cli_commands[i]; c->words; c++)
			fn(to, c);
}

static void option_names(FILE *to, const struct wq_cli_option *option, bool with_value_only, const char *between)
{
	for (; option && option->name; option++)
		if (!with_value_only || option->value)
			fprintf(to, "%s--%s", between, option->name);
}

/* The first word of a command, once for all commands that begin with it. */
static bool is_first_of_its_noun(const struct wq_cli_command *command)
{
	wq_str noun = word_of(command, 0);
	for (size_t i = 0; wq_cli_commands[i]; i++)
		for (const struct wq_cli_command *c = wq_cli_commands[i]; c->words; c++)
			if (wq_str_eq(word_of(c, 0), noun))
				return c == command;
	return false;
}

static void noun(FILE *to, const struct wq_cli_command *command)
{
	if (is_first_of_its_noun(command))
		fprintf(to, " %.*s", WQ_S_ARG(word_of(command, 0)));
}

/* ---- bash and zsh: one case for each command ---- */

static void value_options(FILE *to, const struct wq_cli_command *command)
{
	option_names(to, command->options, true, "|");
}

static void option_case(FILE *to, const struct wq_cli_command *command)
{
	fprintf(to, "\t'%s'*) options+='", command->words);
	option_names(to, command->options, false, " ");
	fputs("' ;;\n", to);
}

static void verbs_of(FILE *to, const struct wq_cli_command *command)
{
	wq_str name = word_of(command, 0);
	if (!is_first_of_its_noun(command))
		return;
	fprintf(to, "\t'%.*s') candidates='", WQ_S_ARG(name));
	for (size_t i = 0; wq_cli_commands[i]; i++)
		for (const struct wq_cli_command *c = wq_cli_commands[i]; c->words; c++)
			if (wq_str_eq(word_of(c, 0), name) && word_of(c, 1).n)
				fprintf(to, " %.*s", WQ_S_ARG(word_of(c, 1)));
	fputs("' ;;\n", to);
}

static void bash_function(FILE *to)
{
	fputs("_weique() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=() options candidates= i\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n"
	      "\t\t--state|--lang",
		to);
	each(to, value_options);
	fputs(") ((i++)) ;;\n\t\t-*) ;;\n\t\t*) words+=(\"${COMP_WORDS[i]}\") ;;\n\t\tesac\n\tdone\n\toptions='", to);
	option_names(to, wq_cli_global_options, false, " ");
	fputs("'\n\tcase ${words[*]} in\n", to);
	each(to, option_case);
	fputs("\tesac\n\tcase ${words[*]} in\n\t'') candidates='help", to);
	each(to, noun);
	fputs("' ;;\n\t'help') candidates='", to);
	each(to, noun);
	fputs("' ;;\n", to);
	each(to, verbs_of);
	fputs("\tesac\n\t[[ $cur == -* ]] && candidates=$options\n"
	      "\tCOMPREPLY=($(compgen -W \"$candidates\" -- \"$cur\"))\n}\n",
		to);
}

static void bash(FILE *to)
{
	bash_function(to);
	fputs("complete -o default -F _weique weique\n", to);
}

static void zsh(FILE *to)
{
	fputs("#compdef weique\nautoload -U +X bashcompinit && bashcompinit\n", to);
	bash(to);
}

/* ---- fish ---- */

static void fish_options(FILE *to, const struct wq_cli_option *option, const char *condition)
{
	for (; option && option->name; option++) {
		fprintf(to, "complete -c weique%s%s%s -l %s%s -d ", condition ? " -n \"" : "",
			condition ? condition : "", condition ? "\"" : "", option->name, option->value ? " -r" : "");
		quoted(to, option->help.en);
		fputc('\n', to);
	}
}

static void fish_command(FILE *to, const struct wq_cli_command *command)
{
	char condition[160];
	wq_str first = word_of(command, 0), second = word_of(command, 1);
	if (second.n == 0)
		fprintf(to, "complete -c weique -n __fish_use_subcommand -f -a %.*s -d ", WQ_S_ARG(first));
	else
		fprintf(to, "complete -c weique -n \"__fish_seen_subcommand_from %.*s\" -f -a %.*s -d ",
			WQ_S_ARG(first), WQ_S_ARG(second));
	quoted(to, command->summary.en);
	fputc('\n', to);
	if (second.n && is_first_of_its_noun(command))
		fprintf(to, "complete -c weique -n __fish_use_subcommand -f -a %.*s\n", WQ_S_ARG(first));
	snprintf(condition, sizeof(condition), "__fish_seen_subcommand_from %.*s%s%.*s", WQ_S_ARG(first),
		second.n ? "; and __fish_seen_subcommand_from " : "", WQ_S_ARG(second));
	fish_options(to, command->options, condition);
}

static void fish(FILE *to)
{
	fish_options(to, wq_cli_global_options, NULL);
	each(to, fish_command);
}

/* ---- the command ---- */

static const struct {
	const char *name;
	void (*write)(FILE *to);
} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

static wq_err completion(struct wq_cli *cli, const struct wq_cli_args *args)
{
	for (size_t i = 0; i < WQ_COUNT(shells); i++) {
		if (!wq_str_eq(args->words[0], wq_str_c(shells[i].name)))
			continue;
		shells[i].write(cli->out);
		return WQ_OK;
	}
	return wq_error(WQ_E_USAGE, "bash, zsh or fish");
}

const struct wq_cli_command wq_cmd_completion[] = {
	{"completion", "bash|zsh|fish", 1, 1, {"输出命令补全脚本", "print a completion script for the shell"},
		{"例如：source <(weique completion bash)；zsh：weique completion zsh > _weique；fish：weique completion fish | source",
			"For example: source <(weique completion bash); zsh: weique completion zsh > _weique; fish: weique "
			"completion fish | source"},
		NULL, completion},
	{0},
};
