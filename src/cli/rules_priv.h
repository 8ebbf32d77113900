/* What the commands of rule sets share: archives, and what the parser notices. Private to cli/. */
#ifndef WQ_CLI_RULES_PRIV_H
#define WQ_CLI_RULES_PRIV_H

#include "cli/common.h"
#include "detect/waf/seclang.h"

enum {
	WQ_ARCHIVE_ENTRIES_MAX = 20000,
	WQ_ARCHIVE_BYTES_MAX = 256 * 1024 * 1024, /* of all entries, unpacked, whether they are kept or not */
	WQ_ARCHIVE_KEPT_MAX = 512
};

/* Unpacks what can belong to a rule set (*.conf, *.conf.example, *.data, at most three folders deep) of a .tar, .tar.gz or .zip below `into`,
 * an empty folder, and says where in it the set begins. Nothing else is written, links are never made, permissions are ours.
 * Errors: WQ_E_INPUT (no such archive; a name with "..", an absolute one, a backslash; a link where a rule file should be), WQ_E_LIMIT. */
wq_err wq_rules_unpack(const char *archive, const char *into, struct wq_arena *arena, const char **ret_folder);

/* Notices: lines of text, or with --json objects of the array "notices", which begins the document; the caller ends the array. */
struct wq_rules_notices {
	struct wq_cli *cli;
	struct wq_json json;
};
void wq_rules_notices_begin(struct wq_rules_notices *notices, struct wq_buf *out);
/* A wq_sec_notice_fn; `data` is the struct. */
void wq_rules_notice(void *data, struct wq_sec_place place, const char *text);

#endif
