#include "cli/explain_priv.h"

#include "base/progress.h"
#include "base/utf8.h"

enum { SHOWN_BYTES = 200, OUT_MAX = 64 * 1024 * 1024, NAME_COLUMN = 26 };

static bool zh(const struct wq_cli *cli)
{
	return cli->lang == WQ_LANG_ZH;
}

/* ---- texts from outside ---- */

/* Printable as it is, everything else as \xNN; cut. */
static void put_text(FILE *to, wq_str s)
{
	bool cut = s.n > SHOWN_BYTES;

	s = wq_str_head(s, SHOWN_BYTES);
	while (s.n > 0) {
		uint32_t code;
		size_t n = wq_utf8_step(s, &code);
		bool unsafe = code == WQ_UTF8_BAD || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
			code == 0x2029 || code == 0xfeff || (code >= 0x200b && code <= 0x200f) ||
			(code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);

		for (size_t i = 0; unsafe && i < n; i++)
			fprintf(to, "\\x%02x", (unsigned char)s.p[i]);
		if (!unsafe)
			fwrite(s.p, 1, n, to);
		s = wq_str_from(s, n);
	}
	if (cut)
		fputs(" …", to);
}

static void put_colour(struct wq_cli *cli, enum wq_colour colour, const char *text)
{
	fprintf(cli->out, "%s%s%s", wq_colour(cli->colour, colour), text, wq_colour(cli->colour, WQ_COLOUR_NONE));
}

static const char *severity(uint8_t number)
{
	static const char *const names[] = {
		"EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"};

	return number < WQ_COUNT(names) ? names[number] : "-";
}

/* ---- values ---- */

static void print_value(struct wq_cli *cli, const struct wq_explain_value *value, struct wq_arena *arena)
{
	struct wq_explain_step steps[WQ_EXPLAIN_STEPS_MAX];
	size_t n = wq_explain_steps(value, arena, steps);
	wq_str last = value->before;

	fputs("    ", cli->out);
	put_colour(cli, WQ_COLOUR_BOLD, "");
	put_text(cli->out, value->variable);
	fprintf(cli->out, "%*s", (int)WQ_MAX(2, NAME_COLUMN - (int)WQ_MIN(value->variable.n, (size_t)NAME_COLUMN)), "");
	put_text(cli->out, value->before);
	if (!value->matched)
		put_colour(cli, WQ_COLOUR_DIM, zh(cli) ? "  （不匹配）" : "  (not matched)");
	fputc('\n', cli->out);
	for (size_t i = 0; i < n; i++) {
		bool same = wq_str_eq(steps[i].value, last);

		last = steps[i].value;
		fprintf(cli->out, "      %s%-*s%s  ", wq_colour(cli->colour, WQ_COLOUR_DIM), NAME_COLUMN - 4,
			steps[i].name, wq_colour(cli->colour, WQ_COLOUR_NONE));
		if (same)
			fputs("=", cli->out);
		else
			put_text(cli->out, steps[i].value);
		fputc('\n', cli->out);
	}
}

static void print_values(
	struct wq_cli *cli, const struct wq_explained *x, uint32_t rule, bool all, struct wq_arena *arena)
{
	for (size_t i = 0; i < x->trace->values_n; i++) {
		const struct wq_explain_value *value = &x->trace->values[i];

		if (value->rule == rule && (all || value->matched))
			print_value(cli, value, arena);
	}
}

/* ---- rules ---- */

static void print_match(
	struct wq_cli *cli, const struct wq_explained *x, const struct wq_waf_match *m, struct wq_arena *arena)
{
	char id[16];

	snprintf(id, sizeof id, "%u", m->rule);
	put_colour(cli, m->disruptive ? WQ_COLOUR_RED : WQ_COLOUR_YELLOW, id);
	fprintf(cli->out, zh(cli) ? "  %-9s 阶段 %u  " : "  %-9s phase %u  ", severity(m->severity), m->phase);
	put_text(cli->out, m->message);
	fputs("\n    ", cli->out);
	put_colour(cli, WQ_COLOUR_DIM, "");
	put_text(cli->out, m->file);
	fprintf(cli->out, ":%u\n", m->line);
	print_values(cli, x, m->rule, false, arena);
	if (m->data.n > 0) {
		fputs(zh(cli) ? "    记录：" : "    logged: ", cli->out);
		put_text(cli->out, m->data);
		fputc('\n', cli->out);
	}
}

static bool seen_before(const struct wq_waf_match *matches, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (matches[k].rule == matches[i].rule)
			return true;
	return false;
}

/* ---- scores ---- */

static const struct {
	const char *name;
	struct wq_say say;
} scores[] = {
	{"sql_injection_score", {"SQL 注入", "SQL injection"}},
	{"xss_score", {"跨站脚本", "cross-site scripting"}},
	{"rce_score", {"命令执行", "command execution"}},
	{"lfi_score", {"本地文件包含", "local file inclusion"}},
	{"rfi_score", {"远程文件包含", "remote file inclusion"}},
	{"php_injection_score", {"PHP 注入", "PHP injection"}},
	{"http_violation_score", {"违反 HTTP 协议", "HTTP violation"}},
	{"session_fixation_score", {"会话固定", "session fixation"}},
	{"blocking_inbound_anomaly_score", {"请求总分", "request, in all"}},
	{"blocking_outbound_anomaly_score", {"应答总分", "answer, in all"}},
	{"anomaly_score", {"总分", "in all"}},
	{"inbound_anomaly_score_threshold", {"请求阈值", "threshold of requests"}},
	{"outbound_anomaly_score_threshold", {"应答阈值", "threshold of answers"}},
};

static void print_scores(struct wq_cli *cli, const struct wq_waf_tx *tx)
{
	for (size_t i = 0; i < WQ_COUNT(scores); i++) {
		int64_t number;

		if (wq_waf_tx_number(tx, wq_str_c(scores[i].name), &number) && number != 0)
			fprintf(cli->out, "  %6lld  %s\n", (long long)number, wq_cli_say(cli, &scores[i].say));
	}
}

static void print_verdict(struct wq_cli *cli, const struct wq_explained *x)
{
	struct wq_waf_verdict v = wq_waf_verdict(x->trip->tx);

	if (v.what == WQ_WAF_PASS || v.what == WQ_WAF_ALLOW) {
		put_colour(cli, WQ_COLOUR_GREEN, zh(cli) ? "结论：放行\n" : "verdict: it passes\n");
		return;
	}
	put_colour(cli, WQ_COLOUR_RED, zh(cli) ? "结论：拒绝" : "verdict: it is refused");
	fprintf(cli->out, zh(cli) ? "（%u，规则 %u）\n" : " (%u, by rule %u)\n", v.status, v.rule);
}

/* ---- why a rule did not fire ---- */

struct reason {
	const char *why;
	struct wq_say say;
};
static const struct reason reasons[] = {
	{"matched", {"已触发", "it matched"}},
	{"skipped", {"被跳过，跳过它的规则是", "it was skipped, by rule"}},
	{"removed", {"被 ctl 或例外移除", "it was removed, by ctl or an exception"}},
	{"prefilter", {"没有值具备该模式必需的字节或字符串", "no value has the bytes or words that it needs"}},
	{"not matched", {"没有值匹配", "no value matched"}},
};

static const struct wq_explain_fate *fate_of(const struct wq_explained *x, uint32_t rule)
{
	for (size_t i = 0; i < x->trace->fates_n; i++)
		if (x->trace->fates[i].rule == rule)
			return &x->trace->fates[i];
	return NULL;
}

static void print_fate(struct wq_cli *cli, const struct wq_explain_fate *fate)
{
	for (size_t i = 0; i < WQ_COUNT(reasons); i++) {
		if (strcmp(reasons[i].why, fate->why) != 0)
			continue;
		fprintf(cli->out, "%u  %s", fate->rule, wq_cli_say(cli, &reasons[i].say));
		if (fate->by)
			fprintf(cli->out, " %u", fate->by);
	}
	fputs("  (", cli->out);
	put_text(cli->out, wq_str_c(fate->file));
	fprintf(cli->out, ":%u)\n", fate->line);
}

static void print_rule(struct wq_cli *cli, const struct wq_explained *x, struct wq_arena *arena)
{
	const struct wq_explain_fate *fate = fate_of(x, x->rule);

	if (!fate) {
		fprintf(cli->out,
			zh(cli) ? "%u  规则集中没有这条规则，或其所在阶段没有运行到它\n"
				: "%u  the set has no such rule, or its phase did not come to it\n",
			x->rule);
		return;
	}
	print_fate(cli, fate);
	print_values(cli, x, x->rule, true, arena);
}

/* ---- the whole ---- */

static void print_request(struct wq_cli *cli, const struct wq_ftw_http *http)
{
	put_text(cli->out, http->method);
	fputc(' ', cli->out);
	put_text(cli->out, http->target);
	fputc('\n', cli->out);
	if (http->dropped > 0)
		fprintf(cli->out,
			zh(cli) ? "nginx 丢弃了 %zu 个头字段（名称含 _ 或其他不允许的字符）\n"
				: "nginx drops %zu headers (names with _ or other characters that it does not allow)\n",
			http->dropped);
	if (http->answered || http->refused)
		fprintf(cli->out, zh(cli) ? "服务器自行应答 %u：%s\n" : "the server answers %u itself: %s\n",
			http->answered ? http->answered : http->refused, http->why);
	if (http->incomplete)
		fputs(zh(cli) ? "请求不完整：正文比声明的短\n"
			      : "the request is not whole: the body is shorter than announced\n",
			cli->out);
}

wq_err wq_explain_print(struct wq_cli *cli, const struct wq_explained *x)
{
	struct wq_arena *arena = x->trace->arena;
	const struct wq_waf_match *matches;
	uint32_t lost = 0;
	size_t n = 0;

	print_request(cli, &x->trip->http);
	if (!x->trip->tx)
		return WQ_OK;
	matches = wq_waf_matches(x->trip->tx, &n, &lost);
	for (size_t i = 0; i < n; i++)
		if (!seen_before(matches, i))
			print_match(cli, x, &matches[i], arena);
	for (size_t i = 0; x->all && i < x->trace->fates_n; i++) {
		print_fate(cli, &x->trace->fates[i]);
		print_values(cli, x, x->trace->fates[i].rule, true, arena);
	}
	if (x->rule)
		print_rule(cli, x, arena);
	print_scores(cli, x->trip->tx);
	print_verdict(cli, x);
	if (x->trace->cut)
		fputs(zh(cli) ? "（记录过长，有省略）\n" : "(more happened than is kept)\n", cli->out);
	return wq_arena_err(arena);
}

/* ---- JSON ---- */

static void json_value(struct wq_json *json, const struct wq_explain_value *value, struct wq_arena *arena)
{
	struct wq_explain_step steps[WQ_EXPLAIN_STEPS_MAX];
	size_t n = wq_explain_steps(value, arena, steps);

	wq_json_object(json);
	wq_json_put_str(json, "variable", value->variable);
	wq_json_put_bool(json, "matched", value->matched);
	wq_json_put_str(json, "value", value->before);
	wq_json_key(json, WQ_S("steps"));
	wq_json_array(json);
	for (size_t i = 0; i < n; i++) {
		wq_json_object(json);
		wq_json_put_str(json, "transformation", wq_str_c(steps[i].name));
		wq_json_put_str(json, "value", steps[i].value);
		wq_json_object_end(json);
	}
	wq_json_array_end(json);
	wq_json_object_end(json);
}

static void json_values(struct wq_json *json, const struct wq_explained *x, uint32_t rule, bool all)
{
	wq_json_key(json, WQ_S("values"));
	wq_json_array(json);
	for (size_t i = 0; i < x->trace->values_n; i++)
		if (x->trace->values[i].rule == rule && (all || x->trace->values[i].matched))
			json_value(json, &x->trace->values[i], x->trace->arena);
	wq_json_array_end(json);
}

static void json_matches(struct wq_json *json, const struct wq_explained *x)
{
	uint32_t lost = 0;
	size_t n = 0;
	const struct wq_waf_match *m = wq_waf_matches(x->trip->tx, &n, &lost);

	wq_json_key(json, WQ_S("rules"));
	wq_json_array(json);
	for (size_t i = 0; i < n; i++) {
		if (seen_before(m, i))
			continue;
		wq_json_object(json);
		wq_json_put_u64(json, "id", m[i].rule);
		wq_json_put_u64(json, "phase", m[i].phase);
		wq_json_put_str(json, "severity", wq_str_c(severity(m[i].severity)));
		wq_json_put_str(json, "msg", m[i].message);
		wq_json_put_str(json, "data", m[i].data);
		wq_json_put_str(json, "file", m[i].file);
		wq_json_put_u64(json, "line", m[i].line);
		json_values(json, x, m[i].rule, false);
		wq_json_object_end(json);
	}
	wq_json_array_end(json);
}

static void json_fate(struct wq_json *json, const struct wq_explained *x, const struct wq_explain_fate *fate)
{
	wq_json_object(json);
	wq_json_put_u64(json, "id", fate->rule);
	wq_json_put_str(json, "why", wq_str_c(fate->why));
	if (fate->by)
		wq_json_put_u64(json, "by", fate->by);
	wq_json_put_str(json, "file", wq_str_c(fate->file));
	wq_json_put_u64(json, "line", fate->line);
	json_values(json, x, fate->rule, true);
	wq_json_object_end(json);
}

static void json_fates(struct wq_json *json, const struct wq_explained *x)
{
	wq_json_key(json, WQ_S("asked"));
	wq_json_array(json);
	for (size_t i = 0; i < x->trace->fates_n; i++)
		if (x->all || x->trace->fates[i].rule == x->rule)
			json_fate(json, x, &x->trace->fates[i]);
	wq_json_array_end(json);
}

static void json_verdict(struct wq_json *json, const struct wq_waf_tx *tx)
{
	struct wq_waf_verdict v = wq_waf_verdict(tx);
	bool passes = v.what == WQ_WAF_PASS || v.what == WQ_WAF_ALLOW;

	wq_json_key(json, WQ_S("scores"));
	wq_json_object(json);
	for (size_t i = 0; i < WQ_COUNT(scores); i++) {
		int64_t number;

		if (wq_waf_tx_number(tx, wq_str_c(scores[i].name), &number))
			wq_json_put_i64(json, scores[i].name, number);
	}
	wq_json_object_end(json);
	wq_json_put_str(json, "verdict", passes ? WQ_S("pass") : WQ_S("refuse"));
	if (!passes) {
		wq_json_put_u64(json, "status", v.status);
		wq_json_put_u64(json, "by", v.rule);
	}
}

wq_err wq_explain_json(struct wq_cli *cli, const struct wq_explained *x)
{
	const struct wq_ftw_http *http = &x->trip->http;
	WQ_BUF(out, OUT_MAX);
	struct wq_json json;

	wq_json_init(&json, &out);
	wq_json_object(&json);
	wq_json_put_str(&json, "method", http->method);
	wq_json_put_str(&json, "target", http->target);
	if (http->why) {
		wq_json_put_u64(&json, "answered", http->answered ? http->answered : http->refused);
		wq_json_put_str(&json, "answered_why", wq_str_c(http->why));
	}
	if (x->trip->tx) {
		json_matches(&json, x);
		if (x->all || x->rule)
			json_fates(&json, x);
		json_verdict(&json, x->trip->tx);
	}
	wq_json_object_end(&json);
	return wq_cli_json(cli, &json);
}
