/* weique rules test. */
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/ftw.h"

#include <pthread.h>

#include "base/progress.h"
#include "flow/ruleset.h"

enum {
	SUITE_MEMORY = 512 * 1024 * 1024,
	CASE_MEMORY = 64 * 1024 * 1024,
	RESULTS_MEMORY = 64 * 1024 * 1024,
	OUT_MAX = 64 * 1024 * 1024,
	JOBS_MAX = 64
};

struct run {
	struct wq_cli *cli;
	const struct wq_waf_program *program;
	struct wq_ftw_suite suite;
	struct wq_ftw_result *results; /* one for each test */
	struct wq_progress progress;
	size_t next; /* atomic */
};

/* ---- what to run ---- */

static bool is_asked(const struct wq_cli_args *args, const struct wq_ftw_test *test)
{
	wq_str id;

	for (size_t i = 0; (id = wq_cli_value_at(args, "id", i)).p; i++) {
		uint64_t rule;

		if (wq_str_eq(id, test->name) || (wq_str_to_u64(id, UINT32_MAX, &rule) && rule == test->rule))
			return true;
	}
	return wq_cli_value(args, "id").p == NULL;
}

static wq_err choose(const struct wq_cli_args *args, struct wq_ftw_suite *suite)
{
	size_t n = 0;

	for (size_t i = 0; i < suite->n; i++)
		if (is_asked(args, &suite->tests[i]))
			suite->tests[n++] = suite->tests[i];
	suite->n = n;
	return n > 0 ? WQ_OK : wq_error(WQ_E_NOT_FOUND, "no test with this --id");
}

static wq_err path_option(struct wq_cli *cli, const struct wq_cli_args *args, const char *option, const char **ret_path)
{
	wq_str value = wq_cli_value(args, option);

	if (value.n == 0)
		return wq_error(WQ_E_USAGE, "--%s is missing", option);
	*ret_path = wq_arena_cstr(&cli->arena, value);
	return *ret_path ? WQ_OK : wq_error(WQ_E_USAGE, "--%s", option);
}

/* Those named, else the ones that come with the program. */
static wq_err override(
	struct wq_cli *cli, const struct wq_cli_args *args, struct wq_arena *arena, struct wq_ftw_suite *suite)
{
	const char *dir = getenv("WEIQUE_RULES"), *path;
	wq_str name;

	for (size_t i = 0; (name = wq_cli_value_at(args, "overrides", i)).p; i++) {
		path = wq_arena_cstr(&cli->arena, name);
		if (!path)
			return wq_error(WQ_E_USAGE, "--overrides");
		WQ_TRY(wq_ftw_override(path, arena, suite));
	}
	if (wq_cli_has(args, "overrides"))
		return WQ_OK;
	path = wq_arena_printf(&cli->arena, "%s/waf/overrides.yaml", dir && *dir ? dir : WQ_RULES_DIR).p;
	if (!path)
		return wq_arena_err(&cli->arena);
	return access(path, F_OK) == 0 ? wq_ftw_override(path, arena, suite) : WQ_OK;
}

static wq_err number_option(
	const struct wq_cli_args *args, const char *option, uint64_t otherwise, uint64_t max, uint64_t *ret)
{
	wq_str value = wq_cli_value(args, option);

	*ret = otherwise;
	if (value.n > 0 && (!wq_str_to_u64(value, max, ret) || *ret == 0))
		return wq_error(WQ_E_USAGE, "--%s is a number from 1 to %llu", option, (unsigned long long)max);
	return WQ_OK;
}

/* ---- running, by one thread or several ---- */

struct thread {
	pthread_t id;
	struct run *run;
	struct wq_arena results; /* texts of results */
	bool first;
	wq_err error;
};

static void keep(struct wq_arena *arena, wq_str *text)
{
	if (text->p)
		*text = wq_arena_str(arena, *text);
}

static wq_err run_case(struct thread *thread, struct wq_waf_worker *worker, size_t i)
{
	struct run *run = thread->run;
	struct wq_ftw_result *result = &run->results[i];
	struct wq_arena arena;
	wq_err e;

	wq_arena_init(&arena, CASE_MEMORY);
	e = wq_ftw_run(worker, run->program, &run->suite.tests[i], &arena, result);
	keep(&thread->results, &result->why);
	keep(&thread->results, &result->seen);
	wq_arena_done(&arena);
	WQ_TRY(e);
	return wq_arena_err(&thread->results);
}

static wq_err run_some(struct thread *thread)
{
	struct run *run = thread->run;
	struct wq_waf_worker *worker;
	size_t i, drawn = 0;
	wq_err e = wq_waf_worker_new(NULL, &worker);

	if (wq_failed(e))
		return e;
	while (!wq_failed(e) && (i = __atomic_fetch_add(&run->next, 1, __ATOMIC_RELAXED)) < run->suite.n) {
		e = run_case(thread, worker, i);
		if (thread->first && i >= drawn) {
			wq_progress_add(&run->progress, i + 1 - drawn);
			drawn = i + 1;
		}
	}
	wq_waf_worker_free(&worker);
	return e;
}

static void *thread_main(void *data)
{
	struct thread *thread = data;

	thread->error = run_some(thread);
	return NULL;
}

static wq_err run_all(struct run *run, struct thread *threads, size_t jobs)
{
	size_t started = 1;
	wq_err e;

	for (size_t i = 0; i < jobs; i++) {
		threads[i] = (struct thread){.run = run, .first = i == 0};
		wq_arena_init(&threads[i].results, RESULTS_MEMORY);
	}
	while (started < jobs && pthread_create(&threads[started].id, NULL, thread_main, &threads[started]) == 0)
		started++;
	thread_main(&threads[0]);
	e = threads[0].error;
	for (size_t i = 1; i < started; i++) {
		pthread_join(threads[i].id, NULL);
		if (!wq_failed(e))
			e = threads[i].error;
	}
	wq_progress_done(&run->progress);
	return e;
}

/* ---- the report ---- */

static const char *const verdicts[] = {"passed", "overridden", "failed"};

static void put_json(struct wq_json *json, const struct wq_ftw_test *test, const struct wq_ftw_result *result)
{
	wq_json_object(json);
	wq_json_put_str(json, "test", test->name);
	wq_json_put_str(json, "verdict", wq_str_c(verdicts[result->verdict]));
	wq_json_put_str(json, "file", wq_str_c(test->file));
	wq_json_put_u64(json, "line", test->line);
	wq_json_put_u64(json, "status", result->status);
	wq_json_put_str(json, "fired", result->seen);
	if (result->by_server.p)
		wq_json_put_str(json, "answered_by_server", result->by_server);
	if (result->why.n > 0)
		wq_json_put_str(json, "why", result->why);
	if (test->overridden.p)
		wq_json_put_str(json, "overridden", test->overridden);
	wq_json_object_end(json);
}

static void print_one(struct wq_cli *cli, const struct wq_ftw_test *test, const struct wq_ftw_result *result)
{
	bool failed = result->verdict == WQ_FTW_FAILED;

	if (cli->quiet || result->verdict == WQ_FTW_PASSED)
		return;
	fprintf(cli->out, "%s%-10s%s ", wq_colour(cli->colour, failed ? WQ_COLOUR_RED : WQ_COLOUR_YELLOW),
		failed ? (cli->lang == WQ_LANG_ZH ? "失败" : "failed")
		       : (cli->lang == WQ_LANG_ZH ? "改判" : "overridden"),
		wq_colour(cli->colour, WQ_COLOUR_NONE));
	wq_cli_text(cli->out, test->name);
	fputs("  ", cli->out);
	wq_cli_text(cli->out, failed ? result->why : test->overridden);
	if (failed) {
		fprintf(cli->out, "  (%s:%u)\n            %s %u, ", test->file, test->line,
			cli->lang == WQ_LANG_ZH ? "状态" : "status", result->status);
		fputs(cli->lang == WQ_LANG_ZH ? "触发：" : "fired: ", cli->out);
		wq_cli_text(cli->out, result->seen.n > 0 ? result->seen : WQ_S("-"));
		if (result->by_server.p) {
			fputs(cli->lang == WQ_LANG_ZH ? "；由服务器应答：" : "; answered by the server: ", cli->out);
			wq_cli_text(cli->out, result->by_server);
		}
	}
	fputc('\n', cli->out);
}

static wq_err report(struct run *run)
{
	struct wq_cli *cli = run->cli;
	size_t counts[3] = {0};
	WQ_BUF(out, OUT_MAX);
	struct wq_json json;

	for (size_t i = 0; i < run->suite.n; i++)
		counts[run->results[i].verdict]++;
	wq_json_init(&json, &out);
	wq_json_object(&json);
	for (size_t i = 0; i < WQ_COUNT(verdicts); i++)
		wq_json_put_u64(&json, verdicts[i], counts[i]);
	wq_json_key(&json, WQ_S("tests"));
	wq_json_array(&json);
	for (size_t i = 0; i < run->suite.n; i++) {
		if (cli->json)
			put_json(&json, &run->suite.tests[i], &run->results[i]);
		else
			print_one(cli, &run->suite.tests[i], &run->results[i]);
	}
	wq_json_array_end(&json);
	wq_json_object_end(&json);
	if (cli->json)
		WQ_TRY(wq_cli_json(cli, &json));
	wq_cli_print(cli, "通过 %zu，改判 %zu，失败 %zu\n", "%zu passed, %zu overridden, %zu failed\n", counts[0],
		counts[1], counts[2]);
	if (counts[WQ_FTW_FAILED] == 0)
		return WQ_OK;
	return wq_error(WQ_E_DENIED, "%zu of %zu tests failed", counts[WQ_FTW_FAILED], run->suite.n);
}

/* ---- the command ---- */

static wq_err through_gate(struct run *run, const struct wq_cli_args *args, struct wq_arena *results)
{
	struct wq_ftw_gate *gate;
	const char *log;
	wq_err e = WQ_OK;

	WQ_TRY(path_option(run->cli, args, "log", &log));
	WQ_TRY(wq_ftw_gate_open(wq_cli_value(args, "gate"), log, run->cli->random, &gate));
	for (size_t i = 0; i < run->suite.n && !wq_failed(e); i++) {
		struct wq_arena arena;

		wq_arena_init(&arena, CASE_MEMORY);
		e = wq_ftw_gate_run(gate, &run->suite.tests[i], &arena, &run->results[i]);
		keep(results, &run->results[i].why);
		keep(results, &run->results[i].seen);
		wq_arena_done(&arena);
		wq_progress_add(&run->progress, 1);
	}
	wq_progress_done(&run->progress);
	wq_ftw_gate_close(&gate);
	WQ_TRY(e);
	WQ_TRY(wq_arena_err(results));
	return report(run);
}

static wq_err in_process(struct run *run, const struct wq_cli_args *args)
{
	struct thread threads[JOBS_MAX];
	struct wq_waf_program *program;
	const char *const *paths, *path;
	uint64_t jobs, paranoia;
	size_t paths_n;
	wq_err e;

	WQ_TRY(path_option(run->cli, args, "rules", &path));
	WQ_TRY(number_option(args, "jobs", 1, JOBS_MAX, &jobs));
	WQ_TRY(number_option(args, "paranoia", 4, 4, &paranoia));
	WQ_TRY(wq_ruleset_paths(path, &run->cli->arena, &paths, &paths_n));
	WQ_TRY(wq_ftw_program(paths, paths_n, (unsigned)paranoia, WQ_FTW_TEST, &program));
	run->program = program;
	e = run_all(run, threads, jobs);
	if (!wq_failed(e))
		e = report(run);
	for (size_t i = 0; i < jobs; i++)
		wq_arena_done(&threads[i].results);
	wq_waf_program_unref(&program);
	return e;
}

static wq_err test(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_arena *arena)
{
	struct run run = {.cli = cli};
	const char *path;

	WQ_TRY(path_option(cli, args, "tests", &path));
	WQ_TRY(wq_ftw_read(path, arena, &run.suite));
	WQ_TRY(override(cli, args, arena, &run.suite));
	WQ_TRY(choose(args, &run.suite));
	run.results = WQ_NEW_ARRAY(arena, struct wq_ftw_result, run.suite.n);
	if (!run.results)
		return wq_arena_err(arena);
	wq_progress_init(&run.progress, cli->clock, STDERR_FILENO, cli->lang == WQ_LANG_ZH ? "测试" : "tests",
		run.suite.n, cli->quiet || cli->json);
	return wq_cli_has(args, "gate") ? through_gate(&run, args, arena) : in_process(&run, args);
}

static wq_err cmd_test(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct wq_arena arena;
	wq_err e;

	wq_arena_init(&arena, SUITE_MEMORY);
	e = test(cli, args, &arena);
	wq_arena_done(&arena);
	return e;
}

static const struct wq_cli_option options[] = {
	{"rules", "DIR|FILE",
		{"规则集：OWASP 核心规则集目录，或主配置文件",
			"the rule set: a release of the OWASP Core Rule Set, or a main file"},
		false},
	{"tests", "DIR|FILE", {"ftw 格式的测试用例", "cases in the ftw format"}, false},
	{"paranoia", "N", {"偏执级别，1 至 4（缺省 4）", "paranoia level, 1 to 4 (default 4)"}, false},
	{"overrides", "FILE",
		{"改判文件（缺省为随程序安装的 rules/waf/overrides.yaml）",
			"expected outcomes that replace those of the cases (default: rules/waf/overrides.yaml as installed)"},
		true},
	{"id", "ID", {"只运行这些用例：规则号或用例名", "only these: the id of a rule, or the name of a case"}, true},
	{"gate", "URL",
		{"不在本进程中运行，而是发往此网关（http://地址:端口）；规则集由网关决定",
			"not in this process, but through this gate (http://address:port), with the rules that it has"},
		false},
	{"log", "FILE",
		{"网关的规则日志，或 ModSecurity 的错误日志", "the gate's rule log, or ModSecurity's error log"},
		false},
	{"jobs", "N", {"线程数（缺省 1）", "threads (default 1)"}, false}, {0}};

const struct wq_cli_command wq_cmd_rules_test[] = {
	{"rules test", "", 0, 0, {"运行规则集的回归测试", "run the regression cases of a rule set"},
		{"用例为 go-ftw 格式（及核心规则集 3.x 的旧格式），在本进程中运行；不认识的键按文件和行报错。有失败则退出码为 1。",
			"Cases are in the format of go-ftw, or in the older one of Core Rule Set 3.x, and run in this process; keys that are not "
			"known are refused with file and line. The exit status is 1 when one failed."},
		options, cmd_test, "weique rules test --rules /usr/share/modsecurity-crs --tests coreruleset/tests"},
	{0},
};
