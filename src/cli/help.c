/* Help, made from the command table. */
#include "cli/cli.h"

static const struct wq_say title = {
	"weique（魏阙）：守护互联网政务应用。未经审批的不出门，未获许可的不进门，每一步都可查证。",
	"weique: guards Internet government applications. Nothing leaves that nobody approved, nothing enters that is not "
	"allowed, every act can be proven."};
static const struct wq_say usage = {"用法", "usage"};
static const struct wq_say options = {"选项", "options"};
static const struct wq_say example = {"例如", "for example"};
static const struct wq_say more = {"详细说明：weique help 命令", "more: weique help COMMAND"};

/* Columns on a terminal: wide characters count two. */
static int width(const char *text)
{
	int columns = 0;

	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if ((*c & 0xc0) != 0x80)
			columns += *c >= 0xe2 ? 2 : 1;
	return columns;
}

static void pad(FILE *to, const char *text, int columns)
{
	fprintf(to, "%s%*s", text, WQ_MAX(1, columns - width(text)), "");
}

static void line(struct wq_cli *cli, FILE *to, const struct wq_cli_command *c)
{
	fputs("  ", to);
	pad(to, c->words, 20);
	fprintf(to, "%s\n", wq_cli_say(cli, &c->summary));
}

void wq_cli_help_all(struct wq_cli *cli, FILE *to)
{
	fprintf(to, "%s\n\n%s: weique COMMAND [ARGUMENT ...] [--OPTION ...]\n\n", wq_cli_say(cli, &title),
		wq_cli_say(cli, &usage));
	for (size_t i = 0; wq_cli_commands[i]; i++) {
		for (const struct wq_cli_command *c = wq_cli_commands[i]; c->words; c++)
			line(cli, to, c);
		fputc('\n', to);
	}
	fprintf(to, "%s\n", wq_cli_say(cli, &more));
}

void wq_cli_help_noun(struct wq_cli *cli, FILE *to, wq_str noun)
{
	fprintf(to, "%s: weique %.*s VERB ...\n\n", wq_cli_say(cli, &usage), WQ_S_ARG(noun));
	for (size_t i = 0; wq_cli_commands[i]; i++)
		for (const struct wq_cli_command *c = wq_cli_commands[i]; c->words; c++) {
			wq_str rest = wq_str_c(c->words);
			if (wq_str_eq(wq_str_cut(&rest, ' '), noun))
				line(cli, to, c);
		}
}

static void list(struct wq_cli *cli, FILE *to, const struct wq_cli_option *option)
{
	char left[80];

	for (; option && option->name; option++) {
		snprintf(left, sizeof left, "  --%s%s%s", option->name, option->value ? " " : "",
			option->value ? option->value : "");
		pad(to, left, 24);
		fprintf(to, "%s\n", wq_cli_say(cli, &option->help));
	}
}

void wq_cli_help_command(struct wq_cli *cli, FILE *to, const struct wq_cli_command *c)
{
	const char *detail = wq_cli_say(cli, &c->detail);

	fprintf(to, "%s: weique %s%s%s\n\n%s\n", wq_cli_say(cli, &usage), c->words, c->takes ? " " : "",
		c->takes ? c->takes : "", wq_cli_say(cli, &c->summary));
	if (*detail)
		fprintf(to, "\n%s\n", detail);
	if (c->example)
		fprintf(to, "\n%s:\n  %s\n", wq_cli_say(cli, &example), c->example);
	fprintf(to, "\n%s:\n", wq_cli_say(cli, &options));
	list(cli, to, c->options);
	list(cli, to, wq_cli_global_options);
}

/* ---- docs/cli.md ---- */

/* A cell of a table: the bar would end it. */
static void cell(FILE *to, const char *text)
{
	for (; *text; text++)
		fprintf(to, *text == '|' ? "\\%c" : "%c", *text);
}

static void document_options(FILE *to, const struct wq_cli_option *option)
{
	fputs("\n| option | 中文 | English |\n| --- | --- | --- |\n", to);
	for (; option && option->name; option++) {
		fprintf(to, "| `--%s%s", option->name, option->value ? " " : "");
		cell(to, option->value ? option->value : "");
		fputs("` | ", to);
		cell(to, option->help.zh);
		fputs(" | ", to);
		cell(to, option->help.en);
		fputs(" |\n", to);
	}
}

static void document_command(FILE *to, const struct wq_cli_command *c)
{
	fprintf(to, "\n### weique %s\n\n```\nweique %s%s%s\n```\n\n%s。%s.\n", c->words, c->words, c->takes ? " " : "",
		c->takes ? c->takes : "", c->summary.zh, c->summary.en);
	if (c->detail.zh)
		fprintf(to, "\n%s\n%s\n", c->detail.zh, c->detail.en);
	if (c->example)
		fprintf(to, "\n例如 example: `%s`\n", c->example);
	if (c->options)
		document_options(to, c->options);
}

void wq_cli_help_document(FILE *to)
{
	fputs("# Command line 命令行\n\nPrinted by `weique help --markdown` from the table of commands; a test compares the "
	      "two.\n\n"
	      "Exit status 退出码: 0 ok 成功, 1 refused, or findings 被拒绝或有发现, 2 input 输入或用法有误, "
	      "3 configuration 配置, 4 stored state 状态, 5 input/output 读写, 6 limit 超限, 7 busy 忙, 70 a fault of the "
	      "program 程序错误.\n"
	      "With `--json` the result is one JSON document on standard output, and an error is one JSON object on standard "
	      "error (`error`, `kind`, `message`, `advice`, `note`).\n\n## Options of every command 通用选项\n",
		to);
	document_options(to, wq_cli_global_options);
	fputs("\n## Commands 命令\n", to);
	for (size_t i = 0; wq_cli_commands[i]; i++)
		for (const struct wq_cli_command *c = wq_cli_commands[i]; c->words; c++)
			document_command(to, c);
}
