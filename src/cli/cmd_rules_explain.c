/* weique rules explain. */
#include "cli/commands.h"
#include "cli/explain_priv.h"
#include "flow/ruleset.h"

enum { MEMORY = 512 * 1024 * 1024 };

static wq_err number_option(const struct wq_cli_args *args, const char *option, uint64_t max, uint64_t *ret)
{
	wq_str value = wq_cli_value(args, option);

	*ret = 0;
	if (value.n > 0 && (!wq_str_to_u64(value, max, ret) || *ret == 0))
		return wq_error(WQ_E_USAGE, "--%s is a number from 1 to %llu", option, (unsigned long long)max);
	return WQ_OK;
}

/* --rules, else the set in force. */
static wq_err load(
	struct wq_cli *cli, const struct wq_cli_args *args, unsigned paranoia, struct wq_waf_program **ret_program)
{
	wq_str rules = wq_cli_value(args, "rules");
	const char *const *paths, *path;
	size_t n;

	path = rules.n > 0 ? wq_arena_cstr(&cli->arena, rules)
			   : wq_arena_printf(&cli->arena, "%.*s/rules/waf/active", WQ_S_ARG(cli->state_dir)).p;
	if (!path)
		return wq_error(WQ_E_USAGE, "--rules");
	WQ_TRY(wq_ruleset_paths(path, &cli->arena, &paths, &n));
	return wq_ftw_program(paths, n, paranoia, WQ_FTW_EXPLAIN, ret_program);
}

struct input {
	wq_str request;
	struct wq_ftw_answer answer;
	bool answered;
};

static wq_err read_all(
	struct wq_cli *cli, const struct wq_cli_args *args, struct wq_arena *arena, struct input *ret_input)
{
	const char *request = wq_arena_cstr(&cli->arena, args->words[0]);
	wq_str response = wq_cli_value(args, "response");
	const char *path = response.p ? wq_arena_cstr(&cli->arena, response) : NULL;

	if (!request || (response.p && !path))
		return wq_error(WQ_E_USAGE, "a file name");
	WQ_TRY(wq_explain_request(request, arena, &ret_input->request));
	ret_input->answered = path != NULL;
	ret_input->answer = (struct wq_ftw_answer){.status = 200, .body = WQ_S("")};
	return path ? wq_explain_response(path, arena, &ret_input->answer) : WQ_OK;
}

static wq_err explain(struct wq_cli *cli, const struct wq_cli_args *args, const struct wq_waf_program *program,
	struct wq_waf_worker *worker, struct wq_arena *arena)
{
	struct wq_explain trace;
	struct wq_waf_trace hooks;
	struct wq_ftw_trip trip = {0};
	struct wq_explained x = {.trace = &trace, .trip = &trip, .all = wq_cli_has(args, "all")};
	struct input input;
	uint64_t rule;
	wq_err e;

	WQ_TRY(number_option(args, "rule", UINT32_MAX, &rule));
	x.rule = (uint32_t)rule;
	WQ_TRY(read_all(cli, args, arena, &input));
	WQ_TRY(wq_explain_init(&trace, arena, &hooks));
	e = wq_ftw_trip(worker, program, input.request, &input.answer, &hooks, arena, &trip);
	if (!wq_failed(e))
		e = cli->json ? wq_explain_json(cli, &x) : wq_explain_print(cli, &x);
	wq_waf_end(&trip.tx);
	return e;
}

static wq_err cmd_explain(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct wq_waf_program *program = NULL;
	struct wq_waf_worker *worker = NULL;
	struct wq_arena arena;
	uint64_t paranoia;
	wq_err e;

	WQ_TRY(number_option(args, "paranoia", 4, &paranoia));
	WQ_TRY(load(cli, args, (unsigned)paranoia, &program));
	wq_arena_init(&arena, MEMORY);
	e = wq_waf_worker_new(NULL, &worker);
	if (!wq_failed(e))
		e = explain(cli, args, program, worker, &arena);
	wq_waf_worker_free(&worker);
	wq_arena_done(&arena);
	wq_waf_program_unref(&program);
	return e;
}

static const struct wq_cli_option options[] = {
	{"rules", "DIR|FILE", {"规则集（缺省为正在使用的规则集）", "the rule set (default: the one in force)"}, false},
	{"paranoia", "N", {"偏执级别，1 至 4（缺省按规则集）", "paranoia level, 1 to 4 (default: as the set says)"},
		false},
	{"response", "FILE", {"应答（原始 HTTP），供第 3、4 阶段检查", "an answer (raw HTTP) for phases 3 and 4"},
		false},
	{"rule", "ID", {"说明这条规则为何触发或没有触发", "why this rule fired, or did not"}, false},
	{"all", NULL, {"列出每条规则的结果和每个被检查的值", "every rule, and every value that was looked at"}, false},
	{0}};

const struct wq_cli_command wq_cmd_rules_explain[] = {
	{"rules explain", "REQUEST", 1, 1, {"说明规则对一个请求的判断", "explain what rules say of a request"},
		{"REQUEST 是含原始 HTTP 请求的文件，- 为标准输入；行尾可以是 LF，可以不写 Content-Length。给出触发的规则、触发它的值及每一步变换前后、分类得分和结论。",
			"REQUEST is a file with a raw HTTP request, - is standard input; lines may end in LF, Content-Length may be missing. "
			"Says which rules fired, on which value, what each transformation made of it, the score by category and the verdict."},
		options, cmd_explain, "weique rules explain request.txt --rule 942100"},
	{0},
};
