/* The parts of the sandbox that have files of their own. For sandbox*.c only. */
#ifndef WQ_BASE_SANDBOX_PRIV_H
#define WQ_BASE_SANDBOX_PRIV_H

#include "base/sandbox.h"

/* Landlock's ABI on this machine, 0 for none. */
int wq_sandbox_landlock_abi(void);
/* A rule set with the spec's paths, opened while that is still allowed; WQ_E_UNSUPPORTED when the kernel refuses. */
wq_err wq_sandbox_landlock_prepare(const struct wq_sandbox_spec *spec, int abi, int *ret_fd);
/* 0 or an errno. */
int wq_sandbox_landlock_restrict(int fd);
/* 0 or an errno. */
int wq_sandbox_seccomp(unsigned allow);

#endif
