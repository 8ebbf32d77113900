/* What the files of the forms (tables_*.c) share among themselves. Private to flow/inspect. */
#ifndef WQ_FLOW_INSPECT_TABLES_PRIV_H
#define WQ_FLOW_INSPECT_TABLES_PRIV_H

#include "flow/inspect/tables.h"

/* One site of a sheet. Of the inspection only what a sum over many needs, unless the sheet is about this site alone. */
struct wq_table_site {
	const struct wq_app_row *app; /* NULL: not registered */
	wq_str name;                  /* host, for what is not registered */
	const struct wq_inspect_result *result;
	bool looked, unreachable, vetoed, unqualified, may_be_unqualified;
	size_t findings, grave; /* groups */
	size_t looks;           /* inspections in the period */
	bool compared;          /* the first and the last of them could be */
	size_t found, mended;
};

/* What the values of a sheet are taken from. */
struct wq_table_scope {
	const struct wq_tables_case *of;
	struct wq_arena *arena;
	const struct wq_table_site *sites;
	size_t sites_n;
	const struct wq_unit_row *unit; /* NULL: not registered */
	const wq_str *units;            /* ids: the unit, and for a region those below it */
	size_t units_n;
	wq_time from, until;
	wq_str from_day, until_day;
	wq_str why; /* a value may say why it is not known */
	bool zh;
};

enum wq_table_whence { WQ_TABLE_REGISTRY, WQ_TABLE_INSPECTION, WQ_TABLE_LOOKS, WQ_TABLE_LEDGER, WQ_TABLE_LAST_LOOKS };

enum {
	WQ_TABLE_SITE = 1 << WQ_TABLE_OF_SITE,
	WQ_TABLE_REGION = 1 << WQ_TABLE_OF_REGION,
	WQ_TABLE_SITES = 1 << WQ_TABLE_OF_UNIT | WQ_TABLE_REGION,
	WQ_TABLE_ALL = WQ_TABLE_SITE | WQ_TABLE_SITES
};

struct wq_table_value {
	const char *name;
	unsigned of; /* WQ_TABLE_SITE, … */
	enum wq_table_whence whence;
	bool (*fits)(wq_str word); /* NULL: it takes no word */
	/* The value, in the arena; empty: not known. */
	wq_err (*get)(struct wq_table_scope *scope, wq_str word, wq_str *ret_value);
};

/* NULL: there is none. */
const struct wq_table_value *wq_table_value_find(wq_str name);
/* Whether the value may have this word. */
bool wq_table_word_fits(const struct wq_table_value *value, wq_str word);

/* Each ends with a NULL name. */
extern const struct wq_table_value wq_table_registry_values[];
extern const struct wq_table_value wq_table_inspection_values[];
extern const struct wq_table_value wq_table_sums_values[];

/* Not known, and why; a copy; a number; yes or no. */
wq_err wq_table_unknown(struct wq_table_scope *scope, const char *zh, const char *en);
wq_err wq_table_keep(struct wq_table_scope *scope, wq_str text, wq_str *ret_value);
wq_err wq_table_number(struct wq_table_scope *scope, uint64_t n, wq_str *ret_value);
wq_err wq_table_yes_no(struct wq_table_scope *scope, bool yes, wq_str *ret_value);

/* One form for one scope. */
wq_err wq_table_sheet_fill(
	struct wq_table_scope *scope, const struct wq_table_form *form, struct wq_table_sheet *ret_sheet);
/* Whether a number is of this shape: "icp", "police", "site-code"; an empty shape takes all. */
bool wq_table_shape_fits(wq_str shape, wq_str text);
bool wq_table_shape_known(wq_str shape);

#endif
