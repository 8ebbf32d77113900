#include "inspect/site/site.h"

#include "base/file.h"
#include "inspect/crawl/robots.h"
#include "inspect/site/site_priv.h"
#include "text/url.h"

enum {
	RUN_MSEC = 250,
	ASKED_MAX = 512,     /* requests given to the fetcher */
	WAITING_MAX = 65536, /* addresses that were looked at and wait for their host */
	OUTSIDE_CUT = 256 * 1024,
	DEPTH_LIMIT = 250
};
#define STATE_BYTES_MAX ((uint64_t)64 << 30)

/* What a request was for; goes along as the tag. */
enum asked { ASKED_ITEM, ASKED_ROBOTS, ASKED_PROBE };

struct tag {
	struct tag *next_free;
	enum asked asked;
	struct host *host;
	uint32_t number;
	bool head;
};

void walk_limited(struct walk *w, const char *by)
{
	if (!w->stats.limited)
		snprintf(w->stats.limited_by, sizeof(w->stats.limited_by), "%s", by);
	w->stats.limited = true;
}

void walk_sign(struct walk *w, enum wq_site_sign sign, wq_str url)
{
	if (w->stats.signs[sign].times++ == 0)
		snprintf(w->stats.signs[sign].first, WQ_SITE_SIGN_BYTES, "%.*s",
			WQ_S_ARG(wq_str_head(url, WQ_SITE_SIGN_BYTES - 1)));
}

/* ---- addresses */

/* It was looked at as a thing of another kind: what only GET tells is wanted now. */
static void look_again(struct walk *w, uint32_t number)
{
	struct item *item = &w->table.items[number];
	char url[WQ_FETCH_URL_MAX + 1];
	struct host *host;

	if (!(item->flags & ITEM_INSIDE) || item->state != ITEM_DONE || item->flags & ITEM_WHOLE || item->status != 200)
		return;
	item->flags |= ITEM_WHOLE;
	item->state = ITEM_NEW;
	walk_fail(w, table_url(&w->table, number, url));
	host = wq_failed(w->err) ? NULL : host_of(w, wq_str_c(url));
	if (host)
		host_wait(w, host, number, false);
}

uint32_t walk_address(struct walk *w, wq_str url, uint32_t from, uint8_t flags, uint8_t hops)
{
	uint64_t hash = table_hash(&w->table, url);
	uint32_t number = table_find(&w->table, hash), depth;
	struct item item = {.from = from, .flags = flags, .hops = hops};

	if (number != ITEM_NONE) {
		struct item *known = &w->table.items[number];
		uint8_t more = (uint8_t)(flags & (ITEM_PAGE | ITEM_SHEET | ITEM_HOME) & ~known->flags);

		known->flags |= flags;
		if (more)
			look_again(w, number);
		return number;
	}
	if (log_at(&w->log) > STATE_BYTES_MAX) {
		walk_limited(w, "bytes of state");
		return ITEM_NONE;
	}
	depth = from == ITEM_NONE ? 0 : (uint32_t)w->table.items[from].depth + (hops == 0);
	item.depth = (uint8_t)WQ_MIN(depth, (uint32_t)DEPTH_LIMIT);
	if (url_is_inside(w, url))
		item.flags |= ITEM_INSIDE;
	walk_fail(w, table_add(&w->table, url, hash, &item, &number));
	if (number == ITEM_NONE)
		walk_limited(w, "addresses");
	walk_fail(w, log_flush(&w->log, false)); /* an address alone is whole */
	return number;
}

/* ---- asking */

/* A walk that goes on has not met again what the first one met. */
static void put_signs(struct walk *w)
{
	for (size_t i = 0; i < WQ_SITE_SIGNS; i++) {
		if (w->stats.signs[i].times == 0 || w->sign_kept[i])
			continue;
		log_begin(&w->log, LOG_SIGN);
		log_varint(&w->log, i);
		log_bytes(&w->log, wq_str_c(w->stats.signs[i].first));
		log_end(&w->log);
		w->sign_kept[i] = true;
	}
}

static void done(struct walk *w, uint32_t number, enum item_state state)
{
	w->table.items[number].state = (uint8_t)state;
	table_put_result(&w->table, number);
	put_signs(w);
	walk_fail(w, log_flush(&w->log, false));
}

/* Endings of what is no page: HEAD says enough. */
static bool is_file(wq_str url)
{
	static const wq_str ends[] = {WQ_S_INIT(".pdf"), WQ_S_INIT(".doc"), WQ_S_INIT(".docx"), WQ_S_INIT(".xls"),
		WQ_S_INIT(".xlsx"), WQ_S_INIT(".ppt"), WQ_S_INIT(".pptx"), WQ_S_INIT(".wps"), WQ_S_INIT(".et"),
		WQ_S_INIT(".ofd"), WQ_S_INIT(".zip"), WQ_S_INIT(".rar"), WQ_S_INIT(".7z"), WQ_S_INIT(".gz"),
		WQ_S_INIT(".jpg"), WQ_S_INIT(".jpeg"), WQ_S_INIT(".png"), WQ_S_INIT(".gif"), WQ_S_INIT(".webp"),
		WQ_S_INIT(".mp3"), WQ_S_INIT(".mp4"), WQ_S_INIT(".exe"), WQ_S_INIT(".apk")};
	wq_str path = wq_str_cut(&url, '?');

	if (wq_str_find(path, WQ_S("sitemap")) >= 0)
		return false;
	for (size_t i = 0; i < WQ_COUNT(ends); i++)
		if (path.n > ends[i].n && wq_str_eq_nocase(wq_str_from(path, path.n - ends[i].n), ends[i]))
			return true;
	return false;
}

/* HEAD, GET, or GET of the beginning. */
static void choose(const struct walk *w, const struct item *item, wq_str url, struct wq_fetch_request *request)
{
	bool inside = item->flags & ITEM_INSIDE, whole = item->flags & ITEM_WHOLE;
	bool wanted = inside ? item->flags & (ITEM_PAGE | ITEM_SHEET) ||
			(item->flags & ITEM_SCRIPT && w->calls->resource && !w->options.links_only)
			     : item->flags & ITEM_PAGE && w->options.target;

	request->documents = true;
	request->head = !whole && (!wanted || is_file(url));
	if (!inside)
		request->body_cut = OUTSIDE_CUT;
}

static bool ask(struct walk *w, const char *url, struct wq_fetch_request *request, struct tag tag)
{
	struct tag *kept = w->free_tags, *next;
	wq_err e;

	if (!kept)
		return false;
	next = kept->next_free;
	*kept = tag;
	kept->head = request->head;
	request->url = url;
	request->tag = kept;
	e = wq_fetch_add(w->fetch, request);
	if (wq_failed(e)) {
		kept->next_free = next;
		if (!wq_is(e, WQ_E_INPUT) && !wq_is(e, WQ_E_LIMIT))
			walk_fail(w, e);
		return false;
	}
	w->free_tags = next;
	w->in_flight++;
	tag.host->in_flight++;
	return true;
}

static void add_sitemap(struct walk *w, wq_str address)
{
	struct wq_arena arena;
	struct wq_url url;

	wq_arena_init(&arena, 8 * WQ_FETCH_URL_MAX);
	if (!wq_failed(wq_url_parse(&arena, address, NULL, &url)) && wq_url_is_http(&url) && url_is_inside(w, url.href))
		walk_address(w, wq_url_without_fragment(&url), ITEM_NONE, ITEM_PAGE | ITEM_WHOLE, 0);
	wq_arena_done(&arena);
}

/* Those that robots.txt names, or the one at the usual place. */
static void add_sitemaps(struct walk *w, const struct host *host, wq_str robots)
{
	enum { SITEMAPS_MAX = 100 };
	const wq_str word = WQ_S("sitemap:");
	char usual[ORIGIN_BYTES + 16];
	size_t n = 0;

	for (wq_str rest = robots; rest.n > 0 && n < SITEMAPS_MAX;) {
		wq_str line = wq_str_trim(wq_str_cut(&rest, '\n'));

		if (!wq_str_starts_nocase(line, word))
			continue;
		add_sitemap(w, wq_str_trim(wq_str_from(line, word.n)));
		n++;
	}
	snprintf(usual, sizeof(usual), "%s/sitemap.xml", host->origin);
	if (n == 0)
		add_sitemap(w, wq_str_c(usual));
}

static void open_host(struct walk *w, struct host *host)
{
	struct wq_fetch_request request = {.body_cut = 512 * WQ_KIB};
	char url[ORIGIN_BYTES + 16];

	host->opened = true;
	if (!host->inside)
		return;
	if (w->options.ignore_robots) {
		add_sitemaps(w, host, WQ_S_NONE);
		return;
	}
	snprintf(url, sizeof(url), "%s/robots.txt", host->origin);
	if (ask(w, url, &request, (struct tag){.asked = ASKED_ROBOTS, .host = host}))
		host->opening++;
}

/* Whether something else has to be asked first, and was. */
static bool ask_probe(struct walk *w, struct host *host, wq_str url)
{
	struct wq_fetch_request request = {.body_cut = OUTSIDE_CUT, .documents = true};
	WQ_BUF(probe, 2 * WQ_KIB);
	uint32_t number;

	if (!soft_wants(w, host, url, &probe, &number) ||
		!ask(w, wq_buf_cstr(&probe), &request,
			(struct tag){.asked = ASKED_PROBE, .host = host, .number = number}))
		return false;
	host->opening++;
	return true;
}

/* A path that nobody would make by hand: very deep, or with one segment again and again. */
static bool grows_without_end(wq_str url)
{
	enum { SEGMENTS = 32, AGAIN = 6 };
	wq_str path = wq_str_from(url, url_origin(url).n), rest = wq_str_cut(&path, '?'), before = WQ_S_NONE;
	size_t segments = 0, again = 0;

	while (rest.p && segments < SEGMENTS && again < AGAIN) {
		wq_str segment = wq_str_cut(&rest, '/');

		again = segment.n > 0 && wq_str_eq(segment, before) ? again + 1 : 0;
		segments++;
		before = segment;
	}
	return segments >= SEGMENTS || again >= AGAIN;
}

/* Why an address is not asked for; false: it is. */
static bool is_left(struct walk *w, const struct host *host, uint32_t number, wq_str url)
{
	struct item *item = &w->table.items[number];
	bool inside = item->flags & ITEM_INSIDE;
	const char *limit = NULL;

	if (!inside && w->options.check_only_inside)
		return true;
	if (inside && !host_allows(w, host, url)) {
		w->stats.robots_kept_away++;
		return true;
	}
	if (inside && item->depth > w->options.depth_max) {
		limit = "depth";
		if (grows_without_end(url))
			walk_sign(w, WQ_SITE_SIGN_LINKS, url);
	} else if (inside && item->flags & ITEM_PAGE && w->stats.pages >= w->options.pages_max)
		limit = "pages";
	else if (w->stats.bytes >= w->options.bytes_max)
		limit = "bytes";
	if (limit)
		walk_limited(w, limit);
	return limit != NULL;
}

static void ask_item(struct walk *w, struct host *host, uint32_t number)
{
	struct item *item = &w->table.items[number];
	struct wq_fetch_request request = {0};
	char url[WQ_FETCH_URL_MAX + 1];

	walk_fail(w, table_url(&w->table, number, url));
	if (wq_failed(w->err))
		return;
	if (host->gone) {
		item->verdict = host->why == WQ_FETCH_FORBIDDEN ? WQ_SITE_PRIVATE
			: host->why == WQ_FETCH_TLS             ? WQ_SITE_TLS
								: WQ_SITE_UNREACHABLE;
		item->fetched = (uint8_t)host->why;
		done(w, number, ITEM_DONE);
		return;
	}
	if (is_left(w, host, number, wq_str_c(url))) {
		done(w, number, ITEM_LEFT);
		return;
	}
	if (item->flags & ITEM_PAGE && ask_probe(w, host, wq_str_c(url))) {
		host_wait(w, host, number, true);
		return;
	}
	choose(w, item, wq_str_c(url), &request);
	item->state = ITEM_ASKED;
	if (!ask(w, url, &request, (struct tag){.asked = ASKED_ITEM, .host = host, .number = number})) {
		item->verdict = WQ_SITE_UNKNOWN;
		item->fetched = WQ_FETCH_FAILED;
		done(w, number, ITEM_DONE);
	}
}

static bool is_over(const struct walk *w)
{
	return walk_msec(w) - w->started_msec >= w->options.run_msec_max;
}

/* Gives the fetcher what the host may have now. */
static void feed_host(struct walk *w, struct host *host)
{
	uint32_t most = 2 * WQ_MAX(w->options.fetch.per_host, (uint32_t)4);
	uint32_t number;

	if (w->in_flight >= ASKED_MAX)
		return;
	if (!host->opened)
		open_host(w, host);
	while (!wq_failed(w->err) && host->opening == 0 && host->in_flight < most && w->in_flight < ASKED_MAX &&
		!is_over(w) && host_next(w, host, &number))
		ask_item(w, host, number);
}

/* Looks at the next addresses and lines them up before their hosts. */
static void line_up(struct walk *w)
{
	char url[WQ_FETCH_URL_MAX + 1];

	while (w->cursor < w->table.n && w->waiting < WAITING_MAX && !wq_failed(w->err)) {
		uint32_t number = w->cursor++;
		struct host *host;

		if (w->table.items[number].state != ITEM_NEW)
			continue;
		walk_fail(w, table_url(&w->table, number, url));
		host = wq_failed(w->err) ? NULL : host_of(w, wq_str_c(url));
		if (host)
			host_wait(w, host, number, false);
	}
}

static void feed(struct walk *w)
{
	line_up(w);
	for (struct host **at = &w->active; *at && !wq_failed(w->err);) {
		struct host *host = *at;

		feed_host(w, host);
		if (host->waiting_at == host->waiting_n) {
			*at = host->next_active;
			host->active = false;
		} else
			at = &host->next_active;
	}
}

/* ---- answers */

static enum wq_site_verdict of_result(enum wq_fetch_result result)
{
	switch ((int)result) {
	case WQ_FETCH_FORBIDDEN: return WQ_SITE_PRIVATE;
	case WQ_FETCH_TLS: return WQ_SITE_TLS;
	case WQ_FETCH_TRUNCATED: return WQ_SITE_TRUNCATED;
	case WQ_FETCH_TOO_LARGE: return WQ_SITE_FINE; /* it is there; what is in it nobody looked at */
	case WQ_FETCH_FAILED: return WQ_SITE_UNKNOWN;
	default: return WQ_SITE_UNREACHABLE;
	}
}

static enum wq_site_verdict of_status(int status)
{
	static const int refusals[] = {401, 402, 403, 406, 407, 408, 412, 423, 425, 429, 451, 503, 999};

	for (size_t i = 0; i < WQ_COUNT(refusals); i++)
		if (status == refusals[i])
			return WQ_SITE_UNKNOWN;
	if (status >= 400 && status < 500)
		return WQ_SITE_BROKEN;
	return status >= 500 ? WQ_SITE_SERVER_ERROR : WQ_SITE_FINE;
}

static bool is_redirect(const struct wq_fetch_response *response)
{
	int s = response->status;

	return (s == 301 || s == 302 || s == 303 || s == 307 || s == 308) &&
		wq_header_find(response->headers, WQ_S("Location")).p;
}

/* HEAD is refused, or answered carelessly, by servers that serve GET. */
static bool asks_for_get(const struct walk *w, const struct item *item, const struct wq_fetch_response *response)
{
	wq_str type = wq_header_find(response->headers, WQ_S("Content-Type"));

	if (response->result != WQ_FETCH_ANSWERED)
		return response->result == WQ_FETCH_PROTOCOL || response->result == WQ_FETCH_TRUNCATED;
	if (response->status >= 400 && response->status != 429 && response->status != 503)
		return true;
	/* something loaded as a picture that is a page, or a sheet */
	return response->status == 200 && item->flags & ITEM_INSIDE && !w->options.links_only &&
		item->flags & ITEM_PAGE && wq_str_starts_nocase(type, WQ_S("text/html"));
}

/* "example.cn" that redirects to "www.example.cn", or back: one site. */
static void follow_start(struct walk *w, const struct item *item, const struct wq_fetch_response *response)
{
	struct wq_arena arena;
	struct wq_url from, to;
	wq_str a, b, origin;

	if (!(item->flags & ITEM_HOME))
		return;
	wq_arena_init(&arena, 8 * WQ_FETCH_URL_MAX);
	if (!wq_failed(wq_url_parse(&arena, wq_str_c(response->url), NULL, &from)) &&
		!wq_failed(wq_url_parse(&arena, wq_header_find(response->headers, WQ_S("Location")), &from, &to)) &&
		wq_url_is_http(&to)) {
		a = wq_str_from(from.host, wq_str_starts(from.host, WQ_S("www.")) ? 4 : 0);
		b = wq_str_from(to.host, wq_str_starts(to.host, WQ_S("www.")) ? 4 : 0);
		origin = url_origin(to.href);
		if (wq_str_eq(a, b) && from.port == to.port && wq_str_find(origin, WQ_S("://")) > 0)
			walk_fail(w,
				wq_map_put(&w->inside,
					wq_str_from(origin, (size_t)wq_str_find(origin, WQ_S("://")) + 3), NULL, NULL));
	}
	wq_arena_done(&arena);
}

static void judge(
	struct walk *w, struct host *host, uint32_t number, const struct wq_fetch_response *response, bool head)
{
	struct item *item = &w->table.items[number];

	w->stats.too_large += response->result == WQ_FETCH_TOO_LARGE;
	if (response->bomb && item->flags & ITEM_INSIDE)
		walk_sign(w, WQ_SITE_SIGN_BOMB, wq_str_c(response->url));
	item->status = (uint16_t)WQ_MAX(0, response->status);
	item->fetched = (uint8_t)response->result;
	item->verdict = (uint8_t)(response->result == WQ_FETCH_ANSWERED ? of_status(response->status)
									: of_result(response->result));
	if (response->result != WQ_FETCH_ANSWERED)
		return;
	if (is_redirect(response)) {
		follow_start(w, item, response);
		walk_fail(w, page_redirect(w, number, response));
		item = &w->table.items[number]; /* it may have moved */
		if (item->flags & ITEM_INSIDE && !(item->flags & ITEM_HOME) && soft_redirect(w, host, response)) {
			item->verdict = WQ_SITE_SOFT_404;
			item->end = ITEM_NONE;
		}
	} else if (!(item->flags & ITEM_INSIDE)) {
		if (item->verdict == WQ_SITE_FINE && !head)
			item->verdict = (uint8_t)soft_outside(w, response);
	} else if (response->status == 200 && item->flags & ITEM_INSIDE && !head && !response->cut) {
		if (item->flags & ITEM_PAGE)
			w->stats.pages++;
		else
			w->stats.resources++;
		walk_fail(w, page_read(w, host, number, response));
	}
}

static void on_item(struct walk *w, const struct tag *tag, const struct wq_fetch_response *response)
{
	struct item *item = &w->table.items[tag->number];

	if (tag->head && asks_for_get(w, item, response)) {
		item->flags |= ITEM_WHOLE;
		item->state = ITEM_NEW;
		host_wait(w, tag->host, tag->number, true);
		return;
	}
	w->stats.bytes += response->body.n;
	w->stats.targets++;
	judge(w, tag->host, tag->number, response, tag->head);
	if (!wq_failed(w->err)) /* else it is asked for again when the walk is resumed */
		done(w, tag->number, ITEM_DONE);
}

static void heard_robots(struct walk *w, struct host *host, const struct wq_fetch_response *response)
{
	wq_str text = WQ_S_NONE;

	if (response->result == WQ_FETCH_ANSWERED && response->status == 200)
		text = response->body;
	if (response->cut) /* half a path forbids too much */
		text = wq_str_head(text, (size_t)(wq_str_rchr(text, '\n') + 1));
	walk_fail(w, wq_robots_read(text, WQ_S("weique"), &host->robots));
	add_sitemaps(w, host, text);
}

static void on_response(void *data, const struct wq_fetch_response *response)
{
	struct walk *w = data;
	struct tag *kept = response->tag, tag = *kept;

	kept->next_free = w->free_tags;
	w->free_tags = kept;
	w->in_flight--;
	tag.host->in_flight--;
	if (wq_failed(w->err))
		return;
	host_heard(w, tag.host, response->result);
	if (tag.asked == ASKED_ROBOTS) { /* without one everything is allowed (RFC 9309 §2.3.1.3) */
		tag.host->opening--;
		heard_robots(w, tag.host, response);
	} else if (tag.asked == ASKED_PROBE) {
		tag.host->opening--;
		soft_heard(w, tag.host, tag.number, response);
	} else
		on_item(w, &tag, response);
	if (w->waiting < ASKED_MAX)
		line_up(w);
	feed_host(w, tag.host);
}

/* ---- walking */

static void tick(struct walk *w)
{
	enum { TICK_MSEC = 1000 };
	uint64_t now = walk_msec(w);

	w->stats.known = w->table.n;
	w->stats.waiting = w->table.n - w->cursor + w->waiting + w->in_flight;
	w->stats.msec = (uint32_t)(now - w->started_msec);
	if (now - w->ticked_msec < TICK_MSEC)
		return;
	w->ticked_msec = now;
	put_signs(w);
	walk_fail(w, log_flush(&w->log, true));
	if (w->calls->tick && !wq_failed(w->err))
		walk_fail(w, w->calls->tick(w->calls->data, &w->stats));
}

static wq_err walk(struct walk *w)
{
	for (;;) {
		feed(w);
		tick(w);
		if (wq_failed(w->err))
			return w->err;
		if (w->in_flight == 0 && w->waiting == 0 && w->cursor == w->table.n)
			return WQ_OK;
		if (is_over(w)) {
			walk_limited(w, "time");
			return WQ_OK;
		}
		walk_fail(w, wq_fetch_run(w->fetch, RUN_MSEC));
	}
}

/* ---- beginning and end */

static wq_err add_inside(struct walk *w, wq_str authority)
{
	return wq_map_put(&w->inside, authority, NULL, NULL);
}

static wq_err add_start(struct walk *w, const char *text)
{
	struct wq_arena arena;
	struct wq_url url;
	wq_err e;

	wq_arena_init(&arena, 8 * WQ_FETCH_URL_MAX);
	e = wq_url_parse(&arena, wq_str_c(text), NULL, &url);
	if (wq_failed(e) || !wq_url_is_http(&url) || url.user.n > 0)
		e = wq_error(WQ_E_INPUT, "%.200s is no http or https address", text);
	else {
		wq_str origin = url_origin(url.href);

		e = add_inside(w, wq_str_from(origin, url.scheme.n + 3));
		if (!wq_failed(e))
			walk_address(
				w, wq_url_without_fragment(&url), ITEM_NONE, ITEM_PAGE | ITEM_START | ITEM_HOME, 0);
	}
	wq_arena_done(&arena);
	return wq_failed(e) ? e : w->err;
}

static void set_defaults(struct wq_site_options *o)
{
	enum {
		PAGES = 1000000,
		ADDRESSES = 20000000,
		DEPTH = 64,
		REDIRECTS = 10,
		RUN_MSEC_MAX = 24 * 3600 * 1000,
		HOST_MSEC_MAX = 120000,
		AGAIN_HOURS = 24,
		AGAIN_LOOKS = 3,
		PLACES = 100,
		RETRIES = 1, /* of what asks for patience */
		WAIT_MAX_MSEC = 10000
	};

	o->pages_max = o->pages_max ? o->pages_max : PAGES;
	o->addresses_max = o->addresses_max ? o->addresses_max : ADDRESSES;
	o->bytes_max = o->bytes_max ? o->bytes_max : (uint64_t)64 << 30;
	o->depth_max = o->depth_max ? WQ_MIN(o->depth_max, (uint32_t)DEPTH_LIMIT - 1) : DEPTH;
	o->redirects_max = o->redirects_max ? WQ_MIN(o->redirects_max, (uint32_t)UINT8_MAX - 1) : REDIRECTS;
	o->run_msec_max = o->run_msec_max ? o->run_msec_max : RUN_MSEC_MAX;
	o->host_msec_max = o->host_msec_max ? o->host_msec_max : HOST_MSEC_MAX;
	o->again_hours = o->again_hours ? o->again_hours : AGAIN_HOURS;
	o->again_looks = o->again_looks ? o->again_looks : AGAIN_LOOKS;
	o->places_max = o->places_max ? o->places_max : PLACES;
	o->fetch.decode = true;
	o->fetch.retries = o->fetch.retries ? o->fetch.retries : RETRIES;
	o->fetch.wait_max_msec = o->fetch.wait_max_msec ? o->fetch.wait_max_msec : WAIT_MAX_MSEC;
}

static wq_err open_state(struct walk *w)
{
	char path[4096];

	if (!w->options.dir)
		return log_open(&w->log, NULL, false);
	if (strlen(w->options.dir) > sizeof(path) - 16)
		return wq_error(WQ_E_LIMIT, "the path of the state is too long");
	WQ_TRY(wq_dir_make(&wq_fs_system, w->options.dir, 0700));
	snprintf(path, sizeof(path), "%s/lock", w->options.dir);
	WQ_TRY(wq_file_lock(path, false, &w->lock));
	snprintf(path, sizeof(path), "%s/walk.log", w->options.dir);
	return log_open(&w->log, path, w->options.resume);
}

static wq_err replay(void *data, enum log_kind kind, wq_str body, uint64_t at)
{
	enum { LINK_BYTES_LEAST = 6 }; /* of one with a fragment */
	struct log_cursor cursor = {.rest = body};
	struct walk *w = data;
	uint64_t sign;

	if (kind == LOG_LINKS)
		w->fragments += body.n / LINK_BYTES_LEAST;
	if (kind == LOG_SIGN) {
		sign = log_get(&cursor);
		if (cursor.bad || sign >= WQ_SITE_SIGNS)
			return wq_error(WQ_E_ALTERED, "the log of the walk: a sign");
		walk_sign(w, (enum wq_site_sign)sign, cursor.rest);
		w->sign_kept[sign] = true;
	}
	return table_replay(&w->table, kind, body, at);
}

/* What the log does not say in so many words. */
static wq_err resume(struct walk *w)
{
	char url[WQ_FETCH_URL_MAX + 1];

	WQ_TRY(log_each(&w->log, replay, w));
	for (uint32_t i = 0; i < w->table.n; i++) {
		const struct item *item = &w->table.items[i];

		w->stats.targets += item->state == ITEM_DONE;
		w->stats.pages += item->state == ITEM_DONE && item->flags & ITEM_READ;
		if ((item->flags & (ITEM_HOME | ITEM_INSIDE)) != (ITEM_HOME | ITEM_INSIDE))
			continue;
		WQ_TRY(table_url(&w->table, i, url));
		wq_str origin = url_origin(wq_str_c(url));

		WQ_TRY(add_inside(w, wq_str_from(origin, (size_t)wq_str_find(origin, WQ_S("://")) + 3)));
	}
	return WQ_OK;
}

static wq_err make_tags(struct walk *w)
{
	w->tags = calloc(ASKED_MAX, sizeof(*w->tags));
	if (!w->tags)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (size_t i = 0; i < ASKED_MAX; i++) {
		w->tags[i].next_free = w->free_tags;
		w->free_tags = &w->tags[i];
	}
	return WQ_OK;
}

static wq_err prepare(struct walk *w)
{
	WQ_TRY(open_state(w));
	WQ_TRY(looks_open(w));
	if (w->log.resumed)
		WQ_TRY(resume(w));
	w->cache = calloc(LINK_CACHE, sizeof(*w->cache));
	if (!w->cache)
		return wq_error_id(WQ_E_NO_MEMORY);
	WQ_TRY(make_tags(w));
	WQ_TRY(page_reader_new(w, &w->reader));
	WQ_TRY(wq_fetch_new(&w->options.fetch, on_response, w, &w->fetch));
	for (size_t i = 0; i < w->options.hosts_n; i++)
		WQ_TRY(add_inside(w, wq_str_c(w->options.hosts[i])));
	for (size_t i = 0; i < w->options.starts_n; i++)
		WQ_TRY(add_start(w, w->options.starts[i]));
	return WQ_OK;
}

static void walk_done(struct walk *w)
{
	wq_fetch_free(&w->fetch);
	page_reader_free(&w->reader);
	hosts_free(w);
	looks_free(&w->looks);
	wq_map_done(&w->inside);
	table_done(&w->table);
	log_close(&w->log);
	wq_file_close(&w->lock);
	free(w->cache);
	free(w->tags);
}

wq_err wq_site_run(
	const struct wq_site_options *options, const struct wq_site_calls *calls, struct wq_site_stats *ret_stats)
{
	WQ_CLEANUP(walk_done) struct walk w = {.options = *options, .calls = calls, .lock = -1, .log = {.fd = -1}};
	wq_err e;

	set_defaults(&w.options);
	w.clock = w.options.clock ? w.options.clock : &wq_clock_system;
	w.started_msec = w.ticked_msec = walk_msec(&w);
	table_init(&w.table, &w.log, w.options.addresses_max);
	wq_map_init(&w.inside, HOSTS_MAX, &wq_random_system);
	wq_map_init(&w.hosts, HOSTS_MAX, &wq_random_system);
	WQ_TRY(prepare(&w));
	e = walk(&w);
	put_signs(&w);
	if (wq_failed(e)) {
		WQ_TRY(log_flush(&w.log, true)); /* whoever ended it may resume */
		if (wq_is(e, WQ_E_INTERRUPTED))
			WQ_TRY(faults_report(&w));
		return e;
	}
	WQ_TRY(log_flush(&w.log, true));
	WQ_TRY(looks_apply(&w));
	WQ_TRY(faults_report(&w));
	w.stats.known = w.table.n;
	w.stats.msec = (uint32_t)(walk_msec(&w) - w.started_msec);
	if (ret_stats)
		*ret_stats = w.stats;
	return WQ_OK;
}
