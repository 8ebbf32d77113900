/* Tests only: runs a program of the distribution without a shell, its standard output and error thrown away. */
#ifndef WQ_CRYPTO_TEST_SPAWN_PRIV_H
#define WQ_CRYPTO_TEST_SPAWN_PRIV_H

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/base.h"

extern char **environ;

/* The wait status, 0 when it ended well; -1 when it could not be started. `argv` ends with NULL, at most 31 words. */
static inline int test_spawn(const char *const *argv)
{
	posix_spawn_file_actions_t quiet;
	char *words[32] = {NULL};
	int status = -1;
	pid_t pid;

	for (size_t i = 0; argv[i] && i < WQ_COUNT(words) - 1; i++)
		memcpy(&words[i], &argv[i], sizeof(*words));
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, words[0], &quiet, NULL, words, environ) == 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	posix_spawn_file_actions_destroy(&quiet);
	return status;
}

#endif
