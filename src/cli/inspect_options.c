/* The command line of an inspection. */
#include "cli/inspect_priv.h"

#include <errno.h>

#include "base/file.h"
#include "finding/datafile.h"
#include "flow/inspect/reach.h"
#include "flow/inspect/registered.h"
#include "flow/inspect/words.h"
#include "text/key.h"
#include "text/url.h"

enum { LISTED_MAX = 64, PAGES_MOST = 100000000, MSEC_MOST = 600000 };

const struct wq_cli_option wq_cli_inspect_options[] = {
	{"render", NULL,
		{"用浏览器打开首页：标识位置、离站提示、脚本请求的第三方（需要 chromium）",
			"open the home pages in a browser as well: place of the mark, leave-site prompt, whom scripts ask (needs chromium)"},
		false},
	{"render-user", "USER",
		{"以 root 运行时浏览器所用的用户，缺省为 weique-render",
			"as whom root runs the browser, else weique-render"},
		false},
	{"links-only", NULL, {"只检查链接，不检查页面内容", "links alone: no page is judged"}, false},
	{"checks", "LIST",
		{"检查项目，逗号分隔：standard、all、links、content、page、portal、quality、front、dns、tls、render、leftovers；前加 - 表示去掉",
			"what is checked, with commas: standard, all, links, content, page, portal, quality, front, dns, tls, render, leftovers; with - before it: not"},
		false},
	{"html", "FILE", {"写出可打印的网页报告", "write a report that prints, one HTML file"}, false},
	{"csv", "FILE", {"写出表格（电子表格程序可打开）", "write a table for spreadsheet programs"}, false},
	{"report", "FILE", {"写出完整结果（JSON 文件）", "write the whole result as one JSON document"}, false},
	{"fail-on", "SEVERITY",
		{"有此级别及以上的问题时，以状态 1 结束",
			"exit with status 1 when a finding is of this severity or above"},
		false},
	{"allow-private", NULL,
		{"允许访问起始地址所在的内网或本机地址",
			"the addresses that the starts have may be private or of this machine"},
		false},
	{"allow-address", "ADDRESS[/BITS]",
		{"另外允许访问的内网地址或网段", "a private address or network that may be reached besides"}, true},
	{"resolve", "HOST:ADDRESS",
		{"不经解析，直接以此地址访问主机（也可写 HOST:PORT:ADDRESS[:PORT]）",
			"go to this address for the host, without resolving it (also HOST:PORT:ADDRESS[:PORT])"},
		true},
	{"resolver", "[NAME=]ADDRESS[:PORT]",
		{"检查 dns 时比对该解析器，可多次给出", "for dns: ask this resolver and compare; may be repeated"},
		true},
	{"geo", "FILE", {"MaxMind DB 地址库，用于判断所在地", "MaxMind DB file: tells where addresses are"}, false},
	{"rounds", "N", {"检查 dns 的轮数（缺省 3）", "for dns: so many rounds (default 3)"}, false},
	{"gap", "MSEC", {"两轮之间的毫秒数（缺省 1000）", "milliseconds between rounds (default 1000)"}, false},
	{"root", "ADDRESS[:PORT]",
		{"根服务器（缺省见 rules/dns/dns.txt）", "a root server (default: rules/dns/dns.txt)"}, true},
	{"anchor", "FILE",
		{"DNSSEC 信任锚（缺省为系统的根密钥）", "DNSSEC trust anchor (default: the system's root key)"}, false},
	{"ca-file", "FILE",
		{"信任的根证书（PEM），缺省为系统的", "authorities that are trusted, PEM; else the system's"}, false},
	{"host", "HOST", {"一并检查的其他主机", "another host that is walked as well"}, true},
	{"pages", "N", {"最多检查的页面数", "at most so many pages"}, false},
	{"depth", "N", {"离起始页最多几层", "at most so many steps from the start"}, false},
	{"time", "DURATION", {"最长用时，如 10min", "at most so long, e.g. 10min"}, false},
	{"timeout", "DURATION",
		{"一次请求最长多久，缺省 30s；四倍于此仍无应答的主机不再访问",
			"of one request at most [30s]; a host that is silent four times as long is given up"},
		false},
	{"delay", "MSEC", {"对同一主机两次请求之间的毫秒数", "milliseconds between two requests to a host"}, false},
	{"no-robots", NULL, {"不遵守 robots.txt（限本单位的站点）", "do not heed robots.txt: for sites of your own"},
		false},
	{"no-outside", NULL, {"不访问站外链接的目标", "do not look at targets outside"}, false},
	{"at-once", NULL, {"站外目标一次打不开即算失效", "an outside target that fails once is broken"}, false},
	{"dir", "DIR", {"检查进度和历次结果的目录", "folder for the state of walks and for records"}, false},
	{"keep", NULL,
		{"没有 --dir 时，结果保留在一个临时目录", "without --dir: keep state and record in a temporary folder"},
		false},
	{"resume", NULL, {"接续上次中断的检查", "go on with an inspection that was cut off"}, false},
	{"app", "ID", {"按登记册中的这个应用检查", "inspect as this application of the registry"}, false},
	{"kind", "KIND",
		{"单位性质：organ、institution、union、enterprise、other、unknown",
			"the kind of unit: organ, institution, union, enterprise, other, unknown"},
		false},
	{"name", "TEXT", {"单位规范名称", "official name of the unit"}, false},
	{"portal", NULL, {"是门户网站", "it is a portal"}, false},
	{"department", NULL, {"无对外服务的部门（75 分制）", "a department without services: the 75-point scale"},
		false},
	{"icp", "NUMBER", {"登记的 ICP 备案号", "ICP filing number as registered"}, false},
	{"police", "NUMBER", {"登记的公安备案号", "police filing number as registered"}, false},
	{"site-code", "CODE", {"登记的网站标识码", "site code as registered"}, false},
	{"mark-id", "ID", {"登记的标识编号（32 位）", "id of the identity mark as registered, 32 digits"}, false},
	{"inside", "HOST", {"视为内部的主机", "a host that counts as inside"}, true},
	{"confirmed", "HOST", {"已确认可链接的主机", "a host whose links are confirmed"}, true},
	{0},
};

static const char *text(struct wq_cli *cli, wq_str value)
{
	return value.n ? wq_arena_cstr(&cli->arena, value) : NULL;
}

static wq_err number(const struct wq_cli_args *args, const char *option, uint64_t most, uint64_t *ret)
{
	wq_str value = wq_cli_value(args, option);

	if (!wq_cli_has(args, option))
		return WQ_OK;
	if (!wq_str_to_u64(value, most, ret) || *ret == 0)
		return wq_error(WQ_E_USAGE, "--%s takes a number from 1 to %llu", option, (unsigned long long)most);
	return WQ_OK;
}

/* ---- the subject ---- */

static wq_err hosts(
	struct wq_cli *cli, const struct wq_cli_args *args, const char *option, const wq_str **list, size_t *n)
{
	wq_str *all = WQ_NEW_ARRAY(&cli->arena, wq_str, *n + LISTED_MAX), value;
	char host[WQ_HOST_MAX + 1];
	size_t length;

	if (!all)
		return wq_arena_err(&cli->arena);
	if (*n)
		memcpy(all, *list, *n * sizeof *all);
	for (size_t i = 0; (value = wq_cli_value_at(args, option, i)).p; i++) {
		if (i == LISTED_MAX)
			return wq_error(WQ_E_LIMIT, "more than %d times --%s", LISTED_MAX, option);
		if (wq_key_host(value, host, &length) != WQ_KEY_FINE)
			return wq_error(
				WQ_E_USAGE, "--%s takes a host, not %.*s", option, WQ_S_ARG(wq_str_head(value, 200)));
		all[(*n)++] = wq_arena_str(&cli->arena, wq_str_of(host, length));
	}
	*list = all;
	return wq_arena_err(&cli->arena);
}

static void take(const struct wq_cli_args *args, const char *option, wq_str *into)
{
	wq_str value = wq_cli_value(args, option);

	if (value.n)
		*into = value;
}

static wq_err subject(
	struct wq_cli *cli, const struct wq_cli_args *args, struct wq_subject *s, struct wq_inspect_names *names)
{
	wq_str app = wq_cli_value(args, "app"), kind = wq_cli_value(args, "kind");
	struct wq_workspace workspace;

	if (app.n) {
		wq_err e;

		WQ_TRY(wq_cli_open(cli, &workspace));
		e = wq_inspect_registered(&workspace, app, &cli->arena, s);
		if (!wq_failed(e))
			e = wq_inspect_registered_names(&workspace, app, &cli->arena, names);
		wq_workspace_close(&workspace);
		WQ_TRY(e);
	}
	if (kind.n && !wq_subject_kind_parse(kind, &s->kind))
		return wq_error(WQ_E_USAGE, "--kind takes organ, institution, union, enterprise, other or unknown");
	s->portal |= wq_cli_has(args, "portal");
	s->department |= wq_cli_has(args, "department");
	take(args, "name", &s->name);
	take(args, "icp", &s->icp);
	take(args, "police", &s->police);
	take(args, "site-code", &s->site_code);
	take(args, "mark-id", &s->mark_id);
	WQ_TRY(hosts(cli, args, "inside", &s->inside, &s->inside_n));
	return hosts(cli, args, "confirmed", &s->confirmed, &s->confirmed_n);
}

/* ---- what may be reached ---- */

static wq_err reach(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_cli_inspect *inspect)
{
	struct wq_fetch_options *fetch = &inspect->options.walk.fetch;
	struct wq_url url;
	wq_str value;

	for (size_t i = 0; (value = wq_cli_value_at(args, "resolve", i)).p; i++) {
		if (i == WQ_CLI_ROUTES_MAX)
			return wq_error(WQ_E_LIMIT, "more than %d times --resolve", WQ_CLI_ROUTES_MAX);
		WQ_TRY(wq_reach_route(&cli->arena, value, &inspect->routes[fetch->routes_n++]));
	}
	for (size_t i = 0; (value = wq_cli_value_at(args, "allow-address", i)).p; i++) {
		if (fetch->peers_n == WQ_FETCH_PEERS_MAX)
			return wq_error(WQ_E_LIMIT, "more than %d allowed addresses", WQ_FETCH_PEERS_MAX);
		if (!wq_reach_parse(value, &inspect->peers[fetch->peers_n++]))
			return wq_error(WQ_E_USAGE,
				"--allow-address takes an address or a network as 10.0.0.0/8, not %.*s",
				WQ_S_ARG(wq_str_head(value, 100)));
	}
	for (size_t i = 0; wq_cli_has(args, "allow-private") && i < inspect->options.walk.starts_n; i++)
		if (!wq_failed(wq_url_parse(&cli->arena, wq_str_c(inspect->starts[i]), NULL, &url)))
			WQ_TRY(wq_reach_start(&url, inspect->routes, fetch->routes_n, inspect->peers, &fetch->peers_n));
	fetch->routes = inspect->routes;
	fetch->peers = inspect->peers;
	return WQ_OK;
}

/* ---- the walk ---- */

/* "www.example.gov.cn" is https://www.example.gov.cn/. */
static wq_err starts(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_cli_inspect *inspect)
{
	for (size_t i = 0; i < args->words_n; i++) {
		wq_str word = args->words[i];
		bool scheme = wq_str_find(word, WQ_S("://")) > 0;

		inspect->starts[i] = wq_arena_cstr(
			&cli->arena, scheme ? word : wq_arena_printf(&cli->arena, "https://%.*s/", WQ_S_ARG(word)));
	}
	inspect->options.walk.starts = inspect->starts;
	inspect->options.walk.starts_n = args->words_n;
	return wq_arena_err(&cli->arena);
}

static wq_err limits(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_site_options *walk)
{
	uint64_t pages = 0, depth = 0, delay = 0, msec = 0, timeout = 0;
	const wq_str *list = NULL;
	const char **more;
	size_t n = 0;

	WQ_TRY(number(args, "pages", PAGES_MOST, &pages));
	WQ_TRY(number(args, "depth", 1000, &depth));
	WQ_TRY(number(args, "delay", MSEC_MOST, &delay));
	if (wq_cli_has(args, "time"))
		WQ_TRY(wq_cli_duration("time", wq_cli_value(args, "time"), &msec));
	if (wq_cli_has(args, "timeout"))
		WQ_TRY(wq_cli_duration("timeout", wq_cli_value(args, "timeout"), &timeout));
	timeout = WQ_MIN(timeout, (uint64_t)MSEC_MOST);
	WQ_TRY(hosts(cli, args, "host", &list, &n));
	more = WQ_NEW_ARRAY(&cli->arena, const char *, n + 1);
	if (!more)
		return wq_arena_err(&cli->arena);
	for (size_t i = 0; i < n; i++)
		more[i] = list[i].p;
	walk->hosts = more;
	walk->hosts_n = n;
	walk->pages_max = pages;
	walk->depth_max = (uint32_t)depth;
	walk->run_msec_max = (uint32_t)WQ_MIN(msec, (uint64_t)UINT32_MAX);
	walk->fetch.delay_msec = (uint32_t)delay;
	walk->fetch.total_msec = (uint32_t)timeout;
	walk->fetch.connect_msec = (uint32_t)WQ_MIN(timeout, (uint64_t)10000);
	walk->host_msec_max = (uint32_t)(4 * timeout);
	walk->ignore_robots = wq_cli_has(args, "no-robots");
	walk->check_only_inside = wq_cli_has(args, "no-outside");
	walk->verdicts_at_once = wq_cli_has(args, "at-once");
	walk->resume = wq_cli_has(args, "resume");
	walk->fetch.ca_file = text(cli, wq_cli_value(args, "ca-file"));
	walk->fetch.decode = true;
	return WQ_OK;
}

static wq_err checks(const struct wq_cli_args *args, struct wq_cli_inspect *inspect)
{
	wq_str list = wq_cli_value(args, "checks");

	inspect->options.checks = wq_cli_has(args, "links-only") ? WQ_INSPECT_LINKS : WQ_INSPECT_STANDARD;
	if (list.n && wq_cli_has(args, "links-only"))
		return wq_error(WQ_E_USAGE, "--links-only goes without --checks");
	if (wq_cli_has(args, "checks"))
		WQ_TRY(wq_inspect_checks_parse(list, &inspect->options.checks));
	/* what is registered here is ours */
	if (wq_cli_has(args, "app") && !wq_cli_has(args, "checks") && !wq_cli_has(args, "links-only"))
		inspect->options.checks |= WQ_INSPECT_LEFTOVERS;
	if (wq_cli_has(args, "render"))
		inspect->options.checks |= WQ_INSPECT_RENDER;
	return wq_cli_inspect_fail_on(args, &inspect->fails, &inspect->fail_on);
}

/* ---- where the state is ---- */

/* An installation of ours in which this user may write. */
static bool is_ours(const char *dir)
{
	char path[4096];

	return dir && snprintf(path, sizeof path, "%s/ledger", dir) < (int)sizeof path && access(path, F_OK) == 0 &&
		access(dir, W_OK) == 0;
}

static wq_err state(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_cli_inspect *inspect)
{
	const char *dir = text(cli, wq_cli_value(args, "dir")), *installed = text(cli, cli->state_dir), *temp;
	char *made;

	if (dir || is_ours(installed)) {
		inspect->state = dir ? dir : installed;
		return wq_dir_make(&wq_fs_system, inspect->state, 0750);
	}
	if (inspect->options.walk.resume)
		return wq_error(WQ_E_USAGE, "--resume needs the --dir of the inspection that was cut off");
	if (!wq_cli_has(args, "keep"))
		return WQ_OK;
	temp = getenv("TMPDIR");
	made = wq_arena_cstr(
		&cli->arena, wq_arena_printf(&cli->arena, "%s/weique-inspect-XXXXXX", temp && *temp ? temp : "/tmp"));
	if (!made)
		return wq_arena_err(&cli->arena);
	if (!mkdtemp(made))
		return wq_error_sys(WQ_E_IO, errno, "%s", made);
	inspect->state = made;
	if (!cli->quiet)
		fprintf(cli->err, cli->lang == WQ_LANG_ZH ? "保留在 %s\n" : "kept in %s\n", made);
	return WQ_OK;
}

/* What the last look found, when there was one. A record that cannot be read is said and passed over. */
static wq_err last_time(struct wq_cli *cli, const char *site, struct wq_cli_inspect *inspect)
{
	struct wq_inspect_result *before = WQ_NEW(&cli->arena, struct wq_inspect_result);
	wq_err e;

	if (!before)
		return wq_arena_err(&cli->arena);
	e = wq_record_open(inspect->state, site, NULL, &cli->arena, before);
	if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND)) {
		fputs(wq_err_message(e, cli->lang), cli->err);
		fputs(": ", cli->err);
		wq_cli_text(cli->err, wq_str_c(wq_err_note(e)));
		fputc('\n', cli->err);
	}
	if (wq_failed(e))
		return WQ_OK;
	inspect->before = before;
	inspect->options.before = &before->network;
	return WQ_OK;
}

static wq_err walk_dir(struct wq_cli *cli, struct wq_cli_inspect *inspect)
{
	char site[WQ_RECORD_NAME];
	struct wq_url url;
	wq_str name;

	if (!inspect->state)
		return WQ_OK;
	if (wq_failed(wq_url_parse(&cli->arena, wq_str_c(inspect->starts[0]), NULL, &url)) || !wq_url_is_http(&url))
		return wq_error(WQ_E_INPUT, "%s is no http or https address", inspect->starts[0]);
	name = url.port == WQ_URL_NO_PORT ? url.host
					  : wq_arena_printf(&cli->arena, "%.*s:%d", WQ_S_ARG(url.host), url.port);
	inspect->options.walk.dir = wq_arena_cstr(&cli->arena,
		wq_arena_printf(&cli->arena, "%s/inspect/%s/walk", inspect->state, wq_record_site(name, site)));
	WQ_TRY(wq_arena_err(&cli->arena));
	WQ_TRY(last_time(cli, site, inspect));
	return wq_dir_make(&wq_fs_system, inspect->options.walk.dir, 0750);
}

/* An installation at hand knows whose identifiers are whose. One that cannot be read is no reason not to look. */
static wq_err others(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_inspect_options *options)
{
	struct wq_workspace workspace;

	if (wq_cli_has(args, "app") || !is_ours(text(cli, cli->state_dir)) || wq_failed(wq_cli_open(cli, &workspace)))
		return wq_arena_err(&cli->arena);
	if (wq_failed(wq_inspect_registered_all(&workspace, &cli->arena, &options->others, &options->others_n)))
		options->others_n = 0;
	wq_workspace_close(&workspace);
	return wq_arena_err(&cli->arena);
}

wq_err wq_cli_inspect_clauses(struct wq_cli *cli, const struct wq_clauses **ret_clauses)
{
	const char *dir = getenv("WEIQUE_RULES"), *path;
	struct wq_clauses *clauses = WQ_NEW(&cli->arena, struct wq_clauses);
	WQ_BUF(bytes, WQ_DATAFILE_BYTES);

	path = wq_arena_cstr(
		&cli->arena, wq_arena_printf(&cli->arena, "%s/clauses/clauses.txt", dir && *dir ? dir : WQ_RULES_DIR));
	WQ_TRY(wq_arena_err(&cli->arena));
	if (wq_failed(wq_file_read(&wq_fs_system, path, &bytes)))
		return wq_error(WQ_E_CONFIG, "cannot read the clauses in %s", path);
	WQ_TRY(wq_clauses_parse(&cli->arena, wq_str_c(path), wq_buf_str(&bytes), clauses));
	*ret_clauses = clauses;
	return WQ_OK;
}

wq_err wq_cli_inspect_read(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_cli_inspect *ret)
{
	ret->options.random = cli->random;
	ret->options.walk.clock = cli->clock;
	WQ_TRY(checks(args, ret));
	WQ_TRY(limits(cli, args, &ret->options.walk));
	WQ_TRY(starts(cli, args, ret));
	WQ_TRY(subject(cli, args, &ret->options.subject, &ret->options.names));
	WQ_TRY(wq_cli_inspect_names(cli, args, ret));
	WQ_TRY(others(cli, args, &ret->options));
	WQ_TRY(reach(cli, args, ret));
	WQ_TRY(wq_cli_inspect_uptime(cli, ret));
	ret->options.render_user = text(cli, wq_cli_value(args, "render-user"));
	ret->html = text(cli, wq_cli_value(args, "html"));
	ret->csv = text(cli, wq_cli_value(args, "csv"));
	ret->report = text(cli, wq_cli_value(args, "report"));
	if (ret->html)
		WQ_TRY(wq_cli_inspect_clauses(cli, &ret->clauses));
	WQ_TRY(state(cli, args, ret));
	return walk_dir(cli, ret);
}
