/* What binds which kind of unit on a day: rules/units.conf, which describes itself (form: finding/datafile.h).
 *
 * Days are text, "2024-07-01", which compares as it reads. Invariants of loaded rules: names are unique; of one kind, and of
 * one subject and kind, at most one rule is in force on any day. Never changed after loading. Clauses A1, A2, A6, B1, B5.
 */
#ifndef WQ_LEDGER_UNIT_RULES_H
#define WQ_LEDGER_UNIT_RULES_H

#include "ledger/trust.h"
#include "ledger/unit.h"

enum { WQ_UNIT_RULES_MAX = 256, WQ_DAY_TEXT = 11 };

/* Whose rule, from when until when (both included), by which clause. */
struct wq_rule_span {
	wq_str name, clause;
	unsigned kinds;     /* 1 << enum wq_unit_kind, or-ed */
	wq_str from, until; /* until is empty when it has no end */
};

struct wq_kind_rule {
	struct wq_rule_span span;
	bool in_establishment; /* only such people's decisions count */
	bool mark;             /* bears the identity mark */
	unsigned portals;      /* at most; 0: no limit */
	unsigned domains;      /* of each language, in principle; 0: no limit */
};

struct wq_approval_rule {
	struct wq_rule_span span;
	wq_str subject;
	bool demanded, in_establishment;
	const struct wq_stage *stages[WQ_STAGES_MAX];
	size_t stages_n;
	unsigned days; /* it holds at most; 0: no limit */
};

struct wq_unit_rules {
	wq_str version, date, source;
	const struct wq_kind_rule *kinds;
	size_t kinds_n;
	const struct wq_approval_rule *approvals;
	size_t approvals_n;
};

/* Everything lives in `arena`. Errors: WQ_E_CONFIG and WQ_E_LIMIT with file and line; of open also those of wq_file_read(). */
wq_err wq_unit_rules_parse(wq_str text, const char *name, struct wq_arena *arena, struct wq_unit_rules *ret_rules);
wq_err wq_unit_rules_open(const char *path, struct wq_arena *arena, struct wq_unit_rules *ret_rules);

/* The rule in force on `day`; NULL: none. */
const struct wq_kind_rule *wq_kind_rule_find(const struct wq_unit_rules *rules, enum wq_unit_kind kind, wq_str day);
const struct wq_approval_rule *wq_approval_rule_find(
	const struct wq_unit_rules *rules, wq_str subject, enum wq_unit_kind kind, wq_str day);

/* The day of a time in the machine's zone. */
wq_str wq_day_text(wq_time time, char out[WQ_DAY_TEXT]);

#endif
