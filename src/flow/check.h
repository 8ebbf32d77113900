/* The checks before a release, put together: which detectors look at which resource. Detectors find; what follows from a
 * finding is the reviewer's decision (clause B2, 2024 art. 13 and 16).
 */
#ifndef WQ_FLOW_CHECK_H
#define WQ_FLOW_CHECK_H

#include "crypto/digest.h"
#include "finding/finding.h"
#include "flow/site.h"

struct wq_checks;

/* Loads the rules once for a capture: from `rules_dir`, else $WEIQUE_RULES, else where the program was installed. Errors:
 * WQ_E_CONFIG naming the file. */
wq_err wq_checks_new(const struct wq_app_row *app, const char *rules_dir, struct wq_checks **ret_checks);
void wq_checks_free(struct wq_checks **checks);
/* What a content type is checked as: equal bytes need no second look as the same. WQ_CHECK_NONE: nobody looks. */
enum wq_check_as { WQ_CHECK_NONE, WQ_CHECK_TEXT = 1, WQ_CHECK_PAGE = 2 };
enum wq_check_as wq_check_as(wq_str type);
/* Looks at one resource and adds what it finds, with the digest of its bytes (SM3) as evidence. Bytes that cannot be read
 * as what they claim to be are no error. */
wq_err wq_checks_run(struct wq_checks *checks, const struct wq_site_item *item, const wq_digest *digest,
	struct wq_findings *findings);

#endif
