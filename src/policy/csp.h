/* A Content-Security-Policy (W3C CSP Level 3) derived from a sealed page: what the page names is allowed, nothing else.
 *
 * script-src: 'self', hosts of script elements, SHA-256 of every inline script, event handler and "javascript:" link (the latter
 * with 'unsafe-hashes'); style-src: 'self', hosts of sheets, 'unsafe-inline' only when style attributes are there, else
 * hashes; img-, media-, font-, frame-src and form-action by the hosts named; object-src 'none' unless used; base-uri and
 * frame-ancestors 'self'. A host whose scripts run may also give pictures, and a script that writes the mark of
 * dcs.conac.cn (A6) allows that host: else the mark would be gone. Sources are sorted, so equal pages have equal policies.
 * Bad at: what other scripts and sheets load by themselves (mode "report" shows it first), scripts inside svg, hosts that
 * are IPv6 addresses (no source can name them).
 */
#ifndef WQ_POLICY_CSP_H
#define WQ_POLICY_CSP_H

#include "text/html.h"
#include "text/url.h"

enum { WQ_CSP_BYTES_MAX = 4096, WQ_CSP_SOURCES_MAX = 256 };

/* Appends the header's value. `charset` as wq_site_charset() names it, empty: UTF-8. `base`: the page's address. Errors:
 * WQ_E_NO_MEMORY; WQ_E_LIMIT, with `out` as before, when it would be longer than WQ_CSP_BYTES_MAX: then the page gets none and a finding
 * says so. */
wq_err wq_csp_of_page(wq_str document, wq_str charset, const struct wq_url *base, struct wq_buf *out);

#endif
