/* weique probe run: visits, again and again. */
#include <signal.h>
#include <time.h>

#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/probe_priv.h"
#include "flow/inspect/reach.h"
#include "flow/watch/look.h"
#include "ledger/registry.h"
#include "text/url.h"

enum {
	ROUTES_MAX = 64,
	TARGETS_BYTES = 4 * 1024 * 1024,
	UNWRITTEN_MAX = 100000,
	JITTER_PERCENT = 10,
	DEFAULT_MSEC = 3600 * 1000,
	ROUND_MEMORY = 256 * 1024 * 1024
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static bool stopped(void)
{
	return stop;
}

struct probe {
	struct wq_cli *cli;
	const struct wq_cli_args *args;
	const struct wq_indicator_rules *rules;
	const char *state;
	wq_str vantage;
	struct wq_fetch_peer peers[WQ_FETCH_PEERS_MAX];
	struct wq_fetch_route routes[ROUTES_MAX];
	size_t peers_n, routes_n;
	const char *ca_file;
	uint64_t interval_msec, rounds; /* rounds 0: until it is ended */
	/* what could not be written yet: texts live in `unwritten_texts` */
	struct wq_arena unwritten_texts;
	struct wq_watch_visit *unwritten;
	size_t unwritten_n;
};

/* ---- what is visited ---- */

static wq_err from_registry(struct probe *p, struct wq_cli *cli, struct wq_watch_target *targets, size_t *n)
{
	bool http = wq_cli_has(p->args, "http");
	struct wq_workspace workspace;
	struct wq_app_row *apps;
	size_t apps_n;
	wq_err e;

	WQ_TRY(wq_cli_open(cli, &workspace));
	e = wq_app_list(workspace.ledger, &cli->arena, &apps, &apps_n);
	for (size_t i = 0; i < apps_n && !wq_failed(e); i++)
		for (size_t h = 0; h < apps[i].hosts_n && apps[i].state != WQ_APP_CLOSED && !wq_failed(e); h++) {
			if (*n == WQ_WATCH_TARGETS_MAX) {
				e = wq_error(WQ_E_LIMIT, "more than %d hosts", WQ_WATCH_TARGETS_MAX);
				break;
			}
			e = wq_watch_target(&cli->arena, apps[i].id,
				wq_arena_printf(
					&cli->arena, "%s://%.*s/", http ? "http" : "https", WQ_S_ARG(apps[i].hosts[h])),
				&targets[(*n)++]);
		}
	wq_workspace_close(&workspace);
	return e;
}

static wq_err targets_of(struct probe *p, struct wq_cli *cli, const struct wq_watch_target **ret_targets, size_t *ret_n)
{
	wq_str file = wq_cli_value(p->args, "targets");
	struct wq_watch_target *targets;
	WQ_BUF(text, TARGETS_BYTES);

	*ret_n = 0;
	if (file.n) {
		WQ_TRY(wq_file_read(&wq_fs_system, file.p, &text));
		WQ_TRY(wq_watch_targets_parse(&cli->arena, wq_buf_str(&text), ret_targets, ret_n));
	} else {
		targets = WQ_NEW_ARRAY(&cli->arena, struct wq_watch_target, WQ_WATCH_TARGETS_MAX);
		if (!targets)
			return wq_arena_err(&cli->arena);
		WQ_TRY(from_registry(p, cli, targets, ret_n));
		*ret_targets = targets;
	}
	return *ret_n ? WQ_OK : wq_error(WQ_E_NOT_FOUND, "there is nothing to visit");
}

/* ---- options ---- */

static wq_err reach(struct probe *p)
{
	struct wq_arena *arena = &p->cli->arena;
	wq_str value;

	for (size_t i = 0; (value = wq_cli_value_at(p->args, "resolve", i)).p; i++) {
		if (i == ROUTES_MAX)
			return wq_error(WQ_E_LIMIT, "more than %d times --resolve", ROUTES_MAX);
		WQ_TRY(wq_reach_route(arena, value, &p->routes[p->routes_n++]));
	}
	for (size_t i = 0; (value = wq_cli_value_at(p->args, "allow-address", i)).p; i++) {
		if (p->peers_n == WQ_FETCH_PEERS_MAX)
			return wq_error(WQ_E_LIMIT, "more than %d allowed addresses", WQ_FETCH_PEERS_MAX);
		if (!wq_reach_parse(value, &p->peers[p->peers_n++]))
			return wq_error(WQ_E_USAGE, "--allow-address takes an address or a network as 10.0.0.0/8");
	}
	return WQ_OK;
}

static wq_err options(struct probe *p)
{
	wq_str rounds = wq_cli_value(p->args, "rounds"), ca = wq_cli_value(p->args, "ca-file");
	uint64_t day = (uint64_t)(WQ_DAY / 1000);

	p->interval_msec = DEFAULT_MSEC;
	if (wq_cli_has(p->args, "interval"))
		WQ_TRY(wq_cli_duration("interval", wq_cli_value(p->args, "interval"), &p->interval_msec));
	if (rounds.p && (!wq_str_to_u64(rounds, UINT32_MAX, &p->rounds) || p->rounds == 0))
		return wq_error(WQ_E_USAGE, "--rounds takes a number from 1 on");
	if (wq_cli_has(p->args, "once"))
		p->rounds = 1;
	p->ca_file = ca.n ? ca.p : NULL; /* argv: ends in NUL */
	WQ_TRY(wq_cli_indicators(&p->cli->arena, &p->rules));
	if (p->rounds != 1 && p->interval_msec * p->rules->limits.visits_per_day > day && !p->cli->quiet)
		fprintf(p->cli->err,
			p->cli->lang == WQ_LANG_ZH
				? "注意：每日少于 %llu 次，达不到检查指标的要求\n"
				: "note: fewer than the %llu visits a day that the indicators ask for\n",
			(unsigned long long)p->rules->limits.visits_per_day);
	return reach(p);
}

/* Who was pinned as a peer hands its visits over signed; nobody here writes in its name. */
static wq_err own_name(struct probe *p)
{
	wq_sm2_public key;

	WQ_TRY(wq_cli_vantage(p->cli, p->args, &p->vantage));
	if (!wq_failed(wq_peer_key(&wq_fs_system, p->state, p->vantage, &key)))
		return wq_error(WQ_E_EXISTS, "%.*s is the name of a peer: --vantage", WQ_S_ARG(p->vantage));
	return WQ_OK;
}

static wq_err lock_in(struct probe *p)
{
	static const char *const all[] = {
		"/etc", "/run/systemd/resolve", "/usr", "/lib", "/lib64", "/dev/urandom", "/dev/null", "/proc/self"};
	wq_str targets = wq_cli_value(p->args, "targets");
	const char *read_paths[WQ_COUNT(all) + 4], *rules = getenv("WEIQUE_RULES");
	const char *const write_paths[] = {p->state, NULL};
	struct wq_sandbox_spec spec = {.read_paths = read_paths,
		.write_paths = write_paths,
		.allow = WQ_SANDBOX_FILES | WQ_SANDBOX_NET | WQ_SANDBOX_UNIX | WQ_SANDBOX_THREADS};
	struct wq_sandbox_report report;
	size_t n = 0;

	for (size_t i = 0; i < WQ_COUNT(all); i++)
		if (access(all[i], F_OK) == 0)
			read_paths[n++] = all[i];
	if (targets.n)
		read_paths[n++] = targets.p;
	if (p->ca_file)
		read_paths[n++] = p->ca_file;
	if (rules && *rules && access(rules, F_OK) == 0)
		read_paths[n++] = rules;
	read_paths[n] = NULL;
	return wq_sandbox_enter(&spec, &report);
}

/* ---- a round ---- */

static void print(struct wq_cli *cli, const struct wq_watch_visit *v)
{
	char when[32];

	if (cli->json || cli->quiet)
		return;
	fprintf(cli->out, "%s  %-10.*s %5u ms  %3u  ", wq_cli_time(v->at, when), WQ_S_ARG(v->outcome), v->msec,
		v->status);
	wq_cli_text(cli->out, v->name);
	fputs("  ", cli->out);
	wq_cli_text(cli->out, v->url);
	fputc('\n', cli->out);
}

/* Visits that the disk had no room for wait for the next round; beyond the limit the oldest go, and that is said. */
static void put_back(struct probe *p, const struct wq_watch_visit *visits, size_t n)
{
	if (p->unwritten_n + n > UNWRITTEN_MAX) {
		fprintf(p->cli->err, p->cli->lang == WQ_LANG_ZH ? "%zu 次访问未能保存\n" : "%zu visits are lost\n",
			p->unwritten_n);
		p->unwritten_n = 0;
		wq_arena_reset(&p->unwritten_texts);
		p->unwritten = NULL;
	}
	if (!p->unwritten)
		p->unwritten = WQ_NEW_ARRAY(&p->unwritten_texts, struct wq_watch_visit, UNWRITTEN_MAX);
	for (size_t i = 0; p->unwritten && i < WQ_MIN(n, (size_t)UNWRITTEN_MAX); i++) {
		struct wq_watch_visit *v = &p->unwritten[p->unwritten_n++];

		*v = visits[i];
		v->name = wq_arena_str(&p->unwritten_texts, v->name);
		v->url = wq_arena_str(&p->unwritten_texts, v->url);
		v->outcome = wq_arena_str(&p->unwritten_texts, v->outcome);
		v->address = wq_arena_str(&p->unwritten_texts, v->address);
	}
}

static wq_err keep(struct probe *p, const struct wq_watch_visit *visits, size_t n)
{
	size_t kept = 0;
	wq_err e;

	if (p->unwritten_n) {
		e = wq_watch_keep(&wq_fs_system, p->state, p->vantage, p->unwritten, p->unwritten_n, NULL);
		if (!wq_failed(e)) {
			p->unwritten_n = 0;
			p->unwritten = NULL;
			wq_arena_reset(&p->unwritten_texts);
		}
	}
	e = wq_watch_keep(&wq_fs_system, p->state, p->vantage, visits, n, &kept);
	if (wq_failed(e))
		put_back(p, visits + kept, n - kept);
	return e;
}

static wq_err look(struct probe *p, struct wq_cli *cli, size_t *ret_failed)
{
	struct wq_fetch_options fetch = {.routes = p->routes,
		.routes_n = p->routes_n,
		.ca_file = p->ca_file,
		.clock = cli->clock,
		.user_agent = "Mozilla/5.0 (compatible; Weique-probe)"};
	struct wq_fetch_peer peers[WQ_FETCH_PEERS_MAX];
	const struct wq_watch_target *targets;
	struct wq_watch_visit *visits;
	struct wq_url url;
	size_t n;

	WQ_TRY(targets_of(p, cli, &targets, &n));
	memcpy(peers, p->peers, sizeof peers);
	fetch.peers = peers;
	fetch.peers_n = p->peers_n;
	for (size_t i = 0; wq_cli_has(p->args, "allow-private") && i < n; i++)
		if (!wq_failed(wq_url_parse(&cli->arena, wq_str_c(targets[i].url), NULL, &url)))
			WQ_TRY(wq_reach_start(&url, p->routes, p->routes_n, peers, &fetch.peers_n));
	visits = WQ_NEW_ARRAY(&cli->arena, struct wq_watch_visit, n);
	if (!visits)
		return wq_arena_err(&cli->arena);
	WQ_TRY(wq_watch_look(&fetch, p->rules->limits.visit_msec, targets, n, stopped, &cli->arena, visits));
	for (size_t i = 0; i < n; i++) {
		print(cli, &visits[i]);
		*ret_failed += !wq_watch_opened(&visits[i]);
	}
	fflush(cli->out);
	return keep(p, visits, n);
}

/* With memory of its own, for it may go on for years. */
static wq_err round_of(struct probe *p, size_t *ret_failed)
{
	struct wq_cli cli = *p->cli;
	wq_err e;

	*ret_failed = 0;
	wq_arena_init(&cli.arena, ROUND_MEMORY);
	e = look(p, &cli, ret_failed);
	wq_arena_done(&cli.arena);
	return e;
}

/* ---- rounds ---- */

static uint64_t now_msec(const struct probe *p)
{
	return p->cli->clock->monotonic_msec(p->cli->clock->data);
}

/* When the round `k` begins: not at the same minute everywhere, and never so late that a day lacks visits. */
static uint64_t begin_of(const struct probe *p, uint64_t first, uint64_t k)
{
	uint64_t spread = p->interval_msec * JITTER_PERCENT / 100 + 1, jitter;

	p->cli->random->fill(p->cli->random->data, &jitter, sizeof jitter);
	return first + k * p->interval_msec + jitter % spread;
}

static void wait_until(const struct probe *p, uint64_t when)
{
	const struct timespec slice = {.tv_nsec = 200 * 1000000L};

	while (!stop && now_msec(p) < when)
		nanosleep(&slice, NULL);
}

static void say(const struct probe *p, wq_err e)
{
	fputs(wq_err_message(e, p->cli->lang), p->cli->err);
	fputs(": ", p->cli->err);
	wq_cli_text(p->cli->err, wq_str_c(wq_err_note(e)));
	fputc('\n', p->cli->err);
}

static wq_err rounds(struct probe *p)
{
	uint64_t first = now_msec(p);
	size_t failed = 0;
	wq_err e = WQ_OK;

	for (uint64_t k = 0; !stop; k++) {
		e = round_of(p, &failed);
		if (wq_is(e, WQ_E_INTERRUPTED))
			return WQ_OK;
		if (p->rounds == k + 1)
			break;
		if (wq_failed(e))
			say(p, e); /* the next round may fare better */
		wait_until(p, begin_of(p, first, k + 1));
	}
	if (p->unwritten_n && !wq_failed(e))
		e = wq_error(WQ_E_IO, "%zu visits could not be kept", p->unwritten_n);
	if (!wq_failed(e) && p->rounds && failed)
		wq_cli_print(p->cli, "%zu 个打不开\n", "%zu could not be opened\n", failed);
	return e;
}

static wq_err cmd_run(struct wq_cli *cli, const struct wq_cli_args *args)
{
	const struct sigaction action = {.sa_handler = on_signal}, none = {.sa_handler = SIG_IGN};
	struct probe *p = WQ_NEW(&cli->arena, struct probe);
	const char *path;
	int lock = -1;
	wq_err e;

	if (!p)
		return wq_arena_err(&cli->arena);
	*p = (struct probe){.cli = cli, .args = args, .state = wq_cli_state(cli)};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGPIPE, &none, NULL);
	WQ_TRY(wq_crypto_init());
	WQ_TRY(options(p));
	WQ_TRY(own_name(p));
	path = wq_arena_printf(&cli->arena, "%s/probe/%.*s", p->state, WQ_S_ARG(p->vantage)).p;
	WQ_TRY(wq_arena_err(&cli->arena));
	WQ_TRY(wq_dir_make(&wq_fs_system, path, 0750));
	path = wq_arena_printf(&cli->arena, "%s/run.lock", path).p;
	WQ_TRY(wq_arena_err(&cli->arena));
	WQ_TRY(wq_file_lock(path, false, &lock)); /* two of one name would count every visit twice */
	wq_arena_init(&p->unwritten_texts, 128 * WQ_MIB);
	e = lock_in(p);
	if (!wq_failed(e))
		e = rounds(p);
	wq_arena_done(&p->unwritten_texts);
	wq_file_close(&lock);
	return e;
}

static const struct wq_cli_option run_options[] = {
	{"once", NULL, {"只访问一轮", "one round"}, false},
	{"rounds", "N", {"访问 N 轮后结束", "end after so many rounds"}, false},
	{"interval", "DURATION",
		{"两轮之间的时间，缺省 1h（每日 24 次）", "time between rounds, else 1h: 24 visits a day"}, false},
	{"targets", "FILE",
		{"要访问的网站，每行“名称 网址”；缺省为登记册中未关停应用的全部主机",
			"what is visited, \"NAME URL\" a line; else the hosts of all applications of the registry that are not closed"},
		false},
	{"http", NULL, {"登记册中的主机用 http 访问", "visit hosts of the registry by http"}, false},
	{"vantage", "NAME", {"探测点名称，缺省为本机名", "name of this vantage point; else the machine's"}, false},
	{"allow-private", NULL,
		{"允许访问目标所在的内网或本机地址", "the addresses of the targets may be private or of this machine"},
		false},
	{"allow-address", "ADDRESS[/BITS]",
		{"另外允许访问的内网地址或网段", "a private address or network that may be reached besides"}, true},
	{"resolve", "HOST:ADDRESS",
		{"不经解析，直接以此地址访问主机（也可写 HOST:PORT:ADDRESS[:PORT]）",
			"go to this address for the host, without resolving it (also HOST:PORT:ADDRESS[:PORT])"},
		true},
	{"ca-file", "FILE",
		{"信任的根证书（PEM），缺省为系统的", "authorities that are trusted, PEM; else the system's"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_probe[] = {
	{"probe run", "", 0, 0,
		{"定时访问网站首页，记录能否打开（15 秒）",
			"visit home pages again and again: do they open within 15 s"},
		{"记录在 <状态目录>/probe/<探测点>/<日期>.log。登记册在每轮之前重新读取。SIGTERM 结束。磁盘写满时报告，并在下一轮补写。",
			"Kept in <state>/probe/<vantage>/<day>.log. The registry is read anew before each round. SIGTERM ends it. A full "
			"disk is said, and made up for in the next round."},
		run_options, cmd_run, "weique probe run --once --targets sites.txt"},
	{0},
};
