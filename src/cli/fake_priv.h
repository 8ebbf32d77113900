/* What the commands of the noun `fake` share. Private to cli/. */
#ifndef WQ_CLI_FAKE_PRIV_H
#define WQ_CLI_FAKE_PRIV_H

#include "cli/common.h"
#include "detect/likeness/judge.h"

enum { WQ_CLI_FAKE_FINDINGS = 10000 };

/* Who is protected, and the data. */
struct wq_cli_fake {
	const struct wq_likeness_rules *rules;
	struct wq_subject *subjects;
	size_t n;
	struct wq_likeness_set *set;
	struct wq_likeness_index *index; /* what was protected so far; NULL when it was not asked for */
	struct wq_fold_table *fold;
};

/* The subjects of --protected FILE, else those of the registry that are not closed; only --app ID when given. WQ_E_NOT_FOUND: nobody
 * is protected. The index is read when `with_index` (but what belongs to `without`), and made ready.
 * Done with wq_cli_fake_done(), also after an error. */
wq_err wq_cli_fake_open(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *workspace,
	bool with_index, wq_str without, struct wq_cli_fake *ret_fake);
void wq_cli_fake_done(struct wq_cli_fake *fake);
/* "<state>/fake/NAME"; the folder is made. */
wq_err wq_cli_fake_path(struct wq_workspace *workspace, const char *name, const char **ret_path);

#define WQ_CLI_FAKE_OPTIONS \
	{"protected", "FILE", \
		{"受保护单位清单（缺省为登记的应用）", \
			"list of protected units (otherwise the registered applications)"}, \
		false}, \
	{ \
		"app", "ID", {"只看该应用或单位", "only this application or unit"}, false \
	}

#endif
