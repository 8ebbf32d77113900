/* Rule sets of the rule engine: which files a name stands for.
 *
 * A rule set is a file, or a folder: one that `weique rules import` made (its main.conf), one in the layout of an OWASP Core Rule Set
 * (setup, plugins, rules), Debian's (its *.load), or any folder of *.conf.
 */
#ifndef WQ_FLOW_RULESET_H
#define WQ_FLOW_RULESET_H

#include "base/arena.h"

/* The files in the order in which they are read, ready for wq_sec_parse_files(). Of a folder, the first of these that fits:
 * main.conf; the one *.load; crs-setup.conf (else crs-setup.conf.example) with rules/, in the order setup, plugins/ *-config.conf, plugins/
 * *-before.conf, rules/ *.conf, plugins/ *-after.conf; *.conf in byte order. Errors: WQ_E_NOT_FOUND, WQ_E_CONFIG (no rules in
 * the folder), WQ_E_LIMIT, WQ_E_IO. */
wq_err wq_ruleset_paths(const char *path, struct wq_arena *arena, const char *const **ret_paths, size_t *ret_n);

#endif
