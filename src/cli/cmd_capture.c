#include "cli/commands.h"
#include "cli/common.h"
#include "base/progress.h"
#include "flow/capture.h"

#include <poll.h>
#include <signal.h>

enum { SKIPS_SHOWN = 20, LOOK_MEMORY = 1024 * 1024 * 1024, WAIT_STEP_MSEC = 200 };

/* SIGINT or SIGTERM came: the capture ends between two resources. */
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void catch_signals(void)
{
	const struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* ---- while it runs ---- */

struct watch {
	struct wq_cli *cli;
	struct wq_progress progress;
	char label[100];
	enum wq_capture_phase phase;
	uint64_t began_msec, skipped;
};

/* File names and addresses come from outside. */
static void on_skip(void *data, wq_str source, const char *why)
{
	struct watch *watch = data;
	FILE *err = watch->cli->err;

	if (++watch->skipped > SKIPS_SHOWN || watch->cli->quiet || watch->cli->json)
		return;
	if (watch->progress.drawn)
		fputs("\r\033[K", err);
	watch->progress.drawn = false;
	fputs("  - ", err);
	wq_cli_text(err, source);
	fputs(": ", err);
	wq_cli_text(err, wq_str_c(why));
	fputc('\n', err);
}

/* "walk 120/s, 4.5 MB, 345 known": and when the end is known, how long it takes. */
static void label(struct watch *watch, const struct wq_capture_progress *p)
{
	static const struct wq_say phases[] = {[WQ_CAPTURE_WALK] = {"采集", "walk"},
		[WQ_CAPTURE_SECOND] = {"第二次读取", "second look"},
		[WQ_CAPTURE_PAGES] = {"比对", "compare"}};
	const struct wq_clock *clock = watch->cli->clock;
	uint64_t msec = clock->monotonic_msec(clock->data) - watch->began_msec;
	double rate = msec ? (double)p->done * 1000 / (double)msec : 0;
	int n = snprintf(watch->label, sizeof watch->label, "%s %.0f/s, %.1f MB",
		wq_cli_say(watch->cli, &phases[p->phase]), rate, (double)p->bytes / 1e6);

	if (n <= 0 || p->known <= p->done || rate <= 0)
		return;
	if (p->phase == WQ_CAPTURE_WALK)
		snprintf(watch->label + n, sizeof watch->label - (size_t)n, ", %llu known",
			(unsigned long long)p->known);
	else
		snprintf(watch->label + n, sizeof watch->label - (size_t)n, ", %.0f s",
			(double)(p->known - p->done) / rate);
}

static bool on_progress(void *data, const struct wq_capture_progress *p)
{
	struct watch *watch = data;

	if (!watch->progress.active)
		return !stop;
	if (watch->began_msec == 0 || p->phase != watch->phase) {
		watch->phase = p->phase;
		watch->began_msec = watch->cli->clock->monotonic_msec(watch->cli->clock->data);
		watch->progress.done = 0;
	}
	label(watch, p);
	watch->progress.total = p->phase == WQ_CAPTURE_WALK ? 0 : p->known;
	wq_progress_add(&watch->progress, p->done > watch->progress.done ? p->done - watch->progress.done : 0);
	return !stop;
}

/* ---- what came of it ---- */

static void print_json(struct wq_json *json, const struct wq_capture_result *r, uint64_t skipped)
{
	wq_json_object(json);
	wq_json_put_str(json, "release", r->release);
	wq_json_put_u64(json, "resources", r->resources);
	wq_json_put_u64(json, "bytes", r->bytes);
	wq_json_put_u64(json, "added", r->added);
	wq_json_put_u64(json, "changed", r->changed);
	wq_json_put_u64(json, "gone", r->gone);
	wq_json_put_u64(json, "same", r->same);
	wq_json_put_u64(json, "unknown", r->unknown);
	wq_json_put_u64(json, "recalled", r->recalled);
	wq_json_put_bool(json, "policy", r->policy);
	wq_json_put_u64(json, "volatile", r->volatile_rules);
	wq_json_put_bool(json, "again", r->again);
	wq_json_put_u64(json, "skipped", skipped);
	wq_json_put_u64(json, "findings", r->findings);
	wq_json_put_u64(json, "findings_high", r->findings_high);
	wq_json_key(json, wq_str_c("changes"));
	wq_json_object(json);
	for (int i = 0; i < WQ_SEVERITY_COUNT; i++)
		wq_json_put_u64(json, wq_severity_name((enum wq_severity)i), r->changes[i]);
	wq_json_object_end(json);
	wq_json_object_end(json);
}

static void print_changes(struct wq_cli *cli, const struct wq_capture_result *r)
{
	uint64_t all = 0;

	for (int i = 0; i < WQ_SEVERITY_COUNT; i++)
		all += r->changes[i];
	if (all == 0)
		return;
	wq_cli_print(cli, "未经批准的变更（C1）：", "unapproved changes (C1):");
	for (int i = WQ_SEVERITY_COUNT - 1; i >= 0; i--)
		if (r->changes[i])
			wq_cli_print(cli, " %s %llu", " %s %llu", wq_severity_title((enum wq_severity)i, cli->lang),
				(unsigned long long)r->changes[i]);
	wq_cli_print(cli, "\n", "\n");
}

static void print_text(struct wq_cli *cli, const struct wq_capture_result *r, uint64_t skipped)
{
	if (skipped > SKIPS_SHOWN)
		wq_cli_print(
			cli, "  … 共 %llu 项未收录\n", "  … %llu were left out in all\n", (unsigned long long)skipped);
	if (r->recalled)
		wq_cli_print(cli, "接续上次中断的采集：%llu 个资源已读取\n",
			"goes on with the capture that was cut off: %llu resources had been read\n",
			(unsigned long long)r->recalled);
	wq_cli_print(cli, "%llu 个资源，%.1f MB：新增 %llu，修改 %llu，消失 %llu，未变 %llu\n",
		"%llu resources, %.1f MB: %llu added, %llu changed, %llu gone, %llu the same\n",
		(unsigned long long)r->resources, (double)r->bytes / 1e6, (unsigned long long)r->added,
		(unsigned long long)r->changed, (unsigned long long)r->gone, (unsigned long long)r->same);
	if (r->unknown)
		wq_cli_print(cli, "%llu 个已封存的资源未能从来源读取，保持封存版本\n",
			"%llu sealed resources could not be read from the origin: they stay as sealed\n",
			(unsigned long long)r->unknown);
	print_changes(cli, r);
	if (r->policy)
		wq_cli_print(cli, "应用的策略与已封存的不同\n", "the policy differs from the sealed one\n");
	if (r->volatile_rules)
		wq_cli_print(cli, "学到 %llu 条易变区域规则，待批准\n",
			"%llu rules for volatile regions were learnt and wait for approval\n",
			(unsigned long long)r->volatile_rules);
	if (r->findings)
		wq_cli_print(cli, "发现 %llu 项，其中 %llu 项严重（B2，2024 第十三条）\n",
			"%llu findings, %llu of them high (B2; 2024 art. 13)\n", (unsigned long long)r->findings,
			(unsigned long long)r->findings_high);
	if (r->release.n == 0)
		wq_cli_print(
			cli, "与已封存的版本一致，无需发布\n", "equal to the sealed version: nothing to release\n");
	else
		wq_cli_print(cli, "发布 %.*s 待审核：weique release show %.*s\n",
			"release %.*s waits for review: weique release show %.*s\n", WQ_S_ARG(r->release),
			WQ_S_ARG(r->release));
}

/* One line for each look of --every. */
static void print_line(struct wq_cli *cli, const struct wq_capture_result *r)
{
	char now[32];

	wq_cli_time(wq_now(cli->clock), now);
	if (r->release.n == 0)
		wq_cli_print(cli, "%s 一致：%llu 个资源\n", "%s the same: %llu resources\n", now,
			(unsigned long long)(r->same));
	else
		wq_cli_print(cli, "%s %s %.*s：新增 %llu，修改 %llu，消失 %llu，发现 %llu 项（严重 %llu）\n",
			"%s %s %.*s: %llu added, %llu changed, %llu gone, %llu findings (%llu high)\n", now,
			r->again ? "=" : "!", WQ_S_ARG(r->release), (unsigned long long)r->added,
			(unsigned long long)r->changed, (unsigned long long)r->gone, (unsigned long long)r->findings,
			(unsigned long long)r->findings_high);
	fflush(cli->out);
}

/* ---- one look ---- */

static wq_err look(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w,
	struct wq_capture_result *ret_result, uint64_t *ret_skipped)
{
	struct watch watch = {.cli = cli};
	struct wq_capture_options options = {
		.author = wq_cli_value(args, "author"),
		.site = {.settings = &w->settings.capture,
			.allow_private = wq_cli_has(args, "allow-private"),
			.skipped = on_skip,
			.skipped_data = &watch},
		.fresh = wq_cli_has(args, "fresh"),
		.progress = on_progress,
		.progress_data = &watch,
	};
	struct wq_person_row author;
	struct wq_app_row app;
	wq_err e;

	if (options.author.n == 0)
		return wq_error(WQ_E_USAGE, "--author PERSON is needed: who answers for the change");
	WQ_TRY(wq_app_find(w->ledger, args->words[0], &cli->arena, &app));
	WQ_TRY(wq_person_find(w->ledger, options.author, &cli->arena, &author));
	if (!(author.roles & WQ_ROLE_AUTHOR))
		return wq_error(WQ_E_DENIED, "%.*s is not an author", WQ_S_ARG(author.id));
	wq_progress_init(&watch.progress, cli->clock, fileno(cli->err), watch.label, 0, cli->quiet || cli->json);
	e = (wq_cli_has(args, "policy") ? wq_capture_policy : wq_capture)(w, &app, &options, ret_result);
	wq_progress_done(&watch.progress);
	*ret_skipped = watch.skipped;
	return e;
}

static wq_err say(struct wq_cli *cli, const struct wq_capture_result *result, uint64_t skipped)
{
	WQ_BUF(out, 64 * WQ_KIB);
	struct wq_json json;

	if (!cli->json)
		return WQ_OK;
	wq_json_init(&json, &out);
	print_json(&json, result, skipped);
	WQ_TRY(wq_cli_json(cli, &json));
	fflush(cli->out);
	return WQ_OK;
}

/* --fail-on: for a timer that has to wake somebody. */
static wq_err judge(const struct wq_cli_args *args, const struct wq_capture_result *r)
{
	wq_str name = wq_cli_value(args, "fail-on");
	enum wq_severity least;
	uint64_t n = 0;

	if (name.n == 0)
		return WQ_OK;
	if (!wq_severity_parse(name, &least))
		return wq_error(WQ_E_USAGE, "--fail-on takes info, low, medium, high or critical");
	for (int i = (int)least; i < WQ_SEVERITY_COUNT; i++)
		n += r->changes[i];
	if (n > 0)
		return wq_error(WQ_E_UNAPPROVED, "%llu changes of severity %.*s or above", (unsigned long long)n,
			WQ_S_ARG(name));
	return r->findings > 0 && r->worst >= least
		? wq_error(WQ_E_UNAPPROVED, "findings of severity %.*s or above", WQ_S_ARG(name))
		: WQ_OK;
}

static wq_err once(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_capture_result result = {0};
	uint64_t skipped = 0;

	WQ_TRY(look(cli, args, w, &result, &skipped));
	print_text(cli, &result, skipped);
	WQ_TRY(say(cli, &result, skipped));
	return judge(args, &result);
}

/* ---- again and again ---- */

static wq_err once_of_many(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_capture_result result = {0};
	uint64_t skipped = 0;

	WQ_TRY(look(cli, args, w, &result, &skipped));
	print_line(cli, &result);
	return say(cli, &result, skipped);
}

/* What the next look may mend: the origin, the network, a disk; not a wrong command or setting. */
static bool may_pass(wq_err e, bool first)
{
	enum wq_err_kind kind = wq_err_kind(e);

	return kind != WQ_KIND_CONFIG && kind != WQ_KIND_DENIED && kind != WQ_KIND_BUG &&
		!(first && kind == WQ_KIND_INPUT);
}

static void wait_until(struct wq_cli *cli, uint64_t msec)
{
	while (!stop && cli->clock->monotonic_msec(cli->clock->data) < msec)
		poll(NULL, 0, WAIT_STEP_MSEC);
}

static wq_err every(struct wq_cli *cli, const struct wq_cli_args *args, uint64_t every_msec)
{
	wq_err e = WQ_OK;

	for (bool first = true; !stop; first = false) {
		uint64_t next = cli->clock->monotonic_msec(cli->clock->data) + every_msec;
		struct wq_cli one = *cli; /* memory of one look */

		wq_arena_init(&one.arena, LOOK_MEMORY);
		e = wq_cli_with(&one, args, once_of_many);
		wq_arena_done(&one.arena);
		if (stop && wq_is(e, WQ_E_INTERRUPTED))
			return WQ_OK;
		if (wq_failed(e) && !may_pass(e, first))
			return e;
		if (wq_failed(e)) {
			fprintf(cli->err, "%s: ", wq_err_message(e, cli->lang));
			wq_cli_text(cli->err, wq_str_c(wq_err_note(e)));
			fputc('\n', cli->err);
		}
		wait_until(cli, next);
	}
	return WQ_OK;
}

static wq_err cmd_capture(struct wq_cli *cli, const struct wq_cli_args *args)
{
	wq_str text = wq_cli_value(args, "every");
	uint64_t msec = 0;

	catch_signals();
	if (text.n == 0)
		return wq_cli_with(cli, args, once);
	if (wq_cli_has(args, "fail-on") || wq_cli_has(args, "policy"))
		return wq_error(WQ_E_USAGE, "--every goes with neither --fail-on nor --policy");
	WQ_TRY(wq_cli_duration("every", text, &msec));
	return every(cli, args, msec);
}

static const struct wq_cli_option options[] = {
	{"author", "PERSON", {"谁对这次变更负责", "who answers for the change"}, false},
	{"allow-private", NULL, {"允许内网来源地址", "the origin may be in a private address range"}, false},
	{"fresh", NULL, {"不接续中断的采集，从头开始", "do not go on with a capture that was cut off"}, false},
	{"policy", NULL,
		{"不访问来源：已封存的页面加上应用配置的新策略",
			"do not visit the origin: the sealed pages under the profile's new policy"},
		false},
	{"every", "DURATION",
		{"每隔这么久采集一次，直到被中断；每次一行",
			"capture again and again until interrupted; one line each"},
		false},
	{"fail-on", "SEVERITY",
		{"有此级别及以上的未批准变更或发现时，以状态 1 结束",
			"exit with status 1 when a change or finding is of this severity or above"},
		false},
	{0},
};

const struct wq_cli_command wq_cmd_capture[] = {
	{"capture", "APP --author PERSON", 1, 1,
		{"采集来源，与已封存版本比较，形成待审发布", "capture the origin, compare, propose a release"},
		{"没有人批准的变更只会成为“发现”，不会成为响应。中断后重新运行即可接续。结束状态：0 完成（有无变更都一样），"
		 "1 有 --fail-on 级别的变更或发现、或不允许，2 输入，3 配置，4 状态，5 读写，6 限制，7 正忙或被中断。",
			"A change that nobody approved becomes a finding, never a response. One that was cut off goes on when it is "
			"run again. Exit status: 0 done, whether or not something differs; 1 a change or finding of --fail-on, or not "
			"allowed; 2 input, 3 configuration, 4 state, 5 I/O, 6 limit, 7 busy or interrupted."},
		options, cmd_capture, "weique capture portal --author editor"},
	{0},
};
