/* What only HTTP tells of a name: by the rules of the walk, one question after the other. */
#include "flow/inspect/asking.h"
#include "flow/inspect/names.h"
#include "text/url.h"

enum { BODY_MAX = 64 * 1024 };

/* Routes of the walk, or `route` alone. */
static wq_err ask(const struct wq_inspect_options *options, struct wq_arena *arena, wq_str url,
	const struct wq_fetch_route *route, struct wq_asked *ret)
{
	struct wq_asking asking;
	wq_err e;

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_asking_open(&asking, options, route));
	e = wq_ask(&asking, arena, url, BODY_MAX, 0, ret);
	wq_asking_close(&asking);
	return e;
}

static wq_err limited(struct wq_arena *arena, struct wq_dns_observation *seen, wq_str what)
{
	wq_str *limits = WQ_NEW_ARRAY(arena, wq_str, seen->limits_n + 1);

	if (!limits)
		return wq_arena_err(arena);
	if (seen->limits_n)
		memcpy(limits, seen->limits, seen->limits_n * sizeof *limits);
	limits[seen->limits_n++] = what;
	seen->limits = limits;
	return WQ_OK;
}

/* RFC 8461 §3.3: over https with a valid certificate; redirects are not followed. */
static wq_err ask_policy(
	const struct wq_inspect_options *options, struct wq_arena *arena, struct wq_dns_observation *seen)
{
	struct wq_dns_mail_seen *m = &seen->mail;
	struct wq_asked a;

	if (!m->looked || m->mta_sts.n == 0)
		return WQ_OK;
	WQ_TRY(ask(options, arena,
		wq_arena_printf(arena, "https://mta-sts.%.*s/.well-known/mta-sts.txt", WQ_S_ARG(m->domain)), NULL, &a));
	if (a.result == WQ_FETCH_FORBIDDEN)
		return limited(arena, seen, WQ_S("the address of the MTA-STS policy may not be asked"));
	m->has_policy = true;
	m->policy_status = a.result == WQ_FETCH_ANSWERED ? a.status : 0;
	m->policy = a.body;
	return WQ_OK;
}

/* A4. An error page is no service. */
static wq_err ask_closed(const struct wq_inspect_options *options, struct wq_arena *arena, const struct wq_url *start,
	struct wq_dns_observation *seen)
{
	struct wq_asked a;

	if (!options->names.registered.closed)
		return WQ_OK;
	WQ_TRY(ask(options, arena, start->href, NULL, &a));
	seen->http_tried = a.result != WQ_FETCH_FORBIDDEN;
	seen->http_answers = a.result == WQ_FETCH_ANSWERED && a.status < 400;
	seen->http_status = a.status;
	return WQ_OK;
}

/* ---- past the gate ---- */

/* Where everybody is served, and what this machine alone reaches, is not past the gate. */
static bool is_apart(
	const struct wq_dns_observation *seen, const struct wq_url *start, const struct wq_dns_origin_seen *origin)
{
	if (wq_addr_class(&origin->addr) == WQ_ADDR_LOOPBACK)
		return false;
	for (size_t i = 0; i < seen->truths_n && origin->port == wq_url_port(start); i++)
		for (size_t k = 0; k < seen->truths[i].addrs_n; k++)
			if (memcmp(&seen->truths[i].addrs[k], &origin->addr, sizeof origin->addr) == 0)
				return false;
	return true;
}

/* 403 and 421: the origin itself refuses whom it does not know. */
static enum wq_dns_origin_result result_of(const struct wq_asked *a)
{
	if (a->result == WQ_FETCH_FORBIDDEN)
		return WQ_DNS_ORIGIN_NOT_TRIED;
	return a->result == WQ_FETCH_ANSWERED && a->status != 403 && a->status != 421 ? WQ_DNS_ORIGIN_ANSWERS
										      : WQ_DNS_ORIGIN_SILENT;
}

static wq_err ask_origin(const struct wq_inspect_options *options, struct wq_arena *arena, const struct wq_url *start,
	struct wq_dns_observation *seen)
{
	struct wq_dns_origin_seen *origin = WQ_NEW(arena, struct wq_dns_origin_seen);
	struct wq_fetch_route route;
	struct wq_url url;
	struct wq_asked a;

	if (!origin)
		return wq_arena_err(arena);
	if (options->names.origin.n == 0 || wq_failed(wq_url_parse(arena, options->names.origin, NULL, &url)) ||
		!wq_url_is_http(&url))
		return WQ_OK;
	origin->port = wq_url_port(&url);
	if (wq_host_address(url.host, &origin->addr) && !is_apart(seen, start, origin))
		return WQ_OK;
	route = (struct wq_fetch_route){.host = wq_arena_cstr(arena, start->host),
		.to_host = wq_arena_cstr(arena, url.host),
		.to_port = wq_url_port(&url)};
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(ask(options, arena, wq_arena_printf(arena, "%.*s://%.*s/", WQ_S_ARG(url.scheme), WQ_S_ARG(start->host)),
		&route, &a));
	if (a.addr.family)
		origin->addr = a.addr;
	if (!is_apart(seen, start, origin))
		return WQ_OK;
	origin->status = a.status;
	origin->result = result_of(&a);
	seen->origins = origin;
	seen->origins_n = 1;
	return origin->result == WQ_DNS_ORIGIN_NOT_TRIED
		? limited(arena, seen, WQ_S("the registered origin is at an address that may not be asked"))
		: WQ_OK;
}

wq_err wq_names_ask(const struct wq_inspect_options *options, struct wq_arena *arena, const struct wq_url *start,
	struct wq_dns_observation *seen)
{
	WQ_TRY(ask_policy(options, arena, seen));
	WQ_TRY(ask_closed(options, arena, start, seen));
	return ask_origin(options, arena, start, seen);
}
