#include "flow/inspect/secure.h"

#include "finding/excerpt.h"
#include "inspect/tls/tls.h"
#include "text/url.h"

enum { HTTP_PORT = 80, HTTPS_PORT = 443, KNOWN_BYTES = 8192, ISSUER_BYTES = 512 };

wq_err wq_secure_open(struct wq_secure *secure, struct wq_facts *facts, const struct wq_inspect_options *options)
{
	*secure = (struct wq_secure){0};
	WQ_TRY(wq_facts_tls(facts, &secure->rules));
	return wq_x509_store_open(options->walk.fetch.ca_file, &secure->store);
}

void wq_secure_close(struct wq_secure *secure)
{
	wq_x509_store_close(&secure->store);
}

/* Where TLS is to be expected: on the port of an https start, beside a usual http start on 443. */
static uint16_t port_of(const struct wq_url *url)
{
	struct wq_addr addr;

	if (wq_str_eq(url->scheme, WQ_S("https")))
		return wq_url_port(url);
	return url->port == WQ_URL_NO_PORT && !wq_host_address(url->host, &addr) ? HTTPS_PORT : 0;
}

/* The address that --resolve gives, when it does not move the port as well. */
static struct wq_tls_route route_of(const struct wq_inspect_options *options, wq_str host, uint16_t *port)
{
	const struct wq_fetch_options *fetch = &options->walk.fetch;

	for (size_t i = 0; i < fetch->routes_n; i++) {
		const struct wq_fetch_route *r = &fetch->routes[i];
		wq_str to = wq_str_c(r->to_host);

		if (!wq_str_eq(wq_str_c(r->host), host) || (r->port != 0 && r->port != *port))
			continue;
		if (r->to_port)
			*port = r->to_port;
		if (wq_str_starts(to, WQ_S("[")))
			to = wq_str_of(to.p + 1, to.n - 2);
		return (struct wq_tls_route){host, to};
	}
	return (struct wq_tls_route){0};
}

/* Where plain HTTP of a usual https host is, by the same routes. */
static uint16_t http_port(const struct wq_inspect_options *options, wq_str host)
{
	uint16_t port = HTTP_PORT;

	route_of(options, host, &port);
	return port;
}

/* ---- what stays ---- */

static bool known_before(
	const struct wq_inspect_network *before, const struct wq_tls_observation *seen, struct wq_tls_known *ret_known)
{
	for (size_t i = 0; before && i < before->tls_n; i++)
		if (before->tls[i].port == seen->port && wq_str_eq(before->tls[i].host, seen->host))
			return before->tls[i].known.n && !wq_failed(wq_tls_known_read(before->tls[i].known, ret_known));
	return false;
}

static wq_err keep(struct wq_arena *arena, const struct wq_tls_observation *seen, struct wq_inspect_tls *row)
{
	struct wq_tls_known known;
	WQ_BUF(line, KNOWN_BYTES);
	WQ_BUF(versions, WQ_KIB);

	*row = (struct wq_inspect_tls){
		.host = seen->host, .address = seen->address, .port = seen->port, .reachable = seen->reachable};
	for (int v = 0; v < WQ_TLS_VERSIONS; v++)
		if (seen->versions[v] == WQ_TLS_YES)
			wq_buf_printf(&versions, "%s%s", versions.len ? ", " : "",
				wq_tls_version_text((enum wq_tls_version)v));
	row->versions = wq_arena_str(arena, wq_buf_str(&versions));
	if (!wq_tls_known_of(seen, &known))
		return wq_arena_err(arena);
	known.issuer = wq_clean(arena, known.issuer, ISSUER_BYTES); /* what is kept is what is compared */
	wq_tls_known_put(&known, &line);
	WQ_TRY(wq_buf_err(&line));
	row->issuer = known.issuer;
	row->not_after = known.not_after;
	row->known = wq_arena_str(arena, wq_buf_str(&line));
	return wq_arena_err(arena);
}

static wq_err judge_together(const struct wq_facts *facts, struct wq_arena *arena,
	const struct wq_tls_observation *const *seen, size_t n, struct wq_findings *findings)
{
	struct wq_tls_site *sites = WQ_NEW_ARRAY(arena, struct wq_tls_site, n + 1);

	if (!sites)
		return wq_arena_err(arena);
	for (size_t i = 0; i < n; i++)
		sites[i] = (struct wq_tls_site){&facts->subject, seen[i]};
	return wq_tls_shared_keys(arena, sites, n, findings);
}

/* ---- looking ---- */

static wq_err look(const struct wq_secure *secure, const struct wq_facts *facts,
	const struct wq_inspect_options *options, struct wq_arena *arena, wq_str host, uint16_t port,
	const struct wq_tls_observation **ret, struct wq_findings *findings)
{
	const bool usual = port == HTTPS_PORT;
	const struct wq_tls_route route = route_of(options, host, &port);
	const struct wq_tls_options tls = {.rules = secure->rules,
		.store = secure->store,
		.peers = options->walk.fetch.peers,
		.peers_n = options->walk.fetch.peers_n,
		.routes = &route,
		.routes_n = route.host.n > 0,
		.http_port = usual ? http_port(options, host) : 0,
		.delay_msec = options->walk.fetch.delay_msec,
		.clock = options->walk.clock,
		.random = options->random};
	struct wq_tls_observation *seen;
	struct wq_tls_known known;
	bool before;

	WQ_TRY(wq_tls_look(arena, &tls, host, port, &seen));
	*ret = seen;
	before = known_before(options->before, seen, &known);
	return wq_tls_judge(arena, &facts->subject, secure->rules, seen, before ? &known : NULL, findings);
}

wq_err wq_secure_look(const struct wq_secure *secure, const struct wq_facts *facts,
	const struct wq_inspect_options *options, struct wq_arena *arena, const struct wq_tls_observation **ret_seen,
	size_t *ret_n, struct wq_inspect_network *network, struct wq_findings *findings)
{
	struct wq_inspect_tls *rows = WQ_NEW_ARRAY(arena, struct wq_inspect_tls, WQ_INSPECT_HOSTS_MAX);
	struct wq_url url;

	if (!rows)
		return wq_arena_err(arena);

	*ret_n = 0;
	for (size_t i = 0; i < options->walk.starts_n; i++) {
		uint16_t port;
		bool known = false;

		if (wq_failed(wq_url_parse(arena, facts->starts[i], NULL, &url)) || (port = port_of(&url)) == 0)
			continue;
		for (size_t k = 0; k < *ret_n; k++)
			known |= wq_str_eq(ret_seen[k]->host, url.host) && ret_seen[k]->port == port;
		if (known || *ret_n == WQ_INSPECT_HOSTS_MAX)
			continue;
		WQ_TRY(look(secure, facts, options, arena, url.host, port, &ret_seen[*ret_n], findings));
		WQ_TRY(keep(arena, ret_seen[*ret_n], &rows[*ret_n]));
		++*ret_n;
	}
	network->tls = rows;
	network->tls_n = *ret_n;
	return judge_together(facts, arena, ret_seen, *ret_n, findings);
}
