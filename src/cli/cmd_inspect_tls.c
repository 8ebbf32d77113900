#include "cli/commands.h"
#include "cli/inspect_priv.h"

#include <libgen.h>

#include "base/file.h"
#include "crypto/digest.h"
#include "finding/rule.h"
#include "inspect/tls/tls.h"
#include "text/host.h"
#include "text/key.h"

enum {
	RULES_MAX = 4 * 1024 * 1024,
	CRL_MAX = 32 * 1024 * 1024,
	SEEN_MAX = 16 * 1024 * 1024,
	HTTPS = 443,
	FINDINGS_MAX = 10000
};

struct target {
	wq_str host; /* canonical */
	uint16_t port;
	struct wq_subject subject;
	struct wq_tls_observation *o;
};

struct run {
	struct wq_cli *cli;
	const struct wq_cli_args *args;
	const struct wq_tls_rules *rules;
	struct wq_suffix_rules *suffixes;
	struct wq_x509_store *store;
	struct wq_tls_options options;
	struct target targets[WQ_CLI_ARGS_MAX];
	wq_str hosts[WQ_CLI_ARGS_MAX];
	size_t n;
	wq_str seen; /* content of --seen */
	struct wq_findings findings;
};

/* ---- what was asked for ---- */

static const char *rules_path(struct wq_cli *cli, const char *name)
{
	const char *dir = getenv("WEIQUE_RULES");

	return wq_arena_printf(&cli->arena, "%s/%s", dir && *dir ? dir : WQ_RULES_DIR, name).p;
}

static wq_err read_rules(struct run *r)
{
	WQ_BUF(bytes, RULES_MAX);
	const char *path = rules_path(r->cli, "tls/tls.txt"), *suffixes = rules_path(r->cli, "suffix.conf");

	WQ_TRY(wq_arena_err(&r->cli->arena));
	if (wq_failed(wq_file_read(&wq_fs_system, path, &bytes)))
		return wq_error(WQ_E_CONFIG, "cannot read the rules in %s", path);
	WQ_TRY(wq_tls_rules_parse(&r->cli->arena, wq_str_c(path), wq_buf_str(&bytes), &r->rules));
	return wq_suffix_rules_open(suffixes, &r->suffixes);
}

static wq_err open_store(struct run *r)
{
	wq_str ca = wq_cli_value(r->args, "ca"), path;

	WQ_TRY(wq_x509_store_open(ca.n ? ca.p : NULL, &r->store)); /* argv: ends in NUL */
	for (size_t i = 0; (path = wq_cli_value_at(r->args, "crl", i)).p; i++) {
		WQ_BUF(bytes, CRL_MAX);

		WQ_TRY(wq_file_read(&wq_fs_system, path.p, &bytes));
		WQ_TRY(wq_x509_store_add_crl(r->store, wq_buf_str(&bytes)));
	}
	return WQ_OK;
}

static wq_err host_of(struct run *r, wq_str text, wq_str *ret_host)
{
	char name[WQ_HOST_MAX + 1];
	size_t n;

	if (wq_key_host(text, name, &n) != WQ_KEY_FINE)
		return wq_error(WQ_E_USAGE, "%.*s is no host", WQ_S_ARG(text));
	*ret_host = wq_arena_str(&r->cli->arena, wq_str_of(name, n));
	return wq_arena_err(&r->cli->arena);
}

/* HOST, HOST:PORT, [IPv6], [IPv6]:PORT */
static wq_err read_target(struct run *r, wq_str word, struct target *target)
{
	ptrdiff_t colon = wq_str_rchr(word, ':'), bracket = wq_str_rchr(word, ']');
	uint64_t port = HTTPS;

	if (colon > bracket) {
		if (!wq_str_to_u64(wq_str_from(word, (size_t)colon + 1), UINT16_MAX, &port) || port == 0)
			return wq_error(WQ_E_USAGE, "%.*s: the port is a number up to 65535", WQ_S_ARG(word));
		word = wq_str_head(word, (size_t)colon);
	}
	target->port = (uint16_t)port;
	return host_of(r, word, &target->host);
}

static wq_err read_routes(struct run *r)
{
	struct wq_tls_route *routes = WQ_NEW_ARRAY(&r->cli->arena, struct wq_tls_route, WQ_CLI_OPTIONS_MAX);
	wq_str text;

	WQ_TRY(wq_arena_err(&r->cli->arena));
	for (size_t i = 0; (text = wq_cli_value_at(r->args, "resolve", i)).p; i++) {
		wq_str address = text, host = wq_str_cut(&address, ':');

		if (address.n == 0)
			return wq_error(WQ_E_USAGE, "--resolve takes HOST:ADDRESS");
		WQ_TRY(host_of(r, host, &routes[i].host));
		routes[i].address = address;
		r->options.routes_n = i + 1;
	}
	r->options.routes = routes;
	return WQ_OK;
}

static wq_err read_options(struct run *r)
{
	wq_str text = wq_cli_value(r->args, "http-port");
	uint64_t port = 0;

	if (text.n && (!wq_str_to_u64(text, UINT16_MAX, &port) || port == 0))
		return wq_error(WQ_E_USAGE, "--http-port takes a number up to 65535");
	r->options = (struct wq_tls_options){.rules = r->rules,
		.store = r->store,
		.allow_private = wq_cli_has(r->args, "allow-private"),
		.http_port = (uint16_t)port,
		.clock = r->cli->clock,
		.random = r->cli->random};
	return read_routes(r);
}

/* ---- whom it is about ---- */

static wq_err kind_of(const struct run *r, const struct target *target, struct wq_subject *subject)
{
	static const struct {
		const char *name;
		enum wq_subject_kind kind;
	} rows[] = {{"organ", WQ_SUBJECT_ORGAN}, {"institution", WQ_SUBJECT_INSTITUTION}, {"union", WQ_SUBJECT_UNION},
		{"enterprise", WQ_SUBJECT_ENTERPRISE}, {"other", WQ_SUBJECT_OTHER}};
	wq_str text = wq_cli_value(r->args, "kind");

	subject->kind_assumed = text.n == 0;
	if (text.n == 0 && wq_host_government(r->suffixes, target->host, subject->day, NULL))
		subject->kind = WQ_SUBJECT_ORGAN;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (wq_str_eq(text, wq_str_c(rows[i].name)))
			subject->kind = rows[i].kind;
	return text.n && subject->kind == WQ_SUBJECT_UNKNOWN
		? wq_error(WQ_E_USAGE, "--kind takes organ, institution, union, enterprise or other")
		: WQ_OK;
}

static wq_err read_targets(struct run *r)
{
	char time[WQ_TIME_TEXT];

	for (; r->n < r->args->words_n; r->n++) {
		struct target *target = &r->targets[r->n];

		WQ_TRY(read_target(r, r->args->words[r->n], target));
		target->subject.now = wq_now(r->cli->clock);
		if (!wq_day_parse(wq_str_of(wq_time_text(target->subject.now, time), 10), &target->subject.day))
			return wq_error_id(WQ_E_BUG);
		WQ_TRY(kind_of(r, target, &target->subject));
		r->hosts[r->n] = target->host;
	}
	for (size_t i = 0; i < r->n; i++) {
		r->targets[i].subject.hosts = r->hosts;
		r->targets[i].subject.hosts_n = r->n;
	}
	return WQ_OK;
}

/* ---- certificates seen before: one line for each, "host:port " and what detect/tls writes ---- */

static bool known_of(const struct run *r, const struct target *target, struct wq_tls_known *ret_known)
{
	char name[WQ_HOST_MAX + 8];
	int n = snprintf(name, sizeof(name), "%.*s:%u", WQ_S_ARG(target->host), target->port);

	for (wq_str rest = r->seen; rest.p;) {
		wq_str line = wq_str_cut(&rest, '\n'), who = wq_str_cut(&line, ' ');

		if (wq_str_eq(who, wq_str_of(name, (size_t)n)))
			return !wq_failed(wq_tls_known_read(line, ret_known));
	}
	return false;
}

static wq_err read_seen(struct run *r)
{
	wq_str path = wq_cli_value(r->args, "seen");
	WQ_BUF(bytes, SEEN_MAX);
	wq_err e = path.n ? wq_file_read(&wq_fs_system, path.p, &bytes) : WQ_OK;

	if (wq_failed(e))
		return wq_is(e, WQ_E_NOT_FOUND) ? WQ_OK : e;
	r->seen = wq_arena_str(&r->cli->arena, wq_buf_str(&bytes));
	return wq_arena_err(&r->cli->arena);
}

/* Lines of others stay as they are. */
static bool is_seen_now(const struct run *r, wq_str who)
{
	char name[WQ_HOST_MAX + 8];
	struct wq_tls_known known;

	for (size_t i = 0; i < r->n; i++) {
		int n = snprintf(name, sizeof(name), "%.*s:%u", WQ_S_ARG(r->targets[i].host), r->targets[i].port);

		if (wq_str_eq(who, wq_str_of(name, (size_t)n)) && wq_tls_known_of(r->targets[i].o, &known))
			return true;
	}
	return false;
}

static wq_err write_seen(const struct run *r)
{
	wq_str path = wq_cli_value(r->args, "seen");
	struct wq_tls_known known;
	WQ_BUF(out, SEEN_MAX);

	if (path.n == 0)
		return WQ_OK;
	for (wq_str rest = r->seen; rest.p;) {
		wq_str whole = wq_str_cut(&rest, '\n'), line = whole;

		if (whole.n && !is_seen_now(r, wq_str_cut(&line, ' ')))
			wq_buf_printf(&out, "%.*s\n", WQ_S_ARG(whole));
	}
	for (size_t i = 0; i < r->n; i++) {
		if (!wq_tls_known_of(r->targets[i].o, &known))
			continue;
		wq_buf_printf(&out, "%.*s:%u ", WQ_S_ARG(r->targets[i].host), r->targets[i].port);
		wq_tls_known_put(&known, &out);
		wq_buf_byte(&out, '\n');
	}
	WQ_TRY(wq_buf_err(&out));
	return wq_file_replace(&wq_fs_system, path.p, wq_buf_str(&out), 0644);
}

/* ---- looking ---- */

static void print_look(struct wq_cli *cli, const struct wq_tls_observation *o)
{
	wq_cli_print(cli, "%.*s:%u (%.*s)：", "%.*s:%u (%.*s):", WQ_S_ARG(o->host), o->port, WQ_S_ARG(o->address));
	for (size_t v = 0; v < WQ_TLS_VERSIONS; v++)
		if (o->versions[v] == WQ_TLS_YES)
			wq_cli_print(cli, " %s", " %s", wq_tls_version_text((enum wq_tls_version)v));
	wq_cli_print(cli, "；%u 次连接，%u 毫秒\n", "; %u connections, %u ms\n", o->connections, o->msec);
}

static wq_err look(struct run *r, struct target *target)
{
	struct wq_tls_known known;
	bool before = known_of(r, target, &known);

	WQ_TRY(wq_tls_look(&r->cli->arena, &r->options, target->host, target->port, &target->o));
	print_look(r->cli, target->o);
	return wq_tls_judge(
		&r->cli->arena, &target->subject, r->rules, target->o, before ? &known : NULL, &r->findings);
}

static wq_err judge_together(struct run *r)
{
	struct wq_tls_site sites[WQ_CLI_ARGS_MAX];

	for (size_t i = 0; i < r->n; i++)
		sites[i] = (struct wq_tls_site){&r->targets[i].subject, r->targets[i].o};
	return wq_tls_shared_keys(&r->cli->arena, sites, r->n, &r->findings);
}

/* What could not be looked at is no clean result. */
static wq_err verdict(const struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct wq_tls_observation *o = r->targets[i].o;

		if (!o->resolved)
			return wq_error(WQ_E_NOT_FOUND, "%.*s has no address", WQ_S_ARG(o->host));
		if (o->forbidden)
			return wq_error(WQ_E_DENIED, "%.*s: the address %.*s is not public: --allow-private",
				WQ_S_ARG(o->host), WQ_S_ARG(o->address));
		if (!o->reachable && !o->http.answered)
			return wq_error(WQ_E_PEER, "%.*s:%u does not answer", WQ_S_ARG(o->host), o->port);
	}
	return WQ_OK;
}

/* ---- what was found ---- */

static wq_err print_findings(struct run *r)
{
	struct wq_cli *cli = r->cli;

	if (cli->json)
		return wq_cli_inspect_lines(cli, &cli->arena, &r->findings);
	for (size_t i = 0; i < r->findings.count; i++) {
		const struct wq_finding *f = &r->findings.items[i];

		wq_cli_print(cli, "  [%s] %.*s ", "  [%s] %.*s ", wq_severity_title(f->severity, cli->lang),
			WQ_S_ARG(f->rule));
		if (!cli->quiet) {
			wq_cli_text(cli->out, f->place.url);
			fputs(": ", cli->out);
			wq_cli_text(cli->out, f->evidence.excerpt);
		}
		wq_cli_print(cli, "\n      %.*s\n", "\n      %.*s\n",
			WQ_S_ARG(cli->lang == WQ_LANG_ZH ? f->advice_zh : f->advice_en));
	}
	wq_cli_print(cli, "发现 %zu 项\n", "%zu findings\n", r->findings.count);
	return WQ_OK;
}

/* The file of --seen is renewed in its folder; nothing else is written. */
static wq_err lock(struct run *r)
{
	static const char *const nothing[] = {NULL};
	wq_str seen = wq_cli_value(r->args, "seen");
	const char *write[2] = {NULL};
	char *copy;

	if (seen.n) {
		if (!(copy = wq_arena_cstr(&r->cli->arena, seen)))
			return wq_arena_err(&r->cli->arena);
		write[0] = dirname(copy);
	}
	return wq_cli_inspect_lock_in(r->cli, nothing, write);
}

static wq_err inspect(struct run *r)
{
	enum wq_severity severity;
	bool fails;

	WQ_TRY(wq_crypto_init());
	WQ_TRY(read_rules(r));
	WQ_TRY(read_targets(r));
	WQ_TRY(open_store(r));
	WQ_TRY(read_options(r));
	WQ_TRY(read_seen(r));
	WQ_TRY(wq_findings_init(&r->findings, &r->cli->arena, FINDINGS_MAX));
	WQ_TRY(wq_cli_inspect_fail_on(r->args, &fails, &severity));
	WQ_TRY(lock(r));
	for (size_t i = 0; i < r->n; i++)
		WQ_TRY(look(r, &r->targets[i]));
	WQ_TRY(judge_together(r));
	WQ_TRY(print_findings(r));
	WQ_TRY(write_seen(r));
	WQ_TRY(verdict(r));
	return wq_cli_inspect_verdict(r->args, &r->findings);
}

static wq_err cmd_inspect_tls(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct run *r = WQ_NEW(&cli->arena, struct run);
	wq_err e;

	WQ_TRY(wq_arena_err(&cli->arena));
	r->cli = cli;
	r->args = args;
	e = inspect(r);
	wq_x509_store_close(&r->store);
	wq_suffix_rules_close(&r->suffixes);
	return e;
}

static const struct wq_cli_option options[] = {
	{"ca", "FILE",
		{"信任这些证书而不是系统的（PEM）；非自签名的用于补全证书链",
			"trust these certificates instead of the system's (PEM); those not signed by themselves complete chains"},
		false},
	{"crl", "FILE", {"证书吊销列表（DER 或 PEM）", "a list of revoked certificates (DER or PEM)"}, true},
	{"seen", "FILE",
		{"上次见到的证书：有变化时报告，然后更新该文件",
			"certificates seen last time: a change is reported, then the file is renewed"},
		false},
	{"kind", "KIND",
		{"单位性质：organ、institution、union、enterprise、other；缺省按域名推断",
			"what the unit is: organ, institution, union, enterprise, other; else taken from the name"},
		false},
	{"http-port", "PORT",
		{"在此端口检查是否跳转到 https（缺省：端口为 443 时查 80）",
			"look here whether http leads to https (else port 80 when the port is 443)"},
		false},
	{"resolve", "HOST:ADDRESS", {"使用此地址，不查询域名", "take this address, ask no name server"}, true},
	{"allow-private", NULL, {"允许内网地址", "addresses may be private"}, false},
	{"fail-on", "SEVERITY",
		{"有此级别以上的发现时返回 1", "exit 1 when there is a finding of this severity or more"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_inspect_tls[] = {
	{"inspect tls", "HOST[:PORT]…", 1, WQ_CLI_ARGS_MAX,
		{"检查安全连接：协议版本、密码套件、证书、跳转（C7）",
			"look at secure connections: versions, suites, certificates, redirect (C7)"},
		{"每台主机约十次连接，逐次进行。--json 时每行一项发现。结束状态：0 已检查，1 有 --fail-on 级别的发现或地址不允许，"
		 "2 输入或找不到主机，3 配置，5 无应答。",
			"About ten connections a host, one after another. With --json one finding a line. Exit status: 0 looked; "
			"1 findings of --fail-on, or an address that is not allowed; 2 input, or no such host; 3 "
			"configuration; 5 no answer."},
		options, cmd_inspect_tls, "weique inspect tls www.example.gov.cn"},
	{0},
};
