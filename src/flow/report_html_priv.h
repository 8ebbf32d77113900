/* What the files of the HTML report (report_html*.c) share among themselves. Private to flow/. */
#ifndef WQ_FLOW_REPORT_HTML_PRIV_H
#define WQ_FLOW_REPORT_HTML_PRIV_H

#include "flow/report_html.h"

extern const char wq_report_style[];

#endif
