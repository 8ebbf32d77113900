/* The review of a release as one HTML file that needs nothing else: no network, no script. Chinese first, with English labels; to be
 * read on a screen, on paper, with a keyboard or a screen reader.
 *
 * Hostile input is the rule: pages of an intruder are quoted in it. Invariants, held by a fuzz target: every byte from outside
 * goes through wq_report_escape(), so the only tags are ours; a Content-Security-Policy forbids everything active and
 * everything from elsewhere; images stand in it as data only when their first bytes are those of a raster format. The file is at
 * most WQ_REPORT_BYTES_MAX long: what does not fit is counted, and the command that shows it is named. Clauses B1, E6.
 */
#ifndef WQ_FLOW_REPORT_HTML_H
#define WQ_FLOW_REPORT_HTML_H

#include "finding/finding.h"
#include "flow/review.h"

enum {
	WQ_REPORT_BYTES_MAX = 64 * 1024 * 1024,
	WQ_REPORT_PAGES_BYTES = 48 * 1024 * 1024, /* no further page begins after this */
	WQ_REPORT_ROWS_MAX = 1500,                /* of one table */
	WQ_REPORT_KEYS_MAX = 2000,                /* listed of one group */
	WQ_REPORT_IMAGE_MAX = 256 * 1024,
	WQ_REPORT_IMAGES_MAX = 8 * 1024 * 1024 /* all together */
};

struct wq_report_options {
	const struct wq_finding *findings;
	size_t findings_n;
	wq_time now;
};

/* Appends the document. Errors: those of wq_review_text(), WQ_E_LIMIT. */
wq_err wq_report_html(struct wq_review *review, const struct wq_report_options *options, struct wq_buf *out);

/* Appends text so that it is text and nothing else wherever it stands: markup characters as references, controls and
 * what turns the direction of writing as visible signs, bytes that are no UTF-8 as U+FFFD. */
void wq_report_escape(wq_str text, struct wq_buf *out);
/* The tables of one page, before beside after. For the fuzz target. */
wq_err wq_report_text(
	struct wq_arena *arena, const uint64_t secret[2], const struct wq_review_text *text, struct wq_buf *out);
/* "image/png" when these are bytes of a raster format that browsers show, whatever somebody says they are; else empty. */
wq_str wq_report_image(wq_str bytes);

#endif
