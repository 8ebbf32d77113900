/* The rules: every kind of finding that a detector can make, with its clauses, usual severity and advice, from the one
 * table of finding/rule_table.h, which docs/findings.md is made of.
 */
#ifndef WQ_FINDING_RULE_H
#define WQ_FINDING_RULE_H

#include "finding/finding.h"

enum wq_rule_id {
#define WQ_RULE(id, ...) WQ_RULE_##id,
#include "finding/rule_table.h"
#undef WQ_RULE
	WQ_RULE_COUNT
};

/* The name: "page.hidden-link". Static, as all texts here. */
wq_str wq_rule_name(enum wq_rule_id id);
/* The usual severity. */
enum wq_severity wq_rule_severity(enum wq_rule_id id);
/* What it is, for people. */
wq_str wq_rule_title(enum wq_rule_id id, enum wq_lang lang);
/* A finding of that rule: rule, clauses, severity and advice are set, the rest is empty. */
struct wq_finding wq_rule_finding(enum wq_rule_id id);

#endif
