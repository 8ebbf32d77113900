/* A Content-Security-Policy (W3C CSP Level 3) derived from a sealed page: what the page names is allowed, nothing else.
 *
 * script-src: 'self', hosts of script elements, SHA-256 of every inline script and ('unsafe-hashes') event handler;
 * style-src: 'self', hosts of sheets, 'unsafe-inline' only when style attributes are there, else hashes; img-, media-, font-, frame-, form-action by
 * the hosts named; object-src 'none' unless used; base-uri 'self'; frame-ancestors 'self'. Sources are sorted, so equal pages have equal
 * policies. Bad at: what scripts load by themselves (CSP mode "report" shows it first).
 */
#ifndef WQ_POLICY_CSP_H
#define WQ_POLICY_CSP_H

#include "text/html.h"
#include "text/url.h"

enum { WQ_CSP_BYTES_MAX = 4096, WQ_CSP_SOURCES_MAX = 256 };

/* Appends the header's value. WQ_E_LIMIT when it would be longer than WQ_CSP_BYTES_MAX: then the page gets none and a finding
 * says so. */
wq_err wq_csp_of_page(wq_str document, wq_str charset, const struct wq_url *base, struct wq_buf *out);

#endif
