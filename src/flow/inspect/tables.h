/* The forms that units hand in by the half-year and by the year (field-known names: 网站安全情况自查表, 检查表, 年度报表), filled in from
 * what is known: the registry, the events of the ledger, inspections on record.
 *
 * A form is data (rules/tables/, kind "table" of finding/datafile.h): sections of fields; each field says where its value comes from, or
 * that only a person knows it, its source and how sure that is ('S' stands in the source document, 'V' read in public text, 'M' general
 * knowledge, not confirmed). Invariants: nothing is guessed: a value says whence it is, a blank says why it is one and who knows; what an
 * inspection contradicts is marked and names the finding, and the registered value stays. Works without a registry: its fields are
 * blank then. Text from outside in a sheet is not escaped. Bad at: what no event, record or row says. Clauses E1, E2, E6, F1; 2014 八, 2024 art. 18.
 */
#ifndef WQ_FLOW_INSPECT_TABLES_H
#define WQ_FLOW_INSPECT_TABLES_H

#include "flow/inspect/record.h"
#include "flow/workspace.h"

enum {
	WQ_TABLE_FORMS_MAX = 32,
	WQ_TABLE_FIELDS_MAX = 200,
	WQ_TABLE_SECTIONS_MAX = 32,
	WQ_TABLE_FROM_MAX = 3,
	WQ_TABLE_AGAINST_MAX = 6,
	WQ_TABLE_SIGNS_MAX = 6,
	WQ_TABLE_SHEETS_MAX = 2000,
	WQ_TABLE_BYTES_MAX = 256 * 1024 * 1024
};

/* ---- forms ---- */

/* What a form is about: one site, one unit with its sites, a unit with all units below it. */
enum wq_table_of { WQ_TABLE_OF_SITE, WQ_TABLE_OF_UNIT, WQ_TABLE_OF_REGION, WQ_TABLE_OFS };

struct wq_table_words {
	wq_str zh, en;
};

struct wq_table_value; /* tables_priv.h */
struct wq_table_from {
	const struct wq_table_value *value;
	wq_str word; /* "release.sealed", "link."; empty when the value takes none */
};

/* A rule whose findings contradict the value. `shape`: of these only whose subject is such a number; empty: any. */
struct wq_table_against {
	wq_str rule, shape;
};

struct wq_table_field {
	wq_str id;
	struct wq_table_words title, choices,
		who; /* choices: "own / entrusted", boxes to tick; who: knows what a person has to fill in */
	struct wq_table_from from[WQ_TABLE_FROM_MAX]; /* the first that knows; none: a person */
	size_t from_n;
	struct wq_table_against against[WQ_TABLE_AGAINST_MAX];
	size_t against_n;
	wq_str source; /* of the field; else that of the file */
	char mark;
};

struct wq_table_section {
	wq_str id;
	struct wq_table_words title;
	size_t first, n; /* of the fields */
};

struct wq_table_form {
	wq_str id, version, date, source;
	struct wq_table_words title, note;
	enum wq_table_of of;
	bool half_year; /* else a year */
	struct wq_table_words signs[WQ_TABLE_SIGNS_MAX];
	size_t signs_n;
	struct wq_table_section sections[WQ_TABLE_SECTIONS_MAX];
	size_t sections_n;
	struct wq_table_field fields[WQ_TABLE_FIELDS_MAX];
	size_t fields_n;
};

/* Reads one form. It lives in `arena`. Errors: WQ_E_CONFIG and WQ_E_LIMIT with file and line (a value, a rule or a member that is
 * none), WQ_E_NO_MEMORY. */
wq_err wq_table_form_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_table_form **ret_form);
/* Every form of <rules_dir>/tables in byte order of the names; `rules_dir` NULL: $WEIQUE_RULES, else where the program was
 * installed. Errors as above; two forms of one id. */
wq_err wq_table_forms_load(struct wq_arena *arena, const char *rules_dir,
	const struct wq_table_form *ret_forms[WQ_TABLE_FORMS_MAX], size_t *ret_n);

/* ---- sheets: forms filled in ---- */

enum wq_table_state { WQ_TABLE_FILLED, WQ_TABLE_BLANK, WQ_TABLE_CONFLICT };
/* "filled", "blank", "conflict". */
const char *wq_table_state_name(enum wq_table_state state);

struct wq_table_cell {
	const struct wq_table_field *field;
	enum wq_table_state state;
	wq_str value;  /* empty: not known */
	wq_str whence; /* of a value whence it is, of a blank why it is one */
	wq_str remark; /* what contradicts it, or was not compared; may be empty */
	wq_str rule;   /* of the first finding that contradicts */
};

struct wq_table_sheet {
	const struct wq_table_form *form;
	wq_str subject;              /* name of the site or unit */
	wq_str key;                  /* of it, for file names: letters, digits, '-', '.', '_' */
	wq_str from, until;          /* the period, "2026-01-01" */
	struct wq_table_cell *cells; /* one a field */
	size_t filled, blank, conflicts;
};

/* What is to be filled in. Slices and pointers outlive the sheets. */
struct wq_tables_case {
	enum wq_lang lang;
	wq_time now;
	struct wq_workspace *workspace;      /* NULL: no registry */
	const char *records;                 /* state directory with the inspections; NULL: none */
	const struct wq_inspect_result *run; /* instead of the newest on record, for the one site; may be NULL */
	wq_str app, unit, site;              /* one of them; site: a host, with its port after ':' */
	wq_str form;                         /* this one alone; empty: all that fit */
	unsigned year, half; /* 0: the one that runs; in its first month the one before, which is due then */
};

/* Sites' forms for each application, the unit's for its unit, the region's with `unit` when units stand below it or `form` names one. Everything
 * lives in `arena`. Errors: WQ_E_NOT_FOUND (application, unit, form), WQ_E_LIMIT, those of ledger and records. */
wq_err wq_tables_fill(struct wq_arena *arena, const struct wq_tables_case *the_case,
	const struct wq_table_form *const *forms, size_t forms_n, struct wq_table_sheet **ret_sheets, size_t *ret_n);

/* ---- out ---- */

/* One JSON array with an object a sheet (docs/tables.md). */
wq_err wq_tables_json(const struct wq_table_sheet *sheets, size_t n, enum wq_lang lang, struct wq_buf *out);
/* UTF-8 with a byte order mark, RFC 4180; one row a field; no cell is a formula. */
wq_err wq_tables_csv(const struct wq_table_sheet *sheets, size_t n, enum wq_lang lang, struct wq_buf *out);
/* One file that needs nothing else and runs nothing: each sheet begins a page of A4, with lines to sign. */
wq_err wq_tables_html(const struct wq_table_sheet *sheets, size_t n, enum wq_lang lang, struct wq_buf *out);

#endif
