#include "cli/common.h"

#include "base/conf.h"

#include <pwd.h>

wq_err wq_cli_open(struct wq_cli *cli, struct wq_workspace *ret_workspace)
{
	char *dir = wq_arena_cstr(&cli->arena, cli->state_dir);

	wq_str language;

	if (!dir || !*dir)
		return wq_error(WQ_E_USAGE, "--state is no file name");
	WQ_TRY(wq_workspace_open(dir, cli->clock, cli->random, &cli->arena, ret_workspace));
	language = ret_workspace->settings.language;
	if (language.n > 0 && !cli->lang_given)
		cli->lang = wq_str_eq(language, WQ_S("zh")) ? WQ_LANG_ZH : WQ_LANG_EN;
	return WQ_OK;
}

wq_err wq_cli_with(struct wq_cli *cli, const struct wq_cli_args *args,
	wq_err (*fn)(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *workspace))
{
	struct wq_workspace workspace;
	wq_err e;

	WQ_TRY(wq_cli_open(cli, &workspace));
	e = fn(cli, args, &workspace);
	wq_workspace_close(&workspace);
	return e;
}

wq_err wq_cli_passphrase(const struct wq_cli_args *args, struct wq_secret *ret_passphrase)
{
	wq_str path = wq_cli_value(args, "passphrase-file");

	return wq_secret_read(path.n ? path.p : NULL, ret_passphrase); /* argv: ends in NUL */
}

const char *wq_cli_time(wq_time t, char out[32])
{
	time_t seconds = (time_t)(t / WQ_SECOND);
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		out[0] = '\0';
	return out;
}

wq_err wq_cli_json(struct wq_cli *cli, const struct wq_json *json)
{
	WQ_TRY(wq_json_end(json));
	fprintf(cli->out, "%s\n", wq_buf_cstr(json->out));
	return WQ_OK;
}

wq_err wq_cli_json_ok(struct wq_cli *cli)
{
	if (cli->json)
		fputs("{\"ok\":true}\n", cli->out);
	return WQ_OK;
}

wq_err wq_cli_duration(const char *name, wq_str text, uint64_t *ret_msec)
{
	static const struct wq_conf_row row = {"duration", WQ_CONF_DURATION, "1h", 1000, 30 * 86400000LL, NULL, "", ""};
	struct wq_conf *conf;
	WQ_BUF(line, 256);
	wq_err e;

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '"' || text.p[i] == '\\' || (unsigned char)text.p[i] < 0x20)
			return wq_error(WQ_E_USAGE, "--%s takes a duration: 30s, 10min, 2h", name);
	wq_buf_printf(&line, "duration = \"%.*s\";", WQ_S_ARG(wq_str_head(text, 100)));
	WQ_TRY(wq_conf_new(&row, 1, &conf));
	e = wq_conf_parse(conf, wq_buf_str(&line), "duration");
	if (!wq_failed(e))
		*ret_msec = wq_conf_msec(conf, "duration");
	wq_conf_free(&conf);
	return wq_failed(e) ? wq_error(WQ_E_USAGE, "--%s takes a duration from 1s to 30d: 30s, 10min, 2h", name)
			    : WQ_OK;
}

wq_str wq_cli_actor(struct wq_cli *cli)
{
	struct passwd *user = getpwuid(getuid());
	wq_str id = user ? wq_arena_printf(&cli->arena, "user-%s", user->pw_name) : WQ_S_NONE;

	return wq_id_valid(id) ? id : WQ_S("user-unknown");
}
