/* weique inspect dns. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/inspect_priv.h"
#include "detect/dns/dns.h"
#include "finding/rule.h"
#include "flow/inspect/words.h"
#include "inspect/dns/dns.h"
#include "text/key.h"

enum { RULES_MAX = 1024 * 1024, FINDINGS_MAX = 1000, ARENA_MAX = 256 * 1024 * 1024 };

struct run {
	struct wq_cli *cli;
	const struct wq_cli_args *args;
	struct wq_dns_rules rules;
	struct wq_suffix_rules *suffixes;
	struct wq_psl *psl;
	struct wq_dns_options options;
	struct wq_dns_endpoint resolvers[WQ_DNS_RESOLVERS_MAX], roots[WQ_DNS_ROOTS_MAX];
	struct wq_dns_registered registered;
	struct wq_subject subject;
	wq_err verdict;
};

/* ---- data ---- */

static wq_err read_rules(struct wq_cli *cli, const char *name, wq_str *ret_path, wq_str *ret_bytes)
{
	const char *dir = getenv("WEIQUE_RULES");
	WQ_BUF(file, RULES_MAX);

	*ret_path = wq_arena_printf(&cli->arena, "%s/%s", dir && *dir ? dir : WQ_RULES_DIR, name);
	WQ_TRY(wq_arena_err(&cli->arena));
	WQ_TRY(wq_file_read(&wq_fs_system, ret_path->p, &file));
	*ret_bytes = wq_arena_str(&cli->arena, wq_buf_str(&file));
	return wq_arena_err(&cli->arena);
}

static wq_err load(struct run *run)
{
	struct wq_cli *cli = run->cli;
	wq_str path, bytes;

	WQ_TRY(read_rules(cli, "dns/dns.txt", &path, &bytes));
	WQ_TRY(wq_dns_rules_parse(&cli->arena, path, bytes, &run->rules));
	WQ_TRY(read_rules(cli, "dns/subnets.txt", &path, &bytes));
	WQ_TRY(wq_dns_subnets_parse(&cli->arena, path, bytes, &run->rules));
	WQ_TRY(read_rules(cli, "suffix.conf", &path, &bytes));
	WQ_TRY(wq_suffix_rules_parse(bytes, path.p, &run->suffixes));
	return wq_psl_open(NULL, &run->psl);
}

/* ---- options ---- */

static wq_err take_nets(struct run *run, const char *option, const struct wq_dns_net **ret, size_t *ret_n)
{
	struct wq_dns_net *list = WQ_NEW_ARRAY(&run->cli->arena, struct wq_dns_net, WQ_CLI_OPTIONS_MAX);
	size_t n = 0;
	wq_str value;

	if (!list)
		return wq_arena_err(&run->cli->arena);
	for (; (value = wq_cli_value_at(run->args, option, n)).p; n++)
		if (!wq_dns_net_parse(value, &list[n].addr, &list[n].bits))
			return wq_error(
				WQ_E_USAGE, "--%s %.*s: expected an address or ADDRESS/BITS", option, WQ_S_ARG(value));
	*ret = list;
	*ret_n = n;
	return WQ_OK;
}

static wq_err canonical(struct wq_cli *cli, wq_str name, wq_str *ret_host)
{
	char host[WQ_HOST_MAX + 1];
	size_t n;

	if (wq_key_host(name, host, &n) != WQ_KEY_FINE || wq_str_chr(wq_str_of(host, n), '.') < 1)
		return wq_error(WQ_E_INPUT, "%.*s is no domain", WQ_S_ARG(name));
	*ret_host = wq_arena_str(&cli->arena, wq_str_of(host, n));
	return wq_arena_err(&cli->arena);
}

static wq_err take_names(struct run *run, const char *option, const wq_str **ret, size_t *ret_n)
{
	wq_str *list = WQ_NEW_ARRAY(&run->cli->arena, wq_str, WQ_CLI_OPTIONS_MAX), value;
	size_t n = 0;

	if (!list)
		return wq_arena_err(&run->cli->arena);
	for (; (value = wq_cli_value_at(run->args, option, n)).p; n++)
		WQ_TRY(canonical(run->cli, value, &list[n]));
	*ret = list;
	*ret_n = n;
	return WQ_OK;
}

static wq_err take_selectors(struct run *run)
{
	wq_str *list = WQ_NEW_ARRAY(&run->cli->arena, wq_str, WQ_CLI_OPTIONS_MAX), value;
	size_t n = 0;

	if (!list)
		return wq_arena_err(&run->cli->arena);
	for (; (value = wq_cli_value_at(run->args, "dkim", n)).p; n++) {
		for (size_t i = 0; i < value.n; i++) {
			char c = (char)(value.p[i] | 0x20);
			if (!(c >= 'a' && c <= 'z') && !(value.p[i] >= '0' && value.p[i] <= '9') &&
				!strchr("-_.", value.p[i]))
				return wq_error(WQ_E_USAGE, "--dkim %.*s is no selector", WQ_S_ARG(value));
		}
		if (value.n == 0 || value.n > 63)
			return wq_error(WQ_E_USAGE, "--dkim takes a selector");
		list[n] = value;
	}
	run->registered.dkim_selectors = list;
	run->registered.dkim_selectors_n = n;
	return WQ_OK;
}

static wq_err take_number(struct run *run, const char *option, uint32_t max, uint32_t *ret)
{
	wq_str value = wq_cli_value(run->args, option);
	uint64_t number;

	if (!value.p)
		return WQ_OK;
	if (!wq_str_to_u64(value, max, &number) || number == 0)
		return wq_error(WQ_E_USAGE, "--%s takes a number from 1 to %u", option, max);
	*ret = (uint32_t)number;
	return WQ_OK;
}

static const char *path_of(struct run *run, const char *option)
{
	wq_str value = wq_cli_value(run->args, option);

	return value.p ? wq_arena_cstr(&run->cli->arena, value) : NULL;
}

static wq_err take_subject(struct run *run)
{
	wq_str kind = wq_cli_value(run->args, "kind");
	enum wq_severity severity;
	bool fails;
	wq_time now = wq_now(run->cli->clock);
	char text[WQ_TIME_TEXT];

	(void)wq_time_text(now + 8 * 3600 * WQ_SECOND, text); /* the day in China, where the rules hold */
	run->subject = (struct wq_subject){.suffixes = run->suffixes, .now = now};
	if (!wq_day_parse(wq_str_of(text, 10), &run->subject.day))
		return wq_error(WQ_E_BUG, "a clock without a day");
	if (kind.p && !wq_subject_kind_parse(kind, &run->subject.kind))
		return wq_error(WQ_E_USAGE, "--kind is organ, institution, union, enterprise or other");
	return wq_cli_inspect_fail_on(run->args, &fails, &severity);
}

static wq_err take_registered(struct run *run)
{
	struct wq_dns_registered *r = &run->registered;
	wq_str mail = wq_cli_value(run->args, "mail");

	WQ_TRY(take_nets(run, "expect", &r->nets, &r->nets_n));
	WQ_TRY(take_names(run, "expect-cname", &r->cnames, &r->cnames_n));
	WQ_TRY(take_names(run, "expect-ns", &r->ns, &r->ns_n));
	WQ_TRY(take_names(run, "expect-mx", &r->mx, &r->mx_n));
	WQ_TRY(take_selectors(run));
	if (mail.p && !wq_str_eq(mail, WQ_S("yes")) && !wq_str_eq(mail, WQ_S("no")))
		return wq_error(WQ_E_USAGE, "--mail is yes or no");
	r->mail_known = mail.p;
	r->mail = wq_str_eq(mail, WQ_S("yes"));
	r->closed = wq_cli_has(run->args, "closed");
	r->abroad = wq_cli_has(run->args, "abroad");
	return WQ_OK;
}

static wq_err take_options(struct run *run)
{
	struct wq_dns_options *o = &run->options;

	o->rules = &run->rules;
	o->psl = run->psl;
	o->clock = run->cli->clock;
	o->random = run->cli->random;
	o->allow_private = wq_cli_has(run->args, "allow-private");
	o->no_mail = wq_cli_has(run->args, "no-mail");
	o->no_regions = wq_cli_has(run->args, "no-provinces");
	o->vantage_abroad = wq_cli_has(run->args, "from-abroad");
	o->anchor_file = wq_cli_inspect_anchor(run->cli, run->args);
	o->geo_file = path_of(run, "geo");
	o->resolvers = run->resolvers;
	o->roots = run->roots;
	WQ_TRY(wq_cli_inspect_endpoints(run->args, "resolver", run->resolvers, WQ_DNS_RESOLVERS_MAX, &o->resolvers_n));
	WQ_TRY(wq_cli_inspect_endpoints(run->args, "root", run->roots, WQ_DNS_ROOTS_MAX, &o->roots_n));
	WQ_TRY(take_number(run, "rounds", WQ_DNS_ROUNDS_MAX, &o->rounds));
	WQ_TRY(take_number(run, "gap", 600000, &o->round_gap_msec));
	WQ_TRY(take_number(run, "timeout", 600000, &o->total_msec));
	return WQ_OK;
}

/* ---- results ---- */

static void print_finding(struct wq_cli *cli, const struct wq_finding *f)
{
	wq_str title = wq_inspect_rule_title(f->rule, cli->lang);

	fprintf(cli->out, "  [%s] ", wq_severity_title(f->severity, cli->lang));
	wq_cli_text(cli->out, title);
	fprintf(cli->out, " (%.*s", WQ_S_ARG(f->rule));
	for (size_t i = 0; i < f->clause_count; i++)
		fprintf(cli->out, ", %.*s", WQ_S_ARG(f->clauses[i]));
	fputs(")\n      ", cli->out);
	wq_cli_text(cli->out, f->evidence.excerpt);
	fputs("\n      ", cli->out);
	wq_cli_text(cli->out, cli->lang == WQ_LANG_ZH ? f->advice_zh : f->advice_en);
	fputc('\n', cli->out);
}

static wq_err print(struct run *run, struct wq_arena *arena, const struct wq_dns_observation *seen,
	const struct wq_findings *findings)
{
	struct wq_cli *cli = run->cli;

	if (cli->json)
		return wq_cli_inspect_lines(cli, arena, findings);

	if (!cli->quiet) {
		wq_cli_text(cli->out, wq_domain_shown(&cli->arena, seen->domain));
		wq_cli_print(cli, "：%zu 项发现，%zu 个解析器，%zu 个权威服务器地址，%u 次查询，%u 毫秒\n",
			": %zu findings, %zu resolvers, %zu addresses of authoritative servers, %u queries, %u ms\n",
			findings->count, seen->resolvers_n, seen->servers_n, seen->queries, seen->msec);
	}
	for (int severity = WQ_SEVERITY_COUNT - 1; severity >= 0; severity--)
		for (size_t i = 0; i < findings->count && !cli->quiet; i++)
			if ((int)findings->items[i].severity == severity)
				print_finding(cli, &findings->items[i]);
	return WQ_OK;
}

static wq_err look_at(struct run *run, wq_str domain, struct wq_arena *arena)
{
	struct wq_dns_observation seen;
	struct wq_findings findings;

	WQ_TRY(wq_findings_init(&findings, arena, FINDINGS_MAX));
	WQ_TRY(wq_dns_look(arena, &run->options, domain, &run->registered, &seen));
	WQ_TRY(wq_dns_judge(arena, &run->rules, &run->subject, &run->registered, &seen, &findings));
	if (!wq_failed(run->verdict))
		run->verdict = wq_cli_inspect_verdict(run->args, &findings);
	return print(run, arena, &seen, &findings);
}

/* Nothing is written: there is no state. */
static wq_err lock(struct run *run)
{
	static const char *const nothing[] = {NULL};
	const char *read[3] = {NULL};
	size_t n = 0;

	if (run->options.geo_file)
		read[n++] = run->options.geo_file;
	if (run->options.anchor_file)
		read[n++] = run->options.anchor_file;
	return wq_cli_inspect_lock_in(run->cli, read, nothing);
}

static wq_err inspect(struct run *run)
{
	WQ_TRY(load(run));
	WQ_TRY(take_subject(run));
	WQ_TRY(take_registered(run));
	WQ_TRY(take_options(run));
	wq_str *domains = WQ_NEW_ARRAY(&run->cli->arena, wq_str, run->args->words_n);
	if (!domains)
		return wq_arena_err(&run->cli->arena);
	for (size_t i = 0; i < run->args->words_n; i++)
		WQ_TRY(canonical(run->cli, run->args->words[i], &domains[i]));
	WQ_TRY(lock(run));
	for (size_t i = 0; i < run->args->words_n; i++) {
		struct wq_arena arena;
		wq_arena_init(&arena, ARENA_MAX);
		wq_err e = look_at(run, domains[i], &arena);
		wq_arena_done(&arena);
		WQ_TRY(e);
	}
	return run->verdict;
}

static wq_err cmd_inspect_dns(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct run *run = WQ_NEW(&cli->arena, struct run);
	wq_err e;

	if (!run)
		return wq_arena_err(&cli->arena);
	run->cli = cli;
	run->args = args;
	run->verdict = WQ_OK;
	e = inspect(run);
	wq_psl_close(&run->psl);
	wq_suffix_rules_close(&run->suffixes);
	return e;
}

static const struct wq_cli_option options[] = {
	{"resolver", "[NAME=]ADDRESS[:PORT]",
		{"向该解析器查询并与权威结果比对，可多次给出", "ask this resolver and compare; may be repeated"}, true},
	{"expect", "ADDRESS[/BITS]", {"登记的地址或网段", "a registered address or network"}, true},
	{"expect-cname", "NAME", {"登记的 CNAME 目标或其上级域", "a registered CNAME target, or a domain above it"},
		true},
	{"expect-ns", "NAME", {"登记的权威服务器", "a registered name server"}, true},
	{"expect-mx", "NAME", {"登记的邮件服务器", "a registered mail host"}, true},
	{"dkim", "SELECTOR", {"检查该 DKIM 选择器的密钥", "look at the DKIM key of this selector"}, true},
	{"mail", "yes|no", {"该域是否收发邮件（缺省看 MX）", "whether the domain has mail (default: by its MX)"},
		false},
	{"kind", "KIND",
		{"单位性质：organ、institution、union、enterprise、other，用于后缀规则",
			"kind of unit: organ, institution, union, enterprise, other; for the suffix rules"},
		false},
	{"closed", NULL, {"应用已关停：不应再能解析", "the application was closed: it should not resolve"}, false},
	{"abroad", NULL, {"境外节点已获批准", "nodes abroad were approved"}, false},
	{"geo", "FILE", {"MaxMind DB 地址库；没有则不判断所在地", "MaxMind DB file; without it nothing is located"},
		false},
	{"anchor", "FILE",
		{"DNSSEC 信任锚（缺省为系统的根密钥）", "DNSSEC trust anchor (default: the system's root key)"}, false},
	{"root", "ADDRESS[:PORT]",
		{"根服务器（缺省见 rules/dns/dns.txt）", "a root server (default: rules/dns/dns.txt)"}, true},
	{"allow-private", NULL,
		{"允许查询内网地址上的权威服务器", "ask authoritative servers at private addresses too"}, false},
	{"from-abroad", NULL, {"本机位于境外", "this machine stands outside the country"}, false},
	{"rounds", "N", {"轮数（缺省 3）", "rounds (default 3)"}, false},
	{"gap", "MSEC", {"两轮之间的毫秒数（缺省 1000）", "milliseconds between rounds (default 1000)"}, false},
	{"timeout", "MSEC", {"每个域名最多用时（缺省 60000）", "most time for a domain (default 60000)"}, false},
	{"no-mail", NULL, {"不检查邮件记录", "leave the mail records out"}, false},
	{"no-provinces", NULL, {"不按省份子网查询", "do not ask for the provinces' subnets"}, false},
	{"fail-on", "SEVERITY",
		{"有此级别以上的发现时返回 1", "exit 1 when there is a finding of this severity or more"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_inspect_dns[] = {
	{"inspect dns", "DOMAIN…", 1, WQ_CLI_ARGS_MAX,
		{"从外部检查域名：解析、权威服务器、DNSSEC、邮件、所在地",
			"look at domains from outside: answers, name servers, DNSSEC, mail, places"},
		{"从根逐级查到权威服务器，多轮比对；只是轮换的结果不算发现。--json 时每行一个发现。判断依据见 docs/inspect-dns.md。",
			"Follows the delegation from the root and compares over several rounds; what merely rotates is no finding. With "
			"--json one finding a line. See docs/inspect-dns.md."},
		options, cmd_inspect_dns,
		"weique inspect dns www.example.gov.cn --resolver 114.114.114.114 --resolver 223.5.5.5 --kind organ"},
	{0},
};
