/* Delegations, from the root down: what the parent says, and what the zone itself says. */
#include "inspect/dns/look_priv.h"

enum { ASKED_A_STEP = 3 };

static bool under(wq_str name, wq_str apex)
{
	return wq_str_eq(apex, WQ_S(".")) || wq_host_under(name, apex);
}

static struct wq_dns_host *host_of(struct wq_dns_zone *zone, wq_str name)
{
	for (size_t i = 0; i < zone->hosts_n; i++)
		if (wq_str_eq(zone->hosts[i].name, name))
			return &zone->hosts[i];
	if (zone->hosts_n == WQ_DNS_NS_MAX)
		return NULL;
	zone->hosts[zone->hosts_n] = (struct wq_dns_host){.name = name};
	return &zone->hosts[zone->hosts_n++];
}

/* ---- hosts ---- */

static void take_addrs(struct wq_dns_host *host, const struct wq_dns_resolve *r)
{
	wq_str at = host->name;

	for (size_t i = 0; i < r->message.records_n; i++) {
		const struct wq_dns_record *record = &r->message.records[i];
		if (record->section == WQ_DNS_ANSWER && record->type == WQ_DNS_CNAME && wq_str_eq(record->owner, at))
			at = record->name;
		if (record->section == WQ_DNS_ANSWER && record->type == r->type && wq_str_eq(record->owner, at))
			(void)wq_dns_add_addr(host->addrs, &host->addrs_n, WQ_COUNT(host->addrs), &record->addr);
	}
	if (host->outcome != WQ_DNS_ANSWERED ||
		r->outcome != WQ_DNS_ANSWERED) /* either failing makes the whole unknown */
		host->outcome = host->outcome == WQ_DNS_NOT_ASKED ? r->outcome : WQ_DNS_TIMEOUT;
	host->rcode = r->message.rcode;
}

/* Resolves the hosts from `from` on that have no address yet, or all of them. */
static wq_err resolve_hosts(struct wq_dns_looking *look, struct wq_dns_zone *zone, bool all)
{
	struct wq_dns_resolve *r = WQ_NEW_ARRAY(look->arena, struct wq_dns_resolve, 2 * WQ_DNS_NS_MAX);
	struct wq_dns_host *of[2 * WQ_DNS_NS_MAX];
	size_t n = 0;

	if (!r)
		return wq_arena_err(look->arena);
	for (size_t i = 0; i < zone->hosts_n; i++) {
		struct wq_dns_host *host = &zone->hosts[i];
		if (host->outcome != WQ_DNS_NOT_ASKED || (host->glue_n && !all))
			continue;
		for (unsigned k = 0; k < 2; k++) {
			of[n] = host;
			r[n++] = (struct wq_dns_resolve){.name = host->name, .type = k ? WQ_DNS_AAAA : WQ_DNS_A};
		}
	}
	WQ_TRY(wq_dns_resolve_all(look, r, n));
	for (size_t i = 0; i < n; i++)
		take_addrs(of[i], &r[i]);
	return WQ_OK;
}

static bool nth_addr(const struct wq_dns_host *host, size_t nth, uint8_t family, struct wq_addr *ret)
{
	/* what the zone says beats what the parent says */
	const struct wq_addr *lists[] = {host->addrs, host->glue};
	size_t counts[] = {host->addrs_n, host->glue_n}, seen = 0;

	for (unsigned l = 0; l < 2; l++)
		for (size_t i = 0; i < counts[l]; i++) {
			bool repeated = false;
			for (size_t k = 0; l == 1 && k < host->addrs_n; k++)
				repeated |= wq_dns_same_addr(&host->addrs[k], &lists[l][i]);
			if (repeated || lists[l][i].family != family || seen++ != nth)
				continue;
			*ret = lists[l][i];
			return true;
		}
	return false;
}

size_t wq_dns_zone_servers(const struct wq_dns_zone *zone, struct wq_addr *out, wq_str *ret_names, size_t max)
{
	size_t n = 0;

	for (unsigned family = 4; family <= 6; family += 2)
		for (size_t nth = 0; nth < 8; nth++)
			for (size_t i = 0; i < zone->hosts_n && n < max; i++) {
				struct wq_addr addr;
				if (!nth_addr(&zone->hosts[i], nth, (uint8_t)family, &addr))
					continue;
				if (ret_names)
					ret_names[n] = zone->hosts[i].name;
				out[n++] = addr;
			}
	return n;
}

/* ---- one step down ---- */

static const struct wq_dns_query *usable(const struct wq_dns_query *queries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (queries[i].outcome == WQ_DNS_ANSWERED &&
			(queries[i].message.rcode == WQ_DNS_NOERROR || queries[i].message.rcode == WQ_DNS_NXDOMAIN))
			return &queries[i];
	return NULL;
}

static wq_err ask_servers(struct wq_dns_looking *look, const struct wq_dns_zone *zone, wq_str name, uint16_t type,
	size_t from, struct wq_dns_query *queries, size_t max, size_t *ret_n)
{
	struct wq_addr addrs[WQ_DNS_SERVERS_MAX];
	size_t n = wq_dns_zone_servers(zone, addrs, NULL, WQ_DNS_SERVERS_MAX), asked = 0;

	for (size_t i = from; i < n && asked < max; i++)
		queries[asked++] = (struct wq_dns_query){.question = {.name = name, .type = type}, .to = addrs[i]};
	*ret_n = asked;
	return wq_dns_ask_all(look, queries, asked);
}

static wq_err ask_roots(struct wq_dns_looking *look, wq_str name, uint16_t type, size_t from,
	struct wq_dns_query *queries, size_t max, size_t *ret_n)
{
	size_t asked = 0;

	for (size_t i = from; i < look->options.roots_n && asked < max; i++)
		queries[asked++] = (struct wq_dns_query){.question = {.name = name, .type = type},
			.to = look->options.roots[i].addr,
			.port = look->options.roots[i].port,
			.given = true};
	*ret_n = asked;
	return wq_dns_ask_all(look, queries, asked);
}

/* The first answer that can be used, of three servers, then of three others; NULL when nobody helps. */
static wq_err step(struct wq_dns_looking *look, const struct wq_dns_zone *zone, wq_str name,
	const struct wq_dns_query **ret_answer)
{
	*ret_answer = NULL;
	for (size_t from = 0; from < WQ_DNS_SERVERS_MAX && !*ret_answer; from += ASKED_A_STEP) {
		struct wq_dns_query *queries = WQ_NEW_ARRAY(look->arena, struct wq_dns_query, ASKED_A_STEP);
		size_t n;
		if (!queries)
			return wq_arena_err(look->arena);
		if (zone)
			WQ_TRY(ask_servers(look, zone, name, WQ_DNS_SOA, from, queries, ASKED_A_STEP, &n));
		else
			WQ_TRY(ask_roots(look, name, WQ_DNS_SOA, from, queries, ASKED_A_STEP, &n));
		if (n == 0)
			break;
		*ret_answer = usable(queries, n);
	}
	return WQ_OK;
}

/* The zone that a referral leads to: deeper than where we are and above the name. Empty when it is none. */
static wq_str referral(const struct wq_dns_message *m, wq_str name, wq_str apex)
{
	for (size_t i = 0; i < m->records_n; i++) {
		const struct wq_dns_record *r = &m->records[i];
		if (r->section == WQ_DNS_AUTHORITY && r->type == WQ_DNS_NS && !wq_str_eq(r->owner, apex) &&
			under(name, r->owner) && under(r->owner, apex))
			return r->owner;
	}
	return WQ_S_NONE;
}

/* Where the answering server says that the zone begins, when it serves parent and child alike. */
static wq_str soa_owner(const struct wq_dns_message *m, wq_str name, wq_str apex)
{
	for (size_t i = 0; i < m->records_n; i++) {
		const struct wq_dns_record *r = &m->records[i];
		if (r->type == WQ_DNS_SOA && under(name, r->owner) && under(r->owner, apex))
			return r->owner;
	}
	return apex;
}

static struct wq_dns_zone *zone_known(struct wq_dns_looking *look, wq_str apex)
{
	for (size_t i = 0; i < look->zones_n; i++)
		if (wq_str_eq(look->zones[i]->apex, apex))
			return look->zones[i];
	return NULL;
}

static wq_err zone_new(struct wq_dns_looking *look, wq_str apex, struct wq_dns_zone **ret_zone)
{
	struct wq_dns_zone *zone = WQ_NEW(look->arena, struct wq_dns_zone);

	if (!zone)
		return wq_arena_err(look->arena);
	zone->apex = apex;
	*ret_zone = NULL;
	if (look->zones_n == WQ_DNS_ZONES_MAX) {
		wq_dns_limited(look, "zones");
		return WQ_OK;
	}
	look->zones[look->zones_n++] = zone;
	*ret_zone = zone;
	return WQ_OK;
}

/* Glue counts only for hosts under the zone that gives it (RFC 9471, and against planted addresses). */
static wq_err take_referral(struct wq_dns_looking *look, const struct wq_dns_message *m, wq_str apex, wq_str above,
	struct wq_dns_zone **ret_zone)
{
	WQ_TRY(zone_new(look, apex, ret_zone));
	for (size_t i = 0; *ret_zone && i < m->records_n; i++) {
		const struct wq_dns_record *r = &m->records[i];
		struct wq_dns_host *host;
		if (r->type == WQ_DNS_NS && wq_str_eq(r->owner, apex) && (host = host_of(*ret_zone, r->name)))
			host->from_parent = true;
	}
	for (size_t i = 0; *ret_zone && i < m->records_n; i++) {
		const struct wq_dns_record *r = &m->records[i];
		for (size_t k = 0; k < (*ret_zone)->hosts_n; k++) {
			struct wq_dns_host *host = &(*ret_zone)->hosts[k];
			if ((r->type == WQ_DNS_A || r->type == WQ_DNS_AAAA) && wq_str_eq(r->owner, host->name) &&
				under(r->owner, above))
				(void)wq_dns_add_addr(host->glue, &host->glue_n, WQ_COUNT(host->glue), &r->addr);
		}
	}
	return *ret_zone ? resolve_hosts(look, *ret_zone, false) : WQ_OK;
}

/* A zone inside one whose servers serve both (NULL: the root): its parent's view is its own. */
static wq_err zone_within(
	struct wq_dns_looking *look, const struct wq_dns_zone *outer, wq_str apex, struct wq_dns_zone **ret_zone)
{
	struct wq_dns_query queries[ASKED_A_STEP];
	size_t n;

	if (outer)
		WQ_TRY(ask_servers(look, outer, apex, WQ_DNS_NS, 0, queries, ASKED_A_STEP, &n));
	else
		WQ_TRY(ask_roots(look, apex, WQ_DNS_NS, 0, queries, ASKED_A_STEP, &n));
	const struct wq_dns_query *a = usable(queries, n);
	WQ_TRY(zone_new(look, apex, ret_zone));
	for (size_t i = 0; a && *ret_zone && i < a->message.records_n; i++) {
		const struct wq_dns_record *r = &a->message.records[i];
		struct wq_dns_host *host;
		if (r->type == WQ_DNS_NS && wq_str_eq(r->owner, apex) && (host = host_of(*ret_zone, r->name)))
			host->from_parent = host->from_child = true;
	}
	return *ret_zone ? resolve_hosts(look, *ret_zone, true) : WQ_OK;
}

static wq_err walk(struct wq_dns_looking *look, wq_str name, struct wq_dns_zone **ret_zone)
{
	struct wq_dns_zone *zone = NULL;
	wq_str apex = WQ_S(".");

	*ret_zone = NULL;
	for (size_t i = 0; i < look->zones_n; i++) /* the deepest that is known is where the way begins */
		if (under(name, look->zones[i]->apex) && (!zone || under(look->zones[i]->apex, zone->apex)))
			zone = look->zones[i];
	for (unsigned i = 0; i < WQ_DNS_STEPS_MAX; i++) {
		const struct wq_dns_query *a;
		apex = zone ? zone->apex : WQ_S(".");
		WQ_TRY(step(look, zone, name, &a));
		if (!a) { /* nobody answers: the last delegation is what there is */
			*ret_zone = zone;
			return WQ_OK;
		}
		wq_str next = a->message.authoritative ? WQ_S_NONE : referral(&a->message, name, apex);
		if (next.n == 0) {
			wq_str within = a->message.authoritative ? soa_owner(&a->message, name, apex) : apex;
			*ret_zone = zone;
			if (!zone &&
				!a->message
					 .authoritative) /* something on the way answers for the root: nothing is known */
				return WQ_OK;
			if ((zone && wq_str_eq(within, apex)) || (*ret_zone = zone_known(look, within)))
				return WQ_OK;
			return zone_within(look, zone, within, ret_zone);
		}
		WQ_TRY(take_referral(look, &a->message, next, apex, &zone));
		if (!zone)
			return WQ_OK;
	}
	wq_dns_limited(look, "delegations");
	return WQ_OK;
}

wq_err wq_dns_walk(struct wq_dns_looking *look, wq_str name, struct wq_dns_zone **ret_zone)
{
	for (size_t i = 0; i < look->ways_n; i++)
		if (wq_str_eq(look->ways[i].name, name)) {
			*ret_zone = look->ways[i].zone;
			return WQ_OK;
		}
	WQ_TRY(walk(look, name, ret_zone));
	if (look->ways_n < WQ_COUNT(look->ways)) {
		look->ways[look->ways_n].name = name;
		look->ways[look->ways_n++].zone = *ret_zone;
	}
	return WQ_OK;
}

wq_err wq_dns_zone_complete(struct wq_dns_looking *look, struct wq_dns_zone *zone)
{
	struct wq_dns_query queries[WQ_DNS_SERVERS_MAX];
	size_t n;

	if (zone->whole)
		return WQ_OK;
	zone->whole = true;
	WQ_TRY(ask_servers(look, zone, zone->apex, WQ_DNS_NS, 0, queries, WQ_DNS_SERVERS_MAX, &n));
	for (size_t i = 0; i < n; i++) {
		const struct wq_dns_message *m = &queries[i].message;
		if (queries[i].outcome != WQ_DNS_ANSWERED || !m->authoritative)
			continue;
		for (size_t k = 0; k < m->records_n; k++) {
			const struct wq_dns_record *r = &m->records[k];
			struct wq_dns_host *host;
			if (r->section == WQ_DNS_ANSWER && r->type == WQ_DNS_NS && wq_str_eq(r->owner, zone->apex) &&
				(host = host_of(zone, r->name)))
				host->from_child = true;
		}
	}
	return resolve_hosts(look, zone, true);
}
