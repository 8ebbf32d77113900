/* Answers: do they exist, are they the registered ones, who gives others, where are they. */
#include "detect/dns/judge_priv.h"

/* ---- the authoritative answers ---- */

static bool answered(const struct wq_dns_answer *a)
{
	return a->outcome == WQ_DNS_ANSWERED && (a->rcode == WQ_DNS_NOERROR || a->rcode == WQ_DNS_NXDOMAIN);
}

static bool resolved_by_any(const struct wq_dns_observation *seen)
{
	for (size_t i = 0; i < seen->resolvers_n; i++)
		for (size_t k = 0; k < seen->resolvers[i].rounds_n; k++)
			if (seen->resolvers[i].rounds[k].addrs_n)
				return true;
	return false;
}

static bool kept_away(const struct wq_dns_observation *seen)
{
	for (size_t i = 0; i < seen->servers_n; i++)
		for (size_t k = 0; k < seen->servers[i].rounds_n; k++)
			if (seen->servers[i].rounds[k].outcome == WQ_DNS_FORBIDDEN)
				return true;
	return false;
}

static wq_err judge_existence(struct wq_dns_judging *j)
{
	const struct wq_dns_observation *seen = j->seen;
	size_t missing = 0, empty = 0;

	if (!seen->zone_walked || seen->truths_n == 0 || j->registered->no_site)
		return WQ_OK;
	for (size_t i = 0; i < seen->truths_n; i++) {
		const struct wq_dns_answer *a = &seen->truths[i];
		if (a->addrs_n)
			return WQ_OK;
		missing += a->outcome == WQ_DNS_ANSWERED && a->rcode == WQ_DNS_NXDOMAIN;
		empty += a->outcome == WQ_DNS_ANSWERED && a->rcode == WQ_DNS_NOERROR;
	}
	if (!missing && !empty &&
		(resolved_by_any(seen) || kept_away(seen))) /* out of this observer's reach, no more */
		return WQ_OK;
	if (empty && !j->registered->nets_n && !j->registered->cnames_n && !j->subject->portal)
		return WQ_OK;
	const char *why = missing ? "no such name" : empty ? "no address" : "no authoritative server gives an answer";
	return wq_dns_say(j, WQ_RULE_DNS_NO_ANSWER, WQ_S_NONE, seen->domain, "%.*s: %s", WQ_S_ARG(seen->domain), why);
}

static bool chain_registered(const struct wq_dns_judging *j, const struct wq_dns_answer *a)
{
	for (size_t i = 0; i < a->chain_n; i++)
		for (size_t k = 0; k < j->registered->cnames_n; k++)
			if (wq_host_under(a->chain[i], j->registered->cnames[k]))
				return true;
	return false;
}

/* A registered CNAME answers for the addresses behind it. */
static wq_err judge_registered(struct wq_dns_judging *j)
{
	const struct wq_dns_registered *r = j->registered;
	const struct wq_dns_observation *seen = j->seen;

	for (size_t i = 0; i < seen->truths_n; i++) {
		const struct wq_dns_answer *a = &seen->truths[i];
		if (a->addrs_n == 0 || chain_registered(j, a))
			continue;
		if (r->cnames_n && !r->nets_n)
			return wq_dns_say(j, WQ_RULE_DNS_DIFFERS, WQ_S("CNAME"),
				a->chain_n ? a->chain[a->chain_n - 1] : wq_dns_addr_text(j->arena, &a->addrs[0]),
				"NS → %.*s %.*s; registered: CNAME %.*s",
				WQ_S_ARG(wq_dns_names_text(j->arena, a->chain, a->chain_n)),
				WQ_S_ARG(wq_dns_addrs_text(j, a->addrs, a->addrs_n)),
				WQ_S_ARG(wq_dns_names_text(j->arena, r->cnames, r->cnames_n)));
		for (size_t k = 0; k < a->addrs_n && r->nets_n; k++)
			if (!wq_dns_addr_in(&a->addrs[k], r->nets, r->nets_n)) {
				wq_str is = wq_dns_addr_text(j->arena, &a->addrs[k]);
				WQ_TRY(wq_dns_say(j, WQ_RULE_DNS_DIFFERS, is, is, "NS → %.*s; registered: %.*s%s",
					WQ_S_ARG(wq_dns_addrs_text(j, &a->addrs[k], 1)),
					WQ_S_ARG(wq_dns_addr_text(j->arena, &r->nets[0].addr)),
					r->nets_n > 1 ? ", …" : ""));
			}
	}
	return WQ_OK;
}

static bool is_private(const struct wq_addr *addr)
{
	switch (wq_addr_class(addr)) {
	case WQ_ADDR_UNSPECIFIED:
	case WQ_ADDR_LOOPBACK:
	case WQ_ADDR_PRIVATE:
	case WQ_ADDR_LINK_LOCAL:
	case WQ_ADDR_UNIQUE_LOCAL:
	case WQ_ADDR_SHARED: return true;
	case WQ_ADDR_GLOBAL:
	case WQ_ADDR_DOCUMENTATION:
	case WQ_ADDR_MULTICAST:
	case WQ_ADDR_TRANSITION:
	case WQ_ADDR_RESERVED: break;
	}
	return false;
}

static wq_err judge_private(struct wq_dns_judging *j)
{
	for (size_t i = 0; i < j->truth_n; i++)
		if (is_private(&j->truth[i])) {
			wq_str is = wq_dns_addr_text(j->arena, &j->truth[i]);
			WQ_TRY(wq_dns_say(j, WQ_RULE_DNS_PRIVATE, is, is, "%.*s → %.*s (%s)", WQ_S_ARG(j->seen->domain),
				WQ_S_ARG(is), wq_addr_class_text(wq_addr_class(&j->truth[i]))));
		}
	return WQ_OK;
}

/* ---- resolvers ---- */

static wq_str owner_of(const struct wq_dns_judging *j, const struct wq_addr *addr)
{
	const struct wq_dns_located *at = wq_dns_located_of(j->seen, addr);

	return at ? at->owner : WQ_S_NONE;
}

static bool known(const struct wq_dns_judging *j, const struct wq_addr *addr)
{
	wq_str owner = owner_of(j, addr);

	if (wq_dns_addr_in(addr, j->registered->nets, j->registered->nets_n))
		return true;
	for (size_t i = 0; i < j->truth_n; i++) {
		if (wq_dns_same_network(j->rules, addr, &j->truth[i]))
			return true;
		if (owner.n && wq_str_eq(owner, owner_of(j, &j->truth[i])))
			return true;
	}
	return false;
}

/* A resolver of one's own network that answers with addresses of it has a view of its own: no fault. */
static bool own_view(const struct wq_dns_resolver_seen *r, const struct wq_addr *addr)
{
	return is_private(addr) && is_private(&r->addr);
}

static bool strange(const struct wq_dns_judging *j, const struct wq_dns_resolver_seen *r, const struct wq_dns_answer *a)
{
	for (size_t i = 0; i < a->addrs_n; i++)
		if (known(j, &a->addrs[i]) || own_view(r, &a->addrs[i]))
			return false;
	return true;
}

static wq_err judge_resolver(struct wq_dns_judging *j, const struct wq_dns_resolver_seen *r, bool *ret_poisoned)
{
	const struct wq_dns_answer *last = NULL;
	size_t answers = 0, odd = 0;

	for (size_t i = 0; i < r->rounds_n; i++)
		if (answered(&r->rounds[i])) {
			answers++;
			if (strange(j, r, &r->rounds[i])) {
				odd++;
				last = &r->rounds[i];
			}
		}
	if (answers < j->rules->poison_rounds || odd < answers)
		return WQ_OK;
	*ret_poisoned = true;
	wq_str gives = last->addrs_n ? wq_dns_addrs_text(j, last->addrs, last->addrs_n)
		: last->rcode        ? WQ_S("no such name")
				     : WQ_S("no address");
	return wq_dns_say(j, WQ_RULE_DNS_POISONED, r->name,
		last->addrs_n ? wq_dns_addr_text(j->arena, &last->addrs[0]) : WQ_S_NONE,
		"@%.*s → %.*s (%zu/%zu); NS → %.*s", WQ_S_ARG(r->name), WQ_S_ARG(gives), odd, answers,
		WQ_S_ARG(wq_dns_addrs_text(j, j->truth, j->truth_n)));
}

/* Nothing is compared with nothing: without an authoritative or registered address no resolver is wrong. */
static wq_err judge_resolvers(struct wq_dns_judging *j)
{
	if (j->truth_n == 0 && (j->registered->nets_n == 0 || j->seen->zone_walked))
		return WQ_OK;
	for (size_t i = 0; i < j->seen->resolvers_n; i++)
		WQ_TRY(judge_resolver(j, &j->seen->resolvers[i], &j->poisoned[i]));
	return WQ_OK;
}

wq_err wq_dns_judge_answers(struct wq_dns_judging *j)
{
	WQ_TRY(judge_existence(j));
	WQ_TRY(judge_registered(j));
	WQ_TRY(judge_private(j));
	WQ_TRY(judge_resolvers(j));
	for (size_t i = 0; i < j->seen->dangling_n; i++) {
		const struct wq_dns_dangling *d = &j->seen->dangling[i];
		WQ_TRY(wq_dns_say(j, WQ_RULE_DNS_DANGLING, d->target, d->target, "%.*s → %.*s: no such name%s%.*s%s",
			WQ_S_ARG(d->owner), WQ_S_ARG(d->target), d->registrable_gone ? "; " : "",
			WQ_S_ARG(d->registrable_gone ? d->registrable : WQ_S_NONE),
			d->registrable_gone ? " can be registered by anybody" : ""));
	}
	if (j->seen->wildcard)
		WQ_TRY(wq_dns_say(
			j, WQ_RULE_DNS_WILDCARD, j->seen->zone, WQ_S_NONE, "*.%.*s", WQ_S_ARG(j->seen->zone)));
	return WQ_OK;
}

/* ---- places: C12 ---- */

static bool abroad(const struct wq_dns_judging *j, const struct wq_addr *addr)
{
	const struct wq_dns_located *at = wq_dns_located_of(j->seen, addr);

	return at && at->country.n && !wq_dns_name_among(at->country, j->rules->countries, j->rules->countries_n);
}

static bool through_cdn(const struct wq_dns_judging *j)
{
	for (size_t i = 0; i < j->seen->truths_n; i++) {
		const struct wq_dns_answer *a = &j->seen->truths[i];
		for (size_t k = 0; k < a->chain_n && j->seen->zone.n; k++)
			if (!wq_host_under(a->chain[k], j->seen->zone))
				return true;
	}
	return false;
}

static wq_err say_abroad(
	struct wq_dns_judging *j, enum wq_rule_id rule, wq_str from, const struct wq_dns_answer *a, size_t which)
{
	wq_str is = wq_dns_addr_text(j->arena, &a->addrs[which]);

	return wq_dns_say(j, rule, is, is, "%.*s%s→ %.*s %.*s", WQ_S_ARG(from), from.n ? " " : "",
		WQ_S_ARG(wq_dns_addrs_text(j, &a->addrs[which], 1)), WQ_S_ARG(owner_of(j, &a->addrs[which])));
}

static wq_err judge_place(struct wq_dns_judging *j, enum wq_rule_id rule, wq_str from, const struct wq_dns_answer *a)
{
	for (size_t i = 0; i < a->addrs_n; i++)
		if (abroad(j, &a->addrs[i]))
			WQ_TRY(say_abroad(j, rule, from, a, i));
	return WQ_OK;
}

static bool given_to_all(const struct wq_dns_judging *j, const struct wq_addr *addr)
{
	for (size_t i = 0; i < j->seen->truths_n; i++)
		if (wq_dns_addr_among(addr, j->seen->truths[i].addrs, j->seen->truths[i].addrs_n))
			return true;
	return false;
}

/* What visitors at a place inside the country get. A node abroad that everybody gets is a server abroad, unless a CDN answers. */
static wq_err judge_domestic(struct wq_dns_judging *j, bool cdn, wq_str from, const struct wq_dns_answer *a)
{
	for (size_t i = 0; i < a->addrs_n; i++)
		if (abroad(j, &a->addrs[i]) && (cdn || !given_to_all(j, &a->addrs[i])))
			WQ_TRY(say_abroad(j, WQ_RULE_DNS_CDN_ABROAD, from, a, i));
	return WQ_OK;
}

wq_err wq_dns_judge_places(struct wq_dns_judging *j)
{
	const struct wq_dns_observation *seen = j->seen;
	bool cdn = through_cdn(j);

	if (!seen->has_geo || j->registered->abroad)
		return WQ_OK;
	for (size_t i = 0; i < seen->truths_n; i++)
		if (!cdn)
			WQ_TRY(judge_place(j, WQ_RULE_DNS_ABROAD, WQ_S_NONE, &seen->truths[i]));
		else if (seen->vantage_domestic)
			WQ_TRY(judge_place(j, WQ_RULE_DNS_CDN_ABROAD, WQ_S_NONE, &seen->truths[i]));
	for (size_t i = 0; i < seen->regions_n; i++)
		if (seen->regions[i].domestic)
			WQ_TRY(judge_domestic(j, cdn, seen->regions[i].name, &seen->regions[i].answer));
	for (size_t i = 0; i < seen->resolvers_n; i++) {
		const struct wq_dns_resolver_seen *r = &seen->resolvers[i];
		const struct wq_dns_located *at = wq_dns_located_of(seen, &r->addr);
		if (j->poisoned[i] || !at || !at->country.n || abroad(j, &r->addr))
			continue;
		for (size_t k = 0; k < r->rounds_n; k++)
			WQ_TRY(judge_domestic(
				j, cdn, wq_arena_printf(j->arena, "@%.*s", WQ_S_ARG(r->name)), &r->rounds[k]));
	}
	return WQ_OK;
}
