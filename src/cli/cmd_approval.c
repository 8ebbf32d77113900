#include "cli/commands.h"
#include "cli/common.h"
#include "flow/opening.h"
#include "text/key.h"

enum { LIST_LIMIT = 200, DAYS_MAX = 36600 };

/* ---- ask ---- */

/* The end: --days, as far as the rule lets it; without it the rule's own. */
static wq_err take_days(
	struct wq_workspace *w, const struct wq_cli_args *args, unsigned most, struct wq_approval_statement *said)
{
	wq_str given = wq_cli_value(args, "days");
	uint64_t days = most;

	if (given.n > 0 && (!wq_str_to_u64(given, DAYS_MAX, &days) || days == 0))
		return wq_error(WQ_E_USAGE, "--days takes 1 to %d", DAYS_MAX);
	if (most > 0 && days > most)
		return wq_error(WQ_E_DENIED, "%.*s: it holds at most %u days", WQ_S_ARG(said->rule), most);
	said->until = days > 0 ? wq_now(w->clock) + (wq_time)days * WQ_DAY : 0;
	return WQ_OK;
}

/* A link's object is its host, in the one form that everybody else uses. */
static wq_err take_object(struct wq_cli *cli, struct wq_approval_statement *said)
{
	char host[WQ_HOST_MAX + 1];
	enum wq_key_reason reason;
	size_t n;

	if (!wq_str_eq(said->subject, WQ_S(WQ_SUBJECT_LINK)))
		return WQ_OK;
	reason = wq_key_host(said->object, host, &n);
	if (reason != WQ_KEY_FINE)
		return wq_error(WQ_E_INPUT, "%.*s: %s", WQ_S_ARG(said->object), wq_key_reason_text(reason));
	said->object = wq_arena_str(&cli->arena, wq_str_of(host, n));
	return wq_arena_err(&cli->arena);
}

static bool is_about_app(wq_str subject)
{
	return wq_str_starts(subject, WQ_S("app.")) || wq_str_eq(subject, WQ_S("profile"));
}

/* Nobody is asked to approve an opening that the rules forbid. */
static wq_err check_opening(
	struct wq_cli *cli, struct wq_workspace *w, const struct wq_approval_statement *said, wq_str despite)
{
	struct wq_remarks remarks;
	struct wq_app_row app;

	if (!wq_str_eq(said->subject, WQ_S(WQ_SUBJECT_OPENING)))
		return WQ_OK;
	WQ_TRY(wq_app_find(w->ledger, said->app, &cli->arena, &app));
	if (app.state != WQ_APP_APPLIED)
		return wq_error(WQ_E_STATE, "application %.*s is %s", WQ_S_ARG(app.id), wq_app_state_name(app.state));
	WQ_TRY(wq_opening_check(w, &app, true, &remarks));
	return wq_opening_judge(&remarks, despite);
}

static wq_err ask(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	wq_str text = wq_cli_value(args, "text"), despite = wq_cli_value(args, "despite");
	struct wq_approval_statement said = {.subject = args->words[0],
		.object = args->words[1],
		.app = wq_cli_value(args, "app"),
		.asker = wq_cli_value(args, "person")};
	struct wq_approval_rule rule;
	struct wq_approval_row row;
	WQ_BUF(out, WQ_MIB);
	struct wq_json json;

	if (said.asker.n == 0)
		return wq_error(WQ_E_USAGE, "--person says who asks");
	if (is_about_app(said.subject))
		said.app = said.object;
	WQ_TRY(take_object(cli, &said));
	WQ_TRY(check_opening(cli, w, &said, despite));
	WQ_TRY(wq_opening_rule(w, said.subject, said.app, &rule));
	said.text = despite.n == 0 ? text
				   : wq_arena_printf(&cli->arena, "%.*s%s[despite] %.*s", WQ_S_ARG(text),
					     text.n ? "\n" : "", WQ_S_ARG(despite));
	said.rule = rule.span.name;
	said.in_establishment = rule.in_establishment;
	said.stages_n = rule.stages_n;
	memcpy(said.stages, rule.stages, sizeof said.stages);
	WQ_TRY(take_days(w, args, rule.days, &said));
	WQ_TRY(wq_approval_ask(w->ledger, &said, &cli->arena, &row));
	wq_cli_print(cli, "已提请审批 %.*s（%.*s）；下一步：weique approval approve %.*s --person … --key …\n",
		"approval %.*s is asked for (%.*s); next: weique approval approve %.*s --person … --key …\n",
		WQ_S_ARG(row.said.id), WQ_S_ARG(rule.span.clause), WQ_S_ARG(row.said.id));
	if (!cli->json)
		return WQ_OK;
	wq_json_init(&json, &out);
	wq_json_object(&json);
	wq_json_put_str(&json, "approval", row.said.id);
	wq_json_object_end(&json);
	return wq_cli_json(cli, &json);
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

static wq_err sign_and_record(
	struct wq_cli *cli, struct wq_workspace *w, struct wq_decision *said, const struct wq_sm2_key *key)
{
	WQ_BUF(canonical, WQ_DECISION_BYTES_MAX);
	struct wq_signed_decision proof;

	WQ_TRY(wq_approval_decision_encode(said, &canonical));
	proof.canonical = wq_buf_str(&canonical);
	WQ_TRY(wq_sm2_sign(key, proof.canonical, &proof.sig));
	return wq_approval_decide(w->ledger, &proof, &cli->arena);
}

static wq_err decide(
	struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w, enum wq_verdict verdict)
{
	struct wq_decision said = {.release = args->words[0],
		.person = wq_cli_value(args, "person"),
		.comment = wq_cli_value(args, "comment"),
		.verdict = verdict,
		.time = wq_now(w->clock),
		.demonstration = wq_cli_has(args, "as")};
	struct wq_approval_row row;
	struct wq_sm2_key *key = NULL;
	wq_err e;

	if (said.demonstration)
		said.person = wq_cli_value(args, "as");
	if (!wq_id_valid(said.person) || (!said.demonstration && wq_cli_value(args, "key").n == 0))
		return wq_error(WQ_E_USAGE, "--person ID --key FILE, or in the demonstration --as ID");
	WQ_TRY(wq_approval_find(w->ledger, said.release, &cli->arena, &row));
	said.statement = wq_sm3(row.statement);
	if (row.stage < row.said.stages_n)
		said.stage = wq_str_c(row.said.stages[row.stage]->name);
	WQ_TRY(load_key(w, args, said.person, said.demonstration, &key));
	e = sign_and_record(cli, w, &said, key);
	wq_sm2_key_free(&key);
	WQ_TRY(e);
	WQ_TRY(wq_approval_find(w->ledger, said.release, &cli->arena, &row));
	wq_cli_print(cli, "%.*s 已在环节 %.*s 决定；审批 %.*s：%s\n",
		"%.*s has decided in stage %.*s; approval %.*s: %s\n", WQ_S_ARG(said.person), WQ_S_ARG(said.stage),
		WQ_S_ARG(said.release), wq_approval_state_title(wq_approval_state(&row, wq_now(w->clock)), cli->lang));
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

static wq_err withdraw(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	wq_str person = wq_cli_value(args, "person");

	if (person.n == 0)
		return wq_error(WQ_E_USAGE, "--person says who takes it back");
	WQ_TRY(wq_approval_withdraw(w->ledger, args->words[0], person, wq_cli_value(args, "reason"), &cli->arena));
	wq_cli_print(cli, "审批 %.*s 已撤回\n", "approval %.*s is withdrawn\n", WQ_S_ARG(args->words[0]));
	return wq_cli_json_ok(cli);
}

/* ---- list and show ---- */

static void json_approval(struct wq_json *json, const struct wq_approval_row *a, wq_time now)
{
	wq_json_put_str(json, "id", a->said.id);
	wq_json_put_str(json, "subject", a->said.subject);
	wq_json_put_str(json, "object", a->said.object);
	wq_json_put_str(json, "app", a->said.app);
	wq_json_put_str(json, "asker", a->said.asker);
	wq_json_put_str(json, "text", a->said.text);
	wq_json_put_str(json, "rule", a->said.rule);
	wq_json_put_str(json, "state", wq_str_c(wq_approval_state_name(wq_approval_state(a, now))));
	wq_json_put_u64(json, "stage", a->stage);
	wq_json_key(json, WQ_S("stages"));
	wq_json_array(json);
	for (size_t i = 0; i < a->said.stages_n; i++)
		wq_json_str(json, wq_str_c(a->said.stages[i]->name));
	wq_json_array_end(json);
	wq_json_put_bool(json, "in_establishment", a->said.in_establishment);
	wq_json_put_time(json, "asked", a->said.asked);
	if (a->said.until != 0)
		wq_json_put_time(json, "until", a->said.until);
}

static void print_approval(struct wq_cli *cli, const struct wq_approval_row *a, wq_time now)
{
	enum wq_approval_state state = wq_approval_state(a, now);
	char until[32];

	fprintf(cli->out, "%-8.*s %-12.*s ", WQ_S_ARG(a->said.id), WQ_S_ARG(a->said.subject));
	wq_cli_text(cli->out, a->said.object);
	fprintf(cli->out, "  %.*s  %s %zu/%zu", WQ_S_ARG(a->said.asker), wq_approval_state_title(state, cli->lang),
		a->stage, a->said.stages_n);
	if (state == WQ_APPROVAL_OPEN && a->stage < a->said.stages_n)
		fprintf(cli->out, "%s%s", wq_cli_say(cli, &(struct wq_say){"，等待：", ", waits for: "}),
			cli->lang == WQ_LANG_ZH ? a->said.stages[a->stage]->zh : a->said.stages[a->stage]->en);
	if (a->said.until)
		fprintf(cli->out, "%s%s", wq_cli_say(cli, &(struct wq_say){"，至 ", ", until "}),
			wq_cli_time(a->said.until, until));
	fputc('\n', cli->out);
}

static wq_err list(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, 64 * WQ_MIB);
	struct wq_approval_row *rows;
	struct wq_json json;
	size_t n;

	WQ_TRY(wq_approval_list(w->ledger, wq_cli_value(args, "subject"), WQ_S_NONE, wq_cli_value(args, "app"),
		LIST_LIMIT, &cli->arena, &rows, &n));
	wq_json_init(&json, &out);
	wq_json_array(&json);
	for (size_t i = 0; i < n; i++)
		if (cli->json) {
			wq_json_object(&json);
			json_approval(&json, &rows[i], wq_now(w->clock));
			wq_json_object_end(&json);
		} else {
			print_approval(cli, &rows[i], wq_now(w->clock));
		}
	wq_json_array_end(&json);
	return cli->json ? wq_cli_json(cli, &json) : WQ_OK;
}

static void show_text(struct wq_cli *cli, const struct wq_approval_row *row,
	const struct wq_approval_decision_row *decisions, size_t n, wq_time now)
{
	char when[32];

	print_approval(cli, row, now);
	wq_cli_text(cli->out, row->said.text);
	fputc('\n', cli->out);
	for (size_t i = 0; i < row->said.stages_n; i++)
		fprintf(cli->out, "  %zu %s%s\n", i + 1,
			cli->lang == WQ_LANG_ZH ? row->said.stages[i]->zh : row->said.stages[i]->en,
			i < row->stage ? "  +" : "");
	for (size_t i = 0; i < n; i++) {
		const struct wq_decision *d = &decisions[i].said;

		fprintf(cli->out, "  %s  %.*s  %.*s  %s%s  ", wq_cli_time(d->time, when), WQ_S_ARG(d->person),
			WQ_S_ARG(d->stage), d->verdict == WQ_VERDICT_APPROVE ? "+" : "-",
			d->demonstration ? (cli->lang == WQ_LANG_ZH ? "（演示）" : " (demonstration)") : "");
		wq_cli_text(cli->out, d->comment);
		fputc('\n', cli->out);
	}
}

static wq_err show(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, 4 * WQ_MIB);
	struct wq_approval_decision_row *decisions;
	struct wq_approval_row row;
	struct wq_json json;
	size_t n;

	WQ_TRY(wq_approval_find(w->ledger, args->words[0], &cli->arena, &row));
	WQ_TRY(wq_approval_decisions(w->ledger, row.said.id, &cli->arena, &decisions, &n));
	if (!cli->json) {
		show_text(cli, &row, decisions, n, wq_now(w->clock));
		return WQ_OK;
	}
	wq_json_init(&json, &out);
	wq_json_object(&json);
	json_approval(&json, &row, wq_now(w->clock));
	wq_json_key(&json, WQ_S("decisions"));
	wq_json_array(&json);
	for (size_t i = 0; i < n; i++) {
		wq_json_object(&json);
		wq_json_put_str(&json, "person", decisions[i].said.person);
		wq_json_put_str(&json, "stage", decisions[i].said.stage);
		wq_json_put_bool(&json, "approved", decisions[i].said.verdict == WQ_VERDICT_APPROVE);
		wq_json_put_time(&json, "time", decisions[i].said.time);
		wq_json_put_str(&json, "comment", decisions[i].said.comment);
		wq_json_put_bool(&json, "demonstration", decisions[i].said.demonstration);
		wq_json_object_end(&json);
	}
	wq_json_array_end(&json);
	wq_json_object_end(&json);
	return wq_cli_json(cli, &json);
}

static wq_err cmd_ask(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, ask);
}

static wq_err cmd_approve(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, approve);
}

static wq_err cmd_reject(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, reject);
}

static wq_err cmd_withdraw(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, withdraw);
}

static wq_err cmd_list(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, list);
}

static wq_err cmd_show(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, show);
}

static const struct wq_cli_option ask_options[] = {
	{"person", "ID", {"提请人", "who asks"}, false},
	{"app", "ID", {"所属应用（link）", "whose it is (link)"}, false},
	{"text", "TEXT", {"提请内容和理由", "what is asked for, and why"}, false},
	{"days", "N", {"有效天数，到期自行失效", "for how many days; it ends by itself"}, false},
	{"despite", "TEXT", {"不按条款“原则上”的要求办理的理由", "why what a clause says in principle is set aside"},
		false},
	{0},
};
static const struct wq_cli_option list_options[] = {
	{"subject", "WORD", {"只列这一类", "of this subject only"}, false},
	{"app", "ID", {"只列这个应用", "of this application only"}, false},
	{0},
};
static const struct wq_cli_option decide_options[] = {
	{"person", "ID", {"审批人员", "who decides"}, false},
	{"key", "FILE", {"本人的 SM2 私钥文件", "the person's own SM2 key file"}, false},
	{"passphrase-file", "FILE", {"私钥口令所在文件", "file with the passphrase of the key"}, false},
	{"comment", "TEXT", {"意见（写入签名）", "a comment, which is signed along"}, false},
	{"as", "ID",
		{"仅限演示：用状态目录中的私钥（会标记在事件里）",
			"demonstration only: the key in the state directory (marked so in the event)"},
		false},
	{0},
};
static const struct wq_cli_option withdraw_options[] = {
	{"person", "ID", {"提请人或批准过的人", "who asked, or approved it"}, false},
	{"reason", "TEXT", {"理由", "why"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_approval[] = {
	{"approval ask", "SUBJECT OBJECT --person ID", 2, 2, {"提请审批", "ask for an approval"},
		{"SUBJECT：app.opening、app.change、app.closing（OBJECT 为应用），profile（应用），link（外部主机，另给 --app），"
		 "person.key（人员；--text 为新公钥）。环节和有效期见 rules/units.conf。",
			"SUBJECT: app.opening, app.change, app.closing, profile (OBJECT is the application), link (an outside "
			"host, with --app), person.key (a person; --text is the new public key). Stages and duration: "
			"rules/units.conf."},
		ask_options, cmd_ask,
		"weique approval ask link www.12306.cn --app portal --person zhang --text 便民服务"},
	{"approval list", NULL, 0, 0, {"列出审批", "list the approvals"}, {0}, list_options, cmd_list, NULL},
	{"approval show", "ID", 1, 1, {"查看审批及其决定", "show an approval and its decisions"}, {0}, NULL, cmd_show,
		NULL},
	{"approval approve", "ID --person ID --key FILE", 1, 1,
		{"在当前环节批准（本人签名）", "approve it in the stage that is next, signed by the person"},
		{"提请人不能审批自己提请的事项；每个环节由不同的人决定。",
			"Who asked for it never decides on it; each stage is decided by somebody else."},
		decide_options, cmd_approve, "weique approval approve a12 --person wang --key ~/wang.key"},
	{"approval reject", "ID --person ID --key FILE", 1, 1, {"退回", "reject it"}, {0}, decide_options, cmd_reject,
		"weique approval reject a12 --person wang --key ~/wang.key --comment 依据不足"},
	{"approval withdraw", "ID --person ID", 1, 1, {"撤回", "take it back"}, {0}, withdraw_options, cmd_withdraw,
		"weique approval withdraw a12 --person zhang --reason 不再需要"},
	{0},
};
