/* Options, least privilege and text of an inspection: what the files of `weique inspect` share. Private to cli/. */
#ifndef WQ_CLI_INSPECT_PRIV_H
#define WQ_CLI_INSPECT_PRIV_H

#include "cli/common.h"
#include "finding/clause.h"
#include "flow/inspect/inspection.h"
#include "flow/inspect/record.h"

enum { WQ_CLI_ROUTES_MAX = 64 };

/* Options of a run, read from the command line; everything lives in cli->arena. */
struct wq_cli_inspect {
	struct wq_inspect_options options;
	struct wq_fetch_peer peers[WQ_FETCH_PEERS_MAX];
	struct wq_fetch_route routes[WQ_CLI_ROUTES_MAX];
	const char *starts[WQ_CLI_ARGS_MAX];
	struct wq_dns_endpoint resolvers[WQ_DNS_RESOLVERS_MAX], roots[WQ_DNS_ROOTS_MAX];
	const char *state;                      /* <state>/inspect/<site> holds the walk and the records */
	bool temporary;                         /* it goes when the run is over */
	const struct wq_inspect_result *before; /* the last one kept; NULL: none that can be read */
	const char *html, *csv, *report;
	const struct wq_clauses *clauses; /* for the HTML report */
	bool fails;                       /* --fail-on was given */
	enum wq_severity fail_on;
};

/* Reads them; an application's subject from the registry. Makes the folder of the state. */
wq_err wq_cli_inspect_read(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_cli_inspect *ret);
extern const struct wq_cli_option wq_cli_inspect_options[];

/* inspect_look.c: what the looks without a walk (dns, tls) share. One JSON object a line for each finding. */
wq_err wq_cli_inspect_lines(struct wq_cli *cli, struct wq_arena *arena, const struct wq_findings *findings);
/* --fail-on: WQ_E_FOUND when one of `findings` is that grave, WQ_OK without the option. The first function reads it, to refuse a wrong one
 * before anything is asked. Errors: WQ_E_USAGE. */
wq_err wq_cli_inspect_fail_on(const struct wq_cli_args *args, bool *ret_fails, enum wq_severity *ret_severity);
wq_err wq_cli_inspect_verdict(const struct wq_cli_args *args, const struct wq_findings *findings);

/* inspect_names.c: what is told of names. */
wq_err wq_cli_inspect_names(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_cli_inspect *ret);
/* Endpoints of a repeated option, at most `max` into `list`. Errors: WQ_E_USAGE, WQ_E_LIMIT. */
wq_err wq_cli_inspect_endpoints(
	const struct wq_cli_args *args, const char *option, struct wq_dns_endpoint *list, size_t max, size_t *ret_n);
/* --anchor, else the root's keys where Debian's packages keep them; NULL: none. */
const char *wq_cli_inspect_anchor(struct wq_cli *cli, const struct wq_cli_args *args);

/* inspect_uptime.c: what kept visits say of the first start; nothing without a folder of visits. Errors: those of reading it. */
wq_err wq_cli_inspect_uptime(struct wq_cli *cli, struct wq_cli_inspect *ret);

/* rules/clauses, for the HTML report. Errors: WQ_E_CONFIG. */
wq_err wq_cli_inspect_clauses(struct wq_cli *cli, const struct wq_clauses **ret_clauses);

/* Locks the process in: files below the state and the folders of the reports, sockets of the network, nothing else. What is
 * not in force is said with --json on standard error, else with the summary. Errors: WQ_E_CONFIG. */
wq_err wq_cli_inspect_lock(struct wq_cli *cli, const struct wq_cli_inspect *inspect);
/* The same for a look without a state: `read` and `write` end with NULL; of files that are written the folder. */
wq_err wq_cli_inspect_lock_in(struct wq_cli *cli, const char *const *read, const char *const *write);

/* The summary for people, then the findings by rule. `changes` may be NULL. */
void wq_cli_inspect_summary(
	struct wq_cli *cli, FILE *to, const struct wq_inspect_result *result, const struct wq_inspect_changes *changes);
void wq_cli_inspect_findings(
	struct wq_cli *cli, FILE *to, const struct wq_inspect_result *result, const struct wq_inspect_changes *changes);
/* Broken links alone: one line a place. */
void wq_cli_inspect_links(struct wq_cli *cli, FILE *to, const struct wq_inspect_result *result);
/* New and gone. */
void wq_cli_inspect_changes(
	struct wq_cli *cli, FILE *to, const struct wq_inspect_result *result, const struct wq_inspect_changes *changes);
/* Writes the files of --html, --csv, --report. */
wq_err wq_cli_inspect_files(struct wq_cli *cli, const struct wq_cli_inspect *inspect,
	const struct wq_inspect_result *result, const struct wq_inspect_changes *changes);

#endif
