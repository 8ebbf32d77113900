/* What the parts of the judge share: one state, one way to say a finding, addresses and names compared and shown. Private to
 * detect/dns. */
#ifndef WQ_DETECT_DNS_JUDGE_PRIV_H
#define WQ_DETECT_DNS_JUDGE_PRIV_H

#include "base/buf.h"
#include "detect/dns/dns.h"
#include "finding/rule.h"

struct wq_dns_judging {
	struct wq_arena *arena;
	const struct wq_dns_rules *rules;
	const struct wq_subject *subject;
	const struct wq_dns_registered *registered; /* never NULL */
	const struct wq_dns_observation *seen;
	struct wq_findings *findings;
	struct wq_place place;
	struct wq_addr *truth; /* every address that an authoritative server gives, for anybody */
	size_t truth_n;
	bool *poisoned; /* by resolver */
};

/* Adds a finding: `what` sets apart two of one rule (empty: there is one), `target` is what is wrong, the rest is its excerpt. */
wq_err wq_dns_say(struct wq_dns_judging *j, enum wq_rule_id rule, wq_str what, wq_str target, const char *format, ...)
	WQ_PRINTF(5, 6);

/* Equal, and of one family. */
bool wq_dns_addr_eq(const struct wq_addr *a, const struct wq_addr *b);
bool wq_dns_addr_among(const struct wq_addr *addr, const struct wq_addr *list, size_t n);
/* Whether the first `bits` bits are equal. */
bool wq_dns_addr_shares(const struct wq_addr *a, const struct wq_addr *b, uint8_t bits);
bool wq_dns_addr_in(const struct wq_addr *addr, const struct wq_dns_net *nets, size_t n);
bool wq_dns_same_network(const struct wq_dns_rules *rules, const struct wq_addr *a, const struct wq_addr *b);
wq_str wq_dns_addr_text(struct wq_arena *arena, const struct wq_addr *addr);
/* "1.2.3.4 (CN), 1.2.3.5"; cut after a few. */
wq_str wq_dns_addrs_text(const struct wq_dns_judging *j, const struct wq_addr *addrs, size_t n);
wq_str wq_dns_names_text(struct wq_arena *arena, const wq_str *names, size_t n);
bool wq_dns_name_among(wq_str name, const wq_str *list, size_t n);
const struct wq_dns_located *wq_dns_located_of(const struct wq_dns_observation *seen, const struct wq_addr *addr);

/* The parts, in the order in which they are judged; `poisoned` is set by the first. Errors: those of wq_dns_say(). */
wq_err wq_dns_judge_answers(struct wq_dns_judging *j);
wq_err wq_dns_judge_places(struct wq_dns_judging *j);
wq_err wq_dns_judge_zone(struct wq_dns_judging *j);
wq_err wq_dns_judge_security(struct wq_dns_judging *j);
wq_err wq_dns_judge_mail(struct wq_dns_judging *j);
wq_err wq_dns_judge_application(struct wq_dns_judging *j);

#endif
