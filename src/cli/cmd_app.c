#include "cli/commands.h"
#include "cli/common.h"
#include "flow/opening.h"
#include "text/key.h"

static wq_err canonical_host(struct wq_cli *cli, wq_str given, wq_str *ret)
{
	char host[WQ_HOST_MAX + 1];
	size_t n;
	enum wq_key_reason reason = wq_key_host(given, host, &n);

	if (reason != WQ_KEY_FINE)
		return wq_error(WQ_E_INPUT, "--host %.*s: %s", WQ_S_ARG(given), wq_key_reason_text(reason));
	*ret = wq_arena_str(&cli->arena, wq_str_of(host, n));
	return wq_arena_err(&cli->arena);
}

static wq_err take_hosts(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_app_row *app)
{
	if (!wq_cli_has(args, "host"))
		return WQ_OK;
	app->hosts_n = 0;
	for (wq_str host; (host = wq_cli_value_at(args, "host", app->hosts_n)).p;) {
		if (app->hosts_n >= WQ_HOSTS_MAX)
			return wq_error(WQ_E_LIMIT, "more than %d hosts", WQ_HOSTS_MAX);
		WQ_TRY(canonical_host(cli, host, &app->hosts[app->hosts_n++]));
	}
	return WQ_OK;
}

static void take_text(const struct wq_cli_args *args, const char *option, wq_str *value)
{
	if (wq_cli_has(args, option))
		*value = wq_cli_value(args, option);
}

/* What was given, over what stands. */
static wq_err take_options(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_app_row *app)
{
	wq_str type = wq_cli_value(args, "type");

	if (type.n > 0 && !wq_app_type_parse(type, &app->type))
		return wq_error(
			WQ_E_USAGE, "--type takes portal, service, office, mail, mobile, mini-program or account");
	take_text(args, "name", &app->name);
	take_text(args, "unit", &app->unit);
	take_text(args, "origin", &app->origin);
	take_text(args, "purpose", &app->purpose);
	take_text(args, "leader", &app->leader);
	take_text(args, "icp", &app->icp);
	take_text(args, "police", &app->police);
	take_text(args, "site-code", &app->site_code);
	return take_hosts(cli, args, app);
}

/* In the language of this run; the error that follows is the same in English. */
static void print_remarks(struct wq_cli *cli, const struct wq_remarks *remarks)
{
	for (size_t i = 0; i < remarks->n; i++) {
		const struct wq_remark *r = &remarks->list[i];

		fprintf(cli->out, "  ! %.*s%s  ", WQ_S_ARG(r->clause),
			r->in_principle ? (cli->lang == WQ_LANG_ZH ? "（原则上）" : " (in principle)") : "");
		wq_cli_text(cli->out, cli->lang == WQ_LANG_ZH ? r->zh : r->en);
		fputc('\n', cli->out);
	}
}

static wq_err add(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_app_row app = {.id = args->words[0]};

	WQ_TRY(take_options(cli, args, &app));
	if (app.origin.n == 0 || app.hosts_n == 0 || app.unit.n == 0)
		return wq_error(WQ_E_USAGE, "--unit, --host and --origin are needed");
	WQ_TRY(wq_opening_register(w, &app, wq_cli_value(args, "despite"), wq_cli_actor(cli)));
	wq_cli_print(cli,
		"已登记应用 %.*s；下一步：weique approval ask app.opening %.*s --person 人员，然后 weique capture %.*s --author 人员\n",
		"application %.*s is registered; next: weique approval ask app.opening %.*s --person PERSON, then weique "
		"capture %.*s --author PERSON\n",
		WQ_S_ARG(app.id), WQ_S_ARG(app.id), WQ_S_ARG(app.id));
	return wq_cli_json_ok(cli);
}

static wq_err change(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_app_row app;

	WQ_TRY(wq_app_find(w->ledger, args->words[0], &cli->arena, &app));
	WQ_TRY(take_options(cli, args, &app));
	WQ_TRY(wq_opening_change(w, &app, wq_cli_value(args, "despite"), wq_cli_actor(cli)));
	wq_cli_print(cli, "已变更应用 %.*s\n", "application %.*s is changed\n", WQ_S_ARG(app.id));
	return wq_cli_json_ok(cli);
}

#define CLOSING(person) \
	"  echo 'paths = [ \"/ closed\" ];' > closed.conf\n" \
	"  weique app profile %.*s closed.conf\n" \
	"  weique capture %.*s --policy --author " person "\n" \
	"  weique release approve …; weique release seal …\n"

static wq_err close_app(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	wq_str id = args->words[0];

	WQ_TRY(wq_opening_close(w, args->words[0], wq_cli_value(args, "reason"), wq_cli_actor(cli)));
	wq_cli_print(cli, "应用 %.*s 已关闭，不再采集（A4，2024 第十二条）。封存的页面仍在提供；停止提供服务：\n",
		"application %.*s is closed, nothing of it is captured any more (A4; 2024 art. 12). What is sealed is still "
		"served; to end that:\n",
		WQ_S_ARG(id));
	wq_cli_print(cli, CLOSING("人员"), CLOSING("PERSON"), WQ_S_ARG(id), WQ_S_ARG(id));
	wq_cli_print(cli, "然后完成数据归档和删除，注销域名和备案。\n",
		"Then archive and delete its data, give domain and filing back.\n");
	return wq_cli_json_ok(cli);
}

static wq_err profile(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(text, WQ_APP_PROFILE_MAX);
	struct wq_app_row app;

	WQ_TRY(wq_app_find(w->ledger, args->words[0], &cli->arena, &app));
	if (args->words_n < 2) {
		fwrite(app.profile.p ? app.profile.p : "", 1, app.profile.n, cli->out);
		return WQ_OK;
	}
	WQ_TRY(wq_file_read(&wq_fs_system, args->words[1].p, &text)); /* argv: ends in NUL */
	WQ_TRY(wq_app_profile_set(w->ledger, app.id, wq_buf_str(&text), wq_cli_actor(cli), &cli->arena));
	wq_cli_print(cli, "应用 %.*s 的规则已记录，随下一次发布生效\n",
		"the profile of %.*s is recorded; it takes effect with the next release\n", WQ_S_ARG(app.id));
	return wq_cli_json_ok(cli);
}

/* ---- list and show ---- */

static void json_app(struct wq_json *json, const struct wq_app_row *app)
{
	wq_json_put_str(json, "id", app->id);
	wq_json_put_str(json, "name", app->name);
	wq_json_put_str(json, "unit", app->unit);
	wq_json_put_str(json, "kind", wq_str_c(wq_unit_kind_name(app->kind)));
	wq_json_put_str(json, "type", wq_str_c(wq_app_type_name(app->type)));
	wq_json_put_str(json, "state", wq_str_c(wq_app_state_name(app->state)));
	wq_json_put_str(json, "opening", app->opening);
	wq_json_put_str(json, "purpose", app->purpose);
	wq_json_put_str(json, "leader", app->leader);
	wq_json_put_str(json, "icp", app->icp);
	wq_json_put_str(json, "police", app->police);
	wq_json_put_str(json, "site_code", app->site_code);
	wq_json_put_str(json, "origin", app->origin);
	wq_json_key(json, WQ_S("hosts"));
	wq_json_array(json);
	for (size_t i = 0; i < app->hosts_n; i++)
		wq_json_str(json, app->hosts[i]);
	wq_json_array_end(json);
}

static wq_err list(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, 64 * WQ_MIB);
	struct wq_app_row *apps;
	struct wq_json json;
	size_t n;

	(void)args;
	WQ_TRY(wq_app_list(w->ledger, &cli->arena, &apps, &n));
	if (cli->json) {
		wq_json_init(&json, &out);
		wq_json_array(&json);
		for (size_t i = 0; i < n; i++) {
			wq_json_object(&json);
			json_app(&json, &apps[i]);
			wq_json_object_end(&json);
		}
		wq_json_array_end(&json);
		return wq_cli_json(cli, &json);
	}
	for (size_t i = 0; i < n; i++) {
		fprintf(cli->out, "%-20.*s %-32.*s %s  ", WQ_S_ARG(apps[i].id), WQ_S_ARG(apps[i].hosts[0]),
			wq_app_state_title(apps[i].state, cli->lang));
		wq_cli_text(cli->out, apps[i].origin);
		fputc('\n', cli->out);
	}
	return WQ_OK;
}

static void print_line(struct wq_cli *cli, const struct wq_say *title, wq_str value)
{
	if (value.n == 0)
		return;
	fprintf(cli->out, "  %s  ", wq_cli_say(cli, title));
	wq_cli_text(cli->out, value);
	fputc('\n', cli->out);
}

static void show_text(struct wq_cli *cli, const struct wq_app_row *app)
{
	const struct {
		struct wq_say title;
		wq_str value;
	} lines[] = {
		{{"名称", "name"}, app->name},
		{{"单位", "unit"}, app->unit},
		{{"用途", "purpose"}, app->purpose},
		{{"分管负责人", "responsible leader"}, app->leader},
		{{"ICP 备案", "ICP filing"}, app->icp},
		{{"公安备案", "police filing"}, app->police},
		{{"网站标识码", "site code"}, app->site_code},
		{{"来源", "origin"}, app->origin},
		{{"开办审批", "opening approval"}, app->opening},
	};

	fprintf(cli->out, "%.*s  %s  %s  %s\n", WQ_S_ARG(app->id), wq_app_type_title(app->type, cli->lang),
		wq_unit_kind_title(app->kind, cli->lang), wq_app_state_title(app->state, cli->lang));
	for (size_t i = 0; i < WQ_COUNT(lines); i++)
		print_line(cli, &lines[i].title, lines[i].value);
	for (size_t i = 0; i < app->hosts_n; i++)
		print_line(cli, &(struct wq_say){"主机", "host"}, app->hosts[i]);
}

static wq_err show_json(struct wq_cli *cli, const struct wq_app_row *app, const struct wq_remarks *remarks)
{
	WQ_BUF(out, WQ_MIB);
	struct wq_json json;

	wq_json_init(&json, &out);
	wq_json_object(&json);
	json_app(&json, app);
	wq_json_put_str(&json, "profile", app->profile);
	wq_json_key(&json, WQ_S("remarks"));
	wq_json_array(&json);
	for (size_t i = 0; i < remarks->n; i++) {
		wq_json_object(&json);
		wq_json_put_str(&json, "clause", remarks->list[i].clause);
		wq_json_put_bool(&json, "in_principle", remarks->list[i].in_principle);
		wq_json_put_str(&json, "message", remarks->list[i].en);
		wq_json_put_str(&json, "message_zh", remarks->list[i].zh);
		wq_json_object_end(&json);
	}
	wq_json_array_end(&json);
	wq_json_object_end(&json);
	return wq_cli_json(cli, &json);
}

static wq_err show(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_remarks remarks;
	struct wq_app_row app;

	WQ_TRY(wq_app_find(w->ledger, args->words[0], &cli->arena, &app));
	WQ_TRY(wq_opening_check(w, &app, true, &remarks));
	if (app.state == WQ_APP_ONLINE && app.opening.n == 0 && remarks.n < WQ_REMARKS_MAX)
		remarks.list[remarks.n++] = (struct wq_remark){.clause = WQ_S("2024 art. 4"),
			.zh = WQ_S("已上线，但没有开办审批的记录"),
			.en = WQ_S("it is online, and no opening approval is on record")};
	if (cli->json)
		return show_json(cli, &app, &remarks);
	show_text(cli, &app);
	print_remarks(cli, &remarks);
	return WQ_OK;
}

static wq_err cmd_add(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, add);
}

static wq_err cmd_change(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, change);
}

static wq_err cmd_close(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, close_app);
}

static wq_err cmd_profile(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, profile);
}

static wq_err cmd_list(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, list);
}

static wq_err cmd_show(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, show);
}

static const struct wq_cli_option options[] = {
	{"host", "NAME", {"对外主机名（可多次；变更时给出全部）", "public host name (repeatable; a change names all)"},
		true},
	{"origin", "DIR|URL", {"来源：目录或 http(s) 地址", "where it comes from: a directory or an http(s) URL"},
		false},
	{"unit", "ID", {"主办单位（已登记）", "the unit it belongs to (registered)"}, false},
	{"type", "TYPE",
		{"portal 门户、service 业务、office 办公、mail 邮件、mobile、mini-program、account",
			"portal, service, office, mail, mobile, mini-program or account"},
		false},
	{"name", "TEXT", {"应用名称", "its name"}, false},
	{"purpose", "TEXT", {"用途", "what it is for"}, false},
	{"leader", "ID", {"分管负责人（已登记的人员）", "the responsible leader (a registered person)"}, false},
	{"icp", "NUMBER", {"ICP 备案号", "ICP filing number"}, false},
	{"police", "NUMBER", {"公安备案号", "police filing number"}, false},
	{"site-code", "CODE", {"网站标识码", "code of the site (网站标识码)"}, false},
	{"despite", "TEXT", {"不按条款“原则上”的要求办理的理由", "why what a clause says in principle is set aside"},
		false},
	{0},
};
static const struct wq_cli_option close_options[] = {{"reason", "TEXT", {"理由", "why"}, false}, {0}};

const struct wq_cli_command wq_cmd_app[] = {
	{"app add", "ID --unit ID --host NAME --origin DIR|URL", 1, 1,
		{"登记互联网政务应用", "register an application"},
		{"按当日规则核对：门户数量（2024 第四条）、域名数量和后缀（第五、三十一条）。",
			"Checked by the rules of the day: number of portals (2024 art. 4), domains and suffixes (art. 5, 31)."},
		options, cmd_add,
		"weique app add portal --unit yunshan --type portal --host www.yunshan.gov.cn --origin /srv/www"},
	{"app change", "ID", 1, 1, {"变更应用信息", "change what is said of an application"},
		{"审核之后变更单位、类型或主机，须有审批 app.change（2024 第五、十二条）。",
			"Once it was reviewed, another unit, type or host needs an approval app.change (2024 art. 5, 12)."},
		options, cmd_change, "weique app change portal --icp 京ICP备05070218号-1"},
	{"app close", "ID", 1, 1, {"关闭应用", "close an application"},
		{"须有审批 app.closing（2024 第十二条）。已封存的页面仍在提供，直到封存一个关闭全部路径的发布；命令会给出步骤。",
			"It needs an approval app.closing (2024 art. 12). What is sealed is still served until a release that closes "
			"every path is sealed; the command prints the steps."},
		close_options, cmd_close, "weique app close oldsite --reason 并入门户"},
	{"app profile", "ID [FILE]", 1, 2,
		{"查看或更换应用的规则文本", "print or replace the profile of an application"}, {0}, NULL, cmd_profile,
		"weique app profile portal portal.conf"},
	{"app show", "ID", 1, 1, {"查看应用及其缺项", "show an application and what is missing"}, {0}, NULL, cmd_show,
		NULL},
	{"app list", NULL, 0, 0, {"列出应用", "list the applications"}, {0}, NULL, cmd_list, NULL},
	{0},
};
