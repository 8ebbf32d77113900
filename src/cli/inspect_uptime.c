/* V2 of the official indicators from visits that `weique probe` keeps. */
#include "cli/inspect_priv.h"
#include "cli/probe_priv.h"
#include "text/url.h"

/* An application's id, else the host of the first start. */
static const struct wq_uptime *row_of(
	struct wq_cli *cli, const struct wq_cli_uptime *uptime, const struct wq_inspect_options *options)
{
	const struct wq_uptime *row = NULL;
	struct wq_url url;

	if (options->subject.app.n)
		row = wq_cli_uptime_of(uptime, options->subject.app);
	if (!row && !wq_failed(wq_url_parse(&cli->arena, wq_str_c(options->walk.starts[0]), NULL, &url)))
		row = wq_cli_uptime_of(uptime, url.host);
	return row;
}

wq_err wq_cli_inspect_uptime(struct wq_cli *cli, struct wq_cli_inspect *ret)
{
	const char *state = wq_cli_state(cli), *probe;
	struct wq_measures *measures = &ret->options.measures;
	const struct wq_uptime *row;
	struct wq_cli_uptime uptime;

	probe = state ? wq_arena_cstr(&cli->arena, wq_arena_printf(&cli->arena, "%s/probe", state)) : NULL;
	WQ_TRY(wq_arena_err(&cli->arena));
	if (!probe || access(probe, R_OK | X_OK) != 0)
		return WQ_OK;
	WQ_TRY(wq_cli_uptime_read(cli, &cli->arena, &uptime));
	row = row_of(cli, &uptime, &ret->options);
	if (!row)
		return WQ_OK;
	wq_measures_set_week(measures, &row->before);
	if (!measures->of[WQ_MEASURE_VISITS_FAILED].known)
		wq_measures_set_week(measures, &row->week);
	return WQ_OK;
}
