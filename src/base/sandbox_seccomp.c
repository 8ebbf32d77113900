/* The allow-lists of system calls, by name, so that libseccomp finds the numbers of the architecture. */
#include "base/sandbox_priv.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/socket.h>

struct set {
	unsigned allow; /* 0: always */
	const char *const *names;
};

static const char *const compute[] = {"read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev",
	"close", "close_range", "lseek", "fstat", "newfstatat", "statx", "fcntl", "dup", "dup2", "dup3", "poll",
	"ppoll", "select", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
	"eventfd2", "signalfd4", "timerfd_create", "timerfd_settime", "timerfd_gettime", "pipe2", "mmap", "munmap",
	"mremap", "mprotect", "madvise", "brk", "mlock", "mlock2", "munlock", "membarrier", "memfd_create", "futex",
	"futex_waitv", "rseq", "set_robust_list", "get_robust_list", "sched_yield", "sched_getaffinity", "getcpu",
	"gettid", "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getgroups", "getrandom", "getrusage",
	"prlimit64", "getrlimit", "sysinfo", "uname", "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep",
	"gettimeofday", "time", "times", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending",
	"rt_sigtimedwait", "rt_sigsuspend", "sigaltstack", "restart_syscall", "exit", "exit_group", "tgkill", "wait4",
	"waitid", "ioctl", "recvfrom", "recvmsg", "sendto", "sendmsg", "recvmmsg", "sendmmsg", "shutdown", "getsockopt",
	"getsockname", "getpeername", "ftruncate", "fsync", "fdatasync", "fallocate", "copy_file_range", "sendfile",
	"splice", "umask", NULL};
static const char *const files[] = {"open", "openat", "openat2", "creat", "access", "faccessat", "faccessat2", "stat",
	"lstat", "readlink", "readlinkat", "getdents64", "getcwd", "chdir", "fchdir", "mkdir", "mkdirat", "rmdir",
	"unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "truncate",
	"flock", "chmod", "fchmod", "fchmodat", "utimensat", "statfs", "fstatfs", "sync_file_range", "fadvise64",
	"inotify_init1", "inotify_add_watch", "inotify_rm_watch", NULL};
static const char *const sockets[] = {
	"connect", "accept", "accept4", "bind", "listen", "setsockopt", "socketpair", NULL};
static const char *const spawn[] = {"clone", "clone3", "fork", "vfork", "execve", "execveat", "kill", "setpgid",
	"setsid", "pidfd_open", "pidfd_send_signal", "arch_prctl", "set_tid_address", "prctl", NULL};
/* Nobody asks for these by mistake. */
static const char *const hostile[] = {"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "bpf",
	"perf_event_open", "userfaultfd", "mount", "umount2", "move_mount", "open_tree", "fsopen", "pivot_root",
	"chroot", "setns", "unshare", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load",
	"reboot", "swapon", "swapoff", "add_key", "request_key", "keyctl", "acct", "quotactl", "settimeofday",
	"clock_settime", "adjtimex", "clock_adjtime", "iopl", "ioperm", "modify_ldt", "personality",
	"open_by_handle_at", "mknod", "mknodat", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid",
	"setgroups", "capset", "io_uring_setup", "io_uring_enter", "io_uring_register", NULL};
static const char *const exec[] = {"execve", "execveat", NULL};

static const struct set sets[] = {{0, compute}, {WQ_SANDBOX_FILES, files}, {WQ_SANDBOX_UNIX | WQ_SANDBOX_NET, sockets},
	{WQ_SANDBOX_SPAWN, spawn}};

static int add_names(scmp_filter_ctx ctx, uint32_t action, const char *const *names)
{
	for (; *names; names++) {
		int number = seccomp_syscall_resolve_name(*names), rc;
		if (number == __NR_SCMP_ERROR)
			continue; /* newer than the library, or of another architecture */
		rc = seccomp_rule_add(ctx, action, number, 0);
		if (rc != 0 && rc != -EEXIST && rc != -EDOM)
			return -rc;
	}
	return 0;
}

/* Calls that depend on an argument. */
static int add_special(scmp_filter_ctx ctx, unsigned allow)
{
	static const int families[] = {AF_INET, AF_INET6};
	int rc = 0;

	if (allow & (WQ_SANDBOX_UNIX | WQ_SANDBOX_NET))
		rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	if (allow & WQ_SANDBOX_NET)
		for (size_t i = 0; i < WQ_COUNT(families); i++)
			rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
	if ((allow & WQ_SANDBOX_THREADS) && !(allow & WQ_SANDBOX_SPAWN)) {
		/* clone3 hides its flags in memory: glibc falls back to clone when there is none */
		rc |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
		rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	}
	return rc != 0 ? EINVAL : 0;
}

int wq_sandbox_seccomp(unsigned allow)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = ctx ? 0 : ENOMEM;

	for (size_t i = 0; i < WQ_COUNT(sets) && rc == 0; i++)
		if (sets[i].allow == 0 || (sets[i].allow & allow))
			rc = add_names(ctx, SCMP_ACT_ALLOW, sets[i].names);
	if (rc == 0)
		rc = add_names(ctx, SCMP_ACT_KILL_PROCESS, hostile);
	if (rc == 0 && !(allow & WQ_SANDBOX_SPAWN))
		rc = add_names(ctx, SCMP_ACT_KILL_PROCESS, exec);
	if (rc == 0)
		rc = add_special(ctx, allow);
	if (rc == 0)
		rc = -seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return rc;
}
