/* An installation that is in use: its services, its ledger, its people, what waits. Before `weique init` nothing of it is there,
 * and all is well. */
#include "cli/common.h"
#include "cli/doctor_priv.h"
#include "cli/spawn_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>

enum { RELEASES_MAX = 10000, SPAWN_MSEC = 10000, OUTPUT_BYTES = 65536 };

typedef void (*site_fn)(struct wq_cli *cli, struct wq_workspace *w, struct doctor_result *result);

static void with_site(struct wq_cli *cli, struct doctor_result *result, site_fn fn)
{
	struct wq_workspace w;
	const char *dir = wq_arena_cstr(&cli->arena, cli->state_dir);
	const char *conf = wq_arena_printf(&cli->arena, "%s/weique.conf", dir ? dir : "").p;

	result->seen = WQ_S("-");
	if (!dir || !conf || access(conf, F_OK) != 0)
		return;
	wq_err e = wq_workspace_open(dir, cli->clock, cli->random, &cli->arena, &w);
	if (wq_failed(e)) {
		result->seen = wq_arena_printf(&cli->arena, "%s: %s", wq_err_message(e, cli->lang), wq_err_note(e));
		doctor_say(result, DOCTOR_FAIL, "账本打不开：按左边的提示处理",
			"the ledger cannot be opened: see what it says");
		return;
	}
	fn(cli, &w, result);
	wq_workspace_close(&w);
}

/* ---- services ---- */

/* Whether a process has the socket, without knocking: a connection of another type reaches no queue. */
static bool is_served(const char *path, int *ret_errno)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path)) {
		*ret_errno = ENAMETOOLONG;
		return false;
	}
	memcpy(address.sun_path, path, strlen(path));
	*ret_errno = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;
	close(fd);
	return *ret_errno == EPROTOTYPE;
}

static void sign_of(struct wq_cli *cli, struct wq_workspace *w, struct doctor_result *result)
{
	const char *path = wq_arena_cstr(&cli->arena, w->sign_socket);
	int why;

	if (is_served(path, &why)) {
		result->seen = w->sign_socket;
		return;
	}
	result->seen = wq_arena_printf(&cli->arena, "%s: %s", path, strerror(why));
	if (why == EACCES)
		doctor_say(result, DOCTOR_WARN, "本用户无权连接 weique-sign：以操作用户运行，或将其加入 weique-sign 组",
			"this user may not reach weique-sign: run it as the operator, or add the user to group weique-sign");
	else
		doctor_say(result, DOCTOR_WARN, "weique-sign 未运行，不能封存：systemctl start weique-sign",
			"weique-sign does not run, nothing can be sealed: systemctl start weique-sign");
}

static void check_sign(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	with_site(cli, result, sign_of);
}

static void vault_of(struct wq_cli *cli, struct wq_workspace *w, struct doctor_result *result)
{
	static const char packaged[] = "/run/weique-vault/vault.sock";
	const char *own = wq_workspace_path(w, "run/vault.sock"), *path = access(own, F_OK) == 0 ? own : packaged;
	int why;

	if (is_served(path, &why)) {
		result->seen = wq_arena_str(&cli->arena, wq_str_c(path));
		return;
	}
	result->seen = wq_arena_printf(&cli->arena, "%s: %s", path, strerror(why));
	doctor_say(result, DOCTOR_WARN, "weique-vault 未运行，网关重启后将无内容：systemctl start weique-vault",
		"weique-vault does not run, workers that start anew have nothing: systemctl start weique-vault");
}

static void check_vault(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	with_site(cli, result, vault_of);
}

/* ---- time ---- */

static wq_err keep_time(void *data, const struct wq_event *event)
{
	*(wq_time *)data = event->time;
	return WQ_OK;
}

static void ledger_of(struct wq_cli *cli, struct wq_workspace *w, struct doctor_result *result)
{
	const wq_time limit = wq_now(cli->clock) + 60 * WQ_SECOND;
	const struct wq_ledger_filter last = {.newest_first = true, .limit = 1};
	const struct wq_ledger_filter future = {.newest_first = true, .limit = 1, .since = limit};
	char text[WQ_TIME_TEXT];
	wq_time time = 0, ahead = 0;

	if (wq_failed(wq_ledger_visit(w->ledger, &last, keep_time, &time)) ||
		wq_failed(wq_ledger_visit(w->ledger, &future, keep_time, &ahead))) {
		doctor_say(result, DOCTOR_FAIL, "账本末尾无法读取：weique ledger verify",
			"the end of the ledger cannot be read: weique ledger verify");
		return;
	}
	time = ahead ? ahead : time;
	result->seen = time ? wq_arena_printf(&cli->arena, "%s", wq_time_text(time, text)) : WQ_S("0");
	if (ahead)
		doctor_say(result, DOCTOR_FAIL,
			"账本中有将来的事件：时钟曾被拨快，或现已倒退；审批期限以时钟为准，先核对时钟，再看 weique ledger log",
			"an event lies in the future: the clock was ahead, or went back. Approvals end by the clock: set it, then "
			"look at weique ledger log");
}

static void check_ledger(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	with_site(cli, result, ledger_of);
}

/* ---- what is sealed, and what waits ---- */

static void sealed_of(struct wq_cli *cli, struct wq_workspace *w, struct doctor_result *result)
{
	const wq_time day = 86400 * WQ_SECOND, long_ago = 180 * day;
	struct wq_app_row *apps;
	size_t n;
	wq_str text = WQ_S("");
	bool is_old = false;

	if (wq_failed(wq_app_list(w->ledger, &cli->arena, &apps, &n)))
		return;
	for (size_t i = 0; i < n; i++) {
		struct wq_release_row *last;
		size_t found = 0;
		if (apps[i].state != WQ_APP_ONLINE ||
			wq_failed(wq_release_last_sealed(w->ledger, apps[i].id, &cli->arena, &last, &found)) || !found)
			continue;
		wq_time age = wq_now(cli->clock) - last->said.created;
		is_old |= age > long_ago;
		text = wq_arena_printf(&cli->arena, "%.*s%s%.*s #%" PRIu64 " %" PRId64 "d", WQ_S_ARG(text),
			text.n ? ", " : "", WQ_S_ARG(apps[i].id), last->serial, (int64_t)(age / day));
	}
	result->seen = text.n ? text : WQ_S("-");
	if (is_old)
		doctor_say(result, DOCTOR_WARN, "有应用半年未发布：确认内容是否仍在维护，采集是否在运行",
			"an application was not released for half a year: is it maintained, do captures run?");
}

static void check_sealed(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	with_site(cli, result, sealed_of);
}

static void open_of(struct wq_cli *cli, struct wq_workspace *w, struct doctor_result *result)
{
	struct wq_release_row *rows;
	size_t n, open = 0;
	wq_str oldest = WQ_S("");

	if (wq_failed(wq_release_list(w->ledger, WQ_S(""), RELEASES_MAX, &cli->arena, &rows, &n)))
		return;
	for (size_t i = 0; i < n; i++)
		if (rows[i].state == WQ_RELEASE_OPEN) {
			open++;
			oldest = rows[i].id;
		}
	result->seen = open ? wq_arena_printf(&cli->arena, "%zu, %.*s", open, WQ_S_ARG(oldest)) : WQ_S("0");
	if (open)
		doctor_say(result, DOCTOR_WARN, "有未审核的变更：weique release list；不是编辑所为的，按入侵处置",
			"changes wait for review: weique release list. One that no editor made is an intrusion");
}

static void check_open(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	with_site(cli, result, open_of);
}

/* ---- who is believed ---- */

static wq_err read_trust(struct wq_cli *cli, struct wq_workspace *w, struct wq_trust *ret_trust)
{
	const char *own = wq_workspace_path(w, "sign/trust");
	WQ_BUF(text, WQ_TRUST_BYTES_MAX);

	WQ_TRY(wq_file_read(w->fs, access(own, F_OK) == 0 ? own : "/var/lib/weique-sign/trust", &text));
	return wq_trust_parse(wq_arena_str(&cli->arena, wq_buf_str(&text)), &cli->arena, ret_trust);
}

static bool is_registered(struct wq_cli *cli, struct wq_workspace *w, const struct wq_trust_person *pinned)
{
	struct wq_person_row person;

	return !wq_failed(wq_person_find(w->ledger, pinned->id, &cli->arena, &person)) && !person.left &&
		memcmp(&person.key, &pinned->key, sizeof(person.key)) == 0;
}

static void trust_of(struct wq_cli *cli, struct wq_workspace *w, struct doctor_result *result)
{
	struct wq_trust trust;
	wq_err e = read_trust(cli, w, &trust);
	wq_str strangers = WQ_S("");

	if (wq_is(e, WQ_E_CONFIG) || wq_is(e, WQ_E_LIMIT)) {
		result->seen = wq_arena_printf(&cli->arena, "%s", wq_err_note(e));
		doctor_say(result, DOCTOR_FAIL, "信任名单无法解析，不能封存：改正这一行",
			"the trust list cannot be read, nothing can be sealed: mend this line");
		return;
	}
	if (wq_failed(e))
		return; /* weique-sign's own: root sees it */
	for (size_t i = 0; i < trust.people_n; i++)
		if (!is_registered(cli, w, &trust.people[i]))
			strangers = wq_arena_printf(&cli->arena, "%.*s%s%.*s", WQ_S_ARG(strangers),
				strangers.n ? " " : "", WQ_S_ARG(trust.people[i].id));
	result->seen = strangers.n ? strangers : wq_arena_printf(&cli->arena, "%zu", trust.people_n);
	if (strangers.n)
		doctor_say(result, DOCTOR_FAIL, "信任名单中有账本不认识、已离任或密钥不符的人：核对后改正名单",
			"the trust list names people whom the ledger does not know, who have left, or with another key: "
			"compare and correct it");
}

static void check_trust(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	with_site(cli, result, trust_of);
}

static void witness_of(struct wq_cli *cli, struct wq_workspace *w, struct doctor_result *result)
{
	const wq_str own = wq_arena_printf(&cli->arena, "file:%s/", w->dir);
	wq_str text = WQ_S("");
	bool elsewhere = false;

	for (size_t i = 0; i < w->settings.witnesses_n; i++) {
		wq_str witness = w->settings.witnesses[i];
		elsewhere |= !wq_str_starts(witness, own);
		text = wq_arena_printf(&cli->arena, "%.*s%s%.*s", WQ_S_ARG(text), i ? ", " : "", WQ_S_ARG(witness));
	}
	result->seen = text.n ? text : WQ_S("-");
	if (!elsewhere)
		doctor_say(result, DOCTOR_WARN,
			"没有独立的见证，账本末尾被截断将无法证明：在 weique.conf 的 ledger.witness 中加 syslog: 或别处的文件",
			"no independent witness, a cut end of the ledger could not be proven: add syslog: or a file elsewhere to "
			"ledger.witness in weique.conf");
}

static void check_witness(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	with_site(cli, result, witness_of);
}

/* ---- systemd's timers, room for logs ---- */

static size_t online_apps(struct wq_cli *cli, struct wq_workspace *w)
{
	struct wq_app_row *apps;
	size_t n, online = 0;

	if (wq_failed(wq_app_list(w->ledger, &cli->arena, &apps, &n)))
		return 0;
	for (size_t i = 0; i < n; i++)
		online += apps[i].state == WQ_APP_ONLINE;
	return online;
}

static void timers_of(struct wq_cli *cli, struct wq_workspace *w, struct doctor_result *result)
{
	char *const argv[] = {(char[]){"systemctl"}, (char[]){"list-units"}, (char[]){"--type=timer"},
		(char[]){"--plain"}, (char[]){"--no-legend"}, (char[]){"weique-capture@*"}, NULL};
	WQ_BUF(out, OUTPUT_BYTES);
	size_t online = online_apps(cli, w), timers = 0;
	int status = -1;

	if (access("/run/systemd/system", F_OK) != 0 || wq_failed(wq_spawn(argv, SPAWN_MSEC, &out, &status)) ||
		status != 0)
		return;
	for (size_t i = 0; i < out.len; i++)
		timers += out.data[i] == '\n';
	result->seen = wq_arena_printf(&cli->arena, "%zu/%zu", timers, online);
	if (timers < online)
		doctor_say(result, DOCTOR_WARN,
			"有在线应用没有定时采集：systemctl enable --now weique-capture@应用.timer",
			"an application online is not looked at by a timer: systemctl enable --now weique-capture@APP.timer");
}

static void check_timers(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	with_site(cli, result, timers_of);
}

static void check_logs(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	const uint64_t enough_mib = 1024, least_mib = 100;
	struct statvfs fs;

	result->seen = WQ_S("/var/log");
	if (statvfs("/var/log", &fs) != 0)
		return;
	uint64_t mib = (uint64_t)fs.f_bavail * fs.f_frsize / WQ_MIB;
	result->seen = wq_arena_printf(&cli->arena, "/var/log: %" PRIu64 " MiB", mib);
	if (mib < enough_mib)
		doctor_say(result, mib < least_mib ? DOCTOR_FAIL : DOCTOR_WARN,
			"日志空间不足：日志须留存一年，扩容或转存到别处",
			"little space for logs, which are kept a year: enlarge it, or move old ones");
}

const struct doctor_check doctor_site_checks[] = {
	{"log-space", {"日志空间", "space for logs"}, check_logs},
	{"sign", {"封存签名服务", "weique-sign"}, check_sign},
	{"vault", {"封存库服务", "weique-vault"}, check_vault},
	{"ledger", {"账本末尾", "end of the ledger"}, check_ledger},
	{"sealed", {"封存版本", "sealed versions"}, check_sealed},
	{"open", {"待审变更", "changes that wait"}, check_open},
	{"trust", {"信任名单", "trust list"}, check_trust},
	{"witness", {"见证", "witnesses"}, check_witness},
	{"timers", {"定时采集", "capture timers"}, check_timers},
	{0},
};
