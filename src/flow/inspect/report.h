/* Reports of an inspection: for programs one JSON object a finding, for spreadsheets CSV, for people one HTML file.
 *
 * Hostile input is the rule: pages of intruders are quoted. Invariants: JSON lines are valid UTF-8 whatever a peer sent; no cell of
 * the CSV is a formula to a spreadsheet program; the HTML has no tag, attribute or style that is not ours, loads nothing, runs
 * nothing, and prints. Held by fuzz targets. Clauses E1, E6.
 */
#ifndef WQ_FLOW_INSPECT_REPORT_H
#define WQ_FLOW_INSPECT_REPORT_H

#include "finding/clause.h"
#include "flow/inspect/record.h"

enum { WQ_INSPECT_REPORT_BYTES_MAX = 256 * 1024 * 1024, WQ_INSPECT_HTML_GROUPS = 2000, WQ_INSPECT_HTML_PLACES = 20 };

/* One object and a newline for each place of each group: {"rule","clause","clauses","severity","url","target","page","line",
 * "column","excerpt","advice","count","pages","id","group"}. `url` of a finding about a link is the address that leads wrong, else the page. */
wq_err wq_inspect_report_lines(const struct wq_inspect_result *result, enum wq_lang lang, struct wq_buf *out);

/* The findings of one look as a result that has groups and counts and nothing else, for the line above. Everything lives in `arena`. Errors: those
 * of wq_finding_check(), WQ_E_NO_MEMORY. */
wq_err wq_inspect_result_of(
	struct wq_arena *arena, const struct wq_findings *findings, struct wq_inspect_result *ret_result);

/* UTF-8 with a byte order mark, RFC 4180, CR LF; one row a place, a group without places has one. */
wq_err wq_inspect_report_csv(const struct wq_inspect_result *result, enum wq_lang lang, struct wq_buf *out);

struct wq_inspect_report {
	const struct wq_inspect_result *result;
	const struct wq_inspect_changes *changes; /* NULL: nothing is known of an earlier look */
	const struct wq_clauses *clauses;         /* NULL: IDs alone */
	enum wq_lang lang;
};
/* One file that needs nothing else, at most WQ_INSPECT_HTML_GROUPS groups with WQ_INSPECT_HTML_PLACES places each; what is left out is
 * said. Errors: those of the buffer, WQ_E_NO_MEMORY. */
wq_err wq_inspect_report_html(const struct wq_inspect_report *report, struct wq_buf *out);

/* One cell, quoted, and the comma or the end of the row behind it. */
void wq_inspect_csv_cell(struct wq_buf *out, wq_str text, bool last);

/* The style sheet of reports that are one file: light, A4 when printed. */
extern const char wq_inspect_style[];

/* The address that a finding is about, see above. */
wq_str wq_inspect_url_of(const struct wq_inspect_group *group, const struct wq_inspect_place *place);

#endif
