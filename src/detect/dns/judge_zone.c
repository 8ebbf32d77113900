/* The zone: who serves it, do they agree, do its signatures hold, who may issue certificates. */
#include "detect/dns/judge_priv.h"
#include "detect/dns/mail_text.h"

/* ---- name servers against the registry ---- */

static wq_err judge_changed(struct wq_dns_judging *j)
{
	const struct wq_dns_observation *seen = j->seen;
	const struct wq_dns_registered *r = j->registered;
	wq_str *names = WQ_NEW_ARRAY(j->arena, wq_str, seen->ns_n + 1), foreign = WQ_S_NONE;
	size_t n = 0, found = 0;

	if (!names)
		return wq_arena_err(j->arena);
	if (r->ns_n == 0 || seen->ns_n == 0)
		return WQ_OK;
	for (size_t i = 0; i < seen->ns_n; i++) {
		names[n++] = seen->ns[i].name;
		if (wq_dns_name_among(seen->ns[i].name, r->ns, r->ns_n))
			found++;
		else if (foreign.n == 0)
			foreign = seen->ns[i].name;
	}
	if (foreign.n == 0 && found == r->ns_n)
		return WQ_OK;
	return wq_dns_say(j, WQ_RULE_DNS_NS_CHANGED, seen->zone, foreign, "%.*s NS %.*s; registered: %.*s",
		WQ_S_ARG(seen->zone), WQ_S_ARG(wq_dns_names_text(j->arena, names, n)),
		WQ_S_ARG(wq_dns_names_text(j->arena, r->ns, r->ns_n)));
}

/* ---- servers that do not serve ---- */

/* Nobody of a family that never answered is called lame: the observer may not have it. */
static bool family_works(const struct wq_dns_observation *seen, uint8_t family)
{
	for (size_t i = 0; i < seen->servers_n; i++)
		for (size_t k = 0; k < seen->servers[i].rounds_n; k++)
			if (seen->servers[i].addr.family == family &&
				seen->servers[i].rounds[k].outcome == WQ_DNS_ANSWERED)
				return true;
	return false;
}

static const char *lameness(const struct wq_dns_server_seen *s)
{
	bool answers = false;

	if (s->authoritative || s->rounds_n == 0)
		return NULL;
	for (size_t i = 0; i < s->rounds_n; i++) {
		if (s->rounds[i].outcome == WQ_DNS_FORBIDDEN || s->rounds[i].outcome == WQ_DNS_NOT_ASKED)
			return NULL;
		answers |= s->rounds[i].outcome == WQ_DNS_ANSWERED;
	}
	return answers ? "not authoritative" : "no answer";
}

static wq_err judge_lame(struct wq_dns_judging *j)
{
	const struct wq_dns_observation *seen = j->seen;
	bool works4 = family_works(seen, 4), works6 = family_works(seen, 6);

	for (size_t i = 0; i < seen->servers_n; i++) {
		const struct wq_dns_server_seen *s = &seen->servers[i];
		const char *why = lameness(s);
		wq_str is = wq_dns_addr_text(j->arena, &s->addr);
		if (why && (s->addr.family == 4 ? works4 : works6))
			WQ_TRY(wq_dns_say(j, WQ_RULE_DNS_NS_LAME, is, s->name, "%.*s [%.*s]: %s", WQ_S_ARG(s->name),
				WQ_S_ARG(is), why));
	}
	for (size_t i = 0; i < seen->ns_n; i++) {
		const struct wq_dns_ns_seen *ns = &seen->ns[i];
		if (ns->outcome == WQ_DNS_ANSWERED && ns->addrs_n == 0 && ns->glue_n == 0 &&
			(ns->rcode == WQ_DNS_NOERROR || ns->rcode == WQ_DNS_NXDOMAIN))
			WQ_TRY(wq_dns_say(
				j, WQ_RULE_DNS_NS_LAME, ns->name, ns->name, "%.*s: no address", WQ_S_ARG(ns->name)));
	}
	return WQ_OK;
}

/* ---- servers that contradict each other ---- */

static bool serial_less(uint32_t a, uint32_t b) /* RFC 1982 */
{
	return a != b && (int32_t)(a - b) < 0;
}

/* The newest serial that any server had in the first round in which one was seen. */
static bool first_newest(const struct wq_dns_observation *seen, uint32_t *ret)
{
	bool any = false;

	for (size_t i = 0; i < seen->servers_n; i++) {
		const struct wq_dns_server_seen *s = &seen->servers[i];
		for (size_t k = 0; k < s->rounds_n; k++)
			if (s->serial_known[k]) {
				if (!any || serial_less(*ret, s->serials[k]))
					*ret = s->serials[k];
				any = true;
				break;
			}
	}
	return any;
}

static wq_err judge_serials(struct wq_dns_judging *j)
{
	uint32_t newest = 0;

	if (!first_newest(j->seen, &newest))
		return WQ_OK;
	for (size_t i = 0; i < j->seen->servers_n; i++) {
		const struct wq_dns_server_seen *s = &j->seen->servers[i];
		for (size_t k = s->rounds_n; k-- > 0;)
			if (s->serial_known[k]) {
				wq_str is = wq_dns_addr_text(j->arena, &s->addr);
				if (serial_less(s->serials[k], newest))
					WQ_TRY(wq_dns_say(j, WQ_RULE_DNS_NS_DIFFER, is, s->name,
						"%.*s [%.*s] SOA %u < %u", WQ_S_ARG(s->name), WQ_S_ARG(is),
						s->serials[k], newest));
				break;
			}
	}
	return WQ_OK;
}

static bool some_child(const struct wq_dns_observation *seen)
{
	for (size_t i = 0; i < seen->ns_n; i++)
		if (seen->ns[i].from_child)
			return true;
	return false;
}

static wq_err judge_delegation(struct wq_dns_judging *j)
{
	const struct wq_dns_observation *seen = j->seen;
	bool child = some_child(seen);

	for (size_t i = 0; i < seen->ns_n && child; i++) {
		const struct wq_dns_ns_seen *ns = &seen->ns[i];
		if (ns->from_parent != ns->from_child)
			WQ_TRY(wq_dns_say(j, WQ_RULE_DNS_NS_DIFFER, ns->name, ns->name, "NS %.*s: only %s",
				WQ_S_ARG(ns->name),
				ns->from_parent ? "the parent names it" : "the zone itself names it"));
		for (size_t k = 0; k < ns->glue_n && ns->addrs_n; k++)
			if (!wq_dns_addr_among(&ns->glue[k], ns->addrs, ns->addrs_n)) {
				wq_str is = wq_dns_addr_text(j->arena, &ns->glue[k]);
				WQ_TRY(wq_dns_say(j, WQ_RULE_DNS_NS_DIFFER, is, ns->name, "%.*s: glue %.*s, zone %.*s",
					WQ_S_ARG(ns->name), WQ_S_ARG(is),
					WQ_S_ARG(wq_dns_addrs_text(j, ns->addrs, ns->addrs_n))));
			}
	}
	return WQ_OK;
}

/* RFC 2182 §3.1, §5. */
static wq_err judge_single(struct wq_dns_judging *j)
{
	const struct wq_dns_observation *seen = j->seen;
	bool apart = false;

	if (!seen->zone_walked || seen->ns_n == 0)
		return WQ_OK;
	if (seen->ns_n < j->rules->ns_min)
		return wq_dns_say(j, WQ_RULE_DNS_NS_SINGLE, WQ_S("number"), seen->ns[0].name, "%.*s NS %.*s",
			WQ_S_ARG(seen->zone), WQ_S_ARG(seen->ns[0].name));
	for (size_t i = 1; i < seen->servers_n; i++)
		apart |= !wq_dns_same_network(j->rules, &seen->servers[0].addr, &seen->servers[i].addr);
	if (apart || seen->servers_n == 0)
		return WQ_OK;
	return wq_dns_say(j, WQ_RULE_DNS_NS_SINGLE, WQ_S("network"), seen->servers[0].name,
		"%.*s: every NS in the network of %.*s", WQ_S_ARG(seen->zone),
		WQ_S_ARG(wq_dns_addr_text(j->arena, &seen->servers[0].addr)));
}

wq_err wq_dns_judge_zone(struct wq_dns_judging *j)
{
	WQ_TRY(judge_changed(j));
	WQ_TRY(judge_lame(j));
	WQ_TRY(judge_serials(j));
	WQ_TRY(judge_delegation(j));
	return judge_single(j);
}

/* ---- signatures, certificates ---- */

static wq_err judge_dates(struct wq_dns_judging *j)
{
	char text[WQ_TIME_TEXT];
	const struct wq_dns_observation *seen = j->seen;
	wq_time now = j->subject->now;

	if (seen->signatures_earliest == 0 || now == 0)
		return WQ_OK;
	(void)wq_time_text(seen->signatures_earliest, text);
	if (seen->security != WQ_DNS_SECURE || seen->signatures_earliest <= now ||
		seen->signatures_earliest > now + (wq_time)j->rules->expires_days * WQ_DAY)
		return WQ_OK;
	return wq_dns_say(j, WQ_RULE_DNS_EXPIRES, seen->zone, WQ_S_NONE, "RRSIG %.10s", text);
}

static wq_err judge_dnssec(struct wq_dns_judging *j)
{
	char text[WQ_TIME_TEXT];
	const struct wq_dns_observation *seen = j->seen;
	bool expired = seen->signatures_earliest && j->subject->now && seen->signatures_earliest <= j->subject->now;

	switch (seen->security) {
	case WQ_DNS_BOGUS:
		(void)wq_time_text(seen->signatures_earliest, text);
		return wq_dns_say(j, WQ_RULE_DNS_BOGUS, seen->zone, WQ_S_NONE, "%s%.*s%s%.*s",
			expired ? "RRSIG expired " : "", expired ? 10 : 0, text, expired ? "; " : "",
			WQ_S_ARG(seen->security_reason));
	case WQ_DNS_INSECURE:
		return wq_dns_say(j, WQ_RULE_DNS_NO_DNSSEC, seen->zone, WQ_S_NONE, "%.*s: %s", WQ_S_ARG(seen->zone),
			seen->dnskey_n ? "DNSKEY, no DS" : "no DS");
	case WQ_DNS_SECURE:
	case WQ_DNS_NOT_VALIDATED: break;
	}
	return judge_dates(j);
}

static wq_err judge_caa(struct wq_dns_judging *j)
{
	struct wq_caa caa;

	if (j->seen->caa_outcome != WQ_DNS_ANSWERED || j->registered->no_site)
		return WQ_OK;
	for (size_t i = 0; i < j->seen->caa_n; i++)
		if (wq_caa_parse(j->seen->caa[i], &caa) &&
			(wq_str_eq_nocase(caa.tag, WQ_S("issue")) || wq_str_eq_nocase(caa.tag, WQ_S("issuewild"))))
			return WQ_OK;
	return wq_dns_say(j, WQ_RULE_DNS_NO_CAA, j->seen->zone, WQ_S_NONE, "CAA %.*s",
		WQ_S_ARG(wq_dns_names_text(j->arena, j->seen->caa, j->seen->caa_n)));
}

wq_err wq_dns_judge_security(struct wq_dns_judging *j)
{
	if (!j->seen->zone_walked || j->seen->zone.n == 0)
		return WQ_OK;
	WQ_TRY(judge_dnssec(j));
	return judge_caa(j);
}
