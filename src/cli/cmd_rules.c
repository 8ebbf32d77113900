/* weique rules check. */
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/rules_priv.h"
#include "detect/waf/waf.h"
#include "flow/ruleset.h"

enum { JSON_MAX = 4 * 1024 * 1024 };

/* ---- notices ---- */

void wq_rules_notice(void *data, struct wq_sec_place place, const char *text)
{
	struct wq_rules_notices *notices = data;
	struct wq_cli *cli = notices->cli;

	if (cli->json) {
		wq_json_object(&notices->json);
		wq_json_put_str(&notices->json, "file", wq_str_c(place.file));
		wq_json_put_u64(&notices->json, "line", place.line);
		wq_json_put_str(&notices->json, "notice", wq_str_c(text));
		wq_json_object_end(&notices->json);
		return;
	}
	if (cli->quiet)
		return;
	wq_cli_text(cli->out, wq_str_c(place.file));
	fprintf(cli->out, ":%u: ", place.line);
	wq_cli_text(cli->out, wq_str_c(text));
	fputc('\n', cli->out);
}

void wq_rules_notices_begin(struct wq_rules_notices *notices, struct wq_buf *out)
{
	wq_json_init(&notices->json, out);
	wq_json_object(&notices->json);
	wq_json_key(&notices->json, WQ_S("notices"));
	wq_json_array(&notices->json);
}

/* ---- check ---- */

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

static wq_err cmd_check(struct wq_cli *cli, const struct wq_cli_args *args)
{
	WQ_BUF(out, JSON_MAX);
	struct wq_rules_notices notices = {.cli = cli};
	struct wq_waf_load load = {.source = &wq_sec_source_files, .notice = wq_rules_notice, .notice_data = &notices};
	struct wq_waf_program *program = NULL;

	WQ_TRY(paths_of(cli, args, &load.paths, &load.paths_n));
	wq_rules_notices_begin(&notices, &out);
	WQ_TRY(wq_waf_program_new(&load, &program));
	struct wq_waf_info info = *wq_waf_program_info(program);
	wq_json_array_end(&notices.json);
	wq_json_put_u64(&notices.json, "rules", info.rules);
	wq_json_put_u64(&notices.json, "folded", info.folded);
	wq_json_put_u64(&notices.json, "patterns", info.patterns);
	wq_json_put_u64(&notices.json, "no_prefilter", info.no_prefilter);
	wq_json_put_u64(&notices.json, "literals", info.literals);
	wq_json_put_u64(&notices.json, "bytes", info.bytes);
	wq_json_put_str(&notices.json, "signature", info.signature);
	wq_json_object_end(&notices.json);
	wq_err e = cli->json ? wq_cli_json(cli, &notices.json) : WQ_OK;
	wq_waf_program_unref(&program);
	wq_cli_print(cli, "没有错误；运行 %u 条规则，另有 %u 条在载入时已定\n",
		"no error; %u rules run, %u are decided at load\n", info.rules, info.folded);
	return e;
}

/* rules import, list and use, rules test and rules explain have tables in files of their own */
const struct wq_cli_command wq_cmd_rules[] = {
	{"rules check", "FILE|DIR…", 1, WQ_CLI_ARGS_MAX,
		{"检查规则文件，不启用", "check rule files without putting them to use"},
		{"目录可以是 OWASP 核心规则集的发行目录。第一个错误即停止，给出文件、行和改法；没有效果的指令逐条列出。",
			"A folder may be a release of the OWASP Core Rule Set. Stops at the first error and names file, line and how to mend "
			"it; directives without effect are listed."},
		NULL, cmd_check, "weique rules check /usr/share/modsecurity-crs"},
	{0},
};
