/* The command line: git-style `weique NOUN VERB`, everything derived from one table of commands.
 *
 * A command is a row: its words, what it takes, one sentence in Chinese and English, its function. Help, usage errors
 * with the nearest name, shell completion and the manual are made from the rows. A command's function gets parsed
 * arguments and writes its result to cli->out: text for people, or, with --json, one JSON document (or one object a line
 * where the row's help says so). It returns an error; the dispatcher prints it and chooses the exit status
 * (base/err.h: 0 ok, 1 refused or findings, 2 input, 3 configuration, 4 state, 5 I/O, 6 limit, 7 busy, 70 bug).
 */
#ifndef WQ_CLI_CLI_H
#define WQ_CLI_CLI_H

#include "base/arena.h"
#include "base/base.h"
#include "base/clock.h"

enum { WQ_CLI_ARGS_MAX = 64, WQ_CLI_OPTIONS_MAX = 64 };

/* One sentence in both languages. */
struct wq_say {
	const char *zh, *en;
};

struct wq_cli_option {
	const char *name;  /* "head", for --head */
	const char *value; /* name of its value in the help ("FILE"), NULL for a switch */
	struct wq_say help;
	bool many; /* may be given several times */
};

/* What every command runs with. */
struct wq_cli {
	FILE *out, *err;
	bool json, quiet, colour;
	bool lang_given; /* by --lang or $WEIQUE_LANG: the state directory's setting does not count */
	enum wq_lang lang;
	wq_str state_dir; /* --state, $WEIQUE_STATE, else /var/lib/weique */
	const struct wq_clock *clock;
	const struct wq_random *random;
	struct wq_arena arena; /* lives as long as the command */
};

struct wq_cli_command;

/* Parsed arguments; slices live as long as argv. */
struct wq_cli_args {
	const struct wq_cli_command *command;
	wq_str words[WQ_CLI_ARGS_MAX];
	size_t words_n;
	struct {
		const struct wq_cli_option *option;
		wq_str value;
	} options[WQ_CLI_OPTIONS_MAX];
	size_t options_n;
};

struct wq_cli_command {
	const char *words;  /* "ledger verify" */
	const char *takes;  /* "[FILE]", for the usage line */
	size_t least, most; /* how many words it takes */
	struct wq_say summary;
	struct wq_say detail;                /* more for --help; may be NULL */
	const struct wq_cli_option *options; /* ends with a NULL name; may be NULL */
	wq_err (*run)(struct wq_cli *cli, const struct wq_cli_args *args);
	const char *example; /* one line for the help; may be NULL */
};

/* All commands, in the order of the help; the last has NULL words. */
extern const struct wq_cli_command *const wq_cli_commands[];

/* Whether a switch or option was given; its last value, or the empty slice. */
bool wq_cli_has(const struct wq_cli_args *args, const char *option);
wq_str wq_cli_value(const struct wq_cli_args *args, const char *option);
/* The n-th value of a `many` option; p is NULL after the last. */
wq_str wq_cli_value_at(const struct wq_cli_args *args, const char *option, size_t n);

/* The sentence in the language of this run. */
const char *wq_cli_say(const struct wq_cli *cli, const struct wq_say *say);
/* Prints one of two formats, which take the same arguments in the same order, to `out`; nothing with --json or --quiet. */
void wq_cli_print(struct wq_cli *cli, const char *zh, const char *en, ...) WQ_PRINTF(2, 4) WQ_PRINTF(3, 4);
/* Text from outside: what could speak to the terminal (controls, bidirectional overrides, bytes that are no UTF-8) is '?'. */
void wq_cli_text(FILE *to, wq_str text);

/* Runs argv; returns the exit status. */
int wq_cli_run(int argc, char **argv, const struct wq_clock *clock, const struct wq_random *random);
/* The same with the streams of `cli`, whose out, err, clock and random are set and everything else is zero. */
int wq_cli_run_on(struct wq_cli *cli, int argc, char **argv);

/* cli_parse.c */
/* Takes leading global options, then the command's words, then its options and words. WQ_E_USAGE with the nearest name. A
 * command that is not there: `ret_args->command` is NULL; WQ_OK then means that only options were given. */
wq_err wq_cli_parse(struct wq_cli *cli, int argc, char **argv, struct wq_cli_args *ret_args);
/* The command of exactly these words, or NULL; whether a command begins with this word. */
const struct wq_cli_command *wq_cli_command_named(wq_str words);
bool wq_cli_is_noun(wq_str word);
/* WQ_E_USAGE, with the nearest command if there is one. */
wq_err wq_cli_no_command(wq_str words);

/* help.c */
void wq_cli_help_all(struct wq_cli *cli, FILE *to);
void wq_cli_help_noun(struct wq_cli *cli, FILE *to, wq_str noun);
void wq_cli_help_command(struct wq_cli *cli, FILE *to, const struct wq_cli_command *command);
/* docs/cli.md: every command in both languages. */
void wq_cli_help_document(FILE *to);
/* The options that every command takes. */
extern const struct wq_cli_option wq_cli_global_options[];

#endif
