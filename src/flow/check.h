/* The checks before a release, put together: which detectors look at which resource. Detectors find; what follows from a
 * finding is the reviewer's decision (clause B2, 2024 art. 13 and 16).
 */
#ifndef WQ_FLOW_CHECK_H
#define WQ_FLOW_CHECK_H

#include "finding/finding.h"
#include "flow/site.h"

struct wq_checks;

/* Loads the rules (rules/, or $WEIQUE_RULES) once for a capture. Errors: WQ_E_CONFIG naming the file. */
wq_err wq_checks_new(const struct wq_app_row *app, struct wq_checks **ret_checks);
void wq_checks_free(struct wq_checks **checks);
/* Looks at one resource and adds what it finds. Bytes that cannot be read as what they claim to be are no error. */
wq_err wq_checks_run(struct wq_checks *checks, const struct wq_site_item *item, struct wq_findings *findings);

#endif
