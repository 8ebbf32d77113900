/* One judgement on its way: what it reads, and the one way in which it says something. Private to detect/tls. */
#ifndef WQ_DETECT_TLS_JUDGE_PRIV_H
#define WQ_DETECT_TLS_JUDGE_PRIV_H

#include "detect/tls/tls.h"
#include "finding/rule.h"

struct tls_judge {
	struct wq_arena *arena;
	const struct wq_subject *subject;
	const struct wq_tls_rules *rules;
	const struct wq_tls_observation *o;
	struct wq_findings *findings;
	wq_time now;
	bool government; /* the rules for government bind */
	wq_str url;
	wq_err e; /* sticky */
};

enum { TLS_EXCERPT = WQ_EXCERPT_BYTES };

/* "https://host/", with the port when it is not 443. */
wq_str tls_site_url(struct wq_arena *arena, const struct wq_tls_observation *o);
/* Adds a finding of the rule's usual severity; `what` distinguishes it from others of the rule here, `excerpt` is cleaned and
 * cut. */
void tls_say(struct tls_judge *j, enum wq_rule_id rule, const char *what, wq_str excerpt);
void tls_say_at(struct tls_judge *j, enum wq_rule_id rule, enum wq_severity severity, const char *what, wq_str excerpt);
/* Certificates, and where they lead. */
void tls_judge_chains(struct tls_judge *j);

#endif
