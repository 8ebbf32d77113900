#include "cli/commands.h"
#include "cli/common.h"
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

static wq_err add(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_app_row app = {.id = args->words[0],
		.name = wq_cli_value(args, "name"),
		.unit = wq_cli_value(args, "unit"),
		.origin = wq_cli_value(args, "origin")};

	if (app.origin.n == 0 || wq_cli_value(args, "host").n == 0)
		return wq_error(WQ_E_USAGE, "--host and --origin are needed");
	for (wq_str host; (host = wq_cli_value_at(args, "host", app.hosts_n)).p;) {
		if (app.hosts_n >= WQ_HOSTS_MAX)
			return wq_error(WQ_E_LIMIT, "more than %d hosts", WQ_HOSTS_MAX);
		WQ_TRY(canonical_host(cli, host, &app.hosts[app.hosts_n++]));
	}
	WQ_TRY(wq_app_register(w->ledger, &app, wq_cli_actor(cli), &cli->arena));
	wq_cli_print(cli, "已登记应用 %.*s；下一步：weique capture %.*s --author 人员\n",
		"application %.*s is registered; next: weique capture %.*s --author PERSON\n", WQ_S_ARG(app.id),
		WQ_S_ARG(app.id));
	return wq_cli_json_ok(cli);
}

static void json_app(struct wq_json *json, const struct wq_app_row *app)
{
	wq_json_object(json);
	wq_json_put_str(json, "id", app->id);
	wq_json_put_str(json, "name", app->name);
	wq_json_put_str(json, "unit", app->unit);
	wq_json_put_str(json, "origin", app->origin);
	wq_json_key(json, WQ_S("hosts"));
	wq_json_array(json);
	for (size_t i = 0; i < app->hosts_n; i++)
		wq_json_str(json, app->hosts[i]);
	wq_json_array_end(json);
	wq_json_object_end(json);
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
		for (size_t i = 0; i < n; i++)
			json_app(&json, &apps[i]);
		wq_json_array_end(&json);
		return wq_cli_json(cli, &json);
	}
	for (size_t i = 0; i < n; i++) {
		fprintf(cli->out, "%-20.*s %-32.*s ", WQ_S_ARG(apps[i].id), WQ_S_ARG(apps[i].hosts[0]));
		wq_cli_text(cli->out, apps[i].origin);
		fputc('\n', cli->out);
	}
	return WQ_OK;
}

static wq_err cmd_add(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, add);
}

static wq_err cmd_list(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, list);
}

static const struct wq_cli_option add_options[] = {
	{"host", "NAME", {"对外主机名（可多次）", "public host name (may be repeated)"}, true},
	{"origin", "DIR|URL", {"来源：目录或 http(s) 地址", "where it comes from: a directory or an http(s) URL"},
		false},
	{"name", "TEXT", {"应用名称", "its name"}, false},
	{"unit", "TEXT", {"主办单位", "the unit it belongs to"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_app[] = {
	{"app add", "ID --host NAME --origin DIR|URL", 1, 1, {"登记互联网政务应用", "register an application"}, {0},
		add_options, cmd_add, "weique app add portal --host www.example.gov.cn --origin /srv/www"},
	{"app list", NULL, 0, 0, {"列出应用", "list the applications"}, {0}, NULL, cmd_list},
	{0},
};
