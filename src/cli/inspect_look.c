#include "cli/inspect_priv.h"

#include "flow/inspect/report.h"

wq_err wq_cli_inspect_lines(struct wq_cli *cli, struct wq_arena *arena, const struct wq_findings *findings)
{
	struct wq_inspect_result result;
	WQ_BUF(out, WQ_INSPECT_REPORT_BYTES_MAX);

	WQ_TRY(wq_inspect_result_of(arena, findings, &result));
	WQ_TRY(wq_inspect_report_lines(&result, cli->lang, &out));
	return fwrite(out.data, 1, out.len, cli->out) == out.len ? WQ_OK : wq_error(WQ_E_IO, "standard output");
}

wq_err wq_cli_inspect_fail_on(const struct wq_cli_args *args, bool *ret_fails, enum wq_severity *ret_severity)
{
	*ret_fails = wq_cli_has(args, "fail-on");
	return !*ret_fails || wq_severity_parse(wq_cli_value(args, "fail-on"), ret_severity)
		? WQ_OK
		: wq_error(WQ_E_USAGE, "--fail-on takes info, low, medium, high or critical");
}

wq_err wq_cli_inspect_verdict(const struct wq_cli_args *args, const struct wq_findings *findings)
{
	enum wq_severity severity;
	bool fails;

	WQ_TRY(wq_cli_inspect_fail_on(args, &fails, &severity));
	return fails && findings->count && findings->worst >= severity
		? wq_error(WQ_E_FOUND, "findings of severity %s or above", wq_severity_name(severity))
		: WQ_OK;
}
