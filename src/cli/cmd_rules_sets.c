/* weique rules import|list|use: the rule sets of the state directory. */
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/rules_priv.h"
#include "flow/ruleset.h"

#include <sys/stat.h>

enum { JSON_MAX = 4 * 1024 * 1024, SET_MEMORY = 512 * 1024 * 1024 };

/* ---- import ---- */

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A folder for an archive where the next import sweeps it away, should this one be killed. */
static wq_err unpacked(struct wq_cli *cli, struct wq_workspace *w, const char *archive, const char **ret_temporary,
	const char **ret_folder)
{
	uint8_t bytes[8];
	char hex[2 * sizeof bytes + 1];

	cli->random->fill(cli->random->data, bytes, sizeof bytes);
	*ret_temporary = wq_workspace_path(w, "rules/waf/.new-%s", wq_hex(bytes, sizeof bytes, hex));
	WQ_TRY(wq_dir_make(w->fs, *ret_temporary, 0700));
	return wq_rules_unpack(archive, *ret_temporary, &cli->arena, ret_folder);
}

static wq_err set_result(struct wq_cli *cli, struct wq_rules_notices *notices, const struct wq_ruleset *set)
{
	char hex[WQ_DIGEST_HEX];

	wq_json_array_end(&notices->json);
	wq_json_put_str(&notices->json, "name", set->name);
	wq_json_put_str(&notices->json, "version", set->version);
	wq_json_put_str(&notices->json, "digest", wq_str_c(wq_digest_hex(set->digest, hex)));
	wq_json_put_u64(&notices->json, "files", set->n);
	wq_json_put_u64(&notices->json, "bytes", set->bytes);
	wq_json_put_u64(&notices->json, "rules", set->rules);
	wq_json_object_end(&notices->json);
	wq_cli_print(cli, "规则集 %.*s 已启用：规则 %u 条，文件 %zu 个，SM3 %s\n",
		"rule set %.*s is in force: %u rules, %zu files, SM3 %s\n", WQ_S_ARG(set->name), set->rules, set->n,
		hex);
	return cli->json ? wq_cli_json(cli, &notices->json) : WQ_OK;
}

static wq_err take_and_use(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w, const char *from)
{
	WQ_BUF(out, JSON_MAX);
	struct wq_rules_notices notices = {.cli = cli};
	wq_str actor = wq_cli_actor(cli);
	struct wq_arena arena;
	struct wq_ruleset set;

	wq_rules_notices_begin(&notices, &out);
	wq_arena_init(&arena, SET_MEMORY);
	wq_err e = wq_ruleset_take(from, wq_cli_value(args, "name"), &arena, wq_rules_notice, &notices, &set);
	if (!wq_failed(e))
		e = wq_ruleset_store(w, &set, args->words[0], actor);
	if (!wq_failed(e))
		e = wq_ruleset_use(w, set.name, actor);
	if (!wq_failed(e))
		e = set_result(cli, &notices, &set);
	wq_arena_done(&arena);
	return e;
}

static wq_err import(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	const char *from = wq_arena_cstr(&cli->arena, args->words[0]), *folder = from, *temporary = NULL;
	wq_err e = WQ_OK;

	if (!from)
		return wq_arena_err(&cli->arena);
	if (!is_folder(from) && !wq_str_ends(args->words[0], WQ_S(".conf")))
		e = unpacked(cli, w, from, &temporary, &folder);
	if (!wq_failed(e))
		e = take_and_use(cli, args, w, folder);
	if (temporary)
		WQ_IGNORE(wq_dir_remove_tree(w->fs, temporary));
	return e;
}

/* ---- use and list ---- */

static wq_err use(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_TRY(wq_ruleset_use(w, args->words[0], wq_cli_actor(cli)));
	wq_cli_print(cli, "规则集 %.*s 已启用\n", "rule set %.*s is in force\n", WQ_S_ARG(args->words[0]));
	return wq_cli_json_ok(cli);
}

static void list_json(struct wq_json *json, const struct wq_ruleset_row *row)
{
	char hex[WQ_DIGEST_HEX];

	wq_json_object(json);
	wq_json_put_str(json, "name", row->name);
	wq_json_put_bool(json, "active", row->active);
	wq_json_put_bool(json, "recorded", row->recorded);
	wq_json_put_bool(json, "altered", row->altered);
	if (row->recorded) {
		wq_json_put_time(json, "imported", row->time);
		wq_json_put_str(json, "by", row->actor);
		wq_json_put_str(json, "digest", wq_str_c(wq_digest_hex(row->digest, hex)));
		wq_json_put_u64(json, "rules", row->rules);
		wq_json_put_u64(json, "files", row->files);
	}
	wq_json_object_end(json);
}

static void list_row(struct wq_cli *cli, const struct wq_ruleset_row *row)
{
	char time[32];

	wq_cli_print(cli, "%s %-30.*s %s  规则 %llu 条  %.*s%s\n", "%s %-30.*s %s  %llu rules  %.*s%s\n",
		row->active ? "*" : " ", WQ_S_ARG(row->name), row->recorded ? wq_cli_time(row->time, time) : "-",
		(unsigned long long)row->rules, WQ_S_ARG(row->actor),
		!row->altered                     ? ""
			: cli->lang == WQ_LANG_ZH ? "  与账本不符"
						  : "  NOT WHAT THE LEDGER REMEMBERS");
}

static wq_err list(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, JSON_MAX);
	struct wq_ruleset_row *rows;
	struct wq_json json;
	size_t n;

	(void)args;
	WQ_TRY(wq_ruleset_list(w, &cli->arena, &rows, &n));
	wq_json_init(&json, &out);
	wq_json_array(&json);
	for (size_t i = 0; i < n; i++) {
		if (cli->json)
			list_json(&json, &rows[i]);
		else
			list_row(cli, &rows[i]);
	}
	wq_json_array_end(&json);
	if (n == 0)
		wq_cli_print(cli, "没有规则集；用 weique rules import 导入\n",
			"no rule set; take one in by weique rules import\n");
	return cli->json ? wq_cli_json(cli, &json) : WQ_OK;
}

/* ---- rows; rules test and rules explain have tables in files of their own ---- */

/* ---- rows ---- */

static wq_err cmd_import(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, import);
}

static wq_err cmd_use(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, use);
}

static wq_err cmd_list(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, list);
}

static const struct wq_cli_option import_options[] = {
	{"name", "NAME",
		{"规则集名称（缺省取自 SecComponentSignature）",
			"name of the set (default: what SecComponentSignature says)"},
		false},
	{0}};

const struct wq_cli_command wq_cmd_rules_sets[] = {
	{"rules import", "ARCHIVE|DIR|FILE.conf", 1, 1,
		{"导入规则集，检查后启用", "take a rule set in, check it and put it in force"},
		{"接受 OWASP 核心规则集的发行包（.tar.gz、.zip）或目录，以及 Debian 的 /usr/share/modsecurity-crs。只取规则文件及其引用的文件；摘要和操作者记入账本"
		 "（rules.imported、rules.activated）。旧规则集保留，可用 weique rules use 换回。",
			"A release of the OWASP Core Rule Set (.tar.gz, .zip) or its folder, Debian's /usr/share/modsecurity-crs, or a file of "
			"your own. Only rule files and what they name are taken; digest and operator stand in the ledger (rules.imported, "
			"rules.activated). The old set stays: weique rules use goes back to it."},
		import_options, cmd_import, "weique rules import coreruleset-4.28.0-minimal.tar.gz"},
	{"rules list", "", 0, 0, {"已导入的规则集，哪个在用", "rule sets that were taken in, and which is in force"},
		{"逐个与账本中的摘要核对。", "Each is compared with the digest that the ledger remembers."}, NULL,
		cmd_list, "weique rules list"},
	{"rules use", "NAME", 1, 1, {"换用已导入的规则集", "put another set in force that was taken in"},
		{"先核对摘要并重新检查；网关在下次重载 nginx 时换用。",
			"Its digest is compared and it is compiled first; gates change over when nginx is reloaded."},
		NULL, cmd_use, "weique rules use owasp-crs-4.28.0"},
	{0},
};
