#include "cli/commands.h"
#include "cli/release_priv.h"
#include "flow/decide.h"
#include "flow/diff.h"
#include "flow/sealed.h"

enum { LIST_LIMIT = 200, SHOWN_FINDINGS = 200, SHOWN_CHANGES = 40, JSON_MAX = 512 * 1024 * 1024 };

/* ---- list ---- */

static void json_release(struct wq_json *json, const struct wq_release_row *r)
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
			json_release(&json, &releases[i]);
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

/* ---- show ---- */

struct show {
	struct wq_cli *cli;
	struct wq_json *json;
	uint64_t shown, limit;
};

static wq_err show_change(void *data, const struct wq_change *change)
{
	static const char marks[] = {'+', '~', '-'};
	struct show *show = data;

	if (show->shown++ >= show->limit)
		return WQ_OK;
	if (show->cli->json) {
		wq_json_object(show->json);
		wq_json_put_str(show->json, "change", wq_str_c(wq_change_name(change->kind)));
		wq_json_put_str(show->json, "key", change->key);
		if (change->was)
			wq_json_put_hex(show->json, "was", change->was->identity.digest.b, WQ_DIGEST_BYTES);
		if (change->is) {
			wq_json_put_u64(show->json, "status", change->is->status);
			wq_json_put_str(show->json, "type", change->is->type);
			wq_json_put_u64(show->json, "bytes", change->is->identity.length_bytes);
			wq_json_put_hex(show->json, "is", change->is->identity.digest.b, WQ_DIGEST_BYTES);
		}
		wq_json_object_end(show->json);
		return WQ_OK;
	}
	fprintf(show->cli->out, "  %c %s %.*s\n", marks[change->kind], wq_change_title(change->kind, show->cli->lang),
		WQ_S_ARG(change->key));
	return WQ_OK;
}

static wq_err show_changes(struct show *show, struct wq_workspace *w, const struct wq_release_row *r)
{
	struct wq_sealed_view base, body;
	wq_err e;
	bool has_base;

	WQ_TRY(wq_sealed_open_body(w, r, &body));
	e = wq_sealed_open(w, r->said.app, &base);
	has_base = !wq_failed(e) && base.snapshot.head.serial == r->said.base_serial;
	if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND)) {
		wq_sealed_close(&body);
		return e;
	}
	if (!has_base && r->said.base_serial > 0)
		wq_cli_print(show->cli, "  （此发布基于已被取代的版本 %llu）\n",
			"  (it builds on serial %llu, which is superseded)\n", (unsigned long long)r->said.base_serial);
	e = wq_diff(has_base ? &base.snapshot : NULL, &body.snapshot, show_change, show);
	if (!wq_failed(e) && show->shown > show->limit)
		wq_cli_print(show->cli, "  … 还有 %llu 项（--all 全部列出）\n",
			"  … and %llu more (--all lists them)\n", (unsigned long long)(show->shown - show->limit));
	wq_sealed_close(&body);
	if (has_base)
		wq_sealed_close(&base);
	return e;
}

static wq_err show_findings(struct show *show, struct wq_workspace *w, const struct wq_release_row *r)
{
	struct wq_cli *cli = show->cli;
	wq_str *findings;
	size_t n;

	WQ_TRY(wq_release_findings(w->ledger, r->id, SHOWN_FINDINGS, &cli->arena, &findings, &n));
	if (n > 0)
		wq_cli_print(cli, "\n发现（B2）：\n", "\nfindings (B2):\n");
	for (size_t i = 0; i < n; i++) {
		struct wq_finding f;

		WQ_TRY(wq_finding_from_json(&cli->arena, findings[i], &f));
		if (cli->json) {
			if (wq_failed(wq_finding_to_json(&f, show->json->out)))
				return wq_buf_err(show->json->out);
			if (i + 1 < n)
				wq_buf_byte(show->json->out, ',');
			continue;
		}
		fprintf(cli->out, "  [%s] %.*s  %.*s:%u\n      %.*s\n      -> %.*s\n",
			wq_severity_title(f.severity, cli->lang), WQ_S_ARG(f.rule), WQ_S_ARG(f.place.key), f.place.line,
			WQ_S_ARG(f.evidence.excerpt), WQ_S_ARG(cli->lang == WQ_LANG_ZH ? f.advice_zh : f.advice_en));
	}
	return WQ_OK;
}

static void json_decision(struct wq_json *json, const struct wq_decision *d)
{
	wq_json_object(json);
	wq_json_put_str(json, "person", d->person);
	wq_json_put_str(json, "verdict", d->verdict == WQ_VERDICT_APPROVE ? WQ_S("approve") : WQ_S("reject"));
	wq_json_put_str(json, "stage", d->stage);
	wq_json_put_time(json, "time", d->time);
	wq_json_put_str(json, "comment", d->comment);
	wq_json_put_bool(json, "demonstration", d->demonstration);
	wq_json_object_end(json);
}

static void print_decision(struct wq_cli *cli, const struct wq_decision *d)
{
	char when[32];

	fprintf(cli->out, "  %s  %.*s  %s%s  ", wq_cli_time(d->time, when), WQ_S_ARG(d->person),
		d->verdict == WQ_VERDICT_APPROVE ? (cli->lang == WQ_LANG_ZH ? "同意" : "approved")
						 : (cli->lang == WQ_LANG_ZH ? "退回" : "rejected"),
		d->demonstration ? (cli->lang == WQ_LANG_ZH ? "（演示）" : " (demonstration)") : "");
	wq_cli_text(cli->out, d->comment);
	fputc('\n', cli->out);
}

static wq_err show_text(struct show *show, struct wq_workspace *w, const struct wq_release_row *r,
	const struct wq_decision_row *decisions, size_t decisions_n)
{
	struct wq_cli *cli = show->cli;
	char when[32], root[WQ_DIGEST_HEX];

	wq_cli_print(cli, "发布 %.*s（应用 %.*s）：%s\n作者 %.*s，%s，%llu 个条目，内容根 %s\n\n变更：\n",
		"release %.*s of %.*s: %s\nauthor %.*s, %s, %llu entries, body root %s\n\nchanges:\n", WQ_S_ARG(r->id),
		WQ_S_ARG(r->said.app), wq_release_state_title(r->state, cli->lang), WQ_S_ARG(r->said.author),
		wq_cli_time(r->said.created, when), (unsigned long long)r->said.entries,
		wq_digest_hex(r->said.body_root, root));
	WQ_TRY(show_changes(show, w, r));
	WQ_TRY(show_findings(show, w, r));
	if (decisions_n > 0)
		wq_cli_print(cli, "\n审核：\n", "\ndecisions:\n");
	for (size_t i = 0; i < decisions_n; i++)
		print_decision(cli, &decisions[i].said);
	return WQ_OK;
}

static wq_err show_json(struct show *show, struct wq_workspace *w, const struct wq_release_row *r,
	const struct wq_decision_row *decisions, size_t decisions_n)
{
	struct wq_json *json = show->json;

	wq_json_object(json);
	wq_json_key(json, WQ_S("release"));
	json_release(json, r);
	wq_json_key(json, WQ_S("decisions"));
	wq_json_array(json);
	for (size_t i = 0; i < decisions_n; i++)
		json_decision(json, &decisions[i].said);
	wq_json_array_end(json);
	wq_json_key(json, WQ_S("changes"));
	wq_json_array(json);
	WQ_TRY(show_changes(show, w, r));
	wq_json_array_end(json);
	wq_json_key(json, WQ_S("findings"));
	wq_json_array(json);
	WQ_TRY(show_findings(show, w, r));
	wq_json_array_end(json);
	wq_json_object_end(json);
	return wq_cli_json(show->cli, json);
}

static wq_err show(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, JSON_MAX);
	struct wq_json json;
	struct show s = {
		.cli = cli, .json = &json, .limit = wq_cli_has(args, "all") || cli->json ? UINT64_MAX : SHOWN_CHANGES};
	struct wq_release_row release;
	struct wq_decision_row *decisions;
	size_t n;

	WQ_TRY(wq_release_find(w->ledger, args->words[0], &cli->arena, &release));
	WQ_TRY(wq_release_decisions(w->ledger, release.id, &cli->arena, &decisions, &n));
	wq_json_init(&json, &out);
	return cli->json ? show_json(&s, w, &release, decisions, n) : show_text(&s, w, &release, decisions, n);
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

static wq_err decide(
	struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w, enum wq_verdict verdict)
{
	struct wq_decide_options options = {.release = args->words[0],
		.person = wq_cli_value(args, "person"),
		.stage = WQ_S("review"),
		.comment = wq_cli_value(args, "comment"),
		.verdict = verdict};
	struct wq_sm2_key *key = NULL;
	wq_err e;

	options.demonstration = wq_cli_has(args, "as");
	if (options.demonstration)
		options.person = wq_cli_value(args, "as");
	if (!wq_id_valid(options.person) || (!options.demonstration && wq_cli_value(args, "key").n == 0))
		return wq_error(WQ_E_USAGE, "--person ID --key FILE, or in the demonstration --as ID");
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

static wq_err cmd_list(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, list);
}

static wq_err cmd_show(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, show);
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
static const struct wq_cli_option decide_options[] = {
	{"person", "ID", {"审核人员", "who decides"}, false},
	{"key", "FILE", {"本人的 SM2 私钥文件", "the person's own SM2 key file"}, false},
	{"passphrase-file", "FILE", {"私钥口令所在文件", "file with the passphrase of the key"}, false},
	{"comment", "TEXT", {"审核意见（写入签名）", "a comment, which is signed along"}, false},
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
		{0}, show_options, cmd_show, "weique release show r12 --all"},
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
	{0},
};
