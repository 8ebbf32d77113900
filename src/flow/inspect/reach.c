#include "flow/inspect/reach.h"

#include <netdb.h>
#include <netinet/in.h>

static bool address(wq_str text, struct wq_addr *ret)
{
	char bracketed[80];

	if (wq_host_address(text, ret))
		return true;
	if (wq_str_chr(text, ':') < 0 || text.n + 3 > sizeof bracketed)
		return false;
	snprintf(bracketed, sizeof bracketed, "[%.*s]", WQ_S_ARG(text));
	return wq_host_address(wq_str_c(bracketed), ret);
}

bool wq_reach_parse(wq_str text, struct wq_fetch_peer *ret_peer)
{
	struct wq_fetch_peer peer = {0};
	wq_str bits = text, addr = wq_str_cut(&bits, '/');
	uint64_t n;

	if (!address(addr, &peer.addr))
		return false;
	if (bits.p) {
		size_t most = peer.addr.family == 4 ? 32 : 128;

		if (!wq_str_to_u64(bits, most, &n) || n == 0)
			return false;
		for (size_t i = n; i < most; i++)
			if (peer.addr.bytes[i / 8] & 0x80 >> i % 8)
				return false;
		peer.bits = (uint8_t)n;
	}
	*ret_peer = peer;
	return true;
}

/* ---- routes ---- */

/* Up to the next ':' outside brackets. */
static wq_str part(wq_str *rest)
{
	wq_str all = *rest;
	ptrdiff_t end = wq_str_starts(all, WQ_S("[")) ? wq_str_chr(all, ']') : -1, colon;

	if (end < 0)
		return wq_str_cut(rest, ':');
	colon = wq_str_chr(wq_str_from(all, (size_t)end), ':');
	if (colon < 0) {
		*rest = WQ_S_NONE;
		return all;
	}
	*rest = wq_str_from(all, (size_t)(end + colon) + 1);
	return wq_str_head(all, (size_t)(end + colon));
}

wq_err wq_reach_route(struct wq_arena *arena, wq_str text, struct wq_fetch_route *ret_route)
{
	wq_str parts[4], rest = text;
	uint64_t port = 0, to_port = 0;
	struct wq_addr addr;
	size_t n = 0;

	while (rest.p && n < WQ_COUNT(parts))
		parts[n++] = part(&rest);
	if (rest.p || n < 2 || parts[0].n == 0 ||
		(n > 2 && (!wq_str_to_u64(parts[1], UINT16_MAX, &port) || port == 0)) ||
		!address(parts[n > 2 ? 2 : 1], &addr) ||
		(n == 4 && (!wq_str_to_u64(parts[3], UINT16_MAX, &to_port) || to_port == 0)))
		return wq_error(WQ_E_USAGE, "--resolve takes HOST:ADDRESS or HOST:PORT:ADDRESS[:PORT], not %.*s",
			WQ_S_ARG(wq_str_head(text, 200)));
	*ret_route = (struct wq_fetch_route){.host = wq_arena_cstr(arena, parts[0]),
		.port = (uint16_t)port,
		.to_host = wq_arena_cstr(arena, parts[n > 2 ? 2 : 1]),
		.to_port = (uint16_t)to_port};
	return wq_arena_err(arena);
}

/* ---- the starts ---- */

static wq_err add(const struct wq_addr *addr, uint8_t bits, struct wq_fetch_peer *peers, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		if (peers[i].bits == bits && memcmp(&peers[i].addr, addr, sizeof *addr) == 0)
			return WQ_OK;
	if (*n >= WQ_FETCH_PEERS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d allowed addresses", WQ_FETCH_PEERS_MAX);
	peers[(*n)++] = (struct wq_fetch_peer){.addr = *addr, .bits = bits};
	return WQ_OK;
}

static wq_err add_addr(const struct wq_addr *addr, struct wq_fetch_peer *peers, size_t *n)
{
	static const struct wq_addr loopback = {4, {127}}, loopback6 = {6, {[15] = 1}};

	if (wq_addr_class(addr) != WQ_ADDR_LOOPBACK)
		return add(addr, 0, peers, n);
	WQ_TRY(add(&loopback, 8, peers, n));
	return add(&loopback6, 0, peers, n);
}

static wq_err add_name(wq_str host, struct wq_fetch_peer *peers, size_t *n)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	struct wq_addr addr;
	uint16_t port;
	char name[256];
	wq_err e = WQ_OK;

	if (snprintf(name, sizeof name, "%.*s", WQ_S_ARG(host)) >= (int)sizeof name ||
		getaddrinfo(name, NULL, &hints, &list) != 0)
		return WQ_OK;
	for (const struct addrinfo *i = list; i && !wq_failed(e); i = i->ai_next)
		if (wq_fetch_addr(i->ai_addr, &addr, &port))
			e = add_addr(&addr, peers, n);
	freeaddrinfo(list);
	return e;
}

wq_err wq_reach_start(const struct wq_url *start, const struct wq_fetch_route *routes, size_t routes_n,
	struct wq_fetch_peer *peers, size_t *n)
{
	struct wq_addr addr;

	for (size_t i = 0; i < routes_n; i++)
		if (wq_str_eq(wq_str_c(routes[i].host), start->host) &&
			(routes[i].port == 0 || routes[i].port == wq_url_port(start)) &&
			address(wq_str_c(routes[i].to_host), &addr))
			return add_addr(&addr, peers, n);
	if (wq_host_address(start->host, &addr))
		return add_addr(&addr, peers, n);
	return add_name(start->host, peers, n);
}
