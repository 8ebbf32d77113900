/* The checks before a release, and those of an unapproved change, put together: which detectors look at which resource
 * with which rules. Detectors find; what follows from a finding is the reviewer's decision (B2, B5, B6, A6, C6, C10, C11;
 * 2014 三; 2024 art. 9, 13, 15, 16). Every rule that can be found stands in docs/findings.md.
 */
#ifndef WQ_FLOW_CHECK_H
#define WQ_FLOW_CHECK_H

#include "base/clock.h"
#include "crypto/digest.h"
#include "finding/finding.h"
#include "flow/site.h"

struct wq_checks;

/* Everything here is borrowed and outlives the checks. */
struct wq_checks_options {
	const struct wq_app_row *app; /* id, hosts */
	const char *rules_dir;        /* else $WEIQUE_RULES, else where the program was installed */
	/* Where the operator keeps rules of their own: <own_rules_dir>/words (word lists). NULL, or no such folder: none. */
	const char *own_rules_dir;
	/* Hosts that are inside (B6): of the profile and rules/inside.conf; hosts whose links are confirmed (B5): of the profile
	 * and of approvals of links that hold. Canonical. */
	const wq_str *inside, *confirmed;
	size_t inside_n, confirmed_n;
	wq_time now; /* which day's rules count for suffixes */
};

/* Loads the rules once for a capture. Errors: WQ_E_CONFIG naming the file and the line. */
wq_err wq_checks_new(const struct wq_checks_options *options, struct wq_checks **ret_checks);
void wq_checks_free(struct wq_checks **checks);
/* What a content type is checked as: equal bytes need no second look as the same. WQ_CHECK_NONE: nobody looks. */
enum wq_check_as { WQ_CHECK_NONE, WQ_CHECK_TEXT = 1, WQ_CHECK_PAGE = 2, WQ_CHECK_SCRIPT = 4 };
enum wq_check_as wq_check_as(wq_str type);
/* Looks at one resource and adds what it finds, with the digest of its bytes (SM3) as evidence. Bytes that cannot be read
 * as what they claim to be are no error. */
wq_err wq_checks_run(struct wq_checks *checks, const struct wq_site_item *item, const wq_digest *digest,
	struct wq_findings *findings);
/* What an unapproved change is: how `after` differs from the sealed `before`, both masked by the learnt volatile regions.
 * Adds findings of the rules change.*; equal bytes under equal types give none. Does not repeat what wq_checks_run() says. */
wq_err wq_checks_change(struct wq_checks *checks, wq_str key, wq_str type_before, wq_str before, wq_str type_after,
	wq_str after, struct wq_findings *findings);

#endif
