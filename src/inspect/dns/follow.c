/* Names followed to their addresses through authoritative servers, many at a time. */
#include "inspect/dns/look_priv.h"

static wq_str chain_from(const struct wq_dns_message *m, wq_str at, wq_str *chain, size_t *n)
{
	for (unsigned hops = 0; hops < WQ_DNS_STEPS_MAX; hops++) {
		const struct wq_dns_record *next = NULL;
		for (size_t i = 0; i < m->records_n && !next; i++)
			if (m->records[i].section == WQ_DNS_ANSWER && m->records[i].type == WQ_DNS_CNAME &&
				wq_str_eq(m->records[i].owner, at))
				next = &m->records[i];
		if (!next)
			break;
		at = next->name;
		if (*n < WQ_DNS_STEPS_MAX)
			chain[(*n)++] = at;
	}
	return at;
}

static void addrs_at(const struct wq_dns_message *m, wq_str at, struct wq_addr *addrs, size_t *n)
{
	for (size_t i = 0; i < m->records_n; i++) {
		const struct wq_dns_record *r = &m->records[i];
		if (r->section == WQ_DNS_ANSWER && (r->type == WQ_DNS_A || r->type == WQ_DNS_AAAA) &&
			wq_str_eq(r->owner, at))
			(void)wq_dns_add_addr(addrs, n, WQ_DNS_ADDRS_MAX, &r->addr);
	}
}

static bool settled(const struct wq_dns_query *q)
{
	return q->outcome == WQ_DNS_ANSWERED &&
		(q->message.rcode == WQ_DNS_NOERROR || q->message.rcode == WQ_DNS_NXDOMAIN);
}

wq_err wq_dns_answer_of(struct wq_arena *arena, wq_str name, const struct wq_dns_query *a,
	const struct wq_dns_query *aaaa, struct wq_dns_answer *ret_answer, wq_str *ret_end)
{
	wq_str *chain = WQ_NEW_ARRAY(arena, wq_str, 2 * WQ_DNS_STEPS_MAX);
	struct wq_addr *addrs = WQ_NEW_ARRAY(arena, struct wq_addr, WQ_DNS_ADDRS_MAX);
	const struct wq_dns_query *first = settled(a) ? a : aaaa;
	struct wq_dns_answer out = {.chain = chain, .addrs = addrs};
	size_t rest = 0;
	wq_str spare[WQ_DNS_STEPS_MAX];

	if (!chain || !addrs)
		return wq_arena_err(arena);
	*ret_end = name;
	if (settled(first))
		*ret_end = chain_from(&first->message, name, chain, &out.chain_n);
	if (settled(a))
		addrs_at(&a->message, *ret_end, addrs, &out.addrs_n);
	if (settled(aaaa))
		addrs_at(&aaaa->message, chain_from(&aaaa->message, name, spare, &rest), addrs, &out.addrs_n);
	out.outcome = first->outcome;
	out.rcode = first->message.rcode;
	/* half an answer without an address is none */
	if (out.addrs_n == 0 && settled(a) != settled(aaaa)) {
		out.outcome = settled(a) ? aaaa->outcome : a->outcome;
		out.rcode = settled(a) ? aaaa->message.rcode : a->message.rcode;
	}
	*ret_answer = out;
	return WQ_OK;
}

/* ---- following ---- */

/* What the servers of one zone said of one item: a pair of queries each. */
struct leg {
	struct wq_dns_query *queries;
	size_t servers;
};

static wq_err leg_of(struct wq_dns_looking *look, struct wq_dns_follow *item, struct wq_dns_query *queries, size_t room,
	struct leg *ret)
{
	struct wq_addr addrs[WQ_DNS_SERVERS_MAX];
	struct wq_dns_zone *zone;

	WQ_TRY(wq_dns_walk(look, item->at, &zone));
	size_t n = zone ? wq_dns_zone_servers(zone, addrs, NULL, WQ_MIN(item->servers_max, (size_t)WQ_DNS_SERVERS_MAX))
			: 0;
	*ret = (struct leg){.queries = queries};
	for (size_t i = 0; i < n && 2 * (i + 1) <= room; i++, ret->servers++)
		for (unsigned k = 0; k < 2; k++)
			queries[2 * i + k] = (struct wq_dns_query){.question = {.name = item->at,
									   .type = k ? WQ_DNS_AAAA : WQ_DNS_A,
									   .subnet = item->subnet,
									   .subnet_bits = item->subnet_bits},
				.to = addrs[i]};
	return WQ_OK;
}

static void merge(struct wq_dns_follow *item, const struct wq_dns_answer *a, struct wq_addr *addrs, bool first)
{
	if (first || (item->answer.outcome != WQ_DNS_ANSWERED && a->outcome == WQ_DNS_ANSWERED) ||
		(item->answer.rcode != WQ_DNS_NOERROR && a->outcome == WQ_DNS_ANSWERED && a->rcode == WQ_DNS_NOERROR)) {
		item->answer.outcome = a->outcome;
		item->answer.rcode = a->rcode;
	}
	for (size_t i = 0; i < a->addrs_n; i++)
		(void)wq_dns_add_addr(addrs, &item->answer.addrs_n, WQ_DNS_ADDRS_MAX, &a->addrs[i]);
}

/* A server that is asked for a zone that it does not serve does not say what the name is. */
static bool speaks(const struct wq_dns_query *q)
{
	return q->outcome != WQ_DNS_ANSWERED || q->message.authoritative;
}

static wq_err take_leg(struct wq_dns_looking *look, struct wq_dns_follow *item, const struct leg *leg)
{
	wq_str *chain = WQ_NEW_ARRAY(look->arena, wq_str, 4 * WQ_DNS_STEPS_MAX);
	struct wq_addr *addrs = WQ_NEW_ARRAY(look->arena, struct wq_addr, WQ_DNS_ADDRS_MAX);
	wq_str end = item->at, here;
	bool any = false;

	if (!chain || !addrs)
		return wq_arena_err(look->arena);
	if (item->answer.chain_n)
		memcpy(chain, item->answer.chain, item->answer.chain_n * sizeof *chain);
	for (size_t i = 0; i < leg->servers; i++) {
		const struct wq_dns_query *q = &leg->queries[2 * i];
		struct wq_dns_answer a;
		if (!speaks(&q[0]) || !speaks(&q[1]))
			continue;
		WQ_TRY(wq_dns_answer_of(look->arena, item->at, &q[0], &q[1], &a, &here));
		merge(item, &a, addrs, !any);
		any = true;
		item->subnet_known |= q[0].message.has_subnet;
		item->scoped |= q[0].message.scope > 0;
		if (wq_str_eq(end, item->at) && a.chain_n) {
			for (size_t k = 0; k < a.chain_n && item->answer.chain_n < 3 * WQ_DNS_STEPS_MAX; k++)
				chain[item->answer.chain_n++] = a.chain[k];
			end = here;
		}
	}
	item->answer.chain = chain;
	item->answer.addrs = addrs;
	item->done = !any || item->answer.addrs_n || wq_str_eq(end, item->at) || item->answer.rcode == WQ_DNS_NXDOMAIN;
	if (!any)
		item->answer.outcome = WQ_DNS_TIMEOUT;
	item->at = end;
	return WQ_OK;
}

wq_err wq_dns_follow_all(struct wq_dns_looking *look, struct wq_dns_follow *items, size_t n)
{
	enum { ROOM = 2 * WQ_DNS_SERVERS_MAX };
	struct leg *legs = WQ_NEW_ARRAY(look->arena, struct leg, n + 1);

	if (!legs)
		return wq_arena_err(look->arena);
	for (size_t i = 0; i < n; i++)
		items[i].at = items[i].name;
	for (unsigned hop = 0; hop < WQ_DNS_STEPS_MAX / 2; hop++) {
		size_t room = 0, used = 0;
		for (size_t i = 0; i < n; i++)
			room += items[i].done ? 0 : 2 * WQ_MIN(items[i].servers_max, (size_t)WQ_DNS_SERVERS_MAX);
		if (room == 0)
			break;
		struct wq_dns_query *queries = WQ_NEW_ARRAY(look->arena, struct wq_dns_query, room);
		if (!queries)
			return wq_arena_err(look->arena);
		for (size_t i = 0; i < n; i++)
			if (!items[i].done) {
				WQ_TRY(leg_of(
					look, &items[i], queries + used, WQ_MIN(room - used, (size_t)ROOM), &legs[i]));
				used += 2 * legs[i].servers;
			}
		WQ_TRY(wq_dns_ask_all(look, queries, used));
		for (size_t i = 0; i < n; i++)
			if (!items[i].done)
				WQ_TRY(take_leg(look, &items[i], &legs[i]));
	}
	return WQ_OK;
}
