#include "inspect/dns/look_priv.h"

#include <arpa/inet.h>
#include <poll.h>

enum {
	REGION_SERVERS = 2,
	LOCATED_MAX = 1024,
	RESOLVER_BITS4 = 24,
	RESOLVER_BITS6 = 56,
	CAA_MAX = 32,
	LABEL_BYTES = 6,
	SAMPLES = 24,
	SAMPLES_AT_ONCE = 8
};

/* ---- small things ---- */

uint32_t wq_dns_left(const struct wq_dns_looking *look)
{
	uint64_t spent = look->options.clock->monotonic_msec(look->options.clock->data) - look->started_msec;

	return spent >= look->options.total_msec ? 0 : look->options.total_msec - (uint32_t)spent;
}

void wq_dns_limited(struct wq_dns_looking *look, const char *what)
{
	for (size_t i = 0; i < look->limits_n; i++)
		if (wq_str_eq(look->limits[i], wq_str_c(what)))
			return;
	if (look->limits_n < WQ_DNS_LIMITS_MAX)
		look->limits[look->limits_n++] = wq_str_c(what);
}

bool wq_dns_may_ask(const struct wq_dns_looking *look, const struct wq_addr *addr)
{
	return look->options.allow_private || wq_addr_class(addr) == WQ_ADDR_GLOBAL;
}

wq_str wq_dns_text_of(struct wq_arena *arena, const struct wq_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(addr->family == 4 ? AF_INET : AF_INET6, addr->bytes, text, sizeof text))
		return WQ_S("?");
	return wq_arena_str(arena, wq_str_c(text));
}

bool wq_dns_same_addr(const struct wq_addr *a, const struct wq_addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

bool wq_dns_add_addr(struct wq_addr *list, size_t *n, size_t max, const struct wq_addr *addr)
{
	for (size_t i = 0; i < *n; i++)
		if (wq_dns_same_addr(&list[i], addr))
			return true;
	if (*n == max)
		return false;
	list[(*n)++] = *addr;
	return true;
}

bool wq_dns_endpoint_parse(wq_str text, struct wq_dns_endpoint *ret_endpoint)
{
	struct wq_dns_endpoint e = {0};
	ptrdiff_t equal = wq_str_chr(text, '=');
	wq_str at = wq_str_from(text, (size_t)(equal + 1)), host = at, port = WQ_S_NONE;
	ptrdiff_t bracket = wq_str_chr(at, ']'), colon = wq_str_chr(at, ':');
	uint64_t number = 0;
	uint8_t bits;

	if (bracket > 0 && at.p[0] == '[') {
		host = wq_str_of(at.p + 1, (size_t)bracket - 1);
		port = wq_str_from(at, (size_t)bracket + 1);
	} else if (colon >= 0 && wq_str_rchr(at, ':') == colon) {
		host = wq_str_head(at, (size_t)colon);
		port = wq_str_from(at, (size_t)colon);
	}
	if (port.n && (port.p[0] != ':' || !wq_str_to_u64(wq_str_from(port, 1), 65535, &number) || number == 0))
		return false;
	if (equal == 0 || wq_str_chr(host, '/') >= 0 || !wq_dns_net_parse(host, &e.addr, &bits))
		return false;
	e.port = (uint16_t)number;
	e.name = equal > 0 ? wq_str_head(text, (size_t)equal) : at;
	*ret_endpoint = e;
	return true;
}

/* ---- rounds ---- */

/* What is asked in every round, and where the answers go. */
struct rounds {
	wq_str domain;
	struct wq_dns_zone *zone; /* NULL: the name is in no zone of its own */
	struct wq_addr servers[WQ_DNS_SERVERS_MAX];
	wq_str server_names[WQ_DNS_SERVERS_MAX];
	size_t servers_n;
	struct wq_dns_resolver_seen *resolvers;
	struct wq_dns_answer *resolver_answers; /* by resolver, then round */
	struct wq_dns_server_seen *seen;
	struct wq_dns_answer *server_answers;
	uint32_t *serials;
	bool *serial_known;
	struct wq_dns_answer *truths;
};

static wq_err rounds_new(struct wq_dns_looking *look, struct rounds *r)
{
	const struct wq_dns_options *o = &look->options;
	struct wq_arena *arena = look->arena;

	r->resolvers = WQ_NEW_ARRAY(arena, struct wq_dns_resolver_seen, o->resolvers_n + 1);
	r->resolver_answers = WQ_NEW_ARRAY(arena, struct wq_dns_answer, o->resolvers_n * o->rounds + 1);
	r->seen = WQ_NEW_ARRAY(arena, struct wq_dns_server_seen, r->servers_n + 1);
	r->server_answers = WQ_NEW_ARRAY(arena, struct wq_dns_answer, r->servers_n * o->rounds + 1);
	r->serials = WQ_NEW_ARRAY(arena, uint32_t, r->servers_n * o->rounds + 1);
	r->serial_known = WQ_NEW_ARRAY(arena, bool, r->servers_n * o->rounds + 1);
	r->truths = WQ_NEW_ARRAY(arena, struct wq_dns_answer, o->rounds + SAMPLES);
	if (arena->failed)
		return wq_arena_err(arena);
	for (size_t i = 0; i < o->resolvers_n; i++)
		r->resolvers[i] = (struct wq_dns_resolver_seen){.name = o->resolvers[i].name.n
				? o->resolvers[i].name
				: wq_dns_text_of(arena, &o->resolvers[i].addr),
			.addr = o->resolvers[i].addr,
			.rounds = r->resolver_answers + i * o->rounds};
	for (size_t i = 0; i < r->servers_n; i++)
		r->seen[i] = (struct wq_dns_server_seen){.name = r->server_names[i],
			.addr = r->servers[i],
			.rounds = r->server_answers + i * o->rounds,
			.serials = r->serials + i * o->rounds,
			.serial_known = r->serial_known + i * o->rounds};
	return WQ_OK;
}

static const struct wq_dns_record *soa_of(const struct wq_dns_query *q, wq_str apex)
{
	for (size_t i = 0; q->outcome == WQ_DNS_ANSWERED && i < q->message.records_n; i++)
		if (q->message.records[i].type == WQ_DNS_SOA && wq_str_eq(q->message.records[i].owner, apex))
			return &q->message.records[i];
	return NULL;
}

static wq_err take_server(struct wq_dns_looking *look, struct rounds *r, size_t i, uint32_t round,
	const struct wq_dns_query *q, wq_str *ret_end)
{
	size_t at = i * look->options.rounds + round;
	const struct wq_dns_record *soa = soa_of(&q[2], r->zone->apex);

	WQ_TRY(wq_dns_answer_of(look->arena, r->domain, &q[0], &q[1], &r->server_answers[at], ret_end));
	if (r->server_answers[at].outcome != WQ_DNS_ANSWERED && q[2].outcome == WQ_DNS_ANSWERED)
		r->server_answers[at].outcome = WQ_DNS_ANSWERED; /* it lives, at least */
	if (soa && q[2].message.authoritative) {
		r->seen[i].authoritative = true;
		r->serials[at] = soa->serial;
		r->serial_known[at] = true;
	}
	r->seen[i].rounds_n = round + 1;
	return WQ_OK;
}

/* What the servers of the zone say together in this round, followed to its end in other zones. */
static wq_err take_truth(
	struct wq_dns_looking *look, struct rounds *r, uint32_t round, const struct wq_dns_query *queries)
{
	struct wq_addr *addrs = WQ_NEW_ARRAY(look->arena, struct wq_addr, WQ_DNS_ADDRS_MAX);
	struct wq_dns_answer *truth = &r->truths[round];
	struct wq_dns_answer one;
	wq_str end = r->domain, here;
	bool any = false;

	if (!addrs)
		return wq_arena_err(look->arena);
	*truth = (struct wq_dns_answer){.outcome = WQ_DNS_TIMEOUT, .addrs = addrs};
	for (size_t i = 0; i < r->servers_n; i++) {
		const struct wq_dns_query *q = queries + 3 * i;
		if (q[0].outcome != WQ_DNS_ANSWERED || !q[0].message.authoritative)
			continue;
		WQ_TRY(wq_dns_answer_of(look->arena, r->domain, &q[0], &q[1], &one, &here));
		if (!any || (truth->rcode && one.outcome == WQ_DNS_ANSWERED && !one.rcode)) {
			truth->outcome = one.outcome;
			truth->rcode = one.rcode;
		}
		if (truth->chain_n == 0 && one.chain_n) {
			truth->chain = one.chain;
			truth->chain_n = one.chain_n;
			end = here;
		}
		for (size_t k = 0; k < one.addrs_n; k++)
			(void)wq_dns_add_addr(addrs, &truth->addrs_n, WQ_DNS_ADDRS_MAX, &one.addrs[k]);
		any = true;
	}
	if (truth->addrs_n || wq_str_eq(end, r->domain))
		return WQ_OK;
	struct wq_dns_follow rest = {.name = end, .servers_max = WQ_DNS_SERVERS_MAX};
	WQ_TRY(wq_dns_follow_all(look, &rest, 1));
	wq_str *chain = WQ_NEW_ARRAY(look->arena, wq_str, truth->chain_n + rest.answer.chain_n + 1);
	if (!chain)
		return wq_arena_err(look->arena);
	memcpy(chain, truth->chain, truth->chain_n * sizeof *chain);
	if (rest.answer.chain_n)
		memcpy(chain + truth->chain_n, rest.answer.chain, rest.answer.chain_n * sizeof *chain);
	rest.answer.chain_n += truth->chain_n;
	rest.answer.chain = chain;
	*truth = rest.answer;
	return WQ_OK;
}

static wq_err run_round(struct wq_dns_looking *look, struct rounds *r, uint32_t round)
{
	const struct wq_dns_options *o = &look->options;
	size_t n = 2 * o->resolvers_n + 3 * r->servers_n, at = 0;
	struct wq_dns_query *q = WQ_NEW_ARRAY(look->arena, struct wq_dns_query, n + 1);
	static const uint16_t types[] = {WQ_DNS_A, WQ_DNS_AAAA, WQ_DNS_SOA};
	wq_str end;

	if (!q)
		return wq_arena_err(look->arena);
	for (size_t i = 0; i < r->servers_n; i++)
		for (unsigned k = 0; k < 3; k++)
			q[at++] = (struct wq_dns_query){
				.question = {.name = k == 2 ? r->zone->apex : r->domain, .type = types[k]},
				.to = r->servers[i]};
	for (size_t i = 0; i < o->resolvers_n; i++)
		for (unsigned k = 0; k < 2; k++)
			q[at++] = (struct wq_dns_query){
				.question = {.name = r->domain, .type = types[k], .recursion = true},
				.to = o->resolvers[i].addr,
				.port = o->resolvers[i].port,
				.given = true};
	WQ_TRY(wq_dns_ask_all(look, q, n));
	for (size_t i = 0; i < r->servers_n; i++)
		WQ_TRY(take_server(look, r, i, round, q + 3 * i, &end));
	const struct wq_dns_query *of = q + 3 * r->servers_n;
	for (size_t i = 0; i < o->resolvers_n; i++) {
		WQ_TRY(wq_dns_answer_of(look->arena, r->domain, &of[2 * i], &of[2 * i + 1],
			&r->resolver_answers[i * o->rounds + round], &end));
		r->resolvers[i].rounds_n = round + 1;
	}
	if (r->servers_n)
		return take_truth(look, r, round, q);
	struct wq_dns_follow follow = {.name = r->domain, .servers_max = WQ_DNS_SERVERS_MAX};
	WQ_TRY(wq_dns_follow_all(look, &follow, 1));
	r->truths[round] = follow.answer;
	return WQ_OK;
}

static wq_err run_rounds(struct wq_dns_looking *look, struct rounds *r, struct wq_dns_observation *seen)
{
	for (uint32_t round = 0; round < look->options.rounds; round++) {
		uint32_t left = wq_dns_left(look);
		if (left == 0) {
			wq_dns_limited(look, "time");
			break;
		}
		if (round)
			(void)poll(NULL, 0, (int)WQ_MIN(look->options.round_gap_msec, left));
		WQ_TRY(run_round(look, r, round));
		seen->truths_n += seen->zone_walked;
	}
	seen->truths = r->truths;
	seen->resolvers = r->resolvers;
	seen->resolvers_n = look->options.resolvers_n;
	seen->servers = r->seen;
	seen->servers_n = r->servers_n;
	return WQ_OK;
}

/* ---- who is asked ---- */

static wq_err find_servers(struct wq_dns_looking *look, struct rounds *r, struct wq_dns_observation *seen)
{
	struct wq_dns_zone *zone;
	wq_str registrable = wq_psl_registrable(look->options.psl, r->domain);

	WQ_TRY(wq_dns_walk(look, r->domain, &zone));
	seen->zone_walked = zone;
	if (!zone)
		wq_dns_limited(look,
			"the root and the servers below it did not answer: nothing is known of the authoritative servers");
	/* the zone of a public suffix is not the domain's: the name was never registered, or is no more */
	if (!zone || (registrable.n && !wq_host_under(zone->apex, registrable)))
		return WQ_OK;
	WQ_TRY(wq_dns_zone_complete(look, zone));
	r->zone = zone;
	r->servers_n = wq_dns_zone_servers(zone, r->servers, r->server_names, WQ_DNS_SERVERS_MAX);
	seen->zone = zone->apex;
	struct wq_dns_ns_seen *ns = WQ_NEW_ARRAY(look->arena, struct wq_dns_ns_seen, zone->hosts_n + 1);
	for (size_t i = 0; ns && i < zone->hosts_n; i++) {
		const struct wq_dns_host *h = &zone->hosts[i];
		ns[i] = (struct wq_dns_ns_seen){h->name, h->from_parent, h->from_child, h->glue, h->addrs, h->glue_n,
			h->addrs_n, h->outcome, h->rcode};
	}
	seen->ns = ns;
	seen->ns_n = zone->hosts_n;
	return wq_arena_err(look->arena);
}

/* ---- provinces, and what the resolvers' own networks get ---- */

static size_t add_region(struct wq_dns_region_seen *regions, size_t n, wq_str name, const struct wq_addr *net,
	uint8_t bits, bool domestic)
{
	regions[n] = (struct wq_dns_region_seen){.name = name, .net = *net, .bits = bits, .domestic = domestic};
	return n + 1;
}

static wq_err follow_regions(
	struct wq_dns_looking *look, wq_str domain, struct wq_dns_region_seen *regions, size_t n, bool *ret_understood)
{
	struct wq_dns_follow *follows = WQ_NEW_ARRAY(look->arena, struct wq_dns_follow, n + 1);

	if (!follows)
		return wq_arena_err(look->arena);
	for (size_t i = 0; i < n; i++)
		follows[i] = (struct wq_dns_follow){.name = domain,
			.subnet = &regions[i].net,
			.subnet_bits = regions[i].bits,
			.servers_max = REGION_SERVERS};
	WQ_TRY(wq_dns_follow_all(look, follows, n));
	*ret_understood = false;
	for (size_t i = 0; i < n; i++) {
		regions[i].answer = follows[i].answer;
		regions[i].scoped = follows[i].scoped;
		*ret_understood |= follows[i].subnet_known;
	}
	return WQ_OK;
}

/* The first province tells whether a server understands the option at all; else the answer is everybody's. */
static wq_err look_regions(struct wq_dns_looking *look, wq_str domain, struct wq_dns_observation *seen)
{
	const struct wq_dns_rules *rules = look->options.rules;
	size_t n = 0, most = rules->subnets_n + look->options.resolvers_n;
	struct wq_dns_region_seen *regions = WQ_NEW_ARRAY(look->arena, struct wq_dns_region_seen, most + 1);
	bool understood;

	if (!regions)
		return wq_arena_err(look->arena);
	for (size_t i = 0; i < rules->subnets_n; i++)
		n = add_region(
			regions, n, rules->subnets[i].province, &rules->subnets[i].addr, rules->subnets[i].bits, true);
	for (size_t i = 0; i < look->options.resolvers_n; i++) {
		const struct wq_addr *addr = &look->options.resolvers[i].addr;
		if (wq_addr_class(addr) == WQ_ADDR_GLOBAL)
			n = add_region(regions, n,
				wq_arena_printf(look->arena, "resolver %.*s", WQ_S_ARG(seen->resolvers[i].name)), addr,
				addr->family == 4 ? RESOLVER_BITS4 : RESOLVER_BITS6, false);
	}
	if (n == 0)
		return WQ_OK;
	WQ_TRY(follow_regions(look, domain, regions, 1, &understood));
	if (!understood)
		return WQ_OK;
	WQ_TRY(follow_regions(look, domain, regions + 1, n - 1, &understood));
	seen->regions = regions;
	seen->regions_n = n;
	return WQ_OK;
}

/* ---- answers that nothing explains yet ---- */

static bool explained(const struct wq_dns_observation *seen, const struct wq_addr *addr)
{
	for (size_t i = 0; i < seen->truths_n; i++)
		for (size_t k = 0; k < seen->truths[i].addrs_n; k++)
			if (wq_dns_same_addr(&seen->truths[i].addrs[k], addr))
				return true;
	for (size_t i = 0; i < seen->regions_n; i++)
		for (size_t k = 0; k < seen->regions[i].answer.addrs_n; k++)
			if (wq_dns_same_addr(&seen->regions[i].answer.addrs[k], addr))
				return true;
	return false;
}

static bool all_explained(const struct wq_dns_observation *seen)
{
	for (size_t i = 0; i < seen->resolvers_n; i++) {
		bool any = false, known = false;
		for (size_t r = 0; r < seen->resolvers[i].rounds_n; r++)
			for (size_t k = 0; k < seen->resolvers[i].rounds[r].addrs_n; k++) {
				any = true;
				known |= explained(seen, &seen->resolvers[i].rounds[r].addrs[k]);
			}
		if (any && !known)
			return false;
	}
	return true;
}

/* A large pool that rotates is seen in part only: before a resolver is suspected, more of it is asked for. */
static wq_err sample_more(struct wq_dns_looking *look, const struct rounds *r, struct wq_dns_observation *seen)
{
	struct wq_dns_follow follows[SAMPLES_AT_ONCE];

	for (unsigned turn = 0; turn < SAMPLES && seen->truths_n && !all_explained(seen); turn += SAMPLES_AT_ONCE) {
		for (size_t i = 0; i < WQ_COUNT(follows); i++)
			follows[i] = (struct wq_dns_follow){.name = r->domain, .servers_max = WQ_DNS_SERVERS_MAX};
		WQ_TRY(wq_dns_follow_all(look, follows, WQ_COUNT(follows)));
		for (size_t i = 0; i < WQ_COUNT(follows); i++)
			if (follows[i].answer.addrs_n)
				r->truths[seen->truths_n++] = follows[i].answer;
	}
	return WQ_OK;
}

/* ---- what else is asked once ---- */

static wq_err look_wildcard(struct wq_dns_looking *look, const struct rounds *r, struct wq_dns_observation *seen)
{
	uint8_t bytes[LABEL_BYTES];
	char hex[2 * LABEL_BYTES + 1];

	look->options.random->fill(look->options.random->data, bytes, sizeof bytes);
	seen->wildcard_name = wq_arena_printf(
		look->arena, "wq%s.%.*s", wq_hex(bytes, sizeof bytes, hex), WQ_S_ARG(r->zone->apex));
	struct wq_dns_follow follow = {.name = seen->wildcard_name, .servers_max = REGION_SERVERS};
	WQ_TRY(wq_arena_err(look->arena));
	WQ_TRY(wq_dns_follow_all(look, &follow, 1));
	seen->wildcard = follow.answer.addrs_n || follow.answer.chain_n;
	return WQ_OK;
}

/* Every round has to say so; then its registrable domain is looked up. */
static wq_err look_dangling(struct wq_dns_looking *look, struct wq_dns_observation *seen)
{
	struct wq_dns_dangling *d = WQ_NEW(look->arena, struct wq_dns_dangling);

	if (!d)
		return wq_arena_err(look->arena);
	for (size_t i = 0; i < seen->truths_n; i++) {
		const struct wq_dns_answer *a = &seen->truths[i];
		if (a->outcome != WQ_DNS_ANSWERED || a->rcode != WQ_DNS_NXDOMAIN || a->chain_n == 0)
			return WQ_OK;
		*d = (struct wq_dns_dangling){.owner = a->chain_n > 1 ? a->chain[a->chain_n - 2] : seen->domain,
			.target = a->chain[a->chain_n - 1]};
	}
	if (d->target.n == 0)
		return WQ_OK;
	d->registrable = wq_psl_registrable(look->options.psl, d->target);
	struct wq_dns_resolve r = {.name = d->registrable, .type = WQ_DNS_SOA};
	if (d->registrable.n) {
		WQ_TRY(wq_dns_resolve_all(look, &r, 1));
		d->registrable_gone = r.outcome == WQ_DNS_ANSWERED && r.message.rcode == WQ_DNS_NXDOMAIN;
	}
	seen->dangling = d;
	seen->dangling_n = 1;
	return WQ_OK;
}

/* Seconds of RFC 4034 §3.1.5 are of a circle of 2^32: the nearest to now is meant. */
static wq_time time_of(uint32_t seconds, wq_time now)
{
	uint32_t here = (uint32_t)(now / WQ_SECOND);

	return (now / WQ_SECOND + (int32_t)(seconds - here)) * WQ_SECOND;
}

static void take_signatures(struct wq_dns_observation *seen, const struct wq_dns_query *q, wq_time now)
{
	size_t keys = 0;

	for (size_t i = 0; i < q->message.records_n; i++) {
		const struct wq_dns_record *record = &q->message.records[i];
		keys += record->section == WQ_DNS_ANSWER && record->type == WQ_DNS_DNSKEY;
		if (record->type != WQ_DNS_RRSIG || record->section == WQ_DNS_ADDITIONAL ||
			!wq_host_under(record->owner, seen->zone))
			continue;
		wq_time expires = time_of(record->expires, now), starts = time_of(record->inception, now);
		if (!seen->signatures_earliest || expires < seen->signatures_earliest)
			seen->signatures_earliest = expires;
		seen->signatures_latest_start = WQ_MAX(seen->signatures_latest_start, starts);
	}
	seen->dnskey_n = WQ_MAX(seen->dnskey_n, keys);
}

static wq_err look_signatures(struct wq_dns_looking *look, const struct rounds *r, struct wq_dns_observation *seen)
{
	static const uint16_t types[] = {WQ_DNS_SOA, WQ_DNS_DNSKEY, WQ_DNS_A};
	struct wq_dns_query *q = WQ_NEW_ARRAY(look->arena, struct wq_dns_query, 3 * r->servers_n + 1);

	if (!q)
		return wq_arena_err(look->arena);
	for (size_t i = 0; i < 3 * r->servers_n; i++)
		q[i] = (struct wq_dns_query){.question = {.name = i % 3 == 2 ? r->domain : r->zone->apex,
						     .type = types[i % 3],
						     .dnssec = true},
			.to = r->servers[i / 3]};
	WQ_TRY(wq_dns_ask_all(look, q, 3 * r->servers_n));
	for (size_t i = 0; i < 3 * r->servers_n; i++)
		if (q[i].outcome == WQ_DNS_ANSWERED)
			take_signatures(seen, &q[i], wq_now(look->options.clock));
	return WQ_OK;
}

static wq_err look_security(struct wq_dns_looking *look, const struct rounds *r, struct wq_dns_observation *seen)
{
	struct wq_dns_resolve v[] = {{.name = r->zone->apex, .type = WQ_DNS_SOA, .validate = true},
		{.name = r->domain, .type = WQ_DNS_A, .validate = true}, {.name = r->zone->apex, .type = WQ_DNS_DS}};

	WQ_TRY(look_signatures(look, r, seen));
	if (!look->options.anchor_file) {
		wq_dns_limited(look, "no trust anchor: DNSSEC was not validated");
		return WQ_OK;
	}
	WQ_TRY(wq_dns_resolve_all(look, v, WQ_COUNT(v)));
	for (size_t i = 0; i < v[2].message.records_n; i++)
		seen->ds_n += v[2].message.records[i].section == WQ_DNS_ANSWER &&
			v[2].message.records[i].type == WQ_DNS_DS;
	if (v[0].bogus || v[1].bogus) {
		seen->security = WQ_DNS_BOGUS;
		seen->security_reason = v[0].bogus ? v[0].why : v[1].why;
	} else if (v[0].outcome == WQ_DNS_ANSWERED && v[0].message.rcode == WQ_DNS_NOERROR)
		seen->security = v[0].secure ? WQ_DNS_SECURE : WQ_DNS_INSECURE;
	else
		wq_dns_limited(look, "the validator got no answer");
	return WQ_OK;
}

/* RFC 8659 §3: the name, then each name above it, up to the registrable domain. */
static wq_err look_caa(struct wq_dns_looking *look, struct wq_dns_observation *seen)
{
	struct wq_dns_resolve r[WQ_DNS_STEPS_MAX] = {0};
	wq_str *caa = WQ_NEW_ARRAY(look->arena, wq_str, CAA_MAX), name = seen->domain;
	wq_str top = wq_psl_registrable(look->options.psl, seen->domain);
	size_t n = 0;

	if (!caa)
		return wq_arena_err(look->arena);
	while (name.n && n < WQ_COUNT(r)) {
		r[n++] = (struct wq_dns_resolve){.name = name, .type = WQ_DNS_CAA};
		ptrdiff_t dot = wq_str_chr(name, '.');
		if (dot < 0 || wq_str_eq(name, top))
			break;
		name = wq_str_from(name, (size_t)dot + 1);
	}
	WQ_TRY(wq_dns_resolve_all(look, r, n));
	seen->caa = caa;
	seen->caa_outcome = WQ_DNS_ANSWERED;
	for (size_t i = 0; i < n && seen->caa_n == 0; i++) {
		if (r[i].outcome != WQ_DNS_ANSWERED || r[i].message.rcode == WQ_DNS_SERVFAIL)
			seen->caa_outcome = WQ_DNS_TIMEOUT;
		for (size_t k = 0; k < r[i].message.records_n && seen->caa_n < CAA_MAX; k++)
			if (r[i].message.records[k].section == WQ_DNS_ANSWER &&
				r[i].message.records[k].type == WQ_DNS_CAA)
				caa[seen->caa_n++] = r[i].message.records[k].text;
	}
	return WQ_OK;
}

/* ---- places ---- */

struct places {
	struct wq_dns_looking *look;
	struct wq_dns_located *located;
	size_t n;
};

static void locate(struct places *p, const struct wq_addr *addr)
{
	for (size_t i = 0; i < p->n; i++)
		if (wq_dns_same_addr(&p->located[i].addr, addr))
			return;
	if (p->n < LOCATED_MAX && wq_dns_geo_find(p->look->geo, p->look->arena, addr, &p->located[p->n]))
		p->n++;
}

static void locate_all(struct places *p, const struct wq_dns_answer *answers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < answers[i].addrs_n; k++)
			locate(p, &answers[i].addrs[k]);
}

static wq_err look_places(struct wq_dns_looking *look, struct wq_dns_observation *seen)
{
	struct places p = {.look = look};

	if (!look->geo) {
		wq_dns_limited(look, "no geo data file: nothing was located");
		return WQ_OK;
	}
	p.located = WQ_NEW_ARRAY(look->arena, struct wq_dns_located, LOCATED_MAX);
	if (!p.located)
		return wq_arena_err(look->arena);
	locate_all(&p, seen->truths, seen->truths_n);
	for (size_t i = 0; i < seen->regions_n; i++)
		locate_all(&p, &seen->regions[i].answer, 1);
	for (size_t i = 0; i < seen->resolvers_n; i++) {
		locate(&p, &seen->resolvers[i].addr);
		locate_all(&p, seen->resolvers[i].rounds, seen->resolvers[i].rounds_n);
	}
	seen->located = p.located;
	seen->located_n = p.n;
	seen->has_geo = true;
	return wq_arena_err(look->arena);
}

/* ---- the whole ---- */

static wq_err defaults(struct wq_dns_looking *look, const struct wq_dns_options *given)
{
	struct wq_dns_options *o = &look->options;

	*o = *given;
	if (!o->rules || !o->psl)
		return wq_error(WQ_E_BUG, "rules and the public suffix list have to be there");
	o->rounds = o->rounds ? o->rounds : 3;
	o->round_gap_msec = o->round_gap_msec ? o->round_gap_msec : 1000;
	o->query_msec = o->query_msec ? o->query_msec : 1500;
	o->tries = o->tries ? o->tries : 2;
	o->total_msec = o->total_msec ? o->total_msec : 60000;
	o->clock = o->clock ? o->clock : &wq_clock_system;
	o->random = o->random ? o->random : &wq_random_system;
	if (o->rounds > WQ_DNS_ROUNDS_MAX || o->resolvers_n > WQ_DNS_RESOLVERS_MAX || o->roots_n > WQ_DNS_ROOTS_MAX)
		return wq_error(WQ_E_CONFIG, "at most %d rounds, %d resolvers, %d roots", WQ_DNS_ROUNDS_MAX,
			WQ_DNS_RESOLVERS_MAX, WQ_DNS_ROOTS_MAX);
	if (!o->roots_n) {
		struct wq_dns_endpoint *roots = WQ_NEW_ARRAY(look->arena, struct wq_dns_endpoint, WQ_DNS_ROOTS_MAX);
		for (size_t i = 0; roots && i < o->rules->roots_n; i++)
			roots[i].addr = o->rules->roots[i];
		o->roots = roots;
		o->roots_n = o->rules->roots_n;
	}
	look->started_msec = o->clock->monotonic_msec(o->clock->data);
	return wq_arena_err(look->arena);
}

static wq_err look_all(struct wq_dns_looking *look, wq_str domain, struct wq_dns_observation *seen)
{
	struct rounds *r = WQ_NEW(look->arena, struct rounds);

	if (!r)
		return wq_arena_err(look->arena);
	r->domain = domain;
	WQ_TRY(find_servers(look, r, seen));
	WQ_TRY(rounds_new(look, r));
	WQ_TRY(run_rounds(look, r, seen));
	if (r->zone) {
		if (!look->options.no_regions)
			WQ_TRY(look_regions(look, domain, seen));
		WQ_TRY(sample_more(look, r, seen));
		WQ_TRY(look_wildcard(look, r, seen));
		WQ_TRY(look_dangling(look, seen));
		WQ_TRY(look_security(look, r, seen));
		WQ_TRY(look_caa(look, seen));
		if (!look->options.no_mail)
			WQ_TRY(wq_dns_look_mail(look, seen));
	}
	return look_places(look, seen);
}

static wq_err begin(struct wq_dns_looking *look)
{
	if (look->options.geo_file)
		WQ_TRY(wq_dns_geo_open(look->options.geo_file, &look->geo));
	WQ_TRY(wq_dns_asker_new(look, &look->asker));
	return wq_dns_unbound_new(look, &look->unbound);
}

wq_err wq_dns_look(struct wq_arena *arena, const struct wq_dns_options *options, wq_str domain,
	const struct wq_dns_registered *registered, struct wq_dns_observation *ret_seen)
{
	static const struct wq_dns_registered nothing;
	struct wq_dns_looking *look = WQ_NEW(arena, struct wq_dns_looking);
	struct wq_dns_observation seen = {.domain = domain, .vantage_domestic = !options->vantage_abroad};
	struct wq_addr addr;

	if (!look)
		return wq_arena_err(arena);
	if (domain.n == 0 || domain.n > 253 || wq_str_chr(domain, '.') < 0 || wq_host_address(domain, &addr))
		return wq_error(WQ_E_INPUT, "%.*s is no domain", WQ_S_ARG(domain));
	look->arena = arena;
	look->registered = registered ? registered : &nothing;
	WQ_TRY(defaults(look, options));
	wq_err e = begin(look);
	if (!wq_failed(e))
		e = look_all(look, domain, &seen);
	wq_dns_unbound_free(&look->unbound);
	wq_dns_asker_free(&look->asker);
	wq_dns_geo_close(&look->geo);
	WQ_TRY(e);
	seen.limits = look->limits;
	seen.limits_n = look->limits_n;
	seen.queries = look->queries;
	seen.msec = look->options.total_msec - wq_dns_left(look);
	*ret_seen = seen;
	return WQ_OK;
}
