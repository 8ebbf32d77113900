/* weique inspect all: every application of the registry, each in a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/inspect_priv.h"
#include "cli/probe_priv.h"
#include "finding/rule.h"
#include "flow/inspect/reach.h"
#include "flow/watch/look.h"
#include "ledger/registry.h"

enum {
	JOBS_MAX = 64,
	ARGS_MAX = 160,
	DEFAULT_MSEC = 2 * 3600 * 1000,
	GRACE_MSEC = 10 * 60 * 1000,
	JSON_MAX = 64 * 1024 * 1024
};

extern char **environ;

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

/* One application and what came of it. */
struct row {
	const struct wq_app_row *app;
	const char *url, *site, *error_file; /* error_file: what its process said */
	pid_t pid;
	uint64_t begin_msec, end_msec;
	wq_time started;
	bool done, killed, looked, judged, vetoed, may_be_vetoed;
	int status;
	bool resolves, answers; /* of a closed one */
	size_t by_severity[WQ_SEVERITY_COUNT], new_n, gone_n;
	bool compared;
	enum wq_severity worst;
	bool any;
	int64_t least, most;
	uint64_t pages;
};

struct all {
	struct wq_cli *cli;
	const struct wq_cli_args *args;
	const char *state;
	char program[PATH_MAX];
	struct row *rows;
	size_t n, jobs;
	uint64_t every_msec, spread_msec, time_msec;
	bool fails;
	enum wq_severity fail_on;
};

static uint64_t now_msec(const struct all *all)
{
	return all->cli->clock->monotonic_msec(all->cli->clock->data);
}

/* ---- children ---- */

/* Options of `inspect` that are handed on as they were given. */
static bool handed_on(const char *name)
{
	static const char *const names[] = {"checks", "links-only", "pages", "depth", "delay", "allow-private",
		"allow-address", "resolve", "ca-file", "no-robots", "no-outside", "at-once", "resolver", "geo"};

	for (size_t i = 0; i < WQ_COUNT(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static wq_err arguments(const struct all *all, const struct row *row, char **argv)
{
	struct wq_arena *arena = &all->cli->arena;
	const char *fixed[] = {all->program, "--state", all->state, "--quiet", "inspect", row->url, "--dir", all->state,
		"--app", row->app->id.p, "--time",
		wq_arena_printf(arena, "%llus", (unsigned long long)all->time_msec / 1000).p};
	size_t n = 0;

	for (; n < WQ_COUNT(fixed); n++)
		argv[n] = fixed[n] ? wq_arena_cstr(arena, wq_str_c(fixed[n])) : NULL;
	for (size_t h = 1; h < row->app->hosts_n && n + 4 < ARGS_MAX; h++) {
		argv[n++] = wq_arena_cstr(arena, WQ_S("--host"));
		argv[n++] = wq_arena_cstr(arena, row->app->hosts[h]);
	}
	for (size_t i = 0; i < all->args->options_n; i++) {
		const struct wq_cli_option *option = all->args->options[i].option;

		if (!handed_on(option->name))
			continue;
		if (n + 3 > ARGS_MAX)
			return wq_error(WQ_E_LIMIT, "more than %d arguments", ARGS_MAX);
		argv[n++] = wq_arena_cstr(arena, wq_arena_printf(arena, "--%s", option->name));
		if (option->value)
			argv[n++] = wq_arena_cstr(arena, all->args->options[i].value);
	}
	argv[n] = NULL;
	return wq_arena_err(arena);
}

static wq_err start(struct all *all, struct row *row)
{
	posix_spawn_file_actions_t actions;
	char *argv[ARGS_MAX + 1];
	int failed;

	WQ_TRY(arguments(all, row, argv));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, row->error_file, O_WRONLY | O_CREAT | O_TRUNC, 0640);
	failed = posix_spawn(&row->pid, all->program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (failed)
		return wq_error_sys(WQ_E_IO, failed, "%s", all->program);
	row->started = wq_now(all->cli->clock);
	row->begin_msec = now_msec(all);
	return WQ_OK;
}

/* Reads what its process kept; what it did not keep stays unknown. */
static void take_result(const struct all *all, struct row *row)
{
	struct wq_inspect_result result, before;
	struct wq_inspect_changes changes;
	const struct wq_record *records;
	struct wq_arena arena;
	size_t n = 0;

	wq_arena_init(&arena, (size_t)1024 * WQ_MIB);
	if (!wq_failed(wq_record_list(all->state, row->site, &arena, &records, &n)) && n > 0 &&
		!wq_failed(wq_record_open(all->state, row->site, records[n - 1].time, &arena, &result)) &&
		result.began >= row->started - WQ_SECOND) {
		row->looked = !result.unreachable;
		memcpy(row->by_severity, result.by_severity, sizeof row->by_severity);
		row->worst = result.worst;
		row->any = result.groups_n > 0;
		row->pages = result.pages;
		row->judged = result.score.judged;
		row->vetoed = result.score.vetoed;
		row->may_be_vetoed = result.score.may_be_vetoed;
		row->least = result.score.least;
		row->most = result.score.most;
		if (n > 1 && !wq_failed(wq_record_open(all->state, row->site, records[n - 2].time, &arena, &before)) &&
			!wq_failed(wq_record_changes(&arena, &before, &result, &changes))) {
			row->compared = true;
			row->new_n = changes.new_n;
			row->gone_n = changes.gone_n;
		}
	}
	wq_arena_done(&arena);
}

static void ended(const struct all *all, struct row *row, int status)
{
	row->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	row->end_msec = now_msec(all);
	row->pid = 0;
	row->done = true;
	take_result(all, row);
}

/* Children of ours alone, by their ids. */
static size_t reap(const struct all *all)
{
	size_t running = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct row *row = &all->rows[i];
		int status;

		if (row->pid == 0)
			continue;
		if (waitpid(row->pid, &status, WNOHANG) == row->pid) {
			ended(all, row, status);
			continue;
		}
		running++;
		if (stop && !row->killed)
			row->killed = kill(row->pid, SIGTERM) == 0;
		if (now_msec(all) - row->begin_msec > all->time_msec + GRACE_MSEC)
			row->killed = kill(row->pid, SIGKILL) == 0;
	}
	return running;
}

/* ---- closed applications (A4) ---- */

static wq_err look_at_closed(struct all *all, struct row *row)
{
	static struct wq_fetch_peer peers[WQ_FETCH_PEERS_MAX];
	static struct wq_fetch_route routes[WQ_CLI_ROUTES_MAX];
	struct wq_fetch_options fetch = {.routes = routes, .peers = peers, .clock = all->cli->clock};
	struct wq_watch_visit visits[2 * WQ_HOSTS_MAX];
	struct wq_watch_target targets[2 * WQ_HOSTS_MAX];
	const struct wq_indicator_rules *rules;
	struct wq_arena *arena = &all->cli->arena;
	size_t n = 0;
	wq_str value;

	WQ_TRY(wq_cli_indicators(arena, &rules));
	for (size_t i = 0; (value = wq_cli_value_at(all->args, "resolve", i)).p && i < WQ_CLI_ROUTES_MAX; i++)
		WQ_TRY(wq_reach_route(arena, value, &routes[fetch.routes_n++]));
	for (size_t i = 0; (value = wq_cli_value_at(all->args, "allow-address", i)).p && i < WQ_FETCH_PEERS_MAX; i++)
		if (!wq_reach_parse(value, &peers[fetch.peers_n++]))
			return wq_error(WQ_E_USAGE, "--allow-address takes an address or a network as 10.0.0.0/8");
	for (size_t h = 0; h < row->app->hosts_n; h++)
		for (int tls = 0; tls < 2; tls++)
			WQ_TRY(wq_watch_target(arena, row->app->id,
				wq_arena_printf(arena, "http%s://%.*s/", tls ? "s" : "", WQ_S_ARG(row->app->hosts[h])),
				&targets[n++]));
	WQ_TRY(wq_watch_look(&fetch, rules->limits.visit_msec, targets, n, NULL, arena, visits));
	for (size_t i = 0; i < n; i++) {
		row->resolves |= !wq_str_eq(visits[i].outcome, WQ_S("dns"));
		row->answers |= visits[i].status != 0;
	}
	row->looked = true;
	row->any = row->resolves;
	row->worst = row->answers ? wq_rule_severity(WQ_RULE_CLOSED_ANSWERS)
		: row->resolves   ? wq_rule_severity(WQ_RULE_CLOSED_RESOLVES)
				  : WQ_SEVERITY_INFO;
	row->by_severity[wq_rule_severity(WQ_RULE_CLOSED_RESOLVES)] += row->resolves;
	row->by_severity[wq_rule_severity(WQ_RULE_CLOSED_ANSWERS)] += row->answers;
	return WQ_OK;
}

/* ---- all of them ---- */

static wq_err prepare(struct all *all, struct row *row, const struct wq_app_row *app)
{
	struct wq_arena *arena = &all->cli->arena;
	char site[WQ_RECORD_NAME];

	row->app = app;
	if (app->hosts_n == 0 || app->state == WQ_APP_CLOSED)
		return WQ_OK;
	wq_record_site(app->hosts[0], site);
	row->site = wq_arena_cstr(arena, wq_str_c(site));
	row->url = wq_arena_printf(
		arena, "http%s://%.*s/", wq_cli_has(all->args, "http") ? "" : "s", WQ_S_ARG(app->hosts[0]))
			   .p;
	row->error_file = wq_arena_printf(arena, "%s/inspect/%s/said.log", all->state, site).p;
	WQ_TRY(wq_arena_err(arena));
	return wq_dir_make(&wq_fs_system, wq_arena_printf(arena, "%s/inspect/%s", all->state, site).p, 0750);
}

static wq_err read_registry(struct all *all)
{
	struct wq_workspace workspace;
	struct wq_app_row *apps;
	size_t n;
	wq_err e;

	WQ_TRY(wq_cli_open(all->cli, &workspace));
	e = wq_app_list(workspace.ledger, &all->cli->arena, &apps, &n);
	wq_workspace_close(&workspace);
	WQ_TRY(e);
	all->rows = WQ_NEW_ARRAY(&all->cli->arena, struct row, n);
	all->n = n;
	WQ_TRY(wq_arena_err(&all->cli->arena));
	for (size_t i = 0; i < n; i++)
		WQ_TRY(prepare(all, &all->rows[i], &apps[i]));
	return WQ_OK;
}

static void say(struct wq_cli *cli, const struct row *row, wq_err e)
{
	wq_cli_text(cli->err, row->app->id);
	fprintf(cli->err, ": %s: ", wq_err_message(e, cli->lang));
	wq_cli_text(cli->err, wq_str_c(wq_err_note(e)));
	fputc('\n', cli->err);
}

/* Starts what is due. One that cannot be started is a row that says so, never the end of the others. */
static void start_next(struct all *all, uint64_t began, size_t *at, size_t *running)
{
	while (*at < all->n && *running < all->jobs && !stop) {
		struct row *row = &all->rows[*at];
		wq_err e = WQ_OK;

		if (now_msec(all) - began < *at * all->spread_msec / all->n)
			return;
		(*at)++;
		if (row->app->state == WQ_APP_CLOSED) {
			e = look_at_closed(all, row);
			row->done = true;
			row->status = wq_failed(e) ? wq_err_exit(e) : 0;
		} else if (row->url) {
			e = start(all, row);
			*running += !wq_failed(e);
		}
		if (wq_failed(e))
			say(all->cli, row, e);
	}
}

static void run_all(struct all *all)
{
	const struct timespec slice = {.tv_nsec = 50 * 1000000L};
	uint64_t began = now_msec(all);
	size_t at = 0, running = 0;

	for (;;) {
		start_next(all, began, &at, &running);
		running = reap(all);
		if (running == 0 && (stop || at == all->n))
			return;
		nanosleep(&slice, NULL);
	}
}

/* ---- what came of it ---- */

static const char *state_word(const struct row *row)
{
	if (row->app->state == WQ_APP_CLOSED)
		return row->answers     ? "closed-answers"
			: row->resolves ? "closed-resolves"
			: row->done     ? "closed"
					: "not-run";
	if (!row->done)
		return "not-run";
	return row->looked ? "looked" : row->status == 5 ? "unreachable" : "failed";
}

static void put_row(struct wq_json *json, const struct row *row)
{
	wq_json_object(json);
	wq_json_put_str(json, "app", row->app->id);
	wq_json_put_str(json, "unit", row->app->unit);
	wq_json_put_str(json, "url", wq_str_c(row->url));
	wq_json_put_str(json, "state", wq_str_c(state_word(row)));
	wq_json_put_u64(json, "exit", (uint64_t)row->status);
	wq_json_put_u64(json, "msec", row->end_msec - row->begin_msec);
	wq_json_put_u64(json, "pages", row->pages);
	wq_json_key(json, WQ_S("findings"));
	wq_json_object(json);
	for (int i = WQ_SEVERITY_COUNT - 1; i >= 0; i--)
		wq_json_put_u64(json, wq_severity_name((enum wq_severity)i), row->by_severity[i]);
	wq_json_object_end(json);
	if (row->compared) {
		wq_json_put_u64(json, "new", row->new_n);
		wq_json_put_u64(json, "gone", row->gone_n);
	}
	if (row->judged) {
		wq_json_put_bool(json, "vetoed", row->vetoed);
		wq_json_put_i64(json, "least_thousandths", row->least);
		wq_json_put_i64(json, "most_thousandths", row->most);
	}
	wq_json_object_end(json);
}

static wq_err put_json(struct all *all)
{
	WQ_BUF(out, JSON_MAX);
	struct wq_json json;

	wq_json_init(&json, &out);
	wq_json_array(&json);
	for (size_t i = 0; i < all->n; i++)
		if (all->rows[i].app->hosts_n)
			put_row(&json, &all->rows[i]);
	wq_json_array_end(&json);
	return wq_cli_json(all->cli, &json);
}

static void print(struct all *all)
{
	struct wq_cli *cli = all->cli;
	bool zh = cli->lang == WQ_LANG_ZH;

	wq_cli_print(cli, "严重/高/中/低  新增/消失  得分        应用\n",
		"crit/high/med/low  new/gone  score       application\n");
	for (size_t i = 0; i < all->n; i++) {
		const struct row *r = &all->rows[i];
		char score[48] = "-";

		if (r->app->hosts_n == 0)
			continue;
		if (r->judged)
			snprintf(score, sizeof score, "%s%lld–%lld", r->vetoed ? zh ? "否决 " : "veto " : "",
				(long long)r->least / 1000, (long long)r->most / 1000);
		fprintf(cli->out, "%zu/%zu/%zu/%zu  %zu/%zu  %s  ", r->by_severity[WQ_SEVERITY_CRITICAL],
			r->by_severity[WQ_SEVERITY_HIGH], r->by_severity[WQ_SEVERITY_MEDIUM],
			r->by_severity[WQ_SEVERITY_LOW], r->new_n, r->gone_n, score);
		wq_cli_text(cli->out, r->app->id);
		fprintf(cli->out, "  %s", state_word(r));
		if (!r->looked && r->done)
			fprintf(cli->out, " (%d, %s)", r->status, r->error_file);
		fputc('\n', cli->out);
	}
}

static wq_err verdict(const struct all *all)
{
	size_t bad = 0, failed = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct row *row = &all->rows[i];

		failed += row->app->hosts_n && !row->looked;
		bad += all->fails && row->any && row->worst >= all->fail_on;
	}
	if (bad)
		return wq_error(WQ_E_FOUND, "%zu applications with findings of severity %s or above", bad,
			wq_severity_name(all->fail_on));
	return failed ? wq_error(WQ_E_UNREACHED, "%zu applications could not be looked at", failed) : WQ_OK;
}

static wq_err once(struct all *all)
{
	WQ_TRY(read_registry(all));
	if (all->n == 0)
		return wq_error(WQ_E_NOT_FOUND, "no application is registered");
	run_all(all);
	if (all->cli->json)
		WQ_TRY(put_json(all));
	else if (!all->cli->quiet)
		print(all);
	fflush(all->cli->out);
	return verdict(all);
}

static wq_err options(struct all *all)
{
	const struct wq_cli_args *args = all->args;
	wq_str jobs = wq_cli_value(args, "jobs");
	uint64_t n = 1;
	ssize_t length = readlink("/proc/self/exe", all->program, sizeof all->program - 1);

	if (length <= 0)
		return wq_error_sys(WQ_E_IO, errno, "/proc/self/exe");
	all->program[length] = '\0';
	all->time_msec = DEFAULT_MSEC;
	if (jobs.p && (!wq_str_to_u64(jobs, JOBS_MAX, &n) || n == 0))
		return wq_error(WQ_E_USAGE, "--jobs takes a number from 1 to %d", JOBS_MAX);
	all->jobs = (size_t)n;
	if (wq_cli_has(args, "every"))
		WQ_TRY(wq_cli_duration("every", wq_cli_value(args, "every"), &all->every_msec));
	if (wq_cli_has(args, "spread"))
		WQ_TRY(wq_cli_duration("spread", wq_cli_value(args, "spread"), &all->spread_msec));
	if (wq_cli_has(args, "time"))
		WQ_TRY(wq_cli_duration("time", wq_cli_value(args, "time"), &all->time_msec));
	all->fails = wq_cli_has(args, "fail-on");
	if (all->fails && !wq_severity_parse(wq_cli_value(args, "fail-on"), &all->fail_on))
		return wq_error(WQ_E_USAGE, "--fail-on takes info, low, medium, high or critical");
	return WQ_OK;
}

static void wait_msec(const struct all *all, uint64_t until)
{
	const struct timespec slice = {.tv_nsec = 200 * 1000000L};

	while (!stop && now_msec(all) < until)
		nanosleep(&slice, NULL);
}

static wq_err cmd_all(struct wq_cli *cli, const struct wq_cli_args *args)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct all *all = WQ_NEW(&cli->arena, struct all);
	wq_err e;

	if (!all)
		return wq_arena_err(&cli->arena);
	*all = (struct all){.cli = cli, .args = args, .state = wq_cli_state(cli)};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	WQ_TRY(options(all));
	WQ_TRY(wq_crypto_init());
	for (;;) {
		struct wq_cli round = *cli;
		uint64_t next = now_msec(all) + all->every_msec;

		wq_arena_init(&round.arena, (size_t)1024 * WQ_MIB);
		all->cli = &round;
		e = once(all);
		all->cli = cli;
		wq_arena_done(&round.arena);
		if (!all->every_msec || stop || (wq_failed(e) && !wq_is(e, WQ_E_FOUND) && !wq_is(e, WQ_E_UNREACHED)))
			return e;
		wait_msec(all, next);
		if (stop)
			return WQ_OK;
	}
}

static const struct wq_cli_option all_options[] = {
	{"every", "DURATION", {"每隔多久再来一轮", "again each time so long after the last began"}, false},
	{"jobs", "N", {"同时检查的应用数，缺省 1", "so many applications at a time, else 1"}, false},
	{"spread", "DURATION", {"在此时段内错开各应用的开始时间", "spread the beginnings over so long: a night"},
		false},
	{"time", "DURATION", {"每个应用最长用时，缺省 2h", "at most so long for each application, else 2h"}, false},
	{"fail-on", "SEVERITY",
		{"有此级别及以上的问题时，以状态 1 结束",
			"exit with status 1 when a finding is of this severity or above"},
		false},
	{"http", NULL, {"登记册中的主机用 http 访问", "hosts of the registry are asked by http"}, false},
	{"checks", "LIST", {"检查项目，见 inspect", "what is checked, see inspect"}, false},
	{"links-only", NULL, {"只检查链接", "links alone"}, false},
	{"pages", "N", {"每个应用最多检查的页面数", "at most so many pages each"}, false},
	{"depth", "N", {"离起始页最多几层", "at most so many steps from the start"}, false},
	{"delay", "MSEC", {"对同一主机两次请求之间的毫秒数", "milliseconds between two requests to a host"}, false},
	{"allow-private", NULL,
		{"允许访问起始地址所在的内网或本机地址",
			"the addresses that the starts have may be private or of this machine"},
		false},
	{"allow-address", "ADDRESS[/BITS]",
		{"另外允许访问的内网地址或网段", "a private address or network that may be reached besides"}, true},
	{"resolve", "HOST:ADDRESS",
		{"不经解析，直接以此地址访问主机", "go to this address for the host, without resolving it"}, true},
	{"ca-file", "FILE",
		{"信任的根证书（PEM），缺省为系统的", "authorities that are trusted, PEM; else the system's"}, false},
	{"no-robots", NULL, {"不遵守 robots.txt（限本单位的站点）", "do not heed robots.txt: for sites of your own"},
		false},
	{"no-outside", NULL, {"不访问站外链接的目标", "do not look at targets outside"}, false},
	{"at-once", NULL, {"站外目标一次打不开即算失效", "an outside target that fails once is broken"}, false},
	{"resolver", "[NAME=]ADDRESS[:PORT]", {"检查 dns 时比对的解析器", "a resolver for the check dns"}, true},
	{"geo", "FILE", {"MaxMind DB 地址库", "a MaxMind DB of addresses"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_inspect_all[] = {
	{"inspect all", "", 0, 0,
		{"检查登记册中的全部应用；已关停的检查是否仍可解析、应答（A4）",
			"inspect every application of the registry; of closed ones: do they still resolve or answer (A4)"},
		{"每个应用由单独的进程检查，一个出错不影响其他；进度保存在状态目录，站外目标跨日复查。结束状态：0 全部已检查，1 有 --fail-on "
		 "级别的问题，5 有应用未能检查。",
			"A process for each application, so that one that fails stops no other; state is kept, so that outside targets are looked at "
			"again over days. Exit status: 0 all were looked at; 1 findings of --fail-on; 5 some could not be looked at."},
		all_options, cmd_all, "weique inspect all --jobs 4 --spread 6h --fail-on high"},
	{0},
};
