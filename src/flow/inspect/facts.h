/* Rules of every detector and what is known of the subject, read once for an inspection. Private to flow/inspect.
 *
 * Invariants: never changed while a page is looked at; between the home page and the next one the kind of the subject may become
 * known (wq_facts_home). What the arena of the result has to keep (names, hosts) is copied there.
 */
#ifndef WQ_FLOW_INSPECT_FACTS_H
#define WQ_FLOW_INSPECT_FACTS_H

#include "detect/content/content.h"
#include "detect/dns/rules.h"
#include "detect/page/page.h"
#include "detect/target/target.h"
#include "detect/tls/tls.h"
#include "flow/inspect/parts.h"
#include "text/fold.h"

struct wq_facts {
	struct wq_arena rules_arena;
	struct wq_arena *arena; /* of the result */
	const char *rules_dir;
	const struct wq_content_rules *content;
	struct wq_content_words *words;
	const struct wq_page_rules *page;
	const struct wq_target_rules *target;
	struct wq_fold_table *fold;
	struct wq_suffix_rules *suffixes;
	struct wq_subject subject;
	enum wq_inspect_why why;
	wq_str hosts[WQ_INSPECT_HOSTS_MAX];
	wq_str site;
	const wq_str *starts;
	unsigned portals_max, domains_max; /* of such a unit today (A2); 0: no limit */
	bool claims_ipv6;                  /* the home page does */
};

/* Reads what the checks need and fills in the subject: hosts of the starts, the day in China, its kind where the address says.
 * Errors: WQ_E_INPUT (a start that is no http or https address), WQ_E_CONFIG with file and line, WQ_E_LIMIT. */
wq_err wq_facts_open(struct wq_facts *facts, const struct wq_inspect_options *options, struct wq_arena *arena);
void wq_facts_close(struct wq_facts *facts);

/* Reads the rules of one of the detectors of parts.h. Errors as above. */
wq_err wq_facts_part(struct wq_facts *facts, const struct wq_part *part, const void **ret_rules);

/* Reads the official indicators. Errors as above. */
wq_err wq_facts_indicators(struct wq_facts *facts, const struct wq_indicator_rules **ret_rules);

/* Reads those of secure connections. Errors as above. */
wq_err wq_facts_tls(struct wq_facts *facts, const struct wq_tls_rules **ret_rules);

/* Reads those of names. Errors as above. */
wq_err wq_facts_dns(struct wq_facts *facts, struct wq_dns_rules *ret_rules);

struct wq_traps; /* flow/inspect/traps.h */
/* Reads what a browser tries. Errors as above. */
wq_err wq_facts_traps(struct wq_facts *facts, struct wq_traps *ret_traps);

/* A home page came: when nobody knows the kind, what it bears may say it. */
wq_err wq_facts_home(struct wq_facts *facts, wq_str html);
/* Facts of detect/page for a page of the site; place and address are those given. */
struct wq_page_facts wq_facts_page(const struct wq_facts *facts, wq_str url, bool home);

#endif
