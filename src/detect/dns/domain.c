/* What a name itself says (A2, A3), and applications that were closed or can be reached past the gate (A4, C1, C3). */
#include "detect/dns/judge_priv.h"
#include "finding/excerpt.h"
#include "text/idn.h"

static bool is_idn(wq_str host)
{
	return wq_str_starts(host, WQ_S("xn--")) || wq_str_find(host, WQ_S(".xn--")) >= 0;
}

wq_str wq_domain_shown(struct wq_arena *arena, wq_str host)
{
	char text[WQ_IDN_MAX_RAW];
	size_t n;

	if (!is_idn(host) || !wq_idn_to_unicode(host, text, sizeof text, &n))
		return host;
	return wq_arena_printf(
		arena, "%.*s (%.*s)", WQ_S_ARG(wq_clean(arena, wq_str_of(text, n), sizeof text)), WQ_S_ARG(host));
}

static wq_err say_name(struct wq_arena *arena, const struct wq_subject *subject, enum wq_rule_id rule, wq_str domain,
	wq_str what, struct wq_findings *findings)
{
	struct wq_finding f = wq_rule_finding(rule);

	f.place = (struct wq_place){.app = subject->app, .url = wq_arena_printf(arena, "dns:%.*s", WQ_S_ARG(domain))};
	f.evidence.excerpt = wq_clean(arena, what, WQ_EXCERPT_BYTES);
	f.evidence.subject = domain;
	f.evidence.target = domain;
	WQ_TRY(wq_arena_err(arena));
	return wq_findings_add(findings, &f);
}

static bool owner_of_kind(enum wq_subject_kind kind, enum wq_suffix_owner *ret)
{
	switch (kind) {
	case WQ_SUBJECT_ORGAN: *ret = WQ_OWNER_ORGAN; return true;
	case WQ_SUBJECT_INSTITUTION: *ret = WQ_OWNER_INSTITUTION; return true;
	case WQ_SUBJECT_UNION: *ret = WQ_OWNER_UNION; return true;
	case WQ_SUBJECT_UNKNOWN:
	case WQ_SUBJECT_ENTERPRISE:
	case WQ_SUBJECT_OTHER: break;
	}
	return false;
}

/* ".gov.cn, .政务 (xn--…)" of the rules that bind such an owner on that day; empty when none does. */
static wq_str suffixes_of(
	struct wq_arena *arena, const struct wq_subject *subject, enum wq_suffix_owner owner, enum wq_suffix_use use)
{
	wq_str all = WQ_S("");

	for (size_t i = 0; i < wq_suffix_rules_count(subject->suffixes); i++) {
		const struct wq_suffix_rule *r = wq_suffix_rules_at(subject->suffixes, i);
		if (r->owner == owner && (r->uses & use) && r->from <= subject->day && subject->day <= r->until)
			all = wq_arena_printf(arena, "%.*s%s.%.*s", WQ_S_ARG(all), all.n ? ", " : "",
				WQ_S_ARG(wq_domain_shown(arena, r->suffix)));
	}
	return all;
}

wq_err wq_domain_judge(struct wq_arena *arena, const struct wq_subject *subject, wq_str domain, enum wq_suffix_use use,
	struct wq_findings *findings)
{
	const struct wq_suffix_rule *rule = NULL;
	enum wq_suffix_owner owner;
	struct wq_addr addr;
	wq_str shown = wq_domain_shown(arena, domain);

	if (!subject->suffixes || subject->kind == WQ_SUBJECT_UNKNOWN || wq_host_address(domain, &addr))
		return WQ_OK;
	if (subject->kind != WQ_SUBJECT_ORGAN && !subject->kind_assumed &&
		wq_host_government(subject->suffixes, domain, subject->day, &rule))
		return say_name(arena, subject, WQ_RULE_DOMAIN_RESERVED, domain,
			wq_arena_printf(arena, "%.*s: .%.*s (%.*s)", WQ_S_ARG(shown), WQ_S_ARG(rule->suffix),
				WQ_S_ARG(rule->clause)),
			findings);
	if (!owner_of_kind(subject->kind, &owner) ||
		wq_host_suits(subject->suffixes, domain, owner, use, subject->day, &rule))
		return WQ_OK;
	wq_str allowed = suffixes_of(arena, subject, owner, use);
	if (allowed.n == 0)
		return WQ_OK;
	return say_name(arena, subject, WQ_RULE_DOMAIN_SUFFIX, domain,
		wq_arena_printf(arena, "%.*s; %.*s", WQ_S_ARG(shown), WQ_S_ARG(allowed)), findings);
}

/* ---- several portals: A2 ---- */

static wq_str without_www(wq_str host)
{
	return wq_str_starts(host, WQ_S("www.")) ? wq_str_from(host, 4) : host;
}

static bool first_app(const struct wq_domain_portal *portals, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (wq_str_eq(portals[k].app, portals[i].app))
			return false;
	return true;
}

static bool first_host(const struct wq_domain_portal *portals, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (wq_str_eq(portals[k].app, portals[i].app) &&
			wq_str_eq(without_www(portals[k].host), without_www(portals[i].host)))
			return false;
	return true;
}

static wq_err several_hosts(struct wq_arena *arena, const struct wq_subject *subject,
	const struct wq_domain_portal *portals, size_t n, wq_str app, bool idn, uint32_t max,
	struct wq_findings *findings)
{
	wq_str all = WQ_S(""), last = WQ_S_NONE;
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		if (!wq_str_eq(portals[i].app, app) || is_idn(portals[i].host) != idn || !first_host(portals, i))
			continue;
		found++;
		last = portals[i].host;
		all = wq_arena_printf(
			arena, "%.*s%s%.*s", WQ_S_ARG(all), all.n ? ", " : "", WQ_S_ARG(wq_domain_shown(arena, last)));
	}
	return found > max ? say_name(arena, subject, WQ_RULE_DOMAIN_SEVERAL, last, all, findings) : WQ_OK;
}

wq_err wq_domain_several(struct wq_arena *arena, const struct wq_subject *subject,
	const struct wq_domain_portal *portals, size_t n, uint32_t portals_max, uint32_t domains_max,
	struct wq_findings *findings)
{
	wq_str all = WQ_S(""), last = WQ_S_NONE;
	size_t apps = 0;

	for (size_t i = 0; i < n; i++) {
		if (!first_app(portals, i))
			continue;
		apps++;
		last = portals[i].host;
		all = wq_arena_printf(
			arena, "%.*s%s%.*s", WQ_S_ARG(all), all.n ? ", " : "", WQ_S_ARG(wq_domain_shown(arena, last)));
		for (int idn = 0; idn < 2 && domains_max; idn++)
			WQ_TRY(several_hosts(arena, subject, portals, n, portals[i].app, idn, domains_max, findings));
	}
	WQ_TRY(wq_arena_err(arena));
	return portals_max && apps > portals_max ? say_name(arena, subject, WQ_RULE_DOMAIN_SEVERAL, last, all, findings)
						 : WQ_OK;
}

/* ---- closed, and past the gate ---- */

static wq_err judge_closed(struct wq_dns_judging *j)
{
	const struct wq_dns_observation *seen = j->seen;
	const struct wq_dns_answer *at = NULL;

	for (size_t i = 0; i < seen->truths_n && !at; i++)
		at = seen->truths[i].addrs_n ? &seen->truths[i] : NULL;
	for (size_t i = 0; i < seen->resolvers_n && !at && !seen->zone_walked; i++)
		for (size_t k = 0; k < seen->resolvers[i].rounds_n && !at; k++)
			at = seen->resolvers[i].rounds[k].addrs_n ? &seen->resolvers[i].rounds[k] : NULL;
	if (at)
		WQ_TRY(wq_dns_say(j, WQ_RULE_CLOSED_RESOLVES, WQ_S_NONE, wq_dns_addr_text(j->arena, &at->addrs[0]),
			"%.*s → %.*s", WQ_S_ARG(seen->domain), WQ_S_ARG(wq_dns_addrs_text(j, at->addrs, at->addrs_n))));
	if (seen->http_tried && seen->http_answers)
		WQ_TRY(wq_dns_say(j, WQ_RULE_CLOSED_ANSWERS, WQ_S_NONE, seen->domain, "%.*s: HTTP %d",
			WQ_S_ARG(seen->domain), seen->http_status));
	return WQ_OK;
}

wq_err wq_dns_judge_application(struct wq_dns_judging *j)
{
	for (size_t i = 0; i < j->seen->origins_n; i++) {
		const struct wq_dns_origin_seen *o = &j->seen->origins[i];
		wq_str is = wq_arena_printf(j->arena, o->addr.family == 4 ? "%.*s:%u" : "[%.*s]:%u",
			WQ_S_ARG(wq_dns_addr_text(j->arena, &o->addr)), o->port);
		if (o->result == WQ_DNS_ORIGIN_ANSWERS)
			WQ_TRY(wq_dns_say(j, WQ_RULE_ORIGIN_EXPOSED, is, is, "%.*s Host: %.*s → HTTP %d", WQ_S_ARG(is),
				WQ_S_ARG(j->seen->domain), o->status));
	}
	return j->registered->closed ? judge_closed(j) : WQ_OK;
}
