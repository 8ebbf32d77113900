#include "finding/rule.h"

static const struct row {
	wq_str name, clauses;
	enum wq_severity severity;
	wq_str title[2], advice[2]; /* by enum wq_lang */
} rows[] = {
#define WQ_RULE(id, name, severity, clauses, zh, en, do_zh, do_en) \
	{WQ_S_INIT(name), WQ_S_INIT(clauses), WQ_SEVERITY_##severity, {WQ_S_INIT(zh), WQ_S_INIT(en)}, \
		{WQ_S_INIT(do_zh), WQ_S_INIT(do_en)}},
#include "finding/rule_table.h"
#undef WQ_RULE
};

wq_str wq_rule_name(enum wq_rule_id id)
{
	return rows[id].name;
}

enum wq_severity wq_rule_severity(enum wq_rule_id id)
{
	return rows[id].severity;
}

wq_str wq_rule_title(enum wq_rule_id id, enum wq_lang lang)
{
	return rows[id].title[lang];
}

struct wq_finding wq_rule_finding(enum wq_rule_id id)
{
	const struct row *row = &rows[id];
	struct wq_finding finding = {
		.rule = row->name,
		.severity = row->severity,
		.advice_zh = row->advice[WQ_LANG_ZH],
		.advice_en = row->advice[WQ_LANG_EN],
	};

	for (wq_str rest = row->clauses; rest.p;)
		wq_finding_add_clause(&finding, wq_str_cut(&rest, ' '));
	return finding;
}
