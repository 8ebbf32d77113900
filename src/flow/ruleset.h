/* Rule sets of the rule engine: which files a name stands for, taking a set in, and which set is active.
 *
 *     <state>/rules/waf/<name>-<version>/main.conf   what is read: an Include for each file, in order
 *                                       rules/…      the files, as they were taken in
 *     <state>/rules/waf/active                       symbolic link to the set in force
 *
 * A set is a file, or a folder: one that was taken in (its main.conf), one in the layout of an OWASP Core Rule Set (setup, plugins,
 * rules), Debian's (its *.load), or any folder of *.conf. What is taken in is the closure of what was read, and nothing else; it is
 * compiled from the very bytes that are written. The ledger remembers its digest (rules.imported) and each change of the set in
 * force (rules.activated); a set whose files are not those of the ledger is not put in force. Old sets stay for going back.
 */
#ifndef WQ_FLOW_RULESET_H
#define WQ_FLOW_RULESET_H

#include "crypto/digest.h"
#include "detect/waf/seclang.h"
#include "flow/workspace.h"

enum {
	WQ_RULESET_NAME_MAX = 100,               /* "<name>-<version>" */
	WQ_RULESET_BYTES_MAX = 64 * 1024 * 1024, /* of all files */
	WQ_RULESETS_MAX = 1000
};

/* The files in the order in which they are read, ready for wq_sec_parse_files(). Of a folder, the first of these that fits:
 * main.conf; what the one *.load includes; crs-setup.conf (else crs-setup.conf.example) with rules/, in the order setup, plugins/ *-config.conf,
 * plugins/ *-before.conf, rules/ *.conf, plugins/ *-after.conf; *.conf in byte order. Errors: WQ_E_NOT_FOUND, WQ_E_CONFIG (no rules in
 * the folder), WQ_E_LIMIT, WQ_E_IO. */
wq_err wq_ruleset_paths(const char *path, struct wq_arena *arena, const char *const **ret_paths, size_t *ret_n);

struct wq_ruleset_file {
	wq_str name; /* below the set's folder */
	wq_str text;
};
/* A set in memory: main.conf and everything it needs, sorted by name. */
struct wq_ruleset {
	wq_str name;      /* "owasp-crs-4.28.0" */
	wq_str version;   /* "4.28.0"; of a set without SecComponentSignature, twelve digits of its digest */
	wq_digest digest; /* over names and texts */
	struct wq_ruleset_file *files;
	size_t n;
	uint64_t bytes;
	uint32_t rules;
};

/* Reads what `path` stands for, with every file that it needs, and compiles it. `name` (may be empty) is used instead of the
 * signature's. Symbolic links are refused: they might lead out of what was looked at. Everything lives in `arena`. Errors: those of
 * wq_ruleset_paths() and wq_waf_program_new(); WQ_E_CONFIG for names that cannot stand in a set, or no name. */
wq_err wq_ruleset_take(const char *path, wq_str name, struct wq_arena *arena, wq_sec_notice_fn notice, void *data,
	struct wq_ruleset *ret_set);

/* Writes the set into the state directory, unless it is there with the same digest, and records it. Files of it that were altered
 * since it was recorded are put aside (.altered-…) as evidence. It is not put in force. Errors:
 * WQ_E_EXISTS (another set has this name), WQ_E_BUSY (another import runs), those of base/file.h and the ledger. */
wq_err wq_ruleset_store(struct wq_workspace *w, const struct wq_ruleset *set, wq_str from, wq_str actor);

/* Puts a stored set in force, at once and whole; what was in force stays on the disk. It is read and compiled again first. Errors:
 * WQ_E_NOT_FOUND, WQ_E_ALTERED (not what the ledger remembers), those of the rule engine. */
wq_err wq_ruleset_use(struct wq_workspace *w, wq_str name, wq_str actor);

struct wq_ruleset_row {
	wq_str name;
	bool active;
	bool recorded; /* the ledger knows it */
	bool altered;  /* its files are not those of the ledger */
	wq_time time;  /* of the import */
	wq_str actor;
	wq_digest digest;
	uint64_t rules, files;
};
/* By name. */
wq_err wq_ruleset_list(struct wq_workspace *w, struct wq_arena *arena, struct wq_ruleset_row **ret_rows, size_t *ret_n);

#endif
