/* What the files of the HTML report (report_html*.c) share among themselves. Private to flow/inspect. */
#ifndef WQ_FLOW_INSPECT_REPORT_HTML_PRIV_H
#define WQ_FLOW_INSPECT_REPORT_HTML_PRIV_H

#include "flow/inspect/report.h"

struct wq_html_report {
	const struct wq_inspect_report *report;
	const struct wq_inspect_result *result;
	struct wq_arena arena; /* for words that are made up */
	struct wq_buf *out;
	bool zh;
};

/* Ours, as it is; from outside, escaped. */
void wq_html_put(struct wq_html_report *r, const char *zh, const char *en);
void wq_html_esc(struct wq_html_report *r, wq_str text);
/* "<span class=sev …>": the severity, as a word. */
void wq_html_severity(struct wq_html_report *r, enum wq_severity severity);

/* report_html_score.c: cards, chart, score. */
void wq_html_summary(struct wq_html_report *r);
void wq_html_chart(struct wq_html_report *r);
void wq_html_score(struct wq_html_report *r);
/* report_html_network.c */
void wq_html_network(struct wq_html_report *r);

#endif
