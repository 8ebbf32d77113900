/* weique doctor: what is missing or wrong on this machine. */
#include "cli/commands.h"
#include "cli/doctor_priv.h"

#include "base/json.h"

enum { REPORT_BYTES = 256 * 1024 };

static const char *const level_names[] = {"ok", "warn", "fail"};

struct doctor {
	struct wq_cli *cli;
	const struct wq_cli_args *args;
	struct wq_json json;
	size_t counts[3];
};

/* What a program said goes to the terminal: no control characters. */
static wq_str clean(struct wq_arena *arena, wq_str s)
{
	char *out = wq_arena_alloc(arena, s.n + 1);
	for (size_t i = 0; out && i < s.n; i++)
		out[i] = (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? ' ' : s.p[i];
	return out ? wq_str_trim(wq_str_of(out, s.n)) : WQ_S_NONE;
}

static void print(struct doctor *d, const struct doctor_check *check, const struct doctor_result *result)
{
	static const char *const marks[] = {"OK  ", "WARN", "FAIL"};
	static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m"};
	const struct wq_cli *cli = d->cli;
	if (cli->quiet && result->level == DOCTOR_OK)
		return;
	fprintf(cli->out, "%s%s%s  %s: %.*s\n", cli->colour ? colours[result->level] : "", marks[result->level],
		cli->colour ? "\033[0m" : "", wq_cli_say(cli, &check->title), WQ_S_ARG(result->seen));
	if (result->level != DOCTOR_OK)
		fprintf(cli->out, "      -> %s\n", wq_cli_say(cli, &result->advice));
}

static void write_json(struct doctor *d, const struct doctor_check *check, const struct doctor_result *result)
{
	wq_json_object(&d->json);
	wq_json_put_str(&d->json, "check", wq_str_c(check->name));
	wq_json_put_str(&d->json, "level", wq_str_c(level_names[result->level]));
	wq_json_put_str(&d->json, "seen", result->seen);
	if (result->level != DOCTOR_OK) {
		wq_json_put_str(&d->json, "advice_zh", wq_str_c(result->advice.zh));
		wq_json_put_str(&d->json, "advice", wq_str_c(result->advice.en));
	}
	wq_json_object_end(&d->json);
}

static const struct doctor_check *const tables[] = {doctor_part_checks, doctor_system_checks, doctor_site_checks};

static bool is_wanted(const struct wq_cli_args *args, const char *name)
{
	if (!wq_cli_has(args, "only"))
		return true;
	for (size_t i = 0; wq_cli_value_at(args, "only", i).p; i++)
		if (wq_str_eq(wq_cli_value_at(args, "only", i), wq_str_c(name)))
			return true;
	return false;
}

static wq_err known_names(const struct wq_cli_args *args)
{
	for (size_t i = 0; wq_cli_value_at(args, "only", i).p; i++) {
		wq_str name = wq_cli_value_at(args, "only", i);
		bool known = false;
		for (size_t t = 0; t < WQ_COUNT(tables); t++)
			for (const struct doctor_check *check = tables[t]; check->name; check++)
				known |= wq_str_eq(name, wq_str_c(check->name));
		if (!known)
			return wq_error(WQ_E_USAGE, "no check %.*s; weique doctor --json names them", WQ_S_ARG(name));
	}
	return WQ_OK;
}

static void run_checks(struct doctor *d, const struct doctor_check *checks)
{
	for (const struct doctor_check *check = checks; check->name; check++) {
		if (!is_wanted(d->args, check->name))
			continue;
		struct doctor_result result = {0};
		check->run(d->cli, d->args, &result);
		result.seen = clean(&d->cli->arena, result.seen);
		d->counts[result.level]++;
		if (d->cli->json)
			write_json(d, check, &result);
		else
			print(d, check, &result);
	}
}

static wq_err finish(struct doctor *d, struct wq_buf *out)
{
	size_t failed = d->counts[DOCTOR_FAIL], warned = d->counts[DOCTOR_WARN], ok = d->counts[DOCTOR_OK];
	if (d->cli->json) {
		wq_json_array_end(&d->json);
		wq_json_put_u64(&d->json, "ok", ok);
		wq_json_put_u64(&d->json, "warn", warned);
		wq_json_put_u64(&d->json, "fail", failed);
		wq_json_object_end(&d->json);
		WQ_TRY(wq_json_end(&d->json));
		fprintf(d->cli->out, "%.*s\n", (int)out->len, (const char *)out->data);
	}
	wq_cli_print(d->cli, "%zu 项正常，%zu 项警告，%zu 项不通过\n", "%zu ok, %zu warnings, %zu failed\n", ok, warned,
		failed);
	if (failed)
		return wq_error(WQ_E_UNSUPPORTED, "%zu", failed);
	return WQ_OK;
}

static wq_err doctor(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct doctor d = {.cli = cli, .args = args};
	WQ_BUF(out, REPORT_BYTES);
	WQ_TRY(known_names(args));
	wq_json_init(&d.json, &out);
	if (cli->json) {
		wq_json_object(&d.json);
		wq_json_key(&d.json, WQ_S("checks"));
		wq_json_array(&d.json);
	}
	for (size_t i = 0; i < WQ_COUNT(tables); i++)
		run_checks(&d, tables[i]);
	WQ_TRY(wq_arena_err(&cli->arena));
	return finish(&d, &out);
}

static const struct wq_cli_option options[] = {
	{"only", "NAME",
		{"只做这一项检查（名称见 --json；可重复）", "this check only (--json names them; may be repeated)"},
		true},
	{"module", "FILE", {"要检查的 nginx 模块", "the nginx module to check"}, false},
	{"port", "PORT",
		{"要检查的端口（默认 8080、8443；可重复）", "a port to check (default 8080 and 8443; may be repeated)"},
		true},
	{0},
};

const struct wq_cli_command wq_cmd_doctor[] = {
	{"doctor", NULL, 0, 0, {"检查本机缺什么、有什么不对", "say what is missing or wrong on this machine"},
		{"每行一项：OK 正常，WARN 可运行但应处理，FAIL 须先解决；有 FAIL 时退出码为 3。不改动任何东西。",
			"One line a check: OK, WARN (runs, but look into it), FAIL (has to be mended first). Exit status 3 when "
			"something failed. Changes nothing."},
		options, doctor},
	{0},
};
