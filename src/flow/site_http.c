#include "flow/site.h"

#include <netdb.h>
#include <netinet/in.h>

#include "inspect/crawl/crawl.h"
#include "text/charset.h"
#include "text/url.h"

/* What one header may add to an entry; vault/snapshot.h has the limits of a body. */
enum {
	URL_MEMORY = 1024 * 1024,
	PEERS_MAX = 16,
	TYPE_BYTES_MAX = 200,
	VALUE_BYTES_MAX = 1024,
	LOCATION_BYTES_MAX = 4096
};

static const wq_str location_name = WQ_S_INIT("Location");
/* Headers of the origin that are part of what is sealed, in their order; everything else is the gate's business or
 * nobody's. */
static const wq_str kept[] = {WQ_S_INIT("Cache-Control"), WQ_S_INIT("Content-Disposition"),
	WQ_S_INIT("Content-Language"), WQ_S_INIT("Link"), WQ_S_INIT("Location"), WQ_S_INIT("Referrer-Policy"),
	WQ_S_INIT("X-Frame-Options")};

struct walk {
	const struct wq_site_options *options;
	wq_site_fn visit;
	void *data;
	struct wq_buf headers, location, type, recalled;
};

static void skip(struct walk *w, wq_str source, const char *why)
{
	if (w->options && w->options->skipped)
		w->options->skipped(w->options->skipped_data, source, why);
}

/* Where a redirect leads: below our own name as a path, otherwise the whole address. */
static wq_err on_link(void *data, const struct wq_crawl_link *link)
{
	struct walk *w = data;
	wq_str host, target;

	if (link->link->tag != WQ_TAG_NONE || link->link->attr.n > 0 || link->link->line > 0) {
		if (link->fate == WQ_CRAWL_AMBIGUOUS)
			skip(w, link->url, wq_key_reason_text(link->reason));
		return WQ_OK;
	}
	wq_buf_clear(&w->location);
	if (link->key.n > 0) {
		wq_key_split(link->key, &host, &target);
		wq_buf_add(&w->location, target);
	} else {
		wq_buf_add(&w->location, link->url);
	}
	return wq_buf_err(&w->location);
}

static bool is_clean(wq_str value, size_t most)
{
	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
			return false;
	return value.n > 0 && value.n <= most;
}

static bool is_redirect(const struct wq_fetch_response *r)
{
	return r->status >= 300 && r->status < 400 && r->status != 304;
}

static wq_err headers_of(struct walk *w, wq_str key, const struct wq_fetch_response *r)
{
	wq_buf_clear(&w->headers);
	for (size_t i = 0; i < WQ_COUNT(kept); i++) {
		bool is_location = wq_str_eq(kept[i], location_name);
		wq_str value = !is_location ? wq_header_find(r->headers, kept[i])
			: is_redirect(r)    ? wq_buf_str(&w->location)
					    : WQ_S_NONE;

		if (is_clean(value, is_location ? LOCATION_BYTES_MAX : VALUE_BYTES_MAX)) {
			wq_buf_add(&w->headers, kept[i]);
			wq_buf_add(&w->headers, WQ_S(": "));
			wq_buf_add(&w->headers, value);
			wq_buf_add(&w->headers, WQ_S("\r\n"));
		} else if (value.n > 0) {
			skip(w, key, "a header that cannot be sealed is left out");
		}
	}
	return wq_buf_err(&w->headers);
}

/* The origin's Content-Type; text that names no charset gets the one that a browser would use. */
static wq_err type_of(struct walk *w, const struct wq_fetch_response *r)
{
	wq_str type = wq_header_find(r->headers, WQ_S("Content-Type")), charset;

	if (!is_clean(type, TYPE_BYTES_MAX))
		type = WQ_S("application/octet-stream");
	wq_buf_clear(&w->type);
	wq_buf_add(&w->type, type);
	if (wq_str_starts_nocase(type, WQ_S("text/")) && wq_charset_of_content_type(type).n == 0) {
		charset = wq_site_charset(WQ_S_NONE, r->body);
		if (charset.n > 0)
			wq_buf_printf(&w->type, "; charset=%.*s", WQ_S_ARG(charset));
	}
	return wq_buf_err(&w->type);
}

/* It could not be looked at: what is sealed stays. */
static wq_err unknown(struct walk *w, const struct wq_crawl_page *page, const char *why)
{
	skip(w, page->key, why);
	return w->visit(w->data, &(struct wq_site_item){.key = page->key, .source = page->key, .unknown = true});
}

static wq_err absent(struct walk *w, const struct wq_crawl_page *page)
{
	char why[240];

	snprintf(why, sizeof why, "answers %d; linked from %.*s", page->response->status,
		WQ_S_ARG(wq_str_head(page->from, 160)));
	skip(w, page->key, why);
	return w->visit(w->data,
		&(struct wq_site_item){
			.key = page->key, .source = page->key, .absent = true, .recalled = page->recalled});
}

static wq_err item_of(struct walk *w, const struct wq_crawl_page *page, struct wq_site_item *ret)
{
	WQ_TRY(headers_of(w, page->key, page->response));
	WQ_TRY(type_of(w, page->response));
	*ret = (struct wq_site_item){.key = page->key,
		.status = (uint16_t)page->response->status,
		.type = wq_buf_str(&w->type),
		.headers = wq_buf_str(&w->headers),
		.body = page->response->body,
		.source = page->key,
		.recalled = page->recalled};
	return WQ_OK;
}

static wq_err one_page(struct walk *w, const struct wq_crawl_page *page)
{
	const struct wq_fetch_response *r = page->response;
	struct wq_site_item item;
	char why[240];

	if (r->result == WQ_FETCH_ANSWERED && (r->status == 404 || r->status == 410))
		return absent(w, page);
	if (r->result != WQ_FETCH_ANSWERED || r->status < 200 || r->status >= 400 || r->status == 206 ||
		r->status == 304) {
		snprintf(why, sizeof why, "%s %d %s", wq_fetch_result_text(r->result), r->status, r->detail);
		return unknown(w, page, why);
	}
	if (is_redirect(r) && !is_clean(wq_buf_str(&w->location), LOCATION_BYTES_MAX))
		return unknown(w, page, "a redirect without a usable Location");
	WQ_TRY(item_of(w, page, &item));
	return w->visit(w->data, &item);
}

static wq_err on_page(void *data, const struct wq_crawl_page *page)
{
	struct walk *w = data;
	wq_err e = one_page(w, page);

	wq_buf_clear(&w->location); /* it was this page's */
	return e;
}

/* ---- what the visitor is asked ---- */

static bool on_path(void *data, wq_str path, struct wq_key_policy *ret_policy)
{
	struct walk *w = data;

	return w->options->path(w->options->data, path, ret_policy);
}

/* An item as the answer that it was made from: its type and headers make the same item again. */
static wq_err on_recall(void *data, wq_str key, struct wq_fetch_response *ret_response, bool *ret_known)
{
	struct walk *w = data;
	struct wq_site_item item = {0};

	WQ_TRY(w->options->recall(w->options->data, key, &item, ret_known));
	if (!*ret_known)
		return WQ_OK;
	wq_buf_clear(&w->recalled);
	wq_buf_printf(&w->recalled, "Content-Type: %.*s\r\n", WQ_S_ARG(item.type));
	wq_buf_add(&w->recalled, item.headers);
	ret_response->status = item.absent ? 404 : item.status;
	ret_response->headers = wq_buf_str(&w->recalled);
	ret_response->body = item.body;
	return wq_buf_err(&w->recalled);
}

static wq_err on_document(void *data, const struct wq_crawl_page *page, wq_str *ret_body)
{
	struct walk *w = data;
	struct wq_site_item item;

	WQ_TRY(item_of(w, page, &item));
	return w->options->document(w->options->data, &item, ret_body);
}

static wq_err on_tick(void *data, const struct wq_crawl_stats *so_far)
{
	struct walk *w = data;

	return w->options->tick(w->options->data, so_far->known);
}

/* ---- the walk ---- */

static bool address_of(const struct sockaddr *from, struct wq_addr *ret)
{
	if (from->sa_family == AF_INET) {
		ret->family = 4;
		memcpy(ret->bytes, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
		return true;
	}
	if (from->sa_family != AF_INET6)
		return false;
	ret->family = 6;
	memcpy(ret->bytes, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
	return true;
}

/* The addresses of an origin in a private range, which the operator allowed: those of now, not those of later. */
static wq_err allow(const char *host, struct wq_fetch_peer peers[PEERS_MAX], size_t *ret_n)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	size_t n = 0;

	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return wq_error(WQ_E_PEER, "the origin %s has no address", host);
	for (struct addrinfo *a = found; a && n < PEERS_MAX; a = a->ai_next)
		if (address_of(a->ai_addr, &peers[n].addr))
			peers[n++].port = 0;
	freeaddrinfo(found);
	*ret_n = n;
	return WQ_OK;
}

static wq_err check_origin(const struct wq_fetch_peer *peers, size_t n, bool allow_private)
{
	for (size_t i = 0; i < n && !allow_private; i++)
		if (wq_addr_class(&peers[i].addr) != WQ_ADDR_GLOBAL)
			return wq_error(WQ_E_DENIED, "the origin has a private address; --allow-private registers it");
	return WQ_OK;
}

static struct wq_crawl_options limits_of(const struct wq_site_options *options)
{
	struct wq_capture_settings s = options && options->settings ? *options->settings
								    : wq_capture_settings_default();

	return (struct wq_crawl_options){
		.pages_max = s.pages_max,
		.addresses_max = WQ_MAX(10 * s.pages_max, 1000000),
		.bytes_max = s.bytes_max,
		.depth_max = s.depth_max,
		.robots = s.robots,
		.seeds = options ? options->seeds : NULL,
		.seeds_n = options ? options->seeds_n : 0,
		.only_seeds = options && options->only_seeds,
		.fetch = {.connect_msec = s.connect_msec,
			.total_msec = s.request_msec,
			.body_max = s.object_max_bytes,
			.concurrent = s.concurrent,
			.per_host = s.concurrent,
			.delay_msec = s.delay_msec,
			.retries = s.retries,
			.wait_max_msec = s.wait_max_msec,
			.fresh = options && options->only_seeds,
			.ca_file = s.ca_file},
	};
}

static struct wq_crawl_calls calls_of(struct walk *w)
{
	const struct wq_site_options *o = w->options;
	struct wq_crawl_calls calls = {.page = on_page, .link = on_link, .data = w};

	calls.path = o && o->path ? on_path : NULL;
	calls.recall = o && o->recall ? on_recall : NULL;
	calls.document = o && o->document ? on_document : NULL;
	calls.tick = o && o->tick ? on_tick : NULL;
	return calls;
}

static wq_err walk(struct walk *w, const struct wq_app_row *app, struct wq_arena *arena)
{
	struct wq_fetch_peer peers[PEERS_MAX];
	const char *hosts[WQ_HOSTS_MAX];
	struct wq_crawl_options options = limits_of(w->options);
	struct wq_crawl_calls calls = calls_of(w);
	struct wq_crawl_stats stats;
	struct wq_url url;
	const char *host;
	size_t n = 0;

	WQ_TRY(wq_url_parse(arena, app->origin, NULL, &url));
	host = wq_arena_cstr(arena,
		wq_str_starts(url.host, WQ_S("[")) ? wq_str_head(wq_str_from(url.host, 1), url.host.n - 2) : url.host);
	options.origin = wq_arena_cstr(arena, app->origin);
	options.site = wq_arena_printf(arena, "%.*s://%.*s%.*s", WQ_S_ARG(url.scheme), WQ_S_ARG(app->hosts[0]),
		WQ_S_ARG(url.path.n ? url.path : WQ_S("/")))
			       .p;
	options.hosts = hosts;
	for (size_t i = 1; i < app->hosts_n && i < WQ_CRAWL_HOSTS_MAX; i++)
		hosts[options.hosts_n++] = wq_arena_cstr(arena, app->hosts[i]);
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(allow(host, peers, &n));
	WQ_TRY(check_origin(peers, n, w->options && w->options->allow_private));
	options.fetch.peers = peers;
	options.fetch.peers_n = n;
	WQ_TRY(wq_crawl_run(&options, &calls, &stats));
	if (stats.limited)
		return wq_error(WQ_E_LIMIT, "the site is larger than capture.pages, capture.bytes or capture.depth");
	return WQ_OK;
}

wq_err wq_site_origin(const struct wq_app_row *app, const struct wq_site_options *options, wq_site_fn visit, void *data)
{
	struct walk w = {.options = options,
		.visit = visit,
		.data = data,
		.headers = WQ_BUF_INIT(WQ_SITE_HEADERS_MAX),
		.location = WQ_BUF_INIT(WQ_SITE_HEADERS_MAX),
		.type = WQ_BUF_INIT(1024),
		.recalled = WQ_BUF_INIT(2 * WQ_SITE_HEADERS_MAX)};
	struct wq_arena arena;
	wq_err e;

	wq_arena_init(&arena, URL_MEMORY);
	e = walk(&w, app, &arena);
	wq_arena_done(&arena);
	wq_buf_done(&w.headers);
	wq_buf_done(&w.location);
	wq_buf_done(&w.type);
	wq_buf_done(&w.recalled);
	return e;
}
