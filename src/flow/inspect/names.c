#include "flow/inspect/names.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include "finding/excerpt.h"
#include "finding/rule.h"
#include "text/key.h"
#include "text/url.h"

struct looking {
	const struct wq_names *names;
	const struct wq_facts *facts;
	const struct wq_inspect_options *options;
	struct wq_arena *arena, *scratch;
	struct wq_findings *findings;
	struct wq_inspect_host hosts[WQ_INSPECT_HOSTS_MAX];
	wq_str starts[WQ_INSPECT_HOSTS_MAX]; /* where the host was named */
	size_t hosts_n;
};

wq_err wq_names_open(struct wq_names *names, struct wq_facts *facts)
{
	names->open = true;
	WQ_TRY(wq_facts_dns(facts, &names->rules));
	return wq_psl_open(NULL, &names->psl);
}

void wq_names_close(struct wq_names *names)
{
	if (names->psl)
		wq_psl_close(&names->psl);
	names->open = false;
}

/* ---- hosts ---- */

static bool is_named(wq_str host)
{
	struct wq_addr addr;

	return !wq_host_address(host, &addr) && wq_str_chr(host, '.') > 0 && !wq_host_under(host, WQ_S("localhost"));
}

static bool is_known(const struct looking *l, wq_str host)
{
	for (size_t i = 0; i < l->hosts_n; i++)
		if (wq_str_eq(l->hosts[i].host, host))
			return true;
	return false;
}

static bool is_routed(const struct looking *l, wq_str host)
{
	const struct wq_fetch_options *fetch = &l->options->walk.fetch;

	for (size_t i = 0; i < fetch->routes_n; i++)
		if (wq_str_eq(wq_str_c(fetch->routes[i].host), host))
			return true;
	return false;
}

/* ---- what the DNS says ---- */

static wq_err copy_names(struct looking *l, const wq_str *from, size_t n, const wq_str **ret, size_t *ret_n)
{
	wq_str *list = WQ_NEW_ARRAY(l->arena, wq_str, WQ_INSPECT_NAMES_MAX);

	if (!list)
		return wq_arena_err(l->arena);
	*ret_n = 0;
	for (size_t i = 0; i < n && *ret_n < WQ_INSPECT_NAMES_MAX; i++) {
		wq_str name = wq_clean(l->arena, from[i], WQ_HOST_MAX);

		if (name.n)
			list[(*ret_n)++] = name;
	}
	*ret = list;
	return wq_arena_err(l->arena);
}

static wq_err keep_names(struct looking *l, const struct wq_dns_observation *seen, struct wq_inspect_host *host)
{
	wq_str ns[WQ_INSPECT_NAMES_MAX], resolvers[WQ_DNS_RESOLVERS_MAX];
	size_t ns_n = 0, resolvers_n = 0;

	for (size_t i = 0; i < seen->ns_n && ns_n < WQ_COUNT(ns); i++)
		ns[ns_n++] = seen->ns[i].name;
	for (size_t i = 0; i < seen->resolvers_n && resolvers_n < WQ_COUNT(resolvers); i++)
		resolvers[resolvers_n++] = seen->resolvers[i].name;
	WQ_TRY(copy_names(l, ns, ns_n, &host->ns, &host->ns_n));
	host->zone = wq_clean(l->arena, seen->zone, WQ_HOST_MAX);
	return copy_names(l, resolvers, resolvers_n, &host->resolvers, &host->resolvers_n);
}

static wq_str address_text(struct wq_arena *arena, const struct wq_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	return inet_ntop(addr->family == 4 ? AF_INET : AF_INET6, addr->bytes, text, sizeof text)
		? wq_arena_str(arena, wq_str_c(text))
		: WQ_S_NONE;
}

static void place(struct looking *l, const struct wq_dns_observation *seen, const struct wq_addr *addr,
	struct wq_inspect_address *row)
{
	for (size_t i = 0; i < seen->located_n; i++) {
		const struct wq_dns_located *at = &seen->located[i];

		if (memcmp(&at->addr, addr, sizeof *addr) != 0)
			continue;
		row->country = wq_clean(l->arena, at->country, 64);
		row->owner = wq_clean(l->arena, at->owner, 128);
		return;
	}
}

/* Each address of the answers once. */
static void keep_answer(struct looking *l, const struct wq_dns_observation *seen, const struct wq_dns_answer *answer,
	struct wq_inspect_address *rows, struct wq_inspect_host *host)
{
	if (answer->outcome != WQ_DNS_ANSWERED)
		return;
	for (size_t i = 0; i < answer->addrs_n && host->addresses_n < WQ_INSPECT_ADDRESSES_MAX; i++) {
		wq_str text = address_text(l->scratch, &answer->addrs[i]);
		bool known = text.n == 0;

		if (answer->addrs[i].family == 6)
			host->ipv6 = WQ_INSPECT_YES;
		for (size_t k = 0; k < host->addresses_n && !known; k++)
			known = wq_str_eq(rows[k].text, text);
		if (known)
			continue;
		rows[host->addresses_n] = (struct wq_inspect_address){.text = wq_arena_str(l->arena, text)};
		place(l, seen, &answer->addrs[i], &rows[host->addresses_n++]);
	}
}

/* The authoritative servers' word; when they were not reached, that of the resolvers. */
static wq_err keep_addresses(struct looking *l, const struct wq_dns_observation *seen, struct wq_inspect_host *host)
{
	struct wq_inspect_address *rows = WQ_NEW_ARRAY(l->arena, struct wq_inspect_address, WQ_INSPECT_ADDRESSES_MAX);

	if (!rows)
		return wq_arena_err(l->arena);
	for (size_t i = 0; i < seen->truths_n; i++)
		keep_answer(l, seen, &seen->truths[i], rows, host);
	for (size_t i = 0; i < seen->resolvers_n && seen->truths_n == 0; i++)
		for (size_t k = 0; k < seen->resolvers[i].rounds_n; k++)
			keep_answer(l, seen, &seen->resolvers[i].rounds[k], rows, host);
	if (host->ipv6 == WQ_INSPECT_UNSAID && host->addresses_n)
		host->ipv6 = WQ_INSPECT_NO;
	host->addresses = rows;
	return wq_arena_err(l->arena);
}

static wq_err look(struct looking *l, const struct wq_url *start, struct wq_inspect_host *host)
{
	const struct wq_inspect_names *told = &l->options->names;
	const struct wq_dns_options dns = {.rules = &l->names->rules,
		.resolvers = told->resolvers,
		.resolvers_n = told->resolvers_n,
		.roots = told->roots,
		.roots_n = told->roots_n,
		.anchor_file = told->anchor_file,
		.geo_file = told->geo_file,
		.psl = l->names->psl,
		.allow_private = told->allow_private,
		.rounds = told->rounds,
		.round_gap_msec = told->round_gap_msec,
		.clock = l->options->walk.clock,
		.random = l->options->random};
	struct wq_dns_observation seen;

	WQ_TRY(wq_dns_look(l->arena, &dns, host->host, &told->registered, &seen));
	host->looked = true;
	WQ_TRY(keep_names(l, &seen, host));
	WQ_TRY(keep_addresses(l, &seen, host));
	WQ_TRY(wq_names_ask(l->options, l->arena, start, &seen));
	return wq_dns_judge(l->arena, &l->names->rules, &l->facts->subject, &told->registered, &seen, l->findings);
}

/* ---- IPv6 ---- */

static bool resolves(wq_str host, int family)
{
	const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char name[WQ_HOST_MAX + 1];

	if (snprintf(name, sizeof name, "%.*s", WQ_S_ARG(host)) >= (int)sizeof name ||
		getaddrinfo(name, NULL, &hints, &list) != 0)
		return false;
	freeaddrinfo(list);
	return true;
}

/* No is said only of a host that does resolve: without a network nothing is known. */
static enum wq_inspect_said ask_system(wq_str host)
{
	if (resolves(host, AF_INET6))
		return WQ_INSPECT_YES;
	return resolves(host, AF_INET) ? WQ_INSPECT_NO : WQ_INSPECT_UNSAID;
}

/* Whom the official indicators bind. */
static bool is_government(const struct looking *l)
{
	enum wq_subject_kind kind = l->facts->subject.kind;

	return kind == WQ_SUBJECT_ORGAN || kind == WQ_SUBJECT_INSTITUTION;
}

static wq_err judge_ipv6(struct looking *l, const struct wq_inspect_host *host, wq_str start)
{
	struct wq_finding f = wq_rule_finding(WQ_RULE_SITE_NO_IPV6);

	if (host->ipv6 != WQ_INSPECT_NO || !is_government(l) || l->options->names.registered.closed)
		return WQ_OK;
	f.place = (struct wq_place){
		.app = l->facts->subject.app, .url = wq_clean(l->scratch, start, WQ_FINDING_PLACE_BYTES)};
	f.evidence.subject = host->host;
	f.evidence.excerpt = wq_arena_printf(l->scratch, "%.*s AAAA -%s", WQ_S_ARG(host->host),
		l->facts->claims_ipv6 ? "; 首页称“支持IPv6” (the home page says that it supports IPv6)" : "");
	WQ_TRY(wq_arena_err(l->scratch));
	return wq_findings_add(l->findings, &f);
}

static void measure(const struct looking *l, size_t wrong_names, struct wq_measures *measures)
{
	bool yes = l->hosts_n > 0, no = false, named = false;

	for (size_t i = 0; i < l->hosts_n; i++) {
		yes &= l->hosts[i].ipv6 == WQ_INSPECT_YES;
		no |= l->hosts[i].ipv6 == WQ_INSPECT_NO;
		named |= l->hosts[i].named;
	}
	if (yes || no)
		wq_measures_set(measures, WQ_MEASURE_IPV6, yes);
	if (named && l->facts->subject.kind != WQ_SUBJECT_UNKNOWN)
		wq_measures_set(measures, WQ_MEASURE_DOMAIN, (int64_t)wrong_names);
}

/* ---- names alone ---- */

static wq_err judge_several(struct looking *l)
{
	const struct wq_inspect_names *told = &l->options->names;
	struct wq_domain_portal *all = WQ_NEW_ARRAY(
		l->scratch, struct wq_domain_portal, told->portals_n + l->hosts_n + 1);
	size_t n = told->portals_n;

	if (!all)
		return wq_arena_err(l->scratch);
	if (n)
		memcpy(all, told->portals, n * sizeof *all);
	for (size_t i = 0; i < l->hosts_n && l->facts->subject.portal; i++)
		if (l->hosts[i].named)
			all[n++] = (struct wq_domain_portal){l->facts->subject.app, l->hosts[i].host};
	return wq_domain_several(
		l->scratch, &l->facts->subject, all, n, l->facts->portals_max, l->facts->domains_max, l->findings);
}

static size_t wrong_names(const struct wq_findings *findings, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < findings->count; i++)
		n += wq_str_starts(findings->items[i].rule, WQ_S("domain.")) &&
			!wq_str_eq(findings->items[i].rule, wq_rule_name(WQ_RULE_DOMAIN_SEVERAL));
	return n;
}

/* ---- the whole ---- */

static wq_err look_host(struct looking *l, const struct wq_url *start, wq_str href)
{
	struct wq_inspect_host *host = &l->hosts[l->hosts_n];

	*host = (struct wq_inspect_host){.host = wq_arena_str(l->arena, start->host), .named = is_named(start->host)};
	l->starts[l->hosts_n++] = href;
	if (host->named && l->options->checks & WQ_INSPECT_DNS)
		WQ_TRY(look(l, start, host));
	else if (host->named)
		WQ_TRY(wq_domain_judge(l->scratch, &l->facts->subject, host->host, WQ_USE_SITE, l->findings));
	if (host->named && !host->looked && !is_routed(l, host->host) && is_government(l))
		host->ipv6 = ask_system(host->host);
	return wq_arena_err(l->arena);
}

static wq_err look_all(struct looking *l)
{
	struct wq_url url;

	for (size_t i = 0; i < l->options->walk.starts_n && l->hosts_n < WQ_INSPECT_HOSTS_MAX; i++)
		if (!wq_failed(wq_url_parse(l->arena, l->facts->starts[i], NULL, &url)) && !is_known(l, url.host))
			WQ_TRY(look_host(l, &url, l->facts->starts[i]));
	return WQ_OK;
}

wq_err wq_names_look(const struct wq_names *names, const struct wq_facts *facts,
	const struct wq_inspect_options *options, struct wq_arena *scratch, struct wq_inspect_network *ret_network,
	struct wq_measures *measures, struct wq_findings *findings)
{
	struct looking *l = WQ_NEW(facts->arena, struct looking);
	size_t before = findings->count;

	if (!l)
		return wq_arena_err(facts->arena);
	*l = (struct looking){.names = names,
		.facts = facts,
		.options = options,
		.arena = facts->arena,
		.scratch = scratch,
		.findings = findings};
	WQ_TRY(look_all(l));
	measure(l, wrong_names(findings, before), measures);
	for (size_t i = 0; i < l->hosts_n; i++)
		WQ_TRY(judge_ipv6(l, &l->hosts[i], l->starts[i]));
	WQ_TRY(judge_several(l));
	ret_network->hosts = l->hosts;
	ret_network->hosts_n = l->hosts_n;
	return WQ_OK;
}
