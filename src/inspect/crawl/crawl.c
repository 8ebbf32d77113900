#include "inspect/crawl/crawl.h"

#include "base/arena.h"
#include "base/map.h"
#include "inspect/crawl/robots.h"
#include "text/url.h"

enum {
	WINDOW = 64, /* requests handed to the fetcher at a time: the rest waits in the frontier, in order */
	RUN_MSEC = 250,
	URL_BYTES = 256 * 1024, /* of arena for one link */
	SNIFF = 1024            /* HTML §13.2.3.2: where a meta charset has to stand */
};

/* A key that was found. */
struct item {
	struct item *next; /* in the frontier */
	struct item *from; /* NULL: a start */
	uint32_t depth;
	wq_str key;
};

struct crawl {
	struct wq_crawl_options options;
	const struct wq_crawl_calls *calls;
	struct wq_crawl_stats stats;
	wq_err err;

	struct wq_fetch *fetch;
	struct wq_arena page_arena; /* of one page */
	struct wq_arena items;
	struct wq_url site, origin;
	bool has_origin;
	struct wq_fetch_peer peers[WQ_FETCH_PEERS_MAX];
	struct wq_fetch_route routes[WQ_CRAWL_HOSTS_MAX + 1];

	struct wq_map seen; /* key → item */
	struct item *frontier, **frontier_end;
	size_t asked; /* keys given to the fetcher */

	struct wq_buf robots; /* its rules for us */
	bool robots_done;

	/* the page being read */
	struct item *page;
	struct wq_arena scratch;
	struct wq_url base, page_url;
	bool based;
};

static void fail(struct crawl *c, wq_err e)
{
	if (!wq_failed(c->err))
		c->err = e;
}

/* ---- which addresses are ours */

static bool is_extra_host(const struct crawl *c, wq_str host)
{
	for (size_t i = 0; i < c->options.hosts_n; i++)
		if (wq_str_eq(host, wq_str_c(c->options.hosts[i])))
			return true;
	return false;
}

/* The host that the key of an internal URL begins with; empty for an external one. */
static wq_str own_host(const struct crawl *c, const struct wq_url *url)
{
	/* http and https of the same name are one site; another port is another */
	bool usual = url->port == WQ_URL_NO_PORT || url->port == c->site.port ||
		/* an origin that builds redirects from Host and its own port */
		(c->has_origin && url->port == c->origin.port);

	if (c->has_origin && wq_url_same_origin(url, &c->origin))
		return c->site.host;
	if (usual && wq_str_eq(url->host, c->site.host))
		return c->site.host;
	if (url->port == WQ_URL_NO_PORT && is_extra_host(c, url->host))
		return url->host;
	return WQ_S_NONE;
}

/* How a key is asked for: the origin's scheme if there is one, the site's otherwise. */
static bool url_of_key(const struct crawl *c, wq_str key, struct wq_buf *out)
{
	const struct wq_url *by = c->has_origin ? &c->origin : &c->site;
	wq_str host, target;

	wq_key_split(key, &host, &target);
	wq_buf_clear(out);
	wq_buf_printf(out, "%.*s://%.*s", WQ_S_ARG(by->scheme), WQ_S_ARG(host));
	if (!c->has_origin && c->site.port != WQ_URL_NO_PORT && wq_str_eq(host, c->site.host))
		wq_buf_printf(out, ":%d", c->site.port);
	wq_buf_add(out, target);
	return !wq_failed(wq_buf_err(out));
}

/* ---- the frontier */

static bool robots_forbid(const struct crawl *c, wq_str key)
{
	wq_str host, target;

	if (!c->options.robots || c->robots.len == 0)
		return false;
	wq_key_split(key, &host, &target);
	return !wq_robots_allow(wq_buf_str(&c->robots), target);
}

static enum wq_crawl_fate take(struct crawl *c, wq_str key, struct item *from)
{
	uint32_t depth = from ? from->depth + 1 : 0;
	struct item *item;

	if (wq_map_get(&c->seen, key))
		return WQ_CRAWL_TAKEN;
	if (robots_forbid(c, key))
		return WQ_CRAWL_ROBOTS;
	if (depth > c->options.depth_max || wq_map_count(&c->seen) >= c->options.addresses_max) {
		c->stats.limited = true;
		return WQ_CRAWL_BEYOND;
	}
	item = WQ_NEW(&c->items, struct item);
	if (!item) {
		fail(c, wq_arena_err(&c->items));
		return WQ_CRAWL_BEYOND;
	}
	item->key = wq_arena_str(&c->items, key);
	item->from = from;
	item->depth = depth;
	fail(c, wq_arena_err(&c->items));
	if (!wq_failed(c->err))
		fail(c, wq_map_put(&c->seen, item->key, item, NULL));
	*c->frontier_end = item;
	c->frontier_end = &item->next;
	return WQ_CRAWL_TAKEN;
}

/* ---- links */

/* The key of an internal address by its path's policy. */
static enum wq_crawl_fate key_of(
	struct crawl *c, wq_str host, wq_str target, struct wq_buf *key, enum wq_key_reason *ret_reason)
{
	struct wq_key_policy policy = {.query = WQ_KEY_QUERY_KEEP};
	wq_str of_key, path;
	wq_err e;

	if (wq_failed(wq_key_make(host, target, &policy, key, ret_reason)))
		return WQ_CRAWL_AMBIGUOUS;
	if (!c->calls->path)
		return WQ_CRAWL_TAKEN;
	wq_key_split(wq_buf_str(key), &of_key, &path);
	path = wq_str_cut(&path, '?');
	if (!c->calls->path(c->calls->data, path, &policy))
		return WQ_CRAWL_UNWANTED;
	if (policy.query == WQ_KEY_QUERY_KEEP)
		return WQ_CRAWL_TAKEN;
	wq_buf_clear(key);
	e = wq_key_make(host, target, &policy, key, ret_reason);
	return !wq_failed(e) ? WQ_CRAWL_TAKEN : wq_is(e, WQ_E_NOT_FOUND) ? WQ_CRAWL_UNWANTED : WQ_CRAWL_AMBIGUOUS;
}

static void judge(struct crawl *c, const struct wq_link *link, struct item *from, struct wq_crawl_link *ret)
{
	struct wq_url url;
	wq_str scheme = wq_url_scheme(link->url), host;
	WQ_BUF(key, 2 * WQ_KEY_MAX);

	if (scheme.n > 0 && !wq_str_eq_nocase(scheme, WQ_S("http")) && !wq_str_eq_nocase(scheme, WQ_S("https"))) {
		ret->fate = WQ_CRAWL_OTHER;
		return;
	}
	if (wq_failed(wq_url_parse(&c->scratch, link->url, c->based ? &c->base : &c->page_url, &url))) {
		ret->fate = WQ_CRAWL_MALFORMED;
		return;
	}
	ret->url = wq_url_without_fragment(&url);
	if (!wq_url_is_http(&url)) {
		ret->fate = WQ_CRAWL_OTHER;
		return;
	}
	host = own_host(c, &url);
	if (host.n == 0) {
		ret->fate = WQ_CRAWL_EXTERNAL;
		return;
	}
	ret->fate = key_of(c, host, wq_url_target(&url), &key, &ret->reason);
	if (ret->fate == WQ_CRAWL_AMBIGUOUS)
		return;
	ret->key = wq_arena_str(&c->scratch, wq_buf_str(&key));
	if (!ret->key.p)
		ret->fate = WQ_CRAWL_MALFORMED;
	else if (ret->fate == WQ_CRAWL_TAKEN)
		ret->fate = take(c, ret->key, from);
}

static wq_err on_link(void *data, const struct wq_link *link)
{
	struct crawl *c = data;
	struct wq_crawl_link found = {.from = c->page->key, .link = link};

	if (link->kind == WQ_LINK_BASE) {
		struct wq_url base;

		/* the first one counts (HTML §4.2.3); it lives as long as the page, unlike `scratch` */
		if (!c->based && !wq_failed(wq_url_parse(&c->page_arena, link->url, &c->page_url, &base)) &&
			wq_url_is_http(&base)) {
			c->base = base;
			c->based = true;
		}
		return c->err;
	}
	wq_arena_reset(&c->scratch);
	judge(c, link, c->page, &found);
	c->stats.links++;
	if (c->calls->link)
		fail(c, c->calls->link(c->calls->data, &found));
	return c->err;
}

/* ---- answers */

/* Whether the text names a charset, and one whose second bytes may be ASCII. */
static bool names_charset(wq_str text, bool *ret_multibyte)
{
	const wq_str name = WQ_S("charset=");
	bool named = false;

	for (size_t i = 0; i + name.n <= text.n; i++) {
		wq_str rest = wq_str_from(text, i);

		if ((text.p[i] | 0x20) != 'c' || !wq_str_starts_nocase(rest, name))
			continue;
		named = true;
		rest = wq_str_from(rest, name.n);
		if (rest.n > 0 && (rest.p[0] == '"' || rest.p[0] == '\''))
			rest = wq_str_from(rest, 1);
		*ret_multibyte |= wq_str_starts_nocase(rest, WQ_S("gb")) || wq_str_starts_nocase(rest, WQ_S("big5"));
	}
	return named;
}

static enum wq_html_encoding encoding_of(wq_str type, wq_str body)
{
	bool multibyte = false;

	if (!names_charset(type, &multibyte))
		names_charset(wq_str_head(body, SNIFF), &multibyte);
	return multibyte ? WQ_HTML_ENC_MULTIBYTE : WQ_HTML_ENC_ASCII;
}

static wq_err read_links(struct crawl *c, const struct wq_crawl_page *page)
{
	wq_str type = wq_header_find(page->response->headers, WQ_S("content-type")), body = page->response->body;
	struct wq_html_options html = {.encoding = encoding_of(type, body)};

	if (wq_str_starts_nocase(type, WQ_S("text/html")) ||
		wq_str_starts_nocase(type, WQ_S("application/xhtml+xml")) ||
		wq_str_starts_nocase(type, WQ_S("image/svg+xml"))) {
		if (c->calls->document)
			WQ_TRY(c->calls->document(c->calls->data, page, &body));
		return wq_html_links(body, &html, on_link, c);
	}
	if (wq_str_starts_nocase(type, WQ_S("text/css")))
		return wq_css_links(body, html.encoding, on_link, c);
	return WQ_OK;
}

static wq_err read_redirect(struct crawl *c, const struct wq_fetch_response *response)
{
	struct wq_link link = {.kind = WQ_LINK_NAVIGATE, .url = wq_header_find(response->headers, WQ_S("location"))};

	return link.url.n > 0 ? on_link(c, &link) : WQ_OK;
}

static void read_page(struct crawl *c, struct item *item, const struct wq_fetch_response *response, bool recalled)
{
	struct wq_crawl_page page = {.key = item->key,
		.from = item->from ? item->from->key : WQ_S_NONE,
		.depth = item->depth,
		.recalled = recalled,
		.response = response};

	c->stats.pages++;
	c->stats.recalled += recalled;
	c->stats.bytes += response->body.n;
	c->page = item;
	c->based = false;
	if (response->result != WQ_FETCH_ANSWERED)
		c->stats.failed++;
	else if (!c->options.only_seeds &&
		!wq_failed(wq_url_parse(&c->page_arena, wq_str_c(response->url), NULL, &c->page_url))) {
		if (response->status >= 300 && response->status < 400)
			fail(c, read_redirect(c, response));
		else if (response->status >= 200 && response->status < 300)
			fail(c, read_links(c, &page));
	}
	wq_arena_reset(&c->page_arena);
	if (!wq_failed(c->err))
		fail(c, c->calls->page(c->calls->data, &page));
}

static void on_response(void *data, const struct wq_fetch_response *response)
{
	struct crawl *c = data;

	if (wq_failed(c->err))
		return;
	if (!response->tag) { /* robots.txt; without one everything is allowed (RFC 9309 §2.3.1.3) */
		c->robots_done = true;
		if (response->result == WQ_FETCH_ANSWERED && response->status == 200)
			fail(c,
				wq_robots_read(wq_str_head(response->body, WQ_CRAWL_ROBOTS_BYTES), WQ_S("weique"),
					&c->robots));
		return;
	}
	read_page(c, response->tag, response, false);
}

/* ---- walking */

static wq_err ask(struct crawl *c, wq_str key, struct item *item)
{
	WQ_BUF(url, WQ_FETCH_URL_MAX);
	struct wq_fetch_request request = {.tag = item};

	if (!url_of_key(c, key, &url))
		return wq_buf_err(&url);
	request.url = wq_buf_cstr(&url);
	return wq_fetch_add(c->fetch, &request);
}

/* Whether the answer is known already; then it was read. */
static bool recalled(struct crawl *c, struct item *item)
{
	struct wq_fetch_response response = {.result = WQ_FETCH_ANSWERED};
	WQ_BUF(url, WQ_FETCH_URL_MAX);
	bool known = false;

	if (!c->calls->recall)
		return false;
	fail(c, c->calls->recall(c->calls->data, item->key, &response, &known));
	if (wq_failed(c->err) || !known || !url_of_key(c, item->key, &url))
		return false;
	response.url = wq_buf_cstr(&url);
	read_page(c, item, &response, true);
	return true;
}

static void tick(struct crawl *c)
{
	c->stats.known = wq_map_count(&c->seen);
	if (c->calls->tick && !wq_failed(c->err))
		fail(c, c->calls->tick(c->calls->data, &c->stats));
}

static void feed_fetcher(struct crawl *c)
{
	for (size_t n = 0; c->frontier && wq_fetch_pending(c->fetch) < WINDOW && !wq_failed(c->err); n++) {
		struct item *item = c->frontier;

		if (c->asked >= c->options.pages_max || c->stats.bytes >= c->options.bytes_max) {
			c->stats.limited = true;
			return;
		}
		c->frontier = item->next;
		if (!c->frontier)
			c->frontier_end = &c->frontier;
		c->asked++;
		if (n % WINDOW == WINDOW - 1)
			tick(c);
		if (!recalled(c, item) && !wq_failed(c->err))
			fail(c, ask(c, item->key, item));
	}
}

static wq_err walk(struct crawl *c)
{
	do {
		feed_fetcher(c);
		tick(c);
		if (!wq_failed(c->err))
			fail(c, wq_fetch_run(c->fetch, RUN_MSEC));
	} while (!wq_failed(c->err) &&
		(wq_fetch_pending(c->fetch) > 0 ||
			(c->frontier && c->asked < c->options.pages_max && c->stats.bytes < c->options.bytes_max)));
	if (c->frontier)
		c->stats.limited = true;
	return c->err;
}

static wq_err read_robots(struct crawl *c)
{
	WQ_BUF(key, WQ_KEY_MAX);

	if (!c->options.robots)
		return WQ_OK;
	wq_buf_add(&key, c->site.host);
	wq_buf_add(&key, WQ_S("/robots.txt"));
	WQ_TRY(ask(c, wq_buf_str(&key), NULL));
	while (!c->robots_done && !wq_failed(c->err))
		fail(c, wq_fetch_run(c->fetch, RUN_MSEC));
	return c->err;
}

static wq_err start_at(struct crawl *c, wq_str address)
{
	struct wq_link link = {.kind = WQ_LINK_NAVIGATE, .url = address};
	struct wq_crawl_link found = {.link = &link};

	c->page_url = c->site;
	c->based = false;
	wq_arena_reset(&c->scratch);
	judge(c, &link, NULL, &found);
	if (found.fate == WQ_CRAWL_TAKEN || found.fate == WQ_CRAWL_ROBOTS || found.fate == WQ_CRAWL_BEYOND ||
		found.fate == WQ_CRAWL_UNWANTED)
		return c->err;
	if (found.fate == WQ_CRAWL_AMBIGUOUS)
		return wq_error(WQ_E_AMBIGUOUS, "%.*s: %s", WQ_S_ARG(address), wq_key_reason_text(found.reason));
	return wq_error(WQ_E_INPUT, "%.*s is no address of the site", WQ_S_ARG(address));
}

/* ---- beginning and end */

static const char *c_string(struct crawl *c, wq_str s)
{
	return wq_arena_cstr(&c->items, s);
}

/* Everything for the site's hosts goes to the origin, and the origin's address may be reached whatever it is. */
static wq_err route_to_origin(struct crawl *c, struct wq_fetch_options *fetch)
{
	struct wq_url *origin = &c->origin;
	uint16_t port = wq_url_port(origin);
	struct wq_addr addr;

	if (c->options.hosts_n > WQ_CRAWL_HOSTS_MAX || fetch->peers_n >= WQ_FETCH_PEERS_MAX)
		return wq_error(WQ_E_LIMIT, "hosts or peers");
	for (size_t i = 0; i <= c->options.hosts_n; i++) {
		struct wq_fetch_route *route = &c->routes[i];

		route->host = i == 0 ? c_string(c, c->site.host) : c->options.hosts[i - 1];
		route->port = wq_str_eq(origin->scheme, WQ_S("https")) ? 443 : 80;
		route->to_host = c_string(c, origin->host);
		route->to_port = port;
	}
	fetch->routes = c->routes;
	fetch->routes_n = c->options.hosts_n + 1;
	if (wq_host_address(origin->host, &addr)) {
		if (fetch->peers_n > 0)
			memcpy(c->peers, fetch->peers, fetch->peers_n * sizeof(c->peers[0]));
		c->peers[fetch->peers_n++] = (struct wq_fetch_peer){addr, port};
		fetch->peers = c->peers;
	}
	return wq_arena_err(&c->items);
}

static wq_err parse_base(struct crawl *c, const char *text, struct wq_url *ret_url)
{
	if (wq_failed(wq_url_parse(&c->items, wq_str_c(text), NULL, ret_url)) || !wq_url_is_http(ret_url))
		return wq_error(WQ_E_INPUT, "%.200s is no http or https address", text);
	return WQ_OK;
}

static wq_err prepare(struct crawl *c)
{
	struct wq_fetch_options fetch = c->options.fetch;

	WQ_TRY(parse_base(c, c->options.site, &c->site));
	if (c->options.origin) {
		c->has_origin = true;
		WQ_TRY(parse_base(c, c->options.origin, &c->origin));
		WQ_TRY(route_to_origin(c, &fetch));
	}
	WQ_TRY(wq_fetch_new(&fetch, on_response, c, &c->fetch));
	WQ_TRY(read_robots(c));
	if (!c->options.only_seeds)
		WQ_TRY(start_at(c, wq_url_without_fragment(&c->site)));
	for (size_t i = 0; i < c->options.seeds_n; i++)
		WQ_TRY(start_at(c, wq_str_c(c->options.seeds[i])));
	return WQ_OK;
}

static void set_defaults(struct wq_crawl_options *o)
{
	enum { PAGES = 100000, ADDRESSES = 1000000, DEPTH = 64 };

	o->pages_max = o->pages_max ? o->pages_max : PAGES;
	o->addresses_max = o->addresses_max ? o->addresses_max : ADDRESSES;
	o->bytes_max = o->bytes_max ? o->bytes_max : (uint64_t)16 * 1024 * WQ_MIB;
	o->depth_max = o->depth_max ? o->depth_max : DEPTH;
}

static void crawl_done(struct crawl *c)
{
	wq_fetch_free(&c->fetch);
	wq_map_done(&c->seen);
	wq_buf_done(&c->robots);
	wq_arena_done(&c->scratch);
	wq_arena_done(&c->page_arena);
	wq_arena_done(&c->items);
}

wq_err wq_crawl_run(
	const struct wq_crawl_options *options, const struct wq_crawl_calls *calls, struct wq_crawl_stats *ret_stats)
{
	WQ_CLEANUP(crawl_done) struct crawl c = {.options = *options, .calls = calls};

	set_defaults(&c.options);
	wq_arena_init(&c.scratch, 2 * URL_BYTES);
	wq_arena_init(&c.page_arena, 4 * URL_BYTES);
	wq_arena_init(&c.items, c.options.addresses_max * (sizeof(struct item) + 512) + URL_BYTES);
	wq_map_init(&c.seen, c.options.addresses_max + 1, &wq_random_system);
	wq_buf_init(&c.robots, WQ_CRAWL_ROBOTS_BYTES);
	c.frontier_end = &c.frontier;
	WQ_TRY(prepare(&c));
	WQ_TRY(walk(&c));
	if (ret_stats)
		*ret_stats = c.stats;
	return WQ_OK;
}
