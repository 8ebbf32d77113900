/* weique rules: the rule sets of the rule engine. */
#include "cli/commands.h"
#include "cli/common.h"
#include "detect/waf/seclang.h"
#include "flow/ruleset.h"

enum { JSON_MAX = 4 * 1024 * 1024 };

/* ---- check ---- */

struct check {
	struct wq_cli *cli;
	struct wq_json json;
};

static void show_notice(void *data, struct wq_sec_place place, const char *text)
{
	struct check *check = data;
	struct wq_cli *cli = check->cli;

	if (cli->json) {
		wq_json_object(&check->json);
		wq_json_put_str(&check->json, "file", wq_str_c(place.file));
		wq_json_put_u64(&check->json, "line", place.line);
		wq_json_put_str(&check->json, "notice", wq_str_c(text));
		wq_json_object_end(&check->json);
		return;
	}
	if (cli->quiet)
		return;
	wq_cli_text(cli->out, wq_str_c(place.file));
	fprintf(cli->out, ":%u: ", place.line);
	wq_cli_text(cli->out, wq_str_c(text));
	fputc('\n', cli->out);
}

static wq_err paths_of(struct wq_cli *cli, const struct wq_cli_args *args, const char *const **ret_paths, size_t *ret_n)
{
	const char **all = WQ_NEW_ARRAY(&cli->arena, const char *, WQ_SEC_FILES_MAX);
	size_t n = 0;

	if (!all)
		return wq_arena_err(&cli->arena);
	for (size_t i = 0; i < args->words_n; i++) {
		const char *path = wq_arena_cstr(&cli->arena, args->words[i]);
		const char *const *paths;
		size_t paths_n;
		if (!path)
			return wq_arena_err(&cli->arena);
		WQ_TRY(wq_ruleset_paths(path, &cli->arena, &paths, &paths_n));
		if (paths_n > WQ_SEC_FILES_MAX - n)
			return wq_error(WQ_E_LIMIT, "more than %d files", WQ_SEC_FILES_MAX);
		memcpy(all + n, paths, paths_n * sizeof *paths);
		n += paths_n;
	}
	*ret_paths = all;
	*ret_n = n;
	return WQ_OK;
}

static size_t rules_of(const struct wq_sec_rules *rules)
{
	size_t n = 0;

	for (size_t i = 0; i < rules->n; i++)
		n += rules->items[i].kind == WQ_SEC_RULE || rules->items[i].kind == WQ_SEC_ACTION;
	return n;
}

static wq_err cmd_check(struct wq_cli *cli, const struct wq_cli_args *args)
{
	WQ_BUF(out, JSON_MAX);
	struct check check = {.cli = cli};
	const char *const *paths = NULL;
	struct wq_sec_rules rules;
	size_t paths_n = 0;

	WQ_TRY(paths_of(cli, args, &paths, &paths_n));
	wq_json_init(&check.json, &out);
	wq_json_object(&check.json);
	wq_json_key(&check.json, WQ_S("notices"));
	wq_json_array(&check.json);
	WQ_TRY(wq_sec_parse_files(paths, paths_n, &wq_sec_source_files, &cli->arena, show_notice, &check, &rules));
	wq_json_array_end(&check.json);
	wq_json_put_u64(&check.json, "rules", rules_of(&rules));
	wq_json_object_end(&check.json);
	if (cli->json)
		return wq_cli_json(cli, &check.json);
	wq_cli_print(cli, "规则 %zu 条，没有错误\n", "%zu rules, no error\n", rules_of(&rules));
	return WQ_OK;
}

/* ---- rows; rules test and rules explain have tables in files of their own ---- */

const struct wq_cli_command wq_cmd_rules[] = {
	{"rules check", "FILE|DIR…", 1, WQ_CLI_ARGS_MAX,
		{"检查规则文件，不启用", "check rule files without putting them to use"},
		{"目录可以是 OWASP 核心规则集的发行目录。第一个错误即停止，给出文件、行和改法；没有效果的指令逐条列出。",
			"A folder may be a release of the OWASP Core Rule Set. Stops at the first error and names file, line and how to mend "
			"it; directives without effect are listed."},
		NULL, cmd_check, "weique rules check /usr/share/modsecurity-crs"},
	{0},
};
