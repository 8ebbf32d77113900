/* What `weique doctor` checks: each check looks at one thing of this machine and says OK, WARN or FAIL, what it saw, and
 * what to do. No check changes anything that stays. */
#ifndef WQ_CLI_DOCTOR_PRIV_H
#define WQ_CLI_DOCTOR_PRIV_H

#include "cli/cli.h"

enum doctor_level { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };

struct doctor_result {
	enum doctor_level level;
	wq_str seen;          /* "nginx/1.22.1", a path, a number: the same in both languages; in cli->arena */
	struct wq_say advice; /* empty when OK */
};

struct doctor_check {
	const char *name; /* stable, for JSON */
	struct wq_say title;
	void (*run)(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result);
};

/* Each ends with a NULL name. */
extern const struct doctor_check doctor_system_checks[];
extern const struct doctor_check doctor_part_checks[];
extern const struct doctor_check doctor_site_checks[];

/* Fills the result of a check that is not OK. */
static inline void doctor_say(struct doctor_result *result, enum doctor_level level, const char *zh, const char *en)
{
	result->level = level;
	result->advice = (struct wq_say){zh, en};
}

#endif
