#include "cli/commands.h"
#include "cli/inspect_priv.h"

#include <signal.h>

#include "base/progress.h"
#include "flow/inspect/report.h"

/* SIGINT or SIGTERM came: the walk ends, what was found is said. */
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void catch_signals(void)
{
	const struct sigaction action = {.sa_handler = on_signal}, none = {.sa_handler = SIG_IGN};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGPIPE, &none, NULL);
}

/* ---- while it runs ---- */

struct watch {
	struct wq_cli *cli;
	const struct wq_cli_inspect *inspect;
	struct wq_progress progress;
	char label[100];
};

static bool on_progress(void *data, const struct wq_inspect_progress *p)
{
	struct watch *watch = data;

	snprintf(watch->label, sizeof watch->label,
		watch->cli->lang == WQ_LANG_ZH ? "%llu 待查，问题 %llu，%.1f MB，页"
					       : "%llu waiting, %llu findings, %.1f MB, pages",
		(unsigned long long)p->walk->waiting, (unsigned long long)p->findings, (double)p->walk->bytes / 1e6);
	wq_progress_add(
		&watch->progress, p->walk->pages > watch->progress.done ? p->walk->pages - watch->progress.done : 0);
	return !stop;
}

static wq_err on_ready(void *data)
{
	struct watch *watch = data;

	return wq_cli_inspect_lock(watch->cli, watch->inspect);
}

/* ---- what came of it ---- */

/* Since the last look, when there was one. */
static wq_err last_time(struct wq_cli *cli, const struct wq_cli_inspect *inspect,
	const struct wq_inspect_result *result, struct wq_inspect_changes **ret_changes)
{
	struct wq_inspect_changes *changes = WQ_NEW(&cli->arena, struct wq_inspect_changes);

	if (!changes)
		return wq_arena_err(&cli->arena);
	*ret_changes = inspect->before ? changes : NULL;
	return inspect->before ? wq_record_changes(&cli->arena, inspect->before, result, changes) : WQ_OK;
}

static wq_err print(struct wq_cli *cli, const struct wq_cli_args *args, const struct wq_inspect_result *result,
	const struct wq_inspect_changes *changes)
{
	bool for_programs = cli->json || wq_cli_has(args, "links-only");
	WQ_BUF(out, WQ_INSPECT_REPORT_BYTES_MAX);

	if (cli->json) {
		WQ_TRY(wq_inspect_report_lines(result, cli->lang, &out));
		fwrite(out.data, 1, out.len, cli->out);
	} else if (for_programs) {
		wq_cli_inspect_links(cli, cli->out, result);
	}
	fflush(cli->out);
	if (cli->quiet)
		return WQ_OK;
	wq_cli_inspect_summary(cli, for_programs ? cli->err : cli->out, result, changes);
	if (!for_programs)
		wq_cli_inspect_findings(cli, cli->out, result, changes);
	return WQ_OK;
}

static void say_resume(struct wq_cli *cli, const struct wq_cli_inspect *inspect)
{
	if (cli->quiet)
		return;
	if (!inspect->state)
		fputs(cli->lang == WQ_LANG_ZH ? "要能接续，请用 --dir 指定目录\n"
					      : "give --dir, so that it can be resumed\n",
			cli->err);
	else
		fprintf(cli->err,
			cli->lang == WQ_LANG_ZH ? "接续：再次运行并加 --resume --dir %s\n"
						: "to go on: run it again with --resume --dir %s\n",
			inspect->state);
}

static wq_err judge(const struct wq_cli_inspect *inspect, const struct wq_inspect_result *result)
{
	size_t n = 0;

	if (result->unreachable)
		return wq_error(
			WQ_E_UNREACHED, "%.*s: %.*s", WQ_S_ARG(result->site), WQ_S_ARG(result->unreachable_why));
	for (int i = (int)inspect->fail_on; inspect->fails && i < WQ_SEVERITY_COUNT; i++)
		n += result->by_severity[i];
	return n ? wq_error(WQ_E_FOUND, "%zu findings of severity %s or above", n, wq_severity_name(inspect->fail_on))
		 : WQ_OK;
}

static wq_err finish(struct wq_cli *cli, const struct wq_cli_args *args, const struct wq_cli_inspect *inspect,
	const struct wq_inspect_result *result)
{
	struct wq_inspect_changes *changes = NULL;

	if (inspect->state) {
		WQ_TRY(last_time(cli, inspect, result, &changes));
		WQ_TRY(wq_record_keep(inspect->state, result, &cli->arena, NULL));
	}
	WQ_TRY(wq_cli_inspect_files(cli, inspect, result, changes));
	WQ_TRY(print(cli, args, result, changes));
	if (result->interrupted)
		say_resume(cli, inspect);
	return judge(inspect, result);
}

static wq_err run(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_cli_inspect *inspect)
{
	struct watch watch = {.cli = cli, .inspect = inspect};
	struct wq_inspect_result result;
	struct wq_arena arena;
	wq_err e;

	inspect->options.progress = on_progress;
	inspect->options.ready = on_ready;
	inspect->options.data = &watch;
	wq_arena_init(&arena, (size_t)4096 * WQ_MIB);
	wq_progress_init(&watch.progress, cli->clock, fileno(cli->err), watch.label, 0, cli->quiet || cli->json);
	e = wq_inspect_run(&inspect->options, &arena, &result);
	wq_progress_done(&watch.progress);
	if (!wq_failed(e))
		e = finish(cli, args, inspect, &result);
	wq_arena_done(&arena);
	return e;
}

static wq_err cmd_inspect(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct wq_cli_inspect *inspect = WQ_NEW(&cli->arena, struct wq_cli_inspect);

	if (!inspect)
		return wq_arena_err(&cli->arena);
	catch_signals();
	WQ_TRY(wq_cli_inspect_read(cli, args, inspect));
	return run(cli, args, inspect);
}

const struct wq_cli_command wq_cmd_inspect[] = {
	{"inspect", "URL…", 1, 16,
		{"从外部检查网站：链接、标识、备案、内容、脚本、指标",
			"look at sites from outside: links, mark, filings, content, scripts, indicators"},
		{"不需要任何准备，也不需要登记；只访问所给网站和它链接到的地址。--json 每个问题输出一行 JSON。Ctrl-C 结束并给出已有结果。"
		 "结束状态：0 完成，1 有 --fail-on 级别的问题，2 输入，3 配置，4 状态，5 网站无法打开或读写，6 限制，7 正忙。",
			"Needs neither set-up nor registry; goes to the sites that are named and to what they link to, nowhere else. --json: one "
			"object a line for each finding. Ctrl-C ends it with what was found so far. Exit status: 0 done; 1 findings of --fail-on; 2 "
			"input; 3 configuration; 4 state; 5 the site cannot be opened, or I/O; 6 limit; 7 busy."},
		wq_cli_inspect_options, cmd_inspect, "weique inspect https://www.example.gov.cn --html report.html"},
	{0},
};
