/* weique vault: what is kept of sealed versions, whether it is right, making room, putting back from a backup. */
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "flow/audit.h"
#include "flow/collect.h"
#include "seal/protocol.h"

#include <unistd.h>

enum { JSON_MAX = 64 * 1024 * 1024 };

static const struct {
	const char *zh, *en;
} titles[WQ_COLLECTED_KINDS] = {
	[WQ_COLLECTED_SNAPSHOT] = {"快照", "snapshots"},
	[WQ_COLLECTED_BODY] = {"发布内容表", "bodies"},
	[WQ_COLLECTED_PACK] = {"封存包", "packs"},
	[WQ_COLLECTED_TEMPORARY] = {"临时文件", "temporary files"},
};

static const char *title(const struct wq_cli *cli, int kind)
{
	return cli->lang == WQ_LANG_ZH ? titles[kind].zh : titles[kind].en;
}

/* ---- status and gc ---- */

static wq_err options_of(struct wq_cli *cli, const struct wq_cli_args *args, const struct wq_workspace *w,
	struct wq_collect_options *ret)
{
	wq_str keep = wq_cli_value(args, "keep");
	uint64_t n = w->settings.vault_keep;

	if (wq_cli_has(args, "keep") && (!wq_str_to_u64(keep, 1000000, &n) || n == 0))
		return wq_error(WQ_E_USAGE, "--keep takes a number from 1 on");
	*ret = (struct wq_collect_options){
		.keep = (size_t)n, .grace_msec = w->settings.vault_grace_msec, .actor = wq_cli_actor(cli)};
	return WQ_OK;
}

static void json_result(struct wq_json *json, const struct wq_collect_result *r)
{
	for (int kind = 0; kind < WQ_COLLECTED_KINDS; kind++) {
		wq_json_key(json, wq_str_c(wq_collected_name((enum wq_collected)kind)));
		wq_json_object(json);
		wq_json_put_u64(json, "kept", r->kept[kind]);
		wq_json_put_u64(json, "kept_bytes", r->kept_bytes[kind]);
		wq_json_put_u64(json, "removable", r->removed[kind]);
		wq_json_put_u64(json, "removable_bytes", r->removed_bytes[kind]);
		wq_json_object_end(json);
	}
}

static wq_err print_json(
	struct wq_cli *cli, const struct wq_collect_options *options, const struct wq_collect_result *r)
{
	WQ_BUF(out, JSON_MAX);
	struct wq_json json;

	wq_json_init(&json, &out);
	wq_json_object(&json);
	wq_json_put_u64(&json, "keep", options->keep);
	wq_json_put_bool(&json, "dry_run", options->dry_run);
	json_result(&json, r);
	wq_json_object_end(&json);
	return wq_cli_json(cli, &json);
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (double)WQ_MIB;
}

static wq_err status(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_collect_options options;
	struct wq_collect_result r;

	WQ_TRY(options_of(cli, args, w, &options));
	options.dry_run = true;
	WQ_TRY(wq_collect(w, &options, &r));
	if (cli->json)
		return print_json(cli, &options, &r);
	wq_cli_print(cli, "每个应用保留最近 %zu 个封存版本\n",
		"the last %zu sealed versions of each application are kept\n", options.keep);
	for (int kind = 0; kind < WQ_COLLECTED_KINDS; kind++)
		if (r.kept[kind] + r.removed[kind] > 0)
			wq_cli_print(cli, "  %-10s 保留 %llu（%.1f MiB），可清理 %llu（%.1f MiB）\n",
				"  %-16s %llu kept (%.1f MiB), %llu could go (%.1f MiB)\n", title(cli, kind),
				(unsigned long long)r.kept[kind], mib(r.kept_bytes[kind]),
				(unsigned long long)r.removed[kind], mib(r.removed_bytes[kind]));
	return WQ_OK;
}

static void print_file(void *data, enum wq_collected kind, const char *path, uint64_t bytes)
{
	struct wq_cli *cli = data;

	(void)kind;
	wq_cli_print(cli, "  %s（%llu 字节）\n", "  %s (%llu bytes)\n", path, (unsigned long long)bytes);
}

static wq_err collect(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_collect_options options;
	struct wq_collect_result r;

	WQ_TRY(options_of(cli, args, w, &options));
	options.dry_run = wq_cli_has(args, "dry-run");
	if (options.dry_run) {
		options.visit = print_file;
		options.data = cli;
	}
	WQ_TRY(wq_collect(w, &options, &r));
	if (cli->json)
		return print_json(cli, &options, &r);
	if (r.removed[WQ_COLLECTED_SNAPSHOT] + r.removed[WQ_COLLECTED_BODY] + r.removed[WQ_COLLECTED_PACK] +
			r.removed[WQ_COLLECTED_TEMPORARY] ==
		0)
		wq_cli_print(cli, "没有可清理的\n", "nothing to remove\n");
	for (int kind = 0; kind < WQ_COLLECTED_KINDS; kind++)
		if (r.removed[kind] > 0)
			wq_cli_print(cli,
				options.dry_run ? "将清理%s %llu 个，%.1f MiB\n" : "已清理%s %llu 个，%.1f MiB\n",
				options.dry_run ? "%s: %llu would go, %.1f MiB\n" : "%s: %llu removed, %.1f MiB\n",
				title(cli, kind), (unsigned long long)r.removed[kind], mib(r.removed_bytes[kind]));
	return WQ_OK;
}

/* ---- verify and repair ---- */

struct look {
	struct wq_cli *cli;
	struct wq_progress meter;
	struct wq_json json;
};

static void wrong(void *data, enum wq_audited kind, const char *path, wq_err what, bool repaired)
{
	static const char *const names[] = {"snapshot", "body", "pack"};
	struct look *look = data;

	if (look->cli->json) {
		wq_json_object(&look->json);
		wq_json_put_str(&look->json, "what", wq_str_c(names[kind]));
		wq_json_put_str(&look->json, "path", wq_str_c(path));
		wq_json_put_bool(&look->json, "repaired", repaired);
		wq_json_key(&look->json, WQ_S("error"));
		wq_json_err(&look->json, what);
		wq_json_object_end(&look->json);
		return;
	}
	wq_progress_done(&look->meter);
	fprintf(look->cli->out, "%s  %s\n    %s: ",
		repaired ? (look->cli->lang == WQ_LANG_ZH ? "已修复" : "repaired")
			 : (look->cli->lang == WQ_LANG_ZH ? "有误" : "wrong"),
		path, wq_err_message(what, look->cli->lang));
	wq_cli_text(look->cli->out, wq_str_c(wq_err_note(what)));
	fputc('\n', look->cli->out);
}

static void progress(void *data, uint64_t bytes)
{
	struct look *look = data;

	wq_progress_add(&look->meter, bytes);
}

static wq_err end(struct look *look, const struct wq_audit_result *r, bool signatures)
{
	struct wq_cli *cli = look->cli;

	if (cli->json) {
		wq_json_array_end(&look->json);
		wq_json_put_u64(&look->json, "snapshots", r->snapshots);
		wq_json_put_u64(&look->json, "bodies", r->bodies);
		wq_json_put_u64(&look->json, "packs", r->packs);
		wq_json_put_u64(&look->json, "bytes", r->bytes);
		wq_json_put_u64(&look->json, "wrong", r->wrong);
		wq_json_put_u64(&look->json, "repaired", r->repaired);
		wq_json_put_u64(&look->json, "unknown_snapshots", r->unknown);
		wq_json_put_bool(&look->json, "signatures_checked", signatures);
		wq_json_object_end(&look->json);
		WQ_TRY(wq_cli_json(cli, &look->json));
	}
	wq_cli_print(cli, "核对：快照 %llu，内容表 %llu，封存包 %llu；有误 %llu，已修复 %llu\n",
		"looked at %llu snapshots, %llu bodies, %llu packs; %llu wrong, %llu repaired\n",
		(unsigned long long)r->snapshots, (unsigned long long)r->bodies, (unsigned long long)r->packs,
		(unsigned long long)r->wrong, (unsigned long long)r->repaired);
	if (r->unknown > 0)
		wq_cli_print(cli, "账本不认识的快照 %llu 个\n", "%llu snapshots that the ledger does not know\n",
			(unsigned long long)r->unknown);
	if (!signatures)
		wq_cli_print(cli, "weique-sign 未运行：未核对签名，只核对了账本中的摘要\n",
			"weique-sign does not run: signatures were not checked, only the digests that the ledger has\n");
	return r->wrong > r->repaired ? wq_error(WQ_E_ALTERED, "%llu things are wrong; weique vault repair --from DIR",
						(unsigned long long)(r->wrong - r->repaired))
				      : WQ_OK;
}

static wq_err look_at_all(struct wq_cli *cli, struct wq_workspace *w, const char *from)
{
	WQ_BUF(out, JSON_MAX);
	struct look look = {.cli = cli};
	struct wq_audit_options options = {
		.from = from, .actor = wq_cli_actor(cli), .wrong = wrong, .progress = progress, .data = &look};
	struct wq_audit_result result;
	struct wq_seal_keys keys;
	wq_err e;

	if (!wq_failed(wq_seal_ask_keys(wq_arena_cstr(&cli->arena, w->sign_socket), &keys))) {
		options.keys = keys.keys;
		options.keys_n = keys.n;
	}
	wq_json_init(&look.json, &out);
	wq_json_object(&look.json);
	wq_json_key(&look.json, WQ_S("wrong_things"));
	wq_json_array(&look.json);
	wq_progress_init(&look.meter, cli->clock, STDERR_FILENO,
		cli->lang == WQ_LANG_ZH ? "核对（字节）" : "checking (bytes)", 0, cli->json || cli->quiet);
	e = wq_audit(w, &options, &result);
	wq_progress_done(&look.meter);
	WQ_TRY(e);
	return end(&look, &result, options.keys_n > 0);
}

static wq_err verify(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	(void)args;
	return look_at_all(cli, w, NULL);
}

static wq_err repair(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	const char *from = wq_arena_cstr(&cli->arena, wq_cli_value(args, "from"));

	if (!from || !*from)
		return wq_error(
			WQ_E_USAGE, "--from DIR: a backup of the state directory, a shelf, or a folder of packs");
	return look_at_all(cli, w, from);
}

/* ---- rows ---- */

static wq_err cmd_status(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, status);
}

static wq_err cmd_gc(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, collect);
}

static wq_err cmd_verify(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, verify);
}

static wq_err cmd_repair(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, repair);
}

static const struct wq_cli_option status_options[] = {
	{"keep", "N", {"按保留 N 个版本计算", "as if N versions were kept"}, false}, {0}};
static const struct wq_cli_option gc_options[] = {
	{"keep", "N",
		{"每个应用保留最近 N 个封存版本（缺省见设置 vault.keep）",
			"versions of each application that are kept (default: vault.keep)"},
		false},
	{"dry-run", NULL, {"只列出，不清理", "say what would go, remove nothing"}, false}, {0}};
static const struct wq_cli_option repair_options[] = {
	{"from", "DIR",
		{"备份的状态目录、封存目录，或封存包所在目录",
			"a backup of the state directory, a shelf, or a folder of packs"},
		false},
	{0}};

const struct wq_cli_command wq_cmd_vault[] = {
	{"vault status", "", 0, 0, {"保留了什么，可以清理什么", "what is kept, and what could go"}, {0}, status_options,
		cmd_status, "weique vault status"},
	{"vault gc", "", 0, 0,
		{"清理不再保留的版本、内容表和封存包", "remove versions, bodies and packs that are no longer kept"},
		{"正在采集时拒绝执行。正在提供服务的版本、待审核的发布和它们的封存包从不清理；清理记入账本（vault.collected）。",
			"Refused while a capture runs. What is served, open releases and their packs never go; what goes stands in the "
			"ledger (vault.collected)."},
		gc_options, cmd_gc, "weique vault gc --keep 5 --dry-run"},
	{"vault verify", "", 0, 0, {"逐个核对快照和封存包", "check every snapshot and every pack"},
		{"对照账本、名称和摘要；weique-sign 运行时还核对签名。",
			"Against the ledger, names and digests; signatures too when weique-sign runs."},
		NULL, cmd_verify, "weique vault verify"},
	{"vault repair", "--from DIR", 0, 0,
		{"从备份恢复被改动或丢失的文件", "put back from a backup what was altered or lost"},
		{"放回之前先核对：备份不必可信。",
			"What is put back is checked first: the backup need not be trusted."},
		repair_options, cmd_repair, "weique vault repair --from /backup/weique"},
	{0},
};
