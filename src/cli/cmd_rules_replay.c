/* weique rules incident|replay: looking into a gate's rule log (docs/waf.md), and what new exceptions would have changed in it.
 *
 * A line has the rules that fired and the variables on which. Without those that an exception takes away, a request passes when no
 * rule is left that refuses by itself, and what is left is worth less than the threshold: critical 5, error 4, warning 3, notice 2, as
 * the Core Rule Set counts. What rules would have found further on in the request is not in the log. */
#include "base/file.h"
#include "base/json_read.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "detect/match/regex.h"
#include "policy/profile.h"

enum { LINE_MAX_BYTES = 2 * 1024 * 1024, PROFILE_MAX = 1024 * 1024, TEXT_MAX = 64 * 1024, OUT_MAX = 64 * 1024 * 1024 };

/* ---- reading the log ---- */

/* Each line that is an object; others are passed over and counted. */
static wq_err each_line(
	const char *path, wq_err (*fn)(void *data, struct json_t *line, wq_str text), void *data, uint64_t *ret_odd)
{
	static const struct wq_json_limits limits = {LINE_MAX_BYTES, 16};
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t cap = 0;
	ssize_t n;
	wq_err e = WQ_OK;

	if (!file)
		return wq_error(WQ_E_IO, "%s: cannot be read", path);
	*ret_odd = 0;
	while (!wq_failed(e) && (n = getline(&text, &cap, file)) > 0) {
		wq_str line = wq_str_trim(wq_str_of(text, (size_t)n));
		struct json_t *root = NULL;

		if (wq_failed(wq_json_read(line, &limits, &root))) {
			(*ret_odd)++;
			continue;
		}
		e = fn(data, root, line);
		wq_json_free(&root);
	}
	free(text);
	fclose(file);
	return e;
}

static wq_str text_of(const struct json_t *object, const char *key)
{
	wq_str value = WQ_S("");

	return wq_failed(wq_json_get_str(object, key, TEXT_MAX, &value)) ? WQ_S("") : value;
}

static uint64_t number_of(const struct json_t *object, const char *key)
{
	uint64_t n = 0;

	return wq_failed(wq_json_get_u64(object, key, UINT64_MAX >> 1, &n)) ? 0 : n;
}

static const char *log_of(struct wq_cli *cli, const struct wq_cli_args *args)
{
	wq_str given = wq_cli_value(args, "log");

	return given.n > 0 ? wq_arena_cstr(&cli->arena, given) : NULL;
}

/* ---- incident ---- */

struct search {
	struct wq_cli *cli;
	wq_str number;
	bool found;
};

static void print_rule(struct wq_cli *cli, const struct json_t *rule)
{
	fprintf(cli->out, "  %u ", (unsigned)number_of(rule, "id"));
	wq_cli_text(cli->out, text_of(rule, "severity"));
	fputs("  ", cli->out);
	wq_cli_text(cli->out, text_of(rule, "msg"));
	fputs("\n      ", cli->out);
	wq_cli_text(cli->out, text_of(rule, "var"));
	fputs(" = ", cli->out);
	wq_cli_text(cli->out, text_of(rule, "value"));
	fputs("\n      ", cli->out);
	wq_cli_text(cli->out, text_of(rule, "file"));
	fprintf(cli->out, ":%u\n", (unsigned)number_of(rule, "line"));
}

static void print_incident(struct wq_cli *cli, const struct json_t *line)
{
	static const char *const keys[] = {"time", "verdict", "application", "class", "client", "method", "uri"};
	const struct json_t *rules = wq_json_get_array(line, "rules"), *rule;

	for (size_t i = 0; i < WQ_COUNT(keys); i++) {
		fprintf(cli->out, "%s ", keys[i]);
		wq_cli_text(cli->out, text_of(line, keys[i]));
		fputc('\n', cli->out);
	}
	fprintf(cli->out, "status %u\n", (unsigned)number_of(line, "status"));
	for (size_t i = 0; rules && (rule = wq_json_array_at(rules, i)); i++)
		print_rule(cli, rule);
}

static wq_err is_it(void *data, struct json_t *line, wq_str text)
{
	struct search *search = data;

	if (!wq_str_eq_nocase(text_of(line, "incident"), search->number))
		return WQ_OK;
	search->found = true;
	if (search->cli->json)
		fprintf(search->cli->out, "%.*s\n", (int)text.n, text.p);
	else
		print_incident(search->cli, line);
	return WQ_OK;
}

static wq_err cmd_incident(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct search search = {.cli = cli, .number = args->words[0]};
	const char *log = log_of(cli, args);
	uint64_t odd;

	if (!log)
		return wq_error(WQ_E_USAGE, "--log FILE");
	WQ_TRY(each_line(log, is_it, &search, &odd));
	return search.found ? WQ_OK : wq_error(WQ_E_NOT_FOUND, "%s: no incident %.*s", log, WQ_S_ARG(search.number));
}

/* ---- exceptions over matches ---- */

struct exception {
	const struct wq_guard_exception *x;
	struct wq_regex *regex; /* of a target's /…/; NULL: by name */
	uint64_t hits;
};

struct replay {
	struct wq_cli *cli;
	const struct wq_guard *guard;
	struct exception *exceptions;
	struct wq_regex_scratch *scratch;
	wq_day today;
	struct wq_json json;
	uint64_t lines, refused, passed, ended;
};

static bool is_selected(const struct replay *r, const struct exception *e, wq_str variable)
{
	wq_str target = e->x->target, rest = variable, wanted = target;
	wq_str collection = wq_str_cut(&rest, ':');

	if (target.n == 0)
		return true;
	if (!wq_str_eq_nocase(wq_str_cut(&wanted, ':'), collection))
		return false;
	if (!wanted.p)
		return true;
	if (e->regex)
		return wq_regex_match(e->regex, r->scratch, rest, 0, NULL, NULL) == WQ_REGEX_YES;
	return wq_str_eq_nocase(wanted, rest);
}

static bool has_tag(const struct json_t *rule, wq_str tag)
{
	const struct json_t *tags = wq_json_get_array(rule, "tags");

	return tags && wq_json_array_has(tags, tag);
}

static bool is_taken(struct replay *r, wq_str path, const struct json_t *rule)
{
	uint64_t id = number_of(rule, "id");

	for (size_t i = 0; i < r->guard->exceptions_n; i++) {
		const struct wq_guard_exception *x = r->exceptions[i].x;

		if (x->until < r->today || !wq_policy_below(x->prefix, path))
			continue;
		if (x->tag.n > 0 ? !has_tag(rule, x->tag) : id < x->first || id > x->last)
			continue;
		if (!is_selected(r, &r->exceptions[i], text_of(rule, "var")))
			continue;
		r->exceptions[i].hits++;
		return true;
	}
	return false;
}

/* ---- replay ---- */

static unsigned worth(const struct json_t *rule)
{
	static const struct {
		const char *name;
		unsigned points;
	} table[] = {{"emergency", 5}, {"alert", 5}, {"critical", 5}, {"error", 4}, {"warning", 3}, {"notice", 2}};
	wq_str severity = text_of(rule, "severity");

	for (size_t i = 0; i < WQ_COUNT(table); i++)
		if (wq_str_eq(severity, wq_str_c(table[i].name)))
			return table[i].points;
	return 0;
}

/* A rule that only adds up what others found. */
static bool sums_up(const struct json_t *rule)
{
	wq_str variable = text_of(rule, "var");

	return wq_str_starts_nocase(variable, WQ_S("TX:")) || variable.n == 0;
}

static bool would_pass(struct replay *r, const struct json_t *line, uint64_t *ret_left)
{
	const struct json_t *rules = wq_json_get_array(line, "rules"), *rule;
	unsigned score = 0, threshold = r->guard->inbound ? r->guard->inbound : 5;
	bool scored = false, left = false;
	wq_str rest = text_of(line, "uri"), path = wq_str_cut(&rest, '?');

	*ret_left = 0;
	for (size_t i = 0; rules && (rule = wq_json_array_at(rules, i)); i++) {
		if (sums_up(rule)) {
			scored = true;
			continue;
		}
		if (is_taken(r, path, rule))
			continue;
		(*ret_left)++;
		score += worth(rule);
		left = true;
	}
	return scored ? score < threshold : !left;
}

static wq_err judge(void *data, struct json_t *line, wq_str text)
{
	struct replay *r = data;
	wq_str verdict = text_of(line, "verdict");
	uint64_t left;
	bool passes;

	(void)text;
	r->lines++;
	if (!wq_str_eq(verdict, WQ_S("block")) && !wq_str_eq(verdict, WQ_S("challenge")) &&
		!wq_str_eq(verdict, WQ_S("log")))
		return WQ_OK;
	passes = would_pass(r, line, &left);
	r->refused++;
	r->passed += passes;
	wq_json_object(&r->json);
	wq_json_put_str(&r->json, "incident", text_of(line, "incident"));
	wq_json_put_str(&r->json, "uri", text_of(line, "uri"));
	wq_json_put_bool(&r->json, "passes", passes);
	wq_json_put_u64(&r->json, "rules_left", left);
	wq_json_object_end(&r->json);
	if (r->cli->json || r->cli->quiet)
		return WQ_OK;
	fprintf(r->cli->out, "%s ", passes ? "+" : "-");
	wq_cli_text(r->cli->out, text_of(line, "incident"));
	fputc(' ', r->cli->out);
	wq_cli_text(r->cli->out, wq_str_head(text_of(line, "uri"), 80));
	fputc('\n', r->cli->out);
	return WQ_OK;
}

static wq_err prepare(struct replay *r, struct wq_arena *arena)
{
	const struct wq_guard *guard = r->guard;

	r->exceptions = WQ_NEW_ARRAY(arena, struct exception, guard->exceptions_n);
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_regex_scratch_new(WQ_REGEX_MATCH_LIMIT, &r->scratch));
	for (size_t i = 0; i < guard->exceptions_n; i++) {
		wq_str rest = guard->exceptions[i].target;

		r->exceptions[i].x = &guard->exceptions[i];
		r->ended += guard->exceptions[i].until < r->today;
		wq_str_cut(&rest, ':');
		if (rest.n > 2 && rest.p[0] == '/' && rest.p[rest.n - 1] == '/')
			WQ_TRY(wq_regex_new(wq_str_of(rest.p + 1, rest.n - 2), true, false, &r->exceptions[i].regex));
	}
	return WQ_OK;
}

static void end(struct replay *r)
{
	for (size_t i = 0; r->exceptions && i < r->guard->exceptions_n; i++)
		wq_regex_free(&r->exceptions[i].regex);
	wq_regex_scratch_free(&r->scratch);
}

static wq_err summary(struct replay *r, uint64_t odd)
{
	wq_json_array_end(&r->json);
	wq_json_key(&r->json, WQ_S("exceptions"));
	wq_json_array(&r->json);
	for (size_t i = 0; i < r->guard->exceptions_n; i++) {
		WQ_BUF(text, 4096);

		WQ_TRY(wq_guard_exception_text(r->exceptions[i].x, &text));
		wq_json_object(&r->json);
		wq_json_put_str(&r->json, "exception", wq_buf_str(&text));
		wq_json_put_u64(&r->json, "rules", r->exceptions[i].hits);
		wq_json_put_bool(&r->json, "ended", r->exceptions[i].x->until < r->today);
		wq_json_object_end(&r->json);
		if (!r->cli->json && !r->cli->quiet) {
			fprintf(r->cli->out, "%6llu  ", (unsigned long long)r->exceptions[i].hits);
			wq_cli_text(r->cli->out, wq_buf_str(&text));
			fputc('\n', r->cli->out);
		}
	}
	wq_json_array_end(&r->json);
	wq_json_put_u64(&r->json, "lines", r->lines);
	wq_json_put_u64(&r->json, "passed", r->passed);
	wq_json_put_u64(&r->json, "refused", r->refused - r->passed);
	wq_json_put_u64(&r->json, "unreadable", odd);
	wq_json_object_end(&r->json);
	wq_cli_print(r->cli, "%llu 条记录中，%llu 条将放行，%llu 条仍命中规则；%llu 条例外已到期\n",
		"of %llu lines %llu would pass, %llu would not; %llu exceptions have ended\n",
		(unsigned long long)r->lines, (unsigned long long)r->passed,
		(unsigned long long)(r->refused - r->passed), (unsigned long long)r->ended);
	return r->cli->json ? wq_cli_json(r->cli, &r->json) : WQ_OK;
}

static wq_day today(const struct wq_clock *clock)
{
	time_t now = (time_t)(wq_now(clock) / WQ_SECOND);
	struct tm tm;

	localtime_r(&now, &tm);
	return (wq_day)((tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday);
}

static wq_err cmd_replay(struct wq_cli *cli, const struct wq_cli_args *args)
{
	const char *profile_path = wq_arena_cstr(&cli->arena, wq_cli_value(args, "profile")), *log = log_of(cli, args);
	struct replay r = {.cli = cli, .today = today(cli->clock)};
	struct wq_profile profile;
	WQ_BUF(text, PROFILE_MAX);
	WQ_BUF(out, OUT_MAX);
	uint64_t odd = 0;
	wq_err e;

	if (!wq_cli_has(args, "profile") || !log)
		return wq_error(WQ_E_USAGE, "--profile FILE --log FILE");
	WQ_TRY(wq_file_read(&wq_fs_system, profile_path, &text));
	WQ_TRY(wq_profile_parse(wq_buf_str(&text), profile_path, &cli->arena, &profile));
	r.guard = &profile.policy.guard;
	wq_json_init(&r.json, &out);
	wq_json_object(&r.json);
	wq_json_key(&r.json, WQ_S("incidents"));
	wq_json_array(&r.json);
	e = prepare(&r, &cli->arena);
	if (!wq_failed(e))
		e = each_line(log, judge, &r, &odd);
	if (!wq_failed(e))
		e = summary(&r, odd);
	end(&r);
	return e;
}

static const struct wq_cli_option log_options[] = {
	{"log", "FILE", {"网关的规则日志（weique_rules_log）", "a gate's rule log (weique_rules_log)"}, false}, {0}};

static const struct wq_cli_option replay_options[] = {
	{"profile", "FILE", {"含新例外的应用配置", "a profile with the new exceptions"}, false},
	{"log", "FILE", {"网关的规则日志（weique_rules_log）", "a gate's rule log (weique_rules_log)"}, false}, {0}};

const struct wq_cli_command wq_cmd_rules_replay[] = {
	{"rules incident", "NUMBER", 1, 1,
		{"按编号查找被拒绝的请求", "find a request by the number that its visitor was given"},
		{"显示命中的规则、变量和取值；密码等已遮盖。",
			"Shows which rules fired on which value; passwords and the like are masked."},
		log_options, cmd_incident,
		"weique rules incident 20261122-0000A7F3 --log /var/log/weique-gate/rules.log"},
	{"rules replay", "", 0, 0,
		{"新的例外会放行哪些已记录的请求", "which logged requests new exceptions would have let through"},
		{"按日志中命中的规则计算：“+”表示将放行，“-”表示仍命中。请求中后面的规则不在日志里，保存前再以 log 方式观察。",
			"By the rules that stand in the log: + would pass, - would not. What rules would have found further on is not in the "
			"log; watch for a while in mode log."},
		replay_options, cmd_replay,
		"weique rules replay --profile new.conf --log /var/log/weique-gate/rules.log"},
	{0},
};
