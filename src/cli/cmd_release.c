#include "cli/commands.h"
#include "cli/release_priv.h"
#include "flow/decide.h"
#include "flow/rollback.h"

enum { LIST_LIMIT = 200, SAID_FINDINGS = 20, JSON_MAX = 512 * 1024 * 1024 };

/* ---- list ---- */

void wq_release_json(struct wq_json *json, const struct wq_release_row *r)
{
	wq_json_object(json);
	wq_json_put_str(json, "id", r->id);
	wq_json_put_str(json, "app", r->said.app);
	wq_json_put_str(json, "state", wq_str_c(wq_release_state_name(r->state)));
	wq_json_put_str(json, "author", r->said.author);
	wq_json_put_time(json, "created", r->said.created);
	wq_json_put_u64(json, "base_serial", r->said.base_serial);
	wq_json_put_u64(json, "serial", r->serial);
	wq_json_put_u64(json, "entries", r->said.entries);
	wq_json_put_u64(json, "added", r->said.added);
	wq_json_put_u64(json, "changed", r->said.changed);
	wq_json_put_u64(json, "gone", r->said.gone);
	wq_json_put_hex(json, "body_root", r->said.body_root.b, sizeof r->said.body_root.b);
	wq_json_object_end(json);
}

static wq_err list(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, JSON_MAX);
	struct wq_release_row *releases;
	struct wq_json json;
	char when[32];
	size_t n;

	WQ_TRY(wq_release_list(w->ledger, wq_cli_value(args, "app"), LIST_LIMIT, &cli->arena, &releases, &n));
	if (cli->json) {
		wq_json_init(&json, &out);
		wq_json_array(&json);
		for (size_t i = 0; i < n; i++)
			wq_release_json(&json, &releases[i]);
		wq_json_array_end(&json);
		return wq_cli_json(cli, &json);
	}
	for (size_t i = 0; i < n; i++) {
		const struct wq_release_row *r = &releases[i];
		fprintf(cli->out, "%-8.*s %-12.*s %s  +%llu ~%llu -%llu  %.*s  %s\n", WQ_S_ARG(r->id),
			WQ_S_ARG(r->said.app), wq_cli_time(r->said.created, when), (unsigned long long)r->said.added,
			(unsigned long long)r->said.changed, (unsigned long long)r->said.gone, WQ_S_ARG(r->said.author),
			wq_release_state_title(r->state, cli->lang));
	}
	return WQ_OK;
}

/* ---- decide ---- */

static wq_err load_key(struct wq_workspace *w, const struct wq_cli_args *args, wq_str person, bool demonstration,
	struct wq_sm2_key **ret_key)
{
	struct wq_secret passphrase = {0};
	wq_str file = wq_cli_value(args, "key");
	wq_err e;

	WQ_TRY(wq_cli_passphrase(args, &passphrase));
	e = wq_sm2_load(
		demonstration ? wq_workspace_path(w, "keys/%.*s.key", WQ_S_ARG(person)) : file.p, &passphrase, ret_key);
	wq_secret_done(&passphrase);
	return e;
}

/* Says which findings a decision is about: before it, so that nobody accepts what they were not told of. */
static wq_err say_findings(struct wq_cli *cli, struct wq_workspace *w, wq_str release)
{
	struct wq_finding *findings;
	size_t n;

	WQ_TRY(wq_findings_serious(w, release, &cli->arena, &findings, &n));
	if (n > 0)
		wq_cli_print(
			cli, "严重程度为高或以上的发现 %zu 项：\n", "%zu findings of severity high or critical:\n", n);
	for (size_t i = 0; i < n && i < SAID_FINDINGS && !cli->json && !cli->quiet; i++) {
		fprintf(cli->out, "  [%s] %.*s  ", wq_severity_title(findings[i].severity, cli->lang),
			WQ_S_ARG(findings[i].rule));
		wq_cli_text(cli->out, findings[i].place.key);
		fputs("  ", cli->out);
		wq_cli_text(cli->out, findings[i].evidence.excerpt);
		fputc('\n', cli->out);
	}
	if (n > SAID_FINDINGS)
		wq_cli_print(cli, "  … 其余见 release show\n", "  … the rest: release show\n");
	return WQ_OK;
}

static wq_err decide(
	struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w, enum wq_verdict verdict)
{
	struct wq_decide_options options = {.release = args->words[0],
		.person = wq_cli_value(args, "person"),
		.stage = wq_cli_has(args, "stage") ? wq_cli_value(args, "stage") : WQ_S("review"),
		.comment = wq_cli_value(args, "comment"),
		.accept_findings = wq_cli_has(args, "accept-findings"),
		.verdict = verdict};
	struct wq_sm2_key *key = NULL;
	wq_err e;

	options.demonstration = wq_cli_has(args, "as");
	if (options.demonstration)
		options.person = wq_cli_value(args, "as");
	if (!wq_id_valid(options.person) || (!options.demonstration && wq_cli_value(args, "key").n == 0))
		return wq_error(WQ_E_USAGE, "--person ID --key FILE, or in the demonstration --as ID");
	if (!wq_stage_find(options.stage))
		return wq_error(WQ_E_USAGE, "--stage is review, secrecy or release");
	if (verdict == WQ_VERDICT_APPROVE)
		WQ_TRY(say_findings(cli, w, options.release));
	WQ_TRY(load_key(w, args, options.person, options.demonstration, &key));
	e = wq_decide(w, &options, key);
	wq_sm2_key_free(&key);
	WQ_TRY(e);
	if (verdict == WQ_VERDICT_APPROVE)
		wq_cli_print(cli, "%.*s 同意发布 %.*s；全部同意后：weique release seal %.*s\n",
			"%.*s approved release %.*s; when all have: weique release seal %.*s\n",
			WQ_S_ARG(options.person), WQ_S_ARG(options.release), WQ_S_ARG(options.release));
	else
		wq_cli_print(cli, "%.*s 退回发布 %.*s\n", "%.*s rejected release %.*s\n", WQ_S_ARG(options.person),
			WQ_S_ARG(options.release));
	return wq_cli_json_ok(cli);
}

static wq_err approve(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	return decide(cli, args, w, WQ_VERDICT_APPROVE);
}

static wq_err reject(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	return decide(cli, args, w, WQ_VERDICT_REJECT);
}

/* ---- seal ---- */

static wq_err seal(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, 4096);
	struct wq_seal_result result;
	char digest[WQ_DIGEST_HEX];
	struct wq_json json;

	WQ_TRY(wq_seal(w, args->words[0], wq_cli_actor(cli), &result));
	wq_cli_print(cli, "发布 %.*s 已封存：版本 %llu，快照 %s\n",
		"release %.*s is sealed: serial %llu, snapshot %s\n", WQ_S_ARG(args->words[0]),
		(unsigned long long)result.serial, wq_digest_hex(result.snapshot, digest));
	if (!cli->json)
		return WQ_OK;
	wq_json_init(&json, &out);
	wq_json_object(&json);
	wq_json_put_u64(&json, "serial", result.serial);
	wq_json_put_hex(&json, "snapshot", result.snapshot.b, sizeof result.snapshot.b);
	wq_json_put_bool(&json, "again", result.again);
	wq_json_object_end(&json);
	return wq_cli_json(cli, &json);
}

/* ---- rollback ---- */

static wq_err rollback(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, 4096);
	struct wq_rollback_options options = {
		.app = args->words[0], .author = wq_cli_value(args, "author"), .reason = wq_cli_value(args, "reason")};
	struct wq_rollback_result r;
	struct wq_json json;

	if (!wq_str_to_u64(wq_cli_value(args, "to"), UINT64_MAX, &options.serial) || options.serial == 0)
		return wq_error(WQ_E_USAGE, "--to SERIAL: a version that was sealed (weique release list)");
	if (!wq_id_valid(options.author))
		return wq_error(WQ_E_USAGE, "--author ID: who proposes it");
	WQ_TRY(wq_rollback(w, &options, &r));
	wq_cli_print(cli, "发布 %.*s 待审核：回到版本 %llu（新增 %llu，修改 %llu，消失 %llu）\n",
		"release %.*s waits for decisions: back to serial %llu (%llu added, %llu changed, %llu gone)\n",
		WQ_S_ARG(r.release), (unsigned long long)options.serial, (unsigned long long)r.added,
		(unsigned long long)r.changed, (unsigned long long)r.gone);
	if (!cli->json)
		return WQ_OK;
	wq_json_init(&json, &out);
	wq_json_object(&json);
	wq_json_put_str(&json, "release", r.release);
	wq_json_put_bool(&json, "again", r.again);
	wq_json_put_u64(&json, "to", options.serial);
	wq_json_put_u64(&json, "added", r.added);
	wq_json_put_u64(&json, "changed", r.changed);
	wq_json_put_u64(&json, "gone", r.gone);
	wq_json_object_end(&json);
	return wq_cli_json(cli, &json);
}

static wq_err cmd_rollback(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, rollback);
}

static wq_err cmd_list(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, list);
}

static wq_err cmd_approve(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, approve);
}

static wq_err cmd_reject(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, reject);
}

static wq_err cmd_seal(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, seal);
}

static const struct wq_cli_option list_options[] = {
	{"app", "ID", {"只列这个应用", "of this application only"}, false}, {0}};
static const struct wq_cli_option show_options[] = {{"all", NULL, {"列出全部变更", "list every change"}, false}, {0}};
static const struct wq_cli_option rollback_options[] = {
	{"to", "SERIAL", {"要回到的封存版本", "the sealed version to go back to"}, false},
	{"author", "ID", {"提出人（不能审核此发布）", "who proposes it (and cannot decide on it)"}, false},
	{"reason", "TEXT", {"原因（记入账本）", "why, for the ledger"}, false},
	{0},
};
static const struct wq_cli_option decide_options[] = {
	{"person", "ID", {"审核人员", "who decides"}, false},
	{"key", "FILE", {"本人的 SM2 私钥文件", "the person's own SM2 key file"}, false},
	{"passphrase-file", "FILE", {"私钥口令所在文件", "file with the passphrase of the key"}, false},
	{"comment", "TEXT", {"审核意见（写入签名）", "a comment, which is signed along"}, false},
	{"stage", "STAGE",
		{"审核环节：review（缺省）、secrecy、release", "stage: review (the default), secrecy, release"}, false},
	{"accept-findings", NULL,
		{"接受严重程度为高或以上的发现，须有 --comment（一并签名）",
			"accept findings of severity high or critical; needs a --comment (signed along)"},
		false},
	{"as", "ID",
		{"仅限演示：用状态目录中的私钥（会标记在事件里）",
			"demonstration only: the key in the state directory (marked so in the event)"},
		false},
	{0},
};

const struct wq_cli_command wq_cmd_release[] = {
	{"release list", "[--app ID]", 0, 0, {"列出发布", "list releases"}, {0}, list_options, cmd_list,
		"weique release list --app portal --json"},
	{"release show", "ID", 1, 1, {"查看发布：变更、发现、审核", "show a release: changes, findings, decisions"},
		{0}, show_options, wq_release_cmd_show, "weique release show r12 --all"},
	{"release diff", "ID [KEY…]", 1, WQ_CLI_ARGS_MAX,
		{"逐页对比：之前（已封存）与之后（拟发布）", "compare before (sealed) and after (proposed)"},
		{"先列出同一改动的各组，再显示每组的代表页：状态、类型、头，可见文字，然后是不可见的标记（入侵者改的正是这些，标有 !）。"
		 "KEY 为“主机/路径”或“/路径”。",
			"Groups of equal changes first, then one page of each: status, type, headers, visible text, then markup that is "
			"not visible (what intruders change, marked !). KEY is host/path or /path."},
		wq_release_diff_options, wq_release_cmd_diff, "weique release diff r12 --html r12.html"},
	{"release approve", "ID --person ID --key FILE", 1, 1,
		{"同意发布（本人签名）", "approve it, signed by the person"},
		{"作者不能审核自己的变更；机关事业单位的审核人员须为在编人员（B1，2024 第十三条）。",
			"The author never decides; organs and institutions need in-establishment reviewers (B1, 2024 art. 13)."},
		decide_options, cmd_approve,
		"weique release approve r12 --person wang --key ~/wang.key --comment 同意发布"},
	{"release reject", "ID --person ID --key FILE", 1, 1, {"退回发布", "reject it"}, {0}, decide_options,
		cmd_reject, "weique release reject r12 --person wang --key ~/wang.key --comment 请补充依据"},
	{"release seal", "ID", 1, 1,
		{"核验审核签名并封存，网关随即提供新版本", "verify the decisions, seal it, serve it"}, {0}, NULL,
		cmd_seal, "weique release seal r12"},
	{"release rollback", "APP --to SERIAL --author ID", 1, 1,
		{"提出一个发布，内容为以前的封存版本",
			"propose a release with the content of an earlier sealed version"},
		{"与其他发布一样需要审核和封存，得到新的版本号；该版本须仍被保留（vault.keep）。",
			"It needs decisions and a seal like any other and gets a new serial; that version has to be kept still "
			"(vault.keep)."},
		rollback_options, cmd_rollback,
		"weique release rollback portal --to 7 --author editor --reason 首页被误改"},
	{0},
};
