#include "flow/inspect/secure.h"

#include "inspect/tls/tls.h"
#include "text/url.h"

enum { HTTPS_PORT = 443 };

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

static wq_err look(const struct wq_secure *secure, const struct wq_facts *facts,
	const struct wq_inspect_options *options, struct wq_arena *arena, wq_str host, uint16_t port,
	const struct wq_tls_observation **ret, struct wq_findings *findings)
{
	const struct wq_tls_route route = route_of(options, host, &port);
	const struct wq_tls_options tls = {.rules = secure->rules,
		.store = secure->store,
		.allow_private = options->walk.fetch.peers_n > 0,
		.routes = &route,
		.routes_n = route.host.n > 0,
		.delay_msec = options->walk.fetch.delay_msec,
		.clock = options->walk.clock,
		.random = options->random};
	struct wq_tls_observation *seen;

	WQ_TRY(wq_tls_look(arena, &tls, host, port, &seen));
	*ret = seen;
	return wq_tls_judge(arena, &facts->subject, secure->rules, seen, NULL, findings);
}

wq_err wq_secure_look(const struct wq_secure *secure, const struct wq_facts *facts,
	const struct wq_inspect_options *options, struct wq_arena *arena, const struct wq_tls_observation **ret_seen,
	size_t *ret_n, struct wq_findings *findings)
{
	struct wq_url url;

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
		++*ret_n;
	}
	return WQ_OK;
}
