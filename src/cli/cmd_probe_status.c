/* weique probe status: what the vantage points say together, now and over the week. */
#include <signal.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/probe_priv.h"

enum { WATCH_MSEC = 5000, FINDINGS_MAX = 100000, JSON_MAX = 256 * 1024 * 1024, MEMORY = 2048 };

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

/* ---- terminal ---- */

/* An hour: nobody looked, all opened, some or all failed. */
static const char *cell(const struct wq_uptime_hour *hour)
{
	if (hour->visits == 0)
		return " ";
	if (hour->failed == 0)
		return "▁";
	return hour->failed == hour->visits ? "█" : "▅";
}

static void show_days(struct wq_cli *cli, FILE *to, const struct wq_uptime *row)
{
	char text[WQ_TIME_TEXT];

	for (size_t day = 0; day < WQ_UPTIME_DAYS; day++) {
		uint32_t visits = 0, failed = 0;

		for (size_t h = 0; h < WQ_UPTIME_HOURS; h++) {
			visits += row->hours[day][h].visits;
			failed += row->hours[day][h].failed;
		}
		if (visits == 0)
			continue;
		wq_time_text(row->first_day + (wq_time)day * WQ_DAY + 8 * 3600 * WQ_SECOND, text);
		fprintf(to, "    %.5s |", text + 5);
		for (size_t h = 0; h < WQ_UPTIME_HOURS; h++)
			fputs(cell(&row->hours[day][h]), to);
		fprintf(to, cli->lang == WQ_LANG_ZH ? "| %u 次，失败 %u\n" : "| %u visits, %u failed\n", visits,
			failed);
	}
}

static void show_week(struct wq_cli *cli, FILE *to, const char *zh, const char *en,
	const struct wq_indicator_week *week, uint64_t limit)
{
	bool is_zh = cli->lang == WQ_LANG_ZH;

	fprintf(to,
		is_zh ? "  %s：%llu 次，失败 %llu，%lld.%03lld %%（否决线 %llu %%）%s%s\n"
		      : "  %s: %llu visits, %llu failed, %lld.%03lld %% (veto at %llu %%)%s%s\n",
		is_zh ? zh : en, (unsigned long long)week->visits, (unsigned long long)week->failed,
		(long long)week->failed_percent / 1000, (long long)week->failed_percent % 1000,
		(unsigned long long)limit,
		week->verdict == WQ_INDICATOR_VETOED        ? is_zh ? "，单项否决" : ", veto"
			: week->verdict == WQ_INDICATOR_MET ? is_zh ? "，达标" : ", met"
							    : "",
		week->complete  ? ""
			: is_zh ? "，次数不满"
				: ", visits are missing");
}

static void show_vantage(struct wq_cli *cli, FILE *to, const struct wq_uptime_vantage *v)
{
	bool zh = cli->lang == WQ_LANG_ZH;
	char when[32], since[32];

	fprintf(to,
		zh ? "    %.*s：%s（%.*s，%u 毫秒，%s），自 %s；本周 %llu 次，失败 %llu\n"
		   : "    %.*s: %s (%.*s, %u ms, %s) since %s; week: %llu visits, %llu failed\n",
		WQ_S_ARG(v->vantage),
		v->opened    ? zh ? "能打开" : "opens"
			: zh ? "打不开"
			     : "does not open",
		WQ_S_ARG(v->last->outcome), v->last->msec, wq_cli_time(v->last->at, when), wq_cli_time(v->since, since),
		(unsigned long long)v->week.visits, (unsigned long long)v->week.failed);
}

void wq_cli_uptime_show(struct wq_cli *cli, FILE *to, const struct wq_cli_uptime *uptime, const struct wq_uptime *row)
{
	static const char *const colours[] = {"\033[90m", "\033[32m", "\033[33m", "\033[1;31m"};
	uint64_t limit = uptime->rules->limits.failed_percent;
	bool zh = cli->lang == WQ_LANG_ZH;
	char since[32];

	fprintf(to, "%s%s%s ", cli->colour ? colours[row->now] : "", wq_uptime_now_title(row->now, cli->lang),
		cli->colour ? "\033[0m" : "");
	if (row->fresh)
		fprintf(to, zh ? "（自 %s" : "(since %s", wq_cli_time(row->since, since));
	if (row->now == WQ_UPTIME_DOWN || row->now == WQ_UPTIME_PARTLY) {
		fprintf(to, zh ? "，%zu 个探测点中 %zu 个打不开" : ", of %zu vantage points %zu fail", row->fresh,
			row->down);
		if (row->down == 1)
			for (size_t i = 0; i < row->vantages_n; i++)
				if (row->vantages[i].fresh && !row->vantages[i].opened)
					fprintf(to, zh ? "，仅 %.*s" : ", only from %.*s",
						WQ_S_ARG(row->vantages[i].vantage));
	}
	fputs(row->fresh ? zh ? "） " : ") " : "", to);
	wq_cli_text(to, row->name);
	fputs("  ", to);
	wq_cli_text(to, row->url);
	fputc('\n', to);
	for (size_t i = 0; i < row->vantages_n; i++)
		show_vantage(cli, to, &row->vantages[i]);
	show_week(cli, to, "近 7 日（含今日）", "last 7 days with today", &row->week, limit);
	show_week(cli, to, "今日之前 7 个整日", "7 whole days before today", &row->before, limit);
	if (row->contradicted)
		fprintf(to,
			zh ? "  另有 %llu 次失败被其他探测点否定\n"
			   : "  %llu failures besides that another vantage point contradicts\n",
			(unsigned long long)row->contradicted);
	if (row->median_msec)
		fprintf(to, zh ? "  打开用时中位数 %u 毫秒\n" : "  median time to open %u ms\n", row->median_msec);
	show_days(cli, to, row);
}

/* ---- JSON ---- */

static void put_week(struct wq_json *json, const char *key, const struct wq_indicator_week *week)
{
	wq_json_key(json, wq_str_c(key));
	wq_json_object(json);
	wq_json_put_u64(json, "visits", week->visits);
	wq_json_put_u64(json, "failed", week->failed);
	wq_json_put_u64(json, "missing", week->missing);
	wq_json_put_i64(json, "failed_thousandths_percent", week->failed_percent);
	wq_json_put_bool(json, "complete", week->complete);
	wq_json_put_u64(json, "longest_gap_msec", week->longest_gap_msec);
	wq_json_put_str(json, "verdict", wq_str_c(wq_indicator_verdict_name(week->verdict)));
	wq_json_object_end(json);
}

static void put_hours(struct wq_json *json, const struct wq_uptime *row)
{
	wq_json_put_time(json, "first_day", row->first_day);
	wq_json_key(json, WQ_S("hours"));
	wq_json_array(json);
	for (size_t day = 0; day < WQ_UPTIME_DAYS; day++) {
		wq_json_array(json);
		for (size_t h = 0; h < WQ_UPTIME_HOURS; h++) {
			wq_json_array(json);
			wq_json_u64(json, row->hours[day][h].visits);
			wq_json_u64(json, row->hours[day][h].failed);
			wq_json_array_end(json);
		}
		wq_json_array_end(json);
	}
	wq_json_array_end(json);
}

static void put_vantages(struct wq_json *json, const struct wq_uptime *row)
{
	wq_json_key(json, WQ_S("vantages"));
	wq_json_array(json);
	for (size_t i = 0; i < row->vantages_n; i++) {
		const struct wq_uptime_vantage *v = &row->vantages[i];

		wq_json_object(json);
		wq_json_put_str(json, "vantage", v->vantage);
		wq_json_put_bool(json, "fresh", v->fresh);
		wq_json_put_bool(json, "opened", v->opened);
		wq_json_put_time(json, "since", v->since);
		wq_json_put_time(json, "last", v->last->at);
		wq_json_put_str(json, "outcome", v->last->outcome);
		wq_json_put_u64(json, "status", v->last->status);
		wq_json_put_u64(json, "msec", v->last->msec);
		wq_json_put_str(json, "address", v->last->address);
		put_week(json, "week", &v->week);
		wq_json_object_end(json);
	}
	wq_json_array_end(json);
}

void wq_cli_uptime_json(struct wq_json *json, const struct wq_cli_uptime *uptime, const struct wq_uptime *row)
{
	(void)uptime;
	wq_json_object(json);
	wq_json_put_str(json, "name", row->name);
	wq_json_put_str(json, "url", row->url);
	wq_json_put_str(json, "now", wq_str_c(wq_uptime_now_name(row->now)));
	if (row->fresh)
		wq_json_put_time(json, "since", row->since);
	wq_json_put_u64(json, "fresh", row->fresh);
	wq_json_put_u64(json, "down", row->down);
	put_week(json, "week", &row->week);
	put_week(json, "before", &row->before);
	wq_json_put_u64(json, "contradicted", row->contradicted);
	wq_json_put_u64(json, "median_msec", row->median_msec);
	put_vantages(json, row);
	put_hours(json, row);
	wq_json_object_end(json);
}

/* ---- the command ---- */

struct status {
	struct wq_cli *cli;
	const struct wq_cli_args *args;
	enum wq_severity fail_on;
	bool fails;
};

static bool wanted(const struct wq_cli_args *args, const struct wq_cli_uptime *up, const struct wq_uptime *row)
{
	struct wq_cli_uptime one = {.rules = up->rules, .rows = row, .rows_n = 1};

	return args->words_n == 0 || wq_cli_uptime_of(&one, args->words[0]);
}

static wq_err put_json(struct wq_cli *cli, const struct wq_cli_args *args, const struct wq_cli_uptime *up,
	const struct wq_findings *findings)
{
	WQ_BUF(out, JSON_MAX);
	struct wq_json json;

	wq_json_init(&json, &out);
	wq_json_object(&json);
	wq_json_put_time(&json, "time", up->now);
	wq_json_put_u64(&json, "altered_lines", up->altered);
	wq_json_put_u64(&json, "torn_lines", up->torn);
	wq_json_key(&json, WQ_S("sites"));
	wq_json_array(&json);
	for (size_t i = 0; i < up->rows_n; i++)
		if (wanted(args, up, &up->rows[i]))
			wq_cli_uptime_json(&json, up, &up->rows[i]);
	wq_json_array_end(&json);
	wq_json_key(&json, WQ_S("findings"));
	wq_findings_put_json(findings, &json);
	wq_json_object_end(&json);
	return wq_cli_json(cli, &json);
}

static void print(struct wq_cli *cli, const struct wq_cli_args *args, const struct wq_cli_uptime *up)
{
	for (size_t i = 0; i < up->rows_n && !cli->quiet; i++)
		if (wanted(args, up, &up->rows[i]))
			wq_cli_uptime_show(cli, cli->out, up, &up->rows[i]);
	if (up->altered)
		wq_cli_print(cli, "注意：%zu 行记录被改动，未计入\n", "note: %zu lines were altered and are left out\n",
			up->altered);
	if (up->torn)
		wq_cli_print(cli, "注意：%zu 行记录不完整，未计入\n", "note: %zu lines are torn and are left out\n",
			up->torn);
}

static wq_err once(struct status *s, struct wq_arena *arena)
{
	struct wq_findings findings;
	struct wq_cli_uptime up;
	size_t shown = 0, bad = 0;

	WQ_TRY(wq_cli_uptime_read(s->cli, arena, &up));
	WQ_TRY(wq_findings_init(&findings, arena, FINDINGS_MAX));
	for (size_t i = 0; i < up.rows_n; i++) {
		if (!wanted(s->args, &up, &up.rows[i]))
			continue;
		WQ_TRY(wq_uptime_judge(&up.rows[i], up.rules, up.now, arena, &findings));
		shown++;
	}
	if (shown == 0)
		return wq_error(WQ_E_NOT_FOUND, "no visits are on record: weique probe run");
	if (s->cli->json)
		WQ_TRY(put_json(s->cli, s->args, &up, &findings));
	else
		print(s->cli, s->args, &up);
	fflush(s->cli->out);
	for (size_t i = 0; i < findings.count; i++)
		bad += s->fails && findings.items[i].severity >= s->fail_on;
	return bad ? wq_error(WQ_E_FOUND, "%zu findings of severity %s or above", bad, wq_severity_name(s->fail_on))
		   : WQ_OK;
}

/* With memory of its own each time. */
static wq_err look(struct status *s)
{
	struct wq_arena arena;
	wq_err e;

	wq_arena_init(&arena, (size_t)MEMORY * WQ_MIB);
	e = once(s, &arena);
	wq_arena_done(&arena);
	return e;
}

static void wait_msec(const struct wq_clock *clock, uint64_t msec)
{
	const struct timespec slice = {.tv_nsec = 200 * 1000000L};
	uint64_t end = clock->monotonic_msec(clock->data) + msec;

	while (!stop && clock->monotonic_msec(clock->data) < end)
		nanosleep(&slice, NULL);
}

static wq_err watch(struct status *s)
{
	bool terminal = isatty(fileno(s->cli->out));
	wq_err e = WQ_OK;

	while (!stop) {
		if (terminal)
			fputs("\033[H\033[2J", s->cli->out);
		e = look(s);
		if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND) && !wq_is(e, WQ_E_FOUND))
			return e;
		wait_msec(s->cli->clock, WATCH_MSEC);
	}
	return e;
}

static wq_err cmd_status(struct wq_cli *cli, const struct wq_cli_args *args)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct status s = {.cli = cli, .args = args, .fails = wq_cli_has(args, "fail-on")};

	if (s.fails && !wq_severity_parse(wq_cli_value(args, "fail-on"), &s.fail_on))
		return wq_error(WQ_E_USAGE, "--fail-on takes info, low, medium, high or critical");
	WQ_TRY(wq_crypto_init());
	if (!wq_cli_has(args, "watch"))
		return look(&s);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return watch(&s);
}

static const struct wq_cli_option status_options[] = {
	{"watch", NULL, {"每 5 秒刷新，Ctrl-C 结束", "anew every 5 seconds, until Ctrl-C"}, false},
	{"fail-on", "SEVERITY",
		{"有此级别及以上的问题时，以状态 1 结束",
			"exit with status 1 when a finding is of this severity or above"},
		false},
	{0},
};

const struct wq_cli_command wq_cmd_probe_status[] = {
	{"probe status", "[APP|URL]", 0, 1,
		{"网站此刻能否打开、一周失败率（5 % 即否决）",
			"are sites up now, and their week against the veto at 5 %"},
		{"多个探测点都打不开才算打不开；只有一个打不开时说明是哪一个。每日一行，每格一小时：▁ 均能打开，▅ 部分失败，█ 全部失败。",
			"Down is what all vantage points that looked lately agree on; of one alone it is said which. A row a day, a cell an "
			"hour: ▁ all opened, ▅ some failed, █ all failed."},
		status_options, cmd_status, "weique probe status portal --fail-on high"},
	{0},
};
