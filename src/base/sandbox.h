/* Locks a process in before it touches anything from outside: user, capabilities, Landlock, seccomp, limits.
 *
 * Every part is probed and reported: what is in force, what is not and why. A part that cannot be had is a failure only if
 * it is `required`; the caller logs the others (event sandbox.part_off). What was taken away does not come back. To be
 * called once, before other threads start: Landlock and seccomp hold for the calling thread and what it starts. Bad at: hiding
 * what is already open; paths that do not exist yet; UDP (seccomp: without WQ_SANDBOX_NET no such socket can be made).
 */
#ifndef WQ_BASE_SANDBOX_H
#define WQ_BASE_SANDBOX_H

#include "base/base.h"

enum wq_sandbox_part {
	WQ_SANDBOX_USER,         /* not root */
	WQ_SANDBOX_NO_NEW_PRIVS, /* no set-user-id program helps */
	WQ_SANDBOX_CAPABILITIES, /* none left, none to regain */
	WQ_SANDBOX_LIMITS,       /* rlimits; no core dumps */
	WQ_SANDBOX_LANDLOCK,     /* only the listed paths */
	WQ_SANDBOX_LANDLOCK_NET, /* no TCP bind or connect (ABI 4) */
	WQ_SANDBOX_SECCOMP,      /* only the listed system calls */
	WQ_SANDBOX_DUMPABLE,     /* nobody of the same user may attach or read its memory */
	WQ_SANDBOX_PARTS
};

#define WQ_SANDBOX_BIT(part) (1u << (part))
#define WQ_SANDBOX_ALL (WQ_SANDBOX_BIT(WQ_SANDBOX_PARTS) - 1)

/* What a process may call beyond computing, memory, time and what is open already. Anything else fails with EPERM; ptrace, exec
 * (without SPAWN), mounts, modules, bpf and their like kill the process. */
enum {
	WQ_SANDBOX_FILES = 1,   /* open, rename, unlink, … below Landlock's paths */
	WQ_SANDBOX_UNIX = 2,    /* sockets of the machine */
	WQ_SANDBOX_NET = 4,     /* sockets of the network */
	WQ_SANDBOX_THREADS = 8, /* more threads */
	WQ_SANDBOX_SPAWN = 16,  /* children and exec */
};

struct wq_sandbox_spec {
	const char *user, *group; /* only when started as root; NULL: stays (the part is then off if it is root) */
	const char *const *read_paths, *const *write_paths, *const *exec_paths; /* lists that end with NULL, or NULL */
	unsigned allow;                                                         /* WQ_SANDBOX_FILES … */
	uint64_t max_memory_bytes, max_file_bytes, max_descriptors, max_processes; /* 0: as it is */
	unsigned required; /* bits of parts without which it must not run */
	unsigned off;      /* bits of parts that are left out, for tests: as if the machine had none */
};

struct wq_sandbox_report {
	struct {
		bool on;
		char why[120]; /* what is missing or only partly in force; "" otherwise */
	} parts[WQ_SANDBOX_PARTS];
	int landlock_abi; /* 0: none */
};

/* A stable word for events and tables: "landlock_net". */
const char *wq_sandbox_part_name(enum wq_sandbox_part part);

/* Locks in. `ret_report` is written on failure as well. Errors: WQ_E_UNSUPPORTED naming the first required part that is off,
 * WQ_E_CONFIG for an unknown user or group or a path that cannot be opened; the process is then half locked in and has to end. */
wq_err wq_sandbox_enter(const struct wq_sandbox_spec *spec, struct wq_sandbox_report *ret_report);

#endif
