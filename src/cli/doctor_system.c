/* The machine under Weique: kernel, state directory, clock, ports, limits. */
#include "cli/doctor_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/vfs.h>

/* ---- sealed memory: what weique-vault hands to the gate ---- */

enum { PROBE_BYTES = 4096 };

static int sealed_memory(void)
{
	const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
	int fd = memfd_create("weique-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char bytes[PROBE_BYTES] = "sealed";
	if (fd < 0)
		return -1;
	if (write(fd, bytes, sizeof(bytes)) != PROBE_BYTES || fcntl(fd, F_ADD_SEALS, seals) != 0 ||
		fcntl(fd, F_GET_SEALS) != seals || write(fd, bytes, 1) != -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool can_map(int fd, int how)
{
	char *bytes = mmap(NULL, PROBE_BYTES, PROT_READ, how, fd, 0);
	if (bytes == MAP_FAILED)
		return false;
	bool same = memcmp(bytes, "sealed", 6) == 0;
	munmap(bytes, PROBE_BYTES);
	return same;
}

static void check_memfd(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	int fd = sealed_memory();
	if (fd < 0 || !can_map(fd, MAP_PRIVATE)) {
		doctor_say(result, DOCTOR_FAIL, "内核须支持 memfd 封存及其私有映射（3.17 以上）：升级内核",
			"the kernel has to support sealed memfd and private maps of it (3.17 and later): upgrade it");
		result->seen = WQ_S("memfd");
	} else {
		bool shared = can_map(fd, MAP_SHARED);
		result->seen = wq_arena_printf(&cli->arena, "F_SEAL_*, MAP_PRIVATE%s", shared ? ", MAP_SHARED" : "");
	}
	if (fd >= 0)
		close(fd);
}

/* ---- what confines our processes ---- */

static void check_landlock(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	const unsigned version_flag = 1; /* LANDLOCK_CREATE_RULESET_VERSION */
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, version_flag);
	if (abi < 1) {
		result->seen = wq_arena_printf(&cli->arena, "%s", strerror(errno));
		doctor_say(result, DOCTOR_WARN,
			"Landlock 未启用，文件访问少一道限制：内核 5.13 以上，启动参数 lsm= 中加入 landlock",
			"no Landlock, one bound on file access less: kernel 5.13 or later with landlock in lsm=");
		return;
	}
	result->seen = wq_arena_printf(&cli->arena, "ABI %ld", abi);
}

static void check_seccomp(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	char actions[256] = "";
	int fd = open("/proc/sys/kernel/seccomp/actions_avail", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, actions, sizeof(actions) - 1) : 0;
	if (fd >= 0)
		close(fd);
	result->seen = wq_arena_str(&cli->arena, wq_str_trim(wq_str_of(actions, n > 0 ? (size_t)n : 0)));
	if (!strstr(actions, "kill_process"))
		doctor_say(result, DOCTOR_WARN,
			"seccomp 不可用，系统调用少一道限制：使用启用 CONFIG_SECCOMP_FILTER 的内核",
			"no seccomp filter, one bound on system calls less: use a kernel with CONFIG_SECCOMP_FILTER");
}

/* ---- the state directory ---- */

/* The directory itself, or the nearest one above it that exists. False when it is not a directory. */
static bool nearest_dir(struct wq_cli *cli, char path[PATH_MAX], bool *ret_is_it)
{
	struct stat st;
	snprintf(path, PATH_MAX, "%.*s", WQ_S_ARG(cli->state_dir));
	*ret_is_it = true;
	while (stat(path, &st) != 0) {
		char *slash = strrchr(path, '/');
		*ret_is_it = false;
		if (!slash) {
			snprintf(path, PATH_MAX, ".");
			continue;
		}
		slash[slash == path] = '\0';
		if (strcmp(path, "/") == 0)
			break;
	}
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void check_state(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	char path[PATH_MAX];
	bool is_it;
	struct stat st;
	result->seen = cli->state_dir;
	if (!nearest_dir(cli, path, &is_it) || access(path, W_OK | X_OK) != 0) {
		doctor_say(result, DOCTOR_FAIL, "状态目录不可写：用 --state 指定，或创建并授权给运行用户",
			"the state directory cannot be written: name one with --state, or make it and give it to the user");
	} else if (!is_it) {
		doctor_say(result, DOCTOR_WARN, "状态目录尚不存在，首次使用时创建",
			"does not exist yet, is made at first use");
	} else if (stat(path, &st) == 0 && st.st_mode & S_IWOTH) {
		doctor_say(result, DOCTOR_FAIL, "状态目录任何人可写：chmod o-w", "anybody may write there: chmod o-w");
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static uint64_t now_nsec(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

enum { SYNCS = 16 };

/* Median microseconds of writing a block and syncing it; 0 when that fails. */
static uint64_t sync_usec(int fd)
{
	static const char block[PROBE_BYTES];
	uint64_t nsec[SYNCS];
	for (size_t i = 0; i < SYNCS; i++) {
		uint64_t start = now_nsec();
		if (write(fd, block, sizeof(block)) != PROBE_BYTES || fsync(fd) != 0)
			return 0;
		nsec[i] = now_nsec() - start;
	}
	qsort(nsec, SYNCS, sizeof(nsec[0]), compare);
	return WQ_MAX(nsec[SYNCS / 2] / 1000, (uint64_t)1);
}

static void check_sync(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	const long tmpfs = 0x01021994, overlay = 0x794c7630;
	const uint64_t too_fast_usec = 20, too_slow_usec = 50000;
	char path[PATH_MAX];
	bool is_it;
	struct statfs fs;
	int fd = nearest_dir(cli, path, &is_it) ? open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
	uint64_t usec = fd >= 0 ? sync_usec(fd) : 0;
	if (fd >= 0)
		close(fd);
	if (usec == 0 || statfs(path, &fs) != 0) {
		result->seen = wq_arena_printf(&cli->arena, "%s", path);
		doctor_say(result, DOCTOR_WARN, "无法在状态目录试写并同步",
			"writing and syncing there could not be tried");
		return;
	}
	result->seen = wq_arena_printf(&cli->arena, "%s: fsync %llu us", path, (unsigned long long)usec);
	if (fs.f_type == tmpfs)
		doctor_say(result, DOCTOR_WARN, "状态目录在内存中，断电即失：换到磁盘",
			"it lies in memory and is lost with power: use a disk");
	else if (usec < too_fast_usec && fs.f_type != overlay)
		doctor_say(result, DOCTOR_WARN, "fsync 快得不真实，断电可能丢失已确认的数据：检查磁盘缓存和虚拟化设置",
			"fsync is too fast to be true, power loss may lose what was acknowledged: check write caches and "
			"virtualisation");
	else if (usec > too_slow_usec)
		doctor_say(result, DOCTOR_WARN, "磁盘同步很慢，账本写入将受限",
			"the disk syncs slowly, the ledger will be slow");
}

static void check_space(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	const uint64_t enough_mib = 1024, least_mib = 100;
	char path[PATH_MAX];
	bool is_it;
	struct statvfs fs;
	if (!nearest_dir(cli, path, &is_it) || statvfs(path, &fs) != 0) {
		doctor_say(result, DOCTOR_FAIL, "无法查看磁盘空间", "the free space cannot be told");
		return;
	}
	uint64_t mib = (uint64_t)fs.f_bavail * fs.f_frsize / WQ_MIB;
	result->seen = wq_arena_printf(
		&cli->arena, "%llu MiB, %llu inodes", (unsigned long long)mib, (unsigned long long)fs.f_favail);
	if (mib < enough_mib || (fs.f_files && fs.f_favail < 10000))
		doctor_say(result, mib < least_mib ? DOCTOR_FAIL : DOCTOR_WARN,
			"磁盘空间不足：清理，或用 --state 换到别处",
			"little space: free some, or choose another place with --state");
}

/* ---- clock, ports, limits ---- */

static void check_clock(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	const wq_time first_release = 1767225600 * WQ_SECOND; /* 2026-01-01: no honest clock is before it */
	char text[WQ_TIME_TEXT];
	struct timex tx = {0};
	wq_time now = wq_now(cli->clock);
	result->seen = wq_arena_printf(&cli->arena, "%s", wq_time_text(now, text));
	if (now < first_release)
		doctor_say(result, DOCTOR_FAIL, "系统时间错误，签名和期限将无效：校准时间",
			"the clock is wrong, signatures and due dates would be void: set it");
	else if (adjtimex(&tx) == TIME_ERROR || tx.status & STA_UNSYNC)
		doctor_say(result, DOCTOR_WARN, "时钟未与时间源同步：启用 chrony 或 systemd-timesyncd",
			"the clock follows no time source: run chrony or systemd-timesyncd");
}

static bool is_free(uint16_t port)
{
	const int on = 1;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_ANY)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	bool ok = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return ok;
}

static void check_ports(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	static const wq_str defaults[] = {WQ_S_INIT("8080"), WQ_S_INIT("8443")};
	bool given = wq_cli_has(args, "port");
	result->seen = WQ_S("");
	for (size_t i = 0;; i++) {
		wq_str text = given              ? wq_cli_value_at(args, "port", i)
			: i < WQ_COUNT(defaults) ? defaults[i]
						 : WQ_S_NONE;
		uint64_t port;
		if (!text.p)
			break;
		bool valid = wq_str_to_u64(text, 65535, &port) && port > 0;
		bool ok = valid && is_free((uint16_t)port);
		result->seen = wq_arena_printf(&cli->arena, "%.*s%s%.*s %s", WQ_S_ARG(result->seen), i ? ", " : "",
			WQ_S_ARG(text),
			!valid       ? "?"
				: ok ? "free"
				     : "taken");
		if (!ok)
			doctor_say(result, DOCTOR_WARN,
				"端口被占用或无权使用：换一个端口，或停止占用它的程序（ss -ltnp）",
				"a port is taken or not permitted: choose another, or stop who has it (ss -ltnp)");
	}
}

static void check_limits(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	const rlim_t least = 1024;
	struct rlimit limit = {0};
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	result->seen = wq_arena_printf(
		&cli->arena, "%llu, hard %llu", (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
	if (limit.rlim_cur < least)
		doctor_say(result, DOCTOR_WARN, "可打开的文件太少：ulimit -n 4096，或设置 LimitNOFILE=",
			"few open files allowed: ulimit -n 4096, or LimitNOFILE=");
}

const struct doctor_check doctor_system_checks[] = {
	{"memfd", {"封存内存", "sealed memory"}, check_memfd},
	{"landlock", {"Landlock", "Landlock"}, check_landlock},
	{"seccomp", {"seccomp", "seccomp"}, check_seccomp},
	{"state", {"状态目录", "state directory"}, check_state},
	{"fsync", {"落盘同步", "syncing to disk"}, check_sync},
	{"space", {"磁盘空间", "free space"}, check_space},
	{"clock", {"时钟", "clock"}, check_clock},
	{"ports", {"端口", "ports"}, check_ports},
	{"files", {"可打开文件数", "open files"}, check_limits},
	{0},
};
